package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa/poilink"
)

func (m *Machine) show(s Screen) {
	m.v.screen = s
	m.emit(Show{s})
}

// rest shows what the terminal shows when nobody pays.
func (m *Machine) rest() {
	m.stop(timerScreen, timerPIN, timerPlace)
	m.v.place = nil
	m.maintain(false)
	m.rekey()
	if m.v.restart && m.d.Open == nil {
		m.restart()
		return
	}
	switch {
	case !m.v.on:
		m.show(Screen{Name: ScreenOff})
	case m.d.Tampered:
		m.show(m.tamperedScreen())
	case m.v.blocked != "":
		m.show(m.blockedScreen())
	case m.d.Activated == nil:
		m.show(m.startScreen())
	case m.d.startWaiting() != nil:
		m.showStarting()
	case len(m.d.Messages) > 0:
		m.show(m.messageScreen())
	case m.own() && !m.model().Unattended:
		m.open(pageHome, nil)
	case m.model().Unattended:
		m.restAtPoint()
	case m.v.shown != nil:
		m.show(m.displayScreen(*m.v.shown))
	default:
		m.show(m.idleScreen())
	}
}

func (m *Machine) startScreen() Screen {
	s := Screen{Name: ScreenStart, Title: m.say("Welcome"), Lines: []string{m.say("Serial %s", m.cfg.POIID)}}
	s.Lines = append(s.Lines, m.keyLines()...)
	if m.online() {
		s.Lines = append(s.Lines, m.say("Press OK to activate"))
		s.Items = []Item{m.item("keys", "Key Injection")}
	} else {
		s.Lines = append(s.Lines, m.say("Connecting to the server"))
	}
	return s
}

func (m *Machine) idleScreen() Screen {
	a := m.d.Activated
	s := Screen{Name: ScreenIdle, Title: a.TerminalName, Lines: []string{a.Merchant.Name, m.say("Terminal %s", a.TID)}}
	if slogan := m.setting(keptSlogan); slogan != "" {
		s.Lines = append(s.Lines, slogan)
	}
	if a.Environment == "test" {
		s.Lines = append(s.Lines, "TEST")
	}
	if n, ok := m.offered(); ok && n.ShowButton {
		s.Items = []Item{{ID: "notify", Label: orText(n.Title, m.say("Call the cash register"))}}
	}
	if !m.online() {
		s.Error = m.say("No connection to the server")
	}
	return s
}

// refresh brings the link's state onto a screen that says it.
func (m *Machine) refresh() {
	switch m.v.screen.Name {
	case ScreenStart, ScreenIdle, ScreenBlocked:
		m.rest()
	case ScreenPresentCard:
		m.show(m.cardScreen(""))
	case ScreenInsertCard:
		m.show(m.insertScreen())
	case ScreenHome, ScreenMenu, ScreenEntry, ScreenManagerPIN:
		m.showPlace()
	case ScreenPoints, ScreenPoint, ScreenCharging:
		m.showSold()
	case ScreenStarting:
		m.showStarting()
	case ScreenUseMagstripe:
		m.show(m.stripeScreen())
	}
}

// failRest puts an error under a resting screen.
func (m *Machine) failRest(text string) {
	if n := m.v.screen.Name; n != ScreenStart && n != ScreenIdle && n != ScreenHome {
		return
	}
	m.rest()
	s := m.v.screen
	s.Error = text
	m.show(s)
}

func (m *Machine) activationScreen(code, text string) Screen {
	return Screen{
		Name: ScreenActivation, Title: m.say("Activation"), Lines: []string{m.say("Enter the activation code"), m.say("and press OK")},
		Code: code, Typed: len(code), Error: text,
	}
}

func (m *Machine) failActivation(text string) {
	if m.d.Activated != nil || m.v.stage != stageNone {
		return
	}
	m.show(m.activationScreen("", text))
}

// amounts starts a screen of the open exchange.
func (m *Machine) amounts(name ScreenName, title string, lines ...string) Screen {
	s := Screen{Name: name, Title: m.say(title), Lines: lines}
	if e := m.d.Open; e != nil {
		s.AmountMinor, s.Currency = e.AmountMinor, e.Currency
	}
	return s
}

