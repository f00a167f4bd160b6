package adyen

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"kassa"
	"kassa/nexo"
)

// Keys that Kassa adds to AdditionalResponse.
const (
	keyReason = "kassa.reason" // a stable code: a kassa.Reason, or the door's own
	keyAdvice = "kassa.advice" // what the cashier can do, in English
	keyOrder  = "kassa.order"
	keyCode   = "kassa.responseCode" // DE39
)

// reconciliation is the POIReconciliationID: periods are not closed through this dialect.
const reconciliation = "1000"

// withPaymentData adds to a failure of a payment what clients read of every one: SaleData as far as the
// request holds it, and a POITransactionID that names no transaction.
func (h *Handler) withPaymentData(q *request, a answer) answer {
	if q.header.category != "Payment" {
		return a
	}
	now := h.Now()
	e := Exchange{TID: q.terminal.TID, At: now, SaleID: q.header.saleID, ServiceID: q.header.serviceID, POIID: q.header.poiid}
	id := q.body.sub("SaleData").sub("SaleTransactionID")
	k := kept{
		MerchantReference: id.text("TransactionID"), TimeStamp: normalStamp(id.text("TimeStamp")),
		SaleReferenceID: q.body.sub("SaleData").text("SaleReferenceID"),
	}
	return dressed(a, k.saleData(), tenderOf(e), now)
}

// saleData is what a response repeats of the sale.
func (k kept) saleData() object {
	sale := object{"SaleTransactionID": object{"TransactionID": k.MerchantReference, "TimeStamp": k.TimeStamp}}
	if k.SaleReferenceID != "" {
		sale["SaleReferenceID"] = k.SaleReferenceID
	}
	return sale
}

func dressed(a answer, sale object, transaction string, at time.Time) answer {
	a.body["SaleData"] = sale
	a.body["POIData"] = poiData(transaction, at)
	a.body["PaymentReceipt"] = []any{}
	return a
}

func poiData(transaction string, at time.Time) object {
	return object{
		"POIReconciliationID": reconciliation,
		"POITransactionID":    object{"TransactionID": transaction, "TimeStamp": stamp(at)},
	}
}

// paymentAnswer is the answer to a payment whose order has ended, or is out of service.
func (h *Handler) paymentAnswer(x *exchange, o *kassa.Order) answer {
	k := keptWith(o)
	body := object{"SaleData": k.saleData(), "POIData": poiData(TransactionID(o), o.ModifiedAt), "PaymentReceipt": []any{}}
	if !o.EndedAt.IsZero() {
		body["POIData"] = poiData(TransactionID(o), o.EndedAt)
	}
	more := h.common(o, k)
	if o.Status == kassa.Completed {
		body["Response"] = object{"Result": string(nexo.ResultSuccess), "AdditionalResponse": additional(k, more)}
		body["PaymentResult"] = h.paymentResult(o, k)
		body["PaymentReceipt"] = h.receipts(o, k)
		return answer{body: body}
	}
	a := answer{body: body}
	reason, wire := ended(o)
	timedOut := (o.End == kassa.CancelledBySale || o.End == kassa.Inactive) && o.EndedAt.Sub(x.record.At) >= h.Timeout
	switch {
	case o.Parked != "":
		reason, wire = "parked", wireReason{errorUnreachableHost, "", "The outcome is not known", "Call support before anything else"}
		a.reject = rejectSilent + "&" + pairs{keyReason: string(reason), keyAdvice: wire.advice}.form()
	case timedOut:
		reason, wire = "timeout", wireReason{errorTimeout, "", "Communication timeout", adviceNothing}
	case reason == kassa.NeverShown:
		a.reject = rejectSilent + "&" + pairs{keyReason: string(reason), keyAdvice: wire.advice}.form()
	}
	more["message"], more[keyReason], more[keyAdvice] = wire.message, string(reason), wire.advice
	if wire.message == "" {
		more["message"] = reason.Text()
	}
	if wire.refusal != "" {
		more["refusalReason"] = wire.refusal
	}
	body["Response"] = object{
		"Result": string(nexo.ResultFailure), "ErrorCondition": string(wire.condition), "AdditionalResponse": additional(k, more),
	}
	if newest(o) != nil {
		body["PaymentResult"] = h.paymentResult(o, k)
	}
	return a
}

