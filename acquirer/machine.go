package acquirer

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"kassa"
	"kassa/iso8583"
)

// Input is what can happen to the machine. The set is closed.
type Input interface{ input() }

// Authorise, Reverse, Refund, Void, Capture, Increment and Release hand over an effect of an order.
type (
	Authorise struct {
		Order  kassa.NewOrder
		Effect kassa.SendAuthorisation
	}
	Reverse struct {
		Order  kassa.NewOrder
		Effect kassa.SendReversal
	}
	Refund struct {
		Order  kassa.NewOrder
		Effect kassa.SendRefund
	}
	Void struct {
		Order  kassa.NewOrder
		Effect kassa.SendRefundVoid
	}
	Capture struct {
		Order  kassa.NewOrder
		Effect kassa.SendCapture
	}
	Increment struct {
		Order  kassa.NewOrder
		Effect kassa.SendIncrement
	}
	Release struct {
		Order  kassa.NewOrder
		Effect kassa.SendRelease
	}
)

// ForHost gives the input that hands an effect over; ok is false for one that is not for the host.
func ForHost(o kassa.NewOrder, e kassa.Effect) (in Input, ok bool) {
	switch e := e.(type) {
	case kassa.SendAuthorisation:
		return Authorise{o, e}, true
	case kassa.SendReversal:
		return Reverse{o, e}, true
	case kassa.SendRefund:
		return Refund{o, e}, true
	case kassa.SendRefundVoid:
		return Void{o, e}, true
	case kassa.SendCapture:
		return Capture{o, e}, true
	case kassa.SendIncrement:
		return Increment{o, e}, true
	case kassa.SendRelease:
		return Release{o, e}, true
	}
	return nil, false
}

// LinkUp tells of a new connection. Conn is never used again.
type LinkUp struct{ Conn uint64 }

// DialFailed tells that no connection could be made.
type DialFailed struct{ Detail string }

// LinkDown tells that a connection is gone.
type LinkDown struct{ Conn uint64 }

// FrameReceived brings a frame, without its length.
type FrameReceived struct {
	Conn  uint64
	Frame Frame
}

// NotStarted tells that no byte of a Send has been written, or ever will be. It comes before the
// connection's LinkDown.
type NotStarted struct {
	Conn uint64
	ID   uint64
}

// Tick tells that the instant of NextDue has come.
type Tick struct{}

// Stop ends everything: no connection is used any more, and every authorisation is resolved.
type Stop struct{}

func (Authorise) input()     {}
func (Reverse) input()       {}
func (Refund) input()        {}
func (Void) input()          {}
func (Capture) input()       {}
func (Increment) input()     {}
func (Release) input()       {}
func (LinkUp) input()        {}
func (LinkDown) input()      {}
func (DialFailed) input()    {}
func (FrameReceived) input() {}
func (NotStarted) input()    {}
func (Tick) input()          {}
func (Stop) input()          {}

// Output is what the machine wants done, in order. The set is closed.
type Output interface{ output() }

// Send is a frame for a connection, without its length. At NotAfter it must not be started any
// more; zero means that it may be at any time.
type Send struct {
	Conn     uint64
	ID       uint64
	Frame    Frame
	NotAfter time.Time
}

// CloseLink ends a connection. The machine has forgotten it already.
type CloseLink struct{ Conn uint64 }

// Outcome is an input for an order, by its id.
type Outcome struct {
	Order string
	Input kassa.Input
}

// LinkChanged is a fact about a connection.
type LinkChanged struct {
	Conn   uint64
	State  LinkState
	Detail string
}

// Alarm is something that a person should know. Suppressed counts alarms of the same kind that
// were left out since the last one.
type Alarm struct {
	Kind       AlarmKind
	Conn       uint64
	Order      string
	TID, STAN  string
	Times      int
	Detail     string
	Suppressed int
}

func (Send) output()        {}
func (CloseLink) output()   {}
func (Outcome) output()     {}
func (LinkChanged) output() {}
func (Alarm) output()       {}

