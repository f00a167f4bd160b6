package poi

import (
	"encoding/hex"
	"strings"

	"kassa"
	"kassa/poilink"
)

// authorise turns a checked request into the engine's input.
func authorise(r poilink.AuthorisationRequest) kassa.Authorise {
	return kassa.Authorise{
		Request: r.Request, FollowUpOf: r.FollowUpOf, Entry: kassa.Entry(r.Entry),
		Card: kassa.CardFacts{
			BIN: r.Card.BIN, Last4: r.Card.Last4, Brand: r.Card.Brand, AID: r.Card.AID, Label: r.Card.Label,
			Expiry: r.Card.Expiry, PSN: r.Card.PSN, CVM: kassa.CVM(r.Card.CVM), SingleTap: r.Card.SingleTap,
			Cryptogram: valueOf(r.EMV, 0x9F26, 8), TVR: valueOf(r.EMV, 0x95, 5), TSI: valueOf(r.EMV, 0x9B, 2),
		},
		Sealed: kassa.SealedCard{KSN: r.KSN, Track2: r.Sealed, PIN: r.PIN, EMV: r.EMV},
	}
}

// checkRequest says what is wrong with a request. No text holds a value: it might be card data.
func checkRequest(r poilink.AuthorisationRequest) string {
	switch {
	case !validExchange(r.Exchange):
		return "authorisationRequest: exchange is malformed"
	case r.Request < 1 || r.Request > maxRequest:
		return "authorisationRequest: request is out of range"
	case r.FollowUpOf < 0 || r.FollowUpOf >= r.Request:
		return "authorisationRequest: followUpOf is not an earlier request"
	case len(r.KSN) != 24 || !all(r.KSN, isUpperHex):
		return "authorisationRequest: ksn is not 24 upper-case hex digits"
	case len(r.Sealed) == 0 || len(r.Sealed) > maxSealed:
		return "authorisationRequest: sealed is empty or too long"
	case len(r.PIN) != 0 && len(r.PIN) != 16:
		return "authorisationRequest: pin is not 16 bytes"
	}
	switch r.Entry {
	case poilink.EntryContactless, poilink.EntryChip, poilink.EntryMagstripe, poilink.EntryFallback:
	default:
		return "authorisationRequest: entry is unknown"
	}
	if text := checkEMV(r.EMV); text != "" {
		return "authorisationRequest: " + text
	}
	if text := checkCard(r.Card); text != "" {
		return "authorisationRequest: card " + text
	}
	if holdsPAN(r) {
		return "authorisationRequest: holds what looks like a card number in clear"
	}
	return ""
}

func checkCard(c poilink.Card) string {
	switch {
	case len(c.BIN) != 6 || !all(c.BIN, isDigit):
		return "bin is not 6 digits"
	case len(c.Last4) != 4 || !all(c.Last4, isDigit):
		return "last4 is not 4 digits"
	case len(c.Brand) > 16 || !all(c.Brand, isUpper):
		return "brand is not upper-case letters"
	case len(c.AID) > maxAID || len(c.AID)%2 != 0 || !all(c.AID, isUpperHex):
		return "aid is not upper-case hex"
	case len(c.Label) > maxLabel || !all(c.Label, isPrintable):
		return "label is too long or not printable"
	case holdsNumber(c.Label):
		return "label looks like a card number"
	case c.Expiry != "" && (len(c.Expiry) != 4 || !all(c.Expiry, isDigit)):
		return "expiry is not YYMM"
	case len(c.PSN) > 3 || !all(c.PSN, isDigit):
		return "psn is not up to 3 digits"
	}
	switch c.CVM {
	case poilink.CVMNone, poilink.CVMOnlinePIN, poilink.CVMOfflinePIN, poilink.CVMSignature, poilink.CVMDevice:
		return ""
	}
	return "cvm is unknown"
}

// Tags that hold the card number, the track or the name (EMV book 3, annex A): they go sealed.
const (
	tagTrack2 = 0x57
	tagPAN    = 0x5A
	tagName   = 0x5F20
	tagTrack1 = 0x9F1F // track 1 discretionary data
	tagMSD1   = 0x56   // track 1 of a contactless magnetic stripe card
	tagMSD2   = 0x9F6B // track 2 of one
)

