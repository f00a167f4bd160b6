package host_test

import (
	"testing"
	"time"

	"kassa/card"
	"kassa/emv"
	"kassa/iso8583"
	"kassa/virtual/deck"
	"kassa/virtual/host"
)

// step is one use of a card and what is answered to it.
type step struct {
	use
	rc        string
	singleTap bool
}

const chip = "051" // DE22 of a card that is inserted

// TestOrdinaryCard plays what the rules of the issuers make of a card without a script.
func TestOrdinaryCard(t *testing.T) {
	for name, steps := range map[string][]step{
		"000 tap":                      {{use{}, "00", false}},
		"000 tap at the limit":         {{use{amount: 5000}, "00", false}},
		"000 Visa above the limit":     {{use{amount: 5001}, "70", false}, {use{amount: 5001, pin: "1234", followUp: true, atc: 1}, "00", false}},
		"000 other money has no limit": {{use{amount: 5001, currency: "826"}, "00", false}},
		"000 Mastercard above":         {{use{card: "mastercard", amount: 5001}, "65", true}, {use{card: "mastercard", amount: 5001, pin: "1234", followUp: true, atc: 1}, "00", false}},
		"000 Bancontact above":         {{use{card: "bancontact", amount: 5001}, "65", true}},
		"000 V PAY above":              {{use{card: "vpay", amount: 5001}, "70", false}},
		"000 no single tap offered":    {{use{card: "mastercard", amount: 5001, noTap: true}, "65", false}},
		"000 no PIN pad":               {{use{entry: "072", amount: 5001}, "1A", false}},
		"000 chip and PIN":             {{use{entry: chip, amount: 100_000, pin: "1234"}, "00", false}},
		"000 chip, wrong then right":   {{use{entry: chip, pin: "9999"}, "55", false}, {use{entry: chip, pin: "1234", atc: 1}, "00", false}},
		"000 swipe":                    {{use{entry: "901"}, "00", false}},
		"000 V PAY swipe":              {{use{card: "vpay", entry: "901"}, "57", false}},
		"000 three wrong PINs": {
			{use{entry: chip, pin: "0000"}, "55", false}, {use{entry: chip, pin: "0000"}, "55", false},
			{use{entry: chip, pin: "0000"}, "75", false}, {use{entry: chip, pin: "1234"}, "75", false},
			{use{}, "00", false},
		},
		"000 a right PIN gives tries back": {
			{use{entry: chip, pin: "0000"}, "55", false}, {use{entry: chip, pin: "0000"}, "55", false},
			{use{entry: chip, pin: "1234"}, "00", false}, {use{entry: chip, pin: "0000"}, "55", false},
		},
		"a single tap needs its flag":     {{use{card: "visa:070"}, "70", false}, {use{card: "visa:070", pin: "1234", atc: 1}, "82", false}},
		"a single tap needs its PIN":      {{use{card: "visa:070"}, "70", false}, {use{card: "visa:070", followUp: true, atc: 1}, "82", false}},
		"a single tap is of one payment":  {{use{card: "visa:070"}, "70", false}, {use{card: "visa:070", pin: "1234", followUp: true, atc: 1, li: "LIFE2"}, "82", false}},
		"an approved tap is not followed": {{use{}, "00", false}, {use{pin: "1234", followUp: true, atc: 1}, "82", false}},
		"a step-up of an older tap":       {{use{atc: 6, amount: 5001}, "70", false}, {use{atc: 7, amount: 5001}, "70", false}, {use{atc: 6, amount: 5001, pin: "1234", followUp: true}, "82", false}},
		"a counter must not go back":      {{use{atc: 7}, "00", false}, {use{atc: 6}, "82", false}, {use{atc: 8}, "00", false}},
		"every terminal has its deck":     {{use{atc: 7}, "00", false}, {use{atc: 2, tid: "KASSA002"}, "00", false}},
		"more than there is":              {{use{entry: chip, pin: "1234", amount: 100_000_000_001}, "51", false}},
	} {
		t.Run(name, func(t *testing.T) { play(t, steps) })
	}
}

