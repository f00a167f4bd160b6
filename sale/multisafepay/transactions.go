package multisafepay

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa"
	"kassa/journal"
)

// transaction is one attempt to pay an order, or one refund of it.
type transaction struct {
	place
	order   *kassa.Order
	attempt *kassa.Attempt
	refund  *kassa.Refund
}

// place is where a transaction stands in the list: the newest order first, and of one order the
// newest transaction.
type place struct {
	stream string
	number int64
}

// cursor is a place as clients carry it around.
func (p place) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.stream + "." + strconv.FormatInt(p.number, 36)))
}

func readCursor(cursor string) (p place, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return p, false
	}
	stream, digits, ok := strings.Cut(string(raw), ".")
	p = place{stream: stream}
	p.number, err = strconv.ParseInt(digits, 36, 64)
	return p, ok && err == nil && journal.Kind(stream) == "order" && len(stream) < 40
}

// before tells whether a place comes earlier in the list.
func (p place) before(other place) bool {
	if p.stream != other.stream {
		return p.stream > other.stream
	}
	return p.number > other.number
}

// transactionsOf lists an order's transactions, the newest first.
func transactionsOf(stream string, o *kassa.Order) []transaction {
	var list []transaction
	for i := range o.Attempts {
		list = append(list, transaction{place: place{stream, o.Attempts[i].Number}, order: o, attempt: &o.Attempts[i]})
	}
	for i := range o.Refunds {
		list = append(list, transaction{place: place{stream, o.Refunds[i].Number}, order: o, refund: &o.Refunds[i]})
	}
	slices.SortFunc(list, func(a, b transaction) int { return int(min(1, max(-1, b.number-a.number))) })
	return list
}

// walk shows the transactions of these groups that come after a place, until each has enough. Where it
// has looked at as many orders as one call may, it tells the place that it has come to.
func (h *Handler) walk(scopes []string, from place, each func(transaction) (more bool)) (stopped place, err error) {
	if len(scopes) == 0 {
		return place{}, nil
	}
	before := ""
	if from.stream != "" {
		before = from.stream + "\x00" // the order of the place itself may have more
	}
	for looked := 0; looked < maxWalk; {
		page, err := h.Records.Newest("order", scopes, before, walkPage)
		if err != nil {
			return place{}, err
		}
		for _, s := range page {
			var o kassa.Order
			if err := json.Unmarshal(s.State, &o); err != nil {
				return place{}, fmt.Errorf("multisafepay: state of %s: %w", s.ID, err)
			}
			for _, t := range transactionsOf(s.ID, &o) {
				if (from.stream == "" || from.before(t.place)) && !each(t) {
					return place{}, nil
				}
			}
			before = s.ID
		}
		if len(page) < walkPage {
			return place{}, nil
		}
		looked += len(page)
	}
	return place{stream: before}, nil // behind the last transaction of that order
}

func (t transaction) created() time.Time {
	if t.refund != nil {
		return t.refund.TransmittedAt
	}
	return t.attempt.OpenedAt
}

// completed is when the money was moved for good; zero when it was not.
func (t transaction) completed() time.Time {
	switch {
	case t.refund != nil && t.refund.Status == kassa.RefundCompleted:
		return t.refund.ModifiedAt
	case t.attempt != nil && t.attempt.Status == kassa.AttemptApproved && t.order.Status == kassa.Completed:
		return t.order.EndedAt
	}
	return time.Time{}
}

func (t transaction) updated() time.Time {
	if t.refund != nil {
		return t.refund.ModifiedAt
	}
	if t.attempt.EndedAt.IsZero() {
		return t.attempt.OpenedAt
	}
	return t.attempt.EndedAt
}

// status gives status and financial_status of a transaction in the list.
func (t transaction) status() (status, financial string) {
	if t.refund != nil {
		s := refundStatus(t.refund.Status)
		return s, s
	}
	switch t.attempt.Status {
	case kassa.AttemptApproved:
		if t.order.Hold != nil {
			status, words := heldStatus(t.order)
			financial, _ = words.(string)
			return status, financial
		}
		if t.order.Status != kassa.Completed {
			break
		}
		if status := paidStatus(t.order); status != "completed" || t.order.Dialect != Dialect || keptWith(*t.order)[keptShipped] != true {
			return status, "completed"
		}
		return "shipped", "completed"
	case kassa.AttemptDeclined:
		return "declined", "declined"
	case kassa.AttemptEnded:
		return "cancelled", "void"
	}
	return "initialized", "initialized"
}

