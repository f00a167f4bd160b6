package terminal

import (
	"slices"
	"strings"

	"kassa/nexo"
)

// Sensor is one of those that watch over the device, by the code that the screen shows when it raises its alarm.
type Sensor struct {
	Code string `json:"code"`
	What string `json:"what"`
}

// Sensors lists them. The first is that of a tamper without a code.
func Sensors() []Sensor {
	return []Sensor{
		{"0x10", "the case was opened"}, {"0x11", "the mesh around the secure element is broken"}, {"0x12", "the keypad was lifted"},
		{"0x13", "the card reader was lifted"}, {"0x14", "the temperature is out of range"}, {"0x15", "the voltage is out of range"},
		{"0x16", "the backup battery is empty"},
	}
}

// sensorOf finds a sensor by its code.
func sensorOf(code string) (Sensor, bool) {
	list := Sensors()
	i := slices.IndexFunc(list, func(s Sensor) bool { return s.Code == code })
	if i < 0 {
		return list[0], code == ""
	}
	return list[i], true
}

// alarm is the code and the words of the alarm that stands; empty for none.
func (m *Machine) alarm() string {
	switch {
	case !m.d.Tampered:
		return ""
	case m.d.Alarm == "":
		s := Sensors()[0]
		return s.Code + " " + s.What
	}
	return m.d.Alarm
}

// tamper raises the alarm of a sensor: the keys are erased for good (PCI PTS, tamper response).
func (m *Machine) tamper(code string) {
	s, _ := sensorOf(code)
	m.loseKeys(s.Code + " " + s.What)
}

// loseKeys erases the keys for good; with an alarm the device is locked too. The link begins anew, so that the cloud
// hears what is left.
func (m *Machine) loseKeys(alarm string) {
	m.persist(Record{Kind: RecordErased, Tampered: alarm != "", Alarm: alarm})
	m.v.device, m.v.before, m.v.confirmed = nil, nil, false
	if !m.v.on {
		return
	}
	if alarm != "" {
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

// inspected ends a tamper state in the workshop, without a code: the device may have keys again.
func (m *Machine) inspected() {
	if m.d.Tampered {
		m.persist(Record{Kind: RecordErased})
	}
	if m.v.on && m.v.stage == stageNone {
		m.rest()
	}
	m.provision()
}

// unlockedByCode ends a tamper state after the unlock code was accepted: the device restarts, and asks for keys.
func (m *Machine) unlockedByCode() {
	m.persist(Record{Kind: RecordErased})
	m.faults = slices.DeleteFunc(m.faults, func(f Fault) bool { return f == FaultTamper })
	m.restart()
}

// unready says why there are no keys.
func (m *Machine) unready() string {
	if m.d.Tampered {
		return "Tampered: the keys are erased"
	}
	return "IPEK not configured"
}

func (m *Machine) tamperedScreen() Screen {
	code, _, _ := strings.Cut(m.alarm(), " ")
	return Screen{
		Name: ScreenTampered, Title: m.say("Attacked! Please contact your service provider"), Error: m.say("Error code %s", code),
		Lines: []string{m.say("The keys are erased"), m.say("Do not use this terminal"), m.say("Serial %s", m.cfg.POIID)},
		Items: []Item{m.item("unlock", "Enter the unlock code")},
	}
}

// mayAskKeys tells whether a new initial key may be asked for.
func (m *Machine) mayAskKeys() bool { return !m.d.Tampered && !m.has(FaultNoIPEK) && !m.syncing() }
