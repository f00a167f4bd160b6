// Package estate says who and what there is: accounts, terminal groups, terminals, devices and API
// keys, and how a device comes to be one of the terminals.
//
// Everything in it is kept in streams of the journal, one for each account, group, terminal, device
// and key, and held in memory for reading. It promises that what a method returned is durable, that
// readers see nothing before it is, and that an activation code binds one device however many try it
// at once. It never holds an API key or an activation code in clear, and takes instants and
// randomness from outside.
package estate

import "time"

// Environment separates test from live. They never see each other.
type Environment string

// The environments.
const (
	Test Environment = "test"
	Live Environment = "live"
)

// Account is a merchant's account.
type Account struct {
	ID   string `json:"id"` // numeric, as MultiSafepay shows it
	Name string `json:"name"`
}

// Group is a terminal group; on MultiSafepay's wire it is a site.
type Group struct {
	ID         string   `json:"id"` // numeric, as MultiSafepay shows it
	Account    string   `json:"account"`
	Name       string   `json:"name"`
	WebhookURL string   `json:"webhookURL,omitempty"`
	Merchant   Merchant `json:"merchant"`
	// CreditLimit is the highest amount in cents that its terminals may pay to a card without a payment
	// behind it; 0 allows no such refunds.
	CreditLimit int64 `json:"creditLimit,omitempty"`
	// CardChecks tells whether its terminals may ask an issuer about a card for an amount of 0.
	CardChecks bool  `json:"cardChecks,omitempty"`
	Fees       []Fee `json:"fees,omitempty"`
}

// Fee is what a payment by one method costs the merchant: a fixed part and a share of the amount, and
// a minimum of both together.
type Fee struct {
	Method       string `json:"method,omitempty"` // as the dialect names it; empty for all that have no fee of their own
	FixedMinor   int64  `json:"fixedMinor,omitempty"`
	BasisPoints  int64  `json:"basisPoints,omitempty"` // hundredths of a per cent
	MinimumMinor int64  `json:"minimumMinor,omitempty"`
}

// Of is the fee of a payment in cents. Halves of a cent count as whole ones.
func (f Fee) Of(minor int64) int64 {
	share := minor/10_000*f.BasisPoints + (minor%10_000*f.BasisPoints+5_000)/10_000
	return max(f.FixedMinor+share, f.MinimumMinor)
}

// Merchant is what receipts and the acquirer need to know of a place of business.
type Merchant struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	City    string `json:"city"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	MID     string `json:"mid"`     // DE42, 15 characters
	MCC     string `json:"mcc"`     // DE18
}

// Terminal is a place for a POI in the estate, and the POI that is bound to it.
type Terminal struct {
	TID         string      `json:"tid"` // DE41, 8 characters, base 62
	Group       string      `json:"group"`
	Account     string      `json:"account"`
	Name        string      `json:"name"`
	Environment Environment `json:"environment"`
	Provider    Provider    `json:"provider,omitempty"`
	CreatedAt   time.Time   `json:"createdAt"`
	// CodeHash is the keyed hash of the activation code.
	CodeHash string `json:"codeHash,omitempty"`
	// POIID is the bound device, empty before the activation.
	POIID       string    `json:"poiid,omitempty"`
	ActivatedAt time.Time `json:"activatedAt,omitzero"`
	// Retired tells that it is out of use for good.
	Retired bool `json:"retired,omitempty"`
}

// Provider is the kind of payment software on a terminal; empty for SmartPOS.
type Provider string

// CTAP is the software of traditional terminals.
const CTAP Provider = "CTAP"

// Device is a POI known by its serial.
type Device struct {
	POIID string `json:"poiid"` // [model]-[serial]
	// PublicKey is the Ed25519 key pinned at its first link; empty before.
	PublicKey []byte `json:"publicKey,omitempty"`
	// Number is the device number of its initial key's IKID; a new injection gets a new one.
	Number uint32 `json:"number,omitempty"`
	IKID   string `json:"ikid,omitempty"`
	KCV    string `json:"kcv,omitempty"`
	// Configured tells that the device confirmed the initial key.
	Configured bool   `json:"configured,omitempty"`
	TID        string `json:"tid,omitempty"`
	// WrongCodes counts the wrong activation codes since the last lock; the lock outlives a restart.
	WrongCodes  int       `json:"wrongCodes,omitempty"`
	LockedUntil time.Time `json:"lockedUntil,omitzero"`
	// Retired devices are unknown until they are boarded again.
	Retired bool `json:"retired,omitempty"`
}

// Key is an API key, known by its keyed hash.
type Key struct {
	Hash string `json:"hash"`
	// Sealed is the key itself, sealed by the secure module: MultiSafepay's webhooks are signed
	// with the key.
	Sealed  []byte    `json:"sealed"`
	Account string    `json:"account"`
	Group   string    `json:"group,omitempty"` // empty for an account key and the operator key
	Role    Role      `json:"role"`
	Hint    string    `json:"hint"` // the last four characters, for people
	Made    time.Time `json:"made"`
}

// Role is what a key may do.
type Role string

// The roles.
const (
	RoleGroup    Role = "group"    // payments of one terminal group
	RoleAccount  Role = "account"  // payments of all groups of an account
	RoleOperator Role = "operator" // the installation's own API
)
