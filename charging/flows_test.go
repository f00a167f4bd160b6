package charging_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
)

// TestCrashAtEveryPoint kills the process before and after each commit and each effect, one at a time: the money and
// the confirmation end as without.
func TestCrashAtEveryPoint(t *testing.T) {
	for name, p := range map[string]plan{
		"G3":         {price: 6000, pushes: true, ends: true},
		"G4":         {price: 6000, pushes: true, ends: true, allowOver: true, terms: kassa.HoldTerms{OverCommit: true}},
		"G6":         {price: 6000, pushes: true, ends: true, terms: kassa.HoldTerms{Increments: 2}},
		"correction": {price: 4000, pushes: true, ends: true, credit: true, replaced: 3000},
	} {
		if p.replaced == 0 {
			p.replaced = -1
		}
		for at := 1; ; at++ {
			w := golden(p)
			w.plan.credit, w.plan.replaced, w.plan.crashAt = p.credit, p.replaced, at
			w.finish()
			if len(w.broken) > 0 {
				t.Fatalf("%s, crash %d: %v", name, at, w.broken)
			}
			if w.crash == 0 {
				t.Logf("%s: %d points", name, at-1)
				break
			}
			s, _, _ := w.book.Load(sessionRef)
			if s.State == charging.Settled && w.bank.captured == 0 {
				t.Errorf("%s, crash %d: settled without money", name, at)
			}
		}
	}
}

// rig drives the pure machine.
type rig struct {
	t   *testing.T
	s   charging.Session
	now time.Time
	got []string // the effects of the last input
}

func newRig(t *testing.T, change func(*charging.New)) *rig {
	n := charging.New{Ref: sessionRef, Peer: "peer", Account: "a", Group: "g", POIID: poiid, Location: "LOC", EVSE: "E1",
		StartID: "start", StopID: "stop", Currency: kassa.EUR, Hold: 5000, Margin: 250, Late: charging.LastKnown}
	if change != nil {
		change(&n)
	}
	r := &rig{t: t, now: start}
	r.in(charging.Choose{New: n})
	return r
}

func (r *rig) in(in charging.Input) error {
	next, _, effects, refused := r.s.Step(r.now, in)
	r.s, r.got = next, nil
	for _, e := range effects {
		r.got = append(r.got, strings.TrimPrefix(fmt.Sprintf("%T", e), "charging."))
	}
	if refused != nil {
		return refused
	}
	return nil
}

func (r *rig) wait(d time.Duration) {
	r.now = r.now.Add(d)
	r.in(charging.Tick{})
}

func (r *rig) did(effect string) bool {
	return strings.Contains(" "+strings.Join(r.got, " ")+" ", " "+effect+" ")
}

func (r *rig) want(state charging.State, effects ...string) {
	r.t.Helper()
	if r.s.State != state {
		r.t.Fatalf("state %s (%s), want %s", r.s.State, r.s.Why, state)
	}
	for _, e := range effects {
		if !r.did(e) {
			r.t.Fatalf("did %v, want %s", r.got, e)
		}
	}
}

func held() charging.HoldView {
	return charging.HoldView{State: charging.HoldHeld, Amount: 5000, HeldAt: start, Expires: start.Add(7 * 24 * time.Hour),
		Card: charging.Card{Token: "CARD", Lines: []string{"VISA"}}}
}

func (r *rig) started() *rig {
	r.in(charging.OrderSeen{View: held()})
	r.want(charging.Starting, "SendStart")
	r.in(charging.StartAnswered{Outcome: charging.Accepted, Timeout: 60})
	r.in(charging.CommandResulted{ID: "start", Result: "ACCEPTED"})
	r.want(charging.Charging)
	return r
}

func (r *rig) report(status string, cost int64) error {
	return r.in(charging.Reported{Report: charging.Report{SessionID: "S1", Status: status, Cost: &cost, Updated: r.now}})
}

