package adyen_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"kassa/sale/adyen"
)

// modify calls the Checkout API about a transaction.
func (w *world) modify(what, transaction, body string, header ...string) reply {
	w.t.Helper()
	_, psp, _ := strings.Cut(transaction, ".")
	r := httptest.NewRequest("POST", "https://kassa.example/v71/payments/"+psp+"/"+what, strings.NewReader(body))
	r.Header.Set("X-API-Key", accountKey)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.do(r)
}

func amountBody(minor int) string {
	return fmt.Sprintf(`{"merchantAccount":"Kassa1","reference":"part-%d","amount":{"currency":"EUR","value":%d}}`, minor, minor)
}

// TestModifications: what a pre-authorisation holds is captured in parts, and the rest is given up.
func TestModifications(t *testing.T) {
	inWorld(t, func(w *world) {
		held := strings.Replace(paymentBody("order-1", "10"), `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"authorisationType=PreAuth",`, 1)
		r := w.post("/sync", accountKey, envelope("Payment", "1", held))
		id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string)
		_, psp, _ := strings.Cut(id, ".")
		first := w.modify("captures", id, amountBody(600), "Idempotency-Key", "k-1")
		if first.Status != 201 || first.JSON["status"] != "received" || first.JSON["paymentPspReference"] != psp || first.JSON["reference"] != "part-600" ||
			fmt.Sprint(first.at("amount", "value")) != "600" || len(fmt.Sprint(first.JSON["pspReference"])) != 16 {
			t.Fatalf("%d %s", first.Status, first.Raw)
		}
		if again := w.modify("captures", id, amountBody(600), "Idempotency-Key", "k-1"); again.Raw != first.Raw {
			t.Errorf("again\n%s, before\n%s", again.Raw, first.Raw)
		}
		if other := w.modify("captures", id, amountBody(300), "Idempotency-Key", "k-1"); other.Status != 422 || other.JSON["errorCode"] != "704" {
			t.Errorf("the key of a capture of 600 with 300: %d %s", other.Status, other.Raw)
		}
		for name, c := range map[string]struct {
			what, body string
			status     int
			code       string
		}{
			"more than is held":  {"captures", amountBody(500), 422, "153"},
			"more than was paid": {"refunds", amountBody(601), 422, "153"},
			"no amount":          {"captures", `{"merchantAccount":"Kassa1"}`, 422, "100"},
			"a fraction":         {"refunds", `{"merchantAccount":"Kassa1","amount":{"currency":"EUR","value":1.5}}`, 422, "100"},
			"no merchant":        {"cancels", `{}`, 422, "702"},
			"another merchant":   {"cancels", `{"merchantAccount":"Kassa2"}`, 403, "901"},
			"no JSON":            {"captures", `hello`, 400, "702"},
		} {
			if r := w.modify(c.what, id, c.body); r.Status != c.status || r.JSON["errorCode"] != c.code || r.JSON["errorType"] == nil {
				t.Errorf("%s: %d %s", name, r.Status, r.Raw)
			}
		}
		if r := w.modify("captures", "x.KASSA00000000001", amountBody(1)); r.Status != 422 || r.JSON["errorCode"] != "167" {
			t.Errorf("an unknown payment: %d %s", r.Status, r.Raw)
		}
		if r := w.modify("refunds", id, amountBody(100)); r.Status != 201 {
			t.Errorf("%d %s", r.Status, r.Raw)
		}
		if r := w.modify("cancels", id, `{"merchantAccount":"Kassa1"}`); r.Status != 201 || r.JSON["amount"] != nil {
			t.Errorf("%d %s", r.Status, r.Raw)
		}
		o, _, err := w.engine.Find(w.t.Context(), adyen.Dialect, "100", "till-7/1/"+poiid)
		if err != nil || o.AmountCaptured() != 600 || o.AmountRefunded() != 100 || o.HoldLeft() != 0 {
			t.Errorf("captured %d, refunded %d, held %d, %v", o.AmountCaptured(), o.AmountRefunded(), o.HoldLeft(), err)
		}
		if w.sent("SendCapture") != 1 || w.sent("SendRefund") != 1 || w.sent("SendRelease") != 1 {
			t.Errorf("%d captures, %d refunds, %d releases left", w.sent("SendCapture"), w.sent("SendRefund"), w.sent("SendRelease"))
		}
	})
}
