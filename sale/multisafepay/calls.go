package multisafepay

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kassa"
	"kassa/journal"
)

// get shows one order.
func (h *Handler) get(w http.ResponseWriter, c *call) *refusal {
	o, refused := h.findNewest(c)
	if refused != nil {
		return refused
	}
	group, _ := h.Directory.Group(o.Scope)
	writeSuccess(w, orderObject(o, group), nil)
	return nil
}

// findNewest finds the order to show, the newest where several groups of the account have one.
func (h *Handler) findNewest(c *call) (*kassa.Order, *refusal) {
	found, refused := h.find(c)
	if refused != nil {
		return nil, refused
	}
	newest := &found[0]
	for i := range found {
		if found[i].Number > newest.Number {
			newest = &found[i]
		}
	}
	return newest, nil
}

// cancel ends an order that is not paid, and answers with what it has become.
func (h *Handler) cancel(w http.ResponseWriter, c *call) *refusal {
	o, refused := h.findOne(c)
	if refused != nil {
		return refused
	}
	o, reason, err := h.Orders.Cancel(context.WithoutCancel(c.Context()), Dialect, o.Scope, o.Ref)
	switch {
	case err != nil:
		return worldFailed("the cancel may not have been stored")
	case reason != kassa.None:
		return because(reason, "the order cannot be cancelled")
	case o.Status == kassa.Completed:
		return because(kassa.NotCancellable, "the order cannot be cancelled")
	}
	group, _ := h.Directory.Group(o.Scope)
	data := orderObject(&o, group)
	if o.Attempt() == nil {
		data = complete(data, preTransactionFields...)
	}
	writeSuccess(w, data, nil)
	return nil
}

// preTransactionFields are all that the cancel of a pre-transaction answers.
var preTransactionFields = []string{
	"costs", "created", "custom_info", "fastcheckout", "financial_status", "modified", "payment_details",
	"payment_methods", "status",
}

// findOne finds the order that a change is meant for. An account key that meets the same id in
// several groups must not have one picked for it.
func (h *Handler) findOne(c *call) (kassa.Order, *refusal) {
	found, refused := h.find(c)
	if refused != nil {
		return kassa.Order{}, refused
	}
	if len(found) > 1 {
		return kassa.Order{}, &refusal{
			http.StatusNotFound, codeOrderID,
			"order_id: several groups of this account have an order with this id; use the key of its group", causeAmbiguous,
		}
	}
	c.orderID, c.terminal = found[0].Ref, found[0].TID
	return found[0], nil
}

// find gives the orders that the path's id may mean to this caller; at least one.
func (h *Handler) find(c *call) ([]kassa.Order, *refusal) {
	unknown := because(kassa.OrderUnknown, "Invalid transaction ID")
	if !h.orderIDForm.MatchString(c.id) {
		return nil, unknown
	}
	scopes := []string{c.caller.Group}
	if c.caller.Group == "" {
		scopes = h.Directory.Groups(c.caller.Account)
	}
	var found []kassa.Order
	for _, scope := range scopes {
		o, ok, err := h.Orders.Find(c.Context(), Dialect, scope, c.id)
		if err != nil {
			return nil, worldFailed("the order could not be read")
		}
		if ok {
			found = append(found, o)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	o, ok, err := h.byTransaction(c.id, "AttemptOpened")
	if err != nil {
		return nil, worldFailed("the order could not be read")
	}
	if !ok || o.Account != c.caller.Account || (c.caller.Group != "" && o.Scope != c.caller.Group) {
		return nil, unknown
	}
	return []kassa.Order{o}, nil
}

// byTransaction finds the order to which a fact of these kinds gave a number. Numbers are Unix
// microseconds of the instant at which the attempt was opened or the refund taken, or a little ahead
// of it (by seconds after restarts), so that a search in the journal by time leads there: close by
// first, since a minute may hold more than can be read.
func (h *Handler) byTransaction(id string, kinds ...string) (o kassa.Order, ok bool, err error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || len(id) < 15 || id[0] == '0' {
		return kassa.Order{}, false, nil
	}
	left := maxScan
	for _, around := range []time.Duration{5 * time.Millisecond, time.Second, time.Minute} {
		if o, ok, err = h.numberedAround(n, kinds, around, &left); ok || err != nil {
			return o, ok, err
		}
	}
	return kassa.Order{}, false, nil
}

// numberedAround looks through the facts that were noted around the instant that a number tells.
func (h *Handler) numberedAround(number int64, kinds []string, around time.Duration, left *int) (kassa.Order, bool, error) {
	opened := time.UnixMicro(number)
	after, err := journal.LastBefore(h.Feed, opened.Add(-around))
	if err != nil {
		return kassa.Order{}, false, err
	}
	for *left > 0 {
		entries, err := h.Feed.Entries(after, 500)
		if err != nil || len(entries) == 0 {
			return kassa.Order{}, false, err
		}
		for _, e := range entries {
			if e.At.After(opened.Add(min(around, 2*time.Second))) {
				return kassa.Order{}, false, nil
			}
			if slices.Contains(kinds, e.Kind) && gives(e, number) {
				return h.load(e.Stream)
			}
		}
		*left -= len(entries)
		after = entries[len(entries)-1].Seq
	}
	return kassa.Order{}, false, nil
}

func gives(e journal.Entry, number int64) bool {
	event, err := kassa.DecodeEvent(e.Kind, e.Payload)
	if err != nil {
		return false
	}
	switch event := event.(type) {
	case kassa.AttemptOpened:
		return event.Number == number
	case kassa.RefundTaken:
		return event.Refund.Number == number
	}
	return false
}

// load reads the current state of an order of this dialect.
func (h *Handler) load(stream string) (o kassa.Order, ok bool, err error) {
	s, ok, err := h.Records.Load(stream)
	if !ok || err != nil {
		return o, false, err
	}
	if err := json.Unmarshal(s.State, &o); err != nil {
		return o, false, err
	}
	return o, o.Dialect == Dialect, nil
}
