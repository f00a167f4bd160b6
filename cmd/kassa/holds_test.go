package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/virtual/host"
)

// control asks the acquirer's host for something else than money, as an operator of it does.
func (p *moneySide) control(method, path, body string) []byte {
	p.t.Helper()
	answer := httptest.NewRecorder()
	p.host.Control().ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
	if answer.Code != 200 {
		p.t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

// holdOf is what the host's own books have of an order's hold.
func (p *moneySide) holdOf(o kassa.Order) host.HoldLine {
	p.t.Helper()
	var holds []host.HoldLine
	if err := json.Unmarshal(p.control("GET", "/holds", ""), &holds); err != nil {
		p.t.Fatal(err)
	}
	for _, h := range holds {
		if h.Lifecycle == o.ID() {
			return h
		}
	}
	p.t.Fatalf("the host has no hold of %s", o.ID())
	return host.HoldLine{}
}

// settle holds 50.00 and settles it.
func (p *moneySide) settle(ref string, price int64, terms kassa.HoldTerms) kassa.Order {
	p.t.Helper()
	p.orders.Amount.Minor, p.orders.Terms = 5000, terms
	o := p.pay(ref, "visa:000", "123")
	if o.Status != kassa.Completed || o.HoldLeft() != 5000 {
		p.t.Fatalf("%s: %s %s, %d held", ref, o.Status, o.End, o.HoldLeft())
	}
	_, reason, err := p.c.engine.Settle(p.t.Context(), "test", "100", ref, kassa.Money{Minor: price, Currency: kassa.EUR})
	if err != nil || reason != kassa.None {
		p.t.Fatalf("%s: %s %v", ref, reason, err)
	}
	return o
}

// come is what a hold came to: in the order, and in the books of the host.
type come struct {
	held, captured, short, released             int64
	atHost, takenAtHost, backAtHost, leftAtHost int64
	refused                                     string
	state                                       string
}

func (p *moneySide) came(o kassa.Order, account int64) come {
	p.t.Helper()
	s, h := o.Settlement(), p.holdOf(o)
	return come{
		held: o.HeldAmount().Minor, captured: s.Captured, short: s.Short, released: s.Released,
		atHost: h.Held, takenAtHost: h.Captured, backAtHost: h.Released, leftAtHost: account, refused: fmt.Sprint(h.Refused), state: h.State,
	}
}

// stillHeld is what the issuer holds of the card that all these orders use.
func (p *moneySide) stillHeld() int64 {
	p.t.Helper()
	var state host.State
	if err := json.Unmarshal(p.control("GET", "/state", ""), &state); err != nil {
		p.t.Fatal(err)
	}
	for _, a := range state.Accounts {
		if a.Account == "visa:000" {
			return a.Held["EUR"]
		}
	}
	return 0
}

// TestGoldenHolds are the golden cases of unattended payments (specification 3.3) over the engine, SQLite, ISO 8583 and
// TCP: what the order says, and what the issuer's books say, to the cent.
func TestGoldenHolds(t *testing.T) {
	p := newMoneySide(t)
	over := kassa.HoldTerms{OverCommit: true}
	for _, g := range []struct {
		name, rules string
		faults      []string
		price       int64
		terms       kassa.HoldTerms
		want        come
	}{
		{"G1", `{}`, nil, 4237, kassa.HoldTerms{}, come{5000, 4237, 0, 763, 5000, 4237, 763, 0, "[]", "released"}},
		{"G1 over", `{}`, nil, 4237, over, come{5000, 4237, 0, 763, 5000, 4237, 763, 0, "[]", "released"}},
		{"G2", `{}`, nil, 5000, kassa.HoldTerms{}, come{5000, 5000, 0, 0, 5000, 5000, 0, 0, "[]", "captured"}},
		{"G3", `{"over_most":1000}`, nil, 6000, kassa.HoldTerms{}, come{5000, 5000, 1000, 0, 5000, 5000, 0, 0, "[6000]", "captured"}},
		{"G4", `{"over_most":1000}`, nil, 6000, over, come{5000, 6000, 0, 0, 5000, 6000, 0, 0, "[]", "captured"}},
		{"G5", `{}`, nil, 6000, over, come{5000, 5000, 1000, 0, 5000, 5000, 0, 0, "[6000]", "captured"}},
		{"G6", `{}`, nil, 6000, kassa.HoldTerms{Increments: 1}, come{6000, 6000, 0, 0, 6000, 6000, 0, 0, "[]", "captured"}},
		{"G6 declined", `{"no_increments":true}`, nil, 6000, kassa.HoldTerms{Increments: 1}, come{5000, 5000, 1000, 0, 5000, 5000, 0, 0, "[6000]", "captured"}},
		{"G7", `{}`, nil, 0, over, come{5000, 0, 0, 5000, 5000, 0, 5000, 0, "[]", "released"}},
		{"G9", `{"over_percent":10}`, nil, 6000, kassa.HoldTerms{OverCommit: true, Most: 5500}, come{5000, 5500, 500, 0, 5000, 5500, 0, 0, "[]", "captured"}},
		{"G10", `{}`, []string{`{"kind":"refuse-capture","code":"57","count":2}`}, 6000, over,
			come{5000, 0, 6000, 5000, 5000, 0, 5000, 0, "[6000 5000]", "released"}},
	} {
		p.control("DELETE", "/fault", "")
		p.control("POST", "/holds", g.rules)
		for _, f := range g.faults {
			p.control("POST", "/fault", f)
		}
		p.settle(g.name, g.price, g.terms)
		o := p.until(g.name, func(o kassa.Order) bool { return !o.Open() })
		if diff := cmp.Diff(g.want, p.came(o, p.stillHeld()), cmp.AllowUnexported(come{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", g.name, diff)
		}
	}
}

// TestAGoldenHoldTimesOut is G8: 60.00 is sent and its answers are lost. What is held is not captured instead before the
// host has said what became of 60.00.
func TestAGoldenHoldTimesOut(t *testing.T) {
	t.Parallel()
	p := newMoneySide(t)
	over := kassa.HoldTerms{OverCommit: true}
	for _, g := range []struct {
		name, rules string
		done        func(host.HoldLine) bool
		want        come
	}{
		{"taken", `{"over_most":1000}`, func(h host.HoldLine) bool { return h.Captured == 6000 },
			come{5000, 6000, 0, 0, 5000, 6000, 0, 0, "[]", "captured"}},
		{"refused", `{}`, func(h host.HoldLine) bool { return len(h.Refused) == 1 },
			come{5000, 5000, 1000, 0, 5000, 5000, 0, 0, "[6000]", "captured"}},
	} {
		p.control("POST", "/holds", g.rules)
		p.orders.Amount.Minor, p.orders.Terms = 5000, over
		p.pay(g.name, "visa:000", "123")
		p.control("POST", "/fault", `{"kind":"drop-next-answer","count":1000}`)
		if _, reason, err := p.c.engine.Settle(t.Context(), "test", "100", g.name, kassa.Money{Minor: 6000, Currency: kassa.EUR}); err != nil || reason != kassa.None {
			t.Fatalf("%s %v", reason, err)
		}
		o := p.until(g.name, func(o kassa.Order) bool { return len(o.Captures) > 0 })
		deadline, again := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
		for !g.done(p.holdOf(o)) {
			select {
			case <-again.C:
			case <-deadline:
				t.Fatalf("%s: the host has %+v", g.name, p.holdOf(o))
			}
		}
		again.Stop()
		o = p.until(g.name, func(kassa.Order) bool { return true })
		if s := o.Settlement(); s.Done || s.Step != kassa.SettlementCommit || len(o.Captures) != 1 || o.AmountCaptured() != 0 {
			t.Errorf("%s: it went on without an answer: %+v, %+v", g.name, s, o.Captures)
		}
		if _, reason, err := p.c.engine.Release(t.Context(), "test", "100", g.name); err != nil || reason != kassa.NoHold {
			t.Errorf("%s: a release in between: %s %v", g.name, reason, err)
		}
		p.control("DELETE", "/fault", "")
		o = p.until(g.name, func(o kassa.Order) bool { return !o.Open() })
		if diff := cmp.Diff(g.want, p.came(o, p.stillHeld()), cmp.AllowUnexported(come{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", g.name, diff)
		}
	}
}

// TestAHoldGrows: a partial approval is kept, increments raise it, and what is left of it all goes back.
func TestAHoldGrows(t *testing.T) {
	p := newMoneySide(t)
	p.orders.Amount.Minor, p.orders.Terms = 5000, kassa.HoldTerms{Minimum: 2000, Increments: 2}
	if o := p.pay("a", "visa:010", "123"); o.Status != kassa.Completed || o.HoldLeft() != 3000 {
		t.Fatalf("%s %s, %d is held", o.Status, o.End, o.HoldLeft())
	}
	if _, reason, err := p.c.engine.Increment(t.Context(), "test", "100", "a", kassa.Money{Minor: 1000, Currency: kassa.EUR}); err != nil || reason != kassa.None {
		t.Fatalf("%s %v", reason, err)
	}
	p.until("a", func(o kassa.Order) bool { return o.HoldLeft() == 3600 }) // this card is good for three fifths of everything
	p.control("POST", "/fault", `{"kind":"refuse-increment","code":"51"}`)
	if _, reason, err := p.c.engine.Increment(t.Context(), "test", "100", "a", kassa.Money{Minor: 500, Currency: kassa.EUR}); err != nil || reason != kassa.None {
		t.Fatalf("%s %v", reason, err)
	}
	o := p.until("a", func(o kassa.Order) bool {
		return len(o.Hold.Increments) == 2 && o.Hold.Increments[1].Status == kassa.IncrementDeclined
	})
	if o.HoldLeft() != 3600 || o.Hold.Increments[1].Reason != kassa.DeclinedFunds {
		t.Errorf("%d is held, %+v", o.HoldLeft(), o.Hold.Increments[1])
	}
	if _, reason, err := p.c.engine.Settle(t.Context(), "test", "100", "a", kassa.Money{Minor: 3210, Currency: kassa.EUR}); err != nil || reason != kassa.None {
		t.Fatalf("%s %v", reason, err)
	}
	o = p.until("a", func(o kassa.Order) bool { return !o.Open() })
	want := host.HoldLine{
		Lifecycle: o.ID(), TID: o.TID, STAN: o.Paid().STAN, RRN: o.Paid().RRN, Last4: o.Paid().Card.Last4, Currency: "EUR",
		Asked: 5000, Held: 3600, Increments: []int64{600}, Captured: 3210, Released: 390, Refused: []int64{}, State: "released",
	}
	if diff := cmp.Diff(want, p.holdOf(o)); diff != "" {
		t.Errorf("the host's books (-want +got):\n%s", diff)
	}
	if s := o.Settlement(); s.Captured != 3210 || s.Released != 390 || s.Short != 0 {
		t.Errorf("%+v", s)
	}
}
