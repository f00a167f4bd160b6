package acquirer

import (
	"slices"
	"time"

	"kassa"
	"kassa/iso8583"
)

type jobKind uint8

const (
	saleJob jobKind = iota
	reversalJob
	refundJob
	voidJob      // undoes a refund
	captureJob   // takes what is held
	incrementJob // asks to hold more
	releaseJob   // gives back what is left of it
)

type jobState uint8

const (
	jobWaiting jobState = iota // in its terminal's lane, behind a reversal
	jobReady                   // wants a connection
	jobFlying                  // handed to a connection
	jobResting                 // until it is repeated
	jobDone
)

// identity is what an answer is matched by: MTI class, DE41 and DE11.
type identity struct {
	class     byte
	tid, stan string
}

// job is one request to the host until it is settled.
type job struct {
	identity
	kind   jobKind
	state  jobState
	number uint64 // rises with arrival
	order  kassa.NewOrder
	sale   kassa.SendAuthorisation
	undo   original // of a reversal, a void and a release
	back   kassa.SendRefund
	take   kassa.SendCapture
	more   kassa.SendIncrement

	de7      string
	deadline time.Time // of a sale
	due      time.Time // of its timer
	tries    int
	sent     int  // transmissions that may have left
	distrust bool // an answer to it could not be trusted
	held     bool // an authorisation that waits for any connection to carry traffic
	conn     uint64
	sendID   uint64
}

// amount is what DE4 and DE49 must be.
func (j *job) amount() kassa.Money {
	switch j.kind {
	case saleJob:
		return j.sale.Auth.Amount
	case refundJob:
		return j.back.Refund.Amount
	case captureJob:
		return j.take.Capture.Amount
	case incrementJob:
		return j.more.Increment.Amount
	}
	return j.undo.amount
}

// original is what is undone, whole or in part.
type original struct {
	mti, code string
	amount    kassa.Money
	stan, rrn string
	sent      time.Time
	authCode  string
	why       kassa.ReversalReason
	request   int         // of an authorisation
	refund    int64       // of a refund
	kept      kassa.Money // what stays of amount, when only a part is undone
}

// lane is the order in which one terminal's requests leave.
type lane struct {
	blocked int // reversals outstanding
	queue   []*job
}

func (m *Machine) arm(j *job, at time.Time) {
	j.due = at
	m.timers.add(timer{at: at, job: j})
}

// add takes a job in. It is false when the same one is there already.
func (m *Machine) add(j *job) bool {
	if other := m.jobs[j.identity]; other != nil {
		if other.order.ID() != j.order.ID() || j.kind == saleJob {
			m.emit(Alarm{Kind: AlarmTwice, Order: j.order.ID(), TID: j.order.TID, STAN: j.stan})
		}
		return false
	}
	m.lastID++
	j.number = m.lastID
	m.jobs[j.identity] = j
	if j.kind != saleJob {
		m.owed++
		if m.owed == m.cfg.OwedAlarm {
			m.emit(Alarm{Kind: AlarmOwed, Times: m.owed})
		}
	}
	return true
}

func (m *Machine) authorise(now time.Time, in Authorise) {
	auth := in.Effect.Auth
	j := &job{
		identity: saleIdentity(in.Order, auth.STAN), kind: saleJob, order: in.Order, sale: in.Effect,
		de7: de7(auth.TransmittedAt), deadline: now.Add(m.cfg.Timeout),
	}
	if m.answered.has(j.identity, j.de7) || m.unknown.has(j.identity, j.de7) {
		// It is sent once only, and what became of it has been reported.
		m.emit(Alarm{Kind: AlarmTwice, Order: in.Order.ID(), TID: in.Order.TID, STAN: auth.STAN})
		return
	}
	if !m.add(j) {
		return
	}
	if l := m.lanes[j.tid]; l != nil && !m.stopped {
		if m.waiting >= m.cfg.MaxWaiting {
			m.notSent(j, kassa.WorldBusy)
			return
		}
		m.waiting++
		l.queue = append(l.queue, j)
		m.arm(j, now.Add(m.cfg.laneTime()))
		return
	}
	m.sendSale(now, j)
}

