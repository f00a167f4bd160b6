package matrix

import (
	"context"
	"fmt"
	"testing"

	"kassa/cli/cause"
)

// variation is one way in which all is well.
type variation struct {
	name, model string
	do          func(ctx context.Context, s *cause.Shop) ([]cause.Subject, error)
}

// variations are fifty of them: every model, cards that are good in every way, amounts, refunds, settings, and
// terminals that came back.
func variations() (list []variation) {
	models := []string{"P2", "P2SE", "P2PAD", "P3MIX", "CTAP", "V400M"}
	for _, m := range models {
		list = append(list, variation{"idle " + m, m, idle})
	}
	for _, m := range models {
		for _, card := range []string{"visa", "mastercard:000", "maestro:000"} {
			list = append(list, variation{"paid " + m + " " + card, m, paid(1250, card)})
		}
	}
	for _, minor := range []int64{1, 99, 100, 1999, 4999, 123456} {
		list = append(list, variation{fmt.Sprintf("amount %d", minor), "P2", paid(minor, "mastercard:000")})
	}
	for _, card := range []string{"mastercard:065", "mastercard:066", "visa:070", "visa:072"} {
		list = append(list, variation{"step-up " + card, "P2", paid(1250, card)})
	}
	for _, m := range models[:4] {
		list = append(list, variation{"refunded " + m, m, refunded})
	}
	for _, m := range models[:3] {
		list = append(list, variation{"twice " + m, m, twice})
	}
	for _, m := range models[:3] {
		list = append(list, variation{"back again " + m, m, back})
	}
	for _, m := range models[:3] {
		list = append(list, variation{"asked to check itself " + m, m, probed})
	}
	return append(list,
		variation{"no webhook address", "P2", silent}, variation{"renamed and in a shop", "P2", inShop}, variation{"given up by the register", "P2", cancelled})
}

// all are the subjects of a shop, with an order when there is one.
func all(s *cause.Shop, order string) []cause.Subject {
	list := []cause.Subject{{Type: "terminal", ID: s.TID, Key: s.Key}, {Type: "key", ID: s.KeyID}, {Type: "installation", Key: s.AccountKey}}
	if order != "" {
		list = append(list, cause.Subject{Type: "order", ID: order, Key: s.Key})
	}
	return list
}

func idle(_ context.Context, s *cause.Shop) ([]cause.Subject, error) { return all(s, ""), nil }

func paid(minor int64, card string) func(context.Context, *cause.Shop) ([]cause.Subject, error) {
	return func(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
		ref, err := s.Pay(ctx, minor, card)
		if err == nil {
			err = s.Ends(ctx, ref, "completed")
		}
		return all(s, ref), err
	}
}

func refunded(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
	ref, err := s.Pay(ctx, 1250, "visa")
	if err == nil {
		err = s.POS(ctx, s.Key, "POST", "orders/"+ref+"/refunds", map[string]any{"currency": "EUR", "amount": 250}, nil)
	}
	return all(s, ref), err
}

func twice(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
	if _, err := s.Pay(ctx, 1250, "visa"); err != nil {
		return nil, err
	}
	return paid(2300, "mastercard:000")(ctx, s)
}

func back(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
	err := s.Native(ctx, "PATCH", "terminals/"+s.TID+"/settings", map[string]any{"set": map[string]any{"localization.language": "nl"}}, nil)
	if err == nil {
		err = s.Online(ctx)
	}
	if err != nil {
		return nil, err
	}
	return paid(1250, "visa")(ctx, s)
}

func probed(_ context.Context, s *cause.Shop) ([]cause.Subject, error) {
	return []cause.Subject{{Type: "terminal", ID: s.TID, Probe: true}}, nil
}

func silent(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
	if err := s.Native(ctx, "PATCH", "groups/"+s.Group, map[string]any{"webhookURL": ""}, nil); err != nil {
		return nil, err
	}
	return paid(1250, "visa")(ctx, s)
}

func inShop(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
	name := "kade-" + s.Name()
	if err := s.Native(ctx, "POST", "shops", map[string]any{"account": s.Account, "description": "Kade", "reference": name}, nil); err != nil {
		return nil, err
	}
	if err := s.Native(ctx, "PATCH", "terminals/"+s.TID, map[string]any{"shop": name}, nil); err != nil {
		return nil, err
	}
	return paid(1250, "visa")(ctx, s)
}

func cancelled(ctx context.Context, s *cause.Shop) ([]cause.Subject, error) {
	ref, err := s.Order(ctx, 1250, nil)
	if err == nil {
		err = s.POS(ctx, s.Key, "POST", "orders/"+ref+"/cancel", nil, nil)
	}
	if err == nil {
		err = s.Ends(ctx, ref, "cancelled")
	}
	return all(s, ref), err
}

// stays holds that nothing is found where nothing is wrong.
func (c *campaign) stays(t *testing.T, v variation) {
	if !c.tryTwice(t, func() error { return c.staysOnce(t, v) }) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.healthy++
}

func (c *campaign) staysOnce(t *testing.T, v variation) error {
	ctx, cancel := context.WithTimeout(t.Context(), perCase)
	defer cancel()
	s, err := c.lab.Open(ctx, v.model)
	defer func() { s.Leave(context.WithoutCancel(ctx)) }()
	var subjects []cause.Subject
	if err == nil {
		subjects, err = v.do(ctx, s)
	}
	if err != nil {
		return err
	}
	for _, about := range subjects {
		last, ok, err := finds(ctx, c.lab, about, func(codes []string) bool { return len(codes) == 0 })
		if err != nil || !ok {
			return fmt.Errorf("asked about %s %s, found %v (%w)", about.Type, about.ID, last.codes(), err)
		}
	}
	return nil
}
