package kassa_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kassa"
)

// rail is an acquirer as a test's words describe it, with books of its own. It shares nothing with the language but
// the effects that reach it.
type rail struct {
	accepts   func(amount, held int64, over bool) bool
	increases func(by int64) (approved int64)
	silent    bool // it does what is asked and nobody hears of it

	held, captured, released int64
	captures                 map[int64]bool // what became of each request, by number
	increments               map[int64]int64
	log                      []string
}

func newRail(held int64) *rail {
	return &rail{
		held: held, captures: map[int64]bool{}, increments: map[int64]int64{},
		accepts:   func(amount, held int64, _ bool) bool { return amount <= held },
		increases: func(int64) int64 { return 0 },
	}
}

// take lets the rail do what an effect asks, once, and gives its answer.
func (r *rail) take(t reporter, e kassa.Effect) kassa.Input {
	switch e := e.(type) {
	case kassa.SendCapture:
		n := e.Capture.Number
		if _, known := r.captures[n]; !known {
			left := r.held - r.captured - r.released
			r.captures[n] = r.accepts(e.Capture.Amount.Minor, left, e.Capture.Over)
			r.log = append(r.log, fmt.Sprintf("0220 %d over=%t %t", e.Capture.Amount.Minor, e.Capture.Over, r.captures[n]))
			if r.captures[n] {
				r.captured += e.Capture.Amount.Minor
			}
		}
		if r.captures[n] {
			return kassa.CaptureAnswered{Number: n, ResponseCode: "00"}
		}
		return kassa.CaptureAnswered{Number: n, ResponseCode: "13", Reason: kassa.Configuration}
	case kassa.SendIncrement:
		n := e.Increment.Number
		if _, known := r.increments[n]; !known {
			r.increments[n] = r.increases(e.Increment.Amount.Minor)
			r.held += r.increments[n]
			r.log = append(r.log, fmt.Sprintf("0100 +%d %d", e.Increment.Amount.Minor, r.increments[n]))
		}
		if r.increments[n] > 0 {
			return kassa.IncrementAnswered{Number: n, ResponseCode: "00", AuthCode: "1", Approved: r.increments[n]}
		}
		return kassa.IncrementAnswered{Number: n, ResponseCode: "51", Reason: kassa.DeclinedFunds}
	case kassa.SendRelease:
		if r.released == 0 {
			r.released = e.Release.Amount.Minor
			r.log = append(r.log, fmt.Sprintf("0420 %d", r.released))
		}
		return kassa.ReleaseAnswered{ResponseCode: "00"}
	}
	t.Fatalf("a rail takes no %T", e)
	return nil
}

// charge is an order that holds money on a rail.
type charge struct {
	player
	rail *rail
}

// held gives an order of 50.00 that the issuer holds, or a part of it.
func held(t reporter, terms kassa.HoldTerms, approved int64) *charge {
	c := &charge{player: player{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), number: 1_795_262_400_000_000}}
	n := c.newOrder(t, "50")
	n.Capture, n.Terms, n.HoldFor = kassa.CaptureLater, terms, 100*time.Hour
	c.give(t, kassa.Create{Order: n, POIFree: true})
	c.give(t, kassa.ScreenShown{Screen: "presentCard", NextAttempt: c.next()})
	c.give(t, c.input(t, []string{"tap", "1"}))
	c.give(t, kassa.HostAnswered{
		Request: 1, ResponseCode: "00", AuthCode: "705151", Approved: kassa.Money{Minor: approved, Currency: kassa.EUR}, NextAttempt: c.next(),
	})
	c.rail = newRail(approved)
	return c
}

func (c *charge) numbers() kassa.Numbers {
	c.stan++
	return kassa.Numbers{Number: c.next(), STAN: fmt.Sprintf("%06d", c.stan), RRN: "R"}
}

// give applies an input, and gives why it was refused.
func (c *charge) give(t reporter, in kassa.Input) kassa.Reason {
	t.Helper()
	switch i := in.(type) {
	case kassa.CaptureAnswered:
		i.Next = c.numbers()
		in = i
	case kassa.IncrementAnswered:
		i.Next = c.numbers()
		in = i
	}
	next, events, _, refused := c.order.Step(c.now, in)
	if refused != kassa.None && (len(events) > 0 || !cmp.Equal(next, c.order)) {
		t.Fatalf("%T: a refusal changed something", in)
	}
	c.order = next
	for _, e := range events {
		c.times, c.facts = append(c.times, c.now), append(c.facts, e)
	}
	return refused
}

// run lets the rail do all that the order owes. With a silent rail nothing is heard.
func (c *charge) run(t reporter) {
	t.Helper()
	for range 20 {
		owed := c.order.Owed()
		if len(owed) == 0 {
			return
		}
		answer := c.rail.take(t, owed[0])
		if c.rail.silent {
			return
		}
		c.give(t, answer)
	}
	t.Fatalf("it goes on without end: %v", c.rail.log)
}

