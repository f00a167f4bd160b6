package placing_test

import (
	"slices"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/doctor/doctortest"
	rules "kassa/doctor/placing"
	"kassa/operator"
)

// in is a case in a world that something is wrong with.
func in(code, name string, spoil func(*operator.World)) doctortest.Case {
	return doctortest.Case{Code: code, Name: name, Spoil: func(c *doctor.Chart) {
		w := doctortest.Placed()
		spoil(w)
		c.Placing = doctortest.Placing(w)
	}}
}

func offline() *bool { no := false; return &no }

func cases() []doctortest.Case {
	two := 2
	return []doctortest.Case{
		in("provider_outage", "", func(w *operator.World) {
			w.Incidents = []operator.Incident{{ID: "i", Provider: "payter", Title: "Cloud down", Began: doctortest.Now().Add(-time.Hour), Link: "https://status.example/1"}}
		}),
		in("provider_outage", "-dark", func(w *operator.World) {
			for _, serial := range []string{"APP0002", "APP0003", "APP0004"} {
				w.Terminals = append(w.Terminals, operator.Terminal{ID: serial, ProviderEnv: "payter-prod", Serial: serial, Online: offline(), LastSeen: doctortest.Now().Add(-10 * time.Minute)})
			}
		}),
		in("serial_in_both_environments", "", func(w *operator.World) {
			again := w.Terminals[0]
			again.ID, again.ProviderEnv = "t2", "payter-test"
			w.Terminals = append(w.Terminals, again)
		}),
		in("environment_mismatch", "", func(w *operator.World) { w.Terminals[0].ProviderEnv = "payter-test" }),
		in("environment_mismatch", "-acceptance", func(w *operator.World) {
			w.Stations[0].Environment, w.CPOs[0].Environment, w.Setups[0].Environment = "acc", "acc", "acc"
		}),
		in("serial_unknown", "", func(w *operator.World) { w.Bindings[0].EnteredSerial = "APP0O01" }),
		in("charger_under_other_cpo", "", func(w *operator.World) { w.Setups[0].CPOExternalID = "LAD-2" }),
		in("charger_under_other_cpo", "-acceptance", func(w *operator.World) { w.Setups[0].Environment = "acc" }),
		in("contract_without_setup", "", func(w *operator.World) { w.Contracts[0].Contactless = operator.ScopeContract }),
		in("contactless_not_configured", "", func(w *operator.World) { w.Setups = nil }),
		in("contactless_not_configured", "-requested", func(w *operator.World) { w.Setups[0].Status = operator.Requested }),
		in("onboarding_unfinished", "", func(w *operator.World) { w.Terminals[0].Activation = operator.Shipped }),
		in("onboarding_unfinished", "-late", func(w *operator.World) {
			w.Terminals[0].Activation, w.Terminals[0].ActivationAt = operator.Registered, doctortest.Now().AddDate(0, 0, -6)
		}),
		in("provider_key_refused", "", func(w *operator.World) { w.ProviderEnvs[1].Answered = 401 }),
		in("provider_key_refused", "-serial", func(w *operator.World) { w.ProviderEnvs[1].Answered, w.Terminals = 403, nil }),
		in("provider_key_crossed", "", func(w *operator.World) { w.ProviderEnvs[1].KeyOf, w.ProviderEnvs[1].Answered = "payter-test", 401 }),
		in("terminal_not_managed", "", func(w *operator.World) { w.Terminals[0].ManagedBy = nil }),
		in("no_merchant_account", "", func(w *operator.World) { w.Terminals[0].MerchantID, w.Setups[0].MerchantID = "", "" }),
		in("no_merchant_account", "-acquirer", func(w *operator.World) { w.Setups[0].Acquirer = "AIB" }),
		in("activation_lead_time", "", func(w *operator.World) {
			w.Terminals[0].Activation, w.Terminals[0].ActivationAt = operator.Registered, doctortest.Now().AddDate(0, 0, -5)
		}),
		in("terminal_of_other_owner", "", func(w *operator.World) { w.Terminals[0].Owner = "stroom" }),
		in("charger_terminal_offline", "", func(w *operator.World) { w.Terminals[0].Online = offline() }),
		in("charger_offline", "", func(w *operator.World) { w.Stations[0].Online = offline() }),
		in("site_offline", "", func(w *operator.World) { w.Stations[0].Online, w.Terminals[0].Online = offline(), offline() }),
		in("terminal_without_screen", "", func(w *operator.World) { w.Terminals[0].Family = "p6x" }),
		in("increments_unsupported", "", func(w *operator.World) { w.Payments[0].Increments, w.Terminals[0].Increments = &two, false }),
		in("customer_reference_unknown", "", func(w *operator.World) { w.Contracts[0].CPO = "other" }),
		in("customer_reference_unknown", "-gone", func(w *operator.World) { w.Contracts = nil }),
	}
}

