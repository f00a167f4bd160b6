package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kassa/estate"
	"kassa/virtual/deck"
)

// TestTerminalPage uses the terminals as people do: in a real browser, by mouse, keyboard and on a
// phone. The last terminal belongs to a merchant with hostile names, and nobody has activated it.
func TestTerminalPage(t *testing.T) {
	s := newSite(t, 3, "--acquirer-timeout", "1500ms")
	s.asleep = 1
	hostileEstate(t, s)
	s.start("")
	b := browse(t)
	lost := loseAnswer(t, s, b.another())
	for _, c := range []struct {
		name string
		play func(*testing.T, *site, *tab)
	}{
		{"list", pageList}, {"no JavaScript", pageWithoutScript}, {"activation", pageActivation},
		{"hostile names", pageHostileNames}, {"tap", pageTap}, {"keyboard", pageKeyboard},
		{"screens on a desktop", pageScreens}, {"screens on a phone", pagePhone},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func(outer testing.TB) { s.t = outer }(s.t)
			s.t = t
			c.play(t, s, b.forTest(t))
		})
	}
	t.Run("answer lost", func(t *testing.T) { lost(t) })
}

// tab is a page in a real browser, with what went wrong in it.
type tab struct {
	t       testing.TB
	ctx     context.Context
	small   bool
	trouble *trouble
}

type trouble struct {
	mu   sync.Mutex
	text []string
}

func (p *trouble) add(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, text)
}

// browse starts Chromium with an empty profile.
func browse(t testing.TB) *tab {
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
	ctx, stop := chromedp.NewExecAllocator(context.Background(),
		append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
			chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900))...)
	t.Cleanup(stop)
	b := &tab{t: t, ctx: ctx}
	return b.another()
}

// another opens one more tab.
func (b *tab) another() *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	n := &tab{t: b.t, ctx: ctx, trouble: &trouble{}}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			n.trouble.add(e.ExceptionDetails.Text)
		case *browserlog.EventEntryAdded:
			if e.Entry.Level == browserlog.EntryLevelError && e.Entry.Source != browserlog.EntrySourceNetwork {
				n.trouble.add(e.Entry.Text)
			}
		}
	})
	if err != nil {
		cancel()
		b.t.Fatalf("the browser does not start: %v", err)
	}
	b.t.Cleanup(func() {
		n.trouble.mu.Lock()
		defer n.trouble.mu.Unlock()
		if len(n.trouble.text) > 0 {
			b.t.Errorf("the page's scripts or its policy failed: %q", n.trouble.text)
		}
		closing, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(closing) // the profile's folder goes away after it
		cancel()
	})
	return n
}

func (b *tab) forTest(t testing.TB) *tab { return &tab{t: t, ctx: b.ctx, trouble: b.trouble} }

// act does one thing and fails the test when it takes too long.
func (b *tab) act(what string, a chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, a); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *tab) open(url string) { b.t.Helper(); b.act("open "+url, chromedp.Navigate(url)) }

// click scrolls as a person does, so that no bar covers what is clicked.
func (b *tab) click(css string) {
	b.t.Helper()
	ask[bool](b, `(e => { e?.scrollIntoView({ block: "center" }); return true; })(document.querySelector(`+script(css)+`))`)
	b.act("click "+css, chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
}

func (b *tab) keys(keys string) { b.t.Helper(); b.act("type", chromedp.KeyEvent(keys)) }

// size makes the window as wide as a desktop's or a phone's.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.small = width < 500
	b.act("size", chromedp.EmulateViewport(width, height))
}

func ask[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// await waits until a condition holds in the page.
func (b *tab) await(within time.Duration, condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	script := fmt.Sprintf(`new Promise(done => { const look = () => (%s) ? done(true) : setTimeout(look, 10); look(); })`, condition)
	look := chromedp.Evaluate[bool](script, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) })
	_, err := chromedp.Run(ctx, look)
	for err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "navigated") { // a click took the page away
		_, err = chromedp.Run(ctx, look)
	}
	if err != nil {
		b.t.Fatalf("the page is not as it should be: %s: %v; it shows\n%s", condition, err, ask[string](b, `document.body.innerText`))
	}
}

// screen waits for a screen of the terminal with these texts on it.
func (b *tab) screen(name string, texts ...string) {
	b.t.Helper()
	b.screenWithin(10*time.Second, name, texts...)
}

func (b *tab) screenWithin(within time.Duration, name string, texts ...string) {
	b.t.Helper()
	b.await(within, fmt.Sprintf(`(d => d && d.dataset.screen === %s && %s.every(t => d.innerText.includes(t)))(document.querySelector("#screen .display"))`,
		script(name), script(texts)))
	b.fits()
}

