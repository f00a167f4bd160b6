package terminalapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/terminalapi"
)

// cloud is a server that gives canned answers, in order, and keeps what it was asked. An answer may
// have %SERVICE% where it echoes the ServiceID; "" hangs up without an answer, and "HTTP nnn body"
// answers with that status.
type cloud struct {
	*httptest.Server
	mu      sync.Mutex
	answers []string
	asked   []asked
}

type asked struct {
	method, path, key string
	body              map[string]any
}

func newCloud(answers ...string) *cloud {
	c := &cloud{answers: answers}
	c.Server = httptest.NewServer(c)
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	a := asked{method: r.Method, path: r.URL.RequestURI(), key: r.Header.Get("X-API-Key")}
	_ = json.Unmarshal(raw, &a.body)
	c.mu.Lock()
	c.asked = append(c.asked, a)
	answer := ""
	if len(c.answers) > 0 {
		answer, c.answers = c.answers[0], c.answers[1:]
	}
	c.mu.Unlock()
	if answer == "" {
		panic(http.ErrAbortHandler)
	}
	if rest, ok := strings.CutPrefix(answer, "HTTP "); ok {
		status, body, _ := strings.Cut(rest, " ")
		if status == "307" {
			w.Header().Set("Location", r.URL.Path)
		}
		w.WriteHeader(int(status[0]-'0')*100 + int(status[1]-'0')*10 + int(status[2]-'0'))
		_, _ = io.WriteString(w, body)
		return
	}
	_, _ = io.WriteString(w, strings.ReplaceAll(answer, "%SERVICE%", a.at("SaleToPOIRequest", "MessageHeader", "ServiceID").(string)))
}

func (c *cloud) calls() []asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]asked(nil), c.asked...)
}

// at walks into the body.
func (a asked) at(path ...string) any {
	var v any = a.body
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func (a asked) category() string {
	s, _ := a.at("SaleToPOIRequest", "MessageHeader", "MessageCategory").(string)
	return s
}

func (c *cloud) client() *terminalapi.Client {
	return &terminalapi.Client{BaseURL: c.URL, Key: "test_key", Merchant: "KassaMerchant", POIID: "V400m-100000001", SaleID: "till-7", Poll: time.Millisecond,
		Now: func() time.Time { return time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) }}
}

// answer is a SaleToPOIResponse of the terminal.
func answer(category, class, body string) string {
	return `{"SaleToPOIResponse":{"MessageHeader":{"MessageCategory":"` + category + `","MessageClass":"` + class + `","MessageType":"Response",
	 "POIID":"V400m-100000001","ProtocolVersion":"3.0","SaleID":"till-7","ServiceID":"%SERVICE%"},"` + category + `Response":` + body + `}}`
}

