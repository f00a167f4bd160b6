package dashboard_test

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/dashboard"
	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
	"kassa/store/sqlite"
)

// world is a store with orders that went through the language of a payment, and the pages over it.
type world struct {
	service   dashboard.Jobs
	t         *testing.T
	store     *sqlite.Store
	pages     *dashboard.Handler
	calls     *dashboard.Calls
	now       time.Time
	number    int64
	versions  map[string]uint64
	terminals []dashboard.Terminal
	strays    []dashboard.Device
	webhooks  []dashboard.Webhook
	rungs     []doctor.Rung
	verdict   doctor.Verdict
	doctor    *practice
	cases     *folder
	sessions  *sessions
}

const (
	bar   = "00000ABC"
	key   = "test_0123456789ABCDEFGHIJabcdefghij12345"
	other = "test_ZZZ3456789ABCDEFGHIJabcdefghij1zzzz"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{
		t: t, store: store, now: time.Date(2026, 11, 25, 14, 15, 0, 0, time.UTC), number: 1795617300000000,
		versions: make(map[string]uint64), doctor: &practice{}, cases: &folder{},
	}
	w.sessions = &sessions{by: map[string]charging.Session{}, now: func() time.Time { return w.now }}
	w.terminals = []dashboard.Terminal{{
		TID: bar, Name: "Bar 1", GroupID: "107265", Group: "Bar", Merchant: "Bar De Punt",
		Device: dashboard.Device{POIID: "P2-KS00000001", Seen: true, Online: true, Configured: true, KCV: "AB12", Since: w.now, LastSeen: w.now},
	}}
	w.calls = dashboard.NewCalls(func() time.Time { return w.now }, func(k string) (dashboard.Key, bool) {
		return dashboard.Key{Hint: "2345", Print: "0a1b2c3d", Holder: "group Bar", Group: "107265", Variable: "KASSA_MSP_KEY"}, k == key
	})
	w.pages, err = dashboard.New(dashboard.Config{
		Charging: w.sessions, Records: store, Feed: store, Estate: w, Calls: w.calls, Simulation: "/sim/terminals/", Environment: "test",
		Webhooks: func([]uint64) ([]dashboard.Webhook, error) { return w.webhooks, nil },
		Test: func(_ context.Context, tid string, each func(doctor.Rung) bool) (doctor.Verdict, bool) {
			for _, r := range w.rungs {
				if !each(r) {
					return doctor.Verdict{}, false
				}
			}
			return w.verdict, tid == bar
		},
		Service: func(string) dashboard.Jobs { return w.service },
		Cases:   w.cases, CaseFiles: w.cases,
		Doctor: w.doctor, Causes: dashboard.Causes{
			Rules: []doctor.Rule{
				{ID: "NET-01", Code: "wifi_lost", Look: func(*doctor.Chart) doctor.Sign { return doctor.Sign{} }, Says: doctor.Says{Title: words("It lost its Wi-Fi on {network}")}},
				{ID: "DISP-02", Code: "logo_cached", Says: doctor.Says{Title: words("Old logo")}},
			},
			Hits: func(code string) dashboard.Hits {
				return map[string]dashboard.Hits{"wifi_lost": {Found: 3, Yes: 2, No: 1}}[code]
			},
			Contacts: map[doctor.Contact]string{doctor.PointOfSale: "+31 20 0000000"},
		},
		Receipt: func(o kassa.Order) (string, bool) { return "RECEIPT " + o.Ref, o.Status == kassa.Completed },
		Now:     func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) Terminals() []dashboard.Terminal { return w.terminals }
func (w *world) Strays() []dashboard.Device      { return w.strays }
func (w *world) KeyHint(string) string           { return "2345" }

// order makes an order of 12.50, and gives its stream.
func (w *world) order(ref, description string) string {
	w.t.Helper()
	w.number++
	n := kassa.NewOrder{
		Number: w.number, Dialect: "multisafepay", Account: "10000001", Scope: "107265", Ref: ref, Environment: "test", POIID: "P2-KS00000001",
		TID: bar, MID: "KASSA0000000001", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR}, Description: description,
		Inactivity: time.Minute, Lifetime: 5 * time.Minute,
	}
	_, busy, err := w.store.Holder(bar)
	if err != nil {
		w.t.Fatal(err)
	}
	w.feed("order/"+n.ID(), 0, kassa.Create{Order: n, POIFree: !busy})
	return "order/" + n.ID()
}

// feed gives an input to an order, so long after the last thing that happened.
func (w *world) feed(stream string, after time.Duration, in kassa.Input) {
	w.t.Helper()
	w.now = w.now.Add(after)
	w.number++
	switch i := in.(type) {
	case kassa.ScreenShown:
		i.NextAttempt = w.number
		in = i
	case kassa.Authorise:
		i.NextAttempt = w.number
		in = i
	case kassa.HostAnswered:
		i.NextAttempt = w.number
		in = i
	}
	var o kassa.Order
	if s, ok, err := w.store.Load(stream); err != nil || ok && json.Unmarshal(s.State, &o) != nil {
		w.t.Fatalf("load %s: %v", stream, err)
	}
	next, events, _, refused := o.Step(w.now, in)
	if refused != kassa.None {
		w.t.Fatalf("%T: %s", in, refused)
	}
	state, err := json.Marshal(next)
	if err != nil {
		w.t.Fatal(err)
	}
	c := journal.Change{Stream: stream, Expect: w.versions[stream], State: state, Open: next.Open()}
	if c.Expect == 0 {
		c.Scope = next.Scope
	}
	if next.HoldsPOI() {
		c.Holds = next.TID
	}
	for _, e := range events {
		kind, payload, err := kassa.EncodeEvent(e)
		if err != nil {
			w.t.Fatal(err)
		}
		c.Facts = append(c.Facts, journal.Fact{At: w.now, Kind: kind, Scope: next.Scope, Payload: payload})
	}
	w.commit(c)
}

func (w *world) commit(c journal.Change) {
	w.t.Helper()
	if _, err := w.store.Commit(w.t.Context(), journal.Batch{c}); err != nil {
		w.t.Fatal(err)
	}
	w.versions[c.Stream]++
}

// facts appends to a stream without changing its state.
func (w *world) facts(stream string, facts ...journal.Fact) {
	w.t.Helper()
	s, _, err := w.store.Load(stream)
	if err != nil {
		w.t.Fatal(err)
	}
	w.commit(journal.Change{Stream: stream, Expect: w.versions[stream], State: s.State, Open: s.Open, Facts: facts})
}

func (w *world) linkDown(reason string) {
	w.t.Helper()
	payload, err := json.Marshal(estate.LinkDown{POIID: "P2-KS00000001", Reason: reason})
	if err != nil {
		w.t.Fatal(err)
	}
	w.commit(journal.Change{Stream: "links/1", Expect: w.versions["links/1"], State: []byte("{}"),
		Facts: []journal.Fact{{At: w.now, Kind: "LinkDown", Scope: "107265", Payload: payload}}})
}

func tap(request int, stan string) kassa.Authorise {
	return kassa.Authorise{
		Request: request, Entry: kassa.Contactless, STAN: stan, RRN: "632914" + stan,
		Card: kassa.CardFacts{BIN: "476173", Last4: "0004", Brand: "VISA", AID: "A0000000031010", Label: "Visa Debit", Expiry: "3112", PSN: "00", CVM: kassa.CVMNone, SingleTap: true},
	}
}

func approved(request int) kassa.HostAnswered {
	return kassa.HostAnswered{Request: request, ResponseCode: "00", AuthCode: "705151", Approved: kassa.Money{Minor: 1250, Currency: kassa.EUR}}
}

// get reads a page that must be there; its whole text must hold each of these.
func (w *world) get(path string, wants ...string) string {
	w.t.Helper()
	return w.answer(http.StatusOK, path, wants...)
}

func (w *world) answer(status int, path string, wants ...string) string {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
	text := rec.Body.String()
	if rec.Code != status {
		w.t.Fatalf("GET %s: %d %s", path, rec.Code, text)
	}
	for _, want := range wants {
		if !strings.Contains(html.UnescapeString(text), want) {
			w.t.Errorf("GET %s does not say %q:\n%s", path, want, text)
		}
	}
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
		w.t.Errorf("GET %s has the policy %q", path, csp)
	}
	for _, inline := range []string{"<script>", " style=", "<style", " onclick", "javascript:"} {
		if strings.Contains(strings.ToLower(text), inline) {
			w.t.Errorf("GET %s holds %q", path, inline)
		}
	}
	return text
}

func id(stream string) string { return strings.TrimPrefix(stream, "order/") }

func nowhere() time.Time { return time.Time{} }
