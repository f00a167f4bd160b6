package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen"
)

// notification is the body of a standard webhook: one item in JSON.
type notification struct {
	Live  string    `json:"live"`
	Items []wrapper `json:"notificationItems"`
}

type wrapper struct {
	Item item `json:"NotificationRequestItem"`
}

// item is what happened to a payment. Truths are strings.
type item struct {
	AdditionalData      map[string]string `json:"additionalData,omitempty"`
	Amount              amount            `json:"amount"`
	EventCode           string            `json:"eventCode"`
	EventDate           string            `json:"eventDate"`
	MerchantAccountCode string            `json:"merchantAccountCode"`
	MerchantReference   string            `json:"merchantReference"`
	Operations          []string          `json:"operations,omitempty"`
	OriginalReference   string            `json:"originalReference,omitempty"`
	PaymentMethod       string            `json:"paymentMethod,omitempty"`
	PSPReference        string            `json:"pspReference"`
	Reason              string            `json:"reason"`
	Success             string            `json:"success"`
}

// amount is in minor units.
type amount struct {
	Currency string `json:"currency"`
	Value    int64  `json:"value"`
}

// signed is what the signature of an item is over. Nothing in it is escaped.
func (i item) signed() []byte {
	return []byte(i.PSPReference + ":" + i.OriginalReference + ":" + i.MerchantAccountCode + ":" + i.MerchantReference + ":" +
		strconv.FormatInt(i.Amount.Value, 10) + ":" + i.Amount.Currency + ":" + i.EventCode + ":" + i.Success)
}

func newNotification(environment string, i item) notification {
	return notification{Live: strconv.FormatBool(environment == "live"), Items: []wrapper{{i}}}
}

