package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"kassa/estate"
)

// CheckURL tells why a URL cannot be a webhook's in an environment. In the live one it must be
// HTTPS on a public host; in the test one it may be a machine next door. What a name resolves to is
// checked again at every connection.
func CheckURL(env estate.Environment, raw string) error {
	limit := maxLiveURL
	if env == estate.Test {
		limit = maxTestURL
	}
	if len(raw) > limit {
		return fmt.Errorf("the URL may have %d characters at most", limit)
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] > '~' || strings.IndexByte("\\\"<>^`{|}", raw[i]) >= 0 {
			return errors.New("the URL holds a character that must be percent-encoded")
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("the URL cannot be parsed")
	case u.Scheme != "https" && (env != estate.Test || u.Scheme != "http"):
		return errors.New("the URL must begin with https://")
	case u.Opaque != "" || u.Hostname() == "":
		return errors.New("the URL must name a host")
	case u.User != nil:
		return errors.New("the URL must not hold a user name or password")
	case strings.Contains(raw, "#"):
		return errors.New("the URL must not have a fragment")
	}
	if env == estate.Test {
		return checkTestHost(u)
	}
	return checkLiveHost(u)
}

func checkTestHost(u *url.URL) error {
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil // a name: looked at when it is resolved
	}
	return checkAddress(estate.Test, addr)
}

func checkLiveHost(u *url.URL) error {
	if port := u.Port(); strings.HasSuffix(u.Host, ":") || (port != "" && port != "443" && port != "80" && port != "8443") {
		return errors.New("the URL may name the ports 443, 80 and 8443 only")
	}
	host := u.Hostname()
	if strings.ContainsAny(host, ":%") { // IPv6; a zone is always local
		addr, err := netip.ParseAddr(host)
		if err != nil {
			return errors.New("the URL's host is not an address")
		}
		return checkAddress(estate.Live, addr)
	}
	labels := strings.Split(host, ".")
	last := strings.ToLower(labels[len(labels)-1])
	if looksNumeric(last) {
		// 2130706433, 0x7f.1 and 0177.0.0.1 are addresses too for some resolvers.
		addr, err := netip.ParseAddr(host)
		if err != nil {
			return errors.New("the URL's host is a number but not an address in dotted decimal form")
		}
		return checkAddress(estate.Live, addr)
	}
	if len(labels) < 2 {
		return errors.New("the URL must name a public host")
	}
	for _, label := range labels {
		if !isLabel(label) {
			return errors.New("the URL's host name must consist of letters, digits and hyphens between dots")
		}
	}
	if slices.Contains(localDomains, last) || strings.HasSuffix(strings.ToLower(host), ".home.arpa") {
		return errors.New("the URL must name a public host")
	}
	return nil
}

// localDomains are top-level names that never are in the public DNS (RFC 6761, 6762, 7686, 9476 and
// the names that routers use).
var localDomains = []string{
	"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "example", "invalid",
	"onion", "alt", "localdomain", "arpa",
}

func looksNumeric(label string) bool {
	if strings.HasPrefix(label, "0x") {
		return true
	}
	for i := range len(label) {
		if label[i] < '0' || label[i] > '9' {
			return false
		}
	}
	return label != ""
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i] | 0x20; label[i] != '-' && (label[i] < '0' || label[i] > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// checkAddress tells why no connection may be made to an address.
func checkAddress(env estate.Environment, addr netip.Addr) error {
	addr = addr.Unmap()
	if env == estate.Test {
		if slices.Contains(metadataAddresses, addr.WithZone("")) {
			return errors.New("the URL leads to a cloud provider's metadata address")
		}
		return nil
	}
	if !public(addr) {
		return errors.New("the URL leads to an address that is not public")
	}
	return nil
}

// public tells whether an address is globally reachable (IANA special-purpose registries), and
// does not carry another address inside that might not be.
func public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.Zone() != "" {
		return false
	}
	if addr.Is6() && !globalUnicast6.Contains(addr) {
		return false
	}
	for _, p := range closedPrefixes {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

var globalUnicast6 = netip.MustParsePrefix("2000::/3")

var closedPrefixes = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"),     // Teredo, benchmarking, ORCHID
	netip.MustParsePrefix("2001:db8::/32"), // documentation
	netip.MustParsePrefix("2002::/16"),     // 6to4 carries an IPv4 address
	netip.MustParsePrefix("3fff::/20"),     // documentation
}

var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("fd00:ec2::254"),
}
