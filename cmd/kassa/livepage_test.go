package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"kassa/estate"
	"kassa/virtual/deck"
)

// TestLivePage watches payments as a developer does: in a real browser that is never reloaded, from the
// first command to the reason why a webhook failed, and then once more without scripts and on a phone.
func TestLivePage(t *testing.T) {
	s := newSite(t, 2, "--acquirer-timeout", "1500ms")
	s.start("")
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "thank you") }))
	t.Cleanup(hook.Close)
	b := browse(t)
	live := livePage{s, b, hook.URL}
	for _, c := range []struct {
		name string
		play func(*testing.T, livePage)
	}{
		{"a payment comes in", watchPayment}, {"what is waited for", watchDecline}, {"its page", readPayment},
		{"a call is copied", copyCall}, {"its connection is tested", testConnection}, {"a terminal goes", watchTerminal}, {"no JavaScript", readWithoutScript},
		{"a phone", readOnPhone}, {"nothing leaks", nothingLeaks},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func(outer testing.TB) { s.t = outer }(s.t)
			s.t = t
			c.play(t, livePage{s, b.forTest(t), live.hook})
		})
	}
}

type livePage struct {
	s    *site
	b    *tab
	hook string
}

func (l livePage) order(id, description string) {
	l.s.t.Helper()
	o := cloudOrder(id, l.s.tid(), 1250)
	o["description"] = description
	o["payment_options"] = map[string]any{"notification_method": "POST", "notification_url": l.hook}
	l.s.must("POST", "orders", o)
}

func (l livePage) row(order string, texts ...string) {
	l.s.t.Helper()
	l.b.await(10*time.Second, fmt.Sprintf(`[...document.querySelectorAll("#payments .row")].some(r => [%s, ...%s].every(t => r.innerText.includes(t)))`, script(order), script(texts)))
}

// watch keeps every state that a row shows, in order.
const watch = `(() => { window.states = []; new MutationObserver(() => {
	for (const row of document.querySelectorAll("#payments .row")) {
		const state = row.querySelector(".what b").innerText + ": " + row.querySelector(".badge").innerText;
		if (!states.includes(state)) states.push(state);
	}}).observe(document.querySelector("#payments"), { childList: true, subtree: true, characterData: true }); return true; })()`

