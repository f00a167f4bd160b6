package cause

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// paymentRecipes make what goes wrong with orders and their cards.
func paymentRecipes() []Recipe {
	return append(waitingRecipes(), cardRecipes()...)
}

func waitingRecipes() []Recipe {
	return []Recipe{
		{
			Code: "never_delivered", What: "the payment program of the terminal hangs", Layer: OnTerminal, Needs: []Capability{Linked, Made}, Takes: []Loss{{Shows, "the terminal shows no order"}, {Ends, "the order waits"}}, About: "order",
			Break: faulty("app-frozen"), Meet: ordering,
		},
		{
			Code: "cloud_mode_off", What: "somebody switched cloud mode off on the terminal", Layer: OnTerminal, Needs: []Capability{Linked, Made}, Takes: []Loss{{Shows, "the terminal shows no order"}, {Ends, "the order waits"}}, About: "order",
			Break: setOnDevice("cloudMode", "off"), Meet: ordering,
		},
		{
			Code: "manual_input_enabled", What: "somebody left manual input on", Layer: OnTerminal, Needs: []Capability{Linked, Made}, Takes: []Loss{{Shows, "the terminal shows no order"}, {Ends, "the order waits"}}, About: "order",
			Break: setOnDevice("manualInput", "on"), Meet: ordering,
		},
		{
			Code: "busy_previous_payment", What: "the register sends a second payment while the first is on the screen", Layer: InOrder, Needs: []Capability{Shows}, Takes: []Loss{{Presents, "nobody presents a card"}, {Ends, "the second order waits behind the first"}}, About: "order",
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				if _, err := s.Order(ctx, 1250, nil); err != nil {
					return Subject{}, err
				}
				if err := s.Shown(ctx, "presentCard"); err != nil {
					return Subject{}, err
				}
				return ordering(ctx, s)
			},
		},
		{
			Code: "stuck_declined_patch_cancel", What: "the register cancels a declined payment with PATCH", Layer: InOrder, Needs: []Capability{Asks}, Takes: loses(Answers, "the issuer declines it without a reason"), About: "order",
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				ref, err := s.Order(ctx, 1250, nil)
				if err == nil {
					_, err = s.Present(ctx, "visa:005", "")
				}
				if err == nil {
					err = s.Ends(ctx, ref, "declined")
				}
				if err == nil {
					err = s.POS(ctx, s.Key, "PATCH", "orders/"+ref, object{"status": "cancelled", "exclude_order": true}, nil)
				}
				return s.about(ref), err
			},
		},
		{
			Code: "double_payment", What: "the register cancels too late, and charges the same card again", Layer: InOrder, Needs: []Capability{Approves}, About: "order",
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				if _, err := lateCancel(ctx, s); err != nil {
					return Subject{}, err
				}
				ref, err := s.Pay(ctx, 1250, "visa")
				return s.about(ref), err
			},
		},
		{
			Code: "cannot_cancel_now", What: "the register cancels a payment that was approved", Layer: InOrder, Needs: []Capability{Approves}, About: "order",
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				ref, err := lateCancel(ctx, s)
				return s.about(ref), err
			},
		},
		{
			Code: "event_stream_closed", What: "the register stops listening after declined", Layer: InOrder, Needs: []Capability{Approves}, About: "order",
			Meet: deafAfterDeclined,
		},
	}
}

func cardRecipes() []Recipe {
	return []Recipe{
		{Code: "config_error", What: "the terminal has lost its list of accepted cards", Layer: OnTerminal, Needs: []Capability{Presents}, Takes: loses(Reads, "no card is accepted"), About: "order", Break: faulty("no-profile"), Meet: paying("visa")},
		{Code: "card_not_supported", What: "the customer presents a loyalty card", Layer: OnCard, Needs: []Capability{Reads}, Takes: loses(Chooses, "nothing comes of this card"), About: "order", Meet: paying("visa:110")},
		{Code: "use_other_interface", What: "the card allows no tap, and the customer does not insert it", Layer: OnCard, Needs: []Capability{Reads}, Takes: loses(Chooses, "nothing comes of this card"), About: "order", Meet: holding("tap", "visa:113", "insertCard", 1)},
		{Code: "card_declined_1000", What: "the chip of the card has blocked its PIN", Layer: OnCard, Needs: []Capability{Reads}, Takes: loses(Chooses, "nothing comes of this card"), About: "order", Meet: inserting("visa:122")},
		{Code: "use_magstripe", What: "the chip of the card cannot be read", Layer: OnCard, Needs: []Capability{Reads}, Takes: loses(Chooses, "nothing comes of this card"), About: "order", Meet: holding("insert", "visa:114", "useMagstripe", 3)},
		{
			Code: "method_disabled", What: "cards of one brand are switched off for the terminal", Layer: OnTerminal, Needs: []Capability{Chooses}, Takes: loses(Asks, "cards of the brand are refused before the host is asked"), About: "order",
			Break: func(ctx context.Context, s *Shop) error {
				return s.Native(ctx, "PATCH", "terminals/"+s.TID+"/settings", object{"set": object{"cloud.disabledMethods": []string{"VISA"}}}, nil)
			},
			Meet: paying("visa"),
		},
		{Code: "soft_decline_waiting_pin", What: "the bank wants the chip, and the customer walks away", Layer: OnCard, Needs: []Capability{Asks}, Takes: loses(Approves, "the customer walks away"), About: "order", Meet: holding("tap", "visa:073", "insertCard", 1)},
	}
}

