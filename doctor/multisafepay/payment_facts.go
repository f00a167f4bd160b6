package multisafepay

import (
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
	"kassa/journal"
)

// shownWithin is how long a terminal that is well needs at most to show an order.
const shownWithin = 5 * time.Second

// streamOf is the stream of an order's facts.
func streamOf(o *kassa.Order) string { return "order/" + o.ID() }

// ofOrder makes evidence of the newest fact of some kinds in an order's stream; without one, of what is said alone.
func ofOrder(c *doctor.Chart, o *kassa.Order, says string, kinds ...string) doctor.Evidence {
	for _, e := range slices.Backward(c.Of(kinds...)) {
		if e.Stream == streamOf(o) {
			return doctor.Entry(e, "order", says)
		}
	}
	return doctor.Evidence{At: o.ModifiedAt, Source: "order", Ref: streamOf(o), Says: says}
}

// untold gives the order that no screen showed: the one that is asked about, or for a terminal its newest that is
// still to be shown or was not in the last quarter of an hour. Without one, otherwise says why.
func untold(c *doctor.Chart) (o *kassa.Order, otherwise doctor.Sign) {
	if c.Subject.Kind == doctor.Order {
		switch {
		case !c.Has(doctor.NeedOrder) || c.Order == nil:
			return nil, doctor.NotKnown(doctor.NeedOrder, "the order is not known")
		case neverShown(c.Order):
			return c.Order, doctor.Sign{}
		}
		return nil, doctor.No("a screen showed the order, or it is for no terminal yet")
	}
	if !c.Has(doctor.NeedRecent) {
		return nil, doctor.NotKnown(doctor.NeedRecent, "the orders of the terminal are not known")
	}
	for i := range c.Recent {
		o := &c.Recent[i]
		if neverShown(o) && (!o.Status.Final() || c.Now.Sub(o.EndedAt) <= 15*time.Minute) {
			return o, doctor.Sign{}
		}
	}
	return nil, doctor.No("no order waits for the terminal's screen")
}

func neverShown(o *kassa.Order) bool {
	return o.TID != "" && !o.Channel.CardAbsent() && o.ShownAt.IsZero() && o.Status != kassa.Completed
}

// waitedUntil is the end of an order's wait for a screen.
func waitedUntil(c *doctor.Chart, o *kassa.Order) time.Time {
	if o.EndedAt.IsZero() {
		return c.Now
	}
	return o.EndedAt
}

// wait is how long an order waited for a screen.
func wait(c *doctor.Chart, o *kassa.Order) time.Duration { return waitedUntil(c, o).Sub(o.CreatedAt) }

// linkAt gives the newest fact about the link of a device at an instant, and whether the device was connected. known
// is false when nothing is known of that time.
func linkAt(c *doctor.Chart, poiid string, at time.Time) (last doctor.Evidence, up, known bool) {
	var epoch uint64
	for _, e := range c.Of("LinkUp", "LinkDown") {
		body, ok := doctor.Read[estate.LinkDown](e)
		switch {
		case !ok || e.At.After(at) || poiid != "" && body.POIID != poiid:
		case e.Kind == "LinkUp":
			epoch, up, known = body.Epoch, true, true
			last = doctor.Entry(e, "link", "connected since "+past.Instant(e.At))
		case body.Epoch >= epoch:
			up, known = false, true
			last = doctor.Entry(e, "link", "without a connection since "+past.Instant(e.At)+": "+body.Reason)
		}
	}
	if !known && c.Reach != nil && !c.Reach.Since.IsZero() && !c.Reach.Since.After(at) {
		switch c.Reach.State {
		case "offline":
			says := "without a connection since " + past.Instant(c.Reach.Since) + ": " + c.Reach.Reason
			return doctor.Evidence{At: c.Reach.Since, Source: "link", Ref: poiid, Says: says}, false, true
		case "online":
			return doctor.Evidence{At: c.Reach.Since, Source: "link", Ref: poiid, Says: "connected since " + past.Instant(c.Reach.Since)}, true, true
		}
	}
	if !known && c.Reach != nil && c.Reach.State == "offline" && c.Reach.Seen.IsZero() && !c.Reach.Linked {
		return doctor.Evidence{Source: "link", Ref: poiid, Says: "the device has never connected"}, false, true
	}
	return last, up, known
}

