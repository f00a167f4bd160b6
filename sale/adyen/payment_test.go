package adyen_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
)

func form(t *testing.T, s string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return v
}

func (w *world) want(r reply, category string, path []string, want any) {
	w.t.Helper()
	got := r.in(category, path...)
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		w.t.Errorf("%s is %s, want %s", strings.Join(path, "."), a, b)
	}
}

func TestAPaymentThatIsApproved(t *testing.T) {
	inWorld(t, func(w *world) {
		r := w.pay("0A1B2C3D4E", "order-1001", "22.22")
		w.want(r, "Payment", []string{"Response", "Result"}, "Success")
		w.want(r, "Payment", []string{"SaleData", "SaleTransactionID"}, map[string]any{"TransactionID": "order-1001", "TimeStamp": "2026-03-01T10:00:00.000Z"})
		w.want(r, "Payment", []string{"PaymentResult", "AmountsResp"}, map[string]any{"Currency": "EUR", "AuthorizedAmount": 22.22})
		w.want(r, "Payment", []string{"PaymentResult", "OnlineFlag"}, true)
		w.want(r, "Payment", []string{"PaymentResult", "AuthenticationMethod"}, nil)
		w.want(r, "Payment", []string{"PaymentResult", "PaymentInstrumentData"}, map[string]any{"PaymentInstrumentType": "Card", "CardData": map[string]any{
			"PaymentBrand": "mc", "MaskedPan": "541333 **** 9999", "EntryMode": []any{"Contactless"},
			"SensitiveCardData": map[string]any{"CardSeqNumb": "33", "ExpiryDate": "0228"},
		}})
		w.want(r, "Payment", []string{"POIData", "POIReconciliationID"}, "1000")
		header := r.at("SaleToPOIResponse", "MessageHeader")
		if got, _ := json.Marshal(header); string(got) != `{"MessageCategory":"Payment","MessageClass":"Service","MessageType":"Response",`+
			`"POIID":"V400m-100000001","ProtocolVersion":"3.0","SaleID":"till-7","ServiceID":"0A1B2C3D4E"}` {
			t.Errorf("header %s", got)
		}
		id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string)
		parts := regexp.MustCompile(`^([A-Za-z0-9]{4}00[0-9]{10}[0-9]{3})\.([A-Z0-9]{16})$`).FindStringSubmatch(id)
		if parts == nil {
			t.Fatalf("transaction %q", id)
		}
		w.want(r, "Payment", []string{"PaymentResult", "PaymentAcquirerData", "AcquirerTransactionID", "TransactionID"}, parts[2])
		w.want(r, "Payment", []string{"PaymentResult", "PaymentAcquirerData", "MerchantID"}, "Kassa1")
		w.want(r, "Payment", []string{"PaymentResult", "PaymentAcquirerData", "ApprovalCode"}, "123456")
		more := r.additional("Payment")
		for k, want := range map[string]string{
			"pspReference": parts[2], "transactionReferenceNumber": parts[1], "merchantReference": "order-1001", "authCode": "123456",
			"authorisedAmountValue": "2222", "authorisedAmountCurrency": "EUR", "paymentMethod": "mc", "posEntryMode": "CLESS_CHIP",
			"tid": "00000001", "cardBin": "541333", "cardSummary": "9999", "expiryMonth": "02", "expiryYear": "2028", "AID": "A0000000041010",
			"transactionType": "GOODS_SERVICES", "offline": "false", "store": "ST1", "posAmountGratuityValue": "0",
		} {
			if got := form(t, more).Get(k); got != want {
				t.Errorf("%s is %q, want %q", k, got, want)
			}
		}
		var keys []string
		for _, pair := range strings.Split(more, "&") {
			k, _, _ := strings.Cut(pair, "=")
			keys = append(keys, k)
		}
		for i := 1; i < len(keys); i++ {
			if keys[i-1] >= keys[i] {
				t.Errorf("keys out of order: %s before %s", keys[i-1], keys[i])
			}
		}
		if w.sent("SendAuthorisation") != 1 {
			t.Errorf("%d authorisations left", w.sent("SendAuthorisation"))
		}
	})
}

