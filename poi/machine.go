package poi

import (
	"slices"
	"time"

	"kassa/estate"
	"kassa/poilink"
)

// Directory reads the estate from memory.
type Directory interface {
	Device(poiid string) (estate.Device, bool)
	TerminalByPOIID(poiid string) (estate.Terminal, bool)
	Terminal(tid string) (estate.Terminal, bool)
	Group(id string) (estate.Group, bool)
}

// Rules are what all machines share.
type Rules struct {
	// Host is the cloud's own name, which a POI signs in its proof.
	Host      string
	Heartbeat time.Duration
	Directory Directory
	// Enabled tells whether a terminal may take cloud payments over its link; nil when all may.
	Enabled func(tid string) bool
	// Moved is by how much the cloud's clock was moved on by hand, which moves no POI's; nil when it never is.
	Moved func() time.Duration
}

// Machine is one POI: its links, and what outlives them within the life of the process.
type Machine struct {
	rules Rules
	poiid string
	tid   string

	epoch    uint64
	sessions []*session // in the order of their hellos
	current  *session   // the newest one that was welcomed; it alone gets commands

	down    uint64    // the last seq given to a frame down
	pending []pending // frames down that the POI has not acknowledged
	up      uint64    // the highest seq that arrived from the POI
	upKnown bool      // false at first: the seq of a POI goes on where an earlier process left it
	working []work    // of those that arrived, the ones that are not durable yet, rising
	moved   time.Time // when the oldest of working became that

	since, lastSeen time.Time
	reason          string // why the last link ended
	injections      allowance
	activations     allowance
	checks          allowance
	wishes          allowance
	reports         allowance
	services        allowance
	clones          allowance
	said            *poilink.Report // nil before it says anything of itself
	software        string          // that its last hello named
	ownTold         bool            // what the engine was told of the mode
	track           track
	unknownUntil    time.Time // when a POI that has not come back after a restart counts as lost
	rtt             time.Duration

	now time.Time
	out []Output
}

// session is one link after its hello.
type session struct {
	link   LinkID
	phase  phase
	epoch  uint64
	last   time.Time // of the last frame
	opened time.Time
	nonce  []byte
	hello  *poilink.Hello // until the welcome
	keyed  bool           // the POI has shown that it holds its initial key
	why    string         // why we ended it
	took   bool           // it took the place of a link that was open
	// counted tells that its end was noted; pings counts those of the POI.
	counted bool
	pings   uint8
	// measured is the number of the last Measure.
	measured uint64
	pushed   uint64            // the version of the settings that were sent over it
	sold     map[string]string // the last frame of what is sold ("") and of each session, by reference
	told     uint64            // fingerprint of who the POI was told to be
}

type phase int

const (
	proving  phase = iota // the proof is good, its key is being pinned
	open                  // welcomed
	replaced              // a newer link was welcomed: results are still taken
	closing               // what comes is not looked at any more
)

// work is a frame up that is being written down, with the link over which it came last.
type work struct {
	seq  uint64
	link LinkID
}

// pending is a frame down that waits for its acknowledgement.
type pending struct {
	frame poilink.Frame
	// exchange is set for a PaymentRequest, and ask for what is shown, asked or printed.
	exchange, ask string
	// until is when it becomes pointless, if ever.
	until time.Time
}

func (p pending) expired(now time.Time) bool { return !p.until.IsZero() && !now.Before(p.until) }

// NewMachine makes the machine of a POI that has no link yet.
func NewMachine(rules Rules, poiid string) *Machine {
	return &Machine{rules: rules, poiid: poiid}
}

// Handle takes one input.
func (m *Machine) Handle(now time.Time, in Input) []Output {
	m.now, m.out = now, nil
	switch in := in.(type) {
	case Hello:
		m.greet(in)
	case Arrived:
		if s := m.session(in.Link); s != nil {
			m.arrived(s, in.Frame)
		}
	case Malformed:
		if s := m.session(in.Link); s != nil {
			m.malformed(s, in)
		}
	case Lost:
		m.lost(in)
	case Pinned:
		m.pinned(in)
	case KeyMade:
		m.keyMade(in)
	case KeysChecked:
		m.keysChecked(in)
	case ActivationDecided:
		m.activationDecided(in)
	case Asked:
		m.asked(in)
	case Served:
		m.served(in)
	case Settled:
		m.settled(in.Seq)
	case Tell:
		m.tell(in)
	case Shutdown:
		for _, s := range m.sessions {
			m.end(s, poilink.Bye{Reason: byeShutdown, RetryAfterMS: in.RetryAfter.Milliseconds()})
		}
	case Jumped:
		m.jumped(in.By)
	case Tick:
		m.tick()
	default:
		m.manage(in)
	}
	out := m.out
	m.out = nil
	return out
}

// NextDue tells when Tick is wanted: when the first silent link is to be given up.
func (m *Machine) NextDue() (due time.Time, ok bool) {
	for _, s := range m.sessions {
		if at, alive := m.dueOf(s); alive && (!ok || at.Before(due)) {
			due, ok = at, true
		}
	}
	return due, ok
}

// DueOf is NextDue as far as one link is concerned.
func (m *Machine) DueOf(link LinkID) (time.Time, bool) {
	if s := m.session(link); s != nil {
		return m.dueOf(s)
	}
	return time.Time{}, false
}

