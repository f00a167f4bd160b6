package cause

import (
	"context"
	"net/http"
)

// terminalRecipes make what a terminal can have. Faults of the device that say nothing of an order that it showed
// block orders and cards; what is worth knowing and in nobody's way counts as the furthest layer.
func terminalRecipes() []Recipe {
	return []Recipe{
		{Code: "link_unstable", What: "each link of the terminal breaks a second after it has opened", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: unsteady(), About: "terminal", Break: faulty("flap"), Meet: aboutTerminal},
		{Code: "never_on_network", What: "a device is boarded and never switched on", Layer: OnNetwork, Bare: true, Break: boardedOnly, Meet: aboutDevice},
		{Code: "smartpad_no_network", What: "a Smartpad on Wi-Fi loses its network", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Model: "P2PAD", Break: offWiFi, Meet: aboutTerminal},
		{Code: "smartpad_power_cable", What: "the cable of a Smartpad is pulled", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Model: "P2PAD", Break: unplugged, Meet: aboutTerminal},
		{Code: "daily_reboot", What: "the terminal restarts at the same hour three days in a row", Layer: OnTerminal, Whole: true, About: "terminal", Break: restartsDaily, Meet: aboutTerminal},
		{Code: "battery_not_charging", What: "the battery is nearly empty, and no charger is there", Layer: OnTerminal, Needs: []Capability{Tells, Waits}, About: "terminal", Break: faulty("battery-low"), Meet: aboutTerminal},
		{Code: "not_onboarded", What: "a device is switched on and never activated", Layer: OnTerminal, Bare: true, Break: switchedOnOnly, Meet: aboutTerminal},
		{Code: "no_permission_devices_menu", What: "a cashier's key asks to add a terminal", Layer: OnKey, About: "key", Meet: cashierAddsTerminal},
		{Code: "wrong_api_key", What: "a cash register shows a key that nobody has", Layer: OnKey, About: "key", Meet: orderWithUnknownKey},
		{Code: "activation_10008_not_synced", What: "a P3 MIX is activated before its key has come", Layer: OnTerminal, Bare: true, Model: "P3MIX", Break: activatedEarly, Meet: aboutDevice},
		{Code: "ipek_missing", What: "the terminal loses its initial key", Layer: OnTerminal, Needs: []Capability{Tells}, Takes: loses(Shows, "a terminal without its key shows no order"), About: "terminal", Break: faulty("no-ipek"), Meet: aboutTerminal},
		{Code: "ipek_missing", Name: "order", What: "an order comes to a terminal without its initial key", Layer: OnTerminal, Needs: []Capability{Linked}, Takes: loses(Shows, "a terminal without its key shows no order"), About: "order", Meet: orderWithoutKey},
		{Code: "firmware_outdated", What: "the terminal runs an older program than others of its model", Layer: OnKey, Needs: []Capability{Tells}, Takes: loses(Probes, "an old program does not check itself"), About: "terminal", Break: oldProgram, Meet: aboutTerminal},
		{Code: "logo_not_assigned", What: "somebody wants to hide the logo, and the group has none", Layer: OnKey, About: "terminal", Meet: terminalWith("I cannot hide the logo")},
		{Code: "does_not_print", What: "the roll is at its end", Layer: OnKey, About: "terminal", Meet: paperOut},
		{Code: "no_printer", What: "somebody waits for paper from a model without a printer", Layer: OnKey, About: "terminal", Model: "P2SE", Meet: terminalWith("it does not print")},
		{Code: "auto_print_off", What: "receipts are switched off for the terminal", Layer: OnKey, About: "terminal", Meet: receiptsOff},
		{Code: "developer_mode", What: "the device goes into developer mode", Layer: OnTerminal, Needs: []Capability{Tells, Live}, About: "terminal", Break: developed, Meet: aboutTerminal},
		{Code: "tampered", What: "the device is opened", Layer: OnTerminal, Needs: []Capability{Tells}, Takes: []Loss{{Shows, "an opened device shows no order"}, {Taken, "orders for an opened device are refused"}}, About: "terminal", Break: faulty("tamper"), Meet: aboutTerminal},
		{Code: "tampered", Name: "order", What: "the device is opened while it shows an order", Layer: OnTerminal, Needs: []Capability{Shows}, Takes: loses(Presents, "the device is opened before a card is presented"), About: "order", Meet: openedWhilePaying},
		{Code: "tamper_sensor_damaged", What: "the alarm comes back after the device was inspected", Layer: OnTerminal, Needs: []Capability{Tells}, Takes: []Loss{{Shows, "an opened device shows no order"}, {Taken, "orders for an opened device are refused"}}, About: "terminal", Break: openedTwice, Meet: aboutTerminal},
	}
}

