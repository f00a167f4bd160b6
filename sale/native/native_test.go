package native_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"kassa/sale/native"
)

type estate struct{}

func (estate) Terminals() []native.Terminal {
	return []native.Terminal{
		{TID: "00000ABC", POIID: "P2-KS1", Activated: true, Online: true}, {TID: "00000ABD"},
	}
}
func (estate) Acquirer() native.AcquirerStatus { return native.AcquirerStatus{SignedOn: 2} }
func (estate) Store() native.StoreStatus       { return native.StoreStatus{Commits: 3, Batches: 8} }
func (estate) MayOperate(key string) bool      { return key == "secret" }

func call(t *testing.T, method, path, key string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	native.Handler(estate{}).ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s %s: not JSON: %v", method, path, err)
	}
	return w.Code, body
}

func TestNative(t *testing.T) {
	for _, c := range []struct {
		method, path, key string
		want              int
	}{
		{"GET", "/api/v1/terminals", "secret", 200},
		{"GET", "/api/v1/status", "secret", 200},
		{"GET", "/api/v1/terminals", "", 401},
		{"GET", "/api/v1/terminals", "other", 401},
		{"GET", "/api/v1/nothing", "secret", 404},
		{"GET", "/api/v1/nothing", "other", 401},
		{"DELETE", "/api/v1/terminals", "secret", 405},
	} {
		if got, _ := call(t, c.method, c.path, c.key); got != c.want {
			t.Errorf("%s %s with %q: %d, want %d", c.method, c.path, c.key, got, c.want)
		}
	}
	_, body := call(t, http.MethodGet, "/api/v1/status", "secret")
	terminals := body["terminals"].(map[string]any)
	if terminals["activated"] != 1.0 || terminals["online"] != 1.0 || body["acquirer"].(map[string]any)["signedOn"] != 2.0 {
		t.Errorf("status: %v", body)
	}
	if store := body["store"].(map[string]any); store["commits"] != 3.0 || store["batches"] != 8.0 {
		t.Errorf("status: store %v", store)
	}
}

func TestEveryAnswerIsJSON(t *testing.T) {
	for path, want := range map[string]int{
		"/api/v1//status": 404, "/api/v1/x/../status": 404, "/api/v1/status/": 404, "/api/v1/": 404, "/api/v1/Status": 404,
	} {
		if got, _ := call(t, "GET", path, "secret"); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	r := httptest.NewRequest("POST", "/api/v1/status", nil)
	r.Header.Set("Authorization", "bearer  secret") // a scheme has no case (RFC 9110, 11.1)
	w := httptest.NewRecorder()
	native.Handler(estate{}).ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}
