package terminal

import (
	"fmt"

	"kassa/poilink"
)

// diagnosticsPage is Settings > Diagnostics > Terminal API on an Android terminal, and Admin menu > Network >
// Diagnostics on the others.
func (m *Machine) diagnosticsPage(p *place) leaf {
	if p.page == pageDiagnostics {
		return leaf{title: m.say("Diagnostics"), items: []Item{m.item("page:terminalAPI", "Terminal API"), m.item("page:about", "About")}}
	}
	l := leaf{title: m.say("Terminal API"), items: []Item{
		m.row("API enabled", m.allowed(keptAPI)),
		m.row("WebSocket enabled", m.allowed(keptWebSocket)),
		m.row("WebSocket connection", m.online()),
		m.item("do:test", "Test the connection"),
	}}
	switch t := m.v.tests; {
	case m.v.testing:
		l.lines = []string{m.say("Testing")}
	case t != nil:
		l.lines = []string{m.say("The connection works")}
		for _, c := range t.Checks {
			it := Item{ID: "row", Label: c.Name, Value: mark(c.Result == poilink.CheckPass)}
			if c.Result == poilink.CheckSkipped {
				it.Value = "–"
			}
			if c.Detail != "" {
				it.Value = c.Detail + " " + it.Value
			}
			l.items = append(l.items, it)
		}
		if t.Failed != "" {
			l.lines = []string{m.say("It fails at: %s", t.Failed)}
		}
	}
	return l
}

// allowed is what the cloud allows unless it says otherwise.
func (m *Machine) allowed(id string) bool { return m.setting(id) != off }

func (m *Machine) row(label string, ok bool) Item {
	it := m.item("row", label)
	it.Value = mark(ok)
	return it
}

func mark(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}

// obey does what the cloud commands, once.
func (m *Machine) obey(c poilink.Command) {
	for _, id := range m.d.Commands {
		if id == c.ID {
			return
		}
	}
	m.persist(Record{Kind: RecordCommand, Command: &c})
	switch c.Kind {
	case poilink.CommandRestart:
		m.v.restart = true
		if m.d.Open == nil {
			m.restart()
		}
	case poilink.CommandKeys:
		m.v.rekey = true
		m.rekey()
	case poilink.CommandIdentify:
		m.v.identify = true
		m.after(timerIdentify, identifyTime)
	case poilink.CommandMessage:
		if m.v.stage == stageNone && (m.v.screen.Name == ScreenIdle || m.v.screen.Name == ScreenHome) {
			m.rest()
		}
	}
}

// restart switches the device off, and on again after a while. It says so where it can.
func (m *Machine) restart() {
	m.event("Shutdown", "newstate=START&oldstate=IDLE")
	if m.online() {
		m.transmit(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "restart"}})
	}
	m.powerOff()
	m.after(timerBoot, bootTime)
}

// messageScreen shows the oldest text for the staff.
func (m *Machine) messageScreen() Screen {
	return Screen{Name: ScreenMessage, Title: m.say("Message"), Lines: []string{m.d.Messages[0]}, Items: []Item{m.item("read", "OK")}}
}

func (m *Machine) messageRead() {
	if len(m.d.Messages) > 0 {
		m.persist(Record{Kind: RecordCommand})
	}
	m.rest()
}

// applyCommand notes a command; without one the oldest message was read.
func (d *durable) applyCommand(c *poilink.Command) error {
	switch {
	case c == nil && len(d.Messages) > 0:
		d.Messages = d.Messages[1:]
	case c == nil:
		return fmt.Errorf("record %s: there is no message", RecordCommand)
	default:
		d.Commands = lastOf(append(d.Commands, c.ID), maxReplies)
		if c.Kind == poilink.CommandMessage {
			d.Messages = lastOf(append(d.Messages, clip(c.Text, maxDescription)), maxMessages)
		}
	}
	return nil
}

// blockedScreen says why the cloud has nothing to do with this terminal.
func (m *Machine) blockedScreen() Screen {
	return Screen{
		Name: ScreenBlocked, Title: m.say("Blocked"), Error: m.v.blocked,
		Lines: []string{m.say("This terminal takes no payments"), m.say("Serial %s", m.cfg.POIID)},
	}
}
