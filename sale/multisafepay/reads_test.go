package multisafepay_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/journal"

	"github.com/google/go-cmp/cmp"
)

func (w *world) get(path, key string) reply {
	w.t.Helper()
	return w.call("GET", "/v1/json/"+path, key, "")
}

func column(list []map[string]any, name string) string {
	var values []string
	for _, row := range list {
		values = append(values, fmt.Sprint(row[name]))
	}
	return strings.Join(values, " ")
}

func TestTerminals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ path, key, want string }{
		{"terminals", accountKey, "00000ABC 00000DEF 0000NEW0"},
		{"terminals/", groupKey, "00000ABC 0000NEW0"},
		{"terminals", foreignKey, "00000XYZ"},
		{"terminals?limit=2&page=1&locale=en_US", accountKey, "00000ABC 00000DEF"},
		{"terminals?limit=2&page=2", accountKey, "0000NEW0"},
		{"terminals?limit=2&page=3", accountKey, ""},
		{"terminal-groups/200/terminals", accountKey, "00000DEF"},
		{"terminal-groups/100/terminals", groupKey, "00000ABC 0000NEW0"},
	} {
		if got := w.get(c.path, c.key); got.Status != 200 || column(got.List, "id") != c.want {
			t.Errorf("%s: %d %s, want %s", c.path, got.Status, got.Raw, c.want)
		}
	}
	golden(t, "terminals", w.get("terminal-groups/100/terminals?limit=50", groupKey).Raw)
	for _, c := range []struct{ path, key string }{
		{"terminals", "wrong-key"}, {"terminal-groups/200/terminals", groupKey}, {"terminal-groups/900/terminals", accountKey},
		{"terminal-groups/7/terminals", accountKey},
	} {
		got := w.get(c.path, c.key)
		if got.Status != 403 || got.Message != "Forbidden" || got.Code != 1032 {
			t.Errorf("%s: %d %s", c.path, got.Status, got.Raw)
		}
	}
}

func TestNewTerminals(t *testing.T) {
	w := newWorld(t)
	got := w.call("POST", "/v1/json/terminals", accountKey, `{"provider":"CTAP","group_id":100,"name":"Demo POS Terminal"}`)
	if got.Status != 200 || got.Data["provider"] != "CTAP" || got.Data["active"] != false || got.Data["serial_number"] != nil {
		t.Fatalf("%d %s", got.Status, got.Raw)
	}
	code, id := got.Data["code"].(string), got.Data["id"].(string)
	if len(code) < 8 {
		t.Errorf("activation code %q", code)
	}
	list := w.get("terminal-groups/100/terminals", groupKey)
	if !strings.Contains(list.Raw, id) || strings.Contains(list.Raw, code) {
		t.Errorf("the list after it: %s", list.Raw)
	}
	if smart := w.call("POST", "/v1/json/terminals", accountKey, `{"provider":"SMARTPOS","group_id":"100","name":"Second"}`); smart.Data["provider"] != "SMARTPOS" {
		t.Errorf("SmartPOS: %s", smart.Raw)
	}
	activate(t, w.estate, "V400M-7", code)
	if got := w.get("terminals", groupKey); !strings.Contains(got.Raw, `"manufacturer_id":"VERIFONE","name":"Demo POS Terminal","provider":"CTAP","serial_number":"7"`) {
		t.Errorf("after the activation: %s", got.Raw)
	}
	for _, key := range []string{groupKey, foreignKey, "wrong-key"} {
		if got := w.call("POST", "/v1/json/terminals", key, `{"provider":"CTAP","group_id":100,"name":"x"}`); got.Status != 403 || got.Message != "Forbidden" {
			t.Errorf("another key: %d %s", got.Status, got.Raw)
		}
	}
	if n := len(w.get("terminal-groups/100/terminals", groupKey).List); n != 4 {
		t.Errorf("%d terminals, want 4", n)
	}
}

