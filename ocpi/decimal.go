package ocpi

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxDigits bounds a Decimal: what it counts fits an int64.
const (
	maxDigits = 18
	maxScale  = 12
)

// errInexact tells that an amount has more decimals than its currency.
var errInexact = errors.New("has more decimals than its currency")

// Decimal is an exact decimal number (OCPI `number`): units × 10^-scale. It is kept in lowest terms, so
// that == compares values. The zero value is 0.
type Decimal struct {
	units int64
	scale uint8
}

// Number makes units × 10^-scale; a scale above 12 is an error of the caller and gives 0.
func Number(units int64, scale uint8) Decimal {
	if scale > maxScale {
		return Decimal{}
	}
	return Decimal{units, scale}.lowest()
}

func (d Decimal) lowest() Decimal {
	for d.scale > 0 && d.units%10 == 0 {
		d.units /= 10
		d.scale--
	}
	return d
}

// ParseDecimal reads a JSON number (RFC 8259 section 6) with at most 18 digits and 12 decimals.
func ParseDecimal(text string) (Decimal, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e < -maxDigits || e > maxDigits {
			return Decimal{}, fmt.Errorf("%q is not a number of at most %d digits", clip(text), maxDigits)
		}
		mantissa, exponent = text[:i], e
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || point && fraction == "" || strings.Trim(digits+fraction, "0123456789") != "" || len(digits) > 1 && digits[0] == '0' {
		return Decimal{}, fmt.Errorf("%q is not a number", clip(text))
	}
	fraction = strings.TrimRight(fraction, "0")
	scale := len(fraction) - exponent
	all := strings.TrimLeft(digits+fraction, "0")
	for ; scale < 0 && all != ""; scale++ {
		all += "0"
	}
	if all == "" {
		return Decimal{}, nil
	}
	for ; scale > 0 && strings.HasSuffix(all, "0"); scale-- {
		all = all[:len(all)-1]
	}
	if len(all) > maxDigits || scale > maxScale {
		return Decimal{}, fmt.Errorf("%q is not a number of at most %d digits and %d decimals", clip(text), maxDigits, maxScale)
	}
	units, err := strconv.ParseInt(all, 10, 64)
	if err != nil {
		return Decimal{}, fmt.Errorf("%q is not a number", clip(text))
	}
	if whole[0] == '-' {
		units = -units
	}
	return Decimal{units, uint8(scale)}, nil
}

func clip(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

// String is the number in plain digits, without an exponent.
func (d Decimal) String() string {
	digits, sign := strconv.FormatInt(d.units, 10), ""
	if d.units < 0 {
		digits, sign = digits[1:], "-"
	}
	if d.scale == 0 {
		return sign + digits
	}
	for len(digits) <= int(d.scale) {
		digits = "0" + digits
	}
	at := len(digits) - int(d.scale)
	return sign + digits[:at] + "." + digits[at:]
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number; null leaves it as it is.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	read, err := ParseDecimal(string(b))
	if err != nil {
		return broken("must be a number of at most 18 digits and 12 decimals", decimalType())
	}
	*d = read
	return nil
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.units < 0:
		return -1
	case d.units > 0:
		return 1
	}
	return 0
}

// Add adds exactly; it fails when the sum has more than 18 digits.
func (d Decimal) Add(o Decimal) (Decimal, error) {
	scale := max(d.scale, o.scale)
	a, okA := d.at(scale)
	b, okB := o.at(scale)
	if !okA || !okB || b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return Decimal{}, errors.New("the sum is too large")
	}
	return Decimal{a + b, scale}.lowest(), nil
}

// at is the count of units of 10^-scale, when it is whole and fits.
func (d Decimal) at(scale uint8) (int64, bool) {
	units := d.units
	for range int(scale) - int(d.scale) {
		if units > math.MaxInt64/10 || units < math.MinInt64/10 {
			return 0, false
		}
		units *= 10
	}
	return units, scale >= d.scale
}

// Minor is the amount in minor units of a currency (ISO 4217). An amount with more decimals than the
// currency is an error: who may round says so by MinorHalfUp.
func (d Decimal) Minor(currency string) (int64, error) {
	exponent, err := exponentOf(currency)
	if err != nil {
		return 0, err
	}
	if d.scale > exponent {
		return 0, fmt.Errorf("%s %s %w", currency, d, errInexact)
	}
	minor, ok := d.at(exponent)
	if !ok {
		return 0, fmt.Errorf("%s %s is too large", currency, d)
	}
	return minor, nil
}

// MinorHalfUp is the amount in minor units, rounded once: halves away from zero.
func (d Decimal) MinorHalfUp(currency string) (int64, error) {
	exponent, err := exponentOf(currency)
	if err != nil || d.scale <= exponent {
		if err != nil {
			return 0, err
		}
		return d.Minor(currency)
	}
	divisor := int64(1)
	for range d.scale - exponent {
		divisor *= 10
	}
	whole, rest := d.units/divisor, d.units%divisor
	switch {
	case rest >= divisor-rest && rest > 0:
		whole++
	case -rest >= divisor+rest && rest < 0:
		whole--
	}
	return whole, nil
}

// FromMinor is an amount of minor units of a currency as a Decimal.
func FromMinor(minor int64, currency string) (Decimal, error) {
	exponent, err := exponentOf(currency)
	if err != nil {
		return Decimal{}, err
	}
	return Number(minor, exponent), nil
}

// exponentOf is the number of decimals of a currency (ISO 4217 list one).
func exponentOf(currency string) (uint8, error) {
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return 0, fmt.Errorf("%q is not an ISO 4217 code of three capitals", clip(currency))
	}
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, nil
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, nil
	case "CLF", "UYW":
		return 4, nil
	}
	return 2, nil
}