func TestReceipts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.settings["localization.language"] = `"nl"`
		w.customer(func(o kassa.NewOrder) {
			w.show(o)
			w.present(o, 1, kassa.Contactless, kassa.CVMSignature)
		})
		r := w.pay("1", "order-1", "1", `,"PaymentData":{"PaymentType":"Normal"}`)
		papers, _ := r.in("Payment", "PaymentReceipt").([]any)
		if len(papers) != 2 {
			t.Fatalf("%d receipts", len(papers))
		}
		for i, want := range []struct {
			qualifier string
			signature bool
			total     string
			last      string
		}{
			{"CashierReceipt", true, "name=TOTAAL&value=%e2%82%ac%201.00&key=totalAmount", "name=AKKOORD&key=approved"},
			{"CustomerReceipt", false, "name=TOTAAL&value=%e2%82%ac%201.00&key=totalAmount", "name=Bedankt&key=thanks"},
		} {
			paper := papers[i].(map[string]any)
			content := paper["OutputContent"].(map[string]any)
			var keys, texts []string
			for _, line := range content["OutputText"].([]any) {
				text := line.(map[string]any)["Text"].(string)
				texts = append(texts, text)
				keys = append(keys, form(t, text).Get("key"))
			}
			title := []string{"merchantTitle", "cardholderHeader"}[i]
			order := "header1 header2 " + title + " filler txdate txtime filler pan panSeq preferredName cardType paymentMethod paymentMethodVariant " +
				"posEntryMode cvmRes filler aid mid tid ptid filler authCode txRef mref filler txtype totalAmount filler approved"
			if i == 1 {
				order += " filler retain thanks"
			}
			if got := strings.Join(keys, " "); got != order {
				t.Errorf("lines\n%s, want\n%s", got, order)
			}
			if paper["DocumentQualifier"] != want.qualifier || paper["RequiredSignatureFlag"] != want.signature || content["OutputFormat"] != "Text" {
				t.Errorf("paper %v", paper)
			}
			if all := strings.Join(texts, "\n"); !strings.Contains(all, want.total) || texts[len(texts)-1] != want.last {
				t.Errorf("lines\n%s", all)
			}
		}
	})
}

func TestAdditionalResponseAnswersInTheFormOfTheRequest(t *testing.T) {
	inWorld(t, func(w *world) {
		asJSON := base64.StdEncoding.EncodeToString([]byte(`{"metadata":{"table":"4"},"shopperReference":"s-1","applicationInfo":{"merchantApplication":{"name":"x"}}}`))
		body := strings.Replace(paymentBody("order-1", "1.00"), `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"`+asJSON+`",`, 1)
		r := w.post("/sync", accountKey, envelope("Payment", "1", body))
		text, err := base64.StdEncoding.DecodeString(r.additional("Payment"))
		if err != nil {
			t.Fatalf("%v: %s", err, r.Raw)
		}
		var got struct{ AdditionalData map[string]string }
		if err := json.Unmarshal(text, &got); err != nil || got.AdditionalData["metadata.table"] != "4" || got.AdditionalData["shopperReference"] != "s-1" {
			t.Errorf("%s %v", text, err)
		}
		body = strings.Replace(paymentBody("order-2", "1.00"), `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"metadata.table=4%20a&tenderOption=ReceiptHandler",`, 1)
		r = w.post("/sync", accountKey, envelope("Payment", "2", body))
		if form(t, r.additional("Payment")).Get("metadata.table") != "4 a" {
			t.Error(r.Raw)
		}
	})
}

