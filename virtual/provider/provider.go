package provider

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Incident is one of the status feed.
type Incident struct {
	ID    string     `json:"id"`
	Title string     `json:"title"`
	Kind  string     `json:"kind,omitempty"` // test or production; empty for both
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended"`
	Link  string     `json:"link"`
}

// Terminal is one of an environment.
type Terminal struct {
	Serial     string    `json:"serial"`
	Model      string    `json:"model"`
	Family     string    `json:"family"`
	Activation string    `json:"activation"` // shipped, registered, activated or deactivated
	Owner      string    `json:"owner"`
	VisibleTo  []string  `json:"visible_to"`
	ManagedBy  []string  `json:"managed_by"`
	Online     bool      `json:"online"`
	State      string    `json:"state"` // IDLE, READY, CARD_READING or SESSION_ACTIVE
	MerchantID string    `json:"merchant_id"`
	LastSeen   time.Time `json:"last_seen"`
}

// Environment is one of the provider's two worlds.
type Environment struct {
	Key       string     `json:"key"`
	Terminals []Terminal `json:"terminals"`
}

// State is all that the provider has, as its control shows it.
type State struct {
	Silent     bool       `json:"silent"`
	Statuspage bool       `json:"statuspage"` // the feed has the form of Statuspage
	Incidents  []Incident `json:"incidents"`
	Drawn      int        `json:"drawn"` // of ids and keys

	Environments map[string]*Environment `json:"environments"` // test and production
}

// Config is what a Provider works with.
type Config struct {
	Now func() time.Time
	// Terminals are those of its test environment when nothing was saved; production has none.
	Terminals []Terminal
	// Saved is what Keep was given last, before a restart; Keep may be nil.
	Saved []byte
	Keep  func(state []byte) error
}

// Provider is one simulated provider. It is safe for concurrent use.
type Provider struct {
	now  func() time.Time
	keep func([]byte) error

	mu sync.Mutex
	s  State
}

// Open makes a provider, or goes on with one that was saved. It errs when what was saved cannot be read.
func Open(cfg Config) (*Provider, error) {
	p := &Provider{now: cfg.Now, keep: cfg.Keep, s: State{
		Incidents: []Incident{},
		Environments: map[string]*Environment{
			"test": {Key: FirstKey("test"), Terminals: append([]Terminal{}, cfg.Terminals...)}, "production": {Key: FirstKey("production"), Terminals: []Terminal{}},
		},
	}}
	if len(cfg.Saved) == 0 {
		return p, nil
	}
	p.s.Environments = nil
	if err := json.Unmarshal(cfg.Saved, &p.s); err != nil {
		return nil, fmt.Errorf("provider: what was saved: %w", err)
	}
	return p, nil
}

// FirstKey is the key that an environment has before it is rotated.
func FirstKey(environment string) string { return "sim-provider-" + environment + "-key-0" }

// API is what customers call: GET /status, and GET /test/terminals and /production/terminals with the key of that
// environment as Authorization: CPS apikey="…".
func (p *Provider) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", p.status)
	mux.HandleFunc("GET /{environment}/terminals", p.terminals)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		silent := p.s.Silent
		p.mu.Unlock()
		if silent {
			reply(w, http.StatusServiceUnavailable, map[string]string{"error": "out of order"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (p *Provider) status(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.s.Statuspage {
		reply(w, http.StatusOK, p.s.Incidents)
		return
	}
	type incident struct {
		ID        string     `json:"id"`
		Name      string     `json:"name"`
		Created   time.Time  `json:"created_at"`
		Resolved  *time.Time `json:"resolved_at"`
		Shortlink string     `json:"shortlink"`
	}
	list := []incident{}
	for _, i := range p.s.Incidents {
		list = append(list, incident{i.ID, i.Title, i.Began, i.Ended, i.Link})
	}
	reply(w, http.StatusOK, map[string]any{"incidents": list})
}

func (p *Provider) terminals(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.s.Environments[r.PathValue("environment")]
	if e == nil {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no such environment"})
		return
	}
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), `CPS apikey="`)
	if key = strings.TrimSuffix(key, `"`); !ok || subtle.ConstantTimeCompare([]byte(key), []byte(e.Key)) != 1 {
		reply(w, http.StatusUnauthorized, map[string]string{"error": "this is no key of this environment"})
		return
	}
	list := append([]Terminal{}, e.Terminals...)
	for i := range list {
		if list[i].Online {
			list[i].LastSeen = p.now().UTC()
		}
	}
	reply(w, http.StatusOK, list)
}

// draw numbers what is made. The caller holds mu.
func (p *Provider) draw(what string) string {
	p.s.Drawn++
	return fmt.Sprintf("%s-%d", what, p.s.Drawn)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
