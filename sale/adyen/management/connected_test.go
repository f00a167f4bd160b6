package management_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	"kassa/sale/adyen/management"
)

func live(at time.Time) management.Reach {
	return management.Reach{State: "online", Enabled: true, Linked: true, Since: at.Add(-time.Hour), LastSeen: at.Add(-3 * time.Second)}
}

func TestConnectedTerminals(t *testing.T) {
	w := newWorld(t)
	w.links.set("0000AAA1", live(w.now()))
	ask := func(body any) answer { t.Helper(); return w.good(w.admin, "POST", "/connectedTerminals", body) }
	all := ask(map[string]any{"merchantAccount": "BakkerijZon"})
	all.is(t, "uniqueTerminalIds", `["S1F2L-000158215131748"]`)
	all.is(t, "details.terminals.0", `{"uniqueTerminalId":"S1F2L-000158215131748","state":"online","since":"2026-11-25T08:00:00Z",
		"lastSeen":"2026-11-25T08:59:57Z","ageSeconds":3}`)
	all.is(t, "details.terminals.1", `{"uniqueTerminalId":"AMS1-000168242800763","state":"off","reason":"never_connected","text":"it has never connected"}`)
	ask(map[string]any{"merchantAccount": "BakkerijZon", "store": w.shop}).is(t, "uniqueTerminalIds", `["S1F2L-000158215131748"]`)
	ask(map[string]any{"merchantAccount": "BakkerijZon", "store": "utrecht"}).is(t, "uniqueTerminalIds", `["S1F2L-000158215131748"]`)
	ask(map[string]any{"merchantAccount": "BakkerijZon", "store": w.shop2}).is(t, "uniqueTerminalIds", `[]`)
	ask(map[string]any{"merchantAccount": "BakkerijZon", "uniqueTerminalId": poiOne}).is(t, "uniqueTerminalIds", `["S1F2L-000158215131748"]`)
	ask(map[string]any{"merchantAccount": "BakkerijZon", "uniqueTerminalId": poiTwo}).is(t, "uniqueTerminalIds", `[]`)

	for _, of := range []struct {
		reach management.Reach
		state string
	}{
		{management.Reach{State: "online", Enabled: false}, `"notEnabled"`},
		{management.Reach{State: "stale", Enabled: true, Reason: "a heartbeat is missing"}, `"stale"`},
		{management.Reach{State: "offline", Enabled: true, Reason: "shut down"}, `"off"`},
		{management.Reach{State: "unknown", Enabled: true}, `"unknown"`},
	} {
		w.links.set("0000AAA1", of.reach)
		a := ask(map[string]any{"merchantAccount": "BakkerijZon", "uniqueTerminalId": poiOne})
		a.is(t, "uniqueTerminalIds", `[]`)
		a.is(t, "details.terminals.0.state", of.state)
	}
	// What clients have in their base address, and a slash at the end.
	for _, path := range []string{"/tapi/connectedTerminals", "/connectedTerminals/"} {
		w.good(w.operator, "POST", path, map[string]any{"merchantAccount": "Slager"})
	}
}

func TestConnectedTerminalsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.links.set("0000BBB1", live(w.now()))
	w.links.set("0000AAA1", live(w.now()))
	refused := func(key string, body any, status int, code, message, kind string) {
		t.Helper()
		a := w.bad(key, "POST", "/connectedTerminals", body, status, code)
		a.is(t, "errorType", `"`+kind+`"`)
		if message != "" {
			a.is(t, "message", `"`+message+`"`)
		}
	}
	for _, code := range []string{"Slager", "Nobody"} {
		refused(w.admin, map[string]any{"merchantAccount": code}, 403, "901", "Invalid Merchant Account", "security")
	}
	for _, body := range []any{nil, map[string]any{}, map[string]any{"merchantAccount": ""}, map[string]any{"merchantAccount": nil}} {
		refused(w.admin, body, 500, "702", "Required field 'merchantAccount' is null", "validation")
	}
	for _, store := range []string{w.otherShop, "ST0"} {
		refused(w.admin, map[string]any{"merchantAccount": "BakkerijZon", "store": store}, 403, "010", "", "security")
		refused(w.operator, map[string]any{"merchantAccount": "BakkerijZon", "store": store}, 403, "010", "", "security")
	}
	for _, poi := range []string{poiOther, "V400m-1"} {
		refused(w.admin, map[string]any{"merchantAccount": "BakkerijZon", "uniqueTerminalId": poi}, 403, "010", "", "security")
		refused(w.operator, map[string]any{"merchantAccount": "BakkerijZon", "uniqueTerminalId": poi}, 403, "010", "", "security")
	}
	refused("", map[string]any{"merchantAccount": "BakkerijZon"}, 401, "000", "", "security")
	for _, body := range []string{"[]", "{", `{"merchantAccount":"a","merchantAccount":"b"}`, `{"merchantAccount":1}`, "\xff", "null"} {
		refused(w.admin, body, 400, "702", "", "validation")
	}
	refused(w.admin, `{"merchantAccount":"`+strings.Repeat("a", 1<<20)+`"}`, 413, "702", "", "validation")
	// A key of one group sees that group's terminals alone.
	w.good(w.group, "POST", "/connectedTerminals", map[string]any{"merchantAccount": "BakkerijZon"}).is(t, "uniqueTerminalIds", `[]`)
	refused(w.group, map[string]any{"merchantAccount": "BakkerijZon", "uniqueTerminalId": poiOne}, 403, "010", "", "security")
}

