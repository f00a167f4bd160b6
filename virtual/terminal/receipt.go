package terminal

import (
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal/paint"
)

// Receipt is what the printer prints. Of the card it has the last four digits only, and no expiry
// date (PCI DSS 3.4.1).
type Receipt struct {
	At          time.Time        `json:"at"`
	Result      Result           `json:"result"`
	Text        string           `json:"text,omitempty"`
	Merchant    string           `json:"merchant"`
	Address     string           `json:"address,omitempty"`
	City        string           `json:"city,omitempty"`
	MID         string           `json:"mid,omitempty"`
	TID         string           `json:"tid"`
	Terminal    string           `json:"terminal,omitempty"`
	Environment string           `json:"environment,omitempty"`
	Reference   string           `json:"reference,omitempty"`
	Exchange    string           `json:"exchange"`
	Amount      string           `json:"amount"`
	AmountMinor int64            `json:"amountMinor"`
	Currency    string           `json:"currency"`
	Label       string           `json:"label,omitempty"`
	AID         string           `json:"aid,omitempty"`
	Card        string           `json:"card,omitempty"`
	Entry       string           `json:"entry,omitempty"`
	CVM         string           `json:"cvm,omitempty"`
	STAN        string           `json:"stan,omitempty"`
	RRN         string           `json:"rrn,omitempty"`
	AuthCode    string           `json:"authCode,omitempty"`
	Tip         string           `json:"tip,omitempty"` // part of the amount
	Type        nexo.PaymentType `json:"type,omitempty"`

	Kind  PaperKind  `json:"kind,omitempty"`
	State PaperState `json:"state,omitempty"`
	// Copy tells that the same receipt came out before.
	Copy     bool       `json:"copy,omitempty"`
	Rows     []PaperRow `json:"rows,omitempty"`
	Language string     `json:"language,omitempty"`
	// Document is the kind of document that a register prints (nexo DocumentQualifier), Blocks what it says.
	Document string        `json:"document,omitempty"`
	Blocks   []paint.Block `json:"blocks,omitempty"`
	// Size is how many bytes Blocks take as JSON.
	Size int `json:"size,omitempty"`
	// Header are lines that the administrator wants at the head of every receipt.
	Header []string `json:"header,omitempty"`
}

// receipt makes the paper of an attempt that read a card; without one there is nothing to print.
func (m *Machine) receipt(result Result, text string, a poilink.AuthorisationResponse) *Receipt {
	e := m.d.Open
	if e == nil || e.Card == nil || m.d.Activated == nil {
		return nil
	}
	r := m.head(result)
	r.Text, r.Reference, r.Exchange, r.Type = clip(text, maxLabel), e.Reference, e.ID, e.Type
	r.Amount, r.AmountMinor, r.Currency = money(e.AmountMinor, e.Currency), e.AmountMinor, e.Currency
	r.Label, r.AID, r.Card = e.Card.Label, e.Card.AID, "**** **** **** "+e.Card.Last4
	r.Entry, r.CVM = string(e.Entry), cvmLine(e.Card.CVM, result)
	r.STAN, r.RRN, r.AuthCode = a.STAN, a.RRN, a.AuthCode
	if e.TipMinor > 0 {
		r.Tip = money(e.TipMinor, e.Currency)
	}
	return r
}

// head begins a paper: whose it is, and when.
func (m *Machine) head(result Result) *Receipt {
	who := m.d.Activated
	var header []string
	for _, line := range []string{m.setting(keptHeader1), m.setting(keptHeader2)} {
		if line != "" {
			header = append(header, line)
		}
	}
	return &Receipt{
		Header: header,
		At:     m.now.UTC(), Result: result, Language: m.setting(setLanguage),
		Merchant: who.Merchant.Name, Address: who.Merchant.Address, City: who.Merchant.City, MID: who.Merchant.MID,
		TID: who.TID, Terminal: who.TerminalName, Environment: who.Environment,
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
