package terminal

import (
	"encoding/hex"
	"strings"

	"kassa/poilink"
)

// What somebody does who works on the device itself: codes that he types in, and the initial key.

// tapsToDevelop is how often the serial number is pressed until the device asks for the code of developer mode.
const tapsToDevelop = 8

// workshopPage shows the pages of the work on the device.
func (m *Machine) workshopPage(p *place) leaf {
	switch p.page {
	case pageUnlock:
		return leaf{
			title: m.say("Unlock code"), lines: []string{m.say("Support gives the unlock code. It works once")},
			field: &Field{Label: m.say("Unlock code"), Text: p.typed, Kind: FieldDigits},
		}
	case pageDeveloper:
		return leaf{
			title: m.say("Developer mode"),
			lines: []string{m.say("This cannot be undone"), m.say("The device is not PCI compliant any more"), m.say("It takes no live payments")},
			field: &Field{Label: m.say("Code"), Text: p.typed, Kind: FieldPIN},
		}
	case pageSystem:
		return leaf{title: m.say("System"), items: []Item{m.item("page:about", "About")}}
	case pageAdvanced:
		return leaf{title: m.say("Advanced"), items: []Item{m.item("page:securityCenter", "Security Center")}}
	case pageCenter:
		return leaf{title: m.say("Security Center"), items: []Item{m.item("page:keyInjection", "Key Injection")}}
	}
	l := leaf{title: m.say("Key Injection"), lines: m.keyLines(), items: []Item{{ID: "do:inject", Label: "RKI → Key Inject"}}}
	if m.v.injecting {
		l.lines = append(l.lines, m.say("The key is asked for"))
	}
	if m.v.injected != "" {
		l.lines = append(l.lines, m.v.injected)
	}
	return l
}

// serialItem is the serial number, under the name that the model has for it.
func (m *Machine) serialItem() Item {
	label := "TUSN"
	if !m.model().Android {
		label = "SV"
	}
	_, serial, _ := strings.Cut(m.cfg.POIID, "-")
	return Item{ID: "do:serial", Label: label, Value: serial}
}

// serialPressed counts: whoever presses the serial number often enough is asked for the code of developer mode.
func (m *Machine) serialPressed() {
	p := m.v.place
	if m.d.Developer {
		return
	}
	if p.taps++; p.taps < tapsToDevelop {
		m.showPlace()
		return
	}
	p.taps = 0
	m.open(pageDeveloper, nil)
}

// codeTyped asks the cloud about a code.
func (m *Machine) codeTyped(kind poilink.ServiceKind, code string) {
	if code == "" {
		return
	}
	if !m.online() {
		m.problem(m.say("No connection to the server"))
		return
	}
	id, err := m.workID()
	if err != nil {
		m.problem(m.say("Try again"))
		return
	}
	m.transmit(poilink.Frame{Type: poilink.TypeService, Service: &poilink.Servicing{ID: id, Kind: kind, Code: code}})
	m.open(pageWait, func(p *place) { p.wish = id })
	m.after(timerPlace, totalsTimeout)
}

// serviced is the cloud's answer to a code.
func (m *Machine) serviced(a poilink.Serviced) {
	p := m.v.place
	if p == nil || p.page != pageWait || p.wish != a.ID {
		return
	}
	switch {
	case !a.Accepted:
		m.v.place = p.back
		m.problem(m.notAccepted(a))
	case a.Kind == poilink.ServiceUnlock && m.d.Tampered:
		m.unlockedByCode()
	case a.Kind == poilink.ServiceDeveloper:
		m.develop()
		m.rest()
	}
}

// notAccepted says why a code was not, in the language of the device where it knows the reason.
func (m *Machine) notAccepted(a poilink.Serviced) string {
	switch a.Reason {
	case poilink.ServiceNoCode:
		if a.Kind == poilink.ServiceUnlock {
			return m.say("There is no unlock code for this device. Ask support")
		}
		return m.say("There is no developer code for this device. Ask for one with its TUSN")
	case poilink.ServiceWrong:
		return m.say("Wrong code")
	case poilink.ServiceLocked:
		return m.say("Too many wrong codes. Wait 15 minutes")
	case poilink.ServiceVoid:
		return m.say("Too many wrong codes. Ask for a new one")
	case poilink.ServiceExpired:
		return m.say("This code has expired. Ask for a new one")
	case poilink.ServiceLive:
		return m.say("There is no developer mode in the live environment")
	}
	return clip(a.Text, maxLabel)
}

// develop puts the device into developer mode. There is no way back.
func (m *Machine) develop() {
	if m.d.Developer {
		return
	}
	m.persist(Record{Kind: RecordDeveloper})
	m.tellReport()
}

// rekey asks for a new initial key that the cloud wants, as soon as nobody pays.
func (m *Machine) rekey() {
	if !m.v.rekey || m.d.Open != nil || m.v.link != linkOpen {
		return
	}
	m.v.rekey = false
	if !m.mayAskKeys() {
		m.keyRefused()
		return
	}
	m.v.injecting = true
	m.askKeys()
}

// injectByHand is the button of Key Injection.
func (m *Machine) injectByHand() {
	switch {
	case !m.online():
		m.problem(m.say("No connection to the server"))
	case m.d.Open != nil:
		m.problem(m.say("A payment is on the screen"))
	case !m.mayAskKeys():
		m.keyRefused()
		m.problem(m.say("The device takes no key"))
	default:
		m.v.injecting, m.v.injected = true, ""
		m.askKeys()
		m.showPlace()
	}
}

// keyRefused tells the cloud that the device does not take a key.
func (m *Machine) keyRefused() {
	if id, err := m.workID(); err == nil {
		m.transmit(poilink.Frame{Type: poilink.TypeService, Service: &poilink.Servicing{ID: id, Kind: poilink.ServiceKeyFailed}})
	}
}

// injectionOver tells how an injection ended, where somebody looks. It is false where nobody does.
func (m *Machine) injectionOver(problem string) bool {
	m.v.injecting = false
	p := m.v.place
	if m.v.stage != stageNone || p == nil || p.page != pageKeys {
		return false
	}
	if m.v.injected = m.say("The key is injected"); problem != "" {
		m.v.injected = ""
		m.problem(clip(problem, maxLabel))
		return true
	}
	m.showPlace()
	return true
}

// workID is the identity of a request to the cloud, which an unactivated device makes too.
func (m *Machine) workID() (string, error) {
	b, err := m.read(8)
	return "W-" + hex.EncodeToString(b), err
}
