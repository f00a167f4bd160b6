package emv

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"math/bits"

	"kassa/card"
)

// Errors of key derivation.
var (
	ErrKey = errors.New("emv: key is not a double-length TDES key")
	ErrPSN = errors.New("emv: PAN sequence number is not two digits")
	ErrPAN = errors.New("emv: PAN is absent")
)

const longestA = 16 // digits of PAN up to which option A applies

// CardKey derives the card's key from the issuer's (EMV Book 2 A1.4): option A, and option B for a
// PAN of more than 16 digits. An empty psn counts as 00.
func CardKey(imk card.Key, pan card.PAN, psn string) (card.Key, error) {
	if pan.IsZero() {
		return card.Key{}, ErrPAN
	}
	if psn == "" {
		psn = "00"
	}
	if len(psn) != 2 || psn[0] < '0' || psn[0] > '9' || psn[1] < '0' || psn[1] > '9' {
		return card.Key{}, ErrPSN
	}
	digits := pan.Reveal() + psn
	if len(pan.Reveal()) > longestA {
		return cardKey(imk, optionB(digits))
	}
	return cardKey(imk, optionA(digits))
}

// optionA is the rightmost 16 digits of PAN and PSN, filled with zeros on the left.
func optionA(digits string) [8]byte {
	const zeros = "0000000000000000"
	digits = zeros + digits
	return [8]byte(pack(digits[len(digits)-16:]))
}

// optionB is the first 16 decimal digits of a hash of PAN and PSN; when there are fewer, it goes on
// with A to F read as 0 to 5.
func optionB(digits string) [8]byte {
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	sum := sha1.Sum(pack(digits))
	var decimal, rest []byte
	for _, c := range []byte(hex.EncodeToString(sum[:])) {
		if c <= '9' {
			decimal = append(decimal, c)
		} else {
			rest = append(rest, c-'a'+'0')
		}
	}
	return [8]byte(pack(string(append(decimal, rest...)[:16])))
}

// pack turns an even number of digits into BCD.
func pack(digits string) []byte {
	out := make([]byte, len(digits)/2)
	for i := range out {
		out[i] = (digits[2*i]-'0')<<4 | (digits[2*i+1] - '0')
	}
	return out
}

func cardKey(imk card.Key, y [8]byte) (card.Key, error) {
	block, err := tdes(imk)
	if err != nil {
		return card.Key{}, err
	}
	var out [16]byte
	copy(out[:], y[:])
	for i := range y {
		out[8+i] = ^y[i]
	}
	return twoBlocks(block, out), nil
}

// SessionKey derives the common session key of one application transaction counter (EMV Book 2
// A1.3.1). It is the zero Key when mk is no double-length key.
func SessionKey(mk card.Key, atc uint16) card.Key {
	return sessionKey(mk, [8]byte{byte(atc >> 8), byte(atc)})
}

func sessionKey(mk card.Key, r [8]byte) card.Key {
	block, err := tdes(mk)
	if err != nil {
		return card.Key{}
	}
	var out [16]byte
	copy(out[:], r[:])
	copy(out[8:], r[:])
	out[2], out[10] = 0xF0, 0x0F
	return twoBlocks(block, out)
}

func twoBlocks(block cipher.Block, b [16]byte) card.Key {
	block.Encrypt(b[:8], b[:8])
	block.Encrypt(b[8:], b[8:])
	// DES ignores the parity bits, but a key check value and a comparison do not.
	for i := range b {
		b[i] = b[i]&^1 | byte(bits.OnesCount8(b[i]&^1)+1)&1
	}
	return card.NewKey(b[:])
}

func tdes(key card.Key) (cipher.Block, error) {
	k := key.Reveal()
	if len(k) != 16 {
		return nil, ErrKey
	}
	return des.NewTripleDESCipher(append(k, k[:8]...))
}

// mac is ISO/IEC 9797-1 algorithm 3: CBC under the left key, the last block under all of it.
// data are padded by the caller to whole blocks.
func mac(key card.Key, data []byte) ([8]byte, error) {
	k := key.Reveal()
	if len(k) != 16 {
		return [8]byte{}, ErrKey
	}
	left, err := des.NewCipher(k[:8])
	if err != nil {
		return [8]byte{}, ErrKey
	}
	right, err := des.NewCipher(k[8:])
	if err != nil {
		return [8]byte{}, ErrKey
	}
	var m [8]byte
	for ; len(data) >= len(m); data = data[len(m):] {
		subtle.XORBytes(m[:], m[:], data[:len(m)])
		left.Encrypt(m[:], m[:])
	}
	right.Decrypt(m[:], m[:])
	left.Encrypt(m[:], m[:])
	return m, nil
}

// padZeros fills up to whole blocks (ISO/IEC 9797-1 padding method 1).
func padZeros(data []byte) []byte {
	for len(data)%8 != 0 {
		data = append(data, 0)
	}
	return data
}

// padBit adds a one-bit and fills up with zeros (padding method 2).
func padBit(data []byte) []byte { return padZeros(append(data, 0x80)) }
