package adyen_test

import (
	"strings"
	"testing"

	"kassa/estate"
)

// TestWhileAMessageIsBeingStored: whoever asks for a message that has come and is not durable yet waits for it:
// the same message, its TransactionStatus, and the asynchronous ok.
func TestWhileAMessageIsBeingStored(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(w.show)
		w.record.slow = make(chan struct{})
		stored := w.record.slow
		body := envelope("Payment", "1", paymentBody("order-1", "10"))
		first := w.later(func() reply { return w.post("/sync", accountKey, body) })
		status := w.later(func() reply { return w.status("2", "1") })
		async := w.later(func() reply { return w.post("/async", accountKey, body) })
		select {
		case r := <-status:
			t.Errorf("the status before the message is stored: %s", r.Raw)
		case r := <-async:
			t.Errorf("told before the message is stored: %s", r.Raw)
		default:
		}
		close(stored)
		if r := <-async; r.Raw != "ok" {
			t.Error(r.Raw)
		}
		if r := <-status; r.result("TransactionStatus") != "Failure InProgress" {
			t.Error(r.Raw)
		}
		w.abort("3", "1")
		if r := <-first; r.result("Payment") != "Failure Aborted" {
			t.Error(r.Raw)
		}
	})
}

// TestATerminalThatHasMovedTakesNoAnswersAlong: the same message of the next owner is not answered with what the
// former one was told, nor while it runs.
func TestATerminalThatHasMovedTakesNoAnswersAlong(t *testing.T) {
	inWorld(t, func(w *world) {
		paid := w.pay("1", "order-1", "10")
		if paid.result("Payment") != "Success <nil>" {
			t.Fatal(paid.Raw)
		}
		w.customer(w.show)
		running := w.later(func() reply { return w.pay("2", "order-1", "10") })
		w.moved = map[string]estate.Terminal{
			poiid: {TID: "00000XYZ", Account: "2", Group: "900", Environment: estate.Test, POIID: poiid},
		}
		for _, service := range []string{"1", "2"} {
			r := w.post("/sync", foreignKey, envelope("Payment", service, paymentBody("order-1", "10")))
			if r.result("Payment") != "Failure NotAllowed" || strings.Contains(r.Raw, "9999") {
				t.Errorf("%s: %s", service, r.Raw)
			}
		}
		w.moved = nil
		w.abort("3", "2")
		<-running
	})
}

// TestIDsWithSlashes: two messages whose ids only look alike when they are written in a row are two payments.
func TestIDsWithSlashes(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, ids := range [][2]string{{"till/7", "1"}, {"till", "7/1"}, {"till%2F7", "1"}} {
			r := w.post("/sync", accountKey, envelopeFor(poiid, ids[0], "Payment", ids[1], paymentBody("order-1", "10")))
			if r.result("Payment") != "Success <nil>" {
				t.Errorf("%v: %s", ids, r.Raw)
			}
		}
		if _, orders := w.begun(); orders != 3 || w.sent("SendAuthorisation") != 3 {
			t.Errorf("%d orders, %d authorisations", orders, w.sent("SendAuthorisation"))
		}
	})
}
