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
