package acquirer_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// slack is what an outcome may be late here. The promise is 100 ms; a machine that runs many tests and browsers
// at once, with the race detector, may be slower (the test with a clock of its own is exact).
const slack = 3 * time.Second

// script is how the host behaves: it gets every message but those of the network, which are
// answered unless mute, and writes what it likes.
type script func(c net.Conn, m *iso8583.Message)

// host is a scripted host on a real socket.
type host struct {
	t        *testing.T
	listener net.Listener
	mu       sync.Mutex
	script   script
	mute     atomic.Bool // answers nothing at all
	deaf     atomic.Bool // reads nothing after the sign-on
	open     map[net.Conn]bool
	quit     chan struct{}
	wg       sync.WaitGroup
}

func newHost(t *testing.T, s script) *host {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, listener: listener, script: s, open: map[net.Conn]bool{}, quit: make(chan struct{})}
	h.wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.open[c] = true
			h.mu.Unlock()
			h.wg.Go(func() { h.serve(c) })
		}
	})
	t.Cleanup(h.stop)
	return h
}

func (h *host) address() string { return h.listener.Addr().String() }

func (h *host) stop() {
	_ = h.listener.Close()
	close(h.quit)
	h.dropAll()
	h.wg.Wait()
}

func (h *host) dropAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.open {
		_ = c.Close()
	}
}

func (h *host) play(s script) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script = s
}

func (h *host) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		h.mu.Lock()
		delete(h.open, c)
		h.mu.Unlock()
	}()
	for {
		frame, err := iso8583.ReadFrame(c, iso8583.MaxFrame)
		if err != nil {
			return
		}
		m, err := iso8583.Kassa87().Unpack(frame)
		if err != nil {
			h.t.Error("the host got:", err)
			return
		}
		if h.mute.Load() {
			continue
		}
		if m.MTI == "0800" {
			write(c, answerTo(m, nil))
			if h.deaf.Load() {
				<-h.quit
				return
			}
			continue
		}
		h.mu.Lock()
		s := h.script
		h.mu.Unlock()
		s(c, m)
	}
}

func write(c net.Conn, frames ...acquirer.Frame) {
	for _, f := range frames {
		_, _ = c.Write(iso8583.AppendFrame(nil, f)) // the other side may have gone
	}
}

func approve(c net.Conn, m *iso8583.Message) { write(c, answerTo(m, nil)) }

// till is a link with its outcomes.
type till struct {
	t        testing.TB
	link     *acquirer.Link
	mu       sync.Mutex
	waiting  map[string]chan kassa.Input
	extra    chan kassa.Input // outcomes that nobody waits for
	notices  chan acquirer.Notice
	stop     context.CancelFunc
	finished chan error
}

func newTill(t testing.TB, address func() string, change func(*acquirer.LinkConfig)) *till {
	t.Helper()
	k := &till{
		t: t, waiting: map[string]chan kassa.Input{}, extra: make(chan kassa.Input, 10_000),
		notices: make(chan acquirer.Notice, 100_000), finished: make(chan error, 1),
	}
	cfg := acquirer.LinkConfig{
		Config:       acquirer.Config{Timeout: 400 * time.Millisecond, RepeatFirst: 50 * time.Millisecond},
		Address:      address,
		WriteTimeout: 200 * time.Millisecond,
		RedialFirst:  10 * time.Millisecond,
		RedialMax:    50 * time.Millisecond,
		Observe:      func(n acquirer.Notice) { k.notices <- n },
	}
	if change != nil {
		change(&cfg)
	}
	link, err := acquirer.New(cfg, module{}, k.outcome)
	if err != nil {
		t.Fatal(err)
	}
	k.link = link
	ctx, cancel := context.WithCancel(context.Background())
	k.stop = cancel
	go func() { k.finished <- link.Run(ctx) }()
	t.Cleanup(k.end)
	return k
}

