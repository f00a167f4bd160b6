package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa/cli"
)

const paidOrder = `{"id":"H4X","reference":"demo-1","groupName":"Bar","terminal":"00000ABC","amount":{"minor":1250,"currency":"EUR"},
 "amountRefunded":250,"status":"completed","description":"2 coffees","createdAt":"2026-11-25T10:04:00Z","endedAt":"2026-11-25T10:04:01.9Z",
 "attempts":[{"number":7,"kind":"first","status":"approved","authorisations":[{"rrn":"632500000017","entry":"contactless","state":"approved",
   "responseCode":"00","authCode":"705151","card":{"last4":"0119","brand":"VISA"}}]}],
 "refunds":[{"number":9,"ref":"r-1","amount":{"minor":250,"currency":"EUR"},"status":"completed","rrn":"632500000018"}],
 "timeline":[{"seq":1,"at":"2026-11-25T10:04:00Z","who":"till","what":"asks for EUR 12.50 on 00000ABC"},
   {"seq":2,"at":"2026-11-25T10:04:06Z","who":"terminal","what":"shows presentCard\u001b[2J","deltaMs":6000}]}`

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "") }

func TestOrderVerbs(t *testing.T) {
	t.Setenv("TZ", "UTC")
	i := world(t, map[string]answer{
		"GET /api/v1/orders":                 {200, `{"data":[` + oneLine(paidOrder) + `],"has_more":true,"next":"H4X"}`},
		"GET /api/v1/orders/demo-1":          {200, oneLine(paidOrder)},
		"GET /api/v1/orders/a%2Fb":           {200, oneLine(paidOrder)},
		"GET /api/v1/orders/none":            {404, `{"detail":"there is no order with this id or reference","fix":"kassa orders list shows what there is"}`},
		"POST /api/v1/orders/demo-1/cancel":  {409, `{"detail":"the payment was approved before the cancel","fix":"refund it"}`},
		"POST /api/v1/orders/demo-2/cancel":  {200, `{"reference":"demo-2","status":"cancelled"}`},
		"POST /api/v1/orders/demo-1/refunds": {201, `{"number":9,"ref":"r-1","amount":{"minor":250,"currency":"EUR"},"status":"accepted"}`},
		"POST /api/v1/orders/demo-2/refunds": {409, `{"detail":"the order has not been paid"}`},
	})
	for _, c := range []struct {
		line, out, problem string
		code               int
	}{
		{line: "orders list --limit 1", out: "H4X  demo-1     00000ABC  EUR 12.50  completed, EUR 2.50 refunded  2026-11-25 10:04:00\nThere are more: add --before H4X\n"},
		{line: "orders list --json", out: oneLine(paidOrder) + "\n"},
		{line: "orders show demo-1", out: "Order demo-1 (H4X) is completed\n  amount       EUR 12.50, EUR 2.50 refunded\n"},
		{line: "orders show demo-1", out: "  made         2026-11-25 10:04:00, ended 1.9 s later\n  attempt      approved; VISA …0119 contactless, approved (00), authorisation code 705151, RRN 632500000017\n"},
		{line: "orders show demo-1", out: "  10:04:00.000             till      asks for EUR 12.50 on 00000ABC\n  10:04:06.000     +6.0 s  terminal  shows presentCard [2J\n"},
		{line: "orders show a/b", out: "Order demo-1"},
		{line: "orders show demo-1 --json", out: oneLine(paidOrder) + "\n"},
		{line: "orders show none", code: cli.NotFound, problem: "kassa: there is no order with this id or reference; kassa orders list shows what there is"},
		{line: "orders show", code: cli.Usage, problem: "kassa: ORDER is missing; write kassa orders show ORDER"},
		{line: "orders cancel demo-1", code: cli.Failed, problem: "kassa: the payment was approved before the cancel; refund it"},
		{line: "orders cancel demo-2", out: "✓ order demo-2 is cancelled\n"},
		{line: "orders refund demo-1 --amount 250 --id r-1", out: "✓ refund r-1 of EUR 2.50 on demo-1 is accepted\n"},
		{line: "orders refund demo-2", code: cli.Failed, problem: "kassa: the order has not been paid; kassa orders show demo-2 tells what is left"},
		{line: "orders refund demo-1 --amount -1", code: cli.Usage, problem: "kassa: --amount must be a number of cents above 0; leave it out to pay back all that is left"},
		{line: "orders create --terminal T", code: cli.Usage, problem: "kassa: --amount is missing, or is not a number of cents above 0; write --amount 1250 for EUR 12.50"},
		{line: "orders create --terminal T --amount 5", code: cli.Failed, problem: "kassa: no MultiSafepay key is known for " + "URL" + "; set KASSA_MSP_KEY to the key of a terminal group; kassa dev prints one"},
		{line: "listen", code: cli.Usage, problem: "kassa: --forward-to is missing, or is no http or https address; for example --forward-to http://localhost:3000/hook"},
		{line: "trigger payment.lost", code: cli.Usage, problem: `kassa: there is no event "payment.lost"; kassa trigger lists them`},
		{line: "scenario run none.yaml", code: cli.Usage, problem: "kassa: none.yaml cannot be opened; check its path"},
		{line: "scenario run", code: cli.Usage, problem: "kassa: FILE is missing; write kassa scenario run FILE"},
	} {
		code, out, problem := kassa(t, c.line)
		if at := strings.Index(problem, "http://127"); at > 0 {
			problem = problem[:at] + "URL" + problem[at+strings.Index(problem[at:], ";"):]
		}
		if code != c.code || problem != c.problem || !strings.Contains(out, c.out) {
			t.Errorf("kassa %s: exit %d, %q\n%s", c.line, code, problem, out)
		}
	}
	if all := strings.Join(i.asked, "\n"); !strings.Contains(all, `POST /api/v1/orders/demo-1/refunds {"amount":250,"description":"","id":"r-1"}`) {
		t.Errorf("asked\n%s", all)
	}
}

