// Package notify renders the native API's webhooks: every public fact of the journal as a CloudEvent, signed
// as Standard Webhooks are, for each endpoint that wants it.
//
// It promises that an event has the same id and body at every endpoint, in every try and in the event feed,
// and that an endpoint hears of its owner's facts only. It tells nobody about webhooks themselves, and keeps
// no secret.
package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/journal/event"
)

// Dialect is the name under which these webhooks are kept.
const Dialect = estate.DialectNative

// Endpoints are who wants webhooks, and the secrets that sign them.
type Endpoints interface {
	EndpointsFor(dialect, account, group string) []estate.Endpoint
	Endpoint(id string) (estate.Endpoint, bool)
	OpenSecrets(now time.Time, id string) ([]string, error)
	OpenPassword(id string) (string, error)
}

// Owners tells whose a fact is.
type Owners interface {
	Group(id string) (estate.Group, bool)
	Account(id string) (estate.Account, bool)
}

// Records reads streams of the journal.
type Records interface {
	Load(stream string) (journal.Stream, bool, error)
}

// Notice is one webhook to deliver: the same in every try.
type Notice struct {
	Endpoint    string // its id
	Queue       string // its own: events wait for nobody
	Stream      string // that the fact is of
	Reference   string // of the order, if it is about one
	Account     string // whose endpoint it is; empty for the installation's
	Group       string
	Environment string
	Event       string
	URL         string
	Body        []byte
}

// Notifier renders, signs and judges the native webhooks.
type Notifier struct {
	Environment string // test or live
	Endpoints   Endpoints
	Owners      Owners
	Records     Records
}

// Render tells which webhooks a fact calls for: one for each endpoint of its owner that wants its type.
func (n *Notifier) Render(e journal.Entry) ([]Notice, error) {
	if journal.Kind(e.Stream) == "webhook" { // or each webhook would call for another
		return nil, nil
	}
	account, group := n.owner(e.Scope)
	var wanted []estate.Endpoint
	kind := event.Type(e.Kind)
	for _, endpoint := range n.Endpoints.EndpointsFor(Dialect, account, group) {
		if endpoint.Wants(kind) {
			wanted = append(wanted, endpoint)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	reference, err := n.reference(e)
	if err != nil {
		return nil, err
	}
	told := event.Of(n.Environment, e, reference)
	body, err := json.Marshal(told)
	if err != nil {
		return nil, fmt.Errorf("notify: encode %s: %w", told.ID, err)
	}
	list := make([]Notice, 0, len(wanted))
	for _, endpoint := range wanted {
		list = append(list, Notice{
			Endpoint: endpoint.ID, Queue: endpoint.ID + "/" + told.ID, Stream: e.Stream, Reference: reference,
			Account: endpoint.Account, Group: endpoint.Group, Environment: n.Environment, Event: told.Type, URL: endpoint.URL, Body: body,
		})
	}
	return list, nil
}

// owner is the account, and the group, that a scope names. A scope that could be either belongs to nobody
// but the installation.
func (n *Notifier) owner(scope string) (account, group string) {
	g, isGroup := n.Owners.Group(scope)
	a, isAccount := n.Owners.Account(scope)
	switch {
	case isGroup && (!isAccount || g.Account == a.ID):
		return g.Account, g.ID
	case isAccount && !isGroup:
		return a.ID, ""
	}
	return "", ""
}

// reference is what the merchant calls the order that a fact is about.
func (n *Notifier) reference(e journal.Entry) (string, error) {
	if journal.Kind(e.Stream) != "order" {
		return "", nil
	}
	s, ok, err := n.Records.Load(e.Stream)
	if err != nil || !ok {
		return "", err
	}
	var o kassa.Order
	if err := json.Unmarshal(s.State, &o); err != nil {
		return "", fmt.Errorf("notify: state of %s: %w", e.Stream, err)
	}
	return o.Ref, nil
}

// Request is one try of a Notice.
type Request struct {
	URL    string
	Header http.Header
	Body   []byte
	// Endpoint is the endpoint as it is now.
	Endpoint estate.Endpoint
}

// Prepare makes one try, signed for the instant with every secret that is good; ok is false when the endpoint
// wants nothing any more.
func (n *Notifier) Prepare(notice Notice, now time.Time) (r Request, ok bool, err error) {
	endpoint, ok := n.Endpoints.Endpoint(notice.Endpoint)
	if !ok || !endpoint.Active {
		return Request{}, false, nil
	}
	var told struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(notice.Body, &told); err != nil {
		return Request{}, false, fmt.Errorf("notify: body of a webhook: %w", err)
	}
	secrets, err := n.Endpoints.OpenSecrets(now, endpoint.ID)
	if err != nil {
		return Request{}, false, err
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	r = Request{URL: endpoint.URL, Header: http.Header{}, Body: notice.Body, Endpoint: endpoint}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", told.ID)
	r.Header.Set("webhook-timestamp", stamp)
	var signatures []string
	for _, secret := range secrets {
		s, err := sign(secret, told.ID+"."+stamp+".", notice.Body)
		if err != nil {
			return Request{}, false, err
		}
		signatures = append(signatures, s)
	}
	if len(signatures) > 0 {
		r.Header.Set("webhook-signature", strings.Join(signatures, " "))
	}
	if endpoint.Username != "" {
		password, err := n.Endpoints.OpenPassword(endpoint.ID)
		if err != nil {
			return Request{}, false, err
		}
		(&http.Request{Header: r.Header}).SetBasicAuth(endpoint.Username, password)
	}
	return r, true, nil
}

// sign is a signature of the first version: HMAC-SHA256 in base64 (Standard Webhooks 1.0).
func sign(secret, head string, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", fmt.Errorf("notify: secret of an endpoint: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(head))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// Judge says in words why a reply does not acknowledge; empty when it does.
func (n *Notifier) Judge(status int, _ []byte) string {
	switch {
	case status >= 200 && status < 300:
		return ""
	case status >= 300 && status < 400:
		return fmt.Sprintf("your endpoint redirects (%d): give the final URL, redirects are not followed", status)
	}
	return fmt.Sprintf("your endpoint answered %d: any status from 200 to 299 acknowledges", status)
}

// Delays are the times after which an event that was not acknowledged is sent again: for about three days.
func Delays() []time.Duration {
	m, h := time.Minute, time.Hour
	return []time.Duration{5 * time.Second, 5 * m, 30 * m, 2 * h, 5 * h, 10 * h, 14 * h, 20 * h, 24 * h}
}

// WarnAfter is the number of failed tries after which people are told.
const WarnAfter = 5

// Test is the webhook that the test button sends.
func (n *Notifier) Test(endpoint estate.Endpoint, now time.Time) (Notice, error) {
	body, err := json.Marshal(event.Event{
		SpecVersion: "1.0", ID: fmt.Sprintf("evt_%s_test_%d", n.Environment, now.UnixNano()), Source: "/kassa/" + n.Environment,
		Type: "endpoint.test", Subject: "endpoint/" + endpoint.ID, Time: now.UTC(), DataContentType: "application/json",
		Data: json.RawMessage(`{"test":true}`), Sequence: "0",
	})
	if err != nil {
		return Notice{}, fmt.Errorf("notify: encode a test: %w", err)
	}
	return Notice{
		Endpoint: endpoint.ID, Account: endpoint.Account, Group: endpoint.Group, Environment: n.Environment,
		Event: "endpoint.test", URL: endpoint.URL, Body: body,
	}, nil
}
