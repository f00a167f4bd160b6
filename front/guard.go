package front

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// SimGuard lets a request through only when it was meant for this machine and, if a browser sent
// it, came from a page that Kassa itself served. Without the first rule any web page could reach
// the simulation by letting its own name point to loopback (DNS rebinding); without the second, by
// a cross-site request. The address that a connection came to is a Host that no name was needed
// for; hosts are the further names and addresses by which Kassa may be called.
func SimGuard(next http.Handler, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !hostAllowed(r, hosts):
			Refuse(w, http.StatusForbidden, "host_not_allowed",
				"the pages and the simulation answer only to localhost and to addresses of this machine")
		case !sameOrigin(r):
			Refuse(w, http.StatusForbidden, "origin_not_allowed",
				"the pages and the simulation answer only to Kassa's own pages and to programs that send no Origin")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// FromHere tells whether this machine itself sent the request: over loopback, or from one of its
// addresses to the same one. From another machine nothing else proves who asks: what a proxy on this machine
// passes on, and says so, is from wherever the proxy's client is.
func FromHere(r *http.Request) bool {
	for _, passedOn := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if len(r.Header.Values(passedOn)) > 0 {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip := from.Addr().Unmap()
	return ip.IsLoopback() || ip == cameTo(r)
}

// cameTo is the address of this machine that the connection came to; the zero one when unknown.
func cameTo(r *http.Request) netip.Addr {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

func hostAllowed(r *http.Request, hosts []string) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	} else if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Zone() == "" && (ip.IsLoopback() || ip.Unmap() == cameTo(r)) {
		return true
	}
	same := func(h string) bool { return strings.EqualFold(h, host) }
	return same("localhost") || host != "" && slices.ContainsFunc(hosts, same)
}

// sameOrigin tells whether no other page sent the request. A browser names the page in Origin; for
// what changes something it also says in Sec-Fetch-Site how near the page is (W3C Fetch Metadata).
func sameOrigin(r *http.Request) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if given := r.Header.Values("Origin"); len(given) > 1 ||
		len(given) == 1 && !strings.EqualFold(given[0], scheme+r.Host) {
		return false
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return false
}
