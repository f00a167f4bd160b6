package charging

import (
	"math/big"
	"reflect"
	"strings"

	"kassa/ocpi"
)

// PriceUnit is what a shown price is for.
type PriceUnit string

// The units, in the order in which they are shown: that of Regulation (EU) 2023/1804, article 5, for chargers above and
// below 50 kW alike.
const (
	PerKWh     PriceUnit = "kWh"
	PerMinute  PriceUnit = "minute"
	PerSession PriceUnit = "session"
	PerIdle    PriceUnit = "idle" // a minute in which it is plugged in and takes no energy
)

// Price is one component of what is shown before a session: a decimal number of the currency, taxes included. It counts
// from a minute of the session on, 0 from the first.
type Price struct {
	Per         PriceUnit
	Amount      string
	FromMinutes int
}

// Prices gives what a driver pays, taxes included.
func (r Rates) Prices() (list []Price) {
	for _, p := range []struct {
		per    PriceUnit
		rate   Decimal
		divide int64
		from   int
	}{{PerKWh, r.Energy, 1, 0}, {PerMinute, r.Hour, 60, 0}, {PerSession, r.Flat, 1, 0}, {PerIdle, r.Idle, 60, r.IdleFrom}} {
		if text := r.gross(p.rate, p.divide); text != "" {
			list = append(list, Price{p.per, text, p.from})
		}
	}
	return list
}

// gross is a rate with its tax, divided, in as many decimals as it has, two to four.
func (r Rates) gross(rate Decimal, divide int64) string {
	n, ok := rate.rat()
	if !ok || n.Sign() == 0 {
		return ""
	}
	if vat, ok := r.VAT.rat(); ok && r.Net {
		n.Mul(n, new(big.Rat).Add(big.NewRat(1, 1), vat.Quo(vat, big.NewRat(100, 1))))
	}
	n.Quo(n, big.NewRat(divide, 1))
	whole, fraction, _ := strings.Cut(strings.TrimRight(n.FloatString(4), "0"), ".")
	if len(fraction) < 2 {
		fraction = (fraction + "00")[:2]
	}
	return whole + "." + fraction
}

// RatesOf is a tariff as far as it can be shown and a running cost be computed. It reports false where no cost can be:
// where prices depend on restrictions, or on whether the car takes energy. Such a session has a cost only where the
// operator says it. Components that count from a duration on are shown so; others that depend on restrictions are not
// shown, and the tariff's own text must tell them.
func RatesOf(t ocpi.Tariff) (r Rates, ok bool) {
	r = Rates{TariffID: t.ID, Net: t.TaxIncluded != ocpi.TaxIncluded && t.TaxIncluded != ocpi.TaxNone}
	for _, e := range t.Elements {
		from, shown := 0, true
		if e.Restrictions != nil {
			r.Rough = true
			from, shown = int(e.Restrictions.MinDuration/60), reflect.DeepEqual(*e.Restrictions, ocpi.TariffRestrictions{MinDuration: e.Restrictions.MinDuration})
		}
		for _, c := range e.PriceComponents {
			if shown {
				r.take(c, from)
			}
		}
	}
	r.Min, r.Max = limitOf(t.MinPrice, t.Currency), limitOf(t.MaxPrice, t.Currency)
	return r, !r.Rough
}

// take takes a component, unless one came before it: the first that fits wins.
func (r *Rates) take(c ocpi.PriceComponent, from int) {
	var into *Decimal
	switch c.Type {
	case ocpi.DimensionEnergy:
		into = &r.Energy
	case ocpi.DimensionTime:
		into = &r.Hour
	case ocpi.DimensionFlat:
		into = &r.Flat
	case ocpi.DimensionParking:
		into = &r.Idle
		r.Rough = r.Rough || c.Price.Sign() != 0
	default:
		r.Rough = r.Rough || c.Price.Sign() != 0
		return
	}
	if *into != "" || from > 0 && into != &r.Idle {
		return
	}
	*into = Decimal(c.Price.String())
	if into == &r.Idle {
		r.IdleFrom = from
	}
	if c.VAT == nil {
		return
	}
	if at := Decimal(c.VAT.String()); r.VAT == "" || r.VAT == at {
		r.VAT = at
	} else {
		r.Rough = true
	}
}
