package cases

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kassa/journal"
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
	Load(stream string) (journal.Stream, bool, error)
}

// Vault seals the key of a file (the secure module).
type Vault interface {
	SealSecret(name string, secret []byte) ([]byte, error)
	OpenSecret(name string, sealed []byte) ([]byte, error)
}

// Known tells what is known of a subject, masked. It wraps ErrUnknown when the asker sees no such subject.
type Known interface {
	Of(who Who, about Subject) (Facts, error)
}

// LogFile is a log of a device.
type LogFile struct {
	Name string
	Body []byte
}

// Logs gives the logs of a device that were collected around an instant; nobody has to have any.
type Logs interface {
	Around(serial string, at time.Time) ([]LogFile, error)
}

// Config is what a Shelf works with; every field but Logs is needed.
type Config struct {
	Store       Store
	Vault       Vault
	Known       Known
	Logs        Logs
	Environment string // test or live
	Now         func() time.Time
	Random      io.Reader
}

// Shelf is all cases of an installation. It is safe for concurrent use; changes are made one after the other.
type Shelf struct {
	cfg Config

	// writing is held over a change and its commit. Only its holder changes what mu guards.
	writing sync.Mutex
	mu      sync.RWMutex
	cases   map[string]kept
}

type kept struct {
	Case
	version uint64
}

// Limits of cases. They are held in memory, so that their number ends somewhere.
const (
	maxCases = 100_000
	loadPage = 1000
	idLength = 20
)

const (
	kindCase = "case"
	kindFile = "casefile"
)

// New reads the cases.
func New(cfg Config) (*Shelf, error) {
	if cfg.Store == nil || cfg.Vault == nil || cfg.Known == nil || cfg.Environment == "" || cfg.Now == nil || cfg.Random == nil {
		return nil, errors.New("cases: a field of Config is missing")
	}
	s := &Shelf{cfg: cfg, cases: make(map[string]kept)}
	for after := ""; ; {
		page, err := cfg.Store.Streams(kindCase, after, loadPage)
		if err != nil {
			return nil, fmt.Errorf("cases: read: %w", err)
		}
		for _, stream := range page {
			k := kept{version: stream.Version}
			if err := json.Unmarshal(stream.State, &k.Case); err != nil {
				return nil, fmt.Errorf("cases: read %s: %w", stream.ID, err)
			}
			after, s.cases[k.ID] = strings.TrimPrefix(stream.ID, kindCase+"/"), k
		}
		if len(page) < loadPage {
			return s, nil
		}
	}
}

// newID makes an id: its kind, the environment, and 20 symbols.
func (s *Shelf) newID(kind string) (string, error) {
	raw := make([]byte, idLength)
	if _, err := io.ReadFull(s.cfg.Random, raw); err != nil {
		return "", fmt.Errorf("cases: randomness: %w", err)
	}
	for i, b := range raw {
		raw[i] = "abcdefghijklmnopqrstuvwxyz234567"[b%32]
	}
	return kind + "_" + s.cfg.Environment + "_" + string(raw), nil
}

// step is a case after a change, with the facts about it.
type step struct {
	after Case
	facts []any
}

// commit makes steps of cases durable together, with what else belongs to them. The caller holds writing.
func (s *Shelf) commit(also journal.Batch, steps ...step) error {
	batch, now := also, s.cfg.Now()
	for i := range steps {
		steps[i].after.ChangedAt = now
		c := steps[i].after
		change := journal.Change{Stream: kindCase + "/" + c.ID, Expect: s.cases[c.ID].version, Scope: c.scope()}
		var err error
		if change.State, err = json.Marshal(c); err != nil {
			return fmt.Errorf("cases: encode %s: %w", c.ID, err)
		}
		for _, f := range steps[i].facts {
			body, err := json.Marshal(f)
			if err != nil {
				return fmt.Errorf("cases: encode %s: %w", c.ID, err)
			}
			name := fmt.Sprintf("%T", f)
			change.Facts = append(change.Facts, journal.Fact{At: now, Kind: name[strings.LastIndexByte(name, '.')+1:], Scope: c.scope(), Payload: body})
		}
		batch = append(batch, change)
	}
	done := make(chan error, 1)
	s.cfg.Store.Submit(batch, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return fmt.Errorf("cases: write: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range steps {
		s.cases[st.after.ID] = kept{st.after, s.cases[st.after.ID].version + 1}
	}
	return nil
}

// scope is whose a case is: the group's, or the account's.
func (c Case) scope() string {
	if c.Group != "" {
		return c.Group
	}
	return c.Account
}

// copied is a case that shares nothing with what is kept.
func (c Case) copied() Case {
	c.Facts, c.Notes, c.Attachments, c.Merged = slices.Clone(c.Facts), slices.Clone(c.Notes), slices.Clone(c.Attachments), slices.Clone(c.Merged)
	return c
}

// Find gives a case that the asker may see.
func (s *Shelf) Find(who Who, id string) (Case, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.cases[id]
	if !ok || !who.sees(k.Case) {
		return Case{}, fmt.Errorf("%w: case", ErrUnknown)
	}
	return k.copied(), nil
}

// Filter limits a list; what is empty limits nothing.
type Filter struct {
	State State
	After string // the next of an earlier page
	Limit int    // at most so many; 0 is all
}

// List lists the cases that the asker may see, the one that changed last first. Next is where the following page begins,
// empty when there is none; a case that changes while pages are read is on the first one again.
func (s *Shelf) List(who Who, f Filter) (list []Case, next string, err error) {
	if f.State != "" && !slices.Contains([]State{Open, Waiting, Closed}, f.State) {
		return nil, "", invalid("state", "must be open, waiting or closed")
	}
	stamp, id, ok := strings.Cut(f.After, "_")
	nanos, err := strconv.ParseInt(stamp, 10, 64)
	if f.After != "" && (err != nil || !ok) {
		return nil, "", invalid("after", "must be the next of an earlier page")
	}
	after := Case{ID: id, ChangedAt: time.Unix(0, nanos)}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range s.cases {
		if who.sees(k.Case) && (f.State == "" || k.State == f.State) && (f.After == "" || newerFirst(after, k.Case) < 0) {
			list = append(list, k.Case)
		}
	}
	slices.SortFunc(list, newerFirst)
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
		last := list[f.Limit-1]
		next = strconv.FormatInt(last.ChangedAt.UnixNano(), 10) + "_" + last.ID
	}
	for i, c := range list {
		list[i] = c.copied()
	}
	return list, next, nil
}

func newerFirst(a, b Case) int {
	return cmp.Or(b.ChangedAt.Compare(a.ChangedAt), strings.Compare(a.ID, b.ID))
}
