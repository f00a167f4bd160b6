package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"kassa/journal"
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
	// dead tells that the process has crashed: nothing is stored any more.
	dead    bool
	crashed func(journal.Batch) bool // whether the process dies right after this batch
}

func newRecord() *record { return &record{disk: disk.New(), watches: map[chan struct{}]bool{}} }

func (r *record) Commit(_ context.Context, b journal.Batch) (receipt journal.Receipt, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return receipt, journal.ErrClosed
	}
	r.disk.Submit(b, func(got journal.Receipt, failed error) { receipt, err = got, failed })
	r.disk.Flush(1)
	if r.crashed != nil && r.crashed(b) {
		r.dead = true
		return receipt, journal.ErrClosed
	}
	for w := range r.watches {
		select {
		case w <- struct{}{}:
		default:
		}
	}
	return receipt, err
}

func (r *record) Load(stream string) (journal.Stream, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Load(stream)
}

func (r *record) OpenStreams(kind string, each func(journal.Stream) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.OpenStreams(kind, each)
}

func (r *record) Entries(after uint64, limit int) ([]journal.Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Entries(after, limit)
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

// told is the payload of the facts that call for webhooks here.
type told struct{ Order, URL, Env, Body string }

// dialect sends what the facts say, and takes 200 and "OK" for yes.
type dialect struct{}

func (dialect) Render(e journal.Entry) ([]webhook.Notice, error) {
	if e.Kind == "Broken" {
		return nil, fmt.Errorf("cannot render")
	}
	if e.Kind != "Told" {
		return nil, nil
	}
	var f told
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, err
	}
	return []webhook.Notice{{
		Order: e.Stream, OrderRef: f.Order, Group: e.Scope, Environment: f.Env, Event: "told", URL: f.URL,
		Method: "POST", Body: []byte(f.Body),
	}}, nil
}

func (dialect) Policy() webhook.Policy {
	quarter := 15 * time.Minute
	return webhook.Policy{Delays: []time.Duration{quarter, quarter, quarter}}
}

func (dialect) Prepare(n webhook.Notice, now time.Time) (webhook.Request, error) {
	signature := fmt.Sprintf("signature-of-more-than-forty-characters-at-%d", now.Unix())
	return webhook.Request{
		Method: n.Method, URL: n.URL, Body: n.Body, Header: http.Header{"Auth": {signature}},
	}, nil
}

func (dialect) Judge(status int, reply []byte) string {
	if status == 200 && string(reply[:min(2, len(reply))]) == "OK" {
		return ""
	}
	return fmt.Sprintf("judged %d", status)
}

// tell stores a fact that calls for a webhook. Facts of one order are versions of its stream.
func (r *record) tell(t testing.TB, order string, version uint64, f told) {
	t.Helper()
	f.Order = order
	payload, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	r.fact(t, order, version, "Told", payload)
}

func (r *record) fact(t testing.TB, order string, version uint64, kind string, payload []byte) {
	t.Helper()
	_, err := r.Commit(t.Context(), journal.Batch{{
		Stream: "order/" + order, Expect: version - 1, State: []byte("{}"),
		Facts: []journal.Fact{{At: time.Now(), Kind: kind, Scope: "100", Payload: payload}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// deliveries reads all of them, in the order of their facts.
func (r *record) deliveries(t testing.TB) []webhook.Delivery {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	streams, err := r.disk.Streams("webhook", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var list []webhook.Delivery
	for _, s := range streams {
		var d webhook.Delivery
		if err := json.Unmarshal(s.State, &d); err != nil {
			t.Fatal(err)
		}
		if s.Open != (d.Status == webhook.Waiting) {
			t.Errorf("%s is %s, and open: %v", s.ID, d.Status, s.Open)
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b webhook.Delivery) int { return int(a.Seq) - int(b.Seq) })
	return list
}

// network is the Internet inside a bubble: hosts by name, all at one address, over pipes.
type network struct {
	mu       sync.Mutex
	handlers map[string]http.HandlerFunc
	servers  sync.WaitGroup
	names    map[string][]netip.Addr
	lookups  int
	dialled  []string
	swallows string // the address that never answers
}

func (n *network) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lookups++
	if addrs, ok := n.names[host]; ok {
		return addrs, nil
	}
	return []netip.Addr{netip.MustParseAddr("8.8.4.4")}, nil
}

// dial serves one connection with the handler of whatever host the request names.
func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	n.mu.Unlock()
	if address == n.swallows {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	client, server := net.Pipe()
	l := &oneConn{conn: server, done: make(chan struct{})}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		h := n.handlers[r.Host]
		n.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		// The server notices that a client has gone only once the body has been read.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	})}
	s.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			l.once.Do(func() { close(l.done) })
		}
	}
	n.servers.Go(func() { s.Serve(l) }) //nolint:errcheck // ends with its only connection
	return client, nil
}

type oneConn struct {
	conn  net.Conn
	taken bool
	once  sync.Once
	done  chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.taken {
		l.taken = true
		return l.conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }

// running starts a deliverer over the network; stop joins it.
func running(t testing.TB, r *record, n *network) (stop func() error) {
	t.Helper()
	_, stop = deliverer(t, r, n)
	return stop
}

func deliverer(t testing.TB, r *record, n *network) (d *webhook.Deliverer, stop func() error) {
	t.Helper()
	d, err := webhook.New(webhook.Config{
		Store: r, Now: time.Now, Resolver: n, Dial: n.dial,
		Dialects: map[string]webhook.Dialect{"test": dialect{}, "fan": fan{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- d.Run(ctx) }()
	return d, func() error {
		cancel()
		err := <-end
		n.servers.Wait()
		return err
	}
}

// fan sends each fact to every endpoint that the fact names, each its own queue, and takes any 2xx for yes.
type fan struct{}

// fanned is the payload of its facts: URLs by the name of the endpoint. "gone", "moved" and "longer" in a name tell what
// has become of the endpoint since.
type fanned struct {
	URLs map[string]string
	Body string
}

func (fan) Render(e journal.Entry) (list []webhook.Notice, err error) {
	if e.Kind != "Fanned" {
		return nil, nil
	}
	var f fanned
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, err
	}
	for name, url := range f.URLs {
		list = append(list, webhook.Notice{
			Endpoint: name, Queue: name, Order: e.Stream, Group: e.Scope, Environment: "test", Event: "fanned", URL: url,
			Method: "POST", Body: []byte(f.Body),
		})
	}
	return list, nil
}

func (fan) Prepare(n webhook.Notice, _ time.Time) (webhook.Request, error) {
	switch n.Endpoint {
	case "gone":
		return webhook.Request{}, fmt.Errorf("%w", webhook.ErrGone)
	case "moved":
		n.URL = "http://shop/new"
	case "longer":
		n.URL = "http://shop/newer"
	}
	h := http.Header{}
	r := http.Request{Header: h}
	r.SetBasicAuth("till", "secret")
	return webhook.Request{Method: n.Method, URL: n.URL, Body: n.Body, Header: h}, nil
}

func (fan) Judge(status int, _ []byte) string {
	if status/100 == 2 {
		return ""
	}
	return fmt.Sprintf("judged %d", status)
}

func (fan) Policy() webhook.Policy {
	m, h := time.Minute, time.Hour
	return webhook.Policy{
		Delays: []time.Duration{2 * m, 5 * m, 10 * m, 15 * m, 30 * m, h, 2 * h, 4 * h}, Every: 8 * h, Until: 30 * 24 * h, Warn: 6,
	}
}
