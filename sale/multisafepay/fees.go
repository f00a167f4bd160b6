package multisafepay

import (
	"fmt"

	"kassa"
	"kassa/estate"
)

// keepFees keeps the group's fees with an order: what it costs is settled when it is made, and a fee
// that changes later changes no order that was made before.
func keepFees(kept object, group estate.Group) {
	if len(group.Fees) == 0 {
		return
	}
	fees := make([]any, 0, len(group.Fees))
	for _, f := range group.Fees {
		fees = append(fees, []any{f.Method, f.FixedMinor, f.BasisPoints, f.MinimumMinor})
	}
	kept["fees"] = fees
}

// feeOf finds the fee that was agreed for a method; without one of its own, that for all others.
func feeOf(kept object, method string) (estate.Fee, bool) {
	var others estate.Fee
	found := false
	list, _ := kept["fees"].([]any)
	for _, entry := range list {
		values, ok := entry.([]any)
		if !ok || len(values) != 4 {
			continue
		}
		f := estate.Fee{}
		f.Method, _ = values[0].(string)
		f.FixedMinor, _ = whole(values[1])
		f.BasisPoints, _ = whole(values[2])
		f.MinimumMinor, _ = whole(values[3])
		switch f.Method {
		case method:
			return f, true
		case "":
			others, found = f, true
		}
	}
	return others, found
}

// Cost is what a paid order costs the merchant, in cents. It is known once the order is paid, and stays.
type Cost struct {
	Minor       int64
	Description string
}

// CostOf gives the fee of a paid order; ok is false for one that costs nothing: not paid, not a
// payment, or without a fee for its method.
func CostOf(o *kassa.Order) (cost Cost, ok bool) {
	auth := o.Paid()
	if auth == nil || o.AmountPaid() == 0 || o.Dialect != Dialect {
		return Cost{}, false
	}
	method := gatewayCode(auth.Card.Brand)
	f, ok := feeOf(keptWith(*o), method)
	if !ok {
		return Cost{}, false
	}
	return Cost{Minor: f.Of(o.AmountPaid()), Description: feeText(f, method)}, true
}

// feeText says a fee as people do: 1.5 % + 0.10 for VISA transactions.
func feeText(f estate.Fee, method string) string {
	text := ""
	if f.BasisPoints > 0 {
		text = string(decimal(f.BasisPoints)) + " % + "
	}
	text += fmt.Sprintf("%d.%02d", f.FixedMinor/100, f.FixedMinor%100)
	if f.MinimumMinor > 0 {
		text += fmt.Sprintf(", at least %d.%02d,", f.MinimumMinor/100, f.MinimumMinor%100)
	}
	return text + " for " + method + " transactions"
}

// costs lists the fee as the order object does.
func costs(o *kassa.Order) []any {
	cost, ok := CostOf(o)
	if !ok {
		return []any{}
	}
	return []any{object{
		"amount": decimal(cost.Minor), "description": cost.Description, "transaction_id": transactionID(o), "type": "SYSTEM",
	}}
}

// decimal writes cents in the major unit, as the few decimal amounts of the dialect are.
func decimal(minor int64) number {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return number(fmt.Sprintf("%s%d.%02d", sign, minor/100, minor%100))
}
