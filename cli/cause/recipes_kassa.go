package cause

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// kassaRecipes make what Kassa itself knows: keys, calls, records, settings, and terminals that are off.
func kassaRecipes() []Recipe {
	return []Recipe{
		{Code: "terminal_powered_off", What: "somebody switches the terminal off", Layer: OnTerminal, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: switchedOff, Meet: aboutTerminal},
		{Code: "terminal_barred", What: "the administrator blocks the terminal", Layer: OnTerminal, Takes: append(closed(), Loss{Address, "a blocked terminal has no link, by whose address it is known"}), About: "terminal", Break: blocked, Meet: aboutTerminal},
		{Code: "card_reader_out", What: "the card reader is out of order", Layer: OnTerminal, Needs: []Capability{Tells, Waits}, Takes: loses(Reads, "no card is read"), About: "terminal", Break: faulty("reader-out"), Meet: aboutTerminal},
		{Code: "setting_refused", What: "the terminal is sent a setting that its model does not have", Layer: OnHook, About: "terminal", Break: refusesSetting, Meet: aboutTerminal},
		{Code: "setting_pending", What: "a setting is changed while the terminal is out of reach", Layer: OnTerminal, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: missesSetting, Meet: aboutTerminal},
		{Code: "key_revoked", What: "a register goes on with a key that was revoked", Layer: OnKey, About: "key", Meet: revokedKey},
		{Code: "key_expired", What: "a register goes on with a key that has expired", Layer: OnKey, About: "key", Meet: expiredKey},
		{Code: "key_of_other_environment", What: "a register shows a live key here", Layer: OnKey, About: "key", Meet: liveKey},
		{Code: "key_network", What: "a key is used from an address that is not in its list", Layer: OnKey, About: "key", Meet: keyElsewhere},
		{Code: "key_may_not", What: "an auditor's key asks for a payment", Layer: OnKey, About: "key", Meet: auditorPays},
		{Code: "duplicate_reference", What: "a register uses an order id twice", Layer: InOrder, Needs: []Capability{Made}, Takes: []Loss{{Presents, "nobody presents a card"}, {Ends, "the first order goes on"}}, About: "order", Meet: sameID},
		{Code: "terminal_unknown", What: "a register names a terminal that is not here", Layer: OnKey, About: "key", Meet: ordersFor("ZZZZZZZZ")},
		{Code: "wrong_group_key", What: "a register uses the key of another group than its terminal's", Layer: OnKey, About: "key", Meet: otherGroupsKey},
		{Code: "key_replay", What: "the terminal uses a key of its secure module again", Layer: OnTerminal, Needs: []Capability{Approves}, Takes: loses(Asks, "what a key that was used sealed is not sent to the host"), About: "order", Break: replays, Meet: paying("visa")},
		{Code: "keys_used_up", What: "the terminal has no key left for a payment", Layer: OnTerminal, Needs: []Capability{Chooses}, Takes: loses(Opens, "nothing is sealed without a key"), About: "order", Break: faulty("keys-used-up"), Meet: paying("visa")},
		{Code: "card_data_unreadable", What: "what the terminal seals cannot be opened", Layer: OnTerminal, Needs: []Capability{Chooses}, Takes: loses(Opens, "what a wrong key sealed cannot be opened"), About: "order", Break: faulty("garbled-card"), Meet: paying("visa")},
		{Code: "stopped_at_terminal", What: "somebody presses the red key", Layer: InOrder, Needs: []Capability{Shows}, Takes: loses(Presents, "the red key is pressed before a card is presented"), About: "order", Meet: redKey},
		{Code: "hold_not_closed", What: "money is held for a day and an hour", Layer: InOrder, About: "order", Whole: true, Meet: heldFor("25h")},
		{Code: "hold_expired", What: "money is held until nobody may take it", Layer: InOrder, About: "order", Whole: true, Meet: heldFor("180h")},
		{Code: "terminals_offline", What: "one of two terminals has been off for two hours", Layer: OnTerminal, Whole: true, Break: offForHours, Meet: aboutInstallation},
		{Code: "deliveries_parked", What: "a webhook's address answers nothing until Kassa gives up", Layer: OnHook, Whole: true, Break: hookGone, Meet: aboutInstallation},
	}
}

