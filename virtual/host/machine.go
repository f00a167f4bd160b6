package host

import (
	"slices"
	"time"

	"kassa/card"
	"kassa/dukpt"
	"kassa/iso8583"
	"kassa/virtual/deck"
)

// Input is something that happened outside: Opened, Closed, Received, SetFault, ClearFaults,
// Unblock or Tick.
type Input interface{ input() }

// Opened tells that a peer has connected. Conn is never used again after its Closed.
type Opened struct{ Conn uint64 }

// Closed tells that a connection is gone.
type Closed struct{ Conn uint64 }

// Received brings one frame, without its length.
type Received struct {
	Conn  uint64
	Frame []byte
}

// SetFault makes the host misbehave; ClearFaults ends that.
type SetFault struct{ Fault Fault }

// ClearFaults ends every fault.
type ClearFaults struct{}

// Unblock is the issuer's desk giving back the PIN tries of an account, named like "visa:000".
type Unblock struct{ Account string }

// Tick tells that the instant of NextDue has come.
type Tick struct{}

func (Opened) input()      {}
func (Closed) input()      {}
func (Received) input()    {}
func (SetFault) input()    {}
func (ClearFaults) input() {}
func (Unblock) input()     {}
func (Tick) input()        {}

// Output is something to do, in order: Persist, Send, Raw, CloseConn or Reading. A Persist is durable
// before anything after it is done.
type Output interface{ output() }

// Persist is a record to append to the ledger.
type Persist struct{ Record Record }

// Send is a frame, without its length, for a connection. When that is gone, so is the frame.
type Send struct {
	Conn  uint64
	Frame []byte
}

// Raw are bytes for a connection as they are, without a length before them.
type Raw struct {
	Conn  uint64
	Bytes []byte
}

// CloseConn ends a connection after what was sent before.
type CloseConn struct{ Conn uint64 }

// Reading turns reading from all connections on or off.
type Reading struct{ On bool }

func (Persist) output()   {}
func (Send) output()      {}
func (Raw) output()       {}
func (CloseConn) output() {}
func (Reading) output()   {}

// Keys are the zone keys that the host shares with the acquirer's customers.
type Keys struct {
	// PIN opens the PIN blocks of DE110, MAC authenticates the messages.
	PIN card.Key
	MAC card.Key
}

// Config is what a Machine needs to know.
type Config struct {
	Keys Keys
	// LateAfter is how long card 101 keeps its answer waiting; 0 means 20 seconds, which is
	// 5 seconds after the customary timeout of 15.
	LateAfter time.Duration
	// SlowBy is how long card 170 takes for its approval; 0 means 10 seconds.
	SlowBy time.Duration
}

// Machine is the host and the issuers without any I/O.
type Machine struct {
	keys      Keys
	lateAfter time.Duration
	slowBy    time.Duration
	profile   *iso8583.Profile
	links     map[uint64]*link
	book      *book
	faults    []Fault
	rules     []HoldRules
	delayed   []delivery // by due time, then in the order in which they were put
	held      map[string]heldSale
	stan      int // of the host's own network messages
}

// heldSale is a sale of card 104, which reaches its issuer after its own reversal.
type heldSale struct {
	conn uint64
	msg  *iso8583.Message
}

// link is what is known of one connection.
type link struct{ signedOn bool }

// delivery is an answer that leaves later.
type delivery struct {
	due time.Time
	out Output
}

// NewMachine makes a host with an empty ledger; Restore fills it.
func NewMachine(c Config) (*Machine, error) {
	b, err := newBook(deck.All())
	if err != nil {
		return nil, err
	}
	m := &Machine{
		keys: c.Keys, lateAfter: c.LateAfter, slowBy: c.SlowBy, profile: iso8583.Kassa87(),
		links: make(map[uint64]*link), held: make(map[string]heldSale), book: b,
	}
	if m.slowBy <= 0 {
		m.slowBy = 10 * time.Second
	}
	if m.lateAfter <= 0 {
		m.lateAfter = 20 * time.Second
	}
	return m, nil
}

// Restore applies a record of the ledger, in the order in which they were persisted, before the
// first Handle.
func (m *Machine) Restore(r Record) error { return m.book.apply(r) }

// NextDue is the instant at which a Tick is wanted.
func (m *Machine) NextDue() (time.Time, bool) {
	var due time.Time
	if len(m.delayed) > 0 {
		due = m.delayed[0].due
	}
	for _, e := range m.running() {
		if at := m.expires(e); due.IsZero() || at.Before(due) {
			due = at
		}
	}
	return due, !due.IsZero()
}

