package poi

import (
	"time"
)

// State is whether a terminal can be reached now.
type State string

// The states.
const (
	// Online: its link is there, and something was heard within a heartbeat and a quarter.
	Online State = "online"
	// Stale: its link is there, and has been silent for longer, or did not answer a probe.
	Stale State = "stale"
	// Offline: it has no link that takes payments; the Reason says why.
	Offline State = "offline"
	// Unknown: it had a link to an earlier process, and has not come back to this one yet.
	Unknown State = "unknown"
)

// Reason is why a terminal is where it is. There is one list for APIs, pages, the doctor and tests.
type Reason string

// The reasons.
const (
	ReasonShutDown       Reason = "shut_down"
	ReasonLinkLost       Reason = "link_lost"
	ReasonNeverConnected Reason = "never_connected"
	ReasonReplaced       Reason = "replaced"
	ReasonNotEnabled     Reason = "not_enabled"
	ReasonNotActivated   Reason = "not_activated"
	ReasonBlocked        Reason = "blocked"
	ReasonUnbound        Reason = "unbound"
	ReasonRetired        Reason = "retired"
	ReasonRestarted      Reason = "restarted"       // goes with Unknown
	ReasonSilent         Reason = "silent"          // goes with Stale
	ReasonCloneSuspected Reason = "clone_suspected" // of a Transition: the state stays as it was
)

// Text says a reason in words, without a full stop; empty for none.
func (r Reason) Text() string {
	switch r {
	case ReasonShutDown:
		return "it was shut down cleanly"
	case ReasonLinkLost:
		return "its link was lost"
	case ReasonNeverConnected:
		return "it has never connected"
	case ReasonReplaced:
		return "its link was replaced by another one"
	case ReasonNotEnabled:
		return "the WebSocket connection is not enabled for it"
	case ReasonNotActivated:
		return "no device has been activated as this terminal"
	case ReasonBlocked:
		return "it is blocked"
	case ReasonUnbound:
		return "its device was unbound"
	case ReasonRetired:
		return "it is out of use for good"
	case ReasonRestarted:
		return "the cloud was restarted, and it has not come back yet"
	case ReasonSilent:
		return "its link is there, and silent"
	case ReasonCloneSuspected:
		return "two links with its key were alive at once"
	}
	return ""
}

// Reach is whether a terminal can be reached, and what is known of its link.
type Reach struct {
	State  State
	Reason Reason
	// Since is when it came to be in this state; zero when that is not known.
	Since time.Time
	// LastSeen is when something was last heard; zero when that is not known.
	LastSeen time.Time
	// Enabled tells whether cloud payments are allowed over its link (cloud.webSocketEnabled).
	Enabled bool
	// Linked tells whether there is a live link, be it for management only.
	Linked bool
	// RTT is the last round trip on the WebSocket, 0 when it is not known.
	RTT time.Duration
	// Epoch is that of its last link.
	Epoch uint64
	// Disconnects24h counts the links that were lost or closed in the last 24 hours.
	Disconnects24h int
	// Opened, Address and TLS are of the live link; Address is that of a proxy where there is one.
	Opened  time.Time
	Address string
	TLS     bool
	// Detail is how the last link ended, in the words of the record.
	Detail string
	// CloneSuspected is when two live links of one key were last seen; zero when they never were.
	CloneSuspected time.Time
}

// Transition is one change of a terminal's reach.
type Transition struct {
	At     time.Time
	State  State
	Reason Reason
}

// maxTransitions are kept of each POI.
const maxTransitions = 50

// reconnectSpread is the longest pause of a terminal between two tries to connect.
const reconnectSpread = 30 * time.Second

// track is how a POI came to be where it is.
type track struct {
	state  State
	reason Reason
	since  time.Time
	past   []Transition
	clone  time.Time
	ends   [24]uint16 // links that ended, by the hour of the day
	hour   int64      // the last hour (since 1970) that ends counts
}

// note adds a transition. The oldest goes when there are too many.
func (t *track) note(at time.Time, s State, r Reason) {
	if len(t.past) >= maxTransitions {
		copy(t.past, t.past[1:])
		t.past = t.past[:maxTransitions-1]
	}
	t.past = append(t.past, Transition{at, s, r})
}

// become changes the state; false when it is what it was.
func (t *track) become(at time.Time, s State, r Reason) bool {
	if t.state == s && t.reason == r {
		return false
	}
	if t.state != s {
		t.since = at
	}
	t.state, t.reason = s, r
	t.note(at, s, r)
	return true
}

// ended counts a link that ended.
func (t *track) ended(at time.Time) {
	t.turn(at)
	t.ends[t.hour%24]++
}

// turn forgets the hours that are over.
func (t *track) turn(now time.Time) {
	hour := now.Unix() / 3600
	for t.hour = max(t.hour, hour-24); t.hour < hour; {
		t.hour++
		t.ends[t.hour%24] = 0
	}
}

func (t *track) disconnects(now time.Time) (n int) {
	t.turn(now)
	for _, ended := range t.ends {
		n += int(ended)
	}
	return n
}

// reasonOf gives the reason of a LinkDown's text.
func reasonOf(detail string) Reason {
	switch detail {
	case endedByRestart, endedByShutdown:
		return ReasonShutDown
	case byeUnbound:
		return ReasonUnbound
	case byeBlocked:
		return ReasonBlocked
	}
	return ReasonLinkLost
}

