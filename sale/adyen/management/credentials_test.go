package management_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/estate"
)

func TestCredentials(t *testing.T) {
	w := newWorld(t)
	path := "/v3/merchants/BakkerijZon/apiCredentials"
	made := w.good(w.admin, "POST", path, map[string]any{
		"description": "till 7", "allowedIpAddresses": []string{"127.0.0.1", "192.0.2.0/24"},
		"roles": []string{"Cloud Device API role", "Management API—Terminal settings read and write", "Management API—Terminal settings read"},
	})
	id, key := made.body["id"].(string), made.body["apiKey"].(string)
	if !strings.HasPrefix(key, "test_") || made.body["password"] != key {
		t.Errorf("made %s", made.raw)
	}
	w.restart()
	got := w.good(w.admin, "GET", path+"/"+id, nil)
	for field, want := range map[string]string{
		"id": `"` + id + `"`, "active": "true", "description": `"till 7"`, "allowedIpAddresses": `["127.0.0.1","192.0.2.0/24"]`, "allowedOrigins": "[]",
		"roles":                      `["Cloud Device API role","Management API—Terminal settings read and write"]`,
		"associatedMerchantAccounts": `["BakkerijZon"]`, "apiKey": "null", "password": "null", "clientKey": `""`,
		"_links.self.href": `"https://kassa.example.com/v3/merchants/BakkerijZon/apiCredentials/` + id + `"`,
	} {
		got.is(t, field, want)
	}
	if user := got.body["username"].(string); !strings.HasPrefix(user, "ws_") || !strings.HasSuffix(user, "@Company.Zon") {
		t.Errorf("username %s", user)
	}
	// It does what it may, and nothing else.
	w.good(key, "PATCH", "/v3/terminals/"+poiOne+"/terminalSettings", `{"timeouts":{"fromActiveToSleep":7}}`)
	w.bad(key, "PATCH", "/v3/terminals/"+poiOne+"/terminalSettings", `{"passcodes":{"adminMenuPin":"1111"}}`, 403, "00_403")
	w.bad(key, "POST", path, map[string]any{"roles": []string{"Cloud Device API role"}}, 403, "00_403")
	me := w.good(key, "GET", "/v3/me", nil)
	me.is(t, "id", `"`+id+`"`)
	me.is(t, "companyName", `"Zon"`)

	w.good(w.admin, "PATCH", path+"/"+id, map[string]any{"roles": []string{"Management API—Terminal actions read"}, "description": "reads", "allowedIpAddresses": []string{}})
	w.restart()
	got = w.good(w.admin, "GET", path+"/"+id, nil)
	got.is(t, "roles", `["Management API—Terminal actions read"]`)
	got.is(t, "description", `"reads"`)
	got.is(t, "allowedIpAddresses", "[]")
	w.good(key, "GET", "/v3/terminals", nil)
	w.bad(key, "PATCH", "/v3/terminals/"+poiOne+"/terminalSettings", `{"timeouts":{"fromActiveToSleep":8}}`, 403, "00_403")

	list := w.good(w.admin, "GET", path+"?pageSize=100", nil)
	if !strings.Contains(list.ids(t), id) {
		t.Errorf("the list is %s", list.ids(t))
	}
	for _, secret := range []string{key, w.admin} {
		if strings.Contains(list.raw, secret) {
			t.Error("the list shows a key")
		}
	}
	w.good(w.admin, "PATCH", path+"/"+id, map[string]any{"active": false})
	w.bad(key, "GET", "/v3/terminals", nil, 401, "00_401")
	w.good(w.admin, "GET", path+"/"+id, nil).is(t, "active", "false")
	w.bad(w.admin, "PATCH", path+"/"+id, map[string]any{"active": true}, 422, "00_422")
}

