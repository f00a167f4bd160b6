package estate

import (
	"fmt"
	"time"
)

// LifeState is where a terminal or a device stands in its life.
type LifeState string

// The states. A device that is bound to a terminal shares the terminal's.
const (
	LifeBoarded   LifeState = "boarded"
	LifeKeyed     LifeState = "keyed" // a device that holds its initial key and is bound to no terminal
	LifeActive    LifeState = "active"
	LifeBlocked   LifeState = "blocked"
	LifeTampered  LifeState = "tampered"
	LifeDeveloper LifeState = "developer"
	LifeInventory LifeState = "inventory"
	LifeReturned  LifeState = "returned"
	LifeRetired   LifeState = "retired"
)

// Life tells where a terminal stands; false when it was never there. What needs somebody's attention
// comes before the rest.
func (r *Registry) Life(tid string) (LifeState, bool) {
	t, ok := r.Terminal(tid)
	return t.Life(), ok
}

// Life tells where the terminal stands.
func (t Terminal) Life() LifeState {
	switch {
	case t.Retired:
		return LifeRetired
	case t.Tampered:
		return LifeTampered
	case t.Blocked != nil:
		return LifeBlocked
	case t.Developer:
		return LifeDeveloper
	case t.Inventory:
		return LifeInventory
	case t.POIID != "":
		return LifeActive
	}
	return LifeBoarded
}

// LifeOfDevice tells where a device stands; false when it was never there.
func (r *Registry) LifeOfDevice(poiid string) (LifeState, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.devices[poiid]
	switch {
	case d.Retired:
		return LifeRetired, ok
	case d.Returned != nil:
		return LifeReturned, ok
	case d.Tampered != nil:
		return LifeTampered, ok
	case d.TID != "":
		return r.standing(r.terminals[d.TID]).Life(), ok
	case d.Configured:
		return LifeKeyed, ok
	}
	return LifeBoarded, ok
}

// Place is where a terminal stands: a group, and a shop of the same account or none.
type Place struct{ Group, Shop string }

// MoveTerminal gives a terminal another place in its account, and takes it out of the inventory. What
// the place sets, such as the merchant on its receipts, follows at once.
func (r *Registry) MoveTerminal(now time.Time, tid string, to Place, by string) error {
	return r.changeTerminal(now, tid, func(t *Terminal) ([]any, error) {
		g, ok := r.groups[to.Group]
		if !ok || g.Account != t.Account {
			return nil, fmt.Errorf("%w: group", ErrUnknown)
		}
		if err := r.checkPlace(g, to.Shop); err != nil {
			return nil, err
		}
		if t.Group == to.Group && t.Shop == to.Shop && !t.Inventory {
			return nil, nil
		}
		moved := TerminalMoved{TID: tid, Group: to.Group, Shop: to.Shop, FromGroup: t.Group, From: t.Shop, By: by}
		t.Group, t.Shop, t.Inventory, t.SettingsSince = to.Group, to.Shop, false, r.nextSettings()
		return []any{moved}, nil
	})
}

// ToInventory assigns a terminal to nobody: it leaves its shop and takes no payments until it is moved
// to a place again.
func (r *Registry) ToInventory(now time.Time, tid, by string) error {
	return r.changeTerminal(now, tid, func(t *Terminal) ([]any, error) {
		if t.Inventory && t.Shop == "" {
			return nil, nil
		}
		moved := TerminalMoved{TID: tid, Group: t.Group, FromGroup: t.Group, From: t.Shop, Inventory: true, By: by}
		t.Shop, t.Inventory, t.SettingsSince = "", true, r.nextSettings()
		return []any{moved}, nil
	})
}

// Block lets a terminal take no payments, until it is unblocked.
func (r *Registry) Block(now time.Time, tid, by, why string) error {
	return r.changeTerminal(now, tid, func(t *Terminal) ([]any, error) {
		if t.Blocked != nil {
			return nil, nil
		}
		t.Blocked = &Block{At: now, By: clip(by, maxName), Why: clip(why, maxWhy)}
		return []any{TerminalBlocked{TID: tid, By: t.Blocked.By, Why: t.Blocked.Why}}, nil
	})
}

// Unblock lets a blocked terminal take payments again.
func (r *Registry) Unblock(now time.Time, tid, by, why string) error {
	return r.changeTerminal(now, tid, func(t *Terminal) ([]any, error) {
		if t.Blocked == nil {
			return nil, nil
		}
		t.Blocked = nil
		return []any{TerminalUnblocked{TID: tid, By: clip(by, maxName), Why: clip(why, maxWhy)}}, nil
	})
}

// SetDeveloperMode notes that the device of a terminal is in developer mode, which it never leaves. In the live
// environment such a terminal takes no payments.
func (r *Registry) SetDeveloperMode(now time.Time, tid string, on bool, by string) error {
	return r.changeTerminal(now, tid, func(t *Terminal) ([]any, error) {
		switch {
		case t.Developer == on:
			return nil, nil
		case !on:
			return nil, fmt.Errorf("%w: developer mode cannot be left; the device is returned and replaced", ErrState)
		}
		t.Developer, t.SettingsSince = true, r.nextSettings()
		return []any{DeveloperModeSet{TID: tid, POIID: t.POIID, On: true, By: clip(by, maxName)}}, nil
	})
}