// checkEMV walks over BER-TLV objects and into templates: only the tags matter here.
func checkEMV(b []byte) string {
	if len(b) > maxEMV {
		return "emv is too long"
	}
	for len(b) > 0 {
		constructed := b[0]&0x20 != 0
		tag, rest, ok := cutTag(b)
		if !ok {
			return "emv is not BER-TLV"
		}
		length, rest, ok := cutLength(rest)
		if !ok || length > len(rest) {
			return "emv is not BER-TLV"
		}
		switch tag {
		case tagTrack2, tagPAN, tagName, tagTrack1, tagMSD1, tagMSD2:
			return "emv holds a tag that must be sealed"
		}
		b = rest[length:]
		if constructed {
			b = rest // what is inside is walked over too
		}
	}
	return ""
}

// valueOf gives a primitive object of a length in hex, empty when there is none.
func valueOf(b []byte, tag, length int) string {
	for len(b) > 0 {
		t, rest, ok := cutTag(b)
		if !ok {
			return ""
		}
		n, rest, ok := cutLength(rest)
		if !ok || n > len(rest) {
			return ""
		}
		if t == tag && n == length {
			return strings.ToUpper(hex.EncodeToString(rest[:n]))
		}
		b = rest[n:]
	}
	return ""
}

func cutTag(b []byte) (tag int, rest []byte, ok bool) {
	tag = int(b[0])
	if b[0]&0x1F != 0x1F {
		return tag, b[1:], true
	}
	if len(b) < 2 || b[1]&0x80 != 0 {
		return 0, nil, false // EMV tags have at most two bytes
	}
	return tag<<8 | int(b[1]), b[2:], true
}

func cutLength(b []byte) (n int, rest []byte, ok bool) {
	switch {
	case len(b) > 0 && b[0] < 0x80:
		return int(b[0]), b[1:], true
	case len(b) > 1 && b[0] == 0x81:
		return int(b[1]), b[2:], true
	case len(b) > 2 && b[0] == 0x82:
		return int(b[1])<<8 | int(b[2]), b[3:], true
	}
	return 0, nil, false
}

// holdsPAN looks for the card's own number, which begins with the BIN, ends with the last four and
// has a Luhn digit, in everything that is kept or sent on in clear: as text, and packed two digits a
// byte. A chance hit needs ten digits and the check digit to agree.
func holdsPAN(r poilink.AuthorisationRequest) bool {
	c := r.Card
	for _, text := range []string{c.Label, c.AID, c.Brand, string(r.EMV), strings.ToUpper(hex.EncodeToString(r.EMV))} {
		for at := strings.Index(text, c.BIN); at >= 0; {
			if numberAt(text[at:], c.Last4) {
				return true
			}
			next := strings.Index(text[at+1:], c.BIN)
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	return false
}

// holdsNumber tells whether a text for people has a card number in it, of whatever card (ISO/IEC
// 7812: 12 to 19 digits of which the last is the Luhn digit; schemes begin with 3 to 6, and one with
// 2). Spaces and dashes do not hide it.
func holdsNumber(text string) bool {
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	for _, s := range strings.FieldsFunc(strings.NewReplacer(" ", "", "-", "").Replace(text), notDigit) {
		if len(s) < 12 || len(s) > 19 || !luhn(s) {
			continue
		}
		if s[0] >= '3' && s[0] <= '6' || s[0] == '2' && len(s) == 16 {
			return true
		}
	}
	return false
}

// numberAt tells whether text begins with a card number that ends in last4 (ISO/IEC 7812: 12 to 19
// digits are in use).
func numberAt(text, last4 string) bool {
	for n := 12; n <= 19 && n <= len(text); n++ {
		if s := text[:n]; all(s, isDigit) && strings.HasSuffix(s, last4) && luhn(s) {
			return true
		}
	}
	return false
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// validExchange tells whether s can be an order's id: base 36, upper case, at most a ServiceID.
func validExchange(s string) bool {
	return s != "" && len(s) <= maxExchange && all(s, func(c byte) bool { return isDigit(c) || isUpper(c) })
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isUpper(c byte) bool     { return c >= 'A' && c <= 'Z' }
func isUpperHex(c byte) bool  { return isDigit(c) || c >= 'A' && c <= 'F' }
func isPrintable(c byte) bool { return c >= ' ' && c <= '~' }
