package iso8583_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	moov "github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	moovfield "github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"pgregory.net/rapid"

	"kassa/iso8583"
)

// kind describes an element for the generator and for the oracle. The table is written from the
// standard, apart from the codec's own.
type kind struct {
	content string // n, an, ans, z, x, b
	prefix  int    // 0, 2 or 3 digits of length
	max     int
}

func kinds() map[int]kind {
	out := map[int]kind{
		2: {"n", 2, 19}, 3: {"n", 0, 6}, 4: {"n", 0, 12}, 7: {"n", 0, 10}, 11: {"n", 0, 6},
		12: {"n", 0, 6}, 13: {"n", 0, 4}, 14: {"n", 0, 4}, 15: {"n", 0, 4}, 18: {"n", 0, 4},
		22: {"n", 0, 3}, 23: {"n", 0, 3}, 24: {"n", 0, 3}, 25: {"n", 0, 2}, 26: {"n", 0, 2},
		32: {"n", 2, 11}, 33: {"n", 2, 11}, 35: {"z", 2, 37}, 37: {"an", 0, 12}, 38: {"an", 0, 6},
		39: {"an", 0, 2}, 41: {"ans", 0, 8}, 42: {"ans", 0, 15}, 43: {"ans", 0, 40}, 44: {"ans", 2, 25},
		45: {"ans", 2, 76}, 48: {"ans", 3, 999}, 49: {"n", 0, 3}, 50: {"n", 0, 3}, 51: {"n", 0, 3},
		52: {"b", 0, 8}, 53: {"n", 0, 16}, 54: {"ans", 3, 120}, 55: {"b", 3, 255},
		60: {"ans", 3, 999}, 61: {"ans", 3, 999}, 62: {"ans", 3, 999}, 63: {"ans", 3, 999},
		64: {"b", 0, 8}, 66: {"n", 0, 1}, 70: {"n", 0, 3}, 81: {"n", 0, 10},
		90: {"n", 0, 42}, 95: {"an", 0, 42}, 97: {"x", 0, 17}, 110: {"b", 3, 999}, 126: {"n", 3, 4}, 128: {"b", 0, 8},
	}
	for de := 74; de <= 77; de++ {
		out[de] = kind{"n", 0, 10}
	}
	for de := 86; de <= 89; de++ {
		out[de] = kind{"n", 0, 16}
	}
	return out
}

// hexTrack packs two characters a byte, padded right with F. moov's own BCD knows neither the
// separator nor padding on the right.
type hexTrack struct{}

func (hexTrack) Encode(v []byte) ([]byte, error) {
	return hex.DecodeString((string(v) + "F")[:(len(v)+1)/2*2])
}

func (hexTrack) Decode(src []byte, n int) ([]byte, int, error) {
	if len(src) < (n+1)/2 {
		return nil, 0, errors.New("short")
	}
	s := strings.ToUpper(hex.EncodeToString(src[:(n+1)/2]))
	return []byte(s[:n]), (n + 1) / 2, nil
}

// signed packs a sign character and BCD digits.
type signed struct{}

func (signed) Encode(v []byte) ([]byte, error) {
	b, err := hex.DecodeString(string(v[1:]))
	return append(v[:1:1], b...), err
}

func (signed) Decode(src []byte, n int) ([]byte, int, error) {
	size := 1 + (n-1)/2
	if len(src) < size {
		return nil, 0, errors.New("short")
	}
	return append(src[:1:1], hex.EncodeToString(src[1:size])...), size, nil
}