func watchPayment(t *testing.T, l livePage) {
	l.b.open(l.s.facts.URL + "/")
	l.b.await(10*time.Second, `document.querySelectorAll(".tile").length === 2 && document.querySelector("#live")?.innerText === "Live"`)
	l.b.await(10*time.Second, `["No payment yet.", "KASSA_MSP_KEY", `+script("…"+l.s.facts.GroupKey[36:])+`].every(t => document.body?.innerText.includes(t))`)
	loaded := ask[float64](l.b, `performance.timeOrigin`)
	ask[bool](l.b, watch)
	l.order("live-1", "2 coffees")
	l.row("live-1", "On the terminal", "EUR 12.50", "2 coffees", "Bar 1", "s ago")
	l.b.await(10*time.Second, `document.querySelector("#t-`+l.s.tid()+` .glass").innerText.includes("Present card")`)
	if out, code := l.s.card("tap", "visa"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	visa, err := deck.Parse("visa")
	if err != nil {
		t.Fatal(err)
	}
	l.row("live-1", "Completed", "Visa •••• "+visa.PAN.Last4())
	l.b.await(10*time.Second, `document.querySelector("#t-`+l.s.tid()+` .glass").innerText.includes("nothing to pay")`)
	states := ask[[]string](l.b, `states`)
	if len(states) < 2 || states[len(states)-1] != "live-1: Completed" {
		t.Errorf("the row went through %q", states)
	}
	if now := ask[float64](l.b, `performance.timeOrigin`); now != loaded {
		t.Error("the page was loaded again")
	}
}

func watchDecline(t *testing.T, l livePage) {
	l.order("live-2", strings.Repeat("<b>Donaudampfschifffahrt ", 8))
	l.row("live-2", "On the terminal")
	if out, code := l.s.card("tap", "visa:051"); code != 4 {
		t.Fatalf("%d %s", code, out)
	}
	l.row("live-2", "Declined", "Insufficient funds; the customer may try again.")
	l.s.must("POST", "orders/live-2/cancel", map[string]any{"status": "cancelled", "exclude_order": false})
	l.row("live-2", "Cancelled", "Cancelled by the cash register.")
	if first := ask[string](l.b, `document.querySelector("#payments .row b").innerText`); first != "live-2" {
		t.Errorf("the first row is %s", first)
	}
}

// facts are what the payment's page says, with scripts and without.
var facts = []string{
	"EUR 12.50", "Completed", "live-1", "2 coffees", "Shown on screen: Present card", "Card tapped", "Asked for EUR 12.50", "Approved", "00 approved",
	"STAN", "RRN", "A0000000031010", "contactless", "Webhook “completed” failed", "your body lacks OK", "HTTP 200", "thank you", "Next try", "/v1/json/orders",
}

func readPayment(t *testing.T, l livePage) {
	l.b.click(`#payments .row:last-child a`)
	l.b.await(10*time.Second, `location.pathname.startsWith("/payments/") && document.querySelector("#webhooks .tries")`)
	ask[bool](l.b, `(() => { for (const d of document.querySelectorAll("details")) d.open = true; return true; })()`)
	l.b.await(10*time.Second, script(facts)+`.every(t => document.body?.innerText.includes(t))`)
	l.b.await(10*time.Second, `(times => times.length > 10 && times.every(t => !isNaN(new Date(t.dateTime)) && t.title.includes(t.dateTime)))([...document.querySelectorAll("time")])`)
	l.s.must("POST", "orders/live-1/refunds", map[string]any{"currency": "EUR", "amount": 250})
	l.b.await(10*time.Second, `["Partly refunded", "Refund of EUR 2.50 accepted", "Refund posted", "POST /v1/json/orders/live-1/refunds"].every(t => document.body?.innerText.includes(t))`)
	if !ask[bool](l.b, `document.querySelector("#webhooks details").open`) {
		t.Error("what the reader had opened is closed")
	}
}

func copyCall(t *testing.T, l livePage) {
	if _, err := chromedp.Call(l.b.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "clipboard-read"}, Setting: browser.PermissionSettingGranted, Origin: l.s.facts.URL,
	}); err != nil {
		t.Fatal(err)
	}
	l.s.order("live-1")
	l.b.await(10*time.Second, `document.querySelector("#calls .row")?.innerText.includes("GET /v1/json/orders/live-1")`)
	l.b.click(`#calls .row a`)
	l.b.await(10*time.Second, `location.pathname.startsWith("/calls/") && document.body?.innerText.includes("group Bar")`)
	l.b.click(`[data-copy]`)
	l.b.await(10*time.Second, `document.querySelector("[data-copy]").innerText === "Copied"`)
	ask[bool](l.b, `(navigator.clipboard.readText().then(t => { window.copied = t; }), true)`)
	l.b.await(10*time.Second, `window.copied`)
	command := ask[string](l.b, `copied`)
	if !strings.Contains(command, "$KASSA_MSP_KEY") || strings.Contains(command, l.s.facts.GroupKey) {
		t.Fatalf("the command is\n%s", command)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Env = append(os.Environ(), "KASSA_URL="+l.s.facts.URL, "KASSA_MSP_KEY="+l.s.facts.GroupKey)
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), `"order_id":"live-1"`) || !strings.Contains(string(out), `"success":true`) {
		t.Errorf("%s\ngave %s %v", command, out, err)
	}
}

