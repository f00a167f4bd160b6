package journal

import "time"

// The kinds of facts about calls of the APIs.
const (
	// CallRefused tells of a call that a door refused; its payload is a RefusedCall.
	CallRefused = "CallRefused"
	// OrderPatched tells of a PATCH that would have ended an order and changed nothing; a RefusedCall.
	OrderPatched = "OrderPatched"
	// EventStreamLeft tells that a client closed its event stream while the order went on; a LeftStream.
	EventStreamLeft = "EventStreamLeft"
	// CallsLeftOut tells how many calls were refused without a fact of their own; a LeftOut.
	CallsLeftOut = "CallsLeftOut"
)

// Reasons of a RefusedCall that are no kassa.Reason and that every door has. A door adds causes of its own.
const (
	ReasonKeyMissing       = "key_missing"
	ReasonKeyUnknown       = "key_unknown"
	ReasonKeyRevoked       = "key_revoked"
	ReasonKeyExpired       = "key_expired"
	ReasonOtherEnvironment = "other_environment"
	ReasonKeyNetwork       = "key_network"
	// ReasonKey is trouble with a key of which a door knows no more.
	ReasonKey        = "key_invalid"
	ReasonForbidden  = "forbidden"  // the key is good, and may not do this
	ReasonValidation = "validation" // Field names what broke a rule, where it is known
	ReasonRoute      = "route_unknown"
	ReasonWorld      = "world_failed"
	// ReasonUnreachable and ReasonNoAnswer are of a terminal: the request did not leave, or nothing came back.
	ReasonUnreachable = "poi_unreachable"
	ReasonNoAnswer    = "poi_no_answer"
)

// RefusedCall is a call that a door refused, or noted. It holds no key, and nothing of the body but ids that
// have the form of one and the name of the field that broke a rule.
type RefusedCall struct {
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
	// Reason is a kassa.Reason, or one of the causes that only a door knows.
	Reason    string `json:"reason"`
	Status    int    `json:"status"`
	ErrorCode int    `json:"error_code,omitempty"`
	ErrorInfo string `json:"error_info,omitempty"`
	Field     string `json:"field,omitempty"` // what broke a rule
}

// LeftStream is an event stream that its client closed before the order had ended.
type LeftStream struct {
	Order     string `json:"order"` // the order's id here
	OrderID   string `json:"order_id"`
	Transport string `json:"transport"` // sse or websocket
	Last      string `json:"last"`      // the last status that it was sent
}

// LeftOut counts the calls that were refused and not written down, since there were too many.
type LeftOut struct {
	Account string    `json:"account,omitempty"`
	From    string    `json:"from,omitempty"` // of callers without an account, the address
	Calls   int       `json:"calls"`
	Since   time.Time `json:"since"`
}
