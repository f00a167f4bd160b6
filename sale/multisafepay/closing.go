package multisafepay

import (
	"context"
	"net/http"
	"slices"
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
			case left <= 0:
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

// closeDay reads one day, and of the journal no more than is left.
func (h *Handler) closeDay(ctx context.Context, scopes []string, day time.Time, left *int) (*closingDay, error) {
	out := &closingDay{date: day}
	end := day.AddDate(0, 0, 1)
	after, err := h.lastBefore(day)
	if err != nil {
		return nil, err
	}
	for *left > 0 && ctx.Err() == nil {
		entries, err := h.Feed.Entries(after, 500)
		if err != nil || len(entries) == 0 {
			return out, err
		}
		*left -= len(entries)
		for _, e := range entries {
			if !e.At.Before(end) {
				return out, nil
			}
			if (e.Kind == "OrderCompleted" || e.Kind == "CaptureTaken" || e.Kind == "RefundTaken") && slices.Contains(scopes, e.Scope) {
				if err := h.addUp(out, e); err != nil {
					return nil, err
				}
			}
		}
		after = entries[len(entries)-1].Seq
	}
	return out, ctx.Err()
}

func (h *Handler) addUp(day *closingDay, e journal.Entry) error {
	event, err := kassa.DecodeEvent(e.Kind, e.Payload)
	if err != nil {
		return err
	}
	o, _, err := h.load(e.Stream)
	if err != nil {
		return err
	}
	taken, isRefund := event.(kassa.RefundTaken)
	captured, isCapture := event.(kassa.CaptureTaken)
	switch {
	case isRefund:
	case isCapture:
		if c := o.CaptureNumbered(captured.Capture.Number); c != nil && c.Status == kassa.CaptureCompleted {
			day.sales += c.Amount.Minor
			day.salesCount++
		}
	case o.Hold != nil: // its captures count
	case o.Kind == kassa.Credit:
		day.refunds += o.Amount.Minor
		day.refundsCount++
	case o.Kind == kassa.Purchase:
		day.sales += o.Amount.Minor
		day.salesCount++
	}
	for _, r := range o.Refunds {
		if r.Number != taken.Refund.Number {
			continue
		}
		switch refundStatus(r.Status) {
		case "completed":
			day.refunds += r.Amount.Minor
			day.refundsCount++
		case "reserved":
			day.uncleared -= r.Amount.Minor
		}
	}
	return nil
}
