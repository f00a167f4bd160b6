package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// good is a terminal with nothing wrong.
func good() doctor.Facts {
	return doctor.Facts{
		Now: now, Environment: "test", TID: "00000ABC", Found: true, RecordEnvironment: "test", Life: "active", May: true, Group: "Bar", POIID: "P2-1",
		Link: doctor.Link{State: "online", Linked: true, Since: now.Add(-time.Hour), Seen: now.Add(-2 * time.Second)}, Heartbeat: 10 * time.Second,
		Pings:  []doctor.Ping{{Took: 30 * time.Millisecond}, {Took: 10 * time.Millisecond}, {Took: 20 * time.Millisecond}},
		Checks: []doctor.Check{{Name: "resolve", OK: true}}, CloudMode: true, WebSocket: true, Keys: true, Acquirer: 2,
		Endpoints: []doctor.Endpoint{{URL: "https://one.example/", Good: true, At: now}},
	}
}

// TestEachRungFindsItsOwn: one thing is wrong at a time, and its rung is the only one that is blamed.
func TestEachRungFindsItsOwn(t *testing.T) {
	for _, c := range []struct {
		rung      int
		reason    string
		connected bool
		spoil     func(*doctor.Facts)
	}{
		{0, "", true, func(*doctor.Facts) {}},
		{1, "terminal_unknown", false, func(f *doctor.Facts) { f.Found = false }},
		{1, "terminal_in_other_environment", false, func(f *doctor.Facts) { f.RecordEnvironment = "live" }},
		{2, "not_onboarded", false, func(f *doctor.Facts) { f.POIID = "" }},
		{2, "not_allowed", false, func(f *doctor.Facts) { f.May, f.MayNot, f.Life = false, "the terminal is blocked", "blocked" }},
		{3, "never_connected", false, func(f *doctor.Facts) { f.Link = doctor.Link{State: "offline", Reason: "never_connected"} }},
		{3, "shut_down", false, func(f *doctor.Facts) { f.Link.State, f.Link.Linked, f.Link.Reason = "offline", false, "shut_down" }},
		{4, "heartbeat_late", false, func(f *doctor.Facts) { f.Link.Seen = now.Add(-21 * time.Second) }},
		{4, "server_restarted", false, func(f *doctor.Facts) { f.Link.State, f.Link.Linked = "unknown", false }},
		{5, "no_answer", false, func(f *doctor.Facts) { f.Pings = []doctor.Ping{{Failed: "no answer"}} }},
		{5, "link_unsteady", false, func(f *doctor.Facts) { f.Pings[1] = doctor.Ping{Failed: "no answer"} }},
		{6, "terminal_tls", true, func(f *doctor.Facts) {
			f.Checks = append(f.Checks, doctor.Check{Name: "tls", Detail: "unknown authority"})
		}},
		{6, "no_self_test", true, func(f *doctor.Facts) { f.Checks, f.Unanswered = nil, "no answer" }},
		{7, "cloud_connection_disabled", false, func(f *doctor.Facts) { f.WebSocket = false }},
		{7, "cloud_mode_off", false, func(f *doctor.Facts) { f.CloudMode = false }},
		{8, "ipek_missing", true, func(f *doctor.Facts) { f.Keys = false }},
		{9, "acquirer_down", true, func(f *doctor.Facts) { f.Acquirer = 0 }},
		{11, "webhook_not_acknowledged", true, func(f *doctor.Facts) { f.Endpoints[0].Good, f.Endpoints[0].Reason = false, "404" }},
	} {
		f := good()
		c.spoil(&f)
		rungs := doctor.Ladder(f)
		v := doctor.Conclude(f, rungs)
		if v.Rung != c.rung || v.Reason != c.reason || v.Connected != c.connected || (v.Verdict == doctor.Connected) != c.connected {
			t.Errorf("%s: %+v", c.reason, v)
		}
		if c.rung > 0 && (v.Fix == "" || v.Headline != rungs[c.rung-1].Detail) {
			t.Errorf("%s: the headline is %q, with the fix %q", c.reason, v.Headline, v.Fix)
		}
		for _, r := range rungs {
			want := doctor.Pass
			switch {
			case r.N == c.rung:
				want = doctor.Fail
			case c.rung > 0 && r.N > c.rung, r.N == doctor.RungDryRun:
				want = doctor.Skipped
			}
			if r.Result != want {
				t.Errorf("%s: rung %d is %s, want %s", c.reason, r.N, r.Result, want)
			}
		}
	}
}

func TestPingsAreSaidInNumbers(t *testing.T) {
	r := doctor.Ladder(good())[doctor.RungPing-1]
	if !strings.Contains(r.Detail, "3 of 3 answered, p50 20ms, jitter 20ms") || len(r.Evidence) != 3 {
		t.Errorf("%+v", r)
	}
	names := map[string]bool{}
	for _, r := range doctor.Ladder(good()) {
		names[r.Name] = true
	}
	if len(names) != doctor.Rungs() || slices.Contains([]bool{names["record"], names["webhook"]}, false) {
		t.Errorf("%v", names)
	}
}
