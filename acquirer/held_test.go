package acquirer_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/acquirer"
)

func patient(c *acquirer.Config) { c.LinkPatience = 2 * time.Second }

// TestStopResolvesASaleThatWaitsForAConnection: it has not left, and nobody need reverse it.
func TestStopResolvesASaleThatWaitsForAConnection(t *testing.T) {
	d := newDesk(t, patient)
	d.do(sale(1, "T1", d.now))
	wantOutcomes(t, d.do(acquirer.Stop{}), kassa.HostRequestNotSent{Request: 1, Reason: kassa.AcquirerUnreachable})
}

// TestAReversalOvertakesASaleThatWaitsForAConnection: a reversal can become due while a sale of the
// same terminal waits, by a late approval over a connection that was signed off.
func TestAReversalOvertakesASaleThatWaitsForAConnection(t *testing.T) {
	d := newDesk(t, patient)
	d.do(sale(2, "T1", d.now), undo(sale(1, "T1", d.now.Add(-time.Minute))))
	d.up(1)
	sent := all[acquirer.Send](d.outputs)
	if len(sent) != 2 { // the sign-on is the first
		t.Fatalf("%d messages left", len(sent))
	}
	reversal := sent[1]
	if got := d.message(reversal).MTI; got != "0420" {
		t.Fatalf("%s left first", got)
	}
	out := d.do(d.reply(reversal, nil))
	if got := d.message(only[acquirer.Send](t, out)); got.MTI != "0200" || got.Get(11) != stan(2) {
		t.Fatalf("%s follows the reversal", got.MTI)
	}
	wantOutcomes(t, out, kassa.ReversalAnswered{Request: 1, ResponseCode: "00"})
}

// TestASaleHeldBehindAReversalIsResolved: its time for a connection goes on in the lane.
func TestASaleHeldBehindAReversalIsResolved(t *testing.T) {
	d := newDesk(t, func(c *acquirer.Config) { patient(c); c.MaxWaiting = 1 })
	d.do(sale(2, "T1", d.now), undo(sale(1, "T1", d.now.Add(-time.Minute))))
	d.up(1)
	wantOutcomes(t, d.pass(3*time.Second), kassa.HostRequestNotSent{Request: 2, Reason: kassa.AcquirerUnreachable})
	wantOutcomes(t, d.do(sale(3, "T1", d.now))) // the place that it took is free again
	wantOutcomes(t, d.do(sale(4, "T1", d.now)), kassa.HostRequestNotSent{Request: 4, Reason: kassa.WorldBusy})
}

// TestARefundOfAnotherLifeLeavesAsARepeat: whether the former process sent it is not known, and a
// host that takes a second 0200 for a second refund would pay twice.
func TestARefundOfAnotherLifeLeavesAsARepeat(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	in := payBack(sale(1, "T1", d.now), 2, d.now)
	in.Effect.Again = true
	s := only[acquirer.Send](t, d.do(in))
	if got := d.message(s).MTI; got != "0201" {
		t.Fatalf("it leaves as %s", got)
	}
	wantOutcomes(t, d.do(d.reply(s, nil)), kassa.RefundAnswered{Number: 2, ResponseCode: "00"})
}
