package dashboard

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/journal"
)

// Hop is a row of a payment's timeline: somebody did something. A gap is a row of its own.
type Hop struct {
	Who, To string // till, cloud, terminal, customer, acquirer
	What    string
	More    string
	Tone    string
	Screen  bool // what the terminal shows
	At      time.Time
	Since   string // after the row before
	Gap     bool

	waits string // what follows is waited for
}

// The parties of a payment.
const (
	till     = "till"
	cloud    = "cloud"
	terminal = "terminal"
	customer = "customer"
	acquirer = "acquirer"
)

// gapFrom is the time without a hop from which on it is drawn.
const gapFrom = 5 * time.Second

// timeline tells an order's facts, the calls about it and the webhooks as hops, oldest first.
func timeline(entries []journal.Entry, webhooks []Webhook, calls []Call) ([]Hop, error) {
	var hops []Hop
	for _, e := range entries {
		event, err := kassa.DecodeEvent(e.Kind, e.Payload)
		if err != nil {
			return nil, err
		}
		for _, hop := range hopsOf(event) {
			hop.At = e.At
			hops = append(hops, hop)
		}
	}
	for _, w := range webhooks {
		for i, t := range w.Tries {
			hops = append(hops, webhookHop(w, t, i))
		}
	}
	for _, c := range calls {
		if hop, ok := callHop(c); ok {
			hops = append(hops, hop)
		}
	}
	slices.SortStableFunc(hops, func(a, b Hop) int { return a.At.Compare(b.At) })
	return withGaps(hops), nil
}

func withGaps(hops []Hop) (rows []Hop) {
	for i, h := range hops {
		if i > 0 {
			since := h.At.Sub(hops[i-1].At)
			if since > gapFrom {
				waits := hops[i-1].waits
				if waits == "" {
					waits = "nothing happened"
				}
				rows = append(rows, Hop{Gap: true, What: span(since), More: waits})
			}
			h.Since = "+" + span(since)
		}
		rows = append(rows, h)
	}
	return rows
}

// hopsOf tells a fact. Some say what two parties did at once: what a terminal sends is what a customer did.
func hopsOf(e kassa.Event) []Hop {
	switch e := e.(type) {
	case kassa.OrderCreated:
		return created(e)
	case kassa.OrderOffered:
		return []Hop{{Who: cloud, To: terminal, What: "Sent to the terminal", More: "its turn has come", waits: "waiting for the terminal"}}
	case kassa.OrderParked:
		return []Hop{{Who: cloud, What: "Taken out of service", More: e.Why, Tone: bad}}
	case kassa.ScreenReported:
		return []Hop{{Who: terminal, What: "Shown on screen: " + screenName(e.Screen), Screen: true, waits: "waiting for the customer"}}
	case kassa.CancelRequested:
		return []Hop{{Who: till, To: cloud, What: "Asked to cancel", More: "while the acquirer decides"}}
	case kassa.OrderCompleted:
		return []Hop{{Who: cloud, What: "Completed", Tone: good}}
	case kassa.OrderCancelled:
		return []Hop{cancelled(e.Reason)}
	case kassa.OrderExpired:
		return []Hop{{Who: cloud, What: "Expired", More: kassa.NeverShown.Text(), Tone: warn}}
	case kassa.AttemptOpened:
		return []Hop{{Who: cloud, What: "Attempt opened", More: attemptKind(e.Kind), waits: "waiting for the customer"}}
	case kassa.AttemptClosed:
		return []Hop{attemptClosed(e)}
	case kassa.OrderClaimed:
		return []Hop{{Who: terminal, To: cloud, What: "Taken up", More: "by terminal " + e.TID}}
	case kassa.OrderDeferred:
		return []Hop{{Who: cloud, What: "Waits again", More: "the terminal shows only what is started on it", waits: "waiting for its turn on the terminal"}}
	case kassa.OrderNoted:
		return []Hop{{Who: till, To: cloud, What: "Order changed", More: "what the dialect keeps with it"}}
	case kassa.TipAdded:
		return []Hop{{Who: customer, To: terminal, What: "Tip of " + minor(e.Tip.Minor), More: e.Tip.EmployeeName}}
	}
	return laterHops(e)
}

