package adyen_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
	"kassa/sale/adyen"
)

func reversalBody(transaction string, more ...string) string {
	return fmt.Sprintf(`{"OriginalPOITransaction":{"POITransactionID":{"TransactionID":%q,"TimeStamp":"2026-03-01T10:00:04.120Z"}},"ReversalReason":"MerchantCancel"%s}`,
		transaction, strings.Join(more, ""))
}

const partOfFive = `,"ReversedAmount":5.0,"SaleData":{"SaleTransactionID":{"TransactionID":"refund-1","TimeStamp":"2026-03-01T11:00:00.000Z"},"SaleToAcquirerData":"currency=EUR"}`

func (w *world) reverse(key, serviceID, transaction string, more ...string) reply {
	w.t.Helper()
	return w.post("/sync", key, envelope("Reversal", serviceID, reversalBody(transaction, more...)))
}

// paid takes a payment and gives its transaction.
func (w *world) paid(serviceID, amount string, more ...string) string {
	w.t.Helper()
	r := w.pay(serviceID, "order-"+serviceID, amount, more...)
	id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string)
	if r.result("Payment") != "Success <nil>" || id == "" {
		w.t.Fatalf("pay: %s", r.Raw)
	}
	return id
}

func TestReversal(t *testing.T) {
	inWorld(t, func(w *world) {
		paid := w.paid("1", "22.22")
		r := w.reverse(accountKey, "2", paid, partOfFive)
		f := form(w.t, r.additional("Reversal"))
		_, psp, _ := strings.Cut(paid, ".")
		id, _ := r.in("Reversal", "POIData", "POITransactionID", "TransactionID").(string)
		if r.result("Reversal") != "Success <nil>" || fmt.Sprint(r.in("Reversal", "ReversedAmount")) != "5" || len(id) != 16 || id == psp {
			t.Error(r.Raw)
		}
		if f.Get("originalReference") != psp || f.Get("pspReference") != id || f.Get("currency") != "EUR" || f.Get("merchantReference") != "refund-1" {
			t.Errorf("%v", f)
		}
		// The same message again is the same refund; a new one is another.
		if again := w.reverse(accountKey, "2", paid, partOfFive); again.Raw != r.Raw {
			t.Errorf("again\n%s, before\n%s", again.Raw, r.Raw)
		}
		rest := w.reverse(accountKey, "3", paid)
		if rest.result("Reversal") != "Success <nil>" || fmt.Sprint(rest.in("Reversal", "ReversedAmount")) != "17.22" {
			t.Error(rest.Raw)
		}
		for name, r := range map[string]reply{
			"more than was paid": w.reverse(accountKey, "4", paid, partOfFive), "nothing left": w.reverse(accountKey, "5", paid),
		} {
			if r.result("Reversal") != "Failure NotAllowed" || !strings.Contains(r.additional("Reversal"), "kassa.reason=refund_too_high") {
				t.Errorf("%s: %s", name, r.Raw)
			}
		}
		if w.sent("SendRefund") != 2 {
			t.Errorf("%d refunds left", w.sent("SendRefund"))
		}
		o, _, err := w.engine.Find(w.t.Context(), adyen.Dialect, "100", "till-7/1/"+poiid)
		if err != nil || o.AmountRefunded() != 2222 {
			t.Errorf("refunded %d, %v", o.AmountRefunded(), err)
		}
	})
}

func TestWhatCannotBeReversed(t *testing.T) {
	inWorld(t, func(w *world) {
		paid := w.paid("1", "10")
		bare, psp, _ := strings.Cut(paid, ".")
		for i, transaction := range []string{bare, psp, bare + ".KASSA00000000001", bare + ".VP57CW8P77C64Q75", "." + strings.ToLower(psp)} {
			r := w.reverse(accountKey, fmt.Sprint("a", i), transaction)
			if r.result("Reversal") != "Failure NotFound" || r.additional("Reversal") == "" {
				t.Errorf("%s: %s", transaction, r.Raw)
			}
		}
		// Another account's and another group's transaction is not told from none.
		for i, c := range []struct{ key, poi string }{{foreignKey, foreign}, {otherKey, otherID}} {
			r := w.post("/sync", c.key, envelopeFor(c.poi, "till-7", "Reversal", fmt.Sprint("b", i), reversalBody(paid)))
			if r.result("Reversal") != "Failure NotFound" {
				t.Errorf("%s: %s", c.key, r.Raw)
			}
		}
		if r := w.reverse(cashierKey, "c", paid); r.Status != 403 {
			t.Errorf("a key that may not refund: %d %s", r.Status, r.Raw)
		}
		r := w.reverse(accountKey, "d", paid, `,"ReversedAmount":5`)
		if r.result("Reversal") != "Failure MessageFormat" || !strings.Contains(form(w.t, r.additional("Reversal")).Get("errors"), "currency") {
			t.Error(r.Raw)
		}
		if exchanges, _ := w.begun(); exchanges != 1 || w.sent("SendRefund") != 0 {
			t.Errorf("%d exchanges, %d refunds", exchanges, w.sent("SendRefund"))
		}
	})
}

