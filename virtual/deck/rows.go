package deck

import (
	"fmt"
	"slices"
	"strings"

	"kassa/card"
)

// Row is one row of the deck: what its cards do, in the words in which people are told of it. How
// the issuer treats them is package host's, what their chips do is in the Card.
type Row struct {
	Number int `json:"number"`
	// Title says what goes right or wrong.
	Title string `json:"title"`
	// How is how to play it: what to do at the terminal.
	How string `json:"how"`
	// Shows are the lines to look for on the screen, in order.
	Shows []string `json:"shows"`
	// Wire is what the host answers (DE39), in order; "none" when it hears nothing.
	Wire string `json:"wire"`
	// Result is what becomes of the order, or of what else is played.
	Result string `json:"result"`
	// Fault is the fault of the terminal, or of a merchant, that plays a row which is no card's.
	Fault string `json:"fault,omitempty"`

	brands []card.Brand
}

// ID is the row's number in three digits.
func (r Row) ID() string { return fmt.Sprintf("%03d", r.Number) }

// Cards are the names of the row's cards, like "visa:051".
func (r Row) Cards() []string {
	var list []string
	for _, i := range issues() {
		if slices.Contains(r.brands, i.brand) {
			list = append(list, fmt.Sprintf("%s:%03d", i.name, r.Number))
		}
	}
	return list
}

// Rows lists every row in the order of its number.
func Rows() []Row {
	return slices.Concat(declineRows(), stepUpRows(), issuerRows(), lineRows(), readerRows(), otherRows())
}

// Script is the row of a card.
func (c Card) Script() Row {
	rows := Rows()
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Number == c.Row }); i >= 0 {
		return rows[i]
	}
	return Row{Number: c.Row}
}

// What several rows have in common.
const (
	lineDeclined  = "1000 card declined"
	lineConfig    = "Configuration error. Try again"
	lineCard      = "Card not supported"
	lineInterface = "Use a different interface"
	lineAgain     = "Present card again"
	linePIN       = "Enter PIN"
	lineWrong     = "PIN wrong, try again"
	lineLast      = "PIN wrong, last try"
	lineNot       = "Not completed"
	lineApproved  = "Approved"

	paid        = "completed"
	retry       = "declined; another card may follow"
	undone      = "cancelled; what the issuer posted is reversed"
	thenPaid    = "declined (not final), initialized, completed"
	onlyTap     = "tap"
	onlyInsert  = "insert"
	none        = "none"
	insertThen  = "tap, then insert and PIN"
	pinThen     = "tap, then PIN"
	nothingHeld = "the card is refused; the order waits for another"
)

func everyBrand() []card.Brand {
	return []card.Brand{card.Visa, card.Mastercard, card.Maestro, card.VPay, card.Bancontact}
}

// no is a row whose every use gets one response code.
func no(number int, rc, shows, title string) Row {
	return Row{Number: number, Title: title, How: onlyTap, Shows: []string{shows}, Wire: rc, Result: retry, brands: everyBrand()}
}

func declineRows() []Row {
	return []Row{
		{
			Number: 0, Title: "Approves; PIN above 50.00", How: onlyTap, Shows: []string{lineApproved}, Wire: "00",
			Result: paid, brands: everyBrand(),
		},
		no(1, "01", lineDeclined, "Declined: refer to the issuer"),
		no(3, "03", lineConfig, "The host does not know the merchant"),
		no(5, "05", lineDeclined, "Declined: do not honour"),
		{
			Number: 10, Title: "Approves 60 % of the amount", How: onlyTap, Shows: []string{lineNot}, Wire: "10", Result: undone,
			brands: everyBrand(),
		},
		no(12, "12", lineConfig, "Invalid transaction"),
		no(13, "13", lineConfig, "Invalid amount"),
		no(14, "14", lineCard, "The issuer does not know the number"),
		no(30, "30", lineConfig, "Format error; DE44 names the field, and an alert is raised"),
		no(41, "41", lineDeclined, "Lost card; the screen does not say why"),
		no(43, "43", lineDeclined, "Stolen card; the screen does not say why"),
		no(51, "51", lineDeclined, "Declined: insufficient funds"),
		no(54, "54", lineDeclined, "Expired card"),
		{
			Number: 55, Title: "Every PIN is wrong", How: pinThen, Shows: []string{linePIN, lineWrong, lineLast, lineDeclined},
			Wire: "70 or 65, 55, 55, 75", Result: retry, brands: everyBrand(),
		},
		no(57, "57", lineCard, "Not permitted to the card"),
		no(58, "58", lineConfig, "Not permitted to the terminal"),
		no(61, "61", lineDeclined, "Over a limit of the card"),
		no(62, "62", lineCard, "Restricted card"),
	}
}

