package ocpi_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	wire "kassa/ocpi"
	"kassa/sale/ocpi"
	"kassa/sale/ocpi/peers"
	"kassa/store/sqlite"
)

// vault hashes with a key, and seals by a mask that the test can tell from the clear text.
type vault struct{}

func (vault) LookupHash(secret []byte) string {
	mac := hmac.New(sha256.New, []byte("test"))
	mac.Write(secret)
	return hex.EncodeToString(mac.Sum(nil))
}

func (vault) SealSecret(name string, secret []byte) ([]byte, error) {
	return []byte(name + "\x00" + base64.StdEncoding.EncodeToString(secret)), nil
}

func (vault) OpenSecret(name string, sealed []byte) ([]byte, error) {
	text, ok := strings.CutPrefix(string(sealed), name+"\x00")
	if !ok {
		return nil, errors.New("sealed under another name")
	}
	return base64.StdEncoding.DecodeString(text)
}

// fleet has one terminal of each of two accounts.
type fleet struct{}

func (fleet) Unit(tid string) (ocpi.Unit, bool) {
	switch strings.ToLower(tid) {
	case "ka7xq2bt":
		return ocpi.Unit{TID: "kA7xQ2bT", Serial: "10012345", Account: "100", Contract: "C-100"}, true
	case "zz000001":
		return ocpi.Unit{TID: "zz000001", Serial: "20000001", Account: "200", Contract: "C-200"}, true
	}
	return ocpi.Unit{}, false
}

func (e fleet) BySerial(serial string) (ocpi.Unit, string) {
	for _, tid := range []string{"kA7xQ2bT", "zz000001"} {
		if u, _ := e.Unit(tid); u.Serial == serial {
			return u, ""
		}
	}
	if serial == "PROD1" {
		return ocpi.Unit{}, "is a production terminal on an acceptance charger (R5)"
	}
	return ocpi.Unit{}, "is not known"
}

// charging notes what it is told, and knows one reference.
type charging struct {
	mu       sync.Mutex
	sessions []wire.Session
	cdrs     []wire.CDR
	results  []string
}

const reference = "K7QM2XW4ZJ5NTB3CVYD6HRGFEA"

func (c *charging) SessionPut(_ context.Context, _ string, s wire.Session) (wire.Session, *wire.Refusal, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.AuthorisationReference != reference && s.CDRToken.UID != reference {
		return s, wire.Refuse(wire.StatusClientError, "authorization_reference is not known"), nil
	}
	c.sessions = append(c.sessions, s)
	return s, nil, nil
}

func (c *charging) CDRPosted(_ context.Context, _ string, d wire.CDR) (bool, *wire.Refusal, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case d.AuthorisationReference != reference:
		return false, wire.Refuse(wire.StatusClientError, "authorization_reference is not known"), nil
	case d.Currency != "EUR":
		return false, wire.Refuse(wire.StatusInvalid, "currency must be that of the hold, EUR"), nil
	}
	c.cdrs = append(c.cdrs, d)
	return true, nil, nil
}

func (c *charging) CommandResulted(_ context.Context, peer, id string, r wire.CommandResult) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results = append(c.results, id+" "+r.Result)
	return nil
}

func (c *charging) Live(_ context.Context, _, uid string) (string, bool) {
	return reference, uid == reference
}

