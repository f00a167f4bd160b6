package native

import "kassa"

// causeOf is the code of the doctor's cause that a problem is; empty when it is none.
func causeOf(code string) string {
	if cause, ok := map[string]string{
		"other_environment": "key_of_other_environment", "forbidden": "key_may_not", "key_revoked": "key_revoked", "key_expired": "key_expired", "key_network": "key_network",
	}[code]; ok {
		return cause
	}
	return map[kassa.Reason]string{
		kassa.TerminalOtherGroup: "wrong_group_key", kassa.TerminalUnknown: "terminal_unknown", kassa.TerminalBarred: "terminal_barred", kassa.DuplicateOrder: "duplicate_reference",
		kassa.POIBusy: "busy_previous_payment", kassa.NotCancellable: "cannot_cancel_now", kassa.NeverShown: "never_delivered", kassa.Inactive: "expired_no_card",
		kassa.HoldExpired: "hold_expired", kassa.AcquirerUnreachable: "acquirer_down", kassa.KeyReplay: "key_replay",
		kassa.TestCardInLive: "test_card_in_live", kassa.MethodDisabled: "method_disabled",
	}[kassa.Reason(code)]
}
