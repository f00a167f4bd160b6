package terminalapi

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"kassa/nexo"
)

// Payment is a payment to take, or with Type PaymentRefund money to give to a card that is presented.
type Payment struct {
	// ServiceID names the request: 1 to 10 letters and digits. Make it with NewServiceID and store it
	// before Pay, so that the outcome can be asked for after a crash. Empty: made by Pay.
	ServiceID string
	// Reference is the register's own: webhooks and reports have it as merchantReference. Required.
	Reference string
	Amount    Amount // the whole amount, with tip and cashback
	Tip       int64  // the part of it that is a tip, in minor units
	Cashback  int64  // the part of it that is paid out, in minor units
	// Type is "Normal" where it is empty; [nexo.PaymentRefund] refunds without an original.
	Type nexo.PaymentType
	// ToAcquirer are the pairs of SaleToAcquirerData, such as tenderOption or shopperReference.
	ToAcquirer map[string]string
}

// Transaction names a transaction of the terminal; a refund names its payment by it.
type Transaction struct {
	ID string
	At time.Time
}

type wireTransaction struct {
	TransactionID string `json:"TransactionID"`
	TimeStamp     string `json:"TimeStamp"`
}

func (t Transaction) wire() wireTransaction { return wireTransaction{t.ID, stamp(t.At)} }

// transaction reads a transaction; a time that cannot be read is the zero time, since only the ID
// identifies.
func (w wireTransaction) transaction() Transaction {
	at, _ := time.Parse(time.RFC3339, w.TimeStamp)
	return Transaction{ID: w.TransactionID, At: at}
}

// PSPReference is the platform's reference within the ID; empty where the payment never reached a host.
func (t Transaction) PSPReference() string {
	_, reference, _ := strings.Cut(t.ID, ".")
	return reference
}

// Paid is the answer to a payment, also to one that was not made: which is told by the error beside it.
type Paid struct {
	Reference Reference // of the request
	Result    nexo.Result
	// Transaction names it for a refund.
	Transaction Transaction
	// Authorised is what was paid, less than the amount asked for when Result is Partial; Tip is the
	// part of it that is a tip. Both are 0 without an approval.
	Authorised Amount
	Tip        int64
	Card       Card
	Online     bool
	// Authentication is how the cardholder was verified: OnlinePIN, OfflinePIN … ; none for most
	// contactless payments.
	Authentication []string
	ApprovalCode   string
	Additional     Additional
	Receipts       []Receipt
	// Body is the whole response.
	Body json.RawMessage
}

// Card is what may be known of a card. The number is masked by the terminal.
type Card struct {
	Brand, MaskedPAN, Country, Sequence string
	Expiry                              string // MMYY
	EntryMode                           []string
}

// Receipt is a receipt to print or to send, as the terminal wrote it.
type Receipt struct {
	Qualifier string // CashierReceipt or CustomerReceipt
	Signature bool   // the cardholder has to sign it
	Lines     []Line
}

// Line is one line of a receipt. Key names what it is, in any language; Name and Value are the text.
type Line struct {
	Key, Name, Value string
	Bold             bool
}

// Pay asks the terminal for a payment and waits until it has ended. Without an error it was approved.
// [Failure] is a payment that was not made, [Unknown] one that has to be looked up with [Client.Resolve].
func (c *Client) Pay(ctx context.Context, p Payment) (Paid, error) {
	body, err := p.wire(stamp(c.now()))
	if err != nil {
		return Paid{}, err
	}
	if p.ServiceID == "" {
		p.ServiceID = NewServiceID()
	}
	paid := Paid{Reference: c.Reference(nexo.CategoryPayment, p.ServiceID)}
	m, err := c.Sync(ctx, Request{Category: nexo.CategoryPayment, ServiceID: p.ServiceID, Body: body})
	if err != nil {
		return paid, err
	}
	if paid, err = paidOf(m.Body, paid.Reference); undecided(err) {
		err = &Unknown{Reference: paid.Reference, Cause: err}
	}
	return paid, err
}

// undecided tells whether a failure says nothing about what the terminal did: it was not reached, or
// it did not answer in time. The Cloud Device API says both in the same way.
func undecided(err error) bool {
	f, ok := err.(*Failure)
	return err == ErrNotAnswer || ok && (f.Condition == "UnreachableHost" || f.Condition == "Communication timeout")
}

