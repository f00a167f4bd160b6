package adyen

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"kassa"
	"kassa/nexo"
)

// reversal is what is kept of a ReversalRequest: enough to find out after a restart what became of it.
type reversal struct {
	Order  int64       `json:"order"` // the number of the order that is reversed
	Scope  string      `json:"scope"`
	Amount kassa.Money `json:"amount"`
	// Part tells that ReversedAmount was said; otherwise it is about all that is left.
	Part              bool   `json:"part,omitempty"`
	MerchantReference string `json:"merchantReference,omitempty"`
	JSON              bool   `json:"json,omitempty"`
}

// refundDoor is what is kept with a refund (Refund.Door).
type refundDoor struct {
	POIID             string `json:"poiid"`
	SaleID            string `json:"saleID"`
	ServiceID         string `json:"serviceID"`
	MerchantReference string `json:"merchantReference,omitempty"`
	// Action is what the reversal comes down to: refund, or cancel for a hold that was given up.
	Action string `json:"action"`
}

const inReversal = "ReversalRequest"

// checkReversal reads a ReversalRequest and finds what it is about.
func (h *Handler) checkReversal(q *request) (answer, bool) {
	var f faults
	original := f.object(q.body, inReversal, "OriginalPOITransaction")
	id := f.object(original, inReversal+".OriginalPOITransaction", "POITransactionID")
	transaction := ""
	if id != nil {
		transaction = f.need(id, inReversal+".OriginalPOITransaction.POITransactionID", "TransactionID")
	}
	f.need(q.body, inReversal, "ReversalReason")
	sale := q.body.sub("SaleData")
	words := readAcquirerWords(sale.text("SaleToAcquirerData"))
	r := reversal{
		MerchantReference: clipped(sale.sub("SaleTransactionID").text("TransactionID"), maxReference), JSON: words.json,
	}
	r.Amount.Currency = kassa.Currency(words.get("currency"))
	if v, ok := q.body["ReversedAmount"]; ok && v != nil {
		r.Part = true
		if r.Amount.Currency == "" {
			f.add(inReversal+".SaleData", "SaleToAcquirerData", "currency: Missing")
		} else if r.Amount.Minor, _ = f.amount(q.body, inReversal, "ReversedAmount", r.Amount.Currency); r.Amount.Minor == 0 && len(f) == 0 {
			f.add(inReversal, "ReversedAmount", "Must be more than 0")
		}
	}
	if a, bad := f.answer(); bad {
		return a, true
	}
	o, ok, err := h.original(q, transaction)
	switch {
	case err != nil:
		return failure(nexo.ErrorUnavailableService, pairs{"message": "The record cannot be read now", keyReason: "store_failed"}.form()), true
	case !ok:
		return failure(errorNotFound, pairs{
			"message": "Original transaction not found", keyReason: string(kassa.OrderUnknown), keyAdvice: adviceRefund,
		}.form()), true
	case r.Part && r.Amount.Currency != o.Amount.Currency:
		return h.refused(q, kassa.CurrencyInvalid), true
	}
	r.Order, r.Scope, r.Amount.Currency = o.Number, o.Scope, o.Amount.Currency
	q.reversal = &r
	q.kept, _ = json.Marshal(r) // texts and numbers can be encoded
	return answer{}, false
}

// original finds the order of a transaction of the caller's. Only the pspReference behind the dot counts;
// a tender alone names no transaction that a host knows.
func (h *Handler) original(q *request, transaction string) (kassa.Order, bool, error) {
	_, psp, dotted := strings.Cut(transaction, ".")
	number, ok := numberOf(psp)
	if !dotted || !ok {
		return kassa.Order{}, false, nil
	}
	o, ok, err := h.loadOrder(number)
	if err != nil || !ok || o.Account != q.caller.Account || q.caller.Group != "" && q.caller.Group != o.Scope {
		return kassa.Order{}, false, err
	}
	return o, true, nil
}

func (h *Handler) loadOrder(number int64) (o kassa.Order, ok bool, err error) {
	s, ok, err := h.Records.Load(orderStream(number))
	if err != nil || !ok {
		return o, false, err
	}
	if err := json.Unmarshal(s.State, &o); err != nil {
		return o, false, fmt.Errorf("adyen: state of %s: %w", s.ID, err)
	}
	return o, true, nil
}