func (t transaction) amount() kassa.Money {
	if t.refund != nil {
		return t.refund.Amount
	}
	return t.order.Amount
}

// method is the code of the card that was used; empty while none was.
func (t transaction) method() string {
	attempt := t.attempt
	if attempt == nil {
		attempt = t.order.Attempt()
	}
	if attempt == nil || attempt.Last() == nil {
		return ""
	}
	return gatewayCode(attempt.Last().Card.Brand)
}

func (t transaction) kind() (kind, debitCredit string) {
	if t.refund != nil || t.order.Kind == kassa.Credit {
		return "refund", "D"
	}
	return "payment", "C"
}

func (t transaction) object() object {
	o := t.order
	status, financial := t.status()
	kind, debitCredit := t.kind()
	amount, net, orderID, description := t.amount(), t.amount().Minor, o.Ref, o.Description
	if debitCredit == "D" {
		net = -net
	}
	if t.refund != nil {
		orderID, description = refundOrderID(o, *t.refund), t.refund.Description
	}
	costs := []any{}
	if cost, ok := CostOf(o); ok && t.attempt != nil && t.attempt.Status == kassa.AttemptApproved {
		costs = append(costs, object{"amount": cost.Minor, "description": cost.Description, "dst": nil})
		net -= cost.Minor
	}
	kept := object{}
	if o.Dialect == Dialect {
		kept = keptWith(*o)
	}
	customer := complete(kept["customer"], "email", "first_name", "last_name")
	customer["iban"] = nil
	out := object{
		"amount": amount.Minor, "completed": wireTime(t.completed()), "costs": costs, "created": wireTime(t.created()),
		"currency": string(amount.Currency), "customer": customer, "debit_credit": debitCredit, "description": description,
		"financial_status": financial, "invoice_id": kept["invoice_id"], "net": net, "order_id": orderID,
		"payment_method": known(t.method()), "site_id": number(o.Scope), "status": status, "transaction_id": t.number,
		"type": kind, "updated": wireTime(t.updated()),
	}
	if t.refund != nil {
		kept = keptWith(kassa.Order{NewOrder: kassa.NewOrder{Door: t.refund.Door}})
	}
	for _, name := range []string{"var1", "var2", "var3"} {
		out[name] = kept[name]
		if out[name] == nil {
			out[name] = ""
		}
	}
	return out
}

// wanted is what a list of transactions is asked to hold.
type wanted struct {
	scopes                        []string
	status, financial, kind       string
	currency, debitCredit         string
	methods                       []string
	createdFrom, createdUntil     time.Time
	completedFrom, completedUntil time.Time
	limit                         int64
	after, before                 string
}

// The words of the filters; many fit no transaction of a terminal.
var (
	financialWords = []string{
		"completed", "created", "declined", "error", "expired", "initialized", "manual", "new", "refunded", "reserved",
		"uncleared", "void",
	}
	statusWords = []string{
		"cancelled", "chargeback", "completed", "declined", "expired", "initialized", "partial_refunded", "refunded",
		"reserved", "shipped", "uncleared", "void",
	}
)

func (h *Handler) readWanted(c *call) (wanted, *refusal) {
	q := readQuery(c.Request)
	v := wanted{
		scopes: h.scopes(c.caller),
		status: q.among("status", statusWords), financial: q.among("financial_status", financialWords),
		kind: q.one("type"), currency: q.currency("currency"), debitCredit: q.among("debit_credit", []string{"C", "D"}),
		methods: append(q.values["payment_method"], q.values["payment_method[]"]...), createdFrom: q.instant("created_from"),
		createdUntil: q.instant("created_until"), completedFrom: q.instant("completed_from"),
		completedUntil: q.instant("completed_until"), limit: q.whole("limit", 1, maxPage, 100, "from 1 to 1000"),
		after: q.one("after"), before: q.one("before"),
	}
	if strings.Trim(v.kind, "abcdefghijklmnopqrstuvwxyz_") != "" || len(v.kind) > 40 {
		q.refuse("type", "must be a kind of transaction, as payment or refund")
	}
	for _, name := range []string{"after", "before"} {
		if cursor := q.one(name); cursor != "" {
			if _, ok := readCursor(cursor); !ok {
				q.refuse(name, "must be a cursor from the pager of another answer")
			}
		}
	}
	if v.after != "" && v.before != "" {
		q.refuse("before", "cannot be given together with after")
	}
	site := q.one("site_id")
	if q.refused != nil {
		return v, q.refused
	}
	if site != "" {
		if !slices.Contains(v.scopes, site) {
			return v, forbidden("site_id: this key does not see this site")
		}
		v.scopes = []string{site}
	}
	return v, nil
}

