package adyen

import (
	"context"
	"encoding/json"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
)

// startPayment makes the order. Its reference is the exchange's, so that whichever process asks again
// finds the same one.
func (h *Handler) startPayment(ctx context.Context, x *exchange) (answer, bool) {
	q := x.request
	n := h.newOrder(x)
	o, reason, err := h.create(ctx, n)
	switch {
	case err != nil:
		return answer{}, false // perhaps it is stored: wait looks
	case reason == kassa.POIBusy:
		return h.withPaymentData(q, busy(o)), true
	case reason != kassa.None && reason != kassa.OrderFinished:
		return h.withPaymentData(q, h.refused(q, reason)), true
	}
	if x.isAborted() {
		_, _, _ = h.Orders.Cancel(context.WithoutCancel(ctx), Dialect, n.Scope, n.Ref)
	}
	return answer{}, false
}

// create asks for the order. The end of an order can be read an instant before the engine has given its
// terminal free: who pays right after an answer is not told that the terminal is busy with it.
func (h *Handler) create(ctx context.Context, n kassa.NewOrder) (o kassa.Order, reason kassa.Reason, err error) {
	for range freeingTries {
		o, reason, err = h.Orders.Create(context.WithoutCancel(ctx), n)
		if err != nil || reason != kassa.POIBusy || o.Number == 0 {
			return o, reason, err
		}
		if holder, ok, err := h.loadOrder(o.Number); err != nil || !ok || !holder.Status.Final() {
			return o, reason, err
		}
		select {
		case <-time.After(freeingPause):
		case <-ctx.Done():
			return o, reason, ctx.Err()
		}
	}
	return o, reason, err
}

// Freeing a terminal takes the engine's next turn.
const (
	freeingTries = 20
	freeingPause = 5 * time.Millisecond
)

func (h *Handler) newOrder(x *exchange) kassa.NewOrder {
	q, p, t := x.request, x.request.payment, x.request.terminal
	return kassa.NewOrder{
		Dialect: Dialect, Account: t.Account, Scope: x.record.Scope, Ref: x.record.Ref(), Fingerprint: x.record.Hash,
		Environment: string(t.Environment), Kind: p.kind, Capture: p.capture, POIID: t.POIID, TID: t.TID, MID: q.group.Merchant.MID,
		Amount: p.amount, Tip: kassa.Tip{Minor: p.tip}, AskTip: p.kind == kassa.Purchase && p.merchant.has("AskGratuity"), Description: p.kept.MerchantReference, Door: x.record.Kept,
		Inactivity: h.Timeout, Lifetime: min(h.Timeout, maxUnshown), OneTry: true, NoQueue: true, AmountCodes: t.Environment == estate.Test,
	}
}

// busy tells which dialogue has the terminal: o is its order, the zero value when there is none.
func busy(o kassa.Order) answer {
	p := pairs{
		"message": "Forbidden Request, Service Dialogue PaymentRequest is in Progress", keyReason: string(kassa.POIBusy),
		keyAdvice: "Wait for the payment on the terminal, or abort it",
	}
	if o.Number != 0 {
		if p["serviceId"] = keptWith(&o).ServiceID; p["serviceId"] == "" {
			p["serviceId"] = o.ID()
		}
	}
	return failure(nexo.ErrorBusy, p.form())
}

// refused is the answer to a request that the language refuses.
func (h *Handler) refused(q *request, reason kassa.Reason) answer {
	w := wireReasons[reason]
	p := pairs{"message": w.message, keyReason: string(reason), keyAdvice: w.advice}
	if w.refusal != "" {
		p["refusalReason"] = w.refusal
	}
	if w.message == "" {
		p["message"] = reason.Text()
	}
	return failure(w.condition, p.form())
}

// waitPayment waits for the order's end. A payment that takes too long is cancelled; what becomes of it
// then is waited for as long as it takes, so that a result that comes late is found.
func (h *Handler) waitPayment(ctx context.Context, x *exchange) (answer, bool) {
	var wake chan struct{}
	leave := func() {}
	defer func() { leave() }()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	cancelling := make(chan struct{}, 1) // holds one while a cancel is under way or has been taken
	for {
		o, ok, err := h.Orders.Find(ctx, Dialect, x.record.Scope, x.record.Ref())
		switch {
		case err != nil: // the store has stopped, and the process ends
		case !ok:
			// Whether this process stored it is not known while it lives; an earlier one did not.
			if x.request == nil {
				return h.paymentInterrupted(x), true
			}
		case o.Status.Final() || o.Parked != "":
			return h.paymentAnswer(x, &o), true
		default:
			if wake == nil {
				wake, leave = h.orders.join(orderStream(o.Number))
				continue // it may have changed before
			}
			if x.isAborted() || h.Now().Sub(x.record.At) >= h.Timeout {
				h.cancelOnce(ctx, x, cancelling)
			}
		}
		select {
		case <-ctx.Done():
			return answer{}, false
		case <-wake:
		case <-poll.C:
		}
	}
}

// cancelOnce asks to cancel the order of an exchange, and again at the next call when there was no room for it.
func (h *Handler) cancelOnce(ctx context.Context, x *exchange, cancelling chan struct{}) {
	select {
	case cancelling <- struct{}{}:
	default:
		return
	}
	h.background(func() {
		if _, reason, err := h.Orders.Cancel(ctx, Dialect, x.record.Scope, x.record.Ref()); err == nil && reason == kassa.WorldBusy {
			<-cancelling
		}
	})
}

// abortPayment cancels the order, and tells what became of it as far as that is known soon.
func (h *Handler) abortPayment(ctx context.Context, x *exchange) string {
	x.abort() // an order that is not made yet is cancelled as soon as it is
	ctx, stop := context.WithTimeout(ctx, abortPatience)
	defer stop()
	_, reason, err := h.Orders.Cancel(ctx, Dialect, x.record.Scope, x.record.Ref())
	switch {
	case err != nil:
		return abortUnknown // the host is being asked
	case reason == kassa.NotCancellable:
		return abortTooLate
	case reason != kassa.None:
		return abortUnknown // the order is just being made, or too much is going on: it is cancelled soon
	}
	return abortDone
}

// abortPatience is how long an Abort waits for the host's word: less than clients wait for an answer.
const abortPatience = 10 * time.Second

// paymentInterrupted is the answer for a payment of which no order was stored.
func (h *Handler) paymentInterrupted(x *exchange) answer {
	var k kept
	_ = json.Unmarshal(x.record.Kept, &k)
	a := failure(nexo.ErrorUnavailableService, pairs{
		"message": "The request was interrupted before it reached the terminal; nothing was charged", keyReason: "interrupted",
		keyAdvice: "Send the payment again with a new ServiceID",
	}.form())
	return dressed(a, k.saleData(), tenderOf(x.record), h.Now())
}
