package clinic_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/clinic"
	"kassa/doctor"
)

// asked is a diagnosis of an order of a reference.
func (w *world) asked(who clinic.Reader, ref string) clinic.Kept {
	w.t.Helper()
	d, err := w.Diagnose(w.t.Context(), who, clinic.Ask{Subject: doctor.Subject{Kind: doctor.Order, ID: ref}, Symptom: "1000 on order " + ref})
	must(w.t, err)
	return d
}

func TestDiagnosesAreListedFor90Days(t *testing.T) {
	w := newWorld(t)
	one := w.opened("zqalpha")
	who := clinic.Reader{Account: one.account}
	w.asked(who, one.order.Ref)
	w.later(89 * 24 * time.Hour)
	if got := w.all(who); len(got) != 1 {
		t.Errorf("after 89 days: %d", len(got))
	}
	w.later(2 * 24 * time.Hour)
	second := w.asked(who, one.order.Ref)
	if got := w.all(who); len(got) != 1 || got[0].ID != second.ID {
		t.Errorf("after 91 days: %+v", got)
	}
}

// TestAShareIsMaskedAndEnds: references of any form are hidden, and nobody can make a token or stretch one.
func TestAShareIsMaskedAndEnds(t *testing.T) {
	w := newWorld(t)
	one := w.opened("zqalpha")
	who := clinic.Reader{Account: one.account, By: one.key}
	for _, ref := range []string{"48213", "table 7", "zq-ref/9"} {
		w.declined(one, ref, "51", kassa.DeclinedFunds)
	}
	w.mirrored()
	for _, ref := range []string{"48213", "table 7", "zq-ref/9"} {
		d := w.asked(who, ref)
		if !strings.Contains(string(encoded(t, d)), ref) {
			t.Fatal("the diagnosis does not name the reference: the test tests nothing")
		}
		token, err := w.Share(who, d.ID, w.clock().Add(time.Hour))
		must(t, err)
		shared, err := w.Shared(token)
		must(t, err)
		text := string(encoded(t, shared))
		for _, secret := range []string{"48213", "table 7", "zq-ref/9", one.order.Ref, kassa.FormatID(one.order.Number + 1), one.key, one.mark + ".example"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the shared diagnosis names %q: %s", ref, secret, text)
			}
		}
		if len(shared.Diagnosis.Findings) == 0 || !strings.Contains(text, "Not enough money on the card") {
			t.Errorf("the shared diagnosis does not name its cause: %s", text)
		}
	}
	d := w.asked(who, "48213")
	token, err := w.Share(who, d.ID, w.clock().Add(time.Hour))
	must(t, err)
	body, signature, _ := strings.Cut(token, ".")
	plain, err := base64.RawURLEncoding.DecodeString(body)
	must(t, err)
	longer := base64.RawURLEncoding.EncodeToString(append(plain, '0'))
	for name, bad := range map[string]string{
		"stretched": longer + "." + signature, "unsigned": body, "of nothing": "", "cut": token[:len(token)-1], "of another": body + "." + strings.Repeat("A", len(signature)),
	} {
		if _, err := w.Shared(bad); !errors.Is(err, clinic.ErrExpired) {
			t.Errorf("a token that is %s: %v", name, err)
		}
	}
	w.later(time.Hour)
	if _, err := w.Shared(token); !errors.Is(err, clinic.ErrExpired) {
		t.Errorf("after its time: %v", err)
	}
}

// TestWhatPeopleSayCounts: the last word on a finding counts, once, also after a restart.
func TestWhatPeopleSayCounts(t *testing.T) {
	w := newWorld(t)
	one, two := w.opened("zqalpha"), w.opened("zqbravo")
	who := clinic.Reader{Account: one.account}
	d := w.asked(who, one.order.Ref)
	const cause = "insufficient_funds"
	say := func(who clinic.Reader, code string, yes bool) error {
		_, err := w.Feedback(t.Context(), who, d.ID, code, yes)
		return err
	}
	must(t, say(who, cause, true))
	must(t, say(who, cause, true))
	if got := w.HitRates()[cause]; got.Found != 1 || got.Yes != 1 || got.No != 0 {
		t.Errorf("yes, twice: %+v", got)
	}
	must(t, say(who, cause, false))
	if err := say(who, "no_such_cause", true); !errors.Is(err, clinic.ErrUnknown) {
		t.Errorf("a finding that was not made: %v", err)
	}
	if err := say(clinic.Reader{Account: two.account}, cause, true); !errors.Is(err, clinic.ErrUnknown) {
		t.Errorf("another tenant: %v", err)
	}
	for range 2 {
		if got := w.HitRates()[cause]; got.Found != 1 || got.Yes != 0 || got.No != 1 {
			t.Errorf("then no: %+v", got)
		}
		w.reopen()
	}
}
