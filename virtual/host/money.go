package host

import (
	"strings"
	"time"

	"kassa/iso8583"
)

// financial takes a sale or a refund (0200), or its repeat (0201).
func (m *Machine) financial(now time.Time, conn uint64, l *link, msg *iso8583.Message, genuine bool) []Output {
	k := KindSale
	if strings.HasPrefix(msg.Get(3), "20") {
		k = KindRefund
	}
	r, ok := readRequest(msg)
	if !genuine {
		return m.forged(now, conn, msg, r, ok, k)
	}
	switch {
	case !ok:
		return m.refuse(conn, msg, rcFormat)
	case msg.Get(3) != "000000" && msg.Get(3) != "200000":
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
	if k == KindSale {
		q = m.judgeSale(now, r, &rec)
	} else {
		m.judgeRefund(r, &rec)
	}
	return m.settle(now, conn, r.msg, rec, q)
}

// hold keeps a sale of card 104 back until its reversal has come.
func (m *Machine) hold(conn uint64, r request) bool {
	s, rc := readSale(r)
	if rc != "" || m.book.reversals[r.id+"|"+r.rrn] != nil {
		return false
	}
	a := m.book.byNumber[s.track.PAN().Reveal()]
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
	case KindRefund:
		rec.Of = r.private[iso8583.TagOriginalRRN]
	case KindReversal:
		rec.Of = r.rrn
	}
	out, _ := m.persist(rec)
	return append(out, m.refuse(conn, msg, rcBadMAC)...)
}

// judgeRefund completes the record of a refund. It needs no card: the sale says whose it was.
func (m *Machine) judgeRefund(r request, rec *Record) {
	rec.Of = r.private[iso8583.TagOriginalRRN]
	if m.book.reversals[r.id+"|"+r.rrn] != nil {
		rec.RC = rcInvalid
		return
	}
	if rec.Of == "" {
		rec.RC = rcFormat
		return
	}
	of := m.findSale(r, rec.Of)
	if of == nil {
		rec.RC = rcNotFound
		return
	}
	rec.OfN, rec.Account, rec.Last4 = of.N, of.Account, of.Last4
	a := m.book.accounts[of.Account]
	switch {
	case of.state != StatePosted || of.Currency != rec.Currency:
		rec.RC = rcInvalid
	case a != nil && a.card.Row == 130:
		rec.RC = rcNotPermitted
	case rec.Amount == 0 || rec.Amount > of.debit()-of.refunded:
		rec.RC = rcAmount
	default:
		rec.RC, rec.State = rcApproved, StatePosted
		rec.Approval = approvalCode(m.book.last + 1)
	}
}

// findSale finds the sale that a refund refers to: of the same merchant, with the STAN and time of
// DE90 if given, of the same terminal rather than of another one. An ambiguous reference finds none.
func (m *Machine) findSale(r request, rrn string) *entry {
	var stan, sent string
	if r.msg.Has(90) {
		var err error
		if _, stan, sent, err = iso8583.ParseOriginal(r.msg.Get(90)); err != nil {
			return nil
		}
	}
	var found []*entry
	for _, e := range m.book.sales[rrn] {
		if e.MID != r.mid || stan != "" && (e.STAN != stan || e.Sent != sent) {
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
	case of.Amount != r.amount || of.Currency != rec.Currency:
		return m.refuse(conn, msg, rcAmount)
	case of.refunded > 0:
		return m.refuse(conn, msg, rcInvalid) // part of it has already gone back
	default:
		rec.OfN, rec.Account, rec.Last4 = of.N, of.Account, of.Last4
		rec.RC, rec.State = rcApproved, StatePosted
		if m.reversalLost(r, of) {
			return nil
		}
		if a := m.book.accounts[of.Account]; a != nil && a.card.Row == 103 && of.refusals < maxRefusals {
			rec.RC, rec.State = rcUnavailable, StateDeclined
		}
	}
	return append(m.settle(now, conn, msg, rec, quirkNone), m.release(now, id)...)
}

// reversalLost tells that a reversal did not arrive: the first one of card 102.
func (m *Machine) reversalLost(r request, of *entry) bool {
	a := m.book.accounts[of.Account]
	return a != nil && a.card.Row == 102 && of.state == StatePosted && !r.repeat
}
