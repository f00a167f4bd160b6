package terminal

import (
	"context"
	"errors"
	"time"
)

// sentPatience is how long the end of a payment waits for the cloud to have heard of it.
const sentPatience = 3 * time.Second

// App is the payment app of one terminal, for what else runs on the device.
type App struct{ unit *unit }

// App finds the payment app of a terminal by POIID or TID.
func (s *Shelf) App(id string) (App, bool) {
	u, ok := s.find(id)
	return App{u}, ok
}

// State tells what the terminal is and shows.
func (a App) State() State { return a.unit.state() }

// Pay starts an order and returns when it has ended, however long a customer takes and whatever becomes of
// the link or the power meanwhile. An error means that nobody waits any more; the same call again does.
// An order that ends without money after a card was declined is declined, as the customer saw it.
func (a App) Pay(ctx context.Context, in StartOrder) (Outcome, error) {
	notes, leave := a.unit.feed.listen()
	declines := make(chan map[string]string)
	go func() {
		seen := map[string]string{} // one exchange, or a few
		for n := range notes {
			if n.Finished != nil && n.Finished.Result == ResultDeclined && len(seen) < maxEnded {
				seen[n.Finished.Exchange] = n.Finished.Text
			}
		}
		declines <- seen
	}()
	o, err := a.unit.startOrder(ctx, in)
	if err == nil {
		a.awaitSent(ctx)
	}
	leave()
	if text, ok := (<-declines)[o.Exchange]; ok && o.Result == ResultCancelled {
		o.Result, o.Text = ResultDeclined, text
	}
	if errors.Is(err, errStopped) {
		err = errors.New("the terminal has stopped; the order's status tells what became of it")
	}
	return o, err
}

// awaitSent gives the cloud a moment to hear of the end too: whoever is told next asks it for the order.
func (a App) awaitSent(ctx context.Context) {
	notes, leave := a.unit.feed.listen()
	defer leave()
	patience := time.NewTimer(sentPatience)
	defer patience.Stop()
	for a.unit.state().Unsent > 0 {
		select {
		case <-notes:
		case <-patience.C:
			return
		case <-ctx.Done():
			return
		case <-a.unit.stopped:
			return
		}
	}
}

// Close takes a result that has been read from the screen.
func (a App) Close(ctx context.Context) error {
	switch a.unit.state().Screen.Name {
	case ScreenApproved, ScreenDeclined, ScreenCancelled, ScreenNotCompleted:
		return a.unit.act(ctx, KeyPressed{KeyOK})
	}
	return nil
}
