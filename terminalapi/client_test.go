package terminalapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/terminalapi"
)

func TestWhatIsSent(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport terminalapi.Transport
		path      string
	}{
		{"legacy", "", "/sync"},
		{"cloud device", terminalapi.CloudDevice, "/merchants/KassaMerchant/devices/V400m-100000001/sync"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newCloud(answer("Payment", "Service", approved))
			defer server.Close()
			client := server.client()
			client.Transport = c.transport
			_, err := client.Pay(t.Context(), terminalapi.Payment{ServiceID: "0A1B2C3D4E", Reference: "order-1001", Amount: terminalapi.Amount{Minor: 2222, Currency: "EUR"},
				Tip: 202, ToAcquirer: map[string]string{"tenderOption": "ReceiptHandler", "metadata.a": "b c"}})
			if err != nil {
				t.Fatal(err)
			}
			got := server.calls()[0]
			if got.path != c.path || got.method != http.MethodPost || got.key != "test_key" {
				t.Errorf("%+v", got)
			}
			const want = `{"SaleToPOIRequest":{"MessageHeader":{"MessageCategory":"Payment","MessageClass":"Service","MessageType":"Request","POIID":"V400m-100000001","ProtocolVersion":"3.0","SaleID":"till-7","ServiceID":"0A1B2C3D4E"},` +
				`"PaymentRequest":{"PaymentTransaction":{"AmountsReq":{"Currency":"EUR","RequestedAmount":22.22,"TipAmount":2.02}},` +
				`"SaleData":{"SaleToAcquirerData":"metadata.a=b+c\u0026tenderOption=ReceiptHandler","SaleTransactionID":{"TimeStamp":"2026-03-01T10:00:00.000Z","TransactionID":"order-1001"}}}}}`
			if body := compact(t, got.body); body != want {
				t.Errorf("sent %s", body)
			}
		})
	}
}

func TestApprovedPayment(t *testing.T) {
	// A long answer is kept alive with blanks before it.
	server := newCloud("   \n " + answer("Payment", "Service", approved))
	defer server.Close()
	paid, err := pay(t, server.client())
	if err != nil {
		t.Fatal(err)
	}
	if paid.Authorised != (terminalapi.Amount{Minor: 2222, Currency: "EUR"}) || paid.Transaction.ID != "ks01001772359200001.KASSA00000000001" ||
		paid.Transaction.PSPReference() != "KASSA00000000001" || paid.Transaction.At.UnixMilli() != 1772359204120 || paid.ApprovalCode != "123456" || !paid.Online {
		t.Errorf("%+v", paid)
	}
	if card := paid.Card; card.Brand != "mc" || card.MaskedPAN != "541333 **** 9999" || card.Country != "826" || card.Sequence != "33" || card.Expiry != "0228" || !slices.Equal(card.EntryMode, []string{"Contactless"}) {
		t.Errorf("%+v", card)
	}
	if line := paid.Receipts[0].Lines[0]; line != (terminalapi.Line{Key: "totalAmount", Name: "TOTAL", Value: "€ 22.22", Bold: true}) {
		t.Errorf("%+v", line)
	}
	if paid.Additional["posEntryMode"] != "CLESS_CHIP" {
		t.Errorf("%v", paid.Additional)
	}
}