func TestGenerateAPIKey(t *testing.T) {
	w := newWorld(t)
	path := "/v3/companies/Zon/apiCredentials"
	made := w.good(w.admin, "POST", path, map[string]any{"roles": []string{"Kassa developer"}})
	id, first := made.body["id"].(string), made.body["apiKey"].(string)
	second := w.good(w.admin, "POST", path+"/"+id+"/generateApiKey", nil).body["apiKey"].(string)
	w.restart()
	for _, key := range []string{first, second} { // both, for a day
		w.good(key, "GET", "/v3/me", nil).is(t, "id", `"`+id+`"`)
	}
	if ids := w.good(w.admin, "GET", path+"?pageSize=100", nil).ids(t); strings.Count(ids, id) != 1 {
		t.Errorf("one credential is listed as %s", ids)
	}
	third := w.good(w.admin, "POST", path+"/"+id+"/generateApiKey", nil).body["apiKey"].(string)
	w.good(third, "GET", "/v3/me", nil).is(t, "id", `"`+id+`"`)
	w.pass(24 * time.Hour)
	w.bad(first, "GET", "/v3/me", nil, 401, "00_401")
	w.bad(second, "GET", "/v3/me", nil, 401, "00_401")
	w.good(third, "GET", "/v3/me", nil)
	w.good(w.admin, "GET", path+"/"+id, nil).is(t, "active", "true")
	w.bad(w.other, "POST", "/v3/companies/Rund/apiCredentials/"+id+"/generateApiKey", nil, 403, "00_403")
	w.good(third, "GET", "/v3/me", nil)
	// What ends a credential, or narrows it, does so to the key before, too.
	fourth := w.good(w.admin, "POST", path+"/"+id+"/generateApiKey", nil).body["apiKey"].(string)
	w.good(w.admin, "PATCH", path+"/"+id, map[string]any{"roles": []string{"Management API—Terminal actions read"}})
	for _, key := range []string{third, fourth} {
		w.good(key, "GET", "/v3/terminals", nil)
		w.bad(key, "GET", "/v3/merchants/BakkerijZon/webhooks", nil, 403, "00_403")
	}
	w.good(w.admin, "PATCH", path+"/"+id, map[string]any{"active": false})
	for _, key := range []string{third, fourth} {
		w.bad(key, "GET", "/v3/terminals", nil, 401, "00_401")
	}
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	w := newWorld(t)
	path := "/v3/merchants/BakkerijZon/apiCredentials"
	narrow := w.key(estate.NewKey{Account: "1", Role: estate.RoleAdmin, Only: []estate.Permission{"keys.manage", "terminals.read"}})
	w.good(narrow, "POST", path, map[string]any{"roles": []string{"Management API—Terminal actions read"}})
	admin := w.good(w.admin, "POST", path, map[string]any{"roles": []string{"Kassa admin"}})
	id := admin.body["id"].(string)
	for _, role := range []string{"Kassa admin", "Kassa cashier", "Cloud Device API role", "Management API—Terminal actions read and write"} {
		w.bad(narrow, "POST", path, map[string]any{"roles": []string{role}}, 403, "00_403")
		w.bad(narrow, "PATCH", path+"/"+id, map[string]any{"roles": []string{role}}, 403, "00_403")
	}
	w.bad(narrow, "POST", path+"/"+id+"/generateApiKey", nil, 403, "00_403")
	w.bad(narrow, "PATCH", path+"/"+id, map[string]any{"allowedIpAddresses": []string{}}, 403, "00_403")
	w.bad(w.admin, "POST", path, map[string]any{"roles": []string{"Kassa operator"}}, 422, "00_422")
}

func TestBadCredentials(t *testing.T) {
	w := newWorld(t)
	path := "/v3/merchants/BakkerijZon/apiCredentials"
	count := w.good(w.admin, "GET", path, nil).body["itemsTotal"]
	role := []string{"Management API—Terminal actions read"}
	for _, body := range []map[string]any{
		{}, {"roles": []string{}}, {"roles": []string{"Nothing"}}, {"roles": []string{"Kassa admin", "Kassa cashier"}},
		{"roles": role, "description": strings.Repeat("a", 51)}, {"roles": role, "allowedIpAddresses": []string{"somewhere"}},
		{"roles": role, "allowedOrigins": []string{"https://a"}},
	} {
		w.bad(w.admin, "POST", path, body, 422, "00_422")
	}
	w.bad(w.admin, "POST", path, map[string]any{"roles": "one"}, 400, "00_400")
	w.bad(w.admin, "POST", "/v3/companies/Zon/apiCredentials", map[string]any{"roles": role, "associatedMerchantAccounts": []string{"Slager"}}, 403, "00_403")
	others := w.good(w.operator, "GET", "/v3/merchants/Slager/apiCredentials", nil).body["data"].([]any)
	id := others[0].(map[string]any)["id"].(string)
	for _, at := range []string{path + "/" + id, path + "/key_test_0", "/v3/merchants/Slager/apiCredentials/" + id, "/v3/companies/Zon/apiCredentials/" + id} {
		w.bad(w.admin, "GET", at, nil, 403, "00_403")
		w.bad(w.admin, "PATCH", at, map[string]any{"active": false}, 403, "00_403")
		w.bad(w.admin, "POST", at+"/generateApiKey", nil, 403, "00_403")
	}
	w.good(w.other, "GET", "/v3/me", nil)
	if now := w.good(w.admin, "GET", path, nil).body["itemsTotal"]; now != count {
		t.Errorf("%v credentials, before %v", now, count)
	}
	// Two accounts of a company: a key is for one, and which one is said.
	_, err := w.estate.ChangeAccount(w.now(), "2", func(a *estate.Account) { a.Company = "Zon" })
	must(t, err)
	w.bad(w.operator, "POST", "/v3/companies/Zon/apiCredentials", map[string]any{"roles": role}, 422, "00_422")
	made := w.good(w.operator, "POST", "/v3/companies/Zon/apiCredentials", map[string]any{"roles": role, "associatedMerchantAccounts": []string{"Slager"}})
	made.is(t, "associatedMerchantAccounts", `["Slager"]`)
	if mine := w.good(w.admin, "GET", "/v3/companies/Zon/apiCredentials?pageSize=100", nil).ids(t); strings.Contains(mine, made.body["id"].(string)) {
		t.Error("a key of one account sees the credentials of another of its company")
	}
}

func TestMeOfTheOperator(t *testing.T) {
	w := newWorld(t)
	me := w.good(w.operator, "GET", "/v3/me", nil)
	me.is(t, "roles", `["Kassa operator"]`)
	me.is(t, "associatedMerchantAccounts", `["BakkerijZon","Slager"]`)
	if !slices.Contains([]any{true}, me.body["active"]) {
		t.Errorf("the operator's key: %s", me.raw)
	}
}