func TestRules(t *testing.T) { doctortest.Run(t, rules.Rules(), cases()) }

// TestEarlierExplainsLater: of checks that fail one after the other, only the first is a finding.
func TestEarlierExplainsLater(t *testing.T) {
	book, err := doctor.NewBook(rules.Rules())
	if err != nil {
		t.Fatal(err)
	}
	w := doctortest.Placed()
	w.Incidents = []operator.Incident{{ID: "i", Provider: "payter", Title: "Cloud down", Began: doctortest.Now().Add(-time.Hour)}}
	w.Terminals[0].ProviderEnv, w.Setups = "payter-test", nil
	chart := doctortest.Healthy(doctor.Charger)
	for _, first := range []string{"provider_outage", "environment_mismatch", "contactless_not_configured"} {
		chart.Placing = doctortest.Placing(w)
		d := book.Examine(chart)
		if len(d.Findings) != 1 || d.Findings[0].Code != first {
			t.Errorf("%s is not the one finding: %+v", first, d.Findings)
		}
		switch first {
		case "provider_outage":
			w.Incidents = nil
		case "environment_mismatch":
			w.Terminals[0].ProviderEnv = "payter-prod"
		}
	}
}

// TestUnknownIsNoPass: what nobody has told is ruled out by no rule.
func TestUnknownIsNoPass(t *testing.T) {
	book, err := doctor.NewBook(rules.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for code, forget := range map[string]func(*operator.World){
		"onboarding_unfinished": func(w *operator.World) { w.Terminals[0].Activation = operator.ActivationUnknown }, "provider_key_refused": func(w *operator.World) { w.ProviderEnvs[1].Answered = 0 },
		"provider_key_crossed": func(w *operator.World) { w.ProviderEnvs[1].KeyOf = "" }, "terminal_not_managed": func(w *operator.World) { w.ProviderEnvs[1].As = "" },
		"no_merchant_account": func(w *operator.World) { w.Setups[0].Acquirer = "" }, "activation_lead_time": func(w *operator.World) { w.Terminals[0].Activation = operator.ActivationUnknown },
		"terminal_of_other_owner": func(w *operator.World) { w.Terminals[0].Owner = "" }, "charger_terminal_offline": func(w *operator.World) { w.Stations[0].Online = nil },
		"charger_offline": func(w *operator.World) { w.Terminals[0].Online = nil }, "site_offline": func(w *operator.World) { w.Terminals[0].Online = nil },
		"terminal_without_screen": func(w *operator.World) { w.Terminals[0].Family = "" },
	} {
		w := doctortest.Placed()
		forget(w)
		chart := doctortest.Healthy(doctor.Charger)
		chart.Placing = doctortest.Placing(w)
		d := book.Examine(chart)
		if d.Verdict == doctor.NothingWrong || slices.ContainsFunc(d.RuledOut, func(r doctor.RuledOut) bool { return r.Code == code }) {
			t.Errorf("%s: %s, ruled out %+v", code, d.Verdict, d.RuledOut)
		}
	}
}
