package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"kassa/cli"
)

const token = "operator-token-f00d"

// installation plays a Kassa: answers by "METHOD path", written as they are.
type installation struct {
	t       *testing.T
	answers map[string]answer
	asked   []string
}

type answer struct {
	status int
	body   string
}

func (i *installation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		i.t.Error(err)
	}
	if got := r.Header.Get("Authorization"); got != "Bearer "+token {
		i.t.Errorf("%s %s came with Authorization %q", r.Method, r.URL, got)
	}
	asked := r.Method + " " + r.URL.EscapedPath()
	i.asked = append(i.asked, strings.TrimSpace(asked+" "+string(body)))
	a, ok := i.answers[asked]
	if !ok {
		a = answer{404, `{"error":"unknown_terminal","message":"no terminal \"T9\" here; there are 00000ABC"}`}
	}
	w.WriteHeader(a.status)
	for line := range strings.Lines(a.body) {
		io.WriteString(w, line)
		w.(http.Flusher).Flush()
	}
}

// world is an environment without any Kassa in it, and then with one.
func world(t *testing.T, answers map[string]answer) *installation {
	t.Helper()
	empty(t)
	i := &installation{t: t, answers: answers}
	s := httptest.NewServer(i)
	t.Cleanup(s.Close)
	t.Setenv("KASSA_URL", s.URL)
	t.Setenv("KASSA_TOKEN", token)
	return i
}

