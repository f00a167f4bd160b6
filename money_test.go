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

	holds    bool            // what is posted is only held until it is captured
	captured map[int64]int64 // by number: amount
	released int64
	paidBack map[int64]int64 // refunds that stand, by number
}

func newAccount() account {
	return account{
		posted: map[int]int64{}, reversed: map[int]bool{}, asked: map[int]int{}, captured: map[int64]int64{}, paidBack: map[int64]int64{},
	}
}

// net is what the account has paid, and what is still held of it.
func (a *account) net() (charges int, sum, held int64) {
	for request, amount := range a.posted {
		if !a.reversed[request] {
			charges++
			sum += amount
		}
	}
	if a.holds {
		held, sum = sum-a.released, 0
		for _, amount := range a.captured {
			sum += amount
			held -= amount
		}
	}
	return charges, sum - a.refunded, held
}

// walk is a random history of one order with a host that may approve behind Kassa's back.
type walk struct {
	player
	account
	inFlight []kassa.SendAuthorisation
	owed     []kassa.SendReversal
	refunds  []kassa.SendRefund
	captures []kassa.SendCapture
	voids    []kassa.SendRefundVoid
	releases []kassa.SendRelease
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
		w.owed, w.refunds, w.captures, w.voids, w.releases = nil, nil, nil, nil, nil
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
		case kassa.SendCapture:
			w.captures = append(w.captures, e)
		case kassa.SendRefundVoid:
			w.voids = append(w.voids, e)
		case kassa.SendRelease:
			w.releases = append(w.releases, e)
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
	paid := w.order.Amount.Minor
	if w.holds {
		paid = 0
		for _, amount := range w.captured {
			paid += amount
		}
	}
	if refunded := w.order.AmountRefunded(); refunded > paid {
		t.Fatalf("refunded %d of %d", refunded, paid)
	}
	if w.refunded > paid {
		t.Fatalf("%d of %d went back", w.refunded, paid)
	}
	if _, _, held := w.net(); held < 0 {
		t.Fatalf("%d more than was held is gone", -held)
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
	if _, again := w.paidBack[e.Refund.Number]; again {
		w.step(t, in)
		return
	}
	switch rapid.IntRange(0, 3).Draw(t, "refund's fate") {
	case 0:
		in.Reason, in.ResponseCode = kassa.DeclinedCard, "57"
	case 1: // posted, and the process dies before it hears of it
		w.refunded += e.Refund.Amount.Minor
		w.paidBack[e.Refund.Number] = e.Refund.Amount.Minor
		w.step(t, kassa.Restarted{})
		return
	default:
		w.refunded += e.Refund.Amount.Minor
		w.paidBack[e.Refund.Number] = e.Refund.Amount.Minor
	}
	w.step(t, in)
}

// take lets the host take one capture, and perhaps answer it.
func (w *walk) take(t *rapid.T) {
	if len(w.captures) == 0 {
		return
	}
	e := w.captures[0]
	w.captures = w.captures[1:]
	in := kassa.CaptureAnswered{Number: e.Capture.Number, ResponseCode: "00"}
	fate := rapid.IntRange(0, 5).Draw(t, "capture's fate")
	if _, again := w.captured[in.Number]; fate == 0 && !again { // the host has another idea of the hold
		in.Reason, in.ResponseCode = kassa.Configuration, "12"
		w.step(t, in)
		return
	}
	w.captured[in.Number] = e.Capture.Amount.Minor
	if fate == 1 {
		w.step(t, kassa.Restarted{})
		return
	}
	w.step(t, in)
}

// giveBack lets the host take a release, of which there is at most one.
func (w *walk) giveBack(t *rapid.T) {
	if len(w.releases) == 0 {
		return
	}
	w.released = w.releases[0].Release.Amount.Minor
	w.releases = w.releases[1:]
	if rapid.IntRange(0, 3).Draw(t, "release's fate") == 0 {
		w.step(t, kassa.Restarted{})
		return
	}
	w.step(t, kassa.ReleaseAnswered{ResponseCode: "00"})
}

// takeBack lets the host take back a refund, or not.
func (w *walk) takeBack(t *rapid.T) {
	if len(w.voids) == 0 {
		return
	}
	r := w.voids[0].Refund
	w.voids = w.voids[1:]
	in := kassa.RefundVoidAnswered{Number: r.Number, ResponseCode: "00"}
	switch fate := rapid.IntRange(0, 3).Draw(t, "void's fate"); {
	case fate == 0 && w.paidBack[r.Number] != 0: // the host has not taken it back before
		in.Reason, in.ResponseCode = kassa.Configuration, "12"
	case fate == 1:
		w.refunded -= w.paidBack[r.Number]
		w.paidBack[r.Number] = 0
		w.step(t, kassa.Restarted{})
		return
	default:
		w.refunded -= w.paidBack[r.Number]
		w.paidBack[r.Number] = 0
	}
	w.step(t, in)
}

// TestMoney walks random histories: whatever happens in whatever order, at the end exactly one
// charge stands if and only if the order is completed, and the facts alone rebuild the order.
func TestMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := walk{
			player:  player{now: time.Unix(1_795_262_400, 0).UTC(), number: 1_795_262_400_000_000},
			account: newAccount(),
		}
		w.create(t)
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
			"take": w.take, "give back": w.giveBack, "take back": w.takeBack, "release": word("release"),
			"capture": func(t *rapid.T) {
				amount := rapid.Int64Range(0, 1300).Draw(t, "amount")
				w.step(t, kassa.AskCapture{Number: w.next(), Amount: amount, Currency: kassa.EUR})
			},
			"void": func(t *rapid.T) {
				if n := len(w.order.Refunds); n > 0 {
					w.step(t, kassa.CancelRefund{Number: w.order.Refunds[rapid.IntRange(0, n-1).Draw(t, "which")].Number})
				}
			},
			"refund": func(t *rapid.T) {
				w.now = w.now.Add(6 * time.Minute)
				amount := rapid.Int64Range(0, 1300).Draw(t, "amount")
				w.step(t, kassa.AskRefund{Number: w.next(), Amount: amount, Currency: kassa.EUR, Capture: w.some(t)})
			},
			"chip": func(t *rapid.T) {
				outcome := rapid.SampledFrom([]kassa.CardOutcome{kassa.CardSaidYes, kassa.CardSaidNo, kassa.CardGone}).Draw(t, "outcome")
				w.step(t, kassa.CardCompleted{Request: max(1, w.requests), Outcome: outcome})
			},
		})
		w.finish(t)
	})
}

