package terminalapi

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
)

// Encryption is a passphrase shared with the terminal, with which messages are encrypted end to end.
// Each message has its own nonce; its HMAC is over the clear text, as the scheme has it.
type Encryption struct {
	identifier string
	version    int
	mac, key   []byte
	iv         [aes.BlockSize]byte
}

// cryptoVersion is the only version of the scheme.
const cryptoVersion = 1

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
	material, err := pbkdf2.Key(sha1.New, passphrase, []byte("AdyenNexoV1Salt"), 4000, 80)
	if err != nil {
		return nil, err
	}
	return &Encryption{identifier: identifier, version: version, mac: material[:32], key: material[32:64], iv: [16]byte(material[64:])}, nil
}

type trailer struct {
	Version       int    `json:"AdyenCryptoVersion"`
	KeyIdentifier string `json:"KeyIdentifier"`
	KeyVersion    int    `json:"KeyVersion"`
	Nonce         []byte `json:"Nonce"` // 16 bytes; JSON has it in base64, as all bytes here
	HMAC          []byte `json:"Hmac"`
}

// seal encrypts an envelope. The header stays beside it in clear, for those who deliver it.
func (e *Encryption) seal(header Header, envelope []byte) ([]byte, error) {
	t := trailer{Version: cryptoVersion, KeyIdentifier: e.identifier, KeyVersion: e.version, Nonce: make([]byte, aes.BlockSize), HMAC: e.sum(envelope)}
	_, _ = rand.Read(t.Nonce) // it never fails
	pad := aes.BlockSize - len(envelope)%aes.BlockSize
	blob := append([]byte(nil), envelope...)
	for range pad {
		blob = append(blob, byte(pad))
	}
	block, err := aes.NewCipher(e.key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCEncrypter(block, e.vector(t.Nonce)).CryptBlocks(blob, blob)
	return json.Marshal(map[string]any{"SaleToPOIRequest": map[string]any{"MessageHeader": header, "NexoBlob": blob, "SecurityTrailer": t}})
}

// unseal gives back the envelope that was encrypted. Every flaw gives the same error, so that none can
// be told from another; the clear header must be the one inside.
func (e *Encryption) unseal(p parts) ([]byte, error) {
	var t trailer
	var blob []byte
	if json.Unmarshal(p["SecurityTrailer"], &t) != nil || json.Unmarshal(p["NexoBlob"], &blob) != nil ||
		len(t.Nonce) != aes.BlockSize || len(blob) == 0 || len(blob)%aes.BlockSize != 0 {
		return nil, ErrNotAuthentic
	}
	block, err := aes.NewCipher(e.key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCDecrypter(block, e.vector(t.Nonce)).CryptBlocks(blob, blob)
	text, padded := blob, 0
	if pad := int(blob[len(blob)-1]); pad >= 1 && pad <= aes.BlockSize {
		padded, text = pad, blob[:len(blob)-pad]
	}
	for _, b := range blob[len(text):] {
		if int(b) != padded {
			padded = 0
		}
	}
	ours := t.Version == cryptoVersion && t.KeyIdentifier == e.identifier && t.KeyVersion == e.version
	if genuine := hmac.Equal(e.sum(text), t.HMAC); !genuine || padded == 0 || !ours {
		return nil, ErrNotAuthentic
	}
	var clear Header
	inner, response, err := open(text)
	if err != nil {
		return nil, ErrNotAuthentic
	}
	m, err := inner.message(response)
	if json.Unmarshal(p["MessageHeader"], &clear) != nil || err != nil || clear.identity() != m.Header.identity() {
		return nil, ErrNotAuthentic
	}
	return text, nil
}

func (e *Encryption) sum(text []byte) []byte {
	h := hmac.New(sha256.New, e.mac)
	h.Write(text)
	return h.Sum(nil)
}

func (e *Encryption) vector(nonce []byte) []byte {
	iv := e.iv
	for i := range iv {
		iv[i] ^= nonce[i]
	}
	return iv[:]
}
