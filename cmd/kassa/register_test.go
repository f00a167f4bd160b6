package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// junitFile is a JUnit file as a CI reads it.
type junitFile struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Cases    []struct {
		Name    string `xml:"name,attr"`
		Failure *struct {
			Message string `xml:"message,attr"`
		} `xml:"failure"`
		Error *struct {
			Message string `xml:"message,attr"`
		} `xml:"error"`
	} `xml:"testsuite>testcase"`
}

func readJUnit(t *testing.T, path string) (f junitFile) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = xml.Unmarshal(text, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRegister plays the example for a register's CI, and a file of what does not come true.
func TestRegister(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2, "--acquirer-timeout", "1500ms", "--heartbeat", "1500ms")
	s.start("")
	junit := s.sub("register.xml")
	out, exit := s.kassa("scenario", "run", "../../docs/examples/register.yaml", "--junit", junit)
	if exit != 0 || !strings.HasSuffix(out, "11 scenarios, 0 failed\n") {
		t.Fatalf("exit code %d\n%s", exit, out)
	}
	if f := readJUnit(t, junit); f.Tests != 11 || f.Failures != 0 || f.Errors != 0 || len(f.Cases) != 11 || f.Cases[0].Name != "A card is approved" {
		t.Errorf("the JUnit file has %+v", f)
	}

	wrong := s.sub("wrong.yaml")
	order := "\n      - order: {name: coffee, amount: 500}\n      - card: tap visa\n      - expect: "
	text := "scenarios:"
	list := []struct{ expect, message string }{
		{"{status: cancelled, within: 300ms}", "status of coffee: expected cancelled, saw completed"},
		{"{events: [initialized, cancelled], within: 300ms}", "events of coffee: expected [initialized cancelled], saw [initialized completed]"},
		{"{ledger: {charged: 501}, within: 300ms}", "ledger charged: expected 501, saw 500"},
		{"{ledger: {reversals: 1}, within: 300ms}", "ledger reversals: expected 1, saw 0"},
		{"{amount_refunded: 1, within: 300ms}", "amount_refunded of coffee: expected 1, saw 0"},
		{"{webhook: declined, within: 300ms}", "webhooks of coffee: expected [declined], saw [completed]"},
		{"{card: declined, within: 300ms}", "card: expected declined, saw approved"},
		{"{not_shown: approved, within: 300ms}", "screen: expected no screen that says approved, saw "},
	}
	for i, c := range list {
		text += fmt.Sprintf("\n  - name: n%d\n    steps:%s%s", i, order, c.expect)
	}
	text += "\n  - name: last\n    steps:\n      - order: {amount: 500}\n      - refund: 100\n"
	if err := os.WriteFile(wrong, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, exit = s.kassa("scenario", "run", wrong, "--junit", junit)
	if exit != 1 || !strings.HasSuffix(out, "9 scenarios, 9 failed\n") || !strings.Contains(out, wrong+":6: expect: status of coffee: expected cancelled, saw completed\n") {
		t.Errorf("exit code %d\n%s", exit, out)
	}
	f := readJUnit(t, junit)
	if f.Failures != 9 || len(f.Cases) != 9 {
		t.Fatalf("the JUnit file has %+v", f)
	}
	for i, c := range list {
		if f.Cases[i].Failure == nil || !strings.HasPrefix(f.Cases[i].Failure.Message, c.message) {
			t.Errorf("%s: %+v, want %s", c.expect, f.Cases[i].Failure, c.message)
		}
	}
	if last := f.Cases[8].Failure; last == nil || !strings.HasPrefix(last.Message, "refund: expected success, saw error 1034") {
		t.Errorf("a refund of what is not paid: %+v", last)
	}
	s.awaitFree() // the last order was cancelled at the end of its scenario
	playTriggers(t, s)
	playOrderVerbs(t, s)
}

// playTriggers lets every event happen once.
func playTriggers(t *testing.T, s *site) {
	out, exit := s.kassa("trigger", "--json")
	if exit != 0 {
		t.Fatalf("exit code %d\n%s", exit, out)
	}
	for line := range strings.Lines(out) {
		var e struct{ Event string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == "payment.answer_lost" {
			continue // takes the terminal's 20 s; the example above has it
		}
		if out, exit := s.kassa("trigger", e.Event, "--terminal", s.tid()); exit != 0 || !strings.Contains(out, "✓ "+e.Event) {
			t.Errorf("%s: exit code %d\n%s", e.Event, exit, out)
		}
	}
}

// playOrderVerbs takes an order through its life with the command line alone.
func playOrderVerbs(t *testing.T, s *site) {
	s.awaitFree()
	type result struct {
		out  string
		exit int
	}
	waiting := make(chan result, 1)
	go func() {
		out, exit := s.kassa("orders", "create", "--amount", "4200", "--id", "verbs-1", "--wait")
		waiting <- result{out, exit}
	}()
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d\n%s", exit, out)
	}
	if r := <-waiting; r.exit != 0 || !strings.Contains(r.out, "  initialized\n✓ completed") {
		t.Errorf("create --wait: exit code %d\n%s", r.exit, r.out)
	}
	s.awaitFree()
	for _, c := range []struct {
		line, says string
		exit       int
	}{
		{"orders watch verbs-1", "the order is paid", 0},
		{"orders refund verbs-1 --amount 200 --id verbs-refund --wait", "is completed", 0},
		{"orders refund verbs-1 --amount 200 --id verbs-refund", "is completed", 0}, // the same one
		{"orders refund verbs-1 --amount 4001", "exceeds what is left of the payment; kassa orders show verbs-1 tells what is left", 1},
		{"orders cancel verbs-1", "approved before the cancel; refund it", 1},
		{"orders show verbs-1", "EUR 42.00, EUR 2.00 refunded", 0},
		{"orders show verbs-none", "kassa orders list shows what there is", 3},
		{"orders list --reference verbs-1", "completed, EUR 2.00 refunded", 0},
		{"events tail --order verbs-1 --follow=false", "has paid the refund (00)", 0},
		{"orders create --amount 4300 --id verbs-2", "order verbs-2 is made", 0},
		{"orders cancel verbs-2", "order verbs-2 is cancelled", 0},
		{"orders watch verbs-2", "cancels the order", 4},
		{"orders create --amount 4300 --terminal NONE", "kassa terminals lists what there is", 3},
		{"orders create --amount 4200 --id verbs-1", "error 1006", 1}, // it has ended
	} {
		if out, exit := s.kassa(strings.Fields(c.line)...); exit != c.exit || !strings.Contains(out, c.says) {
			t.Errorf("kassa %s: exit code %d, want %d and %q\n%s", c.line, exit, c.exit, c.says, out)
		}
	}
}

// hook is a shop's endpoint: it notes what comes and verifies it with the key.
type hook struct {
	t    *testing.T
	key  string
	came chan string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	raw, err := base64.StdEncoding.DecodeString(r.Header.Get("Auth"))
	at, sum, _ := strings.Cut(string(raw), ":")
	mac := hmac.New(sha512.New, []byte(h.key))
	mac.Write(append([]byte(at+":"), body...))
	if err != nil || hex.EncodeToString(mac.Sum(nil)) != sum || r.URL.Query().Get("timestamp") != at {
		h.t.Errorf("%s: wrong signature %q (%v)", r.URL, raw, err)
	}
	h.came <- r.URL.Query().Get("transactionid") + " " + string(body)
	if bytes.Contains(body, []byte(`"status": "completed"`)) || bytes.Contains(body, []byte(`"status":"completed"`)) {
		_, _ = io.WriteString(w, "MULTISAFEPAY_OK")
		return
	}
	_, _ = io.WriteString(w, "thanks")
}

// TestListen: a listener gets the very bodies that webhooks bring, also for an order that names no
// address, and hears why an answer would not count. A webhook can be looked at, and sent again.
func TestListen(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	shop := &hook{t, s.facts.GroupKey, make(chan string, 100)}
	server := httptest.NewServer(shop)
	defer server.Close()

	listener := exec.CommandContext(t.Context(), s.binary, "listen", "--forward-to", server.URL+"/hook", "--json")
	listener.Env = append(os.Environ(), "KASSA_URL="+s.facts.URL, "KASSA_TOKEN="+s.facts.Token, "HOME="+s.dir)
	printed, err := listener.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = listener.Process.Signal(os.Interrupt)
		if err := listener.Wait(); err != nil {
			t.Errorf("Ctrl-C is no failure: %v", err)
		}
	}()
	lines := bufio.NewScanner(printed)
	// It is there once a notice comes: those before are not its business.
	await(t, "the listener is there", 20*time.Second, func() bool {
		id := fmt.Sprintf("probe-%d", time.Now().UnixNano())
		s.ask(id, 1)
		s.must("POST", "orders/"+id+"/cancel", nil)
		s.awaitFree()
		return len(shop.came) > 0
	})

	o := cloudOrder("told", s.tid(), 1250)
	o["payment_options"] = map[string]any{"notification_url": s.facts.URL + "/sim/inbox/"}
	s.must("POST", "orders", o)
	if out, exit := s.card("tap", "visa:070"); exit != 0 {
		t.Fatalf("exit code %d\n%s", exit, out)
	}
	s.ask("untold", 700)
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d\n%s", exit, out)
	}
	var heard []string
	for len(heard) < 3 {
		select {
		case body := <-shop.came:
			if !strings.HasPrefix(body, "probe-") {
				heard = append(heard, body)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("only %d came: %q", len(heard), heard)
		}
	}
	playHeard(t, s, heard, lines)
}

