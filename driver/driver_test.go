package driver_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa/charging"
	"kassa/driver"
)

func at(minute int) time.Time { return time.Date(2026, 7, 1, 10, minute, 0, 0, time.UTC) }

// paid is a session that cost more than was held, of which a part was captured.
func paid() charging.Session {
	return charging.Session{
		New: charging.New{
			Ref: "REF1", EVSE: "E1", Currency: "EUR", Hold: 5000, Language: "nl",
			Rates: charging.Rates{Energy: "0.50", Idle: "6", IdleFrom: 30},
			Place: charging.Place{Operator: "Laadnet <b>", Name: "Kade", Address: "Kade 1", City: "Amsterdam", TimeZone: "Europe/Amsterdam", Help: "+31201234567", EVSEID: "NL*LAD*E1", Label: "A1",
				Tariff: map[string]string{"nl": "Laadtarief", "en": "Charging"}},
		},
		State:  charging.Settled,
		Order:  charging.HoldView{State: charging.HoldHeld, Amount: 5000, Captured: 5000, Done: true, Card: charging.Card{Lines: []string{"VISA", "PAN: **** 0004", "Auth: 000001"}}},
		Report: charging.Report{SessionID: "S1", Status: charging.Completed, Energy: "120.5", StartedAt: at(0), EndedAt: at(42)},
		Price:  6000, Short: 1000,
		CDRs:     []charging.CDR{{ID: "C1", Price: 6000, Currency: "EUR", SignedURL: "https://meter.example/1", Taxes: []charging.Tax{{Name: "VAT", Percent: "21", Gross: 6000, Amount: 1041}}}},
		Invoices: []charging.Invoice{{Number: 7, Year: 2026, At: at(50), Amount: 6000, Taxes: []charging.Tax{{Name: "VAT", Percent: "21", Gross: 6000, Amount: 1041}}}},
	}
}

type pages struct {
	t       *testing.T
	session charging.Session
	fail    error
}

func (p *pages) get(path, accept string) (int, http.Header, string) {
	p.t.Helper()
	h, err := driver.New(driver.Config{Now: time.Now, Session: func(ref string) (charging.Session, bool, error) {
		return p.session, strings.EqualFold(ref, p.session.Ref), p.fail
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Language", accept)
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return w.Code, w.Header(), strings.Join(strings.Fields(string(body)), " ")
}

// TestTheReceiptSaysItAll: what the law and the schemes ask for is on the page, in the driver's language, in the place's
// time, and no text of an operator becomes HTML.
func TestTheReceiptSaysItAll(t *testing.T) {
	p := &pages{t: t, session: paid()}
	status, head, page := p.get("/r/ref1", "fr")
	if status != 200 || head.Get("Content-Language") != "nl" || head.Get("Cache-Control") != "no-store" || !strings.Contains(head.Get("X-Robots-Tag"), "noindex") || head.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d %v", status, head)
	}
	for _, want := range []string{
		"Laadnet &lt;b&gt;", "Kade, Kade 1, Amsterdam", "A1", "NL*LAD*E1", "2026-07-01 12:00 CEST", "2026-07-01 12:42 CEST", "<dd>42</dd>", "120,5 kWh",
		"per kWh", "EUR 0,50", "per minuut zonder laden vanaf minuut 30", "EUR 0,10", "Laadtarief", "EUR 49,59", "VAT 21 %", "EUR 10,41", "EUR 60,00",
		"Betaald</dt><dd>EUR 50,00", "Open</dt><dd>EUR 10,00", "PAN: **** 0004", "2026-000007", `href="https://meter.example/1"`, "tel:&#43;31201234567", "REF1",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "http-equiv=\"refresh\"") || strings.Contains(page, "<script") {
		t.Error("a receipt stands still")
	}
	if _, head, page := p.get("/r/REF1?lang=en", "fr"); head.Get("Content-Language") != "en" || !strings.Contains(page, "EUR 49.59") {
		t.Error("the language that is asked for counts")
	}
}

// TestEachStateHasItsWords in every language, and links lead only to the web.
func TestEachStateHasItsWords(t *testing.T) {
	for _, state := range []charging.State{
		charging.Authorising, charging.Starting, charging.Charging, charging.Stopping, charging.AwaitingPrice, charging.Priced, charging.Settling, charging.Releasing,
		charging.Declined, charging.Released, charging.Settled, charging.Failed, charging.Expired,
	} {
		seen := map[string]bool{}
		for _, lang := range []string{"en", "nl", "fr", "it", "es"} {
			s := paid()
			s.State, s.InvoiceBase = state, "javascript:alert(1)//"
			s.CDRs[0].SignedURL = "javascript:alert(2)"
			p := &pages{t: t, session: s}
			status, _, page := p.get("/r/REF1?lang="+lang, "")
			_, rest, _ := strings.Cut(page, "<h1>")
			title, rest, _ := strings.Cut(rest, "</h1> <p>")
			lead, _, _ := strings.Cut(rest, "</p>")
			if status != 200 || title == "" || lead == "" || seen[lead] || strings.Contains(page, "<dt></dt>") || strings.Contains(page, "javascript:") {
				t.Errorf("%s in %s: %d %q %q", state, lang, status, title, lead)
			}
			seen[lead] = true
		}
	}
}

// TestWhoMakesTheInvoice: the operator's own is linked by the reference.
func TestWhoMakesTheInvoice(t *testing.T) {
	s := paid()
	s.InvoiceBy, s.InvoiceBase, s.Invoices = charging.InvoiceByOperator, "https://bills.example/i/", nil
	p := &pages{t: t, session: s}
	if _, _, page := p.get("/r/REF1", ""); !strings.Contains(page, `href="https://bills.example/i/REF1"`) || strings.Contains(page, "2026-000007") {
		t.Errorf("%.400s", page)
	}
}

// TestOfNothingThereIsAPageToo: friendly, in the browser's language.
func TestOfNothingThereIsAPageToo(t *testing.T) {
	p := &pages{t: t, session: paid()}
	for _, path := range []string{"/r/NONE", "/r/", "/r/a/b"} {
		if status, _, page := p.get(path, "es-MX,en;q=0.5"); status != 404 || !strings.Contains(page, "No existe esta sesión") {
			t.Errorf("%s: %d %.300s", path, status, page)
		}
	}
	p.fail = errors.New("disk")
	if status, _, page := p.get("/r/REF1", ""); status != 503 || strings.Contains(page, "disk") {
		t.Errorf("%d %.300s", status, page)
	}
}
