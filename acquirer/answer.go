package acquirer

import (
	"strconv"
	"time"

	"kassa"
	"kassa/iso8583"
)

// received takes a frame in. Nothing is believed before its MAC is right.
func (m *Machine) received(now time.Time, in FrameReceived) {
	l := m.links[in.Conn]
	if l == nil {
		return
	}
	msg, err := m.cfg.Profile.Unpack(in.Frame)
	if err != nil {
		m.alarm(now, Alarm{Kind: AlarmMalformed, Conn: l.id, Detail: err.Error()})
		return
	}
	if ok, err := m.cfg.Profile.VerifyMAC(in.Frame, m.secure.MAC); err != nil || !ok {
		m.distrust(now, l, msg, AlarmBadMAC)
		return
	}
	l.heard, l.misses = now, 0
	switch msg.MTI {
	case "0110", "0210", "0230", "0430":
		m.answer(now, l, msg)
	case "0810":
		m.networkAnswer(now, l, msg)
	case "0800":
		m.networkRequest(now, l, msg)
	default:
		m.distrust(now, l, msg, AlarmUnmatched)
	}
}

// distrust raises an alarm about an answer that counts as none. What it seemed to answer goes on
// waiting: a right answer may still come.
func (m *Machine) distrust(now time.Time, l *connection, msg *iso8583.Message, kind AlarmKind) {
	a := Alarm{Kind: kind, Conn: l.id, TID: msg.Get(41), STAN: msg.Get(11)}
	if j := m.jobs[identify(msg)]; j != nil && j.sent > 0 && !j.distrust {
		j.distrust = true
		a.Order = j.order.ID()
	}
	m.alarm(now, a)
}

func (m *Machine) answer(now time.Time, l *connection, msg *iso8583.Message) {
	id, sent := identify(msg), msg.Get(7)
	j := m.jobs[id]
	if j == nil || j.sent == 0 || j.de7 != sent {
		m.answerToThePast(now, l, msg, id, sent)
		return
	}
	approved, ok := amountOf(msg, j.amount())
	v := m.cfg.Read(msg, j.sale.Auth)
	want := j.amount()
	if v.Class == ClassPartial && (j.kind == saleJob || j.kind == incrementJob) {
		ok = ok && approved.Minor > 0 && approved.Minor < want.Minor
	} else {
		ok = ok && approved == want
	}
	if !ok || !msg.Has(39) {
		m.distrust(now, l, msg, AlarmMismatch)
		return
	}
	if msg.Get(39) == codeInoperative {
		m.doubt(now, l)
	}
	switch j.kind {
	case saleJob:
		m.saleAnswered(j, msg, v, approved)
	case reversalJob:
		m.reversalAnswered(now, j, msg.Get(39))
	case releaseJob:
		m.releaseAnswered(j, msg.Get(39))
	case voidJob, refundJob, captureJob, incrementJob:
		m.owedAnswered(j, msg, v, approved)
	}
}

// answerToThePast handles an answer that nothing waits for: late, once more, or to nothing.
func (m *Machine) answerToThePast(now time.Time, l *connection, msg *iso8583.Message, id identity, sent string) {
	if m.answered.has(id, sent) {
		return // once more: it has had its effect
	}
	late, ok := m.unknown.get(id, sent)
	if !ok {
		m.distrust(now, l, msg, AlarmUnmatched)
		m.answerToTheDead(msg, id, sent)
		return
	}
	if late.heard || !msg.Has(39) {
		return
	}
	late.heard = true
	m.unknown.keep(id, sent, late)
	approved := m.cfg.Read(msg, kassa.Authorisation{}).Class.Approved()
	if j := m.jobs[identity{'4', id.tid, id.stan}]; approved && j != nil && j.sent == 0 {
		j.undo.authCode = msg.Get(38) // it has not left yet, so it can name what it undoes
	}
	m.emit(Outcome{late.order, kassa.LateAnswer{
		Request: late.request, ResponseCode: msg.Get(39), AuthCode: msg.Get(38), Approved: approved,
	}})
}

func (m *Machine) saleAnswered(j *job, msg *iso8583.Message, v Verdict, approved kassa.Money) {
	m.warn(j, msg, v)
	if msg.Get(39) == codeDuplicate && j.sent == 1 {
		m.fetch(j)
		return
	}
	if v.Action == ActionReverse {
		m.loseTrack(j, kassa.ReversalInvalidAnswer)
		return
	}
	if !v.Class.Approved() {
		approved = kassa.Money{}
	}
	m.drop(j)
	m.answered.keep(j.identity, j.de7, memo{})
	m.emit(Outcome{j.order.ID(), kassa.HostAnswered{
		Request: j.sale.Auth.Request, Reason: v.Reason, ResponseCode: msg.Get(39), AuthCode: msg.Get(38),
		EMV: msg.Bytes(55), Approved: approved,
	}})
}

// accepted tells whether the answer to a reversal ends it. One that does not is for people to look
// into, while it goes on.
func (m *Machine) accepted(j *job, rc string) bool {
	if !acceptsReversal(rc) {
		m.land(j)
		m.alarmAbout(j, AlarmReversalRefused, "response code "+rc)
		return false
	}
	if rc != "00" {
		m.alarmAbout(j, AlarmReversalNotFound, "response code "+rc)
	}
	m.finish(j)
	return true
}

// finish ends a job that the host has settled.
func (m *Machine) finish(j *job) {
	m.drop(j)
	m.answered.keep(j.identity, j.de7, memo{})
}

