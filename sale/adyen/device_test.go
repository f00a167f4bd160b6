package adyen_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
	"kassa/sale/adyen"
)

// links are the terminals' links: a test plays the terminal.
type links struct {
	mu    sync.Mutex
	asked []asked
	// answer, when it is not nil, answers a request at once, on a goroutine of its own.
	answer   func(nexo.Message) *nexo.Message
	down     bool
	probe    func() (adyen.Condition, error)
	host     bool
	progress bool
	door     func() *adyen.Handler
	before   func() // runs before a request is taken
}

type asked struct {
	tid, exchange string
	nexo.Message
	validFor time.Duration
}

func (l *links) Ask(tid, exchange string, m nexo.Message, validFor time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.before != nil {
		l.before()
	}
	if l.down {
		return errors.New("offline")
	}
	l.asked = append(l.asked, asked{tid, exchange, m, validFor})
	if l.answer == nil {
		return nil
	}
	if answer := l.answer(m); answer != nil {
		go l.give(tid, exchange, *answer, func() {})
	}
	return nil
}

// say lets a terminal answer, and gives how often that was settled.
func (l *links) say(tid, exchange string, answer nexo.Message) (settled int) {
	l.give(tid, exchange, answer, func() { settled++ })
	synctest.Wait()
	return settled
}

func (l *links) give(tid, exchange string, answer nexo.Message, settled func()) {
	raw, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	l.door().Answered(estate.Terminal{TID: tid}, exchange, raw, settled)
}

func (l *links) Probe(context.Context, string) (adyen.Condition, error) { return l.probe() }
func (l *links) WantsProgress(string) bool                              { return l.progress }
func (l *links) signedOn() bool                                         { return l.host }

func (l *links) all() []asked {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]asked(nil), l.asked...)
}

// does is a terminal that shows, asks and prints; every input is confirmed.
func does(m nexo.Message) *nexo.Message {
	yes := true
	ok := nexo.Response{Result: nexo.ResultSuccess}
	a := &nexo.Message{Header: m.Header}
	a.Header.MessageType = nexo.TypeResponse
	switch {
	case m.DisplayRequest != nil:
		a.DisplayResponse = &nexo.DisplayResponse{}
		for _, o := range m.DisplayRequest.DisplayOutput {
			a.DisplayResponse.OutputResult = append(a.DisplayResponse.OutputResult, nexo.OutputResult{Device: o.Device, InfoQualify: o.InfoQualify, Response: ok})
		}
	case m.InputRequest != nil:
		a.InputResponse = &nexo.InputResponse{InputResult: nexo.InputResult{Device: nexo.CustomerInput, InfoQualify: "Input", Response: ok,
			Input: &nexo.Input{InputCommand: m.InputRequest.InputData.InputCommand, ConfirmedFlag: &yes}}}
	case m.PrintRequest != nil:
		a.PrintResponse = &nexo.PrintResponse{DocumentQualifier: m.PrintRequest.PrintOutput.DocumentQualifier, Response: ok}
	default:
		return nil
	}
	return a
}

// fails is a terminal's refusal of a request.
func fails(m nexo.Message, condition nexo.ErrorCondition, additional string) nexo.Message {
	a := *does(m)
	no := nexo.Response{Result: nexo.ResultFailure, ErrorCondition: condition, AdditionalResponse: additional}
	switch {
	case a.DisplayResponse != nil:
		a.DisplayResponse.OutputResult[0].Response = no
	case a.InputResponse != nil:
		a.InputResponse.InputResult.Response, a.InputResponse.InputResult.Input = no, nil
	default:
		a.PrintResponse.Response = no
	}
	return a
}

// deviceWorld runs a test with a terminal that answers, or with one that a test lets answer.
func deviceWorld(t *testing.T, answers func(nexo.Message) *nexo.Message, test func(w *world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		w.links.door = func() *adyen.Handler { return w.door }
		w.links.answer = answers
		test(w)
	})
}

