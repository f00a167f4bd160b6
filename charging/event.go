package charging

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Event is a fact about a session, in the past tense. The set is closed; the journal keeps it as JSON
// under the name of its type.
type Event interface{ event() }

// ChargingChosen is the first fact of every session.
type ChargingChosen struct {
	New New `json:"new"`
}

// ChargingHoldSeen is what the order says, when it says something new.
type ChargingHoldSeen struct {
	View HoldView `json:"view"`
}

// ChargingStartAsked tells that START_SESSION is about to leave, once.
type ChargingStartAsked struct {
	Deadline time.Time `json:"deadline"`
}

// ChargingStartAnswered is the operator's word on START_SESSION: its answer, or its later result.
type ChargingStartAnswered struct {
	Outcome  Outcome   `json:"outcome"`
	Result   string    `json:"result,omitempty"`
	Deadline time.Time `json:"deadline,omitzero"`
}

// ChargingLookBegun tells that a session is looked for, since its start is unknown.
type ChargingLookBegun struct {
	Until time.Time `json:"until"`
}

// ChargingLooked tells that the operator answered a search.
type ChargingLooked struct {
	Found bool `json:"found"`
}

// ChargingReported is what the operator says of its session.
type ChargingReported struct {
	Report Report `json:"report"`
}

// ChargingStopAsked tells that the session must be stopped.
type ChargingStopAsked struct {
	Why  string    `json:"why"`
	Late bool      `json:"late,omitempty"` // it began after its hold was given back
	By   time.Time `json:"by"`
}

// ChargingMoved tells of a state that is not final.
type ChargingMoved struct {
	State State     `json:"state"`
	Why   string    `json:"why,omitempty"`
	By    time.Time `json:"by,omitzero"` // the deadline of the state, when it has one
}

// ChargingEnded tells how the hold ended.
type ChargingEnded struct {
	State State  `json:"state"`
	Why   string `json:"why,omitempty"`
	Short int64  `json:"short,omitempty"`
}

// ChargingCDRTaken keeps a CDR, a credit among them.
type ChargingCDRTaken struct {
	CDR CDR `json:"cdr"`
	// CorrectionBy is how long a credit waits for the record that replaces the old one.
	CorrectionBy time.Time `json:"correctionBy,omitzero"`
}

// ChargingPriceFixed tells which price the order takes.
type ChargingPriceFixed struct {
	Price       int64 `json:"price"`
	Provisional bool  `json:"provisional,omitempty"`
}

// ChargingPriceCorrected tells that the price is another than the order took.
type ChargingPriceCorrected struct {
	Short int64 `json:"short"`
}

// ChargingIncrementAsked tells that the hold should grow. Number counts from 1.
type ChargingIncrementAsked struct {
	Number int   `json:"number"`
	Amount int64 `json:"amount"`
}

// ChargingRefundAsked tells what must be paid back.
type ChargingRefundAsked struct {
	Refund Refund `json:"refund"`
}

// ChargingRefundSettled tells how a refund ended.
type ChargingRefundSettled struct {
	Ref    string `json:"ref"`
	Failed bool   `json:"failed,omitempty"`
}

// ChargingConfirmationDue is a confirmation that the operator must get.
type ChargingConfirmationDue struct {
	Confirmation Confirmation `json:"confirmation"`
}

// ChargingConfirmationAnswered is what the operator said of one.
type ChargingConfirmationAnswered struct {
	ID      string  `json:"id"`
	State   Sending `json:"state"`
	Message string  `json:"message,omitempty"`
}

// ChargingDutyTaken, ChargingDutyTried and ChargingDutyDone keep account of what is owed.
type ChargingDutyTaken struct {
	Duty Duty `json:"duty"`
}

// ChargingDutyTried tells that a duty was tried without an answer, and when it is tried again.
type ChargingDutyTried struct {
	Key  string    `json:"key"`
	Next time.Time `json:"next"`
}

// ChargingDutyDone tells that a duty is no longer owed.
type ChargingDutyDone struct {
	Key string `json:"key"`
}

// ChargingInvoiced is an invoice or a credit note with its number.
type ChargingInvoiced struct {
	Invoice Invoice `json:"invoice"`
}

// ChargingCollected tells that a part of what was short has come in another way.
type ChargingCollected struct {
	Collection Collection `json:"collection"`
}

