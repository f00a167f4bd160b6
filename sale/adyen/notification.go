package adyen

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/nexo"
)

// What terminals say without being asked, and how far payments have come, are facts of one stream:
// TerminalNotified, whose message is whole, in its envelope. Who delivers them reads them there.

// notificationStream is that stream.
const notificationStream = "notification/terminals"

// Notified takes an EventNotification of a terminal, a nexo message; settled is called once it is durable.
func (h *Handler) Notified(t estate.Terminal, event json.RawMessage, settled func()) {
	message, err := decode(event)
	notice := message.sub("EventNotification")
	if err != nil || notice == nil {
		go settled() // the caller holds what it would take
		return
	}
	head := message.sub("MessageHeader")
	sale := head.text("SaleID")
	if sale == "" {
		sale = "null" // as terminals write it of what is for no register in particular
	}
	at := h.Now()
	if notice.text("TimeStamp") == "" {
		notice["TimeStamp"] = stamp(at)
	}
	h.note(t, at, object{
		"MessageHeader": object{
			"ProtocolVersion": "3.0", "MessageClass": "Event", "MessageCategory": "Event", "MessageType": "Notification",
			"SaleID": sale, "POIID": t.POIID, "DeviceID": deviceNumber(at.UnixMilli()),
		},
		"EventNotification": notice,
	}, settled)
}

// deviceNumber is a DeviceID: at most ten digits.
func deviceNumber(n int64) string { return strconv.FormatInt(n%10_000_000_000, 10) }

// note makes a message of a terminal durable, then calls settled.
func (h *Handler) note(t estate.Terminal, at time.Time, content object, settled func()) {
	payload := encode(object{"tid": t.TID, "poiid": t.POIID, "message": object{envelopeRequest: content}}) // a TerminalNotified
	h.notices.Note(journal.Fact{At: at, Kind: KindTerminalNotified, Scope: t.Group, Payload: payload}, func(_ journal.Receipt, err error) {
		if err == nil {
			settled()
		}
	})
}

// progress turns the facts of orders into display notifications: for the cashier, how far a payment has come.
// One goroutine uses it. It begins anew with every process: what happened before is no news any more.
type progress struct {
	watched map[string]*tenderWatch // by the order's stream
}

// tenderWatch is a payment whose progress somebody is to hear.
type tenderWatch struct {
	terminal estate.Terminal
	saleID   string
	tender   string
	read     bool // its card was
	pin, app bool // asked for, and not there yet
	tip      bool
	serial   int
}

// resumeProgress finds the payments that an earlier process has left open.
func (h *Handler) resumeProgress(ctx context.Context) {
	for _, e := range h.exchanges.records() {
		if e.Category != "Payment" || !h.Devices.WantsProgress(e.TID) {
			continue
		}
		if o, ok, err := h.Orders.Find(ctx, Dialect, e.Scope, e.Ref()); err == nil && ok {
			h.watch(orderStream(o.Number), &o)
		}
	}
}

func (h *Handler) watch(stream string, o *kassa.Order) *tenderWatch {
	if h.progress.watched == nil {
		h.progress.watched = map[string]*tenderWatch{}
	}
	t, ok := h.Directory.TerminalByPOIID(o.POIID)
	if !ok {
		return nil
	}
	w := &tenderWatch{terminal: t, saleID: keptWith(o).SaleID, tender: TenderReference(o)}
	h.progress.watched[stream] = w
	return w
}

// records are what runs.
func (e *exchanges) records() []Exchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]Exchange, 0, len(e.running))
	for _, x := range e.running {
		list = append(list, x.record)
	}
	return list
}

// progressed takes a fact of an order.
func (h *Handler) progressed(e journal.Entry) {
	w := h.progress.watched[e.Stream]
	if w == nil && e.Kind != "OrderCreated" {
		return
	}
	fact, err := kassa.DecodeEvent(e.Kind, e.Payload)
	if err != nil {
		return // a later version's, which says nothing here
	}
	if made, ok := fact.(kassa.OrderCreated); ok {
		if made.Order.Dialect != Dialect || !h.Devices.WantsProgress(made.Order.TID) {
			return
		}
		if w = h.watch(e.Stream, &kassa.Order{NewOrder: made.Order, CreatedAt: e.At}); w == nil {
			return
		}
	}
	for _, event := range w.events(fact) {
		h.tellCashier(w, e.At, event, nil)
	}
	if result := ending(fact); result != "" {
		delete(h.progress.watched, e.Stream)
		h.tellCashier(w, e.At, "TENDER_FINAL", pairs{"Result": result})
	}
}

