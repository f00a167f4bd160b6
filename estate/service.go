package estate

import (
	"fmt"
	"time"

	"kassa/journal"
)

// This file has the steps of a device that a job around the estate makes. What the job keeps of itself goes with
// the step in one batch, so that no crash leaves one of the two.

// Unlocked ends an alarm after its unlock code was entered and the device was restarted. It needs a new initial
// key.
func (r *Registry) Unlocked(now time.Time, poiid, by string, with ...journal.Change) error {
	return r.serve(now, poiid, with, func(d *Device) ([]any, error) {
		if d.Tampered == nil {
			return nil, fmt.Errorf("%w: the device has raised no alarm", ErrState)
		}
		d.endAlarm(now)
		return []any{TamperCleared{POIID: poiid, By: clip(by, maxName)}}, nil
	})
}

// endAlarm keeps an alarm that is over: another one soon after speaks against the sensor.
func (d *Device) endAlarm(now time.Time) {
	former := *d.Tampered
	former.Cleared = now
	d.Tampered, d.Former = nil, &former
}

// SensorSuspected tells that the alarm which stands came soon after another one was ended: the sensor may be
// damaged.
func (d Device) SensorSuspected() bool {
	return d.Tampered != nil && d.Former != nil && d.Tampered.At.Sub(d.Former.At) < alarmAgain
}

// EnterDeveloperMode notes that a device went into developer mode, which it never leaves: it has lost its
// certification, and in the live environment it takes no payments.
func (r *Registry) EnterDeveloperMode(now time.Time, poiid, by string, with ...journal.Change) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	switch {
	case !ok || d.Retired:
		return fmt.Errorf("%w: device", ErrUnknown)
	case r.inDeveloperMode(d):
		return fmt.Errorf("%w: the device is in developer mode", ErrState)
	}
	told := DeveloperModeSet{TID: d.TID, POIID: poiid, On: true, By: clip(by, maxName)}
	if t, bound := r.terminals[d.TID]; bound {
		t.Developer, t.SettingsSince = true, r.nextSettings()
		return r.writeWith(now, with, r.terminalChange(t, told))
	}
	d.Developer = true
	return r.writeWith(now, with, r.deviceChange(d, told))
}

func (r *Registry) inDeveloperMode(d Device) bool { return d.Developer || r.terminals[d.TID].Developer }

// InDeveloperMode tells whether a device is in developer mode, bound or not.
func (r *Registry) InDeveloperMode(poiid string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.inDeveloperMode(r.devices[poiid])
}

// SendBack takes a device out of use that is on its way back. Its terminal keeps its place.
func (r *Registry) SendBack(now time.Time, poiid string, back Return, with ...journal.Change) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	switch {
	case !ok || d.Retired:
		return fmt.Errorf("%w: device", ErrUnknown)
	case d.Returned != nil && d.Returned.Case != back.Case:
		return fmt.Errorf("%w: the device is on its way back as %s", ErrState, d.Returned.Case)
	case d.Returned != nil:
		return r.writeWith(now, with)
	}
	back.At = now
	return r.writeWith(now, with, r.sentBack(now, d, back)...)
}

// sentBack parts a device from its terminal, and marks it.
func (r *Registry) sentBack(now time.Time, d Device, back Return) (changes []journaled) {
	if t, bound := r.terminals[d.TID]; bound {
		t.CodeHash, t.CodeExpires = "", time.Time{}
		d.TID, d.Unbound, d.Developer = "", now, t.Developer
		changes = r.parted(now, &t, back.By)[:1]
	}
	back.By, back.Why = clip(back.By, maxName), clip(back.Why, maxWhy)
	d.Returned = &back
	told := DeviceReturned{POIID: d.POIID, Case: back.Case, By: back.By, Why: back.Why}
	return append(changes, r.deviceChange(d, told))
}

// Repaired brings a device back that was repaired. It is bound to a terminal again unless that has another device by
// now, and needs a new initial key; it forgets no developer mode.
func (r *Registry) Repaired(now time.Time, poiid, tid, by string, with ...journal.Change) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, err := r.cameBack(poiid)
	if err != nil {
		return err
	}
	if d.Tampered != nil {
		d.endAlarm(now)
	}
	told := DeviceRepaired{POIID: poiid, By: clip(by, maxName)}
	t, ok := r.terminals[tid]
	if !ok || t.Retired || t.POIID != "" || d.Developer && r.env == Live {
		return r.writeWith(now, with, r.deviceChange(d, told))
	}
	return r.writeWith(now, with, r.bound(now, t, d, told)...)
}