func TestSites(t *testing.T) {
	w := newWorld(t)
	golden(t, "site", w.get("sites/100", groupKey).Raw)
	patch := func(key, body string) reply { return w.call("PATCH", "/v1/json/sites/100", key, body) }
	got := patch(groupKey, `{"name":"Counter 2","notification_url":"http://127.0.0.1:9/hook","plugin":{}}`)
	if got.Data["name"] != "Counter 2" || got.Data["notification_url"] != "http://127.0.0.1:9/hook" {
		t.Fatalf("after a change: %d %s", got.Status, got.Raw)
	}
	for body, attribute := range map[string]string{
		`{"support_email":"a@b.example"}`:      "support_email",
		`{"name":""}`:                          "name",
		`{"name":5}`:                           "name",
		`{"Name":"x"}`:                         "Name",
		`{"name":"` + longText(101) + `"}`:     "name",
		`{"notification_url":"ftp://x"}`:       "notification_url",
		`{"notification_url":"http://u:p@x/"}`: "notification_url",
		`{"name":"x","notification_url":[]}`:   "notification_url",
	} {
		got := patch(groupKey, body)
		if got.Status != 422 || got.Message != "Validation error" || !strings.Contains(got.Raw, `"attribute":"`+attribute+`"`) {
			t.Errorf("%.60s: %d %s", body, got.Status, got.Raw)
		}
	}
	if got := patch(accountKey, `{"notification_url":null}`); got.Data["notification_url"] != nil || got.Data["name"] != "Counter 2" {
		t.Errorf("without a webhook: %s", got.Raw)
	}
	for _, c := range []struct{ path, key string }{{"sites/200", groupKey}, {"sites/900", accountKey}, {"sites/x", accountKey}} {
		if got := w.get(c.path, c.key); got.Status != 404 || got.Message != "Not found" || got.Code != 1000 {
			t.Errorf("%s: %d %s", c.path, got.Status, got.Raw)
		}
	}
}

func longText(n int) string { return strings.Repeat("x", n) }

func TestGatewaysAndPaymentMethods(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ path, want string }{
		{"gateways?include=coupons", "VISA MASTERCARD MAESTRO MISTERCASH"},
		{"gateways?country=NL", "VISA MASTERCARD MAESTRO"},
		{"payment-methods?country=BE&amount=100&currency=EUR&include_coupons=1", "VISA MASTERCARD MAESTRO MISTERCASH"},
		{"payment-methods?group_cards=1", "CREDITCARD"},
		{"payment-methods?currency=USD", ""},
		{"payment-methods?type=coupon", ""},
		{"issuers/ideal", ""},
		{"issuers/MyBank", ""},
	} {
		if got := w.get(c.path, groupKey); got.Status != 200 || column(got.List, "id") != c.want {
			t.Errorf("%s: %d %s", c.path, got.Status, got.Raw)
		}
	}
	if got := w.get("gateways/mastercard", groupKey); got.Data["id"] != "MASTERCARD" || got.Data["description"] != "Mastercard" {
		t.Errorf("in lower case: %s", got.Raw)
	}
	golden(t, "payment-method", w.get("payment-methods/VISA", groupKey).Raw)
	for _, path := range []string{"gateways/NONE", "payment-methods/x", "issuers/VISA"} {
		if got := w.get(path, groupKey); got.Status != 404 || got.Code != 1023 {
			t.Errorf("%s: %d %s", path, got.Status, got.Raw)
		}
	}
	if got := w.get("gateways", "wrong-key"); got.Status != 401 || got.Code != 1032 {
		t.Errorf("wrong key: %d %s", got.Status, got.Raw)
	}
	if got := w.get("categories", groupKey); len(got.List) != 16 || got.List[0]["code"] != 100.0 {
		t.Errorf("categories: %s", got.Raw)
	}
}

func TestMe(t *testing.T) {
	w := newWorld(t)
	if got := w.get("me", groupKey).Data; got["account_id"] != 1.0 || got["site_id"] != 100.0 || got["role"] != "terminal_group" {
		t.Errorf("group key: %v", got)
	}
	if got := w.get("me", accountKey).Data; got["account_id"] != 1.0 || got["site_id"] != nil || got["role"] != "account" {
		t.Errorf("account key: %v", got)
	}
}