// Handle takes one input and gives what to do about it, in order.
func (m *Machine) Handle(now time.Time, in Input) []Output {
	switch in := in.(type) {
	case Opened:
		m.links[in.Conn] = &link{}
	case Closed:
		delete(m.links, in.Conn)
	case Received:
		return append(m.expire(now), m.received(now, in)...)
	case SetFault:
		return m.setFault(now, in.Fault)
	case SetHoldRules:
		m.setHoldRules(in.Rules)
	case ClearFaults:
		m.faults, m.rules = nil, nil
		return []Output{Reading{On: true}}
	case Unblock:
		return m.unblock(now, in.Account)
	case Tick:
		return append(m.expire(now), m.due(now)...)
	}
	return nil
}

// due gives the delayed answers whose time has come.
func (m *Machine) due(now time.Time) []Output {
	var out []Output
	n := 0
	for ; n < len(m.delayed) && !m.delayed[n].due.After(now); n++ {
		out = append(out, m.delayed[n].out)
	}
	m.delayed = slices.Delete(m.delayed, 0, n)
	return out
}

// later keeps an output until it is due. It goes behind those that are due at the same instant.
func (m *Machine) later(due time.Time, out Output) {
	if len(m.delayed) >= maxDelayed {
		return // the answer is lost, as answers may be
	}
	i := len(m.delayed)
	for i > 0 && m.delayed[i-1].due.After(due) {
		i--
	}
	m.delayed = slices.Insert(m.delayed, i, delivery{due: due, out: out})
}

func (m *Machine) received(now time.Time, in Received) []Output {
	l := m.links[in.Conn]
	if l == nil {
		return nil // it was closed while this frame was on its way
	}
	msg, err := m.profile.Unpack(in.Frame)
	if err != nil {
		// What cannot be read cannot be answered either: there is no STAN to answer to.
		return []Output{CloseConn{Conn: in.Conn}}
	}
	genuine, err := m.profile.VerifyMAC(in.Frame, m.mac)
	genuine = genuine && err == nil
	switch msg.MTI {
	case "0800", "0801":
		return m.network(in.Conn, l, msg, genuine)
	case "0100", "0101", "0200", "0201", "0220", "0221":
		return m.financial(now, in.Conn, l, msg, genuine)
	case "0400", "0401", "0420", "0421":
		return m.reversal(now, in.Conn, l, msg, genuine)
	}
	if third := msg.MTI[2]; third != '0' && third != '2' {
		return nil // an answer or a notification: nothing is expected back
	}
	if !genuine {
		return m.refuse(in.Conn, msg, rcBadMAC)
	}
	return m.refuse(in.Conn, msg, rcNotSupported)
}

// network answers sign-on, sign-off and echo. They may come without a MAC, since they move nothing;
// a MAC that is there must be right.
func (m *Machine) network(conn uint64, l *link, msg *iso8583.Message, genuine bool) []Output {
	rc := rcApproved
	switch {
	case !genuine && (msg.Has(64) || msg.Has(128)):
		rc = rcBadMAC
	case msg.Get(70) == networkSignOn:
		l.signedOn = true
	case msg.Get(70) == networkSignOff:
		l.signedOn = false
	case msg.Get(70) == networkEcho:
	default:
		rc = rcInvalid
	}
	return m.refuse(conn, msg, rc)
}

// signOffAll ends every link's sign-on and says so.
func (m *Machine) signOffAll(now time.Time) []Output {
	conns := make([]uint64, 0, len(m.links))
	for conn := range m.links {
		conns = append(conns, conn)
	}
	slices.Sort(conns)
	var out []Output
	for _, conn := range conns {
		m.links[conn].signedOn = false
		m.stan = m.stan%999_999 + 1
		frame, err := m.networkRequest(now, networkSignOff)
		if err == nil {
			out = append(out, Send{Conn: conn, Frame: frame})
		}
	}
	return out
}

func (m *Machine) unblock(now time.Time, account string) []Output {
	if m.book.accounts[account] == nil {
		return nil
	}
	out, _ := m.persist(Record{At: now, Kind: KindUnblock, Account: account})
	return out
}

// persist numbers a record and applies it. Every change of the ledger comes through here, so that
// what is replayed after a crash is what happened; false means that it could not be replayed, and
// must not be answered.
func (m *Machine) persist(r Record) ([]Output, bool) {
	r.N = m.book.last + 1
	r.At = r.At.UTC().Truncate(time.Millisecond)
	if err := m.book.apply(r); err != nil {
		return nil, false
	}
	return []Output{Persist{Record: r}}, true
}

func (m *Machine) mac(b []byte) ([8]byte, error) {
	sum, err := dukpt.CMAC(m.keys.MAC, b)
	return [8]byte(sum[:8]), err
}
