// Package native is Kassa's own API under /api/v1: what no dialect has. It shows and changes the
// estate (accounts, shops, groups, terminals, devices, settings, keys, webhooks), tells which terminals
// can be reached now and why not, shows the orders with all that happened to them and the journal as a
// feed; it cancels, refunds and sends webhooks again.
//
// Every request needs a key as a bearer token: the operator's, or an account's or a group's, whose
// role allows the route. What lies outside a key's account or group is not there for it. Errors are
// problem details (RFC 9457) whose type is a page of the same installation. Input is strict: an unknown
// parameter or field is refused by its name, and changes nothing. It makes no orders: that is what
// dialects are for.
package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1/"

// Paths outside Prefix that are the API's too.
const (
	problemsPrefix = "/problems/"
	documentPath   = "/openapi.json"
)

// Handler serves the API. It takes paths as they are: a ServeMux would answer those that can be
// cleaned with a redirect in HTML.
type Handler struct {
	config
	table   []route
	streams atomic.Int64 // event streams that are open
	tests   atomic.Int64 // connection tests that are on the way

	mu      sync.Mutex
	running map[string]bool // requests with an Idempotency-Key, by their stream
}

// config hides the fields of Config from who has a Handler.
type config = Config

// New makes a handler.
func New(c Config) (*Handler, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	return &Handler{config: c, table: sorted(routes()), running: make(map[string]bool)}, nil
}

// Owns tells whether an escaped path is the API's.
func Owns(path string) bool {
	return strings.HasPrefix(path, Prefix) || strings.HasPrefix(path, problemsPrefix) || path == documentPath
}

// call is one request while it is served.
type call struct {
	*http.Request
	caller Caller
	route  *route
	path   map[string]string // what stands in the path
	query  url.Values
	replay any // what a repeat of this request shows; nil for the answer itself
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r}
	if refused := h.route(w, c); refused != nil {
		h.record(c, refused)
		refused.write(w, r)
	}
}

func (h *Handler) route(w http.ResponseWriter, c *call) *problem {
	path := c.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, problemsPrefix):
		return h.problemPage(w, c.Request)
	case path == documentPath:
		return serveDocument(w, c.Request)
	}
	found, values, allowed := match(h.table, c.Method, path)
	c.route, c.path = found, values
	if found == nil || found.needs != noKey { // a stranger does not learn which paths there are
		refused := h.identify(w, c)
		if refused != nil {
			return refused
		}
	}
	if found == nil {
		if len(allowed) == 0 {
			return nothingHere()
		}
		return notAllowed(w, allowed)
	}
	if found.needs != noKey && found.needs != anyKey && !c.caller.can(found.needs) {
		return fault("forbidden", fmt.Sprintf("this key has the role %s, which does not include %s", c.caller.Role, found.needs))
	}
	var refused *problem
	if c.query, refused = c.parameters(strings.Fields(found.query)); refused != nil {
		return refused
	}
	if found.once && len(c.Header.Values(idempotencyKey)) > 0 {
		return h.onlyOnce(w, c)
	}
	return found.serve(h, w, c)
}

func notAllowed(w http.ResponseWriter, allowed []string) *problem {
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	return fault("method_not_allowed", "this path takes "+list)
}

// identify finds out who calls.
func (h *Handler) identify(w http.ResponseWriter, c *call) *problem {
	var why Stranger
	if c.caller, why = h.whose(c); why.Code == "" {
		return nil
	}
	p := fault(why.Code, why.Text)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	return p
}

// whose tells whose key a call has, as it is at this moment.
func (h *Handler) whose(c *call) (Caller, Stranger) {
	scheme, key, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		key = ""
	}
	remote, _, err := net.SplitHostPort(c.RemoteAddr)
	if err != nil {
		remote = c.RemoteAddr
	}
	return h.Callers.Identify(strings.TrimSpace(key), remote)
}

// over tells that a key may not do any more what it opened a stream for: it was revoked, has expired, or was
// narrowed meanwhile.
func (h *Handler) over(c *call) bool {
	now, why := h.whose(c)
	return why.Code != "" || !now.can(c.route.needs)
}

// Refuse answers with an error that did not come from here as a problem, if the path is the API's;
// false tells that it is not, and nothing was written.
func Refuse(w http.ResponseWriter, r *http.Request, status int, message string) bool {
	if !Owns(r.URL.EscapedPath()) {
		return false
	}
	code := "internal_error"
	for _, t := range troubles() {
		if t.status == status && t.front {
			code = t.code
		}
	}
	p := fault(code, message)
	p.Status = status
	p.write(w, r)
	return true
}

// answer writes a result; it never refuses.
func answer(w http.ResponseWriter, status int, body any) *problem {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away is told nothing
	return nil
}

// done tells that something was done, and that there is nothing to say.
func done(w http.ResponseWriter) *problem {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var errIncomplete = errors.New("native: a field of Config is missing")
