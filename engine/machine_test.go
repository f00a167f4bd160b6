package engine_test

import (
	"fmt"
	"testing"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/sim/disk"
)

// rig drives a Machine over the simulated disk: what it sends is kept, commits become durable when
// the test says so.
type rig struct {
	t       *testing.T
	disk    *disk.Disk
	m       *engine.Machine
	now     time.Time
	sent    []any // kassa.Effect
	replies map[engine.Ticket]engine.Reply
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, disk: disk.New(), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	r.boot()
	return r
}

func (r *rig) boot() {
	r.t.Helper()
	r.replies = make(map[engine.Ticket]engine.Reply)
	r.sent = nil
	m, out, err := engine.NewMachine(r.now, r.disk, true)
	if err != nil {
		r.t.Fatal(err)
	}
	r.m = m
	r.do(out)
}

// crash loses what is not durable and starts again.
func (r *rig) crash() {
	r.disk = r.disk.Crash()
	r.boot()
}

func (r *rig) do(out []engine.Output) {
	for _, o := range out {
		switch o := o.(type) {
		case engine.Commit:
			m := r.m
			r.disk.Submit(o.Batch, func(_ journalReceipt, err error) {
				if err != nil {
					r.t.Fatalf("commit failed: %v", err)
				}
				if m == r.m {
					r.do(m.Handle(r.now, engine.Committed{Token: o.Token}))
				}
			})
		case engine.Reply:
			r.replies[o.Ticket] = o
		case engine.ToAcquirer:
			r.sent = append(r.sent, o.Effect)
		case engine.ToPOI:
			r.sent = append(r.sent, o.Effect)
		case engine.Alarm:
			r.t.Fatalf("alarm: %s", o.Text)
		}
	}
}

func (r *rig) give(in engine.Input) { r.do(r.m.Handle(r.now, in)) }

func (r *rig) flush() {
	for r.disk.Waiting() > 0 {
		r.disk.Flush(r.disk.Waiting())
	}
}

// all gives an input and lets everything become durable.
func (r *rig) all(in engine.Input) { r.give(in); r.flush() }

func newOrder(ref, tid string) kassa.NewOrder {
	return kassa.NewOrder{
		Dialect: "multisafepay", Account: "1", Scope: "107265", Ref: ref, Fingerprint: ref, Environment: "test",
		TID: tid, MID: "000000000000001", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR},
	}
}

func (r *rig) create(ticket engine.Ticket, ref, tid string) {
	r.give(engine.Create{Ticket: ticket, Order: newOrder(ref, tid)})
}

func (r *rig) made(ref, tid string) kassa.Order {
	r.t.Helper()
	r.create(1, ref, tid)
	r.flush()
	reply, ok := r.replies[1]
	if !ok || reply.Err != nil || reply.Reason != kassa.None {
		r.t.Fatalf("create %s: %+v", ref, reply)
	}
	return reply.Order
}

func (r *rig) load(o kassa.Order) kassa.Order {
	r.t.Helper()
	stream, ok, err := r.disk.Find(engine.Ref(o.Dialect, o.Scope, o.Ref))
	if err != nil || !ok {
		r.t.Fatalf("order %s is not stored", o.Ref)
	}
	return decode(r.t, stream.State)
}

func tap(request int, counter int) kassa.Authorise {
	return kassa.Authorise{
		Request: request, Entry: kassa.Contactless,
		Card:   kassa.CardFacts{BIN: "476173", Last4: "0004", Brand: "VISA"},
		Sealed: kassa.SealedCard{KSN: fmt.Sprintf("1122334455667788%08X", counter), Track2: []byte{1}},
	}
}

func (r *rig) poi(o kassa.Order, in kassa.Input) {
	r.all(engine.FromPOI{TID: o.TID, Order: o.ID(), Input: in})
}

func (r *rig) host(o kassa.Order, in kassa.Input) {
	r.all(engine.FromAcquirer{Order: o.ID(), Input: in})
}

func approved(request int) kassa.HostAnswered {
	return kassa.HostAnswered{
		Request: request, ResponseCode: "00", AuthCode: "705151", Approved: kassa.Money{Minor: 1250, Currency: kassa.EUR},
	}
}

func count[E any](r *rig) int {
	n := 0
	for _, e := range r.sent {
		if _, ok := e.(E); ok {
			n++
		}
	}
	return n
}

