package terminal

import (
	"fmt"
	"strings"
	"time"

	"kassa/poilink"
)

// noted is what the log knows of the device: a change of it makes a line.
type noted struct {
	on       bool
	since    time.Time
	online   bool
	screen   ScreenName
	exchange string
	failing  string
	health   string
	behind   time.Duration // how far the device's clock is ahead of the cloud's
	lines    []poilink.LogLine
}

// logs writes down what an input led to. It sees the outcome alone: what is typed never gets here.
func (m *Machine) logs(in Input) {
	n := &m.noted
	n.lines = nil
	if m.v.skewKnown {
		n.behind = m.v.skew
	}
	m.logPower()
	m.logInput(in)
	ended := false
	for _, o := range m.out {
		switch o := o.(type) {
		case Persist:
			m.logRecord(o.Record)
			ended = ended || o.Record.Kind == RecordEnd
		case Show:
			m.logScreen(o.Screen)
		case Print:
			m.logged("print", "receipt printed")
		}
	}
	m.logLink(in)
	m.logHealth()
	if m.d.Open != nil {
		n.exchange = m.d.Open.ID
	} else if ended || n.exchange != "" && !paymentOver(n.screen) {
		n.exchange = ""
	}
	if len(n.lines) > 0 {
		m.emit(Log{n.lines})
	}
}

func paymentOver(s ScreenName) bool {
	return s == ScreenApproved || s == ScreenDeclined || s == ScreenNotCompleted || s == ScreenCancelled || s == ScreenResultLost
}

// logged adds a line.
func (m *Machine) logged(part, format string, args ...any) {
	text := strings.TrimSpace(strings.ToValidUTF8(unnumbered(clip(fmt.Sprintf(format, args...), maxLabel*2)), "?"))
	if len(text) > poilink.MaxLogText {
		text = clip(text, poilink.MaxLogText/4)
	}
	m.noted.lines = append(m.noted.lines, poilink.LogLine{
		AtMS: m.now.Add(-m.noted.behind).UnixMilli(), Part: part, Text: text, Exchange: m.noted.exchange,
	})
}

// unnumbered takes out what could be a card number, whoever wrote it.
func unnumbered(s string) string {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	var out []byte
	for i := 0; i < len(s); {
		end, digits := i, 0
		for j := i; digit(s[i]) && j < len(s) && (digit(s[j]) || s[j] == ' ' || s[j] == '-'); j++ {
			if digit(s[j]) {
				end, digits = j+1, digits+1
			}
		}
		switch {
		case digits >= 12:
			out, i = append(out, "[number]"...), end
		case digits > 0:
			out, i = append(out, s[i:end]...), end
		default:
			out, i = append(out, s[i]), i+1
		}
	}
	return string(out)
}

func (m *Machine) logPower() {
	n := &m.noted
	switch {
	case m.v.on && (!n.on || !n.since.Equal(m.v.since)):
		m.logged("power", "started, %s, firmware %s", m.software(), Firmware)
	case !m.v.on && n.on:
		why := "switched off"
		if !m.v.due[timerBoot].IsZero() {
			why = "restarts"
		}
		m.logged("power", "%s", why)
	}
	n.on, n.since = m.v.on, m.v.since
}

func (m *Machine) logInput(in Input) {
	switch in := in.(type) {
	case CardPresented:
		if m.v.on {
			m.logged("card", "card presented: %s", in.Entry)
		}
	case ActivateWith:
		m.logged("device", "an activation code was entered")
	case Tested:
		if m.v.tests != nil && m.v.on {
			m.logged("device", "test of the connection: %s", orText(m.v.tests.Failed, "all passed"))
		}
	}
}

// logLink tells of the link: that it stands, why it ended, and once why it does not come to be.
func (m *Machine) logLink(in Input) {
	n, online := &m.noted, m.v.link == linkOpen
	switch {
	case online && !n.online:
		m.logged("link", "connected")
	case !online && n.online:
		m.logged("link", "disconnected: %s", lostBy(in))
	}
	failing := ""
	if f := m.v.failing; f != nil {
		failing = f.Step + ": " + f.Detail
	}
	if failing != "" && failing != n.failing {
		m.logged("link", "no connection, %s", failing)
	}
	if f, ok := in.(FrameReceived); ok && f.Frame.Refused != nil {
		m.logged("link", "the server refused: %s", f.Frame.Refused.Code)
	}
	n.online, n.failing = online, failing
}

