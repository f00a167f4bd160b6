package terminal

import "slices"

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
