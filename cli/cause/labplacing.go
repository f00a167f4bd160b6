package cause

import (
	"context"
	"maps"
	"slices"
)

// site is what an operator has around one charger, by kind and id, as the native API takes it. The terminal bound there is
// one of another provider, so that what its provider tells is all that is known of it.
type site map[string]object

const (
	aProvider = "providers/payter"
	aBeside   = "provider-environments/payter-live"
	aSetup    = "setups/set"
	aStation  = "stations/site-1"
	aTerminal = "terminals/t1"
	aContract = "contracts/con"
)

// inOrder is that in which things refer to each other.
func inOrder() []string {
	return []string{"environments", "cpos", "contracts", "setups", "providers", "provider-environments", "stations", "terminals", "payments", "incidents"}
}

// healthySite is one that nothing is wrong with.
func healthySite() site {
	return site{
		"environments/acc": {"platform": "Laadpunt", "name": "Acceptance", "kind": "acceptance"}, "environments/prod": {"platform": "Laadpunt", "name": "Production", "kind": "production"},
		"cpos/cpo":   {"environment": "prod", "external_id": "LAD-1", "customer": "laadpunt", "country_code": "NL", "party_id": "LAD", "name": "Laadpunt"},
		"cpos/other": {"environment": "prod", "external_id": "STR-1", "customer": "stroom", "name": "Stroom"},
		aContract:    {"cpo": "cpo", "customer_reference": "REF-1", "contactless": "cpo"},
		aSetup:       {"environment": "prod", "cpo_external_id": "LAD-1", "merchant_id": "M1", "acquirer": "CCV", "currency": "EUR", "status": "configured"},
		aProvider:    {"name": "Payter", "status_page": "https://status.example", "lead_days": 5}, "provider-environments/payter-test": {"provider": "payter", "kind": "test", "key_of": "payter-test", "answered": 200, "as": "kassa"},
		aBeside:  {"provider": "payter", "kind": "production", "key_of": "payter-live", "answered": 200, "as": "kassa"},
		aStation: {"environment": "prod", "cpo": "cpo", "contract": "con", "certified": true, "online": true},
		aTerminal: {"provider_env": "payter-live", "serial": "APP0001", "family": "apollo", "activation": "activated", "merchant_id": "M1", "owner": "laadpunt",
			"visible_to": []string{"kassa"}, "managed_by": []string{"kassa"}, "online": true, "state": "IDLE", "screen": true, "increments": true},
	}
}

// set changes fields of one thing; it makes the thing when there is none.
func set(thing string, fields object) func(site) {
	return func(in site) {
		if in[thing] == nil {
			in[thing] = object{}
		}
		maps.Copy(in[thing], fields)
	}
}

// Place puts a site into the shop's account and binds the terminal with a serial to its charger, whatever the checks find.
func (s *Shop) Place(ctx context.Context, in site, serial string) error {
	for _, kind := range inOrder() {
		for _, name := range slices.Sorted(maps.Keys(in)) {
			if kindOf(name) != kind {
				continue
			}
			if err := s.As(ctx, s.AccountKey, "PUT", "operator/"+name, in[name], nil); err != nil {
				return err
			}
		}
	}
	return s.As(ctx, s.AccountKey, "POST", "operator/bindings", object{"station": "site-1", "serial": serial, "provider": "payter", "despite": true}, nil)
}
