package kassa

import "time"

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
