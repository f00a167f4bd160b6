package ocpi

// CDR is the bill of a session. It never changes: a credit CDR takes it back, and another may follow.
type CDR struct {
	CountryCode            string           `json:"country_code"`
	PartyID                string           `json:"party_id"`
	ID                     string           `json:"id"`
	StartDateTime          DateTime         `json:"start_date_time"`
	EndDateTime            DateTime         `json:"end_date_time"`
	SessionID              string           `json:"session_id,omitempty"`
	CDRToken               CDRToken         `json:"cdr_token"`
	AuthMethod             string           `json:"auth_method"`
	AuthorisationReference string           `json:"authorization_reference,omitempty"`
	CDRLocation            CDRLocation      `json:"cdr_location"`
	MeterID                string           `json:"meter_id,omitempty"`
	Currency               string           `json:"currency"`
	Tariffs                []Tariff         `json:"tariffs,omitempty"`
	ChargingPeriods        []ChargingPeriod `json:"charging_periods"`
	SignedData             *SignedReadings  `json:"signed_data,omitempty"`
	TotalCost              Price            `json:"total_cost"`
	TotalFixedCost         *Price           `json:"total_fixed_cost,omitempty"`
	TotalEnergy            Decimal          `json:"total_energy"` // kWh
	TotalEnergyCost        *Price           `json:"total_energy_cost,omitempty"`
	TotalTime              Decimal          `json:"total_time"` // hours
	TotalTimeCost          *Price           `json:"total_time_cost,omitempty"`
	TotalParkingTime       *Decimal         `json:"total_parking_time,omitempty"`
	TotalParkingCost       *Price           `json:"total_parking_cost,omitempty"`
	Remark                 string           `json:"remark,omitempty"`
	InvoiceReferenceID     string           `json:"invoice_reference_id,omitempty"` // set: the operator made the invoice
	Credit                 bool             `json:"credit,omitempty"`
	CreditReferenceID      string           `json:"credit_reference_id,omitempty"`
	LastUpdated            DateTime         `json:"last_updated"`
}

// CDRLocation is where a session was, copied because locations change.
type CDRLocation struct {
	ID                 string       `json:"id"`
	Name               string       `json:"name,omitempty"`
	Address            string       `json:"address"`
	City               string       `json:"city"`
	PostalCode         string       `json:"postal_code,omitempty"`
	State              string       `json:"state,omitempty"`
	Country            string       `json:"country"`
	Coordinates        *GeoLocation `json:"coordinates,omitempty"`
	EVSEUID            string       `json:"evse_uid"`
	EVSEID             string       `json:"evse_id"`
	ConnectorID        string       `json:"connector_id"`
	ConnectorStandard  string       `json:"connector_standard"`
	ConnectorFormat    string       `json:"connector_format"`
	ConnectorPowerType string       `json:"connector_power_type"`
}

// SignedReadings is what calibration law asks for: readings that their meter signed.
type SignedReadings struct {
	EncodingMethod        string        `json:"encoding_method"`
	EncodingMethodVersion int           `json:"encoding_method_version,omitempty"`
	PublicKey             string        `json:"public_key,omitempty"`
	SignedValues          []SignedValue `json:"signed_values"`
	URL                   string        `json:"url,omitempty"`
}

// SignedValue is one reading.
type SignedValue struct {
	Nature     string `json:"nature"`
	PlainData  string `json:"plain_data"`
	SignedData string `json:"signed_data"`
}

// For is the CDR as a version writes it.
func (d CDR) For(v Version) CDR {
	d.TotalCost = d.TotalCost.For(v)
	d.TotalFixedCost, d.TotalEnergyCost = priceFor(d.TotalFixedCost, v), priceFor(d.TotalEnergyCost, v)
	d.TotalTimeCost, d.TotalParkingCost = priceFor(d.TotalTimeCost, v), priceFor(d.TotalParkingCost, v)
	tariffs := d.Tariffs
	d.Tariffs = nil
	for _, t := range tariffs {
		d.Tariffs = append(d.Tariffs, t.For(v))
	}
	return d
}

// Check holds the rules of a CDR.
func (d CDR) Check() error {
	var c checker
	c.party("", d.CountryCode, d.PartyID, true)
	c.id("id", d.ID, 39, true)
	c.time("start_date_time", d.StartDateTime, true)
	c.time("end_date_time", d.EndDateTime, true)
	if d.EndDateTime.Before(d.StartDateTime.Time) {
		c.fail("end_date_time", "must not be before start_date_time")
	}
	c.id("session_id", d.SessionID, 36, false)
	d.CDRToken.check(&c, "cdr_token")
	c.word("auth_method", d.AuthMethod, true)
	c.id("authorization_reference", d.AuthorisationReference, 36, false)
	c.id("cdr_location.id", d.CDRLocation.ID, 36, true)
	c.id("cdr_location.evse_uid", d.CDRLocation.EVSEUID, 36, true)
	c.currency("currency", d.Currency)
	c.id("invoice_reference_id", d.InvoiceReferenceID, 39, false)
	c.id("credit_reference_id", d.CreditReferenceID, 39, false)
	if d.Credit && d.CreditReferenceID == "" {
		c.fail("credit_reference_id", "is required with credit")
	}
	if !d.Credit && d.TotalCost.Net.Sign() < 0 {
		c.fail("total_cost", "must not be negative unless credit is true")
	}
	c.time("last_updated", d.LastUpdated, true)
	return c.err
}
