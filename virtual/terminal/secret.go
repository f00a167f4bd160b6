package terminal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"kassa/card"
	"kassa/dukpt"
	"kassa/poilink"
)

// secrets derives the identity and the storage key, so that one file of 32 bytes is the whole
// secret of a device.
func secrets(cfg Config) (ed25519.PrivateKey, cipher.AEAD, error) {
	seed, err := hkdf.Key(sha256.New, cfg.Secret[:], []byte(cfg.POIID), "identity", ed25519.SeedSize)
	if err != nil {
		return nil, nil, fmt.Errorf("derive identity: %w", err)
	}
	key, err := hkdf.Key(sha256.New, cfg.Secret[:], []byte(cfg.POIID), "storage", 32)
	if err != nil {
		return nil, nil, fmt.Errorf("derive storage key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, fmt.Errorf("storage key: %w", err)
	}
	storage, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, fmt.Errorf("storage key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), storage, nil
}

func (m *Machine) read(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(m.random, b); err != nil {
		return nil, fmt.Errorf("random: %w", err)
	}
	return b, nil
}

func (m *Machine) sealDevice(dev *dukpt.Device) ([]byte, error) {
	plain, err := dev.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("device state: %w", err)
	}
	nonce, err := m.read(m.storage.NonceSize())
	if err != nil {
		return nil, err
	}
	return m.storage.Seal(nonce, nonce, plain, []byte(m.cfg.POIID)), nil
}

func (m *Machine) loadDevice() (*dukpt.Device, error) {
	if len(m.d.Device) == 0 {
		return nil, nil
	}
	return m.openDevice(m.d.Device)
}

func (m *Machine) openDevice(sealed []byte) (*dukpt.Device, error) {
	n := m.storage.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("device state: too short")
	}
	plain, err := m.storage.Open(nil, sealed[:n], sealed[n:], []byte(m.cfg.POIID))
	if err != nil {
		return nil, errors.New("device state: does not open under this storage key")
	}
	dev, err := dukpt.UnmarshalDevice(plain)
	if err != nil {
		return nil, fmt.Errorf("device state: %w", err)
	}
	return dev, nil
}

// nextKey moves the DUKPT device on and writes its new state before the key is used (ANSI X9.24-3:
// a crash then wastes a key and never uses one twice).
func (m *Machine) nextKey() (dukpt.Transaction, error) {
	if m.v.device == nil {
		return dukpt.Transaction{}, errors.New("no initial key is loaded")
	}
	if m.has(FaultKeysUsedUp) {
		return dukpt.Transaction{}, dukpt.ErrExhausted
	}
	if !m.has(FaultKeyReplay) || !m.setBack() {
		m.v.before = m.d.Device
	}
	txn, err := m.v.device.Next()
	if err != nil {
		return dukpt.Transaction{}, fmt.Errorf("next key: %w", err)
	}
	sealed, err := m.sealDevice(m.v.device)
	if err != nil {
		return dukpt.Transaction{}, err
	}
	m.persist(Record{Kind: RecordDevice, Device: sealed})
	return txn, nil
}

// setBack makes the device what it was before its last key, as a copy of its storage would.
func (m *Machine) setBack() bool {
	if m.v.before == nil {
		return false // it has used none since it was switched on
	}
	dev, err := m.openDevice(m.v.before)
	if err != nil {
		return false
	}
	m.v.device = dev
	return true
}

// askKeys asks for an initial key.
func (m *Machine) askKeys() {
	if !m.mayAskKeys() {
		return
	}
	m.after(timerKeys, keysRetry)
	raw, err := m.read(32 + 16)
	if err != nil {
		return
	}
	// NewPrivateKey instead of GenerateKey: the latter takes no reader of ours any more.
	own, err := ecdh.X25519().NewPrivateKey(raw[:32])
	if err != nil {
		return
	}
	m.v.injection, m.v.keysNonce = own, raw[32:]
	public := own.PublicKey().Bytes()
	signed := poilink.InjectMessage(m.cfg.POIID, m.v.challenge, public, m.v.keysNonce)
	m.transmit(poilink.Frame{Type: poilink.TypeInjectKeys, InjectKeys: &poilink.InjectKeys{
		Ephemeral: public, Nonce: m.v.keysNonce, Signature: ed25519.Sign(m.identity, signed),
	}})
}

// loadKeys takes an initial key over. A block that does not fit is forgotten: the timer asks again.
func (m *Machine) loadKeys(k poilink.Keys) {
	if m.v.injection == nil || !m.mayAskKeys() {
		return
	}
	ik, ikid, err := m.unwrap(k)
	m.v.injection = nil
	if err != nil {
		m.keyRefused()
		if !m.injectionOver(m.say("Key injection failed. Trying again")) {
			m.failRest(m.say("Key injection failed. Trying again"))
		}
		return
	}
	dev, err := dukpt.NewDevice(ik, ikid)
	if err != nil {
		return
	}
	sealed, err := m.sealDevice(dev)
	if err != nil {
		return
	}
	m.stop(timerKeys)
	m.v.device, m.v.confirmed = dev, true
	name := strings.ToUpper(hex.EncodeToString(ikid[:]))
	m.persist(Record{Kind: RecordKeys, IKID: name, KCV: k.KCV, Device: sealed})
	m.up(poilink.Frame{Type: poilink.TypeKeysLoaded, KeysLoaded: &poilink.KeysLoaded{IKID: name, KCV: k.KCV}})
	if !m.injectionOver("") && m.v.stage == stageNone {
		m.rest()
	}
	m.provision()
}

func (m *Machine) unwrap(k poilink.Keys) (ik card.Key, ikid [8]byte, err error) {
	theirs, err := ecdh.X25519().NewPublicKey(k.Ephemeral)
	if err != nil {
		return ik, ikid, errors.New("keys: ephemeral is no X25519 key")
	}
	shared, err := m.v.injection.ECDH(theirs)
	if err != nil {
		return ik, ikid, errors.New("keys: no shared secret")
	}
	kbpk, err := hkdf.Key(sha256.New, shared, m.v.keysNonce, poilink.InjectInfo, 16)
	if err != nil {
		return ik, ikid, fmt.Errorf("keys: %w", err)
	}
	block, err := dukpt.UnwrapTR31(card.NewKey(kbpk), k.Block)
	if err != nil {
		return ik, ikid, fmt.Errorf("keys: %w", err)
	}
	raw, err := hex.DecodeString(k.IKID)
	if err != nil || len(raw) != len(ikid) || block.Usage != "B1" || !strings.EqualFold(block.IKID, k.IKID) {
		return ik, ikid, errors.New("keys: usage or ikid does not fit")
	}
	copy(ikid[:], raw)
	kcv, err := dukpt.KCV(block.Key)
	if err != nil || !strings.EqualFold(kcv, k.KCV) {
		return ik, ikid, errors.New("keys: kcv does not fit")
	}
	return block.Key, ikid, nil
}
