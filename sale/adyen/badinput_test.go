package adyen_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kassa/sale/adyen"
)

const v1Path = "/v1/merchants/Kassa1/devices/" + poiid + "/"

func TestWhoMayCall(t *testing.T) {
	inWorld(t, func(w *world) {
		good := envelope("Payment", "1", paymentBody("order-1", "10"))
		for name, c := range map[string]struct {
			path, key, body string
			status          int
			legacy          string
		}{
			"no key":                     {"/sync", "", good, 401, "000"},
			"a wrong key":                {"/async", "no-such-key", good, 401, "000"},
			"the other environment's":    {"/sync", liveKey, good, 401, "000"},
			"a wrong key at v1":          {v1Path + "sync", "no-such-key", good, 401, ""},
			"another merchant":           {"/v1/merchants/Kassa2/devices/" + poiid + "/sync", accountKey, good, 403, ""},
			"the key of another account": {v1Path + "sync", foreignKey, good, 403, ""},
			"another account's terminal": {"/v1/merchants/Kassa2/devices/" + poiid + "/async", foreignKey, good, 403, ""},
			"another group's terminal":   {v1Path + "sync", otherKey, good, 403, ""},
			"an unknown terminal": {"/v1/merchants/Kassa1/devices/V400m-1/sync", accountKey,
				envelopeFor("V400m-1", "till-7", "Payment", "1", paymentBody("order-1", "10")), 403, ""},
			"another device than the header's": {"/v1/merchants/Kassa1/devices/" + spare + "/sync", accountKey, good, 400, ""},
		} {
			r := w.post(c.path, c.key, c.body)
			if r.Status != c.status {
				t.Errorf("%s: %d %s", name, r.Status, r.Raw)
			}
			if c.legacy != "" && (r.JSON["errorCode"] != c.legacy || r.JSON["errorType"] != "security" || r.JSON["status"] != float64(c.status) || r.JSON["message"] == "") {
				t.Errorf("%s: %s", name, r.Raw)
			}
			if c.legacy == "" && (r.JSON["title"] == nil || r.JSON["detail"] == nil || r.JSON["message"] != r.JSON["detail"] || r.JSON["status"] != float64(c.status) ||
				!strings.HasPrefix(fmt.Sprint(r.JSON["type"]), "https://docs.adyen.com/errors/") || !strings.HasPrefix(fmt.Sprint(r.JSON["errorCode"]), "00_")) {
				t.Errorf("%s: %s", name, r.Raw)
			}
		}
		if r := w.post("/sync", liveKey, good); !strings.Contains(r.Raw, "https://live.example") {
			t.Errorf("the other environment is not named: %s", r.Raw)
		}
		for _, key := range []string{foreignKey, otherKey} {
			r := w.post("/sync", key, good)
			if !strings.HasPrefix(r.rejected(), "message=Failed+to+send+message+to+POI.") || r.Status != 200 {
				t.Errorf("%s: %d %s", key, r.Status, r.Raw)
			}
		}
		basic := httptest.NewRequest("POST", "https://kassa.example/sync", strings.NewReader(good))
		basic.SetBasicAuth("ws@Company.Kassa", "password")
		got := httptest.NewRecorder()
		w.door.ServeHTTP(got, basic)
		if got.Code != 401 || !strings.Contains(got.Body.String(), "X-API-Key") {
			t.Errorf("basic authentication: %d %s", got.Code, got.Body)
		}
		w.nothing()
	})
}