type object = map[string]any

func (p Payment) wire(now string) (object, error) {
	amount, err := p.Amount.decimal()
	switch {
	case err != nil:
		return nil, err
	case p.Reference == "":
		return nil, wrong("Reference", "is missing")
	case p.Tip < 0 || p.Cashback < 0 || p.Tip > p.Amount.Minor || p.Cashback > p.Amount.Minor-p.Tip:
		return nil, wrong("Tip and Cashback", "must be parts of the amount")
	}
	amounts := object{"Currency": p.Amount.Currency, "RequestedAmount": amount}
	for name, part := range map[string]int64{"TipAmount": p.Tip, "CashBackAmount": p.Cashback} {
		if part > 0 {
			amounts[name], _ = Amount{part, p.Amount.Currency}.decimal() // a part of what was checked
		}
	}
	sale := object{"SaleTransactionID": wireTransaction{p.Reference, now}}
	if len(p.ToAcquirer) > 0 {
		sale["SaleToAcquirerData"] = form(p.ToAcquirer)
	}
	body := object{"SaleData": sale, "PaymentTransaction": object{"AmountsReq": amounts}}
	if p.Type != "" {
		body["PaymentData"] = object{"PaymentType": p.Type}
	}
	return body, nil
}

type paymentResponse struct {
	Response nexo.Response `json:"Response"`
	POI      struct {
		Transaction wireTransaction `json:"POITransactionID"`
	} `json:"POIData"`
	Result struct {
		Amounts struct {
			Currency   string      `json:"Currency"`
			Authorised json.Number `json:"AuthorizedAmount"`
			Tip        json.Number `json:"TipAmount"`
		} `json:"AmountsResp"`
		Online         bool     `json:"OnlineFlag"`
		Authentication []string `json:"AuthenticationMethod"`
		Acquirer       struct {
			ApprovalCode string `json:"ApprovalCode"`
		} `json:"PaymentAcquirerData"`
		Instrument struct {
			Card struct {
				Brand     string   `json:"PaymentBrand"`
				MaskedPAN string   `json:"MaskedPan"`
				Country   text     `json:"CardCountryCode"`
				EntryMode []string `json:"EntryMode"`
				Sensitive struct {
					Sequence text `json:"CardSeqNumb"`
					Expiry   text `json:"ExpiryDate"`
				} `json:"SensitiveCardData"`
			} `json:"CardData"`
		} `json:"PaymentInstrumentData"`
	} `json:"PaymentResult"`
	Receipts []wireReceipt `json:"PaymentReceipt"`
}

// text is a string that some send as a number.
type text string

// UnmarshalJSON takes both.
func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	*t = text(s)
	return nil
}

// paidOf reads a PaymentResponse.
func paidOf(body json.RawMessage, reference Reference) (Paid, error) {
	paid := Paid{Reference: reference, Body: body}
	var r paymentResponse
	if json.Unmarshal(body, &r) != nil {
		return paid, ErrNotAnswer
	}
	card := r.Result.Instrument.Card
	paid.Result, paid.Transaction, paid.Additional = r.Response.Result, r.POI.Transaction.transaction(), ParseAdditional(r.Response.AdditionalResponse)
	paid.Card = Card{Brand: card.Brand, MaskedPAN: card.MaskedPAN, Country: string(card.Country), Sequence: string(card.Sensitive.Sequence),
		Expiry: string(card.Sensitive.Expiry), EntryMode: card.EntryMode}
	paid.Online, paid.Authentication, paid.ApprovalCode = r.Result.Online, r.Result.Authentication, r.Result.Acquirer.ApprovalCode
	for _, receipt := range r.Receipts {
		paid.Receipts = append(paid.Receipts, receipt.receipt())
	}
	if err := failureOf(nexo.CategoryPayment, r.Response); err != nil {
		return paid, err
	}
	amounts := r.Result.Amounts
	var err error
	if paid.Authorised, err = amountOf(amounts.Authorised, amounts.Currency); err != nil {
		return paid, ErrNotAnswer // an approval that does not say of how much is none to act upon
	}
	if amounts.Tip != "" {
		tip, err := amountOf(amounts.Tip, amounts.Currency)
		if err != nil {
			return paid, ErrNotAnswer
		}
		paid.Tip = tip.Minor
	}
	return paid, nil
}

