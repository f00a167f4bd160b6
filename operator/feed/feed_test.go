package feed_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa/operator"
	"kassa/operator/feed"
	"kassa/store/sqlite"
)

const account = "10000001"

// place is a registry with a provider, and a reader of what that says.
type place struct {
	*testing.T
	store  *sqlite.Store
	r      *operator.Registry
	keys   *feed.Keys
	reader *feed.Reader
	at     time.Time
	// forbids tells why an address may not be called.
	forbids func(url string) error
}

// vault seals so that a test can tell what is sealed.
type vault struct{}

func (vault) LookupHash(secret []byte) string { return fmt.Sprintf("%x", sha256.Sum256(secret)) }

func (vault) SealSecret(name string, secret []byte) ([]byte, error) {
	return []byte(hex.EncodeToString([]byte(name + "|" + string(secret)))), nil
}

func (vault) OpenSecret(name string, sealed []byte) ([]byte, error) {
	clear, err := hex.DecodeString(string(sealed))
	secret, ok := strings.CutPrefix(string(clear), name+"|")
	if !ok {
		return nil, errors.New("it is sealed under another name")
	}
	return []byte(secret), err
}

func newPlace(t *testing.T) *place {
	store, err := sqlite.Open(t.TempDir()+"/kassa.db", sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := &place{T: t, store: store, at: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), forbids: func(string) error { return nil }}
	now := func() time.Time { return p.at }
	p.r, err = operator.Open(operator.Config{Store: store, Now: now, NewID: func() (string, error) { return "b", nil }, Pairings: operator.Pairings()})
	if err != nil {
		t.Fatal(err)
	}
	p.keys, err = feed.OpenKeys(store, vault{}, now)
	if err != nil {
		t.Fatal(err)
	}
	p.reader, err = feed.New(feed.Config{Registry: p.r, Keys: p.keys, Client: http.DefaultClient, CheckURL: func(url string) error { return p.forbids(url) }, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) put(kind, id, body string) {
	p.Helper()
	if _, err := p.r.Put(account, kind, id, []byte(body)); err != nil {
		p.Fatal(err)
	}
}

// world makes a charger of an acceptance platform, and payco whose feed is at an address.
func (p *place) world(url string) {
	p.put("environments", "acc", `{"platform":"Volt","name":"Acceptance","kind":"acceptance"}`)
	p.put("providers", "payco", fmt.Sprintf(`{"name":"Payco","status_feed":%q}`, url+"/status"))
	p.put("cpos", "cpo", `{"environment":"acc","external_id":"NL-ABC","name":"Volt NL"}`)
	p.put("setups", "set", `{"environment":"acc","cpo_external_id":"NL-ABC","currency":"EUR","status":"configured","merchant_id":"M1"}`)
	p.put("stations", "S1", `{"environment":"acc","cpo":"cpo"}`)
}

// finds is what a rule of the checks says now.
func (p *place) finds(rule string) operator.Finding {
	p.Helper()
	list, err := p.r.Check(account, operator.Wish{Station: "S1", Serial: "P-100", Provider: "payco"})
	if err != nil {
		p.Fatal(err)
	}
	for _, f := range list {
		if f.Rule == rule {
			return f
		}
	}
	p.Fatalf("no %s in %+v", rule, list)
	return operator.Finding{}
}

// TestStatusFeed reads both forms, what cannot be read, and what left the feed.
func TestStatusFeed(t *testing.T) {
	status, says := 200, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(says))
	}))
	defer s.Close()
	p := newPlace(t)
	p.world(s.URL)
	p.put("incidents", "mine", `{"provider":"payco","title":"typed in","began":"2026-11-26T10:00:00Z","ended":"2026-11-26T11:00:00Z"}`)
	for _, c := range []struct {
		name   string
		status int
		says   string
		want   operator.Verdict
	}{
		{"nothing is open", 200, `[]`, operator.Pass},
		{"ours: open", 200, `[{"id":"1","title":"no\ntraffic","kind":"test","began":"2026-11-26T11:00:00Z","link":"https://s.example/1"}]`, operator.Fail},
		{"an error keeps it", 500, ``, operator.Fail},
		{"ours: ended", 200, `[{"id":"1","title":"no traffic","began":"2026-11-26T11:00:00Z","ended":"2026-11-26T11:30:00Z"}]`, operator.Pass},
		{"ours: of the other world", 200, `[{"id":"2","title":"x","kind":"production","began":"2026-11-26T11:00:00Z"}]`, operator.Pass},
		{"it does not answer well", 500, ``, operator.Unknown},
		{"it is no JSON", 200, `<html>`, operator.Unknown},
		{"it has no incidents", 200, `{"page":{}}`, operator.Unknown},
		{"an incident without a beginning", 200, `[{"id":"3","title":"x"}]`, operator.Unknown},
		{"Statuspage: open", 200, `{"incidents":[{"id":"a","name":"Down","created_at":"2026-11-26T11:00:00Z","resolved_at":null,"shortlink":"javascript:x"}]}`, operator.Fail},
		{"it left the feed", 200, `{"incidents":[]}`, operator.Pass},
	} {
		status, says = c.status, c.says
		p.reader.Turn(t.Context())
		if f := p.finds("R1"); f.Verdict != c.want {
			t.Errorf("%s: %+v", c.name, f)
		}
		before := p.store.Last()
		p.at = p.at.Add(time.Minute)
		if p.reader.Turn(t.Context()); p.store.Last() != before {
			t.Errorf("%s: the same again is written again", c.name)
		}
	}
	for _, i := range p.r.World(account).Incidents {
		if i.Ended.IsZero() || i.Link == "javascript:x" {
			t.Errorf("it is left as %+v", i)
		}
	}
	says = `[`
	for range 201 {
		says += `{"id":"1","began":"2026-11-26T11:00:00Z"},`
	}
	says = says[:len(says)-1] + `]`
	if p.reader.Turn(t.Context()); p.finds("R1").Verdict != operator.Unknown {
		t.Errorf("a feed without end: %+v", p.finds("R1"))
	}
}

