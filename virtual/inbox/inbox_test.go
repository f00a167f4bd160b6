package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa/virtual/inbox"
)

func TestInboxKeepsTheNewestAsTheyCame(t *testing.T) {
	box := inbox.New(func() time.Time { return time.Unix(1_795_262_400, 0).UTC() })
	call := func(method, target, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Auth", "c2ln")
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		return w
	}
	for i := range 250 {
		if w := call("POST", "/hook?transactionid=a&timestamp=1", fmt.Sprintf(`{"n":%d,"t":"<é>"}`, i)); w.Body.String() != "OK" {
			t.Fatalf("not acknowledged: %q", w.Body)
		}
	}
	if w := call("GET", "/hook?transactionid=a&timestamp=1", ""); w.Body.String() != "OK" {
		t.Fatalf("the GET variant is not acknowledged: %q", w.Body)
	}
	lines := strings.Split(strings.TrimSpace(call("GET", "/", "").Body.String()), "\n")
	if len(lines) != 200 {
		t.Fatalf("%d are kept", len(lines))
	}
	var d inbox.Delivery
	if err := json.Unmarshal([]byte(lines[198]), &d); err != nil {
		t.Fatal(err)
	}
	if d.Body != `{"n":249,"t":"<é>"}` || d.Auth != "c2ln" || d.Path != "/hook" || d.Query != "transactionid=a&timestamp=1" {
		t.Fatalf("kept %+v", d)
	}
	if w := call("POST", "/", strings.Repeat("x", 300<<10)); w.Code != http.StatusRequestEntityTooLarge {
		t.Fatalf("a huge body: %d", w.Code)
	}
	if w := call("DELETE", "/", ""); w.Code != http.StatusNoContent || call("GET", "/", "").Body.Len() != 0 {
		t.Fatal("DELETE forgets nothing")
	}
}

// TestAReceiverThatIsBroken answers as it was told, at its path alone, until it is mended.
func TestAReceiverThatIsBroken(t *testing.T) {
	box := inbox.New(time.Now)
	call := func(method, target, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		box.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
		return w
	}
	for _, bad := range []string{"", "{}x", `{"status":99}`, `{"status":700}`, `{"status":200,"more":1}`, `{"status":200,"body":"` + strings.Repeat("x", 1500) + `"}`} {
		if w := call("PUT", "/a", bad); w.Code == http.StatusNoContent && bad != "{}x" {
			t.Errorf("%q is taken", bad)
		}
	}
	call("PUT", "/a", `{"status":301,"body":"gone","location":"https://shop.example/b"}`)
	if w := call("POST", "/a?transactionid=1", "{}"); w.Code != 301 || w.Header().Get("Location") != "https://shop.example/b" || w.Body.String() != "gone" {
		t.Errorf("it answers %d %q", w.Code, w.Body)
	}
	if w := call("POST", "/b", "{}"); w.Code != 200 || w.Body.String() != "OK" {
		t.Errorf("another path answers %d %q", w.Code, w.Body)
	}
	call("PUT", "/a", `{"status":204}`)
	if w := call("POST", "/a", "{}"); w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("it answers %d %q", w.Code, w.Body)
	}
	call("PUT", "/a", `{"status":0}`)
	if w := call("POST", "/a", "{}"); w.Body.String() != "OK" {
		t.Errorf("mended it answers %q", w.Body)
	}
	if kept := strings.Count(call("GET", "/", "").Body.String(), "\n"); kept != 4 {
		t.Errorf("%d webhooks are kept", kept)
	}
}
