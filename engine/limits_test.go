package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/engine"
	"kassa/journal"
	"kassa/sim/disk"
)

var orderA = engine.Ref("multisafepay", "107265", "a")

// TestWhatALinkReportsIsNeverRefused: callers may be told that too much is waiting; what the host
// said is said once, and a refund that never hears it stays owed.
func TestWhatALinkReportsIsNeverRefused(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.poi(o, tap(1, 1))
	r.host(o, approved(1))
	r.all(engine.ByRef{Ticket: 2, Ref: orderA, Input: kassa.AskRefund{Amount: 100, Currency: kassa.EUR}})
	refund := r.replies[2].Number
	r.give(engine.ByRef{Ticket: 3, Ref: orderA, Input: kassa.AskRefund{Amount: 200, Currency: kassa.EUR}})
	busy := 0
	for i := range 3000 {
		r.give(engine.ByRef{Ticket: engine.Ticket(10 + i), Ref: orderA, Input: kassa.Cancel{}})
		if r.replies[engine.Ticket(10+i)].Reason == kassa.WorldBusy {
			busy++
		}
	}
	if busy == 0 {
		t.Fatal("what waits for one order has no limit")
	}
	r.give(engine.FromAcquirer{Order: o.ID(), Input: kassa.RefundAnswered{Number: refund, ResponseCode: "00"}})
	r.flush()
	if got := r.load(o).Refunds[0].Status; got != kassa.RefundCompleted {
		t.Fatalf("the refund that the host posted is %s", got)
	}
}

func TestCancelsThatWaitHaveALimit(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.poi(o, tap(1, 1))
	for i := range 3000 {
		r.all(engine.ByRef{Ticket: engine.Ticket(10 + i), Ref: orderA, Input: kassa.Cancel{}})
	}
	if len(r.replies) == 1 {
		t.Fatal("3000 cancels wait for one order")
	}
	r.host(o, approved(1))
	for i := range 3000 {
		if got := r.replies[engine.Ticket(10+i)].Reason; got != kassa.NotCancellable && got != kassa.WorldBusy {
			t.Fatalf("cancel %d got %q", i, got)
		}
	}
}

