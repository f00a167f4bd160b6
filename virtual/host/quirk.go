package host

import (
	"fmt"
	"strconv"
	"time"

	"kassa/iso8583"
)

// quirk is how an answer gets lost or broken on its way.
type quirk uint8

const (
	quirkNone quirk = iota
	quirkNever
	quirkLate
	quirkSlow
	quirkClose
	quirkBadMAC
	quirkTwice
	quirkForeign // the answer is to another STAN
	quirkGarbage // bytes that are no frame
	quirkDuplicate
)

// quirk is what happens to the answer to a sale, by the card's row.
func (a *account) quirk() quirk {
	switch a.card.Row {
	case 94:
		return quirkDuplicate
	case 100, 102, 103:
		return quirkNever
	case 101:
		return quirkLate
	case 105:
		return quirkClose
	case 106:
		return quirkForeign
	case 107:
		return quirkBadMAC
	case 108:
		return quirkTwice
	case 109:
		return quirkGarbage
	case 170:
		return quirkSlow
	}
	return quirkNone
}

// repeatQuirk: a card that never gets an answer does not get one to a repeat either. Any other does,
// as it is: card 094 its stored one.
func (m *Machine) repeatQuirk(first *entry) quirk {
	if a := m.book.accounts[first.Account]; a != nil && first.Kind.ofCard() && a.quirk() == quirkNever {
		return quirkNever
	}
	return quirkNone
}

// deliver sends the answer to a money message. A fault comes before the card's own quirk.
func (m *Machine) deliver(now time.Time, conn uint64, msg *iso8583.Message, r result, q quirk) []Output {
	q, delay := m.faulty(msg.Get(41), q)
	switch q {
	case quirkDuplicate:
		r = result{rc: rcDuplicate}
	case quirkForeign:
		msg = foreign(msg)
	}
	frame, err := m.answer(msg, r)
	if err != nil {
		return []Output{CloseConn{Conn: conn}}
	}
	out := []Output{Send{Conn: conn, Frame: frame}}
	switch q {
	case quirkNever:
		out = nil
	case quirkLate:
		delay += m.lateAfter
	case quirkSlow:
		delay += m.slowBy
	case quirkClose:
		out = []Output{CloseConn{Conn: conn}}
	case quirkBadMAC:
		frame[len(frame)-1] ^= 1
	case quirkTwice:
		out = append(out, out[0])
	case quirkGarbage:
		// The length says more than a frame may have, and what follows is not even that long.
		out = []Output{Raw{Conn: conn, Bytes: []byte{0xFF, 0xFF, 'n', 'o', ' ', 'f', 'r', 'a', 'm', 'e'}}}
	}
	if delay == 0 {
		return out
	}
	for _, o := range out {
		m.later(now.Add(delay), o)
	}
	return nil
}

// foreign is a message with the next STAN.
func foreign(msg *iso8583.Message) *iso8583.Message {
	other := &iso8583.Message{MTI: msg.MTI}
	for _, de := range []int{3, 4, 7, 12, 13, 32, 37, 41, 42, 48, 49} {
		other.Set(de, msg.Get(de))
	}
	stan, _ := strconv.Atoi(msg.Get(11)) // readRequest has checked that it is there, and Unpack its digits
	other.Set(11, fmt.Sprintf("%06d", stan%999_999+1))
	return other
}
