package native

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"kassa"
	"kassa/journal"
	"kassa/journal/event"
)

// Event is a fact as the API shows it: as a CloudEvent, with who did it, and what that was, in words.
type Event struct {
	event.Event
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`
	Stream  string    `json:"stream"`
	Version uint64    `json:"version"`
	Kind    string    `json:"kind"`
	Group   string    `json:"group,omitempty"`
	// Order and Reference are set when the fact is about an order.
	Order     string          `json:"order,omitempty"`
	Reference string          `json:"reference,omitempty"`
	Who       string          `json:"who"` // till, cloud, terminal, acquirer or webhook
	What      string          `json:"what"`
	Data      json.RawMessage `json:"data,omitempty"`
	// DeltaMS is the time since the row before; in a timeline only.
	DeltaMS int64 `json:"deltaMs,omitempty"`
}

// Who did something.
const (
	till      = "till"
	cloudSide = "cloud"
	terminal  = "terminal"
	acquirer  = "acquirer"
	webhooks  = "webhook"
)

// timeline gives the facts about an order and its webhooks, in the order in which they happened. Webhooks to
// endpoints that are not the caller's are left out.
func (h *Handler) timeline(who Caller, o kassa.Order) ([]Event, error) {
	entries, err := h.Records.StreamEntries("order/"+o.ID(), 0)
	if err != nil {
		return nil, err
	}
	all, seen := entries, h.feed(who)
	for _, e := range entries {
		if len(all) > maxDetails {
			break
		}
		streams, err := h.Deliveries.Streams(e.Seq)
		if err != nil {
			return nil, err
		}
		for _, stream := range streams {
			sent, err := h.Records.StreamEntries(stream, 0)
			if err != nil {
				return nil, err
			}
			for _, s := range sent {
				if within(seen, s.Scope) {
					all = append(all, s)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b journal.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	list := make([]Event, 0, len(all))
	for i, e := range all {
		row := h.describe(e)
		row.Order, row.Reference = o.ID(), o.Ref
		if i > 0 {
			row.DeltaMS = e.At.Sub(all[i-1].At).Milliseconds()
		}
		list = append(list, row)
	}
	return list, nil
}

// describe says a fact in words. A fact that nobody knows here is said by its name.
func (h *Handler) describe(e journal.Entry) Event {
	row := Event{
		Event: event.Of(string(h.Environment), e, ""), Seq: e.Seq, At: e.At, Stream: event.Subject(e), Version: e.Version, Kind: e.Kind,
		Group: e.Scope, Who: cloudSide, What: spaced(e.Kind),
	}
	row.Data = row.Event.Data
	if e.Kind == "ChargingChosen" { // it has the secret names of the session's commands
		row.Data, row.Event.Data = nil, nil
	}
	switch journal.Kind(e.Stream) {
	case "order":
		row.Order = strings.TrimPrefix(e.Stream, "order/")
		if fact, err := kassa.DecodeEvent(e.Kind, e.Payload); err == nil {
			if who, what := inWords(fact); what != "" {
				row.Who, row.What = who, what
			}
		}
	case "webhook":
		describeWebhook(&row, e.Payload)
	case "calls":
		describeCall(&row, e)
	}
	return row
}

// describeCall says in words what is kept of calls that came to nothing.
func describeCall(row *Event, e journal.Entry) {
	var call struct {
		journal.RefusedCall
		Order     string `json:"order"`
		Transport string `json:"transport"`
		Last      string `json:"last"`
		Calls     int    `json:"calls"`
	}
	if json.Unmarshal(e.Payload, &call) != nil {
		return
	}
	row.Who, row.Reference, row.Order = till, call.OrderID, call.Order
	switch e.Kind {
	case journal.OrderPatched:
		row.What = fmt.Sprintf("%s changed nothing: %s", call.Route, call.ErrorInfo)
	case journal.EventStreamLeft:
		row.What = fmt.Sprintf("left its event stream (%s) before the order had ended; the last status was %q", call.Transport, call.Last)
	case journal.CallsLeftOut:
		row.What = fmt.Sprintf("%d more calls were refused, and are not written down one by one", call.Calls)
	default:
		row.What = fmt.Sprintf("%s was refused: %s", call.Route, call.ErrorInfo)
	}
}

// spaced turns "TerminalActivated" into "terminal activated".
func spaced(kind string) string {
	var b strings.Builder
	var before rune
	for _, r := range kind {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

func describeWebhook(event *Event, payload []byte) {
	var report struct {
		Order, OrderRef, Event, URL string
		Tries                       int
		Try                         struct {
			Status    int
			LatencyMS int64
			Failure   string
		}
	}
	if json.Unmarshal(payload, &report) != nil {
		return
	}
	event.Who, event.Reference = webhooks, report.OrderRef
	if order, ok := strings.CutPrefix(report.Order, "order/"); ok {
		event.Order = order
	}
	event.What = fmt.Sprintf("%s, try %d: ", report.Event, report.Tries)
	if report.Try.Failure == "" {
		event.What += fmt.Sprintf("acknowledged (%d in %d ms)", report.Try.Status, report.Try.LatencyMS)
	} else {
		event.What += report.Try.Failure
	}
	switch event.Kind {
	case "WebhookParked":
		event.What += "; given up"
	case "WebhookWarned":
		event.What += "; it keeps failing, look at the endpoint"
	case "WebhookIgnored":
		event.What = report.Event + " is given up by hand"
	}
}

// inWords tells who did what.
func inWords(fact kassa.Event) (who, what string) {
	switch f := fact.(type) {
	case kassa.OrderCreated:
		return created(f)
	case kassa.OrderClaimed:
		return terminal, "takes the order up on " + f.TID
	case kassa.OrderDeferred:
		return cloudSide, "the order waits: the terminal shows only what is started on it"
	case kassa.OrderNoted:
		return till, "changes what is kept with the order"
	case kassa.TipAdded:
		return terminal, fmt.Sprintf("a tip of %s is added", kassa.Money{Minor: f.Tip.Minor, Currency: kassa.EUR})
	case kassa.OrderOffered:
		return cloudSide, "the terminal is free: the order has its turn"
	case kassa.OrderParked:
		return cloudSide, "out of service, people must look at it: " + f.Why
	case kassa.ScreenReported:
		return terminal, "shows " + f.Screen
	case kassa.AttemptOpened:
		switch f.Kind {
		case kassa.StepUp:
			return cloudSide, "an attempt with the PIN or the chip follows"
		case kassa.NextTry:
			return cloudSide, "another attempt begins"
		}
		return cloudSide, "the first attempt begins"
	case kassa.AttemptClosed:
		return cloudSide, "the attempt is " + string(f.Status) + why(f.Reason)
	case kassa.CancelRequested:
		return till, "wants to cancel; the host decides first"
	case kassa.OrderCompleted:
		return cloudSide, "the order is paid"
	case kassa.OrderCancelled:
		switch f.Reason {
		case kassa.CancelledBySale:
			return till, "cancels the order"
		case kassa.CancelledAtPOI:
			return terminal, "Stop was pressed: the order is cancelled"
		}
		return cloudSide, "the order is cancelled" + why(f.Reason)
	case kassa.OrderExpired:
		return cloudSide, "the order has expired" + why(kassa.NeverShown)
	}
	if who, what = moneyInWords(fact); what == "" {
		who, what = laterInWords(fact)
	}
	return who, what
}

// created says where an order comes from.
func created(f kassa.OrderCreated) (who, what string) {
	who, what = till, "asks for "
	if f.Order.Origin.AtPOI() {
		who, what = terminal, "starts a payment of "
	}
	what += f.Order.Amount.String()
	switch {
	case f.Order.TID != "":
		what += " on " + f.Order.TID
	case !f.Order.Channel.CardAbsent():
		what += ", for the terminal that takes it up"
	}
	if f.Order.TID != "" && !f.Offered && !f.Order.Channel.CardAbsent() {
		what += ", which has another order first"
	}
	return who, what
}

// laterInWords is about what follows a payment.
func laterInWords(fact kassa.Event) (who, what string) {
	switch f := fact.(type) {
	case kassa.RefundTaken:
		return till, fmt.Sprintf("refunds %s", f.Refund.Amount)
	case kassa.RefundSettled:
		if f.Status == kassa.RefundCompleted {
			return acquirer, "has paid the refund (" + f.ResponseCode + ")"
		}
		return acquirer, "declines the refund (" + f.ResponseCode + ")" + why(f.Reason)
	case kassa.RefundCancelRequested:
		return till, "wants to cancel the refund"
	case kassa.RefundVoidDue:
		return cloudSide, "the refund is to be undone"
	case kassa.RefundVoidSettled:
		if f.Reason == kassa.None {
			return acquirer, "has undone the refund (" + f.ResponseCode + ")"
		}
		return acquirer, "does not undo the refund (" + f.ResponseCode + ")" + why(f.Reason)
	case kassa.CaptureTaken:
		return till, fmt.Sprintf("captures %s", f.Capture.Amount)
	case kassa.CaptureSettled:
		if f.Reason == kassa.None {
			return acquirer, "has captured (" + f.ResponseCode + ")"
		}
		return acquirer, "declines the capture (" + f.ResponseCode + ")" + why(f.Reason)
	case kassa.IncrementAsked, kassa.IncrementSettled, kassa.SettlementTaken, kassa.SettlementDone:
		return holdInWords(f)
	case kassa.HoldClosed:
		return cloudSide, "nothing more is captured" + why(f.Reason)
	case kassa.ReleaseDue:
		return cloudSide, fmt.Sprintf("%s of the hold is to be given back", f.Amount)
	case kassa.ReleaseAcknowledged:
		return acquirer, "has given the hold back (" + f.ResponseCode + ")"
	}
	return "", ""
}

// holdInWords is about how a hold grows and is settled.
func holdInWords(fact kassa.Event) (who, what string) {
	switch f := fact.(type) {
	case kassa.IncrementAsked:
		return till, fmt.Sprintf("wants %s more to be held", f.Increment.Amount)
	case kassa.IncrementSettled:
		if f.Status == kassa.IncrementApproved {
			return acquirer, "holds more (" + f.ResponseCode + ")"
		}
		return acquirer, "does not hold more (" + f.ResponseCode + ")" + why(f.Reason)
	case kassa.SettlementTaken:
		return till, fmt.Sprintf("gives the final price, %s", f.Price)
	case kassa.SettlementDone:
		return cloudSide, fmt.Sprintf("the hold is settled: %d taken, %d released, %d short, in minor units%s", f.Captured, f.Released, f.Short, why(f.Reason))
	}
	return "", ""
}

func moneyInWords(fact kassa.Event) (who, what string) {
	switch f := fact.(type) {
	case kassa.AuthorisationRequested:
		pin := ""
		if f.Auth.HasPIN {
			pin = " with PIN"
		}
		return terminal, fmt.Sprintf("read %s …%s (%s)%s; the host is asked for %s, STAN %s",
			f.Auth.Card.Brand, f.Auth.Card.Last4, f.Auth.Entry, pin, f.Auth.Amount, f.Auth.STAN)
	case kassa.AuthorisationAnswered:
		if f.Approved {
			return acquirer, fmt.Sprintf("approves (%s), authorisation code %s", f.ResponseCode, f.AuthCode)
		}
		return acquirer, fmt.Sprintf("declines (%s)%s", f.ResponseCode, why(f.Reason))
	case kassa.AuthorisationUnknown:
		return acquirer, "gives no usable answer: it may have approved"
	case kassa.AuthorisationNotSent:
		return cloudSide, "the request never left" + why(f.Reason)
	case kassa.LateAnswerKept:
		if f.Approved {
			return acquirer, fmt.Sprintf("approves too late (%s); it stays reversed", f.ResponseCode)
		}
		return acquirer, fmt.Sprintf("declines too late (%s)", f.ResponseCode)
	case kassa.ReversalDue:
		return cloudSide, "a reversal is owed (reason " + string(f.Reason) + ")"
	case kassa.ReversalAcknowledged:
		return acquirer, "acknowledges the reversal (" + f.ResponseCode + ")"
	case kassa.CompletionReported:
		return terminal, "the chip ended with " + string(f.Outcome)
	}
	return "", ""
}

func why(r kassa.Reason) string {
	if r == kassa.None {
		return ""
	}
	return ": " + r.Text()
}
