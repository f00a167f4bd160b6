package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kassa/journal"
)

// Errors of Resend.
var (
	// ErrUnknown tells that there is no delivery with this id.
	ErrUnknown = errors.New("webhook: there is no such delivery")
	// ErrUnderWay tells that the delivery is tried now or soon, or can never be.
	ErrUnderWay = errors.New("webhook: the delivery is under way")
)

// idOf names the delivery to one endpoint that a fact called for.
func idOf(seq uint64, endpoint string) string {
	if endpoint == "" {
		return fmt.Sprintf("%016d", seq)
	}
	return fmt.Sprintf("%016d-%s", seq, endpoint)
}

// StreamsOf names the streams of the deliveries that a fact called for; page lists streams of a kind after
// one, as the stores do.
func StreamsOf(seq uint64, page func(kind, after string, limit int) ([]journal.Stream, error)) (names []string, err error) {
	first := "webhook/" + idOf(seq, "")
	streams, err := page("webhook", "webhook/"+idOf(seq-1, "~"), maxPerFact)
	if err != nil {
		return nil, fmt.Errorf("webhook: list deliveries: %w", err)
	}
	for _, s := range streams {
		if !strings.HasPrefix(s.ID, first) {
			break
		}
		names = append(names, s.ID)
	}
	return names, nil
}

// IDOf names the delivery that a fact calls for to an endpoint, whether or not there is one.
func IDOf(seq uint64, endpoint string) string { return idOf(seq, endpoint) }

// Read gives the delivery that is the state of a stream.
func Read(s journal.Stream) (Delivery, error) { return readDelivery(s) }

// Resend tries a delivery again that was acknowledged or given up, ahead of its queue; or now, if it waits
// at the head of its queue for its next try. That it is to be tried is durable when Resend returns; one that
// could not be rendered has nothing to send.
func (d *Deliverer) Resend(ctx context.Context, id string) (Delivery, error) {
	delivery, version, err := d.load(id)
	if err != nil {
		return Delivery{}, err
	}
	if delivery.URL == "" {
		return delivery, ErrUnderWay
	}
	if delivery.Status == Waiting {
		if !d.ask(ctx, wish{delivery: delivery}) {
			return delivery, ErrUnderWay
		}
		return delivery, nil
	}
	delivery.Status, delivery.Due, delivery.Queue = Waiting, d.Now(), "resent/"+id
	change, err := delivery.change(version, Try{}, Policy{})
	if err != nil {
		return Delivery{}, err
	}
	if _, err := d.Store.Commit(ctx, journal.Batch{change}); errors.Is(err, journal.ErrConflict) {
		return delivery, ErrUnderWay // somebody else was faster
	} else if err != nil {
		return Delivery{}, fmt.Errorf("webhook: keep delivery %s: %w", id, err)
	}
	select {
	case d.fresh <- []item{delivery.item()}:
	case <-ctx.Done(): // the next start finds it
	case <-d.ended:
	}
	return delivery, nil
}

// Ignore gives a delivery up that waits, so that those behind it have their turn. It gives ErrUnderWay for
// one that is tried right now, and for one that does not wait.
func (d *Deliverer) Ignore(ctx context.Context, id string) (Delivery, error) {
	delivery, _, err := d.load(id)
	if err != nil {
		return Delivery{}, err
	}
	if delivery.Status != Waiting || !d.ask(ctx, wish{delivery: delivery, drop: true}) {
		return delivery, ErrUnderWay
	}
	delivery, _, err = d.load(id)
	return delivery, err
}

func (d *Deliverer) load(id string) (Delivery, uint64, error) {
	s, ok, err := d.Store.Load("webhook/" + id)
	if err != nil {
		return Delivery{}, 0, fmt.Errorf("webhook: read delivery %s: %w", id, err)
	}
	if !ok {
		return Delivery{}, 0, ErrUnknown
	}
	delivery, err := readDelivery(s)
	return delivery, s.Version, err
}

// ask takes a wish to the schedule and tells whether it was granted, and is durable.
func (d *Deliverer) ask(ctx context.Context, w wish) bool {
	w.granted = make(chan bool, 1)
	select {
	case d.asked <- w:
	case <-ctx.Done():
		return false
	case <-d.ended:
		return false
	}
	select {
	case granted := <-w.granted:
		return granted
	case <-ctx.Done():
		return false
	case <-d.ended:
		return false
	}
}

// grant does what a person wants, if the delivery waits.
func (d *Deliverer) grant(ctx context.Context, s *schedule, w wish, wg *sync.WaitGroup) {
	it := w.delivery.item()
	if !w.drop {
		w.granted <- len(w.delivery.Tries) > 0 && s.hurry(it.id, d.Now())
		return
	}
	it, ok := s.lift(it.id, it.queue)
	if !ok {
		w.granted <- false
		return
	}
	wg.Go(func() { d.drop(ctx, it, w.granted) })
}

// drop keeps that a person gave a delivery up, and lands.
func (d *Deliverer) drop(ctx context.Context, it item, granted chan<- bool) {
	next, version, err := d.load(it.id)
	if err == nil {
		next.Status, next.Due = Parked, time.Time{}
		var change journal.Change
		if change, err = next.change(version, Try{At: d.Now(), Failure: "ignored"}, Policy{}, WebhookIgnored); err == nil {
			_, err = d.Store.Commit(context.WithoutCancel(ctx), journal.Batch{change})
		}
	}
	granted <- err == nil
	select {
	case d.landed <- landing{item: it, next: next, err: err}:
	case <-ctx.Done():
	}
}
