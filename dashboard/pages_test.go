package dashboard_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/dashboard"
	"kassa/journal"
)

func TestEmptyPageSaysTheFirstCommand(t *testing.T) {
	w := newWorld(t)
	w.get("/", "No payment yet.", `curl -sS "$KASSA_URL/v1/json/orders?api_key=$KASSA_MSP_KEY"`, `"terminal_id":"00000ABC"`,
		"bin/kassa card tap visa --terminal 00000ABC", "…2345", "1 of 1 online", "nothing to pay", `href="/sim/terminals/P2-KS00000001"`)
	w.get("/calls/", "No call yet.")
	w.terminals = nil
	w.get("/", "There is no terminal yet.", "0 of 0 online")
}

func TestListShowsPaymentsNewestFirst(t *testing.T) {
	w := newWorld(t)
	first := w.order("table-1", "2 coffees")
	w.feed(first, time.Second, kassa.ScreenShown{Screen: "presentCard"})
	w.feed(first, time.Second, tap(1, "000001"))
	w.feed(first, time.Second, approved(1))
	second := w.order("table-2", "")
	w.feed(second, time.Second, kassa.ScreenShown{Screen: "presentCard"})
	w.now = w.now.Add(9 * time.Second)
	page := w.get("/", "EUR 12.50", "Completed", "Visa •••• 0004", "2 coffees", "On the terminal", "Present card", "10 s ago", "13 s ago",
		`datetime="2026-11-25T14:15:03.000Z"`, `href="/payments/`+id(first)+`"`)
	if strings.Index(page, id(second)) > strings.Index(page, `id="p-`+id(first)) {
		t.Error("the newer payment is not first")
	}
	if glass := regexp.MustCompile(`(?s)class="glass used".*?</p>`).FindString(page); !strings.Contains(glass, "table-2") {
		t.Errorf("the terminal shows %q", glass)
	}
	for q, want := range map[string]string{
		"q=TABLE-1": id(first), "q=0004": id(first), "q=705151": id(first), "q=coffee": id(first), "q=" + strings.ToLower(id(second)): id(second),
		"q=bar+1&terminal=" + bar: id(second),
	} {
		if got := w.get("/?" + q); !strings.Contains(got, `id="p-`+want) {
			t.Errorf("%s does not find %s", q, want)
		}
	}
	w.get("/?q=nothing-like-it", "No payment fits.", "2 were looked at")
	if got := w.get("/?terminal=00000XYZ"); strings.Contains(got, `id="p-`) {
		t.Error("another terminal's payments are listed")
	}
}

func TestListHasPages(t *testing.T) {
	w := newWorld(t)
	for i := range 120 {
		o := w.order(fmt.Sprintf("n-%03d", i), "")
		w.feed(o, 0, kassa.Cancel{})
	}
	seen := map[string]bool{}
	path, pages := "/", 0
	for path != "" && pages < 10 {
		page := w.get(path)
		for _, m := range regexp.MustCompile(`<b>(n-\d+)</b>`).FindAllStringSubmatch(page, -1) {
			if seen[m[1]] {
				t.Fatalf("%s is on two pages", m[1])
			}
			seen[m[1]] = true
		}
		pages++
		path = ""
		if m := regexp.MustCompile(`<a href="([^"]+)" rel="next"`).FindStringSubmatch(page); m != nil {
			path = m[1]
		}
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("%d payments on %d pages", len(seen), pages)
	}
	w.get("/?q=n-00", "n-000", "n-009")
}

func TestTerminalStates(t *testing.T) {
	w := newWorld(t)
	ago := w.now.Add(-time.Hour)
	device := func(change func(*dashboard.Device)) dashboard.Terminal {
		d := w.terminals[0]
		change(&d.Device)
		return d
	}
	for name, c := range map[string]struct {
		is    dashboard.Terminal
		wants []string
	}{
		"online": {device(func(d *dashboard.Device) { d.Since = ago }), []string{"Online", "for 1 h"}},
		"stale": {device(func(d *dashboard.Device) {
			d.Online, d.State, d.Reason, d.Since = false, "stale", "its link is there, and silent", ago
		}), []string{"Stale", "silent", "for 1 h"}},
		"unknown": {device(func(d *dashboard.Device) { d.Online, d.State, d.Reason = false, "unknown", "the cloud was restarted" }), []string{"Unknown", "restarted"}},
		"not enabled": {device(func(d *dashboard.Device) {
			d.Online, d.Disabled, d.Reason = false, true, "the WebSocket connection is not enabled"
		}), []string{"Not enabled", "not enabled"}},
		"clone":         {device(func(d *dashboard.Device) { d.Clone = ago }), []string{"may have been copied"}},
		"offline":       {device(func(d *dashboard.Device) { d.Online, d.Reason, d.Since = false, "no heartbeat", ago }), []string{"Offline", "no heartbeat", "for 1 h"}},
		"not seen":      {device(func(d *dashboard.Device) { d.Online, d.Since, d.LastSeen = false, time.Time{}, time.Time{} }), []string{"Offline", "no link since the cloud was started"}},
		"never":         {device(func(d *dashboard.Device) { d.Online, d.Seen, d.Since = false, false, time.Time{} }), []string{"Never connected"}},
		"not activated": {dashboard.Terminal{TID: bar, Name: "Bar 1", CreatedAt: ago}, []string{"Not activated", "activation code"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.terminals = []dashboard.Terminal{c.is}
			for _, path := range []string{"/", "/terminals/", "/terminals/" + bar} {
				w.get(path, c.wants...)
			}
		})
	}
	w.t = t
	w.strays = []dashboard.Device{{POIID: "P2-KS00000009"}, {POIID: "P2-KS00000008", Seen: true, Online: true, Since: ago}}
	w.get("/", "Devices without a terminal", "P2-KS00000009", "Never connected", "waits for an activation code")
	w.answer(404, "/terminals/00000XYZ", "There is no terminal 00000XYZ")
}

