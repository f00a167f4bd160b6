package dukpt

import (
	"crypto/cipher"
	"errors"

	"kassa/card"
)

// MaxSealed bounds what Seal and Open take, in bytes: card data are far shorter.
const MaxSealed = 4096

// Errors of sealing.
var (
	// ErrSealed tells that sealed data were not made under this key, KSN and additional data.
	ErrSealed = errors.New("dukpt: sealed data do not open")
	// ErrTooLong tells that data are longer than MaxSealed.
	ErrTooLong = errors.New("dukpt: data to seal are too long")
)

// Seal encrypts and authenticates plain (AES-GCM) and authenticates aad. The nonce is the KSN: the
// key belongs to that KSN alone, so that a caller seals once for each transaction and usage.
func Seal(key card.Key, ksn KSN, aad, plain []byte) ([]byte, error) {
	if len(plain) > MaxSealed {
		return nil, ErrTooLong
	}
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(nil, ksn[:], plain, aad), nil
}

// Open is the reverse of Seal.
func Open(key card.Key, ksn KSN, aad, sealed []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) > MaxSealed+gcm.Overhead() {
		return nil, ErrSealed
	}
	plain, err := gcm.Open(nil, ksn[:], sealed, aad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func newGCM(key card.Key) (cipher.AEAD, error) {
	block, _, err := aesOf(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