// world is the door on a real store behind a real listener.
type world struct {
	t        *testing.T
	door     *ocpi.Handler
	charging *charging
	url      string
	dir      string
	mu       sync.Mutex
	ahead    time.Duration
	check    func(string) error
	stop     func()
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, charging: &charging{}, dir: t.TempDir(), check: func(string) error { return nil }}
	w.open()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *world) open() {
	w.t.Helper()
	store, err := sqlite.Open(filepath.Join(w.dir, "kassa.db"), sqlite.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.door, err = ocpi.New(ocpi.Config{
		Store: store, Vault: vault{}, Estate: fleet{}, Charging: w.charging, BaseURL: func() string { return w.url },
		Country: "NL", PartyID: "KAS", Name: "kassa", CheckURL: func(u string) error { return w.check(u) }, Transport: http.DefaultTransport,
		Random: rand.Reader, Now: w.now, RetryFirst: time.Second,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewServer(w.door)
	w.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.door.Run(ctx) }()
	w.stop = func() {
		server.Close()
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		store.Close()
	}
}

// answer is what an OCPI server said.
type answer struct {
	http    int
	Status  int             `json:"status_code"`
	Message string          `json:"status_message"`
	Data    json.RawMessage `json:"data"`
	header  http.Header
}

func (a answer) String() string {
	return fmt.Sprintf("HTTP %d, %d %s %s", a.http, a.Status, a.Message, a.Data)
}

// ask calls with a header as given, and any further headers as name, value.
func (w *world) ask(key, method, path, body string, headers ...string) answer {
	w.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = w.url + path
	}
	r, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", key)
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = []string{headers[i+1]}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	a := answer{http: res.StatusCode, header: res.Header}
	if err := json.Unmarshal(text, &a); err != nil {
		w.t.Fatalf("%s %s: %q: %v", method, path, text, err)
	}
	return a
}

func encoded(token string) string { return "Token " + base64.StdEncoding.EncodeToString([]byte(token)) }

// operator is a charge point operator's server. It shares nothing with the door but the golden files.
type operator struct {
	t       *testing.T
	version string
	url     string
	mu      sync.Mutex
	token   string // by which it is called
	got     map[string][]string
	asked   []http.Header
	fail    map[string]string // answers by path instead of the usual ones
	drop    []string          // modules that it lacks
}

func newOperator(t *testing.T, version string) *operator {
	o := &operator{t: t, version: version, token: "operators-token-1", got: map[string][]string{}, fail: map[string]string{}}
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	o.url = s.URL
	return o
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	say := func(status int, data string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"status_code":1000,"timestamp":"2026-11-21T00:48:00Z"%s}`, data)
	}
	if a := r.Header.Get("Authorization"); a != encoded(o.token) && a != "Token "+o.token {
		w.WriteHeader(401)
		fmt.Fprint(w, `{"status_code":2000,"timestamp":"2026-11-21T00:48:00Z"}`)
		return
	}
	o.asked = append(o.asked, r.Header)
	o.got[r.Method+" "+r.URL.Path] = append(o.got[r.Method+" "+r.URL.Path], string(body))
	if text, ok := o.fail[r.URL.Path]; ok {
		fmt.Fprint(w, text)
		return
	}
	v := "/ocpi/" + o.version
	switch r.URL.Path {
	case "/ocpi/versions":
		say(200, `,"data":[{"version":"2.1.1","url":"`+o.url+`/old"},{"version":"`+o.version+`","url":"`+o.url+v+`"}]`)
	case v:
		say(200, `,"data":`+o.endpoints())
	case v + "/credentials":
		var theirs struct{ Token string }
		if r.Method != http.MethodDelete {
			_ = json.Unmarshal(body, &theirs)
			o.token = "operators-token-" + theirs.Token[:8]
			say(200, `,"data":`+o.credentials())
			return
		}
		say(200, "")
	case v + "/commands/START_SESSION", v + "/commands/STOP_SESSION":
		say(200, `,"data":{"result":"ACCEPTED","timeout":0}`)
	case v + "/locations/LOC1":
		say(200, `,"data":`+golden(o.t, o.version, "location"))
	case v + "/locations":
		say(200, `,"data":[`+golden(o.t, o.version, "location")+`]`)
	case v + "/tariffs":
		say(200, `,"data":[`+golden(o.t, o.version, "tariff")+`]`)
	default:
		say(200, "")
	}
}

func (o *operator) endpoints() string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"version":%q,"endpoints":[`, o.version)
	sep := ""
	for _, m := range []string{"credentials SENDER", "payments RECEIVER", "commands RECEIVER", "locations SENDER", "tariffs SENDER", "sessions SENDER", "cdrs SENDER"} {
		name, role, _ := strings.Cut(m, " ")
		if strings.Contains(strings.Join(o.drop, " "), name) {
			continue
		}
		fmt.Fprintf(&b, `%s{"identifier":%q,"role":%q,"url":%q}`, sep, name, role, o.url+"/ocpi/"+o.version+"/"+name)
		sep = ","
	}
	return b.String() + "]}"
}

func (o *operator) credentials() string {
	return fmt.Sprintf(`{"token":%q,"url":%q,"roles":[{"role":"CPO","party_id":"CPO","country_code":"NL","business_details":{"name":"Laadpunt"}}]}`, o.token, o.url+"/ocpi/versions")
}

// sent is what it has got at a path, once there is as much of it.
func (o *operator) sent(call string, n int) []string {
	o.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		o.mu.Lock()
		got := o.got[call]
		o.mu.Unlock()
		if len(got) >= n {
			return got
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("%s: it has got %d, want %d", call, len(got), n)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func golden(t *testing.T, version, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "ocpi", "testdata", version, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var one bytes.Buffer
	if err := json.Compact(&one, text); err != nil {
		t.Fatal(err)
	}
	return one.String()
}

// registered is a connection after a handshake that the operator began; the header opens the door.
func (w *world) registered(o *operator) (peer, header string) {
	w.t.Helper()
	p, tokenA, err := w.door.Peers().Make(w.now(), peers.Peer{Name: "Laadpunt", Account: "100", Contracts: []string{"C-100"}}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	a := w.ask(encoded(tokenA), "POST", "/ocpi/"+o.version+"/credentials", o.credentials())
	var ours struct{ Token string }
	if a.Status != 1000 || json.Unmarshal(a.Data, &ours) != nil || ours.Token == "" {
		w.t.Fatalf("registration: %s", a)
	}
	return p.ID, encoded(ours.Token)
}

func listen(t *testing.T, f http.HandlerFunc) (url string) {
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}
