package charging

import "time"

// Apply gives the session's state after a fact that was noted at an instant. It never refuses, and
// leaves s untouched.
func (s Session) Apply(at time.Time, e Event) Session {
	n := s.clone()
	switch e := e.(type) {
	case ChargingChosen:
		n.New, n.State, n.OpenedAt = e.New, Authorising, at
	case ChargingHoldSeen:
		n.Order = e.View
	case ChargingStartAsked:
		n.State, n.Start = Starting, Start{AskedAt: at, Deadline: e.Deadline}
	case ChargingStartAnswered:
		n.Start.Outcome, n.Start.Deadline = e.Outcome, e.Deadline
		if e.Result != "" {
			n.Start.Result = e.Result
		}
	case ChargingLookBegun:
		n.Look.Until, n.Start.Deadline = e.Until, time.Time{}
	case ChargingLooked:
		n.Look.At, n.Look.Found = at, e.Found
	case ChargingReported:
		n.Report = e.Report
		if over := e.Report.Status == Completed || e.Report.Status == Invalid; over && n.OverAt.IsZero() {
			n.OverAt = at
		}
	case ChargingStopAsked:
		n.Stopped, n.StopBy = e.Why, e.By
		n.LateStart = n.LateStart || e.Late
	case ChargingMoved:
		n.moved(at, e)
	case ChargingAlerted:
		n.PriceAlerted = n.PriceAlerted || n.State == AwaitingPrice
	case ChargingEnded:
		n.State, n.EndedAt, n.Short = e.State, at, e.Short
		if e.Why != "" {
			n.Why = e.Why
		}
		n.stopClocks()
	default:
		n.applyMoney(at, e)
		n.applyDuty(e)
	}
	if n.State != s.State {
		n.Since = at
	}
	return n
}

func (s *Session) stopClocks() {
	s.PlugBy, s.StopBy, s.SettleBy, s.PriceSince = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	s.Start.Deadline = time.Time{}
}

func (s *Session) moved(at time.Time, e ChargingMoved) {
	s.State = e.State
	if e.Why != "" {
		s.Why = e.Why
	}
	s.stopClocks()
	switch e.State {
	case Charging:
		s.PlugBy = e.By
	case Stopping:
		s.StopBy = e.By
	case AwaitingPrice:
		s.PriceSince = at
	case Priced:
		s.SettleBy = e.By
	}
}

func (s *Session) applyMoney(at time.Time, e Event) {
	switch e := e.(type) {
	case ChargingCDRTaken:
		for i := range s.CDRs {
			if e.CDR.Credit != "" && s.CDRs[i].ID == e.CDR.Credit {
				s.CDRs[i].Credited = true
			}
		}
		e.CDR.At = at
		s.CDRs = append(s.CDRs, e.CDR)
		s.CorrectionBy = e.CorrectionBy
	case ChargingPriceFixed:
		s.Price, s.Provisional = e.Price, e.Provisional
	case ChargingPriceCorrected:
		s.Short, s.Provisional, s.CorrectionBy = e.Short, false, time.Time{}
	case ChargingIncrementAsked:
		s.Asked = e.Number
	case ChargingRefundAsked:
		s.Refunds = append(s.Refunds, e.Refund)
	case ChargingRefundSettled:
		for i := range s.Refunds {
			if s.Refunds[i].Ref == e.Ref {
				s.Refunds[i].Done, s.Refunds[i].Failed = !e.Failed, e.Failed
			}
		}
	case ChargingInvoiced:
		s.Invoices = append(s.Invoices, e.Invoice)
	case ChargingCollected:
		s.Collections = append(s.Collections, e.Collection)
	case ChargingWrittenOff:
		s.WrittenOff, s.WriteOffReason = s.WrittenOff+e.Amount, e.Reason
	case ChargingDisputed:
		s.Disputes = append(s.Disputes, e.Disputed)
	case ChargingConfirmationDue:
		s.Confirmations = append(s.Confirmations, e.Confirmation)
	case ChargingConfirmationAnswered:
		for i := range s.Confirmations {
			if c := &s.Confirmations[i]; c.ID == e.ID {
				c.State, c.Reply = e.State, e.Message
			}
		}
	}
}

func (s *Session) applyDuty(e Event) {
	switch e := e.(type) {
	case ChargingDutyTaken:
		s.Duties = append(s.Duties, e.Duty)
	case ChargingDutyTried:
		for i := range s.Duties {
			if s.Duties[i].Key == e.Key {
				s.Duties[i].Tries++
				s.Duties[i].Next = e.Next
			}
		}
	case ChargingDutyDone:
		kept := s.Duties[:0]
		for _, d := range s.Duties {
			if d.Key != e.Key {
				kept = append(kept, d)
			}
		}
		s.Duties = kept
	}
}
