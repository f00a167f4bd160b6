package dukpt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"kassa/card"
)

// kcvBytes is all that may be known of a key (ANSI X9.143).
const kcvBytes = 5

// CMAC computes AES-CMAC (NIST SP 800-38B).
func CMAC(key card.Key, data []byte) ([16]byte, error) {
	block, _, err := aesOf(key)
	if err != nil {
		return [16]byte{}, err
	}
	return cmac(block, data), nil
}

func cmac(block cipher.Block, data []byte) [aes.BlockSize]byte {
	var sub, mac, last [aes.BlockSize]byte
	block.Encrypt(sub[:], sub[:])
	double(&sub)
	for len(data) > aes.BlockSize {
		subtle.XORBytes(mac[:], mac[:], data[:aes.BlockSize])
		block.Encrypt(mac[:], mac[:])
		data = data[aes.BlockSize:]
	}
	if copy(last[:], data) < aes.BlockSize {
		last[len(data)] = 0x80
		double(&sub)
	}
	subtle.XORBytes(mac[:], mac[:], last[:])
	subtle.XORBytes(mac[:], mac[:], sub[:])
	block.Encrypt(mac[:], mac[:])
	return mac
}

// double multiplies by x in GF(2^128).
func double(b *[aes.BlockSize]byte) {
	carry := b[0] >> 7
	for i := range len(b) - 1 {
		b[i] = b[i]<<1 | b[i+1]>>7
	}
	b[len(b)-1] = b[len(b)-1]<<1 ^ 0x87*carry
}

// KCV computes the key check value of an AES key: the first five bytes of the CMAC over 16 zero
// bytes, in upper-case hexadecimal.
func KCV(key card.Key) (string, error) {
	var zero [aes.BlockSize]byte
	mac, err := CMAC(key, zero[:])
	if err != nil {
		return "", err
	}
	return strings.ToUpper(hex.EncodeToString(mac[:kcvBytes])), nil
}
