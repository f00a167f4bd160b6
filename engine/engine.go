package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kassa"
	"kassa/journal"
)

// Store is what the engine needs of a store.
type Store interface {
	Reader
	// Submit makes a batch durable and then calls done, in the order of submission.
	Submit(batch journal.Batch, done func(journal.Receipt, error))
}

// Acquirer takes effects for the acquirer's link. It never blocks; outcomes come back through
// Engine.FromAcquirer.
type Acquirer interface {
	Take(o kassa.NewOrder, e kassa.Effect)
}

// POI takes effects for a terminal's link. It never blocks, and drops what it cannot deliver.
type POI interface {
	Tell(o kassa.NewOrder, e kassa.Effect)
}

// Engine is the shell: one goroutine that owns the Machine.
type Engine struct {
	store    Store
	acquirer Acquirer
	poi      POI
	log      *slog.Logger
	now      func() time.Time

	machine *Machine
	start   []Output

	mu      sync.Mutex
	inbox   []Input
	tickets map[Ticket]func(Reply)
	last    Ticket
	stopped bool
	wake    chan struct{}
	fatal   error
}

// ErrStopped tells that the engine takes nothing any more: nothing was done.
var ErrStopped = errors.New("engine: stopped")

// New reads what is open. The engine works once Run is called.
func New(store Store, acquirer Acquirer, poi POI, now func() time.Time, log *slog.Logger) (*Engine, error) {
	m, start, err := NewMachine(now(), store, false)
	if err != nil {
		return nil, err
	}
	return &Engine{
		store: store, acquirer: acquirer, poi: poi, log: log, now: now, machine: m, start: start,
		tickets: make(map[Ticket]func(Reply)), wake: make(chan struct{}, 1),
	}, nil
}

// Clock gives a clock that starts at wall's reading or at notBefore, whichever is later, and runs
// on with wall's monotonic part: a wall clock that is set back or forward moves no deadline, and
// the journal's instants never go back over a restart.
func Clock(wall func() time.Time, notBefore time.Time) func() time.Time {
	begin := wall()
	base := begin.Round(0)
	if base.Before(notBefore) {
		base = notBefore
	}
	return func() time.Time { return base.Add(wall().Sub(begin)) }
}

// Run works until ctx ends or the store fails; the error is nil in the first case.
func (e *Engine) Run(ctx context.Context) error {
	defer e.stop()
	e.do(e.start)
	e.start = nil
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		inbox, fatal := e.takeInbox()
		for _, in := range inbox {
			e.do(e.machine.Handle(e.now(), in))
		}
		if fatal != nil {
			return fatal
		}
		var due <-chan time.Time
		if at, ok := e.machine.NextDue(); ok {
			timer.Reset(max(0, at.Sub(e.now())))
			due = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		case <-due:
			e.do(e.machine.Handle(e.now(), Tick{}))
		}
	}
}

func (e *Engine) takeInbox() (inbox []Input, fatal error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	inbox, e.inbox = e.inbox, nil
	return inbox, e.fatal
}

func (e *Engine) do(outputs []Output) {
	for _, out := range outputs {
		switch out := out.(type) {
		case Commit:
			token := out.Token
			e.store.Submit(out.Batch, func(_ journal.Receipt, err error) { e.put(Committed{Token: token, Err: err}) })
		case Reply:
			e.deliver(out)
		case ToAcquirer:
			e.acquirer.Take(out.Order, out.Effect)
		case ToPOI:
			e.poi.Tell(out.Order, out.Effect)
		case Alarm:
			e.log.Error("engine.alarm", "order", out.Order, "alarm", out.Text)
		}
	}
}

// maxInbox bounds what callers may let wait while the store is slow. They may give up, and what they
// asked for stays, so that the listener does not bound it.
const maxInbox = 16384

func (e *Engine) full() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.inbox) >= maxInbox
}

// put adds an input. The inbox holds what callers ask for (maxInbox), what links may have in the
// air (bounded by their queues) and commits in the air (bounded by the store).
func (e *Engine) put(in Input) {
	e.mu.Lock()
	if c, ok := in.(Committed); ok && c.Err != nil && e.fatal == nil {
		e.fatal = fmt.Errorf("engine: the store failed: %w", c.Err)
	}
	if !e.stopped {
		e.inbox = append(e.inbox, in)
	}
	e.mu.Unlock()
	e.Wake()
}

func (e *Engine) stop() {
	e.mu.Lock()
	e.stopped = true
	waiting := e.tickets
	e.tickets = make(map[Ticket]func(Reply))
	e.mu.Unlock()
	for t, hear := range waiting {
		hear(Reply{Ticket: t, Err: ErrStopped})
	}
}

func (e *Engine) deliver(r Reply) {
	e.mu.Lock()
	hear, ok := e.tickets[r.Ticket]
	delete(e.tickets, r.Ticket)
	e.mu.Unlock()
	if ok {
		hear(r)
	}
}

// ticket makes a ticket whose reply hear gets, from the engine's goroutine; it must not wait. The
// ticket is 0 once the engine has stopped.
func (e *Engine) ticket(hear func(Reply)) Ticket {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return 0
	}
	e.last++
	e.tickets[e.last] = hear
	return e.last
}

// ask puts an input with a ticket and waits. A caller that goes away cancels nothing.
func (e *Engine) ask(ctx context.Context, in func(Ticket) Input) Reply {
	if e.full() {
		return Reply{Reason: kassa.WorldBusy}
	}
	c := make(chan Reply, 1)
	t := e.ticket(func(r Reply) { c <- r })
	if t == 0 {
		return Reply{Err: ErrStopped}
	}
	e.put(in(t))
	select {
	case r := <-c:
		return r
	case <-ctx.Done():
		e.mu.Lock()
		delete(e.tickets, t)
		e.mu.Unlock()
		return Reply{Err: ctx.Err()}
	}
}