// TestErrorFlows are the rows of the specification's tables of errors (1.11) and failures (3.7).
func TestErrorFlows(t *testing.T) {
	for _, flows := range []map[string]func(*testing.T){startFlows(), endFlows(), priceFlows(), driverFlows(), handFlows()} {
		for name, flow := range flows {
			t.Run(name, flow)
		}
	}
}

func startFlows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"E1 declined": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: charging.HoldView{State: charging.HoldRefused, Reason: kassa.DeclinedFunds}})
			r.want(charging.Declined)
		},
		"E2 never start on unknown": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: charging.HoldView{State: charging.HoldAsked}})
			r.want(charging.Authorising)
			r.in(charging.OrderSeen{View: charging.HoldView{State: charging.HoldRefused, Reason: kassa.NotCompleted}})
			r.want(charging.Declined)
		},
		"E3 start refused": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: held()})
			r.in(charging.StartAnswered{Outcome: charging.Refusal})
			r.want(charging.Releasing, "Release")
		},
		"E3b start unknown": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: held()})
			r.in(charging.StartAnswered{Outcome: charging.Unknown})
			r.want(charging.Starting, "SeekSession")
			r.wait(10 * time.Minute)
			r.in(charging.Looked{Outcome: charging.Unknown})
			r.want(charging.Starting)
			r.in(charging.Looked{Outcome: charging.Accepted})
			r.want(charging.Releasing, "Release")
			if r.report(charging.Active, 0); !r.did("SendStop") || !r.s.LateStart {
				t.Errorf("a late start is not stopped: %v", r.got)
			}
		},
		"E4 the charger did not start": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: held()})
			r.in(charging.StartAnswered{Outcome: charging.Accepted})
			r.in(charging.CommandResulted{ID: "start", Result: "EVSE_OCCUPIED"})
			r.want(charging.Releasing, "Release")
		},
		"E5 no result, but a session": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: held()})
			r.in(charging.StartAnswered{Outcome: charging.Accepted, Timeout: 10})
			r.wait(39 * time.Second)
			r.want(charging.Starting)
			r.wait(2 * time.Second)
			r.want(charging.Starting, "SeekSession")
			r.in(charging.Looked{Outcome: charging.Accepted, Report: &charging.Report{SessionID: "S1", Status: charging.Active, Updated: r.now}})
			r.want(charging.Charging)
		},
	}
}

func endFlows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"E6 no car": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Pending, 0)
			r.wait(charging.PlugTime)
			r.want(charging.Releasing, "SendStop", "Release")
		},
		"E7 invalid": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Invalid, 0)
			r.want(charging.Releasing, "Release")
		},
		"E8 no CDR": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Completed, 1234)
			r.want(charging.AwaitingPrice)
			r.wait(charging.PriceWait)
			r.want(charging.AwaitingPrice, "SeekCDR")
			r.wait(charging.PriceAlert)
			r.want(charging.AwaitingPrice, "Alert")
			r.wait(5 * 24 * time.Hour)
			r.want(charging.Settling, "Settle", "Alert")
			if r.s.Price != 1234 || !r.s.Provisional {
				t.Errorf("price %d, provisional %v", r.s.Price, r.s.Provisional)
			}
		},
		"E8 no CDR, policy void": func(t *testing.T) {
			r := newRig(t, func(n *charging.New) { n.Late = charging.VoidLate }).started()
			r.report(charging.Completed, 1234)
			r.wait(6 * 24 * time.Hour)
			r.want(charging.Releasing, "Release")
		},
	}
}

