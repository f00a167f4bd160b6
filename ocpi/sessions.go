package ocpi

// The states of a session. Other words are kept.
const (
	SessionActive      = "ACTIVE"
	SessionCompleted   = "COMPLETED"
	SessionInvalid     = "INVALID"
	SessionPending     = "PENDING"
	SessionReservation = "RESERVATION"
	SessionReserved    = "RESERVED" // as the text of the document has it
)

// AuthCommand is how a session that START_SESSION began was authorised.
const AuthCommand = "COMMAND"

// CDRToken is the token in a session or a CDR.
type CDRToken struct {
	CountryCode string `json:"country_code"`
	PartyID     string `json:"party_id"`
	UID         string `json:"uid"`
	Type        string `json:"type"`
	ContractID  string `json:"contract_id"`
}

// check is lenient about who the token is of: older peers leave it out.
func (t CDRToken) check(c *checker, at string) {
	c.party(at+".", t.CountryCode, t.PartyID, false)
	c.id(at+".uid", t.UID, 36, true)
	c.word(at+".type", t.Type, true)
	c.id(at+".contract_id", t.ContractID, 36, true)
}

// ChargingPeriod is a stretch of a session in which nothing changes that matters to its price.
type ChargingPeriod struct {
	StartDateTime DateTime       `json:"start_date_time"`
	Dimensions    []CDRDimension `json:"dimensions"`
	TariffID      string         `json:"tariff_id,omitempty"`
}

// CDRDimension is a volume in the unit of its type (ENERGY: kWh, TIME and PARKING_TIME: hours).
type CDRDimension struct {
	Type   string  `json:"type"`
	Volume Decimal `json:"volume"`
}

// Session is a charging session as its operator sees it.
type Session struct {
	CountryCode            string           `json:"country_code"`
	PartyID                string           `json:"party_id"`
	ID                     string           `json:"id"`
	StartDateTime          DateTime         `json:"start_date_time"`
	EndDateTime            DateTime         `json:"end_date_time,omitzero"`
	KWh                    Decimal          `json:"kwh"`
	CDRToken               CDRToken         `json:"cdr_token"`
	AuthMethod             string           `json:"auth_method"`
	AuthorisationReference string           `json:"authorization_reference,omitempty"`
	LocationID             string           `json:"location_id"`
	EVSEUID                string           `json:"evse_uid"`
	ConnectorID            string           `json:"connector_id"`
	MeterID                string           `json:"meter_id,omitempty"`
	Currency               string           `json:"currency"`
	ChargingPeriods        []ChargingPeriod `json:"charging_periods,omitempty"`
	TotalCost              *Price           `json:"total_cost,omitempty"` // absent is not free
	Status                 string           `json:"status"`
	LastUpdated            DateTime         `json:"last_updated"`
}

// For is the session as a version writes it.
func (s Session) For(v Version) Session {
	s.TotalCost = priceFor(s.TotalCost, v)
	return s
}

// Check holds the rules of a Session.
func (s Session) Check() error {
	var c checker
	c.party("", s.CountryCode, s.PartyID, true)
	c.id("id", s.ID, 36, true)
	c.time("start_date_time", s.StartDateTime, true)
	if s.KWh.Sign() < 0 {
		c.fail("kwh", "must not be negative")
	}
	s.CDRToken.check(&c, "cdr_token")
	c.word("auth_method", s.AuthMethod, true)
	c.id("authorization_reference", s.AuthorisationReference, 36, false)
	c.id("location_id", s.LocationID, 36, true)
	c.id("evse_uid", s.EVSEUID, 36, true)
	c.id("connector_id", s.ConnectorID, 36, true)
	c.currency("currency", s.Currency)
	c.word("status", s.Status, true)
	c.time("last_updated", s.LastUpdated, true)
	return c.err
}
