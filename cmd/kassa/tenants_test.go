package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/charging"
	"kassa/clinic"
	"kassa/doctor"
	"kassa/estate"
	"kassa/sale/adyen"
	"kassa/sale/adyen/management"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
	"kassa/support"
	"kassa/support/cases"
	"kassa/support/terminallog"
)

// everyRoute lists the calls of all doors, as the doors themselves know them.
func (c *cloud) everyRoute() (list []string) {
	list = c.door.Routes()
	for _, r := range adyen.Routes() {
		list = append(list, r.Method+" "+r.Pattern)
	}
	for _, r := range management.Routes() {
		list = append(list, r.Method+" "+r.Pattern)
	}
	for _, r := range native.Routes() {
		list = append(list, r.Method+" "+r.Pattern)
	}
	return list
}

// attempt is what is sent to a route.
type attempt struct{ route, query, body string }

func readAttempts(t *testing.T) []attempt {
	t.Helper()
	text, err := os.ReadFile("testdata/tenants.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []attempt
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		method, rest, _ := strings.Cut(line, " ")
		target, body, _ := strings.Cut(rest, " ")
		path, query, _ := strings.Cut(target, "?")
		list = append(list, attempt{method + " " + path, query, strings.ReplaceAll(body, `\n`, "\n")})
	}
	return list
}

// The markers stand in what is the victim's alone, and in what is its group's alone.
const (
	ofAccount = "VICTIM"
	ofGroup   = "VGROUP"
)

// tenancy is an installation with a victim, and the keys of those who may not touch it.
type tenancy struct {
	t    *testing.T
	c    *cloud
	ids  map[string]string
	keys map[string]string
}