// TestOutcomes: what each answer to a payment means, and above all whether it may have been paid.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name, answer, want string
		unknown            bool
	}{
		{"declined", answer("Payment", "Service", declined), "terminalapi: Payment failed: Refusal: 210 Not enough balance", false},
		{"aborted", answer("Payment", "Service", aborted), "terminalapi: Payment failed: Aborted: 104 Merchant cancelled tx", false},
		{"no link", rejected(disconnected), "terminalapi: rejected: Failed to send message to POI.", false},
		{"malformed", rejected("The+request+is+malformed&errors=At+x%2c+field+y%3a+Missing"), "rejected: The request is malformed: At x, field y: Missing", false},
		{"the key did not fit", rejected("Nexo+Service%3a+crypto+error"), "crypto error", false},
		{"silent terminal", rejected(silent), "rejected: Did not receive a response from the POI.", true},
		{"a reject of another kind", rejected("Something+new"), "rejected: Something new", true},
		{"cloud device: no link or silent", answer("Payment", "Service", unreachable), "UnreachableHost: Terminal is not reachable", true},
		{"hung up", "", "EOF", true},
		{"half an answer", `{"SaleToPOIResponse":{`, "no message of the Terminal API", true},
		{"blanks, and then the end", "    ", "the answer is empty", true},
		{"ok, which a payment does not get", "ok", "no message", true},
		{"another's answer", strings.Replace(answer("Payment", "Service", approved), "%SERVICE%", "OTHER", 1), "belongs to another request", true},
		{"an approval of no amount", answer("Payment", "Service", `{"Response":{"Result":"Success"}}`), "no message", true},
		{"an approval of fractions of a cent", answer("Payment", "Service", strings.Replace(approved, "22.22", "22.225", 1)), "no message", true},
		{"server fails", `HTTP 500 {"status":500,"message":"no"}`, "HTTP 500 no", true},
		{"gateway gives up", "HTTP 504 <html>", "HTTP 504", true},
		{"wrong key", `HTTP 401 {"status":401,"errorCode":"00_401","title":"Unauthorized","detail":"use the live address"}`, "terminalapi: HTTP 401 00_401 Unauthorized use the live address", false},
		{"wrong merchant", `HTTP 403 {"status":403,"errorCode":"901","message":"Invalid Merchant Account","errorType":"security"}`, "terminalapi: HTTP 403 901 Invalid Merchant Account", false},
		{"a field", `HTTP 422 {"status":422,"detail":"bad","invalidFields":[{"name":"POIID","message":"is missing"}]}`, "terminalapi: HTTP 422 bad; POIID: is missing", false},
		{"redirected", "HTTP 307 ", "terminalapi: HTTP 307", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newCloud(c.answer, answer("Payment", "Service", approved))
			defer server.Close()
			paid, err := pay(t, server.client())
			var unknown *terminalapi.Unknown
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &unknown) != c.unknown {
				t.Fatalf("error %v, want %q, unknown %v", err, c.want, c.unknown)
			}
			want := terminalapi.Reference{Category: nexo.CategoryPayment, SaleID: "till-7", ServiceID: "0A1B2C3D4E", POIID: "V400m-100000001"}
			if paid.Reference != want || unknown != nil && unknown.Reference != want {
				t.Errorf("reference %+v", paid.Reference)
			}
			if n := len(server.calls()); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestBusyNamesWhatRuns(t *testing.T) {
	server := newCloud(answer("Payment", "Service", busy))
	defer server.Close()
	_, err := pay(t, server.client())
	var f *terminalapi.Failure
	if !errors.As(err, &f) || f.Condition != nexo.ErrorBusy || f.Busy != "0A1B2C3D4E" {
		t.Fatalf("%+v", f)
	}
}

func TestNoServer(t *testing.T) {
	server := newCloud()
	client := server.client()
	server.Close()
	_, err := pay(t, client)
	var unsent *terminalapi.Unsent
	if !errors.As(err, &unsent) {
		t.Fatalf("%v", err)
	}
	// A certificate that is not trusted ends it before anything is said.
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	secure.Config.ErrorLog = nil
	defer secure.Close()
	client.BaseURL = secure.URL
	if _, err = pay(t, client); !errors.As(err, &unsent) {
		t.Fatalf("%v", err)
	}
}

func TestTimeout(t *testing.T) {
	held := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-held
	}))
	defer server.Close()
	defer close(held)
	client := (&cloud{Server: server}).client()
	client.Timeout = 20 * time.Millisecond
	_, err := pay(t, client)
	var unknown *terminalapi.Unknown
	if !errors.As(err, &unknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
}

