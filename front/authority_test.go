package front_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kassa/front"
)

const day = 24 * time.Hour

func ensure(t *testing.T, dir string, now time.Time, hosts ...string) *front.Authority {
	t.Helper()
	a, err := front.EnsureCA(dir, hosts, func() time.Time { return now }, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func served(t *testing.T, a *front.Authority) *x509.Certificate {
	t.Helper()
	c, err := a.TLS().GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func TestClientsThatTrustTheAuthorityAreServed(t *testing.T) {
	a, err := front.EnsureCA(t.TempDir(), nil, time.Now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secure, err := front.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }),
		func(o *front.Options) { o.Secure, o.TLS = secure, a.TLS() })

	pool := x509.NewCertPool()
	text, err := os.ReadFile(a.CAFile())
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatalf("the authority's file: %v", err)
	}
	url := front.URL("https", secure)
	for name, c := range map[string]struct {
		trust *tls.Config
		url   string
		want  string
	}{
		"by address":   {&tls.Config{RootCAs: pool}, url, "HTTP/1.1"},
		"by name":      {&tls.Config{RootCAs: pool}, strings.Replace(url, "127.0.0.1", "localhost", 1), "HTTP/1.1"},
		"by IPv6":      {&tls.Config{RootCAs: pool, ServerName: "::1"}, url, "HTTP/1.1"},
		"other name":   {&tls.Config{RootCAs: pool, ServerName: "example.com"}, url, ""},
		"without it":   {&tls.Config{}, url, ""},
		"with TLS 1.1": {&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, url, ""},
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{TLSClientConfig: c.trust}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
			res, err := client.Get(c.url)
			if err != nil {
				if c.want != "" {
					t.Error(err)
				}
				return
			}
			defer res.Body.Close()
			if body, _ := io.ReadAll(res.Body); string(body) != c.want {
				t.Errorf("got %q, want %q", body, c.want)
			}
		})
	}
}

func TestCertificatesOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	leaf := served(t, ensure(t, dir, now))
	for name, mode := range map[string]fs.FileMode{
		"ca.pem": 0o644, "ca-key.pem": 0o600, "leaf.pem": 0o644, "leaf-key.pem": 0o600,
	} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v, want mode %v", name, info, err, mode)
		}
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 397*day {
		t.Errorf("the certificate lives %v", life)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 4 {
		t.Errorf("files %v %v", left, err)
	}
}

func TestRenewal(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		later          time.Duration
		hosts          []string
		spoil          string
		newCA, newLeaf bool
	}{
		"again":           {later: time.Minute},
		"still 31 days":   {later: 364 * day},
		"29 days left":    {later: 368 * day, newLeaf: true},
		"nearly 10 years": {later: 3640 * day, newCA: true, newLeaf: true},
		"another host":    {hosts: []string{"till.example"}, newCA: true, newLeaf: true},
		"clock went back": {later: -48 * time.Hour, newCA: true, newLeaf: true},
		"leaf lost":       {spoil: "leaf.pem", newLeaf: true},
		"leaf key torn":   {spoil: "leaf-key.pem", newLeaf: true},
		"authority lost":  {spoil: "ca-key.pem", newCA: true, newLeaf: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ensure(t, dir, now)
			ca, leaf := read(t, dir, "ca.pem"), read(t, dir, "leaf.pem")
			if c.spoil != "" {
				if err := os.WriteFile(filepath.Join(dir, c.spoil), []byte("torn"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := served(t, ensure(t, dir, now.Add(c.later), c.hosts...))
			if newCA := !bytes.Equal(ca, read(t, dir, "ca.pem")); newCA != c.newCA {
				t.Errorf("new authority: %v, want %v", newCA, c.newCA)
			}
			if newLeaf := !bytes.Equal(leaf, read(t, dir, "leaf.pem")); newLeaf != c.newLeaf {
				t.Errorf("new certificate: %v, want %v", newLeaf, c.newLeaf)
			}
			for _, h := range append([]string{"localhost", "127.0.0.1", "::1"}, c.hosts...) {
				if err := got.VerifyHostname(h); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestAServerThatRunsForAYearRenewsByItself(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	a, err := front.EnsureCA(t.TempDir(), nil, func() time.Time { return now }, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first := served(t, a)
	now = now.Add(380 * day)
	if second := served(t, a); !second.NotAfter.After(first.NotAfter) {
		t.Errorf("it still serves the certificate that ends on %v", second.NotAfter)
	}
}
