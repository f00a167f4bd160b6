package adyen

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kassa"
	"kassa/journal"
	"kassa/nexo"
)

// What this door refuses is kept for diagnosis: not what became of an order, which its own record tells.

// refuseCall sends a problem, and keeps that the call was refused.
func (h *Handler) refuseCall(w http.ResponseWriter, q *request, p problem) {
	call := h.refusedCall(q)
	call.Reason, call.Status, call.ErrorInfo, call.Field = p.cause, p.status, p.text, p.field
	call.ErrorCode, _ = strconv.Atoi(p.code)
	if call.Reason == "" {
		call.Reason = journal.ReasonValidation
	}
	h.record(q, call)
	writeProblem(w, q.v1, p)
}

// recordAnswer keeps an answer that is a refusal.
func (h *Handler) recordAnswer(q *request, a answer) {
	reason, info, field := refusedIn(a)
	if reason == "" {
		return
	}
	call := h.refusedCall(q)
	call.Reason, call.Status, call.ErrorInfo, call.Field = reason, http.StatusOK, info, field
	if reason == journal.ReasonNoAnswer { // there may be an order all the same
		call.OrderID = Exchange{ID: q.exchangeID(), SaleID: q.header.saleID, ServiceID: q.header.serviceID, POIID: q.header.poiid}.Ref()
	}
	h.record(q, call)
}

func (h *Handler) record(q *request, call journal.RefusedCall) {
	if h.Refused != nil && q.from != nil {
		h.Refused(q.from, call)
	}
}

// refusedCall is what is known of a call, however far it came.
func (h *Handler) refusedCall(q *request) journal.RefusedCall {
	call := journal.RefusedCall{
		At: h.Now(), Dialect: Dialect, Account: q.caller.Account, Scope: q.caller.Group, Route: q.route(),
		TerminalID: q.header.poiid, OrderID: q.body.sub("SaleData").sub("SaleTransactionID").text("TransactionID"),
	}
	if call.TerminalID == "" {
		call.TerminalID = q.device
	}
	if q.psp != "" {
		call.OrderID = q.psp
	}
	return call
}

// route names the call and the category of its message.
func (q *request) route() string {
	switch {
	case q.modification != "":
		return "POST payments/{paymentPspReference}/" + q.modification
	case q.from != nil && q.from.Method != http.MethodPost:
		return "unknown"
	}
	name := "sync"
	if q.async {
		name = "async"
	}
	if q.v1 {
		name = "merchants/{merchantAccount}/devices/{deviceId}/" + name
	}
	if _, known := classOf[q.header.category]; known {
		name += " " + q.header.category
	}
	return "POST " + name
}

// refusedIn is what an answer refuses, and in which words; no reason when it does not, or when an order tells it.
func refusedIn(a answer) (reason, info, field string) {
	details := a.reject
	if details == "" {
		if a.result() != string(nexo.ResultFailure) {
			return "", "", ""
		}
		details = a.response().text("AdditionalResponse")
	}
	said, err := url.ParseQuery(details)
	if err != nil {
		return "", "", ""
	}
	own := said.Get(keyReason)
	info = said.Get("message")
	if own != "" {
		info += " (" + own + ")"
	}
	if text := said.Get("errors"); text != "" {
		info, field = text, wrongField(text)
	}
	if detail := said.Get("detail"); detail != "" {
		info += ": " + detail
	}
	return reasonOf(a, details, own, said.Has(keyOrder)), info, field
}

func reasonOf(a answer, details, own string, ofOrder bool) string {
	switch {
	case own == string(kassa.TerminalUnknown):
		return own
	case strings.HasPrefix(details, rejectNoLink), strings.HasPrefix(details, unreachableMsg):
		return journal.ReasonUnreachable
	case strings.HasPrefix(details, rejectSilent):
		return journal.ReasonNoAnswer
	case strings.HasPrefix(details, rejectCrypto):
		return "crypto_error"
	case a.condition() == string(nexo.ErrorMessageFormat), a.reject != "":
		return journal.ReasonValidation
	case ofOrder, own == "in_progress":
		return ""
	}
	return own
}

// wrongField finds the field in the first line of what is wrong with a message.
func wrongField(text string) string {
	at, rest, ok := strings.Cut(text, ", field ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, ":")
	return strings.TrimPrefix(at, "At ") + "." + name
}