// paymentResult is what became of the card.
func (h *Handler) paymentResult(o *kassa.Order, k kept) object {
	au := newest(o)
	card := object{"EntryMode": []any{entryModes[au.Entry]}}
	if brand := brandOf(au.Card.Brand); brand != "" {
		card["PaymentBrand"] = brand
	}
	if au.Card.BIN != "" {
		card["MaskedPan"] = au.Card.BIN + " **** " + au.Card.Last4
	}
	sensitive := object{}
	if au.Card.PSN != "" {
		sensitive["CardSeqNumb"] = au.Card.PSN
	}
	if e := au.Card.Expiry; len(e) == 4 {
		sensitive["ExpiryDate"] = e[2:] + e[:2]
	}
	if len(sensitive) > 0 {
		card["SensitiveCardData"] = sensitive
	}
	result := object{
		"OnlineFlag": au.State != kassa.HostNotSent, "CustomerLanguage": h.language(o.TID, k.CustomerLanguage),
		"PaymentInstrumentData": object{"PaymentInstrumentType": "Card", "CardData": card},
	}
	if o.Kind == kassa.Credit {
		result["PaymentType"] = "Refund"
	}
	if method := methods[au.Card.CVM]; method != "" {
		result["AuthenticationMethod"] = []any{method}
	}
	if o.Status != kassa.Completed {
		return result
	}
	amounts := object{"Currency": string(o.Amount.Currency), "AuthorizedAmount": majorOf(o.Amount)}
	if o.Tip.Minor > 0 {
		amounts["TipAmount"] = majorOf(kassa.Money{Minor: o.Tip.Minor, Currency: o.Amount.Currency})
	}
	result["AmountsResp"] = amounts
	acquirer := object{
		"MerchantID": h.Directory.Merchant(o.Account), "AcquirerPOIID": o.POIID,
		"AcquirerTransactionID": object{"TransactionID": PSPReference(o.Number), "TimeStamp": stamp(o.EndedAt)},
	}
	if au.AuthCode != "" {
		acquirer["ApprovalCode"] = au.AuthCode
	}
	result["PaymentAcquirerData"] = acquirer
	return result
}

var entryModes = map[kassa.Entry]string{
	kassa.Contactless: "Contactless", kassa.Chip: "ICC", kassa.Magstripe: "MagStripe", kassa.Fallback: "MagStripe", kassa.Entered: "Keyed",
}

var posEntryModes = map[kassa.Entry]string{
	kassa.Contactless: "CLESS_CHIP", kassa.Chip: "ICC", kassa.Magstripe: "MAG", kassa.Fallback: "FALLBACK", kassa.Entered: "MKE",
}

// methods of verification. That the customer's own device did it has no word in nexo.
var methods = map[kassa.CVM]string{
	kassa.CVMOnlinePIN: "OnlinePIN", kassa.CVMOfflinePIN: "OfflinePIN", kassa.CVMSignature: "PaperSignature", kassa.CVMDevice: "UnknownMethod",
}

// brandOf is a brand as Adyen writes it.
func brandOf(brand string) string {
	switch brand {
	case "MASTERCARD":
		return "mc"
	case "BANCONTACT":
		return "bcmc"
	}
	return strings.ToLower(brand)
}

