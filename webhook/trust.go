package webhook

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

var errCertificate = errors.New("the certificate is refused")

// config is what a connection to a receiver with this trust works with; no roots are the system's.
func (t Trust) config(roots *x509.CertPool, now func() time.Time) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	if t.TLS13 {
		c.MinVersion = tls.VersionTLS13
	}
	if !t.Expired && !t.SelfSigned && !t.UntrustedRoot {
		return c
	}
	c.InsecureSkipVerify = true // VerifyConnection looks at the chain in its place
	c.VerifyConnection = func(s tls.ConnectionState) error { return t.verify(s, roots, now()) }
	return c
}

// verify checks a chain as the standard library does, but for what the endpoint accepts.
func (t Trust) verify(s tls.ConnectionState, roots *x509.CertPool, now time.Time) error {
	if len(s.PeerCertificates) == 0 {
		return errCertificate
	}
	leaf, last := s.PeerCertificates[0], s.PeerCertificates[len(s.PeerCertificates)-1]
	options := x509.VerifyOptions{DNSName: s.ServerName, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range s.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if t.Expired && now.After(leaf.NotAfter) {
		options.CurrentTime = leaf.NotAfter
	}
	_, err := leaf.Verify(options)
	if err == nil {
		return nil
	}
	selfSigned := len(s.PeerCertificates) == 1 && bytes.Equal(leaf.RawIssuer, leaf.RawSubject)
	if selfSigned && t.SelfSigned || !selfSigned && t.UntrustedRoot {
		options.Roots = x509.NewCertPool()
		options.Roots.AddCert(last)
		if _, err = leaf.Verify(options); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", errCertificate, err)
}