func TestAHoldIsReleasedByItsReversal(t *testing.T) {
	inWorld(t, func(w *world) {
		body := strings.Replace(paymentBody("order-1", "10"), `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"authorisationType=PreAuth",`, 1)
		r := w.post("/sync", accountKey, envelope("Payment", "1", body))
		id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string)
		if r.result("Payment") != "Success <nil>" {
			t.Fatal(r.Raw)
		}
		if r := w.reverse(accountKey, "2", id, partOfFive); r.result("Reversal") != "Failure NotAllowed" {
			t.Error(r.Raw)
		}
		if r := w.reverse(accountKey, "3", id); r.result("Reversal") != "Success <nil>" || w.sent("SendRelease") != 1 || w.sent("SendRefund") != 0 {
			t.Errorf("%d releases, %d refunds: %s", w.sent("SendRelease"), w.sent("SendRefund"), r.Raw)
		}
	})
}

// TestACaptureOvertakesTheReversalOfItsHold: what was captured in between is not told as given back.
func TestACaptureOvertakesTheReversalOfItsHold(t *testing.T) {
	inWorld(t, func(w *world) {
		body := strings.Replace(paymentBody("order-1", "10"), `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"authorisationType=PreAuth",`, 1)
		r := w.post("/sync", accountKey, envelope("Payment", "1", body))
		id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string)
		w.beforeRelease = func() {
			_, _, reason, err := w.engine.Capture(w.t.Context(), adyen.Dialect, "100", "till-7/1/"+poiid, kassa.AskCapture{Amount: 400, Currency: "EUR"})
			if reason != kassa.None || err != nil {
				t.Error(reason, err)
			}
		}
		r = w.reverse(accountKey, "2", id)
		if r.result("Reversal") != "Success <nil>" || r.in("Reversal", "ReversedAmount") != 6. || form(t, r.additional("Reversal")).Get("posAuthAmountValue") != "600" {
			t.Errorf("4 of 10 were captured: %s", r.Raw)
		}
		if w.sent("SendCapture") != 1 || w.sent("SendRelease") != 1 || w.sent("SendRefund") != 0 {
			t.Errorf("%d captures, %d releases, %d refunds", w.sent("SendCapture"), w.sent("SendRelease"), w.sent("SendRefund"))
		}
	})
}

