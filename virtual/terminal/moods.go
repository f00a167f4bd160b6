package terminal

import (
	"time"

	"kassa/poilink"
)

// What devices do that are not broken, and not as they should be: links that do not last, restarts, a slow start, and
// a program that nobody updated.

// flap breaks the link that is open, after a while.
func (m *Machine) flap() {
	switch {
	case m.v.link != linkOpen:
	case m.has(FaultFlap):
		m.after(timerFlap, flapAfter)
	case m.has(FaultIdleCut):
		m.after(timerFlap, idleCutAfter)
	}
}

// idleCutAfter is how long the firewall of a fault lets a link live.
const idleCutAfter = 4 * time.Second

// clockAhead is how far a wrong clock is ahead.
const clockAhead = 2 * time.Hour

// clock is what the device takes for the time.
func (m *Machine) clock() time.Time {
	if m.has(FaultClock) {
		return m.now.Add(clockAhead)
	}
	return m.now
}

// twin lets the link go on without the device, and opens another one.
func (m *Machine) twin() {
	if m.v.link == linkOpen {
		m.emit(Abandon{})
		m.linkGone()
		m.connect()
	}
}

// switchOff says goodbye, and goes.
func (m *Machine) switchOff() {
	if m.online() {
		m.transmit(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "shutdown"}})
	}
	m.powerOff()
}

// reboot restarts the device as soon as nobody pays.
func (m *Machine) reboot() {
	if !m.v.on {
		return
	}
	m.v.restart = true
	if m.d.Open == nil {
		m.restart()
	}
}

// sync begins the time that a slow device needs until it may ask for its key.
func (m *Machine) sync() {
	if !m.has(FaultSlowSync) {
		return
	}
	if m.v.synced.IsZero() {
		m.v.synced = m.now.Add(syncTime)
	}
	if m.syncing() {
		m.after(timerKeys, m.v.synced.Sub(m.now))
	}
}

// syncing tells whether the device has not been on the network for long enough.
func (m *Machine) syncing() bool {
	return m.has(FaultSlowSync) && (m.v.synced.IsZero() || m.now.Before(m.v.synced))
}

// activationText is what the screen says of an activation that was refused. A device that is not ready for it shows
// the number that its maker gave to that.
func (m *Machine) activationText(r poilink.Refused) string {
	if r.Code == poilink.RefusedIPEKMissing && m.syncing() {
		return m.say("Activation failed: Server error (10008)")
	}
	return r.Text
}

// software is the program in the device.
func (m *Machine) software() string {
	if m.has(FaultOldSoftware) {
		return oldSoftware
	}
	return Software
}
