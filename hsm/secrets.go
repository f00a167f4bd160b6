package hsm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"kassa/card"
)

// Limits of a secret that is sealed here, in bytes.
const (
	maxSecret = 4096
	maxName   = 256
)

const sealVersion = 1

// SealSecret seals a secret so that only OpenSecret with the same name opens it.
func (m *Module) SealSecret(name string, secret []byte) ([]byte, error) {
	if name == "" || len(name) > maxName || len(secret) == 0 || len(secret) > maxSecret {
		return nil, ErrSecret
	}
	return seal(m.secret, m.random, name, secret)
}

// OpenSecret is the reverse of SealSecret.
func (m *Module) OpenSecret(name string, sealed []byte) ([]byte, error) {
	return open(m.secret, name, sealed)
}

// LookupHash is a keyed hash (HMAC-SHA256, hexadecimal), with which a secret that somebody shows is
// found without keeping it in clear.
func (m *Module) LookupHash(secret []byte) string {
	mac := hmac.New(sha256.New, m.lookup.Reveal())
	mac.Write(secret)
	return hex.EncodeToString(mac.Sum(nil))
}

// seal gives a version byte, a random nonce, and AES-GCM with the name as additional data.
func seal(key card.Key, random io.Reader, name string, plain []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1+gcm.NonceSize())
	out[0] = sealVersion
	if _, err := io.ReadFull(random, out[1:]); err != nil {
		return nil, err
	}
	return gcm.Seal(out, out[1:], plain, []byte(name)), nil
}

func open(key card.Key, name string, sealed []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	head := 1 + gcm.NonceSize()
	if len(sealed) < head || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	plain, err := gcm.Open(nil, sealed[1:head], sealed[head:], []byte(name))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func newGCM(key card.Key) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.Reveal())
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
