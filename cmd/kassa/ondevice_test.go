package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kassa/msplink"
)

// TestOnDevice pays from a shop's page and from an app on the terminal itself, from the tap to the callback.
func TestOnDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2, "--acquirer-timeout", "1500ms")
	s.start("")
	sh := newShop(s)
	b := browse(t)
	for _, c := range []struct {
		name string
		play func(*testing.T, *site, *shop, *tab)
	}{
		{"links", linkWays}, {"cancelled", linkCancelled}, {"soft decline", linkSoftDecline}, {"refused links", linksRefused},
		{"other sites", otherSites}, {"intents", intents}, {"lost answer", lostAnswer}, {"sample register", sampleRegister}, {"phone", onPhone},
		{"example shop", exampleShop}, {"command line", commandLine},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func(outer testing.TB) { s.t = outer }(s.t)
			s.t = t
			c.play(t, s, sh, b.forTest(t))
		})
	}
}

// shop is a merchant's web server. Its page is the shop's own affair: cookies, fetches, a strict policy.
type shop struct {
	site   *site
	url    string
	server *httptest.Server
}

var shopPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><title>Shop</title><meta name="viewport" content="width=device-width">
<style nonce="own">body{font:16px system-ui;padding:1rem} a,button{display:block;margin:.5rem 0;padding:.7rem;width:100%;text-align:center}</style>
<script src="msplink.js"></script></head>
<body><h1>Table 4</h1><p id="id"></p>
<a id="pay">Pay</a><a id="blank" target="_blank">Pay in a new window</a>
<button id="href">location.href</button><button id="open">window.open</button>
<form id="form" action="msp://"><button>A form</button></form>
<form id="post" action="/redirect" method="post"><input type="hidden" name="link"><button>The server redirects</button></form>
<button id="intent">An intent address</button>
<a id="other" href="{{.Other}}">Another site</a><a id="own" href="{{.Own}}/lost">The whole address</a>
<script nonce="own">
"use strict";
const $ = (id) => document.getElementById(id);
(async () => {
  const order = await (await fetch("orders", { method: "POST", body: location.search.slice(1) })).json();
  const link = msplink.link({ amount: order.amount, orderId: order.id, callback: new URL("paid?table=4#top", location.href).href, tipping: false });
  $("pay").href = $("blank").href = link;
  $("href").onclick = () => { location.href = link; };
  $("open").onclick = () => window.open(link);
  for (const [name, value] of new URL(link).searchParams) $("form").append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  $("post").elements.link.value = link;
  $("intent").onclick = () => location.assign(link.replace(/^msp:/, "intent:") + "#Intent;scheme=msp;package=com.multisafepay.pos.sunmi;end");
  $("id").textContent = order.id;
})();
</script></body></html>`))

// newShop runs a shop that knows its customers by a cookie and its orders by Kassa's API alone.
func newShop(s *site) *shop {
	sh := &shop{site: s}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "basket", Value: "4", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'nonce-own' 'self'; style-src 'nonce-own'; frame-ancestors 'none'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = shopPage.Execute(w, map[string]string{"Own": sh.url, "Other": strings.Replace(sh.url, "127.0.0.1", "localhost", 1) + "/lost?from=shop"})
	})
	mux.HandleFunc("GET /msplink.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, msplink.Script())
	})
	mux.HandleFunc("POST /orders", sh.makeOrder)
	mux.HandleFunc("POST /redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.FormValue("link"), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /paid", sh.showPaid)
	mux.HandleFunc("GET /lost", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<title>Lost</title><p id=where>%s%s, basket %q", r.Host, template.HTMLEscapeString(r.URL.String()), basket(r))
	})
	mux.HandleFunc("GET /bad", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<title>Bad</title><a id="pay" href="%s">Pay</a>`, template.HTMLEscapeString(r.FormValue("link")))
	})
	sh.server = httptest.NewServer(http.NewCrossOriginProtection().Handler(mux))
	sh.url = sh.server.URL
	s.t.Cleanup(sh.server.Close)
	return sh
}

