package poi

import (
	"slices"
	"time"

	"kassa"
	"kassa/poilink"
)

// Limits of what people may type at a POI.
const (
	maxReference = 50 // characters of an order id
	maxText      = 200
	maxURL       = 2048
	maxAddress   = 254 // RFC 5321: an address in a path of 256
	maxModel     = 32
	maxHealth    = 100 // bytes of a text in a POI's health
	// asksPerMinute bounds what is looked at of one POI's wishes: more than people can type.
	asksPerMinute = 120
)

// counter takes what people do at the POI itself; the text says what is wrong with the frame.
func (m *Machine) counter(link LinkID, f poilink.Frame) string {
	text := ""
	switch f.Type {
	case poilink.TypeReport:
		return m.reported(link, *f.Report)
	case poilink.TypeTip:
		return m.tip(link, f.Seq, *f.Tip)
	case poilink.TypeStart:
		text = checkStart(*f.Start)
	case poilink.TypeRefund:
		text = checkRefund(*f.Refund)
	case poilink.TypeReceipt:
		text = checkReceipt(*f.Receipt)
	case poilink.TypeChosen:
		text = checkChosen(*f.Chosen)
	case poilink.TypeStop:
		text = checkStop(*f.Stop)
	case poilink.TypeTotals:
		text = checkTotals(*f.Totals)
	}
	if m.parted() {
		m.refresh()
	}
	switch {
	case text != "":
		return text
	case m.tid == "":
		return string(f.Type) + ": before the activation"
	case !m.wishes.take(m.now, asksPerMinute):
		return string(f.Type) + ": more than people can type"
	}
	if f.Seq > 0 {
		m.begin(link, f.Seq)
	}
	m.emit(Ask{Link: link, TID: m.tid, Frame: f})
	return ""
}

// reported takes what the POI says of itself after its hello. What an older link still brings is not
// true any more.
func (m *Machine) reported(link LinkID, r poilink.Report) string {
	text := checkReport(r)
	switch {
	case text != "":
		return text
	case !m.reports.take(m.now, asksPerMinute):
		return "report: more than people can change"
	case m.current != nil && m.current.link == link:
		m.report(r)
	}
	return ""
}

func (m *Machine) report(r poilink.Report) {
	m.said = &r
	m.tellHow(r)
	d, _ := m.rules.Directory.Device(m.poiid)
	m.alarmed(d, poilink.Hello{IKID: d.IKID, Report: &r})
	m.tellMode()
	m.emit(Moved{TID: m.tid})
}

// tellMode tells the engine what the POI shows, once it is known which terminal it is: what cash
// registers send, unless its cloud mode is off, it takes manual input only, or it may not take that.
func (m *Machine) tellMode() {
	if m.tid != "" {
		m.ownTold = m.own()
		m.emit(Mode{TID: m.tid, Own: m.ownTold})
	}
}

func (m *Machine) own() bool {
	return m.said != nil && (!m.said.CloudMode || m.said.ManualInput) || m.rules.Enabled != nil && !m.rules.Enabled(m.tid)
}

func (m *Machine) tip(link LinkID, seq uint64, t poilink.Tip) string {
	switch {
	case !validExchange(t.Exchange):
		return "tip: exchange is malformed"
	case t.AmountMinor <= 0 || t.AmountMinor > kassa.MaxMinor:
		return "tip: amountMinor is out of range"
	case !printable(t.Employee.ID, maxReference) || !printable(t.Employee.Name, maxText):
		return "tip: employee is too long or not text"
	case holdsNumber(t.Employee.ID) || holdsNumber(t.Employee.Name):
		return "tip: employee holds what looks like a card number"
	}
	m.toEngine(link, seq, t.Exchange, kassa.AddTip{Tip: kassa.Tip{
		Minor: t.AmountMinor, EmployeeID: t.Employee.ID, EmployeeName: t.Employee.Name,
	}})
	return ""
}

// asked answers a wish. One that could not be written down is asked again over the next link.
func (m *Machine) asked(in Asked) {
	if in.Err != nil {
		if s := m.session(in.Link); s != nil && in.Seq > 0 {
			m.refuse(s, poilink.RefusedOverloaded, textStore, retryStore)
			m.close(s, "cannot store", false)
		}
		return
	}
	if in.Seq > 0 {
		m.settled(in.Seq)
	}
	switch {
	case !m.Online(): // it asks again
	case in.Answer.Type.Sequenced():
		m.push(pending{frame: in.Answer})
	default:
		m.send(m.current, in.Answer)
	}
}

