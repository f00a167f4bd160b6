package cause

import "context"

// chargeRecipes make what goes wrong at chargers: each has a charge point operator of its own.
func chargeRecipes() []Recipe {
	return []Recipe{
		{
			Code: "charge_above_hold", What: "a car charges for more than is held", Layer: InOrder, Model: chargers,
			Meet: charging(Car{Price: 6000}),
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
			Code: "orphaned_hold", What: "the operator never sends the price of a session", Layer: InOrder, Model: chargers, Whole: true,
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				about, err := charging(Car{Price: 1200}, object{"kind": "cdr-never"})(ctx, s)
				if err == nil {
					err = s.overAt(ctx)
				}
				if err == nil {
					err = s.Native(ctx, "POST", "clock", object{"advance": "31m"}, nil)
				}
				return about, err
			},
		},
	}
}

// overAt waits until the operator has told all that it has to tell: the cloud knows then that the session is over.
func (s *Shop) overAt(ctx context.Context) error {
	return s.Await(ctx, "the operator has told of the end", func() (bool, error) {
		var state struct{ Owed int }
		err := s.Operator(ctx, "GET", "state", nil, &state)
		return state.Owed == 0, err
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
