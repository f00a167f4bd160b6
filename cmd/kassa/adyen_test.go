package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// nexoTill speaks Adyen's Terminal API as a cash register does.
type nexoTill struct {
	*site
	poiid string
}

func (s *site) nexoTill() nexoTill { return nexoTill{s, s.facts.Terminals[0].POIID} }

// nexoAnswer is what came back: a response, a Reject, or text.
type nexoAnswer struct {
	status int
	text   string
	header http.Header

	SaleToPOIResponse map[string]json.RawMessage
	SaleToPOIRequest  struct{ EventNotification struct{ EventDetails string } }
}

// nexoResponse is the part of a response that tests read.
type nexoResponse struct {
	Response struct{ Result, ErrorCondition, AdditionalResponse string }
	POIData  struct {
		POITransactionID struct{ TransactionID string }
	}
	SaleData struct {
		SaleTransactionID struct{ TransactionID string }
	}
	PaymentResult struct {
		AmountsResp *struct {
			Authorised json.Number `json:"AuthorizedAmount"`
			Currency   string
		}
	}
	PaymentReceipt          []json.RawMessage
	RepeatedMessageResponse struct {
		RepeatedResponseMessageBody struct {
			PaymentResponse  *nexoResponse
			ReversalResponse *nexoResponse
		}
	}
}

func (r nexoResponse) additional(t testing.TB) url.Values {
	t.Helper()
	v, err := url.ParseQuery(r.Response.AdditionalResponse)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// send posts a message of a category to a path.
func (t nexoTill) send(ctx context.Context, path, category, serviceID, body string) (nexoAnswer, error) {
	message := fmt.Sprintf(`{"SaleToPOIRequest":{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":%q,`+
		`"MessageType":"Request","SaleID":"till-7","ServiceID":%q,"POIID":%q},"%sRequest":%s}}`, category, serviceID, t.poiid, category, body)
	r, err := http.NewRequestWithContext(ctx, "POST", t.facts.URL+path, strings.NewReader(message))
	if err != nil {
		return nexoAnswer{}, err
	}
	r.Header.Set("X-API-Key", t.facts.AccountKey)
	resp, err := t.client.Do(r)
	if err != nil {
		return nexoAnswer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	a := nexoAnswer{status: resp.StatusCode, text: string(text), header: resp.Header}
	if err == nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// ask sends to /sync what must be answered by a response.
func (t nexoTill) ask(category, serviceID, body string) nexoResponse {
	t.t.Helper()
	a, err := t.send(t.t.Context(), "/sync", category, serviceID, body)
	if err != nil {
		t.t.Fatal(err)
	}
	var r nexoResponse
	if err := json.Unmarshal(a.SaleToPOIResponse[category+"Response"], &r); err != nil {
		t.t.Fatalf("%s: %v: %d %s", category, err, a.status, a.text)
	}
	return r
}

func paymentBody(reference, amount string) string {
	return fmt.Sprintf(`{"SaleData":{"SaleTransactionID":{"TransactionID":%q,"TimeStamp":"2026-03-01T10:00:00.000Z"}},`+
		`"PaymentTransaction":{"AmountsReq":{"Currency":"EUR","RequestedAmount":%s}}}`, reference, amount)
}

func TestAdyenPayment(t *testing.T) {
	s := newSite(t, 2)
	s.start("visa")
	till := s.nexoTill()
	paid := till.ask("Payment", "1001", paymentBody("order-1001", "22.22"))
	if paid.Response.Result != "Success" || paid.PaymentResult.AmountsResp.Authorised != "22.22" || len(paid.PaymentReceipt) != 2 {
		t.Fatalf("%+v", paid)
	}

}
