package emv

import (
	"crypto/subtle"
	"errors"
	"fmt"

	"kassa/card"
)

// Errors of cryptograms.
var (
	ErrVersion = errors.New("emv: tag 9F10 has no known cryptogram version")
	ErrTag     = errors.New("emv: a tag that the cryptogram covers is absent or has the wrong length")
	ErrARC     = errors.New("emv: authorisation response code is not two characters")
)

// keyRule is which key a computation uses.
type keyRule int

const (
	masterKey keyRule = iota
	commonSessionKey
	mchipSessionKey // M/Chip's own derivation, with the unpredictable number
)

// version is a cryptogram version: what it covers of tag 9F10, and which keys it uses.
type version struct {
	from, to int // the bytes of 9F10 that the cryptogram covers; to 0 means all of it
	counters int // where in 9F10 the 8 bytes of counters begin, 0 when they are not covered
	padZeros bool
	arqc     keyRule
	arpc     keyRule
	method2  bool // issuer authentication by method 2 (EMV Book 2 8.2.2)
}

// versionOf reads the cryptogram version from the issuer application data. Visa has it in byte 3,
// M/Chip in byte 2. They cannot be taken for each other: byte 3 of M/Chip begins the card
// verification results, whose left half is never 0 or 1 when a cryptogram is made.
func versionOf(iad []byte) (version, error) {
	if len(iad) >= 7 {
		switch iad[2] {
		case 0x0A: // CVN 10
			return version{from: 3, to: 7, padZeros: true}, nil
		case 0x12, 0x16: // CVN 18 and 22
			return version{arqc: commonSessionKey, arpc: commonSessionKey, method2: true}, nil
		}
	}
	if len(iad) < 8 {
		return version{}, ErrVersion
	}
	v := version{from: 2, to: 8}
	switch iad[1] {
	case 0x10: // CVN 16
		v.arqc = mchipSessionKey
	case 0x11: // CVN 17
		v.arqc, v.counters = mchipSessionKey, 10
	case 0x14: // CVN 20
		v.arqc, v.arpc = commonSessionKey, commonSessionKey
	case 0x15: // CVN 21
		v.arqc, v.arpc, v.counters = commonSessionKey, commonSessionKey, 10
	default:
		return version{}, ErrVersion
	}
	if v.counters > 0 && len(iad) < v.counters+8 {
		return version{}, ErrVersion
	}
	return v, nil
}

// covered lists what every cryptogram covers, in order, with the lengths (EMV Book 2 8.1.1).
func covered() [10]struct {
	tag    Tag
	length int
} {
	return [10]struct {
		tag    Tag
		length int
	}{
		{0x9F02, 6}, {0x9F03, 6}, {0x9F1A, 2}, {0x95, 5}, {0x5F2A, 2},
		{0x9A, 3}, {0x9C, 1}, {tagUnpredictable, 4}, {0x82, 2}, {tagATC, 2},
	}
}

// Cryptogram computes the application cryptogram over a transaction with the card's key. The
// cryptogram version comes from tag 9F10.
func Cryptogram(mk card.Key, l List) ([8]byte, error) {
	iad, _ := l.Get(tagIAD)
	v, err := versionOf(iad)
	if err != nil {
		return [8]byte{}, err
	}
	var data []byte
	for _, c := range covered() {
		value, _ := l.Get(c.tag)
		if len(value) != c.length {
			return [8]byte{}, fmt.Errorf("%w: %s", ErrTag, c.tag)
		}
		data = append(data, value...)
	}
	if v.to == 0 {
		data = append(data, iad...)
	} else {
		data = append(data, iad[v.from:v.to]...)
	}
	if v.counters > 0 {
		data = append(data, iad[v.counters:v.counters+8]...)
	}
	if v.padZeros {
		data = padZeros(data)
	} else {
		data = padBit(data)
	}
	key, err := transactionKey(mk, l, v.arqc)
	if err != nil {
		return [8]byte{}, err
	}
	return mac(key, data)
}

