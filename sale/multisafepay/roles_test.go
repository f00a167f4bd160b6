package multisafepay_test

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAKeyDoesWhatItsRoleMay(t *testing.T) {
	w := newWorld(t)
	w.order("roles")
	for _, c := range []struct {
		method, path, key, body string
		status                  int
		needs                   string
	}{
		{"GET", "/v1/json/orders/roles", auditorKey, "", 200, ""},
		{"GET", "/v1/json/me", auditorKey, "", 200, ""},
		{"POST", "/v1/json/orders", auditorKey, `{}`, 403, "payments.take"},
		{"POST", "/v1/json/orders/roles/cancel", auditorKey, "", 403, "payments.take"},
		{"POST", "/v1/json/orders/roles/refunds", auditorKey, `{}`, 403, "payments.refund"},
		{"GET", "/v1/json/recurring/x", auditorKey, "", 403, "tokens.manage"},
		{"GET", "/v1/json/terminals", auditorKey, "", 403, "terminals.read"},
		{"PATCH", "/v1/json/sites/100", auditorKey, `{"name":"x"}`, 403, "webhooks.manage"},
		{"POST", "/v1/json/terminals", auditorKey, `{}`, 403, "terminals.manage"},
	} {
		got := w.call(c.method, c.path, c.key, c.body)
		if got.Status != c.status || c.needs != "" && (got.Code != 1032 || !strings.Contains(got.Info, c.needs) || !strings.Contains(got.Info, "auditor")) {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.Status, got.Raw)
		}
	}
	if got := w.call("GET", "/v1/json/orders/roles", groupKey, ""); got.Data["status"] != "initialized" {
		t.Errorf("after the refused cancel: %s", got.Raw)
	}
}

func TestAKeyThatIsNoGoodHearsWhy(t *testing.T) {
	w := newWorld(t)
	got := w.call("GET", "/v1/json/orders/x", liveKey, "")
	if got.Status != 401 || got.Code != 1032 || !strings.Contains(got.Info, "https://live.example") {
		t.Errorf("a key of the other environment: %d %s", got.Status, got.Raw)
	}
	for remote, want := range map[string]int{"192.0.2.1:999": 404, "198.51.100.7:999": 401, "": 401} {
		r := httptest.NewRequest("GET", "/v1/json/orders/x", nil)
		r.RemoteAddr = remote
		r.Header.Set("api_key", homeKey)
		if got := w.send(r); got.Status != want {
			t.Errorf("a key of a network, from %q: %d %s", remote, got.Status, got.Raw)
		}
	}
}

func TestATerminalThatTakesNoPaymentsSaysWhy(t *testing.T) {
	w := newWorld(t)
	got := w.call("POST", "/v1/json/orders", groupKey, strings.ReplaceAll(`{"type":"redirect","order_id":"barred","currency":"EUR","amount":100,
		"description":"x","gateway_info":{"terminal_id":"TID"}}`, "TID", barredTerminal))
	if got.Status != 404 || got.Code != 1023 || !strings.Contains(got.Info, "blocked: stolen") {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/barred", groupKey, ""); got.Status != 404 {
		t.Errorf("the order was made: %s", got.Raw)
	}
}
