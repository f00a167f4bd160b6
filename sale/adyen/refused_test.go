package adyen_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/journal"
	"kassa/sale/adyen"
)

func (w *world) refusedCalls() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.refused {
		list = append(list, strings.Join([]string{c.Route, c.Reason, c.TerminalID, c.OrderID, c.Field}, " "))
	}
	w.refused = nil
	return list
}

func (w *world) refuse(r *http.Request, call journal.RefusedCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r == nil || call.At.IsZero() || call.Status == 0 || call.ErrorInfo == "" || call.Dialect != "adyen" {
		w.t.Errorf("it does not tell what happened: %+v", call)
	}
	w.refused = append(w.refused, call)
}

// TestRefusalsAreKept: what the door itself refuses is told for diagnosis, and what became of an order is not.
func TestRefusalsAreKept(t *testing.T) {
	inWorld(t, func(w *world) {
		expect := func(what string, want ...string) {
			t.Helper()
			if got := w.refusedCalls(); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		w.pay("1", "bill-1", "10.00")
		w.issuer(decline("51", kassa.DeclinedFunds))
		w.pay("2", "bill-1", "10.00")
		w.post("/async", accountKey, envelope("TransactionStatus", "3", statusBody("1")))
		expect("what was done")

		w.post("/sync", "nobody's", envelope("Payment", "3", paymentBody("bill-2", "1")))
		expect("a key", "POST sync key_invalid   ")
		w.post("/v1/merchants/KassaX/devices/"+poiid+"/sync", accountKey, envelope("Payment", "3", paymentBody("bill-2", "1")))
		expect("a merchant", "POST merchants/{merchantAccount}/devices/{deviceId}/sync merchant_unknown "+poiid+"  merchantAccount")
		w.post("/v1/merchants/Kassa1/devices/"+foreign+"/sync", accountKey, envelopeFor(foreign, "till-7", "Payment", "3", paymentBody("bill-2", "1")))
		expect("another's terminal", "POST merchants/{merchantAccount}/devices/{deviceId}/sync Payment terminal_unknown "+foreign+"  deviceId")
		w.post("/sync", cashierKey, envelope("Reversal", "3", `{"OriginalPOITransaction":{"POITransactionID":{"TransactionID":"x","TimeStamp":"x"}},"ReversalReason":"MerchantCancel"}`))
		expect("a role", "POST sync Reversal forbidden "+poiid+"  ")
		w.post("/sync", accountKey, envelope("Payment", "3", `{"SaleData":{"SaleTransactionID":{"TransactionID":"bill-3"}}}`))
		expect("a field", "POST sync Payment validation "+poiid+" bill-3 SaleToPOIRequest.PaymentRequest.SaleData.SaleTransactionID.TimeStamp")
		w.post("/sync", accountKey, "[]")
		expect("no object", "POST sync validation   ")
		w.mu.Lock()
		w.reach["00000ABC"] = adyen.Offline
		w.mu.Unlock()
		w.pay("4", "bill-4", "10.00")
		w.post("/v1/merchants/Kassa1/devices/"+poiid+"/sync", accountKey, envelope("Payment", "5", paymentBody("bill-5", "1")))
		expect("no link", "POST sync Payment poi_unreachable "+poiid+" bill-4 ",
			"POST merchants/{merchantAccount}/devices/{deviceId}/sync Payment poi_unreachable "+poiid+" bill-5 ")
	})
}

// TestNoAnswerIsKept: a terminal that was asked and is silent is told from one that was not asked.
func TestNoAnswerIsKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(func(kassa.NewOrder) {}) // it never shows it
		began := time.Now()
		w.pay("1", "bill-1", "10.00")
		if got := w.refusedCalls(); len(got) != 1 || got[0] != "POST sync Payment poi_no_answer "+poiid+" till-7/1/"+poiid+" " {
			t.Errorf("after %s: %q", time.Since(began), got)
		}
	})
}