// fits checks that nothing sticks out of a phone's window.
func (b *tab) fits() {
	b.t.Helper()
	if !b.small {
		return
	}
	wide := ask[[]string](b, `document.scrollingElement.scrollWidth <= innerWidth ? [] :
		[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))`)
	if len(wide) > 0 {
		b.t.Errorf("wider than the window: %q", wide)
	}
}

// script writes a value as JavaScript.
func script(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	if string(text) == "null" {
		return "[]"
	}
	return string(text)
}

func (s *site) page(i int) string {
	return s.facts.URL + "/sim/terminals/" + s.facts.Terminals[i].POIID
}

func cardButton(id string) string { return fmt.Sprintf(`[data-card="%s"]`, id) }

// pick opens a brand's drawer and clicks one of its cards.
func (b *tab) pick(way, brand, id string) {
	b.t.Helper()
	if b.small && way == "tap" && strings.HasSuffix(id, ":000") { // a phone has these at hand
		b.click(".wallet " + cardButton(id))
		return
	}
	b.click(fmt.Sprintf(`.ways label:has([value="%s"])`, way))
	if !ask[bool](b, fmt.Sprintf(`document.querySelector(".b-%s").open`, brand)) {
		b.click(".b-" + brand + " summary")
	}
	b.click(".shelf " + cardButton(id))
}

func (s *site) askAt(i int, key, id, description string, amount int64) {
	s.t.Helper()
	order := cloudOrder(id, s.facts.Terminals[i].TID, amount)
	order["description"] = description
	if e, err := s.call(s.t.Context(), "POST", "orders", key, order); err != nil || !e.Success {
		s.t.Fatalf("order %s: %+v %v", id, e, err)
	}
}

func pageList(t *testing.T, s *site, b *tab) {
	b.open(s.facts.URL + "/")
	b.click(`nav a[href="/sim/terminals/"]`)
	b.await(10*time.Second, `location.pathname === "/sim/terminals/" && document.querySelectorAll(".tile").length === 3`)
	if text := ask[string](b, `document.querySelector("main").innerText`); !strings.Contains(text, "Bar 1") || !strings.Contains(text, s.tid()) {
		t.Fatalf("the list is\n%s", text)
	}
	b.size(360, 740)
	b.fits()
	b.size(1280, 900)
	b.click(`a.tile[href="` + s.facts.Terminals[0].POIID + `"]`)
	b.await(10*time.Second, `location.href === `+script(s.page(0))+` && document.querySelector("#screen .display")`)
	b.screen("idle", "Bar 1", "Bar De Punt", s.tid())
	b.click(".top nav a")
	b.await(10*time.Second, `location.pathname === "/sim/terminals/" && document.querySelector(".tile")`)
	b.open(s.facts.URL + "/sim/terminals/" + s.tid())
	b.screen("idle", "Bar 1", s.tid())
}

// pageWithoutScript reads the pages in a browser that runs no scripts.
func pageWithoutScript(t *testing.T, s *site, b *tab) {
	off := func(v bool) {
		t.Helper()
		if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v}); err != nil {
			t.Fatal(err)
		}
	}
	off(true)
	defer off(false)
	for url, want := range map[string][]string{
		s.page(0):                       {"Bar 1", s.tid(), "IPEK loaded", "Without JavaScript", "Visa", "Receipts", "Drop answer"},
		s.facts.URL + "/sim/terminals/": {"Bar 1", "Bar 2", s.tid(), "online"},
	} {
		b.open(url)
		body, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("body")))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(strings.ToLower(body), strings.ToLower(text)) {
				t.Errorf("%s does not say %q:\n%s", url, text, body)
			}
		}
	}
}

func pageActivation(t *testing.T, s *site, b *tab) {
	b.size(360, 740)
	defer b.size(1280, 900)
	b.open(s.page(2))
	b.screen("start", "Configured: yes, IPEK loaded", "KCV ", s.facts.Terminals[2].POIID)
	kcv := ask[string](b, `document.querySelector("#screen").innerText.match(/KCV ([0-9A-F]{10})\b/)[1]`)
	b.await(10*time.Second, `document.querySelector("#status").innerText.includes(`+script(kcv)+`)`)
	b.keys("22wrng9\r")
	b.screen("activation", "Wrong activation code")
	b.keys("7a")
	b.screen("activation", "7A")
	b.keys("\b")
	b.screen("activation", "7")
	b.keys(kb.Escape)
	b.screen("start")
	b.act("type the code", chromedp.SendKeys(chromedp.CSS("#code"), s.facts.Terminals[2].Code))
	b.click("#activate button")
	b.screen("idle", hostile, s.facts.Terminals[2].TID)
	if ask[bool](b, `document.querySelector("#activate").checkVisibility()`) {
		t.Error("an activated terminal still asks for a code")
	}
}

