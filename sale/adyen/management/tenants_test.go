package management_test

import (
	"strings"
	"testing"

	"kassa/estate"
	"kassa/sale/adyen/management"
)

// tenants is a world in which the second merchant has one of each kind.
type tenants struct {
	*world
	ids    map[string][2]string // what an id names: the caller's, and the other's
	bodies map[string]map[string]any
}

func newTenants(t *testing.T) tenants {
	t.Helper()
	w := newWorld(t)
	hook := w.good(w.other, "POST", "/v3/merchants/Slager/webhooks", newWebhook()).body["id"].(string)
	own := w.good(w.admin, "POST", "/v3/merchants/BakkerijZon/webhooks", newWebhook()).body["id"].(string)
	first := func(merchant string) string {
		return w.good(w.operator, "GET", "/v3/merchants/"+merchant+"/apiCredentials", nil).body["data"].([]any)[0].(map[string]any)["id"].(string)
	}
	action := func(key, poiid string) string {
		return w.good(key, "POST", "/v3/terminals/scheduleActions", map[string]any{
			"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiid},
		}).body["items"].([]any)[0].(map[string]any)["id"].(string)
	}
	merchant, store, terminal := [2]string{"BakkerijZon", "Slager"}, [2]string{w.shop, w.otherShop}, [2]string{poiOne, poiOther}
	company, role := [2]string{"Zon", "Rund"}, []string{"Management API—Terminal actions read"}
	return tenants{w, map[string][2]string{
		"path merchantAccount": merchant, "path merchantId": merchant, "path companyId": company, "path storeId": store,
		"path reference": {"utrecht", w.otherShop}, "path terminalId": terminal, "path deviceId": terminal, "path webhookId": {own, hook},
		"path apiCredentialId": {first("BakkerijZon"), first("Slager")}, "path actionId": {action(w.admin, poiOne), action(w.other, poiOther)},
		"query merchantIds": merchant, "query storeIds": store, "query merchantId": merchant, "query store": store,
		"body merchantAccount": merchant, "body store": store, "body uniqueTerminalId": terminal, "body companyId": company,
		"body merchantId": merchant, "body storeId": store, "body terminalIds[]": terminal, "body filterMerchantAccounts[]": merchant,
		"body merchantIds[]": merchant, "body associatedMerchantAccounts[]": merchant,
	}, map[string]map[string]any{
		"/connectedTerminals":                                  {"merchantAccount": "BakkerijZon"},
		"/v3/terminals/scheduleActions":                        {"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiOne}},
		"/v3/terminals/{terminalId}/reassign":                  {"inventory": true},
		"/v3/stores":                                           newStore(),
		"/v3/companies/{companyId}/webhooks":                   newWebhook(),
		"/v3/companies/{companyId}/apiCredentials":             {"roles": role},
		"/v3/merchants/{merchantId}/apiCredentials":            {"roles": role},
		"/v3/merchants/{merchantId}/webhooks/{webhookId}/test": {"types": []string{"AUTHORISATION"}},
		"/v3/merchants/{merchantId}/stores":                    newStore(),
		"/v3/companies/{companyId}/webhooks/{webhookId}/test":  {},
		"/v3/companies/{companyId}/webhooks/{webhookId}":       {},
	}}
}

// call is a request to a route with the caller's own ids, but for one.
func (n tenants) call(r management.Route, foreign string) (path string, body map[string]any) {
	n.t.Helper()
	body, query := map[string]any{}, ""
	for name, value := range n.bodies[r.Pattern] {
		body[name] = value
	}
	id := func(place string) string {
		both, known := n.ids[place]
		if !known {
			n.t.Fatalf("%s %s: no test for %q", r.Method, r.Pattern, place)
		}
		if place == foreign {
			return both[1]
		}
		return both[0]
	}
	parts := strings.Split(r.Pattern, "/")
	for i, part := range parts {
		if name := strings.Trim(part, "{}"); name != part {
			parts[i] = id("path " + name)
		}
	}
	for _, place := range r.IDs {
		where, name, _ := strings.Cut(place, " ")
		switch value := id(place); {
		case place != foreign:
		case where == "query":
			query = "?" + name + "=" + value
		case where == "body" && strings.HasSuffix(name, "[]"):
			body[strings.TrimSuffix(name, "[]")] = []string{value}
		case where == "body":
			body[name] = value
		}
	}
	return strings.Join(parts, "/") + query, body
}

// TestEveryRouteRefusesOthers tries each route with each id of another account, wherever it stands.
func TestEveryRouteRefusesOthers(t *testing.T) {
	n := newTenants(t)
	tried := 0
	for _, r := range management.Routes() {
		for _, foreign := range r.IDs {
			path, body := n.call(r, foreign)
			a := n.do(n.admin, r.Method, path, body)
			status, code := 403, "00_403"
			switch {
			case foreign == "body terminalIds[]":
				status, code = 422, "02_005" // as one that does not exist
			case foreign == "body merchantAccount":
				code = "901"
			case r.Legacy:
				code = "010"
			}
			if a.status != status || a.body["errorCode"] != code {
				t.Errorf("%s %s with another's %s: %d %s", r.Method, path, foreign, a.status, a.raw)
			}
			tried++
		}
	}
	if tried < 80 {
		t.Errorf("only %d ids were tried", tried)
	}
	n.good(n.other, "GET", "/v3/terminals", nil).is(t, "data.0.assignment.storeId", `"`+n.otherShop+`"`)
}

// TestEveryRouteRefusesKeys tries each route with keys that open nothing, and with that of one group.
func TestEveryRouteRefusesKeys(t *testing.T) {
	n := newTenants(t)
	gone, revoked, err := n.estate.MakeKey(n.now(), estate.NewKey{Account: "1", Role: estate.RoleAdmin})
	must(t, err)
	must(t, n.estate.RevokeKey(n.now(), gone.ID, "test"))
	for _, r := range management.Routes() {
		path, body := n.call(r, "")
		for what, key := range map[string]string{"none": "", "revoked": revoked, "live": "live_" + strings.Repeat("a", 35)} {
			if a := n.do(key, r.Method, path, body); a.status != 401 {
				t.Errorf("%s %s with the key %s: %d %s", r.Method, path, what, a.status, a.raw)
			}
		}
		if a := n.do(n.group, r.Method, path, body); r.Account && a.status != 403 {
			t.Errorf("%s %s with the key of a group: %d %s", r.Method, path, a.status, a.raw)
		}
		cashier := n.key(estate.NewKey{Account: "1", Role: estate.RoleCashier})
		if a := n.do(cashier, r.Method, path, body); r.Permission != "terminals.read" && r.Permission != "" && a.status != 403 {
			t.Errorf("%s %s with a cashier's key: %d %s", r.Method, path, a.status, a.raw)
		}
	}
}
