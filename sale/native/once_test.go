package native_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/journal"
)

// TestARepeatIsDoneOnce: the same request with the same key is the same deed, and has the same answer.
func TestARepeatIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	const body = `{"account":"1","reference":"kade","description":"Kade"}`
	status, first := w.call("POST", "/api/v1/shops", body, "Idempotency-Key", `"shop-1"`)
	if status != 201 {
		t.Fatalf("%d %v", status, first)
	}
	answer := w.request("POST", "/api/v1/shops", body, "Idempotency-Key", "shop-1")
	var again object
	if err := json.NewDecoder(answer.Body).Decode(&again); err != nil || answer.StatusCode != 201 || answer.Header.Get("Idempotency-Replayed") != "true" || again["id"] != first["id"] {
		t.Errorf("the same again: %s %v %v", answer.Status, answer.Header, again)
	}
	if list := w.estate.ShopsOf("1"); len(list) != 1 {
		t.Errorf("%d shops", len(list))
	}
	if status, p := w.call("POST", "/api/v1/shops", `{"account":"1","description":"Other"}`, "Idempotency-Key", "shop-1"); status != 422 || p["code"] != "idempotency_mismatch" {
		t.Errorf("the same key for something else: %d %v", status, p)
	}
	if status, p := w.call("POST", "/api/v1/accounts", body, "Idempotency-Key", "shop-1"); status != 422 {
		t.Errorf("the same key at another path: %d %v", status, p)
	}
	// A key is one caller's: another's is another.
	if status, _ := w.call("POST", "/api/v1/shops", `{"description":"Mine"}`, append(w.as("account"), "Idempotency-Key", "shop-1")...); status != 201 {
		t.Errorf("another caller's key: %d", status)
	}
	for _, key := range []string{"", `""`, strings.Repeat("k", 201)} {
		if status, _ := w.call("POST", "/api/v1/shops", body, "Idempotency-Key", key); status != 400 {
			t.Errorf("the key %.20q: %d", key, status)
		}
	}
	w.mu.Lock()
	w.wall = time.Now().Add(25 * time.Hour)
	w.mu.Unlock()
	if status, _ := w.call("POST", "/api/v1/shops", `{"account":"1","description":"Later"}`, "Idempotency-Key", "shop-1"); status != 201 {
		t.Errorf("a day later: %d", status)
	}
}

// TestARefusalLeavesTheKeyFree: what was refused changed nothing, so that the corrected request is taken.
func TestARefusalLeavesTheKeyFree(t *testing.T) {
	w := newWorld(t)
	if status, _ := w.call("POST", "/api/v1/shops", `{"account":"1","description":""}`, "Idempotency-Key", "k"); status != 400 {
		t.Fatal(status)
	}
	if status, p := w.call("POST", "/api/v1/shops", `{"account":"1","description":"Right"}`, "Idempotency-Key", "k"); status != 201 {
		t.Errorf("%d %v", status, p)
	}
}

// TestASecretIsReplayedWithoutItself: what is shown once is shown once, and the record never holds it.
func TestASecretIsReplayedWithoutItself(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ path, body, field string }{
		{"keys", `{"account":"1","role":"cashier"}`, "key"},
		{"terminals", `{"group":"100","name":"New"}`, "code"},
		{"terminals/00000ABC/unbind", ``, "code"},
		{"webhooks", `{"account":"1","url":"https://one.example/"}`, "secret"},
	} {
		status, first := w.call("POST", "/api/v1/"+c.path, c.body, "Idempotency-Key", c.path)
		secret := fmt.Sprint(first[c.field])
		if status/100 != 2 || len(secret) < 8 {
			t.Fatalf("%s: %d %v", c.path, status, first)
		}
		again, second := w.call("POST", "/api/v1/"+c.path, c.body, "Idempotency-Key", c.path)
		if again != status || second["id"] != first["id"] || second[c.field] != "shown once, in the first answer" {
			t.Errorf("%s again: %d %v", c.path, again, second)
		}
		streams, err := w.store.Streams("once", "", 100)
		if err != nil || len(streams) == 0 {
			t.Fatal(len(streams), err)
		}
		for _, s := range streams {
			if strings.Contains(string(s.State), secret) {
				t.Errorf("%s: the record holds %s", c.path, secret)
			}
		}
	}
}

// TestACrashBetweenIsUnknown: a request that was begun and never answered is not done again.
func TestACrashBetweenIsUnknown(t *testing.T) {
	w := newWorld(t)
	const body = `{"account":"1","description":"Kade"}`
	if status, _ := w.call("POST", "/api/v1/shops", body, "Idempotency-Key", "k"); status != 201 {
		t.Fatal(status)
	}
	streams, err := w.store.Streams("once", "", 10)
	if err != nil || len(streams) != 1 {
		t.Fatal(len(streams), err)
	}
	var kept object
	if err := json.Unmarshal(streams[0].State, &kept); err != nil {
		t.Fatal(err)
	}
	kept["status"] = "begun" // as the process leaves it that ends before its answer
	delete(kept, "body")
	state, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Commit(t.Context(), journal.Batch{{Stream: streams[0].ID, Expect: streams[0].Version, State: state}}); err != nil {
		t.Fatal(err)
	}
	if status, p := w.call("POST", "/api/v1/shops", body, "Idempotency-Key", "k"); status != 409 || p["code"] != "outcome_unknown" {
		t.Errorf("%d %v", status, p)
	}
	if n := len(w.estate.ShopsOf("1")); n != 1 {
		t.Errorf("%d shops", n)
	}
}

// TestNothingIsDoneThatCannotBeWrittenDown: without the record that it is begun, it is not begun.
func TestNothingIsDoneThatCannotBeWrittenDown(t *testing.T) {
	w := newWorld(t)
	w.mu.Lock()
	w.fail = errors.New("the disk is full")
	w.mu.Unlock()
	if status, p := w.call("POST", "/api/v1/shops", `{"account":"1","description":"Kade"}`, "Idempotency-Key", "k"); status != 503 || !strings.Contains(fmt.Sprint(p["detail"]), "nothing was done") {
		t.Errorf("%d %v", status, p)
	}
	if n := len(w.estate.ShopsOf("1")); n != 0 {
		t.Errorf("%d shops", n)
	}
}
