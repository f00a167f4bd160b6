package native_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/sale/native"
)

// ok calls and expects success.
func (w *world) ok(method, path, body string, headers ...string) object {
	w.t.Helper()
	status, o := w.call(method, native.Prefix+path, body, headers...)
	if status/100 != 2 {
		w.t.Fatalf("%s %s %s: %d %v", method, path, body, status, o)
	}
	return o
}

// refused calls and expects a problem with a code, and words in its detail.
func (w *world) refused(method, path, body, code, words string, headers ...string) {
	w.t.Helper()
	status, o := w.call(method, native.Prefix+path, body, headers...)
	if status < 400 || o["code"] != code || !strings.Contains(fmt.Sprint(o["detail"]), words) {
		w.t.Errorf("%s %s %s: %d %v, want %s with %q", method, path, body, status, o, code, words)
	}
}

func TestAccountsGroupsAndShops(t *testing.T) {
	w := newWorld(t)
	a := w.ok("POST", "accounts", `{"name":"Café Zuid","merchant":"CafeZuid"}`)
	account := fmt.Sprint(a["id"])
	if a["merchant"] != "CafeZuid" || a["company"] != "Kassa" || a["partner"] != false || !strings.HasPrefix(account, "acct_test_") {
		t.Errorf("%v", a)
	}
	w.refused("POST", "accounts", `{"name":"Twin","merchant":"CafeZuid"}`, "exists", "another account has this code")
	w.refused("POST", "accounts", `{"name":""}`, "invalid_input", "")
	w.refused("POST", "accounts", `{"name":"X","merchant":"a b"}`, "invalid_input", "/merchant")
	g := w.ok("POST", "groups", `{"account":"`+account+`","name":"Terrace","merchant":{"name":"Zuid","address":"Plein 1","city":"Rome","country":"IT","mid":"000000000000009","mcc":"5812"}}`)
	group := fmt.Sprint(g["id"])
	w.refused("POST", "groups", `{"account":"acct_live_1","name":"X"}`, "id_of_other_environment", "live")
	w.refused("POST", "groups", `{"account":"99","name":"X"}`, "invalid_input", "/account")
	w.refused("POST", "terminals", `{"group":"`+group+`","name":"Till"}`, "country_not_offered", "IT")
	w.ok("PATCH", "accounts/"+account, `{"partner":true}`)
	w.ok("POST", "terminals", `{"group":"`+group+`","name":"Till"}`)
	w.ok("PATCH", "groups/"+group, `{"name":"Terras"}`)
	w.refused("PATCH", "groups/"+group, `{"webhookURL":"http://plain.example/"}`, "invalid_input", "/webhookURL")
	w.refused("PATCH", "groups/100", `{"creditLimit":100}`, "not_allowed", "operator", w.as("account")...)
	if g := w.ok("PATCH", "groups/100", `{"name":"Bar 2","webhookURL":"https://bar.example/"}`, w.as("group")...); g["name"] != "Bar 2" || g["webhookURL"] != "https://bar.example/" {
		t.Errorf("%v", g)
	}
	s := w.ok("POST", "shops", `{"description":"Kade","reference":"kade","phone":"+31612345678","address":{"country":"NL","city":"Amsterdam"}}`, w.as("account")...)
	shop := fmt.Sprint(s["id"])
	w.refused("POST", "shops", `{"description":"Kade","reference":"kade"}`, "exists", "reference", w.as("account")...)
	w.refused("POST", "shops", `{"description":"Kade","phone":"06"}`, "invalid_input", "/phone", w.as("account")...)
	w.refused("POST", "shops", `{"description":"Kade","colour":"red"}`, "invalid_input", "/colour", w.as("account")...)
	if s := w.ok("PATCH", "shops/"+shop, `{"status":"inactive"}`, w.as("account")...); s["status"] != "inactive" || s["reference"] != "kade" {
		t.Errorf("%v", s)
	}
	if list := w.ok("GET", "shops?reference=kade", "", w.as("account")...)["data"].([]any); len(list) != 1 {
		t.Errorf("%v", list)
	}
}

