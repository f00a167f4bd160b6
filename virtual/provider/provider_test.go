package provider_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa/virtual/provider"
)

// TestControl: what is asked wrongly changes nothing, and what is asked is kept over a restart.
func TestControl(t *testing.T) {
	var kept []byte
	cfg := provider.Config{
		Now: func() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }, Keep: func(state []byte) error { kept = state; return nil },
	}
	open := func() *provider.Provider {
		p, err := provider.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := open()
	for _, c := range []struct {
		ask, body string
		want      int
	}{
		{"POST /incidents", `{"title":"Down","kind":"test"}`, 200},
		{"POST /incidents", `{"title":"Down","kind":"acceptance"}`, 422},
		{"POST /incidents", `{"titel":"Down"}`, 400},
		{"DELETE /incidents/none", ``, 404},
		{"PUT /test/terminals/P-1", `{"activation":"registered","online":true}`, 200},
		{"PUT /test/terminals/P-1", `{"activation":"done"}`, 422},
		{"PUT /dev/terminals/P-1", `{}`, 404},
		{"DELETE /test/terminals/P-2", ``, 404},
		{"POST /test/key", ``, 200},
	} {
		method, path, _ := strings.Cut(c.ask, " ")
		w := httptest.NewRecorder()
		if p.Control().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(c.body))); w.Code != c.want {
			t.Errorf("%s %s: %d %s", c.ask, c.body, w.Code, w.Body)
		}
	}
	cfg.Saved = kept
	p = open()
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/test/terminals", nil)
	r.Header.Set("Authorization", `CPS apikey="sim-provider-test-key-2"`)
	if p.API().ServeHTTP(w, r); w.Code != 200 || !strings.Contains(w.Body.String(), `"serial":"P-1"`) {
		t.Errorf("after a restart: %d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	if p.API().ServeHTTP(w, httptest.NewRequest("GET", "/status", nil)); !strings.Contains(w.Body.String(), `"title":"Down"`) {
		t.Errorf("the feed: %s", w.Body)
	}
	cfg.Saved = []byte(`{`)
	if _, err := provider.Open(cfg); err == nil {
		t.Error("what cannot be read is taken")
	}
}
