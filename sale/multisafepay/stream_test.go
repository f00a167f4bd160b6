package multisafepay_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kassa"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCreateAnswer(t *testing.T) {
	w := newWorld(t)
	body := strings.Replace(fmt.Sprintf(plainOrder, "c-1"), `"type"`, `"customer":{"locale":"nl_NL"},"type"`, 1)
	got := w.mustCreate(body).Data
	session := got["session_id"].(string)
	if !regexp.MustCompile(`^80350[0-9A-Za-z]{30}$`).MatchString(session) {
		t.Errorf("session_id %q", session)
	}
	token := got["events_token"].(string)
	delete(got, "session_id")
	delete(got, "events_token")
	want := map[string]any{
		"order_id": "c-1", "events_url": "ws://pos.example/events/", "events_stream_url": "http://pos.example/events/stream/",
		"payment_url": "http://pos.example/connect/" + session + "/?lang=nl_NL",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	parts := strings.Split(token, ".")
	m := hmac.New(sha256.New, []byte(strings.Repeat("s", 32)))
	m.Write([]byte(parts[0] + "." + parts[1]))
	if parts[2] != base64.RawURLEncoding.EncodeToString(m.Sum(nil)) {
		t.Error("the token is not signed with the secret")
	}
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	exp := time.Date(2026, 5, 5, 13, 55, 1, 0, time.UTC).Unix()
	if string(header) != `{"alg":"HS256"}` ||
		string(claims) != fmt.Sprintf(`{"exp":%d,"grt":["mbus:session.order","mbus:session.qr"],"pid":%q,"sub":"pr"}`, exp, session) {
		t.Errorf("token %s %s", header, claims)
	}
	page := httptest.NewRecorder()
	w.handler.ServeHTTP(page, httptest.NewRequest("GET", "/connect/"+session+"/?lang=nl_NL", nil))
	if page.Code != 200 || !strings.Contains(page.Body.String(), "terminal") {
		t.Errorf("pay page: %d", page.Code)
	}
}

// event is a frame as a client sees it.
type event struct {
	ID, Name string
	Data     map[string]any
}

// listen opens a stream and gives its frames until it ends.
func (w *world) listen(token string, headers ...string) (frames <-chan event, status int, stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", w.server.URL+"/events/stream/", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", token)
	r.Close = true
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	out := make(chan event, 100)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(out)
		defer response.Body.Close()
		var e event
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.ID = value
			case "event":
				e.Name = value
			case "data":
				if err := json.Unmarshal([]byte(value), &e.Data); err != nil {
					w.t.Errorf("data %s: %v", value, err)
				}
			case "":
				if lines.Text() == "" && e.Data != nil {
					out <- e
					e = event{}
				}
			}
		}
	})
	return out, response.StatusCode, func() { cancel(); wg.Wait() }
}

func (w *world) token(id string) string {
	w.t.Helper()
	return w.mustCreate(fmt.Sprintf(plainOrder, id)).Data["events_token"].(string)
}

