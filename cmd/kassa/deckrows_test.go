package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The texts of the help pages, and the event sequences of the specification.
const (
	textDeclined  = "1000 card declined"
	textConfig    = "Configuration error. Try again"
	textCard      = "Card not supported"
	textInterface = "Use a different interface"
	textNot       = "Not completed"
	textApproved  = "Approved"
	textPIN       = "Enter PIN"
	textWrongPIN  = "PIN wrong, try again"
	textLastPIN   = "PIN wrong, last try"
)

func eventsOf(statuses string) []string {
	return append([]string{"initialized"}, strings.Fields(statuses)...)
}

// says is a row whose tap is declined with one code.
func says(card, rc, screen string) deckCase {
	return deckCase{card: card, screens: []string{screen}, result: "declined", wire: []string{rc}, events: eventsOf("declined cancelled")}
}

// stepsUp is a row that ends well after a soft decline; screens come before "Approved".
func stepsUp(card string, wire []string, screens ...string) deckCase {
	return deckCase{
		card: card, screens: append(screens, textApproved), never: "Declined", result: "approved", wire: wire,
		events: eventsOf("declined initialized completed"), booked: 1,
	}
}

// pays is a row that ends well at once.
func pays(how, card string, screens ...string) deckCase {
	return deckCase{
		card: card, how: how, screens: append(screens, textApproved), result: "approved", wire: []string{"00"},
		events: eventsOf("completed"), booked: 1,
	}
}

// staysHere is a row of which the host hears nothing.
func staysHere(how, card string, screens ...string) deckCase {
	return deckCase{card: card, how: how, screens: screens, result: "declined", events: eventsOf("cancelled")}
}

func answeredRows() []deckCase {
	above := pays("tap", "visa:000", textPIN)
	above.amount = 5100
	part := deckCase{card: "visa:010", screens: []string{textNot}, result: "notCompleted", wire: []string{"10"}, reversals: []string{"00"}, events: eventsOf("cancelled")}
	wrong := says("visa:055", "70", textPIN)
	wrong.screens = []string{textPIN, textWrongPIN, textLastPIN, textDeclined}
	wrong.wire, wrong.events = []string{"70", "55", "55", "75"}, eventsOf("declined initialized declined cancelled")
	funds := says("visa:074", "70", textPIN)
	funds.screens = []string{textPIN, textDeclined}
	funds.wire, funds.events = []string{"70", "51"}, eventsOf("declined initialized declined cancelled")
	arpc := deckCase{card: "visa:083", how: "insert", screens: []string{textPIN, textNot}, result: "notCompleted", wire: []string{"00"}, reversals: []string{"00"}, events: eventsOf("cancelled")}
	slow := pays("tap", "visa:170", "Processing")
	slow.check = func(t *testing.T, _ *site, p deckPlay) {
		if p.took < time.Second {
			t.Errorf("it took %s", p.took)
		}
	}
	rows := []deckCase{
		pays("tap", "visa:000"), above,
		says("visa:001", "01", textDeclined), says("visa:003", "03", textConfig), says("visa:005", "05", textDeclined), part,
		says("visa:012", "12", textConfig), says("visa:013", "13", textConfig), says("visa:014", "14", textCard),
		says("visa:030", "30", textConfig), says("visa:041", "41", textDeclined), says("visa:043", "43", textDeclined),
		says("maestro:051", "51", textDeclined), says("mastercard:054", "54", textDeclined), wrong,
		says("visa:057", "57", textCard), says("visa:058", "58", textConfig), says("visa:061", "61", textDeclined),
		says("vpay:062", "62", textCard),
		stepsUp("mastercard:065", []string{"65", "00"}, textPIN), stepsUp("mastercard:066", []string{"65", "00"}, textInterface, textPIN),
		stepsUp("visa:070", []string{"70", "00"}, textPIN), stepsUp("visa:071", []string{"70", "55", "00"}, textPIN, textWrongPIN),
		stepsUp("visa:072", []string{"1A", "00"}, textInterface, textPIN), funds, says("visa:075", "75", textDeclined),
		stepsUp("visa:077", []string{"71", "00"}, textPIN), stepsUp("mastercard:077", []string{"71", "00"}, textPIN),
		says("visa:082", "82", textDeclined), arpc, says("visa:091", "91", textDeclined), pays("tap", "visa:094"),
		says("visa:096", "96", textDeclined), pays("tap", "visa:108"), slow,
	}
	for i, c := range rows { // never tell why on screen
		if c.result == "declined" {
			rows[i].never = "lost|stolen|fund|expire|honour|limit|refer"
		}
	}
	return rows
}

