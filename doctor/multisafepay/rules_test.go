package multisafepay_test

import (
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/doctortest"
	"kassa/doctor/multisafepay"
)

func TestRules(t *testing.T) {
	doctortest.Run(t, multisafepay.Rules(), slices.Concat(payCases(), terminalCases()))
}

func payCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "expired_no_card", Spoil: func(c *doctor.Chart) {
			c.Order.Status, c.Order.End = kassa.Cancelled, kassa.Inactive
			doctortest.Add(c, "order/"+c.Order.ID(), "OrderCancelled", time.Minute, kassa.OrderCancelled{Reason: kassa.Inactive})
		}},
	}
}
