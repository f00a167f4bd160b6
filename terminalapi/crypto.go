package terminalapi

import (
	"crypto/rand"
	"encoding/json"

	"kassa/nexo/secured"
)

// Encryption is a passphrase shared with the terminal, with which messages are encrypted end to end.
type Encryption struct {
	identifier string
	version    int
	keys       secured.Keys
}

// NewEncryption derives the keys from a passphrase with its identifier and version, as they are set
// for the terminal. It takes a few milliseconds; do it once.
func NewEncryption(passphrase, identifier string, version int) (*Encryption, error) {
	if passphrase == "" || identifier == "" {
		return nil, wrong("Encryption", "needs a passphrase and the identifier of its key")
	}
	for _, r := range passphrase {
		if r < ' ' || r > '~' {
			return nil, wrong("Encryption", "needs a passphrase of ASCII characters, as terminals take it")
		}
	}
	keys, err := secured.Derive([]byte(passphrase))
	if err != nil {
		return nil, err
	}
	return &Encryption{identifier: identifier, version: version, keys: keys}, nil
}

type trailer struct {
	Version       int    `json:"AdyenCryptoVersion"`
	KeyIdentifier string `json:"KeyIdentifier"`
	KeyVersion    int    `json:"KeyVersion"`
	Nonce         []byte `json:"Nonce"` // JSON has it in base64, as all bytes here
	HMAC          []byte `json:"Hmac"`
}

// seal encrypts an envelope. The header stays beside it in clear, for those who deliver it.
func (e *Encryption) seal(header Header, envelope []byte) ([]byte, error) {
	nonce := make([]byte, secured.NonceSize)
	_, _ = rand.Read(nonce) // it never fails
	s, err := e.keys.Seal(envelope, nonce)
	if err != nil {
		return nil, err
	}
	t := trailer{Version: secured.Version, KeyIdentifier: e.identifier, KeyVersion: e.version, Nonce: s.Nonce, HMAC: s.HMAC}
	return json.Marshal(map[string]any{"SaleToPOIRequest": map[string]any{"MessageHeader": header, "NexoBlob": s.Blob, "SecurityTrailer": t}})
}

// unseal gives back the envelope that was encrypted. Every flaw gives the same error, so that none can
// be told from another; the clear header, which nothing protects, must name the message inside.
func (e *Encryption) unseal(p parts) ([]byte, error) {
	var t trailer
	var blob []byte
	var clear Header
	if json.Unmarshal(p["SecurityTrailer"], &t) != nil || json.Unmarshal(p["NexoBlob"], &blob) != nil || json.Unmarshal(p["MessageHeader"], &clear) != nil {
		return nil, ErrNotAuthentic
	}
	text, err := e.keys.Open(secured.Sealed{Blob: blob, Nonce: t.Nonce, HMAC: t.HMAC})
	if err != nil || t.Version != secured.Version || t.KeyIdentifier != e.identifier || t.KeyVersion != e.version {
		return nil, ErrNotAuthentic
	}
	inner, response, err := open(text)
	if err != nil {
		return nil, ErrNotAuthentic
	}
	m, err := inner.message(response)
	if err != nil || clear.identity() != m.Header.identity() {
		return nil, ErrNotAuthentic
	}
	return text, nil
}
