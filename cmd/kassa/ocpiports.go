package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"kassa/estate"
	ocpidoor "kassa/sale/ocpi"
	"kassa/webhook"
)

// ocpiPorts gives the door for charge point operators what it asks for.
type ocpiPorts struct{ c *cloud }

// partyOf reads who Kassa is on OCPI: a country code (ISO 3166-1) and a party id, as NL*KAS.
func partyOf(text string) (country, party string, err error) {
	country, party, _ = strings.Cut(cmp.Or(text, usualParty), "*")
	if !regexp.MustCompile(`^[A-Z]{2}\*[A-Z0-9]{3}$`).MatchString(country + "*" + party) {
		return "", "", fmt.Errorf("--ocpi-party: %q must be two capital letters, *, and three capital letters or digits, as in %s", text, usualParty)
	}
	return country, party, nil
}

const usualParty = "NL*KAS"

// joinOCPI makes the door. How it is reached is known when the listeners are.
func (c *cloud) joinOCPI(o serveOptions) (err error) {
	c.ocpiURL = o.ocpiURL
	if c.ocpiCountry, c.ocpiParty, err = partyOf(o.ocpiParty); err != nil {
		return err
	}
	p := ocpiPorts{c}
	c.ocpi, err = ocpidoor.New(ocpidoor.Config{
		Store: c.store, Vault: c.secure, Estate: p, Charging: c.charging, BaseURL: func() string { return c.ocpiURL },
		Country: c.ocpiCountry, PartyID: c.ocpiParty, Name: "Kassa",
		CheckURL:  func(url string) error { return webhook.CheckURL(c.registry.Environment(), url) },
		Transport: p.transport(), Random: rand.Reader, Now: c.now,
	})
	return err
}

// transport connects to peers. What a name has resolved to is checked at every connection, so that a
// name which leads elsewhere a moment later changes nothing.
func (p ocpiPorts) transport() http.RoundTripper {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return webhook.CheckURL(p.c.registry.Environment(), "https://"+host)
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
	}
}

// Unit finds a terminal by its TID.
func (p ocpiPorts) Unit(tid string) (ocpidoor.Unit, bool) {
	t, ok := p.c.registry.Terminal(tid)
	if !ok || t.Retired {
		return ocpidoor.Unit{}, false
	}
	return unitOf(t), true
}

func unitOf(t estate.Terminal) ocpidoor.Unit {
	_, serial, _ := strings.Cut(t.POIID, "-")
	return ocpidoor.Unit{TID: t.TID, Serial: serial, Account: t.Account}
}

// BySerial finds a terminal by the POIID of its device, or by the serial number in that.
func (p ocpiPorts) BySerial(serial string) (ocpidoor.Unit, string) {
	if t, ok := p.c.registry.TerminalByPOIID(serial); ok && !t.Retired {
		return unitOf(t), ""
	}
	for _, d := range p.c.registry.Devices() {
		if _, own, _ := strings.Cut(d.POIID, "-"); !strings.EqualFold(own, serial) && !strings.EqualFold(d.POIID, serial) {
			continue
		}
		if t, ok := p.c.registry.TerminalByPOIID(d.POIID); ok && !t.Retired {
			return unitOf(t), ""
		}
	}
	return ocpidoor.Unit{}, "is not known in the " + string(p.c.registry.Environment()) +
		" environment: a terminal of the other environment cannot be used on a charger of this one"
}
