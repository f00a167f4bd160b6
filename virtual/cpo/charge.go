package cpo

import (
	"slices"
	"time"

	"kassa/ocpi"
)

// Charge is a session as the operator has it.
type Charge struct {
	ID        string       `json:"id"`
	Reference string       `json:"reference"` // authorization_reference
	Token     ocpi.Token   `json:"token"`
	EVSE      string       `json:"evse"`
	Status    string       `json:"status"`
	Wh        int64        `json:"wh"`
	Begun     time.Time    `json:"begun"`
	Moved     time.Time    `json:"moved"` // until when its energy is counted
	Ended     time.Time    `json:"ended,omitzero"`
	Told      time.Time    `json:"told"` // of its last update
	Billed    bool         `json:"billed"`
	Early     bool         `json:"early,omitempty"` // it was billed before its end
	Tariff    Tariff       `json:"tariff"`          // as it was at the start
	Version   ocpi.Version `json:"version"`
}

// tellEvery is how often a session that goes on is told of.
const tellEvery = 10 * time.Second

func (c *Charge) over() bool {
	return c.Status == ocpi.SessionCompleted || c.Status == ocpi.SessionInvalid
}

// cost is the gross price so far.
func (c *Charge) cost() int64 { return halfUp(c.Wh*c.Tariff.PerKWh, 1000) }

// running is the charge at an EVSE; nil when there is none. The caller holds mu.
func (o *Operator) running(evse string) *Charge {
	i := slices.IndexFunc(o.s.Charges, func(c *Charge) bool { return !c.over() && ocpi.Fold(c.EVSE) == ocpi.Fold(evse) })
	if i < 0 {
		return nil
	}
	return o.s.Charges[i]
}

// begin opens a charge. The caller holds mu.
func (o *Operator) begin(s ocpi.StartSession, at *Charger) *Charge {
	c := &Charge{
		ID: o.newID("S"), Reference: s.AuthorisationReference, Token: s.Token, EVSE: at.EVSE, Status: ocpi.SessionPending,
		Begun: o.now(), Moved: o.now(), Told: o.now(), Tariff: o.s.Tariff, Version: o.s.Link.Version,
	}
	o.s.Charges = append(o.s.Charges, c)
	o.tell(c)
	if o.fault(FaultEarly, c.EVSE) != nil {
		c.Early = true
		o.bill(c)
	}
	return c
}

// advance moves the chargers on to now.
func (o *Operator) advance() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	changed := false
	for _, c := range o.s.Charges {
		if !c.over() && o.move(c) {
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return o.keep()
}

// move moves one charge on, and tells whether anything is to be kept.
func (o *Operator) move(c *Charge) bool {
	now := o.now()
	charger := o.charger(c.EVSE)
	if charger == nil || charger.Car == nil {
		c.Moved = now
		return false
	}
	if c.Status == ocpi.SessionPending {
		c.Status, c.Moved = ocpi.SessionActive, now
		o.tell(c)
		return true
	}
	seconds := int64(now.Sub(c.Moved) / time.Millisecond)
	grown := charger.Car.WhPerSecond * seconds / 1000
	if grown == 0 {
		return false
	}
	c.Wh, c.Moved = c.Wh+grown, now
	if full := charger.Car.Wants; full > 0 && c.Wh >= full {
		c.Wh = full
		o.end(c)
		return true
	}
	if now.Sub(c.Told) < tellEvery || o.fault(FaultQuiet, c.EVSE) != nil {
		return false
	}
	o.tell(c)
	return true
}

// end ends a charge and bills it. The caller holds mu.
func (o *Operator) end(c *Charge) {
	if c.over() {
		return
	}
	c.Status, c.Ended = ocpi.SessionCompleted, o.now()
	o.tell(c)
	if !c.Early {
		o.bill(c)
	}
}

// tell owes the other side the session as it is now. The caller holds mu.
func (o *Operator) tell(c *Charge) {
	c.Told = o.now()
	o.owe(push{Kind: pushSession, Session: c.ID, EVSE: c.EVSE, First: c.Status == ocpi.SessionPending || c.over()})
}

// session is a charge on the wire. The caller holds mu.
func (o *Operator) session(c *Charge) ocpi.Session {
	cost := o.price(c, c.cost())
	s := ocpi.Session{
		CountryCode: country, PartyID: partyID, ID: c.ID, StartDateTime: ocpi.At(c.Begun), KWh: ocpi.Number(c.Wh, 3),
		CDRToken: token(c.Token), AuthMethod: ocpi.AuthCommand, AuthorisationReference: c.Reference, LocationID: site, EVSEUID: c.EVSE,
		ConnectorID: connector, Currency: currency, TotalCost: &cost, Status: c.Status, LastUpdated: ocpi.At(c.Told),
	}
	if !c.Ended.IsZero() {
		s.EndDateTime = ocpi.At(c.Ended)
	}
	if o.s.Quirks[QuirkNoReference] {
		s.AuthorisationReference = ""
	}
	return s
}

func token(t ocpi.Token) ocpi.CDRToken {
	return ocpi.CDRToken{CountryCode: t.CountryCode, PartyID: t.PartyID, UID: t.UID, Type: t.Type, ContractID: t.ContractID}
}

// price is a gross amount with its VAT, in the shape that the connection has.
func (o *Operator) price(c *Charge, gross int64) ocpi.Price {
	net := halfUp(abs(gross)*100, 100+c.Tariff.VAT)
	if gross < 0 {
		net = -net
	}
	rate := ocpi.Number(c.Tariff.VAT, 0)
	p := ocpi.Price{Net: ocpi.Number(net, 2), Taxes: []ocpi.TaxAmount{{Name: "VAT", Percentage: &rate, Amount: ocpi.Number(gross-net, 2)}}}
	v := c.Version
	if o.s.Quirks[QuirkOtherPrice] {
		if v = ocpi.V221; c.Version == ocpi.V221 {
			v = ocpi.V230
		}
	}
	return p.For(v)
}

func abs(n int64) int64 { return max(n, -n) }
