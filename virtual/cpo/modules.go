package cpo

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/ocpi"
)

func version(r *http.Request) ocpi.Version { return ocpi.Version(r.PathValue("v")) }

// getLocations answers with the list, one location or one of its EVSEs.
func (o *Operator) getLocations(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	l := o.location()
	o.mu.Unlock()
	id, evse := r.PathValue("location"), r.PathValue("evse")
	switch {
	case id == "":
		page(o, w, r, []ocpi.Location{l}, func(l ocpi.Location) time.Time { return l.LastUpdated.Time })
		return
	case ocpi.Fold(id) != ocpi.Fold(l.ID):
		o.say(w, http.StatusNotFound, ocpi.StatusUnknownLocation, "the location is not known", nil)
		return
	case evse == "":
		o.ok(w, l)
		return
	}
	i := slices.IndexFunc(l.EVSEs, func(e ocpi.EVSE) bool { return ocpi.Fold(e.UID) == ocpi.Fold(evse) })
	if i < 0 {
		o.say(w, http.StatusNotFound, ocpi.StatusUnknownLocation, "the EVSE is not known", nil)
		return
	}
	o.ok(w, l.EVSEs[i])
}

func (o *Operator) getTariffs(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	t := o.tariff(version(r))
	o.mu.Unlock()
	page(o, w, r, []ocpi.Tariff{t}, func(t ocpi.Tariff) time.Time { return t.LastUpdated.Time })
}

func (o *Operator) getSessions(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	all := []ocpi.Session{}
	for _, c := range o.s.Charges {
		all = append(all, o.session(c))
	}
	o.mu.Unlock()
	page(o, w, r, all, func(s ocpi.Session) time.Time { return s.LastUpdated.Time })
}

// getCDRs lists the bills that have been sent: one that is late is not there either.
func (o *Operator) getCDRs(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	all := slices.DeleteFunc(slices.Clone(o.s.CDRs), func(d ocpi.CDR) bool {
		return slices.ContainsFunc(o.s.Owed, func(p push) bool { return p.CDR != nil && p.CDR.ID == d.ID && o.now().Before(p.Due) })
	})
	o.mu.Unlock()
	page(o, w, r, all, func(d ocpi.CDR) time.Time { return d.LastUpdated.Time })
}

// start takes START_SESSION. It never asks whether an AD_HOC_USER may charge: the money is held.
func (o *Operator) start(w http.ResponseWriter, r *http.Request) {
	s, ok := read[ocpi.StartSession](o, w, r)
	if !ok {
		return
	}
	o.mu.Lock()
	c := o.charger(s.EVSEUID)
	answer := ocpi.CommandResponse{Result: ocpi.ResultAccepted, Timeout: commandTime}
	var result string
	switch {
	case ocpi.Fold(s.LocationID) != site || c == nil:
		o.mu.Unlock()
		o.say(w, http.StatusOK, ocpi.StatusUnknownLocation, "the EVSE is not known", nil)
		return
	case o.fault(FaultRefuse, c.EVSE) != nil:
		answer.Result = ocpi.ResultRejected
	case o.fault(FaultStartFails, c.EVSE) != nil, o.fault(FaultOffline, c.EVSE) != nil:
		result = ocpi.ResultInoperative
	case o.running(c.EVSE) != nil:
		result = ocpi.ResultEVSEOccupied
	default:
		result = ocpi.ResultAccepted
	}
	if o.s.Quirks[QuirkTimeoutZero] {
		answer.Timeout = 0
	}
	if result != "" {
		o.result(c.EVSE, s.ResponseURL, result)
	}
	if result == ocpi.ResultAccepted {
		o.begin(s, c)
	}
	err := o.keep()
	o.mu.Unlock()
	o.answer(w, answer, err)
}

// commandTime is how long the result of a command may take, in seconds.
const commandTime = 30

