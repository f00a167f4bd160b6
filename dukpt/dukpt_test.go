package dukpt_test

import (
	"crypto/aes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"kassa/card"
	"kassa/dukpt"
)

// The sample set of X9.24-3, as openemv/dukpt cites it.
const (
	bdk128  = "FEDCBA9876543210F1F1F1F1F1F1F1F1"
	ik128   = "1273671EA26AC29AFA4D1084127652A1"
	bdk256  = bdk128 + bdk128
	ik256   = "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F"
	ikidHex = "1234567890123456"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func key(t testing.TB, s string) card.Key { t.Helper(); return card.NewKey(unhex(t, s)) }

func ikid(t testing.TB) [8]byte { t.Helper(); return [8]byte(unhex(t, ikidHex)) }

func ksn(t testing.TB, counter uint32) dukpt.KSN {
	t.Helper()
	k, err := dukpt.ParseKSN(fmt.Sprintf("%s%08X", ikidHex, counter))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func hexOf(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

func pan(t testing.TB, digits string) card.PAN {
	t.Helper()
	p, err := card.ParsePAN(digits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pin(t testing.TB, digits string) card.PIN {
	t.Helper()
	p, err := card.ParsePIN(digits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// child is the derivation of one AES-128 key written a second time, straight from the standard.
func child(t testing.TB, parent []byte, usage uint16, number, counter uint32) []byte {
	t.Helper()
	block, err := aes.NewCipher(parent)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("0101%04X00020080%08X%08X", usage, number, counter)
	out := make([]byte, 16)
	block.Encrypt(out, unhex(t, text))
	return out
}

func TestInitialKey(t *testing.T) {
	for _, tt := range [][3]string{{bdk128, ik128, "05EF4531EC"}, {bdk256, ik256, ""}} {
		ik, err := dukpt.InitialKey(key(t, tt[0]), ikid(t))
		if err != nil || hexOf(ik.Reveal()) != tt[1] {
			t.Errorf("initial key %s, %v, want %s", hexOf(ik.Reveal()), err, tt[1])
		}
		if kcv, err := dukpt.KCV(ik); err != nil || tt[2] != "" && kcv != tt[2] {
			t.Errorf("KCV %s, %v, want %s", kcv, err, tt[2])
		}
	}
	if kcv, _ := dukpt.KCV(key(t, bdk128)); kcv != "FF0BD7C455" {
		t.Errorf("KCV of the BDK %s", kcv)
	}
}

func TestWorkingKey(t *testing.T) {
	tests := []struct {
		bdk     string
		counter uint32
		usage   dukpt.Usage
		want    string
	}{
		{bdk128, 1, dukpt.UsagePIN, "AF8CB133A78F8DC2D1359F18527593FB"},
		{bdk128, 1, dukpt.UsageMACGenerate, "A2DC23DE6FDE0824A2BC321E08E4B8B7"},
		{bdk128, 1, dukpt.UsageMACVerify, "DBB463945B286C07CD3AD82EE96FD9C9"},
		{bdk128, 1, dukpt.UsageEncrypt, "A35C412EFD41FDB98B69797C02DCD08F"},
		{bdk128, 2, dukpt.UsagePIN, "D30BDC73EC9714B000BEC66BDB7B6D09"},
		{bdk128, 2, dukpt.UsageMACGenerate, "484C3B06E8562704528CD5B46FB12FB6"},
		{bdk128, 2, dukpt.UsageEncrypt, "D639514AA33AC43AD9229E433D6D4E5B"},
		{bdk128, 3, dukpt.UsagePIN, "7D69F01F3B45449F62C7816ECE723268"},
		{bdk128, 3, dukpt.UsageMACGenerate, "A5DF7D9D800CA769766F0C77CA4E6E6C"},
		{bdk128, 3, dukpt.UsageEncrypt, "EF17F6AB45B4820C93A3DCB21BC491AD"},
		{bdk128, 8, dukpt.UsagePIN, "4D9DF3FBEE3448FC3E676D04320A90F5"},
		{bdk128, 8, dukpt.UsageMACGenerate, "6FD572E5D59E618875F193484F9178FB"},
		{bdk128, 8, dukpt.UsageEncrypt, "650F34204ABD4E57764D61AC3D266FB1"},
		{bdk256, 1, dukpt.UsagePIN, "8C1AB7BEE973829E30242E0BBBDD4946D540C98FC1B5BDCF94790001A23FD502"},
		{bdk256, 1, dukpt.UsageMACGenerate, "61DABDF4B340CF461EE860B1D1AB55357142BD2D6977306859CF49AEFE8F1549"},
	}
	for _, tt := range tests {
		got, err := dukpt.WorkingKey(key(t, tt.bdk), ksn(t, tt.counter), tt.usage)
		if err != nil || hexOf(got.Reveal()) != tt.want {
			t.Errorf("counter %X usage %X: %s, %v, want %s", tt.counter, tt.usage, hexOf(got.Reveal()), err, tt.want)
		}
	}
}

// The standard publishes derivation keys, which no caller sees; here a second derivation takes
// them one step further.
func TestWorkingKeyBelowPublishedDerivationKeys(t *testing.T) {
	for counter, derivation := range map[uint32]string{
		1:          "4F21B565BAD9835E112B6465635EAE44",
		2:          "2F34D68DE10F68D38091A73B9E7C437C",
		3:          "031504E530365CF81264238540518318",
		8:          "718EE6CF0B27E53D5F7AF99C4D8146A2",
		0x1FFFE:    "E21E8C8D347F8561A2BE752DAA85A111",
		0x20000:    "F7AE9025468A25D37B7249CFFED224C8",
		0xFFFF0000: "F6BA59389BD14A9855BE9727E7C52E3C",
	} {
		want := child(t, unhex(t, derivation), 0x1000, 0x90123456, counter)
		got, err := dukpt.WorkingKey(key(t, bdk128), ksn(t, counter), dukpt.UsagePIN)
		if err != nil || hexOf(got.Reveal()) != hexOf(want) {
			t.Errorf("counter %X: %s, %v, want %X", counter, hexOf(got.Reveal()), err, want)
		}
	}
}

func TestRefusedCounters(t *testing.T) {
	for _, counter := range []uint32{0, 0x1FFFF, 0x3FFFE | 1, 0xFFFF0001, 0xFFFF8000, 0xFFFFFFFF} {
		if bits.OnesCount32(counter) <= 16 && counter != 0 {
			t.Fatalf("%X is a good counter", counter)
		}
		got, err := dukpt.WorkingKey(key(t, bdk128), ksn(t, counter), dukpt.UsagePIN)
		if !errors.Is(err, dukpt.ErrCounter) || !got.IsZero() {
			t.Errorf("counter %X: %v", counter, err)
		}
	}
	for _, n := range []int{0, 8, 15, 17, 33} {
		if _, err := dukpt.WorkingKey(card.NewKey(make([]byte, n)), ksn(t, 1), dukpt.UsagePIN); !errors.Is(err, dukpt.ErrKey) {
			t.Errorf("key of %d bytes: %v", n, err)
		}
	}
}

func TestKSN(t *testing.T) {
	k := ksn(t, 0xABCDE)
	if k.Counter() != 0xABCDE || k.IKID() != ikid(t) || k.String() != ikidHex+"000ABCDE" {
		t.Errorf("%s: counter %X, IKID %X", k, k.Counter(), k.IKID())
	}
	if low, err := dukpt.ParseKSN(strings.ToLower(k.String())); err != nil || low != k {
		t.Errorf("lower case: %v", err)
	}
	for _, text := range []string{"", "12", k.String() + "0", k.String()[1:], k.String() + "00", "G" + k.String()[1:], strings.Repeat("é", 12)} {
		if _, err := dukpt.ParseKSN(text); !errors.Is(err, dukpt.ErrKSN) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// usages that a device and a host use.
func usages() []dukpt.Usage {
	return []dukpt.Usage{dukpt.UsagePIN, dukpt.UsageMACGenerate, dukpt.UsageMACVerify, dukpt.UsageEncrypt}
}

// follow runs the device for n transactions and compares every key with the host's.
func follow(t *testing.T, d *dukpt.Device, bdk card.Key, first uint32, n int) {
	t.Helper()
	want := first
	for range n {
		tx, err := d.Next()
		if err != nil {
			t.Fatalf("counter %X: %v", want, err)
		}
		if tx.KSN() != ksn(t, want) {
			t.Fatalf("KSN %s, want counter %X", tx.KSN(), want)
		}
		for _, u := range usages() {
			host, err := dukpt.WorkingKey(bdk, tx.KSN(), u)
			if err != nil || !host.Equal(tx.Key(u)) {
				t.Fatalf("counter %X usage %X: device and host differ (%v)", want, u, err)
			}
		}
		for want++; bits.OnesCount32(want) > 16; want++ {
		}
	}
}

func TestDeviceEqualsHost(t *testing.T) {
	n := 6000
	if testing.Short() {
		n = 600
	}
	for _, tt := range [][2]string{{bdk128, ik128}, {bdk256, ik256}} {
		d, err := dukpt.NewDevice(key(t, tt[1]), ikid(t))
		if err != nil {
			t.Fatal(err)
		}
		if d.IKID() != ikid(t) {
			t.Errorf("IKID %X", d.IKID())
		}
		follow(t, d, key(t, tt[0]), 1, n)
	}
}

// stateAt builds the state of an AES-128 device before a counter, from the layout and the standard.
func stateAt(t *testing.T, counter uint32) []byte {
	t.Helper()
	state := append([]byte{1, 16}, unhex(t, ikidHex)...)
	state = binary.BigEndian.AppendUint32(state, counter)
	for bit := uint32(1); bit != 0; bit <<= 1 {
		lowest := counter & -counter
		if bit != lowest && (bit < lowest || counter&bit != 0) {
			continue
		}
		target := counter
		if bit != lowest {
			target = counter&^(bit-1) | bit
		}
		k, walked := unhex(t, ik128), uint32(0)
		for b := uint32(1) << 31; b != 0; b >>= 1 {
			if target&b != 0 {
				walked |= b
				k = child(t, k, 0x8000, 0x90123456, walked)
			}
		}
		state = append(state, k...)
	}
	return seal(state)
}

func seal(state []byte) []byte {
	sum := sha256.Sum256(state)
	return append(state, sum[:8]...)
}

// Two thousand million transactions are too many to run, so the device starts just before the
// places where a counter is passed over.
func TestDevicePassesOverFullCounters(t *testing.T) {
	for _, start := range []uint32{0xFFF0, 0x1FFF0, 0x1FFFE, 0x3FFF7, 0x7FFE0, 0x0FFF7FF0, 0xFFFEFFF0} {
		for bits.OnesCount32(start) > 16 {
			start++
		}
		d, err := dukpt.UnmarshalDevice(stateAt(t, start))
		if err != nil {
			t.Fatalf("%X: %v", start, err)
		}
		n := 64
		if start > 0xFFFE0000 {
			n = 1
		}
		follow(t, d, key(t, bdk128), start, n)
	}
}

func TestDeviceExhausted(t *testing.T) {
	d, err := dukpt.UnmarshalDevice(stateAt(t, 0xFFFF0000))
	if err != nil {
		t.Fatal(err)
	}
	follow(t, d, key(t, bdk128), 0xFFFF0000, 1)
	for range 2 {
		if tx, err := d.Next(); !errors.Is(err, dukpt.ErrExhausted) || !tx.Key(dukpt.UsagePIN).IsZero() {
			t.Fatalf("after the last key: %v", err)
		}
		state, err := d.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if d, err = dukpt.UnmarshalDevice(state); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeviceState(t *testing.T) {
	d, err := dukpt.NewDevice(key(t, ik128), ikid(t))
	if err != nil {
		t.Fatal(err)
	}
	for want := uint32(1); want <= 200; want++ {
		state, err := d.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if want < 4 || want&(want-1) == 0 {
			if hexOf(state) != hexOf(stateAt(t, want)) {
				t.Fatalf("counter %X: state is not as the standard has it", want)
			}
		}
		if d, err = dukpt.UnmarshalDevice(state); err != nil {
			t.Fatal(err)
		}
		tx, err := d.Next()
		if err != nil || tx.KSN().Counter() != want {
			t.Fatalf("counter %X, %v, want %X", tx.KSN().Counter(), err, want)
		}
		after, err := d.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		// No working key and no initial key is in the state.
		for _, u := range usages() {
			if strings.Contains(string(after), string(tx.Key(u).Reveal())) {
				t.Fatalf("counter %X: a used key is still there", want)
			}
		}
	}
}

func TestDamagedState(t *testing.T) {
	good := stateAt(t, 5)
	for i := range good {
		bad := append([]byte{}, good...)
		bad[i] ^= 1
		if _, err := dukpt.UnmarshalDevice(bad); !errors.Is(err, dukpt.ErrState) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := dukpt.UnmarshalDevice(good[:i]); !errors.Is(err, dukpt.ErrState) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	body := good[:len(good)-8]
	forged := map[string][]byte{
		"key length":     append([]byte{1, 17}, body[2:]...),
		"17 one-bits":    append(append(append([]byte{}, body[:10]...), 0, 1, 0xFF, 0xFF), body[14:]...),
		"other counter":  append(append(append([]byte{}, body[:10]...), 0, 0, 0, 1), body[14:]...),
		"used up":        append(append(append([]byte{}, body[:10]...), 0, 0, 0, 0), body[14:]...),
		"one key more":   append(append([]byte{}, body...), make([]byte, 16)...),
		"other version":  append([]byte{2}, body[1:]...),
		"nothing at all": {},
	}
	for name, state := range forged {
		if _, err := dukpt.UnmarshalDevice(seal(state)); !errors.Is(err, dukpt.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dukpt.NewDevice(card.Key{}, [8]byte{}); !errors.Is(err, dukpt.ErrKey) {
		t.Errorf("no initial key: %v", err)
	}
}

func FuzzUnmarshalDevice(f *testing.F) {
	d, err := dukpt.NewDevice(card.NewKey(make([]byte, 16)), [8]byte{})
	if err != nil {
		f.Fatal(err)
	}
	state, _ := d.MarshalBinary()
	f.Add(state[:len(state)-8])
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := dukpt.UnmarshalDevice(seal(append([]byte{}, body...)))
		if err != nil {
			return
		}
		if again, err := d.MarshalBinary(); err != nil || string(again[:len(again)-8]) != string(body) {
			t.Errorf("state changes by being read (%v)", err)
		}
		if tx, err := d.Next(); err == nil && bits.OnesCount32(tx.KSN().Counter()) > 16 {
			t.Errorf("counter %X", tx.KSN().Counter())
		}
	})
}

func TestNothingPrintsKeys(t *testing.T) {
	d, err := dukpt.NewDevice(key(t, ik128), ikid(t))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := d.Next()
	if err != nil {
		t.Fatal(err)
	}
	block := dukpt.KeyBlock{Usage: "B1", Key: key(t, ik128)}
	raw := unhex(t, "4F21B565BAD9835E112B6465635EAE44") // the transaction's derivation key
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
		for _, value := range []any{d, *d, tx, &tx, block, struct{ hidden dukpt.Transaction }{tx}} {
			got := fmt.Sprintf(verb, value)
			for _, leak := range []string{hexOf(raw), string(raw), fmt.Sprint(raw), ik128, strings.ToLower(ik128), string(unhex(t, ik128))} {
				if strings.Contains(got, leak) {
					t.Errorf("%s of %T prints a key", verb, value)
				}
			}
		}
	}
}

func BenchmarkWorkingKey(b *testing.B) {
	bdk := key(b, bdk128)
	k := ksn(b, 0xFFFF)
	for b.Loop() {
		if _, err := dukpt.WorkingKey(bdk, k, dukpt.UsagePIN); err != nil {
			b.Fatal(err)
		}
	}
}
