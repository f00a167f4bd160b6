package host_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kassa/iso8583"
	"kassa/virtual/host"
)

func TestARepeatGetsTheStoredAnswer(t *testing.T) {
	for name, u := range map[string]use{
		"approved":   {},
		"contact":    {entry: "051", pin: "1234", card: "visa:083"},
		"soft":       {card: "mastercard:065"},
		"wrong PIN":  {entry: "051", pin: "9999"},
		"no funds":   {card: "visa:051"},
		"said twice": {card: "visa:108"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			sale := b.sale(u)
			first := b.send(sale)
			lines := b.lines()
			for range 2 {
				got := b.send(again(sale))
				if string(got.frames[0]) != string(first.frames[0]) {
					t.Error("the repeat got another answer")
				}
				if rc := b.send(sale).rc(t); rc != "94" {
					t.Errorf("plain duplicate: %s", rc)
				}
				b.restart()
			}
			if diff := cmp.Diff(lines, b.lines()); diff != "" {
				t.Errorf("the ledger has changed: %s", diff)
			}
		})
	}
}

func TestARepeatOfSomethingElseIsADuplicate(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	b.send(sale)
	for de, value := range map[int]string{4: "000000000001", 37: "000000000000", 49: "826", 42: "SHOP2          "} {
		other := again(sale)
		other.Set(de, value)
		if rc := b.send(other).rc(t); rc != "94" {
			t.Errorf("another DE%d: %s", de, rc)
		}
	}
}

func TestARepeatWhoseFirstWasLostIsASale(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	if rc := b.send(again(sale)).rc(t); rc != "00" || b.spent("visa:000") != 1234 {
		t.Errorf("%s, %d spent", rc, b.spent("visa:000"))
	}
}

func TestTerminalsAreIndependent(t *testing.T) {
	b := newBench(t)
	one := b.sale(use{tid: "KASSA001"})
	two := b.sale(use{tid: "KASSA002"})
	for _, de := range []int{7, 11, 37} {
		two.Set(de, one.Get(de))
	}
	for _, msg := range []*iso8583.Message{one, two} {
		if rc := b.send(msg).rc(t); rc != "00" {
			t.Errorf("%s: %s", msg.Get(41), rc)
		}
	}
	if rc := b.send(b.reversal(two)).rc(t); rc != "00" {
		t.Errorf("reversal: %s", rc)
	}
	if l := b.lines(); l[0].State != host.StatePosted || l[1].State != host.StateReversed {
		t.Errorf("%s, %s", l[0].State, l[1].State)
	}
	// Both sales have the same RRN; a refund is for its own terminal's.
	if rc := b.send(b.refund(two, 1)).rc(t); rc != "12" {
		t.Errorf("refund of the reversed one: %s", rc)
	}
	if rc := b.send(b.refund(one, 1)).rc(t); rc != "00" {
		t.Errorf("refund of the other: %s", rc)
	}
}

func TestReversals(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	b.send(sale)
	reversal := b.reversal(sale)
	for i, msg := range []*iso8583.Message{reversal, reversal, again(reversal), b.reversal(sale), again(b.reversal(sale))} {
		a := b.send(msg).message(t)
		if a.MTI != "0430" || a.Get(39) != "00" || a.Get(7) != msg.Get(7) || a.Get(11) != sale.Get(11) {
			t.Errorf("reversal %d: %v", i+1, a)
		}
		b.restart()
	}
	want := []host.Line{
		{Entry: "071", Kind: "sale", TID: "KASSA001", STAN: sale.Get(11), RRN: sale.Get(37), Last4: "0004", Amount: 1234, Currency: "EUR", RC: "00", State: "reversed"},
		{Kind: "reversal", TID: "KASSA001", STAN: sale.Get(11), RRN: sale.Get(37), Last4: "0004", Amount: 1234, Currency: "EUR", RC: "00", State: "posted", Of: sale.Get(37)},
	}
	if diff := cmp.Diff(want, b.lines()); diff != "" {
		t.Error(diff)
	}
	if b.spent("visa:000") != 0 {
		t.Errorf("%d spent", b.spent("visa:000"))
	}
}

