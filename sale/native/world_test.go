package native_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa"
	"kassa/auth"
	"kassa/charging"
	"kassa/engine"
	"kassa/estate"
	"kassa/hsm"
	"kassa/journal"
	"kassa/sale/native"
	"kassa/store/sqlite"
)

// world is the API over HTTP, with the real engine, estate and store, and the real table of who may do
// what. Its terminals and its acquirer are the test itself.
type world struct {
	bench   *bench
	ward    *practice
	cases   folder
	charges *charges
	t       *testing.T
	store   *sqlite.Store
	estate  *estate.Registry
	engine  *racing
	server  *httptest.Server
	sent    map[string]native.Delivery
	// token is the operator's key; keys are others by their name.
	token string
	keys  map[string]string

	mu    sync.Mutex
	reach map[string]native.Reach
	probe map[string]native.Probed
	nudge []chan string
	wall  time.Time     // zero for the true one
	fail  error         // of writes
	held  chan struct{} // until when probes wait; nil for not at all
}

// racing is the engine, with somebody who is faster than a refund.
type racing struct {
	*engine.Engine
	first func()
}

func (r *racing) Refund(ctx context.Context, dialect, scope, ref string, ask kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error) {
	if first := r.first; first != nil {
		r.first = nil
		first()
	}
	return r.Engine.Refund(ctx, dialect, scope, ref, ask)
}

// nobody takes what the engine sends: the test answers in their place.
type nobody struct{}

func (nobody) Take(kassa.NewOrder, kassa.Effect) {}
func (nobody) Tell(kassa.NewOrder, kassa.Effect) {}

func (w *world) Acquirer() native.AcquirerStatus { return native.AcquirerStatus{SignedOn: 2} }
func (w *world) Store() native.StoreStatus       { return native.StoreStatus{Commits: 3, Batches: 8} }

// callers is the real guard.
type callers struct{ *auth.Guard }

func (c callers) Identify(key, remote string) (native.Caller, native.Stranger) {
	who, problem := c.Guard.Identify(key, remote)
	if problem.Bad() {
		codes := map[estate.KeyProblem]string{
			estate.KeyUnknown: "unauthorised", estate.KeyRevokedAlready: "key_revoked", estate.KeyExpired: "key_expired",
			estate.KeyOtherEnvironment: "other_environment", estate.KeyOtherNetwork: "key_network",
		}
		return native.Caller{}, native.Stranger{Code: codes[problem.Code], Text: problem.Text()}
	}
	found := native.Caller{Key: who.KeyID, Account: who.Account, Group: who.Group, Role: who.Role}
	for _, p := range auth.Permissions() {
		if who.Can(p) {
			found.May = append(found.May, p)
		}
	}
	return found, native.Stranger{}
}

func (callers) Permissions(role estate.Role) (list []estate.Permission) {
	for _, p := range auth.Permissions() {
		if auth.Allows(role, p) {
			list = append(list, p)
		}
	}
	return list
}

// Reach, Changes, History and Probe are terminals that the test holds in its hands.
func (w *world) Reach(tid string) native.Reach {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r, ok := w.reach[tid]; ok {
		return r
	}
	return native.Reach{State: "offline", Reason: "never_connected", Words: "it has never connected", Enabled: true}
}

func (w *world) setReach(tid string, r native.Reach) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reach[tid] = r
	for _, c := range w.nudge {
		select {
		case c <- tid:
		default:
		}
	}
}

