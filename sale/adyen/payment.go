package adyen

import (
	"encoding/json"
	"slices"
	"strings"

	"kassa"
	"kassa/nexo"
)

// payment is a PaymentRequest as it was read.
type payment struct {
	kind     kassa.OrderKind
	capture  kassa.CaptureMode
	amount   kassa.Money
	tip      int64
	merchant acquirerWords
	kept     kept
}

// kept is what is kept with an order (NewOrder.Door): what the response repeats, and what webhooks say.
type kept struct {
	POIID     string `json:"poiid"`
	SaleID    string `json:"saleID"`
	ServiceID string `json:"serviceID"`
	// MerchantReference and TimeStamp are the SaleTransactionID.
	MerchantReference string `json:"merchantReference"`
	TimeStamp         string `json:"timeStamp"`
	SaleReferenceID   string `json:"saleReferenceID,omitempty"`
	Store             string `json:"store,omitempty"` // the terminal's shop
	OperatorID        string `json:"operatorID,omitempty"`
	ShiftNumber       string `json:"shiftNumber,omitempty"`
	CustomerLanguage  string `json:"customerLanguage,omitempty"`
	ShopperReference  string `json:"shopperReference,omitempty"`
	ShopperEmail      string `json:"shopperEmail,omitempty"`
	ShopperStatement  string `json:"shopperStatement,omitempty"`

	Tip      int64             `json:"tip,omitempty"` // what the request had; minor units
	Metadata map[string]string `json:"metadata,omitempty"`
	// JSON tells that AdditionalResponse is base64 of JSON.
	JSON bool `json:"json,omitempty"`
	// PreAuth tells that authorisationType was PreAuth: the amount may be changed before it is captured.
	PreAuth  bool     `json:"preAuth,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// keptWith reads what this door keeps with an order; the zero value for another door's.
func keptWith(o *kassa.Order) (k kept) {
	if o.Dialect == Dialect {
		_ = json.Unmarshal(o.Door, &k)
	}
	return k
}

const inPayment = "PaymentRequest"

// checkPayment reads a PaymentRequest. What is missing or malformed is listed whole; what this terminal
// cannot do is refused with the feature's name, before anything is stored.
func (h *Handler) checkPayment(q *request) (answer, bool) {
	p, f := h.readPayment(q)
	if a, bad := f.answer(); bad {
		return h.withPaymentData(q, a), true
	}
	q.payment = p
	q.kept, _ = json.Marshal(p.kept) // texts can be encoded
	q.warnings = append(q.warnings, p.kept.Warnings...)
	if a, refused := h.notOffered(q, p); refused {
		return h.withPaymentData(q, a), true
	}
	return answer{}, false
}

func (h *Handler) readPayment(q *request) (*payment, faults) {
	var f faults
	p := &payment{}
	sale := f.object(q.body, inPayment, "SaleData")
	id := f.object(sale, inPayment+".SaleData", "SaleTransactionID")
	const inID = inPayment + ".SaleData.SaleTransactionID"
	p.merchant = readAcquirerWords(sale.text("SaleToAcquirerData"))
	p.kept = kept{
		Store: q.terminal.Shop, POIID: q.header.poiid, SaleID: q.header.saleID, ServiceID: q.header.serviceID,
		SaleReferenceID: clipped(sale.text("SaleReferenceID"), maxReference), OperatorID: clipped(sale.text("OperatorID"), maxReference),
		ShiftNumber: clipped(sale.text("ShiftNumber"), maxReference), JSON: p.merchant.json, Metadata: p.merchant.metadata(),
		ShopperReference: clipped(p.merchant.get("shopperReference"), maxText), ShopperEmail: clipped(p.merchant.get("shopperEmail"), maxText),
		ShopperStatement: clipped(p.merchant.get("shopperStatement"), maxText), PreAuth: p.merchant.get("authorisationType") == "PreAuth",
	}
	if id != nil {
		p.kept.MerchantReference = f.need(id, inID, "TransactionID")
		p.kept.TimeStamp = clipped(normalStamp(f.need(id, inID, "TimeStamp")), maxReference)
		if len(p.kept.MerchantReference) > maxReference {
			f.add(inID, "TransactionID", "Longer than 80 bytes")
		}
	}
	transaction := f.object(q.body, inPayment, "PaymentTransaction")
	p.kept.CustomerLanguage = clipped(transaction.sub("TransactionConditions").text("CustomerLanguage"), 2)
	if amounts := f.object(transaction, inPayment+".PaymentTransaction", "AmountsReq"); amounts != nil {
		f.amounts(amounts, p)
	}
	p.kept.Tip = p.tip
	p.kept.Warnings = warnings(q.body, transaction, p)
	if data := q.body["PaymentData"]; data != nil && q.body.sub("PaymentData") == nil {
		f.add(inPayment, "PaymentData", "Not an object")
	}
	switch kind := q.body.sub("PaymentData")["PaymentType"].(type) {
	case nil:
	case string:
		if kind == "Refund" {
			p.kind = kassa.Credit
		}
	default: // what may mean a refund is no payment
		f.add(inPayment+".PaymentData", "PaymentType", "Not a string")
	}
	if p.kept.PreAuth || p.merchant.get("manualCapture") == "true" {
		p.capture = kassa.CaptureLater
	}
	return p, f
}

// object gives the object of a field that must be there; the fields of one that is not are not asked for.
func (f *faults) object(o object, at, field string) object {
	if o == nil {
		return nil
	}
	switch v := o[field].(type) {
	case object:
		return v
	case nil:
		f.missing(at, field)
	default:
		f.add(at, field, "Not an object")
	}
	return nil
}

func (f *faults) amounts(o object, p *payment) {
	const at = inPayment + ".PaymentTransaction.AmountsReq"
	p.amount.Currency = kassa.Currency(f.need(o, at, "Currency"))
	if c := p.amount.Currency; c != "" && (len(c) != 3 || strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		f.add(at, "Currency", "Not three capital letters")
	}
	var ok bool
	if p.amount.Minor, ok = f.amount(o, at, "RequestedAmount", p.amount.Currency); !ok {
		f.missing(at, "RequestedAmount")
	} else if p.amount.Minor == 0 && len(*f) == 0 {
		f.add(at, "RequestedAmount", "Must be more than 0")
	}
	p.tip, _ = f.amount(o, at, "TipAmount", p.amount.Currency)
	if p.tip > p.amount.Minor && p.amount.Minor > 0 {
		f.add(at, "TipAmount", "More than RequestedAmount, which includes it")
	}
}

// amount reads a decimal of major units; ok is false when the field is not there.
func (f *faults) amount(o object, at, field string, c kassa.Currency) (minor int64, ok bool) {
	v, there := o[field]
	if !there || v == nil {
		return 0, false
	}
	n, isNumber := v.(number)
	if !isNumber {
		f.add(at, field, "Not a number")
		return 0, true
	}
	minor, fits := minorOf(string(n), c)
	if !fits {
		f.add(at, field, "Not an amount of "+string(c)+" in major units, or too high")
	}
	return minor, true
}

// fieldsOf are the fields that this door knows of an object; a terminal warns of others and goes on.
var fieldsOf = map[string][]string{
	inPayment: {"SaleData", "PaymentTransaction", "PaymentData", "LoyaltyData"},
	inPayment + ".PaymentTransaction": {
		"AmountsReq", "OriginalPOITransaction", "TransactionConditions",
	},
}

// tenderOptions are those that change nothing here beyond what is done anyway, and those that are honoured.
var tenderOptions = []string{"ReceiptHandler", "DontPrintReceipt", "AskGratuity", "ForcedDecline"}

// warnings tells what a payment asks for that is passed over.
func warnings(body, transaction object, p *payment) []string {
	var list []string
	for at, o := range map[string]object{inPayment: body, inPayment + ".PaymentTransaction": transaction} {
		for _, k := range sortedKeys(o) {
			if !slices.Contains(fieldsOf[at], k) && len(list) < 20 {
				list = append(list, "At SaleToPOIRequest."+at+", field '"+clipped(k, 60)+"': Unexpected")
			}
		}
	}
	slices.Sort(list)
	for _, o := range p.merchant.options() {
		if !slices.Contains(tenderOptions, o) && refusedOptions[o] == "" && len(list) < 20 {
			list = append(list, "tenderOption '"+clipped(o, 60)+"': Unexpected")
		}
	}
	return list
}

// refusedOptions are the tender options that would change the payment and that Kassa's terminals lack.
var refusedOptions = map[string]string{
	"AllowPartialAuthorisation": "partial authorisation (tenderOption AllowPartialAuthorisation)",
	"MOTO":                      "mail order and telephone order (tenderOption MOTO)",
	"BypassPin":                 "PIN bypass (tenderOption BypassPin)",
	"AskGiving":                 "donations (tenderOption AskGiving)",
	"SkipAIDPriority":           "choice of application (tenderOption SkipAIDPriority)",
	"EnableMagstripeFallback":   "forced fallback to the magnetic stripe (tenderOption EnableMagstripeFallback)",
}

// notOffered refuses what cannot be done as it is asked for.
func (h *Handler) notOffered(q *request, p *payment) (answer, bool) {
	feature := func(text string) (answer, bool) {
		return failure(nexo.ErrorNotAllowed, pairs{"message": "Not available on this terminal: " + text, keyReason: "feature_not_available"}.form()), true
	}
	data, transaction := q.body.sub("PaymentData"), q.body.sub("PaymentTransaction")
	conditions, amounts := transaction.sub("TransactionConditions"), transaction.sub("AmountsReq")
	for _, o := range p.merchant.options() {
		if text := refusedOptions[o]; text != "" {
			return feature(text)
		}
	}
	switch kind := data.text("PaymentType"); {
	case kind != "" && kind != "Normal" && kind != "Refund":
		return failure(nexo.ErrorUnavailableService, pairs{
			"message": "This terminal does not support PaymentType " + clipped(kind, 40), keyReason: "feature_not_available",
		}.form()), true
	case data["SplitPaymentFlag"] == true, positive(amounts["PaidAmount"]):
		return feature("splitting a bill (SplitPaymentFlag, PaidAmount)")
	case positive(amounts["CashBackAmount"]):
		return feature("cashback (CashBackAmount)")
	case data.sub("Instalment") != nil:
		return feature("instalments (Instalment)")
	case data.sub("CardAcquisitionReference") != nil:
		return feature("a payment after a card acquisition (CardAcquisitionReference)")
	case data.sub("PaymentInstrumentData") != nil && data.sub("PaymentInstrumentData").text("PaymentInstrumentType") != "Card":
		return feature("payment instruments other than cards (PaymentInstrumentData)")
	case transaction.sub("OriginalPOITransaction") != nil:
		return feature("the card of an earlier transaction (OriginalPOITransaction)")
	case len(conditions.texts("ForceEntryMode")) > 0:
		return feature("entry modes by force (ForceEntryMode " + clipped(strings.Join(conditions.texts("ForceEntryMode"), ", "), 60) + ")")
	case len(conditions.texts("AllowedPaymentBrand")) > 0:
		return feature("a choice of brands (AllowedPaymentBrand)")
	case q.body.sub("SaleData").text("TokenRequestedType") != "" || p.merchant.get("recurringProcessingModel")+p.merchant.get("recurringContract") != "":
		return feature("tokens of cards (TokenRequestedType, recurring…)")
	case strings.Trim(p.merchant.get("captureDelayHours"), "0") != "":
		return feature("a capture that happens by itself later (captureDelayHours); manualCapture leaves it to you")
	case p.merchant.get("split.api") != "":
		return feature("splitting a payment between accounts (split.api)")
	}
	return h.notAllowed(q, p)
}

// notAllowed refuses what the merchant's settings do not allow.
func (h *Handler) notAllowed(q *request, p *payment) (answer, bool) {
	no := func(reason, text string) (answer, bool) {
		return failure(nexo.ErrorNotAllowed, pairs{"message": text, keyReason: reason}.form()), true
	}
	merchant := h.Directory.Merchant(q.terminal.Account)
	switch {
	case p.merchant.get("merchantAccount") != "" && p.merchant.get("merchantAccount") != merchant:
		return no("merchant_account", "SaleToAcquirerData merchantAccount is not the terminal's")
	case p.amount.Currency.Numeric() == "":
		return h.refused(q, kassa.CurrencyInvalid), true
	case p.kind != kassa.Credit:
	case q.group.CreditLimit == 0 || string(h.Settings.Setting(q.terminal.TID, settingUnreferenced)) == "false":
		return no("unreferenced_refund_off", "Unreferenced refunds are not enabled for this terminal")
	case p.amount.Minor > q.group.CreditLimit:
		return no("unreferenced_refund_too_high", "The refund exceeds what this terminal may refund without a payment")
	case !q.caller.Refunds:
		return no("key_refunds_nothing", "The role of this API key does not allow refunds")
	case p.capture == kassa.CaptureLater:
		return no("feature_not_available", "A refund cannot be captured later")
	}
	if p.merchant.has("ForcedDecline") {
		a := failure(nexo.ErrorRefusal, pairs{"message": "BLOCK_CARD", "refusalReason": "199 Card blocked", keyReason: "forced_decline"}.form())
		return a, true
	}
	return answer{}, false
}

func positive(v any) bool {
	n, ok := v.(number)
	return ok && strings.Trim(string(n), "0.") != ""
}

// settingUnreferenced is the setting that may switch off what the group's limit allows.
const settingUnreferenced = "refunds.unreferenced.enableUnreferencedRefunds"