// transactionKey derives the key that a rule asks for.
func transactionKey(mk card.Key, l List, rule keyRule) (card.Key, error) {
	if rule == masterKey {
		return mk, nil
	}
	atc, _ := l.Get(tagATC)
	if len(atc) != 2 {
		return card.Key{}, fmt.Errorf("%w: %s", ErrTag, tagATC)
	}
	r := [8]byte{atc[0], atc[1]}
	if rule == mchipSessionKey {
		un, _ := l.Get(tagUnpredictable)
		if len(un) != 4 {
			return card.Key{}, fmt.Errorf("%w: %s", ErrTag, tagUnpredictable)
		}
		copy(r[4:], un)
	}
	return sessionKey(mk, r), nil
}

const (
	csuBytes     = 4
	arpc2Bytes   = 4
	csuApproved  = 0x80 // card status update byte 2: the issuer approves the online transaction
	arcApproved  = "00"
	arcDeclined  = "05"
	method1Bytes = 8 + 2
	method2Bytes = arpc2Bytes + csuBytes
)

// IssuerAuth makes the value of tag 91, with which the issuer answers the card. arc is the response
// code as the card gets it in tag 8A: the two characters of DE39. Method 1 sends the code itself;
// method 2 sends a card status update that says approved or not.
func IssuerAuth(mk card.Key, l List, arqc [8]byte, arc string) ([]byte, error) {
	if len(arc) != 2 {
		return nil, ErrARC
	}
	v, key, err := issuerKey(mk, l)
	if err != nil {
		return nil, err
	}
	if !v.method2 {
		return method1(key, arqc, arc)
	}
	var csu [csuBytes]byte
	if approves(arc) {
		csu[1] = csuApproved
	}
	return method2(key, arqc, csu)
}

// VerifyIssuerAuth is the card's check of tag 91. With method 2 the code is not on the wire: arc
// is 00 when the status update says approved, and 05 otherwise.
func VerifyIssuerAuth(mk card.Key, l List, arqc [8]byte, tag91 []byte) (arc string, ok bool) {
	v, key, err := issuerKey(mk, l)
	if err != nil {
		return "", false
	}
	var want []byte
	switch {
	case !v.method2 && len(tag91) == method1Bytes:
		arc = string(tag91[8:])
		want, err = method1(key, arqc, arc)
	case v.method2 && len(tag91) == method2Bytes:
		csu := [csuBytes]byte(tag91[arpc2Bytes:])
		arc = arcDeclined
		if csu[1]&csuApproved != 0 {
			arc = arcApproved
		}
		want, err = method2(key, arqc, csu)
	default:
		return "", false
	}
	if err != nil || subtle.ConstantTimeCompare(want, tag91) != 1 {
		return "", false
	}
	return arc, true
}

func issuerKey(mk card.Key, l List) (version, card.Key, error) {
	iad, _ := l.Get(tagIAD)
	v, err := versionOf(iad)
	if err != nil {
		return version{}, card.Key{}, err
	}
	key, err := transactionKey(mk, l, v.arpc)
	return v, key, err
}

// method1 encrypts the cryptogram mixed with the response code (EMV Book 2 8.2.1).
func method1(key card.Key, arqc [8]byte, arc string) ([]byte, error) {
	block, err := tdes(key)
	if err != nil {
		return nil, err
	}
	arqc[0] ^= arc[0]
	arqc[1] ^= arc[1]
	block.Encrypt(arqc[:], arqc[:])
	return append(arqc[:], arc...), nil
}

// method2 is a short MAC over the cryptogram and the card status update (EMV Book 2 8.2.2).
func method2(key card.Key, arqc [8]byte, csu [csuBytes]byte) ([]byte, error) {
	m, err := mac(key, padBit(append(arqc[:], csu[:]...)))
	if err != nil {
		return nil, err
	}
	return append(m[:arpc2Bytes:arpc2Bytes], csu[:]...), nil
}

// approves lists the response codes of ISO 8583 (1987) that are an approval.
func approves(arc string) bool {
	switch arc {
	case "00", "08", "10", "11", "85":
		return true
	}
	return false
}
