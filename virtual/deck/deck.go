package deck

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"kassa/card"
)

// The issuer's test keys. They are the published ones of the EMV and PVV examples and protect
// nothing.
const (
	issuerMasterKey = "0123456789ABCDEFFEDCBA9876543210"
	clonedMasterKey = "1032547698BADCFEEFCDAB8967452301"
	pinKey          = "0123456789ABCDEFFEDCBA9876543210"
	// PVKI is the index of the PIN verification key, a part of every PVV.
	PVKI byte = 1
)

// What every card of the deck has in common.
const (
	defaultPIN = "1234"
	expiry     = "3112"
	psn        = "00"
	// serviceCode 201: international, chip, no restrictions.
	serviceCode = "201"
	// account stands between the prefix and the row in every number.
	account = "900000"
)

// Card is one card: what is printed on it, what its chip holds, and how it behaves by itself.
type Card struct {
	// Row is its number in the deck; it decides how the issuer treats it.
	Row   int
	Brand card.Brand
	PAN   card.PAN
	// Expiry is YYMM.
	Expiry      string
	ServiceCode string
	// PSN is the card sequence number, two digits.
	PSN string
	// PIN is what its holder believes the PIN to be.
	PIN card.PIN
	// AID is the application identifier in upper-case hexadecimal digits.
	AID string
	// Label is the application label (tag 50).
	Label string
	// CVN is the cryptogram version: 18 (Visa and others) or 20 (M/Chip).
	CVN int
	// IssuerApplication is tag 9F10 as the chip sends it with an ARQC.
	IssuerApplication []byte
	// Others are the further applications of a co-badged card, in the issuer's order.
	Others []Application
	// Contactless and MagneticStripe tell which other ways in it has beside the chip contacts.
	Contactless    bool
	MagneticStripe bool
	// Chip is how the card behaves at a reader.
	Chip Chip
	// MasterKey is the issuer master key its chip was personalised from. That of a clone is not
	// the issuer's, so its cryptograms are wrong.
	MasterKey card.Key
}

// Application is one payment application of a chip.
type Application struct {
	Brand             card.Brand
	AID               string
	Label             string
	CVN               int
	IssuerApplication []byte
}

// Applications are all of the chip's, the issuer's favourite first.
func (c Card) Applications() []Application {
	return append([]Application{{c.Brand, c.AID, c.Label, c.CVN, c.IssuerApplication}}, c.Others...)
}

// With is the card as it is once one of its applications has been selected.
func (c Card) With(a Application) Card {
	c.Brand, c.AID, c.Label, c.CVN, c.IssuerApplication = a.Brand, a.AID, a.Label, a.CVN, a.IssuerApplication
	return c
}

// ID names the card without its number: "visa:051".
func (c Card) ID() string { return fmt.Sprintf("%s:%03d", name(c.Brand), c.Row) }

// Track2 is the track 2 equivalent data (tag 57).
func (c Card) Track2() card.Track2 {
	return card.NewTrack2(c.PAN, c.Expiry, c.ServiceCode, "00000")
}

// IssuerMasterKey is the key that the issuer derives its card keys from.
func IssuerMasterKey() card.Key { return key(issuerMasterKey) }

// PINVerificationKey is the key that the issuer makes its PVVs with.
func PINVerificationKey() card.Key { return key(pinKey) }

func key(digits string) card.Key {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return card.Key{}
	}
	return card.NewKey(b)
}

// issue is what a brand's cards have in common.
type issue struct {
	brand           card.Brand
	name            string // as typed
	prefix          string
	aid             string
	label           string
	cvn             int
	issuerData      string // tag 9F10: length, key index, CVN, CVR (Visa); key index, CVN, CVR, DAC, counters (M/Chip)
	noMagneticStrip bool
}

// issues lists the brands in the order in which they are shown.
func issues() []issue {
	const (
		visaData  = "06011203A00000"
		mchipData = "0114A5000302000000000000000000000000"
	)
	return []issue{
		{brand: card.Visa, name: "visa", prefix: "476173", aid: "A0000000031010", label: "VISA", cvn: 18, issuerData: visaData},
		{brand: card.Mastercard, name: "mastercard", prefix: "541333", aid: "A0000000041010", label: "MASTERCARD", cvn: 20, issuerData: mchipData},
		{brand: card.Maestro, name: "maestro", prefix: "679999", aid: "A0000000043060", label: "MAESTRO", cvn: 20, issuerData: mchipData},
		{brand: card.VPay, name: "vpay", prefix: "401325", aid: "A0000000032020", label: "V PAY", cvn: 18, issuerData: visaData, noMagneticStrip: true},
		{brand: card.Bancontact, name: "bancontact", prefix: "670344", aid: "D056000666111010", label: "BANCONTACT", cvn: 18, issuerData: visaData},
	}
}

// All gives every card, in the order of brand and row.
func All() []Card {
	var all []Card
	for _, i := range issues() {
		for _, row := range rows(i.brand) {
			if c, err := i.card(row); err == nil {
				all = append(all, c)
			}
		}
	}
	return all
}

// IsTest tells whether this is a number of the deck, whatever its row. Live profiles refuse those.
func IsTest(pan card.PAN) bool {
	number := pan.Reveal()
	if len(number) != 16 {
		return false
	}
	return slices.ContainsFunc(issues(), func(i issue) bool { return number[:12] == i.prefix+account })
}

func (i issue) card(row int) (Card, error) {
	pan, err := card.ParsePAN(number(i.prefix, row))
	if err != nil {
		return Card{}, fmt.Errorf("deck: number of %s:%03d: %w", i.name, row, err)
	}
	pin, err := card.ParsePIN(defaultPIN)
	if err != nil {
		return Card{}, fmt.Errorf("deck: PIN of %s:%03d: %w", i.name, row, err)
	}
	a, err := i.application()
	if err != nil {
		return Card{}, err
	}
	c := Card{
		Row: row, PAN: pan, Expiry: expiry, ServiceCode: serviceCode, PSN: psn, PIN: pin,
		Contactless: true, MagneticStripe: !i.noMagneticStrip, MasterKey: IssuerMasterKey(),
	}.With(a)
	return c, c.personalise()
}

func (i issue) application() (Application, error) {
	data, err := hex.DecodeString(i.issuerData)
	if err != nil {
		return Application{}, fmt.Errorf("deck: issuer application data of %s: %w", i.name, err)
	}
	return Application{i.brand, i.aid, i.label, i.cvn, data}, nil
}

// number builds a card number: prefix, account, row and the Luhn check digit.
func number(prefix string, row int) string {
	body := fmt.Sprintf("%s%s%03d", prefix, account, row)
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 { // the digit beside the check digit counts double, then every second one
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + strconv.Itoa((10-sum%10)%10)
}

func name(b card.Brand) string {
	for _, i := range issues() {
		if i.brand == b {
			return i.name
		}
	}
	return "unknown"
}
