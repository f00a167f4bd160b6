package engine_test

import (
	"testing"

	"kassa"
	"kassa/engine"
)

// TestAnOrderForNoTerminalIsTakenUpOnce: of two terminals that take the same order up at once, one gets
// it, over a crash too, and the other is told.
func TestAnOrderForNoTerminalIsTakenUpOnce(t *testing.T) {
	r := newRig(t)
	o := r.made("web-1", "")
	if o.Status != kassa.Unclaimed || count[kassa.Offer](r) != 0 {
		t.Fatalf("made: %s, %d offers", o.Status, count[kassa.Offer](r))
	}
	r.crash()
	claim := func(ticket engine.Ticket, tid string) {
		r.give(engine.ByRef{Ticket: ticket, Ref: engine.Ref("multisafepay", "107265", "web-1"), Input: kassa.Claim{
			POIID: "P2-" + tid, TID: tid, MID: "000000000000001", Origin: kassa.FromWebApp,
		}})
	}
	claim(2, "00000ABC")
	claim(3, "00000ABD")
	r.flush()
	if got := r.replies[2]; got.Reason != kassa.None || got.Order.TID != "00000ABC" || got.Order.Status != kassa.Offered {
		t.Fatalf("the first: %+v", got)
	}
	if got := r.replies[3]; got.Reason != kassa.ClaimedElsewhere {
		t.Fatalf("the second: %q", got.Reason)
	}
	if n := count[kassa.Offer](r); n != 1 {
		t.Fatalf("offered %d times", n)
	}
	r.crash()
	if n := count[kassa.Offer](r); n != 1 {
		t.Fatalf("after a crash offered %d times", n)
	}
	next := r.made("b", "00000ABC")
	if next.Status != kassa.Waiting {
		t.Fatalf("the terminal has the claimed order, and the next one is %s", next.Status)
	}
	r.poi(r.load(o), kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	if got := r.load(next).Status; got != kassa.Offered {
		t.Fatalf("the next one is %s after the claimed one ended", got)
	}
}

// TestCloudModeOff: orders of cash registers wait, what is started at the terminal does not wait for
// them, and they are shown once cloud mode is on.
func TestCloudModeOff(t *testing.T) {
	r := newRig(t)
	before := r.made("before", "00000ABC")
	r.all(engine.POIMode{TID: "00000ABC", Own: true})
	if got := r.load(before).Status; got != kassa.Waiting {
		t.Fatalf("the order that no screen has shown is %s", got)
	}
	after := r.made("after", "00000ABC")
	if after.Status != kassa.Waiting {
		t.Fatalf("a new one is %s", after.Status)
	}
	own := newOrder("manual-1", "00000ABC")
	own.Origin = kassa.FromKeys
	r.all(engine.Create{Ticket: 4, Order: own})
	typed := r.replies[4].Order
	if typed.Status != kassa.Offered {
		t.Fatalf("what is typed in at the terminal is %s", typed.Status)
	}
	r.give(engine.POIConnected{TID: "00000ABC", Open: []string{typed.ID()}})
	r.all(engine.POIMode{TID: "00000ABC", Own: false})
	if a, b := r.load(before).Status, r.load(after).Status; a != kassa.Waiting || b != kassa.Waiting {
		t.Fatalf("while the typed one is open the others are %s and %s", a, b)
	}
	r.poi(typed, kassa.ScreenShown{Screen: "presentCard"})
	r.poi(typed, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	if a, b := r.load(before).Status, r.load(after).Status; a != kassa.Offered || b != kassa.Waiting {
		t.Fatalf("then they are %s and %s", a, b)
	}
}

// TestStartingTheOrderOfARegisterShowsIt: a terminal that shows only what is started on it is sent an
// order, and an app on it starts that one.
func TestStartingTheOrderOfARegisterShowsIt(t *testing.T) {
	r := newRig(t)
	r.all(engine.POIMode{TID: "00000ABC", Own: true})
	o := r.made("web-1", "00000ABC")
	claim := kassa.Claim{POIID: o.POIID, TID: o.TID, MID: o.MID, Origin: kassa.FromWebApp}
	ref := engine.Ref("multisafepay", "107265", "web-1")
	r.all(engine.ByRef{Ticket: 4, Ref: ref, Input: claim})
	if got := r.load(o); got.Status != kassa.Offered || got.Origin != kassa.FromWebApp {
		t.Fatalf("it is %s, from %q", got.Status, got.Origin)
	}
	r.all(engine.ByRef{Ticket: 5, Ref: ref, Input: claim})
	if n := count[kassa.Offer](r); n != 1 || r.replies[5].Reason != kassa.None {
		t.Fatalf("again: %d offers, %q", n, r.replies[5].Reason)
	}
	r.crash()
	r.poi(r.load(o), kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	r.all(engine.POIMode{TID: "00000ABC", Own: true})
	first, second := r.made("a", "00000ABC"), newOrder("manual-1", "00000ABC")
	second.Origin = kassa.FromKeys
	r.all(engine.Create{Ticket: 6, Order: second})
	r.all(engine.ByRef{Ticket: 7, Ref: engine.Ref("multisafepay", "107265", "a"), Input: claim})
	if got := r.load(first).Status; got != kassa.Waiting {
		t.Fatalf("while another one is shown it is %s", got)
	}
	r.poi(r.replies[6].Order, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	if got := r.load(first).Status; got != kassa.Offered {
		t.Fatalf("afterwards it is %s", got)
	}
}

// TestModeIsToldAgainAfterACrash: until a terminal says its mode it is taken to show everything.
func TestModeIsToldAgainAfterACrash(t *testing.T) {
	r := newRig(t)
	r.all(engine.POIMode{TID: "00000ABC", Own: true})
	o := r.made("a", "00000ABC")
	r.crash()
	r.flush()
	if got := r.load(o).Status; got != kassa.Offered {
		t.Fatalf("after the crash the order is %s", got)
	}
	r.all(engine.POIMode{TID: "00000ABC", Own: true})
	if got := r.load(o).Status; got != kassa.Waiting {
		t.Fatalf("after the terminal's word it is %s", got)
	}
}

// TestTheTipIsInTheAmount: the tip that comes right before the card is in what the host is asked for.
func TestTheTipIsInTheAmount(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.poi(o, kassa.ScreenShown{Screen: "tip"})
	r.give(engine.FromPOI{TID: o.TID, Order: o.ID(), Input: kassa.AddTip{Tip: kassa.Tip{Minor: 125, EmployeeID: "33"}}})
	r.give(engine.FromPOI{TID: o.TID, Order: o.ID(), Input: tap(1, 1)})
	r.flush()
	for _, e := range r.sent {
		if auth, ok := e.(kassa.SendAuthorisation); ok {
			if auth.Auth.Amount.Minor != 1375 {
				t.Fatalf("the host is asked for %d", auth.Auth.Amount.Minor)
			}
			return
		}
	}
	t.Fatal("nothing left for the host")
}

// TestARepeatedRefundGetsTheFirstOnesNumber, at once and after a crash.
func TestARepeatedRefundGetsTheFirstOnesNumber(t *testing.T) {
	r := newRig(t)
	o := r.made("a", "00000ABC")
	r.poi(o, tap(1, 1))
	r.host(o, approved(1))
	ask := func(ticket engine.Ticket) {
		r.give(engine.ByRef{Ticket: ticket, Ref: engine.Ref("multisafepay", "107265", "a"), Input: kassa.AskRefund{
			Amount: 100, Currency: kassa.EUR, Ref: "R1",
		}})
	}
	ask(5)
	ask(6)
	r.flush()
	first := r.replies[5].Number
	if first == 0 || r.replies[6].Reason != kassa.RefundRepeated || r.replies[6].Number != first {
		t.Fatalf("first %+v, again %+v", r.replies[5], r.replies[6])
	}
	r.crash()
	ask(7)
	r.flush()
	if got := r.replies[7]; got.Reason != kassa.RefundRepeated || got.Number != first {
		t.Fatalf("after a crash: %+v", got)
	}
	if n := len(r.load(o).Refunds); n != 1 {
		t.Fatalf("%d refunds", n)
	}
}