// nothing checks that nothing was stored.
func (w *world) nothing() {
	w.t.Helper()
	if last := w.record.Last(); last != 0 {
		entries, _ := w.record.Entries(0, 1)
		w.t.Errorf("%d facts were stored, the first %s", last, entries[0].Kind)
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	inWorld(t, func(w *world) {
		for name, c := range map[string]struct{ body, details string }{
			"nothing":           {"", "message=Empty+input+which+would+have+resulted+in+a+null+result."},
			"white space":       {" \n", "message=Empty+input+which+would+have+resulted+in+a+null+result."},
			"an array":          {"[]", "message=Input+is+not+a+JSONObject"},
			"text":              {"hello", "message=Input+is+not+a+JSONObject"},
			"half a message":    {`{"SaleToPOIRequest":{`, "message=Input+is+not+a+JSONObject"},
			"a key twice":       {`{"a":1,"a":2}`, "message=Input+is+not+a+JSONObject"},
			"two messages":      {`{} {}`, "message=Input+is+not+a+JSONObject"},
			"too deep":          {strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50), "message=Input+is+not+a+JSONObject"},
			"too many values":   {`{"a":[` + strings.Repeat("1,", 30_000) + `1]}`, "message=Input+is+not+a+JSONObject"},
			"no envelope":       {`{"a":1}`, "errors=At%20root%2c%20field%20SaleToPOIRequest%3a%20Missing"},
			"nothing within it": {`{"SaleToPOIRequest":{}}`, "errors=At%20SaleToPOIRequest.MessageHeader%2c%20field%20MessageClass%3a%20Missing"},
		} {
			r := w.post("/sync", accountKey, c.body)
			if r.Status != 200 || !strings.HasPrefix(r.rejected(), c.details) {
				t.Errorf("%s: %d %s", name, r.Status, r.Raw)
			}
			if got := r.at("SaleToPOIRequest", "EventNotification", "RejectedMessage"); got != base64.StdEncoding.EncodeToString([]byte(c.body)) {
				t.Errorf("%s: RejectedMessage %v", name, got)
			}
			if r.at("SaleToPOIRequest", "MessageHeader", "POIID") != "N/A" || r.at("SaleToPOIRequest", "EventNotification", "EventToNotify") != "Reject" {
				t.Errorf("%s: %s", name, r.Raw)
			}
			if v1 := w.post(v1Path+"sync", accountKey, c.body); v1.Status != 400 || v1.JSON["detail"] == "" {
				t.Errorf("%s at v1: %d %s", name, v1.Status, v1.Raw)
			}
		}
		mega := envelope("Payment", "1", paymentBody(strings.Repeat("x", 1<<20), "10"))
		if r := w.post("/sync", accountKey, mega); r.Status != 413 || r.JSON["errorType"] != "validation" {
			t.Errorf("1 MiB: %d %.200s", r.Status, r.Raw)
		}
		if r := w.post(v1Path+"async", accountKey, mega); r.Status != 413 || r.JSON["errorCode"] != "00_413" {
			t.Errorf("1 MiB at v1: %d %.200s", r.Status, r.Raw)
		}
		w.nothing()
	})
}