func (v *wanted) fits(t transaction) bool {
	status, financial := t.status()
	kind, debitCredit := t.kind()
	same := func(want, is string) bool { return want == "" || want == is }
	return same(v.status, status) && same(v.financial, financial) && same(v.kind, kind) && same(v.debitCredit, debitCredit) &&
		same(v.currency, string(t.amount().Currency)) &&
		(len(v.methods) == 0 || slices.ContainsFunc(v.methods, func(m string) bool { return strings.EqualFold(m, t.method()) })) &&
		within(t.created(), v.createdFrom, v.createdUntil) && within(t.completed(), v.completedFrom, v.completedUntil)
}

// listTransactions gives one page. The page behind the last one is empty and has no cursors, by which
// clients know that they have all. One that is short of its limit because a filter leaves out most has
// the cursor from where to go on, even when nothing is on it.
func (h *Handler) listTransactions(w http.ResponseWriter, c *call) *refusal {
	want, refused := h.readWanted(c)
	if refused != nil {
		return refused
	}
	page, stopped, err := h.transactionPage(&want)
	switch {
	case err != nil:
		return worldFailed("the transactions could not be read")
	case want.before != "" && stopped != place{}:
		return field(codeUnknown, "before: more than %d newer orders lie before this place; page with after instead", maxWalk)
	}
	list := []any{}
	for _, t := range page {
		list = append(list, t.object())
	}
	pager := object{"after": nil, "before": nil, "cursor": object{"after": nil, "before": nil}, "limit": want.limit}
	if len(page) > 0 {
		first, last := page[0].cursor(), page[len(page)-1].cursor()
		pager["cursor"] = object{"after": last, "before": first}
		pager["after"], pager["before"] = h.pageURL(c, "after", last), h.pageURL(c, "before", first)
	}
	if stopped != (place{}) {
		pager["cursor"].(object)["after"], pager["after"] = stopped.cursor(), h.pageURL(c, "after", stopped.cursor())
	}
	writeList(w, list, pager)
	return nil
}

func (h *Handler) transactionPage(want *wanted) (page []transaction, stopped place, err error) {
	if want.before == "" {
		from, _ := readCursor(want.after)
		stopped, err = h.walk(want.scopes, from, func(t transaction) bool {
			if want.fits(t) {
				page = append(page, t)
			}
			return int64(len(page)) < want.limit
		})
		return page, stopped, err
	}
	// The list is read from its beginning: what counts is what comes last before the place.
	until, _ := readCursor(want.before)
	stopped, err = h.walk(want.scopes, place{}, func(t transaction) bool {
		if !t.before(until) {
			return false
		}
		if want.fits(t) {
			page = append(page, t)
		}
		if int64(len(page)) > want.limit {
			page = page[1:]
		}
		return true
	})
	return page, stopped, err
}

// pageURL is the address of the call with another cursor. A key in the query is not repeated.
func (h *Handler) pageURL(c *call, name, cursor string) string {
	origin, _ := h.origins(c.Request)
	values := url.Values{}
	for key, list := range c.URL.Query() {
		if key != "api_key" && key != "after" && key != "before" {
			values[key] = list
		}
	}
	values.Set(name, cursor)
	return origin + prefixAPI + "transactions?" + values.Encode()
}

// getTransaction shows one transaction by its number.
func (h *Handler) getTransaction(w http.ResponseWriter, c *call) *refusal {
	unknown := notFound("there is no such transaction for this key")
	o, ok, err := h.byTransaction(c.values["transaction_id"], "AttemptOpened", "RefundTaken")
	if err != nil {
		return worldFailed("the transaction could not be read")
	}
	if !ok || !slices.Contains(h.scopes(c.caller), o.Scope) {
		return unknown
	}
	for _, t := range transactionsOf(orderStream(o.Number), &o) {
		if strconv.FormatInt(t.number, 10) == c.values["transaction_id"] {
			writeSuccess(w, t.object(), nil)
			return nil
		}
	}
	return unknown
}