type wireReceipt struct {
	Qualifier string             `json:"DocumentQualifier"`
	Signature bool               `json:"RequiredSignatureFlag"`
	Content   nexo.OutputContent `json:"OutputContent"`
}

func (w wireReceipt) receipt() Receipt {
	r := Receipt{Qualifier: w.Qualifier, Signature: w.Signature}
	for _, t := range w.Content.OutputText {
		pairs, _ := url.ParseQuery(t.Text)
		r.Lines = append(r.Lines, Line{Key: pairs.Get("key"), Name: pairs.Get("name"), Value: pairs.Get("value"), Bold: t.CharacterStyle == "Bold"})
	}
	return r
}

// Refund gives back a payment, in whole or in part, without a card.
type Refund struct {
	ServiceID string // as in Payment
	// Of is the Transaction of the payment.
	Of Transaction
	// Amount is a part of the payment; the zero value is all of it.
	Amount Amount
	// Reference is the register's own for the refund. Required.
	Reference string
}

// Refunded is a refund that was taken on. That it has been carried out a webhook tells.
type Refunded struct {
	Reference    Reference
	PSPReference string
	Additional   Additional
	Receipts     []Receipt
	Body         json.RawMessage
}

// Refund asks for a refund. Its errors are those of [Client.Pay], and an [Unknown] one is resolved alike.
func (c *Client) Refund(ctx context.Context, r Refund) (Refunded, error) {
	switch {
	case r.Of.ID == "":
		return Refunded{}, wrong("Of", "is missing: the Transaction of the payment")
	case r.Reference == "":
		return Refunded{}, wrong("Reference", "is missing")
	}
	sale := object{"SaleTransactionID": wireTransaction{r.Reference, stamp(c.now())}}
	body := object{"OriginalPOITransaction": object{"POITransactionID": r.Of.wire()}, "ReversalReason": "MerchantCancel", "SaleData": sale}
	if r.Amount != (Amount{}) {
		amount, err := r.Amount.decimal()
		if err != nil {
			return Refunded{}, err
		}
		body["ReversedAmount"], sale["SaleToAcquirerData"] = amount, form(map[string]string{"currency": r.Amount.Currency})
	}
	if r.ServiceID == "" {
		r.ServiceID = NewServiceID()
	}
	refunded := Refunded{Reference: c.Reference(CategoryReversal, r.ServiceID)}
	m, err := c.Sync(ctx, Request{Category: CategoryReversal, ServiceID: r.ServiceID, Body: body})
	if err != nil {
		return refunded, err
	}
	if refunded, err = refundedOf(m.Body, refunded.Reference); undecided(err) {
		err = &Unknown{Reference: refunded.Reference, Cause: err}
	}
	return refunded, err
}

func refundedOf(body json.RawMessage, reference Reference) (Refunded, error) {
	refunded := Refunded{Reference: reference, Body: body}
	var r paymentResponse // it has all that a ReversalResponse has
	if json.Unmarshal(body, &r) != nil {
		return refunded, ErrNotAnswer
	}
	refunded.Additional = ParseAdditional(r.Response.AdditionalResponse)
	if refunded.PSPReference = refunded.Additional["pspReference"]; refunded.PSPReference == "" {
		refunded.PSPReference = r.POI.Transaction.TransactionID
	}
	for _, receipt := range r.Receipts {
		refunded.Receipts = append(refunded.Receipts, receipt.receipt())
	}
	return refunded, failureOf(CategoryReversal, r.Response)
}

// Abort asks the terminal to end what it is doing for a request of this or another register. Whether it
// came in time is told by the answer to that request alone: Aborted, or what it had become before.
func (c *Client) Abort(ctx context.Context, of Reference) error {
	m, err := c.Sync(ctx, Request{Category: nexo.CategoryAbort, Body: object{"AbortReason": "MerchantAbort", "MessageReference": of.wire()}})
	if err != nil || m.Body == nil {
		return err
	}
	var body struct {
		Response nexo.Response `json:"Response"`
	}
	if json.Unmarshal(m.Body, &body) != nil {
		return ErrNotAnswer
	}
	return failureOf(nexo.CategoryAbort, body.Response)
}
