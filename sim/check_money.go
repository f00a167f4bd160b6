package sim

import (
	"fmt"

	"kassa/virtual/host"
)

// ledger is what the checker adds up from the issuer's records, by order.
type ledger struct {
	granted  map[string][]host.Record // what a card was asked for, and stands: sales, holds, credits, checks
	reversed map[string][]host.Record // such that were granted and undone
	refunds  map[string][]host.Record // that stand
	captures map[string][]host.Record
	released map[string]int64
	spent    int64 // what all accounts must have paid
}

func (b *books) ledger() ledger {
	l := ledger{
		granted: make(map[string][]host.Record), reversed: make(map[string][]host.Record), released: make(map[string]int64),
		refunds: make(map[string][]host.Record), captures: make(map[string][]host.Record),
	}
	undone := make(map[uint64]bool)
	records := b.w.host.records()
	for _, r := range records {
		if r.Kind == host.KindReversal && r.State == host.StatePosted {
			undone[r.OfN] = true
		}
		if r.Kind == host.KindReversal && r.RC == "25" {
			b.w.mark(ReversalOfNothing)
		}
	}
	for _, r := range records {
		if r.State != host.StateDeclined {
			l.add(r, undone[r.N])
		}
	}
	return l
}

func (l *ledger) add(r host.Record, undone bool) {
	id := r.Lifecycle
	switch r.Kind {
	case host.KindSale, host.KindHold, host.KindCredit, host.KindCheck:
		if undone {
			l.reversed[id] = append(l.reversed[id], r)
			return
		}
		l.granted[id] = append(l.granted[id], r)
	case host.KindRefund:
		if undone {
			return
		}
		l.refunds[id] = append(l.refunds[id], r)
	case host.KindCapture:
		l.captures[id] = append(l.captures[id], r)
	case host.KindRelease:
		l.released[id] += r.Amount
	}
	switch r.Kind {
	case host.KindSale, host.KindCapture:
		l.spent += r.Amount
	case host.KindRefund, host.KindCredit:
		l.spent -= r.Amount
	}
}

// checkMoney: the issuer has granted what was asked for exactly once if the order is completed, and
// else nothing; and it was paid, held and paid back what Kassa believes.
func (b *books) checkMoney(id string, o booked, l ledger) {
	granted := l.granted[id]
	switch {
	case len(granted) > 1:
		b.wrong(doubled, id, fmt.Sprintf("charged %d times", len(granted)))
	case o.Status == "completed" && len(granted) == 0:
		b.wrong(lost, id, "completed, and the issuer has nothing")
	case o.Status == "completed" && (granted[0].Amount != o.Amount.Minor || granted[0].TID != o.TID || granted[0].Kind != o.grant()):
		b.wrong(lost, id, "the issuer has another amount, terminal or kind")
	case o.Status != "completed" && len(granted) == 1:
		b.wrong(lost, id, o.Status+", and the issuer keeps the money")
	}
	if o.Status != "completed" {
		for _, r := range l.reversed[id] {
			if o.Tip.Minor > 0 {
				b.w.mark(TipReversed)
			}
			switch r.Kind {
			case host.KindHold:
				b.w.mark(HoldReversed)
			case host.KindCredit:
				b.w.mark(CreditReversed)
			}
			b.w.mark(AuthorisationFailed)
		}
	}
	paid := o.Amount.Minor
	if o.Hold != nil {
		paid = b.checkHold(id, o, l)
	}
	b.checkRefunds(id, o, l.refunds[id], paid)
}

// grant is what the issuer books for an order.
func (o booked) grant() host.Kind {
	switch {
	case o.Kind == "credit":
		return host.KindCredit
	case o.Kind == "card_check":
		return host.KindCheck
	case o.Later != "":
		return host.KindHold
	}
	return host.KindSale
}

// checkHold: what was captured and what was released are all that was held.
func (b *books) checkHold(id string, o booked, l ledger) (captured int64) {
	for _, r := range l.captures[id] {
		captured += r.Amount
	}
	var booked, released int64
	for _, c := range o.Captures {
		if c.Status != "completed" {
			b.wrong(lost, id, "a capture ended as "+c.Status)
			continue
		}
		booked += c.Amount.Minor
	}
	if o.Hold.Release != nil {
		released = o.Hold.Release.Amount.Minor
	}
	switch {
	case len(l.captures[id]) != len(o.Captures) || captured != booked:
		b.wrong(doubled, id, fmt.Sprintf("the issuer paid %d in %d captures, Kassa booked %d in %d", captured, len(l.captures[id]), booked, len(o.Captures)))
	case released != l.released[id] || captured+released != o.Amount.Minor:
		b.wrong(lost, id, fmt.Sprintf("of %d, %d was captured and %d released, Kassa booked %d", o.Amount.Minor, captured, l.released[id], released))
	}
	switch {
	case released == 0:
		b.w.mark(HoldCaptured)
	case captured > 0:
		b.w.mark(HoldInPart)
	default:
		b.w.mark(HoldReleased)
	}
	if o.Hold.Closed == "hold_expired" {
		b.w.mark(HoldExpired)
	}
	if o.Away == "" {
		b.w.mark(HoldAtPOI)
	}
	return captured
}

// checkRefunds: what went back is what Kassa booked, and no more than was paid.
func (b *books) checkRefunds(id string, o booked, posted []host.Record, paid int64) {
	var booked, back int64
	done := 0
	for _, r := range o.Refunds {
		switch {
		case r.Status == "voided" && r.Asked:
			b.w.mark(RefundVoidedLater)
		case r.Status == "voided":
			b.w.mark(RefundVoided)
		case r.Refused != "":
			b.w.mark(RefundVoidRefused)
		}
		if r.Status == "completed" {
			booked += r.Amount.Minor
			done++
		}
	}
	for _, r := range posted {
		back += r.Amount
	}
	switch {
	case len(posted) > done || back > booked:
		b.wrong(doubled, id, fmt.Sprintf("the issuer paid back %d in %d, Kassa booked %d in %d", back, len(posted), booked, done))
	case back < booked:
		b.wrong(lost, id, fmt.Sprintf("the issuer paid back %d, Kassa booked %d", back, booked))
	case back > paid || (back > 0 && (o.Status != "completed" || o.Kind != "")):
		b.wrong(doubled, id, "more was paid back than was paid")
	}
	if done > 0 {
		b.w.mark(RefundDone)
		if o.Hold != nil {
			b.w.mark(CaptureRefunded)
		}
	}
}

// checkBalances: the accounts have paid what the ledger says to the cent, and nothing is held any more.
func (b *books) checkBalances(l ledger) {
	var spent, held int64
	for _, a := range b.w.host.machine.State().Accounts {
		for _, n := range a.Spent {
			spent += n
		}
		for _, n := range a.Held {
			held += n
		}
	}
	if spent != l.spent || held != 0 {
		b.wrong(lost, "", fmt.Sprintf("the accounts have paid %d and hold %d, the ledger says %d", spent, held, l.spent))
	}
}
