package kassa

func (s *step) askIncrement(in AskIncrement) Reason {
	h := s.next.Hold
	switch {
	case s.next.Status != Completed || h == nil || h.Closed != None || h.Settlement != nil:
		return NoHold
	case in.Amount <= 0 || in.Amount > MaxMinor:
		return AmountInvalid
	case in.Currency != s.next.Amount.Currency:
		return CurrencyInvalid
	case s.next.incrementing():
		return OutOfTurn
	case len(h.Increments) >= s.next.Terms.Increments:
		return TooManyTries
	}
	if in.Amount > MaxMinor-s.next.HeldAmount().Minor {
		return CaptureTooHigh
	}
	s.increment(in.Amount, Numbers{Number: in.Number, STAN: in.STAN, RRN: in.RRN})
	return None
}

func (s *step) increment(amount int64, n Numbers) {
	s.record(IncrementAsked{Increment: Increment{
		Number: n.Number, Amount: Money{Minor: amount, Currency: s.next.Amount.Currency}, STAN: n.STAN, RRN: n.RRN,
		TransmittedAt: s.now, Status: IncrementOpen, ModifiedAt: s.now,
	}})
}

func (s *step) incrementAnswered(in IncrementAnswered) Reason {
	n := s.next.IncrementNumbered(in.Number)
	if n == nil || n.Status != IncrementOpen {
		return None
	}
	settled := IncrementSettled{Number: in.Number, Status: IncrementDeclined, Reason: in.Reason, ResponseCode: in.ResponseCode}
	if in.Reason == None {
		settled.Status, settled.AuthCode, settled.Approved = IncrementApproved, in.AuthCode, n.Amount.Minor
		if in.Approved > 0 && in.Approved < n.Amount.Minor {
			settled.Approved = in.Approved
		}
	}
	s.record(settled)
	s.advance(in.Next)
	s.giveBack()
	return None
}

// settle takes the final price. The same price again is a repeat; another one is refused, whatever became of the
// first.
func (s *step) settle(in Settle) Reason {
	h := s.next.Hold
	switch {
	case s.next.Status != Completed || h == nil:
		return NoHold
	case in.Currency != s.next.Amount.Currency:
		return CurrencyInvalid
	case in.Price < 0 || in.Price > MaxMinor:
		return AmountInvalid
	case h.Settlement != nil && h.Settlement.Price.Minor == in.Price:
		return None
	case h.Settlement != nil:
		return CaptureRepeated
	case h.Closed != None:
		return NoHold
	case s.next.capturing() || s.next.AmountCaptured() > 0:
		return OutOfTurn // somebody takes it in parts
	}
	s.record(SettlementTaken{Price: Money{Minor: in.Price, Currency: in.Currency}})
	s.advance(in.Next)
	return None
}

// advance takes a settlement to its next step, unless the answer to the last one is still to come.
func (s *step) advance(n Numbers) {
	t := s.next.Settlement()
	if t == nil || t.Done || s.next.incrementing() || s.next.capturing() || s.next.Parked != "" {
		return
	}
	price, held, terms := t.Price.Minor, s.next.HeldAmount().Minor, s.next.Terms
	switch {
	case price == 0 || price < terms.MinCapture:
		s.settled(None)
	case t.Step == SettlementWaits && price > held && len(s.next.Hold.Increments) < terms.Increments:
		s.increment(price-held, n)
	case t.Step == SettlementWaits || t.Step == SettlementIncrement:
		s.commit(n)
	default:
		s.committed(n)
	}
}

// commit captures the price. Above the hold it is flagged where the terms allow for that, and then not above what
// the acquirer submits; without them it goes as it is, for the host to refuse.
func (s *step) commit(n Numbers) {
	price, held := s.next.Settlement().Price.Minor, s.next.HeldAmount().Minor
	over := s.next.Terms.OverCommit && price > held
	if most := s.next.Terms.Most; over && most > 0 {
		price = max(held, min(price, most))
	}
	s.takeFor(price, over && price > held, n)
}

// committed looks at how the last capture ended: what is held follows on the refusal of more.
func (s *step) committed(n Numbers) {
	last := s.next.Captures[len(s.next.Captures)-1]
	held := s.next.HeldAmount().Minor
	if last.Status == CaptureDeclined && last.Amount.Minor > held {
		s.takeFor(held, false, n)
		return
	}
	s.settled(last.Reason)
}

func (s *step) takeFor(amount int64, over bool, n Numbers) {
	s.record(CaptureTaken{Capture: Capture{
		Number: n.Number, Amount: Money{Minor: amount, Currency: s.next.Amount.Currency}, Over: over,
		STAN: n.STAN, RRN: n.RRN, TransmittedAt: s.now, Status: CaptureAccepted, ModifiedAt: s.now,
	}})
}

// settled ends a settlement: what was taken is final, and what is left of the hold goes back.
func (s *step) settled(last Reason) {
	price, captured := s.next.Settlement().Price.Minor, s.next.AmountCaptured()
	done := SettlementDone{Captured: captured, Short: price - captured, Released: s.next.uncaptured(), Reason: last}
	switch {
	case done.Short == 0:
		done.Reason = None
	case captured == 0 && (price == 0 || price < s.next.Terms.MinCapture):
		done.Reason = None // nothing was asked for
	case last == None:
		done.Reason = s.lastRefusal()
	}
	s.record(done)
	s.giveBack()
}

// lastRefusal is why less than the price was taken although the last capture was.
func (s *step) lastRefusal() Reason {
	for i := len(s.next.Captures) - 1; i >= 0; i-- {
		if c := s.next.Captures[i]; c.Status == CaptureDeclined {
			return c.Reason
		}
	}
	return CaptureTooHigh
}