func newTenancy(t *testing.T) *tenancy {
	t.Helper()
	c, err := open(serveOptions{dir: t.TempDir(), acquirer: "127.0.0.1:1", otherURL: "https://live.kassa.example"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- runAll(ctx, c.parts()...) }()
	t.Cleanup(func() { cancel(); <-ended; c.close() })
	v := &tenancy{t: t, c: c, keys: make(map[string]string)}
	now, r := c.now(), c.registry
	for _, a := range []estate.Account{
		{ID: "20000001", Name: ofAccount, Merchant: "VMerchant", Company: "VCompany"}, {ID: "20000002", Name: "Thief", Company: "TCompany"},
	} {
		v.must(r.MakeAccount(now, a))
	}
	for _, g := range []estate.Group{
		{ID: "2001", Account: "20000001", Name: ofGroup, Merchant: demoMerchant(ofGroup, "KASSA000000VICT")},
		{ID: "2002", Account: "20000001", Name: "Sister", Merchant: demoMerchant("Sister", "KASSA000000SIST")},
		{ID: "2003", Account: "20000002", Name: "Thief", Merchant: demoMerchant("Thief", "KASSA000000THIE")},
	} {
		v.must(r.MakeGroup(now, g))
	}
	own := v.key("the victim's own", "20000001", "2001")
	v.key("another account's", "20000002", "")
	v.key("another account's group's", "20000002", "2003")
	v.key("another group's", "20000001", "2002")
	v.key("a revoked", "20000001", "")
	revoked, _ := r.FindKey(v.keys["a revoked"])
	if err := r.RevokeKey(now, revoked.ID, ""); err != nil {
		t.Fatal(err)
	}
	v.keys["the other environment's"] = "live_" + strings.Repeat("x", 35)
	v.furnish(own)
	return v
}

// must takes what a step of the estate gives.
func (v *tenancy) must(_ any, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *tenancy) key(whose, account, group string) estate.Key {
	v.t.Helper()
	k, clear, err := v.c.registry.MakeKey(v.c.now(), estate.NewKey{Account: account, Group: group, Role: estate.RoleAdmin})
	v.must(k, err)
	v.keys[whose] = clear
	return k
}

// furnish gives the victim one of everything that has an id.
func (v *tenancy) furnish(own estate.Key) {
	v.t.Helper()
	now, r := v.c.now(), v.c.registry
	s, err := r.MakeShop(now, estate.Shop{Account: "20000001", Reference: "v-ref", Description: ofAccount})
	v.must(s, err)
	term, code, err := r.BoardTerminal(now, "2001", ofGroup, "0000VICT")
	v.must(term, err)
	if err := r.MoveTerminal(now, term.TID, estate.Place{Group: "2001", Shop: s.ID}, ""); err != nil {
		v.t.Fatal(err)
	}
	v.must(r.BoardDevice(now, "P2-VICT01"))
	n, err := r.AllocateDeviceNumber(now, "P2-VICT01")
	v.must(n, err)
	v.must(nil, r.RecordInjection(now, "P2-VICT01", n, "0011223300000001", "A1B2C3D4E5"))
	v.must(nil, r.ConfirmKeys(now, "P2-VICT01", "0011223300000001", "A1B2C3D4E5"))
	if _, _, no, err := r.Activate(now, "P2-VICT01", code); err != nil || no.Refused() {
		v.t.Fatal(err, no.Text())
	}
	e, err := r.MakeEndpoint(now, estate.Endpoint{
		Dialect: estate.DialectNative, Type: estate.EndpointEvents, Account: "20000001", Group: "2001", URL: "https://v.example/" + ofGroup, Active: true,
	}, "")
	v.must(e, err)
	wish, err := r.AskSetting(now, term.TID, "cloud.webSocketEnabled", []byte("false"), "")
	v.must(wish, err)
	v.ids = map[string]string{
		"order_id": "v-order", "refund_id": "1", "reference": "v-ref", "token": "v-token", "transaction_id": "1", "group_id": "2001", "site_id": "2001",
		"gateway_id": "VISA", "merchantAccount": "VMerchant", "merchantId": "VMerchant", "companyId": "VCompany", "storeId": s.ID, "shop": s.ID,
		"deviceId": "P2-VICT01", "terminalId": "P2-VICT01", "device": "P2-VICT01", "terminal": term.TID, "account": "20000001", "group": "2001",
		"webhookId": e.ID, "webhook": e.ID, "apiCredentialId": own.ID, "key": own.ID, "actionId": "TRAC1", "delivery": "0000000000000001",
		"wish": wish.ID, "paymentPspReference": "V", "incident": "inc_test_0", "connection": "NONE",
	}
	v.furnishJobs()
	v.furnishCharging()
	made := v.send(attempt{route: "POST /v1/json/orders", body: `{"type":"redirect","order_id":"v-order","currency":"EUR","amount":100,
		"description":"` + ofGroup + `","gateway_info":{"terminal_id":"$terminal"}}`}, "the victim's own")
	o, ok, err := v.c.engine.Find(v.t.Context(), multisafepay.Dialect, "2001", "v-order")
	if err != nil || !ok {
		v.t.Fatalf("order: %v %s", err, made.Body)
	}
	v.ids["order"] = o.ID()
	d, err := v.c.clinic.Diagnose(v.t.Context(), clinic.Reader{Account: "20000001", Group: "2001"}, clinic.Ask{Subject: doctor.Subject{Kind: doctor.Terminal, ID: term.TID}, Symptom: ofGroup})
	v.must(d, err)
	v.ids["diagnosis"], v.ids["rule"] = d.ID, "expired_no_card"
	who := cases.Who{Account: "20000001", Group: "2001"}
	opened, err := v.c.cases.Open(who, cases.Asked{Title: ofGroup, Note: ofGroup})
	v.must(opened, err)
	opened, err = v.c.cases.Attach(who, opened.ID, "theirs.txt", []byte(ofGroup))
	v.must(opened, err)
	v.ids["case"], v.ids["file"] = opened.ID, opened.Attachments[0].ID
}

// furnishCharging gives the victim a charger, and a session at it.
func (v *tenancy) furnishCharging() {
	v.t.Helper()
	for _, thing := range []struct{ kind, body string }{
		{"environments", `{"platform":"VICTIM","name":"N","kind":"production"}`}, {"cpos", `{"environment":"v1","external_id":"VICTIM","name":"N"}`},
		{"stations", `{"environment":"v1","cpo":"v1","ocpp_id":"VICTIM"}`},
	} {
		v.must(v.c.operators.Put("20000001", thing.kind, "v1", []byte(thing.body)))
	}
	n := charging.New{
		Ref: "QCHARGEOFNOBODY", Peer: "P", Account: "20000001", Group: "2001", POIID: "EV1-V", Location: ofGroup, EVSE: ofGroup, Currency: "EUR", Hold: 100,
	}
	s, _, err := v.c.charging.Book.Take(v.t.Context(), v.c.now(), n.Ref, charging.Choose{New: n})
	v.must(s, err)
	v.ids["kind"], v.ids["thing"], v.ids["charge"] = "stations", "v1", n.Ref
}

// furnishJobs gives the victim a job of each kind around its device.
func (v *tenancy) furnishJobs() {
	v.t.Helper()
	desk, registry := v.c.desk, v.c.registry
	code, _, err := desk.AskDeveloperCode(support.CodeAsk{TUSN: "P2-VICT01", Reason: ofGroup, Understood: true, By: "victim"})
	v.must(code, err)
	v.must(nil, registry.MarkTampered(v.c.now(), "P2-VICT01", "0x10 "+ofGroup, 0))
	request, err := desk.AskUnlock(support.TamperAsk{Device: "P2-VICT01", Code: "0x10", Note: ofGroup, By: "victim"})
	v.must(request, err)
	address := support.Address{Name: ofGroup, Street: "x", PostalCode: "1", City: "x", Country: "NL"}
	back, err := desk.AskReturn(support.ReturnAsk{Device: "P2-VICT01", Reason: "printer", Ticket: "1", Note: ofGroup, Address: address, By: "victim"})
	v.must(back, err)
	if request, err = desk.Refuse(request.ID, "operator", ofGroup); err != nil {
		v.t.Fatal(err)
	}
	v.must(nil, desk.Inspected("P2-VICT01", "operator")) // it pays all the same
	n, err := registry.AllocateDeviceNumber(v.c.now(), "P2-VICT01")
	v.must(n, err)
	v.must(nil, registry.RecordInjection(v.c.now(), "P2-VICT01", n, "0011223300000002", "A1B2C3D4E5"))
	v.must(nil, registry.ConfirmKeys(v.c.now(), "P2-VICT01", "0011223300000002", "A1B2C3D4E5"))
	task, err := v.c.logs.Make(terminallog.Ask{Type: terminallog.Syslog, Kind: terminallog.LastHours, Serials: []string{"P2-VICT01"}, By: ofGroup})
	v.must(task, err)
	v.ids["logtask"] = task.ID
	v.ids["tamper"], v.ids["devcode"], v.ids["return"] = request.ID, code.ID, back.ID
}

var placeholder = regexp.MustCompile(`\{([A-Za-z_]+)\}`)

// send makes the attempt with a key, in every place where clients of that door put it.
func (v *tenancy) send(a attempt, whose string) *httptest.ResponseRecorder {
	v.t.Helper()
	names := make([]string, 0, len(v.ids))
	for name := range v.ids {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // $terminalId before $terminal
	fill := func(s string) string {
		for _, name := range names {
			s = strings.ReplaceAll(s, "$"+name, v.ids[name])
		}
		return s
	}
	method, path, _ := strings.Cut(a.route, " ")
	path = placeholder.ReplaceAllStringFunc(path, func(p string) string {
		id, ok := v.ids[p[1:len(p)-1]]
		if !ok {
			v.t.Errorf("%s: the victim has no id for %s; give it one in furnish", a.route, p)
		}
		return id
	})
	ctx, cancel := context.WithTimeout(v.t.Context(), 500*time.Millisecond) // some answers are streams
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path+"?"+fill(a.query), strings.NewReader(fill(a.body)))
	r.Header.Set("Content-Type", "application/json")
	key := v.keys[whose]
	w := httptest.NewRecorder()
	switch path := r.URL.EscapedPath(); {
	case multisafepay.Owns(path):
		r.Header.Set("api_key", key)
		v.c.door.ServeHTTP(w, r)
	case adyen.Owns(path):
		r.Header.Set("X-API-Key", key)
		v.c.adyen.ServeHTTP(w, r)
	case management.Owns(path):
		r.Header.Set("X-API-Key", key)
		v.c.manage.ServeHTTP(w, r)
	case native.Owns(path):
		r.Header.Set("Authorization", "Bearer "+key)
		v.c.native.ServeHTTP(w, r)
	default:
		v.t.Errorf("%s: no door owns it", a.route)
	}
	return w
}

// theirs is every stream that is the victim's, as it is now.
func (v *tenancy) theirs() map[string]string {
	v.t.Helper()
	list := make(map[string]string)
	for _, kind := range []string{"account", "group", "shop", "terminal", "device", "key", "settings", "endpoint", "order", "wish", "operator", "charging", "receivable"} {
		streams, err := v.c.store.Streams(kind, "", 1000)
		v.must(streams, err)
		for _, s := range streams {
			for _, id := range []string{"20000001", `"2001"`, "0000VICT", v.ids["shop"], "P2-VICT01"} {
				if bytes.Contains(s.State, []byte(id)) || strings.Contains(s.ID, id) {
					list[s.ID] = string(s.State)
				}
			}
		}
	}
	return list
}

func TestEveryRouteKeepsTenantsApart(t *testing.T) {
	v := newTenancy(t)
	attempts := readAttempts(t)
	known := make(map[string]bool)
	for _, a := range attempts {
		known[a.route] = true
	}
	routes := v.c.everyRoute()
	for _, route := range routes {
		if !known[route] {
			t.Errorf("%s has no line in testdata/tenants.txt; say there what a thief would send", route)
		}
	}
	for _, a := range attempts {
		if !slices.Contains(routes, a.route) {
			t.Errorf("%s is in testdata/tenants.txt, and no door has it", a.route)
		}
	}
	v.reaches(attempts)
	public := []string{"GET /v1/json/openapi.json", "GET /api/v1/openapi.json"}
	for _, whose := range []string{"another account's", "another account's group's", "another group's", "a revoked", "the other environment's"} {
		before := v.theirs()
		for _, a := range attempts {
			w := v.send(a, whose)
			noKey := whose == "a revoked" || whose == "the other environment's"
			if refused := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden; noKey && !refused && !slices.Contains(public, a.route) {
				t.Errorf("%s with %s key: %d %.200s", a.route, whose, w.Code, w.Body)
			}
			marker := ofAccount
			if whose == "another group's" {
				marker = ofGroup
			}
			if strings.Contains(w.Body.String(), marker) || strings.Contains(w.Body.String(), ofGroup) {
				t.Errorf("%s with %s key shows what is not theirs: %d %.300s", a.route, whose, w.Code, w.Body)
			}
			after := v.theirs()
			if same, _ := json.Marshal(before); string(same) != marshalled(after) {
				t.Errorf("%s with %s key changed what is not theirs: %d %.300s\n%s", a.route, whose, w.Code, w.Body, changedStreams(before, after))
				before = after
			}
		}
	}
}

// reaches tells that the attempts are real: with the victim's own key they find what they ask for.
func (v *tenancy) reaches(attempts []attempt) {
	v.t.Helper()
	shown := 0
	for _, a := range attempts {
		if !strings.HasPrefix(a.route, "GET ") {
			continue
		}
		if w := v.send(a, "the victim's own"); w.Code == http.StatusOK && strings.Contains(w.Body.String(), ofGroup) {
			shown++
		}
	}
	if shown < 10 {
		v.t.Errorf("with the victim's own key %d reads show what is theirs", shown)
	}
}

func marshalled(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func changedStreams(before, after map[string]string) string {
	var b strings.Builder
	for id, state := range after {
		if before[id] != state {
			b.WriteString(id + ": " + before[id] + " -> " + state + "\n")
		}
	}
	return b.String()
}
