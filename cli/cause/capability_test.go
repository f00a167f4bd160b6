package cause_test

import (
	"slices"
	"strings"
	"testing"

	"kassa/cli/cause"
)

// recipe finds the first recipe of a cause.
func recipe(t *testing.T, code string) cause.Recipe {
	t.Helper()
	list := cause.Recipes()
	i := slices.IndexFunc(list, func(r cause.Recipe) bool { return r.Code == code })
	if i < 0 {
		t.Fatalf("there is no recipe of %s", code)
	}
	return list[i]
}

func TestFaultsThatCannotMeet(t *testing.T) {
	for _, c := range []struct{ one, other, why string }{
		{"double_payment", "keys_used_up", "keys_used_up: nothing is sealed without a key"},
		{"issuer_declined", "wifi_lost", "wifi_lost: the terminal is out of reach"},
		{"busy_previous_payment", "webhook_forbidden", "busy_previous_payment: the second order waits behind the first"},
		{"config_error", "weak_signal", "config_error: the terminal served the order, so that nothing kept it from the terminal"},
		{"issuer_declined", "webhook_forbidden", ""},
		{"order_id_rejected", "wifi_lost", ""},
		{"key_replay", "webhook_redirects", ""},
		{"never_delivered", "weak_signal", ""},
		{"link_unstable", "setting_refused", ""},
	} {
		one, other := recipe(t, c.one), recipe(t, c.other)
		if there, back := one.Excludes(other), other.Excludes(one); there != c.why || back != c.why {
			t.Errorf("%s and %s: %q and %q, want %q", c.one, c.other, there, back, c.why)
		}
	}
}

func TestEveryLossSaysWhy(t *testing.T) {
	for _, r := range cause.Recipes() {
		for _, l := range r.Takes {
			if l.Of == "" || len(strings.Fields(l.Why)) < 3 {
				t.Errorf("%s takes %q because %q", r.Code, l.Of, l.Why)
			}
		}
	}
}