func switchedOff(ctx context.Context, s *Shop) error {
	if err := s.Fault(ctx, "switched-off"); err != nil {
		return err
	}
	return s.Reach(ctx, "offline")
}

func blocked(ctx context.Context, s *Shop) error {
	return s.Native(ctx, "POST", "terminals/"+s.TID+"/block", object{"why": "reported missing"}, nil)
}

func refusesSetting(ctx context.Context, s *Shop) error {
	if err := s.setting(ctx, "localization.language", "xx-XX"); err != nil {
		return err
	}
	return s.tookOver(ctx)
}

func missesSetting(ctx context.Context, s *Shop) error {
	if err := s.setting(ctx, "receiptPrinting.merchantApproved", false); err != nil {
		return err
	}
	if err := s.tookOver(ctx); err != nil {
		return err
	}
	if err := s.cut(ctx); err != nil {
		return err
	}
	return s.setting(ctx, "receiptPrinting.merchantApproved", true)
}

// setting changes a setting of the shop's terminal.
func (s *Shop) setting(ctx context.Context, name string, value any) error {
	return s.Native(ctx, "PATCH", "terminals/"+s.TID+"/settings", object{"set": object{name: value}}, nil)
}

// unpayable places an order that must be refused, with a key.
func (s *Shop) unpayable(ctx context.Context, key string, more object, status ...int) error {
	return refused(s.POS(ctx, key, "POST", "orders", s.order("till-"+s.Name(), 1250, more), nil), status...)
}

// newKey makes a key of the shop's group.
func (s *Shop) newKey(ctx context.Context, role string, more object) (id, key string, err error) {
	body := object{"account": s.Account, "group": s.Group, "role": role, "name": role}
	for name, value := range more {
		body[name] = value
	}
	var made struct{ ID, Key string }
	err = s.Native(ctx, "POST", "keys", body, &made)
	return made.ID, made.Key, err
}

// unauthorised are the ways in which a key may be turned away.
func unauthorised() []int {
	return []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
}

func revokedKey(ctx context.Context, s *Shop) (Subject, error) {
	id, key, err := s.newKey(ctx, "cashier", nil)
	if err == nil {
		err = s.Native(ctx, "DELETE", "keys/"+id, nil, nil)
	}
	if err == nil {
		err = s.unpayable(ctx, key, nil, unauthorised()...)
	}
	return Subject{Type: "key", ID: id}, err
}

func expiredKey(ctx context.Context, s *Shop) (Subject, error) {
	var clock struct{ Now time.Time }
	if err := s.Native(ctx, "GET", "clock", nil, &clock); err != nil {
		return Subject{}, err
	}
	id, key, err := s.newKey(ctx, "cashier", object{"expires": clock.Now.Add(2 * time.Second)})
	if err != nil {
		return Subject{}, err
	}
	err = s.Await(ctx, "the key has expired", func() (bool, error) {
		err := s.POS(ctx, key, "GET", "orders/none", nil, nil)
		if r, ok := errors.AsType[*Refusal](err); ok {
			return r.Status == http.StatusUnauthorized, nil
		}
		return false, err
	})
	return Subject{Type: "key", ID: id}, err
}

func liveKey(ctx context.Context, s *Shop) (Subject, error) {
	id := s.Name()
	key := "live_" + "0000000000000000000000000000000000000000"[:40-len(id)] + id
	return Subject{Type: "key", ID: key[len(key)-4:]}, s.unpayable(ctx, key, nil, unauthorised()...)
}

func keyElsewhere(ctx context.Context, s *Shop) (Subject, error) {
	id, key, err := s.newKey(ctx, "cashier", object{"networks": []string{"192.0.2.0/24"}})
	if err == nil {
		err = s.unpayable(ctx, key, nil, unauthorised()...)
	}
	return Subject{Type: "key", ID: id}, err
}

func auditorPays(ctx context.Context, s *Shop) (Subject, error) {
	id, key, err := s.newKey(ctx, "auditor", nil)
	if err == nil {
		err = s.unpayable(ctx, key, nil, http.StatusForbidden)
	}
	return Subject{Type: "key", ID: id}, err
}

