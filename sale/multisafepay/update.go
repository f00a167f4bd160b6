package multisafepay

import (
	"context"
	"net/http"
	"slices"
	"time"

	"kassa"
	"kassa/journal"
)

// notedFields are what a PATCH keeps with an order that has been paid, and the order object shows.
var notedFields = []string{
	"carrier", "invoice_id", "invoice_url", "memo", "po_number", "ship_date", "tracktrace_code", "tracktrace_url",
}

// keptShipped is the name under which it is kept that an order was shipped.
const keptShipped = "shipped"

var updateFields = []string{
	"status", "reason", "exclude_order", "extend_expiration", "new_order_id", "amount", "order_id", "description",
}

// orderUnchanged is the warning of a PATCH that would end an order on a terminal.
const orderUnchanged = "order_unchanged"

// update notes what happened to an order after the payment. It never ends an order of a terminal: as at
// MultiSafepay that answers success and changes nothing, and here it says so.
func (h *Handler) update(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	if err := variants(body, "", append(slices.Clone(updateFields), notedFields...)...); err != nil {
		return badBody(err)
	}
	o, refused := h.findOne(c)
	if refused != nil {
		return refused
	}
	noted, refused := readUpdate(body, &o)
	if refused != nil {
		return refused
	}
	switch {
	case body["status"] == "cancelled":
		return h.cancelByUpdate(w, c, &o)
	case len(noted) > 0:
		if refused := h.note(c, o, noted); refused != nil {
			return refused
		}
	}
	writeSuccess(w, object{}, nil)
	return nil
}

// readUpdate gives what is to be noted with the order; it refuses by name what Kassa cannot do.
func readUpdate(body object, o *kassa.Order) (object, *refusal) {
	switch {
	case !absent(body, "order_id") && body["order_id"] != o.Ref:
		return nil, field(codeOrderID, "order_id cannot be changed")
	case !absent(body, "description") && body["description"] != o.Description:
		return nil, field(codeDescription, "description cannot be changed")
	}
	for _, cannot := range [][2]string{
		{"new_order_id", "belongs to FastCheckout, which Kassa does not have"},
		{"extend_expiration", "belongs to payment after delivery, which Kassa does not have"},
		{"amount", "asks for a part to be shipped: capture the part with POST orders/{order_id}/capture"},
	} {
		if name := cannot[0]; !absent(body, name) && body[name] != false {
			return nil, unsupported("%s %s", name, cannot[1])
		}
	}
	noted := object{}
	for _, name := range notedFields {
		v, err := text(body, "", name, maxVariable)
		if err != nil {
			return nil, field(codeUnknown, "%s", err)
		}
		noted.keep(name, v)
	}
	switch status := body["status"]; {
	case absent(body, "status") || status == "cancelled":
	case status != "shipped" && status != "completed":
		return nil, field(codeUnknown, `status must be "shipped", "completed" or "cancelled"`)
	case o.Status != kassa.Completed || o.Kind != kassa.Purchase:
		return nil, field(codeUnknown, "status: the order has not been paid")
	case status == "shipped":
		noted[keptShipped] = true
	}
	if len(noted) == 0 && absent(body, "status") {
		return nil, field(codeMissing, "the body names nothing that can be changed: status, invoice_id, tracktrace_code, …")
	}
	return noted, nil
}

func (h *Handler) cancelByUpdate(w http.ResponseWriter, c *call, o *kassa.Order) *refusal {
	switch {
	case o.TID != "" && !o.Channel.CardAbsent() && o.Status != kassa.Cancelled && o.Status != kassa.Expired:
		h.recordPatch(c, o)
		writeSuccess(w, object{}, []any{object{
			"code": orderUnchanged, "message": "PATCH cancels no order of a terminal; use POST orders/{order_id}/cancel",
		}})
		return nil
	case o.Status == kassa.Unclaimed:
		_, reason, err := h.Orders.Cancel(context.WithoutCancel(c.Context()), Dialect, o.Scope, o.Ref)
		if err != nil {
			return worldFailed("the cancel may not have been stored")
		}
		if reason != kassa.None {
			return because(reason, "the order cannot be cancelled")
		}
	case o.Status == kassa.Completed:
		return because(kassa.NotCancellable, "the order cannot be cancelled")
	}
	writeSuccess(w, object{}, nil)
	return nil
}

// recordPatch keeps for diagnosis that somebody tried to end an order of a terminal in this way.
func (h *Handler) recordPatch(c *call, o *kassa.Order) {
	call := h.recorded(c, c.routeName())
	call.Reason, call.Status = orderUnchanged, http.StatusOK
	call.ErrorInfo = "a PATCH to cancelled changed nothing of an order that is " + string(o.Status)
	h.Refusals.Record(c.Request, journal.OrderPatched, call)
}

// note adds to what is kept with an order. Who comes second reads again what the first has written.
func (h *Handler) note(c *call, o kassa.Order, noted object) *refusal {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), noteTime)
	defer cancel()
	for ctx.Err() == nil {
		kept, err := readKept(o)
		if err != nil {
			return worldFailed("what is kept with the order could not be read")
		}
		changed := false
		for name, v := range noted {
			changed = changed || kept[name] != v
			kept[name] = v
		}
		door := encode(kept)
		switch {
		case !changed:
			return nil
		case len(door) > 2*maxKept:
			return &refusal{http.StatusRequestEntityTooLarge, codeUnknown, "too much is kept with the order already", causeField}
		}
		_, reason, err := h.Changes.Note(ctx, Dialect, o.Scope, o.Ref, kassa.Note{Was: o.Notes, Door: door})
		switch {
		case err != nil:
			return worldFailed("the note may not have been stored")
		case reason == kassa.None:
			return nil
		case reason != kassa.OutOfTurn:
			return because(reason, "the order cannot be changed")
		}
		found, ok, err := h.Orders.Find(ctx, Dialect, o.Scope, o.Ref)
		if err != nil || !ok || found.Parked != "" {
			break
		}
		o = found
	}
	return worldFailed("the order could not be changed")
}

// noteTime bounds the tries to note something with an order that others change too.
const noteTime = 5 * time.Second