func readerCases() []deckCase {
	above := pays("tap", "visa:112", textInterface, textPIN)
	above.amount, above.check = 6000, entered("051")
	off, swiped := pays("tap", "visa:113", textInterface, textPIN), pays("swipe", "visa:115", "insert chip", textPIN)
	off.check, swiped.check = entered("051"), entered("051")
	stripe := pays("insert", "visa:114", "insert again", "insert again", "Use Magstripe", textPIN)
	stripe.check = entered("801")
	fickle := pays("tap", "visa:116", "Present card again", "Present card again", textInterface, textPIN)
	offline, retried := pays("insert", "visa:120", textPIN), pays("insert", "visa:121", textPIN, textWrongPIN, textLastPIN)
	offline.check, retried.check = verified("440302", ""), verified("440302", "")
	signed := pays("insert", "visa:123")
	signed.never, signed.check = "PIN", func(t *testing.T, s *site, p deckPlay) {
		verified("5E0300", "")(t, s, p)
		if r := s.paperOf(p); !strings.Contains(r.CVM, "Signature") {
			t.Errorf("no line to sign on the receipt: %q", r.CVM)
		}
	}
	phone, other := pays("tap", "visa:124"), pays("tap", "mastercard:124")
	phone.amount, phone.never, phone.check = 50_000, "PIN", verified("1F0302", "238C0000")
	other.amount, other.never, other.check = 50_100, "PIN", verified("010002", "05280000303100")
	first, second := pays("insert", "bancontact:190", "1 BANCONTACT", textPIN), pays("insert", "bancontact:190", "2 MAESTRO", textPIN)
	second.choose = "maestro"
	first.check, second.check = paidWith("D056000666111010"), paidWith("A0000000043060")
	refund := pays("tap", "visa:130")
	refund.check = refundFails
	return []deckCase{
		staysHere("tap", "visa:110", textCard), staysHere("tap", "bancontact:111", textCard), above, pays("tap", "visa:112"), off, stripe,
		staysHere("insert", "vpay:114", "insert again", "insert again", textCard), swiped, fickle,
		offline, retried, staysHere("insert", "visa:122", textDeclined), signed, phone, other, refund, first, second,
	}
}

func lostRows() []deckCase {
	refused, late := lostRow("visa:103"), lostRow("visa:104")
	refused.reversals = []string{"91", "91", "91", "91", "91", "00"}
	late.wire, late.reversals = []string{"12"}, []string{"25"}
	return []deckCase{
		refused, lostRow("visa:100"), lostRow("visa:101"), lostRow("visa:102"), late, lostRow("visa:106"),
	}
}

// brokenRows are those after which a connection is closed: what other rows have on it would be lost.
func brokenRows() []deckCase {
	rows := []deckCase{lostRow("visa:105"), lostRow("visa:109"), lostRow("visa:107")}
	for i := range rows {
		rows[i].amount = int64(1105 + i)
	}
	return rows
}

// lostRow is a row whose answer never counts; its payment is reversed.
func lostRow(card string) deckCase {
	return deckCase{
		card: card, screens: []string{textNot}, result: "notCompleted", wire: []string{"00"}, reversals: []string{"00"},
		events: eventsOf("cancelled"),
	}
}

// entered checks DE22.
func entered(want string) func(*testing.T, *site, deckPlay) {
	return func(t *testing.T, _ *site, p deckPlay) {
		if got := p.ledger[len(p.ledger)-1].Entry; got != want {
			t.Errorf("DE22 is %s, want %s", got, want)
		}
	}
}