func TestReversalRequest(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	b.send(sale)
	msg := b.reversal(sale)
	msg.MTI = "0400"
	if a := b.send(msg).message(t); a.MTI != "0410" || a.Get(39) != "00" {
		t.Errorf("%s %s", a.MTI, a.Get(39))
	}
}

func TestReversalBeforeItsOriginal(t *testing.T) {
	b := newBench(t)
	for name, original := range map[string]*iso8583.Message{"sale": b.sale(use{}), "repeat": again(b.sale(use{}))} {
		if rc := b.send(b.reversal(original)).rc(t); rc != "25" {
			t.Errorf("%s: reversal: %s", name, rc)
		}
		b.restart()
		if rc := b.send(original).rc(t); rc != "12" {
			t.Errorf("%s: late original: %s", name, rc)
		}
		b.restart()
		if rc := b.send(again(b.reversal(original))).rc(t); rc != "25" {
			t.Errorf("%s: reversal again: %s", name, rc)
		}
	}
	if b.spent("visa:000") != 0 {
		t.Errorf("%d spent", b.spent("visa:000"))
	}
	if l := b.lines(); len(l) != 4 || l[0].State != host.StateDeclined || l[1].State != host.StateDeclined {
		t.Errorf("the ledger has %+v", l)
	}
}

func TestReversalMustMatch(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	b.send(sale)
	for name, tc := range map[string]struct {
		de    int
		value string
		rc    string
	}{
		"amount":   {4, "000000000001", "13"},
		"currency": {49, "826", "13"},
		"RRN":      {37, "000000000000", "25"},
		"merchant": {42, "SHOP2          ", "25"},
		"terminal": {41, "KASSA009", "25"},
		"STAN":     {90, iso8583.FormatOriginal("0200", "999999", sale.Get(7)), "25"},
		"time":     {90, iso8583.FormatOriginal("0200", sale.Get(11), "0101000000"), "25"},
	} {
		msg := b.reversal(sale)
		msg.Set(tc.de, tc.value)
		if rc := b.send(msg).rc(t); rc != tc.rc {
			t.Errorf("another %s: %s", name, rc)
		}
	}
	if b.spent("visa:000") != 1234 {
		t.Errorf("%d spent", b.spent("visa:000"))
	}
	if rc := b.send(b.reversal(sale)).rc(t); rc != "00" {
		t.Errorf("the right one: %s", rc)
	}
}

func TestReversalOfADeclinedSale(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:051"})
	b.send(sale)
	if rc := b.send(b.reversal(sale)).rc(t); rc != "00" || b.spent("visa:051") != 0 || b.lines()[0].State != host.StateDeclined {
		t.Errorf("%s, %d spent, %s", rc, b.spent("visa:051"), b.lines()[0].State)
	}
}

