package host

import (
	"fmt"

	"kassa/card"
)

// always are the rows whose every use gets one code, whatever the amount and the PIN.
func always(row int) string {
	switch row {
	case 1, 3, 5, 12, 13, 14, 30, 41, 43, 57, 58, 61, 62, 75, 91, 96:
		return fmt.Sprintf("%02d", row)
	}
	return ""
}

// formatField is DE44 of card 030: the element that the host claims not to understand.
const formatField = "048"

// script is what the card's row says of this use, "" when it says nothing.
func (a *account) script(s sale, rec *Record) string {
	if rc := always(a.card.Row); rc != "" {
		if rc == rcFormat {
			rec.Field = formatField
		}
		return rc
	}
	if s.entered() || rec.Kind == KindCredit { // nobody is there to ask, or has to prove anything to be paid
		return ""
	}
	if a.card.Row == 74 && s.hasPIN() {
		return rcFunds
	}
	if s.tap() {
		return a.tapScript(s, rec)
	}
	if a.card.Row == 55 && !s.hasPIN() {
		return rcWrongPIN
	}
	return ""
}

func (a *account) tapScript(s sale, rec *Record) string {
	switch a.card.Row {
	case 66:
		return rcSoftPIN // without the offer of a single tap: insert the card
	case 72, 73:
		return rcInsertCard
	case 55, 65, 70, 71, 74:
		return a.stepUp(s, rec)
	case 77:
		if !s.hasPIN() {
			return rcOwnPIN
		}
	case 76:
		if a.taps >= maxTaps || a.tapped+rec.Amount > maxTapped {
			return a.stepUp(s, rec)
		}
	case 0:
		if rec.Currency == euro && rec.Amount > contactlessLimit {
			return a.stepUp(s, rec)
		}
	}
	return ""
}

// stepUp asks for the PIN of a tap that has none, in the words of its scheme.
func (a *account) stepUp(s sale, rec *Record) string {
	if s.hasPIN() {
		return ""
	}
	switch {
	case a.card.Brand != card.Visa && a.card.Brand != card.VPay:
		rec.SingleTap = s.singleTap && s.canPIN()
		return rcSoftPIN
	case s.canPIN():
		return rcPINRequired
	}
	return rcInsertCard
}

// conclude writes into the record what the decision does to the account. Card 010 has money for three
// fifths of what is asked.
func (a *account) conclude(rec *Record, n uint64) {
	if rec.RC == rcApproved && rec.Kind != KindCredit && a.card.Row == 10 {
		if part := rec.Amount * 3 / 5; part > 0 {
			rec.RC, rec.Approved = rcPartial, part
		}
	}
	switch rec.RC {
	case rcApproved, rcPartial:
		rec.State = StatePosted
		if rec.Kind == KindHold {
			rec.State = StateHeld
		}
	case rcNoReason:
		rec.State = StateChecked
	default:
		return
	}
	rec.Approval = approvalCode(n)
}
