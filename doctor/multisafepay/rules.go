// Package multisafepay is the rules of MultiSafepay's troubleshooting pages, one a file, under the ids of its rows.
//
// It promises nothing beyond package doctor; each rule names the row that it comes from.
package multisafepay

import (
	"slices"

	"kassa/doctor"
)

// Rules gives the rules.
func Rules() []doctor.Rule {
	return slices.Concat(terminalRules(), paymentRules())
}
