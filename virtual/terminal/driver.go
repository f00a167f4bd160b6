package terminal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"

	"kassa/card"
	"kassa/nexo"
	"kassa/poilink"
)

// problemNoPad is what an unattended terminal says of a card that asks for a PIN or for its contacts.
const problemNoPad = "This card needs a PIN: use your phone or another card"

// ways are how a card can be presented to a model.
func (m Model) ways() []Entry {
	if m.Unattended {
		return []Entry{Tap}
	}
	return []Entry{Tap, Insert, Swipe}
}

// restAtPoint is what an unattended terminal shows when nobody does anything: the session that was paid a moment
// ago, else all points.
func (m *Machine) restAtPoint() {
	w := m.d.choosing()
	if w != nil && m.v.stage == stageNone && m.online() {
		if p := m.point(w.Frame.Chosen.EVSE + "/" + w.Frame.Chosen.Connector); p != nil {
			m.v.stage = stageStarting
			m.showChoosing(*p)
			return
		}
	}
	m.v.point = ""
	if c := m.d.charge(m.v.charge); c == nil || m.v.screen.Name == ScreenCharging || c.State == poilink.ChargingPaying {
		m.v.charge, m.v.driver, m.v.said = "", "", ""
	} else {
		m.after(timerScreen, menuTimeout)
	}
	m.showSold()
}

// mark tells a card apart from others without its number: a keyed hash under a secret of the device, with a salt
// for each session, so that nothing that leaves the device or its journal names a card or joins two sessions.
func (m *Machine) mark(salt []byte, pan card.PAN) []byte {
	key, err := hkdf.Key(sha256.New, m.cfg.Secret[:], []byte(m.cfg.POIID), "card mark", 32)
	if err != nil {
		return nil // 32 bytes can always be derived
	}
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(salt) // a hash takes everything
	_, _ = h.Write([]byte(pan.Reveal()))
	return h.Sum(nil)
}

func (m *Machine) marks(c Charge, pan card.PAN) bool { return hmac.Equal(c.Mark, m.mark(c.Salt, pan)) }

// markCard remembers which card asks for a hold, before it does.
func (m *Machine) markCard(e *Exchange, pan card.PAN) {
	if !m.model().Unattended || e.Type != nexo.PaymentFirstReservation || e.Reference == "" {
		return
	}
	salt, err := m.read(16)
	if err != nil {
		return // the button still stops
	}
	m.persist(Record{Kind: RecordMarked, Charge: &Charge{Charging: poilink.Charging{Reference: e.Reference}, Salt: salt, Mark: m.mark(salt, pan)}})
	m.v.charge = e.Reference
}

// postChoose chooses a charger as a driver does; the answer has the id of the choice.
func postChoose(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		EVSE      string `json:"evse"`
		Connector string `json:"connector"`
		Language  string `json:"language"`
	}
	if decode(w, r, &body) {
		await(w, r, u, ChargerChosen{body.EVSE, body.Connector, body.Language})
	}
}

// postStop is the Stop button of a session.
func postStop(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Reference string `json:"reference"`
	}
	if decode(w, r, &body) {
		await(w, r, u, ChargingStopped{body.Reference})
	}
}