func stepUpRows() []Row {
	visa, mastercard, both := []card.Brand{card.Visa}, []card.Brand{card.Mastercard}, []card.Brand{card.Visa, card.Mastercard}
	return []Row{
		{
			Number: 65, Title: "Tap: asks the PIN, then approves", How: pinThen, Shows: []string{linePIN, lineApproved},
			Wire: "65, 00", Result: thenPaid, brands: mastercard,
		},
		{
			Number: 66, Title: "Tap: wants the chip, then approves", How: insertThen, Shows: []string{lineInterface, linePIN, lineApproved},
			Wire: "65, 00", Result: thenPaid, brands: mastercard,
		},
		{
			Number: 70, Title: "Tap: asks the PIN, then approves", How: pinThen, Shows: []string{linePIN, lineApproved},
			Wire: "70, 00", Result: thenPaid, brands: visa,
		},
		{
			Number: 71, Title: "Tap: asks the PIN, the first is wrong, then approves", How: pinThen,
			Shows: []string{linePIN, lineWrong, lineApproved}, Wire: "70, 55, 00", Result: thenPaid, brands: visa,
		},
		{
			Number: 72, Title: "Tap: wants the chip, then approves", How: insertThen, Shows: []string{lineInterface, linePIN, lineApproved},
			Wire: "1A, 00", Result: thenPaid, brands: visa,
		},
		{
			Number: 73, Title: "Tap: wants the chip, and the customer walks away", How: onlyTap, Shows: []string{lineInterface},
			Wire: "1A", Result: "cancelled after 60 s", brands: visa,
		},
		{
			Number: 74, Title: "Tap: asks the PIN, then insufficient funds", How: pinThen, Shows: []string{linePIN, lineDeclined},
			Wire: "70, 51", Result: "declined; cancelled when the customer gives up", brands: visa,
		},
		no(75, "75", lineDeclined, "PIN tries exceeded"),
		{
			Number: 76, Title: "Asks the PIN at the sixth tap in a row, or above 150.00 in all", How: "tap six times",
			Shows: []string{linePIN, lineApproved}, Wire: "00 five times; 70 or 65, 00", Result: thenPaid, brands: both,
		},
		{
			Number: 77, Title: "Tap: asks the PIN with the host's own code 71, then approves", How: pinThen,
			Shows: []string{linePIN, lineApproved}, Wire: "71, 00", Result: thenPaid, brands: both,
		},
	}
}

func issuerRows() []Row {
	return []Row{
		no(82, "82", lineDeclined, "Cloned chip: wrong cryptogram; an alert is raised"),
		{
			Number: 83, Title: "Insert: the card refuses the issuer", How: onlyInsert, Shows: []string{linePIN, lineNot},
			Wire: "00", Result: undone, brands: everyBrand(),
		},
		no(91, "91", lineDeclined, "The issuer cannot be reached"),
		{
			Number: 94, Title: "The host says duplicate; its first answer is fetched", How: onlyTap, Shows: []string{lineApproved},
			Wire: "94, then the stored 00", Result: paid, brands: everyBrand(),
		},
		no(96, "96", lineDeclined, "The issuer's system fails"),
	}
}

// lineRows are about what gets lost between Kassa and the host.
func lineRows() []Row {
	lost := func(number int, title string) Row {
		return Row{
			Number: number, Title: title, How: onlyTap, Shows: []string{lineNot}, Wire: "no answer that counts", Result: undone,
			brands: everyBrand(),
		}
	}
	twice := lost(108, "The answer comes twice")
	twice.Shows, twice.Wire, twice.Result = []string{lineApproved}, "00", paid
	return []Row{
		lost(100, "The host never answers"),
		lost(101, "The approval comes too late"),
		lost(102, "No answer, and the first reversal is lost"),
		lost(103, "No answer, and the reversal is refused five times"),
		lost(104, "The issuer gets the sale after its reversal"),
		lost(105, "The host hangs up"),
		lost(106, "The answer has another STAN"),
		lost(107, "The answer has a bad MAC; an alert is raised"),
		twice,
		lost(109, "The answer is a frame of a wrong length"),
	}
}

