// Package placing is the rules of where and how unattended terminals were placed: one row of the table a file, under its own
// number (R1, R5, …).
//
// It promises nothing beyond package doctor.
package placing

import "kassa/doctor"

// Rules gives the rules, in the order in which people look.
func Rules() []doctor.Rule {
	return []doctor.Rule{
		providerDown(),
		inBothEnvironments(),
		environmentMismatch(),
		serialUnknown(),
		otherCPO(),
		contractWithoutSetup(),
		notConfigured(),
		onboardingUnfinished(),
		keyRefused(),
		crossedKey(),
		notManaged(),
		noMerchant(),
		leadTime(),
		otherOwner(),
		terminalOffline(),
		stationOffline(),
		siteOffline(),
		noScreen(),
		noIncrements(),
		referenceUnknown(),
	}
}
