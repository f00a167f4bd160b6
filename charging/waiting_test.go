package charging_test

import (
	"strings"
	"testing"
	"time"

	"kassa/charging"
)

// TestWaits: of each state it is told who is waited for, for what, and until when.
func TestWaits(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	held := charging.HoldView{State: charging.HoldHeld, Amount: 5000, HeldAt: at, Expires: at.Add(7 * 24 * time.Hour)}
	guard := at.Add(6 * 24 * time.Hour) // a day before the hold expires
	for _, c := range []struct {
		name    string
		session charging.Session
		who     charging.Party
		what    string
		until   time.Time
	}{
		{"the terminal has not made its order", charging.Session{State: charging.Authorising, OpenedAt: at}, charging.ForTerminal, "order", at.Add(15 * time.Minute)},
		{"the driver has the turn", charging.Session{State: charging.Authorising, OpenedAt: at, Order: charging.HoldView{State: charging.HoldAsked}}, charging.ForDriver, "card", at.Add(15 * time.Minute)},
		{"the start", charging.Session{State: charging.Starting, Order: held, Start: charging.Start{Deadline: at.Add(90 * time.Second)}}, charging.ForOperator, "START_SESSION", at.Add(90 * time.Second)},
		{"a start that is not known", charging.Session{State: charging.Starting, Order: held, Look: charging.Look{Until: at.Add(2 * time.Minute)}}, charging.ForOperator, "not known", guard},
		{"no car yet", charging.Session{State: charging.Charging, Order: held, PlugBy: at.Add(5 * time.Minute)}, charging.ForDriver, "plugged in", at.Add(5 * time.Minute)},
		{"it charges", charging.Session{State: charging.Charging, Order: held}, charging.ForDriver, "end of charging", guard},
		{"the hold grows", charging.Session{State: charging.Charging, Order: held, Duties: []charging.Duty{{Key: "increment/1"}}}, charging.ForAcquirer, "higher hold", guard},
		{"it is stopped", charging.Session{State: charging.Stopping, Order: held, Stopped: "the driver", StopBy: at.Add(10 * time.Minute)}, charging.ForOperator, "the driver", at.Add(10 * time.Minute)},
		{"no price", charging.Session{State: charging.AwaitingPrice, Order: held, PriceSince: at}, charging.ForOperator, "CDR", guard},
		{"the price came early", charging.Session{State: charging.Priced, Order: held, SettleBy: at.Add(5 * time.Minute)}, charging.ForOperator, "end of the session", at.Add(5 * time.Minute)},
		{"the capture", charging.Session{State: charging.Settling, Order: held}, charging.ForAcquirer, "capture", held.Expires},
		{"the release", charging.Session{State: charging.Releasing, Order: held}, charging.ForAcquirer, "release", held.Expires},
		{"a confirmation", charging.Session{State: charging.Settled, Confirmations: []charging.Confirmation{{ID: "R-1", State: charging.SendingRetrying, At: at}}}, charging.ForOperator, "R-1", time.Time{}},
		{"a refund", charging.Session{State: charging.Settled, Refunds: []charging.Refund{{Ref: "R-R1"}}}, charging.ForAcquirer, "R-R1", time.Time{}},
	} {
		list := c.session.Waits()
		if len(list) != 1 || list[0].For != c.who || !strings.Contains(list[0].What, c.what) || !list[0].Until.Equal(c.until) {
			t.Errorf("%s: %+v", c.name, list)
			continue
		}
		if w := list[0]; !w.Until.IsZero() && (w.Overdue(w.Until) || !w.Overdue(w.Until.Add(2*time.Minute))) {
			t.Errorf("%s: overdue at the wrong time", c.name)
		}
	}
	over := charging.Session{State: charging.Released, Confirmations: []charging.Confirmation{{State: charging.SendingAccepted}}}
	if list := over.Waits(); len(list) != 0 {
		t.Errorf("one that is over: %+v", list)
	}
}
