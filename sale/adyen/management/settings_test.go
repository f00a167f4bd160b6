package management_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kassa/estate"
)

func TestSettingsAreInherited(t *testing.T) {
	w := newWorld(t)
	patch := func(path, body string) answer {
		t.Helper()
		return w.good(w.admin, "PATCH", path+"/terminalSettings", body)
	}
	get := func(path string) answer { t.Helper(); return w.good(w.admin, "GET", path+"/terminalSettings", nil) }
	merchant, store, terminal := "/v3/merchants/BakkerijZon", "/v3/stores/"+w.shop, "/v3/terminals/"+poiOne

	patch(merchant, `{"receiptOptions":{"headerLine1":"Zon","headerLine2":"sinds 1999"},"localization":{"language":"nl","timezone":"Europe/Amsterdam"}}`)
	get(terminal).is(t, "receiptOptions", `{"headerLine1":"Zon","headerLine2":"sinds 1999"}`)
	// An object that is there replaces the object; what it leaves out comes from above, and the others stay.
	patch(store, `{"receiptOptions":{"headerLine1":"Zon Utrecht","promptBeforePrinting":true}}`)
	get(store).is(t, "receiptOptions", `{"headerLine1":"Zon Utrecht","headerLine2":"sinds 1999","promptBeforePrinting":true}`)
	a := patch(store, `{"receiptOptions":{"headerLine1":"","headerLine2":"Oudegracht"}}`)
	a.is(t, "receiptOptions", `{"headerLine1":"Zon","headerLine2":"Oudegracht"}`)
	a.is(t, "localization", `{"language":"nl","timezone":"Europe/Amsterdam"}`)
	patch(terminal, `{"hardware":{"restartHour":3},"gratuities":[{"currency":"EUR","usePredefinedTipEntries":true,"predefinedTipEntries":["5%","500"],"allowCustomAmount":true}],
		"refunds":{"unreferenced":{"enableUnreferencedRefunds":true},"referenced":{"enableStandaloneRefunds":false}},
		"timeouts":{"fromActiveToSleep":30},"receiptPrinting":{"shopperApproved":true,"merchantVoid":false}}`)
	w.restart()
	got := get(terminal)
	got.is(t, "receiptOptions", `{"headerLine1":"Zon","headerLine2":"Oudegracht"}`)
	got.is(t, "hardware", `{"restartHour":3,"resetTotalsHour":6}`)
	got.is(t, "gratuities", `[{"currency":"EUR","usePredefinedTipEntries":true,"predefinedTipEntries":["5%","500"],"allowCustomAmount":true}]`)
	got.is(t, "refunds", `{"unreferenced":{"enableUnreferencedRefunds":true},"referenced":{"enableStandaloneRefunds":false}}`)
	got.is(t, "timeouts.fromActiveToSleep", "30")
	got.is(t, "receiptPrinting", `{"shopperApproved":true,"merchantVoid":false}`)
	get("/v3/merchants/BakkerijZon/stores/utrecht").is(t, "hardware.restartHour", "6")
	get("/v3/merchants/BakkerijZon/stores/gent").is(t, "receiptOptions.headerLine2", `"sinds 1999"`)
	// An empty object leaves all of it to above, null and an absent one change nothing.
	patch(terminal, `{"hardware":{},"gratuities":[],"refunds":null}`)
	got = get(terminal)
	got.is(t, "hardware.restartHour", "6")
	got.is(t, "gratuities", "null")
	got.is(t, "refunds.unreferenced.enableUnreferencedRefunds", "true")
	// The terminal itself is to have them.
	if _, values := w.estate.Desired("0000AAA1"); string(values["receiptOptions.headerLine2"]) != `"Oudegracht"` {
		t.Errorf("the terminal is to have %s", values)
	}
}

