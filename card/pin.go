package card

import (
	"crypto/des"
	"errors"
	"fmt"
	"log/slog"
)

// The lengths of a PIN (ISO 9564-1).
const (
	MinPIN = 4
	MaxPIN = 12
)

// ErrPIN tells that a text is not a PIN.
var ErrPIN = errors.New("card: PIN is not 4 to 12 digits")

// PIN is a cardholder's secret number in clear. The zero PIN is none.
type PIN struct{ s secret }

// ParsePIN reads 4 to 12 digits.
func ParsePIN(digits string) (PIN, error) {
	if len(digits) < MinPIN || len(digits) > MaxPIN || !allDigits(digits) {
		return PIN{}, ErrPIN
	}
	return PIN{newSecret(digits)}, nil
}

// Reveal returns the digits.
func (p PIN) Reveal() string { return p.s.reveal() }

// IsZero tells whether there is no PIN.
func (p PIN) IsZero() bool { return p.s.value == nil }

// Equal compares without telling by its duration where two PINs differ.
func (p PIN) Equal(other PIN) bool { return p.s.equal(other.s) }

// masked has the same length for every PIN, since the length is a secret too.
func (p PIN) masked() string {
	if p.IsZero() {
		return ""
	}
	return "****"
}

// String returns asterisks.
func (p PIN) String() string { return p.masked() }

// Format prints asterisks for every verb.
func (p PIN) Format(f fmt.State, _ rune) { printMasked(f, p.masked()) }

// MarshalJSON gives asterisks; there is no way back.
func (p PIN) MarshalJSON() ([]byte, error) { return quoted(p.masked()) }

// MarshalText gives asterisks.
func (p PIN) MarshalText() ([]byte, error) { return []byte(p.masked()), nil }

// LogValue gives asterisks.
func (p PIN) LogValue() slog.Value { return slog.StringValue(p.masked()) }

// PVV computes the PIN verification value (the Visa method): four digits from the rightmost eleven
// PAN digits before the check digit, the key index pvki (the number 0 to 9) and the first four PIN
// digits, under the double-length TDES key pvk. It returns "" when an input does not fit, which
// equals no PVV.
func PVV(pvk Key, pvki byte, pin PIN, pan PAN) string {
	if pin.IsZero() || pan.IsZero() || pvki > 9 {
		return ""
	}
	k := []byte(pvk.Reveal())
	if len(k) != 16 {
		return ""
	}
	block, err := des.NewTripleDESCipher(append(k, k[:8]...))
	if err != nil {
		return ""
	}
	d := pan.Reveal()
	tsp := d[len(d)-12:len(d)-1] + string('0'+rune(pvki)) + pin.Reveal()[:MinPIN]
	var buf [8]byte
	for i := range buf {
		buf[i] = (tsp[2*i]-'0')<<4 | (tsp[2*i+1] - '0')
	}
	block.Encrypt(buf[:], buf[:])
	return string(decimalise(buf[:], 4))
}

// decimalise takes the first n decimal digits of a cipher text, and when they do not suffice goes
// on with A to F as 0 to 5.
func decimalise(b []byte, n int) []byte {
	var digits, letters []byte
	for _, v := range b {
		for _, nibble := range []byte{v >> 4, v & 15} {
			if nibble < 10 {
				digits = append(digits, '0'+nibble)
			} else {
				letters = append(letters, '0'+nibble-10)
			}
		}
	}
	return append(digits, letters...)[:n]
}
