package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/sale/native"
)

// event is one of the feed.
type event struct {
	Type, Subject, Scope, Sequence string
	Data                           json.RawMessage
}

// events reads the whole feed with a key.
func (s *site) journal(key string) (list []event) {
	s.t.Helper()
	for after := "0"; ; {
		var page struct {
			Data    []event `json:"data"`
			HasMore bool    `json:"has_more"`
			Next    string  `json:"next"`
		}
		if status := s.own(key, "GET", "events?limit=500&after="+after, nil, &page); status != 200 {
			s.t.Fatalf("GET events: %d", status)
		}
		list = append(list, page.Data...)
		if after = page.Next; !page.HasMore {
			return list
		}
	}
}

// own sends a call to Kassa's own API.
func (s *site) own(key, method, path string, body, into any) (status int) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if body == nil {
		text = nil
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+native.Prefix+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	if into != nil && resp.ContentLength != 0 {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			s.t.Fatalf("%s %s: status %d, not JSON: %v", method, path, resp.StatusCode, err)
		}
	}
	return resp.StatusCode
}

// exactly decodes a fact into a type of the doctor's, of which it may say nothing else and must lose nothing.
func exactly[T any](t testing.TB, raw json.RawMessage) (body T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var said, kept map[string]any
	again, err := json.Marshal(body)
	if err != nil || json.Unmarshal(raw, &said) != nil || json.Unmarshal(again, &kept) != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	for name, value := range said {
		if fmt.Sprint(kept[name]) != fmt.Sprint(value) {
			t.Errorf("%s: %v became %v", name, value, kept[name])
		}
	}
	return body
}

func payment(poiid string) map[string]any {
	return map[string]any{"SaleToPOIRequest": map[string]any{
		"MessageHeader": map[string]any{
			"ProtocolVersion": "3.0", "MessageClass": "Service", "MessageCategory": "Payment", "MessageType": "Request",
			"SaleID": "till", "ServiceID": "0000000001", "POIID": poiid,
		},
		"PaymentRequest": map[string]any{
			"SaleData":           map[string]any{"SaleTransactionID": map[string]any{"TransactionID": "bill-1", "TimeStamp": "2026-11-25T09:00:00Z"}},
			"PaymentTransaction": map[string]any{"AmountsReq": map[string]any{"Currency": "EUR", "RequestedAmount": 10.5}},
		},
	}}
}

