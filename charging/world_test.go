package charging_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/engine"
	"kassa/journal"
	"kassa/sim/disk"
)

// world is one history: the production machines of the engine and of the sessions on a pretended disk, with
// a bank, an operator, a driver and a process that dies. Time is pretended too.
type world struct {
	ages ages
	// collected is what came of what was short in another way; gaveUp that nobody waits for the rest.
	collected int64
	gaveUp    bool
	plan      plan
	rnd       *rand.Rand
	now       time.Time

	disk    *disk.Disk
	machine *engine.Machine
	book    *charging.Book
	read    uint64
	life    int
	dead    bool
	calm    bool // no more crashes
	replies map[engine.Ticket]engine.Reply
	ticket  engine.Ticket

	queue  []job
	seq    int
	steps  int
	bank   bank
	cpo    cpo
	trace  []string
	loud   bool // the trace is written
	broken []string
	crash  int
	points int // places where a process may die, so far
}

type job struct {
	at   time.Time
	seq  int
	life int // 0 outlives the process
	do   func()
}

var start = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

const (
	sessionRef = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	poiid      = "P400Plus-1"
	tid        = "00000ABC"
)

func newWorld(p plan) *world {
	w := &world{plan: p, rnd: rand.New(rand.NewPCG(p.seed, 7)), now: start, disk: disk.New()}
	w.bank.init(w)
	w.cpo.w = w
	return w
}

func (w *world) notef(format string, a ...any) {
	if !w.loud {
		return
	}
	w.trace = append(w.trace, w.now.Sub(start).String()+" "+fmt.Sprintf(format, a...))
}

func (w *world) wrongf(format string, a ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, a...))
}

// after schedules something; of the process when mine is set, so that it dies with it.
func (w *world) after(d time.Duration, mine bool, do func()) {
	w.seq++
	j := job{at: w.now.Add(d), seq: w.seq, do: do}
	if mine {
		j.life = w.life
	}
	w.queue = append(w.queue, j)
}

func (w *world) soon() time.Duration { return time.Duration(w.rnd.IntN(3000)) * time.Millisecond }

func (w *world) chance(percent int) bool { return w.rnd.IntN(100) < percent }

// boot starts a process on what the disk kept.
func (w *world) boot() {
	w.life++
	w.dead = false
	w.replies = make(map[engine.Ticket]engine.Reply)
	m, out, err := engine.NewMachine(w.now, w.disk, true)
	if err != nil {
		w.wrongf("boot: %v", err)
		return
	}
	w.machine = m
	w.carry(out)
	book, err := charging.OpenBook(books{w})
	if err != nil {
		w.wrongf("boot: %v", err)
		return
	}
	w.book, w.read = book, w.disk.Last()
	find := func(s charging.Session) (kassa.Order, bool, error) {
		return port{w}.Find(context.Background(), charging.Dialect, s.Group, s.Ref)
	}
	if err := book.Rearm(context.Background(), w.now, find, w.do); err != nil && !w.dead {
		w.wrongf("rearm: %v", err)
	}
	if w.plan.fault == "start after restart" {
		if s, ok, _ := book.Load(sessionRef); ok && s.State == charging.Starting {
			w.do(s, []charging.Effect{charging.SendStart{}})
		}
	}
	w.followSoon()
}

// die ends the process at a commit point, now and then.
func (w *world) die(where string) bool {
	w.points++
	if !w.dead && w.points == w.plan.crashAt {
		w.crash++
		w.dead = true
	}
	if w.dead || w.calm || w.crash >= w.plan.crashes || !w.chance(12) {
		return w.dead
	}
	w.crash++
	w.notef("crash %s", where)
	w.dead = true
	return true
}

// run lets everything happen that happens.
func (w *world) run() {
	w.boot()
	w.after(0, false, w.choose)
	for w.steps = 0; len(w.broken) == 0; w.steps++ {
		if w.dead {
			w.disk = w.disk.Crash()
			w.now = w.now.Add(w.soon())
			w.boot()
			continue
		}
		w.queue = slices.DeleteFunc(w.queue, func(j job) bool { return j.life != 0 && j.life != w.life })
		at, do := w.next()
		if do == nil {
			return
		}
		if at.After(w.now) {
			w.now = at
		}
		w.calm = w.now.Sub(start) > 40*24*time.Hour
		if w.steps > 5000 {
			w.wrongf("it does not come to an end")
			return
		}
		do()
		w.checkAges()
	}
}

func (w *world) next() (at time.Time, do func()) {
	best := -1
	for i, j := range w.queue {
		if best < 0 || j.at.Before(w.queue[best].at) || j.at.Equal(w.queue[best].at) && j.seq < w.queue[best].seq {
			best = i
		}
	}
	if best >= 0 {
		j := w.queue[best]
		at, do = j.at, func() {
			w.queue = slices.DeleteFunc(w.queue, func(q job) bool { return q.seq == j.seq })
			j.do()
		}
	}
	if due, ok := w.machine.NextDue(); ok && (do == nil || due.Before(at)) {
		at, do = due, func() { w.handle(engine.Tick{}) }
	}
	refs, due := w.book.Due(w.now)
	if len(refs) > 0 {
		due = w.now
	}
	if !due.IsZero() && (do == nil || due.Before(at)) {
		at, do = due, func() {
			refs, _ := w.book.Due(w.now)
			for _, ref := range refs {
				w.give(ref, charging.Tick{})
			}
		}
	}
	return at, do
}

