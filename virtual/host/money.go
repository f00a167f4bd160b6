package host

import (
	"slices"
	"strings"
	"time"

	"kassa/iso8583"
)

// kindOf is what a request wants: a card's money now or held, a card checked, money for a card, money
// back of a sale, or what is held.
func kindOf(msg *iso8583.Message) Kind {
	hasCard := msg.Has(35) || msg.Has(2)
	back := strings.HasPrefix(msg.Get(3), "20")
	switch {
	case msg.MTI[1] == '1' && strings.Trim(msg.Get(4), "0") == "":
		return KindCheck
	case msg.MTI[1] == '1' && increments(msg):
		return KindIncrement
	case msg.MTI[1] == '1':
		return KindHold
	case msg.MTI[2] == '2':
		return KindCapture
	case back && hasCard:
		return KindCredit
	case back:
		return KindRefund
	}
	return KindSale
}

// increments tells whether an authorisation request raises a hold.
func increments(msg *iso8583.Message) bool {
	private, err := iso8583.ParsePrivate(msg.Get(48))
	return err == nil && private[iso8583.TagIncrement] == "1"
}

// known tells whether the host does what a request wants with its processing code.
func known(k Kind, code string) bool {
	if k == KindRefund || k == KindCredit {
		return code == "200000"
	}
	return code == "000000"
}

// financial takes a request about money, or its repeat.
func (m *Machine) financial(now time.Time, conn uint64, l *link, msg *iso8583.Message, genuine bool) []Output {
	k := kindOf(msg)
	r, ok := readRequest(msg)
	if !genuine {
		return m.forged(now, conn, msg, r, ok, k)
	}
	switch {
	case !ok:
		return m.refuse(conn, msg, rcFormat)
	case !known(k, msg.Get(3)):
		return m.refuse(conn, msg, rcNotSupported)
	}
	// What is known is known without a sign-on too: to say "unavailable" to a copy of a posted sale
	// would tell that nothing happened.
	if first := m.book.claimed[r.id]; first != nil {
		if !r.repeat || !first.same(r) {
			return m.refuse(conn, msg, rcDuplicate)
		}
		return m.deliver(now, conn, msg, first.result(), m.repeatQuirk(first))
	}
	if !l.signedOn {
		return m.refuse(conn, msg, rcUnavailable)
	}
	if len(m.book.entries) >= maxTransactions {
		return m.refuse(conn, msg, rcMalfunction)
	}
	if k == KindSale && m.hold(conn, r) {
		return nil
	}
	return m.judge(now, conn, r, k)
}

func (m *Machine) judge(now time.Time, conn uint64, r request, k Kind) []Output {
	rec, q := r.record(now, k), quirkNone
	switch k {
	case KindRefund:
		m.judgeRefund(r, &rec)
	case KindCapture:
		m.judgeCapture(r, &rec)
	case KindIncrement:
		m.judgeIncrement(r, &rec)
	default:
		q = m.judgeCard(now, r, &rec)
	}
	return m.settle(now, conn, r.msg, rec, q)
}

// hold keeps a sale of card 104 back until its reversal has come.
func (m *Machine) hold(conn uint64, r request) bool {
	s, rc := readSale(r)
	if rc != "" || m.book.reversals[r.id+"|"+r.rrn] != nil {
		return false
	}
	a := m.book.byNumber[s.pan.Reveal()]
	if a == nil || a.card.Row != 104 {
		return false
	}
	if len(m.held) < maxHeld {
		m.held[r.id] = heldSale{conn: conn, msg: r.msg}
	}
	return true
}

// release lets a sale go that waited for its reversal.
func (m *Machine) release(now time.Time, id string) []Output {
	h, ok := m.held[id]
	if !ok {
		return nil
	}
	delete(m.held, id)
	r, ok := readRequest(h.msg)
	if !ok {
		return nil
	}
	return m.judge(now, h.conn, r, KindSale)
}

// settle writes a record down and then answers.
func (m *Machine) settle(now time.Time, conn uint64, msg *iso8583.Message, rec Record, q quirk) []Output {
	out, ok := m.persist(rec)
	if !ok {
		return m.refuse(conn, msg, rcMalfunction)
	}
	return append(out, m.deliver(now, conn, msg, rec.result(), q)...)
}

// forged refuses a message whose MAC is wrong. It is written down as declined and has no effect:
// nothing in it can be believed, so neither has it an identity nor an account.
func (m *Machine) forged(now time.Time, conn uint64, msg *iso8583.Message, r request, readable bool, k Kind) []Output {
	if !readable || len(m.book.entries) >= maxTransactions {
		return m.refuse(conn, msg, rcBadMAC)
	}
	rec := r.record(now, k)
	rec.RC = rcBadMAC
	switch k {
	case KindRefund, KindCapture, KindIncrement:
		rec.Of = r.private[iso8583.TagOriginalRRN]
	case KindReversal:
		rec.Of = r.rrn
	}
	out, _ := m.persist(rec)
	return append(out, m.refuse(conn, msg, rcBadMAC)...)
}

