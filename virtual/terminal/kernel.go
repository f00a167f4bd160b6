package terminal

import (
	"strings"

	"kassa/poilink"
	"kassa/virtual/deck"
)

// What the device itself says of a card. The cloud's texts for the same are the same.
const (
	problemNotSupported = "Card not supported"
	problemInsertChip   = "Insert chip"
	problemAgain        = "Present card again"
	problemUnread       = "Chip not read, insert again"
	problemDeclined     = "1000 card declined"
	problemWrongPIN     = "PIN wrong, try again"
	problemLastPIN      = "PIN wrong, last try"
	problemConfig       = "Configuration error. Try again"
)

// maxTrouble is how often a card is tried that cannot be read, before another way is asked for.
const maxTrouble = 3

// accepted are the applications of the test merchants' contract. A card's application is of the
// longest name here that its own begins with (EMV Book 1, 12.3.1); one that is off the contract
// leaves out.
func accepted() map[string]bool {
	return map[string]bool{
		"A0000000031010": true, "A0000000041010": true, "A0000000043060": true, "A0000000032020": true,
		"D056000666111010": true, "D05600066611101009": false,
	}
}

// candidates are the applications of a card that the terminal takes, the card's favourite first.
func candidates(c deck.Card) []deck.Application {
	var list []deck.Application
	for _, a := range c.Applications() {
		longest, on := "", false
		for aid, is := range accepted() {
			if strings.HasPrefix(a.AID, aid) && len(aid) > len(longest) {
				longest, on = aid, is
			}
		}
		if on {
			list = append(list, a)
		}
	}
	return list
}

// trouble counts how often one card could not be read.
type trouble struct {
	card  string
	times int
}

// present reads a card, if one is wanted.
func (m *Machine) present(in CardPresented) {
	if m.model().Unattended && m.v.stage == stageNone {
		m.tapped(in)
		return
	}
	if (m.v.stage != stagePresent && m.v.stage != stageInsert) || !wants(m.v.screen, in.Entry) {
		return
	}
	if m.d.Open == nil || m.v.device == nil || m.has(FaultReader) {
		return
	}
	var read bool
	switch in.Entry {
	case Tap:
		read = m.meetTap(in.Card)
	case Insert:
		read = m.meetChip(in.Card)
	case Swipe:
		read = m.meetStripe(in.Card)
	}
	if !read {
		return
	}
	m.cardCame(in.Entry)
	if in.Entry == Swipe {
		m.begin(in)
	} else {
		m.selectApplication(in)
	}
	if m.has(FaultDoubleTap) {
		m.present(in) // the second read finds no screen that wants a card
	}
}

// meetTap is what the contactless reader meets. Another interface (EMV Book A, Try Another Interface)
// is asked for when the card lets no contactless payment begin, and when it knows no way to verify its
// holder although the amount asks for one.
func (m *Machine) meetTap(c deck.Card) bool {
	phone := c.Chip.Verification == deck.Device
	switch {
	case c.Chip.Fickle:
		if m.failed(c) {
			m.askInsert()
			return false
		}
		m.refuseCard(problemAgain)
		return false
	case !c.Contactless, c.Chip.Refuses, c.Chip.PINless && !phone && m.d.Open.AmountMinor > noCVMLimitMinor:
		m.askInsert()
		return false
	}
	return true
}

func (m *Machine) meetChip(c deck.Card) bool {
	switch {
	case c.Chip.FormFactor != nil: // a phone has no contacts
		m.refuseCard(problemNotSupported)
		return false
	case !c.Chip.Dead:
		return true
	case !m.failed(c):
		m.refuseCard(problemUnread)
	case !c.MagneticStripe:
		m.refuseCard(problemNotSupported)
	default:
		m.v.fallback = c.ID()
		m.v.stage = stagePresent
		m.show(m.stripeScreen())
		m.progress(poilink.ScreenSwipeCard)
	}
	return false
}

// meetStripe takes the stripe of a card that has no chip, or one that could not be read (ISO/IEC 7813:
// a service code that begins with 2 or 6 says that the card has a chip).
func (m *Machine) meetStripe(c deck.Card) bool {
	switch {
	case !c.MagneticStripe:
		m.refuseCard(problemNotSupported)
		return false
	case m.v.fallback == c.ID():
		return true
	case strings.HasPrefix(c.ServiceCode, "2"), strings.HasPrefix(c.ServiceCode, "6"):
		m.refuseCard(problemInsertChip)
		return false
	}
	return true
}

