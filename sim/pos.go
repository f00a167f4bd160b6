package sim

import (
	"fmt"
	"time"

	"kassa"
	"kassa/engine"
)

// sale is one order of a cash register: it repeats what got no answer, and keeps what it was told.
type sale struct {
	w      *world
	ref    string
	tid    string
	poiid  string // empty when the card is typed in
	amount int64
	kind   kassa.OrderKind
	holds  time.Duration // captured later: how long it may be held
	card   string        // that is typed in
	// unclaimed tells that it is made for no terminal: one of them takes it up.
	unclaimed bool
	// once tells that it neither waits for its terminal nor lets the customer try another card.
	once bool
	asks int

	known   bool // the create was acknowledged
	order   string
	told    []kassa.Status // every final status that it heard of
	paid    bool
	refunds map[int64]int64 // acknowledged: number to amount
	wants   []int64         // refunds to ask for, 0 for all that is left
	voids   bool            // and a refund is cancelled again

	captures map[int64]int64 // acknowledged: number to amount
	takes    []int64         // captures to ask for, 0 for all that is left
	releases bool            // and the rest is given back
	cancels  bool            // the register will cancel, and has no answer yet
	doing    string
	done     bool
}

// The dialect and the group of every sale.
const (
	dialect  = "sim"
	groupID  = "100"
	patience = 12 * time.Second // for an answer over the network
)

func (w *world) newSale() {
	d := w.devices[w.chance.IntN(len(w.devices))]
	s := &sale{
		w: w, ref: fmt.Sprintf("order-%d", len(w.sales)+1), tid: d.tid, poiid: d.poiid,
		amount: 100 + w.chance.Int64N(4800), refunds: make(map[int64]int64), captures: make(map[int64]int64),
	}
	if w.often(0.2) {
		s.amount += 5000 // above the contactless limit: a PIN is asked
	}
	s.cancels = w.often(0.25)
	if w.often(0.5) {
		s.wants = append(s.wants, 1+w.chance.Int64N(s.amount))
		if w.often(0.4) {
			s.wants = append(s.wants, []int64{0, s.amount, 17}[w.chance.IntN(3)])
		}
	}
	s.choose()
	w.sales = append(w.sales, s)
	s.create()
}

func (s *sale) newOrder() kassa.NewOrder {
	n := kassa.NewOrder{
		Dialect: dialect, Account: "10", Scope: groupID, Ref: s.ref, Fingerprint: fmt.Sprint(s.ref, s.amount), Environment: "test",
		POIID: s.poiid, TID: s.tid, Kind: s.kind, MID: "MID000000000001", Amount: kassa.Money{Minor: s.amount, Currency: kassa.EUR},
		Description: "two coffees", Inactivity: 40 * time.Second, Lifetime: 100 * time.Second,
	}
	if s.card != "" {
		n.Channel = kassa.Ecommerce
	}
	n.OneTry, n.NoQueue = s.once, s.once
	if s.holds > 0 {
		n.Capture, n.HoldFor = kassa.CaptureLater, s.holds
	}
	return n
}

// call is a request over the network to Kassa: it may get lost, arrive twice, or lose its answer;
// then is called once, with nil when no answer came.
func (s *sale) call(in func(engine.Ticket) engine.Input, then func(*engine.Reply)) {
	w, over := s.w, false
	finish := func(r *engine.Reply) {
		if !over {
			over = true
			then(r)
		}
	}
	w.after(patience, func() { finish(nil) })
	arrive := func() {
		l := w.kassa.life
		if l == nil {
			return
		}
		l.ask(in, func(r engine.Reply) {
			if w.strikes(SaleDeaf) {
				return
			}
			w.after(w.between(time.Millisecond, 50*time.Millisecond), func() { finish(&r) })
		})
	}
	if w.strikes(SaleLost) {
		return
	}
	w.after(w.between(time.Millisecond, 50*time.Millisecond), arrive)
	if w.strikes(SaleRepeated) {
		w.after(w.between(time.Millisecond, 5*time.Second), arrive)
	}
}

func (s *sale) create() {
	s.doing = "creates"
	if s.asks++; s.asks > 1 {
		s.w.mark(CreateRepeated)
	}
	order := s.newOrder()
	s.call(func(t engine.Ticket) engine.Input {
		return engine.Create{Ticket: t, Order: order, Card: s.typed(order)}
	}, func(r *engine.Reply) {
		switch {
		case r == nil || r.Err != nil || r.Reason == kassa.WorldBusy:
			s.w.after(s.w.between(500*time.Millisecond, 4*time.Second), s.create)
			return
		case r.Reason == kassa.POIBusy: // a copy of it that is still under way may find the terminal free
			s.w.mark(BusyRefused)
			if s.once = s.asks < 8; !s.once { // the terminal may have left cloud mode: then it waits after all
				s.cancels = true
			}
			s.w.after(s.w.between(2*time.Second, 6*time.Second), s.create)
			return
		case r.Reason == kassa.OrderFinished:
			s.w.mark(CreateAfterEnd)
		case r.Reason != kassa.None:
			s.w.books.wrong(lost, s.ref, "a create was refused: "+string(r.Reason))
			s.done = true
			return
		}
		s.known, s.order = true, r.Order.ID()
		if r.Order.Amount.Minor-r.Order.Tip.Minor != s.amount || r.Order.TID != s.tid && !s.unclaimed {
			s.w.books.wrong(lost, s.order, "the answer to a create is about something else")
		}
		if s.w.often(0.1) {
			s.imitate()
		}
		if s.unclaimed || s.card == "" && s.kind == kassa.Purchase && s.w.often(0.15) {
			s.takeUp()
		}
		if s.cancels {
			s.w.after(s.w.between(500*time.Millisecond, 25*time.Second), s.cancel)
		}
		s.watch()
	})
}

