package estate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"kassa/journal"
)

// Errors that a method can fail with because of what it was asked. Anything else is the store's or
// the secure module's.
var (
	// ErrInvalid tells that a value does not have the form it must have; the text names it.
	ErrInvalid = errors.New("estate: invalid")
	// ErrUnknown tells that something referred to is not there.
	ErrUnknown = errors.New("estate: unknown")
	// ErrExists tells that there is one already.
	ErrExists = errors.New("estate: exists")
	// ErrFull tells that a limit of the estate is reached.
	ErrFull = errors.New("estate: full")
	// ErrCountry tells that terminals are not offered in a country.
	ErrCountry = errors.New("estate: terminals are offered in the Netherlands and Belgium, to partners also in Italy and Spain")
	// ErrState tells that something is not in the state that a step needs.
	ErrState = errors.New("estate: not in this state")
	// ErrNotAllowed tells that this is for another role to do.
	ErrNotAllowed = errors.New("estate: not allowed")
	// ErrEnvironment tells that the store belongs to the other environment.
	ErrEnvironment = errors.New("estate: the data belong to the other environment")
	// ErrMismatch tells that something differs from what is pinned or recorded.
	ErrMismatch = errors.New("estate: differs from what is recorded")
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
}

// Vault hashes and seals what must not be kept in clear (the secure module).
type Vault interface {
	LookupHash(secret []byte) string
	SealSecret(name string, secret []byte) ([]byte, error)
	OpenSecret(name string, sealed []byte) ([]byte, error)
}

// Registry is the estate of one installation, which belongs to one environment. It is safe for
// concurrent use; changes are made one after the other.
type Registry struct {
	store  Store
	vault  Vault
	random io.Reader
	env    Environment

	// writing is held over a change and its commit. Only its holder changes what mu guards.
	writing sync.Mutex
	mu      sync.RWMutex
	version map[string]uint64 // by stream

	accounts    map[string]Account
	merchants   map[string]string // account by its merchant code
	groups      map[string]Group
	shops       map[string]Shop
	references  map[string]string // shop by its account and reference
	terminals   map[string]Terminal
	devices     map[string]Device
	keys        map[string]Key    // by hash
	keyIDs      map[string]string // hash by id
	uses        *keyUses
	codes       map[string]string // TID by the hash of its activation code
	number      uint32            // the highest device number ever taken
	definitions []Definition      // by name
	settings    map[Owner]ownerSettings
	settled     uint64 // the last number given to a change of settings
	reports     map[string]Report
	wishes      map[string]Wish
	watchers    watchers
	endpoints   map[string]Endpoint
	endpointsOf map[string][]string // ids of endpoints by owner

	links *journal.Notebook
}

