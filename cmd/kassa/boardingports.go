package main

import (
	"errors"
	"fmt"

	"kassa/estate"
	"kassa/sale/native"
)

// boardingPorts let Kassa's own API add and remove terminals.
type boardingPorts struct{ c *cloud }

func (p boardingPorts) AddTerminal(group, name, poiid string) (tid, code string, err error) {
	now, r := p.c.now(), p.c.registry
	if poiid != "" { // first the device: one that nobody uses yet may be boarded again
		d, known := r.Device(poiid)
		switch {
		case known && d.TID != "":
			return "", "", fmt.Errorf("%w: %s belongs to terminal %s", native.ErrNotBoarded, poiid, d.TID)
		case !known:
			if _, err := r.BoardDevice(now, poiid); err != nil {
				return "", "", refusedBoarding(err)
			}
		}
	}
	t, code, err := r.BoardTerminal(now, group, name, "")
	return t.TID, code, refusedBoarding(err)
}

func (p boardingPorts) RemoveTerminal(tid string) error {
	err := p.c.registry.RetireTerminal(p.c.now(), tid)
	if errors.Is(err, estate.ErrUnknown) {
		return native.ErrNoTerminal
	}
	return err
}

// refusedBoarding tells what the input is to blame for from what is the store's.
func refusedBoarding(err error) error {
	for _, known := range []error{estate.ErrInvalid, estate.ErrExists, estate.ErrFull, estate.ErrUnknown} {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %w", native.ErrNotBoarded, err)
		}
	}
	return err
}