// about is an order that the shop asks about.
func (s *Shop) about(ref string) Subject { return Subject{Type: "order", ID: ref, Key: s.Key} }

// ordering is met by an order that nobody pays, and asking about it.
func ordering(ctx context.Context, s *Shop) (Subject, error) {
	ref, err := s.Order(ctx, 1250, nil)
	return s.about(ref), err
}

// SetOnDevice changes one of the terminal's own settings, as somebody in front of it.
func (s *Shop) SetOnDevice(ctx context.Context, id, value string) error {
	return s.Sim(ctx, "POST", "terminals/"+s.POIID+"/settings", object{"id": id, "value": value}, nil)
}

func setOnDevice(id, value string) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error { return s.SetOnDevice(ctx, id, value) }
}

// holding is met by a card that is presented so often and then taken away, once the terminal shows a screen; the
// register gives the order up.
func holding(how, card, screen string, times int) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		ref, err := s.Order(ctx, 1250, nil)
		if err == nil {
			err = s.Shown(ctx, "presentCard")
		}
		for range times {
			if err == nil {
				err = s.Sim(ctx, "POST", "terminals/"+s.POIID+"/card", object{"present": how, "card": card, "wait": false}, nil)
			}
		}
		if err == nil {
			err = s.Shown(ctx, screen)
		}
		if err == nil {
			err = s.POS(ctx, s.Key, "POST", "orders/"+ref+"/cancel", nil, nil)
		}
		return s.about(ref), err
	}
}

// inserting is met by a card that is put into the reader, and the register giving the order up.
func inserting(card string) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		ref, err := s.Order(ctx, 1250, nil)
		if err == nil {
			_, err = s.Present(ctx, card, "insert")
		}
		if err == nil {
			err = s.dealtWith(ctx, ref)
		}
		if err == nil {
			err = s.giveUp(ctx, ref)
		}
		return s.about(ref), err
	}
}

// lateCancel pays and then cancels, which is refused.
func lateCancel(ctx context.Context, s *Shop) (ref string, err error) {
	if ref, err = s.Pay(ctx, 1250, "visa"); err != nil {
		return ref, err
	}
	if err = s.Ends(ctx, ref, "completed"); err != nil {
		return ref, err
	}
	return ref, refusedWith(s.POS(ctx, s.Key, "POST", "orders/"+ref+"/cancel", nil, nil))
}

// refusedWith turns a refusal, which is what was wanted, into nil, and a success into an error.
func refusedWith(err error) error {
	var no *Refusal
	switch {
	case errors.As(err, &no) && no.Status < http.StatusInternalServerError:
		return nil
	case err == nil:
		return errors.New("it was not refused")
	}
	return err
}

// deafAfterDeclined follows an order until it is declined; then the customer pays with another card.
func deafAfterDeclined(ctx context.Context, s *Shop) (Subject, error) {
	ref := "till-" + s.Name()
	var made struct {
		Data struct {
			Token  string `json:"events_token"`
			Stream string `json:"events_stream_url"`
		}
	}
	if err := s.POS(ctx, s.Key, "POST", "orders", s.order(ref, 1250, nil), &made); err != nil {
		return Subject{}, err
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	heard := make(chan error, 1)
	go func() { heard <- s.listen(listening, made.Data.Stream, made.Data.Token, "declined") }()
	if _, err := s.Present(ctx, "visa:005", ""); err != nil {
		return Subject{}, err
	}
	if err := <-heard; err != nil {
		return Subject{}, err
	}
	hangUp()
	// The installation notices that nobody listens any more at its next word at the latest.
	if err := s.pause(ctx, time.Second); err != nil {
		return Subject{}, err
	}
	if _, err := s.Present(ctx, "visa", ""); err != nil {
		return Subject{}, err
	}
	return s.about(ref), s.Ends(ctx, ref, "completed")
}

// pause lets some time go by.
func (l *Lab) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// listen reads an event stream until it tells a status, and leaves it.
func (s *Shop) listen(ctx context.Context, stream, token, status string) error {
	at, err := url.Parse(stream)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+at.RequestURI(), nil)
	if err != nil {
		return err
	}
	r.Header = http.Header{"Authorization": {token}, "Accept": {"text/event-stream"}}
	answer, err := s.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var told struct{ Status string }
		if ok && json.Unmarshal([]byte(data), &told) == nil && told.Status == status {
			return nil
		}
	}
	return fmt.Errorf("the stream ended before %s: status %d", status, answer.StatusCode)
}
