package poi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"kassa/estate"
	"kassa/nexo"
	"kassa/poilink"
)

// Errors of what is asked of a terminal.
var (
	// ErrOffline: the terminal has no live link, or one for management only; nothing was sent.
	ErrOffline = errors.New("poi: the terminal is offline")
	// ErrNoAnswer: the terminal did not answer in time.
	ErrNoAnswer = errors.New("poi: no answer from the terminal")
	// ErrInvalid: what is asked breaks a rule, which the error names.
	ErrInvalid = errors.New("poi: invalid")
)

const (
	// probeTime is shorter than the 3 s in which a probe is answered whatever happens.
	probeTime = 2500 * time.Millisecond
	// maxProbes of one POI at once.
	maxProbes = 16
	// commandTime is how long a command waits for a terminal that lost its link.
	commandTime = time.Minute
	// maxAsked bounds a request of the class Device; a frame has room for it.
	maxAsked = 320 << 10
)

// live finds the unit of a terminal that has a live link, and that link.
func (h *Hub) live(tid string) (*unit, *session, error) {
	t, _ := h.cfg.Directory.Terminal(tid)
	u := h.unit(t.POIID)
	if t.POIID == "" || u == nil {
		return nil, nil, ErrOffline
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.machine.Online() || u.machine.tid != tid {
		return nil, nil, ErrOffline
	}
	return u, u.machine.current, nil
}

// Ask sends a nexo request of the category Display, Input or Print, or an Abort of one, to a terminal. The
// exchange, 1 to 10 characters out of 0-9A-Z, is its ServiceID and identity: a repeat gets the same
// answer. The header's other fields are filled in here. It is sent again after reconnects until the
// terminal has taken it over, or until validFor is over; the answer comes to Config.Devices.
func (h *Hub) Ask(tid, exchange string, request nexo.Message, validFor time.Duration) error {
	class := "Device"
	switch request.Header.MessageCategory {
	case nexo.CategoryDisplay, nexo.CategoryInput, nexo.CategoryPrint:
	case nexo.CategoryAbort:
		class = "Service"
	default:
		return fmt.Errorf("%w: category %q is not asked this way", ErrInvalid, request.Header.MessageCategory)
	}
	if !validExchange(exchange) || validFor <= 0 {
		return fmt.Errorf("%w: the exchange is malformed or no time is given", ErrInvalid)
	}
	u, _, err := h.live(tid)
	if err != nil {
		return err
	}
	if !h.enabled(tid) {
		return fmt.Errorf("%w: %s", ErrOffline, ReasonNotEnabled.Text())
	}
	request.Header = nexo.Header{
		ProtocolVersion: nexo.ProtocolVersion, MessageClass: class, MessageCategory: request.Header.MessageCategory,
		MessageType: nexo.TypeRequest, ServiceID: exchange, SaleID: saleID, POIID: u.poiid,
	}
	raw, err := json.Marshal(request)
	if err != nil || len(raw) > maxAsked {
		return fmt.Errorf("%w: the request is longer than %d bytes", ErrInvalid, maxAsked)
	}
	h.settle(u, Show{Exchange: exchange, Request: raw, Until: h.cfg.Now().Add(validFor)})
	return nil
}

// Command gives a command to a terminal. It is sent again after a reconnect within a minute.
func (h *Hub) Command(tid string, c poilink.Command) error {
	switch c.Kind {
	case poilink.CommandRestart, poilink.CommandIdentify, poilink.CommandMessage:
	default:
		return fmt.Errorf("%w: kind %q of a command is unknown", ErrInvalid, c.Kind)
	}
	if c.ID == "" || !printable(c.ID, maxReference) || !printable(c.Text, maxText) {
		return fmt.Errorf("%w: id of a command is not 1 to %d characters, or text more than %d", ErrInvalid, maxReference, maxText)
	}
	u, _, err := h.live(tid)
	if err != nil {
		return err
	}
	h.settle(u, Do{Command: c, Until: h.cfg.Now().Add(commandTime)})
	return nil
}

// probes are those that wait for an answer.
type probes struct {
	mu      sync.Mutex
	last    uint64
	waiting map[probeID]chan<- poilink.Probed
	of      map[string]int // by POIID
}

type probeID struct{ poiid, id string }

func (p *probes) begin(poiid string) (string, <-chan poilink.Probed, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting, p.of = make(map[probeID]chan<- poilink.Probed), make(map[string]int)
	}
	if p.of[poiid] >= maxProbes {
		return "", nil, false
	}
	p.last++
	id := strconv.FormatUint(p.last, 10)
	c := make(chan poilink.Probed, 1)
	p.waiting[probeID{poiid, id}] = c
	p.of[poiid]++
	return id, c, true
}

func (p *probes) end(poiid, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, probeID{poiid, id})
	if p.of[poiid]--; p.of[poiid] == 0 {
		delete(p.of, poiid)
	}
}

func (p *probes) answered(poiid string, probed poilink.Probed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.waiting[probeID{poiid, probed.ID}]; c != nil {
		select {
		case c <- probed:
		default: // it has been answered
		}
	}
}

