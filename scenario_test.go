package kassa_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
)

// TestScenarios plays the tables of testdata. After each one the facts alone, encoded
// and read back, must give the same order again.
func TestScenarios(t *testing.T) {
	for _, sc := range slices.Concat(readScenarios(t, "testdata/payments.txt"), readScenarios(t, "testdata/counter.txt")) {
		t.Run(sc.name, func(t *testing.T) {
			p := player{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), number: 1_795_262_400_000_000}
			for _, l := range sc.lines {
				if got := p.play(t, l.input); got != l.want {
					t.Errorf("line %d: %s\n got  > %s\n want > %s", l.no, l.input, got, l.want)
				}
			}
			if diff := cmp.Diff(p.order, fold(t, p.times, p.facts)); diff != "" {
				t.Errorf("the fold of the facts is another order (-state +fold):\n%s", diff)
			}
		})
	}
}

// TestLimits: an order holds 100 refunds and 40 authorisations, and no more.
func TestLimits(t *testing.T) {
	p := player{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), number: 1_795_262_400_000_000}
	p.play(t, "create 12.50")
	p.play(t, "screen presentCard")
	tries := 0
	for tries < 1000 && p.order.Status != kassa.Cancelled {
		tries++
		p.play(t, fmt.Sprintf("tap %d", tries))
		p.play(t, fmt.Sprintf("0210 %d 05", tries))
	}
	if tries != 41 || p.order.End != kassa.TooManyTries {
		t.Errorf("after %d taps the order is %s %s", tries, p.order.Status, p.order.End)
	}

	p = player{now: p.now, number: p.number}
	for _, line := range []string{"create 12.50", "screen presentCard", "tap 1", "0210 1 00"} {
		p.play(t, line)
	}
	for n := range 101 {
		got := p.play(t, fmt.Sprintf("refund 0.%02d", n%2+1))
		p.now = p.now.Add(kassa.RefundDuplicateWindow)
		if refused := got == "!too_many_refunds"; refused != (n == 100) {
			t.Fatalf("refund %d gives %s", n+1, got)
		}
	}
}

// TestAParkedOrderKeepsNoMoney: it will never be completed, so that whatever the host may have done
// for it is undone, by the process that asked and by the next one.
func TestAParkedOrderKeepsNoMoney(t *testing.T) {
	for _, line := range []string{"0210 1 00", "lost 1", "notsent 1", "restart"} {
		p := player{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), number: 1_795_262_400_000_000}
		for _, line := range []string{"create 12.50", "screen presentCard", "tap 1"} {
			p.play(t, line)
		}
		p.order = p.order.Apply(p.now, kassa.OrderParked{Why: "a bug"})
		if !p.order.Open() || p.order.HoldsPOI() {
			t.Error("it must be found at the next start, and let the terminal go")
		}
		want := "AuthorisationUnknown ReversalDue ; 0420 ; authorising"
		if got := p.play(t, line); got != want {
			t.Errorf("%s gives %s, want %s", line, got, want)
		}
		if got := p.play(t, "0430 1"); got != "ReversalAcknowledged ; - ; authorising" || p.order.Open() {
			t.Errorf("the reversal's answer gives %s", got)
		}
	}
}

// fold rebuilds an order from facts that went through their kept form.
func fold(t *testing.T, times []time.Time, facts []kassa.Event) kassa.Order {
	t.Helper()
	back := make([]kassa.Event, len(facts))
	for i, e := range facts {
		kind, payload, err := kassa.EncodeEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if back[i], err = kassa.DecodeEvent(kind, payload); err != nil {
			t.Fatal(err)
		}
	}
	return kassa.Fold(times, back)
}

type scenario struct {
	name  string
	lines []scenarioLine
}

type scenarioLine struct {
	no          int
	input, want string
}

