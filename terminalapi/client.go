package terminalapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kassa/nexo"
)

// Transport is the API that carries the messages.
type Transport string

// The transports. They differ in their paths, and in what they say of a terminal that is not reached.
const (
	// TerminalCloud has /sync, /async and /connectedTerminals. It is what an empty Transport means.
	TerminalCloud Transport = "terminal-cloud"
	// CloudDevice is version 1 of the Cloud Device API, below /merchants/{merchant}/devices/{POIID}.
	CloudDevice Transport = "cloud-device"
)

// DefaultTimeout is how long an answer may take: a terminal ends a payment after 150 s.
const DefaultTimeout = 180 * time.Second

// Client speaks with one terminal for one register. Its fields are not changed once it is in use; then
// it may be used by several goroutines at once.
type Client struct {
	// BaseURL is where the paths of the transport begin, without a slash at its end; for CloudDevice
	// it ends in /v1.
	BaseURL string
	// Key goes into X-API-Key.
	Key       string
	Merchant  string // the merchant account; CloudDevice and ConnectedTerminals need it
	POIID     string // the terminal, as model-serial
	SaleID    string // the register
	Transport Transport
	// HTTP sends; nil is a client of its own. A Timeout of it that is shorter than a payment makes
	// outcomes unknown. Redirects are not followed: they would send a payment twice.
	HTTP *http.Client
	// Timeout is for one answer; 0 is DefaultTimeout. A Question may take a minute more than its Wait.
	Timeout time.Duration
	// Poll is the time between two questions of Resolve; 0 is 5 s.
	Poll time.Duration
	// Encryption encrypts every message, where it is not nil.
	Encryption *Encryption
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// NewServiceID makes an identity of 10 characters for a request: 50 bits of chance, so that none comes
// twice within the 48 h for which it has to be unique.
func NewServiceID() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var id [10]byte
	_, _ = rand.Read(id[:]) // it never fails
	for i, b := range id {
		id[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(id[:])
}

// Request is a message to send.
type Request struct {
	Category nexo.Category
	// ServiceID is 1 to 10 letters and digits, unique for the terminal within 48 h; empty: made.
	ServiceID string
	// Body becomes the property named after the category, such as PaymentRequest.
	Body any
}

// Reference is how a request of this client is named, once it has its ServiceID.
func (c *Client) Reference(category nexo.Category, serviceID string) Reference {
	return Reference{Category: category, SaleID: c.SaleID, ServiceID: serviceID, POIID: c.POIID}
}

// Sync sends a message and waits for its answer. The answer to an abort is empty. A nexo failure in the
// answer is not looked at here: the methods for each category do.
func (c *Client) Sync(ctx context.Context, r Request) (Message, error) { return c.send(ctx, "sync", r) }

// Async sends a message and does not wait for its answer, which comes as a notification: see
// [Client.ReadNotification]. Without an error it was given to the terminal.
func (c *Client) Async(ctx context.Context, r Request) (Reference, error) {
	if r.ServiceID == "" {
		r.ServiceID = NewServiceID()
	}
	_, err := c.send(ctx, "async", r)
	return c.Reference(r.Category, r.ServiceID), err
}

func (c *Client) send(ctx context.Context, way string, r Request) (Message, error) {
	if r.ServiceID == "" {
		r.ServiceID = NewServiceID()
	}
	header := Header{ProtocolVersion: nexo.ProtocolVersion, MessageClass: classOf(r.Category), MessageCategory: r.Category,
		MessageType: nexo.TypeRequest, ServiceID: r.ServiceID, SaleID: c.SaleID, POIID: c.POIID}
	if err := c.check(header); err != nil {
		return Message{}, err
	}
	envelope, err := json.Marshal(map[string]any{"SaleToPOIRequest": map[string]any{"MessageHeader": header, string(r.Category) + "Request": r.Body}})
	if err != nil {
		return Message{}, wrong("Body", "cannot be sent: %v", err)
	}
	if c.Encryption != nil {
		if envelope, err = c.Encryption.seal(header, envelope); err != nil {
			return Message{}, err
		}
	}
	address := c.BaseURL + "/" + way
	if c.Transport == CloudDevice {
		address = c.BaseURL + "/merchants/" + url.PathEscape(c.Merchant) + "/devices/" + url.PathEscape(c.POIID) + "/" + way
	}
	unknown := func(cause error) error {
		return &Unknown{Reference: c.Reference(r.Category, r.ServiceID), Cause: cause}
	}
	raw, err := c.call(ctx, http.MethodPost, address, envelope)
	if lost(err) {
		return Message{}, unknown(err)
	}
	if err != nil {
		return Message{}, err
	}
	if acknowledged(raw) && (way == "async" || r.Category == nexo.CategoryAbort) {
		return Message{}, nil
	}
	m, err := c.answer(raw, header)
	if rejected := (*Reject)(nil); err != nil && (!errors.As(err, &rejected) || rejected.Cause == NoAnswer || rejected.Cause == Unexplained) {
		err = unknown(err)
	}
	return m, err
}

// check holds what the header of every message needs.
func (c *Client) check(h Header) error {
	switch {
	case c.BaseURL == "":
		return wrong("BaseURL", "is missing")
	case h.POIID == "":
		return wrong("POIID", "is missing")
	case h.SaleID == "":
		return wrong("SaleID", "is missing")
	case c.Transport == CloudDevice && c.Merchant == "":
		return wrong("Merchant", "is missing")
	case len(h.ServiceID) > 10 || strings.Trim(strings.ToUpper(h.ServiceID), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return wrong("ServiceID", "must be 1 to 10 letters and digits")
	}
	return nil
}

// answer reads the body of an answer to the request with this header.
func (c *Client) answer(raw []byte, asked Header) (Message, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return Message{}, ErrNoAnswer
	}
	m, err := c.read(raw)
	if err != nil {
		return m, err
	}
	if r := m.reject(); r != nil {
		return m, r
	}
	asked.MessageType = nexo.TypeResponse
	if !m.Response || m.Header.identity() != asked.identity() {
		return m, ErrOtherMessage
	}
	return m, nil
}

// read takes a message out of its envelope, encrypted or not.
func (c *Client) read(raw []byte) (Message, error) {
	p, response, err := open(raw)
	if err != nil {
		return Message{}, err
	}
	sealed := p["NexoBlob"] != nil
	if sealed {
		if c.Encryption == nil {
			return Message{}, ErrNotAuthentic
		}
		text, err := c.Encryption.unseal(p)
		if err != nil {
			return Message{}, err
		}
		if p, response, err = open(text); err != nil {
			return Message{}, err
		}
	}
	m, err := p.message(response)
	if err == nil && c.Encryption != nil && !sealed && m.succeeded() {
		err = ErrNotAuthentic
	}
	return m, err
}

// maxAnswer is the most that is read of an answer, in bytes.
const maxAnswer = 4 << 20

// call does one HTTP exchange. An answer of 200 is returned; another becomes an HTTPError.
func (c *Client) call(ctx context.Context, method, address string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, wrong("BaseURL", "is no address: %v", err)
	}
	request.Header.Set("X-API-Key", c.Key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	sender := http.Client{}
	if c.HTTP != nil {
		sender = *c.HTTP
	}
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := sender.Do(request)
	if err != nil {
		if unconnected(err) {
			err = &Unsent{Cause: err}
		}
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if response.StatusCode != http.StatusOK {
		return nil, httpError(response.StatusCode, raw)
	}
	if len(raw) > maxAnswer {
		return nil, ErrNotAnswer
	}
	return raw, err
}

// unconnected tells whether a request failed before there was a connection that could carry it.
func unconnected(err error) bool {
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate) || errors.As(err, &op) && op.Op == "dial"
}

// lost tells whether a request may have been carried out although this came back.
func lost(err error) bool {
	var unsent *Unsent
	var input *InputError
	var status *HTTPError
	if err == nil || errors.As(err, &unsent) || errors.As(err, &input) {
		return false
	}
	return !errors.As(err, &status) || status.Status >= 500 || status.Status == http.StatusRequestTimeout
}

// httpError reads both forms of an error: the one with message and errorType, and RFC 7807's.
func httpError(status int, raw []byte) error {
	var body struct {
		ErrorCode, Title, Message, Detail, RequestID string
		InvalidFields                                []InvalidField
	}
	e := &HTTPError{Status: status}
	if json.Unmarshal(raw, &body) == nil {
		e.ErrorCode, e.Title, e.RequestID, e.Invalid = body.ErrorCode, body.Title, body.RequestID, body.InvalidFields
		if e.Message = body.Detail; e.Message == "" {
			e.Message = body.Message
		}
	}
	return e
}

// ReadNotification reads what a terminal sends to the register's own address: an event, a display
// notification, or the answer to an asynchronous request. With Encryption it takes no success in clear.
func (c *Client) ReadNotification(body []byte) (Message, error) { return c.read(body) }

func (c *Client) timeout() time.Duration {
	if c.Timeout == 0 {
		return DefaultTimeout
	}
	return c.Timeout
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// stamp is an instant as the API writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
