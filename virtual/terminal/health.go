package terminal

import (
	"fmt"
	"time"

	"kassa/poilink"
)

// healthEvery is the least time between two reports that nobody asked for.
const healthEvery = 5 * time.Second

// lowBattery is the charge below which a check fails, in per cent.
const lowBattery = 10

// Firmware is the version of the device's own software.
const Firmware = "1.0.0"

// health is how the device is. What a model does not have is absent.
func (m *Machine) health() poilink.Health {
	h := poilink.Health{
		CardReader: !m.has(FaultReader), PED: !m.d.Tampered, Security: !m.d.Tampered,
		Firmware: Firmware, Unsent: len(m.d.Outbox), Network: poilink.Network{Address: m.v.address},
	}
	if h.Tampered = m.alarm(); h.Tampered != "" {
		h.Alarms = m.d.Alarms
	}
	if m.model().Battery {
		h.Battery, h.Charging = new(100), true
		if m.has(FaultBattery) {
			h.Battery, h.Charging = new(4), false
		}
	}
	if m.canPrint() {
		h.Printer = poilink.PrinterOK
		if m.has(FaultPaperOut) {
			h.Printer = poilink.PrinterNoPaper
		}
	}
	switch Network(m.setting(setNetwork)) {
	case LAN:
		h.Network.Kind = "ethernet"
	case SIM:
		h.Network.Kind = "cellular"
	default:
		h.Network.Kind = "wifi"
	}
	if h.Network.Kind != "ethernet" {
		h.Network.Name, h.Network.Signal = networkName(h.Network.Kind), usualSignal
		if m.has(FaultWeak) {
			h.Network.Signal = weakSignal
		}
	}
	return h
}

// How well a terminal stands to its access point, of 100.
const (
	usualSignal = 80
	weakSignal  = 12
)

func networkName(kind string) string {
	if kind == "cellular" {
		return "Kassa Mobile"
	}
	return "Kassa Wi-Fi"
}

// report is what the cloud hears of the terminal.
func (m *Machine) report() *poilink.Report {
	h := m.health()
	r := &poilink.Report{
		Model: m.model().Name, CloudMode: m.is(setCloudMode), Health: &h, TimeMS: m.clock().UnixMilli(), UpMS: max(1, m.now.Sub(m.v.since).Milliseconds()), ManualInput: m.is(setManual),
		APIEnabled: m.told(keptAPI), WebSocketEnabled: m.told(keptWebSocket), Screen: string(m.v.screen.Name),
		IKID: m.d.IKID, KCV: m.d.KCV, LastFailure: m.v.lastFailure, DeveloperMode: m.d.Developer,
	}
	if m.d.Activated != nil {
		r.CloseTimeout, r.AllowRefunds = new(int(m.closeAfter().Seconds())), new(m.is(setRefunds))
	}
	if m.v.link != linkOpen {
		r.LastFailure = m.v.failing
	}
	return r
}

// told is a permission of the cloud's, nil when it has told nothing of it.
func (m *Machine) told(id string) *bool {
	if m.d.Managed == nil || m.d.Managed.Own[id] == "" {
		return nil
	}
	return new(m.is(id))
}

func (m *Machine) tellReport() {
	if m.online() {
		m.noteHealth()
		m.transmit(poilink.Frame{Type: poilink.TypeReport, Report: m.report()})
	}
}

// state is the part of a report whose changes are told.
func (m *Machine) state() string {
	r := *m.report()
	h, charge := *r.Health, -1
	if h.Battery != nil {
		charge = *h.Battery
	}
	h.Battery, h.Unsent = nil, 0
	tid := ""
	if m.d.Activated != nil {
		tid = m.d.Activated.TID
	}
	return fmt.Sprint(charge, h, tid, r.CloudMode, r.ManualInput, m.closeAfter(), m.is(setRefunds), m.allowed(keptAPI), m.allowed(keptWebSocket), r.IKID, r.KCV, m.clock().Sub(m.now))
}

func (m *Machine) noteHealth() {
	m.v.healthSaid, m.v.healthAt, m.v.screenSaid = m.state(), m.now, m.v.screen.Name
	m.stop(timerHealth, timerStands)
}

// screenStands is how long a screen must stand before it is told: those of a payment pass.
const screenStands = 10 * time.Second

// watchScreen reports a screen that stands.
func (m *Machine) watchScreen() {
	name := m.v.screen.Name
	switch {
	case !m.online() || name == m.v.screenSaid:
		m.stop(timerStands)
	case name != m.v.screenSeen || m.v.due[timerStands].IsZero():
		m.after(timerStands, screenStands)
	}
	m.v.screenSeen = name
}

