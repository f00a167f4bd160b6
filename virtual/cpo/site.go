package cpo

import (
	"slices"
	"time"

	"kassa/ocpi"
)

// Charger is an EVSE with one connector, and the car at it.
type Charger struct {
	EVSE   string `json:"evse"`
	Label  string `json:"label"`
	Status string `json:"status"` // what it is said to be while nothing charges and it is online
	// Car is plugged in; nil when none is.
	Car *Car `json:"car,omitempty"`
}

// Car is what is plugged in.
type Car struct {
	WhPerSecond int64 `json:"wh_per_second"`
	// Wants is after how much the battery is full, in Wh; 0 never.
	Wants int64 `json:"wants_wh"`
}

// Tariff is the one price of the site, gross in minor units.
type Tariff struct {
	ID           string    `json:"id"`
	PerKWh       int64     `json:"per_kwh"`
	VAT          int64     `json:"vat"` // %
	Preauthorise int64     `json:"preauthorise"`
	Updated      time.Time `json:"updated"`
}

const (
	site      = "LOC1"
	connector = "1"
)

func firstTariff() Tariff { return Tariff{ID: "AD-HOC", PerKWh: 50, VAT: 21, Preauthorise: 5000} }

func firstChargers() []*Charger {
	return []*Charger{
		{EVSE: "EVSE-1", Label: "A1", Status: ocpi.EVSEAvailable},
		{EVSE: "EVSE-2", Label: "A2", Status: ocpi.EVSEAvailable},
	}
}

// charger finds a charger by its EVSE; nil when there is none. The caller holds mu.
func (o *Operator) charger(evse string) *Charger {
	i := slices.IndexFunc(o.s.Chargers, func(c *Charger) bool { return ocpi.Fold(c.EVSE) == ocpi.Fold(evse) })
	if i < 0 {
		return nil
	}
	return o.s.Chargers[i]
}

// status is what an EVSE says of itself. The caller holds mu.
func (o *Operator) status(c *Charger) string {
	switch {
	case o.s.Quirks[QuirkUnknownWords]:
		return "AVAILABLE_SOON"
	case o.fault(FaultOffline, c.EVSE) != nil:
		return ocpi.EVSEUnknown
	case o.running(c.EVSE) != nil:
		return ocpi.EVSECharging
	}
	return c.Status
}

// location is the site as it is now. The caller holds mu.
func (o *Operator) location() ocpi.Location {
	at := ocpi.At(o.now())
	l := ocpi.Location{
		CountryCode: country, PartyID: partyID, ID: site, Publish: true, Name: "Kade", Address: "Kade 1", City: "Amsterdam",
		PostalCode: "1011AA", Country: "NLD", Coordinates: &ocpi.GeoLocation{Latitude: "52.37000", Longitude: "4.90000"},
		HelpPhone: "+31201234567", TimeZone: "Europe/Amsterdam", Operator: &ocpi.BusinessDetails{Name: "Laadpunt"}, LastUpdated: at,
	}
	for _, c := range o.s.Chargers {
		l.EVSEs = append(l.EVSEs, o.evse(c))
	}
	return l
}

func (o *Operator) evse(c *Charger) ocpi.EVSE {
	at, label, tariffs := ocpi.At(o.now()), c.Label, []string{o.s.Tariff.ID}
	if f := o.fault(FaultOffline, c.EVSE); f != nil && !f.At.IsZero() {
		at = ocpi.At(f.At) // nothing was heard of it since
	}
	if o.fault(FaultNoLabel, c.EVSE) != nil {
		label = ""
	}
	if o.fault(FaultNoTariff, c.EVSE) != nil {
		tariffs = nil
	}
	return ocpi.EVSE{
		UID: c.EVSE, EVSEID: "NL*LAD*" + c.EVSE, Status: o.status(c), PhysicalReference: label, LastUpdated: at,
		Capabilities: []string{"REMOTE_START_STOP_CAPABLE", "CONTACTLESS_CARD_SUPPORT"},
		Connectors: []ocpi.Connector{{
			ID: connector, Standard: "IEC_62196_T2_COMBO", Format: "CABLE", PowerType: "DC", MaxVoltage: 920, MaxAmperage: 300,
			TariffIDs: tariffs, LastUpdated: at,
		}},
	}
}

// tariff is the price as a version writes it: 2.2.1 has no word for prices with VAT in them. The caller holds mu.
func (o *Operator) tariff(v ocpi.Version) ocpi.Tariff {
	t := o.s.Tariff
	vat, hold := ocpi.Number(t.VAT, 0), ocpi.Number(t.Preauthorise, 2)
	price := ocpi.Number(t.PerKWh, 2)
	if v == ocpi.V221 {
		price = ocpi.Number(halfUp(t.PerKWh*10000, 100+t.VAT), 4)
	}
	out := ocpi.Tariff{
		CountryCode: country, PartyID: partyID, ID: t.ID, Currency: currency, Type: ocpi.TariffAdHoc, Preauthorise: &hold,
		TaxIncluded: ocpi.TaxIncluded, LastUpdated: ocpi.At(o.now()),
		Elements: []ocpi.TariffElement{{PriceComponents: []ocpi.PriceComponent{
			{Type: ocpi.DimensionEnergy, Price: price, VAT: &vat, StepSize: 1},
		}}},
	}
	if o.fault(FaultRestricted, "") != nil {
		night := out.Elements[0]
		night.Restrictions = &ocpi.TariffRestrictions{StartTime: "20:00", EndTime: "07:00"}
		out.Elements = append([]ocpi.TariffElement{night}, out.Elements...)
	}
	return out.For(v)
}

// halfUp divides numbers that are not negative.
func halfUp(a, b int64) int64 { return (2*a + b) / (2 * b) }
