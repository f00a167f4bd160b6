package kassa_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kassa"
)

// account is the cardholder's side of the story: what the host posted for each request, and what
// was taken back. It shares nothing with the language but the effects that reach it.
type account struct {
	posted   map[int]int64 // by request: amount
	reversed map[int]bool
	asked    map[int]int // how often a request left
	refunded int64
}

func (a *account) net() (charges int, sum int64) {
	for request, amount := range a.posted {
		if !a.reversed[request] {
			charges++
			sum += amount
		}
	}
	return charges, sum - a.refunded
}

// walk is a random history of one order with a host that may approve behind Kassa's back.
type walk struct {
	player
	account
	inFlight []kassa.SendAuthorisation
	owed     []kassa.SendReversal
	refunds  []kassa.SendRefund
	requests int
}

func (w *walk) step(t *rapid.T, in kassa.Input) {
	before := w.order
	next, events, effects, refused := w.order.Step(w.now, in)
	if before.Status.Final() && (next.Status != before.Status || next.End != before.End) {
		t.Fatalf("%T moved a final order from %s to %s", in, before.Status, next.Status)
	}
	if refused != kassa.None {
		return
	}
	w.order = next
	for _, e := range events {
		w.times, w.facts = append(w.times, w.now), append(w.facts, e)
	}
	if _, all := in.(kassa.Restarted); all {
		w.owed, w.refunds = nil, nil
	}
	for _, e := range effects {
		switch e := e.(type) {
		case kassa.SendAuthorisation:
			w.asked[e.Auth.Request]++
			w.inFlight = append(w.inFlight, e)
		case kassa.SendReversal:
			w.owed = append(w.owed, e)
		case kassa.SendRefund:
			w.refunds = append(w.refunds, e)
		}
	}
	w.check(t)
}

func (w *walk) check(t *rapid.T) {
	for request, n := range w.asked {
		if n > 1 {
			t.Fatalf("request %d left %d times", request, n)
		}
	}
	charges := 0
	for request := range w.posted {
		_, auth := w.order.Authorisation(request)
		if !w.reversed[request] && (auth == nil || !auth.Reversal.Owed()) && auth.State != kassa.HostOpen {
			charges++
		}
	}
	if charges > 1 {
		t.Fatalf("%d charges stand", charges)
	}
	if refunded := w.order.AmountRefunded(); refunded > w.order.Amount.Minor {
		t.Fatalf("refunded %d of %d", refunded, w.order.Amount.Minor)
	}
}

// arrive lets the host take one request, and perhaps answer it.
func (w *walk) arrive(t *rapid.T) {
	if len(w.inFlight) == 0 {
		return
	}
	e := w.inFlight[0]
	w.inFlight = w.inFlight[1:]
	rc := rapid.SampledFrom([]string{"00", "00", "05", "51", "55", "70", "75", "1A"}).Draw(t, "rc")
	in := w.input(t, []string{"0210", fmt.Sprint(e.Auth.Request), rc})
	if rc == "00" && !w.reversed[e.Auth.Request] {
		w.posted[e.Auth.Request] = e.Auth.Amount.Minor
	}
	switch rapid.IntRange(0, 3).Draw(t, "fate") {
	case 0: // the answer is lost
		w.step(t, kassa.HostOutcomeUnknown{Request: e.Auth.Request, Reason: kassa.ReversalTimeout})
		if rapid.Bool().Draw(t, "late") {
			w.step(t, in)
		}
	case 1: // the process dies first
		w.step(t, kassa.Restarted{})
	case 2: // the answer comes twice
		w.step(t, in)
		w.step(t, in)
	default:
		w.step(t, in)
	}
}

func (w *walk) reverse(t *rapid.T) {
	if len(w.owed) == 0 {
		return
	}
	e := w.owed[0]
	w.owed = w.owed[1:]
	w.reversed[e.Auth.Request] = true
	w.step(t, kassa.ReversalAnswered{Request: e.Auth.Request, ResponseCode: "00"})
}

func (w *walk) payBack(t *rapid.T) {
	if len(w.refunds) == 0 {
		return
	}
	e := w.refunds[0]
	w.refunds = w.refunds[1:]
	in := kassa.RefundAnswered{Number: e.Refund.Number, ResponseCode: "00"}
	if rapid.Bool().Draw(t, "refused") {
		in.Reason, in.ResponseCode = kassa.DeclinedCard, "57"
	} else {
		w.refunded += e.Refund.Amount.Minor
	}
	w.step(t, in)
}

// TestMoney walks random histories: whatever happens in whatever order, at the end exactly one
// charge stands if and only if the order is completed, and the facts alone rebuild the order.
func TestMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := walk{
			player:  player{now: time.Unix(1_795_262_400, 0).UTC(), number: 1_795_262_400_000_000},
			account: account{posted: map[int]int64{}, reversed: map[int]bool{}, asked: map[int]int{}},
		}
		w.step(t, kassa.Create{POIFree: rapid.Bool().Draw(t, "free"), Order: kassa.NewOrder{
			Number: w.next(), Dialect: "d", Scope: "s", Ref: "r", TID: "T", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR},
		}})
		card := func(kind string) func(*rapid.T) {
			return func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "new") > 0 {
					w.requests++
				}
				w.step(t, w.input(t, []string{kind, fmt.Sprint(max(1, w.requests))}))
			}
		}
		word := func(words ...string) func(*rapid.T) {
			return func(t *rapid.T) { w.step(t, w.input(t, words)) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"tap": card("tap"), "insert": card("insert"), "replay": card("replay"),
			"screen": word("screen", "presentCard"), "freed": word("freed"), "stop": word("stop"),
			"cancel": word("cancel"), "restart": word("restart"), "20s": word("wait", "20s"), "60s": word("wait", "60s"),
			"host": w.arrive, "reverse": w.reverse, "payback": w.payBack,
			"refund": func(t *rapid.T) {
				w.now = w.now.Add(6 * time.Minute)
				amount := rapid.Int64Range(0, 1300).Draw(t, "amount")
				w.step(t, kassa.AskRefund{Number: w.next(), Amount: amount, Currency: kassa.EUR})
			},
			"chip": func(t *rapid.T) {
				outcome := rapid.SampledFrom([]kassa.CardOutcome{kassa.CardSaidYes, kassa.CardSaidNo, kassa.CardGone}).Draw(t, "outcome")
				w.step(t, kassa.CardCompleted{Request: max(1, w.requests), Outcome: outcome})
			},
		})
		w.finish(t)
	})
}

// finish lets everything heal: deadlines pass, what is owed is paid. Then the sums must agree.
func (w *walk) finish(t *rapid.T) {
	for range 400 {
		w.now = w.now.Add(10 * time.Minute)
		w.step(t, kassa.Tick{})
		w.reverse(t)
		w.payBack(t)
		if !w.order.Open() {
			break
		}
	}
	if w.order.Open() {
		t.Fatalf("the order is still open: %s, owed %v", w.order.Status, w.order.Owed())
	}
	charges, sum := w.net()
	want := int64(0)
	if w.order.Status == kassa.Completed {
		want = 1250 - w.order.AmountRefunded()
	}
	if sum != want || (charges == 1) != (w.order.Status == kassa.Completed) {
		t.Fatalf("the account has %d charges, %d in all; the order is %s and wants %d", charges, sum, w.order.Status, want)
	}
	if diff := cmp.Diff(w.order, kassa.Fold(w.times, w.facts)); diff != "" {
		t.Fatalf("the fold of the facts is another order:\n%s", diff)
	}
}
