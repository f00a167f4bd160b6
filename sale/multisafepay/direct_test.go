package multisafepay_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/sale/multisafepay"
)

const (
	testCard    = `{"card_number":"4761 7390 0000 0004","card_holder_name":"Zoë Jansen","card_expiry_date":3112,"card_cvc":"123"}`
	directOrder = `{"type":"direct","order_id":"d-1","gateway":"VISA","currency":"EUR","amount":1250,"description":"Shoes","gateway_info":` + testCard + `}`
)

func direct(id, more string) string {
	return strings.Replace(strings.Replace(directOrder, "d-1", id, 1), "{", "{"+more, 1)
}

// nothingInClear looks for the card in everything that was stored.
func nothingInClear(w *world) {
	w.t.Helper()
	entries, err := w.record.Entries(0, 10000)
	if err != nil {
		w.t.Fatal(err)
	}
	number := regexp.MustCompile(`4761 ?7390 ?0000 ?0004|"123"`)
	for _, e := range entries {
		if found := number.Find(e.Payload); found != nil {
			w.t.Errorf("%s holds %s", e.Kind, found)
		}
		s, _, _ := w.record.Load(e.Stream)
		if found := number.Find(s.State); found != nil {
			w.t.Errorf("the state of %s holds %s", e.Stream, found)
		}
	}
	if text := fmt.Sprintf("%+v", w.refused); number.MatchString(text) {
		w.t.Errorf("a refused call holds the card: %s", text)
	}
}

func TestDirect(t *testing.T) {
	w := newWorld(t)
	made := w.mustCreate(directOrder)
	golden(t, "direct", made.Raw)
	got := w.call("GET", "/v1/json/orders/d-1", groupKey, "").Data
	if got["status"] != "completed" || got["financial_status"] != "completed" || got["payment_url"] != nil {
		t.Errorf("afterwards: %v", got)
	}
	again := w.mustCreate(directOrder)
	if again.Data["transaction_id"] != made.Data["transaction_id"] {
		t.Errorf("the same again: %s", again.Raw)
	}
	other := strings.Replace(directOrder, "0004", "0020", 1)
	if got := w.call("POST", "/v1/json/orders", groupKey, other); got.Code != 1006 {
		t.Errorf("another card under the same id: %s", got.Raw)
	}
	if got := w.call("POST", "/v1/json/orders/d-1/refunds", groupKey, `{"currency":"EUR","amount":50}`); got.Status != 200 {
		t.Errorf("refund: %s", got.Raw)
	}
	w.till.decline = kassa.DeclinedFunds
	refused := w.mustCreate(direct("d-2", "")).Data
	if refused["status"] != "declined" || refused["financial_status"] != "declined" || refused["reason_code"] != "4002" {
		t.Errorf("declined: %v", refused)
	}
	if again := w.mustCreate(direct("d-2", "")).Data; again["status"] != "declined" {
		t.Errorf("declined, and sent again: %v", again)
	}
	nothingInClear(w)
}

func TestBadDirectOrders(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		body   string
		status int
		code   int
		names  string
	}{
		"no card":     {strings.Replace(directOrder, testCard, "{}", 1), 404, 1016, "gateway_info.card_number"},
		"no object":   {strings.Replace(directOrder, testCard, "5", 1), 404, 1016, "gateway_info"},
		"no code":     {strings.Replace(directOrder, `,"card_cvc":"123"`, "", 1), 404, 1016, "gateway_info.card_cvc"},
		"no expiry":   {strings.Replace(directOrder, `3112`, `""`, 1), 404, 1016, "gateway_info.card_expiry_date"},
		"check digit": {strings.Replace(directOrder, "0004", "0009", 1), 404, 1000, "gateway_info"},
		"object":      {strings.Replace(directOrder, `"123"`, `{}`, 1), 404, 1000, "gateway_info.card_cvc"},
		"long name":   {strings.Replace(directOrder, "Zoë Jansen", strings.Repeat("x", 101), 1), 404, 1000, "gateway_info.card_holder_name"},
		"other case":  {strings.Replace(directOrder, "card_number", "Card_Number", 1), 400, 1000, "gateway_info.card_number"},
		"terminal":    {strings.Replace(directOrder, `{"card_number"`, `{"terminal_id":"00000ABC","card_number"`, 1), 404, 1023, "gateway_info.terminal_id"},
		"bank":        {strings.Replace(directOrder, "VISA", "IDEAL", 1), 404, 1023, "gateway"},
		"other brand": {strings.Replace(directOrder, "VISA", "MASTERCARD", 1), 404, 1023, "gateway"},
		"amount 0":    {strings.Replace(directOrder, "1250", "0", 1), 404, 1001, "amount"},
		"capture":     {direct("d-1", `"capture":"later",`), 404, 1000, "capture"},
		"recurring":   {direct("d-1", `"recurring_model":"monthly",`), 404, 1000, "recurring_model"},
	} {
		got := w.call("POST", "/v1/json/orders", groupKey, c.body)
		if got.Status != c.status || got.Code != c.code || !strings.Contains(got.Info, c.names) {
			t.Errorf("%s: %d %s; want %d, code %d, naming %s", name, got.Status, got.Raw, c.status, c.code, c.names)
		}
	}
	if w.record.Last() != 0 {
		t.Error("a refused order is stored")
	}
	w.safe.broken = true
	if got := w.call("POST", "/v1/json/orders", groupKey, directOrder); got.Status != 503 {
		t.Errorf("a safe that is stuck: %s", got.Raw)
	}
	if got := w.call("POST", "/v1/json/orders", accountKey, directOrder); got.Code != 1016 {
		t.Errorf("an account with two groups: %s", got.Raw)
	}
	nothingInClear(w)
	if text := fmt.Sprintf("%v %+v %#v %s", multisafepay.EnteredCard{Number: "1"}, multisafepay.EnteredCard{Number: "1"}, multisafepay.EnteredCard{Number: "1"}, multisafepay.EnteredCard{Number: "1"}); strings.Contains(text, "1") {
		t.Errorf("a card prints as %s", text)
	}
}

