package dukpt_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kassa/card"
	"kassa/dukpt"
)

func TestPINBlock(t *testing.T) {
	standard := [8]byte(unhex(t, "2F69ADDE2E9E7ACE"))
	kassa := [8]byte(unhex(t, "0011223344556677"))
	tests := []struct {
		counter uint32
		pan     string
		fill    [8]byte
		want    string
	}{
		{1, "4111111111111111", standard, "A912150391AB65A67E52883D81CE2D15"},
		{2, "4111111111111111", standard, "52A00503BD34BA1383F6A7EE9FE2547F"},
		{3, "4111111111111111", standard, "A5A27E82B43A9A866A93D7ABE89CEF93"},
		{8, "4111111111111111", standard, "8308BB857C17F390369F761F8EB358FA"},
		{1, "4761739000000004", kassa, "BC8C2BEFCE9EF096E7EE27A911F1D064"},
		{1, "5413339000000002", kassa, "3570388D77ECFD8235BF51AB46E58668"},
		{2, "4761739000000004", kassa, "F8CA4915FCD0103A47C0EFDB073C76F5"},
	}
	for _, tt := range tests {
		k, err := dukpt.WorkingKey(key(t, bdk128), ksn(t, tt.counter), dukpt.UsagePIN)
		if err != nil {
			t.Fatal(err)
		}
		block, err := dukpt.EncryptPIN(k, pin(t, "1234"), pan(t, tt.pan), tt.fill)
		if err != nil || hexOf(block[:]) != tt.want {
			t.Errorf("counter %d: %X, %v, want %s", tt.counter, block, err, tt.want)
		}
		if got, err := dukpt.DecryptPIN(k, block, pan(t, tt.pan)); err != nil || got.Reveal() != "1234" {
			t.Errorf("counter %d: does not decrypt (%v)", tt.counter, err)
		}
	}

	const long = "1234567890123456789"
	k := key(t, "00112233445566778899AABBCCDDEEFF")
	block, err := dukpt.EncryptPINDigits(k, pin(t, "1234"), long, [8]byte(unhex(t, "FFFFFFFFFFFFFFFF")))
	if err != nil || hexOf(block[:]) != "28B41FDDD29B743E93124BD8E32D921E" {
		t.Errorf("PAN of 19 digits: %X, %v", block, err)
	}
	if got, err := dukpt.DecryptPINDigits(k, block, long); err != nil || got.Reveal() != "1234" {
		t.Errorf("PAN of 19 digits: does not decrypt (%v)", err)
	}
}

func TestPINBlockEveryLength(t *testing.T) {
	k := key(t, ik128)
	visa, short := pan(t, "4761739000000004"), pan(t, "501800000009")
	for n := card.MinPIN; n <= card.MaxPIN; n++ {
		want := "123456789012"[:n]
		for _, p := range []card.PAN{visa, short} {
			var fill [8]byte
			_, _ = rand.Read(fill[:])
			block, err := dukpt.EncryptPIN(k, pin(t, want), p, fill)
			if err != nil {
				t.Fatal(err)
			}
			got, err := dukpt.DecryptPIN(k, block, p)
			if err != nil || got.Reveal() != want {
				t.Errorf("%d digits do not come back: %v", n, err)
			}
		}
	}
}

