package webhook_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa/webhook"
)

// trusting is fan with a trust.
type trusting struct {
	fan
	trust webhook.Trust
}

func (d trusting) Prepare(n webhook.Notice, now time.Time) (webhook.Request, error) {
	r, err := d.fan.Prepare(n, now)
	r.Trust = d.trust
	return r, err
}

// certificate makes one for shop.nl, signed by parent or by itself.
func certificate(t *testing.T, parent *tls.Certificate, until time.Time, ca bool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: map[bool]string{true: "Root", false: "Shop"}[ca]},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, BasicConstraintsValid: true, IsCA: ca,
	}
	if !ca {
		template.DNSNames = []string{"shop.nl"}
	}
	signer, signKey := template, any(key)
	if parent != nil {
		signer, signKey = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, &key.PublicKey, signKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	if parent != nil {
		c.Certificate = append(c.Certificate, parent.Leaf.Raw)
	}
	return c
}

func TestTrust(t *testing.T) {
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	known, unknown := certificate(t, nil, later, true), certificate(t, nil, later, true)
	roots := x509.NewCertPool()
	roots.AddCert(known.Leaf)
	for name, c := range map[string]struct {
		cert  tls.Certificate
		host  string
		max   uint16
		trust webhook.Trust
		want  bool
	}{
		"in order":                       {cert: certificate(t, &known, later, false), want: true},
		"in order, all is accepted":      {cert: certificate(t, &known, later, false), trust: webhook.Trust{Expired: true, SelfSigned: true, UntrustedRoot: true}, want: true},
		"expired":                        {cert: certificate(t, &known, past, false)},
		"expired, accepted":              {cert: certificate(t, &known, past, false), trust: webhook.Trust{Expired: true}, want: true},
		"expired, another is accepted":   {cert: certificate(t, &known, past, false), trust: webhook.Trust{SelfSigned: true, UntrustedRoot: true}},
		"self-signed":                    {cert: certificate(t, nil, later, false)},
		"self-signed, accepted":          {cert: certificate(t, nil, later, false), trust: webhook.Trust{SelfSigned: true}, want: true},
		"self-signed, only old ones":     {cert: certificate(t, nil, later, false), trust: webhook.Trust{Expired: true}},
		"self-signed and expired":        {cert: certificate(t, nil, past, false), trust: webhook.Trust{SelfSigned: true}},
		"self-signed, another host":      {cert: certificate(t, nil, later, false), host: "other.nl", trust: webhook.Trust{SelfSigned: true}},
		"unknown root":                   {cert: certificate(t, &unknown, later, false), trust: webhook.Trust{SelfSigned: true, Expired: true}},
		"unknown root, accepted":         {cert: certificate(t, &unknown, later, false), trust: webhook.Trust{UntrustedRoot: true}, want: true},
		"unknown root, another host":     {cert: certificate(t, &unknown, later, false), host: "other.nl", trust: webhook.Trust{UntrustedRoot: true}},
		"TLS 1.2":                        {cert: certificate(t, &known, later, false), max: tls.VersionTLS12, want: true},
		"TLS 1.2 where 1.3 is the least": {cert: certificate(t, &known, later, false), max: tls.VersionTLS12, trust: webhook.Trust{TLS13: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{c.cert}, MaxVersion: c.max}
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()
			d, err := webhook.New(webhook.Config{
				Store: newRecord(), Dialects: map[string]webhook.Dialect{"trusting": trusting{trust: c.trust}}, Now: time.Now, Roots: roots,
				Resolver: &network{}, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			host := c.host
			if host == "" {
				host = "shop.nl"
			}
			got, err := d.Once(t.Context(), trusting{trust: c.trust}, webhook.Notice{URL: "https://" + host + "/", Method: "POST", Environment: "live"})
			if err != nil || (got.Try.Failure == "") != c.want {
				t.Errorf("%+v %v, want it to be taken: %v", got.Try, err, c.want)
			}
			if !c.want && !strings.Contains(got.Try.Failure, "certificate") && !strings.Contains(got.Try.Failure, "TLS") {
				t.Errorf("failure %q", got.Try.Failure)
			}
		})
	}
}

// TestAReceiverWithoutTLS behind an https address is told as such.
func TestAReceiverWithoutTLS(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	d, err := webhook.New(webhook.Config{
		Store: newRecord(), Dialects: map[string]webhook.Dialect{"trusting": trusting{}}, Now: time.Now,
		Resolver: &network{}, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Once(t.Context(), trusting{}, webhook.Notice{URL: "https://shop.nl/", Method: "POST", Environment: "live"})
	if err != nil || !strings.Contains(got.Try.Failure, "TLS") {
		t.Errorf("%+v %v", got.Try, err)
	}
}
