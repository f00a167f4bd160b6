package host

import (
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"kassa/card"
	"kassa/dukpt"
	"kassa/emv"
	"kassa/virtual/deck"
)

const (
	tagCryptogram  emv.Tag = 0x9F26
	tagInformation emv.Tag = 0x9F27
	tagATC         emv.Tag = 0x9F36
	tagAmount      emv.Tag = 0x9F02
	tagCurrency    emv.Tag = 0x5F2A
	tagType        emv.Tag = 0x9C
	tagCVM         emv.Tag = 0x9F34
	tagFormFactor  emv.Tag = 0x9F6E
)

// account is what an issuer knows of one card.
type account struct {
	id   string
	card deck.Card
	// master is the card's key, derived from the issuer's (never from what the card claims).
	master card.Key
	pvv    string
	// spent is what was posted, by currency, in minor units.
	spent map[string]int64
	// held is what is set aside and neither captured nor released.
	held map[string]int64
	// wrong counts the wrong PINs since the last right one.
	wrong int
	// taps and tapped are how often and for how much the card has paid by tap since its holder was
	// verified last (RTS on strong customer authentication, article 11).
	taps   int
	tapped int64
	// seen is the last chip transaction by terminal. A deck of cards lies beside every virtual
	// terminal, each with its own counters, so the high-water mark is one of card and terminal.
	seen map[string]chipMark
	used bool
}

// chipMark is the highest application transaction counter and what became of it.
type chipMark struct {
	atc       uint16
	lifecycle string
	rc        string
}

func newAccount(c deck.Card) (*account, error) {
	master, err := emv.CardKey(deck.IssuerMasterKey(), c.PAN, c.PSN)
	if err != nil {
		return nil, fmt.Errorf("host: card key of %s: %w", c.ID(), err)
	}
	return &account{
		id: c.ID(), card: c, master: master,
		pvv:   card.PVV(deck.PINVerificationKey(), deck.PVKI, c.PIN, c.PAN),
		spent: make(map[string]int64), held: make(map[string]int64), seen: make(map[string]chipMark),
	}, nil
}

// balance is what is left in a currency. Account 051 is empty.
func (a *account) balance(currency string) int64 {
	gone := a.spent[currency] + a.held[currency]
	if a.card.Row == 51 {
		return -gone
	}
	return startBalance - gone
}

func (a *account) triesLeft() int { return max(0, maxPINTries-a.wrong) }

// judgeCard completes the record of a request about a card with the issuer's decision.
func (m *Machine) judgeCard(now time.Time, r request, rec *Record) quirk {
	if m.book.reversals[r.id+"|"+r.rrn] != nil {
		rec.RC = rcInvalid // its reversal came first
		return quirkNone
	}
	s, rc := readSale(r)
	if rc != "" {
		rec.RC = rc
		return quirkNone
	}
	rec.Last4, rec.Entry = s.pan.Last4(), s.entry
	rec.CVM, rec.FormFactor = s.shows(tagCVM), s.shows(tagFormFactor)
	a := m.book.byNumber[s.pan.Reveal()]
	if a == nil {
		rec.RC = rcUnknownCard
		return quirkNone
	}
	rec.Account = a.id
	arqc, rc := a.authenticate(s, rec)
	if rc == "" {
		rc = m.decide(now, a, s, rec)
	}
	if code := m.declines(r.msg.Get(41)); code != "" {
		rc = code
	}
	rec.RC = rc
	a.conclude(rec, m.book.last+1)
	if rec.Cryptogram {
		rec.IssuerAuth = a.prove(s, arqc, rc)
	}
	return a.quirk()
}

// decide is the issuer's decision about a card that is genuine.
func (m *Machine) decide(now time.Time, a *account, s sale, rec *Record) string {
	if s.expiry != a.card.Expiry || s.expiry < now.UTC().Format("0601") {
		return rcExpired
	}
	if s.stripe() && !a.card.MagneticStripe || s.tap() && !a.card.Contactless {
		return rcNotPermitted
	}
	if rc := m.checkPIN(a, s, rec); rc != "" {
		return rc
	}
	if s.code != "" && s.code != verificationCode {
		return rcCode
	}
	if rc := a.script(s, rec); rc != "" {
		return rc
	}
	if s.amountCodes && a.card.Row == 0 && (rec.Kind == KindSale || rec.Kind == KindHold) {
		if rc := byAmount(s, rec); rc != "" {
			return rc
		}
	}
	switch {
	case rec.Kind == KindCheck:
		return rcNoReason // the card is good, and nothing is booked
	case rec.Amount == 0:
		return rcAmount
	case rec.Kind == KindCredit:
		return rcApproved
	}
	if a.balance(rec.Currency) < rec.Amount {
		return rcFunds
	}
	return rcApproved
}