func empty(t *testing.T) {
	t.Helper()
	for _, name := range []string{"KASSA_URL", "KASSA_TOKEN", "KASSA_CA", "KASSA_TERMINAL_ID", "KASSA_MSP_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

func kassa(t *testing.T, line string, extra ...*cobra.Command) (code int, out, problem string) {
	t.Helper()
	root := cli.New(extra...)
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	code = cli.Execute(t.Context(), root, strings.Fields(line))
	if strings.Contains(stdout.String()+stderr.String(), token) {
		t.Errorf("kassa %s printed the token", line)
	}
	if strings.Contains(stdout.String(), "\x1b") {
		t.Errorf("kassa %s printed colours, though nobody looks", line)
	}
	if strings.Count(stderr.String(), "\n") > 1 {
		t.Errorf("kassa %s: the error is not one line:\n%s", line, stderr.String())
	}
	return code, stdout.String(), strings.TrimSuffix(stderr.String(), "\n")
}

const screens = `{"screen":"presentCard","title":"Present card","lines":["EUR 12.50","Tap, insert or swipe"]}
{"screen":"processing","title":"Processing","lines":["EUR 12.50","Please wait"]}
`

func TestCard(t *testing.T) {
	const path = "POST /sim/terminals/00000ABC/card"
	for name, c := range map[string]struct {
		stream string
		code   int
		last   string
	}{
		"approved": {screens + `{"result":"approved","text":"APPROVED","authCode":"705151","rrn":"632500000017"}`, cli.OK,
			"✓ approved · auth 705151 · rrn 632500000017"},
		"declined":      {screens + `{"result":"declined","text":["Insufficient funds"]}`, cli.NotApproved, "✗ declined · Insufficient funds"},
		"cancelled":     {screens + `{"result":"cancelled"}`, cli.NotApproved, "✗ cancelled"},
		"not completed": {screens + `{"result":"notCompleted"}`, cli.NotApproved, "✗ not completed"},
		"no card screen": {`{"screen":"idle","result":"noCardScreen","text":"the terminal shows idle"}`, cli.NotApproved,
			"✗ no card wanted · the terminal shows idle · send an order to this terminal first"},
		"unknown": {screens + `{"result":"unknown"}`, cli.Unknown,
			"! outcome unknown · do not start it again; ask for the order's status"},
		"ends in the middle": {screens, cli.Unknown, "! outcome unknown · do not start it again; ask for the order's status"},
		"cursor tricks":      {`{"result":"declined","text":"a\u001b[2Jb"}`, cli.NotApproved, "✗ declined · a [2Jb"},
	} {
		t.Run(name, func(t *testing.T) {
			i := world(t, map[string]answer{path: {200, c.stream}})
			code, out, problem := kassa(t, "card tap visa --terminal 00000ABC")
			if code != c.code || problem != "" {
				t.Errorf("exit %d (%s), want %d", code, problem, c.code)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if lines[len(lines)-1] != c.last {
				t.Errorf("the last line is\n%s, want\n%s", lines[len(lines)-1], c.last)
			}
			if strings.HasPrefix(c.stream, screens) && !strings.HasPrefix(out, "  presentCard     Present card · EUR 12.50 · Tap, insert or swipe\n  processing ") {
				t.Errorf("the screens are\n%s", out)
			}
			if want := []string{path + ` {"present":"tap","card":"visa"}`}; !cmp.Equal(i.asked, want) {
				t.Error(cmp.Diff(want, i.asked))
			}

			code, out, _ = kassa(t, "card tap visa --terminal 00000ABC --json")
			if code != c.code || strings.TrimSpace(out) != strings.TrimSpace(c.stream) {
				t.Errorf("--json: exit %d and\n%s", code, out)
			}
		})
	}
}

func TestCardArguments(t *testing.T) {
	i := world(t, map[string]answer{"POST /sim/terminals/V400m-1%2F2/card": {200, `{"result":"approved"}`}})
	t.Setenv("KASSA_TERMINAL_ID", "V400m-1/2")
	if code, _, problem := kassa(t, "card insert mastercard:055 --pin 1111,1234 --follow"); code != cli.OK {
		t.Errorf("exit %d: %s", code, problem)
	}
	want := []string{`POST /sim/terminals/V400m-1%2F2/card {"present":"insert","card":"mastercard:055","pin":"1111,1234","follow":true}`}
	if !cmp.Equal(i.asked, want) {
		t.Error(cmp.Diff(want, i.asked))
	}
}

func TestTypingDoesNotRepeatTheScreen(t *testing.T) {
	const pad = `{"screen":"pin","title":"Enter PIN","typed":%d}` + "\n"
	world(t, map[string]answer{"POST /sim/terminals/T/card": {200, fmt.Sprintf(pad+pad+pad, 0, 1, 2) +
		`{"screen":"approved","title":"Approved","lines":["Approved"]}` + "\n" + `{"result":"approved"}`}})
	if _, out, _ := kassa(t, "card tap visa --terminal T"); out != "  pin             Enter PIN\n  approved        Approved\n✓ approved\n" {
		t.Errorf("printed\n%s", out)
	}
}

func TestWhoStopsWaitingIsNotToldThatItFailed(t *testing.T) {
	empty(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then does the server notice that the client went away
		io.WriteString(w, `{"screen":"processing","title":"Processing"}`+"\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer s.Close()
	t.Setenv("KASSA_URL", s.URL)
	root := cli.New()
	var stderr bytes.Buffer
	root.SetErr(&stderr)
	root.SetOut(writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	code := cli.Execute(ctx, root, []string{"card", "tap", "visa", "--terminal", "T"})
	if want := "kassa: how it ended is not known (stopped before the answer came); ask for the order's status before you do it again\n"; code != cli.Unknown || stderr.String() != want {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
}

func TestScreensArePrintedAsTheyCome(t *testing.T) {
	empty(t)
	printed := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"screen":"presentCard","title":"Present card"}`+"\n")
		w.(http.Flusher).Flush()
		if got := <-printed; !strings.Contains(got, "Present card") {
			t.Errorf("printed %q", got)
		}
		io.WriteString(w, `{"result":"approved"}`+"\n")
	}))
	defer s.Close()
	t.Setenv("KASSA_URL", s.URL)
	root := cli.New()
	root.SetOut(writerFunc(func(p []byte) (int, error) { printed <- string(p); return len(p), nil }))
	if code := cli.Execute(t.Context(), root, []string{"card", "tap", "visa", "--terminal", "T"}); code != cli.OK {
		t.Errorf("exit %d", code)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestErrorsSayWhatToDoNext(t *testing.T) {
	world(t, map[string]answer{
		"POST /sim/terminals/BAD/card":  {400, `{"error":"bad_card","message":"the card is not one of the deck"}`},
		"POST /sim/terminals/BUSY/card": {409, `{"error":"card_in_use","message":"somebody is presenting a card"}`},
		"POST /sim/terminals/DOWN/card": {503, `{"code":"peer_unavailable","message":"the simulated party is not running"}`},
		"POST /sim/terminals/ODD/card":  {200, "<html>\n"},
		"GET /sim/acquirer/ledger":      {401, `{"title":"Unauthorised","detail":"send the token"}`},
		"DELETE /sim/acquirer/fault":    {302, ""},
	})
	for line, want := range map[string]struct {
		code int
		text string
	}{
		"crad":                        {cli.Usage, "kassa: there is no kassa crad; did you mean kassa card?"},
		"card tpa":                    {cli.Usage, "kassa: there is no kassa card tpa; did you mean kassa card tap?"},
		"card sell":                   {cli.Usage, "kassa: there is no kassa card sell; see kassa card --help"},
		"card tap":                    {cli.Usage, "kassa: CARD is missing; write kassa card tap CARD"},
		"card tap visa":               {cli.Usage, "kassa: which terminal is not said; add --terminal T; kassa terminals lists them"},
		"card tap visa again":         {cli.Usage, "kassa: there are too many words; write kassa card tap CARD"},
		"card tap visa --nosuch":      {cli.Usage, "kassa: unknown flag: --nosuch; see kassa card tap --help"},
		"card tap visa --terminal T9": {cli.NotFound, `kassa: no terminal "T9" here; there are 00000ABC; kassa terminals lists what there is`},
		"card tap 4761730000000119 --terminal BAD": {cli.Usage, "kassa: the card is not one of the deck"},
		"card tap visa --terminal BUSY":            {cli.Failed, "kassa: somebody is presenting a card"},
		"card tap visa --terminal DOWN":            {cli.Failed, "kassa: the simulated party is not running"},
		"sim fault T9":                             {cli.Usage, "kassa: NAME is missing; write kassa sim fault T NAME"},
		"sim fault T9 burn":                        {cli.Usage, "kassa: there is no such fault; kassa sim faults lists them"},
		"sim fault T9 bad-mac":                     {cli.Usage, "kassa: there is no such fault; kassa sim faults lists them"},
		"sim ledger":                               {cli.Failed, "kassa: send the token; set KASSA_TOKEN to the token of this installation"},
		"sim clear acquirer":                       {cli.Failed, "kassa: 302 Found"},
	} {
		t.Run(line, func(t *testing.T) {
			code, out, problem := kassa(t, line)
			if code != want.code || problem != want.text || out != "" {
				t.Errorf("exit %d, %q, out %q\nwant %d, %q", code, problem, out, want.code, want.text)
			}
		})
	}
	code, _, problem := kassa(t, "card tap visa --terminal ODD")
	if code != cli.Failed || !strings.HasSuffix(problem, "is not what Kassa writes; check KASSA_URL") {
		t.Errorf("exit %d, %q", code, problem)
	}
}

func TestErrorsAsJSON(t *testing.T) {
	world(t, map[string]answer{"POST /sim/terminals/BAD/card": {400, `{"message":"the card is not one of the deck"}`}})
	for line, want := range map[string]string{
		"card tap visa --terminal T9 --json":  `{"code":3,"error":"no terminal \"T9\" here; there are 00000ABC","next":"kassa terminals lists what there is"}`,
		"card tap 4761 --terminal BAD --json": `{"code":2,"error":"the card is not one of the deck"}`,
		"terminals --nosuch --json":           `{"code":2,"error":"unknown flag: --nosuch","next":"see kassa terminals --help"}`,
		"sim fault T9 burn --json":            `{"code":2,"error":"there is no such fault","next":"kassa sim faults lists them"}`,
	} {
		var as struct{ Code int }
		code, out, problem := kassa(t, line)
		if problem != want || out != "" || json.Unmarshal([]byte(problem), &as) != nil || as.Code != code {
			t.Errorf("kassa %s: exit %d, %q, out %q, want\n%s", line, code, problem, out, want)
		}
	}
}

func TestNoInstallation(t *testing.T) {
	empty(t)
	for _, c := range []struct {
		url  string
		code int
		text string
	}{
		{"", cli.Failed, "kassa: no Kassa has been started on this machine; start one with kassa dev, or set KASSA_URL and KASSA_TOKEN"},
		{"http://127.0.0.1:1", cli.Failed, "kassa: no Kassa answers at http://127.0.0.1:1; start one with kassa dev, or set KASSA_URL and KASSA_TOKEN"},
		{"localhost:8080", cli.Usage, "kassa: KASSA_URL is not an http or https address; for example KASSA_URL=http://127.0.0.1:8080"},
	} {
		t.Setenv("KASSA_URL", c.url)
		if code, _, problem := kassa(t, "terminals"); code != c.code || problem != c.text {
			t.Errorf("KASSA_URL=%q: exit %d, %q", c.url, code, problem)
		}
	}
}

func TestLastInstallation(t *testing.T) {
	i := world(t, map[string]answer{"GET /api/v1/terminals": {200, `{"data":[]}`}})
	if _, err := cli.ReadLast(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first start: %v", err)
	}
	at := cli.Installation{URL: os.Getenv("KASSA_URL"), Token: token}
	if err := cli.WriteLast(at); err != nil {
		t.Fatal(err)
	}
	if got, err := cli.ReadLast(); err != nil || got != at {
		t.Errorf("read %v, %v", got, err)
	}
	name := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "kassa", "last.json")
	if about, err := os.Stat(name); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", about, err)
	}
	for _, url := range []string{"", at.URL, at.URL + "/"} {
		t.Setenv("KASSA_URL", url)
		t.Setenv("KASSA_TOKEN", "")
		if code, out, problem := kassa(t, "terminals"); code != cli.OK || out != "There are none.\n" {
			t.Errorf("KASSA_URL=%q: exit %d, %q %q", url, code, out, problem)
		}
	}
	t.Setenv("KASSA_URL", "") // a token that is given is the one that is used
	if err := cli.WriteLast(cli.Installation{URL: at.URL, Token: "another"}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KASSA_TOKEN", token)
	if code, _, problem := kassa(t, "terminals"); code != cli.OK {
		t.Errorf("exit %d, %q", code, problem)
	}
	if len(i.asked) != 4 {
		t.Errorf("asked %q", i.asked)
	}
	if err := os.WriteFile(name, []byte("{torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KASSA_URL", "")
	if code, _, problem := kassa(t, "terminals"); code != cli.Failed || !strings.Contains(problem, "is not what Kassa writes") {
		t.Errorf("exit %d, %q", code, problem)
	}
}

const estate = `{"data":[
 {"tid":"00000ABC","poiid":"V400m-000000001","name":"Bar 1","group":"Bar","state":"active","reach":{"state":"online","since":"2026-11-21T10:00:00Z"}},
 {"tid":"00000ABD","poiid":"V400m-000000002","name":"Terrace","group":"Bar","state":"blocked","reach":{"state":"offline","reason":"never connected"}}]}`

func TestTerminals(t *testing.T) {
	t.Setenv("TZ", "UTC")
	world(t, map[string]answer{"GET /api/v1/terminals": {200, estate}})
	code, out, problem := kassa(t, "terminals")
	if code != cli.OK {
		t.Fatalf("exit %d: %s", code, problem)
	}
	rows := strings.Split(out, "\n")
	if len(rows) != 4 || !strings.HasPrefix(rows[2], "00000ABD  V400m-000000002  Terrace  Bar    -     blocked  offline  -                    never connected") ||
		strings.Index(rows[0], "SINCE") != strings.Index(rows[1], "2026-11-21 10:00:00") {
		t.Errorf("the table is\n%s", out)
	}
	code, out, _ = kassa(t, "terminals --json")
	var second struct {
		Reach struct{ Reason string }
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &second); err != nil || code != cli.OK || len(lines) != 2 ||
		second.Reach.Reason != "never connected" {
		t.Errorf("--json: exit %d, %v,\n%s", code, err, out)
	}
}

func TestLedger(t *testing.T) {
	const books = `{"kind":"sale","tid":"00000ABC","stan":"000017","rrn":"632500000017","last4":"0119","amount":1250,"currency":"EUR","rc":"00","state":"posted","of":""}
{"kind":"refund","tid":"00000ABC","stan":"000018","rrn":"632500000018","last4":"","amount":5,"currency":"EUR","rc":"00","state":"posted","of":"632500000017"}
`
	world(t, map[string]answer{"GET /sim/acquirer/ledger": {200, books}})
	_, out, _ := kassa(t, "sim ledger")
	const want = `KIND        TID       STAN    RRN           CARD            AMOUNT  RC  STATE     OF
sale        00000ABC  000017  632500000017  0119         EUR 12.50  00  posted
refund      00000ABC  000018  632500000018                EUR 0.05  00  posted    632500000017
`
	if out != want {
		t.Errorf("the ledger is\n%s", cmp.Diff(want, out))
	}
	if _, out, _ := kassa(t, "sim ledger --json"); out != books {
		t.Errorf("--json:\n%s", cmp.Diff(books, out))
	}
}

func TestFaults(t *testing.T) {
	i := world(t, map[string]answer{
		"POST /sim/terminals/00000ABC/fault":       {200, `{"faults":["cut-link"]}`},
		"DELETE /sim/terminals/00000ABC/fault":     {200, `{"faults":[]}`},
		"POST /sim/acquirer/fault":                 {200, `{"faults":[]}`},
		"GET /api/v1/terminals":                    {200, estate},
		"GET /sim/terminals/V400m-000000001/state": {200, `{"faults":["cut-link"]}`},
		"GET /sim/acquirer/state":                  {200, `{"faults":[{"kind":"delay","delay_ms":1}]}`},
	})
	for line, want := range map[string]string{
		"sim fault 00000ABC cut-link":         "✓ 00000ABC: cut-link is set; kassa sim clear 00000ABC ends it\n",
		"sim clear 00000ABC":                  "✓ 00000ABC: no faults are set\n",
		"sim fault 00000ABC cut-link --json":  `{"faults":["cut-link"]}` + "\n",
		"sim fault acquirer delay --delay 2s": "✓ acquirer: delay is set; kassa sim clear acquirer ends it\n",
	} {
		if code, out, problem := kassa(t, line); code != cli.OK || out != want {
			t.Errorf("kassa %s: exit %d, %q %q", line, code, out, problem)
		}
	}
	if all := strings.Join(i.asked, "\n"); !strings.Contains(all, `POST /sim/acquirer/fault {"delay_ms":2000,"kind":"delay"}`) ||
		!strings.Contains(all, `POST /sim/terminals/00000ABC/fault {"name":"cut-link"}`) {
		t.Errorf("asked\n%s", all)
	}
	_, out, _ := kassa(t, "sim faults")
	for _, want := range []string{"00000ABC", "acquirer  delay"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	_, out, _ = kassa(t, "sim faults --json")
	for line := range strings.Lines(out) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

func TestExtraCommands(t *testing.T) {
	empty(t)
	fails := func(err error) func(*cobra.Command, []string) error {
		return func(*cobra.Command, []string) error { return err }
	}
	sim := &cobra.Command{Use: "sim"}
	sim.AddCommand(&cobra.Command{Use: "acquirer", RunE: fails(nil)})
	serve := &cobra.Command{Use: "serve", RunE: fails(fmt.Errorf("serve: %w", cli.Failure{Code: 1, What: "the port is taken", Next: "use --addr"}))}
	if code, _, problem := kassa(t, "serve", serve); code != 1 || problem != "kassa: serve: the port is taken; use --addr" {
		t.Errorf("exit %d, %q", code, problem)
	}
	if code, _, problem := kassa(t, "sim acquirer", sim); code != 0 {
		t.Errorf("exit %d, %q", code, problem)
	}
	if code, _, problem := kassa(t, "sim faults"); code != 1 || !strings.Contains(problem, "no Kassa has been started") {
		t.Errorf("exit %d, %q", code, problem)
	}
	if code, out, _ := kassa(t, "version"); code != 0 || !strings.HasPrefix(out, "kassa ") {
		t.Errorf("exit %d, %q", code, out)
	}
}
