package terminal

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"kassa/card"
	"kassa/emv"
	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/deck"
)

// The EMV tags of an authorisation (EMV Book 3 annex A; the list of DE55 is cards.md 3.5).
const (
	tagAIP           emv.Tag = 0x82
	tagDedicatedFile emv.Tag = 0x84
	tagTVR           emv.Tag = 0x95
	tagDate          emv.Tag = 0x9A
	tagTSI           emv.Tag = 0x9B
	tagType          emv.Tag = 0x9C
	tagCurrency      emv.Tag = 0x5F2A
	tagPSN           emv.Tag = 0x5F34
	tagAmount        emv.Tag = 0x9F02
	tagOtherAmount   emv.Tag = 0x9F03
	tagVersion       emv.Tag = 0x9F09
	tagIssuerApp     emv.Tag = 0x9F10
	tagCountry       emv.Tag = 0x9F1A
	tagSerial        emv.Tag = 0x9F1E
	tagCryptogram    emv.Tag = 0x9F26
	tagCID           emv.Tag = 0x9F27
	tagCapabilities  emv.Tag = 0x9F33
	tagCVMResults    emv.Tag = 0x9F34
	tagTerminalType  emv.Tag = 0x9F35
	tagATC           emv.Tag = 0x9F36
	tagUnpredictable emv.Tag = 0x9F37
	tagSequence      emv.Tag = 0x9F41
	tagIssuerAuth    emv.Tag = 0x91
	tagFormFactor    emv.Tag = 0x9F6E
)

// reading is what the reader keeps of a card until the attempt is over. It lives in memory only.
type reading struct {
	card    deck.Card
	entry   Entry
	cvm     poilink.CVM
	list    emv.List
	arqc    [8]byte
	master  card.Key
	request int // the first request that carried it; 0 before
	atc     uint16
	// fallback tells that it is the stripe of a card whose chip could not be read. tries and denies are
	// what is left of an offline PIN's.
	fallback      bool
	tries, denies int
}

func (m *Machine) forgetCard() {
	m.cardLeft()
	clear(m.v.pin)
	m.v.pin, m.v.reading, m.v.choice = nil, nil, nil
}

// transact runs the card's and the kernel's part up to the cryptogram that asks to go online.
func (m *Machine) transact(r *reading) error {
	var err error
	if r.master, err = emv.CardKey(r.card.MasterKey, r.card.PAN, r.card.PSN); err != nil {
		return fmt.Errorf("card key: %w", err)
	}
	list, err := m.chip(r, r.atc)
	if err != nil {
		return err
	}
	if r.arqc, err = emv.Cryptogram(r.master, list); err != nil {
		return fmt.Errorf("cryptogram: %w", err)
	}
	r.list = append(emv.List{{Tag: tagCryptogram, Value: r.arqc[:]}}, list...)
	return nil
}

// chip fills the tags. The terminal verification results say: offline authentication not done and
// merchant forced online, since the issuer's cryptogram is what decides here; the rest is results.
func (m *Machine) chip(r *reading, atc uint16) (emv.List, error) {
	e, c := m.d.Open, r.card
	un, err := m.read(4)
	if err != nil {
		return nil, err
	}
	aid, err := hex.DecodeString(c.AID)
	if err != nil {
		return nil, fmt.Errorf("AID: %w", err)
	}
	currency := currencyCode(e.Currency)
	if currency == nil {
		return nil, fmt.Errorf("currency %q has no numeric code here", e.Currency)
	}
	tvr, tsi, cvm := m.results(r)
	version := []byte{0x00, 0x02}
	if c.CVN == 18 {
		version = []byte{0x00, 0x96}
	}
	list := emv.List{
		{Tag: tagCID, Value: []byte{0x80}}, // ARQC
		{Tag: tagIssuerApp, Value: c.IssuerApplication},
		{Tag: tagUnpredictable, Value: un},
		{Tag: tagATC, Value: binary.BigEndian.AppendUint16(nil, atc)},
		{Tag: tagTVR, Value: tvr},
		{Tag: tagTSI, Value: tsi},
		{Tag: tagDate, Value: digits(m.now.UTC().Format("060102"), 3)},
		{Tag: tagType, Value: transactionType(e)},
		{Tag: tagAmount, Value: digits(fmt.Sprint(e.AmountMinor), 6)},
		{Tag: tagOtherAmount, Value: make([]byte, 6)},
		{Tag: tagCurrency, Value: currency},
		{Tag: tagAIP, Value: []byte{0x19, 0x80}},
		{Tag: tagCountry, Value: countryCode(m.d.Activated)},
		{Tag: tagCapabilities, Value: []byte{0xE0, 0xF8, 0xC8}},
		{Tag: tagCVMResults, Value: cvm},
		{Tag: tagTerminalType, Value: []byte{0x22}}, // attended, online capable
		{Tag: tagSerial, Value: serial(m.cfg.POIID)},
		{Tag: tagDedicatedFile, Value: aid},
		{Tag: tagVersion, Value: version},
		{Tag: tagSequence, Value: digits(fmt.Sprint(m.d.UpSeq%100_000_000), 4)},
		{Tag: tagPSN, Value: digits(c.PSN, 1)},
	}
	if r.cvm == poilink.CVMDevice {
		list = append(list, emv.TLV{Tag: tagFormFactor, Value: c.Chip.FormFactor})
	}
	return list, nil
}

