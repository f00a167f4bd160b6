package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"kassa/journal"
)

// Stream keeps how the components are: its state is the list, its facts are ComponentChanged.
const Stream = "status/1"

// ComponentChanged is the kind of fact that tells that a component is in another state; its payload is a Change.
const ComponentChanged = "ComponentChanged"

// Reader reads streams of the journal.
type Reader interface {
	Load(stream string) (journal.Stream, bool, error)
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
}

// Config is what a Board works with; every field is needed.
type Config struct {
	Store Reader
	// Submit makes a batch of the journal durable and then calls done; it never blocks.
	Submit func(batch journal.Batch, done func(journal.Receipt, error))
	// Measure takes the figures of the last minutes.
	Measure func() Figures
	// Committed hears how long each commit of this package took, which is what one costs now.
	Committed func(took time.Duration, failed bool)
	Prefix    string // of ids: inc_test_ or inc_live_
	Every     time.Duration
	Now       func() time.Time
	Random    io.Reader
}

// keepEvery is how often the tallies are stored. It is also how often a commit is measured.
const keepEvery = 30 * time.Second

// Board knows how the components are and were. Its methods may be called from any goroutine.
type Board struct {
	cfg Config

	mu        sync.Mutex
	machine   *Machine
	version   uint64
	days      map[string]*day
	incidents []*held // the newest first
	kept      time.Time
	dirty     map[string]bool // days to be stored
}

// held is an incident with the version of its stream.
type held struct {
	Incident
	version uint64
}

// New makes a board that goes on from what is stored.
func New(cfg Config) (*Board, error) {
	if cfg.Store == nil || cfg.Submit == nil || cfg.Measure == nil || cfg.Committed == nil || cfg.Prefix == "" || cfg.Every <= 0 || cfg.Now == nil || cfg.Random == nil {
		return nil, errors.New("status: a field of Config is missing")
	}
	b := &Board{cfg: cfg, dirty: make(map[string]bool)}
	now := cfg.Now()
	var were struct {
		Components []Component `json:"components"`
	}
	s, ok, err := cfg.Store.Load(Stream)
	if err != nil {
		return nil, err
	}
	if ok {
		if err := json.Unmarshal(s.State, &were); err != nil {
			return nil, fmt.Errorf("status: state of %s: %w", Stream, err)
		}
	}
	b.machine, b.version, b.kept = NewMachine(now, were.Components), s.Version, now
	if b.days, err = loadDays(cfg.Store, now); err != nil {
		return nil, err
	}
	return b, b.loadIncidents()
}

func (b *Board) loadIncidents() error {
	list, err := b.cfg.Store.Newest(incidentKind, nil, "", keptIncidents)
	if err != nil {
		return err
	}
	for _, s := range list {
		i := &held{version: s.Version}
		if err := json.Unmarshal(s.State, &i.Incident); err != nil {
			return fmt.Errorf("status: state of %s: %w", s.ID, err)
		}
		b.incidents = append(b.incidents, i)
	}
	return nil
}

// Run looks at the components until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	tick := time.NewTicker(b.cfg.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			b.mu.Lock()
			defer b.mu.Unlock()
			b.keepDays()
			return nil
		case <-tick.C:
			b.Look()
		}
	}
}

// Look measures once, and stores what has changed.
func (b *Board) Look() {
	readings := Judge(b.cfg.Measure())
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.cfg.Now()
	before := b.machine.Components()
	changes, lasted := b.machine.Look(now, readings)
	b.count(now, before, lasted)
	for _, c := range changes {
		b.changed(now, c)
	}
	b.follow(now)
	if now.Sub(b.kept) >= keepEvery || len(changes) > 0 {
		b.kept = now
		b.keepDays()
	}
}

func (b *Board) count(now time.Time, list []Component, lasted time.Duration) {
	if lasted <= 0 {
		return
	}
	date := dateOf(now)
	d := b.days[date]
	if d == nil {
		d = &day{}
		b.days[date] = d
		delete(b.days, dateOf(now.AddDate(0, 0, -HistoryDays)))
	}
	if d.tallies == nil {
		d.tallies = make(map[string]tally)
	}
	for _, c := range list {
		t := d.tallies[c.Name]
		t.add(c.State, lasted.Seconds())
		d.tallies[c.Name] = t
	}
	b.dirty[date] = true
}

// keepDays stores the tallies that have changed, and measures how long that takes.
func (b *Board) keepDays() {
	for date := range b.dirty {
		change, err := b.days[date].change(date)
		if err != nil {
			continue
		}
		b.days[date].version++
		began := time.Now()
		b.cfg.Submit(journal.Batch{change}, func(_ journal.Receipt, err error) { b.cfg.Committed(time.Since(began), err != nil) })
	}
	clear(b.dirty)
}

// changed stores that a component is in another state.
func (b *Board) changed(now time.Time, c Change) {
	state, err := json.Marshal(struct {
		Components []Component `json:"components"`
	}{b.machine.Components()})
	body, err2 := json.Marshal(c)
	if errors.Join(err, err2) != nil {
		return
	}
	b.cfg.Submit(journal.Batch{{
		Stream: Stream, Expect: b.version, State: state, Facts: []journal.Fact{{At: now, Kind: ComponentChanged, Payload: body}},
	}}, func(journal.Receipt, error) {})
	b.version++
}

// follow opens, notes and resolves the incidents that are measured.
func (b *Board) follow(now time.Time) {
	for _, c := range b.machine.Components() {
		i := b.measured(c.Name)
		switch {
		case i == nil && (c.State == Down || c.State == Degraded && now.Sub(c.Since) >= degradedFor):
			b.open(now, NewIncident{Title: about(c), Components: []string{c.Name}, Worst: c.State, Text: told(c), By: Kassa})
		case i == nil || i.State == c.State:
		case c.State == Operational:
			b.store(now, i, IncidentResolved, i.measured(now, c))
		default:
			b.store(now, i, IncidentNoted, i.measured(now, c))
		}
	}
}

// measured is the open incident about a component that was opened by what was measured; nil when there is none.
func (b *Board) measured(component string) *held {
	for _, i := range b.incidents {
		if i.Open() && i.OpenedBy == Kassa && slices.Equal(i.Components, []string{component}) {
			return i
		}
	}
	return nil
}

// Components tells how the components are.
func (b *Board) Components() []Component {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.machine.Components()
}

// newID makes an id whose order is that of its instants: the newest streams are those with the highest ids.
func (b *Board) newID(now time.Time) (string, error) {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var random [6]byte
	if _, err := io.ReadFull(b.cfg.Random, random[:]); err != nil {
		return "", fmt.Errorf("status: no randomness: %w", err)
	}
	id := make([]byte, 0, 16)
	for ms, shift := uint64(max(0, now.UnixMilli())), 45; shift >= 0; shift -= 5 {
		id = append(id, digits[ms>>shift&31])
	}
	for _, r := range random {
		id = append(id, digits[r&31])
	}
	return b.cfg.Prefix + string(id), nil
}
