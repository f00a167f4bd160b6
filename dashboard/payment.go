package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/journal"
)

type paymentView struct {
	frame
	paymentRow
	Reason   string
	Group    string
	Merchant string
	Page     string // the virtual terminal's
	Hops     []Hop
	Took     string // to the screen, and to the end
	Receipt  string
	Webhooks []webhookView
	CallList []Call
	Reversed []reversal
	Doctor   *panel // nil for a payment that is well
}

type webhookView struct {
	Webhook
	Badge Badge
	Shown string // its body, masked
}

// reversal is an obligation to undo an authorisation.
type reversal struct {
	STAN, RRN string
	Why       string
	kassa.Reversal
}

func (h *Handler) payment(w http.ResponseWriter, r *http.Request) {
	id := strings.ToUpper(r.PathValue("id"))
	v := paymentView{frame: h.frame("Payment", "payments")}
	stream, ok, err := h.Records.Load("order/" + id)
	if err == nil && !ok {
		h.missing(w, "There is no payment "+clip(maskCards(r.PathValue("id"))), "Search for it by its reference on the first page.")
		return
	}
	if err == nil {
		err = h.fill(&v, stream)
	}
	if err != nil {
		h.failed(w, "The payment could not be read")
		return
	}
	h.render(w, http.StatusOK, "payment.html", &v)
}

// fill reads all that is known about an order.
func (h *Handler) fill(v *paymentView, stream journal.Stream) error {
	entries, err := h.Records.StreamEntries(stream.ID, 0)
	if err != nil {
		return err
	}
	o, err := readOrder(stream)
	if err != nil {
		return err
	}
	v.paymentRow = h.row(o, h.names())
	v.About, v.OnCalls = o.ID(), true
	v.Title = o.Amount.String() + " " + v.Badge.Word
	v.Reason = because(o)
	for _, t := range h.Estate.Terminals() {
		if t.TID == o.TID {
			v.Group, v.Merchant = t.Group, t.Merchant
		}
	}
	v.Page = h.simulated(o.POIID)
	var facts []uint64
	for _, e := range entries {
		facts = append(facts, e.Seq)
	}
	webhooks, err := h.Webhooks(facts)
	if err != nil {
		return err
	}
	v.CallList = h.Calls.Newest(0, perPage, func(c Call) bool { return c.concerns(o.Ref, o.Scope) })
	if v.Hops, err = timeline(entries, webhooks, v.CallList); err != nil {
		return err
	}
	for _, wh := range webhooks {
		v.Webhooks = append(v.Webhooks, webhookView{wh, webhookBadge(wh), masker{}.body([]byte(wh.Body))})
	}
	v.Reversed = reversals(o)
	v.Took = took(o)
	if o.Status != kassa.Completed {
		if v.Doctor, err = h.why(doctor.Subject{Kind: doctor.Order, ID: o.ID()}); err != nil {
			return err
		}
	}
	if h.Receipt != nil {
		if text, ok := h.Receipt(o); ok {
			v.Receipt = text
		}
	}
	return nil
}

func webhookBadge(w Webhook) Badge {
	switch {
	case w.Status == "delivered":
		return Badge{"Acknowledged", "check", good}
	case w.Status == "parked":
		return Badge{"Given up", "cross", bad}
	case len(w.Tries) > 0:
		return Badge{"Failed, tried again later", "clock", warn}
	}
	return Badge{"Waiting", "clock", calmly}
}

func reversals(o kassa.Order) (list []reversal) {
	for _, at := range o.Attempts {
		for _, au := range at.Authorisations {
			if au.Reversal != nil {
				list = append(list, reversal{au.STAN, au.RRN, reversalText(au.Reversal.Reason), *au.Reversal})
			}
		}
	}
	return list
}

func took(o kassa.Order) string {
	var parts []string
	if !o.ShownAt.IsZero() {
		parts = append(parts, span(o.ShownAt.Sub(o.CreatedAt))+" to the screen")
	}
	if !o.EndedAt.IsZero() {
		parts = append(parts, span(o.EndedAt.Sub(o.CreatedAt))+" in all")
	}
	return strings.Join(parts, ", ")
}

// concerns tells whether a call is about the order with this reference: its path names it, or its body.
// A group's key speaks of its own orders only.
func (c Call) concerns(ref, group string) bool {
	if c.Key.Group != "" && c.Key.Group != group {
		return false
	}
	masked := masker{}.text(ref)
	if c.Ref == masked {
		return true
	}
	path, err := url.PathUnescape(c.Path)
	if err != nil {
		return false
	}
	_, rest, ok := strings.Cut(path, "/orders/")
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, "/"), strings.TrimLeft(masked, "/"))
	return ok && (rest == "" || rest[0] == '/')
}

// authRow is an authorisation in a page.
type authRow struct {
	kassa.Authorisation
	Badge Badge
	Asked time.Time
}

// Tries are an attempt's authorisations as the page shows them.
func (paymentView) Tries(a kassa.Attempt) (rows []authRow) {
	for _, au := range a.Authorisations {
		rows = append(rows, authRow{au, hostBadge(au), au.TransmittedAt})
	}
	return rows
}

func hostBadge(a kassa.Authorisation) Badge {
	switch a.State {
	case kassa.HostApproved:
		return Badge{"Approved", "check", good}
	case kassa.HostDeclined:
		if a.Reason.Soft() {
			return Badge{"Soft decline", "cross", warn}
		}
		return Badge{"Declined", "cross", bad}
	case kassa.HostUnknown:
		return Badge{"Outcome unknown", "unknown", warn}
	case kassa.HostNotSent:
		return Badge{"Never sent", "cross", bad}
	case kassa.HostOpen:
	}
	return Badge{"Asked", "spin", busy}
}

// AttemptBadge is what became of an attempt.
func (paymentView) AttemptBadge(a kassa.Attempt) Badge {
	switch a.Status {
	case kassa.AttemptApproved:
		return Badge{"Approved", "check", good}
	case kassa.AttemptDeclined:
		if reasonOf(&a).Soft() {
			return Badge{"Soft decline", "cross", warn}
		}
		return Badge{"Declined", "cross", bad}
	case kassa.AttemptEnded:
		return Badge{"Ended", "dash", calmly}
	case kassa.AttemptOpen:
	}
	return Badge{"Open", "spin", busy}
}

// RefundBadge is what became of a refund.
func (paymentView) RefundBadge(r kassa.Refund) Badge {
	switch r.Status {
	case kassa.RefundCompleted:
		return Badge{"Completed", "check", good}
	case kassa.RefundDeclined:
		return Badge{"Declined", "cross", bad}
	case kassa.RefundVoided:
		return Badge{"Undone", "dash", calmly}
	case kassa.RefundVoiding:
		return Badge{"Being undone", "spin", warn}
	case kassa.RefundAccepted:
	}
	return Badge{"Accepted, sent to the acquirer", "spin", busy}
}

// CaptureBadge is what became of a capture.
func (paymentView) CaptureBadge(c kassa.Capture) Badge {
	switch c.Status {
	case kassa.CaptureCompleted:
		return Badge{"Completed", "check", good}
	case kassa.CaptureDeclined:
		return Badge{"Declined", "cross", bad}
	case kassa.CaptureAccepted:
	}
	return Badge{"Accepted, sent to the acquirer", "spin", busy}
}
