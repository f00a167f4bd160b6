package estate

import (
	"fmt"
	"time"
)

// Activate binds a device to the terminal that an activation code belongs to. The refusal says why
// not; the error is the store's. Of many devices with one code, one wins. The winner may ask again
// and gets the same answer.
func (r *Registry) Activate(now time.Time, poiid, code string) (Terminal, Group, Refusal, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	if !ok || d.Retired {
		return Terminal{}, Group{}, Refusal{Code: RefusedUnknownPOI}, nil
	}
	if now.Before(d.LockedUntil) {
		// Not a fact: a device that keeps trying must not fill the journal.
		return Terminal{}, Group{}, Refusal{RefusedTooManyTries, d.LockedUntil.Sub(now)}, nil
	}
	tid, known := "", false
	if len(code) <= maxCode {
		tid, known = r.codes[r.codeHash(code)]
	}
	t := r.terminals[tid]
	if known && t.POIID == poiid {
		return t, r.groups[t.Group], Refusal{}, nil
	}
	switch {
	case d.TID != "":
		return r.refuse(now, d, RefusedAlreadyActive)
	case !d.Configured:
		return r.refuse(now, d, RefusedIPEKMissing)
	case !known:
		return r.wrongCode(now, d)
	case t.POIID != "":
		return r.refuse(now, d, RefusedUsedCode)
	}
	t.POIID, t.ActivatedAt = poiid, now
	d.TID, d.WrongCodes, d.LockedUntil = t.TID, 0, time.Time{}
	err := r.write(now,
		change{
			stream: "terminal/" + t.TID, state: t, show: func() { r.showTerminal(t) },
			facts: []fact{{t.Group, TerminalActivated{TID: t.TID, POIID: poiid}}},
		},
		r.deviceChange(d))
	if err != nil {
		return Terminal{}, Group{}, Refusal{}, fmt.Errorf("activate: %w", err)
	}
	return t, r.groups[t.Group], Refusal{}, nil
}

func (r *Registry) refuse(now time.Time, d Device, why RefusalCode) (Terminal, Group, Refusal, error) {
	fact := ActivationRefused{POIID: d.POIID, Reason: why, WrongCodes: d.WrongCodes}
	if err := r.write(now, r.deviceChange(d, fact)); err != nil {
		return Terminal{}, Group{}, Refusal{}, fmt.Errorf("refuse activation: %w", err)
	}
	return Terminal{}, Group{}, Refusal{Code: why, RetryAfter: max(0, d.LockedUntil.Sub(now))}, nil
}

// wrongCode counts before it answers, so that neither a crash nor a reconnect gives another try.
func (r *Registry) wrongCode(now time.Time, d Device) (Terminal, Group, Refusal, error) {
	d.WrongCodes++
	if d.WrongCodes < wrongCodes {
		return r.refuse(now, d, RefusedWrongCode)
	}
	d.WrongCodes, d.LockedUntil = 0, now.Add(lockForTime)
	return r.refuse(now, d, RefusedTooManyTries)
}
