package multisafepay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/multisafepay"
	"kassa/sim/disk"
	"kassa/webhook"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record is a store in memory that flushes at once.
type record struct {
	mu      sync.Mutex
	disk    *disk.Disk
	watches map[chan struct{}]bool
}

func newRecord() *record { return &record{disk: disk.New(), watches: map[chan struct{}]bool{}} }

func (r *record) commit(b journal.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var failed error
	r.disk.Submit(b, func(_ journal.Receipt, err error) { failed = err })
	r.disk.Flush(1)
	for w := range r.watches {
		select {
		case w <- struct{}{}:
		default:
		}
	}
	return failed
}

// write is commit for who asks without waiting.
func (r *record) write(b journal.Batch, done func(journal.Receipt, error)) {
	done(journal.Receipt{}, r.commit(b))
}

func (r *record) Load(stream string) (journal.Stream, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Load(stream)
}

func (r *record) Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Newest(kind, scopes, before, limit)
}

func (r *record) Find(ref string) (journal.Stream, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Find(ref)
}

func (r *record) StreamEntries(stream string, upTo uint64) ([]journal.Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.StreamEntries(stream, upTo)
}

func (r *record) Entries(after uint64, limit int) ([]journal.Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Entries(after, limit)
}

func (r *record) Last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Last()
}

func (r *record) Watch(ctx context.Context) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := make(chan struct{}, 1)
	r.watches[w] = true
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watches, w)
	})
	return w
}

// till runs the language over the record, as the engine does, one input at a time.
type till struct {
	mu     sync.Mutex
	record *record
	now    time.Time
	number int64
	busy   bool // the terminal has another order
	broken bool // every call fails
	// decline is what the host says to cards that were typed in; None is yes.
	decline kassa.Reason
}

// tick moves the clock on by a second and reads it.
func (e *till) tick() time.Time {
	e.now = e.now.Add(time.Second)
	return e.now
}

func (e *till) take() int64 {
	e.number = max(e.number+1, e.now.UnixMicro())
	return e.number
}

func (e *till) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func ref(dialect, scope, id string) string { return dialect + "/" + scope + "/" + id }

func (e *till) Create(_ context.Context, n kassa.NewOrder) (kassa.Order, kassa.Reason, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken {
		return kassa.Order{}, kassa.None, errors.New("the store is gone")
	}
	s, ok, _ := e.record.Find(ref(n.Dialect, n.Scope, n.Ref))
	now := e.tick()
	if ok {
		return e.apply(now, s.ID, kassa.Create{Order: n})
	}
	n.Number = e.take()
	return e.apply(now, "order/"+n.ID(), kassa.Create{Order: n, POIFree: !e.busy})
}

// apply steps one order and commits what follows.
func (e *till) apply(now time.Time, stream string, in kassa.Input) (kassa.Order, kassa.Reason, error) {
	var o kassa.Order
	s, ok, err := e.record.Load(stream)
	if err != nil {
		return o, kassa.None, err
	}
	if ok {
		if err := json.Unmarshal(s.State, &o); err != nil {
			return o, kassa.None, err
		}
	}
	next, events, _, refused := o.Step(now, in)
	if refused != kassa.None || len(events) == 0 {
		return next, refused, nil
	}
	state, err := json.Marshal(next)
	if err != nil {
		return o, kassa.None, err
	}
	change := journal.Change{Stream: stream, Expect: s.Version, State: state, Open: next.Open()}
	if !ok {
		change.Ref, change.Scope = ref(next.Dialect, next.Scope, next.Ref), next.Scope
	}
	for _, event := range events {
		kind, payload, err := kassa.EncodeEvent(event)
		if err != nil {
			return o, kassa.None, err
		}
		change.Facts = append(change.Facts, journal.Fact{At: now, Kind: kind, Scope: next.Scope, Payload: payload})
	}
	return next, kassa.None, e.record.commit(journal.Batch{change})
}

