package management_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/auth"
	"kassa/estate"
	"kassa/hsm"
	"kassa/sale/adyen/management"
	"kassa/store/sqlite"
	"kassa/webhook"
)

// world is an installation with two merchants, over a real store and a real secure module. The first,
// BakkerijZon of company Zon, has groups 100 and 200 and a shop; the second, Slager of company Rund, has
// group 900 and a shop.
type world struct {
	t      *testing.T
	dir    string
	store  *sqlite.Store
	estate *estate.Registry
	links  *links
	server *httptest.Server
	stop   func()
	mu     sync.Mutex
	at     time.Time

	operator, admin, group, other string // keys
	shop, shop2, otherShop        string // ids
	once                          string // Idempotency-Key of the next call
}

// The devices: two of BakkerijZon, one of Slager, and one that is bound nowhere and in BakkerijZon's stock.
const (
	poiOne   = "S1F2L-000158215131748"
	poiTwo   = "AMS1-000168242800763"
	poiOther = "V400m-346403161"
	poiSpare = "P400Plus-275102806"
)

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// links is what the terminals' side knows, and what it was told.
type links struct {
	mu        sync.Mutex
	reach     map[string]management.Reach
	report    map[string]management.Report
	restarted []string // tid and id
	stuck     bool     // terminals that are told to restart do not
}

func (l *links) Reach(tid string) management.Reach {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.reach[tid]
	if !ok {
		return management.Reach{State: "offline", Reason: "never_connected", Text: "it has never connected", Enabled: true}
	}
	return r
}

func (l *links) Report(tid string) (management.Report, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.report[tid]
	return r, ok
}

func (l *links) set(tid string, r management.Reach) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reach[tid] = r
}

func (l *links) Restart(_ context.Context, tid, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.reach[tid].Linked {
		return errors.New("offline")
	}
	l.restarted = append(l.restarted, tid+" "+id)
	if r := l.reach[tid]; !l.stuck { // it comes back over a new link
		r.Epoch++
		l.reach[tid] = r
	}
	return nil
}

func (l *links) stick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stuck = true
}

func (l *links) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.restarted...)
}

// doorman joins the table of who may do what.
type doorman struct{ *auth.Guard }

func (d doorman) Identify(key, remote string) (management.Caller, string) {
	c, no := d.Guard.Identify(key, remote)
	return management.Caller{
		KeyID: c.KeyID, Account: c.Account, Group: c.Group, Role: c.Role,
		May: func(p string) bool { return c.Can(estate.Permission(p)) },
	}, no.Text()
}

// postbox takes the notifications of tests.
type postbox struct{ failing bool }

func (p *postbox) CheckURL(env estate.Environment, url string) error {
	return webhook.CheckURL(env, url)
}
func (p *postbox) Failing(string) bool { return p.failing }
func (p *postbox) Try(_ context.Context, endpoint, merchant, kind string, _ json.RawMessage) (management.Trial, error) {
	if kind == "NONSENSE" {
		return management.Trial{}, errors.New("is not sent by Kassa")
	}
	return management.Trial{Sent: endpoint + " " + merchant + " " + kind, Status: 200, Answer: "[accepted]", Took: 304 * time.Millisecond}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC),
		links: &links{reach: map[string]management.Reach{}, report: map[string]management.Report{}},
	}
	w.open()
	t.Cleanup(func() { w.close() })
	w.fill()
	return w
}

// open starts the installation over what is in its folder.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.store, err = sqlite.Open(filepath.Join(w.dir, "kassa.db"), sqlite.Options{})
	must(w.t, err)
	vault, err := hsm.Open(filepath.Join(w.dir, "hsm"), rand.Reader, hsm.Options{})
	must(w.t, err)
	w.estate, err = estate.Open(w.store, vault, rand.Reader, estate.Test)
	must(w.t, err)
	h, err := management.New(management.Config{
		Estate: w.estate, Keys: doorman{auth.NewGuard(w.estate, w.now, "https://live.example.com")}, Presence: w.links, Actions: w.links,
		Webhooks: &postbox{}, Records: w.store, Origin: "https://kassa.example.com", Now: w.now, Random: func(b []byte) { _, _ = rand.Read(b) },
	})
	must(w.t, err)
	w.server = httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	w.stop = func() {
		cancel()
		must(w.t, <-done)
	}
}

func (w *world) close() {
	w.server.Close()
	w.stop()
	must(w.t, w.store.Close())
}

// restart ends the installation and starts it again.
func (w *world) restart() {
	w.t.Helper()
	w.close()
	w.open()
}

