package multisafepay

import (
	"fmt"
	"net/http"

	"kassa"
)

// What is kept with an order, in the form in which the order object shows it.

// customerFields are the keys of an order object's customer; all are always there.
var customerFields = []string{
	"address1", "address2", "city", "cocnumber", "company_name", "country", "country_name", "email", "first_name",
	"house_number", "last_name", "locale", "phone1", "phone2", "state", "zip_code",
}

const defaultLocale = "en_US"

func (h *Handler) keepFields(body object) (kept object, notifyURL string, refused *refusal) {
	kept = object{}
	for _, name := range []string{"var1", "var2", "var3"} {
		v, err := text(body, "", name, maxVariable)
		if err != nil {
			return nil, "", field(codeVariable, "%s", err)
		}
		kept.keep(name, v)
	}
	var err error
	if kept["custom_info"], err = readCustomInfo(body); err != nil {
		return nil, "", field(codeUnknown, "%s", err)
	}
	if kept["customer"], err = h.readCustomer(body); err != nil {
		return nil, "", field(codeUnknown, "%s", err)
	}
	cart, err := readCart(body)
	if err != nil {
		return nil, "", field(codeCart, "%s", err)
	}
	if cart != nil {
		kept["shopping_cart"] = cart
	}
	options, err := child(body, "", "checkout_options")
	if err != nil {
		return nil, "", field(codeCart, "%s", err)
	}
	if tables, ok := options["tax_tables"].(object); ok {
		kept["checkout_options"] = tables // the answer drops the level in between
	}
	if notifyURL, refused = readNotification(body, kept); refused != nil {
		return nil, "", refused
	}
	if len(encode(kept)) > maxKept {
		return nil, "", &refusal{
			http.StatusRequestEntityTooLarge, codeUnknown,
			fmt.Sprintf("shopping_cart, customer and the other fields kept with the order may have %d bytes at most", maxKept),
			causeField,
		}
	}
	return kept, notifyURL, nil
}

// readNotification keeps where the order's webhooks go, and how.
func readNotification(body, kept object) (string, *refusal) {
	options, err := child(body, "", "payment_options")
	if err != nil {
		return "", field(codeUnknown, "%s", err)
	}
	if err := variants(options, "payment_options.", "notification_url", "notification_method"); err != nil {
		return "", &refusal{http.StatusBadRequest, codeUnknown, err.Error(), causeBody}
	}
	if !absent(options, "notification_method") {
		m := options["notification_method"]
		if m != http.MethodGet && m != http.MethodPost {
			return "", field(codeUnknown, "payment_options.notification_method must be GET or POST")
		}
		kept["notification_method"] = m
	}
	if absent(options, "notification_url") {
		return "", nil
	}
	u, ok := options["notification_url"].(string)
	if !ok {
		return "", field(codeUnknown, "payment_options.notification_url must be a string")
	}
	kept["notification_url"] = u
	return u, nil
}

// keep leaves out what was not sent: every change of an order writes what is kept with it, and
// whoever shows it completes it.
func (o object) keep(name string, v any) {
	if v != nil {
		o[name] = v
	}
}

// readCustomInfo takes custom1 as the clients send it, and custom_1 as the answer names it.
func readCustomInfo(body object) (object, error) {
	info, err := child(body, "", "custom_info")
	if err != nil {
		return nil, err
	}
	kept := object{}
	for _, n := range []string{"1", "2", "3"} {
		name := "custom" + n
		if absent(info, name) {
			name = "custom_" + n
		}
		v, err := text(info, "custom_info.", name, maxVariable)
		if err != nil {
			return nil, err
		}
		kept.keep("custom_"+n, v)
	}
	return kept, nil
}

func (h *Handler) readCustomer(body object) (object, error) {
	customer, err := child(body, "", "customer")
	if err != nil {
		return nil, err
	}
	kept := object{}
	for _, name := range customerFields {
		from := name
		if name == "phone1" && absent(customer, name) {
			from = "phone"
		}
		v, err := text(customer, "customer.", from, maxVariable)
		if err != nil {
			return nil, err
		}
		kept.keep(name, v)
	}
	if l, ok := kept["locale"].(string); !ok || !h.localeForm.MatchString(l) {
		kept["locale"] = defaultLocale
	}
	return kept, nil
}

// readCart completes every item to the keys that the order object shows.
func readCart(body object) (any, error) {
	cart, err := child(body, "", "shopping_cart")
	if cart == nil || err != nil {
		return nil, err
	}
	list, ok := cart["items"].([]any)
	if !ok && !absent(cart, "items") {
		return nil, fmt.Errorf("shopping_cart.items must be an array")
	}
	if len(list) > maxCartItems {
		return nil, fmt.Errorf("shopping_cart.items may have %d entries at most", maxCartItems)
	}
	items := make([]any, 0, len(list))
	for i, entry := range list {
		item, ok := entry.(object)
		if !ok {
			return nil, fmt.Errorf("shopping_cart.items[%d] must be an object", i)
		}
		items = append(items, completeItem(item))
	}
	return object{"items": items}, nil
}

func completeItem(sent object) object {
	item := object{
		"cashback": "", "currency": string(kassa.EUR), "description": "", "image": "", "merchant_item_id": nil,
		"name": nil, "options": []any{}, "product_url": "", "quantity": nil, "tax_table_selector": nil,
		"unit_price": nil, "weight": object{"unit": nil, "value": nil},
	}
	for name := range item {
		if v, ok := sent[name]; ok && v != nil {
			item[name] = v
		}
	}
	return item
}

// keptWith gives back what was kept with an order. An order whose keep cannot be read is shown
// without it: the payment does not depend on it.
func keptWith(o kassa.Order) object {
	kept, err := readKept(o)
	if err != nil {
		return object{}
	}
	return kept
}

// readKept has no limit but the one on bytes: completing a cart adds values to those that came in.
func readKept(o kassa.Order) (object, error) {
	if len(o.Door) == 0 {
		return object{}, nil
	}
	return decodeUpTo(o.Door, len(o.Door))
}

func locale(kept object) string {
	customer, _ := kept["customer"].(object)
	if l, ok := customer["locale"].(string); ok {
		return l
	}
	return defaultLocale
}
