package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/terminalapi"
)

// TestAdyenNotifications lets a terminal call the register, takes an asynchronous payment, and reads what comes
// to the addresses of the terminal's settings.
func TestAdyenNotifications(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	events, display := newCatcher(t), newCatcher(t)
	poiid := s.facts.Terminals[0].POIID
	s.adyenMust("PATCH", "/v3/terminals/"+poiid+"/terminalSettings", map[string]any{"nexo": map[string]any{
		"eventUrls":    map[string]any{"eventPublicUrls": []any{map[string]any{"url": events.URL + "/e", "username": "till", "password": "s3cret"}}},
		"displayUrls":  map[string]any{"publicUrls": []any{map[string]any{"url": display.URL + "/d"}}},
		"notification": map[string]any{"category": "SaleWakeUp", "enabled": true, "showButton": true, "title": "Pay at table"},
	}})
	await(t, "the terminal has its settings", 20*time.Second, func() bool {
		items := s.screen(poiid).Items
		return len(items) == 1 && items[0].Label == "Pay at table"
	})
	client := s.register(terminalapi.TerminalCloud)
	heard := func(h *catcher, name string) (list []terminalapi.Message) {
		for _, r := range h.all() {
			m, err := client.ReadNotification(r.body)
			if err != nil {
				t.Fatalf("%v: %s", err, r.body)
			}
			if m.Name == name {
				list = append(list, m)
			}
		}
		return list
	}

	s.hands(poiid, "menu", map[string]any{"touch": "notify"})
	for _, key := range []string{"9", "8", "7", "6", "ok"} {
		s.hands(poiid, "keys", map[string]any{"key": key})
	}
	var wake []terminalapi.Message
	await(t, "the register is called", 20*time.Second, func() bool {
		wake = heard(events, "EventNotification")
		return len(wake) > 0
	})
	var event nexo.EventNotification
	if err := json.Unmarshal(wake[0].Body, &event); err != nil || event.EventToNotify != "SaleWakeUp" || event.EventDetails != "reference_id=9876" ||
		wake[0].Header.POIID != poiid || wake[0].Header.DeviceID == "" {
		t.Errorf("%v %+v %+v", err, event, wake[0].Header)
	}
	if name, password, ok := (&http.Request{Header: events.all()[0].header}).BasicAuth(); !ok || name != "till" || password != "s3cret" {
		t.Errorf("%q %q", name, password)
	}

	ref, err := client.Async(t.Context(), terminalapi.Request{Category: nexo.CategoryPayment, ServiceID: "ASYNC1", Body: json.RawMessage(paymentBody("order-async", "100.00"))})
	if err != nil || ref.ServiceID != "ASYNC1" {
		t.Fatal(err)
	}
	await(t, "the payment is on the screen", 10*time.Second, func() bool { return s.screen(poiid).AmountMinor == 10_000 })
	s.hands(poiid, "card", map[string]any{"present": "insert", "card": "visa", "pin": "1234"})
	var answer []terminalapi.Message
	defer func() {
		if t.Failed() {
			for _, r := range append(events.all(), display.all()...) {
				t.Logf("%s", r.body)
			}
			t.Logf("%+v", s.screen(poiid))
		}
	}()
	await(t, "the answer comes", 40*time.Second, func() bool { answer = heard(events, "PaymentResponse"); return len(answer) > 0 })
	if m := answer[0]; m.Header.ServiceID != "ASYNC1" || !strings.Contains(string(m.Body), `"Success"`) || !strings.Contains(string(m.Body), `"AuthorizedAmount":100`) {
		t.Errorf("%+v %s", m.Header, m.Body)
	}

	var steps []string
	await(t, "the cashier hears how far it is", 20*time.Second, func() bool {
		steps = nil
		for _, m := range heard(display, "DisplayRequest") {
			var shown nexo.DisplayRequest
			if err := json.Unmarshal(m.Body, &shown); err != nil || m.Header.SaleID != "till-7" || *shown.DisplayOutput[0].ResponseRequiredFlag {
				t.Fatalf("%v %s", err, m.Body)
			}
			reference, _ := url.ParseQuery(shown.DisplayOutput[0].OutputContent.PredefinedContent.ReferenceID)
			if reference.Get("TransactionID") == "" || reference.Get("TimeStamp") == "" {
				t.Fatalf("%s", m.Body)
			}
			steps = append(steps, reference.Get("event"))
		}
		return slices.Contains(steps, "TENDER_FINAL")
	})
	want := []string{"TENDER_CREATED", "PROVIDE_CARD_DETAILS", "CARD_INSERTED", "WAIT_FOR_PIN", "PIN_ENTERED", "CARD_DETAILS_PROVIDED", "TENDER_FINAL"}
	if !slices.Equal(steps, want) {
		t.Errorf("%v, want %v", steps, want)
	}
}