// The answers of the specification, shortened where nothing depends on it.
const (
	sale    = `"SaleData":{"SaleTransactionID":{"TransactionID":"order-1001","TimeStamp":"2026-03-01T10:00:00.000Z"}},`
	poiData = `"POIData":{"POIReconciliationID":"1000","POITransactionID":{"TransactionID":"ks01001772359200001.KASSA00000000001","TimeStamp":"2026-03-01T10:00:04.120Z"}}`
	result  = `"PaymentResult":{
	  "AmountsResp":{"Currency":"EUR","AuthorizedAmount":22.22},"OnlineFlag":true,"CustomerLanguage":"en",
	  "PaymentAcquirerData":{"AcquirerPOIID":"V400m-100000001","AcquirerTransactionID":{"TransactionID":"KASSA00000000001","TimeStamp":"2026-03-01T10:00:04.120Z"},"ApprovalCode":"123456","MerchantID":"KassaMerchant"},
	  "PaymentInstrumentData":{"PaymentInstrumentType":"Card","CardData":{"PaymentBrand":"mc","MaskedPan":"541333 **** 9999","EntryMode":["Contactless"],"CardCountryCode":"826","SensitiveCardData":{"CardSeqNumb":"33","ExpiryDate":"0228"}}}},
	 "PaymentReceipt":[{"DocumentQualifier":"CashierReceipt","RequiredSignatureFlag":false,"OutputContent":{"OutputFormat":"Text","OutputText":[{"Text":"name=TOTAL&value=%e2%82%ac%2022.22&key=totalAmount","CharacterStyle":"Bold","EndOfLineFlag":true}]}}]`
	approved = `{"Response":{"Result":"Success","AdditionalResponse":"authCode=123456&authorisedAmountCurrency=EUR&authorisedAmountValue=2222&merchantReference=order-1001&paymentMethod=mc&posEntryMode=CLESS_CHIP&pspReference=KASSA00000000001&tid=00000001"},` +
		sale + poiData + `,` + result + `}`
	declined = `{"Response":{"Result":"Failure","ErrorCondition":"Refusal","AdditionalResponse":"message=NOT_ENOUGH_BALANCE&refusalReason=210%20Not%20enough%20balance"},` +
		sale + poiData + `,"PaymentResult":{"OnlineFlag":true,"AuthenticationMethod":["OnlinePIN"]},"PaymentReceipt":[]}`
	aborted     = `{"Response":{"Result":"Failure","ErrorCondition":"Aborted","AdditionalResponse":"message=104%20Merchant%20cancelled%20tx&refusalReason=104%20Merchant%20cancelled%20tx"},` + sale + `"PaymentReceipt":[]}`
	busy        = `{"Response":{"Result":"Failure","ErrorCondition":"Busy","AdditionalResponse":"message=Forbidden%20Request%2c%20Service%20Dialogue%20PaymentRequest%20is%20in%20Progress&serviceId=0A1B2C3D4E"},` + sale + `"PaymentReceipt":[]}`
	unreachable = `{"Response":{"Result":"Failure","ErrorCondition":"UnreachableHost","AdditionalResponse":"message=Terminal+is+not+reachable"}}`
	found       = `{"Response":{"Result":"Success"},"MessageReference":{"MessageCategory":"Payment","SaleID":"till-7","ServiceID":"0A1B2C3D4E"},"RepeatedMessageResponse":{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":"Payment","MessageType":"Response","SaleID":"till-7","ServiceID":"0A1B2C3D4E","POIID":"V400m-100000001"},"RepeatedResponseMessageBody":{"PaymentResponse":` + approved + `}}}`
	running     = `{"Response":{"Result":"Failure","ErrorCondition":"InProgress","AdditionalResponse":"message=Uncompleted%20transaction"}}`
	notFound    = `{"Response":{"Result":"Failure","ErrorCondition":"NotFound","AdditionalResponse":"message=Message%20not%20found.%20Category%3dPayment%2c%20last%20such%20Request%20has%20SaleID%3dtill-7%20ServiceID%3d0A1B2C3D4E"}}`
	refunded    = `{"Response":{"Result":"Success","AdditionalResponse":"currency=EUR&originalReference=KASSA00000000001&pspReference=KASSA00000000009"},"POIData":{"POITransactionID":{"TransactionID":"KASSA00000000009","TimeStamp":"2026-03-01T11:00:01.000Z"}},"ReversedAmount":5.0,"PaymentReceipt":[]}`
	diagnosis   = `{"Response":{"Result":"Success","AdditionalResponse":"batteryLevel=100%25&firmwareVersion=kassa_v1_0p0&merchantAccount=KassaMerchant&terminalId=V400m-100000001&unconfirmedBatchCount=0"},"POIStatus":{"GlobalStatus":"OK","CommunicationOKFlag":true,"PrinterStatus":"OK"},"HostStatus":[{"AcquirerID":"0","IsReachableFlag":true}]}`
)

// rejected is a Reject envelope.
func rejected(details string) string {
	return `{"SaleToPOIRequest":{"MessageHeader":{"ProtocolVersion":"3.0","SaleID":"till-7","ServiceID":"%SERVICE%","POIID":"V400m-100000001","DeviceID":"1772359200","MessageClass":"Event","MessageCategory":"Event","MessageType":"Notification"},
	 "EventNotification":{"EventToNotify":"Reject","EventDetails":"message=` + details + `","RejectedMessage":"eyJTYWxlVG9QT0lSZXF1ZXN0Ijp7fX0=","TimeStamp":"2026-03-01T10:02:34.000Z"}}}`
}

const (
	silent       = "Did+not+receive+a+response+from+the+POI."
	disconnected = "Failed+to+send+message+to+POI.+There+may+be+a+network+issue+or+it+may+not+have+the+websocket+connected."
)

// input is the answer to a question.
func input(in string) string {
	return answer("Input", "Device", `{"InputResult":{"Device":"CustomerInput","InfoQualify":"Input","Response":{"Result":"Success"},"Input":`+in+`},
	 "OutputResult":{"Device":"CustomerDisplay","InfoQualify":"Display","Response":{"Result":"Success"}}}`)
}

func pay(t *testing.T, c *terminalapi.Client) (terminalapi.Paid, error) {
	t.Helper()
	return c.Pay(t.Context(), terminalapi.Payment{ServiceID: "0A1B2C3D4E", Reference: "order-1001", Amount: terminalapi.Amount{Minor: 2222, Currency: "EUR"}})
}

func compact(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