func playHeard(t *testing.T, s *site, heard []string, lines *bufio.Scanner) {
	inbox := s.inbox("told")
	if len(inbox) != 2 || !slices.Equal(heard[:2], inbox) || !strings.HasPrefix(heard[2], "untold ") {
		t.Errorf("the listener got\n%q, the webhooks were\n%q", heard, inbox)
	}
	var said []string
	for len(said) < 3 && lines.Scan() {
		var f struct{ Reference, Event, Failure string }
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Reference == "told" || f.Reference == "untold" {
			said = append(said, f.Reference+" "+f.Event+": "+f.Failure)
		}
	}
	if want := []string{"told declined: your body lacks OK: the first 100 bytes must hold OK or MULTISAFEPAY_OK", "told completed: ", "untold completed: "}; !slices.Equal(said, want) {
		t.Errorf("it says\n%s", strings.Join(said, "\n"))
	}
	playResend(t, s, inbox)
}

// inbox is what webhooks brought for an order.
func (s *site) inbox(order string) (list []string) {
	s.t.Helper()
	s.simLines("inbox/", func(line []byte) {
		var d struct{ Query, Body string }
		if err := json.Unmarshal(line, &d); err != nil {
			s.t.Fatal(err)
		}
		if strings.HasPrefix(d.Query, "transactionid="+order+"&") {
			list = append(list, order+" "+d.Body)
		}
	})
	return list
}