// handle gives the engine an input and carries out what it says.
func (w *world) handle(in engine.Input) {
	if w.dead {
		return
	}
	w.carry(w.machine.Handle(w.now, in))
	w.followSoon()
}

func (w *world) carry(out []engine.Output) {
	var committed []engine.Input
	for _, o := range out {
		if w.dead {
			return
		}
		switch o := o.(type) {
		case engine.Commit:
			if w.die("before the engine's commit") {
				return
			}
			w.disk.Submit(o.Batch, func(_ journal.Receipt, err error) {
				committed = append(committed, engine.Committed{Token: o.Token, Err: err})
			})
			w.disk.Flush(-1)
			if w.die("after the engine's commit") {
				return
			}
		case engine.Reply:
			w.replies[o.Ticket] = o
		case engine.ToAcquirer:
			w.bank.take(o.Order, o.Effect)
		case engine.ToPOI:
			w.terminal(o.Order, o.Effect)
		case engine.Alarm:
			w.wrongf("engine: %s", o.Text)
		}
	}
	for _, in := range committed {
		w.handle(in)
	}
}

func (w *world) ask(in func(engine.Ticket) engine.Input) engine.Reply {
	w.ticket++
	t := w.ticket
	w.handle(in(t))
	r, ok := w.replies[t]
	if w.dead || !ok {
		return engine.Reply{Err: engine.ErrStopped}
	}
	return r
}

// followSoon brings what orders say to the sessions, a little later.
func (w *world) followSoon() {
	w.after(w.soon(), true, func() {
		page, _ := w.disk.Entries(w.read, 500)
		moved := false
		for _, e := range page {
			w.read = e.Seq
			moved = moved || journal.Kind(e.Stream) == "order"
		}
		if !moved {
			return
		}
		if o, ok, _ := (port{w}).Find(context.Background(), charging.Dialect, "group", sessionRef); ok {
			_ = w.give(o.Ref, charging.OrderSeen{View: charging.ViewOf(o)})
		}
	})
}

// give gives a session an input; a refusal comes back.
func (w *world) give(ref string, in charging.Input) error {
	if w.dead {
		return engine.ErrStopped
	}
	s, effects, err := w.book.Take(context.Background(), w.now, ref, in)
	var refused *charging.Refused
	if err != nil && !errors.As(err, &refused) && !w.dead {
		w.wrongf("book: %v", err)
	}
	if err != nil {
		return err
	}
	w.do(s, effects)
	return nil
}

// do carries out what a session owes, each after a moment; it dies with the process.
func (w *world) do(s charging.Session, effects []charging.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case charging.Show, charging.Alert:
			continue
		default:
			w.after(w.soon(), true, func() { w.perform(s, e) })
		}
	}
}

func (w *world) perform(s charging.Session, e charging.Effect) {
	if w.die(fmt.Sprintf("before %T", e)) {
		return
	}
	w.notef("%T %+v", e, e)
	e, inputs := w.planted(s, e)
	if e != nil {
		inputs = charging.Carry(context.Background(), s, e, port{w}, &w.cpo, port{w})
	}
	if w.die(fmt.Sprintf("after %T", e)) {
		return
	}
	for _, in := range inputs {
		if a, ok := in.(charging.StartAnswered); ok && w.plan.fault == "time-out is a refusal" && a.Outcome == charging.Unknown {
			in = charging.StartAnswered{Outcome: charging.Refusal}
		}
		_ = w.give(s.Ref, in)
	}
}

// planted breaks what the machine asks for, in one of the ways that the checks must find.
func (w *world) planted(s charging.Session, e charging.Effect) (charging.Effect, []charging.Input) {
	switch c := e.(type) {
	case charging.Settle:
		if w.plan.fault == "a price too high" {
			return charging.Settle{Price: c.Price + 1}, nil
		}
	case charging.Release:
		if w.plan.fault == "a hold forgotten" {
			return nil, []charging.Input{charging.OrderSeen{View: charging.HoldView{At: s.Order.At, State: charging.HoldHeld, Closed: kassa.CancelledBySale, Freed: true, Amount: s.Order.Amount}}}
		}
	case charging.Confirm:
		if w.plan.fault == "a confirmation lost" {
			return nil, []charging.Input{charging.Confirmed{ID: c.Confirmation.ID, Outcome: charging.Accepted}}
		}
	case charging.PayBack:
		if w.plan.fault == "a refund not made" {
			return nil, []charging.Input{charging.OrderSeen{View: withRefund(s, c.Ref)}}
		}
	}
	return e, nil
}

func withRefund(s charging.Session, ref string) charging.HoldView {
	v := s.Order
	v.Refunds = append(slices.Clone(v.Refunds), charging.RefundView{Ref: ref, Done: true})
	return v
}

// books is the store of the sessions: each commit may be the process's last act.
type books struct{ w *world }

func (b books) Load(stream string) (journal.Stream, bool, error) { return b.w.disk.Load(stream) }

func (b books) OpenStreams(kind string, each func(journal.Stream) error) error {
	return b.w.disk.OpenStreams(kind, each)
}

func (b books) Commit(_ context.Context, batch journal.Batch) (r journal.Receipt, err error) {
	if b.w.die("before the session's commit") {
		return r, engine.ErrStopped
	}
	b.w.disk.Submit(batch, func(got journal.Receipt, failed error) { r, err = got, failed })
	b.w.disk.Flush(-1)
	for _, f := range batch[0].Facts {
		b.w.notef("%s %s", f.Kind, f.Payload)
	}
	if err == nil && b.w.die("after the session's commit") {
		return r, engine.ErrStopped
	}
	return r, err
}
