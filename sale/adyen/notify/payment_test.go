package notify_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/sale/adyen/notify"

	"github.com/google/go-cmp/cmp"
)

func TestAuthorisation(t *testing.T) {
	w := newWorld(t)
	w.endpoint(estate.EndpointStandard, nil)
	o := w.order(36, "adyen")
	list := w.rendered(o, append(card(true), kassa.OrderCompleted{})...)
	if len(list) != 1 || list[0].Event != "AUTHORISATION" || list[0].Reference != "order-1001" || list[0].Queue != list[0].Endpoint {
		t.Fatalf("%+v", list)
	}
	want := map[string]any{
		"eventCode": "AUTHORISATION", "success": "true", "eventDate": "2026-11-21T12:00:05+00:00", "merchantAccountCode": "KassaMerchant",
		"merchantReference": "order-1001", "pspReference": "KASSA00000000010", "paymentMethod": "mc",
		"operations": []any{"CANCEL", "CAPTURE", "REFUND"}, "reason": "123456:9999:02/2028",
		"amount": map[string]any{"currency": "EUR", "value": 2222.0},
	}
	got := w.item(list[0].Body)
	data, _ := got["additionalData"].(map[string]any)
	delete(got, "additionalData")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	tender, _ := data["tenderReference"].(string)
	delete(data, "tenderReference")
	wantData := map[string]any{
		"terminalId": "V400m-100000001", "store": "ST-1", "authCode": "123456", "cardSummary": "9999", "cardBin": "541333", "expiryDate": "02/2028",
	}
	if diff := cmp.Diff(wantData, data); diff != "" || len(tender) != 19 {
		t.Errorf("additionalData, tender %q (-want +got):\n%s", tender, diff)
	}
}

func TestRefusal(t *testing.T) {
	w := newWorld(t)
	w.endpoint(estate.EndpointStandard, nil)
	got := w.told(w.order(36, "adyen"), append(card(false), kassa.OrderCancelled{Reason: kassa.DeclinedFunds})...)
	if len(got) != 1 || got[0]["success"] != "false" || got[0]["reason"] != "210 Not enough balance" || got[0]["operations"] != nil || got[0]["eventCode"] != "AUTHORISATION" {
		t.Errorf("%v", got)
	}
	if got := w.told(w.order(37, "adyen"), kassa.OrderCancelled{Reason: kassa.CancelledAtPOI}); len(got) != 0 {
		t.Errorf("the host was never asked, and %v", got)
	}
	if got := w.told(w.order(38, "multisafepay"), append(card(true), kassa.OrderCompleted{})...); len(got) != 0 {
		t.Errorf("an order of another dialect: %v", got)
	}
}

