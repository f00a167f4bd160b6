package multisafepay

import (
	"encoding/hex"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the wire has Dutch local time, on machines without a zone database too

	"kassa"
	"kassa/estate"
)

// dutchTime is the zone of the wire. Reading it from the database costs more than the rest of an
// order object, so it is read once.
type dutchTime struct{ zone func() *time.Location }

var dutch = dutchTime{sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.UTC // cannot be: the zone database is part of the program
	}
	return zone
})}

// wireTime writes an instant as the dialect does: Dutch local time without a zone.
func wireTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.In(dutch.zone()).Format("2006-01-02T15:04:05")
}

// wireStatus gives status and financial_status. An order that no terminal has shown is a
// pre-transaction: it has no financial status and no transaction id.
func wireStatus(o *kassa.Order) (status string, financial any) {
	switch o.Status {
	case kassa.Unclaimed, kassa.Waiting, kassa.Offered:
		return "initialized", nil
	case kassa.Refused:
		return "declined", "declined"
	case kassa.Completed:
		if o.Hold != nil {
			return heldStatus(o)
		}
		return paidStatus(o), "completed"
	case kassa.Authorising, kassa.Completing:
		if o.Kind == kassa.Credit {
			return "reserved", "reserved"
		}
	case kassa.Cancelled, kassa.Expired:
		switch attempt := o.Attempt(); {
		case attempt == nil:
			return "cancelled", nil
		case o.Channel.CardAbsent() && attempt.Status == kassa.AttemptDeclined:
			return "declined", "declined"
		}
		return "cancelled", "cancelled"
	}
	return "initialized", "initialized"
}

func paidStatus(o *kassa.Order) string {
	switch refunded := o.AmountRefunded(); {
	case refunded == 0:
		return "completed"
	case refunded < o.AmountPaid():
		return "partial_refunded"
	}
	return "refunded"
}

// orderObject is the order as GET and the webhooks show it.
func orderObject(o *kassa.Order, group estate.Group) object {
	status, financial := wireStatus(o)
	reason, code := wireOutcome(o)
	out := object{
		"amount": o.Amount.Minor, "amount_refunded": o.AmountRefunded(),
		"completed": nil, "costs": costs(o), "created": wireTime(o.CreatedAt), "currency": string(o.Amount.Currency),
		"description": o.Description, "fastcheckout": "NO", "financial_status": financial, "items": nil,
		"modified": wireTime(o.ModifiedAt), "order_id": o.Ref,
		"payment_details": object{}, "payment_methods": nil, "reason": reason, "reason_code": code,
		"related_transactions": relatedTransactions(o), "status": status, "transaction_id": transactionID(o),
	}
	if o.Status == kassa.Completed {
		out["completed"] = wireTime(o.EndedAt)
	}
	kept := keptWith(*o)
	addKept(out, kept)
	addTip(out, o.Tip)
	if status == "completed" && kept[keptShipped] == true {
		out["status"] = "shipped"
	}
	if attempt := o.Attempt(); attempt != nil {
		if auth := attempt.Last(); auth != nil {
			out["payment_details"] = paymentDetails(o, auth, group)
			out["payment_methods"] = []any{paymentMethod(o, auth, financial)}
		}
	}
	return out
}

func addKept(out, kept object) {
	for _, name := range []string{"var1", "var2", "var3"} {
		out[name] = kept[name]
	}
	out["custom_info"] = complete(kept["custom_info"], "custom_1", "custom_2", "custom_3")
	customer := complete(kept["customer"], customerFields...)
	if customer["locale"] == nil {
		customer["locale"] = defaultLocale
	}
	out["customer"] = customer
	for _, name := range append([]string{"shopping_cart", "checkout_options", "order_total", "order_adjustment"}, notedFields...) {
		if v, ok := kept[name]; ok {
			out[name] = v
		}
	}
}

func addTip(out object, tip kassa.Tip) {
	if tip.Minor > 0 {
		out["amount_details"] = object{"tip": tipObject(tip)}
	}
}

func tipObject(tip kassa.Tip) object {
	return object{"amount": tip.Minor, "employee": object{"id": known(tip.EmployeeID), "name": known(tip.EmployeeName)}}
}

func complete(v any, keys ...string) object {
	from, _ := v.(object)
	out := make(object, len(keys))
	for _, k := range keys {
		out[k] = from[k]
	}
	return out
}

func transactionID(o *kassa.Order) any {
	if a := o.Attempt(); a != nil {
		return a.Number
	}
	return nil
}

// wireOutcome gives reason and reason_code: of the approval, of the newest decline, or of the end.
func wireOutcome(o *kassa.Order) (reason, code string) {
	why := o.End
	switch o.Status {
	case kassa.Completed:
		return "Approved", "1000"
	case kassa.Refused:
		why = o.Attempt().Reason
		if auth := o.Attempt().Last(); why == kassa.DeclinedPickUp && auth != nil && !suspectedFraud(auth.ResponseCode) {
			return "Declined", "4999"
		}
	}
	if why == kassa.None {
		return "", ""
	}
	_, _, code, reason, _ = WireReason(why)
	return reason, code
}

// suspectedFraud: of the codes that ask to keep the card, only these two speak of fraud.
func suspectedFraud(responseCode string) bool { return responseCode == "34" || responseCode == "59" }