// Notice is an output that is for people and their doctor: LinkChanged or Alarm.
type Notice interface {
	Output
	notice()
}

func (LinkChanged) notice() {}
func (Alarm) notice()       {}

// Frame is a message on the wire. It holds card data, so it prints as its length only.
type Frame []byte

// Format prints the length.
func (f Frame) Format(w fmt.State, _ rune) { _, _ = fmt.Fprintf(w, "(frame of %d bytes)", len(f)) }

// LinkState is the state of a connection.
type LinkState string

// The link states.
const (
	LinkConnected LinkState = "connected" // and asked to sign on
	LinkSignedOn  LinkState = "signed_on"
	LinkSignedOff LinkState = "signed_off" // by the host
	LinkClosed    LinkState = "closed"
	// LinkUnreachable is about no connection: none could be made.
	LinkUnreachable LinkState = "unreachable"
)

// AlarmKind says what an alarm is about.
type AlarmKind string

// The alarms.
const (
	AlarmBadMAC           AlarmKind = "bad_mac"            // an answer whose MAC is wrong
	AlarmMalformed        AlarmKind = "malformed"          // a frame that is not a message
	AlarmMismatch         AlarmKind = "mismatch"           // an answer with another amount, currency or instant
	AlarmUnmatched        AlarmKind = "unmatched"          // an answer to nothing that was asked
	AlarmUnknownCode      AlarmKind = "unknown_code"       // a response code that is not in the table
	AlarmKeys             AlarmKind = "keys"               // the host cannot use our keys: 81, 88, 89
	AlarmSecurity         AlarmKind = "security"           // the issuer takes the card for a false one: 82, 63, N7, 6P
	AlarmFormat           AlarmKind = "format"             // the host does not understand what was asked: 30
	AlarmReversalStuck    AlarmKind = "reversal_stuck"     // repeated many times
	AlarmReversalNotFound AlarmKind = "reversal_not_found" // accepted, but the host had no original
	AlarmReversalRefused  AlarmKind = "reversal_refused"   // answered with a code that does not accept it
	AlarmRefundStuck      AlarmKind = "refund_stuck"
	AlarmCaptureStuck     AlarmKind = "capture_stuck"   // or the increment of a hold
	AlarmCaptureRefused   AlarmKind = "capture_refused" // the host has another idea of the hold
	AlarmOwed             AlarmKind = "owed"            // very many reversals and refunds are outstanding
	AlarmTwice            AlarmKind = "twice"
	AlarmSecureModule     AlarmKind = "secure_module" // it failed, or a message could not be built
	AlarmSignOn           AlarmKind = "sign_on"       // refused or not answered
	AlarmSilent           AlarmKind = "silent"        // a connection is dead
)

// Machine is the acquirer's side without any I/O.
type Machine struct {
	cfg    Config
	secure SecureModule
	random *rand.Rand

	links  map[uint64]*connection
	up     []uint64 // those that carry traffic, in the order in which they signed on
	turn   int
	jobs   map[identity]*job
	flying map[uint64]*job // by the ID of the Send
	lanes  map[string]*lane
	ready  []*job // those that want a connection, first come first served
	timers timers

	waiting  int // authorisations in lanes
	owed     int // what is repeated until it is answered
	answered memory
	unknown  memory

	stan    int // of network messages
	lastID  uint64
	noise   map[AlarmKind]noise
	stopped bool
	out     []Output
}

// noise keeps a flood of bad frames from becoming a flood of alarms.
type noise struct {
	last       time.Time
	suppressed int
}

// NewMachine makes a machine without connections. random gives the jitter.
func NewMachine(cfg Config, secure SecureModule, random *rand.Rand) (*Machine, error) {
	if secure == nil {
		return nil, errNoModule
	}
	cfg = cfg.withDefaults()
	if err := cfg.checkCodes(); err != nil {
		return nil, err
	}
	return &Machine{
		cfg: cfg, secure: secure, random: random,
		links: make(map[uint64]*connection), jobs: make(map[identity]*job), flying: make(map[uint64]*job),
		lanes: make(map[string]*lane), noise: make(map[AlarmKind]noise),
		answered: newMemory(cfg.MaxRemembered / 4), unknown: newMemory(cfg.MaxRemembered),
	}, nil
}

