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

// TestNobodyReadsWhatHeMayNotSee: a call with a key that nobody has names a terminal. The operator, who asks about the
// terminal, is told of it; whoever owns the terminal neither reads that, nor is told when he asks himself.
func TestNobodyReadsWhatHeMayNotSee(t *testing.T) {
	const stranger = "test_a-key-that-was-never-made-here-zq9x"
	s := newSite(t, 2)
	s.start("")
	tid := s.tid()
	device := s.facts.URL + "/v1/merchants/Somebody/devices/" + s.facts.Terminals[0].POIID + "/sync"
	call, err := http.NewRequestWithContext(t.Context(), "POST", device, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	call.Header.Set("X-API-Key", stranger)
	call.Header.Set("Content-Type", "application/json")
	refused, err := s.client.Do(call)
	if err != nil {
		t.Fatal(err)
	}
	_ = refused.Body.Close()
	if refused.StatusCode != http.StatusUnauthorized {
		t.Fatal(refused.Status)
	}
	var seen []byte
	await(t, "the call is on record", 10*time.Second, func() bool {
		var status int
		status, seen = s.ownAPI("POST", "diagnoses", `{"subject":{"type":"key","id":"zq9x"}}`)
		return status == http.StatusCreated
	})
	if !strings.Contains(string(seen), "zq9x") {
		t.Errorf("the operator asks about the key, and is told %s", seen)
	}
	terminal := map[string]any{"subject": map[string]string{"type": "terminal", "id": tid}}
	var d struct {
		ID    string
		Cause *struct{ Code string }
	}
	if status := s.own(s.facts.Token, "POST", "diagnoses", terminal, &d); status != http.StatusCreated || d.Cause == nil || d.Cause.Code != "wrong_api_key" {
		t.Fatalf("the operator is told %d %+v", status, d)
	}
	if status := s.own(s.facts.GroupKey, "GET", "diagnoses/"+d.ID, nil, nil); status != http.StatusNotFound {
		t.Errorf("the owner of the terminal reads what the operator was told: %d", status)
	}
	var own json.RawMessage
	if status := s.own(s.facts.GroupKey, "POST", "diagnoses", terminal, &own); status != http.StatusCreated || strings.Contains(string(own), "zq9x") {
		t.Errorf("the owner of the terminal is told %d %s", status, own)
	}
	var list json.RawMessage
	if status := s.own(s.facts.GroupKey, "GET", "diagnoses", nil, &list); status != http.StatusOK || strings.Contains(string(list), "zq9x") {
		t.Errorf("the owner of the terminal reads %d %s", status, list)
	}
}