func never(int64, int64, bool) bool { return false }

func flagged(limit int64) func(int64, int64, bool) bool {
	return func(amount, held int64, over bool) bool { return amount <= held || over && amount <= limit }
}

// TestGoldenSettlements are G1 to G10 of the specification of unattended payments, section 3.3: EUR, 50.00 held.
func TestGoldenSettlements(t *testing.T) {
	type outcome struct{ Captured, Short, Released int64 }
	over := kassa.HoldTerms{OverCommit: true}
	for _, g := range []struct {
		name   string
		price  int64
		terms  []kassa.HoldTerms
		rail   func(*rail)
		want   outcome
		held   int64
		reason kassa.Reason
		log    []string
	}{
		{"G1", 4237, []kassa.HoldTerms{{}, over}, nil, outcome{4237, 0, 763}, 5000, kassa.None,
			[]string{"0220 4237 over=false true", "0420 763"}},
		{"G2", 5000, []kassa.HoldTerms{{}, over}, nil, outcome{5000, 0, 0}, 5000, kassa.None,
			[]string{"0220 5000 over=false true"}},
		{"G3", 6000, []kassa.HoldTerms{{}}, nil, outcome{5000, 1000, 0}, 5000, kassa.Configuration,
			[]string{"0220 6000 over=false false", "0220 5000 over=false true"}},
		{"G4", 6000, []kassa.HoldTerms{over}, func(r *rail) { r.accepts = flagged(6000) }, outcome{6000, 0, 0}, 5000, kassa.None,
			[]string{"0220 6000 over=true true"}},
		{"G5", 6000, []kassa.HoldTerms{over}, nil, outcome{5000, 1000, 0}, 5000, kassa.Configuration,
			[]string{"0220 6000 over=true false", "0220 5000 over=false true"}},
		{"G6", 6000, []kassa.HoldTerms{{Increments: 1}}, func(r *rail) { r.increases = func(by int64) int64 { return by } },
			outcome{6000, 0, 0}, 6000, kassa.None, []string{"0100 +1000 1000", "0220 6000 over=false true"}},
		{"G7", 0, []kassa.HoldTerms{{}, over}, nil, outcome{0, 0, 5000}, 5000, kassa.None, []string{"0420 5000"}},
		{"G9", 6000, []kassa.HoldTerms{{OverCommit: true, Most: 5500}}, func(r *rail) { r.accepts = flagged(5500) },
			outcome{5500, 500, 0}, 5000, kassa.CaptureTooHigh, []string{"0220 5500 over=true true"}},
		{"G10", 6000, []kassa.HoldTerms{{}}, func(r *rail) { r.accepts = never }, outcome{0, 6000, 5000}, 5000, kassa.Configuration,
			[]string{"0220 6000 over=false false", "0220 5000 over=false false", "0420 5000"}},
		{"G10", 6000, []kassa.HoldTerms{over}, func(r *rail) { r.accepts = never }, outcome{0, 6000, 5000}, 5000, kassa.Configuration,
			[]string{"0220 6000 over=true false", "0220 5000 over=false false", "0420 5000"}},
	} {
		for _, terms := range g.terms {
			t.Run(fmt.Sprintf("%s/over=%t", g.name, terms.OverCommit), func(t *testing.T) {
				c := held(t, terms, 5000)
				if g.rail != nil {
					g.rail(c.rail)
				}
				if r := c.give(t, kassa.Settle{Price: g.price, Currency: kassa.EUR, Next: c.numbers()}); r != kassa.None {
					t.Fatal(r)
				}
				c.run(t)
				s := c.order.Settlement()
				if got := (outcome{s.Captured, s.Short, s.Released}); got != g.want || !s.Done || s.Reason != g.reason {
					t.Errorf("%+v, want %+v and %s", s, g.want, g.reason)
				}
				if diff := cmp.Diff(c.rail.log, g.log); diff != "" {
					t.Errorf("on the wire:\n%s", diff)
				}
				if c.rail.captured != s.Captured || c.rail.released != s.Released || c.order.HeldAmount().Minor != g.held {
					t.Errorf("the rail has %d captured and %d released; %d held", c.rail.captured, c.rail.released, c.order.HeldAmount().Minor)
				}
				if c.order.Open() || c.order.HoldLeft() != 0 || c.order.AmountPaid() != s.Captured {
					t.Errorf("it is still open, or has another idea of what is paid: %d", c.order.AmountPaid())
				}
				if diff := cmp.Diff(c.order, fold(t, c.times, c.facts)); diff != "" {
					t.Errorf("the fold of the facts is another order:\n%s", diff)
				}
			})
		}
	}
}

