package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"kassa"
	"kassa/journal"
)

// poi is what the engine keeps of one terminal: its counters, which are durable, and who has it.
//
// Several orders of one terminal can have commits in the air (a payment and a refund), so the
// counters run ahead of what is durable. That is safe: batches become durable in the order in
// which they are handed over, and a crash only loses numbers that never left.
type poi struct {
	tid     string
	version uint64
	state   poiState
	holder  string   // the order that has the screen
	waiting []string // orders in the sequence of their making
	// own tells that the POI shows only what is started on it: its cloud mode is off.
	own bool
}

type poiState struct {
	// STAN is the last system trace audit number used (DE11).
	STAN int `json:"stan"`
	// KSN is the highest DUKPT counter seen, by initial key id.
	KSN map[string]uint32 `json:"ksn,omitempty"`
}

// counters are what a step would use of a terminal's counters.
type counters struct {
	stan    int
	ikid    string
	counter uint32
}

const (
	// maxSTAN: DE11 is n6, 000001 to 999999, wrapping.
	maxSTAN = 999_999
	// maxKeys bounds the initial keys whose counters are kept: a terminal gets a new one when its keys
	// are injected again. None is forgotten, for then its old counters would be taken once more.
	maxKeys = 256
)

func (m *Machine) poi(tid string) (*poi, error) {
	if p, ok := m.pois[tid]; ok {
		return p, nil
	}
	p := &poi{tid: tid}
	stream, ok, err := m.store.Load("poi/" + tid)
	if err != nil {
		return nil, fmt.Errorf("engine: read POI: %w", err)
	}
	if ok {
		if err := json.Unmarshal(stream.State, &p.state); err != nil {
			return nil, fmt.Errorf("engine: state of %s: %w", stream.ID, err)
		}
		p.version = stream.Version
	}
	m.pois[tid] = p
	return p, nil
}

// shows tells whether the POI shows orders of this origin.
func (p *poi) shows(o kassa.Origin) bool { return o.AtPOI() || !p.own }

// equip adds to an input what only the engine can give: numbers, the STAN, the RRN, whether the
// POI is free, and whether the DUKPT counter rose.
func (m *Machine) equip(now time.Time, p *poi, s *slot, in kassa.Input) (kassa.Input, counters) {
	stan := p.state.STAN%maxSTAN + 1
	text := fmt.Sprintf("%06d", stan)
	if in, ok := equipHold(in, func() kassa.Numbers {
		return kassa.Numbers{Number: m.num.take(now), STAN: text, RRN: kassa.RRN(now, text)}
	}); ok {
		return in, counters{stan: stan}
	}
	switch in := in.(type) {
	case kassa.Create:
		in.POIFree = p.holder == "" && p.shows(in.Order.Origin)
		if in.Card == nil {
			return in, counters{}
		}
		card := *in.Card
		card.NextAttempt, card.STAN, card.RRN = m.num.take(now), text, kassa.RRN(now, text)
		in.Card = &card
		return in, counters{stan: stan}
	case kassa.Claim:
		in.POIFree = p.holder == "" && p.shows(in.Origin)
		return in, counters{}
	case kassa.ScreenShown:
		in.NextAttempt = m.num.take(now)
		return in, counters{}
	case kassa.HostAnswered:
		in.NextAttempt = m.num.take(now)
		return in, counters{}
	case kassa.AskRefund:
		in.Number, in.STAN, in.RRN = m.num.take(now), text, kassa.RRN(now, text)
		return in, counters{stan: stan}
	case kassa.Authorise:
		in.NextAttempt, in.STAN, in.RRN = m.num.take(now), text, kassa.RRN(now, text)
		used := counters{stan: stan}
		ikid, counter, ok := splitKSN(in.Sealed.KSN)
		_, known := p.state.KSN[ikid]
		switch {
		case !ok || (!known && len(p.state.KSN) >= maxKeys):
			in.Refuse = kassa.CardDataUnreadable
		case counter <= p.state.KSN[ikid]:
			in.Refuse = kassa.KeyReplay
		default:
			used.ikid, used.counter = ikid, counter
		}
		return in, used
	}
	return in, counters{}
}

// equipHold adds numbers to what takes, raises or settles a hold: those of the request that it is, or that may
// follow it.
func equipHold(in kassa.Input, next func() kassa.Numbers) (kassa.Input, bool) {
	switch in := in.(type) {
	case kassa.AskCapture:
		n := next()
		in.Number, in.STAN, in.RRN = n.Number, n.STAN, n.RRN
		return in, true
	case kassa.AskIncrement:
		n := next()
		in.Number, in.STAN, in.RRN = n.Number, n.STAN, n.RRN
		return in, true
	case kassa.Settle:
		in.Next = next()
		return in, true
	case kassa.CaptureAnswered:
		in.Next = next()
		return in, true
	case kassa.IncrementAnswered:
		in.Next = next()
		return in, true
	}
	return in, false
}

// splitKSN takes an AES DUKPT key serial number (ANSI X9.24-3: 8 bytes initial key id, 4 bytes
// counter, in hex) apart.
func splitKSN(ksn string) (ikid string, counter uint32, ok bool) {
	if len(ksn) != 24 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(ksn[16:], 16, 32)
	if err != nil || n == 0 {
		return "", 0, false
	}
	return ksn[:16], uint32(n), true
}

// spent tells whether the facts used the counters.
func (c counters) spent(events []kassa.Event) bool {
	if c.stan == 0 {
		return false
	}
	for _, e := range events {
		switch e.(type) {
		case kassa.AuthorisationRequested, kassa.RefundTaken, kassa.CaptureTaken, kassa.IncrementAsked:
			return true
		}
	}
	return false
}

// spend moves the counters on, and gives the change that makes it durable.
func (p *poi) spend(c counters) (journal.Change, error) {
	p.state.STAN = c.stan
	if c.ikid != "" {
		p.state.KSN = maps.Clone(p.state.KSN)
		if p.state.KSN == nil {
			p.state.KSN = make(map[string]uint32)
		}
		p.state.KSN[c.ikid] = c.counter
	}
	state, err := json.Marshal(p.state)
	if err != nil {
		return journal.Change{}, fmt.Errorf("engine: encode POI: %w", err)
	}
	change := journal.Change{Stream: "poi/" + p.tid, Expect: p.version, State: state}
	p.version++
	return change, nil
}
