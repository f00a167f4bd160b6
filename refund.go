package kassa

import (
	"encoding/json"
	"time"
)

// RefundStatus is what became of a refund.
type RefundStatus string

// The refund statuses. A refund counts against the payment from its acceptance until it is declined
// or undone.
const (
	RefundAccepted  RefundStatus = "accepted" // stored, repeated to the host until it answers
	RefundCompleted RefundStatus = "completed"
	RefundDeclined  RefundStatus = "declined"
	RefundVoiding   RefundStatus = "voiding" // cancelled: its reversal is repeated until it is acknowledged
	RefundVoided    RefundStatus = "voided"  // the host has taken it back
)

// Refund is a referenced refund of an order. Its request to the host (0200, processing code
// 20xxxx) repeats as 0201 with the same identity until it is answered.
type Refund struct {
	Number      int64           `json:"number"` // identifies it in the whole installation
	Ref         string          `json:"ref,omitempty"`
	Description string          `json:"description,omitempty"`
	Door        json.RawMessage `json:"door,omitempty"` // what the dialect keeps with it, opaque
	// Capture is the number of the capture that it pays back, 0 when it is about the order.
	Capture       int64        `json:"capture,omitempty"`
	Amount        Money        `json:"amount"`
	STAN          string       `json:"stan"`
	RRN           string       `json:"rrn"`
	TransmittedAt time.Time    `json:"transmittedAt"`
	Status        RefundStatus `json:"status"`
	Reason        Reason       `json:"reason,omitempty"`
	ResponseCode  string       `json:"responseCode,omitempty"`
	ModifiedAt    time.Time    `json:"modifiedAt"`

	// CancelAsked tells that it will be undone as soon as its answer is known.
	CancelAsked bool `json:"cancelAsked,omitempty"`
	// VoidOwedAt is when its reversal became due, VoidRefused why the host did not take it back.
	VoidOwedAt  time.Time `json:"voidOwedAt,omitzero"`
	VoidRefused Reason    `json:"voidRefused,omitempty"`
}

// Counts tells whether the refund counts against the payment.
func (r Refund) Counts() bool { return r.Status != RefundDeclined && r.Status != RefundVoided }

// RefundNumbered finds a refund by its number, nil when there is none.
func (o *Order) RefundNumbered(number int64) *Refund {
	for i, r := range o.Refunds {
		if r.Number == number {
			return &o.Refunds[i]
		}
	}
	return nil
}

// RefundDuplicateWindow is how long the same amount is refused again: MultiSafepay answers 1034 to
// a refund of the same amount within five minutes, which protects against double clicks.
const RefundDuplicateWindow = 5 * time.Minute

// refundTime is how long after the payment a card can be paid back.
const refundTime = 180 * 24 * time.Hour

// Limits of one order, so that its state stays small: far above what a till does, far below what
// a mistake in a loop would do.
const (
	maxRefunds        = 100
	maxAuthorisations = 40
)
