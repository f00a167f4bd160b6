package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kassa/sale/native"
)

// caseShown is what the test reads of a case.
type caseShown struct {
	ID, Title, State, Account, Group, Into string
	Subject                                struct{ Kind, ID string }
	Facts                                  []struct {
		Account, Group, TID, Serial, Diagnosis string
		Lines                                  []string
	}
	Notes       []struct{ Text string }
	Attachments []struct{ ID, Name, Type string }
	Merged      []string
}

// TestCases: a terminal is switched off, and an order with a telling reference is not shown on it. Cases are opened from
// what the doctor finds, from the terminal and from the order; all of it comes together in one bundle, which its account
// and the operator may read, and nobody else.
func TestCases(t *testing.T) {
	const ref = "SECRETREF-77"
	s := newSite(t, 2, "--heartbeat", "500ms")
	s.start("")
	tid, poiid := s.tid(), s.facts.Terminals[0].POIID
	answer, err := s.simCall(http.MethodDelete, "/terminals/"+tid, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	await(t, "the terminal is offline", 20*time.Second, func() bool { return s.reach(tid).State == "offline" })
	s.must("POST", "orders", cloudOrder(ref, tid, 1250))

	var d struct{ ID string }
	if status := s.own(s.facts.GroupKey, "POST", "diagnoses", map[string]any{"subject": map[string]string{"type": "order", "id": ref}}, &d); status != http.StatusCreated {
		t.Fatal(status)
	}
	open := func(key, kind, id string) (c caseShown) {
		t.Helper()
		var raw json.RawMessage
		body := map[string]any{"subject": map[string]string{"kind": kind, "id": id}, "note": "Please look at " + kind + "."}
		if status := s.own(key, "POST", "cases", body, &raw); status != http.StatusCreated || json.Unmarshal(raw, &c) != nil {
			t.Fatalf("%s: %d %s", kind, status, raw)
		}
		c.prefilled(t, raw, ref, tid, poiid)
		return c
	}
	first := open(s.facts.GroupKey, "diagnosis", d.ID)
	if first.Facts[0].Diagnosis != d.ID || !strings.Contains(strings.Join(first.Facts[0].Lines, "\n"), "never_delivered") {
		t.Errorf("opened from a diagnosis: %+v", first)
	}
	second := open(s.facts.Token, "terminal", tid)
	third := open(s.facts.Token, "order", orderID(t, s, ref))
	if second.Account != first.Account || third.Account != first.Account || third.Group != first.Group {
		t.Errorf("%+v\n%+v\n%+v", first, second, third)
	}
	s.collect(first, second, third)
	s.strangersCase(first)
	s.caseOnPages(first)
}

// timed is a line that says when something happened.
var timed = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \w+: `)

// prefilled looks at what is filled in: whose it is, the device, and what happened when, without the reference.
func (c caseShown) prefilled(t *testing.T, raw []byte, ref, tid, poiid string) {
	t.Helper()
	if len(c.Facts) != 1 || c.State != "open" || c.Account == "" || c.Group == "" || len(c.Notes) != 1 {
		t.Fatalf("%s", raw)
	}
	f := c.Facts[0]
	if f.Account != c.Account || f.Group != c.Group || f.TID != tid || f.Serial != poiid || f.Diagnosis == "" || len(f.Lines) < 2 || !timed.MatchString(strings.Join(f.Lines, "\n")) {
		t.Errorf("filled in: %s", raw)
	}
	if strings.Contains(string(raw), ref) {
		t.Errorf("the reference is not hidden: %s", raw)
	}
}

func orderID(t *testing.T, s *site, ref string) string {
	t.Helper()
	var list struct{ Data []struct{ ID string } }
	if status := s.own(s.facts.GroupKey, "GET", "orders?reference="+url.QueryEscape(ref), nil, &list); status != http.StatusOK || len(list.Data) != 1 {
		t.Fatalf("%d %+v", status, list)
	}
	return list.Data[0].ID
}

// fetch reads an answer as it is.
func (s *site) fetch(key, method, path, body string) (int, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, raw
}

// collect attaches a picture, merges the cases into the first one over the death of the cloud, and reads the bundle.
func (s *site) collect(into caseShown, from ...caseShown) {
	s.t.Helper()
	picture, err := base64.StdEncoding.DecodeString(screenPicture(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	path := native.Prefix + "cases/"
	if status, raw := s.fetch(s.facts.GroupKey, "POST", path+from[0].ID+"/attachments?name=screen.png", string(picture)); status != http.StatusCreated {
		s.t.Fatalf("%d %s", status, raw)
	}
	if status, raw := s.fetch(s.facts.GroupKey, "POST", path+into.ID+"/attachments?name=run.exe", "MZ\x00\x01"); status != http.StatusBadRequest || !strings.Contains(string(raw), "/file") {
		s.t.Errorf("%d %s", status, raw)
	}
	for i, c := range from {
		if status, raw := s.fetch(s.facts.Token, "POST", path+c.ID+"/merge", `{"into":"`+into.ID+`"}`); status != http.StatusOK {
			s.t.Fatalf("%d %s", status, raw)
		}
		if i == 0 {
			s.cloud.kill()
			s.startCloud()
			await(s.t, "the cloud is there again", 30*time.Second, func() bool {
				r, err := s.client.Get(s.facts.URL + "/")
				if err != nil {
					return false
				}
				_ = r.Body.Close()
				return r.StatusCode == http.StatusOK
			})
		}
	}
	status, raw := s.fetch(s.facts.GroupKey, "GET", path+into.ID+"/bundle", "")
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if status != http.StatusOK || err != nil {
		s.t.Fatalf("%d %v %s", status, err, raw)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			s.t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			s.t.Fatal(err)
		}
	}
	var c caseShown
	if err := json.Unmarshal(files["case.json"], &c); err != nil {
		s.t.Fatal(err)
	}
	if len(files) != 2 || !bytes.Equal(files["attachments/01-screen.png"], picture) || len(c.Facts) != 3 || len(c.Notes) != 3 || len(c.Merged) != 2 || c.Attachments[0].Type != "image/png" {
		s.t.Errorf("the bundle has %d files, %+v", len(files), c)
	}
}

// strangersCase: another account's key finds nothing of a case.
func (s *site) strangersCase(c caseShown) {
	s.t.Helper()
	var account struct{ ID string }
	if status := s.own(s.facts.Token, "POST", "accounts", map[string]any{"name": "Stranger"}, &account); status != http.StatusCreated {
		s.t.Fatal(status)
	}
	var key struct{ Key string }
	if status := s.own(s.facts.Token, "POST", "keys", map[string]any{"account": account.ID, "role": "admin", "name": "x"}, &key); status != http.StatusCreated {
		s.t.Fatal(status)
	}
	one := native.Prefix + "cases/" + c.ID
	for _, try := range [][3]string{
		{"GET", one, ""}, {"GET", one + "/bundle", ""}, {"PATCH", one, `{"state":"closed"}`}, {"POST", one + "/notes", `{"text":"x"}`},
		{"POST", one + "/merge", `{"into":"` + c.ID + `"}`}, {"POST", one + "/attachments?name=a.txt", "text"},
		{"POST", native.Prefix + "cases", `{"subject":{"kind":"terminal","id":"` + s.tid() + `"}}`},
	} {
		if status, raw := s.fetch(key.Key, try[0], try[1], try[2]); status != http.StatusNotFound || strings.Contains(string(raw), c.Title) {
			s.t.Errorf("%s %s: %d %s", try[0], try[1], status, raw)
		}
	}
	if status, raw := s.fetch(key.Key, "GET", native.Prefix+"cases", ""); status != http.StatusOK || strings.Contains(string(raw), "case_") {
		s.t.Errorf("%d %s", status, raw)
	}
	if status, raw := s.fetch(key.Key, "GET", native.Prefix+"cases?state=lost", ""); status != http.StatusBadRequest || !strings.Contains(string(raw), `"state"`) {
		s.t.Errorf("%d %s", status, raw)
	}
}

// caseOnPages: the pages and the command line show the case, and a form on its page writes in it.
func (s *site) caseOnPages(c caseShown) {
	s.t.Helper()
	form := strings.NewReader(url.Values{"note": {"From the page"}}.Encode())
	r, err := http.NewRequestWithContext(s.t.Context(), "POST", s.facts.URL+"/cases/"+c.ID, form)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(text), "From the page") || !strings.Contains(string(text), "screen.png") {
		s.t.Errorf("the page says %d %s", resp.StatusCode, text)
	}
	if out, code := s.kassa("cases", "show", c.ID); code != 0 || !strings.Contains(out, "From the page") || !strings.Contains(out, "screen.png") {
		s.t.Errorf("%d %s", code, out)
	}
	if out, code := s.kassa("cases", "bundle", c.ID, "--out", s.sub("case.zip")); code != 0 {
		s.t.Errorf("%d %s", code, out)
	}
}
