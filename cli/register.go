package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// register speaks MultiSafepay's API as a cash register does: with a group key, and nothing that
// Kassa alone has.
type register struct{ *client }

func newRegister() (register, error) {
	c, err := newClient()
	if err == nil && c.at.Key == "" {
		err = Failure{Failed, "no MultiSafepay key is known for " + c.at.URL, "set KASSA_MSP_KEY to the key of a terminal group; kassa dev prints one"}
	}
	return register{c}, err
}

// envelope is every answer of the dialect.
type envelope struct {
	Status    int             `json:"-"`
	Success   bool            `json:"success"`
	Data      json.RawMessage `json:"data"`
	ErrorCode int             `json:"error_code"`
	ErrorInfo string          `json:"error_info"`
	Warnings  json.RawMessage `json:"warnings"`
}

// failure is a refusal as an error.
func (e envelope) failure() error {
	f := Failure{Failed, fmt.Sprintf("%s (error %d)", e.ErrorInfo, e.ErrorCode), "docs/divergences/multisafepay.md tells what Kassa takes"}
	switch e.Status {
	case http.StatusUnauthorized:
		f.Next = "set KASSA_MSP_KEY to the key of the terminal's group"
	case http.StatusBadRequest:
		f.Code, f.Next = Usage, "see kassa orders create --help"
	}
	switch e.ErrorCode {
	case 1023:
		f.Code, f.Next = NotFound, "kassa terminals lists what there is"
	case 1006:
		f.Next = "kassa orders list shows what there is"
	}
	return f
}

// call makes a request; the error tells that no answer in the dialect came, and so nothing of
// whether the request was taken.
func (r register) call(ctx context.Context, method, path string, body any) (e envelope, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	q, err := r.request(ctx, method, "/v1/json/"+path, body)
	if err != nil {
		return e, err
	}
	q.Header.Set("api_key", r.at.Key)
	answer, err := r.http.Do(q)
	if err != nil {
		return e, r.unreachable(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return e, r.unreachable(err)
	}
	if json.Unmarshal(raw, &e) != nil {
		return e, Failure{Failed, "the answer of " + r.at.URL + " is not MultiSafepay's", "check KASSA_URL"}
	}
	e.Status = answer.StatusCode
	return e, nil
}

// asked is an order as a register makes it.
type asked struct {
	ID, Terminal, Description, NotifyURL, NotifyMethod string
	Amount                                             int64
}

func (a asked) body() map[string]any {
	body := map[string]any{
		"type": "redirect", "order_id": a.ID, "currency": "EUR", "amount": a.Amount, "description": a.Description,
		"gateway_info": map[string]any{"terminal_id": a.Terminal},
	}
	if a.NotifyURL != "" {
		options := map[string]any{"notification_url": a.NotifyURL}
		if a.NotifyMethod != "" {
			options["notification_method"] = a.NotifyMethod
		}
		body["payment_options"] = options
	}
	return body
}

// made is what the dialect answers to a new order.
type made struct {
	OrderID     string `json:"order_id"`
	EventsToken string `json:"events_token"`
	StreamURL   string `json:"events_stream_url"`
}

// create makes an order. Whether it exists is not known after an error: ask for it by its id.
func (r register) create(ctx context.Context, a asked) (m made, e envelope, err error) {
	if e, err = r.call(ctx, http.MethodPost, "orders", a.body()); err != nil || !e.Success {
		return m, e, err
	}
	return m, e, json.Unmarshal(e.Data, &m)
}

// seen is the part of an order object that the verbs read.
type seen struct {
	OrderID         string  `json:"order_id"`
	Status          string  `json:"status"`
	FinancialStatus *string `json:"financial_status"`
	AmountRefunded  int64   `json:"amount_refunded"`
	Reason          string  `json:"reason"`
}

func (r register) get(ctx context.Context, id string) (o seen, raw json.RawMessage, err error) {
	e, err := r.call(ctx, http.MethodGet, "orders/"+url.PathEscape(id), nil)
	if err == nil && !e.Success {
		err = e.failure()
	}
	if err != nil {
		return o, nil, err
	}
	return o, e.Data, json.Unmarshal(e.Data, &o)
}

// statuses reads an order's event stream. The address is where Kassa says, if that is where we
// found Kassa: the key of a stream goes nowhere else.
// It begins with the first event, and not with the newest as for a till that comes late.
func (r register) statuses(ctx context.Context, m made, each func(status string, raw []byte) error) error {
	u, err := url.Parse(m.StreamURL)
	if err != nil {
		return Failure{Failed, "the address of the event stream cannot be parsed", "check KASSA_URL"}
	}
	ask := func(ctx context.Context) (*http.Request, error) {
		q, err := r.request(ctx, http.MethodGet, u.EscapedPath(), nil)
		if err == nil {
			q.Header.Set("Authorization", m.EventsToken)
		}
		return q, err
	}
	return r.follow(ctx, stream{ask: ask, last: "1", each: func(_ string, data []byte) error {
		var frame struct{ Status string }
		if json.Unmarshal(data, &frame) != nil {
			return Failure{Failed, "an event of the stream is not what Kassa writes", "check KASSA_URL"}
		}
		if err := each(frame.Status, data); err != nil {
			return err
		}
		if frame.Status == "completed" || frame.Status == "cancelled" {
			return errDone
		}
		return nil
	}})
}

// freshID makes an order id that nobody else has.
func freshID(prefix string) string {
	return prefix + "-" + strings.ToLower(rand.Text()[:10])
}
