package poi

import (
	"kassa"
	"kassa/poilink"
)

// The lines of MultiSafepay's help pages: people search for them.
const (
	lineDeclined     = "1000 card declined"
	lineNotSupported = "Card not supported"
	lineConfig       = "Configuration error. Try again"
	lineInterface    = "Use a different interface"
	lineWrongPIN     = "PIN wrong, try again"
	lineLastPIN      = "PIN wrong, last try"
	lineEnterPIN     = "Enter PIN"
	lineNotCompleted = "Not completed"
	lineApproved     = "Approved"
)

// screenTexts says each reason on a screen that a customer reads: never why an issuer said no.
var screenTexts = map[kassa.Reason]string{
	kassa.Declined: lineDeclined, kassa.DeclinedReferral: lineDeclined, kassa.DeclinedFunds: lineDeclined,
	kassa.DeclinedPickUp: lineDeclined, kassa.DeclinedExpired: lineDeclined, kassa.DeclinedLimit: lineDeclined,
	kassa.DeclinedSecurity: lineDeclined, kassa.DeclinedUnavailable: lineDeclined, kassa.PINTriesExceeded: lineDeclined,
	kassa.DeclinedCard: lineNotSupported,

	kassa.Configuration: lineConfig, kassa.KeyReplay: lineConfig, kassa.CardDataUnreadable: lineConfig,
	kassa.OutOfTurn: lineConfig,

	kassa.WrongPIN: lineWrongPIN, kassa.SoftDeclinePIN: lineEnterPIN, kassa.SoftDeclineInsert: lineInterface,

	kassa.NotCompleted: lineNotCompleted, kassa.CardRefused: lineNotCompleted,
	kassa.CompletionMissing: lineNotCompleted, kassa.PartialNotAllowed: lineNotCompleted,

	kassa.AcquirerUnreachable: "No connection to the bank. Try again",
	kassa.WorldBusy:           "The server is busy. Try again",
	kassa.POIUnable:           "Terminal not ready",
	kassa.TerminalBarred:      "This terminal takes no payments",
	kassa.TestCardInLive:      "Test cards are not accepted",
	kassa.MethodDisabled:      lineNotSupported,
	kassa.TooManyHolds:        "Too many tries",
	kassa.TooManyTries:        "Too many tries",

	kassa.CancelledBySale: "Cancelled by the cash register",
	kassa.CancelledAtPOI:  "Cancelled",
	kassa.Inactive:        "Cancelled: nobody paid in time",
	kassa.NeverShown:      "The request came too late",
	kassa.OrderUnknown:    "Cancelled: the order is not known",
	kassa.OrderFinished:   "Cancelled: the order has ended",

	kassa.ClaimedElsewhere: "Another terminal has taken this order",
}

// screenText is the line for a reason. Reasons that only a cash register can meet have none.
func screenText(r kassa.Reason) string {
	if text, ok := screenTexts[r]; ok {
		return text
	}
	return lineNotCompleted
}

func answerText(a kassa.POIAnswer) string {
	switch {
	case a.Verdict == kassa.VerdictApproved:
		return lineApproved
	case a.Verdict == kassa.VerdictHostApproved:
		return ""
	case a.Reason == kassa.WrongPIN && a.LastTry:
		return lineLastPIN
	case a.Reason == kassa.SoftDeclinePIN && action(a) != poilink.ActionPINRequest:
		return lineInterface
	}
	return screenText(a.Reason)
}
