package front

import (
	"encoding/json"
	"net/http"
)

// Refuse answers with an error of the front itself, as JSON: a code for programs, a sentence for
// people, and the request id that both can quote.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	answer := struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"requestId"`
	}{code, message, w.Header().Get("Request-Id")}
	text, err := json.Marshal(answer)
	if err != nil {
		text = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone away is no news.
	_, _ = w.Write(append(text, '\n'))
}
