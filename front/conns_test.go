package front_test

import (
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/front"
)

// TestTooManyConnections: one more than allowed is closed at once and disturbs nobody; when one has
// ended, or was handed over for a WebSocket, there is room again.
func TestTooManyConnections(t *testing.T) {
	handed := make(chan net.Conn, 1)
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/link" {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			handed <- c
			return
		}
		io.WriteString(w, "fine")
	}), func(o *front.Options) { o.MaxConns = 2 })
	dial := func() net.Conn {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	ask := func(c net.Conn, path string) bool {
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return false
		}
		answer := make([]byte, 4096)
		n, err := c.Read(answer)
		return err == nil && strings.HasPrefix(string(answer[:n]), "HTTP/1.1 ")
	}
	first, second := dial(), dial()
	if !ask(first, "/") || !ask(second, "/") {
		t.Fatal("the first two are not answered")
	}
	for range 3 {
		if ask(dial(), "/") {
			t.Error("one too many is answered")
		}
	}
	if !ask(first, "/") {
		t.Error("the first is disturbed")
	}
	if n := strings.Count(h.log.String(), "too many connections"); n != 1 {
		t.Errorf("the log tells it %d times", n)
	}
	if !ask(first, "/link") {
		t.Error("the first is not handed over")
	}
	defer (<-handed).Close()
	// Those that were one too many are counted until the server has noticed their end.
	free := func(whose string) {
		for until := time.Now().Add(5 * time.Second); !ask(dial(), "/"); {
			if time.Now().After(until) {
				t.Fatalf("the place of the one that %s is not free", whose)
			}
		}
	}
	free("was handed over")
	second.Close()
	free("ended")
}

// TestConnectionsOfHTTP2AreCountedOnce opens one after another more often than may be open at once.
func TestConnectionsOfHTTP2AreCountedOnce(t *testing.T) {
	authority, err := front.EnsureCA(t.TempDir(), nil, time.Now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secure, err := front.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }),
		func(o *front.Options) { o.Secure, o.TLS, o.MaxConns = secure, authority.TLS(), 1 })
	until := time.Now().Add(10 * time.Second)
	for got := 0; got < 5; {
		if time.Now().After(until) {
			t.Fatalf("after %d the place is not free again", got)
		}
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		resp, err := (&http.Client{Transport: transport}).Get(front.URL("https", secure))
		if err != nil {
			continue // the last one is not gone yet
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != "HTTP/2.0" {
			t.Fatalf("%q, %v", body, err)
		}
		transport.CloseIdleConnections()
		got++
	}
}
