package multisafepay

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kassa"
	"kassa/journal"
)

// Notice is one webhook to deliver: the same in every try.
type Notice struct {
	// Order is the order's stream; notices of one order arrive in their order.
	Order       string
	OrderRef    string
	Account     string
	Group       string
	Environment string
	Event       string // what happened: declined, completed, cancelled, refund, capture, updated
	URL         string // as the merchant gave it
	Method      string
	Body        []byte
}

// Request is one try of a Notice.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Notifier renders, signs and judges the dialect's webhooks.
type Notifier struct {
	Records   Records
	Directory Directory
	Signer    Signer
}

// Render tells which webhook a fact calls for; ok is false for most. The body is the order as it
// was when the fact had been noted, whatever has happened since.
func (n *Notifier) Render(entry journal.Entry) (notice Notice, ok bool, err error) {
	if journal.Kind(entry.Stream) != "order" {
		return Notice{}, false, nil
	}
	what, err := trigger(entry)
	if err != nil || what == "" {
		return Notice{}, false, err
	}
	o, err := journal.OrderAt(n.Records.StreamEntries, entry) // a soft decline shows declined although its step-up has begun
	if err != nil || o.Dialect != Dialect {
		return Notice{}, false, err
	}
	group, _ := n.Directory.Group(o.Scope)
	kept, err := readKept(o)
	if err != nil {
		return Notice{}, false, fmt.Errorf("multisafepay: what was kept with %s: %w", entry.Stream, err)
	}
	notice = Notice{
		Order: entry.Stream, OrderRef: o.Ref, Account: o.Account, Group: o.Scope, Environment: o.Environment,
		Event: what, URL: group.WebhookURL, Method: http.MethodPost,
	}
	if u, ok := kept["notification_url"].(string); ok {
		notice.URL = u
	}
	switch {
	case notice.URL == "":
		return Notice{}, false, nil
	case kept["notification_method"] == http.MethodGet:
		notice.Method = http.MethodGet
	default:
		notice.Body = encode(orderObject(&o, group))
	}
	return notice, true, nil
}

// trigger names what a fact tells the merchant, or nothing.
func trigger(entry journal.Entry) (string, error) {
	switch entry.Kind {
	case "AttemptClosed":
		event, err := kassa.DecodeEvent(entry.Kind, entry.Payload)
		if err != nil {
			return "", err
		}
		if closed, ok := event.(kassa.AttemptClosed); ok && closed.Status == kassa.AttemptDeclined {
			return "declined", nil
		}
	case "OrderNoted":
		return "updated", nil
	case "OrderCompleted":
		return "completed", nil
	case "OrderCancelled", "OrderExpired":
		return "cancelled", nil
	case "CaptureSettled", "HoldClosed":
		return "capture", nil
	case "RefundTaken", "RefundSettled", "RefundVoidSettled":
		return "refund", nil
	}
	return "", nil
}

// Prepare makes one try: with the instant's timestamp in the address, and signed if it has a body.
func (n *Notifier) Prepare(notice Notice, now time.Time) (Request, error) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	joint := "?"
	if strings.Contains(notice.URL, "?") {
		joint = "&"
	}
	r := Request{
		Method: notice.Method, Header: http.Header{},
		URL: notice.URL + joint + "transactionid=" + url.QueryEscape(notice.OrderRef) + "&timestamp=" + timestamp,
	}
	if notice.Method == http.MethodGet {
		return r, nil
	}
	sum, err := n.Signer.HMAC(notice.Group, append([]byte(timestamp+":"), notice.Body...))
	if err != nil {
		return Request{}, fmt.Errorf("multisafepay: sign with the key of group %s: %w", notice.Group, err)
	}
	r.Body = notice.Body
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Auth", base64.StdEncoding.EncodeToString([]byte(timestamp+":"+hex.EncodeToString(sum))))
	return r, nil
}

// Delays are the times after which a webhook that was not acknowledged is sent again: three times, a quarter
// of an hour apart.
func (n *Notifier) Delays() []time.Duration {
	return []time.Duration{15 * time.Minute, 15 * time.Minute, 15 * time.Minute}
}

// Judge says in words why a reply does not acknowledge a webhook; empty when it does.
func (n *Notifier) Judge(status int, reply []byte) string {
	switch {
	case status == http.StatusOK && bytes.Contains(reply[:min(len(reply), 100)], []byte("OK")):
		return "" // MULTISAFEPAY_OK ends in OK too
	case status == http.StatusOK:
		return "your body lacks OK: the first 100 bytes must hold OK or MULTISAFEPAY_OK"
	case status == http.StatusNoContent:
		return "your endpoint answered 204 without a body: it must answer 200 with OK in the body"
	case status >= 300 && status < 400:
		return fmt.Sprintf("your endpoint redirects (%d): give the final URL, redirects are not followed", status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Sprintf("your endpoint refuses (%d): a login or an address filter stands before it", status)
	case status == http.StatusNotFound || status == http.StatusGone:
		return fmt.Sprintf("your endpoint is not there (%d): the URL is wrong", status)
	case status == http.StatusMethodNotAllowed:
		return "your endpoint does not take this method (405): set notification_method"
	case status >= 500:
		return fmt.Sprintf("your endpoint failed (%d)", status)
	}
	return fmt.Sprintf("your endpoint answered %d: it must answer 200 with OK in the body", status)
}
