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

	accounts  map[string]Account
	groups    map[string]Group
	terminals map[string]Terminal
	devices   map[string]Device
	keys      map[string]Key
	codes     map[string]string // TID by the hash of its activation code
	endpoints map[string]Endpoint
	number    uint32 // the highest device number ever taken

	links *journal.Notebook
}

// Open reads the estate.
func Open(store Store, vault Vault, random io.Reader, env Environment) (*Registry, error) {
	if env != Test && env != Live {
		return nil, fmt.Errorf("%w: environment is test or live", ErrInvalid)
	}
	r := &Registry{
		store: store, vault: vault, random: random, env: env,
		version: make(map[string]uint64), accounts: make(map[string]Account), groups: make(map[string]Group),
		terminals: make(map[string]Terminal), devices: make(map[string]Device), keys: make(map[string]Key),
		codes: make(map[string]string), endpoints: make(map[string]Endpoint),
	}
	for _, load := range []func() error{
		func() error { return loadAll(r, "account", r.showAccount) },
		func() error { return loadAll(r, "group", r.showGroup) },
		func() error { return loadAll(r, "terminal", r.showTerminal) },
		func() error { return loadAll(r, "device", r.showDevice) },
		func() error { return loadAll(r, "key", r.showKey) },
		func() error { return loadAll(r, "endpoint", r.showEndpoint) },
		r.openLinks,
	} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	return r, nil
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

// change is one step of one stream with what readers see once it is durable.
type change struct {
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
func (r *Registry) write(now time.Time, changes ...change) error {
	batch := make(journal.Batch, 0, len(changes))
	for _, c := range changes {
		j, err := encode(now, c, r.version[c.stream])
		if err != nil {
			return err
		}
		batch = append(batch, j)
	}
	if err := commit(r.store, batch); err != nil {
		return fmt.Errorf("estate: write %s: %w", changes[0].stream, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changes {
		r.version[c.stream]++
		c.show()
	}
	return nil
}

func encode(now time.Time, c change, version uint64) (journal.Change, error) {
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

func (r *Registry) showAccount(a Account) { r.accounts[a.ID] = a }

func (r *Registry) showGroup(g Group) { r.groups[g.ID] = g }

func (r *Registry) showTerminal(t Terminal) {
	r.terminals[t.TID] = t
	if t.CodeHash != "" {
		r.codes[t.CodeHash] = t.TID
	}
}

func (r *Registry) showDevice(d Device) {
	r.devices[d.POIID] = d
	r.number = max(r.number, d.Number)
}

func (r *Registry) showKey(k Key) { r.keys[k.Hash] = k }
