package charge_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/doctor"
	rules "kassa/doctor/charge"
	"kassa/doctor/doctortest"
)

func TestRules(t *testing.T) {
	var cases []doctortest.Case
	for _, list := range [][]doctortest.Case{payments()} {
		cases = append(cases, list...)
	}
	doctortest.Run(t, rules.Rules(), cases)
}

func euro(minor int64) kassa.Money { return kassa.Money{Minor: minor, Currency: kassa.EUR} }

// charges makes the order that of a charging session for which 50.00 is held, settled at a price.
func charges(c *doctor.Chart, price, captured int64, terms kassa.HoldTerms) {
	o := c.Order
	o.Dialect, o.Ref, o.Capture, o.Amount, o.Terms = charging.Dialect, "K7QM2", kassa.CaptureLater, euro(5000), terms
	done := kassa.SettlementDone{Captured: captured, Short: price - captured}
	o.Hold = &kassa.Hold{Expires: doctortest.Now().Add(24 * time.Hour), Amount: euro(5000), Settlement: &kassa.Settlement{
		Price: euro(price), Step: kassa.SettlementFallback, Done: true, Captured: captured, Short: price - captured, DoneAt: doctortest.Now().Add(-time.Minute),
	}}
	doctortest.Add(c, "order/"+o.ID(), "SettlementDone", time.Minute, done)
}

func payments() []doctortest.Case {
	return []doctortest.Case{
		{Code: "charge_above_hold", Spoil: func(c *doctor.Chart) { charges(c, 6000, 5000, kassa.HoldTerms{}) }},
	}
}
