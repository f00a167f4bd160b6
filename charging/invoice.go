package charging

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"kassa"
	"kassa/journal"
)

// InvoiceBy is who makes the invoice of a session.
type InvoiceBy string

// Who makes invoices (OCPI invoice_creator). Where an operator says neither, the CDR decides: one without an
// invoice_reference_id leaves it to Kassa.
const (
	InvoiceByOperator InvoiceBy = "CPO"
	InvoiceByKassa    InvoiceBy = "PTP"
)

// Invoice is one that Kassa makes, or a credit note that takes one back. Amount is gross, in minor units, and negative on
// a credit note.
type Invoice struct {
	// Number counts from 1 within the account and the year, without a gap.
	Number  int64     `json:"number"`
	Year    int       `json:"year"`
	At      time.Time `json:"at"`
	Amount  int64     `json:"amount"`
	Taxes   []Tax     `json:"taxes,omitempty"`
	Credits string    `json:"credits,omitempty"` // the invoice that it takes back
}

// Name is how people and ledgers name it.
func (i Invoice) Name() string { return fmt.Sprintf("%d-%06d", i.Year, i.Number) }

// invoiced is what the invoices that stand come to.
func (s *Session) invoiced() (sum int64) {
	for _, i := range s.Invoices {
		sum += i.Amount
	}
	return sum
}

// toInvoice is what Kassa's invoices must come to: what the session costs, whether or not it was paid, since the tax is
// due on the supply. It is known once the hold has come to its end and no correction is awaited.
func (s *Session) toInvoice() (price int64, known bool) {
	if !s.State.Final() || !s.CorrectionBy.IsZero() || s.InvoiceBy == InvoiceByOperator {
		return 0, false
	}
	c := s.cdr()
	switch {
	case c != nil && c.Invoice != "":
		return 0, len(s.Invoices) > 0
	case c != nil:
		price = c.Price
	case s.Provisional:
		price = s.Price
	}
	if price < s.Terms.MinCapture {
		price = 0
	}
	return price, true
}

// invoicesDue are the invoices and credit notes that a session lacks, without their numbers.
func (s *Session) invoicesDue(now time.Time) (due []Invoice) {
	want, known := s.toInvoice()
	have := s.invoiced()
	if !known || want == have {
		return nil
	}
	if have > 0 {
		last := s.Invoices[len(s.Invoices)-1]
		credit := Invoice{At: now, Amount: -have, Credits: last.Name()}
		for _, t := range last.Taxes {
			t.Gross, t.Amount = -t.Gross, -t.Amount
			credit.Taxes = append(credit.Taxes, t)
		}
		due = append(due, credit)
	}
	if want > 0 {
		due = append(due, Invoice{At: now, Amount: want, Taxes: s.taxes(want)})
	}
	return due
}

// sequence is where the invoice numbers of an account and a year are.
type sequence struct {
	Account string `json:"account"`
	Year    int    `json:"year"`
	Last    int64  `json:"last"`
}

// number gives the invoices that a session lacks their numbers. The batch that makes them durable takes the numbers in the
// same commit, so that none is lost and none given twice. The caller holds b.numbers until then.
func (b *Book) number(now time.Time, s Session, events []Event) (Session, []Event, journal.Batch, error) {
	due := s.invoicesDue(now)
	if len(due) == 0 {
		return s, events, nil, nil
	}
	year := now.UTC().Year()
	name := "invoices/" + s.Account + "-" + strconv.Itoa(year)
	kept, _, err := b.store.Load(name)
	if err != nil {
		return s, events, nil, err
	}
	seq := sequence{Account: s.Account, Year: year}
	if kept.Version > 0 {
		if err := json.Unmarshal(kept.State, &seq); err != nil {
			return s, events, nil, fmt.Errorf("charging: state of %s: %w", name, err)
		}
	}
	change := journal.Change{Stream: name, Expect: kept.Version, Scope: s.Group}
	for _, i := range due {
		seq.Last++
		i.Number, i.Year = seq.Last, year
		e := ChargingInvoiced{Invoice: i}
		events, s = append(events, e), s.Apply(now, e)
		payload, err := json.Marshal(struct {
			Ref     string  `json:"ref"`
			Invoice Invoice `json:"invoice"`
		}{s.Ref, i})
		if err != nil {
			return s, events, nil, err
		}
		change.Facts = append(change.Facts, journal.Fact{At: now, Kind: "InvoiceNumbered", Scope: s.Group, Payload: payload})
	}
	if change.State, err = json.Marshal(seq); err != nil {
		return s, events, nil, err
	}
	return s, events, journal.Batch{change}, nil
}