// Open reads the estate.
func Open(store Store, vault Vault, random io.Reader, env Environment) (*Registry, error) {
	if env != Test && env != Live {
		return nil, fmt.Errorf("%w: environment is test or live", ErrInvalid)
	}
	r := &Registry{
		store: store, vault: vault, random: random, env: env,
		version: make(map[string]uint64), accounts: make(map[string]Account), merchants: make(map[string]string),
		groups: make(map[string]Group), shops: make(map[string]Shop), references: make(map[string]string),
		terminals: make(map[string]Terminal), devices: make(map[string]Device), keys: make(map[string]Key),
		keyIDs: make(map[string]string), codes: make(map[string]string), settings: make(map[Owner]ownerSettings),
		definitions: definitions(), reports: make(map[string]Report), wishes: make(map[string]Wish),
		endpoints: make(map[string]Endpoint), endpointsOf: make(map[string][]string),
	}
	r.uses = &keyUses{submit: store.Submit, last: make(map[string]keyUse)}
	for _, load := range []func() error{
		func() error { return loadAll(r, "account", r.showAccount) },
		func() error { return loadAll(r, "group", r.showGroup) },
		func() error { return loadAll(r, "shop", r.showShop) },
		func() error { return loadAll(r, "terminal", r.showTerminal) },
		func() error { return loadAll(r, "device", r.showDevice) },
		func() error { return loadAll(r, "key", r.showKey) },
		r.loadSettings,
		func() error { return loadAll(r, "reported", r.showReport) },
		func() error { return loadAll(r, "wish", r.showWish) },
		func() error { return r.uses.load(store) },
		func() error { return loadAll(r, "endpoint", r.showEndpoint) },
		r.openLinks,
		r.settleEnvironment,
	} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// settleEnvironment remembers at the first start which environment the data belong to, and refuses the
// other one ever after. Data of a time when there was no other are test data.
func (r *Registry) settleEnvironment() error {
	const stream = "environment/1"
	type state struct {
		Environment Environment `json:"environment"`
	}
	var kept state
	err := eachStream(r.store, "environment", func(s journal.Stream) error { return json.Unmarshal(s.State, &kept) })
	if err != nil {
		return fmt.Errorf("estate: read %s: %w", stream, err)
	}
	if kept.Environment == "" && len(r.accounts)+len(r.keys)+len(r.devices) > 0 {
		kept.Environment = Test
	}
	switch kept.Environment {
	case r.env:
		return nil
	case "":
		return r.write(time.Time{}, journaled{stream: stream, state: state{r.env}, show: func() {}})
	}
	return fmt.Errorf("%w: they are of %s, and %s is asked for", ErrEnvironment, kept.Environment, r.env)
}

// Environment is the installation's environment.
func (r *Registry) Environment() Environment { return r.env }

func loadAll[T any](r *Registry, kind string, show func(T)) error {
	return eachStream(r.store, kind, func(s journal.Stream) error {
		var v T
		if err := json.Unmarshal(s.State, &v); err != nil {
			return fmt.Errorf("estate: state of %s: %w", s.ID, err)
		}
		r.version[s.ID] = s.Version
		show(v)
		return nil
	})
}

func eachStream(store Store, kind string, each func(journal.Stream) error) error {
	after := ""
	for {
		page, err := store.Streams(kind, after, loadPage)
		if err != nil {
			return fmt.Errorf("estate: read %s streams: %w", kind, err)
		}
		for _, s := range page {
			if err := each(s); err != nil {
				return err
			}
		}
		if len(page) < loadPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// journaled is one step of one stream with what readers see once it is durable.
type journaled struct {
	stream string
	state  any
	facts  []fact
	show   func()
}

// fact is a Fact before it is encoded; its kind is the name of its type.
type fact struct {
	scope string
	body  any
}

// write makes changes durable and then visible. The caller holds writing.
func (r *Registry) write(now time.Time, changes ...journaled) error {
	return r.writeWith(now, nil, changes...)
}

// writeWith is write together with what somebody else keeps in the same batch: all of it is durable, or nothing.
func (r *Registry) writeWith(now time.Time, with []journal.Change, changes ...journaled) error {
	batch := make(journal.Batch, 0, len(changes)+len(with))
	for _, c := range changes {
		j, err := encode(now, c, r.version[c.stream])
		if err != nil {
			return err
		}
		batch = append(batch, j)
	}
	batch = append(batch, with...)
	if len(batch) == 0 {
		return nil
	}
	if err := commit(r.store, batch); err != nil {
		return fmt.Errorf("estate: write %s: %w", batch[0].Stream, err)
	}
	r.mu.Lock()
	for _, c := range changes {
		r.version[c.stream]++
		c.show()
	}
	r.mu.Unlock()
	for _, c := range changes {
		r.watchers.nudge(c.stream)
	}
	return nil
}

func encode(now time.Time, c journaled, version uint64) (journal.Change, error) {
	state, err := json.Marshal(c.state)
	if err != nil {
		return journal.Change{}, fmt.Errorf("estate: encode %s: %w", c.stream, err)
	}
	out := journal.Change{Stream: c.stream, Expect: version, State: state}
	for _, f := range c.facts {
		payload, err := json.Marshal(f.body)
		if err != nil {
			return journal.Change{}, fmt.Errorf("estate: encode %s: %w", c.stream, err)
		}
		out.Facts = append(out.Facts, journal.Fact{At: now, Kind: factKind(f.body), Scope: f.scope, Payload: payload})
	}
	return out, nil
}

// commit waits for durability. Nobody can give up meanwhile: what was submitted may happen, and
// memory must agree with it.
func commit(store Store, batch journal.Batch) error {
	done := make(chan error, 1)
	store.Submit(batch, func(_ journal.Receipt, err error) { done <- err })
	return <-done
}

// The show methods put a value where readers find it; write calls them under mu.

func (r *Registry) showGroup(g Group) { r.groups[g.ID] = g }

func (r *Registry) showTerminal(t Terminal) {
	if former := r.terminals[t.TID].CodeHash; former != t.CodeHash {
		delete(r.codes, former)
	}
	r.terminals[t.TID] = t
	r.settled = max(r.settled, t.SettingsSince)
	if t.CodeHash != "" {
		r.codes[t.CodeHash] = t.TID
	}
}

func (r *Registry) showDevice(d Device) {
	r.devices[d.POIID] = d
	r.number = max(r.number, d.Number)
}
