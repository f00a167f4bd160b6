package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/journal"
	"kassa/virtual/host"
	"kassa/virtual/terminal"
)

// ledger is what the checker adds up from the issuer's records, by order.
type ledger struct {
	posted   map[string][]host.Record // sales that stand
	reversed map[string]int           // sales that were posted and undone
	refunds  map[string][]host.Record // refunds that stand
}

func (b *books) ledger() ledger {
	l := ledger{posted: make(map[string][]host.Record), reversed: make(map[string]int), refunds: make(map[string][]host.Record)}
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
		switch {
		case r.State != host.StatePosted:
		case r.Kind == host.KindSale && undone[r.N]:
			l.reversed[r.Lifecycle]++
		case r.Kind == host.KindSale:
			l.posted[r.Lifecycle] = append(l.posted[r.Lifecycle], r)
		case r.Kind == host.KindRefund && !undone[r.N]:
			l.refunds[r.Lifecycle] = append(l.refunds[r.Lifecycle], r)
		}
	}
	return l
}

// check compares everybody's books at the end.
func (b *books) check() int {
	l := b.ledger()
	streams, err := b.w.kassa.disk.Streams("order", "", 10_000)
	if err != nil {
		b.wrong(lost, "", err.Error())
	}
	orders := make(map[string]booked)
	for _, s := range streams {
		o, ok := b.read(s)
		if !ok {
			continue
		}
		id := s.ID[len("order/"):]
		orders[id] = o
		b.checkEnd(id, o, s)
		b.checkMoney(id, o, l)
		b.checkHistory(id, s)
	}
	for _, strangers := range []map[string][]host.Record{l.posted, l.refunds} {
		for id := range strangers {
			if _, ok := orders[id]; !ok {
				b.wrong(lost, id, "the issuer has money for an order that Kassa does not know")
			}
		}
	}
	b.checkTerminals(orders)
	b.checkRegisters(orders)
	return len(orders)
}

// checkEnd: every order ends, and owes nothing.
func (b *books) checkEnd(id string, o booked, s journal.Stream) {
	switch {
	case o.Parked != "":
		b.wrong(open, id, "parked: "+o.Parked)
	case !o.final():
		b.wrong(open, id, "it never ended: "+o.Status)
	case s.Open:
		b.wrong(open, id, "it still owes something")
	}
	for _, t := range o.tries() {
		switch {
		case t.State == "open":
			b.wrong(open, id, "an authorisation never got an outcome")
		case t.State == "unknown" && t.Reversal == nil:
			b.wrong(open, id, "an unknown outcome owes no reversal")
		case t.Reversal != nil && t.Reversal.AcknowledgedAt.IsZero():
			b.wrong(open, id, "a reversal was never acknowledged")
		}
	}
	for _, r := range o.Refunds {
		if r.Status == "accepted" {
			b.wrong(open, id, "a refund never ended")
		}
	}
}

// checkMoney: the issuer holds the amount exactly once if the order is completed, and else nothing.
func (b *books) checkMoney(id string, o booked, l ledger) {
	posted := l.posted[id]
	switch {
	case len(posted) > 1:
		b.wrong(doubled, id, fmt.Sprintf("charged %d times", len(posted)))
	case o.Status == "completed" && len(posted) == 0:
		b.wrong(lost, id, "completed, and the issuer has nothing")
	case o.Status == "completed" && (posted[0].Amount != o.Amount.Minor || posted[0].TID != o.TID):
		b.wrong(lost, id, "the issuer has another amount or terminal")
	case o.Status != "completed" && len(posted) == 1:
		b.wrong(lost, id, o.Status+", and the issuer keeps the money")
	}
	if o.Status != "completed" && l.reversed[id] > 0 {
		b.w.mark(AuthorisationFailed)
	}
	var booked, back int64
	done := 0
	for _, r := range o.Refunds {
		if r.Status == "completed" {
			booked += r.Amount.Minor
			done++
		}
	}
	for _, r := range l.refunds[id] {
		back += r.Amount
	}
	switch {
	case len(l.refunds[id]) > done || back > booked:
		b.wrong(doubled, id, fmt.Sprintf("the issuer paid back %d in %d, Kassa booked %d in %d", back, len(l.refunds[id]), booked, done))
	case back < booked:
		b.wrong(lost, id, fmt.Sprintf("the issuer paid back %d, Kassa booked %d", back, booked))
	case back > o.Amount.Minor || (back > 0 && o.Status != "completed"):
		b.wrong(doubled, id, "more was paid back than was paid")
	}
	if done > 0 {
		b.w.mark(RefundDone)
	}
}

// afterEnd are the facts that may follow an order's end.
func afterEnd(kind string) bool {
	switch kind {
	case "LateAnswerKept", "ReversalDue", "ReversalAcknowledged", "RefundTaken", "RefundSettled":
		return true
	}
	return false
}

