package kassa

import "time"

// Step applies one input at an instant. It gives the state that follows, the facts to record, the
// effects owed once those are durable, or a refusal; a refusal changes nothing and records
// nothing. No events and no refusal means that the input changes nothing (a repeat).
func (o Order) Step(now time.Time, in Input) (next Order, events []Event, effects []Effect, refused Reason) {
	s := step{now: now, next: o}
	refused = s.take(in)
	if refused != None {
		return o, nil, nil, refused
	}
	return s.next, s.events, append(newlyOwed(o, s.next, in), s.effects...), None
}

// step is one application of an input: it collects facts and applies each at once, so that the
// next decision sees it.
type step struct {
	now     time.Time
	next    Order
	events  []Event
	effects []Effect
}

func (s *step) record(events ...Event) {
	for _, e := range events {
		s.events = append(s.events, e)
		s.next = s.next.Apply(s.now, e)
	}
}

func (s *step) owe(e Effect) { s.effects = append(s.effects, e) }

func (s *step) take(in Input) Reason {
	if s.next.Number == 0 {
		if c, ok := in.(Create); ok {
			return s.create(c)
		}
		return OrderUnknown
	}
	if s.next.Parked != "" {
		return s.parked(in)
	}
	switch in := in.(type) {
	case Create:
		return s.createAgain(in)
	case POIFreed:
		return s.poiFreed()
	case Claim, AddTip, Defer:
		return s.before(in)
	case ScreenShown:
		return s.screenShown(in)
	case Authorise:
		return s.authorise(in)
	case HostAnswered:
		return s.hostAnswered(in)
	case HostOutcomeUnknown:
		return s.hostUnknown(in)
	case HostRequestNotSent:
		return s.hostNotSent(in)
	case LateAnswer:
		return s.lateAnswer(in)
	case ReversalAnswered:
		return s.reversalAnswered(in)
	case CardCompleted:
		return s.cardCompleted(in)
	case POIEnded:
		return s.poiEnded(in)
	case Cancel:
		return s.cancel()
	case AskRefund, CancelRefund, AskCapture, AskIncrement, Settle, ReleaseHold:
		return s.after(in)
	case RefundAnswered, RefundVoidAnswered, CaptureAnswered, IncrementAnswered, ReleaseAnswered:
		return s.owedAnswered(in)
	case Note:
		return s.note(in)
	case Tick:
		return s.tick()
	case Restarted:
		return s.restarted()
	}
	return OutOfTurn
}

// after takes what a Sale System may want once the order is paid.
func (s *step) after(in Input) Reason {
	switch in := in.(type) {
	case AskRefund:
		return s.askRefund(in)
	case CancelRefund:
		return s.cancelRefund(in)
	case AskCapture:
		return s.askCapture(in)
	case AskIncrement:
		return s.askIncrement(in)
	case Settle:
		return s.settle(in)
	case ReleaseHold:
		return s.releaseHold(CancelledBySale)
	}
	return OutOfTurn
}

// owedAnswered takes the host's answer to something that is repeated until it is answered.
func (s *step) owedAnswered(in Input) Reason {
	switch in := in.(type) {
	case RefundAnswered:
		return s.refundAnswered(in)
	case RefundVoidAnswered:
		return s.refundVoidAnswered(in)
	case CaptureAnswered:
		return s.captureAnswered(in)
	case IncrementAnswered:
		return s.incrementAnswered(in)
	case ReleaseAnswered:
		return s.releaseAnswered(in)
	}
	return OutOfTurn
}

// parked lets a parked order only do what it still owes. It will not be completed, so that whatever
// the host says of a request in the air, that is reversed.
func (s *step) parked(in Input) Reason {
	switch in := in.(type) {
	case ReversalAnswered:
		return s.reversalAnswered(in)
	case RefundAnswered, RefundVoidAnswered, CaptureAnswered, IncrementAnswered, ReleaseAnswered:
		return s.owedAnswered(in)
	case HostAnswered:
		s.undo(in.Request)
		return None
	case HostOutcomeUnknown:
		s.undo(in.Request)
		return None
	case HostRequestNotSent:
		s.undo(in.Request) // there is nothing to undo; the host's answer says so, and settles it
		return None
	case LateAnswer:
		return s.lateAnswer(in)
	case Restarted:
		if asked := s.next.asked(); asked != nil {
			s.undo(asked.Request)
		}
		return None
	}
	return OutOfTurn
}

// undo owes the reversal of a request in the air.
func (s *step) undo(request int) {
	if _, auth := s.next.Authorisation(request); auth == nil || auth.State != HostOpen {
		return
	}
	s.record(AuthorisationUnknown{Request: request, Reason: ReversalTimeout},
		ReversalDue{Request: request, Reason: ReversalTimeout})
}

func (s *step) create(in Create) Reason {
	if in.Order.Number <= 0 {
		return OutOfTurn
	}
	check := in.Order.Kind == CardCheck
	if in.Order.Amount.Minor < 0 || in.Order.Amount.Minor > MaxMinor || (in.Order.Amount.Minor == 0) != check {
		return AmountInvalid
	}
	if in.Order.Tip.Minor < 0 || in.Order.Tip.Minor > in.Order.Amount.Minor {
		return TipInvalid
	}
	if in.Order.Amount.Currency.Numeric() == "" {
		return CurrencyInvalid
	}
	entered := in.Order.Channel.CardAbsent()
	if entered != (in.Card != nil) || entered && (in.Order.Kind != Purchase || in.Order.TID == "") ||
		in.Order.Capture == CaptureLater && in.Order.Kind != Purchase {
		return OutOfTurn
	}
	if !in.Order.Terms.valid(in.Order) {
		return AmountInvalid
	}
	if in.Order.NoQueue && !in.POIFree && !entered && in.Order.TID != "" {
		return POIBusy
	}
	if in.Order.Capture == CaptureLater && in.Order.HoldFor <= 0 {
		in.Order.HoldFor = DefaultHold
	}
	if in.Order.Lifetime <= 0 {
		in.Order.Lifetime = DefaultLifetime
	}
	if in.Order.Inactivity <= 0 {
		in.Order.Inactivity = DefaultInactivity
	}
	s.record(OrderCreated{Order: in.Order, Offered: in.POIFree && !entered})
	if entered {
		s.authoriseEntered(*in.Card)
	}
	return None
}

