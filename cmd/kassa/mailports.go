package main

import (
	"bytes"
	"os"

	"kassa/mail"
	"kassa/receipt"
	"kassa/sale/native"
)

// outbox makes the sender of receipts. Without a mail server named, letters go to the simulated one.
func (c *cloud) outbox(o serveOptions) (*mail.Outbox, error) {
	server := mail.Server{
		From: o.mailFrom, User: os.Getenv("KASSA_SMTP_USER"), Password: os.Getenv("KASSA_SMTP_PASSWORD"),
		Address: func() string { return o.smtp },
	}
	if o.smtp == "" {
		server.Plain, server.User = true, ""
		server.Address = func() string {
			a, err := reach(o.simTerminal)
			if err != nil {
				return ""
			}
			return a.Mail
		}
	}
	return mail.New(mail.Config{Store: c.store, Write: c.letter, Send: server.Send, Now: c.now})
}

// letter writes the receipt that somebody wants.
func (c *cloud) letter(w mail.Wish) (l mail.Letter, ok bool, err error) {
	order, ok, err := c.engine.Load(w.Order)
	if err != nil {
		return l, false, err
	}
	var paper receipt.Receipt
	if ok {
		paper, ok = receiptPorts{c}.paper(&order, native.PaperOptions{Refund: w.Refund})
	}
	if !ok {
		return l, false, nil
	}
	group, _ := c.registry.Group(order.Scope)
	var page, file bytes.Buffer
	if err := paper.HTML(&page); err != nil {
		return l, false, err
	}
	if err := paper.PDF(&file); err != nil {
		return l, false, err
	}
	return mail.Letter{
		Subject: group.Merchant.Name + ": " + paper.Title, Text: paper.Text(receipt.Wide), HTML: page.String(),
		PDF: file.Bytes(), Name: "receipt-" + order.ID() + ".pdf",
	}, true, nil
}
