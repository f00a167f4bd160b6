package terminal

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kassa/poilink"
)

// answerPatience is how long the control API waits for the cloud's answer to a refund, a receipt or a
// closing balance.
const answerPatience = 15 * time.Second

// counterRoutes serves what people do at the terminal beside paying.
func counterRoutes(one func(string, func(http.ResponseWriter, *http.Request, *unit))) {
	one("POST /{id}/menu", postMenu)
	one("GET /{id}/settings", getSettings)
	one("POST /{id}/settings", postSettings)
	one("GET /{id}/history", getHistory)
	one("POST /{id}/start", postStart)
	one("GET /{id}/orders/{reference...}", getOrder)
	one("POST /{id}/tip", postTip)
	one("POST /{id}/refund", postRefund)
	one("POST /{id}/email", postEmail)
	one("POST /{id}/print", postPrint)
	one("POST /{id}/totals", postTotals)
	one("POST /{id}/scan", postScan)
	one("POST /{id}/input", postInput)
	one("POST /{id}/test", postTest)
	one("POST /{id}/choose", postChoose)
	one("POST /{id}/stop", postStop)
}

// postMenu touches, types, scans, or holds the logo.
func postMenu(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Touch *string `json:"touch"`
		Text  *string `json:"text"`
		Scan  *string `json:"scan"`
		Hold  bool    `json:"hold"`
	}
	if !decode(w, r, &body) {
		return
	}
	var list []Input
	if body.Touch != nil {
		list = append(list, Touched{*body.Touch})
	}
	if body.Text != nil {
		list = append(list, TextTyped{*body.Text})
	}
	if body.Scan != nil {
		list = append(list, Scanned{*body.Scan})
	}
	if body.Hold {
		list = append(list, LogoHeld{})
	}
	if len(list) != 1 {
		fail(w, http.StatusBadRequest, "bad_request", "exactly one of touch, text, scan and hold is wanted")
		return
	}
	if t, ok := list[0].(Touched); ok && !offers(u.state().Screen, t.Item) {
		fail(w, http.StatusConflict, "no_item", fmt.Sprintf("the screen has no item %q; it has %s", t.Item, itemNames(u.state().Screen)))
		return
	}
	acted(w, r, u, list[0])
}

func offers(s Screen, item string) bool {
	for _, i := range s.Items {
		if i.ID == item {
			return true
		}
	}
	return false
}

func itemNames(s Screen) string {
	var list []string
	for _, i := range s.Items {
		list = append(list, i.ID)
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}

func getSettings(w http.ResponseWriter, _ *http.Request, u *unit) {
	reply(w, http.StatusOK, map[string]any{"settings": u.state().Settings})
}

func postSettings(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		ID    string `json:"id"`
		Value string `json:"value"`
	}
	if decode(w, r, &body) {
		direct(w, r, u, SettingChanged{body.ID, body.Value})
	}
}

// direct gives an input that the terminal may object to.
func direct(w http.ResponseWriter, r *http.Request, u *unit, in Input) {
	h, err := u.ask(r.Context(), in)
	switch {
	case err != nil:
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
	case h.objection != "":
		fail(w, http.StatusConflict, "refused", h.objection)
	default:
		reply(w, http.StatusOK, u.state())
	}
}

func getHistory(w http.ResponseWriter, _ *http.Request, u *unit) {
	list := u.state().History
	if list == nil {
		list = []Past{}
	}
	reply(w, http.StatusOK, map[string]any{"history": list})
}

// startBody is what POST start takes.
type startBody struct {
	Reference       string            `json:"reference"`
	Origin          poilink.Origin    `json:"origin"`
	Kind            poilink.StartKind `json:"kind"`
	AmountMinor     int64             `json:"amountMinor"`
	Currency        string            `json:"currency"`
	Description     string            `json:"description"`
	NotificationURL string            `json:"notificationURL"`
	SessionID       string            `json:"sessionID"`
	Tipping         *bool             `json:"tipping"`
	Printing        *bool             `json:"printing"`
	Wait            bool              `json:"wait"`
}

func (b startBody) order() StartOrder {
	in := StartOrder{
		Reference: b.Reference, Origin: b.Origin, Kind: b.Kind, AmountMinor: b.AmountMinor, Currency: b.Currency,
		Description: b.Description, NotificationURL: b.NotificationURL, SessionID: b.SessionID, Tipping: b.Tipping, Printing: b.Printing,
	}
	if in.Origin == "" {
		in.Origin = poilink.OriginManual
	}
	if in.Currency == "" {
		in.Currency = "EUR"
	}
	return in
}