func TestWhatIsMissingIsListed(t *testing.T) {
	inWorld(t, func(w *world) {
		good := envelope("Payment", "1", paymentBody("order-1", "10"))
		const header, sale, amounts = "SaleToPOIRequest.MessageHeader", "SaleToPOIRequest.PaymentRequest.SaleData", "SaleToPOIRequest.PaymentRequest.PaymentTransaction.AmountsReq"
		for name, c := range map[string]struct {
			was, is string
			errors  []string
		}{
			"no SaleID":         {`"SaleID":"till-7",`, "", []string{"At " + header + ", field SaleID: Missing"}},
			"no ServiceID":      {`"ServiceID":"1",`, "", []string{"At " + header + ", field ServiceID: Missing"}},
			"no POIID":          {`,"POIID":"` + poiid + `"`, "", []string{"At " + header + ", field POIID: Missing"}},
			"no MessageClass":   {`"MessageClass":"Service",`, "", []string{"At " + header + ", field MessageClass: Missing"}},
			"a NUL":             {`"till-7"`, `"till\u0000-7"`, []string{"At " + header + ", field SaleID: Holds control characters"}},
			"no category":       {`"MessageCategory":"Payment",`, "", []string{"At " + header + ", field MessageCategory: Missing"}},
			"no type":           {`"MessageType":"Request",`, "", []string{"At " + header + ", field MessageType: Missing"}},
			"a class too many":  {`"Service"`, `"Device"`, []string{"At " + header + ", field MessageClass: Must be Service for the category Payment"}},
			"no body":           {`"PaymentRequest"`, `"PaymentReqest"`, []string{"At SaleToPOIRequest, field PaymentRequest: Missing"}},
			"no SaleData":       {`"SaleData"`, `"saleData"`, []string{"At SaleToPOIRequest.PaymentRequest, field SaleData: Missing"}},
			"no transaction id": {`"TransactionID":"order-1",`, "", []string{"At " + sale + ".SaleTransactionID, field TransactionID: Missing"}},
			"neither":           {`{"TransactionID":"order-1","TimeStamp":"2026-03-01T11:00:00+01:00"}`, "{}", []string{"At " + sale + ".SaleTransactionID, field TransactionID: Missing", "At " + sale + ".SaleTransactionID, field TimeStamp: Missing"}},
			"no amounts":        {`"AmountsReq"`, `"Amounts"`, []string{"At SaleToPOIRequest.PaymentRequest.PaymentTransaction, field AmountsReq: Missing"}},
			"no currency":       {`"Currency":"EUR",`, "", []string{"At " + amounts + ", field Currency: Missing"}},
			"an amount as text": {`:10}`, `:"10"}`, []string{"At " + amounts + ", field RequestedAmount: Not a number"}},
			"no amount":         {`,"RequestedAmount":10`, "", []string{"At " + amounts + ", field RequestedAmount: Missing"}},
			"nothing to pay":    {`:10}`, `:0}`, []string{"At " + amounts + ", field RequestedAmount: Must be more than 0"}},
			"a negative amount": {`:10}`, `:-1}`, []string{"At " + amounts + ", field RequestedAmount: Not an amount of EUR in major units, or too high"}},
			"half a cent":       {`:10}`, `:10.005}`, []string{"At " + amounts + ", field RequestedAmount: Not an amount of EUR in major units, or too high"}},
			"a float's noise":   {`:10}`, `:0.30000000000000004}`, []string{"At " + amounts + ", field RequestedAmount: Not an amount of EUR in major units, or too high"}},
			"a type in a list":  {`"PaymentTransaction"`, `"PaymentData":{"PaymentType":["Refund"]},"PaymentTransaction"`, []string{"At SaleToPOIRequest.PaymentRequest.PaymentData, field PaymentType: Not a string"}},
			"a type alone":      {`"PaymentTransaction"`, `"PaymentData":"Refund","PaymentTransaction"`, []string{"At SaleToPOIRequest.PaymentRequest, field PaymentData: Not an object"}},
			"too high a tip":    {`:10}`, `:10,"TipAmount":10.01}`, []string{"At " + amounts + ", field TipAmount: More than RequestedAmount, which includes it"}},
			"all of it":         {`{"SaleTransactionID":{"TransactionID":"order-1","TimeStamp":"2026-03-01T11:00:00+01:00"}}`, `{}`, []string{"At " + sale + ", field SaleTransactionID: Missing"}},
		} {
			body := strings.Replace(good, c.was, c.is, 1)
			if body == good {
				t.Fatalf("%s changes nothing", name)
			}
			r := w.post("/sync", accountKey, body)
			f := form(w.t, r.additional("Payment"))
			if r.Status != 200 || r.result("Payment") != "Failure MessageFormat" || f.Get("errors") != strings.Join(c.errors, "\n") {
				t.Errorf("%s: %d %q %s", name, r.Status, f.Get("errors"), r.Raw)
			}
		}
		w.nothing()
	})
}

