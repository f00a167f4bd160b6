package charging_test

import (
	"testing"
	"time"

	"kassa/charging"
)

// TestAnOlderWordOfTheOrderChangesNothing: the answer to what was asked of the order and what is read of it come by two
// ways, and the older one may come last.
func TestAnOlderWordOfTheOrderChangesNothing(t *testing.T) {
	r := newRig(t, nil).started()
	if err := r.report("COMPLETED", 4200); err != nil {
		t.Fatal(err)
	}
	if err := r.in(charging.CDRPosted{CDR: charging.CDR{ID: "C1", SessionID: "S1", Currency: "EUR", Price: 4200}}); err != nil {
		t.Fatal(err)
	}
	r.want(charging.Settling, "Settle")
	asked, last := held(), held()
	asked.At, asked.Taken = start.Add(time.Second), true
	last.At, last.Taken, last.Done, last.Captured, last.Released = start.Add(2*time.Second), true, true, 4200, 800
	for _, v := range []charging.HoldView{last, asked} {
		if err := r.in(charging.OrderSeen{View: v}); err != nil {
			t.Fatal(err)
		}
	}
	r.want(charging.Settled)
	if r.s.Order.Captured != 4200 || r.s.Order.Released != 800 || r.s.Net() != 4200 {
		t.Errorf("captured %d, released %d, net %d", r.s.Order.Captured, r.s.Order.Released, r.s.Net())
	}
}
