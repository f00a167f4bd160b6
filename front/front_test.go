package front_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/front"
)

// canary stands for a key; wherever a client puts it, the log must not have it.
const canary = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"

// logBook is a log that a test can read while it is written.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// house is a running server.
type house struct {
	url, addr string
	log       *logBook
	client    *http.Client
	// stop tells it to end, and gives what Run returned.
	stop func() error
}

func run(t *testing.T, h http.Handler, change ...func(*front.Options)) house {
	t.Helper()
	l, err := front.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	book := &logBook{}
	o := front.Options{
		Plain: l, Handler: h, Grace: 2 * time.Second, Now: time.Now, Random: rand.Reader,
		Log: slog.New(slog.NewJSONHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- front.New(o).Run(ctx) }()
	transport := &http.Transport{}
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return house{url: front.URL("http", l), addr: l.Addr().String(), log: book,
		client: &http.Client{Transport: transport, Timeout: 10 * time.Second}, stop: stop}
}

func (h house) do(t *testing.T, method, path string, header http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	res, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestEveryAnswerCarriesTheSafetyHeaders(t *testing.T) {
	h := run(t, http.NotFoundHandler())
	res, _ := h.do(t, "GET", "/nowhere", nil)
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s = %q, want once %q", name, got, want)
		}
	}
}

func TestRequestID(t *testing.T) {
	seen := make(chan string, 1)
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen <- r.Header.Get("Request-Id") }))
	for _, c := range []struct {
		sent string
		kept bool
	}{
		{"", false}, {"order-17_attempt-2", true}, {"short", false}, {strings.Repeat("a", 65), false},
		{"has space in it", false}, {"4761730000000119", false}, {`quote"quote`, false},
	} {
		header := http.Header{}
		if c.sent != "" {
			header["Request-Id"] = []string{c.sent}
		}
		res, _ := h.do(t, "GET", "/", header)
		got, inside := res.Header.Get("Request-Id"), <-seen
		if got != inside {
			t.Errorf("sent %q: the handler saw %q, the client %q", c.sent, inside, got)
		}
		if kept := got == c.sent; kept != c.kept || got == "" {
			t.Errorf("sent %q: got %q, want kept=%v", c.sent, got, c.kept)
		}
	}
}

func TestTheLogNeverHasAKey(t *testing.T) {
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("cannot serve " + r.URL.String())
		}
		io.Copy(w, r.Body)
	}))
	for _, path := range []string{
		"/v1/json/orders/my%2Forder.1?api_key=" + canary, "/x?token=" + canary, "/x?" + canary, "/x%3Fapi_key=" + canary,
		"/x%3fapi_key%3D" + canary, "/API_KEY=" + canary, "/panic?api_key=" + canary, "//x?api_key=" + canary,
		"/x;token=" + canary + "?a;b=" + canary,
	} {
		h.do(t, "POST", path, http.Header{"Authorization": {"Bearer " + canary}, "Api_key": {canary}, "Cookie": {"k=" + canary},
			"Referer": {"http://h/?api_key=" + canary}, "User-Agent": {canary}})
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	text := h.log.String()
	if strings.Contains(text, canary) {
		t.Errorf("the key is in the log:\n%s", text)
	}
	if want := `"path":"/v1/json/orders/my%2Forder.1"`; !strings.Contains(text, want) {
		t.Errorf("the log does not have %s:\n%s", want, text)
	}
	if !strings.Contains(text, "TestTheLogNeverHasAKey.func1") {
		t.Errorf("the log does not say where the handler panicked:\n%s", text)
	}
}

func TestAccessLogLine(t *testing.T) {
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "short and stout")
	}))
	res, _ := h.do(t, "BREW", "/pot", nil)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	var line struct {
		Msg, Method, Path, Request string
		Status, Bytes              int
		MS                         *float64
	}
	if err := json.Unmarshal([]byte(h.log.String()), &line); err != nil {
		t.Fatalf("%v in %s", err, h.log.String())
	}
	if line.Msg != "request" || line.Method != "other" || line.Path != "/pot" || line.Status != 418 || line.Bytes != 15 ||
		line.MS == nil || line.Request != res.Header.Get("Request-Id") {
		t.Errorf("the line is %s", h.log.String())
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		none := make([]int, 0, len(r.URL.Path))
		if r.URL.Path == "/half" {
			io.WriteString(w, "half an ans")
			w.(http.Flusher).Flush()
		}
		none[0] = 1
	}))
	res, body := h.do(t, "GET", "/", nil)
	var answer struct{ Code, Message, RequestID string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || res.StatusCode != 500 ||
		answer.Code != "internal_error" || answer.RequestID != res.Header.Get("Request-Id") {
		t.Errorf("got %d %s (%v)", res.StatusCode, body, err)
	}
	if strings.Contains(body, "index out of range") || strings.Contains(body, ".go") {
		t.Errorf("the answer tells of our inside: %s", body)
	}
	half, err := h.client.Get(h.url + "/half")
	if err != nil {
		t.Fatal(err)
	}
	defer half.Body.Close()
	if text, err := io.ReadAll(half.Body); err == nil {
		t.Errorf("half an answer looks whole: %q", text)
	}
}

func TestTraceIsNotAnswered(t *testing.T) {
	h := run(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }))
	if res, body := h.do(t, "TRACE", "/", http.Header{"Cookie": {canary}}); res.StatusCode != 405 ||
		res.Header.Get("Allow") == "" || strings.Contains(body, canary) {
		t.Errorf("got %d %q", res.StatusCode, body)
	}
}

