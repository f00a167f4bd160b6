package iso8583

import "strconv"

// The parts of DE95 after the first: the amount in the currency of settlement and two fees, none of which is used.
const replacementRest = "000000000000" + "C00000000" + "C00000000"

// FormatReplacement is DE95 of a partial reversal: the amount in minor units to which the original one is reduced (the
// actual amount, transaction). What DE4 exceeds it by goes back.
func FormatReplacement(minor int64) string {
	return padDigits(strconv.FormatInt(minor, 10), 12) + replacementRest
}

// ParseReplacement reads the actual amount, in minor units.
func ParseReplacement(s string) (minor int64, err error) {
	if len(s) != 42 || !check(contentDigits, s[:12]) {
		return 0, &Error{95, "it is not 42 characters that begin with 12 digits"}
	}
	minor, err = strconv.ParseInt(s[:12], 10, 64)
	if err != nil {
		return 0, &Error{95, "its amount is not a number"}
	}
	return minor, nil
}
