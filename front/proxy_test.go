package front_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kassa/front"
)

func TestProxyPassesLinesOnAsTheyCome(t *testing.T) {
	next := make(chan struct{})
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "Cookie", "Origin"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s reached the peer", name)
			}
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.Header().Set("Cache-Control", "max-age=5")
		io.WriteString(w, `{"screen":"idle"}`+"\n")
		w.(http.Flusher).Flush()
		<-next
		io.WriteString(w, r.URL.Path+"\n")
	}))
	defer peer.Close()
	where, err := url.Parse(peer.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := front.NewProxy(func() (*url.URL, error) { return where, nil }, slog.New(slog.DiscardHandler))
	defer proxy.Close()
	h := run(t, front.SimGuard(proxy))

	r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/sim/terminals/T1/card", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer x"}, "Cookie": {"a=b"}, "Origin": {h.url}}
	res, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Values("Cache-Control"); len(got) != 1 || got[0] != "max-age=5" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := res.Header.Values("Request-Id"); len(got) != 1 {
		t.Errorf("Request-Id %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != `{"screen":"idle"}` {
		t.Fatalf("first line %q", lines.Text())
	}
	close(next)
	if !lines.Scan() || lines.Text() != "/sim/terminals/T1/card" {
		t.Errorf("second line %q", lines.Text())
	}
}

func TestProxyWithoutAPeer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	where, err := url.Parse(gone.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]func() (*url.URL, error){
		"not started": func() (*url.URL, error) { return nil, errors.New("no terminal has told its port") },
		"gone":        func() (*url.URL, error) { return where, nil },
	} {
		t.Run(name, func(t *testing.T) {
			proxy := front.NewProxy(target, slog.New(slog.DiscardHandler))
			defer proxy.Close()
			h := run(t, proxy)
			res, body := h.do(t, "GET", "/sim/x?token="+canary, nil)
			if res.StatusCode != 503 || res.Header.Get("Content-Type") != "application/json" ||
				!strings.Contains(body, "kassa dev") {
				t.Errorf("got %d %s", res.StatusCode, body)
			}
			if err := h.stop(); err != nil {
				t.Error(err)
			}
			if strings.Contains(h.log.String(), canary) {
				t.Errorf("the key is in the log: %s", h.log)
			}
		})
	}
}

// TestProxyPassesOnWhatAPeerAnswersAtOnce: a peer that answers before its request is written to the
// end is not cut off, here by one that is written to the end only after the answer has begun.
func TestProxyPassesOnWhatAPeerAnswersAtOnce(t *testing.T) {
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.EnableFullDuplex(), c.Flush()); err != nil {
			t.Error(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Write(body)
	}))
	defer peer.Close()
	where, err := url.Parse(peer.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := front.NewProxy(func() (*url.URL, error) { return where, nil }, slog.New(slog.DiscardHandler))
	defer proxy.Close()
	h := run(t, proxy)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	asked, ask := io.Pipe()
	context.AfterFunc(ctx, func() { _ = ask.CloseWithError(ctx.Err()) }) // nobody reads it any more
	r, err := http.NewRequestWithContext(ctx, "POST", h.url+"/x", asked)
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.client.Do(r) // returns with the head of the answer
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.WriteString(ask, "late"); err != nil {
		t.Fatal(err)
	}
	ask.Close()
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != "late" {
		t.Errorf("%q, %v", got, err)
	}
}
