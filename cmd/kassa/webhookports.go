package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen/management"
	adyenhooks "kassa/sale/adyen/notify"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
	nativehooks "kassa/sale/native/notify"
	"kassa/webhook"
)

// This file joins the webhooks with the dialects that they speak.

func (c *cloud) deliverer(door doorPorts) (*webhook.Deliverer, error) {
	return webhook.New(webhook.Config{
		Store: c.store, Now: c.now, Dialects: map[string]webhook.Dialect{
			multisafepay.Dialect: webhookDialect{&multisafepay.Notifier{Records: c.store, Directory: door, Signer: door}},
			nativehooks.Dialect:  nativeDialect{c.nativeNotifier()},
			adyenhooks.Dialect:   adyenDialect{c.adyenNotifier()},
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

// onTrial are endpoints that can be tried before they are switched on.
type onTrial struct{ *estate.Registry }

func (t onTrial) Endpoint(id string) (estate.Endpoint, bool) {
	e, ok := t.Registry.Endpoint(id)
	e.Active = true
	return e, ok
}

// Test sends a test event to an endpoint of the native API.
func (e endpoints) Test(ctx context.Context, to estate.Endpoint) (native.Tested, error) {
	n := e.c.nativeNotifier()
	n.Endpoints = onTrial{e.c.registry}
	test, err := n.Test(to, time.Now())
	if err != nil {
		return native.Tested{}, err
	}
	came, err := e.c.webhooks.Once(ctx, nativeDialect{n}, nativeNotice(test))
	if err != nil {
		return native.Tested{}, err
	}
	return native.Tested{Header: came.Request.Header, Body: string(came.Request.Body), Try: native.Try(came.Try)}, nil
}

// adyenDialect lets the webhooks speak Adyen's.
type adyenDialect struct{ n *adyenhooks.Notifier }

func (c *cloud) adyenNotifier() *adyenhooks.Notifier {
	return &adyenhooks.Notifier{
		Environment: string(c.registry.Environment()), Endpoints: c.registry, Directory: c.registry, Settings: c.registry, Records: c.store,
		Random: rand.Reader,
	}
}

func (d adyenDialect) Render(entry journal.Entry) ([]webhook.Notice, error) {
	rendered, err := d.n.Render(entry)
	if err != nil {
		return nil, err
	}
	var list []webhook.Notice
	for _, n := range rendered {
		list = append(list, adyenNotice(n))
	}
	return list, nil
}

func adyenNotice(n adyenhooks.Notice) webhook.Notice {
	return webhook.Notice{
		Endpoint: n.Endpoint, Queue: n.Queue, Order: n.Stream, OrderRef: n.Reference, Account: n.Account, Group: n.Group,
		Environment: n.Environment, Event: n.Event, URL: n.URL, Method: "POST", Body: n.Body,
	}
}

func (d adyenDialect) Prepare(n webhook.Notice, at time.Time) (webhook.Request, error) {
	r, wanted, err := d.n.Prepare(adyenhooks.Notice{Endpoint: n.Endpoint, Event: n.Event, Body: n.Body}, at)
	if err == nil && !wanted {
		err = webhook.ErrGone
	}
	return webhook.Request{Method: n.Method, URL: r.URL, Header: r.Header, Body: r.Body, Trust: trustOf(r.Endpoint)}, err
}

func (d adyenDialect) Judge(status int, reply []byte) string { return d.n.Judge(status, reply) }

func (d adyenDialect) Policy() webhook.Policy {
	delays, every, until, warn := adyenhooks.Schedule()
	return webhook.Policy{Delays: delays, Every: every, Until: until, Warn: warn}
}

func (p managementPorts) CheckURL(env estate.Environment, url string) error {
	return webhook.CheckURL(env, url)
}

func (p managementPorts) Failing(endpoint string) bool { return p.c.webhooks.Failing(endpoint) }

// Try sends a made-up notification to an endpoint of the Management API.
func (p managementPorts) Try(ctx context.Context, endpoint, merchant, kind string, notification json.RawMessage) (management.Trial, error) {
	e, ok := p.c.registry.Endpoint(endpoint)
	if !ok {
		return management.Trial{}, errors.New("the webhook is deleted")
	}
	n := p.c.adyenNotifier()
	n.Endpoints = onTrial{p.c.registry}
	notice, err := n.Trial(e, merchant, kind, notification, p.c.now())
	if err != nil {
		return management.Trial{}, err
	}
	came, err := p.c.webhooks.Once(ctx, adyenDialect{n}, adyenNotice(notice))
	if err != nil {
		return management.Trial{}, err
	}
	return management.Trial{
		Sent: string(came.Request.Body), Status: came.Try.Status, Answer: came.Try.Reply,
		Took: time.Duration(came.Try.LatencyMS) * time.Millisecond, Failure: came.Try.Failure,
	}, nil
}

// trustOf is what certificates an endpoint takes.
func trustOf(e estate.Endpoint) webhook.Trust {
	return webhook.Trust{
		Expired: e.AcceptsExpired, SelfSigned: e.AcceptsSelfSigned, UntrustedRoot: e.AcceptsUntrustedRoot,
		TLS13: e.Encryption == "TLSv1.3",
	}
}
