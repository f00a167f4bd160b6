package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"kassa/charging"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen"
	adyenhooks "kassa/sale/adyen/notify"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
	"kassa/webhook"
)

// This file joins what Kassa's own API asks for with who can give it.

func (c *cloud) nativeAPI(o serveOptions, door multisafepay.Directory, signer multisafepay.Signer) (*native.Handler, error) {
	// The same dialect as the webhooks', for whom every group has an address.
	heard := notices{&multisafepay.Notifier{Records: c.store, Directory: everyoneListens{door}, Signer: signer}, c.adyenNotifier()}
	heard.adyen.Endpoints = listener{c.registry}
	return native.New(native.Config{
		Environment: c.registry.Environment(), Registry: c.registry, Callers: callers{c.guard}, Links: links{c}, Parts: nativePorts{c},
		Orders: c.engine, Records: c.store, Feed: c.store, Notices: heard, Deliveries: deliveries{c.webhooks, c.store.Streams},
		Papers: receiptPorts{c}, Clock: clockPorts{c}, Webhooks: endpoints{c}, Doctor: doctorPorts{c.clinic}, Rules: doctorPorts{c.clinic}.rules(), Board: boardPorts{c.board}, Workshop: jobPorts{c}, Logs: logPorts{c}, Cases: casePorts{c.cases}, CaseFiles: casePorts{c.cases}, Connections: connectionPorts{c.ocpi, c.registry}, Operators: heardWorlds{c.operators, c.feed}, Placing: c.operators, ProviderKeys: c.feed, Charges: chargePorts{c.charging}, Refused: c.refusals.refused, Write: c.store.Submit,
		Heartbeat: o.heartbeatOrUsual(), Dialects: []string{multisafepay.Dialect, adyen.Dialect, charging.Dialect}, Now: c.now, Wall: time.Now,
	})
}

// endpoints sends to those who want this API's events.
type endpoints struct{ c *cloud }

func (e endpoints) CheckURL(url string) error {
	return webhook.CheckURL(e.c.registry.Environment(), url)
}

// nowhere stands for the address of who listens without one. No name ends in .invalid (RFC 6761).
const nowhere = "http://listener.invalid/"

// everyoneListens gives every group an address for its webhooks.
type everyoneListens struct{ multisafepay.Directory }

func (e everyoneListens) Group(id string) (estate.Group, bool) {
	g, ok := e.Directory.Group(id)
	if g.WebhookURL == "" {
		g.WebhookURL = nowhere
	}
	return g, ok
}

// listener is the endpoint that every account has for who listens: of standard webhooks, signed with the key
// of one that is there.
type listener struct{ *estate.Registry }

func (l listener) EndpointsFor(dialect, account, group string) []estate.Endpoint {
	heard := estate.Endpoint{ID: "listener", Dialect: dialect, Type: estate.EndpointStandard, URL: nowhere, Active: true}
	for _, e := range l.Registry.EndpointsFor(dialect, account, group) {
		if e.Type == heard.Type && len(e.Secrets) > 0 {
			heard.ID = e.ID
			break
		}
	}
	return []estate.Endpoint{heard}
}

func (l listener) Endpoint(id string) (estate.Endpoint, bool) {
	return estate.Endpoint{ID: id, Type: estate.EndpointStandard, URL: nowhere, Active: true}, true
}

func (l listener) OpenSecrets(now time.Time, id string) ([]string, error) {
	if _, ok := l.Registry.Endpoint(id); !ok {
		return nil, nil
	}
	return l.Registry.OpenSecrets(now, id)
}

// notices are the webhooks of the dialects, without their addresses.
type notices struct {
	msp   *multisafepay.Notifier
	adyen *adyenhooks.Notifier
}