func (m *Machine) reversalAnswered(now time.Time, j *job, rc string) {
	if !m.accepted(j, rc) {
		return
	}
	m.emit(Outcome{j.order.ID(), kassa.ReversalAnswered{Request: j.undo.request, ResponseCode: rc}})
	if j.blocks() {
		m.unblock(now, j.tid)
	}
}

func (m *Machine) releaseAnswered(j *job, rc string) {
	if m.accepted(j, rc) {
		m.emit(Outcome{j.order.ID(), kassa.ReleaseAnswered{ResponseCode: rc}})
	}
}

// owedAnswered takes the answer to what the host may refuse: a refund, the reversal of one, a capture, an
// increment.
func (m *Machine) owedAnswered(j *job, msg *iso8583.Message, v Verdict, approved kassa.Money) {
	m.warn(j, msg, v)
	rc, reason := msg.Get(39), v.Reason
	switch {
	case j.kind == voidJob && acceptsReversal(rc):
		reason = kassa.None // what the host never had is undone, too
	case !settles(v) && (j.kind != incrementJob || v.Class != ClassPartial):
		m.land(j)
		return
	case reason.Soft() || reason == kassa.WrongPIN:
		reason = kassa.Declined // nobody is there to insert a card or to enter a PIN
	}
	m.finish(j)
	switch id := j.order.ID(); j.kind {
	case refundJob:
		m.emit(Outcome{id, kassa.RefundAnswered{Number: j.back.Refund.Number, Reason: reason, ResponseCode: rc}})
	case voidJob:
		m.emit(Outcome{id, kassa.RefundVoidAnswered{Number: j.undo.refund, Reason: reason, ResponseCode: rc}})
	case captureJob:
		if above := j.take.Held.Minor > 0 && j.take.Capture.Amount.Minor > j.take.Held.Minor; reason != kassa.None && !above {
			m.alarmAbout(j, AlarmCaptureRefused, "response code "+rc)
		}
		m.emit(Outcome{id, kassa.CaptureAnswered{Number: j.take.Capture.Number, Reason: reason, ResponseCode: rc}})
	case incrementJob:
		in := kassa.IncrementAnswered{Number: j.more.Increment.Number, Reason: reason, ResponseCode: rc, AuthCode: msg.Get(38)}
		if reason == kassa.None {
			in.Approved = approved.Minor
		}
		m.emit(Outcome{id, in})
	}
}

// settles tells whether an answer to a refund or a capture ends it. One that says only that the host
// cannot deal with it now does not: an earlier transmission, whose answer was lost, may have been
// posted, so it is repeated until the host says what became of it.
func settles(v Verdict) bool {
	return v.Action != ActionReverse && v.Action != ActionKeys && v.Class != ClassPartial &&
		v.Reason != kassa.DeclinedUnavailable
}

// warn raises the alarms that a response code calls for.
func (m *Machine) warn(j *job, msg *iso8583.Message, v Verdict) {
	detail := "response code " + msg.Get(39)
	switch {
	case v.Unlisted:
		m.alarmAbout(j, AlarmUnknownCode, detail)
	case v.Action == ActionKeys:
		m.alarmAbout(j, AlarmKeys, detail)
	case v.Reason == kassa.DeclinedSecurity:
		m.alarmAbout(j, AlarmSecurity, detail)
	case msg.Get(39) == codeFormat:
		m.alarmAbout(j, AlarmFormat, detail+", DE"+formatField(msg.Get(44)))
	}
}

// formatField is the element that DE44 names, or what it holds instead, of which nothing is shown: it
// is the host's own words, and may repeat card data.
func formatField(de44 string) string {
	if n, err := strconv.Atoi(de44); err != nil || n < 1 || n > 128 {
		return "44 names no element"
	}
	return de44
}

// memo is what is kept of an outcome, for an answer that comes after it.
type memo struct {
	order   string
	request int
	heard   bool // one has come
}

// past names a request over the days: STANs return, instants do not.
type past struct {
	identity
	de7 string
}

// memory keeps the newest outcomes, up to a limit.
type memory struct {
	by   map[past]memo
	ring []past
	next int
	max  int
}

func newMemory(limit int) memory {
	return memory{by: make(map[past]memo), max: max(limit, 1)}
}

func (m *memory) get(id identity, de7 string) (memo, bool) {
	v, ok := m.by[past{id, de7}]
	return v, ok
}

func (m *memory) has(id identity, de7 string) bool {
	_, ok := m.by[past{id, de7}]
	return ok
}

// keep remembers an outcome. What is there already stays as it is, but for having been heard.
func (m *memory) keep(id identity, de7 string, v memo) {
	k := past{id, de7}
	if old, ok := m.by[k]; ok {
		old.heard = old.heard || v.heard
		m.by[k] = old
		return
	}
	if len(m.ring) < m.max {
		m.ring = append(m.ring, k)
	} else {
		delete(m.by, m.ring[m.next])
		m.ring[m.next] = k
		m.next = (m.next + 1) % m.max
	}
	m.by[k] = v
}

// answerToTheDead passes on an approval that nobody here has asked for. It may answer a process that
// has died since: the lifecycle id names the order, and that knows whether it owes another reversal.
func (m *Machine) answerToTheDead(msg *iso8583.Message, id identity, sent string) {
	private, err := iso8583.ParsePrivate(msg.Get(48))
	order := private[iso8583.TagLifecycle]
	if err != nil || order == "" || id.class == '4' || !m.cfg.Read(msg, kassa.Authorisation{}).Class.Approved() {
		return
	}
	m.unknown.keep(id, sent, memo{order: order, heard: true})
	m.emit(Outcome{order, kassa.LateAnswer{
		STAN: id.stan, ResponseCode: msg.Get(39), AuthCode: msg.Get(38), Approved: true,
	}})
}