func sameID(ctx context.Context, s *Shop) (Subject, error) {
	ref, err := s.Order(ctx, 1250, nil)
	if err == nil {
		err = refused(s.POS(ctx, s.Key, "POST", "orders", s.order(ref, 990, nil), nil), http.StatusNotFound, http.StatusBadRequest, http.StatusConflict)
	}
	return Subject{Type: "order", ID: ref, Key: s.Key}, err
}

// ordersFor is met by an order for a terminal of another number.
func ordersFor(tid string) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		more := object{"gateway_info": object{"terminal_id": tid}}
		return Subject{Type: "key", ID: s.KeyID}, s.unpayable(ctx, s.Key, more, http.StatusNotFound, http.StatusBadRequest)
	}
}

func otherGroupsKey(ctx context.Context, s *Shop) (Subject, error) {
	var made struct{ ID, Key string }
	name := s.Name()
	group := object{
		"account": s.Account, "name": "Webshop " + name,
		"merchant": object{"name": "Webshop", "address": "Kade 1", "city": "Amsterdam", "country": "NL", "mid": mid(name), "mcc": "5813"},
	}
	if err := s.Native(ctx, "POST", "groups", group, &made); err != nil {
		return Subject{}, err
	}
	if err := s.Native(ctx, "POST", "keys", object{"account": s.Account, "group": bare(made.ID), "role": "admin", "name": "webshop"}, &made); err != nil {
		return Subject{}, err
	}
	return Subject{Type: "key", ID: made.ID}, s.unpayable(ctx, made.Key, nil, http.StatusNotFound, http.StatusForbidden)
}

// replays makes the payment whose key is used again.
func replays(ctx context.Context, s *Shop) error {
	if _, err := s.Pay(ctx, 1250, "visa"); err != nil {
		return err
	}
	return s.Fault(ctx, "key-replay")
}

func redKey(ctx context.Context, s *Shop) (Subject, error) {
	ref, err := s.Order(ctx, 1250, nil)
	if err == nil {
		err = s.Shown(ctx, "presentCard")
	}
	if err == nil {
		err = s.Sim(ctx, "POST", "terminals/"+s.POIID+"/keys", object{"key": "stop"}, nil)
	}
	if err == nil {
		err = s.Ends(ctx, ref, "cancelled")
	}
	return Subject{Type: "order", ID: ref, Key: s.Key}, err
}

// heldFor is met by a payment whose money is held, and so much time.
func heldFor(span string) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		ref, err := s.Order(ctx, 1250, object{"capture": "manual"})
		if err == nil {
			_, err = s.Present(ctx, "visa", "")
		}
		if err == nil {
			err = s.Native(ctx, "POST", "clock", object{"advance": span}, nil)
		}
		if err == nil {
			err = s.Online(ctx)
		}
		return Subject{Type: "order", ID: ref, Key: s.Key}, err
	}
}

func offForHours(ctx context.Context, s *Shop) error {
	if err := switchedOff(ctx, s); err != nil {
		return err
	}
	if err := s.AddTerminal(ctx, "P2"); err != nil {
		return err
	}
	if err := s.Native(ctx, "POST", "clock", object{"advance": "2h"}, nil); err != nil {
		return err
	}
	return s.Online(ctx)
}

// hookGone lets all tries of a webhook be answered with a failure: its address is no receiver of webhooks.
func hookGone(ctx context.Context, s *Shop) error {
	if err := s.Native(ctx, "PATCH", "groups/"+s.Group, object{"webhookURL": s.URL + "/gone/" + s.Name()}, nil); err != nil {
		return err
	}
	if _, err := s.Pay(ctx, 1250, "visa"); err != nil {
		return err
	}
	for range 4 {
		if err := s.Native(ctx, "POST", "clock", object{"advance": "20m"}, nil); err != nil {
			return err
		}
	}
	return nil
}

// aboutInstallation is met by an account that asks what is wrong with all that is its own.
func aboutInstallation(_ context.Context, s *Shop) (Subject, error) {
	return Subject{Type: "installation", Key: s.AccountKey}, nil
}
