package host

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultKind is a way in which the host can be made to misbehave.
type FaultKind string

// The faults. Those of answers touch the answers to money messages, after these were posted.
const (
	FaultDropNextAnswer  FaultKind = "drop-next-answer" // the answer is never sent
	FaultDelay           FaultKind = "delay"            // the answer is sent DelayMS later
	FaultClose           FaultKind = "close"            // the connection is closed instead of the answer
	FaultBadMAC          FaultKind = "bad-mac"          // the MAC of the answer is wrong
	FaultStopReading     FaultKind = "stop-reading"     // nothing is read until the faults are cleared
	FaultSignOff         FaultKind = "sign-off"         // the host signs off, once
	FaultDecline         FaultKind = "decline"          // the issuer answers a payment with Code
	FaultRefuseCapture   FaultKind = "refuse-capture"   // a capture is refused with Code
	FaultRefuseIncrement FaultKind = "refuse-increment" // an increment of a hold is refused with Code
)

// Fault is one misbehaviour that was asked for.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Count is how many answers it touches. 0 means one, and for a delay all until it is cleared.
	Count int `json:"count,omitempty"`
	// DelayMS is the length of a delay.
	DelayMS int `json:"delay_ms,omitempty"`
	// Code is the response code of a decline.
	Code string `json:"code,omitempty"`
	// TID, when not empty, limits the faults of answers to one terminal.
	TID string `json:"tid,omitempty"`
}

// Check tells what is wrong with a fault.
func (f Fault) Check() error {
	kinds := []FaultKind{FaultDropNextAnswer, FaultDelay, FaultClose, FaultBadMAC, FaultStopReading, FaultSignOff, FaultDecline,
		FaultRefuseCapture, FaultRefuseIncrement}
	if !slices.Contains(kinds, f.Kind) {
		var list []string
		for _, k := range kinds {
			list = append(list, string(k))
		}
		return fmt.Errorf("kind: there is no such fault; there are %s", strings.Join(list, ", "))
	}
	if f.Count < 0 {
		return errors.New("count: it must not be negative")
	}
	if f.Kind == FaultDelay && (f.DelayMS <= 0 || f.DelayMS > int(maxFaultDelay.Milliseconds())) {
		return fmt.Errorf("delay_ms: it must be from 1 to %d", maxFaultDelay.Milliseconds())
	}
	if f.Kind != FaultDelay && f.DelayMS != 0 {
		return errors.New("delay_ms: only a delay has one")
	}
	if f.Kind.refuses() != (len(f.Code) == 2) {
		return errors.New("code: a decline or a refusal has a response code of two characters, and nothing else has one")
	}
	if f.TID != "" && (f.Kind == FaultStopReading || f.Kind == FaultSignOff) {
		return errors.New("tid: this fault is of the whole host")
	}
	return nil
}

// setFault takes a fault in; one of the same kind and terminal is replaced, and the oldest gives way when
// there are too many.
func (m *Machine) setFault(now time.Time, f Fault) []Output {
	if f.Check() != nil {
		return nil
	}
	switch f.Kind {
	case FaultSignOff:
		return m.signOffAll(now)
	case FaultStopReading:
		f.Count = 0
	case FaultDropNextAnswer, FaultClose, FaultBadMAC, FaultDecline, FaultRefuseCapture, FaultRefuseIncrement:
		f.Count = max(f.Count, 1)
	}
	m.faults = slices.DeleteFunc(m.faults, func(o Fault) bool { return o.Kind == f.Kind && o.TID == f.TID })
	if len(m.faults) >= maxFaults {
		m.faults = slices.Delete(m.faults, 0, 1)
	}
	m.faults = append(m.faults, f)
	if f.Kind == FaultStopReading {
		return []Output{Reading{On: false}}
	}
	return nil
}

// quirk is what a fault of an answer does to it.
func (f Fault) quirk() quirk {
	switch f.Kind {
	case FaultDropNextAnswer:
		return quirkNever
	case FaultClose:
		return quirkClose
	case FaultBadMAC:
		return quirkBadMAC
	}
	return quirkNone
}

// declines gives the response code that a fault wants for a payment on a terminal; empty without one.
func (m *Machine) declines(tid string) (code string) { return m.refused(FaultDecline, tid) }

// refuses tells whether a fault is about what is answered, rather than about how.
func (k FaultKind) refuses() bool {
	return k == FaultDecline || k == FaultRefuseCapture || k == FaultRefuseIncrement
}

// refused gives the response code that a fault of a kind wants on a terminal; empty without one.
func (m *Machine) refused(k FaultKind, tid string) (code string) {
	for i := range m.faults {
		f := &m.faults[i]
		if f.Kind != k || f.TID != "" && f.TID != strings.TrimRight(tid, " ") {
			continue
		}
		code = f.Code
		if f.Count--; f.Count == 0 {
			f.Kind = ""
		}
		break
	}
	m.faults = slices.DeleteFunc(m.faults, func(f Fault) bool { return f.Kind == "" })
	return code
}

// faulty applies the faults to the answer for a terminal: at most one that loses or breaks it, in
// the order in which they were set, and all delays.
func (m *Machine) faulty(tid string, q quirk) (quirk, time.Duration) {
	var delay time.Duration
	broken := false
	for i := range m.faults {
		f := &m.faults[i]
		if f.TID != "" && f.TID != strings.TrimRight(tid, " ") {
			continue
		}
		switch f.Kind {
		case FaultDelay:
			delay += time.Duration(f.DelayMS) * time.Millisecond
		case FaultDropNextAnswer, FaultClose, FaultBadMAC:
			if broken {
				continue
			}
			broken = true
			q = f.quirk()
		default:
			continue
		}
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				f.Kind = "" // used up
			}
		}
	}
	m.faults = slices.DeleteFunc(m.faults, func(f Fault) bool { return f.Kind == "" })
	return q, delay
}