// TestRows plays every row's script: the uses of the card in turn, and what is answered.
func TestRows(t *testing.T) {
	for name, steps := range map[string][]step{
		"005": {{use{card: "visa:005"}, "05", false}, {use{card: "visa:005", entry: chip, pin: "1234"}, "05", false}},
		"051": {{use{card: "visa:051", amount: 1}, "51", false}, {use{card: "maestro:051", entry: chip, pin: "1234"}, "51", false}},
		"055": {
			{use{card: "visa:055"}, "70", false},
			{use{card: "visa:055", pin: "1234", followUp: true, atc: 1}, "55", false},
			{use{card: "visa:055", pin: "1234", followUp: true, atc: 1}, "55", false},
			{use{card: "visa:055", pin: "1234", followUp: true, atc: 1}, "75", false},
			{use{card: "visa:055", entry: chip, pin: "1234", li: "LIFE2"}, "55", false},
		},
		"065": {
			{use{card: "mastercard:065"}, "65", true},
			{use{card: "mastercard:065", pin: "1234", followUp: true, atc: 1}, "00", false},
		},
		"065 without the offer": {{use{card: "mastercard:065", noTap: true}, "65", false}, {use{card: "mastercard:065", entry: chip, pin: "1234"}, "00", false}},
		"066": {
			{use{card: "mastercard:066"}, "65", false},
			{use{card: "mastercard:066", entry: chip, pin: "1234"}, "00", false},
		},
		"070": {
			{use{card: "visa:070"}, "70", false},
			{use{card: "visa:070", pin: "9999", followUp: true, atc: 1}, "55", false},
			{use{card: "visa:070", pin: "1234", followUp: true, atc: 1}, "00", false},
		},
		"072": {{use{card: "visa:072"}, "1A", false}, {use{card: "visa:072", entry: chip, pin: "1234"}, "00", false}},
		"082": {{use{card: "visa:082"}, "82", false}, {use{card: "mastercard:082", entry: chip, pin: "1234"}, "82", false}},
	} {
		t.Run(name, func(t *testing.T) { play(t, steps) })
	}
}

// play uses the card step by step and compares what is answered and what is written down.
func play(t *testing.T, steps []step) {
	t.Helper()
	b := newBench(t)
	var posted int64
	for i, s := range steps {
		b.restart() // nothing may depend on memory
		msg := b.send(b.sale(s.use)).message(t)
		private, err := iso8583.ParsePrivate(msg.Get(48))
		if err != nil {
			t.Fatal(err)
		}
		if msg.Get(39) != s.rc || (private[iso8583.TagSingleTap] == "1") != s.singleTap {
			t.Fatalf("use %d: %s, single tap = %q; want %s, %t", i+1, msg.Get(39), private[iso8583.TagSingleTap], s.rc, s.singleTap)
		}
		state := host.StateDeclined
		if s.rc == "00" {
			state = host.StatePosted
			posted += s.use.defaults().amount
		}
		if approved := msg.Has(38); approved != (s.rc == "00") {
			t.Errorf("use %d: approval code = %t", i+1, approved)
		}
		if l := b.last(); l.State != state || l.RC != s.rc || l.Kind != "sale" {
			t.Errorf("use %d: ledger has %+v", i+1, l)
		}
	}
	var total int64
	for _, a := range b.m.State().Accounts {
		total += a.Spent["EUR"] + a.Spent["GBP"]
	}
	if total != posted {
		t.Errorf("%d is posted, want %d", total, posted)
	}
}

func TestLostAnswersHoldMoneyUntilReversed(t *testing.T) {
	for _, brand := range []string{"visa", "mastercard", "maestro", "vpay", "bancontact"} {
		for row, check := range map[string]func(*testing.T, *bench, answers){
			":100": func(t *testing.T, b *bench, a answers) {
				if len(a.frames) != 0 || a.closed {
					t.Errorf("%d answers, closed %t", len(a.frames), a.closed)
				}
			},
			":101": func(t *testing.T, b *bench, a answers) {
				due, ok := b.m.NextDue()
				if len(a.frames) != 0 || !ok || due != b.now.Add(20*time.Second) {
					t.Fatalf("%d answers; next due %v, %t", len(a.frames), due, ok)
				}
				b.now = due
				if rc := b.handle(host.Tick{}).rc(t); rc != "00" {
					t.Errorf("late answer %s", rc)
				}
				if _, ok := b.m.NextDue(); ok {
					t.Error("something is still due")
				}
			},
			":105": func(t *testing.T, b *bench, a answers) {
				if len(a.frames) != 0 || !a.closed {
					t.Errorf("%d answers, closed %t", len(a.frames), a.closed)
				}
				b.handle(host.Closed{Conn: b.conn})
				b.conn++
				b.signOn()
			},
			":107": func(t *testing.T, b *bench, a answers) {
				if len(a.frames) != 1 || genuine(t, a.frames[0]) {
					t.Errorf("%d answers, and the MAC is right", len(a.frames))
				}
			},
			":108": func(t *testing.T, b *bench, a answers) {
				if len(a.frames) != 2 || string(a.frames[0]) != string(a.frames[1]) || !genuine(t, a.frames[0]) {
					t.Errorf("%d answers", len(a.frames))
				}
			},
		} {
			t.Run(brand+row, func(t *testing.T) {
				b := newBench(t)
				sale := b.sale(use{card: brand + row})
				a := b.send(sale)
				if b.spent(brand+row) != 1234 || b.last().State != host.StatePosted {
					t.Fatal("the debit is not posted")
				}
				check(t, b, a)
				if rc := b.send(b.reversal(sale)).rc(t); rc != "00" {
					t.Errorf("reversal: %s", rc)
				}
				if b.spent(brand+row) != 0 || b.lines()[0].State != host.StateReversed {
					t.Error("the debit was not reversed")
				}
			})
		}
	}
}