func deviceEnvelope(category, serviceID, body string) string {
	return strings.Replace(envelope(category, serviceID, body), `"MessageClass":"Service"`, `"MessageClass":"Device"`, 1)
}

func (w *world) device(category, serviceID, body string) reply {
	w.t.Helper()
	return w.post("/sync", accountKey, deviceEnvelope(category, serviceID, body))
}

func displayBody(text string) string {
	return fmt.Sprintf(`{"DisplayOutput":[{"Device":"CustomerDisplay","InfoQualify":"Display","OutputContent":{"OutputFormat":"Text","OutputText":[{"Text":%q,"CharacterStyle":"Bold"}]}}]}`, text)
}

// inputBody asks with a predefined content; more are further members of InputData.
func inputBody(reference, command, more string) string {
	return fmt.Sprintf(`{"DisplayOutput":{"Device":"CustomerDisplay","InfoQualify":"Display","OutputContent":{"OutputFormat":"Text","PredefinedContent":{"ReferenceID":%q},"OutputText":[{"Text":"Title"},{"Text":"Body"}]},`+
		`"MenuEntry":[{"OutputFormat":"Text","OutputText":[{"Text":"One"}]}]},"InputData":{"Device":"CustomerInput","InfoQualify":"Input","InputCommand":%q%s}}`, reference, command, more)
}

const printBody = `{"PrintOutput":{"DocumentQualifier":"Document","ResponseMode":"PrintEnd","OutputContent":{"OutputFormat":"BarCode","OutputBarcode":{"BarcodeType":"QRCode","BarcodeValue":"https://example.test"}}}}`

// first is the first OutputResult's Response.
func firstResult(r reply) map[string]any {
	list, _ := r.in("Display", "OutputResult").([]any)
	if len(list) == 0 {
		return nil
	}
	m, _ := list[0].(map[string]any)["Response"].(map[string]any)
	return m
}

func TestDeviceCategories(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		w.links.before = func() {
			if n, _ := w.begun(); n != len(w.links.asked)+1 {
				t.Errorf("request %d left before it was recorded", len(w.links.asked)+1)
			}
		}
		shown := w.device("Display", "1", displayBody("Welcome"))
		if got := firstResult(shown)["Result"]; got != "Success" || shown.at("SaleToPOIResponse", "MessageHeader", "MessageClass") != "Device" {
			t.Errorf("display: %s", shown.Raw)
		}
		asked := w.device("Input", "2", inputBody("GetConfirmation", "GetConfirmation", ""))
		if asked.in("Input", "InputResult", "Response", "Result") != "Success" || asked.in("Input", "InputResult", "Input", "ConfirmedFlag") != true {
			t.Errorf("input: %s", asked.Raw)
		}
		printed := w.device("Print", "3", printBody)
		if printed.result("Print") != "Success <nil>" || printed.in("Print", "DocumentQualifier") != "Document" {
			t.Errorf("print: %s", printed.Raw)
		}
		left := w.links.all()
		if len(left) != 3 {
			t.Fatalf("%d requests left", len(left))
		}
		seen := map[string]bool{}
		for i, a := range left {
			id := a.exchange
			if id != a.Header.ServiceID || len(id) != 10 || strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || seen[id] ||
				a.tid != "00000ABC" || a.Header.POIID != poiid || a.Header.MessageClass != "Device" || a.validFor < time.Second {
				t.Errorf("request %d: %+v", i, a)
			}
			seen[id] = true
		}
		if text := left[0].DisplayRequest.DisplayOutput[0].OutputContent.OutputText[0]; text.Text != "Welcome" || text.CharacterStyle != "Bold" {
			t.Errorf("%+v", text)
		}
		if code := left[2].PrintRequest.PrintOutput.OutputContent.OutputBarcode; code.BarcodeType != "QRCode" || code.BarcodeValue != "https://example.test" {
			t.Errorf("%+v", code)
		}
	})
}

