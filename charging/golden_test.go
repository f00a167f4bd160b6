package charging_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/ocpi"
)

// TestGoldenCases are G1 to G10 of the specification, from the driver's tap to the confirmation, through the
// engine's machine. A is 50.00 and VAT 21 %.
func TestGoldenCases(t *testing.T) {
	type want struct {
		state                     charging.State
		captured, short, released int64
		status                    charging.CaptureStatus
		net, tax                  int64
	}
	overCommit := kassa.HoldTerms{OverCommit: true}
	for _, c := range []struct {
		name string
		plan plan
		want want
	}{
		{"G1", plan{price: 4237}, want{charging.Settled, 4237, 0, 763, charging.CaptureSuccess, 3502, 735}},
		{"G2", plan{price: 5000}, want{charging.Settled, 5000, 0, 0, charging.CaptureSuccess, 4132, 868}},
		{"G3", plan{price: 6000}, want{charging.Settled, 5000, 1000, 0, charging.CapturePartial, 4132, 868}},
		{"G4", plan{price: 6000, terms: overCommit, allowOver: true}, want{charging.Settled, 6000, 0, 0, charging.CaptureSuccess, 4959, 1041}},
		{"G5", plan{price: 6000, terms: overCommit}, want{charging.Settled, 5000, 1000, 0, charging.CapturePartial, 4132, 868}},
		{"G6", plan{price: 6000, terms: kassa.HoldTerms{Increments: 1}}, want{charging.Settled, 6000, 0, 0, charging.CaptureSuccess, 4959, 1041}},
		{"G7", plan{price: 0}, want{state: charging.Released}},
		{"G9", plan{price: 6000, terms: kassa.HoldTerms{OverCommit: true, Most: 5500}, allowOver: true},
			want{charging.Settled, 5500, 500, 0, charging.CapturePartial, 4545, 955}},
		{"G10", plan{price: 6000, terms: overCommit, refuseCapture: true}, want{charging.Failed, 0, 6000, 5000, charging.CaptureFailed, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := golden(c.plan)
			w.finish()
			if len(w.broken) > 0 {
				t.Fatal(w.broken)
			}
			s, _, _ := w.book.Load(sessionRef)
			got := want{state: s.State, captured: s.Order.Captured, short: s.Short, released: s.Order.Released}
			if n := len(s.Confirmations); n > 1 {
				t.Errorf("%d confirmations", n)
			} else if n == 1 {
				f := s.Confirmations[0]
				got.status, got.net, got.tax = f.Status, f.Net(), f.Total-f.Net()
				if heard := w.cpo.confirmed[f.ID]; heard.Total != f.Total || len(heard.Lines) == 0 {
					t.Errorf("the operator heard %+v", heard)
				}
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if w.bank.captured != c.want.captured || w.bank.held != 0 {
				t.Errorf("the bank took %d and holds %d", w.bank.captured, w.bank.held)
			}
		})
	}
}

// golden is a history without mishaps. The operator sends no costs, so that nothing stops at the hold's end.
func golden(p plan) *world {
	p.seed, p.hold, p.start, p.result, p.plugs = 1, 5000, "ok", true, true
	p.charges, p.replaced, p.late = 30*time.Minute, -1, charging.LastKnown
	return newWorld(p)
}

// G8: a capture of 60.00 of which nothing is heard stays the only one until it is known to be dead.
func TestGoldenCaseOfATimeOut(t *testing.T) {
	p := plan{price: 6000, terms: kassa.HoldTerms{OverCommit: true}, silence: 30 * time.Hour}
	w := golden(p)
	w.after(29*time.Hour, false, func() {
		s, _, _ := w.book.Load(sessionRef)
		if s.State != charging.Settling || len(w.bank.captures) > 1 || len(s.Confirmations) > 0 || w.bank.captured != 0 {
			t.Errorf("after 29 hours: %s, %d captures, %d confirmations", s.State, len(w.bank.captures), len(s.Confirmations))
		}
	})
	w.finish()
	s, _, _ := w.book.Load(sessionRef)
	if len(w.broken) > 0 || s.Order.Captured != 5000 || s.Short != 1000 || len(w.bank.captures) != 2 {
		t.Errorf("%v: %+v", w.broken, s.Order)
	}
}

func TestPricesOfBothVersions(t *testing.T) {
	for _, c := range []struct {
		name, json string
		gross, net int64
		rate       charging.Decimal
	}{
		{"2.3.0", `{"before_taxes":49.59,"taxes":[{"name":"VAT","percentage":21,"amount":10.41}]}`, 6000, 4959, "21"},
		{"2.3.0 without a percentage", `{"before_taxes":49.59,"taxes":[{"name":"VAT","amount":10.41}]}`, 6000, 4959, "21"},
		{"2.2.1", `{"excl_vat":49.59,"incl_vat":60.00}`, 6000, 4959, "21"},
		{"2.2.1 at 5.5 %", `{"excl_vat":100,"incl_vat":105.5}`, 10550, 10000, "5.5"},
		{"four decimals", `{"excl_vat":35.0165,"incl_vat":42.36997}`, 4237, 3502, "21"},
	} {
		var d ocpi.CDR
		if err := ocpi.Read([]byte(`{"id":"C1","currency":"EUR","total_cost":`+c.json+`}`), &d); err != nil {
			t.Fatal(err)
		}
		got, refused := charging.CDROf(d)
		if refused != nil || got.Price != c.gross || len(got.Taxes) != 1 || got.Price-got.Taxes[0].Amount != c.net || got.Taxes[0].Percent != c.rate {
			t.Errorf("%s: %+v %v", c.name, got, refused)
		}
	}
}

// A part of a price is split over its rates so that it adds up to the cent.
func TestSplitOverSeveralRates(t *testing.T) {
	of := []charging.Tax{{Name: "high", Percent: "21", Gross: 3333, Amount: 578}, {Name: "low", Percent: "9", Gross: 3333, Amount: 275}, {Name: "none", Percent: "0", Gross: 3334}}
	got := charging.Split(5000, 10000, of)
	if len(got) != 3 || got[0].Gross != 1667 || got[1].Gross != 1666 || got[2].Gross != 1667 || got[0].Amount != 289 || got[1].Amount != 138 || got[2].Amount != 0 {
		t.Errorf("%+v", got)
	}
}

func TestRunningCostIsExact(t *testing.T) {
	r := charging.Rates{Energy: "0.333333", Hour: "1.2", Flat: "0.35", VAT: "21", Net: true}
	if got, ok := r.Cost("12.3456", 90*time.Minute); !ok || got != 758 {
		// 12.3456 × 0.333333 + 1.5 × 1.2 + 0.35 = 6.26519… net; × 1.21 = 7.5809
		t.Errorf("%d %v", got, ok)
	}
	if _, ok := r.Cost("many", time.Hour); ok {
		t.Error("a cost of what is no number")
	}
}

func TestHowMuchToHold(t *testing.T) {
	table, err := charging.Ceilings(nil)
	if err != nil {
		t.Fatal(err)
	}
	nl := table["NLD"]
	for _, c := range []struct {
		name string
		from charging.Proposal
		want int64
	}{
		{"the tariff's word", charging.Proposal{Preauthorise: 2500, Override: 4000, Default: 3000}, 2500},
		{"the contract's override", charging.Proposal{Override: 4000, Default: 3000}, 4000},
		{"the lower of price and contract", charging.Proposal{Most: 4500, Contract: 3500, Default: 3000}, 3500},
		{"the environment's default", charging.Proposal{Default: 3000}, 3000},
		{"the most that a tap may hold", charging.Proposal{}, 5000},
		{"clamped without a PIN pad", charging.Proposal{Preauthorise: 9000}, 5000},
		{"not clamped with one", charging.Proposal{Preauthorise: 9000, PINPad: true}, 9000},
		{"at least the smallest", charging.Proposal{Preauthorise: 100, Minimum: 1000}, 1000},
		{"nothing for what is free", charging.Proposal{Preauthorise: 2500, Free: true}, 0},
	} {
		if got := c.from.Propose(nl); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
