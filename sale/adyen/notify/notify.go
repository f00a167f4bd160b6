// Package notify renders what Adyen's platform tells a merchant's systems without being asked: the standard
// webhooks about payments and refunds, those about the estate, and what terminals say (event and display
// notifications, and the answers to asynchronous requests).
//
// It promises that a notification says what was true when its fact was noted, whoever caused it and through
// whichever door, and that it is signed with the newest key of its endpoint at the moment it is sent. It keeps
// no key and no password, and sends nothing itself.
package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen"
)

// Dialect is the name under which these webhooks are kept.
const Dialect = estate.DialectAdyen

// Endpoints are who wants webhooks, and what signs them.
type Endpoints interface {
	EndpointsFor(dialect, account, group string) []estate.Endpoint
	Endpoint(id string) (estate.Endpoint, bool)
	OpenSecrets(now time.Time, id string) ([]string, error)
	OpenPassword(id string) (string, error)
}

// Directory is the estate as notifications name it.
type Directory interface {
	Account(id string) (estate.Account, bool)
	Group(id string) (estate.Group, bool)
	Shop(id string) (estate.Shop, bool)
	Terminal(tid string) (estate.Terminal, bool)
}

// Settings are what the terminals are to have.
type Settings interface {
	// Setting gives a setting in effect, in clear.
	Setting(at estate.Owner, name string) (json.RawMessage, estate.Owner, bool)
}

// Records reads streams of the journal.
type Records interface {
	Load(stream string) (journal.Stream, bool, error)
	StreamEntries(stream string, upTo uint64) ([]journal.Entry, error)
}

// Notice is one notification to deliver: the same in every try.
type Notice struct {
	// Endpoint is the id of the endpoint; for a URL of a terminal's settings, a name of it.
	Endpoint string
	// Queue is the endpoint's: what is newer waits behind what is not acknowledged.
	Queue       string
	Stream      string // that the fact is of
	Reference   string // the merchant's
	Account     string // whose endpoint it is
	Group       string
	Environment string
	Event       string
	URL         string
	Body        []byte // unsigned
}

// Request is one try of a Notice.
type Request struct {
	URL    string
	Header http.Header
	Body   []byte
	// Endpoint is the endpoint as it is now; of a URL of the settings only the URL is known.
	Endpoint estate.Endpoint
}

// Notifier renders, signs and judges Adyen's notifications.
type Notifier struct {
	Environment string // test or live
	Endpoints   Endpoints
	Directory   Directory
	Settings    Settings
	Records     Records
	Random      io.Reader // for the nonces of encrypted notifications
}

// Render tells which notifications a fact calls for.
func (n *Notifier) Render(e journal.Entry) ([]Notice, error) {
	switch journal.Kind(e.Stream) {
	case "order":
		return n.payment(e)
	case adyen.ExchangeKind:
		return n.answered(e)
	}
	if e.Kind == adyen.KindTerminalNotified {
		return n.notified(e)
	}
	return n.managed(e)
}

// Prepare makes one try; ok is false when nobody wants it any more.
func (n *Notifier) Prepare(notice Notice, now time.Time) (r Request, ok bool, err error) {
	if isURL(notice.Endpoint) {
		return n.prepareURL(notice)
	}
	endpoint, ok := n.Endpoints.Endpoint(notice.Endpoint)
	if !ok || !endpoint.Active {
		return Request{}, false, nil
	}
	r = Request{URL: endpoint.URL, Header: http.Header{}, Body: notice.Body, Endpoint: endpoint}
	r.Header.Set("Content-Type", "application/json")
	if endpoint.Type != estate.EndpointTerminalAPI { // what terminals say is not signed
		secrets, err := n.Endpoints.OpenSecrets(now, endpoint.ID)
		if err == nil && len(secrets) > 0 {
			err = r.sign(secrets[0])
		}
		if err != nil {
			return Request{}, false, err
		}
	}
	if endpoint.Username != "" {
		password, err := n.Endpoints.OpenPassword(endpoint.ID)
		if err != nil {
			return Request{}, false, err
		}
		r.authenticate(endpoint.Username, password)
	}
	return r, true, nil
}

func (r *Request) authenticate(username, password string) {
	(&http.Request{Header: r.Header}).SetBasicAuth(username, password)
}

// sign signs the item of a standard webhook within itself, and any other body whole in a header.
func (r *Request) sign(secret string) error {
	key, err := hex.DecodeString(secret)
	if err != nil {
		return fmt.Errorf("notify: HMAC key of %s: %w", r.Endpoint.ID, err)
	}
	if r.Endpoint.Type != estate.EndpointStandard {
		r.Header.Set("HmacSignature", sum(key, r.Body))
		r.Header.Set("protocol", "HmacSHA256")
		return nil
	}
	var body notification
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return fmt.Errorf("notify: body of a notification: %w", err)
	}
	for i := range body.Items {
		it := &body.Items[i].Item
		if it.AdditionalData == nil {
			it.AdditionalData = map[string]string{}
		}
		it.AdditionalData["hmacSignature"] = sum(key, it.signed())
	}
	r.Body, err = json.Marshal(body)
	return err
}

func sum(key, message []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(message)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Judge says in words why a reply does not acknowledge; empty when it does.
func (n *Notifier) Judge(status int, _ []byte) string {
	switch {
	case status >= 200 && status < 300:
		return ""
	case status >= 300 && status < 400:
		return fmt.Sprintf("your endpoint redirects (%d): give the final URL, redirects are not followed", status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Sprintf("your endpoint refuses (%d): check user name and password", status)
	}
	return fmt.Sprintf("your endpoint answered %d: any status from 200 to 299 acknowledges", status)
}

// Schedule is when a notification that is not acknowledged is sent again: after each of the delays, then every
// so often until it is too old. After so many failed tries people are told.
func Schedule() (delays []time.Duration, every, until time.Duration, warn int) {
	m, h := time.Minute, time.Hour
	return []time.Duration{2 * m, 5 * m, 10 * m, 15 * m, 30 * m, h, 2 * h, 4 * h}, 8 * h, 30 * 24 * h, 6
}

// wanted are the endpoints of a type that want an event of a group of an account.
func (n *Notifier) wanted(kind, event, account, group string) (list []estate.Endpoint) {
	for _, e := range n.Endpoints.EndpointsFor(Dialect, account, group) {
		if e.Type == kind && e.Wants(event) {
			list = append(list, e)
		}
	}
	return list
}

// notices makes one notice for each endpoint. It belongs to whom the endpoint belongs to: a company's is no
// account's to see.
func (n *Notifier) notices(to []estate.Endpoint, like Notice) (list []Notice) {
	for _, e := range to {
		one := like
		one.Endpoint, one.Queue, one.URL, one.Environment = e.ID, e.ID, e.URL, n.Environment
		one.Account, one.Group = e.Account, e.Group
		list = append(list, one)
	}
	return list
}
