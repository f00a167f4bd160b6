package main

import (
	"encoding/json"
	"time"

	"kassa"
	"kassa/receipt"
	"kassa/sale/native"
)

// receiptPorts gives the native API the receipts.
type receiptPorts struct{ c *cloud }

func (p receiptPorts) Receipt(o *kassa.Order, ask native.PaperOptions) (native.Paper, bool) {
	return p.paper(o, ask)
}

func (p receiptPorts) paper(o *kassa.Order, ask native.PaperOptions) (receipt.Receipt, bool) {
	group, _ := p.c.registry.Group(o.Scope)
	if ask.Language == "" {
		ask.Language = customerLocale(o)
	}
	options := receipt.Options{Copy: receipt.Copy(ask.Copy), Language: ask.Language, Zone: merchantZone()}
	if ask.Refund != 0 {
		return receipt.Refund(o, group.Merchant, ask.Refund, options)
	}
	return receipt.Payment(o, group.Merchant, options)
}

// merchantZone is the merchants' time: all countries where terminals are offered so far share it.
func merchantZone() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.UTC
	}
	return zone
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
