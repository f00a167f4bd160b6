// Package receipt writes the receipt of a payment, a decline or a refund: as text for a printer of 32 or
// 42 columns, as a page, and as a PDF.
//
// It says what the card schemes want said: who, where, when, how much, which card by its last four
// digits, which application (AID), how it was read, how its holder was verified, what the issuer
// answered, and the cryptogram that proves it. It never shows more of a card number than its last four
// digits, nor its expiry date (PCI DSS 3.4.1), and why an issuer declined only by the response code.
// It takes committed orders and decides nothing.
package receipt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/estate"
)

// Copy is for whom a receipt is.
type Copy string

// The copies.
const (
	Cardholder Copy = "cardholder"
	Merchant   Copy = "merchant"
)

// Options are how a receipt is written. The zero value is the cardholder's copy in English and UTC.
type Options struct {
	Copy     Copy
	Language string // "en", "nl", "fr", "it", "es", also as in "nl_BE"; English for others
	Zone     *time.Location
}

// Style is how a line looks.
type Style string

// The styles.
const (
	Plain  Style = ""
	Centre Style = "centre"
	Strong Style = "strong" // bold, with its value at the right
	Title  Style = "title"  // centred, bold
	Rule   Style = "rule"
)

// Line is one line: a name with its value, or a text alone.
type Line struct {
	Style       Style
	Name, Value string
}

// Receipt is one paper.
type Receipt struct {
	Language string
	Title    string // for the window of a page and the name of a file
	At       time.Time
	Lines    []Line
}

// writer collects the lines of one receipt.
type writer struct {
	options  Options
	words    map[string]string
	order    *kassa.Order
	merchant estate.Merchant
	out      Receipt
}

// Payment writes the receipt of what the newest attempt that asked the host became: paid, declined, or
// not completed. ok is false when no card was ever read.
func Payment(o *kassa.Order, m estate.Merchant, options Options) (r Receipt, ok bool) {
	attempt, auth := newest(o)
	if auth == nil {
		return r, false
	}
	kind, result := "sale", "declined"
	switch o.Kind {
	case kassa.Credit:
		kind = "refund"
	case kassa.CardCheck:
		kind = "check"
	}
	switch {
	case o.Paid() == auth:
		result = "approved"
	case auth.Reversal != nil || auth.State == kassa.HostUnknown || auth.State == kassa.HostNotSent:
		result = "notCompleted"
	case attempt.Status == kassa.AttemptOpen || auth.State == kassa.HostOpen:
		return r, false
	}
	w := begin(o, m, options, kind, when(o, attempt, auth))
	w.amounts(auth)
	w.card(auth)
	w.verification(auth.Card.CVM, result == "approved")
	w.host(auth)
	w.end(result, auth.Card.CVM == kassa.CVMSignature && result == "approved")
	return w.out, true
}

// Refund writes the receipt of one refund by its number.
func Refund(o *kassa.Order, m estate.Merchant, number int64, options Options) (r Receipt, ok bool) {
	i := slices.IndexFunc(o.Refunds, func(f kassa.Refund) bool { return f.Number == number })
	paid := o.Paid()
	if i < 0 || paid == nil {
		return r, false
	}
	f := o.Refunds[i]
	w := begin(o, m, options, "refund", f.TransmittedAt)
	w.line(Strong, w.word("total"), f.Amount.String())
	w.line(Rule, "", "")
	w.card(paid)
	w.pair("responseCode", f.ResponseCode)
	w.pair("original", paid.RRN)
	w.pair("rrn", f.RRN)
	w.pair("stan", f.STAN)
	w.pair("transaction", fmt.Sprint(f.Number))
	result := "accepted"
	switch f.Status {
	case kassa.RefundCompleted:
		result = "approved"
	case kassa.RefundDeclined:
		result = "declined"
	case kassa.RefundAccepted:
	default: // undone, or on its way there
		result = "voided"
	}
	w.end(result, false)
	return w.out, true
}

// newest finds the newest authorisation with its attempt: the one that paid, where one did.
func newest(o *kassa.Order) (*kassa.Attempt, *kassa.Authorisation) {
	paid := o.Paid()
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		last := o.Attempts[i].Last()
		if last != nil && (paid == nil || last == paid) {
			return &o.Attempts[i], last
		}
	}
	return nil, nil
}

// when is the instant of the receipt: the end of the attempt, else of its request.
func when(o *kassa.Order, attempt *kassa.Attempt, auth *kassa.Authorisation) time.Time {
	switch {
	case o.Paid() == auth && !o.EndedAt.IsZero():
		return o.EndedAt
	case !attempt.EndedAt.IsZero():
		return attempt.EndedAt
	}
	return auth.TransmittedAt
}

