package hsm

import (
	"fmt"
	"math/bits"

	"kassa/card"
	"kassa/dukpt"
	"kassa/iso8583"
)

// The data elements that hold card data.
const (
	deTrack2 = 35
	dePIN    = 110 // ISO 9564-1 format 4 block under the zone PIN key: DE52 is too short for it
)

const (
	pinBlock      = 16
	maxCounterBit = 16 // one-bits of a usable DUKPT counter
)

// Card is card data as the terminal sealed it.
type Card struct {
	KSN    string // 24 hexadecimal digits, of Sealed and of PIN
	AAD    []byte // what Sealed is bound to
	Sealed []byte // track 2, under the DUKPT data key
	PIN    []byte // PIN block of format 4 under the DUKPT PIN key; empty without PIN
}

// CompleteSale puts track 2 (DE35) and, where there is a PIN, the PIN block under the zone key
// (DE110) into a message. On an error the message is as it was.
func (m *Module) CompleteSale(msg *iso8583.Message, in Card) error {
	ksn, err := m.parseKSN(in.KSN)
	if err != nil {
		return err
	}
	track, err := m.openTrack(ksn, in)
	if err != nil {
		return err
	}
	block, err := m.translate(ksn, in.PIN, track.PAN())
	if err != nil {
		return err
	}
	msg.Set(deTrack2, track.Reveal())
	if block != nil {
		msg.SetBytes(dePIN, block)
	}
	return nil
}

// parseKSN takes the KSN of a key that comes from this module's base key.
func (m *Module) parseKSN(text string) (dukpt.KSN, error) {
	ksn, err := parseKSN(text)
	if err != nil {
		return dukpt.KSN{}, err
	}
	if [bdkID]byte(ksn[:bdkID]) != m.id {
		return dukpt.KSN{}, fmt.Errorf("%w: unknown BDK id", ErrKSN)
	}
	return ksn, nil
}

func parseKSN(text string) (dukpt.KSN, error) {
	ksn, err := dukpt.ParseKSN(text)
	if err != nil {
		return dukpt.KSN{}, fmt.Errorf("%w: not 24 hexadecimal digits", ErrKSN)
	}
	if c := ksn.Counter(); c == 0 || bits.OnesCount32(c) > maxCounterBit {
		return dukpt.KSN{}, fmt.Errorf("%w: no key has this counter", ErrKSN)
	}
	return ksn, nil
}

func (m *Module) openTrack(ksn dukpt.KSN, in Card) (card.Track2, error) {
	key, err := dukpt.WorkingKey(m.bdk, ksn, dukpt.UsageEncrypt)
	if err != nil {
		return card.Track2{}, err
	}
	plain, err := dukpt.Open(key, ksn, in.AAD, in.Sealed)
	if err != nil {
		return card.Track2{}, ErrSealed
	}
	track, err := card.ParseTrack2(string(plain))
	if err != nil {
		return card.Track2{}, fmt.Errorf("%w: not track 2", ErrSealed)
	}
	return track, nil
}

// translate moves a PIN from the terminal's key to the zone's, for the same PAN.
func (m *Module) translate(ksn dukpt.KSN, block []byte, pan card.PAN) ([]byte, error) {
	if len(block) == 0 {
		return nil, nil
	}
	if len(block) != pinBlock {
		return nil, fmt.Errorf("%w: not %d bytes", ErrPIN, pinBlock)
	}
	key, err := dukpt.WorkingKey(m.bdk, ksn, dukpt.UsagePIN)
	if err != nil {
		return nil, err
	}
	pin, err := dukpt.DecryptPIN(key, [pinBlock]byte(block), pan)
	if err != nil {
		return nil, ErrPIN
	}
	var fill [8]byte
	if _, err := m.random.Read(fill[:]); err != nil {
		return nil, err
	}
	out, err := dukpt.EncryptPIN(m.zone.PIN, pin, pan, fill)
	if err != nil {
		return nil, err
	}
	return out[:], nil
}