func TestAPITokens(t *testing.T) {
	w := newWorld(t)
	w.order("secret")
	token, ok := w.get("auth/api_token", groupKey).Data["api_token"].(string)
	if !ok || !strings.HasPrefix(token, "pub.v2.") {
		t.Fatalf("token %q", token)
	}
	if got := w.get("payment-methods", token); got.Status != 200 {
		t.Errorf("payment methods with the token: %s", got.Raw)
	}
	for _, path := range []string{"orders/secret", "transactions", "terminals", "me", "auth/api_token", "sites/100"} {
		if got := w.get(path, token); got.Status != 403 {
			t.Errorf("%s with the token: %d %s", path, got.Status, got.Raw)
		}
	}
	for _, bad := range []string{token[:len(token)-2], token + "x", "pub.v2.", "pub.v2.e30.", strings.Replace(token, ".", "", 1)} {
		if got := w.get("gateways", bad); got.Status != 401 {
			t.Errorf("a token that Kassa did not make: %d", got.Status)
		}
	}
	w.wait(600 * time.Second)
	if got := w.get("gateways", token); got.Status != 401 {
		t.Errorf("a token after ten minutes: %d", got.Status)
	}
}

// pays makes an order on a terminal of group 100 or 200 that is paid.
func (w *world) pays(id, tid string, amount int64) string {
	w.t.Helper()
	key, scope := groupKey, "100"
	if tid == "00000DEF" {
		key, scope = otherKey, "200"
	}
	body := strings.NewReplacer(terminalID, tid, "1250", fmt.Sprint(amount)).Replace(fmt.Sprintf(plainOrder, id))
	if got := w.call("POST", "/v1/json/orders", key, body); got.Status != 200 {
		w.t.Fatal(got.Raw)
	}
	w.till.mu.Lock()
	stream, _, _, err := w.till.find("multisafepay", scope, id)
	w.till.mu.Unlock()
	must(w.t, err)
	yes := approved(1).(kassa.HostAnswered)
	yes.Approved.Minor = amount
	w.feed(stream, shown(), tap(1), yes)
	return stream
}

// settle answers an order's newest refund.
func (w *world) settle(stream, code string, why kassa.Reason) {
	w.t.Helper()
	s, _, err := w.record.Load(stream)
	must(w.t, err)
	entries, err := w.record.StreamEntries(stream, s.Version)
	must(w.t, err)
	event, err := kassa.DecodeEvent(entries[len(entries)-1].Kind, entries[len(entries)-1].Payload)
	must(w.t, err)
	w.feed(stream, kassa.RefundAnswered{Number: event.(kassa.RefundTaken).Refund.Number, ResponseCode: code, Reason: why})
}