func checkReport(r poilink.Report) string {
	if !printable(r.Model, maxModel) || holdsNumber(r.Model) {
		return "report: model is too long or not text"
	}
	if text := checkStand(r); text != "" {
		return text
	}
	h := r.Health
	if h == nil {
		return ""
	}
	for _, text := range []string{
		h.Tampered, h.Firmware, string(h.Printer), h.Network.Kind, h.Network.Address, h.Network.Name,
	} {
		if !printable(text, maxHealth) || holdsNumber(text) {
			return "report: a text of health is too long or not text"
		}
	}
	switch {
	case h.Battery != nil && (*h.Battery < 0 || *h.Battery > 100):
		return "report: battery is not 0 to 100"
	case h.Network.Signal < 0 || h.Network.Signal > 100 || h.Unsent < 0 || h.Alarms < 0:
		return "report: signal is not 0 to 100, or unsent or alarms is negative"
	}
	return ""
}

// checkStand looks at what a report says beside the health.
func checkStand(r poilink.Report) string {
	if r.UpMS < 0 || r.UpMS > maxUp.Milliseconds() {
		return "report: upMS is no time that a device may be on"
	}
	texts := []string{r.Screen, r.IKID, r.KCV}
	if f := r.LastFailure; f != nil {
		texts = append(texts, f.Step, f.Detail)
		if f.Times < 1 || !slices.Contains([]string{"resolve", "connect", "tls", "write", "read"}, f.Step) {
			return "report: lastFailure has no times, or a step that is unknown"
		}
	}
	for i, text := range texts {
		hex := i == 1 || i == 2 // of random digits some look like a card's
		if !printable(text, maxHealth) || !hex && holdsNumber(text) || hex && !all(text, isHex) {
			return "report: a text is too long or not text"
		}
	}
	return ""
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func checkStart(s poilink.Start) string {
	switch s.Origin {
	case poilink.OriginManual, poilink.OriginWebApp, poilink.OriginNativeApp:
	default:
		return "start: origin is unknown"
	}
	switch s.Kind {
	case poilink.StartPayment, poilink.StartRefund, poilink.StartCardCheck:
	default:
		return "start: kind is unknown"
	}
	switch {
	case s.Reference == "" || !printable(s.Reference, maxReference):
		return "start: reference is not 1 to 50 characters"
	case s.AmountMinor < 0 || s.AmountMinor > kassa.MaxMinor:
		return "start: amountMinor is out of range"
	case len(s.Currency) != 3 || !all(s.Currency, isUpper):
		return "start: currency is not three capital letters"
	case !printable(s.Description, maxText):
		return "start: description is too long or not text"
	case !printable(s.NotificationURL, maxURL) || !printable(s.SessionID, maxText):
		return "start: notificationURL or sessionID is too long or not text"
	case holdsNumber(s.Reference) || holdsNumber(s.Description):
		return "start: holds what looks like a card number"
	}
	return ""
}

func checkRefund(r poilink.Refund) string {
	switch {
	case r.ID == "" || !printable(r.ID, maxReference):
		return "refund: id is not 1 to 50 characters"
	case !validExchange(r.Exchange):
		return "refund: exchange is malformed"
	case r.AmountMinor <= 0 || r.AmountMinor > kassa.MaxMinor:
		return "refund: amountMinor is out of range"
	case !printable(r.Description, maxText) || holdsNumber(r.Description):
		return "refund: description is too long or not text"
	}
	return ""
}

func checkReceipt(r poilink.Receipt) string {
	switch {
	case r.ID == "" || !printable(r.ID, maxReference):
		return "receipt: id is not 1 to 50 characters"
	case !validExchange(r.Exchange):
		return "receipt: exchange is malformed"
	case r.Address == "" || !printable(r.Address, maxAddress):
		return "receipt: address is empty, too long or not text"
	}
	return ""
}

func checkTotals(t poilink.Totals) string {
	switch t.Level {
	case poilink.TotalsTerminal, poilink.TotalsGroup, poilink.TotalsAccount:
	default:
		return "totals: level is unknown"
	}
	_, err := time.Parse(time.DateOnly, t.Day)
	switch {
	case t.ID == "" || !printable(t.ID, maxReference):
		return "totals: id is not 1 to 50 characters"
	case err != nil:
		return "totals: day is not like 2006-01-02"
	case t.StartHour < 0 || t.StartHour > 23:
		return "totals: startHour is not 0 to 23"
	}
	return ""
}

// printable tells whether s is text of at most so many bytes without control characters.
func printable(s string, most int) bool {
	return len(s) <= most && all(s, func(c byte) bool { return c >= ' ' && c != 0x7f })
}
