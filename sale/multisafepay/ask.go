package multisafepay

import (
	"net/http"
	"time"
	"unicode/utf8"

	"kassa"
	"kassa/estate"
)

// asked is a request for an order, read and checked as far as that needs nobody else.
type asked struct {
	form                             string // the wire's type
	capture                          kassa.CaptureMode
	recurring                        recurring
	kind                             kassa.OrderKind
	orderID, terminalID, description string
	gateway                          string
	amount                           int64
	tip                              kassa.Tip
	lifetime                         time.Duration
	notifyURL                        string
	kept                             object
}

// The wire's types of order.
const (
	typeRedirect    = "redirect"
	typeDirect      = "direct"
	typeCheckout    = "checkout"
	typePaymentLink = "paymentlink"
	typeRefund      = "unreferenced_refund"
)

// orderFields are the names that no key may resemble in another case.
var orderFields = []string{
	"type", "order_id", "gateway", "currency", "amount", "amount_details", "description", "gateway_info",
	"payment_options", "customer", "delivery", "shopping_cart", "checkout_options", "capture", "recurring_model",
	"recurring_id", "days_active", "seconds_active", "custom_info", "var1", "var2", "var3",
}

// readOrder checks the fields in the order in which the documentation lists them.
func (h *Handler) readOrder(c *call, body object) (a asked, refused *refusal) {
	c.nameFrom(body)
	if err := variants(body, "", orderFields...); err != nil {
		return a, badBody(err)
	}
	if a.form, refused = readType(body); refused != nil {
		return a, refused
	}
	if a.orderID, refused = h.readOrderID(body, "order_id"); refused != nil {
		return a, refused
	}
	if refused = a.readWhat(body); refused != nil {
		return a, refused
	}
	if a.description, refused = readDescription(body, true); refused != nil {
		return a, refused
	}
	if a.terminalID, refused = readTerminal(body); refused != nil {
		return a, refused
	}
	if a.recurring, refused = readRecurring(body); refused != nil {
		return a, refused
	}
	if a.lifetime, refused = readLifetime(body, a.terminalID != ""); refused != nil {
		return a, refused
	}
	if a.kept, a.notifyURL, refused = h.keepFields(body); refused != nil {
		return a, refused
	}
	return a, checkCart(a.kept, body, a.amount-a.tip.Minor)
}

// nameFrom takes from a body what the record of a refusal names, whatever else is wrong with it.
func (c *call) nameFrom(body object) {
	c.orderID, _ = body["order_id"].(string)
	info, _ := body["gateway_info"].(object)
	c.terminal, _ = info["terminal_id"].(string)
}

// readType refuses by name what would be done in another way than asked if it were ignored.
func readType(body object) (string, *refusal) {
	t, ok := body["type"].(string)
	switch {
	case absent(body, "type"):
		return "", field(codeMissing, `type is missing; it must be "redirect"`)
	case !ok:
		return "", field(codeUnknown, `type must be the string "redirect"`)
	case t != typeRedirect && t != typeDirect && t != typeCheckout && t != typePaymentLink && t != typeRefund:
		return "", unsupported(`type must be redirect, direct, checkout, paymentlink or unreferenced_refund`)
	}
	return t, nil
}

// readWhat reads what is to be paid, and by which method. An amount of 0 asks for a card check.
func (a *asked) readWhat(body object) *refusal {
	if !absent(body, "gateway") {
		gateway, ok := body["gateway"].(string)
		if !ok || utf8.RuneCountInString(gateway) > maxGateway {
			return field(codeTerminal, "gateway must be a string of %d characters at most", maxGateway)
		}
		a.gateway = gateway
	}
	if refused := readCurrency(body); refused != nil {
		return refused
	}
	amount, ok := whole(body["amount"])
	if !ok || amount > kassa.MaxMinor {
		return field(codeAmount, "amount must be a whole number of cents from 1 to 999999999999, or 0 for a card check")
	}
	a.amount = amount
	switch {
	case a.form == typeRefund:
		a.kind = kassa.Credit
	case amount == 0:
		a.kind = kassa.CardCheck
	}
	if !absent(body, "capture") {
		switch {
		case body["capture"] != "manual":
			return field(codeUnknown, `capture must be "manual", or left out`)
		case a.kind != kassa.Purchase:
			return field(codeUnknown, "capture goes with a payment only")
		}
		a.capture = kassa.CaptureLater
	}
	return a.readTip(body)
}

