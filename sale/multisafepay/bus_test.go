package multisafepay_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// busClient is a client of the message bus. It has gobwas' own reader, which the door does not use.
type busClient struct {
	t    *testing.T
	conn net.Conn
	from io.Reader
	ids  int
}

func (w *world) bus(token string) *busClient {
	w.t.Helper()
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP{"Origin": {"https://till.example"}}}
	conn, early, _, err := dialer.Dial(context.Background(), "ws"+w.server.URL[4:]+"/events/?token="+token)
	must(w.t, err)
	c := &busClient{t: w.t, conn: conn, from: conn}
	if early != nil {
		c.from = early
	}
	must(w.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	w.t.Cleanup(func() { _ = conn.Close() })
	return c
}

func (c *busClient) say(text string) {
	c.t.Helper()
	must(c.t, wsutil.WriteClientText(c.conn, []byte(text)))
}

// ask sends a request and gives its reply.
func (c *busClient) ask(kind, channel string) map[string]any {
	c.t.Helper()
	c.ids++
	id := fmt.Sprintf("%016x", c.ids)
	c.say(fmt.Sprintf(`{"id":%q,"type":%q,"channel":%q,"filter":{}}`, id, kind, channel))
	got := c.hear()
	if got["replyId"] != id {
		c.t.Fatalf("%s %s: %v", kind, channel, got)
	}
	return got
}

type readWriter struct {
	io.Reader
	io.Writer
}

// hear gives the next message; the library answers pings.
func (c *busClient) hear() map[string]any {
	c.t.Helper()
	text, _, err := wsutil.ReadServerData(readWriter{c.from, c.conn})
	if err != nil {
		c.t.Fatalf("no message: %v", err)
	}
	var m map[string]any
	must(c.t, json.Unmarshal(text, &m))
	return m
}

// end waits for the end, and gives the code of the close frame; 0 when there was none.
func (c *busClient) end() ws.StatusCode {
	c.t.Helper()
	for {
		_, _, err := wsutil.ReadServerData(readWriter{c.from, c.conn})
		if closed, ok := err.(wsutil.ClosedError); ok {
			return closed.Code
		}
		if err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				c.t.Fatal("the connection did not end")
			}
			return 0
		}
	}
}

func status(m map[string]any) string {
	payload, _ := m["payload"].(map[string]any)
	return fmt.Sprint(m["type"], " ", m["channel"], " ", payload["status"], "/", payload["financial_status"])
}

func TestMessageBus(t *testing.T) {
	w := newWorld(t)
	w.serve()
	created := w.mustCreate(fmt.Sprintf(plainOrder, "b-1")).Data
	c := w.bus(created["events_token"].(string))
	if got := c.ask("heartbeat", ""); got["type"] != "ack" {
		t.Errorf("heartbeat: %v", got)
	}
	if got := c.ask("subscribe", "session.order"); got["type"] != "ack" {
		t.Errorf("subscribe: %v", got)
	}
	stream := w.stream("b-1")
	for _, step := range []struct {
		in   kassa.Input
		want []string
	}{
		{shown(), []string{"initialized"}},
		{tap(1), nil},
		{declined(1, "65", kassa.SoftDeclinePIN), []string{"declined", "initialized"}},
		{tap(2), nil},
		{approved(2), []string{"completed"}},
	} {
		w.feed(stream, step.in)
		for _, want := range step.want {
			got := c.hear()
			if want = "event session.order " + want + "/" + want; status(got) != want {
				t.Errorf("%s, want %s", status(got), want)
			}
			payload := got["payload"].(map[string]any)
			if _, isNumber := payload["transaction_id"].(float64); !isNumber || payload["order_id"] != "b-1" || payload["session_id"] != created["session_id"] {
				t.Errorf("payload %v", payload)
			}
		}
	}
	if code := c.end(); code != ws.StatusNormalClosure {
		t.Errorf("closed with %d: a client would come back", code)
	}
	// Who comes late gets the current state, and then the end.
	late := w.bus(created["events_token"].(string))
	late.ask("subscribe", "session.order")
	if got := status(late.hear()); got != "event session.order completed/completed" {
		t.Errorf("a late client: %s", got)
	}
	if code := late.end(); code != ws.StatusNormalClosure {
		t.Errorf("closed with %d", code)
	}
}

