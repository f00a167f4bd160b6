package cause

import (
	"context"
)

// chargers is the model of the terminals that stand at chargers.
const chargers = "EV1"

// Car is what is plugged in, and what the driver does with it.
type Car struct {
	EVSE string // EVSE-1 when empty
	// Price is what the charge costs in the end, in minor units, at 0.50 a kWh.
	Price int64
	// Card is what is tapped, visa when empty.
	Card string
}

// Operator calls the simulated charge point operator of the shop, whom nobody else has anything to do with.
func (s *Shop) Operator(ctx context.Context, method, path string, body, to any) error {
	return s.Sim(ctx, method, "operator/"+s.POIID+"/"+path, body, to)
}

// Station puts the shop's terminal at the chargers of an operator: the two shake hands, the operator assigns its site to the
// terminal, and the terminal sells it.
func (s *Shop) Station(ctx context.Context) error {
	var made struct{ ID, TokenA string }
	if err := s.Native(ctx, "POST", "ocpi-connections", object{"name": "Laadpunt " + s.POIID, "account": s.Account}, &made); err != nil {
		return err
	}
	s.Connection = made.ID
	if err := s.Operator(ctx, "POST", "register", object{"url": s.URL + "/ocpi/versions", "token": made.TokenA}, nil); err != nil {
		return err
	}
	if err := s.Operator(ctx, "POST", "activate", object{"reference": s.serial()}, nil); err != nil {
		return err
	}
	return s.Await(ctx, "the terminal sells the chargers", func() (bool, error) {
		t, err := s.unattended(ctx)
		return len(t.Sells.Points) > 0, err
	})
}

// serial is the number on the terminal.
func (s *Shop) serial() string { return s.POIID[len(chargers)+1:] }

// stand is what an unattended terminal shows.
type stand struct {
	Exchange string
	Sells    struct{ Points []struct{ EVSE string } }
}

func (s *Shop) unattended(ctx context.Context) (t stand, err error) {
	return t, s.Sim(ctx, "GET", "terminals/"+s.POIID+"/state", nil, &t)
}

// charged is a charge as the operator has it.
type charged struct{ Reference, EVSE, Status string }

func (s *Shop) charges(ctx context.Context) (list []charged, err error) {
	var state struct{ Charges []charged }
	err = s.Operator(ctx, "GET", "state", nil, &state)
	return state.Charges, err
}

// Choose lets a driver choose a charger and tap a card, once the terminal asks for one.
func (s *Shop) Choose(ctx context.Context, c Car) error {
	if c.EVSE == "" {
		c.EVSE = "EVSE-1"
	}
	if c.Card == "" {
		c.Card = "visa"
	}
	at := "terminals/" + s.POIID
	if err := s.Sim(ctx, "POST", at+"/choose", object{"evse": c.EVSE, "connector": "1", "language": "en"}, nil); err != nil {
		return err
	}
	err := s.Await(ctx, "the terminal asks for a card", func() (bool, error) {
		t, err := s.unattended(ctx)
		return t.Exchange != "", err
	})
	if err != nil {
		return err
	}
	return s.Sim(ctx, "POST", at+"/card", object{"card": c.Card, "present": "tap", "wait": false}, nil)
}

// Charge lets a driver charge a car until it is full, and gives the reference of the session. What the driver would see on
// the way would end a session that costs more than is held, so that the operator says nothing on the way.
func (s *Shop) Charge(ctx context.Context, c Car) (ref string, err error) {
	before, err := s.charges(ctx)
	if err != nil {
		return "", err
	}
	if c.EVSE == "" {
		c.EVSE = "EVSE-1"
	}
	if err := s.Operator(ctx, "POST", "fault", object{"kind": "quiet"}, nil); err != nil {
		return "", err
	}
	const whPerCent, fast = 20, 100_000
	if err := s.Operator(ctx, "POST", "plug", object{"evse": c.EVSE, "wh_per_second": fast, "wants_wh": c.Price * whPerCent}, nil); err != nil {
		return "", err
	}
	if err := s.Choose(ctx, c); err != nil {
		return "", err
	}
	return ref, s.Await(ctx, "the car is full", func() (bool, error) {
		list, err := s.charges(ctx)
		if err != nil || len(list) <= len(before) {
			return false, err
		}
		ref = list[len(before)].Reference
		return list[len(before)].Status == "COMPLETED", nil
	})
}
