package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kassa/front"
	"kassa/sale/native"
)

// binary builds the plain kassa, once: processes that are killed or timed run without the race
// detector.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kassa-test-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "kassa")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "kassa/cmd/kassa")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kassa: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// site is an installation whose processes a test starts and kills one by one.
type site struct {
	t        testing.TB
	dir      string
	binary   string
	plain    *os.File
	secure   *os.File
	facts    demoFacts
	client   *http.Client
	cloud    *process
	terminal *process
	acquirer *process
	// asleep is how many of the last terminals start leaves without activation
	asleep int
	// flags of the processes
	cloudArgs, acquirerArgs, terminalArgs []string
}

// process is one running kassa.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{}
}

func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

func newSite(t testing.TB, terminals int, cloudArgs ...string) *site {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: t.TempDir(), binary: path, client: &http.Client{Timeout: 60 * time.Second}}
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	for _, f := range []**os.File{&s.plain, &s.secure} {
		l, err := front.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if *f, err = l.(*net.TCPListener).File(); err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
	s.cloudArgs = append([]string{
		"serve", "--data", s.sub("cloud"), "--zone", s.sub("zone.json"), "--demo", fmt.Sprint(terminals),
		"--sim-acquirer", s.sub("acquirer"), "--sim-terminal", s.sub("terminal"), "--inherit", "--with-parent",
	}, cloudArgs...)
	s.acquirerArgs = []string{"sim", "acquirer", "--data", s.sub("acquirer"), "--zone", s.sub("zone.json"), "--with-parent"}
	t.Cleanup(s.stop)
	return s
}

func (s *site) sub(name string) string { return filepath.Join(s.dir, name) }

// start starts everything, activates the terminals and waits until all is connected. A terminal
// takes the card auto by itself when it is not empty.
func (s *site) start(auto string) {
	s.t.Helper()
	s.acquirer = s.run("acquirer", s.acquirerArgs)
	s.facts = s.startCloud()
	s.terminalArgs = []string{"sim", "terminal", "--data", s.sub("terminal"), "--cloud", s.facts.URL, "--auto", auto, "--with-parent"}
	for _, t := range s.facts.Terminals {
		s.terminalArgs = append(s.terminalArgs, "--poiid", t.POIID)
	}
	s.terminal = s.run("terminal", s.terminalArgs)
	d := &dev{origin: s.facts.URL, client: s.client}
	d.dir = s.dir
	awake := s.facts
	awake.Terminals = awake.Terminals[:len(awake.Terminals)-s.asleep]
	if err := d.awaitReady(s.t.Context(), awake); err != nil {
		s.t.Fatal(err)
	}
}

// startCloud starts the cloud and gives what it announces: the same at every start.
func (s *site) startCloud() demoFacts {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	s.cloud = s.run("cloud", s.cloudArgs, s.plain, s.secure, w)
	_ = w.Close()
	data, err := io.ReadAll(r)
	var facts demoFacts
	if err != nil || json.Unmarshal(data, &facts) != nil {
		s.t.Fatalf("the cloud announced %q (%v)\n%s", data, err, s.log("cloud"))
	}
	return facts
}

func (s *site) run(name string, args []string, files ...*os.File) *process {
	s.t.Helper()
	out, err := os.OpenFile(s.sub(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Close()
	p := &process{cmd: exec.Command(s.binary, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.ExtraFiles = out, out, files
	p.cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+s.sub("config"), "HOME="+s.dir)
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	return p
}

// log is the end of a process's log, for whoever reads why a test has failed.
func (s *site) log(name string) string {
	kept := s.wholeLog(name)
	return strings.Join(kept[max(0, len(kept)-40):], "")
}

func (s *site) wholeLog(name string) (kept []string) {
	data, _ := os.ReadFile(s.sub(name + ".log"))
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, `"msg":"request"`) {
			kept = append(kept, line)
		}
	}
	return kept
}

func (s *site) stop() {
	for _, p := range []*process{s.terminal, s.cloud, s.acquirer} {
		if p != nil {
			p.kill()
		}
	}
	if s.t.Failed() {
		for _, name := range []string{"cloud", "acquirer", "terminal"} {
			s.t.Logf("--- %s.log\n%s", name, s.log(name))
		}
	}
	_ = s.plain.Close()
	_ = s.secure.Close()
}

// call sends one request to the MultiSafepay door and decodes the envelope.
func (s *site) call(ctx context.Context, method, path, key string, body any) (envelope, error) {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return envelope{}, err
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.facts.URL+"/v1/json/"+path, in)
	if err != nil {
		return envelope{}, err
	}
	r.Header.Set("api_key", key)
	resp, err := s.client.Do(r)
	if err != nil {
		return envelope{}, err
	}
	defer resp.Body.Close()
	e := envelope{status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		return e, fmt.Errorf("%s %s: status %d, not JSON: %w", method, path, resp.StatusCode, err)
	}
	return e, nil
}