// changeTerminal makes one step of a terminal that is in use; one without a fact changes nothing.
func (r *Registry) changeTerminal(now time.Time, tid string, change func(*Terminal) ([]any, error)) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	t, ok := r.terminals[tid]
	if !ok || t.Retired {
		return fmt.Errorf("%w: terminal", ErrUnknown)
	}
	facts, err := change(&t)
	if err != nil || len(facts) == 0 {
		return err
	}
	return r.write(now, r.terminalChange(t, facts...))
}

// Unbind takes the device from a terminal and gives the terminal a new activation code, here and never
// again. The device forgets who it was; it keeps its initial key, and may be activated again anywhere
// in its account.
func (r *Registry) Unbind(now time.Time, tid, by string) (code string, err error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	t, ok := r.terminals[tid]
	switch {
	case !ok || t.Retired:
		return "", fmt.Errorf("%w: terminal", ErrUnknown)
	case t.POIID == "":
		return "", fmt.Errorf("%w: no device is bound to this terminal", ErrState)
	}
	if code, err = r.giveCode(now, &t); err != nil {
		return "", err
	}
	if err = r.write(now, r.parted(now, &t, by)...); err != nil {
		return "", err
	}
	return code, nil
}

// parted takes a terminal's device from it.
func (r *Registry) parted(now time.Time, t *Terminal, by string) []journaled {
	told := TerminalUnbound{TID: t.TID, POIID: t.POIID, By: clip(by, maxName)}
	d := r.devices[t.POIID]
	d.TID, d.Unbound, d.Developer = "", now, t.Developer
	// Developer mode is the device's: the next one need not be in it.
	t.POIID, t.ActivatedAt, t.UnboundAt, t.Developer = "", time.Time{}, now, false
	return []journaled{r.terminalChange(*t, told), r.deviceChange(d)}
}

// MarkTampered notes an alarm of a device's sensors: its initial key counts no more, and its terminal
// takes no payments. The alarm that stands, told again, is nothing new; one with a higher number is another one.
func (r *Registry) MarkTampered(now time.Time, poiid, what string, number int) error {
	return r.changeDevice(now, poiid, func(d *Device) ([]any, error) {
		switch {
		case d.Tampered != nil && number <= d.Tampered.Number:
			return nil, nil
		case d.Tampered != nil:
			d.endAlarm(now)
		}
		d.Tampered = &Tamper{At: now, What: clip(what, maxWhy), Number: number}
		d.Configured, d.IKID, d.KCV = false, "", ""
		return []any{DeviceTampered{POIID: poiid, What: d.Tampered.What}}, nil
	})
}

// ClearTamper notes that a device was inspected after an alarm. It needs a new initial key.
func (r *Registry) ClearTamper(now time.Time, poiid, by string) error {
	return r.changeDevice(now, poiid, func(d *Device) ([]any, error) {
		if d.Tampered == nil {
			return nil, nil
		}
		d.endAlarm(now)
		return []any{TamperCleared{POIID: poiid, By: clip(by, maxName)}}, nil
	})
}

// AssignDevice puts a device that is bound to no terminal into the stock of an account, or with "" of
// the operator.
func (r *Registry) AssignDevice(now time.Time, poiid, account, by string) error {
	return r.changeDevice(now, poiid, func(d *Device) ([]any, error) {
		if _, ok := r.accounts[account]; account != "" && !ok {
			return nil, fmt.Errorf("%w: account", ErrUnknown)
		}
		switch {
		case d.Account == account:
			return nil, nil
		case d.TID != "":
			return nil, fmt.Errorf("%w: the device is bound to terminal %s", ErrState, d.TID)
		}
		d.Account = account
		return []any{DeviceAssigned{POIID: poiid, Account: account, By: clip(by, maxName)}}, nil
	})
}

// changeDevice makes one step of a device that is in use; one without a fact changes nothing.
func (r *Registry) changeDevice(now time.Time, poiid string, change func(*Device) ([]any, error)) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	if !ok || d.Retired {
		return fmt.Errorf("%w: device", ErrUnknown)
	}
	facts, err := change(&d)
	if err != nil || len(facts) == 0 {
		return err
	}
	return r.write(now, r.deviceChange(d, facts...))
}

// ReturnDevice takes a device out of use, to be sent back, and gives the case that stands for it. Its
// terminal keeps its place, and is activated again with a device and a code (RenewCode) of its own.
func (r *Registry) ReturnDevice(now time.Time, poiid, by, why string) (caseID string, err error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	switch {
	case !ok || d.Retired:
		return "", fmt.Errorf("%w: device", ErrUnknown)
	case d.Returned != nil:
		return d.Returned.Case, nil
	}
	if caseID, err = r.NewParcel(); err != nil {
		return "", err
	}
	if err := r.write(now, r.sentBack(now, d, Return{At: now, By: by, Why: why, Case: caseID})...); err != nil {
		return "", err
	}
	return caseID, nil
}

// NewParcel draws what is written on the parcel of a device that is sent back.
func (r *Registry) NewParcel() (string, error) {
	number, err := draw(r.random, codeAlphabet, codeLength)
	return "RMA" + r.env.letter() + number, err
}
