package charging_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/journal"
)

// plan is what the world has in store for one history.
type plan struct {
	seed    uint64
	fault   string
	crashes int
	crashAt int           // the place where the process dies, counted from 1
	silence time.Duration // how long no capture is answered
	lost    int           // percent of the bank's answers
	deaf    int           // percent of calls that the operator does not answer

	hold            int64
	terms           kassa.HoldTerms
	late            charging.LatePolicy
	decline         bool
	walksAway       bool
	authLost        bool
	partial         int64
	refuseIncrement bool
	refuseCapture   bool
	allowOver       bool

	start     string // ok, refused, silent (it started, the answer is lost), dead (it did not, the answer is lost), failed, late
	result    bool   // the result of the command comes
	plugs     bool
	invalid   bool
	charges   time.Duration
	price     int64
	pushes    bool // the operator pushes sessions
	ends      bool // it says that the session has ended
	cdr       time.Duration
	noCDR     bool
	pull      bool // the CDR is only found when asked for
	early     bool // the CDR comes before the session's end
	foreign   bool // one in another currency comes first
	second    bool // another CDR without a credit
	altered   bool // the same id with other content
	credit    bool
	replaced  int64 // the price after the credit, -1 for none
	noRef     bool  // the operator drops the reference
	stopByTap bool
	staff     bool // somebody gives the hold back while the car charges
}

// cpo is the operator. What it knows outlives Kassa's process.
type cpo struct {
	w         *world
	starts    int
	running   bool
	began     time.Time
	ended     bool
	secret    string
	session   charging.Session // as the start brought it
	cdrs      []charging.CDR
	confirmed map[string]charging.Confirmation
	last      charging.Confirmation
	stops     int
	lateBegin bool // it began after its hold had gone back
}

var errSilent = errors.New("no answer")

func (c *cpo) deaf() bool { return !c.w.calm && c.w.chance(c.w.plan.deaf) }

func (c *cpo) Start(_ context.Context, s charging.Session) (int, error) {
	c.starts++
	c.session, c.secret = s, s.StartID
	p := c.w.plan
	if c.w.bank.held <= 0 && s.Hold > 0 {
		c.w.wrongf("START_SESSION without a hold")
	}
	switch p.start {
	case "refused":
		return 0, &charging.Refused{Code: 2000, Text: "REJECTED"}
	case "dead":
		return 0, errSilent
	case "failed":
		c.w.after(c.w.soon(), false, func() { c.result("EVSE_OCCUPIED") })
		return 30, nil
	case "late":
		c.w.after(time.Hour, false, c.begin)
		return 0, errSilent
	}
	c.w.after(c.w.soon(), false, c.begin)
	if p.result {
		c.w.after(c.w.soon(), false, func() { c.result("ACCEPTED") })
	}
	if p.start == "silent" {
		return 0, errSilent
	}
	return 0, nil
}

func (c *cpo) result(r string) {
	c.w.give(sessionRef, charging.CommandResulted{ID: c.secret, Result: r})
}

func (c *cpo) begin() {
	c.running, c.began = true, c.w.now
	c.lateBegin = c.w.plan.start == "late"
	p := c.w.plan
	c.push()
	if p.invalid {
		c.w.after(time.Minute, false, func() { c.running = false; c.push() })
		return
	}
	if !p.plugs {
		return
	}
	for i := time.Duration(1); i <= 4; i++ {
		c.w.after(p.charges*i/5, false, c.push)
	}
	if p.stopByTap {
		c.w.after(p.charges/2, false, func() {
			c.w.give(sessionRef, charging.AskStop{Card: charging.CardToken(kassa.CardFacts{BIN: "476173", Last4: "9999"})})
			c.w.give(sessionRef, charging.AskStop{Card: charging.CardToken(kassa.CardFacts{BIN: "476173", Last4: "0004"})})
		})
	}
	if p.staff {
		c.w.after(p.charges/3, false, func() { c.w.give(sessionRef, charging.AskRelease{Why: "a complaint"}) })
	}
	if p.early {
		c.w.after(p.charges-time.Second, false, c.makeCDRs)
	}
	c.w.after(p.charges, false, c.finish)
}

func (c *cpo) report() charging.Report {
	p := c.w.plan
	r := charging.Report{SessionID: "S1", Status: charging.Active, StartedAt: c.began, Updated: c.w.now}
	part := int64(100)
	if p.charges > 0 && !c.ended {
		part = min(100, int64(c.w.now.Sub(c.began)*100/p.charges))
	}
	cost := p.price * part / 100
	r.Cost, r.Energy = &cost, charging.Decimal(strconv.FormatInt(part, 10)+".5")
	switch {
	case c.ended:
		r.Status = charging.Completed
	case p.invalid && !c.running:
		r.Status = charging.Invalid
	case !p.plugs:
		r.Status = charging.Pending
	}
	return r
}

func (c *cpo) push() {
	p := c.w.plan
	if !p.pushes || c.ended && !p.ends {
		return
	}
	r := c.report()
	deliver := func() {
		names := charging.Names{Peer: "peer", Ref: sessionRef, TokenUID: sessionRef, SessionID: "S1", Location: "LOC", EVSE: "E1"}
		if p.noRef {
			names.Ref = ""
		}
		if s, ok, err := c.w.book.Find(names); err == nil && ok {
			c.w.give(s.Ref, charging.Reported{Report: r})
		} else if err == nil {
			c.w.wrongf("a session is not found by %+v", names)
		}
	}
	c.w.after(c.w.soon(), false, deliver)
	if c.w.chance(30) {
		c.w.after(time.Duration(c.w.rnd.IntN(600))*time.Second, false, deliver) // again, or too late
	}
}

