package card_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kassa/card"
)

const visa = "4761739000000004"

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

func TestPAN(t *testing.T) {
	for digits, masked := range map[string]string{
		"4761739000000004":    "476173******0004",
		"4761739000000517":    "476173******0517",
		"4761739000001002":    "476173******1002",
		"5413339000000655":    "541333******0655",
		"6799999000000005":    "679999******0005",
		"4013259000000009":    "401325******0009",
		"6703449000000006":    "670344******0006",
		"4012345678909":       "401234***8909",
		"6799998900000060018": "679999*********0018",
	} {
		p := pan(t, digits)
		if p.Reveal() != digits || p.Masked() != masked || p.BIN() != digits[:6] || p.Last4() != digits[len(digits)-4:] || p.IsZero() {
			t.Errorf("%s: %s %s %s", digits, p.Masked(), p.BIN(), p.Last4())
		}
		if !p.Equal(pan(t, digits)) || p.Equal(card.PAN{}) || !cmp.Equal(p, pan(t, digits)) {
			t.Errorf("%s: equality", digits)
		}
	}
	var none card.PAN
	if !none.IsZero() || none.Reveal()+none.Masked()+none.BIN()+none.Last4() != "" || !none.Equal(card.PAN{}) {
		t.Error("the zero PAN is not empty")
	}
}

func TestParsePANRefuses(t *testing.T) {
	for digits, want := range map[string]error{
		"":                     card.ErrPANLength,
		"47617390000":          card.ErrPANLength,
		"47617390000000040000": card.ErrPANLength,
		"476173900000000A":     card.ErrPANLength,
		"4761 7390 0000 0004":  card.ErrPANLength,
		"٤٧٦١٧٣٩٠":             card.ErrPANLength,
		"4761739000000005":     card.ErrPANCheck,
		"4716739000000004":     card.ErrPANCheck,
	} {
		p, err := card.ParsePAN(digits)
		if !errors.Is(err, want) || !p.IsZero() {
			t.Errorf("%q: %v", digits, err)
		}
		if digits != "" && strings.Contains(err.Error(), digits) {
			t.Errorf("%q: the error repeats the value", digits)
		}
	}
}

func TestTrack2(t *testing.T) {
	want := visa + "D31122010000000000"
	made := card.NewTrack2(pan(t, visa), "3112", "201", "0000000000")
	for _, text := range []string{want, visa + "=31122010000000000", want + "F"} {
		got, err := card.ParseTrack2(text)
		if err != nil {
			t.Fatal(err)
		}
		if got.Reveal() != want || !got.PAN().Equal(pan(t, visa)) || got.Expiry() != "3112" || got.ServiceCode() != "201" || !got.Equal(made) {
			t.Errorf("%s %s", got.Expiry(), got.ServiceCode())
		}
	}
	for _, text := range []string{
		"", "D", "=", visa, visa + "D", visa + "D311220", visa + "D3113201", visa + "D3100201", visa + "D3112201A",
		visa + "D3112201D1", visa + "D3112201FF", "F" + want, ";" + want, visa[:15] + "5D3112201", visa + "D3112201" + strings.Repeat("0", 14),
	} {
		if got, err := card.ParseTrack2(text); err == nil || !got.IsZero() {
			t.Errorf("%q parses", text)
		} else if text != "" && text != "D" && text != "=" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: the error repeats the value", text)
		}
	}
	for _, bad := range []card.Track2{
		{},
		card.NewTrack2(card.PAN{}, "3112", "201", ""),
		card.NewTrack2(pan(t, visa), "311", "2201", ""),
		card.NewTrack2(pan(t, visa), "3112", "201", "x"),
		card.NewTrack2(pan(t, visa), "3112", "201", "F"+"F"),
	} {
		if !bad.IsZero() || bad.Reveal()+bad.Expiry()+bad.ServiceCode() != "" || !bad.PAN().IsZero() {
			t.Error("parts that do not fit give a track")
		}
	}
}

func TestPIN(t *testing.T) {
	for _, digits := range []string{"1234", "123456789012"} {
		if got := pin(t, digits); got.Reveal() != digits || got.IsZero() || !got.Equal(pin(t, digits)) || got.Equal(pin(t, "0000")) {
			t.Errorf("%d digits", len(digits))
		}
	}
	for _, digits := range []string{"", "123", "1234567890123", "12a4", "１２３４"} {
		if got, err := card.ParsePIN(digits); !errors.Is(err, card.ErrPIN) || !got.IsZero() {
			t.Errorf("%q: %v", digits, err)
		}
	}
}

func TestKey(t *testing.T) {
	raw := []byte("0123456789abcdef")
	k := card.NewKey(raw)
	raw[0] = 'x'
	out := k.Reveal()
	out[1] = 'x'
	if string(k.Reveal()) != "0123456789abcdef" || k.Len() != 16 || k.IsZero() {
		t.Error("the key shares its bytes")
	}
	if !k.Equal(card.NewKey([]byte("0123456789abcdef"))) || k.Equal(card.NewKey(raw)) || k.Equal(card.Key{}) {
		t.Error("equality")
	}
	if !card.NewKey(nil).IsZero() || !(card.Key{}).IsZero() || len((card.Key{}).Reveal()) != 0 {
		t.Error("the zero key is not empty")
	}
}