func (m *Machine) sendSale(now time.Time, j *job) {
	l, anyUp := m.free()
	switch {
	case l != nil:
		m.arm(j, j.deadline)
		m.transmit(now, j, l)
	case anyUp:
		m.notSent(j, kassa.WorldBusy)
	case m.cfg.LinkPatience <= 0 || m.stopped:
		m.notSent(j, kassa.AcquirerUnreachable)
	case m.waiting >= m.cfg.MaxWaiting:
		m.notSent(j, kassa.WorldBusy)
	default:
		m.waiting++
		j.held = true
		m.queue(j)
		m.arm(j, now.Add(min(m.cfg.LinkPatience, m.cfg.laneTime())))
	}
}

// unhold ends an authorisation's wait for a connection.
func (m *Machine) unhold(j *job) {
	if j.held {
		j.held = false
		m.waiting--
	}
}

// fallBehind moves an authorisation that waits for a connection into its terminal's lane, where a
// reversal has come since.
func (m *Machine) fallBehind(j *job) {
	j.held, j.state = false, jobWaiting
	l := m.lanes[j.tid]
	l.queue = append(l.queue, j)
}

func (m *Machine) reverse(in Reverse) {
	auth := in.Effect.Auth
	sent := saleIdentity(in.Order, auth.STAN)
	j := &job{
		identity: identity{'4', sent.tid, sent.stan}, kind: reversalJob, order: in.Order,
		undo: originalOf(in.Order, auth),
	}
	if !m.add(j) {
		return // handed over again: one is in the lane
	}
	if sale := m.jobs[sent]; sale != nil && sale.kind == saleJob {
		m.drop(sale) // the order has decided that its outcome is unknown
	}
	// An answer to the original may still come, also when it was sent before a restart.
	m.unknown.keep(sent, de7(auth.TransmittedAt), memo{order: in.Order.ID(), request: auth.Request})
	if j.blocks() {
		m.lane(j.tid).blocked++
	}
	m.queue(j)
}

// blocks tells whether the job must be accepted before its terminal's next request leaves. Orders
// whose card is absent share a terminal id and no cardholder: one does not wait for another's.
func (j *job) blocks() bool { return j.kind == reversalJob && !j.order.Channel.CardAbsent() }

// originalOf is an authorisation as what is undone.
func originalOf(o kassa.NewOrder, auth kassa.Authorisation) original {
	of := original{
		mti: saleMTI(o), code: codeOf(o), amount: auth.Amount, stan: auth.STAN, rrn: auth.RRN, sent: auth.TransmittedAt,
		authCode: auth.AuthCode, why: kassa.ReversalTimeout, request: auth.Request,
	}
	if auth.Reversal != nil {
		of.why = auth.Reversal.Reason
	}
	return of
}

// release undoes what of a hold was not captured. Its order has no other reversal. What was captured is named as what
// stays of all that is held.
func (m *Machine) release(in Release) {
	of := originalOf(in.Order, in.Effect.Original)
	of.amount, of.why = in.Effect.Release.Amount, kassa.ReversalCustomerCancel
	if kept := in.Effect.Captured; kept.Minor > 0 {
		of.amount, of.kept = in.Effect.Held, kept
	}
	m.start(&job{identity: identity{'4', wireTID(in.Order), of.stan}, kind: releaseJob, order: in.Order, undo: of})
}

// void undoes a refund that the host has answered.
func (m *Machine) void(in Void) {
	r := in.Effect.Refund
	m.start(&job{
		identity: identity{'4', wireTID(in.Order), r.STAN}, kind: voidJob, order: in.Order,
		undo: original{
			mti: "0200", code: refunded, amount: r.Amount, stan: r.STAN, rrn: r.RRN, sent: r.TransmittedAt,
			why: kassa.ReversalCustomerCancel, refund: r.Number,
		},
	})
}