func (e *till) find(dialect, scope, id string) (stream string, o kassa.Order, ok bool, err error) {
	s, ok, err := e.record.Find(ref(dialect, scope, id))
	if ok {
		err = json.Unmarshal(s.State, &o)
	}
	return s.ID, o, ok, err
}

func (e *till) Find(_ context.Context, dialect, scope, id string) (kassa.Order, bool, error) {
	_, o, ok, err := e.find(dialect, scope, id)
	return o, ok, err
}

func (e *till) Cancel(_ context.Context, dialect, scope, id string) (kassa.Order, kassa.Reason, error) {
	return e.input(dialect, scope, id, func() kassa.Input { return kassa.Cancel{} })
}

func (e *till) Note(_ context.Context, dialect, scope, id string, n kassa.Note) (kassa.Order, kassa.Reason, error) {
	return e.input(dialect, scope, id, func() kassa.Input { return n })
}

func (e *till) Claim(_ context.Context, dialect, scope, id string, c kassa.Claim) (kassa.Order, kassa.Reason, error) {
	c.POIFree = !e.busy
	return e.input(dialect, scope, id, func() kassa.Input { return c })
}

func (e *till) Refund(_ context.Context, dialect, scope, id string, r kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error) {
	o, reason, err := e.input(dialect, scope, id, func() kassa.Input {
		r.Number, r.STAN, r.RRN = e.take(), "000077", "612345000077"
		return r
	})
	return o, r.Number, reason, err
}

func (e *till) input(dialect, scope, id string, in func() kassa.Input) (kassa.Order, kassa.Reason, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	stream, _, ok, err := e.find(dialect, scope, id)
	if err != nil || !ok {
		return kassa.Order{}, kassa.OrderUnknown, err
	}
	now := e.tick()
	return e.apply(now, stream, in())
}

// world is a handler with everything around it.
type world struct {
	t       *testing.T
	record  *record
	till    *till
	placed  *places
	estate  *estate.Registry
	safe    *paperSafe
	handler *multisafepay.Handler
	server  *httptest.Server

	mu      sync.Mutex
	refused []journal.RefusedCall
	patched []journal.RefusedCall
	left    chan journal.LeftStream
	offline map[string]bool
	ownMode map[string]bool // cloud mode is off
}

