package charging

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"kassa"
	"kassa/journal"
)

// Money is what the engine does with a hold; *engine.Engine is one. Each call is good for one order and
// may be repeated.
type Money interface {
	Find(ctx context.Context, dialect, scope, ref string) (kassa.Order, bool, error)
	Increment(ctx context.Context, dialect, scope, ref string, amount kassa.Money) (kassa.Order, kassa.Reason, error)
	Settle(ctx context.Context, dialect, scope, ref string, price kassa.Money) (kassa.Order, kassa.Reason, error)
	Release(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error)
	Refund(ctx context.Context, dialect, scope, ref string, ask kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error)
}

// Operator calls the charge point operator of a session. A definite refusal is a *Refused; any other error
// leaves the outcome unknown.
type Operator interface {
	// Start gives how many seconds the operator asks to wait for the result, 0 when it names none.
	Start(ctx context.Context, s Session) (timeout int, err error)
	Stop(ctx context.Context, s Session, sessionID string) error
	// Seek gives the operator's session, nil when it has none.
	Seek(ctx context.Context, s Session, since time.Time) (*Report, error)
	CDRs(ctx context.Context, s Session, since time.Time) ([]CDR, error)
	Confirm(ctx context.Context, s Session, c Confirmation) error
}

// Terminals are the points of sale.
type Terminals interface {
	// Authorise makes the order of the session at its terminal: the same one again is not made twice.
	Authorise(ctx context.Context, s Session) (kassa.Order, kassa.Reason, error)
	// Sells lists what a terminal sells, as it was last heard of; Fresh asks the operator for an EVSE's status.
	Sells(ctx context.Context, poiid string) ([]Sale, error)
	Fresh(ctx context.Context, s Sale) (status string, err error)
	// Show tells the terminal how a session stands; it may be lost.
	Show(s Session)
}

// Orders is the journal as far as it is followed.
type Orders interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Watch(ctx context.Context) <-chan struct{}
	Last() uint64
	Load(stream string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
}

// Keeper runs the sessions: it does what they owe, brings back what came of it, and follows the orders.
type Keeper struct {
	Book     *Book
	Orders   Orders
	Money    Money
	Operator Operator
	POI      Terminals
	Now      func() time.Time
	Random   io.Reader
	Log      *slog.Logger

	mu   sync.Mutex
	ctx  context.Context // of Run; nil before and after
	work sync.WaitGroup
	wake chan struct{}
	slow chan struct{} // a place for each effect under way

	others map[string]bool // streams of orders that are no session's, as far as the follower knows
}

// Limits of the shell.
const (
	maxUnderWay = 64
	maxOthers   = 10_000                 // orders
	pollEvery   = 500 * time.Millisecond // when nudges are lost
	effectTime  = 30 * time.Second
	entriesPage = 200
)

// Run works until ctx ends or the store fails; the error is nil in the first case.
func (k *Keeper) Run(ctx context.Context) error {
	k.mu.Lock()
	k.ctx, k.wake, k.slow, k.others = ctx, make(chan struct{}, 1), make(chan struct{}, maxUnderWay), make(map[string]bool)
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		k.ctx = nil
		k.mu.Unlock()
		k.work.Wait()
	}()
	read := k.Orders.Last()
	find := func(s Session) (kassa.Order, bool, error) { return k.Money.Find(ctx, Dialect, s.Group, s.Ref) }
	if err := k.Book.Rearm(ctx, k.Now(), find, k.do); err != nil {
		return stopped(ctx, err)
	}
	if err := k.rereadOrders(ctx); err != nil {
		return stopped(ctx, err)
	}
	nudges := k.Orders.Watch(ctx)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		var err error
		if read, err = k.follow(ctx, read); err != nil {
			return stopped(ctx, err)
		}
		refs, _ := k.Book.Due(k.Now())
		for _, ref := range refs {
			if _, err := k.Give(ctx, ref, Tick{}); err != nil {
				return stopped(ctx, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-k.wake:
		case <-nudges:
		case <-tick.C:
		}
	}
}

// rereadOrders brings the open orders to their sessions, those that have ended among them: a hold that was
// made after its session had been given up must not stay.
func (k *Keeper) rereadOrders(ctx context.Context) error {
	var streams []string
	err := k.Orders.OpenStreams("order", func(s journal.Stream) error {
		streams = append(streams, s.ID)
		return nil
	})
	for _, s := range streams {
		if err == nil {
			err = k.orderMoved(ctx, s)
		}
	}
	return err
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, journal.ErrClosed) {
		return nil
	}
	return err
}

