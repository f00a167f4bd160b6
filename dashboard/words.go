package dashboard

import (
	"fmt"
	"strings"
	"time"

	"kassa"
)

// Badge is a state in a word, with the icon and the tone that say the same.
type Badge struct {
	Word, Icon, Tone string
}

// The tones.
const (
	good   = "good"
	bad    = "bad"
	warn   = "warn"
	busy   = "busy"
	calmly = "off"
)

// badgeOf is where an order stands.
func badgeOf(o kassa.Order) Badge {
	switch {
	case o.Parked != "":
		return Badge{"Out of service", "alert", bad}
	case o.Status == kassa.Completed && o.Kind == kassa.Credit:
		return Badge{"Paid out", "back", good}
	case o.Status == kassa.Completed && o.Kind == kassa.CardCheck:
		return Badge{"Card is good", "check", good}
	case o.Status == kassa.Completed && o.Hold != nil && o.AmountCaptured() == 0:
		return holdBadge(o)
	case o.Status == kassa.Completed && o.AmountRefunded() > 0 && o.AmountRefunded() >= o.AmountPaid():
		return Badge{"Refunded", "back", calmly}
	case o.Status == kassa.Completed && o.AmountRefunded() > 0:
		return Badge{"Partly refunded", "back", good}
	case o.Status == kassa.Cancelled && o.OneTry && declinedLast(o):
		return badges[kassa.Refused]
	case o.Status == kassa.Cancelled && owes(o):
		return Badge{"Being reversed", "unknown", warn}
	case o.Status == kassa.Cancelled && o.End.MoneyMayHaveMoved():
		return Badge{"Not completed", "unknown", warn}
	}
	if b, ok := badges[o.Status]; ok {
		return b
	}
	return Badge{string(o.Status), "unknown", calmly}
}

// declinedLast tells whether an order ended with the host's no.
func declinedLast(o kassa.Order) bool {
	a := o.Attempt()
	return a != nil && a.Last() != nil && a.Last().State == kassa.HostDeclined && a.Last().Reason == o.End
}

func holdBadge(o kassa.Order) Badge {
	if o.HoldLeft() > 0 {
		return Badge{"Held", "clock", busy}
	}
	for _, c := range o.Captures {
		if c.Status == kassa.CaptureAccepted {
			return Badge{"Being captured", "spin", busy}
		}
	}
	return Badge{"Released", "dash", calmly}
}

var badges = map[kassa.Status]Badge{
	kassa.Unclaimed:   {"Waiting", "clock", calmly},
	kassa.Waiting:     {"Waiting", "clock", calmly},
	kassa.Offered:     {"Sent", "send", busy},
	kassa.Presented:   {"On the terminal", "screen", busy},
	kassa.Authorising: {"Processing", "spin", busy},
	kassa.Completing:  {"Finishing", "spin", busy},
	kassa.Refused:     {"Declined", "cross", bad},
	kassa.Completed:   {"Completed", "check", good},
	kassa.Cancelled:   {"Cancelled", "dash", calmly},
	kassa.Expired:     {"Expired", "clock", calmly},
}

// kindText says what an order does where it is not a plain payment at a terminal.
func kindText(n kassa.NewOrder) string {
	switch {
	case n.Kind == kassa.Credit:
		return "a refund without a payment, to the card that is presented"
	case n.Kind == kassa.CardCheck:
		return "asks whether the card is good, takes nothing"
	case n.Channel.CardAbsent():
		return "the card was typed in on a page"
	case n.Origin == kassa.FromKeys:
		return "typed in on the terminal"
	case n.Origin == kassa.FromWebApp:
		return "asked by a page in the terminal's browser"
	case n.Origin == kassa.FromApp:
		return "asked by an app on the terminal"
	}
	return ""
}

// owes tells whether a reversal is not yet acknowledged.
func owes(o kassa.Order) bool {
	for _, at := range o.Attempts {
		for _, au := range at.Authorisations {
			if au.Reversal.Owed() {
				return true
			}
		}
	}
	return false
}

// because says in a sentence why an order is where it is.
func because(o kassa.Order) string {
	last := o.Attempt()
	switch {
	case o.Parked != "":
		return "A rule of Kassa's own was broken; the order was taken out of service and people must look at it: " + o.Parked
	case o.Status.Final() && o.End.MoneyMayHaveMoved() && !owes(o):
		return sentence(strings.Replace(o.End.Text(), "is being reversed", "has been reversed", 1))
	case o.Status.Final() && o.End != kassa.None:
		return sentence(o.End.Text())
	case o.Status == kassa.Completed:
		return paidHow(o)
	case o.Status == kassa.Unclaimed:
		return "No terminal has taken it up yet."
	case o.Status == kassa.Waiting:
		return "The terminal has another order first."
	case o.Status == kassa.Offered:
		return "It holds the terminal, which has not shown it yet."
	case o.Status == kassa.Authorising:
		return "The acquirer has been asked and has not answered yet."
	case o.Status == kassa.Completing:
		return "The bank approved; the chip has the last word."
	case o.Status == kassa.Refused && last != nil:
		return sentence(reasonOf(last).Text() + "; the customer may try again")
	case len(o.Attempts) > 1 && o.Attempts[len(o.Attempts)-2].Reason.Soft():
		return sentence(o.Attempts[len(o.Attempts)-2].Reason.Text())
	}
	return "The terminal shows it and waits for the customer."
}