func TestNoAnswerEverMeansARepeatToo(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:100"})
	b.send(sale)
	if a := b.send(again(sale)); len(a.frames) != 0 || b.spent("visa:100") != 1234 {
		t.Errorf("%d answers, %d spent", len(a.frames), b.spent("visa:100"))
	}
}

func TestIssuerProvesItself(t *testing.T) {
	for name, tc := range map[string]struct {
		use
		right bool
	}{
		"Visa CVN18":       {use{entry: "051", pin: "1234"}, true},
		"Mastercard CVN20": {use{card: "mastercard", entry: "051", pin: "1234"}, true},
		"a decline too":    {use{card: "mastercard:051", entry: "051", pin: "1234"}, true},
		"083 on contact":   {use{card: "visa:083", entry: "051", pin: "1234"}, false},
		"083 mastercard":   {use{card: "mastercard:083", entry: "051", pin: "1234"}, false},
		"083 on a tap":     {use{card: "visa:083"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			u := tc.use.defaults()
			sale := b.sale(u)
			answer := b.send(sale).message(t)
			c, err := deck.Parse(u.card)
			if err != nil {
				t.Fatal(err)
			}
			sent, err := emv.Parse(sale.Bytes(55))
			if err != nil {
				t.Fatal(err)
			}
			got, err := emv.Parse(answer.Bytes(55))
			if err != nil {
				t.Fatal(err)
			}
			key, err := emv.CardKey(c.MasterKey, c.PAN, c.PSN)
			if err != nil {
				t.Fatal(err)
			}
			arqc, _ := sent.Get(0x9F26)
			proof, _ := got.Get(0x91)
			code, _ := got.Get(0x8A)
			if string(code) != answer.Get(39) {
				t.Errorf("8A = %q, DE39 = %s", code, answer.Get(39))
			}
			arc, ok := emv.VerifyIssuerAuth(key, sent, [8]byte(arqc), proof)
			if ok != tc.right || ok && (arc == "00") != (answer.Get(39) == "00") {
				t.Errorf("tag 91 verifies: %t, %q", ok, arc)
			}
		})
	}
}

func TestUnknownAndExpiredCards(t *testing.T) {
	b := newBench(t)
	pan, err := card.ParsePAN("4111111111111111")
	if err != nil {
		t.Fatal(err)
	}
	sale := b.sale(use{})
	sale.Set(35, card.NewTrack2(pan, "3112", "201", "00000").Reveal())
	if rc := b.send(sale).rc(t); rc != "14" {
		t.Errorf("a card of another issuer: %s", rc)
	}
	c, err := deck.Parse("visa")
	if err != nil {
		t.Fatal(err)
	}
	sale = b.sale(use{})
	sale.Set(35, card.NewTrack2(c.PAN, "2610", "201", "00000").Reveal())
	if rc := b.send(sale).rc(t); rc != "54" {
		t.Errorf("another expiry: %s", rc)
	}
	b.now = time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC)
	if rc := b.send(b.sale(use{})).rc(t); rc != "54" {
		t.Errorf("after its time: %s", rc)
	}
}

func TestUnblock(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.send(b.sale(use{entry: "051", pin: "0000"}))
	}
	b.handle(host.Unblock{Account: "visa:000"})
	b.handle(host.Unblock{Account: "nobody"})
	b.restart()
	if rc := b.send(b.sale(use{entry: "051", pin: "1234"})).rc(t); rc != "00" {
		t.Errorf("after the unblock: %s", rc)
	}
	if n := len(b.lines()); n != 4 {
		t.Errorf("%d transactions", n)
	}
}
