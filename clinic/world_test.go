package clinic_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa"
	"kassa/clinic"
	"kassa/doctor"
	"kassa/doctor/book"
	"kassa/estate"
	"kassa/hsm"
	"kassa/journal"
	chargers "kassa/operator"
	"kassa/store/sqlite"
)

var (
	noon     = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	errPower = errors.New("the power is cut")
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mortal is a store whose process may die at the commit of a diagnosis: before it, or after it and before anybody hears.
type mortal struct {
	*sqlite.Store
	mu    sync.Mutex
	dieAt int // of the diagnoses, counted from 1; 0 for never
	after bool
	made  int
	dead  bool
}

func (m *mortal) Commit(ctx context.Context, b journal.Batch) (journal.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.HasPrefix(b[0].Stream, "diagnosis/") {
		m.made++
	}
	switch {
	case m.dead:
		return journal.Receipt{}, errPower
	case m.dieAt == 0 || m.made != m.dieAt:
		return m.Store.Commit(ctx, b)
	}
	m.dead = true
	if m.after {
		if _, err := m.Store.Commit(ctx, b); err != nil {
			return journal.Receipt{}, err
		}
	}
	return journal.Receipt{}, errPower
}

// count is how many diagnoses were committed, and whether the process has died of one.
func (m *mortal) count() (made int, dead bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.made, m.dead
}

// tenant is an account of which every text bears its mark.
type tenant struct {
	mark, account, group, tid, poiid string
	order                            kassa.Order
	key                              string
}

// world is the clinic with the real estate, rules, store and secure module.
type world struct {
	*clinic.Clinic
	t      testing.TB
	store  *mortal
	estate *estate.Registry
	secure *hsm.Module
	heard  strings.Builder // what is logged; read it when nothing runs
	rules  *doctor.Book
	cpos   *chargers.Registry

	mu      sync.Mutex
	now     time.Time
	number  int64
	offline map[string]bool
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlite.Open(filepath.Join(dir, "kassa.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	w := &world{t: t, store: &mortal{Store: store}, now: noon, number: 10_000_000, offline: make(map[string]bool)}
	w.secure, err = hsm.Open(filepath.Join(dir, "hsm"), rand.Reader, hsm.Options{})
	must(t, err)
	w.rules, err = book.Whole()
	must(t, err)
	w.reopen()
	return w
}

// reopen is the same data after the process has ended.
func (w *world) reopen() {
	w.t.Helper()
	w.store.mu.Lock()
	w.store.dead, w.store.dieAt, w.store.made = false, 0, 0
	w.store.mu.Unlock()
	var err error
	w.estate, err = estate.Open(w.store, w.secure, rand.Reader, estate.Test)
	must(w.t, err)
	w.cpos, err = chargers.Open(chargers.Config{Store: w.store.Store, Now: w.clock, NewID: func() (string, error) { return rand.Text(), nil }, Pairings: chargers.Pairings()})
	must(w.t, err)
	w.Clinic, err = clinic.New(clinic.Config{
		Book: w.rules, Records: w.store, Feed: w.store, World: w, Registry: w.estate, FindOrder: w.find, Operators: w.cpos.World, Secret: []byte("paper"),
		Heartbeat: time.Second, Random: rand.Reader, Now: w.clock, Log: slog.New(slog.NewTextHandler(&w.heard, nil)),
	})
	must(w.t, err)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) Link(tid string) doctor.Link {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.offline[tid] {
		return doctor.Link{State: "offline", Since: w.now, Reason: "closed"}
	}
	return doctor.Link{State: "online", Linked: true, Since: noon}
}
func (*world) Probe(context.Context, string) doctor.Probe { return doctor.Probe{} }
func (*world) SignedOn() int                              { return 1 }
func (*world) CheckURL(string) error                      { return nil }
func (*world) May(estate.Key) []string                    { return nil }

// find reads all orders: how they are found is not what is tested.
func (w *world) find(_ context.Context, groups []string, ref string) (kassa.Order, bool, error) {
	streams, err := w.store.Streams("order", "", 10_000)
	for _, s := range streams {
		var o kassa.Order
		if err := json.Unmarshal(s.State, &o); err != nil {
			return o, false, err
		}
		if o.Ref == ref && slices.Contains(groups, o.Scope) {
			return o, true, nil
		}
	}
	return kassa.Order{}, false, err
}

// run follows the journal in the background until the test, or the caller, ends it.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	k := w.Clinic
	go func() {
		_ = k.Run(ctx)
		close(done)
	}()
	return func() { cancel(); <-done }
}

// note writes a fact at the end of a stream.
func (w *world) note(stream, kind, scope string, body any) {
	w.t.Helper()
	w.write(stream, scope, nil, w.fact(kind, scope, body))
}

func (w *world) fact(kind, scope string, body any) journal.Fact {
	w.t.Helper()
	return journal.Fact{At: w.clock(), Kind: kind, Scope: scope, Payload: encoded(w.t, body)}
}

func (w *world) write(stream, scope string, state []byte, facts ...journal.Fact) {
	w.t.Helper()
	found, _, err := w.store.Load(stream)
	must(w.t, err)
	if state == nil {
		state = []byte(`{}`)
	}
	_, err = w.store.Store.Commit(context.Background(), journal.Batch{{Stream: stream, Expect: found.Version, State: state, Scope: scope, Facts: facts}})
	must(w.t, err)
}

func encoded(t testing.TB, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	return text
}

// declined is an order that the issuer refuses.
func (w *world) declined(at tenant, ref, code string, reason kassa.Reason) kassa.Order {
	w.t.Helper()
	w.number++
	eur, now := kassa.Money{Minor: 1250, Currency: "EUR"}, w.clock()
	o := kassa.Order{
		NewOrder: kassa.NewOrder{
			Number: w.number, Dialect: "multisafepay", Account: at.account, Scope: at.group, Ref: ref, TID: at.tid, POIID: at.poiid, Amount: eur,
			Description: at.mark, Environment: "test",
		},
		Status: kassa.Cancelled, End: reason, CreatedAt: now, ModifiedAt: now, EndedAt: now, ShownAt: now,
		Attempts: []kassa.Attempt{{Number: w.number, Status: kassa.AttemptDeclined, Reason: reason, OpenedAt: now, EndedAt: now, Authorisations: []kassa.Authorisation{{
			Request: 1, STAN: "000123", TransmittedAt: now, Amount: eur, State: kassa.HostDeclined, Reason: reason, ResponseCode: code,
		}}}},
	}
	w.write("order/"+o.ID(), at.group, encoded(w.t, o), w.fact("OrderCreated", at.group, map[string]any{"order": o.NewOrder}),
		w.fact("HostDeclined", at.group, map[string]any{"request": 1, "responseCode": code}),
		w.fact("AttemptClosed", at.group, map[string]any{"status": "declined"}))
	return o
}

// opened is a tenant with one of everything.
func (w *world) opened(mark string) tenant {
	w.t.Helper()
	t := tenant{mark: mark, poiid: "P2-" + mark}
	a, err := w.estate.MakeAccount(noon, estate.Account{Name: "Account " + mark})
	must(w.t, err)
	g, err := w.estate.MakeGroup(noon, estate.Group{Account: a.ID, Name: "Group " + mark, Merchant: estate.Merchant{Name: mark, Country: "NL"}})
	must(w.t, err)
	t.account, t.group = a.ID, g.ID
	t.tid = w.terminal(t.group, mark, t.poiid)
	k, _, err := w.estate.MakeKey(noon, estate.NewKey{Name: mark, Account: a.ID, Role: "admin"})
	must(w.t, err)
	t.key = k.ID
	t.order = w.declined(t, mark+"-order", "51", kassa.DeclinedFunds)
	try := map[string]any{"id": mark, "order": "order/" + t.order.ID(), "orderRef": t.order.Ref, "url": "https://" + mark + ".example/hook", "tries": 1,
		"try": map[string]any{"at": noon, "status": 500, "reply": mark}}
	w.note("webhook/"+mark, doctor.WebhookFailed, t.group, try)
	w.note("telemetry/"+t.poiid, doctor.TelemetryReported, t.group, map[string]any{"poiid": t.poiid, "ssid": "wifi-" + mark, "battery": 3})
	must(w.t, w.estate.NoteLinkDown(noon, estate.LinkDown{POIID: t.poiid, Epoch: 1, Reason: mark}))
	return t
}

// terminal boards a terminal and binds a device to it.
func (w *world) terminal(group, mark, poiid string) string {
	w.t.Helper()
	term, code, err := w.estate.BoardTerminal(noon, group, "Terminal "+mark, "")
	must(w.t, err)
	_, err = w.estate.BoardDevice(noon, poiid)
	must(w.t, err)
	n, err := w.estate.AllocateDeviceNumber(noon, poiid)
	must(w.t, err)
	must(w.t, w.estate.RecordInjection(noon, poiid, n, "00000000000000AB", "ABCDEF"))
	must(w.t, w.estate.ConfirmKeys(noon, poiid, "00000000000000AB", "ABCDEF"))
	_, _, no, err := w.estate.Activate(noon, poiid, code)
	must(w.t, err)
	if no.Refused() {
		w.t.Fatal(no.Text())
	}
	return term.TID
}

// await waits until something is so.
func (w *world) await(what string, so func() bool) {
	w.t.Helper()
	poll, end := time.NewTicker(20*time.Millisecond), time.After(60*time.Second)
	defer poll.Stop()
	for !so() {
		select {
		case <-poll.C:
		case <-end:
			w.t.Fatal("not in time: " + what)
		}
	}
}

// all is what an account's reader, or the operator, may list.
func (w *world) all(who clinic.Reader) []clinic.Kept {
	w.t.Helper()
	list, _, err := w.List(who, clinic.Filter{Limit: 5000})
	must(w.t, err)
	return list
}

func operator() clinic.Reader { return clinic.Reader{Operator: true} }

func placeIn(group string) estate.Place { return estate.Place{Group: group} }
