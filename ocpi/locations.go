package ocpi

import "fmt"

// Location is a group of charging stations.
type Location struct {
	CountryCode  string           `json:"country_code"`
	PartyID      string           `json:"party_id"`
	ID           string           `json:"id"`
	Publish      bool             `json:"publish"`
	Name         string           `json:"name,omitempty"`
	Address      string           `json:"address"`
	City         string           `json:"city"`
	PostalCode   string           `json:"postal_code,omitempty"`
	State        string           `json:"state,omitempty"`
	Country      string           `json:"country"`
	Coordinates  *GeoLocation     `json:"coordinates,omitempty"`
	EVSEs        []EVSE           `json:"evses,omitempty"`
	Directions   []DisplayText    `json:"directions,omitempty"`
	Operator     *BusinessDetails `json:"operator,omitempty"`
	HelpPhone    string           `json:"help_phone,omitempty"` // 2.3.0
	TimeZone     string           `json:"time_zone"`
	OpeningTimes *Hours           `json:"opening_times,omitempty"`
	LastUpdated  DateTime         `json:"last_updated"`
}

// Hours is when a location is open.
type Hours struct {
	TwentyFourSeven bool          `json:"twentyfourseven"`
	RegularHours    []RegularHour `json:"regular_hours,omitempty"`
}

// RegularHour is one period of one weekday (1 is Monday), in local time.
type RegularHour struct {
	Weekday int    `json:"weekday"`
	Begin   string `json:"period_begin"`
	End     string `json:"period_end"`
}

// The states of an EVSE. Other words are kept.
const (
	EVSEAvailable   = "AVAILABLE"
	EVSEBlocked     = "BLOCKED"
	EVSECharging    = "CHARGING"
	EVSEInoperative = "INOPERATIVE"
	EVSEOutOfOrder  = "OUTOFORDER"
	EVSEPlanned     = "PLANNED"
	EVSERemoved     = "REMOVED"
	EVSEReserved    = "RESERVED"
	EVSEUnknown     = "UNKNOWN" // offline
)

// StartNeedsConnector is the capability of an EVSE that START_SESSION must name a connector for.
const StartNeedsConnector = "START_SESSION_CONNECTOR_REQUIRED"

// EVSE charges one car at a time.
type EVSE struct {
	UID               string        `json:"uid"`
	EVSEID            string        `json:"evse_id,omitempty"` // eMI3
	Status            string        `json:"status"`
	Capabilities      []string      `json:"capabilities,omitempty"`
	Connectors        []Connector   `json:"connectors"`
	FloorLevel        string        `json:"floor_level,omitempty"`
	Coordinates       *GeoLocation  `json:"coordinates,omitempty"`
	PhysicalReference string        `json:"physical_reference,omitempty"` // what is printed on it
	Directions        []DisplayText `json:"directions,omitempty"`
	LastUpdated       DateTime      `json:"last_updated"`
}

// Connector is a socket or a cable.
type Connector struct {
	ID               string   `json:"id"`
	Standard         string   `json:"standard"`
	Format           string   `json:"format"`
	PowerType        string   `json:"power_type"`
	MaxVoltage       int      `json:"max_voltage"`                  // V
	MaxAmperage      int      `json:"max_amperage"`                 // A
	MaxElectricPower int      `json:"max_electric_power,omitempty"` // W
	TariffIDs        []string `json:"tariff_ids,omitempty"`
	TermsURL         string   `json:"terms_and_conditions,omitempty"`
	LastUpdated      DateTime `json:"last_updated"`
}

// Check holds the rules of a Location.
func (l Location) Check() error {
	var c checker
	c.party("", l.CountryCode, l.PartyID, true)
	c.id("id", l.ID, 36, true)
	c.text("name", l.Name, 255, false)
	c.text("address", l.Address, 45, true)
	c.text("city", l.City, 45, true)
	c.text("country", l.Country, 3, true)
	l.Coordinates.check(&c, "coordinates")
	c.time("last_updated", l.LastUpdated, true)
	for i, e := range l.EVSEs {
		c.within(fmt.Sprintf("evses[%d]", i), e.Check())
	}
	return c.err
}

// Check holds the rules of an EVSE.
func (e EVSE) Check() error {
	var c checker
	c.id("uid", e.UID, 36, true)
	c.id("evse_id", e.EVSEID, 48, false)
	c.word("status", e.Status, true)
	if len(e.Connectors) == 0 {
		c.fail("connectors", "must not be empty")
	}
	c.text("physical_reference", e.PhysicalReference, 16, false)
	c.time("last_updated", e.LastUpdated, true)
	for i, o := range e.Connectors {
		c.within(fmt.Sprintf("connectors[%d]", i), o.Check())
	}
	return c.err
}

// Check holds the rules of a Connector.
func (o Connector) Check() error {
	var c checker
	c.id("id", o.ID, 36, true)
	c.word("standard", o.Standard, true)
	c.word("format", o.Format, true)
	c.word("power_type", o.PowerType, true)
	c.time("last_updated", o.LastUpdated, true)
	for i, id := range o.TariffIDs {
		c.id(fmt.Sprintf("tariff_ids[%d]", i), id, 36, true)
	}
	return c.err
}
