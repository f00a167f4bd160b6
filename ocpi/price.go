package ocpi

import (
	"encoding/json"
	"strings"
)

// Fold is a CiString in the form in which two of them are compared.
func Fold(s string) string { return strings.ToUpper(s) }

// Shape is which fields a Price has.
type Shape int

// The shapes of a Price.
const (
	ShapeTaxes Shape = iota // 2.3.0: before_taxes and taxes
	ShapeVAT                // 2.2.1: excl_vat and incl_vat
)

// ShapeOf is the shape that a version writes.
func ShapeOf(v Version) Shape {
	if v == V221 {
		return ShapeVAT
	}
	return ShapeTaxes
}

// Price is an amount without and with taxes. Either shape is read, whatever the version: Shape tells
// which it was, so that who reads can flag one that is not the version's.
type Price struct {
	Shape Shape
	// Net is before_taxes or excl_vat.
	Net   Decimal
	Taxes []TaxAmount // in the 2.3.0 shape
	// Gross is incl_vat, in the 2.2.1 shape; nil when it was not said.
	Gross *Decimal
}

// TaxAmount is one tax in a Price (2.3.0).
type TaxAmount struct {
	Name          string   `json:"name"`
	AccountNumber string   `json:"account_number,omitempty"`
	Percentage    *Decimal `json:"percentage,omitempty"`
	Amount        Decimal  `json:"amount"`
}

// Total is what a consumer pays. It tells false when the price does not say: incl_vat is absent, or
// the amounts are too large to add.
func (p Price) Total() (Decimal, bool) {
	if p.Shape == ShapeVAT {
		if p.Gross == nil {
			return Decimal{}, false
		}
		return *p.Gross, true
	}
	sum := p.Net
	for _, t := range p.Taxes {
		var err error
		if sum, err = sum.Add(t.Amount); err != nil {
			return Decimal{}, false
		}
	}
	return sum, true
}

// For is the price in the shape of a version. From 2.2.1 to 2.3.0 the difference becomes one tax named
// VAT; the rate is not guessed.
func (p Price) For(v Version) Price {
	shape := ShapeOf(v)
	if p.Shape == shape {
		return p
	}
	out := Price{Shape: shape, Net: p.Net}
	total, known := p.Total()
	switch {
	case !known:
	case shape == ShapeVAT:
		out.Gross = &total
	default:
		if tax, err := total.Add(Decimal{-p.Net.units, p.Net.scale}); err == nil && tax.Sign() != 0 {
			out.Taxes = []TaxAmount{{Name: "VAT", Amount: tax}}
		}
	}
	return out
}

type priceJSON struct {
	BeforeTaxes *Decimal    `json:"before_taxes,omitempty"`
	Taxes       []TaxAmount `json:"taxes,omitempty"`
	ExclVAT     *Decimal    `json:"excl_vat,omitempty"`
	InclVAT     *Decimal    `json:"incl_vat,omitempty"`
}

// MarshalJSON writes the price in its shape.
func (p Price) MarshalJSON() ([]byte, error) {
	if p.Shape == ShapeVAT {
		return json.Marshal(priceJSON{ExclVAT: &p.Net, InclVAT: p.Gross})
	}
	return json.Marshal(priceJSON{BeforeTaxes: &p.Net, Taxes: p.Taxes})
}

// UnmarshalJSON reads either shape.
func (p *Price) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var read priceJSON
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	switch {
	case read.BeforeTaxes != nil:
		*p = Price{Shape: ShapeTaxes, Net: *read.BeforeTaxes, Taxes: read.Taxes}
	case read.ExclVAT != nil:
		*p = Price{Shape: ShapeVAT, Net: *read.ExclVAT, Gross: read.InclVAT}
	default:
		return broken("must have before_taxes (2.3.0) or excl_vat (2.2.1)", decimalType())
	}
	return nil
}

// PriceLimit is a bound of a tariff: before_taxes and after_taxes in 2.3.0, excl_vat and incl_vat in 2.2.1.
type PriceLimit struct {
	Shape  Shape
	Before Decimal
	After  *Decimal
}

type limitJSON struct {
	BeforeTaxes *Decimal `json:"before_taxes,omitempty"`
	AfterTaxes  *Decimal `json:"after_taxes,omitempty"`
	ExclVAT     *Decimal `json:"excl_vat,omitempty"`
	InclVAT     *Decimal `json:"incl_vat,omitempty"`
}

// MarshalJSON writes the bound in its shape.
func (l PriceLimit) MarshalJSON() ([]byte, error) {
	if l.Shape == ShapeVAT {
		return json.Marshal(limitJSON{ExclVAT: &l.Before, InclVAT: l.After})
	}
	return json.Marshal(limitJSON{BeforeTaxes: &l.Before, AfterTaxes: l.After})
}

// UnmarshalJSON reads either shape.
func (l *PriceLimit) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var read limitJSON
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	switch {
	case read.BeforeTaxes != nil:
		*l = PriceLimit{ShapeTaxes, *read.BeforeTaxes, read.AfterTaxes}
	case read.ExclVAT != nil:
		*l = PriceLimit{ShapeVAT, *read.ExclVAT, read.InclVAT}
	default:
		return broken("must have before_taxes (2.3.0) or excl_vat (2.2.1)", decimalType())
	}
	return nil
}

// For is the bound in the shape of a version.
func (l PriceLimit) For(v Version) PriceLimit {
	l.Shape = ShapeOf(v)
	return l
}

func priceFor(p *Price, v Version) *Price {
	if p == nil {
		return nil
	}
	out := p.For(v)
	return &out
}

func limitFor(l *PriceLimit, v Version) *PriceLimit {
	if l == nil {
		return nil
	}
	out := l.For(v)
	return &out
}
