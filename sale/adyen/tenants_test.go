package adyen_test

import (
	"fmt"
	"strings"
	"testing"

	"kassa/sale/adyen"
)

// stranger is a key that another's things are tried with, and what it has itself.
type stranger struct{ name, key, merchant, poiid string }

func strangers() []stranger {
	return []stranger{
		{"another account's", foreignKey, "Kassa2", foreign}, {"another group's", otherKey, "Kassa1", otherID},
		{"a revoked one", "revoked-key-0123456", "Kassa1", poiid}, {"the live environment's", liveKey, "Kassa1", poiid},
	}
}

// tried is a message of a stranger, and whether an answer tells that it has reached what is not its own.
type tried struct {
	path, body string
	reached    func(r reply) bool
}

// TestTenants tries every route and every id in it with keys that have nothing to do with them. A route, or
// an id of one, that has no line here fails.
func TestTenants(t *testing.T) {
	inWorld(t, func(w *world) {
		paid := w.paid("paid", "10")
		w.customer(w.show)
		running := w.later(func() reply { return w.pay("running", "order-2", "10") })
		exchanges, orders := w.begun()
		for _, route := range adyen.Routes() {
			for _, id := range route.IDs {
				for _, s := range strangers() {
					c, known := tries(route, id, s, paid)
					if !known {
						t.Fatalf("%s has no line for %q", route.Pattern, id)
					}
					r := w.post(c.path, s.key, c.body)
					if c.reached(r) {
						t.Errorf("%s, %s, %s: %d %s", route.Pattern, id, s.name, r.Status, r.Raw)
					}
				}
			}
		}
		again, ordersNow := w.begun()
		if again != exchanges || ordersNow != orders || w.sent("SendRefund")+w.sent("TellAbort") != 0 {
			t.Errorf("%d exchanges were %d, %d orders were %d; %d refunds and %d aborts left", again, exchanges, ordersNow, orders, w.sent("SendRefund"), w.sent("TellAbort"))
		}
		if r := w.status("s", "running"); r.result("TransactionStatus") != "Failure InProgress" {
			t.Error(r.Raw)
		}
		w.abort("a", "running")
		<-running
	})
}

// tries makes the message that names somebody else's thing in a place, and tells an answer that gave it away.
func tries(route adyen.Route, id string, s stranger, paid string) (tried, bool) {
	own := func(merchant, device string) string {
		return strings.NewReplacer("{merchantAccount}", merchant, "{deviceId}", device).Replace(route.Pattern)
	}
	async := strings.HasSuffix(route.Pattern, "/async")
	taken := func(category string) func(reply) bool {
		return func(r reply) bool {
			return r.Status == 200 && (r.Raw == "ok" || r.in(category, "Response", "Result") == "Success" || r.in(category, "Response", "ErrorCondition") == "Busy")
		}
	}
	reference := fmt.Sprintf(`{"SaleID":"till-7","ServiceID":"running","POIID":%q}`, poiid)
	var c tried
	_, psp, _ := strings.Cut(paid, ".")
	payment := func(psp string) string { return strings.Replace(route.Pattern, "{paymentPspReference}", psp, 1) }
	modify := func(merchant string) string {
		return fmt.Sprintf(`{"merchantAccount":%q,"amount":{"currency":"EUR","value":100}}`, merchant)
	}
	modified := func(r reply) bool { return r.Status < 400 }
	switch id {
	case "path paymentPspReference":
		return tried{payment(psp), modify(s.merchant), modified}, true
	case "body merchantAccount":
		return tried{payment(psp), modify(map[bool]string{true: "Kassa2", false: "Kassa1"}[s.key == otherKey]), modified}, true
	case "path merchantAccount":
		c = tried{own("Kassa1", s.poiid), envelopeFor(s.poiid, "till-9", "Payment", "x", paymentBody("x", "10")), taken("Payment")}
		if s.key == otherKey { // its own account, and its own terminal: that is no stranger's
			c.path = own("Kassa2", s.poiid)
		}
	case "path deviceId":
		c = tried{own(s.merchant, poiid), envelopeFor(poiid, "till-9", "Payment", "x", paymentBody("x", "10")), taken("Payment")}
	case "body SaleToPOIRequest.MessageHeader.POIID":
		c = tried{own(s.merchant, s.poiid), envelopeFor(poiid, "till-9", "Payment", "x", paymentBody("x", "10")), taken("Payment")}
	case "body SaleToPOIRequest.ReversalRequest.OriginalPOITransaction.POITransactionID.TransactionID":
		c = tried{own(s.merchant, s.poiid), envelopeFor(s.poiid, "till-9", "Reversal", "x", reversalBody(paid)), taken("Reversal")}
	case "body SaleToPOIRequest.AbortRequest.MessageReference":
		c = tried{own(s.merchant, s.poiid), envelopeFor(s.poiid, "till-7", "Abort", "x", `{"AbortReason":"x","MessageReference":`+reference+`}`), func(r reply) bool {
			return r.Status == 200 && r.Header.Get("X-Kassa-Abort") != "notFound"
		}}
	case "body SaleToPOIRequest.TransactionStatusRequest.MessageReference":
		c = tried{own(s.merchant, s.poiid), envelopeFor(s.poiid, "till-7", "TransactionStatus", "x", `{"MessageReference":`+reference+`}`), func(r reply) bool {
			return r.Status == 200 && r.in("TransactionStatus", "Response", "ErrorCondition") != "NotFound"
		}}
	default:
		return tried{}, false
	}
	if async && c.reached != nil && strings.Contains(c.body, `"Reversal"`) {
		// /async takes every message that it can begin; what it says of one that it cannot is no "ok".
		c.reached = func(r reply) bool { return r.Raw == "ok" }
	}
	return c, true
}