// TestATerminalsLife goes from the box to the end, with what is refused on the way.
func TestATerminalsLife(t *testing.T) {
	w := newWorld(t)
	b := w.ok("POST", "terminals", `{"group":"Bar","name":"Till 9","poiid":"P2-NEW"}`, w.as("account")...)
	id := fmt.Sprint(b["id"])
	if b["poiid"] != "P2-NEW" || len(fmt.Sprint(b["code"])) < 8 || id != "term_test_"+fmt.Sprint(b["tid"]) {
		t.Fatalf("%v", b)
	}
	w.ok("POST", "terminals", `{"group":"Bar","name":"Till 8","poiid":"P2-SPARE"}`) // in stock: only the place is new
	w.refused("POST", "terminals", `{"group":"Bar","name":"Till 9","poiid":"P2-00000ABC"}`, "invalid_input", "/poiid")
	w.refused("POST", "terminals", `{"group":"Bar","name":"Till 9","poiid":"nonsense"}`, "invalid_input", "/poiid")
	w.refused("POST", "terminals", `{"group":"Cellar","name":"Till 9"}`, "invalid_input", "no such terminal group")
	w.refused("POST", "terminals", `{"group":"Bar","name":"`+strings.Repeat("x", 101)+`"}`, "invalid_input", "name")
	w.refused("POST", "terminals", `{"group":"Bar","name":"Till","provider":"ABACUS"}`, "invalid_input", "/provider")
	if c := w.ok("POST", "terminals/"+id+"/code", ""); c["code"] == b["code"] || c["codeExpires"] == nil {
		t.Errorf("a new code: %v", c)
	}
	w.refused("POST", "terminals/00000ABC/code", "", "exists", "bound")
	s := w.ok("POST", "shops", `{"account":"1","description":"Kade","reference":"kade"}`)
	if m := w.ok("PATCH", "terminals/"+id, `{"group":"grp_test_200","shop":"kade"}`); m["groupId"] != "grp_test_200" || m["shop"] != s["id"] {
		t.Errorf("moved: %v", m)
	}
	w.refused("PATCH", "terminals/"+id, `{"group":"300"}`, "invalid_input", "/group")
	w.refused("PATCH", "terminals/"+id, `{"shop":"nowhere"}`, "invalid_input", "/shop")
	if m := w.ok("PATCH", "terminals/"+id, `{"inventory":true}`); m["state"] != "inventory" || m["mayTakePayments"] != false || m["mayNot"] == nil {
		t.Errorf("in the inventory: %v", m)
	}
	if m := w.ok("POST", "terminals/00000ABC/block", `{"why":"stolen"}`); m["state"] != "blocked" || m["blocked"].(object)["why"] != "stolen" {
		t.Errorf("blocked: %v", m)
	}
	if m := w.ok("POST", "terminals/00000ABC/unblock", ``); m["state"] != "active" || m["mayTakePayments"] != true {
		t.Errorf("unblocked: %v", m)
	}
	w.refused("POST", "terminals/00000ABC/developer-mode", `{}`, "invalid_input", "/on")
	w.refused("POST", "terminals/00000ABC/developer-mode", `{"on":false}`, "forbidden", "estate.operate", w.as("account")...)
	if m := w.ok("POST", "terminals/00000ABC/developer-mode", `{"on":true}`); m["state"] != "developer" {
		t.Errorf("developer mode: %v", m)
	}
	w.refused("DELETE", "terminals/00000ABC", "", "terminal_online", "not connected")
	if u := w.ok("POST", "terminals/00000ABC/unbind", ""); len(fmt.Sprint(u["code"])) < 8 {
		t.Errorf("unbound: %v", u)
	}
	w.refused("POST", "terminals/00000ABC/unbind", "", "wrong_state", "no device")
	w.ok("DELETE", "terminals/"+id, "")
	if m := w.ok("GET", "terminals/"+id, ""); m["state"] != "retired" {
		t.Errorf("retired: %v", m)
	}
	for _, step := range []string{"block", "unbind", "code"} {
		w.refused("POST", "terminals/"+id+"/"+step, "", "wrong_state", "retired")
	}
	w.refused("GET", "terminals/NOSUCHID", "", "not_found", "terminal")
}

