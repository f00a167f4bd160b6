package adyen_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"kassa"
	"kassa/sale/adyen"
)

func TestDiagnosis(t *testing.T) {
	well := adyen.Condition{CloudMode: true, Known: true, Battery: 82, Printer: "OK", CardReader: true, PED: true, Security: true, Firmware: "1.0.0", Network: "wlan0", Address: "192.168.2.2", Unsent: 2}
	deviceWorld(t, nil, func(w *world) {
		w.links.probe, w.links.host = func() (adyen.Condition, error) { return well, nil }, true
		got := w.post("/sync", accountKey, envelope("Diagnosis", "1", `{"HostDiagnosisFlag":true}`))
		status, _ := json.Marshal(got.in("Diagnosis", "POIStatus"))
		if string(status) != `{"CardReaderOKFlag":true,"CommunicationOKFlag":true,"GlobalStatus":"OK","PEDOKFlag":true,"PrinterStatus":"OK","SecurityOKFlag":true}` {
			t.Errorf("%s", status)
		}
		if host, _ := json.Marshal(got.in("Diagnosis", "HostStatus")); string(host) != `[{"AcquirerID":"0","IsReachableFlag":true}]` {
			t.Errorf("%s", host)
		}
		if more := got.additional("Diagnosis"); more != "batteryLevel=82%25&firmwareVersion=1.0.0&merchantAccount=Kassa1&networkProfile=W3siQWRkcmVzcyI6IjE5Mi4xNjguMi4yIiwiSWZhY2UiOiJ3bGFuMCJ9XQ%3d%3d&storeId=ST1&terminalId=V400m-100000001&unconfirmedBatchCount=2" {
			t.Errorf("%s", more)
		}

		w.links.probe = func() (adyen.Condition, error) { return adyen.Condition{CloudMode: true}, nil }
		got = w.post("/sync", accountKey, envelope("Diagnosis", "2", `{}`))
		if more := got.additional("Diagnosis"); got.in("Diagnosis", "HostStatus") != nil || got.in("Diagnosis", "POIStatus", "PrinterStatus") != nil || strings.Contains(more, "battery") {
			t.Errorf("of a terminal that says nothing of itself: %s", got.Raw)
		}
		paying := w.later(func() reply { w.customer(w.show); return w.pay("PAY1", "order-1", "10.00") })
		got = w.post("/sync", accountKey, envelope("Diagnosis", "3", `{}`))
		if got.in("Diagnosis", "POIStatus", "GlobalStatus") != "Busy" {
			t.Errorf("during a payment: %s", got.Raw)
		}
		w.abort("A", "PAY1")
		<-paying
		for _, c := range []adyen.Condition{{CloudMode: false}, {CloudMode: true, Known: true, Tampered: true}} {
			w.links.probe = func() (adyen.Condition, error) { return c, nil }
			if got = w.post("/sync", accountKey, envelope("Diagnosis", "4", `{}`)); got.in("Diagnosis", "POIStatus", "GlobalStatus") != "Maintenance" {
				t.Errorf("%+v: %s", c, got.Raw)
			}
		}
		w.links.probe = func() (adyen.Condition, error) { return adyen.Condition{}, errors.New("no answer") }
		if got = w.post("/sync", accountKey, envelope("Diagnosis", "5", `{}`)); !strings.HasPrefix(got.rejected(), "message=Did+not+receive") {
			t.Errorf("without an answer: %s", got.Raw)
		}
		w.mu.Lock()
		w.reach["00000ABC"] = adyen.Offline
		w.mu.Unlock()
		got = w.post("/v1/merchants/Kassa1/devices/"+poiid+"/sync", accountKey, envelope("Diagnosis", "6", `{}`))
		if got.result("Diagnosis") != "Failure UnreachableHost" || got.in("Diagnosis", "POIStatus", "GlobalStatus") != "Unreachable" || got.in("Diagnosis", "POIStatus", "CommunicationOKFlag") != false {
			t.Errorf("offline: %s", got.Raw)
		}
		if got = w.post("/sync", accountKey, envelope("Diagnosis", "7", `{"HostDiagnosisFlag":"x"}`)); got.result("Diagnosis") != "Failure MessageFormat" {
			t.Errorf("bad flag: %s", got.Raw)
		}
	})
}

// notified are the messages of the facts that webhooks deliver.
func (w *world) notified() (list []string) {
	w.t.Helper()
	entries, err := w.record.Entries(0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		var f adyen.TerminalNotified
		if e.Kind != adyen.KindTerminalNotified {
			continue
		}
		if err := json.Unmarshal(e.Payload, &f); err != nil || f.TID != "00000ABC" || f.POIID != poiid || e.Scope != "100" {
			w.t.Errorf("%+v %v", e, err)
		}
		list = append(list, string(f.Message))
	}
	return list
}

