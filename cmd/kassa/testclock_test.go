package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kassa/sale/native"
)

// TestClockJumps: over the real processes, the 60 s of inactivity, an order's expiry and a webhook's
// retries happen in their order when the clock is moved on; links stay up, and a restart keeps the jump.
func TestClockJumps(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	tries := make(chan string, 100)
	var deaf atomic.Bool
	deaf.Store(true)
	till := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var o struct{ Status string }
		_ = json.NewDecoder(r.Body).Decode(&o)
		tries <- o.Status
		if deaf.Load() {
			_, _ = w.Write([]byte("thanks"))
			return
		}
		_, _ = w.Write([]byte("OK"))
	}))
	defer till.Close()
	tid := s.facts.Terminals[0].TID
	order := cloudOrder("clock-1", tid, 1250)
	order["payment_options"] = map[string]any{"notification_url": till.URL, "notification_method": "POST"}
	s.must(http.MethodPost, "orders", order)
	await(t, "the screen", 10*time.Second, func() bool { return s.state(tid).Screen.Name == "presentCard" })
	if out, code := s.kassa("card", "tap", "visa:051", "--terminal", tid); code != 4 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	await(t, "the screen again", 10*time.Second, func() bool { return s.state(tid).Screen.Name == "presentCard" })
	began := s.clock("show")
	if len(began.Upcoming) != 2 || began.Upcoming[0].Reference != "clock-1" || !strings.Contains(began.Upcoming[0].What, "nobody has acted") {
		t.Fatalf("upcoming %+v", began.Upcoming)
	}
	moved := s.clock("advance", "61s")
	if got := moved.Now.Sub(began.Now); got < 61*time.Second || got > 90*time.Second {
		t.Errorf("61 s became %v", got)
	}
	if got := s.order("clock-1"); got.Status != "cancelled" {
		t.Errorf("after 60 s of inactivity the order is %s", got.Status)
	}
	await(t, "the terminal at rest", 10*time.Second, func() bool { return s.state(tid).Screen.Name != "presentCard" })
	for _, p := range s.terminals() {
		if !p.Online {
			t.Errorf("%s went offline when the clock jumped: %s", p.TID, p.Reason)
		}
	}
	// The first try of the first webhook has failed by now; the retries lie 15, 30 and 45 minutes after
	// it, and the order's second webhook waits behind it.
	if first := <-tries; first != "declined" {
		t.Errorf("the first webhook says %q", first)
	}
	s.clock("advance", "next")
	if again := <-tries; again != "declined" {
		t.Errorf("the first retry says %q", again)
	}
	deaf.Store(false)
	s.clock("advance", "16m")
	await(t, "the cancelled webhook", 10*time.Second, func() bool {
		select {
		case status := <-tries:
			return status == "cancelled"
		default:
			return false
		}
	})
	s.clockOutlivesTheCloud()
}

// clockOutlivesTheCloud: a restart keeps the jump, and bad words move nothing.
func (s *site) clockOutlivesTheCloud() {
	s.t.Helper()
	before := s.clock("show")
	s.cloud.kill()
	s.startCloud()
	// It goes on from the last fact, which lies a moment back.
	if after := s.clock("show"); after.Now.Before(before.Now.Add(-time.Minute)) {
		s.t.Errorf("a restart set the clock back from %v to %v", before.Now, after.Now)
	}
	for _, words := range [][]string{{"advance", "-5s"}, {"advance", "soon"}, {"advance", "99999h"}} {
		if out, code := s.kassa(append([]string{"clock"}, words...)...); code != 2 {
			s.t.Errorf("kassa clock %v: exit code %d\n%s", words, code, out)
		}
	}
}

// clock shows the test clock, or moves it on by the words of `kassa clock`.
func (s *site) clock(words ...string) (m native.Moved) {
	s.t.Helper()
	out, code := s.kassa(append([]string{"clock"}, append(words, "--json")...)...)
	if code != 0 {
		s.t.Fatalf("kassa clock %v: exit code %d\n%s", words, code, out)
	}
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		s.t.Fatalf("kassa clock %v: %v\n%s", words, err, out)
	}
	if len(m.Pending) > 0 {
		s.t.Errorf("kassa clock %v: what was due has not happened: %+v", words, m.Pending)
	}
	return m
}
