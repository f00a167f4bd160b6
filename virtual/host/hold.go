package host

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"kassa/iso8583"
)

// HoldRules are how holds are served for one terminal, or for all that have none of their own. The zero value is how
// a host begins: nothing above a hold is captured, increments are the issuer's to judge, and no hold runs out.
type HoldRules struct {
	TID string `json:"tid,omitempty"`
	// OverMost and OverPercent are how far a capture that is flagged so may go above its hold: minor units, or a
	// share of what is held. The larger of the two counts; without the flag neither does.
	OverMost    int64 `json:"over_most,omitempty"`
	OverPercent int   `json:"over_percent,omitempty"`
	// NoIncrements refuses every increment with 57.
	NoIncrements bool `json:"no_increments,omitempty"`
	// HoldSeconds is how long a hold lasts after its last approval; 0 is without an end.
	HoldSeconds int64 `json:"hold_seconds,omitempty"`
}

// Check tells what is wrong with the rules.
func (h HoldRules) Check() error {
	switch {
	case h.OverMost < 0 || h.OverMost > maxOver:
		return fmt.Errorf("over_most: it must be from 0 to %d", int64(maxOver))
	case h.OverPercent < 0 || h.OverPercent > maxOverPercent:
		return fmt.Errorf("over_percent: it must be from 0 to %d", maxOverPercent)
	case h.HoldSeconds < 0 || h.HoldSeconds > maxHoldSeconds:
		return fmt.Errorf("hold_seconds: it must be from 0 to %d", maxHoldSeconds)
	case len(h.TID) > maxTID:
		return errors.New("tid: it has eight characters at most")
	}
	return nil
}

// SetHoldRules replaces the rules of a terminal, or those of all others.
type SetHoldRules struct{ Rules HoldRules }

func (SetHoldRules) input() {}

func (m *Machine) setHoldRules(h HoldRules) {
	if h.Check() != nil {
		return
	}
	m.rules = slices.DeleteFunc(m.rules, func(o HoldRules) bool { return o.TID == h.TID })
	if len(m.rules) < maxHoldRules {
		m.rules = append(m.rules, h)
	}
}

// rulesOf are those of a terminal, or else those of all.
func (m *Machine) rulesOf(tid string) HoldRules {
	var all HoldRules
	for _, h := range m.rules {
		switch h.TID {
		case tid:
			return h
		case "":
			all = h
		}
	}
	return all
}

// over is how much above a hold a flagged capture may take.
func (h HoldRules) over(held int64) int64 {
	return max(h.OverMost, held/100*int64(h.OverPercent)+held%100*int64(h.OverPercent)/100)
}

// judgeCapture completes the record of a capture: an advice, which is declined only when it does not fit what is
// held. A second capture never goes above the hold.
func (m *Machine) judgeCapture(r request, rec *Record) {
	rec.Over = r.private[iso8583.TagOverCommit] == "1"
	of, rc := m.refer(r, rec, KindHold)
	if rc == "" && (of.state != StateHeld) {
		rc = rcInvalid
	}
	if rc == "" {
		rc = m.refused(FaultRefuseCapture, r.tid)
	}
	if rc != "" {
		rec.RC = rc
		return
	}
	left := of.debit() - of.captured
	if rec.Over && of.captured == 0 {
		left += m.rulesOf(r.tid).over(of.debit())
	}
	if rec.Amount == 0 || rec.Amount > left {
		rec.RC = rcAmount
		return
	}
	m.approve(rec, StatePosted)
}

// judgeIncrement completes the record of an increment of a hold. It needs no card: the hold says whose it is.
func (m *Machine) judgeIncrement(r request, rec *Record) {
	of, rc := m.refer(r, rec, KindHold)
	switch {
	case rc != "":
	case of.state != StateHeld:
		rc = rcInvalid
	case m.rulesOf(r.tid).NoIncrements:
		rc = rcNotPermitted
	default:
		rc = m.refused(FaultRefuseIncrement, r.tid)
	}
	if rc != "" {
		rec.RC = rc
		return
	}
	a := m.book.accounts[of.Account]
	switch {
	case a == nil || rec.Amount > maxOver:
		rec.RC = rcInvalid
		return
	case a.balance(rec.Currency) < rec.Amount:
		rec.RC = rcFunds
		return
	}
	rec.RC = rcApproved
	a.conclude(rec, m.book.last+1)
}

