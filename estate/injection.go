package estate

import (
	"fmt"
	"strings"
	"time"
)

// Injection is the last time that a device was to get an initial key, and what came of it.
type Injection struct {
	At time.Time `json:"at"`
	By string    `json:"by"` // the key, the person, or "device"
	// Ended is when it was known how it ended; zero before.
	Ended  time.Time        `json:"ended,omitzero"`
	State  InjectionState   `json:"state"`
	Reason InjectionFailure `json:"reason,omitempty"`
	KCV    string           `json:"kcv,omitempty"`
}

// InjectionState is how far an injection is.
type InjectionState string

// The states.
const (
	InjectionAsked  InjectionState = "asked"  // the device was told to ask for a key
	InjectionSent   InjectionState = "sent"   // the key is on its way
	InjectionDone   InjectionState = "done"   // the device confirmed it
	InjectionFailed InjectionState = "failed" // Reason tells why
)

// InjectionFailure is why a device has no new initial key.
type InjectionFailure string

// The failures.
const (
	InjectionOffline    InjectionFailure = "device_offline"
	InjectionTampered   InjectionFailure = "tampered"
	InjectionReturned   InjectionFailure = "returned"
	InjectionRefused    InjectionFailure = "key_refused"
	InjectionMismatch   InjectionFailure = "kcv_mismatch"
	InjectionNumbers    InjectionFailure = "numbers_used_up"
	InjectionImpossible InjectionFailure = "secure_module"
	InjectionNoAnswer   InjectionFailure = "no_answer"
)

// Text says why, without a full stop; empty for no failure.
func (f InjectionFailure) Text() string {
	switch f {
	case InjectionOffline:
		return "the device is not connected"
	case InjectionTampered:
		return "the device has raised a tamper alarm, and gets no key before it is unlocked"
	case InjectionReturned:
		return "the device is on its way back"
	case InjectionRefused:
		return "the device did not take the key"
	case InjectionMismatch:
		return "the check value of what the device loaded differs from that of the key which it was sent"
	case InjectionNumbers:
		return "no device number is left for another key"
	case InjectionImpossible:
		return "the secure module made no key"
	case InjectionNoAnswer:
		return "the device did not ask for the key, or did not confirm it"
	}
	return ""
}

// injectionPatience is how long a device may take to ask for a key and to confirm it.
const injectionPatience = 2 * time.Minute

// As tells how the injection stands at an instant: one that nothing is heard of has failed.
func (i Injection) As(now time.Time) Injection {
	if (i.State == InjectionAsked || i.State == InjectionSent) && now.Sub(i.At) >= injectionPatience {
		i.State, i.Reason, i.Ended = InjectionFailed, InjectionNoAnswer, i.At.Add(injectionPatience)
	}
	return i
}

// AskInjection notes that a device is to get a new initial key.
func (r *Registry) AskInjection(now time.Time, poiid, by string) (Injection, error) {
	i := Injection{At: now, By: clip(by, maxName), State: InjectionAsked}
	return i, r.serve(now, poiid, nil, func(d *Device) ([]any, error) {
		d.Injection = &i
		return []any{KeyInjectionAsked{POIID: poiid, By: i.By}}, nil
	})
}

// FailInjection notes why a device has no new initial key. What is over stays as it is.
func (r *Registry) FailInjection(now time.Time, poiid string, why InjectionFailure) error {
	if why.Text() == "" {
		return fmt.Errorf("%w: reason of a failed injection", ErrInvalid)
	}
	return r.changeDevice(now, poiid, func(d *Device) ([]any, error) {
		i := Injection{At: now, By: byDevice}
		if d.Injection != nil && d.Injection.Ended.IsZero() {
			i = *d.Injection
		}
		i.State, i.Reason, i.Ended = InjectionFailed, why, now
		d.Injection = &i
		return []any{KeyInjectionFailed{POIID: poiid, Reason: why}}, nil
	})
}

// byDevice is who asked for a key when nobody did but the device itself.
const byDevice = "device"

// injecting is the injection of a key that is on its way.
func (d *Device) injecting(now time.Time) {
	i := Injection{At: now, By: byDevice}
	if d.Injection != nil && d.Injection.State == InjectionAsked && d.Injection.As(now).State == InjectionAsked {
		i = *d.Injection
	}
	i.State, i.Reason, i.KCV, i.Ended = InjectionSent, "", strings.ToUpper(d.KCV), time.Time{}
	d.Injection = &i
}

// injected ends the injection that is on the way.
func (d *Device) injected(now time.Time, why InjectionFailure) {
	if d.Injection == nil || d.Injection.State != InjectionSent {
		return
	}
	i := *d.Injection
	i.State, i.Reason, i.Ended = InjectionDone, why, now
	if why != "" {
		i.State = InjectionFailed
	}
	d.Injection = &i
}