// TestWhatIsKeptIsBounded: whatever a register sends along, little of it is kept with the order and its exchange.
func TestWhatIsKeptIsBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		long := strings.Repeat("x", 50_000)
		body := strings.Replace(paymentBody("order-1", "10"), "2026-03-01T11:00:00+01:00", long, 1)
		body = strings.Replace(body, `"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"metadata.`+long+`=1&metadata.a=`+long+`&shopperReference=`+long+`",`, 1)
		if r := w.post("/sync", accountKey, envelope("Payment", "1", body)); r.result("Payment") != "Success <nil>" || len(r.Raw) > 20_000 {
			t.Errorf("%d bytes: %.500s", len(r.Raw), r.Raw)
		}
		o, ok, err := w.engine.Find(w.t.Context(), adyen.Dialect, "100", "till-7/1/"+poiid)
		if !ok || err != nil || len(o.Door) > 1000 || !strings.Contains(string(o.Door), `"a":"xxx`) {
			t.Errorf("%v %v, %d bytes are kept", ok, err, len(o.Door))
		}
	})
}

func TestWhatIsNotOffered(t *testing.T) {
	inWorld(t, func(w *world) {
		w.credit = 5000
		good := paymentBody("order-1", "60")
		words := func(s string) [2]string {
			return [2]string{`"SaleData":{`, `"SaleData":{"SaleToAcquirerData":"` + s + `",`}
		}
		end := func(s string) [2]string { return [2]string{`}}}`, `}}` + s + `}`} }
		transaction := func(s string) [2]string {
			return [2]string{`"PaymentTransaction":{`, `"PaymentTransaction":{` + s + `,`}
		}
		for name, c := range map[string]struct {
			change    [2]string
			condition string
			names     string
		}{
			"MOTO":                  {words("tenderOption=MOTO"), "NotAllowed", "MOTO"},
			"partial authorisation": {words("tenderOption=ReceiptHandler%2cAllowPartialAuthorisation"), "NotAllowed", "AllowPartialAuthorisation"},
			"PIN bypass":            {words("tenderOption=BypassPin"), "NotAllowed", "BypassPin"},
			"a forced decline":      {words("tenderOption=ForcedDecline"), "Refusal", "BLOCK_CARD"},
			"a delayed capture":     {words("captureDelayHours=4"), "NotAllowed", "captureDelayHours"},
			"platform split":        {words("split.api=1"), "NotAllowed", "split"},
			"another merchant":      {words("merchantAccount=Kassa2"), "NotAllowed", "merchantAccount"},
			"keyed":                 {transaction(`"TransactionConditions":{"ForceEntryMode":["Keyed"]}`), "NotAllowed", "Keyed"},
			"keyed, as a text":      {transaction(`"TransactionConditions":{"ForceEntryMode":"Keyed"}`), "NotAllowed", "Keyed"},
			"brands":                {transaction(`"TransactionConditions":{"AllowedPaymentBrand":["visa"]}`), "NotAllowed", "AllowedPaymentBrand"},
			"an earlier card":       {transaction(`"OriginalPOITransaction":{}`), "NotAllowed", "OriginalPOITransaction"},
			"a recurring payment":   {end(`,"PaymentData":{"PaymentType":"Recurring"}`), "UnavailableService", "Recurring"},
			"instalments":           {end(`,"PaymentData":{"Instalment":{"TotalNbOfPayments":3}}`), "NotAllowed", "Instalment"},
			"a gift card":           {end(`,"PaymentData":{"PaymentInstrumentData":{"PaymentInstrumentType":"StoredValue"}}`), "NotAllowed", "PaymentInstrumentData"},
			"a split bill":          {end(`,"PaymentData":{"SplitPaymentFlag":true}`), "NotAllowed", "SplitPaymentFlag"},
			"a card acquisition":    {end(`,"PaymentData":{"CardAcquisitionReference":{}}`), "NotAllowed", "CardAcquisitionReference"},
			"cashback":              {[2]string{":60}", `:60,"CashBackAmount":10}`}, "NotAllowed", "CashBackAmount"},
			"a token":               {[2]string{`"SaleData":{`, `"SaleData":{"TokenRequestedType":"Customer",`}, "NotAllowed", "TokenRequestedType"},
			"dollars":               {[2]string{"EUR", "USD"}, "NotAllowed", "EUR"},
			"too high a refund":     {end(`,"PaymentData":{"PaymentType":"Refund"}`), "NotAllowed", "refund"},
		} {
			body := strings.Replace(good, c.change[0], c.change[1], 1)
			if body == good {
				t.Fatalf("%s changes nothing", name)
			}
			r := w.post("/sync", accountKey, envelope("Payment", "1", body))
			if r.result("Payment") != "Failure "+c.condition || !strings.Contains(form(w.t, r.additional("Payment")).Get("message"), c.names) {
				t.Errorf("%s: %s", name, r.Raw)
			}
			if r.in("Payment", "SaleData") == nil || r.in("Payment", "POIData", "POITransactionID", "TransactionID") == nil {
				t.Errorf("%s lacks what clients read of every answer: %s", name, r.Raw)
			}
		}
		w.nothing()
		refund := strings.Replace(paymentBody("order-2", "50"), `}}}`, `}},"PaymentData":{"PaymentType":"Refund"}}`, 1)
		if r := w.post("/sync", cashierKey, envelope("Payment", "2", refund)); r.result("Payment") != "Failure NotAllowed" {
			t.Errorf("a key that may not refund: %s", r.Raw)
		}
		w.settings["refunds.unreferenced.enableUnreferencedRefunds"] = "false"
		if r := w.post("/sync", accountKey, envelope("Payment", "2", refund)); r.result("Payment") != "Failure NotAllowed" {
			t.Errorf("switched off: %s", r.Raw)
		}
		w.nothing()
		delete(w.settings, "refunds.unreferenced.enableUnreferencedRefunds")
		r := w.post("/sync", accountKey, envelope("Payment", "2", refund))
		if r.result("Payment") != "Success <nil>" || r.in("Payment", "PaymentResult", "PaymentType") != "Refund" || form(w.t, r.additional("Payment")).Get("transactionType") != "REFUND" {
			t.Error(r.Raw)
		}
	})
}

