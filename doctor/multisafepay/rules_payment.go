package multisafepay

import "kassa/doctor"

// paymentRules are those of payments, events, webhooks and refunds.
func paymentRules() []doctor.Rule {
	return []doctor.Rule{
		neverDelivered(), cloudModeOff(), busyBefore(), configurationError(), cardNotSupported(), useOtherInterface(), declined1000(),
		useMagstripe(), methodDisabled(), softDecline(), patchCancel(), nobodyActed(), doublePayment(), appUsesCloud(), orderIDRejected(),
		manualInputOn(), cannotCancelNow(), closeTimeoutOff(),
		methodNotLoaded(), payAppNotFound(), amountNotCents(), noCallback(), softPOSAborted(), noRecurringToken(),
		corsFromBrowser(), streamClosed(),
		replyNotOK(), hookRedirects(), hookForbidden(), hookAddressWrong(), hookURLRejected(),
		refundRefused(), refundReserved(), refundButtonOff(), creditRefused(),
	}
}
