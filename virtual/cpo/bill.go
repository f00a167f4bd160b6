package cpo

import (
	"time"

	"kassa/ocpi"
)

// bill makes the CDR of a charge, as the faults of its charger have it, and owes it. The caller holds mu.
func (o *Operator) bill(c *Charge) {
	if c.Billed || o.fault(FaultNever, c.EVSE) != nil {
		return
	}
	c.Billed = true
	price := c.cost()
	if f := o.fault(FaultPrice, c.EVSE); f != nil {
		price = f.Price
	}
	d := o.cdr(c, price)
	due := o.now()
	if f := o.fault(FaultLate, c.EVSE); f != nil {
		due = due.Add(time.Duration(f.Seconds) * time.Second)
	}
	o.post(c, d, due)
	if o.fault(FaultTwice, c.EVSE) != nil {
		o.post(c, d, due)
	}
	if o.fault(FaultDiffers, c.EVSE) != nil {
		other := d
		other.TotalCost = o.price(c, price+100)
		o.post(c, other, due)
	}
	changed := o.fault(FaultChanged, c.EVSE)
	if changed == nil && o.fault(FaultCredit, c.EVSE) == nil {
		return
	}
	credit := o.cdr(c, -price)
	credit.Credit, credit.CreditReferenceID = true, d.ID
	o.post(c, credit, due.Add(correctAfter))
	if changed != nil {
		o.post(c, o.cdr(c, changed.Price), due.Add(correctAfter))
	}
}

// correctAfter is how long after a bill its correction comes.
const correctAfter = 5 * time.Second

// post keeps a bill and owes it at a time.
func (o *Operator) post(c *Charge, d ocpi.CDR, due time.Time) {
	known := false
	for _, k := range o.s.CDRs {
		known = known || k.ID == d.ID
	}
	if !known {
		o.s.CDRs = append(o.s.CDRs, d)
	}
	o.owe(push{Kind: pushCDR, CDR: &d, EVSE: c.EVSE, Due: due})
}

// cdr is a bill of a charge. The caller holds mu.
func (o *Operator) cdr(c *Charge, price int64) ocpi.CDR {
	ended := c.Ended
	if ended.IsZero() {
		ended = o.now()
	}
	hours := ocpi.Number(halfUp(int64(ended.Sub(c.Begun)/time.Second)*10000, 3600), 4)
	d := ocpi.CDR{
		CountryCode: country, PartyID: partyID, ID: o.newID("C"), StartDateTime: ocpi.At(c.Begun), EndDateTime: ocpi.At(ended), SessionID: c.ID,
		CDRToken: token(c.Token), AuthMethod: ocpi.AuthCommand, AuthorisationReference: c.Reference,
		CDRLocation: ocpi.CDRLocation{
			ID: site, Address: "Kade 1", City: "Amsterdam", Country: "NLD", Coordinates: &ocpi.GeoLocation{Latitude: "52.37000", Longitude: "4.90000"},
			EVSEUID: c.EVSE, EVSEID: "NL*LAD*" + c.EVSE, ConnectorID: connector, ConnectorStandard: "IEC_62196_T2_COMBO", ConnectorFormat: "CABLE", ConnectorPowerType: "DC",
		},
		Currency: currency, Tariffs: []ocpi.Tariff{o.tariff(c.Version)},
		ChargingPeriods: []ocpi.ChargingPeriod{{StartDateTime: ocpi.At(c.Begun), Dimensions: []ocpi.CDRDimension{{Type: ocpi.DimensionEnergy, Volume: ocpi.Number(c.Wh, 3)}}}},
		TotalCost:       o.price(c, price), TotalEnergy: ocpi.Number(c.Wh, 3), TotalTime: hours, LastUpdated: ocpi.At(o.now()),
	}
	switch {
	case o.fault(FaultUnknown, c.EVSE) != nil:
		d.AuthorisationReference, d.CDRToken.UID, d.SessionID = "NOBODYKNOWSTHISONE", "NOBODYKNOWSTHISONE", ""
	case o.s.Quirks[QuirkNoReference] || o.fault(FaultNoReference, c.EVSE) != nil:
		d.AuthorisationReference = ""
	}
	if o.fault(FaultCurrency, c.EVSE) != nil {
		d.Currency = "USD"
	}
	return d
}