// ChargingWrittenOff tells that nobody waits for an amount of what was short any more.
type ChargingWrittenOff struct {
	Amount int64  `json:"amount"`
	Reason string `json:"reason"`
}

// ChargingDisputed tells of a chargeback. What was captured stays captured: who is right is decided elsewhere.
type ChargingDisputed struct {
	Disputed Disputed `json:"disputed"`
}

// ChargingAlerted tells of something that people must look at.
type ChargingAlerted struct {
	Text string `json:"text"`
}

func (ChargingChosen) event()               {}
func (ChargingHoldSeen) event()             {}
func (ChargingStartAsked) event()           {}
func (ChargingStartAnswered) event()        {}
func (ChargingLookBegun) event()            {}
func (ChargingLooked) event()               {}
func (ChargingReported) event()             {}
func (ChargingStopAsked) event()            {}
func (ChargingMoved) event()                {}
func (ChargingEnded) event()                {}
func (ChargingCDRTaken) event()             {}
func (ChargingPriceFixed) event()           {}
func (ChargingPriceCorrected) event()       {}
func (ChargingIncrementAsked) event()       {}
func (ChargingRefundAsked) event()          {}
func (ChargingRefundSettled) event()        {}
func (ChargingConfirmationDue) event()      {}
func (ChargingConfirmationAnswered) event() {}
func (ChargingDutyTaken) event()            {}
func (ChargingDutyTried) event()            {}
func (ChargingDutyDone) event()             {}
func (ChargingAlerted) event()              {}
func (ChargingInvoiced) event()             {}
func (ChargingCollected) event()            {}
func (ChargingWrittenOff) event()           {}
func (ChargingDisputed) event()             {}

// EncodeEvent gives an event's kept form.
func EncodeEvent(e Event) (kind string, payload []byte, err error) {
	if payload, err = json.Marshal(e); err != nil {
		return "", nil, fmt.Errorf("encode event %T: %w", e, err)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", e), "charging."), payload, nil
}

// DecodeEvent reads an event back from its kept form.
func DecodeEvent(kind string, payload []byte) (Event, error) {
	decode, ok := decoders[kind]
	if !ok {
		return nil, fmt.Errorf("decode event: unknown kind %q", kind)
	}
	return decode(payload)
}

var decoders = map[string]func([]byte) (Event, error){
	"ChargingChosen":               decode[ChargingChosen],
	"ChargingInvoiced":             decode[ChargingInvoiced],
	"ChargingCollected":            decode[ChargingCollected],
	"ChargingWrittenOff":           decode[ChargingWrittenOff],
	"ChargingDisputed":             decode[ChargingDisputed],
	"ChargingHoldSeen":             decode[ChargingHoldSeen],
	"ChargingStartAsked":           decode[ChargingStartAsked],
	"ChargingStartAnswered":        decode[ChargingStartAnswered],
	"ChargingLookBegun":            decode[ChargingLookBegun],
	"ChargingLooked":               decode[ChargingLooked],
	"ChargingReported":             decode[ChargingReported],
	"ChargingStopAsked":            decode[ChargingStopAsked],
	"ChargingMoved":                decode[ChargingMoved],
	"ChargingEnded":                decode[ChargingEnded],
	"ChargingCDRTaken":             decode[ChargingCDRTaken],
	"ChargingPriceFixed":           decode[ChargingPriceFixed],
	"ChargingPriceCorrected":       decode[ChargingPriceCorrected],
	"ChargingIncrementAsked":       decode[ChargingIncrementAsked],
	"ChargingRefundAsked":          decode[ChargingRefundAsked],
	"ChargingRefundSettled":        decode[ChargingRefundSettled],
	"ChargingConfirmationDue":      decode[ChargingConfirmationDue],
	"ChargingConfirmationAnswered": decode[ChargingConfirmationAnswered],
	"ChargingDutyTaken":            decode[ChargingDutyTaken],
	"ChargingDutyTried":            decode[ChargingDutyTried],
	"ChargingDutyDone":             decode[ChargingDutyDone],
	"ChargingAlerted":              decode[ChargingAlerted],
}

func decode[E Event](payload []byte) (Event, error) {
	var e E
	err := json.Unmarshal(payload, &e)
	return e, err
}
