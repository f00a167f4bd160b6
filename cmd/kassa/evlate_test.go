package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"kassa/charging"
	"kassa/sale/native"
)

// advance moves Kassa's clock on.
func (p *evPlay) advance(t *testing.T, by string) (m native.Moved) {
	t.Helper()
	if err := p.evCall(t.Context(), p.facts, "POST", native.Prefix+"clock", map[string]string{"advance": by}, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// open lists the open charging sessions.
func (p *evPlay) open(t *testing.T) []native.ChargingSession {
	t.Helper()
	var list struct{ Data []native.ChargingSession }
	if err := p.evCall(t.Context(), p.facts, "GET", native.Prefix+"charging-sessions?open=true", nil, &list); err != nil {
		t.Fatal(err)
	}
	return list.Data
}

// waits waits until the session is open and waits for somebody.
func (p *evPlay) waits(t *testing.T, who, what string) (s native.ChargingSession) {
	t.Helper()
	if err := p.until(t.Context(), who+": "+what, func() (bool, error) {
		for _, s = range p.open(t) {
			if s.Reference == p.ref && slices.ContainsFunc(s.Waits, func(w native.ChargingWait) bool { return string(w.For) == who && w.What == what }) {
				return true, nil
			}
		}
		return false, nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// free is next, once the terminal shows that the charger is free again.
func (p *evPlay) free(t *testing.T) {
	t.Helper()
	p.next(t)
	if err := p.until(t.Context(), "the charger is free", func() (bool, error) {
		var s struct {
			Sells struct {
				Points []struct{ EVSE, Status string }
			}
		}
		err := p.evCall(t.Context(), p.facts, "GET", evAt+"/state", nil, &s)
		return err == nil && len(s.Sells.Points) > 0 && s.Sells.Points[0].Status == "available", nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestHoldsOfLateBills moves the test clock over the ladders and the end of holds: each open hold says who is waited for
// and until when, and by then it has come to an end, which is what the issuer's ledger has too.
func TestHoldsOfLateBills(t *testing.T) {
	t.Parallel()
	p := evSite(t)
	t.Run("a bill that is late by days", func(t *testing.T) {
		p.free(t)
		p.must(t, posts(p, "/sim/operator/fault", `{"kind":"cdr-late","seconds":172800}`), p.plug, p.tap, p.charge)
		s := p.waits(t, "operator", "the CDR")
		if !s.Holding || s.Money.Held != 5000 || s.Overdue || s.HoldEnds.Sub(s.Waits[0].Until).Hours() != 24 {
			t.Errorf("it stands at %+v", s)
		}
		p.advance(t, "30h")
		if s := p.waits(t, "operator", "the CDR"); s.Overdue || !s.Holding {
			t.Errorf("after 30 hours: %+v", s)
		}
		p.must(t, posts(p, "/sim/operator/skip", `{"seconds":172800}`))
		if r := p.resolved(t); r.Captured != 4237 || r.LedgerCaptured != 4237 || r.FAC.Total != 4237 {
			t.Errorf("it came to %+v", r)
		}
	})
	t.Run("a bill that never comes", func(t *testing.T) {
		p.free(t)
		p.must(t, posts(p, "/sim/operator/fault", `{"kind":"cdr-never"}`), p.plug, p.tap, p.charge)
		s := p.waits(t, "operator", "the CDR")
		if m := p.advance(t, "145h"); len(m.Passed) < 100 || len(m.Pending) > 0 {
			t.Errorf("passed %d, pending %v", len(m.Passed), m.Pending)
		}
		r := p.resolved(t)
		if r.Captured != 4237 || r.LedgerCaptured != 4237 || r.Released != 763 || r.FAC.Total != 4237 {
			t.Errorf("session %s came to %+v", s.Reference, r)
		}
	})
	t.Run("a bill that is taken back", func(t *testing.T) {
		p.free(t)
		p.must(t, posts(p, "/sim/operator/fault", `{"kind":"cdr-credit"}`), p.plug, p.tap, p.charge)
		p.resolved(t)
		p.waits(t, "operator", "the CDR that replaces the one it took back")
		p.advance(t, "20m")
		if err := p.until(t.Context(), "the confirmation of 0", func() (bool, error) {
			r, err := p.result(t.Context())
			return err == nil && r.FAC != nil && r.FAC.Total == 0, nil
		}); err != nil {
			t.Error(err)
		}
	})
	chargersFail(t, p)
	t.Run("a terminal that was bound takes payments", func(t *testing.T) { boundTakesPayments(t, p) })
	t.Run("a price above the hold", func(t *testing.T) { shortIsOpen(t, p) })
	t.Run("what an operator lets be held", func(t *testing.T) { operatorsTerms(t, p) })
	if err := p.until(t.Context(), "nothing is open", func() (bool, error) { return len(p.open(t)) == 0, nil }); err != nil {
		t.Errorf("%v: %+v", err, p.open(t))
	}
}

// operatorsTerms: a charger's own hold is shown before the tap and held, where its tariff names none.
func operatorsTerms(t *testing.T, p *evPlay) {
	p.free(t)
	p.Price = 1500
	var accounts struct{ Data []struct{ ID string } }
	p.must(t, func(ctx context.Context) error {
		return p.evCall(ctx, p.facts, "GET", native.Prefix+"accounts", nil, &accounts)
	}, func(ctx context.Context) error {
		path := fmt.Sprintf("%soperator/payments/A1?account=%s", native.Prefix, accounts.Data[0].ID)
		return p.evCall(ctx, p.facts, "PUT", path, map[string]any{"scope": "station", "of": "A1", "currency": "EUR", "hold": 2000, "most": 2000}, nil)
	})
	if err := p.until(t.Context(), "the terminal shows a hold of 20.00", func() (bool, error) {
		var s evTerminalState
		err := p.terminal(t.Context(), &s)
		return err == nil && len(s.Sells.Points) > 0 && s.Sells.Points[0].HoldMinor == 2000, nil
	}); err != nil {
		t.Fatal(err)
	}
	p.must(t, p.plug, p.tap, p.charge)
	if r := p.resolved(t); r.Held != 2000 || r.LedgerHeld != 2000 || r.Captured != 1500 || r.Released != 500 {
		t.Errorf("it came to %+v", r)
	}
}

// shortIsOpen: what a session costs above its hold is on the list until it has come in another way, and the driver's page
// says so, with the invoice of the whole.
func shortIsOpen(t *testing.T, p *evPlay) {
	p.free(t)
	p.Price = 6000
	defer func() { p.Price = 4237 }()
	p.must(t, p.plug, p.tap, p.charge)
	if r := p.resolved(t); r.Captured != 5000 || r.Shortfall != 1000 || r.LedgerCaptured != 5000 {
		t.Fatalf("it came to %+v", r)
	}
	receivables := func() (open int64) {
		var list struct{ Data []charging.Receivable }
		p.must(t, func(ctx context.Context) error {
			return p.evCall(ctx, p.facts, "GET", native.Prefix+"charging-receivables?open=true", nil, &list)
		})
		for _, r := range list.Data {
			if r.Ref == p.ref {
				open += r.Open
			}
		}
		return open
	}
	if open := receivables(); open != 1000 {
		t.Errorf("open: %d", open)
	}
	resp, err := p.client.Get(p.origin + "/r/" + p.ref + "?lang=en")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("the driver's page: %s %v", resp.Status, err)
	}
	for _, want := range []string{"<dt>Paid</dt><dd>EUR 50.00", "<dt>Open</dt><dd>EUR 10.00", "EUR 60.00", "Invoice", "Laadpunt"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the driver's page lacks %q", want)
		}
	}
	var s native.ChargingSession
	p.must(t, func(ctx context.Context) error {
		return p.evCall(ctx, p.facts, "POST", native.Prefix+"charging-sessions/"+p.ref+"/collections", map[string]any{"ref": "bank-1", "amount": 1000}, &s)
	})
	if open := receivables(); open != 0 || s.Money.Open != 0 || s.Money.Short != 1000 || len(s.Invoices) != 1 || s.Invoices[0].Amount != 6000 {
		t.Errorf("collected: %d is open of %+v, invoices %+v", open, s.Money, s.Invoices)
	}
}

// mine is the session of the play, open or not.
func (p *evPlay) mine(t *testing.T) (s native.ChargingSession) {
	t.Helper()
	if err := p.evCall(t.Context(), p.facts, "GET", native.Prefix+"charging-sessions/"+p.ref, nil, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// nobodyPlugsIn: after five minutes the operator is told to stop, and the hold goes back.
func nobodyPlugsIn(t *testing.T, p *evPlay) {
	p.free(t)
	p.must(t, p.tap)
	p.waits(t, "driver", "a car to be plugged in")
	p.advance(t, "6m")
	if err := p.until(t.Context(), "the hold goes back", func() (bool, error) {
		s := p.mine(t)
		return s.State == charging.Released && !s.Holding, nil
	}); err != nil {
		t.Fatalf("%v: %+v", err, p.mine(t))
	}
	if s := p.mine(t); s.Money.Captured != 0 || s.Money.Short != 0 || s.Why != "no car was connected in time" {
		t.Errorf("it came to %+v", s)
	}
	if err := p.until(t.Context(), "the operator has ended its session", func() (bool, error) {
		s, err := p.operator(t.Context())
		if err != nil {
			return false, nil
		}
		for _, c := range s.Charges {
			if c.Reference == p.ref {
				return c.Status == "COMPLETED" || c.Status == "INVALID", nil
			}
		}
		return false, nil
	}); err != nil {
		t.Error(err)
	}
}

// chargersFail are chargers that go away, cars that never come, and captures that are refused.
func chargersFail(t *testing.T, p *evPlay) {
	t.Run("nobody plugs in", func(t *testing.T) { nobodyPlugsIn(t, p) })
	t.Run("the charger goes away in mid-session", func(t *testing.T) {
		p.free(t)
		p.must(t, p.plug, p.tap, posts(p, "/sim/operator/fault", `{"kind":"offline","evse":"EVSE-1"}`))
		p.advance(t, "3h")
		if s := p.mine(t); !s.Holding || s.Overdue || s.Money.Captured != 0 {
			t.Errorf("while it is away: %+v", s)
		}
		p.must(t, func(ctx context.Context) error {
			return p.evCall(ctx, p.facts, "DELETE", "/sim/operator/fault", nil, nil)
		}, p.charge)
		if r := p.resolved(t); r.Captured != 4237 || r.LedgerCaptured != 4237 || r.Released != 763 {
			t.Errorf("it came to %+v", r)
		}
	})
	t.Run("a bill that is changed", func(t *testing.T) {
		p.free(t)
		p.must(t, posts(p, "/sim/operator/fault", `{"kind":"cdr-changed","price":1000}`), p.plug, p.tap, p.charge)
		p.resolved(t)
		if err := p.until(t.Context(), "the confirmation of the lower price", func() (bool, error) {
			r, err := p.result(t.Context())
			return err == nil && r.FAC != nil && r.FAC.Total == 1000, nil
		}); err != nil {
			t.Error(err)
		}
	})
	t.Run("the capture is refused", func(t *testing.T) {
		p.free(t)
		p.must(t, posts(p, "/sim/acquirer/fault", `{"kind":"refuse-capture","code":"57","count":1}`), p.plug, p.tap, p.charge)
		if err := p.until(t.Context(), "the confirmation of the failure", func() (bool, error) {
			r, err := p.result(t.Context())
			return err == nil && r.FAC != nil && r.FAC.Status == "FAILED" && r.Shortfall == 4237 && r.LedgerCaptured == 0, nil
		}); err != nil {
			r, _ := p.result(t.Context())
			t.Errorf("%v: it stands at %+v", err, r)
		}
	})
	t.Run("the tokens change while a car charges", func(t *testing.T) {
		p.free(t)
		p.must(t, p.plug, p.tap, posts(p, "/sim/operator/rotate", `{}`), p.charge)
		if r := p.resolved(t); r.Captured != 4237 || r.FAC.Total != 4237 {
			t.Errorf("it came to %+v", r)
		}
	})
	t.Run("what a provider says", func(t *testing.T) { providerSays(t, p) })
}

// boundTakesPayments: what the checks let through without a warning reaches the issuer when somebody taps; what they do
// not is refused.
func boundTakesPayments(t *testing.T, p *evPlay) {
	bind := func(station, serial string) error {
		var accounts struct{ Data []struct{ ID string } }
		p.must(t, func(ctx context.Context) error {
			return p.evCall(ctx, p.facts, "GET", native.Prefix+"accounts", nil, &accounts)
		})
		path := native.Prefix + "operator/bindings?account=" + accounts.Data[0].ID
		return p.evCall(t.Context(), p.facts, "POST", path, map[string]string{"station": station, "serial": serial, "provider": "kassa"}, nil)
	}
	if err := bind("A2", "KS99999999"); err == nil || !strings.Contains(err.Error(), "binding_warned") {
		t.Errorf("a serial that nobody knows: %v", err)
	}
	if err := bind("A2", evSerial); err != nil {
		t.Fatal(err)
	}
	p.evse = "EVSE-2"
	defer func() { p.evse = "EVSE-1" }()
	p.next(t)
	p.must(t, p.plug, p.tap, p.charge)
	if r := p.resolved(t); r.LedgerHeld != 5000 || r.LedgerCaptured != 4237 {
		t.Errorf("it came to %+v", r)
	}
}
