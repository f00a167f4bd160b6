package adyen

import (
	"encoding/json"

	"kassa"
)

// This file is what the webhooks need to say the same as the door does.

// Told is what is said of an order beside its answer.
type Told struct {
	PSPReference      string
	TenderReference   string
	MerchantReference string
	Store             string // the reference of the shop, as the terminal's was when it was asked
	ShopperReference  string
	Metadata          map[string]string
	PreAuth           bool
	// Asked tells that the host was asked; what follows is empty otherwise.
	Asked         bool
	PaymentMethod string
	AuthCode      string
	CardSummary   string // the last four digits
	CardBIN       string
	ExpiryDate    string // month/year, such as 02/2028
	// Refusal is why it was not paid, as the answer's refusalReason or message.
	Refusal string
}

// Tell gives it.
func Tell(o *kassa.Order) Told {
	k := keptWith(o)
	t := Told{
		PSPReference: PSPReference(o.Number), TenderReference: TenderReference(o), MerchantReference: k.MerchantReference, Store: k.Store,
		ShopperReference: k.ShopperReference, Metadata: k.Metadata, PreAuth: k.PreAuth,
	}
	if au := newest(o); au != nil {
		t.Asked, t.PaymentMethod, t.AuthCode = true, brandOf(au.Card.Brand), au.AuthCode
		t.CardSummary, t.CardBIN = au.Card.Last4, au.Card.BIN
		if e := au.Card.Expiry; len(e) == 4 {
			t.ExpiryDate = e[2:] + "/20" + e[:2]
		}
	}
	if o.Status.Final() && o.Status != kassa.Completed {
		reason, wire := ended(o)
		t.Refusal = wire.refusal
		if t.Refusal == "" {
			t.Refusal = wire.message
		}
		if t.Refusal == "" {
			t.Refusal = reason.Text()
		}
	}
	return t
}

// Message is the answer of an exchange as a whole nexo message, clear: what an answer to an asynchronous
// request is sent as. It is empty while there is none.
func (e Exchange) Message() json.RawMessage {
	h := header{class: e.Class, category: e.Category, saleID: e.SaleID, serviceID: e.ServiceID, poiid: e.POIID}
	if e.Reject != "" && !e.V1 {
		return encode(rejectEnvelope(h, e.Reject, nil, e.AnsweredAt))
	}
	if e.AnsweredAt.IsZero() || len(e.Response) == 0 {
		return nil
	}
	return encode(object{envelopeResponse: object{"MessageHeader": h.echo(), e.Category + "Response": raw(e.Response)}})
}

// ModificationReference is the pspReference of what has no number of its own, such as a technical cancel: the
// same for the same words, and no order is found by it.
func ModificationReference(what string) string { return pspOf(what) }

// TerminalNotified is the fact that a terminal said something without being asked: an EventNotification, or
// how far a transaction has come (a DisplayRequest for the cashier).
type TerminalNotified struct {
	TID     string          `json:"tid"`
	POIID   string          `json:"poiid"`
	Message json.RawMessage `json:"message"` // a nexo message
}

// KindTerminalNotified is the kind of this fact.
const KindTerminalNotified = "TerminalNotified"

// IsReversal tells whether a refund was asked for by a ReversalRequest.
func IsReversal(r *kassa.Refund) bool {
	var kept refundDoor
	return len(r.Door) > 0 && json.Unmarshal(r.Door, &kept) == nil && kept.ServiceID != "" && kept.Action != ""
}

// ModificationName is what the merchant calls a refund or a capture that was asked for in this dialect, by what
// is kept with it; "" when it has no name of its own.
func ModificationName(door json.RawMessage) string {
	var kept refundDoor
	if len(door) == 0 || json.Unmarshal(door, &kept) != nil || kept.Action == "" {
		return ""
	}
	return kept.MerchantReference
}

// HoldReversal is what an answered exchange says of a hold that it has given up: the number of the order, the
// pspReference of the answer and what the merchant calls the reversal; ok is false for every other exchange.
func (e Exchange) HoldReversal() (order int64, psp, merchantReference string, ok bool) {
	if e.Category != "Reversal" || len(e.Response) == 0 {
		return 0, "", "", false
	}
	var kept struct {
		Order             int64  `json:"order"`
		MerchantReference string `json:"merchantReference"`
	}
	var said struct {
		Response struct{ Result string }
		POIData  struct {
			POITransactionID struct{ TransactionID string }
		}
	}
	if json.Unmarshal(e.Kept, &kept) != nil || json.Unmarshal(e.Response, &said) != nil || said.Response.Result != "Success" {
		return 0, "", "", false
	}
	psp = said.POIData.POITransactionID.TransactionID
	_, refund := numberOf(psp)
	return kept.Order, psp, kept.MerchantReference, kept.Order > 0 && psp != "" && !refund
}
