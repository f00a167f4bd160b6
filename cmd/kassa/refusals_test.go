package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// playRefused sends what must be refused: the dialect's error, nothing stored, never a 500.
func playRefused(t *testing.T, s *site) {
	order := func(field string, value any) string {
		o := cloudOrder("bad", s.tid(), 100)
		o[field] = value
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	valid := order("var1", nil)
	for _, c := range []struct {
		name, key, body string
		status, code    int
	}{
		{"not JSON", s.facts.GroupKey, "amount=100", 0, 0},
		{"an array", s.facts.GroupKey, "[]", 0, 0},
		{"nothing", s.facts.GroupKey, "", 0, 0},
		{"duplicate keys", s.facts.GroupKey, strings.Replace(valid, `"amount":100`, `"amount":100,"amount":200`, 1), 0, 0},
		{"case variant", s.facts.GroupKey, strings.Replace(valid, `"amount":100`, `"amount":100,"Amount":200`, 1), 0, 0},
		{"trailing data", s.facts.GroupKey, valid + "{}", 0, 0},
		{"negative amount", s.facts.GroupKey, order("amount", -1), 0, 1001},
		// The other group has no card checks.
		{"no amount", s.facts.OtherKey, strings.Replace(order("amount", 0), s.facts.Terminals[0].TID, s.facts.Terminals[len(s.facts.Terminals)-1].TID, 1), 0, 1001},
		{"fraction", s.facts.GroupKey, strings.Replace(valid, `"amount":100`, `"amount":100.5`, 1), 0, 1001},
		{"exponent", s.facts.GroupKey, strings.Replace(valid, `"amount":100`, `"amount":1e2`, 1), 0, 1001},
		{"beyond int64", s.facts.GroupKey, strings.Replace(valid, `"amount":100`, `"amount":92233720368547758080`, 1), 0, 1001},
		{"amount as a list", s.facts.GroupKey, order("amount", []int{1}), 0, 0},
		{"dollars", s.facts.GroupKey, order("currency", "USD"), 0, 1002},
		{"odd order_id", s.facts.GroupKey, order("order_id", "a b"), 0, 0},
		{"long order_id", s.facts.GroupKey, order("order_id", strings.Repeat("a", 51)), 0, 0},
		{"unknown terminal", s.facts.GroupKey, order("gateway_info", map[string]any{"terminal_id": "0000XXXX"}), 404, 1023},
		{"another group's key", s.facts.OtherKey, valid, 404, 1023},
		{"no key", "", valid, 401, 1032},
		{"wrong key", strings.Repeat("a", 40), valid, 401, 1032},
		{"the operator's token", s.facts.Token, valid, 401, 1032},
		{"10 MB", s.facts.GroupKey, order("var1", strings.Repeat("x", 10<<20)), 0, 0},
		{"deep nesting", s.facts.GroupKey, strings.Replace(valid, "null", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), 1), 0, 0},
	} {
		e := s.raw(t, c.key, c.body)
		if e.Success || e.status < 400 || e.status >= 500 || (c.status != 0 && e.status != c.status) || (c.code != 0 && e.ErrorCode != c.code) {
			t.Errorf("%s: status %d, %d %q", c.name, e.status, e.ErrorCode, e.ErrorInfo)
		}
		if e.ErrorCode == 0 || e.ErrorInfo == "" || string(e.Data) != "{}" {
			t.Errorf("%s: not the dialect's error: %+v", c.name, e)
		}
	}
	if e, err := s.call(t.Context(), "GET", "orders/bad", s.facts.GroupKey, nil); err != nil || e.status != 404 || e.ErrorCode != 1006 {
		t.Errorf("something was stored: %+v %v", e, err)
	}
	for _, path := range []string{"orders", "nothing", "orders/a/b/c", "../..", "orders/%2e%2e"} {
		for _, method := range []string{"DELETE", "TRACE"} {
			e, err := s.call(t.Context(), method, path, s.facts.GroupKey, nil)
			if err != nil || e.Success || e.ErrorInfo == "" || e.ErrorCode == 0 {
				t.Errorf("%s %s: %+v %v", method, path, e, err)
			}
		}
	}
}

func (s *site) raw(t *testing.T, key, body string) envelope {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.facts.URL+"/v1/json/orders?api_key="+key, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		// A server that refuses 10 MB unread may close while the client still writes.
		return envelope{status: 413, ErrorCode: 1, ErrorInfo: err.Error(), Data: json.RawMessage("{}")}
	}
	defer resp.Body.Close()
	e := envelope{status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		t.Errorf("status %d: not JSON: %v", resp.StatusCode, err)
	}
	return e
}

// playWebhooks verifies the signature with openssl, which shares no code with Kassa.
func playWebhooks(t *testing.T, s *site) {
	order := cloudOrder("hook", s.tid(), 2300)
	order["payment_options"] = map[string]any{"notification_url": s.facts.URL + "/sim/inbox/", "notification_method": "POST"}
	order["description"] = "Café <b>&/"
	s.must("POST", "orders", order)
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d:\n%s", exit, out)
	}
	var hook struct{ Auth, Body, Query string }
	await(t, "the webhook of the completed order", 10*time.Second, func() bool {
		found := false
		s.simLines("inbox/", func(line []byte) {
			var o orderView
			if json.Unmarshal(line, &hook) == nil && json.Unmarshal([]byte(hook.Body), &o) == nil &&
				o.OrderID == "hook" && o.Status == "completed" {
				found = true
			}
		})
		return found
	})
	auth, err := base64.StdEncoding.DecodeString(hook.Auth)
	if err != nil {
		t.Fatal(err)
	}
	timestamp, signature, _ := bytes.Cut(auth, []byte(":"))
	openssl := exec.Command("openssl", "dgst", "-sha512", "-hmac", s.facts.GroupKey)
	openssl.Stdin = io.MultiReader(bytes.NewReader(timestamp), strings.NewReader(":"+hook.Body))
	out, err := openssl.Output()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), string(signature)) {
		t.Errorf("the signature does not verify: %s, %s (%v)", out, signature, err)
	}
	if want := fmt.Sprintf("transactionid=hook&timestamp=%s", timestamp); hook.Query != want {
		t.Errorf("query %q, want %q", hook.Query, want)
	}
	s.awaitFree()
}
