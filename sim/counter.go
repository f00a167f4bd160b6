package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/poi"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// atPOI marks the fingerprints of orders that were started at a terminal.
const atPOI = "poi:"

// counter is the door for what people want at a terminal: it answers what is durable, as the production
// door does.
func (l *life) counter(poiid string, out poi.Ask) {
	answer := func(f poilink.Frame, err error) {
		l.toPOI(poiid, poi.Asked{Link: out.Link, Seq: out.Frame.Seq, Answer: f, Err: err})
	}
	switch f := out.Frame; {
	case f.Start != nil:
		l.startAtPOI(poiid, out.TID, *f.Start, func(s poilink.Started, err error) {
			answer(poilink.Frame{Type: poilink.TypeStarted, Started: &s}, err)
		})
	case f.Refund != nil:
		l.refundAtPOI(*f.Refund, func(a poilink.RefundAnswer, err error) {
			answer(poilink.Frame{Type: poilink.TypeRefundAnswer, RefundAnswer: &a}, err)
		})
	}
}

func (l *life) startAtPOI(poiid, tid string, s poilink.Start, then func(poilink.Started, error)) {
	ref := engine.Ref(dialect, groupID, s.Reference)
	known, ok := l.w.books.orderByRef(ref)
	heard := func(r engine.Reply) {
		switch {
		case r.Reason == kassa.None:
			then(poilink.Started{Reference: s.Reference, Exchange: r.Order.ID()}, r.Err)
		default:
			if r.Reason == kassa.ClaimedElsewhere {
				l.w.mark(ClaimLost)
			}
			l.w.mark(StartRefused)
			then(poilink.Started{Reference: s.Reference, Code: "refused", Text: r.Reason.Text()}, r.Err)
		}
	}
	if ok && !strings.HasPrefix(known.Fingerprint, atPOI) {
		if known.Status.Final() || known.Amount.Minor-known.Tip.Minor != s.AmountMinor {
			heard(engine.Reply{Reason: kassa.OrderFinished})
			return
		}
		l.ask(func(t engine.Ticket) engine.Input {
			return engine.ByRef{Ticket: t, Ref: ref, Input: kassa.Claim{
				POIID: poiid, TID: tid, MID: "MID000000000001", Origin: kassa.FromWebApp,
			}}
		}, heard)
		return
	}
	if ok {
		l.w.mark(StartRepeated)
	}
	order := kassa.NewOrder{
		Dialect: dialect, Account: "10", Scope: groupID, Ref: s.Reference, Environment: "test", Kind: kindOf(s.Kind),
		Fingerprint: fmt.Sprint(atPOI, tid, s.Kind, s.AmountMinor), Origin: kassa.FromKeys, POIID: poiid, TID: tid, MID: "MID000000000001",
		Amount: kassa.Money{Minor: s.AmountMinor, Currency: kassa.EUR}, Inactivity: 40 * time.Second, Lifetime: 100 * time.Second,
	}
	l.ask(func(t engine.Ticket) engine.Input { return engine.Create{Ticket: t, Order: order} }, heard)
}

func kindOf(k poilink.StartKind) kassa.OrderKind {
	switch k {
	case poilink.StartRefund:
		return kassa.Credit
	case poilink.StartCardCheck:
		return kassa.CardCheck
	}
	return kassa.Purchase
}

func (l *life) refundAtPOI(q poilink.Refund, then func(poilink.RefundAnswer, error)) {
	a := poilink.RefundAnswer{ID: q.ID, Exchange: q.Exchange}
	s, ok, err := l.k.disk.Load("order/" + q.Exchange)
	var o kassa.Order
	if err != nil || !ok || json.Unmarshal(s.State, &o) != nil {
		then(a, err)
		return
	}
	l.ask(func(t engine.Ticket) engine.Input {
		return engine.ByRef{Ticket: t, Ref: engine.Ref(o.Dialect, o.Scope, o.Ref), Input: kassa.AskRefund{
			Amount: q.AmountMinor, Currency: kassa.EUR, Ref: q.ID,
		}}
	}, func(r engine.Reply) {
		a.Accepted = r.Reason == kassa.None || r.Reason == kassa.RefundRepeated
		a.RefundedMinor = r.Order.AmountRefunded()
		then(a, r.Err)
	})
}

