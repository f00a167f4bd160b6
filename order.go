package kassa

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Status is where an order stands.
type Status string

// The statuses. Completed, Cancelled and Expired are final.
const (
	Unclaimed   Status = "unclaimed"   // stored for whichever POI of its scope takes it up
	Waiting     Status = "waiting"     // stored; its POI has another order first
	Offered     Status = "offered"     // it holds the POI, which has not shown it yet
	Presented   Status = "presented"   // the screen asks for a card, a PIN or another interface
	Authorising Status = "authorising" // the host is asked
	Completing  Status = "completing"  // contact: host approved, the chip has the last word
	Refused     Status = "declined"    // an attempt was declined; the customer may try again
	Completed   Status = "completed"
	Cancelled   Status = "cancelled"
	Expired     Status = "expired"
)

// Final tells whether nothing about the outcome can change any more.
func (s Status) Final() bool { return s == Completed || s == Cancelled || s == Expired }

// OrderKind is what an order does with the customer's money.
type OrderKind string

// The kinds of order.
const (
	Purchase  OrderKind = ""           // takes it
	Credit    OrderKind = "credit"     // gives it, to the card that is presented: an unreferenced refund
	CardCheck OrderKind = "card_check" // asks the issuer whether the card is good, for an amount of 0
)

// Origin is where an order was started.
type Origin string

// The origins.
const (
	FromSale   Origin = ""           // a Sale System asked over the network
	FromKeys   Origin = "manual"     // somebody typed it in on the POI
	FromWebApp Origin = "web_app"    // a page in the POI's browser
	FromApp    Origin = "native_app" // an app on the POI
)

// AtPOI tells whether the order was started on the POI itself, so that it is shown there in every mode.
func (o Origin) AtPOI() bool { return o != FromSale }

// Channel is how the card comes to the order.
type Channel string

// The channels.
const (
	InPerson  Channel = ""          // presented at a POI
	Ecommerce Channel = "ecommerce" // typed in on a page; the order comes with it and has no POI
)

// CardAbsent tells whether the card's data came through a door: the host is asked at once, and once.
func (c Channel) CardAbsent() bool { return c != InPerson }

// EcommerceTID is the terminal id under which a group's card-absent orders are sent. No POI has such
// a one: it holds a hyphen.
func EcommerceTID(group string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(group))
	text := strconv.FormatUint(uint64(sum.Sum32())%tidSpace, 36)
	return "E-" + strings.ToUpper(strings.Repeat("0", tidDigits-len(text))+text)
}

// What follows "E-" in such a terminal id: six digits to the base 36. Two groups with the same one
// share a sequence of trace numbers, no more.
const (
	tidDigits        = 6
	tidSpace  uint64 = 36 * 36 * 36 * 36 * 36 * 36
)

// Tip is what the customer adds for the staff. It is a part of the order's amount.
type Tip struct {
	Minor        int64  `json:"minor"`
	EmployeeID   string `json:"employeeID,omitempty"`
	EmployeeName string `json:"employeeName,omitempty"`
}

// NewOrder is what a door asks to be paid.
type NewOrder struct {
	// Number identifies the order in the whole installation; ID() is its short form.
	Number int64 `json:"number"`
	// Dialect, Scope (the terminal group) and Ref (the merchant's order id) identify the order
	// for its Sale System.
	Dialect string `json:"dialect"`
	Account string `json:"account"`
	Scope   string `json:"scope"`
	Ref     string `json:"ref"`
	// Fingerprint is a hash of the request; the same one again gets the first answer.
	Fingerprint string `json:"fingerprint"`
	Environment string `json:"environment"`

	Kind   OrderKind `json:"kind,omitempty"`
	Origin Origin    `json:"origin,omitempty"`
	// Channel tells whether the card is presented; Capture when the money is taken, and HoldFor how
	// long it may be held until then.
	Channel Channel       `json:"channel,omitempty"`
	Capture CaptureMode   `json:"capture,omitempty"`
	HoldFor time.Duration `json:"holdFor,omitempty"`
	Terms   HoldTerms     `json:"terms,omitzero"`
	// POIID and TID are empty until a POI takes the order up (Claim).
	POIID string `json:"poiid"`
	TID   string `json:"tid"` // DE41
	MID   string `json:"mid"` // DE42
	// Amount is what is asked for, the tip included.
	Amount      Money  `json:"amount"`
	Tip         Tip    `json:"tip,omitzero"`
	Description string `json:"description"`
	// AskTip asks the customer for a tip before the card, whatever the terminal's own setting; a tip that is
	// in the amount already leaves nothing to ask.
	AskTip bool `json:"askTip,omitempty"`
	// Door is what the dialect keeps with the order, opaque here.
	Door json.RawMessage `json:"door,omitempty"`

	// OneTry ends the order with the first decline that no PIN and no other interface can mend; without
	// it the customer may try another card.
	OneTry bool `json:"oneTry,omitempty"`
	// NoQueue refuses the order with POIBusy where it would have to wait for its POI.
	NoQueue bool `json:"noQueue,omitempty"`
	// AmountCodes tells the simulated issuer of the test environment to judge a card that it would approve
	// by the last three digits of the amount, as Adyen's does.
	AmountCodes bool `json:"amountCodes,omitempty"`

	// Inactivity is how long nobody may act once a screen shows the order (60 s for
	// MultiSafepay, 150 s for Adyen); Lifetime is how long it may wait to be shown at all.
	Inactivity time.Duration `json:"inactivity"`
	Lifetime   time.Duration `json:"lifetime"`
}

