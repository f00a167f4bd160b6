package multisafepay_test

import (
	"slices"
	"testing"

	"kassa/doctor/doctortest"
	"kassa/doctor/multisafepay"
)

func TestRules(t *testing.T) {
	doctortest.Run(t, multisafepay.Rules(), slices.Concat(paymentCases(), terminalCases()))
}
