package hsm_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"kassa/card"
	"kassa/dukpt"
	"kassa/hsm"
	"kassa/iso8583"
)

const (
	visa  = "4761739000000004"
	track = visa + "D31122010000000000"
	order = "H4XQ3A2K10"
)

func testZone() hsm.Zone {
	return hsm.Zone{PIN: card.NewKey([]byte("zone PIN key 16B")), MAC: card.NewKey([]byte("zone MAC key 16B"))}
}

func open(t testing.TB) *hsm.Module {
	t.Helper()
	m, err := hsm.NewInMemory(rand.Reader, testZone())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inject does the terminal's part of key injection and returns its initial key.
func inject(t testing.TB, m *hsm.Module, number uint32) (ik card.Key, ikid [8]byte) {
	t.Helper()
	own, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	nonce := []byte("0123456789abcdef")
	in, err := m.InjectKey(own.PublicKey().Bytes(), nonce, number)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := ecdh.X25519().NewPublicKey(in.Ephemeral)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		t.Fatal(err)
	}
	kbpk, err := hkdf.Key(sha256.New, shared, nonce, "kassa.poilink.v1 key injection", 16)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dukpt.UnwrapTR31(card.NewKey(kbpk), in.Block)
	if err != nil {
		t.Fatal(err)
	}
	kcv, err := dukpt.KCV(b.Key)
	if err != nil || kcv != in.KCV || b.IKID != in.IKID || b.Usage != "B1" || b.Algorithm != "A" {
		t.Fatalf("block %+v, KCV %s, injection %+v, %v", b, kcv, in, err)
	}
	if want := fmt.Sprintf("%08X", number); in.IKID[8:] != want {
		t.Fatalf("IKID %s does not end in %s", in.IKID, want)
	}
	raw, err := hex.DecodeString(in.IKID)
	if err != nil {
		t.Fatal(err)
	}
	return b.Key, [8]byte(raw)
}

