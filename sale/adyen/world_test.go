package adyen_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen"
	"kassa/sim/disk"
)

// record is a store in memory that makes every batch durable at once.
type record struct {
	mu      sync.Mutex
	disk    *disk.Disk
	watches map[chan struct{}]bool
	// slow, while there is one, is closed when what begins an exchange may become durable.
	slow chan struct{}
}

func (r *record) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	r.mu.Lock()
	if slow := r.slow; slow != nil && b[0].Facts != nil && b[0].Facts[0].Kind == adyen.KindExchangeBegun {
		r.slow = nil
		r.mu.Unlock()
		go func() { <-slow; r.Submit(b, done) }()
		return
	}
	var receipt journal.Receipt
	var failed error
	r.disk.Submit(b, func(got journal.Receipt, err error) { receipt, failed = got, err })
	r.disk.Flush(1)
	for w := range r.watches {
		select {
		case w <- struct{}{}:
		default:
		}
	}
	r.mu.Unlock()
	done(receipt, failed)
}

func (r *record) Load(stream string) (journal.Stream, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Load(stream)
}

func (r *record) Find(ref string) (journal.Stream, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Find(ref)
}

func (r *record) OpenStreams(kind string, each func(journal.Stream) error) error {
	r.mu.Lock()
	var open []journal.Stream
	err := r.disk.OpenStreams(kind, func(s journal.Stream) error { open = append(open, s); return nil })
	r.mu.Unlock()
	for _, s := range open {
		if err == nil {
			err = each(s)
		}
	}
	return err
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

const (
	accountKey = "account-key-01234567"
	groupKey   = "group-key-0123456789"
	otherKey   = "other-group-key-0123"
	cashierKey = "cashier-key-01234567" // may not refund
	foreignKey = "foreign-key-01234567"
	liveKey    = "live-key-01234567890"

	poiid   = "V400m-100000001"
	otherID = "V400m-100000002" // of the other group
	foreign = "V400m-900000001"
	spare   = "V400m-100000003" // of the first group
)

// world is the door over the engine itself, with a terminal and a host that do what a test says.
type world struct {
	t      *testing.T
	record *record
	engine *engine.Engine
	door   *adyen.Handler
	end    func()

	mu sync.Mutex
	// card is what the customer does when an order is on the screen; host what the host answers.
	card func(o kassa.NewOrder)
	host func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input
	// left counts the effects that left, by type.
	left     map[string]int
	refused  []journal.RefusedCall
	counter  int // of the DUKPT key
	reach    map[string]adyen.Unreachable
	settings map[string]string
	keys     []adyen.EncryptionKey
	credit   int64
	death    string
	links    links
	moved    map[string]estate.Terminal // terminals that are not where they were
	// beforeRelease is what happens between the decision to release a hold and the release.
	beforeRelease func()
	fullFor       int // so many cancels find the engine's queue full
}

// inWorld runs a test in a bubble, where a minute takes no time.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, record: &record{disk: disk.New(), watches: map[chan struct{}]bool{}}, left: map[string]int{},
			reach: map[string]adyen.Unreachable{}, settings: map[string]string{}, credit: 10_000,
		}
		w.card = w.tap
		w.host = approve
		w.start()
		defer func() { w.end() }()
		test(w)
	})
}

