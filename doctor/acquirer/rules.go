// Package acquirer is the rules of what the acquirer, and the issuer behind it, said or failed to say: one response
// code or class of them a file, under RC and the code, and the state of the line under ACQ.
//
// It promises nothing beyond package doctor. What a cardholder must not be told is in no text of it.
package acquirer

import "kassa/doctor"

// Rules gives the rules.
func Rules() []doctor.Rule {
	return []doctor.Rule{
		referToIssuer(),
		declinedByIssuer(),
		cardReported(),
		noFunds(),
		expiredCard(),
		wrongPIN(),
		pinBlocked(),
		overLimit(),
		notForThisCard(),
		unknownNumber(),
		accountClosed(),
		securityDoubt(),
		falseChip(),
		firstUse(),
		issuerAway(),
		hostMalfunction(),
		merchantUnknown(),
		functionRefused(),
		amountRefused(),
		formatError(),
		terminalRefused(),
		keysOutOfStep(),
		duplicateAtHost(),
		acquirerDown(),
		outcomeUnknown(),
		outcomeReversed(),
		cardRefusedAfter(),
		reversalRefused(),
		partialApproval(),
		badAnswers(),
	}
}
