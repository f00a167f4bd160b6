package management_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"kassa/estate"
)

func newWebhook() map[string]any {
	return map[string]any{
		"type": "standard", "url": "http://127.0.0.1:9/adyen", "active": true, "communicationFormat": "json", "username": "myuser", "password": "hunter2",
		"encryptionProtocol": "TLSv1.2", "acceptsSelfSignedCertificate": true, "networkType": "public", "description": "till webhooks",
		"additionalSettings": map[string]any{
			"includeEventCodes": []string{"AUTHORISATION", "REFUND"}, "properties": map[string]any{"includePosDetails": true, "includeStore": false},
		},
	}
}

func TestWebhooks(t *testing.T) {
	w := newWorld(t)
	made := w.good(w.admin, "POST", "/v3/merchants/BakkerijZon/webhooks", newWebhook())
	id := made.body["id"].(string)
	if !strings.HasPrefix(id, "S2-") {
		t.Errorf("the id is %s", id)
	}
	w.restart()
	path := "/v3/merchants/BakkerijZon/webhooks/" + id
	got := w.good(w.admin, "GET", path, nil)
	got.body = map[string]any{"webhook": got.body}
	at := "https://kassa.example.com/v3/merchants/BakkerijZon"
	got.is(t, "webhook", `{"id":"`+id+`","type":"standard","url":"http://127.0.0.1:9/adyen","username":"myuser","description":"till webhooks",
		"hasPassword":true,"active":true,"hasError":false,"communicationFormat":"json","encryptionProtocol":"TLSv1.2","networkType":"public",
		"acceptsExpiredCertificate":false,"acceptsSelfSignedCertificate":true,"acceptsUntrustedRootCertificate":false,
		"additionalSettings":{"includeEventCodes":["AUTHORISATION","REFUND"],"properties":{"includePosDetails":true,"includeStore":false}},
		"_links":{"self":{"href":"`+at+`/webhooks/`+id+`"},"generateHmac":{"href":"`+at+`/webhooks/`+id+`/generateHmac"},
		"testWebhook":{"href":"`+at+`/webhooks/`+id+`/test"},"merchant":{"href":"`+at+`"}}}`)
	if strings.Contains(got.raw, "hunter2") {
		t.Error("the password is shown")
	}
	if e, _ := w.estate.Endpoint(id); !e.Wants("REFUND") || e.Wants("CAPTURE") {
		t.Errorf("the endpoint wants %v", e.Events)
	}

	hmac := w.good(w.admin, "POST", path+"/generateHmac", nil)
	key, err := hex.DecodeString(hmac.body["hmacKey"].(string))
	if err != nil || len(key) != 32 || len(hmac.body) != 1 {
		t.Errorf("generateHmac: %s", hmac.raw)
	}
	secrets, err := w.estate.OpenSecrets(w.now(), id)
	must(t, err)
	if len(secrets) != 1 || secrets[0] != hmac.body["hmacKey"] {
		t.Error("webhooks are signed with another key than the one that was shown")
	}
	w.good(w.admin, "PATCH", path, map[string]any{"active": false, "url": "http://127.0.0.1:9/second"})
	w.restart()
	got = w.good(w.admin, "GET", path, nil)
	got.is(t, "active", "false")
	got.is(t, "url", `"http://127.0.0.1:9/second"`)
	got.is(t, "username", `"myuser"`)
	got.is(t, "hasPassword", "true")
	if check, _ := got.body["hmacKeyCheckValue"].(string); len(check) != 6 || strings.Contains(got.raw, secrets[0]) {
		t.Errorf("hmacKeyCheckValue %q", check)
	}

	tried := w.good(w.admin, "POST", path+"/test", map[string]any{"types": []string{"AUTHORISATION"}})
	tried.is(t, "data", `[{"merchantId":"BakkerijZon","output":"[accepted]","requestSent":"`+id+` BakkerijZon AUTHORISATION","responseCode":"200","responseTime":"304 ms","status":"success"}]`)
	w.bad(w.admin, "POST", path+"/test", map[string]any{"types": []string{"NONSENSE"}}, 422, "00_422")

	list := w.good(w.admin, "GET", "/v3/merchants/BakkerijZon/webhooks", nil)
	list.is(t, "itemsTotal", "1")
	list.is(t, "accountReference", `"BakkerijZon"`)
	if a := w.good(w.admin, "DELETE", path, nil); a.status != 204 || a.raw != "" {
		t.Errorf("DELETE: %d %s", a.status, a.raw)
	}
	w.restart()
	w.bad(w.admin, "GET", path, nil, 403, "00_403")
	w.good(w.admin, "GET", "/v3/merchants/BakkerijZon/webhooks", nil).is(t, "data", "[]")
}