func TestTransactions(t *testing.T) {
	w := newWorld(t)
	w.pays("t-1", terminalID, 100)
	w.pays("t-2", "00000DEF", 200)
	w.feed(w.order("t-3"), shown(), tap(1), declined(1, "65", kassa.SoftDeclinePIN))
	w.order("t-4") // no terminal has shown it
	w.wait(48 * time.Hour)
	refund := w.call("POST", "/v1/json/orders/t-1/refunds", groupKey, `{"currency":"EUR","amount":40,"refund_order_id":"r-1","var1":"x"}`)
	for _, c := range []struct{ query, key, want string }{
		{"", accountKey, "t-3 t-3 t-2 r-1 t-1"},
		{"", groupKey, "t-3 t-3 r-1 t-1"},
		{"site_id=200", accountKey, "t-2"},
		{"status=declined", accountKey, "t-3"},
		{"financial_status=completed&locale=en_US", accountKey, "t-2 t-1"},
		{"status=partial_refunded", accountKey, "t-1"},
		{"type=refund", accountKey, "r-1"},
		{"debit_credit=D", accountKey, "r-1"},
		{"payment_method=MAESTRO&payment_method=visa&type=payment", accountKey, "t-3 t-2 t-1"}, // a step-up has no card yet
		{"payment_method=MAESTRO", accountKey, ""},
		{"currency=USD", accountKey, ""},
		{"created_from=2026-05-05", accountKey, "r-1"},
		{"created_until=2026-05-05", accountKey, "t-3 t-3 t-2 t-1"},
		{"created_until=2026-05-04T15:50:05", accountKey, "t-1"}, // Dutch time
		{"created_until=2026-05-04T13:50:05Z", accountKey, "t-1"},
		{"created_until=2026-05-04T15:50:05%2B02:00", accountKey, "t-1"},
		{"created_until=2026-05-04T15:50:05+02:00", accountKey, "t-1"},
		{fmt.Sprintf("created_until=%d", time.Date(2026, 5, 4, 13, 50, 5, 0, time.UTC).Unix()), accountKey, "t-1"},
		{"completed_from=2026-05-01&completed_until=2026-06-01", accountKey, "t-2 t-1"},
		{"limit=2", accountKey, "t-3 t-3"},
	} {
		got := w.get("transactions?"+c.query, c.key)
		if got.Status != 200 || column(got.List, "order_id") != c.want {
			t.Errorf("%s: %d %s, want %s", c.query, got.Status, column(got.List, "order_id"), c.want)
		}
	}
	one := w.get(fmt.Sprintf("transactions/%.0f", refund.Data["transaction_id"]), groupKey)
	golden(t, "transaction-refund", one.Raw)
	golden(t, "transactions", w.get("transactions?limit=100", groupKey).Raw)
	for _, c := range []struct{ id, key string }{
		{fmt.Sprintf("%.0f", refund.Data["transaction_id"]), otherKey}, {"1777902600000001", accountKey}, {"x", accountKey},
	} {
		if got := w.get("transactions/"+c.id, c.key); got.Status != 404 || got.Message != "Not found" {
			t.Errorf("%s: %d %s", c.id, got.Status, got.Raw)
		}
	}
	if got := w.get("transactions", "wrong-key"); got.Status != 403 || got.Message != "Forbidden" || got.Code != 1032 {
		t.Errorf("wrong key: %d %s", got.Status, got.Raw)
	}
	if got := w.get("transactions?site_id=900", accountKey); got.Status != 403 {
		t.Errorf("another account's site: %d", got.Status)
	}
}

func TestShippedTransactions(t *testing.T) {
	w := newWorld(t)
	w.pays("s-1", terminalID, 100)
	w.pays("s-2", terminalID, 100)
	if got := w.call("PATCH", "/v1/json/orders/s-1", groupKey, `{"status":"shipped"}`); got.Status != 200 {
		t.Fatal(got.Raw)
	}
	if got := w.get("transactions?status=shipped", groupKey); column(got.List, "order_id") != "s-1" {
		t.Errorf("shipped: %s", got.Raw)
	}
	if got := w.get("transactions?status=completed", groupKey); column(got.List, "order_id") != "s-2" {
		t.Errorf("not shipped: %s", got.Raw)
	}
}

// TestCapturesInTheList: what is held is one payment there, whatever has been captured of it.
func TestCapturesInTheList(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(direct("held", `"capture":"manual",`))
	_, capture, settle := w.captures()
	part := capture("held", `{"amount":500,"new_order_id":"held-a"}`)
	settle("held", part)
	list := w.get("transactions", groupKey).List
	if column(list, "order_id") != "held" || list[0]["amount"] != 1250.0 || list[0]["type"] != "payment" {
		t.Errorf("list %v", list)
	}
	if got := w.get(fmt.Sprintf("transactions/%.0f", part.Data["transaction_id"]), groupKey); got.Status != 404 {
		t.Errorf("the capture by its number: %d %s", got.Status, got.Raw)
	}
	if got := w.get("closing-balances", groupKey).List[0]; got["sales_amount"] != 500.0 || got["sales_count"] != 1.0 {
		t.Errorf("closing total: %v", got)
	}
}

