package multisafepay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/sale/multisafepay"
)

// cartOrder is 2 coffees of 3.00 and a cake of 5.37, with 9 % and 21 % tax: 6.54 and 6.50, and a tip of 1.00.
const cartOrder = `{"type":"redirect","order_id":"cart","currency":"EUR","amount":1404,"description":"Table 4","gateway_info":{"terminal_id":"00000ABC"},
	"amount_details":{"tip":{"amount":100}},
	"shopping_cart":{"items":[{"name":"Coffee","unit_price":"3.00","quantity":2,"merchant_item_id":"c","tax_table_selector":"low"},
		{"name":"Cake","unit_price":5.37,"quantity":1,"merchant_item_id":42}]},
	"checkout_options":{"tax_tables":{"default":{"rate":0.21},"alternate":[{"name":"low","rules":[{"rate":0.09,"country":""}]}]}}}`

// payCart makes the order and pays it.
func payCart(w *world) {
	w.t.Helper()
	w.mustCreate(cartOrder)
	w.pay("cart", 1404)
}

func (w *world) pay(id string, minor int64) {
	w.t.Helper()
	answer := approved(1).(kassa.HostAnswered)
	answer.Approved = euros(minor)
	w.feed(w.stream(id), shown(), tap(1), answer)
}

func TestRefundByItem(t *testing.T) {
	w := newWorld(t)
	payCart(w)
	refund := func(items string) reply {
		w.wait(6 * time.Minute)
		return w.call("POST", "/v1/json/orders/cart/refunds", groupKey, `{"currency":"EUR","amount":1404,"checkout_data":{"items":[`+items+`]}}`)
	}
	const originals = `{"name":"Coffee","unit_price":"3.00","quantity":2,"merchant_item_id":"c","tax_table_selector":"low"},{"name":"Cake","unit_price":5.37,"quantity":1,"merchant_item_id":42}`
	refunded := func() any { return w.call("GET", "/v1/json/orders/cart", groupKey, "").Data["amount_refunded"] }
	for name, c := range map[string]struct {
		items string
		code  int
		names string
	}{
		"unknown item":   {`{"unit_price":-1,"quantity":1,"merchant_item_id":"x"}`, 1034, "checkout_data.items[0]"},
		"too many":       {`{"unit_price":-3.00,"quantity":3,"merchant_item_id":"c"}`, 1034, "checkout_data.items[0].quantity"},
		"too dear":       {originals + `,{"unit_price":-3.01,"quantity":1,"merchant_item_id":"c"}`, 1034, "checkout_data.items[2].unit_price"},
		"in two lines":   {`{"unit_price":-3.00,"quantity":1.5,"merchant_item_id":"c"},{"unit_price":3.00,"quantity":-1,"merchant_item_id":"c"}`, 1034, "quantity"},
		"no price":       {`{"quantity":-1,"merchant_item_id":"c"}`, 1031, "checkout_data.items[0].unit_price"},
		"nothing at all": {`{"unit_price":-0.001,"quantity":1,"merchant_item_id":"c"}`, 1001, "checkout_data.items"},
	} {
		if got := refund(c.items); got.Code != c.code || !strings.Contains(got.Info, c.names) {
			t.Errorf("%s: %s", name, got.Raw)
		}
	}
	if got := refunded(); got != 0.0 {
		t.Fatalf("%v cents were paid back", got)
	}
	// As the Python client sends it: all items, and those to pay back once more with a negative price.
	if got := refund(originals + `,{"unit_price":-3.00,"quantity":1,"merchant_item_id":"c","tax_table_selector":"low"}`); got.Status != 200 || refunded() != 327.0 {
		t.Fatalf("one coffee: %s, %v paid back", got.Raw, refunded())
	}
	// As the PHP client does: with a negative quantity.
	if got := refund(originals + `,{"unit_price":5.37,"quantity":"-1","merchant_item_id":"42"}`); got.Status != 200 || refunded() != 977.0 {
		t.Fatalf("the cake: %s, %v paid back", got.Raw, refunded())
	}
	if got := refund(`{"unit_price":-3.00,"quantity":2,"merchant_item_id":"c","tax_table_selector":"low"}`); got.Code != 1034 {
		t.Errorf("the coffee that was paid back already: %s", got.Raw)
	}
	if got := refund(originals); got.Status != 200 || refunded() != 1404.0 {
		t.Errorf("all that is left: %s, %v paid back", got.Raw, refunded())
	}
	w.feed(w.order("plain"), shown(), tap(1), approved(1))
	if got := w.call("POST", "/v1/json/orders/plain/refunds", groupKey, `{"checkout_data":{"items":[{"unit_price":-1,"quantity":1}]}}`); got.Code != 1034 || !strings.Contains(got.Info, "no shopping_cart") {
		t.Errorf("an order without a cart: %s", got.Raw)
	}
}

