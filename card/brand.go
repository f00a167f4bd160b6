package card

import "strings"

// Brand is the scheme on the card, as it is named on a receipt and in the APIs.
type Brand string

// The brands.
const (
	Visa       Brand = "VISA"
	Mastercard Brand = "MASTERCARD"
	Maestro    Brand = "MAESTRO"
	VPay       Brand = "VPAY"
	Bancontact Brand = "BANCONTACT"
	Unknown    Brand = ""
)

// BrandOf tells the brand by the first digits of a PAN: the ranges of the test deck first, then
// the general ones. V PAY has no range of its own, so that outside the deck it reads as Visa.
func BrandOf(pan PAN) Brand {
	bin := pan.BIN()
	switch bin {
	case "476173":
		return Visa
	case "541333":
		return Mastercard
	case "679999":
		return Maestro
	case "401325":
		return VPay
	case "670344":
		return Bancontact
	}
	switch {
	case bin == "":
		return Unknown
	case bin[0] == '4':
		return Visa
	case bin >= "510000" && bin <= "559999", bin >= "222100" && bin <= "272099":
		return Mastercard
	case strings.HasPrefix(bin, "6703"):
		return Bancontact
	case strings.HasPrefix(bin, "50"), bin >= "560000" && bin <= "589999",
		strings.HasPrefix(bin, "63"), strings.HasPrefix(bin, "67"):
		return Maestro
	}
	return Unknown
}
