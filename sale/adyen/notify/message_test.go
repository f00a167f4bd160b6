package notify_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen"
	"kassa/sale/adyen/notify"

	"github.com/google/go-cmp/cmp"
)

const wakeUp = `{"SaleToPOIRequest":{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Event","MessageCategory":"Event","MessageType":"Notification","SaleID":"null","POIID":"V400m-100000001","DeviceID":"1"},"EventNotification":{"TimeStamp":"2026-11-21T12:00:00.000Z","EventToNotify":"SaleWakeUp","EventDetails":"reference_id=9876"}}}`

const progress = `{"SaleToPOIRequest":{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Device","MessageCategory":"Display","MessageType":"Request","SaleID":"till-7","ServiceID":"1","POIID":"V400m-100000001","DeviceID":"1"},"DisplayRequest":{"DisplayOutput":[{"Device":"CashierDisplay","InfoQualify":"Status","ResponseRequiredFlag":false,"OutputContent":{"OutputFormat":"MessageRef","PredefinedContent":{"ReferenceID":"event=PIN_ENTERED"}}}]}}}`

func (w *world) sets(name, value string) {
	w.Helper()
	at := estate.Owner{Level: estate.LevelTerminal, ID: w.terminal.TID}
	w.fine(w.ChangeSettings(noon, at, map[string]json.RawMessage{name: json.RawMessage(value)}, nil, estate.Actor{Key: "key_test_1", Role: estate.RoleAdmin}))
}

func (w *world) says(message string) []notify.Notice {
	w.Helper()
	e := w.happens("notified/1", adyen.KindTerminalNotified, struct{}{}, adyen.TerminalNotified{
		TID: w.terminal.TID, POIID: w.terminal.POIID, Message: json.RawMessage(message),
	})
	return must[[]notify.Notice](w)(w.Render(e))
}

func TestWhatTerminalsSay(t *testing.T) {
	w := newWorld(t)
	if list := w.says(wakeUp); len(list) != 0 {
		t.Errorf("nobody asked, and %+v", list)
	}
	w.sets("nexo.eventUrls", `{"eventPublicUrls":[{"url":"https://till.example/events","username":"till","password":"s3cret","encrypted":false}],"eventLocalUrls":[{"url":"https://10.0.0.1/"}]}`)
	w.sets("nexo.displayUrls", `{"publicUrls":[{"url":"https://till.example/display","encrypted":true}]}`)
	endpoint := w.endpoint(estate.EndpointTerminalAPI, nil)
	w.endpoint(estate.EndpointTerminalAPI, func(e *estate.Endpoint) { e.NetworkType = "local" })
	_, _, err := w.NewSecret(noon, endpoint.ID, 0, "")
	w.fine(err)
	events := w.says(wakeUp)
	if len(events) != 2 || events[0].Endpoint != endpoint.ID || events[1].URL != "https://till.example/events" || strings.Contains(events[1].Endpoint, "/") {
		t.Fatalf("%+v", events)
	}
	for i, wantAuth := range []string{"", "Basic dGlsbDpzM2NyZXQ="} {
		r, ok, err := w.Prepare(events[i], noon)
		if err != nil || !ok || string(r.Body) != wakeUp || r.Header.Get("Authorization") != wantAuth || r.Header.Get("HmacSignature") != "" {
			t.Errorf("%d: %v %v %s %v", i, ok, err, r.Body, r.Header)
		}
	}
	display := w.says(progress)
	if len(display) != 2 || display[1].URL != "https://till.example/display" || display[1].Event != "display-notification" {
		t.Fatalf("%+v", display)
	}
	if _, _, err := w.Prepare(display[1], noon); err == nil {
		t.Error("sent in clear, although it must be encrypted and there is no key")
	}
	w.sets("nexo.encryptionKey", `{"identifier":"till","passphrase":"p@ssw0rd123456","version":2}`)
	r, ok, err := w.Prepare(display[1], noon)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	clear, err := opened(r.Body, "p@ssw0rd123456")
	if err != nil || clear != progress {
		t.Errorf("within: %s %v", clear, err)
	}
	w.sets("nexo.displayUrls", `{"publicUrls":[]}`)
	if _, ok, _ := w.Prepare(display[1], noon); ok {
		t.Error("sent to a URL that is no longer set")
	}
}