// started is an order that somebody started at a terminal, and what they were told of it.
type started struct {
	reference string
	amount    int64
	own       bool // it made the order; else it took one up
	asked     bool // the terminal has written it down
	told      terminal.Outcome
}

// startOrder lets somebody start an order at the terminal, or take up that of a register.
func (d *device) startOrder(taken *sale) {
	if d.machine == nil || d.machine.Status().Exchange != "" || d.machine.Status().Starting != "" {
		return
	}
	w := d.w
	in := terminal.StartOrder{
		Reference: fmt.Sprintf("start-%d-%d", d.n, len(d.starts)+1), Origin: poilink.OriginManual, Currency: "EUR",
		AmountMinor: 100 + w.chance.Int64N(4800),
	}
	switch roll := w.chance.Float64(); {
	case taken != nil:
		in.Reference, in.Origin, in.AmountMinor = taken.ref, poilink.OriginWebApp, taken.amount
	case roll < 0.1:
		in.Kind = poilink.StartRefund
	case roll < 0.2:
		in.Kind, in.AmountMinor = poilink.StartCardCheck, 0
	}
	if w.often(0.4) {
		in.Tipping = new(w.often(0.7))
	}
	if d.starts[in.Reference] == nil {
		d.starts[in.Reference] = &started{reference: in.Reference, amount: in.AmountMinor, own: taken == nil}
	}
	w.note(d.poiid, "starts", in.Reference)
	d.handle(in)
	if w.often(0.1) {
		d.handle(in) // twice, as people do
	}
}

// ordered sees what whoever started an order is told of it.
func (d *device) ordered(o terminal.Outcome) {
	s := d.starts[o.Reference]
	if s == nil {
		d.w.books.wrong(lost, o.Exchange, "the outcome of what nobody started: "+o.Reference)
		return
	}
	if s.told.Result == terminal.ResultApproved && o.Result != terminal.ResultApproved && !d.forgot {
		d.w.books.wrong(lost, o.Exchange, "approved to who started it, and then "+string(o.Result))
	}
	s.told = o
}

// remembers gives whoever started an order what the terminal has kept of it: it may have died before it
// could tell them, and they ask again.
func (d *device) remembers(s *started) {
	if d.machine == nil || s.told.Result != "" {
		return
	}
	for _, o := range d.machine.Status().Outcomes {
		if o.Reference == s.reference {
			s.told = o
		}
	}
}

// switchMode lets somebody take the terminal out of cloud mode, or back.
func (d *device) switchMode() {
	if d.machine == nil {
		return
	}
	value := []string{"on", "off"}[d.w.chance.IntN(2)]
	d.w.note(d.poiid, "cloud mode", value)
	d.handle(terminal.SettingChanged{ID: "cloudMode", Value: value})
	if value == "off" {
		d.w.after(d.w.between(5*time.Second, 90*time.Second), func() {
			d.handle(terminal.SettingChanged{ID: "cloudMode", Value: "on"})
		})
	}
}

// refundHere lets somebody pay back at the terminal what was paid there.
func (d *device) refundHere() {
	if d.machine == nil {
		return
	}
	past := d.machine.Status().History
	if len(past) == 0 {
		return
	}
	p := past[d.w.chance.IntN(len(past))]
	d.w.note(d.poiid, "refunds", p.Exchange)
	d.handle(terminal.RefundAskedFor{Exchange: p.Exchange, AmountMinor: 1 + d.w.chance.Int64N(max(1, p.AmountMinor)), PIN: "1324"})
}

