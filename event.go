package kassa

import (
	"encoding/json"
	"fmt"
)

// Event is a fact about an order, in the past tense. The set is closed; the journal keeps events
// as JSON under the name of their type.
type Event interface{ event() }

// OrderCreated is the first fact of every order.
type OrderCreated struct {
	Order NewOrder `json:"order"`
	// Offered tells that it got the POI at once.
	Offered bool `json:"offered"`
}

// OrderClaimed tells which POI took up an order that was made for none in particular.
type OrderClaimed struct {
	POIID   string `json:"poiid"`
	TID     string `json:"tid"`
	MID     string `json:"mid"`
	Origin  Origin `json:"origin"`
	Offered bool   `json:"offered"`
}

// TipAdded raises the amount by what the customer adds for the staff.
type TipAdded struct {
	Tip Tip `json:"tip"`
}

// OrderDeferred tells that an order waits again: its POI shows only what is started on it.
type OrderDeferred struct{}

// OrderOffered tells that a waiting order got its POI.
type OrderOffered struct{}

// ScreenReported is what the terminal said it shows.
type ScreenReported struct {
	Screen string `json:"screen"`
}

// AttemptOpened starts an attempt.
type AttemptOpened struct {
	Number int64       `json:"number"`
	Kind   AttemptKind `json:"kind"`
}

// AttemptClosed ends the newest attempt.
type AttemptClosed struct {
	Number int64         `json:"number"`
	Status AttemptStatus `json:"status"`
	Reason Reason        `json:"reason,omitempty"`
}

// AuthorisationRequested holds what identifies a request to the host, before it leaves.
type AuthorisationRequested struct {
	Auth Authorisation `json:"auth"`
}

// AuthorisationAnswered is the host's answer.
type AuthorisationAnswered struct {
	Request      int    `json:"request"`
	Approved     bool   `json:"approved"`
	Reason       Reason `json:"reason,omitempty"`
	ResponseCode string `json:"responseCode"`
	AuthCode     string `json:"authCode,omitempty"`
	// Part is the amount approved where it is less than was asked for, and kept.
	Part Money  `json:"part,omitzero"`
	EMV  []byte `json:"emv,omitempty"`
}

// AuthorisationUnknown tells that the host may have answered anything.
type AuthorisationUnknown struct {
	Request int            `json:"request"`
	Reason  ReversalReason `json:"reason"`
}

// AuthorisationNotSent tells that the request never left.
type AuthorisationNotSent struct {
	Request int    `json:"request"`
	Reason  Reason `json:"reason"`
}

// LateAnswerKept is evidence only: it changes no outcome.
type LateAnswerKept struct {
	Request      int    `json:"request"`
	ResponseCode string `json:"responseCode"`
	AuthCode     string `json:"authCode,omitempty"`
	Approved     bool   `json:"approved"`
}

// ReversalDue starts the obligation to undo a request.
type ReversalDue struct {
	Request int            `json:"request"`
	Reason  ReversalReason `json:"reason"`
}

// ReversalAcknowledged ends it.
type ReversalAcknowledged struct {
	Request      int    `json:"request"`
	ResponseCode string `json:"responseCode"`
}

// CompletionReported is how the chip ended.
type CompletionReported struct {
	Request int         `json:"request"`
	Outcome CardOutcome `json:"outcome"`
}

// CancelRequested tells that the Sale System wants to cancel while the host decides.
type CancelRequested struct{}

// OrderCompleted is the final yes.
type OrderCompleted struct{}

// OrderCancelled is a final no.
type OrderCancelled struct {
	Reason Reason `json:"reason"`
}

// OrderExpired is the end of an order that no terminal showed in time.
type OrderExpired struct{}

// RefundTaken accepts a refund.
type RefundTaken struct {
	Refund Refund `json:"refund"`
}

// RefundSettled is the host's answer to a refund.
type RefundSettled struct {
	Number       int64        `json:"number"`
	Status       RefundStatus `json:"status"`
	Reason       Reason       `json:"reason,omitempty"`
	ResponseCode string       `json:"responseCode"`
}

// OrderNoted replaces what the dialect keeps with the order.
type OrderNoted struct {
	Door json.RawMessage `json:"door"`
}

// RefundCancelRequested tells that a refund is undone once its answer is known.
type RefundCancelRequested struct {
	Number int64 `json:"number"`
}

// RefundVoidDue starts the obligation to undo a refund.
type RefundVoidDue struct {
	Number int64 `json:"number"`
}

// RefundVoidSettled is the host's answer to that.
type RefundVoidSettled struct {
	Number       int64  `json:"number"`
	Reason       Reason `json:"reason,omitempty"`
	ResponseCode string `json:"responseCode"`
}

// CaptureTaken accepts a capture.
type CaptureTaken struct {
	Capture Capture `json:"capture"`
}

// CaptureSettled is the host's answer to a capture.
type CaptureSettled struct {
	Number       int64         `json:"number"`
	Status       CaptureStatus `json:"status"`
	Reason       Reason        `json:"reason,omitempty"`
	ResponseCode string        `json:"responseCode"`
}

// IncrementAsked holds what identifies an increment, before it leaves.
type IncrementAsked struct {
	Increment Increment `json:"increment"`
}

// IncrementSettled is the host's answer to an increment; Approved is by how much the hold grew, minor units.
type IncrementSettled struct {
	Number       int64           `json:"number"`
	Status       IncrementStatus `json:"status"`
	Approved     int64           `json:"approved,omitempty"`
	Reason       Reason          `json:"reason,omitempty"`
	ResponseCode string          `json:"responseCode"`
	AuthCode     string          `json:"authCode,omitempty"`
}

// SettlementTaken gives a hold its final price.
type SettlementTaken struct {
	Price Money `json:"price"`
}

