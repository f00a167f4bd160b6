package host_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa/iso8583"
	"kassa/virtual/deck"
	"kassa/virtual/host"
)

// hold asks the issuer to hold an amount.
func (b *bench) hold(u use) *iso8583.Message {
	msg := b.sale(u)
	msg.MTI = "0100"
	msg.Set(25, "06")
	return msg
}

// capture takes a part of a hold.
func (b *bench) capture(hold *iso8583.Message, amount int64) *iso8583.Message {
	msg := b.refund(hold, amount)
	msg.MTI = "0220"
	msg.Set(3, "000000")
	msg.Set(90, iso8583.FormatOriginal("0100", hold.Get(11), hold.Get(7)))
	return msg
}

// release gives back what is left of a hold.
func (b *bench) release(hold *iso8583.Message, amount int64) *iso8583.Message {
	msg := b.undone(hold)
	msg.Set(4, fmt.Sprintf("%012d", amount))
	return msg
}

// undone is a reversal that somebody asks for.
func (b *bench) undone(of *iso8583.Message) *iso8583.Message {
	msg := b.reversal(of)
	msg.Set(48, iso8583.Private{iso8583.TagLifecycle: "LIFE1", iso8583.TagReversalReason: iso8583.ReversalCancelled}.String())
	return msg
}

// credit pays to the card that is presented.
func (b *bench) credit(u use) *iso8583.Message {
	u.kind = "20"
	msg := b.sale(u)
	msg.Set(3, "200000")
	return msg
}

// entered is a card that was typed in.
func (b *bench) entered(card, code string) *iso8583.Message {
	b.t.Helper()
	c, err := deck.Parse(card)
	if err != nil {
		b.t.Fatal(err)
	}
	msg := b.request("000000", "E-000001", 1000)
	msg.Set(2, c.PAN.Reveal())
	msg.Set(14, c.Expiry)
	msg.Set(22, "010")
	msg.Set(25, "01")
	msg.Set(48, iso8583.Private{iso8583.TagLifecycle: "LIFE1"}.String())
	msg.Set(126, code)
	return msg
}

func (b *bench) held(account string) int64 {
	for _, a := range b.m.State().Accounts {
		if a.Account == account {
			return a.Held["EUR"]
		}
	}
	return 0
}

// want compares an answer and the balances of the ordinary card.
func (b *bench) want(what string, msg *iso8583.Message, rc string, spent, held int64) {
	b.t.Helper()
	if got := b.send(msg).rc(b.t); got != rc || b.spent("visa:000") != spent || b.held("visa:000") != held {
		b.t.Errorf("%s: %s, %d spent, %d held; want %s, %d, %d", what, got, b.spent("visa:000"), b.held("visa:000"), rc, spent, held)
	}
	b.restart()
}

