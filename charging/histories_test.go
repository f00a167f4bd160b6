package charging_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
)

// planOf draws what one history has in store.
func planOf(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 1))
	yes := func(percent int) bool { return r.IntN(100) < percent }
	p := plan{
		seed: seed, crashes: r.IntN(5), lost: r.IntN(4) * 15, deaf: r.IntN(4) * 20,
		hold: 5000, late: charging.LastKnown, decline: yes(3), walksAway: yes(3), authLost: yes(4),
		refuseIncrement: yes(50), refuseCapture: yes(5), allowOver: yes(60),
		start: "ok", result: yes(60), plugs: !yes(8), invalid: yes(5), charges: time.Duration(10+r.IntN(300)) * time.Minute,
		price: int64(r.IntN(9000)), pushes: yes(80), ends: yes(90), cdr: time.Duration(r.IntN(7200)) * time.Second,
		noCDR: yes(6), pull: yes(20), early: yes(15), foreign: yes(15), second: yes(15), altered: yes(15),
		credit: yes(25), replaced: -1, noRef: yes(15), stopByTap: yes(20), staff: yes(4),
	}
	p.terms = kassa.HoldTerms{OverCommit: yes(40), Increments: r.IntN(3)}
	if yes(30) {
		p.terms.Most = 5000 + int64(r.IntN(5000))
	}
	if yes(15) {
		p.partial, p.terms.Minimum = 2000+int64(r.IntN(2900)), 2500
	}
	if yes(10) {
		p.price = 0
	}
	if yes(40) {
		p.start = []string{"refused", "silent", "dead", "failed", "late"}[r.IntN(5)]
	}
	if yes(40) {
		p.late = charging.VoidLate
	}
	if yes(8) {
		p.cdr = time.Duration(1+r.IntN(12)) * 24 * time.Hour
	}
	if yes(60) {
		p.replaced = int64(r.IntN(9000))
	}
	return p
}

// check compares what the bank did with what the sessions say and the operator heard.
func (w *world) check() []string {
	found := w.broken
	bad := func(format string, a ...any) { found = append(found, fmt.Sprintf(format, a...)) }
	s, ok, err := w.book.Load(sessionRef)
	if err != nil || !ok || len(found) > 0 {
		return append(found, fmt.Sprintf("session: %v %v", ok, err))
	}
	o, _, _ := (port{w}).Find(context.Background(), charging.Dialect, "group", sessionRef)
	b, c := &w.bank, &w.cpo
	if !s.State.Final() || s.Open() || o.Open() {
		bad("still open: %s, duties %+v, order %s", s.State, s.Duties, o.Status)
	}
	if b.held != 0 {
		bad("%d is still held", b.held)
	}
	price, priced := w.price(s)
	if b.captured < 0 || b.refunded > b.captured {
		bad("captured %d, paid back %d", b.captured, b.refunded)
	}
	if net := b.captured - b.refunded; priced && net > price {
		bad("net %d of a price of %d", net, price)
	}
	if !s.Terms.OverCommit && b.captured > b.most {
		bad("captured %d of a hold of %d without over-commit", b.captured, b.most)
	}
	if b.captured > 0 && s.State != charging.Settled {
		bad("captured %d in %s", b.captured, s.State)
	}
	if s.Net() != b.captured-b.refunded {
		bad("the session says %d, the bank %d", s.Net(), b.captured-b.refunded)
	}
	if priced && s.State != charging.Declined && max(0, price-s.Net()) != s.Short {
		bad("short %d of %d, price %d", s.Short, s.Net(), price)
	}
	if p := w.plan; b.captured > 0 && !p.credit && !p.refuseCapture && p.price <= b.first && !w.guessed(s) && b.captured != p.price {
		bad("captured %d of a price of %d within the hold", b.captured, p.price)
	}
	if c.starts > 1 {
		bad("START_SESSION left %d times", c.starts)
	}
	if b.captured > 0 && (c.last.ID == "" || c.last.Total != b.captured-b.refunded) {
		bad("the operator heard %d, the bank took %d and gave %d", c.last.Total, b.captured, b.refunded)
	}
	for _, f := range s.Confirmations {
		if _, heard := c.confirmed[f.ID]; !heard {
			bad("confirmation %s never arrived", f.ID)
		}
		if f.State != charging.SendingAccepted {
			bad("confirmation %s is %s", f.ID, f.State)
		}
	}
	return append(append(found, w.checkHold(s)...), w.checkBooks(s, price, priced)...)
}

// settleDebts collects a part of what is short in some histories, twice by the same name, and gives the rest up in others.
func (w *world) settleDebts() {
	s, ok, err := w.book.Load(sessionRef)
	if err != nil || !ok || w.dead || s.Short < 2 {
		return
	}
	if w.plan.seed%3 == 0 {
		w.collected = s.Short / 2
		for range 2 {
			w.give(sessionRef, charging.Collect{Ref: "bank", Amount: w.collected})
		}
		w.give(sessionRef, charging.Collect{Ref: "too much", Amount: s.Short})
	}
	if w.gaveUp = w.plan.seed%2 == 0; w.gaveUp {
		w.give(sessionRef, charging.WriteOff{Reason: "bankrupt"})
	}
}