// create makes an order of some kind: presented or typed in, taken at once or held.
func (w *walk) create(t *rapid.T) {
	n := kassa.NewOrder{
		Number: w.next(), Dialect: "d", Scope: "s", Ref: "r", TID: "T", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR},
	}
	if w.holds = rapid.Bool().Draw(t, "held"); w.holds {
		n.Capture, n.HoldFor = kassa.CaptureLater, 10*time.Minute
	}
	in := kassa.Create{POIFree: rapid.Bool().Draw(t, "free"), Order: n}
	if rapid.Bool().Draw(t, "typed in") {
		in.Order.Channel = kassa.Ecommerce
		in.Card = &kassa.EnteredCard{STAN: "000001", RRN: "R", NextAttempt: w.next()}
	}
	w.step(t, in)
	if rapid.Bool().Draw(t, "paid at once") {
		w.pay(t)
	}
}

// pay is the short way to what can happen after a payment.
func (w *walk) pay(t *rapid.T) {
	if w.order.Channel == kassa.InPerson {
		w.step(t, kassa.POIFreed{})
		w.step(t, kassa.ScreenShown{Screen: "presentCard", NextAttempt: w.next()})
		w.requests++
		w.step(t, w.input(t, []string{"tap", "1"}))
	}
	w.inFlight = nil
	w.posted[1] = w.order.Amount.Minor
	w.step(t, w.input(t, []string{"0210", "1", "00"}))
	for range rapid.IntRange(0, 2).Draw(t, "captures") {
		w.step(t, kassa.AskCapture{Number: w.next(), Amount: rapid.Int64Range(1, 700).Draw(t, "amount"), Currency: kassa.EUR})
		w.take(t)
	}
}

// some is the number of a capture, or 0.
func (w *walk) some(t *rapid.T) int64 {
	if len(w.order.Captures) == 0 || rapid.Bool().Draw(t, "of the order") {
		return 0
	}
	return w.order.Captures[rapid.IntRange(0, len(w.order.Captures)-1).Draw(t, "of")].Number
}

// finish lets everything heal: deadlines pass, what is owed is paid. Then the sums must agree.
func (w *walk) finish(t *rapid.T) {
	for range 400 {
		w.now = w.now.Add(10 * time.Minute)
		w.step(t, kassa.Tick{})
		w.reverse(t)
		w.payBack(t)
		w.take(t)
		w.giveBack(t)
		w.takeBack(t)
		if !w.order.Open() {
			break
		}
	}
	if w.order.Open() {
		t.Fatalf("the order is still open: %s, owed %v", w.order.Status, w.order.Owed())
	}
	charges, sum, held := w.net()
	want := w.order.AmountPaid() - w.order.AmountRefunded()
	if w.order.Status == kassa.Completed && held != 0 {
		t.Fatalf("%d is still held", held)
	}
	if sum != want || (charges == 1) != (w.order.Status == kassa.Completed) {
		t.Fatalf("the account has %d charges, %d in all; the order is %s and wants %d", charges, sum, w.order.Status, want)
	}
	if diff := cmp.Diff(w.order, kassa.Fold(w.times, w.facts)); diff != "" {
		t.Fatalf("the fold of the facts is another order:\n%s", diff)
	}
}
