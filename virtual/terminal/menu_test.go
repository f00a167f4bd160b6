package terminal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// set changes settings by the control API's input.
func (r *rig) set(pairs ...string) {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		r.said = ""
		r.do(terminal.SettingChanged{ID: pairs[i], Value: pairs[i+1]})
		if r.said != "" {
			r.t.Fatalf("%s=%s: %s", pairs[i], pairs[i+1], r.said)
		}
	}
}

// touch touches items one after the other; each has to be there.
func (r *rig) touch(items ...string) {
	r.t.Helper()
	for _, id := range items {
		s := r.m.Status().Screen
		if !slices.ContainsFunc(s.Items, func(i terminal.Item) bool { return i.ID == id }) {
			r.t.Fatalf("%s/%s has no item %q: %+v", s.Name, s.Page, id, s.Items)
		}
		r.do(terminal.Touched{Item: id})
	}
}

func (r *rig) wantPage(page string) terminal.Screen {
	r.t.Helper()
	s := r.m.Status().Screen
	if s.Page != page {
		r.t.Fatalf("page %q (%s %q %v %s), want %q", s.Page, s.Name, s.Title, s.Lines, s.Error, page)
	}
	return s
}

// onItsOwn is a terminal out of cloud mode.
func onItsOwn(t *testing.T, pairs ...string) *rig {
	r := ready(t)
	r.set("cloudMode", "off")
	r.set(pairs...)
	r.wantScreen(terminal.ScreenHome)
	return r
}

func TestManualInput(t *testing.T) {
	r := onItsOwn(t)
	r.touch("page:manual")
	r.keys("ok")
	if s := r.wantPage("manual"); s.Error != "Enter an amount" {
		t.Fatalf("screen %+v", s)
	}
	r.keys("4 5 6 corr 0")
	if s := r.wantPage("manual"); s.Field == nil || s.Field.Text != "EUR 4.50" {
		t.Fatalf("field %+v", s.Field)
	}
	r.touch("do:pay")
	r.wantScreen(terminal.ScreenPresentCard)
	s := r.cloud.counter.starts[0]
	if s.Origin != poilink.OriginManual || s.AmountMinor != 450 || s.Currency != "EUR" || !strings.HasPrefix(s.Reference, "00000ABC-") {
		t.Fatalf("start %+v", s)
	}
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenApproved)
	r.wantOrder(s.Reference, terminal.ResultApproved)
	r.wait(6 * time.Second)
	r.wantScreen(terminal.ScreenHome)
	if p := r.paper[0]; p.Reference != s.Reference || p.Amount != "EUR 4.50" {
		t.Fatalf("receipt %+v", p)
	}
	r.touch("page:manual")
	r.keys("1 0 0 ok")
	if again := r.cloud.counter.starts[1].Reference; again == s.Reference {
		t.Fatalf("two orders are %s", again)
	}
}

func TestManualInputByPadAlone(t *testing.T) {
	r := onItsOwn(t)
	r.keys("1 9 9 9 ok") // line 1 is Manual input
	if s := r.cloud.counter.starts; len(s) != 1 || s[0].AmountMinor != 999 {
		t.Fatalf("starts %+v", s)
	}
}

func TestManualInputWithTheOrderOfAQRCode(t *testing.T) {
	for name, tc := range map[string]struct {
		scanned string
		want    poilink.Start
		problem string
	}{
		"plain":        {"order-7", poilink.Start{Reference: "order-7", AmountMinor: 300}, ""},
		"JSON":         {`{"order_id":"order-8","amount":1250,"description":"2 coffees"}`, poilink.Start{Reference: "order-8", AmountMinor: 1250, Description: "2 coffees"}, ""},
		"without":      {`{"order_id":"order-9"}`, poilink.Start{Reference: "order-9", AmountMinor: 300}, ""},
		"no order":     {`{"amount":1250}`, poilink.Start{}, "The order id is not valid"},
		"negative":     {`{"order_id":"a","amount":-5}`, poilink.Start{}, "The order id is not valid"},
		"spaces":       {"not an id", poilink.Start{}, "The order id is not valid"},
		"broken":       {`{"order_id":`, poilink.Start{}, "The QR code cannot be read"},
		"a fraction":   {`{"order_id":"a","amount":1.5}`, poilink.Start{}, "The QR code cannot be read"},
		"beyond int64": {`{"order_id":"a","amount":99999999999999999999}`, poilink.Start{}, "The QR code cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			r := onItsOwn(t, "insertOrder", "on")
			r.touch("page:manual")
			r.keys("3 0 0 ok")
			r.wantPage("order") // asked for, since it is missing
			r.do(terminal.Scanned{Text: tc.scanned})
			if tc.problem != "" {
				if s := r.wantPage("order"); s.Error != tc.problem {
					t.Fatalf("error %q", s.Error)
				}
				return
			}
			r.touch("do:pay")
			s := r.cloud.counter.starts[0]
			if s.Reference != tc.want.Reference || s.AmountMinor != tc.want.AmountMinor || s.Description != tc.want.Description {
				t.Fatalf("start %+v", s)
			}
		})
	}
}

