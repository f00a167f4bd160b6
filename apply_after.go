package kassa

import (
	"slices"
	"time"
)

// applyRefund takes a fact about a refund, in a slice that o does not share with its past.
func (o *Order) applyRefund(at time.Time, e Event) {
	switch e := e.(type) {
	case RefundTaken:
		o.Refunds = append(o.Refunds, e.Refund)
	case RefundSettled:
		if r := o.refundAt(at, e.Number); r != nil {
			r.Status, r.Reason, r.ResponseCode = e.Status, e.Reason, e.ResponseCode
		}
	case RefundCancelRequested:
		if r := o.refundAt(at, e.Number); r != nil {
			r.CancelAsked = true
		}
	case RefundVoidDue:
		if r := o.refundAt(at, e.Number); r != nil {
			r.Status, r.VoidOwedAt = RefundVoiding, at
		}
	case RefundVoidSettled:
		r := o.refundAt(at, e.Number)
		switch {
		case r == nil:
		case e.Reason == None:
			r.Status = RefundVoided
		default:
			r.Status, r.VoidRefused = RefundCompleted, e.Reason
		}
	}
}

// refundAt finds a refund that changes at an instant.
func (o *Order) refundAt(at time.Time, number int64) *Refund {
	r := o.RefundNumbered(number)
	if r != nil {
		r.ModifiedAt = at
	}
	return r
}

func (o *Order) applyCapture(at time.Time, e Event) {
	switch e := e.(type) {
	case CaptureTaken:
		o.Captures = append(o.Captures, e.Capture)
		o.stepSettlement(func(t *Settlement) {
			if t.Step == SettlementCommit {
				t.Step = SettlementFallback
			} else {
				t.Step = SettlementCommit
			}
		})
	case CaptureSettled:
		if c := o.CaptureNumbered(e.Number); c != nil {
			c.Status, c.Reason, c.ResponseCode, c.ModifiedAt = e.Status, e.Reason, e.ResponseCode, at
		}
	}
	if o.Hold != nil {
		o.Deadline = o.holdDeadline()
	}
}

// holdDeadline is when a hold expires; never, when there is nothing left to expire.
func (o *Order) holdDeadline() time.Time {
	if o.HoldLeft() == 0 {
		return time.Time{}
	}
	return o.Hold.Expires
}

// approved is what the issuer has agreed to hold.
func (o *Order) approved() Money {
	if paid := o.Paid(); paid != nil && paid.Part != (Money{}) {
		return paid.Part
	}
	return o.Amount
}

// stepSettlement changes the settlement, if there is one, in a copy that o does not share with its past.
func (o *Order) stepSettlement(change func(*Settlement)) {
	if o.Settlement() == nil {
		return
	}
	h, t := *o.Hold, *o.Hold.Settlement
	change(&t)
	h.Settlement, o.Hold = &t, &h
}

// applySettlement takes a fact about how a hold grows or is settled.
func (o *Order) applySettlement(at time.Time, e Event) {
	h := *o.Hold
	h.Increments = slices.Clone(h.Increments)
	o.Hold = &h
	switch e := e.(type) {
	case IncrementAsked:
		h.Increments = append(h.Increments, e.Increment)
		o.stepSettlement(func(t *Settlement) { t.Step = SettlementIncrement })
	case IncrementSettled:
		n := o.IncrementNumbered(e.Number)
		if n == nil {
			break
		}
		n.Status, n.Approved, n.Reason, n.ModifiedAt = e.Status, e.Approved, e.Reason, at
		n.ResponseCode, n.AuthCode = e.ResponseCode, e.AuthCode
		h.Amount = o.HeldAmount()
		h.Amount.Minor += e.Approved
		if e.Status == IncrementApproved && o.Terms.Extend && h.Closed == None {
			h.Expires = at.Add(o.HoldFor)
		}
	case SettlementTaken:
		h.Settlement = &Settlement{Price: e.Price}
	case SettlementDone:
		o.stepSettlement(func(t *Settlement) {
			t.Done, t.DoneAt, t.Reason = true, at, e.Reason
			t.Captured, t.Short, t.Released = e.Captured, e.Short, e.Released
		})
	}
	o.Deadline = o.holdDeadline()
}

func (o *Order) applyHold(at time.Time, e Event) {
	h := *o.Hold
	switch e := e.(type) {
	case HoldClosed:
		h.Closed, h.ClosedAt = e.Reason, at
		o.Deadline = time.Time{}
	case ReleaseDue:
		h.Release = &Release{Amount: e.Amount, OwedAt: at}
	case ReleaseAcknowledged:
		done := *h.Release
		done.AcknowledgedAt, done.ResponseCode = at, e.ResponseCode
		h.Release = &done
	}
	o.Hold = &h
}
