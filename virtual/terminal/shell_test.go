package terminal_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"kassa/poilink"
	"kassa/virtual/deck"
	"kassa/virtual/terminal"
)

// server is the scripted cloud behind a real WebSocket.
type server struct {
	mu    sync.Mutex
	cloud *cloud
	conn  net.Conn
	links int
	wg    sync.WaitGroup
	http  *httptest.Server
}

func newServer(t *testing.T) *server {
	s := &server{cloud: newCloud(t)}
	s.cloud.now = time.Now()
	s.http = httptest.NewServer(s)
	t.Cleanup(func() {
		s.http.Close()
		s.hangUp()
		s.wg.Wait()
	})
	return s
}

func (s *server) url() string { return "ws" + strings.TrimPrefix(s.http.URL, "http") + poilink.Path }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == poilink.Subprotocol }}
	conn, _, _, err := up.Upgrade(r, w)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.conn = conn
	s.links++
	s.write(s.cloud.challenge())
	s.mu.Unlock()
	s.wg.Go(func() {
		defer conn.Close()
		for {
			h, err := ws.ReadHeader(conn)
			if err != nil || h.OpCode != ws.OpText || h.Length > poilink.MaxFrame {
				return
			}
			text := make([]byte, h.Length)
			if _, err := io.ReadFull(conn, text); err != nil {
				return
			}
			ws.Cipher(text, h.Mask, 0)
			frame, err := poilink.Decode(text)
			if err != nil {
				s.cloud.t.Errorf("frame: %v", err)
				return
			}
			s.mu.Lock()
			if s.conn == conn {
				s.write(s.cloud.take(frame)...)
			}
			s.mu.Unlock()
		}
	})
}

// write is called with the lock held.
func (s *server) write(frames ...poilink.Frame) {
	for _, f := range frames {
		raw, err := poilink.Encode(f)
		if err == nil && s.conn != nil {
			_ = ws.WriteFrame(s.conn, ws.NewTextFrame(raw)) // a link that is gone gets it again
		}
	}
}

func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

func (s *server) pay(id string, minor int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(s.cloud.pay(id, minor, "2 coffees"))
}

// bench is a shelf in a process of its own, with its control API.
type bench struct {
	t    *testing.T
	dir  string
	api  *httptest.Server
	stop func()
}

func newBench(t *testing.T, s *server, dir string, prefix string, devices ...terminal.Device) *bench {
	t.Helper()
	return newBenchAt(t, s.url(), dir, prefix, devices...)
}

