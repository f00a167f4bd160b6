package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/sale/native"
)

// ownAPI calls Kassa's own API with a body, and gives what came back whole.
func (s *site) ownAPI(method, path, body string) (int, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+native.Prefix+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, all.Bytes()
}

// ladder runs the connection test of a terminal.
func (s *site) ladder(tid string) (rungs []doctor.Rung, v doctor.Verdict) {
	s.t.Helper()
	status, text := s.ownAPI("POST", "terminals/"+tid+"/test", "")
	if status != http.StatusOK {
		s.t.Fatalf("%d %s", status, text)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		var r doctor.Rung
		if err := json.Unmarshal(line, &r); err != nil {
			s.t.Fatal(err)
		}
		rungs = append(rungs, r)
	}
	if err := json.Unmarshal(lines[len(lines)-1], &v); err != nil || len(rungs) != doctor.Rungs() {
		s.t.Fatalf("%d rungs, %v: %s", len(rungs), err, text)
	}
	return rungs, v
}

func (s *site) reach(tid string) native.Reach {
	var t native.Terminal
	s.native("GET", "terminals/"+tid, &t)
	return t.Reach
}

// TestConnectionTruth: what the API says of a terminal is what is so, over real links: reachable, cut off,
// back again, switched off for payments, and shut down.
func TestConnectionTruth(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "--heartbeat", "1s")
	s.start("")
	tid := s.tid()
	rungs, v := s.ladder(tid)
	if !v.Connected || v.Verdict != doctor.Connected || v.Rung != 0 {
		t.Fatalf("the terminal is there: %+v\n%+v", v, rungs)
	}
	for _, r := range rungs {
		if want := r.N != doctor.RungDryRun && r.N != doctor.RungWebhook; want != (r.Result == doctor.Pass) {
			t.Errorf("rung %d: %+v", r.N, r)
		}
	}
	if n := len(rungs[doctor.RungTerminal-1].Evidence); n < 5 {
		t.Errorf("the terminal looked at %d things: %+v", n, rungs[doctor.RungTerminal-1])
	}

	s.fault("cut-link")
	await(t, "the link is known to be lost", 10*time.Second, func() bool { return s.reach(tid).State == "offline" })
	if _, v := s.ladder(tid); v.Connected || v.Rung != doctor.RungSocket || v.Fix == "" {
		t.Errorf("cut off: %+v", v)
	}
	s.clear()
	await(t, "it is back", 10*time.Second, func() bool { return s.reach(tid).State == "online" })
	var past struct{ Data []native.Transition }
	s.native("GET", "terminals/"+tid+"/history", &past)
	if len(past.Data) < 3 || past.Data[0].State != "online" || past.Data[1].State == "online" {
		t.Errorf("its history: %+v", past.Data)
	}

	const off = `{"set":{"cloud.webSocketEnabled":false}}`
	if status, text := s.ownAPI("PATCH", "terminals/"+tid+"/settings", off); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	await(t, "it takes no cloud payments", 10*time.Second, func() bool { return s.reach(tid).Reason == "not_enabled" })
	if r := s.reach(tid); r.Enabled || !r.Linked {
		t.Errorf("not enabled: %+v", r)
	}
	if rungs, v := s.ladder(tid); v.Connected || v.Rung != doctor.RungCloud || v.Reason != "cloud_connection_disabled" {
		t.Errorf("not enabled: %+v\n%+v", v, rungs)
	}
	await(t, "the terminal has taken its settings", 10*time.Second, func() bool {
		var shown struct {
			Version  uint64
			Reported struct {
				Version uint64
				Current bool
			}
		}
		s.native("GET", "terminals/"+tid+"/settings", &shown)
		return shown.Reported.Current && shown.Reported.Version == shown.Version
	})
}