// common are the keys of AdditionalResponse that say what happened, as far as it has.
func (h *Handler) common(o *kassa.Order, k kept) pairs {
	at := o.ModifiedAt
	if !o.EndedAt.IsZero() {
		at = o.EndedAt
	}
	local := at.In(h.Zone)
	asked := o.Amount.Minor - (o.Tip.Minor - k.Tip) // a tip that was added on the terminal was not asked for
	p := pairs{
		"merchantReference": k.MerchantReference, "tid": shortTID(o.POIID), "mid": o.MID,
		"transactionReferenceNumber": TenderReference(o), "transactionType": transactionType(o.Kind),
		"iso8601TxDate": stamp(at), "txdate": local.Format("02-01-2006"), "txtime": local.Format("15:04:05"),
		"posOriginalAmountValue": minorText(asked), "posadditionalamounts.originalAmountCurrency": string(o.Amount.Currency),
		"posadditionalamounts.originalAmountValue": minorText(asked), "offline": "false", "giftcardIndicator": "false",
		"posAmountCashbackValue": "0", "posAmountGratuityValue": minorText(o.Tip.Minor), "posAuthAmountCurrency": string(o.Amount.Currency),
		"posAuthAmountValue": minorText(o.Amount.Minor), "transactionLanguage": h.language(o.TID, k.CustomerLanguage), keyOrder: o.ID(),
	}
	for name, v := range k.Metadata {
		p["metadata."+name] = v
	}
	p.add("store", k.Store)
	p.add("shopperReference", k.ShopperReference)
	p.add("shopperEmail", k.ShopperEmail)
	au := newest(o)
	if au == nil {
		return p
	}
	brand := brandOf(au.Card.Brand)
	p["pspReference"], p["posEntryMode"] = PSPReference(o.Number), posEntryModes[au.Entry]
	p.add("AID", au.Card.AID)
	p.add("applicationLabel", au.Card.Label)
	p.add("applicationPreferredName", au.Card.Label)
	p.add("cardBin", au.Card.BIN)
	p.add("cardSummary", au.Card.Last4)
	p.add("cardScheme", brand)
	p.add("cardType", brand)
	p.add("paymentMethod", brand)
	p.add("paymentMethodVariant", brand)
	p.add("cardIssueNumber", au.Card.PSN)
	p.add("tc", strings.ToUpper(au.Card.Cryptogram))
	p.add("acquirerResponseCode", au.ResponseCode)
	p.add(keyCode, au.ResponseCode)
	if e := au.Card.Expiry; len(e) == 4 {
		p["expiryYear"], p["expiryMonth"] = "20"+e[:2], e[2:]
	}
	if o.Status == kassa.Completed {
		p.add("authCode", au.AuthCode)
		p["authorisedAmountCurrency"], p["authorisedAmountValue"] = string(o.Amount.Currency), minorText(o.Amount.Minor)
	}
	return p
}

func (p pairs) add(key, value string) {
	if value != "" {
		p[key] = value
	}
}

func minorText(minor int64) string { return strconv.FormatInt(minor, 10) }

// transactionType is Adyen's word; that of a refund is not documented.
func transactionType(k kassa.OrderKind) string {
	if k == kassa.Credit {
		return "REFUND"
	}
	return "GOODS_SERVICES"
}

// additional is the AdditionalResponse in the form that the request's SaleToAcquirerData had.
func additional(k kept, p pairs) string {
	if !k.JSON {
		return p.form()
	}
	outer, inner := object{}, object{}
	for key, v := range p {
		switch key {
		case "message", "refusalReason", "store":
			outer[key] = v
		default:
			inner[key] = v
		}
	}
	outer["additionalData"] = inner
	return base64.StdEncoding.EncodeToString(encode(outer))
}

// language is the shopper's, where the request says it, or else the terminal's.
func (h *Handler) language(tid, customer string) string {
	if len(customer) == 2 {
		return strings.ToLower(customer)
	}
	return h.terminalLanguage(tid)
}

// terminalLanguage is that of the terminal's screens.
func (h *Handler) terminalLanguage(tid string) string {
	v := strings.Trim(string(h.Settings.Setting(tid, "localization.language")), `"`)
	if len(v) < 2 {
		return "en"
	}
	return strings.ToLower(v[:2])
}
