package main

import (
	"time"

	"kassa/estate"
	"kassa/journal"
	"kassa/sale/multisafepay"
	nativehooks "kassa/sale/native/notify"
	"kassa/webhook"
)

// This file joins the webhooks with the dialects that they speak.

func (c *cloud) deliverer(door doorPorts) (*webhook.Deliverer, error) {
	return webhook.New(webhook.Config{
		Store: c.store, Now: c.now, Dialects: map[string]webhook.Dialect{
			multisafepay.Dialect: webhookDialect{&multisafepay.Notifier{Records: c.store, Directory: door, Signer: door}},
			nativehooks.Dialect:  nativeDialect{c.nativeNotifier()},
		},
	})
}

// webhookDialect lets the webhooks speak MultiSafepay's dialect.
type webhookDialect struct{ n *multisafepay.Notifier }

func (w webhookDialect) Render(entry journal.Entry) ([]webhook.Notice, error) {
	n, ok, err := w.n.Render(entry)
	if err != nil || !ok {
		return nil, err
	}
	return []webhook.Notice{{
		Order: n.Order, OrderRef: n.OrderRef, Account: n.Account, Group: n.Group, Environment: n.Environment, Event: n.Event,
		URL: n.URL, Method: n.Method, Body: n.Body,
	}}, nil
}

// Prepare signs by the wall clock: the receiver compares with its own, also after a night's suspension
// and while the test clock is ahead.
func (w webhookDialect) Prepare(n webhook.Notice, _ time.Time) (webhook.Request, error) {
	r, err := w.n.Prepare(multisafepay.Notice{
		Order: n.Order, OrderRef: n.OrderRef, Account: n.Account, Group: n.Group, Environment: n.Environment, Event: n.Event,
		URL: n.URL, Method: n.Method, Body: n.Body,
	}, time.Now())
	return webhook.Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body}, err
}

func (w webhookDialect) Policy() webhook.Policy { return webhook.Policy{Delays: w.n.Delays()} }

func (w webhookDialect) Judge(status int, reply []byte) string { return w.n.Judge(status, reply) }

// nativeDialect lets the webhooks speak the native API's: Standard Webhooks.
type nativeDialect struct{ n *nativehooks.Notifier }

func (c *cloud) nativeNotifier() *nativehooks.Notifier {
	return &nativehooks.Notifier{Environment: string(c.registry.Environment()), Endpoints: c.registry, Owners: c.registry, Records: c.store}
}

func (d nativeDialect) Render(entry journal.Entry) ([]webhook.Notice, error) {
	rendered, err := d.n.Render(entry)
	if err != nil {
		return nil, err
	}
	var list []webhook.Notice
	for _, n := range rendered {
		list = append(list, nativeNotice(n))
	}
	return list, nil
}

func nativeNotice(n nativehooks.Notice) webhook.Notice {
	return webhook.Notice{
		Endpoint: n.Endpoint, Queue: n.Queue, Order: n.Stream, OrderRef: n.Reference, Account: n.Account, Group: n.Group,
		Environment: n.Environment, Event: n.Event, URL: n.URL, Method: "POST", Body: n.Body,
	}
}

// Prepare signs by the wall clock, as all dialects do.
func (d nativeDialect) Prepare(n webhook.Notice, _ time.Time) (webhook.Request, error) {
	r, wanted, err := d.n.Prepare(nativehooks.Notice{Endpoint: n.Endpoint, Body: n.Body}, time.Now())
	if err == nil && !wanted {
		err = webhook.ErrGone
	}
	return webhook.Request{Method: n.Method, URL: r.URL, Header: r.Header, Body: r.Body, Trust: trustOf(r.Endpoint)}, err
}

func (d nativeDialect) Judge(status int, reply []byte) string { return d.n.Judge(status, reply) }

func (d nativeDialect) Policy() webhook.Policy {
	return webhook.Policy{Delays: nativehooks.Delays(), Warn: nativehooks.WarnAfter}
}

// trustOf is what certificates an endpoint takes.
func trustOf(e estate.Endpoint) webhook.Trust {
	return webhook.Trust{
		Expired: e.AcceptsExpired, SelfSigned: e.AcceptsSelfSigned, UntrustedRoot: e.AcceptsUntrustedRoot,
		TLS13: e.Encryption == "TLSv1.3",
	}
}
