package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// catcher is a receiver of webhooks that a test can make deaf.
type catcher struct {
	*httptest.Server
	mu    sync.Mutex
	deaf  bool
	tries int
	got   []received // what it has acknowledged
}

type received struct {
	header http.Header
	body   []byte
}

func newCatcher(t *testing.T) *catcher {
	h := &catcher{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tries++
		if h.deaf {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h.got = append(h.got, received{r.Header.Clone(), body})
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *catcher) set(deaf bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deaf = deaf
}

func (h *catcher) tried() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tries
}

func (h *catcher) all() []received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

// adyenItem is the one item of a standard webhook.
type adyenItem struct {
	EventCode, Success, PSPReference, OriginalReference, MerchantAccountCode, MerchantReference, Reason string

	Amount struct {
		Currency string
		Value    json.Number
	}
	AdditionalData map[string]string
}

func (r received) item(t testing.TB) adyenItem {
	t.Helper()
	var n struct {
		Live              string
		NotificationItems []struct{ NotificationRequestItem adyenItem }
	}
	if err := json.Unmarshal(r.body, &n); err != nil || n.Live != "false" || len(n.NotificationItems) != 1 {
		t.Fatalf("%v: %s", err, r.body)
	}
	return n.NotificationItems[0].NotificationRequestItem
}

// signed tells whether the signature is that of the specification, whose code this shares nothing with.
func (i adyenItem) signed(key string) bool {
	raw, _ := hex.DecodeString(key)
	mac := hmac.New(sha256.New, raw)
	fmt.Fprintf(mac, "%s:%s:%s:%s:%s:%s:%s:%s", i.PSPReference, i.OriginalReference, i.MerchantAccountCode, i.MerchantReference,
		i.Amount.Value, i.Amount.Currency, i.EventCode, i.Success)
	return i.AdditionalData["hmacSignature"] == base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// items are those that have been acknowledged, as "code success reference".
func (h *catcher) items(t testing.TB) (list []string) {
	for _, r := range h.all() {
		i := r.item(t)
		list = append(list, i.EventCode+" "+i.Success+" "+i.MerchantReference)
	}
	return list
}

// operator calls the native API with the operator's token.
func (s *site) operator(method, path string, body any) map[string]any {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if body == nil {
		text = nil
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+"/api/v1/"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %d %v %v", method, path, resp.StatusCode, answer, err)
	}
	return answer
}

// TestWebhooksOfTwoDialects: a payment through Adyen's door, refunded through the native API, is told to an
// endpoint of each dialect with its signature. A receiver that fails gets the earliest again on Adyen's
// schedule, across a restart, and what is newer after it.
func TestWebhooksOfTwoDialects(t *testing.T) {
	s := newSite(t, 1)
	s.start("visa")
	standard, native := newCatcher(t), newCatcher(t)
	hooks := "/v3/merchants/" + s.facts.Merchant + "/webhooks"
	id := s.adyenMust("POST", hooks, map[string]any{
		"type": "standard", "url": standard.URL + "/adyen", "active": false, "communicationFormat": "json", "username": "till", "password": "s3cret",
	})["id"].(string)
	key := s.adyenMust("POST", hooks+"/"+id+"/generateHmac", map[string]any{})["hmacKey"].(string)
	tried := s.adyenMust("POST", hooks+"/"+id+"/test", map[string]any{"types": []string{"AUTHORISATION"}})["data"].([]any)[0].(map[string]any)
	if tried["status"] != "success" || tried["responseCode"] != "202" || !strings.Contains(tried["requestSent"].(string), "AUTHORISATION") {
		t.Errorf("the test: %v", tried)
	}
	s.adyenMust("PATCH", hooks+"/"+id, map[string]any{"active": true}) // tried first, then switched on
	made := s.operator("POST", "webhooks", map[string]any{"url": native.URL + "/native", "events": []string{"order.completed", "refund.*"}})
	if test := s.operator("POST", "webhooks/"+made["id"].(string)+"/test", map[string]any{}); test["status"] != 202.0 {
		t.Errorf("the native test: %v", test)
	}
	if a, b := standard.all(), native.all(); len(a) != 1 || len(b) != 1 || !a[0].item(t).signed(key) || !standardSigned(b[0], made["secret"].(string)) {
		t.Fatal("a test webhook did not come, or is not signed")
	}

	till := s.nexoTill()
	paid := till.ask("Payment", "1001", paymentBody("order-1001", "22.22"))
	order := paid.additional(t).Get("kassa.order")
	await(t, "both are told", 10*time.Second, func() bool { return len(standard.all()) == 2 && len(native.all()) == 2 })
	first := standard.all()[1]
	it := first.item(t)
	if it.EventCode != "AUTHORISATION" || it.Success != "true" || it.Amount.Value != "2222" || it.MerchantAccountCode != s.facts.Merchant ||
		paid.POIData.POITransactionID.TransactionID != it.AdditionalData["tenderReference"]+"."+it.PSPReference || !it.signed(key) {
		t.Errorf("%s", first.body)
	}
	if user, password, _ := (&http.Request{Header: first.header}).BasicAuth(); user != "till" || password != "s3cret" {
		t.Errorf("basic authentication %q", first.header.Get("Authorization"))
	}
	var event struct{ Type, Subject, Reference string }
	if err := json.Unmarshal(native.all()[1].body, &event); err != nil || event.Type != "order.completed" || event.Subject != "order/"+order ||
		!standardSigned(native.all()[1], made["secret"].(string)) {
		t.Errorf("%s", native.all()[1].body)
	}
	if heard := s.notice("adyen"); heard.item(t).PSPReference != it.PSPReference || !heard.item(t).signed(key) {
		t.Errorf("who listens hears %s", heard.body)
	}
	s.queueOutlivesTheCloud(till, standard, native, id, order)
}

// notice is the first webhook of a dialect that who listens hears.
func (s *site) notice(dialect string) received {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.facts.URL+"/api/v1/notices?after=0", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		var n struct{ Dialect, Body string }
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if ok && json.Unmarshal([]byte(data), &n) == nil && n.Dialect == dialect {
			return received{body: []byte(n.Body)}
		}
	}
	s.t.Fatal("no webhook of " + dialect)
	return received{}
}

// queueOutlivesTheCloud: the receiver of the standard webhooks fails for a while.
func (s *site) queueOutlivesTheCloud(till nexoTill, standard, native *catcher, id, order string) {
	t := s.t
	t.Helper()
	standard.set(true)
	before := standard.tried()
	s.operator("POST", "orders/"+order+"/refunds", map[string]any{"id": "refund-1", "amount": 500})
	await(t, "a failed try", 10*time.Second, func() bool { return standard.tried() == before+1 })
	till.ask("Payment", "1002", paymentBody("order-1002", "5.00"))
	// The test, two payments, and that a refund was taken and settled.
	await(t, "the native endpoint waits for nobody", 10*time.Second, func() bool { return len(native.all()) == 5 })
	if hook := s.adyenMust("GET", "/v3/merchants/"+s.facts.Merchant+"/webhooks/"+id, nil); hook["hasError"] != true {
		t.Errorf("hasError of a failing webhook: %v", hook["hasError"])
	}
	s.cloud.kill()
	s.startCloud()
	s.clock("advance", "125s")
	await(t, "the retry after two minutes", 10*time.Second, func() bool { return standard.tried() == before+2 })
	standard.set(false)
	s.clock("advance", "290s")
	if got := standard.tried(); got != before+2 {
		t.Errorf("%d tries before five minutes are over", got-before)
	}
	s.clock("advance", "15s")
	want := []string{"AUTHORISATION true test-reference", "AUTHORISATION true order-1001", "REFUND true order-1001", "AUTHORISATION true order-1002"}
	await(t, "all are told", 10*time.Second, func() bool { return len(standard.all()) == len(want) })
	if got := standard.items(t); !slices.Equal(got, want) {
		t.Errorf("in the order %v, want %v", got, want)
	}
	delivered := 0
	for _, d := range s.operator("GET", "deliveries", nil)["data"].([]any) {
		if d := d.(map[string]any); d["dialect"] == "adyen" && d["status"] == "delivered" && d["endpoint"] == id {
			delivered++
		}
	}
	if delivered != 3 {
		t.Errorf("%d deliveries in the list", delivered)
	}
}

// standardSigned tells whether the signature is that of Standard Webhooks, whose code this shares nothing with.
func standardSigned(r received, secret string) bool {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", r.header.Get("webhook-id"), r.header.Get("webhook-timestamp"), r.body)
	return r.header.Get("webhook-signature") == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
