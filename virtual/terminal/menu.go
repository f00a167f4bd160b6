package terminal

import (
	"slices"
	"strings"

	"kassa/poilink"
)

// Item is something on the screen that can be touched, or chosen by its number on the pad.
type Item struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Value string `json:"value,omitempty"`
}

// Passed and Failed tell what the mark of a row says.
func (i Item) Passed() bool { return strings.HasSuffix(i.Value, mark(true)) }

// Failed is the other mark.
func (i Item) Failed() bool { return strings.HasSuffix(i.Value, mark(false)) }

// Field is where something is typed.
type Field struct {
	Label string    `json:"label"`
	Text  string    `json:"text"` // as many bullets as digits for a PIN
	Kind  FieldKind `json:"kind"`
	// Hidden tells that what is typed is shown as bullets.
	Hidden bool `json:"hidden,omitempty"`
}

// FieldKind is what a field takes.
type FieldKind string

// The kinds of field.
const (
	FieldAmount FieldKind = "amount"
	FieldDigits FieldKind = "digits"
	FieldText   FieldKind = "text"
	FieldPIN    FieldKind = "pin"
)

// pageName names a page of the menus.
type pageName string

// The pages.
const (
	pageHome       pageName = "home"
	pageFeatures   pageName = "features"
	pageSettings   pageName = "settings"
	pageChoice     pageName = "choice"
	pageEntry      pageName = "entry"
	pageSecurity   pageName = "security"
	pageNewPIN     pageName = "newPIN"
	pageAbout      pageName = "about"
	pagePIN        pageName = "managerPIN"
	pageManual     pageName = "manual"
	pageOrder      pageName = "order"
	pageHistory    pageName = "history"
	pagePast       pageName = "past"
	pageRefund     pageName = "refund"
	pageConfirm    pageName = "confirm"
	pageMail       pageName = "mail"
	pageWait       pageName = "wait"
	pageDone       pageName = "done"
	pageClosing    pageName = "closing"
	pageClosingDay pageName = "closingDay"
	pageHour       pageName = "closingHour"
	pageTotals     pageName = "totals"

	pageDiagnostics pageName = "diagnostics"
	pageAPI         pageName = "terminalAPI"
	pageNotify      pageName = "notify"

	pageUnlock    pageName = "unlock"
	pageDeveloper pageName = "developer"
	pageSystem    pageName = "system"
	pageAdvanced  pageName = "advanced"
	pageCenter    pageName = "securityCenter"
	pageKeys      pageName = "keyInjection"
)

// place is where in the menus somebody is, with the work at hand. It lives in memory only.
type place struct {
	page    pageName
	back    *place
	typed   string
	problem string

	sub      string // a page of the settings, or the setting that is changed
	then     string // what a right PIN opens
	exchange string // the payment of the history
	minor    int64
	order    string
	text     string
	kind     poilink.StartKind
	from     int // how many newer payments are not shown
	wish     string
	day      string
	hour     int
	taps     int
	level    poilink.TotalsLevel
	totals   *poilink.TotalsAnswer
}

// leaf is what a page shows.
type leaf struct {
	title string
	lines []string
	items []Item
	field *Field
}

// open goes to a page; the present one is where Stop leads back to.
func (m *Machine) open(name pageName, change func(*place)) {
	next := &place{page: name, back: m.v.place}
	if p := m.v.place; p != nil {
		copied := *p
		next = &copied
		next.page, next.back, next.typed, next.problem = name, p, "", ""
	}
	if change != nil {
		change(next)
	}
	m.v.place = next
	m.showPlace()
}

// goBack leaves a page, and the menus with the last one.
func (m *Machine) goBack() {
	p := m.v.place
	if p == nil || p.back == nil || p.back.page == pageHome {
		m.rest() // which is home, or what cloud mode shows
		return
	}
	m.v.place = p.back
	m.v.place.problem = ""
	m.showPlace()
}

// problem says what is wrong with what was typed.
func (m *Machine) problem(text string) {
	m.v.place.typed, m.v.place.problem = "", text
	m.showPlace()
}