func (m *Machine) cardScreen(problem string) Screen {
	s := m.amounts(ScreenPresentCard, "Present card", m.say("Tap, insert or swipe"))
	if e := m.d.Open; e != nil && e.Label != "" && m.is(setItems) {
		s.Lines = append([]string{e.Label}, s.Lines...)
	}
	if problem != "" {
		s.problem, s.Error = problem, m.say(problem)
	}
	if m.model().Unattended {
		s.Lines = append(m.holdLines(m.d.Open), m.say("Hold your card or phone to the reader"))
		s.Items = []Item{m.item("cancel", "Cancel")}
	}
	if m.online() {
		s.Wants = m.model().ways()
	} else {
		s.problem, s.Error = "", m.say("No connection to the server")
	}
	return s
}

func (m *Machine) insertScreen() Screen {
	s := m.amounts(ScreenInsertCard, "Insert card", m.say("Use a different interface"), m.say("Insert the card into the reader"))
	if m.online() {
		s.Wants = []Entry{Insert}
	} else {
		s.Error = m.say("No connection to the server")
	}
	return s
}

func (m *Machine) pinScreen(problem string) Screen {
	name, title := ScreenPIN, "Enter PIN"
	if m.v.screen.Name == ScreenPINAgain || problem != "" {
		name, title = ScreenPINAgain, "Enter PIN again"
	}
	s := m.amounts(name, title, m.say("and press OK"))
	s.Error, s.Typed = problem, len(m.v.pin)
	return s
}

// presentCard asks for a card and tells the cloud that it does.
func (m *Machine) presentCard(problem string) {
	m.forgetCard()
	m.v.trouble, m.v.fallback = trouble{}, ""
	m.stop(timerScreen) // what the last exchange left on the screen is over
	m.v.stage = stagePresent
	m.show(m.cardScreen(problem))
	m.progress(poilink.ScreenPresentCard)
}

func (m *Machine) askInsert() {
	if m.model().Unattended { // it has a contactless reader only
		m.refuseCard(problemNoPad)
		return
	}
	m.forgetCard()
	m.v.stage = stageInsert
	m.show(m.insertScreen())
	m.progress(poilink.ScreenInsertCard)
}

func (m *Machine) askPIN(problem string) {
	if m.model().Unattended {
		m.refuseCard(problemNoPad)
		return
	}
	clear(m.v.pin)
	m.v.pin = nil
	m.v.stage = stagePIN
	if problem == "" {
		m.v.screen.Name = ScreenPIN
	}
	m.show(m.pinScreen(problem))
	m.after(timerPIN, pinTimeout)
	m.progress(poilink.ScreenPIN)
}

// waitForAnswer shows that the cloud is asked; the time since the request decides what else.
func (m *Machine) waitForAnswer(since time.Time) {
	m.v.stage, m.v.again, m.v.lost = stageAsked, askAgainFirst, false
	s := m.amounts(ScreenProcessing, "Processing", m.say("Please wait"))
	if m.v.reading != nil && m.v.reading.entry == Insert {
		s.Lines = append(s.Lines, m.say("Do not remove the card"))
	}
	m.show(s)
	m.v.due[timerLost] = since.Add(answerTimeout)
	m.stop(timerPIN, timerScreen)
}

// resultLost says what is true: the money may have moved.
func (m *Machine) resultLost() {
	e := m.d.Open
	if e == nil || m.v.stage != stageAsked {
		return
	}
	m.v.lost = true
	m.show(m.amounts(ScreenResultLost, "Result not known", m.say("Do not pay again"), m.say("Asking the server")))
	m.emit(Finished{Attempt{Result: ResultUnknown, Exchange: e.ID, Request: e.Requests, Text: "no answer yet"}})
	m.askAgain()
}

// screenOver ends a result's time on the screen.
func (m *Machine) screenOver() {
	switch {
	case m.v.stage == stageDeclined && m.d.Open != nil:
		m.presentCard("")
	case m.v.stage == stageNone:
		m.rest()
	}
}

// reportScreen says again what is shown: a cloud that repeats its request has not heard, since it
// may have died between taking a report over and writing it down.
func (m *Machine) reportScreen() {
	switch m.v.stage {
	case stagePresent, stageDeclined, stageChoose:
		m.progress(poilink.ScreenPresentCard)
	case stageTip:
		m.progress(poilink.ScreenTip)
	case stageInsert:
		m.progress(poilink.ScreenInsertCard)
	case stagePIN:
		m.progress(poilink.ScreenPIN)
	case stageAsked:
		m.progress(poilink.ScreenProcessing)
	}
}

