package charging

import (
	"strconv"
	"strings"
	"time"

	"kassa"
)

func incrementKey(n int) string { return dutyIncrement + strconv.Itoa(n) }

// cdrPosted takes a charge detail record. The same one again changes nothing.
func (t *step) cdrPosted(c CDR) *Refused {
	s := &t.next
	for _, known := range s.CDRs {
		if known.ID == c.ID {
			if known.Print == c.Print {
				return nil
			}
			return &Refused{2001, "id: another CDR has it, with other content"}
		}
	}
	switch {
	case c.ID == "":
		return &Refused{2001, "id: a CDR needs one"}
	case s.State == Authorising || s.State == Declined:
		return &Refused{2001, "authorization_reference: no session was started for it"}
	case c.Currency != s.Currency:
		return &Refused{2001, "currency: the hold is in " + string(s.Currency)}
	case c.Credit != "":
		return t.credit(c)
	case c.Price < 0 || c.Price > kassa.MaxMinor:
		return &Refused{2001, "total_cost: only a credit is negative"}
	case s.cdr() != nil:
		return &Refused{2001, "id: the session has a CDR; a credit must take it back first"}
	}
	t.record(ChargingCDRTaken{CDR: c})
	t.done(dutyPrice)
	t.priced(c)
	return nil
}

func (t *step) priced(c CDR) {
	s := &t.next
	switch s.State {
	case Starting, Charging, Stopping, AwaitingPrice:
		running := s.Report.Status != "" && s.Report.Status != Completed && s.Report.Status != Invalid
		if running && s.State != AwaitingPrice {
			t.record(ChargingMoved{State: Priced, By: t.now.Add(EarlyTime)})
			return
		}
		t.done(dutySeek, dutyStop)
		t.settle(c.Price, false)
	case Settled, Failed:
		t.adjust(true)
	case Released, Expired:
		t.shortAfterVoid()
	}
}

// credit takes a record back. What it cost is paid back once it is known what the session costs instead.
func (t *step) credit(c CDR) *Refused {
	s := &t.next
	old := s.cdr()
	switch {
	case old == nil || old.ID != c.Credit:
		return &Refused{2001, "credit_reference_id: no CDR that stands has it"}
	case c.Price > 0 || c.Price < -old.Price:
		return &Refused{2001, "total_cost: a credit takes back at most what the CDR cost"}
	}
	t.record(ChargingCDRTaken{CDR: c, CorrectionBy: t.now.Add(CorrectionTime)})
	if s.State == Priced {
		t.record(ChargingMoved{State: AwaitingPrice})
		t.duty(dutyPrice, PriceWait)
	}
	return nil
}

// settle gives the order its price.
func (t *step) settle(price int64, provisional bool) {
	t.record(ChargingPriceFixed{Price: price, Provisional: provisional})
	switch {
	case t.next.Hold == 0 && price == 0:
		t.end(Released, "the session costs nothing")
	case t.next.Hold == 0:
		t.alert("a session without a hold has a price")
		t.record(ChargingEnded{State: Failed, Short: price})
		t.confirm(0, price)
	case price == 0 || price < t.next.Terms.MinCapture:
		t.release("nothing is to be paid")
	default:
		t.record(ChargingMoved{State: Settling})
		t.done(dutySeek, dutyPrice, dutyAuthorise)
		t.duty(dutySettle, 0)
	}
}

// release gives the hold back. What it is asked for twice is owed once.
func (t *step) release(why string) {
	t.done(dutySeek, dutyPrice, dutyAuthorise)
	if t.next.Hold == 0 {
		t.end(Released, why)
		return
	}
	t.record(ChargingMoved{State: Releasing, Why: why})
	t.duty(dutyRelease, 0)
}

// priceNever decides, shortly before the hold expires, about a session without a price.
func (t *step) priceNever() {
	t.alert("no price came before the hold expires")
	s := &t.next
	if s.State == Charging || s.State == Starting || s.State == Stopping {
		t.stop("the hold expires")
	}
	cost, ok := s.Cost()
	if s.Late == LastKnown && ok && cost > 0 && s.Hold > 0 {
		t.settle(min(cost, s.Order.Amount), true)
		return
	}
	t.release("no price came before the hold expires")
}

// orderSeen takes what the order says.
func (t *step) orderSeen(v HoldView) {
	s := &t.next
	if v.At.Before(s.Order.At) {
		return
	}
	if !sameView(v, s.Order) {
		t.record(ChargingHoldSeen{View: v})
	}
	for n := 1; n <= v.Increments; n++ {
		t.done(incrementKey(n))
	}
	if v.State != HoldMissing {
		t.done(dutyAuthorise)
	}
	if v.Taken {
		t.done(dutySettle)
	}
	switch {
	case s.State == Authorising:
		t.asked(v)
	case v.Done:
		t.settled(v)
	case v.Closed != kassa.None:
		t.closed(v)
	case v.State == HoldHeld && (s.State == Declined || s.State == Released):
		t.duty(dutyRelease, 0) // nobody waits for it: it must not stay
	case s.State == Charging:
		t.watchCost()
	}
	t.refundsSeen(v)
}

func (t *step) asked(v HoldView) {
	switch {
	case v.State == HoldRefused:
		t.end(Declined, string(v.Reason))
	case v.State == HoldHeld && v.Closed != kassa.None:
		t.end(Released, string(v.Closed))
	case v.State == HoldHeld:
		t.start()
	}
}

// closed takes the end of a hold of which nothing was captured.
func (t *step) closed(v HoldView) {
	s := &t.next
	if v.Freed {
		t.done(dutyRelease)
	}
	switch {
	case s.State.Final():
	case s.State == Releasing && !v.Freed && v.Closed != kassa.HoldExpired:
	case v.Closed == kassa.HoldExpired && s.State != Releasing:
		if s.State == Charging || s.State == Starting {
			t.stop("the hold has expired")
		}
		t.end(Expired, "the hold has expired")
		t.shortAfterVoid()
	default:
		t.end(Released, "")
		t.shortAfterVoid()
	}
}

