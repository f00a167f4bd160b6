package multisafepay

import (
	"context"
	"math/big"
	"net/http"
	"strconv"

	"kassa"
)

// refund pays back all that is left, a part, or items of the cart.
func (h *Handler) refund(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	ask, kept, refused := h.readRefund(body)
	if refused != nil {
		return refused
	}
	o, refused := h.findOne(c)
	if refused != nil {
		return refused
	}
	if o.RefundBy(ask.Ref) != nil {
		return &refusal{
			http.StatusNotFound, codeRefund,
			"refund_order_id: the order has a refund with this id already; its related_transactions show it",
			string(kassa.RefundRepeated),
		}
	}
	if !absent(body, "checkout_data") {
		if refused := byCart(&ask, kept, body, &o); refused != nil {
			return refused
		}
	}
	ask.Door = encode(kept)
	o, n, reason, err := h.Orders.Refund(context.WithoutCancel(c.Context()), Dialect, o.Scope, o.Ref, ask)
	switch {
	case err != nil:
		return worldFailed("the refund may not have been stored")
	case reason == kassa.AmountInvalid || reason == kassa.RefundTooHigh || reason == kassa.RefundDuplicate:
		return because(reason, "amount")
	case reason != kassa.None:
		return because(reason, "the order cannot be refunded")
	}
	writeSuccess(w, object{
		"transaction_id": n, "refund_id": n, "order_id": refundOrderID(&o, kassa.Refund{Ref: ask.Ref}),
	}, nil)
	return nil
}

var refundFields = []string{
	"currency", "amount", "description", "refund_order_id", "checkout_data", "var1", "var2", "var3",
}

func (h *Handler) readRefund(body object) (ask kassa.AskRefund, kept object, refused *refusal) {
	if err := variants(body, "", refundFields...); err != nil {
		return ask, nil, badBody(err)
	}
	if absent(body, "checkout_data") || !absent(body, "currency") { // a refund by cart need not name it
		if refused = readCurrency(body); refused != nil {
			return ask, nil, refused
		}
	}
	ask.Currency = kassa.EUR
	if !absent(body, "amount") {
		amount, ok := whole(body["amount"])
		if !ok || amount > kassa.MaxMinor {
			return ask, nil, field(codeAmount, "amount must be a whole number of cents from 1 to 999999999999, or 0 or left out for all that is left")
		}
		ask.Amount = amount
	}
	if ask.Description, refused = readDescription(body, false); refused != nil {
		return ask, nil, refused
	}
	if !absent(body, "refund_order_id") {
		if ask.Ref, refused = h.readOrderID(body, "refund_order_id"); refused != nil {
			return ask, nil, refused
		}
	}
	kept = object{}
	for _, name := range []string{"var1", "var2", "var3"} {
		v, err := text(body, "", name, maxVariable)
		if err != nil {
			return ask, nil, field(codeVariable, "%s", err)
		}
		kept.keep(name, v)
	}
	return ask, kept, nil
}

// byCart makes the amount of a refund that names items: those with a negative price or quantity are paid
// back, and the body's amount, which clients fill with the order's, does not count. A cart without such
// an item asks for all that is left.
func byCart(ask *kassa.AskRefund, kept, body object, o *kassa.Order) *refusal {
	const where = "checkout_data.items"
	data, err := child(body, "", "checkout_data")
	if err != nil {
		return field(codeCart, "%s", err)
	}
	if err := variants(data, "checkout_data.", "items"); err != nil {
		return badBody(err)
	}
	items, ok := data["items"].([]any)
	if !ok || len(items) == 0 || len(items) > maxCartItems {
		return field(codeCart, "%s must be an array of 1 to %d items", where, maxCartItems)
	}
	ordered := keptWith(*o)
	lines, refused := readLines(items, where, taxTables(ordered))
	if refused != nil {
		return refused
	}
	back := make([]cartLine, 0, len(lines))
	for _, l := range lines {
		if l.net().Sign() < 0 {
			l.price, l.quantity = new(big.Rat).Abs(l.price), new(big.Rat).Abs(l.quantity)
			back = append(back, l)
		}
	}
	ask.Amount = 0
	if len(back) == 0 {
		return nil
	}
	if refused := inCart(back, ordered, o); refused != nil {
		return refused
	}
	returned := make([]any, 0, len(back))
	for _, l := range back {
		returned = append(returned, object{
			"merchant_item_id": l.item["merchant_item_id"], "name": l.item["name"], "quantity": exact(l.quantity), "unit_price": exact(l.price),
		})
	}
	kept[keptReturned] = returned
	if ask.Amount = addUp(back).total(); ask.Amount == 0 {
		return field(codeAmount, "%s: the items to pay back come to nothing", where)
	}
	return nil
}

