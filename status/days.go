package status

import (
	"encoding/json"
	"fmt"
	"time"

	"kassa/journal"
)

// HistoryDays is how many days are shown.
const HistoryDays = 90

// dayKind is the kind of the streams of days, one for each: statusday/2006-01-02. They hold a state and no facts.
const dayKind = "statusday"

// tally is how long a component was in which state, in seconds.
type tally struct {
	Operational float64 `json:"operational,omitempty"`
	Degraded    float64 `json:"degraded,omitempty"`
	Down        float64 `json:"down,omitempty"`
}

func (t *tally) add(s State, seconds float64) {
	switch s {
	case Degraded:
		t.Degraded += seconds
	case Down:
		t.Down += seconds
	default:
		t.Operational += seconds
	}
}

func (t tally) measured() float64 { return t.Operational + t.Degraded + t.Down }

// worst is the worst state of the day; empty when nobody looked.
func (t tally) worst() State {
	switch {
	case t.Down > 0:
		return Down
	case t.Degraded > 0:
		return Degraded
	case t.Operational > 0:
		return Operational
	}
	return ""
}

// uptime is the share of the measured time in which it was not down, in per cent; false when nobody looked.
func uptime(list ...tally) (float64, bool) {
	var up, all float64
	for _, t := range list {
		up, all = up+t.Operational+t.Degraded, all+t.measured()
	}
	if all == 0 {
		return 0, false
	}
	return up / all * 100, true
}

// day is the tallies of one day by component.
type day struct {
	version uint64
	tallies map[string]tally
}

func dateOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// loadDays reads the days that are shown.
func loadDays(store Reader, now time.Time) (map[string]*day, error) {
	days := make(map[string]*day)
	for i := range HistoryDays {
		date := dateOf(now.AddDate(0, 0, -i))
		s, ok, err := store.Load(dayKind + "/" + date)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		d := &day{version: s.Version}
		if err := json.Unmarshal(s.State, &d.tallies); err != nil {
			return nil, fmt.Errorf("status: state of %s: %w", s.ID, err)
		}
		days[date] = d
	}
	return days, nil
}

// change is what stores a day.
func (d *day) change(date string) (journal.Change, error) {
	state, err := json.Marshal(d.tallies)
	if err != nil {
		return journal.Change{}, fmt.Errorf("status: encode %s: %w", date, err)
	}
	return journal.Change{Stream: dayKind + "/" + date, Expect: d.version, State: state}, nil
}
