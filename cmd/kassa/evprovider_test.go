package main

import (
	"context"
	"slices"
	"testing"

	"kassa/operator"
	"kassa/sale/native"
)

// providerSays: what the simulated provider says of itself is what the checks of a charger find, once the clock moves.
func providerSays(t *testing.T, p *evPlay) {
	var accounts struct{ Data []struct{ ID string } }
	p.must(t, func(ctx context.Context) error {
		return p.evCall(ctx, p.facts, "GET", native.Prefix+"accounts", nil, &accounts)
	})
	path := native.Prefix + "operator/checks?account=" + accounts.Data[0].ID
	comesTo := func(want operator.Verdict) {
		t.Helper()
		p.advance(t, "1m")
		if err := p.until(t.Context(), "R1 is "+string(want), func() (bool, error) {
			var found struct{ Findings []operator.Finding }
			err := p.evCall(t.Context(), p.facts, "POST", path, map[string]string{"station": "A1", "serial": evSerial, "provider": "kassa"}, &found)
			return slices.ContainsFunc(found.Findings, func(f operator.Finding) bool { return f.Rule == "R1" && f.Verdict == want }), err
		}); err != nil {
			t.Fatal(err)
		}
	}
	comesTo(operator.Pass)
	p.must(t, posts(p, "/sim/provider/incidents", `{"title":"no traffic","kind":"test"}`))
	comesTo(operator.Fail)
	p.must(t, func(ctx context.Context) error {
		return p.evCall(ctx, p.facts, "DELETE", "/sim/provider/incidents/incident-1", struct{}{}, nil)
	})
	comesTo(operator.Pass)
	p.must(t, posts(p, "/sim/provider/silent", `{"on":true}`))
	comesTo(operator.Unknown)
	p.must(t, posts(p, "/sim/provider/silent", `{}`))
	comesTo(operator.Pass)
}
