package adyen

import (
	"net/http"
	"strconv"

	"kassa"
	"kassa/journal"
)

// problem is a refusal at the level of HTTP: before anything is known that a nexo message could say.
type problem struct {
	status int
	// code and kind are the legacy paths' errorCode and errorType; v1 has codes of its own.
	code, kind string
	text       string
	// cause is what is kept for diagnosis: a kassa.Reason, or one of package journal.
	cause string
	// field is the value that is wrong, where it is one of v1's path.
	field, value string
}

func (p problem) problem() bool { return p.status != 0 }

// The problems, with the codes that Adyen's platform uses.
func unauthorised(text string) problem {
	return problem{status: http.StatusUnauthorized, code: "000", kind: "security", cause: journal.ReasonKey, text: "HTTP Status Response - Unauthorized: " + text}
}

func forbidden(text string) problem {
	return problem{status: http.StatusForbidden, code: "010", kind: "security", cause: journal.ReasonForbidden, text: "Not allowed: " + text}
}

func wrongMerchant(code string) problem {
	return problem{
		status: http.StatusForbidden, code: "901", kind: "security", cause: "merchant_unknown", field: "merchantAccount", value: code,
		text: "Invalid Merchant Account: it is not one of this API key",
	}
}

func malformed(text string) problem {
	return problem{status: http.StatusBadRequest, code: "702", kind: "validation", text: text}
}

func tooLarge() problem {
	return problem{
		status: http.StatusRequestEntityTooLarge, code: "702", kind: "validation",
		text: "the body may have " + strconv.Itoa(maxBody) + " bytes at most",
	}
}

func worldFailed() problem {
	return problem{
		status: http.StatusInternalServerError, code: "000", kind: "internal", cause: journal.ReasonWorld,
		text: "the request could not be stored; ask its TransactionStatus before it is sent again",
	}
}

func worldBusy() problem {
	return problem{
		status: http.StatusServiceUnavailable, code: "000", kind: "internal", cause: string(kassa.WorldBusy),
		text: "too many requests are running; nothing was done, and the same request may be sent again",
	}
}

// titles of the Cloud Device API's errors (RFC 7807), and the last part of their type.
var titles = map[int][2]string{
	http.StatusBadRequest:            {"Bad Request", "bad-request"},
	http.StatusUnauthorized:          {"Unauthorized", "unauthorized"},
	http.StatusForbidden:             {"Forbidden", "forbidden"},
	http.StatusNotFound:              {"Not Found", "not-found"},
	http.StatusMethodNotAllowed:      {"Method Not Allowed", "method-not-allowed"},
	http.StatusRequestEntityTooLarge: {"Payload Too Large", "payload-too-large"},
	http.StatusUnprocessableEntity:   {"Unprocessable Entity", "unprocessable-entity"},
	http.StatusServiceUnavailable:    {"Service Unavailable", "service-unavailable"},
}

// writeProblem sends a problem in the form of the path's API. The v1 form holds "message" too: Adyen's Node
// library prints nothing else.
func writeProblem(w http.ResponseWriter, v1 bool, p problem) {
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if !v1 {
		writeJSON(w, "application/json", p.status, object{"status": p.status, "errorCode": p.code, "message": p.text, "errorType": p.kind})
		return
	}
	title, ok := titles[p.status]
	if !ok {
		title = [2]string{"Internal Server Error", "internal"}
	}
	body := object{
		"type": "https://docs.adyen.com/errors/" + title[1], "title": title[0], "status": p.status, "detail": p.text,
		"message": p.text, "errorCode": "00_" + strconv.Itoa(p.status),
	}
	if p.field != "" {
		body["invalidFields"] = []any{object{"name": p.field, "value": p.value, "message": p.text}}
	}
	writeJSON(w, "application/json", p.status, body)
}

func writeJSON(w http.ResponseWriter, contentType string, status int, body object) {
	writeBytes(w, contentType, status, encode(body))
}

func writeBytes(w http.ResponseWriter, contentType string, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the client is gone; nothing depends on it
}
