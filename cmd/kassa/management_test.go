package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// adyenCall sends a request as a client of Adyen's does.
func (s *site) adyenCall(key, method, path string, body any) (status int, answer map[string]any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if body == nil {
		text = nil
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-API-Key", key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	if resp.ContentLength != 0 {
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			s.t.Fatalf("%s %s: status %d, not JSON: %v", method, path, resp.StatusCode, err)
		}
	}
	return resp.StatusCode, answer
}

func (s *site) adyenMust(method, path string, body any) map[string]any {
	s.t.Helper()
	status, answer := s.adyenCall(s.facts.AccountKey, method, path, body)
	if status/100 != 2 {
		s.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// connected lists the terminals that the account can reach.
func (s *site) connected(merchant string) (ids []string) {
	s.t.Helper()
	for _, id := range s.adyenMust("POST", "/connectedTerminals", map[string]any{"merchantAccount": merchant})["uniqueTerminalIds"].([]any) {
		ids = append(ids, id.(string))
	}
	return ids
}

// TestConnectedTerminalsAreThoseWithALink: a terminal whose link is cut leaves the list, is told apart
// from one that is not enabled, and comes back.
func TestConnectedTerminalsAreThoseWithALink(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	merchant := s.adyenMust("GET", "/v3/merchants", nil)["data"].([]any)[0].(map[string]any)["id"].(string)
	first, second := s.facts.Terminals[0], s.facts.Terminals[1]
	both := []string{first.POIID, second.POIID}
	await(t, "both are connected", 10*time.Second, func() bool { return slices.Equal(s.connected(merchant), both) })

	began := time.Now()
	if out, code := s.kassa("sim", "fault", first.POIID, "cut-link"); code != 0 {
		t.Fatal(out)
	}
	await(t, "the cut terminal leaves the list", 25*time.Second, func() bool { return slices.Equal(s.connected(merchant), both[1:]) })
	t.Logf("left after %s", time.Since(began))
	status := s.adyenMust("GET", "/v1/merchants/"+merchant+"/devices/"+first.POIID+"/status", nil)
	if state := status["details"].(map[string]any)["state"]; status["status"] != "OFFLINE" || state != "off" && state != "stale" {
		t.Errorf("the cut terminal is %v", status)
	}
	cleared := time.Now()
	if out, code := s.kassa("sim", "clear", first.POIID); code != 0 {
		t.Fatal(out)
	}
	t.Logf("the fault was cleared after %s", time.Since(cleared))
	await(t, "it is back", 10*time.Second, func() bool { return slices.Equal(s.connected(merchant), both) })
	t.Logf("back after %s", time.Since(cleared))

	// The other group's key sees its own terminal alone.
	_, answer := s.adyenCall(s.facts.OtherKey, "POST", "/connectedTerminals", map[string]any{"merchantAccount": merchant})
	if got := fmt.Sprint(answer["uniqueTerminalIds"]); got != "["+second.POIID+"]" {
		t.Errorf("the other group's key sees %s", got)
	}
}

// TestManagementOutlivesAKill: what the Management API was told is there after the process was killed.
func TestManagementOutlivesAKill(t *testing.T) {
	s := newSite(t, 1)
	s.start("")
	merchant := s.adyenMust("GET", "/v3/merchants", nil)["data"].([]any)[0].(map[string]any)["id"].(string)
	poiid := s.facts.Terminals[0].POIID
	store := s.adyenMust("POST", "/v3/merchants/"+merchant+"/stores", map[string]any{
		"reference": "kade", "description": "On the quay", "shopperStatement": "Bar Kade", "phoneNumber": "+31201234567",
		"address": map[string]any{"country": "NL", "city": "Amsterdam"},
	})["id"].(string)
	s.adyenMust("POST", "/v3/terminals/"+poiid+"/reassign", map[string]any{"storeId": store})
	s.adyenMust("PATCH", "/v3/stores/"+store+"/terminalSettings", map[string]any{"receiptOptions": map[string]any{"headerLine1": "At the quay"}})
	hook := s.adyenMust("POST", "/v3/merchants/"+merchant+"/webhooks", map[string]any{
		"type": "standard", "url": "http://127.0.0.1:9/", "active": false, "communicationFormat": "json",
	})["id"].(string)
	credential := s.adyenMust("POST", "/v3/merchants/"+merchant+"/apiCredentials", map[string]any{
		"roles": []string{"Management API—Terminal actions read"}, "description": "reads",
	})
	s.cloud.kill()
	s.startCloud()

	terminal := s.adyenMust("GET", "/v3/terminals?storeIds="+store, nil)["data"].([]any)[0].(map[string]any)
	if terminal["id"] != poiid {
		t.Errorf("the terminal of the store is %v", terminal)
	}
	settings := s.adyenMust("GET", "/v3/terminals/"+poiid+"/terminalSettings", nil)
	if got := settings["receiptOptions"].(map[string]any)["headerLine1"]; got != "At the quay" {
		t.Errorf("the header is %v", got)
	}
	s.adyenMust("GET", "/v3/merchants/"+merchant+"/webhooks/"+hook, nil)
	status, list := s.adyenCall(credential["apiKey"].(string), "GET", "/v3/terminals", nil)
	if status != http.StatusOK || list["itemsTotal"] != 1.0 {
		t.Errorf("the new key gets %d %v", status, list)
	}
	if status, answer := s.adyenCall(credential["apiKey"].(string), "GET", "/v3/merchants/"+merchant+"/webhooks", nil); status != http.StatusForbidden {
		t.Errorf("the new key reads webhooks: %d %v", status, answer)
	}
	// Errors around the API have its form too.
	if status, answer := s.adyenCall("nothing", "POST", "/v3/stores", nil); status != http.StatusUnauthorized || answer["errorCode"] != "00_401" {
		t.Errorf("a wrong key: %d %v", status, answer)
	}
}
