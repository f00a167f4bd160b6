package dashboard_test

import (
	"testing"
	"time"

	"kassa"
)

// TestAdyenPayment: a payment that ends with the bank's no is declined, and the calls that were about it are
// found by the ids of their messages.
func TestAdyenPayment(t *testing.T) {
	w := newWorld(t)
	w.number++
	n := kassa.NewOrder{
		Number: w.number, Dialect: "adyen", Account: "10000001", Scope: "107265", Ref: "till-7/1001/P2-KS00000001", Environment: "test",
		POIID: "P2-KS00000001", TID: bar, MID: "KASSA0000000001", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR}, Description: "order-1001",
		Inactivity: time.Minute, Lifetime: time.Minute, OneTry: true, NoQueue: true,
	}
	o := "order/" + n.ID()
	w.feed(o, 0, kassa.Create{Order: n, POIFree: true})
	w.feed(o, time.Second, kassa.ScreenShown{Screen: "presentCard"})
	w.feed(o, time.Second, tap(1, "000001"))
	w.feed(o, time.Second, kassa.HostAnswered{Request: 1, ResponseCode: "51", Reason: kassa.DeclinedFunds})
	const message = `{"SaleToPOIRequest":{"MessageHeader":{"MessageCategory":"Payment","SaleID":"till-7","ServiceID":"1001","POIID":"P2-KS00000001"},` +
		`"PaymentRequest":{}}}`
	w.send("POST", "/sync", message, `{"SaleToPOIResponse":{}}`, "X-API-Key", key)
	w.get("/payments/"+id(o), "Declined", "Insufficient funds", "order-1001", "/sync")
	w.get("/?q=order-1001", "Declined", "till-7/1001/P2-KS00000001")
	w.get("/calls/?q=till-7", "/sync")
}
