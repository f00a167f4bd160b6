package native_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/journal"
	"kassa/sale/native"
	"kassa/store/sqlite"
)

const token = "secret"

// world is the API over HTTP, with the real engine and the real store. Its terminals and its
// acquirer are the test itself.
type world struct {
	boarded []string
	t       *testing.T
	store   *sqlite.Store
	engine  *racing
	server  *httptest.Server
	sent    map[string]native.Delivery
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

func (w *world) Terminals() []native.Terminal {
	return []native.Terminal{{TID: "00000ABC", POIID: "P2-KS1", Activated: true, Online: true}, {TID: "00000ABD"}}
}
func (w *world) Groups() []native.Group {
	return []native.Group{{ID: "100", Name: "Bar"}, {ID: "200", Name: "Shop"}}
}
func (w *world) Acquirer() native.AcquirerStatus { return native.AcquirerStatus{SignedOn: 2} }
func (w *world) Store() native.StoreStatus       { return native.StoreStatus{Commits: 3, Batches: 8} }
func (w *world) MayOperate(key string) bool      { return key == token }

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

// AddTerminal and RemoveTerminal board in a world of one group and one serial.
func (w *world) AddTerminal(group, name, poiid string) (tid, code string, err error) {
	if poiid == "taken" {
		return "", "", fmt.Errorf("%w: taken belongs to another", native.ErrNotBoarded)
	}
	w.boarded = append(w.boarded, group+"/"+name)
	return "00000XYZ", "7K3M9QXP", nil
}

func (w *world) RemoveTerminal(tid string) error {
	if tid != "00000XYZ" {
		return native.ErrNoTerminal
	}
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: store, sent: map[string]native.Delivery{}}
	now := engine.Clock(time.Now, time.Time{})
	machine, err := engine.New(store, nobody{}, nobody{}, now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w.engine = &racing{Engine: machine}
	h, err := native.New(native.Config{
		Estate: w, Orders: w.engine, Records: store, Feed: store, Notices: w, Deliveries: w, Papers: w, Clock: w, Boarding: w,
		Dialects: []string{"multisafepay"}, Now: time.Now,
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
	r.Header.Set("Authorization", "Bearer "+token)
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
	var o object
	if method != http.MethodHead {
		if err := json.Unmarshal(raw, &o); err != nil {
			w.t.Fatalf("%s %s: %d, not JSON: %s", method, path, answer.StatusCode, raw)
		}
	}
	want := "application/json"
	if answer.StatusCode >= 400 {
		want = "application/problem+json"
	}
	if got := answer.Header.Get("Content-Type"); got != want {
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
		return e, o
	case <-time.After(10 * time.Second):
		w.t.Fatal("nothing came")
	}
	return sse{}, nil
}

// Receipt has none: papers are written elsewhere.
func (w *world) Receipt(*kassa.Order, native.PaperOptions) (native.Paper, bool) { return nil, false }
