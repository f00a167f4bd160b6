package operator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kassa/operator"
	"kassa/store/sqlite"
)

func now() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// good is a world in which terminal T1 works on charger S1, in production.
func good() *operator.World {
	on := true
	return &operator.World{
		Pairings:     operator.Pairings(),
		Environments: []operator.Environment{{ID: "acc", Kind: operator.Acceptance, Name: "Acceptance"}, {ID: "prod", Kind: operator.Production, Name: "Production"}},
		Providers:    []operator.Provider{{ID: "payco", Name: "Payco"}},
		ProviderEnvs: []operator.ProviderEnvironment{{ID: "pt", Provider: "payco", Kind: operator.Test}, {ID: "pp", Provider: "payco", Kind: operator.Production}},
		CPOs:         []operator.CPO{{ID: "cpo", Environment: "prod", ExternalID: "NL-ABC"}},
		Contracts:    []operator.Contract{{ID: "con", CPO: "cpo", CustomerReference: "C-1", Contactless: operator.ScopeCPO}},
		Setups:       []operator.Setup{{ID: "set", Environment: "prod", CPOExternalID: "NL-ABC", Status: operator.Configured, MerchantID: "M1", Currency: "EUR"}},
		Stations:     []operator.Station{{ID: "S1", Environment: "prod", CPO: "cpo", Contract: "con"}},
		Terminals:    []operator.Terminal{{ID: "t", ProviderEnv: "pp", Serial: "P-100", Activation: operator.Activated, Online: &on}},
	}
}

// TestChecks breaks one thing after the other, as unattended.md 4.3 and 4.4 have them.
func TestChecks(t *testing.T) {
	for _, c := range []struct {
		name   string
		breaks func(w *operator.World)
		rule   string
		says   string
	}{
		{"all well", func(*operator.World) {}, "", ""},
		{"incident", func(w *operator.World) {
			w.Incidents = []operator.Incident{{Provider: "payco", Title: "no traffic", Began: now().Add(-time.Hour)}}
		}, "R1", "no traffic"},
		{"an incident that ended", func(w *operator.World) {
			w.Incidents = []operator.Incident{{Provider: "payco", Began: now().Add(-time.Hour), Ended: now().Add(-time.Minute)}}
		}, "", ""},
		{"all dark at once", func(w *operator.World) {
			off := false
			for i := range 4 {
				w.Terminals = append(w.Terminals, operator.Terminal{Serial: fmt.Sprint("X", i), ProviderEnv: "pp", Online: &off, LastSeen: now().Add(-time.Duration(i) * time.Minute)})
			}
		}, "R1", "same minutes"},
		{"never seen", func(w *operator.World) {
			off := false
			for i := range 4 {
				w.Terminals = append(w.Terminals, operator.Terminal{Serial: fmt.Sprint("X", i), ProviderEnv: "pp", Online: &off})
			}
		}, "", ""},
		{"dark for long", func(w *operator.World) {
			off := false
			for i := range 4 {
				w.Terminals = append(w.Terminals, operator.Terminal{Serial: fmt.Sprint("X", i), ProviderEnv: "pp", Online: &off, LastSeen: now().Add(-48 * time.Hour)})
			}
		}, "", ""},
		{"test terminal on a production charger", func(w *operator.World) { w.Terminals[0].ProviderEnv = "pt" }, "R6", "A test terminal is on a production charger"},
		{"production terminal on an acceptance charger", func(w *operator.World) {
			w.Stations[0].Environment, w.CPOs[0].Environment, w.Setups[0].Environment = "acc", "acc", "acc"
		}, "R6", "A production terminal is on an acceptance charger"},
		{"in both", func(w *operator.World) {
			w.Terminals = append(w.Terminals, operator.Terminal{Serial: "p 100", ProviderEnv: "pt"})
		}, "R5", "two environments"},
		{"nowhere", func(w *operator.World) { w.Terminals = nil }, "R7", "no terminal with this serial"},
		{"another CPO", func(w *operator.World) { w.Setups[0].CPOExternalID = "NL-XYZ" }, "R8", "another CPO"},
		{"acceptance only", func(w *operator.World) { w.Setups[0].Environment = "acc" }, "R8", "in acceptance only"},
		{"a contract of its own", func(w *operator.World) { w.Contracts[0].Contactless = operator.ScopeContract }, "R9", "of its own"},
		{"off in the contract", func(w *operator.World) { w.Contracts[0].Contactless = operator.ScopeOff }, "R10", "switched off"},
		{"not requested", func(w *operator.World) { w.Setups = nil }, "R10", "not requested"},
		{"pending", func(w *operator.World) { w.Setups[0].Status = operator.Requested }, "R10", "not configured yet"},
		{"the provider is not done", func(w *operator.World) { w.Terminals[0].Activation = operator.Registered }, "R11", "not activated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := good()
			c.breaks(w)
			list, err := operator.Check(w, now(), operator.Wish{Station: "S1", Serial: "p100", Provider: "payco"})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(list, func(f operator.Finding) bool { return f.Verdict == operator.Fail })
			switch {
			case c.rule == "" && !operator.Ready(list):
				t.Errorf("found %+v", list)
			case c.rule == "":
			case i < 0 || list[i].Rule != c.rule || !strings.Contains(list[i].Cause, c.says) || list[i].Fix == "" || list[i].Owner == "":
				t.Errorf("want %s %q, found %+v", c.rule, c.says, list)
			}
		})
	}
}

