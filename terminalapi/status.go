package terminalapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"kassa/nexo"
)

// State is what is known of an earlier request.
type State string

// The states.
const (
	StateDone    State = "done"    // it has ended, as its answer says
	StateRunning State = "running" // it has not ended yet
	StateUnseen  State = "unseen"  // the terminal has never had it
)

// Outcome is what a status question found.
type Outcome struct {
	Reference Reference
	State     State
	// Body is the answer to the request, where it is done.
	Body json.RawMessage
	// Additional tells more about one that runs.
	Additional Additional
}

// Paid is the answer that [Client.Pay] would have given.
func (o Outcome) Paid() (Paid, error) {
	if err := o.needs(nexo.CategoryPayment); err != nil {
		return Paid{Reference: o.Reference}, err
	}
	paid, err := paidOf(o.Body, o.Reference)
	return paid, o.unread(err)
}

// Refunded is the answer that [Client.Refund] would have given.
func (o Outcome) Refunded() (Refunded, error) {
	if err := o.needs(CategoryReversal); err != nil {
		return Refunded{Reference: o.Reference}, err
	}
	done, err := refundedOf(o.Body, o.Reference)
	return done, o.unread(err)
}

// unread keeps an outcome open that was found and cannot be read, or that says that nobody knows it: a payment that
// Kassa has taken out of service (kassa.reason is parked) may have been charged.
func (o Outcome) unread(err error) error {
	failed, _ := err.(*Failure)
	if errors.Is(err, ErrNotAnswer) || failed != nil && failed.Additional["kassa.reason"] == "parked" {
		return &Unknown{Reference: o.Reference, Cause: err}
	}
	return err
}

func (o Outcome) needs(category nexo.Category) error {
	switch {
	case o.Reference.Category != category:
		return wrong("Reference", "names a message of category %s", o.Reference.Category)
	case o.State == StateUnseen:
		return &NotFound{Reference: o.Reference}
	case o.State != StateDone:
		return &Unknown{Reference: o.Reference, Cause: errors.New("it has not ended")}
	}
	return nil
}

// Status asks once what became of a request.
func (c *Client) Status(ctx context.Context, of Reference) (Outcome, error) {
	o := Outcome{Reference: of}
	m, err := c.Sync(ctx, Request{Category: CategoryTransactionStatus, Body: object{
		"ReceiptReprintFlag": true, "DocumentQualifier": []string{"CashierReceipt", "CustomerReceipt"}, "MessageReference": of.wire()}})
	if err != nil {
		return o, read(err)
	}
	var body struct {
		Response nexo.Response `json:"Response"`
		Repeated struct {
			Header *Header                    `json:"MessageHeader"`
			Body   map[string]json.RawMessage `json:"RepeatedResponseMessageBody"`
		} `json:"RepeatedMessageResponse"`
	}
	if json.Unmarshal(m.Body, &body) != nil {
		return o, ErrNotAnswer
	}
	o.Additional = ParseAdditional(body.Response.AdditionalResponse)
	switch body.Response.ErrorCondition {
	case "InProgress":
		o.State = StateRunning
		return o, nil
	case "NotFound":
		o.State = StateUnseen
		return o, nil
	}
	if err := failureOf(CategoryTransactionStatus, body.Response); err != nil {
		return o, err
	}
	if h := body.Repeated.Header; h != nil && h.ServiceID != of.ServiceID {
		return o, ErrOtherMessage
	}
	o.State, o.Body = StateDone, body.Repeated.Body[string(of.Category)+"Response"]
	if o.Body == nil {
		return o, ErrNotAnswer
	}
	return o, nil
}

// Resolve asks what became of a request until it is known, for as long as ctx lasts; then it returns
// an [Unknown] again. It returns an outcome that is done, or a [NotFound]: the terminal has never had
// the request, and a new one is safe. That is believed when it is said twice, one Poll apart, as the
// first question may have overtaken a request that was still on its way.
//
// It never sends the request again. A question that cannot be sent, or a key that is no longer taken,
// ends it at once: Unknown.
func (c *Client) Resolve(ctx context.Context, of Reference) (Outcome, error) {
	poll := c.Poll
	if poll == 0 {
		poll = 5 * time.Second
	}
	for unseen := 0; ; {
		o, err := c.Status(ctx, of)
		var status *HTTPError
		var input *InputError
		switch {
		case err == nil && o.State == StateDone:
			return o, nil
		case err == nil && o.State == StateUnseen:
			if unseen++; unseen == 2 {
				return o, &NotFound{Reference: of}
			}
		case err == nil:
			unseen = 0
		case errors.As(err, &input), errors.As(err, &status) && refusedForGood(status.Status):
			return o, &Unknown{Reference: of, Cause: err}
		}
		wait := time.NewTimer(poll)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return o, &Unknown{Reference: of, Cause: errors.Join(ctx.Err(), err)}
		}
	}
}

// refusedForGood tells whether asking again gets the same refusal.
func refusedForGood(status int) bool {
	return status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}