func TestRefunds(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{amount: 1000})
	b.send(sale)
	unknown, reversed, declined := b.sale(use{}), b.sale(use{}), b.sale(use{card: "visa:051"})
	b.send(reversed)
	b.send(b.reversal(reversed))
	b.send(declined)
	foreign := b.refund(sale, 1)
	foreign.Set(42, "SHOP2          ")
	bare := b.refund(sale, 1)
	bare.Set(48, iso8583.Private{iso8583.TagLifecycle: "LIFE1"}.String())
	money := b.refund(sale, 1)
	money.Set(49, "826")
	elsewhere := b.refund(sale, 1)
	elsewhere.Set(41, "KASSA002")
	for i, tc := range []struct {
		msg *iso8583.Message
		rc  string
	}{
		{b.refund(unknown, 1), "25"}, {b.refund(reversed, 1), "12"}, {b.refund(declined, 1), "12"},
		{foreign, "25"}, {bare, "30"}, {money, "12"}, {b.refund(sale, 0), "13"}, {b.refund(sale, 1001), "13"},
		{b.refund(sale, 400), "00"}, {b.refund(sale, 601), "13"}, {elsewhere, "00"}, {b.refund(sale, 599), "00"}, {b.refund(sale, 1), "13"},
		{b.reversal(sale), "12"},
	} {
		if rc := b.send(tc.msg).rc(t); rc != tc.rc {
			t.Errorf("%d: %s, want %s", i, rc, tc.rc)
		}
	}
	if b.spent("visa:000") != 0 {
		t.Errorf("%d spent", b.spent("visa:000"))
	}
	refund := b.lines()[len(b.lines())-2]
	if refund.Kind != "refund" || refund.Of != sale.Get(37) || refund.Last4 != "0004" {
		t.Errorf("the ledger has %+v", refund)
	}
}

func TestARefundCanBeRepeatedAndReversed(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{amount: 1000})
	b.send(sale)
	refund := b.refund(sale, 700)
	first := b.send(refund)
	b.restart()
	if got := b.send(again(refund)); string(got.frames[0]) != string(first.frames[0]) {
		t.Error("the repeat got another answer")
	}
	if rc := b.send(refund).rc(t); rc != "94" {
		t.Errorf("plain duplicate: %s", rc)
	}
	if b.spent("visa:000") != 300 {
		t.Errorf("%d spent", b.spent("visa:000"))
	}
	if rc := b.send(b.reversal(refund)).rc(t); rc != "00" || b.spent("visa:000") != 1000 {
		t.Errorf("%s, %d spent", rc, b.spent("visa:000"))
	}
	if rc := b.send(b.refund(sale, 1000)).rc(t); rc != "00" {
		t.Errorf("refund of all: %s", rc)
	}
}

// TestAnyOrder sends sales, refunds, reversals and their repeats in any order, restarting at times,
// and compares the ledger with what a cardholder would reckon from the answers.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		var sent []*iso8583.Message
		var sales []*iso8583.Message
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			pick := func(from []*iso8583.Message) *iso8583.Message {
				return from[rapid.IntRange(0, len(from)-1).Draw(rt, "which")]
			}
			switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
			case what == 0 || len(sales) == 0:
				msg := b.sale(use{amount: rapid.Int64Range(1, 1000).Draw(rt, "amount")})
				sales = append(sales, msg)
				if rapid.Bool().Draw(rt, "held back") {
					continue
				}
				sent = append(sent, msg)
				b.send(msg)
			case what == 1:
				msg := b.refund(pick(sales), rapid.Int64Range(1, 1000).Draw(rt, "amount"))
				sent = append(sent, msg)
				b.send(msg)
			case what == 2:
				b.send(b.reversal(pick(sales)))
			case what == 3 && len(sent) > 0:
				b.send(again(pick(sent)))
			case what == 4:
				b.send(pick(sales))
			case what == 5:
				msg := b.hold(use{amount: rapid.Int64Range(1, 1000).Draw(rt, "amount")})
				sales, sent = append(sales, msg), append(sent, msg)
				b.send(msg)
			case what == 6:
				msg := b.capture(pick(sales), rapid.Int64Range(1, 1000).Draw(rt, "amount"))
				sales, sent = append(sales, msg), append(sent, msg)
				b.send(msg)
			case what == 7:
				of := pick(sales)
				b.send(b.release(of, b.left(of)))
			case what == 8:
				msg := b.credit(use{amount: rapid.Int64Range(1, 1000).Draw(rt, "amount")})
				sales, sent = append(sales, msg), append(sent, msg)
				b.send(msg)
			default:
				b.restart()
			}
			checkLedger(rt, b)
		}
	})
}