func reasonOf(a *kassa.Attempt) kassa.Reason {
	if a.Reason == kassa.None && a.Last() != nil {
		return a.Last().Reason
	}
	return a.Reason
}

func paidHow(o kassa.Order) string {
	paid := o.Paid()
	if paid == nil {
		return "Paid."
	}
	return fmt.Sprintf("Approved by the bank with code %s, %s.", paid.AuthCode, howRead(*paid))
}

func howRead(a kassa.Authorisation) string {
	how := map[kassa.Entry]string{
		kassa.Contactless: "the card was tapped", kassa.Chip: "the card was inserted", kassa.Magstripe: "the card was swiped",
		kassa.Entered: "the card was typed in", kassa.Fallback: "the card was swiped because its chip could not be read",
	}[a.Entry]
	if a.Entry == kassa.Entered {
		return how
	}
	return how + ", " + verified(a.Card.CVM)
}

func verified(c kassa.CVM) string {
	text, ok := map[kassa.CVM]string{
		kassa.CVMNone: "no PIN was needed", kassa.CVMOnlinePIN: "PIN checked by the bank", kassa.CVMOfflinePIN: "PIN checked by the chip",
		kassa.CVMSignature: "signature", kassa.CVMDevice: "the customer's own device verified them",
	}[c]
	if !ok {
		return string(c)
	}
	return text
}

// sentence begins with a capital and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// screenName is a screen's name in words: presentCard becomes "Present card".
func screenName(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case i == 0:
			b.WriteString(strings.ToUpper(string(r)))
		case r >= 'A' && r <= 'Z':
			b.WriteString(" " + strings.ToLower(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "nothing"
	}
	return strings.Replace(b.String(), "Pin", "PIN", 1)
}

// codeText says what a response code (ISO 8583 DE39, with the schemes' additions) means.
func codeText(rc string) string {
	if text, ok := codeTexts[rc]; ok {
		return text
	}
	return "not a code that Kassa knows"
}

var codeTexts = map[string]string{
	"00": "approved", "01": "refer to the card issuer", "02": "refer to the card issuer, special condition",
	"03": "invalid merchant", "04": "pick up the card", "05": "do not honour", "06": "error at the host",
	"07": "pick up the card, special condition", "08": "approved, honour with identification", "10": "approved for a part of the amount",
	"11": "approved, VIP", "12": "invalid transaction", "13": "invalid amount", "14": "invalid card number", "15": "no such issuer",
	"19": "enter the transaction again", "21": "no action taken", "25": "the original was not found", "30": "format error",
	"31": "the issuer cannot be reached through this network", "33": "expired card, pick up", "34": "suspected fraud, pick up",
	"38": "PIN tries exceeded, pick up", "40": "function not supported", "41": "lost card, pick up", "43": "stolen card, pick up",
	"46": "closed account", "51": "insufficient funds", "54": "expired card", "55": "wrong PIN",
	"57": "not permitted to the cardholder", "58": "not permitted to the terminal", "59": "suspected fraud",
	"61": "exceeds the amount limit", "62": "restricted card", "63": "security violation",
	"65": "exceeds the limit of taps or withdrawals", "68": "the answer came too late", "70": "PIN required",
	"71": "PIN required on the same tap", "75": "PIN tries exceeded", "76": "does not match the original",
	"77": "data do not match the original", "78": "the first use must be chip and PIN", "81": "cryptographic error",
	"82": "the card's cryptogram is wrong", "85": "approved, no reason to decline", "86": "the PIN cannot be verified",
	"88": "cryptographic failure", "89": "unacceptable PIN or MAC key", "91": "the issuer is not available",
	"92": "the issuer cannot be routed to", "94": "duplicate transmission", "95": "reconcile error", "96": "system malfunction",
	"1A": "strong customer authentication required", "R0": "payment stopped by the cardholder",
	"R1": "authorisation revoked by the cardholder", "R3": "all authorisations revoked", "N7": "wrong card verification value",
	"6P": "identification failed",
}

var reversalTexts = map[kassa.ReversalReason]string{
	kassa.ReversalCustomerCancel: "the customer cancelled",
	kassa.ReversalInvalidAnswer:  "the answer could not be used",
	kassa.ReversalTimeout:        "no answer in time",
	kassa.ReversalCardRefused:    "the chip refused after the approval",
}

func reversalText(r kassa.ReversalReason) string {
	if t, ok := reversalTexts[r]; ok {
		return t + " (" + string(r) + ")"
	}
	return string(r)
}

// span says how long something took or is ago, in one unit or two.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// age says how long ago something was, as coarse as people say it.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// brandName is a card brand as people write it.
func brandName(brand string) string {
	if brand == "" {
		return "Card"
	}
	if brand == "AMEX" || brand == "VPAY" {
		return brand
	}
	return brand[:1] + strings.ToLower(brand[1:])
}

// minor is an amount without its currency.
func minor(n int64) string { return strings.TrimSpace(kassa.Money{Minor: n}.String()) }
