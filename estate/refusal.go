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
	}
	return ""
}
