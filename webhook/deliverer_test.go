package webhook_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kassa/journal"
	"kassa/webhook"

	"github.com/google/go-cmp/cmp"
)

// wait lets fake time pass, and everything that it wakes come to rest.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// receiver notes what came.
type receiver struct {
	mu   sync.Mutex
	got  []string
	auth []string
}

func (r *receiver) answer(status int, reply string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, string(body))
		r.auth = append(r.auth, req.Header.Get("Auth"))
		r.mu.Unlock()
		w.WriteHeader(status)
		io.WriteString(w, reply) //nolint:errcheck // the other end is under test
	}
}

func (r *receiver) bodies() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...)
}

func hook(host, body string) told {
	return told{URL: "http://" + host + "/hook", Env: "test", Body: body}
}

func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK, card 4761739000000002, thanks\x00")}})
		r.tell(t, "A", 1, hook("shop", "one"))
		wait(time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"one"}, shop.bodies()); diff != "" {
			t.Error(diff)
		}
		d := r.deliveries(t)[0]
		if d.Status != webhook.Delivered || len(d.Tries) != 1 || d.Tries[0].Status != 200 || d.Tries[0].Failure != "" {
			t.Errorf("%+v", d)
		}
		if d.Tries[0].Reply != "OK, card 476173******0002, thanks" {
			t.Errorf("kept reply %q", d.Tries[0].Reply)
		}
	})
}

