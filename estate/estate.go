// Package estate says who and what there is: accounts, terminal groups, terminals, devices and API
// keys, and how a device comes to be one of the terminals.
//
// Everything in it is kept in streams of the journal, one for each account, group, terminal, device
// and key, and held in memory for reading. It promises that what a method returned is durable, that
// readers see nothing before it is, and that an activation code binds one device however many try it
// at once. It never holds an API key or an activation code in clear, and takes instants and
// randomness from outside.
package estate

import (
	"strings"
	"time"
)

// Environment separates test from live. They never see each other.
type Environment string

// The environments.
const (
	Test Environment = "test"
	Live Environment = "live"
)

// EnvironmentOf tells by its prefix which environment a key was made for; false means that it has the
// form of neither.
func EnvironmentOf(key string) (Environment, bool) {
	for _, env := range []Environment{Test, Live} {
		if strings.HasPrefix(strings.TrimSpace(key), string(env)+"_") {
			return env, true
		}
	}
	return "", false
}

// letter stands for an environment in ids.
func (e Environment) letter() string {
	if e == Live {
		return "L"
	}
	return "T"
}

// Account is a merchant's account.
type Account struct {
	ID   string `json:"id"` // numeric, as MultiSafepay shows it
	Name string `json:"name"`
	// Merchant is the code of Adyen's merchant account, [A-Za-z0-9_]{1,80} and unique; when it is empty
	// it becomes "Kassa" and the id.
	Merchant string `json:"merchant,omitempty"`
	// Company is the code of Adyen's company account, of the same form; several accounts may share it.
	Company string `json:"company,omitempty"`
	// Partner accounts may board terminals in more countries.
	Partner bool `json:"partner,omitempty"`
}

// Offered tells whether terminals may stand in a country (ISO 3166-1 alpha-2): the Netherlands and
// Belgium, and for partners Italy and Spain. An empty country is one that nobody has told yet; it
// holds nothing up.
func (a Account) Offered(country string) bool {
	switch strings.ToUpper(country) {
	case "", "NL", "BE":
		return true
	case "IT", "ES":
		return a.Partner
	}
	return false
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
	TID     string `json:"tid"` // DE41, 8 characters, base 62
	Group   string `json:"group"`
	Account string `json:"account"`
	// Shop is the id of its shop; empty for one that belongs to a group only.
	Shop        string      `json:"shop,omitempty"`
	Name        string      `json:"name"`
	Environment Environment `json:"environment"`
	Provider    Provider    `json:"provider,omitempty"`
	CreatedAt   time.Time   `json:"createdAt"`
	// CodeHash is the keyed hash of the activation code; CodeExpires is when the code is void, zero for
	// never.
	CodeHash    string    `json:"codeHash,omitempty"`
	CodeExpires time.Time `json:"codeExpires,omitzero"`
	// POIID is the bound device, empty before the activation.
	POIID       string    `json:"poiid,omitempty"`
	ActivatedAt time.Time `json:"activatedAt,omitzero"`
	// UnboundAt is when its last device was taken from it; zero when none ever was.
	UnboundAt time.Time `json:"unboundAt,omitzero"`
	// Blocked takes no payments until it is unblocked.
	Blocked *Block `json:"blocked,omitempty"`
	// Developer tells that its device is in developer mode: it has lost its certification, and takes no
	// payments in the live environment.
	Developer bool `json:"developer,omitempty"`
	// Inventory tells that it is assigned to nobody: it takes no payments.
	Inventory bool `json:"inventory,omitempty"`
	// Retired tells that it is out of use for good.
	Retired bool `json:"retired,omitempty"`
	// SettingsSince counts the changes of place or mode that gave it other settings; see Desired.
	SettingsSince uint64 `json:"settingsSince,omitempty"`

	// ShopStatus is the status of its shop, empty without one, and Tampered and Alarm those of its device, as they
	// are when the terminal is read. They are not kept with it.
	ShopStatus ShopStatus `json:"-"`
	Tampered   bool       `json:"-"`
	Alarm      string     `json:"-"` // what tampered it
}

// Block is why and since when a terminal takes no payments.
type Block struct {
	At  time.Time `json:"at"`
	By  string    `json:"by,omitempty"` // the key, or the person
	Why string    `json:"why,omitempty"`
}

// May tells whether new payments may be taken on the terminal, and if not why, for people. Captures
// and refunds without the terminal are another matter.
func (t Terminal) May() (ok bool, why string) {
	switch {
	case t.TID == "":
		return false, "there is no such terminal"
	case t.Retired:
		return false, "the terminal is retired"
	case t.Blocked != nil && t.Blocked.Why != "":
		return false, "the terminal is blocked: " + t.Blocked.Why
	case t.Blocked != nil:
		return false, "the terminal is blocked"
	case t.Inventory:
		return false, "the terminal is in the inventory and assigned to no shop or group"
	case t.Tampered && t.Alarm != "":
		return false, "the device has raised a tamper alarm: " + t.Alarm
	case t.Tampered:
		return false, "the device has raised a tamper alarm"
	case t.Developer && t.Environment == Live:
		return false, "the device is in developer mode, and takes no live payments"
	case t.ShopStatus == ShopInactive:
		return false, "the shop of the terminal is inactive"
	case t.ShopStatus == ShopClosed:
		return false, "the shop of the terminal is closed"
	}
	return true, ""
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
	// Account is whose stock it is in; empty for the operator's.
	Account   string    `json:"account,omitempty"`
	BoardedAt time.Time `json:"boardedAt,omitzero"`
	// Unbound is when it was last taken from its terminal: it forgets who it was.
	Unbound  time.Time `json:"unbound,omitzero"`
	Tampered *Tamper   `json:"tampered,omitempty"`
	// Developer tells that it was in developer mode when it was taken from its terminal; of one that is bound
	// its terminal tells.
	Developer bool    `json:"developer,omitempty"`
	Returned  *Return `json:"returned,omitempty"`
	// Former is its last alarm that is over.
	Former *Tamper `json:"former,omitempty"`
	// Injection is how it came to its initial key, or why it has none; nil before the first.
	Injection *Injection `json:"injection,omitempty"`
	// Retired devices are unknown until they are boarded again.
	Retired bool `json:"retired,omitempty"`
}

// Tamper is an alarm of a device's sensors. Its keys are gone: it is inspected and gets new ones.
type Tamper struct {
	At time.Time `json:"at"`
	// What is the code that the device shows and which sensor it is, "0x10 the case was opened".
	What string `json:"what,omitempty"`
	// Number is which of its alarms the device says it is; 0 where it does not count them.
	Number int `json:"number,omitempty"`
	// Cleared is when it was over; zero while it stands.
	Cleared time.Time `json:"cleared,omitzero"`
}

// Return is a device on its way back, out of use.
type Return struct {
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`
	Why  string    `json:"why,omitempty"`
	Case string    `json:"case"` // what to write on the parcel
}
