package charging

import (
	"cmp"
	"math/big"
	"slices"
)

// Tax is one rate's part of an amount, in minor units: Gross with the tax, Amount the tax in it. Percent is
// exact; it is empty where the peer named none and none fits.
type Tax struct {
	Name    string  `json:"name,omitempty"`
	Percent Decimal `json:"percent,omitempty"`
	Gross   int64   `json:"gross"`
	Amount  int64   `json:"amount"`
}

// Split divides an amount over the rates of a price, pro rata by what each is of it, so that the parts add
// up: what is left of rounding down goes to the largest remainders. The tax of each part is rounded half up.
func Split(amount, price int64, of []Tax) []Tax {
	if len(of) == 0 || price <= 0 {
		return nil
	}
	type part struct {
		i    int
		rest *big.Int
	}
	parts := make([]part, len(of))
	split := slices.Clone(of)
	left := amount
	whole := int64(0)
	for _, t := range of {
		whole += t.Gross
	}
	if whole <= 0 {
		return nil
	}
	for i, t := range of {
		share, rest := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(amount), big.NewInt(t.Gross)), big.NewInt(whole), new(big.Int))
		split[i].Gross, parts[i] = share.Int64(), part{i, rest}
		left -= share.Int64()
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Or(b.rest.Cmp(a.rest), cmp.Compare(a.i, b.i)) })
	for i := range left {
		split[parts[i].i].Gross++
	}
	for i := range split {
		split[i].Amount = taxIn(split[i].Gross, of[i])
	}
	return split
}

// taxIn is the tax in a gross amount, at the rate of a part, or in its proportion where the rate is unknown.
func taxIn(gross int64, of Tax) int64 {
	net := new(big.Rat)
	if rate, ok := of.Percent.rat(); ok && of.Percent != "" {
		hundred := big.NewRat(100, 1)
		net.Quo(new(big.Rat).Mul(big.NewRat(gross, 1), hundred), new(big.Rat).Add(hundred, rate))
	} else if of.Gross != 0 {
		net.SetFrac(new(big.Int).Mul(big.NewInt(gross), big.NewInt(of.Gross-of.Amount)), big.NewInt(of.Gross))
	}
	return gross - halfUp(net)
}

// RateOf finds the simplest percentage, of at most one decimal, that gives the tax of a price: what a peer
// of OCPI 2.2.1 leaves out. It is empty when none does.
func RateOf(net, tax int64) Decimal {
	if net <= 0 || tax < 0 {
		return ""
	}
	tenths := halfUp(new(big.Rat).SetFrac64(tax*1000, net))
	for _, at := range []int64{(tenths + 5) / 10 * 10, tenths} {
		d := Decimal(big.NewRat(at, 10).FloatString(1))
		if at%10 == 0 {
			d = Decimal(big.NewRat(at, 10).FloatString(0))
		}
		if taxIn(net+tax, Tax{Percent: d}) == tax {
			return d
		}
	}
	return ""
}