// results are the terminal verification results, the transaction status, and the CVM results (EMV
// Book 3 C5, C6 and 10.5; Book 4 A4).
func (m *Machine) results(r *reading) (tvr, tsi, cvm []byte) {
	tvr, tsi, cvm = []byte{0x80, 0, 0, 0x08, 0}, []byte{0x28, 0}, []byte{0x1F, 0x03, 0x02}
	if r.card.Expiry < m.now.UTC().Format("0601") {
		tvr[1] = 0x40 // expired application
	}
	switch r.cvm {
	case poilink.CVMOnlinePIN:
		tvr[2], tsi[0], cvm = 0x04, 0x68, []byte{0x42, 0x03, 0x00}
	case poilink.CVMOfflinePIN:
		tsi[0], cvm = 0x68, []byte{0x44, 0x03, 0x02}
	case poilink.CVMSignature:
		tsi[0], cvm = 0x68, []byte{0x5E, 0x03, 0x00}
	case poilink.CVMDevice:
		if r.card.Brand == card.Mastercard {
			cvm = []byte{0x01, 0x00, 0x02}
		}
	}
	return tvr, tsi, cvm
}

// digits packs decimal digits, two a byte, right-justified (EMV format n).
func digits(s string, size int) []byte {
	if len(s) > 2*size {
		s = s[len(s)-2*size:]
	}
	b, err := hex.DecodeString(strings.Repeat("0", 2*size-len(s)) + s)
	if err != nil {
		return make([]byte, size)
	}
	return b
}

// currencyCode is ISO 4217, three digits in two bytes.
func currencyCode(alpha string) []byte {
	codes := map[string]string{
		"EUR": "978", "GBP": "826", "USD": "840", "CHF": "756", "SEK": "752", "NOK": "578",
		"DKK": "208", "PLN": "985", "CZK": "203", "HUF": "348", "RON": "946", "ISK": "352",
	}
	n, ok := codes[alpha]
	if !ok {
		return nil
	}
	return digits(n, 2)
}

// countryCode is ISO 3166-1 numeric of the merchant's country, the Netherlands where it is unknown.
func countryCode(a *poilink.Activated) []byte {
	codes := map[string]string{
		"NL": "528", "BE": "056", "DE": "276", "FR": "250", "LU": "442", "ES": "724",
		"IT": "380", "AT": "040", "IE": "372", "GB": "826", "PT": "620", "DK": "208",
	}
	if a != nil {
		if n, ok := codes[a.Merchant.Country]; ok {
			return digits(n, 2)
		}
	}
	return digits("528", 2)
}

// serial is the interface device's serial number, eight characters.
func serial(poiid string) []byte {
	_, s, found := strings.Cut(poiid, "-")
	if !found {
		s = poiid
	}
	s = fmt.Sprintf("%08s", s)
	return []byte(s[len(s)-8:])
}

// transactionType is tag 9C: the first two digits of the processing code.
func transactionType(e *Exchange) []byte {
	if e.Type == nexo.PaymentRefund {
		return []byte{0x20}
	}
	return []byte{0x00}
}
