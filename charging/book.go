package charging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/journal"
)

// Store keeps the sessions' streams. Commit returns once the batch is durable.
type Store interface {
	Load(stream string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
	Commit(ctx context.Context, batch journal.Batch) (journal.Receipt, error)
}

const stream = "charging/"

// Book gives each input of a session its turn and makes what it causes durable, before it gives the
// effects. It is safe for concurrent use.
type Book struct {
	store Store
	turns [64]sync.Mutex // of sessions, by a hash of their reference
	// numbers is held while invoice numbers may be taken.
	numbers sync.Mutex

	mu   sync.Mutex
	open map[string]brief // by reference
}

// brief is what is looked up of the open sessions.
type brief struct {
	peer, location, evse, session string
	poiid                         string
	start, stop                   string // the secret names of the commands
	state                         State
	due                           time.Time
}

// OpenBook reads which sessions are open.
func OpenBook(store Store) (*Book, error) {
	b := &Book{store: store, open: make(map[string]brief)}
	err := store.OpenStreams("charging", func(s journal.Stream) error {
		var session Session
		if err := json.Unmarshal(s.State, &session); err != nil {
			return fmt.Errorf("charging: state of %s: %w", s.ID, err)
		}
		b.note(session)
		return nil
	})
	return b, err
}

func (b *Book) note(s Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !s.Open() {
		delete(b.open, s.Ref)
		return
	}
	b.open[s.Ref] = brief{peer: s.Peer, location: s.Location, evse: s.EVSE, session: s.Report.SessionID,
		poiid: s.POIID, start: s.StartID, stop: s.StopID, state: s.State, due: s.NextDue()}
}

// Load gives the committed state of a session. References are compared without regard to case.
func (b *Book) Load(ref string) (Session, bool, error) {
	s, _, err := b.load(strings.ToUpper(ref))
	return s, s.Known(), err
}

func (b *Book) load(ref string) (Session, uint64, error) {
	if ref == "" || len(ref) > 36 {
		return Session{}, 0, nil
	}
	kept, ok, err := b.store.Load(stream + ref)
	if err != nil || !ok {
		return Session{}, 0, err
	}
	var s Session
	if err := json.Unmarshal(kept.State, &s); err != nil {
		return Session{}, 0, fmt.Errorf("charging: state of %s: %w", kept.ID, err)
	}
	return s, kept.Version, nil
}

// Take gives a session an input, and gives the effects once their facts are durable. The error is *Refused
// when the input was refused.
func (b *Book) Take(ctx context.Context, now time.Time, ref string, in Input) (Session, []Effect, error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(ref))
	turn := &b.turns[h.Sum32()%uint32(len(b.turns))]
	turn.Lock()
	defer turn.Unlock()
	s, version, err := b.load(ref)
	if err != nil {
		return s, nil, err
	}
	next, events, effects, refused := s.Step(now, in)
	if refused != nil {
		return s, nil, refused
	}
	if len(events) > 0 {
		switch next, err = b.keep(ctx, now, s, next, version, events); {
		case errors.Is(err, journal.ErrHeld):
			return s, nil, &Refused{2000, "the EVSE has a session at this terminal"}
		case err != nil:
			return s, nil, fmt.Errorf("charging: keep %s: %w", ref, err)
		}
	}
	b.note(next)
	return next, effects, nil
}

// keep makes the events durable. Most need no more than their session's own stream.
func (b *Book) keep(ctx context.Context, now time.Time, before, next Session, version uint64, events []Event) (Session, error) {
	old, _ := before.receivable()
	if r, _ := next.receivable(); r != old || len(next.invoicesDue(now)) > 0 {
		return b.commit(ctx, now, before, next, version, events)
	}
	change, err := change(now, next, version, events)
	if err == nil {
		_, err = b.store.Commit(ctx, journal.Batch{change})
	}
	return next, err
}

