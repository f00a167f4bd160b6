package emv_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kassa/card"
	"kassa/emv"
)

const testIMK = "0123456789ABCDEFFEDCBA9876543210"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func key(t testing.TB, s string) card.Key { t.Helper(); return card.NewKey(unhex(t, s)) }

func hexOf(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// transaction is one row of data in the shared order.
func transaction(t testing.TB, values string, iad string) emv.List {
	t.Helper()
	fields := strings.Fields(values)
	tags := []emv.Tag{0x9F02, 0x9F03, 0x9F1A, 0x95, 0x5F2A, 0x9A, 0x9C, 0x9F37, 0x82, 0x9F36}
	if len(fields) != len(tags) {
		t.Fatalf("%d values", len(fields))
	}
	l := emv.List{{Tag: 0x9F10, Value: unhex(t, iad)}}
	for i, tag := range tags {
		l = append(l, emv.TLV{Tag: tag, Value: unhex(t, fields[i])})
	}
	return l
}

const (
	visaData  = "000000004000 000000000000 0124 8000048000 0124 191105 01 52BF4585 1800 001C"
	mchipData = "000000009999 000000000000 0124 8000000000 0124 209906 00 ABCDEF12 1800 001C"
	kassaVisa = "000000001999 000000000000 0528 0000008000 0978 261121 00 11223344 1980 0001"
	kassaMC   = "000000001999 000000000000 0528 0000008001 0978 261121 00 11223344 1980 0001"
)

// The vectors are those of knovichikhin/pyemv, checked there against a secure module; the last two
// rows were computed with code that matches them.
func TestCryptogramAndIssuerAuth(t *testing.T) {
	const mk = "154F349D8585CB7F6B0798E9839B10C1"
	tests := []struct {
		name, mk, data, iad string
		arc                 string
		arqc, tag91, seen   string
	}{
		{"CVN10", mk, visaData, "06010A03A06010", "00", "29CCA15AE665FA2E", "28993816AFAE4AEB3030", "00"},
		{"CVN18", mk, visaData, "06011203A0B800", "05", "7A788EA6B8A3E733", "9AF514C100000000", "05"},
		{"CVN16", mk, mchipData, "0110A00003220000", "\x00\x10", "24CCF3DEE3158C70", "73F6BBF389A6586C0010", "\x00\x10"},
		{"CVN17", mk, mchipData, "0111A00003220000000000000000000322FF", "\x00\x10", "EAE8A620A75648D8", "29CF11FBDB9CA6500010", "\x00\x10"},
		{"CVN20", mk, mchipData, "0114A00003220000", "\x00\x10", "CD29615D6452E70E", "DFD0956606B68D640010", "\x00\x10"},
		{"CVN21", mk, mchipData, "0115A00003220000000000000000000322FF", "\x00\x10", "C30E54BE496CF5E5", "4F51F9CC63CE8B3C0010", "\x00\x10"},
		{"kassa Visa", "3829F86BC43207F434E0FB31DCD94C79", kassaVisa, "06011203A00000", "00", "1624E1D9362ECA96", "5AC2B1FB00800000", "00"},
		{"kassa Mastercard", "326E7A0D70196D51498FC84034893261", kassaMC, "0114A50003020000", "00", "376B2C0830FC6E52", "D202620D50100C2F3030", "00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mk, l := key(t, tt.mk), transaction(t, tt.data, tt.iad)
			arqc, err := emv.Cryptogram(mk, l)
			if err != nil || hexOf(arqc[:]) != tt.arqc {
				t.Fatalf("cryptogram %X, %v, want %s", arqc, err, tt.arqc)
			}
			tag91, err := emv.IssuerAuth(mk, l, arqc, tt.arc)
			if err != nil || hexOf(tag91) != tt.tag91 {
				t.Fatalf("tag 91 %X, %v, want %s", tag91, err, tt.tag91)
			}
			if arc, ok := emv.VerifyIssuerAuth(mk, l, arqc, tag91); !ok || arc != tt.seen {
				t.Errorf("verify: %q, %t, want %q", arc, ok, tt.seen)
			}
			for i := range tag91 {
				bad := append([]byte{}, tag91...)
				bad[i] ^= 1
				if _, ok := emv.VerifyIssuerAuth(mk, l, arqc, bad); ok {
					t.Errorf("verified with byte %d changed", i)
				}
				if _, ok := emv.VerifyIssuerAuth(mk, l, arqc, tag91[:i]); ok {
					t.Errorf("verified when cut to %d bytes", i)
				}
			}
		})
	}
}