func TestDeviceRepeats(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		first := w.device("Display", "1", displayBody("Welcome"))
		if again := w.device("Display", "1", displayBody("Welcome")); again.Raw != first.Raw {
			t.Errorf("repeated: %s", again.Raw)
		}
		other := w.device("Display", "1", displayBody("Other"))
		if r := firstResult(other); r["ErrorCondition"] != "NotAllowed" || !strings.Contains(fmt.Sprint(r["AdditionalResponse"]), "already%20used") {
			t.Errorf("another body: %s", other.Raw)
		}
		// The record answers after a restart too, and without the terminal.
		w.restart()
		w.mu.Lock()
		w.reach["00000ABC"] = adyen.Offline
		w.mu.Unlock()
		if again := w.device("Display", "1", displayBody("Welcome")); again.Raw != first.Raw {
			t.Errorf("repeated after a restart: %s", again.Raw)
		}
		status := w.post("/sync", accountKey, envelope("TransactionStatus", "9", `{"MessageReference":{"MessageCategory":"Display","SaleID":"till-7","ServiceID":"1"}}`))
		repeated, _ := json.Marshal(status.in("TransactionStatus", "RepeatedMessageResponse", "RepeatedResponseMessageBody", "DisplayResponse"))
		if want, _ := json.Marshal(first.at("SaleToPOIResponse", "DisplayResponse")); status.result("TransactionStatus") != "Success <nil>" || string(repeated) != string(want) {
			t.Errorf("status: %s", status.Raw)
		}
		if n := len(w.links.all()); n != 1 {
			t.Errorf("%d requests left", n)
		}
	})
}

func TestDeviceNotAwaited(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		body := strings.Replace(displayBody("Bye"), `"InfoQualify"`, `"ResponseRequiredFlag":false,"InfoQualify"`, 1)
		got := w.device("Display", "1", body)
		if list, ok := got.in("Display", "OutputResult").([]any); !ok || len(list) != 0 {
			t.Errorf("display: %s", got.Raw)
		}
		got = w.device("Print", "2", strings.Replace(printBody, "PrintEnd", "NotRequired", 1))
		if got.result("Print") != "Success <nil>" {
			t.Errorf("print: %s", got.Raw)
		}
		// What the terminal says of them later is taken and forgotten.
		for _, a := range w.links.all() {
			if n := w.links.say(a.tid, a.exchange, *does(a.Message)); n != 1 {
				t.Errorf("settled %d times", n)
			}
		}
	})
}

func TestDeviceSilence(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		body := inputBody("GetText", "TextString", `,"MaxInputTime":30`)
		begun := time.Now()
		legacy := w.device("Input", "1", body)
		if waited := time.Since(begun); waited < 30*time.Second || waited > 90*time.Second {
			t.Errorf("waited %s", waited)
		}
		if !strings.HasPrefix(legacy.rejected(), "message=Did+not+receive+a+response+from+the+POI.") {
			t.Errorf("legacy: %s", legacy.Raw)
		}
		v1 := w.post("/v1/merchants/Kassa1/devices/"+poiid+"/sync", accountKey, deviceEnvelope("Input", "2", body))
		if v1.in("Input", "InputResult", "Response", "ErrorCondition") != "UnreachableHost" {
			t.Errorf("v1: %s", v1.Raw)
		}
		status := func(of string) reply {
			return w.post("/sync", accountKey, envelope("TransactionStatus", "S"+of, fmt.Sprintf(`{"MessageReference":{"MessageCategory":"Input","SaleID":"till-7","ServiceID":%q}}`, of)))
		}
		if got := status("1"); got.result("TransactionStatus") != "Failure InProgress" {
			t.Errorf("status: %s", got.Raw)
		}
		// A late answer is found.
		a := w.links.all()[0]
		if n := w.links.say(a.tid, a.exchange, *does(a.Message)); n != 1 {
			t.Errorf("settled %d times", n)
		}
		late := w.device("Input", "1", body)
		if late.in("Input", "InputResult", "Input", "ConfirmedFlag") != true {
			t.Errorf("late: %s", late.Raw)
		}
		// The other one is given up at last.
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.device("Input", "2", body); !strings.HasPrefix(got.rejected(), "message=Did+not+receive") {
			t.Errorf("given up: %s", got.Raw)
		}
	})
}