func TestManualInputOffline(t *testing.T) {
	r := onItsOwn(t)
	r.touch("page:manual")
	r.keys("4 5 0")
	r.do(terminal.FaultSet{Fault: terminal.FaultCutLink})
	r.wait(time.Minute)
	r.keys("ok")
	if s := r.wantPage("manual"); s.Error != "No connection to the server" || s.Field.Text != "EUR 4.50" {
		t.Fatalf("screen %+v", s)
	}
}

func TestCloudMode(t *testing.T) {
	r := ready(t)
	if h := r.cloud.hellos[len(r.cloud.hellos)-1]; h.Report == nil || !h.Report.CloudMode || h.Report.Model != "Sunmi P2" {
		t.Fatalf("hello %+v", h.Report)
	}
	r.do(terminal.LogoHeld{})
	r.wantScreen(terminal.ScreenManagerPIN)
	r.keys("9 9 9 9 ok")
	if s := r.wantPage("managerPIN"); s.Error != "Wrong PIN. 4 tries left" {
		t.Fatalf("error %q", s.Error)
	}
	r.keys("1 3 2 4 ok")
	r.wantScreen(terminal.ScreenHome)
	if list := r.cloud.counter.reports; list[len(list)-1].CloudMode {
		t.Fatalf("reports %+v", list)
	}
	r.deliver(r.cloud.pay("X1", 900, "")) // slips through
	r.wantScreen(terminal.ScreenHome)
	if resp := r.cloud.responses; len(resp) != 1 || resp[0].PaymentResponse.Response.ErrorCondition != nexo.ErrorBusy {
		t.Fatalf("responses %+v", resp)
	}
	r.restart()
	r.wantScreen(terminal.ScreenHome)
	if list := r.cloud.counter.reports; list[len(list)-1].CloudMode {
		t.Fatal("the restarted terminal says that it is in cloud mode")
	}
	r.touch("pin:settings")
	r.keys("1 3 2 4 ok")
	r.touch("sub:payment", "set:cloudMode", "back", "back")
	r.wantScreen(terminal.ScreenIdle)
	r.deliver(r.cloud.pay("X1", 900, "")) // the cloud offers it again
	r.wantScreen(terminal.ScreenPresentCard)
	r.do(terminal.SettingChanged{ID: "cloudMode", Value: "off"})
	if r.said == "" || !r.m.Status().CloudMode {
		t.Fatal("the mode changes while a payment is on the screen")
	}
}

func TestWrongPINsLock(t *testing.T) {
	r := ready(t)
	r.do(terminal.LogoHeld{})
	r.keys("9 9 9 9 ok 9 9 9 9 ok 9 9 9 9 ok 9 9 9 9 ok")
	r.restart() // gives no more tries
	r.do(terminal.LogoHeld{})
	r.keys("9 9 9 9 ok 1 3 2 4 ok")
	if s := r.wantPage("managerPIN"); s.Error != "Too many wrong PINs. Wait 15 minutes" {
		t.Fatalf("error %q", s.Error)
	}
	r.wait(16 * time.Minute)
	r.do(terminal.LogoHeld{})
	r.keys("1 3 2 4 ok")
	r.wantScreen(terminal.ScreenHome)
	if all := strings.Join(r.journal, "\n"); strings.Contains(all, "1324") || strings.Contains(all, "9999") {
		t.Fatal("the journal holds a PIN")
	}
}

func TestChangePIN(t *testing.T) {
	r := onItsOwn(t)
	r.touch("pin:settings")
	r.keys("1 3 2 4 ok")
	r.touch("page:security", "page:newPIN")
	r.keys("4 3 2 ok")
	r.keys("4 3 2 1 ok 4 3 2 2 ok")
	if s := r.wantPage("newPIN"); s.Error != "The PINs differ" {
		t.Fatalf("error %q", s.Error)
	}
	r.keys("4 3 2 1 ok 4 3 2 1 ok")
	r.wantPage("security")
	r.restart()
	r.touch("pin:settings")
	r.keys("1 3 2 4 ok")
	r.wantPage("managerPIN")
	r.keys("4 3 2 1 ok")
	r.wantPage("settings")
}

