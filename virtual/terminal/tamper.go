package terminal

import (
	"kassa/nexo"
)

// loseKeys erases the keys for good, as a device does that somebody has opened (PCI PTS, tamper
// response). The link begins anew, so that the cloud hears what is left.
func (m *Machine) loseKeys(tampered bool) {
	m.persist(Record{Kind: RecordErased, Tampered: tampered})
	m.v.device, m.v.before, m.v.confirmed = nil, nil, false
	if !m.v.on {
		return
	}
	if tampered {
		m.event("SecurityAlarm", "")
	}
	if e := m.d.Open; e != nil && !e.outstanding() {
		m.finish(ResultCancelled, m.unready(), failure(nexo.ErrorDeviceOut, m.unready()))
	}
	m.endAsked(nexo.ErrorDeviceOut, m.unready())
	m.closeLink()
	m.reconnectLater(0)
	if m.v.stage == stageNone {
		m.rest()
	}
}

// inspected ends a tamper state: the device may have keys again.
func (m *Machine) inspected() {
	if m.d.Tampered {
		m.persist(Record{Kind: RecordErased})
	}
	if m.v.on && m.v.stage == stageNone {
		m.rest()
	}
	m.provision()
}

// unready says why there are no keys.
func (m *Machine) unready() string {
	if m.d.Tampered {
		return "Tampered: the keys are erased"
	}
	return "IPEK not configured"
}

func (m *Machine) tamperedScreen() Screen {
	return Screen{
		Name: ScreenTampered, Title: m.say("Tampered"), Error: m.say("The keys are erased"),
		Lines: []string{m.say("Do not use this terminal"), m.say("Serial %s", m.cfg.POIID)},
	}
}

// mayAskKeys tells whether a new initial key may be asked for.
func (m *Machine) mayAskKeys() bool { return !m.d.Tampered && !m.has(FaultNoIPEK) && !m.syncing() }