func TestConnectedDevices(t *testing.T) {
	w := newWorld(t)
	w.links.set("0000AAA1", live(w.now()))
	for _, base := range []string{"/v1", "/v1/v1"} {
		a := w.good(w.admin, "GET", base+"/merchants/BakkerijZon/connectedDevices", nil)
		a.is(t, "uniqueDeviceIds", `["S1F2L-000158215131748"]`)
		a.is(t, "details.terminals.1.state", `"off"`)
		w.good(w.admin, "GET", base+"/merchants/BakkerijZon/connectedDevices?store="+w.shop2, nil).is(t, "uniqueDeviceIds", `[]`)
		status := w.good(w.admin, "GET", base+"/merchants/BakkerijZon/devices/"+poiOne+"/status", nil)
		status.is(t, "deviceId", `"S1F2L-000158215131748"`)
		status.is(t, "status", `"ONLINE"`)
	}
	off := w.good(w.admin, "GET", "/v1/merchants/BakkerijZon/devices/"+poiTwo+"/status", nil)
	off.is(t, "status", `"OFFLINE"`)
	off.is(t, "details.reason", `"never_connected"`)
	w.good(w.admin, "GET", "/v1/merchants/BakkerijZon/devices/"+poiSpare+"/status", nil).is(t, "details.state", `"unknown"`)
	for _, path := range []string{
		"/v1/merchants/Slager/connectedDevices", "/v1/merchants/Nobody/connectedDevices", "/v1/merchants/BakkerijZon/connectedDevices?store=" + w.otherShop,
		"/v1/merchants/BakkerijZon/devices/" + poiOther + "/status", "/v1/merchants/Slager/devices/" + poiOther + "/status",
		"/v1/merchants/BakkerijZon/devices/V400m-1/status",
	} {
		w.bad(w.admin, "GET", path, nil, 403, "00_403").is(t, "type", `"https://docs.adyen.com/errors/forbidden"`)
	}
	w.bad("", "GET", "/v1/merchants/BakkerijZon/connectedDevices", nil, 401, "00_401").is(t, "title", `"Unauthorized"`)
	w.bad(w.admin, "GET", "/v1/merchants/BakkerijZon/connectedDevices?store=a&store=b", nil, 400, "00_400")
}