// paid is a terminal on its own with one payment of 12.50 in its history.
func paid(t *testing.T, pairs ...string) *rig {
	r := onItsOwn(t, pairs...)
	r.touch("page:manual")
	r.keys("1 2 5 0 ok")
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
	r.wait(6 * time.Second)
	r.wantScreen(terminal.ScreenHome)
	return r
}

func TestRefundFromTheHistory(t *testing.T) {
	r := paid(t, "allowRefunds", "on")
	r.touch("page:features", "page:history", "past:S1", "page:refund")
	r.keys("1 3 0 0 ok")
	if s := r.wantPage("refund"); s.Error != "At most EUR 12.50" {
		t.Fatalf("error %q", s.Error)
	}
	r.keys("5 0 0 ok")
	r.wantPage("managerPIN")
	r.keys("0 0 0 0 ok")
	r.wantPage("managerPIN")
	r.keys("1 3 2 4 ok")
	if s := r.wantPage("confirm"); s.Title != "Refund EUR 5.00?" {
		t.Fatalf("title %q", s.Title)
	}
	if len(r.cloud.counter.refunds) != 0 {
		t.Fatal("asked for before Confirm")
	}
	r.touch("do:confirm")
	if s := r.wantPage("done"); s.Title != "Refund accepted" || s.Lines[0] != "EUR 5.00" {
		t.Fatalf("screen %+v", s)
	}
	q := r.cloud.counter.refunds[0]
	if q.Exchange != "S1" || q.AmountMinor != 500 || !strings.HasPrefix(q.ID, "00000ABC-R-") {
		t.Fatalf("refund %+v", q)
	}
	last := r.paper[len(r.paper)-1]
	if last.Kind != terminal.PaperRefund || last.Amount != "EUR 5.00" {
		t.Fatalf("paper %+v", last)
	}
	r.touch("do:close")
	s := r.wantPage("past")
	if text := strings.Join(s.Lines, "|"); !strings.Contains(text, "Refund EUR 5.00 accepted") {
		t.Fatalf("lines %q", text)
	}
	r.touch("page:refund")
	if s := r.wantPage("refund"); s.Field.Text != "EUR 7.50" {
		t.Fatalf("the rest is %q", s.Field.Text)
	}
}

func TestRefundIsRefused(t *testing.T) {
	r := paid(t)
	r.touch("page:features", "page:history", "past:S1")
	if s := r.wantPage("past"); slices.ContainsFunc(s.Items, func(i terminal.Item) bool { return i.ID == "page:refund" }) {
		t.Fatal("refunds are off, and the button is there")
	}
	r.do(terminal.RefundAskedFor{Exchange: "S1", AmountMinor: 500, PIN: "1324"})
	if r.said != "Refunds are not allowed on this terminal" {
		t.Fatalf("said %q", r.said)
	}
	r.set("allowRefunds", "on")
	for _, in := range []terminal.RefundAskedFor{
		{"S1", 500, "0000"}, {"S1", 1251, "1324"}, {"S1", 0, "1324"}, {"S1", -5, "1324"}, {"other", 500, "1324"},
	} {
		r.said = ""
		if r.do(in); r.said == "" {
			t.Fatalf("%+v is taken", in)
		}
	}
	if len(r.cloud.counter.refunds) != 0 {
		t.Fatalf("refunds %+v", r.cloud.counter.refunds)
	}
	r.cloud.counter.refusal = "The balance is too low"
	r.do(terminal.RefundAskedFor{Exchange: "S1", AmountMinor: 500, PIN: "1324"})
	if h := r.m.Status().History[0]; h.Refunds[0].State != terminal.RefundRefused || h.Refunds[0].Text != "The balance is too low" || h.RefundedMinor != 0 {
		t.Fatalf("history %+v", h)
	}
}

