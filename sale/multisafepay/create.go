package multisafepay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
	"unicode/utf8"

	"kassa"
	"kassa/estate"
)

// asked is a request for an order, read and checked as far as that needs nobody else.
type asked struct {
	orderID, terminalID, description string
	amount                           int64
	lifetime                         time.Duration
	notifyURL                        string
	kept                             object
}

// create makes an order on a terminal.
func (h *Handler) create(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	a, refused := h.readOrder(c, body)
	if refused != nil {
		return refused
	}
	terminal, refused := h.terminal(c.caller, a.terminalID)
	if refused != nil {
		return refused
	}
	if a.notifyURL != "" {
		if err := h.CheckURL(terminal.Environment, a.notifyURL); err != nil {
			return &refusal{http.StatusNotFound, codeUnknown, "payment_options.notification_url: " + err.Error(), causeURL}
		}
	}
	group, _ := h.Directory.Group(terminal.Group)
	a.kept.keep(keptUnreachable, h.unreachable(terminal))
	order, reason, err := h.Orders.Create(context.WithoutCancel(c.Context()), kassa.NewOrder{
		Dialect: Dialect, Account: terminal.Account, Scope: terminal.Group, Ref: a.orderID,
		Fingerprint: fingerprint(body, a.amount), Environment: string(terminal.Environment),
		POIID: terminal.POIID, TID: terminal.TID, MID: group.Merchant.MID,
		Amount:      kassa.Money{Minor: a.amount, Currency: kassa.EUR},
		Description: a.description, Door: encode(a.kept),
		Inactivity: kassa.DefaultInactivity, Lifetime: a.lifetime,
	})
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
	writeSuccess(w, h.created(c.Request, order), warnings(order, busy))
	return nil
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

// terminal finds the terminal that the key may use.
func (h *Handler) terminal(caller Caller, tid string) (estate.Terminal, *refusal) {
	t, ok := h.Directory.Terminal(tid)
	switch {
	case !ok || t.Account != caller.Account:
		// Another account's terminal is not told from none.
		return estate.Terminal{}, because(kassa.TerminalUnknown, "gateway_info.terminal_id")
	case caller.Group != "" && t.Group != caller.Group:
		return estate.Terminal{}, because(kassa.TerminalOtherGroup, "gateway_info.terminal_id")
	}
	return t, nil
}

// The warnings of an answer. MultiSafepay accepts such orders in silence.
const (
	notActivated    = "terminal_not_activated"
	offline         = "terminal_offline"
	cloudModeOff    = "terminal_cloud_mode_off"
	busyTerminal    = "terminal_busy"
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
// string or as a number make no difference.
func fingerprint(body object, amount int64) string {
	same := make(object, len(body))
	for k, v := range body {
		same[k] = v
	}
	same["amount"] = amount
	sum := sha256.Sum256(encode(same))
	return hex.EncodeToString(sum[:])
}

// readOrder checks the fields in the order in which the documentation lists them.
func (h *Handler) readOrder(c *call, body object) (a asked, refused *refusal) {
	if err := variants(body, "", orderFields...); err != nil {
		return a, &refusal{http.StatusBadRequest, codeUnknown, err.Error(), causeBody}
	}
	if refused = readType(body); refused != nil {
		return a, refused
	}
	if a.orderID, refused = h.readOrderID(body, "order_id"); refused != nil {
		return a, refused
	}
	c.orderID = a.orderID
	if refused = readCurrency(body); refused != nil {
		return a, refused
	}
	amount, ok := whole(body["amount"])
	if !ok || amount < 1 || amount > kassa.MaxMinor {
		return a, field(codeAmount, "amount must be a whole number of cents from 1 to 999999999999")
	}
	a.amount = amount
	if a.description, refused = readDescription(body, true); refused != nil {
		return a, refused
	}
	if a.terminalID, refused = readTerminal(body); refused != nil {
		return a, refused
	}
	c.terminal = a.terminalID
	if a.lifetime, refused = readLifetime(body); refused != nil {
		return a, refused
	}
	if a.kept, a.notifyURL, refused = h.keepFields(body); refused != nil {
		return a, refused
	}
	return a, nil
}

// orderFields are the names that no key may resemble in another case.
var orderFields = []string{
	"type", "order_id", "gateway", "currency", "amount", "amount_details", "description", "gateway_info",
	"payment_options", "customer", "delivery", "shopping_cart", "checkout_options", "capture", "recurring_model",
	"recurring_id", "days_active", "seconds_active", "custom_info", "var1", "var2", "var3",
}

// readType lets through what this door can do, and refuses by name what would be done wrongly if
// it were ignored.
func readType(body object) *refusal {
	switch t, ok := body["type"].(string); {
	case absent(body, "type"):
		return field(codeMissing, `type is missing; it must be "redirect"`)
	case !ok:
		return field(codeUnknown, `type must be the string "redirect"`)
	case t == "direct" || t == "checkout" || t == "paymentlink" || t == "unreferenced_refund":
		return unsupported(`type %s is not supported yet; use "redirect" with gateway_info.terminal_id`, t)
	case t != "redirect":
		return unsupported(`type must be "redirect"`)
	}
	for _, name := range []string{"capture", "recurring_id", "recurring_model"} {
		if !absent(body, name) {
			return unsupported("%s is not supported yet; leave it out", name)
		}
	}
	return nil
}

func (h *Handler) readOrderID(body object, name string) (string, *refusal) {
	id, ok := body[name].(string)
	if !ok || !h.orderIDForm.MatchString(id) {
		return "", field(codeOrderID, "%s must be a string of 1 to 50 characters out of A-Z a-z 0-9 / _ . -", name)
	}
	return id, nil
}

func readCurrency(body object) *refusal {
	if body["currency"] != string(kassa.EUR) {
		return field(codeCurrency, "currency must be EUR: terminals take payments in EUR only")
	}
	return nil
}

func readDescription(body object, required bool) (string, *refusal) {
	if absent(body, "description") {
		if required {
			return "", field(codeDescription, "description is missing; it must be a string of 1 to 200 characters")
		}
		return "", nil
	}
	d, ok := body["description"].(string)
	if !ok || utf8.RuneCountInString(d) > maxDescription {
		return "", field(codeDescription, "description must be a string of 1 to 200 characters")
	}
	return d, nil
}

func readTerminal(body object) (string, *refusal) {
	gateway, err := child(body, "", "gateway_info")
	if err != nil {
		return "", field(codeMissing, "%s", err)
	}
	if err := variants(gateway, "gateway_info.", "terminal_id"); err != nil {
		return "", &refusal{http.StatusBadRequest, codeUnknown, err.Error(), causeBody}
	}
	if absent(gateway, "terminal_id") {
		return "", field(codeMissing, "gateway_info.terminal_id is missing: orders without a terminal are not supported yet")
	}
	tid, ok := gateway["terminal_id"].(string)
	if !ok {
		return "", field(codeTerminal, "gateway_info.terminal_id must be a string of 8 characters")
	}
	return tid, nil
}

// readLifetime: MultiSafepay's sessions live 30 days, but a prompt that comes up on a terminal
// long after the customer left is of no use, so that days_active alone lengthens nothing.
func readLifetime(body object) (time.Duration, *refusal) {
	if !absent(body, "days_active") {
		if days, ok := whole(body["days_active"]); !ok || days < 1 || days > 365 {
			return 0, field(codeUnknown, "days_active must be a whole number from 1 to 365")
		}
	}
	if absent(body, "seconds_active") {
		return kassa.DefaultLifetime, nil
	}
	seconds, ok := whole(body["seconds_active"])
	if !ok || seconds < 1 || seconds > 31_536_000 {
		return 0, field(codeUnknown, "seconds_active must be a whole number from 1 to 31536000")
	}
	return time.Duration(seconds) * time.Second, nil
}
