package multisafepay

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"kassa"
	"kassa/journal"
)

// refusal is a call that is answered with an error.
type refusal struct {
	status int
	code   int
	info   string
	cause  string // for diagnosis; a kassa.Reason or one of the causes below
}

// Causes of a refusal that are no kassa.Reason.
const (
	causeKey         = journal.ReasonKey
	causePermission  = journal.ReasonForbidden
	causeBody        = "body_invalid"
	causeField       = journal.ReasonValidation
	causeTooLate     = "too_late"
	causeGate        = "not_switched_on"
	causeUnsupported = "unsupported"
	causeRoute       = journal.ReasonRoute
	causeURL         = "webhook_url_invalid"
	causeToken       = "events_token_invalid"
	causeLimit       = "limit_reached"
	causeWorld       = journal.ReasonWorld
	causeAmbiguous   = "order_id_in_several_groups"
	causeNotFound    = "not_found"
	causeAttribute   = "attribute_invalid"
)

func (r *refusal) Error() string { return r.info }

// field is the name that a refusal of a field or an attribute begins with; empty when it begins with none.
func (r *refusal) field() string {
	if r.cause != causeField && r.cause != causeAttribute {
		return ""
	}
	name, _, _ := strings.Cut(r.info, " ")
	name = strings.TrimSuffix(name, ":")
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.[]") != "" || name == "too" {
		return ""
	}
	return name
}

// field refuses a field of a request that is otherwise readable: MultiSafepay answers 404 to those.
func field(code int, format string, args ...any) *refusal {
	return &refusal{http.StatusNotFound, code, fmt.Sprintf(format, args...), causeField}
}

// badBody refuses a body that can be read in two ways.
func badBody(err error) *refusal {
	return &refusal{http.StatusBadRequest, codeUnknown, err.Error(), causeBody}
}

func unsupported(format string, args ...any) *refusal {
	return &refusal{http.StatusNotFound, codeUnknown, fmt.Sprintf(format, args...), causeUnsupported}
}

// because refuses with a reason of the language, saying which field it is about.
func because(reason kassa.Reason, about string) *refusal {
	status, code, _, text, ok := WireReason(reason)
	if !ok {
		status, code = http.StatusConflict, codeUnknown
	}
	return &refusal{status, code, about + ": " + text, string(reason)}
}

func worldFailed(what string) *refusal {
	return &refusal{
		http.StatusServiceUnavailable, codeWorld,
		what + "; send the same request again, or ask with GET orders/{order_id} what became of it", causeWorld,
	}
}

func badKey() *refusal {
	return &refusal{
		http.StatusUnauthorized, codeKey,
		"Invalid API key: send the key of the terminal's group once, as header api_key, as header " +
			"Authorization: Bearer, or as query parameter api_key", causeKey,
	}
}

func writeSecurityHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // keys may be in the query
	h.Set("X-Content-Type-Options", "nosniff")
}

func writeJSON(w http.ResponseWriter, status int, body object) {
	encoded := encode(body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(encoded)))
	w.WriteHeader(status)
	w.Write(encoded) //nolint:errcheck // the client is gone; nothing depends on it
}

// writeSuccess sends the envelope; data is never empty, since the Python client takes {} for nothing.
func writeSuccess(w http.ResponseWriter, data object, warnings []any) {
	body := object{"success": true, "data": data}
	if len(warnings) > 0 {
		body["warnings"] = warnings
	}
	writeJSON(w, http.StatusOK, body)
}

// writeList sends the envelope of a list, which may be empty; pager may be nil.
func writeList(w http.ResponseWriter, list []any, pager object) {
	body := object{"success": true, "data": list}
	if pager != nil {
		body["pager"] = pager
	}
	writeJSON(w, http.StatusOK, body)
}

// writeRefusal sends the envelope of a failure. Where MultiSafepay has a message instead of error_code
// and error_info, those stand beside it for clients that read nothing else.
func writeRefusal(w http.ResponseWriter, r *refusal) {
	body := object{"success": false, "data": object{}, "error_code": r.code, "error_info": r.info}
	switch {
	case r.status == http.StatusForbidden:
		body["message"] = "Forbidden"
	case r.status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case r.cause == causeNotFound:
		body["message"] = "Not found"
	case r.cause == causeAttribute:
		attribute, rule, _ := strings.Cut(r.info, ": ")
		body["message"] = "Validation error"
		body["errors"] = []any{object{"attribute": attribute, "details": []any{rule}, "message": r.info, "uri": "#/" + attribute}}
	}
	writeJSON(w, r.status, body)
}

// Refuse answers with an error that did not come from this door, in the dialect's envelope, if the
// path is the dialect's; false tells that it is not, and nothing was written.
func Refuse(w http.ResponseWriter, r *http.Request, status int, message string) bool {
	if !Owns(r.URL.EscapedPath()) {
		return false
	}
	writeRefusal(w, &refusal{status, codeUnknown, message, causeWorld})
	return true
}
