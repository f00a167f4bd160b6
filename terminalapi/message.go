package terminalapi

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"kassa/nexo"
)

// The categories of messages besides those that package nexo names.
const (
	CategoryReversal          nexo.Category = "Reversal"
	CategoryTransactionStatus nexo.Category = "TransactionStatus"
	CategoryDiagnosis         nexo.Category = "Diagnosis"
)

// resultPartial is a payment of a part of the amount.
const resultPartial nexo.Result = "Partial"

// Header is the MessageHeader of the Terminal API.
type Header struct {
	ProtocolVersion string        `json:"ProtocolVersion,omitempty"`
	MessageClass    string        `json:"MessageClass"` // Service, Device or Event
	MessageCategory nexo.Category `json:"MessageCategory"`
	MessageType     nexo.Type     `json:"MessageType"`
	ServiceID       string        `json:"ServiceID,omitempty"`
	SaleID          string        `json:"SaleID"`
	POIID           string        `json:"POIID"`
	DeviceID        string        `json:"DeviceID,omitempty"` // of what the terminal says by itself
}

// identity is what tells messages apart.
func (h Header) identity() [6]string {
	return [...]string{h.MessageClass, string(h.MessageCategory), string(h.MessageType), h.ServiceID, h.SaleID, h.POIID}
}

// Reference names a request that was sent. A register stores it before it sends a payment.
type Reference struct {
	Category  nexo.Category
	SaleID    string
	ServiceID string
	POIID     string
}

type wireReference struct {
	Category  nexo.Category `json:"MessageCategory"`
	SaleID    string        `json:"SaleID,omitempty"`
	ServiceID string        `json:"ServiceID"`
	POIID     string        `json:"POIID,omitempty"`
}

func (r Reference) wire() wireReference { return wireReference(r) }

// Message is a message as it came: its header and its one body, as JSON.
type Message struct {
	Header Header
	// Response tells whether it came as a SaleToPOIResponse.
	Response bool
	// Name is the name of the body, such as "PaymentResponse".
	Name string
	Body json.RawMessage
}

// classOf is the MessageClass of a category.
func classOf(c nexo.Category) string {
	switch c {
	case nexo.CategoryDisplay, nexo.CategoryInput, nexo.CategoryPrint:
		return "Device"
	case nexo.CategoryEvent:
		return "Event"
	}
	return "Service"
}

// parts are the properties of an envelope: the header beside the body, or beside the encrypted body.
type parts map[string]json.RawMessage

// open reads an envelope; response says which of the two it is.
func open(raw []byte) (inner parts, response bool, err error) {
	var outer struct {
		Request  parts `json:"SaleToPOIRequest"`
		Response parts `json:"SaleToPOIResponse"`
	}
	if json.Unmarshal(raw, &outer) != nil || (outer.Request == nil) == (outer.Response == nil) {
		return nil, false, ErrNotAnswer
	}
	if outer.Response != nil {
		return outer.Response, true, nil
	}
	return outer.Request, false, nil
}

// message takes the header and the body out of an envelope.
func (p parts) message(response bool) (Message, error) {
	m := Message{Response: response}
	if json.Unmarshal(p["MessageHeader"], &m.Header) != nil {
		return m, ErrNotAnswer
	}
	m.Name = string(m.Header.MessageCategory) + "Request"
	if response {
		m.Name = string(m.Header.MessageCategory) + "Response"
	}
	if m.Header.MessageCategory == nexo.CategoryEvent {
		m.Name = "EventNotification"
	}
	if m.Body = p[m.Name]; m.Body == nil {
		return m, ErrNotAnswer
	}
	return m, nil
}

// reject is the Reject that a message is; nil when it is none.
func (m Message) reject() *Reject {
	var event struct {
		nexo.EventNotification
		RejectedMessage string `json:"RejectedMessage"`
	}
	if m.Header.MessageCategory != nexo.CategoryEvent || json.Unmarshal(m.Body, &event) != nil || event.EventToNotify != "Reject" {
		return nil
	}
	more := ParseAdditional(event.EventDetails)
	r := &Reject{Details: more["message"], More: more}
	if more["errors"] != "" {
		r.Details += ": " + more["errors"]
	}
	r.Cause = causeOf(r.Details, more)
	r.Rejected, _ = base64.StdEncoding.DecodeString(event.RejectedMessage)
	return r
}

// succeeded tells whether a clear message says that something was done, which only a key may say
// where messages are encrypted. A body without a failure of its own counts as success.
func (m Message) succeeded() bool {
	if m.reject() != nil {
		return false
	}
	var body struct {
		Response nexo.Response `json:"Response"`
	}
	return json.Unmarshal(m.Body, &body) != nil || body.Response.Result != nexo.ResultFailure
}

// acknowledged tells whether a body is the text ok, with which a message is taken without an answer.
func acknowledged(raw []byte) bool { return strings.EqualFold(strings.TrimSpace(string(raw)), "ok") }
