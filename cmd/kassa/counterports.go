package main

import (
	"context"
	"errors"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/mail"
	"kassa/poilink"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
)

// counterPorts gives the terminals what people want at them: what is started there belongs to the
// dialect of its group.
type counterPorts struct{ c *cloud }

func (p counterPorts) Start(ctx context.Context, t estate.Terminal, s poilink.Start) (poilink.Started, error) {
	origins := map[poilink.Origin]kassa.Origin{
		poilink.OriginManual: kassa.FromKeys, poilink.OriginWebApp: kassa.FromWebApp, poilink.OriginNativeApp: kassa.FromApp,
	}
	kinds := map[poilink.StartKind]kassa.OrderKind{
		poilink.StartPayment: kassa.Purchase, poilink.StartRefund: kassa.Credit, poilink.StartCardCheck: kassa.CardCheck,
	}
	if may, why := t.May(); !may {
		return poilink.Started{Reference: s.Reference, Code: "refused", Text: why}, nil
	}
	o, refused, err := p.c.door.StartAtPOI(ctx, t, multisafepay.AtPOI{
		Reference: s.Reference, Description: s.Description, NotifyURL: s.NotificationURL, SessionID: s.SessionID,
		Origin: origins[s.Origin], Kind: kinds[s.Kind],
		Amount: kassa.Money{Minor: s.AmountMinor, Currency: kassa.Currency(s.Currency)},
	})
	if refused != "" {
		return poilink.Started{Reference: s.Reference, Code: "refused", Text: refused}, err
	}
	return poilink.Started{Reference: s.Reference, Exchange: o.ID()}, err
}

func (p counterPorts) Refund(ctx context.Context, t estate.Terminal, r poilink.Refund) (poilink.RefundAnswer, error) {
	answer := poilink.RefundAnswer{ID: r.ID, Exchange: r.Exchange}
	o, ok, err := p.c.engine.Load(r.Exchange)
	if err != nil {
		return answer, err
	}
	if !ok || o.Scope != t.Group {
		answer.Text = kassa.OrderUnknown.Text()
		return answer, nil
	}
	o, _, reason, err := p.c.engine.Refund(ctx, o.Dialect, o.Scope, o.Ref, kassa.AskRefund{
		Amount: r.AmountMinor, Currency: o.Amount.Currency, Ref: r.ID, Description: r.Description,
	})
	if err != nil {
		return answer, err
	}
	answer.RefundedMinor = o.AmountRefunded()
	if answer.Accepted = reason == kassa.None || reason == kassa.RefundRepeated; !answer.Accepted {
		answer.Text = reason.Text()
	}
	return answer, nil
}

func (p counterPorts) SendReceipt(ctx context.Context, t estate.Terminal, r poilink.Receipt) (poilink.ReceiptAnswer, error) {
	answer := poilink.ReceiptAnswer{ID: r.ID}
	o, ok, err := p.c.engine.Load(r.Exchange)
	if err != nil {
		return answer, err
	}
	if !ok || o.Scope != t.Group {
		answer.Text = kassa.OrderUnknown.Text()
		return answer, nil
	}
	if _, ok := receiptPorts(p).paper(&o, native.PaperOptions{}); !ok {
		answer.Text = "No card was read for this payment, so that it has no receipt"
		return answer, nil
	}
	err = p.c.post.Ask(ctx, mail.Wish{ID: t.Group + "-" + r.ID, Scope: t.Group, Order: o.ID(), To: r.Address})
	if errors.Is(err, mail.ErrAddress) {
		answer.Text = "This is not an e-mail address"
		return answer, nil
	}
	answer.Accepted = err == nil
	return answer, err
}

// maxTotalsFacts bounds what is read for one closing balance: the busiest day of a large account.
const maxTotalsFacts = 2_000_000

func (p counterPorts) Totals(ctx context.Context, t estate.Terminal, q poilink.Totals) (poilink.TotalsAnswer, error) {
	answer := poilink.TotalsAnswer{ID: q.ID, Currency: string(kassa.EUR)}
	zone := merchantZone()
	day, err := time.ParseInLocation(time.DateOnly, q.Day, zone)
	if err != nil {
		answer.Text = "This is no day"
		return answer, nil
	}
	period := journal.Period{Scopes: []string{t.Group}}
	period.From = time.Date(day.Year(), day.Month(), day.Day(), q.StartHour, 0, 0, 0, zone)
	period.Until = time.Date(day.Year(), day.Month(), day.Day()+1, q.StartHour, 0, 0, 0, zone)
	switch q.Level {
	case poilink.TotalsTerminal:
		period.Includes = func(o *kassa.Order) bool { return o.TID == t.TID }
	case poilink.TotalsAccount:
		period.Scopes = nil
		for _, g := range p.c.registry.Groups(t.Account) {
			period.Scopes = append(period.Scopes, g.ID)
		}
	}
	left := maxTotalsFacts
	sums, err := journal.Totals(ctx, p.c.store, period, &left)
	if errors.Is(err, journal.ErrTooMuch) {
		answer.Text = "Too much happened on this day to add it up here"
		return answer, nil
	}
	answer.From, answer.Until = period.From.Format(time.RFC3339), period.Until.Format(time.RFC3339)
	for _, s := range sums {
		answer.Rows = append(answer.Rows, poilink.TotalsRow{
			Brand: s.Brand, Payments: s.Payments, PaymentsMinor: s.PaymentsMinor, TipsMinor: s.TipsMinor,
			Refunds: s.Refunds, RefundsMinor: s.RefundsMinor,
		})
	}
	return answer, err
}