// refer95 makes the record of a reversal of a hold that of a release, where it is one: it names what of the hold
// stays taken (DE95), or as its amount what goes back. ok is false when the amounts are not those of the hold.
func (r request) refer95(of *entry, rec *Record) (ok bool) {
	left := of.debit() - of.captured
	kept, partial, err := replacement(r.msg)
	switch {
	case err != nil || partial && (rec.Amount != of.debit() || kept != of.captured):
		return false
	case partial || rec.Amount == left:
		rec.Kind, rec.Amount = KindRelease, left
		return true
	}
	return of.Approved > 0 && rec.Amount == of.Amount // the whole request, of which a part was approved
}

// replacement reads DE95, if it is there.
func replacement(msg *iso8583.Message) (kept int64, has bool, err error) {
	if !msg.Has(95) {
		return 0, false, nil
	}
	kept, err = iso8583.ParseReplacement(msg.Get(95))
	return kept, true, err
}

func (b *book) applyIncrement(e, of *entry, a *account) {
	if !b.claim(e) || e.state != StatePosted || of == nil || a == nil {
		return
	}
	b.move(a, of, -1)
	of.raised += e.debit()
	of.increments = append(of.increments, e.debit())
	of.lasts = e.At
	b.move(a, of, 1)
}

// applyExpiry lets go what is left of a hold whose time is over.
func (b *book) applyExpiry(of *entry) {
	if of == nil || of.state != StateHeld {
		return
	}
	if a := b.accounts[of.Account]; a != nil {
		b.move(a, of, -1)
	}
	of.released, of.state = of.debit()-of.captured, StateExpired
}

// expire writes down which holds have run out.
func (m *Machine) expire(now time.Time) []Output {
	var out []Output
	for _, e := range m.running() {
		if !m.expires(e).After(now) {
			made, _ := m.persist(Record{
				At: now, Kind: KindExpiry, TID: e.TID, MID: e.MID, Amount: e.debit() - e.captured, Currency: e.Currency,
				Account: e.Account, Last4: e.Last4, Lifecycle: e.Lifecycle, RC: rcApproved, State: StatePosted, Of: e.RRN, OfN: e.N,
			})
			out = append(out, made...)
		}
	}
	return out
}

// expires is when a hold ends by itself.
func (m *Machine) expires(e *entry) time.Time {
	return e.lasts.Add(time.Duration(m.rulesOf(e.TID).HoldSeconds) * time.Second)
}

// running are the holds that end by themselves some day.
func (m *Machine) running() []*entry {
	if !slices.ContainsFunc(m.rules, func(h HoldRules) bool { return h.HoldSeconds > 0 }) {
		return nil
	}
	var list []*entry
	for _, e := range m.book.entries {
		if e.Kind == KindHold && e.state == StateHeld && m.rulesOf(e.TID).HoldSeconds > 0 {
			list = append(list, e)
		}
	}
	return list
}

// HoldLine is one hold as the ledger has it. Amounts are minor units of Currency.
type HoldLine struct {
	// Lifecycle is what the requests of one payment share.
	Lifecycle string `json:"lifecycle"`
	TID       string `json:"tid"`
	STAN      string `json:"stan"`
	RRN       string `json:"rrn"`
	Last4     string `json:"last4"`
	Currency  string `json:"currency"`
	// Asked is what the first request asked for, Held what was approved in all: of it, and of each increment.
	Asked      int64   `json:"asked"`
	Held       int64   `json:"held"`
	Increments []int64 `json:"increments"`
	// Captured is what was taken, which may be more than was held. Released is what went back of what was held,
	// Refunded of what was taken.
	Captured int64 `json:"captured"`
	Released int64 `json:"released"`
	Refunded int64 `json:"refunded"`
	// Refused are the captures that were declined, in their order.
	Refused []int64 `json:"refused"`
	State   string  `json:"state"`
}

// Holds lists the holds that were approved, in the order in which they came.
func (m *Machine) Holds() []HoldLine {
	list, at := []HoldLine{}, map[uint64]int{}
	for _, e := range m.book.entries {
		i, known := at[e.OfN]
		switch {
		case e.Kind == KindHold && e.state != StateDeclined:
			at[e.N] = len(list)
			list = append(list, HoldLine{
				Lifecycle: e.Lifecycle, TID: e.TID, STAN: e.STAN, RRN: e.RRN, Last4: e.Last4, Currency: currencyName(e.Currency),
				Asked: e.Amount, Held: e.debit(), Increments: append([]int64{}, e.increments...), Captured: e.captured,
				Released: e.released, Refunded: e.refunded, Refused: []int64{}, State: e.state,
			})
		case known && e.Kind == KindCapture && e.state == StateDeclined:
			list[i].Refused = append(list[i].Refused, e.Amount)
		}
	}
	return list
}
