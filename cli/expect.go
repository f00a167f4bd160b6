package cli

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/cli/story"
)

// expect looks until everything is as expected at once, or the time is over.
func (s *stage) expect(e story.Expectation) error {
	deadline := time.Now().Add(e.Within)
	for {
		wrong, err := s.look(e)
		if err != nil {
			return err
		}
		if wrong == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return *wrong
		}
		if err := s.rest(lookEvery); err != nil {
			return err
		}
	}
}

// look tells what is not as expected; nil when all is.
func (s *stage) look(e story.Expectation) (*unexpected, error) {
	if e.AboutOrder() {
		if wrong, err := s.lookAtOrder(s.named(e.Of), e); wrong != nil || err != nil {
			return wrong, err
		}
	}
	if e.Card != "" && s.card != nil {
		got, err := s.result(s.card)
		if err != nil {
			return nil, err
		}
		if got != e.Card {
			return &unexpected{"card", e.Card, got}, nil
		}
	}
	if e.Screen != "" || e.NotShown != "" {
		if wrong, err := s.lookAtScreens(e); wrong != nil || err != nil {
			return wrong, err
		}
	}
	if e.Ledger != nil {
		return s.lookAtLedger(*e.Ledger)
	}
	return nil, nil
}

func (s *stage) lookAtOrder(o *placed, e story.Expectation) (*unexpected, error) {
	if e.Status != "" || e.FinancialStatus != "" || e.AmountRefunded != nil {
		now, _, err := s.till.get(s.ctx, o.id)
		if err != nil {
			return nil, err
		}
		financial := "null"
		if now.FinancialStatus != nil {
			financial = *now.FinancialStatus
		}
		switch {
		case e.Status != "" && now.Status != e.Status:
			return &unexpected{"status of " + o.name, e.Status, now.Status}, nil
		case e.FinancialStatus != "" && financial != e.FinancialStatus:
			return &unexpected{"financial_status of " + o.name, e.FinancialStatus, financial}, nil
		case e.AmountRefunded != nil && now.AmountRefunded != *e.AmountRefunded:
			return &unexpected{"amount_refunded of " + o.name, fmt.Sprint(*e.AmountRefunded), fmt.Sprint(now.AmountRefunded)}, nil
		}
	}
	if seen := o.seen(); e.HasEvents && !slices.Equal(seen, e.Events) {
		return &unexpected{"events of " + o.name, fmt.Sprint(e.Events), fmt.Sprint(seen)}, nil
	}
	if len(e.Webhook) == 0 {
		return nil, nil
	}
	got, err := s.webhooks(o)
	if err != nil {
		return nil, err
	}
	left := e.Webhook
	for _, status := range got {
		if len(left) > 0 && left[0] == status {
			left = left[1:]
		}
	}
	if len(left) > 0 {
		return &unexpected{"webhooks of " + o.name, fmt.Sprint(e.Webhook), fmt.Sprint(got)}, nil
	}
	return nil, nil
}

func (s *stage) lookAtScreens(e story.Expectation) (*unexpected, error) {
	var now json.RawMessage
	if err := s.till.client.get(s.ctx, party(s.terminal)+"/state", &now); err != nil {
		return nil, err
	}
	s.note("state", now)
	s.mu.Lock()
	defer s.mu.Unlock()
	shows := func(text string) bool {
		return slices.ContainsFunc(s.screens, func(screen string) bool {
			return strings.Contains(strings.ToLower(screen), strings.ToLower(text))
		})
	}
	all := strings.Join(s.screens, " | ")
	switch {
	case e.Screen != "" && !shows(e.Screen):
		return &unexpected{"screen", "a screen that says " + e.Screen, all}, nil
	case e.NotShown != "" && shows(e.NotShown):
		return &unexpected{"screen", "no screen that says " + e.NotShown, all}, nil
	}
	return nil, nil
}

func (s *stage) lookAtLedger(want story.Ledger) (*unexpected, error) {
	charged, refunded, reversals, err := s.totals()
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		what string
		want *int64
		seen int64
	}{{"charged", want.Charged, charged}, {"refunded", want.Refunded, refunded}, {"reversals", want.Reversals, reversals}} {
		if c.want != nil && *c.want != c.seen {
			return &unexpected{"ledger " + c.what, fmt.Sprint(*c.want), fmt.Sprint(c.seen)}, nil
		}
	}
	return nil, nil
}

