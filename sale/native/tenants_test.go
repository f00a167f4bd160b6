package native_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	"kassa/sale/native"
)

// tenants gives, for each name that stands in a path, an id of account 1 and group 100: what no key of
// another account or group may find.
func (w *world) tenants() map[string]string { return w.idsOf("1", "100", "00000ABC") }

func (w *world) idsOf(account, group, tid string) map[string]string {
	w.t.Helper()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	now := time.Now()
	s, err := w.estate.MakeShop(now, estate.Shop{Account: account, Description: "Kade"})
	must(err)
	k, _, err := w.estate.MakeKey(now, estate.NewKey{Account: account, Group: group, Role: estate.RoleCashier})
	must(err)
	e, err := w.estate.MakeEndpoint(now, estate.Endpoint{
		Dialect: estate.DialectNative, Type: estate.EndpointEvents, Account: account, Group: group, URL: "https://one.example/", Active: true,
	}, "")
	must(err)
	wish, err := w.estate.AskSetting(now, tid, "cloud.webSocketEnabled", []byte("false"), "")
	must(err)
	d := native.Delivery{ID: "0000000000000" + group, Group: group, URL: "https://two.example/", Status: "delivered", Attempts: []native.Try{{At: now, Status: 200}}}
	w.deliver(d)
	w.sent[d.ID] = d
	w.ward.made["diag_test_"+account] = native.Diagnosis{ID: "diag_test_" + account, Account: account}
	w.bench.tampers = append(w.bench.tampers, native.TamperRequest{ID: "tamper_test_" + tid, Owner: w.bench.owner("P2-" + tid), Picture: "image/png"})
	w.bench.codes = append(w.bench.codes, native.DeveloperCode{ID: "devcode_test_" + tid, Owner: w.bench.owner("P2-" + tid)})
	w.bench.returns = append(w.bench.returns, native.Return{ID: "rma_test_" + tid, Owner: w.bench.owner("P2-" + tid)})
	owner := w.bench.owner("P2-" + tid)
	w.bench.logs = append(w.bench.logs, native.LogTask{ID: "log_test_" + tid, Account: owner.Account, Group: owner.Group})
	w.cases["case_test_"+account] = []string{account, group}
	return map[string]string{
		"logtask": "log_test_" + tid, "tamper": "tamper_test_" + tid, "devcode": "devcode_test_" + tid, "return": "rma_test_" + tid,
		"case": "case_test_" + account, "file": "casefile_test_1",
		"diagnosis": "diag_test_" + account, "rule": "off",
		"account": account, "group": group, "shop": s.ID, "terminal": tid, "device": "P2-" + tid, "order": w.order(group, "theirs", 100).ID(),
		"delivery": d.ID, "key": k.ID, "webhook": e.ID, "wish": wish.ID,
		"incident":   "inc_test_NONE", // everybody's
		"connection": "NONE",          // the operator's
		"kind":       "stations",
		"thing":      w.station(account),
		"charge":     w.charge(account, group, tid, "CHARGE"+account),
	}
}