// TestRefusedCallsTellWhoCalled: what each door refuses is a fact that the doctor reads whole. Of a key it holds
// the end only, and what an unknown key names is not shown to those whose it is.
func TestRefusedCallsTellWhoCalled(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	tid, cut := s.facts.Terminals[0], s.facts.Terminals[1]
	if out, code := s.kassa("sim", "fault", cut.POIID, "power-off"); code != 0 {
		t.Fatal(out)
	}
	await(t, "its link is gone", 10*time.Second, func() bool {
		return !slices.Contains(s.connected(s.facts.Merchant), cut.POIID)
	})
	unknown := strings.Repeat("a", 36) + "WXYZ"
	live := "live_" + strings.Repeat("b", 31) + "LIVE"
	var made struct{ ID, Key string }
	if status := s.own(s.facts.AccountKey, "POST", "keys", map[string]any{"role": "cashier", "name": "till 4"}, &made); status != 201 {
		t.Fatalf("POST keys: %d", status)
	}
	if status := s.own(s.facts.AccountKey, "DELETE", "keys/"+made.ID, nil, nil); status/100 != 2 {
		t.Fatalf("DELETE keys: %d", status)
	}
	for _, key := range []string{unknown, live, made.Key, s.facts.OtherKey} {
		s.raw(t, key, fmt.Sprintf(`{"type":"redirect","order_id":"ref-%s","currency":"EUR","amount":100,"description":"x","gateway_info":{"terminal_id":%q}}`, key[len(key)-4:], tid.TID))
	}
	s.raw(t, s.facts.GroupKey, fmt.Sprintf(`{"type":"redirect","order_id":"a b","currency":"EUR","amount":100,"description":"x","gateway_info":{"terminal_id":%q}}`, tid.TID))
	s.adyenCall(unknown, "POST", "/sync", payment(tid.POIID))
	s.adyenCall(s.facts.AccountKey, "POST", "/sync", payment("V400m-999999999"))
	s.adyenCall(s.facts.AccountKey, "POST", "/sync", payment(cut.POIID))
	s.adyenCall(s.facts.AccountKey, "POST", "/sync", map[string]any{"SaleToPOIRequest": map[string]any{"MessageHeader": map[string]any{
		"MessageClass": "Service", "MessageCategory": "Payment", "MessageType": "Request", "SaleID": "till", "ServiceID": "2", "POIID": tid.POIID,
	}}})
	s.adyenCall(unknown, "GET", "/v3/merchants", nil)
	s.own(s.facts.GroupKey, "POST", "accounts", map[string]any{}, nil)
	s.own(s.facts.Token, "GET", "orders?colour=red", nil, nil)

	calls := s.refusedCalls(12)
	var got []string
	for _, c := range calls {
		got = append(got, strings.Join([]string{c.Dialect, c.Route, c.Reason, c.TerminalID, c.Hint, c.Field}, " "))
		if c.From != "127.0.0.1" || c.Agent == "" || c.Status == 0 || c.At.IsZero() {
			t.Errorf("it does not tell who called: %+v", c)
		}
	}
	end := func(key string) string { return key[len(key)-4:] }
	want := []string{
		"multisafepay POST orders key_unknown  WXYZ ",
		"multisafepay POST orders other_environment  LIVE ",
		"multisafepay POST orders key_revoked  " + end(made.Key) + " ",
		"multisafepay POST orders terminal_other_group " + tid.TID + " " + end(s.facts.OtherKey) + " ",
		"multisafepay POST orders validation " + tid.TID + " " + end(s.facts.GroupKey) + " order_id",
		"adyen POST sync key_unknown  WXYZ ",
		"adyen POST sync Payment terminal_unknown V400m-999999999 " + end(s.facts.AccountKey) + " ",
		"adyen POST sync Payment poi_unreachable " + cut.POIID + " " + end(s.facts.AccountKey) + " ",
		"adyen POST sync Payment validation " + tid.POIID + " " + end(s.facts.AccountKey) + " SaleToPOIRequest.PaymentRequest",
		"adyen GET /v3/merchants key_unknown  WXYZ ",
		"native POST accounts forbidden  " + end(s.facts.GroupKey) + " ",
		"native GET orders validation  " + end(s.facts.Token) + " colour",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("calls:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	s.checkHidden(calls, unknown, live, made.Key)
	s.checkDiagnosed(cut.TID)
}

// checkDiagnosed asks the doctor about the terminal that Adyen's door could not reach, which knows it by another name.
func (s *site) checkDiagnosed(tid string) {
	s.t.Helper()
	var told struct {
		Cause    struct{ Code string }
		Evidence []struct{ Ref string }
	}
	status := s.own(s.facts.AccountKey, "POST", "diagnoses", map[string]any{
		"subject": map[string]string{"type": "terminal", "id": tid}, "symptom": "Failed to send message to POI",
	}, &told)
	if status != http.StatusCreated || told.Cause.Code != "send_failed" || len(told.Evidence) == 0 || told.Evidence[0].Ref != refusedCalls {
		s.t.Errorf("the doctor says %d %+v", status, told)
	}
}

// refusedCalls reads the refused calls, once there are so many.
func (s *site) refusedCalls(atLeast int) (calls []doctor.Call) {
	s.t.Helper()
	await(s.t, "the calls are kept", 5*time.Second, func() bool {
		calls = nil
		for _, e := range s.journal(s.facts.Token) {
			if e.Subject == refusedCalls && e.Type == "call.refused" {
				calls = append(calls, exactly[doctor.Call](s.t, e.Data))
			}
		}
		return len(calls) >= atLeast
	})
	return calls
}

// checkHidden looks for keys in what is kept, and for what unknown ones were used for in what a group sees.
func (s *site) checkHidden(calls []doctor.Call, keys ...string) {
	s.t.Helper()
	for _, e := range s.journal(s.facts.GroupKey) {
		if e.Subject == refusedCalls && strings.Contains(string(e.Data), "key_unknown") {
			s.t.Errorf("a group sees what an unknown key was used for: %s", e.Data)
		}
	}
	all, err := json.Marshal(calls)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, key := range append(keys, s.facts.GroupKey, s.facts.OtherKey, s.facts.AccountKey, s.facts.Token) {
		if strings.Contains(string(all), key) || strings.Contains(string(all), key[:12]) {
			s.t.Errorf("a key is kept: %s", all)
		}
	}
}

// TestTelemetryAndLinksAreFacts: what a terminal says and how the acquirer's link is are facts that the doctor reads
// whole.
func TestTelemetryAndLinksAreFacts(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	s.start("")
	first := s.facts.Terminals[0]
	last := func() (told doctor.Telemetry) {
		for _, e := range s.journal(s.facts.AccountKey) {
			if e.Subject == "telemetry/"+first.POIID && e.Type == "telemetry.reported" {
				told = exactly[doctor.Telemetry](t, e.Data)
			}
		}
		return told
	}
	await(t, "the terminal is known", 15*time.Second, func() bool { return last().TID == first.TID })
	if got := last(); got.IKID == "" || got.KCV == "" || got.SSID == "" || got.Signal == 0 || !got.APIEnabled || !got.WSEnabled || !got.CloudMode ||
		got.Software == "" || got.Model == "" || got.ClockSkewMS > 2000 || got.ClockSkewMS < -2000 {
		t.Errorf("told %+v", got)
	}
	s.fault("paper-out")
	await(t, "its paper is out", 15*time.Second, func() bool { return last().Printer == "NoPaper" })
	s.fault("no-tcp")
	s.fault("cut-link")
	await(t, "its link is gone", 30*time.Second, func() bool { return len(s.connected(s.facts.Merchant)) == 0 })
	resp, err := s.simCall("DELETE", "terminals/"+first.POIID+"/fault?name=cut-link", nil)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("mend the link: %v %v", resp, err)
	}
	resp.Body.Close()
	await(t, "it tries", 10*time.Second, func() bool { return s.state(first.POIID).Screen.Name != "" })
	s.clear()
	await(t, "it tells how it failed", 40*time.Second, func() bool { return last().LastFailure != nil })
	if f := last().LastFailure; f.Step != "connect" || f.Times < 1 || time.Since(f.Since) > time.Minute {
		t.Errorf("told %+v", f)
	}

	states := map[string]int{}
	for _, e := range s.journal(s.facts.Token) {
		if e.Subject == "acquirer/1" && e.Type == "acquirer.link" {
			change := exactly[doctor.LinkChange](t, e.Data)
			states[change.State] = change.SignedOn
		}
	}
	if states["signed_on"] != 2 {
		t.Errorf("links: %v", states)
	}
}
