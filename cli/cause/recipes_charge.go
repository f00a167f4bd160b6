package cause

import "context"

// chargeRecipes make what goes wrong at chargers: each has a charge point operator of its own.
func chargeRecipes() []Recipe {
	return []Recipe{
		{
			Code: "charge_above_hold", What: "a car charges for more than is held", Layer: InOrder, Model: chargers,
			Meet: charging(Car{Price: 6000}),
		},
	}
}

// charging is met by a driver who charges at the shop's terminal, and asking about his payment.
func charging(c Car) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		if err := s.Station(ctx); err != nil {
			return Subject{}, err
		}
		ref, err := s.Charge(ctx, c)
		return s.about(ref), err
	}
}