func terminal(t testing.TB, m *hsm.Module, number uint32) *dukpt.Device {
	t.Helper()
	d, err := dukpt.NewDevice(inject(t, m, number))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// read is a card read by the terminal, with a PIN unless it is empty.
func read(t testing.TB, d *dukpt.Device, plain, digits string) hsm.Card {
	t.Helper()
	tx, err := d.Next()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := dukpt.Seal(tx.Key(dukpt.UsageEncrypt), tx.KSN(), []byte(order), []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	out := hsm.Card{KSN: tx.KSN().String(), AAD: []byte(order), Sealed: sealed}
	if digits == "" {
		return out
	}
	number, err := card.ParsePAN(visa)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := card.ParsePIN(digits)
	if err != nil {
		t.Fatal(err)
	}
	block, err := dukpt.EncryptPIN(tx.Key(dukpt.UsagePIN), secret, number, [8]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	out.PIN = block[:]
	return out
}

func sale() *iso8583.Message {
	m := &iso8583.Message{MTI: "0200"}
	m.Set(3, "000000")
	m.Set(4, "000000001999")
	m.Set(11, "000123")
	return m
}

func TestCompleteSale(t *testing.T) {
	m := open(t)
	d := terminal(t, m, 7)
	number, _ := card.ParsePAN(visa)
	seen := map[string]bool{}
	for _, digits := range []string{"1234", "", "987654321098", "1234"} {
		msg := sale()
		if err := m.CompleteSale(msg, read(t, d, track, digits)); err != nil {
			t.Fatal(err)
		}
		if msg.Get(35) != track {
			t.Error("DE35 is not the track")
		}
		want := []int{3, 4, 11, 35}
		if digits != "" {
			want = append(want, 110)
		}
		if got := msg.Fields(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("fields %v, want %v", got, want)
		}
		if _, err := iso8583.Kassa87().Pack(msg); err != nil {
			t.Errorf("does not pack: %v", err)
		}
		if digits == "" {
			continue
		}
		block := msg.Bytes(110)
		got, err := dukpt.DecryptPIN(testZone().PIN, [16]byte(block), number)
		if err != nil || got.Reveal() != digits {
			t.Errorf("the host cannot read the PIN: %v", err)
		}
		if seen[string(block)] {
			t.Error("equal PINs give equal blocks")
		}
		seen[string(block)] = true
	}
}

func TestCompleteSaleRefuses(t *testing.T) {
	m := open(t)
	d := terminal(t, m, 1)
	other := read(t, terminal(t, m, 2), track, "1234")
	foreign := read(t, terminal(t, open(t), 1), track, "1234")
	good := read(t, d, track, "1234")
	flip := func(b []byte) []byte {
		b = append([]byte{}, b...)
		b[0] ^= 1
		return b
	}
	tests := []struct {
		name   string
		change func(*hsm.Card)
		want   error
	}{
		{"no KSN", func(c *hsm.Card) { c.KSN = "" }, hsm.ErrKSN},
		{"short KSN", func(c *hsm.Card) { c.KSN = c.KSN[2:] }, hsm.ErrKSN},
		{"long KSN", func(c *hsm.Card) { c.KSN += "00" }, hsm.ErrKSN},
		{"KSN form", func(c *hsm.Card) { c.KSN = "Z" + c.KSN[1:] }, hsm.ErrKSN},
		{"unknown BDK id", func(c *hsm.Card) { c.KSN = "00000000" + c.KSN[8:] }, hsm.ErrKSN},
		{"another module", func(c *hsm.Card) { *c = foreign }, hsm.ErrKSN},
		{"counter zero", func(c *hsm.Card) { c.KSN = c.KSN[:16] + "00000000" }, hsm.ErrKSN},
		{"counter 1FFFF", func(c *hsm.Card) { c.KSN = c.KSN[:16] + "0001FFFF" }, hsm.ErrKSN},
		{"counter FFFFFFFF", func(c *hsm.Card) { c.KSN = c.KSN[:16] + "FFFFFFFF" }, hsm.ErrKSN},
		{"another counter", func(c *hsm.Card) { c.KSN = c.KSN[:16] + "00000002" }, hsm.ErrSealed},
		{"another terminal", func(c *hsm.Card) { c.KSN = other.KSN }, hsm.ErrSealed},
		{"bad tag", func(c *hsm.Card) { c.Sealed = flip(c.Sealed) }, hsm.ErrSealed},
		{"cut", func(c *hsm.Card) { c.Sealed = c.Sealed[:10] }, hsm.ErrSealed},
		{"nothing sealed", func(c *hsm.Card) { c.Sealed = nil }, hsm.ErrSealed},
		{"another order", func(c *hsm.Card) { c.AAD = []byte("H4XQ3A2K11") }, hsm.ErrSealed},
		{"no track in it", func(c *hsm.Card) { *c = read(t, d, "hello", "1234") }, hsm.ErrSealed},
		{"PIN block of 8", func(c *hsm.Card) { c.PIN = c.PIN[:8] }, hsm.ErrPIN},
		{"PIN block damaged", func(c *hsm.Card) { c.PIN = flip(c.PIN) }, hsm.ErrPIN},
		{"PIN of another card", func(c *hsm.Card) { *c = read(t, d, "5413339000000002D3112201", "1234") }, hsm.ErrPIN},
		{"PIN of another terminal", func(c *hsm.Card) { c.PIN = other.PIN }, hsm.ErrPIN},
	}
	for _, tt := range tests {
		in, msg := good, sale()
		tt.change(&in)
		err := m.CompleteSale(msg, in)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			continue
		}
		if strings.Contains(err.Error(), "4761739") || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: the error says too much", tt.name)
		}
		if got := msg.Fields(); fmt.Sprint(got) != "[3 4 11]" {
			t.Errorf("%s: the message has changed: %v", tt.name, got)
		}
	}
	if err := m.CompleteSale(sale(), good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestInjectKey(t *testing.T) {
	m := open(t)
	first, id1 := inject(t, m, 1)
	again, _ := inject(t, m, 1)
	second, id2 := inject(t, m, 2)
	if !first.Equal(again) || first.Equal(second) || id1 == id2 {
		t.Error("the initial key does not follow the number")
	}
	own, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, nonce := own.PublicKey().Bytes(), make([]byte, 16)
	a, err := m.InjectKey(point, nonce, 3)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.InjectKey(point, nonce, 3)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(a.Ephemeral, b.Ephemeral) || a.Block == b.Block {
		t.Error("two injections under one protection key")
	}
	for name, try := range map[string]struct{ point, nonce []byte }{
		"no point":        {nil, nonce},
		"short point":     {point[:31], nonce},
		"low order point": {make([]byte, 32), nonce},
		"no nonce":        {point, nil},
		"short nonce":     {point, nonce[:15]},
		"long nonce":      {point, make([]byte, 65)},
	} {
		if in, err := m.InjectKey(try.point, try.nonce, 1); !errors.Is(err, hsm.ErrInjection) || in.Block != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMAC(t *testing.T) {
	m := open(t)
	for _, n := range []int{0, 1, 16, 300} {
		data := bytes.Repeat([]byte{7}, n)
		want, err := dukpt.CMAC(testZone().MAC, data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.MAC(data); err != nil || got != [8]byte(want[:8]) {
			t.Errorf("%d bytes: %X, %v", n, got, err)
		}
	}
	msg := sale()
	frame, err := iso8583.Kassa87().PackMAC(msg, m.MAC)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := iso8583.Kassa87().VerifyMAC(frame, m.MAC); err != nil || !ok {
		t.Errorf("does not verify: %v", err)
	}
	other, err := hsm.NewInMemory(rand.Reader, hsm.Zone{PIN: testZone().PIN, MAC: testZone().PIN})
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := iso8583.Kassa87().VerifyMAC(frame, other.MAC); ok {
		t.Error("verifies under another key")
	}
}

func TestSecrets(t *testing.T) {
	m, other := open(t), open(t)
	secret := []byte("sk_test_0123456789")
	sealed, err := m.SealSecret("apikey/1", secret)
	if err != nil || bytes.Contains(sealed, secret[:6]) {
		t.Fatalf("sealed: %v", err)
	}
	if got, err := m.OpenSecret("apikey/1", sealed); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("does not open: %v", err)
	}
	if again, _ := m.SealSecret("apikey/1", secret); bytes.Equal(again, sealed) {
		t.Error("sealing shows that two secrets are equal")
	}
	for name, err := range map[string]error{
		"other name":   second(m.OpenSecret("apikey/2", sealed)),
		"other module": second(other.OpenSecret("apikey/1", sealed)),
		"empty":        second(m.OpenSecret("apikey/1", nil)),
	} {
		if !errors.Is(err, hsm.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range sealed {
		bad := append([]byte{}, sealed...)
		bad[i] ^= 1
		if _, err := m.OpenSecret("apikey/1", bad); !errors.Is(err, hsm.ErrSealed) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := m.OpenSecret("apikey/1", sealed[:i]); !errors.Is(err, hsm.ErrSealed) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	for name, err := range map[string]error{
		"no name":     second(m.SealSecret("", secret)),
		"long name":   second(m.SealSecret(strings.Repeat("n", 257), secret)),
		"no secret":   second(m.SealSecret("apikey/1", nil)),
		"long secret": second(m.SealSecret("apikey/1", make([]byte, 4097))),
	} {
		if !errors.Is(err, hsm.ErrSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	hash := m.LookupHash(secret)
	if len(hash) != 64 || hash != m.LookupHash(secret) || hash == m.LookupHash(secret[1:]) || hash == other.LookupHash(secret) {
		t.Errorf("lookup hash %s", hash)
	}
	if plain := sha256.Sum256(secret); hash == hex.EncodeToString(plain[:]) {
		t.Error("the hash is not keyed")
	}
}

func second[T any](_ T, err error) error { return err }

func TestNewInMemoryRefuses(t *testing.T) {
	zone := testZone()
	for _, z := range []hsm.Zone{{}, {PIN: zone.PIN}, {MAC: zone.MAC}, {PIN: zone.PIN, MAC: card.NewKey(make([]byte, 32))}} {
		if m, err := hsm.NewInMemory(rand.Reader, z); err == nil || m != nil {
			t.Errorf("%v was taken", z)
		}
	}
	for n := range 52 {
		if _, err := hsm.NewInMemory(bytes.NewReader(make([]byte, n)), zone); err == nil {
			t.Errorf("%d random bytes were enough", n)
		}
	}
}

// The module has drawn its keys from these bytes, so none of them may show.
func TestNothingPrintsKeys(t *testing.T) {
	drawn := make([]byte, 52)
	for i := range drawn {
		drawn[i] = 0xA0 + byte(i)
	}
	m, err := hsm.NewInMemory(bytes.NewReader(drawn), testZone())
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		got := strings.ToUpper(fmt.Sprintf(verb, struct{ m hsm.Module }{*m}) + fmt.Sprintf(verb, m) + fmt.Sprintf(verb, testZone()))
		for _, leak := range []string{"A8A9AA", "A8 A9 AA", "168 169 170", "ZONE PIN", "ZONE MAC", hex.EncodeToString([]byte("zone"))} {
			if strings.Contains(got, strings.ToUpper(leak)) {
				t.Errorf("%s prints a key", verb)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	// A source that is not safe for concurrent use: the race detector watches.
	m, err := hsm.NewInMemory(&counting{}, testZone())
	if err != nil {
		t.Fatal(err)
	}
	d := terminal(t, m, 1)
	var wg sync.WaitGroup
	for range 8 {
		in := read(t, d, track, "1234")
		wg.Go(func() {
			for range 20 {
				if err := m.CompleteSale(sale(), in); err != nil {
					t.Error(err)
				}
				if _, err := m.SealSecret("a", []byte("b")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

func BenchmarkCompleteSale(b *testing.B) {
	m := open(b)
	d := terminal(b, m, 1)
	in := read(b, d, track, "1234")
	b.ReportAllocs()
	for b.Loop() {
		if err := m.CompleteSale(sale(), in); err != nil {
			b.Fatal(err)
		}
	}
}
