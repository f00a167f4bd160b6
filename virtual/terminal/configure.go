package terminal

import (
	"slices"
	"strconv"
	"strings"
)

// settingsPage shows the pages of the settings, one of them, or one setting.
func (m *Machine) settingsPage(p *place) leaf {
	switch p.page {
	case pageChoice:
		l := leaf{title: m.settingLabel(p.sub)}
		for _, c := range m.choices(p.sub) {
			it := Item{ID: "pick:" + c, Label: m.valueLabel(p.sub, c)}
			if c == m.setting(p.sub) {
				it.Value = "✓"
			}
			l.items = append(l.items, it)
		}
		return l
	case pageEntry:
		kind := FieldText
		if s, _ := m.settingOf(p.sub); s.Kind == Number {
			kind = FieldDigits
		}
		l := leaf{title: m.settingLabel(p.sub), field: &Field{Label: m.settingLabel(p.sub), Text: p.typed, Kind: kind}, lines: m.entryHelp(p.sub)}
		m.offerKeyboard(&l)
		return l
	}
	if p.sub == "" {
		return m.settingsIndex()
	}
	l := leaf{title: m.say(pageTitle(p.sub))}
	for _, s := range m.settings() {
		if s.Page != p.sub {
			continue
		}
		it := Item{ID: "set:" + s.ID, Label: m.say(s.Label), Value: m.valueLabel(s.ID, s.Value)}
		if m.administered(s.ID) {
			it.Value += " · " + m.say("set by the administrator")
		}
		if !s.Effect {
			it.Value += " · " + m.say("no effect here")
		}
		l.items = append(l.items, it)
	}
	if p.sub == "network" && !m.model().Android {
		l.items = append(l.items, m.item("page:terminalAPI", "Diagnostics"))
	}
	return l
}

func (m *Machine) settingsIndex() leaf {
	l := leaf{title: m.say("Settings")}
	if !m.model().Android {
		l.title = m.say("Admin menu")
	}
	var seen []string
	for _, s := range m.settings() {
		if !slices.Contains(seen, s.Page) {
			seen = append(seen, s.Page)
			l.items = append(l.items, m.item("sub:"+s.Page, pageTitle(s.Page)))
		}
	}
	if m.model().Android {
		l.items = append(l.items, m.item("page:diagnostics", "Diagnostics"))
	}
	l.items = append(l.items, m.item("page:security", "Security"), m.item("page:advanced", "Advanced"), m.item("page:system", "System"))
	return l
}

// pageTitle is the English title of a page of the settings.
func pageTitle(page string) string {
	titles := map[string]string{
		"global": "Global", "payment": "Payment", "navigation": "Navigation", "language": "Language",
		"printer": "External printer", "network": "Network",
	}
	return titles[page]
}

func (m *Machine) settingOf(id string) (Setting, bool) {
	list := m.settings()
	i := slices.IndexFunc(list, func(s Setting) bool { return s.ID == id })
	if i < 0 {
		return Setting{}, false
	}
	return list[i], true
}

func (m *Machine) settingLabel(id string) string {
	s, _ := m.settingOf(id)
	return m.say(s.Label)
}

func (m *Machine) choices(id string) []string {
	s, _ := m.settingOf(id)
	return s.Choices
}

// valueLabel is what a person reads for a value.
func (m *Machine) valueLabel(id, value string) string {
	switch {
	case id == setClose && value == "0":
		return m.say("until closed")
	case id == setClose:
		return m.say("%s seconds", value)
	case id == setPrinter && value == "":
		return m.say("none")
	case id == setPrinter:
		return m.say("Kitchen printer")
	}
	labels := map[string]string{
		on: m.say("on"), off: m.say("off"), string(WiFi): "Wi-Fi", string(LAN): "LAN", string(SIM): "SIM",
		"en": "English", "nl": "Nederlands", "fr": "Français", "it": "Italiano", "es": "Español",
	}
	if l, ok := labels[value]; ok {
		return l
	}
	return value
}

