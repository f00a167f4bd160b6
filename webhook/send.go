package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"kassa/estate"
)

// sender makes the connections of one environment.
type sender struct {
	env      estate.Environment
	resolver Resolver
	dial     Dial
	roots    *x509.CertPool
	client   *http.Client // for receivers whose certificates must be in order
}

// tryKey finds the context of a try. The transport gives a dial the values of the request's
// context and not its end, and lets a handshake go on; what a try began must end with it.
type tryKey struct{}

// errPolicy marks a connection that may not be made, now or later.
type errPolicy struct{ error }

func newSender(env estate.Environment, resolver Resolver, dial Dial, roots *x509.CertPool) *sender {
	s := &sender{env: env, resolver: resolver, dial: dial, roots: roots}
	if s.dial == nil {
		s.dial = (&net.Dialer{Control: s.control}).DialContext
	}
	s.client = s.clientFor(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots})
	return s
}

func (s *sender) clientFor(config *tls.Config) *http.Client {
	return &http.Client{
		// A redirect could lead anywhere, with the signature.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            s.connect,
			TLSClientConfig:        config,
			DisableKeepAlives:      true,
			DisableCompression:     true, // what is read is what was sent: no bomb unfolds
			MaxResponseHeaderBytes: maxHeader,
			Proxy:                  nil,
		},
	}
}

// connect resolves a host itself and connects to an address that it has checked, so that a name
// which resolves to something else a moment later changes nothing. One address that is not allowed
// spoils the name.
func (s *sender) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if try, ok := ctx.Value(tryKey{}).(context.Context); ok {
		ctx = try
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := s.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		if err := checkAddress(s.env, addr); err != nil {
			return nil, errPolicy{err}
		}
	}
	err = errors.New("the host has no address")
	for i, addr := range addrs {
		var conn net.Conn
		if conn, err = s.dialOne(ctx, network, net.JoinHostPort(addr.Unmap().String(), port), len(addrs)-i); err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			return conn, nil
		}
	}
	return nil, err
}

// dialOne connects to the next of so many addresses, within its share of the time that is left: an
// address that swallows packets must not use up that of the others.
func (s *sender) dialOne(ctx context.Context, network, address string, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(time.Until(deadline)/time.Duration(left), minDialTime))
		defer cancel()
	}
	return s.dial(ctx, network, address)
}

func (s *sender) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	return s.resolver.LookupNetIP(ctx, "ip", host)
}

// control is the second wall: it sees the address that the socket is really about to use.
func (s *sender) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPolicy{err}
	}
	if err := checkAddress(s.env, at.Addr()); err != nil {
		return errPolicy{err}
	}
	return nil
}

// try sends once. It gives the status and the beginning of the reply, or the failure in words;
// forGood tells that no other try can do better.
func (s *sender) try(ctx context.Context, r Request) (status int, reply []byte, failure string, forGood bool) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(context.WithValue(ctx, tryKey{}, ctx), r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return 0, nil, "the URL cannot be parsed", true
	}
	if len(r.Body) == 0 {
		request.Body, request.ContentLength = nil, 0
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "Kassa-Webhook")
	client := s.client
	if r.Trust != (Trust{}) { // connections are not kept, so neither is the client
		client = s.clientFor(r.Trust.config(s.roots, time.Now))
	}
	response, err := client.Do(request)
	if err != nil {
		failure, forGood = inWords(ended(ctx, err))
		return 0, nil, failure, forGood
	}
	defer response.Body.Close()
	// A reply that stalls after its first bytes is judged by those.
	reply, err = io.ReadAll(io.LimitReader(response.Body, maxReplyKept))
	if err != nil && len(reply) == 0 {
		failure, _ = inWords(ended(ctx, err))
		return response.StatusCode, nil, failure, false
	}
	return response.StatusCode, reply, "", false
}

// ended gives the reason of an error: a try that has run out of time closes its connection, and
// that may be noticed first.
func ended(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

// inWords says why there was no reply, without the address that a name resolved to.
func inWords(err error) (failure string, forGood bool) {
	if policy, ok := errors.AsType[errPolicy](err); ok {
		return policy.Error(), true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "the host name does not exist in the DNS", false
		}
		return "the host name could not be looked up", false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || errors.Is(err, errCertificate) {
		return "the certificate is not valid for this host name, or nobody known has signed it", false
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Sprintf("no reply within %d seconds", int(tryTimeout/time.Second)), false
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no reply within %d seconds", int(tryTimeout/time.Second)), false
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused: nothing listens there", false
	case errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
		return "the host cannot be reached", false
	case errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection broke before there was a reply", false
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "the port does not speak TLS", false
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" {
		return "the TLS handshake failed: TLS 1.2 or newer is needed, and 1.3 where the endpoint says so", false
	}
	return "there was no reply in HTTP", false
}
