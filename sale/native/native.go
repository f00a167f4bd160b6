// Package native is Kassa's own API under /api/v1: what no dialect has. So far it tells what there
// is and whether it is connected; it changes nothing.
//
// Every request needs the operator's token as a bearer token. Errors are problem details
// (RFC 9457).
package native

import (
	"encoding/json"
	"net/http"
	"strings"
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

// Estate is what the API reads.
type Estate interface {
	Terminals() []Terminal
	Acquirer() AcquirerStatus
	Store() StoreStatus
	// MayOperate tells whether a key has the operator's role.
	MayOperate(key string) bool
}

// Handler serves the API. It takes paths as they are: a ServeMux would answer those that can be
// cleaned with a redirect in HTML.
func Handler(e Estate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !operates(w, r, e.MayOperate) {
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			problem(w, r, http.StatusMethodNotAllowed, "Method not allowed", "this path is read with GET")
			return
		}
		switch r.URL.EscapedPath() {
		case Prefix + "terminals":
			answer(w, map[string]any{"data": e.Terminals()})
		case Prefix + "status":
			answer(w, status(e))
		default:
			problem(w, r, http.StatusNotFound, "Not found", "there is nothing at this path")
		}
	})
}

// operates tells whether the caller has the operator's token, and answers itself when not.
func operates(w http.ResponseWriter, r *http.Request, may func(key string) bool) bool {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && may(strings.TrimSpace(key)) {
		return true
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	problem(w, r, http.StatusUnauthorized, "Unauthorised", "send the operator's token (KASSA_TOKEN) as Authorization: Bearer")
	return false
}

func status(e Estate) Status {
	s := Status{Acquirer: e.Acquirer(), Store: e.Store()}
	for _, t := range e.Terminals() {
		if t.Activated {
			s.Terminals.Activated++
		}
		if t.Online {
			s.Terminals.Online++
		}
	}
	return s
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that went away is told nothing
}

func problem(w http.ResponseWriter, r *http.Request, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": title, "status": status, "detail": detail,
		"instance": r.URL.Path, "request_id": r.Header.Get("Request-Id"),
	})
}
