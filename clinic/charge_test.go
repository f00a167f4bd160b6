package clinic_test

import (
	"slices"
	"testing"
	"time"

	"kassa/charging"
	"kassa/clinic"
	"kassa/doctor"
)

// refusing is an operator that does not know our token, and has assigned one terminal.
type refusing struct{ account, serial, tid string }

func (refusing) Session(string) (charging.Session, bool, error) {
	return charging.Session{}, false, nil
}

func (r refusing) Terminal(account, serial string) (string, bool) {
	return r.tid, account == r.account && serial == r.serial
}

func (r refusing) Place(tid string) (doctor.Charge, bool, error) {
	return doctor.Charge{TID: tid, Peer: &doctor.Peer{ID: "P", Name: "Laadpunt", Refused: noon.Add(-time.Minute)}}, tid == r.tid, nil
}

// TestChargerOfAnOperator: what the link with a charger's operator is like is found for the account whose terminal stands
// there, and for nobody who has entered its serial number only.
func TestChargerOfAnOperator(t *testing.T) {
	w := newWorld(t)
	one, two := w.opened("zqalpha"), w.opened("zqbeta")
	w.Charging = refusing{one.account, one.poiid, one.tid}
	for _, c := range []struct {
		of    tenant
		finds bool
	}{{one, true}, {two, false}} {
		w.charger(c.of, "site-1", one.poiid)
		d, err := w.Diagnose(t.Context(), clinic.Reader{Account: c.of.account}, clinic.Ask{Subject: doctor.Subject{Kind: doctor.Charger, ID: "site-1"}})
		must(t, err)
		found := slices.ContainsFunc(d.Diagnosis.Findings, func(f doctor.Finding) bool { return f.Code == "operator_token_refused" })
		if found != c.finds {
			t.Errorf("%s: found %v: %+v", c.of.mark, found, d.Diagnosis.Findings)
		}
	}
}
