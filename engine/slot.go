package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/journal"
)

// slot is one order in memory, with what waits for its turn.
type slot struct {
	id, ref string
	state   kassa.Order // committed
	version uint64

	pending bool // a commit is in the air
	current job
	next    kassa.Order
	effects []kassa.Effect

	queue   []job
	waiters []job // cancels, and creates with a card: they wait for the decision

	due dueEntry // its deadline
}

// job is one input that waits for its turn, with the caller who waits for its answer.
type job struct {
	in     kassa.Input
	ticket Ticket
}

// maxQueue bounds what callers may let wait for one order: a hundred cash registers that repeat
// themselves fit.
const maxQueue = 1024

// refusable tells whether its caller can be told that too much is waiting. What a link reports has
// happened, and no other report will follow: dropped, it would leave a reversal or a refund owed
// until the next start. Links and deadlines bound it themselves.
func (j job) refusable() bool {
	switch j.in.(type) {
	case kassa.Create, kassa.Claim, kassa.Cancel, kassa.AskRefund, kassa.Note, kassa.CancelRefund, kassa.AskCapture, kassa.ReleaseHold,
		kassa.AskIncrement, kassa.Settle:
		return true
	}
	return false
}

// slot finds an order in memory or in the store. An order that cannot be read is not an unknown
// one: nobody may be told that it is.
func (m *Machine) slot(id string) (*slot, bool, error) {
	if s, ok := m.orders[id]; ok {
		return s, true, nil
	}
	stream, ok, err := m.store.Load("order/" + id)
	if err == nil && !ok {
		return nil, false, nil
	}
	var s *slot
	if err == nil {
		s, err = m.adopt(stream)
	}
	if err != nil {
		m.out = append(m.out, Alarm{Order: id, Text: "the order cannot be read: " + err.Error()})
	}
	return s, err == nil, err
}

func (m *Machine) slotByRef(ref string) (*slot, bool, error) {
	if id, ok := m.refs[ref]; ok {
		return m.orders[id], true, nil
	}
	stream, ok, err := m.store.Find(ref)
	if err != nil || !ok {
		return nil, false, err
	}
	s, err := m.adopt(stream)
	return s, err == nil, err
}

// adopt takes a stored order into memory.
func (m *Machine) adopt(stream journal.Stream) (*slot, error) {
	o, err := decodeOrder(stream)
	if err != nil {
		return nil, err
	}
	s := &slot{id: o.ID(), ref: Ref(o.Dialect, o.Scope, o.Ref), state: o, version: stream.Version}
	m.orders[s.id], m.refs[s.ref] = s, s.id
	return s, nil
}

// release forgets an order that nothing is going on with.
func (m *Machine) release(s *slot) {
	if s.pending || len(s.queue) > 0 || len(s.waiters) > 0 || (s.version > 0 && s.state.Open()) {
		return
	}
	delete(m.orders, s.id)
	delete(m.refs, s.ref)
}

// restart gives every open order its place and the news that the former process is dead.
func (m *Machine) restart(now time.Time, open []*slot) error {
	slices.SortFunc(open, func(a, b *slot) int { return cmp.Compare(a.state.Number, b.state.Number) })
	for _, s := range open {
		if s.state.TID == "" {
			continue // no POI has taken it up
		}
		p, err := m.poi(s.state.TID)
		if err != nil {
			return err
		}
		switch {
		case s.state.HoldsPOI():
			p.holder = s.id
		case s.state.Status == kassa.Waiting:
			p.waiting = append(p.waiting, s.id)
		}
	}
	for _, s := range open {
		m.arm(s)
		m.give(now, s, job{in: kassa.Restarted{}})
		p, err := m.poi(s.state.TID)
		if err != nil {
			return err
		}
		if p.holder == "" {
			m.offerNext(now, p)
		}
	}
	return nil
}

// give lets an order take an input, now or when its turn comes.
func (m *Machine) give(now time.Time, s *slot, j job) {
	if s.pending {
		if len(s.queue) >= maxQueue && j.refusable() {
			m.reply(j.ticket, Reply{Order: s.state, Reason: kassa.WorldBusy})
			return
		}
		s.queue = append(s.queue, j)
		return
	}
	m.step(now, s, j)
	if !s.pending {
		m.release(s)
	}
}