// lostBy is why an input ended the link.
func lostBy(in Input) string {
	switch in := in.(type) {
	case LinkDown:
		return orText(in.Why, "the connection ended")
	case FrameReceived:
		if in.Frame.Bye != nil {
			return "the server closed it: " + in.Frame.Bye.Reason
		}
		return "the server closed it"
	case Tick:
		return "no answer"
	case PowerOff, FaultSet:
		return "the device stopped"
	}
	return "closed here"
}

// logScreen names a screen; its words may be a customer's.
func (m *Machine) logScreen(s Screen) {
	if s.Name == m.noted.screen {
		return
	}
	m.noted.screen = s.Name
	m.logged("screen", "%s", s.Name)
	if s.problem != "" {
		m.logged("card", "%s", s.problem)
	}
}

func (m *Machine) logRecord(r Record) {
	switch r.Kind {
	case RecordOpen:
		if r.Open != nil {
			m.noted.exchange = r.Open.ID
			m.logged("order", "payment of %s asked for", money(r.Open.AmountMinor, r.Open.Currency))
		}
	case RecordUp:
		m.logUp(r.Frame)
	case RecordAnswer:
		if a := r.Answer; a != nil {
			m.logged("answer", "request %d: %s %s %s", a.Request, a.Verdict, a.ResponseCode, a.Text)
		}
	case RecordEnd:
		if r.End != nil {
			m.noted.exchange = r.End.Exchange
			m.logged("order", "payment ended: %s %s", r.End.Result, r.End.Text)
		}
	case RecordWish:
		if r.Wish != nil {
			m.logged("order", "asked for at the terminal: %s", r.Wish.Frame.Type)
		}
	case RecordSetting:
		m.logged("settings", "%s changed here", r.Setting)
	case RecordManaged:
		m.logged("settings", "set by the server")
	case RecordKeys:
		m.logged("device", "initial key loaded")
	case RecordErased:
		if r.Tampered {
			m.logged("device", "tamper alarm: %s", r.Alarm)
		}
		m.logged("device", "no keys any more")
	case RecordActivated:
		if r.Activated == nil {
			m.logged("device", "not activated any more")
		} else {
			m.logged("device", "activated as %s", r.Activated.TID)
		}
	case RecordCommand:
		if r.Command != nil {
			m.logged("device", "command: %s", r.Command.Kind)
		}
	case RecordDeveloper:
		m.logged("device", "developer mode")
	}
}

// logUp tells of the steps of a card that the cloud hears too.
func (m *Machine) logUp(f *poilink.Frame) {
	switch {
	case f == nil:
	case f.Progress != nil:
		m.logged("card", "%s", f.Progress.Screen)
	case f.AuthorisationRequest != nil:
		m.logged("card", "request %d: %s, the bank is asked", f.AuthorisationRequest.Request, f.AuthorisationRequest.Entry)
	case f.CompletionAdvice != nil:
		m.logged("card", "request %d: the card says %s", f.CompletionAdvice.Request, f.CompletionAdvice.Outcome)
	case f.Tip != nil:
		m.logged("order", "tip added")
	}
}

// logHealth tells of parts that changed.
func (m *Machine) logHealth() {
	if !m.v.on {
		return
	}
	h := m.health()
	text := "card reader ready"
	if !h.CardReader {
		text = "card reader out of order"
	}
	if h.Printer != "" {
		text += ", printer " + string(h.Printer)
	}
	if h.Battery != nil {
		text += fmt.Sprintf(", battery %d %%", *h.Battery)
	}
	if h.Network.Kind != "" {
		text += fmt.Sprintf(", network %s", h.Network.Kind)
		if h.Network.Signal > 0 {
			text += fmt.Sprintf(" signal %d", h.Network.Signal)
		}
	}
	if text != m.noted.health {
		m.noted.health = text
		m.logged("device", "%s", text)
	}
}

// collect answers a question for lines, which the shell reads.
func (m *Machine) collect(c poilink.CollectLogs) {
	if m.v.link == linkOpen {
		m.emit(ReadLog{c})
	}
}

func (m *Machine) collected(c poilink.LogChunk) {
	if m.v.link == linkOpen {
		m.transmit(poilink.Frame{Type: poilink.TypeLogChunk, LogChunk: &c})
	}
}