// watchTerminal cuts a terminal off and sees it go, with the reason, and come back.
// testConnection climbs the ladder on the terminal's page, without a reload; the first rung that fails is the cause.
func testConnection(t *testing.T, l livePage) {
	l.b.open(l.s.facts.URL + "/terminals/" + l.s.tid())
	l.b.await(10*time.Second, `document.querySelector("#live")?.innerText === "Live"`)
	ask[bool](l.b, `(() => { document.querySelector("#test button").click(); return true; })()`)
	l.b.await(10*time.Second, `document.querySelector("#verdict").innerText === "Terminal is connected" && document.querySelectorAll("#ladder .pass").length >= 9`)
	l.s.fault("cut-link")
	defer l.s.clearFaults(l.s.tid())
	ask[bool](l.b, `(() => { document.querySelector("#test button").click(); return true; })()`)
	l.b.await(15*time.Second, `document.querySelector("#verdict").innerText === "Terminal is disconnected" &&
		document.querySelectorAll("#ladder .fail").length === 1 && document.querySelector("#ladder li:last-child").className === "skipped" && document.querySelector("#fix").innerText !== ""`)
}

func watchTerminal(t *testing.T, l livePage) {
	l.b.open(l.s.facts.URL + "/terminals/" + l.s.tid())
	l.b.await(10*time.Second, `["Online", "Connected for", "live-1", "live-2", "P2-KS00000001", "KCV"].every(t => document.body?.innerText.includes(t)) && document.querySelector("#live")?.innerText === "Live"`)
	l.s.terminal.kill()
	l.b.await(30*time.Second, `document.querySelector("#lead .badge")?.innerText === "Offline" && document.querySelector("#links .bad")`)
	l.s.terminal = l.s.run("terminal", l.s.terminalArgs)
	l.b.await(30*time.Second, `document.querySelector("#lead .badge")?.innerText === "Online" && document.querySelectorAll("#links li").length >= 3`)
}

// readWithoutScript finds the same facts in a browser that runs no scripts.
func readWithoutScript(t *testing.T, l livePage) {
	off := func(v bool) {
		t.Helper()
		if _, err := chromedp.Call(l.b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v}); err != nil {
			t.Fatal(err)
		}
	}
	payment := l.payment()
	off(true)
	defer off(false)
	for path, wants := range map[string][]string{
		"/": {"live-1", "live-2", "Partly refunded", "Cancelled", "Visa •••• ", "Online", "s ago", "As of", "UTC"}, payment: facts[3:],
		"/calls/": {"POST", "/v1/json/orders", "200"}, "/terminals/": {"Bar 1", "Terrace 1", "Online"},
	} {
		l.b.open(l.s.facts.URL + path)
		html, err := chromedp.Run(l.b.ctx, chromedp.OuterHTML(chromedp.CSS("body")))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s does not say %q:\n%s", path, want, html)
			}
		}
	}
}

func (l livePage) payment() string {
	l.s.t.Helper()
	l.b.open(l.s.facts.URL + "/?q=live-1")
	return ask[string](l.b, `document.querySelector("#payments .row a").getAttribute("href")`)
}

func (l livePage) paths() []string {
	return []string{"/", l.payment(), "/terminals/", "/terminals/" + l.s.tid(), "/calls/", "/calls/1", "/calls/3", "/payments/NOPE"}
}

func readOnPhone(_ *testing.T, l livePage) {
	paths := l.paths()
	l.b.size(360, 740)
	defer l.b.size(1280, 900)
	for _, path := range paths {
		l.b.open(l.s.facts.URL + path)
		l.b.await(10*time.Second, `document.querySelector("main")?.innerText.length > 10`)
		l.b.fits()
	}
}