func (a *asked) readTip(body object) *refusal {
	details, err := child(body, "", "amount_details")
	if err != nil {
		return field(codeAmount, "%s", err)
	}
	tip, err := child(details, "amount_details.", "tip")
	if err != nil {
		return field(codeAmount, "%s", err)
	}
	for _, in := range []struct {
		of    object
		where string
		known string
	}{{details, "amount_details.", "tip"}, {tip, "amount_details.tip.", "amount"}} {
		if err := variants(in.of, in.where, in.known); err != nil {
			return badBody(err)
		}
	}
	if absent(tip, "amount") {
		return nil
	}
	minor, ok := whole(tip["amount"])
	switch {
	case !ok || minor > a.amount:
		return field(codeAmount, "amount_details.tip.amount must be a whole number of cents, and not more than amount, of which it is a part")
	case minor > 0 && a.kind != kassa.Purchase:
		return field(codeAmount, "amount_details.tip.amount goes with a payment only")
	}
	a.tip.Minor = minor
	return nil
}

// gate tells why the terminals of a group may not do what is asked: a refund without a payment behind
// it, or a card check, must have been switched on for them.
func gate(kind kassa.OrderKind, minor int64, group estate.Group) *refusal {
	switch {
	case kind == kassa.Credit && group.CreditLimit == 0:
		return &refusal{
			http.StatusNotFound, codeRefund,
			"type: refunds without a payment (unreferenced_refund) are not switched on for this terminal group", causeGate,
		}
	case kind == kassa.Credit && (minor < 1 || minor > group.CreditLimit):
		return field(codeAmount, "amount: a refund without a payment may be 1 to %d cents", group.CreditLimit)
	case kind == kassa.CardCheck && !group.CardChecks:
		return &refusal{
			http.StatusNotFound, codeAmount,
			"amount must be at least 1 cent: card checks for an amount of 0 are not switched on for this terminal group", causeGate,
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

// readTerminal gives the terminal that the order is for; none when whichever terminal of the group may
// take it up.
func readTerminal(body object) (string, *refusal) {
	gateway, err := child(body, "", "gateway_info")
	if err != nil {
		return "", field(codeMissing, "%s", err)
	}
	if err := variants(gateway, "gateway_info.", "terminal_id"); err != nil {
		return "", badBody(err)
	}
	if absent(gateway, "terminal_id") {
		return "", nil
	}
	tid, ok := gateway["terminal_id"].(string)
	if !ok {
		return "", field(codeTerminal, "gateway_info.terminal_id must be a string of 8 characters")
	}
	return tid, nil
}

// readLifetime: a session lives 30 days. On a terminal a prompt that comes up long after the customer
// left is of no use, so that there days_active lengthens nothing.
func readLifetime(body object, onTerminal bool) (time.Duration, *refusal) {
	lifetime := sessionLife
	if !absent(body, "days_active") {
		days, ok := whole(body["days_active"])
		if !ok || days < 1 || days > 365 {
			return 0, field(codeUnknown, "days_active must be a whole number from 1 to 365")
		}
		lifetime = time.Duration(days) * 24 * time.Hour
	}
	if onTerminal {
		lifetime = kassa.DefaultLifetime
	}
	if absent(body, "seconds_active") {
		return lifetime, nil
	}
	seconds, ok := whole(body["seconds_active"])
	if !ok || seconds < 1 || seconds > 31_536_000 {
		return 0, field(codeUnknown, "seconds_active must be a whole number from 1 to 31536000")
	}
	return time.Duration(seconds) * time.Second, nil
}