// startReversal gives money back: it releases what is only held, and refunds what was taken. Success means
// that it is stored; what the host says of it is told by webhook.
func (h *Handler) startReversal(ctx context.Context, x *exchange) (answer, bool) {
	ctx = context.WithoutCancel(ctx)
	r := x.request.reversal
	o, ok, err := h.loadOrder(r.Order)
	if err != nil || !ok {
		return answer{}, false
	}
	if held(&o) {
		if r.Part && r.Amount.Minor != o.Amount.Minor {
			return h.reversalRefused("partial_reversal_of_hold", "A payment that is not captured can only be reversed as a whole"), true
		}
		after, reason, err := h.Orders.Release(ctx, o.Dialect, o.Scope, o.Ref)
		switch {
		case err != nil:
			return answer{}, false
		case reason != kassa.None:
			return h.refused(x.request, reason), true
		}
		return h.released(x, &after), true
	}
	door, _ := json.Marshal(refundDoor{x.record.POIID, x.record.SaleID, x.record.ServiceID, r.MerchantReference, "refund"})
	after, number, reason, err := h.Orders.Refund(ctx, o.Dialect, o.Scope, o.Ref, kassa.AskRefund{
		Amount: r.Amount.Minor, Currency: r.Amount.Currency, Ref: x.record.Ref(), Description: r.MerchantReference, Door: door,
	})
	switch {
	case err != nil:
		return answer{}, false
	case reason != kassa.None && reason != kassa.RefundRepeated:
		return h.refused(x.request, reason), true
	}
	amount := r.Amount.Minor
	if f := after.RefundNumbered(number); f != nil {
		amount = f.Amount.Minor
	}
	return h.reversed(x, &after, PSPReference(number), amount), true
}

// held tells whether an order holds money of which nothing was taken.
func held(o *kassa.Order) bool {
	return o.Status == kassa.Completed && o.Hold != nil && o.AmountCaptured() == 0 && o.HoldLeft() == o.Amount.Minor
}

// waitReversal finds out what became of a reversal whose process died, or of which the engine could not say
// whether it was stored.
func (h *Handler) waitReversal(_ context.Context, x *exchange) (answer, bool) {
	var r reversal
	if err := json.Unmarshal(x.record.Kept, &r); err != nil {
		return h.reversalInterrupted(), true
	}
	o, ok, err := h.loadOrder(r.Order)
	if err != nil || x.request != nil {
		return answer{}, false // the store has stopped; the next process finds out
	}
	if !ok {
		return h.reversalInterrupted(), true
	}
	if f := o.RefundBy(x.record.Ref()); f != nil {
		return h.reversed(x, &o, PSPReference(f.Number), f.Amount.Minor), true
	}
	if o.Hold != nil && o.Hold.Closed == kassa.CancelledBySale && !o.Hold.ClosedAt.Before(x.record.At) {
		return h.released(x, &o), true
	}
	return h.reversalInterrupted(), true
}

// released is the answer to a reversal that has given up a hold: of what a capture that came in between took,
// nothing is given back.
func (h *Handler) released(x *exchange, o *kassa.Order) answer {
	return h.reversed(x, o, pspOf("release "+x.record.Ref()), o.HoldGivenUp())
}

func (h *Handler) reversalRefused(reason, text string) answer {
	return failure(nexo.ErrorNotAllowed, pairs{"message": text, keyReason: reason, keyAdvice: adviceRefund}.form())
}

func (h *Handler) reversalInterrupted() answer {
	return failure(nexo.ErrorUnavailableService, pairs{
		"message": "The request was interrupted before it was stored; nothing was given back", keyReason: "interrupted",
		keyAdvice: "Send the reversal again with a new ServiceID",
	}.form())
}

// reversed is the answer to a reversal that is stored.
func (h *Handler) reversed(x *exchange, o *kassa.Order, psp string, minor int64) answer {
	var r reversal
	_ = json.Unmarshal(x.record.Kept, &r)
	k := keptWith(o)
	p := pairs{
		"currency": string(o.Amount.Currency), "originalReference": PSPReference(o.Number), "pspReference": psp,
		"posAuthAmountCurrency": string(o.Amount.Currency), "posAuthAmountValue": minorText(minor), "transactionType": transactionType(kassa.Credit),
		"tid": shortTID(x.record.POIID), "mid": o.MID, keyOrder: o.ID(),
	}
	p.add("merchantReference", r.MerchantReference)
	if r.MerchantReference == "" {
		p.add("merchantReference", k.MerchantReference)
	}
	p.add("store", k.Store)
	k.JSON = r.JSON
	return answer{body: object{
		"Response":       object{"Result": string(nexo.ResultSuccess), "AdditionalResponse": additional(k, p)},
		"POIData":        poiData(psp, h.Now()),
		"ReversedAmount": majorOf(kassa.Money{Minor: minor, Currency: o.Amount.Currency}),
		"PaymentReceipt": []any{},
		"OriginalPOITransaction": object{"POITransactionID": object{
			"TransactionID": TransactionID(o), "TimeStamp": stamp(o.EndedAt),
		}},
	}}
}
