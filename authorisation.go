package kassa

import "time"

// Entry is how the card was read.
type Entry string

// The entry modes and their ISO 8583 DE22 values on a terminal with a PIN pad.
const (
	Contactless Entry = "contactless" // 071
	Chip        Entry = "chip"        // 051
	Magstripe   Entry = "magstripe"   // 901
	Entered     Entry = "entered"     // 010: typed in, the card is absent
	Fallback    Entry = "fallback"    // 801: the stripe of a card whose chip could not be read
)

// CVM is the cardholder verification that the terminal did.
type CVM string

// The cardholder verification methods.
const (
	CVMNone       CVM = "none"
	CVMOnlinePIN  CVM = "onlinePIN"
	CVMOfflinePIN CVM = "offlinePIN"
	CVMSignature  CVM = "signature"
	CVMDevice     CVM = "device"
)

// CardFacts is what is kept of a card: truncated to first six and last four (PCI DSS 3.4.1).
type CardFacts struct {
	BIN       string `json:"bin"`
	Last4     string `json:"last4"`
	Brand     string `json:"brand"` // "VISA", "MASTERCARD", …
	AID       string `json:"aid,omitempty"`
	Label     string `json:"label,omitempty"`
	Expiry    string `json:"expiry,omitempty"` // YYMM
	PSN       string `json:"psn,omitempty"`
	CVM       CVM    `json:"cvm"`
	SingleTap bool   `json:"singleTap,omitempty"` // the terminal can ask a PIN and resend the tap
	// Cryptogram (9F26), TVR (95) and TSI (9B) are what the receipt shows of the EMV transaction, in hex.
	Cryptogram string `json:"cryptogram,omitempty"`
	TVR        string `json:"tvr,omitempty"`
	TSI        string `json:"tsi,omitempty"`
}

// SealedCard is card data on its way from the terminal to the secure module. It lives in memory
// only: no field is ever encoded, and the store has no place for it.
type SealedCard struct {
	KSN    string `json:"-"` // DUKPT key serial number of Track2 and PIN, hex
	Track2 []byte `json:"-"` // sealed under the DUKPT data key, additional data = order id
	PIN    []byte `json:"-"` // ISO 9564 format 4 block, absent without PIN
	EMV    []byte `json:"-"` // public part of DE55
	// Entered is a card that was typed in, sealed by the secure module itself; then the others are empty.
	Entered []byte `json:"-"`
}

// HostState is what is known of a request to the acquirer.
type HostState string

// The host states.
const (
	HostOpen     HostState = "open"     // stored, and perhaps sent
	HostApproved HostState = "approved" // the host said yes
	HostDeclined HostState = "declined" // the host said no
	HostUnknown  HostState = "unknown"  // it may or may not have said yes
	HostNotSent  HostState = "not_sent" // the request never left Kassa
)

// Authorisation is one request to the host and its answer. What identifies it there (STAN, RRN,
// TransmittedAt, TID, amount) is durable before the request leaves.
type Authorisation struct {
	// Request is the terminal's number for it within the exchange; a repeat carries the same one.
	Request       int       `json:"request"`
	FollowUpOf    int       `json:"followUpOf,omitempty"` // the request whose tap it repeats
	STAN          string    `json:"stan"`                 // DE11
	RRN           string    `json:"rrn"`                  // DE37
	TransmittedAt time.Time `json:"transmittedAt"`        // DE7, and DE12/13 in local time
	Amount        Money     `json:"amount"`
	Entry         Entry     `json:"entry"`
	Card          CardFacts `json:"card"`
	HasPIN        bool      `json:"hasPIN,omitempty"`

	// Part is the amount approved where that is less than Amount, and kept (HoldTerms.Minimum).
	Part Money `json:"part,omitzero"`

	State        HostState `json:"state"`
	Reason       Reason    `json:"reason,omitempty"`
	ResponseCode string    `json:"responseCode,omitempty"` // DE39
	AuthCode     string    `json:"authCode,omitempty"`     // DE38
	EMVAnswer    []byte    `json:"emvAnswer,omitempty"`    // response DE55: tags 91, 8A, 71, 72
	// Completed tells how the chip ended; empty until the terminal said so, and for contactless.
	Completed CardOutcome `json:"completed,omitempty"`

	Reversal *Reversal `json:"reversal,omitempty"`
}

// CardOutcome is how a contact transaction ended in the chip.
type CardOutcome string

// The card outcomes.
const (
	CardSaidYes CardOutcome = "approved" // TC
	CardSaidNo  CardOutcome = "refused"  // AAC
	CardGone    CardOutcome = "removed"
)

// Reversal is the obligation to undo an authorisation. It is owed until acknowledged.
type Reversal struct {
	Reason ReversalReason `json:"reason"`
	OwedAt time.Time      `json:"owedAt"`
	// AcknowledgedAt is zero while it is owed.
	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero"`
	ResponseCode   string    `json:"responseCode,omitempty"`
}

// Owed tells whether the reversal still has to be acknowledged.
func (r *Reversal) Owed() bool { return r != nil && r.AcknowledgedAt.IsZero() }

// ReversalReason is why an authorisation is reversed (ISO 8583:1993 DE25 message reason codes).
type ReversalReason string

// The reversal reasons.
const (
	ReversalCustomerCancel ReversalReason = "4000"
	ReversalInvalidAnswer  ReversalReason = "4020"
	ReversalTimeout        ReversalReason = "4021"
	ReversalCardRefused    ReversalReason = "4351"
)

// Contact tells whether the chip has the last word, so that a completion must follow.
func (a Authorisation) Contact() bool { return a.Entry == Chip }