func next(t *testing.T, frames <-chan event) event {
	t.Helper()
	select {
	case e, ok := <-frames:
		if !ok {
			t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
	}
	return event{}
}

func ended(t *testing.T, frames <-chan event) {
	t.Helper()
	select {
	case e, ok := <-frames:
		if ok {
			t.Fatalf("another event: %v", e)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the stream did not end")
	}
}

func TestSoftDeclineOnTheStream(t *testing.T) {
	w := newWorld(t)
	w.serve()
	token := w.token("sse-1")
	stream := w.stream("sse-1")
	frames, status, stop := w.listen("Bearer " + token)
	defer stop()
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	w.feed(stream, shown(), tap(1), declined(1, "65", kassa.SoftDeclinePIN), tap(2), approved(2))
	o, _, err := w.till.Find(t.Context(), "multisafepay", "100", "sse-1")
	if err != nil {
		t.Fatal(err)
	}
	one, two := fmt.Sprint(o.Attempts[0].Number), fmt.Sprint(o.Attempts[1].Number)
	var got []string
	for range 4 {
		e := next(t, frames)
		if e.Name != "session.order" || e.Data["order_id"] != "sse-1" || len(e.Data) != 5 || e.Data["status"] != e.Data["financial_status"] {
			t.Errorf("frame %v", e)
		}
		got = append(got, e.Data["status"].(string)+" "+e.Data["transaction_id"].(string))
	}
	want := []string{"initialized " + one, "declined " + one, "initialized " + two, "completed " + two}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	ended(t, frames)
}

func TestCurrentStateFirst(t *testing.T) {
	w := newWorld(t)
	w.serve()
	token := w.token("sse-2")
	stream := w.stream("sse-2")
	w.feed(stream, shown(), tap(1), declined(1, "51", kassa.DeclinedFunds))
	frames, _, stop := w.listen(token)
	defer stop()
	if e := next(t, frames); e.Data["status"] != "declined" {
		t.Errorf("first frame %v", e)
	}
	w.call("POST", "/v1/json/orders/sse-2/cancel", groupKey, "")
	last := next(t, frames)
	if last.Data["status"] != "cancelled" {
		t.Errorf("frame %v", last)
	}
	ended(t, frames)

	late, _, stopLate := w.listen(token)
	defer stopLate()
	if e := next(t, late); cmp.Diff(e, last) != "" {
		t.Errorf("a late client gets %v, want %v", e, last)
	}
	ended(t, late)
	_, status, stopDone := w.listen(token, "Last-Event-ID", last.ID)
	defer stopDone()
	if status != http.StatusNoContent {
		t.Errorf("a client that has all: status %d", status)
	}
}

func TestCancelOfAPreTransactionOnTheStream(t *testing.T) {
	w := newWorld(t)
	w.serve()
	token := w.token("sse-3")
	frames, _, stop := w.listen(token)
	defer stop()
	w.call("POST", "/v1/json/orders/sse-3/cancel", groupKey, "")
	e := next(t, frames)
	if e.Data["status"] != "cancelled" || e.Data["financial_status"] != nil || e.Data["transaction_id"] != nil {
		t.Errorf("frame %v", e)
	}
	ended(t, frames)
}

// TestResumeLeavesNoGap: whatever was fed and wherever the client lost its stream, the frames
// before and after add up to all frames in their order, each once.
func TestResumeLeavesNoGap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		token := w.token("r")
		stream := w.stream("r")
		w.feed(stream, shown())
		for request := range rapid.IntRange(0, 6).Draw(rt, "declines") {
			code, why := "51", kassa.DeclinedFunds
			if rapid.Bool().Draw(rt, "soft") {
				code, why = "65", kassa.SoftDeclinePIN
			}
			w.feed(stream, tap(request+1), declined(request+1, code, why))
		}
		w.call("POST", "/v1/json/orders/r/cancel", groupKey, "")
		// Sequence 1 is the order's own creation: resuming from there gives everything.
		all := w.recorded(rt, token, "1")
		cut := rapid.IntRange(0, len(all)-1).Draw(rt, "cut")
		rest := w.recorded(rt, token, all[cut].ID)
		if diff := cmp.Diff(all[cut+1:], rest); cut < len(all)-1 && diff != "" {
			rt.Fatalf("resumed after %s:\n%s", all[cut].ID, diff)
		}
		if cut == len(all)-1 && len(rest) > 0 {
			rt.Fatalf("after the last: %v", rest)
		}
	})
}

// recorded gives the frames of a stream of an order that has ended.
func (w *world) recorded(rt *rapid.T, token, lastEventID string) []event {
	r := httptest.NewRequest("GET", "/events/stream/?token="+token, nil)
	r.Header.Set("Last-Event-ID", lastEventID)
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	var list []event
	for block := range strings.SplitSeq(strings.TrimSpace(recorder.Body.String()), "\n\n") {
		if block == "" {
			continue
		}
		lines := strings.Split(block, "\n")
		e := event{ID: strings.TrimPrefix(lines[0], "id: "), Name: strings.TrimPrefix(lines[1], "event: ")}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(lines[2], "data: ")), &e.Data); err != nil {
			rt.Fatalf("%s: %v", block, err)
		}
		list = append(list, e)
	}
	return list
}

// slowWriter is a client's connection inside a bubble.
type slowWriter struct {
	header http.Header
	mu     sync.Mutex
	status int
	text   strings.Builder
}

func (s *slowWriter) Header() http.Header { return s.header }

func (s *slowWriter) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *slowWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *slowWriter) Flush() {}

func (s *slowWriter) seen() (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, s.text.String()
}