func TestTransactionStatus(t *testing.T) {
	inWorld(t, func(w *world) {
		r := w.status("1", "nonesuch")
		if r.result("TransactionStatus") != "Failure NotFound" || !strings.Contains(r.additional("TransactionStatus"), "Message%20not%20found.%20Category%3dPayment") {
			t.Error(r.Raw)
		}
		w.customer(w.show)
		paying := w.later(func() reply { return w.pay("2", "order-2", "10") })
		r = w.status("3", "2")
		f := form(w.t, r.additional("TransactionStatus"))
		if r.result("TransactionStatus") != "Failure InProgress" || f.Get("message") != "Uncompleted transaction" || f.Get("detailedStatus") != "PROVIDE_CARD_DETAILS" {
			t.Error(r.Raw)
		}
		w.abort("4", "2")
		<-paying
		w.customer(w.tap)
		paid := w.pay("5", "order-5", "12.50")
		// The terminal is gone, and the record is not.
		w.mu.Lock()
		w.reach["00000ABC"] = adyen.Offline
		w.mu.Unlock()
		for name, body := range map[string]string{"named": statusBody("5"), "the last": `{}`} {
			r = w.post("/sync", accountKey, envelope("TransactionStatus", "6", body))
			const repeated, inner = "RepeatedMessageResponse", "RepeatedResponseMessageBody"
			if r.result("TransactionStatus") != "Success <nil>" || r.in("TransactionStatus", "MessageReference", "ServiceID") != "5" ||
				r.additional("TransactionStatus") != "source=server" {
				t.Errorf("%s: %s", name, r.Raw)
			}
			w.want(r, "TransactionStatus", []string{repeated, inner, "PaymentResponse", "PaymentResult"}, paid.in("Payment", "PaymentResult"))
			w.want(r, "TransactionStatus", []string{repeated, inner, "PaymentResponse", "Response"}, paid.in("Payment", "Response"))
			w.want(r, "TransactionStatus", []string{repeated, inner, "PaymentResponse", "PaymentReceipt"}, []any{})
			w.want(r, "TransactionStatus", []string{repeated, "MessageHeader", "ServiceID"}, "5")
		}
		r = w.post("/sync", accountKey, envelope("TransactionStatus", "7", `{"ReceiptReprintFlag":true,"DocumentQualifier":["CustomerReceipt"]}`))
		papers, _ := r.in("TransactionStatus", "RepeatedMessageResponse", "RepeatedResponseMessageBody", "PaymentResponse", "PaymentReceipt").([]any)
		if len(papers) != 1 {
			t.Error(r.Raw)
		}
		// Nobody hears of another account's or group's.
		for _, c := range []struct{ key, poi string }{{foreignKey, foreign}, {otherKey, otherID}} {
			r = w.post("/sync", c.key, envelopeFor(c.poi, "till-7", "TransactionStatus", "8",
				fmt.Sprintf(`{"MessageReference":{"SaleID":"till-7","ServiceID":"5","POIID":%q}}`, poiid)))
			if r.result("TransactionStatus") != "Failure NotFound" || strings.Contains(r.Raw, "ServiceID%3d5") {
				t.Errorf("%s: %s", c.key, r.Raw)
			}
		}
	})
}

func TestTheSameMessageAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(w.show)
		body := envelope("Payment", "1", paymentBody("order-1", "10"))
		first := w.later(func() reply { return w.post("/sync", accountKey, body) })
		second := w.later(func() reply { return w.post("/sync", accountKey, body) })
		third := w.post("/sync", accountKey, envelope("Payment", "1", paymentBody("order-1", "10.01")))
		if third.result("Payment") != "Failure NotAllowed" || !strings.Contains(third.additional("Payment"), "message=ServiceID%20already%20used") {
			t.Errorf("another body while it runs: %s", third.Raw)
		}
		w.abort("2", "1")
		a, b := <-first, <-second
		if a.Raw != b.Raw || a.result("Payment") != "Failure Aborted" {
			t.Errorf("two answers:\n%s\n%s", a.Raw, b.Raw)
		}
		// Spacing and the order of keys make no difference.
		spaced := strings.Replace(body, `"SaleData":`, "\n \"SaleData\" : ", 1)
		if got := w.post("/sync", accountKey, spaced); got.Raw != a.Raw {
			t.Errorf("after the end: %s", got.Raw)
		}
		if got := w.post("/sync", accountKey, envelope("Payment", "1", paymentBody("order-1", "10.01"))); got.result("Payment") != "Failure NotAllowed" {
			t.Errorf("another body after the end: %s", got.Raw)
		}
		// On another terminal, and from another till, it is another message.
		w.customer(w.tap)
		for _, other := range []string{envelopeFor(spare, "till-7", "Payment", "1", paymentBody("order-1", "10.01")), envelopeFor(poiid, "till-8", "Payment", "1", paymentBody("order-1", "10.01"))} {
			if got := w.post("/sync", accountKey, other); got.result("Payment") != "Success <nil>" {
				t.Error(got.Raw)
			}
		}
		exchanges, orders := w.begun()
		if exchanges != 3 || orders != 3 {
			t.Errorf("%d exchanges, %d orders", exchanges, orders)
		}
		// After 48 hours the ServiceID is free.
		time.Sleep(48 * time.Hour)
		got := w.post("/sync", accountKey, envelope("Payment", "1", paymentBody("order-9", "10.01")))
		if got.result("Payment") != "Success <nil>" || got.in("Payment", "SaleData", "SaleTransactionID", "TransactionID") != "order-9" {
			t.Error(got.Raw)
		}
	})
}

