package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"kassa/estate"
	"kassa/sale/adyen"
)

// ErrNoTrial tells that there is no made-up notification of a type for an endpoint.
var ErrNoTrial = errors.New("notify: no test notification of this type")

// trialCodes are the event codes that a standard endpoint can be tried with.
var trialCodes = []string{
	authorisation, refundWithData, cancelOrRefund, refunded, refundFailed, "REFUNDED_REVERSED", "CANCELLATION", captured, captureFailed,
	technicalCancel, expired, "AUTHORISATION_ADJUSTMENT", "CHARGEBACK", "NOTIFICATION_OF_CHARGEBACK", "REPORT_AVAILABLE", "ORDER_OPENED",
	"ORDER_CLOSED",
}

// Trial makes a notification of a type up, to try an endpoint with. Custom, where it is not empty, is laid over
// it: for a standard endpoint the fields of an item as Adyen's test takes them (amount, eventCode, eventDate,
// merchantReference, paymentMethod, reason, success). The type CUSTOM is an item of custom alone.
func (n *Notifier) Trial(e estate.Endpoint, merchant, kind string, custom json.RawMessage, now time.Time) (Notice, error) {
	var body any
	var err error
	switch e.Type {
	case estate.EndpointStandard:
		body, err = n.trialItem(merchant, kind, custom, now)
	case estate.EndpointTerminalSetting:
		body = n.trialManaged(settingsModified, merchant, now)
	case estate.EndpointBoarding:
		body = n.trialManaged(boardingTriggered, merchant, now)
	case estate.EndpointAssignment:
		body = assignment{
			Account: merchant, EventDate: eventDate(now), PSPReference: "KASSAE0000000000", Terminal: "VT1-000000",
		}
	case estate.EndpointTerminalAPI:
		body = map[string]any{"SaleToPOIRequest": map[string]any{
			"MessageHeader": map[string]any{
				"ProtocolVersion": "3.0", "MessageClass": "Event", "MessageCategory": "Event", "MessageType": "Notification",
				"SaleID": "null", "POIID": "VT1-000000", "DeviceID": fmt.Sprint(now.Unix() % 10_000_000_000),
			},
			"EventNotification": map[string]any{
				"EventToNotify": "SaleWakeUp", "EventDetails": "reference_id=9876", "TimeStamp": now.UTC().Format("2006-01-02T15:04:05.000Z"),
			},
		}}
	default:
		err = ErrNoTrial
	}
	if err != nil {
		return Notice{}, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return Notice{}, fmt.Errorf("notify: encode a test: %w", err)
	}
	return Notice{
		Endpoint: e.ID, Queue: e.ID, Account: e.Account, Group: e.Group, Environment: n.Environment, Event: kind, URL: e.URL, Body: text,
	}, nil
}

func (n *Notifier) trialManaged(kind, merchant string, now time.Time) management {
	return management{
		Type: kind, Environment: n.Environment, CreatedAt: eventDate(now),
		Data: place{MerchantID: merchant, UniqueTerminalID: "VT1-000000", UpdateSource: "Management Api"},
	}
}

func (n *Notifier) trialItem(merchant, kind string, custom json.RawMessage, now time.Time) (notification, error) {
	known := kind == "CUSTOM"
	for _, code := range trialCodes {
		known = known || code == kind
	}
	if !known {
		return notification{}, fmt.Errorf("%w: one of %s or CUSTOM", ErrNoTrial, strings.Join(trialCodes, ", "))
	}
	it := item{
		EventCode: kind, Success: "true", EventDate: eventDate(now), MerchantAccountCode: merchant, MerchantReference: "test-reference",
		PSPReference: adyen.ModificationReference(fmt.Sprintf("test %s %d", kind, now.UnixNano())), Amount: amount{"EUR", 1000}, PaymentMethod: "visa",
		AdditionalData: map[string]string{"terminalId": "VT1-000000"},
	}
	switch {
	case kind == authorisation:
		it.Operations, it.Reason = []string{"CANCEL", "CAPTURE", "REFUND"}, "123456:1111:03/2030"
	case strings.HasPrefix(kind, "ORDER_"), kind == "REPORT_AVAILABLE", kind == "CUSTOM":
	default:
		it.OriginalReference = "KASSA00000000000"
	}
	if kind == cancelOrRefund {
		it.AdditionalData["modification.action"] = "refund"
	}
	if len(custom) == 0 || string(custom) == "null" {
		return newNotification(n.Environment, it), nil
	}
	var over struct {
		Amount            *amount `json:"amount"`
		EventCode         *string `json:"eventCode"`
		EventDate         *string `json:"eventDate"`
		MerchantReference *string `json:"merchantReference"`
		PaymentMethod     *string `json:"paymentMethod"`
		Reason            *string `json:"reason"`
		Success           *bool   `json:"success"`
	}
	if err := json.Unmarshal(custom, &over); err != nil {
		return notification{}, errors.New("notification must be an object of amount, eventCode, eventDate, merchantReference, paymentMethod, reason and success")
	}
	for _, f := range []struct {
		to   *string
		from *string
	}{
		{&it.EventCode, over.EventCode}, {&it.EventDate, over.EventDate}, {&it.MerchantReference, over.MerchantReference},
		{&it.PaymentMethod, over.PaymentMethod}, {&it.Reason, over.Reason},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if over.Amount != nil {
		it.Amount = *over.Amount
	}
	if over.Success != nil {
		it.Success = fmt.Sprint(*over.Success)
	}
	return newNotification(n.Environment, it), nil
}