// bodies are bodies that each call would take, so that what refuses it is the key.
func bodies() map[string]string {
	return map[string]string{
		"POST orders/{order}/refunds":                  `{"id":"r-1"}`,
		"PATCH terminals/{terminal}":                   `{"inventory":true}`,
		"POST terminals/{terminal}/developer-mode":     `{"on":true}`,
		"POST devices/{device}/return":                 `{"why":"broken"}`,
		"POST devices/{device}/key-injection":          ``,
		"POST tamper-requests/{tamper}/approve":        `{}`,
		"POST tamper-requests/{tamper}/refuse":         `{"why":"no"}`,
		"POST returns/{return}/steps":                  `{"step":"send"}`,
		"POST log-tasks/{logtask}/release":             ``,
		"PATCH devices/{device}":                       `{"account":""}`,
		"PATCH groups/{group}":                         `{"name":"Mine"}`,
		"PATCH shops/{shop}":                           `{"description":"Mine"}`,
		"PATCH accounts/{account}":                     `{"name":"Mine"}`,
		"POST terminals/{terminal}/settings-wishes":    `{"setting":"cloud.webSocketEnabled","value":true}`,
		"PATCH accounts/{account}/settings":            `{"set":{"cloud.apiEnabled":false}}`,
		"PATCH groups/{group}/settings":                `{"set":{"cloud.apiEnabled":false}}`,
		"PATCH shops/{shop}/settings":                  `{"set":{"cloud.apiEnabled":false}}`,
		"PATCH terminals/{terminal}/settings":          `{"set":{"cloud.apiEnabled":false}}`,
		"POST keys/{key}/rotate":                       ``,
		"PATCH webhooks/{webhook}":                     `{"active":false}`,
		"POST webhooks/{webhook}/secret":               ``,
		"POST webhooks/{webhook}/test":                 ``,
		"POST deliveries/{delivery}/ignore":            ``,
		"POST deliveries/{delivery}/resend":            ``,
		"POST settings-wishes/{wish}/grant":            ``,
		"POST settings-wishes/{wish}/refuse":           ``,
		"POST terminals/{terminal}/code":               ``,
		"POST terminals/{terminal}/unbind":             ``,
		"POST terminals/{terminal}/block":              ``,
		"POST terminals/{terminal}/unblock":            ``,
		"POST terminals/{terminal}/test":               ``,
		"POST orders/{order}/cancel":                   ``,
		"POST diagnoses/{diagnosis}/feedback":          `{"code":"off","yes":true}`,
		"POST diagnoses/{diagnosis}/share":             `{}`,
		"PATCH cases/{case}":                           `{"state":"closed"}`,
		"POST cases/{case}/notes":                      `{"text":"mine"}`,
		"POST cases/{case}/merge":                      `{"into":"case_test_1"}`,
		"POST cases/{case}/attachments":                `mine`,
		"POST incidents/{incident}/notes":              `{"text":"mine"}`,
		"POST ocpi-connections/{connection}/handshake": `{}`,
		"DELETE ocpi-connections/{connection}":         ``,
		"POST charging-sessions/{charge}/collections":  `{"ref":"1","amount":1}`,
		"POST charging-sessions/{charge}/disputes":     `{"ref":"1","amount":1}`,
		"POST charging-sessions/{charge}/write-off":    `{"reason":"old"}`,
		"POST charging-sessions/{charge}/stop":         ``,
		"POST charging-sessions/{charge}/release":      `{}`,
		"POST charging-sessions/{charge}/confirm":      ``,
		"POST operator/requests/{thing}/answer":        `{"answer":"mine"}`,
		"PUT operator/{kind}/{thing}":                  `{"environment":"theirs","cpo":"theirs"}`,
		"DELETE operator/{kind}/{thing}":               ``,
		"DELETE terminals/{terminal}":                  ``,
		"DELETE devices/{device}/tampered":             ``,
		"DELETE keys/{key}":                            ``,
		"DELETE webhooks/{webhook}":                    ``,

		"PUT operator/provider-environments/{thing}/key": `{"key":"mine"}`,
	}
}

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

// TestAnothersIdsAreNotThere goes through the router: every call that names something, with a key of
// another account, another group, nobody, a revoked one, one from elsewhere and the other environment's.
func TestAnothersIdsAreNotThere(t *testing.T) {
	w := newWorld(t)
	ids, taken := w.tenants(), bodies()
	before := w.store.Last()
	for _, r := range native.Routes() {
		name := r.Method + " " + strings.TrimPrefix(r.Pattern, native.Prefix)
		path := r.Pattern
		for _, m := range inPath.FindAllStringSubmatch(r.Pattern, -1) {
			id, known := ids[m[1]]
			if !known {
				t.Fatalf("%s: a new kind of id, %s: give one of account 1 in tenants()", name, m[1])
			}
			path = strings.Replace(path, m[0], id, 1)
		}
		body, known := taken[name]
		if r.Method != "GET" && path != r.Pattern && !known {
			t.Errorf("%s is a new route: give it a body in bodies()", name)
		}
		if r.Needs == "no key" || strings.Contains(r.Pattern, "/rules/") { // the causes are the same for everybody
			continue
		}
		w.strangers(name, r.Method, path, body)
		if path == r.Pattern {
			continue
		}
		for _, who := range []string{"other", "othergroup"} {
			if who == "other" && (name == "PUT operator/{kind}/{thing}" || name == "GET operator/{kind}") {
				continue // its own things have the same names, see TestOperatorsAreApart
			}
			answer := w.request(r.Method, path, body, w.as(who)...)
			if answer.StatusCode != 404 && answer.StatusCode != 403 {
				t.Errorf("%s with the key %q: %s", name, who, answer.Status)
			}
			if who == "other" && r.Needs != "settings.operator" && r.Needs != "estate.operate" && r.Needs != "devices.service" && answer.StatusCode != 404 {
				t.Errorf("%s: another account learns more than that it is not there: %s", name, answer.Status)
			}
		}
	}
	w.unchanged(before)
}