func TestPINBlockRefuses(t *testing.T) {
	k, visa := key(t, ik128), pan(t, "4761739000000004")
	block, err := dukpt.EncryptPIN(k, pin(t, "1234"), visa, [8]byte{})
	if err != nil {
		t.Fatal(err)
	}
	// Another key, another PAN or a changed bit gives random bytes, which pass for a PIN about once
	// in 10^12 times.
	if _, err := dukpt.DecryptPIN(key(t, bdk128), block, visa); !errors.Is(err, dukpt.ErrPINBlock) {
		t.Errorf("wrong key: %v", err)
	}
	if _, err := dukpt.DecryptPIN(k, block, pan(t, "5413339000000002")); !errors.Is(err, dukpt.ErrPINBlock) {
		t.Errorf("wrong PAN: %v", err)
	}
	for i := range 128 {
		bad := block
		bad[i/8] ^= 1 << (i % 8)
		if _, err := dukpt.DecryptPIN(k, bad, visa); !errors.Is(err, dukpt.ErrPINBlock) {
			t.Errorf("bit %d: %v", i, err)
		}
	}
	for name, try := range map[string]error{
		"no key":     second(dukpt.EncryptPIN(card.Key{}, pin(t, "1234"), visa, [8]byte{})),
		"no PIN":     second(dukpt.EncryptPIN(k, card.PIN{}, visa, [8]byte{})),
		"no PAN":     second(dukpt.EncryptPIN(k, pin(t, "1234"), card.PAN{}, [8]byte{})),
		"no key out": second(dukpt.DecryptPIN(card.Key{}, block, visa)),
		"no PAN out": second(dukpt.DecryptPIN(k, block, card.PAN{})),
	} {
		if try == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestSeal(t *testing.T) {
	k, n := key(t, "A35C412EFD41FDB98B69797C02DCD08F"), ksn(t, 1)
	aad, plain := []byte("ORDER1"), []byte("4761739000000004D31122010000000000")
	sealed, err := dukpt.Seal(k, n, aad, plain)
	if err != nil || strings.Contains(string(sealed), "47617") {
		t.Fatalf("sealed: %v", err)
	}
	if got, err := dukpt.Open(k, n, aad, sealed); err != nil || string(got) != string(plain) {
		t.Errorf("does not open: %v", err)
	}
	for i := range sealed {
		bad := append([]byte{}, sealed...)
		bad[i] ^= 1
		if _, err := dukpt.Open(k, n, aad, bad); !errors.Is(err, dukpt.ErrSealed) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := dukpt.Open(k, n, aad, sealed[:i]); !errors.Is(err, dukpt.ErrSealed) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	for name, err := range map[string]error{
		"other additional data": second(dukpt.Open(k, n, []byte("ORDER2"), sealed)),
		"other KSN":             second(dukpt.Open(k, ksn(t, 2), aad, sealed)),
		"other key":             second(dukpt.Open(key(t, ik128), n, aad, sealed)),
		"too long":              second(dukpt.Open(k, n, aad, make([]byte, dukpt.MaxSealed+17))),
	} {
		if !errors.Is(err, dukpt.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dukpt.Seal(k, n, aad, make([]byte, dukpt.MaxSealed+1)); !errors.Is(err, dukpt.ErrTooLong) {
		t.Errorf("too long to seal: %v", err)
	}
	if _, err := dukpt.Seal(card.Key{}, n, aad, plain); !errors.Is(err, dukpt.ErrKey) {
		t.Errorf("no key: %v", err)
	}
}

// NIST SP 800-38B D.1 and D.3.
func TestCMAC(t *testing.T) {
	const m = "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710"
	k128, k256 := "2B7E151628AED2A6ABF7158809CF4F3C", "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4"
	for _, tt := range []struct {
		key  string
		n    int
		want string
	}{
		{k128, 0, "BB1D6929E95937287FA37D129B756746"},
		{k128, 16, "070A16B46B4D4144F79BDD9DD04A287C"},
		{k128, 40, "DFA66747DE9AE63030CA32611497C827"},
		{k128, 64, "51F0BEBF7E3B9D92FC49741779363CFE"},
		{k256, 0, "028962F61B7BF89EFC6B551F4667D983"},
		{k256, 64, "E1992190549F6ED5696A2C056C315410"},
	} {
		got, err := dukpt.CMAC(key(t, tt.key), unhex(t, m)[:tt.n])
		if err != nil || hexOf(got[:]) != tt.want {
			t.Errorf("%d bytes: %X, %v, want %s", tt.n, got, err, tt.want)
		}
	}
	if _, err := dukpt.CMAC(card.Key{}, nil); !errors.Is(err, dukpt.ErrKey) {
		t.Errorf("no key: %v", err)
	}
	if _, err := dukpt.KCV(card.Key{}); !errors.Is(err, dukpt.ErrKey) {
		t.Errorf("no key: %v", err)
	}
}

const kbpk = "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6"

// TR-31:2018 A.7.4, X9.143 8.1, and a block of a payShield.
func published() map[string][4]string {
	return map[string][4]string{
		"TR-31 A.7.4":   {kbpk, "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34", "3F419E1CB7079442AA37474C2EFBF8B8", "P0AE"},
		"X9.143 8.1":    {kbpk, "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557", "3F419E1CB7079442AA37474C2EFBF8B8", "P0AE"},
		"payShield 10K": {strings.Repeat("41", 32), "D0112B0TN00N000037DB9B046B7B0048785690759580ABC3B9842AB4BB7717B49E92528E575785D8123559376A2553B27BE94F054F4E971C", "1FA1F7CEC798D91545DA8AE0C7796BD9", "B0TN"},
	}
}

func TestUnwrapTR31(t *testing.T) {
	for name, tt := range published() {
		b, err := dukpt.UnwrapTR31(key(t, tt[0]), tt[1])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := hexOf(b.Key.Reveal()); got != tt[2] || b.Usage+b.Algorithm+b.Mode != tt[3] || b.IKID != "" {
			t.Errorf("%s: key %s, %+v", name, got, b)
		}
	}
}

func TestTR31EveryCharacterCounts(t *testing.T) {
	blocks := []string{}
	for _, tt := range published() {
		if tt[0] == kbpk {
			blocks = append(blocks, tt[1])
		}
	}
	own, err := dukpt.WrapTR31(key(t, kbpk), dukpt.KeyBlock{Usage: "B1", Algorithm: "A", Mode: "X", Key: key(t, ik128), IKID: ikidHex}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(blocks, own) {
		for i := range text {
			for _, c := range []byte("0A1FNaf \x00é") {
				if c == text[i] {
					continue
				}
				bad := text[:i] + string(rune(c)) + text[i+1:]
				if _, err := dukpt.UnwrapTR31(key(t, kbpk), bad); !errors.Is(err, dukpt.ErrKeyBlock) {
					t.Fatalf("character %d as %q: %v", i, c, err)
				}
			}
			for _, cut := range []string{text[:i], text[i:][1:], text + text[:i]} {
				if _, err := dukpt.UnwrapTR31(key(t, kbpk), cut); cut != text && !errors.Is(err, dukpt.ErrKeyBlock) {
					t.Fatalf("cut at %d: %v", i, err)
				}
			}
		}
		if _, err := dukpt.UnwrapTR31(key(t, bdk128), text); !errors.Is(err, dukpt.ErrKeyBlock) {
			t.Errorf("other protection key: %v", err)
		}
	}
}

func TestWrapTR31(t *testing.T) {
	for _, protection := range []string{kbpk, bdk128, kbpk[:48]} {
		for _, want := range []dukpt.KeyBlock{
			{Usage: "B1", Algorithm: "A", Mode: "X", Key: key(t, ik128), IKID: ikidHex},
			{Usage: "P0", Algorithm: "A", Mode: "B", Key: key(t, ik256)},
			{Usage: "M6", Algorithm: "A", Mode: "C", Key: key(t, ik256[:48]), IKID: "FEDCBA9876543210"},
		} {
			text, err := dukpt.WrapTR31(key(t, protection), want, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if text[1:5] != fmt.Sprintf("%04d", len(text)) || len(text)%16 != 0 {
				t.Errorf("length: %s", text[:16])
			}
			got, err := dukpt.UnwrapTR31(key(t, protection), text)
			if err != nil || !got.Key.Equal(want.Key) || got.Usage != want.Usage || got.Algorithm != want.Algorithm || got.Mode != want.Mode || got.IKID != want.IKID {
				t.Errorf("%s comes back as %+v, %v", text[:16], got, err)
			}
		}
	}
}

func TestWrapTR31Refuses(t *testing.T) {
	good := dukpt.KeyBlock{Usage: "B1", Algorithm: "A", Mode: "X", Key: key(t, ik128), IKID: ikidHex}
	for name, change := range map[string]func(*dukpt.KeyBlock){
		"usage":      func(b *dukpt.KeyBlock) { b.Usage = "B" },
		"usage form": func(b *dukpt.KeyBlock) { b.Usage = "b1" },
		"algorithm":  func(b *dukpt.KeyBlock) { b.Algorithm = "" },
		"mode":       func(b *dukpt.KeyBlock) { b.Mode = "XX" },
		"no key":     func(b *dukpt.KeyBlock) { b.Key = card.Key{} },
		"long key":   func(b *dukpt.KeyBlock) { b.Key = card.NewKey(make([]byte, 33)) },
		"IKID":       func(b *dukpt.KeyBlock) { b.IKID = "12" },
		"IKID form":  func(b *dukpt.KeyBlock) { b.IKID = "G234567890123456" },
	} {
		b := good
		change(&b)
		if _, err := dukpt.WrapTR31(key(t, kbpk), b, rand.Reader); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := dukpt.WrapTR31(key(t, kbpk), good, strings.NewReader("short")); err == nil {
		t.Error("too little randomness: no error")
	}
	if _, err := dukpt.WrapTR31(card.Key{}, good, rand.Reader); !errors.Is(err, dukpt.ErrKey) {
		t.Errorf("no protection key: %v", err)
	}
	if _, err := dukpt.UnwrapTR31(card.Key{}, ""); !errors.Is(err, dukpt.ErrKey) {
		t.Errorf("no protection key: %v", err)
	}
}

func FuzzUnwrapTR31(f *testing.F) {
	for _, tt := range published() {
		f.Add(tt[1])
	}
	f.Add("D0144B1AX00N0200IK141234567890123456PB0C00000000" + strings.Repeat("0", 96))
	f.Add("D0064B1AX00N9900" + strings.Repeat("IK04", 12))
	f.Fuzz(func(t *testing.T, text string) {
		k := card.NewKey(make([]byte, 16))
		if b, err := dukpt.UnwrapTR31(k, text); err == nil {
			t.Errorf("%q opens as %+v", text, b)
		}
	})
}

func FuzzDecryptPIN(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	k, visa := key(f, ik128), pan(f, "4761739000000004")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 16 {
			return
		}
		if p, err := dukpt.DecryptPIN(k, [16]byte(raw), visa); err == nil && len(p.Reveal()) < card.MinPIN {
			t.Errorf("a PIN of %d digits", len(p.Reveal()))
		}
	})
}