func TestEveryCoveredTagCounts(t *testing.T) {
	mk := key(t, "154F349D8585CB7F6B0798E9839B10C1")
	for _, iad := range []string{"06010A03A06010", "06011203A0B800", "0110A00003220000", "0115A00003220000000000000000000322FF"} {
		l := transaction(t, visaData, iad)
		want, err := emv.Cryptogram(mk, l)
		if err != nil {
			t.Fatal(err)
		}
		for i := range l {
			if l[i].Tag == 0x9F10 {
				continue
			}
			changed := append(emv.List{}, l...)
			changed[i].Value = append([]byte{}, l[i].Value...)
			changed[i].Value[0] ^= 1
			if got, _ := emv.Cryptogram(mk, changed); got == want {
				t.Errorf("%s: %s does not count", iad, l[i].Tag)
			}
			changed[i].Value = changed[i].Value[1:]
			if _, err := emv.Cryptogram(mk, changed); !errors.Is(err, emv.ErrTag) {
				t.Errorf("%s: short %s: %v", iad, l[i].Tag, err)
			}
		}
	}
}

func TestCryptogramRefuses(t *testing.T) {
	mk := key(t, testIMK)
	for _, iad := range []string{"", "06", "0601", "06010A", "06010A03A060", "06019903A06010", "0114A000032200", "0111A0000322000000000000000000", "0199A00003220000"} {
		if _, err := emv.Cryptogram(mk, transaction(t, visaData, iad)); !errors.Is(err, emv.ErrVersion) {
			t.Errorf("9F10 %s: %v", iad, err)
		}
	}
	l := transaction(t, visaData, "06010A03A06010")
	for _, n := range []int{0, 8, 15, 17, 24} {
		short := card.NewKey(make([]byte, n))
		if _, err := emv.Cryptogram(short, l); err == nil {
			t.Errorf("a key of %d bytes was taken", n)
		}
		if _, err := emv.IssuerAuth(short, l, [8]byte{}, "00"); err == nil {
			t.Errorf("a key of %d bytes was taken", n)
		}
	}
	for _, arc := range []string{"", "0", "000"} {
		if _, err := emv.IssuerAuth(mk, l, [8]byte{}, arc); !errors.Is(err, emv.ErrARC) {
			t.Errorf("ARC %q: %v", arc, err)
		}
	}
}

