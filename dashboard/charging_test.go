package dashboard_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kassa/charging"
	"kassa/journal"
)

// sessions are charging sessions; each input goes through the machine.
type sessions struct {
	by  map[string]charging.Session
	now func() time.Time
}

func (c *sessions) Open() (refs []string) {
	for ref := range c.by {
		refs = append(refs, ref)
	}
	return refs
}

func (c *sessions) Load(ref string) (charging.Session, bool, error) {
	s, ok := c.by[strings.ToUpper(ref)]
	return s, ok, nil
}

func (c *sessions) Give(_ context.Context, ref string, in charging.Input) (charging.Session, error) {
	next, _, _, refused := c.by[ref].Step(c.now(), in)
	if refused != nil {
		return next, refused
	}
	c.by[ref] = next
	return next, nil
}

// charge puts a session there that charges.
func (w *world) charge(ref string) charging.Session {
	w.t.Helper()
	s := charging.Session{
		New: charging.New{
			Ref: ref, Peer: "P", TerminalID: bar, POIID: "EV1-1", Location: "L", EVSE: "E1", Currency: "EUR", Hold: 5000, StartID: "SECRET",
			Place: charging.Place{Label: "A1 <i>", Name: "A very long name of a car park beside the harbour of a town", Operator: "Laadpunt"},
		},
		State: charging.Charging, OpenedAt: w.now.Add(-time.Hour), Since: w.now.Add(-time.Hour),
		Order:  charging.HoldView{State: charging.HoldHeld, Amount: 5000, HeldAt: w.now.Add(-time.Hour), Expires: w.now.Add(72 * time.Hour), Card: charging.Card{Lines: []string{"VISA"}}},
		Report: charging.Report{SessionID: "S1", Status: charging.Active, Energy: "4.2"},
	}
	w.sessions.by[ref] = s
	_, payload, err := charging.EncodeEvent(charging.ChargingChosen{New: s.New})
	if err != nil {
		w.t.Fatal(err)
	}
	second, told, err := charging.EncodeEvent(charging.ChargingStopAsked{Why: "the hold is used"})
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	w.store.Submit(journal.Batch{{Stream: "charging/" + ref, State: []byte(`{}`), Facts: []journal.Fact{
		{At: w.now, Kind: "ChargingChosen", Payload: payload}, {At: w.now, Kind: second, Payload: told},
	}}}, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestOpenHoldsArePutFirst: with who is waited for, what is late, and how much is held.
func TestOpenHoldsArePutFirst(t *testing.T) {
	w := newWorld(t)
	w.get("/charging/", "no driver's money is held")
	w.charge("REF1")
	late := w.charge("REF2")
	late.PlugBy = w.now.Add(-time.Hour)
	w.sessions.by["REF2"] = late
	w.get("/charging/", "2 open", "EUR 100.00 held", "1 overdue", "waits for the driver: a car to be plugged in", "A1 <i>", `href="/charging/REF1"`)
}

// TestASessionIsShownAndActedOn: its facts without the secret name of its commands, and what may be done by hand.
func TestASessionIsShownAndActedOn(t *testing.T) {
	w := newWorld(t)
	w.charge("REF1")
	page := w.get("/charging/ref1", "EUR 50.00", "4.2 kWh", "Laadpunt", "Stop the session", "Give the hold back", "the hold is used", "/r/REF1", "Bar 1")
	if strings.Contains(page, "SECRET") {
		t.Error("the page has the secret name of a command")
	}
	if _, head := w.post("/charging/REF1/release", url.Values{"why": {"a complaint"}}, http.StatusSeeOther); head.Get("Location") != "/charging/REF1" {
		t.Errorf("released: %v", head)
	}
	if s := w.sessions.by["REF1"]; s.State != charging.Releasing || !strings.Contains(s.Why, "a complaint") {
		t.Errorf("it is %s: %s", s.State, s.Why)
	}
	w.post("/charging/REF1/confirm", nil, http.StatusConflict)
	w.post("/charging/REF1/eat", nil, http.StatusNotFound)
	w.post("/charging/NONE/stop", nil, http.StatusNotFound)
}