func TestRetriesAndParks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(500, strings.Repeat("x", 5000))}})
		r.tell(t, "A", 1, hook("shop", "one"))
		for tries := range 4 {
			wait(time.Second)
			if got := len(shop.bodies()); got != tries+1 {
				t.Errorf("%d tries, want %d", got, tries+1)
			}
			wait(15*time.Minute - 2*time.Second)
			if got := len(shop.bodies()); got != tries+1 {
				t.Errorf("%d tries before a quarter of an hour is over, want %d", got, tries+1)
			}
			wait(time.Second)
		}
		wait(2 * time.Hour)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		d := r.deliveries(t)[0]
		if len(shop.bodies()) != 4 || d.Status != webhook.Parked || len(d.Tries) != 4 || len(d.Tries[3].Reply) != 2048 {
			t.Errorf("%d tries came, kept %+v", len(shop.bodies()), d)
		}
		seen := map[string]bool{}
		for _, a := range shop.auth {
			seen[a] = true
		}
		if len(seen) != 4 {
			t.Errorf("signatures %v", shop.auth)
		}
		var kinds []string
		entries, err := r.Entries(1, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			kinds = append(kinds, e.Kind)
			var report webhook.Report
			if err := json.Unmarshal(e.Payload, &report); err != nil {
				t.Fatal(err)
			}
			if len(report.Ahead) != 3-i || i < 3 && report.Ahead[0].Sub(e.At) != 15*time.Minute {
				t.Errorf("after try %d: tries ahead at %v", i+1, report.Ahead)
			}
			if report.Try.Failure != "judged 500" {
				t.Errorf("after try %d: %q", i+1, report.Try.Failure)
			}
		}
		want := []string{"WebhookFailed", "WebhookFailed", "WebhookFailed", "WebhookParked"}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOrderOfOneOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		var up atomic.Bool
		n := &network{handlers: map[string]http.HandlerFunc{"shop": func(w http.ResponseWriter, req *http.Request) {
			if !up.Load() {
				w.WriteHeader(503)
				return
			}
			shop.answer(200, "OK")(w, req)
		}}}
		stop := running(t, r, n)
		r.tell(t, "A", 1, hook("shop", "declined"))
		r.tell(t, "A", 2, hook("shop", "completed"))
		wait(time.Minute)
		up.Store(true)
		r.tell(t, "B", 1, hook("shop", "another"))
		wait(time.Second)
		if diff := cmp.Diff([]string{"another"}, shop.bodies()); diff != "" {
			t.Errorf("while the first waits for its next try:\n%s", diff)
		}
		wait(16 * time.Minute)
		if diff := cmp.Diff([]string{"another", "declined", "completed"}, shop.bodies()); diff != "" {
			t.Error(diff)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSlowReceiverDelaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		inAir, most := 0, 0
		var mu sync.Mutex
		slow := func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			inAir++
			most = max(most, inAir)
			mu.Unlock()
			<-req.Context().Done()
			mu.Lock()
			inAir--
			mu.Unlock()
		}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"slow": slow, "shop": shop.answer(200, "OK")}})
		for i := range 50 {
			r.tell(t, fmt.Sprintf("S%d", i), 1, hook("slow", "x"))
		}
		began := time.Now()
		r.tell(t, "A", 1, hook("shop", "one"))
		synctest.Wait()
		if len(shop.bodies()) != 1 || time.Since(began) > time.Second {
			t.Errorf("%d webhooks after %s", len(shop.bodies()), time.Since(began))
		}
		mu.Lock()
		if most != 4 {
			t.Errorf("%d tries at once to one host", most)
		}
		mu.Unlock()
		wait(11 * time.Second)
		if got := r.deliveries(t)[0].Tries; len(got) != 1 || got[0].Failure != "no reply within 10 seconds" || got[0].LatencyMS != 10_000 {
			t.Errorf("a try without reply: %+v", got)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHostileReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, inside := newRecord(), &receiver{}
		n := &network{handlers: map[string]http.HandlerFunc{
			"inside": inside.answer(200, "OK"),
			"redirect": func(w http.ResponseWriter, req *http.Request) {
				http.Redirect(w, req, "http://inside/admin", http.StatusTemporaryRedirect)
			},
			"bomb": func(w http.ResponseWriter, req *http.Request) {
				if req.Header.Get("Accept-Encoding") != "" {
					t.Errorf("asks for %s", req.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				zeros := make([]byte, 1<<20)
				for range 64 {
					if _, err := z.Write(zeros); err != nil {
						return
					}
				}
				z.Close()
			},
			"endless": func(w http.ResponseWriter, _ *http.Request) {
				for {
					if _, err := io.WriteString(w, strings.Repeat("y", 4096)); err != nil {
						return
					}
				}
			},
			"drip": func(w http.ResponseWriter, req *http.Request) {
				for req.Context().Err() == nil {
					io.WriteString(w, "z") //nolint:errcheck // the other end is under test
					w.(http.Flusher).Flush()
					<-time.After(time.Second)
				}
			},
			"headers": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Large", strings.Repeat("h", 1<<20))
			},
			"echo": func(w http.ResponseWriter, req *http.Request) { io.WriteString(w, req.Header.Get("Auth")) }, //nolint:errcheck // as above
			"early": func(w http.ResponseWriter, req *http.Request) {
				io.WriteString(w, "OK") //nolint:errcheck // as above
				w.(http.Flusher).Flush()
				<-req.Context().Done()
			},
		}}
		stop := running(t, r, n)
		hosts := []string{"redirect", "bomb", "endless", "drip", "headers", "echo", "early"}
		for _, host := range hosts {
			r.tell(t, host, 1, hook(host, "x"))
		}
		wait(time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if got := inside.bodies(); len(got) > 0 {
			t.Errorf("the redirect was followed: %v", got)
		}
		for i, d := range r.deliveries(t) {
			try := d.Tries[0]
			if (d.Status == webhook.Delivered) != (hosts[i] == "early") || len(try.Reply) > 2048 || try.LatencyMS > 10_000 {
				t.Errorf("%s: %s %+v", hosts[i], d.Status, try)
			}
			if hosts[i] == "echo" && try.Reply != "[removed]" {
				t.Errorf("the reply keeps the signature: %q", try.Reply)
			}
		}
	})
}

