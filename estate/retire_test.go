package estate_test

import (
	"errors"
	"testing"

	"kassa/estate"
)

func TestRetiredTerminalsAreGoneAndTheirTIDStays(t *testing.T) {
	w := newWorld(t)
	w.configured("P2-1")
	place, code := w.board("Bar 1")
	if bound, refused := w.activate(noon, "P2-1", code); bound.TID != place.TID {
		t.Fatalf("activation: %+v", refused)
	}
	before, _ := w.Registry.Device("P2-1")
	must(t, w.Registry.RetireTerminal(noon, place.TID))
	for range 2 { // before and after a restart
		if _, ok := w.Registry.Device("P2-1"); ok {
			t.Fatal("the device is known")
		}
		if _, ok := w.Registry.TerminalByPOIID("P2-1"); ok {
			t.Fatal("the device is bound")
		}
		if list := w.Registry.Terminals(place.Group); len(list) != 0 {
			t.Fatalf("terminals %+v", list)
		}
		if was, ok := w.Registry.Terminal(place.TID); !ok || !was.Retired {
			t.Fatalf("the orders have lost their terminal: %+v", was)
		}
		if err := w.Registry.RetireTerminal(noon, place.TID); !errors.Is(err, estate.ErrUnknown) {
			t.Fatalf("retired twice: %v", err)
		}
		if _, err := w.Registry.RenewCode(noon, place.TID); !errors.Is(err, estate.ErrUnknown) {
			t.Fatalf("a code for a retired terminal: %v", err)
		}
		w.Registry = openOn(t, w.store)
	}
	again, err := w.Registry.BoardDevice(noon, "P2-1")
	must(t, err)
	if len(again.PublicKey) != 0 || again.Configured || again.Number != before.Number {
		t.Fatalf("boarded again it is %+v", again)
	}
	if next, _ := w.board("Bar 2"); next.TID == place.TID {
		t.Fatal("the TID was given again")
	}
}
