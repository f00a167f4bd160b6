package poi_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/poi"
	"kassa/poilink"
	"kassa/sim/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cloud is a hub behind a real listener, over a real estate on a pretended disk.
type cloud struct {
	t       *testing.T
	hub     *poi.Hub
	estate  *estate.Registry
	heard   chan any // what the engine hears
	modes   chan poi.Mode
	devices chan poi.ToDevices
	server  *httptest.Server
	stop    func()

	mu    sync.Mutex
	disk  *disk.Disk
	group string
}

func (c *cloud) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disk.Submit(b, done)
	c.disk.Flush(-1)
}

func (c *cloud) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	return c.disk.Streams(kind, after, limit)
}

func (c *cloud) FromPOI(tid, order string, in kassa.Input, settled func()) {
	c.heard <- poi.ToEngine{TID: tid, Order: order, Input: in}
	go settled() // the engine calls back from elsewhere
}

func (c *cloud) POIConnected(tid, _ string, open []string) {
	c.heard <- poi.Connected{TID: tid, Open: open}
}

func (c *cloud) POIMode(tid string, own bool) { c.modes <- poi.Mode{TID: tid, Own: own} }

func (c *cloud) Answered(t estate.Terminal, exchange string, response json.RawMessage, settled func()) {
	c.devices <- poi.ToDevices{TID: t.TID, Exchange: exchange, Message: response}
	go settled()
}

func (c *cloud) Notified(t estate.Terminal, event json.RawMessage, settled func()) {
	c.devices <- poi.ToDevices{TID: t.TID, Message: event, Event: true}
	go settled()
}

// counter is the Sale System side of what people start at the terminal.
type counter struct{}

func (counter) Start(_ context.Context, t estate.Terminal, s poilink.Start) (poilink.Started, error) {
	if s.AmountMinor == 0 {
		return poilink.Started{Reference: s.Reference, Code: "refused", Text: "no amount"}, nil
	}
	return poilink.Started{Reference: s.Reference, Exchange: "X" + t.TID}, nil
}

func (counter) Refund(_ context.Context, _ estate.Terminal, r poilink.Refund) (poilink.RefundAnswer, error) {
	if r.AmountMinor == 13 {
		return poilink.RefundAnswer{}, errors.New("the store is gone")
	}
	return poilink.RefundAnswer{ID: r.ID, Exchange: r.Exchange, Accepted: true, RefundedMinor: r.AmountMinor}, nil
}

func (counter) SendReceipt(_ context.Context, _ estate.Terminal, r poilink.Receipt) (poilink.ReceiptAnswer, error) {
	return poilink.ReceiptAnswer{ID: r.ID, Accepted: true}, nil
}

func (counter) Totals(_ context.Context, _ estate.Terminal, q poilink.Totals) (poilink.TotalsAnswer, error) {
	return poilink.TotalsAnswer{ID: q.ID, Currency: "EUR"}, nil
}

// plain hides nothing: what it hides in production is tested where that is.
type plain struct{}

func (plain) LookupHash(s []byte) string                         { return "hash of " + string(s) }
func (plain) SealSecret(_ string, s []byte) ([]byte, error)      { return s, nil }
func (plain) OpenSecret(_ string, sealed []byte) ([]byte, error) { return sealed, nil }

func inject(ephemeral, _ []byte, number uint32) (poilink.Keys, error) {
	if number == 0 {
		return poilink.Keys{}, errors.New("no number")
	}
	return poilink.Keys{Ephemeral: ephemeral, Block: "D0144B1AX00N0000", IKID: "0011223300000001", KCV: "A1B2C3D4E5"}, nil
}

func newCloud(t *testing.T, change func(*poi.Config)) *cloud {
	t.Helper()
	c := &cloud{t: t, disk: disk.New(), heard: make(chan any, 1000), modes: make(chan poi.Mode, 1000), devices: make(chan poi.ToDevices, 1000)}
	var err error
	c.estate, err = estate.Open(c, plain{}, crand.Reader, estate.Test)
	must(t, err)
	a, err := c.estate.MakeAccount(noon, estate.Account{Name: "Koffie BV"})
	must(t, err)
	g, err := c.estate.MakeGroup(noon, estate.Group{Account: a.ID, Name: "Amsterdam"})
	must(t, err)
	c.group = g.ID
	cfg := poi.Config{
		Host: host, Directory: c.estate, Boarding: c.estate, Notes: c.estate, Inject: inject, Sales: counter{},
		Devices: c, Settings: c.estate, Watcher: c.estate,
		Now: time.Now, Random: crand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	c.hub, err = poi.New(cfg)
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle(poilink.Path, c.hub)
	c.server = httptest.NewServer(mux)
	t.Cleanup(c.server.Close)
	return c
}

func (c *cloud) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.hub.Run(ctx, c) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		must(c.t, <-done)
	})
	c.t.Cleanup(c.stop)
	until(c.t, func() bool { // Run admits links from now on
		r, err := http.NewRequest(http.MethodGet, c.server.URL+poilink.Path, nil)
		must(c.t, err)
		r.Header.Set("Sec-WebSocket-Protocol", poilink.Subprotocol)
		res, err := http.DefaultTransport.RoundTrip(r)
		must(c.t, err)
		must(c.t, res.Body.Close())
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		return res.StatusCode != http.StatusServiceUnavailable
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for something that a goroutine of the hub brings about.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("waited too long")
		case <-tick.C:
		}
	}
}