func (o *Operator) stop(w http.ResponseWriter, r *http.Request) {
	s, ok := read[ocpi.StopSession](o, w, r)
	if !ok {
		return
	}
	o.mu.Lock()
	answer := ocpi.CommandResponse{Result: ocpi.ResultUnknownSession, Timeout: commandTime}
	i := slices.IndexFunc(o.s.Charges, func(c *Charge) bool { return c.ID == s.SessionID })
	if i >= 0 {
		c := o.s.Charges[i]
		answer.Result = ocpi.ResultAccepted
		o.result(c.EVSE, s.ResponseURL, ocpi.ResultAccepted)
		if o.fault(FaultIgnoresStop, c.EVSE) == nil {
			o.move(c)
			o.end(c)
		}
	}
	err := o.keep()
	o.mu.Unlock()
	o.answer(w, answer, err)
}

// result owes the later word on a command. The caller holds mu.
func (o *Operator) result(evse, url, result string) {
	if o.fault(FaultResultLost, evse) != nil {
		return
	}
	p := push{Kind: pushResult, EVSE: "result " + evse, URL: url, Result: &ocpi.CommandResult{Result: result}}
	if o.s.Quirks[QuirkLateResult] {
		p.Due = o.now().Add(lateBy)
	}
	o.owe(p)
}

func (o *Operator) answer(w http.ResponseWriter, data any, err error) {
	if err != nil {
		o.cfg.Log.Error("cpo.keep", "error", err)
		o.say(w, http.StatusInternalServerError, ocpi.StatusServerError, "this could not be stored", nil)
		return
	}
	o.ok(w, data)
}

func (o *Operator) takeTerminal(w http.ResponseWriter, r *http.Request) {
	t, ok := read[ocpi.Terminal](o, w, r)
	if !ok {
		return
	}
	o.mu.Lock()
	o.s.Terminals = slices.DeleteFunc(o.s.Terminals, func(k ocpi.Terminal) bool { return ocpi.Fold(k.TerminalID) == ocpi.Fold(t.TerminalID) })
	o.s.Terminals = append(o.s.Terminals, t)
	err := o.keep()
	o.mu.Unlock()
	o.answer(w, nil, err)
}

func (o *Operator) getTerminal(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	i := slices.IndexFunc(o.s.Terminals, func(t ocpi.Terminal) bool { return strings.EqualFold(t.TerminalID, r.PathValue("id")) })
	var found ocpi.Terminal
	if i >= 0 {
		found = o.s.Terminals[i]
	}
	o.mu.Unlock()
	if i < 0 {
		o.say(w, http.StatusNotFound, ocpi.StatusClientError, "the terminal is not known", nil)
		return
	}
	o.ok(w, found)
}

// takeConfirmation keeps what was captured. The same id again changes nothing.
func (o *Operator) takeConfirmation(w http.ResponseWriter, r *http.Request) {
	f, ok := read[ocpi.FinancialAdviceConfirmation](o, w, r)
	if !ok {
		return
	}
	o.mu.Lock()
	if o.fault(FaultRefuseFAC, "") != nil {
		o.mu.Unlock()
		o.say(w, http.StatusOK, ocpi.StatusInvalid, "total_costs: excl_vat is required", nil)
		return
	}
	known := slices.ContainsFunc(o.s.Confirmations, func(k ocpi.FinancialAdviceConfirmation) bool { return k.ID == f.ID })
	if !known {
		o.s.Confirmations = append(o.s.Confirmations, f)
	}
	err := o.keep()
	o.mu.Unlock()
	o.answer(w, nil, err)
}

func (o *Operator) getConfirmation(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	i := slices.IndexFunc(o.s.Confirmations, func(f ocpi.FinancialAdviceConfirmation) bool { return f.ID == r.PathValue("id") })
	var found ocpi.FinancialAdviceConfirmation
	if i >= 0 {
		found = o.s.Confirmations[i]
	}
	o.mu.Unlock()
	if i < 0 {
		o.say(w, http.StatusNotFound, ocpi.StatusClientError, "the confirmation is not known", nil)
		return
	}
	o.ok(w, found)
}