func TestCategoriesThatAreNotSupported(t *testing.T) {
	inWorld(t, func(w *world) {
		for category, class := range map[string]string{
			"CardAcquisition": "Service", "EnableService": "Service", "Admin": "Service", "GetTotals": "Service", "Reconciliation": "Service",
			"Login": "Service", "Logout": "Service", "BalanceInquiry": "Service", "StoredValue": "Service", "Loyalty": "Service",
			"CardReaderAPDU": "Device", "InputUpdate": "Device", "PIN": "Device", "Sound": "Device", "Batch": "Service", "Horoscope": "Service",
		} {
			r := w.post("/sync", accountKey, strings.Replace(envelope(category, "1", "{}"), `"Service"`, fmt.Sprintf("%q", class), 1))
			if r.result(category) != "Failure UnavailableService" || !strings.Contains(r.additional(category), "message=This%20terminal%20does%20not%20support%20"+category) {
				t.Errorf("%s: %s", category, r.Raw)
			}
		}
		r := w.post("/sync", accountKey, strings.Replace(envelope("Payment", "1", paymentBody("order-1", "10")), `"3.0"`, `"2.1"`, 1))
		if r.result("Payment") != "Failure UnavailableService" || !strings.Contains(r.additional("Payment"), "Version%202.1%20mismatch") {
			t.Error(r.Raw)
		}
		w.nothing()
		// A header without a version, as the .NET example sends it, and a ServiceID that is too long.
		body := strings.Replace(envelope("Payment", "1234567890AB", paymentBody("order-1", "10", `,"SaleItem":[]`)), `"ProtocolVersion":"3.0",`, "", 1)
		r = w.post("/sync", accountKey, body)
		warnings := form(w.t, r.additional("Payment")).Get("warnings")
		if r.result("Payment") != "Success <nil>" || !strings.Contains(warnings, "ServiceID") || !strings.Contains(warnings, "'SaleItem': Unexpected") {
			t.Errorf("%q %s", warnings, r.Raw)
		}
	})
}

