package msplink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"kassa/msplink"
)

// TestScript runs msplink.js in a browser on the same lines as the Go package, as a script and as a module.
func TestScript(t *testing.T) {
	pages := http.NewServeMux()
	pages.Handle("/", http.FileServer(http.Dir(".")))
	pages.HandleFunc("/plain", page(`<script src="msplink.js"></script><script>globalThis.made = msplink</script>`))
	pages.HandleFunc("/module", page(`<script type="module">import { link, intent, softPOS, returned } from "./msplink.mjs"; globalThis.made = { link, intent, softPOS, returned }</script>`))
	server := httptest.NewServer(pages)
	defer server.Close()
	ctx := browser(t)
	raw, err := os.ReadFile("testdata/payments.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"/plain", "/module"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+way)); err != nil {
			t.Fatal(err)
		}
		results := run[[]result](t, ctx, `{
			const attempt = (make) => { try { return { made: make() }; } catch (e) { return { field: e.field ?? String(e) }; } };
			return `+string(raw)+`.map((v) => ({ page: attempt(() => made.link(v.in)), app: attempt(() => made.intent(v.in)), phone: attempt(() => made.softPOS(v.in, "x.Y")) }));
		}`)
		for i, v := range vectors(t) {
			t.Run(way+"/"+v.Name, func(t *testing.T) { checkScript(t, v, results[i]) })
		}
	}
	type back struct{ Status, OrderID, TransactionID string }
	to, err := msplink.Return("https://s.example/?x=1#/paid", msplink.Completed, "a/1", "17")
	if err != nil {
		t.Fatal(err)
	}
	if got := run[back](t, ctx, `{ return made.returned(`+fmt.Sprintf("%q", to)+`) }`); got != (back{"Completed", "a/1", "17"}) {
		t.Errorf("%s is read as %+v", to, got)
	}
	if !run[bool](t, ctx, `{ return made.returned("https://s.example/?status=ok") === null }`) {
		t.Error("a page that was not returned to reads a status")
	}
}

type attempt struct {
	Made  json.RawMessage
	Field string
}

type result struct{ Page, App, Phone attempt }

func checkScript(t *testing.T, v vector, r result) {
	if r.Page.Field != v.Page || r.App.Field != v.App || r.Phone.Field != v.App {
		t.Errorf("the script objects to %q and %q and %q, want %q and %q", r.Page.Field, r.App.Field, r.Phone.Field, v.Page, v.App)
	}
	p := v.payment()
	if v.Page == "" {
		var link string
		err := json.Unmarshal(r.Page.Made, &link)
		back, readErr := msplink.ParseLink(link)
		if diff := cmp.Diff(ofPage(p), back); err != nil || readErr != nil || diff != "" {
			t.Errorf("%s is read with %v %v\n%s", link, err, readErr, diff)
		}
	}
	if v.App != "" {
		return
	}
	for _, c := range []struct {
		raw  json.RawMessage
		want msplink.Payment
	}{
		{r.App.Made, ofApp(p)},
		{r.Phone.Made, msplink.Payment{AmountMinor: p.AmountMinor, OrderID: p.OrderID, PackageName: p.PackageName, Description: p.Description}},
	} {
		var in msplink.Intent
		err := json.Unmarshal(c.raw, &in)
		back, readErr := msplink.ParseIntent(in)
		if diff := cmp.Diff(c.want, back); err != nil || readErr != nil || diff != "" {
			t.Errorf("%s is read with %v %v\n%s", c.raw, err, readErr, diff)
		}
	}
}

func page(html string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html>", html)
	}
}

func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("no Chromium on this machine; tools/setup installs it")
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		closing, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(closing) // the profile's folder goes away after it
		cancel()
	})
	return ctx
}

// run waits until the page has its helper and gives what a function's body returns.
func run[T any](t *testing.T, ctx context.Context, body string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](
		`new Promise((done) => { const look = () => globalThis.made ? done((() => `+body+`)()) : setTimeout(look, 10); look(); })`,
		func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
