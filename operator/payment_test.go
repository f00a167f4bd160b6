package operator_test

import (
	"testing"

	"kassa/operator"
)

// TestTheNearestPaymentCounts: field by field, and amounts of one currency only.
func TestTheNearestPaymentCounts(t *testing.T) {
	yes, no, two := true, false, 2
	station := operator.Station{ID: "S1", Environment: "prod", CPO: "cpo", Contract: "con", Location: "L", EVSEs: []string{"E1"}}
	w := &operator.World{Stations: []operator.Station{{ID: "S0", Location: "L"}, station}, Payments: []operator.Payment{
		{Scope: "environment", Of: "prod", Currency: "EUR", Hold: 5000, Minimum: 1000, OverCommit: &yes, Increments: &two},
		{Scope: "cpo", Of: "cpo", Currency: "EUR", Hold: 4000, Most: 6000},
		{Scope: "contract", Of: "con", OverCommit: &no},
		{Scope: "contract", Of: "other", Currency: "EUR", Hold: 1},
		{Scope: "station", Of: "S1", Currency: "EUR", MinCapture: 50},
	}}
	p := w.PaymentAt(station)
	if p.Hold != 4000 || p.Minimum != 1000 || p.Most != 6000 || p.MinCapture != 50 || *p.OverCommit || *p.Increments != 2 || p.Currency != "EUR" {
		t.Errorf("%+v", p)
	}
	w.Payments[4].Currency = "SEK"
	if p := w.PaymentAt(station); p.Currency != "SEK" || p.Hold != 0 || p.MinCapture != 50 || *p.Increments != 2 {
		t.Errorf("euros are no kronor: %+v", p)
	}
	if p := w.PaymentAt(operator.Station{ID: "S9"}); p != (operator.Payment{}) {
		t.Errorf("of nobody: %+v", p)
	}
	for evse, want := range map[string]string{"E1": "S1", "E2": "S0"} {
		if s, ok := w.StationAt("L", evse); !ok || s.ID != want {
			t.Errorf("%s is at %v", evse, s)
		}
	}
	if s, ok := w.StationAt("", ""); ok {
		t.Errorf("nowhere is %v", s)
	}
}