func TestWebhooksOfACompany(t *testing.T) {
	w := newWorld(t)
	body := newWebhook()
	body["filterMerchantAccountType"], body["filterMerchantAccounts"] = "includeAccounts", []string{"BakkerijZon"}
	made := w.good(w.operator, "POST", "/v3/companies/Zon/webhooks", body)
	w.restart()
	path := "/v3/companies/Zon/webhooks/" + made.body["id"].(string)
	got := w.good(w.operator, "GET", path, nil)
	got.is(t, "filterMerchantAccountType", `"includeAccounts"`)
	got.is(t, "filterMerchantAccounts", `["BakkerijZon"]`)
	got.is(t, "_links.company.href", `"https://kassa.example.com/v3/companies/Zon"`)
	w.good(w.operator, "GET", "/v3/companies/Zon/webhooks", nil).is(t, "itemsTotal", "1")
	w.bad(w.operator, "GET", "/v3/companies/Rund/webhooks/"+made.body["id"].(string), nil, 403, "00_403")
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		w.bad(w.admin, method, path, nil, 403, "00_403")
	}
	body["filterMerchantAccounts"] = []string{"Slager"}
	w.bad(w.operator, "POST", "/v3/companies/Zon/webhooks", body, 403, "00_403")
}

func TestBadWebhooks(t *testing.T) {
	w := newWorld(t)
	other, err := w.estate.MakeEndpoint(w.now(), estate.Endpoint{Dialect: estate.DialectAdyen, Account: "2", Type: "standard", URL: "http://127.0.0.1:9/"}, "test")
	must(t, err)
	path := "/v3/merchants/BakkerijZon/webhooks"
	for field, values := range map[string][]any{
		"type": {nil, ""}, "url": {nil, "", "ftp://x/", "not a url"}, "active": {nil}, "communicationFormat": {nil, "soap", "http"},
		"encryptionProtocol": {"SSLv3"}, "networkType": {"moon"}, "filterMerchantAccountType": {"allAccounts"},
		"additionalSettings": {map[string]any{"excludeEventCodes": []string{"A"}}},
	} {
		for _, value := range values {
			body := newWebhook()
			if body[field] = value; value == nil {
				delete(body, field)
			}
			w.bad(w.admin, "POST", path, body, 422, "00_422")
		}
	}
	for _, body := range []string{`{"type":1}`, "[]", `{"additionalSettings":3,"type":"standard","url":"http://127.0.0.1:9/","active":true,"communicationFormat":"json"}`} {
		w.bad(w.admin, "POST", path, body, 400, "00_400")
	}
	missing := w.bad(w.admin, "POST", path, map[string]any{}, 422, "00_422")
	if got := fmt.Sprint(len(missing.body["invalidFields"].([]any))); got != "4" {
		t.Errorf("%s fields are missing", got)
	}
	for _, at := range []string{path + "/" + other.ID, path + "/S2-T1", "/v3/merchants/Slager/webhooks/" + other.ID} {
		for method, to := range map[string]string{"GET": "", "PATCH": "", "DELETE": "", "POST": "/generateHmac"} {
			w.bad(w.admin, method, at+to, nil, 403, "00_403")
		}
		w.bad(w.admin, "POST", at+"/test", nil, 403, "00_403")
	}
	w.good(w.admin, "GET", path, nil).is(t, "itemsTotal", "0")
	cashier := w.key(estate.NewKey{Account: "1", Role: estate.RoleCashier})
	w.bad(cashier, "POST", path, newWebhook(), 403, "00_403")
}