// TestATerminalHasSoManyKeys: one that names a new key each time would grow its state without end.
func TestATerminalHasSoManyKeys(t *testing.T) {
	r := newRig(t)
	for i := range 300 {
		o := r.made(fmt.Sprint("o", i), "00000ABC")
		in := tap(1, 1)
		in.Sealed.KSN = fmt.Sprintf("%016X%08X", i+1, 1)
		r.poi(o, in)
		r.host(o, approved(1))
		if left := count[kassa.SendAuthorisation](r); left != min(i+1, 256) {
			t.Fatalf("%d authorisations left after %d keys", left, i+1)
		}
		r.poi(o, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	}
	o := r.made("known", "00000ABC")
	in := tap(1, 1)
	in.Sealed.KSN = fmt.Sprintf("%016X%08X", 1, 2)
	r.poi(o, in)
	if left := count[kassa.SendAuthorisation](r); left != 257 {
		t.Fatal("a key that is known does not work any more")
	}
}

// TestAfterARestartTheReversalComesFirst: what a dead process may have sent is reversed before the
// next order of that terminal is even offered.
func TestAfterARestartTheReversalComesFirst(t *testing.T) {
	r := newRig(t)
	a, b := r.made("a", "00000ABC"), r.made("b", "00000ABC")
	r.poi(a, tap(1, 1))
	r.crash()
	r.give(engine.FromPOI{TID: b.TID, Order: b.ID(), Input: tap(1, 2)})
	r.flush()
	if count[kassa.SendAuthorisation](r) != 0 {
		t.Fatal("an authorisation left before its order was offered")
	}
	var money []string
	for _, e := range r.sent {
		switch e.(type) {
		case kassa.SendReversal, kassa.Offer:
			money = append(money, fmt.Sprintf("%T", e))
		}
	}
	if diff := cmp.Diff([]string{"kassa.SendReversal", "kassa.Offer"}, money); diff != "" {
		t.Error(diff)
	}
	if r.load(b).Status != kassa.Offered || r.load(a).End != kassa.NotCompleted {
		t.Errorf("the orders are %s and %s", r.load(a).Status, r.load(b).Status)
	}
}

// TestAnEndedOrderWantsNoTick: a lifetime may be a year, and the order over in a minute.
func TestAnEndedOrderWantsNoTick(t *testing.T) {
	r := newRig(t)
	n := newOrder("a", "00000ABC")
	n.Lifetime = 365 * 24 * time.Hour
	r.all(engine.Create{Ticket: 1, Order: n})
	if due, ok := r.m.NextDue(); !ok || !due.Equal(r.now.Add(n.Lifetime)) {
		t.Fatalf("its lifetime ends at %s", due)
	}
	r.poi(r.replies[1].Order, kassa.ScreenShown{Screen: "presentCard"})
	if due, ok := r.m.NextDue(); !ok || !due.Equal(r.now.Add(kassa.DefaultInactivity)) {
		t.Fatalf("nobody acts until %s", due)
	}
	r.all(engine.ByRef{Ticket: 2, Ref: orderA, Input: kassa.Cancel{}})
	if due, ok := r.m.NextDue(); ok {
		t.Fatalf("an order that has ended is kept until %s", due)
	}
}

// blind is a store that cannot read orders any more.
type blind struct{ *disk.Disk }

func (blind) Load(id string) (journal.Stream, bool, error) {
	if strings.HasPrefix(id, "order/") {
		return journal.Stream{}, false, errors.New("input/output error")
	}
	return journal.Stream{}, false, nil
}

// TestAnOrderThatCannotBeReadIsNotUnknown: a terminal that was told so would show a payment that
// stands as cancelled.
func TestAnOrderThatCannotBeReadIsNotUnknown(t *testing.T) {
	r := newRig(t)
	m, _, err := engine.NewMachine(r.now, blind{r.disk}, true)
	if err != nil {
		t.Fatal(err)
	}
	out := slices.Concat(
		m.Handle(r.now, engine.FromPOI{Ticket: 1, TID: "00000ABC", Order: "ABC", Input: kassa.CardCompleted{Request: 1}}),
		m.Handle(r.now, engine.POIConnected{TID: "00000ABC", Open: []string{"ABC"}}),
		m.Handle(r.now, engine.FromAcquirer{Order: "ABC", Input: kassa.LateAnswer{Request: 1, Approved: true}}),
	)
	alarms := 0
	for _, o := range out {
		switch o := o.(type) {
		case engine.ToPOI:
			t.Errorf("the terminal is told %+v", o.Effect)
		case engine.Reply:
			if o.Err == nil {
				t.Error("the terminal's frame would be acknowledged")
			}
		case engine.Alarm:
			alarms++
		}
	}
	if alarms != 3 {
		t.Errorf("%d alarms", alarms)
	}
}

// TestABugParksTheOrder: a stored order that breaks an invariant (completed, and nothing was paid)
// is taken out of service, and its caller does not hear that a refund was accepted.
func TestABugParksTheOrder(t *testing.T) {
	r := newRig(t)
	broken := kassa.Order{NewOrder: newOrder("a", "00000ABC"), Status: kassa.Completed, EndedAt: r.now}
	broken.Number = 42
	state, err := json.Marshal(broken)
	if err != nil {
		t.Fatal(err)
	}
	r.disk.Submit(journal.Batch{{Stream: "order/" + broken.ID(), State: state, Ref: orderA}}, func(_ journalReceipt, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
	r.flush()
	m, _, err := engine.NewMachine(r.now, r.disk, false)
	if err != nil {
		t.Fatal(err)
	}
	out := m.Handle(r.now, engine.ByRef{Ticket: 1, Ref: orderA, Input: kassa.AskRefund{Amount: 100, Currency: kassa.EUR}})
	if _, ok := out[0].(engine.Alarm); !ok || len(out) != 2 {
		t.Fatalf("outputs %+v", out)
	}
	out = m.Handle(r.now, engine.Committed{Token: out[1].(engine.Commit).Token})
	if reply, ok := out[0].(engine.Reply); !ok || reply.Reason != kassa.OutOfTurn || reply.Order.Parked == "" {
		t.Fatalf("the caller hears %+v", out)
	}
}

// stuck is a store whose disk does not answer.
type stuck struct {
	*disk.Disk
	until chan struct{}
}

func (s stuck) Submit(journal.Batch, func(journal.Receipt, error)) { <-s.until }

func TestCallersOfASlowStoreAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := stuck{disk.New(), make(chan struct{})}
		edges := &edges{sent: map[string]int{}}
		e, err := engine.New(store, edges, edges, time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		gone, leave := context.WithCancel(t.Context())
		leave() // nobody has the patience to wait
		refused := false
		for range 100_000 {
			_, reason, err := e.Create(gone, newOrder("a", "00000ABC"))
			if refused = reason == kassa.WorldBusy && err == nil; refused {
				break
			}
		}
		if !refused {
			t.Error("100000 callers who left are still in the inbox")
		}
		cancel()
		close(store.until)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	})
}
