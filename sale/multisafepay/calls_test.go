package multisafepay_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kassa"
	"kassa/sale/multisafepay"

	"github.com/google/go-cmp/cmp"
)

func TestEveryReasonIsOnTheWire(t *testing.T) {
	for _, r := range kassa.Reasons() {
		status, code, reasonCode, text, ok := multisafepay.WireReason(r)
		if !ok || code == 0 || text == "" || http.StatusText(status) == "" || status < 400 {
			t.Errorf("%s: status %d, error_code %d, reason %q, known %v", r, status, code, text, ok)
		}
		if fromHost := code == 1024 && r != kassa.CardRefused && r != kassa.PartialNotAllowed; fromHost != (reasonCode != "") {
			t.Errorf("%s: reason_code %q of a reason with error_code %d", r, reasonCode, code)
		}
	}
	if _, _, _, _, ok := multisafepay.WireReason("no such reason"); ok {
		t.Error("a reason that does not exist has a row")
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	w.order("keys")
	get := func(query string, headers ...string) int {
		r := httptest.NewRequest("GET", "/v1/json/orders/keys"+query, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		return w.send(r).Status
	}
	for name, c := range map[string]struct {
		query   string
		headers []string
		want    int
	}{
		"header":                     {"", []string{"api_key", groupKey}, 200},
		"header with spaces":         {"", []string{"api_key", "  " + groupKey + " "}, 200},
		"bearer":                     {"", []string{"Authorization", "Bearer " + groupKey}, 200},
		"bearer in lower case":       {"", []string{"Authorization", "bearer  " + groupKey}, 200},
		"query":                      {"?locale=en_US&api_key=" + groupKey, nil, 200},
		"query with spaces":          {"?api_key=%20" + groupKey + "%0A", nil, 200},
		"basic of a proxy beside it": {"", []string{"Authorization", "Basic eDp5", "api_key", groupKey}, 200},
		"account":                    {"", []string{"api_key", accountKey}, 200},
		"none":                       {"", nil, 401},
		"empty":                      {"?api_key=", nil, 401},
		"wrong":                      {"", []string{"api_key", "wrong-key"}, 401},
		"suffix":                     {"", []string{"api_key", groupKey + "x"}, 401},
		"operator's":                 {"", []string{"api_key", adminKey}, 401},
		"bare authorization":         {"", []string{"Authorization", groupKey}, 401},
		"two places":                 {"?api_key=" + groupKey, []string{"api_key", groupKey}, 401},
		"twice in one place":         {"?api_key=" + groupKey + "&api_key=wrong", nil, 401},
		"endless":                    {"", []string{"api_key", strings.Repeat("k", 5000)}, 401},
		"other group's":              {"", []string{"api_key", otherKey}, 404},
		"other account's":            {"", []string{"api_key", foreignKey}, 404},
	} {
		if got := get(c.query, c.headers...); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
	if got := w.call("POST", "/v1/json/orders/keys/cancel", "wrong", ""); got.Status != 403 || got.Message != "Forbidden" || got.Code != 1032 {
		t.Errorf("cancel with a wrong key: %d %s", got.Status, got.Raw)
	}
	one, two := w.call("GET", "/v1/json/orders/keys", "", ""), w.call("GET", "/v1/json/orders/keys", "wrong", "")
	if one.Raw != two.Raw || one.Code != 1032 {
		t.Errorf("the answer tells a missing key from a wrong one: %s %s", one.Raw, two.Raw)
	}
	for _, c := range w.refused {
		if s := fmt.Sprintf("%+v", c); strings.Contains(s, "00000001") {
			t.Errorf("a refused call keeps a key: %s", s)
		}
	}
}

func TestPathsAreAnsweredInJSON(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/v1/json/", 404},
		{"GET", "/v1/json/nothing", 404},
		{"GET", "/v1/json//", 404},
		{"GET", "/v1/json/../../etc/passwd", 404},
		{"GET", "/v1/json/orders", 405},
		{"DELETE", "/v1/json/orders/x", 405},
		{"PATCH", "/v1/json/orders/x", 400},
		{"PUT", "/v1/json/orders/x/cancel", 405},
		{"POST", "/v1/json/orders/x/capture", 400},
		{"POST", "/v1/json/orders/x/", 404},
		{"TRACE", "/v1/json/orders", 405},
		{"GET", "/v1/json/orders/unknown", 404},
		{"GET", "/v1/json/orders/%2e%2e", 404},
		{"GET", "/v1/json/orders/%zz", 404},
		{"GET", "/v1/json/orders/" + strings.Repeat("9", 40), 404},
		{"POST", "/v1/json/orders/unknown/cancel", 404},
		{"POST", "/v1/json/orders/unknown/refunds", 400},
		{"POST", "/events/stream/", 405},
		{"GET", "/events/stream/", 401},
		{"GET", "/connect/nothing/", 404},
	} {
		r := httptest.NewRequest(c.method, "http://pos.example/", nil)
		r.URL.Path, r.URL.RawPath = c.path, ""
		if strings.Contains(c.path, "%") && c.path != "/v1/json/orders/%zz" {
			r = httptest.NewRequest(c.method, "http://pos.example"+c.path, nil)
		}
		r.Header.Set("api_key", groupKey)
		got := w.send(r)
		if got.Status != c.want {
			t.Errorf("%s %s: status %d, want %d: %s", c.method, c.path, got.Status, c.want, got.Raw)
		}
		if got.Status == 405 && got.Header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.path)
		}
	}
}

