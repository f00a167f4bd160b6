package support

import (
	"fmt"

	"kassa/estate"
)

// InjectKeys asks a device for a new initial key (RKI), and tells at once why that cannot be. How it ends is kept with
// the device.
func (d *Desk) InjectKeys(poiid, by string) (estate.Injection, error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	return d.injectKeys(poiid, by)
}

// injectKeys is InjectKeys for a caller that holds writing.
func (d *Desk) injectKeys(poiid, by string) (estate.Injection, error) {
	_, device, err := d.subject(poiid)
	if err != nil {
		return estate.Injection{}, err
	}
	now := d.cfg.Now()
	if i := device.Injection; i != nil && i.As(now).State == estate.InjectionAsked {
		return *i, nil // the same, a second time
	}
	if _, err := d.cfg.Estate.AskInjection(now, poiid, by); err != nil {
		return estate.Injection{}, fmt.Errorf("support: ask for a key: %w", err)
	}
	why := d.unfit(device)
	if why == "" {
		id, err := d.draw("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", idLength)
		if err != nil {
			return estate.Injection{}, err
		}
		if d.cfg.Links.InjectKeys(poiid, "KEYS-"+id) != nil {
			why = estate.InjectionOffline
		}
	}
	if why != "" {
		if err := d.cfg.Estate.FailInjection(now, poiid, why); err != nil {
			return estate.Injection{}, fmt.Errorf("support: ask for a key: %w", err)
		}
	}
	after, _ := d.cfg.Estate.Device(poiid)
	if after.Injection == nil {
		return estate.Injection{}, fmt.Errorf("%w: device", ErrUnknown)
	}
	return *after.Injection, nil
}

// unfit tells why a device can get no key now.
func (d *Desk) unfit(device estate.Device) estate.InjectionFailure {
	switch {
	case device.Returned != nil:
		return estate.InjectionReturned
	case device.Tampered != nil:
		return estate.InjectionTampered
	case !d.cfg.Links.DeviceOnline(device.POIID):
		return estate.InjectionOffline
	}
	return ""
}
