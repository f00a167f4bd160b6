package estate

import "time"

// RefusalCode says why a device is not activated.
type RefusalCode string

// The refusals.
const (
	RefusedUnknownPOI    RefusalCode = "unknown_poi"
	RefusedIPEKMissing   RefusalCode = "ipek_missing"
	RefusedWrongCode     RefusalCode = "wrong_code"
	RefusedUsedCode      RefusalCode = "used_code"
	RefusedAlreadyActive RefusalCode = "already_active"
	RefusedTooManyTries  RefusalCode = "too_many_tries"
	RefusedExpiredCode   RefusalCode = "expired_code"
	RefusedBlocked       RefusalCode = "blocked"
	RefusedTampered      RefusalCode = "tampered"
	RefusedReturned      RefusalCode = "returned"
	RefusedCountry       RefusalCode = "country_not_offered"
	RefusedOtherAccount  RefusalCode = "other_account"
	RefusedDeveloper     RefusalCode = "developer_mode"
)

// Refusal says no to an activation; the zero value is no refusal.
type Refusal struct {
	Code RefusalCode
	// RetryAfter tells when it is worth another try, where time alone helps.
	RetryAfter time.Duration
}

// Refused tells whether there is a refusal.
func (r Refusal) Refused() bool { return r.Code != "" }

// Text says it for the screen of the device.
func (r Refusal) Text() string {
	switch r.Code {
	case RefusedUnknownPOI:
		return "This terminal is not boarded. Ask support to add its serial number"
	case RefusedIPEKMissing:
		return "IPEK not configured. Inject the keys, then activate again"
	case RefusedWrongCode:
		return "Wrong activation code"
	case RefusedUsedCode:
		return "This activation code has been used. Ask for a new one"
	case RefusedAlreadyActive:
		return "This terminal is activated already. Unbind it first"
	case RefusedTooManyTries:
		return "Too many wrong codes. Wait 15 minutes and try again"
	case RefusedExpiredCode:
		return "This activation code has expired. Ask for a new one"
	case RefusedBlocked:
		return "This terminal is blocked. Ask support"
	case RefusedTampered:
		return "This device has raised a tamper alarm. Stop using it and ask support"
	case RefusedReturned:
		return "This device is to be sent back. Use another one"
	case RefusedCountry:
		return "Terminals are not offered in the country of this shop"
	case RefusedDeveloper:
		return "This device is in developer mode, and takes no live payments. Use another one"
	case RefusedOtherAccount:
		return "This device belongs to another merchant. Ask support"
	}
	return ""
}