// Receivable is what a driver owes an operator: what a session cost less what was captured (spec: shortfall).
type Receivable struct {
	Ref       string         `json:"ref"`
	Account   string         `json:"account"`
	Group     string         `json:"group"`
	Peer      string         `json:"peer"`
	EVSE      string         `json:"evse"`
	Currency  kassa.Currency `json:"currency"`
	Since     time.Time      `json:"since"`
	Why       string         `json:"why,omitempty"`  // why it was not captured
	Card      string         `json:"card,omitempty"` // token: the same for the same card
	Price     int64          `json:"price"`
	Short     int64          `json:"short"` // what was open at first
	Collected int64          `json:"collected"`
	Written   int64          `json:"writtenOff"`
	Reason    string         `json:"reason,omitempty"` // of the write-off
	Open      int64          `json:"open"`
}

// Owing is what is open of the price: neither captured, nor collected otherwise, nor written off.
func (s *Session) Owing() int64 { return max(0, s.Short-s.collected()-s.WrittenOff) }

func (s *Session) collected() (sum int64) {
	for _, c := range s.Collections {
		sum += c.Amount
	}
	return sum
}

// receivable is what is listed of a session; false when nothing was ever open.
func (s *Session) receivable() (r Receivable, ok bool) {
	if s.Short == 0 && len(s.Collections) == 0 && s.WrittenOff == 0 {
		return r, false
	}
	price := s.Price
	if c := s.cdr(); c != nil {
		price = c.Price
	}
	return Receivable{
		Ref: s.Ref, Account: s.Account, Group: s.Group, Peer: s.Peer, EVSE: s.EVSE, Currency: s.Currency, Since: s.EndedAt, Why: s.Why, Card: s.Order.Card.Token,
		Price: price, Short: s.Short, Collected: s.collected(), Written: s.WrittenOff, Reason: s.WriteOffReason, Open: s.Owing(),
	}, true
}

// owe keeps what is open of a session in the same commit: nothing that is open is ever missing from the list.
func (b *Book) owe(now time.Time, before, next Session) (journal.Batch, error) {
	old, _ := before.receivable()
	r, ok := next.receivable()
	if old == r || !ok && old == (Receivable{}) {
		return nil, nil
	}
	name := "receivable/" + next.Ref
	kept, _, err := b.store.Load(name)
	if err != nil {
		return nil, err
	}
	state, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return journal.Batch{{
		Stream: name, Expect: kept.Version, State: state, Open: r.Open > 0, Scope: next.Group,
		Facts: []journal.Fact{{At: now, Kind: "ReceivableChanged", Scope: next.Group, Payload: state}},
	}}, nil
}

// commit makes the events of a session durable, with the invoice numbers and the receivable that follow from them.
func (b *Book) commit(ctx context.Context, now time.Time, before, next Session, version uint64, events []Event) (Session, error) {
	b.numbers.Lock()
	defer b.numbers.Unlock()
	next, events, batch, err := b.number(now, next, events)
	if err != nil {
		return next, err
	}
	owed, err := b.owe(now, before, next)
	if err != nil {
		return next, err
	}
	change, err := change(now, next, version, events)
	if err != nil {
		return next, err
	}
	_, err = b.store.Commit(ctx, append(append(journal.Batch{change}, batch...), owed...))
	return next, err
}