func TestDevices(t *testing.T) {
	w := newWorld(t)
	d := w.ok("POST", "devices", `{"poiid":"P2-STOCK","account":"acct_test_1"}`)
	if d["account"] != "acct_test_1" || d["state"] != "boarded" || d["id"] != "dev_test_P2-STOCK" {
		t.Errorf("%v", d)
	}
	w.refused("POST", "devices", `{"poiid":"P2-STOCK"}`, "exists", "device")
	w.refused("POST", "devices", `{"poiid":"?"}`, "invalid_input", "POIID")
	if d := w.ok("PATCH", "devices/P2-STOCK", `{"account":"2"}`); d["account"] != "acct_test_2" {
		t.Errorf("%v", d)
	}
	w.refused("PATCH", "devices/P2-00000ABC", `{"account":"2"}`, "wrong_state", "bound")
	w.refused("PATCH", "devices/P2-STOCK", `{}`, "invalid_input", "/account")
	if err := w.estate.MarkTampered(time.Now(), "P2-00000ABC", "case opened", 0); err != nil {
		t.Fatal(err)
	}
	if d := w.ok("GET", "devices/P2-00000ABC", ""); d["state"] != "tampered" || d["tampered"].(object)["what"] != "case opened" || d["terminal"] != "term_test_00000ABC" {
		t.Errorf("%v", d)
	}
	if list := w.ok("GET", "devices?state=tampered", "")["data"].([]any); len(list) != 1 {
		t.Errorf("%v", list)
	}
	w.refused("DELETE", "devices/P2-00000ABC/tampered", "", "forbidden", "estate.operate", w.as("account")...)
	if d := w.ok("DELETE", "devices/P2-00000ABC/tampered", ""); d["tampered"] != nil {
		t.Errorf("%v", d)
	}
	w.refused("POST", "devices/P2-00000ABC/return", `{}`, "invalid_input", "/why")
	w.refused("POST", "devices/P2-00000ABC/return", `{"why":"no display"}`, "forbidden", "devices.service", w.as("account")...)
	first := w.ok("POST", "devices/P2-00000ABC/return", `{"why":"no display"}`)
	if first["state"] != "returned" || first["returned"].(object)["case"] == nil {
		t.Errorf("%v", first)
	}
	if again := w.ok("POST", "devices/P2-00000ABC/return", `{"why":"no display"}`); fmt.Sprint(again["returned"]) != fmt.Sprint(first["returned"]) {
		t.Errorf("a second time: %v", again)
	}
}

