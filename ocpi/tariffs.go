package ocpi

import "fmt"

// The types of tariffs. Other words are kept, and a tariff without one is for any driver.
const (
	TariffAdHoc   = "AD_HOC_PAYMENT"
	TariffRegular = "REGULAR"
)

// What a tariff's prices include (2.3.0).
const (
	TaxIncluded    = "YES"
	TaxNotIncluded = "NO"
	TaxNone        = "N/A"
)

// Tariff is what charging costs.
type Tariff struct {
	CountryCode   string          `json:"country_code"`
	PartyID       string          `json:"party_id"`
	ID            string          `json:"id"`
	Currency      string          `json:"currency"`
	Type          string          `json:"type,omitempty"`
	AltText       []DisplayText   `json:"tariff_alt_text,omitempty"`
	AltURL        string          `json:"tariff_alt_url,omitempty"`
	MinPrice      *PriceLimit     `json:"min_price,omitempty"`
	MaxPrice      *PriceLimit     `json:"max_price,omitempty"`
	Preauthorise  *Decimal        `json:"preauthorize_amount,omitempty"` // taken as gross
	Elements      []TariffElement `json:"elements"`
	TaxIncluded   string          `json:"tax_included,omitempty"` // 2.3.0
	StartDateTime DateTime        `json:"start_date_time,omitzero"`
	EndDateTime   DateTime        `json:"end_date_time,omitzero"`
	EnergyMix     *EnergyMix      `json:"energy_mix,omitempty"`
	LastUpdated   DateTime        `json:"last_updated"`
}

// EnergyMix is how green the energy is; only what a receipt can show is kept.
type EnergyMix struct {
	GreenEnergy bool   `json:"is_green_energy"`
	Supplier    string `json:"supplier_name,omitempty"`
	Product     string `json:"energy_product_name,omitempty"`
}

// TariffElement is prices with the conditions under which they hold.
type TariffElement struct {
	PriceComponents []PriceComponent    `json:"price_components"`
	Restrictions    *TariffRestrictions `json:"restrictions,omitempty"`
}

// The dimensions of a price component.
const (
	DimensionEnergy  = "ENERGY"       // per kWh
	DimensionFlat    = "FLAT"         // once
	DimensionParking = "PARKING_TIME" // per hour
	DimensionTime    = "TIME"         // per hour
)

// PriceComponent is the price of one dimension.
type PriceComponent struct {
	Type     string   `json:"type"`
	Price    Decimal  `json:"price"`
	VAT      *Decimal `json:"vat,omitempty"` // per cent
	StepSize int64    `json:"step_size"`     // Wh or seconds
}

// TariffRestrictions are conditions, all of which must hold.
type TariffRestrictions struct {
	StartTime   string   `json:"start_time,omitempty"` // local, HH:MM
	EndTime     string   `json:"end_time,omitempty"`
	StartDate   string   `json:"start_date,omitempty"`
	EndDate     string   `json:"end_date,omitempty"`
	MinKWh      *Decimal `json:"min_kwh,omitempty"`
	MaxKWh      *Decimal `json:"max_kwh,omitempty"`
	MinCurrent  *Decimal `json:"min_current,omitempty"`
	MaxCurrent  *Decimal `json:"max_current,omitempty"`
	MinPower    *Decimal `json:"min_power,omitempty"`
	MaxPower    *Decimal `json:"max_power,omitempty"`
	MinDuration int64    `json:"min_duration,omitempty"` // seconds
	MaxDuration int64    `json:"max_duration,omitempty"`
	DayOfWeek   []string `json:"day_of_week,omitempty"`
	Reservation string   `json:"reservation,omitempty"`
}

// For is the tariff as a version writes it.
func (t Tariff) For(v Version) Tariff {
	t.MinPrice, t.MaxPrice = limitFor(t.MinPrice, v), limitFor(t.MaxPrice, v)
	switch {
	case v == V221:
		t.TaxIncluded = ""
	case t.TaxIncluded == "":
		t.TaxIncluded = TaxNone
	}
	return t
}

// Check holds the rules of a Tariff.
func (t Tariff) Check() error {
	var c checker
	c.party("", t.CountryCode, t.PartyID, true)
	c.id("id", t.ID, 36, true)
	c.currency("currency", t.Currency)
	c.word("type", t.Type, false)
	if t.Preauthorise != nil && t.Preauthorise.Sign() < 0 {
		c.fail("preauthorize_amount", "must not be negative")
	}
	if len(t.Elements) == 0 {
		c.fail("elements", "must not be empty")
	}
	for i, e := range t.Elements {
		at := fmt.Sprintf("elements[%d].price_components", i)
		if len(e.PriceComponents) == 0 {
			c.fail(at, "must not be empty")
		}
		for j, p := range e.PriceComponents {
			c.word(fmt.Sprintf("%s[%d].type", at, j), p.Type, true)
		}
	}
	c.time("last_updated", t.LastUpdated, true)
	return c.err
}