func TestResolve(t *testing.T) {
	status := func(body string) string { return answer("TransactionStatus", "Service", body) }
	for _, c := range []struct {
		name    string
		answers []string
		want    string // a part of the error; empty: it was paid
	}{
		{"found after all sorts of trouble", []string{status(running), rejected(disconnected), "", "HTTP 503 x", rejected(silent), status(running), status(found)}, ""},
		{"never there", []string{status(notFound), status(notFound)}, "never reached the terminal"},
		{"not there yet", []string{status(notFound), status(running), status(notFound), status(found)}, ""},
		{"found and declined", []string{status(strings.Replace(found, approved, declined, 1))}, "Refusal"},
		{"found and not readable", []string{status(strings.Replace(found, `"AuthorizedAmount":22.22`, `"x":1`, 1))}, "is not known: the answer is no message"},
		{"found without the inner header", []string{status(strings.Replace(found, `"MessageHeader"`, `"x"`, 1))}, ""},
		{"the key was revoked", []string{status(running), `HTTP 401 {"detail":"revoked"}`}, "is not known: terminalapi: HTTP 401 revoked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newCloud(c.answers...)
			defer server.Close()
			client := server.client()
			o, err := client.Resolve(t.Context(), client.Reference(nexo.CategoryPayment, "0A1B2C3D4E"))
			var paid terminalapi.Paid
			if err == nil {
				paid, err = o.Paid()
			}
			switch {
			case c.want == "" && (err != nil || paid.Authorised.Minor != 2222):
				t.Errorf("%+v, %v", paid, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v", err)
			}
			for _, a := range server.calls() {
				if a.category() != "TransactionStatus" || a.at("SaleToPOIRequest", "TransactionStatusRequest", "MessageReference", "ServiceID") != "0A1B2C3D4E" {
					t.Errorf("sent %v", a.body)
				}
			}
			if len(server.calls()) != len(c.answers) {
				t.Errorf("asked %d times", len(server.calls()))
			}
		})
	}
}

