package native

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"kassa/journal"
)

// idempotencyKey is the header that makes a repeat harmless (draft-ietf-httpapi-idempotency-key-header).
const idempotencyKey = "Idempotency-Key"

// What is kept of a request with an Idempotency-Key, and how long.
const (
	onceFor   = 24 * time.Hour
	maxOnce   = 200 // bytes of a key
	onceBegun = "begun"
	onceDone  = "answered"
	onceFree  = "free" // it was refused and changed nothing: the key may be used again
)

// onceHidden stands in a replay where the first answer had a secret. The record never holds it.
const onceHidden = "shown once, in the first answer"

// kept is what is kept of a request.
type kept struct {
	Status  string          `json:"status"`
	At      time.Time       `json:"at"`
	Request string          `json:"request"` // the hash of method, path, query and body
	Code    int             `json:"code,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
}

// onlyOnce serves a request that has an Idempotency-Key. That it is begun is durable before anything is
// done, and its answer before anybody hears it. The same again gets the same answer for 24 h; one whose
// answer is not there, because the process ended or the record could not be written, is not done again.
func (h *Handler) onlyOnce(w http.ResponseWriter, c *call) *problem {
	key := c.Header.Values(idempotencyKey)
	name := strings.Trim(key[0], `"`) // a structured field's string (RFC 8941)
	if len(key) > 1 || name == "" || len(name) > maxOnce {
		return badInput(mistake{Header: idempotencyKey, Detail: fmt.Sprintf("must be there once, with 1 to %d bytes", maxOnce)})
	}
	limit := int64(maxBody)
	switch c.route.path {
	case "terminals/import":
		limit = maxImport
	case "tamper-requests":
		limit = maxPictureBody
	case attachPath:
		limit = maxAttachment
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, c.Body, limit))
	if err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return fault("too_large", fmt.Sprintf("the body may have %d bytes at most", limit))
		}
		return badInput(mistake{Detail: "the body could not be read to its end"})
	}
	c.Body = io.NopCloser(bytes.NewReader(body))
	stream := "once/" + digest(c.caller.Key, name)
	if !h.enter(stream) {
		return fault("idempotency_running", "the first request with this key has not been answered yet")
	}
	defer h.leave(stream)
	request := digest(c.Method, c.URL.RequestURI(), string(body))
	version, refused, replayed := h.before(w, stream, request)
	if refused != nil || replayed {
		return refused
	}
	if refused := h.keep(stream, version, kept{Status: onceBegun, At: h.Wall(), Request: request}, true); refused != nil {
		return refused
	}
	out := &recorded{header: http.Header{}}
	c.Request = c.WithContext(context.WithoutCancel(c.Context()))
	refused = c.route.serve(h, out, c)
	return h.after(w, c, stream, version+1, request, out, refused)
}

// before looks what there is with this key: nothing, so that the request is to be served on top of a
// version; or an answer, which is given again.
func (h *Handler) before(w http.ResponseWriter, stream, request string) (version uint64, refused *problem, replayed bool) {
	s, ok, err := h.Records.Load(stream)
	if err != nil {
		return 0, unreadable("the record could not be read; nothing was done"), false
	}
	var k kept
	if !ok {
		return 0, nil, false
	}
	if err := json.Unmarshal(s.State, &k); err != nil {
		return 0, unreadable("the record could not be read; nothing was done"), false
	}
	switch {
	case h.Wall().Sub(k.At) >= onceFor, k.Status == onceFree:
		return s.Version, nil, false
	case k.Request != request:
		return 0, fault("idempotency_mismatch", "this key came with another request before"), false
	case k.Status != onceDone:
		return 0, fault("outcome_unknown", "a request with this key was begun at "+k.At.Format(time.RFC3339)+" and never answered"), false
	}
	w.Header().Set("Idempotency-Replayed", "true")
	if len(k.Body) == 0 {
		w.WriteHeader(k.Code)
		return 0, nil, true
	}
	return 0, answer(w, k.Code, k.Body), true
}

// after keeps the answer and then gives it. What was refused changed nothing and leaves the key free;
// what failed leaves it begun: nobody knows how it ended.
func (h *Handler) after(w http.ResponseWriter, c *call, stream string, version uint64, request string, out *recorded, refused *problem) *problem {
	if refused != nil {
		if refused.Status < http.StatusInternalServerError {
			if failed := h.keep(stream, version, kept{Status: onceFree, At: h.Wall(), Request: request}, false); failed != nil {
				return failed
			}
		}
		return refused
	}
	k := kept{Status: onceDone, At: h.Wall(), Request: request, Code: out.status, Body: out.body.Bytes()}
	if c.replay != nil {
		k.Body = encoded(c.replay)
	}
	if failed := h.keep(stream, version, k, false); failed != nil {
		return unreadable("it was done, but the answer could not be kept; look before you send it again")
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body.Bytes()) // a client that went away is told nothing
	return nil
}

// once says what a replay of this answer shows instead of it: the answer without its secret.
func (*Handler) once(c *call, replay any) { c.replay = replay }

// keep writes what is kept down. Whoever came in between with the same key was first.
func (h *Handler) keep(stream string, version uint64, k kept, first bool) *problem {
	done := make(chan error, 1)
	h.Write(journal.Batch{{Stream: stream, Expect: version, State: encoded(k)}}, func(_ journal.Receipt, err error) { done <- err })
	switch err := <-done; {
	case err == nil:
		return nil
	case errors.Is(err, journal.ErrConflict):
		return fault("idempotency_running", "another request with this key came first")
	case first:
		return unreadable("the record could not be written; nothing was done")
	}
	return unreadable("the record could not be written")
}

// enter lets one request with a key in at a time.
func (h *Handler) enter(stream string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running[stream] {
		return false
	}
	h.running[stream] = true
	return true
}

func (h *Handler) leave(stream string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.running, stream)
}

// digest is the hash of some texts, each apart from the next.
func digest(parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// recorded is an answer before anybody hears it.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header { return r.header }

func (r *recorded) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorded) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
