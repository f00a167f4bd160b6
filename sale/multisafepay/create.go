package multisafepay

import (
	"context"
	"encoding/hex"
	"net/http"

	"kassa"
	"kassa/estate"
)

// venue is where an order belongs: in a group, and on a terminal of it or on none in particular.
type venue struct {
	group       estate.Group
	environment estate.Environment
	terminal    estate.Terminal // zero for none in particular
}

// create makes an order, on a terminal or for whichever terminal of the group takes it up.
func (h *Handler) create(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	if body["type"] == typeDirect {
		return h.createDirect(w, c, body)
	}
	a, refused := h.readOrder(c, body)
	if refused != nil {
		return refused
	}
	at, refused := h.venue(c.caller, a.terminalID)
	if refused != nil {
		return refused
	}
	if refused := gate(a.kind, a.amount, at.group); refused != nil {
		return refused
	}
	if refused := h.checkNotify(a, at); refused != nil {
		return refused
	}
	order, reason, err := h.Orders.Create(context.WithoutCancel(c.Context()), h.newOrder(a, body, at))
	switch {
	case err != nil:
		return worldFailed("the order may not have been stored")
	case reason != kassa.None:
		return because(reason, createField(reason))
	}
	busy, err := h.waited(order)
	if err != nil {
		return worldFailed("the order is stored, but could not be read again")
	}
	writeSuccess(w, h.created(c.Request, order), append(warnings(order, busy), a.warnings()...))
	return nil
}

func (h *Handler) checkNotify(a asked, at venue) *refusal {
	if a.notifyURL == "" {
		return nil
	}
	if err := h.CheckURL(at.environment, a.notifyURL); err != nil {
		return &refusal{http.StatusNotFound, codeUnknown, "payment_options.notification_url: " + err.Error(), causeURL}
	}
	return nil
}

func (h *Handler) newOrder(a asked, body object, at venue) kassa.NewOrder {
	n := kassa.NewOrder{
		Dialect: Dialect, Account: at.group.Account, Scope: at.group.ID, Ref: a.orderID, Kind: a.kind, Capture: a.capture,
		Fingerprint: h.fingerprint(body, a.amount), Environment: string(at.environment),
		Amount: kassa.Money{Minor: a.amount, Currency: kassa.EUR}, Tip: a.tip, Description: a.description,
		Inactivity: kassa.DefaultInactivity, Lifetime: a.lifetime,
	}
	if a.terminalID != "" {
		n.POIID, n.TID, n.MID = at.terminal.POIID, at.terminal.TID, at.group.Merchant.MID
		a.kept.keep(keptUnreachable, h.unreachable(at.terminal))
	}
	keepFees(a.kept, at.group)
	n.Door = encode(a.kept)
	return n
}

func createField(r kassa.Reason) string {
	switch r {
	case kassa.AmountInvalid:
		return "amount"
	case kassa.CurrencyInvalid:
		return "currency"
	}
	return "order_id"
}

// venue finds the terminal that the key may use, or without one the group that the order is made in.
func (h *Handler) venue(caller Caller, tid string) (venue, *refusal) {
	if tid == "" {
		id := caller.Group
		if all := h.Directory.Groups(caller.Account); id == "" && len(all) == 1 {
			id = all[0]
		}
		group, ok := h.Directory.Group(id)
		if !ok {
			return venue{}, field(codeMissing, "gateway_info.terminal_id is missing: with the key of an account that has "+
				"several terminal groups, name a terminal, or send the key of the order's group")
		}
		return venue{group: group, environment: h.Estate.Environment()}, nil
	}
	t, ok := h.Directory.Terminal(tid)
	switch {
	case !ok || t.Account != caller.Account || t.Retired:
		// Another account's terminal is not told from none; one that is out of use never comes back.
		return venue{}, because(kassa.TerminalUnknown, "gateway_info.terminal_id")
	case caller.Group != "" && t.Group != caller.Group:
		return venue{}, because(kassa.TerminalOtherGroup, "gateway_info.terminal_id")
	}
	if takes, why := h.Directory.Takes(t.TID); !takes {
		refused := because(kassa.TerminalBarred, "gateway_info.terminal_id")
		refused.info = "gateway_info.terminal_id: " + why
		return venue{}, refused
	}
	group, _ := h.Directory.Group(t.Group)
	return venue{group: group, environment: t.Environment, terminal: t}, nil
}

