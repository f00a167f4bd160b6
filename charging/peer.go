package charging

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"kassa"
	"kassa/ocpi"
)

// ReportOf reads an operator's session. Amounts are gross and rounded once, half up.
func ReportOf(s ocpi.Session) (Report, *Refused) {
	r := Report{
		SessionID: s.ID, Status: s.Status, Energy: Decimal(s.KWh.String()),
		StartedAt: s.StartDateTime.Time, EndedAt: s.EndDateTime.Time, Updated: s.LastUpdated.Time,
	}
	if s.TotalCost != nil {
		gross, _, err := priceOf(*s.TotalCost, s.Currency, "")
		if err != nil {
			return r, &Refused{2001, "total_cost: " + err.Error()}
		}
		r.Cost = &gross
	}
	return r, nil
}

// CDROf reads an operator's charge detail record.
func CDROf(d ocpi.CDR) (CDR, *Refused) {
	text, err := json.Marshal(d)
	if err != nil {
		return CDR{}, &Refused{2001, err.Error()}
	}
	sum := sha256.Sum256(text)
	c := CDR{
		ID: d.ID, Print: base32.StdEncoding.EncodeToString(sum[:20]), SessionID: d.SessionID, Currency: kassa.Currency(d.Currency),
		Energy: Decimal(d.TotalEnergy.String()), Invoice: d.InvoiceReferenceID,
	}
	if d.SignedData != nil {
		c.SignedURL = d.SignedData.URL
	}
	if d.Credit {
		c.Credit = d.CreditReferenceID
	}
	if c.Price, c.Taxes, err = priceOf(d.TotalCost, d.Currency, rateOf(d.Tariffs)); err != nil {
		return c, &Refused{2001, "total_cost: " + err.Error()}
	}
	return c, nil
}

// rateOf is the one VAT rate of a record's tariffs; empty where they have none, or several.
func rateOf(tariffs []ocpi.Tariff) (rate Decimal) {
	for _, t := range tariffs {
		for _, e := range t.Elements {
			for _, c := range e.PriceComponents {
				if c.VAT == nil {
					continue
				}
				if at := Decimal(c.VAT.String()); rate == "" || rate == at {
					rate = at
				} else {
					return ""
				}
			}
		}
	}
	return rate
}

// priceOf is a price's gross amount in minor units, with its taxes. Each tax is rounded half up, and the net
// amount is what is left. A price that does not say its taxes is what the consumer pays: its net amount, with
// the VAT of its tariffs on it where they have one rate.
func priceOf(p ocpi.Price, currency string, rate Decimal) (gross int64, taxes []Tax, err error) {
	net, err := p.Net.MinorHalfUp(currency)
	if err != nil {
		return 0, nil, err
	}
	total, said := p.Total()
	if !said {
		vat, _ := rate.rat()
		tax := halfUp(new(big.Rat).Mul(big.NewRat(net, 100), vat))
		return net + tax, oneTax("VAT", rate, net, tax), nil
	}
	if gross, err = total.MinorHalfUp(currency); err != nil {
		return 0, nil, err
	}
	if len(p.Taxes) < 2 {
		name := "VAT"
		if len(p.Taxes) == 1 {
			name = p.Taxes[0].Name
			if p.Taxes[0].Percentage != nil {
				rate = Decimal(p.Taxes[0].Percentage.String())
			}
		}
		return gross, oneTax(name, rate, net, gross-net), nil
	}
	return gross, manyTaxes(p, gross, net, currency), nil
}

func oneTax(name string, rate Decimal, net, tax int64) []Tax {
	if tax == 0 {
		return nil
	}
	if rate == "" {
		rate = RateOf(net, tax)
	}
	return []Tax{{Name: name, Percent: rate, Gross: net + tax, Amount: tax}}
}

