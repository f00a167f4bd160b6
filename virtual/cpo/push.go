package cpo

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"kassa/ocpi"
)

// The kinds of what is owed.
const (
	pushSession = "session"
	pushCDR     = "cdr"
	pushResult  = "result"
)

// push is something that the other side is owed. It is sent until it is answered.
type push struct {
	ID      int                 `json:"id"`
	Kind    string              `json:"kind"`
	EVSE    string              `json:"evse"`
	Due     time.Time           `json:"due"`
	Tried   bool                `json:"tried,omitempty"` // in vain
	Session string              `json:"session,omitempty"`
	First   bool                `json:"first,omitempty"` // the whole session, not what has changed
	CDR     *ocpi.CDR           `json:"cdr,omitempty"`
	URL     string              `json:"url,omitempty"`
	Result  *ocpi.CommandResult `json:"result,omitempty"`
	Body    json.RawMessage     `json:"body,omitempty"` // of a session, as it was when it was owed
}

// retryAfter is how long a push that got no answer waits.
const retryAfter = time.Second

// owe adds to what is sent, in its order. The caller holds mu.
func (o *Operator) owe(p push) {
	o.s.Last++
	p.ID = o.s.Last
	if p.Due.IsZero() {
		p.Due = o.now()
	}
	if p.Kind == pushSession {
		for _, c := range o.s.Charges {
			if c.ID == p.Session {
				p.Body = o.sessionBody(c, p.First)
			}
		}
	}
	o.s.Owed = append(o.s.Owed, p)
}

// sessionBody is a session, or what of it changes.
func (o *Operator) sessionBody(c *Charge, whole bool) json.RawMessage {
	s := o.session(c)
	var body any = s
	if !whole {
		changes := map[string]any{"kwh": s.KWh, "total_cost": s.TotalCost, "status": s.Status}
		if !o.s.Quirks[QuirkNoUpdatedAt] {
			changes["last_updated"] = s.LastUpdated
		}
		body = changes
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil // such values can always be encoded
	}
	return raw
}

// send sends what is due, each charger's in its order.
func (o *Operator) send(ctx context.Context) error {
	o.sending.Lock()
	defer o.sending.Unlock()
	for {
		p, ok := o.next()
		if !ok {
			return nil
		}
		answered := o.carry(ctx, p)
		if err := o.sent(p, answered); err != nil {
			return err
		}
		if !answered || ctx.Err() != nil {
			return nil
		}
	}
}

// next is the first push that is due and does not wait for one of its charger before it.
func (o *Operator) next() (push, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, held := o.now(), map[string]bool{}
	for _, p := range o.s.Owed {
		if p.Tried && now.Before(p.Due) {
			held[p.EVSE] = true
		}
		if held[p.EVSE] || now.Before(p.Due) || p.Kind != pushResult && (!o.s.Link.Registered || o.fault(FaultOffline, p.EVSE) != nil && p.Kind == pushSession) {
			continue
		}
		return p, true
	}
	return push{}, false
}

// sent forgets what was answered and lets the other wait.
func (o *Operator) sent(p push, answered bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.s.Owed {
		if o.s.Owed[i].ID != p.ID {
			continue
		}
		if answered {
			o.s.Owed = append(o.s.Owed[:i:i], o.s.Owed[i+1:]...)
		} else {
			o.s.Owed[i].Due, o.s.Owed[i].Tried = o.now().Add(retryAfter), true
		}
		break
	}
	return o.keep()
}

// carry makes the call of a push, and tells whether it was answered: a no is an answer, too.
func (o *Operator) carry(ctx context.Context, p push) bool {
	o.mu.Lock()
	link := o.s.Link
	o.mu.Unlock()
	details := ocpi.VersionDetails{Endpoints: link.Endpoints}
	var a answer
	switch p.Kind {
	case pushSession:
		to := strings.TrimSuffix(details.URL(ocpi.ModuleSessions, ocpi.Receiver), "/") + "/" + country + "/" + partyID + "/" + p.Session
		method := http.MethodPatch
		if p.First {
			method = http.MethodPut
		}
		a = o.call(ctx, method, to, p.Body, true)
	case pushCDR:
		body, err := json.Marshal(p.CDR)
		if err != nil {
			return true
		}
		a = o.call(ctx, http.MethodPost, details.URL(ocpi.ModuleCDRs, ocpi.Receiver), body, true)
	case pushResult:
		body, err := json.Marshal(p.Result)
		if err != nil {
			return true
		}
		a = o.call(ctx, http.MethodPost, p.URL, body, true)
	}
	return a.http != 0 && a.http < http.StatusInternalServerError
}
