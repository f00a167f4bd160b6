package front_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"kassa/front"
)

func TestSimGuard(t *testing.T) {
	guarded := front.SimGuard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }), "till.example")
	for _, c := range []struct {
		method, host, origin, site string
		tls                        bool
		want                       int
	}{
		{"POST", "localhost:8080", "", "", false, 204},
		{"POST", "LOCALHOST", "", "", false, 204},
		{"POST", "127.0.0.1:1", "", "", false, 204},
		{"POST", "[::1]:8080", "", "", false, 204},
		{"POST", "[::1]", "", "", false, 204},
		{"POST", "till.example:443", "https://till.example:443", "same-origin", true, 204},
		{"POST", "localhost:8080", "http://localhost:8080", "same-origin", false, 204},
		{"POST", "localhost:8443", "https://localhost:8443", "same-origin", true, 204},
		{"GET", "localhost:8080", "", "cross-site", false, 204}, // a link in somebody's documentation
		{"GET", "localhost:8080", "", "none", false, 204},

		{"GET", "", "", "", false, 403},
		{"GET", "evil.example", "", "", false, 403},
		{"GET", "localhost.evil.example:8080", "", "", false, 403},
		{"GET", "127.0.0.1.evil.example", "", "", false, 403},
		{"GET", "192.168.1.10:8080", "", "", false, 403},
		{"GET", "0.0.0.0:8080", "", "", false, 403},
		{"GET", "[fe80::1%25lo]:8080", "", "", false, 403},
		{"POST", "localhost:8080", "http://evil.example", "cross-site", false, 403},
		{"POST", "localhost:8080", "http://localhost:3000", "same-site", false, 403},
		{"POST", "localhost:8080", "https://localhost:8080", "", false, 403},
		{"POST", "localhost:8443", "http://localhost:8443", "", true, 403},
		{"POST", "localhost:8080", "null", "", false, 403},
		{"GET", "localhost:8080", "http://evil.example", "", false, 403},
		{"POST", "localhost:8080", "", "cross-site", false, 403},
		{"POST", "localhost:8080", "", "same-site", false, 403},
	} {
		r := httptest.NewRequest(c.method, "/sim/terminals", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s host %q origin %q site %q tls %v: %d, want %d", c.method, c.host, c.origin, c.site, c.tls, w.Code, c.want)
		}
		if w.Code == 403 && w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("the refusal is not JSON: %s", w.Body)
		}
	}
	r := httptest.NewRequest("POST", "/", nil)
	r.Host = "localhost"
	r.Header["Origin"] = []string{"http://localhost", "http://evil.example"}
	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, r)
	if w.Code != 403 {
		t.Errorf("two origins: %d, want 403", w.Code)
	}
}

// TestAddressesOfThisMachine: a browser cannot be tricked into an address by a name of its own, so
// the one that the connection came to is a good Host; another is not.
func TestAddressesOfThisMachine(t *testing.T) {
	guarded := front.SimGuard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	for _, c := range []struct {
		host, from, to string
		want           int
		here           bool
	}{
		{"192.0.2.2:8080", "192.0.2.2:5555", "192.0.2.2:8080", 204, true},
		{"192.0.2.2:8080", "192.0.2.9:5555", "192.0.2.2:8080", 204, false},
		{"192.0.2.3:8080", "192.0.2.9:5555", "192.0.2.2:8080", 403, false},
		{"evil.example", "127.0.0.1:5555", "127.0.0.1:8080", 403, true},
		{"localhost:8080", "192.0.2.9:5555", "192.0.2.2:8080", 204, false},
		{"[2001:db8::1]:80", "[2001:db8::1]:5", "[2001:db8::1]:80", 204, true},
		{"192.0.2.2", "[::ffff:192.0.2.2]:5", "[::ffff:192.0.2.2]:80", 204, true},
		{"localhost", "[::ffff:127.0.0.1]:5", "[::]:80", 204, true},
		{"localhost", "@", "@", 204, false},
	} {
		r := httptest.NewRequest("GET", "/sim/terminals", nil)
		r.Host, r.RemoteAddr = c.host, c.from
		if to, err := net.ResolveTCPAddr("tcp", c.to); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(to)))
		}
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		if w.Code != c.want || front.FromHere(r) != c.here {
			t.Errorf("%+v: %d, from here %v", c, w.Code, front.FromHere(r))
		}
	}
}

// TestWhatAProxyPassesOnIsNotFromHere: a proxy on this machine comes over loopback, and often with its own
// name for it as the Host, whoever sent the request.
func TestWhatAProxyPassesOnIsNotFromHere(t *testing.T) {
	for _, name := range []string{"", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:5555"
		if name != "" {
			r.Header.Set(name, "198.51.100.7")
		}
		if front.FromHere(r) != (name == "") {
			t.Errorf("with the header %q: %v", name, front.FromHere(r))
		}
	}
}
