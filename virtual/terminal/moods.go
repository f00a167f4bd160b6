package terminal

import (
	"kassa/poilink"
)

// What devices do that are not broken, and not as they should be: links that do not last, restarts, a slow start, and
// a program that nobody updated.

// flap breaks the link that is open, after a while.
func (m *Machine) flap() {
	if m.has(FaultFlap) && m.v.link == linkOpen {
		m.after(timerFlap, flapAfter)
	}
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