func TestEventNotification(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		terminal, _ := w.TerminalByPOIID(poiid)
		settled := 0
		for range 2 {
			w.door.Notified(terminal, json.RawMessage(`{"MessageHeader":{"MessageClass":"Event","MessageCategory":"Event","MessageType":"Notification","SaleID":"","POIID":"`+poiid+`"},`+
				`"EventNotification":{"TimeStamp":"2026-03-01T10:00:00.000Z","EventToNotify":"SaleWakeUp","EventDetails":"reference_id=9876"}}`), func() { settled++ })
			w.restart()
		}
		got := w.notified()
		if settled != 2 || len(got) != 2 {
			t.Fatalf("settled %d: %v", settled, got)
		}
		for _, part := range []string{`{"SaleToPOIRequest":{"EventNotification":{"EventDetails":"reference_id=9876","EventToNotify":"SaleWakeUp","TimeStamp":"2026-03-01T10:00:00.000Z"}`, `"SaleID":"null"`, `"POIID":"V400m-100000001"`, `"MessageType":"Notification"`} {
			if !strings.Contains(got[0], part) {
				t.Errorf("%s is not in %s", part, got[0])
			}
		}
	})
}

func TestProgress(t *testing.T) {
	screens := func(list ...string) func(*world, kassa.NewOrder) {
		return func(w *world, o kassa.NewOrder) {
			for _, screen := range list {
				w.fromPOI(o, kassa.ScreenShown{Screen: screen})
			}
			w.present(o, 1, kassa.Chip, kassa.CVMOnlinePIN)
		}
	}
	for name, c := range map[string]struct {
		card func(*world, kassa.NewOrder)
		want string
	}{
		"a tap": {func(w *world, o kassa.NewOrder) { w.tap(o) }, "TENDER_CREATED PROVIDE_CARD_DETAILS CARD_PRESENTED CARD_DETAILS_PROVIDED TENDER_FINAL&Result=APPROVED"},
		"a PIN, of a terminal that tells its screens": {screens("presentCard", "choose", "pin", "processing"),
			"TENDER_CREATED PROVIDE_CARD_DETAILS WAIT_FOR_APP_SELECTION APPLICATION_SELECTED WAIT_FOR_PIN CARD_INSERTED PIN_ENTERED CARD_DETAILS_PROVIDED TENDER_FINAL&Result=APPROVED"},
		"a PIN, of a terminal that tells its steps": {screens("tip", "gratuityEntered", "presentCard", "cardInserted", "choose", "applicationSelected", "pin", "pinEntered"),
			"TENDER_CREATED ASK_GRATUITY GRATUITY_ENTERED PROVIDE_CARD_DETAILS CARD_INSERTED WAIT_FOR_APP_SELECTION APPLICATION_SELECTED WAIT_FOR_PIN PIN_ENTERED CARD_DETAILS_PROVIDED TENDER_FINAL&Result=APPROVED"},
		"nobody pays": {func(w *world, o kassa.NewOrder) {
			w.show(o)
			w.fromPOI(o, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
		},
			"TENDER_CREATED PROVIDE_CARD_DETAILS TENDER_FINAL&Result=CANCELLED"},
	} {
		t.Run(name, func(t *testing.T) {
			deviceWorld(t, nil, func(w *world) {
				w.links.progress = true
				w.customer(func(o kassa.NewOrder) { c.card(w, o) })
				w.issuer(func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input {
					w.engine.FromAcquirer(o.ID(), approve(o, a))
					if a.Contact() {
						go w.fromPOI(o, kassa.CardCompleted{Request: a.Request, Outcome: kassa.CardSaidYes})
					}
					return nil
				})
				synctest.Wait() // the door follows the journal
				paid := w.pay("PAY1", "order-1", "10.00")
				synctest.Wait()
				got := w.notified()
				var events []string
				for _, m := range got {
					_, after, _ := strings.Cut(m, "event=")
					event, _, _ := strings.Cut(after, `"`)
					events = append(events, event)
				}
				if all := strings.Join(events, " "); all != c.want {
					t.Errorf("%s", all)
				}
				tender, _, _ := strings.Cut(fmt.Sprint(paid.in("Payment", "POIData", "POITransactionID", "TransactionID")), ".")
				for _, part := range []string{`"ReferenceID":"TransactionID=` + tender + `&TimeStamp=`, `"SaleID":"till-7"`, `"Device":"CashierDisplay"`, `"ResponseRequiredFlag":false`, `"MessageClass":"Device"`} {
					if !strings.Contains(got[0], part) {
						t.Errorf("%s is not in %s", part, got[0])
					}
				}
			})
		})
	}
}

func TestProgressThatNobodyWants(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		synctest.Wait()
		w.pay("PAY1", "order-1", "10.00")
		synctest.Wait()
		if got := w.notified(); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}