// events are what a fact means in the words of display notifications. A terminal that is set to tells each step;
// of another one it is known that the card was read when the host is about to be asked, and that a PIN was
// entered or an application chosen when it goes on.
func (w *tenderWatch) events(fact kassa.Event) []string {
	switch f := fact.(type) {
	case kassa.OrderCreated:
		return []string{"TENDER_CREATED"}
	case kassa.TipAdded:
		return w.answered(w.tip, "GRATUITY_ENTERED")
	case kassa.ScreenReported:
		return w.shown(f.Screen)
	case kassa.AuthorisationRequested:
		list := w.goneOn("")
		switch f.Auth.Entry {
		case kassa.Contactless:
			list = append(w.answered(!w.read, "CARD_PRESENTED"), list...)
		case kassa.Chip:
			list = append(w.answered(!w.read, "CARD_INSERTED"), list...)
		case kassa.Magstripe, kassa.Fallback:
			list = append(w.answered(!w.read, "CARD_SWIPED"), list...)
		}
		return append(list, "CARD_DETAILS_PROVIDED")
	}
	return nil
}

// screenEvents are the words for what a terminal shows and for the steps that it tells.
func screenEvents() map[string]string {
	return map[string]string{
		"presentCard": "PROVIDE_CARD_DETAILS", "pin": "WAIT_FOR_PIN", "choose": "WAIT_FOR_APP_SELECTION", "tip": "ASK_GRATUITY",
		"cardPresented": "CARD_PRESENTED", "cardInserted": "CARD_INSERTED", "cardSwiped": "CARD_SWIPED", "cardRemoved": "CARD_REMOVED",
		"applicationSelected": "APPLICATION_SELECTED", "pinEntered": "PIN_ENTERED", "gratuityEntered": "GRATUITY_ENTERED",
	}
}

func (w *tenderWatch) shown(screen string) []string {
	event := screenEvents()[screen]
	switch event {
	case "WAIT_FOR_PIN":
		w.pin = true
	case "WAIT_FOR_APP_SELECTION":
		w.app = true
		return []string{event}
	case "ASK_GRATUITY":
		w.tip = true
	case "APPLICATION_SELECTED", "PIN_ENTERED", "GRATUITY_ENTERED", "CARD_PRESENTED", "CARD_INSERTED", "CARD_SWIPED":
		return w.answered(true, event)
	case "":
		return w.goneOn(screen)
	}
	return append(w.goneOn(screen), event)
}

// answered notes that something was done, and tells it where it was not known before.
func (w *tenderWatch) answered(tell bool, event string) []string {
	switch event {
	case "APPLICATION_SELECTED":
		w.app = false
	case "PIN_ENTERED":
		w.pin = false
	case "GRATUITY_ENTERED":
		w.tip = false
	default:
		w.read = true
	}
	if !tell {
		return nil
	}
	return []string{event}
}

// goneOn tells what was finished when the terminal shows something else, or is about to ask the host.
func (w *tenderWatch) goneOn(screen string) (list []string) {
	if w.app && screen != "choose" {
		list = w.answered(true, "APPLICATION_SELECTED")
	}
	if w.pin && screen == "" {
		list = append(list, w.answered(true, "PIN_ENTERED")...)
	}
	return list
}

// ending is the Result of a payment's last fact, empty for any other.
func ending(fact kassa.Event) string {
	switch f := fact.(type) {
	case kassa.OrderCompleted:
		return "APPROVED"
	case kassa.OrderCancelled:
		switch wireReasons[f.Reason].condition {
		case nexo.ErrorRefusal, errorInvalidCard, errorWrongPIN:
			return "DECLINED"
		}
		return "CANCELLED"
	case kassa.OrderExpired:
		return "CANCELLED"
	}
	return ""
}

// tellCashier notes a display notification.
func (h *Handler) tellCashier(w *tenderWatch, at time.Time, event string, more pairs) {
	w.serial++
	reference := "TransactionID=" + escape(w.tender) + "&TimeStamp=" + escape(stamp(at)) + "&event=" + event
	if len(more) > 0 {
		reference += "&" + more.form()
	}
	h.note(w.terminal, at, object{
		"MessageHeader": object{
			"ProtocolVersion": "3.0", "MessageClass": "Device", "MessageCategory": "Display", "MessageType": "Request",
			"SaleID": w.saleID, "POIID": w.terminal.POIID, "DeviceID": deviceNumber(at.UnixMilli()), "ServiceID": strconv.Itoa(w.serial),
		},
		"DisplayRequest": object{"DisplayOutput": []any{object{
			"Device": "CashierDisplay", "InfoQualify": "Status", "ResponseRequiredFlag": false,
			"OutputContent": object{"OutputFormat": "MessageRef", "PredefinedContent": object{"ReferenceID": reference}},
		}}},
	}, func() {})
}