// NextDue is the instant at which a Tick is wanted.
func (m *Machine) NextDue() (time.Time, bool) { return m.timers.next() }

// SignedOn is the number of connections that carry traffic.
func (m *Machine) SignedOn() int { return len(m.up) }

// Handle takes one input and gives what to do about it, in order.
func (m *Machine) Handle(now time.Time, in Input) []Output {
	m.out = nil
	switch in := in.(type) {
	case Authorise:
		m.authorise(now, in)
	case Reverse:
		m.reverse(in)
	case Refund:
		m.refund(in)
	case Void:
		m.void(in)
	case Capture:
		m.capture(in)
	case Increment:
		m.increment(in)
	case Release:
		m.release(in)
	case LinkUp:
		m.linkUp(now, in.Conn)
	case LinkDown:
		m.lose(in.Conn, "the connection ended")
	case DialFailed:
		m.emit(LinkChanged{State: LinkUnreachable, Detail: in.Detail})
	case FrameReceived:
		m.received(now, in)
	case NotStarted:
		m.notStarted(in)
	case Tick:
		m.tick(now)
	case Stop:
		m.stop()
	}
	m.pump(now)
	return m.out
}

func (m *Machine) emit(o Output) { m.out = append(m.out, o) }

// alarm raises an alarm. One that is about no order comes from the wire, where anybody may cause
// it: at most one of a kind in a second.
func (m *Machine) alarm(now time.Time, a Alarm) {
	if a.Order == "" {
		n := m.noise[a.Kind]
		if !n.last.IsZero() && now.Sub(n.last) < time.Second {
			n.suppressed++
			m.noise[a.Kind] = n
			return
		}
		a.Suppressed = n.suppressed
		m.noise[a.Kind] = noise{last: now}
	}
	m.emit(a)
}

func (m *Machine) tick(now time.Time) {
	for {
		t, ok := m.timers.pop(now)
		if !ok {
			return
		}
		if t.job != nil {
			m.jobDue(t.job)
		} else {
			m.linkDue(now, t.link)
		}
	}
}

func (m *Machine) stop() {
	m.stopped = true
	for _, j := range m.inOrder() {
		if j.kind == saleJob && j.state != jobFlying {
			m.notSent(j, kassa.AcquirerUnreachable)
		}
	}
	ids := make([]uint64, 0, len(m.links))
	for id := range m.links {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		m.close(id, "stopped")
	}
}

// inOrder lists the jobs in the order in which they came.
func (m *Machine) inOrder() []*job {
	all := make([]*job, 0, len(m.jobs))
	for _, j := range m.jobs {
		all = append(all, j)
	}
	slices.SortFunc(all, func(a, b *job) int { return cmp.Compare(a.number, b.number) })
	return all
}

// free gives the next connection in turn that can carry one more frame. any tells whether there is
// a signed-on one at all.
func (m *Machine) free() (l *connection, anyUp bool) {
	for range m.up {
		m.turn = (m.turn + 1) % len(m.up)
		l := m.links[m.up[m.turn]]
		if l.inFlight < m.cfg.MaxInFlight {
			return l, true
		}
	}
	return nil, len(m.up) > 0
}

// pump sends what is ready as long as a connection can take it.
func (m *Machine) pump(now time.Time) {
	for len(m.ready) > 0 {
		j := m.ready[0]
		if j.held && m.lanes[j.tid] != nil {
			m.fallBehind(j)
		}
		if j.state == jobReady {
			l, _ := m.free()
			if l == nil {
				return
			}
			m.transmit(now, j, l)
		}
		m.ready[0] = nil
		m.ready = m.ready[1:]
	}
	m.ready = nil
}

// identify reads what names a message: its class, terminal and STAN.
func identify(msg *iso8583.Message) identity {
	return identity{class: msg.MTI[1], tid: msg.Get(41), stan: msg.Get(11)}
}
