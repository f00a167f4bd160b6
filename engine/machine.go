// Package engine runs the language: it keeps every open order, gives each input its turn, and lets
// nothing leave before it is durable.
//
// [Machine] is the engine as a pure machine: Handle takes an input at an instant and says what to
// write and what to send. What an input causes is written first; the effects follow when Committed
// comes back. Inputs of one order take their turns; different orders overlap, so that the store
// can make many of them durable in one commit. [Engine] is the shell around it: one goroutine.
//
// It promises that an effect leaves only after the facts behind it are durable, that a once-only
// effect leaves at most once in the life of the installation, and that an order is answered from
// committed state only.
package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/journal"
)

// Input is what can happen to the engine. The set is closed.
type Input interface{ input() }

// Ticket identifies a caller who waits for an answer; 0 means that nobody waits.
type Ticket uint64

// Create asks for a new order. Its Number is the engine's to give, and so are the numbers of its card.
type Create struct {
	Ticket Ticket
	Order  kassa.NewOrder
	Card   *kassa.EnteredCard
}

// ByRef gives an input that a Sale System asks for to the order with an outside reference.
type ByRef struct {
	Ticket Ticket
	Ref    string
	Input  kassa.Input
}

// FromPOI gives an input to an order on behalf of a terminal; one that the order does not belong
// to is ignored. The reply to its ticket tells that what it caused is durable, or that it caused
// nothing: only then may the terminal's frame be acknowledged.
type FromPOI struct {
	Ticket Ticket
	TID    string
	Order  string
	Input  kassa.Input
}

// FromAcquirer gives an input to an order on behalf of the acquirer's link.
type FromAcquirer struct {
	Order string
	Input kassa.Input
}

// POIMode tells whether a terminal shows only what is started on it, since its cloud mode is off. It
// shows everything until it says otherwise.
type POIMode struct {
	TID string
	Own bool
}

// POIConnected tells that a terminal's link opened: what it should show is offered again, and each
// exchange it remembers as open is answered if it has ended.
type POIConnected struct {
	TID   string
	POIID string
	Open  []string
}

// Committed tells that the batch with a token is durable, or why it is not.
type Committed struct {
	Token uint64
	Err   error
}

// Tick tells that time has passed.
type Tick struct{}

func (Create) input()       {}
func (ByRef) input()        {}
func (FromPOI) input()      {}
func (FromAcquirer) input() {}
func (POIMode) input()      {}
func (POIConnected) input() {}
func (Committed) input()    {}
func (Tick) input()         {}

// Output is what the shell must do, in order. The set is closed.
type Output interface{ output() }

// Commit asks to make a batch durable and to report with its token.
type Commit struct {
	Token uint64
	Batch journal.Batch
}

// Reply answers a ticket.
type Reply struct {
	Ticket Ticket
	Order  kassa.Order
	Reason kassa.Reason
	// Number is that of the refund or the capture that was asked for.
	Number int64
	Err    error
}

// ToAcquirer hands an effect to the acquirer's link.
type ToAcquirer struct {
	Order  kassa.NewOrder
	Effect kassa.Effect
}

// ToPOI hands an effect to the terminal's link.
type ToPOI struct {
	Order  kassa.NewOrder
	Effect kassa.Effect
}

// Alarm tells people about a broken invariant.
type Alarm struct{ Order, Text string }

func (Commit) output()     {}
func (Reply) output()      {}
func (ToAcquirer) output() {}
func (ToPOI) output()      {}
func (Alarm) output()      {}

