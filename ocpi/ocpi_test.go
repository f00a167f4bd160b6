package ocpi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kassa/ocpi"
)

// forms reads a message, checks it and writes it again, by the beginning of the file's name.
func forms() map[string]func([]byte, ocpi.Version) ([]byte, error) {
	return map[string]func([]byte, ocpi.Version) ([]byte, error){
		"credentials": through(func(c ocpi.Credentials, v ocpi.Version) ocpi.Credentials { return c.For(v) }),
		"details":     through(func(d ocpi.VersionDetails, _ ocpi.Version) ocpi.VersionDetails { return d }),
		"terminal":    through(func(t ocpi.Terminal, _ ocpi.Version) ocpi.Terminal { return t }),
		"fac": through(func(f ocpi.FinancialAdviceConfirmation, v ocpi.Version) ocpi.FinancialAdviceConfirmation {
			return f.For(v)
		}),
		"tariff":   through(func(t ocpi.Tariff, v ocpi.Version) ocpi.Tariff { return t.For(v) }),
		"location": through(func(l ocpi.Location, _ ocpi.Version) ocpi.Location { return l }),
		"session":  through(func(s ocpi.Session, v ocpi.Version) ocpi.Session { return s.For(v) }),
		"cdr":      through(func(d ocpi.CDR, v ocpi.Version) ocpi.CDR { return d.For(v) }),
		"start":    through(func(s ocpi.StartSession, _ ocpi.Version) ocpi.StartSession { return s }),
		"stop":     through(func(s ocpi.StopSession, _ ocpi.Version) ocpi.StopSession { return s }),
		"response": through(func(r ocpi.CommandResponse, _ ocpi.Version) ocpi.CommandResponse { return r }),
		"result":   through(func(r ocpi.CommandResult, _ ocpi.Version) ocpi.CommandResult { return r }),
	}
}

func through[T interface{ Check() error }](as func(T, ocpi.Version) T) func([]byte, ocpi.Version) ([]byte, error) {
	return func(b []byte, v ocpi.Version) ([]byte, error) {
		var x T
		if err := ocpi.Read(b, &x); err != nil {
			return nil, err
		}
		if err := x.Check(); err != nil {
			return nil, err
		}
		return json.Marshal(as(x, v))
	}
}

func TestGoldenMessages(t *testing.T) {
	for _, v := range ocpi.Versions() {
		files, err := filepath.Glob(filepath.Join("testdata", string(v), "*.json"))
		if err != nil || len(files) < len(forms()) {
			t.Fatalf("%s: %d golden messages (%v), want one of each kind at least", v, len(files), err)
		}
		for _, file := range files {
			t.Run(string(v)+"/"+filepath.Base(file), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				kind, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
				again, err := forms()[kind](text, v)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(tree(t, text), tree(t, again)) {
					t.Errorf("read and written again it is\n%s", again)
				}
			})
		}
	}
}

// tree is JSON with its numbers as they are written.
func tree(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"0", "0"},
		{"-0.0", "0"},
		{"41.3200", "41.32"},
		{"1e2", "100"},
		{"125e-3", "0.125"},
		{"-0.005", "-0.005"},
		{"999999999999999999", "999999999999999999"},
	} {
		if d, err := ocpi.ParseDecimal(c.in); err != nil || d.String() != c.out {
			t.Errorf("ParseDecimal(%s) = %s, %v; want %s", c.in, d, err, c.out)
		}
	}
	for _, in := range []string{"", "-", ".5", "5.", "01", "0x1", "1e99", "1234567890123456789", "NaN", "1 "} {
		if d, err := ocpi.ParseDecimal(in); err == nil {
			t.Errorf("ParseDecimal(%q) = %s, want an error", in, d)
		}
	}
	for _, c := range []struct {
		in, currency string
		exact, up    int64
		wrong        bool
	}{
		{"50", "EUR", 5000, 5000, false},
		{"41.325", "EUR", 0, 4133, true},
		{"-41.325", "EUR", 0, -4133, true},
		{"41.3249", "EUR", 0, 4132, true},
		{"500", "JPY", 500, 500, false},
		{"1.2345", "KWD", 0, 1235, true},
	} {
		d, err := ocpi.ParseDecimal(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if minor, err := d.Minor(c.currency); (err != nil) != c.wrong || minor != c.exact {
			t.Errorf("%s %s is %d, %v", c.currency, c.in, minor, err)
		}
		if minor, err := d.MinorHalfUp(c.currency); err != nil || minor != c.up {
			t.Errorf("%s %s rounded is %d, %v, want %d", c.currency, c.in, minor, err, c.up)
		}
	}
}