func TestShopperCancelAndMerchantAbort(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(func(o kassa.NewOrder) {
			w.show(o)
			w.fromPOI(o, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
		})
		r := w.pay("1", "order-1", "10")
		f := form(t, r.additional("Payment"))
		if r.result("Payment") != "Failure Cancel" || f.Get("refusalReason") != "108 Shopper cancelled tx" || f.Get("message") != "CANCELLED" {
			t.Error(r.Raw)
		}
		if id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string); strings.Contains(id, ".") || id == "" {
			t.Errorf("transaction %q although no host was asked", id)
		}
		w.want(r, "Payment", []string{"PaymentReceipt"}, []any{})
		w.want(r, "Payment", []string{"PaymentResult"}, nil)

		w.customer(w.show)
		paying := w.later(func() reply { return w.pay("2", "order-2", "10") })
		ended := w.abort("3", "2")
		if ended.Raw != "ok" || ended.Header.Get("X-Kassa-Abort") != "aborted" || !strings.HasPrefix(ended.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%q %v", ended.Raw, ended.Header)
		}
		r = <-paying
		f = form(t, r.additional("Payment"))
		if r.result("Payment") != "Failure Aborted" || f.Get("refusalReason") != "104 Merchant cancelled tx" || f.Get("message") != "104 Merchant cancelled tx" {
			t.Error(r.Raw)
		}
		w.want(r, "Payment", []string{"SaleData", "SaleTransactionID", "TransactionID"}, "order-2")
		if got := w.abort("4", "2").Header.Get("X-Kassa-Abort"); got != "tooLate" {
			t.Errorf("after the end: %s", got)
		}
		if got := w.abort("5", "nonesuch").Header.Get("X-Kassa-Abort"); got != "notFound" {
			t.Errorf("of nothing: %s", got)
		}
	})
}

func TestAbortWhileTheHostDecides(t *testing.T) {
	inWorld(t, func(w *world) {
		held := make(chan func(), 1)
		w.issuer(func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input {
			held <- func() { w.engine.FromAcquirer(o.ID(), approve(o, a)) }
			return nil
		})
		paying := w.later(func() reply { return w.pay("1", "order-1", "10") })
		answer := <-held
		aborting := w.later(func() reply { return w.abort("2", "1") })
		answer()
		if r := <-paying; r.result("Payment") != "Success <nil>" {
			t.Error(r.Raw)
		}
		if got := (<-aborting).Header.Get("X-Kassa-Abort"); got != "tooLate" {
			t.Errorf("abort %s", got)
		}
		if w.sent("SendReversal") != 0 {
			t.Error("an approved payment was reversed")
		}
	})
}

func TestBusy(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(w.show)
		first := w.later(func() reply { return w.pay("1", "order-1", "10") })
		r := w.pay("2", "order-2", "20")
		want := "message=Forbidden%20Request%2c%20Service%20Dialogue%20PaymentRequest%20is%20in%20Progress&serviceId=1"
		if r.result("Payment") != "Failure Busy" || !strings.HasSuffix(r.additional("Payment"), want) {
			t.Errorf("%s", r.Raw)
		}
		w.want(r, "Payment", []string{"SaleData", "SaleTransactionID", "TransactionID"}, "order-2")
		if id, _ := r.in("Payment", "POIData", "POITransactionID", "TransactionID").(string); id == "" || strings.Contains(id, ".") {
			t.Errorf("transaction %q", id)
		}
		// The one that met the other is not the last transaction.
		last := w.post("/sync", accountKey, envelope("TransactionStatus", "s", "{}"))
		if last.result("TransactionStatus") != "Failure InProgress" {
			t.Error(last.Raw)
		}
		w.abort("3", "1")
		<-first
		last = w.post("/sync", accountKey, envelope("TransactionStatus", "s", "{}"))
		if last.in("TransactionStatus", "MessageReference", "ServiceID") != "1" {
			t.Error(last.Raw)
		}
		if _, orders := w.begun(); orders != 1 {
			t.Errorf("%d orders", orders)
		}
	})
}

func TestSyncKeepsTheConnectionAlive(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(func(o kassa.NewOrder) {
			w.show(o)
			time.AfterFunc(45*time.Second, func() { w.present(o, 1, kassa.Contactless, kassa.CVMNone) })
		})
		r := w.pay("1", "order-1", "10")
		if spaces := len(r.Raw) - len(strings.TrimLeft(r.Raw, " ")); spaces < 4 || spaces > 9 {
			t.Errorf("%d bytes before the answer in 45 s", spaces)
		}
		if r.result("Payment") != "Success <nil>" {
			t.Error(r.Raw)
		}
	})
}

