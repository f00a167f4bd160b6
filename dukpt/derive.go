package dukpt

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"

	"kassa/card"
)

// ErrKey tells that a key is no AES key.
var ErrKey = errors.New("dukpt: key is not 16, 24 or 32 bytes")

// Usage says what a working key is for (X9.24-3 table 2). Each direction has its own, so that no
// message can be reflected to its sender.
type Usage uint16

// The usages. The terminal generates MACs with UsageMACGenerate and verifies the host's with
// UsageMACVerify; it encrypts with UsageEncrypt.
const (
	UsageKeyEncryption Usage = 0x0002
	UsagePIN           Usage = 0x1000
	UsageMACGenerate   Usage = 0x2000
	UsageMACVerify     Usage = 0x2001
	UsageMACBoth       Usage = 0x2002
	UsageEncrypt       Usage = 0x3000
	UsageDecrypt       Usage = 0x3001
	UsageBoth          Usage = 0x3002

	usageDerivation Usage = 0x8000
	usageInitialKey Usage = 0x8001
)

// InitialKey derives the key that is injected into the device ikid.
func InitialKey(bdk card.Key, ikid [8]byte) (card.Key, error) {
	return derive(bdk, usageInitialKey, ikid)
}

// WorkingKey derives the key of one transaction for one usage, on the host's side.
func WorkingKey(bdk card.Key, ksn KSN, u Usage) (card.Key, error) {
	if !usable(ksn.Counter()) {
		return card.Key{}, ErrCounter
	}
	key, err := InitialKey(bdk, ksn.IKID())
	if err != nil {
		return card.Key{}, err
	}
	// One step for each one-bit, from the highest: the path that the device's registers took.
	var walked uint32
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if ksn.Counter()&bit == 0 {
			continue
		}
		walked |= bit
		if key, err = derive(key, usageDerivation, position(ksn.IKID(), walked)); err != nil {
			return card.Key{}, err
		}
	}
	return derive(key, u, position(ksn.IKID(), ksn.Counter()))
}

// position is the right half of the derivation block below the initial key: device number, counter.
func position(ikid [8]byte, counter uint32) [8]byte {
	var p [8]byte
	copy(p[:4], ikid[4:])
	binary.BigEndian.PutUint32(p[4:], counter)
	return p
}

// derive is the key derivation of X9.24-3 6.3.2: as many derivation blocks as the key is long,
// encrypted under the parent. The child is as long as the parent.
func derive(parent card.Key, u Usage, right [8]byte) (card.Key, error) {
	block, size, err := aesOf(parent)
	if err != nil {
		return card.Key{}, err
	}
	var out [2 * aes.BlockSize]byte
	for i := 0; i*aes.BlockSize < size; i++ {
		b := out[i*aes.BlockSize:][:aes.BlockSize]
		b[0] = 1 // version
		b[1] = byte(i + 1)
		binary.BigEndian.PutUint16(b[2:], uint16(u))
		binary.BigEndian.PutUint16(b[4:], algorithm(size))
		binary.BigEndian.PutUint16(b[6:], uint16(8*size))
		copy(b[8:], right[:])
		block.Encrypt(b, b)
	}
	return card.NewKey(out[:size]), nil
}

// algorithm is the indicator that X9.24-3 and TR-31 share: 2, 3, 4 for AES-128, -192, -256.
func algorithm(size int) uint16 { return uint16(size / 8) }

func aesOf(key card.Key) (cipher.Block, int, error) {
	raw := key.Reveal()
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, 0, ErrKey
	}
	return block, len(raw), nil
}
