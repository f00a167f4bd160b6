package iso8583_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"kassa/iso8583"
)

const (
	pan    = "4761739000010010"
	track2 = pan + "D31122011000012300000"
)

// sale is a purchase with a PIN, as Kassa sends it.
func sale() *iso8583.Message {
	m := &iso8583.Message{MTI: "0200"}
	for de, v := range map[int]string{
		3: "000000", 4: "000000000150", 7: "0102030405", 11: "000123", 12: "040405", 13: "0102",
		18: "5411", 22: "071", 23: "000", 25: "00", 26: "12", 32: "123456", 35: track2,
		37: "500203000123", 41: "KASSA001", 42: "MERCHANT0000001", 43: strings.Repeat("x", 38) + "NL",
		48: iso8583.Private{"LI": "H4XQ3A2K10", "ST": "1"}.String(), 49: "978",
	} {
		m.Set(de, v)
	}
	m.SetBytes(55, bytes.Repeat([]byte{0x9F, 0x00, 0xFF}, 50))
	m.SetBytes(110, []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	return m
}

func profiles() []*iso8583.Profile {
	return []*iso8583.Profile{iso8583.Kassa87(), iso8583.BCD87()}
}

// values are all elements of a message, to compare.
func values(m *iso8583.Message) map[int]string {
	out := map[int]string{0: m.MTI}
	for _, de := range m.Fields() {
		out[de] = m.Get(de)
	}
	return out
}

func TestFramesWrittenByHand(t *testing.T) {
	echo := &iso8583.Message{MTI: "0800"}
	echo.Set(7, "0102030405")
	echo.Set(11, "000001")
	echo.Set(70, "301")
	card := &iso8583.Message{MTI: "0100"}
	card.Set(2, "676767676767676") // 15 digits
	card.Set(3, "300000")
	card.Set(22, "051")
	card.Set(35, "6767676767676767=3112")
	tests := []struct {
		name    string
		profile *iso8583.Profile
		message *iso8583.Message
		want    string
	}{
		{"echo", iso8583.Kassa87(), echo,
			"30383030" + "8220000000000000" + "0400000000000000" + "30313032303330343035" + "303030303031" + "333031"},
		{"echo in BCD", iso8583.BCD87(), echo,
			"0800" + "8220000000000000" + "0400000000000000" + "0102030405" + "000001" + "0301"},
		{"card", iso8583.Kassa87(), card,
			"30313030" + "6000040020000000" + "3135" + hex.EncodeToString([]byte("676767676767676")) +
				hex.EncodeToString([]byte("300000051")) + "3231" + hex.EncodeToString([]byte("6767676767676767=3112"))},
		{"card in BCD", iso8583.BCD87(), card,
			"0100" + "6000040020000000" + "15" + "0676767676767676" + "300000" + "0051" + "21" + "6767676767676767d3112f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.profile.Pack(tt.message)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, hex.EncodeToString(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSaleSurvivesTheWire(t *testing.T) {
	for _, p := range profiles() {
		m := sale()
		frame, err := p.Pack(m)
		if err != nil {
			t.Fatal(p.Name(), err)
		}
		back, err := p.Unpack(frame)
		if err != nil {
			t.Fatal(p.Name(), err)
		}
		if diff := cmp.Diff(values(m), values(back)); diff != "" {
			t.Error(p.Name(), diff)
		}
		if back.Get(11) != "000123" || back.Get(3) != "000000" || back.MTI != "0200" {
			t.Error("leading zeros were lost")
		}
		frame[len(frame)-1] ^= 0xFF // the message must not look into the caller's buffer
		if diff := cmp.Diff(values(m), values(back)); diff != "" {
			t.Error(p.Name(), diff)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	tests := []struct {
		name string
		de   int // expected in the error
		make func(m *iso8583.Message)
	}{
		{"short MTI", 0, func(m *iso8583.Message) { m.MTI = "200" }},
		{"MTI of another edition", 0, func(m *iso8583.Message) { m.MTI = "1200" }},
		{"DE1", 1, func(m *iso8583.Message) { m.Set(1, "1") }},
		{"DE129", 129, func(m *iso8583.Message) { m.Set(129, "1") }},
		{"negative DE", -3, func(m *iso8583.Message) { m.Set(-3, "1") }},
		{"not in the profile", 5, func(m *iso8583.Message) { m.Set(5, "000000000000") }},
		{"third bitmap", 65, func(m *iso8583.Message) { m.Set(65, "1") }},
		{"short fixed", 11, func(m *iso8583.Message) { m.Set(11, "123") }},
		{"long fixed", 4, func(m *iso8583.Message) { m.Set(4, "0000000000150") }},
		{"letters in n", 4, func(m *iso8583.Message) { m.Set(4, "00000000015x") }},
		{"track 2 too long", 35, func(m *iso8583.Message) { m.Set(35, track2+"0") }},
		{"track 2 character", 35, func(m *iso8583.Message) { m.Set(35, pan+"^3112") }},
		{"control character", 41, func(m *iso8583.Message) { m.Set(41, "KASSA\n01") }},
		{"not ASCII", 42, func(m *iso8583.Message) { m.Set(42, "MERCHANT00000é") }},
		{"DE55 too long", 55, func(m *iso8583.Message) { m.SetBytes(55, make([]byte, 256)) }},
		{"DE97 without sign", 97, func(m *iso8583.Message) { m.Set(97, strings.Repeat("1", 17)) }},
		{"PIN block of 16 bytes in DE52", 52, func(m *iso8583.Message) { m.SetBytes(52, make([]byte, 16)) }},
		{"frame too long", 0, func(m *iso8583.Message) {
			for de := 60; de <= 63; de++ {
				m.Set(de, strings.Repeat("x", 999))
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, p := range profiles() {
				m := sale()
				tt.make(m)
				_, err := p.Pack(m)
				wantError(t, err, tt.de)
			}
		})
	}
}

// wantError wants an error about the data element that shows nothing of the card.
func wantError(t *testing.T, err error, de int) {
	t.Helper()
	e, ok := errors.AsType[*iso8583.Error](err)
	if !ok {
		t.Fatalf("error %v is not an *iso8583.Error", err)
	}
	if e.DE != de {
		t.Errorf("error names DE%d, want DE%d: %v", e.DE, de, err)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%#v", e)} {
		if strings.Contains(text, pan) || strings.Contains(text, "000000000150") {
			t.Error("the error shows a value")
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	const head = "30323030" // 0200
	bits := func(hexBitmap string) string { return head + hexBitmap }
	text := func(s string) string { return hex.EncodeToString([]byte(s)) }
	tests := []struct {
		name    string
		profile *iso8583.Profile
		frame   string
		de      int
	}{
		{"nothing", iso8583.Kassa87(), "", 0},
		{"bad MTI", iso8583.Kassa87(), "3032303a" + "0020000000000000" + text("000001"), 0},
		{"other edition", iso8583.Kassa87(), "31323030" + "0020000000000000" + text("000001"), 0},
		{"no bitmap", iso8583.Kassa87(), head + "00200000", 1},
		{"no second bitmap", iso8583.Kassa87(), bits("8020000000000000") + text("000001"), 1},
		{"empty second bitmap", iso8583.Kassa87(), bits("8020000000000000") + "0000000000000000" + text("000001"), 1},
		{"unknown element", iso8583.Kassa87(), bits("0800000000000000") + text("000000000000"), 5},
		{"short element", iso8583.Kassa87(), bits("0020000000000000") + text("00000"), 11},
		{"trailing byte", iso8583.Kassa87(), bits("0020000000000000") + text("000001") + "00", 0},
		{"bad digit", iso8583.Kassa87(), bits("0020000000000000") + text("00000A"), 11},
		{"bad length digit", iso8583.Kassa87(), bits("4000000000000000") + text("1x4761"), 2},
		{"empty variable element", iso8583.Kassa87(), bits("4000000000000000") + text("00"), 2},
		{"length over the maximum", iso8583.Kassa87(), bits("4000000000000000") + text("20"+pan+"1234"), 2},
		{"length over the frame", iso8583.Kassa87(), bits("0000000000010000") + text("9991234"), 48},
		{"track 2 character", iso8583.Kassa87(), bits("0000000020000000") + text("05476^3"), 35},
		{"NUL in ans", iso8583.Kassa87(), bits("0000000000800000") + text("TERM\x00001"), 41},
		{"too long", iso8583.Kassa87(), strings.Repeat("30", iso8583.MaxFrame+1), 0},
		{"BCD nibble", iso8583.BCD87(), "0200" + "0020000000000000" + "00000A", 11},
		{"BCD padding", iso8583.BCD87(), "0200" + "0000000000008000" + "1978", 49},
		{"BCD length nibble", iso8583.BCD87(), "0200" + "4000000000000000" + "1F4761", 2},
		{"BCD LLL above 999", iso8583.BCD87(), "0200" + "0000000000010000" + "1001" + text("x"), 48},
		{"track 2 nibble", iso8583.BCD87(), "0200" + "0000000020000000" + "04" + "476C", 35},
		{"track 2 padding", iso8583.BCD87(), "0200" + "0000000020000000" + "03" + "4760", 35},
		{"DE97 sign", iso8583.BCD87(), "0200" + "8000000000000000" + "0000000080000000" + "58" + strings.Repeat("00", 8), 97},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frame, err := hex.DecodeString(tt.frame)
			if err != nil {
				t.Fatal(err)
			}
			_, err = tt.profile.Unpack(frame)
			wantError(t, err, tt.de)
		})
	}
}

func TestEveryCutFrameIsRefused(t *testing.T) {
	for _, p := range profiles() {
		frame, err := p.Pack(sale())
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(frame) {
			if _, err := p.Unpack(frame[:n]); err == nil {
				t.Errorf("%s: the first %d of %d bytes were accepted", p.Name(), n, len(frame))
			}
		}
	}
}

func TestMessage(t *testing.T) {
	var m iso8583.Message
	m.Set(128, "z")
	m.Set(64, "y")
	m.Set(65, "b")
	m.Set(2, "a")
	m.Set(64, "x")
	if diff := cmp.Diff([]int{2, 64, 65, 128}, m.Fields()); diff != "" {
		t.Error(diff)
	}
	c := m.Clone()
	c.Set(2, "other")
	c.Clear(128)
	c.Set(65, "")
	if diff := cmp.Diff(map[int]string{0: "", 2: "a", 64: "x", 65: "b", 128: "z"}, values(&m)); diff != "" {
		t.Error("a change of the clone changed the original:", diff)
	}
	if diff := cmp.Diff(map[int]string{0: "", 2: "other", 64: "x"}, values(c)); diff != "" {
		t.Error(diff)
	}
	for _, de := range []int{-1, 0, 1, 3, 129, 1 << 40} {
		if m.Has(de) || m.Get(de) != "" || m.Bytes(de) != nil {
			t.Errorf("DE%d is there", de)
		}
		m.Clear(de)
	}
	b := m.Bytes(2)
	b[0] = '!'
	if m.Get(2) != "a" {
		t.Error("Bytes gave away the message's own memory")
	}
}

func TestPrintingMasks(t *testing.T) {
	m := sale()
	m.Set(2, pan)
	m.Set(14, "3112")
	m.Set(45, "B"+pan+"^NAME")
	m.SetBytes(52, []byte("12345678"))
	m.SetBytes(55, []byte(track2))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("sent", "m", m, "v", *m)
	slog.New(slog.NewTextHandler(&log, nil)).Info("sent", "m", m, "v", *m)
	asJSON, err := json.Marshal(struct{ P, V any }{m, *m})
	if err != nil {
		t.Fatal(err)
	}
	prints := []string{log.String(), string(asJSON), m.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %v"} {
		prints = append(prints, fmt.Sprintf(verb, m), fmt.Sprintf(verb, *m), fmt.Sprintf("%v", []any{m, *m}))
	}
	for _, text := range prints {
		for _, secret := range []string{pan, pan[6:12], "D3112", "=3112", `"3112"`, "12345678", "^NAME", hex.EncodeToString([]byte(pan))} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is printed", secret)
			}
		}
	}
	for _, want := range []string{"0200", "DE2=476173******0010", "DE35=(37 masked)", "DE110=(16 masked)", "DE41=KASSA001"} {
		if !strings.Contains(m.String(), want) {
			t.Errorf("%q is not in %s", want, m)
		}
	}
	m.Set(2, "476173")
	m.Set(41, "A\nB 1234")
	if s := m.String(); strings.Contains(s, "476173") || strings.Contains(s, "\n") {
		t.Errorf("a malformed value is printed: %q", s)
	}
}

func TestFraming(t *testing.T) {
	wire := iso8583.AppendFrame(iso8583.AppendFrame(nil, []byte("one")), bytes.Repeat([]byte("2"), 300))
	if got := hex.EncodeToString(wire[:7]); got != "00036f6e65012c"[:14] {
		t.Errorf("the wire starts with %s", got)
	}
	r := iotest.OneByteReader(bytes.NewReader(wire))
	for _, n := range []int{3, 300} {
		frame, err := iso8583.ReadFrame(r, 300)
		if err != nil || len(frame) != n {
			t.Fatalf("a frame of %d bytes, %v; want %d", len(frame), err, n)
		}
	}
	if _, err := iso8583.ReadFrame(r, 300); err != io.EOF {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
	for _, bad := range []string{"0000", "012d" + strings.Repeat("00", 301)} {
		b, _ := hex.DecodeString(bad)
		if _, err := iso8583.ReadFrame(bytes.NewReader(b), 300); err == nil || err == io.EOF {
			t.Errorf("frame %.4s: %v", bad, err)
		}
	}
	for _, cut := range []string{"00", "0003", "00036f6e"} {
		b, _ := hex.DecodeString(cut)
		if _, err := iso8583.ReadFrame(bytes.NewReader(b), 300); err != io.ErrUnexpectedEOF {
			t.Errorf("frame cut to %s: %v, want unexpected EOF", cut, err)
		}
	}
	for _, payload := range [][]byte{nil, make([]byte, 1<<16)} {
		if got := iso8583.AppendFrame([]byte("x"), payload); string(got) != "x" {
			t.Errorf("a payload of %d bytes was framed", len(payload))
		}
	}
}
