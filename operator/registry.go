package operator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/journal"
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
}

// Config is what a Registry works with; every field is needed.
type Config struct {
	Store Store
	Now   func() time.Time
	NewID func() (string, error)
	// Pairings is which chargers take which terminals; [Pairings] has the usual ones.
	Pairings []Pairing
}

// Registry keeps what the accounts have. It is safe for concurrent use; changes are made one after the other.
type Registry struct {
	cfg Config
	// writing is held over a change and its commit. Only its holder changes what mu guards.
	writing sync.Mutex
	mu      sync.RWMutex
	kept    map[string]kept   // by stream
	worlds  map[string]*World // by account, until something of it changes
}

type kept struct {
	version uint64
	account string
	gone    bool
	state   json.RawMessage
}

const (
	streamKind = "operator"
	loadPage   = 1000
)

// Open reads what is kept.
func Open(cfg Config) (*Registry, error) {
	if cfg.Store == nil || cfg.Now == nil || cfg.NewID == nil || len(cfg.Pairings) == 0 {
		return nil, errors.New("operator: a field of Config is missing")
	}
	r := &Registry{cfg: cfg, kept: make(map[string]kept), worlds: make(map[string]*World)}
	for after := ""; ; {
		page, err := cfg.Store.Streams(streamKind, after, loadPage)
		if err != nil {
			return nil, fmt.Errorf("operator: read: %w", err)
		}
		for _, s := range page {
			var head struct {
				Account string `json:"account"`
				Gone    bool   `json:"gone"`
			}
			if err := json.Unmarshal(s.State, &head); err != nil {
				return nil, fmt.Errorf("operator: read %s: %w", s.ID, err)
			}
			after = strings.TrimPrefix(s.ID, streamKind+"/")
			r.kept[s.ID] = kept{version: s.Version, account: head.Account, gone: head.Gone, state: s.State}
		}
		if len(page) < loadPage {
			return r, nil
		}
	}
}

func stream(account, kind, id string) string {
	return streamKind + "/" + account + "." + kind + "." + id
}

// World gives all that an account has. It is everybody's: nobody may change it.
func (r *Registry) World(account string) *World {
	r.mu.RLock()
	w, ok := r.worlds[account]
	r.mu.RUnlock()
	if ok {
		return w
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w = r.build(account)
	r.worlds[account] = w
	return w
}

// build decodes an account's world. The caller holds mu.
func (r *Registry) build(account string) *World {
	w := &World{Pairings: r.cfg.Pairings}
	for _, name := range r.ofAccount(account) {
		kind, _ := kindNamed(strings.Split(strings.TrimPrefix(name, streamKind+"/"+account+"."), ".")[0])
		if kind.empty == nil {
			continue
		}
		t := kind.empty()
		if json.Unmarshal(r.kept[name].state, t) == nil { // it was encoded here
			t.put(w)
		}
	}
	return w
}

// ofAccount lists an account's streams in order. The caller holds mu.
func (r *Registry) ofAccount(account string) (names []string) {
	for name, k := range r.kept {
		if k.account == account && !k.gone {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// List gives an account's things of a kind, as JSON, by id.
func (r *Registry) List(account, kind string) ([]json.RawMessage, error) {
	if _, ok := kindNamed(kind); !ok {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, kind)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := []json.RawMessage{}
	for _, name := range r.ofAccount(account) {
		if strings.HasPrefix(name, stream(account, kind, "")) {
			list = append(list, r.kept[name].state)
		}
	}
	return list, nil
}

// Get gives one thing.
func (r *Registry) Get(account, kind, id string) (json.RawMessage, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.kept[stream(account, kind, id)]
	if !ok || k.gone {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, kind)
	}
	return k.state, nil
}

// Put keeps a thing under an id, instead of what was there. A binding is made by [Registry.Bind] only, and a request by
// [Registry.Ask].
func (r *Registry) Put(account, kind, id string, body []byte) (json.RawMessage, error) {
	k, ok := kindNamed(kind)
	if !ok || kind == "bindings" || kind == "requests" {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, kind)
	}
	if err := idOK(id); err != nil {
		return nil, err
	}
	t, err := decode(k, body)
	if err != nil {
		return nil, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	return r.putChecked(account, kind, id, t)
}

// putChecked keeps a thing that goes with the rest of the world. The caller holds writing.
func (r *Registry) putChecked(account, kind, id string, t thing) (json.RawMessage, error) {
	t.whose(id, account)
	if err := t.check(r.World(account)); err != nil {
		return nil, err
	}
	return r.keep(account, kind, id, t)
}

// keep makes a thing durable. The caller holds writing.
func (r *Registry) keep(account, kind, id string, t any) (json.RawMessage, error) {
	state, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("operator: encode %s: %w", kind, err)
	}
	name := stream(account, kind, id)
	r.mu.RLock()
	before, known := r.kept[name]
	n := len(r.kept)
	r.mu.RUnlock()
	if !known && n >= maxThings*len(kinds()) {
		return nil, invalid("id", "there is no room for more")
	}
	fact := struct {
		Kind string          `json:"kind"`
		ID   string          `json:"id"`
		To   json.RawMessage `json:"to"`
	}{kind, id, state}
	payload, err := json.Marshal(fact)
	if err != nil {
		return nil, fmt.Errorf("operator: encode %s: %w", kind, err)
	}
	done := make(chan error, 1)
	r.cfg.Store.Submit(journal.Batch{{
		Stream: name, Expect: before.version, State: state, Scope: account,
		Facts: []journal.Fact{{At: r.cfg.Now(), Kind: "OperatorChanged", Scope: account, Payload: payload}},
	}}, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return nil, fmt.Errorf("operator: write %s: %w", name, err)
	}
	var head struct {
		Gone bool `json:"gone"`
	}
	_ = json.Unmarshal(state, &head) // it was encoded here
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept[name] = kept{version: before.version + 1, account: account, gone: head.Gone, state: state}
	delete(r.worlds, account)
	return state, nil
}

// Delete takes a thing away. What refers to it stays, and says so when it is checked.
func (r *Registry) Delete(account, kind, id string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if _, err := r.Get(account, kind, id); err != nil {
		return err
	}
	_, err := r.keep(account, kind, id, struct {
		Account string `json:"account"`
		Gone    bool   `json:"gone"`
	}{account, true})
	return err
}

// Bind binds a terminal to a charger after the checks have run. What they found is given with [ErrWarned], and
// nothing is kept, unless despite tells that whoever asks has seen it.
func (r *Registry) Bind(account, by string, b Binding, despite bool) (json.RawMessage, []Finding, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	w := r.World(account)
	now := r.cfg.Now()
	findings, err := Check(w, now, Wish{Station: b.Station, Serial: b.EnteredSerial, Provider: b.Provider})
	if err != nil {
		return nil, nil, err
	}
	if err := b.check(w); err != nil {
		return nil, nil, err
	}
	if !Ready(findings) && !despite {
		return nil, findings, ErrWarned
	}
	id, err := r.cfg.NewID()
	if err != nil {
		return nil, nil, err
	}
	b.ID, b.Account, b.By, b.At, b.Findings = id, account, by, now, findings
	b.Despite = !Ready(findings)
	state, err := r.keep(account, "bindings", id, b)
	return state, findings, err
}

// Check runs the checks of a wish for an account without keeping anything.
func (r *Registry) Check(account string, wish Wish) ([]Finding, error) {
	return Check(r.World(account), r.cfg.Now(), wish)
}
