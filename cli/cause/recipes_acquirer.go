package cause

import (
	"context"
	"time"
)

// acquirerRecipes make what the acquirer, and the issuers behind it, answer or fail to answer.
func acquirerRecipes() []Recipe {
	list := []Recipe{
		{Code: "acquirer_down", What: "the acquirer signs all its links off", Layer: AtAcquirer, About: "order", Whole: true, Break: signedOff, Meet: paying("visa"), Undo: signedOnAgain},
		{Code: "outcome_unknown", What: "no answer of the acquirer arrives any more", Layer: AtAcquirer, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: once(acquirerLoses(90), paying("visa"))},
		{Code: "outcome_reversed", What: "the acquirer never answers, and takes its reversal", Layer: AtAcquirer, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: paying("visa:100")},
		{Code: "acquirer_answers_wrong", What: "the MAC of the acquirer's answer is wrong", Layer: AtAcquirer, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: paying("visa:107")},
		{Code: "reversal_refused", What: "the acquirer does not answer, and refuses the reversal", Layer: AtAcquirer, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: paying("visa:103")},
		{Code: "chip_refused_after_approval", What: "the chip refuses what the issuer approved", Layer: OnCard, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: inserting("visa:083")},
		{Code: "partial_not_allowed", What: "the issuer approves a part of the amount", Layer: OnCard, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: paying("visa:010")},
		{Code: "wrong_pin", What: "the customer leaves after a wrong PIN", Layer: OnCard, Needs: []Capability{Answers}, Takes: loses(Approves, "the payment is not approved"), About: "order", Break: issuerAnswers("55"), Meet: walkingAway("visa")},
		{Code: "card_not_activated", What: "a card that was never used is put in", Layer: OnCard, Needs: []Capability{Answers}, Takes: loses(Approves, "the payment is not approved"), About: "order", Break: issuerAnswers("78"), Meet: inserting("visa")},
		{Code: "card_account_closed", What: "the account of the card is closed", Layer: OnCard, Needs: []Capability{Answers}, Takes: loses(Approves, "the payment is not approved"), About: "order", Break: issuerAnswers("46"), Meet: paying("visa")},
		{Code: "issuer_doubts_security", What: "the issuer takes the payment for a fraud", Layer: OnCard, Needs: []Capability{Answers}, Takes: loses(Approves, "the payment is not approved"), About: "order", Break: issuerAnswers("63"), Meet: paying("visa")},
		{Code: "acquirer_keys_out_of_step", What: "the host cannot use the keys", Layer: AtAcquirer, Needs: []Capability{Answers}, Takes: loses(Approves, "the payment is not approved"), About: "order", Meet: once(issuerAnswers("88"), paying("visa"))},
	}
	for _, deck := range []struct{ code, card, what string }{
		{"refer_to_issuer", "visa:001", "the issuer wants to be called"}, {"issuer_declined", "visa:005", "the issuer declines without a reason"},
		{"card_reported", "visa:041", "the card was reported as lost"}, {"insufficient_funds", "visa:051", "the account is empty"},
		{"card_expired", "visa:054", "the card is past its date"}, {"pin_tries_exceeded", "visa:075", "the PIN was wrong too often"},
		{"card_limit_exceeded", "visa:061", "the amount is over the card's limit"}, {"card_not_permitted", "visa:057", "the card may not be used so"},
		{"card_number_unknown", "visa:014", "no issuer knows the card"}, {"card_cryptogram_wrong", "visa:082", "the chip is a copy"},
		{"issuer_unavailable", "visa:091", "the issuer cannot be reached"}, {"host_malfunction", "visa:096", "the issuer's system fails"},
		{"acquirer_knows_no_merchant", "visa:003", "the host does not know the merchant"}, {"acquirer_refuses_function", "visa:012", "the host offers no such transaction"},
		{"acquirer_refuses_amount", "visa:013", "the host takes no such amount"}, {"acquirer_format_error", "visa:030", "the host cannot read the request"},
		{"terminal_not_permitted", "visa:058", "the host allows the terminal no such payment"},
	} {
		list = append(list, Recipe{Code: deck.code, What: deck.what, Layer: OnCard, Needs: []Capability{Asks}, Takes: loses(Approves, "the payment is declined"), About: "order", Meet: paying(deck.card)})
	}
	return list
}

// once breaks something for this one payment: what never comes as far as a card does not meet it.
func once(breaks func(context.Context, *Shop) error, meet func(context.Context, *Shop) (Subject, error)) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		if err := breaks(ctx, s); err != nil {
			return Subject{}, err
		}
		return meet(ctx, s)
	}
}

// issuerAnswers lets the issuer answer payments on the shop's terminal with a response code.
func issuerAnswers(code string) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error {
		return s.Sim(ctx, "POST", "acquirer/fault", object{"kind": "decline", "code": code, "count": 1, "tid": s.TID}, nil)
	}
}

// acquirerLoses lets so many answers about the shop's terminal get lost.
func acquirerLoses(count int) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error {
		return s.Sim(ctx, "POST", "acquirer/fault", object{"kind": "drop-next-answer", "count": count, "tid": s.TID}, nil)
	}
}

func signedOff(ctx context.Context, s *Shop) error {
	return s.Sim(ctx, "POST", "acquirer/fault", object{"kind": "sign-off"}, nil)
}

// signedOnAgain waits until payments go through again.
func signedOnAgain(ctx context.Context, s *Shop) error {
	const most = time.Minute
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return s.Await(ctx, "payments go through again", func() (bool, error) {
		ref, err := s.Pay(ctx, 1250, "visa")
		if err != nil {
			return false, err
		}
		status, err := s.Status(ctx, ref)
		return status == "completed", err
	})
}

// walkingAway is met by a card that is held to the terminal, and a customer who then leaves.
func walkingAway(card string) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		ref, err := s.Order(ctx, 1250, nil)
		if err == nil {
			err = s.Shown(ctx, "presentCard")
		}
		if err == nil {
			err = s.Sim(ctx, "POST", "terminals/"+s.POIID+"/card", object{"present": "tap", "card": card, "wait": false}, nil)
		}
		if err == nil {
			err = s.Shown(ctx, "pinAgain")
		}
		if err == nil {
			err = s.giveUp(ctx, ref)
		}
		return Subject{Type: "order", ID: ref, Key: s.Key}, err
	}
}

// giveUp cancels an order that has not ended, as a register does.
func (s *Shop) giveUp(ctx context.Context, ref string) error {
	status, err := s.Status(ctx, ref)
	if err == nil && (status == "declined" || status == "initialized") {
		err = s.POS(ctx, s.Key, "POST", "orders/"+ref+"/cancel", nil, nil)
	}
	return err
}