// createAgain gives the first answer to the same request as long as the order goes on; afterwards
// its id is spent (MultiSafepay error 1006).
func (s *step) createAgain(in Create) Reason {
	switch {
	case in.Order.Fingerprint != s.next.Fingerprint:
		return DuplicateOrder
	case s.next.Status.Final():
		return OrderFinished
	}
	return None
}

func (s *step) note(in Note) Reason {
	if in.Was != s.next.Notes {
		return OutOfTurn
	}
	s.record(OrderNoted{Door: in.Door})
	return None
}

func (s *step) poiFreed() Reason {
	if s.next.Status != Waiting {
		return OutOfTurn
	}
	s.record(OrderOffered{})
	return None
}

func (s *step) screenShown(in ScreenShown) Reason {
	switch s.next.Status {
	case Offered:
		s.record(ScreenReported{Screen: in.Screen}, AttemptOpened{Number: in.NextAttempt, Kind: FirstTry})
	case Presented, Refused:
		s.record(ScreenReported{Screen: in.Screen})
	case Authorising, Completing:
		// Nobody is waited for at the screen, so that no deadline moves: not worth a commit.
	case Unclaimed, Waiting:
		return OutOfTurn
	default:
		s.tellDecision()
	}
	return None
}

func (s *step) poiEnded(in POIEnded) Reason {
	switch s.next.Status {
	case Offered, Presented, Refused:
		s.giveUp(in.Reason)
	case Unclaimed, Waiting, Authorising, Completing:
		return OutOfTurn
	}
	return None
}

func (s *step) cancel() Reason {
	switch s.next.Status {
	case Unclaimed, Waiting:
		s.record(OrderCancelled{Reason: CancelledBySale})
	case Offered, Presented, Refused:
		s.giveUp(CancelledBySale)
		s.owe(TellAbort{Reason: CancelledBySale})
	case Authorising, Completing:
		if !s.next.CancelAsked {
			s.record(CancelRequested{})
		}
	case Completed:
		return NotCancellable
	}
	return None
}

// giveUp ends an order that has no authorisation in the air.
func (s *step) giveUp(why Reason) {
	if a := s.next.Attempt(); a != nil && a.Status == AttemptOpen {
		s.record(AttemptClosed{Number: a.Number, Status: AttemptEnded, Reason: why})
	}
	s.record(OrderCancelled{Reason: why})
}

func (s *step) tick() Reason {
	if s.next.Deadline.IsZero() || s.now.Before(s.next.Deadline) {
		return None
	}
	switch s.next.Status {
	case Unclaimed, Waiting:
		s.record(OrderExpired{})
	case Offered:
		s.record(OrderExpired{})
		s.owe(TellAbort{Reason: NeverShown})
	case Presented, Refused:
		s.giveUp(Inactive)
		s.owe(TellAbort{Reason: Inactive})
	case Authorising:
		return s.hostUnknown(HostOutcomeUnknown{Request: s.next.Attempt().Last().Request, Reason: ReversalTimeout})
	case Completing:
		s.reverse(s.next.Attempt().Last().Request, ReversalTimeout, CompletionMissing)
		s.tellDecision()
	case Completed:
		return s.releaseHold(HoldExpired)
	}
	return None
}

func (s *step) restarted() Reason {
	if s.next.Status == Authorising {
		return s.hostUnknown(HostOutcomeUnknown{Request: s.next.Attempt().Last().Request, Reason: ReversalTimeout})
	}
	return None
}

func (s *step) tellDecision() {
	if answer, ok := s.next.Decision(); ok && !s.next.Channel.CardAbsent() {
		s.owe(TellDecision{Answer: answer})
	}
}

// newlyOwed lists what next owes and before did not; after a restart all of it, since whoever was
// working on it is gone.
func newlyOwed(before, next Order, in Input) []Effect {
	if _, all := in.(Restarted); all {
		owed := next.Owed()
		for i, e := range owed {
			switch e := e.(type) {
			case SendRefund:
				e.Again = true
				owed[i] = e
			case SendCapture:
				e.Again = true
				owed[i] = e
			case SendIncrement:
				e.Again = true
				owed[i] = e
			}
		}
		return owed
	}
	had := make(map[string]bool)
	for _, e := range before.Owed() {
		had[effectKey(e)] = true
	}
	var fresh []Effect
	for _, e := range next.Owed() {
		if !had[effectKey(e)] {
			fresh = append(fresh, e)
		}
	}
	return fresh
}

func effectKey(e Effect) string {
	switch e := e.(type) {
	case SendReversal:
		return "reversal " + e.Auth.STAN + e.Auth.Reversal.OwedAt.String()
	case SendRefund:
		return "refund " + FormatID(e.Refund.Number)
	case SendRefundVoid:
		return "void " + FormatID(e.Refund.Number)
	case SendCapture:
		return "capture " + FormatID(e.Capture.Number)
	case SendIncrement:
		return "increment " + FormatID(e.Increment.Number)
	case SendRelease:
		return "release"
	}
	return "offer"
}