// oracle is the profile as moov's library knows it. No field has a Pad: moov strips padding when
// it unpacks, and so loses leading zeros.
func oracle(bcd bool) *moov.MessageSpec {
	prefixes, digits, track, net := prefix.ASCII, encoding.Encoder(encoding.ASCII), encoding.Encoder(encoding.ASCII), encoding.Encoder(encoding.ASCII)
	if bcd {
		prefixes, digits, track, net = prefix.BCD, encoding.BCD, hexTrack{}, signed{}
	}
	fields := map[int]moovfield.Field{
		0: moovfield.NewString(&moovfield.Spec{Length: 4, Enc: digits, Pref: prefixes.Fixed}),
		1: moovfield.NewBitmap(&moovfield.Spec{Length: 8, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
	}
	for de, k := range kinds() {
		spec := &moovfield.Spec{Length: k.max}
		switch k.prefix {
		case 0:
			spec.Pref = prefixes.Fixed
		case 2:
			spec.Pref = prefixes.LL
		case 3:
			spec.Pref = prefixes.LLL
		}
		switch k.content {
		case "n":
			spec.Enc = digits
		case "z":
			spec.Enc = track
		case "x":
			spec.Enc = net
		case "b":
			spec.Enc = encoding.Binary
			fields[de] = moovfield.NewBinary(spec)
			continue
		default:
			spec.Enc = encoding.ASCII
		}
		fields[de] = moovfield.NewString(spec)
	}
	return &moov.MessageSpec{Fields: fields}
}

// anyMessage draws a message that the profiles must be able to carry.
func anyMessage(t *rapid.T) *iso8583.Message {
	all := kinds()
	m := &iso8583.Message{MTI: "0" + rapid.StringMatching(`[0-9]{3}`).Draw(t, "mti")}
	size := 0
	des := rapid.SliceOfNDistinct(rapid.IntRange(2, 128).Filter(func(de int) bool { return all[de].max > 0 }), 1, 30, rapid.ID).Draw(t, "des")
	for _, de := range des {
		k := all[de]
		n := k.max
		if k.prefix > 0 {
			n = rapid.IntRange(1, k.max).Draw(t, "length")
		}
		if size += n + 3; size > iso8583.MaxFrame-64 {
			break
		}
		m.Set(de, valueOf(t, k.content, n))
	}
	return m
}

func valueOf(t *rapid.T, content string, n int) string {
	from := func(alphabet string, n int) string {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte(alphabet)), n, n).Draw(t, "value")
		return string(b)
	}
	const digits = "0123456789"
	switch content {
	case "n":
		return from(digits, n)
	case "an":
		return from(digits+"ABZaz ", n)
	case "ans":
		return from(digits+"ABZaz !~\\\"%{", n)
	case "z":
		return from(digits+"D", n)
	case "x":
		return from("CD", 1) + from(digits, n-1)
	}
	return string(rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes"))
}

func TestRoundTrip(t *testing.T) {
	for _, p := range profiles() {
		t.Run(p.Name(), rapid.MakeCheck(func(t *rapid.T) {
			m := anyMessage(t)
			frame, err := p.Pack(m)
			if err != nil {
				t.Fatal(err)
			}
			back, err := p.Unpack(frame)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(values(m), values(back)); diff != "" {
				t.Fatal(diff)
			}
			for _, extra := range [][]byte{{0}, {'0'}, frame} {
				if _, err := p.Unpack(append(bytes.Clone(frame), extra...)); err == nil {
					t.Fatal("trailing bytes were accepted")
				}
			}
		}))
	}
}

func TestAgreesWithMoovBothWays(t *testing.T) {
	for _, p := range profiles() {
		spec := oracle(p == iso8583.BCD87())
		t.Run(p.Name(), rapid.MakeCheck(func(t *rapid.T) {
			m := anyMessage(t)
			want := values(m)
			theirs := moov.NewMessage(spec)
			theirs.MTI(m.MTI)
			for _, de := range m.Fields() {
				if err := theirs.BinaryField(de, m.Bytes(de)); err != nil {
					t.Fatal(err)
				}
			}
			theirFrame, err := theirs.Pack()
			if err != nil {
				t.Fatal(err)
			}
			ourFrame, err := p.Pack(m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(theirFrame, ourFrame); diff != "" {
				t.Fatal("packed differently:", diff)
			}
			read := moov.NewMessage(spec)
			if err := read.Unpack(ourFrame); err != nil {
				t.Fatal(err)
			}
			got := map[int]string{0: m.MTI}
			for de := range read.GetFields() {
				if de < 2 {
					continue
				}
				b, err := read.GetBytes(de)
				if err != nil {
					t.Fatal(err)
				}
				got[de] = string(b)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal("unpacked differently by moov:", diff)
			}
		}))
	}
}