// start starts a process over the record.
func (w *world) start() {
	w.t.Helper()
	now := engine.Clock(time.Now, time.Time{})
	e, err := engine.New(w.record, w, w, now, slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	door, err := adyen.New(adyen.Config{
		Orders: dying{e, w}, Captures: e, Records: w.record, Feed: w.record, Write: w.record.Submit, Directory: w, Terminals: w, Settings: w,
		Devices: &w.links, Refused: w.refuse, HostReachable: w.links.signedOn,
		Secret: []byte(strings.Repeat("s", 32)), Zone: time.UTC, Random: strings.NewReader(strings.Repeat("nonce", 1000)), Now: now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.engine, w.door = e, door
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{e.Run, door.Run} {
		running.Go(func() {
			if err := run(ctx); err != nil {
				w.t.Error(err)
			}
		})
	}
	w.end = func() {
		cancel()
		running.Wait()
	}
}

// dying is the engine of a process that dies at a point of a call: before the call, or after it.
type dying struct {
	*engine.Engine
	w *world
}

var errDied = errors.New("the process has died")

func (d dying) dies(point string) bool {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.w.death == point
}

func (d dying) Create(ctx context.Context, n kassa.NewOrder) (kassa.Order, kassa.Reason, error) {
	if d.dies("before the order") {
		return kassa.Order{}, kassa.None, errDied
	}
	o, reason, err := d.Engine.Create(ctx, n)
	if d.dies("after the order") {
		return kassa.Order{}, kassa.None, errDied
	}
	return o, reason, err
}

func (d dying) Refund(ctx context.Context, dialect, scope, ref string, r kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error) {
	if d.dies("before the refund") {
		return kassa.Order{}, 0, kassa.None, errDied
	}
	o, number, reason, err := d.Engine.Refund(ctx, dialect, scope, ref, r)
	if d.dies("after the refund") {
		return kassa.Order{}, 0, kassa.None, errDied
	}
	return o, number, reason, err
}

func (d dying) Cancel(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error) {
	d.w.mu.Lock()
	full := d.w.fullFor > 0
	d.w.fullFor--
	d.w.mu.Unlock()
	if full {
		return kassa.Order{}, kassa.WorldBusy, nil
	}
	return d.Engine.Cancel(ctx, dialect, scope, ref)
}

func (d dying) Release(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error) {
	if d.w.beforeRelease != nil {
		d.w.beforeRelease()
	}
	return d.Engine.Release(ctx, dialect, scope, ref)
}

// restart ends the process and starts the next.
func (w *world) restart() {
	w.end()
	w.start()
}

// Take is the acquirer's link.
func (w *world) Take(o kassa.NewOrder, effect kassa.Effect) {
	w.note(effect)
	w.mu.Lock()
	host := w.host
	w.mu.Unlock()
	switch effect := effect.(type) {
	case kassa.SendAuthorisation:
		if in := host(o, effect.Auth); in != nil {
			w.engine.FromAcquirer(o.ID(), in)
		}
	case kassa.SendReversal:
		w.engine.FromAcquirer(o.ID(), kassa.ReversalAnswered{Request: effect.Auth.Request, ResponseCode: "00"})
	case kassa.SendRefund:
		w.engine.FromAcquirer(o.ID(), kassa.RefundAnswered{Number: effect.Refund.Number, ResponseCode: "00"})
	case kassa.SendCapture:
		w.engine.FromAcquirer(o.ID(), kassa.CaptureAnswered{Number: effect.Capture.Number, ResponseCode: "00"})
	case kassa.SendRelease:
		w.engine.FromAcquirer(o.ID(), kassa.ReleaseAnswered{ResponseCode: "00"})
	}
}

// Tell is the terminal's link.
func (w *world) Tell(o kassa.NewOrder, effect kassa.Effect) {
	w.note(effect)
	if _, offered := effect.(kassa.Offer); offered {
		w.mu.Lock()
		card := w.card
		w.mu.Unlock()
		card(o)
	}
}

func (w *world) note(effect kassa.Effect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left[strings.TrimPrefix(fmt.Sprintf("%T", effect), "kassa.")]++
}

// sent counts the effects of a type that have left, once all that goes on has come to rest.
func (w *world) sent(effect string) int {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left[effect]
}

// customer says what happens when an order is on the screen.
func (w *world) customer(does func(o kassa.NewOrder)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.card = does
}

func (w *world) issuer(says func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.host = says
}

func (w *world) fromPOI(o kassa.NewOrder, in kassa.Input) {
	w.engine.FromPOI(o.TID, o.ID(), in, func() {})
}

// show shows an order and no more.
func (w *world) show(o kassa.NewOrder) { w.fromPOI(o, kassa.ScreenShown{Screen: "presentCard"}) }

// tap shows an order, and a card is held to the terminal.
func (w *world) tap(o kassa.NewOrder) {
	w.show(o)
	w.present(o, 1, kassa.Contactless, kassa.CVMNone)
}

func (w *world) present(o kassa.NewOrder, request int, entry kassa.Entry, cvm kassa.CVM) {
	w.mu.Lock()
	w.counter++
	ksn := fmt.Sprintf("1122334455667788%08X", w.counter)
	w.mu.Unlock()
	w.fromPOI(o, kassa.Authorise{
		Request: request, Entry: entry, Sealed: kassa.SealedCard{KSN: ksn, Track2: []byte("sealed")},
		Card: kassa.CardFacts{
			BIN: "541333", Last4: "9999", Brand: "MASTERCARD", AID: "A0000000041010", Label: "Mastercard", Expiry: "2802", PSN: "33",
			CVM: cvm, Cryptogram: "0102030405060708",
		},
	})
}

func approve(_ kassa.NewOrder, a kassa.Authorisation) kassa.Input {
	return kassa.HostAnswered{Request: a.Request, ResponseCode: "00", AuthCode: "123456", Approved: a.Amount}
}

// decline answers with a code and the reason that it comes down to.
func decline(code string, why kassa.Reason) func(kassa.NewOrder, kassa.Authorisation) kassa.Input {
	return func(_ kassa.NewOrder, a kassa.Authorisation) kassa.Input {
		return kassa.HostAnswered{Request: a.Request, ResponseCode: code, Reason: why}
	}
}

// The ports.

func (w *world) Identify(key, _ string) (adyen.Caller, adyen.Problem) {
	may := adyen.Caller{Account: "1", TakesPayments: true, Refunds: true}
	switch key {
	case accountKey:
	case groupKey:
		may.Group = "100"
	case otherKey:
		may.Group = "200"
	case cashierKey:
		may.Refunds = false
	case foreignKey:
		may.Account = "2"
	case liveKey:
		return adyen.Caller{}, adyen.Problem{Code: "other_environment", Text: "use it at https://live.example"}
	default:
		return adyen.Caller{}, adyen.Problem{Code: "unknown", Text: "this API key is not known"}
	}
	return may, adyen.Problem{}
}

func (w *world) TerminalByPOIID(id string) (estate.Terminal, bool) {
	if t, ok := w.moved[id]; ok {
		return t, true
	}
	t := estate.Terminal{TID: "00000ABC", Account: "1", Group: "100", Environment: estate.Test, POIID: id, Shop: "ST1"}
	switch id {
	case poiid:
	case spare:
		t.TID = "00000ABD"
	case otherID:
		t.TID, t.Group = "00000DEF", "200"
	case foreign:
		t.TID, t.Account, t.Group = "00000XYZ", "2", "900"
	default:
		return estate.Terminal{}, false
	}
	return t, true
}

func (w *world) Group(id string) (estate.Group, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return estate.Group{ID: id, Account: "1", CreditLimit: w.credit, Merchant: estate.Merchant{
		Name: "Bar De Punt", Address: "Kade 1", City: "Amsterdam", Country: "NL", MID: "KASSA0000000001",
	}}, true
}

func (w *world) Merchant(account string) string { return "Kassa" + account }

func (w *world) Reach(tid string) adyen.Unreachable {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reach[tid]
}

func (w *world) Setting(_, name string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v, ok := w.settings[name]; ok {
		return []byte(v)
	}
	return nil
}

func (w *world) Keys(string) ([]adyen.EncryptionKey, error) { return w.keys, nil }

// reply is an answer over HTTP.
type reply struct {
	Status int
	Header http.Header
	Raw    string
	JSON   map[string]any
}

// at walks into the answer; nil where the way ends.
func (r reply) at(path ...string) any {
	var v any = r.JSON
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

// in walks into the body of the response of a category.
func (r reply) in(category string, path ...string) any {
	return r.at(append([]string{"SaleToPOIResponse", category + "Response"}, path...)...)
}

func (r reply) result(category string) string {
	return fmt.Sprint(r.in(category, "Response", "Result"), " ", r.in(category, "Response", "ErrorCondition"))
}

func (r reply) additional(category string) string {
	s, _ := r.in(category, "Response", "AdditionalResponse").(string)
	return s
}

// rejected is the EventDetails of a Reject.
func (r reply) rejected() string {
	s, _ := r.at("SaleToPOIRequest", "EventNotification", "EventDetails").(string)
	return s
}

// post sends a body to a path.
func (w *world) post(path, key, body string) reply {
	w.t.Helper()
	return w.postUntil(w.t.Context(), path, key, body)
}

func (w *world) postUntil(ctx context.Context, path, key, body string) reply {
	w.t.Helper()
	r := httptest.NewRequest("POST", "https://kassa.example"+path, strings.NewReader(body)).WithContext(ctx)
	if key != "" {
		r.Header.Set("X-API-Key", key)
	}
	return w.do(r)
}

func (w *world) do(r *http.Request) reply {
	w.t.Helper()
	path := r.URL.Path
	recorder := httptest.NewRecorder()
	w.door.ServeHTTP(recorder, r)
	got := reply{Status: recorder.Code, Header: recorder.Header(), Raw: recorder.Body.String()}
	if text := bytes.TrimSpace(recorder.Body.Bytes()); len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &got.JSON); err != nil {
			w.t.Fatalf("%s: not JSON: %v: %s", path, err, got.Raw)
		}
		if ct := got.Header.Get("Content-Type"); ct != "application/json" {
			w.t.Errorf("%s: Content-Type %q", path, ct)
		}
	}
	return got
}

// envelope is a message of a category.
func envelope(category, serviceID, body string) string {
	return envelopeFor(poiid, "till-7", category, serviceID, body)
}

func envelopeFor(poi, saleID, category, serviceID, body string) string {
	return fmt.Sprintf(`{"SaleToPOIRequest":{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":%q,`+
		`"MessageType":"Request","SaleID":%q,"ServiceID":%q,"POIID":%q},"%sRequest":%s}}`, category, saleID, serviceID, poi, category, body)
}

// paymentBody is a PaymentRequest, with more members of it in the last places.
func paymentBody(reference, amount string, more ...string) string {
	return fmt.Sprintf(`{"SaleData":{"SaleTransactionID":{"TransactionID":%q,"TimeStamp":"2026-03-01T11:00:00+01:00"}},`+
		`"PaymentTransaction":{"AmountsReq":{"Currency":"EUR","RequestedAmount":%s}}%s}`, reference, amount, strings.Join(more, ""))
}

func (w *world) pay(serviceID, reference, amount string, more ...string) reply {
	w.t.Helper()
	return w.post("/sync", accountKey, envelope("Payment", serviceID, paymentBody(reference, amount, more...)))
}

// begun counts the exchanges that were ever begun, and the orders.
func (w *world) begun() (exchanges, orders int) {
	w.t.Helper()
	entries, err := w.record.Entries(0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		switch e.Kind {
		case "ExchangeBegun":
			exchanges++
		case "OrderCreated":
			orders++
		}
	}
	return exchanges, orders
}

// later runs a call beside the test, and gives its answer once there is one.
func (w *world) later(call func() reply) <-chan reply {
	c := make(chan reply, 1)
	go func() { c <- call() }()
	synctest.Wait()
	return c
}

func statusBody(serviceID string) string {
	return fmt.Sprintf(`{"MessageReference":{"MessageCategory":"Payment","SaleID":"till-7","ServiceID":%q}}`, serviceID)
}

func (w *world) status(serviceID, of string) reply {
	w.t.Helper()
	return w.post("/sync", accountKey, envelope("TransactionStatus", serviceID, statusBody(of)))
}

func (w *world) abort(serviceID, of string) reply {
	w.t.Helper()
	return w.post("/sync", accountKey, envelope("Abort", serviceID,
		fmt.Sprintf(`{"AbortReason":"MerchantAbort","MessageReference":{"MessageCategory":"Payment","ServiceID":%q}}`, of)))
}
