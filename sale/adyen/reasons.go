package adyen

import (
	"kassa"
	"kassa/nexo"
)

// wireReason is how a reason looks on the wire. Messages and refusal reasons are Adyen's where it has one
// for the case; the number in front of a refusal reason is its own.
type wireReason struct {
	condition nexo.ErrorCondition
	refusal   string // refusalReason, empty where there is none
	message   string // empty for the reason's own text
	advice    string // for the cashier
}

const (
	adviceOther   = "Ask for another card"
	adviceAgain   = "Try again"
	adviceLater   = "Try again in a moment"
	adviceSetup   = "Call support: something is set up wrong"
	adviceNothing = "Nothing was charged; start the payment again if it is still wanted"
	adviceUndone  = "Nothing stays charged: if the bank took the amount, it is given back. Start a new payment if it is still wanted"
	adviceRefund  = "Check what has been paid and refunded"
	declined      = "214 Declined online"
)

// wireReasons is the table of all reasons.
var wireReasons = map[kassa.Reason]wireReason{
	kassa.DuplicateOrder:       {nexo.ErrorNotAllowed, "", "ServiceID already used", "Use a new ServiceID"},
	kassa.OrderFinished:        {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.OrderUnknown:         {errorNotFound, "", "", adviceRefund},
	kassa.AmountInvalid:        {nexo.ErrorMessageFormat, "", "", adviceSetup},
	kassa.CurrencyInvalid:      {nexo.ErrorNotAllowed, "", "", adviceSetup},
	kassa.TerminalUnknown:      {nexo.ErrorNotAllowed, "", "", adviceSetup},
	kassa.TerminalOtherGroup:   {nexo.ErrorNotAllowed, "", "", adviceSetup},
	kassa.NotCancellable:       {nexo.ErrorNotAllowed, "", "", "Refund the payment instead"},
	kassa.NotRefundable:        {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.RefundTooHigh:        {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.RefundDuplicate:      {nexo.ErrorNotAllowed, "", "", "Wait five minutes if the same amount is to be refunded twice"},
	kassa.RefundTooLate:        {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.TooManyRefunds:       {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.TooManyTries:         {nexo.ErrorRefusal, declined, "DECLINED", adviceOther},
	kassa.RefundRepeated:       {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.NoHold:               {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.CaptureTooHigh:       {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.CaptureRepeated:      {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.TooManyCaptures:      {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.RefundUnknown:        {errorNotFound, "", "", adviceRefund},
	kassa.RefundNotCancellable: {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.ClaimedElsewhere:     {nexo.ErrorNotAllowed, "", "", adviceSetup},
	kassa.TipInvalid:           {nexo.ErrorMessageFormat, "", "", adviceSetup},
	kassa.OutOfTurn:            {nexo.ErrorNotAllowed, "", "", adviceLater},
	kassa.POIBusy:              {nexo.ErrorBusy, "", "", "Wait for the payment on the terminal, or abort it"},
	kassa.TerminalBarred:       {nexo.ErrorNotAllowed, "", "", unreachableAdvice[NotInUse]},
	kassa.TestCardInLive:       {errorInvalidCard, declined, "INVALID_CARD", adviceOther},
	kassa.MethodDisabled:       {errorInvalidCard, declined, "CARD_NOT_SUPPORTED", adviceOther},
	kassa.TooManyHolds:         {nexo.ErrorRefusal, declined, "DECLINED", adviceOther},
	kassa.WorldBusy:            {nexo.ErrorUnavailableService, "", "", adviceLater},

	kassa.CancelledBySale:     {nexo.ErrorAborted, "104 Merchant cancelled tx", "104 Merchant cancelled tx", adviceNothing},
	kassa.CancelledAtPOI:      {nexo.ErrorCancel, "108 Shopper cancelled tx", "CANCELLED", adviceNothing},
	kassa.Inactive:            {nexo.ErrorCancel, "108 Shopper cancelled tx", "CANCELLED", adviceNothing},
	kassa.NeverShown:          {errorUnreachableHost, "", "Did not receive a response from the POI.", "Check the terminal. " + adviceNothing},
	kassa.NotCompleted:        {nexo.ErrorRefusal, "207 Issuer unavailable", "ISSUER UNAVAILABLE", adviceUndone},
	kassa.HoldExpired:         {nexo.ErrorNotAllowed, "", "", adviceRefund},
	kassa.CardRefused:         {nexo.ErrorCancel, "Approved", "APPROVED", adviceUndone},
	kassa.CompletionMissing:   {nexo.ErrorCancel, "Approved", "APPROVED", adviceUndone},
	kassa.PartialNotAllowed:   {nexo.ErrorRefusal, "210 Not enough balance", "NOT_ENOUGH_BALANCE", adviceUndone},
	kassa.AcquirerUnreachable: {errorUnreachableHost, "", "Host is not reachable", adviceLater},
	kassa.CardDataUnreadable:  {nexo.ErrorDeviceOut, "", "failed starting transaction", adviceSetup},
	kassa.KeyReplay:           {nexo.ErrorDeviceOut, "", "failed starting transaction", adviceSetup},
	kassa.POIUnable:           {nexo.ErrorDeviceOut, "", "failed starting transaction", "Check the terminal"},

	kassa.Declined:            {nexo.ErrorRefusal, declined, "DECLINED", adviceOther},
	kassa.DeclinedReferral:    {nexo.ErrorRefusal, declined, "REFERRAL", adviceOther},
	kassa.DeclinedFunds:       {nexo.ErrorRefusal, "210 Not enough balance", "NOT_ENOUGH_BALANCE", adviceOther},
	kassa.DeclinedPickUp:      {nexo.ErrorRefusal, declined, "ISSUER_SUSPECTED_FRAUD", adviceOther},
	kassa.DeclinedExpired:     {nexo.ErrorRefusal, "228 Card expired", "CARD_EXPIRED", adviceOther},
	kassa.DeclinedCard:        {errorInvalidCard, declined, "INVALID_CARD", adviceOther},
	kassa.DeclinedLimit:       {nexo.ErrorRefusal, "211 Withdrawal amount exceeded", "WITHDRAWAL_AMOUNT_EXCEEDED", adviceOther},
	kassa.DeclinedSecurity:    {nexo.ErrorRefusal, declined, "SECURITY_VIOLATION", adviceOther},
	kassa.DeclinedUnavailable: {nexo.ErrorRefusal, "207 Issuer unavailable", "ISSUER UNAVAILABLE", adviceLater},
	kassa.WrongPIN:            {errorWrongPIN, "129 Invalid online PIN", "INVALID_PIN", adviceAgain},
	kassa.PINTriesExceeded:    {nexo.ErrorRefusal, "128 Online PIN tries exceeded", "PIN_TRIES_EXCEEDED", adviceOther},
	kassa.SoftDeclinePIN:      {nexo.ErrorCancel, "102 Shopper cancelled pin entry", "Shopper cancelled pin entry", adviceNothing},
	kassa.SoftDeclineInsert:   {nexo.ErrorCancel, "219 Shopper cancelled ctls fallback", "219 Shopper cancelled ctls fallback", adviceNothing},
	kassa.Configuration:       {nexo.ErrorRefusal, declined, "NOT_SUPPORTED", adviceOther},
}

// byCode tells codes of the host (DE39) apart that are one reason in the language.
var byCode = map[string]wireReason{
	"06": {nexo.ErrorRefusal, declined, "ERROR", adviceLater},
	"12": {nexo.ErrorRefusal, declined, "NOT_SUBMITTED", adviceOther},
	"13": {nexo.ErrorRefusal, declined, "INVALID_AMOUNT", adviceOther},
	"17": {nexo.ErrorRefusal, declined, "CANCELLED", adviceAgain},
	"57": {nexo.ErrorRefusal, declined, "TRANSACTION_NOT_PERMITTED", adviceOther},
	"62": {nexo.ErrorRefusal, declined, "RESTRICTED_CARD", adviceOther},
	"65": {nexo.ErrorRefusal, "212 Withdrawal count exceeded", "WITHDRAWAL_COUNT_EXCEEDED", adviceOther},
	"N7": {nexo.ErrorRefusal, declined, "CVC_DECLINED", adviceOther},
	"R1": {nexo.ErrorRefusal, "235 AID banned", "BAN_CURRENT_AID", adviceOther},
	"41": {nexo.ErrorRefusal, "199 Card blocked", "BLOCK_CARD", adviceOther},
	"43": {nexo.ErrorRefusal, "199 Card blocked", "BLOCK_CARD", adviceOther},
}

// byAmount tells texts apart that share a code, among the declines that the simulated issuer of the test
// environment gives for an amount. The amount decides nothing: the issuer has.
var byAmount = map[int64]struct {
	code string
	wireReason
}{
	122: {"59", wireReason{nexo.ErrorRefusal, "124 acquirer fraud", "ACQUIRER_FRAUD", adviceOther}},
	125: {"62", wireReason{nexo.ErrorRefusal, "199 Card blocked", "BLOCK_CARD", adviceOther}},
	138: {"61", wireReason{nexo.ErrorRefusal, "212 Withdrawal count exceeded", "WITHDRAWAL_COUNT_EXCEEDED", adviceOther}},
}

// WireReason tells how a reason looks on the wire; ok is false for one that has no row.
func WireReason(r kassa.Reason) (condition, refusalReason, message, advice string, ok bool) {
	w, ok := wireReasons[r]
	if w.message == "" {
		w.message = r.Text()
	}
	return string(w.condition), w.refusal, w.message, w.advice, ok
}

// ended is the reason why an order ended unpaid, as a cashier is told it, and how it looks on the wire.
func ended(o *kassa.Order) (kassa.Reason, wireReason) {
	reason, last := o.End, newest(o)
	if o.Status == kassa.Expired {
		reason = kassa.NeverShown
	}
	if last != nil && reason == kassa.CancelledAtPOI {
		switch {
		case last.Reason == kassa.WrongPIN || last.Reason.Soft():
			reason = last.Reason // what the customer did not do
		}
	}
	if reason == kassa.CancelledAtPOI {
		switch o.Screen {
		case "pin":
			return reason, wireReason{nexo.ErrorCancel, "102 Shopper cancelled pin entry", "Shopper cancelled pin entry", adviceNothing}
		case "choose":
			return reason, wireReason{nexo.ErrorCancel, "101 Shopper cancelled app selection", "CANCELLED", adviceNothing}
		}
	}
	w := wireReasons[reason]
	if last == nil || last.Reason != reason || last.State != kassa.HostDeclined {
		return reason, w
	}
	if special, ok := byAmount[o.Amount.Minor%1000]; ok && o.AmountCodes && special.code == last.ResponseCode {
		return reason, special.wireReason
	}
	if special, ok := byCode[last.ResponseCode]; ok && !reason.Soft() {
		return reason, special
	}
	return reason, w
}

// newest is the authorisation that paid, or else the last one; nil before the first.
func newest(o *kassa.Order) *kassa.Authorisation {
	if paid := o.Paid(); paid != nil {
		return paid
	}
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		if last := o.Attempts[i].Last(); last != nil {
			return last
		}
	}
	return nil
}
