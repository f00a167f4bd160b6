package charging

// This file is what people with a right to it may do to a session by hand.

// askRelease gives the hold back before anything is captured. A session that runs is stopped; what it costs is then
// open, and a receivable.
func (t *step) askRelease(in AskRelease) *Refused {
	s := &t.next
	switch {
	case s.State.Final():
		return &Refused{2001, "the session is over: nothing is held"}
	case s.State == Settling || s.Order.Taken:
		return &Refused{2001, "the capture is under way; refund it when it is done"}
	case s.State == Releasing:
		return nil
	case s.State == Authorising:
		return &Refused{2001, "nothing is held yet: the driver may cancel at the terminal"}
	}
	why := "given back by hand"
	if in.Why != "" {
		why += ": " + in.Why
	}
	if s.State == Starting || s.State == Charging || s.State == Stopping {
		t.stop(why)
	}
	t.release(why)
	return nil
}

// askConfirm sends a confirmation again that was rejected.
func (t *step) askConfirm() *Refused {
	n := len(t.next.Confirmations)
	if n == 0 {
		return &Refused{2001, "there is no confirmation yet"}
	}
	c := t.next.Confirmations[n-1]
	if c.State != SendingRejected {
		return &Refused{2001, "the last confirmation was not rejected: it is " + string(c.State)}
	}
	t.record(ChargingConfirmationAnswered{ID: c.ID, State: SendingPending})
	t.duty(dutyConfirm+c.ID, 0)
	return nil
}

// collect notes what has come in another way. The same one again changes nothing.
func (t *step) collect(in Collect) *Refused {
	s := &t.next
	for _, c := range s.Collections {
		if c.Ref == in.Ref {
			if c.Amount == in.Amount {
				return nil
			}
			return &Refused{2001, "ref: another collection has it"}
		}
	}
	switch {
	case in.Ref == "" || len(in.Ref) > 50:
		return &Refused{2001, "ref: must have 1 to 50 characters"}
	case in.Amount <= 0 || in.Amount > s.Owing():
		return &Refused{2001, "amount: must be more than 0 and at most what is open"}
	}
	t.record(ChargingCollected{Collection: Collection{Ref: in.Ref, Amount: in.Amount, How: in.How, At: t.now}})
	return nil
}

// writeOff gives up what is still open.
func (t *step) writeOff(in WriteOff) *Refused {
	switch {
	case in.Reason == "" || len(in.Reason) > 200:
		return &Refused{2001, "reason: must have 1 to 200 characters"}
	case t.next.Owing() == 0:
		return &Refused{2001, "nothing is open"}
	}
	t.record(ChargingWrittenOff{Amount: t.next.Owing(), Reason: in.Reason})
	return nil
}

// dispute notes a chargeback, once.
func (t *step) dispute(in Dispute) *Refused {
	s := &t.next
	var sum int64
	for _, d := range s.Disputes {
		if d.Ref == in.Ref {
			return nil
		}
		sum += d.Amount
	}
	switch {
	case in.Ref == "" || len(in.Ref) > 50:
		return &Refused{2001, "ref: must have 1 to 50 characters"}
	case in.Amount <= 0 || in.Amount > s.Net()-sum:
		return &Refused{2001, "amount: must be more than 0 and at most what was captured"}
	}
	t.record(ChargingDisputed{Disputed: Disputed{Ref: in.Ref, Amount: in.Amount, Why: in.Why, At: t.now}})
	t.alert("the driver's bank takes an amount back: " + in.Ref)
	return nil
}
