package native

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/journal"
)

// Order is one order as the API shows it; the last five only when it is shown alone.
type Order struct {
	ID             string          `json:"id"`
	Reference      string          `json:"reference"`
	Dialect        string          `json:"dialect"`
	Account        string          `json:"account"`
	Group          string          `json:"group"`
	GroupName      string          `json:"groupName,omitempty"`
	Environment    string          `json:"environment"`
	Kind           kassa.OrderKind `json:"kind,omitempty"`
	Origin         kassa.Origin    `json:"origin,omitempty"`
	Channel        kassa.Channel   `json:"channel,omitempty"`
	Terminal       string          `json:"terminal"`
	POIID          string          `json:"poiid"`
	Amount         kassa.Money     `json:"amount"`
	Tip            kassa.Tip       `json:"tip,omitzero"`
	AmountRefunded int64           `json:"amountRefunded"`
	Description    string          `json:"description,omitempty"`
	Status         kassa.Status    `json:"status"`
	// Reason is why it ended unpaid, or why its last attempt was declined.
	Reason      kassa.Reason `json:"reason,omitempty"`
	ReasonText  string       `json:"reasonText,omitempty"`
	CreatedAt   time.Time    `json:"createdAt"`
	ModifiedAt  time.Time    `json:"modifiedAt"`
	ShownAt     time.Time    `json:"shownAt,omitzero"`
	EndedAt     time.Time    `json:"endedAt,omitzero"`
	Deadline    time.Time    `json:"deadline,omitzero"`
	CancelAsked bool         `json:"cancelAsked,omitempty"`
	Parked      string       `json:"parked,omitempty"`

	Hold     *kassa.Hold     `json:"hold,omitempty"`
	Attempts []kassa.Attempt `json:"attempts,omitempty"`
	Captures []kassa.Capture `json:"captures,omitempty"`
	Refunds  []kassa.Refund  `json:"refunds,omitempty"`
	Timeline []Event         `json:"timeline,omitempty"`
}

func (h *Handler) view(o kassa.Order) Order {
	v := Order{
		ID: o.ID(), Reference: o.Ref, Dialect: o.Dialect, Account: o.Account, Group: o.Scope, Environment: o.Environment,
		Kind: o.Kind, Origin: o.Origin, Channel: o.Channel, Tip: o.Tip, Terminal: o.TID, POIID: o.POIID, Amount: o.Amount, AmountRefunded: o.AmountRefunded(), Description: o.Description,
		Status: o.Status, Reason: o.End, CreatedAt: o.CreatedAt, ModifiedAt: o.ModifiedAt, ShownAt: o.ShownAt,
		EndedAt: o.EndedAt, Deadline: o.Deadline, CancelAsked: o.CancelAsked, Parked: o.Parked,
	}
	if a := o.Attempt(); a != nil && o.Status == kassa.Refused {
		v.Reason = a.Reason
	}
	if v.Reason != kassa.None {
		v.ReasonText = v.Reason.Text()
	}
	if g, ok := h.Registry.Group(o.Scope); ok {
		v.GroupName = g.Name
	}
	return v
}

func statuses() []kassa.Status {
	return []kassa.Status{
		kassa.Unclaimed, kassa.Waiting, kassa.Offered, kassa.Presented, kassa.Authorising, kassa.Completing, kassa.Refused,
		kassa.Completed, kassa.Cancelled, kassa.Expired,
	}
}

var idForm = regexp.MustCompile(`^[0-9A-Z]{1,13}$`)

// orderFilter is what a list is limited to.
type orderFilter struct {
	scopes              []string // nil is all
	terminal, reference string
	status              kassa.Status
	dialect             string
}

func (f orderFilter) matches(o kassa.Order) bool {
	return (f.scopes == nil || slices.Contains(f.scopes, o.Scope)) && (f.terminal == "" || f.terminal == o.TID) &&
		(f.dialect == "" || f.dialect == o.Dialect) &&
		(f.reference == "" || f.reference == o.Ref) && (f.status == "" || f.status == o.Status)
}