// verified checks tags 9F34 and 9F6E, and that the issuer got no PIN.
func verified(cvm, formFactor string) func(*testing.T, *site, deckPlay) {
	return func(t *testing.T, _ *site, p deckPlay) {
		if l := p.ledger[len(p.ledger)-1]; l.CVM != cvm || l.FormFactor != formFactor || l.PIN != "" {
			t.Errorf("9F34 %s, 9F6E %q, PIN %q; want %s, %q and none", l.CVM, l.FormFactor, l.PIN, cvm, formFactor)
		}
	}
}

func paidWith(aid string) func(*testing.T, *site, deckPlay) {
	return func(t *testing.T, s *site, p deckPlay) {
		if r := s.paperOf(p); r.AID != aid {
			t.Errorf("the receipt has AID %s, want %s", r.AID, aid)
		}
	}
}

// refundFails pays back what the issuer does not take back.
func refundFails(t *testing.T, s *site, p deckPlay) {
	s.must("POST", "orders/"+p.order+"/refunds", map[string]any{"currency": "EUR", "amount": 100})
	await(t, "the refund is declined", 10*time.Second, func() bool {
		return slices.ContainsFunc(s.ledger(), func(l ledgerLine) bool {
			return l.Kind == "refund" && l.TID == p.tid && l.Amount == 100 && l.RC == "57" && l.State == "declined"
		})
	})
	await(t, "nothing counts as refunded", 10*time.Second, func() bool { return s.order(p.order).AmountRefunded == 0 })
	if o := s.order(p.order); o.Status != "completed" || s.posted(p.amount) != 1 {
		t.Errorf("the payment is %s, %d charges", o.Status, s.posted(p.amount))
	}
}

// playUnreferenced asks for a refund without a payment above the limit of the help page, which nobody
// hears of, and for one at the limit.
func playUnreferenced(t *testing.T, s *site, terminal int) {
	tid := s.facts.Terminals[terminal].TID
	order := cloudOrder("unreferenced-1", tid, 6001)
	order["type"] = "unreferenced_refund"
	e, err := s.call(t.Context(), "POST", "orders", s.facts.GroupKey, order)
	if err != nil || e.Success || e.ErrorCode != 1001 || !strings.Contains(e.ErrorInfo, "6000") {
		t.Errorf("above the limit: %+v %v", e, err)
	}
	order["order_id"], order["amount"] = "unreferenced-2", 6000
	stream := s.events(t.Context(), s.must("POST", "orders", order))
	p := deckPlay{order: "unreferenced-2", tid: tid, amount: 6000}
	if result := s.showCard(&p, map[string]any{"card": "visa"}); result != "approved" {
		t.Errorf("at the limit: %s\n%s", result, strings.Join(p.shown, "\n"))
	}
	deckCase{events: eventsOf("completed")}.compareEvents(t, stream)
	await(t, "the card is credited", 10*time.Second, func() bool {
		return slices.ContainsFunc(s.ledger(), func(l ledgerLine) bool {
			return l.Kind == "credit" && l.TID == tid && l.Amount == 6000 && l.RC == "00" && l.State == "posted"
		})
	})
	if slices.ContainsFunc(s.ledger(), func(l ledgerLine) bool { return l.Amount == 6001 }) {
		t.Error("the host heard of what was refused")
	}
}

// playCardCheck asks whether a card is good, for nothing.
func playCardCheck(t *testing.T, s *site, terminal int) {
	tid := s.facts.Terminals[terminal].TID
	stream := s.events(t.Context(), s.must("POST", "orders", cloudOrder("check", tid, 0)))
	p := deckPlay{order: "check", tid: tid}
	if result := s.showCard(&p, map[string]any{"card": "visa:180"}); result != "approved" {
		t.Errorf("%s\n%s", result, strings.Join(p.shown, "\n"))
	}
	deckCase{events: eventsOf("completed")}.compareEvents(t, stream)
	deckCase{screens: []string{textApproved}}.compareScreens(t, p.shown)
	var lines []string
	for _, l := range s.ledger() {
		if l.TID == tid {
			lines = append(lines, l.Kind+" "+l.RC+" "+l.State)
		}
	}
	if !slices.Equal(lines, []string{"check 85 checked"}) {
		t.Errorf("the ledger has %v", lines)
	}
}