// TestReceiverThatNeverShakesHands: what a try began ends with it, the connection too.
func TestReceiverThatNeverShakesHands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, n := newRecord(), &network{}
		silent := make(chan net.Conn, 10)
		d, err := webhook.New(webhook.Config{
			Store: r, Dialects: map[string]webhook.Dialect{"test": dialect{}}, Now: time.Now, Resolver: n,
			Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				silent <- server
				return client, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() { end <- d.Run(ctx) }()
		r.tell(t, "A", 1, told{URL: "https://shop.nl/hook", Env: "live", Body: "x"})
		server := <-silent
		closed := make(chan time.Duration, 1)
		began := time.Now()
		go func() {
			_, _ = io.Copy(io.Discard, server) // ends when the deliverer closes its end
			closed <- time.Since(began)
		}()
		wait(time.Minute)
		select {
		case after := <-closed:
			if after > 11*time.Second {
				t.Errorf("the connection was open for %s", after)
			}
		default:
			t.Error("the connection is still open a minute later")
			server.Close()
		}
		cancel()
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}

// TestAddressThatSwallowsPackets: a host whose first address leads nowhere is reached at its second.
func TestAddressThatSwallowsPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		n := &network{
			handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK")},
			names:    map[string][]netip.Addr{"shop": {netip.MustParseAddr("2606:4700::1"), netip.MustParseAddr("8.8.8.8")}},
			swallows: "[2606:4700::1]:80",
		}
		stop := running(t, r, n)
		r.tell(t, "A", 1, hook("shop", "one"))
		wait(time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if d := r.deliveries(t)[0]; d.Status != webhook.Delivered {
			t.Errorf("%+v, dialled %v", d.Tries, n.dialled)
		}
	})
}

// TestRebinding: the name is looked up once for each connection, and the address that was checked is
// the one that is dialled.
func TestRebinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		addr := netip.MustParseAddr
		for name, c := range map[string]struct {
			addrs []netip.Addr
			want  string
		}{
			"inside":             {[]netip.Addr{addr("10.0.0.7")}, ""},
			"loopback":           {[]netip.Addr{addr("127.0.0.1")}, ""},
			"metadata":           {[]netip.Addr{addr("169.254.169.254")}, ""},
			"mapped":             {[]netip.Addr{addr("::ffff:192.168.0.1")}, ""},
			"public and private": {[]netip.Addr{addr("8.8.8.8"), addr("192.168.0.1")}, ""},
			"public":             {[]netip.Addr{addr("8.8.8.8")}, "8.8.8.8:443"},
			"public mapped":      {[]netip.Addr{addr("::ffff:8.8.8.8")}, "8.8.8.8:443"},
			"public 6":           {[]netip.Addr{addr("2606:4700::1111")}, "[2606:4700::1111]:443"},
		} {
			r := newRecord()
			n := &network{names: map[string][]netip.Addr{"shop.nl": c.addrs}}
			stop := running(t, r, n)
			r.tell(t, "A", 1, told{URL: "https://shop.nl/hook", Env: "live", Body: "x"})
			wait(20 * time.Second)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(n.dialled, " "); got != c.want || n.lookups != 1 {
				t.Errorf("%s: %d lookups, dialled %q, want %q", name, n.lookups, got, c.want)
			}
			d := r.deliveries(t)[0]
			if parked := c.want == ""; parked != (d.Status == webhook.Parked) {
				t.Errorf("%s: %s %+v", name, d.Status, d.Tries)
			}
			if failure := d.Tries[0].Failure; failure == "" || strings.Contains(failure, "192.168") {
				t.Errorf("%s: failure %q", name, failure)
			}
		}
	})
}

