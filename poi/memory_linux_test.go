package poi_test

import (
	"context"
	"crypto/ed25519"
	crand "crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"kassa/estate"
	"kassa/poi"
	"kassa/poilink"
)

// BenchmarkIdleLink reports the user memory (heap and stacks) of one connected idle terminal with
// all that is kept of it. The other side is bare sockets, which cost this process nothing but the
// kernel's part.
func BenchmarkIdleLink(b *testing.B) {
	const links = 2000
	const goal = 7.0 // KiB, design/performance.md, goal 3
	for b.Loop() {
		perLink := idleLinks(b, links)
		b.ReportMetric(perLink, "KiB/link")
		if perLink > goal {
			b.Errorf("%.1f KiB a link, the goal is %.0f", perLink, goal)
		}
	}
}

func idleLinks(b *testing.B, n int) float64 {
	key := identity(1)
	p := quiet{&paper{devices: make(map[string]estate.Device), terminals: make(map[string]estate.Terminal)}}
	for i := range n {
		id := fmt.Sprintf("VT1-%06d", i)
		p.devices[id] = estate.Device{POIID: id, PublicKey: public(key)}
		p.terminals[id] = estate.Terminal{TID: fmt.Sprintf("%08d", i), POIID: id, Group: "57001"}
	}
	hub, err := poi.New(poi.Config{
		Host: host, Directory: p, Boarding: p, Notes: p, Inject: inject, Sales: counter{}, Devices: p, Settings: p, Watcher: p, Now: time.Now, Random: crand.Reader,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Heartbeat: time.Minute, HandshakesPerSecond: 2 * n,
	})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(hub)
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx, p) }()
	sockets := make([]int, 0, n)
	for len(sockets) == 0 { // until Run admits links
		sockets = connect(b, sockets, server, key, 0)
	}
	before := inUse()
	for i := 1; i < n; i++ {
		sockets = connect(b, sockets, server, key, i)
	}
	grown := inUse() - before
	if online := len(hub.List()); online != n || len(sockets) != n {
		b.Fatalf("%d terminals of %d", online, n)
	}
	for _, fd := range sockets {
		_ = syscall.Close(fd)
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	return float64(grown) / 1024 / float64(n-1)
}

// connect opens one link, and keeps of it only the number of its socket.
func connect(b *testing.B, sockets []int, server *httptest.Server, key ed25519.PrivateKey, i int) []int {
	addr := strings.TrimPrefix(server.URL, "http://")
	d := ws.Dialer{Protocols: []string{poilink.Subprotocol}}
	conn, br, _, err := d.Dial(context.Background(), "ws://"+addr+poilink.Path)
	if err != nil {
		if len(sockets) == 0 {
			return sockets
		}
		b.Fatal(err)
	}
	var r io.Reader = conn
	if br != nil {
		r = br
	}
	challenge, err := readFrame(r)
	if err != nil {
		b.Fatal(err)
	}
	f, err := poilink.Decode(challenge.Payload)
	if err != nil {
		b.Fatal(err)
	}
	id := fmt.Sprintf("VT1-%06d", i)
	hello, err := poilink.Encode(poilink.Frame{Type: poilink.TypeHello, Hello: &poilink.Hello{
		POIID: id, PublicKey: public(key), Signature: ed25519.Sign(key, poilink.ProofMessage(host, id, f.Challenge.Nonce)),
	}})
	if err != nil {
		b.Fatal(err)
	}
	if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewTextFrame(hello))); err != nil {
		b.Fatal(err)
	}
	if _, err := readFrame(r); err != nil {
		b.Fatal(err)
	}
	return append(sockets, bare(b, conn))
}

func bare(b *testing.B, conn net.Conn) int {
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		b.Fatal(err)
	}
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		b.Fatal(err)
	}
	_ = file.Close()
	_ = conn.Close()
	return fd
}

// inUse is what the program holds after garbage is gone and stacks have shrunk.
func inUse() uint64 {
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for range 6 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
