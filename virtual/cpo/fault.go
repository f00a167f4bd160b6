package cpo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa/ocpi"
)

// The faults of chargers, of the operator's word on them, and of its bills.
const (
	FaultOffline     = "offline"       // the charger says nothing; what it did comes once it is back
	FaultRefuse      = "refuse-start"  // START_SESSION is rejected at once
	FaultStartFails  = "start-fails"   // it is accepted, and then the charger is inoperative
	FaultResultLost  = "result-lost"   // the result of a command never comes
	FaultIgnoresStop = "ignores-stop"  // STOP_SESSION is accepted and nothing stops
	FaultQuiet       = "quiet"         // nothing is said between the start and the end of a session
	FaultPrice       = "price"         // the bill has another price: Price
	FaultLate        = "cdr-late"      // the bill comes after Seconds
	FaultNever       = "cdr-never"     // the bill never comes
	FaultChanged     = "cdr-changed"   // the bill is taken back by a credit, and another one comes with Price
	FaultCredit      = "cdr-credit"    // the bill is taken back by a credit
	FaultTwice       = "cdr-twice"     // the bill comes twice
	FaultCurrency    = "cdr-currency"  // the bill is in US dollars
	FaultEarly       = "cdr-early"     // the bill comes before the session has ended
	FaultUnknown     = "cdr-unknown"   // the bill has a reference that nobody knows
	FaultDiffers     = "cdr-differs"   // the bill comes again with the same id and another price
	FaultNoReference = "cdr-reference" // the bill has no reference
	FaultRefuseFAC   = "refuse-fac"    // the word on what was captured is rejected, at every charger
	FaultNoTariff    = "no-tariff"     // the connector has no tariff
	FaultRestricted  = "restricted"    // the tariff holds by day only, and there is another price by night
	FaultNoLabel     = "no-label"      // the charger has no physical reference
	FaultToken       = "refuse-token"  // Kassa's token is not known any more
)

// Faults lists them.
func Faults() []string {
	return []string{FaultOffline, FaultRefuse, FaultStartFails, FaultResultLost, FaultIgnoresStop, FaultQuiet, FaultPrice, FaultLate, FaultNever,
		FaultChanged, FaultCredit, FaultTwice, FaultCurrency, FaultEarly, FaultUnknown, FaultDiffers, FaultNoReference, FaultNoTariff, FaultRestricted, FaultNoLabel, FaultToken, FaultRefuseFAC}
}

// Fault is set until it is cleared.
type Fault struct {
	Kind string `json:"kind"`
	// EVSE is the charger that has it; empty is every one.
	EVSE string `json:"evse,omitempty"`
	// Price is in minor units, gross.
	Price   int64 `json:"price,omitempty"`
	Seconds int64 `json:"seconds,omitempty"`
	// At is when it was set, by the operator's clock.
	At time.Time `json:"at,omitzero"`
}

// Check holds the rules of a Fault.
func (f Fault) Check() error {
	switch {
	case !slices.Contains(Faults(), f.Kind):
		return fmt.Errorf("kind must be one of %s", strings.Join(Faults(), ", "))
	case f.Price < 0 || f.Price > maxPrice:
		return fmt.Errorf("price must be 0 to %d", int64(maxPrice))
	case f.Seconds < 0 || f.Seconds > maxSkip:
		return fmt.Errorf("seconds must be 0 to %d", int64(maxSkip))
	case f.Kind == FaultLate && f.Seconds == 0:
		return fmt.Errorf("seconds is required with %s", f.Kind)
	}
	return nil
}

// Limits of what may be asked for.
const (
	maxPrice = 1_000_000_00 // minor units
	maxSkip  = 366 * 24 * 3600
	maxRate  = 1_000_000 // Wh per second
	maxWants = 1_000_000_000
)

// The ways in which it departs from the document (switches).
const (
	QuirkRawToken     = "raw-token"       // tokens are not encoded
	QuirkNewline      = "newline-token"   // a line end is encoded with them
	QuirkLowerHeaders = "lower-headers"   // header names are in small letters
	QuirkNoRouting    = "no-routing"      // there are no routing headers
	QuirkArrays       = "arrays"          // an object is sent in a list
	QuirkNullData     = "null-data"       // answers without data have data: null
	QuirkOtherPrice   = "other-price"     // prices are in the shape of the other version
	QuirkTimeoutZero  = "timeout-zero"    // commands are answered with timeout 0
	QuirkLateResult   = "late-result"     // results of commands come a quarter of an hour late
	QuirkForeignLink  = "foreign-link"    // lists go on at another host
	QuirkUnknownWords = "unknown-words"   // statuses are words that are in no enum
	QuirkNoReference  = "no-reference"    // sessions and bills have no authorization_reference
	QuirkNoUpdatedAt  = "no-last-updated" // PATCH has no last_updated
)

// Quirks lists them.
func Quirks() []string {
	return []string{QuirkRawToken, QuirkNewline, QuirkLowerHeaders, QuirkNoRouting, QuirkArrays, QuirkNullData, QuirkOtherPrice, QuirkTimeoutZero,
		QuirkLateResult, QuirkForeignLink, QuirkUnknownWords, QuirkNoReference, QuirkNoUpdatedAt}
}

// lateBy is by how much QuirkLateResult delays.
const lateBy = 15 * time.Minute

// fault is the one of a kind that a charger has; nil when it has none. The caller holds mu.
func (o *Operator) fault(kind, evse string) *Fault {
	for i := range o.s.Faults {
		if f := &o.s.Faults[i]; f.Kind == kind && (f.EVSE == "" || ocpi.Fold(f.EVSE) == ocpi.Fold(evse)) {
			return f
		}
	}
	return nil
}
