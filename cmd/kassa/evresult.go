package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"kassa/ocpi"
	"kassa/sale/native"
)

func newEVClient() *http.Client { return &http.Client{Timeout: 10 * time.Second} }

// result reads what the session has come to: in Kassa's order, in the issuer's books and at the operator.
func (p *evPlay) result(ctx context.Context) (r evResult, err error) {
	var o native.Order
	if err := p.evCall(ctx, p.facts, "GET", native.Prefix+"orders/"+p.ref, nil, &o); err != nil {
		return r, err
	}
	if h := o.Hold; h != nil {
		r.Held = h.Amount.Minor
		if s := h.Settlement; s != nil {
			r.Captured, r.Shortfall, r.Released, r.Resolved = s.Captured, s.Short, s.Released, s.Done
		}
		switch back := h.Release; {
		case back.Owed():
			r.Resolved = false // what is left of the hold has not gone back yet
		case back != nil && h.Settlement == nil: // given back without a price
			r.Released, r.Resolved = back.Amount.Minor, true
		}
	}
	holds, err := p.holds(ctx)
	if err != nil {
		return r, err
	}
	for _, h := range holds {
		if h.Lifecycle == o.ID {
			r.LedgerHeld, r.LedgerCaptured = h.Held, h.Captured
		}
	}
	s, err := p.operator(ctx)
	if err != nil {
		return r, err
	}
	for _, f := range s.Confirmations {
		if ocpi.Fold(f.AuthorisationReference) != ocpi.Fold(p.ref) {
			continue
		}
		if r.FAC, err = advice(f); err != nil {
			return r, err
		}
	}
	return r, nil
}

func advice(f ocpi.FinancialAdviceConfirmation) (*evAdvice, error) {
	net, err := f.TotalCosts.Net.Minor(f.Currency)
	if err != nil {
		return nil, err
	}
	total, said := f.TotalCosts.Total()
	if !said {
		return nil, fmt.Errorf("the confirmation %s does not say what was taken", f.ID)
	}
	gross, err := total.Minor(f.Currency)
	return &evAdvice{Status: string(f.CaptureStatusCode), Total: gross, Net: net, Tax: gross - net, Currency: f.Currency, EFTData: f.EFTData}, err
}

// epilogue tells the money's end.
func (p *evPlay) epilogue(r evResult) {
	p.tell("Capture       EUR %s of EUR %s held; EUR %s released, EUR %s open", euros(r.Captured), euros(r.Held), euros(r.Released), euros(r.Shortfall))
	p.tell("Ledger        the issuer has held EUR %s and taken EUR %s", euros(r.LedgerHeld), euros(r.LedgerCaptured))
	if r.FAC == nil {
		p.tell("Confirmation  none: nothing was taken")
		return
	}
	p.tell("Confirmation  %s: EUR %s + EUR %s VAT, as the operator has it", r.FAC.Status, euros(r.FAC.Net), euros(r.FAC.Tax))
	p.tell("Receipt")
	for _, line := range r.FAC.EFTData {
		p.tell("              %s", line)
	}
}
