package front

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// DefaultAddr is where Kassa listens when it is told nothing.
const DefaultAddr = "127.0.0.1:8080"

// Listen opens the listener for addr, HOST:PORT. Without a host it is loopback: who wants to be
// reached from elsewhere names an address (0.0.0.0 for all of them). Port 0 is any free one.
func Listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = DefaultAddr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("front: the address %q is not HOST:PORT, for example %s", addr, DefaultAddr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("front: another program listens on %s; choose another address with --addr, or any free port with --addr %s",
			addr, net.JoinHostPort(host, "0"))
	case err != nil:
		return nil, fmt.Errorf("front: listen: %w", err)
	}
	return l, nil
}

// ListenBeside opens a listener on a free port of the address that l listens on.
func ListenBeside(l net.Listener) (net.Listener, error) {
	host, _, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("front: listen beside %s: %w", l.Addr(), err)
	}
	return Listen(net.JoinHostPort(host, "0"))
}

// URL is how a client on this machine reaches l, without a slash at the end. A listener on all
// addresses is reached as localhost.
func URL(scheme string, l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return scheme + "://" + l.Addr().String()
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