func (m *Machine) capture(in Capture) {
	c := in.Effect.Capture
	m.start(&job{
		identity: identity{'2', wireTID(in.Order), c.STAN}, kind: captureJob, order: in.Order, take: in.Effect,
		de7: de7(c.TransmittedAt),
	})
}

func (m *Machine) increment(in Increment) {
	n := in.Effect.Increment
	m.start(&job{
		identity: identity{'1', wireTID(in.Order), n.STAN}, kind: incrementJob, order: in.Order, more: in.Effect,
		de7: de7(n.TransmittedAt),
	})
}

func (m *Machine) refund(in Refund) {
	r := in.Effect.Refund
	m.start(&job{
		identity: identity{'2', wireTID(in.Order), r.STAN}, kind: refundJob, order: in.Order, back: in.Effect,
		de7: de7(r.TransmittedAt),
	})
}

// start takes in what is repeated until it is answered. What moves money waits for its terminal's
// reversals; what undoes something does not.
func (m *Machine) start(j *job) {
	if !m.add(j) {
		return
	}
	if l := m.lanes[j.tid]; l != nil && (j.kind == refundJob || j.kind == captureJob || j.kind == incrementJob) {
		l.queue = append(l.queue, j)
		return
	}
	m.queue(j)
}

func (m *Machine) lane(tid string) *lane {
	l := m.lanes[tid]
	if l == nil {
		l = &lane{}
		m.lanes[tid] = l
	}
	return l
}

// unblock lets a terminal's requests go once its last reversal has been accepted.
func (m *Machine) unblock(now time.Time, tid string) {
	l := m.lanes[tid]
	if l == nil {
		return
	}
	if l.blocked--; l.blocked > 0 {
		return
	}
	delete(m.lanes, tid)
	for _, j := range l.queue {
		if j.kind == saleJob {
			m.waiting--
			m.sendSale(now, j)
			continue
		}
		m.queue(j)
	}
}

// transmit builds the message and hands it to a connection.
func (m *Machine) transmit(now time.Time, j *job, l *connection) {
	if j.held {
		m.unhold(j)
		m.arm(j, j.deadline)
	}
	if j.kind != saleJob {
		j.tries++
		j.state = jobResting
		m.arm(j, now.Add(m.cfg.pause(j.tries, m.random)))
		if j.tries > m.cfg.AlarmAfter {
			m.alarmAbout(j, j.stuck(), "")
		}
	}
	frame, why, err := m.build(now, j)
	if err != nil {
		m.alarmAbout(j, AlarmSecureModule, err.Error())
		if j.kind == saleJob {
			m.notSent(j, why)
		}
		return
	}
	m.lastID++
	j.state, j.conn, j.sendID = jobFlying, l.id, m.lastID
	j.sent++
	m.flying[j.sendID] = j
	l.inFlight++
	m.emit(Send{Conn: l.id, ID: j.sendID, Frame: frame, NotAfter: j.due})
}

// stuck is the alarm about a job that was tried many times.
func (j *job) stuck() AlarmKind {
	switch j.kind {
	case refundJob:
		return AlarmRefundStuck
	case captureJob, incrementJob:
		return AlarmCaptureStuck
	}
	return AlarmReversalStuck
}

// land takes a job off its connection.
func (m *Machine) land(j *job) {
	if j.state != jobFlying {
		return
	}
	delete(m.flying, j.sendID)
	if l := m.links[j.conn]; l != nil {
		l.inFlight--
	}
	j.state, j.conn = jobResting, 0
}

// queue lets a repeatable job leave with the next free connection.
func (m *Machine) queue(j *job) {
	j.state, j.due = jobReady, time.Time{}
	m.ready = append(m.ready, j)
}

// fetch sends an authorisation again, as a repeat (0201): the host says that it has had it before,
// and so has an answer to it in store.
func (m *Machine) fetch(j *job) {
	m.land(j)
	m.queue(j)
	m.arm(j, j.deadline)
}

