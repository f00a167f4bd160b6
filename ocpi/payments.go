package ocpi

import "fmt"

// Terminal is a payment terminal (Payments module, Terminal object). Lists that are nil were absent;
// lists that are empty were said to be empty.
type Terminal struct {
	TerminalID        string       `json:"terminal_id,omitempty"`
	CustomerReference string       `json:"customer_reference,omitempty"`
	PartyID           string       `json:"party_id,omitempty"`
	CountryCode       string       `json:"country_code,omitempty"`
	Address           string       `json:"address,omitempty"`
	City              string       `json:"city,omitempty"`
	PostalCode        string       `json:"postal_code,omitempty"`
	State             string       `json:"state,omitempty"`
	Country           string       `json:"country,omitempty"` // ISO 3166-1 alpha-3
	Coordinates       *GeoLocation `json:"coordinates,omitempty"`
	InvoiceBaseURL    string       `json:"invoice_base_url,omitempty"`
	InvoiceCreator    string       `json:"invoice_creator,omitempty"`
	Reference         string       `json:"reference,omitempty"` // the serial number
	LocationIDs       []string     `json:"location_ids,omitzero"`
	EVSEUIDs          []string     `json:"evse_uids,omitzero"`
	LastUpdated       DateTime     `json:"last_updated,omitzero"`
}

// Who makes the invoice.
const (
	InvoiceByCPO = "CPO"
	InvoiceByPTP = "PTP"
)

// GeoLocation is a point (WGS 84) in decimal degrees with 5 to 7 decimals.
type GeoLocation struct {
	Latitude  string `json:"latitude"`
	Longitude string `json:"longitude"`
}

func (g *GeoLocation) check(c *checker, field string) {
	if g == nil {
		return
	}
	if !latitude.MatchString(g.Latitude) {
		c.fail(field+".latitude", "must be decimal degrees with 5 to 7 decimals")
	}
	if !longitude.MatchString(g.Longitude) {
		c.fail(field+".longitude", "must be decimal degrees with 5 to 7 decimals")
	}
}

// Check holds the rules of a Terminal. terminal_id and last_updated may be absent: activating needs
// none, and an example of the document has no last_updated.
func (t Terminal) Check() error {
	var c checker
	c.id("terminal_id", t.TerminalID, 36, false)
	if Fold(t.TerminalID) == "ACTIVATE" {
		c.fail("terminal_id", "must not be the name of a path")
	}
	c.id("customer_reference", t.CustomerReference, 36, false)
	c.party("", t.CountryCode, t.PartyID, false)
	c.text("address", t.Address, 45, false)
	c.text("city", t.City, 45, false)
	c.text("postal_code", t.PostalCode, 10, false)
	c.text("state", t.State, 20, false)
	c.id("country", t.Country, 3, false)
	t.Coordinates.check(&c, "coordinates")
	c.url("invoice_base_url", t.InvoiceBaseURL, false)
	if t.InvoiceBaseURL != "" && (len(t.InvoiceBaseURL) < 8 || t.InvoiceBaseURL[:8] != "https://") {
		c.fail("invoice_base_url", "must be an absolute https URL")
	}
	if t.InvoiceCreator != "" && t.InvoiceCreator != InvoiceByCPO && t.InvoiceCreator != InvoiceByPTP {
		c.fail("invoice_creator", "must be CPO or PTP")
	}
	c.id("reference", t.Reference, 36, false)
	for i, id := range t.LocationIDs {
		c.id(fmt.Sprintf("location_ids[%d]", i), id, 36, true)
	}
	for i, id := range t.EVSEUIDs {
		c.id(fmt.Sprintf("evse_uids[%d]", i), id, 36, true)
	}
	return c.err
}

// CaptureStatusCode is how a capture ended.
type CaptureStatusCode string

// The capture status codes.
const (
	CaptureSuccess CaptureStatusCode = "SUCCESS"         // all was taken
	CapturePartial CaptureStatusCode = "PARTIAL_SUCCESS" // part was taken, or the terms were altered
	CaptureFailed  CaptureStatusCode = "FAILED"          // nothing was taken
)

// FinancialAdviceConfirmation tells what was taken from a card. TotalCosts is what was really taken.
type FinancialAdviceConfirmation struct {
	ID                     string            `json:"id"`
	AuthorisationReference string            `json:"authorization_reference"`
	TotalCosts             Price             `json:"total_costs"`
	Currency               string            `json:"currency"`
	EFTData                []string          `json:"eft_data"` // lines to print; never a full card number
	CaptureStatusCode      CaptureStatusCode `json:"capture_status_code"`
	CaptureStatusMessage   string            `json:"capture_status_message,omitempty"`
	LastUpdated            DateTime          `json:"last_updated"`
}

// For is the confirmation as a version writes it.
func (f FinancialAdviceConfirmation) For(v Version) FinancialAdviceConfirmation {
	f.TotalCosts = f.TotalCosts.For(v)
	return f
}

// Check holds the rules of a FinancialAdviceConfirmation. eft_data may be empty: the document's own
// example of a failure has none.
func (f FinancialAdviceConfirmation) Check() error {
	var c checker
	c.id("id", f.ID, 36, true)
	c.id("authorization_reference", f.AuthorisationReference, 36, true)
	c.currency("currency", f.Currency)
	for i, line := range f.EFTData {
		c.text(fmt.Sprintf("eft_data[%d]", i), line, 255, true)
	}
	c.word("capture_status_code", string(f.CaptureStatusCode), true)
	c.text("capture_status_message", f.CaptureStatusMessage, 255, false)
	c.time("last_updated", f.LastUpdated, true)
	return c.err
}
