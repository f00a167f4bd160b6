package kassa

// Reason is a business "no", or the cause of an end that is not a payment. The list is closed;
// each dialect maps every Reason in one table.
type Reason string

// None is the absence of a reason: nothing was refused.
const None Reason = ""

// The reasons.
const (
	// Requests that a door refuses, or the language.
	DuplicateOrder       Reason = "duplicate_order"        // the same order id with another body
	OrderFinished        Reason = "order_finished"         // the order has ended
	OrderUnknown         Reason = "order_unknown"          // no such order in this scope
	AmountInvalid        Reason = "amount_invalid"         // not a whole number of minor units within limits
	CurrencyInvalid      Reason = "currency_invalid"       // not a currency that the POI takes
	TerminalUnknown      Reason = "terminal_unknown"       // no such terminal
	TerminalOtherGroup   Reason = "terminal_other_group"   // the terminal belongs to another group
	TerminalBarred       Reason = "terminal_barred"        // it is blocked, in the inventory, or its shop is not open
	NotCancellable       Reason = "not_cancellable"        // the payment was approved first
	NotRefundable        Reason = "not_refundable"         // nothing was paid
	RefundTooHigh        Reason = "refund_too_high"        // more than what is left of the payment
	RefundDuplicate      Reason = "refund_duplicate"       // the same amount within five minutes
	RefundTooLate        Reason = "refund_too_late"        // the payment is too old
	TooManyRefunds       Reason = "too_many_refunds"       // the order holds as many refunds as it can
	TooManyTries         Reason = "too_many_tries"         // the order holds as many authorisations as it can
	RefundRepeated       Reason = "refund_repeated"        // a refund with this reference has been taken
	NoHold               Reason = "no_hold"                // nothing is held that could be captured or released
	CaptureTooHigh       Reason = "capture_too_high"       // more than what is left of the hold
	CaptureRepeated      Reason = "capture_repeated"       // a capture with this reference has been taken
	TooManyCaptures      Reason = "too_many_captures"      // the order holds as many captures as it can
	RefundUnknown        Reason = "refund_unknown"         // the order has no such refund
	RefundNotCancellable Reason = "refund_not_cancellable" // it was declined, or the host did not take it back
	ClaimedElsewhere     Reason = "claimed_elsewhere"      // another POI has taken the order up
	TipInvalid           Reason = "tip_invalid"            // no such tip can be added to the order
	OutOfTurn            Reason = "out_of_turn"            // the input does not fit the order's status
	POIBusy              Reason = "poi_busy"               // the POI has another order, and this one does not wait
	WorldBusy            Reason = "world_busy"             // a bounded queue is full; nothing was done

	// Ends of an order that is not paid.
	CancelledBySale     Reason = "cancelled_by_sale"    // the Sale System cancelled
	CancelledAtPOI      Reason = "cancelled_at_poi"     // Stop was pressed
	Inactive            Reason = "inactive"             // nobody acted at the POI in time
	NeverShown          Reason = "never_shown"          // no POI showed the order within its lifetime
	NotCompleted        Reason = "not_completed"        // the host's answer is not known; it is being reversed
	HoldExpired         Reason = "hold_expired"         // what was not captured in time is released
	CardRefused         Reason = "card_refused"         // the chip refused after the host approved
	CompletionMissing   Reason = "completion_missing"   // the POI never told how the chip ended
	PartialNotAllowed   Reason = "partial_not_allowed"  // the issuer approved less than asked
	AcquirerUnreachable Reason = "acquirer_unreachable" // the request never left Kassa
	CardDataUnreadable  Reason = "card_data_unreadable" // the secure module could not open it
	KeyReplay           Reason = "key_replay"           // the DUKPT counter did not rise
	POIUnable           Reason = "poi_unable"           // the POI cannot take cards now
	TestCardInLive      Reason = "test_card_in_live"    // a card of the test deck, in the live environment
	MethodDisabled      Reason = "method_disabled"      // cards of this brand are switched off for the POI

	TooManyHolds Reason = "too_many_holds" // the card has as many holds of the last hour as it may

	// What the host said (ISO 8583 DE39), in classes.
	Declined            Reason = "declined"             // 05 and all that say no more
	DeclinedReferral    Reason = "declined_referral"    // 01, 02
	DeclinedFunds       Reason = "declined_funds"       // 51
	DeclinedPickUp      Reason = "declined_pick_up"     // 04, 07, 34, 41, 43, 59: never shown to the customer
	DeclinedExpired     Reason = "declined_expired"     // 33, 54
	DeclinedCard        Reason = "declined_card"        // 14, 15, 46, 57, 62, R0, R1, R3: this card does not work here
	DeclinedLimit       Reason = "declined_limit"       // 61, 65 on contact
	DeclinedSecurity    Reason = "declined_security"    // 63, 82, N7
	DeclinedUnavailable Reason = "declined_unavailable" // 19, 86, 91, 96: later perhaps
	WrongPIN            Reason = "wrong_pin"            // 55
	PINTriesExceeded    Reason = "pin_tries_exceeded"   // 38, 75
	SoftDeclinePIN      Reason = "soft_decline_pin"     // 70, and 65 with single tap: ask the PIN
	SoftDeclineInsert   Reason = "soft_decline_insert"  // 1A, and 65 without: insert the card
	Configuration       Reason = "configuration"        // 03, 12, 13, 30, 40, 58, 81, 88, 89: this merchant or terminal is set up wrong
)

