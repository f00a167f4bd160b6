package cause

import (
	"context"
	"errors"
)

// chargeRecipes make what goes wrong at chargers: each has a charge point operator of its own.
func chargeRecipes() []Recipe {
	return []Recipe{
		{
			Code: "charge_above_hold", What: "a car charges for more than is held", Layer: InOrder, Model: chargers,
			Meet: charging(Car{Price: 6000}),
		},
		{
			Code: "over_commit_refused", What: "the bank refuses what is above the hold", Layer: InOrder, Model: chargers,
			Meet: overCommitted,
		},
		{
			Code: "callback_lost", What: "the operator never reports how a start went", Layer: OnHook, Model: chargers,
			Meet: charging(Car{Price: 1200}, object{"kind": "result-lost"}),
		},
		{
			Code: "confirmation_rejected", What: "the operator rejects the word on what was captured", Layer: OnHook, Model: chargers,
			Meet: charging(Car{Price: 1200}, object{"kind": "refuse-fac"}),
		},
		{
			Code: "start_refused", What: "the operator refuses to start the charger", Layer: OnTerminal, Model: chargers,
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				err := s.Station(ctx)
				if err == nil {
					err = s.Operator(ctx, "POST", "fault", object{"kind": "refuse-start"}, nil)
				}
				if err == nil {
					err = s.Choose(ctx, Car{})
				}
				var list struct{ Data []struct{ Reference string } }
				if err == nil {
					err = s.Native(ctx, "GET", "orders?terminal="+s.TID, nil, &list)
				}
				if err != nil || len(list.Data) == 0 {
					return Subject{}, errors.Join(err, errors.New("no order was made"))
				}
				return s.about(list.Data[0].Reference), nil
			},
		},
		{
			Code: "bills_late", What: "the operator sends the price an hour late", Layer: OnHook, Model: chargers, Whole: true,
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				const late = 3720 // seconds
				about, err := charging(Car{Price: 1200}, object{"kind": "cdr-late", "seconds": late})(ctx, s)
				if err == nil {
					err = s.told(ctx, 1)
				}
				if err == nil {
					err = s.Native(ctx, "POST", "clock", object{"advance": "62m"}, nil)
				}
				if err == nil {
					err = s.Operator(ctx, "POST", "skip", object{"seconds": late}, nil)
				}
				return about, err
			},
		},
		{
			Code: "orphaned_hold", What: "the operator never sends the price of a session", Layer: InOrder, Model: chargers, Whole: true,
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				about, err := charging(Car{Price: 1200}, object{"kind": "cdr-never"})(ctx, s)
				if err == nil {
					err = s.told(ctx, 0)
				}
				if err == nil {
					err = s.Native(ctx, "POST", "clock", object{"advance": "31m"}, nil)
				}
				return about, err
			},
		},
	}
}

// told waits until the operator has told all that it has to tell but for so many things: the cloud knows then that the
// session is over.
func (s *Shop) told(ctx context.Context, but int) error {
	return s.Await(ctx, "the operator has told of the end", func() (bool, error) {
		var state struct{ Owed int }
		err := s.Operator(ctx, "GET", "state", nil, &state)
		return state.Owed <= but, err
	})
}

// charging is met by a driver who charges at the shop's terminal, where the operator has some faults, and asking about his
// payment.
func charging(c Car, faults ...object) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		if err := s.Station(ctx); err != nil {
			return Subject{}, err
		}
		for _, f := range faults {
			if err := s.Operator(ctx, "POST", "fault", f, nil); err != nil {
				return Subject{}, err
			}
		}
		ref, err := s.Charge(ctx, c)
		return s.about(ref), err
	}
}

// overCommitted is a charger whose operator lets more than the hold be asked for, and a car that costs more.
func overCommitted(ctx context.Context, s *Shop) (Subject, error) {
	if err := s.Station(ctx); err != nil {
		return Subject{}, err
	}
	in := healthySite()
	set(aStation, object{"location": "LOC1"})(in)
	set("payments/p1", object{"scope": "station", "of": "site-1", "over_commit": true})(in)
	if err := s.Place(ctx, in, s.serial()); err != nil {
		return Subject{}, err
	}
	ref, err := s.Charge(ctx, Car{Price: 6000})
	return s.about(ref), err
}
