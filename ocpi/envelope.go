package ocpi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Status is the status code of an Envelope (OCPI status codes).
type Status int

// The status codes that a Payment Terminal Provider gives and understands.
const (
	StatusOK               Status = 1000
	StatusClientError      Status = 2000
	StatusInvalid          Status = 2001 // a bad or missing parameter
	StatusTooLittle        Status = 2002 // not enough information
	StatusUnknownLocation  Status = 2003
	StatusUnknownToken     Status = 2004
	StatusServerError      Status = 3000
	StatusUnusable         Status = 3001 // the client's API cannot be used
	StatusNoVersion        Status = 3002 // no version in common
	StatusNoEndpoint       Status = 3003 // an endpoint that is needed is missing
	StatusHubError         Status = 4000
	StatusUnknownReceiver  Status = 4001
	StatusReceiverTimeout  Status = 4002
	StatusReceiverUnlinked Status = 4003
	firstSuccess, pastLast Status = 1000, 2000
	maxEnvelope                   = 8 << 20
)

// OK tells a success: 1000 and the custom 19xx.
func (s Status) OK() bool { return s >= firstSuccess && s < pastLast }

// Envelope is the body of every answer.
type Envelope struct {
	Data      json.RawMessage `json:"data,omitempty"`
	Status    Status          `json:"status_code"`
	Message   string          `json:"status_message,omitempty"`
	Timestamp DateTime        `json:"timestamp,omitzero"`
}

// ReadEnvelope reads an answer of at most 8 MiB. data that is null is as if it were absent.
func ReadEnvelope(b []byte) (Envelope, error) {
	if len(b) > maxEnvelope {
		return Envelope{}, errors.New("ocpi: the answer is too large")
	}
	var e Envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Envelope{}, fmt.Errorf("ocpi: the answer is not an envelope: %w", explain(err))
	}
	if e.Status == 0 {
		return Envelope{}, &Error{"status_code", "is required"}
	}
	if string(e.Data) == "null" {
		e.Data = nil
	}
	return e, nil
}

// Refusal is an answer that says no, in OCPI's terms: an HTTP status and a status code with its message.
type Refusal struct {
	HTTP    int
	Status  Status
	Message string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d: %s", r.Status, r.Message) }

// Refuse refuses what a caller sent, which HTTP nevertheless answers with 200 (transport chapter: once
// a body is read and the resource is there, an HTTP error is not allowed).
func Refuse(status Status, format string, args ...any) *Refusal {
	return &Refusal{HTTP: 200, Status: status, Message: fmt.Sprintf(format, args...)}
}

// Error is bad input: the field by its path, such as roles[0].party_id, and the rule that it breaks.
type Error struct {
	Field string
	Rule  string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Rule
	}
	return e.Field + " " + e.Rule
}

// ErrNotJSON tells that a body is not JSON at all, which is an HTTP 400.
var ErrNotJSON = errors.New("the body is not JSON")

// Read reads one object into what a caller gives. A list with that one object in it is taken as the
// object, and unknown fields are left out. It checks types, not the rules of fields: Check does.
func Read(b []byte, into any) error {
	b = bytes.TrimSpace(b)
	if !json.Valid(b) {
		return ErrNotJSON
	}
	if len(b) > 0 && b[0] == '[' {
		var wrapped []json.RawMessage
		if err := json.Unmarshal(b, &wrapped); err != nil || len(wrapped) != 1 {
			return &Error{"", "the body must be one object"}
		}
		b = wrapped[0]
	}
	if len(b) == 0 || b[0] != '{' {
		return &Error{"", "the body must be an object"}
	}
	if err := json.Unmarshal(b, into); err != nil {
		return explain(err)
	}
	return nil
}

// ReadList reads a list; null is an empty one and a bare object a list of one.
func ReadList[T any](b []byte) ([]T, error) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || string(b) == "null" {
		return nil, nil
	}
	if b[0] == '{' {
		b = append(append([]byte{'['}, b...), ']')
	}
	var list []T
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, explain(err)
	}
	return list, nil
}

// broken is how a type of ours tells its rule, so that the JSON decoder adds the path of the field.
func broken(rule string, kind reflect.Type) error {
	return &json.UnmarshalTypeError{Value: rule, Type: kind}
}

func decimalType() reflect.Type  { return reflect.TypeFor[Decimal]() }
func dateTimeType() reflect.Type { return reflect.TypeFor[DateTime]() }

// explain says in our words what the JSON decoder minds.
func explain(err error) error {
	var kind *json.UnmarshalTypeError
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &kind) && (kind.Type == decimalType() || kind.Type == dateTimeType()):
		return &Error{kind.Field, kind.Value}
	case errors.As(err, &kind):
		return &Error{kind.Field, "must not be a " + kind.Value}
	}
	return &Error{"", err.Error()}
}
