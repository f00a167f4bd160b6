package poi_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"kassa/estate"
	"kassa/poi"
	"kassa/poilink"
)

// storm is a town of terminals at one listener, whose cloud is replaced under them.
type storm struct {
	t      *testing.T
	paper  quiet
	key    ed25519.PrivateKey
	server *httptest.Server
	hub    atomic.Pointer[poi.Hub]

	mu       sync.Mutex
	admitted []time.Time // when the upgrades of the present cloud were

	tries    []atomic.Int32 // of each terminal, since the present cloud is there
	welcomed chan int
}

// upgraded notes when a handler takes the connection over.
type upgraded struct {
	http.ResponseWriter
	s *storm
}

func (u upgraded) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	u.s.mu.Lock()
	u.s.admitted = append(u.s.admitted, time.Now())
	u.s.mu.Unlock()
	return u.ResponseWriter.(http.Hijacker).Hijack()
}

func (s *storm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.hub.Load().ServeHTTP(upgraded{w, s}, r)
}

// cloud starts a cloud in the place of the last one; stop ends it in order.
func (s *storm) cloud(gate int) (stop func()) {
	s.t.Helper()
	hub, err := poi.New(poi.Config{
		Host: host, Directory: s.paper, Boarding: s.paper, Notes: s.paper, Inject: inject, Sales: counter{}, Devices: s.paper,
		Settings: s.paper, Watcher: s.paper, Now: time.Now, Random: crand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		HandshakesPerSecond: gate, Heartbeat: 10 * time.Minute, // longer than the test: this town sends no pings
	})
	must(s.t, err)
	s.mu.Lock()
	s.admitted = nil
	s.mu.Unlock()
	for i := range s.tries {
		s.tries[i].Store(0)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s.hub.Store(hub)
	go func() { done <- hub.Run(ctx, s.paper) }()
	return sync.OnceFunc(func() {
		cancel()
		must(s.t, <-done)
	})
}

// terminal stays connected as the protocol page says, until ctx ends.
func (s *storm) terminal(ctx context.Context, i int) {
	wait := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait): // what it was told to wait
		}
		s.tries[i].Add(1)
		var err error
		if wait, err = s.link(ctx, i); err != nil {
			s.t.Errorf("terminal %d: %v", i, err)
			return
		}
	}
}

