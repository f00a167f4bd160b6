package multisafepay

import (
	"net/http"
	"strings"

	"kassa"
)

// gateway is a payment method under the code by which the dialect knows it.
type gateway struct {
	id, name string
	brands   []string // what the terminal calls the cards that it stands for
	country  string   // the only one where it is of use; empty for all
}

var gateways = []gateway{
	{"VISA", "Visa", []string{"VISA", "VPAY"}, ""},
	{"MASTERCARD", "Mastercard", []string{"MASTERCARD"}, ""},
	{"MAESTRO", "Maestro", []string{"MAESTRO"}, ""},
	{"MISTERCASH", "Bancontact", []string{"BANCONTACT"}, "BE"},
}

// anyCard is the method of whichever card the customer has.
const anyCard = "CREDITCARD"

// gatewayCode is the code of the cards that a terminal calls by a brand.
func gatewayCode(brand string) string {
	for _, g := range gateways {
		for _, b := range g.brands {
			if b == brand {
				return g.id
			}
		}
	}
	return brand
}

func gatewayByID(id string) (gateway, bool) {
	for _, g := range gateways {
		if strings.EqualFold(g.id, id) {
			return g, true
		}
	}
	return gateway{}, false
}

func (g gateway) object() object { return object{"id": g.id, "description": g.name} }

func noGateway() *refusal {
	return &refusal{http.StatusNotFound, codeTerminal, "No gateway (payment method) available", causeField}
}

func (h *Handler) listGateways(w http.ResponseWriter, c *call) *refusal {
	q := readQuery(c.Request)
	country := q.country("country")
	if q.refused != nil {
		return q.refused
	}
	list := []any{}
	for _, g := range gateways {
		if g.usedIn(country) {
			list = append(list, g.object())
		}
	}
	writeList(w, list, nil)
	return nil
}

func (g gateway) usedIn(country string) bool {
	return country == "" || g.country == "" || g.country == country
}

func (h *Handler) getGateway(w http.ResponseWriter, c *call) *refusal {
	g, ok := gatewayByID(c.values["gateway_id"])
	if !ok {
		return noGateway()
	}
	writeSuccess(w, g.object(), nil)
	return nil
}

func (h *Handler) listPaymentMethods(w http.ResponseWriter, c *call) *refusal {
	q := readQuery(c.Request)
	country, currency := q.country("country"), q.currency("currency")
	amount := q.whole("amount", 1, kassa.MaxMinor, 1, "of cents from 1 to 999999999999")
	grouped := q.among("group_cards", []string{"0", "1", "false", "true"})
	kind := q.among("type", []string{"payment-method", "coupon"})
	if q.refused != nil {
		return q.refused
	}
	list := []any{}
	if kind == "coupon" || amount < 1 || currency != "" && currency != string(kassa.EUR) {
		writeList(w, list, nil)
		return nil
	}
	var cards []any
	for _, g := range gateways {
		switch {
		case !g.usedIn(country):
		case grouped == "1" || grouped == "true":
			cards = append(cards, object{
				"allowed_countries": g.countries(), "icon_urls": noIcons(), "id": strings.ToLower(g.id), "name": g.name,
			})
		default:
			list = append(list, g.paymentMethod(nil))
		}
	}
	if cards != nil {
		list = append(list, gateway{id: anyCard, name: "Card payment"}.paymentMethod(cards))
	}
	writeList(w, list, nil)
	return nil
}

func (h *Handler) getPaymentMethod(w http.ResponseWriter, c *call) *refusal {
	g, ok := gatewayByID(c.values["gateway_id"])
	if !ok {
		return noGateway()
	}
	writeSuccess(w, g.paymentMethod(nil), nil)
	return nil
}

func (g gateway) countries() []any {
	if g.country == "" {
		return []any{}
	}
	return []any{g.country}
}

func noIcons() object { return object{"large": nil, "medium": nil, "vector": nil} }

// paymentMethod is the method as a checkout page asks for it.
func (g gateway) paymentMethod(brands []any) object {
	if brands == nil {
		brands = []any{}
	}
	return object{
		"additional_data": object{}, "allowed_amount": object{"min": 1, "max": int64(kassa.MaxMinor)},
		"allowed_countries": g.countries(), "allowed_currencies": []any{string(kassa.EUR)},
		"apps": object{
			"fastcheckout":       object{"is_enabled": false},
			"payment_components": object{"is_enabled": false, "has_fields": false, "qr": object{"supported": false}},
		},
		"brands": brands, "description": g.name, "icon_urls": noIcons(), "id": g.id, "label": nil, "name": g.name,
		"preferred_countries": []any{}, "required_customer_data": []any{}, "shopping_cart_required": false,
		"tokenization": object{"is_enabled": false, "models": nil}, "type": "payment-method",
	}
}

// listIssuers: Kassa takes cards and no bank transfers, so that there is no bank to choose.
func (h *Handler) listIssuers(w http.ResponseWriter, c *call) *refusal {
	switch strings.ToLower(c.values["gateway_id"]) {
	case "ideal", "mybank":
		writeList(w, []any{}, nil)
		return nil
	}
	return noGateway()
}

// categories are MultiSafepay's own of shops.
var categories = []object{
	{"code": 100, "description": "Gifts and gadgets"}, {"code": 101, "description": "Electronics and computers"},
	{"code": 102, "description": "Games"}, {"code": 103, "description": "Health"},
	{"code": 104, "description": "House and garden"}, {"code": 105, "description": "Office supplies"},
	{"code": 106, "description": "Kids and toys"}, {"code": 107, "description": "Nutrition"},
	{"code": 108, "description": "Fashion and care"}, {"code": 109, "description": "Music, movies and books"},
	{"code": 110, "description": "Sport, leisure and hobby"}, {"code": 111, "description": "Phone and internet"},
	{"code": 112, "description": "Holiday and travel"}, {"code": 113, "description": "Sale and auctions"},
	{"code": 114, "description": "Other"}, {"code": 999, "description": "Adult"},
}

func (h *Handler) listCategories(w http.ResponseWriter, _ *call) *refusal {
	list := make([]any, 0, len(categories))
	for _, c := range categories {
		list = append(list, c)
	}
	writeList(w, list, nil)
	return nil
}