// cameBack is a device that was on its way back, as it is then: without a key.
func (r *Registry) cameBack(poiid string) (Device, error) {
	d, ok := r.devices[poiid]
	switch {
	case !ok || d.Retired:
		return d, fmt.Errorf("%w: device", ErrUnknown)
	case d.Returned == nil:
		return d, fmt.Errorf("%w: the device is not on its way back", ErrState)
	}
	d.Returned, d.Configured, d.IKID, d.KCV, d.Injection = nil, false, "", "", nil
	return d, nil
}

// bound binds a device to a terminal without a code.
func (r *Registry) bound(now time.Time, t Terminal, d Device, told any) []journaled {
	t.POIID, t.ActivatedAt, t.Developer, t.CodeHash, t.CodeExpires = d.POIID, now, d.Developer, "", time.Time{}
	t.SettingsSince = r.nextSettings()
	d.TID, d.Account, d.WrongCodes, d.LockedUntil, d.Developer = t.TID, t.Account, 0, time.Time{}, false
	return []journaled{r.terminalChange(t, TerminalActivated{TID: t.TID, POIID: d.POIID}), r.deviceChange(d, told)}
}

// Swap is a device that takes the place of another one at a terminal.
type Swap struct {
	Old, New string // POIIDs
	TID      string
	By       string
}

// Replace puts a device in the place of one that was sent back: name, group, shop and settings are the
// terminal's, which has the new serial from now on. The old device is retired. All of it is one batch.
func (r *Registry) Replace(now time.Time, s Swap, with ...journal.Change) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	old, known := r.devices[s.Old]
	d, there := r.devices[s.New]
	t, ok := r.terminals[s.TID]
	switch {
	case !known || old.Retired || !there || d.Retired:
		return fmt.Errorf("%w: device", ErrUnknown)
	case !ok || t.Retired:
		return fmt.Errorf("%w: terminal", ErrUnknown)
	case s.Old == s.New:
		return fmt.Errorf("%w: device: a device does not replace itself", ErrInvalid)
	case t.POIID != "" && t.POIID != s.Old:
		return fmt.Errorf("%w: terminal %s has the device %s", ErrState, t.TID, t.POIID)
	case d.TID != "":
		return fmt.Errorf("%w: the device is bound to terminal %s", ErrState, d.TID)
	case d.Returned != nil || d.Tampered != nil:
		return fmt.Errorf("%w: the device is to be sent back itself, or has raised an alarm", ErrState)
	case d.Developer && r.env == Live:
		return fmt.Errorf("%w: the device is in developer mode, and takes no live payments", ErrState)
	case d.Account != "" && d.Account != t.Account:
		return fmt.Errorf("%w: the device is in the stock of another account", ErrState)
	}
	told := DeviceReplaced{TID: t.TID, POIID: d.POIID, Old: old.POIID, By: clip(s.By, maxName)}
	gone := Device{
		POIID: old.POIID, Number: old.Number, Retired: true, Tampered: old.Tampered, Former: old.Former, Developer: r.inDeveloperMode(old),
	}
	changes := append(r.bound(now, t, d, told), r.deviceChange(gone, DeviceRetired{POIID: old.POIID, By: told.By}))
	return r.writeWith(now, with, changes...)
}

// Restock ends a return whose device goes to nobody in particular: it is the operator's, without a key. With a
// terminal, that is retired.
func (r *Registry) Restock(now time.Time, poiid, retire, by string, with ...journal.Change) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, err := r.cameBack(poiid)
	if err != nil {
		return err
	}
	d.Account = ""
	changes := []journaled{r.deviceChange(d, DeviceAssigned{POIID: poiid, By: clip(by, maxName)})}
	if t, ok := r.terminals[retire]; ok && !t.Retired && t.POIID == "" {
		t.Retired, t.CodeHash = true, ""
		changes = append(changes, r.terminalChange(t, TerminalRetired{TID: t.TID}))
	}
	return r.writeWith(now, with, changes...)
}

// serve makes one step of a device that is in use, together with what its job keeps.
func (r *Registry) serve(now time.Time, poiid string, with []journal.Change, step func(*Device) ([]any, error)) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	if !ok || d.Retired {
		return fmt.Errorf("%w: device", ErrUnknown)
	}
	facts, err := step(&d)
	if err != nil {
		return err
	}
	return r.writeWith(now, with, r.deviceChange(d, facts...))
}
