package multisafepay

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kassa"
	"kassa/journal"
)

// closingDay is what one day in Dutch time took in and paid back.
type closingDay struct {
	date                      time.Time
	sales, refunds, uncleared int64 // uncleared are refunds that the host has not answered yet
	salesCount, refundsCount  int
}

// closingBalances adds up the payments and the refunds of each day, from the facts themselves: an
// order's refund may come long after it.
func (h *Handler) closingBalances(w http.ResponseWriter, c *call) *refusal {
	q := readQuery(c.Request)
	from, until, currency := q.instant("from"), q.instant("until"), q.currency("currency")
	if until.IsZero() {
		until = h.Now()
	}
	until = midnight(until)
	if from.IsZero() {
		from = until
	}
	from = midnight(from)
	if until.Before(from) || until.After(from.AddDate(0, 0, maxClosingDays-1)) {
		q.refuse("from", "must be the day of until or one before it, 31 days in all at most")
	}
	if q.refused != nil {
		return q.refused
	}
	list := []any{}
	if currency == "" || currency == string(kassa.EUR) {
		left := maxClosingFacts
		for day := until; !day.Before(from); day = day.AddDate(0, 0, -1) {
			closed, err := h.closeDay(c.Context(), h.scopes(c.caller), day, &left)
			switch {
			case errors.Is(err, journal.ErrTooMuch):
				q.refuse("from", "asks for more than can be added up in one call: ask for fewer days")
				return q.refused
			case err != nil:
				return worldFailed("the payments could not be read")
			}
			list = append(list, closed.object(c.caller, h.Now()))
		}
	}
	writeJSON(w, http.StatusOK, object{"success": true, "data": list, "page": object{"total": len(list)}})
	return nil
}

func midnight(at time.Time) time.Time {
	y, m, d := at.In(dutch.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, dutch.zone())
}

func (d *closingDay) object(caller Caller, now time.Time) object {
	status := "open"
	if !now.Before(d.date.AddDate(0, 0, 1)) {
		status = "closed"
	}
	return object{
		"account_id": number(caller.Account), "amount": d.sales - d.refunds, "amount_uncleared": d.uncleared, "bic": nil,
		"closing_date": d.date.Format("2006-01-02"), "currency": string(kassa.EUR), "iban": nil, "payout_amount": nil,
		"payout_transaction_id": nil, "refunds_amount": d.refunds, "refunds_count": d.refundsCount,
		"sales_amount": d.sales, "sales_count": d.salesCount, "status": status,
	}
}

// facts are the record as totals are made from it.
type facts struct {
	Feed
	Records
}

// closeDay reads one day, and of the journal no more than is left.
func (h *Handler) closeDay(ctx context.Context, scopes []string, day time.Time, left *int) (*closingDay, error) {
	out := &closingDay{date: day}
	sums, err := journal.Totals(ctx, facts{h.Feed, h.Records}, journal.Period{
		From: day, Until: day.AddDate(0, 0, 1), Scopes: scopes,
		Includes: func(o *kassa.Order) bool { return o.Dialect == Dialect },
	}, left)
	for _, s := range sums {
		out.sales += s.PaymentsMinor
		out.salesCount += s.Payments
		out.refunds += s.RefundsMinor
		out.refundsCount += s.Refunds
		out.uncleared -= s.PendingMinor
	}
	return out, err
}
