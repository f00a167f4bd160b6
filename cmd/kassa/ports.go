package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"kassa/estate"
	"kassa/hsm"
	"kassa/iso8583"
	"kassa/journal"
	"kassa/poi"
	"kassa/poilink"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
)

// This file joins what the parts ask for with who can give it.

// secureModule gives the acquirer's link what it needs of the secure module.
type secureModule struct{ m *hsm.Module }

func (s secureModule) CompleteSale(m *iso8583.Message, ksn string, aad, track2, pin []byte) error {
	return s.m.CompleteSale(m, hsm.Card{KSN: ksn, AAD: aad, Sealed: track2, PIN: pin})
}

func (s secureModule) CompleteEntered(m *iso8583.Message, aad, sealed []byte) error {
	return s.m.CompleteEntered(m, aad, sealed)
}

func (s secureModule) MAC(b []byte) ([8]byte, error) { return s.m.MAC(b) }

// doorPorts gives the MultiSafepay door its directory and its signer.
type doorPorts struct{ c *cloud }

func (d doorPorts) Identify(key, remote string) (multisafepay.Caller, string) {
	caller, problem := d.c.guard.Identify(key, remote)
	switch {
	case problem.Code == estate.KeyUnknown:
		return multisafepay.Caller{}, ""
	case problem.Bad():
		return multisafepay.Caller{}, problem.Text()
	}
	return multisafepay.Caller{Account: caller.Account, Group: caller.Group, Role: caller.Role, May: caller.May()}, ""
}

func (d doorPorts) Takes(tid string) (bool, string) { return d.c.takes(tid) }

func (d doorPorts) Terminal(tid string) (estate.Terminal, bool) { return d.c.registry.Terminal(tid) }
func (d doorPorts) Group(id string) (estate.Group, bool)        { return d.c.registry.Group(id) }

func (d doorPorts) Groups(account string) []string {
	var ids []string
	for _, g := range d.c.registry.Groups(account) {
		ids = append(ids, g.ID)
	}
	return ids
}

// HMAC signs with the group's API key, as MultiSafepay's webhooks are.
func (d doorPorts) HMAC(group string, message []byte) ([]byte, error) {
	key, err := d.c.registry.OpenKeyOf(d.c.now(), group)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha512.New, []byte(strings.TrimSpace(key)))
	mac.Write(message)
	return mac.Sum(nil), nil
}

// nativePorts gives the native API what it shows.
type nativePorts struct{ c *cloud }

func (n nativePorts) MayOperate(key string) bool { return n.c.mayOperate(key, "") }

func (c *cloud) mayOperate(key, remote string) bool {
	caller, problem := c.guard.Identify(key, remote)
	return !problem.Bad() && caller.Operator()
}

func (n nativePorts) Acquirer() native.AcquirerStatus {
	return native.AcquirerStatus{SignedOn: n.c.acquirer.State()}
}

func (n nativePorts) Store() native.StoreStatus {
	s := n.c.store.Stats()
	return native.StoreStatus{Commits: s.Commits, Batches: s.Batches}
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return strings.TrimSpace(token)
}

// maxPastLinks bounds what is read of the links' past at the start.
const maxPastLinks = 50_000

// poiHub makes the terminals' side.
func (c *cloud) poiHub(o serveOptions, log *slog.Logger) (*poi.Hub, error) {
	c.points = newPoints(c)
	return poi.New(poi.Config{
		// A name of its own for each installation: a proof made for one is of no use at another.
		Host: "kassa-" + c.secure.LookupHash([]byte("installation"))[:16], Directory: c.registry, Boarding: c.registry, Notes: c.registry,
		Inject: func(ephemeral, nonce []byte, number uint32) (poilink.Keys, error) {
			in, err := c.secure.InjectKey(ephemeral, nonce, number)
			return poilink.Keys{Ephemeral: in.Ephemeral, Block: in.Block, IKID: in.IKID, KCV: in.KCV}, err
		},
		Sales: counterPorts{c}, Devices: devicePorts{c}, Settings: c.registry, Watcher: c.registry, Service: workshop{c}, Points: c.points,
		Telemetry: c.store, Moved: func() time.Duration { return time.Duration(c.clock.ahead.Load()) },
		Past: func() ([]journal.Entry, error) { return c.store.StreamTail(estate.LinksStream, maxPastLinks) },
		Now:  c.now, Random: rand.Reader, Log: log, Heartbeat: o.heartbeat,
	})
}