func TestErrorsOfTheFrontSpeakThePathsDialect(t *testing.T) {
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") })
	h := run(t, handler, func(o *front.Options) {
		o.Refuse = func(w http.ResponseWriter, r *http.Request, status int, message string) bool {
			if r.URL.Path != "/dialect" {
				return false
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "dialect: "+message)
			return true
		}
	})
	for _, c := range []struct {
		method, path string
		status       int
		dialect      bool
	}{{"TRACE", "/dialect", 405, true}, {"GET", "/dialect", 500, true}, {"TRACE", "/", 405, false}, {"GET", "/", 500, false}} {
		res, body := h.do(t, c.method, c.path, nil)
		if res.StatusCode != c.status || strings.HasPrefix(body, "dialect: ") != c.dialect {
			t.Errorf("%s %s: %d %q", c.method, c.path, res.StatusCode, body)
		}
	}
}

// raw sends bytes as they are and returns the status lines of all that comes back.
func raw(t *testing.T, addr, request string) []string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for scan := bufio.NewScanner(c); scan.Scan(); {
		if strings.HasPrefix(scan.Text(), "HTTP/1.") {
			lines = append(lines, scan.Text()[9:12])
		}
	}
	return lines
}

// Each of these is read differently by some proxy and some server (CWE-444).
func TestSmuggling(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.URL.Path)
	}))
	const end = "Connection: close\r\n\r\n"
	for name, c := range map[string]struct{ request, want string }{
		"two lengths":       {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n" + end + "hello", "400"},
		"signed length":     {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n" + end + "hello", "400"},
		"space before":      {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n" + end + "0\r\n\r\n", "400"},
		"unknown encoding":  {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n" + end + "0\r\n\r\n", "501"},
		"two hosts":         {"GET /a HTTP/1.1\r\nHost: h\r\nHost: i\r\n" + end, "400"},
		"no host":           {"GET /a HTTP/1.1\r\n" + end, "400"},
		"malformed chunk":   {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + end + "zz\r\nhello\r\n0\r\n\r\n", "400"},
		"header of 100 KiB": {"GET /a HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n" + end, "431"},
		"length and chunks": {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + end +
			"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := raw(t, h.addr, c.request); len(got) != 1 || got[0] != c.want {
				t.Errorf("answers %v, want one %s", got, c.want)
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	for _, p := range paths {
		if p != "/a" {
			t.Errorf("a second request was read out of a body: %s", p)
		}
	}
}

func TestSlowClientsHoldUpNobody(t *testing.T) {
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	var slow []net.Conn
	for i := range 200 {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
		if i%2 == 0 {
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ")
		} else {
			fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx")
		}
	}
	began := time.Now()
	for range 20 {
		if _, body := h.do(t, "GET", "/", nil); body != "ok" {
			t.Fatalf("got %q", body)
		}
	}
	if d := time.Since(began); d > time.Second {
		t.Errorf("an honest client waited %v for 20 answers", d)
	}
	for _, c := range slow {
		c.Close()
	}
}

func TestStopEndsStreamsAndLetsRequestsFinish(t *testing.T) {
	inside, finish := make(chan struct{}), make(chan struct{})
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			io.WriteString(w, "data: 1\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			close(finish)
			return
		}
		close(inside)
		<-finish
		if r.Context().Err() != nil {
			t.Error("the request was cancelled, though it was in time")
		}
		io.WriteString(w, "done")
	}))
	stream, err := h.client.Get(h.url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	got := make(chan string, 1)
	go func() {
		_, body := h.do(t, "GET", "/work", nil)
		got <- body
	}()
	<-inside
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if body := <-got; body != "done" {
		t.Errorf("the request got %q", body)
	}
}

func TestStopWaitsNoLongerThanTheGrace(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(inside)
		<-r.Context().Done()
		close(release)
	}), func(o *front.Options) { o.Grace = 400 * time.Millisecond })
	go h.client.Get(h.url)
	<-inside
	began := time.Now()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	<-release
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestListen(t *testing.T) {
	l, err := front.Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !strings.HasPrefix(l.Addr().String(), "127.0.0.1:") {
		t.Errorf("without a host it listens on %s", l.Addr())
	}
	if _, err := front.Listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), "--addr 127.0.0.1:0") {
		t.Errorf("a taken port says %v, not what to do", err)
	}
	if _, err := front.Listen("8080"); err == nil {
		t.Error("an address without a port was taken")
	}
	beside, err := front.ListenBeside(l)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	if got := front.URL("https", beside); got != "https://"+beside.Addr().String() {
		t.Errorf("URL %s for %s", got, beside.Addr())
	}
}

func TestHijackedConnectionLivesOn(t *testing.T) {
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			defer c.Close()
			line, err := rw.ReadString('\n')
			if err != nil {
				t.Error(err)
			}
			io.WriteString(c, "HTTP/1.1 101 "+line)
		}()
	}))
	if got := raw(t, h.addr, "GET / HTTP/1.1\r\nHost: h\r\n\r\nhello\n"); len(got) != 1 || got[0] != "101" {
		t.Errorf("got %q", got)
	}
}

// TestEveryAnswerIsObserved: who measures hears of each, with the status that the client got, also after a panic.
func TestEveryAnswerIsObserved(t *testing.T) {
	type answer struct {
		path   string
		status int
		stream bool
	}
	heard := make(chan answer, 10)
	h := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panic":
			panic("it broke")
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
		case "/none":
			w.WriteHeader(http.StatusNotFound)
		}
	}), func(o *front.Options) {
		o.Observe = func(path string, status int, took time.Duration, stream bool) {
			if took < 0 || took > time.Minute {
				t.Errorf("%s took %s", path, took)
			}
			heard <- answer{path, status, stream}
		}
	})
	for _, want := range []answer{{"/ok", 200, false}, {"/none", 404, false}, {"/stream", 200, true}, {"/panic", 500, false}} {
		h.do(t, "GET", want.path, nil)
		if got := <-heard; got != want {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
}