// Wake tells that the clock was moved on: deadlines are looked at anew.
func (k *Keeper) Wake() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ctx == nil {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// follow brings what orders say to their sessions. An order is read whole, so that it does not matter
// which of its facts brought it here.
func (k *Keeper) follow(ctx context.Context, read uint64) (uint64, error) {
	for {
		page, err := k.Orders.Entries(read, entriesPage)
		if err != nil || len(page) == 0 {
			return read, err
		}
		seen := make(map[string]bool)
		for _, e := range page {
			read = e.Seq
			if journal.Kind(e.Stream) == "order" && speaks(e.Kind) && !seen[e.Stream] && !k.elsewhere(e) {
				seen[e.Stream] = true
				if err := k.orderMoved(ctx, e.Stream); err != nil {
					return read, err
				}
			}
		}
	}
}

// elsewhere tells whether a fact is of an order that another door made: such ones are most, and are not read whole
// for each of their facts. Only the follower calls it.
func (k *Keeper) elsewhere(e journal.Entry) bool {
	if e.Kind != "OrderCreated" {
		return k.others[e.Stream]
	}
	var made struct{ Order struct{ Dialect string } }
	if json.Unmarshal(e.Payload, &made) != nil || made.Order.Dialect == Dialect {
		return false
	}
	if len(k.others) >= maxOthers {
		clear(k.others) // those that go on are read once for each fact, and found to be others'
	}
	k.others[e.Stream] = true
	return true
}

// speaks tells whether a fact of an order may say something new to its session.
func speaks(kind string) bool {
	switch kind {
	case "OrderCreated", "OrderCompleted", "OrderCancelled", "OrderExpired", "OrderParked", "IncrementAsked", "IncrementSettled",
		"SettlementTaken", "SettlementDone", "HoldClosed", "ReleaseAcknowledged", "RefundTaken", "RefundSettled", "RefundVoidSettled":
		return true
	}
	return false
}

func (k *Keeper) orderMoved(ctx context.Context, stream string) error {
	o, ok, err := loadOrder(k.Orders, stream)
	if err != nil || !ok || o.Dialect != Dialect {
		return err
	}
	_, err = k.Give(ctx, o.Ref, OrderSeen{View: ViewOf(o)})
	return err
}

// Give gives a session an input and does what it owes because of it. A refusal is told in the log only.
func (k *Keeper) Give(ctx context.Context, ref string, in Input) (Session, error) {
	s, effects, err := k.Book.Take(ctx, k.Now(), ref, in)
	if refused := (*Refused)(nil); errors.As(err, &refused) {
		k.Log.Warn("charging.refused", "session", ref, "why", refused.Text)
		return s, nil
	}
	if err != nil {
		return s, err
	}
	k.do(s, effects)
	return s, nil
}

// do carries out effects without waiting. What is not done when the process ends is owed after its restart.
func (k *Keeper) do(s Session, effects []Effect) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range effects {
		switch e := e.(type) {
		case Alert:
			k.Log.Error("charging.alert", "session", s.Ref, "alert", e.Text)
			continue
		case Show:
			k.POI.Show(s)
			continue
		}
		if k.ctx == nil || k.ctx.Err() != nil {
			continue
		}
		ctx := k.ctx
		k.work.Go(func() {
			select {
			case k.slow <- struct{}{}:
			case <-ctx.Done():
				return
			}
			defer func() { <-k.slow }()
			k.carry(ctx, s, e)
		})
	}
}

// carry does one effect and gives the session what came of it.
func (k *Keeper) carry(ctx context.Context, s Session, e Effect) {
	call, cancel := context.WithTimeout(ctx, effectTime)
	defer cancel()
	for _, in := range Carry(call, s, e, k.Money, k.Operator, k.POI) {
		if ctx.Err() != nil {
			return // a call that was cut off by our own end says nothing
		}
		if _, err := k.Give(ctx, s.Ref, in); err != nil && stopped(ctx, err) != nil {
			k.Log.Error("charging.keep", "session", s.Ref, "error", err)
		}
	}
}