func TestDeviceOffline(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		w.reach["00000ABC"] = adyen.Offline
		legacy := w.device("Print", "1", printBody)
		if !strings.HasPrefix(legacy.rejected(), "message=Failed+to+send+message+to+POI.") || !strings.Contains(legacy.rejected(), "terminal_offline") {
			t.Errorf("legacy: %s", legacy.Raw)
		}
		v1 := w.post("/v1/merchants/Kassa1/devices/"+poiid+"/sync", accountKey, deviceEnvelope("Display", "2", displayBody("x")))
		if firstResult(v1)["ErrorCondition"] != "UnreachableHost" {
			t.Errorf("v1: %s", v1.Raw)
		}
		if n, _ := w.begun(); n != 0 || len(w.links.all()) != 0 {
			t.Errorf("%d exchanges, %d requests", n, len(w.links.all()))
		}
		// The link is lost between the look at it and the request.
		w.mu.Lock()
		delete(w.reach, "00000ABC")
		w.mu.Unlock()
		w.links.down = true
		if got := w.device("Display", "3", displayBody("x")); !strings.HasPrefix(got.rejected(), "message=Failed+to+send+message+to+POI.") {
			t.Errorf("lost: %s", got.Raw)
		}
	})
}

func TestDeviceBusy(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		order := ""
		w.customer(func(o kassa.NewOrder) { order = o.ID(); w.show(o) })
		paying := w.later(func() reply { return w.pay("PAY1", "order-1", "10.00") })
		busyWith := order
		w.links.answer = func(m nexo.Message) *nexo.Message {
			a := fails(m, nexo.ErrorBusy, "message=Forbidden%20Request&serviceId="+busyWith)
			return &a
		}
		got := w.device("Display", "1", displayBody("x"))
		r := firstResult(got)
		more, _ := url.ParseQuery(fmt.Sprint(r["AdditionalResponse"]))
		if r["ErrorCondition"] != "Busy" || more.Get("serviceId") != "PAY1" || more.Get("message") != "Forbidden Request" {
			t.Errorf("%s", got.Raw)
		}
		busyWith = "OTHERDOORS"
		if got := w.device("Display", "2", displayBody("x")); !strings.HasSuffix(fmt.Sprint(firstResult(got)["AdditionalResponse"]), "serviceId=OTHERDOORS") {
			t.Errorf("another door's: %s", got.Raw)
		}
		w.abort("A", "PAY1")
		<-paying
	})
}

func TestDeviceAbort(t *testing.T) {
	deviceWorld(t, func(m nexo.Message) *nexo.Message {
		if m.AbortRequest == nil {
			return nil
		}
		a := fails(nexo.Message{Header: m.Header, InputRequest: &nexo.InputRequest{}}, nexo.ErrorAborted, "MerchantAbort")
		a.Header.MessageCategory = nexo.CategoryInput
		return &a
	}, func(w *world) {
		asking := w.later(func() reply { return w.device("Input", "IN1", inputBody("GetText", "TextString", "")) })
		aborted := w.post("/sync", accountKey, envelope("Abort", "A1", `{"AbortReason":"MerchantAbort","MessageReference":{"MessageCategory":"Input","ServiceID":"IN1"}}`))
		if aborted.Raw != "ok" || aborted.Header.Get("X-Kassa-Abort") != "aborted" {
			t.Errorf("abort: %s %v", aborted.Raw, aborted.Header)
		}
		got := <-asking
		if got.in("Input", "InputResult", "Response", "ErrorCondition") != "Aborted" || got.in("Input", "InputResult", "Response", "AdditionalResponse") != "message=MerchantAbort" {
			t.Errorf("%s", got.Raw)
		}
		left := w.links.all()
		if len(left) != 2 || left[1].AbortRequest.MessageReference.ServiceID != left[0].exchange || left[1].AbortRequest.MessageReference.MessageCategory != nexo.CategoryInput {
			t.Errorf("%+v", left)
		}
		again := w.post("/sync", accountKey, envelope("Abort", "A2", `{"AbortReason":"MerchantAbort","MessageReference":{"MessageCategory":"Input","ServiceID":"IN1"}}`))
		if again.Raw != "ok" || again.Header.Get("X-Kassa-Abort") != "tooLate" {
			t.Errorf("abort again: %s %v", again.Raw, again.Header)
		}
	})
}

