package multisafepay

import (
	"math/big"
	"net/http"
	"strconv"
	"strings"

	"kassa"
	"kassa/estate"
)

// receipt is the receipt of an order that a card has been presented for, whatever came of it. The two
// documents of it contradict each other: the clients written for lists of items and tips ask for them
// with ?format=sdk, all others get objects.
func (h *Handler) receipt(w http.ResponseWriter, c *call) *refusal {
	format := c.URL.Query().Get("format")
	if format != "" && format != formatSDK && format != formatDocs {
		return field(codeUnknown, "format must be docs or sdk")
	}
	o, refused := h.findNewest(c)
	if refused != nil {
		return refused
	}
	attempt := o.Attempt()
	if attempt == nil || attempt.Last() == nil {
		return &refusal{
			http.StatusNotFound, codeOrderID,
			"Invalid transaction ID: no card has been presented for this order, so that there is no receipt", string(kassa.NotRefundable),
		}
	}
	group, _ := h.Directory.Group(o.Scope)
	body := object{
		"merchant":             object{"name": group.Merchant.Name, "address": merchantAddress(group.Merchant)},
		"order":                receiptOrder(o),
		"payment":              receiptPayment(o, attempt.Last(), group),
		"printed_on":           wireTime(h.Now()),
		"related_transactions": relatedTransactions(o),
	}
	if format == formatSDK {
		asLists(body)
	}
	writeSuccess(w, body, nil)
	return nil
}

// The shapes of a receipt.
const (
	formatDocs = "docs"
	formatSDK  = "sdk"
)

func merchantAddress(m estate.Merchant) string {
	return strings.TrimSpace(m.Address + " " + m.City)
}

func receiptOrder(o *kassa.Order) object {
	status, financial := wireStatus(o)
	refunded := o.AmountRefunded()
	out := object{
		"amount": o.Amount.Minor, "amount_refunded": refunded, "amountrefunded": refunded, "completed": nil,
		"created": wireTime(o.CreatedAt), "currency": string(o.Amount.Currency), "description": o.Description,
		"financial_status": financial, "items": nil, "modified": wireTime(o.ModifiedAt), "order_id": o.Ref,
		"status": status, "tip": nil, "transaction_id": strconv.FormatInt(o.Attempt().Number, 10), "type": receiptType(o.Kind),
	}
	if o.Status == kassa.Completed {
		out["completed"] = wireTime(o.EndedAt)
	}
	if o.Tip.Minor > 0 {
		out["tip"] = tipObject(o.Tip)
	}
	if items := receiptItems(keptWith(*o)); len(items) > 0 {
		out["items"] = object{"items": items}
	}
	return out
}

func receiptType(k kassa.OrderKind) string {
	switch k {
	case kassa.Credit:
		return "refund"
	case kassa.CardCheck:
		return "card_check"
	}
	return "payment"
}

// receiptItems are the items of the cart with the prices that the customer paid: in cents, tax included.
// A cart that does not add up has none.
func receiptItems(kept object) []any {
	cart, _ := kept["shopping_cart"].(object)
	items, _ := cart["items"].([]any)
	lines, refused := readLines(items, "shopping_cart.items", taxTables(kept))
	if refused != nil {
		return nil
	}
	list := make([]any, 0, len(lines))
	for _, l := range lines {
		list = append(list, object{
			"currency": string(kassa.EUR), "item_price": cents(l.gross()), "name": l.item["name"],
			"quantity": quantity(l.quantity), "unit_price": cents(l.unit()),
		})
	}
	return list
}

func quantity(q *big.Rat) any {
	if q.IsInt() && q.Num().IsInt64() {
		return q.Num().Int64()
	}
	return number(exact(q))
}

// receiptPayment is of the newest try: a receipt shows how the order stands.
func receiptPayment(o *kassa.Order, auth *kassa.Authorisation, group estate.Group) object {
	all := paymentDetails(o, auth, group)
	out := complete(all, "application_id", "authorization_code", "card_acceptor_location", "card_entry_mode", "card_expiry_date",
		"card_product", "card_sequence_number", "cardholder_verification_method", "external_transaction_id", "issuer_bin",
		"issuer_country_code", "last4", "response_code", "terminal_id")
	out["payment_method"] = all["type"]
	return out
}

// asLists gives a receipt the shape that MultiSafepay's Python client reads: it takes a single related
// transaction, of which the newest says most.
func asLists(body object) {
	order, _ := body["order"].(object)
	if items, ok := order["items"].(object); ok {
		order["items"] = items["items"]
	}
	if tip, ok := order["tip"].(object); ok {
		order["tip"] = []any{object{"amount": tip["amount"], "employee": []any{tip["employee"]}}}
	}
	if related, ok := body["related_transactions"].([]any); ok {
		body["related_transactions"] = related[len(related)-1]
	}
}