// failed counts one more try of a card that could not be read, and tells whether that is enough.
func (m *Machine) failed(c deck.Card) bool {
	if m.v.trouble.card != c.ID() {
		m.v.trouble = trouble{card: c.ID()}
	}
	m.v.trouble.times++
	if m.v.trouble.times < maxTrouble {
		return false
	}
	m.v.trouble = trouble{}
	return true
}

// refuseCard says no without the cloud; another card, or another side of this one, may do.
func (m *Machine) refuseCard(problem string) {
	m.v.stage = stagePresent
	m.show(m.cardScreen(problem))
	switch problem {
	case problemNotSupported:
		m.progress(poilink.ScreenNotSupported)
	case problemConfig:
		m.progress(poilink.ScreenConfigError)
	}
	if problem == problemNotSupported || problem == problemConfig {
		m.emit(Finished{Attempt{Result: ResultDeclined, Exchange: m.d.Open.ID, Text: problem}})
	}
}

// selectApplication takes the one application that card and terminal have in common, or lets the
// cardholder choose between several (regulation (EU) 2015/751, article 8).
func (m *Machine) selectApplication(in CardPresented) {
	list := candidates(in.Card)
	if m.has(FaultNoProfile) {
		m.refuseCard(problemConfig)
		return
	}
	switch len(list) {
	case 0:
		m.refuseCard(problemNotSupported)
	case 1:
		in.Card = in.Card.With(list[0])
		m.begin(in)
	default:
		m.choose(in, list)
	}
}

// begin starts the transaction with the application that is selected.
func (m *Machine) begin(in CardPresented) {
	r := m.reading(in)
	m.v.reading = r
	switch {
	case r.cvm == poilink.CVMOfflinePIN && r.card.Chip.PINTries == 0: // status 6983: the PIN is blocked
		m.chipDeclines()
	case r.cvm == poilink.CVMOfflinePIN:
		r.tries, r.denies = r.card.Chip.PINTries, r.card.Chip.Denies
		m.askPIN("")
	case !m.generate(r):
	case r.cvm == poilink.CVMOnlinePIN:
		m.askPIN("")
	default:
		m.ask()
	}
}

// reading notes how the card is read and how its holder is to be verified.
func (m *Machine) reading(in CardPresented) *reading {
	r := &reading{card: in.Card, entry: in.Entry, atc: in.ATC, cvm: poilink.CVMNone, fallback: m.v.fallback == in.Card.ID()}
	chip := in.Card.Chip.Verification
	switch {
	case in.Entry == Tap && chip == deck.Device:
		r.cvm = poilink.CVMDevice
	case in.Entry == Insert && chip == deck.OfflinePIN:
		r.cvm = poilink.CVMOfflinePIN
	case in.Entry == Insert && chip == deck.Signature:
		r.cvm = poilink.CVMSignature
	case in.Entry != Tap, m.d.Open.AmountMinor > noCVMLimitMinor:
		r.cvm = poilink.CVMOnlinePIN
	}
	return r
}

// generate lets the chip make its cryptogram; a card with which that does not work is not taken.
func (m *Machine) generate(r *reading) bool {
	if r.entry == Swipe {
		return true
	}
	if err := m.transact(r); err != nil {
		m.v.reading = nil
		m.refuseCard(problemNotSupported)
		return false
	}
	return true
}

// pinEntered gives the PIN to who checks it: the chip itself, or the issuer.
func (m *Machine) pinEntered() {
	m.step(poilink.StepPINEntered)
	if r := m.v.reading; r != nil && r.cvm == poilink.CVMOfflinePIN && len(r.list) == 0 {
		m.verifyOffline(r)
		return
	}
	m.ask()
}

// verifyOffline lets the chip judge the PIN (VERIFY, EMV Book 3, 6.5.12). Its answer 63Cx leaves x
// tries; with none left its holder is not verified, and the card declines.
func (m *Machine) verifyOffline(r *reading) {
	right := r.denies == 0 && string(m.v.pin) == r.card.PIN.Reveal()
	r.denies = max(r.denies-1, 0)
	clear(m.v.pin)
	m.v.pin = nil
	if right {
		if m.generate(r) {
			m.ask()
		}
		return
	}
	switch r.tries--; r.tries {
	case 0:
		m.chipDeclines()
	case 1:
		m.askPIN(m.say(problemLastPIN))
	default:
		m.askPIN(m.say(problemWrongPIN))
	}
}

// chipDeclines ends a try by the card's own decision (AAC). The issuer does not hear of it.
func (m *Machine) chipDeclines() {
	m.stop(timerPIN)
	m.progress(poilink.ScreenCardDeclined)
	m.declineShown(&poilink.AuthorisationResponse{Exchange: m.d.Open.ID, Text: problemDeclined}, nil)
}
