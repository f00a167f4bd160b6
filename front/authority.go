package front

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 397 * 24 * time.Hour // what browsers take at most (CA/Browser Forum, Ballot SC31)
	// renewBefore is how long before its end a certificate is replaced.
	renewBefore = 30 * 24 * time.Hour
	// clockSlack is how far a client's clock may be behind ours.
	clockSlack = time.Hour

	caFile, caKeyFile     = "ca.pem", "ca-key.pem"
	leafFile, leafKeyFile = "leaf.pem", "leaf-key.pem"
)

// Authority is a certificate authority for one installation, and the server certificate it made.
// It is constrained to the hosts of that installation, so that whoever trusts it trusts it for
// nothing else (RFC 5280 4.2.1.10).
type Authority struct {
	dir    string
	hosts  []string
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	leaf *tls.Certificate
}

// EnsureCA reads the authority and its server certificate in dir, or makes what is missing, has
// less than 30 days left, or does not fit: localhost, 127.0.0.1 and ::1 are always in the
// certificate, hosts are further names and addresses. Keys are readable by the owner alone.
func EnsureCA(dir string, hosts []string, now func() time.Time, random io.Reader) (*Authority, error) {
	a := &Authority{dir: dir, now: now, random: random, hosts: []string{"localhost", "127.0.0.1", "::1"}}
	for _, h := range hosts {
		if h != "" && h != "localhost" && h != "127.0.0.1" && h != "::1" {
			a.hosts = append(a.hosts, h)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("front: certificates: %w", err)
	}
	if err := a.ensure(); err != nil {
		return nil, fmt.Errorf("front: certificates: %w", err)
	}
	return a, nil
}

// CAFile is the path of the authority's certificate, for clients to trust.
func (a *Authority) CAFile() string { return filepath.Join(a.dir, caFile) }

// TLS is the server's side. A server that runs for a year gets its new certificate by itself.
func (a *Authority) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.leaf.Leaf.NotAfter.Sub(a.now()) < renewBefore {
				// The old certificate still serves when the new one cannot be written.
				if err := a.ensure(); err != nil && a.now().After(a.leaf.Leaf.NotAfter) {
					return nil, err
				}
			}
			return a.leaf, nil
		},
	}
}

func (a *Authority) ensure() error {
	ca, err := load(a.dir, caFile, caKeyFile)
	if err != nil {
		return err
	}
	if ca == nil || !a.lasts(ca.Leaf) || !covers(ca.Leaf.PermittedDNSDomains, permitted(ca.Leaf), a.hosts) {
		if ca, err = a.make(caFile, caKeyFile, a.caTemplate(), nil); err != nil {
			return err
		}
	}
	leaf, err := load(a.dir, leafFile, leafKeyFile)
	if err != nil {
		return err
	}
	if leaf == nil || !a.lasts(leaf.Leaf) || leaf.Leaf.CheckSignatureFrom(ca.Leaf) != nil ||
		!covers(leaf.Leaf.DNSNames, leaf.Leaf.IPAddresses, a.hosts) {
		if leaf, err = a.make(leafFile, leafKeyFile, a.leafTemplate(ca.Leaf), ca); err != nil {
			return err
		}
	}
	a.leaf = leaf
	return nil
}

func (a *Authority) lasts(c *x509.Certificate) bool {
	return c.NotAfter.Sub(a.now()) >= renewBefore && !a.now().Before(c.NotBefore)
}

func (a *Authority) caTemplate() *x509.Certificate {
	now := a.now()
	t := &x509.Certificate{
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(caLife),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true,
	}
	for _, h := range a.hosts {
		if ip := net.ParseIP(h); ip != nil {
			if v4 := ip.To4(); v4 != nil {
				ip = v4
			}
			t.PermittedIPRanges = append(t.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
		} else {
			t.PermittedDNSDomains = append(t.PermittedDNSDomains, h)
		}
	}
	return t
}

func (a *Authority) leafTemplate(ca *x509.Certificate) *x509.Certificate {
	now := a.now()
	t := &x509.Certificate{
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(leafLife - clockSlack - 24*time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if t.NotAfter.After(ca.NotAfter) {
		t.NotAfter = ca.NotAfter
	}
	for _, h := range a.hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return t
}

// make signs template with a new key and writes both. Without a signer it signs itself.
func (a *Authority) make(certName, keyName string, template *x509.Certificate, signer *tls.Certificate) (*tls.Certificate, error) {
	serial := make([]byte, 16)
	if _, err := io.ReadFull(a.random, serial); err != nil {
		return nil, err
	}
	serial[0] = serial[0]&0x7F | 0x40
	template.SerialNumber = new(big.Int).SetBytes(serial)
	template.Subject = pkix.Name{Organization: []string{"Kassa"}, CommonName: "localhost"}
	if template.IsCA {
		template.Subject.CommonName = "Kassa local CA " + hex.EncodeToString(serial[12:])
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.random)
	if err != nil {
		return nil, err
	}
	parent, parentKey := template, any(key)
	if signer != nil {
		parent, parentKey = signer.Leaf, signer.PrivateKey
	}
	der, err := x509.CreateCertificate(a.random, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// The key first: a crash between the two leaves a pair that does not match, and is made anew.
	if err := replace(a.dir, keyName, "PRIVATE KEY", keyDER, 0o600); err != nil {
		return nil, err
	}
	if err := replace(a.dir, certName, "CERTIFICATE", der, 0o644); err != nil {
		return nil, err
	}
	return load(a.dir, certName, keyName)
}

// load reads a certificate with its key; nil when there is none, or none that is whole.
func load(dir, certName, keyName string) (*tls.Certificate, error) {
	cert, err := os.ReadFile(filepath.Join(dir, certName))
	if err == nil {
		var key []byte
		if key, err = os.ReadFile(filepath.Join(dir, keyName)); err == nil {
			pair, bad := tls.X509KeyPair(cert, key)
			if bad != nil {
				return nil, nil
			}
			return &pair, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, err
}

// replace writes a file whole or not at all, with its mode from the first byte on.
func replace(dir, name, kind string, der []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	var text bytes.Buffer
	if err = pem.Encode(&text, &pem.Block{Type: kind, Bytes: der}); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}

// permitted is the addresses that an authority may sign for.
func permitted(ca *x509.Certificate) []net.IP {
	var list []net.IP
	for _, n := range ca.PermittedIPRanges {
		list = append(list, n.IP)
	}
	return list
}

// covers tells whether each host is among the names or the addresses.
func covers(names []string, ips []net.IP, hosts []string) bool {
	have := make(map[string]bool, len(names)+len(ips))
	for _, n := range names {
		have[n] = true
	}
	for _, ip := range ips {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			have[addr.Unmap().String()] = true
		}
	}
	for _, h := range hosts {
		if addr, err := netip.ParseAddr(h); err == nil {
			h = addr.Unmap().String()
		}
		if !have[h] {
			return false
		}
	}
	return true
}