// refer completes a record with what it refers to; a response code tells why it cannot.
func (m *Machine) refer(r request, rec *Record, kinds ...Kind) (of *entry, rc string) {
	rec.Of = r.private[iso8583.TagOriginalRRN]
	switch {
	case m.book.reversals[r.id+"|"+r.rrn] != nil:
		return nil, rcInvalid // its reversal came first
	case rec.Of == "":
		return nil, rcFormat
	}
	if of = m.find(r, rec.Of, kinds...); of == nil {
		return nil, rcNotFound
	}
	rec.OfN, rec.Account, rec.Last4 = of.N, of.Account, of.Last4
	if of.Currency != rec.Currency {
		return nil, rcInvalid
	}
	return of, ""
}

// judgeRefund completes the record of a refund. It needs no card: the sale says whose it was.
func (m *Machine) judgeRefund(r request, rec *Record) {
	of, rc := m.refer(r, rec, KindSale, KindHold, KindCapture)
	if rc != "" {
		rec.RC = rc
		return
	}
	left, ok := m.book.refundable(of)
	switch {
	case !ok:
		rec.RC = rcInvalid
	case m.rowOf(of) == 130:
		rec.RC = rcNotPermitted
	case rec.Amount == 0 || rec.Amount > left:
		rec.RC = rcAmount
	default:
		m.approve(rec, StatePosted)
	}
}

func (m *Machine) approve(rec *Record, state string) {
	rec.RC, rec.State, rec.Approval = rcApproved, state, approvalCode(m.book.last+1)
}

// find finds what a refund or a capture refers to: of the same merchant, with the STAN and time of
// DE90 if given, of the same terminal rather than of another one. An ambiguous reference finds none.
func (m *Machine) find(r request, rrn string, kinds ...Kind) *entry {
	var stan, sent string
	if r.msg.Has(90) {
		var err error
		if _, stan, sent, err = iso8583.ParseOriginal(r.msg.Get(90)); err != nil {
			return nil
		}
	}
	var found []*entry
	for _, e := range m.book.sales[rrn] {
		if !slices.Contains(kinds, e.Kind) || e.MID != r.mid || stan != "" && (e.STAN != stan || e.Sent != sent) {
			continue
		}
		if e.TID == r.tid {
			return e
		}
		found = append(found, e)
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// reversal takes a reversal request or advice or its repeat. It may be answered as often as it
// comes and has one effect.
func (m *Machine) reversal(now time.Time, conn uint64, l *link, msg *iso8583.Message, genuine bool) []Output {
	r, ok := readRequest(msg)
	if !genuine {
		return m.forged(now, conn, msg, r, ok, KindReversal)
	}
	_, stan, sent, err := iso8583.ParseOriginal(msg.Get(90))
	if !ok || err != nil {
		return m.refuse(conn, msg, rcFormat)
	}
	id := identity(r.tid, stan, sent)
	if before := m.book.reversals[id+"|"+r.rrn]; before != nil {
		return m.deliver(now, conn, msg, before.result(), quirkNone)
	}
	if !l.signedOn {
		return m.refuse(conn, msg, rcUnavailable)
	}
	rec := r.record(now, KindReversal)
	rec.Of, rec.OfSTAN, rec.OfSent = r.rrn, stan, sent
	of := m.book.claimed[id]
	switch {
	case of == nil:
		rec.RC = rcNotFound // remembered, for the original may still come
	case of.RRN != r.rrn || of.MID != r.mid:
		return m.refuse(conn, msg, rcNotFound)
	default:
		asked := r.private[iso8583.TagReversalReason] == iso8583.ReversalCancelled
		rc := m.undo(now, r, of, &rec, asked)
		if rc != rcApproved && (!asked || of.Kind != KindRefund) {
			return m.refuse(conn, msg, rc)
		}
		if m.reversalLost(r, of) {
			return nil
		}
		if m.rowOf(of) == 103 && of.refusals < maxRefusals {
			rc, rec.OfN, rec.State = rcUnavailable, of.N, StateDeclined
		}
		rec.RC, rec.Account, rec.Last4 = rc, of.Account, of.Last4
	}
	return append(m.settle(now, conn, msg, rec, quirkNone), m.release(now, id)...)
}

// reversalLost tells that a reversal did not arrive: the first one of card 102.
func (m *Machine) reversalLost(r request, of *entry) bool {
	return m.rowOf(of) == 102 && (of.state == StatePosted || of.state == StateHeld) && !r.repeat
}

// rowOf is the row of the card that a transaction was about, -1 when that is not known.
func (m *Machine) rowOf(e *entry) int {
	if a := m.book.accounts[e.Account]; a != nil {
		return a.card.Row
	}
	return -1
}

// undo completes the record of a reversal. One that somebody asks for can be too late: of a hold it
// gives back what is left, and a refund can be taken back on its own day only.
func (m *Machine) undo(now time.Time, r request, of *entry, rec *Record, asked bool) (rc string) {
	amount := of.Amount
	if of.state == StateExpired {
		return rcNotFound // nothing of it is held any more
	}
	if of.Kind == KindHold && of.state == StateHeld && asked {
		if !r.refer95(of, rec) {
			return rcAmount
		}
		amount = rec.Amount
	}
	switch {
	case rec.Amount != amount || of.Currency != rec.Currency:
		return rcAmount
	case rec.Kind == KindReversal && (of.refunded > 0 || of.captured > 0):
		return rcInvalid // part of it has already gone on
	case of.Kind == KindCapture, of.Kind == KindIncrement, of.Kind == KindRefund && asked && day(of.At) != day(now):
		return rcInvalid
	}
	rec.OfN, rec.State = of.N, StatePosted
	return rcApproved
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
