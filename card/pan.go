package card

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// The lengths of a PAN (ISO/IEC 7812-1).
const (
	MinPAN = 12
	MaxPAN = 19
)

// What may be shown of a PAN (PCI DSS 3.4.1).
const (
	binDigits  = 6
	lastDigits = 4
)

// Errors of ParsePAN.
var (
	ErrPANLength = errors.New("card: PAN is not 12 to 19 digits")
	ErrPANCheck  = errors.New("card: PAN has a wrong check digit")
)

// PAN is a primary account number. The zero PAN is none.
type PAN struct{ s secret }

// ParsePAN reads 12 to 19 digits with a right Luhn check digit.
func ParsePAN(digits string) (PAN, error) {
	if len(digits) < MinPAN || len(digits) > MaxPAN || !allDigits(digits) {
		return PAN{}, ErrPANLength
	}
	if !luhn(digits) {
		return PAN{}, ErrPANCheck
	}
	return PAN{newSecret(digits)}, nil
}

// luhn checks the last digit (ISO/IEC 7812-1 annex B).
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// Reveal returns the whole PAN.
func (p PAN) Reveal() string { return p.s.reveal() }

// IsZero tells whether there is no PAN.
func (p PAN) IsZero() bool { return p.s.value == nil }

// Equal compares without telling by its duration where two PANs differ.
func (p PAN) Equal(other PAN) bool { return p.s.equal(other.s) }

// BIN returns the first six digits, "" of the zero PAN.
func (p PAN) BIN() string {
	if p.IsZero() {
		return ""
	}
	return p.Reveal()[:binDigits]
}

// Last4 returns the last four digits, "" of the zero PAN.
func (p PAN) Last4() string {
	if p.IsZero() {
		return ""
	}
	d := p.Reveal()
	return d[len(d)-lastDigits:]
}

// Masked returns first six and last four with asterisks between, "" of the zero PAN.
func (p PAN) Masked() string {
	if p.IsZero() {
		return ""
	}
	return p.BIN() + strings.Repeat("*", len(p.Reveal())-binDigits-lastDigits) + p.Last4()
}

// String returns the masked form.
func (p PAN) String() string { return p.Masked() }

// Format prints the masked form for every verb.
func (p PAN) Format(f fmt.State, _ rune) { printMasked(f, p.Masked()) }

// MarshalJSON gives the masked form; there is no way back.
func (p PAN) MarshalJSON() ([]byte, error) { return quoted(p.Masked()) }

// MarshalText gives the masked form.
func (p PAN) MarshalText() ([]byte, error) { return []byte(p.Masked()), nil }

// LogValue gives the masked form.
func (p PAN) LogValue() slog.Value { return slog.StringValue(p.Masked()) }
