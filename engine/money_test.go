package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
	"kassa/engine"
)

const sealedCard = "sealed-by-the-secure-module"

var directTID = kassa.EcommerceTID("107265")

// direct asks for an order with a card that was typed in.
func direct(ticket engine.Ticket, ref string, capture kassa.CaptureMode) engine.Create {
	n := newOrder(ref, directTID)
	n.Channel, n.Capture = kassa.Ecommerce, capture
	return engine.Create{Ticket: ticket, Order: n, Card: &kassa.EnteredCard{Sealed: []byte(sealedCard)}}
}

// paid makes such an order and lets the host approve it.
func (r *rig) paid(ref string, capture kassa.CaptureMode) kassa.Order {
	r.t.Helper()
	r.all(direct(1, ref, capture))
	o := r.load(kassa.Order{NewOrder: newOrder(ref, "")})
	r.host(o, approved(1))
	if r.replies[1].Order.Status != kassa.Completed {
		r.t.Fatalf("the caller got %+v", r.replies[1])
	}
	return r.load(o)
}

// left lists the effects that left, by type.
func (r *rig) left() string {
	var kinds []string
	for _, e := range r.sent {
		kinds = append(kinds, strings.TrimPrefix(fmt.Sprintf("%T", e), "kassa."))
	}
	r.sent = nil
	return strings.Join(kinds, " ")
}

func TestACallerWithACardHearsTheEnd(t *testing.T) {
	r := newRig(t)
	r.give(direct(1, "a", kassa.CaptureNow))
	r.give(direct(2, "a", kassa.CaptureNow)) // the same again, before the first is durable
	if got := r.left(); got != "" {
		t.Fatalf("%s left before it was durable", got)
	}
	r.flush()
	r.all(direct(3, "a", kassa.CaptureNow))
	if len(r.replies) != 0 {
		t.Fatalf("answered before the host: %+v", r.replies)
	}
	if got := r.left(); got != "SendAuthorisation" {
		t.Fatalf("%s left", got)
	}
	o := r.load(kassa.Order{NewOrder: newOrder("a", "")})
	r.host(o, approved(1))
	for ticket := engine.Ticket(1); ticket <= 3; ticket++ {
		if got := r.replies[ticket]; got.Reason != kassa.None || got.Order.Status != kassa.Completed {
			t.Errorf("caller %d got %s %s", ticket, got.Reason, got.Order.Status)
		}
	}
	r.all(direct(4, "a", kassa.CaptureNow))
	if got := r.replies[4]; got.Reason != kassa.OrderFinished || got.Order.Number != o.Number {
		t.Errorf("the same again after the end: %+v", got)
	}
	if got := r.left(); got != "" {
		t.Errorf("%s left for an order without a POI", got)
	}
}

func TestOrdersWithoutAPOIDoNotWaitForEachOther(t *testing.T) {
	r := newRig(t)
	for i := range 20 {
		r.give(direct(engine.Ticket(i+1), fmt.Sprint("direct-", i), kassa.CaptureNow))
	}
	r.flush()
	stans := map[string]bool{}
	for _, e := range r.sent {
		stans[e.(kassa.SendAuthorisation).Auth.STAN] = true
	}
	if len(stans) != 20 {
		t.Errorf("%d trace numbers for 20 requests at once", len(stans))
	}
	r.crash()
	r.all(direct(1, "another", kassa.CaptureNow))
	for _, e := range r.sent {
		if e, ok := e.(kassa.SendAuthorisation); ok && stans[e.Auth.STAN] {
			t.Errorf("trace number %s was used before the crash", e.Auth.STAN)
		}
	}
}

// TestACardIsSentOnce: whatever the moment at which the process dies, the card leaves at most once, and
// nothing of it is stored.
func TestACardIsSentOnce(t *testing.T) {
	r := newRig(t)
	r.give(direct(1, "a", kassa.CaptureLater))
	r.crash() // nothing of it was durable
	if got := r.left(); got != "" {
		t.Fatalf("%s left", got)
	}
	r.all(direct(1, "a", kassa.CaptureLater))
	o := r.load(kassa.Order{NewOrder: newOrder("a", "")})
	if got := r.left(); got != "SendAuthorisation" {
		t.Fatalf("%s left", got)
	}
	r.crash()
	r.flush()
	if got := r.left(); got != "SendReversal" {
		t.Errorf("after the crash %s left", got)
	}
	if got := r.load(o); got.Status != kassa.Cancelled || got.End != kassa.NotCompleted || got.Hold != nil {
		t.Errorf("it is %s %s", got.Status, got.End)
	}
	entries, err := r.disk.Entries(0, 1000)
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	stream, _, err := r.disk.Find(engine.Ref(o.Dialect, o.Scope, o.Ref))
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{string(stream.State)}
	for _, e := range entries {
		texts = append(texts, string(e.Payload))
	}
	for _, text := range texts {
		if strings.Contains(text, sealedCard) || strings.Contains(text, "c2VhbGVkLWJ5") { // base 64 of it
			t.Errorf("stored: %s", text)
		}
	}
}