// end stops the link and waits for it.
func (k *till) end() {
	k.stop()
	select {
	case err := <-k.finished:
		if !errors.Is(err, context.Canceled) {
			k.t.Error("Run ended with", err)
		}
		k.finished <- err
	case <-time.After(5 * time.Second):
		k.t.Error("Run does not end")
	}
}

func (k *till) outcome(order string, in kassa.Input) {
	k.mu.Lock()
	c := k.waiting[order]
	delete(k.waiting, order)
	k.mu.Unlock()
	if c == nil {
		c = k.extra
	}
	c <- in
}

// signedOn waits until n connections are.
func (k *till) signedOn(n int) {
	k.t.Helper()
	for k.link.State() != n {
		select {
		case <-k.notices:
		case <-time.After(5 * time.Second):
			k.t.Fatalf("%d connections are signed on, want %d", k.link.State(), n)
		}
	}
}

// pay sends a sale and waits for what comes of it.
func (k *till) pay(n int64, tid string) (kassa.Input, time.Duration) {
	in := sale(n, tid, time.Now())
	c := make(chan kassa.Input, 1)
	k.mu.Lock()
	k.waiting[in.Order.ID()] = c
	k.mu.Unlock()
	begun := time.Now()
	k.link.Take(in.Order, in.Effect)
	select {
	case got := <-c:
		return got, time.Since(begun)
	case <-time.After(10 * time.Second):
		return nil, time.Since(begun)
	}
}

func wantType[T kassa.Input](t *testing.T, got kassa.Input) T {
	t.Helper()
	v, ok := got.(T)
	if !ok {
		t.Fatalf("the outcome is %#v, want %T", got, v)
	}
	return v
}

func (k *till) next() kassa.Input {
	k.t.Helper()
	select {
	case in := <-k.extra:
		return in
	case <-time.After(5 * time.Second):
		k.t.Fatal("nothing comes")
		return nil
	}
}

// alarm waits for an alarm of a kind.
func (k *till) alarm(kind acquirer.AlarmKind) {
	k.t.Helper()
	for {
		select {
		case n := <-k.notices:
			if a, ok := n.(acquirer.Alarm); ok && a.Kind == kind {
				return
			}
		case <-time.After(5 * time.Second):
			k.t.Fatalf("no alarm %s", kind)
		}
	}
}

func TestLinkApproves(t *testing.T) {
	h := newHost(t, approve)
	k := newTill(t, h.address, nil)
	k.signedOn(2)
	for n := range int64(300) { // many more than a connection has read credit
		got, _ := k.pay(n+1, "T1")
		if a := wantType[kassa.HostAnswered](t, got); a.Reason != kassa.None || a.AuthCode != "A1B2C3" {
			t.Errorf("%+v", a)
		}
	}
}

func TestLinkWithoutHost(t *testing.T) {
	var address atomic.Pointer[string]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := listener.Addr().String()
	_ = listener.Close()
	address.Store(&nowhere)
	k := newTill(t, func() string { return *address.Load() }, nil)
	got, took := k.pay(1, "T1")
	wantType[kassa.HostRequestNotSent](t, got)
	if took > slack {
		t.Errorf("that took %v", took)
	}
	// The address may change: then it recovers by itself.
	h := newHost(t, approve)
	where := h.address()
	address.Store(&where)
	k.signedOn(2)
	got, _ = k.pay(2, "T1")
	wantType[kassa.HostAnswered](t, got)
}