func priceFlows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"E9 another currency": func(t *testing.T) {
			r := newRig(t, nil).started()
			refusedWith(t, r.in(charging.CDRPosted{CDR: charging.CDR{ID: "C", Currency: "USD", Price: 100}}), 2001, "currency")
			r.want(charging.Charging)
		},
		"E9 unknown reference": func(t *testing.T) {
			r := &rig{t: t, now: start}
			refusedWith(t, r.in(charging.CDRPosted{CDR: charging.CDR{ID: "C", Currency: kassa.EUR}}), 2000, "authorization_reference")
		},
		"E11 capture refused":   captureRefused,
		"E12 confirmation lost": confirmationLost,
		"E13 credit":            creditAfterCapture,
		"E14 second CDR": func(t *testing.T) {
			r := captured(t, 3000)
			refusedWith(t, r.in(charging.CDRPosted{CDR: cdr("C2", 100)}), 2001, "credit")
			refusedWith(t, r.in(charging.CDRPosted{CDR: charging.CDR{ID: "C1", Print: "other", Currency: kassa.EUR}}), 2001, "other content")
			if err := r.in(charging.CDRPosted{CDR: cdr("C1", 3000)}); err != nil || len(r.got) != 0 {
				t.Errorf("the same CDR again: %v %v", err, r.got)
			}
		},
		"a CDR before the end waits for it": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Active, 100)
			r.in(charging.CDRPosted{CDR: cdr("C1", 3000)})
			r.want(charging.Priced)
			if r.did("Settle") {
				t.Error("money moved before the session's end")
			}
			r.report(charging.Completed, 3000)
			r.want(charging.Settling, "Settle")
		},
	}
}

func driverFlows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"only the card that pays stops": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Active, 100)
			refusedWith(t, r.in(charging.AskStop{Card: "OTHER"}), 2001, "card")
			refusedWith(t, r.in(charging.AskStop{}), 2001, "card")
			if err := r.in(charging.AskStop{Card: "CARD"}); err != nil {
				t.Error(err)
			}
			r.want(charging.Stopping, "SendStop")
		},
		"stopped before the hold is used": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Active, 4749)
			r.want(charging.Charging)
			r.now = r.now.Add(time.Second)
			r.report(charging.Active, 4750)
			r.want(charging.Stopping, "SendStop")
		},
		"not stopped with over-commit": func(t *testing.T) {
			r := newRig(t, func(n *charging.New) { n.Terms.OverCommit = true }).started()
			r.report(charging.Active, 7000)
			r.want(charging.Charging)
		},
		"an increment at nine tenths": func(t *testing.T) {
			r := newRig(t, func(n *charging.New) { n.Terms.Increments, n.Grow = 1, 1000 }).started()
			r.report(charging.Active, 4500)
			r.want(charging.Charging, "Increment")
			v := held()
			v.Increments, v.NoMore = 1, true
			r.now = r.now.Add(time.Second)
			r.in(charging.OrderSeen{View: v})
			r.want(charging.Charging)
			r.report(charging.Active, 4800)
			r.want(charging.Stopping, "SendStop")
		},
		"a free tariff needs no card": func(t *testing.T) {
			r := newRig(t, func(n *charging.New) { n.Hold = 0 })
			r.want(charging.Starting, "SendStart")
		},
		"a restart looks for what may have started": func(t *testing.T) {
			r := newRig(t, nil)
			r.in(charging.OrderSeen{View: held()})
			r.in(charging.Restarted{})
			r.want(charging.Starting, "SeekSession")
			if r.did("SendStart") {
				t.Error("START_SESSION left twice")
			}
		},
	}
}

func refusedWith(t *testing.T, err error, code int, text string) {
	t.Helper()
	refused := (*charging.Refused)(nil)
	if !errors.As(err, &refused) || refused.Code != code || !strings.Contains(refused.Text, text) {
		t.Errorf("got %v, want %d about %s", err, code, text)
	}
}

func captured(t *testing.T, amount int64) *rig {
	r := newRig(t, nil).started()
	r.report(charging.Completed, amount)
	r.in(charging.CDRPosted{CDR: cdr("C1", amount)})
	r.want(charging.Settling, "Settle")
	v := held()
	v.Taken, v.Done, v.Captured, v.Released = true, true, amount, 5000-amount
	r.in(charging.OrderSeen{View: v})
	r.want(charging.Settled, "Confirm")
	return r
}