// till plays the MultiSafepay side of an installation.
type till struct {
	t      *testing.T
	status string // the end of the event stream
	mu     sync.Mutex
	came   []string
}

func (m *till) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	m.came = append(m.came, string(body))
	m.mu.Unlock()
	switch {
	case r.URL.Path == "/events/stream/":
		if got := r.Header.Get("Authorization"); got != "events-token" {
			m.t.Errorf("the stream came with %q", got)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		if r.Header.Get("Last-Event-ID") == "1" { // breaks after the first event
			fmt.Fprint(w, "id: 5\nevent: session.order\ndata: {\"status\":\"initialized\"}\n\n: ping\n\nid: 6\nevent: sess")
			return
		}
		if got := r.Header.Get("Last-Event-ID"); got != "5" {
			m.t.Errorf("back after %q", got)
		}
		fmt.Fprintf(w, "id: 6\ndata: {\"status\":\"%s\"}\n\n", m.status)
	case r.Header.Get("api_key") != "msp-key" || r.Header.Get("Authorization") != "":
		m.t.Errorf("%s came with key %q", r.URL, r.Header.Get("api_key"))
	case r.Method == http.MethodPost && r.URL.Path == "/v1/json/orders":
		fmt.Fprint(w, `{"success":true,"data":{"order_id":"o-1","events_token":"events-token","events_stream_url":"http://elsewhere.invalid/events/stream/"}}`)
	case r.URL.Path == "/v1/json/orders/o-1":
		fmt.Fprintf(w, `{"success":true,"data":{"order_id":"o-1","status":"%s","reason":"Because"}}`, m.status)
	default:
		w.WriteHeader(404)
		fmt.Fprint(w, `{"success":false,"data":{},"error_code":1023,"error_info":"no such terminal"}`)
	}
}