// paymentDetails has the dialect's complete set of keys; what Kassa does not know is null.
func paymentDetails(o *kassa.Order, auth *kassa.Authorisation, group estate.Group) object {
	card, kept := auth.Card, keptWith(*o)
	token := object{}
	if o.Status == kassa.Completed {
		token, _ = kept["recurring"].(object)
	}
	return object{
		"account_holder_name": kept["holder"], "account_id": nil,
		"acquirer_reference_number":      nil,
		"application_id":                 known(strings.ToLower(card.AID)),
		"authorization_code":             known(auth.AuthCode),
		"card_acceptor_id":               known(o.MID),
		"card_acceptor_location":         known(group.Merchant.City),
		"card_acceptor_name":             known(group.Merchant.Name),
		"card_additional_response_data":  object{"sca_details": object{}},
		"card_authentication_result":     nil,
		"card_entry_mode":                entryMode(auth.Entry),
		"card_expiry_date":               known(card.Expiry),
		"card_funding":                   nil,
		"card_product":                   known(card.Label),
		"card_product_type":              nil,
		"card_program":                   nil,
		"card_sequence_number":           sequenceNumber(card.PSN),
		"card_verification_result":       nil,
		"cardholder_verification_method": verificationMethod(card.CVM),
		"cardholder_verification_result": "UNKNOWN",
		"emv":                            emvAnswer(auth.EMVAnswer),
		"external_transaction_id":        known(auth.RRN),
		"issuer_bin":                     known(card.BIN),
		"issuer_country_code":            nil,
		"last4":                          known(card.Last4),
		"mcc":                            known(group.Merchant.MCC),
		"recurring_flow":                 nil, "recurring_id": token["id"], "recurring_model": token["model"],
		"response_code":       known(auth.ResponseCode),
		"scheme_reference_id": nil,
		"terminal_id":         terminalID(o),
		"type":                known(gatewayCode(card.Brand)),
	}
}

// terminalID is that of a terminal which somebody stands at.
func terminalID(o *kassa.Order) any {
	if o.Channel.CardAbsent() {
		return nil
	}
	return o.TID
}

func paymentMethod(o *kassa.Order, auth *kassa.Authorisation, financial any) object {
	return object{
		"account_holder_name": keptWith(*o)["holder"], "amount": o.Amount.Minor, "card_expiry_date": known(auth.Card.Expiry),
		"currency": string(o.Amount.Currency), "description": o.Description,
		"external_transaction_id": known(auth.RRN), "last4": known(auth.Card.Last4),
		"payment_description": known(brandNames[auth.Card.Brand]), "status": financial, "type": known(gatewayCode(auth.Card.Brand)),
	}
}

var brandNames = map[string]string{
	"VISA": "Visa", "MASTERCARD": "Mastercard", "MAESTRO": "Maestro", "VPAY": "V PAY", "BANCONTACT": "Bancontact",
}

func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func entryMode(e kassa.Entry) any {
	switch e {
	case kassa.Chip:
		return "ICC"
	case kassa.Contactless:
		return "ICC_CONTACTLESS"
	case kassa.Magstripe, kassa.Fallback:
		return "MAGSTRIPE"
	}
	return "UNKNOWN"
}

func verificationMethod(m kassa.CVM) any {
	switch m {
	case kassa.CVMNone:
		return "NO_CVM"
	case kassa.CVMOnlinePIN:
		return "ENCIPHERED_PIN_ONLINE"
	case kassa.CVMOfflinePIN:
		return "PLAINTEXT_PIN_OFFLINE"
	case kassa.CVMSignature:
		return "SIGNATURE"
	case kassa.CVMDevice:
		return "CONSUMER_DEVICE"
	}
	return nil
}

// sequenceNumber shows two digits as the four that the dialect has.
func sequenceNumber(psn string) any {
	if psn == "" || len(psn) > 4 {
		return known(psn)
	}
	return strings.Repeat("0", 4-len(psn)) + psn
}

// emvAnswer shows the issuer's EMV data by tag. They are BER-TLV; what does not parse is left out.
func emvAnswer(data []byte) object {
	out := object{}
	for len(data) > 1 {
		n := 1
		if data[0]&0x1f == 0x1f {
			n = 2
		}
		if len(data) <= n || data[n] > 0x7f || len(data) < n+1+int(data[n]) {
			break
		}
		end := n + 1 + int(data[n])
		out[strings.ToUpper(hex.EncodeToString(data[:n]))] = hex.EncodeToString(data[n+1 : end])
		data = data[end:]
	}
	return out
}

// relatedTransactions lists the captures and the refunds, or is null.
func relatedTransactions(o *kassa.Order) any {
	if len(o.Refunds)+len(o.Captures) == 0 {
		return nil
	}
	list := relatedCaptures(o)
	for _, r := range o.Refunds {
		related := object{
			"amount": r.Amount.Minor, "costs": []any{}, "created": wireTime(r.TransmittedAt),
			"currency": string(r.Amount.Currency), "description": r.Description, "items": nil,
			"modified": wireTime(r.ModifiedAt), "order_id": refundOrderID(o, r),
			"reference_transaction_id": transactionID(o), "status": refundStatus(r.Status),
			"transaction_id": r.Number, "type": "refund",
		}
		if r.Ref != "" {
			related["refund_order_id"] = r.Ref
		}
		list = append(list, related)
	}
	return list
}

// refundOrderID: a refund carries its order's id unless it was given one of its own.
func refundOrderID(o *kassa.Order, r kassa.Refund) string {
	if r.Ref != "" {
		return r.Ref
	}
	return o.Ref
}

func refundStatus(s kassa.RefundStatus) string {
	switch s {
	case kassa.RefundCompleted:
		return "completed"
	case kassa.RefundDeclined:
		return "declined"
	case kassa.RefundVoided:
		return "void"
	}
	return "reserved"
}