// laterHops tells what follows a payment: refunds, and what becomes of held money.
func laterHops(e kassa.Event) []Hop {
	switch e := e.(type) {
	case kassa.RefundTaken:
		return sent("Refund", e.Refund.Amount, e.Refund.STAN, e.Refund.RRN)
	case kassa.RefundSettled:
		return settled("Refund", "posted", e.Status == kassa.RefundDeclined, e.ResponseCode)
	case kassa.RefundCancelRequested:
		return []Hop{{Who: till, To: cloud, What: "Asked to undo a refund"}}
	case kassa.RefundVoidDue:
		return []Hop{{Who: cloud, To: acquirer, What: "Refund is undone", More: "repeated until the acquirer acknowledges", Tone: warn, waits: "waiting for the acquirer"}}
	case kassa.RefundVoidSettled:
		return settled("Refund", "undone", e.Reason != kassa.None, e.ResponseCode)
	case kassa.CaptureTaken:
		return sent("Capture", e.Capture.Amount, e.Capture.STAN, e.Capture.RRN)
	case kassa.CaptureSettled:
		return settled("Capture", "posted", e.Status == kassa.CaptureDeclined, e.ResponseCode)
	case kassa.IncrementAsked:
		return sent("Increment", e.Increment.Amount, e.Increment.STAN, e.Increment.RRN)
	case kassa.IncrementSettled:
		return settled("Increment", "held", e.Status == kassa.IncrementDeclined, e.ResponseCode)
	case kassa.SettlementTaken:
		return []Hop{{Who: till, To: cloud, What: "Final price " + e.Price.String(), waits: "waiting for the acquirer"}}
	case kassa.SettlementDone:
		return []Hop{settlementDone(e)}
	case kassa.HoldClosed:
		return []Hop{{Who: cloud, What: "Hold closed", More: textOf(e.Reason)}}
	case kassa.ReleaseDue:
		return []Hop{{Who: cloud, To: acquirer, What: "Release of " + e.Amount.String() + " owed", More: "repeated until the acquirer acknowledges", Tone: warn, waits: "waiting for the acquirer"}}
	case kassa.ReleaseAcknowledged:
		return []Hop{{Who: acquirer, To: cloud, What: "Release acknowledged", More: undone(e.ResponseCode)}}
	}
	return hostHops(e)
}

func settlementDone(e kassa.SettlementDone) Hop {
	h := Hop{Who: cloud, What: "Settled: " + minor(e.Captured) + " taken, " + minor(e.Released) + " released", Tone: good}
	if e.Short > 0 {
		h.What += ", " + minor(e.Short) + " short"
		h.More, h.Tone = textOf(e.Reason), warn
	}
	return h
}

func sent(what string, amount kassa.Money, stan, rrn string) []Hop {
	return []Hop{
		{Who: till, To: cloud, What: what + " of " + amount.String() + " accepted"},
		{Who: cloud, To: acquirer, What: what + " sent", More: "STAN " + stan + " · RRN " + rrn, waits: "waiting for the acquirer"},
	}
}

func settled(what, done string, declined bool, rc string) []Hop {
	h := Hop{Who: acquirer, To: cloud, What: what + " " + done, More: code(rc), Tone: good}
	if declined {
		h.What, h.Tone = what+" not "+done, bad
	}
	return []Hop{h}
}

func created(e kassa.OrderCreated) []Hop {
	first := Hop{Who: till, To: cloud, What: "Order of " + e.Order.Amount.String(), More: "for terminal " + e.Order.TID}
	if e.Order.Origin.AtPOI() {
		first.Who = terminal
	}
	hops := []Hop{first}
	switch {
	case e.Order.Channel.CardAbsent():
		hops[0].More = kindText(e.Order)
		return hops
	case e.Order.TID == "":
		hops[0].More, hops[0].waits = "for the terminal that takes it up", "waiting for a terminal to take it up"
		return hops
	case e.Offered:
		return append(hops, Hop{Who: cloud, To: terminal, What: "Sent to the terminal", waits: "waiting for the terminal"})
	}
	return append(hops, Hop{Who: cloud, What: "Waits", More: "the terminal has another order first", waits: "waiting for its turn on the terminal"})
}

func cancelled(why kassa.Reason) Hop {
	h := Hop{Who: cloud, What: "Cancelled", More: why.Text(), Tone: warn}
	switch why {
	case kassa.CancelledBySale:
		h.Who, h.To = till, cloud
	case kassa.CancelledAtPOI:
		h.Who, h.To = customer, terminal
	case kassa.POIUnable:
		h.Who, h.To = terminal, cloud
	}
	if why.MoneyMayHaveMoved() {
		h.What = "Not completed"
	}
	return h
}

func attemptKind(k kassa.AttemptKind) string {
	switch k {
	case kassa.FirstTry:
		return "the first try"
	case kassa.StepUp:
		return "step-up after the soft decline"
	case kassa.NextTry:
		return "another try after the decline"
	}
	return string(k)
}

func attemptClosed(e kassa.AttemptClosed) Hop {
	switch e.Status {
	case kassa.AttemptApproved:
		return Hop{Who: cloud, What: "Attempt approved", Tone: good}
	case kassa.AttemptDeclined:
		return Hop{Who: cloud, What: "Attempt declined", More: e.Reason.Text(), Tone: bad, waits: "waiting for the customer"}
	}
	return Hop{Who: cloud, What: "Attempt ended", More: textOf(e.Reason)}
}

func textOf(r kassa.Reason) string {
	if r == kassa.None {
		return ""
	}
	return r.Text()
}

