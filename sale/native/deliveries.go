package native

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Errors of Deliveries.
var (
	// ErrNoDelivery tells that there is no delivery with this id.
	ErrNoDelivery = errors.New("native: there is no such delivery")
	// ErrUnderWay tells that a delivery waits for its next try already.
	ErrUnderWay = errors.New("native: the delivery is under way")
)

// deliveryID is the form of a delivery's id: the number of its fact, and who wants it.
var deliveryID = regexp.MustCompile(`^[0-9]{1,20}(-[A-Za-z0-9_-]{1,100})?$`)

// listDeliveries lists webhooks, the newest first, each with its attempts.
func (h *Handler) listDeliveries(w http.ResponseWriter, c *call) *problem {
	q := c.query
	limit, refused := limitOf(q, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	status := q.Get("status")
	if known := []string{"waiting", "delivered", "parked"}; status != "" && !slices.Contains(known, status) {
		return badInput(mistake{Parameter: "status", Detail: fmt.Sprintf("must be one of %v", known)})
	}
	before := q.Get("before")
	if before != "" && !deliveryID.MatchString(before) {
		return badInput(mistake{Parameter: "before", Detail: "must be the next of an earlier page"})
	}
	about := ""
	if q.Has("order") {
		o, refused := h.find(c, q.Get("order"))
		if refused != nil {
			return refused
		}
		about = o.ID()
	}
	list, next, err := h.selectDeliveries(h.feed(c.caller), func(d Delivery) bool {
		return (status == "" || d.Status == status) && (about == "" || d.Order == about)
	}, before, limit)
	if err != nil {
		return unreadable("the deliveries could not be read")
	}
	return answer(w, http.StatusOK, page{Data: list, HasMore: next != "", Next: next})
}

func (h *Handler) selectDeliveries(scopes []string, matches func(Delivery) bool, before string, limit int) (list []Delivery, next string, err error) {
	list = []Delivery{}
	if before != "" {
		before = "webhook/" + before
	}
	for scanned := 0; ; {
		streams, err := h.Records.Newest("webhook", scopes, before, maxPage)
		if err != nil {
			return nil, "", err
		}
		for _, s := range streams {
			d, err := h.Deliveries.Read(s)
			if err != nil {
				return nil, "", err
			}
			if matches(d) {
				if len(list) == limit {
					return list, strings.TrimPrefix(before, "webhook/"), nil
				}
				list = append(list, d)
			}
			before = s.ID
		}
		if scanned += len(streams); len(streams) < maxPage {
			return list, "", nil
		}
		if scanned >= maxScan {
			return list, strings.TrimPrefix(before, "webhook/"), nil
		}
	}
}

// resend sends a webhook again that was delivered or given up, or now one that waits for its next try.
func (h *Handler) resend(w http.ResponseWriter, c *call) *problem {
	return h.handled(w, c, h.Deliveries.Resend, fault("delivery_waiting", "the delivery waits for its next try already"))
}

// ignore gives a webhook up that waits, so that those behind it have their turn.
func (h *Handler) ignore(w http.ResponseWriter, c *call) *problem {
	return h.handled(w, c, h.Deliveries.Ignore, fault("wrong_state", "the delivery does not wait, or is on its way").with("look at its status"))
}

func (h *Handler) handled(w http.ResponseWriter, c *call, handle func(context.Context, string) (Delivery, error), underWay *problem) *problem {
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	if refused := h.seesDelivery(c, c.path["delivery"]); refused != nil {
		return refused
	}
	d, err := handle(context.WithoutCancel(c.Context()), c.path["delivery"])
	switch {
	case errors.Is(err, ErrNoDelivery):
		return fault("delivery_unknown", "there is no delivery with this id")
	case errors.Is(err, ErrUnderWay):
		return underWay
	case err != nil:
		return unreadable("what becomes of the delivery may not have been stored")
	}
	return answer(w, http.StatusAccepted, d)
}

// seesDelivery refuses the deliveries of others as if they were not there.
func (h *Handler) seesDelivery(c *call, id string) *problem {
	if c.caller.operator() {
		return nil
	}
	s, ok, err := h.Records.Load("webhook/" + id)
	if err != nil {
		return unreadable("the delivery could not be read")
	}
	if ok {
		if d, err := h.Deliveries.Read(s); err == nil && (within(h.feed(c.caller), d.Group) || d.Group == "" && within(h.feed(c.caller), d.Account)) {
			return nil
		}
	}
	return fault("delivery_unknown", "there is no delivery with this id")
}