// aboutDevice is met by asking about the device of a shop, which no terminal has yet.
func aboutDevice(_ context.Context, s *Shop) (Subject, error) {
	return Subject{Type: "terminal", ID: s.POIID}, nil
}

// terminalWith is met by somebody who tells what he sees.
func terminalWith(symptom string) func(context.Context, *Shop) (Subject, error) {
	return func(_ context.Context, s *Shop) (Subject, error) {
		return Subject{Type: "terminal", ID: s.TID, Symptom: symptom}, nil
	}
}

func boardedOnly(ctx context.Context, s *Shop) error {
	_, err := s.Board(ctx, "P2")
	return err
}

func switchedOnOnly(ctx context.Context, s *Shop) error {
	if _, err := s.Board(ctx, "P2"); err != nil {
		return err
	}
	if err := s.SwitchOn(ctx, ""); err != nil {
		return err
	}
	return s.device(ctx, "it has its key", func(d state) bool { return d.Online && d.Configured })
}

func offWiFi(ctx context.Context, s *Shop) error {
	if err := s.Sim(ctx, "POST", "terminals/"+s.POIID+"/settings", object{"id": "network", "value": "wifi"}, nil); err != nil {
		return err
	}
	if err := s.restarted(ctx); err != nil { // so that it tells of its Wi-Fi at once
		return err
	}
	if err := s.Fault(ctx, "cut-link"); err != nil {
		return err
	}
	return s.Reach(ctx, "offline")
}

func unplugged(ctx context.Context, s *Shop) error {
	if err := s.Fault(ctx, "unplug"); err != nil {
		return err
	}
	return s.Reach(ctx, "offline")
}

// restartsDaily lets three days go by, at the beginning of each of which the terminal restarts.
func restartsDaily(ctx context.Context, s *Shop) error {
	for n := range 3 {
		if n > 0 {
			if err := s.Native(ctx, "POST", "clock", object{"advance": "24h"}, nil); err != nil {
				return err
			}
			if err := s.Online(ctx); err != nil {
				return err
			}
		}
		if err := s.restarted(ctx); err != nil {
			return err
		}
	}
	return nil
}

// restarted lets the terminal restart once, as it does every day.
func (s *Shop) restarted(ctx context.Context) error {
	if err := s.Fault(ctx, "daily-reboot"); err != nil {
		return err
	}
	if err := s.device(ctx, "it is back", func(d state) bool { return d.Online }); err != nil {
		return err
	}
	if err := s.MendOne(ctx, "daily-reboot"); err != nil {
		return err
	}
	return s.Online(ctx)
}

// cashierAddsTerminal asks for what the Devices menu stands for, with a key that may not.
func cashierAddsTerminal(ctx context.Context, s *Shop) (Subject, error) {
	var made struct{ ID, Key string }
	if err := s.Native(ctx, "POST", "keys", object{"account": s.Account, "group": s.Group, "role": "cashier", "name": "cashier"}, &made); err != nil {
		return Subject{}, err
	}
	err := s.As(ctx, made.Key, "POST", "terminals", object{"group": s.Group, "name": "Till 2"}, nil)
	return Subject{Type: "key", ID: made.ID}, refused(err, http.StatusForbidden)
}

// orderWithUnknownKey places an order as a till does in which somebody has mistyped the key.
func orderWithUnknownKey(ctx context.Context, s *Shop) (Subject, error) {
	wrong := s.Key[:len(s.Key)-4] + s.Name()[2:]
	err := s.POS(ctx, wrong, "POST", "orders", s.order("till-"+s.Name(), 1250, nil), nil)
	return Subject{Type: "key", ID: wrong[len(wrong)-4:]}, refused(err, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound)
}

// refused wants a call to have been refused in one of some ways.
func refused(err error, status ...int) error {
	if r, ok := err.(*Refusal); ok {
		for _, s := range status {
			if r.Status == s {
				return nil
			}
		}
	}
	if err == nil {
		return &Refusal{What: "a call that should have been refused", Status: http.StatusOK}
	}
	return err
}