func TestPaymentTellsEverything(t *testing.T) {
	w := newWorld(t)
	o := w.order("table-7", "lunch")
	w.feed(o, 120*time.Millisecond, kassa.ScreenShown{Screen: "presentCard"})
	w.feed(o, 8200*time.Millisecond, tap(1, "000001"))
	w.feed(o, 300*time.Millisecond, kassa.HostAnswered{Request: 1, ResponseCode: "70", Reason: kassa.SoftDeclinePIN})
	w.feed(o, 0, kassa.ScreenShown{Screen: "pin"})
	again := tap(2, "000002")
	again.FollowUpOf, again.Card.CVM = 1, kassa.CVMOnlinePIN
	w.feed(o, 3*time.Second, again)
	w.feed(o, 20*time.Second, approved(2))
	w.feed(o, time.Second, kassa.AskRefund{Number: w.number + 100, Amount: 250, Currency: kassa.EUR, STAN: "000003", RRN: "632914000003"})
	w.webhooks = []dashboard.Webhook{{
		ID: "1", Event: "completed", Method: "POST", URL: "https://till.example/hook", Status: "waiting", Due: w.now.Add(15 * time.Minute),
		Body: `{"order_id":"table-7"}`,
		Tries: []dashboard.WebhookTry{{At: w.now, Took: 12 * time.Millisecond, Status: 200, Reply: "thanks",
			Failure: "your body lacks OK: the first 100 bytes must hold OK or MULTISAFEPAY_OK"}},
	}}
	page := w.get("/payments/"+id(o), "Partly refunded", "Approved by the bank with code 705151, the card was tapped, PIN checked by the bank.",
		"Shown on screen: Present card", "Shown on screen: PIN", "Soft decline", "70 PIN required", "+8.2 s", "waiting for the customer", "20 s",
		"waiting for the acquirer", "000002", "632914000001", "A0000000031010", "Visa Debit", "12/31", "no PIN was needed", "contactless",
		"Refund of EUR 2.50 accepted", "632914000003", "RECEIPT table-7", "your body lacks OK", "HTTP 200", "12 ms", "Next try", "in 15 min 0 s",
		"120 ms to the screen", "PIN checked by the bank")
	if n := strings.Count(page, `class="gap"`); n != 2 {
		t.Errorf("%d gaps are drawn", n)
	}
	if n := strings.Count(page, "on-screen"); n != 2 {
		t.Errorf("%d rows of what the screen shows", n)
	}
	w.answer(404, "/payments/NOPE", "There is no payment NOPE")
	w.get("/payments/"+strings.ToLower(id(o)), "table-7")
}

func TestPaymentThatIsReversed(t *testing.T) {
	w := newWorld(t)
	o := w.order("lost-1", "")
	w.feed(o, time.Second, kassa.ScreenShown{Screen: "presentCard"})
	w.feed(o, time.Second, tap(1, "000001"))
	w.feed(o, 15*time.Second, kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalTimeout})
	w.get("/payments/"+id(o), "Being reversed", "The answer of the bank is not known; whatever it did is being reversed.", "Reversal owed",
		"no answer in time (4021)", "Owed", "Outcome unknown")
	w.feed(o, time.Second, kassa.ReversalAnswered{Request: 1, ResponseCode: "00"})
	w.get("/payments/"+id(o), "Not completed", "Acknowledged", "Reversal acknowledged", "00 accepted",
		"whatever it did has been reversed.")
}

