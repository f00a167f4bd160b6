package kassa

// maxCaptures bounds one order, like maxRefunds.
const maxCaptures = 100

func (s *step) askCapture(in AskCapture) Reason {
	if s.next.CaptureBy(in.Ref) != nil {
		return CaptureRepeated
	}
	left := s.next.HoldLeft()
	amount := in.Amount
	if amount == 0 {
		amount = left
	}
	switch {
	case s.next.Status != Completed || left == 0:
		return NoHold
	case amount < 0:
		return AmountInvalid
	case in.Currency != s.next.Amount.Currency:
		return CurrencyInvalid
	case amount > left:
		return CaptureTooHigh
	case len(s.next.Captures) >= maxCaptures:
		return TooManyCaptures
	}
	s.record(CaptureTaken{Capture: Capture{
		Number: in.Number, Ref: in.Ref, Description: in.Description, Door: in.Door,
		Amount: Money{Minor: amount, Currency: in.Currency}, STAN: in.STAN, RRN: in.RRN,
		TransmittedAt: s.now, Status: CaptureAccepted, ModifiedAt: s.now,
	}})
	return None
}

func (s *step) captureAnswered(in CaptureAnswered) Reason {
	c := s.next.CaptureNumbered(in.Number)
	if c == nil || c.Status != CaptureAccepted {
		return None
	}
	settled := CaptureSettled{Number: in.Number, Status: CaptureCompleted, Reason: in.Reason, ResponseCode: in.ResponseCode}
	if in.Reason != None {
		settled.Status = CaptureDeclined
	}
	s.record(settled)
	s.advance(in.Next)
	s.giveBack()
	return None
}

// releaseHold ends a hold. What is on its way to be captured still is.
func (s *step) releaseHold(why Reason) Reason {
	switch h := s.next.Hold; {
	case h == nil:
		return NoHold
	case h.Closed != None:
		return None
	case h.Settlement != nil:
		return NoHold
	case s.next.uncaptured() == 0 && why != HoldExpired:
		return NoHold
	}
	s.record(HoldClosed{Reason: why})
	s.giveBack()
	return None
}

// giveBack owes the release of what is left of a hold that has ended, once every capture and increment is
// answered: only then is it known what is left.
func (s *step) giveBack() {
	h := s.next.Hold
	if !s.next.holdEnded() || h.Release != nil || s.next.capturing() || s.next.incrementing() {
		return
	}
	if left := s.next.uncaptured(); left > 0 {
		s.record(ReleaseDue{Amount: Money{Minor: left, Currency: s.next.Amount.Currency}})
	}
}

func (s *step) releaseAnswered(in ReleaseAnswered) Reason {
	if h := s.next.Hold; h != nil && h.Release.Owed() {
		s.record(ReleaseAcknowledged(in))
	}
	return None
}
