package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"kassa/journal"
	"kassa/journal/event"

	"github.com/google/go-cmp/cmp"
)

func entry(seq uint64, stream, kind, payload string) journal.Entry {
	return journal.Entry{Seq: seq, Stream: stream, Version: 1, Fact: journal.Fact{
		At: time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("", 3600)), Kind: kind, Scope: "57001", Payload: json.RawMessage(payload),
	}}
}

func TestEventsAreCloudEvents(t *testing.T) {
	got, err := json.Marshal(event.Of("test", entry(42, "order/H4XQ3A2K10", "OrderCancelled", `{"reason":"x"}`), "order-1001"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"specversion":"1.0","id":"evt_test_0000000000000042","source":"/kassa/test","type":"order.cancelled",` +
		`"subject":"order/H4XQ3A2K10","time":"2026-11-21T12:00:00Z","datacontenttype":"application/json","data":{"reason":"x"},` +
		`"scope":"57001","reference":"order-1001","sequence":"42"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestAKeyIsNamedByItsID: the hash under which a key is kept leaves with no event.
func TestAKeyIsNamedByItsID(t *testing.T) {
	for payload, want := range map[string]string{
		`{"id":"key_test_A","role":"admin"}`: "key/key_test_A", `{"hint":"abcd"}`: "key", `broken`: "key", `{"id":7}`: "key",
	} {
		if got := event.Of("test", entry(1, "key/0123456789abcdef", "KeyMade", payload), "").Subject; got != want {
			t.Errorf("%s: subject %s, want %s", payload, got, want)
		}
	}
}

func TestTypes(t *testing.T) {
	for kind, want := range map[string]string{
		"OrderCompleted": "order.completed", "DeviceKeyPinned": "device.key_pinned", "LinkUp": "link.up",
		"ActivationCodeRenewed": "activation.code_renewed", "OrderNoted": "order.noted",
	} {
		if got := event.Type(kind); got != want {
			t.Errorf("%s is %s, want %s", kind, got, want)
		}
	}
}

func TestWhatADialectKeepsIsLeftOut(t *testing.T) {
	for kind, payload := range map[string]string{
		"OrderCreated": `{"order":{"ref":"r","door":{"secret":1}},"offered":true}`,
		"RefundTaken":  `{"refund":{"number":1,"door":{"secret":1}}}`,
		"CaptureTaken": `{"capture":{"number":1,"door":{"secret":1}}}`,
		"OrderNoted":   `{"door":{"secret":1}}`,
	} {
		var data map[string]any
		if err := json.Unmarshal(event.Data(entry(1, "order/A", kind, payload)), &data); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, part := range data {
			if fields, ok := part.(map[string]any); ok && fields["door"] != nil {
				t.Errorf("%s shows %v", kind, data)
			}
		}
		if data["door"] != nil {
			t.Errorf("%s shows %v", kind, data)
		}
	}
	for _, broken := range []journal.Entry{entry(1, "order/A", "OrderCreated", `{`), entry(1, "link/1", "LinkUp", ``)} {
		if got := string(event.Data(broken)); got != "{}" {
			t.Errorf("%s: %s", broken.Kind, got)
		}
	}
}

func TestEventsOfChargingTellNoSecret(t *testing.T) {
	e := journal.Entry{Stream: "charging/REF", Fact: journal.Fact{Kind: "ChargingChosen",
		Payload: []byte(`{"new":{"ref":"REF","startID":"hidden","stopID":"hidden too"}}`)}}
	if got := string(event.Data(e)); got != `{"new":{"ref":"REF"}}` {
		t.Error(got)
	}
	if got := event.Type(e.Kind); got != "charging.chosen" {
		t.Error(got)
	}
}
