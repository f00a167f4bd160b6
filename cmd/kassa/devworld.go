package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/operator"
	"kassa/sale/native"
	simprovider "kassa/virtual/provider"
)

// evProviderAccount is how the simulated provider knows the account of the world.
const evProviderAccount = "laadpunt"

// evWorld tells the installation whom the terminal at the chargers works for, where nobody has yet: a platform with
// acceptance and production, Kassa as the provider, a contract, a contactless set-up and two chargers. What somebody has
// changed since stays as it is.
func (d *dev) evWorld(ctx context.Context, f demoFacts) error {
	var accounts struct{ Data []struct{ ID string } }
	if err := d.get(ctx, f.Token, "accounts", &accounts); err != nil || len(accounts.Data) == 0 {
		return err
	}
	at := func(path string) string {
		return native.Prefix + "operator/" + path + "?account=" + url.QueryEscape(accounts.Data[0].ID)
	}
	provider, err := d.evProvider(ctx)
	if err != nil {
		return err
	}
	var there struct{ Data []struct{} } // the binding is made last
	if err := d.evCall(ctx, f, http.MethodGet, at("bindings"), nil, &there); err != nil {
		return err
	}
	if len(there.Data) > 0 {
		return d.evMoved(ctx, f, at, provider)
	}
	online := true
	things := []struct {
		path string
		body any
	}{
		{"providers/kassa", operator.Provider{Name: "Kassa", StatusFeed: provider + "/status", StatusPage: d.origin + "/status"}},
		{"provider-environments/kassa-test", operator.ProviderEnvironment{Provider: "kassa", Kind: operator.Test, APIBase: provider + "/test", As: evProviderAccount}},
		{"provider-environments/kassa-production", operator.ProviderEnvironment{Provider: "kassa", Kind: operator.Production, APIBase: provider + "/production", As: evProviderAccount}},
		{"environments/acceptance", operator.Environment{Platform: "Laadpunt", Name: "Acceptance", Kind: operator.Acceptance}},
		{"environments/production", operator.Environment{Platform: "Laadpunt", Name: "Production", Kind: operator.Production}},
		{"cpos/laadpunt", operator.CPO{Environment: "acceptance", Customer: "laadpunt", ExternalID: "NL-LAD", Name: "Laadpunt", CountryCode: "NL", PartyID: "LAD"}},
		{"contracts/harbour", operator.Contract{CPO: "laadpunt", CustomerReference: "HARBOUR", Contactless: operator.ScopeCPO}},
		{"setups/laadpunt", operator.Setup{Environment: "acceptance", CPOExternalID: "NL-LAD", MerchantID: "M-LAADPUNT", Acquirer: "simulated", Currency: "EUR", MCC: "5552", Status: operator.Configured}},
		{"stations/A1", operator.Station{Environment: "acceptance", CPO: "laadpunt", Contract: "harbour", OCPPID: "LAADPUNT-A1", Certified: true, Location: "LOC1", EVSEs: []string{"EVSE-1"}}},
		{"stations/A2", operator.Station{Environment: "acceptance", CPO: "laadpunt", Contract: "harbour", OCPPID: "LAADPUNT-A2", Certified: true, Location: "LOC1", EVSEs: []string{"EVSE-2"}}},
		{"terminals/" + evPOIID, operator.Terminal{ProviderEnv: "kassa-test", Serial: evSerial, Model: "EV1", Family: "ev1", Activation: operator.Activated, MerchantID: "M-LAADPUNT", Owner: evProviderAccount, ManagedBy: []string{evProviderAccount}, Online: &online, State: "IDLE", StateAt: time.Now().UTC(), Screen: true, Increments: true}},
		{"provider-environments/kassa-test/key", map[string]string{"key": simprovider.FirstKey("test")}},
		{"provider-environments/kassa-production/key", map[string]string{"key": simprovider.FirstKey("production")}},
	}
	for _, t := range things {
		if err := d.evCall(ctx, f, http.MethodPut, at(t.path), t.body, nil); err != nil {
			return err
		}
	}
	return d.evCall(ctx, f, http.MethodPost, at("bindings"), map[string]any{"station": "A1", "serial": evSerial, "provider": "kassa", "despite": true}, nil)
}

// evMoved lets the world find the simulated provider that started at another address than before.
func (d *dev) evMoved(ctx context.Context, f demoFacts, at func(string) string, provider string) error {
	var known struct{ Data []operator.Provider }
	if err := d.evCall(ctx, f, http.MethodGet, at("providers"), nil, &known); err != nil {
		return err
	}
	i := slices.IndexFunc(known.Data, func(p operator.Provider) bool { return p.ID == "kassa" })
	if i < 0 || !strings.HasPrefix(known.Data[i].StatusFeed, "http://127.0.0.1:") || known.Data[i].StatusFeed == provider+"/status" {
		return nil
	}
	old := strings.TrimSuffix(known.Data[i].StatusFeed, "/status")
	known.Data[i].StatusFeed = provider + "/status"
	var envs struct {
		Data []operator.ProviderEnvironment
	}
	if err := d.evCall(ctx, f, http.MethodGet, at("provider-environments"), nil, &envs); err != nil {
		return err
	}
	var has simprovider.State
	if err := d.evCall(ctx, f, http.MethodGet, "/sim/provider/state", nil, &has); err != nil {
		return err
	}
	for _, e := range envs.Data {
		there := has.Environments[strings.TrimPrefix(e.APIBase, old+"/")]
		if there == nil {
			continue
		}
		e.APIBase = provider + strings.TrimPrefix(e.APIBase, old)
		if err := d.evCall(ctx, f, http.MethodPut, at("provider-environments/"+e.ID), e, nil); err != nil {
			return err
		}
		if err := d.evCall(ctx, f, http.MethodPut, at("provider-environments/"+e.ID+"/key"), map[string]string{"key": there.Key}, nil); err != nil {
			return err
		}
	}
	return d.evCall(ctx, f, http.MethodPut, at("providers/kassa"), known.Data[i], nil) // last: it tells that all has moved
}