// Reasons lists every reason, in the order of their definition.
func Reasons() []Reason {
	return []Reason{
		DuplicateOrder, OrderFinished, OrderUnknown, AmountInvalid, CurrencyInvalid, TerminalUnknown,
		TerminalOtherGroup, TerminalBarred, NotCancellable, NotRefundable, RefundTooHigh, RefundDuplicate, RefundTooLate, TooManyRefunds,
		TooManyTries, RefundRepeated, NoHold, CaptureTooHigh, CaptureRepeated, TooManyCaptures, RefundUnknown,
		RefundNotCancellable, ClaimedElsewhere, TipInvalid, OutOfTurn, POIBusy, WorldBusy, CancelledBySale, CancelledAtPOI, Inactive, NeverShown, NotCompleted,
		HoldExpired, CardRefused, CompletionMissing, PartialNotAllowed, AcquirerUnreachable, CardDataUnreadable,
		KeyReplay, POIUnable, TestCardInLive, MethodDisabled, TooManyHolds, Declined, DeclinedReferral, DeclinedFunds, DeclinedPickUp, DeclinedExpired,
		DeclinedCard, DeclinedLimit, DeclinedSecurity, DeclinedUnavailable, WrongPIN, PINTriesExceeded,
		SoftDeclinePIN, SoftDeclineInsert, Configuration,
	}
}

// Soft tells whether the decline asks for more authentication with the same card (step-up).
func (r Reason) Soft() bool { return r == SoftDeclinePIN || r == SoftDeclineInsert }

// Retryable tells whether the same request may succeed later without anybody changing anything.
func (r Reason) Retryable() bool {
	switch r {
	case POIBusy, WorldBusy, Inactive, NeverShown, NotCompleted, CompletionMissing, AcquirerUnreachable,
		DeclinedUnavailable, RefundDuplicate, WrongPIN:
		return true
	}
	return false
}

// MoneyMayHaveMoved tells whether the cardholder's account may have been touched when an order
// ends with this reason, so that a reversal is owed.
func (r Reason) MoneyMayHaveMoved() bool {
	switch r {
	case NotCompleted, CardRefused, CompletionMissing, PartialNotAllowed:
		return true
	}
	return false
}

// Text says the reason in plain English, for people who integrate or support.
func (r Reason) Text() string {
	if t, ok := reasonTexts[r]; ok {
		return t
	}
	return "unknown reason"
}

var reasonTexts = map[Reason]string{
	DuplicateOrder:       "an order with this id exists and differs from this one",
	OrderFinished:        "the order has ended",
	OrderUnknown:         "there is no such order",
	AmountInvalid:        "the amount is not a whole number of minor units within the limits",
	CurrencyInvalid:      "terminals take payments in EUR only",
	TerminalUnknown:      "there is no such terminal",
	TerminalBarred:       "the terminal takes no payments: it is blocked, in the inventory, or its shop is not open",
	TerminalOtherGroup:   "the terminal belongs to another group than this key",
	NotCancellable:       "the payment was approved before the cancel",
	NotRefundable:        "the order has not been paid",
	RefundTooHigh:        "the refund exceeds what is left of the payment",
	RefundDuplicate:      "the same amount was refunded less than five minutes ago",
	RefundTooLate:        "it was paid more than 180 days ago",
	TooManyRefunds:       "the order has as many refunds as it can hold",
	TooManyTries:         "the order has as many authorisations as it can hold",
	RefundRepeated:       "a refund with this id has been taken",
	NoHold:               "nothing is held that could be captured or released",
	CaptureTooHigh:       "the capture exceeds what is left of the hold",
	CaptureRepeated:      "a capture with this id has been taken",
	TooManyCaptures:      "the order has as many captures as it can hold",
	RefundUnknown:        "the order has no such refund",
	RefundNotCancellable: "the refund was declined, or the bank did not take it back",
	HoldExpired:          "what was held has not been captured in time; it is released",
	ClaimedElsewhere:     "another terminal has taken the order up",
	TipInvalid:           "no such tip can be added to the order",
	OutOfTurn:            "that does not fit the state of the order",
	POIBusy:              "the terminal is busy with another payment",
	WorldBusy:            "too many requests are waiting; nothing was done",
	CancelledBySale:      "cancelled by the cash register",
	CancelledAtPOI:       "cancelled on the terminal",
	Inactive:             "nobody acted on the terminal in time",
	NeverShown:           "no terminal showed the order within its lifetime",
	NotCompleted:         "the answer of the bank is not known; whatever it did is being reversed",
	CardRefused:          "the card refused after the bank had approved; the approval is being reversed",
	CompletionMissing:    "the terminal did not finish with the card; the approval is being reversed",
	PartialNotAllowed:    "the bank approved a part only; that is being reversed",
	AcquirerUnreachable:  "the acquirer could not be reached; the request never left",
	CardDataUnreadable:   "the card data could not be opened with the terminal's key",
	KeyReplay:            "the terminal used a key serial number again",
	POIUnable:            "the terminal cannot take cards now",
	TestCardInLive:       "a test card is not taken in the live environment",
	MethodDisabled:       "cards of this brand are switched off for the terminal",
	TooManyHolds:         "this card has as many holds of the last hour as it may have",
	Declined:             "declined by the bank",
	DeclinedReferral:     "the bank wants to be called",
	DeclinedFunds:        "insufficient funds",
	DeclinedPickUp:       "declined by the bank for good",
	DeclinedExpired:      "the card has expired",
	DeclinedCard:         "this card does not work here",
	DeclinedLimit:        "a limit of the card is exceeded",
	DeclinedSecurity:     "declined for a security check",
	DeclinedUnavailable:  "the bank cannot answer now",
	WrongPIN:             "wrong PIN",
	PINTriesExceeded:     "too many wrong PINs",
	SoftDeclinePIN:       "the bank asks for the PIN",
	SoftDeclineInsert:    "the bank asks for the card to be inserted",
	Configuration:        "this merchant or terminal is not set up for the payment at the acquirer",
}
