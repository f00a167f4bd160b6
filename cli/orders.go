package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kassa"
)

const ordersPath = "/api/v1/orders"

// orderView is an order of /api/v1/orders.
type orderView struct {
	ID, Reference, Group, GroupName, Terminal, Description, ReasonText string
	Status                                                             kassa.Status
	Amount                                                             kassa.Money
	AmountRefunded                                                     int64
	CreatedAt, EndedAt                                                 time.Time
	Parked                                                             string
	Attempts                                                           []kassa.Attempt
	Refunds                                                            []kassa.Refund
	Timeline                                                           []eventView
}

func ordersCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List orders, the newest first", Args: words(),
		Example: "  kassa orders list --status completed --terminal 00000ABC\n  kassa orders list --json --limit 200",
		RunE:    func(c *cobra.Command, _ []string) error { return listOrders(c) },
	}
	for _, f := range [][2]string{
		{"terminal", "only those of a terminal, by TID"}, {"status", "only those in this status"},
		{"group", "only those of a terminal group, by id or name"}, {"reference", "only those with this order id of the merchant"},
		{"before", "only those made before this one; the last line of a long list says which"},
	} {
		list.Flags().String(f[0], "", f[1])
	}
	list.Flags().Int("limit", 20, "how many at most (200)")
	show := &cobra.Command{
		Use: "show ORDER", Short: "Show an order, and all that happened to it", Args: words("ORDER"), ValidArgsFunction: liveOrders,
		Long: "Show an order, by its id or by the merchant's, with all that happened to it: who did what and when.",
		RunE: func(c *cobra.Command, args []string) error { return showOrder(c, args[0]) },
	}
	cancel := &cobra.Command{
		Use: "cancel ORDER", Short: "Cancel an order that is not paid", Args: words("ORDER"), ValidArgsFunction: liveOrders,
		RunE: func(c *cobra.Command, args []string) error { return cancelOrder(c, args[0]) },
	}
	refund := &cobra.Command{
		Use: "refund ORDER", Short: "Pay back an order, all that is left or a part", Args: words("ORDER"), ValidArgsFunction: liveOrders,
		Long: `Pay back an order: all that is left, or the part that --amount says.

The refund has an id, which --id may give: the same one again is the same refund, and pays nothing
twice. With --wait the command stays until the host has settled it.

Exit codes: 0 accepted (with --wait: paid), 4 declined by the host, 5 not settled yet.`,
		RunE: func(c *cobra.Command, args []string) error { return refundOrder(c, args[0]) },
	}
	refund.Flags().Int64("amount", 0, "how much, in cents (default: all that is left)")
	refund.Flags().String("id", "", "the id of the refund (default: a new one)")
	refund.Flags().String("description", "", "why")
	refund.Flags().Bool("wait", false, "stay until the host has settled it")
	watch := &cobra.Command{
		Use: "watch ORDER", Short: "Follow an order to its end", Args: words("ORDER"), ValidArgsFunction: liveOrders,
		Long: "Follow an order from its beginning to its end.\n\nExit codes: 0 completed, 4 ended unpaid, 5 the end was not seen.",
		RunE: func(c *cobra.Command, args []string) error { return watchOrder(c, args[0]) },
	}
	return group("orders", "Orders: list, show, create, cancel, refund and watch them",
		withJSON(list), withJSON(show), createCommand(), withJSON(cancel), withJSON(refund), withJSON(watch))
}

// found tells what to do about an order that is not there.
func found(err error) error {
	if f, ok := errors.AsType[Failure](err); ok && f.Code == NotFound {
		f.Next = "kassa orders list shows what there is"
		return f
	}
	return err
}

func listOrders(c *cobra.Command) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	q := url.Values{}
	for _, name := range []string{"terminal", "status", "group", "reference", "before", "limit"} {
		if v := c.Flag(name).Value.String(); v != "" {
			q.Set(name, v)
		}
	}
	var page struct {
		Data    []json.RawMessage
		HasMore bool `json:"has_more"`
		Next    string
	}
	if err := kassa.get(c.Context(), ordersPath+"?"+q.Encode(), &page); err != nil {
		return err
	}
	rows := [][]string{{"ID", "REFERENCE", "TERMINAL", "AMOUNT", "STATUS", "MADE", "WHY"}}
	for _, raw := range page.Data {
		if asJSON(c) {
			if err := printLine(c, raw); err != nil {
				return err
			}
			continue
		}
		var o orderView
		if err := json.Unmarshal(raw, &o); err != nil {
			return Failure{Failed, "an order is not what Kassa writes", "look at it with --json"}
		}
		status := string(o.Status)
		if o.AmountRefunded > 0 {
			status += ", " + refunded(o)
		}
		rows = append(rows, []string{o.ID, o.Reference, o.Terminal, o.Amount.String(), status, o.CreatedAt.Local().Format(time.DateTime), o.ReasonText})
	}
	switch {
	case asJSON(c):
		return nil
	case len(page.Data) == 0:
		_, err = fmt.Fprintln(c.OutOrStdout(), "There are no such orders.")
	default:
		err = table(c, rows)
	}
	if err == nil && page.HasMore {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", paint(c.OutOrStdout(), faint, "There are more: add --before "+plain(page.Next)))
	}
	return err
}