func TestRefundAfterHalfAYear(t *testing.T) {
	w := newWorld(t)
	w.feed(w.order("old"), shown(), tap(1), approved(1))
	w.wait(180*24*time.Hour - time.Minute)
	if got := w.call("POST", "/v1/json/orders/old/refunds", groupKey, `{"currency":"EUR","amount":1}`); got.Status != 200 {
		t.Errorf("on the last day: %s", got.Raw)
	}
	w.wait(10 * time.Minute)
	if got := w.call("POST", "/v1/json/orders/old/refunds", groupKey, `{"currency":"EUR","amount":2}`); got.Code != 1034 || !strings.Contains(got.Info, "180 days") {
		t.Errorf("later: %s", got.Raw)
	}
}

func TestUpdates(t *testing.T) {
	w := newWorld(t)
	patch := func(id, body string) reply { return w.call("PATCH", "/v1/json/orders/"+id, groupKey, body) }
	stream := w.order("pos")
	w.feed(stream, shown(), tap(1), declined(1, "05", kassa.Declined))
	before := w.record.Last()
	for body, code := range map[string]int{
		`{"status":"shipped"}`:                     1000,
		`{"status":"void"}`:                        1000,
		`{"status":5}`:                             1000,
		`{}`:                                       1016,
		`{"plugin":{"shop":"x"}}`:                  1016,
		`{"extend_expiration":true}`:               1000,
		`{"new_order_id":"x"}`:                     1000,
		`{"amount":5,"status":"shipped"}`:          1000,
		`{"order_id":"other","invoice_id":"1"}`:    1006,
		`{"description":"other","invoice_id":"1"}`: 1008,
		`{"invoice_id":[]}`:                        1000,
		`{"Status":"shipped"}`:                     1000,
		`{"tracktrace_code":"` + strings.Repeat("x", 501) + `"}`: 1000,
	} {
		if got := patch("pos", body); got.Success || got.Code != code {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	got := patch("pos", `{"status":"cancelled","exclude_order":true}`)
	if !got.Success || len(got.Warnings) != 1 || got.Warnings[0]["code"] != "order_unchanged" {
		t.Errorf("PATCH of a declined order: %s", got.Raw)
	}
	if len(w.patched) != 1 || w.patched[0].OrderID != "pos" || w.patched[0].TerminalID != terminalID || w.patched[0].Route != "PATCH orders/{order_id}" ||
		w.patched[0].Scope != "100" || w.patched[0].Status != 200 {
		t.Errorf("the PATCH is kept as %+v", w.patched)
	}
	if status := w.call("GET", "/v1/json/orders/pos", groupKey, "").Data["status"]; status != "declined" || w.record.Last() != before {
		t.Errorf("afterwards it is %s, with %d more facts", status, w.record.Last()-before)
	}
	if got := w.call("POST", "/v1/json/orders/pos/cancel", groupKey, ""); got.Data["status"] != "cancelled" {
		t.Errorf("POST cancel: %s", got.Raw)
	}
	w.mustCreate(strings.Replace(unclaimedOrder, `"bad"`, `"web"`, 1))
	if got := patch("web", `{"status":"cancelled"}`); !got.Success || len(got.Warnings) > 0 {
		t.Errorf("PATCH of a pre-transaction: %s", got.Raw)
	}
	if status := w.call("GET", "/v1/json/orders/web", groupKey, "").Data["status"]; status != "cancelled" {
		t.Errorf("afterwards it is %s", status)
	}
	if got := patch("nobody", `{"status":"shipped"}`); got.Status != 404 {
		t.Errorf("an unknown order: %s", got.Raw)
	}
	if got := w.call("PATCH", "/v1/json/orders/pos", otherKey, `{"invoice_id":"1"}`); got.Status != 404 {
		t.Errorf("another group's order: %s", got.Raw)
	}
}

func TestShipped(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(strings.Replace(fmt.Sprintf(plainOrder, "s"), "{", `{"payment_options":{"notification_url":"http://127.0.0.1/hook"},"var1":"v",`, 1))
	w.pay("s", 1250)
	patch := func(body string) {
		t.Helper()
		if got := w.call("PATCH", "/v1/json/orders/s", groupKey, body); !got.Success || len(got.Data) > 0 {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	patch(`{"status":"shipped","tracktrace_code":"3S<1>","carrier":"PostNL","order_id":"s"}`)
	patch(`{"invoice_id":1042,"status":"shipped"}`)
	last := w.record.Last()
	patch(`{"invoice_id":"1042","status":"shipped"}`)
	if w.record.Last() != last {
		t.Error("the same again is noted again")
	}
	got := w.call("GET", "/v1/json/orders/s", groupKey, "").Data
	for field, want := range map[string]any{
		"status": "shipped", "financial_status": "completed", "tracktrace_code": "3S<1>", "carrier": "PostNL", "invoice_id": "1042", "var1": "v",
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if listed := w.call("GET", "/v1/json/transactions", groupKey, "").List[0]; listed["invoice_id"] != "1042" {
		t.Errorf("in the list of transactions: %v", listed)
	}
	var events []string
	for _, n := range w.notices() {
		events = append(events, n.Event)
	}
	if strings.Join(events, " ") != "completed updated updated" {
		t.Errorf("webhooks: %v", events)
	}
	if got := w.call("POST", "/v1/json/orders/s/refunds", groupKey, `{"currency":"EUR"}`); got.Status != 200 {
		t.Error(got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/s", groupKey, "").Data["status"]; got != "refunded" {
		t.Errorf("paid back: %v", got)
	}
}

func TestCosts(t *testing.T) {
	w := newWorld(t)
	w.allow(func(g *estate.Group) {
		g.Fees = []estate.Fee{{Method: "VISA", FixedMinor: 10, BasisPoints: 150, MinimumMinor: 12}, {FixedMinor: 25}}
	})
	w.order("fee")
	w.allow(func(g *estate.Group) { g.Fees = nil }) // what was agreed stays
	costs := func() []any { return w.call("GET", "/v1/json/orders/fee", groupKey, "").Data["costs"].([]any) }
	if got := costs(); len(got) > 0 {
		t.Errorf("before the payment: %v", got)
	}
	w.pay("fee", 1250)
	got := costs()
	if len(got) != 1 {
		t.Fatalf("costs %v", got)
	}
	cost := got[0].(map[string]any)
	if cost["amount"] != 0.29 || cost["type"] != "SYSTEM" || cost["transaction_id"] == nil || cost["description"] != "1.50 % + 0.10, at least 0.12, for VISA transactions" {
		t.Errorf("costs %v", cost)
	}
	listed := w.call("GET", "/v1/json/transactions", groupKey, "").List[0]
	if listed["net"] != 1221.0 || listed["costs"].([]any)[0].(map[string]any)["amount"] != 29.0 {
		t.Errorf("in the list of transactions: %v", listed)
	}
	o, _, _ := w.till.Find(t.Context(), "multisafepay", "100", "fee")
	if c, ok := multisafepay.CostOf(&o); !ok || c.Minor != 29 {
		t.Errorf("CostOf %v %v", c, ok)
	}
}

func TestReceipts(t *testing.T) {
	w := newWorld(t)
	receipt := func(id, query string) reply { return w.call("GET", "/v1/json/pos/receipt/"+id+query, groupKey, "") }
	if got := receipt("nobody", ""); got.Status != 404 || got.Code != 1006 {
		t.Errorf("an unknown order: %s", got.Raw)
	}
	w.order("new")
	if got := receipt("new", ""); got.Status != 404 || got.Code != 1006 || !strings.Contains(got.Info, "no card") {
		t.Errorf("an order without a card: %s", got.Raw)
	}
	if got := receipt("new", "?format=pdf"); got.Code != 1000 || !strings.Contains(got.Info, "format") {
		t.Errorf("an unknown format: %s", got.Raw)
	}
	payCart(w)
	golden(t, "receipt", receipt("cart", "").Raw)
	w.wait(time.Hour)
	if got := w.call("POST", "/v1/json/orders/cart/refunds", groupKey, `{"currency":"EUR","amount":404}`); got.Status != 200 {
		t.Fatal(got.Raw)
	}
	golden(t, "receipt-refunded", receipt("cart", "?locale=nl_NL").Raw)
	golden(t, "receipt-sdk", receipt("cart", "?format=sdk").Raw)
	w.feed(w.order("no"), shown(), tap(1), declined(1, "54", kassa.DeclinedExpired))
	golden(t, "receipt-declined", receipt("no", "").Raw)
	if got := w.call("GET", "/v1/json/pos/receipt/cart", accountKey, ""); got.Status != 200 {
		t.Errorf("an account key: %s", got.Raw)
	}
	for _, key := range []string{otherKey, foreignKey} {
		if got := w.call("GET", "/v1/json/pos/receipt/cart", key, ""); got.Code != 1006 {
			t.Errorf("another's key: %s", got.Raw)
		}
	}
	w.feed(w.order("tipped"), shown(), kassa.AddTip{Tip: kassa.Tip{Minor: 250, EmployeeID: "33", EmployeeName: "Alonso"}}, tap(1))
	order := receipt("tipped", "").Data["order"].(map[string]any)
	if tip := order["tip"].(map[string]any); order["amount"] != 1500.0 || tip["amount"] != 250.0 || tip["employee"].(map[string]any)["name"] != "Alonso" {
		t.Errorf("a tip with an employee: %v", order)
	}
}
