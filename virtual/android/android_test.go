package android_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/virtual/android"
	"kassa/virtual/terminal"
)

// bench is a process of two terminals that reach no cloud, and a client of its control API.
type bench struct {
	t   *testing.T
	api *httptest.Server
}

func newBench(t *testing.T) *bench {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	shelf, err := terminal.Open(terminal.ShelfConfig{
		Dir: t.TempDir(), URL: "ws://127.0.0.1:1/poi", Now: time.Now, Random: rand.Reader, Log: log,
		Devices: []terminal.Device{{POIID: "P2-1"}, {POIID: "V400m-1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	apps := android.New(shelf, rand.Reader, log)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = shelf.Run(ctx) })
	wg.Go(func() { _ = apps.Run(ctx) })
	api := httptest.NewServer(apps.Handler("/sim/terminals", shelf.Handler("/sim/terminals")))
	t.Cleanup(func() { cancel(); wg.Wait(); api.Close() })
	return &bench{t, api}
}

func (b *bench) call(method, path, body string, headers ...string) (int, http.Header, string) {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.api.URL + "/sim/terminals" + path
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, path, bytes.NewBufferString(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(raw)
}

func TestBadInput(t *testing.T) {
	b := newBench(t)
	b.call("GET", "/P2-1/browser", "") // the page is shown from the API's own address
	long := strings.Repeat("x", 9000)
	deep := strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500)
	for _, c := range []struct {
		path, body string
		status     int
		says       string
	}{
		{"/P2-1/browser", `{"url":""}`, 400, "url: is missing"},
		{"/P2-1/browser", `{"url":"javascript:alert(1)"}`, 400, "must begin with"},
		{"/P2-1/browser", `{"url":"file:///etc/passwd"}`, 400, "must begin with"},
		{"/P2-1/browser", `{"url":"http://user:pass@s.example/"}`, 400, "user name"},
		{"/P2-1/browser", `{"url":"http://s.example/\r\nX: y"}`, 400, "control character"},
		{"/P2-1/browser", `{"url":"http://"}`, 400, "host"},
		{"/P2-1/browser", `{"url":"http://s.example/` + long + `"}`, 400, "too long"},
		{"/P2-1/browser", fmt.Sprintf(`{"url":%q}`, b.api.URL+"/sim/terminals/"), 400, "simulator's own address"},
		{"/P2-1/browser", fmt.Sprintf(`{"url":%q}`, strings.Replace(b.api.URL, "127.0.0.1", "localhost", 1)), 400, "simulator's own address"},
		{"/P2-1/browser", `{"url":5}`, 400, "wrong type"},
		{"/P2-1/browser", `{"address":"x"}`, 400, "unknown field"},
		{"/P2-1/link", `not JSON`, 400, "not the JSON object"},
		{"/P2-1/link", `{"url":"https://s.example/"}`, 400, "msp://"},
		{"/P2-1/link", `{"url":"msp://?amount=1&order_id=a"}`, 400, `"field":"callback"`},
		{"/P2-1/intent", `[]`, 400, "wrong type"},
		{"/P2-1/intent", `{"extras":[]}`, 400, `"field":"extras"`},
		{"/P2-1/intent", `{"extras":` + deep + `}`, 400, `"field":"extras"`},
		{"/P2-1/intent", `{"package":"com.example","extras":{}}`, 400, `"field":"package"`},
		{"/P2-1/intent", `{"extras":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`, 400, "not the JSON object"},
		{"/P2-1/intent", `{"extras":{}} {}`, 400, "not the JSON object"},
		{"/P2-9/link", `{"url":"msp://"}`, 404, "no terminal"},
		{"/V400m-1/link", `{"url":"msp://"}`, 404, "runs no apps"},
	} {
		status, _, body := b.call("POST", c.path, c.body)
		if status != c.status || !strings.Contains(body, c.says) || !json.Valid([]byte(body)) {
			t.Errorf("POST %s %.80s: %d %s, want %d with %q", c.path, c.body, status, body, c.status, c.says)
		}
	}
	if status, _, body := b.call("POST", "/P2-1/link", `{"url":"msp://"}`, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("from another site: %d %s", status, body)
	}
	if status, _, body := b.call("GET", "/P2-1/state", ""); status != 200 || !strings.Contains(body, `"screen"`) {
		t.Errorf("what is the shelf's is not answered by it: %d %s", status, body)
	}
}

// TestOffline: a terminal that cannot start an order says so to a page and to an app.
func TestOffline(t *testing.T) {
	b := newBench(t)
	_, _, body := b.call("POST", "/P2-1/link", `{"url":"msp://?amount=1&order_id=a&callback=http%3A%2F%2F127.0.0.1%3A1%2Fpaid%3Fx%3D1"}`)
	if !strings.Contains(body, `"status":"Cancelled"`) || !strings.Contains(body, "/paid?x=1") || !strings.Contains(body, "not activated") {
		t.Errorf("a page hears %s", body)
	}
	_, _, body = b.call("POST", "/P2-1/intent", `{"package":"com.multisafepay.pos.sunmi","class":"com.multisafepay.pos.middleware.IntentActivity",
		"extras":{"amount":1,"order_id":"b","package_name":"a.b"}}`)
	if !strings.Contains(body, `"status":875`) || !strings.Contains(body, "not activated") {
		t.Errorf("an app hears %s", body)
	}
}

// open lets the browser show a site, and gives the address of its proxy.
func (b *bench) open(address string) string {
	b.t.Helper()
	status, _, body := b.call("POST", "/P2-1/browser", fmt.Sprintf(`{"url":%q}`, address))
	var view struct {
		Port int
		Path string
	}
	if err := json.Unmarshal([]byte(body), &view); err != nil || status != 200 || view.Port == 0 {
		b.t.Fatalf("open %s: %d %s %v", address, status, body, err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", view.Port)
}

// TestProxyGuard: only the browser's own pages come through to the shop.
func TestProxyGuard(t *testing.T) {
	reached := 0
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached++
		_, _ = fmt.Fprintf(w, "%s from %q after %q", r.Host, r.Header.Get("Origin"), r.Header.Get("Referer"))
	}))
	defer shop.Close()
	b := newBench(t)
	at := b.open(shop.URL + "/shop")
	for _, c := range []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"a program", "GET", nil, 200},
		{"the frame is filled", "GET", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Dest", "iframe"}, 200},
		{"its own form", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", at, "Referer", at + "/shop"}, 200},
		{"its own form without a referrer", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, 200},
		{"another site's picture", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another site's form", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"another local server's form", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"}, 403},
		{"another local server's form without its name", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "null"}, 403},
		{"an old browser's form", "POST", []string{"Origin", "https://evil.example"}, 403},
		{"a name that points here", "GET", []string{"Host", "evil.example"}, 403},
		{"another port's name", "GET", []string{"Host", "127.0.0.1:1"}, 403},
	} {
		before := reached
		status, _, body := b.call(c.method, at+"/shop", "", c.headers...)
		if status != c.status || (reached > before) != (c.status == 200) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
		if c.name == "its own form" && body != fmt.Sprintf("%s from %q after %q", strings.TrimPrefix(shop.URL, "http://"), shop.URL, shop.URL+"/shop") {
			t.Errorf("the shop sees %s", body)
		}
	}
}

// oddShop answers what its visitor asks it to.
func oddShop(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	switch r.URL.Path {
	case "/cookie":
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Secure: true, HttpOnly: true})
	case "/cookies":
		_, _ = fmt.Fprint(w, r.Header.Get("Cookie"))
	case "/to":
		h.Set("Location", r.FormValue("l"))
		w.WriteHeader(http.StatusSeeOther)
	case "/page":
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("X-Frame-Options", "DENY")
		if csp := r.FormValue("csp"); csp != "" {
			h.Set("Content-Security-Policy", csp)
		}
		_, _ = fmt.Fprint(w, r.FormValue("page"))
	case "/json":
		h.Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"html":"<head>"}`)
	}
}

// TestProxyAnswers: what a shop says about frames, scripts, cookies and other places.
func TestProxyAnswers(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(oddShop))
	defer shop.Close()
	b := newBench(t)
	at := b.open(shop.URL)
	if _, h, _ := b.call("GET", at+"/cookie", ""); h.Get("Set-Cookie") != "" {
		t.Error("a shop's cookie came out onto loopback")
	}
	if _, _, body := b.call("GET", at+"/cookies", "", "Cookie", "other=2"); body != "a=1" {
		t.Errorf("the shop gets %q", body)
	}
	if _, _, body := b.call("GET", at+"/json", ""); body != `{"html":"<head>"}` {
		t.Errorf("JSON became %s", body)
	}
	const tag = `<script src="/.kassa-terminal/page.js"`
	for page, want := range map[string]string{
		"<!doctype html><html><head lang=en><title>x":  "<!doctype html><html><head lang=en>" + tag,
		"<!DOCTYPE html><p>x":                          "<!DOCTYPE html>" + tag,
		"<p>x<header>":                                 tag,
		"<!-- a --><!doctype html><header>h":           "<!-- a --><!doctype html>" + tag,
		"<!doctype html>" + strings.Repeat("x", 1<<17): "<!doctype html>" + tag,
	} {
		_, h, body := b.call("POST", at+"/page", "page="+page, "Content-Type", "application/x-www-form-urlencoded")
		if !strings.HasPrefix(body, want) || strings.Count(body, tag) != 1 || h.Get("X-Frame-Options") != "" || len(body) < len(page) {
			t.Errorf("%.60s became %.120s", page, body)
		}
	}
	for csp, want := range map[string]string{
		"frame-ancestors 'none'":                        "",
		"default-src 'self'; frame-ancestors 'self'":    "default-src 'self'; script-src 'self' 'nonce-N'",
		"default-src 'none'; script-src 'none'":         "default-src 'none'; script-src 'nonce-N'",
		"SCRIPT-SRC 'nonce-x' 'strict-dynamic';;":       "script-src 'nonce-x' 'strict-dynamic' 'nonce-N'",
		"sandbox; img-src *, frame-ancestors 'none'":    "img-src *",
		"script-src-elem 'self'; default-src https://x": "script-src-elem 'self' 'nonce-N'; default-src https://x",
	} {
		_, h, body := b.call("POST", at+"/page", "page=x&csp="+strings.ReplaceAll(csp, ";", "%3B"), "Content-Type", "application/x-www-form-urlencoded")
		_, nonce, _ := strings.Cut(body, `nonce="`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		if got := strings.ReplaceAll(h.Get("Content-Security-Policy"), nonce, "N"); got != want || len(nonce) < 16 {
			t.Errorf("%s became %s, want %s", csp, got, want)
		}
	}
	for to, want := range map[string]string{
		"/paid?x=1#y": "/paid?x=1#y", shop.URL + "/paid": "/paid", shop.URL: "/", shop.URL + "//evil.example/": "/evil.example/",
	} {
		if status, h, _ := b.call("GET", at+"/to?l="+strings.ReplaceAll(to, "#", "%23"), ""); status != 303 || h.Get("Location") != want {
			t.Errorf("to %s: %d %s, want %s", to, status, h.Get("Location"), want)
		}
	}
	for _, to := range []string{"msp://?amount=1", "https://bank.example/x"} {
		if status, h, body := b.call("GET", at+"/to?l="+to, ""); status != 200 || h.Get("Location") != "" || !strings.Contains(body, `data-go="`+to+`"`) {
			t.Errorf("to %s: %d %s", to, status, body)
		}
	}
}