// TestDeviceRestart: a question that was open when the process ended is asked again under the same name.
func TestDeviceRestart(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		ctx, cancel := context.WithCancel(w.t.Context())
		body := inputBody("GetText", "TextString", "")
		hung := w.later(func() reply { return w.postUntil(ctx, "/sync", accountKey, deviceEnvelope("Input", "IN1", body)) })
		cancel()
		<-hung
		w.links.down = true
		w.restart()
		synctest.Wait()
		w.links.mu.Lock()
		w.links.down, w.links.answer = false, does
		w.links.mu.Unlock()
		got := w.device("Input", "IN1", body)
		if got.in("Input", "InputResult", "Input", "ConfirmedFlag") != true {
			t.Errorf("%s", got.Raw)
		}
		left := w.links.all()
		if len(left) != 2 || left[0].exchange != left[1].exchange || left[1].InputRequest == nil {
			t.Errorf("%+v", left)
		}
	})
}

// TestDeviceReusedServiceID: after 48 hours the same ServiceID is another request, also for the terminal.
func TestDeviceReusedServiceID(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		w.device("Display", "1", displayBody("Monday"))
		time.Sleep(49 * time.Hour)
		w.device("Display", "1", displayBody("Wednesday"))
		left := w.links.all()
		if len(left) != 2 || left[0].exchange == left[1].exchange {
			t.Errorf("%+v", left)
		}
	})
}

func TestDeviceAsync(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		if got := w.post("/async", accountKey, deviceEnvelope("Display", "1", displayBody("x"))); got.Raw != "ok" {
			t.Errorf("%s", got.Raw)
		}
		synctest.Wait()
		if n := len(w.links.all()); n != 1 {
			t.Errorf("%d requests left", n)
		}
		s, ok, err := w.record.Load("exchange/" + exchangeOf(t, w))
		if err != nil || !ok || s.Open {
			t.Fatalf("%+v %v %v", s, ok, err)
		}
		e, err := adyen.DecodeExchange(s)
		if err != nil || !e.Async || !strings.Contains(string(e.Response), `"Success"`) {
			t.Errorf("%+v %v", e, err)
		}
	})
}

// exchangeOf is the id of the only exchange.
func exchangeOf(t *testing.T, w *world) string {
	t.Helper()
	entries, err := w.record.Entries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if id, ok := strings.CutPrefix(e.Stream, "exchange/"); ok {
			return id
		}
	}
	t.Fatal("no exchange")
	return ""
}

func TestDeviceUnknownAnswers(t *testing.T) {
	deviceWorld(t, nil, func(w *world) {
		if n := w.links.say("00000ABC", "NOSUCH", nexo.Message{}); n != 1 {
			t.Errorf("settled %d times", n)
		}
		asking := w.later(func() reply { return w.device("Input", "1", inputBody("GetText", "TextString", "")) })
		a := w.links.all()[0]
		// Another terminal cannot answer for it, nor can an answer of another category.
		w.links.say("00000DEF", a.exchange, *does(a.Message))
		w.links.say(a.tid, a.exchange, *does(nexo.Message{Header: a.Header, PrintRequest: &nexo.PrintRequest{}}))
		if n := w.links.say(a.tid, a.exchange, *does(a.Message)); n != 1 {
			t.Errorf("settled %d times", n)
		}
		if got := <-asking; got.in("Input", "InputResult", "Input", "ConfirmedFlag") != true {
			t.Errorf("%s", got.Raw)
		}
	})
}