func TestOwns(t *testing.T) {
	for _, path := range []string{
		"/v1/json", "/v1/json/", "/v1/json/orders", "//v1/json/orders", "/v1//json/orders", "/x/../v1/json/orders", "/v1/./json",
		"/v1/json/../../x", "/events", "/events/", "/events/stream", "/events/stream/", "//events/stream/", "/connect", "/connect/x/",
		"/v1/json/orders/..",
	} {
		if !multisafepay.Owns(path) {
			t.Errorf("%s is not the dialect's", path)
		}
	}
	for _, path := range []string{"/", "", "/v1", "/v1/jsonx", "/api/v1/status", "/eventsx", "/connection", "/sim/terminals/"} {
		if multisafepay.Owns(path) {
			t.Errorf("%s is the dialect's", path)
		}
	}
}

// TestNoRedirectShowsAKey is about paths that a ServeMux would clean by a redirect.
func TestNoRedirectShowsAKey(t *testing.T) {
	w := newWorld(t)
	w.order("clean")
	for path, want := range map[string]int{
		"//v1/json/orders/clean": 200, "///v1/json//orders/clean": 200,
		"/v1//json/orders/clean": 404, "/x/../v1/json/orders/clean": 404, "/v1/./json/orders/clean": 404,
		"/events": 426, "/events/": 426, "/connect": 404, "/connect/": 404,
	} {
		r := httptest.NewRequest("GET", "http://pos.example/?api_key="+groupKey, nil)
		r.URL.Path = path
		got := w.send(r)
		if got.Status != want || strings.Contains(fmt.Sprint(got.Header, got.Raw), groupKey) {
			t.Errorf("%s: %d %v %s", path, got.Status, got.Header, got.Raw)
		}
	}
}