// hostile is a name that would run a script, and that fits nowhere.
const hostile = `<img src=x onerror=alert(1)><b>"Donaudampfschifffahrtselektrizitätenhauptbetriebswerk` + "`'&amp;"

// hostileEstate makes the last terminal's group before the cloud makes the demo estate.
func hostileEstate(t *testing.T, s *site) {
	t.Helper()
	c, err := open(serveOptions{dir: s.sub("cloud"), zone: s.sub("zone.json")}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	m := demoMerchant(hostile, "KASSA0000000002")
	m.Address = hostile
	_, accountErr := c.registry.MakeAccount(c.now(), estate.Account{ID: demoAccount, Name: hostile})
	_, groupErr := c.registry.MakeGroup(c.now(), estate.Group{ID: demoOtherGroup, Account: demoAccount, Name: hostile, Merchant: m})
	_, _, terminalErr := c.registry.BoardTerminal(c.now(), demoOtherGroup, hostile, demoTID(2))
	if err := errors.Join(accountErr, groupErr, terminalErr); err != nil {
		t.Fatal(err)
	}
}

func pageHostileNames(t *testing.T, s *site, b *tab) {
	description := strings.Repeat(`<script>alert(1)</script>`, 3) + strings.Repeat("W", 60)
	for i, width := range []int64{1280, 360} {
		b.size(width, 740)
		b.open(s.page(2))
		s.askAt(2, s.facts.OtherKey, fmt.Sprintf("hostile-%d", width), description, 99999999)
		b.screen("presentCard", "EUR 999999.99", "<script>alert(1)</script>", hostile[:20])
		b.pick("insert", "VISA", "visa:005")
		b.screen("pin")
		b.keys("1234\r")
		b.await(10*time.Second, fmt.Sprintf(`(p => p.length === %d && p[0].innerText.includes(%s))(document.querySelectorAll("#paper .paper"))`, i+1, script(hostile)))
		b.fits()
		b.keys(kb.Escape)
		b.screen("cancelled")
		b.await(10*time.Second, `![...document.querySelectorAll("img, #screen script, #paper script, #paper b")].length`)
		handset := ask[[]float64](b, `["#handset", ".display"].map(c => document.querySelector(c).getBoundingClientRect().width)`)
		if handset[0] > 360 || handset[1] > handset[0] {
			t.Errorf("the handset is %v wide", handset)
		}
	}
	b.size(360, 740)
	b.open(s.facts.URL + "/sim/terminals/")
	b.await(10*time.Second, `document.body.innerText.includes(`+script(hostile)+`)`)
	b.fits()
	b.size(1280, 900)
}

func pageTap(t *testing.T, s *site, b *tab) {
	b.open(s.page(0))
	b.screen("idle")
	loaded := ask[float64](b, `performance.timeOrigin`)
	s.ask("page-tap", 1250)
	b.screen("presentCard", "EUR 12.50", "Present card", "order page-tap")
	b.click(".shelf " + cardButton("visa:000"))
	b.screen("approved", "EUR 12.50")
	b.await(10*time.Second, `document.querySelector("#paper .paper .outcome")?.innerText === "APPROVED"`)
	if now := ask[float64](b, `performance.timeOrigin`); now != loaded {
		t.Error("the page was loaded again")
	}
	visa, err := deck.Parse("visa")
	if err != nil {
		t.Fatal(err)
	}
	paper := ask[string](b, `document.querySelector("#paper .paper").innerText`)
	for _, want := range []string{"Bar De Punt", "EUR 12.50", "**** **** **** " + visa.PAN.Last4(), s.tid(), "TEST", "A0000000031010"} {
		if !strings.Contains(paper, want) {
			t.Errorf("the receipt does not say %q:\n%s", want, paper)
		}
	}
	html := ask[string](b, `document.documentElement.outerHTML`)
	for _, secret := range []string{visa.PAN.Reveal(), visa.PAN.BIN()} {
		if strings.Contains(html, secret) {
			t.Errorf("the page holds %d digits of the card number", len(secret))
		}
	}
	s.awaitStatus("page-tap", "completed")
}

func pageKeyboard(t *testing.T, s *site, b *tab) {
	b.open(s.page(0))
	s.ask("page-pin", 5100)
	b.screen("presentCard", "EUR 51.00")
	b.click(".shelf " + cardButton("visa:000")) // the mouse has been on the card: Enter must still be OK
	b.screen("pin", "Enter PIN", "EUR 51.00")
	b.keys("12\b234")
	b.await(10*time.Second, `document.querySelectorAll("#screen .pin .full").length === 4`)
	if shown := ask[string](b, `document.querySelector("#screen").innerText`); strings.Contains(shown, "1234") {
		t.Error("the screen shows the PIN")
	}
	b.keys("\r")
	b.screen("approved", "EUR 51.00")
	s.awaitStatus("page-pin", "completed")

	s.ask("page-wrong-pin", 5200)
	b.screen("presentCard", "EUR 52.00")
	b.click(".shelf " + cardButton("visa:000"))
	b.screen("pin")
	b.keys("9999\r")
	b.screen("pinAgain", "Enter PIN again")
	b.keys("1234\r")
	b.screen("approved", "EUR 52.00")
	s.awaitStatus("page-wrong-pin", "completed")

	s.ask("page-escape", 5300)
	b.screen("presentCard", "EUR 53.00")
	b.keys(kb.Escape)
	b.screen("cancelled", "EUR 53.00")
	if papers := ask[int](b, `document.querySelectorAll("#paper .paper").length`); papers != 3 { // page-tap and the two with a PIN
		t.Errorf("%d receipts after a cancelled order", papers)
	}
	await(t, "the order is void", 10*time.Second, func() bool { return s.order("page-escape").Status != "initialized" })
}

func pagePhone(t *testing.T, s *site, b *tab) {
	b.size(360, 740)
	defer b.size(1280, 900)
	pageScreens(t, s, b)
	blocked := ask[[]string](b, `[...document.querySelectorAll(".bench button, .bench summary, .ways label, a:not(.skip)")].filter(e => e.checkVisibility()).filter(e => {
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getBoundingClientRect();
		const hit = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
		return !hit || !(e.contains(hit) || hit.contains(e)) || (e.tagName !== "A" && (r.width < 44 || r.height < 40));
	}).map(e => e.outerHTML.slice(0, 80))`)
	if len(blocked) > 0 {
		t.Errorf("a finger does not reach %q", blocked)
	}
}

// pageScreens goes through the screens of a payment that does not go smoothly.
func pageScreens(t *testing.T, s *site, b *tab) {
	b.open(s.page(0))
	for i, c := range []struct {
		way, brand, card string
		amount           int64
		play             func()
	}{
		{"tap", "VISA", "visa:005", 1310, func() { b.screen("declined", "EUR 13.10"); b.keys(kb.Escape); b.screen("cancelled") }},
		{"tap", "VISA", "visa:072", 1320, func() { b.screen("insertCard", "Insert card"); b.pick("tap", "VISA", "visa:072"); b.screen("pin") }},
		{"tap", "VISA", "visa:070", 1330, func() { b.screen("pin") }},
		{"insert", "MASTERCARD", "mastercard:000", 1340, func() { b.screen("pin") }},
		{"tap", "MAESTRO", "maestro:000", 1345, func() { b.screen("approved") }},
		{"tap", "BANCONTACT", "bancontact:100", 1350, func() { b.screen("processing", "Please wait") }},
	} {
		id := fmt.Sprintf("page-%t-%d", b.small, i)
		s.ask(id, c.amount)
		b.screen("presentCard", fmt.Sprintf("EUR %d.%02d", c.amount/100, c.amount%100))
		b.pick(c.way, c.brand, c.card)
		c.play()
		if !ask[bool](b, `(r => r.top < innerHeight && r.bottom > 0)(document.querySelector("#screen h2").getBoundingClientRect())`) {
			t.Errorf("%s: what the terminal asks is out of sight", c.card)
		}
		if s.state(s.tid()).Screen.Name == "pin" {
			for _, key := range []string{"1", "2", "3", "4", "ok"} {
				b.click(`[data-key="` + key + `"]`)
			}
			b.screen("approved")
		}
	}
	b.screenWithin(15*time.Second, "notCompleted", "EUR 13.50")
}

// loseAnswer starts a payment whose answer the terminal loses; the terminal waits 20 s before it
// says so. What it returns looks at the rest.
func loseAnswer(t *testing.T, s *site, b *tab) func(*testing.T) {
	b.open(s.page(1))
	b.screen("idle")
	b.click(`[data-fault="drop-answer"]`)
	b.await(10*time.Second, `document.querySelector('[data-fault="drop-answer"]').getAttribute("aria-pressed") === "true"`)
	s.askAt(1, s.facts.GroupKey, "page-lost", "lost", 1700)
	b.screen("presentCard", "EUR 17.00")
	b.click(".shelf " + cardButton("visa:000"))
	b.screen("processing", "EUR 17.00")
	return func(t *testing.T) {
		b := b.forTest(t)
		b.screenWithin(30*time.Second, "resultLost", "Result not known", "Do not pay again", "EUR 17.00")
		b.size(360, 740)
		b.fits()
		b.click(`[data-fault="drop-answer"]`)
		b.screenWithin(30*time.Second, "approved", "EUR 17.00")
		b.await(10*time.Second, `document.querySelectorAll("#paper .paper").length === 1`)
		if o := s.order("page-lost"); o.Status != "completed" {
			t.Errorf("the order is %s", o.Status)
		}
	}
}
