package charging_test

import (
	"context"
	"fmt"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/engine"
)

// bank is the acquirer and the issuer: what they hold, took and gave back. A request counts once, by its
// identity; its answer may be lost, and the link then repeats it.
type bank struct {
	w         *world
	held      int64 // approved and not undone
	most      int64 // the highest held was at any time
	first     int64 // what the first approval held
	captured  int64
	captures  map[int64]kassa.Reason
	grown     map[int64]kassa.Reason
	refunded  int64
	refunds   map[int64]bool
	freed     bool
	reversed  map[string]bool
	approved  map[string]int64
	heldSince time.Time
	freedAt   time.Time
	// freedWhileRunning tells that all of it went back while the operator's session ran.
	freedWhileRunning bool
}

func (b *bank) init(w *world) {
	*b = bank{w: w, captures: map[int64]kassa.Reason{}, grown: map[int64]kassa.Reason{}, refunds: map[int64]bool{},
		reversed: map[string]bool{}, approved: map[string]int64{}}
}

// take is the link: an answer that is lost makes it try again.
func (b *bank) take(o kassa.NewOrder, e kassa.Effect) {
	w := b.w
	w.after(w.soon(), true, func() {
		w.notef("bank %T", e)
		in := b.answer(e)
		if _, capture := e.(kassa.SendCapture); capture && w.now.Sub(start) < w.plan.silence {
			w.after(time.Hour, true, func() { b.take(o, e) })
			return
		}
		if _, once := e.(kassa.SendAuthorisation); !once && w.chance(w.plan.lost) && !w.calm {
			w.after(time.Minute, true, func() { b.take(o, e) })
			return
		}
		if in != nil {
			w.handle(engine.FromAcquirer{Order: o.ID(), Input: in})
		}
	})
}

func (b *bank) answer(e kassa.Effect) kassa.Input {
	switch e := e.(type) {
	case kassa.SendAuthorisation:
		return b.authorise(e)
	case kassa.SendReversal:
		if !b.reversed[e.Auth.STAN] {
			b.reversed[e.Auth.STAN] = true
			b.held -= b.approved[e.Auth.STAN]
		}
		return kassa.ReversalAnswered{Request: e.Auth.Request, ResponseCode: "00"}
	case kassa.SendIncrement:
		n := e.Increment
		if _, known := b.grown[n.Number]; !known {
			b.grown[n.Number] = kassa.None
			if b.w.plan.refuseIncrement {
				b.grown[n.Number] = kassa.DeclinedFunds
			} else {
				b.held += n.Amount.Minor
				b.most = max(b.most, b.held)
			}
		}
		return kassa.IncrementAnswered{Number: n.Number, Reason: b.grown[n.Number]}
	case kassa.SendCapture:
		return kassa.CaptureAnswered{Number: e.Capture.Number, Reason: b.capture(e.Capture)}
	case kassa.SendRelease:
		if !b.freed {
			b.freed, b.freedAt = true, b.w.now
			b.freedWhileRunning = b.w.cpo.running && b.captured == 0
			b.held -= e.Release.Amount.Minor
		}
		return kassa.ReleaseAnswered{ResponseCode: "00"}
	case kassa.SendRefund:
		if !b.refunds[e.Refund.Number] {
			b.refunds[e.Refund.Number] = true
			b.refunded += e.Refund.Amount.Minor
		}
		return kassa.RefundAnswered{Number: e.Refund.Number}
	}
	return nil
}

func (b *bank) authorise(e kassa.SendAuthorisation) kassa.Input {
	p, request := b.w.plan, e.Auth.Request
	if p.decline {
		return kassa.HostAnswered{Request: request, Reason: kassa.DeclinedFunds, ResponseCode: "51"}
	}
	amount := e.Auth.Amount.Minor
	if p.partial > 0 {
		amount = p.partial
	}
	b.approved[e.Auth.STAN] = amount
	b.held += amount
	b.most, b.first, b.heldSince = max(b.most, b.held), amount, b.w.now
	if p.authLost {
		return kassa.HostOutcomeUnknown{Request: request, Reason: kassa.ReversalTimeout}
	}
	return kassa.HostAnswered{Request: request, ResponseCode: "00", AuthCode: "123456",
		Approved: kassa.Money{Minor: amount, Currency: kassa.EUR}}
}

