package host

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa/virtual/deck"
)

// Kind is what a record is about.
type Kind string

// The kinds of records.
const (
	KindSale      Kind = "sale"
	KindRefund    Kind = "refund"
	KindReversal  Kind = "reversal"
	KindHold      Kind = "hold"      // money that is set aside
	KindCapture   Kind = "capture"   // and taken
	KindRelease   Kind = "release"   // or given back
	KindIncrement Kind = "increment" // more money that is set aside
	KindExpiry    Kind = "expiry"    // not a transaction: what was left of a hold is free again
	KindCredit    Kind = "credit"    // money for the card that was presented
	KindCheck     Kind = "check"     // whether a card is good; it moves nothing
	KindUnblock   Kind = "unblock"   // not a transaction: the issuer gave back the PIN tries
)

// ofCard tells whether it comes with a card, and its issuer decides.
func (k Kind) ofCard() bool {
	return k == KindSale || k == KindHold || k == KindCredit || k == KindCheck
}

// The states of a transaction.
const (
	StatePosted   = "posted"
	StateReversed = "reversed"
	StateDeclined = "declined"
	StateHeld     = "held"     // a hold, until all of it is captured or the rest released
	StateCaptured = "captured" // a hold, all of it
	StateReleased = "released" // a hold, what was not captured
	StateExpired  = "expired"  // a hold whose time was over, what was not captured
	StateChecked  = "checked"
)

// What the issuer thought of a PIN.
const (
	pinRight = "right"
	pinWrong = "wrong"
)