func basket(r *http.Request) string {
	c, err := r.Cookie("basket")
	if err != nil {
		return ""
	}
	return c.Value
}

// makeOrder makes the order of the page's query, order=ID&amount=CENTS, without a terminal.
func (sh *shop) makeOrder(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	q, err := url.ParseQuery(string(raw))
	var cents int64
	if _, scanned := fmt.Sscan(q.Get("amount"), &cents); err != nil || scanned != nil || basket(r) != "4" || r.Header.Get("Origin") != sh.url {
		http.Error(w, "who is this?", http.StatusForbidden)
		return
	}
	e, err := sh.site.call(r.Context(), "POST", "orders", sh.site.facts.GroupKey, map[string]any{
		"type": "redirect", "order_id": q.Get("order"), "currency": "EUR", "amount": cents, "description": "Table 4",
	})
	if err != nil || !e.Success {
		http.Error(w, fmt.Sprintf("%+v %v", e, err), http.StatusBadGateway)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"id": q.Get("order"), "amount": cents})
}

// showPaid is the callback: what it shows comes from the API, not from the address.
func (sh *shop) showPaid(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	e, err := sh.site.call(r.Context(), "GET", "orders/"+url.PathEscape(q.Get("order_id")), sh.site.facts.GroupKey, nil)
	var o orderView
	if err == nil {
		err = json.Unmarshal(e.Data, &o)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><title>Paid?</title><p id="result">table %s basket %s told %s is %s</p>`,
		template.HTMLEscapeString(q.Get("table")), basket(r), template.HTMLEscapeString(q.Get("status")), template.HTMLEscapeString(o.Status+word(err)))
}

func word(err error) string {
	if err != nil {
		return " " + err.Error()
	}
	return ""
}

// inFrame evaluates in the page that the terminal's browser shows, once a condition holds there.
func inFrame[T any](b *tab, condition, script string) T {
	b.t.Helper()
	var v T
	await(b.t, "in the terminal's browser: "+condition, 10*time.Second, func() bool {
		tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return false
		}
		for _, f := range tree.FrameTree.ChildFrames {
			if strings.Contains(f.Frame.URL, "/sim/terminals/") || !strings.HasPrefix(f.Frame.URL, "http") {
				continue
			}
			world, err := chromedp.Call(b.ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: f.Frame.ID})
			if err != nil {
				return false
			}
			in := func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }
			if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`Boolean(`+condition+`)`, in)); err != nil || !ok {
				return false
			}
			v, err = chromedp.Run(b.ctx, chromedp.Evaluate[T](script, in))
			return err == nil
		}
		return false
	})
	return v
}

// tapInside taps on something of the shop's page, as a finger does.
func tapInside(b *tab, css string) {
	b.t.Helper()
	at := inFrame[[]float64](b, `document.querySelector("#id")?.textContent !== "" && document.querySelector(`+script(css)+`)`,
		`(e => { e.scrollIntoView({ block: "center", behavior: "instant" }); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })(document.querySelector(`+script(css)+`))`)
	frame := ask[[]float64](b, `(r => [r.left, r.top])(document.querySelector("#site").getBoundingClientRect())`)
	b.act("tap "+css, chromedp.MouseClickXY(frame[0]+at[0], frame[1]+at[1]))
}

func (b *tab) shows(text string) {
	b.t.Helper()
	got := inFrame[string](b, `document.querySelector("#result")`, `document.querySelector("#result").innerText`)
	if got != text {
		b.t.Errorf("the shop's callback shows %q, want %q", got, text)
	}
}

// address pastes an address into the terminal's browser.
func (b *tab) address(address string) {
	b.t.Helper()
	b.click("#url")
	ask[bool](b, `(document.querySelector("#url").value = `+script(address)+`, true)`)
	b.keys("\r")
}

// goTo opens an address in the terminal's browser, and waits until its page is there.
func goTo(b *tab, address string) {
	b.t.Helper()
	b.address(address)
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	inFrame[bool](b, `location.pathname + location.search === `+script(u.RequestURI())+` && document.readyState === "complete"`, `true`)
}

// card presents a card to the terminal, and waits for the end of the attempt.
func (s *site) hold(how, card, pin string) {
	s.t.Helper()
	resp, err := s.simCall("POST", "terminals/"+s.tid()+"/card", map[string]any{"present": how, "card": card, "pin": pin})
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("card: %s %s %v", resp.Status, body, err)
	}
}

func (s *site) key(key string) {
	s.t.Helper()
	resp, err := s.simCall("POST", "terminals/"+s.tid()+"/keys", map[string]any{"key": key})
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("key %s: %+v %v", key, resp, err)
	}
	_ = resp.Body.Close()
}

func linkWays(t *testing.T, s *site, sh *shop, b *tab) {
	b.open(s.page(0) + "/browser")
	for _, way := range []string{"#pay", "#blank", "#href", "#open", "#form button", "#post button", "#intent"} {
		id := "web" + strings.NewReplacer("#", "-", " ", "-").Replace(way)
		goTo(b, sh.url+"/shop?order="+id+"&amount=1250")
		tapInside(b, way)
		b.await(10*time.Second, `document.querySelector("#paying").innerText.includes(`+script(id)+`)`)
		s.awaitScreen(s.tid(), "presentCard")
		s.hold("tap", "visa", "1234")
		b.shows("table 4 basket 4 told Completed is completed")
		b.await(10*time.Second, `document.querySelector("#url").value.startsWith(`+script(sh.url+"/paid?table=4&status=Completed&order_id="+id)+`) && document.querySelector("#url").value.endsWith("#top")`)
		if o := s.order(id); o.Amount != 1250 {
			t.Errorf("%s: %+v", id, o)
		}
	}
}

func linkCancelled(_ *testing.T, s *site, sh *shop, b *tab) {
	b.open(s.page(0) + "/browser")
	goTo(b, sh.url+"/shop?order=web-cancel&amount=1300")
	tapInside(b, "#pay")
	s.awaitScreen(s.tid(), "presentCard")
	s.key("stop")
	b.shows("table 4 basket 4 told Cancelled is cancelled")
}

// linkSoftDecline pays on the terminal's own page within the device's: the issuer asks for the PIN.
func linkSoftDecline(_ *testing.T, s *site, sh *shop, b *tab) {
	b.open(s.page(0) + "/browser")
	goTo(b, sh.url+"/shop?order=web-soft&amount=1400")
	tapInside(b, "#pay")
	s.awaitScreen(s.tid(), "presentCard")
	inside := `document.querySelector("#terminal").contentDocument`
	b.await(10*time.Second, inside+`?.querySelector('[data-card="mastercard:065"]')`)
	ask[bool](b, `(`+inside+`.querySelector('[data-card="mastercard:065"]').click(), true)`)
	s.awaitScreen(s.tid(), "pin")
	b.await(10*time.Second, inside+`.querySelector('[data-screen="pin"]')`)
	b.keys("1234\r") // the terminal has the keyboard
	b.shows("table 4 basket 4 told Completed is completed")
	if lines := s.ledgerOf(1400); len(lines) != 2 || lines[0].State != "declined" || lines[1].State != "posted" {
		b.t.Errorf("ledger %+v: want one declined and one posted", lines)
	}
}

func linksRefused(t *testing.T, s *site, sh *shop, b *tab) {
	b.open(s.page(0) + "/browser")
	for link, want := range map[string]string{
		"msp://?amount=500&order_id=bad-1":                                                                       "callback: is missing",
		"msp://?amount=500&order_id=bad-2&callback=javascript%3Aalert(1)":                                        "callback: must begin with https:// or http://",
		"msp://?amount=500&order_id=bad-3&callback=https%3A%2F%2Fs.example%2F%0D%0ASet-Cookie%3A%20a":            "callback: must not hold a line break",
		"msp://?amount=500&order_id=bad-4&callback=%2F%2Fevil.example%2F":                                        "callback: must be a whole address",
		"msp://?amount=500&order_id=bad-5&callback=data%3Atext%2Fhtml%2Cx":                                       "callback: must begin with https:// or http://",
		"msp://?amount=500&order_id=bad-6&callback=https%3A%2F%2Fshop.example%40evil.example%2F":                 "callback: must not hold a user name",
		"msp://?amount=5.00&order_id=bad-7&callback=https%3A%2F%2Fs.example%2F":                                  "amount: must be whole cents",
		"msp://?amount=500&order_id=bad%208&callback=https%3A%2F%2Fs.example%2F":                                 "order_id: must have 1 to 50 characters",
		"msp://?amount=500&order_id=bad-9&callback=https%3A%2F%2Fs.example%2F&notification_url=gopher%3A%2F%2Fx": "notification_url: must begin with",
	} {
		goTo(b, sh.url+"/bad?link="+url.QueryEscape(link))
		tapInside(b, "#pay")
		b.await(10*time.Second, `document.querySelector("#problem").checkVisibility() && document.querySelector("#problem").innerText.includes(`+script(want)+`)`)
		b.click("#problem button")
		if screen := s.state(s.tid()).Screen.Name; screen != "idle" && screen != "approved" && screen != "cancelled" {
			t.Errorf("%s: the terminal shows %s", link, screen)
		}
	}
	e, err := s.call(t.Context(), "GET", "orders/bad-1", s.facts.GroupKey, nil)
	if err != nil || e.Success {
		t.Errorf("a link that was refused made an order: %+v %v", e, err)
	}
	b.address(s.facts.URL + "/sim/terminals/")
	b.await(10*time.Second, `document.querySelector("#problem").innerText.includes("simulator's own address")`)
}

func otherSites(t *testing.T, s *site, sh *shop, b *tab) {
	b.open(s.page(0) + "/browser")
	where := func(address string) {
		t.Helper()
		b.await(10*time.Second, `document.querySelector("#url").value === `+script(address))
	}
	goTo(b, sh.url+"/shop?order=web-other&amount=100")
	tapInside(b, "#own")
	where(sh.url + "/lost")
	if got := inFrame[string](b, `document.querySelector("#where")`, `document.querySelector("#where").innerText`); !strings.Contains(got, `basket "4"`) {
		t.Errorf("at home: %s", got)
	}
	b.click("#back")
	where(sh.url + "/shop?order=web-other&amount=100")
	tapInside(b, "#other")
	where(strings.Replace(sh.url, "127.0.0.1", "localhost", 1) + "/lost?from=shop")
	if got := inFrame[string](b, `document.querySelector("#where")`, `document.querySelector("#where").innerText`); !strings.HasPrefix(got, "localhost") || !strings.Contains(got, `basket ""`) {
		t.Errorf("another site has the shop's cookies: %s", got)
	}
	goTo(b, "http://127.0.0.1:1/nothing")
	inFrame[bool](b, `document.body.innerText.includes("This page cannot be opened")`, `true`)
}

// intentAnswer is what an app hears.
type intentAnswer struct {
	Status  int
	Name    string
	Message string
	Intent  msplink.Intent
	Error   string
	Field   string
}

// send sends an intent, and gives what the app hears once the payment has ended.
func (s *site) send(in msplink.Intent, meanwhile func()) intentAnswer {
	s.t.Helper()
	resp, err := s.simCall("POST", "terminals/"+s.tid()+"/intent", in)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	var first struct {
		intentAnswer
		Started any
	}
	if err := dec.Decode(&first); err != nil {
		s.t.Fatal(err)
	}
	if first.Started == nil {
		return first.intentAnswer
	}
	meanwhile()
	var a intentAnswer
	if err := dec.Decode(&a); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func intents(t *testing.T, s *site, _ *shop, _ *tab) {
	for _, c := range []struct {
		id      string
		amount  int64
		card    string
		status  int
		result  string
		message string
		order   string
	}{
		{"app-paid", 1500, "visa:000", 471, "success", "", "completed"},
		{"app-cancelled", 1510, "", 17, "cancelled", "", "cancelled"},
		{"app-declined", 1520, "visa:005", 88, "declined", "", "cancelled"},
		{"app-lost", 1530, "visa:100", 875, "other", "", "cancelled"},
	} {
		p := msplink.Payment{AmountMinor: c.amount, OrderID: c.id, PackageName: "com.example.register", Description: "Tea", AutoClose: true}
		in, err := p.Intent()
		if c.id == "app-paid" {
			in, err = p.SoftPOS("com.example.register.PaidActivity")
		}
		if err != nil {
			t.Fatal(err)
		}
		a := s.send(in, func() {
			s.awaitScreen(s.tid(), "presentCard")
			if c.card != "" {
				s.hold("tap", c.card, "1234")
			}
			if c.status == 17 || c.status == 88 {
				await(t, "the terminal asks again", 10*time.Second, func() bool { return s.state(s.tid()).Screen.Name != "processing" })
				s.key("stop")
			}
		})
		if a.Status != c.status || a.Intent.Package != "com.example.register" || a.Intent.Extras["status"] != int32(c.status) || a.Message == "" {
			t.Errorf("%s: %+v, want %d", c.id, a, c.status)
		}
		s.awaitStatus(c.id, c.order)
	}
	s.must("POST", "orders", map[string]any{"type": "redirect", "order_id": "app-remote", "currency": "EUR", "amount": 1600, "description": "made by the server"})
	wrong, err := msplink.Payment{AmountMinor: 9900, OrderID: "app-remote", PackageName: "com.example.register"}.Intent()
	if err != nil {
		t.Fatal(err)
	}
	if a := s.send(wrong, func() {}); a.Status != 875 || !strings.Contains(a.Message, "16.00") {
		t.Errorf("an intent for another amount than the order's: %+v", a)
	}
	for field, extras := range map[string]msplink.Extras{
		"amount":       {"amount": "12.50", "order_id": "app-bad", "package_name": "a.b"},
		"package_name": {"amount": int64(1250), "order_id": "app-bad"},
	} {
		if a := s.send(msplink.Intent{Package: msplink.PackageTerminal, Class: msplink.Class, Extras: extras}, func() {}); a.Field != field || a.Error == "" {
			t.Errorf("without a good %s: %+v", field, a)
		}
	}
}

// lostAnswer: while the terminal does not know the result, the app hears nothing; then it hears the truth.
func lostAnswer(t *testing.T, s *site, _ *shop, _ *tab) {
	fault := func(method, path string, body any) {
		t.Helper()
		resp, err := s.simCall(method, "terminals/"+s.tid()+"/"+path, body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %+v %v", method, path, resp, err)
		}
		_ = resp.Body.Close()
	}
	in, err := msplink.Payment{AmountMinor: 1800, OrderID: "app-unknown", PackageName: "com.example.register"}.Intent()
	if err != nil {
		t.Fatal(err)
	}
	fault("POST", "fault", map[string]string{"name": "drop-answer"})
	a := s.send(in, func() {
		s.awaitScreen(s.tid(), "presentCard")
		s.card("tap", "visa")
		s.awaitScreen(s.tid(), "resultLost")
		fault("POST", "fault", map[string]string{"name": "power-off"})
		fault("DELETE", "fault", nil)
	})
	if a.Status != 471 || s.posted(1800) != 1 {
		t.Errorf("the app hears %+v", a)
	}
	s.awaitStatus("app-unknown", "completed")
}

// exampleShop runs the shop of docs/examples as its comment says.
func exampleShop(t *testing.T, s *site, _ *shop, b *tab) {
	binary := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command("go", "build", "-o", binary, "kassa/docs/examples/webapp").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary, "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "KASSA_URL="+s.facts.URL, "KASSA_MSP_KEY="+s.facts.GroupKey)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var at string
	if _, err := fmt.Fscanf(out, "shop %s", &at); err != nil {
		t.Fatal(err)
	}
	b.open(s.page(0) + "/browser")
	if said, exit := s.kassa("browse", at, "--terminal", s.tid()); exit != 0 {
		t.Fatalf("exit code %d: %s", exit, said)
	}
	tapInside(b, "#order")
	inFrame[bool](b, `!document.querySelector("#pay").hidden`, `true`)
	tapInside(b, "#pay")
	s.awaitScreen(s.tid(), "presentCard")
	s.card("tap", "visa")
	b.shows("Paid. Thank you!")
}

// commandLine sends a link and an intent with the verbs.
func commandLine(t *testing.T, s *site, _ *shop, _ *tab) {
	for _, link := range []string{"msp://?amount=1&order_id=cli-bad", "msp://?amount=1&order_id=cli-bad&callback=javascript:x"} {
		if out, exit := s.kassa("browse", link, "--terminal", s.tid()); exit != 2 || !strings.Contains(out, "callback:") {
			t.Errorf("exit code %d: %s", exit, out)
		}
	}
	file := filepath.Join(t.TempDir(), "intent.json")
	in, err := msplink.Payment{AmountMinor: 1900, OrderID: "cli-app", PackageName: "a.b"}.Intent()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(in)
	if err != nil || os.WriteFile(file, raw, 0o600) != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		card string
		exit int
		says string
	}{
		"link":   {[]string{"browse", "msp://?amount=1950&order_id=cli-web&callback=http%3A%2F%2F127.0.0.1%3A1%2F"}, "", 4, "Cancelled"},
		"intent": {[]string{"intent", file}, "visa", 0, "471 COMPLETED"},
	} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			if out, exit := s.kassa(append(c.args, "--terminal", s.tid())...); exit != c.exit || !strings.Contains(out, c.says) {
				t.Errorf("%s: exit code %d: %s", name, exit, out)
			}
		}()
		s.awaitScreen(s.tid(), "presentCard")
		if c.card == "" {
			s.key("stop")
		} else {
			s.card("tap", c.card)
		}
		<-done
		s.awaitFree()
	}
}

func sampleRegister(t *testing.T, s *site, _ *shop, b *tab) {
	b.open(s.page(0) + "/apps")
	b.await(10*time.Second, `document.querySelector("#intent").innerText.includes('"amount": 1250')`)
	id := ask[string](b, `document.querySelector("[name=orderId]").value`)
	b.click(".go")
	s.awaitScreen(s.tid(), "presentCard")
	s.hold("insert", "mastercard", "1234")
	b.await(10*time.Second, `document.querySelector("#answer")?.innerText.includes("471 COMPLETED") && document.querySelector("#answer").innerText.includes("com.example.register")`)
	if o := s.order(id); o.Status != "completed" || o.Amount != 1250 {
		t.Errorf("%+v", o)
	}
	b.click("#register details summary")
	b.act("refund", chromedp.SetValue(chromedp.CSS("[name=kind]"), "refund"))
	b.act("amount", chromedp.SetValue(chromedp.CSS("[name=amount]"), "1,5O"))
	ask[bool](b, `document.querySelector("#register").dispatchEvent(new Event("input"))`)
	b.click(".go")
	b.await(10*time.Second, `document.querySelector("#problem").innerText.includes("amount: must be whole cents")`)
}

// onPhone looks at both apps in a phone's window, where the payment app comes to the front by itself.
func onPhone(t *testing.T, s *site, sh *shop, b *tab) {
	b.size(360, 740)
	defer b.size(1280, 900)
	for _, app := range []string{"browser", "apps"} {
		b.open(s.page(0) + "/" + app)
		b.await(10*time.Second, `document.querySelector("#terminal").contentDocument?.querySelector(".display")`)
		b.fits()
	}
	b.open(s.page(0) + "/browser")
	goTo(b, sh.url+"/shop?order=web-phone&amount=1700")
	tapInside(b, "#pay")
	s.awaitScreen(s.tid(), "presentCard")
	seen := func(css string) string {
		return `(r => r.top < innerHeight / 2 && r.bottom > innerHeight / 2)(document.querySelector(` + script(css) + `).getBoundingClientRect())`
	}
	b.await(10*time.Second, seen(".pay"))
	b.keys(kb.Escape)
	b.shows("table 4 basket 4 told Cancelled is cancelled")
	b.await(10*time.Second, seen(".device"))
}