// TestCrashLosesAndDoublesNothing kills the process right after each of its commits in turn.
func TestCrashLosesAndDoublesNothing(t *testing.T) {
	for at := range 8 {
		synctest.Test(t, func(t *testing.T) {
			r, shop := newRecord(), &receiver{}
			n := &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK")}}
			for i := range 3 {
				r.tell(t, fmt.Sprintf("O%d", i), 1, hook("shop", fmt.Sprint(i)))
			}
			commits := 0
			r.crashed = func(journal.Batch) bool {
				commits++
				return commits == at+1
			}
			stop := running(t, r, n)
			wait(time.Minute)
			if err := stop(); (err != nil) != r.dead {
				t.Errorf("crash after commit %d: %v", at, err)
			}
			r.dead, r.crashed = false, nil
			stop = running(t, r, n)
			wait(time.Hour)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			all := r.deliveries(t)
			for _, d := range all {
				if d.Status != webhook.Delivered {
					t.Errorf("crash after commit %d: %+v", at, d)
				}
			}
			// A try that was in the air at the crash is made again; none is made without cause.
			if got := len(shop.bodies()); len(all) != 3 || got < 3 || got > 6 {
				t.Errorf("crash after commit %d: %d deliveries, %d tries", at, len(all), got)
			}
		})
	}
}

func TestStopCutsTriesShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		n := &network{handlers: map[string]http.HandlerFunc{"shop": func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }}}
		stop := running(t, r, n)
		r.tell(t, "A", 1, hook("shop", "one"))
		wait(2 * time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if d := r.deliveries(t)[0]; d.Status != webhook.Waiting || len(d.Tries) != 0 {
			t.Errorf("a try cut short counts: %+v", d)
		}
		n.handlers["shop"] = shop.answer(200, "OK")
		stop = running(t, r, n)
		wait(time.Second)
		if err := stop(); err != nil || len(shop.bodies()) != 1 {
			t.Errorf("after the restart: %v %v", shop.bodies(), err)
		}
	})
}

func TestFactThatCannotBeRendered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK")}})
		r.fact(t, "A", 1, "Broken", []byte("{}"))
		r.tell(t, "B", 1, hook("shop", "one"))
		wait(2 * time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		list := r.deliveries(t)
		if len(list) != 2 || list[0].Status != webhook.Parked || list[1].Status != webhook.Delivered {
			t.Errorf("%+v", list)
		}
	})
}

func TestBacklogWithoutWebhooksMovesTheCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		for i := range 2500 {
			r.fact(t, fmt.Sprint("Q", i), 1, "Quiet", []byte("{}"))
		}
		stop := running(t, r, &network{})
		wait(time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		s, ok, err := r.Load("cursor/webhook")
		if err != nil || !ok || !strings.Contains(string(s.State), `"after":2`) {
			t.Errorf("cursor %s %v %v", s.State, ok, err)
		}
	})
}

func TestCrowdedHostParksTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		down := func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }
		payload := []byte(`{"Order":"A","URL":"http://down/hook","Env":"test","Body":"x"}`)
		for i := range 103 {
			facts := make([]journal.Fact, 100)
			for j := range facts {
				facts[j] = journal.Fact{At: time.Now(), Kind: "Told", Scope: "100", Payload: payload}
			}
			c := journal.Change{Stream: fmt.Sprint("order/", i), State: []byte("{}"), Facts: facts}
			if _, err := r.Commit(t.Context(), journal.Batch{c}); err != nil {
				t.Fatal(err)
			}
		}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"down": down}})
		wait(30 * time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		untried, waiting := 0, 0
		if err := r.OpenStreams("webhook", func(journal.Stream) error { waiting++; return nil }); err != nil {
			t.Fatal(err)
		}
		for _, d := range r.deliveries(t) {
			if d.Status == webhook.Parked && d.Tries[0].Status == 0 && strings.HasPrefix(d.Tries[0].Failure, "not tried") {
				untried++
			}
		}
		// As many as are decided on at once may go beyond the limit.
		if waiting > 10_000 || waiting < 10_000-4 || untried == 0 {
			t.Errorf("%d wait, %d were parked untried", waiting, untried)
		}
	})
}