// TestCreate: as a register does it, with the group's key and nothing else, and to the end although
// the stream breaks.
func TestCreate(t *testing.T) {
	empty(t)
	m := &till{t: t}
	s := httptest.NewServer(m)
	defer s.Close()
	t.Setenv("KASSA_URL", s.URL)
	t.Setenv("KASSA_TOKEN", token)
	t.Setenv("KASSA_MSP_KEY", "msp-key")
	t.Setenv("KASSA_TERMINAL_ID", "00000ABC")
	for status, want := range map[string]int{"completed": cli.OK, "cancelled": cli.NotApproved} {
		m.status = status
		code, out, problem := kassa(t, "orders create --amount 1250 --id o-1 --wait")
		if code != want || problem != "" || !strings.Contains(out, "✓ order o-1 is made\n  initialized\n") || !strings.HasSuffix(out, status+" · Because\n") {
			t.Errorf("%s: exit %d, %q\n%s", status, code, problem, out)
		}
	}
	var body struct {
		OrderID string `json:"order_id"`
		Amount  int64
		Gateway struct {
			Terminal string `json:"terminal_id"`
		} `json:"gateway_info"`
	}
	if err := json.Unmarshal([]byte(m.came[0]), &body); err != nil || body.OrderID != "o-1" || body.Amount != 1250 || body.Gateway.Terminal != "00000ABC" {
		t.Errorf("the register sent %s (%v)", m.came[0], err)
	}
}