// failedAt counts a try to connect that failed.
func (m *Machine) failedAt(step, why string) {
	if step == "" {
		step = "read"
		for _, f := range m.broken() {
			step = layerOf(f)
			break
		}
	}
	if m.v.failing == nil {
		m.v.failing = &poilink.ConnectFailure{SinceMS: m.now.UnixMilli()}
	}
	next := *m.v.failing
	next.Step, next.Detail = step, clip(why, maxLabel)
	next.Times++
	m.v.failing = &next
}

// watchHealth reports a change, not too often.
func (m *Machine) watchHealth() {
	if !m.online() || m.v.healthSaid == m.state() || !m.v.due[timerHealth].IsZero() {
		return
	}
	if next := m.v.healthAt.Add(healthEvery); m.now.Before(next) {
		m.v.due[timerHealth] = next
		return
	}
	m.tellReport()
}

// probe answers at once; a full one when the device has looked at its way to the cloud.
func (m *Machine) probe(p poilink.Probe) {
	if m.v.link != linkOpen {
		return
	}
	if p.Full && !m.has(FaultOldSoftware) {
		m.emit(Test{ID: p.ID, Broken: m.broken()})
		return
	}
	m.transmit(poilink.Frame{Type: poilink.TypeProbed, Probed: &poilink.Probed{ID: p.ID, TimeMS: m.clock().UnixMilli(), Report: *m.report()}})
}

// broken are the faults of the network.
func (m *Machine) broken() []Fault {
	var list []Fault
	for _, f := range m.faults {
		if layerOf(f) != "" {
			list = append(list, f)
		}
	}
	return list
}

// layerOf is the step of the way to the cloud that a fault breaks; empty when it breaks none.
func layerOf(f Fault) string {
	switch f {
	case FaultNoDNS:
		return "resolve"
	case FaultNoTCP:
		return "connect"
	case FaultNoTLS:
		return "tls"
	case FaultMute:
		return "write"
	case FaultDeaf, FaultCutLink:
		return "read"
	}
	return ""
}

// Tests is what a look at the device and at its way to the cloud came to.
type Tests struct {
	At     time.Time       `json:"at"`
	Checks []poilink.Check `json:"checks"`
	// Failed is the first check that failed; empty when all is well.
	Failed string `json:"failed,omitempty"`
}

// tested takes what the look at the network came to, adds what the device knows of itself, and tells who asked.
func (m *Machine) tested(in Tested) {
	t := Tests{At: m.now.UTC(), Checks: append(in.Checks, m.ownChecks()...)}
	for _, c := range t.Checks {
		if c.Result == poilink.CheckFail {
			t.Failed = c.Name
			break
		}
	}
	m.v.tests = &t
	if m.v.link == linkOpen && in.ID != "" {
		m.transmit(poilink.Frame{Type: poilink.TypeProbed, Probed: &poilink.Probed{ID: in.ID, TimeMS: m.clock().UnixMilli(), Report: *m.report(), Checks: t.Checks}})
	}
	if in.ID == "" {
		m.v.testing = false
		m.emit(LookedAt{t})
	}
	if p := m.v.place; p != nil && p.page == pageAPI {
		m.showPlace()
	}
}

// ownChecks are what the device knows without asking anybody.
func (m *Machine) ownChecks() []poilink.Check {
	check := func(name string, ok bool, detail string) poilink.Check {
		c := poilink.Check{Name: name, Result: poilink.CheckPass, Detail: detail}
		if !ok {
			c.Result = poilink.CheckFail
		}
		return c
	}
	h := m.health()
	var list []poilink.Check
	if m.v.skewKnown {
		list = append(list, check("clock", m.v.skew.Abs() < time.Minute, fmt.Sprintf("%d s from the server's", int(m.v.skew.Seconds()))))
	}
	list = append(list, check("disk", true, "the journal is written"))
	if h.Battery != nil {
		list = append(list, check("battery", *h.Battery >= lowBattery, fmt.Sprintf("%d %%", *h.Battery)))
	}
	if h.Printer != "" {
		list = append(list, check("printer", h.Printer != poilink.PrinterNoPaper, string(h.Printer)))
	}
	security := "keys loaded"
	switch {
	case m.d.Tampered:
		security = "tampered: " + h.Tampered
	case m.d.IKID == "":
		security = "no initial key"
	}
	reader := "ready"
	if !h.CardReader {
		reader = "out of order"
	}
	return append(list, check("cardReader", h.CardReader, reader), check("security", h.Security && m.d.IKID != "", security))
}

// askTest is somebody at the device who wants to know.
func (m *Machine) askTest() {
	if m.v.testing {
		return
	}
	m.v.testing = true
	m.emit(Test{Broken: m.broken()})
}
