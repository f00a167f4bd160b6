package adyen

import "context"

// What became of an Abort, in the header X-Kassa-Abort: nexo has no answer to one.
const (
	abortDone     = "aborted"
	abortTooLate  = "tooLate"
	abortNotFound = "notFound"
	abortUnknown  = "unknown" // the host is being asked, or it has not been cancelled yet; TransactionStatus tells
)

// reference is a MessageReference: the message that another one is about.
type reference struct{ category, saleID, serviceID, poiid string }

// readReference reads one; what it leaves out is as in the header of the message that it stands in.
func (q *request) readReference(o object) reference {
	r := reference{category: o.text("MessageCategory"), saleID: o.text("SaleID"), serviceID: o.text("ServiceID"), poiid: o.text("POIID")}
	if r.saleID == "" {
		r.saleID = q.header.saleID
	}
	if r.poiid == "" {
		r.poiid = q.header.poiid
	}
	return r
}

// serveAbort ends what another message has begun, as far as that can be ended. It is answered with two
// letters, whatever became of it; the other message's own answer tells.
func (h *Handler) serveAbort(ctx context.Context, x *exchange) (answer, bool) {
	q := x.request
	var f faults
	target := f.object(q.body, "AbortRequest", "MessageReference")
	if target != nil {
		f.need(target, "AbortRequest.MessageReference", "ServiceID")
	}
	f.need(q.body, "AbortRequest", "AbortReason")
	if a, bad := f.answer(); bad {
		return a, true
	}
	r := q.readReference(target)
	return answer{ok: "ok", abort: h.abort(context.WithoutCancel(ctx), q, r)}, true
}

func (h *Handler) abort(ctx context.Context, q *request, r reference) string {
	id := exchangeID(r.poiid, r.saleID, r.serviceID)
	if x, running := h.exchanges.find(id); running {
		e := x.record
		if !q.mayRead(e) || r.category != "" && r.category != e.Category {
			return abortNotFound
		}
		if end := h.categories[e.Category].abort; end != nil {
			return end(h, ctx, x)
		}
		return abortTooLate
	}
	e, _, ok, err := h.loadExchange(id)
	if err != nil || !ok || !q.mayRead(e) || r.category != "" && r.category != e.Category {
		return abortNotFound
	}
	return abortTooLate
}

// mayRead tells whether the caller may hear of an exchange: of its own account, and of its own group.
func (q *request) mayRead(e Exchange) bool {
	return e.Account == q.caller.Account && (q.caller.Group == "" || q.caller.Group == e.Scope)
}
