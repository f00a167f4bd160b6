package dukpt

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/bits"
	"strings"
)

// maxOneBits is how many one-bits a counter may have (X9.24-3 6.3.3): it bounds the derivations
// from the initial key to any other.
const maxOneBits = 16

// Errors about key serial numbers.
var (
	ErrKSN     = errors.New("dukpt: KSN is not 24 hexadecimal digits")
	ErrCounter = errors.New("dukpt: KSN counter is zero or has more than 16 one-bits")
)

// KSN is a key serial number: the initial key's id (BDK id and device number, 4 bytes each) and the
// transaction counter, 4 bytes.
type KSN [12]byte

// ParseKSN reads 24 hexadecimal digits. Whether its counter has a key is for WorkingKey to say.
func ParseKSN(text string) (KSN, error) {
	var k KSN
	if len(text) != 2*len(k) {
		return KSN{}, ErrKSN
	}
	if _, err := hex.Decode(k[:], []byte(text)); err != nil {
		return KSN{}, ErrKSN
	}
	return k, nil
}

func newKSN(ikid [8]byte, counter uint32) KSN {
	var k KSN
	copy(k[:], ikid[:])
	binary.BigEndian.PutUint32(k[8:], counter)
	return k
}

// IKID returns the initial key's id.
func (k KSN) IKID() [8]byte { return [8]byte(k[:8]) }

// Counter returns the transaction counter.
func (k KSN) Counter() uint32 { return binary.BigEndian.Uint32(k[8:]) }

// String returns upper-case hexadecimal.
func (k KSN) String() string { return strings.ToUpper(hex.EncodeToString(k[:])) }

func usable(counter uint32) bool {
	return counter != 0 && bits.OnesCount32(counter) <= maxOneBits
}
