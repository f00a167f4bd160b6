// Package charging is the life of a charging session that a driver pays with a card: between the
// terminal, the hold (an order of the root package) and the charge point operator.
//
// [Session] is pure, as the root package is: [Session.Grow] takes one [Input] at an instant and says what
// to record and what to do; the state is nothing but the fold of [Session.Apply]. [Book] keeps
// sessions as streams "charging/<authorization_reference>" and lets nothing leave before it is durable;
// [Keeper] is the shell around it.
//
// What it promises, whatever the order of inputs:
//
//   - It decides no money: the order's settlement does. A price is given to the order once, and a hold of
//     which the price may still come is not given back before its guard.
//   - An outcome of a command that is not known is never called failed: the session is looked for, and the
//     hold goes back only after the operator has said that there is none.
//   - A hold that a session no longer needs is owed its release until the order says that it is gone.
//   - Each CDR counts once, by its id; what was captured above a corrected price is paid back.
//   - A confirmation is owed until the operator has taken or refused it.
package charging

import (
	"time"

	"kassa"
)

// Refused is why an input was refused, with the OCPI status code that a peer is told. It changes nothing.
type Refused struct {
	Code int
	Text string
}

func (r *Refused) Error() string { return r.Text }

// Times of the machine.
const (
	DefaultTimeout = 60 * time.Second  // of a command, when the operator names none
	MaxTimeout     = 120 * time.Second // whatever the operator names
	Grace          = 30 * time.Second  // after a time-out, before the session is looked for
	LookTime       = 2 * time.Minute   // how long the absence of a session is not believed
	PlugTime       = 5 * time.Minute   // from the start to the car
	NoEnergyTime   = 5 * time.Minute   // a session that ends sooner and took nothing costs nothing
	StopTime       = 10 * time.Minute  // from STOP_SESSION to the session's end
	EarlyTime      = 5 * time.Minute   // from a CDR to the end of the session that it is about
	CorrectionTime = 15 * time.Minute  // from a credit to the CDR that replaces the old one
	PriceWait      = 15 * time.Minute  // from the end of a session to the first search for its CDR
	PriceAlert     = 24 * time.Hour
	cardTime       = 15 * time.Minute // after which a terminal that never made an order is given up
)

// Step applies one input at an instant. It gives the state that follows, the facts to record, the effects
// owed once those are durable, or why it was refused; a refusal changes nothing and records nothing.
func (s Session) Step(now time.Time, in Input) (next Session, events []Event, effects []Effect, refused *Refused) {
	t := &step{now: now, next: s}
	if refused = t.take(in); refused != nil {
		return s, nil, nil, refused
	}
	if t.next.State != s.State || t.next.Report.Energy != s.Report.Energy || t.next.Stopped != s.Stopped {
		t.owe(Show{})
	}
	return t.next, t.events, t.effects, nil
}

// step is one application of an input.
type step struct {
	now     time.Time
	next    Session
	events  []Event
	effects []Effect
}

func (t *step) record(events ...Event) {
	for _, e := range events {
		t.events = append(t.events, e)
		t.next = t.next.Apply(t.now, e)
	}
}

func (t *step) owe(e Effect) { t.effects = append(t.effects, e) }

func (t *step) alert(text string) {
	t.record(ChargingAlerted{Text: text})
	t.owe(Alert{Text: text})
}

// duty takes on a duty and does it at once; after delays it.
func (t *step) duty(key string, after time.Duration) {
	if t.owes(key) {
		return
	}
	d := Duty{Key: key}
	d.Next = t.now.Add(after)
	if after == 0 {
		d.Next = t.now.Add(d.again())
		if e := t.next.effect(d); e != nil {
			t.owe(e)
		}
	}
	t.record(ChargingDutyTaken{Duty: d})
}

func (t *step) owes(key string) bool {
	for _, d := range t.next.Duties {
		if d.Key == key {
			return true
		}
	}
	return false
}

func (t *step) done(keys ...string) {
	for _, key := range keys {
		if t.owes(key) {
			t.record(ChargingDutyDone{Key: key})
		}
	}
}