func (m *Machine) pump(now time.Time, s *slot) {
	for !s.pending && len(s.queue) > 0 {
		j := s.queue[0]
		s.queue = s.queue[1:]
		m.step(now, s, j)
	}
	if !s.pending {
		m.release(s)
	}
}

// step applies a job to the committed state. What changes is committed first; what does not is
// answered at once.
func (m *Machine) step(now time.Time, s *slot, j job) {
	p, err := m.poi(m.tidOf(s, j))
	if err != nil {
		m.reply(j.ticket, Reply{Err: err})
		return
	}
	in, stan := m.equip(now, p, s, j.in)
	next, events, effects, refused := m.guarded(now, s, in)
	if refused != kassa.None {
		m.reply(j.ticket, Reply{Order: m.refusedOrder(s, p, refused), Reason: refused, Number: firstNumber(&s.state, in, refused)})
		return
	}
	if len(events) == 0 {
		m.send(s.state.NewOrder, effects)
		m.answer(s, j, s.state)
		return
	}
	batch, err := m.batch(now, s, p, next, events, stan)
	if err != nil {
		m.reply(j.ticket, Reply{Err: err})
		return
	}
	s.pending, s.current, s.next, s.effects = true, j, next, effects
	m.token++
	m.flight[m.token] = s
	m.out = append(m.out, Commit{Token: m.token, Batch: batch})
}

// refusedOrder is the order that a refusal speaks of: that of the slot, or the one that has its POI.
func (m *Machine) refusedOrder(s *slot, p *poi, refused kassa.Reason) kassa.Order {
	if refused != kassa.POIBusy {
		return s.state
	}
	if holder := m.orders[p.holder]; holder != nil {
		return holder.state
	}
	return kassa.Order{}
}

// firstNumber is the number of what is asked for again.
func firstNumber(o *kassa.Order, in kassa.Input, refused kassa.Reason) int64 {
	switch in := in.(type) {
	case kassa.AskRefund:
		if refused == kassa.RefundRepeated {
			return o.RefundBy(in.Ref).Number
		}
	case kassa.AskCapture:
		if refused == kassa.CaptureRepeated {
			return o.CaptureBy(in.Ref).Number
		}
	}
	return 0
}

func (m *Machine) tidOf(s *slot, j job) string {
	switch in := j.in.(type) {
	case kassa.Create:
		if s.version == 0 {
			return in.Order.TID
		}
	case kassa.Claim:
		if s.state.TID == "" {
			return in.TID
		}
	}
	return s.state.TID
}

// guarded steps, and turns a panic into a parked order: the one place where a bug is survived.
func (m *Machine) guarded(now time.Time, s *slot, in kassa.Input) (next kassa.Order, events []kassa.Event, effects []kassa.Effect, refused kassa.Reason) {
	defer func() {
		bug := recover()
		if bug == nil {
			return
		}
		if m.dieOnBug {
			panic(bug)
		}
		if s.version == 0 { // there is no order yet that could be parked
			m.out = append(m.out, Alarm{Order: s.id, Text: fmt.Sprintf("order not made: %v", bug)})
			next, events, effects, refused = s.state, nil, nil, kassa.OutOfTurn
			return
		}
		why := fmt.Sprintf("%T: %v", in, bug)
		parked := kassa.OrderParked{Why: why}
		next, events, effects, refused = s.state.Apply(now, parked), []kassa.Event{parked}, nil, kassa.None
		m.out = append(m.out, Alarm{Order: s.id, Text: "order parked: " + why})
	}()
	return s.state.Step(now, in)
}

// batch writes the step down: the order, the terminal's counters when they moved, and the block of
// numbers when it is used up.
func (m *Machine) batch(now time.Time, s *slot, p *poi, next kassa.Order, events []kassa.Event, used counters) (journal.Batch, error) {
	state, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("engine: encode order: %w", err)
	}
	change := journal.Change{Stream: "order/" + s.id, Expect: s.version, State: state, Open: next.Open()}
	if s.version == 0 {
		change.Ref, change.Scope = s.ref, next.Scope
	}
	if next.HoldsPOI() {
		change.Holds = next.TID
	}
	for _, e := range events {
		kind, payload, err := kassa.EncodeEvent(e)
		if err != nil {
			return nil, err
		}
		change.Facts = append(change.Facts, journal.Fact{At: now, Kind: kind, Scope: next.Scope, Payload: payload})
	}
	batch := journal.Batch{change}
	if used.spent(events) {
		c, err := p.spend(used)
		if err != nil {
			return nil, err
		}
		batch = append(batch, c)
	}
	if c, ok := m.num.change(); ok {
		batch = append(batch, c)
	}
	if p.holder == "" && next.HoldsPOI() {
		p.holder = s.id
	}
	return batch, nil
}

