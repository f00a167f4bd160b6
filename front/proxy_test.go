package front_test

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

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
