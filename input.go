package kassa

import (
	"encoding/json"
	"time"
)

// Input is what can happen to an order. The set is closed.
type Input interface{ input() }

// Create makes the order. POIFree tells that no other order holds its POI. Card goes with an order
// whose card is absent, and with no other.
type Create struct {
	Order   NewOrder
	POIFree bool
	Card    *EnteredCard
}

// EnteredCard is a card that somebody typed in. STAN, RRN and NextAttempt are those of its
// authorisation, as in Authorise.
type EnteredCard struct {
	Card        CardFacts
	Sealed      []byte // sealed by the secure module, additional data = NewOrder.Key
	STAN, RRN   string
	NextAttempt int64
}

// Claim is a POI's word that it takes up an order that was made for none in particular.
type Claim struct {
	POIID, TID, MID string
	Origin          Origin
	POIFree         bool
}

// AddTip is the customer's choice of a tip, before the first card.
type AddTip struct{ Tip Tip }

// Defer takes an order that no screen has shown back from its POI, which shows only what is started on
// it now; POIFreed offers it again.
type Defer struct{}

// POIFreed tells a waiting order that its POI is free now.
type POIFreed struct{}

// ScreenShown is the terminal's report of what it shows. NextAttempt is the number for the attempt
// that the first such report opens.
type ScreenShown struct {
	Screen      string
	NextAttempt int64
}

// Authorise is the terminal's request for an authorisation. STAN and RRN come from the TID's
// durable counter, NextAttempt is the number for the attempt that the request may open.
type Authorise struct {
	Request     int
	FollowUpOf  int
	Entry       Entry
	Card        CardFacts
	Sealed      SealedCard
	STAN, RRN   string
	NextAttempt int64
	// Refuse, when not None, tells that the request must not reach the host: KeyReplay.
	Refuse Reason
}

// HostAnswered is the host's answer. NextAttempt is the number for the attempt that a soft
// decline opens.
type HostAnswered struct {
	Request      int
	Reason       Reason // None when approved
	ResponseCode string
	AuthCode     string
	EMV          []byte
	Approved     Money // the amount approved
	NextAttempt  int64
}

// HostOutcomeUnknown tells that the request may have reached the host and no usable answer came.
type HostOutcomeUnknown struct {
	Request int
	Reason  ReversalReason
}

// HostRequestNotSent tells that the request never left Kassa. It counts only in the life of the
// process that stored the request.
type HostRequestNotSent struct {
	Request int
	Reason  Reason
}

// LateAnswer is an answer that came after its outcome had been settled as unknown. Request is 0 when
// only the STAN is known, as of an answer to a process that has died since.
type LateAnswer struct {
	Request      int
	STAN         string
	ResponseCode string
	AuthCode     string
	Approved     bool
}

// ReversalAnswered tells that the host acknowledged the reversal of a request.
type ReversalAnswered struct {
	Request      int
	ResponseCode string
}

// CardCompleted is the terminal's report of how the chip ended.
type CardCompleted struct {
	Request int
	Outcome CardOutcome
}

// POIEnded is the terminal's own end of the exchange without a payment.
type POIEnded struct {
	Reason Reason // CancelledAtPOI, Inactive or POIUnable
}

// Cancel is the Sale System's wish to cancel.
type Cancel struct{}

// AskCapture asks to take money that is held; Amount 0 means all that is left.
type AskCapture struct {
	Number      int64
	Amount      int64
	Currency    Currency
	Ref         string
	Description string
	Door        json.RawMessage
	STAN, RRN   string
}

// CaptureAnswered is the host's answer to a capture. A Reason is a definite refusal. Next is for the capture that
// may follow in a settlement.
type CaptureAnswered struct {
	Number       int64
	Reason       Reason // None when posted
	ResponseCode string
	Next         Numbers
}

// Numbers are what a request to the host is known by: Number in the installation, STAN and RRN at the host.
type Numbers struct {
	Number    int64
	STAN, RRN string
}

// AskIncrement asks to hold more, by Amount in minor units.
type AskIncrement struct {
	Number    int64
	Amount    int64
	Currency  Currency
	STAN, RRN string
}

// IncrementAnswered is the host's answer to an increment. Approved is by how much it raised the hold, in minor
// units; 0 with a yes is by all of it. Next is for the request that may follow in a settlement.
type IncrementAnswered struct {
	Number       int64
	Reason       Reason // None when approved
	ResponseCode string
	AuthCode     string
	Approved     int64
	Next         Numbers
}

// Settle gives the final price of what is held, in minor units; 0 releases it. Next is for its first request.
type Settle struct {
	Price    int64
	Currency Currency
	Next     Numbers
}

// ReleaseHold gives up what of a hold has not been captured.
type ReleaseHold struct{}

// ReleaseAnswered tells that the host acknowledged the release.
type ReleaseAnswered struct{ ResponseCode string }

// AskRefund asks for a refund; Amount 0 means all that is left. Capture limits it to what one capture
// took.
type AskRefund struct {
	Capture     int64
	Number      int64
	Amount      int64
	Currency    Currency
	Ref         string
	Description string
	Door        json.RawMessage
	STAN, RRN   string
}

// RefundAnswered is the host's answer to a refund.
type RefundAnswered struct {
	Number       int64
	Reason       Reason // None when posted
	ResponseCode string
}

// Note replaces what the dialect keeps with the order. Was is how often that had been replaced when
// the note was written: one that was written meanwhile is not lost.
type Note struct {
	Was  int
	Door json.RawMessage
}

// CancelRefund asks to undo a refund.
type CancelRefund struct{ Number int64 }

// RefundVoidAnswered is the host's answer to the reversal of a refund.
type RefundVoidAnswered struct {
	Number       int64
	Reason       Reason // None when it is undone; else the refund stays
	ResponseCode string
}

// Tick tells that time has passed.
type Tick struct{}

// Restarted tells that the process which stored the order's state is dead: whatever it may have
// sent once only has an unknown outcome.
type Restarted struct{}

func (Create) input()             {}
func (Claim) input()              {}
func (AddTip) input()             {}
func (Defer) input()              {}
func (POIFreed) input()           {}
func (ScreenShown) input()        {}
func (Authorise) input()          {}
func (HostAnswered) input()       {}
func (HostOutcomeUnknown) input() {}
func (HostRequestNotSent) input() {}
func (LateAnswer) input()         {}
func (ReversalAnswered) input()   {}
func (CardCompleted) input()      {}
func (POIEnded) input()           {}
func (Cancel) input()             {}
func (AskRefund) input()          {}
func (RefundAnswered) input()     {}
func (Note) input()               {}
func (AskCapture) input()         {}
func (CaptureAnswered) input()    {}
func (AskIncrement) input()       {}
func (IncrementAnswered) input()  {}
func (Settle) input()             {}
func (ReleaseHold) input()        {}
func (ReleaseAnswered) input()    {}
func (CancelRefund) input()       {}
func (RefundVoidAnswered) input() {}
func (Tick) input()               {}
func (Restarted) input()          {}

// RRN makes a retrieval reference number (DE37, 12 characters) from the instant of transmission
// in UTC and the STAN. It is unique among the requests of one terminal while a STAN does not repeat
// within an hour.
func RRN(at time.Time, stan string) string {
	ydddhh := at.UTC().Format("06002") // YY and day of year
	return ydddhh[1:] + at.UTC().Format("15") + stan
}
