package poi

import (
	"errors"
	"fmt"
	"time"

	"kassa/estate"
	"kassa/poilink"
)

// Limits of the work on a device.
const (
	maxService       = 64 // bytes of a code, and of the id of a request
	servicePerMinute = 20
	textNoService    = "This is not offered here. Ask support"
)

// serviceAsked passes on what somebody does at the device itself.
func (m *Machine) serviceAsked(s *session, in poilink.Servicing) string {
	switch in.Kind {
	case poilink.ServiceUnlock, poilink.ServiceDeveloper, poilink.ServiceKeyFailed:
	default:
		return "service: kind is unknown"
	}
	if in.ID == "" || !printable(in.ID, maxService) || !printable(in.Code, maxService) {
		return fmt.Sprintf("service: id is not 1 to %d characters, or code is longer", maxService)
	}
	if !m.services.take(m.now, servicePerMinute) {
		m.send(s, poilink.Frame{Type: poilink.TypeServiced, Serviced: &poilink.Serviced{ID: in.ID, Kind: in.Kind, Text: textTooFast}})
		return ""
	}
	m.emit(Serve{Link: s.link, Service: in})
	return ""
}

func (m *Machine) served(in Served) {
	if s := m.session(in.Link); s != nil && in.Answer.ID != "" {
		m.send(s, poilink.Frame{Type: poilink.TypeServiced, Serviced: &in.Answer})
	}
}

// stands looks at what a hello says of the device's own standing: an alarm, the end of one, developer mode.
func (m *Machine) stands(d estate.Device, h poilink.Hello) {
	m.alarmed(d, h)
	r := h.Report
	if r == nil || d.POIID == "" {
		return
	}
	if r.Health != nil && d.Tampered != nil && r.Health.Tampered == "" && r.Health.Security {
		m.emit(Recovered{})
	}
	if t, _ := m.rules.Directory.TerminalByPOIID(m.poiid); r.DeveloperMode && !d.Developer && !t.Developer {
		m.emit(Developer{})
	}
}

// serve answers a service request; a store that fails is told like a busy server.
func (h *Hub) serve(now time.Time, u *unit, in poilink.Servicing) poilink.Serviced {
	if in.Kind == poilink.ServiceKeyFailed {
		_ = h.failed(u, "key refused", h.service().KeyFailed(now, u.poiid, estate.InjectionRefused)) // a note
		return poilink.Serviced{}
	}
	answer, err := h.service().Serve(now, u.poiid, in)
	if h.failed(u, "service "+string(in.Kind), err) != nil {
		answer = poilink.Serviced{Text: textStore, RetryAfterMS: retryStore.Milliseconds()}
	}
	answer.ID, answer.Kind = in.ID, in.Kind
	return answer
}

// noKey notes why a device got no initial key.
func (h *Hub) noKey(now time.Time, u *unit, err error) {
	if err == nil {
		return
	}
	why := estate.InjectionImpossible
	if errors.Is(err, estate.ErrFull) {
		why = estate.InjectionNumbers
	}
	_ = h.failed(u, "note injection", h.service().KeyFailed(now, u.poiid, why)) // a note: the device asks again
}

// InjectKeys tells a device to ask for a new initial key as soon as nobody pays. It is ErrOffline when that has no
// link.
func (h *Hub) InjectKeys(poiid, id string) error {
	u := h.unit(poiid)
	if u == nil {
		return ErrOffline
	}
	u.mu.Lock()
	online := u.machine.Online()
	u.mu.Unlock()
	if !online {
		return ErrOffline
	}
	if id == "" || !printable(id, maxReference) {
		return fmt.Errorf("%w: id of a command is not 1 to %d characters", ErrInvalid, maxReference)
	}
	h.settle(u, Do{Command: poilink.Command{ID: id, Kind: poilink.CommandKeys}, Until: h.cfg.Now().Add(commandTime)})
	return nil
}

// DeviceOnline tells whether a device has a live link, whatever terminal it is.
func (h *Hub) DeviceOnline(poiid string) bool {
	u := h.unit(poiid)
	if u == nil {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.machine.Online()
}

// service is who works on devices, or somebody who says no.
func (h *Hub) service() Workshop {
	if h.cfg.Service == nil {
		return noWorkshop{}
	}
	return h.cfg.Service
}

// noWorkshop is a cloud without any work on devices.
type noWorkshop struct{}

func (noWorkshop) Serve(time.Time, string, poilink.Servicing) (poilink.Serviced, error) {
	return poilink.Serviced{Text: textNoService}, nil
}
func (noWorkshop) Recovered(time.Time, string) error                          { return nil }
func (noWorkshop) InDeveloperMode(time.Time, string) error                    { return nil }
func (noWorkshop) KeyFailed(time.Time, string, estate.InjectionFailure) error { return nil }