func TestBusErrors(t *testing.T) {
	w := newWorld(t)
	w.serve()
	c := w.bus(w.token("b-2"))
	for text, names := range map[string]string{
		`not JSON`:                       "message",
		`[]`:                             "object",
		`{"id":"a","id":"b","type":"x"}`: "twice",
		`{"type":"heartbeat"}`:           "id",
		`{"id":5,"type":"heartbeat"}`:    "id",
		`{"id":"a"}`:                     "type",
		`{"id":"a","type":"publish"}`:    "type",
		`{"id":"a","type":"subscribe"}`:  "channel",
		`{"id":"a","type":"subscribe","channel":"orders"}`:          "channel",
		`{"id":"a","type":"unsubscribe","channel":"session.order"}`: "Not subscribed",
	} {
		c.say(text)
		got := c.hear()
		payload, _ := got["payload"].(map[string]any)
		if got["type"] != "error" || !strings.Contains(fmt.Sprint(payload["message"]), names) {
			t.Errorf("%s: %v", text, got)
		}
	}
	c.ask("subscribe", "session.qr")
	c.ask("subscribe", "session.order")
	if got := c.ask("unsubscribe", "session.order"); got["type"] != "ack" {
		t.Errorf("unsubscribe: %v", got)
	}
	w.feed(w.stream("b-2"), shown())
	if got := c.ask("heartbeat", ""); got["type"] != "ack" { // and no event before it
		t.Errorf("after unsubscribe: %v", got)
	}
	c.ask("subscribe", "session.order")
	if got := status(c.hear()); got != "event session.order initialized/initialized" {
		t.Errorf("subscribed again: %s", got)
	}
}

func TestBusIsDroppedAtTheEndOfKassa(t *testing.T) {
	w := newWorld(t)
	stop := w.serve()
	c := w.bus(w.token("b-3"))
	c.ask("subscribe", "session.order")
	stop()
	if code := c.end(); code != 0 {
		t.Errorf("closed with %d: a client would not come back", code)
	}
}

func TestBusBreaksWithBadClients(t *testing.T) {
	w := newWorld(t)
	w.serve()
	token := w.token("b-4")
	masked := func(f ws.Frame) ws.Frame { return ws.MaskFrame(f) }
	for name, frame := range map[string]ws.Frame{
		"not masked": ws.NewTextFrame([]byte(`{"id":"a","type":"heartbeat"}`)),
		"too long":   masked(ws.NewTextFrame([]byte(longText(5000)))),
		"binary":     masked(ws.NewBinaryFrame([]byte("x"))),
		"continued":  masked(ws.NewFrame(ws.OpContinuation, true, []byte("x"))),
		"reserved":   masked(ws.Frame{Header: ws.Header{Fin: true, Rsv: 1, OpCode: ws.OpText, Length: 1}, Payload: []byte("x")}),
	} {
		c := w.bus(token)
		must(t, ws.WriteFrame(c.conn, frame))
		if code := c.end(); code != 0 {
			t.Errorf("%s: closed with %d", name, code)
		}
	}
	c := w.bus(token)
	for range 60 {
		if wsutil.WriteClientText(c.conn, []byte(`{"id":"a","type":"heartbeat"}`)) != nil {
			break
		}
	}
	if code := c.end(); code != ws.StatusPolicyViolation && code != 0 {
		t.Errorf("too many messages: closed with %d", code)
	}
	split := w.bus(token)
	must(t, ws.WriteFrame(split.conn, masked(ws.NewFrame(ws.OpText, false, []byte(`{"id":"a","ty`)))))
	must(t, ws.WriteFrame(split.conn, masked(ws.NewFrame(ws.OpContinuation, true, []byte(`pe":"heartbeat"}`)))))
	if got := split.hear(); got["type"] != "ack" {
		t.Errorf("a message in two frames: %v", got)
	}
}

func TestBusHandshakes(t *testing.T) {
	w := newWorld(t)
	w.serve()
	token := w.token("b-5")
	good := map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	}
	try := func(method, token string, headers map[string]string) int {
		conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
		must(t, err)
		defer conn.Close()
		text := method + " /events/?token=" + token + " HTTP/1.1\r\nHost: pos.example\r\n"
		for name, value := range headers {
			text += name + ": " + value + "\r\n"
		}
		_, err = io.WriteString(conn, text+"\r\n")
		must(t, err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		must(t, err)
		if answer.StatusCode != 101 && answer.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d as %s", method, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
		return answer.StatusCode
	}
	with := func(name, value string) map[string]string {
		other := map[string]string{name: value}
		for k, v := range good {
			if k != name {
				other[k] = v
			}
		}
		return other
	}
	for name, c := range map[string]struct {
		method, token string
		headers       map[string]string
		want          int
	}{
		"good":         {"GET", token, good, 101},
		"wrong token":  {"GET", token + "x", good, 401},
		"API key":      {"GET", groupKey, good, 401},
		"no token":     {"GET", "", good, 401},
		"POST":         {"POST", token, with("Content-Length", "0"), 405},
		"no upgrade":   {"GET", token, with("Upgrade", "h2c"), 426},
		"old version":  {"GET", token, with("Sec-WebSocket-Version", "8"), 400},
		"no key":       {"GET", token, with("Sec-WebSocket-Key", "x"), 400},
		"from a page":  {"GET", token, with("Origin", "https://till.example"), 101},
		"with a proto": {"GET", token, with("Sec-WebSocket-Protocol", "x"), 101},
	} {
		if got := try(c.method, c.token, c.headers); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	crowded := w.token("b-6")
	for range 16 {
		w.bus(crowded)
	}
	if got := try("GET", crowded, good); got != 503 {
		t.Errorf("one connection too many: %d", got)
	}
}
