package dukpt

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"math/bits"

	"kassa/card"
)

const (
	registers     = 32
	stateVersion  = 1
	stateHeader   = 1 + 1 + 8 + 4 // version, key length, IKID, counter
	stateChecksum = 8
)

// Errors of a device.
var (
	// ErrExhausted tells that all keys have been used; the device needs a new initial key.
	ErrExhausted = errors.New("dukpt: no key is left, a new initial key is needed")
	// ErrState tells that stored bytes are no device state.
	ErrState = errors.New("dukpt: the stored device state is damaged")
)

// Device is the terminal's side. It holds derivation keys for the future only: from its state
// nobody can compute a key that has been used. It is not safe for concurrent use.
type Device struct {
	ikid [8]byte
	next uint32 // the counter of the next transaction, 0 when exhausted
	keys [registers]card.Key
}

// Transaction is one counter's key, from which the working keys of that transaction come.
type Transaction struct {
	ksn KSN
	key card.Key
}

// NewDevice loads an initial key, which the device does not keep.
func NewDevice(ik card.Key, ikid [8]byte) (*Device, error) {
	d := &Device{ikid: ikid, next: 1}
	for i := range d.keys {
		key, err := derive(ik, usageDerivation, position(ikid, 1<<i))
		if err != nil {
			return nil, err
		}
		d.keys[i] = key
	}
	return d, nil
}

// IKID returns the id of the initial key.
func (d *Device) IKID() [8]byte { return d.ikid }

// Next takes the next transaction. The caller stores the device's new state before it uses a key of
// the transaction: a crash in between wastes a key, and no key is ever used twice.
func (d *Device) Next() (Transaction, error) {
	counter := d.next
	if counter == 0 {
		return Transaction{}, ErrExhausted
	}
	low := bits.TrailingZeros32(counter)
	key := d.keys[low]
	full := bits.OnesCount32(counter) == maxOneBits
	var refill [registers]card.Key
	for i := 0; i < low && !full; i++ {
		k, err := derive(key, usageDerivation, position(d.ikid, counter|1<<i))
		if err != nil {
			return Transaction{}, err
		}
		refill[i] = k
	}
	if full {
		// Every counter up to the next carry would have a 17th one-bit.
		d.next = counter + 1<<low
	} else {
		copy(d.keys[:low], refill[:low])
		d.next = counter + 1
	}
	d.keys[low] = card.Key{}
	return Transaction{ksn: newKSN(d.ikid, counter), key: key}, nil
}

// KSN returns the transaction's key serial number.
func (t Transaction) KSN() KSN { return t.ksn }

// Key derives the transaction's key for one usage; of the zero Transaction, the zero Key.
func (t Transaction) Key(u Usage) card.Key {
	key, err := derive(t.key, u, position(t.ksn.IKID(), t.ksn.Counter()))
	if err != nil {
		return card.Key{}
	}
	return key
}

// held tells which registers hold a key before counter is used: the one of its lowest one-bit, and
// above that those whose bit is still zero.
func held(counter uint32) uint32 {
	if counter == 0 {
		return 0
	}
	low := counter & -counter
	return low | ^counter&^(low-1)
}

// MarshalBinary writes the state, keys in clear: the caller seals it before it is stored.
func (d *Device) MarshalBinary() ([]byte, error) {
	size := 0
	mask := held(d.next)
	for i, k := range d.keys {
		if mask&(1<<i) != 0 {
			size = k.Len()
		}
	}
	out := append(make([]byte, 0, stateHeader+registers*size+stateChecksum), stateVersion, byte(size))
	out = append(out, d.ikid[:]...)
	out = binary.BigEndian.AppendUint32(out, d.next)
	for i, k := range d.keys {
		if mask&(1<<i) != 0 {
			out = append(out, k.Reveal()...)
		}
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:stateChecksum]...), nil
}

// UnmarshalDevice reads what MarshalBinary wrote.
func UnmarshalDevice(state []byte) (*Device, error) {
	if len(state) < stateHeader+stateChecksum || state[0] != stateVersion {
		return nil, ErrState
	}
	body := state[:len(state)-stateChecksum]
	sum := sha256.Sum256(body)
	if subtle.ConstantTimeCompare(sum[:stateChecksum], state[len(body):]) != 1 {
		return nil, ErrState
	}
	d := &Device{ikid: [8]byte(body[2:10]), next: binary.BigEndian.Uint32(body[10:])}
	size, keys, mask := int(body[1]), body[stateHeader:], held(d.next)
	if d.next == 0 {
		if size != 0 || len(keys) != 0 {
			return nil, ErrState
		}
		return d, nil
	}
	if !usable(d.next) || size != 16 && size != 24 && size != 32 ||
		len(keys) != size*bits.OnesCount32(mask) {
		return nil, ErrState
	}
	for i := range d.keys {
		if mask&(1<<i) != 0 {
			d.keys[i] = card.NewKey(keys[:size])
			keys = keys[size:]
		}
	}
	return d, nil
}