// hostHops tells what was said with the acquirer and about the chip.
func hostHops(e kassa.Event) []Hop {
	switch e := e.(type) {
	case kassa.AuthorisationRequested:
		a := e.Auth
		pin := ""
		if a.HasPIN {
			pin = ", with PIN"
		}
		to := terminal
		if a.Entry == kassa.Entered {
			to = till
		}
		return []Hop{
			{Who: customer, To: to, What: presented(a) + pin, More: cardText(a.Card)},
			{Who: cloud, To: acquirer, What: "Asked for " + a.Amount.String(), More: "STAN " + a.STAN + " · RRN " + a.RRN, waits: "waiting for the acquirer"},
		}
	case kassa.AuthorisationAnswered:
		return []Hop{answered(e)}
	case kassa.AuthorisationUnknown:
		return []Hop{{Who: acquirer, What: "Outcome unknown", More: reversalText(e.Reason), Tone: warn}}
	case kassa.AuthorisationNotSent:
		return []Hop{{Who: cloud, What: "Never sent to the acquirer", More: e.Reason.Text(), Tone: bad}}
	case kassa.LateAnswerKept:
		return []Hop{{Who: acquirer, To: cloud, What: "A late answer: " + verdict(e.Approved), More: code(e.ResponseCode) + "; it changes nothing", Tone: warn}}
	case kassa.ReversalDue:
		return []Hop{{Who: cloud, To: acquirer, What: "Reversal owed", More: reversalText(e.Reason) + "; repeated until the acquirer acknowledges",
			Tone: warn, waits: "waiting for the acquirer to acknowledge the reversal"}}
	case kassa.ReversalAcknowledged:
		return []Hop{{Who: acquirer, To: cloud, What: "Reversal acknowledged", More: undone(e.ResponseCode)}}
	case kassa.CompletionReported:
		return []Hop{{Who: terminal, To: cloud, What: "The chip " + map[kassa.CardOutcome]string{
			kassa.CardSaidYes: "approved", kassa.CardSaidNo: "refused", kassa.CardGone: "was taken out too early",
		}[e.Outcome]}}
	}
	return []Hop{{Who: cloud, What: kassa.Kind(e)}}
}

func presented(a kassa.Authorisation) string {
	switch a.Entry {
	case kassa.Contactless:
		return "Card tapped"
	case kassa.Chip:
		return "Card inserted"
	case kassa.Magstripe:
		return "Card swiped"
	case kassa.Fallback:
		return "Card swiped, its chip could not be read"
	case kassa.Entered:
		return "Card typed in"
	}
	return "Card presented"
}

func answered(e kassa.AuthorisationAnswered) Hop {
	h := Hop{Who: acquirer, To: cloud, What: sentenceless(verdict(e.Approved)), More: code(e.ResponseCode), Tone: good}
	switch {
	case e.Approved && e.AuthCode != "":
		h.More += " · auth code " + e.AuthCode
	case !e.Approved && e.Reason.Soft():
		h.What, h.Tone = "Soft decline", warn
	case !e.Approved:
		h.Tone = bad
	}
	if e.Approved {
		h.waits = "waiting for the terminal"
	}
	return h
}

func verdict(approved bool) string {
	if approved {
		return "approved"
	}
	return "declined"
}

func sentenceless(s string) string { return strings.TrimSuffix(sentence(s), ".") }

// code is a response code with its meaning.
func code(rc string) string {
	if rc == "" {
		return "no response code"
	}
	return rc + " " + codeText(rc)
}

// undone is the response code of a reversal: what approves a sale accepts a reversal.
func undone(rc string) string {
	if rc == "00" {
		return "00 accepted"
	}
	return code(rc)
}

func cardText(c kassa.CardFacts) string {
	if c.Last4 == "" {
		return brandName(c.Brand)
	}
	return brandName(c.Brand) + " •••• " + c.Last4
}

func webhookHop(w Webhook, t WebhookTry, i int) Hop {
	h := Hop{Who: cloud, To: till, At: t.At, What: "Webhook “" + w.Event + "” acknowledged", Tone: good, More: tryText(t)}
	if t.Failure != "" {
		h.What, h.Tone = "Webhook “"+w.Event+"” failed", bad
		h.More = t.Failure
	}
	if i > 0 {
		h.More = fmt.Sprintf("try %d · %s", i+1, h.More)
	}
	return h
}

func tryText(t WebhookTry) string {
	if t.Status == 0 {
		return "no reply after " + span(t.Took)
	}
	return fmt.Sprintf("HTTP %d in %s", t.Status, span(t.Took))
}

// callHop tells of a call that changed nothing by itself, as facts tell of the others.
func callHop(c Call) (Hop, bool) {
	if c.Method == "GET" && c.Status < 400 || c.Method == "POST" && c.Status < 300 {
		return Hop{}, false
	}
	tone := ""
	if c.Status >= 400 {
		tone = bad
	}
	return Hop{
		Who: till, To: cloud, At: c.At, What: fmt.Sprintf("%s answered with %d", c.Method, c.Status),
		More: strings.TrimSpace(c.Path + " " + errorInfo(c.Got.Text)), Tone: tone,
	}, true
}
