package webhook

import (
	"context"
	"errors"
	"fmt"

	"kassa/journal"
)

// Errors of Resend.
var (
	// ErrUnknown tells that there is no delivery with this id.
	ErrUnknown = errors.New("webhook: there is no such delivery")
	// ErrUnderWay tells that the delivery waits for a try already.
	ErrUnderWay = errors.New("webhook: the delivery is under way")
)

// StreamOf names the stream of the delivery that a fact called for, whether or not there is one.
func StreamOf(seq uint64) string { return "webhook/" + idOf(seq) }

func idOf(seq uint64) string { return fmt.Sprintf("%016d", seq) }

// Read gives the delivery that is the state of a stream.
func Read(s journal.Stream) (Delivery, error) { return readDelivery(s) }

// Resend tries a delivery again that was acknowledged or given up. That it is to be tried is durable
// when Resend returns; one that could not be rendered has nothing to send.
func (d *Deliverer) Resend(ctx context.Context, id string) (Delivery, error) {
	s, ok, err := d.Store.Load("webhook/" + id)
	if err != nil {
		return Delivery{}, fmt.Errorf("webhook: read delivery %s: %w", id, err)
	}
	if !ok {
		return Delivery{}, ErrUnknown
	}
	delivery, err := readDelivery(s)
	if err != nil {
		return Delivery{}, err
	}
	if delivery.Status == Waiting || delivery.URL == "" {
		return delivery, ErrUnderWay
	}
	delivery.Status, delivery.Due = Waiting, d.Now()
	change, err := delivery.change(s.Version, "", Try{})
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
