package terminal

import (
	"encoding/json"

	"kassa/nexo"
	"kassa/poilink"
)

// notification is what the idle screen offers to tell the register (Adyen's nexo.notification).
type notification struct {
	Category   string `json:"category"` // SaleWakeUp or KeyPressed
	Details    string `json:"details"`
	Enabled    bool   `json:"enabled"`
	ShowButton bool   `json:"showButton"`
	Title      string `json:"title"`
}

func takeNotification(value json.RawMessage) (map[string]string, string) {
	var n notification
	switch err := json.Unmarshal(value, &n); {
	case err != nil:
		return nil, "must be a notification"
	case n.Enabled && n.Category != "SaleWakeUp" && n.Category != "KeyPressed" && n.Category != "":
		return nil, "category must be SaleWakeUp or KeyPressed"
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return nil, "must be a notification"
	}
	return map[string]string{keptNotify: string(raw)}, ""
}

// offered is the notification that the idle screen has, if it has one.
func (m *Machine) offered() (n notification, ok bool) {
	err := json.Unmarshal([]byte(m.setting(keptNotify)), &n)
	return n, err == nil && n.Enabled && n.Category != ""
}

// event tells the register what happened, where somebody wants to know.
func (m *Machine) event(name, details string) {
	_, offers := m.offered()
	if m.d.Activated == nil || len(m.d.Outbox) >= maxOutbox/2 || !offers && !m.is(keptEvents) {
		return
	}
	raw, err := json.Marshal(nexo.Message{
		Header: nexo.Header{
			ProtocolVersion: nexo.ProtocolVersion, MessageClass: "Event", MessageCategory: nexo.CategoryEvent,
			MessageType: nexo.TypeNotification, POIID: m.cfg.POIID,
		},
		EventNotification: &nexo.EventNotification{
			TimeStamp: m.now.UTC().Format("2006-01-02T15:04:05.000Z"), EventToNotify: name, EventDetails: details,
			MaintenanceRequiredFlag: name == "SecurityAlarm",
		},
	})
	if err != nil {
		return // strings always encode
	}
	m.up(poilink.Frame{Type: poilink.TypeNexo, Nexo: raw})
}

// step tells what a payment has come to between two screens, where somebody wants to know.
func (m *Machine) step(s poilink.Screen) {
	if m.is(keptSteps) {
		m.progress(s)
	}
}

// cardLeft is the end of an inserted card's stay.
func (m *Machine) cardLeft() {
	if m.v.reading != nil && m.v.reading.entry == Insert {
		m.step(poilink.StepCardRemoved)
		m.event("CardRemoved", "")
	}
}

// cardCame is a card at the reader that was read.
func (m *Machine) cardCame(e Entry) {
	switch e {
	case Insert:
		m.step(poilink.StepCardInserted)
		m.event("CardInserted", "")
	case Swipe:
		m.step(poilink.StepCardSwiped)
	default:
		m.step(poilink.StepCardPresented)
	}
}

// notify is the button or the key of the idle screen.
func (m *Machine) notify(digit string) {
	n, ok := m.offered()
	switch {
	case !ok:
	case n.Category == "KeyPressed":
		m.event("KeyPressed", n.Details)
		m.rest()
	default:
		m.open(pageNotify, func(p *place) { p.typed = digit })
	}
}

// notified sends the number that was typed.
func (m *Machine) notified(p *place) {
	if p.typed == "" {
		m.problem(m.say("Enter a number"))
		return
	}
	m.event("SaleWakeUp", form("reference_id", p.typed))
	m.rest()
}

// maintain begins or ends somebody's work in the menus behind the PIN.
func (m *Machine) maintain(begins bool) {
	if m.v.maintenance == begins {
		return
	}
	m.v.maintenance = begins
	if begins {
		m.event("BeginMaintenance", "")
	} else {
		m.event("EndMaintenance", "")
	}
}