func begin(o *kassa.Order, m estate.Merchant, options Options, kind string, at time.Time) *writer {
	w := &writer{options: options, order: o, merchant: m}
	w.out.Language, w.words = language(options.Language)
	if w.options.Zone == nil {
		w.options.Zone = time.UTC
	}
	w.out.At = at.In(w.options.Zone)
	w.out.Title = w.word(kind) + " " + o.Ref
	w.line(Title, m.Name, "")
	w.line(Centre, m.Address, "")
	w.line(Centre, strings.TrimSpace(m.City+" "+m.Country), "")
	w.line(Rule, "", "")
	w.line(Title, w.word(kind), "")
	if o.Environment == string(estate.Test) {
		w.line(Centre, w.word("test"), "")
	}
	w.pair("date", w.out.At.Format("2006-01-02 15:04:05"))
	w.pair("terminal", o.TID)
	w.pair("merchant", o.MID)
	w.pair("order", o.Ref)
	w.line(Rule, "", "")
	return w
}

func (w *writer) word(id string) string { return w.words[id] }

// line adds a line, unless it would be empty.
func (w *writer) line(s Style, name, value string) {
	name, value = clean(name), clean(value)
	if s == Rule || name != "" {
		w.out.Lines = append(w.out.Lines, Line{s, name, value})
	}
}

// pair adds a named value, unless there is none.
func (w *writer) pair(id, value string) {
	if value != "" {
		w.line(Plain, w.word(id), value)
	}
}

func (w *writer) amounts(auth *kassa.Authorisation) {
	if tip := w.order.Tip; tip.Minor > 0 {
		base := auth.Amount
		base.Minor -= tip.Minor
		w.pair("amount", base.String())
		w.pair("tip", kassa.Money{Minor: tip.Minor, Currency: base.Currency}.String())
		w.pair("employee", strings.TrimSpace(tip.EmployeeName+" "+tip.EmployeeID))
	}
	w.line(Strong, w.word("total"), auth.Amount.String())
	w.line(Rule, "", "")
}

func (w *writer) card(auth *kassa.Authorisation) {
	c := auth.Card
	label := c.Label
	if label == "" {
		label = c.Brand
	}
	w.line(Strong, label, "")
	w.pair("card", "**** **** **** "+c.Last4)
	w.pair("aid", c.AID)
	w.pair("psn", c.PSN)
	w.pair("entry", w.word(string(auth.Entry)))
}

func (w *writer) verification(m kassa.CVM, approved bool) {
	id := "cvmNone"
	switch m {
	case kassa.CVMOnlinePIN, kassa.CVMOfflinePIN:
		id = "cvmPINEntered"
		if approved {
			id = "cvmPIN"
		}
	case kassa.CVMSignature:
		id = "cvmSignature"
	case kassa.CVMDevice:
		id = "cvmDevice"
	}
	w.pair("cvm", w.word(id))
}

func (w *writer) host(auth *kassa.Authorisation) {
	if auth.Reversal == nil && auth.State == kassa.HostApproved {
		w.pair("authCode", auth.AuthCode)
	}
	w.pair("responseCode", auth.ResponseCode)
	w.pair("rrn", auth.RRN)
	w.pair("stan", auth.STAN)
	w.pair("cryptogram", auth.Card.Cryptogram)
	w.pair("tvr", auth.Card.TVR)
	w.pair("tsi", auth.Card.TSI)
	if a := w.order.Attempt(); a != nil {
		w.pair("transaction", fmt.Sprint(a.Number))
	}
}

// copyWords are the words for the copies: "merchant" alone is who the merchant is.
var copyWords = map[Copy]string{Cardholder: "cardholder", Merchant: "merchantCopy"}

func (w *writer) end(result string, signature bool) {
	w.line(Rule, "", "")
	w.line(Title, w.word(result), "")
	if result == "notCompleted" {
		w.line(Centre, w.word("noMoney"), "")
	}
	if signature {
		w.line(Plain, w.word("sign"), "")
		w.line(Plain, "______________________________", "")
	}
	copyOf := w.options.Copy
	if copyOf == "" {
		copyOf = Cardholder
	}
	w.line(Centre, w.word(copyWords[copyOf]), "")
	w.line(Centre, w.word("retain"), "")
}

// clean takes control characters out of what merchants and customers wrote: a printer would obey them.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, s))
}