func TestSettingsOfACompany(t *testing.T) {
	w := newWorld(t)
	_, err := w.estate.ChangeAccount(w.now(), "2", func(a *estate.Account) { a.Company = "Zon" })
	must(t, err)
	w.good(w.operator, "PATCH", "/v3/companies/Zon/terminalSettings", `{"signature":{"deviceName":"both"}}`)
	w.good(w.admin, "GET", "/v3/terminals/"+poiOne+"/terminalSettings", nil).is(t, "signature.deviceName", `"both"`)
	w.good(w.other, "GET", "/v3/merchants/Slager/terminalSettings", nil).is(t, "signature.deviceName", `"both"`)
	// A key of one account sees and changes its own account only.
	w.good(w.admin, "PATCH", "/v3/companies/Zon/terminalSettings", `{"signature":{"deviceName":"mine"}}`)
	w.good(w.other, "GET", "/v3/companies/Zon/terminalSettings", nil).is(t, "signature.deviceName", `"both"`)
	w.good(w.operator, "GET", "/v3/companies/Zon/terminalSettings", nil).is(t, "signature", "null") // they differ
}

func TestBadSettings(t *testing.T) {
	w := newWorld(t)
	path := "/v3/terminals/" + poiOne + "/terminalSettings"
	before := w.good(w.admin, "GET", path, nil).raw
	for _, of := range []struct{ body, field string }{
		{`{"hardware":{"restartHour":24}}`, "hardware.restartHour"},
		{`{"hardware":{"restartHour":"3"}}`, "hardware.restartHour"},
		{`{"hardware":{"restartMinute":3}}`, "hardware.restartMinute"},
		{`{"hardwares":{}}`, "hardwares"},
		{`{"hardware":[1]}`, "hardware"},
		{`{"hardware":3}`, "hardware"},
		{`{"passcodes":{"adminMenuPin":"1234567"}}`, "passcodes.adminMenuPin"},
		{`{"localization":{"language":"nl"},"payAtTable":{"authenticationMethod":"PIN"}}`, "payAtTable.authenticationMethod"},
		{`{"gratuities":[{"currency":"EUR","predefinedTipEntries":["a"]}]}`, "gratuities"},
		{`{"nexo":{"encryptionKey":{"identifier":"k","passphrase":"","version":1}}}`, "nexo.encryptionKey"},
		{`{"cloud":{"webSocketEnabled":false}}`, "cloud"},
	} {
		w.bad(w.admin, "PATCH", path, of.body, 422, "00_422").is(t, "invalidFields.0.name", `"`+of.field+`"`)
	}
	for _, body := range []string{"[]", `{"hardware":`, `{"hardware":{},"hardware":{}}`, `{"a":"` + "\xff" + `"}`} {
		w.bad(w.admin, "PATCH", path, body, 400, "00_400")
	}
	w.bad(w.admin, "PATCH", "/v3/merchants/BakkerijZon/terminalSettings", `{"connectivity":{"simcardStatus":"INVENTORY"}}`, 422, "00_422")
	if after := w.good(w.admin, "GET", path, nil).raw; !sameText(t, before, after) {
		t.Errorf("the settings changed:\n%s\n%s", before, after)
	}
	for _, at := range []string{
		"/v3/terminals/" + poiOther, "/v3/terminals/V400m-1", "/v3/stores/" + w.otherShop, "/v3/merchants/Slager", "/v3/merchants/Slager/stores/utrecht",
		"/v3/merchants/BakkerijZon/stores/none", "/v3/companies/Rund",
	} {
		w.bad(w.admin, "GET", at+"/terminalSettings", nil, 403, "00_403")
		w.bad(w.admin, "PATCH", at+"/terminalSettings", `{"timeouts":{"fromActiveToSleep":1}}`, 403, "00_403")
	}
	w.bad(w.admin, "GET", "/v3/terminals/"+poiSpare+"/terminalSettings", nil, 422, "00_422")
	w.bad(w.group, "GET", "/v3/merchants/BakkerijZon/terminalSettings", nil, 403, "00_403")
	w.bad(w.group, "GET", path, nil, 403, "00_403")
	w.good(w.group, "PATCH", "/v3/terminals/"+poiTwo+"/terminalSettings", `{"timeouts":{"fromActiveToSleep":1}}`)
	auditor := w.key(estate.NewKey{Account: "1", Role: estate.RoleAuditor})
	w.good(auditor, "GET", path, nil)
	w.bad(auditor, "PATCH", path, `{"timeouts":{"fromActiveToSleep":1}}`, 403, "00_403")
}

