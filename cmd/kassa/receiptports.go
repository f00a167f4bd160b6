package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"kassa"
	"kassa/receipt"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
)

// receiptPorts gives the native API the receipts.
type receiptPorts struct{ c *cloud }

func (p receiptPorts) MayOperate(key string) bool { return nativePorts(p).MayOperate(key) }

func (p receiptPorts) Receipt(id string, o native.PaperOptions) (native.Paper, bool, error) {
	order, ok, err := p.order(id)
	if err != nil || !ok {
		return nil, false, err
	}
	r, ok := p.paper(&order, o)
	return r, ok, nil
}

func (p receiptPorts) paper(o *kassa.Order, ask native.PaperOptions) (receipt.Receipt, bool) {
	group, _ := p.c.registry.Group(o.Scope)
	if ask.Language == "" {
		ask.Language = customerLocale(o)
	}
	options := receipt.Options{Copy: receipt.Copy(ask.Copy), Language: ask.Language, Zone: p.zone()}
	if ask.Refund != 0 {
		return receipt.Refund(o, group.Merchant, ask.Refund, options)
	}
	return receipt.Payment(o, group.Merchant, options)
}

// zone is the merchants': all countries where terminals are offered so far share it.
func (p receiptPorts) zone() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.UTC
	}
	return zone
}

// order finds an order by its id, or by the merchant's reference where one group alone has it.
func (p receiptPorts) order(id string) (o kassa.Order, ok bool, err error) {
	if o, ok, err = p.c.engine.Load(strings.ToUpper(id)); ok || err != nil {
		return o, ok, err
	}
	found := 0
	for _, a := range p.c.registry.Accounts() {
		for _, g := range p.c.registry.Groups(a.ID) {
			one, ok, err := p.c.engine.Find(context.Background(), multisafepay.Dialect, g.ID, id)
			if err != nil {
				return o, false, err
			}
			if ok {
				o, found = one, found+1
			}
		}
	}
	return o, found == 1, nil
}

// customerLocale is the language that the cash register named for the customer.
func customerLocale(o *kassa.Order) string {
	var kept struct {
		Customer struct {
			Locale string `json:"locale"`
		} `json:"customer"`
	}
	if len(o.Door) == 0 || json.Unmarshal(o.Door, &kept) != nil {
		return ""
	}
	return kept.Customer.Locale
}