func (m *Machine) showPlace() {
	p := m.v.place
	if p == nil {
		return
	}
	l := m.leaf(p)
	name := ScreenMenu
	switch {
	case p.page == pageHome:
		name = ScreenHome
	case p.page == pagePIN || p.page == pageNewPIN:
		name = ScreenManagerPIN
	case l.field != nil:
		name = ScreenEntry
	case p.page == pageWait || p.page == pageDone:
		name = ScreenNotice
	}
	s := Screen{Name: name, Page: string(p.page), Title: l.title, Lines: l.lines, Items: l.items, Field: l.field, Error: p.problem}
	if l.field != nil {
		s.Typed = len(p.typed)
	}
	if p.page == pageHome && s.Error == "" && !m.online() {
		s.Error = m.say("No connection to the server")
	}
	if p.page != pageHome && p.page != pageWait && p.page != pageDone {
		s.Items = append(s.Items, Item{ID: "back", Label: m.say("Back")})
	}
	if p.page == pageHome {
		m.stop(timerPlace)
	} else {
		m.after(timerPlace, menuTimeout)
	}
	m.show(s)
}

// leaf makes a page.
func (m *Machine) leaf(p *place) leaf {
	switch p.page {
	case pageHome:
		return m.homePage()
	case pageFeatures:
		return m.featuresPage()
	case pageSettings, pageChoice, pageEntry:
		return m.settingsPage(p)
	case pageSecurity, pageNewPIN, pagePIN, pageAbout:
		return m.securityPage(p)
	case pageManual, pageOrder:
		return m.manualPage(p)
	case pageDiagnostics, pageAPI:
		return m.diagnosticsPage(p)
	case pageUnlock, pageDeveloper, pageSystem, pageAdvanced, pageCenter, pageKeys:
		return m.workshopPage(p)
	case pageNotify:
		return leaf{title: m.say("Call the cash register"), field: &Field{Label: m.say("Number"), Text: p.typed, Kind: FieldDigits}}
	case pageClosing, pageClosingDay, pageHour, pageTotals:
		return m.closingPage(p)
	}
	return m.historyPage(p)
}

func (m *Machine) item(id, label string) Item { return Item{ID: id, Label: m.say(label)} }

// homePage is where a terminal rests that is not in cloud mode.
func (m *Machine) homePage() leaf {
	a := m.d.Activated
	l := leaf{title: m.say("Home"), items: []Item{
		m.item("page:manual", "Manual input"), m.item("page:features", "Features"), m.item("pin:settings", "Settings"),
	}}
	if a != nil {
		l.title, l.lines = a.TerminalName, []string{a.Merchant.Name, m.say("Terminal %s", a.TID)}
		if a.Environment == "test" {
			l.lines = append(l.lines, "TEST")
		}
	}
	if !m.model().Android {
		l.items[0].Label, l.items[2].Label = m.say("Payment"), m.say("Admin menu")
	}
	return l
}

func (m *Machine) featuresPage() leaf {
	l := leaf{title: m.say("Features"), items: []Item{m.item("page:history", "History"), m.item("page:closing", "Closing balance")}}
	if m.is(setUnreferenced) {
		l.items = append(l.items, m.item("do:credit", "Unreferenced refund"))
	}
	if m.is(setCardCheck) {
		l.items = append(l.items, m.item("pin:cardCheck", "Card check"))
	}
	l.items = append(l.items, m.item("page:about", "About"))
	return l
}

// held is a long press on the logo: with the PIN it leads out of cloud mode.
func (m *Machine) heldLogo() {
	if m.v.stage != stageNone || m.d.Activated == nil || m.v.place != nil || m.v.screen.Name != ScreenIdle {
		return
	}
	m.open(pagePIN, func(p *place) { p.then = "leaveCloud" })
}

// touch takes an item of the screen.
func (m *Machine) touch(id string) {
	if !slices.ContainsFunc(m.v.screen.Items, func(i Item) bool { return i.ID == id }) {
		return
	}
	switch {
	case m.model().Unattended:
		m.pointTouched(id)
	case m.v.stage == stageTip:
		m.tipTouched(id)
	case m.v.stage == stagePrompt:
		m.promptTouched(id)
	case m.v.place != nil:
		verb, arg, _ := strings.Cut(id, ":")
		m.act(verb, arg)
	default:
		m.resultTouched(id)
	}
}