func TestATerminalThatCannotBeAsked(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, why := range []adyen.Unreachable{adyen.Offline, adyen.NotEnabled, adyen.NotActivated, adyen.CloudModeOff, adyen.Tampered, adyen.NotInUse} {
			w.mu.Lock()
			w.reach["00000ABC"] = why
			w.mu.Unlock()
			for _, path := range []string{"/sync", "/async", "/adyen/sync", "/tapi/async"} {
				r := w.post(path, accountKey, envelope("Payment", "1", paymentBody("order-1", "10")))
				if !strings.HasPrefix(r.rejected(), "message=Failed+to+send+message+to+POI.+There+may+be+a+network+issue+or+it+may+not+have+the+websocket+connected.") ||
					!strings.Contains(r.rejected(), "kassa.reason=terminal_"+string(why)) || r.at("SaleToPOIRequest", "MessageHeader", "ServiceID") != "1" {
					t.Errorf("%s %s: %s", path, why, r.Raw)
				}
			}
			for _, path := range []string{v1Path + "sync", "/v1" + v1Path + "sync"} {
				r := w.post(path, accountKey, envelope("Payment", "1", paymentBody("order-1", "10")))
				if r.result("Payment") != "Failure UnreachableHost" || !strings.HasPrefix(r.additional("Payment"), "message=Terminal+is+not+reachable") ||
					r.in("Payment", "SaleData") == nil || r.in("Payment", "POIData") == nil {
					t.Errorf("%s %s: %s", path, why, r.Raw)
				}
			}
		}
		w.nothing()
		if r := w.status("2", "1"); r.result("TransactionStatus") != "Failure NotFound" {
			t.Errorf("what never was begun: %s", r.Raw)
		}
	})
}

func TestPaths(t *testing.T) {
	for path, owned := range map[string]bool{
		"/sync": true, "/async": true, "/sync/": true, "/adyen/sync": true, "/tapi/async": true, v1Path + "sync": true, "/v1" + v1Path + "async": true,
		"/v1/merchants/M/devices/V400m-1/status": false, "/v1/merchants/M/connectedDevices": false, "/connectedTerminals": false, "/v1/json/orders": false,
		"/merchants/M/devices/V400m-1/sync": true, "/v2/merchants/M/devices/V400m-1/sync": false, "/": false, "/other/sync": false, "/sync/sync": false,
	} {
		if adyen.Owns(path) != owned {
			t.Errorf("%s: %v", path, !owned)
		}
	}
	for _, r := range adyen.Routes() {
		concrete := strings.NewReplacer("{merchantAccount}", "M", "{paymentPspReference}", "KASSA00000000001", "{deviceId}", url.PathEscape("V400m-1")).Replace(r.Pattern)
		if r.Method != http.MethodPost || !adyen.Owns(concrete) || len(r.IDs) == 0 {
			t.Errorf("%+v", r)
		}
	}
	inWorld(t, func(w *world) {
		for _, path := range []string{"/sync", v1Path + "sync"} {
			got := httptest.NewRecorder()
			w.door.ServeHTTP(got, httptest.NewRequest("GET", "https://kassa.example"+path, nil))
			if got.Code != 405 || got.Header().Get("Allow") != "POST" {
				t.Errorf("GET %s: %d %s", path, got.Code, got.Body)
			}
		}
		refused := httptest.NewRecorder()
		if !adyen.Refuse(refused, httptest.NewRequest("POST", "https://kassa.example/sync", nil), 503, "overloaded") || refused.Code != 503 ||
			!strings.Contains(refused.Body.String(), `"errorType"`) {
			t.Errorf("%d %s", refused.Code, refused.Body)
		}
		if adyen.Refuse(httptest.NewRecorder(), httptest.NewRequest("POST", "https://kassa.example/other", nil), 503, "overloaded") {
			t.Error("a path that is not the door's was answered")
		}
	})
}
