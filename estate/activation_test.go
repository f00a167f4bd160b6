package estate_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kassa/estate"
)

func (w *world) activate(at time.Time, poiid, code string) (estate.Terminal, estate.Refusal) {
	w.t.Helper()
	term, _, refusal, err := w.Activate(at, poiid, code)
	must(w.t, err)
	return term, refusal
}

func (w *world) board(name string) (estate.Terminal, string) {
	w.t.Helper()
	term, code, err := w.BoardTerminal(noon, w.group.ID, name, "")
	must(w.t, err)
	return term, code
}

func TestActivation(t *testing.T) {
	w := newWorld(t)
	term, code := w.board("Counter")
	if len(code) < 8 || strings.ContainsAny(code, "01IO") {
		t.Fatalf("code %q", code)
	}
	_, err := w.BoardDevice(noon, "VT1-1")
	must(t, err)
	for _, test := range []struct {
		name, poiid, code string
		want              estate.RefusalCode
	}{
		{"not boarded", "VT1-9", code, estate.RefusedUnknownPOI},
		{"no initial key", "VT1-1", code, estate.RefusedIPEKMissing},
	} {
		if _, no := w.activate(noon, test.poiid, test.code); no.Code != test.want || no.Text() == "" {
			t.Errorf("%s: %q (%s)", test.name, no.Code, no.Text())
		}
	}
	w.configured("VT1-2")
	if _, no := w.activate(noon, "VT1-2", "22222222"); no.Code != estate.RefusedWrongCode {
		t.Errorf("wrong code: %q", no.Code)
	}
	typed := strings.ToLower(code[:4]) + " - " + code[4:]
	got, no := w.activate(noon, "VT1-2", typed)
	if no.Refused() || got.TID != term.TID || got.POIID != "VT1-2" || !got.ActivatedAt.Equal(noon) {
		t.Fatalf("activation as people type it: %+v, %q", got, no.Code)
	}
	if again, no := w.activate(noon, "VT1-2", code); no.Refused() || again.TID != term.TID {
		t.Errorf("a repeat of the same: %q", no.Code)
	}
	_, other := w.board("Counter 2")
	if _, no := w.activate(noon, "VT1-2", other); no.Code != estate.RefusedAlreadyActive {
		t.Errorf("a second terminal for one device: %q", no.Code)
	}
	w.configured("VT1-3")
	if _, no := w.activate(noon, "VT1-3", code); no.Code != estate.RefusedUsedCode {
		t.Errorf("used code: %q", no.Code)
	}
	if _, no := w.activate(noon, "VT1-3", strings.Repeat("A", 10_000)); no.Code != estate.RefusedWrongCode {
		t.Errorf("long code: %q", no.Code)
	}
}

func TestFiveWrongCodesLockTheDevice(t *testing.T) {
	w := newWorld(t)
	_, code := w.board("Counter")
	w.configured("VT1-1")
	for i := range 5 {
		want := estate.RefusedWrongCode
		if i == 4 {
			want = estate.RefusedTooManyTries
		}
		if _, no := w.activate(noon, "VT1-1", fmt.Sprintf("222222%02d", i)); no.Code != want {
			t.Fatalf("try %d: %q", i+1, no.Code)
		}
	}
	w.Registry = openOn(t, w.store)
	before := len(w.facts())
	for range 10 {
		_, no := w.activate(noon.Add(14*time.Minute), "VT1-1", code)
		if no.Code != estate.RefusedTooManyTries || no.RetryAfter != time.Minute {
			t.Fatalf("locked, after a restart: %q, retry after %v", no.Code, no.RetryAfter)
		}
	}
	if grown := len(w.facts()) - before; grown != 0 {
		t.Errorf("tries while locked wrote %d facts", grown)
	}
	if _, no := w.activate(noon.Add(15*time.Minute), "VT1-1", code); no.Refused() {
		t.Errorf("after the lock: %q", no.Code)
	}
}

func TestOfFiftyDevicesWithOneCodeOneWins(t *testing.T) {
	w := newWorld(t)
	term, code := w.board("Counter")
	const devices = 50
	for i := range devices {
		w.configured(fmt.Sprintf("VT1-%d", i))
	}
	var wins, used atomic.Int32
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range devices {
		wg.Go(func() {
			<-start
			_, _, no, err := w.Activate(noon, fmt.Sprintf("VT1-%d", i), code)
			switch {
			case err != nil:
				t.Errorf("device %d: %v", i, err)
			case !no.Refused():
				wins.Add(1)
			case no.Code == estate.RefusedUsedCode:
				used.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	if wins.Load() != 1 || used.Load() != devices-1 {
		t.Errorf("%d won and %d heard that the code is used, of %d", wins.Load(), used.Load(), devices)
	}
	bound, _ := w.Terminal(term.TID)
	if d, ok := w.Device(bound.POIID); !ok || d.TID != term.TID {
		t.Errorf("terminal is bound to %q, which is bound to %q", bound.POIID, d.TID)
	}
}

// A refused activation is told to the group of the terminal whose code it was, and to nobody for a code of none.
func TestRefusedActivationNamesItsTerminal(t *testing.T) {
	w := newWorld(t)
	term, code := w.board("Counter")
	_, err := w.BoardDevice(noon, "VT1-1")
	must(t, err)
	for _, test := range []struct {
		name, tid, scope string
		do               func()
	}{
		{"by the registry", term.TID, "", func() { w.activate(noon, "VT1-1", code) }},
		{"before it was asked", term.TID, w.group.ID, func() { must(t, w.NoteNotActivated(noon, "VT1-1", code, estate.RefusedIPEKMissing)) }},
		{"with a code of no terminal", "", "", func() { must(t, w.NoteNotActivated(noon, "VT1-1", "22222222", estate.RefusedIPEKMissing)) }},
	} {
		before := len(w.facts())
		test.do()
		list := w.facts()[before:]
		var body estate.ActivationRefused
		if len(list) != 1 || list[0].Kind != "ActivationRefused" || json.Unmarshal(list[0].Payload, &body) != nil {
			t.Fatalf("%s: %+v", test.name, list)
		}
		if body.TID != test.tid || body.Reason != estate.RefusedIPEKMissing || list[0].Scope != test.scope || strings.Contains(string(list[0].Payload), code) {
			t.Errorf("%s: scope %q, %s", test.name, list[0].Scope, list[0].Payload)
		}
	}
}
