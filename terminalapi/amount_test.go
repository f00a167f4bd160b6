package terminalapi

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		minor          int64
		currency, wire string
	}{
		{0, "EUR", "0.00"}, {1, "EUR", "0.01"}, {1099, "EUR", "10.99"}, {500, "JPY", "500"}, {1234, "KWD", "1.234"}, {1, "CLF", "0.0001"},
		{99_999_999_99, "EUR", "99999999.99"},
	} {
		a := Amount{c.minor, c.currency}
		if got, err := a.decimal(); err != nil || string(got) != c.wire || a.String() != c.currency+" "+c.wire {
			t.Errorf("%d %s: %s, %v", c.minor, c.currency, got, err)
		}
		if got, err := amountOf(json.Number(c.wire), c.currency); err != nil || got != a {
			t.Errorf("%s %s: %v, %v", c.wire, c.currency, got, err)
		}
	}
	for wire, minor := range map[string]int64{"5": 500, "5.0": 500, "5.1": 510, "5.100": 510, "007.5": 750} {
		if got, err := amountOf(json.Number(wire), "EUR"); err != nil || got.Minor != minor {
			t.Errorf("%s: %v, %v", wire, got, err)
		}
	}
	for _, wire := range []string{"", ".5", "-1", "+1", "1e2", "1.001", "1,5", "100000000", "1.2.3", "NaN"} {
		if got, err := amountOf(json.Number(wire), "EUR"); err == nil {
			t.Errorf("%q is %v", wire, got)
		}
	}
}

// TestDecimalsReturn: no amount changes on its way over the wire and back.
func TestDecimalsReturn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Amount{rapid.Int64Range(0, maxMajor).Draw(t, "minor"), rapid.SampledFrom([]string{"EUR", "JPY", "BHD", "CLF"}).Draw(t, "currency")}
		wire, err := a.decimal()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := amountOf(wire, a.Currency); err != nil || back != a {
			t.Fatalf("%v became %v over %s: %v", a, back, wire, err)
		}
	})
}

func TestAdditional(t *testing.T) {
	for text, want := range map[string]Additional{
		"":                                     {},
		"101 Shopper cancelled app selection":  {"message": "101 Shopper cancelled app selection"},
		"message=Terminal+is+not+reachable":    {"message": "Terminal is not reachable"},
		"a=1&refusalReason=210%20Not%20enough": {"a": "1", "refusalReason": "210 Not enough"},
		"a=%zz&b=2":                            {"a": "%zz", "b": "2"},
		// {"additionalData":{"tid":"00000001","n":7},"message":"NO","store":"ST1"}
		"eyJhZGRpdGlvbmFsRGF0YSI6eyJ0aWQiOiIwMDAwMDAwMSIsIm4iOjd9LCJtZXNzYWdlIjoiTk8iLCJzdG9yZSI6IlNUMSJ9": {"tid": "00000001", "n": "7", "message": "NO", "store": "ST1"},
	} {
		got := ParseAdditional(text)
		if len(got) != len(want) {
			t.Errorf("%q: %v", text, got)
		}
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%q: %s is %q", text, key, got[key])
			}
		}
	}
}
