package terminalapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Amount is money in minor units of an ISO 4217 currency: 1099 EUR is 10.99 euro, 500 JPY is 500 yen.
type Amount struct {
	Minor    int64
	Currency string
}

func (a Amount) String() string {
	text, err := a.decimal()
	if err != nil {
		return fmt.Sprintf("%d minor units of %q", a.Minor, a.Currency)
	}
	return a.Currency + " " + string(text)
}

// maxMajor is the largest whole part of an amount in the Terminal API.
const maxMajor = 99_999_999

// Exponent is the number of decimals of a currency in ISO 4217; not ok when it is no three capitals.
func Exponent(currency string) (decimals int, ok bool) {
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return 0, false
	}
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "CLF", "UYW":
		return 4, true
	}
	return 2, true
}

// decimal is the amount as the wire has it: a JSON number in major units.
func (a Amount) decimal() (json.Number, error) {
	decimals, ok := Exponent(a.Currency)
	if !ok {
		return "", wrong("Currency", "must be three capitals")
	}
	if a.Minor < 0 {
		return "", wrong("Amount", "must not be negative")
	}
	digits := fmt.Sprintf("%0*d", decimals+1, a.Minor)
	whole, part := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	if major, err := strconv.ParseInt(whole, 10, 64); err != nil || major > maxMajor {
		return "", wrong("Amount", "must be at most %d in major units", maxMajor)
	}
	if decimals == 0 {
		return json.Number(whole), nil
	}
	return json.Number(whole + "." + part), nil
}

// amountOf reads a decimal of the wire. It refuses what has more decimals than the currency, since
// rounding money away is nobody's to decide here.
func amountOf(number json.Number, currency string) (Amount, error) {
	decimals, ok := Exponent(currency)
	if !ok {
		return Amount{}, fmt.Errorf("%q is no currency", currency)
	}
	whole, part, _ := strings.Cut(string(number), ".")
	part = strings.TrimRight(part, "0")
	if len(part) > decimals || whole == "" || len(whole) > len("99999999") || strings.Trim(whole+part, "0123456789") != "" {
		return Amount{}, fmt.Errorf("%q is no amount of %s", string(number), currency)
	}
	minor, err := strconv.ParseInt(whole+part+strings.Repeat("0", decimals-len(part)), 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("%q is no amount of %s", string(number), currency)
	}
	return Amount{Minor: minor, Currency: currency}, nil
}