func (m *Machine) act(verb, arg string) {
	switch verb {
	case "back":
		m.goBack()
	case "home":
		m.rest()
	case "page":
		m.openNamed(arg)
	case "pin":
		m.open(pagePIN, func(p *place) { p.then = arg })
	case "sub":
		m.open(pageSettings, func(p *place) { p.sub = arg })
	case "set":
		m.changeSetting(arg)
	case "pick":
		m.picked(arg)
	case "past":
		m.open(pagePast, func(p *place) { p.exchange = arg })
	case "do":
		m.do(arg)
	}
}

func (m *Machine) openNamed(name string) {
	switch pageName(name) {
	case pageManual:
		m.open(pageManual, func(p *place) { p.kind, p.minor, p.order, p.text = poilink.StartPayment, 0, "", "" })
	case pageClosing:
		m.open(pageClosing, func(p *place) {
			p.day, p.hour, p.level = m.now.Format(dateOnly), 0, poilink.TotalsTerminal
		})
	case pageHistory:
		m.open(pageHistory, func(p *place) { p.from = 0 })
	default:
		m.open(pageName(name), nil)
	}
}

// do is what the pages offer beside other pages.
func (m *Machine) do(what string) {
	switch what {
	case "credit":
		m.open(pageManual, func(p *place) { p.kind, p.minor, p.order, p.text = poilink.StartRefund, 0, "", "" })
	case "pay":
		m.placeOK()
	case "older":
		m.open(pageHistory, func(p *place) { p.from += pastShown })
	case "confirm":
		m.sendRefund()
	case "print":
		m.printCopy(m.v.place.exchange)
	case "day":
		m.otherDay()
	case "level":
		m.otherLevel()
	case "totals":
		m.askTotals()
	case "close":
		m.leaveDone()
	case "printTotals":
		m.printTotals()
	case "test":
		m.askTest()
		m.showPlace()
	case "serial":
		m.serialPressed()
	case "inject":
		m.injectByHand()
	case "keyboard":
		m.keep(setKeyboard, on)
		m.showPlace()
	}
}

// unlocked is what a right PIN opens. The page of the PIN is left for good.
func (m *Machine) unlocked(then string) {
	m.v.place = m.v.place.back
	switch then {
	case "leaveCloud":
		m.set(setCloudMode, off)
		m.rest()
	case "settings":
		m.maintain(true)
		m.open(pageSettings, func(p *place) { p.sub = "" })
	case "cardCheck":
		m.startByHand(poilink.StartCardCheck, 0, "", "")
	case "credit":
		p := m.v.place
		m.startByHand(poilink.StartRefund, p.minor, p.order, p.text)
	case "confirm":
		m.open(pageConfirm, nil)
	}
}

// placeKey is a key of the pad in the menus. Where nothing is typed a digit chooses a line.
func (m *Machine) placeKey(k Key) {
	p := m.v.place
	field := m.v.screen.Field
	switch {
	case k == KeyStop && p.page == pageHome:
	case k == KeyStop:
		m.goBack()
	case k == KeyOK:
		m.placeOK()
	case field == nil && k.digit():
		if n := int(k[0] - '1'); n >= 0 && n < len(m.v.screen.Items) {
			m.touch(m.v.screen.Items[n].ID)
		}
	case k == KeyCorr && p.typed != "":
		r := []rune(p.typed)
		p.typed = string(r[:len(r)-1])
		m.showPlace()
	case field != nil && k.digit() && len(p.typed) < most(field.Kind):
		p.typed, p.problem = p.typed+string(k), ""
		m.showPlace()
	}
}

// most is how much a field takes.
func most(k FieldKind) int {
	switch k {
	case FieldPIN:
		return longPIN
	case FieldAmount:
		return 9
	case FieldDigits:
		return 8
	}
	return maxDescription
}

// typeText is the keyboard of the screen.
func (m *Machine) typeText(text string) {
	if m.v.stage == stagePrompt {
		if m.v.screen.Field != nil {
			m.promptTyped(text)
		}
		return
	}
	p, field := m.v.place, m.v.screen.Field
	if p == nil || field == nil || !printable(text) || len(text) > most(field.Kind) {
		return
	}
	if field.Kind != FieldText && strings.Trim(text, "0123456789") != "" {
		return
	}
	if field.Kind == FieldText && !m.hasKeyboard() {
		m.problem(m.say("Touch the keyboard first"))
		return
	}
	p.typed, p.problem = text, ""
	m.showPlace()
}

func (m *Machine) hasKeyboard() bool { return m.model().Keyboard || m.is(setKeyboard) }

