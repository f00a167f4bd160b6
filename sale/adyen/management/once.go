package management

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
	"time"

	"kassa/journal"
)

// What is kept of a request with an Idempotency-Key, and how long.
const (
	onceFor   = 7 * 24 * time.Hour
	maxOnce   = 200 // bytes of a key
	onceBegun = "begun"
	onceDone  = "answered"
	onceFree  = "free" // it was refused and changed nothing: the key may be used again
)

// answered is what is kept of a request.
type answered struct {
	Status  string          `json:"status"`
	At      time.Time       `json:"at"`
	Request string          `json:"request"` // the hash of method, address and body
	Code    int             `json:"code,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
}

// once serves a request that has an Idempotency-Key. That it is begun is durable before anything is done,
// and its answer before anybody hears it. The same again gets the same answer, without the secrets in it;
// one that was begun and never answered is not done again.
func (h *Handler) once(w http.ResponseWriter, c *call, name string) (reply, *fault) {
	if len(name) > maxOnce {
		return reply{}, badRequest(fmt.Sprintf("Idempotency-Key may have %d bytes at most", maxOnce))
	}
	body, no := c.whole(w)
	if no != nil {
		return reply{}, no
	}
	c.Body = io.NopCloser(bytes.NewReader(body))
	stream := "once/" + digest("adyen", c.caller.KeyID, name)
	if !h.enter(stream) {
		return reply{}, inUse("the first request with this Idempotency-Key has not been answered yet")
	}
	defer h.leave(stream)
	k := answered{Status: onceBegun, At: h.Now(), Request: digest(c.Method, c.URL.RequestURI(), string(body))}
	version, again, no := h.before(w, stream, k)
	if no != nil || again.status != 0 {
		return again, no
	}
	if no := h.keep(stream, version, k); no != nil {
		return reply{}, no
	}
	c.Request = c.WithContext(context.WithoutCancel(c.Context()))
	out, refused := c.route.serve(h, w, c)
	switch {
	case refused != nil && refused.status >= http.StatusInternalServerError:
		return reply{}, refused // it stays begun: nobody knows how it ended
	case refused != nil:
		k.Status = onceFree
	default:
		k.Status, k.Code = onceDone, out.status
		var err error
		if k.Body, err = withoutSecrets(out.body); err != nil {
			return reply{}, unreadable()
		}
	}
	if no := h.keep(stream, version+1, k); no != nil {
		return reply{}, no
	}
	return out, refused
}

// inUse is Adyen's answer to a key that cannot be used for this request.
func inUse(detail string) *fault {
	return &fault{status: http.StatusUnprocessableEntity, code: "704", title: "Request already processed or in progress", detail: detail}
}

// before looks what there is with this key: nothing, so that the request is to be served on top of a
// version, or an answer, which is given again.
func (h *Handler) before(w http.ResponseWriter, stream string, asked answered) (version uint64, again reply, no *fault) {
	s, there, err := h.Records.Load(stream)
	if err != nil {
		return 0, again, unreadable()
	}
	if !there {
		return 0, again, nil
	}
	var k answered
	if json.Unmarshal(s.State, &k) != nil {
		return 0, again, unreadable()
	}
	switch {
	case asked.At.Sub(k.At) >= onceFor, k.Status == onceFree:
		return s.Version, again, nil
	case k.Request != asked.Request:
		return 0, again, inUse("this Idempotency-Key came with another request before")
	case k.Status != onceDone:
		return 0, again, inUse("a request with this Idempotency-Key was begun at " + k.At.UTC().Format(time.RFC3339) + " and never answered; look what it did")
	}
	w.Header().Set("Idempotency-Replayed", "true")
	again.status = k.Code
	if len(k.Body) > 0 {
		again.body = k.Body
	}
	return 0, again, nil
}

// keep writes down what is kept. Whoever came in between with the same key was first.
func (h *Handler) keep(stream string, version uint64, k answered) *fault {
	state, err := json.Marshal(k)
	if err == nil {
		err = h.commit(journal.Batch{{Stream: stream, Expect: version, State: state}})
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, journal.ErrConflict):
		return inUse("another request with this Idempotency-Key came first")
	}
	return estateFault(err)
}

// withoutSecrets is an answer as it may be kept.
func withoutSecrets(body any) (json.RawMessage, error) {
	if body == nil {
		return nil, nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for _, secret := range []string{"apiKey", "password", "hmacKey"} {
		delete(fields, secret)
	}
	return json.Marshal(fields)
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