// Create makes an order, or gives the existing one when the same was asked before. The engine
// assigns n.Number. With POIBusy the order given is the one that has the terminal, or none when the
// terminal shows only what is started on it.
func (e *Engine) Create(ctx context.Context, n kassa.NewOrder) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input { return Create{Ticket: t, Order: n} })
	return r.Order, r.Reason, r.Err
}

// Pay makes an order whose card came through the door, and waits for its end: at most until the wait
// for the host is over. The same order again waits for the first one's end, or gets OrderFinished with
// it. A caller that goes away cancels nothing.
func (e *Engine) Pay(ctx context.Context, n kassa.NewOrder, card kassa.EnteredCard) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input { return Create{Ticket: t, Order: n, Card: &card} })
	return r.Order, r.Reason, r.Err
}

// Find gives the committed state of an order.
func (e *Engine) Find(_ context.Context, dialect, scope, ref string) (kassa.Order, bool, error) {
	stream, ok, err := e.store.Find(Ref(dialect, scope, ref))
	if err != nil || !ok {
		return kassa.Order{}, false, err
	}
	o, err := decodeOrder(stream)
	return o, err == nil, err
}

// Load gives the committed state of an order by its id.
func (e *Engine) Load(id string) (kassa.Order, bool, error) {
	stream, ok, err := e.store.Load("order/" + id)
	if err != nil || !ok {
		return kassa.Order{}, false, err
	}
	o, err := decodeOrder(stream)
	return o, err == nil, err
}

// Cancel cancels an order. While the host decides it waits for the winner: the answer is the
// cancelled order, or NotCancellable with the completed one.
func (e *Engine) Cancel(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: kassa.Cancel{}}
	})
	return r.Order, r.Reason, r.Err
}

// Claim gives an order that was made for no terminal in particular to the one that takes it up.
func (e *Engine) Claim(ctx context.Context, dialect, scope, ref string, claim kassa.Claim) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: claim}
	})
	return r.Order, r.Reason, r.Err
}

// Note replaces what a dialect keeps with an order.
func (e *Engine) Note(ctx context.Context, dialect, scope, ref string, note kassa.Note) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: note}
	})
	return r.Order, r.Reason, r.Err
}

// Refund accepts a refund and gives its number. Its way to the host is the engine's.
func (e *Engine) Refund(ctx context.Context, dialect, scope, ref string, ask kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: ask}
	})
	return r.Order, r.Number, r.Reason, r.Err
}

// CancelRefund undoes a refund. Its way to the host is the engine's; until the host has taken it back
// the refund counts.
func (e *Engine) CancelRefund(ctx context.Context, dialect, scope, ref string, number int64) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: kassa.CancelRefund{Number: number}}
	})
	return r.Order, r.Reason, r.Err
}

// Capture accepts a capture of what an order holds and gives its number, with CaptureRepeated that of
// the first. Its way to the host is the engine's.
func (e *Engine) Capture(ctx context.Context, dialect, scope, ref string, ask kassa.AskCapture) (kassa.Order, int64, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: ask}
	})
	return r.Order, r.Number, r.Reason, r.Err
}

// Increment asks the host to hold more for an order, by amount in minor units. The answer is that it was accepted; what
// the host says of it is in the order later (IncrementSettled). Its way to the host is the engine's.
func (e *Engine) Increment(ctx context.Context, dialect, scope, ref string, amount kassa.Money) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: kassa.AskIncrement{Amount: amount.Minor, Currency: amount.Currency}}
	})
	return r.Order, r.Reason, r.Err
}

// Settle gives an order's hold its final price: taken as far as the acquirer lets it, at most once, the rest released.
// The answer is that it was accepted; what it came to is in the order's Settlement once it is done (SettlementDone).
func (e *Engine) Settle(ctx context.Context, dialect, scope, ref string, price kassa.Money) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: kassa.Settle{Price: price.Minor, Currency: price.Currency}}
	})
	return r.Order, r.Reason, r.Err
}

// Release gives up what of an order's hold has not been captured.
func (e *Engine) Release(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error) {
	r := e.ask(ctx, func(t Ticket) Input {
		return ByRef{Ticket: t, Ref: Ref(dialect, scope, ref), Input: kassa.ReleaseHold{}}
	})
	return r.Order, r.Reason, r.Err
}

// Wake tells that the clock was moved on: deadlines are looked at anew.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// FromPOI gives an input on behalf of a terminal. It calls settled once what the input caused is
// durable, or it is known to cause nothing; never, when the engine stops before or cannot read the
// order: the terminal then tells it again after the next start.
func (e *Engine) FromPOI(tid, order string, in kassa.Input, settled func()) {
	t := e.ticket(func(r Reply) {
		if r.Err == nil {
			settled()
		}
	})
	e.put(FromPOI{Ticket: t, TID: tid, Order: order, Input: in})
}

// FromAcquirer gives an input on behalf of the acquirer's link.
func (e *Engine) FromAcquirer(order string, in kassa.Input) {
	e.put(FromAcquirer{Order: order, Input: in})
}

// POIMode tells whether a terminal shows only what is started on it.
func (e *Engine) POIMode(tid string, own bool) { e.put(POIMode{TID: tid, Own: own}) }

// POIConnected tells that a terminal's link opened, and which exchanges it remembers as open.
func (e *Engine) POIConnected(tid, poiid string, open []string) {
	e.put(POIConnected{TID: tid, POIID: poiid, Open: open})
}