// TestAnOutcomeThatNobodyKnows: what the record holds of a payment that is out of service is no failure to act upon.
func TestAnOutcomeThatNobodyKnows(t *testing.T) {
	of := terminalapi.Reference{Category: nexo.CategoryPayment, SaleID: "till-7", ServiceID: "1", POIID: "V400m-100000001"}
	for reason, open := range map[string]bool{"parked": true, "never_shown": false} {
		o := terminalapi.Outcome{Reference: of, State: terminalapi.StateDone, Body: []byte(
			`{"Response":{"Result":"Failure","ErrorCondition":"UnreachableHost","AdditionalResponse":"kassa.reason=` + reason + `&message=x"}}`)}
		_, err := o.Paid()
		if unknown, ok := errors.AsType[*terminalapi.Unknown](err); ok != open || ok && unknown.Reference != of || err == nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestResolveEndsWithItsContext(t *testing.T) {
	server := newCloud(answer("TransactionStatus", "Service", running))
	defer server.Close()
	client := server.client()
	client.Poll = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.Resolve(ctx, client.Reference(nexo.CategoryPayment, "0A1B2C3D4E"))
	var unknown *terminalapi.Unknown
	if !errors.As(err, &unknown) || unknown.Reference.ServiceID != "0A1B2C3D4E" || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
}

func TestRefund(t *testing.T) {
	server := newCloud(answer("Reversal", "Service", refunded), answer("Reversal", "Service", refunded))
	defer server.Close()
	client := server.client()
	of := terminalapi.Transaction{ID: "ks01001772359200001.KASSA00000000001", At: time.Date(2026, 3, 1, 10, 0, 4, 120e6, time.UTC)}
	got, err := client.Refund(t.Context(), terminalapi.Refund{Of: of, Amount: terminalapi.Amount{Minor: 500, Currency: "EUR"}, Reference: "refund-1001"})
	if err != nil || got.PSPReference != "KASSA00000000009" || got.Reference.Category != terminalapi.CategoryReversal {
		t.Fatalf("%+v, %v", got, err)
	}
	const want = `{"OriginalPOITransaction":{"POITransactionID":{"TimeStamp":"2026-03-01T10:00:04.120Z","TransactionID":"ks01001772359200001.KASSA00000000001"}},"ReversalReason":"MerchantCancel","ReversedAmount":5,` +
		`"SaleData":{"SaleToAcquirerData":"currency=EUR","SaleTransactionID":{"TimeStamp":"2026-03-01T10:00:00.000Z","TransactionID":"refund-1001"}}}`
	if body := compact(t, server.calls()[0].at("SaleToPOIRequest", "ReversalRequest")); body != want {
		t.Errorf("sent %s", body)
	}
	if _, err = client.Refund(t.Context(), terminalapi.Refund{Of: of, Reference: "refund-1002"}); err != nil {
		t.Fatal(err)
	}
	if whole := server.calls()[1].at("SaleToPOIRequest", "ReversalRequest", "ReversedAmount"); whole != nil {
		t.Errorf("a whole refund names %v", whole)
	}
}

func TestAbort(t *testing.T) {
	server := newCloud("ok", rejected(disconnected))
	defer server.Close()
	client := server.client()
	of := client.Reference(nexo.CategoryPayment, "0A1B2C3D4E")
	if err := client.Abort(t.Context(), of); err != nil {
		t.Fatal(err)
	}
	a := server.calls()[0]
	if own := a.at("SaleToPOIRequest", "MessageHeader", "ServiceID"); own == "0A1B2C3D4E" || len(own.(string)) != 10 {
		t.Errorf("ServiceID %v", own)
	}
	const want = `{"AbortReason":"MerchantAbort","MessageReference":{"MessageCategory":"Payment","POIID":"V400m-100000001","SaleID":"till-7","ServiceID":"0A1B2C3D4E"}}`
	if body := compact(t, a.at("SaleToPOIRequest", "AbortRequest")); body != want {
		t.Errorf("sent %s", body)
	}
	var r *terminalapi.Reject
	if err := client.Abort(t.Context(), of); !errors.As(err, &r) || r.Cause != terminalapi.NotConnected || string(r.Rejected) != `{"SaleToPOIRequest":{}}` {
		t.Errorf("%v", err)
	}
}

func TestAsync(t *testing.T) {
	server := newCloud("ok", rejected(disconnected))
	defer server.Close()
	client := server.client()
	request := terminalapi.Request{Category: nexo.CategoryPrint, Body: nexo.PrintRequest{}}
	ref, err := client.Async(t.Context(), request)
	if err != nil || ref.ServiceID == "" || server.calls()[0].path != "/async" {
		t.Fatalf("%+v, %v", ref, err)
	}
	if class := server.calls()[0].at("SaleToPOIRequest", "MessageHeader", "MessageClass"); class != "Device" {
		t.Errorf("class %v", class)
	}
	var r *terminalapi.Reject
	if _, err = client.Async(t.Context(), request); !errors.As(err, &r) {
		t.Errorf("%v", err)
	}
}

func TestQuestions(t *testing.T) {
	server := newCloud(input(`{"InputCommand":"GetConfirmation","ConfirmedFlag":true}`), input(`{"InputCommand":"GetMenuEntry","MenuEntryNumber":[0,1]}`),
		input(`{"InputCommand":"DigitString","DigitInput":"0612"}`), input(`{"InputCommand":"TextString","TextInput":"Ada"}`), input(`{"InputCommand":"DecimalString","TextInput":"12.5"}`),
		strings.Replace(input(`{"InputCommand":"GetConfirmation","ConfirmedFlag":true}`), `"Result":"Success"`, `"Result":"Success","AdditionalResponse":"responseData=%7b%22x%22%3a1%7d"`, 1),
		answer("Input", "Device", `{"InputResult":{"Device":"CustomerInput","InfoQualify":"Input","Response":{"Result":"Failure","ErrorCondition":"Cancel"}}}`),
		input(`{"InputCommand":"GetMenuEntry","MenuEntryNumber":[1,1]}`))
	defer server.Close()
	client, ctx := server.client(), t.Context()
	if yes, err := client.Confirm(ctx, terminalapi.Question{Title: "Receipt?", Wait: 30 * time.Second}, "No", "Yes"); !yes || err != nil {
		t.Errorf("confirm %v, %v", yes, err)
	}
	const want = `{"DisplayOutput":{"Device":"CustomerDisplay","InfoQualify":"Display","OutputContent":{"OutputFormat":"Text","OutputText":[{"Text":"Receipt?"},{"Text":""},{"Text":"No"},{"Text":"Yes"}],"PredefinedContent":{"ReferenceID":"GetConfirmation"}}},` +
		`"InputData":{"Device":"CustomerInput","InfoQualify":"Input","InputCommand":"GetConfirmation","MaxInputTime":30}}`
	if body := compact(t, server.calls()[0].at("SaleToPOIRequest", "InputRequest")); body != want {
		t.Errorf("sent %s", body)
	}
	if i, err := client.Menu(ctx, terminalapi.Question{Title: "Bag?"}, "Paper", "Cloth"); i != 1 || err != nil {
		t.Errorf("menu %d, %v", i, err)
	}
	if text, err := client.Digits(ctx, terminalapi.Question{Title: "Number"}); text != "0612" || err != nil {
		t.Errorf("digits %q, %v", text, err)
	}
	if text, err := client.Text(ctx, terminalapi.Question{Title: "Name"}); text != "Ada" || err != nil {
		t.Errorf("text %q, %v", text, err)
	}
	if a, err := client.Amount(ctx, terminalapi.Question{Title: "Tip"}, "EUR"); a.Minor != 1250 || err != nil {
		t.Errorf("amount %v, %v", a, err)
	}
	if signed, points, err := client.Signature(ctx, terminalapi.Question{Title: "Sign"}); !signed || string(points) != `{"x":1}` || err != nil {
		t.Errorf("signature %v %s, %v", signed, points, err)
	}
	var f *terminalapi.Failure
	if yes, err := client.Confirm(ctx, terminalapi.Question{Title: "Receipt?"}, "No", "Yes"); yes || !errors.As(err, &f) || f.Condition != nexo.ErrorCancel {
		t.Errorf("confirm %v, %v", yes, err)
	}
	if list, err := client.MenuMany(ctx, terminalapi.Question{Title: "Extras", MaxLength: 2}, "Milk", "Sugar"); !slices.Equal(list, []int{0, 1}) || err != nil {
		t.Errorf("menu %v, %v", list, err)
	}
}

func TestDisplayAndPrint(t *testing.T) {
	ok := `{"OutputResult":[{"Device":"CustomerDisplay","InfoQualify":"Display","Response":{"Result":"Success"}}]}`
	server := newCloud(answer("Display", "Device", ok), answer("Display", "Device", strings.Replace(ok, `"Success"`, `"Failure","ErrorCondition":"MessageFormat","AdditionalResponse":"errors=At+x%2c+field+y%3a+Missing"`, 1)),
		answer("Print", "Device", `{"DocumentQualifier":"Document","Response":{"Result":"Failure","ErrorCondition":"UnavailableDevice","AdditionalResponse":"message=no+paper"}}`))
	defer server.Close()
	client, ctx := server.client(), t.Context()
	if err := client.Display(ctx, terminalapi.Predefined("Accepted", "Thank you")); err != nil {
		t.Error(err)
	}
	if err := client.Display(ctx, terminalapi.Lines("x")); err == nil || !strings.Contains(err.Error(), "At x, field y: Missing") {
		t.Error(err)
	}
	if err := client.PrintText(ctx, "one", "two"); err == nil || !strings.Contains(err.Error(), "no paper") {
		t.Error(err)
	}
}

func TestTerminals(t *testing.T) {
	server := newCloud(`HTTP 200 {"uniqueTerminalIds":["V400m-100000001"]}`, `HTTP 200 {"uniqueDeviceIds":[]}`, answer("Diagnosis", "Service", diagnosis), "HTTP 200 {}")
	defer server.Close()
	client, ctx := server.client(), t.Context()
	if list, err := client.ConnectedTerminals(ctx, "ST1"); err != nil || !slices.Equal(list, []string{"V400m-100000001"}) {
		t.Errorf("%v, %v", list, err)
	}
	if body := compact(t, server.calls()[0].body); body != `{"merchantAccount":"KassaMerchant","store":"ST1"}` {
		t.Errorf("sent %s", body)
	}
	client.Transport = terminalapi.CloudDevice
	if list, err := client.ConnectedTerminals(ctx, "S T"); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if path := server.calls()[1].path; path != "/merchants/KassaMerchant/connectedDevices?store=S+T" {
		t.Errorf("asked %s", path)
	}
	d, err := client.Diagnose(ctx, true)
	if err != nil || d.Status != "OK" || !d.Communication || d.Printer != "OK" || !d.Hosts["0"] || d.Additional["batteryLevel"] != "100%" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err = client.ConnectedTerminals(ctx, ""); !errors.Is(err, terminalapi.ErrNotAnswer) {
		t.Errorf("%v", err)
	}
}

func TestBadInputIsNotSent(t *testing.T) {
	server := newCloud()
	defer server.Close()
	eur := func(minor int64) terminalapi.Amount { return terminalapi.Amount{Minor: minor, Currency: "EUR"} }
	good := terminalapi.Payment{Reference: "a", Amount: eur(100)}
	for field, change := range map[string]func(*terminalapi.Client, *terminalapi.Payment){
		"Reference":        func(_ *terminalapi.Client, p *terminalapi.Payment) { p.Reference = "" },
		"Currency":         func(_ *terminalapi.Client, p *terminalapi.Payment) { p.Amount.Currency = "eur" },
		"Amount":           func(_ *terminalapi.Client, p *terminalapi.Payment) { p.Amount.Minor = -1 },
		"Amount must":      func(_ *terminalapi.Client, p *terminalapi.Payment) { p.Amount.Minor = 100_000_000_00 },
		"Tip and Cashback": func(_ *terminalapi.Client, p *terminalapi.Payment) { p.Tip, p.Cashback = 60, 41 },
		"ServiceID":        func(_ *terminalapi.Client, p *terminalapi.Payment) { p.ServiceID = "12345678901" },
		"ServiceID must":   func(_ *terminalapi.Client, p *terminalapi.Payment) { p.ServiceID = "a-b" },
		"POIID":            func(c *terminalapi.Client, _ *terminalapi.Payment) { c.POIID = "" },
		"SaleID":           func(c *terminalapi.Client, _ *terminalapi.Payment) { c.SaleID = "" },
		"BaseURL":          func(c *terminalapi.Client, _ *terminalapi.Payment) { c.BaseURL = "" },
		"BaseURL is no":    func(c *terminalapi.Client, _ *terminalapi.Payment) { c.BaseURL = ":x" },
		"Merchant": func(c *terminalapi.Client, _ *terminalapi.Payment) {
			c.Transport, c.Merchant = terminalapi.CloudDevice, ""
		},
	} {
		client, p := server.client(), good
		change(client, &p)
		_, err := client.Pay(t.Context(), p)
		var wrong *terminalapi.InputError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), "terminalapi: "+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if n := len(server.calls()); n != 0 {
		t.Errorf("sent %d", n)
	}
}

func TestServiceIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := terminalapi.NewServiceID()
		if len(id) != 10 || seen[id] {
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
}