func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	r := newRig(t)
	r.create(1, "a", "00000ABC")
	if len(r.sent) > 0 || len(r.replies) > 0 {
		t.Fatalf("before the commit: sent %v, answered %v", r.sent, r.replies)
	}
	r.flush()
	if count[kassa.Offer](r) != 1 || len(r.replies) != 1 {
		t.Fatalf("after the commit: sent %v, answered %v", r.sent, r.replies)
	}
	o := r.replies[1].Order
	r.poi(o, kassa.ScreenShown{Screen: "presentCard"})
	r.give(engine.FromPOI{TID: o.TID, Order: o.ID(), Input: tap(1, 1)})
	if count[kassa.SendAuthorisation](r) != 0 {
		t.Fatal("the authorisation left before its identity was durable")
	}
	r.flush()
	if count[kassa.SendAuthorisation](r) != 1 {
		t.Fatal("the authorisation did not leave")
	}
}

func TestSameOrderHundredTimesAtOnce(t *testing.T) {
	r := newRig(t)
	for i := range 100 {
		r.create(engine.Ticket(i+1), "demo-1", "00000ABC")
	}
	r.flush()
	first := r.replies[1].Order
	for i := range 100 {
		reply := r.replies[engine.Ticket(i+1)]
		if reply.Err != nil || reply.Reason != kassa.None || reply.Order.Number != first.Number {
			t.Fatalf("answer %d: %+v", i, reply)
		}
	}
	if n := count[kassa.Offer](r); n != 1 {
		t.Fatalf("offered %d times", n)
	}
	other := newOrder("demo-1", "00000ABC")
	other.Fingerprint = "other"
	r.all(engine.Create{Ticket: 200, Order: other})
	if got := r.replies[200].Reason; got != kassa.DuplicateOrder {
		t.Fatalf("another body: %q", got)
	}
}

