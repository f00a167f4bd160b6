package terminalapi

import (
	"errors"
	"fmt"
	"strings"

	"kassa/nexo"
)

// InputError is what a caller gave that cannot be sent. Nothing has left.
type InputError struct{ Field, Rule string }

func (e *InputError) Error() string { return "terminalapi: " + e.Field + " " + e.Rule }

func wrong(field, rule string, args ...any) error {
	return &InputError{Field: field, Rule: fmt.Sprintf(rule, args...)}
}

// Unsent is a request that reached nobody, since no connection to the server came about. It is safe to
// send it again.
type Unsent struct{ Cause error }

func (e *Unsent) Error() string { return "terminalapi: not sent: " + e.Cause.Error() }
func (e *Unsent) Unwrap() error { return e.Cause }

// Unknown is a request whose answer did not come, or cannot be believed: it may have been carried out
// or not. Do not send it again; ask [Client.Resolve] with its Reference.
type Unknown struct {
	Reference Reference
	Cause     error
}

func (e *Unknown) Error() string {
	return fmt.Sprintf("terminalapi: the outcome of %s %s is not known: %v", e.Reference.Category, e.Reference.ServiceID, e.Cause)
}
func (e *Unknown) Unwrap() error { return e.Cause }

// NotFound says that the terminal never processed the request that Reference names: a new one, with a
// new ServiceID, is safe.
type NotFound struct{ Reference Reference }

func (e *NotFound) Error() string {
	return fmt.Sprintf("terminalapi: %s %s never reached the terminal", e.Reference.Category, e.Reference.ServiceID)
}

// What makes an answer one that cannot be believed; the cause of an [Unknown].
var (
	ErrNoAnswer     = errors.New("the answer is empty")
	ErrNotAnswer    = errors.New("the answer is no message of the Terminal API")
	ErrOtherMessage = errors.New("the answer belongs to another request")
	ErrNotAuthentic = errors.New("the answer is not encrypted with our key")
)

// HTTPError is a refusal of the server itself. Below 500 nothing was done; the one exception, 408, and
// everything from 500 come as the cause of an [Unknown].
type HTTPError struct {
	Status    int // of HTTP
	ErrorCode string
	Title     string
	Message   string // the detail, in either form of Adyen's errors
	RequestID string
	Invalid   []InvalidField
}

// InvalidField is a field that the server found wrong.
type InvalidField struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

func (e *HTTPError) Error() string {
	text := fmt.Sprintf("terminalapi: HTTP %d", e.Status)
	for _, part := range []string{e.ErrorCode, e.Title, e.Message} {
		if part != "" {
			text += " " + part
		}
	}
	for _, f := range e.Invalid {
		text += "; " + f.Name + ": " + f.Message
	}
	return text
}

// RejectCause is why the platform could not hand a message to the terminal.
type RejectCause string

// The causes. After NoAnswer and Unexplained the terminal may have acted, so that they come within an
// [Unknown]; after the others nothing was done.
const (
	NotConnected RejectCause = "not connected" // the terminal has no link
	NoAnswer     RejectCause = "no answer"     // it was sent, and the terminal stayed silent
	NotObject    RejectCause = "not an object" // the request is no JSON object
	EmptyInput   RejectCause = "empty"
	Malformed    RejectCause = "malformed" // the errors are in Details
	Undecrypted  RejectCause = "undecrypted"
	Unexplained  RejectCause = "unexplained" // a text that this client does not know
)

// Reject is the platform's answer when it could not deliver a message.
type Reject struct {
	Cause    RejectCause
	Details  string // in the platform's words
	More     Additional
	Rejected []byte // the request as the platform had it
}

func (e *Reject) Error() string { return "terminalapi: rejected: " + e.Details }

// causeOf finds the cause in the platform's words, which are all that tells rejects apart.
func causeOf(details string, more Additional) RejectCause {
	switch {
	case more["errors"] != "":
		return Malformed
	case strings.HasPrefix(details, "Nexo Service: crypto error"):
		return Undecrypted
	case strings.HasPrefix(details, "Failed to send message to POI"):
		return NotConnected
	case strings.HasPrefix(details, "Did not receive a response"):
		return NoAnswer
	case strings.HasPrefix(details, "Input is not a JSONObject"):
		return NotObject
	case strings.HasPrefix(details, "Empty input"):
		return EmptyInput
	}
	return Unexplained
}

// Failure is a request that was carried out and did not succeed: a payment that was declined, cancelled
// or aborted, a question that nobody answered, a message that the terminal does not take. Nothing was
// charged, except where Condition is Cancel and RefusalReason says Approved: look at the status then.
type Failure struct {
	Category  nexo.Category
	Condition nexo.ErrorCondition
	// Message and RefusalReason are for people; programs decide on Condition.
	Message, RefusalReason string
	// Busy is the ServiceID of what keeps the terminal busy, where Condition is Busy and it is known.
	Busy       string
	Additional Additional
}

func (e *Failure) Error() string {
	text := fmt.Sprintf("terminalapi: %s failed: %s", e.Category, e.Condition)
	for _, part := range []string{e.RefusalReason, e.Message, e.Additional["errors"]} {
		if part != "" {
			return text + ": " + part
		}
	}
	return text
}

// failureOf is the error of a nexo response; nil where it did succeed, in whole or in part.
func failureOf(category nexo.Category, r nexo.Response) error {
	if r.Result == nexo.ResultSuccess || r.Result == resultPartial {
		return nil
	}
	more := ParseAdditional(r.AdditionalResponse)
	f := &Failure{Category: category, Condition: r.ErrorCondition, Message: more["message"], RefusalReason: more["refusalReason"], Additional: more}
	if r.ErrorCondition == nexo.ErrorBusy {
		f.Busy = more["serviceId"]
	}
	return f
}
