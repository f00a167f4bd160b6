package charging

import (
	"strings"
	"time"
)

// Party is whom a session can wait for.
type Party string

// The parties.
const (
	ForDriver   Party = "driver"
	ForTerminal Party = "terminal"
	ForOperator Party = "operator"
	ForAcquirer Party = "acquirer"
)

// Wait is one thing that a session waits for.
type Wait struct {
	For   Party     `json:"for"`
	What  string    `json:"what"`
	Since time.Time `json:"since"`
	// Until is when Kassa goes on without it; zero when it asks again and again without an end.
	Until time.Time `json:"until,omitzero"`
	// Tries counts how often it was asked for, Next is when it is asked for again.
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next,omitzero"`
}

// overdueAfter is how long after the end of a wait it must have been acted on.
const overdueAfter = time.Minute

// Overdue tells at an instant that what should have been gone on without is still waited for.
func (w Wait) Overdue(now time.Time) bool {
	return !w.Until.IsZero() && now.After(w.Until.Add(overdueAfter))
}

// Holding tells whether money of a driver is held for the session, or may be.
func (s *Session) Holding() bool {
	if s.Order.Freed || s.Order.Done {
		return false
	}
	return s.Order.State == HoldHeld || s.Order.State == HoldAsked || s.State == Authorising && s.Hold > 0
}

// HoldEnds is when the hold must have come to its end whatever happens: when the issuer lets go of it. It is zero when
// nothing is held.
func (s *Session) HoldEnds() time.Time {
	switch {
	case !s.Holding():
		return time.Time{}
	case s.Order.State != HoldHeld:
		return s.OpenedAt.Add(cardTime)
	}
	return s.Order.Expires
}

// Waits lists whom the session waits for, for what, since when, and until when: first what its state waits for, then
// what is still owed beside it. A session that is over waits for nothing.
func (s *Session) Waits() []Wait {
	var list []Wait
	if w, ok := s.waitOfState(); ok {
		list = append(list, w)
	}
	if !s.CorrectionBy.IsZero() {
		list = append(list, Wait{For: ForOperator, What: "the CDR that replaces the one it took back", Since: s.CorrectionBy.Add(-CorrectionTime), Until: s.CorrectionBy})
	}
	for _, r := range s.Refunds {
		if !r.Done && !r.Failed {
			list = append(list, s.owed(Wait{For: ForAcquirer, What: "the refund " + r.Ref}, dutyRefund+r.Ref))
		}
	}
	for _, c := range s.Confirmations {
		switch c.State {
		case SendingPending, SendingRetrying:
			list = append(list, s.owed(Wait{For: ForOperator, What: "its word on the confirmation " + c.ID, Since: c.At}, dutyConfirm+c.ID))
		}
	}
	if s.State.Final() && s.owedAt(dutyStop) != nil {
		list = append(list, s.owed(Wait{For: ForOperator, What: "the end of a session whose hold is gone", Since: s.EndedAt}, dutyStop))
	}
	return list
}

// owed adds to a wait how far the duty behind it is.
func (s *Session) owed(w Wait, key string) Wait {
	if w.Since.IsZero() {
		w.Since = s.Since
	}
	if d := s.owedAt(key); d != nil {
		w.Tries, w.Next = d.Tries, d.Next
	}
	return w
}

func (s *Session) owedAt(key string) *Duty {
	for i := range s.Duties {
		if s.Duties[i].Key == key {
			return &s.Duties[i]
		}
	}
	return nil
}

func (s *Session) waitOfState() (w Wait, ok bool) {
	w.Since = s.Since
	switch s.State {
	case Authorising:
		w.For, w.What, w.Until = ForDriver, "a card", s.OpenedAt.Add(cardTime)
		if s.Order.State == HoldMissing {
			w.For, w.What = ForTerminal, "the order at the terminal"
		}
		w = s.owed(w, dutyAuthorise)
	case Starting:
		w.For, w.What, w.Until = ForOperator, "the result of START_SESSION", s.Start.Deadline
		if !s.Look.Until.IsZero() {
			w.What, w.Until = "whether it has the session: the start is not known", s.guard()
			w = s.owed(w, dutySeek)
		}
	case Charging:
		w.For, w.What, w.Until = ForDriver, "the end of charging", s.guard()
		if !s.PlugBy.IsZero() {
			w.What, w.Until = "a car to be plugged in", s.PlugBy
		}
		if s.increments() {
			w.For, w.What = ForAcquirer, "a higher hold"
		}
	case Stopping:
		w.For, w.What, w.Until = ForOperator, "the end of the session: "+s.Stopped, s.StopBy
		w = s.owed(w, dutyStop)
	case AwaitingPrice:
		w.For, w.What, w.Until = ForOperator, "the CDR", s.guard()
		w = s.owed(w, dutyPrice)
	case Priced:
		w.For, w.What, w.Until = ForOperator, "the end of the session that its CDR is about", s.SettleBy
	case Settling:
		w.For, w.What, w.Until = ForAcquirer, "the capture", s.Order.Expires
		w = s.owed(w, dutySettle)
	case Releasing:
		w.For, w.What, w.Until = ForAcquirer, "the release of the hold", s.Order.Expires
		w = s.owed(w, dutyRelease)
	default:
		return Wait{}, false
	}
	return w, true
}

func (s *Session) increments() bool {
	for _, d := range s.Duties {
		if strings.HasPrefix(d.Key, dutyIncrement) {
			return true
		}
	}
	return false
}
