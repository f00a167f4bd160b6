package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
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
	t.Parallel()
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

// TestManagementReachesTheTerminal: a setting is pushed to the terminal, which says that it has it; and an
// action restarts it, which is seen by the link that it opens anew.
func TestManagementReachesTheTerminal(t *testing.T) {
	s := newSite(t, 1)
	s.start("")
	poiid := s.facts.Terminals[0].POIID
	shown := func() map[string]any {
		return s.adyenMust("GET", "/v3/terminals?searchQuery="+poiid, nil)["data"].([]any)[0].(map[string]any)
	}
	synced := func() bool { return shown()["kassa"].(map[string]any)["settingsPending"] == false }
	await(t, "the terminal has its settings", 10*time.Second, synced)
	if status := shown()["assignment"].(map[string]any)["status"]; status != "boarded" {
		t.Errorf("a terminal that has its settings is %v", status)
	}
	s.adyenMust("PATCH", "/v3/terminals/"+poiid+"/terminalSettings", map[string]any{"localization": map[string]any{"language": "nl"}})
	await(t, "the terminal has the new setting", 10*time.Second, synced)
	if firmware := shown()["firmwareVersion"]; firmware == nil || firmware == "" {
		t.Errorf("the firmware is not shown: %v", shown())
	}

	merchant := s.adyenMust("GET", "/v3/merchants", nil)["data"].([]any)[0].(map[string]any)
	before := s.connectedSince(merchant["id"].(string))
	id := s.adyenMust("POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiid},
	})["items"].([]any)[0].(map[string]any)["id"].(string)
	var action map[string]any
	await(t, "the terminal has restarted", 60*time.Second, func() bool {
		action = s.adyenMust("GET", "/v3/companies/"+merchant["companyId"].(string)+"/terminalActions/"+id, nil)
		return action["status"] != "pending"
	})
	if action["status"] != "successful" {
		t.Errorf("the action ended as %v", action)
	}
	if after := s.connectedSince(merchant["id"].(string)); after == before {
		t.Errorf("its link is the one of before the restart, of %v", before)
	}
}

// connectedSince is since when the only terminal has its link.
func (s *site) connectedSince(merchant string) any {
	s.t.Helper()
	details := s.adyenMust("GET", "/v1/merchants/"+merchant+"/connectedDevices", nil)["details"].(map[string]any)
	return details["terminals"].([]any)[0].(map[string]any)["since"]
}

// TestWebhookOfTheManagementAPI: a webhook that was made over the API is tried, and signed with the key
// that the API gave.
func TestWebhookOfTheManagementAPI(t *testing.T) {
	s := newSite(t, 1)
	s.start("")
	type got struct {
		user, password string
		body           []byte
	}
	arrived := make(chan got, 4)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		arrived <- got{user, password, body}
		_, _ = io.WriteString(w, "[accepted]")
	}))
	defer receiver.Close()
	merchant := s.adyenMust("GET", "/v3/merchants", nil)["data"].([]any)[0].(map[string]any)["id"].(string)
	path := "/v3/merchants/" + merchant + "/webhooks"
	id := s.adyenMust("POST", path, map[string]any{
		"type": "standard", "url": receiver.URL, "active": true, "communicationFormat": "json", "username": "till", "password": "hunter2",
	})["id"].(string)
	key := s.adyenMust("POST", path+"/"+id+"/generateHmac", nil)["hmacKey"].(string)
	tried := s.adyenMust("POST", path+"/"+id+"/test", map[string]any{"types": []string{"AUTHORISATION"}})["data"].([]any)[0].(map[string]any)
	if tried["status"] != "success" || tried["responseCode"] != "200" || tried["merchantId"] != merchant || tried["output"] != "[accepted]" {
		t.Errorf("the test ended as %v", tried)
	}
	n := <-arrived
	if n.user != "till" || n.password != "hunter2" {
		t.Errorf("sent with %q and %q", n.user, n.password)
	}
	var note struct {
		NotificationItems []struct {
			Item struct {
				PSPReference, OriginalReference, MerchantAccountCode, MerchantReference, EventCode, Success string
				Amount                                                                                      struct {
					Value    int64
					Currency string
				}
				AdditionalData map[string]string
			} `json:"NotificationRequestItem"`
		}
	}
	if err := json.Unmarshal(n.body, &note); err != nil || len(note.NotificationItems) != 1 {
		t.Fatalf("it sent %s", n.body)
	}
	it := note.NotificationItems[0].Item
	// What is signed (Adyen's HMAC of standard webhooks): eight fields and colons.
	secret, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s:%s:%s:%s:%d:%s:%s:%s", it.PSPReference, it.OriginalReference, it.MerchantAccountCode, it.MerchantReference,
		it.Amount.Value, it.Amount.Currency, it.EventCode, it.Success)
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); it.AdditionalData["hmacSignature"] != want {
		t.Errorf("signed %q, want %q for %s", it.AdditionalData["hmacSignature"], want, n.body)
	}
	if it.EventCode != "AUTHORISATION" || it.MerchantAccountCode != merchant {
		t.Errorf("it sent %s", n.body)
	}
}

// TestManagementNode lets Adyen's published library for Node.js change the estate, and read it back after
// the cloud was killed.
func TestManagementNode(t *testing.T) {
	t.Parallel()
	dir := installClients(t)
	s := newSite(t, 2)
	s.start("")
	for _, phase := range []string{"write", "read"} {
		if phase == "read" {
			s.cloud.kill()
			s.startCloud()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		suite := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "management.test.mjs")
		suite.Dir = dir
		suite.Env = append(os.Environ(), "KASSA_PHASE="+phase, "KASSA_HTTPS_URL="+s.facts.HTTPSURL, "KASSA_ADYEN_KEY="+s.facts.AccountKey,
			"KASSA_ADYEN_MERCHANT="+s.facts.Merchant, "KASSA_POIID="+s.facts.Terminals[0].POIID, "NODE_EXTRA_CA_CERTS="+s.facts.CA)
		out, err := suite.CombinedOutput()
		cancel()
		text := strings.ReplaceAll(string(out), s.facts.AccountKey, "KEY")
		if err != nil || !strings.Contains(text, "# pass 8") || !strings.Contains(text, "# skipped 0") {
			t.Fatalf("%s: %v\n%s", phase, err, text)
		}
	}
}
