package main

import (
	"fmt"
	"testing"
	"time"
)

// TestAFloodOfBadCallsLeavesRoom: who floods uses up a share of its own, and how much was left out is told.
func TestAFloodOfBadCallsLeavesRoom(t *testing.T) {
	m := newMeter()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	written := 0
	for range 5000 {
		if m.admit(source{"", "192.0.2.1"}, "", now) {
			written++
		}
	}
	if written != burstOfSource {
		t.Errorf("%d calls of one address were written at once", written)
	}
	for range 5000 {
		m.admit(source{"100", "192.0.2.2"}, "1", now)
	}
	if !m.admit(source{"200", "192.0.2.2"}, "2", now) || !m.admit(source{"", "192.0.2.3"}, "", now) {
		t.Error("one source uses up another's share")
	}
	left := m.drain()
	if out := left[""]; out.Calls != 5000-burstOfSource || out.From != "192.0.2.1" || !out.Since.Equal(now) {
		t.Errorf("left out of strangers: %+v", out)
	}
	if out := left["100"]; out.Calls != 5000-burstOfSource || out.Account != "1" || out.From != "" {
		t.Errorf("left out of an account: %+v", out)
	}
	if len(m.drain()) != 0 {
		t.Error("it is told twice")
	}
	written = 0
	for i := range 50_000 { // each from an address of its own
		if m.admit(source{"", fmt.Sprint("192.0.2.", i)}, "", now) {
			written++
		}
	}
	if written > burstOfStrangers || len(m.sources) > maxSources {
		t.Errorf("%d calls of strangers were written at once, %d sources are kept", written, len(m.sources))
	}
	if !m.admit(source{"200", "192.0.2.2"}, "2", now) {
		t.Error("strangers use up the share of accounts")
	}
	now = now.Add(10 * time.Minute)
	if written = 0; m.admit(source{"", "192.0.2.1"}, "", now) {
		written++
	}
	if written != 1 {
		t.Error("after a rest nothing is written")
	}
}
