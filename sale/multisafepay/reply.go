package multisafepay

import (
	"fmt"
	"net/http"
	"strconv"

	"kassa"
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
	causeKey         = "key_invalid"
	causeBody        = "body_invalid"
	causeField       = "field_invalid"
	causeUnsupported = "unsupported"
	causeRoute       = "route_unknown"
	causeURL         = "webhook_url_invalid"
	causeToken       = "events_token_invalid"
	causeLimit       = "limit_reached"
	causeWorld       = "world_failed"
	causeAmbiguous   = "order_id_in_several_groups"
)

func (r *refusal) Error() string { return r.info }

// field refuses a field of a request that is otherwise readable: MultiSafepay answers 404 to those.
func field(code int, format string, args ...any) *refusal {
	return &refusal{http.StatusNotFound, code, fmt.Sprintf(format, args...), causeField}
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

// writeRefusal sends the envelope of a failure. Where MultiSafepay says {"message":"Forbidden"} to a
// wrong key, the usual fields stand beside it for clients that read only those.
func writeRefusal(w http.ResponseWriter, r *refusal) {
	body := object{"success": false, "data": object{}, "error_code": r.code, "error_info": r.info}
	switch r.status {
	case http.StatusForbidden:
		body["message"] = "Forbidden"
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
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
