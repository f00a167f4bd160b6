// Package charge is the rules of charging sessions at unattended terminals, and of the link with who runs the chargers:
// one row of the table a file, under its own number (R2, R3, …).
//
// It promises nothing beyond package doctor.
package charge

import "kassa/doctor"

// Rules gives the rules.
func Rules() []doctor.Rule {
	return []doctor.Rule{
		shortOfHold(),
		overCommitRefused(),
		holdsTooLow(),
		holdAboveCeiling(),
		readerStuck(),
		orphanedHold(),
		callbackLost(),
		startRefused(),
		startsFail(),
		statusStale(),
		noTariff(),
		tariffUnpriceable(),
		currencyDiffers(),
		pointUnlabelled(),
		assignedElsewhere(),
		tokenRefused(),
		billsLate(),
		confirmationRejected(),
		terminalDeclines(),
		peerClockSkew(),
	}
}
