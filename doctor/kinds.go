package doctor

import (
	"encoding/json"
	"time"

	"kassa/journal"
)

// The kinds of facts that reach the doctor from packages which it does not know. Those of orders are named by
// kassa.Kind, those of the estate by their types.
const (
	// CallRefused tells of a call that a door refused (stream calls/refused); its body is a Call.
	CallRefused = "CallRefused"
	// OrderPatched tells of a PATCH of an order that changed nothing of its state (calls/refused); a Call.
	OrderPatched = "OrderPatched"
	// EventStreamLeft tells that a client closed its event stream while the order went on (calls/refused).
	EventStreamLeft = "EventStreamLeft"
	// TelemetryReported tells how a device is (telemetry/POIID); its body is a Telemetry.
	TelemetryReported = "TelemetryReported"
	// AcquirerLink tells that a link to the acquirer came or went (acquirer/1), AcquirerAlarm that something on it
	// was wrong.
	AcquirerLink  = "AcquirerLink"
	AcquirerAlarm = "AcquirerAlarm"
	// ComponentChanged tells that a component of the service status is in another state (status/1).
	ComponentChanged = "ComponentChanged"

	WebhookDelivered = "WebhookDelivered"
	WebhookFailed    = "WebhookFailed"
	WebhookParked    = "WebhookParked"
)

// Call is a call that was refused, or noted. Reason is a kassa.Reason, or a cause that only a door knows:
// key_unknown, key_revoked, key_expired, other_environment, key_network, forbidden, validation, …
type Call struct {
	At         time.Time `json:"at"`
	Dialect    string    `json:"dialect,omitempty"` // multisafepay, adyen or native
	Account    string    `json:"account,omitempty"`
	Scope      string    `json:"scope,omitempty"`  // the key's group
	Key        string    `json:"key,omitempty"`    // the key's id
	Hint       string    `json:"hint,omitempty"`   // its last four characters
	From       string    `json:"from,omitempty"`   // the client's address
	Agent      string    `json:"agent,omitempty"`  // its User-Agent
	Origin     string    `json:"origin,omitempty"` // that of a browser's page
	Route      string    `json:"route"`
	OrderID    string    `json:"order_id,omitempty"`
	TerminalID string    `json:"terminal_id,omitempty"`
	Reason     string    `json:"reason"`
	Status     int       `json:"status"`
	ErrorCode  int       `json:"error_code,omitempty"`
	ErrorInfo  string    `json:"error_info,omitempty"`
	Field      string    `json:"field,omitempty"` // what broke a rule

	Entry journal.Entry `json:"-"`
}

// StreamLeft is the body of EventStreamLeft.
type StreamLeft struct {
	Order     string `json:"order"` // the order's id here
	OrderID   string `json:"order_id"`
	Transport string `json:"transport"` // sse or websocket
	Last      string `json:"last"`      // the last status that it was sent
}

// LinkChange is the body of AcquirerLink.
type LinkChange struct {
	Conn     int    `json:"conn"`
	State    string `json:"state"` // connected, signed_on, signed_off or closed
	Detail   string `json:"detail,omitempty"`
	SignedOn int    `json:"signedOn"` // links that are signed on now
}

// Alarm is the body of AcquirerAlarm.
type Alarm struct {
	Kind   string `json:"kind"`
	Order  string `json:"order,omitempty"`
	TID    string `json:"tid,omitempty"`
	STAN   string `json:"stan,omitempty"`
	Times  int    `json:"times,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// ComponentChange is the body of ComponentChanged.
type ComponentChange struct {
	Component
	Former string `json:"former,omitempty"`
}

// TryReport is the body of WebhookDelivered, WebhookFailed and WebhookParked.
type TryReport struct {
	ID       string `json:"id"`
	Endpoint string `json:"endpoint,omitempty"`
	Order    string `json:"order"` // order/ID
	OrderRef string `json:"orderRef,omitempty"`
	Event    string `json:"event,omitempty"`
	URL      string `json:"url,omitempty"`
	Tries    int    `json:"tries"`
	Try      struct {
		At        time.Time `json:"at"`
		LatencyMS int64     `json:"latencyMS"`
		Status    int       `json:"status,omitempty"`
		Reply     string    `json:"reply,omitempty"`
		Failure   string    `json:"failure,omitempty"`
	} `json:"try"`
	Raw json.RawMessage `json:"-"`
}