// The vectors are those of knovichikhin/psec; their check digits are wrong, and no part of a PVV,
// so here they are put right.
func TestPVV(t *testing.T) {
	raw, _ := hex.DecodeString("0123456789ABCDEFFEDCBA9876543210")
	pvk := card.NewKey(raw)
	p1, p2 := pan(t, "1122334455667786"), pan(t, "1122334455667711")
	for _, tt := range []struct {
		pvki byte
		pin  string
		pan  card.PAN
		want string
	}{
		{1, "4524", p1, "8523"},
		{2, "1912", p1, "3244"},
		{1, "0570", p2, "3144"},
		{1, "452499", p1, "8523"},
	} {
		if got := card.PVV(pvk, tt.pvki, pin(t, tt.pin), tt.pan); got != tt.want {
			t.Errorf("PVKI %d: %s, want %s", tt.pvki, got, tt.want)
		}
	}
	for name, got := range map[string]string{
		"no key": card.PVV(card.Key{}, 1, pin(t, "4524"), p1),
		"short":  card.PVV(card.NewKey(raw[:8]), 1, pin(t, "4524"), p1),
		"no PIN": card.PVV(pvk, 1, card.PIN{}, p1),
		"no PAN": card.PVV(pvk, 1, pin(t, "4524"), card.PAN{}),
		"PVKI":   card.PVV(pvk, '1', pin(t, "4524"), p1),
	} {
		if got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestBrandOf(t *testing.T) {
	for digits, want := range map[string]card.Brand{
		"4761739000000004": card.Visa,
		"5413339000000002": card.Mastercard,
		"6799999000000005": card.Maestro,
		"4013259000000009": card.VPay,
		"6703449000000006": card.Bancontact,
		"4111111111111111": card.Visa,
		"5555555555554444": card.Mastercard,
		"2223003122003222": card.Mastercard,
		"6759649826438453": card.Maestro,
		"501800000009":     card.Maestro,
		"378282246310005":  card.Unknown,
		"6011111111111117": card.Unknown,
	} {
		if got := card.BrandOf(pan(t, digits)); got != want {
			t.Errorf("%s: %q, want %q", digits, got, want)
		}
	}
	if got := card.BrandOf(card.PAN{}); got != card.Unknown {
		t.Errorf("no PAN: %q", got)
	}
}

// owner is somebody else's struct, with the values where their methods are not called.
type owner struct {
	pan    card.PAN
	track  card.Track2
	pin    card.PIN
	key    card.Key
	nested struct{ list []card.PAN }
	ptr    *card.PIN
}

type exported struct {
	PAN   card.PAN
	Track card.Track2
	PIN   *card.PIN
	Key   card.Key
	List  []any
	Map   map[string]card.Key
}

func TestNothingPrintsTheValue(t *testing.T) {
	const (
		pinDigits = "739154"
		keyText   = "K3y-of-16-bytes!"
	)
	number, secret, k := pan(t, visa), pin(t, pinDigits), card.NewKey([]byte(keyText))
	track := card.NewTrack2(number, "3112", "201", "987654321")
	hidden := owner{pan: number, track: track, pin: secret, key: k, ptr: &secret}
	hidden.nested.list = []card.PAN{number}
	open := exported{number, track, &secret, k, []any{number, &track, secret, &k}, map[string]card.Key{"k": k}}
	values := []any{number, &number, track, &track, secret, &secret, k, &k, hidden, &hidden, open, &open, []card.PAN{number}, errors.Join(fmt.Errorf("%w: %v", card.ErrPIN, secret))}

	var printed []string
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "% x", "%t", "%c", "%U", "%b", "%o", "%T", "%020.20s", "%!"} {
			printed = append(printed, fmt.Sprintf(verb, v))
		}
		printed = append(printed, fmt.Sprint(v), fmt.Sprintln(v))
		asJSON, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "v", v, slog.Group("g", "v", v))
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "v", v, slog.Group("g", "v", v))
		printed = append(printed, string(asJSON), log.String(), cmp.Diff(fmt.Sprint(v), ""))
	}
	for _, form := range []string{visa, "739000000", "3112", "987654321", pinDigits, keyText} {
		leaks := []string{form, hex.EncodeToString([]byte(form)), strings.ToUpper(hex.EncodeToString([]byte(form))),
			strings.Trim(fmt.Sprint([]byte(form)), "[]"), fmt.Sprintf("% x", form), fmt.Sprintf("%U", []rune(form))}
		for _, text := range printed {
			for _, leak := range leaks {
				if strings.Contains(text, leak) {
					t.Fatalf("a value of %d characters shows in %q", len(form), text)
				}
			}
		}
	}
	if got := fmt.Sprintf("%v %s %d %v", number, track, secret, k); got != "476173******0004 476173******0004D**** **** [key of 16 bytes]" {
		t.Error(got)
	}
	if got := fmt.Sprintf("%v%v%v%v", card.PAN{}, card.Track2{}, card.PIN{}, card.Key{}); got != "" {
		t.Errorf("zero values print %q", got)
	}
	if got, _ := json.Marshal(map[string]any{"p": number, "z": card.PIN{}}); string(got) != `{"p":"476173******0004","z":""}` {
		t.Errorf("JSON %s", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(visa + "D31122010000000000F")
	f.Add("=D")
	f.Add("4761739000000004=3112201")
	f.Fuzz(func(t *testing.T, text string) {
		if track, err := card.ParseTrack2(text); err == nil {
			again, err := card.ParseTrack2(track.Reveal())
			if err != nil || !again.Equal(track) || len(track.Expiry()) != 4 || len(track.ServiceCode()) != 3 {
				t.Errorf("%q", text)
			}
		}
		if p, err := card.ParsePAN(text); err == nil && len(p.Masked()) != len(text) {
			t.Errorf("%q", text)
		}
		_, _ = card.ParsePIN(text)
	})
}