// The warnings of an answer. MultiSafepay accepts such orders in silence.
const (
	notActivated    = "terminal_not_activated"
	offline         = "terminal_offline"
	cloudModeOff    = "terminal_cloud_mode_off"
	busyTerminal    = "terminal_busy"
	payAtTerminal   = "pay_at_terminal"
	keptUnreachable = "unreachable" // the name under which the first three are kept with the order
)

// unreachable gives the warning that stands between an order and the terminal's screen now, or nil.
func (h *Handler) unreachable(t estate.Terminal) any {
	switch {
	case t.POIID == "":
		return notActivated
	case !h.Presence.Online(t.TID):
		return offline
	case !h.Presence.CloudMode(t.TID):
		return cloudModeOff
	}
	return nil
}

// waited tells whether the terminal had another order when this one was made. Only for an order
// that has changed since must the journal be asked.
func (h *Handler) waited(o kassa.Order) (bool, error) {
	if o.Status == kassa.Waiting || o.ModifiedAt.Equal(o.CreatedAt) {
		return o.Status == kassa.Waiting, nil
	}
	entries, err := h.Records.StreamEntries(orderStream(o.Number), 1)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	event, err := kassa.DecodeEvent(entries[0].Kind, entries[0].Payload)
	if err != nil {
		return false, err
	}
	made, ok := event.(kassa.OrderCreated)
	return ok && !made.Offered, nil
}

// warnings tells what stood between the order and the terminal's screen when it was made.
func warnings(o kassa.Order, busy bool) []any {
	var list []any
	warn := func(code, message string) { list = append(list, object{"code": code, "message": message}) }
	switch keptWith(o)[keptUnreachable] {
	case notActivated:
		warn(notActivated, "no device has been activated for this terminal; the order waits for one until it expires")
	case offline:
		warn(offline, "the terminal is not connected; the order is shown if it connects before the order expires")
	}
	if keptWith(o)[keptUnreachable] == cloudModeOff {
		// The order waits for that too; nothing else may be on the screen.
		warn(cloudModeOff, "cloud mode is off on the terminal; the order is shown if it is switched on before the order expires")
	} else if busy {
		warn(busyTerminal, "the terminal has another order; this one is shown when that has ended, if it does before this one expires")
	}
	return list
}

// warnings tells what an order without a terminal cannot do that its type or its method asks for.
func (a *asked) warnings() []any {
	if a.terminalID != "" {
		return nil
	}
	_, isCard := gatewayByID(a.gateway)
	if a.form != typeCheckout && a.form != typePaymentLink && (a.gateway == "" || isCard || a.gateway == anyCard) {
		return nil
	}
	return []any{object{"code": payAtTerminal, "message": "payment_url takes no payment: the order is paid by card on a terminal of the group that takes it up"}}
}

// created is the answer to a new order. It follows from the order alone, so that the same request
// again gets the same answer.
func (h *Handler) created(r *http.Request, o kassa.Order) object {
	session := h.session(o.Number)
	origin, events := h.origins(r)
	door := keptWith(o)
	return object{
		"order_id":          o.Ref,
		"session_id":        session,
		"payment_url":       origin + prefixPage + session + "/?lang=" + locale(door),
		"events_token":      h.eventsToken(session, o.CreatedAt.Add(o.Lifetime+tokenLife)),
		"events_url":        events + "/events/",
		"events_stream_url": origin + prefixEvents + "/",
	}
}

func (h *Handler) origins(r *http.Request) (origin, events string) {
	origin = h.Origin
	if origin == "" {
		origin = "http://" + r.Host
		if r.TLS != nil {
			origin = "https://" + r.Host
		}
	}
	return origin, "ws" + origin[len("http"):] // http → ws, https → wss
}

// fingerprint tells two requests apart. Spacing, the order of keys, and an amount sent as a
// string or as a number make no difference. It is keyed: somebody may have put a card number into a
// field that is not for it, and nobody who reads the record can search for that.
func (h *Handler) fingerprint(body object, amount int64) string {
	same := make(object, len(body))
	for k, v := range body {
		same[k] = v
	}
	same["amount"] = amount
	return hex.EncodeToString(mac(h.sessionKey, "request", string(encode(same))))
}
