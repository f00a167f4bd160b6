package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// nexoTill speaks Adyen's Terminal API as a cash register does.
type nexoTill struct {
	*site
	poiid string
}

func (s *site) nexoTill() nexoTill { return nexoTill{s, s.facts.Terminals[0].POIID} }

// nexoAnswer is what came back: a response, a Reject, or text.
type nexoAnswer struct {
	status int
	text   string
	header http.Header

	SaleToPOIResponse map[string]json.RawMessage
	SaleToPOIRequest  struct{ EventNotification struct{ EventDetails string } }
}

// nexoResponse is the part of a response that tests read.
type nexoResponse struct {
	Response struct{ Result, ErrorCondition, AdditionalResponse string }
	POIData  struct {
		POITransactionID struct{ TransactionID string }
	}
	SaleData struct {
		SaleTransactionID struct{ TransactionID string }
	}
	PaymentResult struct {
		AmountsResp *struct {
			Authorised json.Number `json:"AuthorizedAmount"`
			Currency   string
		}
	}
	PaymentReceipt          []json.RawMessage
	RepeatedMessageResponse struct {
		RepeatedResponseMessageBody struct {
			PaymentResponse  *nexoResponse
			ReversalResponse *nexoResponse
		}
	}
}

func (r nexoResponse) additional(t testing.TB) url.Values {
	t.Helper()
	v, err := url.ParseQuery(r.Response.AdditionalResponse)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// send posts a message of a category to a path.
func (t nexoTill) send(ctx context.Context, path, category, serviceID, body string) (nexoAnswer, error) {
	message := fmt.Sprintf(`{"SaleToPOIRequest":{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":%q,`+
		`"MessageType":"Request","SaleID":"till-7","ServiceID":%q,"POIID":%q},"%sRequest":%s}}`, category, serviceID, t.poiid, category, body)
	r, err := http.NewRequestWithContext(ctx, "POST", t.facts.URL+path, strings.NewReader(message))
	if err != nil {
		return nexoAnswer{}, err
	}
	r.Header.Set("X-API-Key", t.facts.AccountKey)
	resp, err := t.client.Do(r)
	if err != nil {
		return nexoAnswer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	a := nexoAnswer{status: resp.StatusCode, text: string(text), header: resp.Header}
	if err == nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// ask sends to /sync what must be answered by a response.
func (t nexoTill) ask(category, serviceID, body string) nexoResponse {
	t.t.Helper()
	a, err := t.send(t.t.Context(), "/sync", category, serviceID, body)
	if err != nil {
		t.t.Fatal(err)
	}
	var r nexoResponse
	if err := json.Unmarshal(a.SaleToPOIResponse[category+"Response"], &r); err != nil {
		t.t.Fatalf("%s: %v: %d %s", category, err, a.status, a.text)
	}
	return r
}

func paymentBody(reference, amount string) string {
	return fmt.Sprintf(`{"SaleData":{"SaleTransactionID":{"TransactionID":%q,"TimeStamp":"2026-03-01T10:00:00.000Z"}},`+
		`"PaymentTransaction":{"AmountsReq":{"Currency":"EUR","RequestedAmount":%s}}}`, reference, amount)
}

// begin sends to /sync and gives the answer when it is there.
func (t nexoTill) begin(category, serviceID, body string) <-chan nexoAnswer {
	answer := make(chan nexoAnswer, 1)
	go func() {
		a, err := t.send(t.t.Context(), "/sync", category, serviceID, body)
		if err != nil {
			a.text = err.Error()
		}
		answer <- a
	}()
	return answer
}

// response reads the response of a category out of an answer.
func (a nexoAnswer) response(t testing.TB, category string) (r nexoResponse) {
	t.Helper()
	if err := json.Unmarshal(a.SaleToPOIResponse[category+"Response"], &r); err != nil {
		t.Fatalf("%s: %v: %d %s", category, err, a.status, a.text)
	}
	return r
}

func (r nexoResponse) is() string { return r.Response.Result + " " + r.Response.ErrorCondition }

func statusOf(serviceID string) string {
	return fmt.Sprintf(`{"MessageReference":{"MessageCategory":"Payment","SaleID":"till-7","ServiceID":%q}}`, serviceID)
}

func abortOf(serviceID string) string {
	return fmt.Sprintf(`{"AbortReason":"MerchantAbort","MessageReference":{"MessageCategory":"Payment","SaleID":"till-7","ServiceID":%q}}`, serviceID)
}

// TestAdyen plays a cash register that speaks Adyen's Terminal API against the real processes.
func TestAdyen(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	till := s.nexoTill()
	for _, play := range []struct {
		name string
		run  func(*testing.T, nexoTill)
	}{
		{"a payment, its reversal and the issuer's books", playNexoPayment}, {"stop on the terminal", playNexoStop}, {"abort", playNexoAbort},
		{"busy with MultiSafepay's order", playNexoBusy}, {"declines", playNexoDeclines}, {"a tip on the terminal", playNexoTip},
		{"two dialects on one terminal, refunded by a third", playTwoDialects},
		{"the chip instead of a tap", playNexoFallback}, {"the cloud is killed", playNexoRestart}, {"the terminal is killed", playNexoKill},
	} {
		t.Run(play.name, func(t *testing.T) {
			site := *till.site
			site.t = t
			play.run(t, nexoTill{&site, till.poiid})
		})
	}
}

func (t nexoTill) awaitCard() {
	t.t.Helper()
	await(t.t, "the screen asks for a card", 10*time.Second, func() bool { return t.state(t.tid()).Screen.Name == "presentCard" })
}

func playNexoPayment(t *testing.T, till nexoTill) {
	paying := till.begin("Payment", "1001", paymentBody("order-1001", "22.22"))
	till.awaitCard()
	if r := till.ask("TransactionStatus", "1002", statusOf("1001")); r.is() != "Failure InProgress" {
		t.Errorf("%+v", r)
	}
	till.hold("tap", "visa", "")
	paid := (<-paying).response(t, "Payment")
	if paid.is() != "Success " || paid.PaymentResult.AmountsResp.Authorised != "22.22" || len(paid.PaymentReceipt) != 2 ||
		paid.SaleData.SaleTransactionID.TransactionID != "order-1001" {
		t.Fatalf("%+v", paid)
	}
	again := till.ask("Payment", "1001", paymentBody("order-1001", "22.22"))
	if again.POIData != paid.POIData || again.Response != paid.Response {
		t.Errorf("again: %+v", again)
	}
	if r := till.ask("Payment", "1001", paymentBody("order-1001", "22.23")); r.is() != "Failure NotAllowed" {
		t.Errorf("another body: %+v", r)
	}
	back := till.ask("Reversal", "1003", fmt.Sprintf(`{"OriginalPOITransaction":{"POITransactionID":{"TransactionID":%q,"TimeStamp":"2026-03-01T10:00:00Z"}},`+
		`"ReversalReason":"MerchantCancel"}`, paid.POIData.POITransactionID.TransactionID))
	if back.is() != "Success " {
		t.Fatalf("%+v", back)
	}
	await(t, "the issuer has paid back", 10*time.Second, func() bool {
		charged, refunded := 0, 0
		for _, l := range till.ledger() {
			if l.Amount == 2222 && l.RC == "00" {
				switch l.Kind {
				case "sale":
					charged++
				case "refund":
					refunded++
				}
			}
		}
		return charged == 1 && refunded == 1
	})
}

// playTwoDialects: one terminal takes an order of each dialect, Kassa's own API pays both back, and each
// dialect says the same of it.
func playTwoDialects(t *testing.T, till nexoTill) {
	till.must("POST", "orders", cloudOrder("both-1", till.tid(), 3100))
	till.awaitCard()
	till.hold("tap", "visa", "")
	till.awaitStatus("both-1", "completed")
	await(t, "the terminal is free", 10*time.Second, func() bool { return till.state(till.tid()).Exchange == "" })
	paying := till.begin("Payment", "9001", paymentBody("both-2", "33.30"))
	till.awaitCard()
	till.hold("tap", "visa", "")
	paid := (<-paying).response(t, "Payment")
	for _, order := range []string{"both-1", paid.additional(t).Get("kassa.order")} {
		if out, code := till.kassa("orders", "refund", order); code != 0 {
			t.Fatalf("refund of %s: %d %s", order, code, out)
		}
	}
	books := func(amount int64) (sales, refunds int) {
		for _, l := range till.ledgerOf(amount) {
			switch {
			case l.RC != "00":
			case l.Kind == "sale":
				sales++
			case l.Kind == "refund":
				refunds++
			}
		}
		return sales, refunds
	}
	for _, amount := range []int64{3100, 3330} {
		await(t, "the issuer has paid back", 10*time.Second, func() bool { sales, refunds := books(amount); return sales == 1 && refunds == 1 })
	}
	await(t, "MultiSafepay's API shows the refund", 10*time.Second, func() bool {
		return strings.Contains(string(till.must("GET", "orders/both-1", nil).Data), `"amount_refunded":3100`)
	})
	status := till.ask("TransactionStatus", "9002", statusOf("9001"))
	if told := status.RepeatedMessageResponse.RepeatedResponseMessageBody.PaymentResponse; told == nil || told.is() != "Success " {
		t.Errorf("the payment is told as %+v", status)
	}
	if again := till.ask("Reversal", "9003", fmt.Sprintf(`{"OriginalPOITransaction":{"POITransactionID":{"TransactionID":%q,"TimeStamp":"2026-03-01T10:00:00Z"}},`+
		`"ReversalReason":"MerchantCancel"}`, paid.POIData.POITransactionID.TransactionID)); again.Response.Result != "Failure" {
		t.Errorf("what was paid back is reversed again: %+v", again)
	}
	for _, amount := range []int64{3100, 3330} {
		if sales, refunds := books(amount); sales != 1 || refunds != 1 {
			t.Errorf("the issuer has %d sales and %d refunds of %d", sales, refunds, amount)
		}
	}
}

func playNexoStop(t *testing.T, till nexoTill) {
	paying := till.begin("Payment", "2001", paymentBody("order-2001", "10"))
	till.awaitCard()
	till.key("stop")
	r := (<-paying).response(t, "Payment")
	if r.is() != "Failure Cancel" || r.additional(t).Get("refusalReason") != "108 Shopper cancelled tx" {
		t.Errorf("%+v", r)
	}
}

func playNexoAbort(t *testing.T, till nexoTill) {
	paying := till.begin("Payment", "3001", paymentBody("order-3001", "10"))
	till.awaitCard()
	if r := till.ask("Payment", "3002", paymentBody("order-3002", "10")); r.is() != "Failure Busy" || r.additional(t).Get("serviceId") != "3001" {
		t.Errorf("%+v", r)
	}
	a, err := till.send(t.Context(), "/sync", "Abort", "3003", abortOf("3001"))
	if err != nil || a.text != "ok" || a.header.Get("X-Kassa-Abort") != "aborted" {
		t.Errorf("%+v %v", a, err)
	}
	if r := (<-paying).response(t, "Payment"); r.is() != "Failure Aborted" {
		t.Errorf("%+v", r)
	}
	await(t, "the terminal is free", 10*time.Second, func() bool { return till.state(till.tid()).Exchange == "" })
}

func playNexoBusy(t *testing.T, till nexoTill) {
	till.must("POST", "orders", cloudOrder("msp-1", till.tid(), 1250))
	till.awaitCard()
	exchange := till.state(till.tid()).Exchange
	if r := till.ask("Payment", "4001", paymentBody("order-4001", "10")); r.is() != "Failure Busy" || r.additional(t).Get("serviceId") != exchange {
		t.Errorf("%+v, on the screen is %s", r, exchange)
	}
	till.must("POST", "orders/msp-1/cancel", nil)
	await(t, "the terminal is free", 10*time.Second, func() bool { return till.state(till.tid()).Exchange == "" })
}

// playNexoDeclines: the simulated issuer judges by the amount, and the answer reads as Adyen's table says.
func playNexoDeclines(t *testing.T, till nexoTill) {
	raw, err := os.ReadFile("../../sale/adyen/testdata/declines.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		End                                    int
		ErrorCondition, RefusalReason, Message string
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		id := fmt.Sprint("D", row.End)
		paying := till.begin("Payment", id, paymentBody(id, fmt.Sprintf("1.%02d", row.End%100)))
		till.awaitCard()
		till.hold("tap", "visa", "")
		r := (<-paying).response(t, "Payment")
		if f := r.additional(t); r.is() != "Failure "+row.ErrorCondition || f.Get("refusalReason") != row.RefusalReason || f.Get("message") != row.Message {
			t.Errorf("%d: %+v", row.End, r.Response)
		}
		await(t, "the terminal is free", 10*time.Second, func() bool { return till.state(till.tid()).Exchange == "" })
	}
}

func (t nexoTill) awaitScreen(name string) {
	t.t.Helper()
	await(t.t, "the screen "+name, 10*time.Second, func() bool { return t.state(t.tid()).Screen.Name == name })
}

func (t nexoTill) awaitIdle() {
	t.t.Helper()
	await(t.t, "the terminal is free", 10*time.Second, func() bool { return t.state(t.tid()).Exchange == "" })
}

// playNexoTip: the customer is asked for a tip because this payment says so.
func playNexoTip(t *testing.T, till nexoTill) {
	body := strings.Replace(paymentBody("order-6001", "20"), `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"tenderOption=AskGratuity",`, 1)
	paying := till.begin("Payment", "6001", body)
	till.awaitScreen("tip")
	resp, err := till.simCall("POST", "terminals/"+till.tid()+"/tip", map[string]any{"amountMinor": 250})
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("tip: %+v %v", resp, err)
	}
	_ = resp.Body.Close()
	till.awaitCard()
	till.hold("tap", "visa", "")
	r := (<-paying).response(t, "Payment")
	f := r.additional(t)
	if r.is() != "Success " || r.PaymentResult.AmountsResp.Authorised != "22.5" || f.Get("posAmountGratuityValue") != "250" ||
		f.Get("posOriginalAmountValue") != "2000" || f.Get("posAuthAmountValue") != "2250" {
		t.Errorf("%+v %v", r, f)
	}
	till.awaitIdle()
}

// playNexoFallback: an amount at which a tap is refused and the chip is asked for, which the customer gives
// once and once not.
func playNexoFallback(t *testing.T, till nexoTill) {
	paying := till.begin("Payment", "7001", paymentBody("order-7001", "1.42"))
	till.awaitCard()
	till.hold("tap", "visa", "1234") // and inserts it, as the screen asks
	r := (<-paying).response(t, "Payment")
	if r.is() != "Success " || r.additional(t).Get("posEntryMode") != "ICC" {
		t.Errorf("%+v", r)
	}
	till.awaitIdle()
	paying = till.begin("Payment", "7002", paymentBody("order-7002", "1.54"))
	till.awaitCard()
	resp, err := till.simCall("POST", "terminals/"+till.tid()+"/card", map[string]any{"present": "tap", "card": "visa", "wait": false})
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("tap: %+v %v", resp, err)
	}
	_ = resp.Body.Close()
	till.awaitScreen("insertCard")
	till.key("stop")
	if r = (<-paying).response(t, "Payment"); r.is() != "Failure Cancel" || r.additional(t).Get("refusalReason") != "219 Shopper cancelled ctls fallback" {
		t.Errorf("%+v", r)
	}
	till.awaitIdle()
}

// playNexoRestart: the cloud dies while a card is awaited. The register asks for the status, and sends the
// same message again; one charge is in the books.
func playNexoRestart(t *testing.T, till nexoTill) {
	paying := till.begin("Payment", "8001", paymentBody("order-8001", "38.01"))
	till.awaitCard()
	till.cloud.kill()
	<-paying
	till.startCloud()
	if r := till.ask("TransactionStatus", "8002", statusOf("8001")); r.is() != "Failure InProgress" {
		t.Errorf("%+v", r)
	}
	paying = till.begin("Payment", "8001", paymentBody("order-8001", "38.01"))
	await(t, "the terminal is back", 30*time.Second, func() bool {
		for _, p := range till.terminals() {
			if p.POIID == till.poiid && p.Online {
				return true
			}
		}
		return false
	})
	till.awaitCard()
	till.hold("tap", "visa", "")
	if r := (<-paying).response(t, "Payment"); r.is() != "Success " {
		t.Errorf("%+v", r)
	}
	charged := 0
	for _, l := range till.ledger() {
		if l.Amount == 3801 {
			charged++
		}
	}
	if charged != 1 {
		t.Errorf("%d charges", charged)
	}
	till.awaitIdle()
}

// playNexoKill: the terminal dies in the middle of a payment. The call ends in time, what is asked of the
// record is true at every moment, and the books hold one charge at most.
func playNexoKill(t *testing.T, till nexoTill) {
	paying := till.begin("Payment", "5001", paymentBody("order-5001", "55.01"))
	await(t, "the cloud knows that it is shown", 10*time.Second, func() bool {
		return till.ask("TransactionStatus", "5000", statusOf("5001")).additional(t).Get("detailedStatus") == "PROVIDE_CARD_DETAILS"
	})
	till.terminal.kill()
	if r := till.ask("TransactionStatus", "5002", statusOf("5001")); r.is() != "Failure InProgress" {
		t.Errorf("while it runs: %+v", r)
	}
	till.clock("advance", "151s")
	r := (<-paying).response(t, "Payment")
	if r.is() != "Failure Communication timeout" {
		t.Errorf("after 150 s: %+v", r)
	}
	status := till.ask("TransactionStatus", "5003", statusOf("5001"))
	inner := status.RepeatedMessageResponse.RepeatedResponseMessageBody.PaymentResponse
	if status.is() != "Success " || inner == nil || inner.is() != "Failure Communication timeout" {
		t.Errorf("afterwards: %+v", status)
	}
	await(t, "the terminal is seen to be gone", 60*time.Second, func() bool {
		a, err := till.send(t.Context(), "/sync", "Payment", "5004", paymentBody("order-5004", "55.04"))
		return err == nil && strings.HasPrefix(a.SaleToPOIRequest.EventNotification.EventDetails, "message=Failed+to+send+message+to+POI.")
	})
	for _, l := range till.ledger() {
		if l.Amount == 5501 || l.Amount == 5504 {
			t.Errorf("the issuer was asked: %+v", l)
		}
	}
}