// drop forgets a job.
func (m *Machine) drop(j *job) {
	m.land(j)
	if j.held {
		m.unhold(j)
		m.ready = slices.DeleteFunc(m.ready, func(r *job) bool { return r == j })
	}
	if j.kind != saleJob {
		m.owed--
	} else if l := m.lanes[j.tid]; l != nil && j.state == jobWaiting {
		if i := slices.Index(l.queue, j); i >= 0 {
			l.queue = slices.Delete(l.queue, i, i+1)
			m.waiting--
		}
	}
	j.sale.Sealed = kassa.SealedCard{}
	j.state = jobDone
	delete(m.jobs, j.identity)
}

// notSent ends an authorisation that has not left, and will not. One of which a former transmission
// has left is lost track of.
func (m *Machine) notSent(j *job, why kassa.Reason) {
	if j.sent > 0 {
		m.loseTrack(j, kassa.ReversalTimeout)
		return
	}
	m.drop(j)
	m.emit(Outcome{j.order.ID(), kassa.HostRequestNotSent{Request: j.sale.Auth.Request, Reason: why}})
}

// loseTrack gives up on an authorisation that may have reached the host.
func (m *Machine) loseTrack(j *job, how kassa.ReversalReason) {
	if j.distrust {
		how = kassa.ReversalInvalidAnswer
	}
	m.drop(j)
	m.unknown.keep(j.identity, j.de7, memo{order: j.order.ID(), request: j.sale.Auth.Request})
	m.emit(Outcome{j.order.ID(), kassa.HostOutcomeUnknown{Request: j.sale.Auth.Request, Reason: how}})
}

func (m *Machine) jobDue(j *job) {
	switch {
	case j.kind != saleJob:
		m.land(j)
		m.queue(j)
	case j.state == jobFlying:
		m.loseTrack(j, kassa.ReversalTimeout)
	default:
		m.notSent(j, kassa.AcquirerUnreachable)
	}
}

func (m *Machine) notStarted(in NotStarted) {
	j := m.flying[in.ID]
	if j == nil {
		if l := m.links[in.Conn]; l != nil && l.sendID == in.ID {
			m.close(in.Conn, "a network message could not be written")
		}
		return
	}
	j.sent--
	if j.kind == saleJob {
		m.notSent(j, kassa.AcquirerUnreachable)
		return
	}
	m.land(j)
	j.tries--
	m.queue(j)
}

func (m *Machine) alarmAbout(j *job, kind AlarmKind, detail string) {
	m.emit(Alarm{
		Kind: kind, Conn: j.conn, Order: j.order.ID(), TID: j.order.TID, STAN: j.stan, Times: j.tries, Detail: detail,
	})
}

// wireTID is DE41: eight characters, blanks behind.
func wireTID(o kassa.NewOrder) string { return padRight(o.TID, 8) }

// de7 is the transmission instant in UTC.
func de7(t time.Time) string { return t.UTC().Format("0102150405") }

// build writes the message of a job. why is what a sale that cannot be built ends with.
func (m *Machine) build(now time.Time, j *job) (frame Frame, why kassa.Reason, err error) {
	var msg *iso8583.Message
	switch j.kind {
	case saleJob:
		msg = m.saleMessage(j)
		if err := m.completeSale(j, msg); err != nil {
			return nil, kassa.CardDataUnreadable, err
		}
	case reversalJob, voidJob, releaseJob:
		if j.de7 == "" {
			j.de7 = de7(now)
		}
		msg = m.reversalMessage(j)
	case refundJob:
		msg = m.refundMessage(j)
	case captureJob:
		msg = m.captureMessage(j)
	case incrementJob:
		msg = m.incrementMessage(j)
	}
	b, err := m.cfg.Profile.PackMAC(msg, m.secure.MAC)
	return b, kassa.Configuration, err
}

// completeSale lets the secure module fill in the card.
func (m *Machine) completeSale(j *job, msg *iso8583.Message) error {
	card := j.sale.Sealed
	if j.order.Channel.CardAbsent() {
		return m.secure.CompleteEntered(msg, []byte(j.order.Key()), card.Entered)
	}
	return m.secure.CompleteSale(msg, card.KSN, []byte(j.order.ID()), card.Track2, card.PIN)
}