// left is what the public ledger leaves of a hold.
func (b *bench) left(hold *iso8583.Message) (left int64) {
	for _, l := range b.lines() {
		switch {
		case l.Kind == "hold" && l.RRN == hold.Get(37):
			left += l.Amount
		case l.Kind == "capture" && l.Of == hold.Get(37) && l.State == host.StatePosted:
			left -= l.Amount
		}
	}
	return left
}

type failer interface{ Fatalf(string, ...any) }

// checkLedger reckons the account from the public ledger alone.
func checkLedger(t failer, b *bench) {
	var total, held int64
	paid, back, of := map[string]int64{}, map[string]int64{}, map[string]string{}
	reversals := map[string]int{}
	for _, l := range b.lines() {
		switch {
		case l.Kind == "reversal" || l.Kind == "release":
			if reversals[l.STAN]++; reversals[l.STAN] > 1 {
				t.Fatalf("two reversals of STAN %s", l.STAN)
			}
		case l.State == host.StateHeld:
			held += l.Amount
			of[l.RRN] = l.RRN
		case l.State != host.StatePosted:
		case l.Kind == "credit":
			total -= l.Amount
		case l.Kind == "capture":
			total += l.Amount
			paid[l.RRN] += l.Amount
			paid[l.Of] += l.Amount
			if of[l.Of] != "" { // it is still held
				held -= l.Amount
			}
		case l.Kind == "sale":
			total += l.Amount
			paid[l.RRN] += l.Amount
		case l.Kind == "refund":
			total -= l.Amount
			back[l.Of] += l.Amount
		}
	}
	for rrn := range back {
		if back[rrn] > paid[rrn] {
			t.Fatalf("%d of %d went back for %s", back[rrn], paid[rrn], rrn)
		}
	}
	if spent, set := b.spent("visa:000"), b.held("visa:000"); spent != total || set != held {
		t.Fatalf("%d is posted and %d held, the ledger says %d and %d", spent, set, total, held)
	}
}

// TestCrashAtEveryPersist cuts the machine off after each of its outputs and starts it again from
// what was persisted until then. What was answered before must still be so, and everything can be
// sent again.
func TestCrashAtEveryPersist(t *testing.T) {
	b := newBench(t)
	s1, s2, s3 := b.sale(use{amount: 1000}), b.sale(use{card: "visa:100"}), b.sale(use{entry: "051", pin: "9999", li: "P"})
	s4 := b.sale(use{card: "mastercard:065", li: "Q"})
	early := b.sale(use{})
	script := []*iso8583.Message{
		s1, s2, s3, s4, b.reversal(s2), b.refund(s1, 300), b.reversal(early), early,
		b.sale(use{card: "mastercard:065", li: "Q", pin: "1234", followUp: true, atc: 4}), b.refund(s1, 701), b.refund(s1, 700),
	}
	h, credit := b.hold(use{amount: 900}), b.credit(use{amount: 50})
	c, r := b.capture(h, 400), b.refund(s1, 0)
	script = append(script, h, c, credit, b.release(h, 500), b.refund(c, 100), r, b.reversal(credit))
	type mark struct{ records, answered int }
	var marks []mark
	var got []string
	for _, msg := range script {
		marks = append(marks, mark{len(b.records), len(got)}) // persisted nothing of this one yet
		a := b.send(msg)
		marks = append(marks, mark{len(b.records), len(got)}) // persisted, not answered
		text := ""
		if len(a.frames) > 0 {
			text = string(a.frames[0])
		}
		got = append(got, text)
	}
	want := b.lines()
	for i, cut := range marks {
		again := replayFrom(t, b, script, got, cut.records, cut.answered)
		if diff := cmp.Diff(want, again.lines()); diff != "" {
			t.Errorf("cut %d: the ledger differs: %s", i, diff)
		}
		for _, account := range []string{"visa:000", "visa:100", "mastercard:065"} {
			if again.spent(account) != b.spent(account) {
				t.Errorf("cut %d: %s: %d spent", i, account, again.spent(account))
			}
		}
	}
}