// TestBounds: what may not be called is not, and a feed that is too large is none.
func TestBounds(t *testing.T) {
	calls, says := 0, strings.Repeat(" ", 2<<20)+`[]`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		_, _ = w.Write([]byte(says))
	}))
	defer s.Close()
	p := newPlace(t)
	p.world(s.URL)
	if p.reader.Turn(t.Context()); p.finds("R1").Verdict != operator.Unknown {
		t.Errorf("a feed that is too large: %+v", p.finds("R1"))
	}
	says = `[]`
	if p.reader.Turn(t.Context()); p.finds("R1").Verdict != operator.Pass {
		t.Errorf("a feed that is small again: %+v", p.finds("R1"))
	}
	p.forbids = func(string) error { return errors.New("it is a private address") }
	if p.reader.Turn(t.Context()); p.finds("R1").Verdict != operator.Unknown || calls != 2 {
		t.Errorf("a forbidden address: %+v after %d calls", p.finds("R1"), calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.forbids = func(string) error { return nil }
	if p.reader.Turn(ctx); p.finds("R1").Verdict != operator.Unknown || calls != 2 {
		t.Errorf("a reader that ends says something: %+v", p.finds("R1"))
	}
}

// TestKeysStay: a key is kept over a restart, and no stream or fact has it in clear.
func TestKeysStay(t *testing.T) {
	given := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given = r.Header.Get("Authorization")
		_, _ = w.Write([]byte(`[{"serial":"P-1"}]`))
	}))
	defer s.Close()
	p := newPlace(t)
	p.put("providers", "payco", `{"name":"Payco"}`)
	p.put("provider-environments", "pt", `{"provider":"payco","kind":"test","api_base":"`+s.URL+`"}`)
	if err := p.reader.SetKey(account, "ann", "pt", "S3CRET-KEY"); err != nil {
		t.Fatal(err)
	}
	again, err := feed.OpenKeys(p.store, vault{}, func() time.Time { return p.at })
	if err != nil {
		t.Fatal(err)
	}
	reader, err := feed.New(feed.Config{Registry: p.r, Keys: again, Client: http.DefaultClient, CheckURL: p.forbids, Now: func() time.Time { return p.at }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if reader.Turn(t.Context()); given != `CPS apikey="S3CRET-KEY"` || len(p.r.World(account).Terminals) != 1 {
		t.Errorf("it asked with %q", given)
	}
	streams, err := p.store.Streams("operatorkey", "", 10)
	if err != nil || len(streams) != 1 || strings.Contains(string(streams[0].State), "S3CRET") {
		t.Errorf("kept: %s %v", streams[0].State, err)
	}
}
