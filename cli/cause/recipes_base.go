package cause

import "context"

// baseRecipes are the first ones. Each group of rules has a file of its own beside this one.
func baseRecipes() []Recipe {
	return []Recipe{
		{
			Code: "expired_no_card", What: "nobody presents a card for as long as the terminal waits", Layer: InOrder, About: "order", Whole: true,
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				ref, err := s.Order(ctx, 1250, nil)
				if err == nil {
					err = s.Shown(ctx, "presentCard")
				}
				if err == nil {
					err = s.Native(ctx, "POST", "clock", object{"advance": "61s"}, nil)
				}
				if err == nil {
					err = s.Ends(ctx, ref, "cancelled")
				}
				return Subject{Type: "order", ID: ref, Key: s.Key}, err
			},
		},
	}
}