// authenticate verifies the chip's cryptogram and that it was not used before. It gives the ARQC,
// and a response code when the card is refused.
func (a *account) authenticate(s sale, rec *Record) (arqc [8]byte, rc string) {
	if s.stripe() || s.entered() {
		return arqc, ""
	}
	master := a.master
	if s.psn != "" && s.psn != a.card.PSN {
		other, err := emv.CardKey(deck.IssuerMasterKey(), a.card.PAN, s.psn)
		if err != nil {
			return arqc, rcFormat
		}
		master = other
	}
	shown, _ := s.chip.Get(tagCryptogram)
	counter, _ := s.chip.Get(tagATC)
	if len(shown) != len(arqc) || len(counter) != 2 {
		return arqc, rcFormat
	}
	want, err := emv.Cryptogram(master, s.chip)
	if err != nil || subtle.ConstantTimeCompare(want[:], shown) != 1 {
		return arqc, rcCryptogram
	}
	if kind, ok := s.chip.Get(tagInformation); ok && (len(kind) != 1 || kind[0]&0xC0 != 0x80) {
		return arqc, rcInvalid // a TC or an AAC asks for nothing
	}
	if rc := sameMoney(s.chip, rec); rc != "" {
		return arqc, rc
	}
	atc := binary.BigEndian.Uint16(counter)
	if !a.fresh(s, atc, rec) {
		return arqc, rcCryptogram
	}
	rec.Cryptogram, rec.ATC = true, atc
	return want, ""
}

// sameMoney compares the amount and the kind of transaction that the card has signed with those that
// the message asks for.
func sameMoney(chip emv.List, rec *Record) string {
	amount, _ := chip.Get(tagAmount)
	if hex.EncodeToString(amount) != fmt.Sprintf("%012d", rec.Amount) {
		return rcAmount
	}
	currency, _ := chip.Get(tagCurrency)
	if hex.EncodeToString(currency) != "0"+rec.Currency {
		return rcInvalid
	}
	want := byte(0x00)
	if rec.Kind == KindCredit {
		want = 0x20
	}
	if kind, ok := chip.Get(tagType); ok && (len(kind) != 1 || kind[0] != want) {
		return rcInvalid // it was shown another kind of transaction
	}
	return ""
}

// fresh tells whether a counter may be used: it is above the last one, or it is the same tap (or,
// after a wrong PIN, the same card session) of the same payment, with the PIN that was asked for.
func (a *account) fresh(s sale, atc uint16, rec *Record) bool {
	last, known := a.seen[rec.TID]
	if !known || atc > last.atc {
		return true
	}
	if atc != last.atc || last.lifecycle == "" || last.lifecycle != rec.Lifecycle || !s.hasPIN() {
		return false
	}
	switch last.rc {
	case rcWrongPIN:
		return true
	case rcSoftPIN, rcPINRequired, rcOwnPIN:
		return s.followUp
	}
	return false
}

// checkPIN verifies the PIN, if there is one. Card 055 has a PIN that its issuer never accepts, and
// card 071 one whose first entry it does not.
func (m *Machine) checkPIN(a *account, s sale, rec *Record) string {
	if !s.hasPIN() {
		return ""
	}
	if a.triesLeft() == 0 {
		return rcTriesExceeded
	}
	pin, err := dukpt.DecryptPIN(m.keys.PIN, [16]byte(s.pinBlock), a.card.PAN)
	if err != nil {
		return rcCrypto
	}
	pvv := card.PVV(deck.PINVerificationKey(), deck.PVKI, pin, a.card.PAN)
	denied := a.card.Row == 55 || a.card.Row == 71 && a.wrong == 0
	if !denied && subtle.ConstantTimeCompare([]byte(pvv), []byte(a.pvv)) == 1 {
		rec.PIN = pinRight
		return ""
	}
	rec.PIN = pinWrong
	if a.triesLeft() == 1 {
		return rcTriesExceeded
	}
	return rcWrongPIN
}

// prove makes tag 91, with which the card knows its issuer. Card 083 gets a wrong one on contact.
func (a *account) prove(s sale, arqc [8]byte, rc string) []byte {
	if rc == rcNoReason {
		rc = rcApproved // to the chip a yes is a yes
	}
	proof, err := emv.IssuerAuth(a.master, s.chip, arqc, rc)
	if err != nil {
		return nil
	}
	if a.card.Row == 83 && s.contact() && len(proof) > 0 {
		proof[0] ^= 1
	}
	return proof
}
