package kassa

func (s *step) askRefund(in AskRefund) Reason {
	if s.next.RefundBy(in.Ref) != nil {
		return RefundRepeated
	}
	if s.next.AmountPaid() == 0 {
		return NotRefundable
	}
	if s.now.Sub(s.next.EndedAt) > refundTime {
		return RefundTooLate
	}
	left, ok := s.next.refundable(in.Capture)
	amount := in.Amount
	if amount == 0 {
		amount = left
	}
	switch {
	case !ok:
		return NotRefundable
	case amount < 0:
		return AmountInvalid
	case in.Currency != s.next.Amount.Currency:
		return CurrencyInvalid
	case left == 0 || amount > left:
		return RefundTooHigh
	case len(s.next.Refunds) >= maxRefunds:
		return TooManyRefunds
	}
	for _, r := range s.next.Refunds {
		if r.Counts() && r.Amount.Minor == amount && r.Capture == in.Capture && s.now.Sub(r.TransmittedAt) < RefundDuplicateWindow {
			return RefundDuplicate
		}
	}
	s.record(RefundTaken{Refund: Refund{
		Number: in.Number, Ref: in.Ref, Description: in.Description, Door: in.Door, Capture: in.Capture,
		Amount: Money{Minor: amount, Currency: in.Currency}, STAN: in.STAN, RRN: in.RRN,
		TransmittedAt: s.now, Status: RefundAccepted, ModifiedAt: s.now,
	}})
	return None
}

// refundable is what can still be paid back, of one capture when a number is given; ok is false when
// there is no such capture that took anything.
func (o *Order) refundable(capture int64) (left int64, ok bool) {
	left = o.AmountPaid() - o.AmountRefunded()
	if capture == 0 {
		return left, true
	}
	c := o.CaptureNumbered(capture)
	if c == nil || c.Status != CaptureCompleted {
		return 0, false
	}
	of := c.Amount.Minor
	for _, r := range o.Refunds {
		if r.Capture == capture && r.Counts() {
			of -= r.Amount.Minor
		}
	}
	return min(left, of), true
}

func (s *step) refundAnswered(in RefundAnswered) Reason {
	r := s.next.RefundNumbered(in.Number)
	if r == nil || r.Status != RefundAccepted {
		return None
	}
	settled := RefundSettled{Number: in.Number, Status: RefundCompleted, Reason: in.Reason, ResponseCode: in.ResponseCode}
	if in.Reason != None {
		settled.Status = RefundDeclined
	}
	s.record(settled)
	if settled.Status == RefundCompleted && r.CancelAsked {
		s.record(RefundVoidDue{Number: in.Number})
	}
	return None
}

// cancelRefund undoes a refund once its answer is known: before, it may have left, and nobody can
// tell whether there is something to undo.
func (s *step) cancelRefund(in CancelRefund) Reason {
	r := s.next.RefundNumbered(in.Number)
	switch {
	case r == nil:
		return RefundUnknown
	case r.Status == RefundVoiding || r.Status == RefundVoided || r.Status == RefundAccepted && r.CancelAsked:
		return None
	case r.Status == RefundDeclined || r.VoidRefused != None:
		return RefundNotCancellable
	case r.Status == RefundAccepted:
		s.record(RefundCancelRequested(in))
	default:
		s.record(RefundVoidDue(in))
	}
	return None
}

func (s *step) refundVoidAnswered(in RefundVoidAnswered) Reason {
	if r := s.next.RefundNumbered(in.Number); r != nil && r.Status == RefundVoiding {
		s.record(RefundVoidSettled(in))
	}
	return None
}