// must is call for a request that must succeed.
func (s *site) must(method, path string, body any) envelope {
	s.t.Helper()
	e, err := s.call(s.t.Context(), method, path, s.facts.GroupKey, body)
	if err != nil || !e.Success {
		s.t.Fatalf("%s %s: %+v %v", method, path, e, err)
	}
	return e
}

type envelope struct {
	status    int
	Success   bool            `json:"success"`
	Data      json.RawMessage `json:"data"`
	ErrorCode int             `json:"error_code"`
	ErrorInfo string          `json:"error_info"`
	Warnings  json.RawMessage `json:"warnings"`
}

type orderView struct {
	OrderID         string         `json:"order_id"`
	Status          string         `json:"status"`
	FinancialStatus *string        `json:"financial_status"`
	Amount          int64          `json:"amount"`
	AmountRefunded  int64          `json:"amount_refunded"`
	Details         map[string]any `json:"payment_details"`
}

func (s *site) order(id string) orderView {
	s.t.Helper()
	var o orderView
	if err := json.Unmarshal(s.must("GET", "orders/"+id, nil).Data, &o); err != nil {
		s.t.Fatal(err)
	}
	return o
}

func cloudOrder(id, tid string, amount int64) map[string]any {
	return map[string]any{
		"type": "redirect", "order_id": id, "currency": "EUR", "amount": amount, "description": "order " + id,
		"gateway_info": map[string]any{"terminal_id": tid},
	}
}

// ledgerLine is a line of the issuer's own books.
type ledgerLine struct {
	Kind, TID, STAN, RRN, Last4, Currency, RC, State, Of string
	Amount                                               int64
	// how the card was read and its holder verified
	Entry, CVM, PIN string
	FormFactor      string `json:"form_factor"`
}

func (s *site) ledger() []ledgerLine {
	s.t.Helper()
	var lines []ledgerLine
	s.simLines("acquirer/ledger", func(line []byte) {
		var l ledgerLine
		if err := json.Unmarshal(line, &l); err != nil {
			s.t.Fatalf("ledger line %q: %v", line, err)
		}
		lines = append(lines, l)
	})
	return lines
}

func (s *site) simLines(path string, each func([]byte)) {
	s.t.Helper()
	resp, err := s.simCall("GET", path, nil)
	if err != nil {
		s.t.Fatalf("GET sim/%s: %v", path, err)
	}
	defer resp.Body.Close()
	sc := bufio.NewScanner(resp.Body)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		each(sc.Bytes())
	}
	if err := sc.Err(); err != nil {
		s.t.Fatalf("GET sim/%s: read: %v", path, err)
	}
}

func (s *site) simCall(method, path string, body any) (*http.Response, error) {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.facts.URL+"/sim/"+path, in)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	r.Header.Set("Content-Type", "application/json")
	return s.client.Do(r)
}

// kassa runs a client verb, and gives what it printed and its exit code.
func (s *site) kassa(args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), s.binary, args...)
	cmd.Env = append(os.Environ(), "KASSA_URL="+s.facts.URL, "KASSA_TOKEN="+s.facts.Token, "HOME="+s.dir, "NO_COLOR=1",
		"KASSA_MSP_KEY="+s.facts.GroupKey, "KASSA_TERMINAL_ID="+s.tid())
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// await polls until a condition holds. It is how these tests wait for other processes.
func await(t testing.TB, what string, within time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.After(within)
	// What is not there soon takes long: to ask for it all the time would take the processor from what is waited for.
	for wait := 5 * time.Millisecond; !holds(); wait = min(wait*21/20, 100*time.Millisecond) {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %s", what, within)
		case <-time.After(wait):
		}
	}
}

func (s *site) terminals() []native.Terminal {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.facts.URL+native.Prefix+"terminals", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatalf("GET terminals: %v", err)
	}
	defer resp.Body.Close()
	var list struct{ Data []native.Terminal }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		s.t.Fatalf("GET terminals: read: %v", err)
	}
	return list.Data
}

// terminalState is what a terminal says of itself.
type terminalState struct {
	Exchange string
	Screen   struct{ Name string }
}

func (s *site) state(terminal string) terminalState {
	s.t.Helper()
	resp, err := s.simCall("GET", "terminals/"+terminal+"/state", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var state terminalState
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		s.t.Fatal(err)
	}
	return state
}
