package operator

import (
	"cmp"
	"slices"
)

// StationAt finds the charger that an EVSE of an OCPI location belongs to: one that names the EVSE before one that
// names the location alone.
func (w *World) StationAt(location, evse string) (Station, bool) {
	if s, ok := find(w.Stations, func(s Station) bool { return s.Location == location && slices.Contains(s.EVSEs, evse) }); ok {
		return s, true
	}
	return find(w.Stations, func(s Station) bool { return location != "" && s.Location == location && len(s.EVSEs) == 0 })
}

// PaymentAt says how money is held at a charger: what its environment, its CPO, its contract and it itself say, of which
// the nearest counts, field by field. Amounts count in the currency of the nearest one that has any; further ones in
// another currency say nothing about amounts.
func (w *World) PaymentAt(s Station) Payment {
	var in Payment
	for _, at := range []struct{ scope, of string }{{"station", s.ID}, {"contract", s.Contract}, {"cpo", s.CPO}, {"environment", s.Environment}} {
		p, ok := find(w.Payments, func(p Payment) bool { return at.of != "" && p.Scope == at.scope && p.Of == at.of })
		if !ok {
			continue
		}
		in.Currency = cmp.Or(in.Currency, p.Currency)
		if p.Currency == in.Currency {
			in.Hold, in.Minimum, in.Most = cmp.Or(in.Hold, p.Hold), cmp.Or(in.Minimum, p.Minimum), cmp.Or(in.Most, p.Most)
			in.MinCapture, in.Step = cmp.Or(in.MinCapture, p.MinCapture), cmp.Or(in.Step, p.Step)
		}
		if in.OverCommit == nil {
			in.OverCommit = p.OverCommit
		}
		if in.Increments == nil {
			in.Increments = p.Increments
		}
	}
	return in
}

// MCC is the merchant category of the set-up that covers a charger; empty when there is none.
func (w *World) MCC(s Station) string {
	setup, _ := w.at(s).setup()
	return setup.MCC
}
