package deck_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"kassa/virtual/deck"
)

// page is docs/test-cards.md as the deck has it.
func page() string {
	var b strings.Builder
	b.WriteString(`# Test cards

Made from [the deck](../virtual/deck/rows.go); ` + "`UPDATE=1 go test ./virtual/deck`" + ` writes it anew, and a test fails when it
is stale. The same rows are listed by ` + "`kassa card list`" + ` and on the pages of the virtual terminals.

A card is named by its brand and its row: ` + "`kassa card tap visa:051`" + `. Its number is the brand's test prefix, 900000, the row
and a check digit. Every card has PIN 1234 and expires in December 2031, but for row 054. The keys behind them are published
ones; a live installation refuses the numbers.

"Shows" are the lines to look for on the terminal, in order. "Wire" is what the host answers in ISO 8583 DE39. The screen never says
why an issuer declined; the wire does.

| row | what happens | how to play it | shows | wire (DE39) | result | cards |
|---|---|---|---|---|---|---|
`)
	for _, r := range deck.Rows() {
		cards := strings.Join(r.Cards(), ", ")
		if r.Fault != "" {
			cards = "terminal fault `" + strings.ReplaceAll(r.Fault, " or ", "` or `") + "`"
		}
		switch len(r.Cards()) {
		case 0:
			if r.Fault == "" {
				cards = "any"
			}
		case 5:
			cards = "all brands"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.ID(), r.Title, r.How, r.Screens(), r.Wire, r.Result, cards)
	}
	b.WriteString(`
## Numbers

The card of row 000 of each brand, for whoever has to type one in. The others differ in the row and the check digit.

| brand | number | AID |
|---|---|---|
`)
	for _, c := range deck.All() {
		if c.Row == 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Label, c.PAN.Reveal(), c.AID)
		}
	}
	b.WriteString(notes)
	return b.String()
}

const notes = `
## Notes

- **010** is reversed whole, unless the order's hold keeps a part (` + "`" + `terms.minimum` + "`" + `): then that is what is held. The reversal is an advice
  (0420), which is repeated until it is acknowledged.
- **055, 071, 121** say no to a PIN whatever is typed, so that they play by themselves. The script of 055 starts over after its third.
- **076** counts in the issuer: taps that it approved since the PIN was right last, on a tap or in the chip. The sixth in a row asks for it, and the one
  that would bring the sum above 150.00.
- **077** is answered 71, which is in no standard: ` + "`kassa serve --acquirer-codes 71=70`" + `, the default, says what it means.
- **094** is asked again once, as a repeat (0201), and then gets the answer that the host has in store. A host that says duplicate to the repeat too
  leaves a reversal.
- **103** raises no alert: one is raised when six tries have failed, and the sixth succeeds.
- **104** is answered 25 (original not found) to its reversal, which counts as done; the sale comes to the issuer then, and is refused with 12.
- **111** is a Bancontact card with a product of its own (its AID ends in 09), which the test merchants' contract leaves out. Other Bancontact cards are taken.
- **112** knows no way to verify its holder by tap, so that the limit of 50.00 is where the reader asks for another interface. Below it, it pays.
- **114** may use its stripe only where the brand allows it: V PAY does not.
- **120 to 122**: a chip's tries for its PIN are whole again each time that it is inserted, so that no card of the deck is used up.
- **122, 110, 111** leave nothing at the host: the order waits for another card until it is cancelled, after 60 s by itself.
- **124** is a phone: it has no contacts and no stripe.
- **160 to 162** are faults of a terminal (` + "`kassa sim fault TERMINAL tamper`" + `), with any card. A tampered terminal stays so over a loss of power, until the
  fault is cleared; then it gets a new initial key. A key that is used again needs a payment before it.
- **170**'s delay can be shortened (` + "`kassa dev --slow 1s`" + `), and 101's (` + "`--late`" + `).
`

func TestPageIsFresh(t *testing.T) {
	const file = "../../docs/test-cards.md"
	want := page()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale; UPDATE=1 go test ./virtual/deck writes it anew", file)
	}
}

func TestRowsAreWhole(t *testing.T) {
	seen := map[int]bool{}
	last := -1
	for _, r := range deck.Rows() {
		if seen[r.Number] || r.Number <= last {
			t.Errorf("row %s is there twice, or out of order", r.ID())
		}
		seen[r.Number], last = true, r.Number
		if r.Title == "" || r.How == "" || (len(r.Shows) == 0) != (r.Number == 131) || r.Wire == "" || r.Result == "" {
			t.Errorf("row %s is incomplete: %+v", r.ID(), r)
		}
		if (len(r.Cards()) == 0) != (r.Fault != "" || r.Number == 131) { // 131 is refused before there is a card
			t.Errorf("row %s has neither cards nor a fault, or both", r.ID())
		}
		if strings.Contains(r.Title+r.How+r.Wire+r.Result, "|") {
			t.Errorf("row %s would break the table", r.ID())
		}
	}
	for _, c := range deck.All() {
		if c.Script().Number != c.Row || c.Script().Title == "" {
			t.Errorf("%s has no row", c.ID())
		}
	}
}
