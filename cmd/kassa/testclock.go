package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/estate"
	"kassa/journal"
	"kassa/mail"
	"kassa/sale/native"
	"kassa/webhook"
)

// testClock is a clock that can be moved on. Each move is a fact, and a clock that starts begins no
// earlier than the last fact: what was jumped over stays jumped over.
type testClock struct {
	base  func() time.Time
	moves *journal.Notebook

	ahead atomic.Int64 // nanoseconds that it has been moved on by
	turn  sync.Mutex   // one mover at a time
}

// clockStream keeps the moves.
const clockStream = "clock/test"

// clockMoved is the kind of the fact about a move.
const clockMoved = "ClockMoved"

func (c *testClock) now() time.Time {
	return c.base().Add(time.Duration(c.ahead.Load()))
}

// clockPorts gives the native API the installation's test clock.
type clockPorts struct{ c *cloud }

// maxUpcoming bounds what is listed of what will happen.
const maxUpcoming = 100

func (p clockPorts) State() (native.ClockState, error) {
	list, err := p.upcoming()
	now := p.c.now()
	return native.ClockState{
		Now: now, Ahead: time.Until(now).Round(time.Second).String(), Upcoming: list[:min(len(list), maxUpcoming)],
	}, err
}

// upcoming lists what has a deadline, the earliest first.
func (p clockPorts) upcoming() ([]native.Upcoming, error) {
	list := []native.Upcoming{}
	err := p.c.store.OpenStreams("order", func(s journal.Stream) error {
		var o kassa.Order
		if err := json.Unmarshal(s.State, &o); err != nil {
			return fmt.Errorf("state of %s: %w", s.ID, err)
		}
		if !o.Deadline.IsZero() {
			list = append(list, native.Upcoming{At: o.Deadline.UTC(), Kind: "order", ID: o.ID(), Reference: o.Ref, What: atDeadline(o)})
		}
		return nil
	})
	if err != nil {
		return list, err
	}
	tries, err := p.webhooks()
	if err != nil {
		return list, err
	}
	list = append(list, tries...)
	err = p.c.store.OpenStreams("mail", func(s journal.Stream) error {
		var letter mail.State
		if err := json.Unmarshal(s.State, &letter); err != nil {
			return fmt.Errorf("state of %s: %w", s.ID, err)
		}
		list = append(list, native.Upcoming{
			At: letter.Due.UTC(), Kind: "letter", ID: letter.ID, What: fmt.Sprintf("try %d of the receipt by e-mail", letter.Tries+1),
		})
		return nil
	})
	if err == nil {
		list, err = p.charges(list)
	}
	slices.SortStableFunc(list, func(a, b native.Upcoming) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// charges adds when each charging session goes on by itself.
func (p clockPorts) charges(list []native.Upcoming) ([]native.Upcoming, error) {
	err := p.c.store.OpenStreams("charging", func(s journal.Stream) error {
		var session charging.Session
		if err := json.Unmarshal(s.State, &session); err != nil {
			return fmt.Errorf("state of %s: %w", s.ID, err)
		}
		due := session.NextDue()
		if due.IsZero() {
			return nil
		}
		what := "goes on"
		if waits := session.Waits(); len(waits) > 0 {
			what = "has waited for the " + string(waits[0].For) + ": " + waits[0].What
		}
		list = append(list, native.Upcoming{At: due.UTC(), Kind: "charging", ID: session.Ref, What: what})
		return nil
	})
	return list, err
}

// webhooks lists the next try of the first webhook of each queue that is open: those behind it wait for it.
func (p clockPorts) webhooks() (list []native.Upcoming, err error) {
	first := map[string]webhook.Delivery{}
	err = p.c.store.OpenStreams("webhook", func(s journal.Stream) error {
		var d webhook.Delivery
		if err := json.Unmarshal(s.State, &d); err != nil {
			return fmt.Errorf("state of %s: %w", s.ID, err)
		}
		queue := cmp.Or(d.Queue, d.Order)
		if before, ok := first[queue]; d.Status == webhook.Waiting && (!ok || d.Seq < before.Seq) {
			first[queue] = d
		}
		return nil
	})
	for _, d := range first {
		list = append(list, native.Upcoming{
			At: d.Due.UTC(), Kind: "webhook", ID: d.ID, Reference: d.OrderRef,
			What: fmt.Sprintf("try %d of the webhook %s", len(d.Tries)+1, d.Event),
		})
	}
	return list, err
}

// atDeadline says what a tick at the order's deadline does.
func atDeadline(o kassa.Order) string {
	switch o.Status {
	case kassa.Unclaimed:
		return "expires: no terminal has taken it up"
	case kassa.Waiting, kassa.Offered:
		return "expires: no terminal has shown it"
	case kassa.Presented, kassa.Refused:
		return "is cancelled: nobody has acted on the terminal"
	case kassa.Authorising:
		return "its authorisation is given up and reversed"
	case kassa.Completing:
		return "its approval is reversed: the terminal has not finished with the card"
	}
	return "its next deadline"
}

// Bounds of one move: so many stops, so long for what is due at one of them.
const (
	maxStops   = 1000
	settleTime = 3 * time.Second
)

// Advance goes from one instant at which something is due to the next, so that what happens later is
// decided after what happened earlier.
func (p clockPorts) Advance(ctx context.Context, by time.Duration) (m native.Moved, err error) {
	if p.c.registry.Environment() != estate.Test {
		return m, native.ErrLiveClock
	}
	p.c.clock.turn.Lock()
	defer p.c.clock.turn.Unlock()
	m.Passed = []native.Upcoming{}
	target, passed := p.c.now().Add(by), map[native.Upcoming]bool{}
	for range maxStops {
		next, ok, err := p.nextDue(target, by == 0, passed)
		if err != nil {
			return m, err
		}
		if !ok {
			break
		}
		if err := p.move(next.At); err != nil {
			return m, err
		}
		passed[next] = true
		if p.settled(ctx, next) {
			m.Passed = append(m.Passed, next)
		} else {
			m.Pending = append(m.Pending, next)
		}
		if by == 0 {
			break
		}
	}
	if by > 0 {
		if err := p.move(target); err != nil {
			return m, err
		}
	}
	m.ClockState, err = p.State()
	return m, err
}

// nextDue finds the first thing due until target, or at all.
func (p clockPorts) nextDue(target time.Time, whenever bool, passed map[native.Upcoming]bool) (native.Upcoming, bool, error) {
	list, err := p.upcoming()
	for _, u := range list {
		if !passed[u] && (whenever || !u.At.After(target)) {
			return u, true, err
		}
	}
	return native.Upcoming{}, false, err
}

// move writes the move down and then makes it. No terminal has been silent meanwhile.
func (p clockPorts) move(to time.Time) error {
	by := to.Sub(p.c.now())
	if by <= 0 {
		return nil
	}
	payload, err := json.Marshal(struct {
		To time.Time `json:"to"`
	}{to})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	p.c.clock.moves.Note(journal.Fact{At: to, Kind: clockMoved, Payload: payload}, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return err
	}
	p.c.pois.Jump(by)
	p.c.clock.ahead.Add(int64(by))
	p.c.engine.Wake()
	p.c.charging.Wake()
	p.c.feed.Wake()
	p.c.acquirer.Wake()
	p.c.webhooks.Wake()
	p.c.post.Wake()
	return nil
}

// settled waits until what was due has happened.
func (p clockPorts) settled(ctx context.Context, u native.Upcoming) bool {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	nudges := p.c.store.Watch(ctx)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		list, err := p.upcoming()
		if err != nil || !slices.Contains(list, u) {
			return err == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-nudges:
		case <-poll.C:
		}
	}
}
