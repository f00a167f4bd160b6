// Package adyen is the rules of Adyen's pages about the cloud connection of terminals, one a file, under the ids of
// their rows.
//
// It promises nothing beyond package doctor. Rows that describe a good reading are what they conclude when it is not.
package adyen

import "kassa/doctor"

// Rules gives the rules.
func Rules() []doctor.Rule {
	return []doctor.Rule{
		listStale(),
		cloudDisabled(),
		columnHidden(),
		notApplied(),
		checkOutdated(),
		disconnected(),
		otherMerchant(),
		listEmpty(),
		iconMissing(),
		apiOff(),
		wishOpen(),
		wasOff(),
		silent(),
		webSocketFiltered(),
		sendFailed(),
		noResponse(),
		apiFailing(),
		statusOffline(),
	}
}
