package host_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa/iso8583"
	"kassa/virtual/host"
)

// increment raises a hold.
func (b *bench) increment(hold *iso8583.Message, amount int64) *iso8583.Message {
	msg := b.capture(hold, amount)
	msg.MTI = "0100"
	b.private(msg, hold, iso8583.TagIncrement)
	return msg
}

// over is a capture that may be above its hold.
func (b *bench) over(hold *iso8583.Message, amount int64) *iso8583.Message {
	msg := b.capture(hold, amount)
	b.private(msg, hold, iso8583.TagOverCommit)
	return msg
}

func (b *bench) private(msg, hold *iso8583.Message, tag string) {
	msg.Set(48, iso8583.Private{iso8583.TagLifecycle: "LIFE1", iso8583.TagOriginalRRN: hold.Get(37), tag: "1"}.String())
}

// partial gives back what is above kept of all that is held.
func (b *bench) partial(hold *iso8583.Message, all, kept int64) *iso8583.Message {
	msg := b.release(hold, all)
	msg.Set(95, iso8583.FormatReplacement(kept))
	return msg
}

// holdNow is the newest hold as the ledger has it.
func (b *bench) holdNow() host.HoldLine {
	all := b.m.Holds()
	return all[len(all)-1]
}

func TestIncrements(t *testing.T) {
	b := newBench(t)
	h := b.hold(use{amount: 5000})
	b.want("hold", h, "00", 0, 5000)
	n := b.increment(h, 1000)
	b.want("increment", n, "00", 0, 6000)
	b.want("again", again(n), "00", 0, 6000)
	b.want("twice", n, "94", 0, 6000)
	b.want("a second one, whose first was lost", again(b.increment(h, 500)), "00", 0, 6500)
	b.want("reversal of an increment", b.undone(n), "12", 0, 6500)
	b.want("more than a host takes", b.increment(h, 100_000_001), "12", 0, 6500)
	b.handle(host.SetHoldRules{Rules: host.HoldRules{NoIncrements: true}})
	b.want("none are served", b.increment(h, 1), "57", 0, 6500)
	b.want("capture of all", b.capture(h, 6000), "00", 6000, 500)
	b.want("increment of what is taken in part", b.increment(h, 100), "00", 6000, 600)
	b.want("partial reversal with another idea of the hold", b.partial(h, 6500, 6000), "13", 6000, 600)
	b.want("and of what was taken", b.partial(h, 6600, 5999), "13", 6000, 600)
	p := b.partial(h, 6600, 6000)
	b.want("partial reversal", p, "00", 6000, 0)
	b.want("again", again(p), "00", 6000, 0)
	b.want("increment after it", b.increment(h, 1), "12", 6000, 0)
	got := b.holdNow()
	want := host.HoldLine{
		Lifecycle: "LIFE1", TID: got.TID, STAN: h.Get(11), RRN: h.Get(37), Last4: got.Last4, Currency: "EUR", Asked: 5000, Held: 6600,
		Increments: []int64{1000, 500, 100}, Captured: 6000, Released: 600, Refused: []int64{}, State: "released",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCapturesAboveTheHold(t *testing.T) {
	b := newBench(t)
	rules := func(h host.HoldRules) { b.handle(host.SetHoldRules{Rules: h}) }
	h := b.hold(use{amount: 5000})
	b.want("hold", h, "00", 0, 5000)
	b.want("flagged, without a rule", b.over(h, 5001), "13", 0, 5000)
	rules(host.HoldRules{OverMost: 500})
	b.want("not flagged", b.capture(h, 5500), "13", 0, 5000)
	rules(host.HoldRules{OverMost: 500, OverPercent: 9})
	b.want("above the cap", b.over(h, 5501), "13", 0, 5000)
	rules(host.HoldRules{OverPercent: 10})
	c := b.over(h, 5500)
	b.want("at the cap", c, "00", 5500, 0)
	b.want("again", again(c), "00", 5500, 0)
	rules(host.HoldRules{OverPercent: 10})
	b.want("once more", b.over(h, 100), "12", 5500, 0)
	b.want("release of less than nothing", b.partial(h, 5000, 5500), "12", 5500, 0)
	b.want("all of it back", b.refund(c, 5500), "00", 0, 0)
	if got := b.holdNow(); got.Captured != 5500 || got.Held != 5000 || got.Released != 0 || got.Refunded != 5500 || len(got.Refused) != 4 {
		t.Errorf("the ledger has %+v", got)
	}
	h = b.hold(use{amount: 5000})
	b.want("another hold", h, "00", 0, 5000)
	b.handle(host.SetFault{Fault: host.Fault{Kind: host.FaultRefuseCapture, Code: "57"}})
	b.want("refused by hand", b.capture(h, 5000), "57", 0, 5000)
	b.want("and taken then", b.capture(h, 5000), "00", 5000, 0)
}

func TestAHoldRunsOut(t *testing.T) {
	b := newBench(t)
	b.handle(host.SetHoldRules{Rules: host.HoldRules{HoldSeconds: 3600}})
	h := b.hold(use{amount: 5000})
	if rc := b.send(h).rc(t); rc != "00" {
		t.Fatal(rc)
	}
	due, ok := b.m.NextDue()
	if !ok || due.Sub(b.now) > time.Hour {
		t.Fatalf("the next instant is %s", due)
	}
	b.now = b.now.Add(time.Hour)
	b.handle(host.Tick{})
	if got := b.holdNow(); got.State != host.StateExpired || got.Released != 5000 || b.held("visa:000") != 0 {
		t.Errorf("the ledger has %+v, %d is held", got, b.held("visa:000"))
	}
	if _, waits := b.m.NextDue(); waits {
		t.Error("something is due after it")
	}
	b.restart()
	b.want("capture after it", b.capture(h, 5000), "12", 0, 0)
	b.want("release after it", b.release(h, 5000), "25", 0, 0)
	if got := b.holdNow(); got.State != host.StateExpired {
		t.Errorf("the ledger has %+v", got)
	}
}