// manyTaxes gives each rate its part of the price: its tax, and the net amount that has this tax at its rate.
// What is left has none.
func manyTaxes(p ocpi.Price, gross, net int64, currency string) []Tax {
	taxes := make([]Tax, 0, len(p.Taxes)+1)
	for _, t := range p.Taxes {
		amount, err := t.Amount.MinorHalfUp(currency)
		part := Tax{Name: t.Name, Amount: amount, Gross: amount}
		if err != nil || t.Percentage == nil || t.Percentage.Sign() <= 0 {
			return []Tax{{Name: "taxes", Gross: gross, Amount: gross - net}}
		}
		part.Percent = Decimal(t.Percentage.String())
		rate, _ := part.Percent.rat()
		of := halfUp(new(big.Rat).Quo(new(big.Rat).SetInt64(amount*100), rate))
		part.Gross += min(of, net)
		net -= min(of, net)
		taxes = append(taxes, part)
	}
	switch {
	case net > int64(len(taxes)): // more than rounding can explain
		taxes = append(taxes, Tax{Name: "untaxed", Percent: "0", Gross: net})
	case len(taxes) > 0:
		taxes[0].Gross += net
	}
	return taxes
}

// Advice is the confirmation as OCPI has it, in the shape of 2.3.0; its For makes the other.
func (c Confirmation) Advice() (ocpi.FinancialAdviceConfirmation, error) {
	f := ocpi.FinancialAdviceConfirmation{
		ID: c.ID, AuthorisationReference: c.Ref, Currency: string(c.Currency), EFTData: c.Lines,
		CaptureStatusCode: ocpi.CaptureStatusCode(c.Status), CaptureStatusMessage: c.Message, LastUpdated: ocpi.At(c.At),
	}
	var err error
	if f.TotalCosts.Net, err = ocpi.FromMinor(c.Net(), f.Currency); err != nil {
		return f, fmt.Errorf("charging: confirmation %s: %w", c.ID, err)
	}
	for _, t := range c.Taxes {
		tax := ocpi.TaxAmount{Name: t.Name}
		if tax.Amount, err = ocpi.FromMinor(t.Amount, f.Currency); err != nil {
			return f, fmt.Errorf("charging: confirmation %s: %w", c.ID, err)
		}
		if rate, err := ocpi.ParseDecimal(string(t.Percent)); err == nil {
			tax.Percentage = &rate
		}
		f.TotalCosts.Taxes = append(f.TotalCosts.Taxes, tax)
	}
	return f, nil
}

// Chosen picks the tariff of a driver who pays at the terminal among those of a connector: one for ad hoc
// payment that is valid now, else one for anybody.
func Chosen(tariffs []ocpi.Tariff, now time.Time) (ocpi.Tariff, bool) {
	best, found := ocpi.Tariff{}, false
	for _, t := range tariffs {
		if !t.StartDateTime.IsZero() && now.Before(t.StartDateTime.Time) || !t.EndDateTime.IsZero() && !now.Before(t.EndDateTime.Time) {
			continue
		}
		switch {
		case t.Type == ocpi.TariffAdHoc:
			return t, true
		case !found && (t.Type == "" || t.Type == ocpi.TariffRegular):
			best, found = t, true
		}
	}
	return best, found
}

// limitOf is a bound, gross; 0 is none.
func limitOf(l *ocpi.PriceLimit, currency string) int64 {
	if l == nil {
		return 0
	}
	at := l.Before
	if l.After != nil {
		at = *l.After
	}
	minor, err := at.MinorHalfUp(currency)
	if err != nil || minor < 0 {
		return 0
	}
	return minor
}

// HoldOf is what a tariff says about the hold: the amount to reserve, which is gross, and the highest price.
func HoldOf(t ocpi.Tariff) (preauthorise, most int64) {
	if t.Preauthorise != nil {
		if minor, err := t.Preauthorise.MinorHalfUp(t.Currency); err == nil && minor > 0 {
			preauthorise = minor
		}
	}
	return preauthorise, limitOf(t.MaxPrice, t.Currency)
}

// StartOf is the START_SESSION of a session; issuer and party are who Kassa is. The token's uid is the
// session's reference, so that a peer that drops the one returns the other.
func (s *Session) StartOf(country, party, responseURL string, now time.Time) ocpi.StartSession {
	return ocpi.StartSession{
		ResponseURL: responseURL, LocationID: s.Location, EVSEUID: s.EVSE, ConnectorID: s.Connector, AuthorisationReference: s.Ref,
		Token: ocpi.Token{
			CountryCode: country, PartyID: party, UID: s.Ref, Type: "AD_HOC_USER", ContractID: country + "-" + party + "-ADHOC",
			Issuer: "kassa", Valid: true, Whitelist: "NEVER", Language: s.Language, LastUpdated: ocpi.At(now),
		},
	}
}
