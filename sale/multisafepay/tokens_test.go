package multisafepay_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"kassa"

	"github.com/google/go-cmp/cmp"
)

const keepIt = `"recurring_model":"cardOnFile","customer":{"reference":"Zoë 7"},`

// customerPath is the reference "Zoë 7" in a path.
const customerPath = "/v1/json/recurring/Zo%C3%AB%207"

func TestTokens(t *testing.T) {
	w := newWorld(t)
	made := w.mustCreate(direct("t-1", keepIt)).Data["payment_details"].(map[string]any)
	token, _ := made["recurring_id"].(string)
	if len(token) != 11 || made["recurring_model"] != "cardOnFile" {
		t.Fatalf("payment_details: %v", made)
	}
	list := w.call("GET", customerPath+"?limit=10&offset=0", groupKey, "").Data["tokens"].([]any)
	want := map[string]any{
		"bin": 476173.0, "code": "VISA", "display": "Card xxxx xxxx xxxx 0004", "expired": 0.0, "expiry_date": "3112",
		"last4": "0004", "model": "cardOnFile", "name_holder": "Zoë Jansen", "token": token,
	}
	if diff := cmp.Diff([]any{want}, list); diff != "" {
		t.Errorf("the customer's tokens:\n%s", diff)
	}
	if diff := cmp.Diff(want, w.call("GET", customerPath+"/token/"+token, accountKey, "").Data); diff != "" {
		t.Errorf("the token:\n%s", diff)
	}
	if got := w.call("PATCH", customerPath+"/update/"+token, groupKey, `{"expiry_date":"2601"}`); got.Data["updated"] != true {
		t.Errorf("update: %s", got.Raw)
	}
	if got := w.call("GET", customerPath+"/token/"+token, groupKey, "").Data; got["expiry_date"] != "2601" || got["expired"] != 1.0 {
		t.Errorf("updated: %v", got)
	}
	const again = `{"type":"direct","order_id":"t-2","currency":"EUR","amount":99,"description":"Again","customer":{"reference":"Zoë 7"},"recurring_id":"TOKEN"}`
	paid := w.mustCreate(strings.Replace(again, "TOKEN", token, 1)).Data
	details := paid["payment_details"].(map[string]any)
	if paid["status"] != "completed" || details["last4"] != "0004" || details["recurring_id"] != token || details["card_expiry_date"] != "2601" || details["account_holder_name"] != "Zoë Jansen" {
		t.Errorf("paid with the token: %v", paid)
	}
	if got := w.call("DELETE", customerPath+"/remove/"+token, groupKey, ""); got.Data["removed"] != true {
		t.Errorf("remove: %s", got.Raw)
	}
	w.mustCreate(direct("t-1", keepIt)) // a repeat brings nothing back
	if got := w.call("GET", customerPath, groupKey, "").Data["tokens"].([]any); len(got) != 0 {
		t.Errorf("removed: %v", got)
	}
	if got := w.call("POST", "/v1/json/orders", groupKey, strings.Replace(strings.Replace(again, "TOKEN", token, 1), "t-2", "t-3", 1)); got.Success || !strings.Contains(got.Info, "recurring_id") {
		t.Errorf("paid with a token that was removed: %s", got.Raw)
	}
	nothingInClear(w)
}