// TestAfterThePayment: what is asked for as a Reversal is a CANCEL_OR_REFUND with its own reference; what comes
// through another door is a REFUND.
func TestAfterThePayment(t *testing.T) {
	w := newWorld(t)
	w.endpoint(estate.EndpointStandard, nil)
	reversal := []byte(`{"poiid":"V400m-100000001","saleID":"till-7","serviceID":"0A1B2C3D5F","merchantReference":"refund-1001","action":"refund"}`)
	part := kassa.Money{Minor: 500, Currency: kassa.EUR}
	settled := func(n int64, s kassa.RefundStatus, why kassa.Reason) kassa.Event {
		return kassa.RefundSettled{Number: n, Status: s, Reason: why, ResponseCode: "00"}
	}
	got := w.told(w.order(36, "adyen"), append(card(true), kassa.OrderCompleted{},
		kassa.RefundTaken{Refund: kassa.Refund{Number: 71, Amount: part, Door: reversal}}, settled(71, kassa.RefundCompleted, ""),
		kassa.RefundTaken{Refund: kassa.Refund{Number: 72, Amount: part}}, settled(72, kassa.RefundCompleted, ""),
		kassa.RefundTaken{Refund: kassa.Refund{Number: 73, Amount: part, Door: reversal}}, settled(73, kassa.RefundDeclined, kassa.Declined),
		kassa.RefundCancelRequested{Number: 72}, kassa.RefundVoidDue{Number: 72}, kassa.RefundVoidSettled{Number: 72, ResponseCode: "00"},
	)...)
	type row struct{ code, success, psp, original, reference, action string }
	var rows []row
	for _, i := range got {
		data, _ := i["additionalData"].(map[string]any)
		original, _ := i["originalReference"].(string)
		action, _ := data["modification.action"].(string)
		rows = append(rows, row{i["eventCode"].(string), i["success"].(string), i["pspReference"].(string), original, i["merchantReference"].(string), action})
		if original != "" && i["amount"].(map[string]any)["value"] != 500.0 {
			t.Errorf("amount %v", i["amount"])
		}
	}
	const payment = "KASSA00000000010"
	want := []row{
		{"AUTHORISATION", "true", payment, "", "order-1001", ""},
		{"CANCEL_OR_REFUND", "true", "KASSA0000000001Z", payment, "refund-1001", "refund"},
		{"REFUND", "true", "KASSA00000000020", payment, "order-1001", ""},
		{"CANCEL_OR_REFUND", "false", "KASSA00000000021", payment, "refund-1001", "refund"},
		{"REFUND_FAILED", "true", "KASSA00000000020", payment, "order-1001", ""},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A Reversal of a payment of another door is told, its refund through that door is not.
	other := w.told(w.order(99, "multisafepay"), append(card(true), kassa.OrderCompleted{},
		kassa.RefundTaken{Refund: kassa.Refund{Number: 81, Amount: part, Door: reversal}}, settled(81, kassa.RefundCompleted, ""),
		kassa.RefundTaken{Refund: kassa.Refund{Number: 82, Amount: part, Door: []byte(`{"invoice":1}`)}}, settled(82, kassa.RefundCompleted, ""),
	)...)
	if len(other) != 1 || other[0]["eventCode"] != "CANCEL_OR_REFUND" || other[0]["merchantReference"] != "refund-1001" {
		t.Errorf("of another door's payment: %v", other)
	}
}

func TestHolds(t *testing.T) {
	w := newWorld(t)
	w.endpoint(estate.EndpointStandard, nil)
	held := w.order(36, "adyen")
	held.Capture = kassa.CaptureLater
	part := kassa.Money{Minor: 500, Currency: kassa.EUR}
	codes := func(list []map[string]any) (out []string) {
		for _, i := range list {
			out = append(out, i["eventCode"].(string)+" "+i["success"].(string))
		}
		return out
	}
	captures := codes(w.told(held, append(card(true), kassa.OrderCompleted{},
		kassa.CaptureTaken{Capture: kassa.Capture{Number: 71, Amount: part}}, kassa.CaptureSettled{Number: 71, Status: kassa.CaptureCompleted, ResponseCode: "00"},
		kassa.CaptureTaken{Capture: kassa.Capture{Number: 72, Amount: part}}, kassa.CaptureSettled{Number: 72, Status: kassa.CaptureDeclined, Reason: kassa.Declined},
		kassa.HoldClosed{Reason: kassa.HoldExpired},
	)...))
	if diff := cmp.Diff([]string{"AUTHORISATION true", "CAPTURE true", "CAPTURE_FAILED true"}, captures); diff != "" {
		t.Error(diff)
	}
	held.Number = 37
	if diff := cmp.Diff([]string{"AUTHORISATION true", "EXPIRE true"}, codes(w.told(held, append(card(true), kassa.OrderCompleted{},
		kassa.HoldClosed{Reason: kassa.HoldExpired})...))); diff != "" {
		t.Error(diff)
	}
	reversed := w.order(38, "adyen")
	events := append(card(true), kassa.ReversalDue{Request: 1, Reason: "4021"}, kassa.OrderCancelled{Reason: kassa.CompletionMissing}, kassa.ReversalAcknowledged{Request: 1})
	if diff := cmp.Diff([]string{"AUTHORISATION false", "TECHNICAL_CANCEL true"}, codes(w.told(reversed, events...))); diff != "" {
		t.Error(diff)
	}
}

func TestWhoIsTold(t *testing.T) {
	w := newWorld(t)
	some := w.endpoint(estate.EndpointStandard, func(e *estate.Endpoint) { e.Events = []string{"REFUND", "AUTHORISATION"} })
	company := w.endpoint(estate.EndpointStandard, func(e *estate.Endpoint) { e.Account, e.Company = "", "KassaCompany" })
	bare := w.endpoint(estate.EndpointStandard, func(e *estate.Endpoint) {
		e.AdditionalSettings = json.RawMessage(`{"properties":{"includeStore":false,"includePosDetails":false}}`)
	})
	w.endpoint(estate.EndpointStandard, func(e *estate.Endpoint) { e.Events = []string{"REFUND"} })
	w.endpoint(estate.EndpointStandard, func(e *estate.Endpoint) { e.Active = false })
	w.endpoint(estate.EndpointTerminalSetting, nil)
	w.endpoint(estate.EndpointStandard, func(e *estate.Endpoint) { e.Account, e.Company = "", "AnotherCompany" })
	list := w.rendered(w.order(36, "adyen"), append(card(true), kassa.OrderCompleted{})...)
	var got []string
	for _, n := range list {
		got = append(got, n.Endpoint)
		if owner := map[bool]string{true: "", false: w.account.ID}[n.Endpoint == company.ID]; n.Account != owner || n.Group != "" {
			t.Errorf("%s is the account's %q, want %q", n.Endpoint, n.Account, owner)
		}
		data := w.item(n.Body)["additionalData"].(map[string]any)
		if n.Endpoint == bare.ID && (data["store"] != nil || data["terminalId"] != nil || data["tenderReference"] != nil) {
			t.Errorf("what is left out: %v", data)
		}
	}
	want := []string{some.ID, company.ID, bare.ID}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// fixed is one endpoint with a known key.
type fixed struct {
	notify.Endpoints
	e   estate.Endpoint
	key string
}

func (f fixed) Endpoint(string) (estate.Endpoint, bool)         { return f.e, true }
func (f fixed) OpenSecrets(time.Time, string) ([]string, error) { return []string{f.key, "00"}, nil }
func (f fixed) OpenPassword(string) (string, error)             { return "s3cret", nil }

// TestSignatures holds them against Adyen's own vector, and the one that its Node library accepts.
func TestSignatures(t *testing.T) {
	const key = "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00"
	n := &notify.Notifier{Environment: "test", Endpoints: fixed{e: estate.Endpoint{
		ID: "S2-T", Type: estate.EndpointStandard, URL: "https://till.example/hook", Active: true, Username: "till",
	}, key: key}}
	for item, want := range map[string]string{
		`{"pspReference":"pspReference","originalReference":"originalReference","merchantAccountCode":"merchantAccount","merchantReference":"reference","amount":{"currency":"EUR","value":1000},"eventCode":"EVENT","success":"true"}`:      "ipnxGCaUZ4l8TUW75a71/ghd2Fe5ffvX0pV4TLTntIc=",
		`{"pspReference":"KASSA00000000001","merchantAccountCode":"KassaMerchant","merchantReference":"order-1001","amount":{"currency":"EUR","value":2222},"eventCode":"AUTHORISATION","success":"true","additionalData":{"store":"ST-1"}}`: "EUHRO9giduoFS09A/UELyxODc+0hYR6YwUj3DrnldX8=",
	} {
		r, ok, err := n.Prepare(notify.Notice{Endpoint: "S2-T", Body: []byte(`{"live":"false","notificationItems":[{"NotificationRequestItem":` + item + `}]}`)}, noon)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		w := &world{T: t}
		if data, _ := w.item(r.Body)["additionalData"].(map[string]any); data["hmacSignature"] != want {
			t.Errorf("signature %v, want %s", data["hmacSignature"], want)
		}
		if r.Header.Get("Authorization") != "Basic dGlsbDpzM2NyZXQ=" || r.Header.Get("HmacSignature") != "" {
			t.Errorf("headers %v", r.Header)
		}
	}
}

// TestSignedWithTheNewestKey: a webhook that waits is signed with the key that its endpoint has when it is sent.
func TestSignedWithTheNewestKey(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(estate.EndpointStandard, nil)
	list := w.rendered(w.order(36, "adyen"), append(card(true), kassa.OrderCompleted{})...)
	if r, _, err := w.Prepare(list[0], noon); err != nil || w.item(r.Body)["additionalData"].(map[string]any)["hmacSignature"] != nil {
		t.Errorf("signed without a key: %v", err)
	}
	for range 2 {
		_, key, err := w.NewSecret(noon, e.ID, time.Hour, "")
		w.fine(err)
		r, ok, err := w.Prepare(list[0], noon)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		got := w.item(r.Body)
		if want := hmacOf(t, key, signedData(got)); got["additionalData"].(map[string]any)["hmacSignature"] != want {
			t.Errorf("%v, want %s", got["additionalData"], want)
		}
	}
	_, err := w.ChangeEndpoint(noon, e.ID, "", func(e *estate.Endpoint) { e.Active = false })
	w.fine(err)
	if _, ok, _ := w.Prepare(list[0], noon); ok {
		t.Error("an endpoint that is switched off is sent to")
	}
}

func TestAcknowledged(t *testing.T) {
	for status, want := range map[int]bool{200: true, 202: true, 204: true, 301: false, 401: false, 500: false} {
		if got := new(notify.Notifier).Judge(status, nil) == ""; got != want {
			t.Errorf("%d acknowledges: %v", status, got)
		}
	}
}