// tip gives a tip, or none, or walks away from the question.
func (p *person) tip() {
	w := p.d.w
	var tips []string
	for _, i := range p.d.screen.Items {
		if strings.HasPrefix(i.ID, "tip:") && strings.Trim(i.ID[len("tip:"):], "0123456789") == "" {
			tips = append(tips, i.ID)
		}
	}
	switch roll := w.chance.Float64(); {
	case roll < 0.05:
		p.press(terminal.KeyStop)
	case roll < 0.1: // walks away
	case roll < 0.3 || len(tips) == 0:
		p.d.handle(terminal.Touched{Item: "tip:none"})
	case roll < 0.5:
		p.d.handle(terminal.TipAdded{AmountMinor: 1 + w.chance.Int64N(99), EmployeeID: ""})
	default:
		p.d.handle(terminal.Touched{Item: tips[w.chance.IntN(len(tips))]})
	}
}

// visitors are the people who come to the terminals without a register.
func (w *world) visitors(until time.Duration) {
	for range 2 + w.chance.IntN(8) {
		w.after(w.between(0, until), func() {
			d := w.devices[w.chance.IntN(len(w.devices))]
			switch roll := w.chance.Float64(); {
			case roll < 0.6:
				d.startOrder(nil)
			case roll < 0.8:
				d.switchMode()
			default:
				d.refundHere()
			}
		})
	}
}

// takeUp lets somebody start at a terminal, or at several, the order of a register.
func (s *sale) takeUp() {
	w := s.w
	for range 1 + w.chance.IntN(3) {
		w.after(w.between(500*time.Millisecond, 30*time.Second), func() {
			w.devices[w.chance.IntN(len(w.devices))].startOrder(s)
		})
	}
}

// checkTips: an order has the tip that its customer gave, and no other. A device whose storage was set
// back may have lost a tip, or ask for one when all is over.
func (b *books) checkTips(orders map[string]booked) {
	for id, o := range orders {
		given := b.tips[id]
		if o.Tip.Minor != 0 && !slices.Contains(given, o.Tip.Minor) {
			b.wrong(lost, id, fmt.Sprintf("a tip of %d that nobody gave", o.Tip.Minor))
		}
		if o.Status != "completed" || len(given) == 0 {
			continue
		}
		forgot := slices.ContainsFunc(b.w.devices, func(d *device) bool { return d.forgot && d.tid == o.TID })
		if o.Tip.Minor == 0 && !forgot {
			b.wrong(lost, id, fmt.Sprintf("completed without the tip of %d", given[0]))
		}
		b.w.mark(TipPaid)
	}
}

// checkPaidBack: what somebody was told at a terminal is paid back is in the books, once.
func (b *books) checkPaidBack(orders map[string]booked) {
	for ref, id := range b.paidBack {
		n := 0
		for _, r := range orders[id].Refunds {
			if r.Ref == ref && r.Status != "declined" {
				n++
			}
		}
		if n > 1 || n == 0 && !slices.ContainsFunc(orders[id].Refunds, func(r bookedRefund) bool { return r.Ref == ref }) {
			b.wrong(lost, id, fmt.Sprintf("a refund that a terminal was told of is there %d times", n))
		}
		b.w.mark(RefundAtPOI)
	}
}

// checkStarts: who started an order at a terminal was told how it ended.
func (b *books) checkStarts(orders map[string]booked) {
	byRef := make(map[string]booked)
	for _, o := range orders {
		byRef[o.Ref] = o
	}
	for _, d := range b.w.devices {
		for _, s := range d.starts {
			d.remembers(s)
			o, told := byRef[s.reference], s.told.Result
			here := o.TID == d.tid
			paid := here && o.Status == "completed"
			switch {
			case told == "" && s.asked && !d.forgot:
				b.wrong(open, s.reference, "who started it never heard of it")
			case told == terminal.ResultApproved && (!paid || !d.forgot && s.told.AmountMinor+s.told.TipMinor != o.Amount.Minor):
				b.wrong(lost, s.reference, "approved to who started it, and "+o.Status)
			case told != terminal.ResultApproved && paid && !d.forgot && s.own:
				b.wrong(lost, s.reference, string(told)+" to who started it, and completed")
			}
			switch {
			case paid && s.own:
				b.w.mark(StartPaid)
			case paid:
				b.w.mark(ClaimPaid)
			}
		}
	}
}
