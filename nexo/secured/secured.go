// Package secured is Adyen's encryption of nexo messages between a Sale System and a terminal: the
// codec of NexoBlob and SecurityTrailer, version 1.
//
// A passphrase gives three keys (PBKDF2 with HMAC-SHA1, 4000 rounds over a fixed salt). A message is
// encrypted with AES-256-CBC under an initialisation vector that a nonce makes its own, and its clear
// text carries an HMAC-SHA256. It promises that what [Keys.Seal] made [Keys.Open] opens, and that
// everything else is the one [ErrOpen], whatever was wrong, so that nobody learns by asking.
//
// It is pure: nonces are passed in. It reads no JSON, and so does not compare the header that travels in
// clear with the one inside: the caller must.
package secured

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// Version is the AdyenCryptoVersion of the scheme.
const Version = 1

// NonceSize is how many random bytes a message takes.
const NonceSize = aes.BlockSize

// ErrOpen tells that a message was not made with these keys, or has been changed.
var ErrOpen = errors.New("secured: the message cannot be opened")

// ErrNonce tells that a nonce has the wrong length.
var ErrNonce = errors.New("secured: a nonce has 16 bytes")

const (
	salt   = "AdyenNexoV1Salt"
	rounds = 4000
)

// Keys are what a passphrase gives.
type Keys struct {
	mac, cipher [32]byte
	iv          [aes.BlockSize]byte
}

// Derive turns a passphrase into keys. It takes some milliseconds on purpose.
func Derive(passphrase []byte) (Keys, error) {
	var k Keys
	derived, err := pbkdf2.Key(sha1.New, string(passphrase), []byte(salt), rounds, len(k.mac)+len(k.cipher)+len(k.iv))
	if err != nil {
		return Keys{}, fmt.Errorf("secured: derive keys: %w", err)
	}
	n := copy(k.mac[:], derived)
	n += copy(k.cipher[:], derived[n:])
	copy(k.iv[:], derived[n:])
	return k, nil
}

// String keeps keys out of logs.
func (Keys) String() string { return "secured.Keys{…}" }

// GoString does so too.
func (k Keys) GoString() string { return k.String() }

// Sealed is an encrypted message. Its parts travel in base64: Blob as NexoBlob, the others in the
// SecurityTrailer.
type Sealed struct{ Blob, Nonce, HMAC []byte }

// Seal encrypts a message. A nonce must be random, and never used twice.
func (k Keys) Seal(message, nonce []byte) (Sealed, error) {
	if len(nonce) != NonceSize {
		return Sealed{}, ErrNonce
	}
	mode, err := k.mode(nonce, cipher.NewCBCEncrypter)
	if err != nil {
		return Sealed{}, err
	}
	pad := aes.BlockSize - len(message)%aes.BlockSize
	blob := append(bytes.Clone(message), bytes.Repeat([]byte{byte(pad)}, pad)...)
	mode.CryptBlocks(blob, blob)
	return Sealed{Blob: blob, Nonce: bytes.Clone(nonce), HMAC: k.sum(message)}, nil
}

// Open gives the message, or ErrOpen.
func (k Keys) Open(s Sealed) ([]byte, error) {
	if len(s.Nonce) != NonceSize || len(s.Blob) == 0 || len(s.Blob)%aes.BlockSize != 0 {
		return nil, ErrOpen
	}
	mode, err := k.mode(s.Nonce, cipher.NewCBCDecrypter)
	if err != nil {
		return nil, err
	}
	message := make([]byte, len(s.Blob))
	mode.CryptBlocks(message, s.Blob)
	// The sum is computed whatever the padding is, so that a wrong one takes the same time.
	message, padded := unpad(message)
	if !hmac.Equal(k.sum(message), s.HMAC) || !padded {
		return nil, ErrOpen
	}
	return message, nil
}

func (k Keys) mode(nonce []byte, make func(cipher.Block, []byte) cipher.BlockMode) (cipher.BlockMode, error) {
	block, err := aes.NewCipher(k.cipher[:])
	if err != nil {
		return nil, fmt.Errorf("secured: %w", err)
	}
	var iv [aes.BlockSize]byte
	subtle.XORBytes(iv[:], k.iv[:], nonce)
	return make(block, iv[:]), nil
}

func (k Keys) sum(message []byte) []byte {
	m := hmac.New(sha256.New, k.mac[:])
	m.Write(message)
	return m.Sum(nil)
}

// unpad takes the padding of PKCS #7 off; without a right one it gives the whole.
func unpad(b []byte) ([]byte, bool) {
	n := int(b[len(b)-1])
	if n == 0 || n > aes.BlockSize || !bytes.Equal(b[len(b)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return b, false
	}
	return b[:len(b)-n], true
}
