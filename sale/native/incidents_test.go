package native_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/sale/native"
)

// board is the service status in memory.
type board struct{ list []native.Incident }

func (s *board) Components() []native.Component {
	return []native.Component{{
		Name: "acquirer", Title: "Connection to the acquirer", State: "down", Since: time.Unix(1795262400, 0).UTC(), Says: "no line", Uptime: new(99.5),
		Days: []native.ComponentDay{{Day: "2026-11-24"}, {Day: "2026-11-25", Worst: "down", Uptime: new(99.5)}},
	}}
}

func (s *board) Incidents(before string, limit int) []native.Incident {
	list := []native.Incident{}
	for i := len(s.list) - 1; i >= 0 && len(list) < limit; i-- {
		if before == "" || s.list[i].ID < before {
			list = append(list, s.list[i])
		}
	}
	return list
}

func (s *board) find(id string) (*native.Incident, error) {
	for i := range s.list {
		if s.list[i].ID == id {
			return &s.list[i], nil
		}
	}
	return nil, native.ErrNoIncident
}

func (s *board) Incident(id string) (native.Incident, error) {
	i, err := s.find(id)
	if err != nil {
		return native.Incident{}, err
	}
	return *i, nil
}

func (s *board) Open(n native.NewIncident, by string) (native.Incident, error) {
	if n.Title == "" {
		return native.Incident{}, native.InvalidIncident{Why: "title must be text"}
	}
	i := native.Incident{
		ID: fmt.Sprintf("inc_test_%d", len(s.list)), Title: n.Title, Components: n.Components, Worst: "degraded", State: "degraded",
		Opened: time.Unix(1795262400, 0).UTC(), OpenedBy: by, Notes: []native.IncidentNote{{At: time.Unix(1795262400, 0).UTC(), By: by, Text: n.Text}},
	}
	s.list = append(s.list, i)
	return i, nil
}

func (s *board) Note(id, by, text string, resolves bool) (native.Incident, error) {
	i, err := s.find(id)
	switch {
	case err != nil:
		return native.Incident{}, err
	case text == "":
		return native.Incident{}, native.InvalidIncident{Why: "text must be text"}
	case resolves && !i.Resolved.IsZero():
		return native.Incident{}, native.ErrIncidentOver
	}
	i.Notes = append(i.Notes, native.IncidentNote{At: time.Unix(1795262460, 0).UTC(), By: by, Text: text})
	if resolves {
		i.Resolved, i.State = time.Unix(1795262460, 0).UTC(), "operational"
	}
	return *i, nil
}

type said struct {
	Status int
	Text   string
}

// say sends a call with one of the keys.
func (w *world) say(method, path, key, body string) said {
	w.t.Helper()
	status, o := w.call(method, native.Prefix+path, body, w.as(key)...)
	text, err := json.Marshal(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return said{status, string(text)}
}

// TestIncidentsAreForEverybodyAndTheOperators: who has a key reads them, the operator alone writes, and nobody else
// learns which key it was.
func TestIncidentsAreForEverybodyAndTheOperators(t *testing.T) {
	w := newWorld(t)
	if got := w.say("POST", "incidents", "account", `{"title":"Mine"}`); got.Status != 403 {
		t.Errorf("an account opens an incident: %d", got.Status)
	}
	if got := w.say("POST", "incidents", "operator", `{"components":["api"]}`); got.Status != 400 || !strings.Contains(got.Text, `"/title"`) {
		t.Errorf("without a title: %d %s", got.Status, got.Text)
	}
	for range 3 {
		if got := w.say("POST", "incidents", "operator", `{"title":"Slow answers","components":["api"],"text":"We look into it."}`); got.Status != 201 {
			t.Fatalf("open: %d %s", got.Status, got.Text)
		}
	}
	if got := w.say("POST", "incidents/inc_test_0/notes", "operator", `{"text":"Mended.","resolved":true}`); got.Status != 201 || !strings.Contains(got.Text, `"resolved"`) {
		t.Errorf("resolve: %d %s", got.Status, got.Text)
	}
	if got := w.say("POST", "incidents/inc_test_0/notes", "operator", `{"text":"Again.","resolved":true}`); got.Status != 409 {
		t.Errorf("resolve twice: %d %s", got.Status, got.Text)
	}
	if got := w.say("POST", "incidents/inc_test_9/notes", "operator", `{"text":"x"}`); got.Status != 404 {
		t.Errorf("of none: %d", got.Status)
	}
	for _, key := range []string{"account", "group", "operator"} {
		got := w.say("GET", "incidents?limit=2", key, "")
		if got.Status != 200 || !strings.Contains(got.Text, `"has_more":true`) || strings.Contains(got.Text, "inc_test_0") {
			t.Errorf("%s: %d %s", key, got.Status, got.Text)
		}
		if seen := strings.Contains(got.Text, "key_test_"); seen != (key == "operator") {
			t.Errorf("%s sees which key it was: %v", key, seen)
		}
		if got := w.say("GET", "incidents?before=inc_test_1", key, ""); !strings.Contains(got.Text, "Mended.") {
			t.Errorf("%s: the next page: %s", key, got.Text)
		}
		if got := w.say("GET", "incidents/inc_test_0", key, ""); got.Status != 200 || strings.Contains(got.Text, "key_test_") && key != "operator" {
			t.Errorf("%s: one: %s", key, got.Text)
		}
		if got := w.say("GET", "status-components", key, ""); got.Status != 200 || !strings.Contains(got.Text, `"worst":"down"`) {
			t.Errorf("%s: components: %s", key, got.Text)
		}
	}
}
