package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestOperatorsShareNothing: an operator is made when its control interface is first called, never by a peer, and what is
// set at one is not set at another, nor lost when the process starts again.
func TestOperatorsShareNothing(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	all, err := newOperators(dir, "http://127.0.0.1:9", nil, log)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(h http.Handler, method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		text, _ := io.ReadAll(w.Body)
		return w.Code, string(text)
	}
	if code, _ := ask(all.ocpi(), "GET", "/one/ocpi/versions", ""); code != http.StatusNotFound {
		t.Errorf("a peer asked for an operator that is not there, and was answered %d", code)
	}
	if code, text := ask(all.control(), "POST", "/sim/operator/one/fault", `{"kind":"cdr-never"}`); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	if code, _ := ask(all.ocpi(), "GET", "/one/ocpi/versions", ""); code != http.StatusUnauthorized {
		t.Errorf("without a token it answered %d", code)
	}
	if all, err = newOperators(dir, "http://127.0.0.1:9", nil, log); err != nil {
		t.Fatal(err)
	}
	for path, has := range map[string]bool{"/sim/operator/state": false, "/sim/operator/two/state": false, "/sim/operator/one/state": true} {
		if code, text := ask(all.control(), "GET", path, ""); code != http.StatusOK || strings.Contains(text, "cdr-never") != has {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if code, _ := ask(all.control(), "GET", "/sim/operator/a.b/state", ""); code != http.StatusNotFound {
		t.Errorf("a name that is none was answered %d", code)
	}
}