// feed plays the event streams of Kassa's own API.
func feed(t *testing.T, answers func(w io.Writer, r *http.Request)) {
	t.Helper()
	empty(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers(w, r)
		if r.Header.Get("Accept") == "text/event-stream" {
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("KASSA_URL", s.URL)
	t.Setenv("KASSA_TOKEN", token)
}

// TestTail: nothing is missed or said twice when the connection breaks, and Ctrl-C is no error.
func TestTail(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	feed(t, func(w io.Writer, r *http.Request) {
		event := func(n int) {
			fmt.Fprintf(w, "id: %d\ndata: {\"seq\":%d,\"at\":\"2026-11-25T10:04:00Z\",\"who\":\"till\",\"what\":\"event %d\"}\n\n", n, n, n)
		}
		switch r.Header.Get("Last-Event-ID") {
		case "":
			if r.Header.Get("Accept") == "" {
				fmt.Fprint(w, `{"data":[],"last":50}`)
				return
			}
			if got := r.URL.Query().Get("after"); got != "40" {
				t.Errorf("after %q", got)
			}
			event(41)
			fmt.Fprint(w, "id: 45\n\n") // a mark: nothing happened up to here
		case "45":
			event(46)
			fmt.Fprint(w, "id: 47\ndata: {\"torn")
		case "46":
			event(47)
			event(48)
		}
	})
	var stdout, stderr bytes.Buffer
	root := cli.New()
	root.SetErr(&stderr)
	root.SetOut(writerFunc(func(p []byte) (int, error) {
		if stdout.Write(p); strings.Contains(stdout.String(), "event 48") {
			cancel()
		}
		return len(p), nil
	}))
	code := cli.Execute(ctx, root, []string{"events", "tail"})
	var said []string
	for line := range strings.Lines(stdout.String()) {
		said = append(said, line[strings.Index(line, "event"):])
	}
	if want := []string{"event 41\n", "event 46\n", "event 47\n", "event 48\n"}; code != cli.OK || !cmp.Equal(said, want) {
		t.Errorf("exit %d\n%s\n%s", code, stdout.String(), stderr.String())
	}
	if !strings.Contains(stderr.String(), "the connection was lost; trying again") {
		t.Errorf("it did not say that the connection was lost: %q", stderr.String())
	}
}

func TestWatchAnOrder(t *testing.T) {
	for kind, want := range map[string]int{"OrderCompleted": cli.OK, "OrderExpired": cli.NotApproved} {
		feed(t, func(w io.Writer, r *http.Request) {
			if r.URL.Path == "/api/v1/orders/demo-1" {
				fmt.Fprint(w, oneLine(paidOrder))
				return
			}
			fmt.Fprintf(w, "id: 1\ndata: {\"at\":\"2026-11-25T10:04:00Z\",\"who\":\"till\",\"what\":\"asks\"}\n\n")
			fmt.Fprintf(w, "id: 2\ndata: {\"kind\":\"%s\",\"at\":\"2026-11-25T10:04:01Z\",\"who\":\"cloud\",\"what\":\"ends\"}\n\n", kind)
		})
		if code, out, problem := kassa(t, "orders watch demo-1"); code != want || problem != "" || !strings.Contains(out, "+1.0 s  cloud     ends\n") {
			t.Errorf("%s: exit %d, %q\n%s", kind, code, problem, out)
		}
	}
}

// TestListen: the endpoint gets what a real webhook would bring, and Kassa judges its answer.
func TestListen(t *testing.T) {
	const sent = `{"dialect":"multisafepay","event":"completed","reference":"demo-1","method":"POST",` +
		`"query":"transactionid=demo-1&timestamp=17","header":{"Auth":["c2lnbmVk"],"Content-Type":["application/json"]},"body":"{\"amount\": 1}"}`
	for _, c := range []struct{ flags, want, came string }{
		{"", "POST 200", `POST /hook?x=1&transactionid=demo-1&timestamp=17 auth c2lnbmVk: {"amount": 1}`},
		{" --method GET", "GET  200", "GET /hook?x=1&transactionid=demo-1&timestamp=17 auth : "},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		came := make(chan string, 1)
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			came <- fmt.Sprintf("%s %s auth %s: %s", r.Method, r.URL, r.Header.Get("Auth"), body)
			if r.Header.Get("Authorization") != "" {
				t.Error("the endpoint got the operator's token")
			}
			io.WriteString(w, "fine")
		}))
		feed(t, func(w io.Writer, r *http.Request) {
			if r.URL.Path == "/api/v1/notices/verdict" {
				body, _ := io.ReadAll(r.Body)
				if string(body) != `{"body":"fine","dialect":"multisafepay","status":200}` {
					t.Errorf("judge %s", body)
				}
				fmt.Fprint(w, `{"acknowledged":false,"failure":"your body lacks OK"}`)
				return
			}
			if r.Header.Get("Last-Event-ID") == "" {
				fmt.Fprintf(w, "id: 1\ndata: %s\n\n", sent)
			}
		})
		var stdout, stderr bytes.Buffer
		root := cli.New()
		root.SetErr(&stderr)
		root.SetOut(writerFunc(func(p []byte) (int, error) { cancel(); return stdout.Write(p) }))
		code := cli.Execute(ctx, root, strings.Fields("listen --forward-to "+hook.URL+"/hook?x=1"+c.flags))
		hook.Close()
		out := stdout.String()
		if code != cli.OK || !strings.Contains(out, "✗") || !strings.Contains(out, c.want) || !strings.HasSuffix(out, "your body lacks OK\n") {
			t.Errorf("exit %d, %q\n%s", code, stderr.String(), out)
		}
		if got := <-came; got != c.came {
			t.Errorf("the endpoint got\n%s, want\n%s", got, c.came)
		}
	}
}

func TestCompletionOfLiveIDs(t *testing.T) {
	world(t, map[string]answer{
		"GET /api/v1/orders":    {200, `{"data":[` + oneLine(paidOrder) + `]}`},
		"GET /api/v1/terminals": {200, `{"data":[{"tid":"00000ABC","name":"Bar 1"}]}`},
	})
	for line, want := range map[string]string{
		"__complete orders show ":              "demo-1\tEUR 12.50 completed\n",
		"__complete orders create --terminal ": "00000ABC\tBar 1\n",
		"__complete trigger ":                  "payment.completed\ta card is tapped and approved\n",
		"__complete events tail --order ":      "demo-1\t",
		"__complete scenario run --terminal ":  "00000ABC\t",
		"__complete orders show demo-1 ":       ":4\n",
	} {
		root := cli.New()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(io.Discard)
		if code := cli.Execute(t.Context(), root, strings.Split(line, " ")); code != cli.OK || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%s: exit %d, %q", line, code, out.String())
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if code, out, _ := kassa(t, "completion "+shell); code != cli.OK || !strings.Contains(out, "kassa") {
			t.Errorf("completion %s: exit %d", shell, code)
		}
	}
}