// Reader reads committed state.
type Reader interface {
	Load(stream string) (journal.Stream, bool, error)
	Find(ref string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
}

// Machine is the engine without goroutines, clock or I/O but for reads of committed state.
type Machine struct {
	store  Reader
	orders map[string]*slot  // by id: all that are open, or have something in the air
	refs   map[string]string // ref to id, of those in orders
	pois   map[string]*poi
	flight map[uint64]*slot // by commit token
	token  uint64
	num    numbers
	due    dueHeap
	// dieOnBug makes a broken invariant panic (tests, simulation) instead of parking the order.
	dieOnBug bool
	out      []Output
}

// NewMachine reads what is open and gives the machine with what it must do first.
func NewMachine(now time.Time, store Reader, dieOnBug bool) (*Machine, []Output, error) {
	m := &Machine{
		store: store, dieOnBug: dieOnBug,
		orders: make(map[string]*slot), refs: make(map[string]string),
		pois: make(map[string]*poi), flight: make(map[uint64]*slot),
	}
	if err := m.num.load(store); err != nil {
		return nil, nil, err
	}
	var open []*slot
	err := store.OpenStreams("order", func(s journal.Stream) error {
		slot, err := m.adopt(s)
		open = append(open, slot)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("engine: read open orders: %w", err)
	}
	if err := m.restart(now, open); err != nil {
		return nil, nil, err
	}
	return m, m.take(), nil
}

func (m *Machine) take() []Output {
	out := m.out
	m.out = nil
	return out
}

// Handle applies one input. The outputs must be carried out in order.
func (m *Machine) Handle(now time.Time, in Input) []Output {
	switch in := in.(type) {
	case Create:
		m.create(now, in)
	case ByRef:
		m.byRef(now, in)
	case FromPOI:
		m.fromPOI(now, in)
	case FromAcquirer:
		if s, ok, _ := m.slot(in.Order); ok {
			m.give(now, s, job{in: in.Input})
		}
	case POIMode:
		m.poiMode(now, in)
	case POIConnected:
		m.poiConnected(in)
	case Committed:
		m.committed(now, in)
	case Tick:
		m.tick(now)
	}
	return m.take()
}

// NextDue tells when the next Tick is wanted.
func (m *Machine) NextDue() (time.Time, bool) { return m.due.next() }

func (m *Machine) create(now time.Time, in Create) {
	ref := Ref(in.Order.Dialect, in.Order.Scope, in.Order.Ref)
	s, known, err := m.slotByRef(ref)
	if err != nil {
		m.out = append(m.out, Reply{Ticket: in.Ticket, Err: err})
		return
	}
	if !known {
		in.Order.Number = m.num.take(now)
		s = &slot{id: in.Order.ID(), ref: ref}
		m.orders[s.id], m.refs[ref] = s, s.id
	}
	m.give(now, s, job{in: kassa.Create{Order: in.Order, Card: in.Card}, ticket: in.Ticket})
}

func (m *Machine) byRef(now time.Time, in ByRef) {
	s, known, err := m.slotByRef(in.Ref)
	switch {
	case err != nil:
		m.out = append(m.out, Reply{Ticket: in.Ticket, Err: err})
	case !known:
		m.out = append(m.out, Reply{Ticket: in.Ticket, Reason: kassa.OrderUnknown})
	default:
		m.give(now, s, job{in: in.Input, ticket: in.Ticket})
	}
}

func (m *Machine) fromPOI(now time.Time, in FromPOI) {
	s, ok, err := m.slot(in.Order)
	if err != nil {
		m.reply(in.Ticket, Reply{Err: err})
		return
	}
	if !ok {
		m.tellUnknown(in.TID, in.Order)
		m.reply(in.Ticket, Reply{Reason: kassa.OrderUnknown})
		return
	}
	if s.state.TID != in.TID {
		m.release(s)
		m.reply(in.Ticket, Reply{Reason: kassa.OrderUnknown})
		return
	}
	m.give(now, s, job{in: in.Input, ticket: in.Ticket})
}

// tellUnknown ends an exchange at the terminal that Kassa knows nothing of.
func (m *Machine) tellUnknown(tid, order string) {
	number, ok := parseID(order)
	if !ok {
		return
	}
	m.out = append(m.out, ToPOI{
		Order:  kassa.NewOrder{Number: number, TID: tid},
		Effect: kassa.TellDecision{Answer: kassa.POIAnswer{Verdict: kassa.VerdictCancelled, Reason: kassa.OrderUnknown, Final: true}},
	})
}

// poiMode takes an order that the terminal will not show back from its screen, or offers the next one
// that it does show.
func (m *Machine) poiMode(now time.Time, in POIMode) {
	p, err := m.poi(in.TID)
	if err != nil || p.own == in.Own {
		return
	}
	p.own = in.Own
	if s, ok := m.orders[p.holder]; ok && !p.shows(s.state.Origin) {
		m.give(now, s, job{in: kassa.Defer{}})
		return
	}
	if p.holder == "" {
		m.offerNext(now, p)
	}
}

func (m *Machine) poiConnected(in POIConnected) {
	for _, id := range in.Open {
		s, ok, err := m.slot(id)
		if err != nil {
			continue // it asks again with its next link
		}
		if !ok {
			m.tellUnknown(in.TID, id)
			continue
		}
		if answer, final := s.state.Decision(); final && s.state.TID == in.TID {
			m.out = append(m.out, ToPOI{Order: s.state.NewOrder, Effect: kassa.TellDecision{Answer: answer}})
		}
		m.release(s)
	}
	p, err := m.poi(in.TID)
	if err != nil {
		return
	}
	if s, ok := m.orders[p.holder]; ok && !s.pending && wantsShowing(s.state, in.Open) && p.shows(s.state.Origin) {
		m.out = append(m.out, ToPOI{Order: s.state.NewOrder, Effect: kassa.Offer{}})
	}
}

// wantsShowing tells whether a terminal that has just connected must be asked to show the order:
// it has not said that it does, or it does not remember it any more. One that ended it meanwhile
// says so again.
func wantsShowing(o kassa.Order, remembered []string) bool {
	switch o.Status {
	case kassa.Offered:
		return true
	case kassa.Presented, kassa.Refused:
		return !slices.Contains(remembered, o.ID())
	}
	return false
}

func (m *Machine) tick(now time.Time) {
	for _, id := range m.due.pop(now) {
		if s, ok := m.orders[id]; ok {
			m.give(now, s, job{in: kassa.Tick{}})
		}
	}
}

func (m *Machine) committed(now time.Time, in Committed) {
	s, ok := m.flight[in.Token]
	if !ok {
		return
	}
	delete(m.flight, in.Token)
	if in.Err != nil {
		m.failed(s, in.Err)
		return
	}
	m.settle(now, s)
	m.pump(now, s)
}

// failed answers everybody who waits: nothing of the batch happened. The shell stops after an I/O
// error; a failed precondition means that somebody else wrote to our streams, which is a bug.
func (m *Machine) failed(s *slot, err error) {
	jobs := append([]job{s.current}, s.queue...)
	for _, j := range jobs {
		m.reply(j.ticket, Reply{Err: err})
	}
	for _, w := range s.waiters {
		m.reply(w.ticket, Reply{Err: err})
	}
	s.queue, s.waiters = nil, nil
	if errors.Is(err, journal.ErrConflict) || errors.Is(err, journal.ErrHeld) || errors.Is(err, journal.ErrTaken) {
		m.out = append(m.out, Alarm{Order: s.id, Text: "another process wrote to this installation: " + err.Error()})
	}
}

func (m *Machine) reply(t Ticket, r Reply) {
	if t == 0 {
		return
	}
	r.Ticket = t
	m.out = append(m.out, r)
}

// Ref is the outside reference of an order: unique in the installation.
func Ref(dialect, scope, ref string) string {
	return kassa.NewOrder{Dialect: dialect, Scope: scope, Ref: ref}.Key()
}

func decodeOrder(s journal.Stream) (kassa.Order, error) {
	var o kassa.Order
	if err := json.Unmarshal(s.State, &o); err != nil {
		return o, fmt.Errorf("engine: state of %s: %w", s.ID, err)
	}
	return o, nil
}
