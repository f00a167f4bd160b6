package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/charging"
)

// cardHolds counts the holds that each card was asked for at the chargers of an account: whoever tries again and again at
// a charger that does not start would have one hold on top of the other (see docs/charging-terms.md).
type cardHolds struct {
	most int
	mu   sync.Mutex
	of   map[string][]asked // by account and card
}

// asked is a hold that a card was asked for.
type asked struct {
	order string
	at    time.Time
}

// holdsWithin is the time in which a card may be asked for so many holds.
const holdsWithin = time.Hour

// joinHolds counts those of the last hour again.
func (c *cloud) joinHolds(most int) error {
	if most < 0 {
		return errors.New("--holds-per-card must be 1 or more")
	}
	c.holds = &cardHolds{most: cmp.Or(most, usualHolds), of: map[string][]asked{}}
	const page = 200
	for before := ""; ; {
		streams, err := c.store.Newest("order", nil, before, page)
		if err != nil {
			return err
		}
		for _, s := range streams {
			var o kassa.Order
			if err := json.Unmarshal(s.State, &o); err != nil {
				return fmt.Errorf("state of %s: %w", s.ID, err)
			}
			if c.now().Sub(o.CreatedAt) > holdsWithin {
				return nil
			}
			if a := o.Attempt(); o.Dialect == charging.Dialect && a != nil {
				for _, auth := range a.Authorisations[:min(1, len(a.Authorisations))] {
					key := holder(o.Account, auth.Card)
					c.holds.of[key] = append([]asked{{o.ID(), auth.TransmittedAt}}, c.holds.of[key]...) // the newest is read first
				}
			}
			before = s.ID
		}
		if len(streams) < page {
			return nil
		}
	}
}

func holder(account string, card kassa.CardFacts) string {
	return account + "/" + charging.CardToken(card)
}

// take counts the hold of an order, if the card may have one more. The same order again is the same hold.
func (h *cardHolds) take(account, order string, card kassa.CardFacts, now time.Time) bool {
	key := holder(account, card)
	if strings.HasSuffix(key, "/") {
		return true // of a card whose number is not known nothing can be counted
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var recent []asked
	for _, a := range h.of[key] {
		if a.order == order {
			return true
		}
		if now.Sub(a.at) < holdsWithin {
			recent = append(recent, a)
		}
	}
	if len(h.of) > maxHolders {
		h.forget(now)
	}
	if len(recent) >= h.most {
		h.of[key] = recent
		return false
	}
	h.of[key] = append(recent, asked{order, now})
	return true
}

const (
	maxHolders = 10_000
	usualHolds = 3
)

// forget drops the cards that have had no hold of late. The caller holds mu.
func (h *cardHolds) forget(now time.Time) {
	for key, list := range h.of {
		if len(list) == 0 || now.Sub(list[len(list)-1].at) >= holdsWithin {
			delete(h.of, key)
		}
	}
}
