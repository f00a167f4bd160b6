package poi

import (
	"encoding/json"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// recall takes what earlier processes noted of the links, in order. A POI that had one when the last of
// them ended is unknown until it comes back, or should have.
func (h *Hub) recall(now time.Time, entries []journal.Entry) {
	for _, e := range entries {
		switch e.Kind {
		case "LinkUp":
			var up estate.LinkUp
			if json.Unmarshal(e.Payload, &up) == nil {
				h.recalled(up.POIID).wasUp(e.At, up)
			}
		case "LinkDown":
			var down estate.LinkDown
			if json.Unmarshal(e.Payload, &down) == nil {
				h.recalled(down.POIID).wasDown(e.At, down)
			}
		case "CloneSuspected":
			var clone estate.CloneSuspected
			if json.Unmarshal(e.Payload, &clone) == nil {
				m := h.recalled(clone.POIID)
				m.track.clone = e.At
				m.track.note(e.At, m.track.state, ReasonCloneSuspected)
			}
		}
	}
	until := h.settledBy(now)
	for _, u := range h.units {
		m := u.machine
		if m.track.state != Online && m.reason != byeShutdown {
			continue
		}
		m.since, m.reason, m.unknownUntil = time.Time{}, "", until
		m.track.become(now, Unknown, ReasonRestarted)
	}
}

// recalled gives the machine of a device that the estate still has, or one that is thrown away.
func (h *Hub) recalled(poiid string) *Machine {
	if u, ok := h.unitFor(poiid); ok {
		return u.machine
	}
	return NewMachine(h.rules, poiid)
}

func (m *Machine) wasUp(at time.Time, up estate.LinkUp) {
	m.epoch, m.reason, m.since, m.lastSeen = max(m.epoch, up.Epoch), "", at, at
	m.track.become(at, Online, "")
}

func (m *Machine) wasDown(at time.Time, down estate.LinkDown) {
	if down.Epoch < m.epoch {
		return
	}
	m.epoch, m.reason, m.since, m.lastSeen = down.Epoch, down.Reason, at, at
	m.track.ended(at)
	m.track.become(at, Offline, reasonOf(down.Reason))
}

// settledBy is when every terminal that had a link to an earlier process should have one again: its
// silence was noticed, and the longest pause between two tries is over.
func (h *Hub) settledBy(start time.Time) time.Time {
	return start.Add(missedHeartbeats*h.cfg.Heartbeat + reconnectSpread)
}