func TestAHoldEndsAtItsDeadline(t *testing.T) {
	r := newRig(t)
	o := r.paid("a", kassa.CaptureLater)
	r.all(engine.ByRef{Ticket: 2, Ref: orderA, Input: kassa.AskCapture{Amount: 500, Currency: kassa.EUR, Ref: "c"}})
	r.all(engine.ByRef{Ticket: 3, Ref: orderA, Input: kassa.AskCapture{Amount: 500, Currency: kassa.EUR, Ref: "c"}})
	number := r.replies[2].Number
	if got := r.replies[3]; number == 0 || got.Reason != kassa.CaptureRepeated || got.Number != number {
		t.Errorf("the same capture again: %+v, first %d", got, number)
	}
	r.left()
	r.now = r.now.Add(kassa.DefaultHold - time.Second)
	r.crash()
	if got := r.left(); got != "SendCapture" {
		t.Errorf("after the crash %s left", got)
	}
	r.host(o, kassa.CaptureAnswered{Number: number, ResponseCode: "00"})
	if due, ok := r.m.NextDue(); !ok || due.Sub(r.now) > time.Second {
		t.Fatalf("the next instant is %s", due)
	}
	r.now = r.now.Add(time.Second)
	r.all(engine.Tick{})
	if got := r.left(); got != "SendRelease" {
		t.Errorf("at the deadline %s left", got)
	}
	r.crash()
	if got := r.left(); got != "SendRelease" {
		t.Errorf("after another crash %s left", got)
	}
	r.host(o, kassa.ReleaseAnswered{ResponseCode: "00"})
	got := r.load(o)
	if got.Open() || got.Hold.Closed != kassa.HoldExpired || got.Hold.Release.Amount.Minor != 750 || got.AmountPaid() != 500 {
		t.Errorf("it ends as %+v", got.Hold)
	}
	if _, waits := r.m.NextDue(); waits {
		t.Error("something is due after everything has ended")
	}
}

func TestARefundIsTakenBackThroughCrashes(t *testing.T) {
	r := newRig(t)
	o := r.paid("a", kassa.CaptureNow)
	r.all(engine.ByRef{Ticket: 2, Ref: orderA, Input: kassa.AskRefund{Amount: 500, Currency: kassa.EUR}})
	number := r.replies[2].Number
	r.all(engine.ByRef{Ticket: 3, Ref: orderA, Input: kassa.CancelRefund{Number: number}})
	r.left()
	r.crash()
	if got := r.left(); got != "SendRefund" {
		t.Errorf("%s left: nobody knows yet whether there is something to undo", got)
	}
	r.host(o, kassa.RefundAnswered{Number: number, ResponseCode: "00"})
	r.left()
	r.crash()
	if got := r.left(); got != "SendRefundVoid" {
		t.Errorf("%s left", got)
	}
	if got := r.load(o); got.AmountRefunded() != 500 {
		t.Errorf("%d counts while nobody knows that it is undone", got.AmountRefunded())
	}
	r.host(o, kassa.RefundVoidAnswered{Number: number, ResponseCode: "00"})
	if got := r.load(o); got.Open() || got.AmountRefunded() != 0 || got.Refunds[0].Status != kassa.RefundVoided {
		t.Errorf("it ends as %+v", got.Refunds[0])
	}
	r.all(engine.ByRef{Ticket: 4, Ref: orderA, Input: kassa.CancelRefund{Number: number + 1}})
	if got := r.replies[4].Reason; got != kassa.RefundUnknown {
		t.Errorf("a refund that there is not: %s", got)
	}
}