func TestOrderIDsInPaths(t *testing.T) {
	for id, paths := range map[string][]string{
		"pos-1":        {"/v1/json/orders/pos-1", "/v1/json//orders/pos-1", "/v1/json/orders/pos-1?locale=en_US&order_id=pos 1"},
		"2026/05/a":    {"/v1/json/orders/2026%2F05%2fa", "/v1/json/orders/2026/05/a"},
		"..":           {"/v1/json/orders/..", "/v1/json/orders/%2e%2E"},
		".":            {"/v1/json/orders/."},
		"//":           {"/v1/json/orders///", "/v1/json/orders/%2F%2F"},
		"x/cancel":     {"/v1/json/orders/x%2Fcancel", "/v1/json/orders/x/cancel"},
		"x/refunds/2_": {"/v1/json/orders/x/refunds/2_"},
	} {
		w := newWorld(t)
		w.serve()
		w.order(id)
		for _, path := range paths {
			address := w.server.URL + strings.ReplaceAll(path, " ", "%20")
			r, err := http.NewRequest("GET", address, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("api_key", groupKey)
			response, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != 200 {
				t.Errorf("GET %s: status %d", path, response.StatusCode)
			}
		}
		escaped := strings.ReplaceAll(strings.ReplaceAll(id, "/", "%2F"), ".", "%2E")
		if got := w.call("POST", "/v1/json//orders/"+escaped+"/cancel", groupKey, ""); got.Data["status"] != "cancelled" {
			t.Errorf("cancel of %q: %s", id, got.Raw)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	}
}

func TestSameOrderAgain(t *testing.T) {
	w := newWorld(t)
	first := w.mustCreate(fmt.Sprintf(plainOrder, "same"))
	again := w.mustCreate(`{"gateway_info": {"terminal_id":"00000ABC"}, "amount": "1250", "type":"redirect","order_id":"same","currency":"EUR","description":"Table 4"}`)
	if diff := cmp.Diff(first.Data, again.Data); diff != "" {
		t.Errorf("the same request has another answer:\n%s", diff)
	}
	for name, body := range map[string]string{
		"amount":      strings.Replace(fmt.Sprintf(plainOrder, "same"), "1250", "1251", 1),
		"description": strings.Replace(fmt.Sprintf(plainOrder, "same"), "Table 4", "Table 5", 1),
		"a new field": strings.Replace(fmt.Sprintf(plainOrder, "same"), `"type"`, `"var1":"x","type"`, 1),
	} {
		if got := w.call("POST", "/v1/json/orders", groupKey, body); got.Code != 1006 {
			t.Errorf("another %s: %s", name, got.Raw)
		}
	}
	w.call("POST", "/v1/json/orders/same/cancel", groupKey, "")
	if got := w.call("POST", "/v1/json/orders", groupKey, fmt.Sprintf(plainOrder, "same")); got.Code != 1006 || got.Status != 404 {
		t.Errorf("the id of a finished order: %s", got.Raw)
	}
}

func TestTerminalsOfOthers(t *testing.T) {
	w := newWorld(t)
	for tid, want := range map[string]string{
		"00000DEF": "terminal_other_group", "00000XYZ": "terminal_unknown", "00000OLD": "terminal_unknown", "00000abc": "terminal_unknown",
	} {
		body := strings.Replace(fmt.Sprintf(plainOrder, "t-"+tid), terminalID, tid, 1)
		got := w.call("POST", "/v1/json/orders", groupKey, body)
		if got.Status != 404 || got.Code != 1023 || !strings.Contains(got.Info, "gateway_info.terminal_id") {
			t.Errorf("%s: %d %s", tid, got.Status, got.Raw)
		}
		last := w.refused[len(w.refused)-1]
		if last.Reason != want || last.TerminalID != tid || last.OrderID != "t-"+tid || last.Scope != "100" || last.Route != "POST orders" {
			t.Errorf("%s: recorded %+v", tid, last)
		}
	}
	if w.record.Last() != 0 {
		t.Error("an order was stored")
	}
	body := strings.Replace(fmt.Sprintf(plainOrder, "by-account"), terminalID, "00000DEF", 1)
	if got := w.call("POST", "/v1/json/orders", accountKey, body); got.Status != 200 {
		t.Errorf("account key on a group's terminal: %s", got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/by-account", otherKey, ""); got.Status != 200 {
		t.Errorf("the group's key does not see the account's order: %s", got.Raw)
	}
}

func TestWarnings(t *testing.T) {
	w := newWorld(t)
	codes := func(r reply) string {
		var list []string
		for _, w := range r.Warnings {
			list = append(list, w["code"].(string))
		}
		return strings.Join(list, " ")
	}
	if got := codes(w.mustCreate(fmt.Sprintf(plainOrder, "w1"))); got != "" {
		t.Errorf("a free terminal: %s", got)
	}
	w.till.busy = true
	w.offline[terminalID] = true
	if got := codes(w.mustCreate(fmt.Sprintf(plainOrder, "w2"))); got != "terminal_offline terminal_busy" {
		t.Errorf("a busy terminal that is offline: %s", got)
	}
	body := strings.Replace(fmt.Sprintf(plainOrder, "w3"), terminalID, "0000NEW0", 1)
	w.till.busy = false
	if got := codes(w.mustCreate(body)); got != "terminal_not_activated" {
		t.Errorf("a terminal without a device: %s", got)
	}
}

func TestRefunds(t *testing.T) {
	w := newWorld(t)
	refund := func(body string) reply { return w.call("POST", "/v1/json/orders/paid/refunds", groupKey, body) }
	stream := w.order("paid")
	if got := refund(`{"currency":"EUR","amount":100}`); got.Code != 1034 {
		t.Errorf("refund of an order that is not paid: %s", got.Raw)
	}
	w.feed(stream, shown(), tap(1), approved(1))
	part := refund(`{"currency":"EUR","amount":"250","description":"cold","refund_order_id":"r-1","var1":"x"}`)
	if part.Status != 200 || part.Data["order_id"] != "r-1" || part.Data["refund_id"] != part.Data["transaction_id"] || part.Data["refund_id"] == nil {
		t.Fatalf("partial refund: %s", part.Raw)
	}
	order := w.call("GET", "/v1/json/orders/paid", groupKey, "").Data
	if order["status"] != "partial_refunded" || order["financial_status"] != "completed" || order["amount_refunded"] != 250.0 {
		t.Errorf("after the acceptance of a refund: %v", order)
	}
	for body, code := range map[string]int{
		`{"currency":"EUR","amount":250}`:                    1034, // twice within five minutes
		`{"currency":"EUR","amount":1001}`:                   1034, // more than is left
		`{"currency":"EUR","amount":-1}`:                     1001,
		`{"currency":"EUR","amount":1.5}`:                    1001,
		`{"currency":"EUR","amount":[]}`:                     1001,
		`{"amount":10}`:                                      1002,
		`{"currency":"USD","amount":10}`:                     1002,
		`{"currency":"EUR","checkout_data":{"items":[]}}`:    5001,
		`{"currency":"EUR","refund_order_id":"ä"}`:           1006,
		`{"currency":"EUR","var2":{}}`:                       1010,
		`{"currency":"EUR","amount":1,"Amount":2}`:           1000,
		`{"currency":"EUR","description":5}`:                 1008,
		`{"currency":"EUR","amount":1000,"amount":1000}`:     1000,
		`{"currency":"EUR","amount":9223372036854775808000}`: 1001,
	} {
		if got := refund(body); got.Code != code {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	rest := refund(`{"currency":"EUR","amount":""}`)
	if rest.Status != 200 || rest.Data["order_id"] != "paid" {
		t.Fatalf("refund of the rest: %s", rest.Raw)
	}
	golden(t, "refunded", w.call("GET", "/v1/json/orders/paid", groupKey, "").Raw)
	if got := refund(`{"currency":"EUR"}`); got.Code != 1034 {
		t.Errorf("refund of nothing: %s", got.Raw)
	}
}

func TestByTransactionID(t *testing.T) {
	w := newWorld(t)
	var streams []string
	for i := range 40 {
		streams = append(streams, w.order(fmt.Sprintf("tx-%d", i)))
	}
	for _, s := range streams {
		w.feed(s, shown())
	}
	for i := range 40 {
		o, _, err := w.till.Find(context.Background(), "multisafepay", "100", fmt.Sprintf("tx-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/v1/json/orders/%d", o.Attempts[0].Number)
		if got := w.call("GET", path, groupKey, ""); got.Data["order_id"] != o.Ref {
			t.Errorf("%s: %s", path, got.Raw)
		}
		for _, key := range []string{otherKey, foreignKey} {
			if got := w.call("GET", path, key, ""); got.Status != 404 || got.Code != 1006 {
				t.Errorf("%s with another's key: %s", path, got.Raw)
			}
		}
	}
	if got := w.call("GET", "/v1/json/orders/1777902600000001", groupKey, ""); got.Status != 404 {
		t.Errorf("a number that nobody has: %s", got.Raw)
	}
}

func TestSameIDInTwoGroups(t *testing.T) {
	w := newWorld(t)
	w.order("both")
	other := strings.Replace(fmt.Sprintf(plainOrder, "both"), terminalID, "00000DEF", 1)
	if got := w.call("POST", "/v1/json/orders", otherKey, strings.Replace(other, "1250", "99", 1)); got.Status != 200 {
		t.Fatal(got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/both", accountKey, ""); got.Data["amount"] != 99.0 {
		t.Errorf("an account key gets the newest: %s", got.Raw)
	}
	if got := w.call("POST", "/v1/json/orders/both/cancel", accountKey, ""); got.Status != 404 || got.Code != 1006 {
		t.Errorf("an account key must not cancel one of two: %s", got.Raw)
	}
	if got := w.call("POST", "/v1/json/orders/both/cancel", otherKey, ""); got.Status != 200 {
		t.Errorf("the group's key: %s", got.Raw)
	}
}

func TestOrderObjects(t *testing.T) {
	full := `{"type":"redirect","order_id":"o-1","gateway":"","currency":"EUR","amount":1250,"description":"Táble <4> \u2028 \u0001 \"q\" \\ /",
		"gateway_info":{"terminal_id":"00000ABC"},"payment_options":{"notification_url":"http://127.0.0.1:9/hook?x=1","notification_method":"POST","close_window":""},
		"customer":{"locale":"nl_NL","first_name":"Zoë","phone":"0612345678","house_number":39,"status":"completed"},
		"custom_info":{"custom1":"a","custom_2":"b"},"var1":"v1","var3":7,"plugin":{"shop":"x"},"amount_refunded":5,"status":"completed","transaction_id":1,
		"shopping_cart":{"items":[{"name":"Cortado","unit_price":0.60,"quantity":"2","merchant_item_id":"68","tax_table_selector":"BTW9"},{"name":"Cake","unit_price":"9.2500000000","quantity":1e0}]},
		"checkout_options":{"tax_tables":{"alternate":[{"name":"BTW9","rules":[{"country":"","rate":0.090}],"standalone":true}],"default":{"rate":"0.21","shipping_taxed":true}}}}`
	for name, inputs := range map[string][]kassa.Input{
		"new":         nil,
		"shown":       {shown()},
		"authorising": {shown(), tap(1)},
		"paid":        {shown(), tap(1), approved(1)},
		"declined":    {shown(), tap(1), declined(1, "51", kassa.DeclinedFunds)},
		"soft":        {shown(), tap(1), declined(1, "65", kassa.SoftDeclinePIN)},
		"cancelled":   {shown(), tap(1), declined(1, "05", kassa.Declined), kassa.POIEnded{Reason: kassa.CancelledAtPOI}},
		"unknown":     {shown(), tap(1), kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalTimeout}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustCreate(full)
			w.feed(w.stream("o-1"), inputs...)
			golden(t, name, w.call("GET", "/v1/json/orders/o-1", groupKey, "").Raw)
		})
	}
}

func TestExpiredAndCancelled(t *testing.T) {
	w := newWorld(t)
	stream := w.order("late")
	w.till.mu.Lock()
	w.till.now = w.till.now.Add(kassa.DefaultLifetime)
	w.till.mu.Unlock()
	w.feed(stream, kassa.Tick{})
	got := w.call("GET", "/v1/json/orders/late", groupKey, "").Data
	if got["status"] != "cancelled" || got["financial_status"] != nil || got["transaction_id"] != nil {
		t.Errorf("an expired order: %v", got)
	}
	w.order("early")
	golden(t, "cancel-before-shown", w.call("POST", "/v1/json/orders/early/cancel", groupKey, "").Raw)
	golden(t, "cancel-before-shown-again", w.call("POST", "/v1/json/orders/early/cancel", groupKey, "ignored").Raw)
	w.feed(w.order("showing"), shown())
	cancelled := w.call("POST", "/v1/json/orders/showing/cancel", groupKey, "").Data
	if cancelled["status"] != "cancelled" || cancelled["financial_status"] != "cancelled" || cancelled["order_id"] != "showing" {
		t.Errorf("cancel of an order on the screen: %v", cancelled)
	}
	w.feed(w.order("won"), shown(), tap(1), approved(1))
	if got := w.call("POST", "/v1/json/orders/won/cancel", groupKey, ""); got.Status != 409 || !strings.Contains(got.Info, "approved before") {
		t.Errorf("cancel of a paid order: %d %s", got.Status, got.Raw)
	}
}

func TestFailingStore(t *testing.T) {
	w := newWorld(t)
	w.till.broken = true
	got := w.call("POST", "/v1/json/orders", groupKey, fmt.Sprintf(plainOrder, "x"))
	if got.Status != 503 || got.Code != 9999 || got.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
}

// golden compares with testdata; KASSA_GOLDEN=write makes the files.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".json")
	if os.Getenv("KASSA_GOLDEN") == "write" {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSuffix(string(want), "\n"), got); diff != "" {
		t.Errorf("%s:\n%s", path, diff)
	}
}