// checkBooks: invoices are numbered without a gap and come to what the session cost, and what is open is on the list.
func (w *world) checkBooks(s charging.Session, price int64, priced bool) (found []string) {
	var sum int64
	for i, v := range s.Invoices {
		sum += v.Amount
		if v.Number != int64(i+1) {
			found = append(found, fmt.Sprintf("invoice %d has the number %d", i+1, v.Number))
		}
	}
	switch {
	case priced && s.State != charging.Declined && sum != price:
		found = append(found, fmt.Sprintf("invoices of %d for a price of %d", sum, price))
	case !priced && sum != w.bank.captured+s.Short: // what was guessed, taken or not
		found = append(found, fmt.Sprintf("invoices of %d without a CDR, captured %d", sum, w.bank.captured))
	}
	var kept struct {
		Short, Open, Collected, WrittenOff int64
	}
	stream, ok, err := w.disk.Load("receivable/" + sessionRef)
	if ok {
		err = json.Unmarshal(stream.State, &kept)
	}
	if err != nil || kept.Short != s.Short || kept.Open+kept.Collected+kept.WrittenOff != s.Short || kept.Collected != w.collected || w.gaveUp && kept.Open != 0 {
		found = append(found, fmt.Sprintf("short %d, on the list %+v, %v", s.Short, kept, err))
	}
	return found
}

// price is what the records say that Kassa has taken.
func (w *world) price(s charging.Session) (price int64, priced bool) {
	for _, c := range s.CDRs {
		priced = true
		if c.Credit == "" && !c.Credited {
			price = c.Price
		}
	}
	return price, priced
}

// guessed tells whether a capture was made without a record.
func (w *world) guessed(s charging.Session) bool {
	for _, f := range s.Confirmations {
		if strings.HasPrefix(f.Message, "provisional") {
			return true
		}
	}
	return false
}

// checkHold judges when and why a hold went back.
func (w *world) checkHold(s charging.Session) (found []string) {
	b := &w.bank
	if !b.freedAt.IsZero() && b.freedAt.After(s.EndedAt.Add(24*time.Hour)) {
		found = append(found, fmt.Sprintf("the hold went back %s after the session's end", b.freedAt.Sub(s.EndedAt)))
	}
	if b.freedWhileRunning && !strings.Contains(s.Why, "expire") && !strings.Contains(s.Why, "no car") && !strings.Contains(s.Why, "by hand") && !w.cpo.lateBegin {
		found = append(found, "the hold went back while the session ran: "+s.Why)
	}
	entries, err := w.disk.StreamEntries("charging/"+sessionRef, 0)
	if err != nil {
		return append(found, err.Error())
	}
	var fold charging.Session
	for _, e := range entries {
		event, err := charging.DecodeEvent(e.Kind, e.Payload)
		if err != nil {
			return append(found, err.Error())
		}
		fold = fold.Apply(e.At, event)
	}
	kept, _ := json.Marshal(fold)
	state, _ := json.Marshal(s)
	if !reflect.DeepEqual(kept, state) {
		found = append(found, "the state is not the fold of its facts:\n"+string(kept)+"\n"+string(state))
	}
	return found
}

func history(seed uint64, fault string) *world {
	p := planOf(seed)
	p.fault = fault
	w := newWorld(p)
	if w.finish(); len(w.broken) > 0 && fault == "" {
		w = newWorld(p) // once more, with its story
		w.loud = true
		w.finish()
	}
	return w
}

func (w *world) finish() {
	w.run()
	w.settleDebts()
	if len(w.broken) == 0 {
		w.broken = w.check()
	}
}

// TestHistories runs the production machines through random histories. CHARGING_HISTORIES says how many.
func TestHistories(t *testing.T) {
	count := uint64(300) // with the race detector; make test runs more without it
	if n, err := strconv.ParseUint(os.Getenv("CHARGING_HISTORIES"), 10, 64); err == nil {
		count = n
	}
	var seed, crashes, captured, states atomic.Uint64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := seed.Add(1); n <= count && !t.Failed(); n = seed.Add(1) {
				w := history(n, "")
				if len(w.broken) > 0 {
					t.Errorf("seed %d: %s\n%+v\n%s", n, strings.Join(w.broken, "\n"), w.plan, strings.Join(w.trace, "\n"))
					return
				}
				crashes.Add(uint64(w.crash))
				states.Add(uint64(w.steps))
				if w.bank.captured > 0 {
					captured.Add(1)
				}
			}
		})
	}
	wg.Wait()
	fmt.Printf("charging histories=%d crashes=%d captured=%d steps=%d broken=0\n", count, crashes.Load(), captured.Load(), states.Load())
}

// TestHistoriesFindPlantedFaults proves that the checks see what they are for.
func TestHistoriesFindPlantedFaults(t *testing.T) {
	for _, fault := range []string{
		"time-out is a refusal", "a price too high", "a hold forgotten", "a confirmation lost", "a refund not made", "start after restart",
	} {
		t.Run(fault, func(t *testing.T) {
			for seed := uint64(1); seed < 4000; seed++ {
				if w := history(seed, fault); len(w.broken) > 0 {
					t.Logf("seed %d: %s", seed, w.broken[0])
					return
				}
			}
			t.Error("it was not found")
		})
	}
}
