package poi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
	"kassa/poilink"
)

// Limits of what is managed.
const (
	maxChecks   = 32
	maxCheck    = 300 // bytes of a check's detail
	maxSettings = 1000
	maxSetting  = 100 // bytes of a name
	maxRefused  = 300 // bytes of why a setting was not taken
	maxUp       = 10 * 365 * 24 * time.Hour
	maxDevice   = 60 << 10 // bytes of what the POI answers: a signature is long
)

// manage takes what is no payment.
func (m *Machine) manage(in Input) {
	switch in := in.(type) {
	case Show:
		m.show(in)
	case Do:
		c := in.Command
		m.pushUntil(pending{frame: poilink.Frame{Type: poilink.TypeCommand, Command: &c}, until: in.Until})
	case Configure:
		m.configure(in)
	case Sell:
		m.sell(in)
	case Applied:
		m.applied(in)
	case Refresh:
		m.refresh()
	case Ponged:
		m.ponged(in)
	case ProbeFailed:
		m.probeFailed(in)
	}
}

// pushUntil sends what is no use later.
func (m *Machine) pushUntil(p pending) {
	if m.Online() && !p.expired(m.now) {
		m.push(p)
	}
}

// show sends a request of the class Device. One that waits for its acknowledgement is not sent again.
func (m *Machine) show(in Show) {
	if slices.ContainsFunc(m.pending, func(p pending) bool { return p.ask == in.Exchange && string(p.frame.Nexo) == string(in.Request) }) {
		return
	}
	m.pushUntil(pending{
		frame: poilink.Frame{Type: poilink.TypeNexo, Nexo: in.Request, ValidForMS: in.Until.Sub(m.now).Milliseconds()},
		ask:   in.Exchange, until: in.Until,
	})
}

// device takes what the POI answers to a Show, and its notifications.
func (m *Machine) device(link LinkID, seq uint64, msg nexo.Message) string {
	h := msg.Header
	switch {
	case h.MessageType == nexo.TypeResponse && h.MessageCategory == nexo.CategoryDisplay && msg.DisplayResponse != nil:
	case h.MessageType == nexo.TypeResponse && h.MessageCategory == nexo.CategoryInput && msg.InputResponse != nil:
		hideNumber(&msg.InputResponse.InputResult)
	case h.MessageType == nexo.TypeResponse && h.MessageCategory == nexo.CategoryPrint && msg.PrintResponse != nil:
	case h.MessageType == nexo.TypeNotification && h.MessageCategory == nexo.CategoryEvent && msg.EventNotification != nil:
	default:
		return "nexo: neither a response of a category that was asked for nor an EventNotification"
	}
	event := h.MessageCategory == nexo.CategoryEvent
	if event && h.ServiceID != "" || !event && !validExchange(h.ServiceID) {
		return "nexo: ServiceID is malformed, or goes with a notification"
	}
	// Encoded anew: what this package does not know goes no further.
	raw, err := json.Marshal(msg)
	if err != nil || len(raw) > maxDevice {
		return "nexo: too long"
	}
	if text := checkTexts(raw); text != "" {
		return "nexo: " + text
	}
	if m.tid == "" {
		return ""
	}
	m.begin(link, seq)
	m.emit(ToDevices{
		Seq: seq, TID: m.tid, Exchange: h.ServiceID, Message: raw, Event: event,
	})
	return ""
}

// hideNumber turns an input that looks like a card number, which nobody may ask for, into a refusal.
func hideNumber(r *nexo.InputResult) {
	if r.Input != nil && (holdsNumber(r.Input.DigitInput) || holdsNumber(r.Input.TextInput)) {
		r.Input = nil
		r.Response = nexo.Response{
			Result: nexo.ResultFailure, ErrorCondition: nexo.ErrorNotAllowed,
			AdditionalResponse: "What was typed looks like a card number, and is not passed on",
		}
	}
}

// checkTexts looks at every text of a JSON object.
func checkTexts(raw []byte) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return "not JSON"
	}
	return checkText(v)
}

func checkText(v any) string {
	switch v := v.(type) {
	case string:
		if !printable(v, maxDevice) {
			return "a text is too long or not text"
		}
		if holdsNumber(v) {
			return "a text holds what looks like a card number"
		}
	case []any:
		for _, x := range v {
			if text := checkText(x); text != "" {
				return text
			}
		}
	case map[string]any:
		for _, x := range v {
			if text := checkText(x); text != "" {
				return text
			}
		}
	}
	return ""
}

// configure sends settings, once over each link, instead of older ones.
func (m *Machine) configure(in Configure) {
	if !m.Online() || in.TID != m.tid || m.current.pushed >= in.Settings.Version {
		return
	}
	m.current.pushed = in.Settings.Version
	older := func(p pending) bool { return p.frame.Type == poilink.TypeSettings }
	if i := slices.IndexFunc(m.pending, older); i >= 0 && m.pending[i].frame.Settings.Version >= in.Settings.Version {
		return // it was sent again with the welcome
	}
	m.pending = slices.DeleteFunc(m.pending, older)
	m.push(pending{frame: poilink.Frame{Type: poilink.TypeSettings, Settings: &in.Settings}})
}