// TestDeviceOtherFields: a field that is only spelt like one of those that are looked at, and one that nobody
// knows, reach neither the terminal nor the record.
func TestDeviceOtherFields(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		const number = "4761739000000004"
		body := strings.Replace(displayBody("hello"), `"OutputText":`, `"outputText":[{"Text":"`+number+`"}],"remark":"`+number+`","OutputText":`, 1)
		if r := w.device("Display", "1", body); firstResult(r)["Result"] != "Success" {
			t.Fatal(r.Raw)
		}
		if got := w.links.all()[0].DisplayRequest.DisplayOutput[0].OutputContent.OutputText; len(got) != 1 || got[0].Text != "hello" {
			t.Errorf("shown: %+v", got)
		}
		s, ok, err := w.record.Load("exchange/" + exchangeOf(t, w))
		if !ok || err != nil || strings.Contains(string(s.State), number) || !strings.Contains(string(s.State), "hello") {
			t.Errorf("kept: %v %v %s", ok, err, s.State)
		}
	})
}

// TestBarcodesOfArticles: the number of an article is printed although it could be a card's.
func TestBarcodesOfArticles(t *testing.T) {
	deviceWorld(t, does, func(w *world) {
		const article = "4006381000093" // thirteen digits that pass the check of card numbers too
		body := func(kind string) string {
			return `{"PrintOutput":{"DocumentQualifier":"Document","ResponseMode":"PrintEnd","OutputContent":{"OutputFormat":"BarCode",` +
				`"OutputBarcode":{"BarcodeType":"` + kind + `","BarcodeValue":"` + article + `"}}}}`
		}
		for kind, want := range map[string]string{"EAN13": "Success <nil>", "QRCode": "Failure MessageFormat"} {
			if r := w.device("Print", kind, body(kind)); r.result("Print") != want {
				t.Errorf("%s: %s", kind, r.Raw)
			}
		}
	})
}