// settled takes the order's last word on its price.
func (t *step) settled(v HoldView) {
	s := &t.next
	t.done(dutySettle, dutyRelease)
	if s.State.Final() && s.State != Expired {
		return
	}
	if s.State == Expired && v.Captured == 0 {
		return
	}
	switch {
	case v.Captured == 0 && v.Short == 0:
		t.end(Released, "nothing is to be paid")
	case v.Captured == 0:
		t.record(ChargingEnded{State: Failed, Why: string(v.Refusal), Short: v.Short})
		t.confirm(0, v.Short)
	default:
		t.record(ChargingEnded{State: Settled, Why: string(v.Refusal), Short: v.Short})
		t.confirm(v.Captured, v.Short)
	}
	if s.cdr() != nil || !s.CorrectionBy.IsZero() {
		t.adjust(false)
	}
}

// end ends a session without money.
func (t *step) end(state State, why string) {
	t.done(dutyAuthorise, dutySeek, dutyPrice, dutySettle)
	t.record(ChargingEnded{State: state, Why: why, Short: t.next.Short})
	if state == Released && t.next.ConfirmVoid && len(t.next.Confirmations) == 0 && t.next.cdr() == nil {
		t.confirm(0, 0)
	}
}

// shortAfterVoid keeps what a record costs whose hold is gone: nothing can be captured for it.
func (t *step) shortAfterVoid() {
	c := t.next.cdr()
	if c == nil || c.Price == 0 || c.Price < t.next.Terms.MinCapture || t.next.Short == c.Price {
		return
	}
	t.record(ChargingPriceCorrected{Short: c.Price})
	t.alert("a price came for a hold that is gone")
	t.confirm(0, c.Price)
}

// adjust pays back what was captured above a corrected price, and keeps what is open above it. A credit
// waits for the record that replaces the old one, unless now is its time.
func (t *step) adjust(now bool) {
	s := &t.next
	c := s.cdr()
	if c == nil && !now || !s.State.Final() {
		return
	}
	var price int64
	if c != nil {
		price = c.Price
	}
	if s.State == Released || s.State == Expired {
		t.record(ChargingPriceCorrected{Short: price})
		return
	}
	kept := s.Order.Captured - s.refunded()
	was := s.Provisional
	short := max(0, price-kept)
	changed := short != s.Short
	if changed || was || !s.CorrectionBy.IsZero() {
		t.record(ChargingPriceCorrected{Short: short})
	}
	if over := kept - price; over > 0 {
		ref := s.Ref + "-R" + strconv.Itoa(len(s.Refunds)+1)
		t.record(ChargingRefundAsked{Refund: Refund{Ref: ref, Amount: over}})
		t.duty(dutyRefund+ref, 0)
		return
	}
	if changed {
		t.confirm(s.Net(), short)
	}
}

func (t *step) refundsSeen(v HoldView) {
	for _, seen := range v.Refunds {
		for _, r := range t.next.Refunds {
			if r.Ref != seen.Ref || r.Done || r.Failed {
				continue
			}
			t.done(dutyRefund + r.Ref)
			if seen.Done || seen.Failed {
				t.refundSettled(r.Ref, seen.Failed)
			}
		}
	}
}

func (t *step) refundSettled(ref string, failed bool) {
	t.done(dutyRefund + ref)
	t.record(ChargingRefundSettled{Ref: ref, Failed: failed})
	if failed {
		t.alert("a refund was refused: it must be paid back by hand")
		return
	}
	t.confirm(t.next.Net(), t.next.Short)
}

// dutyFailed takes a refusal of the order for good: what it refuses cannot be had by asking again.
func (t *step) dutyFailed(in DutyFailed) {
	if !t.owes(in.Key) {
		return
	}
	s := &t.next
	switch kind, id, _ := strings.Cut(in.Key, "/"); kind {
	case dutyAuthorise:
		if s.State == Authorising {
			t.end(Declined, string(in.Reason))
		}
		t.done(in.Key)
	case "increment":
		t.done(in.Key)
		v := s.Order
		v.NoMore, v.Increments = true, max(v.Increments, s.Asked)
		t.record(ChargingHoldSeen{View: v})
		t.watchCost()
	case "refund":
		t.refundSettled(id, true)
	case dutySettle:
		t.done(in.Key)
		t.alert("the order refused its price: " + string(in.Reason))
		t.release("the order refused its price: " + string(in.Reason))
	}
}

func sameView(a, b HoldView) bool {
	if len(a.Refunds) != len(b.Refunds) || a.Card.Token != b.Card.Token || !a.HeldAt.Equal(b.HeldAt) || !a.Expires.Equal(b.Expires) {
		return false
	}
	for i := range a.Refunds {
		if a.Refunds[i] != b.Refunds[i] {
			return false
		}
	}
	strip := func(v HoldView) HoldView {
		v.Refunds, v.Card, v.HeldAt, v.Expires = nil, Card{}, time.Time{}, time.Time{}
		return v
	}
	x, y := strip(a), strip(b)
	return x.State == y.State && x.Reason == y.Reason && x.Amount == y.Amount && x.Increments == y.Increments &&
		x.Growing == y.Growing && x.NoMore == y.NoMore && x.Taken == y.Taken && x.Done == y.Done &&
		x.Captured == y.Captured && x.Short == y.Short && x.Released == y.Released && x.Refusal == y.Refusal &&
		x.Closed == y.Closed && x.Freed == y.Freed
}