func (c *cpo) finish() {
	if !c.running || c.ended {
		return
	}
	c.running, c.ended = false, true
	c.push()
	if p := c.w.plan; !p.noCDR && !p.early {
		c.w.after(p.cdr, false, c.makeCDRs)
	}
}

func (c *cpo) makeCDRs() {
	p := c.w.plan
	first := cdr("CDR1", p.price)
	if p.foreign {
		wrong := first
		wrong.ID, wrong.Currency = "CDR0", "USD"
		c.send(wrong, false)
	}
	c.cdrs = append(c.cdrs, first)
	c.send(first, true)
	if p.second && !p.pull {
		c.w.after(time.Minute, false, func() { c.send(cdr("CDR9", p.price+500), false) })
	}
	if p.altered && !p.pull {
		c.w.after(time.Minute, false, func() { c.send(cdr("CDR1", p.price+500), false) })
	}
	if !p.credit {
		return
	}
	back := cdr("CDR2", -p.price)
	back.Credit = "CDR1"
	c.w.after(time.Hour, false, func() {
		c.cdrs = append(c.cdrs, back)
		c.send(back, true)
	})
	if p.replaced >= 0 {
		c.w.after(time.Hour+time.Duration(c.w.rnd.IntN(1800))*time.Second, false, func() {
			c.cdrs = append(c.cdrs, cdr("CDR3", p.replaced))
			c.send(cdr("CDR3", p.replaced), true)
		})
	}
}

func cdr(id string, price int64) charging.CDR {
	net := price * 100 / 121
	return charging.CDR{ID: id, Print: fmt.Sprint(id, price), SessionID: "S1", Currency: kassa.EUR, Price: price,
		Taxes: []charging.Tax{{Name: "VAT", Percent: "21", Gross: price, Amount: price - net}}}
}

// send posts a record, and repeats it until Kassa has said what it thinks of it.
func (c *cpo) send(r charging.CDR, good bool) {
	if good && c.w.plan.pull {
		return
	}
	var post func()
	post = func() {
		err := c.w.give(sessionRef, charging.CDRPosted{CDR: r})
		var refused *charging.Refused
		switch {
		case err == nil && !good:
			c.w.wrongf("%s was taken", r.ID)
		case err != nil && !errors.As(err, &refused):
			c.w.after(time.Minute, false, post)
		case err == nil && c.w.chance(30):
			c.w.after(time.Minute, false, post)
		}
	}
	c.w.after(c.w.soon(), false, post)
}

func (c *cpo) Stop(_ context.Context, _ charging.Session, id string) error {
	c.stops++
	if c.deaf() {
		return errSilent
	}
	if id != "S1" || !c.running {
		return &charging.Refused{Code: 2000, Text: "UNKNOWN_SESSION"}
	}
	c.w.after(c.w.soon(), false, func() {
		if !c.w.plan.plugs {
			c.running = false
			return
		}
		c.finish()
	})
	return nil
}

func (c *cpo) Seek(context.Context, charging.Session, time.Time) (*charging.Report, error) {
	switch {
	case c.deaf():
		return nil, errSilent
	case !c.running && !c.ended:
		return nil, nil
	}
	r := c.report()
	return &r, nil
}

func (c *cpo) CDRs(context.Context, charging.Session, time.Time) ([]charging.CDR, error) {
	if c.deaf() {
		return nil, errSilent
	}
	return c.cdrs, nil
}

func (c *cpo) Confirm(_ context.Context, _ charging.Session, f charging.Confirmation) error {
	if c.confirmed == nil {
		c.confirmed = map[string]charging.Confirmation{}
	}
	if c.deaf() && c.w.chance(50) {
		return errSilent
	}
	if known, ok := c.confirmed[f.ID]; ok && (known.Total != f.Total || known.Status != f.Status) {
		c.w.wrongf("confirmation %s has two contents", f.ID)
	}
	c.confirmed[f.ID] = f
	if f.At.Compare(c.last.At) >= 0 && f.ID >= c.last.ID {
		c.last = f
	}
	if c.deaf() {
		return errSilent
	}
	return nil
}

// choose is the driver's choice, and a second try at the same charger.
func (w *world) choose() {
	n := charging.New{
		Ref: sessionRef, Peer: "peer", Account: "account", Group: "group", POIID: poiid, Location: "LOC", EVSE: "E1",
		StartID: "start", StopID: "stop", Currency: kassa.EUR, Hold: w.plan.hold, Margin: w.plan.hold / 20, Grow: 1000,
		Terms: w.plan.terms, Late: w.plan.late,
	}
	if err := w.give(sessionRef, charging.Choose{New: n}); err != nil {
		w.after(time.Second, false, func() {
			if _, ok, _ := w.book.Load(sessionRef); !ok {
				w.choose()
			}
		})
		return
	}
	n.Ref = "BBBBBBBBBBBBBBBBBBBBBBBBBB"
	if err := w.give(n.Ref, charging.Choose{New: n}); err == nil {
		w.wrongf("a second session at the same charger")
	}
}

func findOrder(from interface {
	Find(ref string) (journal.Stream, bool, error)
}, ref string) (o kassa.Order, ok bool, err error) {
	s, ok, err := from.Find(ref)
	if err != nil || !ok {
		return o, false, err
	}
	return o, true, json.Unmarshal(s.State, &o)
}
