package cause

import (
	"context"
	"strings"
	"time"
)

func kindOf(name string) string {
	kind, _, _ := strings.Cut(name, "/")
	return kind
}

// placingRecipes make what goes wrong where and how unattended terminals are placed.
func placingRecipes() []Recipe {
	began := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	return []Recipe{
		placed("provider_outage", "the provider tells of an incident", set("incidents/i1", object{"provider": "payter", "title": "Cloud down", "began": began, "link": "https://status.example/1"})),
		placed("provider_key_crossed", "the key is that of the provider's other environment", set(aBeside, object{"key_of": "payter-test", "answered": 401})),
		placed("provider_key_refused", "the provider refuses the key", set(aBeside, object{"answered": 401})),
		placed("serial_in_both_environments", "the serial is in both environments", set("terminals/t2", object{"provider_env": "payter-test", "serial": "APP0001", "activation": "activated"})),
		placed("environment_mismatch", "a test terminal is on a production charger", set(aTerminal, object{"provider_env": "payter-test"})),
		placed("charger_under_other_cpo", "the charger is under another operator than agreed", set(aSetup, object{"cpo_external_id": "STR-1"})),
		placed("contract_without_setup", "the contract wants a set-up of its own", set(aContract, object{"contactless": "contract"})),
		placed("contactless_not_configured", "the set-up is only requested", set(aSetup, object{"status": "requested"})),
		placed("onboarding_unfinished", "the provider was sent the terminal, and no more", set(aTerminal, object{"activation": "shipped"})),
		placed("activation_lead_time", "the terminal was registered just now", func(in site) {
			set(aTerminal, object{"activation": "registered", "activation_at": time.Now().UTC().Format(time.RFC3339)})(in)
		}),
		placed("terminal_not_managed", "the terminal is shared to see only", set(aTerminal, object{"managed_by": []string{}})),
		placed("no_merchant_account", "the acquirer does not take the family", set(aSetup, object{"acquirer": "AIB"})),
		placed("terminal_of_other_owner", "the terminal was taken over without a transfer", set(aTerminal, object{"owner": "stroom"})),
		placed("charger_terminal_offline", "the terminal is offline", set(aTerminal, object{"online": false})),
		placed("charger_offline", "the charger is offline", set(aStation, object{"online": false})),
		placed("site_offline", "terminal and charger are offline", set(aTerminal, object{"online": false}), set(aStation, object{"online": false})),
		placed("terminal_without_screen", "a terminal without a screen is driven over OCPI", set(aTerminal, object{"family": "p6x", "screen": false})),
		placed("increments_unsupported", "holds are raised at a terminal that cannot", set(aTerminal, object{"increments": false}), set("payments/p1", object{"scope": "environment", "of": "prod", "increments": 2})),
		placed("customer_reference_unknown", "the reference was agreed with another operator", set(aContract, object{"cpo": "other"})),
		mistyped(),
	}
}

// placed is met by asking about the charger of a site that something was changed of.
func placed(code, what string, changes ...func(site)) Recipe {
	return typed("APP0001", code, what, changes...)
}

func mistyped() Recipe {
	return typed("APPO001", "serial_unknown", "the serial was typed in wrongly")
}

func typed(serial, code, what string, changes ...func(site)) Recipe {
	return Recipe{
		Code: code, What: what, Layer: OnTerminal, Bare: true,
		Meet: func(ctx context.Context, s *Shop) (Subject, error) {
			in := healthySite()
			for _, change := range changes {
				change(in)
			}
			return Subject{Type: "charger", ID: "site-1", Key: s.AccountKey}, s.Place(ctx, in, serial)
		},
	}
}
