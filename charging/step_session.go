package charging

import "time"

// seekEvery is how soon after a report the operator is asked for the next one.
const seekEvery = 5 * time.Minute

// reported takes the operator's word on its session.
func (t *step) reported(r Report) *Refused {
	s := &t.next
	switch {
	case s.State == Authorising || s.State == Declined:
		return &Refused{2001, "authorization_reference: no session was started for it"}
	case s.Report.SessionID != "" && r.SessionID != "" && r.SessionID != s.Report.SessionID:
		return &Refused{2001, "id: the reference belongs to another session"}
	case r.Updated.Before(s.Report.Updated):
		return nil // older than what is known
	case sameReport(r, s.Report):
		return nil
	}
	if s.Report.Status == Completed || s.Report.Status == Invalid {
		if r.Status != Completed && r.Status != Invalid {
			return nil // an end is an end
		}
	}
	t.record(ChargingReported{Report: r})
	if t.owes(dutyStop) && s.Report.SessionID != "" && r.Status != Completed && r.Status != Invalid {
		t.owe(SendStop{SessionID: s.Report.SessionID})
	}
	switch {
	case t.voided():
		t.afterVoid(r)
	case s.State == Settling || s.State.Final():
		t.over(r)
	case r.Status == Invalid:
		t.done(dutyStop, dutySeek, dutyPrice)
		t.release("the operator calls the session invalid")
	case r.Status == Completed:
		t.completed()
	default:
		t.running(r)
	}
	return nil
}

func sameReport(a, b Report) bool {
	cost := a.Cost == b.Cost || a.Cost != nil && b.Cost != nil && *a.Cost == *b.Cost
	a.Cost, b.Cost = nil, nil
	return cost && a.SessionID == b.SessionID && a.Status == b.Status && a.Energy == b.Energy &&
		a.StartedAt.Equal(b.StartedAt) && a.EndedAt.Equal(b.EndedAt) && a.Updated.Equal(b.Updated)
}

// over drops the search and the stop of a session that has ended.
func (t *step) over(r Report) {
	if r.Status == Completed || r.Status == Invalid {
		t.done(dutyStop, dutySeek)
	}
}

func (t *step) afterVoid(r Report) {
	t.over(r)
	switch r.Status {
	case Completed, Invalid:
	case Active:
		t.lateStart()
	default:
		t.duty(dutyStop, 0)
	}
}

// completed waits for the price, or gives the order the one that came before.
func (t *step) completed() {
	t.done(dutyStop, dutySeek)
	if c := t.next.cdr(); c != nil {
		t.settle(c.Price, false)
		return
	}
	if t.next.emptyHanded() {
		t.release("the car was unplugged at once, and took nothing")
		return
	}
	t.await()
}

// emptyHanded tells of a session that ended within minutes and took no energy, at a tariff that has no price for a
// session as such: nobody need wait for a price of nothing.
func (s *Session) emptyHanded() bool {
	energy, ok := s.Report.Energy.rat()
	flat, known := s.Rates.Flat.rat()
	taken := s.Report.EndedAt.Sub(s.Report.StartedAt)
	return ok && s.Report.Energy != "" && energy.Sign() == 0 && known && flat.Sign() == 0 && !s.Rates.empty() && s.Rates.Min == 0 &&
		!s.Report.StartedAt.IsZero() && !s.Report.EndedAt.IsZero() && taken < NoEnergyTime && (s.Report.Cost == nil || *s.Report.Cost == 0)
}

// await begins the wait for the price.
func (t *step) await() {
	if t.next.State == AwaitingPrice {
		return
	}
	t.record(ChargingMoved{State: AwaitingPrice})
	t.duty(dutyPrice, PriceWait)
}

func (t *step) running(r Report) {
	s := &t.next
	if s.State == Starting {
		var plug time.Time
		if r.Status != Active {
			plug = t.now.Add(PlugTime)
		}
		t.record(ChargingMoved{State: Charging, By: plug})
	}
	t.duty(dutySeek, seekEvery) // pushes are optional, and may be lost
	if s.State == Charging && r.Status == Active && !s.PlugBy.IsZero() {
		t.record(ChargingMoved{State: Charging})
	}
	if s.State == Charging && s.Stopped != "" {
		t.stop(s.Stopped)
		return
	}
	t.watchCost()
}

// watchCost lets the hold grow, or ends the session, before it costs more than is held.
func (t *step) watchCost() {
	s := &t.next
	cost, ok := s.Cost()
	held := s.Order.Amount
	if s.State != Charging || !ok || held == 0 || s.Order.Growing || s.Asked > s.Order.Increments {
		return
	}
	if cost >= held-held/10 && s.Asked < s.Terms.Increments && !s.Order.NoMore && s.Grow > 0 {
		n := s.Asked + 1
		t.record(ChargingIncrementAsked{Number: n, Amount: s.Grow})
		t.duty(incrementKey(n), 0)
		return
	}
	if cost >= held-s.Margin && !s.Terms.OverCommit {
		t.stop("the hold is used")
	}
}

// Cost is what the session costs so far, gross: what the operator says, or else its energy and time at the
// tariff that was shown. It reports false when neither can be known.
func (s *Session) Cost() (int64, bool) {
	if s.Report.Cost != nil {
		return *s.Report.Cost, true
	}
	if s.Report.Energy == "" || s.Rates.empty() {
		return 0, false
	}
	until := s.Report.Updated
	if !s.Report.EndedAt.IsZero() {
		until = s.Report.EndedAt
	}
	return s.Rates.Cost(s.Report.Energy, until.Sub(s.Report.StartedAt))
}