// saidAt gives what a device last told of itself up to an instant.
func saidAt(c *doctor.Chart, poiid string, at time.Time) (doctor.Telemetry, bool) {
	var found doctor.Telemetry
	ok := false
	for _, e := range c.Of(doctor.TelemetryReported) {
		if t, read := doctor.Read[doctor.Telemetry](e); read && !e.At.After(at) && (poiid == "" || t.POIID == poiid) {
			t.At, t.Seq = e.At, e.Seq
			found, ok = t, true
		}
	}
	if t := c.Telemetry; t != nil && !t.At.After(at) && (poiid == "" || t.POIID == poiid) && (!ok || found.At.Before(t.At)) {
		found, ok = *t, true
	}
	return found, ok
}

// lastAsked is the newest authorisation of an order, nil before the first.
func lastAsked(o *kassa.Order) *kassa.Authorisation {
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		if a := o.Attempts[i].Last(); a != nil {
			return a
		}
	}
	return nil
}

// refusal gives the newest authorisation of an order that is not paid, when the answer to it was no.
func refusal(c *doctor.Chart) *kassa.Authorisation {
	if c.Order.Status == kassa.Completed {
		return nil
	}
	a := lastAsked(c.Order)
	if a == nil || a.State != kassa.HostDeclined && a.State != kassa.HostNotSent {
		return nil
	}
	return a
}

// answered makes evidence of the answer to an authorisation of the order.
func answered(c *doctor.Chart, a *kassa.Authorisation) doctor.Evidence {
	says := cardOf(a) + ": " + a.Reason.Text()
	if a.ResponseCode != "" {
		says = fmt.Sprintf("%s: answer code %s, %s", cardOf(a), a.ResponseCode, a.Reason.Text())
	}
	for _, e := range slices.Backward(c.Of("AuthorisationAnswered", "AuthorisationNotSent")) {
		body, ok := doctor.Read[kassa.AuthorisationNotSent](e)
		if ok && e.Stream == streamOf(c.Order) && body.Request == a.Request {
			return doctor.Entry(e, "acquirer", says)
		}
	}
	return doctor.Evidence{At: a.TransmittedAt, Source: "acquirer", Ref: streamOf(c.Order), Says: says}
}

// cardOf says which card it was, and how it was read.
func cardOf(a *kassa.Authorisation) string {
	return fmt.Sprintf("%s ending in %s, %s, %s", a.Card.Brand, a.Card.Last4, a.Entry, a.Amount)
}

// screenTold gives the terminal's newest report of a screen in the order, unless a card went to the host after it.
func screenTold(c *doctor.Chart, screen string) (journal.Entry, bool) {
	for _, e := range slices.Backward(c.Entries) {
		if e.Stream != streamOf(c.Order) {
			continue
		}
		switch e.Kind {
		case "AuthorisationRequested":
			return journal.Entry{}, false
		case "ScreenReported":
			if body, ok := doctor.Read[kassa.ScreenReported](e); ok && body.Screen == screen {
				return e, true
			}
		}
	}
	return journal.Entry{}, false
}

// lately gives the newest refused call about the subject for which a test holds, made no longer than a day ago, and
// whether an order has been accepted since: then it is mended.
func lately(c *doctor.Chart, is func(doctor.Call) bool) (call doctor.Call, mended, found bool) {
	for _, call := range slices.Backward(c.Calls()) {
		if c.Now.Sub(call.At) <= 24*time.Hour && concerns(c, call) && is(call) {
			return call, acceptedSince(c, call), true
		}
	}
	return doctor.Call{}, false, false
}

func acceptedSince(c *doctor.Chart, call doctor.Call) bool {
	later := func(o kassa.Order) bool {
		return o.CreatedAt.After(call.At) && (call.Scope == "" || o.Scope == call.Scope)
	}
	return c.Order != nil && later(*c.Order) || slices.ContainsFunc(c.Recent, later)
}

// called makes evidence of a refused call.
func called(call doctor.Call) doctor.Evidence {
	says := fmt.Sprintf("%s answered %d", call.Route, call.Status)
	if call.ErrorCode != 0 {
		says += fmt.Sprintf(" with error_code %d", call.ErrorCode)
	}
	if call.ErrorInfo != "" {
		says += ": " + call.ErrorInfo
	}
	if call.Hint != "" {
		says += " (key …" + call.Hint + ")"
	}
	return doctor.Entry(call.Entry, "call", says)
}

// cents says an amount in major units.
func cents(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

// concerns tells whether a refused call is about the order that is asked about; about any when there is none.
func concerns(c *doctor.Chart, call doctor.Call) bool {
	o := c.Order
	return c.Subject.Kind != doctor.Order || o == nil || call.OrderID == o.Ref && (call.Scope == "" || call.Scope == o.Scope)
}