// TestPowerCutAtEveryRecordOfTipAndRefund cuts the power before each record of a payment with a tip and
// of its refund: one order, one tip, one refund.
func TestPowerCutAtEveryRecordOfTipAndRefund(t *testing.T) {
	begin := func() *rig {
		r := ready(t)
		r.set("tipping", "on", "allowRefunds", "on")
		return r
	}
	walk := func(r *rig) {
		r.do(coffee("web-1"))
		for range 40 {
			s := r.m.Status()
			if r.crashed || len(s.History) > 0 {
				break
			}
			if s.Screen.Name == terminal.ScreenTip {
				r.do(terminal.Touched{Item: "tip:45"})
				continue
			}
			r.react()
		}
		if r.crashed || len(r.m.Status().History) == 0 {
			return
		}
		if h := r.m.Status().History[0]; len(h.Refunds) == 0 {
			r.do(terminal.RefundAskedFor{Exchange: h.Exchange, AmountMinor: h.AmountMinor, PIN: "1324"})
		}
		r.wait(2 * time.Minute)
	}
	whole := begin()
	first := len(whole.journal)
	walk(whole)
	if len(whole.journal)-first < 9 {
		t.Fatalf("%d records: the walk is too short", len(whole.journal)-first)
	}
	for n := first + 1; n <= len(whole.journal); n++ {
		t.Run(fmt.Sprint(n-first), func(t *testing.T) {
			r := begin()
			r.crashAt = n
			walk(r)
			if !r.crashed {
				t.Fatal("no crash")
			}
			r.restart()
			walk(r)
			k := r.cloud.counter
			if len(k.answers) != 1 || len(k.tips) != 1 || len(k.refunds) != 1 || len(r.cloud.settled) != 1 {
				t.Fatalf("orders %d tips %d refunds %d payments %d", len(k.answers), len(k.tips), len(k.refunds), len(r.cloud.settled))
			}
			h := r.m.Status().History
			if len(h) != 1 || h[0].AmountMinor != 495 || h[0].TipMinor != 45 || h[0].RefundedMinor != 495 || h[0].Refunds[0].State != terminal.RefundAccepted {
				t.Fatalf("history %+v", h)
			}
			amount, _ := r.cloud.asks[0].list.Get(0x9F02)
			if hexOf(amount) != "000000000495" {
				t.Fatalf("the card signed %s", hexOf(amount))
			}
		})
	}
}

func TestUnreferencedRefundAndCardCheck(t *testing.T) {
	r := onItsOwn(t)
	r.touch("page:features")
	for _, i := range r.wantPage("features").Items {
		if i.ID == "do:credit" || i.ID == "pin:cardCheck" {
			t.Fatalf("%s without its setting", i.ID)
		}
	}
	r.set("unreferencedRefunds", "on", "allowCardCheck", "on", "tipping", "on")
	r.touch("page:features", "do:credit")
	r.keys("2 5 0 ok 1 3 2 4 ok")
	r.wantScreen(terminal.ScreenPresentCard)
	r.present(terminal.Tap, "visa")
	r.wait(6 * time.Second)
	r.touch("page:features", "pin:cardCheck")
	r.keys("1 3 2 4 ok")
	r.wantScreen(terminal.ScreenPresentCard)
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
	s := r.cloud.counter.starts
	if len(s) != 2 || s[0].Kind != poilink.StartRefund || s[0].AmountMinor != 250 || s[1].Kind != poilink.StartCardCheck || s[1].AmountMinor != 0 {
		t.Fatalf("starts %+v", s)
	}
	h := r.m.Status().History
	if h[0].Type != nexo.PaymentRefund || h[1].Type != nexo.PaymentCardCheck {
		t.Fatalf("history %+v", h)
	}
	kind, _ := r.cloud.asks[0].list.Get(0x9C)
	if hexOf(kind) != "20" {
		t.Fatalf("transaction type %s, want 20 (a refund)", hexOf(kind))
	}
}