func TestOrdersOfOneTerminalTakeTurns(t *testing.T) {
	r := newRig(t)
	a, b, c := r.made("a", "00000ABC"), r.made("b", "00000ABC"), r.made("c", "00000ABC")
	elsewhere := r.made("d", "00000ABD")
	if a.Status != kassa.Offered || b.Status != kassa.Waiting || c.Status != kassa.Waiting || elsewhere.Status != kassa.Offered {
		t.Fatalf("statuses %s %s %s %s", a.Status, b.Status, c.Status, elsewhere.Status)
	}
	// b is cancelled in the instant at which a frees the terminal: c gets it.
	r.give(engine.ByRef{Ticket: 7, Ref: engine.Ref("multisafepay", "107265", "b"), Input: kassa.Cancel{}})
	r.poi(a, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	if got := r.load(c).Status; got != kassa.Offered {
		t.Fatalf("c is %s", got)
	}
	if got := r.load(b); got.Status != kassa.Cancelled || r.replies[7].Order.Status != kassa.Cancelled {
		t.Fatalf("b is %s", got.Status)
	}
}

func TestAnotherTerminalCannotActOnAnOrder(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.all(engine.FromPOI{TID: "00000ABD", Order: o.ID(), Input: kassa.POIEnded{Reason: kassa.CancelledAtPOI}})
	if got := r.load(o).Status; got != kassa.Offered {
		t.Fatalf("the order is %s", got)
	}
}

func TestReconnectedTerminalIsAskedAgain(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.give(engine.POIConnected{TID: o.TID, Open: []string{o.ID()}})
	if n := count[kassa.Offer](r); n != 2 {
		t.Fatalf("offered %d times: it has not said that it shows the order", n)
	}
	r.poi(o, kassa.ScreenShown{Screen: "presentCard"})
	r.give(engine.POIConnected{TID: o.TID, Open: []string{o.ID()}})
	if n := count[kassa.Offer](r); n != 2 {
		t.Fatalf("offered %d times: it shows the order", n)
	}
	r.give(engine.POIConnected{TID: o.TID})
	if n := count[kassa.Offer](r); n != 3 {
		t.Fatalf("offered %d times: it does not remember the order", n)
	}
	r.poi(o, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	r.give(engine.POIConnected{TID: o.TID, Open: []string{o.ID(), "ZZZZ"}})
	if n := count[kassa.TellDecision](r); n != 2 {
		t.Fatalf("%d decisions: one for the order that has ended, one for the order that never was", n)
	}
}

func TestCancelDuringAuthorisationWaitsForTheWinner(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.poi(o, tap(1, 1))
	r.all(engine.ByRef{Ticket: 9, Ref: engine.Ref("multisafepay", "107265", "a"), Input: kassa.Cancel{}})
	if _, answered := r.replies[9]; answered {
		t.Fatal("the cancel was answered before the host had decided")
	}
	r.host(o, approved(1))
	if got := r.replies[9]; got.Reason != kassa.NotCancellable || got.Order.Status != kassa.Completed {
		t.Fatalf("the cancel got %s, order %s", got.Reason, got.Order.Status)
	}
}

func TestReplayedCounterNeverReachesTheHost(t *testing.T) {
	r := newRig(t)
	a := r.made("a", "00000ABC")
	r.poi(a, tap(1, 5))
	r.host(a, approved(1))
	b := r.made("b", "00000ABC")
	r.crash()
	r.poi(b, tap(1, 5))
	if count[kassa.SendAuthorisation](r) != 0 {
		t.Fatal("a used DUKPT counter reached the host")
	}
	r.poi(b, tap(2, 6))
	if count[kassa.SendAuthorisation](r) != 1 {
		t.Fatal("a fresh counter did not reach the host")
	}
}

func TestNumbersNeverRepeat(t *testing.T) {
	r := newRig(t)
	seen := map[int64]bool{}
	stans := map[string]bool{}
	for i := range 20 {
		o := r.made(fmt.Sprint("o", i), "00000ABC")
		r.poi(o, tap(1, i+1))
		o = r.load(o)
		auth := o.Attempt().Last()
		if seen[o.Number] || seen[o.Attempt().Number] || stans[auth.STAN] {
			t.Fatalf("a number came twice: order %d, attempt %d, STAN %s", o.Number, o.Attempt().Number, auth.STAN)
		}
		seen[o.Number], seen[o.Attempt().Number], stans[auth.STAN] = true, true, true
		r.host(o, approved(1))
		if i%3 == 0 {
			r.now = r.now.Add(-24 * time.Hour) // the clock is set back while Kassa is down
			r.crash()
		}
	}
}

// TestCrashAtEveryCommit plays a payment and a refund, and dies after each number of commits and
// with the rest in the air. The order always ends, at most one authorisation leaves, and an
// authorisation that may have left is either answered or reversed.
func TestCrashAtEveryCommit(t *testing.T) {
	for crashAt := range 12 {
		t.Run(fmt.Sprint(crashAt), func(t *testing.T) {
			r := newRig(t)
			left := 0
			script := []engine.Input{
				engine.Create{Ticket: 1, Order: newOrder("a", "00000ABC")},
				nil, nil, nil, nil,
			}
			id := kassa.FormatID(r.now.UnixMicro())
			script[1] = engine.FromPOI{TID: "00000ABC", Order: id, Input: kassa.ScreenShown{Screen: "presentCard"}}
			script[2] = engine.FromPOI{TID: "00000ABC", Order: id, Input: tap(1, 1)}
			script[3] = engine.FromAcquirer{Order: id, Input: approved(1)}
			script[4] = engine.ByRef{Ticket: 2, Ref: engine.Ref("multisafepay", "107265", "a"), Input: kassa.AskRefund{Amount: 100, Currency: kassa.EUR}}
			for i, in := range script {
				r.give(in)
				if crashAt == 2*i {
					left += count[kassa.SendAuthorisation](r)
					r.crash()
				}
				r.flush()
				if crashAt == 2*i+1 {
					left += count[kassa.SendAuthorisation](r)
					r.crash()
				}
				r.flush()
			}
			left += count[kassa.SendAuthorisation](r)
			if left > 1 {
				t.Fatalf("%d authorisations left", left)
			}
			r.heal(t, id)
		})
	}
}

// heal answers what is owed and lets deadlines pass, until the order is closed.
func (r *rig) heal(t *testing.T, id string) {
	t.Helper()
	for range 10 {
		stream, ok, _ := r.disk.Load("order/" + id)
		if !ok || !stream.Open {
			return
		}
		o := decode(t, stream.State)
		for _, e := range o.Owed() {
			switch e := e.(type) {
			case kassa.SendReversal:
				r.host(o, kassa.ReversalAnswered{Request: e.Auth.Request, ResponseCode: "00"})
			case kassa.SendRefund:
				r.host(o, kassa.RefundAnswered{Number: e.Refund.Number, ResponseCode: "00"})
			}
		}
		r.now = r.now.Add(10 * time.Minute)
		r.all(engine.Tick{})
	}
	t.Fatal("the order never closes")
}