// TestARestart: an exchange that runs goes on in the next process, and one that is answered stays so.
func TestARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		before := w.pay("1", "order-1", "10")
		shown := make(chan kassa.NewOrder, 1)
		w.customer(func(o kassa.NewOrder) { w.show(o); shown <- o })
		waiting := w.later(func() reply { return w.pay("2", "order-2", "20") })
		o := <-shown
		w.restart()
		if r := <-waiting; !strings.HasPrefix(r.rejected(), "message=Did+not+receive+a+response+from+the+POI.") {
			t.Errorf("the call that the first process held: %s", r.Raw)
		}
		if r := w.status("3", "2"); r.result("TransactionStatus") != "Failure InProgress" {
			t.Error(r.Raw)
		}
		attached := w.later(func() reply { return w.pay("2", "order-2", "20") })
		w.present(o, 1, kassa.Contactless, kassa.CVMNone)
		if r := <-attached; r.result("Payment") != "Success <nil>" || r.in("Payment", "SaleData", "SaleTransactionID", "TransactionID") != "order-2" {
			t.Error(r.Raw)
		}
		if again := w.pay("1", "order-1", "10"); again.Raw != before.Raw {
			t.Errorf("again\n%s, before\n%s", again.Raw, before.Raw)
		}
		if w.sent("SendAuthorisation") != 2 {
			t.Errorf("%d authorisations", w.sent("SendAuthorisation"))
		}
	})
}

// TestCrashes: at whatever point of a message the process dies, the next one answers what is true, and money
// moves once at most.
func TestCrashes(t *testing.T) {
	for point, want := range map[string]string{
		"before the order": "Failure UnavailableService", "after the order": "Success <nil>",
	} {
		inWorld(t, func(w *world) {
			w.death = point
			dead := w.later(func() reply { return w.pay("1", "order-1", "10") })
			w.restart()
			<-dead
			w.mu.Lock()
			w.death = ""
			w.mu.Unlock()
			synctest.Wait()
			r := w.pay("1", "order-1", "10")
			if r.result("Payment") != want || r.in("Payment", "SaleData", "SaleTransactionID", "TransactionID") != "order-1" {
				t.Errorf("%s: %s", point, r.Raw)
			}
			if sent := w.sent("SendAuthorisation"); sent > 1 || (sent == 1) != (want == "Success <nil>") {
				t.Errorf("%s: %d authorisations", point, sent)
			}
		})
	}
	for point, want := range map[string]string{
		"before the refund": "Failure UnavailableService", "after the refund": "Success <nil>",
	} {
		inWorld(t, func(w *world) {
			paid := w.paid("1", "10")
			w.mu.Lock()
			w.death = point
			w.mu.Unlock()
			dead := w.later(func() reply { return w.reverse(accountKey, "2", paid) })
			w.restart()
			<-dead
			w.mu.Lock()
			w.death = ""
			w.mu.Unlock()
			synctest.Wait()
			if r := w.reverse(accountKey, "2", paid); r.result("Reversal") != want || r.additional("Reversal") == "" {
				t.Errorf("%s: %s", point, r.Raw)
			}
			if sent := w.sent("SendRefund"); sent > 1 || (sent == 1) != (want == "Success <nil>") {
				t.Errorf("%s: %d refunds", point, sent)
			}
		})
	}
}

func TestAsync(t *testing.T) {
	inWorld(t, func(w *world) {
		r := w.post("/async", accountKey, envelope("Payment", "1", paymentBody("order-1", "10")))
		if r.Raw != "ok" || r.Status != 200 {
			t.Fatal(r.Raw)
		}
		synctest.Wait()
		entries, err := w.record.Entries(0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, e := range entries {
			if e.Kind == adyen.KindExchangeAnswered {
				found = string(e.Payload)
				s, ok, err := w.record.Load(e.Stream)
				if err != nil || !ok {
					t.Fatal(err)
				}
				x, err := adyen.DecodeExchange(s)
				if err != nil || !x.Async || !strings.Contains(string(x.Response), `"Result":"Success"`) || x.ServiceID != "1" {
					t.Errorf("%+v %v", x, err)
				}
			}
		}
		if !strings.Contains(found, `"async":true`) || !strings.Contains(found, `"result":"Success"`) {
			t.Errorf("fact %s", found)
		}
		if r := w.status("2", "1"); r.result("TransactionStatus") != "Success <nil>" {
			t.Error(r.Raw)
		}
	})
}