// postStart starts an order on the terminal. With wait it answers with the end of it, else with its id.
func postStart(w http.ResponseWriter, r *http.Request, u *unit) {
	var body startBody
	if !decode(w, r, &body) {
		return
	}
	in := body.order()
	check := in
	if in.Reference == "" && in.Origin == poilink.OriginManual {
		check.Reference = "made" // by the terminal
	}
	if problem := check.problem(); problem != "" {
		fail(w, http.StatusBadRequest, "bad_start", problem)
		return
	}
	if body.Wait {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a customer takes longer than a server's patience
		o, err := u.startOrder(r.Context(), in)
		if err != nil {
			fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
			return
		}
		reply(w, http.StatusOK, o)
		return
	}
	notes, leave := u.feed.listen()
	defer leave()
	h, err := u.ask(r.Context(), in)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
		return
	}
	for { // what the input itself led to has been told by now
		select {
		case n := <-notes:
			if n.Ordered != nil && n.Ordered.Reference == h.id && n.Ordered.Result == ResultRefused {
				fail(w, http.StatusConflict, n.Ordered.Code, n.Ordered.Text)
				return
			}
			continue
		default:
		}
		reply(w, http.StatusOK, map[string]any{"reference": h.id, "state": u.state()})
		return
	}
}

func getOrder(w http.ResponseWriter, r *http.Request, u *unit) {
	reference := r.PathValue("reference")
	st := u.state()
	for i := len(st.Outcomes) - 1; i >= 0; i-- {
		if st.Outcomes[i].Reference == reference {
			reply(w, http.StatusOK, st.Outcomes[i])
			return
		}
	}
	if st.Starting == reference {
		reply(w, http.StatusOK, Outcome{Reference: reference, Result: ResultUnknown, Text: "it goes on"})
		return
	}
	fail(w, http.StatusNotFound, "unknown_order", fmt.Sprintf("no order %q was started on this terminal lately", reference))
}

func postTip(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		AmountMinor int64  `json:"amountMinor"`
		Employee    string `json:"employee"`
	}
	if decode(w, r, &body) {
		direct(w, r, u, TipAdded{body.AmountMinor, body.Employee})
	}
}

func postRefund(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Exchange    string `json:"exchange"`
		AmountMinor int64  `json:"amountMinor"`
		PIN         string `json:"pin"`
	}
	if decode(w, r, &body) {
		await(w, r, u, RefundAskedFor{body.Exchange, body.AmountMinor, body.PIN})
	}
}

func postEmail(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Exchange string `json:"exchange"`
		Address  string `json:"address"`
	}
	if decode(w, r, &body) {
		await(w, r, u, ReceiptMailed{body.Exchange, body.Address})
	}
}

func postPrint(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Exchange string `json:"exchange"`
	}
	if decode(w, r, &body) {
		direct(w, r, u, CopyPrinted{body.Exchange})
	}
}

func postTotals(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Level     poilink.TotalsLevel `json:"level"`
		Day       string              `json:"day"`
		StartHour int                 `json:"startHour"`
	}
	if !decode(w, r, &body) {
		return
	}
	if body.Level == "" {
		body.Level = poilink.TotalsTerminal
	}
	if body.Day == "" {
		body.Day = u.now().Format(dateOnly)
	}
	await(w, r, u, TotalsAsked{poilink.Totals{Level: body.Level, Day: body.Day, StartHour: body.StartHour}})
}

// told is the body of the cloud's answer.
type told struct {
	ID       string                `json:"id"`
	Accepted bool                  `json:"accepted"`
	Title    string                `json:"title,omitempty"`
	Text     string                `json:"text,omitempty"`
	Totals   *poilink.TotalsAnswer `json:"totals,omitempty"`
}

// await answers with what the cloud says. Without an answer in time it says that it is not known.
func await(w http.ResponseWriter, r *http.Request, u *unit, in Input) {
	ctx, cancel := context.WithTimeout(r.Context(), answerPatience)
	defer cancel()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * answerPatience))
	t, h, err := u.asked(ctx, in)
	switch {
	case h.objection != "":
		fail(w, http.StatusConflict, "refused", h.objection)
	case ctx.Err() != nil && h.id != "":
		reply(w, http.StatusAccepted, told{ID: h.id, Text: "the server has not answered yet"})
	case err != nil:
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
	default:
		reply(w, http.StatusOK, told{ID: t.ID, Accepted: t.Accepted, Title: t.Title, Text: t.Text, Totals: t.Totals})
	}
}
