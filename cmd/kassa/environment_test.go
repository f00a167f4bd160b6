package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
)

// url is where a site will be, before it is started.
func (s *site) url() string {
	s.t.Helper()
	l, err := net.FileListener(s.plain)
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// liveSite makes a live installation with one terminal, beside a test one whose simulated host it uses.
func liveSite(t *testing.T, test *site) (s *site, key, code string) {
	t.Helper()
	s = newSite(t, 0)
	host, err := reach(test.sub("acquirer"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(serveOptions{
		dir: s.sub("cloud"), zone: test.sub("zone.json"), acquirer: host.Host, environment: estate.Live,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	now, r := c.now(), c.registry
	a, err := r.MakeAccount(now, estate.Account{ID: "30000001", Name: "Koffie BV"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.MakeGroup(now, estate.Group{ID: "301", Account: a.ID, Name: "Bar", Merchant: demoMerchant("Bar", "KASSA0000000009")})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err = r.MakeKey(now, estate.NewKey{Account: a.ID, Group: g.ID, Role: estate.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	_, code, err = r.BoardTerminal(now, g.ID, "Bar 1", "0000LIVE")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.BoardDevice(now, "P2-LIVE0001"); err != nil {
		t.Fatal(err)
	}
	c.close()
	s.cloudArgs = []string{
		"serve", "--environment", "live", "--other-url", test.url(), "--data", s.sub("cloud"), "--zone", test.sub("zone.json"),
		"--acquirer", host.Host, "--inherit", "--with-parent",
	}
	s.facts = s.startCloud()
	s.facts.GroupKey = key
	return s, key, code
}

// terminalCall speaks with a virtual terminal where it is: the live cloud passes nothing on to it.
func (s *site) terminalCall(path string, body, into any) int {
	s.t.Helper()
	at, err := reach(s.sub("terminal"))
	if err != nil {
		return 0
	}
	method, in := http.MethodGet, io.Reader(nil)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		method, in = http.MethodPost, bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, at.Control+"/sim/terminals/P2-LIVE0001/"+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			s.t.Fatalf("%s: %v", path, err)
		}
	}
	_, _ = io.Copy(io.Discard, resp.Body) // a card is presented until its answer has ended
	return resp.StatusCode
}

func TestTestAndLiveNeverSeeEachOther(t *testing.T) {
	test := newSite(t, 1)
	base := test.url()
	test.cloudArgs = append(test.cloudArgs, "--other-url", "https://live.kassa.example")
	test.start("")
	real, liveKey, code := liveSite(t, test)

	for name, c := range map[string]struct {
		at   *site
		key  string
		says string
	}{
		"a live key at test": {test, liveKey, "https://live.kassa.example"},
		"a test key at live": {real, test.facts.GroupKey, base},
	} {
		e, err := c.at.call(t.Context(), "GET", "me", c.key, nil)
		if err != nil || e.status != http.StatusUnauthorized || e.ErrorCode != 1032 || !strings.Contains(e.ErrorInfo, c.says) {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
	for _, path := range []string{"terminals/", "acquirer/ledger", "inbox/", "nothing"} {
		resp, err := real.simCall("GET", path, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound || !strings.Contains(string(text), base) || !strings.Contains(string(text), "no_simulation_in_live") {
			t.Errorf("/sim/%s in live: %d %s", path, resp.StatusCode, text)
		}
	}
	resp, err := http.Get(real.facts.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the pages of live without a token: %d", resp.StatusCode)
	}
	testCardInLive(t, test, real, code)
}

// testCardInLive presents a card of the deck at a live terminal: the host must hear nothing of it.
func testCardInLive(t *testing.T, test, real *site, code string) {
	t.Helper()
	real.terminal = real.run("terminal", []string{
		"sim", "terminal", "--data", real.sub("terminal"), "--cloud", real.facts.URL, "--poiid", "P2-LIVE0001", "--with-parent",
	})
	var state struct{ Online, Configured, Activated bool }
	await(t, "the live terminal has its keys", 20*time.Second, func() bool {
		return real.terminalCall("state", nil, &state) == http.StatusOK && state.Online && state.Configured
	})
	await(t, "the live terminal is activated", 20*time.Second, func() bool {
		return real.terminalCall("activate", map[string]string{"code": code}, nil) == http.StatusOK
	})
	e, err := real.call(t.Context(), "POST", "orders", real.facts.GroupKey, cloudOrder("live-1", "0000LIVE", 1250))
	if err != nil || !e.Success {
		t.Fatalf("order: %+v %v", e, err)
	}
	await(t, "the order is shown", 20*time.Second, func() bool {
		var state terminalState
		return real.terminalCall("state", nil, &state) == http.StatusOK && state.Screen.Name == "presentCard"
	})
	if status := real.terminalCall("card", map[string]string{"present": "tap", "card": "visa"}, nil); status >= 300 {
		t.Fatalf("tap: %d", status)
	}
	await(t, "the card is refused", 20*time.Second, func() bool { return real.order("live-1").Status == "declined" })
	var full struct{ Reason, Reason_code string }
	if err := json.Unmarshal(real.must("GET", "orders/live-1", nil).Data, &full); err != nil || full.Reason != kassa.TestCardInLive.Text() {
		t.Errorf("the order says %q (%v)", full.Reason, err)
	}
	for _, l := range test.ledger() {
		if l.TID == "0000LIVE" {
			t.Errorf("the host has heard of the test card: %+v", l)
		}
	}
}

func TestAFolderBelongsToOneEnvironment(t *testing.T) {
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	c, err := open(serveOptions{dir: dir, acquirer: "127.0.0.1:1", environment: estate.Live}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	err = runServe(t.Context(), serveOptions{dir: dir, addr: "127.0.0.1:0", acquirer: "127.0.0.1:1", environment: estate.Test}, io.Discard, quiet)
	if err == nil || !strings.Contains(err.Error(), "other environment") {
		t.Errorf("a live folder is opened for test: %v", err)
	}
	for name, o := range map[string]serveOptions{
		"demo":               {demo: 1, acquirer: "127.0.0.1:1"},
		"simulated acquirer": {simAcquirer: "x"},
		"virtual terminals":  {simTerminal: "x", acquirer: "127.0.0.1:1"},
	} {
		o.dir, o.environment = dir, estate.Live
		if err := runServe(t.Context(), o, io.Discard, quiet); err == nil || !strings.Contains(err.Error(), "live environment") {
			t.Errorf("%s in live: %v", name, err)
		}
	}
}