func (m *Machine) progress(s poilink.Screen) {
	if m.d.Open == nil || len(m.d.Outbox) >= maxOutbox {
		return
	}
	m.up(poilink.Frame{Type: poilink.TypeProgress, Progress: &poilink.Progress{Exchange: m.d.Open.ID, Screen: s}})
}

func (m *Machine) key(k Key) {
	if !k.Valid() || k.letter() && (m.v.stage != stageNone || m.d.Activated != nil) {
		return
	}
	switch {
	case m.v.stage == stagePIN:
		m.pinKey(k)
	case m.v.stage == stagePrompt:
		m.promptKey(k)
	case m.v.screen.Name == ScreenDisplay:
		if k == KeyStop { // the staff puts it away
			m.v.shown = nil
			m.rest()
		}
	case k == KeyStop && m.v.stage == stageStarting:
		m.stopStarting()
	case m.v.stage == stageChoose:
		m.choiceKey(k)
	case m.v.stage == stageTip:
		m.tipKey(k)
	case k == KeyStop && (m.v.stage == stagePresent || m.v.stage == stageInsert || m.v.stage == stageDeclined):
		m.stopAtCard()
	case m.v.stage == stageNone && m.v.screen.Name == ScreenTampered:
		if k == KeyOK {
			m.open(pageUnlock, nil)
		}
	case m.v.screen.Name == ScreenMessage:
		if k == KeyOK {
			m.messageRead()
		}
	case m.v.stage == stageNone && m.v.place != nil:
		m.placeKey(k)
	case m.v.stage == stageNone && m.d.Activated == nil:
		m.codeKey(k)
	case m.v.stage == stageNone && m.v.screen.Name == ScreenIdle:
		if k.digit() {
			m.notify(string(k))
		}
	case m.v.stage == stageNone:
		m.rest() // a result that has been read
	}
}

// stopAtCard is the Stop key while the customer has not paid; an Android terminal may have it taken away.
func (m *Machine) stopAtCard() {
	if m.model().Android && !m.is(setCancelButton) {
		return
	}
	m.cancel("Cancelled at the terminal")
}

func (m *Machine) codeKey(k Key) {
	if m.v.activating {
		return
	}
	code := m.v.screen.Code
	if m.v.screen.Name != ScreenActivation {
		code = ""
	}
	switch {
	case k == KeyStop:
		m.rest()
		return
	case k == KeyCorr && code != "":
		code = code[:len(code)-1]
	case k == KeyOK && code != "":
		m.activate(code)
		return
	case (k.digit() || k.letter()) && len(code) < maxCode:
		code += string(k)
	}
	m.show(m.activationScreen(code, ""))
}

func (m *Machine) pinKey(k Key) {
	switch {
	case k == KeyStop:
		m.cancel("Cancelled at the terminal")
		return
	case k == KeyCorr && len(m.v.pin) > 0:
		m.v.pin[len(m.v.pin)-1] = 0
		m.v.pin = m.v.pin[:len(m.v.pin)-1]
	case k == KeyOK && len(m.v.pin) >= minPIN:
		m.pinEntered()
		return
	case k.digit() && len(m.v.pin) < maxPIN:
		m.v.pin = append(m.v.pin, k[0])
	}
	m.after(timerPIN, pinTimeout)
	s := m.v.screen
	s.Typed, s.Error = len(m.v.pin), ""
	if k == KeyOK {
		s.Error = m.say("At least %d digits", minPIN)
	}
	m.show(s)
}

func (m *Machine) pinTimedOut() {
	if m.v.stage == stagePIN {
		m.cancel("No PIN was entered")
	}
}

// money writes an amount as a cardholder reads it.
func money(minor int64, currency string) string {
	switch currency {
	case "JPY", "KRW", "ISK", "CLP", "VND":
		return fmt.Sprintf("%s %d", currency, minor)
	}
	return fmt.Sprintf("%s %d.%02d", currency, minor/100, minor%100)
}

// clip keeps a text of the cloud to what fits, and to what a line may hold.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	r := []rune(s)
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func wants(s Screen, e Entry) bool { return slices.Contains(s.Wants, e) }