func TestClosingBalance(t *testing.T) {
	r := onItsOwn(t)
	r.touch("page:features", "page:closing", "do:day", "do:level", "page:closingHour")
	r.keys("2 4 ok")
	if s := r.wantPage("closingHour"); s.Error != "0 to 23" {
		t.Fatalf("error %q", s.Error)
	}
	r.keys("6 ok")
	r.cloud.counter.balance = poilink.TotalsAnswer{
		From: "2026-11-20T06:00:00+01:00", Until: "2026-11-21T06:00:00+01:00", Currency: "EUR", Rows: []poilink.TotalsRow{
			{Brand: "VISA", Payments: 2, PaymentsMinor: 1300, TipsMinor: 50, Refunds: 1, RefundsMinor: 500},
			{Brand: "MAESTRO", Payments: 1, PaymentsMinor: 250},
		},
	}
	r.touch("do:totals")
	want := []terminal.PaperRow{
		{Left: "From", Right: "20-11-2026 06:00"}, {Left: "Until", Right: "21-11-2026 06:00"}, {Left: "VISA (2)", Right: "EUR 13.00"},
		{Left: "VISA Refund (1)", Right: "EUR 5.00"}, {Left: "MAESTRO (1)", Right: "EUR 2.50"},
		{Left: "of which tips", Right: "EUR 0.50"}, {Left: "Total", Right: "EUR 10.50"},
	}
	for i, row := range r.wantPage("totals").Items[:len(want)] {
		if row.Label != want[i].Left || row.Value != want[i].Right {
			t.Fatalf("row %d: %+v, want %+v", i, row, want[i])
		}
	}
	q := r.cloud.counter.totals[0]
	if q.Day != "2026-11-20" || q.StartHour != 6 || q.Level != poilink.TotalsGroup {
		t.Fatalf("asked %+v", q)
	}
	r.touch("do:printTotals")
	if p := r.paper[0]; p.Kind != terminal.PaperTotals || !slices.Equal(p.Rows, want) {
		t.Fatalf("paper %+v", p)
	}
	r.keys("ok")
	r.wantPage("features")
	r.cloud.counter.balance = poilink.TotalsAnswer{Text: "This server keeps no totals"}
	r.touch("page:closing", "do:totals")
	if s := r.wantPage("closing"); s.Error != "This server keeps no totals" {
		t.Fatalf("error %q", s.Error)
	}
}

func TestLanguages(t *testing.T) {
	for language, want := range map[string][]string{
		"en": {"Manual input", "Amount due", "Present card", "Approved"},
		"nl": {"Handmatige invoer", "Te betalen bedrag", "Presenteer kaart", "Akkoord"},
		"fr": {"Saisie manuelle", "Montant dû", "Présentez la carte", "Accepté"},
		"it": {"Inserimento manuale", "Importo dovuto", "Presentare la carta", "Approvato"},
		"es": {"Entrada manual", "Importe a pagar", "Presente la tarjeta", "Aprobado"},
	} {
		r := onItsOwn(t, "language", language)
		got := []string{r.m.Status().Screen.Items[0].Label}
		r.touch("page:manual")
		got = append(got, r.m.Status().Screen.Title)
		r.keys("4 5 0 ok")
		got = append(got, r.m.Status().Screen.Title)
		r.cloud.host = func(a asked) poilink.AuthorisationResponse {
			if a.Request == 1 {
				return poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Text: "1000 card declined"}
			}
			return poilink.AuthorisationResponse{Verdict: poilink.VerdictApproved}
		}
		r.present(terminal.Tap, "visa")
		if lines := r.m.Status().Screen.Lines; !slices.Contains(lines, "1000 card declined") {
			t.Fatalf("%s: the cloud's own text is gone: %v", language, lines)
		}
		r.wait(4 * time.Second)
		r.present(terminal.Tap, "visa")
		if got = append(got, r.m.Status().Screen.Title); !slices.Equal(got, want) {
			t.Fatalf("%s: %q, want %q", language, got, want)
		}
	}
}

func TestSettingsAreDurable(t *testing.T) {
	r := ready(t)
	for _, s := range r.m.Status().Settings {
		value := map[terminal.SettingKind]string{terminal.Number: "7", terminal.Text: ""}[s.Kind]
		if s.Kind == terminal.Toggle || s.Kind == terminal.Choice {
			value = s.Choices[len(s.Choices)-1]
		}
		r.set(s.ID, value)
		r.said = ""
		if r.do(terminal.SettingChanged{ID: s.ID, Value: "\n"}); r.said == "" {
			t.Fatalf("%s takes a line feed", s.ID)
		}
	}
	before := fmt.Sprint(r.m.Status().Settings)
	if r.restart(); fmt.Sprint(r.m.Status().Settings) != before {
		t.Fatalf("after %v before %v", r.m.Status().Settings, before)
	}
	r.said = ""
	if r.do(terminal.SettingChanged{ID: "pin", Value: "0000"}); r.said == "" {
		t.Fatal("what is no setting can be set")
	}
}

func TestAMenuThatNobodyTouchesCloses(t *testing.T) {
	r := ready(t)
	r.do(terminal.LogoHeld{})
	r.wait(3 * time.Minute)
	r.wantScreen(terminal.ScreenIdle)
	r.do(terminal.LogoHeld{})
	r.deliver(r.cloud.pay("X1", 900, ""))
	r.wantScreen(terminal.ScreenPresentCard) // a payment comes first
}
