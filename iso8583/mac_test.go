package iso8583_test

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kassa/iso8583"
)

// keyed stands for a CMAC: any function of all the bytes will do.
func keyed(key string) func([]byte) ([8]byte, error) {
	return func(b []byte) ([8]byte, error) {
		sum := sha256.Sum256(append([]byte(key), b...))
		return [8]byte(sum[:8]), nil
	}
}

func TestMACIsTheLastElement(t *testing.T) {
	for _, p := range profiles() {
		long := sale()
		short := sale()
		short.Clear(110)
		for m, de := range map[*iso8583.Message]int{long: 128, short: 64} {
			frame, err := p.PackMAC(m, keyed("k"))
			if err != nil {
				t.Fatal(err)
			}
			back, err := p.Unpack(frame)
			if err != nil {
				t.Fatal(err)
			}
			fields := back.Fields()
			if fields[len(fields)-1] != de {
				t.Errorf("%s: the last element is DE%d, want DE%d", p.Name(), fields[len(fields)-1], de)
			}
			want, _ := keyed("k")(frame[:len(frame)-8])
			if string(want[:]) != back.Get(de) || back.Get(de) != m.Get(de) {
				t.Errorf("%s: the MAC is not over the bytes before it", p.Name())
			}
			if ok, err := p.VerifyMAC(frame, keyed("k")); !ok || err != nil {
				t.Errorf("%s: own MAC not accepted: %v", p.Name(), err)
			}
			if ok, _ := p.VerifyMAC(frame, keyed("other")); ok {
				t.Errorf("%s: a MAC under another key is accepted", p.Name())
			}
		}
	}
}

func TestEveryFlippedBitBreaksTheMAC(t *testing.T) {
	p := iso8583.Kassa87()
	frame, err := p.PackMAC(sale(), keyed("k"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(frame) * 8 {
		frame[i/8] ^= 1 << (i % 8)
		if ok, _ := p.VerifyMAC(frame, keyed("k")); ok {
			t.Errorf("bit %d can be flipped", i)
		}
		frame[i/8] ^= 1 << (i % 8)
	}
}

func TestMACIsReplacedWhenItMoves(t *testing.T) {
	p := iso8583.Kassa87()
	m := sale()
	if _, err := p.PackMAC(m, keyed("k")); err != nil {
		t.Fatal(err)
	}
	m.Clear(110)
	again, err := p.PackMAC(m, keyed("k"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Has(128) || !m.Has(64) {
		t.Error("the MAC stayed in DE128 without an element above 64")
	}
	fresh := sale()
	fresh.Clear(110)
	want, err := p.PackMAC(fresh, keyed("k"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error("packing twice gives other bytes:", diff)
	}
}

func TestMACFailures(t *testing.T) {
	p := iso8583.Kassa87()
	broken := errors.New("the module is away")
	fail := func([]byte) ([8]byte, error) { return [8]byte{}, broken }
	m := sale()
	if _, err := p.PackMAC(m, fail); !errors.Is(err, broken) || m.Has(128) {
		t.Errorf("error %v, MAC present %v", err, m.Has(128))
	}
	m.Set(3, "x")
	if _, err := p.PackMAC(m, keyed("k")); err == nil || m.Has(128) {
		t.Errorf("error %v, MAC present %v", err, m.Has(128))
	}
	frame, err := p.PackMAC(sale(), keyed("k"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.VerifyMAC(frame, fail); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	plain, err := p.Pack(sale())
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := p.VerifyMAC(plain, keyed("k")); ok || err != nil {
		t.Errorf("a frame without MAC: %v, %v", ok, err)
	}
	for n := range 20 {
		if ok, err := p.VerifyMAC(frame[:n], keyed("k")); ok || err == nil {
			t.Errorf("%d bytes: %v, %v", n, ok, err)
		}
	}
}