// checkHistory: the facts add up to the state, begin with the making and go on after the end only
// with what may follow it.
func (b *books) checkHistory(id string, s journal.Stream) {
	entries, err := b.w.kassa.disk.StreamEntries(s.ID, 0)
	if err != nil {
		b.wrong(lost, id, err.Error())
		return
	}
	var at []time.Time
	var events []kassa.Event
	var kinds []string
	ended := false
	for i, e := range entries {
		event, err := kassa.DecodeEvent(e.Kind, e.Payload)
		if err != nil {
			b.wrong(lost, id, err.Error())
			return
		}
		at, events, kinds = append(at, e.At), append(events, event), append(kinds, e.Kind)
		switch {
		case (e.Kind == "OrderCreated") != (i == 0):
			b.wrong(doubled, id, "it was made twice, or never")
		case ended && !afterEnd(e.Kind):
			b.wrong(doubled, id, e.Kind+" after the end")
		case i > 0 && e.At.Before(at[i-1]):
			b.wrong(lost, id, "its history goes back in time")
		}
		ended = ended || e.Kind == "OrderCompleted" || e.Kind == "OrderCancelled" || e.Kind == "OrderExpired"
	}
	folded, err := json.Marshal(kassa.Fold(at, events))
	if err != nil || !bytes.Equal(folded, s.State) {
		b.wrong(lost, id, fmt.Sprintf("the fold of its facts is not its state: %s and %s", folded, s.State))
	}
	b.marksOf(id, kinds, events)
}

// marksOf counts the rare turns that an order took.
func (b *books) marksOf(id string, kinds []string, events []kassa.Event) {
	w := b.w
	o, _ := b.order(id)
	paid := o.Status == "completed"
	if paid {
		w.mark(Paid)
	}
	reasons := make(map[string]bool)
	for _, a := range o.Attempts {
		reasons[a.Reason] = true
		for _, t := range a.Authorisations {
			reasons[t.Reason] = true
		}
	}
	dues := make(map[int]int)
	for _, e := range events {
		switch e := e.(type) {
		case kassa.ReversalDue:
			dues[e.Request]++
		case kassa.LateAnswerKept:
			if e.Approved {
				w.mark(LateApproval)
			}
		}
	}
	for _, n := range dues {
		if n > 1 {
			w.mark(LateAfterReversal)
		}
	}
	for _, m := range []struct {
		mark Mark
		is   bool
	}{
		{CancelDuring, has(kinds, "CancelRequested")},
		{TurnWaited, has(kinds, "OrderOffered")},
		{OrderExpired, has(kinds, "OrderExpired")},
		{NotSent, has(kinds, "AuthorisationNotSent")},
		{UnknownReversed, has(kinds, "AuthorisationUnknown")},
		{KeyReplayed, reasons["key_replay"]},
		{OrderInactive, o.End == "inactive"},
		{StopPressed, o.End == "cancelled_at_poi"},
		{ChipRefused, o.End == "card_refused"},
		{CompletionLost, o.End == "completion_missing"},
		{SteppedUp, paid && (reasons["soft_decline_pin"] || reasons["soft_decline_insert"])},
		{WrongPINThenPaid, paid && reasons["wrong_pin"]},
		{OtherCardPaid, paid && (reasons["declined"] || reasons["declined_funds"] || reasons["declined_security"])},
	} {
		if m.is {
			w.mark(m.mark)
		}
	}
}

// checkTerminals: what each terminal ended with, and what its receipts say, is what is booked.
func (b *books) checkTerminals(orders map[string]booked) {
	for _, d := range b.w.devices {
		for _, id := range slices.Sorted(keysOf(b.ends[d.poiid])) {
			result, o := b.ends[d.poiid][id], orders[id]
			approved, paid := result == terminal.ResultApproved, o.Status == "completed"
			switch {
			case approved && (!paid || o.TID != d.tid):
				b.wrong(lost, id, "approved at the terminal, and "+o.Status)
			case !approved && paid && !d.forgot:
				b.wrong(lost, id, string(result)+" at the terminal, and completed")
			}
		}
		if d.machine == nil {
			continue
		}
		if open := d.machine.Status().Exchange; open != "" {
			b.wrong("open", open, "its exchange never ended at the terminal")
		}
	}
	for _, seen := range b.receipts {
		r, o := seen.r, orders[seen.r.Exchange]
		if r.Result != terminal.ResultApproved {
			continue
		}
		named := slices.ContainsFunc(o.tries(), func(t bookedTried) bool {
			return t.State == "approved" && t.Reversal == nil && t.STAN == r.STAN && t.RRN == r.RRN
		})
		if o.Status != "completed" || r.AmountMinor != o.Amount.Minor || r.TID != o.TID || !named {
			b.wrong(lost, r.Exchange, "an approved receipt does not fit the books")
		}
	}
	for id, o := range orders {
		ended := false
		for _, d := range b.w.devices {
			_, here := b.ends[d.poiid][id]
			ended = ended || here || d.forgot && d.tid == o.TID
		}
		if o.Status == "completed" && !ended {
			b.wrong(open, id, "completed, and its terminal never heard of it")
		}
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// checkRegisters: what was acknowledged is there, and what a register last heard is so.
func (b *books) checkRegisters(orders map[string]booked) {
	for _, s := range b.w.sales {
		o, ok := orders[s.order]
		switch {
		case !s.known:
			continue // it never heard; what became of it is in the books all the same
		case !ok:
			b.wrong(lost, s.order, "an acknowledged order is not there")
			continue
		case o.Ref != s.ref || o.Amount.Minor != s.amount || o.TID != s.d.tid:
			b.wrong(lost, s.order, "an acknowledged order has another content")
		}
		for _, told := range s.told {
			if string(told) != o.Status {
				b.wrong(lost, s.order, "the register was told "+string(told)+", the books say "+o.Status)
			}
		}
		for number := range s.refunds {
			if !slices.ContainsFunc(o.Refunds, func(r bookedRefund) bool { return r.Number == number }) {
				b.wrong(lost, s.order, "an acknowledged refund is not there")
			}
		}
	}
}
