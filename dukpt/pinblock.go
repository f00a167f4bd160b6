package dukpt

import (
	"crypto/aes"
	"crypto/subtle"
	"errors"

	"kassa/card"
)

// ErrPINBlock tells that a decrypted block is no PIN field: another key, another PAN, or damage.
// It does not say which, since an oracle for that would help to guess PINs.
var ErrPINBlock = errors.New("dukpt: PIN block does not decrypt to a PIN")

// errNoPIN tells that the caller passed no PIN or no PAN.
var errNoPIN = errors.New("dukpt: PIN block needs a PIN and a PAN")

const (
	controlFormat4 = 4
	fillNibble     = 0xA
)

// EncryptPIN makes an ISO 9564-1 format 4 block. fill is random and fresh for each block, so that
// equal PINs give different blocks.
func EncryptPIN(key card.Key, pin card.PIN, pan card.PAN, fill [8]byte) ([16]byte, error) {
	return encryptPIN(key, pin, pan.Reveal(), fill)
}

func encryptPIN(key card.Key, pin card.PIN, pan string, fill [8]byte) ([16]byte, error) {
	block, _, err := aesOf(key)
	if err != nil {
		return [16]byte{}, err
	}
	digits := pin.Reveal()
	if digits == "" || pan == "" {
		return [16]byte{}, errNoPIN
	}
	var b [16]byte
	nibbles := [16]byte{controlFormat4, byte(len(digits))}
	for i := 2; i < len(nibbles); i++ {
		nibbles[i] = fillNibble
	}
	for i := range len(digits) {
		nibbles[2+i] = digits[i] - '0'
	}
	for i := range 8 {
		b[i] = nibbles[2*i]<<4 | nibbles[2*i+1]
	}
	copy(b[8:], fill[:])
	block.Encrypt(b[:], b[:])
	field := panField(pan)
	subtle.XORBytes(b[:], b[:], field[:])
	block.Encrypt(b[:], b[:])
	return b, nil
}

// DecryptPIN opens a format 4 block. A wrong PAN is noticed almost always, and never for certain:
// the block has no checksum.
func DecryptPIN(key card.Key, block [16]byte, pan card.PAN) (card.PIN, error) {
	return decryptPIN(key, block, pan.Reveal())
}

func decryptPIN(key card.Key, b [16]byte, pan string) (card.PIN, error) {
	block, _, err := aesOf(key)
	if err != nil {
		return card.PIN{}, err
	}
	if pan == "" {
		return card.PIN{}, errNoPIN
	}
	block.Decrypt(b[:], b[:])
	field := panField(pan)
	subtle.XORBytes(b[:], b[:], field[:])
	block.Decrypt(b[:], b[:])

	size := int(b[0] & 15)
	if b[0]>>4 != controlFormat4 || size < card.MinPIN || size > card.MaxPIN {
		return card.PIN{}, ErrPINBlock
	}
	var digits [card.MaxPIN + 2]byte
	for i := range digits {
		nibble := b[1+i/2] >> (4 * (1 - i%2)) & 15
		if i < size && nibble > 9 || i >= size && nibble != fillNibble {
			return card.PIN{}, ErrPINBlock
		}
		digits[i] = '0' + nibble
	}
	pin, err := card.ParsePIN(string(digits[:size]))
	if err != nil {
		return card.PIN{}, ErrPINBlock
	}
	return pin, nil
}

// panField is the PAN's length above 12, the PAN, and zeros (ISO 9564-1 9.4.2.3).
func panField(pan string) [aes.BlockSize]byte {
	var f [aes.BlockSize]byte
	f[0] = byte(len(pan)-card.MinPAN) << 4
	for i := range len(pan) {
		at := i + 1
		f[at/2] |= (pan[i] - '0') << (4 * (1 - at%2))
	}
	return f
}
