package cause

import (
	"context"
	"time"
)

// chargerRecipes make what goes wrong at chargers and is asked about of the charger: each has an operator of its own, whose
// platform, contract and set-up are well.
func chargerRecipes() []Recipe {
	return []Recipe{
		atCharger("holds_too_low", "a car charged for more than was held", func(ctx context.Context, s *Shop) error {
			_, err := s.Charge(ctx, Car{Price: 6000})
			if err == nil {
				err = s.told(ctx, 0)
			}
			return err
		}),
		atCharger("starts_fail", "the charger accepts each start, and then does not work", func(ctx context.Context, s *Shop) error {
			if err := s.Operator(ctx, "POST", "fault", object{"kind": "start-fails"}, nil); err != nil {
				return err
			}
			for range 3 {
				if err := s.Choose(ctx, Car{}); err != nil {
					return err
				}
				if err := s.over(ctx); err != nil {
					return err
				}
			}
			return nil
		}),
		atCharger("operator_clock_skew", "the operator's clock is five minutes ahead", func(ctx context.Context, s *Shop) error {
			err := s.Operator(ctx, "POST", "skip", object{"seconds": 300}, nil)
			if err == nil {
				_, err = s.Charge(ctx, Car{Price: 1200})
			}
			return err
		}),
		atCharger("tariff_currency_differs", "the set-up is in another currency than the tariff", nil, set(aSetup, object{"currency": "SEK"})),
		atCharger("reader_stuck", "the reader has been reading a card for twenty minutes", nil, func(in site) {
			set(aTerminal, object{"state": "CARD_READING", "state_at": time.Now().Add(-20 * time.Minute).UTC().Format(time.RFC3339)})(in)
		}),
		atCharger("assigned_elsewhere", "the terminal is assigned to a location that is not there", func(ctx context.Context, s *Shop) error {
			return s.Operator(ctx, "POST", "assign", object{"terminal": s.TID, "locations": []string{"LOC1", "GONE"}}, nil)
		}),
		atCharger("terminal_declines", "cards are declined at this terminal, and at no other", declined),
		atCharger("operator_token_refused", "the operator does not know the token any more", func(ctx context.Context, s *Shop) error {
			err := s.Operator(ctx, "POST", "fault", object{"kind": "refuse-token"}, nil)
			if err == nil {
				err = s.Sim(ctx, "POST", "terminals/"+s.POIID+"/choose", object{"evse": "EVSE-1", "connector": "1", "language": "en"}, nil)
			}
			return err
		}),
		withFault("no_tariff", "a connector has no tariff", object{"kind": "no-tariff", "evse": "EVSE-2"}),
		withFault("tariff_unpriceable", "the tariff has another price by night", object{"kind": "restricted"}),
		withFault("point_unlabelled", "one of two chargers has no physical reference", object{"kind": "no-label", "evse": "EVSE-2"}),
		stale(),
	}
}

// withFault is met by asking about a charger that its operator has had a fault of from the beginning.
func withFault(code, what string, fault object) Recipe {
	r := atCharger(code, what, nil)
	r.Break = func(ctx context.Context, s *Shop) error { return s.Operator(ctx, "POST", "fault", fault, nil) }
	return r
}

// stale is a charger of which nothing has been heard for two hours, by both clocks.
func stale() Recipe {
	r := withFault("charger_status_stale", "nothing was heard of the charger for two hours", object{"kind": "offline", "evse": "EVSE-2"})
	meet := r.Meet
	r.Whole = true
	r.Meet = func(ctx context.Context, s *Shop) (Subject, error) {
		about, err := meet(ctx, s)
		if err == nil {
			err = s.Operator(ctx, "POST", "skip", object{"seconds": 7200}, nil)
		}
		if err == nil {
			err = s.Native(ctx, "POST", "clock", object{"advance": "2h"}, nil)
		}
		return about, err
	}
	return r
}

// declined has five cards declined at the charger, and five taken at a till.
func declined(ctx context.Context, s *Shop) error {
	for range 5 {
		if err := s.Choose(ctx, Car{Card: "visa:005"}); err != nil {
			return err
		}
		if err := s.over(ctx); err != nil {
			return err
		}
	}
	till := *s
	err := till.AddTerminal(ctx, "P2")
	for range 5 {
		if err == nil {
			_, err = till.Pay(ctx, 1250, "visa")
		}
	}
	return err
}

// atCharger is met by asking about the charger where something happened.
func atCharger(code, what string, happens func(context.Context, *Shop) error, changes ...func(site)) Recipe {
	return Recipe{
		Code: code, What: what, Layer: OnTerminal, Model: chargers,
		Meet: func(ctx context.Context, s *Shop) (Subject, error) {
			err := s.Station(ctx)
			if err == nil && happens != nil {
				err = happens(ctx, s)
			}
			in := healthySite()
			set(aTerminal, object{"model": chargers, "serial": s.serial(), "state_at": time.Now().UTC().Format(time.RFC3339)})(in)
			for _, change := range changes {
				change(in)
			}
			if err == nil {
				err = s.Place(ctx, in, s.serial())
			}
			return Subject{Type: "charger", ID: "site-1", Key: s.AccountKey}, err
		},
	}
}

// over waits until no session is open at the terminal.
func (s *Shop) over(ctx context.Context) error {
	return s.Await(ctx, "nothing is open at the charger", func() (bool, error) {
		var list struct{ Data []struct{ State string } }
		err := s.Native(ctx, "GET", "charging-sessions?open=true&terminal="+s.TID, nil, &list)
		return err == nil && len(list.Data) == 0, err
	})
}
