package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"kassa"
)

// Facts reads the facts in their order.
type Facts interface {
	Entries(after uint64, limit int) ([]Entry, error)
	Last() uint64
}

// Feed reads the facts, and the streams that they add up to.
type Feed interface {
	Facts
	Load(stream string) (Stream, bool, error)
}

// Sum is what one card brand adds to a closing balance. Payments include their tips; Pending is what has
// been promised back and the host has not answered yet, and is in no other figure.
type Sum struct {
	Brand         string
	Payments      int
	PaymentsMinor int64
	TipsMinor     int64
	Refunds       int
	RefundsMinor  int64
	PendingMinor  int64
}

// Period is what a closing balance is over: the facts from From until before Until of these scopes, and
// of their orders those that Includes says, or all where it is nil.
type Period struct {
	From, Until time.Time
	Scopes      []string
	Includes    func(o *kassa.Order) bool
}

// ErrTooMuch tells that a period has more facts than may be read.
var ErrTooMuch = errors.New("journal: the period has too many facts")

// Totals adds up the payments and refunds of a period by brand, from the facts themselves: a refund may
// come long after its order. It reads at most left facts, and takes those it read from left.
func Totals(ctx context.Context, feed Feed, p Period, left *int) ([]Sum, error) {
	after, err := LastBefore(feed, p.From)
	if err != nil {
		return nil, err
	}
	sums := map[string]*Sum{}
	for ctx.Err() == nil {
		entries, err := feed.Entries(after, 500)
		if err != nil {
			return nil, err
		}
		if *left -= len(entries); *left < 0 {
			return nil, ErrTooMuch
		}
		for _, e := range entries {
			if !e.At.Before(p.Until) {
				return sorted(sums), nil
			}
			if !slices.Contains(p.Scopes, e.Scope) {
				continue
			}
			if err := add(feed, p, e, sums); err != nil {
				return nil, err
			}
		}
		if len(entries) == 0 {
			return sorted(sums), nil
		}
		after = entries[len(entries)-1].Seq
	}
	return nil, ctx.Err()
}

func sorted(sums map[string]*Sum) (list []Sum) {
	for _, s := range sums {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Sum) int { return cmp.Compare(a.Brand, b.Brand) })
	return list
}

// LastBefore gives the sequence number after which to read for all that was noted since an instant.
func LastBefore(feed Facts, at time.Time) (uint64, error) {
	low, high := uint64(0), feed.Last()
	for low < high {
		middle := low + (high-low)/2
		entries, err := feed.Entries(middle, 1)
		if err != nil {
			return 0, err
		}
		if len(entries) > 0 && entries[0].At.Before(at) {
			low = entries[0].Seq
		} else {
			high = middle
		}
	}
	return low, nil
}

// add adds what a fact says, if it is about money that has moved.
func add(feed Feed, p Period, e Entry, sums map[string]*Sum) error {
	if e.Kind != "OrderCompleted" && e.Kind != "CaptureTaken" && e.Kind != "RefundTaken" {
		return nil
	}
	event, err := kassa.DecodeEvent(e.Kind, e.Payload)
	if err != nil {
		return err
	}
	s, ok, err := feed.Load(e.Stream)
	if err != nil || !ok {
		return err
	}
	var o kassa.Order
	if err := json.Unmarshal(s.State, &o); err != nil {
		return fmt.Errorf("journal: state of %s: %w", s.ID, err)
	}
	paid := o.Paid()
	if paid == nil || p.Includes != nil && !p.Includes(&o) {
		return nil
	}
	sum := sums[paid.Card.Brand]
	if sum == nil {
		sum = &Sum{Brand: paid.Card.Brand}
		sums[paid.Card.Brand] = sum
	}
	sum.add(&o, event)
	return nil
}

func (s *Sum) add(o *kassa.Order, event kassa.Event) {
	switch event := event.(type) {
	case kassa.RefundTaken:
		for _, r := range o.Refunds {
			if r.Number == event.Refund.Number {
				s.addRefund(r)
			}
		}
	case kassa.CaptureTaken:
		if c := o.CaptureNumbered(event.Capture.Number); c != nil && c.Status == kassa.CaptureCompleted {
			s.Payments++
			s.PaymentsMinor += c.Amount.Minor
		}
	case kassa.OrderCompleted:
		switch {
		case o.Hold != nil: // its captures count
		case o.Kind == kassa.Credit:
			s.Refunds++
			s.RefundsMinor += o.Amount.Minor
		case o.Kind == kassa.Purchase:
			s.Payments++
			s.PaymentsMinor += o.Amount.Minor
			s.TipsMinor += o.Tip.Minor
		}
	}
}

// addRefund counts what the host has posted and is not being taken back.
func (s *Sum) addRefund(r kassa.Refund) {
	switch r.Status {
	case kassa.RefundCompleted:
		s.Refunds++
		s.RefundsMinor += r.Amount.Minor
	case kassa.RefundAccepted, kassa.RefundVoiding:
		s.PendingMinor += r.Amount.Minor
	}
}