func (c *cloud) next() any {
	c.t.Helper()
	select {
	case in := <-c.heard:
		return in
	case <-time.After(10 * time.Second):
		c.t.Fatal("the engine hears nothing")
		return nil
	}
}

// script is a terminal in a few lines.
type script struct {
	t     *testing.T
	conn  net.Conn
	r     io.Reader
	key   ed25519.PrivateKey
	nonce []byte
}

func (c *cloud) dial(key byte) *script {
	c.t.Helper()
	d := ws.Dialer{Protocols: []string{poilink.Subprotocol}, Timeout: 10 * time.Second}
	conn, br, _, err := d.Dial(context.Background(), "ws"+strings.TrimPrefix(c.server.URL, "http")+poilink.Path)
	must(c.t, err)
	s := &script{t: c.t, conn: conn, r: conn, key: identity(key)}
	if br != nil {
		s.r = io.MultiReader(io.LimitReader(br, int64(br.Buffered())), conn)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	must(c.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	s.nonce = s.read().Challenge.Nonce
	return s
}

func (s *script) raw(f ws.Frame) { must(s.t, ws.WriteFrame(s.conn, ws.MaskFrame(f))) }

func (s *script) write(f poilink.Frame) {
	s.t.Helper()
	data, err := poilink.Encode(f)
	must(s.t, err)
	s.raw(ws.NewTextFrame(data))
}

// read gives the next frame that is no bare acknowledgement.
func (s *script) read() poilink.Frame {
	s.t.Helper()
	for {
		f, ok := s.tryRead()
		if !ok {
			s.t.Fatal("the link is closed")
		}
		if f.Type != poilink.TypeAck {
			return f
		}
	}
}

func (s *script) tryRead() (poilink.Frame, bool) {
	s.t.Helper()
	raw, err := readFrame(s.r)
	for err == nil && raw.Header.OpCode == ws.OpPing {
		_ = ws.WriteFrame(s.conn, ws.MaskFrame(ws.NewPongFrame(raw.Payload))) // the other side may have gone
		raw, err = readFrame(s.r)
	}
	if err != nil || raw.Header.OpCode == ws.OpClose {
		return poilink.Frame{}, false
	}
	f, err := poilink.Decode(raw.Payload)
	must(s.t, err)
	return f, true
}

func (s *script) hello() poilink.Frame {
	s.t.Helper()
	s.write(poilink.Frame{Type: poilink.TypeHello, Hello: &poilink.Hello{
		POIID: poiid, PublicKey: public(s.key), Signature: ed25519.Sign(s.key, poilink.ProofMessage(host, poiid, s.nonce)),
	}})
	return s.read()
}

// board takes a device from nothing to its activation.
func (c *cloud) board() *script {
	c.t.Helper()
	_, err := c.estate.BoardDevice(noon, poiid)
	must(c.t, err)
	term, code, err := c.estate.BoardTerminal(noon, c.group, "Counter", tid)
	must(c.t, err)
	s := c.dial(1)
	if w := s.hello(); w.Welcome == nil || w.Welcome.Activated != nil {
		c.t.Fatalf("welcome: %+v", w)
	}
	activate := poilink.Frame{Type: poilink.TypeActivate, Activate: &poilink.Activate{Code: code}}
	s.write(activate)
	if r := s.read().Refused; r == nil || r.Code != poilink.RefusedIPEKMissing || !strings.Contains(r.Text, "IPEK not configured") {
		c.t.Fatalf("activation without an initial key: %+v", r)
	}
	in := &poilink.InjectKeys{Ephemeral: bytes.Repeat([]byte{3}, 32), Nonce: bytes.Repeat([]byte{4}, 16)}
	in.Signature = ed25519.Sign(s.key, poilink.InjectMessage(poiid, s.nonce, in.Ephemeral, in.Nonce))
	s.write(poilink.Frame{Type: poilink.TypeInjectKeys, InjectKeys: in})
	keys := s.read().Keys
	if keys == nil {
		c.t.Fatal("no keys")
	}
	s.write(poilink.Frame{Type: poilink.TypeKeysLoaded, Seq: 1, KeysLoaded: &poilink.KeysLoaded{IKID: keys.IKID, KCV: keys.KCV}})
	s.write(activate)
	if a := s.read().Activated; a == nil || a.TID != term.TID || a.Environment != "test" {
		c.t.Fatalf("activated: %+v", a)
	}
	if in, ok := c.next().(poi.Connected); !ok || in.TID != term.TID {
		c.t.Fatalf("the engine hears %+v", in)
	}
	return s
}

func (c *cloud) facts() (kinds string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries, err := c.disk.Entries(0, 1000)
	must(c.t, err)
	for _, e := range entries {
		kinds += " " + e.Kind + string(e.Payload)
	}
	return kinds
}

func TestATerminalIsBoardedAndWorks(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	stranger := c.dial(1)
	if r := stranger.hello().Refused; r == nil || r.Code != poilink.RefusedUnknownPOI {
		t.Fatalf("before it is boarded: %+v", r)
	}
	s := c.board()
	if !c.hub.Online(tid) || c.hub.Online("00000XYZ") {
		t.Error("online is wrong")
	}
	c.hub.Tell(order(1), kassa.Offer{})
	offer := s.read()
	if offer.Type != poilink.TypeNexo || offer.Seq != 1 {
		t.Fatalf("offer: %+v", offer)
	}
	s.write(poilink.Frame{Type: poilink.TypeProgress, Seq: 2, Ack: 1, Progress: &poilink.Progress{Exchange: order(1).ID(), Screen: poilink.ScreenPresentCard}})
	if in, ok := c.next().(poi.ToEngine); !ok || in.Order != order(1).ID() || in.Input != (kassa.ScreenShown{Screen: "presentCard"}) {
		t.Fatalf("the engine hears %+v", in)
	}
	s.write(poilink.Frame{Type: poilink.TypePing})
	if f := s.read(); f.Type != poilink.TypePong {
		t.Errorf("ping: %+v", f)
	}
	s.raw(ws.NewPingFrame([]byte("x")))
	f, err := readFrame(s.r)
	if err == nil && f.Header.OpCode == ws.OpText { // an acknowledgement that came by itself
		f, err = readFrame(s.r)
	}
	if err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "x" {
		t.Errorf("WebSocket ping: %+v, %v", f.Header, err)
	}
	must(t, s.conn.Close())
	until(t, func() bool { return !c.hub.Online(tid) })
	until(t, func() bool { return strings.Contains(c.facts(), "LinkDown") })
	if facts := c.facts(); !strings.Contains(facts, "LinkUp") || !strings.Contains(facts, "connection lost") {
		t.Errorf("facts: %s", facts)
	}
	list := c.hub.List()
	if len(list) != 1 || list[0].POIID != poiid || list[0].TID != tid || list[0].Online || list[0].Reason != "connection lost" {
		t.Errorf("list: %+v", list)
	}
}

func TestANewLinkReplacesTheOld(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	old := c.board()
	s := c.dial(1)
	if w := s.hello().Welcome; w == nil || w.Received != 1 || w.Activated == nil || w.Activated.TID != tid {
		t.Fatalf("welcome: %+v", w)
	}
	if b := old.read().Bye; b == nil || b.Reason != "replaced" {
		t.Errorf("the old link: %+v", b)
	}
	c.hub.Tell(order(1), kassa.Offer{})
	if f := s.read(); f.Type != poilink.TypeNexo {
		t.Errorf("the new link: %+v", f)
	}
	clone := c.dial(2)
	if r := clone.hello().Refused; r == nil || r.Code != poilink.RefusedKeyMismatch {
		t.Errorf("another device: %+v", r)
	}
}

func TestWhatIsNoFrameIsRefusedInWords(t *testing.T) {
	c := newCloud(t, func(cfg *poi.Config) { cfg.HandshakesPerSecond = 1000 })
	c.run()
	must(t, c.board().conn.Close())
	long := append([]byte(`{"t":"ping","x":"`), bytes.Repeat([]byte{'x'}, poilink.MaxFrame)...)
	for name, f := range map[string]ws.Frame{
		"no JSON": ws.NewTextFrame([]byte("hello")), "binary": ws.NewBinaryFrame([]byte(`{"t":"ping"}`)),
		"too long": ws.NewTextFrame(long), "unknown": ws.NewTextFrame([]byte(`{"t":"dance"}`)),
		"no UTF-8": ws.NewTextFrame([]byte("{\"t\":\"ping\xff\"}")), "welcome": ws.NewTextFrame([]byte(`{"t":"welcome","welcome":{}}`)),
		"continuation of nothing": ws.NewFrame(ws.OpContinuation, true, []byte("x")),
	} {
		for _, greeted := range []bool{false, true} {
			s := c.dial(1)
			if greeted {
				if w := s.hello().Welcome; w == nil {
					t.Fatal("not welcome")
				}
			}
			s.raw(f)
			if r := s.read().Refused; r == nil || r.Code != poilink.RefusedBadFrame || r.Text == "" {
				t.Errorf("%s: %+v", name, r)
			}
			if _, ok := s.tryRead(); ok {
				t.Errorf("%s: the link goes on", name)
			}
		}
	}
	s := c.dial(1)
	must(t, ws.WriteFrame(s.conn, ws.NewTextFrame([]byte(`{"t":"ping"}`)))) // not masked
	if r := s.read().Refused; r == nil || r.Code != poilink.RefusedBadFrame {
		t.Errorf("not masked: %+v", r)
	}
	half := c.dial(1)
	half.hello()
	half.raw(ws.NewFrame(ws.OpText, false, []byte(`{"t":`)))
	half.raw(ws.NewFrame(ws.OpContinuation, true, []byte(`"ping"}`)))
	if f := half.read(); f.Type != poilink.TypePong {
		t.Errorf("in fragments: %+v", f)
	}
}

func TestDoorsThatStayShut(t *testing.T) {
	c := newCloud(t, func(cfg *poi.Config) { cfg.HandshakesPerSecond, cfg.MaxLinks = 5, 2 })
	get := func(change func(http.Header)) *http.Response {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, c.server.URL+poilink.Path, nil)
		must(t, err)
		for k, v := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": poilink.Subprotocol,
		} {
			r.Header.Set(k, v)
		}
		if change != nil {
			change(r.Header)
		}
		tr := &http.Transport{DisableKeepAlives: true}
		res, err := tr.RoundTrip(r)
		must(t, err)
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	if res := get(nil); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("before Run: %d", res.StatusCode)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.hub.Run(ctx, c) }()
	defer func() { cancel(); must(t, <-done) }()
	for name, test := range map[string]struct {
		change func(http.Header)
		want   int
	}{
		"browser":           {func(h http.Header) { h.Set("Origin", c.server.URL) }, http.StatusForbidden},
		"no subprotocol":    {func(h http.Header) { h.Del("Sec-WebSocket-Protocol") }, http.StatusBadRequest},
		"other subprotocol": {func(h http.Header) { h.Set("Sec-WebSocket-Protocol", "chat, "+poilink.Subprotocol+"x") }, http.StatusBadRequest},
	} {
		if res := get(test.change); res.StatusCode != test.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, test.want)
		}
	}
	until(t, func() bool { return get(nil).StatusCode == http.StatusSwitchingProtocols })
	shut := get(nil)
	for range 10 {
		shut = get(nil)
	}
	if shut.StatusCode != http.StatusServiceUnavailable || shut.Header.Get("Retry-After") == "" {
		t.Errorf("too many: %d, Retry-After %q", shut.StatusCode, shut.Header.Get("Retry-After"))
	}
}

