package poi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"kassa/estate"
	"kassa/poilink"
)

// Points are what unattended terminals sell. What Choose and Stop returned without an error is durable; a
// "no" is in the answer, with a text for the screen, and a repeat by its id gets the same answer.
type Points interface {
	// Offer gives what a terminal sells, and its sessions that go on or ended a short while ago; ok is false where
	// it sells nothing. It reads memory only.
	Offer(tid string) (sells poilink.Sells, open []poilink.Charging, ok bool)
	Choose(ctx context.Context, t estate.Terminal, c poilink.Chosen) (poilink.Charging, error)
	Stop(ctx context.Context, t estate.Terminal, s poilink.Stop) (poilink.Charging, error)
}

// Limits of what is sold.
const (
	maxPoints    = 200 // connectors of one terminal
	maxCharged   = 32  // sessions of one terminal that are told of
	maxReserved  = 36  // characters of an authorisation reference: what OCPI allows
	maxConnector = 36
	maxLanguage  = 35 // BCP 47
)

// Sell gives what a terminal sells.
type Sell struct {
	TID   string
	Sells poilink.Sells
	Open  []poilink.Charging
}

// WantPoints asks for Sell, where the terminal sells anything.
type WantPoints struct{ TID string }

func (Sell) input()        {}
func (WantPoints) output() {}

// Offered tells that what a terminal sells has changed, or how far one of its sessions is.
func (h *Hub) Offered(tid string) {
	if u, _, err := h.live(tid); err == nil {
		if in := h.points(u, tid); in != nil {
			h.settle(u, in)
		}
	}
}

// points reads what a terminal sells.
func (h *Hub) points(u *unit, tid string) Input {
	if h.cfg.Points == nil {
		return nil
	}
	t, ok := h.cfg.Directory.TerminalByPOIID(u.poiid)
	if !ok || t.TID != tid {
		return nil
	}
	sells, open, ok := h.cfg.Points.Offer(tid)
	if !ok {
		return nil
	}
	if len(sells.Points) > maxPoints || len(open) > maxCharged {
		_ = h.failed(u, "sells", errors.New("more points or sessions than a frame has room for"))
		return nil
	}
	return Sell{TID: tid, Sells: sells, Open: open}
}

// sell sends what differs from what was sent over the link: the last word of each session, and what is sold,
// instead of an older word that was not taken over yet.
func (m *Machine) sell(in Sell) {
	if !m.Online() || in.TID != m.tid {
		return
	}
	sells := in.Sells
	if sells.Points == nil {
		sells.Points = []poilink.Point{}
	}
	m.pushLatest("", poilink.Frame{Type: poilink.TypeSells, Sells: &sells})
	for _, c := range in.Open {
		if c.Reference != "" && m.Online() {
			m.pushLatest(c.Reference, poilink.Frame{Type: poilink.TypeCharging, Charging: &c})
		}
	}
	m.forgetSold(in.Open)
}

// pushLatest sends a frame that takes the place of the one before with the same name, once over each link. An
// answer stays: somebody waits for it.
func (m *Machine) pushLatest(name string, f poilink.Frame) {
	raw, err := json.Marshal(f)
	if err != nil || m.current.sold[name] == string(raw) {
		return
	}
	older := func(p pending) bool {
		c := p.frame.Charging
		return name == "" && p.frame.Type == poilink.TypeSells || name != "" && c != nil && c.Reference == name && c.Answers == ""
	}
	m.pending = slices.DeleteFunc(m.pending, older)
	if m.current.sold == nil {
		m.current.sold = make(map[string]string)
	}
	m.current.sold[name] = string(raw)
	m.push(pending{frame: f})
}

// forgetSold keeps no word on sessions that nobody tells of any more.
func (m *Machine) forgetSold(open []poilink.Charging) {
	if m.current == nil {
		return
	}
	for name := range m.current.sold {
		if name != "" && !slices.ContainsFunc(open, func(c poilink.Charging) bool { return c.Reference == name }) {
			delete(m.current.sold, name)
		}
	}
}

// charge hands on what a driver wants at a terminal.
func (h *Hub) charge(ctx context.Context, t estate.Terminal, f poilink.Frame) (poilink.Frame, error) {
	var a poilink.Charging
	var err error
	id := ""
	switch {
	case f.Chosen != nil:
		id = f.Chosen.ID
		if ok, why := t.May(); !ok || h.cfg.Points == nil {
			a = poilink.Charging{State: poilink.ChargingRefused, Text: why, EVSE: f.Chosen.EVSE, Connector: f.Chosen.Connector}
			break
		}
		a, err = h.cfg.Points.Choose(ctx, t, *f.Chosen)
	case f.Stop != nil:
		id = f.Stop.ID
		if h.cfg.Points == nil { // a terminal that may sell no more may still stop
			a = poilink.Charging{State: poilink.ChargingRefused}
			break
		}
		a, err = h.cfg.Points.Stop(ctx, t, *f.Stop)
	}
	a.Answers = id
	return poilink.Frame{Type: poilink.TypeCharging, Charging: &a}, err
}

func checkChosen(c poilink.Chosen) string {
	switch {
	case c.ID == "" || !printable(c.ID, maxReference) || holdsNumber(c.ID):
		return "chosen: id is not 1 to 50 characters"
	case c.EVSE == "" || !printable(c.EVSE, maxReference):
		return "chosen: evse is not 1 to 50 characters"
	case c.Connector == "" || !printable(c.Connector, maxConnector):
		return "chosen: connector is not 1 to 36 characters"
	case !printable(c.Language, maxLanguage):
		return "chosen: language is too long or not text"
	}
	return ""
}

func checkStop(s poilink.Stop) string {
	switch {
	case s.ID == "" || !printable(s.ID, maxReference) || holdsNumber(s.ID):
		return "stop: id is not 1 to 50 characters"
	case s.Reference == "" || !printable(s.Reference, maxReserved):
		return "stop: reference is not 1 to 36 characters"
	case s.By != poilink.StopByButton && s.By != poilink.StopByCard:
		return "stop: by is unknown"
	}
	return ""
}