// TestEngineAnswersAfterThePayment uses the shell's own methods.
func TestEngineAnswersAfterThePayment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, out, stop := running(t)
		in := direct(0, "a", kassa.CaptureLater)
		heard := make(chan kassa.Order, 1)
		go func() {
			o, reason, err := e.Pay(t.Context(), in.Order, *in.Card)
			if err != nil || reason != kassa.None {
				t.Errorf("pay: %s %v", reason, err)
			}
			heard <- o
		}()
		synctest.Wait()
		made, ok, err := e.Find(t.Context(), "multisafepay", "107265", "a")
		if err != nil || !ok || out.sent["kassa.SendAuthorisation"] != 1 {
			t.Fatalf("%v %v %v", ok, err, out.sent)
		}
		e.FromAcquirer(made.ID(), approved(1))
		if o := <-heard; o.Status != kassa.Completed || o.HoldLeft() != 1250 {
			t.Errorf("the caller got %s, %d is held", o.Status, o.HoldLeft())
		}
		_, number, reason, err := e.Capture(t.Context(), "multisafepay", "107265", "a", kassa.AskCapture{Amount: 1000, Currency: kassa.EUR})
		if err != nil || reason != kassa.None || number == 0 {
			t.Errorf("capture: %d %s %v", number, reason, err)
		}
		o, reason, err := e.Release(t.Context(), "multisafepay", "107265", "a")
		if err != nil || reason != kassa.None || o.HoldLeft() != 0 || out.sent["kassa.SendRelease"] != 0 {
			t.Errorf("release: %s %v %v", reason, err, out.sent)
		}
		e.FromAcquirer(made.ID(), kassa.CaptureAnswered{Number: number, ResponseCode: "00"})
		e.FromAcquirer(made.ID(), kassa.ReleaseAnswered{ResponseCode: "00"})
		synctest.Wait()
		if out.sent["kassa.SendRelease"] != 1 {
			t.Errorf("sent: %v", out.sent)
		}
		_, refund, reason, err := e.Refund(t.Context(), "multisafepay", "107265", "a", kassa.AskRefund{Capture: number, Currency: kassa.EUR})
		if err != nil || reason != kassa.None {
			t.Errorf("refund: %s %v", reason, err)
		}
		e.FromAcquirer(made.ID(), kassa.RefundAnswered{Number: refund, ResponseCode: "00"})
		o, reason, err = e.CancelRefund(t.Context(), "multisafepay", "107265", "a", refund)
		if err != nil || reason != kassa.None || o.Refunds[0].Status != kassa.RefundVoiding || out.sent["kassa.SendRefundVoid"] != 1 {
			t.Errorf("cancel of the refund: %s %v %+v", reason, err, o.Refunds)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestASettlementSurvivesCrashes: 60.00 of 50.00 held, an increment that is declined, then the price, then what is
// held. Each step outlives a crash with its identity, and each has an identity of its own.
func TestASettlementSurvivesCrashes(t *testing.T) {
	r := newRig(t)
	in := direct(1, "a", kassa.CaptureLater)
	in.Order.Terms = kassa.HoldTerms{Increments: 1, OverCommit: true}
	r.all(in)
	o := r.load(kassa.Order{NewOrder: newOrder("a", "")})
	r.host(o, approved(1))
	r.left()
	r.all(engine.ByRef{Ticket: 2, Ref: orderA, Input: kassa.Settle{Price: 2000, Currency: kassa.EUR}})
	r.all(engine.ByRef{Ticket: 3, Ref: orderA, Input: kassa.Settle{Price: 2001, Currency: kassa.EUR}})
	if r.replies[2].Reason != kassa.None || r.replies[3].Reason != kassa.CaptureRepeated {
		t.Errorf("settle: %+v, another price: %s", r.replies[2], r.replies[3].Reason)
	}
	seen := map[string]bool{}
	again := func(want string) {
		t.Helper()
		if got := r.left(); got != want {
			t.Errorf("%q left, want %s", got, want)
		}
		was := r.load(o)
		before := was.Owed()
		r.crash()
		r.flush()
		was = r.load(o)
		if got, after := r.left(), was.Owed(); got != want || len(after) != 1 || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("after a crash %q left, owed %v, before %v", got, after, before)
		}
	}
	again("SendIncrement")
	n := r.load(o).Hold.Increments[0]
	r.host(o, kassa.IncrementAnswered{Number: n.Number, Reason: kassa.DeclinedFunds, ResponseCode: "51"})
	again("SendCapture")
	first := r.load(o).Captures[0]
	r.host(o, kassa.CaptureAnswered{Number: first.Number, Reason: kassa.Configuration, ResponseCode: "13"})
	again("SendCapture")
	second := r.load(o).Captures[1]
	for _, stan := range []string{n.STAN, first.STAN, second.STAN} {
		if seen[stan] || stan == "" {
			t.Errorf("trace number %q is used twice, or none", stan)
		}
		seen[stan] = true
	}
	if !first.Over || first.Amount.Minor != 2000 || second.Over || second.Amount.Minor != 1250 || second.Number <= first.Number {
		t.Errorf("captured %+v, then %+v", first, second)
	}
	r.host(o, kassa.CaptureAnswered{Number: second.Number, ResponseCode: "00"})
	got := r.load(o)
	if s := got.Settlement(); !s.Done || s.Captured != 1250 || s.Short != 750 || s.Released != 0 || got.Open() {
		t.Errorf("it ends as %+v", s)
	}
}