func (m *Machine) entryHelp(id string) []string {
	switch id {
	case setTips:
		return []string{m.say("For example 5%,10%,2.00")}
	case setEmployees:
		return []string{m.say("For example 33 Alonso, 34 Bea")}
	case setClose:
		return []string{m.say("Seconds, or 0 until closed")}
	}
	return nil
}

// changeSetting turns a toggle, and asks for the value of others.
func (m *Machine) changeSetting(id string) {
	s, ok := m.settingOf(id)
	switch {
	case !ok:
	case m.administered(id):
		m.problem(m.say("Set by the administrator"))
	case s.Kind == Toggle && s.Value == on:
		m.set(id, off)
		m.showPlace()
	case s.Kind == Toggle:
		m.set(id, on)
		m.showPlace()
	case s.Kind == Choice:
		m.open(pageChoice, func(p *place) { p.sub = id })
	default:
		m.open(pageEntry, func(p *place) { p.sub, p.typed = id, s.Value })
	}
}

func (m *Machine) picked(value string) {
	id := m.v.place.sub
	m.set(id, value)
	if m.v.place != nil { // the link may have gone, the menus stay
		m.goBack()
	}
}

func (m *Machine) settingTyped(p *place) {
	if no := m.set(p.sub, strings.TrimSpace(p.typed)); no != "" {
		m.problem(m.say("This is not valid"))
		return
	}
	m.goBack()
}

func (m *Machine) offerKeyboard(l *leaf) {
	if !m.hasKeyboard() {
		l.items = append(l.items, m.item("do:keyboard", "Keyboard"))
	}
}

func (m *Machine) securityPage(p *place) leaf {
	switch p.page {
	case pagePIN:
		return leaf{title: m.say("Manager PIN"), field: pinField(m.say("PIN"), p.typed)}
	case pageNewPIN:
		label := "New PIN"
		if p.text != "" {
			label = "The same PIN again"
		}
		return leaf{title: m.say("Change PIN"), field: pinField(m.say(label), p.typed)}
	case pageSecurity:
		if m.administered(keptPIN) {
			return leaf{title: m.say("Security"), lines: append(m.keyLines(), m.say("The PIN is set by the administrator"))}
		}
		return leaf{title: m.say("Security"), lines: m.keyLines(), items: []Item{m.item("page:newPIN", "Change PIN")}}
	}
	l := leaf{title: m.say("About"), lines: []string{
		m.say("Serial %s", m.cfg.POIID), m.model().Name, Software, m.valueLabel(setNetwork, m.setting(setNetwork)),
	}}
	if a := m.d.Activated; a != nil {
		l.lines = append(l.lines, m.say("Terminal %s", a.TID), a.Merchant.Name)
	}
	l.lines = append(l.lines, m.keyLines()...)
	l.items = []Item{m.serialItem()}
	return l
}

func (m *Machine) keyLines() []string {
	if m.d.IKID == "" {
		return []string{m.say("Configured: no, IPEK not configured")}
	}
	return []string{m.say("Configured: yes, IPEK loaded"), "KCV " + m.d.KCV}
}

func pinField(label, typed string) *Field {
	return &Field{Label: label, Text: strings.Repeat("•", len(typed)), Kind: FieldPIN}
}

// newPIN asks for a new PIN twice.
func (m *Machine) newPIN(p *place) {
	switch {
	case m.administered(keptPIN):
		m.problem(m.say("Set by the administrator"))
	case !validPIN(p.typed):
		m.problem(m.say("A PIN has 4 digits"))
	case p.text == "":
		p.text, p.typed, p.problem = m.pinPrint(p.typed), "", ""
		m.showPlace()
	case p.text != m.pinPrint(p.typed):
		p.text = ""
		m.problem(m.say("The PINs differ"))
	default:
		m.keep(keptPIN, p.text)
		p.text = ""
		m.goBack()
	}
}

// number reads what was typed; -1 is no number.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