func TestATerminalThatDoesNotReadIsCutAndTheEngineNeverWaits(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	big := order(1)
	big.Description = strings.Repeat("x", 4000)
	before := time.Now()
	for range 10_000 {
		c.hub.Tell(big, kassa.TellDecision{})
	}
	if took := time.Since(before); took > 5*time.Second {
		t.Errorf("the engine waited %v", took)
	}
	until(t, func() bool { return !c.hub.Online(tid) })
	_ = s

	flood := c.dial(1)
	flood.hello()
	ping, err := json.Marshal(poilink.Frame{Type: poilink.TypePing})
	must(t, err)
	frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(ping)))
	batch := bytes.Repeat(frame, 2000)
	must(t, flood.conn.SetDeadline(time.Now().Add(60*time.Second)))
	for c.hub.Online(tid) {
		if _, err := flood.conn.Write(batch); err != nil {
			return // cut, as it should be
		}
	}
}

func TestASilentLinkIsGivenUp(t *testing.T) {
	c := newCloud(t, func(cfg *poi.Config) { cfg.Heartbeat = time.Second })
	c.run()
	s := c.board()
	for {
		if _, ok := s.tryRead(); !ok {
			break
		}
	}
	until(t, func() bool { return strings.Contains(c.facts(), "no heartbeat") })
	if c.hub.Online(tid) {
		t.Error("still online")
	}
}

func TestShutdownJoinsEverything(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	waiting := c.dial(3) // never says hello
	go c.stop()
	if b := s.read().Bye; b == nil || b.Reason != "shutdown" || b.RetryAfterMS < 1000 {
		t.Errorf("goodbye: %+v", b)
	}
	for _, l := range []*script{s, waiting} {
		if _, ok := l.tryRead(); ok {
			t.Error("a frame after the end")
		}
		must(t, l.conn.Close())
	}
	c.stop()
	if c.hub.Online(tid) || !strings.Contains(c.facts(), `"shutdown"`) {
		t.Error("the POI did not go offline for the shutdown")
	}
}