func TestPingsAndLostNudges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t) // and nobody runs the handler: no nudge ever comes
		token := w.token("p-1")
		ctx, cancel := context.WithCancel(t.Context())
		client := &slowWriter{header: http.Header{}}
		r := httptest.NewRequestWithContext(ctx, "GET", "/events/stream/", nil)
		r.Header.Set("Authorization", token)
		var wg sync.WaitGroup
		wg.Go(func() { w.handler.ServeHTTP(client, r) })
		synctest.Wait()
		if status, text := client.seen(); status != 200 || text != "" {
			t.Errorf("before anything happened: %d %q", status, text)
		}
		<-time.After(11 * time.Second)
		synctest.Wait()
		if _, text := client.seen(); text != ": ping\n\n: ping\n\n" {
			t.Errorf("after 11 s: %q", text)
		}
		w.feed(w.stream("p-1"), shown())
		<-time.After(5 * time.Second)
		synctest.Wait()
		if _, text := client.seen(); !strings.Contains(text, `"status":"initialized"`) {
			t.Errorf("without a nudge: %q", text)
		}
		cancel()
		wg.Wait()
		o, _, err := w.till.Find(t.Context(), "multisafepay", "100", "p-1")
		if err != nil || o.Status != kassa.Presented {
			t.Errorf("the client went away, and the order is %s: %v", o.Status, err)
		}
	})
}

func TestRunEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		token := w.token("e-1")
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := w.handler.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		r := httptest.NewRequest("GET", "/events/stream/", nil)
		r.Header.Set("Authorization", token)
		wg.Go(func() { w.handler.ServeHTTP(&slowWriter{header: http.Header{}}, r) })
		synctest.Wait()
		cancel()
		wg.Wait()
	})
}

func TestStreamsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		token := w.token("l-1")
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		open := func() *slowWriter {
			client := &slowWriter{header: http.Header{}}
			r := httptest.NewRequestWithContext(ctx, "GET", "/events/stream/", nil)
			r.Header.Set("Authorization", token)
			wg.Go(func() { w.handler.ServeHTTP(client, r) })
			synctest.Wait()
			return client
		}
		for range 16 {
			open()
		}
		if status, text := open().seen(); status != 503 || !strings.Contains(text, "error_info") {
			t.Errorf("one too many: %d %s", status, text)
		}
		cancel()
		wg.Wait()
	})
}

func TestEventsTokens(t *testing.T) {
	w := newWorld(t)
	token := w.token("tok")
	try := func(header, query string) int {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := httptest.NewRequestWithContext(ctx, "GET", "/events/stream/"+query, nil)
		r.Header.Set("Authorization", header)
		recorder := httptest.NewRecorder()
		w.handler.ServeHTTP(recorder, r)
		if recorder.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Error("no CORS header")
		}
		return recorder.Code
	}
	parts := strings.Split(token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for name, c := range map[string]struct {
		header, query string
		want          int
	}{
		"bare":               {token, "", 200},
		"bearer":             {"Bearer " + token, "", 200},
		"query":              {"", "?token=" + token, 200},
		"none":               {"", "", 401},
		"an API key":         {groupKey, "", 401},
		"no algorithm":       {none + "." + parts[1] + ".", "", 401},
		"signature cut":      {parts[0] + "." + parts[1] + ".", "", 401},
		"signature of other": {parts[0] + "." + parts[1] + "." + parts[0], "", 401},
		"garbage":            {strings.Repeat(".", 500), "", 401},
	} {
		if got := try(c.header, c.query); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
	w.till.mu.Lock()
	w.till.now = w.till.now.Add(25 * time.Hour)
	w.till.mu.Unlock()
	if got := try(token, ""); got != 401 {
		t.Errorf("an expired token: status %d", got)
	}
	preflight := httptest.NewRecorder()
	w.handler.ServeHTTP(preflight, httptest.NewRequest("OPTIONS", "/events/stream/", nil))
	if preflight.Code != 204 || !strings.Contains(preflight.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %d %v", preflight.Code, preflight.Header())
	}
}

func TestHeadersComeAtOnce(t *testing.T) {
	w := newWorld(t)
	w.serve()
	token := w.token("h-1")
	r, err := http.NewRequest("GET", w.server.URL+"/events/stream/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", token)
	r.Close = true
	response, err := http.DefaultClient.Do(r) // returns with the headers, long before a first event
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	w.call("POST", "/v1/json/orders/h-1/cancel", groupKey, "")
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Errorf("the stream did not end cleanly: %v", err)
	}
	response.Body.Close()
}
