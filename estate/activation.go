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
		return r.standing(t), r.groups[t.Group], Refusal{}, nil
	}
	if why := r.unfit(d); why != "" {
		return r.refuse(now, d, t.TID, why)
	}
	if !known {
		return r.wrongCode(now, d)
	}
	if why := r.unable(now, t, d); why != "" {
		return r.refuse(now, d, t.TID, why)
	}
	t.POIID, t.ActivatedAt, t.Developer = poiid, now, d.Developer
	d.TID, d.Account, d.WrongCodes, d.LockedUntil, d.Developer = t.TID, t.Account, 0, time.Time{}, false
	err := r.write(now, r.terminalChange(t, TerminalActivated{TID: t.TID, POIID: poiid}), r.deviceChange(d))
	if err != nil {
		return Terminal{}, Group{}, Refusal{}, fmt.Errorf("activate: %w", err)
	}
	return r.standing(t), r.groups[t.Group], Refusal{}, nil
}

// unfit tells why a device can be activated nowhere.
func (r *Registry) unfit(d Device) RefusalCode {
	switch {
	case d.Returned != nil:
		return RefusedReturned
	case d.Tampered != nil:
		return RefusedTampered
	case d.Developer && r.env == Live:
		return RefusedDeveloper
	case d.TID != "":
		return RefusedAlreadyActive
	case !d.Configured:
		return RefusedIPEKMissing
	}
	return ""
}

// unable tells why a terminal cannot get this device.
func (r *Registry) unable(now time.Time, t Terminal, d Device) RefusalCode {
	a := r.accounts[t.Account]
	switch {
	case t.POIID != "":
		return RefusedUsedCode
	case !t.CodeExpires.IsZero() && !now.Before(t.CodeExpires):
		return RefusedExpiredCode
	case t.Blocked != nil:
		return RefusedBlocked
	case d.Account != "" && d.Account != t.Account:
		return RefusedOtherAccount
	case !a.Offered(r.groups[t.Group].Merchant.Country), !a.Offered(r.shops[t.Shop].Address.Country):
		return RefusedCountry
	}
	return ""
}

func (r *Registry) refuse(now time.Time, d Device, tid string, why RefusalCode) (Terminal, Group, Refusal, error) {
	fact := ActivationRefused{POIID: d.POIID, TID: tid, Reason: why, WrongCodes: d.WrongCodes}
	if err := r.write(now, r.deviceChange(d, fact)); err != nil {
		return Terminal{}, Group{}, Refusal{}, fmt.Errorf("refuse activation: %w", err)
	}
	return Terminal{}, Group{}, Refusal{Code: why, RetryAfter: max(0, d.LockedUntil.Sub(now))}, nil
}

// wrongCode counts before it answers, so that neither a crash nor a reconnect gives another try.
func (r *Registry) wrongCode(now time.Time, d Device) (Terminal, Group, Refusal, error) {
	d.WrongCodes++
	if d.WrongCodes < wrongCodes {
		return r.refuse(now, d, "", RefusedWrongCode)
	}
	d.WrongCodes, d.LockedUntil = 0, now.Add(lockForTime)
	return r.refuse(now, d, "", RefusedTooManyTries)
}
