package charging

import (
	"math/big"
	"regexp"
	"time"
)

// Decimal is an exact decimal number as a peer wrote it, such as "7.25"; empty is none.
type Decimal string

var decimalForm = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$`)

func (d Decimal) rat() (*big.Rat, bool) {
	if d == "" {
		return new(big.Rat), true
	}
	if !decimalForm.MatchString(string(d)) {
		return new(big.Rat), false
	}
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return new(big.Rat), false
	}
	return r, true
}

// Valid tells whether it is a number.
func (d Decimal) Valid() bool {
	_, ok := d.rat()
	return ok
}

// Minor is an amount in units of a currency with two decimals in minor units, half up; false when it is none.
func (d Decimal) Minor() (int64, bool) {
	r, ok := d.rat()
	r.Mul(r, big.NewRat(100, 1))
	if !ok || r.Cmp(big.NewRat(999_999_999_999, 1)) > 0 || r.Cmp(big.NewRat(-999_999_999_999, 1)) < 0 {
		return 0, false
	}
	return halfUp(r), true
}

// halfUp rounds to a whole number, halves away from zero.
func halfUp(r *big.Rat) int64 {
	doubled := new(big.Int).Mul(new(big.Int).Abs(r.Num()), big.NewInt(2))
	doubled.Add(doubled, r.Denom())
	n := doubled.Quo(doubled, new(big.Int).Mul(r.Denom(), big.NewInt(2))).Int64()
	if r.Sign() < 0 {
		return -n
	}
	return n
}

// Rates is a tariff as far as a running cost needs it: the first element of each dimension that has no
// restriction. Prices are per kWh, per hour and once, in units of the currency.
type Rates struct {
	TariffID string  `json:"tariffID,omitempty"`
	Energy   Decimal `json:"energy,omitempty"`
	Hour     Decimal `json:"hour,omitempty"`
	Flat     Decimal `json:"flat,omitempty"`
	// VAT is the percentage that Net prices lack.
	VAT Decimal `json:"vat,omitempty"`
	Net bool    `json:"net,omitempty"`
	// Min and Max bound the whole, gross in minor units; 0 is no bound.
	Min int64 `json:"min,omitempty"`
	Max int64 `json:"max,omitempty"`
	// Idle is per hour in which the car takes no energy, from a minute of the session on.
	Idle     Decimal `json:"idle,omitempty"`
	IdleFrom int     `json:"idleFrom,omitempty"`
	// Rough tells that no cost can be computed: prices depend on more than energy and time.
	Rough bool `json:"rough,omitempty"`
}

func (r Rates) empty() bool { return r.Energy == "" && r.Hour == "" && r.Flat == "" }

// Free tells whether a session at these rates costs nothing.
func (r Rates) Free() bool {
	for _, d := range []Decimal{r.Energy, r.Hour, r.Flat, r.Idle} {
		if n, ok := d.rat(); !ok || n.Sign() != 0 {
			return false
		}
	}
	return !r.empty() && !r.Rough && r.Min == 0
}

// Cost is what energy in kWh and time cost, gross in minor units. It is exact up to the last rounding, half
// up. It reports false for what is no number.
func (r Rates) Cost(energy Decimal, taken time.Duration) (int64, bool) {
	kwh, ok := energy.rat()
	price, ok1 := r.Energy.rat()
	hour, ok2 := r.Hour.rat()
	flat, ok3 := r.Flat.rat()
	vat, ok4 := r.VAT.rat()
	if r.Rough || !ok || !ok1 || !ok2 || !ok3 || !ok4 || kwh.Sign() < 0 {
		return 0, false
	}
	sum := new(big.Rat).Mul(kwh, price)
	hours := big.NewRat(int64(max(taken, 0)/time.Second), 3600)
	sum.Add(sum, hours.Mul(hours, hour)).Add(sum, flat)
	if r.Net {
		hundred := big.NewRat(100, 1)
		sum.Mul(sum, new(big.Rat).Quo(new(big.Rat).Add(hundred, vat), hundred))
	}
	sum.Mul(sum, big.NewRat(100, 1))
	if sum.Cmp(big.NewRat(999_999_999_999, 1)) > 0 {
		return 0, false
	}
	cost := max(halfUp(sum), r.Min)
	if r.Max > 0 {
		cost = min(cost, r.Max)
	}
	return cost, true
}
