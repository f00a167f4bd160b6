package adyen

import (
	"context"

	"kassa"
	"kassa/nexo"
)

// serveStatus tells what became of a message: from the record, so that the terminal need not be there.
func (h *Handler) serveStatus(ctx context.Context, x *exchange) (answer, bool) {
	q := x.request
	var f faults
	r := reference{poiid: q.header.poiid}
	switch v := q.body["MessageReference"].(type) {
	case nil:
	case object:
		f.need(v, "TransactionStatusRequest.MessageReference", "ServiceID")
		r = q.readReference(v)
	default:
		f.add("TransactionStatusRequest", "MessageReference", "Not an object")
	}
	if a, bad := f.answer(); bad {
		return a, true
	}
	e, ok, err := h.asked(r)
	switch {
	case err != nil:
		return failure(nexo.ErrorUnavailableService, pairs{"message": "The record cannot be read now", keyReason: "store_failed"}.form()), true
	case !ok || !q.mayRead(e) || r.category != "" && r.category != e.Category:
		return h.notFound(q, r), true
	case e.AnsweredAt.IsZero():
		return h.inProgress(ctx, e), true
	}
	return found(q, e), true
}

// asked finds the exchange that a reference names, or without one the last transaction of its terminal. One that
// is just being stored is waited for: nobody may be told that it does not exist.
func (h *Handler) asked(r reference) (Exchange, bool, error) {
	defer h.exchanges.still(r.poiid)()
	if r.serviceID != "" {
		e, _, ok, err := h.loadExchange(exchangeID(r.poiid, r.saleID, r.serviceID))
		return e, ok, err
	}
	last, _, err := h.lastExchanges(r.poiid)
	for _, id := range last {
		e, _, ok, err := h.loadExchange(id)
		if err != nil || ok && !e.metBusy() {
			return e, ok, err
		}
	}
	return Exchange{}, false, err
}

// metBusy tells whether the terminal was busy with something else, so that nothing came of the exchange.
func (e Exchange) metBusy() bool {
	body, err := decode(e.Response)
	return err == nil && answer{body: body}.condition() == string(nexo.ErrorBusy)
}

// source tells that an answer is not the terminal's word but the record's.
const source = "server"

func (h *Handler) notFound(q *request, r reference) answer {
	category := r.category
	if category == "" {
		category = "Payment"
	}
	text := "Message not found. Category=" + category
	if last, ok, err := h.asked(reference{poiid: r.poiid}); err == nil && ok && q.mayRead(last) {
		text += ", last such Request has SaleID=" + last.SaleID + " ServiceID=" + last.ServiceID
	}
	return failure(errorNotFound, pairs{
		"message": text, "source": source, keyReason: "not_found",
		keyAdvice: "The message was never taken: it may be sent, with a new ServiceID",
	}.form())
}

func (h *Handler) inProgress(ctx context.Context, e Exchange) answer {
	p := pairs{"message": "Uncompleted transaction", "status": "Uncompleted transaction", "source": source, keyReason: "in_progress",
		keyAdvice: "Ask again in some seconds, or abort it"}
	if o, ok, err := h.Orders.Find(ctx, Dialect, e.Scope, e.Ref()); err == nil && ok {
		p["tenderReference"], p["detailedStatus"] = TenderReference(&o), detailOf(&o)
	}
	return failure(errorInProgress, p.form())
}

// detailOf is where a payment stands, in the words of Adyen's display notifications.
func detailOf(o *kassa.Order) string {
	switch o.Status {
	case kassa.Authorising:
		return "CARD_DETAILS_PROVIDED"
	case kassa.Completing:
		return "PIN_ENTERED"
	case kassa.Presented, kassa.Refused:
		switch o.Screen {
		case "pin":
			return "WAIT_FOR_PIN"
		case "choose":
			return "WAIT_FOR_APP_SELECTION"
		case "tip":
			return "ASK_GRATUITY"
		}
		return "PROVIDE_CARD_DETAILS"
	}
	return "TENDER_CREATED"
}

// found repeats the answer. That it was found is the outer Success; how it ended is inside.
func found(q *request, e Exchange) answer {
	repeated, err := decode(e.Response)
	if err != nil {
		repeated = object{}
	}
	if _, has := repeated["PaymentReceipt"]; has {
		repeated["PaymentReceipt"] = reprinted(q, repeated)
	}
	return answer{body: object{
		"Response": object{"Result": string(nexo.ResultSuccess), "AdditionalResponse": pairs{"source": source}.form()},
		"MessageReference": object{
			"MessageCategory": e.Category, "SaleID": e.SaleID, "ServiceID": e.ServiceID, "POIID": e.POIID,
		},
		"RepeatedMessageResponse": object{
			"MessageHeader": header{
				class: e.Class, category: e.Category, saleID: e.SaleID, serviceID: e.ServiceID, poiid: e.POIID,
			}.echo(),
			"RepeatedResponseMessageBody": object{e.Category + "Response": repeated},
		},
	}}
}

// reprinted are the receipts that the Sale System wants again: none unless it says so.
func reprinted(q *request, repeated object) []any {
	all, _ := repeated["PaymentReceipt"].([]any)
	if q.body["ReceiptReprintFlag"] != true {
		return []any{}
	}
	wanted := q.body.texts("DocumentQualifier")
	list := []any{}
	for _, paper := range all {
		o, _ := paper.(object)
		for _, w := range wanted {
			if o.text("DocumentQualifier") == w {
				list = append(list, o)
			}
		}
		if len(wanted) == 0 {
			list = append(list, o)
		}
	}
	return list
}
