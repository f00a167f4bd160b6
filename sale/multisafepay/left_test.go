package multisafepay_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/journal"

	"github.com/google/go-cmp/cmp"
)

func (w *world) awaitLeft() journal.LeftStream {
	w.t.Helper()
	select {
	case left := <-w.left:
		return left
	case <-time.After(10 * time.Second):
		w.t.Fatal("nobody has left")
	}
	return journal.LeftStream{}
}

// TestWhoLeavesBeforeTheEndIsKept: a till that takes a decline for the end closes its stream, and misses what
// comes after.
func TestWhoLeavesBeforeTheEndIsKept(t *testing.T) {
	w := newWorld(t)
	w.serve()
	created := w.token("left-1")
	stream := w.stream("left-1")
	w.feed(stream, shown(), tap(1), declined(1, "51", kassa.DeclinedFunds))
	frames, _, stop := w.listen(created)
	next(t, frames)
	stop()
	id := stream[len("order/"):]
	if diff := cmp.Diff(journal.LeftStream{Order: id, OrderID: "left-1", Transport: "sse", Last: "declined"}, w.awaitLeft()); diff != "" {
		t.Error(diff)
	}
	c := w.bus(created)
	c.ask("subscribe", "session.order")
	c.hear()
	must(t, c.conn.Close())
	if diff := cmp.Diff(journal.LeftStream{Order: id, OrderID: "left-1", Transport: "websocket", Last: "declined"}, w.awaitLeft()); diff != "" {
		t.Error(diff)
	}
	// Who stays to the end has not left, however it goes then.
	frames, _, stop = w.listen(created)
	next(t, frames)
	w.call("POST", "/v1/json/orders/left-1/cancel", groupKey, "")
	next(t, frames)
	ended(t, frames)
	stop()
	c = w.bus(created)
	must(t, c.conn.Close())
	_, _, stop = w.listen(w.token("left-2")) // whose end is heard of after that of the others
	stop()
	if left := w.awaitLeft(); left.OrderID != "left-2" {
		t.Errorf("%+v has left", left)
	}
}