// SettlementDone is what a settlement came to, in minor units of its price.
type SettlementDone struct {
	Captured int64  `json:"captured"`
	Short    int64  `json:"short"`
	Released int64  `json:"released"`
	Reason   Reason `json:"reason,omitempty"`
}

// HoldClosed tells that nothing more is captured.
type HoldClosed struct {
	Reason Reason `json:"reason"`
}

// ReleaseDue starts the obligation to give back what is left of a hold.
type ReleaseDue struct {
	Amount Money `json:"amount"`
}

// ReleaseAcknowledged ends it.
type ReleaseAcknowledged struct {
	ResponseCode string `json:"responseCode"`
}

// OrderParked takes an order out of service after a broken invariant; people must look at it.
type OrderParked struct {
	Why string `json:"why"`
}

func (OrderNoted) event()             {}
func (OrderParked) event()            {}
func (OrderCreated) event()           {}
func (OrderClaimed) event()           {}
func (TipAdded) event()               {}
func (OrderDeferred) event()          {}
func (OrderOffered) event()           {}
func (ScreenReported) event()         {}
func (AttemptOpened) event()          {}
func (AttemptClosed) event()          {}
func (AuthorisationRequested) event() {}
func (AuthorisationAnswered) event()  {}
func (AuthorisationUnknown) event()   {}
func (AuthorisationNotSent) event()   {}
func (LateAnswerKept) event()         {}
func (ReversalDue) event()            {}
func (ReversalAcknowledged) event()   {}
func (CompletionReported) event()     {}
func (CancelRequested) event()        {}
func (OrderCompleted) event()         {}
func (OrderCancelled) event()         {}
func (OrderExpired) event()           {}
func (RefundTaken) event()            {}
func (RefundSettled) event()          {}
func (RefundCancelRequested) event()  {}
func (RefundVoidDue) event()          {}
func (RefundVoidSettled) event()      {}
func (CaptureTaken) event()           {}
func (CaptureSettled) event()         {}
func (IncrementAsked) event()         {}
func (IncrementSettled) event()       {}
func (SettlementTaken) event()        {}
func (SettlementDone) event()         {}
func (HoldClosed) event()             {}
func (ReleaseDue) event()             {}
func (ReleaseAcknowledged) event()    {}

// Kind is the name under which an event is kept.
func Kind(e Event) string { return fmt.Sprintf("%T", e)[len("kassa."):] }

// EncodeEvent gives the kept form of an event.
func EncodeEvent(e Event) (kind string, payload []byte, err error) {
	payload, err = json.Marshal(e)
	if err != nil {
		return "", nil, fmt.Errorf("encode event %T: %w", e, err)
	}
	return Kind(e), payload, nil
}

// DecodeEvent reads an event back from its kept form.
func DecodeEvent(kind string, payload []byte) (Event, error) {
	decode, ok := eventDecoders[kind]
	if !ok {
		return nil, fmt.Errorf("decode event: unknown kind %q", kind)
	}
	e, err := decode(payload)
	if err != nil {
		return nil, fmt.Errorf("decode event %s: %w", kind, err)
	}
	return e, nil
}

var eventDecoders = map[string]func([]byte) (Event, error){
	"OrderCreated":           decodeAs[OrderCreated],
	"OrderClaimed":           decodeAs[OrderClaimed],
	"TipAdded":               decodeAs[TipAdded],
	"OrderDeferred":          decodeAs[OrderDeferred],
	"OrderOffered":           decodeAs[OrderOffered],
	"OrderNoted":             decodeAs[OrderNoted],
	"OrderParked":            decodeAs[OrderParked],
	"ScreenReported":         decodeAs[ScreenReported],
	"AttemptOpened":          decodeAs[AttemptOpened],
	"AttemptClosed":          decodeAs[AttemptClosed],
	"AuthorisationRequested": decodeAs[AuthorisationRequested],
	"AuthorisationAnswered":  decodeAs[AuthorisationAnswered],
	"AuthorisationUnknown":   decodeAs[AuthorisationUnknown],
	"AuthorisationNotSent":   decodeAs[AuthorisationNotSent],
	"LateAnswerKept":         decodeAs[LateAnswerKept],
	"ReversalDue":            decodeAs[ReversalDue],
	"ReversalAcknowledged":   decodeAs[ReversalAcknowledged],
	"CompletionReported":     decodeAs[CompletionReported],
	"CancelRequested":        decodeAs[CancelRequested],
	"OrderCompleted":         decodeAs[OrderCompleted],
	"OrderCancelled":         decodeAs[OrderCancelled],
	"OrderExpired":           decodeAs[OrderExpired],
	"RefundTaken":            decodeAs[RefundTaken],
	"RefundSettled":          decodeAs[RefundSettled],
	"RefundCancelRequested":  decodeAs[RefundCancelRequested],
	"RefundVoidDue":          decodeAs[RefundVoidDue],
	"RefundVoidSettled":      decodeAs[RefundVoidSettled],
	"CaptureTaken":           decodeAs[CaptureTaken],
	"CaptureSettled":         decodeAs[CaptureSettled],
	"IncrementAsked":         decodeAs[IncrementAsked],
	"IncrementSettled":       decodeAs[IncrementSettled],
	"SettlementTaken":        decodeAs[SettlementTaken],
	"SettlementDone":         decodeAs[SettlementDone],
	"HoldClosed":             decodeAs[HoldClosed],
	"ReleaseDue":             decodeAs[ReleaseDue],
	"ReleaseAcknowledged":    decodeAs[ReleaseAcknowledged],
}

func decodeAs[E Event](payload []byte) (Event, error) {
	var e E
	err := json.Unmarshal(payload, &e)
	return e, err
}
