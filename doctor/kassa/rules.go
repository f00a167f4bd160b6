// Package kassa is the rules of what Kassa itself knows: keys, calls, records, settings, and its own service.
//
// It promises nothing beyond package doctor.
package kassa

import "kassa/doctor"

// Rules gives the rules.
func Rules() []doctor.Rule {
	return []doctor.Rule{
		poweredOff(),
		otherEnvironment(),
		keyOfOther(),
		keyRevoked(),
		keyExpired(),
		keyNetwork(),
		keyMayNot(),
		terminalBarred(),
		duplicateReference(),
		settingRefused(),
		settingPending(),
		componentDown(),
		deliveriesParked(),
		orderParked(),
		testCardInLive(),
		keyReplayed(),
		keysUsedUp(),
		cardDataUnreadable(),
		readerOut(),
		holdNotClosed(),
		holdExpired(),
		terminalUnknown(),
		wrongGroup(),
		stoppedAtTerminal(),
		terminalsOffline(),
		cloudRestarted(),
		keyMissing(),
	}
}
