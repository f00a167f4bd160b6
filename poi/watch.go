package poi

import (
	"context"
	"crypto/tls"
	"maps"
	"slices"
	"sync"
	"time"

	"kassa/estate"
)

// watchBuffer is how many changes may wait for a watcher before it misses some.
const watchBuffer = 1024

// watchers are who wants to know whose reach changed.
type watchers struct {
	mu  sync.Mutex
	all map[chan string]bool
}

// Changes gives the TIDs of terminals whose reach has changed, until ctx ends, and then closes the
// channel. A nudge is no message: who is slow misses some, and reads what is there.
func (h *Hub) Changes(ctx context.Context) <-chan string {
	c := make(chan string, watchBuffer)
	w := &h.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = make(map[chan string]bool)
	}
	w.all[c] = true
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
		close(c)
	})
	return c
}

func (w *watchers) nudge(tid string) {
	if tid == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- tid:
		default:
		}
	}
}

// settingEnabled is the setting that allows cloud payments over a terminal's link.
const settingEnabled = "cloud.webSocketEnabled"

func (h *Hub) enabled(tid string) bool { return h.cfg.Settings.SettingOn(tid, settingEnabled) }

// CloudPayments tells whether orders that come over the cloud may be shown on a terminal, and if not
// why. It does not tell whether the terminal is there: see Reach.
func (h *Hub) CloudPayments(tid string) (ok bool, why string) {
	t, _ := h.cfg.Directory.Terminal(tid)
	if ok, why = t.May(); !ok {
		return false, why
	}
	if !h.enabled(tid) {
		return false, "the WebSocket connection is not enabled for the terminal"
	}
	return true, ""
}

// Reach tells whether a terminal can be reached, as it is at this moment.
func (h *Hub) Reach(tid string) Reach {
	now := h.cfg.Now()
	t, ok := h.cfg.Directory.Terminal(tid)
	r := h.reachOf(now, t)
	r.Enabled = ok && h.enabled(tid)
	reason := Reason("")
	switch {
	case t.Retired:
		reason = ReasonRetired
	case t.POIID == "" && !t.UnboundAt.IsZero():
		r.Since, reason = t.UnboundAt, ReasonUnbound
	case t.POIID == "":
		reason = ReasonNotActivated
	case t.Blocked != nil:
		r.Since, reason = t.Blocked.At, ReasonBlocked
	case !r.Enabled:
		reason = ReasonNotEnabled
	default:
		return r
	}
	r.State, r.Reason = Offline, reason
	return r
}

// reachOf tells where the device of a terminal stands.
func (h *Hub) reachOf(now time.Time, t estate.Terminal) Reach {
	if t.POIID == "" {
		return Reach{}
	}
	u := h.unit(t.POIID)
	if u != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		r := u.machine.reach(now)
		if r.Linked {
			u.on(u.machine.current.link, func(l *link) { r.Address, r.TLS = l.address() })
		}
		if r.Reason != ReasonNeverConnected {
			return r
		}
	}
	d, _ := h.cfg.Directory.Device(t.POIID)
	switch {
	case len(d.PublicKey) == 0:
		return Reach{State: Offline, Reason: ReasonNeverConnected}
	case now.Before(h.settles):
		return Reach{State: Unknown, Reason: ReasonRestarted}
	}
	return Reach{State: Offline, Reason: ReasonLinkLost} // longer ago than anything that was kept
}

// History gives the last changes of a terminal's links, at most 50, the oldest first.
func (h *Hub) History(tid string) []Transition {
	t, _ := h.cfg.Directory.Terminal(tid)
	u := h.unit(t.POIID)
	if t.POIID == "" || u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.machine.track.past)
}

func (l *link) address() (remote string, secure bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return "", false
	}
	_, secure = l.conn.(*tls.Conn)
	return l.conn.RemoteAddr().String(), secure
}

// sweepEvery is how often silence is looked for. It bounds how late a nudge for it may be; what Reach
// says is never late.
func (h *Hub) sweepEvery() time.Duration { return min(250*time.Millisecond, h.cfg.Heartbeat/8) }

// refreshEvery is how often every terminal is compared with the estate, beside what is nudged.
const refreshEvery = time.Minute

// watch looks for silence and for changes of the estate until ctx ends.
func (h *Hub) watch(ctx context.Context) {
	changes := h.cfg.Watcher.Watch(ctx)
	ticker := time.NewTicker(max(h.sweepEvery(), time.Millisecond))
	defer ticker.Stop()
	var rest []*unit // not refreshed yet in this round
	round := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case c, ok := <-changes:
			if !ok {
				changes = nil
				continue
			}
			h.changed(c)
		case <-ticker.C:
			h.sweep()
			if len(rest) == 0 && time.Since(round) >= refreshEvery {
				rest, round = h.all(), time.Now()
			}
			n := min(len(rest), 50)
			for _, u := range rest[:n] {
				h.settle(u, Refresh{})
			}
			rest = rest[n:]
		}
	}
}

func (h *Hub) all() []*unit {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Values(h.units))
}

// sweep lets time pass over every POI that waits for it.
func (h *Hub) sweep() {
	now := h.cfg.Now()
	for _, u := range h.all() {
		u.mu.Lock()
		due := u.machine.Due(now)
		u.mu.Unlock()
		if due {
			h.settle(u, Tick{})
		}
	}
}

// changed takes a nudge of the estate.
func (h *Hub) changed(c estate.Change) {
	switch c.Kind {
	case "device":
		if t, ok := h.cfg.Directory.TerminalByPOIID(c.ID); ok {
			h.watchers.nudge(t.TID)
		}
		if u := h.unit(c.ID); u != nil {
			h.settle(u, Refresh{})
		}
	case "terminal":
		h.refresh(c.ID)
	case "settings":
		if o, ok := estate.ParseOwner(c.ID); ok {
			h.refreshUnder(o)
		}
	case "group":
		h.refreshUnder(estate.Owner{Level: estate.LevelGroup, ID: c.ID})
	case "shop":
		h.refreshUnder(estate.Owner{Level: estate.LevelShop, ID: c.ID})
	}
}

func (h *Hub) refreshUnder(o estate.Owner) {
	for _, tid := range h.cfg.Watcher.TerminalsUnder(o) {
		h.refresh(tid)
	}
}

func (h *Hub) refresh(tid string) {
	h.watchers.nudge(tid)
	if t, ok := h.cfg.Directory.Terminal(tid); ok && t.POIID != "" {
		if u := h.unit(t.POIID); u != nil {
			h.settle(u, Refresh{})
		}
	}
}
