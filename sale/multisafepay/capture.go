package multisafepay

import (
	"context"
	"net/http"

	"kassa"
)

var captureFields = []string{
	"amount", "new_order_status", "new_order_id", "invoice_id", "carrier", "tracktrace_code", "reason", "description",
}

// capture takes money that is held: all that is left, or a part under an id of its own.
func (h *Handler) capture(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	ask, refused := h.readCapture(body)
	if refused != nil {
		return refused
	}
	o, refused := h.findOne(c)
	if refused != nil {
		return refused
	}
	all := ask.Amount == 0 || ask.Amount == o.Amount.Minor
	o, number, reason, err := h.Changes.Capture(context.WithoutCancel(c.Context()), Dialect, o.Scope, o.Ref, ask)
	switch {
	case err != nil:
		return worldFailed("the capture may not have been stored")
	case reason == kassa.AmountInvalid || reason == kassa.CaptureTooHigh:
		return because(reason, "amount")
	case reason == kassa.CaptureRepeated:
		return because(reason, "new_order_id")
	case reason != kassa.None:
		return because(reason, "the order cannot be captured")
	}
	id := o.Ref
	if !all && ask.Ref != "" {
		id = ask.Ref
	}
	writeSuccess(w, object{"order_id": id, "transaction_id": number}, nil)
	return nil
}

func (h *Handler) readCapture(body object) (ask kassa.AskCapture, refused *refusal) {
	if err := variants(body, "", captureFields...); err != nil {
		return ask, badBody(err)
	}
	if s := body["new_order_status"]; !absent(body, "new_order_status") && s != "completed" && s != "shipped" {
		return ask, field(codeUnknown, `new_order_status must be "completed"`)
	}
	ask.Currency = kassa.EUR
	if !absent(body, "amount") {
		amount, ok := whole(body["amount"])
		if !ok || amount < 1 || amount > kassa.MaxMinor {
			return ask, field(codeAmount, "amount must be a whole number of cents from 1 to 999999999999, or left out for all that is left")
		}
		ask.Amount = amount
	}
	if !absent(body, "new_order_id") {
		if ask.Ref, refused = h.readOrderID(body, "new_order_id"); refused != nil {
			return ask, refused
		}
	}
	if ask.Description, refused = readDescription(body, false); refused != nil {
		return ask, refused
	}
	kept := object{}
	for _, name := range []string{"invoice_id", "carrier", "tracktrace_code", "reason"} {
		v, err := text(body, "", name, maxVariable)
		if err != nil {
			return ask, field(codeUnknown, "%s", err)
		}
		kept.keep(name, v)
	}
	ask.Door = encode(kept)
	return ask, nil
}

// release gives up what of a hold has not been captured.
func (h *Handler) release(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	if err := variants(body, "", "status", "reason", "description"); err != nil {
		return badBody(err)
	}
	if body["status"] != "cancelled" {
		return field(codeUnknown, `status must be "cancelled"`)
	}
	o, refused := h.findOne(c)
	if refused != nil {
		return refused
	}
	o, reason, err := h.Changes.Release(context.WithoutCancel(c.Context()), Dialect, o.Scope, o.Ref)
	switch {
	case err != nil:
		return worldFailed("the release may not have been stored")
	case reason != kassa.None:
		return because(reason, "the order cannot be released")
	}
	writeSuccess(w, object{"order_id": o.Ref, "success": true, "transaction_id": transactionID(&o)}, nil)
	return nil
}

// heldStatus gives status and financial_status of an order whose money is held until it is captured.
func heldStatus(o *kassa.Order) (status string, financial any) {
	switch taken := o.AmountCaptured(); {
	case taken == o.Amount.Minor || taken > 0 && o.Hold.Closed != kassa.None:
		return paidStatus(o), "completed"
	case o.Hold.Closed != kassa.None:
		return "void", "void"
	}
	return "completed", "initialized"
}

func captureStatus(s kassa.CaptureStatus) string {
	switch s {
	case kassa.CaptureCompleted:
		return "completed"
	case kassa.CaptureDeclined:
		return "declined"
	}
	return "reserved"
}

// relatedCaptures lists an order's captures as its related transactions.
func relatedCaptures(o *kassa.Order) []any {
	var list []any
	for _, c := range o.Captures {
		id := c.Ref
		if id == "" {
			id = o.Ref
		}
		list = append(list, object{
			"amount": c.Amount.Minor, "costs": []any{}, "created": wireTime(c.TransmittedAt),
			"currency": string(c.Amount.Currency), "description": c.Description, "items": nil,
			"modified": wireTime(c.ModifiedAt), "order_id": id, "reference_transaction_id": transactionID(o),
			"status": captureStatus(c.Status), "transaction_id": c.Number, "type": "capture",
		})
	}
	return list
}