// TestURLsOfSettings: what waits for a URL is still sent when the device has left its place, and is no other
// account's to hold up or to receive.
func TestURLsOfSettings(t *testing.T) {
	w := newWorld(t)
	const urls = `{"eventPublicUrls":[{"url":"https://till.example/events","username":"till","password":%q}]}`
	w.sets("nexo.eventUrls", fmt.Sprintf(urls, "s3cret"))
	first := w.says(wakeUp)
	if len(first) != 1 {
		t.Fatalf("%+v", first)
	}
	former := w.terminal
	must[string](t)(w.Unbind(noon, former.TID, ""))
	if r, ok, err := w.Prepare(first[0], noon); !ok || err != nil || string(r.Body) != wakeUp {
		t.Errorf("the device is gone: %v %v %s", ok, err, r.Body)
	}
	other := must[estate.Account](t)(w.MakeAccount(noon, estate.Account{Name: "Thee BV", Merchant: "Thee", Company: "TheeCompany"}))
	group := must[estate.Group](t)(w.MakeGroup(noon, estate.Group{Account: other.ID, Name: "Bar", Merchant: estate.Merchant{Name: "Thee", MID: "2", Country: "NL"}}))
	place, _, err := w.BoardTerminal(noon, group.ID, "Bar 2", "")
	w.fine(err)
	w.terminal = place
	w.sets("nexo.eventUrls", fmt.Sprintf(urls, "other"))
	second := w.says(wakeUp)
	if len(second) != 1 || second[0].Queue == first[0].Queue || second[0].Queue == "" || second[0].Account != other.ID {
		t.Errorf("%+v behind %+v", second, first)
	}
	for i, want := range []string{"s3cret", "other"} {
		r, ok, err := w.Prepare([]notify.Notice{first[0], second[0]}[i], noon)
		_, password, _ := (&http.Request{Header: r.Header}).BasicAuth()
		if !ok || err != nil || password != want {
			t.Errorf("%d: %q %v %v", i, password, ok, err)
		}
	}
}

