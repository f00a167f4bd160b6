package support

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // pictures are JPEG
	_ "image/png"  // or PNG
	"io"

	"kassa/journal"
)

// Limits of a picture.
const (
	MaxPicture = 2 << 20
	maxSide    = 12_000 // pixels
	pictureKey = 32
)

// pictureType reads what a picture is; one that is no PNG or JPEG, or is too large, is refused.
func pictureType(picture []byte) (string, error) {
	if len(picture) > MaxPicture {
		return "", invalid("picture", "may have %d bytes at most", MaxPicture)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
		return "", invalid("picture", "must be a PNG or a JPEG of at most %d pixels a side", maxSide)
	}
	return "image/" + format, nil
}

// keptPicture is a picture as it is kept: sealed under a key of its own, which the secure module seals.
type keptPicture struct {
	Type   string `json:"type"`
	Key    []byte `json:"key"`
	Sealed []byte `json:"sealed"`
}

// keepPicture is the picture of a request for its batch.
func (d *Desk) keepPicture(r TamperRequest, picture []byte) ([]journal.Change, error) {
	name := kindPicture + "/" + r.ID
	key := make([]byte, pictureKey)
	if _, err := io.ReadFull(d.cfg.Random, key); err != nil {
		return nil, fmt.Errorf("support: randomness: %w", err)
	}
	seal, err := pictureSeal(key)
	if err != nil {
		return nil, err
	}
	kept := keptPicture{Type: r.Picture}
	nonce := make([]byte, seal.NonceSize()) // of zeros: the key seals one picture
	kept.Sealed = seal.Seal(nil, nonce, picture, []byte(name))
	kept.Key, err = d.cfg.Vault.SealSecret(name, key)
	clear(key)
	if err != nil {
		return nil, fmt.Errorf("support: seal the picture: %w", err)
	}
	c, err := d.change(r.At, name, r.scope(), kept)
	return []journal.Change{c}, err
}

func pictureSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("support: the key of a picture: %w", err)
	}
	return cipher.NewGCM(block)
}

// TamperPicture opens the picture of a request.
func (d *Desk) TamperPicture(id string) (kind string, picture []byte, err error) {
	name := kindPicture + "/" + id
	s, ok, err := d.cfg.Store.Load(name)
	if err != nil {
		return "", nil, fmt.Errorf("support: read the picture: %w", err)
	}
	if !ok {
		return "", nil, fmt.Errorf("%w: picture", ErrUnknown)
	}
	var kept keptPicture
	if err := json.Unmarshal(s.State, &kept); err != nil {
		return "", nil, fmt.Errorf("support: read the picture: %w", err)
	}
	key, err := d.cfg.Vault.OpenSecret(name, kept.Key)
	if err != nil {
		return "", nil, fmt.Errorf("support: open the picture: %w", err)
	}
	seal, err := pictureSeal(key)
	if err != nil {
		return "", nil, err
	}
	if picture, err = seal.Open(nil, make([]byte, seal.NonceSize()), kept.Sealed, []byte(name)); err != nil {
		return "", nil, fmt.Errorf("support: open the picture: %w", err)
	}
	return kept.Type, picture, nil
}