// Record is one line of the ledger file: what happened, what was answered, and all that is needed
// to do both again after a crash. It holds no card data; the account is named by brand and row.
type Record struct {
	// N counts the records from 1.
	N    uint64    `json:"n"`
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`

	TID  string `json:"tid,omitempty"`
	MID  string `json:"mid,omitempty"`
	STAN string `json:"stan,omitempty"`
	// Sent is the transmission time (DE7).
	Sent     string `json:"sent,omitempty"`
	RRN      string `json:"rrn,omitempty"`
	Amount   int64  `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`

	Account   string `json:"account,omitempty"`
	Last4     string `json:"last4,omitempty"`
	Lifecycle string `json:"lifecycle,omitempty"`

	RC        string `json:"rc,omitempty"`
	Approval  string `json:"approval,omitempty"`
	SingleTap bool   `json:"single_tap,omitempty"`
	// Approved is the part of Amount that was approved, 0 when it was all of it. Field is DE44.
	Approved   int64  `json:"approved,omitempty"`
	Field      string `json:"field,omitempty"`
	IssuerAuth []byte `json:"issuer_auth,omitempty"`
	// Over tells that a capture was flagged as one that may be above its hold.
	Over bool `json:"over,omitempty"`
	// State is posted, held, checked or declined; that a transaction was reversed is the reversal's record.
	State string `json:"state,omitempty"`

	// Cryptogram tells that the chip's was right; ATC is then its counter.
	Cryptogram bool   `json:"cryptogram,omitempty"`
	ATC        uint16 `json:"atc,omitempty"`
	// Entry is how the card was read (DE22). CVM and FormFactor are tags 9F34 and 9F6E, in hexadecimal.
	Entry      string `json:"entry,omitempty"`
	CVM        string `json:"cvm,omitempty"`
	FormFactor string `json:"form_factor,omitempty"`
	// PIN is right or wrong, when one was judged.
	PIN string `json:"pin,omitempty"`

	// Of is the RRN of the transaction that this one refers to, OfN its record; OfN is 0 when it
	// is not known here. OfSTAN and OfSent complete the identity of what is reversed.
	Of     string `json:"of,omitempty"`
	OfN    uint64 `json:"of_n,omitempty"`
	OfSTAN string `json:"of_stan,omitempty"`
	OfSent string `json:"of_sent,omitempty"`
}

func (r Record) result() result {
	return result{
		rc: r.RC, approval: r.Approval, singleTap: r.SingleTap, issuerAuth: r.IssuerAuth, approved: r.Approved, field: r.Field,
	}
}

// debit is what a posted sale took from the account.
func (r Record) debit() int64 {
	if r.Approved > 0 {
		return r.Approved
	}
	return r.Amount
}

// entry is a transaction with what became of it.
type entry struct {
	Record
	state    string
	refunded int64
	// refusals is how often its reversal was refused.
	refusals int
	// Of a hold: what was captured, what was given back, and what it was raised by, in all and each time. It
	// lasts from an instant on, that of its last approval.
	captured, released, raised int64
	increments                 []int64
	lasts                      time.Time
}

// debit is what a transaction takes from its account, or sets aside.
func (e *entry) debit() int64 { return e.Record.debit() + e.raised }

// same tells whether a repeat asks for what was asked for first.
func (e *entry) same(r request) bool {
	return e.Amount == r.amount && e.Currency == r.msg.Get(49) && e.RRN == r.rrn && e.MID == r.mid &&
		e.Kind == kindOf(r.msg)
}

// book is the state of host and issuers: the fold of the records.
type book struct {
	last    uint64
	entries []*entry
	byN     map[uint64]*entry
	// claimed holds requests by identity, sales those that can be referred to by RRN, which is not unique:
	// terminals make it up from the hour and their own STAN.
	claimed map[string]*entry
	sales   map[string][]*entry
	// reversals is by the identity and RRN of the original.
	reversals map[string]*entry
	accounts  map[string]*account
	byNumber  map[string]*account
}

func newBook(cards []deck.Card) (*book, error) {
	b := &book{
		byN: make(map[uint64]*entry), claimed: make(map[string]*entry), sales: make(map[string][]*entry),
		reversals: make(map[string]*entry), accounts: make(map[string]*account), byNumber: make(map[string]*account),
	}
	for _, c := range cards {
		a, err := newAccount(c)
		if err != nil {
			return nil, err
		}
		b.accounts[a.id] = a
		b.byNumber[c.PAN.Reveal()] = a
	}
	return b, nil
}

// apply takes a record in. It is all that changes a book, live and in a replay; a record that does
// not fit changes nothing.
func (b *book) apply(r Record) error {
	if r.N != b.last+1 {
		return fmt.Errorf("host: ledger record %d follows record %d", r.N, b.last)
	}
	a := b.accounts[r.Account]
	if r.Account != "" && a == nil {
		return fmt.Errorf("host: ledger record %d: account %q is not in the deck", r.N, r.Account)
	}
	of := b.byN[r.OfN]
	if r.OfN != 0 && of == nil {
		return fmt.Errorf("host: ledger record %d: there is no record %d to refer to", r.N, r.OfN)
	}
	e := &entry{Record: r, state: r.State, lasts: r.At}
	switch r.Kind {
	case KindUnblock:
		if a == nil {
			return fmt.Errorf("host: ledger record %d: an unblock without an account", r.N)
		}
		a.wrong, a.used = 0, true
		b.last = r.N
		return nil
	case KindSale, KindHold, KindCredit, KindCheck:
		b.applyCard(e, a)
	case KindCapture:
		b.applyCapture(e, of, a)
	case KindIncrement:
		b.applyIncrement(e, of, a)
	case KindExpiry:
		b.applyExpiry(of)
	case KindRefund:
		b.applyRefund(e, of, a)
	case KindReversal, KindRelease:
		b.applyReversal(e, of)
	default:
		return fmt.Errorf("host: ledger record %d: there is no kind %q", r.N, r.Kind)
	}
	b.last = r.N
	b.entries = append(b.entries, e)
	b.byN[r.N] = e
	return nil
}

// claim gives an entry its identity. What came with a wrong MAC gets none: else whoever can flip a
// bit could take the identity away from the genuine message.
func (b *book) claim(e *entry) bool {
	if e.RC == rcBadMAC {
		return false
	}
	b.claimed[identity(e.TID, e.STAN, e.Sent)] = e
	return true
}

func (b *book) applyCard(e *entry, a *account) {
	if !b.claim(e) {
		return
	}
	if e.Kind == KindSale || e.Kind == KindHold {
		b.sales[e.RRN] = append(b.sales[e.RRN], e)
	}
	if a == nil {
		return
	}
	a.used = true
	if e.Cryptogram {
		a.seen[e.TID] = chipMark{atc: e.ATC, lifecycle: e.Lifecycle, rc: e.RC}
	}
	switch e.PIN {
	case pinRight:
		a.wrong, a.taps, a.tapped = 0, 0, 0
	case pinWrong:
		a.wrong++
		if a.card.Row == 55 && a.wrong == maxPINTries {
			a.wrong = 0 // its script starts over
		}
	}
	b.move(a, e, 1)
	if e.state == StatePosted && e.Kind == KindSale && strings.HasPrefix(e.Entry, "07") && e.PIN == "" {
		a.taps++
		a.tapped += e.Amount
	}
}

// move lets an account feel a transaction, or with -1 that it is undone.
func (b *book) move(a *account, e *entry, sign int64) {
	switch {
	case e.state == StateHeld:
		a.held[e.Currency] += sign * max(0, e.debit()-e.captured)
	case e.state != StatePosted:
	case e.Kind == KindRefund || e.Kind == KindCredit:
		a.spent[e.Currency] -= sign * e.Amount
	default:
		a.spent[e.Currency] += sign * e.debit()
	}
}

func (b *book) applyCapture(e, of *entry, a *account) {
	if !b.claim(e) || e.state != StatePosted || of == nil || a == nil {
		return
	}
	b.sales[e.RRN] = append(b.sales[e.RRN], e)
	b.move(a, of, -1)
	of.captured += e.Amount
	b.move(a, of, 1)
	if of.captured >= of.debit() {
		of.state = StateCaptured
	}
	b.move(a, e, 1)
}

// refundable is what of a transaction can still be paid back; ok is false when nothing ever can.
func (b *book) refundable(e *entry) (left int64, ok bool) {
	switch {
	case e.Kind == KindHold && e.state != StateDeclined && e.state != StateReversed:
		return e.captured - e.refunded, true
	case e.state != StatePosted:
		return 0, false
	case e.Kind == KindCapture:
		hold := b.byN[e.OfN]
		return min(e.Amount-e.refunded, hold.captured-hold.refunded), true
	}
	return e.debit() - e.refunded, true
}

// payBack books a refund with what it refers to, and with the hold behind a capture.
func (b *book) payBack(of *entry, amount int64) {
	of.refunded += amount
	if of.Kind == KindCapture {
		b.byN[of.OfN].refunded += amount
	}
}

func (b *book) applyRefund(e, of *entry, a *account) {
	if !b.claim(e) || e.state != StatePosted || of == nil || a == nil {
		return
	}
	b.payBack(of, e.Amount)
	b.move(a, e, 1)
}

func (b *book) applyReversal(e, of *entry) {
	switch e.RC {
	case rcBadMAC:
		return
	case rcUnavailable:
		if of != nil {
			of.refusals++
		}
		return
	}
	b.reversals[identity(e.TID, e.OfSTAN, e.OfSent)+"|"+e.RRN] = e
	if of == nil || of.state == StateDeclined || of.state == StateReversed {
		return
	}
	if a := b.accounts[of.Account]; a != nil {
		b.move(a, of, -1)
	}
	if of.Kind == KindRefund && b.byN[of.OfN] != nil {
		b.payBack(b.byN[of.OfN], -of.Amount)
	}
	of.state = StateReversed
	if e.Kind == KindRelease {
		of.state, of.released = StateReleased, e.Amount
	}
}

// Line is one host transaction as the ledger shows it.
type Line struct {
	Kind string `json:"kind"`
	TID  string `json:"tid"`
	STAN string `json:"stan"`
	RRN  string `json:"rrn"`
	// Last4 are the last digits of the card, "" when the message named none.
	Last4 string `json:"last4"`
	// Amount is in minor units of Currency, an ISO 4217 code in letters.
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	// Approved is the part of Amount that was approved, 0 when it was all of it.
	Approved int64 `json:"approved,omitempty"`
	// Entry (DE22), CVM (tag 9F34), FormFactor (9F6E) and PIN ("right" or "wrong", when the issuer judged
	// one) tell how the card was read and its holder verified.
	Entry      string `json:"entry,omitempty"`
	CVM        string `json:"cvm,omitempty"`
	FormFactor string `json:"form_factor,omitempty"`
	PIN        string `json:"pin,omitempty"`
	RC         string `json:"rc"`
	State      string `json:"state"`
	// Of is the RRN of the transaction that this one refers to, "" when to none.
	Of string `json:"of"`
}

// Lines gives up to limit transactions from the given place on, in the order in which they came.
func (m *Machine) Lines(from, limit int) []Line {
	all := m.book.entries
	if from < 0 || from >= len(all) {
		return nil
	}
	out := make([]Line, 0, min(limit, len(all)-from))
	for _, e := range all[from:min(len(all), from+limit)] {
		out = append(out, Line{
			Kind: string(e.Kind), TID: e.TID, STAN: e.STAN, RRN: e.RRN, Last4: e.Last4, Amount: e.Amount,
			Currency: currencyName(e.Currency), Approved: e.Approved, RC: e.RC,
			Entry: e.Entry, CVM: e.CVM, FormFactor: e.FormFactor, PIN: e.PIN, State: e.state, Of: e.Of,
		})
	}
	return out
}

// AccountState is what the issuer has on an account that was used.
type AccountState struct {
	Account string `json:"account"`
	// Spent is what is posted, by currency, in minor units; Held is what is set aside beside that.
	Spent        map[string]int64 `json:"spent"`
	Held         map[string]int64 `json:"held"`
	PINTriesLeft int              `json:"pin_tries_left"`
}

// LinkState is one connection.
type LinkState struct {
	Conn     uint64 `json:"conn"`
	SignedOn bool   `json:"signed_on"`
}

// State is the host at a glance.
type State struct {
	Links        []LinkState    `json:"links"`
	Transactions int            `json:"transactions"`
	Faults       []Fault        `json:"faults"`
	Delayed      int            `json:"delayed"`
	Accounts     []AccountState `json:"accounts"`
}

// State gives a copy of the state, in a settled order.
func (m *Machine) State() State {
	s := State{
		Links: []LinkState{}, Transactions: len(m.book.entries), Faults: append([]Fault{}, m.faults...),
		Delayed: len(m.delayed), Accounts: []AccountState{},
	}
	for conn, l := range m.links {
		s.Links = append(s.Links, LinkState{Conn: conn, SignedOn: l.signedOn})
	}
	for id, a := range m.book.accounts {
		if !a.used {
			continue
		}
		s.Accounts = append(s.Accounts, AccountState{
			Account: id, Spent: byName(a.spent), Held: byName(a.held), PINTriesLeft: a.triesLeft(),
		})
	}
	slices.SortFunc(s.Links, func(a, b LinkState) int { return cmp.Compare(a.Conn, b.Conn) })
	slices.SortFunc(s.Accounts, func(a, b AccountState) int { return cmp.Compare(a.Account, b.Account) })
	return s
}

// byName are amounts by the name of their currency.
func byName(amounts map[string]int64) map[string]int64 {
	named := make(map[string]int64, len(amounts))
	for currency, amount := range amounts {
		named[currencyName(currency)] = amount
	}
	return named
}

// currencyName is the code in letters for the currencies of Europe and some others; a code that is
// not here stays as it is.
func currencyName(numeric string) string {
	names := [...][2]string{
		{"978", "EUR"}, {"826", "GBP"}, {"840", "USD"}, {"756", "CHF"}, {"208", "DKK"}, {"752", "SEK"}, {"578", "NOK"},
		{"985", "PLN"}, {"203", "CZK"}, {"348", "HUF"}, {"946", "RON"}, {"975", "BGN"}, {"352", "ISK"}, {"036", "AUD"},
		{"124", "CAD"}, {"392", "JPY"},
	}
	for _, n := range names {
		if n[0] == numeric {
			return n[1]
		}
	}
	return numeric
}