func TestDateTime(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"2026-11-21T00:48:00Z", "2026-11-21T00:48:00Z"},
		{"2026-11-21T00:48:00", "2026-11-21T00:48:00Z"},
		{"2026-11-21T00:48:00.125Z", "2026-11-21T00:48:00.125Z"},
	} {
		if d, err := ocpi.ParseDateTime(c.in); err != nil || d.String() != c.out {
			t.Errorf("%s reads as %s, %v", c.in, d, err)
		}
	}
	for _, in := range []string{"2026-11-21T00:48:00+01:00", "2026-11-21", "2026-11-21T00:48:00.123456Z", "now"} {
		if d, err := ocpi.ParseDateTime(in); err == nil {
			t.Errorf("%s reads as %s, want an error", in, d)
		}
	}
}

func TestTokensOfAHeader(t *testing.T) {
	const secret = "ebf3b399-779f-4497-9b9d-ac6ad3cc44d2"
	for _, c := range []struct{ name, header, want string }{
		{"base64", "Token ZWJmM2IzOTktNzc5Zi00NDk3LTliOWQtYWM2YWQzY2M0NGQy", secret},
		{"base64 of the token and a line end", "Token ZWJmM2IzOTktNzc5Zi00NDk3LTliOWQtYWM2YWQzY2M0NGQyCg==", secret},
		{"raw", "Token " + secret, secret},
		{"the scheme in small letters", "token " + secret, secret},
		{"another scheme", "Bearer " + secret, ""},
		{"nothing", "Token ", ""},
		{"a space in it", "Token a b", ""},
	} {
		got := ocpi.TokensOf(c.header)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) == 0 || got[0] != c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	for _, encode := range []bool{true, false} {
		if got := ocpi.TokensOf(ocpi.Authorization(secret, encode)); len(got) == 0 || got[0] != secret {
			t.Errorf("encode %t: %q", encode, got)
		}
	}
}

func TestBadInputNamesTheField(t *testing.T) {
	good, err := os.ReadFile("testdata/2.3.0/cdr.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, value string }{
		{"currency", `"euro"`},
		{"id", `""`},
		{"id", `5`},
		{"total_energy", `"12"`},
		{"total_cost", `{"amount":1}`},
		{"start_date_time", `"2026-11-21T00:48:00+01:00"`},
		{"party_id", `"X"`},
		{"credit", `true`},
		{"last_updated", `null`},
	} {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(good, &fields); err != nil {
			t.Fatal(err)
		}
		fields[c.field] = json.RawMessage(c.value)
		text, _ := json.Marshal(fields)
		_, err := forms()["cdr"](text, ocpi.V230)
		var bad *ocpi.Error
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Field, c.field) && bad.Field != "credit_reference_id" {
			t.Errorf("%s = %s: %v, want an error that names the field", c.field, c.value, err)
		}
	}
	if err := ocpi.Read([]byte("{"), &ocpi.CDR{}); !errors.Is(err, ocpi.ErrNotJSON) {
		t.Errorf("half an object: %v", err)
	}
}

func TestWhatIsTolerated(t *testing.T) {
	var s ocpi.EVSE
	if err := ocpi.Read([]byte(`[{"uid":"1","status":"DREAMING","connectors":null,"unheard_of":{"x":1}}]`), &s); err != nil || s.Status != "DREAMING" {
		t.Errorf("one object in a list, with an unknown word and field: %+v, %v", s, err)
	}
	for _, in := range []string{`{"before_taxes":41.32,"taxes":[{"name":"VAT","amount":8.68}]}`, `{"excl_vat":41.32,"incl_vat":50}`} {
		var p ocpi.Price
		if err := json.Unmarshal([]byte(in), &p); err != nil {
			t.Fatal(err)
		}
		for _, v := range ocpi.Versions() {
			if total, ok := p.For(v).Total(); !ok || total.String() != "50" {
				t.Errorf("%s as %s is %s, %t", in, v, total, ok)
			}
		}
	}
}
