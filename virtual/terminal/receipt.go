package terminal

import (
	"time"

	"kassa/poilink"
)

// Receipt is what the printer prints. Of the card it has the last four digits only, and no expiry
// date (PCI DSS 3.4.1).
type Receipt struct {
	At          time.Time `json:"at"`
	Result      Result    `json:"result"`
	Text        string    `json:"text,omitempty"`
	Merchant    string    `json:"merchant"`
	Address     string    `json:"address,omitempty"`
	City        string    `json:"city,omitempty"`
	MID         string    `json:"mid,omitempty"`
	TID         string    `json:"tid"`
	Terminal    string    `json:"terminal,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Reference   string    `json:"reference,omitempty"`
	Exchange    string    `json:"exchange"`
	Amount      string    `json:"amount"`
	AmountMinor int64     `json:"amountMinor"`
	Currency    string    `json:"currency"`
	Label       string    `json:"label,omitempty"`
	AID         string    `json:"aid,omitempty"`
	Card        string    `json:"card,omitempty"`
	Entry       string    `json:"entry,omitempty"`
	CVM         string    `json:"cvm,omitempty"`
	STAN        string    `json:"stan,omitempty"`
	RRN         string    `json:"rrn,omitempty"`
	AuthCode    string    `json:"authCode,omitempty"`
}

// receipt makes the paper of an attempt that read a card; without one there is nothing to print.
func (m *Machine) receipt(result Result, text string, a poilink.AuthorisationResponse) *Receipt {
	e := m.d.Open
	if e == nil || e.Card == nil || m.d.Activated == nil {
		return nil
	}
	who := m.d.Activated
	return &Receipt{
		At: m.now.UTC(), Result: result, Text: clip(text, maxLabel),
		Merchant: who.Merchant.Name, Address: who.Merchant.Address, City: who.Merchant.City, MID: who.Merchant.MID,
		TID: who.TID, Terminal: who.TerminalName, Environment: who.Environment,
		Reference: e.Reference, Exchange: e.ID,
		Amount: money(e.AmountMinor, e.Currency), AmountMinor: e.AmountMinor, Currency: e.Currency,
		Label: e.Card.Label, AID: e.Card.AID, Card: "**** **** **** " + e.Card.Last4,
		Entry: string(e.Entry), CVM: cvmLine(e.Card.CVM, result),
		STAN: a.STAN, RRN: a.RRN, AuthCode: a.AuthCode,
	}
}

// cvmLine says how the cardholder was verified; a PIN is only known to be right when the host said yes.
func cvmLine(c poilink.CVM, result Result) string {
	switch c {
	case poilink.CVMOnlinePIN, poilink.CVMOfflinePIN:
		if result != ResultApproved {
			return "PIN entered"
		}
		return "PIN verified"
	case poilink.CVMSignature:
		return "Signature: ____________________"
	case poilink.CVMDevice:
		return "Verified by device"
	}
	return "No cardholder verification"
}
