package support

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// Errors of what is asked for. Anything else is the store's or the secure module's.
var (
	// ErrUnknown tells that there is no such job, device or terminal.
	ErrUnknown = errors.New("support: unknown")
	// ErrInvalid tells that a value breaks a rule; the text names the field first.
	ErrInvalid = errors.New("support: invalid")
	// ErrState tells that a job or a device is not in the state that a step needs.
	ErrState = errors.New("support: not in this state")
	// ErrLive tells that developer mode does not exist in the live environment.
	ErrLive = errors.New("support: there is no developer mode in the live environment")
	// ErrSensor tells that a sensor may be damaged, so that no unlock code is given without saying so.
	ErrSensor = errors.New("support: the alarm came back within 30 days: a sensor may be damaged, and the device should be returned")
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
	Load(stream string) (journal.Stream, bool, error)
}

// Vault hashes codes and seals pictures (the secure module).
type Vault interface {
	LookupHash(secret []byte) string
	SealSecret(name string, secret []byte) ([]byte, error)
	OpenSecret(name string, sealed []byte) ([]byte, error)
}

// Estate is what the jobs are about.
type Estate interface {
	Stock
	Remedies
	Returns
	Injections
}

// Stock finds devices and terminals.
type Stock interface {
	Device(poiid string) (estate.Device, bool)
	Devices() []estate.Device
	Terminal(tid string) (estate.Terminal, bool)
	InDeveloperMode(poiid string) bool
}

// Remedies are the steps of a device that stays where it is.
type Remedies interface {
	Unlocked(now time.Time, poiid, by string, with ...journal.Change) error
	EnterDeveloperMode(now time.Time, poiid, by string, with ...journal.Change) error
}

// Returns are the steps of a device that is sent back.
type Returns interface {
	NewParcel() (string, error)
	SendBack(now time.Time, poiid string, back estate.Return, with ...journal.Change) error
	Repaired(now time.Time, poiid, tid, by string, with ...journal.Change) error
	Replace(now time.Time, s estate.Swap, with ...journal.Change) error
	Restock(now time.Time, poiid, retire, by string, with ...journal.Change) error
}

// Injections are the steps of an initial key.
type Injections interface {
	AskInjection(now time.Time, poiid, by string) (estate.Injection, error)
	FailInjection(now time.Time, poiid string, why estate.InjectionFailure) error
}

// Links reaches devices.
type Links interface {
	DeviceOnline(poiid string) bool
	// InjectKeys tells a device to ask for a new initial key; id is the identity of the command.
	InjectKeys(poiid, id string) error
}

// Config is what a Desk works with; every field is needed.
type Config struct {
	Store       Store
	Vault       Vault
	Estate      Estate
	Links       Links
	Environment estate.Environment
	Now         func() time.Time
	Random      io.Reader
}

// Desk is all jobs of an installation. It is safe for concurrent use; changes are made one after the other.
type Desk struct {
	cfg Config

	// writing is held over a change and its commit. Only its holder changes what mu guards.
	writing sync.Mutex
	mu      sync.RWMutex
	version map[string]uint64 // by stream
	tampers map[string]TamperRequest
	codes   map[string]DeveloperCode
	returns map[string]Return
}

// The kinds of streams, which are the prefixes of the ids too.
const (
	kindTamper  = "tamper"
	kindPicture = "tamperpicture"
	kindCode    = "devcode"
	kindReturn  = "rma"
)

// Limits of the jobs. They are held in memory, so that each kind ends somewhere.
const (
	maxJobs  = 100_000 // of a kind
	loadPage = 1000
	maxText  = 500 // characters
	maxShort = 100
	idLength = 20
)

