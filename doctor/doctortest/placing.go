package doctortest

import (
	"time"

	"kassa/doctor"
	"kassa/operator"
)

// Placed is the world of an account whose one charger, A, has a terminal that all is well with.
func Placed() *operator.World {
	yes, none := true, 0
	return &operator.World{
		Pairings:     operator.Pairings(),
		Environments: []operator.Environment{{ID: "acc", Platform: "Laadpunt", Name: "Acceptance", Kind: operator.Acceptance}, {ID: "prod", Platform: "Laadpunt", Name: "Production", Kind: operator.Production}},
		Providers:    []operator.Provider{{ID: "payter", Name: "Payter", StatusPage: "https://status.example", LeadDays: 5}},
		ProviderEnvs: []operator.ProviderEnvironment{
			{ID: "payter-test", Provider: "payter", Kind: operator.Test, APIBase: "https://cps-test.example", KeyOf: "payter-test", Answered: 200, As: "kassa"},
			{ID: "payter-prod", Provider: "payter", Kind: operator.Production, APIBase: "https://cps.example", KeyOf: "payter-prod", Answered: 200, As: "kassa"},
		},
		CPOs:      []operator.CPO{{ID: "cpo", Environment: "prod", ExternalID: "LAD-1", Customer: "laadpunt", CountryCode: "NL", PartyID: "LAD", Name: "Laadpunt"}},
		Contracts: []operator.Contract{{ID: "con", CPO: "cpo", CustomerReference: "REF-1", Contactless: operator.ScopeCPO}},
		Setups:    []operator.Setup{{ID: "set", Environment: "prod", CPOExternalID: "LAD-1", MerchantID: "M1", Acquirer: "CCV", Currency: "EUR", Status: operator.Configured}},
		Stations:  []operator.Station{{ID: "A", Environment: "prod", CPO: "cpo", Contract: "con", Certified: true, Online: &yes, LastSeen: Now().Add(-time.Minute)}},
		Terminals: []operator.Terminal{{
			ID: "t1", ProviderEnv: "payter-prod", Serial: "APP0001", Family: "apollo", Activation: operator.Activated, ActivationAt: Now().AddDate(0, 0, -30), MerchantID: "M1",
			Owner: "laadpunt", VisibleTo: []string{"kassa"}, ManagedBy: []string{"kassa"}, Online: &yes, State: "IDLE", LastSeen: Now().Add(-time.Minute), Screen: true, Increments: true,
		}},
		Payments: []operator.Payment{{ID: "pay", Scope: "environment", Of: "prod", Increments: &none}},
		Bindings: []operator.Binding{{ID: "b1", Station: "A", EnteredSerial: "APP-0001", Provider: "payter", By: "key_1", At: Now().Add(-24 * time.Hour)}},
	}
}

// Placing is the part of a chart about charger A of a world.
func Placing(w *operator.World) *doctor.Placing {
	p, ok, err := w.Placed(Now(), "A")
	if err != nil || !ok {
		panic("doctortest: nothing is bound to the charger") // a mistake of the test
	}
	return doctor.PlacingOf(p)
}
