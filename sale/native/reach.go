package native

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"kassa/doctor"
)

// Reach is whether a terminal can be reached now, and why not.
type Reach struct {
	// State is online, stale (connected but silent), offline, or unknown (since this process started).
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Words says the reason in several.
	Words string    `json:"reason_text,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// LastSeen is when anything was heard of it.
	LastSeen time.Time `json:"last_seen,omitzero"`
	// Enabled tells that it may take payments from the cloud.
	Enabled bool `json:"enabled"`
	// Linked tells that there is a link, be it for management only.
	Linked bool `json:"linked"`
	// RTT is the last round trip in milliseconds; 0 when none was measured.
	RTT float64 `json:"rtt_ms,omitempty"`
	// Epoch counts its connections.
	Epoch       uint64 `json:"epoch,omitempty"`
	Disconnects int    `json:"disconnects_24h"`
	// Clone is when two live links of one key were last seen.
	Clone time.Time `json:"clone_suspected,omitzero"`
	// Address and Security are those of the connection, for the test; lists leave them out.
	Address  string `json:"-"`
	Security string `json:"-"`
}

// Transition is one change of reach.
type Transition struct {
	At     time.Time `json:"at"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
}

// Probed is what a terminal answered at once.
type Probed struct {
	Took time.Duration
	// CloudMode tells that it waits for payments from the cloud; Software is what it runs.
	CloudMode bool
	Software  string
	Checks    []doctor.Check // its own; in the order of dependency
}

// history lists the changes of a terminal's reach, the newest first.
func (h *Handler) history(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	list := slices.Clone(h.Links.History(t.TID))
	if list == nil {
		list = []Transition{}
	}
	slices.SortStableFunc(list, func(a, b Transition) int { return b.At.Compare(a.At) })
	return answer(w, http.StatusOK, map[string]any{"id": h.shown(terminalID, t.TID), "reach": h.Links.Reach(t.TID), "data": list})
}

// presenceOf is one terminal in the stream of presence.
type presenceOf struct {
	ID    string `json:"id"`
	TID   string `json:"tid"`
	POIID string `json:"poiid"`
	Name  string `json:"name"`
	State string `json:"state"` // of life
	Reach Reach  `json:"reach"`
}

// whole is the first event of the stream, and the answer without one.
type whole struct {
	At        time.Time    `json:"at"`
	Terminals []presenceOf `json:"terminals"`
}

// presence tells which terminals can be reached: all of them at first, and then each change. Without
// Accept: text/event-stream it is the list alone. What it says is never older than pollEvery.
func (h *Handler) presence(w http.ResponseWriter, c *call) *problem {
	if !wantsStream(c) {
		return answer(w, http.StatusOK, whole{h.Now(), h.present(c.caller)})
	}
	if h.streams.Add(1) > maxStreams {
		h.streams.Add(-1)
		return tooManyStreams()
	}
	defer h.streams.Add(-1)
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	nudges := h.Links.Changes(ctx) // before the first look, so that nothing falls between
	out := startStream(w)
	shown := make(map[string]presenceOf)
	first := whole{h.Now(), h.present(c.caller)}
	for _, p := range first.Terminals {
		shown[p.ID] = p.settled()
	}
	if !out.event("terminals", encoded(first)) {
		return nil
	}
	look, ping := time.NewTicker(pollEvery), time.NewTicker(pingEvery)
	defer look.Stop()
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-nudges:
			if !ok {
				nudges = nil
			}
			for range len(nudges) { // many come back at once: one look tells of all
				<-nudges
			}
		case <-look.C:
			if h.over(c) {
				return nil
			}
		case <-ping.C:
			if !out.write(": still here\n\n") {
				return nil
			}
		}
		if !h.tellChanges(out, c.caller, shown) {
			return nil
		}
	}
}

// tellChanges sends what differs from what was sent before; it reports false when the client is gone.
func (h *Handler) tellChanges(out *eventStream, who Caller, shown map[string]presenceOf) bool {
	gone := make(map[string]bool, len(shown))
	for id := range shown {
		gone[id] = true
	}
	for _, p := range h.present(who) {
		delete(gone, p.ID)
		if p.settled() == shown[p.ID] {
			continue
		}
		shown[p.ID] = p.settled()
		if !out.event("terminal", encoded(p)) {
			return false
		}
	}
	for id := range gone {
		delete(shown, id)
		if !out.event("gone", encoded(map[string]string{"id": id})) {
			return false
		}
	}
	return true
}

// settled is what counts as a change: a heartbeat and its round trip alone are none.
func (p presenceOf) settled() presenceOf {
	p.Reach.LastSeen, p.Reach.RTT = time.Time{}, 0
	return p
}

func (h *Handler) present(who Caller) []presenceOf {
	list := []presenceOf{}
	for _, t := range h.terminalsOf(who) {
		list = append(list, presenceOf{h.shown(terminalID, t.TID), t.TID, t.POIID, t.Name, string(t.Life()), h.Links.Reach(t.TID)})
	}
	return list
}

// encoded is a value of ours as JSON; those have no field that cannot be.
func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return text
}
