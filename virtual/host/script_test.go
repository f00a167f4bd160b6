package host_test

import (
	"testing"
	"time"

	"kassa/virtual/host"
)

// TestPlainRows: one code, however the card is used.
func TestPlainRows(t *testing.T) {
	for row, rc := range map[string]string{
		"001": "01", "003": "03", "005": "05", "012": "12", "013": "13", "014": "14", "030": "30", "041": "41", "043": "43",
		"054": "54", "057": "57", "058": "58", "061": "61", "062": "62", "075": "75", "091": "91", "096": "96",
	} {
		for _, brand := range []string{"visa:", "mastercard:", "maestro:", "vpay:", "bancontact:"} {
			t.Run(brand+row, func(t *testing.T) {
				play(t, []step{
					{use{card: brand + row}, rc, false}, {use{card: brand + row, entry: chip, pin: "1234", amount: 6000}, rc, false},
				})
			})
		}
	}
}

// TestStepUpRows: the uses of a card in turn, and what is answered.
func TestStepUpRows(t *testing.T) {
	six := func(c, rc string, singleTap bool) []step {
		var steps []step
		for range 5 {
			steps = append(steps, step{use{card: c}, "00", false})
		}
		return append(steps, step{use{card: c}, rc, singleTap}, step{use{card: c, pin: "1234", followUp: true, atc: 6}, "00", false}, step{use{card: c}, "00", false})
	}
	for name, steps := range map[string][]step{
		"071": {
			{use{card: "visa:071"}, "70", false}, {use{card: "visa:071", pin: "1234", followUp: true, atc: 1}, "55", false},
			{use{card: "visa:071", pin: "1234", followUp: true, atc: 1}, "00", false},
		},
		"073": {{use{card: "visa:073"}, "1A", false}},
		"074": {{use{card: "visa:074"}, "70", false}, {use{card: "visa:074", pin: "1234", followUp: true, atc: 1}, "51", false}},
		"077": {{use{card: "visa:077"}, "71", false}, {use{card: "visa:077", pin: "1234", followUp: true, atc: 1}, "00", false}},
		"077 Mastercard": {
			{use{card: "mastercard:077"}, "71", false}, {use{card: "mastercard:077", pin: "1234", followUp: true, atc: 1}, "00", false},
		},
		"076 sixth tap":            six("visa:076", "70", false),
		"076 sixth tap Mastercard": six("mastercard:076", "65", true),
		"076 above 150 in all": {
			{use{card: "visa:076", amount: 100_00}, "00", false}, {use{card: "visa:076", amount: 50_01}, "70", false},
			{use{card: "visa:076", amount: 50_01, pin: "1234", followUp: true, atc: 2}, "00", false},
			{use{card: "visa:076", amount: 150_00}, "00", false}, {use{card: "visa:076", amount: 1}, "70", false},
		},
		"076 the chip's PIN counts too": {
			{use{card: "visa:076", amount: 150_00}, "00", false}, {use{card: "visa:076", entry: chip, pin: "1234"}, "00", false},
			{use{card: "visa:076", amount: 150_00}, "00", false},
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, steps) })
	}
}

func TestPartialApproval(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:010", amount: 1001})
	a := b.send(sale).message(t)
	if a.Get(39) != "10" || a.Get(4) != "000000000600" || b.spent("visa:010") != 600 {
		t.Fatalf("%s for %s, %d spent", a.Get(39), a.Get(4), b.spent("visa:010"))
	}
	b.restart()
	if a := b.send(again(sale)).message(t); a.Get(4) != "000000000600" {
		t.Errorf("the repeat is answered for %s", a.Get(4))
	}
	if rc := b.send(b.refund(sale, 601)).rc(t); rc != "13" {
		t.Errorf("a refund of more than was approved: %s", rc)
	}
	if rc := b.send(b.reversal(sale)).rc(t); rc != "00" || b.spent("visa:010") != 0 {
		t.Errorf("reversal %s, %d spent", rc, b.spent("visa:010"))
	}
}

func TestFormatErrorNamesTheField(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:030"})
	b.send(sale)
	b.restart()
	if a := b.send(again(sale)).message(t); a.Get(39) != "30" || a.Get(44) != "048" {
		t.Errorf("%s, DE44 %q", a.Get(39), a.Get(44))
	}
}