func captureRefused(t *testing.T) {
	r := newRig(t, nil).started()
	r.in(charging.CDRPosted{CDR: cdr("C1", 3000)})
	v := held()
	v.Taken, v.Done, v.Short, v.Refusal = true, true, 3000, kassa.DeclinedFunds
	r.in(charging.OrderSeen{View: v})
	r.want(charging.Failed, "Confirm")
	if f := r.s.Confirmations[0]; f.Status != charging.CaptureFailed || f.Total != 0 || len(f.Lines) == 0 || r.s.Short != 3000 {
		t.Errorf("%+v, short %d", f, r.s.Short)
	}
}

func confirmationLost(t *testing.T) {
	r := captured(t, 3000)
	id := r.s.Confirmations[0].ID
	r.in(charging.Confirmed{ID: id, Outcome: charging.Unknown})
	for range 50 {
		r.now = r.s.NextDue()
		if r.in(charging.Tick{}); !r.did("Confirm") || r.s.Confirmations[0].ID != id {
			t.Fatalf("it is not sent again: %v", r.got)
		}
	}
	r.in(charging.Confirmed{ID: id, Outcome: charging.Accepted})
	if r.s.Open() {
		t.Errorf("still open: %+v", r.s.Duties)
	}
}

func creditAfterCapture(t *testing.T) {
	r := captured(t, 3000)
	back := cdr("C2", -3000)
	back.Credit = "C1"
	r.in(charging.CDRPosted{CDR: back})
	if r.did("PayBack") {
		t.Error("paid back before it is known what the session costs instead")
	}
	r.in(charging.CDRPosted{CDR: cdr("C3", 2000)})
	if !r.did("PayBack") || r.s.Refunds[0].Amount != 1000 {
		t.Fatalf("%v %+v", r.got, r.s.Refunds)
	}
	v := r.s.Order
	v.Refunds = []charging.RefundView{{Ref: r.s.Refunds[0].Ref, Done: true}}
	r.in(charging.OrderSeen{View: v})
	if f := r.s.Confirmations[1]; f.Total != 2000 || f.Status != charging.CaptureSuccess || !r.did("Confirm") {
		t.Errorf("%+v", f)
	}
}

// handFlows are what people do by hand, and what nobody need wait for.
func handFlows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"unplugged at once, nothing taken": func(t *testing.T) {
			for name, c := range map[string]struct {
				energy, flat charging.Decimal
				minutes      int
				want         charging.State
			}{
				"nothing": {"0", "", 4, charging.Releasing}, "not at once": {"0.0", "", 5, charging.AwaitingPrice},
				"a little": {"0.1", "", 4, charging.AwaitingPrice}, "a price for the session": {"0", "1.00", 4, charging.AwaitingPrice},
			} {
				r := newRig(t, func(n *charging.New) { n.Rates = charging.Rates{Energy: "0.50", Flat: c.flat} }).started()
				began := r.now
				r.now = r.now.Add(time.Duration(c.minutes) * time.Minute)
				_ = r.in(charging.Reported{Report: charging.Report{SessionID: "S1", Status: charging.Completed, Energy: c.energy, StartedAt: began, EndedAt: r.now, Updated: r.now}})
				if r.s.State != c.want {
					t.Errorf("%s: %s", name, r.s.State)
				}
			}
		},
		"given back by hand": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Active, 100)
			if err := r.in(charging.AskRelease{Why: "a complaint"}); err != nil {
				t.Error(err)
			}
			r.want(charging.Releasing, "SendStop", "Release")
		},
		"not given back once it is captured": func(t *testing.T) {
			r := newRig(t, nil).started()
			r.report(charging.Completed, 3000)
			r.in(charging.CDRPosted{CDR: cdr("C1", 3000)})
			r.want(charging.Settling, "Settle")
			refusedWith(t, r.in(charging.AskRelease{}), 2001, "under way")
			refusedWith(t, r.in(charging.AskConfirm{}), 2001, "no confirmation")
		},
	}
}
