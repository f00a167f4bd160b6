package operator_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/operator"
)

// randomWorld draws a platform with acceptance and production, a provider with test and production, and some of what can be
// wrong between them.
func randomWorld(r *rand.Rand) (w *operator.World, wish operator.Wish) {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	mostly := func(usual string, others ...string) string {
		if r.IntN(4) > 0 {
			return usual
		}
		return pick(append(others, usual)...)
	}
	w = &operator.World{
		Pairings:     operator.Pairings(),
		Environments: []operator.Environment{{ID: "acc", Kind: operator.Acceptance}, {ID: "prod", Kind: operator.Production}},
		Providers:    []operator.Provider{{ID: "payco"}, {ID: "other"}},
		ProviderEnvs: []operator.ProviderEnvironment{{ID: "pt", Provider: "payco", Kind: operator.Test}, {ID: "pp", Provider: "payco", Kind: operator.Production}, {ID: "op", Provider: "other", Kind: operator.Production}},
	}
	env := pick("acc", "prod")
	w.CPOs = []operator.CPO{{ID: "c1", Environment: env, ExternalID: "NL-ONE"}, {ID: "c2", Environment: env, ExternalID: "NL-TWO"}}
	w.Contracts = []operator.Contract{{ID: "k1", CPO: "c1", Contactless: operator.Scope(mostly("cpo", "contract", "off"))}}
	w.Stations = []operator.Station{{ID: "S1", Environment: env, CPO: mostly("c1", "c2"), Contract: pick("", "k1")}}
	for range r.IntN(3) {
		w.Setups = append(w.Setups, operator.Setup{
			ID: "s", Environment: mostly(env, "acc", "prod"), CPOExternalID: mostly("NL-ONE", "NL-TWO"), Contract: mostly("", "k1"), Status: operator.SetupStatus(mostly("configured", "requested", "disabled")),
		})
	}
	fits := map[string]string{"acc": "pt", "prod": "pp"}[env]
	for range r.IntN(3) {
		w.Terminals = append(w.Terminals, operator.Terminal{
			Serial: mostly("P-100", "P-200"), ProviderEnv: mostly(fits, "pt", "pp", "op"), Activation: operator.Activation(mostly("activated", "registered", "shipped", "deactivated", "")),
		})
	}
	if r.IntN(5) == 0 {
		i := operator.Incident{Provider: mostly("payco", "other"), Kind: operator.Kind(pick("", "test", "production")), Title: "down", Began: now().Add(-time.Hour)}
		if r.IntN(2) == 0 {
			i.Ended = now()
		}
		w.Incidents = append(w.Incidents, i)
	}
	return w, operator.Wish{Station: "S1", Serial: pick("P-100", "p100", "P 100", "P-300"), Provider: "payco"}
}

// tap plays what a tap at the charger meets on its way, party by party, and tells whether it reaches the acquirer. It shares
// nothing with the checks.
func tap(w *operator.World, wish operator.Wish) bool {
	station := w.Stations[0]
	world := "test" // the provider's, which the charger's platform speaks to
	if station.Environment == "prod" {
		world = "production"
	}
	// The provider's cloud of that world: is it up, and which terminal calls in with this serial number?
	for _, i := range w.Incidents {
		if i.Provider == "payco" && i.Ended.IsZero() && (i.Kind == "" || string(i.Kind) == world) {
			return false
		}
	}
	calls := 0
	for _, t := range w.Terminals {
		digits := strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return c
			}
			return -1
		}, t.Serial)
		if !strings.Contains(strings.ToLower(wish.Serial), digits) || t.ProviderEnv == "op" {
			continue
		}
		here := map[string]string{"pt": "test", "pp": "production"}[t.ProviderEnv] == world
		if !here || t.Activation != "activated" {
			return false // another device of that name answers, or one that may not pay
		}
		calls++
	}
	if calls != 1 {
		return false
	}
	// The platform: for whom may the charger take contactless cards?
	cpo := map[string]string{"c1": "NL-ONE", "c2": "NL-TWO"}[station.CPO]
	var covers []operator.Setup
	for _, s := range w.Setups {
		if s.Environment == station.Environment && (s.Contract == "" && s.CPOExternalID == cpo || s.Contract != "" && s.Contract == station.Contract) {
			covers = append(covers, s)
		}
	}
	own := slices.IndexFunc(covers, func(s operator.Setup) bool { return s.Contract != "" })
	switch {
	case len(covers) == 0:
		return false
	case own >= 0:
		return covers[own].Status == "configured"
	case station.Contract != "" && w.Contracts[0].Contactless != operator.ScopeCPO:
		return false // its contract wants a set-up of its own, or no contactless cards at all
	}
	return covers[0].Status == "configured"
}

// TestABindingWithoutAWarningTakesPayments: in every random world a binding that the checks let through reaches the
// acquirer when somebody taps.
func TestABindingWithoutAWarningTakesPayments(t *testing.T) {
	accepted, refused, works := 0, 0, 0
	for seed := range uint64(40_000) {
		w, wish := randomWorld(rand.New(rand.NewPCG(seed, 7)))
		list, err := operator.Check(w, now(), wish)
		if err != nil {
			t.Fatal(err)
		}
		reaches := tap(w, wish)
		if reaches {
			works++
		}
		if !operator.Ready(list) {
			refused++
			continue
		}
		accepted++
		if !reaches {
			t.Fatalf("seed %d: the checks let through what does not work: %+v\n%+v", seed, *w, list)
		}
	}
	if accepted < 1000 || refused < 1000 || accepted < works*8/10 {
		t.Errorf("accepted %d of %d that work, refused %d: the worlds say little", accepted, works, refused)
	}
}