func TestHolds(t *testing.T) {
	b := newBench(t)
	h := b.hold(use{amount: 1000})
	b.want("hold", h, "00", 0, 1000)
	b.want("again", again(h), "00", 0, 1000)
	b.want("twice", h, "94", 0, 1000)
	b.want("refund of what was not captured", b.refund(h, 1), "13", 0, 1000)
	c1, c2 := b.capture(h, 300), b.capture(h, 200)
	b.want("capture", c1, "00", 300, 700)
	b.want("capture again", again(c1), "00", 300, 700)
	b.want("capture of more than is left", b.capture(h, 701), "13", 300, 700)
	b.want("a repeat whose first was lost", again(c2), "00", 500, 500)
	b.want("capture of nothing", b.capture(h, 0), "13", 500, 500)
	b.want("reversal for a time-out", b.reversal(h), "12", 500, 500)
	b.want("release of something else", b.release(h, 1000), "13", 500, 500)
	r := b.release(h, 500)
	b.want("release", r, "00", 500, 0)
	b.want("release again", again(r), "00", 500, 0)
	b.want("capture after it", b.capture(h, 1), "12", 500, 0)
	b.want("refund of a capture", b.refund(c1, 300), "00", 200, 0)
	b.want("more of it", b.refund(c1, 1), "13", 200, 0)
	b.want("more than is left of the hold", b.refund(h, 201), "13", 200, 0)
	b.want("the rest of the hold", b.refund(h, 200), "00", 0, 0)
	b.want("nothing is left of the other capture", b.refund(c2, 1), "13", 0, 0)
	var kinds []string
	for _, l := range b.lines() {
		if l.RC == "00" {
			kinds = append(kinds, l.Kind+" "+l.State)
		}
	}
	want := []string{"hold released", "capture posted", "capture posted", "release posted", "refund posted", "refund posted"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestAHoldIsReversedOrUsedUp(t *testing.T) {
	b := newBench(t)
	h := b.hold(use{amount: 1000})
	b.want("reversal first", b.reversal(h), "25", 0, 0)
	b.want("the hold after it", h, "12", 0, 0)
	h = b.hold(use{amount: 1000})
	b.want("hold", h, "00", 0, 1000)
	b.want("reversal", b.reversal(h), "00", 0, 0)
	b.want("capture after it", b.capture(h, 1), "12", 0, 0)
	b.want("refund after it", b.refund(h, 1), "12", 0, 0)
	h = b.hold(use{amount: 1000})
	b.want("hold", h, "00", 0, 1000)
	b.want("all of it", b.capture(h, 1000), "00", 1000, 0)
	b.want("release of nothing", b.release(h, 0), "13", 1000, 0)
	s := b.sale(use{amount: 1000})
	b.want("sale", s, "00", 2000, 0)
	b.want("capture of a sale", b.capture(s, 1), "25", 2000, 0)
	h = b.hold(use{amount: 100_000_000_000 - 2000, entry: "051", pin: "1234"})
	b.want("all that there is", h, "00", 2000, 100_000_000_000-2000)
	b.want("what is held is gone", b.sale(use{amount: 1}), "51", 2000, 100_000_000_000-2000)
}

func TestCreditsAndChecks(t *testing.T) {
	b := newBench(t)
	c := b.credit(use{amount: 7000})
	b.want("credit without a PIN above the limit", c, "00", -7000, 0)
	b.want("again", again(c), "00", -7000, 0)
	b.want("refund of a credit", b.refund(c, 1), "25", -7000, 0)
	b.want("reversal", b.reversal(c), "00", 0, 0)
	late := b.credit(use{amount: 500})
	b.want("reversal first", b.reversal(late), "25", 0, 0)
	b.want("the credit after it", late, "12", 0, 0)
	wrong := b.sale(use{amount: 500})
	wrong.Set(3, "200000")
	b.want("a card that was shown a purchase", wrong, "12", 0, 0)
	if rc := b.send(b.credit(use{card: "visa:005"})).rc(t); rc != "05" {
		t.Errorf("a blocked card: %s", rc)
	}
	check := b.hold(use{amount: -1})
	b.want("check", check, "85", 0, 0)
	if l := b.last(); l.Kind != "check" || l.State != host.StateChecked {
		t.Errorf("the ledger has %+v", l)
	}
	b.want("check again", again(check), "85", 0, 0)
	b.want("reversal of a check", b.reversal(check), "00", 0, 0)
}

func TestEnteredCards(t *testing.T) {
	b := newBench(t)
	for name, tc := range map[string]struct {
		card, code string
		de         int
		value, rc  string
	}{
		"a card":               {"visa:000", "123", 0, "", "00"},
		"without a code":       {"visa:000", "", 0, "", "00"},
		"a wrong code":         {"visa:000", "124", 0, "", "N7"},
		"a wrong expiry":       {"visa:000", "123", 14, "3001", "54"},
		"no expiry":            {"visa:000", "123", 14, "", "30"},
		"no number":            {"visa:000", "123", 2, "", "14"},
		"an unknown number":    {"visa:000", "123", 2, "4000000000000002", "14"},
		"a PIN":                {"visa:000", "123", 110, "0123456789abcdef", "30"},
		"no funds":             {"visa:051", "123", 0, "", "51"},
		"a blocked card":       {"visa:005", "123", 0, "", "05"},
		"nobody is stepped up": {"visa:070", "123", 0, "", "00"},
	} {
		msg := b.entered(tc.card, tc.code)
		if tc.de != 0 {
			msg.Set(tc.de, tc.value)
		}
		if rc := b.send(msg).rc(t); rc != tc.rc {
			t.Errorf("%s: %s, want %s", name, rc, tc.rc)
		}
	}
}

// TestARefundIsTakenBackOnItsDay: what nobody knows the outcome of is undone whenever; what somebody
// asks for comes too late the day after, and stays refused.
func TestARefundIsTakenBackOnItsDay(t *testing.T) {
	b := newBench(t)
	s := b.sale(use{amount: 1000})
	b.want("sale", s, "00", 1000, 0)
	r1, r2, r3 := b.refund(s, 100), b.refund(s, 200), b.refund(s, 300)
	b.want("refund", r1, "00", 900, 0)
	b.want("taken back", b.undone(r1), "00", 1000, 0)
	b.want("and again", again(b.undone(r1)), "00", 1000, 0)
	b.want("its repeat", again(r1), "00", 1000, 0)
	b.want("refund", r2, "00", 800, 0)
	b.want("refund", r3, "00", 500, 0)
	today := b.now
	b.now = b.now.Add(24 * time.Hour)
	late := b.undone(r2)
	b.want("too late", late, "12", 500, 0)
	b.want("a time-out is never too late", b.reversal(r3), "00", 800, 0)
	b.now = today
	b.want("refused for good, whatever the clock says", again(late), "12", 800, 0)
	b.want("refund of all that is left", b.refund(s, 800), "00", 0, 0)
}

// TestAPartOfAHold: an issuer that holds less than was asked for gives it back whole.
func TestAPartOfAHold(t *testing.T) {
	b := newBench(t)
	h := b.hold(use{card: "visa:010", amount: 1000})
	if a := b.send(h).message(t); a.Get(39) != "10" || b.held("visa:010") != 600 {
		t.Errorf("%s, %d held", a.Get(39), b.held("visa:010"))
	}
	if rc := b.send(b.capture(h, 601)).rc(t); rc != "13" {
		t.Errorf("capture of more: %s", rc)
	}
	if rc := b.send(b.undone(h)).rc(t); rc != "00" || b.held("visa:010") != 0 || b.spent("visa:010") != 0 {
		t.Errorf("%s, %d held", rc, b.held("visa:010"))
	}
}
