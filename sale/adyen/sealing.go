package adyen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync"

	"kassa/nexo/secured"
)

// sealing is the key with which one request was encrypted.
type sealing struct {
	Identifier string
	Version    int64
	keys       secured.Keys
}

// keyring keeps derived keys, so that a message costs no derivation; passphrases it does not keep.
type keyring struct {
	mu   sync.Mutex
	keys map[[sha256.Size]byte]secured.Keys
}

// maxDerived bounds the keyring: far more than an installation has keys.
const maxDerived = 10_000

// derive gives the keys of a passphrase. They are found by a keyed hash of it.
func (r *keyring) derive(secret []byte, passphrase string) (secured.Keys, error) {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("passphrase " + passphrase))
	id := [sha256.Size]byte(m.Sum(nil))
	r.mu.Lock()
	k, ok := r.keys[id]
	r.mu.Unlock()
	if ok {
		return k, nil
	}
	k, err := secured.Derive([]byte(passphrase))
	if err != nil {
		return k, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil || len(r.keys) >= maxDerived {
		r.keys = make(map[[sha256.Size]byte]secured.Keys)
	}
	r.keys[id] = k
	return k, nil
}

// errCrypto is the one error of a secured message, whatever is wrong with it.
var errCrypto = errors.New("adyen: the secured message cannot be opened")

// sealingOf finds the key of a terminal by its identifier and version.
func (h *Handler) sealingOf(tid, identifier string, version int64) (*sealing, error) {
	all, err := h.Settings.Keys(tid)
	if err != nil {
		return nil, fmt.Errorf("adyen: keys of %s: %w", tid, err)
	}
	for _, k := range all {
		if k.Identifier == identifier && k.Version == version && k.Passphrase != "" {
			derived, err := h.ring.derive(h.Secret, k.Passphrase)
			return &sealing{k.Identifier, k.Version, derived}, err
		}
	}
	return nil, errCrypto
}

// isSecured tells whether an envelope's content is encrypted.
func isSecured(content object) bool {
	return content["NexoBlob"] != nil || content["SecurityTrailer"] != nil
}

// open decrypts the content of an envelope for a terminal. What it gives is the content within, whose
// header is the one that travelled in clear.
func (h *Handler) open(tid, envelope string, content object) (object, *sealing, error) {
	trailer := content.sub("SecurityTrailer")
	version, _ := trailer["KeyVersion"].(number)
	scheme, _ := trailer["AdyenCryptoVersion"].(number)
	key, err := h.sealingOf(tid, trailer.text("KeyIdentifier"), integer(version))
	if err != nil {
		return nil, nil, err
	}
	var s secured.Sealed
	for _, part := range []struct {
		text string
		into *[]byte
	}{{content.text("NexoBlob"), &s.Blob}, {trailer.text("Nonce"), &s.Nonce}, {trailer.text("Hmac"), &s.HMAC}} {
		if *part.into, err = base64.StdEncoding.DecodeString(part.text); err != nil {
			return nil, nil, errCrypto
		}
	}
	clear, err := key.keys.Open(s)
	if err != nil || integer(scheme) != secured.Version {
		return nil, nil, errCrypto
	}
	message, err := decode(clear)
	if err != nil {
		return nil, nil, errCrypto
	}
	inner := message.sub(envelope)
	if inner == nil || string(encode(inner.sub("MessageHeader"))) != string(encode(content.sub("MessageHeader"))) {
		return nil, nil, errCrypto
	}
	return inner, key, nil
}

// integer reads a whole number; anything else is -1.
func integer(n number) int64 {
	v, ok := minorOf(string(n), "JPY") // a currency without minor units
	if !ok {
		return -1
	}
	return v
}

// seal encrypts a message whose header is to travel in clear beside it.
func (h *Handler) seal(key *sealing, envelope string, content object) (object, error) {
	nonce := make([]byte, secured.NonceSize)
	if _, err := io.ReadFull(h.Random, nonce); err != nil {
		return nil, fmt.Errorf("adyen: randomness: %w", err)
	}
	s, err := key.keys.Seal(encode(object{envelope: content}), nonce)
	if err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString
	return object{envelope: object{
		"MessageHeader": content["MessageHeader"], "NexoBlob": text(s.Blob),
		"SecurityTrailer": object{
			"AdyenCryptoVersion": secured.Version, "KeyIdentifier": key.Identifier, "KeyVersion": key.Version,
			"Nonce": text(s.Nonce), "Hmac": text(s.HMAC),
		},
	}}, nil
}
