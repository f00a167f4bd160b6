package host_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kassa/iso8583"
	"kassa/virtual/host"
)

// running is a host on a real socket with its control interface.
type running struct {
	t       *testing.T
	address string
	control *httptest.Server
	stop    func()
}

func start(t *testing.T, ledger string) *running {
	t.Helper()
	s, err := host.NewServer(host.Options{
		Ledger: ledger,
		Config: host.Config{Keys: testKeys(), LateAfter: 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	r := &running{t: t, address: listener.Addr().String(), control: httptest.NewServer(s.Control())}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the host ended with %v", err)
		}
		r.control.Close()
	})
	return r
}

func (r *running) do(method, path, body string) (int, string) {
	r.t.Helper()
	request, err := http.NewRequest(method, r.control.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	response, err := r.control.Client().Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func (r *running) lines() []host.Line {
	r.t.Helper()
	_, text := r.do("GET", "/ledger", "")
	var lines []host.Line
	decoder := json.NewDecoder(strings.NewReader(text))
	for decoder.More() {
		var l host.Line
		if err := decoder.Decode(&l); err != nil {
			r.t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// wire is a connection to the host.
type wire struct {
	t      *testing.T
	socket net.Conn
	reader *bufio.Reader
}

func (r *running) dial(b *bench) *wire {
	r.t.Helper()
	socket, err := net.Dial("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := socket.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	w := &wire{t: r.t, socket: socket, reader: bufio.NewReader(socket)}
	on := &iso8583.Message{MTI: "0800"}
	on.Set(7, "1121100000")
	on.Set(11, "000001")
	on.Set(70, "001")
	if rc := w.ask(b, on); rc != "00" {
		r.t.Fatalf("sign-on: %s", rc)
	}
	return w
}

func (w *wire) put(frame []byte) {
	w.t.Helper()
	if _, err := w.socket.Write(iso8583.AppendFrame(nil, frame)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) get() (*iso8583.Message, error) {
	frame, err := iso8583.ReadFrame(w.reader, iso8583.MaxFrame)
	if err != nil {
		return nil, err
	}
	return iso8583.Kassa87().Unpack(frame)
}

func (w *wire) ask(b *bench, msg *iso8583.Message) string {
	w.t.Helper()
	w.put(b.pack(msg))
	answer, err := w.get()
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.Get(39)
}

func TestServer(t *testing.T) {
	defer goleak.VerifyNone(t)
	ledger := filepath.Join(t.TempDir(), "ledger")
	b := newBench(t) // builds the messages
	r := start(t, ledger)
	defer func() { r.stop() }()
	w := r.dial(b)
	sale := b.sale(use{})
	if rc := w.ask(b, sale); rc != "00" {
		t.Errorf("sale: %s", rc)
	}
	if rc := w.ask(b, b.sale(use{card: "visa:101"})); rc != "00" {
		t.Errorf("late answer: %s", rc)
	}
	closing := b.sale(use{card: "visa:105"})
	w.put(b.pack(closing))
	if _, err := w.get(); err != io.EOF {
		t.Errorf("105: %v, want the end of the connection", err)
	}
	_ = w.socket.Close()
	r.stop()

	r = start(t, ledger)
	w = r.dial(b)
	defer w.socket.Close()
	if rc := w.ask(b, again(sale)); rc != "00" {
		t.Errorf("repeat after the restart: %s", rc)
	}
	if rc := w.ask(b, b.reversal(closing)); rc != "00" {
		t.Errorf("reversal: %s", rc)
	}
	lines := r.lines()
	if len(lines) != 4 || lines[2].State != host.StateReversed || lines[3].Of != closing.Get(37) {
		t.Errorf("the ledger has %+v", lines)
	}
}

// TestServerManyConnections lets many terminals pay at once over several connections.
func TestServerManyConnections(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := start(t, filepath.Join(t.TempDir(), "ledger"))
	defer r.stop()
	const conns, each = 8, 40
	var group sync.WaitGroup
	for i := range conns {
		b := newBench(t)
		w := r.dial(b)
		group.Go(func() {
			defer w.socket.Close()
			for range each { // all at once, so that commits are shared
				w.put(b.pack(b.sale(use{amount: 100, tid: "KASSA00" + string(rune('0'+i))})))
			}
			for range each {
				if a, err := w.get(); err != nil || a.Get(39) != "00" {
					t.Errorf("%v, %v", a, err)
					return
				}
			}
		})
	}
	group.Wait()
	if n := len(r.lines()); n != conns*each {
		t.Errorf("%d transactions", n)
	}
	if _, state := r.do("GET", "/state", ""); !strings.Contains(state, `"EUR":32000`) {
		t.Errorf("state: %s", state)
	}
}

func TestServerFaults(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := start(t, filepath.Join(t.TempDir(), "ledger"))
	defer r.stop()
	b := newBench(t)
	w := r.dial(b)
	defer w.socket.Close()
	for body, want := range map[string]int{
		`{"kind":"drop-next-answer"}`: 200, `{"kind":"boom"}`: 422, `{"kind":`: 400, `{"sort":"close"}`: 400,
		`{"kind":"close"} x`: 400, `{"kind":"` + strings.Repeat("x", 5000) + `"}`: 400,
	} {
		if status, text := r.do("POST", "/fault", body); status != want {
			t.Errorf("%.20s: %d %s", body, status, text)
		}
	}
	sale := b.sale(use{})
	w.put(b.pack(sale)) // no answer to this one: the next one is that of the reversal
	if rc := w.ask(b, b.reversal(sale)); rc != "00" {
		t.Errorf("reversal: %s", rc)
	}
	if status, _ := r.do("POST", "/fault", `{"kind":"stop-reading"}`); status != 200 {
		t.Fatal("stop-reading is refused")
	}
	w.put(b.pack(b.sale(use{})))
	if n := len(r.lines()); n != 2 {
		t.Errorf("%d transactions while it reads nothing", n)
	}
	if status, text := r.do("DELETE", "/fault", ""); status != 200 || strings.Contains(text, "stop-reading") {
		t.Errorf("clear: %d %s", status, text)
	}
	if a, err := w.get(); err != nil || a.Get(39) != "00" {
		t.Errorf("after it reads again: %v, %v", a, err)
	}
	if status, _ := r.do("DELETE", "/wrong-pins?account=visa:000", ""); status != 200 {
		t.Error("wrong PINs cannot be forgotten")
	}
	if status, _ := r.do("GET", "/nothing", ""); status != 404 {
		t.Errorf("/nothing: %d", status)
	}
}

// TestServerStopsWhileItReadsNothing: the end must reach readers that wait for the gate.
func TestServerStopsWhileItReadsNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := start(t, filepath.Join(t.TempDir(), "ledger"))
	b := newBench(t)
	w := r.dial(b)
	defer w.socket.Close()
	r.do("POST", "/fault", `{"kind":"stop-reading"}`)
	w.put(b.pack(b.sale(use{})))
	r.stop()
	if _, err := w.get(); err == nil {
		t.Error("a stopped host has answered")
	}
}

func TestServerDropsGarbage(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := start(t, filepath.Join(t.TempDir(), "ledger"))
	defer r.stop()
	b := newBench(t)
	for _, garbage := range []string{"\x00\x00", "\xff\xffabc", "\x00\x05hello"} {
		w := r.dial(b)
		if _, err := io.WriteString(w.socket, garbage); err != nil {
			t.Fatal(err)
		}
		if _, err := w.get(); err == nil {
			t.Errorf("%q: answered", garbage)
		}
		_ = w.socket.Close()
	}
}

func TestControlRefusesOtherSites(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := start(t, filepath.Join(t.TempDir(), "ledger"))
	defer r.stop()
	request, err := http.NewRequest("POST", r.control.URL+"/fault", strings.NewReader(`{"kind":"sign-off"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := r.control.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", response.StatusCode)
	}
}