// TestSettlementWaitsForADefiniteAnswer is G8: 60.00 above 50.00 times out. It stays, with the same identity and over
// restarts, and 50.00 is not sent before 60.00 is known to be dead.
func TestSettlementWaitsForADefiniteAnswer(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		c := held(t, kassa.HoldTerms{OverCommit: true}, 5000)
		c.rail.silent = true
		if accepted {
			c.rail.accepts = flagged(6000)
		}
		c.give(t, kassa.Settle{Price: 6000, Currency: kassa.EUR, Next: c.numbers()})
		first := c.order.Owed()
		for range 5 {
			c.run(t)
			c.now = c.now.Add(72 * time.Hour) // the hold itself runs out
			c.give(t, kassa.Tick{})
			c.give(t, kassa.Restarted{})
		}
		if diff := cmp.Diff(first, c.order.Owed()); diff != "" || len(first) != 1 || c.order.Settlement().Done {
			t.Fatalf("what is owed has changed:\n%s", diff)
		}
		if s := c.order.Settlement(); s.Step != kassa.SettlementCommit || c.order.AmountCaptured() != 0 {
			t.Fatalf("it went on without an answer: %+v", s)
		}
		if r := c.give(t, kassa.ReleaseHold{}); r != kassa.NoHold {
			t.Fatalf("a release in between: %s", r)
		}
		c.rail.silent = false
		c.run(t)
		s := c.order.Settlement()
		if want := map[bool]int64{true: 6000, false: 5000}[accepted]; s.Captured != want || c.rail.captured != want || !s.Done {
			t.Errorf("accepted=%t: %+v, the rail took %d", accepted, s, c.rail.captured)
		}
	}
}

// TestPartialApproval: as much as the terms ask for is kept, and less is reversed as a decline.
func TestPartialApproval(t *testing.T) {
	for _, c := range []struct {
		minimum, approved int64
		kept              bool
	}{{0, 3000, false}, {2000, 3000, true}, {3000, 3000, true}, {3001, 3000, false}, {1, 5001, false}, {1, 0, false}, {1, 5000, true}} {
		got := held(t, kassa.HoldTerms{Minimum: c.minimum}, c.approved)
		if kept := got.order.Status == kassa.Completed; kept != c.kept {
			t.Errorf("%+v: %s", c, got.order.Status)
		}
		if c.kept {
			got.give(t, kassa.Settle{Price: 2500, Currency: kassa.EUR, Next: got.numbers()})
			got.run(t)
			if s := got.order.Settlement(); s.Captured != 2500 || s.Released != c.approved-2500 {
				t.Errorf("%+v: %+v", c, s)
			}
			continue
		}
		if got.order.End != kassa.PartialNotAllowed || len(got.order.Owed()) != 1 || got.order.Hold != nil {
			t.Errorf("%+v: %s, owes %v", c, got.order.End, got.order.Owed())
		}
	}
}

// TestSettlementIsAskedForOnce: the same price is a repeat, and nothing else is taken beside it.
func TestSettlementIsAskedForOnce(t *testing.T) {
	c := held(t, kassa.HoldTerms{Increments: 3}, 5000)
	ask := func(price int64, currency kassa.Currency) kassa.Reason {
		return c.give(t, kassa.Settle{Price: price, Currency: currency, Next: c.numbers()})
	}
	if r := ask(1000, "USD"); r != kassa.CurrencyInvalid {
		t.Errorf("another currency: %s", r)
	}
	if r := ask(-1, kassa.EUR); r != kassa.AmountInvalid {
		t.Errorf("less than nothing: %s", r)
	}
	if r := ask(1000, kassa.EUR); r != kassa.None {
		t.Fatal(r)
	}
	facts := len(c.facts)
	for range 2 {
		if r := ask(1000, kassa.EUR); r != kassa.None || len(c.facts) != facts {
			t.Errorf("the same again: %s, %d facts", r, len(c.facts)-facts)
		}
		if r := ask(1001, kassa.EUR); r != kassa.CaptureRepeated {
			t.Errorf("another price: %s", r)
		}
		if r := c.give(t, kassa.AskCapture{Number: c.next(), Amount: 100, Currency: kassa.EUR}); r != kassa.NoHold {
			t.Errorf("a capture beside it: %s", r)
		}
		if r := c.give(t, kassa.AskIncrement{Number: c.next(), Amount: 100, Currency: kassa.EUR}); r != kassa.NoHold {
			t.Errorf("an increment beside it: %s", r)
		}
		c.run(t)
		facts = len(c.facts)
	}
	if r := c.give(t, kassa.AskRefund{Number: c.next(), Amount: 1001, Currency: kassa.EUR}); r != kassa.RefundTooHigh {
		t.Errorf("more back than was taken: %s", r)
	}
}