// settle makes the committed step the order's state and lets its effects leave.
func (m *Machine) settle(now time.Time, s *slot) {
	waited := s.version > 0 && s.state.Status == kassa.Waiting
	j, effects := s.current, s.effects
	s.state, s.version = s.next, s.version+1
	s.pending, s.current, s.next, s.effects = false, job{}, kassa.Order{}, nil
	m.arm(s)
	m.send(s.state.NewOrder, effects)
	m.answer(s, j, s.state)
	if s.state.Status.Final() || s.state.Parked != "" {
		for _, w := range s.waiters {
			m.decided(w, s.state)
		}
		s.waiters = nil
	}
	p, err := m.poi(s.state.TID)
	if err != nil {
		return
	}
	if !waited && s.state.Status == kassa.Waiting {
		p.waiting = append(p.waiting, s.id)
	}
	if p.holder == s.id && !s.state.HoldsPOI() {
		p.holder = ""
	}
	if p.holder == "" {
		m.offerNext(now, p)
	}
}

// offerNext gives a free POI to the order that waits longest of those that it shows.
func (m *Machine) offerNext(now time.Time, p *poi) {
	for i := 0; i < len(p.waiting) && p.holder == ""; {
		s, ok := m.orders[p.waiting[i]]
		switch {
		case ok && s.pending:
			return // something of it is being written; its turn comes when that has settled
		case ok && s.state.Status == kassa.Waiting && !p.shows(s.state.Origin):
			i++
			continue
		}
		p.waiting = slices.Delete(p.waiting, i, i+1)
		if ok && s.state.Status == kassa.Waiting {
			m.step(now, s, job{in: kassa.POIFreed{}})
		}
	}
}

// arm sees to it that the order is looked at at its deadline. It has one entry in the heap, and none
// once it has ended, however far away its lifetime was.
func (m *Machine) arm(s *slot) {
	s.due.id = s.id
	m.due.set(&s.due, s.state.Deadline)
}

func (m *Machine) send(o kassa.NewOrder, effects []kassa.Effect) {
	for _, e := range effects {
		switch e.(type) {
		case kassa.Offer, kassa.TellAnswer, kassa.TellDecision, kassa.TellAbort:
			m.out = append(m.out, ToPOI{Order: o, Effect: e})
		default:
			m.out = append(m.out, ToAcquirer{Order: o, Effect: e})
		}
	}
}

// answer tells the caller what is committed. Who asked for something that the host decides is
// answered when the order ends.
func (m *Machine) answer(s *slot, j job, o kassa.Order) {
	if o.Parked != "" { // by this very step: what was asked for has not been done
		m.reply(j.ticket, Reply{Order: o, Reason: kassa.OutOfTurn})
		return
	}
	switch in := j.in.(type) {
	case kassa.Cancel, kassa.Create:
		_, cancel := in.(kassa.Cancel)
		if o.Status.Final() || j.ticket == 0 || !cancel && !o.Channel.CardAbsent() {
			m.decided(j, o)
			return
		}
		if len(s.waiters) >= maxQueue {
			m.reply(j.ticket, Reply{Order: o, Reason: kassa.WorldBusy})
			return
		}
		if !cancel {
			in = kassa.Create{} // the card need not wait
		}
		s.waiters = append(s.waiters, job{in: in, ticket: j.ticket})
	case kassa.AskRefund:
		m.reply(j.ticket, Reply{Order: o, Number: o.Refunds[len(o.Refunds)-1].Number})
	case kassa.AskCapture:
		m.reply(j.ticket, Reply{Order: o, Number: o.Captures[len(o.Captures)-1].Number})
	default:
		m.reply(j.ticket, Reply{Order: o})
	}
}

// decided answers one that waited for the decision.
func (m *Machine) decided(j job, o kassa.Order) {
	r := Reply{Order: o}
	_, cancel := j.in.(kassa.Cancel)
	switch {
	case cancel && o.Status == kassa.Completed:
		r.Reason = kassa.NotCancellable
	case o.Parked != "":
		r.Reason = kassa.OutOfTurn
	}
	m.reply(j.ticket, r)
}