// TestUnknownIsNoPass: what nobody has told keeps a terminal from being called ready.
func TestUnknownIsNoPass(t *testing.T) {
	w := good()
	w.Terminals[0].Activation = operator.ActivationUnknown
	list, err := operator.Check(w, now(), operator.Wish{Station: "S1", Serial: "P-100", Provider: "payco"})
	if err != nil || operator.Ready(list) || list[len(list)-1].Verdict != operator.Unknown {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestReadyMeansReady: in every world that is called ready the serial is activated in the environment that goes with
// the charger's, and a configured set-up covers it.
func TestReadyMeansReady(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := good()
		pick := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) }
		w.Terminals[0].ProviderEnv = []string{"pt", "pp"}[pick("provider environment", 2)]
		w.Terminals[0].Activation = []operator.Activation{"", operator.Shipped, operator.Registered, operator.Activated, operator.Deactivated}[pick("activation", 5)]
		env := []string{"acc", "prod"}[pick("environment", 2)]
		w.Stations[0].Environment, w.CPOs[0].Environment = env, env
		w.Setups[0].Environment = []string{"acc", "prod"}[pick("set-up", 2)]
		w.Setups[0].Status = []operator.SetupStatus{operator.Requested, operator.Configured, operator.Disabled}[pick("status", 3)]
		w.Setups[0].CPOExternalID = []string{"NL-ABC", "NL-XYZ"}[pick("cpo", 2)]
		w.Setups[0].Contract = []string{"", "con", "other"}[pick("contract", 3)]
		w.Contracts[0].Contactless = []operator.Scope{operator.ScopeCPO, operator.ScopeContract}[pick("scope", 2)]
		list, err := operator.Check(w, now(), operator.Wish{Station: "S1", Serial: "P-100", Provider: "payco"})
		if err != nil {
			t.Fatal(err)
		}
		s, term := w.Setups[0], w.Terminals[0]
		works := (env == "prod") == (term.ProviderEnv == "pp") && term.Activation == operator.Activated && s.Environment == env && s.Status == operator.Configured &&
			(s.Contract == "con" || s.Contract == "" && s.CPOExternalID == "NL-ABC") && (w.Contracts[0].Contactless != operator.ScopeContract || s.Contract == "con")
		if operator.Ready(list) != works {
			t.Fatalf("ready %v, works %v: %+v", operator.Ready(list), works, list)
		}
	})
}