func TestTokensOfOthersAndOfUnpaidOrders(t *testing.T) {
	w := newWorld(t)
	w.till.decline = kassa.DeclinedFunds
	if got := w.mustCreate(direct("no", keepIt)).Data["payment_details"].(map[string]any); got["recurring_id"] != nil {
		t.Errorf("a declined order names a token: %v", got)
	}
	if got := w.call("GET", customerPath, groupKey, "").Data["tokens"].([]any); len(got) != 0 {
		t.Errorf("the card of a declined order is kept: %v", got)
	}
	w.till.decline = kassa.None
	token := w.mustCreate(direct("yes", keepIt)).Data["payment_details"].(map[string]any)["recurring_id"].(string)
	if got := w.call("POST", "/v1/json/orders", groupKey, strings.Replace(direct("yes", keepIt), "0004", "0020", 1)); got.Code != 1006 {
		t.Errorf("another card under the same order: %s", got.Raw)
	}
	if got := w.call("GET", customerPath+"/token/"+token, groupKey, "").Data; got["last4"] != "0004" {
		t.Errorf("the token is now of another card: %v", got)
	}
	for _, c := range [][3]string{
		{"GET", "/token/" + token, otherKey}, {"GET", "/token/" + token, foreignKey}, {"DELETE", "/remove/" + token, otherKey},
		{"GET", "/token/nothing", groupKey}, {"DELETE", "/remove/nothing", groupKey},
	} {
		if got := w.call(c[0], customerPath+c[1], c[2], ""); got.Status != 410 || got.Code != 1000 || got.Info != "Token not found" {
			t.Errorf("%s %s: %d %s", c[0], c[1], got.Status, got.Raw)
		}
	}
	if got := w.call("GET", strings.Replace(customerPath, "7", "8", 1)+"/token/"+token, groupKey, ""); got.Status != 410 {
		t.Errorf("another customer's token: %s", got.Raw)
	}
	for _, body := range []string{`{}`, `{"expiry_date":"2613"}`, `{"expiry_date":12}`, `{"expiry_date":"26 1"}`, `{"Expiry_date":"2601"}`, `[]`} {
		if got := w.call("PATCH", customerPath+"/update/"+token, groupKey, body); got.Success || got.Code != 1000 {
			t.Errorf("update %s: %s", body, got.Raw)
		}
	}
	for name, c := range map[string]struct{ body, names string }{
		"no customer": {direct("x", `"recurring_model":"cardOnFile",`), "customer.reference"},
		"model":       {direct("x", strings.Replace(keepIt, "cardOnFile", "forever", 1)), "recurring_model"},
		"terminal":    {strings.Replace(with("type", `"redirect"`), "{", "{"+keepIt, 1), "recurring_model"},
		"two cards":   {direct("x", `"recurring_id":"`+token+`","customer":{"reference":"Zoë 7"},`), "gateway_info"},
		"a long one":  {direct("x", strings.Replace(keepIt, "Zoë", strings.Repeat("x", 101), 1)), "customer.reference"},
	} {
		if got := w.call("POST", "/v1/json/orders", groupKey, c.body); got.Success || !strings.Contains(got.Info, c.names) {
			t.Errorf("%s: %s", name, got.Raw)
		}
	}
	nothingInClear(w)
}

// A token must be of the card that was paid with, whichever of two requests for one order comes first.
func TestTokenOfTheCardThatPaid(t *testing.T) {
	w := newWorld(t)
	bodies := func(id string) [2]string {
		return [2]string{direct(id, keepIt), strings.Replace(direct(id, keepIt), "0004", "0020", 1)}
	}
	for i := range 50 {
		var answers [2]reply
		var both sync.WaitGroup
		for j, body := range bodies(fmt.Sprintf("r-%d", i)) {
			both.Go(func() { answers[j] = w.call("POST", "/v1/json/orders", groupKey, body) })
		}
		both.Wait()
		paid := 0
		for _, a := range answers {
			if !a.Success {
				continue
			}
			paid++
			details := a.Data["payment_details"].(map[string]any)
			path := customerPath + "/token/" + details["recurring_id"].(string)
			if kept := w.call("GET", path, groupKey, ""); kept.Data["last4"] != details["last4"] {
				t.Fatalf("paid with …%v, and the token is %s", details["last4"], kept.Raw)
			}
			if got := w.call("DELETE", strings.Replace(path, "/token/", "/remove/", 1), groupKey, ""); got.Data["removed"] != true {
				t.Fatal(got.Raw)
			}
		}
		if paid != 1 {
			t.Fatalf("%d of two requests with one order id were paid", paid)
		}
	}
	// Neither does the card of the request that came second stay behind, where nobody could remove it.
	streams, err := w.record.Newest("customer", nil, "", 10)
	must(t, err)
	for _, s := range streams {
		if string(s.State) != "[]" {
			t.Errorf("%s keeps %.60s…", s.ID, s.State)
		}
	}
}