func refunded(o orderView) string {
	if o.AmountRefunded == o.Amount.Minor {
		return "refunded"
	}
	return kassa.Money{Minor: o.AmountRefunded, Currency: o.Amount.Currency}.String() + " refunded"
}

// readOrder reads one order, as it came and as the verbs read it.
func (c *client) readOrder(ctx context.Context, id string) (o orderView, raw json.RawMessage, err error) {
	if err := c.get(ctx, ordersPath+"/"+url.PathEscape(id), &raw); err != nil {
		return o, nil, found(err)
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return o, nil, Failure{Failed, "the order is not what Kassa writes", "look at it with --json"}
	}
	return o, raw, nil
}

func showOrder(c *cobra.Command, id string) error {
	at, err := newClient()
	if err != nil {
		return err
	}
	o, raw, err := at.readOrder(c.Context(), id)
	if err != nil {
		return err
	}
	if asJSON(c) {
		return printLine(c, raw)
	}
	w := c.OutOrStdout()
	var b strings.Builder
	row := func(what, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %s %s\n", paint(w, faint, fmt.Sprintf("%-12s", what)), plain(text))
		}
	}
	fmt.Fprintf(&b, "Order %s (%s) is %s\n", plain(o.Reference), plain(o.ID), paint(w, statusColour(o.Status), plain(string(o.Status))))
	row("why", o.ReasonText)
	row("parked", o.Parked)
	amount := o.Amount.String()
	if o.AmountRefunded > 0 {
		amount += ", " + refunded(o)
	}
	row("amount", amount)
	row("for", o.Description)
	row("terminal", strings.TrimRight(o.Terminal+", "+o.GroupName, ", "))
	when := o.CreatedAt.Local().Format(time.DateTime)
	if !o.EndedAt.IsZero() {
		when += ", ended " + span(o.EndedAt.Sub(o.CreatedAt)) + " later"
	}
	row("made", when)
	for _, a := range o.Attempts {
		row("attempt", attemptText(a))
	}
	for _, r := range o.Refunds {
		text := fmt.Sprintf("%s %s, RRN %s", r.Amount, r.Status, r.RRN)
		if r.Ref != "" {
			text += ", id " + r.Ref
		}
		row("refund", text)
	}
	if _, err := fmt.Fprintln(w, b.String()); err != nil {
		return err
	}
	for i, e := range o.Timeline {
		if err := printEvent(w, e, i > 0); err != nil {
			return err
		}
	}
	return nil
}

func statusColour(s kassa.Status) colour {
	switch s {
	case kassa.Completed:
		return green
	case kassa.Refused, kassa.Cancelled, kassa.Expired:
		return red
	}
	return yellow
}

func attemptText(a kassa.Attempt) string {
	text := string(a.Status)
	for _, au := range a.Authorisations {
		text += fmt.Sprintf("; %s …%s %s, %s", au.Card.Brand, au.Card.Last4, au.Entry, au.State)
		if au.ResponseCode != "" {
			text += " (" + au.ResponseCode + ")"
		}
		if au.AuthCode != "" {
			text += ", authorisation code " + au.AuthCode
		}
		text += ", RRN " + au.RRN
		switch {
		case au.Reversal.Owed():
			text += ", a reversal is owed"
		case au.Reversal != nil:
			text += ", reversed"
		}
	}
	return text
}

func cancelOrder(c *cobra.Command, id string) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := kassa.call(c.Context(), http.MethodPost, ordersPath+"/"+url.PathEscape(id)+"/cancel", nil, &raw); err != nil {
		return found(err)
	}
	if asJSON(c) {
		return printLine(c, raw)
	}
	var o orderView
	if err := json.Unmarshal(raw, &o); err != nil {
		return Failure{Failed, "the order is not what Kassa writes", "look at it with kassa orders show"}
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s order %s is %s\n", paint(c.OutOrStdout(), green, "✓"), plain(o.Reference), plain(string(o.Status)))
	return err
}

