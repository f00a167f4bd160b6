package hsm

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"kassa/card"
	"kassa/dukpt"
)

// injectInfo is the HKDF info of key injection on the POI link.
const injectInfo = "kassa.poilink.v1 key injection"

// The nonce of a terminal is random, and fresh for each request.
const (
	minNonce = 16
	maxNonce = 64
)

// Injection is an initial key on its way to one terminal.
type Injection struct {
	Ephemeral []byte // the module's X25519 public key, 32 bytes
	Block     string // TR-31 version D, usage B1, optional block IK
	IKID      string // 16 hexadecimal digits
	KCV       string // what the terminal must compute over the key it loaded
}

// InjectKey derives the initial key of a device number and wraps it for the terminal that holds the
// private key of devicePoint (X25519). That it is the right terminal is for the caller to verify.
// The caller allocates numbers and never uses one again: with a repeated number, counters would
// repeat too, and with them keys.
func (m *Module) InjectKey(devicePoint, nonce []byte, number uint32) (Injection, error) {
	if len(nonce) < minNonce || len(nonce) > maxNonce {
		return Injection{}, fmt.Errorf("%w: nonce is not %d to %d bytes", ErrInjection, minNonce, maxNonce)
	}
	device, err := ecdh.X25519().NewPublicKey(devicePoint)
	if err != nil {
		return Injection{}, fmt.Errorf("%w: not an X25519 public key", ErrInjection)
	}
	// GenerateKey takes no randomness from the caller any more, so the scalar is drawn here.
	scalar, err := newKey(m.random, 32)
	if err != nil {
		return Injection{}, err
	}
	own, err := ecdh.X25519().NewPrivateKey(scalar.Reveal())
	if err != nil {
		return Injection{}, fmt.Errorf("hsm: ephemeral key: %w", err)
	}
	shared, err := own.ECDH(device)
	if err != nil {
		return Injection{}, fmt.Errorf("%w: X25519 public key of low order", ErrInjection)
	}
	raw, err := hkdf.Key(sha256.New, shared, nonce, injectInfo, aesSize)
	if err != nil {
		return Injection{}, fmt.Errorf("hsm: derive: %w", err)
	}
	out, err := m.wrapInitialKey(card.NewKey(raw), number)
	if err != nil {
		return Injection{}, err
	}
	out.Ephemeral = own.PublicKey().Bytes()
	return out, nil
}

func (m *Module) wrapInitialKey(kbpk card.Key, number uint32) (Injection, error) {
	var ikid [8]byte
	copy(ikid[:], m.id[:])
	binary.BigEndian.PutUint32(ikid[bdkID:], number)
	ik, err := dukpt.InitialKey(m.bdk, ikid)
	if err != nil {
		return Injection{}, err
	}
	out := Injection{IKID: hexOf(ikid[:])}
	if out.KCV, err = dukpt.KCV(ik); err != nil {
		return Injection{}, err
	}
	out.Block, err = dukpt.WrapTR31(kbpk, dukpt.KeyBlock{
		Usage: "B1", Algorithm: "A", Mode: "X", Key: ik, IKID: out.IKID,
	}, m.random)
	return out, err
}