func TestLinkFaults(t *testing.T) {
	tests := map[string]struct {
		script script
		alarm  acquirer.AlarmKind
		fast   bool // it is known before the time-out
	}{
		"silence":    {script: func(net.Conn, *iso8583.Message) {}},
		"wrong STAN": {script: func(c net.Conn, m *iso8583.Message) { write(c, answerTo(m, set(11, "999999"))) }, alarm: acquirer.AlarmUnmatched},
		"bad MAC": {script: func(c net.Conn, m *iso8583.Message) {
			f := answerTo(m, nil)
			f[len(f)-1] ^= 1
			write(c, f)
		}, alarm: acquirer.AlarmBadMAC},
		"garbage": {script: func(c net.Conn, _ *iso8583.Message) { write(c, acquirer.Frame("what is this")) }, alarm: acquirer.AlarmMalformed},
		"closed":  {script: func(c net.Conn, _ *iso8583.Message) { _ = c.Close() }, fast: true},
		"closed within a frame": {script: func(c net.Conn, m *iso8583.Message) {
			b := iso8583.AppendFrame(nil, answerTo(m, nil))
			_, _ = c.Write(b[:len(b)/2])
			_ = c.Close()
		}, fast: true},
		"a length of zero": {script: func(c net.Conn, _ *iso8583.Message) { _, _ = c.Write([]byte{0, 0}) }, fast: true},
		"a length above the limit": {script: func(c net.Conn, _ *iso8583.Message) {
			_, _ = c.Write([]byte{0xFF, 0xFF, 'x'})
		}, fast: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, tt.script)
			k := newTill(t, h.address, nil)
			k.signedOn(2)
			got, took := k.pay(1, "T1")
			wantType[kassa.HostOutcomeUnknown](t, got)
			if took > 400*time.Millisecond+slack || tt.fast && took > 350*time.Millisecond {
				t.Errorf("that took %v", took)
			}
			if tt.alarm != "" {
				k.alarm(tt.alarm)
			}
			// And it recovers.
			h.play(approve)
			k.signedOn(2)
			in := undo(sale(1, "T1", time.Now()))
			k.link.Take(in.Order, in.Effect)
			wantType[kassa.ReversalAnswered](t, k.next())
			got, _ = k.pay(2, "T1")
			wantType[kassa.HostAnswered](t, got)
		})
	}
}

func TestLinkAnswersInPiecesTwiceAndLate(t *testing.T) {
	h := newHost(t, func(c net.Conn, m *iso8583.Message) {
		for _, b := range iso8583.AppendFrame(nil, answerTo(m, nil)) {
			_, _ = c.Write([]byte{b})
		}
		write(c, answerTo(m, nil), answerTo(m, nil))
	})
	k := newTill(t, h.address, nil)
	k.signedOn(2)
	for n := range int64(5) {
		got, _ := k.pay(n+1, "T1")
		wantType[kassa.HostAnswered](t, got)
	}
	held := make(chan func(), 1)
	h.play(func(c net.Conn, m *iso8583.Message) { held <- func() { approve(c, m) } })
	got, _ := k.pay(6, "T1")
	wantType[kassa.HostOutcomeUnknown](t, got)
	(<-held)()
	if late := wantType[kassa.LateAnswer](t, k.next()); !late.Approved || late.AuthCode != "A1B2C3" {
		t.Errorf("%+v", late)
	}
	select {
	case in := <-k.extra:
		t.Errorf("a duplicate answer had an effect: %#v", in)
	default:
	}
}

func TestLinkRepeatsRefundsAndReversals(t *testing.T) {
	var tries atomic.Int64
	h := newHost(t, func(c net.Conn, m *iso8583.Message) {
		switch {
		case m.MTI[3] != '1': // the first is swallowed, the link drops on the second
		case tries.Add(1) <= 2:
			_ = c.Close()
		default:
			approve(c, m)
		}
	})
	k := newTill(t, h.address, nil)
	k.signedOn(2)
	s := sale(1, "T1", time.Now())
	r, p := undo(s), payBack(sale(9, "T2", time.Now()), 2, time.Now())
	k.link.Take(r.Order, r.Effect)
	k.link.Take(p.Order, p.Effect)
	got := map[kassa.Input]bool{k.next(): true, k.next(): true}
	if !got[kassa.ReversalAnswered{Request: 1, ResponseCode: "00"}] || !got[kassa.RefundAnswered{Number: 2, ResponseCode: "00"}] {
		t.Errorf("%v", got)
	}
}