func TestTransactionPager(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.pays(fmt.Sprintf("p-%d", i), terminalID, int64(100+i))
	}
	refund := w.call("POST", "/v1/json/orders/p-3/refunds", groupKey, `{"currency":"EUR","amount":40}`)
	if refund.Status != 200 {
		t.Fatal(refund.Raw)
	}
	follow := func(address string) reply {
		r := httptest.NewRequest("GET", address, nil)
		r.Header.Set("api_key", groupKey)
		return w.send(r)
	}
	var seen []string
	page := follow("http://pos.example/v1/json/transactions?limit=3&locale=en_US&type=")
	var pages []reply
	for len(page.List) > 0 && len(pages) < 5 {
		pages = append(pages, page)
		for _, row := range page.List {
			seen = append(seen, fmt.Sprintf("%.0f", row["transaction_id"]))
		}
		after, ok := page.Pager["after"].(string)
		if !ok || !strings.HasPrefix(after, "http://pos.example/v1/json/transactions?") || strings.Contains(after, "key") {
			t.Fatalf("pager: %v", page.Pager)
		}
		cursor := page.Pager["cursor"].(map[string]any)
		if !strings.Contains(after, "after="+cursor["after"].(string)) || !strings.Contains(page.Pager["before"].(string), "before="+cursor["before"].(string)) {
			t.Errorf("cursors: %v", page.Pager)
		}
		page = follow(after)
	}
	if cursor := page.Pager["cursor"].(map[string]any); cursor["after"] != nil || cursor["before"] != nil || page.Pager["limit"] != 3.0 {
		t.Errorf("behind the last page: %v", page.Pager)
	}
	all := w.get("transactions", groupKey)
	var want []string
	for _, row := range all.List {
		want = append(want, fmt.Sprintf("%.0f", row["transaction_id"]))
	}
	if diff := cmp.Diff(want, seen); diff != "" || len(seen) != 8 {
		t.Errorf("all pages together:\n%s", diff)
	}
	// And back: the page before the last one is the one before it.
	back := follow(pages[2].Pager["before"].(string))
	if diff := cmp.Diff(column(pages[1].List, "transaction_id"), column(back.List, "transaction_id")); diff != "" {
		t.Errorf("backwards:\n%s", diff)
	}
	if first := follow(pages[0].Pager["before"].(string)); len(first.List) != 0 {
		t.Errorf("before the first page: %s", first.Raw)
	}
	// What comes in between does not shift the pages.
	w.pays("p-new", terminalID, 5)
	if again := follow(pages[0].Pager["after"].(string)); column(again.List, "order_id") != column(pages[1].List, "order_id") {
		t.Errorf("after a new payment: %s", again.Raw)
	}
}