func (t *step) take(in Input) *Refused {
	if !t.next.Known() {
		if c, ok := in.(Choose); ok {
			return t.choose(c.New)
		}
		return &Refused{2000, "unknown authorization_reference"}
	}
	switch in := in.(type) {
	case Choose:
		if in.New.Ref != t.next.Ref {
			return &Refused{2000, "the reference belongs to another session"}
		}
	case OrderSeen:
		t.orderSeen(in.View)
	case StartAnswered:
		t.startAnswered(in)
	case CommandResulted:
		return t.commandResulted(in)
	case StopAnswered:
		t.stopAnswered(in)
	case Reported:
		return t.reported(in.Report)
	case Looked:
		return t.looked(in)
	case CDRPosted:
		return t.cdrPosted(in.CDR)
	case CDRSought:
		t.tried(dutyPrice)
	case AskStop:
		return t.askStop(in)
	case AskRelease:
		return t.askRelease(in)
	case AskConfirm:
		return t.askConfirm()
	case Collect:
		return t.collect(in)
	case Dispute:
		return t.dispute(in)
	case WriteOff:
		return t.writeOff(in)
	case Confirmed:
		t.confirmed(in)
	case DutyFailed:
		t.dutyFailed(in)
	case Tick:
		t.tick()
	case Restarted:
		t.restarted()
	}
	return nil
}

func (t *step) choose(n New) *Refused {
	switch {
	case n.Ref == "" || len(n.Ref) > 36 || n.Peer == "" || n.Location == "" || n.EVSE == "":
		return &Refused{2001, "a session needs its reference, its peer, its location and its EVSE"}
	case n.Currency.Numeric() == "":
		return &Refused{2001, "currency: " + string(n.Currency) + " cannot be held"}
	case n.Hold < 0 || n.Hold > kassa.MaxMinor || n.Grow < 0 || n.Margin < 0:
		return &Refused{2001, "hold, grow and margin must not be negative"}
	}
	t.record(ChargingChosen{New: n})
	if n.Hold == 0 {
		t.start()
		return nil
	}
	t.duty(dutyAuthorise, 0)
	return nil
}

// tried puts a duty off after a try that settled nothing.
func (t *step) tried(key string) {
	for _, d := range t.next.Duties {
		if d.Key == key {
			d.Tries++
			t.record(ChargingDutyTried{Key: key, Next: t.now.Add(d.again())})
			return
		}
	}
}

// restarted does again what may be done again. A START_SESSION that may have left is looked for.
func (t *step) restarted() {
	if t.next.State == Starting && t.next.Start.Outcome == "" {
		t.startUnknown()
	}
	for _, d := range t.next.Duties {
		if e := t.next.effect(d); e != nil {
			t.owe(e)
		}
	}
}

// retry does the duties whose time has come again.
func (t *step) retry() {
	for _, d := range t.next.Duties {
		if t.now.Before(d.Next) {
			continue
		}
		if e := t.next.effect(d); e != nil {
			t.owe(e)
		}
		t.tried(d.Key)
	}
}

// NextDue tells when the next Tick is wanted; the zero time is never.
func (s *Session) NextDue() (due time.Time) {
	sooner := func(at time.Time) {
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	for _, d := range s.Duties {
		sooner(d.Next)
	}
	for _, at := range []time.Time{s.Start.Deadline, s.PlugBy, s.StopBy, s.SettleBy, s.CorrectionBy, s.alertAt(), s.guard()} {
		sooner(at)
	}
	if s.State == Authorising {
		sooner(s.OpenedAt.Add(cardTime))
	}
	return due
}

// alertAt is when people hear that a price is missing.
func (s *Session) alertAt() time.Time {
	if s.State != AwaitingPrice || s.PriceAlerted || s.PriceSince.IsZero() {
		return time.Time{}
	}
	return s.PriceSince.Add(PriceAlert)
}

// guard is when a price that is still missing is done without: 24 hours or a tenth of the hold before it
// expires, whichever is longer, but never before half of it has gone. It is zero when nothing is guarded.
func (s *Session) guard() time.Time {
	switch s.State {
	case Starting, Charging, Stopping, AwaitingPrice:
	default:
		return time.Time{}
	}
	if s.Order.Expires.IsZero() {
		if s.Hold == 0 {
			return s.OpenedAt.Add(kassa.DefaultHold)
		}
		return time.Time{}
	}
	life := s.Order.Expires.Sub(s.Order.HeldAt)
	return s.Order.Expires.Add(-min(max(24*time.Hour, life/10), life/2))
}

func (t *step) tick() {
	due := func(at time.Time) bool { return !at.IsZero() && !t.now.Before(at) }
	switch s := &t.next; {
	case due(s.guard()):
		t.priceNever()
	case due(s.Start.Deadline):
		t.startUnknown()
	case due(s.PlugBy):
		t.notPlugged()
	case due(s.StopBy):
		t.await()
	case due(s.SettleBy):
		t.settle(s.cdr().Price, false)
	case due(s.alertAt()):
		t.alert("a session has ended and its CDR is missing")
	case due(s.CorrectionBy):
		t.adjust(true)
	case s.State == Authorising && s.Order.State == HoldMissing && due(s.OpenedAt.Add(cardTime)):
		t.end(Declined, "the terminal took no order")
	}
	t.retry()
}
