package multisafepay

import (
	"math/big"
	"strconv"
	"strings"

	"kassa"
)

// The totals of a cart. Its prices are in the major unit and without tax, so that they are added up as
// fractions and rounded once, half a cent up: the items in one sum, their tax in another.

// cartLine is one item with what its price depends on.
type cartLine struct {
	where                 string // its name in errors
	item                  object
	price, quantity, rate *big.Rat
}

// net is what the line costs without tax.
func (l cartLine) net() *big.Rat { return new(big.Rat).Mul(l.price, l.quantity) }

func (l cartLine) tax() *big.Rat { return new(big.Rat).Mul(l.net(), l.rate) }

func (l cartLine) gross() *big.Rat { return new(big.Rat).Add(l.net(), l.tax()) }

// unit is the price of one, tax included.
func (l cartLine) unit() *big.Rat {
	return new(big.Rat).Add(l.price, new(big.Rat).Mul(l.price, l.rate))
}

// cents rounds an amount in the major unit, half a cent up.
func cents(major *big.Rat) int64 {
	twice := new(big.Rat).Mul(major, big.NewRat(200, 1))
	twice.Add(twice, big.NewRat(1, 1))
	floor := new(big.Int).Div(twice.Num(), new(big.Int).Mul(twice.Denom(), big.NewInt(2))) // Euclidean: the divisor is positive
	if highest := int64(10 * kassa.MaxMinor); !floor.IsInt64() || floor.Int64() > highest || floor.Int64() < -highest {
		return highest // no order comes to that
	}
	return floor.Int64()
}

type cartTotals struct{ net, tax, gross int64 }

// total is the cart's total as the dialect adds it up.
func (t cartTotals) total() int64 { return t.net + t.tax }

func addUp(lines []cartLine) cartTotals {
	net, tax := new(big.Rat), new(big.Rat)
	for _, l := range lines {
		net.Add(net, l.net())
		tax.Add(tax, l.tax())
	}
	return cartTotals{net: cents(net), tax: cents(tax), gross: cents(new(big.Rat).Add(net, tax))}
}

// checkCart refuses a cart that comes to something else than the order, and keeps its totals. A client
// that rounds once instead of twice may be a cent off.
func checkCart(kept, body object, minor int64) *refusal {
	cart, ok := kept["shopping_cart"].(object)
	if !ok {
		return nil
	}
	items, _ := cart["items"].([]any)
	options, err := child(body, "", "checkout_options")
	if err != nil || len(items) == 0 || options["validate_cart"] == false {
		return nil
	}
	lines, refused := readLines(items, "shopping_cart.items", taxTables(kept))
	if refused != nil {
		return refused
	}
	totals := addUp(lines)
	if totals.total() != minor && totals.gross != minor {
		return field(codeCartAmount, "amount: shopping_cart comes to %d cents with its tax, and the order without a tip to %d", totals.total(), minor)
	}
	kept["order_total"] = decimal(minor)
	kept["order_adjustment"] = object{"total_adjustment": decimal(totals.tax), "total_tax": decimal(totals.tax)}
	return nil
}

// readLines reads the items of a cart in the order in which the dialect numbers their errors.
func readLines(items []any, where string, tables *taxes) ([]cartLine, *refusal) {
	currency := ""
	for i, entry := range items {
		item, ok := entry.(object)
		name := where + "[" + strconv.Itoa(i) + "]"
		if !ok {
			return nil, field(codeCart, "%s must be an object", name)
		}
		if absent(item, "currency") {
			continue
		}
		c, ok := item["currency"].(string)
		switch {
		case !ok || len(c) != 3:
			return nil, field(codeItemCurrency, "%s.currency must be a currency of three letters", name)
		case currency != "" && currency != c:
			return nil, field(codeCartCurrencies, "%s.currency: the items have several currencies", name)
		}
		currency = c
	}
	if currency != "" && currency != string(kassa.EUR) {
		return nil, field(codeCartCurrency, "%s: the items are in another currency than the order", where)
	}
	lines := make([]cartLine, 0, len(items))
	for i, entry := range items {
		line, refused := tables.line(entry.(object), where+"["+strconv.Itoa(i)+"]")
		if refused != nil {
			return nil, refused
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// taxes are the tax tables of a cart, as they are kept.
type taxes struct {
	tables  object
	country string
}

func taxTables(kept object) *taxes {
	t := &taxes{}
	t.tables, _ = kept["checkout_options"].(object)
	customer, _ := kept["customer"].(object)
	t.country, _ = customer["country"].(string)
	return t
}

func (t *taxes) line(item object, name string) (l cartLine, refused *refusal) {
	var ok bool
	if l.price, ok = fraction(item["unit_price"]); !ok {
		return l, field(codeItemPrice, "%s.unit_price must be an amount in euros without tax, such as 12.50", name)
	}
	if l.quantity, ok = fraction(item["quantity"]); !ok {
		return l, field(codeCart, "%s.quantity must be a number", name)
	}
	l.where, l.item = name, item
	l.rate, refused = t.rate(item, name)
	return l, refused
}

// rate is the tax on an item: that of the table that it names, else the default, else none.
func (t *taxes) rate(item object, name string) (*big.Rat, *refusal) {
	if len(t.tables) == 0 {
		return new(big.Rat), nil
	}
	selector, _ := item["tax_table_selector"].(string)
	if selector == "" || selector == "default" {
		table, ok := t.tables["default"].(object)
		if !ok {
			return new(big.Rat), nil
		}
		return taxRate(table, "checkout_options.tax_tables.default")
	}
	alternate, _ := t.tables["alternate"].([]any)
	for _, entry := range alternate {
		if table, ok := entry.(object); ok && table["name"] == selector {
			return t.ruled(table)
		}
	}
	return nil, field(codeItemTax, "%s.tax_table_selector names no table of checkout_options.tax_tables.alternate", name)
}

// ruled finds the rule of a table for the customer's country, else the one for all countries, else the
// first.
func (t *taxes) ruled(table object) (*big.Rat, *refusal) {
	const where = "checkout_options.tax_tables.alternate.rules"
	rules, _ := table["rules"].([]any)
	var chosen object
	for _, entry := range rules {
		rule, ok := entry.(object)
		if !ok {
			return nil, field(codeTaxRate, "%s must be objects with rate and country", where)
		}
		forAll := absent(rule, "country")
		switch {
		case !forAll && rule["country"] == t.country:
			return taxRate(rule, where)
		case chosen == nil || forAll && !absent(chosen, "country"):
			chosen = rule
		}
	}
	if chosen == nil {
		return new(big.Rat), nil
	}
	return taxRate(chosen, where)
}

func taxRate(in object, where string) (*big.Rat, *refusal) {
	if absent(in, "rate") {
		return new(big.Rat), nil
	}
	rate, ok := fraction(in["rate"])
	if !ok || rate.Sign() < 0 || rate.Cmp(big.NewRat(1, 1)) > 0 {
		return nil, field(codeTaxRate, "%s.rate must be a fraction from 0 to 1, such as 0.21", where)
	}
	return rate, nil
}

// fraction reads a number exactly; clients send it as a number or as a string.
func fraction(v any) (*big.Rat, bool) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case number:
		text = string(v)
		if strings.ContainsAny(text, "eE") {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, false
			}
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	before, after, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !digitsOnly(before, 12) || strings.HasSuffix(text, ".") || after != "" && !digitsOnly(after, 20) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// digitsOnly tells whether a text is of 1 to limit digits.
func digitsOnly(text string, limit int) bool {
	return text != "" && len(text) <= limit && strings.Trim(text, "0123456789") == ""
}