// eventDate writes an instant with its offset, to the second.
func eventDate(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05-07:00") }

// The event codes.
const (
	authorisation   = "AUTHORISATION"
	refundWithData  = "REFUND_WITH_DATA" // an unreferenced refund
	cancelOrRefund  = "CANCEL_OR_REFUND"
	refunded        = "REFUND"
	refundFailed    = "REFUND_FAILED"
	captured        = "CAPTURE"
	captureFailed   = "CAPTURE_FAILED"
	technicalCancel = "TECHNICAL_CANCEL"
	expired         = "EXPIRE"
)

// payment renders what a fact of an order of this dialect tells.
func (n *Notifier) payment(e journal.Entry) ([]Notice, error) {
	switch e.Kind {
	case "OrderCompleted", "OrderCancelled", "OrderExpired", "ReversalAcknowledged", "RefundSettled", "RefundVoidSettled",
		"CaptureSettled", "HoldClosed":
	default:
		return nil, nil
	}
	if g, ok := n.Directory.Group(e.Scope); ok && !n.anyStandard(g) {
		return nil, nil // the order need not be read
	}
	event, err := kassa.DecodeEvent(e.Kind, e.Payload)
	if err != nil {
		return nil, err
	}
	o, err := journal.OrderAt(n.Records.StreamEntries, e)
	if err != nil {
		return nil, err
	}
	told := adyen.Tell(&o)
	if told.MerchantReference == "" {
		told.MerchantReference = o.Ref
	}
	it, ok := about(&o, event, told)
	if !ok || o.Dialect != adyen.Dialect && it.EventCode != cancelOrRefund { // a Reversal may be of any door's payment
		return nil, nil
	}
	return n.items(e, &o, told, it)
}

// anyStandard tells whether a standard webhook of a group would go anywhere.
func (n *Notifier) anyStandard(g estate.Group) bool {
	return slices.ContainsFunc(n.Endpoints.EndpointsFor(Dialect, g.Account, g.ID), func(e estate.Endpoint) bool {
		return e.Type == estate.EndpointStandard
	})
}

// items addresses an item to every endpoint that wants it.
func (n *Notifier) items(e journal.Entry, o *kassa.Order, told adyen.Told, it item) (list []Notice, err error) {
	account, _ := n.Directory.Account(o.Account)
	it.MerchantAccountCode, it.EventDate = account.Merchant, eventDate(e.At)
	own := it.AdditionalData
	for _, endpoint := range n.wanted(estate.EndpointStandard, it.EventCode, o.Account, o.Scope) {
		it.AdditionalData = additionalData(o, own, told, flagsOf(endpoint))
		body, err := json.Marshal(newNotification(n.Environment, it))
		if err != nil {
			return nil, fmt.Errorf("notify: encode %s: %w", it.EventCode, err)
		}
		list = append(list, n.notices([]estate.Endpoint{endpoint}, Notice{
			Stream: "order/" + o.ID(), Reference: it.MerchantReference, Event: it.EventCode, Body: body,
		})...)
	}
	return list, nil
}

// heldReversed renders that a hold was given up by a ReversalRequest. The release itself is an obligation
// that no host refuses.
func (n *Notifier) heldReversed(e journal.Entry, x adyen.Exchange) ([]Notice, error) {
	number, psp, reference, ok := x.HoldReversal()
	if !ok {
		return nil, nil
	}
	s, ok, err := n.Records.Load("order/" + kassa.FormatID(number))
	if err != nil || !ok {
		return nil, err
	}
	var o kassa.Order
	if err := json.Unmarshal(s.State, &o); err != nil {
		return nil, fmt.Errorf("notify: state of %s: %w", s.ID, err)
	}
	told := adyen.Tell(&o)
	it := item{
		PSPReference: told.PSPReference, MerchantReference: reference, PaymentMethod: told.PaymentMethod,
		Amount:  amountOf(kassa.Money{Minor: o.HoldGivenUp(), Currency: o.Amount.Currency}),
		Success: "true", AdditionalData: map[string]string{"modification.action": "cancel"},
	}
	if it.MerchantReference == "" {
		it.MerchantReference = told.MerchantReference
	}
	it.modifies(cancelOrRefund, psp)
	return n.items(e, &o, told, it)
}

// about is the item that an event of an order calls for, without what is the same for all; ok is false when
// it calls for none.
func about(o *kassa.Order, event kassa.Event, told adyen.Told) (it item, ok bool) {
	it = item{
		PSPReference: told.PSPReference, MerchantReference: told.MerchantReference, PaymentMethod: told.PaymentMethod,
		Amount: amountOf(o.Amount), Success: "true",
	}
	switch e := event.(type) {
	case kassa.OrderCompleted, kassa.OrderCancelled, kassa.OrderExpired:
		it.EventCode = authorisation
		if o.Kind == kassa.Credit {
			it.EventCode = refundWithData
		}
		if o.Status != kassa.Completed {
			it.Success, it.Reason = "false", told.Refusal
			return it, told.Asked // the platform knows of no payment before that
		}
		it.Reason = told.AuthCode + ":" + told.CardSummary + ":" + told.ExpiryDate
		if it.EventCode == authorisation {
			it.Operations = []string{"CANCEL", "CAPTURE", "REFUND"}
		}
		return it, true
	case kassa.ReversalAcknowledged:
		it.modifies(technicalCancel, adyen.ModificationReference("reversal "+o.ID()+" "+strconv.Itoa(e.Request)))
		return it, true
	case kassa.HoldClosed:
		it.modifies(expired, adyen.ModificationReference("expiry "+o.ID()))
		return it, e.Reason == kassa.HoldExpired && o.AmountCaptured() == 0
	}
	return afterwards(o, event, it)
}

// afterwards is about refunds and captures, which have numbers of their own.
func afterwards(o *kassa.Order, event kassa.Event, it item) (item, bool) {
	switch e := event.(type) {
	case kassa.RefundSettled:
		r := o.RefundNumbered(e.Number)
		if r == nil {
			return it, false
		}
		it.refund(o, r)
		if e.Status != kassa.RefundCompleted {
			it.Success, it.Reason = "false", e.Reason.Text()
		}
		return it, true
	case kassa.RefundVoidSettled:
		r := o.RefundNumbered(e.Number)
		if r == nil || e.Reason != kassa.None {
			return it, false
		}
		it.refund(o, r)
		it.EventCode, it.AdditionalData, it.Reason = refundFailed, nil, "the refund was taken back"
		return it, true
	case kassa.CaptureSettled:
		c := o.CaptureNumbered(e.Number)
		if c == nil {
			return it, false
		}
		it.modifies(captured, adyen.PSPReference(c.Number))
		it.Amount = amountOf(c.Amount)
		if reference := adyen.ModificationName(c.Door); reference != "" {
			it.MerchantReference = reference
		}
		if e.Status != kassa.CaptureCompleted {
			it.EventCode, it.Reason = captureFailed, e.Reason.Text()
		}
		return it, true
	}
	return it, false
}

// modifies makes the item one about a change of the payment.
func (i *item) modifies(code, psp string) {
	i.EventCode, i.OriginalReference, i.PSPReference = code, i.PSPReference, psp
}

// refund makes the item one about a refund: asked for as a Reversal, or through another door.
func (i *item) refund(o *kassa.Order, r *kassa.Refund) {
	i.modifies(refunded, adyen.PSPReference(r.Number))
	i.Amount = amountOf(r.Amount)
	if reference := adyen.ModificationName(r.Door); reference != "" {
		i.MerchantReference = reference
	}
	if adyen.IsReversal(r) {
		i.EventCode, i.AdditionalData = cancelOrRefund, map[string]string{"modification.action": "refund"}
	}
}

func amountOf(m kassa.Money) amount { return amount{string(m.Currency), m.Minor} }

// flags are the properties of an endpoint's additionalSettings that leave something out when they are false.
type flags struct{ store, pos bool }

func flagsOf(e estate.Endpoint) flags {
	var s struct {
		Properties struct {
			Store    *bool `json:"includeStore"`
			Details  *bool `json:"includePosDetails"`
			Terminal *bool `json:"includePosTerminalInfo"`
		} `json:"properties"`
	}
	if len(e.AdditionalSettings) > 0 && json.Unmarshal(e.AdditionalSettings, &s) != nil {
		return flags{true, true}
	}
	off := func(b *bool) bool { return b != nil && !*b }
	return flags{!off(s.Properties.Store), !off(s.Properties.Details) && !off(s.Properties.Terminal)}
}

func additionalData(o *kassa.Order, own map[string]string, told adyen.Told, f flags) map[string]string {
	data := map[string]string{}
	add := func(key, value string) {
		if value != "" {
			data[key] = value
		}
	}
	for k, v := range own {
		add(k, v)
	}
	if f.pos {
		add("terminalId", o.POIID)
		add("tenderReference", told.TenderReference)
	}
	if f.store {
		add("store", told.Store)
	}
	add("authCode", told.AuthCode)
	add("cardSummary", told.CardSummary)
	add("cardBin", told.CardBIN)
	add("expiryDate", told.ExpiryDate)
	add("shopperReference", told.ShopperReference)
	for k, v := range told.Metadata {
		add("metadata."+k, v)
	}
	return data
}