// webhooks are the statuses that the webhooks of an order told, in the order in which they came. One
// whose signature is wrong tells that instead.
func (s *stage) webhooks(o *placed) (told []string, err error) {
	err = s.till.lines(s.ctx, http.MethodGet, "/sim/inbox/", nil, func(raw []byte) error {
		var d struct{ Method, Query, Auth, Body string }
		if err := json.Unmarshal(raw, &d); err != nil {
			return Failure{Failed, "a line of the inbox is not what Kassa writes", "look at it under /sim/inbox/"}
		}
		q, err := url.ParseQuery(d.Query)
		if err != nil || q.Get("transactionid") != o.id {
			return nil
		}
		var body struct{ Status string }
		switch {
		case d.Method == http.MethodGet:
			told = append(told, "GET")
		case !signed(s.till.at.Key, q.Get("timestamp"), d.Auth, d.Body):
			told = append(told, "a wrong signature")
		case json.Unmarshal([]byte(d.Body), &body) != nil:
			told = append(told, "a body that is not JSON")
		default:
			told = append(told, body.Status)
		}
		return nil
	})
	return told, err
}

// signed verifies a webhook as MultiSafepay documents it: the Auth header is base64 of
// "timestamp:HMAC-SHA512 of timestamp:body", keyed with the API key.
func signed(key, timestamp, auth, body string) bool {
	raw, err := base64.StdEncoding.DecodeString(auth)
	if err != nil {
		return false
	}
	at, sum, _ := strings.Cut(string(raw), ":")
	mac := hmac.New(sha512.New, []byte(strings.TrimSpace(key)))
	mac.Write([]byte(at + ":" + body))
	given, err := hex.DecodeString(sum)
	return err == nil && at == timestamp && hmac.Equal(given, mac.Sum(nil))
}

// racePatience is how long the parties may take to agree: what the host has approved may have to be
// reversed first.
const racePatience = 30 * time.Second

// race cancels an order while the host decides. Who wins is not said; that all agree is.
func (s *stage) race(c story.Cancel) error {
	o := s.named(c.Of)
	before, _, _, err := s.totals() // of other orders in the scenario
	if err != nil {
		return err
	}
	p := s.start(story.Card{Present: c.Present, Card: c.Card})
	select {
	case <-p.deciding:
	case <-p.ended:
		got, err := s.result(p)
		if err != nil {
			return err
		}
		return unexpected{"cancel race", "that the host is asked", "the card is " + got}
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
	e, err := s.till.call(s.ctx, http.MethodPost, "orders/"+url.PathEscape(o.id)+"/cancel", nil)
	if err != nil {
		return err
	}
	card, err := s.result(p)
	if err != nil {
		return err
	}
	winner, want, charged := "the payment", "completed", before+o.amount
	if e.Success {
		winner, want, charged = "the cancel", "cancelled", before
	}
	if (card == "approved") == e.Success {
		return unexpected{"cancel race", "that terminal and register agree", fmt.Sprintf("%s won, and the card is %s", winner, card)}
	}
	s.say("cancel race: " + winner + " won")
	deadline := time.Now().Add(racePatience)
	for {
		wrong, err := s.agree(o, want, charged)
		if err != nil || wrong == nil {
			return err
		}
		if time.Now().After(deadline) {
			return *wrong
		}
		if err := s.rest(lookEvery); err != nil {
			return err
		}
	}
}

// agree tells whether order, stream and issuer say the same.
func (s *stage) agree(o *placed, status string, charged int64) (*unexpected, error) {
	wrong, err := s.lookAtOrder(o, story.Expectation{Status: status})
	if err != nil || wrong != nil {
		return wrong, err
	}
	if seen := o.seen(); len(seen) == 0 || seen[len(seen)-1] != status {
		return &unexpected{"events of " + o.name, status + " at the end", fmt.Sprint(seen)}, nil
	}
	return s.lookAtLedger(story.Ledger{Charged: &charged})
}