// native calls Kassa's own API.
func (s *site) native(method, path string, into any) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+"/api/v1/"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		s.t.Fatalf("%s %s: %s, not JSON: %v", method, path, resp.Status, err)
	}
	return resp.StatusCode
}

func playResend(t *testing.T, s *site, before []string) {
	var list struct {
		Data []struct {
			ID, Event, Status string
			Attempts          []struct{ Status int }
		}
	}
	await(t, "both deliveries are settled", 10*time.Second, func() bool {
		s.native("GET", "deliveries?order=told&status=delivered", &list)
		return len(list.Data) == 2
	})
	if newest := list.Data[0]; newest.Event != "completed" || len(newest.Attempts) != 1 || newest.Attempts[0].Status != 200 {
		t.Errorf("the newest delivery is %+v", newest)
	}
	var answer map[string]any
	if status := s.native("POST", "deliveries/"+list.Data[0].ID+"/resend", &answer); status != http.StatusAccepted {
		t.Fatalf("resend: %d %v", status, answer)
	}
	await(t, "it came again", 10*time.Second, func() bool { return len(s.inbox("told")) == 3 })
	if again := s.inbox("told"); again[2] != before[1] {
		t.Errorf("it came as\n%s, and before as\n%s", again[2], before[1])
	}
	out, exit := s.kassa("orders", "show", "told")
	if exit != 0 || !strings.Contains(out, "webhook   completed, try 1: acknowledged (200 in") || !strings.Contains(out, "acquirer  approves (00)") {
		t.Errorf("exit code %d\n%s", exit, out)
	}
	if out, exit := s.kassa("orders", "show", "a/../b"); exit != 3 || strings.Contains(out, "<") {
		t.Errorf("an id like a path: exit code %d\n%s", exit, out)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "config", "kassa", "last.json")); err == nil {
		t.Error("a cloud with a parent wrote the note of the last installation")
	}
}