func newBenchAt(t *testing.T, url, dir, prefix string, devices ...terminal.Device) *bench {
	t.Helper()
	shelf, err := terminal.Open(terminal.ShelfConfig{
		Dir: dir, URL: url, Devices: devices, Now: time.Now, Random: rand.Reader,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := shelf.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	b := &bench{t: t, dir: dir, api: httptest.NewServer(shelf.Handler(prefix))}
	b.stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		b.api.CloseClientConnections()
		b.api.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(b.stop)
	return b
}

func (b *bench) call(method, path, body string) (int, string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.api.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// until follows the terminal's event stream until its state is as wanted.
func (b *bench) until(id string, want func(terminal.State) bool) terminal.State {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, b.api.URL+"/"+id+"/events", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var st terminal.State
	sc := bufio.NewScanner(res.Body)
	sc.Buffer(nil, 1<<20)
	event := ""
	for sc.Scan() {
		if name, ok := strings.CutPrefix(sc.Text(), "event: "); ok {
			event = name
		}
		raw, ok := strings.CutPrefix(sc.Text(), "data: ")
		if !ok || event != "state" {
			continue
		}
		st = terminal.State{}
		if err := json.Unmarshal([]byte(raw), &st); err != nil {
			b.t.Fatal(err)
		}
		if want(st) {
			return st
		}
	}
	b.t.Fatalf("never so; last state %+v", st)
	return st
}

func shows(n terminal.ScreenName) func(terminal.State) bool {
	return func(s terminal.State) bool { return s.Screen.Name == n }
}

func lines(t *testing.T, ndjson string) []terminal.Line {
	t.Helper()
	var out []terminal.Line
	for l := range strings.Lines(ndjson) {
		var line terminal.Line
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		out = append(out, line)
	}
	return out
}

func TestShelfPays(t *testing.T) {
	s := newServer(t)
	s.cloud.host = soft(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Name: "Bar 1", Code: "4711"})
	st := b.until(poiid, shows(terminal.ScreenIdle))
	if !st.Online || !st.Configured || st.TID != "00000ABC" {
		t.Fatalf("state %+v", st)
	}
	s.pay("X1", 1250)
	status, body := b.call("POST", "/00000ABC/card", `{"present":"tap","card":"visa:072","pin":"739204"}`)
	got := lines(t, body)
	last := got[len(got)-1]
	if status != 200 || last.Result != terminal.ResultApproved || last.AuthCode != "705152" {
		t.Fatalf("%d %s", status, body)
	}
	if !strings.Contains(body, `"screen":"insertCard"`) || !strings.Contains(body, `"screen":"pin"`) {
		t.Fatalf("screens are missing: %s", body)
	}
	_, receipts := b.call("GET", "/"+poiid+"/receipts", "")
	if !strings.Contains(receipts, `"card":"**** **** **** `) || !strings.Contains(receipts, `"authCode":"705152"`) {
		t.Fatalf("receipts %s", receipts)
	}
	b.stop()
	c, _ := deck.Parse("visa:072")
	all := folder(t, b.dir)
	scan(t, all, c.PAN.Reveal(), "PAN")
	scan(t, all, c.Track2().Reveal(), "track 2")
	scan(t, all, scanPIN, "PIN")
}

// folder is every byte that the process has written.
func folder(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is readable by others: %v", path, info.Mode())
		}
		raw, err := os.ReadFile(path)
		all.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestShelfRestartsWithItsCardsAndExchange(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	b := newBench(t, s, dir, "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	s.pay("X1", 100)
	b.call("POST", "/"+poiid+"/card", `{"card":"visa"}`)
	s.mu.Lock()
	s.cloud.silent = true
	s.mu.Unlock()
	s.pay("X2", 100)
	b.until(poiid, shows(terminal.ScreenPresentCard))
	b.call("POST", "/"+poiid+"/card", `{"card":"visa","wait":false}`)
	b.until(poiid, func(st terminal.State) bool { return st.Screen.Name == terminal.ScreenProcessing && st.Unsent == 0 })
	b.stop()
	// A torn line, as a power cut leaves it.
	journal := filepath.Join(dir, poiid, "journal")
	f, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`deadbeef {"k":"en`)
	f.Close()
	s.mu.Lock()
	s.cloud.silent = false
	s.cloud.settled["X2"] = poilink.Decision{Exchange: "X2", Request: 1, Verdict: poilink.VerdictApproved, AuthCode: "99"}
	s.mu.Unlock()
	b = newBench(t, s, dir, "")
	b.until(poiid, func(st terminal.State) bool { return st.Exchange == "" && st.Online })
	s.pay("X3", 100)
	b.call("POST", "/"+poiid+"/card", `{"card":"visa"}`)
	s.mu.Lock()
	defer s.mu.Unlock()
	last := ""
	for _, a := range s.cloud.asks {
		atc, _ := a.list.Get(0x9F36)
		if h := hexOf(atc); h < last {
			t.Fatalf("the card's counter went from %s to %s", last, h)
		} else {
			last = h
		}
	}
	if last != "0003" {
		t.Fatalf("counter %s after three uses", last)
	}
}

func TestDamagedJournalIsRefused(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	b := newBench(t, s, dir, "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	b.stop()
	path := filepath.Join(dir, poiid, "journal")
	raw, _ := os.ReadFile(path)
	raw[20] ^= 1
	os.WriteFile(path, raw, 0o600)
	_, err := terminal.Open(terminal.ShelfConfig{Dir: dir, URL: s.url(), Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Fatalf("error %v", err)
	}
}

func TestReconnectsAndCutLink(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711", Auto: "visa"})
	b.until(poiid, shows(terminal.ScreenIdle))
	s.hangUp()
	b.until(poiid, func(st terminal.State) bool { return !st.Online })
	b.until(poiid, func(st terminal.State) bool { return st.Online })
	if code, body := b.call("POST", "/"+poiid+"/fault", `{"name":"cut-link"}`); code != 200 || !strings.Contains(body, `"faults":["cut-link"]`) {
		t.Fatalf("%d %s", code, body)
	}
	s.pay("X1", 1250)
	if code, _ := b.call("DELETE", "/"+poiid+"/fault", ""); code != 200 {
		t.Fatal(code)
	}
	b.until(poiid, shows(terminal.ScreenApproved)) // resent after the reconnect, and tapped by itself
}

func TestControlErrors(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "/sim/terminals", terminal.Device{POIID: poiid}, terminal.Device{POIID: "P2-2"})
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/none/state", "", 404, "there are P2-000001, P2-2"},
		{"POST", "/P2-2/fault", `{"name":"fire"}`, 400, "cut-link, drop-answer, power-off, delay, double-tap"},
		{"DELETE", "/P2-2/fault?name=fire", "", 400, "cut-link"},
		{"POST", "/P2-2/keys", `{"key":"x"}`, 400, "corr"},
		{"POST", "/P2-2/keys", `{"keys":"1"}`, 400, `unknown field`},
		{"POST", "/P2-2/card", `{"card":"vissa"}`, 400, "did you mean visa"},
		{"POST", "/P2-2/card", `{"present":"throw"}`, 400, "tap"},
		{"POST", "/P2-2/card", `{"pin":"12"}`, 400, "4 to 12 digits"},
		{"POST", "/P2-2/card", `{"wait":false}`, 409, "noCardScreen"},
		{"POST", "/P2-2/activate", `{"code":""}`, 400, "code must be"},
		{"POST", "/P2-2/activate", `[`, 400, "JSON"},
	} {
		status, body := b.call(tc.method, "/sim/terminals"+tc.path, tc.body)
		if status != tc.status || !strings.Contains(body, tc.want) || !json.Valid([]byte(body)) {
			t.Errorf("%s %s %s: %d %s", tc.method, tc.path, tc.body, status, body)
		}
	}
	req, _ := http.NewRequest("POST", b.api.URL+"/sim/terminals/P2-2/keys", bytes.NewBufferString(`{"key":"1"}`))
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page pressed a key: %d", res.StatusCode)
	}
}

func TestPagesAreRelative(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "/sim/terminals", terminal.Device{POIID: poiid, Name: "Bar 1"})
	for _, path := range []string{"/", "/" + poiid, "/" + poiid + "/view", "/static/terminal.css", "/static/terminal.js", "/static/icon.svg"} {
		status, body := b.call("GET", "/sim/terminals"+path, "")
		if status != 200 {
			t.Errorf("%s: %d", path, status)
		}
		for _, bad := range []string{`href="/`, `src="/`, "ZgotmplZ"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
	}
	if _, body := b.call("GET", "/sim/terminals/"+poiid, ""); !strings.Contains(body, "Configured: ") || !strings.Contains(body, `data-card="visa:000"`) {
		t.Error("the page cannot be read without its script")
	}
}

func TestSecondProcessIsKeptOut(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	newBench(t, s, dir, "", terminal.Device{POIID: poiid})
	if _, err := terminal.Open(terminal.ShelfConfig{Dir: dir, URL: s.url(), Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Fatal("two processes in one folder")
	}
}

func TestBadConfiguration(t *testing.T) {
	for name, cfg := range map[string]terminal.ShelfConfig{
		"scheme": {URL: "http://x"}, "no CA": {URL: "wss://x", CAFile: "none.pem"},
		"POIID": {URL: "ws://x", Devices: []terminal.Device{{POIID: "../up"}}},
		"twice": {URL: "ws://x", Devices: []terminal.Device{{POIID: "P2-1", Auto: "nocard"}}},
	} {
		cfg.Dir, cfg.Now, cfg.Random, cfg.Log = t.TempDir(), time.Now, rand.Reader, slog.New(slog.DiscardHandler)
		if _, err := terminal.Open(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