// imitate asks for another amount under the same id, which must be refused.
func (s *sale) imitate() {
	other := s.newOrder()
	other.Amount.Minor++
	other.Fingerprint += "+"
	s.call(func(t engine.Ticket) engine.Input {
		return engine.Create{Ticket: t, Order: other, Card: s.typed(other)}
	}, func(r *engine.Reply) {
		if r == nil || r.Err != nil {
			return
		}
		s.w.mark(OtherBodyRefused)
		if r.Reason != kassa.DuplicateOrder {
			s.w.books.wrong(doubled, s.order, "another order under the same id was not refused")
		}
	})
}

// watch asks how it stands until it has ended.
func (s *sale) watch() {
	s.doing = "waits for the end"
	s.w.after(s.w.between(2*time.Second, 8*time.Second), func() {
		o, ok := s.find()
		if !ok {
			s.watch()
			return
		}
		s.hear(o)
		switch {
		case !o.Status.Final():
			s.watch()
		case s.paid && len(s.takes) > 0:
			s.take()
		case s.paid && s.releases:
			s.release()
		case s.paid && s.holds > 0 && len(s.wants) > 0 && len(o.Owed()) > 0:
			s.watch() // what is captured can be paid back
		case s.paid && len(s.wants) > 0:
			s.refund()
		case s.voids && len(s.refunds) > 0:
			s.void()
		case len(o.Owed()) > 0:
			s.watch()
		default:
			s.done = true
		}
	})
}

// find reads the order as Kassa's door does, from committed state.
func (s *sale) find() (kassa.Order, bool) {
	if s.w.kassa.life == nil {
		return kassa.Order{}, false
	}
	o, ok := s.w.books.orderByRef(engine.Ref(dialect, groupID, s.ref))
	if !ok {
		s.w.books.wrong(lost, s.order, "an acknowledged order is not there")
	}
	return o, ok
}

// hear keeps a final status: it never changes.
func (s *sale) hear(o kassa.Order) {
	if !o.Status.Final() {
		return
	}
	for _, before := range s.told {
		if before != o.Status {
			s.w.books.wrong(lost, s.order, "the register was told "+string(before)+" and then "+string(o.Status))
		}
	}
	if len(s.told) == 0 {
		s.told = append(s.told, o.Status)
	}
	s.paid = o.Status == kassa.Completed
}

// cancel repeats until it has an answer: the winner.
func (s *sale) cancel() {
	ref := engine.Ref(dialect, groupID, s.ref)
	s.call(func(t engine.Ticket) engine.Input {
		return engine.ByRef{Ticket: t, Ref: ref, Input: kassa.Cancel{}}
	}, func(r *engine.Reply) {
		if r == nil || r.Err != nil || r.Reason == kassa.WorldBusy {
			s.w.after(s.w.between(time.Second, 4*time.Second), s.cancel)
			return
		}
		s.cancels = false
		if r.Reason == kassa.NotCancellable {
			s.w.mark(CancelLost)
		} else if r.Reason == kassa.None {
			s.w.mark(CancelWon)
		} else {
			s.w.books.wrong(lost, s.order, "a cancel was refused: "+string(r.Reason))
		}
		if !r.Order.Status.Final() {
			s.w.books.wrong(lost, s.order, "a cancel was answered before the decision")
		}
		s.hear(r.Order)
	})
}

func (s *sale) refund() {
	s.doing = "refunds"
	amount := s.wants[0]
	identity := fmt.Sprintf("%s-%d", s.ref, len(s.wants)) // the same when it is asked again
	ref := engine.Ref(dialect, groupID, s.ref)
	s.call(func(t engine.Ticket) engine.Input {
		return engine.ByRef{Ticket: t, Ref: ref, Input: kassa.AskRefund{Amount: amount, Currency: kassa.EUR, Ref: identity}}
	}, func(r *engine.Reply) {
		if r == nil || r.Err != nil || r.Reason == kassa.WorldBusy {
			s.w.after(s.w.between(time.Second, 4*time.Second), s.refund)
			return
		}
		switch r.Reason {
		case kassa.None:
			s.refunds[r.Number] = amount
		case kassa.RefundRepeated:
			s.refunds[r.Number] = amount
			s.w.mark(RefundAskedAgain)
		case kassa.RefundDuplicate:
		case kassa.RefundTooHigh:
			s.w.mark(RefundAboveRefused)
		case kassa.NotRefundable:
			if s.holds == 0 {
				s.w.books.wrong(lost, s.order, "what is paid is not refundable")
			}
		default:
			s.w.books.wrong(lost, s.order, "a refund was refused: "+string(r.Reason))
		}
		s.wants = s.wants[1:]
		s.watch()
	})
}