// TestImport boards all rows of a CSV or none, and a dry run finds the same and changes nothing.
func TestImport(t *testing.T) {
	w := newWorld(t)
	const good = "poiid,name,group,shop,provider\nP2-C1,Till 1,100,,\n,Till 2,200,,CTAP\n"
	before := w.store.Last()
	dry := w.ok("POST", "terminals/import?dry_run=true", good, w.as("account")...)
	if dry["boarded"] != false || len(dry["rows"].([]any)) != 2 {
		t.Errorf("%v", dry)
	}
	status, p := w.call("POST", "/api/v1/terminals/import", "poiid,name,group\nP2-C1,Till 1,100\nP2-C1,Till 2,100\nP2-C2,Till 3,300\n", w.as("account")...)
	text := fmt.Sprint(p["errors"])
	if status != 400 || !strings.Contains(text, "line:3") || !strings.Contains(text, "line:4") || strings.Contains(text, "line:2") {
		t.Errorf("%d %v", status, p)
	}
	w.refused("POST", "terminals/import", "name,colour\n", "invalid_input", "colour", w.as("account")...)
	w.refused("POST", "terminals/import?dry_run=perhaps", good, "invalid_input", "dry_run", w.as("account")...)
	w.refused("POST", "terminals/import", "name,group\n"+strings.Repeat("x", 1<<20), "too_large", "bytes", w.as("account")...)
	w.unchanged(before)
	done := w.ok("POST", "terminals/import", good, w.as("account")...)
	rows := done["rows"].([]any)
	if done["boarded"] != true || len(rows) != 2 || rows[0].(object)["code"] == nil || rows[1].(object)["tid"] == nil {
		t.Errorf("%v", done)
	}
	if p["detail"] != "2 of 3 rows cannot be boarded; nothing was changed" {
		t.Errorf("the detail: %v", p["detail"])
	}
	const named = "name,group,shop\nBy name,Bar,\nBy id,grp_test_200,%s\n"
	shop := w.ok("POST", "shops", `{"reference":"corner","description":"Corner"}`, w.as("account")...)
	w.ok("POST", "terminals/import", fmt.Sprintf(named, shop["id"]), w.as("account")...)
	for name, place := range map[string][2]any{"By+name": {"grp_test_100", nil}, "By+id": {"grp_test_200", shop["id"]}} {
		list := w.ok("GET", "terminals?q="+name, "", w.as("account")...)["data"].([]any)
		if len(list) != 1 || list[0].(object)["groupId"] != place[0] || list[0].(object)["shop"] != place[1] {
			t.Errorf("%s: %v", name, list)
		}
	}
	w.ok("PATCH", "groups/200", `{"name":"Bar"}`, w.as("account")...)
	_, p = w.call("POST", "/api/v1/terminals/import", "name,group\nTwo,Bar\nTheirs,Other\nLive,grp_live_100\n", w.as("account")...)
	if text := fmt.Sprint(p["errors"]); !strings.Contains(text, "2 groups") || !strings.Contains(text, "line:3") || !strings.Contains(text, "line:4") {
		t.Errorf("%v", p)
	}
	if list := w.ok("GET", "terminals?q=Till+2", "", w.as("account")...)["data"].([]any); len(list) != 1 || list[0].(object)["provider"] != "CTAP" {
		t.Errorf("%v", list)
	}
}

// setting finds a setting in what a level shows.
func setting(shown object, name string) object {
	for _, row := range shown["data"].([]any) {
		if o := row.(object); o["name"] == name {
			return o
		}
	}
	return nil
}

// TestSettings are inherited with their origin, and of a terminal what is desired and what it reports stand
// side by side.
func TestSettings(t *testing.T) {
	w := newWorld(t)
	const name = "localization.language"
	w.ok("PATCH", "accounts/1/settings", `{"set":{"`+name+`":"nl"}}`, w.as("account")...)
	w.ok("PATCH", "groups/100/settings", `{"set":{"`+name+`":"fr"}}`, w.as("group")...)
	at := setting(w.ok("GET", "terminals/00000ABC/settings", ""), name)
	if origin := at["origin"].(object); at["value"] != "fr" || origin["level"] != "group" || origin["id"] != "grp_test_100" {
		t.Errorf("%v", at)
	}
	if at := setting(w.ok("GET", "terminals/00000ABD/settings", ""), name); at["value"] != "nl" || at["origin"].(object)["id"] != "acct_test_1" {
		t.Errorf("%v", at)
	}
	w.refused("PATCH", "groups/100/settings", `{"set":{"`+name+`":"xx","no.such":1}}`, "invalid_input", "no.such")
	w.refused("PATCH", "terminals/00000ABC/settings", `{"set":{"cloud.webSocketEnabled":false}}`, "not_allowed", "operator", w.as("account")...)
	wish := w.ok("POST", "terminals/00000ABC/settings-wishes", `{"setting":"cloud.webSocketEnabled","value":false}`, w.as("account")...)
	if wish["status"] != "open" {
		t.Errorf("%v", wish)
	}
	path := fmt.Sprint("settings-wishes/", wish["id"])
	w.refused("POST", path+"/grant", "", "forbidden", "settings.operator", w.as("account")...)
	if decided := w.ok("POST", path+"/grant", ""); decided["status"] != "granted" || decided["decidedBy"] == nil {
		t.Errorf("%v", decided)
	}
	w.refused("POST", path+"/refuse", "", "wrong_state", "granted")
	if list := w.ok("GET", "settings-wishes?status=open", "")["data"].([]any); len(list) != 0 {
		t.Errorf("%v", list)
	}
	if at := setting(w.ok("GET", "terminals/00000ABC/settings", ""), "cloud.webSocketEnabled"); at["value"] != false || at["origin"].(object)["level"] != "terminal" {
		t.Errorf("%v", at)
	}
	w.ok("PATCH", "groups/100/settings", `{"unset":["`+name+`"]}`)
	shown := w.ok("GET", "terminals/00000ABC/settings", "")
	if at := setting(shown, name); at["value"] != "nl" || at["desired"] != true || at["reported"] != nil {
		t.Errorf("%v", at)
	}
	version := uint64(shown["version"].(float64))
	if err := w.estate.Applied(time.Now(), "00000ABC", version, map[string]json.RawMessage{name: []byte(`"nl"`)}, map[string]string{"localization.timezone": "unknown zone"}); err != nil {
		t.Fatal(err)
	}
	shown = w.ok("GET", "terminals/00000ABC/settings", "")
	if at := setting(shown, name); at["reported"] != "nl" || shown["reported"].(object)["current"] != true {
		t.Errorf("%v, %v", at, shown["reported"])
	}
	if at := setting(shown, "localization.timezone"); at["refused"] != "unknown zone" {
		t.Errorf("%v", at)
	}
	w.ok("PATCH", "accounts/1/settings", `{"set":{"passcodes.adminMenuPin":"4321"}}`, w.as("account")...)
	if at := setting(w.ok("GET", "accounts/1/settings", ""), "passcodes.adminMenuPin"); strings.Contains(fmt.Sprint(at), "4321") || at["secret"] != true {
		t.Errorf("a secret is shown: %v", at)
	}
	if list := w.ok("GET", "settings-definitions", "")["data"].([]any); len(list) < 20 {
		t.Errorf("%d definitions", len(list))
	}
}