func (b *bank) capture(c kassa.Capture) kassa.Reason {
	if r, known := b.captures[c.Number]; known {
		return r
	}
	above := c.Amount.Minor > b.held
	r := kassa.None
	if b.w.plan.refuseCapture || above && !(c.Over && b.w.plan.allowOver) {
		r = kassa.DeclinedFunds
	}
	b.captures[c.Number] = r
	if r == kassa.None {
		b.captured += c.Amount.Minor
		b.held = max(0, b.held-c.Amount.Minor)
	}
	return r
}

// terminal is the driver at the terminal.
func (w *world) terminal(o kassa.NewOrder, e kassa.Effect) {
	if _, offer := e.(kassa.Offer); !offer {
		return
	}
	w.after(w.soon(), true, func() {
		w.handle(engine.FromPOI{TID: tid, Order: o.ID(), Input: kassa.ScreenShown{Screen: "presentCard"}})
		w.after(w.soon(), true, func() {
			if w.plan.walksAway {
				w.handle(engine.FromPOI{TID: tid, Order: o.ID(), Input: kassa.POIEnded{Reason: kassa.CancelledAtPOI}})
				return
			}
			w.handle(engine.FromPOI{TID: tid, Order: o.ID(), Input: kassa.Authorise{
				Request: 1, Entry: kassa.Contactless, Card: kassa.CardFacts{BIN: "476173", Last4: "0004", Brand: "VISA"},
				Sealed: kassa.SealedCard{KSN: fmt.Sprintf("1122334455667788%08X", w.life), Track2: []byte{1}},
			}})
		})
	})
}

// port is the engine as a session's money, and the terminal that makes its order.
type port struct{ w *world }

func (p port) Find(_ context.Context, dialect, scope, ref string) (kassa.Order, bool, error) {
	return findOrder(p.w.disk, engine.Ref(dialect, scope, ref))
}

func (p port) by(ref string, in kassa.Input) engine.Reply {
	return p.w.ask(func(t engine.Ticket) engine.Input {
		return engine.ByRef{Ticket: t, Ref: engine.Ref(charging.Dialect, "group", ref), Input: in}
	})
}

func (p port) Increment(_ context.Context, _, _, ref string, amount kassa.Money) (kassa.Order, kassa.Reason, error) {
	r := p.by(ref, kassa.AskIncrement{Amount: amount.Minor, Currency: amount.Currency})
	return r.Order, r.Reason, r.Err
}

func (p port) Settle(_ context.Context, _, _, ref string, price kassa.Money) (kassa.Order, kassa.Reason, error) {
	r := p.by(ref, kassa.Settle{Price: price.Minor, Currency: price.Currency})
	return r.Order, r.Reason, r.Err
}

func (p port) Release(_ context.Context, _, _, ref string) (kassa.Order, kassa.Reason, error) {
	r := p.by(ref, kassa.ReleaseHold{})
	return r.Order, r.Reason, r.Err
}

func (p port) Refund(_ context.Context, _, _, ref string, ask kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error) {
	r := p.by(ref, ask)
	return r.Order, r.Number, r.Reason, r.Err
}

func (p port) Authorise(_ context.Context, s charging.Session) (kassa.Order, kassa.Reason, error) {
	n := s.NewOrder()
	n.TID, n.MID = tid, "MERCHANT"
	r := p.w.ask(func(t engine.Ticket) engine.Input { return engine.Create{Ticket: t, Order: n} })
	return r.Order, r.Reason, r.Err
}