func TestKeys(t *testing.T) {
	imk := key(t, testIMK)
	mk, err := emv.OptionA(imk, "1234567890123456"+"00")
	if err != nil {
		t.Fatal(err)
	}
	longA, _ := emv.OptionA(imk, "12345678901234567"+"01")
	longA2, _ := emv.OptionA(imk, "99012345678901234"+"45")
	longB, _ := emv.OptionB(imk, "12345678901234567"+"01")
	tests := []struct {
		name, want string
		got        card.Key
	}{
		{"option A", "154F349D8585CB7F6B0798E9839B10C1", mk},
		{"option A, 17 digits", "73AD54688CEF2934B0979857E3C719F1", longA},
		{"option A, 17 digits, PSN 45", "67F8292358083E5EA7AB7FDA58D53B6B", longA2},
		{"option B", "AD406D7F6D7570916D75E5DCAB8CF737", longB},
		{"common session key", "436B942AD637E08564B532B0EC97CB26", emv.SessionKey(mk, 0x1C)},
		{"common session key of the IMK", "E9FB384AF807B940FEDCEA613461B0C4", emv.SessionKey(imk, 0x1C)},
		{"M/Chip session key", "5D8F37BCD9E5DA68048CDFA2EA255D9E", emv.MChipKey(mk, [8]byte(unhex(t, "001C0000ABCDEF12")))},
	}
	for _, tt := range tests {
		if got := hexOf(tt.got.Reveal()); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestCardKey(t *testing.T) {
	imk := key(t, testIMK)
	derive := func(digits, psn string) string {
		t.Helper()
		pan, err := card.ParsePAN(digits)
		if err != nil {
			t.Fatal(err)
		}
		k, err := emv.CardKey(imk, pan, psn)
		if err != nil {
			t.Fatal(err)
		}
		return hexOf(k.Reveal())
	}
	for _, tt := range [][3]string{
		{"4761739000000004", "00", "3829F86BC43207F434E0FB31DCD94C79"},
		{"4761739000000004", "", "3829F86BC43207F434E0FB31DCD94C79"},
		{"5413339000000002", "00", "326E7A0D70196D51498FC84034893261"},
	} {
		if got := derive(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s/%s: %s, want %s", tt[0], tt[1], got, tt[2])
		}
	}
	const long = "6799998900000060018" // 19 digits: option B
	b, err := emv.OptionB(imk, long+"01")
	if err != nil || derive(long, "01") != hexOf(b.Reveal()) {
		t.Errorf("a PAN of 19 digits does not take option B (%v)", err)
	}
	visa, _ := card.ParsePAN("4761739000000004")
	for _, psn := range []string{"0", "000", "0A", "é"} {
		if _, err := emv.CardKey(imk, visa, psn); !errors.Is(err, emv.ErrPSN) {
			t.Errorf("PSN %q: %v", psn, err)
		}
	}
	if _, err := emv.CardKey(imk, card.PAN{}, "00"); !errors.Is(err, emv.ErrPAN) {
		t.Errorf("no PAN: %v", err)
	}
	if !emv.SessionKey(card.Key{}, 1).IsZero() {
		t.Error("a session key of no key")
	}
}

func TestParse(t *testing.T) {
	raw := unhex(t, "9F2608"+"0102030405060708"+"8202"+"1980"+"DF810101"+"AA"+"9500"+"718180"+strings.Repeat("00", 128))
	l, err := emv.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := hexOf(l.Encode()); got != hexOf(raw) {
		t.Errorf("encodes to %s", got)
	}
	if v, ok := l.Get(0xDF8101); !ok || hexOf(v) != "AA" {
		t.Errorf("DF8101 = %X, %t", v, ok)
	}
	if v, ok := l.Get(0x95); !ok || len(v) != 0 {
		t.Errorf("95 = %X, %t", v, ok)
	}
	if _, ok := l.Get(0x9F27); ok {
		t.Error("9F27 is there")
	}
	if got := fmt.Sprint(emv.Tag(0x9F26), emv.Tag(0x82), emv.Tag(0xDF8101)); got != "9F26 82 DF8101" {
		t.Error(got)
	}
	big := emv.List{{Tag: 0x72, Value: make([]byte, 300)}}
	if got, err := emv.Parse(big.Encode()); err != nil || len(got[0].Value) != 300 {
		t.Errorf("300 bytes: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]string{
		"filling 00":        "00",
		"filling FF":        "FF",
		"tag without end":   "9F",
		"four byte tag":     "DF818101" + "00",
		"no length":         "82",
		"past the end":      "820319",
		"long form of 2":    "81" + "0219",
		"non-minimal 81":    "82" + "8102" + "1980",
		"non-minimal 82":    "82" + "820002" + "1980",
		"indefinite length": "7180" + "0000",
		"four length bytes": "71" + "8400000001" + "00",
		"twice":             "82021980" + "82021980",
	}
	for name, raw := range tests {
		if l, err := emv.Parse(unhex(t, raw)); !errors.Is(err, emv.ErrTLV) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	if _, err := emv.Parse(make([]byte, emv.MaxList+1)); !errors.Is(err, emv.ErrTLV) {
		t.Errorf("too long: %v", err)
	}
	var many []byte
	for i := range emv.MaxElements + 1 {
		many = append(many, 0xDF, 0x81, byte(i&0x7F), 0)
		if i > 0x7F {
			many[len(many)-4] = 0xBF
		}
	}
	if _, err := emv.Parse(many); !errors.Is(err, emv.ErrTLV) {
		t.Errorf("too many: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0x9F, 0x26, 1, 2, 0x82, 2, 0x19, 0x80})
	f.Add([]byte{0x71, 0x81, 0x80})
	f.Add([]byte{0xDF, 0x81, 0x01, 0x82, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := emv.Parse(raw)
		if err != nil {
			return
		}
		if got := l.Encode(); string(got) != string(raw) {
			t.Errorf("%X encodes to %X", raw, got)
		}
		mk := card.NewKey(make([]byte, 16))
		_, _ = emv.Cryptogram(mk, l)
		_, _ = emv.IssuerAuth(mk, l, [8]byte{}, "00")
		_, _ = emv.VerifyIssuerAuth(mk, l, [8]byte{}, raw)
	})
}

func TestSplitAndMasking(t *testing.T) {
	l := emv.List{
		{Tag: 0x57, Value: unhex(t, "4761739000000004D31122010000000000F0")},
		{Tag: 0x9F26, Value: unhex(t, "1624E1D9362ECA96")},
		{Tag: 0x5A, Value: unhex(t, "4761739000000004")},
		{Tag: 0x5F20, Value: []byte("CARDHOLDER/A")},
	}
	public, sensitive := emv.SplitSensitive(l)
	if len(public) != 1 || public[0].Tag != 0x9F26 || len(sensitive) != 3 {
		t.Errorf("split into %v and %v", public, sensitive)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
		for _, value := range []any{l, l[0], &l[0], map[string]any{"l": l}} {
			got := strings.ToUpper(fmt.Sprintf(verb, value))
			if strings.Contains(got, "4761739") || strings.Contains(got, "71 97 115") || strings.Contains(got, "CARDH") {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
	if got := fmt.Sprint(l[:2]); got != "[57=[masked] 9F26=1624E1D9362ECA96]" {
		t.Error(got)
	}
}