func TestZeroChecksTheCard(t *testing.T) {
	b := newBench(t)
	for c, want := range map[string]string{"visa:180": "85", "visa": "85", "visa:005": "05"} {
		check := b.sale(use{card: c, amount: -1})
		check.MTI = "0100"
		if a := b.send(check).message(t); a.Get(39) != want || a.Get(4) != "000000000000" {
			t.Errorf("%s: %s for %s", c, a.Get(39), a.Get(4))
		}
		if l := b.last(); (l.State == host.StateChecked) != (want == "85") || l.Amount != 0 {
			t.Errorf("%s: %+v", c, l)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:106"})
	if a := b.send(sale).message(t); a.Get(11) == sale.Get(11) || a.Get(39) != "00" {
		t.Errorf("106: STAN %s, %s", a.Get(11), a.Get(39))
	}
	a := b.send(b.sale(use{card: "visa:109"}))
	if len(a.frames) != 0 || len(a.raw) < 4 || a.raw[0] != 0xFF {
		t.Errorf("109: %d frames, bytes %x", len(a.frames), a.raw)
	}
	if b.spent("visa:106") != 1234 || b.spent("visa:109") != 1234 {
		t.Error("what the issuer said yes to is not posted")
	}
}

func TestADuplicateHasItsAnswerInStore(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:094"})
	if rc := b.send(sale).rc(t); rc != "94" {
		t.Fatalf("first: %s", rc)
	}
	b.restart()
	if a := b.send(again(sale)).message(t); a.Get(39) != "00" || a.Get(38) == "" || b.spent("visa:094") != 1234 {
		t.Errorf("repeat: %s, %d spent", a.Get(39), b.spent("visa:094"))
	}
}

func TestSlowAnswer(t *testing.T) {
	b := newBench(t)
	if a := b.send(b.sale(use{card: "visa:170"})); len(a.frames) != 0 {
		t.Fatal("it answers at once")
	}
	due, ok := b.m.NextDue()
	if !ok || due != b.now.Add(10*time.Second) {
		t.Fatalf("due %v, %t", due, ok)
	}
	b.now = due
	if rc := b.handle(host.Tick{}).rc(t); rc != "00" {
		t.Errorf("it says %s", rc)
	}
}

func TestReversalsThatHaveItHard(t *testing.T) {
	b := newBench(t)
	lost := b.sale(use{card: "visa:102"})
	b.send(lost)
	if a := b.send(b.reversal(lost)); len(a.frames) != 0 || len(b.lines()) != 1 {
		t.Error("102: the first reversal arrived")
	}
	for range 2 {
		if rc := b.send(again(b.reversal(lost))).rc(t); rc != "00" {
			t.Errorf("102: %s", rc)
		}
	}
	if len(b.lines()) != 2 || b.spent("visa:102") != 0 {
		t.Errorf("102: %+v", b.lines())
	}
	refused := b.sale(use{card: "visa:103"})
	b.send(refused)
	for i, want := range []string{"91", "91", "91", "91", "91", "00", "00"} {
		b.restart()
		msg := b.reversal(refused)
		if i > 0 {
			msg = again(msg)
		}
		if rc := b.send(msg).rc(t); rc != want {
			t.Errorf("103: try %d: %s", i+1, rc)
		}
	}
	if b.spent("visa:103") != 0 {
		t.Errorf("103: %d spent", b.spent("visa:103"))
	}
}

func TestTheSaleComesAfterItsReversal(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:104"})
	if a := b.send(sale); len(a.frames) != 0 || len(b.lines()) != 0 {
		t.Fatal("the sale arrived")
	}
	a := b.send(b.reversal(sale))
	if len(a.frames) != 2 {
		t.Fatalf("%d answers", len(a.frames))
	}
	lines := b.lines()
	if len(lines) != 2 || lines[0].Kind != "reversal" || lines[0].RC != "25" || lines[1].Kind != "sale" || lines[1].RC != "12" || b.spent("visa:104") != 0 {
		t.Errorf("%+v", lines)
	}
}

func TestRefundsOfACardThatTakesNone(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{card: "visa:130"})
	b.send(sale)
	if rc := b.send(b.refund(sale, 100)).rc(t); rc != "57" || b.spent("visa:130") != 1234 {
		t.Errorf("%s, %d spent", rc, b.spent("visa:130"))
	}
}
