package doctor_test

import (
	"testing"

	"kassa/doctor"
)

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		a, b  string
		older bool
	}{
		{"till 1.9", "till 1.10", true},
		{"till 1.10", "till 1.9", false},
		{"till 1", "till 1.0", false},
		{"till 1", "till 1.0.1", true},
		{"till v2.0", "till 10", true},
		{"till 1.0", "desk 2.0", false},
	} {
		a, ok := doctor.VersionOf(test.a)
		b, also := doctor.VersionOf(test.b)
		if !ok || !also || a.Older(b) != test.older {
			t.Errorf("%s older than %s: %v", test.a, test.b, a.Older(b))
		}
	}
	for _, none := range []string{"", "till", "till 1.x"} {
		if v, ok := doctor.VersionOf(none); ok {
			t.Errorf("%q is version %v", none, v)
		}
	}
}
