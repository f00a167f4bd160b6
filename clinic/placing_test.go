package clinic_test

import (
	"errors"
	"testing"
	"time"

	"kassa/clinic"
	"kassa/doctor"
	chargers "kassa/operator"
)

// charger gives a tenant a charger and, when a serial is given, a terminal in the provider's test environment bound to it
// although the charger is in production.
func (w *world) charger(of tenant, id, serial string) {
	w.t.Helper()
	put := func(kind, id, body string) {
		_, err := w.cpos.Put(of.account, kind, id, []byte(body))
		must(w.t, err)
	}
	put("environments", "prod", `{"platform":"Laadpunt","name":"Production","kind":"production"}`)
	put("cpos", "cpo", `{"environment":"prod","external_id":"LAD-1","name":"Laadpunt"}`)
	put("setups", "set", `{"environment":"prod","cpo_external_id":"LAD-1","merchant_id":"M1","currency":"EUR","status":"configured"}`)
	put("providers", "kassa", `{"name":"Kassa"}`)
	put("provider-environments", "test", `{"provider":"kassa","kind":"test"}`)
	put("provider-environments", "live", `{"provider":"kassa","kind":"production"}`)
	put("stations", id, `{"environment":"prod","cpo":"cpo","online":true}`)
	if serial == "" {
		return
	}
	put("terminals", "t1", `{"provider_env":"test","serial":"`+serial+`","activation":"activated"}`)
	_, _, err := w.cpos.Bind(of.account, "key", chargers.Binding{Station: id, EnteredSerial: serial, Provider: "kassa"}, true)
	must(w.t, err)
}

// first is the code of the nearest finding of a charger, or its verdict when there is none.
func (w *world) first(who clinic.Reader, id string) string {
	w.t.Helper()
	d, err := w.Diagnose(w.t.Context(), who, clinic.Ask{Subject: doctor.Subject{Kind: doctor.Charger, ID: id}})
	must(w.t, err)
	if len(d.Diagnosis.Findings) == 0 {
		return d.Diagnosis.Verdict
	}
	return d.Diagnosis.Findings[0].Code
}

// TestCharger: what was bound to a charger is examined as it is now, and with the link that is held here.
func TestCharger(t *testing.T) {
	w := newWorld(t)
	one := w.opened("zqalpha")
	account := clinic.Reader{Account: one.account}
	w.charger(one, "site-1", "")
	if found := w.first(account, "site-1"); found != doctor.NotEnoughEvidence {
		t.Errorf("nothing is bound, and the doctor says %s", found)
	}
	w.charger(one, "site-1", one.poiid)
	for who, id := range map[clinic.Reader]string{account: "site-1", operator(): one.account + "/site-1"} {
		if found := w.first(who, id); found != "environment_mismatch" {
			t.Errorf("asked about %s: %s", id, found)
		}
	}
	if found := w.first(operator(), "site-1"); found != "environment_mismatch" {
		t.Errorf("the one charger of that id: %s", found)
	}
	_, err := w.cpos.Put(one.account, "terminals", "t1", []byte(`{"provider_env":"live","serial":"`+one.poiid+`","activation":"activated","online":true}`))
	must(t, err)
	w.mu.Lock()
	w.offline[one.tid] = true
	w.mu.Unlock()
	w.later(time.Minute)
	if found := w.first(account, "site-1"); found != "charger_terminal_offline" {
		t.Errorf("the link is down, and the doctor says %s", found)
	}
}

// TestNobodySeesAnothersCharger: to another account, and to a key of one group, there is no such charger.
func TestNobodySeesAnothersCharger(t *testing.T) {
	w := newWorld(t)
	one, two := w.opened("zqalpha"), w.opened("zqbravo")
	w.charger(one, "site-1", one.poiid)
	for _, who := range []clinic.Reader{{Account: two.account}, {Account: one.account, Group: one.group}, {}} {
		for _, id := range []string{"site-1", one.account + "/site-1", "/site-1", one.account + "/", ""} {
			if _, err := w.Diagnose(t.Context(), who, clinic.Ask{Subject: doctor.Subject{Kind: doctor.Charger, ID: id}}); !errors.Is(err, clinic.ErrUnknown) {
				t.Errorf("%+v asks about %q: %v", who, id, err)
			}
		}
	}
	w.charger(two, "site-1", "")
	ask := clinic.Ask{Subject: doctor.Subject{Kind: doctor.Charger, ID: "site-1"}}
	if _, err := w.Diagnose(t.Context(), operator(), ask); !errors.Is(err, clinic.ErrUnknown) {
		t.Errorf("two accounts have such a charger, and one was taken: %v", err)
	}
}