// readerRows are those of which the host hears nothing, or nothing before the card is read another way.
func readerRows() []Row {
	both := []card.Brand{card.Visa, card.Mastercard}
	again := []string{lineInterface, linePIN, lineApproved}
	return []Row{
		{
			Number: 110, Title: "No application that the terminal knows (a loyalty card)", How: onlyTap, Shows: []string{lineCard},
			Wire: none, Result: nothingHeld, brands: []card.Brand{card.Visa},
		},
		{
			Number: 111, Title: "A product that is switched off for the merchant", How: onlyTap, Shows: []string{lineCard},
			Wire: none, Result: nothingHeld, brands: []card.Brand{card.Bancontact},
		},
		{
			Number: 112, Title: "Above 50.00 a tap is not enough, and asks for no PIN", How: "tap 60.00, then insert and PIN", Shows: again,
			Wire: "00 (chip)", Result: paid, brands: everyBrand(),
		},
		{
			Number: 113, Title: "Contactless is switched off in the card (6985)", How: insertThen, Shows: again,
			Wire: "00 (chip)", Result: paid, brands: everyBrand(),
		},
		{
			Number: 114, Title: "The chip cannot be read; the third time the stripe may do", How: "insert, three times, then swipe and PIN",
			Shows: []string{"Chip not read, insert again", "Use Magstripe", linePIN, lineApproved},
			Wire:  "00 (DE22 801); V PAY: none", Result: "completed; V PAY: Card not supported",
			brands: []card.Brand{card.Visa, card.Mastercard, card.VPay},
		},
		{
			Number: 115, Title: "Swipe of a card that has a chip", How: "swipe, then insert and PIN",
			Shows: []string{"Insert chip", linePIN, lineApproved}, Wire: "00 (chip)", Result: paid,
			brands: []card.Brand{card.Visa, card.Mastercard, card.Maestro, card.Bancontact},
		},
		{
			Number: 116, Title: "The tap is too short, three times", How: "tap three times, then insert and PIN",
			Shows: []string{lineAgain, lineInterface, linePIN, lineApproved}, Wire: "00 (chip)", Result: paid, brands: everyBrand(),
		},
		{
			Number: 120, Title: "The chip itself checks the PIN", How: onlyInsert, Shows: []string{linePIN, lineApproved},
			Wire: "00 (9F34 440302, no PIN block)", Result: paid, brands: everyBrand(),
		},
		{
			Number: 121, Title: "The chip says no to two PINs (63C2, 63C1), then yes", How: onlyInsert,
			Shows: []string{linePIN, lineWrong, lineLast, lineApproved}, Wire: "00", Result: paid, brands: everyBrand(),
		},
		{
			Number: 122, Title: "The chip has blocked its PIN (6983)", How: onlyInsert, Shows: []string{lineDeclined},
			Wire: none, Result: nothingHeld, brands: everyBrand(),
		},
		{
			Number: 123, Title: "Signature instead of a PIN", How: onlyInsert, Shows: []string{lineApproved},
			Wire: "00 (9F34 5E0300)", Result: "completed; the receipt has a line to sign", brands: both,
		},
		{
			Number: 124, Title: "A phone that has verified its owner; no PIN at any amount", How: "tap 500.00", Shows: []string{lineApproved},
			Wire: "00 (tag 9F6E)", Result: paid, brands: both,
		},
	}
}

func otherRows() []Row {
	return []Row{
		{
			Number: 130, Title: "Refunds are not supported", How: "pay, then refund the order", Shows: []string{lineApproved},
			Wire: "00; 57 on the refund", Result: "the refund fails, the payment stays", brands: everyBrand(),
		},
		{
			Number: 131, Title: "A refund without a payment, above the limit of 60.00", How: "an unreferenced refund of 60.01",
			Wire: none, Result: "refused before a terminal shows it; 60.00 is paid to the card that is tapped",
		},
		{
			Number: 160, Title: "A terminal without an initial key", How: "activate the terminal", Shows: []string{"IPEK not configured"},
			Wire: none, Result: "the activation is refused", Fault: "no-ipek",
		},
		{
			Number: 161, Title: "A tampered terminal: its keys are gone", How: "pay", Shows: []string{"Attacked! Please contact your service provider"}, Wire: none,
			Result: "cancelled; every payment is refused", Fault: "tamper",
		},
		{
			Number: 162, Title: "No DUKPT key is left, or one is used again; an alert is raised", How: "pay, any card",
			Shows: []string{lineConfig}, Wire: none, Result: "cancelled (no key left) or declined (used again)", Fault: "keys-used-up or key-replay",
		},
		{
			Number: 170, Title: "Approves after 10 seconds", How: onlyTap, Shows: []string{"Processing", lineApproved}, Wire: "00",
			Result: paid, brands: everyBrand(),
		},
		{
			Number: 180, Title: "Checks a card with an amount of zero", How: "a card check of 0.00, tap", Shows: []string{lineApproved},
			Wire: "85", Result: "the card is valid, and nothing is booked", brands: everyBrand(),
		},
		{
			Number: 190, Title: "Bancontact and Maestro in one card: its holder chooses", How: "insert, choose 1 or 2, PIN",
			Shows: []string{"1 BANCONTACT", "2 MAESTRO", linePIN, lineApproved}, Wire: "00", Result: "completed; the receipt's AID is the choice",
			brands: []card.Brand{card.Bancontact},
		},
	}
}

// rows lists the rows of a brand's cards: those that every brand has, and those that one scheme only
// has because they make sense in it only.
func rows(b card.Brand) []int {
	var list []int
	for _, r := range Rows() {
		if slices.Contains(r.brands, b) {
			list = append(list, r.Number)
		}
	}
	return list
}

// Screens is Shows on one line.
func (r Row) Screens() string { return strings.Join(r.Shows, " → ") }
