package iso8583_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kassa/iso8583"
)

func TestPrivate(t *testing.T) {
	p := iso8583.Private{iso8583.TagSingleTap: "1", iso8583.TagLifecycle: "H4XQ3A2K10", "AA": ""}
	const wire = "AA000LI010H4XQ3A2K10ST0011"
	if got := p.String(); got != wire {
		t.Errorf("got %s, want %s", got, wire)
	}
	back, err := iso8583.ParsePrivate(wire)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Error(diff)
	}
	if empty, err := iso8583.ParsePrivate(""); err != nil || len(empty) != 0 {
		t.Errorf("%v, %v", empty, err)
	}
	for _, bad := range []string{"L", "LI01", "LI0x0", "L 001x", "LI002x", "LI001xLI001y", "LI001xx", "LI-01x", "é001x"} {
		_, err := iso8583.ParsePrivate(bad)
		wantError(t, err, 48)
	}
}

func TestPrivateTooLongIsNotPacked(t *testing.T) {
	m := sale()
	m.Set(48, iso8583.Private{"LI": strings.Repeat("x", 1000)}.String())
	_, err := iso8583.Kassa87().Pack(m)
	wantError(t, err, 48)
}

func TestPrivateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := iso8583.Private(rapid.MapOfN(rapid.StringMatching(`[A-Z0-9]{2}`), rapid.StringMatching(`[ -~]{0,40}`), 0, 9).Draw(t, "p"))
		back, err := iso8583.ParsePrivate(p.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOriginal(t *testing.T) {
	const wire = "0200" + "000123" + "0102030405" + "0000000000000000000000"
	if got := iso8583.FormatOriginal("0200", "000123", "0102030405"); got != wire {
		t.Errorf("got %s", got)
	}
	mti, stan, de7, err := iso8583.ParseOriginal(wire)
	if err != nil || mti != "0200" || stan != "000123" || de7 != "0102030405" {
		t.Errorf("%s %s %s %v", mti, stan, de7, err)
	}
	for _, bad := range []string{"", wire[1:], wire + "0", "x" + wire[1:]} {
		_, _, _, err := iso8583.ParseOriginal(bad)
		wantError(t, err, 90)
	}
	m := sale()
	m.Set(90, iso8583.FormatOriginal("0200", "123", "0102030405"))
	_, err = iso8583.Kassa87().Pack(m)
	wantError(t, err, 90)
}
