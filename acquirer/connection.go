package acquirer

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/iso8583"
)

// connection is what the machine knows of one. It signs on before it carries traffic, and is tried
// with an echo when it is silent.
type connection struct {
	id       uint64
	state    LinkState
	inFlight int
	heard    time.Time // the last message with a right MAC
	misses   int
	due      time.Time

	// The network message that waits for its answer; code is "" when none does.
	code, stan, de7 string
	sendID          uint64
}

func (m *Machine) linkUp(now time.Time, id uint64) {
	if m.stopped || m.links[id] != nil {
		m.emit(CloseLink{Conn: id})
		return
	}
	l := &connection{id: id, state: LinkConnected, heard: now}
	m.links[id] = l
	m.emit(LinkChanged{Conn: id, State: LinkConnected})
	m.ask(now, l, networkSignOn)
}

func (m *Machine) armLink(l *connection, at time.Time) {
	l.due = at
	m.timers.add(timer{at: at, link: l})
}

// ask sends a network message and waits for its answer.
func (m *Machine) ask(now time.Time, l *connection, code string) {
	m.stan = m.stan%999_999 + 1
	m.lastID++
	l.code, l.stan, l.de7, l.sendID = code, fmt.Sprintf("%06d", m.stan), de7(now), m.lastID
	frame, err := m.networkMessage("0800", l.de7, l.stan, code, "")
	if err != nil {
		m.alarm(now, Alarm{Kind: AlarmSecureModule, Conn: l.id, Detail: err.Error()})
		m.close(l.id, "a network message could not be built")
		return
	}
	m.armLink(l, now.Add(m.cfg.NetworkTimeout))
	m.emit(Send{Conn: l.id, ID: l.sendID, Frame: frame})
}

func (m *Machine) linkDue(now time.Time, l *connection) {
	switch {
	case l.state == LinkSignedOff && l.code == "":
		m.ask(now, l, networkSignOn)
	case l.code == networkSignOn:
		m.alarm(now, Alarm{Kind: AlarmSignOn, Conn: l.id, Detail: "no answer"})
		m.close(l.id, "no answer to the sign-on")
	case now.Before(l.heard.Add(m.cfg.EchoAfter)):
		m.armLink(l, l.heard.Add(m.cfg.EchoAfter))
	case l.code == "":
		m.ask(now, l, networkEcho)
	default:
		if l.misses++; l.misses >= maxMisses {
			m.alarm(now, Alarm{Kind: AlarmSilent, Conn: l.id, Times: l.misses})
			m.close(l.id, "no answer to echoes")
			return
		}
		m.ask(now, l, networkEcho)
	}
}

// codeInoperative is DE39 "issuer or switch inoperative", which a host also says on a connection
// that it has signed off.
const codeInoperative = "91"

// doubt asks to sign on again on a connection that we take for signed on. The host's sign-off may
// not have reached us; then it would refuse everything there, and answer every echo.
func (m *Machine) doubt(now time.Time, l *connection) {
	if l.state == LinkSignedOn && l.code == "" {
		m.ask(now, l, networkSignOn)
	}
}

func (m *Machine) networkAnswer(now time.Time, l *connection, msg *iso8583.Message) {
	if l.code == "" || msg.Get(11) != l.stan || msg.Get(7) != l.de7 || msg.Get(70) != l.code {
		m.alarm(now, Alarm{Kind: AlarmUnmatched, Conn: l.id, STAN: msg.Get(11)})
		return
	}
	code, rc := l.code, msg.Get(39)
	l.code = ""
	if rc != "00" {
		m.alarm(now, Alarm{Kind: AlarmSignOn, Conn: l.id, Detail: "network code " + code + ", response code " + rc})
		m.close(l.id, "the host refused network code "+code)
		return
	}
	if code == networkSignOn && l.state != LinkSignedOn {
		l.state = LinkSignedOn
		m.up = append(m.up, l.id)
		m.emit(LinkChanged{Conn: l.id, State: LinkSignedOn})
	}
	m.armLink(l, now.Add(m.cfg.EchoAfter))
}

// networkRequest answers the host. When it signs a connection off, nothing new leaves there until
// it has let us sign on again; what is in the air may still be answered.
func (m *Machine) networkRequest(now time.Time, l *connection, msg *iso8583.Message) {
	code := msg.Get(70)
	rc := "00"
	if code != networkSignOn && code != networkSignOff && code != networkEcho {
		rc = "12" // invalid transaction: no other network code is spoken here
	}
	frame, err := m.networkMessage("0810", msg.Get(7), msg.Get(11), code, rc)
	if err != nil {
		m.alarm(now, Alarm{Kind: AlarmSecureModule, Conn: l.id, Detail: err.Error()})
		return
	}
	m.lastID++
	m.emit(Send{Conn: l.id, ID: m.lastID, Frame: frame})
	switch {
	case code == networkSignOff && l.state == LinkSignedOn:
		m.takeDown(l)
		l.state, l.code = LinkSignedOff, ""
		m.emit(LinkChanged{Conn: l.id, State: LinkSignedOff})
		m.armLink(l, now.Add(m.cfg.SignOnAgain))
	case code == networkSignOn && l.state == LinkSignedOff && l.code == "":
		m.ask(now, l, networkSignOn)
	}
}

func (m *Machine) takeDown(l *connection) {
	m.up = slices.DeleteFunc(m.up, func(id uint64) bool { return id == l.id })
}

// close ends a connection by our own will.
func (m *Machine) close(id uint64, why string) {
	m.emit(CloseLink{Conn: id})
	m.lose(id, why)
}

// lose forgets a connection. An authorisation that was handed to it may have reached the host.
func (m *Machine) lose(id uint64, why string) {
	l := m.links[id]
	if l == nil {
		return
	}
	delete(m.links, id)
	m.takeDown(l)
	l.due = time.Time{}
	m.emit(LinkChanged{Conn: id, State: LinkClosed, Detail: why})
	var lost []*job
	for _, j := range m.flying {
		if j.conn == id {
			lost = append(lost, j)
		}
	}
	slices.SortFunc(lost, func(a, b *job) int { return cmp.Compare(a.number, b.number) })
	for _, j := range lost {
		if j.kind == saleJob {
			m.loseTrack(j, kassa.ReversalTimeout)
		} else {
			m.land(j)
		}
	}
}
