package kassa

import "time"

// HoldTerms says how far a hold may be bent. The zero value is a hold of exactly what was asked: an issuer's
// lower amount is a decline, and no settlement is sent as one above the hold. Amounts are minor units of the
// order's currency.
type HoldTerms struct {
	Minimum    int64 `json:"minimum,omitempty"`    // the smallest partial approval that is kept; 0 takes none: it is reversed
	OverCommit bool  `json:"overCommit,omitempty"` // a settlement above the hold is sent flagged so; the issuer decides
	Most       int64 `json:"most,omitempty"`       // the highest amount that the acquirer submits above a hold; 0: none is known
	Increments int   `json:"increments,omitempty"` // how many increments may be asked for
	// MinCapture is the smallest amount that is captured: a settlement below it releases the hold.
	MinCapture int64 `json:"minCapture,omitempty"`
	// Extend tells that an increment which is approved starts the order's HoldFor anew.
	Extend bool `json:"extend,omitempty"`
}

// valid tells whether the terms make sense for an order.
func (t HoldTerms) valid(o NewOrder) bool {
	return t.Minimum >= 0 && t.Most >= 0 && t.Most <= MaxMinor && t.Increments >= 0 && t.Increments <= maxIncrements &&
		t.MinCapture >= 0 && (t == HoldTerms{} || o.Capture == CaptureLater)
}

// maxIncrements bounds one order, like maxCaptures.
const maxIncrements = 100

// IncrementStatus is what became of an increment.
type IncrementStatus string

// The increment statuses.
const (
	IncrementOpen     IncrementStatus = "asked" // stored, repeated to the host until it answers
	IncrementApproved IncrementStatus = "approved"
	IncrementDeclined IncrementStatus = "declined"
)

// Increment raises a hold (an incremental authorisation: 0100 that refers to the first one). It repeats as 0101
// with the same identity until it is answered, so that none can be approved behind Kassa's back.
type Increment struct {
	Number        int64           `json:"number"` // identifies it in the whole installation
	Amount        Money           `json:"amount"` // by how much
	STAN          string          `json:"stan"`
	RRN           string          `json:"rrn"`
	TransmittedAt time.Time       `json:"transmittedAt"`
	Status        IncrementStatus `json:"status"`
	Approved      int64           `json:"approved,omitempty"` // by how much the hold has grown, minor units
	Reason        Reason          `json:"reason,omitempty"`
	ResponseCode  string          `json:"responseCode,omitempty"`
	AuthCode      string          `json:"authCode,omitempty"`
	ModifiedAt    time.Time       `json:"modifiedAt"`
}

// SettlementStep is how far the attempts of a settlement are. The next one follows a definite refusal only.
type SettlementStep string

// The steps, in their order.
const (
	SettlementWaits     SettlementStep = ""          // for an increment that was asked before
	SettlementIncrement SettlementStep = "increment" // the hold is to grow to the price
	SettlementCommit    SettlementStep = "commit"    // the price is captured, or the most that may be
	SettlementFallback  SettlementStep = "fallback"  // what is held is captured
)

// Settlement takes the final price of a hold: at most once for each order, whatever happens in between. A time-out
// is no refusal: the step stays open, and its request repeats with the same identity.
type Settlement struct {
	Price Money          `json:"price"`
	Step  SettlementStep `json:"step,omitempty"`
	Done  bool           `json:"done,omitempty"`
	// What it came to, in minor units, once it is done. Captured + Short = Price; Released is what goes back of
	// what was held.
	Captured int64 `json:"captured,omitempty"`
	Short    int64 `json:"short,omitempty"`
	Released int64 `json:"released,omitempty"`
	// Reason is that of the last refusal, or CaptureTooHigh where the terms' Most was the limit; None when all
	// was taken.
	Reason Reason    `json:"reason,omitempty"`
	DoneAt time.Time `json:"doneAt,omitzero"`
}

// HeldAmount is what the issuer has agreed to hold in all: the first approval and the increments. It is zero
// without a hold.
func (o *Order) HeldAmount() Money {
	switch {
	case o.Hold == nil:
		return Money{Currency: o.Amount.Currency}
	case o.Hold.Amount == Money{}: // one of before the language had partial approvals
		return o.Amount
	}
	return o.Hold.Amount
}

// Settlement is the order's settlement, nil before it was asked for.
func (o *Order) Settlement() *Settlement {
	if o.Hold == nil {
		return nil
	}
	return o.Hold.Settlement
}

// IncrementNumbered finds an increment by its number, nil when there is none.
func (o *Order) IncrementNumbered(number int64) *Increment {
	if o.Hold == nil {
		return nil
	}
	for i, n := range o.Hold.Increments {
		if n.Number == number {
			return &o.Hold.Increments[i]
		}
	}
	return nil
}

// incrementing tells whether an increment waits for its answer.
func (o *Order) incrementing() bool {
	if o.Hold == nil {
		return false
	}
	for _, n := range o.Hold.Increments {
		if n.Status == IncrementOpen {
			return true
		}
	}
	return false
}