// TestEveryFactIsTold: a fact that the language gets and the timeline does not know would be told by its
// name in the code.
func TestEveryFactIsTold(t *testing.T) {
	source, err := os.ReadFile("../event.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`func \((\w+)\) event\(\)`).FindAllStringSubmatch(string(source), -1)
	if len(kinds) < 25 {
		t.Fatalf("%d kinds of facts", len(kinds))
	}
	w := newWorld(t)
	o := w.order("every", "")
	for _, k := range kinds {
		if k[1] != "OrderCreated" {
			w.facts(o, journal.Fact{At: w.now, Kind: k[1], Scope: "107265", Payload: []byte("{}")})
		}
	}
	page := w.get("/payments/" + id(o))
	for _, k := range kinds {
		if strings.Contains(page, ">"+k[1]+"<") {
			t.Errorf("%s is told by its name", k[1])
		}
	}
}

func TestHeldMoney(t *testing.T) {
	w := newWorld(t)
	w.number++
	n := kassa.NewOrder{
		Number: w.number, Dialect: "multisafepay", Account: "10000001", Scope: "107265", Ref: "web-1", Environment: "test", Channel: kassa.Ecommerce,
		Capture: kassa.CaptureLater, TID: kassa.EcommerceTID("107265"), MID: "KASSA0000000001", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR},
		Description: "shoes", Inactivity: time.Minute, Lifetime: 5 * time.Minute,
	}
	o := "order/" + n.ID()
	card := tap(1, "").Card
	w.feed(o, 0, kassa.Create{Order: n, Card: &kassa.EnteredCard{Card: card, STAN: "000001", RRN: "632914000001", NextAttempt: w.number + 1}})
	w.feed(o, time.Second, approved(1))
	w.get("/", "Held", "the card was typed in on a page")
	w.get("/payments/"+id(o), "Held until", "Card typed in", "Approved by the bank with code 705151, the card was typed in.")
	w.feed(o, time.Second, kassa.AskCapture{Number: w.number + 50, Currency: kassa.EUR, STAN: "000002", RRN: "632914000002"})
	w.get("/payments/"+id(o), "Capture of EUR 12.50 accepted", "000002", "Being captured")
}

func TestHostileTexts(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("W", 200)
	w.terminals[0].Name, w.terminals[0].Merchant = `<img src=x onerror=alert(1)>`, `"><script>alert(2)</script>`
	o := w.order(`<script>alert(3)</script>`, `<b>`+long)
	w.feed(o, time.Second, kassa.ScreenShown{Screen: `<script>x`})
	n := w.order("4761739001010119", "pay with 4761 7390 0101 0119")
	for _, path := range []string{"/", "/payments/" + id(o), "/payments/" + id(n), "/terminals/" + bar, "/terminals/", "/?q=%3Cscript%3Ealert(9)%3C/script%3E&terminal=%22%3E%3Cb%3E"} {
		page := w.get(path)
		for _, bad := range []string{"<script>alert", "<img", "<b>" + long[:9], "4761739001010119", "4761 7390"} {
			if strings.Contains(page, bad) {
				t.Errorf("GET %s holds %q", path, bad)
			}
		}
	}
	w.get("/", "<script>alert(3)", "************0119")
	for _, path := range []string{"/payments/%3Cscript%3E", "/payments/..%2F..%2F", "/calls/x", "/calls/99999999999999999999", "/nothing", "/static/frame.html"} {
		if page := w.answer(404, path); strings.Contains(page, "<script>") {
			t.Errorf("GET %s holds a script", path)
		}
	}
}

// TestTheWorkOnADevice: an alarm with its steps, developer mode, and the jobs with what comes next.
func TestTheWorkOnADevice(t *testing.T) {
	w := newWorld(t)
	at := time.Now()
	w.service = dashboard.Jobs{Alarm: "0x10 the case was opened", AlarmAt: at, Developer: true, Key: "failed: the device is not connected", Jobs: []dashboard.Job{
		{Kind: "P Serial Tamper", ID: "tamper_test_1", State: "asked", At: at, Says: "0x10 <b>", Next: "kassa tamper approve tamper_test_1"},
	}}
	page := w.get("/terminals/" + bar)
	for _, want := range []string{"Attacked: 0x10 the case was opened", "kassa tamper ask " + bar, "not PCI compliant", "the device is not connected", "kassa tamper approve tamper_test_1", "0x10 &lt;b&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	w.service.Suspected = true
	if page := w.get("/terminals/" + bar); !strings.Contains(page, "a sensor may be damaged") || strings.Contains(page, "kassa tamper ask") {
		t.Error("a damaged sensor is to be unlocked")
	}
	w.service = dashboard.Jobs{}
	if page := w.get("/terminals/" + bar); strings.Contains(page, "Work on the device") {
		t.Error("there is a section of nothing")
	}
}