func readScenarios(t *testing.T, path string) []scenario {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []scenario
	sc := bufio.NewScanner(f)
	for no := 1; sc.Scan(); no++ {
		line := strings.TrimSpace(sc.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "== "):
			all = append(all, scenario{name: line[3:]})
		default:
			input, want, ok := strings.Cut(line, ">")
			if !ok || len(all) == 0 {
				t.Fatalf("%s:%d: not a scenario line", path, no)
			}
			last := &all[len(all)-1]
			last.lines = append(last.lines, scenarioLine{no, strings.TrimSpace(input), strings.TrimSpace(want)})
		}
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// reporter is what *testing.T and *rapid.T have in common.
type reporter interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// player reads inputs in the notation of the tables, and writes what they give.
type player struct {
	now    time.Time
	number int64
	stan   int
	order  kassa.Order
	times  []time.Time
	facts  []kassa.Event
}

func (p *player) play(t *testing.T, line string) string {
	t.Helper()
	next, events, effects, refused := p.order.Step(p.now, p.input(t, strings.Fields(line)))
	if refused != kassa.None {
		if len(events) > 0 || len(effects) > 0 || !cmp.Equal(next, p.order) {
			t.Errorf("%s: a refusal changed something", line)
		}
		return "!" + string(refused)
	}
	p.order = next
	var kinds, sent []string
	for _, e := range events {
		p.times, p.facts = append(p.times, p.now), append(p.facts, e)
		kinds = append(kinds, kassa.Kind(e))
	}
	for _, e := range effects {
		sent = append(sent, effectText(e))
	}
	return fmt.Sprintf("%s ; %s ; %s", list(kinds), list(sent), next.Status)
}

func list(items []string) string {
	if len(items) == 0 {
		return "-"
	}
	return strings.Join(items, " ")
}

func effectText(e kassa.Effect) string {
	switch e := e.(type) {
	case kassa.Offer:
		return "offer"
	case kassa.SendAuthorisation:
		if len(e.Sealed.Entered) > 0 {
			return "0200 entered"
		}
		return "0200"
	case kassa.SendCapture:
		if e.Again {
			return "0220 again " + e.Capture.Amount.String()
		}
		return "0220 " + e.Capture.Amount.String()
	case kassa.SendRelease:
		return "0420 rest " + e.Release.Amount.String()
	case kassa.SendRefundVoid:
		return "0420 refund"
	case kassa.SendReversal:
		return "0420"
	case kassa.SendRefund:
		if e.Again {
			return "refund again"
		}
		return "refund"
	case kassa.TellAbort:
		return "abort"
	case kassa.TellDecision:
		return "decision " + string(e.Answer.Verdict)
	case kassa.TellAnswer:
		text := "answer " + string(e.Answer.Verdict)
		if e.Answer.Verdict == kassa.VerdictDeclined {
			text += " " + string(e.Answer.Reason)
			if e.Answer.LastTry {
				text += " last"
			}
			if e.Answer.Final {
				text += " final"
			}
		}
		return text
	}
	return fmt.Sprintf("%T", e)
}

// reasonOf is the tables' own reading of DE39, apart from the acquirer's.
var reasonOf = map[string]kassa.Reason{
	"00": kassa.None, "05": kassa.Declined, "51": kassa.DeclinedFunds, "55": kassa.WrongPIN,
	"57": kassa.DeclinedCard, "65": kassa.SoftDeclineInsert, "70": kassa.SoftDeclinePIN, "75": kassa.PINTriesExceeded, "1A": kassa.SoftDeclineInsert,
}

func (p *player) next() int64 { p.number++; return p.number }

func (p *player) input(t reporter, w []string) kassa.Input {
	t.Helper()
	switch w[0] {
	case "create", "busy":
		return kassa.Create{Order: p.newOrder(t, w[1]), POIFree: w[0] == "create"}
	case "once":
		busy := w[1] == "busy"
		o := p.newOrder(t, w[len(w)-1])
		o.OneTry, o.NoQueue = true, true
		return kassa.Create{Order: o, POIFree: !busy}
	case "unclaimed", "claim", "tip", "defer", "refundid", "note":
		return p.counterInput(t, w)
	case "direct", "hold":
		return p.create(t, w)
	case "freed":
		return kassa.POIFreed{}
	case "screen":
		return kassa.ScreenShown{Screen: w[1], NextAttempt: p.next()}
	case "stop":
		return kassa.POIEnded{Reason: kassa.CancelledAtPOI}
	case "unable":
		return kassa.POIEnded{Reason: kassa.POIUnable}
	case "cancel":
		return kassa.Cancel{}
	case "wait":
		d, err := time.ParseDuration(w[1])
		if err != nil {
			t.Fatal(err)
		}
		p.now = p.now.Add(d)
		return kassa.Tick{}
	case "restart":
		return kassa.Restarted{}
	case "refund":
		in := kassa.AskRefund{Number: p.next(), Amount: minor(t, w[1]), Currency: "EUR", STAN: "000099", RRN: "R"}
		if len(w) == 3 {
			in.Currency = kassa.Currency(w[2])
		}
		return in
	case "capture", "0230", "release", "released", "void", "voided", "back":
		return p.afterInput(t, w)
	case "refunded":
		last := p.order.Refunds[len(p.order.Refunds)-1]
		return kassa.RefundAnswered{Number: last.Number, ResponseCode: w[1], Reason: reasonOf[w[1]]}
	}
	return p.cardInput(t, w)
}

// counterInput is what happens at the counter.
func (p *player) counterInput(t reporter, w []string) kassa.Input {
	t.Helper()
	switch w[0] {
	case "unclaimed":
		n := p.newOrder(t, w[1])
		n.TID = ""
		return kassa.Create{Order: n}
	case "claim":
		return kassa.Claim{POIID: "P2-" + w[1], TID: w[1], MID: "000000000000001", Origin: kassa.FromWebApp, POIFree: len(w) == 2}
	case "tip":
		in := kassa.AddTip{Tip: kassa.Tip{Minor: minor(t, w[1])}}
		if len(w) == 3 {
			in.Tip.EmployeeID = w[2]
		}
		return in
	case "note":
		return kassa.Note{Was: int(minor(t, w[1])), Door: json.RawMessage(strconv.Quote(w[2]))}
	case "refundid":
		return kassa.AskRefund{Number: p.next(), Ref: w[1], Amount: minor(t, w[2]), Currency: "EUR", STAN: "000099", RRN: "R"}
	}
	return kassa.Defer{}
}

// create makes an order that holds, or one with a card that was typed in.
func (p *player) create(t reporter, w []string) kassa.Input {
	t.Helper()
	o := p.newOrder(t, w[1])
	if w[0] == "direct" {
		o.Channel = kassa.Ecommerce
	}
	if w[0] == "hold" || len(w) == 3 {
		o.Capture = kassa.CaptureLater
	}
	in := kassa.Create{Order: o, POIFree: true}
	if o.Channel.CardAbsent() {
		in.Card = &kassa.EnteredCard{Sealed: []byte{1}, STAN: "000001", RRN: "R", NextAttempt: p.next()}
	}
	return in
}

// afterInput is what can happen to an order that is paid, or holds money.
func (p *player) afterInput(t reporter, w []string) kassa.Input {
	t.Helper()
	last := func() int64 { return p.order.Refunds[len(p.order.Refunds)-1].Number }
	switch w[0] {
	case "capture":
		in := kassa.AskCapture{Number: p.next(), Amount: minor(t, w[1]), Currency: "EUR", STAN: "000098", RRN: "R"}
		if len(w) == 3 {
			in.Ref = w[2]
		}
		return in
	case "0230":
		n, err := strconv.Atoi(w[1])
		if err != nil {
			t.Fatal(err)
		}
		return kassa.CaptureAnswered{Number: p.order.Captures[n-1].Number, ResponseCode: w[2], Reason: reasonOf[w[2]]}
	case "release":
		return kassa.ReleaseHold{}
	case "released":
		return kassa.ReleaseAnswered{ResponseCode: "00"}
	case "void":
		return kassa.CancelRefund{Number: last()}
	case "voided":
		return kassa.RefundVoidAnswered{Number: last(), ResponseCode: w[1], Reason: reasonOf[w[1]]}
	case "back": // a refund of one capture
		n, err := strconv.Atoi(w[1])
		if err != nil {
			t.Fatal(err)
		}
		return kassa.AskRefund{
			Number: p.next(), Amount: minor(t, w[2]), Currency: "EUR", STAN: "000099", RRN: "R",
			Capture: p.order.Captures[n-1].Number,
		}
	}
	t.Fatalf("unknown input %q", w[0])
	return nil
}

func (p *player) cardInput(t reporter, w []string) kassa.Input {
	t.Helper()
	n, err := strconv.Atoi(w[1])
	if err != nil {
		t.Fatal(err)
	}
	switch w[0] {
	case "tap", "insert", "swipe", "replay":
		p.stan++
		in := kassa.Authorise{
			Request: n, Entry: kassa.Contactless, STAN: fmt.Sprintf("%06d", p.stan), RRN: "R", NextAttempt: p.next(),
			Card: kassa.CardFacts{BIN: "476173", Last4: "0004", Brand: "VISA", CVM: kassa.CVMNone},
		}
		switch {
		case w[0] == "insert":
			in.Entry = kassa.Chip
		case w[0] == "swipe":
			in.Entry = kassa.Magstripe
		case w[0] == "replay":
			in.Refuse = kassa.KeyReplay
		}
		if slices.Contains(w, "pin") {
			in.Sealed.PIN = []byte{1}
		}
		return in
	case "0210":
		in := kassa.HostAnswered{
			Request: n, ResponseCode: w[2], Reason: reasonOf[w[2]], AuthCode: "705151", NextAttempt: p.next(),
			Approved: p.order.Amount,
		}
		if len(w) == 5 {
			in.Approved.Minor = minor(t, w[4])
		}
		return in
	case "lost":
		return kassa.HostOutcomeUnknown{Request: n, Reason: kassa.ReversalTimeout}
	case "notsent":
		return kassa.HostRequestNotSent{Request: n, Reason: kassa.AcquirerUnreachable}
	case "late":
		return kassa.LateAnswer{Request: n, ResponseCode: w[2], AuthCode: "705151", Approved: w[2] == "00"}
	case "stray": // known by its STAN alone
		return kassa.LateAnswer{STAN: fmt.Sprintf("%06d", n), ResponseCode: w[2], AuthCode: "705151", Approved: w[2] == "00"}
	case "0430":
		return kassa.ReversalAnswered{Request: n, ResponseCode: "00"}
	case "card":
		outcome := map[string]kassa.CardOutcome{"yes": kassa.CardSaidYes, "no": kassa.CardSaidNo, "gone": kassa.CardGone}
		return kassa.CardCompleted{Request: n, Outcome: outcome[w[2]]}
	}
	t.Fatalf("unknown input %q", w[0])
	return nil
}

func (p *player) newOrder(t reporter, amount string) kassa.NewOrder {
	t.Helper()
	return kassa.NewOrder{
		Number: p.next(), Dialect: "multisafepay", Account: "1", Scope: "107265", Ref: "demo-1", Fingerprint: amount,
		Environment: "test", TID: "00000ABC", MID: "000000000000001", Description: "2 coffees",
		Amount: kassa.Money{Minor: minor(t, amount), Currency: kassa.EUR},
	}
}

// minor reads an amount in euros.
func minor(t reporter, text string) int64 {
	t.Helper()
	whole, cents, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+fmt.Sprintf("%-2s", cents)[:2], 10, 64)
	if cents == "" {
		n, err = strconv.ParseInt(whole+"00", 10, 64)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}
