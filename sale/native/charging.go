package native

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/charging"
)

// Charges knows the charging sessions. Give is durable when it returns without an error; it wraps *charging.Refused when
// the session does not take it.
type Charges interface {
	// Open lists the references of those that are not over, or still owe something.
	Open() []string
	Load(ref string) (charging.Session, bool, error)
	Give(ctx context.Context, ref string, in charging.Input) (charging.Session, error)
}

// ChargingSession is a charging session as the API shows it; amounts are minor units of its currency.
type ChargingSession struct {
	Reference string         `json:"reference"` // authorization_reference
	State     charging.State `json:"state"`
	Why       string         `json:"why,omitempty"`
	Open      bool           `json:"open"`
	Account   string         `json:"account"`
	Group     string         `json:"group"`
	Terminal  string         `json:"terminal,omitempty"`
	POIID     string         `json:"poiid"`
	// Connection is that with the charge point operator, Contract its customer_reference.
	Connection string         `json:"connection"`
	Contract   string         `json:"contract,omitempty"`
	Location   string         `json:"location"`
	EVSE       string         `json:"evse"`
	Connector  string         `json:"connector,omitempty"`
	OpenedAt   time.Time      `json:"openedAt"`
	Since      time.Time      `json:"since,omitzero"` // when it got to its state
	EndedAt    time.Time      `json:"endedAt,omitzero"`
	Session    string         `json:"session,omitempty"` // the operator's id
	Status     string         `json:"status,omitempty"`  // what the operator says of it
	Energy     string         `json:"energy,omitempty"`  // kWh
	Money      ChargingMoney  `json:"money"`
	Holding    bool           `json:"holding"` // money of a driver is held, or may be
	HoldEnds   time.Time      `json:"holdEnds,omitzero"`
	Waits      []ChargingWait `json:"waits"`
	Overdue    bool           `json:"overdue,omitempty"`
	Card       []string       `json:"card,omitempty"` // printable lines

	Confirmations []charging.Confirmation `json:"confirmations,omitempty"`
	CDRs          []charging.CDR          `json:"cdrs,omitempty"`
	Refunds       []charging.Refund       `json:"refunds,omitempty"`
	Invoices      []charging.Invoice      `json:"invoices,omitempty"`
	Collections   []charging.Collection   `json:"collections,omitempty"`
	Disputes      []charging.Disputed     `json:"disputes,omitempty"`
	Facts         []ChargingFact          `json:"facts,omitempty"` // only when it is shown alone
}

// ChargingMoney is where the money of a session is. Cost is what it costs so far, as far as that is known.
type ChargingMoney struct {
	Currency kassa.Currency `json:"currency"`
	Asked    int64          `json:"asked"` // to be held
	Held     int64          `json:"held"`
	Cost     int64          `json:"cost,omitempty"`
	Price    int64          `json:"price,omitempty"`
	Captured int64          `json:"captured"` // net of what was paid back
	Released int64          `json:"released"`
	Short    int64          `json:"short"`
	Open     int64          `json:"open,omitempty"`
	// WrittenOff is what of Short was given up.
	WrittenOff int64 `json:"writtenOff,omitempty"`
	// Provisional tells that it was captured without a CDR.
	Provisional bool `json:"provisional,omitempty"`
}

// ChargingWait is whom a session waits for.
type ChargingWait struct {
	charging.Wait
	Overdue bool `json:"overdue,omitempty"`
}

// ChargingFact is a fact about a session.
type ChargingFact struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	// Data is the fact itself; of the first one it is left out, which has the secret names of the commands.
	Data json.RawMessage `json:"data,omitempty"`
}

func chargingRoutes() []route {
	return []route{
		{"GET", "charging-sessions", ordersRead, "open terminal group after before limit", false, (*Handler).listCharges, nil},
		{"GET", "charging-sessions/{charge}", ordersRead, "", false, (*Handler).showCharge, nil},
		{"POST", "charging-sessions/{charge}/stop", paymentsTake, "", true, (*Handler).stopCharge, nil},
		{"POST", "charging-sessions/{charge}/release", paymentsRefund, "", true, (*Handler).releaseCharge, nil},
		{"POST", "charging-sessions/{charge}/confirm", deliveriesManage, "", true, (*Handler).confirmCharge, nil},
	}
}

func (h *Handler) charge(s charging.Session) ChargingSession {
	now := h.Now()
	v := ChargingSession{
		Reference: s.Ref, State: s.State, Why: s.Why, Open: s.Open(), Account: h.shown(accountID, s.Account), Group: h.shown(groupID, s.Group),
		Terminal: h.shown(terminalID, s.TerminalID), POIID: s.POIID, Connection: s.Peer, Contract: s.Contract, Location: s.Location, EVSE: s.EVSE,
		Connector: s.Connector, OpenedAt: s.OpenedAt, Since: cmp.Or(s.Since, s.OpenedAt), EndedAt: s.EndedAt, Session: s.Report.SessionID, Status: s.Report.Status,
		Energy: string(s.Report.Energy), Holding: s.Holding(), HoldEnds: s.HoldEnds(), Waits: []ChargingWait{}, Card: s.Order.Card.Lines,
		Confirmations: s.Confirmations, CDRs: s.CDRs, Refunds: s.Refunds, Invoices: s.Invoices, Collections: s.Collections, Disputes: s.Disputes,
		Money: ChargingMoney{
			Currency: s.Currency, Asked: s.Hold, Held: s.Order.Amount, Price: s.Price, Captured: s.Net(), Released: s.Order.Released,
			Short: s.Short, Open: s.Owing(), WrittenOff: s.WrittenOff, Provisional: s.Provisional,
		},
	}
	v.Money.Cost, _ = s.Cost()
	for _, w := range s.Waits() {
		v.Waits = append(v.Waits, ChargingWait{w, w.Overdue(now)})
		v.Overdue = v.Overdue || w.Overdue(now)
	}
	return v
}

