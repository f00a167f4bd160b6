package card

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// MaxTrack2 is the length of track 2 without sentinels and check character (ISO/IEC 7813).
const MaxTrack2 = 37

const (
	expiryDigits  = 4
	serviceDigits = 3
)

// ErrTrack2 tells that a text is not track 2.
var ErrTrack2 = errors.New("card: track 2 is not PAN, separator, expiry, service code and discretionary digits")

// Track2 is track 2 equivalent data (EMV tag 57): PAN, expiry, service code and the issuer's own
// digits. It is sensitive authentication data and is never stored (PCI DSS 3.3.1). The zero Track2
// is none.
type Track2 struct {
	pan PAN
	s   secret // all of it, with separator D
}

// ParseTrack2 reads track 2 with '=' (magstripe) or 'D' (chip) as separator, without sentinels.
// One F at the end, with which the chip fills up to a whole byte, is dropped.
func ParseTrack2(text string) (Track2, error) {
	text = strings.TrimSuffix(text, "F")
	at := strings.IndexAny(text, "=D")
	if len(text) > MaxTrack2 || at < 0 {
		return Track2{}, ErrTrack2
	}
	rest := text[at+1:]
	if len(rest) < expiryDigits+serviceDigits || !allDigits(rest) {
		return Track2{}, ErrTrack2
	}
	if month := rest[2:expiryDigits]; month < "01" || month > "12" {
		return Track2{}, ErrTrack2
	}
	pan, err := ParsePAN(text[:at])
	if err != nil {
		return Track2{}, err
	}
	return Track2{pan: pan, s: newSecret(text[:at] + "D" + rest)}, nil
}

// NewTrack2 puts track 2 together. Parts that do not fit give the zero Track2.
func NewTrack2(pan PAN, expiryYYMM, serviceCode, discretionary string) Track2 {
	if len(expiryYYMM) != expiryDigits || len(serviceCode) != serviceDigits {
		return Track2{}
	}
	t, err := ParseTrack2(pan.Reveal() + "D" + expiryYYMM + serviceCode + discretionary)
	if err != nil {
		return Track2{}
	}
	return t
}

// IsZero tells whether there is no track 2.
func (t Track2) IsZero() bool { return t.s.value == nil }

// Equal compares without telling by its duration where two tracks differ.
func (t Track2) Equal(other Track2) bool { return t.s.equal(other.s) }

// Reveal returns all of it, with separator D.
func (t Track2) Reveal() string { return t.s.reveal() }

// PAN returns the account number.
func (t Track2) PAN() PAN { return t.pan }

// Expiry returns YYMM, "" of the zero Track2.
func (t Track2) Expiry() string { return t.part(0, expiryDigits) }

// ServiceCode returns three digits (ISO/IEC 7813), "" of the zero Track2.
func (t Track2) ServiceCode() string { return t.part(expiryDigits, expiryDigits+serviceDigits) }

// part cuts from what follows the separator.
func (t Track2) part(from, to int) string {
	_, rest, found := strings.Cut(t.Reveal(), "D")
	if !found {
		return ""
	}
	return rest[from:to]
}

// masked shows the PAN masked and nothing of the rest.
func (t Track2) masked() string {
	if t.IsZero() {
		return ""
	}
	return t.pan.Masked() + "D****"
}

// String returns the masked form.
func (t Track2) String() string { return t.masked() }

// Format prints the masked form for every verb.
func (t Track2) Format(f fmt.State, _ rune) { printMasked(f, t.masked()) }

// MarshalJSON gives the masked form; there is no way back.
func (t Track2) MarshalJSON() ([]byte, error) { return quoted(t.masked()) }

// MarshalText gives the masked form.
func (t Track2) MarshalText() ([]byte, error) { return []byte(t.masked()), nil }

// LogValue gives the masked form.
func (t Track2) LogValue() slog.Value { return slog.StringValue(t.masked()) }