// The reasons of a bye of ours, and of one of the terminal as they are noted.
const (
	byeShutdown     = "shutdown"
	byeReplaced     = "replaced"
	byeUnbound      = "unbound"
	byeBlocked      = "blocked"
	endedByTerminal = "closed by the terminal"
	endedByRestart  = endedByTerminal + ": restart"
	endedByShutdown = endedByTerminal + ": shutdown"
)

// become changes the reach of the POI.
func (m *Machine) become(s State, r Reason) {
	if m.track.become(m.now, s, r) {
		m.emit(Moved{TID: m.tid})
	}
}

// linked tells that the POI has a new link, be it in the place of one that was still open.
func (m *Machine) linked(inPlace bool) {
	if inPlace {
		m.track.ended(m.now)
		m.track.note(m.now, Online, ReasonReplaced)
		m.emit(Moved{TID: m.tid})
	}
	if m.track.state != Online {
		m.become(Online, "")
	}
}

// gone tells that the newest link takes no more commands.
func (m *Machine) gone(s *session, detail string) {
	if s.counted {
		return
	}
	s.counted = true
	m.track.ended(m.now)
	reason := reasonOf(detail)
	if reason == ReasonLinkLost && s.took && !m.track.clone.Before(s.opened) {
		reason = ReasonReplaced // it took the place of one that was alive, and did not stay
	}
	m.become(Offline, reason)
}

// heard notes a sign of life on a link.
func (m *Machine) heard(s *session) {
	s.last, m.lastSeen = m.now, m.now
	if s == m.current && s.phase == open && m.track.state != Online {
		m.become(Online, "")
	}
}

// staleAt is when a link that stays silent becomes stale: a ping may be late by a quarter.
func (m *Machine) staleAt(s *session) time.Time {
	return s.last.Add(m.rules.Heartbeat + m.rules.Heartbeat/4)
}

// Due tells whether a Tick would change something now.
func (m *Machine) Due(now time.Time) bool {
	if m.track.state == Unknown && !now.Before(m.unknownUntil) {
		return true
	}
	for _, p := range m.pending {
		if p.expired(now) {
			return true
		}
	}
	if due, ok := m.NextDue(); ok && !now.Before(due) {
		return true // the link's own reader wakes up too; it goes by the wall clock
	}
	return m.track.state == Online && m.Online() && !now.Before(m.staleAt(m.current))
}

// age lets time pass over what is known of the POI.
func (m *Machine) age() {
	switch {
	case m.track.state == Unknown && !m.now.Before(m.unknownUntil):
		m.become(Offline, ReasonLinkLost)
	case m.track.state == Online && m.Online() && !m.now.Before(m.staleAt(m.current)):
		m.become(Stale, ReasonSilent)
	}
}

// probeFailed is about a link that did not answer: it is stale at once, and one that was stale before
// is given up.
func (m *Machine) probeFailed(in ProbeFailed) {
	s := m.session(in.Link)
	switch {
	case s == nil || s != m.current || s.phase != open || s.last.After(in.Since):
	case m.track.state == Stale:
		m.close(s, "no answer to a probe", true)
	default:
		m.become(Stale, ReasonSilent)
	}
}

// measure asks whoever holds a link for a sign of life.
func (m *Machine) measure(s *session) {
	s.measured++
	m.emit(Measure{Link: s.link, Number: s.measured})
}

// ponged is a WebSocket pong to our last ping on a link. On a link that was replaced it proves that
// somebody still holds that one, after the holder of the key has opened another: there are two of them.
// (A pong to an earlier ping proves nothing: it may have been on its way when the other link came.)
func (m *Machine) ponged(in Ponged) {
	s := m.session(in.Link)
	switch {
	case s == nil || in.Number != s.measured:
	case s == m.current && s.phase == open:
		m.rtt = in.RTT
	case s.phase == replaced && m.clones.take(m.now, clonesPerMinute):
		m.track.clone = m.now
		m.track.note(m.now, m.track.state, ReasonCloneSuspected)
		out := Clone{Older: s.link, OlderEpoch: s.epoch, Epoch: m.epoch}
		if m.current != nil {
			out.Newer = m.current.link
		}
		m.emit(out)
		m.emit(Moved{TID: m.tid})
	}
}

// reach tells where the POI stands, as far as its links are concerned.
func (m *Machine) reach(now time.Time) Reach {
	r := Reach{
		State: m.track.state, Reason: m.track.reason, Since: m.track.since, LastSeen: m.lastSeen,
		Linked: m.Online(), RTT: m.rtt, Epoch: m.epoch, Disconnects24h: m.track.disconnects(now),
		CloneSuspected: m.track.clone, Detail: m.reason,
	}
	switch {
	case r.State == "":
		r.State, r.Reason = Offline, ReasonNeverConnected
	case r.State == Unknown && !now.Before(m.unknownUntil):
		r.State, r.Reason, r.Since = Offline, ReasonLinkLost, m.unknownUntil
	case r.State == Online && m.Online() && !now.Before(m.staleAt(m.current)):
		r.State, r.Reason, r.Since = Stale, ReasonSilent, m.staleAt(m.current)
	}
	switch {
	case r.Linked:
		r.Opened, r.Detail = m.current.opened, ""
	case m.current != nil:
		r.Detail = m.current.why // it is being closed
	}
	return r
}