// nothingLeaks reads every page as it is served: no key, and of a card its last four digits only.
func nothingLeaks(t *testing.T, l livePage) {
	hidden := secrets(l.s.facts.GroupKey, l.s.facts.OtherKey, l.s.facts.AccountKey, l.s.facts.Token)
	for _, c := range deck.All() {
		hidden["BIN of "+c.ID()] = []byte(c.PAN.Reveal()[:8])
	}
	_, _ = l.s.call(t.Context(), "GET", "orders/"+l.s.facts.GroupKey, l.s.facts.OtherKey, nil)
	_, _ = l.s.call(t.Context(), "POST", "orders", l.s.facts.GroupKey, cloudOrder(deck.All()[0].PAN.Reveal(), l.s.facts.Token, 100))
	dir := t.TempDir()
	for i, path := range l.paths() {
		resp, err := l.s.client.Get(l.s.facts.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || len(page) < 500 {
			t.Fatalf("GET %s: %d bytes, %v", path, len(page), err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), page, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, files, err := scan(dir, nil, hidden)
	if err != nil || files < 8 || len(found) > 0 {
		t.Errorf("%d pages: %v %v", files, found, err)
	}
}

// TestWhoMaySeeThePages: this machine needs no token, others do, and other origins get nothing.
func TestWhoMaySeeThePages(t *testing.T) {
	dir := t.TempDir()
	c, err := open(serveOptions{dir: filepath.Join(dir, "cloud"), zone: filepath.Join(dir, "zone.json")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	mux := http.NewServeMux()
	c.mountPages(mux)
	var facts demoFacts
	if err := c.demo(1, &facts); err != nil {
		t.Fatal(err)
	}
	token, _, err := c.key("operator", "", "")
	if err != nil {
		t.Fatal(err)
	}
	const here, away = "127.0.0.1:40000", "192.0.2.7:40000"
	for _, q := range []struct {
		name, from, host, header, value string
		status                          int
	}{
		{"from here", here, "localhost:8080", "", "", 200},
		{"from here with a wrong token", here, "localhost:8080", "Authorization", "Bearer nope", 401},
		{"from here with a payment key", here, "localhost:8080", "Authorization", "Bearer " + facts.GroupKey, 401},
		{"from elsewhere", away, "localhost:8080", "", "", 401},
		{"from elsewhere with the token", away, "localhost:8080", "Authorization", "Bearer " + token, 200},
		{"by another name", here, "evil.example", "", "", 403},
		{"from another page", here, "localhost:8080", "Origin", "https://evil.example", 403},
	} {
		for _, path := range []string{"/", "/payments/X", "/terminals/", "/calls/", "/calls/1", "/static/dashboard.js"} {
			r := httptest.NewRequest("GET", "http://"+q.host+path, nil)
			r.RemoteAddr = q.from
			if q.header != "" {
				r.Header.Set(q.header, q.value)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != q.status && (q.status != 200 || w.Code != 404) {
				t.Errorf("%s, %s: %d %s", q.name, path, w.Code, w.Body)
			}
		}
	}
	r := httptest.NewRequest("GET", "http://localhost/", nil)
	r.RemoteAddr = away
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("a browser is answered %d %v", w.Code, w.Header())
	}
	r.SetBasicAuth("me", token)
	w = httptest.NewRecorder()
	if mux.ServeHTTP(w, r); w.Code != 200 {
		t.Errorf("a browser with the token is answered %d", w.Code)
	}
	testsNothing(t, c, mux)
}

// testsNothing: a key of the operator's that may read pages does not test terminals with them.
func testsNothing(t *testing.T, c *cloud, mux http.Handler) {
	t.Helper()
	_, reads, err := c.registry.MakeKey(c.now(), estate.NewKey{Role: estate.RoleOperator, Only: []estate.Permission{"orders.read"}})
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"GET /terminals/": 200, "POST /terminals/X/test": 401} {
		method, at, _ := strings.Cut(path, " ")
		r := httptest.NewRequest(method, "http://localhost"+at, nil)
		r.RemoteAddr = "192.0.2.7:40000"
		r.SetBasicAuth("me", reads)
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, r); w.Code != status {
			t.Errorf("%s with a key that reads: %d", path, w.Code)
		}
	}
}
