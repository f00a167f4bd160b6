package charging

import (
	"strings"
	"time"
)

// start asks the operator for the session. It leaves once: whatever is not answered is looked for.
func (t *step) start() {
	t.record(ChargingStartAsked{Deadline: t.now.Add(MaxTimeout + Grace)})
	t.owe(SendStart{})
}

func (t *step) startAnswered(in StartAnswered) {
	if t.next.State != Starting || t.next.Start.Outcome != "" {
		return
	}
	switch in.Outcome {
	case Accepted:
		wait := time.Duration(in.Timeout) * time.Second
		if wait <= 0 {
			wait = DefaultTimeout
		}
		t.record(ChargingStartAnswered{Outcome: Accepted, Deadline: t.now.Add(min(wait, MaxTimeout) + Grace)})
	case Refusal:
		t.record(ChargingStartAnswered{Outcome: Refusal, Result: in.Result})
		t.release("the operator refused to start: " + in.Result)
	default:
		t.startUnknown()
	}
}

// startUnknown looks for a session that may run.
func (t *step) startUnknown() {
	if t.next.State != Starting {
		return
	}
	if t.next.Start.Outcome == "" {
		t.record(ChargingStartAnswered{Outcome: Unknown})
	}
	t.record(ChargingLookBegun{Until: t.now.Add(LookTime)})
	t.duty(dutySeek, 0)
}

// commandResulted takes the later word on a command. Its name is a secret of ours, good for one word.
func (t *step) commandResulted(in CommandResulted) *Refused {
	if in.ID != t.next.StartID || in.ID == "" {
		if in.ID != t.next.StopID || in.ID == "" {
			return &Refused{2001, "no such command"}
		}
		if in.Result == "ACCEPTED" {
			t.done(dutyStop)
		}
		return nil
	}
	if t.next.Start.Result != "" || t.next.Start.AskedAt.IsZero() {
		return nil
	}
	outcome := Refusal
	if in.Result == "ACCEPTED" {
		outcome = Accepted
	}
	starting := t.next.State == Starting
	t.record(ChargingStartAnswered{Outcome: outcome, Result: in.Result})
	switch {
	case outcome == Accepted && starting:
		t.record(ChargingMoved{State: Charging, By: t.now.Add(PlugTime)})
		t.duty(dutySeek, time.Minute)
	case outcome == Accepted && t.voided():
		t.lateStart()
	case outcome == Refusal && starting:
		t.release("the charger did not start: " + in.Result)
	}
	return nil
}

// voided tells whether the hold is on its way back, or gone.
func (s *Session) voided() bool {
	return s.State == Releasing || s.State == Released || s.State == Expired
}

func (t *step) voided() bool { return t.next.voided() }

// lateStart stops what began when its hold had been given back. Nothing is captured for it.
func (t *step) lateStart() {
	if !t.next.LateStart {
		t.record(ChargingStopAsked{Why: "late start", Late: true})
		t.alert("a session began after its hold was given back")
	}
	t.duty(dutyStop, 0)
}

// looked takes the outcome of a search. An operator that does not answer has not said no.
func (t *step) looked(in Looked) *Refused {
	if in.Outcome != Accepted {
		return nil
	}
	if in.Report != nil {
		t.record(ChargingLooked{Found: true})
		return t.reported(*in.Report)
	}
	if t.next.Look.Found || t.next.Report.Status != "" {
		return nil
	}
	until := t.next.Look.Until
	if t.next.State == Starting && !until.IsZero() && !t.now.Before(until) {
		t.record(ChargingLooked{})
		t.release("the operator has no such session")
		return nil
	}
	if t.next.State == Charging || t.next.State == Starting {
		t.record(ChargingLooked{})
	}
	return nil
}

// notPlugged ends the wait for a car. A session of which nothing is known is looked for until the operator
// has answered: it may run.
func (t *step) notPlugged() {
	s := &t.next
	if s.State != Charging || s.Report.Status == Active {
		return
	}
	if s.Report.Status == "" && s.Look.At.Before(s.Start.AskedAt.Add(LookTime)) {
		t.record(ChargingMoved{State: Charging, By: t.now.Add(time.Minute)})
		t.duty(dutySeek, 0)
		return
	}
	if s.Report.SessionID != "" {
		t.record(ChargingStopAsked{Why: "no car"})
		t.duty(dutyStop, 0)
	}
	t.release("no car was connected in time")
}

// askStop stops for the driver. Only the card that pays may do so.
func (t *step) askStop(in AskStop) *Refused {
	if !in.Trusted && (in.Card == "" || in.Card != t.next.Order.Card.Token) {
		return &Refused{2001, "another card pays for this session"}
	}
	if t.next.State == Charging || t.next.State == Starting {
		t.stop("the driver")
	}
	return nil
}

// stop asks the operator to end the session, and waits for its end.
func (t *step) stop(why string) {
	if t.next.Stopped == "" {
		t.record(ChargingStopAsked{Why: why})
	}
	if t.next.State == Charging {
		t.record(ChargingMoved{State: Stopping, By: t.now.Add(StopTime)})
	}
	t.duty(dutyStop, 0)
}

func (t *step) stopAnswered(in StopAnswered) {
	switch in.Outcome {
	case Accepted:
		t.done(dutyStop)
	case Refusal:
		t.done(dutyStop)
		if strings.EqualFold(in.Result, "UNKNOWN_SESSION") || t.next.State == Stopping {
			t.duty(dutySeek, 0)
		}
	}
}
