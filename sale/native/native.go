// Package native is Kassa's own API under /api/v1: what no dialect has. It shows the installation,
// its orders with all that happened to them, the journal as a feed, and the webhooks, whichever
// dialect they speak; it cancels, refunds and sends webhooks again.
//
// Every request needs the operator's token as a bearer token. Errors are problem details
// (RFC 9457). Input is strict: an unknown parameter or field is refused by its name, and changes
// nothing. It makes no orders: that is what dialects are for.
package native

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1/"

// Terminal is one terminal as the API shows it.
type Terminal struct {
	TID         string    `json:"tid"`
	POIID       string    `json:"poiid"`
	Name        string    `json:"name"`
	Group       string    `json:"group"`
	Environment string    `json:"environment"`
	Activated   bool      `json:"activated"`
	Configured  bool      `json:"configured"` // the initial key is loaded and confirmed
	KCV         string    `json:"kcv,omitempty"`
	Online      bool      `json:"online"`
	Since       time.Time `json:"since,omitzero"` // of being online or offline
	LastSeen    time.Time `json:"lastSeen,omitzero"`
	Reason      string    `json:"reason,omitempty"` // why it is offline
}

// Status is the state of the installation's parts.
type Status struct {
	Acquirer  AcquirerStatus `json:"acquirer"`
	Terminals TerminalCount  `json:"terminals"`
	Store     StoreStatus    `json:"store"`
}

// StoreStatus counts what this process has made durable: batches share commits, and how many do is
// what group commit is worth.
type StoreStatus struct {
	Commits uint64 `json:"commits"`
	Batches uint64 `json:"batches"`
}

// AcquirerStatus counts the links to the acquirer.
type AcquirerStatus struct {
	SignedOn int `json:"signedOn"`
}

// TerminalCount counts the terminals.
type TerminalCount struct {
	Activated int `json:"activated"`
	Online    int `json:"online"`
}

// Handler serves the API. It takes paths as they are: a ServeMux would answer those that can be
// cleaned with a redirect in HTML.
type Handler struct {
	config
	streams atomic.Int64 // event streams that are open
}

// config hides the fields of Config from who has a Handler.
type config = Config

// New makes a handler.
func New(c Config) (*Handler, error) {
	if c.Estate == nil || c.Orders == nil || c.Records == nil || c.Feed == nil || c.Notices == nil ||
		c.Deliveries == nil || c.Papers == nil || c.Clock == nil || c.Boarding == nil || c.Now == nil || len(c.Dialects) == 0 {
		return nil, errors.New("native: a field of Config is missing")
	}
	return &Handler{config: c}, nil
}

// Owns tells whether an escaped path is the API's.
func Owns(path string) bool { return strings.HasPrefix(path, Prefix) }

// call is one request while it is served.
type call struct {
	*http.Request
	id string // what stands for {id} in the path
}

// serve answers a call, or says why not.
type serve func(http.ResponseWriter, *call) *problem

// routes are what each path takes: GET (with HEAD), POST or DELETE.
func (h *Handler) routes(segments []string) (id string, methods map[string]serve) {
	path := strings.Join(segments, "/")
	if len(segments) > 1 {
		id = segments[1]
		path = segments[0] + "/" + strings.Join(append([]string{"{id}"}, segments[2:]...), "/")
	}
	switch path {
	case "terminals":
		return "", map[string]serve{http.MethodGet: h.terminals, http.MethodPost: h.addTerminal}
	case "terminals/{id}":
		return id, map[string]serve{http.MethodDelete: h.removeTerminal}
	case "status":
		return "", map[string]serve{http.MethodGet: h.status}
	case "clock":
		return "", map[string]serve{http.MethodGet: h.clock, http.MethodPost: h.moveClock}
	case "orders":
		return "", map[string]serve{http.MethodGet: h.listOrders}
	case "orders/{id}":
		return id, map[string]serve{http.MethodGet: h.showOrder}
	case "orders/{id}/receipt":
		return id, map[string]serve{http.MethodGet: h.receipt}
	case "orders/{id}/cancel":
		return id, map[string]serve{http.MethodPost: h.cancelOrder}
	case "orders/{id}/refunds":
		return id, map[string]serve{http.MethodPost: h.refundOrder}
	case "events":
		return "", map[string]serve{http.MethodGet: h.events}
	case "notices":
		return "", map[string]serve{http.MethodGet: h.notices}
	case "deliveries":
		return "", map[string]serve{http.MethodGet: h.listDeliveries}
	case "deliveries/{id}/resend":
		return id, map[string]serve{http.MethodPost: h.resend}
	}
	if path == "notices/{id}" && id == "verdict" {
		return "", map[string]serve{http.MethodPost: h.verdict}
	}
	return "", nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refused := h.route(w, r); refused != nil {
		refused.write(w, r)
	}
}

func (h *Handler) route(w http.ResponseWriter, r *http.Request) *problem {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !h.Estate.MayOperate(strings.TrimSpace(key)) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return &problem{
			Status: http.StatusUnauthorized, Code: "unauthorised", Title: "Unauthorised",
			Detail: "send the operator's token (KASSA_TOKEN) as Authorization: Bearer",
		}
	}
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), Prefix), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "" {
			return nothingHere()
		}
		segments[i] = plain
	}
	id, methods := h.routes(segments)
	if methods == nil {
		return nothingHere()
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	answer, ok := methods[method]
	if !ok {
		var list []string
		if methods[http.MethodGet] != nil {
			list = append(list, http.MethodGet, http.MethodHead)
		}
		if methods[http.MethodPost] != nil {
			list = append(list, http.MethodPost)
		}
		if methods[http.MethodDelete] != nil {
			list = append(list, http.MethodDelete)
		}
		allowed := strings.Join(list, ", ")
		w.Header().Set("Allow", allowed)
		return &problem{
			Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Title: "Method not allowed",
			Detail: "this path takes " + allowed,
		}
	}
	return answer(w, &call{Request: r, id: id})
}

func (h *Handler) terminals(w http.ResponseWriter, c *call) *problem {
	if _, refused := c.query(); refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, map[string]any{"data": h.Estate.Terminals()})
}

func (h *Handler) status(w http.ResponseWriter, c *call) *problem {
	if _, refused := c.query(); refused != nil {
		return refused
	}
	s := Status{Acquirer: h.Estate.Acquirer(), Store: h.Estate.Store()}
	for _, t := range h.Estate.Terminals() {
		if t.Activated {
			s.Terminals.Activated++
		}
		if t.Online {
			s.Terminals.Online++
		}
	}
	return answer(w, http.StatusOK, s)
}

// answer writes a result; it never refuses.
func answer(w http.ResponseWriter, status int, body any) *problem {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away is told nothing
	return nil
}