func open(t *testing.T, path string) (*operator.Registry, func()) {
	store, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	r, err := operator.Open(operator.Config{Store: store, Now: now, Pairings: operator.Pairings(), NewID: func() (string, error) { n++; return fmt.Sprint("b", n), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return r, func() { store.Close() }
}

// TestRegistry keeps a world over a restart, apart from another account's, and binds only what was checked or seen.
func TestRegistry(t *testing.T) {
	path := t.TempDir() + "/kassa.db"
	r, closes := open(t, path)
	put := func(kind, id, body string) {
		t.Helper()
		if _, err := r.Put("10000001", kind, id, []byte(body)); err != nil {
			t.Fatalf("%s %s: %v", kind, id, err)
		}
	}
	put("environments", "prod", `{"platform":"Volt","name":"Production","kind":"production"}`)
	put("providers", "payco", `{"name":"Payco"}`)
	put("provider-environments", "pp", `{"provider":"payco","kind":"production"}`)
	put("cpos", "cpo", `{"environment":"prod","external_id":"NL-ABC","name":"Volt NL","country_code":"NL","party_id":"VLT"}`)
	put("stations", "S1", `{"environment":"prod","cpo":"cpo"}`)
	put("terminals", "t", `{"provider_env":"pp","serial":"P-100","activation":"registered"}`)
	put("setups", "set", `{"environment":"prod","cpo_external_id":"NL-ABC","currency":"EUR","status":"configured","merchant_id":"M1"}`)
	b := operator.Binding{Station: "S1", EnteredSerial: "P-100", Provider: "payco"}
	if _, found, err := r.Bind("10000001", "ann", b, false); !errors.Is(err, operator.ErrWarned) || len(found) != 7 {
		t.Fatalf("bound: %v, %v", found, err)
	}
	put("terminals", "t", `{"provider_env":"pp","serial":"P-100","activation":"activated"}`)
	if _, _, err := r.Bind("10000001", "ann", b, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ kind, id, body, says string }{
		{"setups", "x", `{"environment":"prod","cpo_external_id":"A","currency":"euro","status":"requested"}`, "currency: "},
		{"setups", "x", `{"environment":"nowhere","cpo_external_id":"A","currency":"EUR","status":"requested"}`, "environment: there is no such one"},
		{"setups", "x", `{"environment":"prod","cpo_external_id":"A","currency":"EUR","status":"configured"}`, "merchant_id: "},
		{"stations", "a/b", `{}`, "id: "},
		{"stations", "x", `{"colour":"red"}`, "colour: there is no such field"},
		{"stations", "x", `{"certified":"yes"}`, "certified: must be true or false"},
		{"stations", "x", `[`, "body: "},
		{"bindings", "x", `{}`, "unknown"},
		{"payments", "x", `{"scope":"cpo","of":"cpo","hold":-5}`, "hold: must not be negative"},
	} {
		if _, err := r.Put("10000001", c.kind, c.id, []byte(c.body)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v, want %s", c.kind, c.body, err, c.says)
		}
	}
	if _, err := r.Put("10000002", "stations", "S1", []byte(`{"environment":"prod","cpo":"cpo"}`)); err == nil {
		t.Error("another account's environment is taken")
	}
	closes()
	r, closes = open(t, path)
	defer closes()
	list, err := r.List("10000001", "bindings")
	var kept operator.Binding
	if err != nil || len(list) != 1 || json.Unmarshal(list[0], &kept) != nil || kept.By != "ann" || kept.Despite {
		t.Fatalf("bindings %s, %v", list, err)
	}
	if err := r.Delete("10000001", "stations", "S1"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get("10000001", "stations", "S1"); !errors.Is(err, operator.ErrUnknown) {
		t.Errorf("it is there: %v", err)
	}
	if w := r.World("10000001"); len(w.Stations) != 0 || len(w.Setups) != 1 {
		t.Errorf("world %+v", w)
	}
}
