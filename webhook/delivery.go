package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"kassa/journal"
)

// Status is where a delivery stands.
type Status string

// The statuses.
const (
	Waiting   Status = "waiting"
	Delivered Status = "delivered"
	Parked    Status = "parked" // given up; a person may send it again
)

// Delivery is the state of a stream "webhook/…": one webhook with all its tries.
type Delivery struct {
	ID          string    `json:"id"` // the same in every try
	Dialect     string    `json:"dialect"`
	Seq         uint64    `json:"seq"` // the fact that called for it
	Endpoint    string    `json:"endpoint,omitempty"`
	Queue       string    `json:"queue,omitempty"`
	Order       string    `json:"order"`
	OrderRef    string    `json:"orderRef"`
	Account     string    `json:"account"`
	Group       string    `json:"group"`
	Environment string    `json:"environment"`
	Event       string    `json:"event"`
	URL         string    `json:"url"`
	Method      string    `json:"method"`
	Body        string    `json:"body,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	Status      Status    `json:"status"`
	Due         time.Time `json:"due,omitzero"` // the next try
	Tries       []Try     `json:"tries,omitempty"`
}

// Try is one try of a delivery.
type Try struct {
	At        time.Time `json:"at"`
	LatencyMS int64     `json:"latencyMS"`
	Status    int       `json:"status,omitempty"` // HTTP; 0 when there was no reply
	Reply     string    `json:"reply,omitempty"`  // its beginning, masked
	Failure   string    `json:"failure,omitempty"`
}

// Kinds of the facts about deliveries. Their payload is a Report.
const (
	WebhookDelivered  = "WebhookDelivered"
	WebhookFailed     = "WebhookFailed" // one try
	WebhookParked     = "WebhookParked"
	WebhookWarned     = "WebhookWarned"     // beside WebhookFailed: so many tries failed that people should look
	WebhookIgnored    = "WebhookIgnored"    // a person gave it up
	WebhookUnrendered = "WebhookUnrendered" // a fact that its dialect could not turn into a webhook
)

// Report is what the journal says of a try.
type Report struct {
	ID       string `json:"id"`
	Endpoint string `json:"endpoint,omitempty"`
	Order    string `json:"order"`
	OrderRef string `json:"orderRef,omitempty"`
	Event    string `json:"event,omitempty"`
	URL      string `json:"url,omitempty"`
	Try      Try    `json:"try"`
	Tries    int    `json:"tries"`
	// Ahead are the instants of the tries that are still to come, if they fail like this one.
	Ahead []time.Time `json:"ahead,omitempty"`
}

func newDelivery(dialect string, e journal.Entry, n Notice, now time.Time) Delivery {
	return Delivery{
		ID: idOf(e.Seq, n.Endpoint), Dialect: dialect, Seq: e.Seq, Endpoint: n.Endpoint, Queue: n.Queue, Order: n.Order,
		OrderRef: n.OrderRef, Account: n.Account, Group: n.Group, Environment: n.Environment, Event: n.Event, URL: n.URL,
		Method: n.Method, Body: string(n.Body), CreatedAt: now, Status: Waiting, Due: now,
	}
}

func (d Delivery) notice() Notice {
	return Notice{
		Endpoint: d.Endpoint, Queue: d.Queue, Order: d.Order, OrderRef: d.OrderRef, Account: d.Account, Group: d.Group,
		Environment: d.Environment, Event: d.Event, URL: d.URL, Method: d.Method, Body: []byte(d.Body),
	}
}

// stream is the delivery's own stream in the journal.
func (d Delivery) stream() string { return "webhook/" + d.ID }

// item is the delivery as the schedule knows it. The lane is the host that gets the connection.
func (d Delivery) item() item {
	host := "(none)"
	if u, err := url.Parse(d.URL); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	queue := d.Queue
	if queue == "" {
		queue = d.Order
	}
	return item{id: d.ID, seq: d.Seq, queue: queue, host: host, due: d.Due}
}

// after gives the delivery that follows from a try, and the fact about it. A try that can never
// succeed is not repeated.
func (d Delivery) after(t Try, forGood bool, p Policy) (next Delivery, kind string) {
	next = d
	next.Tries = append(slices.Clone(d.Tries), t)
	if old := len(next.Tries) - repliesKept - 1; old >= 0 { // a month of replies would make each step a long one
		next.Tries[old].Reply = ""
	}
	next.Due = time.Time{}
	at, again := p.next(len(next.Tries), d.CreatedAt, t.At)
	switch {
	case t.Failure == "":
		next.Status, kind = Delivered, WebhookDelivered
	case forGood || !again:
		next.Status, kind = Parked, WebhookParked
	default:
		next.Due, kind = at, WebhookFailed
	}
	return next, kind
}

// ahead gives the schedule from now on, its beginning if it is a long one: empty once it is over.
func (d Delivery) ahead(p Policy) (list []time.Time) {
	if d.Status != Waiting {
		return nil
	}
	at, again := d.Due, true
	for again && len(list) < aheadShown {
		list = append(list, at)
		at, again = p.next(len(d.Tries)+len(list), d.CreatedAt, at)
	}
	return list
}

// change is the step of the delivery's stream that a try makes, with the facts about it.
func (d Delivery) change(expect uint64, t Try, p Policy, kinds ...string) (journal.Change, error) {
	state, err := json.Marshal(d)
	if err != nil {
		return journal.Change{}, fmt.Errorf("webhook: encode delivery %s: %w", d.ID, err)
	}
	c := journal.Change{Stream: d.stream(), Expect: expect, State: state, Open: d.Status == Waiting, Scope: d.scope()}
	if len(kinds) == 0 {
		return c, nil
	}
	payload, err := json.Marshal(Report{
		ID: d.ID, Endpoint: d.Endpoint, Order: d.Order, OrderRef: d.OrderRef, Event: d.Event, URL: d.URL, Try: t,
		Tries: len(d.Tries), Ahead: d.ahead(p),
	})
	if err != nil {
		return journal.Change{}, fmt.Errorf("webhook: encode report %s: %w", d.ID, err)
	}
	for _, kind := range kinds {
		c.Facts = append(c.Facts, journal.Fact{At: t.At, Kind: kind, Scope: d.scope(), Payload: payload})
	}
	return c, nil
}

// scope is whose delivery it is.
func (d Delivery) scope() string {
	if d.Group == "" {
		return d.Account
	}
	return d.Group
}

func readDelivery(s journal.Stream) (Delivery, error) {
	var d Delivery
	if err := json.Unmarshal(s.State, &d); err != nil {
		return d, fmt.Errorf("webhook: state of %s: %w", s.ID, err)
	}
	if d.stream() != s.ID {
		return d, errors.New("webhook: state of " + s.ID + " belongs to another delivery")
	}
	return d, nil
}

// keep makes the beginning of a reply fit to be kept and shown: no control characters, and nothing
// that could be a card number.
func keep(reply []byte) string {
	text := strings.Map(func(r rune) rune {
		if r == '\n' || (unicode.IsPrint(r) && r != unicode.ReplacementChar) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(string(reply), ""))
	out := []byte(text)
	for i := 0; i < len(out); {
		end, digits := i, 0
		for end < len(out) && (isDigit(out[end]) || (digits > 0 && (out[end] == ' ' || out[end] == '-'))) {
			if isDigit(out[end]) {
				digits++
			}
			end++
		}
		if digits >= 12 {
			mask(out[i:end], digits)
		}
		i = max(end, i+1)
	}
	return string(out)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// mask leaves the first six and the last four digits.
func mask(run []byte, digits int) {
	n := 0
	for i := range run {
		if isDigit(run[i]) {
			if n >= 6 && n < digits-4 {
				run[i] = '*'
			}
			n++
		}
	}
}
