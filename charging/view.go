package charging

import (
	"time"

	"kassa"
)

// HoldState is what became of the request for a hold.
type HoldState string

// The states of a hold.
const (
	HoldMissing HoldState = ""        // there is no order yet
	HoldAsked   HoldState = "asked"   // the driver, the card or the host has the turn
	HoldHeld    HoldState = "held"    // the issuer holds the money, or held it
	HoldRefused HoldState = "refused" // it ended without; whatever is unknown of it is reversed
)

// HoldView is what a session sees of its order. It is the order's whole word each time, so that one
// that was missed is made good by the next.
type HoldView struct {
	// At is when the order last changed: of two words of it the later one holds, in whichever order they come.
	At     time.Time    `json:"at,omitzero"`
	State  HoldState    `json:"state,omitempty"`
	Reason kassa.Reason `json:"reason,omitempty"`
	// Amount is A: what is held now, increments included.
	Amount  int64     `json:"amount,omitempty"`
	HeldAt  time.Time `json:"heldAt,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Card    Card      `json:"card,omitzero"`
	// Increments counts those that were asked for; Growing tells that one has no answer, NoMore that
	// one was refused.
	Increments int  `json:"increments,omitempty"`
	Growing    bool `json:"growing,omitempty"`
	NoMore     bool `json:"noMore,omitempty"`
	// Taken tells that the order has the price, Done that Captured, Short and Released are its last word.
	Taken    bool         `json:"taken,omitempty"`
	Done     bool         `json:"done,omitempty"`
	Captured int64        `json:"captured,omitempty"`
	Short    int64        `json:"short,omitempty"`
	Released int64        `json:"released,omitempty"`
	Refusal  kassa.Reason `json:"refusal,omitempty"` // of the last capture
	// Closed tells why nothing is captured any more; Freed that what was left has gone back.
	Closed  kassa.Reason `json:"closed,omitempty"`
	Freed   bool         `json:"freed,omitempty"`
	Refunds []RefundView `json:"refunds,omitempty"`
}

// RefundView is a refund of the order.
type RefundView struct {
	Ref    string `json:"ref"`
	Done   bool   `json:"done,omitempty"`
	Failed bool   `json:"failed,omitempty"`
}

// Card is what the session keeps of the card: what a receipt shows, and whose tap may stop it.
type Card struct {
	// Token is the same for the same card or device: who taps it again stops the session.
	Token string `json:"token,omitempty"`
	// Lines are printable, at least one (eft_data).
	Lines []string `json:"lines,omitempty"`
}
