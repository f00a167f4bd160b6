package kassa

// Effect is something that must happen outside because of what was stored. The set is closed.
//
// Offer, SendReversal, SendRefund, SendRefundVoid, SendCapture, SendIncrement and SendRelease are repeatable: they follow from the state ([Order.Owed]) and
// are paid off by the input that answers them. SendAuthorisation is once-only: after a restart it
// is never sent again, but becomes an unknown outcome. The Tell effects may be lost: a terminal
// repeats its request until it hears, and gets the stored answer.
type Effect interface{ effect() }

// Offer asks the POI to show the order.
type Offer struct{}

// SendAuthorisation sends one authorisation to the host.
type SendAuthorisation struct {
	Auth   Authorisation
	Sealed SealedCard
	// Lifecycle links the authorisations of one order at the host.
	Lifecycle string
}

// SendReversal undoes one authorisation.
type SendReversal struct{ Auth Authorisation }

// SendRefund pays back. Original is the authorisation that was paid, Of the capture that is paid back
// when it is about one. Again tells that a process which is dead may have sent it: it leaves as a
// repeat (0201) from the first time on.
type SendRefund struct {
	Refund   Refund
	Original Authorisation
	Of       Capture
	Again    bool
}

// SendRefundVoid undoes a refund.
type SendRefundVoid struct{ Refund Refund }

// SendCapture takes money that is held. Original is the authorisation that holds it, Held what is held in all; Again
// is as in SendRefund.
type SendCapture struct {
	Capture  Capture
	Original Authorisation
	Held     Money
	Again    bool
}

// SendIncrement asks to hold more than Original holds; Again is as in SendRefund.
type SendIncrement struct {
	Increment Increment
	Original  Authorisation
	Again     bool
}

// SendRelease gives back what is left of a hold. Original is the authorisation that holds it; of Held in all,
// increments included, Captured was taken.
type SendRelease struct {
	Release        Release
	Original       Authorisation
	Held, Captured Money
}

// TellAnswer is the answer to one authorisation request, for the terminal.
type TellAnswer struct{ Answer POIAnswer }

// TellDecision is the stored decision on the order, for the terminal.
type TellDecision struct{ Answer POIAnswer }

// TellAbort ends the exchange at the terminal.
type TellAbort struct{ Reason Reason }

func (Offer) effect()             {}
func (SendAuthorisation) effect() {}
func (SendReversal) effect()      {}
func (SendRefund) effect()        {}
func (SendRefundVoid) effect()    {}
func (SendCapture) effect()       {}
func (SendIncrement) effect()     {}
func (SendRelease) effect()       {}
func (TellAnswer) effect()        {}
func (TellDecision) effect()      {}
func (TellAbort) effect()         {}

// Verdict is what a terminal is told.
type Verdict string

// The verdicts.
const (
	VerdictApproved     Verdict = "approved"
	VerdictHostApproved Verdict = "hostApproved" // contact: the chip decides next
	VerdictDeclined     Verdict = "declined"
	VerdictNotCompleted Verdict = "notCompleted"
	VerdictCancelled    Verdict = "cancelled"
)

// POIAnswer is what a terminal is told of a request (Request > 0) or of the whole order.
type POIAnswer struct {
	Request int
	Verdict Verdict
	Reason  Reason
	// LastTry goes with WrongPIN: the issuer will block after one more.
	LastTry bool
	Auth    *Authorisation
	// Final tells that the order has ended.
	Final bool
}

// Owed lists the repeatable effects that the state owes, in a fixed order.
func (o *Order) Owed() []Effect {
	var owed []Effect
	if o.Status == Offered {
		owed = append(owed, Offer{})
	}
	for _, at := range o.Attempts {
		for _, au := range at.Authorisations {
			if au.Reversal.Owed() {
				owed = append(owed, SendReversal{Auth: au})
			}
		}
	}
	if o.Hold != nil {
		for _, n := range o.Hold.Increments {
			if n.Status == IncrementOpen {
				owed = append(owed, SendIncrement{Increment: n, Original: *o.Paid()})
			}
		}
	}
	for _, c := range o.Captures {
		if c.Status == CaptureAccepted {
			owed = append(owed, SendCapture{Capture: c, Original: *o.Paid(), Held: o.HeldAmount()})
		}
	}
	for _, r := range o.Refunds {
		switch r.Status {
		case RefundAccepted:
			owed = append(owed, o.sendRefund(r))
		case RefundVoiding:
			owed = append(owed, SendRefundVoid{Refund: r})
		}
	}
	if o.Hold != nil && o.Hold.Release.Owed() {
		captured := Money{Minor: o.AmountCaptured(), Currency: o.Amount.Currency}
		owed = append(owed, SendRelease{Release: *o.Hold.Release, Original: *o.Paid(), Held: o.HeldAmount(), Captured: captured})
	}
	return owed
}

func (o *Order) sendRefund(r Refund) SendRefund {
	e := SendRefund{Refund: r, Original: *o.Paid()}
	if c := o.CaptureNumbered(r.Capture); c != nil {
		e.Of = *c
	}
	return e
}

// Answer is what the terminal hears about one of its requests: ok is false while the host has
// not settled it, and for a request that the order does not know.
func (o *Order) Answer(request int) (answer POIAnswer, ok bool) {
	_, auth := o.Authorisation(request)
	if auth == nil || auth.State == HostOpen {
		return POIAnswer{}, false
	}
	answer = POIAnswer{Request: request, Reason: auth.Reason, Auth: auth, Final: o.Status.Final()}
	switch auth.State {
	case HostApproved:
		answer.Verdict = o.approvedVerdict(auth)
	case HostDeclined, HostNotSent:
		answer.Verdict = VerdictDeclined
		answer.LastTry = auth.Reason == WrongPIN && o.wrongPINs() >= pinTriesBeforeLast
	default:
		answer.Verdict, answer.Reason = VerdictNotCompleted, NotCompleted
	}
	return answer, true
}

// pinTriesBeforeLast: issuers give three tries; after two wrong ones the next is the last.
const pinTriesBeforeLast = 2

func (o *Order) wrongPINs() int {
	n := 0
	for _, at := range o.Attempts {
		for _, au := range at.Authorisations {
			if au.Reason == WrongPIN {
				n++
			}
		}
	}
	return n
}

func (o *Order) approvedVerdict(auth *Authorisation) Verdict {
	switch {
	case auth.Reversal != nil:
		return VerdictNotCompleted
	case o.Status == Completed:
		return VerdictApproved
	case o.Status == Completing:
		return VerdictHostApproved
	}
	return VerdictNotCompleted
}

// Decision is what the terminal hears about the order as a whole; ok is false while it is open.
func (o *Order) Decision() (answer POIAnswer, ok bool) {
	if !o.Status.Final() {
		return POIAnswer{}, false
	}
	answer = POIAnswer{Reason: o.End, Final: true, Verdict: VerdictCancelled}
	if at := o.Attempt(); at != nil && at.Last() != nil {
		answer.Request, answer.Auth = at.Last().Request, at.Last()
	}
	switch {
	case o.Status == Completed:
		answer.Verdict = VerdictApproved
	case o.End.MoneyMayHaveMoved():
		answer.Verdict = VerdictNotCompleted
	case o.OneTry && answer.Auth != nil && answer.Auth.Reason == o.End:
		answer.Verdict = VerdictDeclined // the decline itself was the end
	}
	return answer, true
}
