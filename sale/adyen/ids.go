package adyen

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"kassa"
)

// pspPrefix and pspDigits make 16 capital letters and digits of the numbers that identify orders and
// refunds in the installation, so that each has its own and is found by it.
const (
	pspPrefix = "KASSA"
	pspDigits = 11
)

// PSPReference is the pspReference of the order or the refund with a number.
func PSPReference(number int64) string {
	id := kassa.FormatID(number)
	return pspPrefix + strings.Repeat("0", max(0, pspDigits-len(id))) + id
}

// numberOf gives the number back; ok is false for what is no pspReference of this installation's form.
func numberOf(psp string) (int64, bool) {
	digits, ok := strings.CutPrefix(psp, pspPrefix)
	if !ok || len(digits) != pspDigits || strings.ToUpper(digits) != digits {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 36, 64)
	return n, err == nil && n > 0
}

// pspOf makes a pspReference for something that has no number: no order can be found by it.
func pspOf(what string) string {
	sum := sha256.Sum256([]byte(what))
	digits := strings.ToUpper(new(big.Int).SetBytes(sum[:8]).Text(36))
	return "KASSV" + (strings.Repeat("0", pspDigits) + digits)[len(digits):]
}

// tender is a tenderReference: four characters for the terminal, "00", the second, and a number of three
// digits. It holds no dot.
func tender(tid string, at time.Time, counter int64) string {
	sum := sha256.Sum256([]byte(tid))
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
	name := ""
	for _, b := range sum[:4] {
		name += string(letters[int(b)%len(letters)])
	}
	return fmt.Sprintf("%s00%010d%03d", name, at.Unix(), counter%1000)
}

// TenderReference is the tenderReference of an order.
func TenderReference(o *kassa.Order) string { return tender(o.TID, o.CreatedAt, o.Number) }

// TransactionID is the POITransactionID of an order: the tender alone while no host was asked.
func TransactionID(o *kassa.Order) string {
	if newest(o) == nil {
		return TenderReference(o)
	}
	return TenderReference(o) + "." + PSPReference(o.Number)
}

// tenderOf is that of an exchange that has no order.
func tenderOf(e Exchange) string {
	sum := sha256.Sum256([]byte(e.Ref()))
	return tender(e.TID, e.At, int64(sum[0])<<8|int64(sum[1]))
}

// shortTID is the terminal's id of eight characters, as Adyen shows it: the end of the serial number.
func shortTID(poiid string) string {
	_, serial, _ := strings.Cut(poiid, "-")
	if len(serial) > 8 {
		return serial[len(serial)-8:]
	}
	return serial
}
