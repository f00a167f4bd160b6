package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kassa/doctor/book"
)

// TestDoctor: a terminal is switched off, and an order is not shown on it. The API, the command line, the pages and the
// report for the shop name the same cause.
func TestDoctor(t *testing.T) {
	s := newSite(t, 2, "--heartbeat", "500ms")
	s.start("")
	tid := s.tid()
	answer, err := s.simCall(http.MethodDelete, "/terminals/"+tid, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	await(t, "the terminal is offline", 10*time.Second, func() bool { return s.reach(tid).State == "offline" })
	s.must("POST", "orders", cloudOrder("doctor-1", tid, 1250))

	var d struct {
		ID, Verdict string
		Cause       struct{ Code string }
		Subject     struct{ ID string }
		Doc         string
	}
	status, text := s.ownAPI("POST", "diagnoses", `{"subject":{"type":"order","id":"doctor-1"},"symptom":"nothing on the screen"}`)
	if err := json.Unmarshal([]byte(text), &d); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	whole, err := book.Whole()
	if err != nil {
		t.Fatal(err)
	}
	cause := d.Cause.Code
	rule, ok := whole.Rule(cause)
	if !ok || cause != "never_delivered" || d.Verdict != "cause_found" {
		t.Fatalf("the API says %s", text)
	}
	in := func(lang string) string { return html.EscapeString(rule.Says.Title.In(lang)) }
	if out, code := s.kassa("doctor", "order", "doctor-1"); code != 1 || !strings.Contains(out, "✗ "+rule.Says.Title.EN+"  "+cause) {
		t.Errorf("%d %s", code, out)
	}
	if out, code := s.kassa("doctor", tid, "--lang", "nl"); code != 1 || !strings.Contains(out, "kassa doctor feedback ") {
		t.Errorf("%d %s", code, out)
	}
	if out, code := s.kassa("doctor"); !strings.Contains(out, "1 of 2 online") || code == 2 || code == 3 {
		t.Errorf("%d %s", code, out)
	}
	if got := s.read("/diagnoses/" + d.ID + "?lang=fr"); !strings.Contains(got, in("fr")) {
		t.Errorf("the page says %s", got)
	}
	if got := s.read(d.Doc + "?lang=es"); !strings.Contains(got, in("es")) {
		t.Errorf("the cause's page says %s", got)
	}
	if got := s.read("/payments/" + d.Subject.ID); !strings.Contains(got, in("en")) || !strings.Contains(got, "Ask the doctor") {
		t.Errorf("the payment's page says %s", got)
	}
	if got := s.read("/terminals/" + tid); !strings.Contains(got, "Ask the doctor") {
		t.Errorf("the terminal's page says %s", got)
	}
	if out, code := s.kassa("doctor", "feedback", d.ID, cause, "yes"); code != 0 {
		t.Errorf("%d %s", code, out)
	}
	if got := s.read("/causes/"); !strings.Contains(got, "100 %") {
		t.Errorf("the catalogue does not know the answer")
	}
	out, code := s.kassa("doctor", "share", d.ID)
	address, _, _ := strings.Cut(out, "\n")
	shared, err := url.Parse(address)
	if code != 0 || err != nil {
		t.Fatalf("%d %s", code, out)
	}
	if got := s.read(shared.Path + "?lang=it"); !strings.Contains(got, in("it")) || strings.Contains(got, s.facts.GroupKey[len(s.facts.GroupKey)-4:]) {
		t.Errorf("the shared report says %s", got)
	}
	foreignFormIsRefused(t, s)
}

// read gives a page that must be there.
func (s *site) read(path string) string {
	s.t.Helper()
	r, err := s.client.Get(s.facts.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %v %s", path, r.StatusCode, err, body)
	}
	return string(body)
}

// foreignFormIsRefused: what another site lets a browser send does nothing.
func foreignFormIsRefused(t *testing.T, s *site) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.facts.URL+"/diagnoses/", strings.NewReader("type=installation"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://elsewhere.example")
	refused, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = refused.Body.Close()
	if refused.StatusCode != http.StatusForbidden {
		t.Errorf("another site's form: %d", refused.StatusCode)
	}
}
