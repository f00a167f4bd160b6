package charging

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"kassa"
)

// Ceiling is the highest hold of a country for each way to verify a cardholder, in minor units; 0 is none.
// The values that come with Kassa are the tap limits of the EU (RTS 2018/389 Art. 11) and must be
// confirmed with the acquirer.
type Ceiling struct {
	Currency kassa.Currency `json:"currency"`
	NoCVM    int64          `json:"noCVM"`
	Device   int64          `json:"device"`
	PIN      int64          `json:"pin"`
}

//go:embed ceilings.json
var ceilings []byte

// Ceilings reads a table of ceilings by ISO 3166-1 alpha-3 country, as OCPI has it; nil reads the one that comes with Kassa.
func Ceilings(table []byte) (map[string]Ceiling, error) {
	if table == nil {
		table = ceilings
	}
	var c map[string]Ceiling
	if err := json.Unmarshal(table, &c); err != nil {
		return nil, fmt.Errorf("charging: ceilings: %w", err)
	}
	return c, nil
}

// Proposal is what the hold is made from, in minor units; 0 is not given.
type Proposal struct {
	Preauthorise int64 // tariff.preauthorize_amount, gross
	Override     int64 // of the terminal or the contract
	Most         int64 // tariff.max_price, gross
	Contract     int64 // the contract's ceiling
	Default      int64 // of the environment
	Minimum      int64 // the smallest hold
	PINPad       bool  // the terminal can ask for a PIN
	Free         bool  // the tariff costs nothing
}

// Propose says how much to hold (spec 3.4): the tariff's word, else the override, else the lower of the
// price's and the contract's bound, else the environment's, else the most that the country allows without
// verification; then clamped to the contract's bound, and to what a plain tap may hold on a terminal without a PIN pad.
func (p Proposal) Propose(c Ceiling) int64 {
	if p.Free {
		return 0
	}
	amount := p.Preauthorise
	if amount == 0 {
		amount = p.Override
	}
	if amount == 0 {
		amount = lower(p.Most, p.Contract)
	}
	if amount == 0 {
		amount = p.Default
	}
	if amount == 0 {
		amount = c.NoCVM
	}
	most := c.PIN
	if !p.PINPad {
		most = c.NoCVM
	}
	return lower(max(amount, p.Minimum), lower(most, p.Contract))
}

// lower is the smaller of two bounds, of which 0 is none.
func lower(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