func refundOrder(c *cobra.Command, order string) error {
	at, err := newClient()
	if err != nil {
		return err
	}
	amount, _ := c.Flags().GetInt64("amount")
	if c.Flags().Changed("amount") && amount <= 0 {
		return Failure{Usage, "--amount must be a number of cents above 0", "leave it out to pay back all that is left"}
	}
	id := c.Flag("id").Value.String()
	if id == "" {
		id = freshID("refund")
	}
	ask := map[string]any{"id": id, "amount": amount, "description": c.Flag("description").Value.String()}
	var raw json.RawMessage
	path := ordersPath + "/" + url.PathEscape(order)
	if err := at.call(c.Context(), http.MethodPost, path+"/refunds", ask, &raw); err != nil {
		if f, ok := errors.AsType[Failure](found(err)); ok {
			if f.Code == Failed && f.Next == "" {
				f.Next = "kassa orders show " + order + " tells what is left"
			}
			return f
		}
		return err
	}
	var r kassa.Refund
	if err := json.Unmarshal(raw, &r); err != nil {
		return Failure{Failed, "the refund is not what Kassa writes", "look at it with kassa orders show"}
	}
	if wait, _ := c.Flags().GetBool("wait"); wait {
		if r, raw, err = at.awaitRefund(c.Context(), order, r); err != nil {
			return err
		}
	}
	return printRefund(c, order, r, raw)
}

func printRefund(c *cobra.Command, order string, r kassa.Refund, raw json.RawMessage) error {
	w := c.OutOrStdout()
	wait, _ := c.Flags().GetBool("wait")
	line, code := paint(w, green, "✓"), OK
	switch {
	case r.Status == kassa.RefundDeclined:
		line, code = paint(w, red, "✗"), NotApproved
	case wait && r.Status != kassa.RefundCompleted:
		line, code = paint(w, yellow, "!"), Unknown
	}
	var err error
	if asJSON(c) {
		err = printLine(c, raw)
	} else {
		_, err = fmt.Fprintf(w, "%s refund %s of %s on %s is %s\n", line, plain(r.Ref), r.Amount, plain(order), plain(string(r.Status)))
	}
	if err == nil && code != OK {
		err = said{code}
	}
	return err
}

// refundPatience is how long --wait stays with a refund: the link repeats it, each time for longer.
const refundPatience = 2 * time.Minute

// awaitRefund follows the order until the host has settled the refund.
func (c *client) awaitRefund(ctx context.Context, order string, r kassa.Refund) (kassa.Refund, json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, refundPatience)
	defer cancel()
	err := c.follow(ctx, stream{ask: c.operator("/api/v1/events?order=" + url.QueryEscape(order)), each: func(_ string, data []byte) error {
		var e struct {
			Kind string
			Data struct{ Number int64 }
		}
		if json.Unmarshal(data, &e) == nil && e.Kind == "RefundSettled" && e.Data.Number == r.Number {
			return errDone
		}
		return nil
	}})
	if err != nil && ctx.Err() == nil {
		return r, nil, err
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	o, _, err := c.readOrder(ctx, order)
	if err != nil {
		return r, nil, err
	}
	for _, now := range o.Refunds {
		if now.Number == r.Number {
			raw, err := json.Marshal(now)
			return now, raw, err
		}
	}
	return r, nil, Failure{Unknown, "the refund is not there any more", "look with kassa orders show " + order}
}

func watchOrder(c *cobra.Command, id string) error {
	at, err := newClient()
	if err != nil {
		return err
	}
	o, _, err := at.readOrder(c.Context(), id)
	if err != nil {
		return err
	}
	code, before := Unknown, time.Time{}
	err = at.follow(c.Context(), stream{ask: at.operator("/api/v1/events?order=" + o.ID), each: func(_ string, data []byte) error {
		var e eventView
		if err := json.Unmarshal(data, &e); err != nil {
			return Failure{Failed, "an event is not what Kassa writes", "look at it with --json"}
		}
		e.DeltaMS = e.At.Sub(before).Milliseconds()
		if err := printEventLine(c, e, data, !before.IsZero()); err != nil {
			return err
		}
		before = e.At
		switch e.Kind {
		case "OrderCompleted":
			code = OK
		case "OrderCancelled", "OrderExpired":
			code = NotApproved
		default:
			return nil
		}
		return errDone
	}})
	if err != nil && code == Unknown {
		return Failure{Unknown, "the end of the order was not seen (" + err.Error() + ")", "ask again with kassa orders show " + id}
	}
	if code != OK {
		return said{code}
	}
	return nil
}

// span says a duration shortly.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return d.Round(time.Second).String()
}