func change(now time.Time, s Session, version uint64, events []Event) (journal.Change, error) {
	state, err := json.Marshal(s)
	if err != nil {
		return journal.Change{}, fmt.Errorf("charging: encode %s: %w", s.Ref, err)
	}
	c := journal.Change{Stream: stream + s.Ref, Expect: version, State: state, Open: s.Open(), Scope: s.Group}
	if !s.State.Final() {
		c.Holds = "charging/" + s.POIID + "/" + s.EVSE
	}
	for _, e := range events {
		kind, payload, err := EncodeEvent(e)
		if err != nil {
			return journal.Change{}, err
		}
		c.Facts = append(c.Facts, journal.Fact{At: now, Kind: kind, Scope: s.Group, Payload: payload})
	}
	return c, nil
}

// Open lists the references of the sessions that are open.
func (b *Book) Open() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	refs := make([]string, 0, len(b.open))
	for ref := range b.open {
		refs = append(refs, ref)
	}
	return refs
}

// Due lists the sessions that want a Tick, and tells when the next one will; zero is never.
func (b *Book) Due(now time.Time) (refs []string, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ref, o := range b.open {
		switch {
		case o.due.IsZero():
		case !now.Before(o.due):
			refs = append(refs, ref)
		case next.IsZero() || o.due.Before(next):
			next = o.due
		}
	}
	return refs, next
}

// Names is by what an operator may mean a session.
type Names struct {
	Peer, Ref, TokenUID, SessionID, Location, EVSE string
}

// Find gives the session that an operator means: by its reference, by the token that was sent with the
// start, by its session's id, or as the only one that was started at the EVSE and has no session yet. A
// session of another peer is not found.
func (b *Book) Find(n Names) (Session, bool, error) {
	for _, ref := range []string{n.Ref, n.TokenUID, b.bySession(n)} {
		s, ok, err := b.Load(ref)
		if err != nil {
			return Session{}, false, err
		}
		if ok && s.Peer == n.Peer {
			return s, true, nil
		}
		if n.Ref != "" {
			return Session{}, false, nil // a reference that is wrong is not guessed around
		}
	}
	return Session{}, false, nil
}

func (b *Book) bySession(n Names) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	only, started := "", 0
	for ref, o := range b.open {
		if o.peer != n.Peer {
			continue
		}
		if n.SessionID != "" && o.session == n.SessionID {
			return ref
		}
		if o.session == "" && (o.state == Starting || o.state == Charging) && n.EVSE != "" && o.evse == n.EVSE && o.location == n.Location {
			only = ref
			started++
		}
	}
	if started != 1 {
		return ""
	}
	return only
}

// byCommand finds the open session of a peer by the secret name of one of its commands.
func (b *Book) byCommand(peer, id string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ref, o := range b.open {
		if id != "" && o.peer == peer && (o.start == id || o.stop == id) {
			return ref, true
		}
	}
	return "", false
}

// At gives the references of the open sessions of a terminal, at one EVSE or, when it is empty, at all.
func (b *Book) At(poiid, evse string) (refs []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ref, o := range b.open {
		if o.poiid == poiid && (evse == "" || o.evse == evse) && !o.state.Final() {
			refs = append(refs, ref)
		}
	}
	return refs
}

// Rearm gives what every open session owes after a restart, each with its session.
func (b *Book) Rearm(ctx context.Context, now time.Time, find func(Session) (kassa.Order, bool, error), do func(Session, []Effect)) error {
	for _, ref := range b.Open() {
		s, _, err := b.load(ref)
		if err != nil {
			return err
		}
		o, ok, err := find(s)
		if err != nil {
			return fmt.Errorf("charging: order of %s: %w", ref, err)
		}
		if ok {
			next, effects, err := b.Take(ctx, now, ref, OrderSeen{View: ViewOf(o)})
			if err != nil {
				return err
			}
			var once []Effect
			for _, e := range effects {
				if _, start := e.(SendStart); start {
					once = append(once, e)
				}
			}
			do(next, once) // the rest is owed, and comes with Restarted
			if len(once) > 0 {
				continue
			}
		}
		next, effects, err := b.Take(ctx, now, ref, Restarted{})
		if err != nil {
			return err
		}
		do(next, effects)
	}
	return nil
}
