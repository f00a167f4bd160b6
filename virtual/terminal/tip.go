package terminal

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kassa/nexo"
	"kassa/poilink"
)

// maxStaff bounds the employees of a terminal, maxTips what is suggested.
const (
	maxStaff = 20
	maxTips  = 5
)

// tipWanted tells whether the customer is asked for a tip before the card.
func (m *Machine) tipWanted(e *Exchange) bool {
	if e.TipMinor > 0 || e.Requests > 0 || (e.Type != "" && e.Type != nexo.PaymentNormal) {
		return false
	}
	if e.Tipping != nil {
		return *e.Tipping
	}
	return m.is(setTipping)
}

// tipping is what the tip screen holds in memory.
type tipping struct {
	custom   bool
	typed    string
	employee poilink.Employee
	picking  bool
}

func (m *Machine) askTip() {
	m.forgetCard()
	m.stop(timerScreen)
	m.v.stage, m.v.tip = stageTip, tipping{}
	m.show(m.tipScreen(""))
	m.progress(poilink.ScreenTip)
}

func (m *Machine) tipScreen(problem string) Screen {
	e, t := m.d.Open, m.v.tip
	s := m.amounts(ScreenTip, "Add a tip?")
	if e == nil {
		return s
	}
	s.Error = problem
	staff, _ := employees(m.setting(setEmployees))
	switch {
	case t.picking:
		s.Title = m.say("Who is it for?")
		for _, who := range staff {
			s.Items = append(s.Items, Item{ID: "employee:" + who.ID, Label: who.Name, Value: who.ID})
		}
		s.Items = append(s.Items, m.item("employee:", "Nobody in particular"))
		return s
	case t.custom:
		n, _ := strconv.ParseInt("0"+t.typed, 10, 64)
		s.Title = m.say("Custom tip")
		s.Field = &Field{Label: m.say("Tip"), Text: money(n, e.Currency), Kind: FieldAmount}
		s.Typed = len(t.typed)
		s.Items = []Item{m.item("tip:ok", "OK"), m.item("tip:back", "Back")}
		return s
	}
	list, _ := suggestions(m.setting(setTips), e.AmountMinor)
	for _, g := range list {
		s.Items = append(s.Items, Item{ID: fmt.Sprint("tip:", g.minor), Label: g.label, Value: money(g.minor, e.Currency)})
	}
	s.Items = append(s.Items, m.item("tip:custom", "Custom"), m.item("tip:none", "No tip"))
	if len(staff) > 0 {
		it := m.item("tip:employee", "Employee")
		if it.Value = m.v.tip.employee.Name; it.Value == "" {
			it.Value = m.say("choose")
		}
		s.Items = append(s.Items, it)
	}
	return s
}

func (m *Machine) tipTouched(id string) {
	t := &m.v.tip
	verb, arg, _ := strings.Cut(id, ":")
	switch {
	case verb == "employee":
		t.picking, t.employee = false, m.employee(arg)
	case arg == "employee":
		t.picking = true
	case arg == "custom":
		t.custom, t.typed = true, ""
	case arg == "back":
		t.custom = false
	case arg == "ok":
		m.tipKey(KeyOK)
		return
	case arg == "none":
		m.presentCard("")
		return
	default:
		n, err := strconv.ParseInt(arg, 10, 64)
		if err == nil {
			m.addTip(n, t.employee)
		}
		return
	}
	m.show(m.tipScreen(""))
	m.progress(poilink.ScreenTip)
}

func (m *Machine) employee(id string) poilink.Employee {
	staff, _ := employees(m.setting(setEmployees))
	i := slices.IndexFunc(staff, func(e poilink.Employee) bool { return e.ID == id })
	if i < 0 || id == "" {
		return poilink.Employee{}
	}
	return staff[i]
}

func (m *Machine) tipKey(k Key) {
	t := &m.v.tip
	switch {
	case k == KeyStop && (t.custom || t.picking):
		t.custom, t.picking = false, false
	case k == KeyStop:
		m.stopAtCard()
		return
	case k == KeyOK && t.custom:
		n, _ := strconv.ParseInt("0"+t.typed, 10, 64)
		if problem := m.addTip(n, t.employee); problem != "" {
			t.typed = ""
			m.show(m.tipScreen(problem))
		}
		return
	case k == KeyOK && !t.picking:
		m.presentCard("")
		return
	case k == KeyCorr && t.typed != "":
		t.typed = t.typed[:len(t.typed)-1]
	case k.digit() && t.custom && len(t.typed) < most(FieldAmount):
		t.typed += string(k)
	case k.digit() && !t.custom:
		if n := int(k[0] - '1'); n >= 0 && n < len(m.v.screen.Items) {
			m.tipTouched(m.v.screen.Items[n].ID)
		}
		return
	}
	m.show(m.tipScreen(""))
}

// addTip adds a tip to the open payment, once, before its first request. The amount that the card is
// asked for has it.
func (m *Machine) addTip(minor int64, who poilink.Employee) (problem string) {
	e := m.d.Open
	switch {
	case e == nil || m.v.stage != stageTip:
		return m.say("No tip is asked for now")
	case minor <= 0 || minor > e.AmountMinor || e.AmountMinor+minor > maxMinor:
		return m.say("A tip is at most the amount itself")
	case len(m.d.Outbox) >= maxOutbox:
		return m.say("Too much waits for the server")
	}
	m.up(poilink.Frame{Type: poilink.TypeTip, Tip: &poilink.Tip{Exchange: e.ID, AmountMinor: minor, Employee: who}})
	m.step(poilink.StepGratuityEntered)
	m.presentCard("")
	return ""
}

// suggestion is one tip to choose.
type suggestion struct {
	label string
	minor int64
}

// suggestions reads the setting: percentages and amounts, with commas between.
func suggestions(setting string, amount int64) ([]suggestion, error) {
	var list []suggestion
	for part := range strings.SplitSeq(setting, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if percent, ok := strings.CutSuffix(part, "%"); ok {
			n, err := strconv.Atoi(percent)
			if err != nil || n < 1 || n > 100 {
				return nil, errors.New("a percentage is 1% to 100%")
			}
			if minor := (amount*int64(n) + 50) / 100; minor > 0 || amount == 0 {
				list = append(list, suggestion{part, minor})
			}
			continue
		}
		whole, cents, ok := strings.Cut(part, ".")
		n, err := strconv.ParseInt(whole+cents, 10, 32)
		if !ok || err != nil || len(cents) != 2 || n < 1 {
			return nil, errors.New("an amount is like 2.00")
		}
		if n <= amount || amount == 0 {
			list = append(list, suggestion{part, n})
		}
	}
	if len(list) > maxTips {
		return nil, fmt.Errorf("at most %d", maxTips)
	}
	return list, nil
}

// employees reads the setting: ids and names, with commas between.
func employees(setting string) ([]poilink.Employee, error) {
	var list []poilink.Employee
	for part := range strings.SplitSeq(setting, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		id, name, _ := strings.Cut(part, " ")
		if name = strings.TrimSpace(name); name == "" || len(id) > maxReference {
			return nil, errors.New(`an employee is like "33 Alonso"`)
		}
		list = append(list, poilink.Employee{ID: id, Name: name})
	}
	if len(list) > maxStaff {
		return nil, fmt.Errorf("at most %d", maxStaff)
	}
	return list, nil
}
