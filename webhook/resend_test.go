package webhook_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kassa/webhook"

	"github.com/google/go-cmp/cmp"
)

func TestResend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shop := newRecord(), &receiver{}
		d, stop := deliverer(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK"), "down": shop.answer(500, "")}})
		r.tell(t, "A", 1, hook("shop", "one"))
		r.tell(t, "B", 1, hook("down", "two"))
		r.fact(t, "C", 1, "Broken", []byte("{}"))
		wait(time.Second)
		list := r.deliveries(t)
		again, err := d.Resend(t.Context(), list[0].ID)
		if err != nil || again.Status != webhook.Waiting {
			t.Errorf("one that was delivered: %+v %v", again, err)
		}
		if now, err := d.Resend(t.Context(), list[1].ID); err != nil || now.Status != webhook.Waiting {
			t.Errorf("one that waits for its next try: %+v %v", now, err)
		}
		for id, want := range map[string]error{list[2].ID: webhook.ErrUnderWay, "none": webhook.ErrUnknown} {
			if _, err := d.Resend(t.Context(), id); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", id, err, want)
			}
		}
		wait(time.Second)
		came := shop.bodies()
		slices.Sort(came)
		if diff := cmp.Diff([]string{"one", "one", "two", "two"}, came); diff != "" {
			t.Error(diff)
		}
		if first := r.deliveries(t)[0]; first.Status != webhook.Delivered || len(first.Tries) != 2 {
			t.Errorf("it is %s after %d tries", first.Status, len(first.Tries))
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Resend(t.Context(), list[0].ID); err != nil {
			t.Errorf("after the end it waits for the next start: %v", err)
		}
		stop = running(t, r, &network{handlers: map[string]http.HandlerFunc{"shop": shop.answer(200, "OK"), "down": shop.answer(500, "")}})
		wait(time.Second)
		if got := shop.bodies(); len(got) != 5 || got[4] != "one" {
			t.Errorf("after the next start: %v", got)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}
