package terminal

import (
	"slices"

	"kassa/poilink"
)

// Status is what a person may know of a terminal at a glance.
type Status struct {
	POIID      string  `json:"poiid"`
	TID        string  `json:"tid,omitempty"`
	Name       string  `json:"name,omitempty"`
	Group      string  `json:"group,omitempty"`
	Merchant   string  `json:"merchant,omitempty"`
	Powered    bool    `json:"powered"`
	Online     bool    `json:"online"`
	Configured bool    `json:"configured"`
	IKID       string  `json:"ikid,omitempty"`
	KCV        string  `json:"kcv,omitempty"`
	Faults     []Fault `json:"faults"`
	Exchange   string  `json:"exchange,omitempty"`
	// Starting is the order that was started here and goes on.
	Starting  string    `json:"starting,omitempty"`
	Unsent    int       `json:"unsent"`
	Screen    Screen    `json:"screen"`
	Receipts  []Receipt `json:"-"`
	Outcomes  []Outcome `json:"-"`
	History   []Past    `json:"-"`
	Settings  []Setting `json:"-"`
	Model     Model     `json:"model"`
	CloudMode bool      `json:"cloudMode"`
	Language  string    `json:"language"`
	// Network is "up", or "down" where the cloud can not even be looked up or reached.
	Network string `json:"network"`
	// APIEnabled and WebSocketEnabled are what the cloud allows.
	APIEnabled       bool `json:"apiEnabled"`
	WebSocketEnabled bool `json:"webSocketEnabled"`
	// Blocked is why the cloud refuses the terminal, Identify that it shows who it is.
	Blocked string `json:"blocked,omitempty"`
	// Alarm is the code and the words of the tamper alarm that stands.
	Alarm         string         `json:"alarm,omitempty"`
	DeveloperMode bool           `json:"developerMode,omitempty"`
	Identify      bool           `json:"identify,omitempty"`
	Health        poilink.Health `json:"health"`
	// Sells is what an unattended terminal sells, Charging its sessions.
	Sells    *poilink.Sells     `json:"sells,omitempty"`
	Charging []poilink.Charging `json:"charging,omitempty"`
	// Tests is the last look at the way to the cloud.
	Tests *Tests `json:"tests,omitempty"`
	// Administered are the settings that the cloud set, SettingsVersion their version.
	Administered    []string `json:"administered,omitempty"`
	SettingsVersion uint64   `json:"settingsVersion,omitempty"`
}

// Status tells the present state.
func (m *Machine) Status() Status {
	s := Status{
		POIID: m.cfg.POIID, Powered: m.v.on, Online: m.online(),
		Configured: m.d.IKID != "", IKID: m.d.IKID, KCV: m.d.KCV,
		Faults: append([]Fault{}, m.faults...), Unsent: len(m.d.Outbox),
		Screen: m.v.screen, Receipts: m.d.onRoll(),
		Outcomes: slices.Clone(m.d.Outcomes), History: m.d.pasts(), Settings: m.settings(),
		Model: m.model(), CloudMode: m.is(setCloudMode), Language: m.setting(setLanguage),
	}
	s.Network = "down"
	if m.v.on && !m.v.noNetwork {
		s.Network = "up"
	}
	s.APIEnabled, s.WebSocketEnabled, s.DeveloperMode = m.allowed(keptAPI), m.allowed(keptWebSocket), m.d.Developer || m.is(keptDeveloper)
	s.Alarm, s.Blocked, s.Identify, s.Health, s.Tests = m.alarm(), m.v.blocked, m.v.identify, m.health(), m.v.tests
	for _, set := range s.Settings {
		if m.administered(set.ID) {
			s.Administered = append(s.Administered, set.ID)
		}
	}
	if m.d.Managed != nil {
		s.SettingsVersion = m.d.Managed.Version
	}
	s.Sells = m.d.Sells
	for _, c := range m.d.Charges {
		s.Charging = append(s.Charging, c.Charging)
	}
	if a := m.d.Activated; a != nil {
		s.TID, s.Name, s.Group, s.Merchant = a.TID, a.TerminalName, a.Group, a.Merchant.Name
	}
	if w := m.d.startWaiting(); w != nil {
		s.Starting = w.id()
	}
	if m.d.Open != nil {
		if m.d.Open.Origin != "" {
			s.Starting = m.d.Open.Reference
		}
		s.Exchange = m.d.Open.ID
	}
	return s
}

// online tells whether the cloud has welcomed this link. A cut link looks alive to the device until
// a heartbeat stays unanswered.
func (m *Machine) online() bool { return m.v.on && m.v.link == linkOpen }