// TestAnothersIdsInQueriesAndBodies goes through the router and the document: wherever a query or a body
// takes the id of an account, a group, a shop, a terminal or an order, another account's finds nothing.
func TestAnothersIdsInQueriesAndBodies(t *testing.T) {
	w := newWorld(t)
	theirs, own := w.tenants(), w.idsOf("2", "300", "00000ABE")
	plain := strings.Fields("limit after before state reach q status reference format columns copy refund lang dry_run subject_type subject code trigger name provider_env open")
	document := mustReadDocument(t)
	before := w.store.Last()
	for _, r := range native.Routes() {
		name := r.Method + " " + strings.TrimPrefix(r.Pattern, native.Prefix)
		path := inPath.ReplaceAllStringFunc(r.Pattern, func(part string) string { return own[strings.Trim(part, "{}")] })
		for _, parameter := range r.Query {
			id, isID := theirs[parameter]
			if !isID && !slices.Contains(plain, parameter) {
				t.Errorf("%s has a new parameter, %s: say here whether it is an id", name, parameter)
			}
			if !isID || r.Method != http.MethodGet || r.Pattern == "/api/v1/notices" {
				continue
			}
			status, body := w.call(r.Method, path+"?"+parameter+"="+id, "", w.as("other")...)
			if list, _ := body["data"].([]any); status < 400 && len(list) != 0 {
				t.Errorf("%s?%s with another's id: %d, %d rows", name, parameter, status, len(list))
			}
		}
		request, err := http.NewRequestWithContext(t.Context(), r.Method, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		call, _ := document.find(request)
		for _, property := range idsInBody(call) {
			base, known := basesOfBodies()[name+" "+property]
			if !known {
				base, known = basesOfBodies()[name]
			}
			if !known {
				t.Errorf("%s takes the id of a %s in its body: give it a body in basesOfBodies()", name, property)
			}
			body := strings.Replace(base, "{", `{"`+property+`":"`+theirs[property]+`",`, 1)
			body = strings.Replace(body, ",}", "}", 1)
			if status, problem := w.call(r.Method, path, body, w.as("other")...); status < 400 {
				t.Errorf("%s %s: %d %v", name, body, status, problem)
			}
		}
	}
	w.unchanged(before)
}

// idsInBody are the fields of a call's body that name something of somebody's.
func idsInBody(call described) (list []string) {
	if call.Operation == nil || call.RequestBody == nil || call.RequestBody.Value.Content.Get("application/json") == nil {
		return nil
	}
	schema := call.RequestBody.Value.Content.Get("application/json").Schema.Value
	for _, property := range []string{"account", "group", "shop", "terminal", "device", "order", "key", "webhook"} {
		if schema.Properties[property] != nil {
			list = append(list, property)
		}
	}
	return list
}

// basesOfBodies are bodies that are taken when nothing is added, of calls that take ids in them.
func basesOfBodies() map[string]string {
	return map[string]string{
		"POST groups": `{"name":"Mine"}`, "PATCH groups/{group}": `{}`, "POST shops": `{"description":"Mine"}`, "PATCH shops/{shop}": `{}`,
		"POST terminals": `{"name":"Mine"}`, "POST terminals shop": `{"group":"300","name":"Mine"}`, "PATCH terminals/{terminal}": `{}`, "POST devices": `{"poiid":"P2-MINE"}`, "PATCH devices/{device}": `{}`,
		"POST ocpi-connections": `{"name":"Mine"}`, "POST keys": `{"role":"cashier"}`, "POST webhooks": `{"url":"https://mine.example/"}`, "PATCH webhooks/{webhook}": `{}`,
		"POST tamper-requests": `{"code":"0x10"}`, "POST returns": `{"reason":"printer","ticket":"1"}`, "POST returns/{return}/steps": `{"step":"replace"}`,
		"PUT operator/provider-environments/{thing}/key": `{}`, // no id: the environment is another's
	}
}

// strangers tries a call with keys that open nothing.
func (w *world) strangers(name, method, path, body string) {
	w.t.Helper()
	for who, want := range map[string]struct {
		key  string
		code string
	}{
		"nobody":                {"", "unauthorised"},
		"an unknown key":        {"test_" + strings.Repeat("x", 35), "unauthorised"},
		"the other environment": {"live_" + strings.Repeat("x", 35), "other_environment"},
		"another network":       {w.keys["elsewhere"], "key_network"},
	} {
		status, problem := w.call(method, path, body, "Authorization", "Bearer "+want.key)
		if method == http.MethodHead || status != 401 && status != 403 || problem["code"] != want.code {
			w.t.Errorf("%s with %s: %d %v", name, who, status, problem)
		}
		if want.code == "other_environment" && !strings.Contains(fmt.Sprint(problem["detail"]), "https://live.example") {
			w.t.Errorf("%s: the right base URL is not named: %v", name, problem["detail"])
		}
	}
}

// unchanged: nothing was written since.
func (w *world) unchanged(since uint64) {
	w.t.Helper()
	entries, err := w.store.Entries(since, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		w.t.Errorf("%s of %s was stored: %s", e.Kind, e.Stream, e.Payload)
	}
}

// TestListsEndAtTheKey: a list shows what is the caller's and nothing else, and another's id as a filter
// or in a body finds nothing.
func TestListsEndAtTheKey(t *testing.T) {
	w := newWorld(t)
	w.tenants()
	w.order("300", "ours", 100)
	for _, c := range []struct {
		who, path string
		want      int
	}{
		{"other", "accounts", 1}, {"other", "groups", 1}, {"other", "shops", 0}, {"other", "terminals", 1}, {"other", "devices", 1},
		{"other", "orders", 1}, {"other", "keys", 1}, {"other", "webhooks", 0}, {"other", "settings-wishes", 0}, {"other", "deliveries", 0},
		{"othergroup", "accounts", 0}, {"othergroup", "groups", 1}, {"othergroup", "shops", 0}, {"othergroup", "terminals", 1},
		{"othergroup", "devices", 0}, {"othergroup", "orders", 0}, {"othergroup", "keys", 1}, {"othergroup", "webhooks", 0},
		{"othergroup", "settings-wishes", 0}, {"othergroup", "deliveries", 0}, {"group", "deliveries", 1}, {"account", "deliveries", 1}, {"group", "terminals", 1}, {"group", "orders", 1}, {"group", "devices", 1},
		{"account", "terminals", 2}, {"account", "groups", 2}, {"account", "devices", 1}, {"account", "shops", 1}, {"operator", "terminals", 3},
		{"operator", "accounts", 2}, {"operator", "keys", 8}, {"account", "settings-wishes", 1},
		{"other", "terminals?account=1", 0}, {"other", "terminals?group=grp_test_100", 0}, {"other", "groups?account=1", 0},
		{"other", "shops?account=1", 0}, {"other", "devices?account=1", 0}, {"other", "keys?account=1", 0}, {"other", "orders?terminal=T-theirs", 0},
		{"other", "orders?reference=theirs", 0}, {"othergroup", "terminals?q=00000ABC", 0},
	} {
		status, body := w.call("GET", native.Prefix+c.path, "", w.as(c.who)...)
		list, _ := body["data"].([]any)
		if status != 200 || len(list) != c.want {
			t.Errorf("%s with the key %q: %d, %d rows, want %d", c.path, c.who, status, len(list), c.want)
		}
	}
	before := w.store.Last()
	for _, c := range []struct{ who, call, body string }{
		{"other", "POST terminals", `{"group":"100","name":"Mine"}`}, {"other", "POST terminals", `{"group":"grp_test_100","name":"Mine"}`},
		{"othergroup", "POST terminals", `{"group":"Bar","name":"Mine"}`},
		{"othergroup", "POST terminals", `{"group":"200","shop":"Kade","name":"Mine"}`},
		{"other", "POST shops", `{"account":"1","description":"Mine"}`}, {"othergroup", "POST shops", `{"description":"Mine"}`},
		{"other", "PATCH terminals/00000ABE", `{"group":"100"}`}, {"group", "PATCH terminals/00000ABC", `{"group":"200"}`},
		{"other", "POST keys", `{"account":"1","role":"admin"}`}, {"other", "POST keys", `{"group":"100","role":"admin"}`},
		{"group", "POST keys", `{"account":"1","role":"admin"}`}, {"group", "POST keys", `{"group":"200","role":"admin"}`},
		{"account", "POST keys", `{"role":"operator"}`}, {"other", "POST webhooks", `{"account":"1","url":"https://mine.example/"}`},
		{"group", "POST webhooks", `{"account":"1","url":"https://mine.example/"}`}, {"other", "POST webhooks", `{"group":"100","url":"https://mine.example/"}`},
		{"other", "POST terminals/import?account=1", "name,group\nMine,100\n"}, {"other", "POST terminals/import", "name,group\nMine,100\n"},
		{"group", "POST terminals/import", "name,group\nMine,100\n"},
	} {
		method, path, _ := strings.Cut(c.call, " ")
		status, body := w.call(method, native.Prefix+path, c.body, w.as(c.who)...)
		if status != 400 && status != 403 && status != 404 {
			t.Errorf("%s %s with the key %q: %d %v", c.call, c.body, c.who, status, body)
		}
	}
	w.unchanged(before)
	for who, want := range map[string]string{"other": "300", "group": "100"} {
		_, body := w.call("GET", "/api/v1/events?limit=1000", "", w.as(who)...)
		list := body["data"].([]any)
		for _, e := range list {
			if scope := fmt.Sprint(e.(object)["group"]); scope != want && (scope != "2" || who != "other") {
				t.Errorf("the events of %s have one of %s: %v", who, scope, e)
			}
		}
		if len(list) == 0 {
			t.Errorf("%s sees no events", who)
		}
	}
}

// TestAnIdShowsItsEnvironment: ids with and without their prefix are the same; one of the other
// environment is refused by name.
func TestAnIdShowsItsEnvironment(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{
		"accounts/1": "acct_test_1", "groups/100": "grp_test_100", "terminals/00000ABC": "term_test_00000ABC", "devices/P2-00000ABC": "dev_test_P2-00000ABC",
		"accounts/acct_test_1": "acct_test_1", "terminals/term_test_00000ABC": "term_test_00000ABC",
	} {
		if status, body := w.call("GET", native.Prefix+path, ""); status != 200 || body["id"] != want {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	for _, path := range []string{"accounts/acct_live_1", "groups/grp_live_100", "terminals/term_live_00000ABC", "devices/dev_live_P2-1", "shops/shop_live_1", "keys/key_live_1", "webhooks/wh_live_1", "terminals?group=grp_live_100"} {
		if status, body := w.call("GET", native.Prefix+path, ""); status != 404 || body["code"] != "id_of_other_environment" || !strings.Contains(fmt.Sprint(body["detail"]), "live environment") {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	if status, body := w.call("GET", native.Prefix+"me", "", w.as("group")...); status != 200 || body["group"] != "grp_test_100" || body["account"] != "acct_test_1" || body["role"] != "admin" {
		t.Errorf("me: %d %v", status, body)
	}
}

// TestARevokedKeyOpensNothing, from the moment that the revocation is answered.
func TestARevokedKeyOpensNothing(t *testing.T) {
	w := newWorld(t)
	_, me := w.call("GET", native.Prefix+"me", "", w.as("group")...)
	if status, _ := w.call("DELETE", fmt.Sprint(native.Prefix, "keys/", me["key"]), "", w.as("account")...); status != 204 {
		t.Fatal(status)
	}
	for _, r := range native.Routes() {
		if r.Needs == "no key" {
			continue
		}
		path := inPath.ReplaceAllString(r.Pattern, "1")
		if status, body := w.call(r.Method, path, "", w.as("group")...); status != 401 || body["code"] != "key_revoked" {
			t.Errorf("%s %s: %d %v", r.Method, r.Pattern, status, body)
		}
	}
}

// TestARevokedKeyEndsItsStreams: what a key has opened ends with it.
func TestARevokedKeyEndsItsStreams(t *testing.T) {
	w := newWorld(t)
	_, me := w.call("GET", native.Prefix+"me", "", w.as("group")...)
	streams := map[string]<-chan sse{}
	for _, path := range []string{"events", "notices", "presence"} {
		streams[path] = w.follow(native.Prefix+path, w.as("group")...)
	}
	stays := w.follow(native.Prefix+"events", w.as("othergroup")...)
	if status, _ := w.call("DELETE", fmt.Sprint(native.Prefix, "keys/", me["key"]), "", w.as("account")...); status != 204 {
		t.Fatal(status)
	}
	late := time.After(10 * time.Second)
	for path, stream := range streams {
		for open := true; open; {
			select {
			case _, open = <-stream:
			case <-late:
				t.Fatalf("%s goes on", path)
			}
		}
	}
	w.order("200", "later", 1)
	if _, body := w.next(stays); body["reference"] != "later" {
		t.Errorf("another key's stream: %v", body)
	}
}

// TestARoleIsHeld: an auditor reads, and changes nothing.
func TestARoleIsHeld(t *testing.T) {
	w := newWorld(t)
	before := w.store.Last()
	for _, r := range native.Routes() {
		path := inPath.ReplaceAllString(r.Pattern, "1")
		if r.Method == "GET" || r.Pattern == "/api/v1/notices/verdict" || r.Pattern == "/api/v1/operator/checks" {
			continue
		}
		if status, body := w.call(r.Method, path, "", w.as("auditor")...); status != 403 || body["code"] != "forbidden" {
			t.Errorf("%s %s: %d %v", r.Method, r.Pattern, status, body)
		}
	}
	w.unchanged(before)
}