// keptReturned is the name under which a refund keeps the items that it pays back.
const keptReturned = "returned"

func exact(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

// inCart refuses to pay back what the cart does not hold, or no longer.
func inCart(back []cartLine, ordered object, o *kassa.Order) *refusal {
	cart, _ := ordered["shopping_cart"].(object)
	items, _ := cart["items"].([]any)
	if len(items) == 0 {
		return &refusal{http.StatusNotFound, codeRefund, "checkout_data: the order has no shopping_cart; refund by amount", causeField}
	}
	left, price := make(map[string]*big.Rat), make(map[string]*big.Rat)
	for _, entry := range items {
		item, _ := entry.(object)
		count(left, item, 1)
		if p, ok := fraction(item["unit_price"]); ok && (price[itemKey(item)] == nil || p.Cmp(price[itemKey(item)]) > 0) {
			price[itemKey(item)] = p
		}
	}
	for _, r := range o.Refunds {
		if !r.Counts() {
			continue
		}
		returned, _ := keptWith(kassa.Order{NewOrder: kassa.NewOrder{Door: r.Door}})[keptReturned].([]any)
		for _, entry := range returned {
			item, _ := entry.(object)
			count(left, item, -1)
		}
	}
	for _, l := range back {
		name := itemKey(l.item)
		rest, known := left[name]
		highest := price[name]
		switch {
		case !known || highest == nil:
			return refundRefused("%s: the order's shopping_cart has no such item", l.where)
		case l.price.Cmp(highest) > 0:
			return refundRefused("%s.unit_price: the item did cost less", l.where)
		case rest.Sub(rest, l.quantity).Sign() < 0:
			return refundRefused("%s.quantity: more of the item than is left of the order", l.where)
		}
	}
	return nil
}

func refundRefused(format, where string) *refusal {
	refused := field(codeRefund, format, where)
	refused.cause = string(kassa.RefundTooHigh)
	return refused
}

// itemKey is what tells an item from the others of its cart: its id, else its name.
func itemKey(item object) string {
	for _, name := range []string{"merchant_item_id", "name"} {
		if v, err := text(item, "", name, maxVariable); err == nil && v != nil && v != "" {
			return v.(string)
		}
	}
	return ""
}

func count(left map[string]*big.Rat, item object, times int64) {
	quantity, ok := fraction(item["quantity"])
	if !ok {
		return
	}
	name := itemKey(item)
	if left[name] == nil {
		left[name] = new(big.Rat)
	}
	left[name].Add(left[name], new(big.Rat).Mul(quantity, big.NewRat(times, 1)))
}

// cancelRefund undoes a refund on the day on which it was asked for, in Dutch time.
func (h *Handler) cancelRefund(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	if err := variants(body, "", "status", "description"); err != nil {
		return badBody(err)
	}
	if body["status"] != "void" {
		return field(codeUnknown, `status must be "void"`)
	}
	o, refused := h.findOne(c)
	if refused != nil {
		return refused
	}
	number, err := strconv.ParseInt(c.values["refund_id"], 10, 64)
	r := o.RefundNumbered(number)
	switch {
	case err != nil || r == nil:
		return because(kassa.RefundUnknown, "refund_id")
	case r.Status != kassa.RefundVoided && !midnight(h.Now()).Equal(midnight(r.TransmittedAt)):
		return &refusal{
			http.StatusNotFound, codeRefund, "refund_id: a refund can be cancelled until midnight of its day, Dutch time", causeTooLate,
		}
	}
	_, reason, err := h.Changes.CancelRefund(context.WithoutCancel(c.Context()), Dialect, o.Scope, o.Ref, number)
	switch {
	case err != nil:
		return worldFailed("the cancel may not have been stored")
	case reason != kassa.None:
		return because(reason, "refund_id")
	}
	writeSuccess(w, object{}, nil)
	return nil
}
