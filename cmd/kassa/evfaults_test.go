package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kassa/ocpi"
)

// evSite is a `kassa dev --ev` of its own.
func evSite(t *testing.T) *evPlay {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := filepath.Join(dir, "env")
	c := exec.CommandContext(t.Context(), path, "dev", "--ev", "--data", filepath.Join(dir, "data"), "--env", env, "--addr", "127.0.0.1:0", "--terminals", "2", "--heartbeat", "1s")
	c.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_CACHE_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 15 * time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	})
	p := &evPlay{dev: &dev{client: &http.Client{Timeout: 30 * time.Second}}, story: io.Discard, evse: "EVSE-1", evCase: evCase{Price: 4237}}
	for deadline := time.Now().Add(time.Minute); ; <-time.After(50 * time.Millisecond) {
		text, err := os.ReadFile(env)
		if err == nil {
			for line := range strings.Lines(string(text)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				switch value = strings.Trim(value, "'"); name {
				case "KASSA_URL":
					p.origin = value
				case "KASSA_TOKEN":
					p.facts.Token = value
				}
			}
			return p
		}
		if time.Now().After(deadline) {
			t.Fatal("kassa dev --ev is not ready")
		}
	}
}

// must makes a step that has to succeed.
func (p *evPlay) must(t *testing.T, steps ...func(context.Context) error) {
	t.Helper()
	for _, step := range steps {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func posts(p *evPlay, path, body string) func(context.Context) error {
	return func(ctx context.Context) error { return p.post(ctx, path, body) }
}

// next makes ready for another session: no car, no fault, and whoever counts sessions begins here.
func (p *evPlay) next(t *testing.T) {
	t.Helper()
	p.must(t, posts(p, "/sim/operator/unplug", `{"evse":"`+p.evse+`"}`), func(ctx context.Context) error {
		return p.evCall(ctx, p.facts, "DELETE", "/sim/operator/fault", nil, nil)
	})
	s, err := p.operator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.before, p.ref = len(s.Charges), ""
	p.must(t, posts(p, "/sim/operator/fault", `{"kind":"quiet"}`))
}

// resolved waits until the money has come to its end and, where money was taken, the operator knows.
func (p *evPlay) resolved(t *testing.T) (r evResult) {
	t.Helper()
	if err := p.until(t.Context(), "the end of "+p.ref, func() (bool, error) {
		var err error
		r, err = p.result(t.Context())
		return err == nil && r.Resolved && (r.Captured == 0 || r.FAC != nil), nil
	}); err != nil {
		t.Fatalf("%v; it stands at %+v", err, r)
	}
	return r
}

// said waits until the operator has made so many calls of a kind since the session began, and gives their answers.
func (p *evPlay) said(t *testing.T, what string, n int) (answers []ocpi.Status) {
	t.Helper()
	if err := p.until(t.Context(), what, func() (bool, error) {
		s, err := p.operator(t.Context())
		if err != nil {
			return false, nil
		}
		answers = nil
		for _, c := range s.Said {
			if strings.Contains(c.What, what) {
				answers = append(answers, c.Status)
			}
		}
		return len(answers) >= n, nil
	}); err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestFaultsOfAnOperator: whatever the operator does, money is taken once, for a price that is one, or not at all.
func TestFaultsOfAnOperator(t *testing.T) {
	t.Parallel()
	p := evSite(t)
	const bill = "/cdrs"
	bills := 0
	for _, f := range []struct {
		name, fault, quirk string
		bills              int
		captured           int64
	}{
		{"the bill comes twice", `{"kind":"cdr-twice"}`, "", 2, 4237},
		{"the bill comes before the end", `{"kind":"cdr-early"} {"kind":"price","price":4237}`, "", 1, 4237},
		{"the bill has no reference", `{"kind":"cdr-reference"}`, "", 1, 4237},
		{"the price is 0", `{"kind":"price","price":0}`, "", 1, 0},
		{"the results of commands are lost", `{"kind":"result-lost"}`, "", 1, 4237},
		{"tokens are not encoded", "", "raw-token", 1, 4237},
		{"tokens end with a line end", "", "newline-token", 1, 4237},
		{"header names are small", "", "lower-headers", 1, 4237},
		{"there are no routing headers", "", "no-routing", 1, 4237},
		{"objects are in lists", "", "arrays", 1, 4237},
		{"answers have null", "", "null-data", 1, 4237},
		{"prices have the other shape", "", "other-price", 1, 4237},
		{"timeouts are 0", "", "timeout-zero", 1, 4237},
		{"nothing has a reference", "", "no-reference", 1, 4237},
	} {
		t.Run(f.name, func(t *testing.T) {
			p.next(t)
			for _, fault := range strings.Fields(f.fault) {
				p.must(t, posts(p, "/sim/operator/fault", fault))
			}
			if f.quirk != "" {
				p.must(t, posts(p, "/sim/operator/quirk", fmt.Sprintf(`{"kind":%q,"on":true}`, f.quirk)))
			}
			p.must(t, p.plug, p.tap, p.charge)
			bills += f.bills
			p.said(t, bill, bills)
			r := p.resolved(t)
			if r.Captured != f.captured || r.LedgerCaptured != f.captured || r.Released != 5000-f.captured || r.Shortfall != 0 {
				t.Errorf("it came to %+v", r)
			}
			if f.captured > 0 && (r.FAC == nil || r.FAC.Total != f.captured) {
				t.Errorf("the operator was told %+v", r.FAC)
			}
			if f.quirk != "" {
				p.must(t, posts(p, "/sim/operator/quirk", fmt.Sprintf(`{"kind":%q,"on":false}`, f.quirk)))
			}
		})
	}
	t.Run("a start that fails gives the hold back", func(t *testing.T) { startsFail(t, p) })
	t.Run("a bill that is wrong moves no money", func(t *testing.T) { billsAreWrong(t, p) })
}

// startsFail: the charger is offline when it is chosen, and goes offline after the tap.
func startsFail(t *testing.T, p *evPlay) {
	p.next(t)
	before, err := p.holds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, fault := range []string{`{"kind":"start-fails"}`, `{"kind":"refuse-start"}`} {
		p.next(t)
		p.must(t, posts(p, "/sim/operator/fault", fault), posts(p, evAt+"/choose", `{"evse":"EVSE-1","connector":"1","language":"en"}`))
		if err := p.until(t.Context(), "the terminal asks for a card", func() (bool, error) {
			var s evTerminalState
			err := p.terminal(t.Context(), &s)
			return err == nil && s.Exchange != "", nil
		}); err != nil {
			t.Fatal(err)
		}
		p.must(t, posts(p, evAt+"/card", `{"card":"visa","present":"tap","wait":false}`))
		if err := p.until(t.Context(), "the hold goes back after "+fault, func() (bool, error) {
			holds, err := p.holds(t.Context())
			if err != nil || len(holds) != len(before)+i+1 {
				return false, nil
			}
			last := holds[len(holds)-1]
			return last.Captured == 0 && (last.Released == 5000 || last.State == "reversed"), nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// billsAreWrong: in another currency, and for a reference that nobody knows.
func billsAreWrong(t *testing.T, p *evPlay) {
	for _, wrong := range []struct{ evse, fault string }{{"EVSE-1", "cdr-currency"}, {"EVSE-2", "cdr-unknown"}} {
		p.evse = wrong.evse
		p.next(t)
		already := len(p.said(t, "/cdrs", 0))
		p.must(t, posts(p, "/sim/operator/fault", `{"kind":"`+wrong.fault+`"}`), p.plug, p.tap, p.charge)
		answers := p.said(t, "/cdrs", already+1)
		if s := answers[already]; s < 2000 || s >= 3000 {
			t.Errorf("%s: the bill was answered with %d", wrong.fault, s)
		}
		r, err := p.result(t.Context())
		if err != nil || r.Resolved || r.Captured != 0 || r.LedgerCaptured != 0 || r.LedgerHeld != 5000 || r.FAC != nil {
			t.Errorf("%s: it stands at %+v %v", wrong.fault, r, err)
		}
	}
}