// opened decrypts as the specification says, and shares no code with what is tested.
func opened(body []byte, passphrase string) (string, error) {
	var m map[string]struct {
		MessageHeader   struct{ POIID string }
		NexoBlob        []byte
		SecurityTrailer struct {
			AdyenCryptoVersion, KeyVersion int
			KeyIdentifier                  string
			Nonce, Hmac                    []byte
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return "", err
	}
	c := m["SaleToPOIRequest"]
	if t := c.SecurityTrailer; t.AdyenCryptoVersion != 1 || t.KeyVersion != 2 || t.KeyIdentifier != "till" || c.MessageHeader.POIID == "" || len(t.Nonce) != 16 {
		return "", errors.New("trailer or header is wrong: " + string(body))
	}
	keys, err := pbkdf2.Key(sha1.New, passphrase, []byte("AdyenNexoV1Salt"), 4000, 80)
	if err != nil {
		return "", err
	}
	iv := keys[64:80]
	for i := range iv {
		iv[i] ^= c.SecurityTrailer.Nonce[i]
	}
	block, err := aes.NewCipher(keys[32:64])
	if err != nil {
		return "", err
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(c.NexoBlob, c.NexoBlob)
	clear := c.NexoBlob[:len(c.NexoBlob)-int(c.NexoBlob[len(c.NexoBlob)-1])]
	mac := hmac.New(sha256.New, keys[:32])
	mac.Write(clear)
	if !hmac.Equal(mac.Sum(nil), c.SecurityTrailer.Hmac) {
		return "", errors.New("the HMAC is wrong")
	}
	return string(clear), nil
}

// exchange stores that one was answered.
func (w *world) answered(x adyen.Exchange) []notify.Notice {
	w.Helper()
	return must[[]notify.Notice](w)(w.Render(w.happens("exchange/"+x.ID, adyen.KindExchangeAnswered, x, map[string]any{"id": x.ID})))
}

func TestAnswersToAsynchronousRequests(t *testing.T) {
	w := newWorld(t)
	w.sets("nexo.eventUrls", `{"eventPublicUrls":[{"url":"https://till.example/events"}]}`)
	x := adyen.Exchange{
		ID: "X1", POIID: w.terminal.POIID, TID: w.terminal.TID, Account: w.account.ID, Scope: w.group.ID, SaleID: "till-7", ServiceID: "0A1B2C3D4E",
		Class: "Service", Category: "Payment", AnsweredAt: noon, Response: json.RawMessage(`{"Response":{"Result":"Success"}}`),
	}
	if list := w.answered(x); len(list) != 0 {
		t.Errorf("a synchronous one is sent too: %+v", list)
	}
	x.ID, x.Async = "X2", true
	list := w.answered(x)
	if len(list) != 1 || list[0].URL != "https://till.example/events" || list[0].Event != "async-response" {
		t.Fatalf("%+v", list)
	}
	var got any
	w.fine(json.Unmarshal(list[0].Body, &got))
	want := map[string]any{"SaleToPOIResponse": map[string]any{
		"MessageHeader": map[string]any{
			"ProtocolVersion": "3.0", "MessageClass": "Service", "MessageCategory": "Payment", "MessageType": "Response", "SaleID": "till-7",
			"ServiceID": "0A1B2C3D4E", "POIID": "V400m-100000001",
		},
		"PaymentResponse": map[string]any{"Response": map[string]any{"Result": "Success"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	x.ID, x.Reject = "X3", "message=Did+not+receive+a+response+from+the+POI."
	rejected := w.answered(x)
	var envelope struct {
		SaleToPOIRequest struct {
			EventNotification struct{ EventToNotify, EventDetails string }
		}
	}
	w.fine(json.Unmarshal(rejected[0].Body, &envelope))
	if n := envelope.SaleToPOIRequest.EventNotification; n.EventToNotify != "Reject" || n.EventDetails != x.Reject {
		t.Errorf("%+v", n)
	}
}

// TestHoldReversed: a ReversalRequest that gives a hold up is told as the cancellation that it is.
func TestHoldReversed(t *testing.T) {
	w := newWorld(t)
	w.endpoint(estate.EndpointStandard, nil)
	o := kassa.Order{
		NewOrder: w.order(36, "adyen"), Status: kassa.Completed, Hold: &kassa.Hold{Closed: kassa.CancelledBySale},
		Captures: []kassa.Capture{{Status: kassa.CaptureAccepted, Amount: kassa.Money{Minor: 1000, Currency: "EUR"}}},
	}
	w.happens("order/10", "OrderCompleted", o, struct{}{})
	x := adyen.Exchange{
		ID: "X1", TID: w.terminal.TID, Category: "Reversal", AnsweredAt: noon, Kept: json.RawMessage(`{"order":36,"merchantReference":"refund-1001"}`),
		Response: json.RawMessage(`{"Response":{"Result":"Success"},"POIData":{"POITransactionID":{"TransactionID":"KASSV0ABCDEFGHIJ"}}}`),
	}
	list := w.answered(x)
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	got := w.item(list[0].Body)
	if got["eventCode"] != "CANCEL_OR_REFUND" || got["pspReference"] != "KASSV0ABCDEFGHIJ" || got["originalReference"] != "KASSA00000000010" ||
		got["merchantReference"] != "refund-1001" || got["amount"].(map[string]any)["value"] != float64(o.Amount.Minor-1000) || got["additionalData"].(map[string]any)["modification.action"] != "cancel" {
		t.Errorf("%v", got)
	}
	for name, response := range map[string]string{
		"a refund":  `{"Response":{"Result":"Success"},"POIData":{"POITransactionID":{"TransactionID":"KASSA0000000001Z"}}}`,
		"a failure": `{"Response":{"Result":"Failure"}}`,
	} {
		x.ID, x.Response = name[2:], json.RawMessage(response)
		if list := w.answered(x); len(list) != 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

func TestOfTheEstate(t *testing.T) {
	w := newWorld(t)
	boarding := w.endpoint(estate.EndpointBoarding, nil)
	w.endpoint(estate.EndpointTerminalSetting, nil)
	w.endpoint(estate.EndpointAssignment, nil)
	w.fine(w.MoveTerminal(noon, w.terminal.TID, estate.Place{Group: w.group.ID, Shop: w.shop.ID}, ""))
	w.sets("localization.language", `"nl"`)
	owner := estate.Owner{Level: estate.LevelAccount, ID: w.account.ID}
	w.fine(w.ChangeSettings(noon, owner, map[string]json.RawMessage{"localization.language": json.RawMessage(`"fr"`)}, nil, estate.Actor{Role: estate.RoleAdmin}))
	var got []any
	var first notify.Notice
	for _, e := range must[[]journal.Entry](t)(w.disk.Entries(0, 1000)) {
		for _, n := range must[[]notify.Notice](t)(w.Render(e)) {
			var body map[string]any
			w.fine(json.Unmarshal(n.Body, &body))
			if psp, ok := body["pspReference"].(string); ok && len(psp) == 16 {
				delete(body, "pspReference")
			}
			got = append(got, body)
			if n.Endpoint == boarding.ID {
				first = n
			}
		}
	}
	const at = "2026-11-21T12:00:00+00:00"
	settings := func(data map[string]any) any {
		data["companyId"], data["merchantId"] = "KassaCompany", "KassaMerchant"
		return map[string]any{"type": "terminalSettings.modified", "environment": "test", "createdAt": at, "data": data}
	}
	want := []any{
		map[string]any{"type": "terminalBoarding.triggered", "environment": "test", "createdAt": at, "data": map[string]any{
			"companyId": "KassaCompany", "merchantId": "KassaMerchant", "storeId": w.shop.ID, "uniqueTerminalId": "V400m-100000001",
		}},
		map[string]any{
			"assignedToAccount": "KassaMerchant", "assignedToStore": "ST-1", "assignedToStoreId": w.shop.ID, "eventDate": at, "uniqueTerminalId": "V400m-100000001",
		},
		settings(map[string]any{"storeId": w.shop.ID, "terminalId": "V400m-100000001", "updateSource": "Management Api", "user": "key_test_1"}),
		settings(map[string]any{"updateSource": "Customer Area"}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, key, err := w.NewSecret(noon, boarding.ID, 0, "")
	w.fine(err)
	r, ok, err := w.Prepare(first, noon)
	if err != nil || !ok || r.Header.Get("HmacSignature") != hmacOf(t, key, string(r.Body)) || r.Header.Get("protocol") != "HmacSHA256" {
		t.Errorf("headers %v, %v", r.Header, err)
	}
}

func TestTrials(t *testing.T) {
	w := newWorld(t)
	standard := w.endpoint(estate.EndpointStandard, nil)
	n, err := w.Trial(standard, "KassaMerchant", "AUTHORISATION", json.RawMessage(`{"amount":{"currency":"USD","value":5},"merchantReference":"mine","success":false}`), noon)
	w.fine(err)
	got := w.item(n.Body)
	if got["merchantReference"] != "mine" || got["success"] != "false" || got["amount"].(map[string]any)["currency"] != "USD" || got["merchantAccountCode"] != "KassaMerchant" {
		t.Errorf("%v", got)
	}
	for _, bad := range []struct{ kind, custom string }{{"NONSENSE", ""}, {"AUTHORISATION", `{"amount":5}`}, {"CUSTOM", `[]`}} {
		if _, err := w.Trial(standard, "KassaMerchant", bad.kind, json.RawMessage(bad.custom), noon); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	for _, typ := range []string{estate.EndpointTerminalSetting, estate.EndpointBoarding, estate.EndpointAssignment, estate.EndpointTerminalAPI} {
		n, err := w.Trial(w.endpoint(typ, nil), "KassaMerchant", "AUTHORISATION", nil, noon)
		if err != nil || !json.Valid(n.Body) {
			t.Errorf("%s: %v", typ, err)
		}
		if _, ok, err := w.Prepare(n, noon.Add(time.Second)); !ok || err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
	if _, err := w.Trial(w.endpoint("report-notification", nil), "KassaMerchant", "AUTHORISATION", nil, noon); !errors.Is(err, notify.ErrNoTrial) {
		t.Errorf("a type that gets nothing: %v", err)
	}
}
