package dashboard_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/dashboard"
)

// send passes one call through the keeper to a handler that reads the body and answers.
func (w *world) send(method, target, body, answer string, header ...string) dashboard.Call {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w.calls.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	})).ServeHTTP(httptest.NewRecorder(), r)
	return w.calls.Newest(0, 1, func(dashboard.Call) bool { return true })[0]
}

const pan, spaced, jwt = "4111111111111111", "4111 1111 1111 1111", "eyJhbGciOiJIUzI1NiJ9.eyJwaWQiOiI4MDM1In0.c2lnbmF0dXJlc2lnbmF0dXJl"

// TestNoSecretIsKept puts keys, card numbers and tokens into every part of a call, also where they do
// not belong, and looks at all that is kept and shown.
func TestNoSecretIsKept(t *testing.T) {
	w := newWorld(t)
	for _, secret := range []string{key, other, "unheard-of-key-form", pan, spaced, jwt} {
		escaped := strings.ReplaceAll(secret, " ", "%20")
		w.send("POST", "/v1/json/orders?api_key="+escaped, `{"order_id":"a"}`, `{"success":true}`)
		w.send("GET", "/v1/json/orders/a", "", `{}`, "api_key", secret)
		w.send("GET", "/v1/json/orders/a", "", `{}`, "Authorization", "Bearer "+secret)
		w.send("GET", "/events/stream/", "", `{}`, "Authorization", secret)
		w.send("GET", "/events/stream/?token="+escaped, "", `{}`)
		if secret == "unheard-of-key-form" {
			continue // where it does not belong it is a word like others, unless it is also shown as a key
		}
		w.send("GET", "/v1/json/orders/"+escaped, "", `{}`)
		w.send("GET", "/v1/json/orders%3Fapi_key="+escaped, "", `{}`)
		w.send("GET", "/v1/json/orders/a?x="+escaped+"&"+escaped+"=1", "", `{}`)
		w.send("POST", "/v1/json/orders", `{"order_id":"`+secret+`","description":"x `+secret+` y","`+secret+`":1}`, `{"error_info":"`+secret+`"}`)
		w.send("POST", "/v1/json/orders", `order_id=`+secret+`&b=`+secret, secret)
		w.send("POST", "/v1/json/orders", `{"order_id":"`+secret, `[{"var1":["`+secret+`"]`)
		w.send("POST", "/v1/json/orders", strings.Repeat(" ", 16<<10-8)+secret, "")
		w.send("POST", "/v1/json/orders", `{"a":"`+strings.Repeat("x ", 8<<10)+secret, `{"a":"`+strings.Repeat("x ", 8<<10-8)+secret+strings.Repeat("y ", 9<<10))
		shrinks := strings.Repeat(other+" ", 400) // to what is kept whole, with a secret across the end of what is read
		w.send("POST", "/v1/json/orders", shrinks+strings.Repeat(" ", 16<<10+512-12-len(shrinks))+secret+" ", "")
		w.send("GET", "/", "", "", "User-Agent", "till/"+secret, "X-Forwarded", secret, "Cookie", "k="+secret, "Content-Type", secret, "Idempotency-Key", secret, "Request-Id", secret)
	}
	w.send("POST", "/v1/json/orders?api_key=unheard-of-key-form", `{"var1":"unheard-of-key-form"}`, `{"x":"unheard-of-key-form"}`)
	w.send("POST", "/v1/json/orders", `{"gateway_info":{"card_holder_name":"J. Jansen","card_number":"12","card_cvc":"987","emv":{"token":{"deep":"tok3n"}}}}`, `{"events_token":"tok3n","customer":{"last_name":"Jansen"}}`)
	all := w.calls.Newest(0, 1000, func(dashboard.Call) bool { return true })
	if len(all) < 60 {
		t.Fatalf("%d calls are kept", len(all))
	}
	for _, call := range all {
		page := w.get(fmt.Sprintf("/calls/%d", call.Number))
		for _, text := range []string{fmt.Sprintf("%+v", call), page, call.Curl()} {
			for _, secret := range []string{key, key[5:], other[5:], pan, pan[:12], spaced, "4111%20", "4111+1111", jwt, jwt[:40], jwt[len(jwt)-24:], "unheard", "Jansen", "987", "tok3n"} {
				if strings.Contains(text, secret) {
					t.Fatalf("call %d keeps %q:\n%s", call.Number, secret, text)
				}
			}
		}
	}
	w.send("GET", "/v1/json/orders/a", "", `{}`, "api_key", key)
	w.send("GET", "/v1/json/orders/a", "", `{}`, "api_key", other)
	w.send("GET", "/events/stream/", "", `{}`, "Authorization", jwt)
	w.get("/calls/", "key …2345", "unknown key", "no key", "events token")
}