// Open reads the jobs.
func Open(cfg Config) (*Desk, error) {
	if cfg.Store == nil || cfg.Vault == nil || cfg.Estate == nil || cfg.Links == nil || cfg.Environment == "" || cfg.Now == nil || cfg.Random == nil {
		return nil, errors.New("support: a field of Config is missing")
	}
	d := &Desk{
		cfg: cfg, version: make(map[string]uint64), tampers: make(map[string]TamperRequest), codes: make(map[string]DeveloperCode),
		returns: make(map[string]Return),
	}
	for _, load := range []func() error{
		func() error { return loadAll(d, kindTamper, d.tampers) },
		func() error { return loadAll(d, kindCode, d.codes) },
		func() error { return loadAll(d, kindReturn, d.returns) },
	} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func loadAll[T any](d *Desk, kind string, into map[string]T) error {
	for after := ""; ; {
		page, err := d.cfg.Store.Streams(kind, after, loadPage)
		if err != nil {
			return fmt.Errorf("support: read %s: %w", kind, err)
		}
		for _, s := range page {
			var v T
			if err := json.Unmarshal(s.State, &v); err != nil {
				return fmt.Errorf("support: read %s: %w", s.ID, err)
			}
			after = strings.TrimPrefix(s.ID, kind+"/")
			into[after], d.version[s.ID] = v, s.Version
		}
		if len(page) < loadPage {
			return nil
		}
	}
}

// newID makes the id of a job: its kind, the environment, and 20 symbols.
func (d *Desk) newID(kind string) (string, error) {
	s, err := d.draw("abcdefghijklmnopqrstuvwxyz234567", idLength)
	return kind + "_" + string(d.cfg.Environment) + "_" + s, err
}

// draw makes n symbols, each equally likely.
func (d *Desk) draw(alphabet string, n int) (string, error) {
	limit := 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	var b [1]byte
	for len(out) < n {
		if _, err := io.ReadFull(d.cfg.Random, b[:]); err != nil {
			return "", fmt.Errorf("support: randomness: %w", err)
		}
		if int(b[0]) < limit {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(out), nil
}

// hash is how a code of a device is kept.
func (d *Desk) hash(kind, poiid, code string) string {
	plain := strings.NewReplacer("-", "", " ", "").Replace(code)
	return d.cfg.Vault.LookupHash([]byte(kind + " code of " + poiid + " " + plain))
}

// change is one step of a job for a batch. The caller holds writing.
func (d *Desk) change(now time.Time, stream, scope string, state any, facts ...any) (journal.Change, error) {
	raw, err := json.Marshal(state)
	if err != nil {
		return journal.Change{}, fmt.Errorf("support: encode %s: %w", stream, err)
	}
	c := journal.Change{Stream: stream, Expect: d.version[stream], State: raw, Scope: scope}
	for _, f := range facts {
		body, err := json.Marshal(f)
		if err != nil {
			return journal.Change{}, fmt.Errorf("support: encode %s: %w", stream, err)
		}
		name := fmt.Sprintf("%T", f)
		c.Facts = append(c.Facts, journal.Fact{At: now, Kind: name[strings.LastIndexByte(name, '.')+1:], Scope: scope, Payload: body})
	}
	return c, nil
}

// commit makes a batch durable by itself.
func (d *Desk) commit(batch ...journal.Change) error {
	done := make(chan error, 1)
	d.cfg.Store.Submit(batch, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return fmt.Errorf("support: write %s: %w", batch[0].Stream, err)
	}
	return nil
}

// shown puts what is durable where readers find it. The caller holds writing.
func (d *Desk) shown(show func(), streams ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range streams {
		d.version[s]++
	}
	show()
}

// Subject is the device that a job is about, with whose it was when the job began.
type Subject struct {
	Device  string `json:"device"` // POIID
	TID     string `json:"tid,omitempty"`
	Account string `json:"account,omitempty"`
	Group   string `json:"group,omitempty"`
}

// scope is whose facts these are: the group's, or the account's where the device is in its stock.
func (s Subject) scope() string {
	if s.Group != "" {
		return s.Group
	}
	return s.Account
}

// subject finds a device with whose it is.
func (d *Desk) subject(poiid string) (Subject, estate.Device, error) {
	device, ok := d.cfg.Estate.Device(poiid)
	if !ok {
		return Subject{}, device, fmt.Errorf("%w: device", ErrUnknown)
	}
	s := Subject{Device: poiid, TID: device.TID, Account: device.Account}
	if t, bound := d.cfg.Estate.Terminal(device.TID); bound && device.TID != "" {
		s.Account, s.Group = t.Account, t.Group
	}
	return s, device, nil
}

// newest lists jobs, the newest first.
func newest[T any](d *Desk, from map[string]T, at func(T) time.Time, id func(T) string) []T {
	d.mu.RLock()
	list := make([]T, 0, len(from))
	for _, v := range from {
		list = append(list, v)
	}
	d.mu.RUnlock()
	slices.SortFunc(list, func(a, b T) int {
		if c := at(b).Compare(at(a)); c != 0 {
			return c
		}
		return strings.Compare(id(a), id(b))
	})
	return list
}

func found[T any](d *Desk, from map[string]T, id string) (T, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ok := from[id]
	return v, ok
}

// invalid says which field breaks which rule.
func invalid(field, rule string, args ...any) error {
	return fmt.Errorf("%w: %s: "+rule, append([]any{ErrInvalid, field}, args...)...)
}

// says tells whether a text has so many characters, and none that a line may not hold.
func says(s string, least, most int) bool {
	n := len([]rune(s))
	return n >= least && n <= most && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd })
}
