// Package inbox is where what Kassa sends arrives: a Sale System's webhook receiver, and everybody's
// mailbox. Both acknowledge what they get and show it, unless a receiver is told to answer in another way.
//
// It keeps the newest deliveries in memory, as they came, and judges nothing: whoever reads them
// verifies the signature with the key that only they have.
package inbox

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"
)

// Limits: what a person would look through, and what a webhook body may be.
const (
	maxKept = 200
	maxBody = 256 << 10
)

// Delivery is one request as it came.
type Delivery struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query"`
	Auth   string    `json:"auth"` // the header that carries the signature
	Body   string    `json:"body"`
}

// Inbox receives webhooks.
type Inbox struct {
	now func() time.Time

	mu      sync.Mutex
	kept    []Delivery
	answers map[string]Answer // by path, where it is not OK
}

// New makes an empty inbox.
func New(now func() time.Time) *Inbox { return &Inbox{now: now, answers: make(map[string]Answer)} }

// ServeHTTP takes POST as a webhook and acknowledges it, answers GET without a signed query with
// what came (a JSON object a line, oldest first), and forgets it on DELETE. A GET that carries
// transactionid is a webhook too. PUT of an [Answer] lets the webhooks at its path be answered so.
func (i *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost, r.Method == http.MethodGet && r.URL.Query().Has("transactionid"):
		i.take(w, r)
	case r.Method == http.MethodGet:
		i.show(w)
	case r.Method == http.MethodPut:
		i.answerSo(w, r)
	case r.Method == http.MethodDelete:
		i.mu.Lock()
		i.kept = nil
		i.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "POST a webhook, GET what came, DELETE to forget it, PUT how to answer", http.StatusMethodNotAllowed)
	}
}

func (i *Inbox) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is larger than a webhook's", http.StatusRequestEntityTooLarge)
		return
	}
	i.mu.Lock()
	i.kept = append(i.kept, Delivery{
		At: i.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Auth: r.Header.Get("Auth"), Body: string(body),
	})
	if len(i.kept) > maxKept {
		i.kept = i.kept[len(i.kept)-maxKept:]
	}
	i.mu.Unlock()
	i.acknowledge(w, r)
}

func (i *Inbox) show(w http.ResponseWriter) {
	i.mu.Lock()
	kept := append([]Delivery(nil), i.kept...)
	i.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, d := range kept {
		if out.Encode(d) != nil {
			return
		}
	}
}