func TestAPaymentThatTakesTooLong(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(w.show)
		began := time.Now()
		r := w.pay("1", "order-1", "10")
		took := time.Since(began)
		if r.result("Payment") != "Failure Communication timeout" || took < 150*time.Second || took > 155*time.Second {
			t.Errorf("after %s: %s", took, r.Raw)
		}
		// A terminal that never shows it has lost its link: the register hears of it soon, and nothing was charged.
		w.customer(func(kassa.NewOrder) {})
		began = time.Now()
		r = w.pay("2", "order-2", "10")
		took = time.Since(began)
		if !strings.HasPrefix(r.rejected(), "message=Did+not+receive+a+response+from+the+POI.") || took < 30*time.Second || took > 35*time.Second ||
			!strings.Contains(form(t, r.rejected()).Get("kassa.advice"), "Nothing was charged") {
			t.Errorf("after %s: %s", took, r.Raw)
		}
		if got := w.status("3", "2"); got.in("TransactionStatus", "Response", "Result") != "Success" {
			t.Error(got.Raw)
		}
		r = w.post("/v1/merchants/Kassa1/devices/"+poiid+"/sync", accountKey, envelope("Payment", "4", paymentBody("order-4", "10")))
		if r.result("Payment") != "Failure UnreachableHost" || r.in("Payment", "SaleData") == nil || r.in("Payment", "POIData") == nil {
			t.Error(r.Raw)
		}
	})
}

// TestACancelThatFindsNoRoom: it is not told as done, and not forgotten.
func TestACancelThatFindsNoRoom(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(w.show)
		paying := w.later(func() reply { return w.pay("1", "order-1", "10") })
		w.mu.Lock()
		w.fullFor = 3
		w.mu.Unlock()
		if got := w.abort("2", "1").Header.Get("X-Kassa-Abort"); got != "unknown" {
			t.Errorf("abort %s", got)
		}
		asked := time.Now()
		if r := <-paying; r.result("Payment") != "Failure Aborted" || time.Since(asked) > 10*time.Second {
			t.Errorf("after %s: %s", time.Since(asked), r.Raw)
		}
	})
}

// TestAnOutcomeThatComesTooLate: the host is asked just before the time-out and silent beyond the grace: the
// call ends unknown, and the result is found afterwards.
func TestAnOutcomeThatComesTooLate(t *testing.T) {
	inWorld(t, func(w *world) {
		held := make(chan func(), 1)
		w.issuer(func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input {
			held <- func() { w.engine.FromAcquirer(o.ID(), approve(o, a)) }
			return nil
		})
		w.customer(func(o kassa.NewOrder) {
			w.show(o)
			time.AfterFunc(140*time.Second, func() { w.present(o, 1, kassa.Contactless, kassa.CVMNone) })
		})
		r := w.pay("1", "order-1", "10")
		if !strings.HasPrefix(r.rejected(), "message=Did+not+receive+a+response+from+the+POI.") {
			t.Fatal(r.Raw)
		}
		if got := w.status("2", "1"); got.result("TransactionStatus") != "Failure InProgress" {
			t.Error(got.Raw)
		}
		(<-held)()
		synctest.Wait()
		got := w.status("3", "1")
		inner, _ := got.in("TransactionStatus", "RepeatedMessageResponse", "RepeatedResponseMessageBody", "PaymentResponse", "Response", "Result").(string)
		if got.result("TransactionStatus") != "Success <nil>" || inner != "Success" {
			t.Error(got.Raw)
		}
	})
}

func TestAClientThatGoesAwayCancelsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		held := make(chan kassa.NewOrder, 1)
		w.customer(func(o kassa.NewOrder) {
			w.show(o)
			held <- o
		})
		ctx, leave := context.WithCancel(w.t.Context())
		gone := w.later(func() reply {
			return w.postUntil(ctx, "/sync", accountKey, envelope("Payment", "1", paymentBody("order-1", "10")))
		})
		leave()
		<-gone
		w.present(<-held, 1, kassa.Contactless, kassa.CVMNone)
		synctest.Wait()
		// The same request again gets the answer.
		if r := w.pay("1", "order-1", "10"); r.result("Payment") != "Success <nil>" {
			t.Error(r.Raw)
		}
		if w.sent("SendAuthorisation") != 1 {
			t.Errorf("%d authorisations", w.sent("SendAuthorisation"))
		}
	})
}
