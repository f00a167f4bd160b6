package inbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// Limits of what a receiver can be told to answer.
const (
	maxAnswers    = 1000 // paths
	maxAnswerBody = 1000 // bytes
)

// Answer is how a receiver answers the webhooks at one path, in place of OK: a program that is broken, moved away,
// or behind a login. The webhooks are kept all the same.
type Answer struct {
	Status   int    `json:"status"`
	Body     string `json:"body,omitempty"`
	Location string `json:"location,omitempty"` // of a redirect
}

// answerSo lets the webhooks at a path be answered in another way from now on; a status of 0 mends it.
func (i *Inbox) answerSo(w http.ResponseWriter, r *http.Request) {
	var a Answer
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAnswerBody<<1))
	in.DisallowUnknownFields()
	switch err := in.Decode(&a); {
	case err != nil:
		http.Error(w, `the body must be {"status":204,"body":"…","location":"…"}`, http.StatusBadRequest)
		return
	case a.Status != 0 && (a.Status < 200 || a.Status > 599) || len(a.Body)+len(a.Location) > maxAnswerBody || strings.ContainsAny(a.Location, "\r\n"):
		http.Error(w, "status must be 200 to 599, and body and location short", http.StatusBadRequest)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.answers, r.URL.Path)
	if a.Status != 0 {
		if len(i.answers) >= maxAnswers {
			clear(i.answers)
		}
		i.answers[r.URL.Path] = a
	}
	w.WriteHeader(http.StatusNoContent)
}

// acknowledge answers a webhook.
func (i *Inbox) acknowledge(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	a, other := i.answers[r.URL.Path]
	i.mu.Unlock()
	if !other {
		_, _ = io.WriteString(w, "OK")
		return
	}
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(a.Status)
	if a.Status != http.StatusNoContent && a.Status != http.StatusNotModified {
		_, _ = io.WriteString(w, a.Body)
	}
}
