// Package ref derives the references that Adyen's dialect shows from the numbers of orders, captures and
// refunds, so that the answers of the Terminal API and the webhooks name the same thing alike.
//
// It promises that a reference is the same for ever, that two numbers have two references, and that a
// reference leads back to its number. It looks nothing up.
package ref

import (
	"fmt"
	"strconv"
	"strings"

	"kassa"
)

// digits is how many of a pspReference's 16 characters are the number, to the base 36.
const digits = 10

// PSP is the pspReference of the order, capture or refund with a number: 16 characters, of which the sixth
// is the environment's, T or L. A number of more than 10 digits to the base 36 makes it longer.
func PSP(environment string, number int64) string {
	return prefix(environment) + fmt.Sprintf("%0*s", digits, kassa.FormatID(number))
}

// Number is the number of a pspReference of this environment; ok is false when it is none.
func Number(environment, psp string) (number int64, ok bool) {
	text, ours := strings.CutPrefix(psp, prefix(environment))
	if !ours || len(text) < digits || strings.ToUpper(text) != text {
		return 0, false
	}
	number, err := strconv.ParseInt(text, 36, 64)
	return number, err == nil && number > 0 && PSP(environment, number) == psp
}

func prefix(environment string) string {
	if environment == "live" {
		return "KASSAL"
	}
	return "KASSAT"
}

// Tender is the reference that the terminal gives a transaction; it holds no dot.
func Tender(number int64) string { return fmt.Sprintf("ks%017d", number) }

// Transaction is the POITransactionID of an order: tender and pspReference with a dot between.
func Transaction(environment string, number int64) string {
	return Tender(number) + "." + PSP(environment, number)
}

// PSPOf is the pspReference in a POITransactionID: what follows the dot, or the whole without one.
func PSPOf(transaction string) string {
	if _, psp, ok := strings.Cut(transaction, "."); ok {
		return psp
	}
	return transaction
}
