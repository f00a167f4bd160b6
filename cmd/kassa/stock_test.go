package main

import (
	"testing"
	"time"
)

// TestDevicesOfTheStockAreAskedAbout: before a device is anybody's terminal its account can ask why, and nobody else;
// and a terminal without a device knows what became of the one that was refused.
func TestDevicesOfTheStockAreAskedAbout(t *testing.T) {
	s := newSite(t, 1)
	s.start("")
	operator := s.facts.Token
	var account, other, group, key, stranger, groupKey, terminal struct{ ID, Key, Code string }
	make := func(path string, body map[string]any, into any) {
		t.Helper()
		if status := s.own(operator, "POST", path, body, into); status != 201 {
			t.Fatalf("POST %s: %d", path, status)
		}
	}
	make("accounts", map[string]any{"name": "Bakery"}, &account)
	make("accounts", map[string]any{"name": "Butcher"}, &other)
	make("groups", map[string]any{"account": account.ID, "name": "Oven", "merchant": map[string]any{
		"name": "Bakery", "address": "Dam 1", "city": "Amsterdam", "country": "NL", "mid": "000000000099999", "mcc": "5462"}}, &group)
	make("keys", map[string]any{"account": account.ID, "role": "admin", "name": "a"}, &key)
	make("keys", map[string]any{"account": account.ID, "group": group.ID, "role": "admin", "name": "g"}, &groupKey)
	make("keys", map[string]any{"account": other.ID, "role": "admin", "name": "b"}, &stranger)
	make("terminals", map[string]any{"group": group.ID, "name": "Till", "poiid": "P3MIX-STOCK1"}, &terminal)

	cause := func(key, id string) (string, int) {
		var d struct{ Cause *struct{ Code string } }
		status := s.own(key, "POST", "diagnoses", map[string]any{"subject": map[string]any{"type": "terminal", "id": id}}, &d)
		if d.Cause == nil {
			return "", status
		}
		return d.Cause.Code, status
	}
	for name, ask := range map[string]struct {
		key    string
		status int
		code   string
	}{
		"its account":              {key.Key, 201, "never_on_network"},
		"the operator":             {operator, 201, "never_on_network"},
		"another account":          {stranger.Key, 404, ""},
		"one group of the account": {groupKey.Key, 404, ""},
	} {
		if code, status := cause(ask.key, "P3MIX-STOCK1"); status != ask.status || code != ask.code {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}

	const device = "P3MIX-STOCK1"
	resp, err := s.simCall("POST", "terminals/", map[string]string{"poiid": device})
	if err != nil || resp.StatusCode != 201 {
		t.Fatalf("switch on: %v %v", resp, err)
	}
	resp.Body.Close()
	await(t, "it has its key", 10*time.Second, func() bool { return s.seen(device).Configured })
	s.setFault(device, "slow-sync")
	await(t, "its key is gone", 10*time.Second, func() bool { state := s.seen(device); return state.Online && !state.Configured })
	s.device(device, "activate", map[string]string{"code": terminal.Code}, nil)
	await(t, "the terminal knows why", 15*time.Second, func() bool {
		code, status := cause(key.Key, terminal.ID)
		return status == 201 && code == "activation_10008_not_synced"
	})
}
