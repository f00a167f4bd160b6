package dashboard_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa"

	"go.uber.org/goleak"
)

// lines reads a live stream's messages.
func lines(t *testing.T, w *world, server *httptest.Server, query, last string) (next func() string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/live"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := server.Client().Do(r)
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%v %v", resp, err)
	}
	in := bufio.NewScanner(resp.Body)
	return func() string {
			t.Helper()
			for in.Scan() {
				if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
					return data
				}
			}
			t.Fatalf("the stream ended: %v", in.Err())
			return ""
		}, func() {
			cancel()
			_ = resp.Body.Close()
		}
}

func TestLiveFollowsTheJournal(t *testing.T) {
	w := newWorld(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	first := w.order("a", "")
	server := httptest.NewServer(w.pages)
	defer server.Close()
	next, stop := lines(t, w, server, "?after=0", "")
	if got := next(); !strings.Contains(got, id(first)) {
		t.Errorf("what was there before is %s", got)
	}
	w.feed(first, time.Second, kassa.ScreenShown{Screen: "presentCard"})
	if got := next(); !strings.Contains(got, id(first)) {
		t.Errorf("the screen is %s", got)
	}
	w.linkDown("no heartbeat")
	if got := next(); got != `{"others":true}` {
		t.Errorf("the link is %s", got)
	}
	stop()
	second := w.order("b", "")
	next, stop = lines(t, w, server, "?after=0", "4")
	defer stop()
	if got := next(); !strings.Contains(got, id(second)) || strings.Contains(got, id(first)) {
		t.Errorf("a reader that comes back hears %s", got)
	}
	for _, bad := range []string{"-1", "x", "99999999999999999999"} {
		w.answer(400, "/live?after="+bad, "must be the number of a fact")
	}
}

func TestLinkHistory(t *testing.T) {
	w := newWorld(t)
	w.linkDown("no heartbeat")
	w.now = w.now.Add(time.Minute)
	w.linkDown("closed by the terminal: restart")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.pages.Run(ctx) }()
	deadline := time.After(10 * time.Second)
	for !strings.Contains(w.get("/terminals/"+bar), "closed by the terminal: restart") {
		select {
		case <-deadline:
			t.Fatal("the history does not show the last link")
		case <-time.After(5 * time.Millisecond):
		}
	}
	w.get("/terminals/"+bar, "no heartbeat", "for 1 min 0 s")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
