// Package nexo holds the nexo Sale to POI messages that Kassa sends down a POI link, as JSON types.
//
// Names and values are those of the nexo Sale to POI Protocol 3.x. It promises that what it
// encodes it decodes to the same value. It never decides anything, and knows no Kassa type.
package nexo

// ProtocolVersion is the version of the Sale to POI protocol that the messages follow.
const ProtocolVersion = "3.0"

// Category is the MessageCategory of a header.
type Category string

// The categories that a POI link carries.
const (
	CategoryPayment Category = "Payment"
	CategoryAbort   Category = "Abort"
	CategoryDisplay Category = "Display"
	CategoryInput   Category = "Input"
	CategoryPrint   Category = "Print"
	CategoryEvent   Category = "Event"
)

// Type is the MessageType of a header.
type Type string

// The message types.
const (
	TypeRequest  Type = "Request"
	TypeResponse Type = "Response"
	// TypeNotification is what a POI says without being asked.
	TypeNotification Type = "Notification"
)

// Header is the MessageHeader: who asks whom for what, and under which identity.
type Header struct {
	ProtocolVersion string   `json:"ProtocolVersion"`
	MessageClass    string   `json:"MessageClass"` // "Service", "Device" or "Event"
	MessageCategory Category `json:"MessageCategory"`
	MessageType     Type     `json:"MessageType"`
	// ServiceID identifies the exchange, 1 to 10 characters; a repeat carries the same one.
	ServiceID string `json:"ServiceID"`
	SaleID    string `json:"SaleID"`
	POIID     string `json:"POIID"`
}

// Message is a SaleToPOIRequest or a SaleToPOIResponse: the header and the one body that its
// category and type call for.
type Message struct {
	Header          Header           `json:"MessageHeader"`
	PaymentRequest  *PaymentRequest  `json:"PaymentRequest,omitempty"`
	PaymentResponse *PaymentResponse `json:"PaymentResponse,omitempty"`
	AbortRequest    *AbortRequest    `json:"AbortRequest,omitempty"`

	DisplayRequest    *DisplayRequest    `json:"DisplayRequest,omitempty"`
	DisplayResponse   *DisplayResponse   `json:"DisplayResponse,omitempty"`
	InputRequest      *InputRequest      `json:"InputRequest,omitempty"`
	InputResponse     *InputResponse     `json:"InputResponse,omitempty"`
	PrintRequest      *PrintRequest      `json:"PrintRequest,omitempty"`
	PrintResponse     *PrintResponse     `json:"PrintResponse,omitempty"`
	EventNotification *EventNotification `json:"EventNotification,omitempty"`
}

// PaymentRequest asks the POI to take a payment.
type PaymentRequest struct {
	SaleData           SaleData           `json:"SaleData"`
	PaymentTransaction PaymentTransaction `json:"PaymentTransaction"`
	// PaymentData is absent for a payment.
	PaymentData *PaymentData `json:"PaymentData,omitempty"`
}

// Kind is the payment type, which is PaymentNormal where none is said.
func (r PaymentRequest) Kind() PaymentType {
	if r.PaymentData == nil || r.PaymentData.PaymentType == "" {
		return PaymentNormal
	}
	return r.PaymentData.PaymentType
}

// PaymentType is what a PaymentRequest does.
type PaymentType string

// The payment types that Kassa asks for.
const (
	PaymentNormal PaymentType = "Normal"
	// PaymentRefund pays the amount to the card that is presented.
	PaymentRefund PaymentType = "Refund"
	// PaymentFirstReservation holds an amount, of which the price is taken later.
	PaymentFirstReservation PaymentType = "FirstReservation"
	// PaymentCardCheck asks the issuer whether the card is good, for an amount of 0. nexo has the
	// CardAcquisition category for cards without a payment; Kassa asks the host too, so that it is one.
	PaymentCardCheck PaymentType = "CardCheck"
)

// PaymentData says what kind of payment is asked for.
type PaymentData struct {
	PaymentType PaymentType `json:"PaymentType"`
}

// SaleData is what the Sale System says of the sale.
type SaleData struct {
	SaleTransactionID TransactionID `json:"SaleTransactionID"`
	// SaleReferenceID is shown to nobody; it is the merchant's order id.
	SaleReferenceID string `json:"SaleReferenceID,omitempty"`
}

// TransactionID names a transaction and its instant in RFC 3339.
type TransactionID struct {
	TransactionID string `json:"TransactionID"`
	TimeStamp     string `json:"TimeStamp"`
}

// PaymentTransaction holds the amounts and the text of a payment.
type PaymentTransaction struct {
	AmountsReq AmountsReq `json:"AmountsReq"`
	// SaleItem carries the description that the screen shows.
	SaleItem []SaleItem `json:"SaleItem,omitempty"`
}

// AmountsReq is the requested amount. Kassa's link carries minor units, so that no party
// has to convert a decimal: RequestedAmountMinor replaces nexo's decimal RequestedAmount.
type AmountsReq struct {
	Currency             string `json:"Currency"`
	RequestedAmountMinor int64  `json:"RequestedAmountMinor"`
	// TipAmountMinor is the part of it that is a tip already, so that no other is asked for.
	TipAmountMinor int64 `json:"TipAmountMinor,omitempty"`
	// AskTip asks the customer for a tip before the card, whatever the POI's own setting is.
	AskTip bool `json:"AskTip,omitempty"`
}

// SaleItem is one line of the sale; Kassa sends the order's description as the only one.
type SaleItem struct {
	ItemID       int    `json:"ItemID"`
	ProductLabel string `json:"ProductLabel"`
}

// Result is the outcome of a request.
type Result string

// The results.
const (
	ResultSuccess Result = "Success"
	ResultFailure Result = "Failure"
)

// ErrorCondition says why a request failed.
type ErrorCondition string

// The error conditions that a POI may report on a payment.
const (
	ErrorAborted       ErrorCondition = "Aborted"       // the Sale System aborted it
	ErrorCancel        ErrorCondition = "Cancel"        // the customer or the cashier pressed Stop
	ErrorBusy          ErrorCondition = "Busy"          // another payment is on the screen
	ErrorRefusal       ErrorCondition = "Refusal"       // card or host refused for good
	ErrorDeviceOut     ErrorCondition = "DeviceOut"     // the POI cannot take cards now
	ErrorNotAllowed    ErrorCondition = "NotAllowed"    // the request came too late or does not fit this POI
	ErrorMessageFormat ErrorCondition = "MessageFormat" // the request cannot be understood

	ErrorUnavailableDevice  ErrorCondition = "UnavailableDevice"  // the POI has no such device, or it is out of order
	ErrorUnavailableService ErrorCondition = "UnavailableService" // the POI does not have this service
)

// PaymentResponse is the POI's end of a payment exchange.
type PaymentResponse struct {
	Response Response `json:"Response"`
}

// Response is the result with its reason.
type Response struct {
	Result             Result         `json:"Result"`
	ErrorCondition     ErrorCondition `json:"ErrorCondition,omitempty"`
	AdditionalResponse string         `json:"AdditionalResponse,omitempty"`
}

// AbortRequest asks the POI to end the exchange that MessageReference names.
type AbortRequest struct {
	MessageReference MessageReference `json:"MessageReference"`
	AbortReason      string           `json:"AbortReason"`
}

// MessageReference names an earlier message.
type MessageReference struct {
	MessageCategory Category `json:"MessageCategory"`
	ServiceID       string   `json:"ServiceID"`
	SaleID          string   `json:"SaleID"`
}