// TestSettlements walks random histories of holds: lost answers, restarts and inputs in any order never take more
// than the price, never anything beside a release of all, and always end where the rail's own books are.
func TestSettlements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := kassa.HoldTerms{
			OverCommit: rapid.Bool().Draw(t, "over"), Increments: rapid.IntRange(0, 2).Draw(t, "increments"), Minimum: 1,
			Most: rapid.SampledFrom([]int64{0, 5500, 8000}).Draw(t, "most"), MinCapture: rapid.SampledFrom([]int64{0, 50}).Draw(t, "least"),
			Extend: rapid.Bool().Draw(t, "extend"),
		}
		c := held(t, terms, rapid.Int64Range(1, 5000).Draw(t, "approved"))
		limit := rapid.SampledFrom([]int64{0, 5500, 9000}).Draw(t, "limit")
		c.rail.accepts = func(amount, held int64, over bool) bool {
			return rapid.IntRange(0, 5).Draw(t, "mood") > 0 && (amount <= held || over && amount <= limit)
		}
		c.rail.increases = func(by int64) int64 { return rapid.SampledFrom([]int64{0, by, max(1, by/2)}).Draw(t, "increase") }
		price := int64(-1)
		t.Repeat(map[string]func(*rapid.T){
			"host": func(t *rapid.T) {
				owed := c.order.Owed()
				if len(owed) == 0 {
					return
				}
				answer := c.rail.take(t, owed[rapid.IntRange(0, len(owed)-1).Draw(t, "which")])
				for range rapid.IntRange(0, 2).Draw(t, "heard") {
					c.give(t, answer)
				}
			},
			"settle": func(t *rapid.T) {
				p := rapid.SampledFrom([]int64{0, 49, 4237, 5000, 6000, 12000}).Draw(t, "price")
				if c.give(t, kassa.Settle{Price: p, Currency: kassa.EUR, Next: c.numbers()}) == kassa.None && price < 0 {
					price = p
				}
			},
			"increment": func(t *rapid.T) {
				n := c.numbers()
				c.give(t, kassa.AskIncrement{Number: n.Number, STAN: n.STAN, RRN: "R", Amount: rapid.Int64Range(1, 2000).Draw(t, "by"), Currency: kassa.EUR})
			},
			"release": func(t *rapid.T) { c.give(t, kassa.ReleaseHold{}) },
			"restart": func(t *rapid.T) { c.give(t, kassa.Restarted{}) },
			"later":   func(t *rapid.T) { c.now = c.now.Add(40 * time.Hour); c.give(t, kassa.Tick{}) },
			"":        func(t *rapid.T) { c.check(t, price) },
		})
		for range 10 {
			c.run(t)
			c.now = c.now.Add(200 * time.Hour)
			c.give(t, kassa.Tick{})
		}
		c.ends(t, price)
	})
}

func (c *charge) check(t *rapid.T, price int64) {
	r := c.rail
	switch {
	case r.captured > max(price, 0):
		t.Fatalf("%d taken of a price of %d: %v", r.captured, price, r.log)
	case !c.order.Terms.OverCommit && r.captured > r.held:
		t.Fatalf("%d taken of %d held: %v", r.captured, r.held, r.log)
	case r.captured+r.released > max(r.held, r.captured):
		t.Fatalf("%d taken and %d released of %d: %v", r.captured, r.released, r.held, r.log)
	}
	taken := 0
	for _, ok := range r.captures {
		if ok {
			taken++
		}
	}
	if taken > 1 {
		t.Fatalf("%d captures stand: %v", taken, r.log)
	}
}

// ends compares the order with the rail's books once nothing is owed any more.
func (c *charge) ends(t *rapid.T, price int64) {
	if c.order.Open() {
		t.Fatalf("the hold is still open: %v", c.rail.log)
	}
	c.check(t, price)
	r := c.rail
	if got := c.order.HeldAmount().Minor; got != r.held || c.order.AmountCaptured() != r.captured {
		t.Fatalf("%d held and %d captured, the rail has %d and %d: %v", got, c.order.AmountCaptured(), r.held, r.captured, r.log)
	}
	if r.released != max(0, r.held-r.captured) {
		t.Fatalf("%d released of %d with %d captured: %v", r.released, r.held, r.captured, r.log)
	}
	if s := c.order.Settlement(); s != nil && (s.Captured != r.captured || s.Captured+s.Short != price || s.Released != r.released || !s.Done) {
		t.Fatalf("%+v, the rail has %d and %d: %v", s, r.captured, r.released, r.log)
	}
	if diff := cmp.Diff(c.order, kassa.Fold(c.times, c.facts)); diff != "" {
		t.Fatalf("the fold of the facts is another order:\n%s", diff)
	}
}