// link is one link from its opening to its end; it tells how long to wait for the next.
func (s *storm) link(ctx context.Context, i int) (time.Duration, error) {
	var retry time.Duration
	d := ws.Dialer{
		Protocols: []string{poilink.Subprotocol}, Timeout: 30 * time.Second,
		OnStatusError: func(_ int, _ []byte, whole io.Reader) {
			if res, err := http.ReadResponse(bufio.NewReader(whole), nil); err == nil {
				seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
				retry = time.Duration(seconds) * time.Second
				_ = res.Body.Close()
			}
		},
	}
	conn, br, _, err := d.Dial(ctx, "ws"+strings.TrimPrefix(s.server.URL, "http"))
	if status, ok := errors.AsType[ws.StatusError](err); ok && status == http.StatusServiceUnavailable {
		if retry <= 0 {
			return 0, errors.New("refused without a time to come back at")
		}
		return retry, nil
	}
	if err != nil {
		return time.Second, nil // the network's doing: there was no answer at all
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	var r io.Reader = conn
	if br != nil {
		r = io.MultiReader(io.LimitReader(br, int64(br.Buffered())), conn)
	}
	for {
		raw, err := readFrame(r)
		if err != nil || raw.Header.OpCode == ws.OpClose {
			return time.Second, nil
		}
		if raw.Header.OpCode == ws.OpPing {
			_ = ws.WriteFrame(conn, ws.MaskFrame(ws.NewPongFrame(raw.Payload)))
			continue
		}
		f, err := poilink.Decode(raw.Payload)
		switch {
		case err != nil:
			return 0, err
		case f.Challenge != nil:
			err = s.hello(conn, i, f.Challenge.Nonce)
		case f.Welcome != nil:
			s.welcomed <- i
		case f.Bye != nil:
			return time.Duration(f.Bye.RetryAfterMS) * time.Millisecond, nil
		case f.Refused != nil:
			return 0, fmt.Errorf("refused: %+v", f.Refused)
		}
		if err != nil {
			return time.Second, nil
		}
	}
}

func (s *storm) hello(conn net.Conn, i int, nonce []byte) error {
	id := stormID(i)
	hello, err := poilink.Encode(poilink.Frame{Type: poilink.TypeHello, Hello: &poilink.Hello{
		POIID: id, PublicKey: public(s.key), Signature: ed25519.Sign(s.key, poilink.ProofMessage(host, id, nonce)),
	}})
	if err != nil {
		return err
	}
	return ws.WriteFrame(conn, ws.MaskFrame(ws.NewTextFrame(hello)))
}

func stormID(i int) string { return fmt.Sprintf("VT1-%06d", i) }

// allBack waits until every terminal is welcome, and checks that the gate held and nobody starved.
func (s *storm) allBack(what string, gate int) {
	s.t.Helper()
	n := len(s.tries)
	seen := make([]bool, n)
	deadline := time.After(90 * time.Second)
	for back := 0; back < n; {
		select {
		case i := <-s.welcomed:
			if !seen[i] {
				seen[i] = true
				back++
			}
		case <-deadline:
			s.t.Fatalf("%s: %d of %d terminals are back", what, back, n)
		}
	}
	s.mu.Lock()
	at := slices.Clone(s.admitted)
	s.mu.Unlock()
	slices.SortFunc(at, time.Time.Compare)
	// A second's worth at once, and what a second refills; the clock is read a little after the gate.
	most := 2*gate + gate/10
	for i := most; i < len(at); i++ {
		if at[i].Sub(at[i-most]) < time.Second {
			s.t.Fatalf("%s: more than %d handshakes in a second", what, most)
		}
	}
	tries := 0
	for i := range s.tries {
		tries = max(tries, int(s.tries[i].Load()))
	}
	if tries > 12 {
		s.t.Errorf("%s: a terminal needed %d tries", what, tries)
	}
	for i := range n {
		if r := s.hub.Load().Reach(fmt.Sprintf("%08d", i)); r.State != poi.Online {
			s.t.Fatalf("%s: terminal %d is %s (%s)", what, i, r.State, r.Reason)
		}
	}
}

// TestATownComesBack: a thousand terminals that connect at once, all of them, while no more are admitted
// than can be; and again when the cloud is replaced by another.
func TestATownComesBack(t *testing.T) {
	const terminals, gate = 1000, 300
	s := &storm{
		t: t, key: identity(1), tries: make([]atomic.Int32, terminals), welcomed: make(chan int, 10*terminals),
		paper: quiet{&paper{devices: make(map[string]estate.Device), terminals: make(map[string]estate.Terminal), byTID: make(map[string]string)}},
	}
	for i := range terminals {
		id, tid := stormID(i), fmt.Sprintf("%08d", i)
		s.paper.devices[id] = estate.Device{POIID: id, PublicKey: public(s.key), TID: tid}
		s.paper.terminals[id] = estate.Terminal{TID: tid, POIID: id, Group: "57001"}
		s.paper.byTID[tid] = id
	}
	stop := s.cloud(gate)
	s.server = httptest.NewServer(s)
	defer s.server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var town sync.WaitGroup
	defer town.Wait()
	defer cancel()
	for i := range terminals {
		town.Go(func() { s.terminal(ctx, i) })
	}
	s.allBack("at first", gate)
	stop()
	for len(s.welcomed) > 0 {
		<-s.welcomed
	}
	stop = s.cloud(gate)
	defer stop()
	s.allBack("after a restart", gate)
}