func TestKeysAtThisDoor(t *testing.T) {
	w := newWorld(t)
	ask := func(change func(*http.Request)) int {
		t.Helper()
		r, err := http.NewRequest("GET", w.server.URL+"/v3/me", nil)
		must(t, err)
		change(r)
		resp, err := http.DefaultClient.Do(r)
		must(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"header":      {func(r *http.Request) { r.Header.Set("x-api-key", w.admin) }, 200},
		"basic":       {func(r *http.Request) { r.SetBasicAuth("ws@Company.Zon", w.admin) }, 200},
		"nothing":     {func(*http.Request) {}, 401},
		"two headers": {func(r *http.Request) { r.Header["X-Api-Key"] = []string{w.admin, w.other} }, 401},
		"basic, of a page": {func(r *http.Request) {
			r.SetBasicAuth("ws@Company.Zon", w.admin)
			r.Header.Set("Origin", "https://evil.example")
		}, 401},
		"basic, of a form": {func(r *http.Request) {
			r.SetBasicAuth("ws@Company.Zon", w.admin)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 401},
		"both ways":       {func(r *http.Request) { r.Header.Set("X-API-Key", w.admin); r.SetBasicAuth("ws", w.other) }, 401},
		"unknown":         {func(r *http.Request) { r.Header.Set("X-API-Key", "test_nobody") }, 401},
		"too long":        {func(r *http.Request) { r.Header.Set("X-API-Key", strings.Repeat("a", 300)) }, 401},
		"other protocols": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+w.admin) }, 401},
	} {
		if got := ask(test.change); got != test.status {
			t.Errorf("%s: %d, want %d", name, got, test.status)
		}
	}
	a := w.bad("live_"+strings.Repeat("a", 35), "GET", "/v3/me", nil, 401, "00_401")
	if !strings.Contains(a.raw, "https://live.example.com") {
		t.Errorf("a key of the other environment is not told where it belongs: %s", a.raw)
	}
	key, clear, err := w.estate.MakeKey(w.now(), estate.NewKey{Account: "1", Role: estate.RoleAdmin})
	must(t, err)
	w.good(clear, "GET", "/v3/me", nil)
	must(t, w.estate.RevokeKey(w.now(), key.ID, "test"))
	w.bad(clear, "GET", "/v3/me", nil, 401, "00_401")
}

func TestOwns(t *testing.T) {
	for path, want := range map[string]bool{
		"/v3/terminals": true, "/v3": true, "/v3/nothing": true, "/v3/../x": true, "/connectedTerminals": true, "/tapi/connectedTerminals": true, "/adyen/v3/me": true,
		"/v1/merchants/M/connectedDevices": true, "/v1/v1/merchants/M/devices/D/status": true,
		"/v1/merchants/M/devices/D/sync": false, "/v1/json/orders": false, "/sync": false, "/v30": false, "/": false, "/v1/merchants//connectedDevices": false,
	} {
		if management.Owns(path) != want {
			t.Errorf("Owns(%q) is not %v", path, want)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	ask := func(key, name, path string, body any) answer {
		t.Helper()
		w.once = name
		defer func() { w.once = "" }()
		return w.do(key, "POST", path, body)
	}
	first := ask(w.admin, "k1", "/v3/stores", newStore())
	w.restart()
	again := ask(w.admin, "k1", "/v3/stores", newStore())
	if first.status != 200 || again.status != 200 || again.body["id"] != first.body["id"] || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %d %s\nagain %d %s", first.status, first.raw, again.status, again.raw)
	}
	w.good(w.admin, "GET", "/v3/stores", nil).is(t, "itemsTotal", "3")
	other := newStore()
	other["reference"] = "other"
	if a := ask(w.admin, "k1", "/v3/stores", other); a.status != 422 || a.body["errorCode"] != "704" {
		t.Errorf("the key with another request: %d %s", a.status, a.raw)
	}
	// The key is the caller's own, and is free again after a refusal.
	if a := ask(w.operator, "k1", "/v3/stores", other); a.status != 200 || a.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("another caller's key: %d %s", a.status, a.raw)
	}
	if a := ask(w.admin, "k2", "/v3/stores", other); a.status != 422 || a.body["errorCode"] != "00_422" { // the reference is taken
		t.Errorf("refused: %d %s", a.status, a.raw)
	}
	other["reference"] = "another"
	if a := ask(w.admin, "k2", "/v3/stores", other); a.status != 200 {
		t.Errorf("after the refusal: %d %s", a.status, a.raw)
	}
	// A secret is not kept for a repeat.
	role := map[string]any{"roles": []string{"Management API—Terminal actions read"}}
	made := ask(w.admin, "k3", "/v3/merchants/BakkerijZon/apiCredentials", role)
	repeated := ask(w.admin, "k3", "/v3/merchants/BakkerijZon/apiCredentials", role)
	if made.body["apiKey"] == nil || repeated.body["apiKey"] != nil || repeated.body["password"] != nil || repeated.body["id"] != made.body["id"] {
		t.Errorf("made %s\nrepeated %s", made.raw, repeated.raw)
	}
	w.pass(7 * 24 * time.Hour)
	if a := ask(w.admin, "k1", "/v3/stores", newStore()); a.status != 422 { // served anew: the reference is taken
		t.Errorf("after a week: %d %s", a.status, a.raw)
	}
	if a := ask(w.admin, strings.Repeat("k", 201), "/v3/stores", newStore()); a.status != 400 {
		t.Errorf("a long key: %d %s", a.status, a.raw)
	}
}
