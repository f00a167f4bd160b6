package sim

import (
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/hsm"
)

// choose makes some sales something else than a plain purchase at a terminal.
func (s *sale) choose() {
	w := s.w
	switch roll := w.chance.Float64(); {
	case roll < 0.3:
		s.poiid, s.tid, s.card = "", kassa.EcommerceTID(groupID), w.draw()
	case roll < 0.4:
		s.kind, s.wants = kassa.Credit, nil
	case roll < 0.47:
		s.kind, s.wants, s.amount = kassa.CardCheck, nil, 0
	}
	if s.card == "" && w.often(0.2) {
		s.poiid, s.tid, s.unclaimed = "", "", true
		s.kind, s.amount = kassa.Purchase, max(s.amount, 100)
	}
	s.once = s.poiid != "" && w.often(0.3)
	s.voids = w.often(0.4)
	if s.kind != kassa.Purchase || !w.often(0.4) {
		return
	}
	s.holds = w.between(40*time.Second, 5*time.Minute)
	for range w.chance.IntN(3) {
		s.takes = append(s.takes, []int64{1 + w.chance.Int64N(s.amount), 0, s.amount}[w.chance.IntN(3)])
	}
	s.releases = w.often(0.5)
}

// typed is the card of a sale that no terminal has, sealed as the door does it.
func (s *sale) typed(n kassa.NewOrder) *kassa.EnteredCard {
	if s.card == "" {
		return nil
	}
	c := s.w.stock.cards[s.card]
	in := hsm.EnteredCard{PAN: c.PAN, Expiry: c.Expiry, Code: "123"}
	if s.w.often(0.05) {
		in.Code = "321"
	}
	sealed, err := s.w.kassa.module.SealEntered([]byte(n.Key()), in)
	if err != nil {
		s.w.books.wrong(lost, s.ref, "a card cannot be sealed: "+err.Error())
	}
	return &kassa.EnteredCard{
		Sealed: sealed, Card: kassa.CardFacts{BIN: c.PAN.BIN(), Last4: c.PAN.Last4(), Brand: string(c.Brand), Expiry: c.Expiry, CVM: kassa.CVMNone},
	}
}

// after asks for something about an order that is paid, and repeats it until there is an answer.
func (s *sale) after(in kassa.Input, then func(*engine.Reply)) {
	ref := engine.Ref(dialect, groupID, s.ref)
	s.call(func(t engine.Ticket) engine.Input {
		return engine.ByRef{Ticket: t, Ref: ref, Input: in}
	}, func(r *engine.Reply) {
		if r == nil || r.Err != nil || r.Reason == kassa.WorldBusy {
			s.w.after(s.w.between(time.Second, 4*time.Second), func() { s.after(in, then) })
			return
		}
		then(r)
		s.watch()
	})
}

func (s *sale) take() {
	s.doing = "captures"
	amount := s.takes[0]
	in := kassa.AskCapture{Amount: amount, Currency: kassa.EUR, Ref: fmt.Sprintf("%s-c%d", s.ref, len(s.takes))}
	s.after(in, func(r *engine.Reply) {
		switch r.Reason {
		case kassa.None:
			s.captures[r.Number] = amount
		case kassa.CaptureRepeated:
			s.captures[r.Number] = amount
			s.w.mark(CaptureAskedAgain)
		case kassa.CaptureTooHigh:
			s.w.mark(CaptureAboveRefused)
		case kassa.NoHold:
			s.w.mark(CaptureTooLate)
		default:
			s.w.books.wrong(lost, s.order, "a capture was refused: "+string(r.Reason))
		}
		s.takes = s.takes[1:]
	})
}

func (s *sale) release() {
	s.doing = "releases"
	s.after(kassa.ReleaseHold{}, func(r *engine.Reply) {
		switch {
		case r.Reason != kassa.None && r.Reason != kassa.NoHold:
			s.w.books.wrong(lost, s.order, "a release was refused: "+string(r.Reason))
		case r.Order.Hold != nil && r.Order.Hold.Closed == kassa.CancelledBySale && r.Order.Hold.Release == nil:
			s.w.mark(ReleaseWaited)
		}
		s.releases = false
	})
}

// void cancels the refund that it was told of first.
func (s *sale) void() {
	s.doing = "cancels a refund"
	numbers := make([]int64, 0, len(s.refunds))
	for n := range s.refunds {
		numbers = append(numbers, n)
	}
	number := slices.Min(numbers)
	s.after(kassa.CancelRefund{Number: number}, func(r *engine.Reply) {
		if r.Reason != kassa.None && r.Reason != kassa.RefundNotCancellable {
			s.w.books.wrong(lost, s.order, "the cancel of a refund was refused: "+string(r.Reason))
		}
		s.voids = false
	})
}
