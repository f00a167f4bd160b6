package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"kassa/acquirer"
	"kassa/doctor"
	"kassa/journal"
	"kassa/store/sqlite"
)

// acquirerStream keeps how the link to the acquirer is, for diagnosis.
const acquirerStream = "acquirer/1"

// sameAgain is how often it is written down that the acquirer can still not be reached: it is tried every second.
const sameAgain = time.Minute

// acquirerNotes writes down what the acquirer's link tells. It is called from one goroutine.
type acquirerNotes struct {
	c     *cloud
	log   *slog.Logger
	notes *journal.Notebook
	meter meter
	// unreachable is when that was written down last; zero once it was reached.
	unreachable time.Time
}

func newAcquirerNotes(c *cloud, store *sqlite.Store, log *slog.Logger) (*acquirerNotes, error) {
	stream, _, err := store.Load(acquirerStream)
	if err != nil {
		return nil, err
	}
	return &acquirerNotes{c: c, log: log, notes: journal.NewNotebook(acquirerStream, stream.Version, store.Submit), meter: newMeter()}, nil
}

func (a *acquirerNotes) observe(n acquirer.Notice) {
	now := a.c.now()
	switch n := n.(type) {
	case acquirer.LinkChanged:
		a.log.Info("acquirer.link", "conn", n.Conn, "state", n.State, "detail", n.Detail)
		if a.repeats(now, n.State) {
			return
		}
		a.note(now, doctor.AcquirerLink, "", doctor.LinkChange{
			Conn: int(n.Conn), State: string(n.State), Detail: clipped(n.Detail), SignedOn: a.c.acquirer.State(),
		})
	case acquirer.Alarm:
		a.log.Warn("acquirer.alarm", "kind", n.Kind, "conn", n.Conn, "order", n.Order, "tid", n.TID, "stan", n.STAN,
			"times", n.Times, "detail", n.Detail, "suppressed", n.Suppressed)
		t, _ := a.c.registry.Terminal(n.TID)
		if a.meter.admit(source{scope: acquirerStream}, "", now) {
			a.note(now, doctor.AcquirerAlarm, t.Group, doctor.Alarm{
				Kind: string(n.Kind), Order: n.Order, TID: n.TID, STAN: n.STAN, Times: n.Times, Detail: clipped(n.Detail),
			})
		}
	default:
		a.log.Info("acquirer.notice", "type", fmt.Sprintf("%T", n))
	}
}

// repeats tells that nothing is new: the acquirer cannot be reached, as before.
func (a *acquirerNotes) repeats(now time.Time, state acquirer.LinkState) bool {
	if state != acquirer.LinkUnreachable {
		a.unreachable = time.Time{}
		return false
	}
	if !a.unreachable.IsZero() && now.Sub(a.unreachable) < sameAgain {
		return true
	}
	a.unreachable = now
	return false
}

func (a *acquirerNotes) note(now time.Time, kind, scope string, body any) {
	payload, err := json.Marshal(body)
	if err != nil {
		return
	}
	a.notes.Note(journal.Fact{At: now, Kind: kind, Scope: scope, Payload: payload}, nil)
}