// TestKeys: a key is shown once, does no more than the one that made it, and goes over to its successor.
func TestKeys(t *testing.T) {
	w := newWorld(t)
	k := w.ok("POST", "keys", `{"role":"developer","name":"Till","networks":["127.0.0.0/8"]}`, w.as("account")...)
	clear, id := fmt.Sprint(k["key"]), fmt.Sprint(k["id"])
	if !strings.HasPrefix(clear, "test_") || !strings.HasPrefix(id, "key_test_") || k["account"] != "acct_test_1" {
		t.Fatalf("%v", k)
	}
	if shown := w.ok("GET", "keys/"+id, ""); shown["key"] != nil || shown["hint"] != clear[len(clear)-4:] || shown["status"] != "active" {
		t.Errorf("%v", shown)
	}
	with := []string{"Authorization", "Bearer " + clear}
	if me := w.ok("GET", "me", "", with...); me["role"] != "developer" || me["name"] != "Till" || me["key"] != id {
		t.Errorf("%v", me)
	}
	if shown := w.ok("GET", "keys/"+id, ""); shown["lastUsed"] == nil || shown["lastUsedFrom"] != "127.0.0.1" {
		t.Errorf("its last use: %v", shown)
	}
	w.refused("POST", "keys", `{"role":"operator"}`, "forbidden", "does not have", w.as("account")...)
	w.refused("POST", "keys", `{"role":"root"}`, "invalid_input", "/role", w.as("account")...)
	w.refused("POST", "keys", `{"role":"cashier","only":["estate.operate"]}`, "invalid_input", "/only/0", w.as("account")...)
	w.refused("POST", "keys", `{"role":"cashier","networks":["here"]}`, "invalid_input", "/networks", w.as("account")...)
	narrow := w.ok("POST", "keys", `{"role":"admin","only":["keys.manage","orders.read"]}`, w.as("account")...)
	narrowed := []string{"Authorization", fmt.Sprint("Bearer ", narrow["key"])}
	w.refused("POST", "keys", `{"role":"admin"}`, "forbidden", "does not have", narrowed...)
	w.refused("POST", "keys/"+id+"/rotate", "", "forbidden", "does not have", narrowed...)
	w.refused("DELETE", "keys/"+id, "", "forbidden", "does not have", narrowed...)
	w.ok("POST", "keys", `{"role":"admin","only":["orders.read"]}`, narrowed...)

	next := w.ok("POST", "keys/"+id+"/rotate", `{"overlap":"1h"}`, w.as("account")...)
	if next["replaces"] != id || next["name"] != "Till" {
		t.Errorf("%v", next)
	}
	w.ok("GET", "me", "", with...)
	w.ok("GET", "me", "", "Authorization", fmt.Sprint("Bearer ", next["key"]))
	if old := w.ok("GET", "keys/"+id, ""); old["expires"] == nil {
		t.Errorf("%v", old)
	}
	w.refused("POST", "keys/"+id+"/rotate", `{"overlap":"1 hour"}`, "invalid_input", "/overlap", w.as("account")...)
	w.ok("POST", "keys/"+fmt.Sprint(next["id"])+"/rotate", `{"overlap":"0s"}`, w.as("account")...)
	w.refused("GET", "me", "", "key_expired", "", "Authorization", fmt.Sprint("Bearer ", next["key"]))
	w.ok("DELETE", "keys/"+id, "", w.as("account")...)
	w.refused("GET", "me", "", "key_revoked", "", with...)
}

