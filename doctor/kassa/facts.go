package kassa

import (
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
)

// day is how long a refused call says something of the present.
const day = 24 * time.Hour

// lately gives the newest call of the last day that was refused for one of some reasons. Of a key it must be its own.
func lately(c *doctor.Chart, reasons ...string) (doctor.Call, bool) {
	for _, call := range slices.Backward(c.Calls()) {
		own := c.Subject.Kind != doctor.Key || c.Key == nil || c.Key.ID == "" || call.Key == c.Key.ID
		about := c.Subject.Kind != doctor.Order || c.Order == nil || call.OrderID == c.Order.Ref || call.OrderID == c.Order.ID()
		if own && about && slices.Contains(reasons, call.Reason) && c.Now.Sub(call.At) <= day {
			return call, true
		}
	}
	return doctor.Call{}, false
}

// said makes evidence of a refused call.
func said(call doctor.Call) doctor.Evidence {
	says := fmt.Sprintf("%s was answered with %d", call.Route, call.Status)
	if call.ErrorCode != 0 {
		says += fmt.Sprintf(" and %d", call.ErrorCode)
	}
	if call.ErrorInfo != "" {
		says += ": " + call.ErrorInfo
	}
	if call.Hint != "" {
		says += " (key …" + call.Hint + ")"
	}
	if call.From != "" {
		says += ", from " + call.From
	}
	return doctor.Entry(call.Entry, "call", says)
}

// args are the arguments of every text about a call or a key.
func args(call doctor.Call, key *doctor.KeyFacts) map[string]string {
	hint := call.Hint
	if key != nil {
		hint = key.Hint
	}
	return map[string]string{"hint": hint, "route": call.Route, "from": call.From, "order": call.OrderID, "terminal": call.TerminalID}
}

// ofKey looks at a key: the problem that it has, with what tells of it, and the newest call that it was refused for.
func ofKey(problem, reason string, at func(*doctor.KeyFacts) time.Time, says string, kinds ...string) func(*doctor.Chart) doctor.Sign {
	return func(c *doctor.Chart) doctor.Sign {
		call, refused := lately(c, reason)
		if c.Key.Problem != problem && !refused {
			return doctor.No("the key is not " + problem)
		}
		if c.Key.Problem != problem && c.Key.Used.After(call.At) {
			return doctor.No("the key has been used since it was last refused")
		}
		var evidence []doctor.Evidence
		if c.Key.Problem == problem {
			e := doctor.Evidence{Source: "key", Ref: c.Key.ID, Says: says}
			if at != nil {
				e.At = at(c.Key)
			}
			if fact, ok := keyFact(c, says, kinds...); ok {
				e = fact
			}
			evidence = append(evidence, e)
		}
		if refused {
			evidence = append(evidence, said(call))
		}
		return doctor.Found(args(call, c.Key), evidence...)
	}
}

// keyFact gives the newest fact of some kinds about the key itself.
func keyFact(c *doctor.Chart, says string, kinds ...string) (doctor.Evidence, bool) {
	for _, e := range slices.Backward(c.Of(kinds...)) {
		if body, ok := doctor.Read[struct {
			ID string `json:"id"`
		}](e); ok && body.ID == c.Key.ID {
			return doctor.Entry(e, "key", says), true
		}
	}
	return doctor.Evidence{}, false
}

// ended makes evidence of the end of the order.
func ended(c *doctor.Chart, says string) doctor.Evidence {
	return c.Recorded("order", "order/"+c.Order.ID(), says, "OrderCancelled", "OrderExpired", "AuthorisationNotSent", "AttemptClosed")
}

// gaveUp tells whether the order ended for a reason, or its last request never left for it.
func gaveUp(o *kassa.Order, reason kassa.Reason) bool {
	if o.Status == kassa.Completed {
		return false
	}
	if o.End == reason {
		return true
	}
	a := o.Attempt()
	return a != nil && a.Last() != nil && a.Last().Reason == reason
}
