package kassa

import (
	"slices"
	"time"
)

// Apply gives the order's state after a fact that was noted at an instant. It never refuses: a
// fact has happened. It leaves o untouched.
func (o Order) Apply(at time.Time, e Event) Order {
	o.Attempts = slices.Clone(o.Attempts)
	o.Refunds = slices.Clone(o.Refunds)
	o.Captures = slices.Clone(o.Captures)
	o.ModifiedAt = at
	switch e := e.(type) {
	case OrderCreated:
		o.NewOrder, o.CreatedAt = e.Order, at
		o.Status, o.Deadline = waitingOr(e.Offered), at.Add(o.Lifetime)
		if o.TID == "" {
			o.Status = Unclaimed
		}
	case OrderClaimed:
		o.POIID, o.TID, o.MID, o.Origin = e.POIID, e.TID, e.MID, e.Origin
		o.Status, o.Deadline = waitingOr(e.Offered), at.Add(min(o.Lifetime, DefaultLifetime))
	case TipAdded:
		o.Tip = e.Tip
		o.Amount.Minor += e.Tip.Minor
	case OrderOffered:
		o.Status = Offered
	case OrderDeferred:
		o.Status = Waiting
	case ScreenReported:
		o.applyScreen(at, e)
	case OrderNoted:
		o.Door = e.Door
		o.Notes++
	case OrderParked:
		o.Parked, o.Deadline = e.Why, time.Time{}
	case CancelRequested:
		o.CancelAsked = true
	case OrderCompleted:
		o.end(at, Completed, None)
		if o.Capture == CaptureLater {
			o.Hold = &Hold{Expires: at.Add(o.HoldFor), Amount: o.approved()}
			o.Deadline = o.Hold.Expires
		}
	case OrderCancelled:
		o.end(at, Cancelled, e.Reason)
	case OrderExpired:
		o.end(at, Expired, NeverShown)
	case AttemptOpened, AttemptClosed:
		o.applyAttempt(at, e)
	case RefundTaken, RefundSettled, RefundCancelRequested, RefundVoidDue, RefundVoidSettled:
		o.applyRefund(at, e)
	case CaptureTaken, CaptureSettled:
		o.applyCapture(at, e)
	case IncrementAsked, IncrementSettled, SettlementTaken, SettlementDone:
		o.applySettlement(at, e)
	case HoldClosed, ReleaseDue, ReleaseAcknowledged:
		o.applyHold(at, e)
	default:
		o.applyAuthorisation(at, e)
	}
	return o
}

func waitingOr(offered bool) Status {
	if offered {
		return Offered
	}
	return Waiting
}

// Fold rebuilds an order from its facts, each with its instant.
func Fold(at []time.Time, events []Event) Order {
	var o Order
	for i, e := range events {
		o = o.Apply(at[i], e)
	}
	return o
}

func (o *Order) end(at time.Time, s Status, why Reason) {
	o.Status, o.End, o.EndedAt, o.Deadline = s, why, at, time.Time{}
}

func (o *Order) applyScreen(at time.Time, e ScreenReported) {
	o.Screen = e.Screen
	if o.ShownAt.IsZero() {
		o.ShownAt = at
	}
	switch o.Status {
	case Offered:
		o.Status = Presented
		o.Deadline = at.Add(o.Inactivity)
	case Presented, Refused:
		o.Deadline = at.Add(o.Inactivity)
	}
}

func (o *Order) applyAttempt(at time.Time, e Event) {
	switch e := e.(type) {
	case AttemptOpened:
		o.Attempts = append(o.Attempts, Attempt{Number: e.Number, Kind: e.Kind, Status: AttemptOpen, OpenedAt: at})
		o.Status = Presented
	case AttemptClosed:
		a := o.Attempt()
		a.Status, a.Reason, a.EndedAt = e.Status, e.Reason, at
		if e.Status == AttemptDeclined {
			o.Status = Refused
		}
	}
}

// ownAuthorisation finds an authorisation in slices that o does not share with its past.
func (o *Order) ownAuthorisation(request int) *Authorisation {
	for i := range o.Attempts {
		for j := range o.Attempts[i].Authorisations {
			if o.Attempts[i].Authorisations[j].Request == request {
				o.Attempts[i].Authorisations = slices.Clone(o.Attempts[i].Authorisations)
				return &o.Attempts[i].Authorisations[j]
			}
		}
	}
	return nil
}

func (o *Order) applyAuthorisation(at time.Time, e Event) {
	switch e := e.(type) {
	case AuthorisationRequested:
		a := o.Attempt()
		a.Authorisations = append(slices.Clone(a.Authorisations), e.Auth)
		o.Status, o.Deadline = Authorising, at.Add(AuthorisationTime)
	case AuthorisationAnswered:
		o.applyAnswer(at, e)
	case AuthorisationUnknown:
		o.ownAuthorisation(e.Request).State = HostUnknown
	case AuthorisationNotSent:
		auth := o.ownAuthorisation(e.Request)
		auth.State, auth.Reason = HostNotSent, e.Reason
		o.Status, o.Deadline = Refused, at.Add(o.Inactivity)
	case LateAnswerKept:
		if e.Approved {
			o.ownAuthorisation(e.Request).AuthCode = e.AuthCode
		}
	case ReversalDue:
		o.ownAuthorisation(e.Request).Reversal = &Reversal{Reason: e.Reason, OwedAt: at}
	case ReversalAcknowledged:
		auth := o.ownAuthorisation(e.Request)
		done := *auth.Reversal
		done.AcknowledgedAt, done.ResponseCode = at, e.ResponseCode
		auth.Reversal = &done
	case CompletionReported:
		o.ownAuthorisation(e.Request).Completed = e.Outcome
	}
}

func (o *Order) applyAnswer(at time.Time, e AuthorisationAnswered) {
	auth := o.ownAuthorisation(e.Request)
	auth.ResponseCode, auth.AuthCode, auth.EMVAnswer, auth.Reason = e.ResponseCode, e.AuthCode, e.EMV, e.Reason
	if e.Approved {
		auth.State, auth.Part = HostApproved, e.Part
		o.Status, o.Deadline = Completing, at.Add(CompletionTime)
		return
	}
	auth.State = HostDeclined
	o.Status, o.Deadline = Presented, at.Add(o.Inactivity)
}
