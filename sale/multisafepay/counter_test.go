package multisafepay_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/sale/multisafepay"
)

// allow changes what the terminals of group 100 may do.
func (w *world) allow(change func(*estate.Group)) {
	w.t.Helper()
	if _, err := w.estate.ChangeGroup(w.till.clock(), "100", change); err != nil {
		w.t.Fatal(err)
	}
}

// start begins an order on the terminal.
func (w *world) start(a multisafepay.AtPOI) (kassa.Order, string) {
	w.t.Helper()
	if a.Amount.Currency == "" {
		a.Amount.Currency = kassa.EUR
	}
	terminal, _ := w.Terminal(terminalID)
	o, refused, err := w.handler.StartAtPOI(context.Background(), terminal, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return o, refused
}

func euros(minor int64) kassa.Money { return kassa.Money{Minor: minor, Currency: kassa.EUR} }

// wait lets time pass.
func (w *world) wait(d time.Duration) {
	w.till.mu.Lock()
	defer w.till.mu.Unlock()
	w.till.now = w.till.now.Add(d)
}

var unclaimedOrder = with("gateway_info", "")

func TestPreTransactionIsTakenUpAndPaid(t *testing.T) {
	w := newWorld(t)
	made := w.mustCreate(unclaimedOrder)
	for _, field := range []string{"session_id", "payment_url", "events_token", "events_url", "events_stream_url"} {
		if made.Data[field] == "" {
			t.Errorf("%s is missing: %s", field, made.Raw)
		}
	}
	if len(made.Warnings) > 0 {
		t.Errorf("warnings: %s", made.Raw)
	}
	got := w.call("GET", "/v1/json/orders/bad", groupKey, "").Data
	if got["status"] != "initialized" || got["financial_status"] != nil || got["transaction_id"] != nil || len(got["payment_details"].(map[string]any)) != 0 {
		t.Errorf("before a terminal takes it up: %v", got)
	}
	o, refused := w.start(multisafepay.AtPOI{
		Reference: "bad", Origin: kassa.FromApp, Amount: euros(1250), SessionID: made.Data["session_id"].(string),
	})
	if refused != "" || o.TID != terminalID || o.Origin != kassa.FromApp || o.MID != "123456789012345" {
		t.Fatalf("taken up: %q %+v", refused, o)
	}
	again, refused := w.start(multisafepay.AtPOI{Reference: "bad", Origin: kassa.FromApp, Amount: euros(1250)})
	if refused != "" || again.Number != o.Number {
		t.Errorf("started once more: %q", refused)
	}
	w.feed(w.stream("bad"), shown(), tap(1), approved(1))
	got = w.call("GET", "/v1/json/orders/bad", groupKey, "").Data
	if got["status"] != "completed" || got["payment_details"].(map[string]any)["terminal_id"] != terminalID {
		t.Errorf("paid: %v", got)
	}
	_, refused = w.start(multisafepay.AtPOI{Reference: "bad", Origin: kassa.FromApp, Amount: euros(1250)})
	if !strings.Contains(refused, "has been paid") {
		t.Errorf("started after the payment: %q", refused)
	}
}

func TestStartsAtTheTerminalThatAreRefused(t *testing.T) {
	w := newWorld(t)
	made := w.mustCreate(unclaimedOrder)
	w.mustCreate(with("order_id", `"other"`))
	w.mustCreate(strings.Replace(unclaimedOrder, `"bad"`, `"gone"`, 1))
	w.call("POST", "/v1/json/orders/gone/cancel", groupKey, "")
	before := w.record.Last()
	for name, c := range map[string]struct {
		start multisafepay.AtPOI
		names string
	}{
		"reference":         {multisafepay.AtPOI{Reference: "a b", Amount: euros(1250)}, "order_id"},
		"another amount":    {multisafepay.AtPOI{Reference: "bad", Amount: euros(1251)}, "12.50"},
		"another session":   {multisafepay.AtPOI{Reference: "bad", Amount: euros(1250), SessionID: "8035000"}, "session_id"},
		"another kind":      {multisafepay.AtPOI{Reference: "bad", Amount: euros(1250), Kind: kassa.Credit}, "unreferenced_refund"},
		"nothing":           {multisafepay.AtPOI{Reference: "n"}, "amount"},
		"cancelled":         {multisafepay.AtPOI{Reference: "gone", Amount: euros(1250)}, "has been cancelled"},
		"URL":               {multisafepay.AtPOI{Reference: "u", Amount: euros(1), NotifyURL: "ftp://x"}, "notification_url"},
		"refund":            {multisafepay.AtPOI{Reference: "r", Amount: euros(1), Kind: kassa.Credit}, "not switched on"},
		"card check":        {multisafepay.AtPOI{Reference: "c", Kind: kassa.CardCheck}, "not switched on"},
		"for this terminal": {multisafepay.AtPOI{Reference: "other", Amount: euros(1)}, "12.50"},
	} {
		c.start.Origin = kassa.FromApp
		if _, refused := w.start(c.start); !strings.Contains(refused, c.names) {
			t.Errorf("%s: %q does not name %s", name, refused, c.names)
		}
	}
	if w.record.Last() != before {
		t.Error("a refused start stored something")
	}
	w.allow(func(g *estate.Group) { g.CreditLimit = 6000 })
	if _, refused := w.start(multisafepay.AtPOI{Reference: "bad", Origin: kassa.FromApp, Amount: euros(1250), Kind: kassa.Credit}); !strings.Contains(refused, "another kind") {
		t.Errorf("a refund under the id of a payment: %q", refused)
	}
	foreign, _ := w.Terminal("00000DEF")
	if o, _, err := w.handler.StartAtPOI(context.Background(), foreign, multisafepay.AtPOI{
		Reference: "bad", Origin: kassa.FromApp, Amount: euros(99),
	}); err != nil || o.Scope != "200" {
		t.Errorf("another group's terminal takes up the order: %+v %v", o, err)
	}
	if got := w.call("GET", "/v1/json/orders/bad", groupKey, "").Data["status"]; got != "initialized" || made.Data["order_id"] != "bad" {
		t.Errorf("the order is %s", got)
	}
}

func TestPreTransactionEndsUnpaid(t *testing.T) {
	w := newWorld(t)
	hook := strings.Replace(unclaimedOrder, "{", `{"payment_options":{"notification_url":"http://127.0.0.1/hook"},`, 1)
	w.mustCreate(hook)
	w.wait(30*24*time.Hour - 10*time.Second)
	w.feed(w.stream("bad"), kassa.Tick{})
	if got := w.call("GET", "/v1/json/orders/bad", groupKey, "").Data["status"]; got != "initialized" {
		t.Errorf("before 30 days are over: %v", got)
	}
	w.wait(10 * time.Second)
	w.feed(w.stream("bad"), kassa.Tick{})
	got := w.call("GET", "/v1/json/orders/bad", groupKey, "").Data
	if got["status"] != "cancelled" || got["financial_status"] != nil {
		t.Errorf("after 30 days: %v", got)
	}
	notices := w.notices()
	if len(notices) != 1 || notices[0].Event != "cancelled" || !strings.Contains(string(notices[0].Body), `"status":"cancelled"`) {
		t.Errorf("webhooks: %+v", notices)
	}
	w.mustCreate(strings.Replace(strings.Replace(hook, `"bad"`, `"short"`, 1), "{", `{"days_active":2,`, 1))
	w.wait(48 * time.Hour)
	w.feed(w.stream("short"), kassa.Tick{})
	if got := w.call("GET", "/v1/json/orders/short", groupKey, "").Data["status"]; got != "cancelled" {
		t.Errorf("after days_active: %v", got)
	}
	w.mustCreate(strings.Replace(hook, `"bad"`, `"stopped"`, 1))
	stopped := w.call("POST", "/v1/json/orders/stopped/cancel", groupKey, "").Data
	if stopped["status"] != "cancelled" || stopped["financial_status"] != nil || stopped["order_id"] != nil {
		t.Errorf("cancel: %v", stopped)
	}
}

func TestPreTransactionsAndKeys(t *testing.T) {
	w := newWorld(t)
	if got := w.call("POST", "/v1/json/orders", accountKey, unclaimedOrder); got.Code != 1016 || !strings.Contains(got.Info, "key of the order's group") {
		t.Errorf("an account with two groups: %s", got.Raw)
	}
	if got := w.call("POST", "/v1/json/orders", foreignKey, unclaimedOrder); got.Status != 200 {
		t.Errorf("another account's group: %s", got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/bad", groupKey, ""); got.Status != 404 {
		t.Errorf("it is visible to this one: %s", got.Raw)
	}
}

func TestPaymentPage(t *testing.T) {
	w := newWorld(t)
	made := w.mustCreate(strings.Replace(unclaimedOrder, "Table 4", "<b>Table</b> & 4", 1))
	page := func() string {
		r := httptest.NewRecorder()
		w.handler.ServeHTTP(r, httptest.NewRequest("GET", "/connect/"+made.Data["session_id"].(string)+"/?lang=nl_NL", nil))
		return r.Body.String()
	}
	for _, text := range []string{"Pay at the terminal", "Start it there", "3 June 2026, 15:50", "12.50", "&lt;b&gt;Table&lt;/b&gt; &amp; 4", "Bakkerij Zon"} {
		if !strings.Contains(page(), text) {
			t.Errorf("the page of an order that waits lacks %q:\n%s", text, page())
		}
	}
	w.start(multisafepay.AtPOI{Reference: "bad", Origin: kassa.FromWebApp, Amount: euros(1250)})
	w.feed(w.stream("bad"), shown(), tap(1), approved(1))
	if !strings.Contains(page(), "has been paid on 4 May 2026") {
		t.Errorf("the page of a paid order:\n%s", page())
	}
	for _, form := range []string{"paymentlink", "checkout"} {
		got := w.mustCreate(strings.Replace(strings.Replace(unclaimedOrder, "redirect", form, 1), `"bad"`, `"`+form+`"`, 1))
		if len(got.Warnings) != 1 || got.Warnings[0]["code"] != "pay_at_terminal" {
			t.Errorf("%s: %s", form, got.Raw)
		}
	}
	if got := w.mustCreate(strings.Replace(strings.Replace(unclaimedOrder, "{", `{"gateway":"IDEAL",`, 1), `"bad"`, `"ideal"`, 1)); len(got.Warnings) != 1 {
		t.Errorf("a method that terminals do not take: %s", got.Raw)
	}
}

func TestUnreferencedRefunds(t *testing.T) {
	w := newWorld(t)
	create := func(id string, amount, key string) reply {
		body := strings.Replace(with("type", `"unreferenced_refund"`), `"bad"`, `"`+id+`"`, 1)
		return w.call("POST", "/v1/json/orders", key, strings.Replace(body, "1250", amount, 1))
	}
	if got := create("off", "100", groupKey); got.Code != 1034 || !strings.Contains(got.Info, "not switched on") {
		t.Errorf("where they are not switched on: %s", got.Raw)
	}
	w.allow(func(g *estate.Group) { g.CreditLimit = 6000 })
	for amount, code := range map[string]int{"0": 1001, "6001": 1001, "-1": 1001, "60.00": 1001} {
		if got := create("limit", amount, groupKey); got.Code != code || !strings.Contains(got.Info, "amount") {
			t.Errorf("amount %s: %s", amount, got.Raw)
		}
	}
	if w.record.Last() != 0 {
		t.Error("a refused refund is stored")
	}
	for _, amount := range []string{"1", "6000"} {
		if got := create("ok-"+amount, amount, accountKey); got.Status != 200 || got.Data["session_id"] == nil {
			t.Errorf("amount %s: %s", amount, got.Raw)
		}
	}
	state := func(id string) string {
		d := w.call("GET", "/v1/json/orders/"+id, groupKey, "").Data
		financial, _ := d["financial_status"].(string)
		return d["status"].(string) + " " + financial
	}
	stream := w.stream("ok-6000")
	if got := state("ok-6000"); got != "initialized " {
		t.Errorf("new: %s", got)
	}
	w.feed(stream, shown())
	if got := state("ok-6000"); got != "initialized initialized" {
		t.Errorf("shown: %s", got)
	}
	w.feed(stream, tap(1))
	if got := state("ok-6000"); got != "reserved reserved" {
		t.Errorf("on its way to the host: %s", got)
	}
	answer := approved(1).(kassa.HostAnswered)
	answer.Approved = euros(6000)
	w.feed(stream, answer)
	if got := state("ok-6000"); got != "completed completed" {
		t.Errorf("done: %s", got)
	}
	if got := w.call("POST", "/v1/json/orders/ok-6000/refunds", groupKey, `{"currency":"EUR"}`); got.Code != 1034 {
		t.Errorf("a refund of a refund: %s", got.Raw)
	}
	w.feed(w.stream("ok-1"), shown(), tap(1), declined(1, "05", kassa.Declined))
	if got := state("ok-1"); got != "declined declined" {
		t.Errorf("declined: %s", got)
	}
}

func TestCardChecks(t *testing.T) {
	w := newWorld(t)
	if got := w.call("POST", "/v1/json/orders", groupKey, with("amount", "0")); got.Code != 1001 || !strings.Contains(got.Info, "not switched on") {
		t.Errorf("where they are not switched on: %s", got.Raw)
	}
	w.allow(func(g *estate.Group) { g.CardChecks = true })
	w.mustCreate(with("amount", `"0"`))
	answer := approved(1).(kassa.HostAnswered)
	answer.Approved, answer.ResponseCode = euros(0), "85"
	w.feed(w.stream("bad"), shown(), tap(1), answer)
	got := w.call("GET", "/v1/json/orders/bad", groupKey, "").Data
	if got["status"] != "completed" || got["amount"] != 0.0 || got["payment_details"].(map[string]any)["response_code"] != "85" {
		t.Errorf("%v", got)
	}
	if got := w.call("GET", "/v1/json/pos/receipt/bad", groupKey, "").Data["order"].(map[string]any); got["type"] != "card_check" {
		t.Errorf("receipt: %v", got)
	}
}
