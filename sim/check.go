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
	if b.w.host.machine != nil {
		b.checkBalances(l)
	}
	for _, strangers := range []map[string][]host.Record{l.granted, l.refunds, l.captures} {
		for id := range strangers {
			if _, ok := orders[id]; !ok {
				b.wrong(lost, id, "the issuer has money for an order that Kassa does not know")
			}
		}
	}
	b.checkTerminals(orders)
	b.checkRegisters(orders)
	b.checkTips(orders)
	b.checkPaidBack(orders)
	b.checkStarts(orders)
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
		if r.Status == "accepted" || r.Status == "voiding" {
			b.wrong(open, id, "a refund never ended")
		}
	}
	for _, c := range o.Captures {
		if c.Status == "accepted" {
			b.wrong(open, id, "a capture never ended")
		}
	}
}

// afterEnd are the facts that may follow an order's end.
func afterEnd(kind string) bool {
	switch kind {
	case "LateAnswerKept", "ReversalDue", "ReversalAcknowledged", "RefundTaken", "RefundSettled",
		"RefundCancelRequested", "RefundVoidDue", "RefundVoidSettled", "CaptureTaken", "CaptureSettled",
		"HoldClosed", "ReleaseDue", "ReleaseAcknowledged", "IncrementAsked", "IncrementSettled", "SettlementTaken", "SettlementDone":
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
	hard := reasons["declined"] || reasons["declined_funds"] || reasons["declined_security"]
	if o.Once && hard && (paid || len(o.Attempts) > 0 && !reasons[o.End] && !has(kinds, "CancelRequested")) {
		b.wrong(doubled, id, "an order of one try went on after a decline")
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
		{UnclaimedExpired, has(kinds, "OrderExpired") && o.TID == ""},
		{StartedHere, has(kinds, "OrderClaimed") && wasFor(events[0]) != ""},
		{Deferred, has(kinds, "OrderDeferred")},
		{DeferredPaid, paid && has(kinds, "OrderDeferred")},
		{NotSent, has(kinds, "AuthorisationNotSent")},
		{UnknownReversed, has(kinds, "AuthorisationUnknown")},
		{KeyReplayed, reasons["key_replay"]},
		{OrderInactive, o.End == "inactive"},
		{StopPressed, o.End == "cancelled_at_poi"},
		{ChipRefused, o.End == "card_refused"},
		{CompletionLost, o.End == "completion_missing"},
		{SteppedUp, paid && (reasons["soft_decline_pin"] || reasons["soft_decline_insert"])},
		{WrongPINThenPaid, paid && reasons["wrong_pin"]},
		{PartReversed, o.End == "partial_not_allowed"},
		{EnteredPaid, paid && o.Away != ""},
		{EnteredDeclined, !paid && o.Away != "" && reasons[o.End]},
		{EnteredUnknown, o.Away != "" && has(kinds, "ReversalAcknowledged")},
		{OneTryDeclined, o.Once && hard && !paid},
		{OneTrySteppedUp, o.Once && paid && (reasons["soft_decline_pin"] || reasons["soft_decline_insert"])},
		{CreditPaid, paid && o.Kind == "credit"},
		{CheckDone, paid && o.Kind == "card_check"},
		{OtherCardPaid, paid && (reasons["declined"] || reasons["declined_funds"] || reasons["declined_security"])},
	} {
		if m.is {
			w.mark(m.mark)
		}
	}
}

// wasFor is the terminal that an order was made for.
func wasFor(e kassa.Event) string {
	c, _ := e.(kassa.OrderCreated)
	return c.Order.TID
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
		if r.Result != terminal.ResultApproved || r.Kind == terminal.PaperRefund {
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
		if o.Status == "completed" && !ended && o.Away == "" {
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
		case o.Ref != s.ref || o.Amount.Minor-o.Tip.Minor != s.amount || o.TID != s.tid && !s.unclaimed:
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
		for number := range s.captures {
			if !slices.ContainsFunc(o.Captures, func(r bookedRefund) bool { return r.Number == number }) {
				b.wrong(lost, s.order, "an acknowledged capture is not there")
			}
		}
	}
}