// Deadlines that the language sets itself.
const (
	// CompletionTime is how long a terminal may take from the host's approval to the chip's last
	// word, before the approval is reversed.
	CompletionTime = 20 * time.Second
	// AuthorisationTime bounds the wait for the acquirer's link to report any outcome. The link's
	// own time-out (15 s) is shorter; this one only catches a link that reports nothing.
	AuthorisationTime = 60 * time.Second
	// DefaultLifetime is an order's lifetime when its door names none.
	DefaultLifetime = 5 * time.Minute
	// DefaultInactivity is MultiSafepay's 60 s without activity on the terminal.
	DefaultInactivity = 60 * time.Second
)

// Order is one order: what was asked, every attempt to pay it, and its refunds.
type Order struct {
	NewOrder
	Status     Status    `json:"status"`
	End        Reason    `json:"end,omitempty"` // why it ended unpaid
	CreatedAt  time.Time `json:"createdAt"`
	ModifiedAt time.Time `json:"modifiedAt"`
	ShownAt    time.Time `json:"shownAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	// Deadline is the instant at which a Tick ends what is going on; zero when nothing is.
	Deadline    time.Time `json:"deadline,omitzero"`
	CancelAsked bool      `json:"cancelAsked,omitempty"`
	// Parked tells that a broken invariant took the order out of service: people must look at it.
	Parked string `json:"parked,omitempty"`
	// Screen is what the terminal last said it shows while it waits for somebody.
	Screen   string    `json:"screen,omitempty"`
	Attempts []Attempt `json:"attempts,omitempty"`
	Hold     *Hold     `json:"hold,omitempty"`
	Captures []Capture `json:"captures,omitempty"`
	Refunds  []Refund  `json:"refunds,omitempty"`
	// Notes counts how often Door has been replaced.
	Notes int `json:"notes,omitempty"`
}

// ID is the order's number in base 36, at most 10 characters until the year 2085, so that it can
// be a nexo ServiceID.
func (n NewOrder) ID() string { return FormatID(n.Number) }

// FormatID gives the short form of an order number.
func FormatID(number int64) string { return strings.ToUpper(strconv.FormatInt(number, 36)) }

// Attempt is the newest attempt, nil before the first.
func (o *Order) Attempt() *Attempt {
	if len(o.Attempts) == 0 {
		return nil
	}
	return &o.Attempts[len(o.Attempts)-1]
}

// Authorisation finds the authorisation with the terminal's request number, with its attempt.
func (o *Order) Authorisation(request int) (*Attempt, *Authorisation) {
	for i := range o.Attempts {
		for j := range o.Attempts[i].Authorisations {
			if o.Attempts[i].Authorisations[j].Request == request {
				return &o.Attempts[i], &o.Attempts[i].Authorisations[j]
			}
		}
	}
	return nil, nil
}

// bySTAN finds the newest authorisation with a STAN, nil when there is none.
func (o *Order) bySTAN(stan string) *Authorisation {
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		auths := o.Attempts[i].Authorisations
		for j := len(auths) - 1; j >= 0; j-- {
			if auths[j].STAN == stan {
				return &auths[j]
			}
		}
	}
	return nil
}

// Paid is the authorisation that completed the order, nil when none did.
func (o *Order) Paid() *Authorisation {
	if o.Status != Completed {
		return nil
	}
	for i := range o.Attempts {
		if o.Attempts[i].Status == AttemptApproved {
			return o.Attempts[i].Last()
		}
	}
	return nil
}

// RefundBy finds the refund with a reference, unless it was declined: such a one may be asked for again.
// An empty reference finds none.
func (o *Order) RefundBy(ref string) *Refund {
	for i, r := range o.Refunds {
		if ref != "" && r.Ref == ref && r.Status != RefundDeclined {
			return &o.Refunds[i]
		}
	}
	return nil
}

// Key is the order's identity for its Sale System, as one text.
func (n NewOrder) Key() string { return n.Dialect + "/" + n.Scope + "/" + n.Ref }

// AmountRefunded is the sum of all refunds that count.
func (o *Order) AmountRefunded() int64 {
	var sum int64
	for _, r := range o.Refunds {
		if r.Counts() {
			sum += r.Amount.Minor
		}
	}
	return sum
}

// HoldsPOI tells whether the order has the POI for itself.
func (o *Order) HoldsPOI() bool {
	return !o.Channel.CardAbsent() && o.Status != Unclaimed && o.Status != Waiting && !o.Status.Final() && o.Parked == ""
}

// Open tells whether anything about the order is still going on or owed.
func (o *Order) Open() bool {
	holding := o.Parked == "" && o.HoldLeft() > 0
	return (!o.Status.Final() && o.Parked == "") || holding || o.asked() != nil || len(o.Owed()) > 0
}

// asked is the authorisation that the host is being asked for, nil when there is none.
func (o *Order) asked() *Authorisation {
	if a := o.Attempt(); a != nil {
		if last := a.Last(); last != nil && last.State == HostOpen {
			return last
		}
	}
	return nil
}

func (o *Order) tries() int {
	n := 0
	for _, a := range o.Attempts {
		n += len(a.Authorisations)
	}
	return n
}