// dueOf: a link also ends when what came over it does not become durable. The terminal sends that
// again over its next one, and it is given to the engine again.
func (m *Machine) dueOf(s *session) (time.Time, bool) {
	if s.phase == closing {
		return time.Time{}, false
	}
	due := s.last.Add(m.patience())
	if stuck := m.stuckSince(s).Add(m.patience()); len(m.working) > 0 && stuck.Before(due) {
		due = stuck
	}
	return due, true
}

// stuckSince is when the oldest frame that is not durable began to wait, as far as s has seen.
func (m *Machine) stuckSince(s *session) time.Time {
	if s.opened.After(m.moved) {
		return s.opened
	}
	return m.moved
}

// Online tells whether the POI has a link that takes commands.
func (m *Machine) Online() bool { return m.current != nil && m.current.phase == open }

// Presence is whether a POI is there, for people and for the status API.
type Presence struct {
	POIID  string `json:"poiid"`
	TID    string `json:"tid,omitempty"` // empty before its activation
	Online bool   `json:"online"`
	// Since is when it came online, or went offline; zero when this process has never seen it.
	Since    time.Time `json:"since,omitzero"`
	LastSeen time.Time `json:"lastSeen,omitzero"`
	// Reason is why it is offline.
	Reason string `json:"reason,omitempty"`
	// Report is what it last said of itself, nil when it said nothing.
	Report *poilink.Report `json:"report,omitempty"`
}

// Presence tells where the POI stands.
func (m *Machine) Presence() Presence {
	p := Presence{POIID: m.poiid, TID: m.tid, Online: m.Online(), Since: m.since, LastSeen: m.lastSeen, Report: m.said}
	if !p.Online {
		p.Reason = m.reason
		if m.current != nil {
			p.Reason = m.current.why
		}
	}
	return p
}

func (m *Machine) patience() time.Duration { return missedHeartbeats * m.rules.Heartbeat }

func (m *Machine) session(id LinkID) *session {
	for _, s := range m.sessions {
		if s.link == id {
			return s
		}
	}
	return nil
}

func (m *Machine) emit(o Output) { m.out = append(m.out, o) }

func (m *Machine) send(s *session, f poilink.Frame) {
	if s.phase == closing {
		return
	}
	if f.Type.Sequenced() || f.Type == poilink.TypePong || f.Type == poilink.TypeAck {
		f.Ack = m.taken()
	}
	m.emit(Send{Link: s.link, Frame: f})
}

func (m *Machine) refuse(s *session, code poilink.RefusalCode, text string, retry time.Duration) {
	m.send(s, refused(code, text, retry))
}

func refused(code poilink.RefusalCode, text string, retry time.Duration) poilink.Frame {
	return poilink.Frame{Type: poilink.TypeRefused, Refused: &poilink.Refused{
		Code: code, Text: text, RetryAfterMS: retry.Milliseconds(),
	}}
}

// badFrame ends a link whose other side does not speak the protocol.
func (m *Machine) badFrame(s *session, text string) {
	m.refuse(s, poilink.RefusedBadFrame, text, 0)
	m.close(s, "bad frame", false)
}

func (m *Machine) end(s *session, b poilink.Bye) {
	m.send(s, poilink.Frame{Type: poilink.TypeBye, Bye: &b})
	m.close(s, b.Reason, false)
}

func (m *Machine) close(s *session, why string, atOnce bool) {
	if s.phase == closing {
		return
	}
	s.phase, s.why = closing, why
	m.emit(Close{Link: s.link, Now: atOnce})
	if s == m.current {
		m.gone(s, why)
	}
}

func (m *Machine) lost(in Lost) {
	s := m.session(in.Link)
	if s == nil {
		return
	}
	m.sessions = slices.DeleteFunc(m.sessions, func(x *session) bool { return x == s })
	if m.current != s {
		return
	}
	m.current, m.since, m.reason = nil, m.now, s.why
	if m.reason == "" {
		m.reason = in.Reason
	}
	m.gone(s, m.reason)
	m.emit(Down{Epoch: s.epoch, Reason: m.reason})
}

// jumped lets the silence of a link begin later by what the clock is moved on.
func (m *Machine) jumped(by time.Duration) {
	for _, s := range m.sessions {
		s.last, s.opened = s.last.Add(by), s.opened.Add(by)
	}
	m.moved = m.moved.Add(by)
}

func (m *Machine) tick() {
	m.age()
	m.pending = slices.DeleteFunc(m.pending, func(p pending) bool { return p.expired(m.now) })
	if len(m.pending) == 0 {
		m.pending = nil
	}
	for _, s := range m.sessions {
		due, alive := m.dueOf(s)
		switch {
		case !alive || m.now.Before(due):
		case m.now.Sub(s.last) >= m.patience():
			m.close(s, "no heartbeat", true)
		default:
			m.refuse(s, poilink.RefusedOverloaded, textStore, retryStore)
			m.close(s, "cannot store", false)
		}
	}
}

// allowance counts what a terminal may ask for a few times a minute.
type allowance struct {
	used  int
	since time.Time
}

func (a *allowance) take(now time.Time, perMinute int) bool {
	if now.Sub(a.since) >= time.Minute {
		a.used, a.since = 0, now
	}
	if a.used >= perMinute {
		return false
	}
	a.used++
	return true
}