// activatedEarly types the code in while the device is still without its key.
func activatedEarly(ctx context.Context, s *Shop) error {
	code, err := s.Board(ctx, "P3MIX")
	if err != nil {
		return err
	}
	if err := s.SwitchOn(ctx, ""); err != nil {
		return err
	}
	if err := s.device(ctx, "it has its key", func(d state) bool { return d.Online && d.Configured }); err != nil {
		return err
	}
	if err := s.Fault(ctx, "slow-sync"); err != nil {
		return err
	}
	if err := s.device(ctx, "it is online without its key", func(d state) bool { return d.Online && !d.Configured }); err != nil {
		return err
	}
	if err := s.Sim(ctx, "POST", "terminals/"+s.POIID+"/activate", object{"code": code}, nil); err != nil {
		return err
	}
	return s.device(ctx, "it shows the error", func(d state) bool { return d.Screen.Error != "" })
}

// orderWithoutKey places an order that the terminal itself ends.
func orderWithoutKey(ctx context.Context, s *Shop) (Subject, error) {
	if err := s.Fault(ctx, "no-ipek"); err != nil {
		return Subject{}, err
	}
	if err := s.device(ctx, "it is online without its key", func(d state) bool { return d.Online && !d.Configured }); err != nil {
		return Subject{}, err
	}
	ref, err := s.Order(ctx, 1250, nil)
	if err == nil {
		err = s.Ends(ctx, ref, "cancelled")
	}
	return Subject{Type: "order", ID: ref, Key: s.Key}, err
}

func oldProgram(ctx context.Context, s *Shop) error {
	if err := s.Fault(ctx, "old-software"); err != nil {
		return err
	}
	return s.device(ctx, "it is back", func(d state) bool { return d.Online })
}

// paperOut and receiptsOff concern nobody but who waits for paper.
func paperOut(ctx context.Context, s *Shop) (Subject, error) {
	if err := s.Fault(ctx, "paper-out"); err != nil {
		return Subject{}, err
	}
	return terminalWith("no receipt")(ctx, s)
}

func receiptsOff(ctx context.Context, s *Shop) (Subject, error) {
	off := object{"receiptPrinting.merchantApproved": false, "receiptPrinting.shopperApproved": false}
	if err := s.Native(ctx, "PATCH", "terminals/"+s.TID+"/settings", object{"set": off}, nil); err != nil {
		return Subject{}, err
	}
	return terminalWith("no receipt")(ctx, s)
}

func developed(ctx context.Context, s *Shop) error {
	return s.Native(ctx, "POST", "terminals/"+s.TID+"/developer-mode", object{"on": true}, nil)
}

// openedWhilePaying opens the device while it waits for a card: it gives the order up.
func openedWhilePaying(ctx context.Context, s *Shop) (Subject, error) {
	ref, err := s.Order(ctx, 1250, nil)
	if err == nil {
		err = s.Shown(ctx, "presentCard")
	}
	if err == nil {
		err = s.Fault(ctx, "tamper")
	}
	if err == nil {
		err = s.Ends(ctx, ref, "cancelled")
	}
	return Subject{Type: "order", ID: ref, Key: s.Key}, err
}

// openedTwice lets an inspection be between two alarms.
func openedTwice(ctx context.Context, s *Shop) error {
	if err := s.opened(ctx); err != nil {
		return err
	}
	if err := s.Native(ctx, "DELETE", "devices/"+s.POIID+"/tampered", nil, nil); err != nil {
		return err
	}
	if err := s.MendOne(ctx, "tamper"); err != nil {
		return err
	}
	if err := s.device(ctx, "it has its key again", func(d state) bool { return d.Online && d.Configured }); err != nil {
		return err
	}
	return s.opened(ctx)
}

// opened opens the device, and waits until the cloud has heard of it.
func (s *Shop) opened(ctx context.Context) error {
	if err := s.Fault(ctx, "tamper"); err != nil {
		return err
	}
	return s.Await(ctx, "the cloud knows of the alarm", func() (bool, error) {
		var d struct{ Tampered any }
		err := s.Native(ctx, "GET", "devices/"+s.POIID, nil, &d)
		return d.Tampered != nil, err
	})
}

// state is what a virtual terminal tells of itself to who stands before it.
type state struct {
	Online, Configured, Powered bool
	Screen                      struct{ Name, Error string }
}

// device waits until the virtual terminal is in a state.
func (s *Shop) device(ctx context.Context, what string, so func(state) bool) error {
	return s.Await(ctx, what, func() (bool, error) {
		var d state
		err := s.Sim(ctx, "GET", "terminals/"+s.POIID+"/state", nil, &d)
		return so(d), err
	})
}
