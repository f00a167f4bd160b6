package charging_test

import (
	"time"

	"kassa/charging"
)

// ages remembers since when a history's session is seen in its state.
type ages struct {
	state charging.State
	since time.Time
}

// checkAges holds a session to the times of the policy, written out here once more: a state of the operator's
// or the driver's turn ends in minutes, a price is done without a day or a tenth of the hold's life before it
// expires (half of a short one), and nothing stays held beyond its expiry.
func (w *world) checkAges() {
	const late = 5 * time.Minute // crashes, and calls that are out
	s, ok, err := w.book.Load(sessionRef)
	if err != nil || !ok || w.dead {
		return
	}
	if w.ages.state != s.State {
		w.ages = ages{s.State, w.now}
	}
	most := map[charging.State]time.Duration{
		charging.Authorising: 15 * time.Minute, charging.Stopping: 10 * time.Minute, charging.Priced: 5 * time.Minute,
	}[s.State]
	if age := w.now.Sub(w.ages.since); most > 0 && age > most+late {
		w.wrongf("%s for %s", s.State, age)
	}
	e := s.Order.Expires
	if e.IsZero() {
		return
	}
	switch s.State {
	case charging.Starting, charging.Charging, charging.Stopping, charging.AwaitingPrice:
		life := e.Sub(s.Order.HeldAt)
		if guard := e.Add(-min(max(24*time.Hour, life/10), life/2)); w.now.After(guard.Add(late)) {
			w.wrongf("%s at %s, %s before the hold expires", s.State, w.now, e.Sub(w.now))
		}
	}
	if w.bank.held > 0 && w.now.After(e.Add(late)) {
		w.wrongf("%d held %s after the hold expired, %s", w.bank.held, w.now.Sub(e), s.State)
	}
	for _, wait := range s.Waits() {
		if wait.For == "" || wait.What == "" || wait.Overdue(w.now.Add(-late)) {
			w.wrongf("waits %+v at %s", wait, w.now)
		}
	}
	if !s.State.Final() && len(s.Waits()) == 0 {
		w.wrongf("nobody is waited for in %s", s.State)
	}
}
