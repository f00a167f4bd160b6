package kassa

import (
	"encoding/json"
	"time"
)

// CaptureMode tells when the money that an issuer has agreed to is taken.
type CaptureMode string

// The capture modes.
const (
	CaptureNow   CaptureMode = ""       // with the authorisation itself (0200)
	CaptureLater CaptureMode = "manual" // the issuer holds it (0100) until it is captured or released
)

// DefaultHold is how long money is held when the door names no time: what Visa grants.
const DefaultHold = 7 * 24 * time.Hour

// Hold is the money that an issuer holds for an order of [CaptureLater], from the order's completion
// on. What of it was taken stands in the order's Captures.
type Hold struct {
	Expires time.Time `json:"expires"`
	// Amount is what is held in all: the first approval and the increments. Orders of before partial approvals
	// were kept lack it; HeldAmount knows.
	Amount     Money       `json:"amount,omitzero"`
	Increments []Increment `json:"increments,omitempty"`
	Settlement *Settlement `json:"settlement,omitempty"`
	// Closed tells why nothing more is captured: CancelledBySale or HoldExpired, None while it is open.
	Closed   Reason    `json:"closed,omitempty"`
	ClosedAt time.Time `json:"closedAt,omitzero"`
	// Release gives back what was not captured; nil until all captures are answered, and when
	// nothing is left.
	Release *Release `json:"release,omitempty"`
}

// Release is the obligation to give back what is left of a hold: a reversal of a part, or of all. It
// is owed until acknowledged.
type Release struct {
	Amount Money     `json:"amount"`
	OwedAt time.Time `json:"owedAt"`
	// AcknowledgedAt is zero while it is owed.
	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero"`
	ResponseCode   string    `json:"responseCode,omitempty"`
}

// Owed tells whether the release still has to be acknowledged.
func (r *Release) Owed() bool { return r != nil && r.AcknowledgedAt.IsZero() }

// CaptureStatus is what became of a capture.
type CaptureStatus string

// The capture statuses. A capture counts against the hold from its acceptance until it is declined.
const (
	CaptureAccepted  CaptureStatus = "accepted" // stored, repeated to the host until it answers
	CaptureCompleted CaptureStatus = "completed"
	CaptureDeclined  CaptureStatus = "declined" // the host has no such hold
)

// Capture takes a part of a hold, or all of it. It is an advice (0220) that repeats as 0221 with the
// same identity until it is answered.
type Capture struct {
	Number        int64           `json:"number"` // identifies it in the whole installation
	Ref           string          `json:"ref,omitempty"`
	Description   string          `json:"description,omitempty"`
	Door          json.RawMessage `json:"door,omitempty"` // what the dialect keeps with it, opaque
	Amount        Money           `json:"amount"`
	Over          bool            `json:"over,omitempty"` // flagged as one above what is held; the issuer decides
	STAN          string          `json:"stan"`
	RRN           string          `json:"rrn"`
	TransmittedAt time.Time       `json:"transmittedAt"`
	Status        CaptureStatus   `json:"status"`
	Reason        Reason          `json:"reason,omitempty"`
	ResponseCode  string          `json:"responseCode,omitempty"`
	ModifiedAt    time.Time       `json:"modifiedAt"`
}

// CaptureBy finds the capture with a reference, unless it was declined. An empty reference finds none.
func (o *Order) CaptureBy(ref string) *Capture {
	for i, c := range o.Captures {
		if ref != "" && c.Ref == ref && c.Status != CaptureDeclined {
			return &o.Captures[i]
		}
	}
	return nil
}

// CaptureNumbered finds a capture by its number, nil when there is none.
func (o *Order) CaptureNumbered(number int64) *Capture {
	for i, c := range o.Captures {
		if c.Number == number {
			return &o.Captures[i]
		}
	}
	return nil
}

// AmountCaptured is the sum of all captures that the host has answered with yes.
func (o *Order) AmountCaptured() int64 {
	var sum int64
	for _, c := range o.Captures {
		if c.Status == CaptureCompleted {
			sum += c.Amount.Minor
		}
	}
	return sum
}

// AmountPaid is what was taken from the cardholder, whatever of it was paid back since.
func (o *Order) AmountPaid() int64 {
	switch {
	case o.Status != Completed || o.Kind != Purchase:
		return 0
	case o.Hold != nil:
		return o.AmountCaptured()
	}
	return o.Amount.Minor
}

// HoldLeft is what can still be captured: nothing once a settlement has its price.
func (o *Order) HoldLeft() int64 {
	if o.Hold == nil || o.Hold.Closed != None || o.Hold.Settlement != nil {
		return 0
	}
	return o.uncaptured()
}

// HoldGivenUp is what a closed or settled hold gives back: all that no capture claims. It grows when a capture
// that was on its way is declined.
func (o *Order) HoldGivenUp() int64 {
	if !o.holdEnded() {
		return 0
	}
	return o.uncaptured()
}

// holdEnded tells whether nothing more of the hold will be captured.
func (o *Order) holdEnded() bool {
	return o.Hold != nil && (o.Hold.Closed != None || o.Hold.Settlement != nil && o.Hold.Settlement.Done)
}

// uncaptured is what of the hold no capture claims.
func (o *Order) uncaptured() int64 {
	left := o.HeldAmount().Minor
	for _, c := range o.Captures {
		if c.Status != CaptureDeclined {
			left -= c.Amount.Minor
		}
	}
	return max(0, left) // a settlement may have taken more than was held
}

// capturing tells whether a capture waits for its answer.
func (o *Order) capturing() bool {
	for _, c := range o.Captures {
		if c.Status == CaptureAccepted {
			return true
		}
	}
	return false
}