func (m *Machine) settingsApplied(link LinkID, seq uint64, a poilink.SettingsApplied) string {
	if len(a.Values) > maxSettings || len(a.Refused) > maxSettings {
		return "settingsApplied: too many settings"
	}
	for name := range a.Values {
		if !printable(name, maxSetting) {
			return "settingsApplied: a name is too long or not text"
		}
	}
	for name, why := range a.Refused {
		if !printable(name, maxSetting) || !printable(why, maxRefused) || holdsNumber(why) {
			return "settingsApplied: refused is too long or not text"
		}
	}
	if m.tid == "" {
		return ""
	}
	m.begin(link, seq)
	m.emit(Apply{Link: link, Seq: seq, TID: m.tid, Applied: a})
	return ""
}

// applied acknowledges what is recorded. What could not be is sent again over the next link.
func (m *Machine) applied(in Applied) {
	if in.Err == nil {
		m.settled(in.Seq)
		if m.tid != "" {
			m.emit(WantSettings{TID: m.tid})
		}
		return
	}
	if s := m.session(in.Link); s != nil {
		m.refuse(s, poilink.RefusedOverloaded, textStore, retryStore)
		m.close(s, "cannot store", false)
	}
}

// refresh compares who the POI is with what the estate says now.
func (m *Machine) refresh() {
	if m.tid == "" {
		return
	}
	t, _ := m.rules.Directory.TerminalByPOIID(m.poiid)
	switch {
	case m.parted():
		m.emit(Moved{TID: m.tid})
		m.leave(byeUnbound)
		m.tid, m.pending = "", nil
		return
	case t.Blocked != nil:
		m.leave(byeBlocked)
		return
	}
	if m.own() != m.ownTold {
		m.tellMode()
	}
	if !m.Online() {
		return
	}
	g, _ := m.rules.Directory.Group(t.Group)
	if a := activated(t, g); m.current.told != fingerprint(a) {
		m.tellIdentity(m.current, a)
	}
	m.emit(WantSettings{TID: m.tid})
	m.emit(WantPoints{TID: m.tid})
}

// parted tells that the POI is not the terminal any more which it was when it was last looked: nudges of the
// estate may be late, and money waits for none.
func (m *Machine) parted() bool {
	_, known := m.rules.Directory.Device(m.poiid)
	t, bound := m.rules.Directory.TerminalByPOIID(m.poiid)
	return m.tid != "" && (!known || !bound || t.TID != m.tid)
}

// tellIdentity tells the POI who it is now.
func (m *Machine) tellIdentity(s *session, a *poilink.Activated) {
	s.told = fingerprint(a)
	m.send(s, poilink.Frame{Type: poilink.TypeActivated, Activated: a})
}

func fingerprint(a *poilink.Activated) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%q", *a) // a hash takes everything
	return h.Sum64()
}

// leave ends every link of the POI.
func (m *Machine) leave(reason string) {
	for _, s := range m.sessions {
		m.end(s, poilink.Bye{Reason: reason})
	}
}

// alarmed notes a tamper alarm: the device says so, or it has lost its keys together with its secure
// element. One that stands is told from a new one by its number.
func (m *Machine) alarmed(d estate.Device, h poilink.Hello) {
	r := h.Report
	if r == nil || r.Health == nil || d.POIID == "" || d.Tampered != nil && r.Health.Alarms <= d.Tampered.Number {
		return
	}
	what := r.Health.Tampered
	if what == "" && d.Configured && h.IKID == "" && !r.Health.Security {
		what = "the secure element does not work, and the keys are gone"
	}
	if what != "" {
		m.emit(Tampered{What: what, Number: r.Health.Alarms})
	}
}

// tampered tells whether the device has raised an alarm that nobody has cleared.
func (m *Machine) tampered() bool {
	d, _ := m.rules.Directory.Device(m.poiid)
	return d.Tampered != nil
}

// whenTampered ends an exchange on a device that may be manipulated, before it can ask the bank.
func (m *Machine) whenTampered(exchange string) {
	if m.tid != "" && m.tampered() {
		m.unable(exchange)
	}
}

func (m *Machine) unable(exchange string) {
	m.emit(Alert{Order: exchange, Text: "the device has raised a tamper alarm: it takes no payments"})
	m.emit(ToEngine{TID: m.tid, Order: exchange, Input: kassa.POIEnded{Reason: kassa.POIUnable}})
}

// probed checks the answer to a probe.
func (m *Machine) probed(s *session, p poilink.Probed) string {
	if text := checkReport(p.Report); text != "" {
		return "probed: " + text
	}
	if len(p.Checks) > maxChecks || !printable(p.ID, maxReference) {
		return "probed: too many checks, or an id that was not given"
	}
	for _, c := range p.Checks {
		if !printable(c.Name, maxModel) || !printable(c.Detail, maxCheck) || holdsNumber(c.Detail) || c.TookMS < 0 {
			return "probed: a check is too long or not text"
		}
		switch c.Result {
		case poilink.CheckPass, poilink.CheckFail, poilink.CheckSkipped:
		default:
			return fmt.Sprintf("probed: result of %s is unknown", c.Name)
		}
	}
	if !m.reports.take(m.now, asksPerMinute) {
		return "" // more than anybody asks for
	}
	if s == m.current {
		p.Report.TimeMS = cmp.Or(p.Report.TimeMS, p.TimeMS)
		m.report(p.Report)
	}
	m.emit(Answer{p})
	return ""
}