// Probe asks a terminal whether it is there, and with full also how it finds itself and its way here. It
// answers within 3 s: what the terminal said and how long that took, ErrOffline, or ErrNoAnswer. A link
// that does not answer is stale at once, and one that was stale before is given up.
func (h *Hub) Probe(ctx context.Context, tid string, full bool) (poilink.Probed, time.Duration, error) {
	u, s, err := h.live(tid)
	if err != nil {
		return poilink.Probed{}, 0, err
	}
	id, answer, ok := h.probes.begin(u.poiid)
	if !ok {
		return poilink.Probed{}, 0, fmt.Errorf("%w: %d probes of it are under way", ErrNoAnswer, maxProbes)
	}
	defer h.probes.end(u.poiid, id)
	start, since := time.Now(), h.cfg.Now()
	u.mu.Lock()
	u.on(s.link, func(l *link) {
		l.send(poilink.Frame{Type: poilink.TypeProbe, Probe: &poilink.Probe{ID: id, Full: full}})
	})
	u.mu.Unlock()
	timer := time.NewTimer(probeTime)
	defer timer.Stop()
	select {
	case probed := <-answer:
		return probed, time.Since(start), nil
	case <-ctx.Done():
		return poilink.Probed{}, time.Since(start), ctx.Err()
	case <-timer.C:
		h.settle(u, ProbeFailed{Link: s.link, Since: since})
		return poilink.Probed{}, time.Since(start), ErrNoAnswer
	}
}

// toDevices hands up what a terminal answered. The caller holds the unit.
func (h *Hub) toDevices(u *unit, out ToDevices) {
	settled := func() { h.handle(u, Settled{out.Seq}) }
	t, ok := h.cfg.Directory.Terminal(out.TID)
	switch {
	case !ok:
		go settled()
	case out.Event:
		h.cfg.Devices.Notified(t, out.Message, settled)
	default:
		h.cfg.Devices.Answered(t, out.Exchange, out.Message, settled)
	}
}

// configure gives a terminal its settings when it has not taken them yet. A device that was activated
// since the last report has none.
func (h *Hub) configure(u *unit, tid string) Input {
	t, ok := h.cfg.Directory.TerminalByPOIID(u.poiid)
	if !ok || t.TID != tid {
		return nil
	}
	version, values := h.cfg.Settings.Desired(tid)
	report, reported := h.cfg.Settings.Reported(tid)
	if version == 0 || reported && report.Version >= version && !report.At.Before(t.ActivatedAt) {
		return nil
	}
	in := Configure{TID: tid, Settings: poilink.Settings{Version: version, Values: values}}
	raw, err := json.Marshal(in.Settings)
	if err == nil && len(raw) > maxAsked {
		err = fmt.Errorf("%d bytes of settings are too many for a frame", len(raw))
	}
	if h.failed(u, "settings", err) != nil {
		return nil
	}
	return in
}

// apply records what a terminal is set to. A version that it was never sent says nothing.
func (h *Hub) apply(now time.Time, out Apply) error {
	if version, _ := h.cfg.Settings.Desired(out.TID); out.Applied.Version > version {
		return nil
	}
	err := h.cfg.Settings.Applied(now, out.TID, out.Applied.Version, out.Applied.Values, out.Applied.Refused)
	if errors.Is(err, estate.ErrUnknown) {
		return nil // the terminal is out of use meanwhile
	}
	return err
}

// clone raises the alarm.
func (h *Hub) clone(now time.Time, u *unit, out Clone) {
	c := estate.CloneSuspected{POIID: u.poiid, Epoch: out.Epoch, OlderEpoch: out.OlderEpoch}
	u.mu.Lock()
	u.on(out.Older, func(l *link) { c.OlderAddress, _ = l.address() })
	u.on(out.Newer, func(l *link) { c.Address, _ = l.address() })
	u.mu.Unlock()
	h.cfg.Log.Warn("poi.alarm", "poiid", u.poiid, "alarm", "two links with its key were alive at once: it may have been copied",
		"address", c.Address, "olderAddress", c.OlderAddress)
	_ = h.failed(u, "note clone", h.cfg.Notes.NoteClone(now, c))
}

// measure sends a WebSocket ping. Its payload is the instant, so that only the last one counts.
func (l *link) measure(number uint64) {
	l.mu.Lock()
	l.pinged, l.measured = time.Now(), number
	payload := strconv.AppendInt(nil, l.pinged.UnixNano(), 36)
	l.mu.Unlock()
	l.enqueue(ws.NewPingFrame(payload))
}

// ponged takes the answer to the last measure.
func (l *link) ponged(payload []byte) {
	l.mu.Lock()
	sent, number := l.pinged, l.measured
	ours := !sent.IsZero() && string(payload) == strconv.FormatInt(sent.UnixNano(), 36)
	if ours {
		l.pinged = time.Time{}
	}
	l.mu.Unlock()
	if !ours || l.unit == nil {
		return
	}
	l.hub.settle(l.unit, Ponged{Link: l.id, Number: number, RTT: max(time.Since(sent), time.Microsecond)})
}