// placeOK is the OK key in the menus.
func (m *Machine) placeOK() {
	switch p := m.v.place; p.page {
	case pagePIN:
		if no := m.pinProblem(p.typed); no != "" {
			m.problem(no)
			return
		}
		m.unlocked(p.then)
	case pageNewPIN:
		m.newPIN(p)
	case pageEntry:
		m.settingTyped(p)
	case pageManual:
		m.pay(p)
	case pageOrder:
		m.orderTyped(p.typed)
	case pageRefund:
		m.refundTyped(p)
	case pageConfirm:
		m.sendRefund()
	case pageMail:
		m.sendMail(p)
	case pageClosingDay, pageHour:
		m.closingTyped(p)
	case pageClosing:
		m.askTotals()
	case pageDone, pageTotals:
		m.leaveDone()
	case pageNotify:
		m.notified(p)
	case pageUnlock:
		m.codeTyped(poilink.ServiceUnlock, p.typed)
	case pageDeveloper:
		m.codeTyped(poilink.ServiceDeveloper, p.typed)
	}
}

// leaveDone closes what has been read: back to the page that the work began at.
func (m *Machine) leaveDone() {
	for m.v.place != nil && m.v.place.page != pagePast && m.v.place.page != pageFeatures && m.v.place.page != pageHome {
		m.v.place = m.v.place.back
	}
	if m.v.place == nil {
		m.rest()
		return
	}
	m.showPlace()
}

// placeOver ends a page that nobody touches.
func (m *Machine) placeOver() {
	p := m.v.place
	switch {
	case p == nil:
	case p.page == pageWait:
		m.v.place = p.back
		m.problem(m.say("No answer from the server yet"))
	default:
		m.rest()
	}
}

// resultTouched is an item under a result.
func (m *Machine) resultTouched(id string) {
	verb, exchange, _ := strings.Cut(id, ":")
	switch verb {
	case "close":
		m.rest()
	case "unlock":
		m.open(pageUnlock, nil)
	case "keys":
		m.v.injected = ""
		m.open(pageKeys, nil)
	case "read":
		m.messageRead()
	case "notify":
		m.notify("")
	case "print":
		problem := m.printCopy(exchange)
		s := m.v.screen
		s.Items = slices.DeleteFunc(slices.Clone(s.Items), func(i Item) bool { return i.ID == id })
		if s.Error = problem; problem == "" && m.has(FaultPaperOut) {
			s.Error = m.say("The printer is out of paper")
		}
		m.show(s)
	case "mail":
		m.open(pageHome, nil)
		m.open(pageMail, func(p *place) { p.exchange = exchange })
	}
}

// counter takes what people and scripts do in the menus.
func (m *Machine) counter(in Input) {
	switch in := in.(type) {
	case StartOrder:
		m.start(in)
	case Touched:
		m.touch(in.Item)
	case TextTyped:
		m.typeText(in.Text)
	case Scanned:
		m.scan(in.Text)
	case LogoHeld:
		if !m.model().Unattended { // nobody there may leave cloud mode
			m.heldLogo()
		}
	case TestAsked:
		m.askTest()
	case Tested:
		m.tested(in)
	default:
		m.direct(in)
	}
}

// direct does in one step what takes a person several screens.
func (m *Machine) direct(in Input) {
	id, problem := "", ""
	switch in := in.(type) {
	case SettingChanged:
		if problem = m.set(in.ID, in.Value); problem == "" && m.v.stage == stageNone {
			m.rest()
		}
	case Answered:
		problem = m.answerPrompt(in)
	case TipAdded:
		problem = m.addTip(in.AmountMinor, m.employee(in.EmployeeID))
	case RefundAskedFor:
		if problem = m.pinProblem(in.PIN); problem == "" {
			id, problem = m.refund(in.Exchange, in.AmountMinor)
		}
	case ReceiptMailed:
		id, problem = m.mail(in.Exchange, in.Address)
	case CopyPrinted:
		problem = m.printCopy(in.Exchange)
	case ChargerChosen:
		id, problem = m.chooseCharger(in.EVSE, in.Connector, in.Language)
	case ChargingStopped:
		id, problem = m.stopCharging(in.Reference, poilink.StopByButton)
	case TotalsAsked:
		id, problem = m.totals(in.Totals)
	}
	if problem != "" {
		m.emit(Objection{problem})
		return
	}
	m.emit(Took{id})
}