func TestWebhookEndpoints(t *testing.T) {
	w := newWorld(t)
	e := w.ok("POST", "webhooks", `{"url":"https://one.example/hook","events":["order.completed"]}`, w.as("group")...)
	path := fmt.Sprint("webhooks/", e["id"])
	if !strings.HasPrefix(fmt.Sprint(e["secret"]), "whsec_") || e["group"] != "grp_test_100" || e["active"] != true || len(e["secrets"].([]any)) != 1 {
		t.Fatalf("%v", e)
	}
	if shown := w.ok("GET", path, ""); shown["secret"] != nil {
		t.Errorf("the secret is shown again: %v", shown)
	}
	w.refused("POST", "webhooks", `{"url":"http://plain.example/"}`, "invalid_input", "/url")
	w.refused("POST", "webhooks", `{}`, "invalid_input", "/url")
	if changed := w.ok("PATCH", path, `{"active":false,"events":[]}`, w.as("account")...); changed["active"] != false || len(changed["events"].([]any)) != 0 {
		t.Errorf("%v", changed)
	}
	w.refused("PATCH", path, `{"account":"2"}`, "invalid_input", "/account")
	next := w.ok("POST", path+"/secret", `{"overlap":"1h"}`, w.as("group")...)
	if next["secret"] == e["secret"] || len(next["secrets"].([]any)) != 2 {
		t.Errorf("%v", next)
	}
	if tested := w.ok("POST", path+"/test", ""); tested["status"] != 200.0 || tested["body"] != "{}" {
		t.Errorf("%v", tested)
	}
	if list := w.ok("GET", "webhooks", "", w.as("account")...)["data"].([]any); len(list) != 1 {
		t.Errorf("%v", list)
	}
	w.ok("DELETE", path, "", w.as("group")...)
	w.refused("GET", path, "", "not_found", "webhook")
	all := w.ok("POST", "webhooks", `{"url":"https://all.example/"}`) // the operator's hears of everything
	if all["account"] != nil {
		t.Errorf("%v", all)
	}
}

// TestPages: a list comes in parts, each from where the one before ended, and nothing is missed.
func TestPages(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.ok("POST", "shops", fmt.Sprintf(`{"account":"1","description":"Shop %d"}`, i))
	}
	var ids []string
	for cursor := ""; ; {
		body := w.ok("GET", "shops?limit=3"+cursor, "")
		for _, row := range body["data"].([]any) {
			ids = append(ids, fmt.Sprint(row.(object)["id"]))
		}
		if body["has_more"] == false {
			break
		}
		cursor = fmt.Sprint("&after=", body["next"])
	}
	if len(ids) != 7 || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 7 {
		t.Errorf("%v", ids)
	}
	w.refused("GET", "shops?limit=0", "", "invalid_input", "limit")
	w.refused("GET", "shops?colour=red", "", "invalid_input", "colour")
}
