package clinic

import (
	"fmt"
	"slices"
	"strings"

	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

func (g *gathering) webhook(id string) error {
	if e, ok := g.Registry.Endpoint(id); ok && !e.Deleted {
		if !g.who.sees(e.Account, e.Group) {
			return fmt.Errorf("%w: endpoint", ErrUnknown)
		}
		g.place(e.Account, e.Group)
		g.shared("endpoint:"+e.ID, func(entry journal.Entry) bool { return g.who.Operator || g.ours(entry) })
		g.hooks()
		g.addHook(doctor.Hook{Endpoint: e.ID, Dialect: e.Dialect, URL: withoutQuery(e.URL)})
		return nil
	}
	tries, err := g.Records.StreamEntries("webhook/"+id, 0)
	if err != nil {
		return err
	}
	if len(tries) == 0 || strings.ContainsRune(id, '/') {
		return fmt.Errorf("%w: webhook", ErrUnknown)
	}
	scope := tries[0].Scope
	account, group := g.accountOf(scope), scope
	if account == scope {
		group = ""
	}
	if !g.who.sees(account, group) {
		return fmt.Errorf("%w: webhook", ErrUnknown)
	}
	g.place(account, group)
	g.take(tries[max(0, len(tries)-maxTries):], nil, g.ours)
	g.hooks()
	return nil
}

// hooks makes the addresses of the tries that were gathered, and of what is set, into a part of the chart.
func (g *gathering) hooks() {
	state := map[string]string{} // of a delivery, by its last fact
	where := map[string]string{}
	for _, e := range g.chart.Of(doctor.WebhookDelivered, doctor.WebhookFailed, doctor.WebhookParked) {
		r, ok := doctor.Read[doctor.TryReport](e)
		if !ok {
			continue
		}
		url := withoutQuery(r.URL)
		h := g.addHook(doctor.Hook{Endpoint: r.Endpoint, URL: url, Dialect: g.dialectOf(r.Endpoint)})
		h.Tries = append(h.Tries, doctor.Try{
			At: r.Try.At, Seq: e.Seq, Delivery: r.ID, Order: strings.TrimPrefix(r.Order, "order/"), Status: r.Try.Status, Reply: r.Try.Reply, Failure: r.Try.Failure,
		})
		state[r.ID], where[r.ID] = e.Kind, h.Endpoint+" "+h.URL
	}
	if g.chart.Group != nil && g.chart.Group.WebhookURL != "" && g.chart.Subject.Kind != doctor.Webhook {
		g.addHook(doctor.Hook{URL: withoutQuery(g.chart.Group.WebhookURL), Dialect: "multisafepay"})
	}
	for id, kind := range state {
		for i := range g.chart.Hooks {
			h := &g.chart.Hooks[i]
			switch {
			case where[id] != h.Endpoint+" "+h.URL:
			case kind == doctor.WebhookFailed:
				h.Waiting++
			case kind == doctor.WebhookParked:
				h.Parked++
			}
		}
	}
	if len(g.chart.Hooks) > 0 {
		g.have(doctor.NeedHooks)
	}
}

func (g *gathering) dialectOf(endpoint string) string {
	if e, ok := g.Registry.Endpoint(endpoint); ok && endpoint != "" {
		return e.Dialect
	}
	return "multisafepay"
}

// addHook finds an address, or adds it.
func (g *gathering) addHook(h doctor.Hook) *doctor.Hook {
	i := slices.IndexFunc(g.chart.Hooks, func(o doctor.Hook) bool { return o.Endpoint == h.Endpoint && o.URL == h.URL })
	if i < 0 {
		if err := g.World.CheckURL(h.URL); err != nil {
			h.Problem = err.Error()
		}
		g.chart.Hooks = append(g.chart.Hooks, h)
		i = len(g.chart.Hooks) - 1
	}
	if !g.chart.Has(doctor.NeedHooks) {
		g.have(doctor.NeedHooks)
	}
	return &g.chart.Hooks[i]
}

// withoutQuery leaves out what an address tells of one order.
func withoutQuery(url string) string {
	url, _, _ = strings.Cut(url, "?")
	return url
}

// key gathers what is known of a key, by its id or its last four characters.
func (g *gathering) key(id string) error {
	k, ok := g.Registry.Key(id)
	if ok && !g.who.sees(k.Account, k.Group) {
		return fmt.Errorf("%w: key", ErrUnknown)
	}
	if !ok {
		k, ok = g.keyByHint(id)
	}
	if !ok {
		return g.unknownKey(id)
	}
	g.place(k.Account, k.Group)
	used, _ := g.Registry.LastUsed(k.ID)
	facts := &doctor.KeyFacts{
		ID: k.ID, Hint: k.Hint, Account: k.Account, Group: k.Group, Role: k.Role, Can: g.World.May(k), Expires: k.Expires, Revoked: k.Revoked, Used: used,
		Networks: k.Networks,
	}
	switch now := g.chart.Now; {
	case !k.Revoked.IsZero():
		facts.Problem = string(estate.KeyRevokedAlready)
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		facts.Problem = string(estate.KeyExpired)
	}
	g.chart.Subject.ID, g.chart.Key = k.ID, facts
	g.have(doctor.NeedKey)
	mine := func(e journal.Entry) bool {
		call, ok := doctor.Read[doctor.Call](e)
		return ok && call.Key == k.ID
	}
	g.shared("key:"+k.ID, mine)
	if a, ok := g.Registry.Account(k.Account); ok {
		g.estate([]estate.Account{a}, k.Group)
	}
	list, err := g.Records.StreamTail("keyuse/"+k.ID, 5)
	g.take(list, err, func(journal.Entry) bool { return true })
	list, err = g.Records.StreamTail("key/"+k.Hash, 10)
	g.take(list, err, func(journal.Entry) bool { return true })
	g.calls()
	return nil
}

func (g *gathering) keyByHint(hint string) (found estate.Key, ok bool) {
	if len(hint) != 4 {
		return found, false
	}
	accounts := []string{g.who.Account}
	if g.who.Operator {
		accounts = []string{""}
		for _, a := range g.Registry.Accounts() {
			accounts = append(accounts, a.ID)
		}
	}
	for _, a := range accounts {
		for _, k := range g.Registry.Keys(a) {
			if k.Hint == hint && g.who.sees(k.Account, k.Group) && (!ok || k.Made.After(found.Made)) {
				found, ok = k, true
			}
		}
	}
	return found, ok
}

// unknownKey gathers the calls with a key that was never made here. Whose it is nobody knows, so that only the
// operator may look.
func (g *gathering) unknownKey(hint string) error {
	if !g.who.Operator || len(g.index.of("hint:"+hint)) == 0 {
		return fmt.Errorf("%w: key", ErrUnknown)
	}
	g.chart.Key = &doctor.KeyFacts{Hint: hint, Problem: string(estate.KeyUnknown)}
	g.have(doctor.NeedKey)
	g.shared("hint:"+hint, func(e journal.Entry) bool {
		call, ok := doctor.Read[doctor.Call](e)
		return ok && call.Key == "" && call.Hint == hint
	})
	if call, ok := g.chart.Refused("other_environment"); ok && call.Hint == hint {
		g.chart.Key.Problem = string(estate.KeyOtherEnvironment)
	}
	g.calls()
	return nil
}

// installation gathers what is wrong anywhere that the reader sees.
func (g *gathering) installation() error {
	accounts := []estate.Account{}
	if g.who.Operator {
		accounts = g.Registry.Accounts()
		g.shared("calls", func(journal.Entry) bool { return true })
	} else if a, ok := g.Registry.Account(g.who.Account); ok {
		accounts = append(accounts, a)
		g.place(a.ID, g.who.Group)
		g.shared("calls:"+a.ID, g.ourCall)
	}
	g.estate(accounts, "")
	for _, a := range accounts {
		for _, group := range g.Registry.Groups(a.ID) {
			if g.who.sees(a.ID, group.ID) {
				g.shared("hook:"+group.ID, func(e journal.Entry) bool { return e.Scope == group.ID })
			}
		}
	}
	g.calls()
	g.hooks()
	return nil
}

// estate counts the terminals of accounts, those of one group when it is named, and gathers the links of some that
// are away.
func (g *gathering) estate(accounts []estate.Account, group string) {
	f := &doctor.FleetFacts{}
	for _, a := range accounts {
		for _, t := range g.Registry.TerminalsOf(a.ID) {
			if t.POIID == "" || !g.who.sees(t.Account, t.Group) || group != "" && t.Group != group {
				continue
			}
			f.Terminals++
			if g.World.Link(t.TID).State != "offline" {
				continue
			}
			if f.Offline++; f.Offline <= maxLinks {
				since := g.held(t)
				g.shared("poi:"+t.POIID, func(e journal.Entry) bool { return !e.At.Before(t.ActivatedAt) && !e.At.Before(since) })
			}
		}
	}
	g.chart.Fleet = f
	g.have(doctor.NeedFleet)
}