func (n notices) Notice(e journal.Entry, now time.Time) (native.Notice, bool, error) {
	rendered, ok, err := n.msp.Render(e)
	if err != nil {
		return native.Notice{}, false, err
	}
	if !ok {
		return n.standard(e, now)
	}
	rendered.URL = nowhere
	request, err := n.msp.Prepare(rendered, now)
	if err != nil {
		return native.Notice{}, false, err
	}
	at, err := url.Parse(request.URL)
	if err != nil {
		return native.Notice{}, false, fmt.Errorf("address of the notice of %s: %w", e.Stream, err)
	}
	return native.Notice{
		ID: webhook.IDOf(e.Seq, ""), Dialect: multisafepay.Dialect, Event: rendered.Event,
		Order: strings.TrimPrefix(rendered.Order, "order/"), Reference: rendered.OrderRef, Group: rendered.Group,
		Method: request.Method, Query: at.RawQuery, Header: request.Header, Body: string(request.Body),
	}, true, nil
}

// standard gives the standard webhook of Adyen's that a fact calls for.
func (n notices) standard(e journal.Entry, now time.Time) (native.Notice, bool, error) {
	list, err := n.adyen.Render(e)
	if err != nil {
		return native.Notice{}, false, err
	}
	for _, rendered := range list {
		if rendered.URL != nowhere {
			continue
		}
		request, _, err := n.adyen.Prepare(rendered, now)
		return native.Notice{
			ID: webhook.IDOf(e.Seq, ""), Dialect: adyen.Dialect, Event: rendered.Event, Order: strings.TrimPrefix(rendered.Stream, "order/"),
			Reference: rendered.Reference, Group: rendered.Group, Method: "POST", Header: request.Header, Body: string(request.Body),
		}, err == nil, err
	}
	return native.Notice{}, false, nil
}

func (n notices) Judge(dialect string, status int, reply []byte) string {
	if dialect == adyen.Dialect {
		return n.adyen.Judge(status, reply)
	}
	return n.msp.Judge(status, reply)
}

// deliveries are the webhooks that were sent, or are to be.
type deliveries struct {
	d    *webhook.Deliverer
	page func(kind, after string, limit int) ([]journal.Stream, error)
}

func (d deliveries) Streams(seq uint64) ([]string, error) { return webhook.StreamsOf(seq, d.page) }

func (d deliveries) Read(s journal.Stream) (native.Delivery, error) {
	w, err := webhook.Read(s)
	if err != nil {
		return native.Delivery{}, err
	}
	return shownDelivery(w), nil
}

func shownOrRefused(w webhook.Delivery, err error) (native.Delivery, error) {
	switch {
	case errors.Is(err, webhook.ErrUnknown):
		return native.Delivery{}, native.ErrNoDelivery
	case errors.Is(err, webhook.ErrUnderWay):
		return native.Delivery{}, native.ErrUnderWay
	case err != nil:
		return native.Delivery{}, err
	}
	return shownDelivery(w), nil
}

// Ignore gives a waiting webhook up.
func (d deliveries) Ignore(ctx context.Context, id string) (native.Delivery, error) {
	return shownOrRefused(d.d.Ignore(ctx, id))
}

func (d deliveries) Resend(ctx context.Context, id string) (native.Delivery, error) {
	return shownOrRefused(d.d.Resend(ctx, id))
}

func shownDelivery(w webhook.Delivery) native.Delivery {
	order, ok := strings.CutPrefix(w.Order, "order/")
	if !ok { // it is about something else
		order = ""
	}
	shown := native.Delivery{
		ID: w.ID, Dialect: w.Dialect, Endpoint: w.Endpoint, Account: w.Account, Order: order, Reference: w.OrderRef, Group: w.Group, Event: w.Event,
		URL: w.URL, Method: w.Method, Status: string(w.Status), CreatedAt: w.CreatedAt, NextTry: w.Due, Attempts: []native.Try{},
	}
	for _, t := range w.Tries {
		shown.Attempts = append(shown.Attempts, native.Try(t))
	}
	return shown
}
