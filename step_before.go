package kassa

// before takes what can happen to an order before its first card.
func (s *step) before(in Input) Reason {
	switch in := in.(type) {
	case Claim:
		return s.claim(in)
	case AddTip:
		return s.addTip(in.Tip)
	case Defer:
		if s.next.Status != Offered {
			return OutOfTurn
		}
		s.record(OrderDeferred{})
	}
	return None
}

// claim gives the order to the POI that took it up first; that one may say so again. One that waits for
// a POI on which it is started now is shown there in every mode.
func (s *step) claim(in Claim) Reason {
	waits := s.next.Status == Waiting && s.next.TID == in.TID && !s.next.Origin.AtPOI()
	switch {
	case s.next.Status.Final():
		return OrderFinished
	case s.next.Status == Unclaimed || waits:
		s.record(OrderClaimed{POIID: in.POIID, TID: in.TID, MID: in.MID, Origin: in.Origin, Offered: in.POIFree})
	case s.next.TID != in.TID:
		return ClaimedElsewhere
	}
	return None
}

// addTip takes one tip, and the same one again. Once the host was asked for an amount it stays.
func (s *step) addTip(tip Tip) Reason {
	switch {
	case tip == s.next.Tip:
		return None
	case s.next.Kind != Purchase || tip.Minor <= 0 || s.next.Tip.Minor != 0 || tip.Minor > MaxMinor-s.next.Amount.Minor:
		return TipInvalid
	case s.next.Status != Offered && s.next.Status != Presented || s.next.tries() > 0:
		return OutOfTurn
	}
	s.record(TipAdded{Tip: tip})
	return None
}