func (w *world) fill() {
	t, r, at := w.t, w.estate, w.now()
	t.Helper()
	for _, a := range []estate.Account{
		{ID: "1", Name: "Bakkerij Zon", Merchant: "BakkerijZon", Company: "Zon"}, {ID: "2", Name: "Slager", Merchant: "Slager", Company: "Rund"},
	} {
		_, err := r.MakeAccount(at, a)
		must(t, err)
	}
	for _, g := range [][2]string{{"100", "1"}, {"200", "1"}, {"900", "2"}} {
		_, err := r.MakeGroup(at, estate.Group{ID: g[0], Account: g[1], Name: "Group " + g[0], Merchant: estate.Merchant{Name: "Zon", Country: "NL"}})
		must(t, err)
	}
	for i, s := range []estate.Shop{
		{Account: "1", Reference: "utrecht", Description: "Utrecht", Address: estate.Address{Country: "NL", City: "Utrecht"}},
		{Account: "1", Reference: "gent", Description: "Gent", Address: estate.Address{Country: "BE", City: "Gent"}},
		{Account: "2", Reference: "utrecht", Description: "Slager Utrecht", Address: estate.Address{Country: "NL"}},
	} {
		s, err := r.MakeShop(at, s)
		must(t, err)
		*[]*string{&w.shop, &w.shop2, &w.otherShop}[i] = s.ID
	}
	w.activate(poiOne, "100", "0000AAA1")
	w.activate(poiTwo, "200", "0000AAA2")
	w.activate(poiOther, "900", "0000BBB1")
	must(t, r.MoveTerminal(at, "0000AAA1", estate.Place{Group: "100", Shop: w.shop}, "test"))
	must(t, r.MoveTerminal(at, "0000BBB1", estate.Place{Group: "900", Shop: w.otherShop}, "test"))
	_, err := r.BoardDevice(at, poiSpare)
	must(t, err)
	must(t, r.AssignDevice(at, poiSpare, "1", "test"))
	w.operator = w.key(estate.NewKey{Role: estate.RoleOperator})
	w.admin = w.key(estate.NewKey{Account: "1", Role: estate.RoleAdmin})
	w.group = w.key(estate.NewKey{Account: "1", Group: "200", Role: estate.RoleAdmin})
	w.other = w.key(estate.NewKey{Account: "2", Role: estate.RoleAdmin})
}

func (w *world) key(n estate.NewKey) string {
	w.t.Helper()
	_, clear, err := w.estate.MakeKey(w.now(), n)
	must(w.t, err)
	return clear
}

func (w *world) activate(poiid, group, tid string) {
	t, r, at := w.t, w.estate, w.now()
	t.Helper()
	_, code, err := r.BoardTerminal(at, group, "Till "+tid, tid)
	must(t, err)
	_, err = r.BoardDevice(at, poiid)
	must(t, err)
	n, err := r.AllocateDeviceNumber(at, poiid)
	must(t, err)
	must(t, r.RecordInjection(at, poiid, n, "0011223300000001", "A1B2C3D4E5"))
	must(t, r.ConfirmKeys(at, poiid, "0011223300000001", "A1B2C3D4E5"))
	_, _, no, err := r.Activate(at, poiid, code)
	must(t, err)
	if no.Refused() {
		t.Fatal(no.Text())
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

// do calls with a key; body is JSON, or nil for none.
func (w *world) do(key, method, path string, body any) answer {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		must(w.t, err)
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, w.server.URL+path, in)
	must(w.t, err)
	r.Header.Set("X-API-Key", key)
	r.Header.Set("Content-Type", "application/json")
	if w.once != "" {
		r.Header.Set("Idempotency-Key", w.once)
	}
	resp, err := http.DefaultClient.Do(r)
	must(w.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(w.t, err)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(text)}
	if len(text) > 0 {
		must(w.t, json.Unmarshal(text, &a.body))
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		w.t.Errorf("%s %s: Content-Type %q", method, path, got)
	}
	return a
}

// good calls and wants success.
func (w *world) good(key, method, path string, body any) answer {
	w.t.Helper()
	a := w.do(key, method, path, body)
	if a.status/100 != 2 {
		w.t.Fatalf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	return a
}

// bad calls and wants a status and errorCode, in Adyen's form with a message.
func (w *world) bad(key, method, path string, body any, status int, code string) answer {
	w.t.Helper()
	a := w.do(key, method, path, body)
	if a.status != status || a.body["errorCode"] != code || a.body["status"] != float64(status) || a.body["message"] == "" || a.body["message"] == nil {
		w.t.Errorf("%s %s: %d %s, want %d %s", method, path, a.status, a.raw, status, code)
	}
	return a
}

// is compares part of an answer, at a path like "data.0.id", with what is expected as JSON.
func (a answer) is(t *testing.T, path, want string) {
	t.Helper()
	var v any = a.body
	for _, part := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i := 0
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(x) {
				t.Errorf("%s: nothing there in %s", path, a.raw)
				return
			}
			v = x[i]
		default:
			v = nil
		}
	}
	got, err := json.Marshal(v)
	must(t, err)
	var sorted any
	must(t, json.Unmarshal([]byte(want), &sorted))
	expect, err := json.Marshal(sorted)
	must(t, err)
	if string(got) != string(expect) {
		t.Errorf("%s is\n%s, want\n%s", path, got, expect)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