func TestKeysInAddressesAreNotRepeated(t *testing.T) {
	w := newWorld(t)
	w.pays("k-1", terminalID, 100)
	r := httptest.NewRequest("GET", "http://pos.example/v1/json/transactions?api_key="+groupKey, nil)
	if got := w.send(r); got.Status != 200 || len(got.List) != 1 || strings.Contains(got.Raw, groupKey) {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
}

func TestClosingBalances(t *testing.T) {
	w := newWorld(t)
	first := w.pays("c-1", terminalID, 1000) // 2026-05-04 in Amsterdam
	w.pays("c-2", "00000DEF", 300)
	w.feed(w.order("c-3"), shown(), tap(1), declined(1, "51", kassa.DeclinedFunds))
	w.wait(8*time.Hour + 15*time.Minute) // 22:00 UTC is the next day in Amsterdam
	w.pays("c-4", terminalID, 50)
	refund := func(amount int) {
		if got := w.call("POST", "/v1/json/orders/c-1/refunds", groupKey, fmt.Sprintf(`{"currency":"EUR","amount":%d}`, amount)); got.Status != 200 {
			t.Fatal(got.Raw)
		}
	}
	refund(200)
	w.settle(first, "00", kassa.None)
	refund(30)
	w.settle(first, "05", kassa.Declined) // declined: it counts nowhere
	refund(7)                             // not answered
	golden(t, "closing-balances", w.get("closing-balances?from=2026-05-04&until=2026-05-05&currency=EUR", groupKey).Raw)
	sales := func(query, key string) string {
		got := w.get("closing-balances?"+query, key)
		return column(got.List, "closing_date") + " " + column(got.List, "amount")
	}
	for _, c := range []struct{ query, key, want string }{
		{"from=2026-05-04&until=2026-05-05", accountKey, "2026-05-05 2026-05-04 -150 1300"},
		{"from=2026-05-04&until=2026-05-04", otherKey, "2026-05-04 300"},
		{"", groupKey, "2026-05-05 -150"},
		{"until=2026-05-04", foreignKey, "2026-05-04 0"},
		{"currency=USD", groupKey, " "},
	} {
		if got := sales(c.query, c.key); got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
}

func TestBadQueries(t *testing.T) {
	w := newWorld(t)
	w.pays("q-1", terminalID, 100)
	for query, names := range map[string]string{
		"transactions?limit=0":                                "limit",
		"transactions?limit=1001":                             "limit",
		"transactions?limit=-1":                               "limit",
		"transactions?limit=1.5":                              "limit",
		"transactions?limit=9223372036854775808":              "limit",
		"transactions?limit=1&limit=2":                        "limit",
		"transactions?status=paid":                            "status",
		"transactions?financial_status='":                     "financial_status",
		"transactions?type=%00":                               "type",
		"transactions?debit_credit=X":                         "debit_credit",
		"transactions?currency=euro":                          "currency",
		"transactions?created_from=yesterday":                 "created_from",
		"transactions?created_until=2026-13-01":               "created_until",
		"transactions?completed_from=99999999999999":          "completed_from",
		"transactions?completed_until=2026-02-30T1:1":         "completed_until",
		"transactions?after=x":                                "after",
		"transactions?before=" + longText(5000):               "before",
		"transactions?after=b3JkZXIvQS4x&before=b3JkZXIvQS4x": "before",
		"closing-balances?from=2026-05-02&until=2026-05-01":   "from",
		"closing-balances?from=2026-01-01&until=2026-05-01":   "from",
		"closing-balances?from=x":                             "from",
		"terminals?page=0":                                    "page",
		"terminals?page=99999999999999999999":                 "page",
		"terminals?limit=abc":                                 "limit",
		"terminal-groups/100/terminals?limit=0":               "limit",
		"gateways?country=Netherlands":                        "country",
		"payment-methods?amount=0.5":                          "amount",
		"payment-methods?type=card":                           "type",
	} {
		got := w.get(query, groupKey)
		if got.Status != 404 || got.Code != 1000 || !strings.HasPrefix(got.Info, names+" ") || len(got.Raw) > 500 {
			t.Errorf("%.60s: %d %.300s", query, got.Status, got.Raw)
		}
	}
}

// A list goes on behind many orders without a transaction, and never shows a wrong page.
func TestTransactionsBehindManyOrders(t *testing.T) {
	w := newWorld(t)
	w.pays("old", terminalID, 100)
	w.pays("older", terminalID, 100)
	for i := range 10_300 {
		must(t, w.record.commit(journal.Batch{{Stream: fmt.Sprintf("order/Z%05d", i), State: []byte(`{}`), Scope: "100"}}))
	}
	var seen []string
	cursor := ""
	for range 5 {
		page := w.get("transactions?limit=1&after="+cursor, groupKey)
		for _, row := range page.List {
			seen = append(seen, fmt.Sprint(row["order_id"]))
		}
		next, ok := page.Pager["cursor"].(map[string]any)["after"].(string)
		if !ok {
			break
		}
		cursor = next
		if len(page.List) == 1 && len(seen) == 2 {
			if got := w.get("transactions?limit=1&before="+cursor, groupKey); got.Success || !strings.Contains(got.Info, "before") {
				t.Errorf("the page before one that is far down: %s", got.Raw)
			}
		}
	}
	if diff := cmp.Diff([]string{"older", "old"}, seen); diff != "" {
		t.Error(diff)
	}
}