const (
	groupKey       = "test_group000000000000000000000000000001"
	otherKey       = "test_other000000000000000000000000000001"
	accountKey     = "test_account0000000000000000000000000001"
	foreignKey     = "test_foreign0000000000000000000000000001"
	adminKey       = "test_operator000000000000000000000000001"
	auditorKey     = "test_auditor0000000000000000000000000001"
	liveKey        = "live_00000000000000000000000000000000000"
	homeKey        = "test_home0000000000000000000000000000001"
	barredTerminal = "0000BARD"
	terminalID     = "00000ABC"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	r := newRecord()
	w := &world{
		t: t, record: r, left: make(chan journal.LeftStream, 1000), offline: map[string]bool{}, ownMode: map[string]bool{},
		till:   &till{record: r, now: time.Date(2026, 5, 4, 13, 50, 0, 0, time.UTC)},
		placed: &places{Disk: disk.New()}, safe: &paperSafe{},
	}
	w.estate = newEstate(t, w.placed)
	h, err := multisafepay.New(multisafepay.Config{
		Orders: w.till, Changes: w.till, Cards: w.safe, Write: r.write, Records: r, Feed: r, Directory: w, Estate: w.estate, Presence: w, Refusals: w,
		CheckURL: webhook.CheckURL, Secret: []byte(strings.Repeat("s", 32)), Now: w.till.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.handler = h
	return w
}

// serve starts a server and the handler's own goroutine, which stop ends.
func (w *world) serve() (stop func()) {
	w.server = httptest.NewServer(w.handler)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.handler.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(func() {
		cancel()
		wg.Wait()
		w.server.Close()
	})
	return cancel
}

func (w *world) Identify(key, remote string) (multisafepay.Caller, string) {
	may := []estate.Permission{
		"payments.take", "payments.refund", "orders.read", "orders.manage", "tokens.manage", "terminals.read",
		"terminals.manage", "settings.read", "webhooks.manage",
	}
	switch key {
	case groupKey:
		return multisafepay.Caller{Account: "1", Group: "100", Role: estate.RoleAdmin, May: may}, ""
	case otherKey:
		return multisafepay.Caller{Account: "1", Group: "200", Role: estate.RoleAdmin, May: may}, ""
	case accountKey:
		return multisafepay.Caller{Account: "1", Role: estate.RoleAdmin, May: may}, ""
	case foreignKey:
		return multisafepay.Caller{Account: "2", Group: "900", Role: estate.RoleAdmin, May: may}, ""
	case adminKey:
		return multisafepay.Caller{Role: estate.RoleOperator, May: may}, ""
	case auditorKey:
		return multisafepay.Caller{Account: "1", Role: estate.RoleAuditor, May: []estate.Permission{"orders.read"}}, ""
	case liveKey:
		return multisafepay.Caller{}, "this is the test environment, and the API key is of the live environment: use it at https://live.example"
	case homeKey:
		if remote != "192.0.2.1" {
			return multisafepay.Caller{}, "this API key may not be used from this address"
		}
		return multisafepay.Caller{Account: "1", Group: "100", Role: estate.RoleAdmin, May: may}, ""
	}
	return multisafepay.Caller{}, ""
}

func (w *world) Takes(tid string) (bool, string) {
	return tid != barredTerminal, "the terminal is blocked: stolen"
}

func (w *world) Terminal(tid string) (estate.Terminal, bool) {
	t := estate.Terminal{TID: tid, Account: "1", Group: "100", Environment: estate.Test, POIID: "P400-1"}
	switch tid {
	case terminalID:
		return t, true
	case "00000DEF":
		t.Group = "200"
		return t, true
	case barredTerminal:
		return t, true
	case "0000LIVE":
		t.Environment = estate.Live
		return t, true
	case "0000NEW0":
		t.POIID = ""
		return t, true
	case "00000OLD":
		t.POIID, t.Retired = "", true
		return t, true
	case "00000XYZ":
		t.Account, t.Group = "2", "900"
		return t, true
	}
	return estate.Terminal{}, false
}

func (w *world) Group(id string) (estate.Group, bool) { return w.estate.Group(id) }

func (w *world) Groups(account string) []string {
	if account == "1" {
		return []string{"100", "200"}
	}
	return []string{"900"}
}

func (w *world) Online(tid string) bool    { return !w.offline[tid] }
func (w *world) CloudMode(tid string) bool { return !w.ownMode[tid] }

func (w *world) Record(_ *http.Request, kind string, c journal.RefusedCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if kind == journal.OrderPatched {
		w.patched = append(w.patched, c)
		return
	}
	w.refused = append(w.refused, c)
}

func (w *world) Left(_ string, _ time.Time, left journal.LeftStream) {
	select {
	case w.left <- left:
	default:
	}
}

// reply is an answer of the API.
type reply struct {
	Status   int
	Header   http.Header
	Raw      string
	Success  bool             `json:"success"`
	Any      json.RawMessage  `json:"data"`
	Code     int              `json:"error_code"`
	Info     string           `json:"error_info"`
	Message  string           `json:"message"`
	Warnings []map[string]any `json:"warnings"`
	Pager    map[string]any   `json:"pager"`
	Data     map[string]any   `json:"-"` // data, if it is an object
	List     []map[string]any `json:"-"` // data, if it is an array
}

// call sends a request with the key in its header. Every answer must be the dialect's JSON.
func (w *world) call(method, path, key, body string) reply {
	w.t.Helper()
	r := httptest.NewRequest(method, "http://pos.example"+path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("api_key", key)
	}
	return w.send(r)
}

// taped is a body that is written down as far as it is read.
type taped struct {
	io.Reader
	io.Closer
}

func (w *world) send(r *http.Request) reply {
	w.t.Helper()
	var body bytes.Buffer
	r.Body = taped{io.TeeReader(r.Body, &body), r.Body}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	got := reply{Status: recorder.Code, Header: recorder.Header(), Raw: recorder.Body.String()}
	if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
		w.t.Fatalf("%s %s: the answer is not JSON: %v: %s", r.Method, r.URL, err, got.Raw)
	}
	into := any(&got.Data)
	if strings.HasPrefix(string(got.Any), "[") {
		into = &got.List
	}
	if err := json.Unmarshal(got.Any, into); err != nil {
		w.t.Fatalf("%s %s: data: %v: %s", r.Method, r.URL, err, got.Raw)
	}
	conforms(w.t, r, body.Bytes(), got)
	if got.Success != (got.Status == http.StatusOK) || got.Data == nil && got.List == nil {
		w.t.Errorf("%s %s: envelope of status %d: %s", r.Method, r.URL, got.Status, got.Raw)
	}
	if !got.Success && (got.Code == 0 || got.Info == "" || len(got.Data) > 0) {
		w.t.Errorf("%s %s: envelope of a failure: %s", r.Method, r.URL, got.Raw)
	}
	return got
}

const plainOrder = `{"type":"redirect","order_id":%q,"currency":"EUR","amount":1250,"description":"Table 4","gateway_info":{"terminal_id":"00000ABC"}}`

// order makes an order on the terminal and gives its stream.
func (w *world) order(id string) string {
	w.t.Helper()
	w.mustCreate(fmt.Sprintf(plainOrder, id))
	return w.stream(id)
}

func (w *world) mustCreate(body string) reply {
	w.t.Helper()
	got := w.call("POST", "/v1/json/orders", groupKey, body)
	if got.Status != http.StatusOK {
		w.t.Fatalf("create: %s", got.Raw)
	}
	return got
}

func (w *world) stream(id string) string {
	w.t.Helper()
	w.till.mu.Lock()
	defer w.till.mu.Unlock()
	stream, _, ok, err := w.till.find("multisafepay", "100", id)
	if err != nil || !ok {
		w.t.Fatalf("order %s is not stored: %v", id, err)
	}
	return stream
}

// feed gives inputs to an order. Numbers of attempts are taken as the engine takes them.
func (w *world) feed(stream string, inputs ...kassa.Input) {
	w.t.Helper()
	w.till.mu.Lock()
	defer w.till.mu.Unlock()
	for _, in := range inputs {
		now := w.till.tick()
		switch i := in.(type) {
		case kassa.ScreenShown:
			i.NextAttempt = w.till.take()
			in = i
		case kassa.Authorise:
			i.NextAttempt = w.till.take()
			in = i
		case kassa.HostAnswered:
			i.NextAttempt = w.till.take()
			in = i
		}
		if _, reason, err := w.till.apply(now, stream, in); err != nil || reason != kassa.None {
			w.t.Fatalf("%T: %s %v", in, reason, err)
		}
	}
}

func shown() kassa.Input { return kassa.ScreenShown{Screen: "card"} }

func tap(request int) kassa.Input {
	return kassa.Authorise{
		Request: request, Entry: kassa.Contactless, STAN: "000042", RRN: "612413000042",
		Card: kassa.CardFacts{
			BIN: "476173", Last4: "0004", Brand: "VISA", AID: "A0000000031010", Label: "Visa Debit", Expiry: "3112",
			PSN: "00", CVM: kassa.CVMNone,
		},
	}
}

func approved(request int) kassa.Input {
	return kassa.HostAnswered{
		Request: request, ResponseCode: "00", AuthCode: "005151",
		EMV:      []byte{0x91, 4, 0xde, 0xad, 0xbe, 0xef, 0x8a, 2, 0x30, 0x30},
		Approved: kassa.Money{Minor: 1250, Currency: kassa.EUR},
	}
}

func declined(request int, code string, why kassa.Reason) kassa.Input {
	return kassa.HostAnswered{Request: request, ResponseCode: code, Reason: why}
}