func sameText(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	must(t, json.Unmarshal([]byte(a), &x))
	must(t, json.Unmarshal([]byte(b), &y))
	return fmt.Sprint(x) == fmt.Sprint(y)
}

func TestSecretSettings(t *testing.T) {
	w := newWorld(t)
	path := "/v3/stores/" + w.shop + "/terminalSettings"
	const phrase = "p@ssW0rd123456"
	a := w.good(w.admin, "PATCH", path, `{"passcodes":{"adminMenuPin":"8371","screenLockPin":"55512"},"nexo":{"encryptionKey":{"identifier":"key1","passphrase":"`+phrase+`","version":1},
		"displayUrls":{"publicUrls":[{"url":"https://till.example.com/d","username":"u","password":"hunter2","encrypted":true}]}},
		"wifiProfiles":{"profiles":[{"authType":"wpa2-psk","bssType":"infra","ssid":"shop","wsec":"ccmp","psk":"4567890wifi"}],"settings":{"band":"2.4GHz","roaming":true,"timeout":5}}}`)
	w.restart()
	for _, shown := range []string{a.raw, w.good(w.admin, "GET", path, nil).raw, w.good(w.operator, "GET", "/v3/terminals/"+poiOne+"/terminalSettings", nil).raw} {
		for _, secret := range []string{"8371", "55512", phrase, "hunter2", "4567890wifi"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s is shown: %s", secret, shown)
			}
		}
	}
	value, _, set := w.estate.Setting(estate.Owner{Level: estate.LevelShop, ID: w.shop}, "nexo.encryptionKey")
	if !set || !strings.Contains(string(value), phrase) {
		t.Errorf("the key is %s", value)
	}
	developer := w.key(estate.NewKey{Account: "1", Role: estate.RoleDeveloper})
	// Who may not handle secrets may neither set them nor lose them with the object around them.
	w.bad(developer, "PATCH", path, `{"passcodes":{"adminMenuPin":"1111"}}`, 403, "00_403")
	w.bad(developer, "PATCH", path, `{"passcodes":{}}`, 403, "00_403")
	w.bad(developer, "PATCH", path, `{"nexo":{"notification":{"category":"SaleWakeUp","enabled":true,"showButton":true,"title":"call"}}}`, 403, "00_403")
	w.good(developer, "PATCH", path, `{"timeouts":{"fromActiveToSleep":9}}`)
	// What was read may be written back, masks and all: the secrets stay.
	shown := w.good(developer, "GET", path, nil)
	nexo, err := json.Marshal(map[string]any{"nexo": shown.body["nexo"], "passcodes": shown.body["passcodes"], "wifiProfiles": shown.body["wifiProfiles"]})
	must(t, err)
	w.good(developer, "PATCH", path, string(nexo))
	if again, _, _ := w.estate.Setting(estate.Owner{Level: estate.LevelShop, ID: w.shop}, "nexo.encryptionKey"); string(again) != string(value) {
		t.Errorf("written back as it was shown, the key is %s", again)
	}
	if pin, _, _ := w.estate.Setting(estate.Owner{Level: estate.LevelShop, ID: w.shop}, "passcodes.adminMenuPin"); string(pin) != `"8371"` {
		t.Errorf("written back as it was shown, the passcode is %s", pin)
	}
}