// captures gives what the tests of captures do over and over.
func (w *world) captures() (state func(id string) string, capture func(id, body string) reply, settle func(id string, got reply)) {
	state = func(id string) string {
		d := w.call("GET", "/v1/json/orders/"+id, groupKey, "").Data
		return fmt.Sprint(d["status"], " ", d["financial_status"])
	}
	capture = func(id, body string) reply { return w.call("POST", "/v1/json/orders/"+id+"/capture", groupKey, body) }
	settle = func(id string, got reply) {
		w.feed(w.stream(id), kassa.CaptureAnswered{Number: int64(got.Data["transaction_id"].(float64)), ResponseCode: "00"})
	}
	return state, capture, settle
}

func TestCapture(t *testing.T) {
	w := newWorld(t)
	state, capture, settle := w.captures()
	held := w.mustCreate(direct("hold", `"capture":"manual",`)).Data
	if held["status"] != "completed" || held["financial_status"] != "initialized" {
		t.Errorf("held: %v", held)
	}
	if got := w.call("POST", "/v1/json/orders/hold/refunds", groupKey, `{"currency":"EUR"}`); got.Code != 1034 {
		t.Errorf("refund of what was not taken: %s", got.Raw)
	}
	for body, code := range map[string]int{
		`{"amount":1251,"new_order_status":"completed"}`: 1001, `{"amount":0}`: 1001, `{"amount":"x"}`: 1001,
		`{"new_order_status":"void"}`: 1000, `{"new_order_id":"ä"}`: 1006, `{"description":5}`: 1008, `{"Amount":1}`: 1000,
	} {
		if got := capture("hold", body); got.Success || got.Code != code {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	part := capture("hold", `{"amount":"250","new_order_status":"completed","new_order_id":"part","invoice_id":"7"}`)
	if part.Data["order_id"] != "part" || part.Data["transaction_id"] == nil {
		t.Fatalf("a part: %s", part.Raw)
	}
	settle("hold", part)
	if got := state("hold"); got != "completed initialized" {
		t.Errorf("after a part: %s", got)
	}
	if got := capture("hold", `{"amount":250,"new_order_id":"part"}`); got.Success || !strings.Contains(got.Info, "new_order_id") {
		t.Errorf("the same capture again: %s", got.Raw)
	}
	related := w.call("GET", "/v1/json/orders/hold", groupKey, "").Data["related_transactions"].([]any)[0].(map[string]any)
	if related["type"] != "capture" || related["order_id"] != "part" || related["status"] != "completed" || related["amount"] != 250.0 {
		t.Errorf("related: %v", related)
	}
	release := w.call("PATCH", "/v1/json/capture/hold", groupKey, `{"status":"cancelled","reason":"sold out"}`)
	if release.Data["success"] != true || release.Data["order_id"] != "hold" {
		t.Errorf("release: %s", release.Raw)
	}
	if got := state("hold"); got != "completed completed" {
		t.Errorf("a part taken, the rest released: %s", got)
	}
	if got := w.call("POST", "/v1/json/orders/hold/refunds", groupKey, `{"currency":"EUR"}`); got.Status != 200 {
		t.Errorf("refund of what was taken: %s", got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/hold", groupKey, "").Data; got["status"] != "refunded" || got["amount_refunded"] != 250.0 {
		t.Errorf("paid back: %v", got)
	}
}

func TestCaptureOfAllAndOfNothing(t *testing.T) {
	w := newWorld(t)
	state, capture, settle := w.captures()
	w.mustCreate(direct("full", `"capture":"manual",`))
	full := capture("full", `{"amount":1250,"new_order_status":"completed","new_order_id":"other"}`)
	if full.Data["order_id"] != "full" {
		t.Errorf("all of it keeps the id: %s", full.Raw)
	}
	settle("full", full)
	if got := state("full"); got != "completed completed" {
		t.Errorf("all taken: %s", got)
	}
	w.mustCreate(direct("void", `"capture":"manual",`))
	for body, code := range map[string]int{`{"status":"completed"}`: 1000, `{}`: 1000, `[]`: 1000} {
		if got := w.call("PATCH", "/v1/json/capture/void", groupKey, body); got.Success || got.Code != code {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	w.call("PATCH", "/v1/json/capture/void", groupKey, `{"status":"cancelled"}`)
	if got := state("void"); got != "void void" {
		t.Errorf("released: %s", got)
	}
	w.mustCreate(direct("late", `"capture":"manual",`))
	w.wait(7 * 24 * time.Hour)
	w.feed(w.stream("late"), kassa.Tick{})
	if got := state("late"); got != "void void" {
		t.Errorf("held for too long: %s", got)
	}
	if got := capture("late", `{}`); got.Success || got.Status != 404 {
		t.Errorf("capture of what was given back: %s", got.Raw)
	}
	if got := w.call("POST", "/v1/json/orders/void/capture", otherKey, `{}`); got.Code != 1006 {
		t.Errorf("another group's key: %s", got.Raw)
	}
	nothingInClear(w)
}

func TestCancelOfARefund(t *testing.T) {
	w := newWorld(t)
	w.feed(w.order("r"), shown(), tap(1), approved(1))
	cancel := func(number any, body string) reply {
		return w.call("PATCH", fmt.Sprintf("/v1/json/orders/r/refunds/%v", number), groupKey, body)
	}
	refund := func(amount int) int64 {
		t.Helper()
		got := w.call("POST", "/v1/json/orders/r/refunds", groupKey, fmt.Sprintf(`{"currency":"EUR","amount":%d}`, amount))
		if got.Status != 200 {
			t.Fatal(got.Raw)
		}
		return int64(got.Data["refund_id"].(float64))
	}
	first := refund(250)
	for body, code := range map[string]int{`{"status":"completed"}`: 1000, `{}`: 1000, `{"Status":"void"}`: 1000} {
		if got := cancel(first, body); got.Success || got.Code != code {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	for _, number := range []string{"1", "x", "99999999999999999999"} {
		if got := cancel(number, `{"status":"void"}`); got.Code != 1034 {
			t.Errorf("refund %s: %s", number, got.Raw)
		}
	}
	if got := cancel(first, `{"status":"void","description":"mistake"}`); !got.Success || len(got.Data) != 0 {
		t.Fatalf("cancel: %s", got.Raw)
	}
	order := func() map[string]any { return w.call("GET", "/v1/json/orders/r", groupKey, "").Data }
	if got := order(); got["amount_refunded"] != 250.0 {
		t.Errorf("until the host has taken it back it counts: %v", got["amount_refunded"])
	}
	w.feed(w.stream("r"), kassa.RefundAnswered{Number: first, ResponseCode: "00"}, kassa.RefundVoidAnswered{Number: first, ResponseCode: "00"})
	got := order()
	if status := got["related_transactions"].([]any)[0].(map[string]any)["status"]; status != "void" || got["amount_refunded"] != 0.0 || got["status"] != "completed" {
		t.Errorf("taken back: %v", got)
	}
	w.wait(time.Hour)
	second := refund(250)
	w.wait(24 * time.Hour)
	if got := cancel(second, `{"status":"void"}`); got.Code != 1034 || !strings.Contains(got.Info, "midnight") {
		t.Errorf("on the next day: %s", got.Raw)
	}
}

// A card that was sent to the wrong door is refused or dropped; what is kept to tell requests apart must
// not be a hash by which it can be found again.
func TestFingerprintsCannotBeSearched(t *testing.T) {
	w := newWorld(t)
	body := strings.Replace(directOrder, `"direct"`, `"redirect"`, 1)
	if got := w.call("POST", "/v1/json/orders", groupKey, body); got.Status != 200 {
		t.Fatal(got.Raw)
	}
	var sent map[string]any
	must(t, json.Unmarshal([]byte(body), &sent))
	canonical, err := json.Marshal(sent)
	must(t, err)
	sum := sha256.Sum256(canonical)
	s, _, err := w.record.Load(w.stream("d-1"))
	must(t, err)
	if !strings.Contains(string(s.State), `"fingerprint":"`) || strings.Contains(string(s.State), hex.EncodeToString(sum[:])) {
		t.Errorf("the order keeps a hash of what came in, without a key: %s", s.State)
	}
	if got := w.mustCreate(body); got.Data["order_id"] != "d-1" {
		t.Errorf("the same again: %s", got.Raw)
	}
	nothingInClear(w)
}