// listOrders lists orders, the newest first.
func (h *Handler) listOrders(w http.ResponseWriter, c *call) *problem {
	q := c.query
	limit, refused := limitOf(q, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	tid, refused := h.bare(terminalID, q.Get("terminal"))
	if refused != nil {
		return refused
	}
	f := orderFilter{terminal: tid, reference: q.Get("reference"), status: kassa.Status(q.Get("status"))}
	if f.status != "" && !slices.Contains(statuses(), f.status) {
		return badInput(mistake{Parameter: "status", Detail: fmt.Sprintf("must be one of %v", statuses())})
	}
	if f.scopes, refused = h.groupsNamed(c, q.Get("group")); refused != nil {
		return refused
	}
	before := q.Get("before")
	if before != "" && !idForm.MatchString(before) {
		return badInput(mistake{Parameter: "before", Detail: "must be the next of an earlier page"})
	}
	orders, next, err := h.selectOrders(c.Context(), f, before, limit)
	if err != nil {
		return unreadable("the orders could not be read")
	}
	list := []Order{}
	for _, o := range orders {
		list = append(list, h.view(o))
	}
	return answer(w, http.StatusOK, page{Data: list, HasMore: next != "", Next: next})
}

// page is a part of a list; Next, when there is more, is the cursor of the following part.
type page struct {
	Data    any    `json:"data"`
	HasMore bool   `json:"has_more"`
	Next    string `json:"next,omitempty"`
}

func (h *Handler) selectOrders(ctx context.Context, f orderFilter, before string, limit int) (list []kassa.Order, next string, err error) {
	if f.reference != "" {
		found, err := h.byReference(ctx, f.scopes, f.reference)
		for _, o := range found {
			if f.matches(o) && (before == "" || o.ID() < before) {
				list = append(list, o)
			}
		}
		return list, "", err
	}
	if before != "" {
		before = "order/" + before
	}
	for scanned := 0; ; {
		streams, err := h.Records.Newest("order", f.scopes, before, maxPage)
		if err != nil {
			return nil, "", err
		}
		for _, s := range streams {
			o, err := readOrder(s)
			if err != nil {
				return nil, "", err
			}
			if f.matches(o) {
				if len(list) == limit {
					return list, strings.TrimPrefix(before, "order/"), nil
				}
				list = append(list, o)
			}
			before = s.ID
		}
		if scanned += len(streams); len(streams) < maxPage {
			return list, "", nil
		}
		if scanned >= maxScan {
			return list, strings.TrimPrefix(before, "order/"), nil
		}
	}
}

func readOrder(s journal.Stream) (o kassa.Order, err error) {
	if err = json.Unmarshal(s.State, &o); err != nil {
		return o, fmt.Errorf("native: state of %s: %w", s.ID, err)
	}
	return o, nil
}

// groupsNamed gives the groups that the caller means by an id or a name, or all that it sees.
func (h *Handler) groupsNamed(c *call, name string) ([]string, *problem) {
	if name == "" {
		return h.scopes(c.caller), nil
	}
	id, refused := h.bare(groupID, name)
	if refused != nil {
		return nil, refused
	}
	var scopes []string
	for _, g := range h.groupsOf(c.caller) {
		if g.ID == id || strings.EqualFold(g.Name, name) {
			scopes = append(scopes, g.ID)
		}
	}
	if scopes == nil {
		return nil, badInput(mistake{Parameter: "group", Detail: "must be the id or the name of a terminal group"})
	}
	return scopes, nil
}

// byReference gives the orders of some groups with a merchant's reference, the newest first.
func (h *Handler) byReference(ctx context.Context, scopes []string, ref string) (list []kassa.Order, err error) {
	for _, g := range h.groupsOf(Caller{}) {
		if !within(scopes, g.ID) {
			continue
		}
		for _, dialect := range h.Dialects {
			o, ok, err := h.Orders.Find(ctx, dialect, g.ID, ref)
			if err != nil {
				return nil, err
			}
			if ok {
				list = append(list, o)
			}
		}
	}
	slices.SortFunc(list, func(a, b kassa.Order) int { return cmp.Compare(b.Number, a.Number) })
	return list, nil
}

// find gives the order that the path means: by its id, or by a reference that only one has.
func (h *Handler) find(c *call, given string) (kassa.Order, *problem) {
	scopes := h.scopes(c.caller)
	if idForm.MatchString(given) {
		s, ok, err := h.Records.Load("order/" + given)
		if err != nil {
			return kassa.Order{}, unreadable("the order could not be read")
		}
		if ok {
			o, err := readOrder(s)
			if err != nil {
				return o, unreadable("the order could not be read")
			}
			if !within(scopes, o.Scope) {
				return kassa.Order{}, noOrder()
			}
			return o, nil
		}
	}
	if len(given) > maxReference {
		return kassa.Order{}, noOrder()
	}
	found, err := h.byReference(c.Context(), scopes, given)
	switch {
	case err != nil:
		return kassa.Order{}, unreadable("the order could not be read")
	case len(found) == 0:
		return kassa.Order{}, noOrder()
	case len(found) > 1:
		var ids []string
		for _, o := range found {
			ids = append(ids, o.ID())
		}
		return kassa.Order{}, fault("ambiguous", "several groups have an order with this reference").
			with("use one of their ids: " + strings.Join(ids, ", "))
	}
	return found[0], nil
}

func noOrder() *problem {
	p := fault(string(kassa.OrderUnknown), "there is no order with this id or reference")
	p.Status, p.Title = http.StatusNotFound, "Not found"
	return p
}

// showOrder shows one order with its attempts, its refunds and all that happened to it.
func (h *Handler) showOrder(w http.ResponseWriter, c *call) *problem {
	o, refused := h.find(c, c.path["order"])
	if refused != nil {
		return refused
	}
	full, err := h.whole(c.caller, o)
	if err != nil {
		return unreadable("the order could not be read")
	}
	return answer(w, http.StatusOK, full)
}

func (h *Handler) whole(who Caller, o kassa.Order) (Order, error) {
	v := h.view(o)
	v.Hold, v.Attempts = o.Hold, o.Attempts
	for _, capture := range o.Captures {
		capture.Door = nil // the dialect's own
		v.Captures = append(v.Captures, capture)
	}
	for _, r := range o.Refunds {
		r.Door = nil
		v.Refunds = append(v.Refunds, r)
	}
	var err error
	v.Timeline, err = h.timeline(who, o)
	return v, err
}

func (h *Handler) cancelOrder(w http.ResponseWriter, c *call) *problem {
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	o, refused := h.find(c, c.path["order"])
	if refused != nil {
		return refused
	}
	o, reason, err := h.Orders.Cancel(context.WithoutCancel(c.Context()), o.Dialect, o.Scope, o.Ref)
	switch {
	case err != nil:
		return unreadable("the cancel may not have been stored")
	case reason != kassa.None:
		return because(reason)
	case o.Status == kassa.Completed:
		return because(kassa.NotCancellable)
	}
	return answer(w, http.StatusOK, h.view(o))
}

// refundRequest is the body of a refund.
type refundRequest struct {
	// Amount in minor units; 0, or left out, for all that is left.
	Amount      int64  `json:"amount"`
	ID          string `json:"id"` // the same one again is the same refund
	Description string `json:"description"`
}

var refundIDForm = regexp.MustCompile(`^[A-Za-z0-9/_.-]{1,50}$`)

const maxDescription = 200

func (r *refundRequest) check(c *call) *problem {
	key := c.Header.Values("Idempotency-Key")
	switch {
	case len(key) > 1 || len(key) == 1 && r.ID != "" && r.ID != strings.Trim(key[0], `"`):
		return badInput(mistake{Header: "Idempotency-Key", Detail: "and id are the same thing: give one"})
	case len(key) == 1:
		r.ID = strings.Trim(key[0], `"`) // a structured field's string (RFC 8941)
	}
	switch {
	case r.ID == "":
		return badInput(mistake{Pointer: "/id", Detail: "or the header Idempotency-Key must be there, so that a repeat pays nothing twice"})
	case !refundIDForm.MatchString(r.ID):
		return badInput(mistake{Pointer: "/id", Detail: "must be 1 to 50 letters, digits and / _ . -"})
	case r.Amount < 0 || r.Amount > kassa.MaxMinor:
		return badInput(mistake{Pointer: "/amount", Detail: fmt.Sprintf("must be from 1 to %d, or 0 or left out for all that is left", kassa.MaxMinor)})
	case len(r.Description) > maxDescription:
		return badInput(mistake{Pointer: "/description", Detail: fmt.Sprintf("may have %d bytes at most", maxDescription)})
	}
	return nil
}

// refundOrder pays back all that is left, or a part. The refund's id makes it repeatable.
func (h *Handler) refundOrder(w http.ResponseWriter, c *call) *problem {
	var ask refundRequest
	if refused := c.body(w, &ask); refused != nil {
		return refused
	}
	if refused := ask.check(c); refused != nil {
		return refused
	}
	o, refused := h.find(c, c.path["order"])
	if refused != nil {
		return refused
	}
	if known := refundWith(o, ask.ID); known != nil {
		return again(w, *known, ask)
	}
	o, number, reason, err := h.Orders.Refund(context.WithoutCancel(c.Context()), o.Dialect, o.Scope, o.Ref, kassa.AskRefund{
		Amount: ask.Amount, Currency: o.Amount.Currency, Ref: ask.ID, Description: ask.Description,
	})
	if err != nil {
		return unreadable("the refund may not have been stored; send it again with the same id")
	}
	if reason != kassa.None {
		if known := refundWith(o, ask.ID); known != nil { // the same one came in meanwhile
			return again(w, *known, ask)
		}
		return because(reason)
	}
	for _, r := range o.Refunds {
		if r.Number == number {
			r.Door = nil
			return answer(w, http.StatusCreated, r)
		}
	}
	return unreadable("the refund is stored, but could not be read again")
}

// refundWith finds the order's refund with an id; a declined one may be asked for again.
func refundWith(o kassa.Order, id string) *kassa.Refund {
	for _, r := range o.Refunds {
		if r.Ref == id && r.Status != kassa.RefundDeclined {
			r.Door = nil
			return &r
		}
	}
	return nil
}

func again(w http.ResponseWriter, known kassa.Refund, ask refundRequest) *problem {
	if (ask.Amount != 0 && ask.Amount != known.Amount.Minor) || ask.Description != known.Description {
		return fault("idempotency_mismatch", fmt.Sprintf("the order has a refund with this id already, of %s", known.Amount)).
			with("use a new id for a new refund")
	}
	w.Header().Set("Idempotency-Replayed", "true")
	return answer(w, http.StatusOK, known)
}
