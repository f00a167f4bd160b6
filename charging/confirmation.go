package charging

import (
	"fmt"
	"strconv"
	"time"

	"kassa"
)

// Sending is how far a confirmation is on its way to the operator.
type Sending string

// The states of a confirmation.
const (
	SendingPending  Sending = "pending"
	SendingRetrying Sending = "retrying" // tried, and not known to have arrived
	SendingAccepted Sending = "accepted"
	SendingRejected Sending = "rejected" // the operator said no (2xxx): people must look at it
)

// CaptureStatus is OCPI's capture_status_code.
type CaptureStatus string

// The capture statuses.
const (
	CaptureSuccess CaptureStatus = "SUCCESS"
	CapturePartial CaptureStatus = "PARTIAL_SUCCESS"
	CaptureFailed  CaptureStatus = "FAILED"
)

// Confirmation is a financial advice confirmation: what was really captured, of a session. Total is gross,
// in minor units, and Taxes its split.
type Confirmation struct {
	ID       string         `json:"id"`
	Ref      string         `json:"authorizationReference"`
	Total    int64          `json:"total"`
	Currency kassa.Currency `json:"currency"`
	Taxes    []Tax          `json:"taxes,omitempty"`
	Lines    []string       `json:"eftData"`
	Status   CaptureStatus  `json:"status"`
	Message  string         `json:"message,omitempty"`
	At       time.Time      `json:"at"`
	State    Sending        `json:"state"`
	Reply    string         `json:"reply,omitempty"` // what the operator said of it
}

// Net is the total without its taxes.
func (c Confirmation) Net() int64 {
	net := c.Total
	for _, t := range c.Taxes {
		net -= t.Amount
	}
	return net
}

// confirm owes the operator the word on what was captured. Its status compares that with what the session
// costs; a later word has an id of its own, and the latest counts (spec 1.12 Q12).
func (t *step) confirm(captured, short int64) {
	s := &t.next
	c := Confirmation{
		ID: s.Ref + "-" + strconv.Itoa(len(s.Confirmations)+1), Ref: s.Ref, Total: captured, Currency: s.Currency,
		Status: CaptureSuccess, At: t.now, State: SendingPending,
	}
	switch {
	case captured == 0 && (short > 0 || len(s.Refunds) == 0):
		c.Status, c.Message = CaptureFailed, "nothing was captured"
	case short > 0:
		c.Status, c.Message = CapturePartial, fmt.Sprintf("open: %s", kassa.Money{Minor: short, Currency: s.Currency})
	}
	switch {
	case len(s.Refunds) > 0:
		c.Message = "corrected: what is captured net of refunds"
	case s.Provisional:
		c.Message = "provisional: no CDR has come"
	}
	c.Taxes = s.taxes(captured)
	c.Lines = append(append([]string{}, s.Order.Card.Lines...), "Amount: "+kassa.Money{Minor: captured, Currency: s.Currency}.String())
	t.record(ChargingConfirmationDue{Confirmation: c})
	t.duty(dutyConfirm+c.ID, 0)
}

// taxes splits an amount as the record that counts is split, or by the tariff's one rate where none is.
func (s *Session) taxes(amount int64) []Tax {
	if c := s.cdr(); c != nil {
		return Split(amount, c.Price, c.Taxes)
	}
	if s.Rates.VAT == "" {
		return nil
	}
	return Split(amount, amount, []Tax{{Name: "VAT", Percent: s.Rates.VAT, Gross: amount}})
}

func (t *step) confirmed(in Confirmed) {
	for _, c := range t.next.Confirmations {
		if c.ID != in.ID || c.State == SendingAccepted || c.State == SendingRejected {
			continue
		}
		switch in.Outcome {
		case Accepted:
			t.record(ChargingConfirmationAnswered{ID: c.ID, State: SendingAccepted, Message: in.Message})
			t.done(dutyConfirm + c.ID)
		case Refusal:
			t.record(ChargingConfirmationAnswered{ID: c.ID, State: SendingRejected, Message: in.Message})
			t.done(dutyConfirm + c.ID)
			t.alert("the operator rejected a confirmation: " + in.Message)
		default:
			if c.State != SendingRetrying {
				t.record(ChargingConfirmationAnswered{ID: c.ID, State: SendingRetrying, Message: in.Message})
			}
		}
	}
}