// replayFrom restarts from some records, has the answered ones repeat and sends the others.
func replayFrom(t *testing.T, b *bench, script []*iso8583.Message, got []string, records, answered int) *bench {
	t.Helper()
	c := newBench(t)
	c.now, c.records = b.now, append([]host.Record{}, b.records[:records]...)
	c.restart()
	for i, msg := range script {
		repeat := msg
		if i < answered || i < records {
			repeat = again(msg)
		}
		a := c.send(repeat)
		if len(a.frames) > 0 && i < answered && string(a.frames[0]) != got[i] {
			t.Errorf("after %d records message %d got another answer than before", records, i)
		}
	}
	return c
}

// TestPersistComesFirst: no answer to a transaction leaves before its record.
func TestPersistComesFirst(t *testing.T) {
	b := newBench(t)
	before := len(b.outputs)
	sale := b.sale(use{card: "visa:108"})
	b.send(sale)
	b.send(b.refund(sale, 1))
	var order strings.Builder
	for _, out := range b.outputs[before:] {
		switch out.(type) {
		case host.Persist:
			order.WriteString("P")
		case host.Send:
			order.WriteString("S")
		}
	}
	if order.String() != "PSSPS" {
		t.Errorf("order of the outputs: %s", order.String())
	}
}

func TestRestoreRefusesWhatDoesNotFit(t *testing.T) {
	for name, r := range map[string]host.Record{
		"a gap":              {N: 2, Kind: host.KindSale},
		"an unknown kind":    {N: 1, Kind: "gift"},
		"an unknown account": {N: 1, Kind: host.KindSale, Account: "visa:999"},
		"an unknown origin":  {N: 1, Kind: host.KindRefund, OfN: 7},
		"nobody's unblock":   {N: 1, Kind: host.KindUnblock},
	} {
		if newMachine(t).Restore(r) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// A copy of a request may arrive when the host has signed off. What is posted stays what was answered:
// "unavailable" would tell the acquirer's customer that nothing happened.
func TestAnIdentityIsKnownWithoutASignOn(t *testing.T) {
	b := newBench(t)
	b.signOn()
	sale := b.sale(use{})
	if rc := b.send(sale).rc(t); rc != "00" {
		t.Fatalf("sale %s", rc)
	}
	refund := b.refund(sale, 500)
	if rc := b.send(refund).rc(t); rc != "00" {
		t.Fatalf("refund %s", rc)
	}
	b.handle(host.SetFault{Fault: host.Fault{Kind: host.FaultSignOff}})
	if rc := b.send(sale).rc(t); rc != "94" {
		t.Errorf("a copy of the sale: %s", rc)
	}
	if rc := b.send(again(refund)).rc(t); rc != "00" {
		t.Errorf("a repeat of the refund: %s", rc)
	}
	if rc := b.send(b.sale(use{})).rc(t); rc != "91" {
		t.Errorf("another sale: %s", rc)
	}
	b.signOn()
	second := b.sale(use{})
	if rc := b.send(second).rc(t); rc != "00" {
		t.Fatalf("second sale %s", rc)
	}
	b.handle(host.SetFault{Fault: host.Fault{Kind: host.FaultSignOff}})
	back := b.reversal(second)
	if rc := b.send(back).rc(t); rc != "91" {
		t.Errorf("a new reversal: %s", rc)
	}
	b.signOn()
	if rc := b.send(back).rc(t); rc != "00" {
		t.Fatalf("reversal %s", rc)
	}
	b.handle(host.SetFault{Fault: host.Fault{Kind: host.FaultSignOff}})
	if rc := b.send(again(back)).rc(t); rc != "00" {
		t.Errorf("a repeat of the reversal: %s", rc)
	}
	if n := len(b.lines()); n != 4 {
		t.Errorf("%d transactions", n)
	}
}
