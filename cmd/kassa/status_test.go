package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/status"
)

// public reads the public status as anybody does.
func (s *site) public() (d struct {
	State      string
	Components []status.Row
	Incidents  []status.Incident
},
) {
	s.t.Helper()
	resp, err := s.client.Get(s.facts.URL + "/status.json")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&d); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("status.json: %s %v", resp.Status, err)
	}
	return d
}

// TestAnAcquirerThatIsGoneIsAnIncident: when the acquirer goes, the status says so, and the doctor can read it; when it is
// back the incident ends by itself.
func TestAnAcquirerThatIsGoneIsAnIncident(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	s.start("")
	if d := s.public(); d.State != "operational" || len(d.Components) != 7 || len(d.Incidents) != 0 {
		t.Fatalf("at first: %+v", d)
	}
	if out, code := s.kassa("status"); code != 0 || !strings.Contains(out, "operational") {
		t.Errorf("kassa status: %d %s", code, out)
	}
	s.acquirer.kill()
	await(t, "the acquirer is down", 40*time.Second, func() bool { return s.public().State == "down" })
	out, code := s.kassa("status")
	if code != 1 || !strings.Contains(out, "no connection to the acquirer is signed on") {
		t.Errorf("kassa status: %d %s", code, out)
	}
	found := false
	for _, e := range s.journal(s.facts.Token) {
		if e.Subject == status.Stream && e.Type == "component.changed" {
			c := exactly[doctor.ComponentChange](t, e.Data)
			found = found || c.Name == "acquirer" && c.State == "down" && c.Former != ""
		}
	}
	if !found {
		t.Error("no fact tells of it")
	}
	resp, err := s.client.Get(s.facts.URL + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(page), "Connection to the acquirer: not working") || strings.Contains(string(page), s.facts.Group) {
		t.Errorf("/status: %s %v\n%s", resp.Status, err, page)
	}
	s.acquirer = s.run("acquirer", s.acquirerArgs)
	await(t, "the incident has ended", 100*time.Second, func() bool {
		d := s.public()
		return len(d.Incidents) == 1 && !d.Incidents[0].Resolved.IsZero() && d.State == "operational"
	})
}