func (w *world) Changes(context.Context) <-chan string {
	c := make(chan string, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nudge = append(w.nudge, c)
	return c
}

func (w *world) History(string) []native.Transition {
	return []native.Transition{{At: noon, State: "online"}, {At: noon.Add(time.Hour), State: "offline", Reason: "link_lost"}}
}

func (w *world) Probe(_ context.Context, tid string, full bool) (native.Probed, error) {
	w.mu.Lock()
	p, ok := w.probe[tid]
	held := w.held
	w.mu.Unlock()
	if held != nil {
		<-held
	}
	if !ok {
		return p, errors.New("the terminal is offline")
	}
	if !full {
		p.Checks = nil
	}
	return p, nil
}

func (w *world) CheckURL(url string) error {
	if !strings.HasPrefix(url, "https://") {
		return errors.New("must begin with https://")
	}
	return nil
}

func (w *world) Test(_ context.Context, e estate.Endpoint) (native.Tested, error) {
	return native.Tested{Header: http.Header{"Webhook-Id": {"1"}}, Body: "{}", Try: native.Try{At: noon, Status: 200}}, nil
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A dialect that tells of what is completed, and of nothing else.
func (w *world) Notice(e journal.Entry, now time.Time) (native.Notice, bool, error) {
	switch e.Kind {
	case "OrderCompleted":
		return native.Notice{Event: "completed", Order: e.Stream, Query: fmt.Sprintf("timestamp=%d", now.Unix()), Body: "{}"}, true, nil
	case "OrderCancelled":
		return native.Notice{}, false, fmt.Errorf("cannot be rendered")
	}
	return native.Notice{}, false, nil
}

func (w *world) Judge(_ string, status int, reply []byte) string {
	if status == 200 && string(reply) == "OK" {
		return ""
	}
	return "your body lacks OK"
}

func (w *world) State() (native.ClockState, error) { return native.ClockState{Now: time.Now()}, nil }

func (w *world) Advance(_ context.Context, by time.Duration) (native.Moved, error) {
	if by == time.Hour {
		return native.Moved{}, native.ErrLiveClock
	}
	return native.Moved{ClockState: native.ClockState{Ahead: by.String()}}, nil
}

func (w *world) Streams(seq uint64) ([]string, error) {
	return []string{fmt.Sprintf("webhook/%016d", seq)}, nil
}

func (w *world) Read(s journal.Stream) (d native.Delivery, err error) {
	return d, json.Unmarshal(s.State, &d)
}

func (w *world) Resend(_ context.Context, id string) (native.Delivery, error) {
	d, ok := w.sent[id]
	switch {
	case !ok:
		return d, native.ErrNoDelivery
	case d.Status == "waiting":
		return d, native.ErrUnderWay
	}
	d.Status = "waiting"
	return d, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, store: store, sent: map[string]native.Delivery{}, keys: map[string]string{},
		reach: map[string]native.Reach{}, probe: map[string]native.Probed{},
	}
	w.makeEstate()
	now := engine.Clock(time.Now, time.Time{})
	machine, err := engine.New(store, nobody{}, nobody{}, now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w.engine = &racing{Engine: machine}
	w.bench = &bench{estate: w.estate}
	w.cases = folder{}
	w.charges = &charges{by: map[string]charging.Session{}}
	w.ward = &practice{made: map[string]native.Diagnosis{}}
	operators := w.operators()
	h, err := native.New(native.Config{
		Environment: estate.Test, Doctor: w.ward, Rules: w.ward.rules(), Registry: w.estate, Callers: callers{auth.NewGuard(w.estate, time.Now, "https://live.example")},
		Links: w, Parts: w, Orders: w.engine, Records: store, Feed: store, Notices: w, Deliveries: w, Papers: w, Clock: w, Webhooks: w, Board: &board{}, Workshop: w.bench, Logs: w.bench, Cases: w.cases, CaseFiles: w.cases, Connections: connections{}, Operators: operators, Placing: operators, ProviderKeys: keyless{operators}, Charges: w.charges,
		Write: w.write, Heartbeat: 10 * time.Second, Dialects: []string{"multisafepay"}, Now: time.Now, Wall: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.engine.Run(ctx) }()
	t.Cleanup(func() {
		w.server.CloseClientConnections()
		w.server.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) Ignore(_ context.Context, id string) (native.Delivery, error) {
	d, ok := w.sent[id]
	switch {
	case !ok:
		return d, native.ErrNoDelivery
	case d.Status != "waiting":
		return d, native.ErrUnderWay
	}
	d.Status = "parked"
	return d, nil
}

// makeEstate makes account 1 with the groups 100 and 200, account 2 with 300, and a key of each kind.
func (w *world) makeEstate() {
	w.t.Helper()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	secure, err := hsm.Open(filepath.Join(w.t.TempDir(), "hsm"), rand.Reader, hsm.Options{})
	must(err)
	w.estate, err = estate.Open(w.store, secure, rand.Reader, estate.Test)
	must(err)
	now := time.Now()
	for id, groups := range map[string]map[string]string{"1": {"100": "Bar", "200": "Shop"}, "2": {"300": "Other"}} {
		_, err := w.estate.MakeAccount(now, estate.Account{ID: id, Name: "Account " + id})
		must(err)
		for group, name := range groups {
			_, err := w.estate.MakeGroup(now, estate.Group{ID: group, Account: id, Name: name, Merchant: estate.Merchant{
				Name: name, Address: "Kade 1", City: "Amsterdam", Country: "NL", MID: "000000000000" + group, MCC: "5812",
			}})
			must(err)
		}
	}
	for tid, group := range map[string]string{"00000ABC": "100", "00000ABD": "200", "00000ABE": "300"} {
		_, code, err := w.estate.BoardTerminal(now, group, "Till "+tid, tid)
		must(err)
		if tid == "00000ABD" {
			continue
		}
		poiid := "P2-" + tid
		_, err = w.estate.BoardDevice(now, poiid)
		must(err)
		number, err := w.estate.AllocateDeviceNumber(now, poiid)
		must(err)
		must(w.estate.RecordInjection(now, poiid, number, fmt.Sprintf("%016d", number), "ABCDEF"))
		must(w.estate.ConfirmKeys(now, poiid, fmt.Sprintf("%016d", number), "ABCDEF"))
		_, _, refusal, err := w.estate.Activate(now, poiid, code)
		must(err)
		if refusal.Refused() {
			w.t.Fatal(refusal.Text())
		}
	}
	w.reach["00000ABC"] = native.Reach{State: "online", Linked: true, Since: now, LastSeen: now, Enabled: true, RTT: 12.5}
	for name, n := range map[string]estate.NewKey{
		"operator": {Role: estate.RoleOperator}, "account": {Account: "1", Role: estate.RoleAdmin}, "group": {Account: "1", Group: "100", Role: estate.RoleAdmin},
		"auditor": {Account: "1", Role: estate.RoleAuditor}, "other": {Account: "2", Role: estate.RoleAdmin},
		"othergroup": {Account: "1", Group: "200", Role: estate.RoleAdmin},
		"elsewhere":  {Account: "1", Role: estate.RoleAdmin, Networks: []string{"192.0.2.0/24"}},
	} {
		_, clear, err := w.estate.MakeKey(now, n)
		must(err)
		w.keys[name] = clear
		w.estate.Identify(now, clear, "") // its first use is written down, and is no news to any test
	}
	w.token = w.keys["operator"]
	_, err = w.estate.BoardDevice(now, "P2-SPARE") // and with this all that is durable
	must(err)
}

// write is the store, as long as it can write.
func (w *world) write(b journal.Batch, done func(journal.Receipt, error)) {
	w.mu.Lock()
	fail := w.fail
	w.mu.Unlock()
	if fail != nil {
		done(journal.Receipt{}, fail)
		return
	}
	w.store.Submit(b, done)
}

// now is the wall clock, or what the test says that it is.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wall.IsZero() {
		return time.Now()
	}
	return w.wall
}

// as gives the header with a key by its name.
func (w *world) as(name string) []string { return []string{"Authorization", "Bearer " + w.keys[name]} }

// order makes an order on a terminal of its own, so that none waits for another.
func (w *world) order(scope, ref string, minor int64) kassa.Order {
	w.t.Helper()
	o, reason, err := w.engine.Create(w.t.Context(), kassa.NewOrder{
		Dialect: "multisafepay", Account: "1", Scope: scope, Ref: ref, Fingerprint: ref, Environment: "test",
		POIID: "P2-" + ref, TID: "T-" + ref, Amount: kassa.Money{Minor: minor, Currency: kassa.EUR},
		Door: json.RawMessage(`{"customer":{"email":"not@shown.example"}}`), Inactivity: time.Minute, Lifetime: time.Minute,
	})
	if err != nil || reason != kassa.None {
		w.t.Fatalf("create %s: %v %v", ref, reason, err)
	}
	return o
}

// feed gives an input of the terminal, and waits until what it caused is durable.
func (w *world) feed(o kassa.Order, in kassa.Input) {
	w.t.Helper()
	settled := make(chan struct{})
	w.engine.FromPOI(o.TID, o.ID(), in, func() { close(settled) })
	select {
	case <-settled:
	case <-time.After(10 * time.Second):
		w.t.Fatalf("%T was not taken", in)
	}
}

// pay drives an order through its payment.
func (w *world) pay(o kassa.Order) {
	w.t.Helper()
	w.feed(o, kassa.ScreenShown{Screen: "presentCard"})
	w.feed(o, kassa.Authorise{Request: 1, Entry: kassa.Contactless, Card: kassa.CardFacts{BIN: "476173", Last4: "0119", Brand: "VISA", CVM: kassa.CVMNone},
		Sealed: kassa.SealedCard{KSN: "0123456789ABCDEF00000001"}})
	w.engine.FromAcquirer(o.ID(), kassa.HostAnswered{Request: 1, ResponseCode: "00", AuthCode: "705151", Approved: o.Amount})
	w.await("paid", func() bool {
		now, _, err := w.engine.Find(w.t.Context(), o.Dialect, o.Scope, o.Ref)
		return err == nil && now.Status == kassa.Completed
	})
}

func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	deadline, tick := time.After(10*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			w.t.Fatalf("never %s", what)
		case <-tick.C:
		}
	}
}

// request sends a request, with headers as name, value, …
func (w *world) request(method, path, body string, headers ...string) *http.Response {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

type object = map[string]any

// call sends a request and gives the JSON of the answer.
func (w *world) call(method, path, body string, headers ...string) (int, object) {
	w.t.Helper()
	answer := w.request(method, path, body, headers...)
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	conforms(w.t, answer.Request, body, answer.StatusCode, answer.Header.Get("Content-Type"), raw)
	var o object
	if method != http.MethodHead && answer.StatusCode != http.StatusNoContent {
		if err := json.Unmarshal(raw, &o); err != nil {
			w.t.Fatalf("%s %s: %d, not JSON: %s", method, path, answer.StatusCode, raw)
		}
	}
	want := "application/json"
	if answer.StatusCode >= 400 {
		want = "application/problem+json"
	}
	if got := answer.Header.Get("Content-Type"); got != want && answer.StatusCode != http.StatusNoContent {
		w.t.Errorf("%s %s: %d as %s", method, path, answer.StatusCode, got)
	}
	return answer.StatusCode, o
}

// sse is one event of a stream.
type sse struct{ id, data string }

// follow opens an event stream and gives what comes, marks without data left out.
func (w *world) follow(path string, headers ...string) <-chan sse {
	w.t.Helper()
	answer := w.request("GET", path, "", append([]string{"Accept", "text/event-stream"}, headers...)...)
	if answer.StatusCode != 200 {
		w.t.Fatalf("GET %s: %s", path, answer.Status)
	}
	list := make(chan sse, 1000)
	go func() {
		defer close(list)
		var e sse
		for scan := bufio.NewScanner(answer.Body); scan.Scan(); {
			name, value, _ := strings.Cut(scan.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e.data != "" {
					list <- e
				}
				e.data = ""
			}
		}
	}()
	return list
}

func (w *world) next(stream <-chan sse) (sse, object) {
	w.t.Helper()
	select {
	case e, ok := <-stream:
		var o object
		if !ok || json.Unmarshal([]byte(e.data), &o) != nil {
			w.t.Fatalf("the stream gave %+v (open: %v)", e, ok)
		}
		d, form := mustReadDocument(w.t), "Notice"
		if o["specversion"] != nil {
			form = "Event"
		}
		fits(w.t, "an event of the stream", d.Components.Schemas[form].Value, []byte(e.data))
		return e, o
	case <-time.After(10 * time.Second):
		w.t.Fatal("nothing came")
	}
	return sse{}, nil
}

// deliver keeps a delivery as webhooks are kept.
func (w *world) deliver(d native.Delivery) {
	w.t.Helper()
	state, err := json.Marshal(d)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.store.Commit(w.t.Context(), journal.Batch{{Stream: "webhook/" + d.ID, State: state, Scope: d.Group}}); err != nil {
		w.t.Fatal(err)
	}
}

// Receipt has none: papers are written elsewhere.
func (w *world) Receipt(*kassa.Order, native.PaperOptions) (native.Paper, bool) { return nil, false }
