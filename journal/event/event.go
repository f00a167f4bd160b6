// Package event says facts of the journal as events for the outside: CloudEvents 1.0, the same in the
// feed of the native API and in its webhooks.
//
// It promises that an event depends on its fact alone, so that who reads it twice gets it twice the same,
// with the same id. It leaves out what a dialect keeps with an order, and decides about nobody's access.
package event

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kassa"
	"kassa/journal"
)

// Event is one fact in CloudEvents' structured mode.
type Event struct {
	SpecVersion string `json:"specversion"` // 1.0
	// ID is "evt_", the environment and the fact's place in the journal: ids sort as the facts happened.
	ID string `json:"id"`
	// Source is the installation's environment: /kassa/test or /kassa/live.
	Source string `json:"source"`
	// Type is the kind of fact, its first word before the dot: order.completed, terminal.activated.
	Type string `json:"type"`
	// Subject is what the fact is about: order/H4XQ3A2K10, terminal/00000ABC.
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`

	// What follows are extensions.

	// Scope is the terminal group or the account whose fact it is; empty for the installation's own.
	Scope string `json:"scope,omitempty"`
	// Reference is the merchant's own name of the order, where the fact is about one.
	Reference string `json:"reference,omitempty"`
	// Sequence is the cursor of this event: what follows it comes after it.
	Sequence string `json:"sequence"`
}

// Of gives the event that a fact is; environment is test or live, and reference what the merchant calls
// the order, if it is about one.
func Of(environment string, e journal.Entry, reference string) Event {
	return Event{
		SpecVersion: "1.0", ID: ID(environment, e.Seq), Source: "/kassa/" + environment, Type: Type(e.Kind), Subject: Subject(e),
		Time: e.At.UTC(), DataContentType: "application/json", Data: Data(e), Scope: e.Scope, Reference: reference,
		Sequence: strconv.FormatUint(e.Seq, 10),
	}
}

// ID names the event of the fact at a place in the journal.
func ID(environment string, seq uint64) string { return fmt.Sprintf("evt_%s_%016d", environment, seq) }

// Subject is the stream of a fact. That of an API key is named by a hash, which is nobody's outside: its
// subject is the key's id, which facts of before keys had ids lack.
func Subject(e journal.Entry) string {
	if journal.Kind(e.Stream) != "key" {
		return e.Stream
	}
	var of struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(e.Payload, &of) != nil || of.ID == "" {
		return "key"
	}
	return "key/" + of.ID
}

// Type turns "OrderCompleted" into "order.completed", and "DeviceKeyPinned" into "device.key_pinned".
func Type(kind string) string {
	var b strings.Builder
	joint := byte('.')
	var before rune
	for _, r := range kind {
		if unicode.IsUpper(r) && (unicode.IsLower(before) || unicode.IsDigit(before)) {
			b.WriteByte(joint)
			joint = '_'
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// Data is what a fact says, without what a dialect keeps with an order, a refund or a capture: that is the
// merchant's. It is {} where nothing is left.
func Data(e journal.Entry) json.RawMessage {
	nothing := json.RawMessage("{}")
	switch e.Kind {
	case "OrderCreated", "RefundTaken", "CaptureTaken", "OrderNoted":
	case "ChargingChosen":
		return withoutCommands(e.Payload)
	default:
		if !json.Valid(e.Payload) {
			return nothing
		}
		return e.Payload
	}
	fact, err := kassa.DecodeEvent(e.Kind, e.Payload)
	if err != nil {
		return nothing
	}
	switch f := fact.(type) {
	case kassa.OrderCreated:
		f.Order.Door = nil
		fact = f
	case kassa.RefundTaken:
		f.Refund.Door = nil
		fact = f
	case kassa.CaptureTaken:
		f.Capture.Door = nil
		fact = f
	case kassa.OrderNoted:
		return nothing
	}
	_, payload, err := kassa.EncodeEvent(fact)
	if err != nil {
		return nothing
	}
	return payload
}

// withoutCommands leaves out the secret names under which an operator reports on the commands of a charging
// session.
func withoutCommands(payload json.RawMessage) json.RawMessage {
	var fact struct {
		New map[string]json.RawMessage `json:"new"`
	}
	if json.Unmarshal(payload, &fact) != nil {
		return json.RawMessage("{}")
	}
	delete(fact.New, "startID")
	delete(fact.New, "stopID")
	kept, err := json.Marshal(fact)
	if err != nil {
		return json.RawMessage("{}")
	}
	return kept
}
