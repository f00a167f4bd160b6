package terminal

import (
	"fmt"
	"time"

	"kassa/poilink"
)

const dateOnly = time.DateOnly

// closingPage asks for the day of a closing balance, and shows it.
func (m *Machine) closingPage(p *place) leaf {
	switch p.page {
	case pageClosingDay:
		return leaf{title: m.say("Day"), lines: []string{m.say("For example 20261121")}, field: &Field{Label: m.say("Day"), Text: p.typed, Kind: FieldDigits}}
	case pageHour:
		return leaf{title: m.say("Start hour"), lines: []string{m.say("0 to 23")}, field: &Field{Label: m.say("Start hour"), Text: p.typed, Kind: FieldDigits}}
	case pageTotals:
		return m.totalsPage(p)
	}
	day := p.day
	switch day {
	case m.now.Format(dateOnly):
		day = m.say("today")
	case m.now.AddDate(0, 0, -1).Format(dateOnly):
		day = m.say("yesterday")
	}
	levels := map[poilink.TotalsLevel]string{
		poilink.TotalsTerminal: m.say("this terminal"), poilink.TotalsGroup: m.say("the group"), poilink.TotalsAccount: m.say("the company"),
	}
	return leaf{title: m.say("Closing balance"), items: []Item{
		{ID: "do:day", Label: m.say("Day"), Value: day},
		m.item("page:closingDay", "Another day"),
		{ID: "page:closingHour", Label: m.say("Start hour"), Value: fmt.Sprintf("%02d:00", p.hour)},
		{ID: "do:level", Label: m.say("Level"), Value: levels[p.level]},
		m.item("do:totals", "Show"),
	}}
}

// otherDay goes from today to yesterday and back.
func (m *Machine) otherDay() {
	p, today := m.v.place, m.now.Format(dateOnly)
	if p.day == today {
		p.day = m.now.AddDate(0, 0, -1).Format(dateOnly)
	} else {
		p.day = today
	}
	m.showPlace()
}

func (m *Machine) otherLevel() {
	p := m.v.place
	next := map[poilink.TotalsLevel]poilink.TotalsLevel{
		poilink.TotalsTerminal: poilink.TotalsGroup, poilink.TotalsGroup: poilink.TotalsAccount, poilink.TotalsAccount: poilink.TotalsTerminal,
	}
	p.level = next[p.level]
	m.showPlace()
}

func (m *Machine) closingTyped(p *place) {
	back := p.back
	if p.page == pageHour {
		n := number(p.typed)
		if n < 0 || n > 23 {
			m.problem(m.say("0 to 23"))
			return
		}
		back.hour = n
	} else {
		day, err := time.Parse("20060102", p.typed)
		if err != nil {
			m.problem(m.say("This is no day"))
			return
		}
		back.day = day.Format(dateOnly)
	}
	m.goBack()
}

func (m *Machine) askTotals() {
	p := m.v.place
	id, problem := m.totals(poilink.Totals{Level: p.level, Day: p.day, StartHour: p.hour})
	if problem != "" {
		m.problem(problem)
		return
	}
	m.open(pageWait, func(p *place) { p.wish = id })
	m.after(timerPlace, totalsTimeout)
}

// totals asks for a closing balance. It is not asked for again by itself: nothing depends on it.
func (m *Machine) totals(q poilink.Totals) (id, problem string) {
	_, err := time.Parse(dateOnly, q.Day)
	known := q.Level == poilink.TotalsTerminal || q.Level == poilink.TotalsGroup || q.Level == poilink.TotalsAccount
	switch {
	case err != nil:
		return "", m.say("This is no day")
	case q.StartHour < 0 || q.StartHour > 23:
		return "", m.say("0 to 23")
	case !known:
		return "", "level must be terminal, group or account"
	case m.d.Activated == nil:
		return "", m.say("The terminal is not activated")
	case !m.online():
		return "", m.say("No connection to the server")
	}
	if q.ID, err = m.newID("T-"); err != nil {
		return "", m.say("Try again")
	}
	m.transmit(poilink.Frame{Type: poilink.TypeTotals, Totals: &q})
	return q.ID, ""
}

func (m *Machine) totalled(a poilink.TotalsAnswer) {
	m.emit(Told{ID: a.ID, Text: clip(a.Text, maxLabel), Accepted: a.Text == "", Totals: &a})
	if p := m.v.place; p == nil || p.page != pageWait || p.wish != a.ID {
		return
	}
	m.v.place = m.v.place.back
	if a.Text != "" {
		m.problem(clip(a.Text, maxLabel))
		return
	}
	m.open(pageTotals, func(p *place) { p.totals = &a })
}

func (m *Machine) totalsPage(p *place) leaf {
	l := leaf{title: m.say("Closing balance")}
	for _, r := range m.totalsRows(p.totals) {
		l.items = append(l.items, Item{ID: "row", Label: r.Left, Value: r.Right})
	}
	if m.canPrint() {
		l.items = append(l.items, m.item("do:printTotals", "Print"))
	}
	return l
}

// totalsRows writes a closing balance in lines of two columns.
func (m *Machine) totalsRows(a *poilink.TotalsAnswer) []PaperRow {
	rows := []PaperRow{{m.say("From"), shortTime(a.From)}, {m.say("Until"), shortTime(a.Until)}}
	var total, tips, back int64
	for _, r := range a.Rows {
		rows = append(rows, PaperRow{fmt.Sprintf("%s (%d)", r.Brand, r.Payments), money(r.PaymentsMinor, a.Currency)})
		if r.Refunds > 0 {
			rows = append(rows, PaperRow{fmt.Sprintf("%s %s (%d)", r.Brand, m.say("Refund"), r.Refunds), money(r.RefundsMinor, a.Currency)})
		}
		total, tips, back = total+r.PaymentsMinor, tips+r.TipsMinor, back+r.RefundsMinor
	}
	if len(a.Rows) == 0 {
		return append(rows, PaperRow{m.say("No payments yet"), ""})
	}
	if tips > 0 {
		rows = append(rows, PaperRow{m.say("of which tips"), money(tips, a.Currency)})
	}
	return append(rows, PaperRow{m.say("Total"), money(total-back, a.Currency)})
}

func shortTime(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.Format("02-01-2006 15:04")
}

func (m *Machine) printTotals() {
	p, who := m.v.place, m.d.Activated
	if p.totals == nil || who == nil {
		return
	}
	r := m.head(ResultApproved)
	r.Kind, r.Rows = PaperTotals, m.totalsRows(p.totals)
	m.printNow(r)
}