func TestDeviceBadInput(t *testing.T) {
	change := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%s is not in %s", old, s)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	display, input := displayBody("x"), inputBody("GetText", "TextString", `,"MaxInputTime":30,"MinLength":1,"MaxLength":9`)
	deviceWorld(t, does, func(w *world) {
		for i, c := range []struct{ category, body, want string }{
			{"Display", `{}`, "DisplayRequest, field DisplayOutput: Missing"},
			{"Display", `{"DisplayOutput":{}}`, "DisplayRequest, field DisplayOutput: Not an array"},
			{"Display", `{"DisplayOutput":[]}`, "DisplayRequest, field DisplayOutput: Must have 1 to 10 entries"},
			{"Display", `{"DisplayOutput":[1]}`, "DisplayRequest, field DisplayOutput[0]: Not an object"},
			{"Display", change("CustomerDisplay", "Wall")(display), "DisplayRequest.DisplayOutput[0], field Device: Must be one of"},
			{"Display", change(`"OutputFormat":"Text",`, "")(display), "DisplayOutput[0].OutputContent, field OutputFormat: Missing"},
			{"Display", change(`"OutputFormat":"Text"`, `"OutputFormat":"XHTML"`)(display), "DisplayOutput[0].OutputContent, field OutputXHTML: Missing"},
			{"Display", change(`"OutputFormat":"Text"`, `"OutputXHTML":"%","OutputFormat":"XHTML"`)(display), "field OutputXHTML: Not base64"},
			{"Display", change(`"Text":"x"`, `"Text":7`)(display), "OutputContent.OutputText[0], field Text: Not a string"},
			{"Display", change(`"Text":"x"`, `"Text":"x","StartRow":1.5`)(display), "OutputText[0], field StartRow: Must be a whole number"},
			{"Display", change(`"Text":"x"`, `"Text":"4761 7390 0000 0004"`)(display), "field Text: Looks like a card number"},
			{"Display", change(`"Text":"x"`, `"Text":"`+strings.Repeat("x", 2001)+`"`)(display), "field Text: Longer than 2000 bytes"},
			{"Display", change(`"InfoQualify"`, `"MinimumDisplayTime":1000,"InfoQualify"`)(display), "field MinimumDisplayTime: Must be a whole number, 0 to 999"},
			{"Display", change(`"InfoQualify"`, `"ResponseRequiredFlag":"yes","InfoQualify"`)(display), "field ResponseRequiredFlag: Not true or false"},
			{"Display", change(`"OutputFormat":"Text"`, `"OutputXHTML":"`+strings.Repeat("AAAA", 66_000)+`","OutputFormat":"XHTML"`)(display), "field OutputXHTML: Longer than 262144 bytes"},
			{"Display", `{"DisplayOutput":[` + strings.TrimSuffix(strings.Repeat(`{"Device":"CustomerDisplay","InfoQualify":"Display","OutputContent":{"OutputFormat":"XHTML","OutputXHTML":"`+strings.Repeat("AAAA", 41_000)+`"}},`, 2), ",") + `]}`,
				"field DisplayRequest: Longer than"},
			{"Input", `{}`, "InputRequest, field InputData: Missing"},
			{"Input", change(`"TextString"`, `"Dance"`)(input), "InputRequest.InputData, field InputCommand: Must be one of"},
			{"Input", change(`"TextString"`, `"DigitString"`)(input), "field InputCommand: Must be TextString for the ReferenceID GetText"},
			{"Input", change(`"GetText"`, `"GetMoney"`)(input), "PredefinedContent, field ReferenceID: Must be one of"},
			{"Input", change(`"MinLength":1`, `"MinLength":10`)(input), "InputData, field MinLength: More than MaxLength"},
			{"Input", change(`"MaxInputTime":30`, `"MaxInputTime":-1`)(input), "field MaxInputTime: Must be a whole number, 0 to 3600"},
			{"Input", `{"InputData":{"Device":"CustomerInput","InfoQualify":"Input","InputCommand":"GetMenuEntry"}}`, "InputRequest.DisplayOutput, field MenuEntry: Missing"},
			{"Print", `{"PrintOutput":{}}`, "PrintRequest.PrintOutput, field DocumentQualifier: Missing\nAt SaleToPOIRequest.PrintRequest.PrintOutput, field ResponseMode: Missing\nAt SaleToPOIRequest.PrintRequest.PrintOutput, field OutputContent: Missing"},
			{"Print", change("QRCode", "Runes")(printBody), "OutputContent.OutputBarcode, field BarcodeType: Must be one of"},
		} {
			got := w.device(c.category, fmt.Sprint(i), c.body)
			r := firstResult(got)
			switch c.category {
			case "Input":
				r, _ = got.in("Input", "InputResult", "Response").(map[string]any)
			case "Print":
				r, _ = got.in("Print", "Response").(map[string]any)
			}
			more, _ := url.ParseQuery(fmt.Sprint(r["AdditionalResponse"]))
			if r["ErrorCondition"] != "MessageFormat" || !strings.Contains(more.Get("errors"), c.want) || !strings.HasPrefix(more.Get("errors"), "At SaleToPOIRequest."+c.category+"Request") && !strings.Contains(more.Get("errors"), "At SaleToPOIRequest, field") {
				t.Errorf("%s %s: %q %s", c.category, c.body, more.Get("errors"), got.Raw)
			}
		}
		if n, _ := w.begun(); n != 0 || len(w.links.all()) != 0 {
			t.Errorf("%d exchanges, %d requests", n, len(w.links.all()))
		}
		if got := w.device("InputUpdate", "U", `{}`); got.result("InputUpdate") != "Failure UnavailableService" {
			t.Errorf("%s", got.Raw)
		}
	})
}