// listCharges lists the open sessions, the oldest first, or those whose orders are the newest.
func (h *Handler) listCharges(w http.ResponseWriter, c *call) *problem {
	q := c.query
	limit, refused := limitOf(q, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	f := orderFilter{dialect: charging.Dialect}
	if f.terminal, refused = h.bare(terminalID, q.Get("terminal")); refused != nil {
		return refused
	}
	if f.scopes, refused = h.groupsNamed(c, q.Get("group")); refused != nil {
		return refused
	}
	switch q.Get("open") {
	case "true":
		return h.openCharges(w, f, q.Get("after"), limit)
	case "", "false":
	default:
		return badInput(mistake{Parameter: "open", Detail: "must be true or false"})
	}
	before := q.Get("before")
	if before != "" && !idForm.MatchString(before) {
		return badInput(mistake{Parameter: "before", Detail: "must be the next of an earlier page"})
	}
	orders, next, err := h.selectOrders(c.Context(), f, before, limit)
	if err != nil {
		return unreadable("the sessions could not be read")
	}
	list := []ChargingSession{}
	for _, o := range orders {
		s, ok, err := h.Charges.Load(o.Ref)
		if err != nil {
			return unreadable("the sessions could not be read")
		}
		if ok {
			list = append(list, h.charge(s))
		}
	}
	return answer(w, http.StatusOK, page{Data: list, HasMore: next != "", Next: next})
}

func (h *Handler) openCharges(w http.ResponseWriter, f orderFilter, after string, limit int) *problem {
	list := []charging.Session{}
	for _, ref := range h.Charges.Open() {
		s, ok, err := h.Charges.Load(ref)
		if err != nil {
			return unreadable("the sessions could not be read")
		}
		if ok && s.Open() && within(f.scopes, s.Group) && (f.terminal == "" || f.terminal == s.TerminalID) && placeOf(s) > after {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b charging.Session) int { return strings.Compare(placeOf(a), placeOf(b)) })
	shown := page{HasMore: len(list) > limit}
	list = list[:min(limit, len(list))]
	if shown.HasMore {
		shown.Next = placeOf(list[len(list)-1])
	}
	data := []ChargingSession{}
	for _, s := range list {
		data = append(data, h.charge(s))
	}
	shown.Data = data
	return answer(w, http.StatusOK, shown)
}

// placeOf is where a session stands in the list of open ones: by its age. Those that end meanwhile move no other one.
func placeOf(s charging.Session) string {
	return fmt.Sprintf("%019d-%s", s.OpenedAt.UnixNano(), s.Ref)
}

// chargeIn finds the session that the caller means, if it sees it.
func (h *Handler) chargeIn(c *call) (charging.Session, *problem) {
	s, ok, err := h.Charges.Load(c.path["charge"])
	if err != nil {
		return s, unreadable("the session could not be read")
	}
	if !ok || !within(h.scopes(c.caller), s.Group) {
		return s, noSuch("charging session")
	}
	return s, nil
}

func (h *Handler) showCharge(w http.ResponseWriter, c *call) *problem {
	s, refused := h.chargeIn(c)
	if refused != nil {
		return refused
	}
	v := h.charge(s)
	entries, err := h.Records.StreamEntries("charging/"+s.Ref, 0)
	if err != nil {
		return unreadable("the session could not be read")
	}
	for _, e := range entries[max(0, len(entries)-maxDetails):] {
		fact := ChargingFact{At: e.At, Kind: e.Kind, Data: e.Payload}
		if e.Kind == "ChargingChosen" {
			fact.Data = nil
		}
		v.Facts = append(v.Facts, fact)
	}
	return answer(w, http.StatusOK, v)
}

func (h *Handler) stopCharge(w http.ResponseWriter, c *call) *problem {
	return h.giveCharge(w, c, charging.AskStop{Trusted: true})
}

func (h *Handler) releaseCharge(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Why string `json:"why"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if len(body.Why) > maxReference {
		return badInput(mistake{Pointer: "/why", Detail: "is too long"})
	}
	return h.giveCharge(w, c, charging.AskRelease{Why: body.Why})
}

func (h *Handler) confirmCharge(w http.ResponseWriter, c *call) *problem {
	return h.giveCharge(w, c, charging.AskConfirm{})
}

func (h *Handler) giveCharge(w http.ResponseWriter, c *call, in charging.Input) *problem {
	s, refused := h.chargeIn(c)
	if refused != nil {
		return refused
	}
	s, err := h.Charges.Give(c.Context(), s.Ref, in)
	if no := (*charging.Refused)(nil); errors.As(err, &no) {
		if field, rule, ok := strings.Cut(no.Text, ": "); ok && !strings.Contains(field, " ") {
			return badInput(mistake{Pointer: "/" + field, Detail: rule})
		}
		return fault("wrong_state", no.Text)
	}
	if err != nil {
		return unreadable("it may not have been done; look at the session")
	}
	return answer(w, http.StatusOK, h.charge(s))
}
