// Package call calls the OCPI interfaces of peers: one request, one answer, read as far as anybody may
// be trusted to send one.
//
// Each URL is checked before it is called, redirects are not followed, a page is never fetched from
// another host than the list's own, and bodies, pages and time have limits. An answer is one of three:
// it was done, it was definitely refused ([Refused]), or nobody knows (any other error).
package call

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kassa/ocpi"
)

// Limits.
const (
	maxBody  = 4 << 20
	maxPages = 1000
	patience = 20 * time.Second
)

// Refused is a definite no: nothing was done at the other end.
type Refused struct {
	HTTP    int
	Status  ocpi.Status // 0 when there was no envelope
	Message string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the peer refused: HTTP %d, status %d: %s", r.HTTP, r.Status, r.Message)
}

// ErrForbidden tells that a URL may not be called; nothing was sent.
var ErrForbidden = errors.New("call: the URL may not be called")

// Caller makes calls.
type Caller struct {
	// Check tells why a URL may not be called.
	Check func(url string) error
	// Transport makes the connections, and refuses addresses that may not be reached.
	Transport http.RoundTripper
	// NewID makes the ids of requests (UUIDs).
	NewID func() string
	// Answered hears of every answer; nil for nobody.
	Answered func(Answer)
}

// Answer is what an answer tells beside what was asked.
type Answer struct {
	Peer   string
	Status int       // HTTP
	Stamp  time.Time // by the clock of who answered; zero when it gives none
}

// Party is one end of a call, in routing headers.
type Party struct{ Country, ID string }

// Target is whom to call and how.
type Target struct {
	Peer     string // whose answer it is; empty during a handshake
	Token    string
	Raw      bool // the token is not encoded
	From, To Party
	// Functional tells that routing headers go with it: not to versions and credentials.
	Functional bool
	// Correlation ties calls to each other; empty for a new chain.
	Correlation string
}

// Do makes one call and gives the data of its answer.
func (c *Caller) Do(ctx context.Context, t Target, method, to string, body any) (json.RawMessage, error) {
	data, _, err := c.once(ctx, t, method, to, body)
	return data, err
}

// All reads a list to its end, page by page.
func All[T any](ctx context.Context, c *Caller, t Target, first string) ([]T, error) {
	var all []T
	at := first
	for range maxPages {
		data, header, err := c.once(ctx, t, http.MethodGet, at, nil)
		if err != nil {
			return nil, err
		}
		page, err := ocpi.ReadList[T](data)
		if err != nil {
			return nil, fmt.Errorf("call: %s: %w", first, err)
		}
		all = append(all, page...)
		next := nextLink(header)
		if next == "" {
			return all, nil
		}
		if at, err = follow(first, at, next); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("call: %s has more than %d pages", first, maxPages)
}

// follow is the address of the next page. Credentials do not go to another host, nor from https to http.
func follow(first, at, next string) (string, error) {
	base, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	to, err := base.Parse(next)
	if err != nil {
		return "", fmt.Errorf("%w: Link %q cannot be parsed", ErrForbidden, next)
	}
	origin, err := url.Parse(first)
	if err != nil {
		return "", err
	}
	if to.Scheme != origin.Scheme || !strings.EqualFold(to.Host, origin.Host) {
		return "", fmt.Errorf("%w: Link leads to the other host %s", ErrForbidden, to.Host)
	}
	return to.String(), nil
}

// nextLink is the address in Link: <…>; rel="next" (RFC 8288).
func nextLink(h http.Header) string {
	for _, line := range h.Values("Link") {
		for part := range strings.SplitSeq(line, ",") {
			target, params, _ := strings.Cut(part, ";")
			target = strings.TrimSpace(target)
			rel := strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(params, " ", "")), `"`, "")
			if strings.Contains(rel, "rel=next") && strings.HasPrefix(target, "<") && strings.HasSuffix(target, ">") {
				return target[1 : len(target)-1]
			}
		}
	}
	return ""
}

func (c *Caller) once(ctx context.Context, t Target, method, to string, body any) (json.RawMessage, http.Header, error) {
	if err := c.Check(to); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := c.request(ctx, t, method, to, body)
	if err != nil {
		return nil, nil, err
	}
	client := &http.Client{
		Transport:     c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w, err := client.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("call: %s %s: %w", method, to, err)
	}
	defer w.Body.Close() //nolint:errcheck // nothing is lost: it was read
	text, err := io.ReadAll(io.LimitReader(w.Body, maxBody+1))
	if err != nil {
		return nil, nil, fmt.Errorf("call: %s %s: %w", method, to, err)
	}
	if len(text) > maxBody {
		return nil, nil, fmt.Errorf("call: %s %s: the answer is larger than %d bytes", method, to, maxBody)
	}
	if c.Answered != nil {
		c.Answered(Answer{t.Peer, w.StatusCode, stamp(w.Header, text)})
	}
	data, err := judge(w.StatusCode, text)
	return data, w.Header, err
}

// stamp is when an answer was made, by the clock of who made it.
func stamp(h http.Header, text []byte) time.Time {
	if e, err := ocpi.ReadEnvelope(text); err == nil && !e.Timestamp.IsZero() {
		return e.Timestamp.Time
	}
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// judge tells whether an answer is a yes, a no, or neither. A server error is neither: what was asked
// may have been done.
func judge(status int, text []byte) (json.RawMessage, error) {
	e, err := ocpi.ReadEnvelope(text)
	switch {
	case status >= 300 && status < 500:
		return nil, &Refused{status, e.Status, e.Message}
	case status >= 500:
		return nil, fmt.Errorf("call: the peer answers HTTP %d", status)
	case err != nil:
		return nil, err
	case e.Status.OK():
		return e.Data, nil
	case e.Status >= 2000 && e.Status < 3000:
		return nil, &Refused{status, e.Status, e.Message}
	}
	return nil, &Unsure{e.Status, e.Message}
}

// Unsure is an answer with a status of a server or a hub (3xxx, 4xxx): whether anything was done is
// not known.
type Unsure struct {
	Status  ocpi.Status
	Message string
}

func (u *Unsure) Error() string {
	return fmt.Sprintf("the peer or its hub failed: status %d: %s", u.Status, u.Message)
}

func (c *Caller) request(ctx context.Context, t Target, method, to string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("call: %w", err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, to, content)
	if err != nil {
		return nil, fmt.Errorf("call: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", ocpi.Authorization(t.Token, !t.Raw))
	id := c.NewID()
	r.Header.Set("X-Request-ID", id)
	if t.Correlation == "" {
		t.Correlation = id
	}
	r.Header.Set("X-Correlation-ID", t.Correlation)
	if t.Functional {
		r.Header.Set("OCPI-from-country-code", t.From.Country)
		r.Header.Set("OCPI-from-party-id", t.From.ID)
		if t.To != (Party{}) {
			r.Header.Set("OCPI-to-country-code", t.To.Country)
			r.Header.Set("OCPI-to-party-id", t.To.ID)
		}
	}
	return r, nil
}