func TestCallIsShownAndCopied(t *testing.T) {
	w := newWorld(t)
	o := w.order("table-1", "")
	body := `{"order_id":"table-1","description":"it's $HOME \"here\"","amount":1250}`
	call := w.send("POST", "/v1/json/orders?api_key="+key+"&locale=nl", body, `{"success":true,"data":{"authorization_code":"705151"}}`, "Content-Type", "application/json", "Request-Id", "req_abc")
	w.get(fmt.Sprintf("/calls/%d", call.Number), "POST", "/v1/json/orders", "200", "key …2345", "group Bar", "0a1b2c3d", "req_abc", "in the query as", "705151", "Copy as curl")
	w.get("/payments/"+id(o), "/v1/json/orders")
	w.get("/calls/?q=table-1", "order table-1")
	w.get("/calls/?q=nope", "No call fits.")
	refused := w.send("GET", "/v1/json/orders/table-1/", "", "{}", "api_key", other)
	if !strings.Contains(refused.Curl(), `-H "api_key: $KASSA_MSP_KEY"`) {
		t.Errorf("the command is %s", refused.Curl())
	}

	// The command, run by a shell, asks what the call asked.
	var got, gotBody string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, gotBody = r.Method+" "+r.RequestURI, string(b)
	}))
	defer server.Close()
	if !call.Runs() {
		t.Error("the command is said not to run")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", call.Curl())
	cmd.Env = append(cmd.Environ(), "KASSA_URL="+server.URL, "KASSA_MSP_KEY="+key)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", call.Curl(), err, out)
	}
	if got != "POST /v1/json/orders?api_key="+key+"&locale=nl" || gotBody != body {
		t.Errorf("the command %s\nasked %s with %s", call.Curl(), got, gotBody)
	}
	masked := w.send("POST", "/v1/json/orders", `{"order_id":"`+pan+`"}`, "{}")
	if masked.Runs() {
		t.Error("a masked call is said to run")
	}
}

func TestCallsHaveLimits(t *testing.T) {
	w := newWorld(t)
	for i := range 1000 {
		w.send("POST", fmt.Sprintf("/v1/json/orders/%d", i), strings.Repeat("b ", 15<<10), strings.Repeat("a ", 15<<10))
	}
	kept := w.calls.Newest(0, 10_000, func(dashboard.Call) bool { return true })
	bytes := 0
	for _, c := range kept {
		bytes += len(c.Sent.Text) + len(c.Got.Text)
		if len(c.Sent.Text) > 16<<10 || len(c.Got.Text) > 16<<10 || !c.Sent.Cut || c.Sent.Size != 30<<10 {
			t.Fatalf("%d and %d characters of bodies are kept, %+v", len(c.Sent.Text), len(c.Got.Text), c.Sent.Size)
		}
	}
	if bytes > 4<<20 || bytes < 2<<20 || !strings.HasSuffix(kept[0].Path, "/999") {
		t.Errorf("%d bytes are kept, the newest is %s", bytes, kept[0].Path)
	}
	for i := range 1000 {
		w.send("GET", fmt.Sprintf("/v1/json/orders/%d", i), "", "{}")
	}
	if n := len(w.calls.Newest(0, 10_000, func(dashboard.Call) bool { return true })); n != 500 {
		t.Errorf("%d calls are kept", n)
	}
	page := w.get("/calls/")
	if n := strings.Count(page, `class="row"`); n != 50 || !strings.Contains(page, `rel="next"`) {
		t.Errorf("%d calls on the page", n)
	}
}

// TestStreamsPassThrough: what is flushed arrives before the handler ends, a connection can be taken
// over, and the call is shown while it is open.
func TestStreamsPassThrough(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	end := sync.OnceFunc(func() { close(release) })
	server := httptest.NewServer(w.calls.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			conn, _, err := http.NewResponseController(rw).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\nraw")
				_ = conn.Close()
			}
			return
		}
		rw.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(rw, "data: secret-of-the-stream\n\n")
		rw.(http.Flusher).Flush()
		<-release
	})))
	defer server.Close()
	defer end()
	client := server.Client()
	client.Timeout = 20 * time.Second // a flush that is lost fails the test, and not the night
	resp, err := client.Get(server.URL + "/events/stream/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || line != "data: secret-of-the-stream\n" {
		t.Errorf("the stream begins with %q, %v", line, err)
	}
	newest := func() dashboard.Call { return w.calls.Newest(0, 1, func(dashboard.Call) bool { return true })[0] }
	if c := newest(); !c.Open || c.Status != 200 || strings.Contains(fmt.Sprintf("%+v", c), "secret-of") {
		t.Errorf("the open stream is kept as %+v", c)
	}
	w.get("/calls/", "200 open")
	end()
	_, _ = io.Copy(io.Discard, resp.Body)

	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
	if all, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(all), "raw") {
		t.Errorf("the connection gave %q, %v", all, err)
	}
	server.Close()
	deadline := time.After(10 * time.Second)
	for c := newest(); c.Status != 101 || c.Open; c = newest() { // nobody waits for who took its connection
		select {
		case <-deadline:
			t.Fatalf("the WebSocket is kept as %+v", c)
		default:
			runtime.Gosched()
		}
	}
}

func BenchmarkKeptCall(b *testing.B) {
	calls := dashboard.NewCalls(nowhere, func(string) (dashboard.Key, bool) { return dashboard.Key{}, false })
	body := `{"type":"redirect","order_id":"demo-1","currency":"EUR","amount":1250,"description":"2 coffees","gateway_info":{"terminal_id":"00000ABC"}}`
	answer := strings.Repeat(`"a":"hello","b":1250,`, 100)
	h := calls.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "{"+answer+`"z":1}`)
	}))
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/v1/json/orders?api_key="+key, strings.NewReader(body)))
	}
}
