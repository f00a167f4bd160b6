package webhook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
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

// fan stores a fact that several endpoints want.
func (r *record) fan(t testing.TB, stream, body string, urls map[string]string) {
	t.Helper()
	payload, err := json.Marshal(fanned{URLs: urls, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	r.fact(t, stream, 1, "Fanned", payload)
}

func to(names ...string) map[string]string {
	urls := map[string]string{}
	for _, name := range names {
		urls[name] = "http://" + name + "/hook"
	}
	return urls
}

func TestOneFactSeveralEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, a, b, moved := newRecord(), &receiver{}, &receiver{}, &receiver{}
		d, stop := deliverer(t, r, &network{handlers: map[string]http.HandlerFunc{
			"a": a.answer(202, ""), "b": b.answer(500, "Basic dGlsbDpzZWNyZXQ="), "shop": moved.answer(204, ""),
		}})
		r.fan(t, "A", "one", map[string]string{"a": "http://a/hook", "b": "http://b/hook", "gone": "http://a/hook", "moved": "http://a/hook", "longer": "http://shop/new"})
		wait(time.Second)
		kept := map[string]webhook.Delivery{}
		for _, one := range r.deliveries(t) {
			kept[one.ID] = one
		}
		for id, want := range map[string]struct {
			status webhook.Status
			url    string
		}{
			"0000000000000001-a": {webhook.Delivered, "http://a/hook"}, "0000000000000001-b": {webhook.Waiting, "http://b/hook"},
			"0000000000000001-gone": {webhook.Parked, "http://a/hook"}, "0000000000000001-moved": {webhook.Delivered, "http://shop/new"},
			"0000000000000001-longer": {webhook.Delivered, "http://shop/newer"},
		} {
			if got := kept[id]; got.Status != want.status || got.URL != want.url {
				t.Errorf("%s: %+v", id, got)
			}
		}
		if got := kept["0000000000000001-b"].Tries[0].Reply; strings.Contains(got, "dGlsb") {
			t.Errorf("the reply keeps the password: %q", got)
		}
		if len(kept) != 5 || len(a.bodies()) != 1 || len(b.bodies()) != 1 || len(moved.bodies()) != 2 {
			t.Errorf("%d deliveries; came %v, %v, %v", len(kept), a.bodies(), b.bodies(), moved.bodies())
		}
		streams, err := webhook.StreamsOf(1, func(kind, after string, limit int) ([]journal.Stream, error) {
			return r.disk.Streams(kind, after, limit)
		})
		if err != nil || len(streams) != 5 || streams[0] != "webhook/0000000000000001-a" {
			t.Errorf("streams of the fact: %v, %v", streams, err)
		}
		if again, err := d.Resend(t.Context(), "0000000000000001-a"); err != nil || again.Status != webhook.Waiting {
			t.Errorf("resend: %v", err)
		}
		wait(time.Second)
		if len(a.bodies()) != 2 || len(b.bodies()) != 1 {
			t.Errorf("after a resend to one: %v, %v", a.bodies(), b.bodies())
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestQueueOfAnEndpoint: newer webhooks wait behind the earliest one, which is tried on its schedule, across
// restarts; another endpoint has its own queue.
func TestQueueOfAnEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, down, up := newRecord(), &receiver{}, &receiver{}
		var mends atomic.Bool
		began := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		n := &network{handlers: map[string]http.HandlerFunc{"up": up.answer(200, ""), "down": func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			at = append(at, time.Since(began).Round(time.Minute))
			mu.Unlock()
			if mends.Load() {
				down.answer(200, "")(w, req)
				return
			}
			w.WriteHeader(503)
		}}}
		stop := running(t, r, n)
		r.fan(t, "A", "one", to("down", "up"))
		wait(time.Minute)
		r.fan(t, "B", "two", to("down", "up"))
		wait(20 * time.Minute)
		for range 3 { // each restart finds it where it was
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			wait(time.Minute)
			stop = running(t, r, n)
			wait(3 * time.Hour)
		}
		r.fan(t, "C", "three", to("down", "up"))
		wait(24 * time.Hour)
		mends.Store(true)
		wait(8 * time.Hour)
		m, h := time.Minute, time.Hour
		want := []time.Duration{0, 2 * m, 7 * m, 17 * m, 32 * m, 62 * m, 122 * m, 242 * m, 482 * m, 482*m + 8*h, 482*m + 16*h, 482*m + 24*h, 482*m + 32*h}
		mu.Lock()
		got := slices.Clone(at)
		mu.Unlock()
		if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
			t.Errorf("tries after (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"one", "two", "three"}, down.bodies()); diff != "" {
			t.Errorf("the order in which they arrive:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"one", "two", "three"}, up.bodies()); diff != "" {
			t.Errorf("the other endpoint:\n%s", diff)
		}
		entries, err := r.Entries(0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		warned := 0
		for _, e := range entries {
			if e.Kind == webhook.WebhookWarned {
				warned++
				if after := e.At.Sub(began).Round(time.Minute); after != 62*m {
					t.Errorf("warned after %s", after)
				}
			}
		}
		if warned != 1 {
			t.Errorf("%d warnings", warned)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestQueueEndsAfterThirtyDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, down := newRecord(), &receiver{}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"down": down.answer(500, strings.Repeat("x", 3000))}})
		r.fan(t, "A", "one", to("down"))
		wait(29 * 24 * time.Hour)
		if d := r.deliveries(t)[0]; d.Status != webhook.Waiting {
			t.Errorf("%s after 29 days", d.Status)
		}
		wait(2 * 24 * time.Hour)
		d := r.deliveries(t)[0]
		if last := d.Tries[len(d.Tries)-1].At.Sub(d.CreatedAt); d.Status != webhook.Parked || last > 30*24*time.Hour || last < 30*24*time.Hour-8*time.Hour {
			t.Errorf("%s; the last of %d tries came after %s", d.Status, len(d.Tries), last)
		}
		state, err := json.Marshal(d)
		if err != nil || len(state) > 50_000 {
			t.Errorf("a month of tries takes %d bytes", len(state))
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestIgnoreAndTryNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		var up atomic.Bool
		d, stop := deliverer(t, r, &network{handlers: map[string]http.HandlerFunc{"down": func(w http.ResponseWriter, req *http.Request) {
			if body, _ := io.ReadAll(req.Body); string(body) == "poison" || !up.Load() {
				w.WriteHeader(500)
				return
			}
			shop.answer(200, "")(w, req)
		}}})
		for i, body := range []string{"poison", "poison", "three", "four"} {
			r.fan(t, fmt.Sprint("S", i), body, to("down"))
		}
		wait(30 * time.Minute)
		up.Store(true)
		list := r.deliveries(t)
		if _, err := d.Resend(t.Context(), list[2].ID); err == nil {
			t.Error("one that waits behind another was tried")
		}
		if got, err := d.Ignore(t.Context(), list[1].ID); err != nil || got.Status != webhook.Parked { // in the middle of the queue
			t.Errorf("ignore: %s %v", got.Status, err)
		}
		if _, err := d.Ignore(t.Context(), list[1].ID); err == nil {
			t.Error("ignored twice")
		}
		if got, err := d.Resend(t.Context(), list[0].ID); err != nil || got.Status != webhook.Waiting {
			t.Errorf("try now: %v", err)
		}
		synctest.Wait()
		if tries := r.deliveries(t)[0].Tries; len(tries) != 5 {
			t.Errorf("%d tries after one by hand", len(tries))
		}
		if got, err := d.Ignore(t.Context(), list[0].ID); err != nil || got.Status != webhook.Parked {
			t.Errorf("ignore: %s %v", got.Status, err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]webhook.Status{webhook.Parked, webhook.Parked, webhook.Delivered, webhook.Delivered}, statuses(r.deliveries(t))); diff != "" {
			t.Error(diff)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func statuses(list []webhook.Delivery) (out []webhook.Status) {
	for _, d := range list {
		out = append(out, d.Status)
	}
	return out
}

// TestDeadEndpointStarvesNobody: what waits for one that is gone for days is bounded, and others get theirs.
func TestDeadEndpointStarvesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, up := newRecord(), &receiver{}
		down := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"down": down, "up": up.answer(200, "")}})
		payload := []byte(`{"URLs":{"down":"http://down/hook"},"Body":"x"}`)
		for i := range 103 {
			facts := make([]journal.Fact, 100)
			for j := range facts {
				facts[j] = journal.Fact{At: time.Now(), Kind: "Fanned", Scope: "100", Payload: payload}
			}
			c := journal.Change{Stream: fmt.Sprint("order/", i), State: []byte("{}"), Facts: facts}
			if _, err := r.Commit(t.Context(), journal.Batch{c}); err != nil {
				t.Fatal(err)
			}
		}
		r.fan(t, "A", "one", to("up", "down"))
		wait(time.Minute)
		if got := up.bodies(); len(got) != 1 {
			t.Errorf("the other endpoint got %v", got)
		}
		waiting := 0
		if err := r.OpenStreams("webhook", func(journal.Stream) error { waiting++; return nil }); err != nil || waiting > 10_001 {
			t.Errorf("%d wait, %v", waiting, err)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		d, stop := deliverer(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(418, "I am a teapot")}})
		got, err := d.Once(t.Context(), fan{}, webhook.Notice{URL: "http://shop/hook", Method: "POST", Body: []byte("test"), Environment: "test"})
		if err != nil || got.Try.Status != 418 || got.Try.Failure != "judged 418" || got.Try.Reply != "I am a teapot" || string(got.Request.Body) != "test" {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := d.Once(t.Context(), fan{}, webhook.Notice{URL: "http://10.0.0.7/hook", Method: "POST", Environment: "live"}); err != nil || got.Try.Failure == "" {
			t.Errorf("a private address in the live environment: %+v, %v", got, err)
		}
		if list := r.deliveries(t); len(list) != 0 || len(shop.bodies()) != 1 {
			t.Errorf("kept %+v", list)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestDeliveriesOfBefore: deliveries that were kept before there were endpoints go on where they were.
func TestDeliveriesOfBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		due := time.Now().Add(10 * time.Minute).Format(time.RFC3339)
		for id, body := range map[string]string{"0000000000000001": "one", "0000000000000002": "two"} {
			state := fmt.Sprintf(`{"id":%q,"dialect":"test","seq":%d,"order":"order/A","environment":"test","event":"told","url":"http://shop/hook",`+
				`"method":"POST","body":%q,"createdAt":%q,"status":"waiting","due":%q,"tries":[{"at":%[4]q,"latencyMS":1,"status":500,"failure":"no"}]}`,
				id, id[15]-'0', body, time.Now().Format(time.RFC3339), due)
			if _, err := r.Commit(t.Context(), journal.Batch{{Stream: "webhook/" + id, State: []byte(state), Open: true}}); err != nil {
				t.Fatal(err)
			}
		}
		stop := running(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK")}})
		wait(9 * time.Minute)
		if got := shop.bodies(); len(got) != 0 {
			t.Errorf("before its time: %v", got)
		}
		wait(2 * time.Minute)
		if diff := cmp.Diff([]string{"one", "two"}, shop.bodies()); diff != "" {
			t.Error(diff)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}
