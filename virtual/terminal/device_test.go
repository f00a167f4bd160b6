package terminal_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// tell sends a request of class Device.
func (r *rig) tell(id string, msg nexo.Message) {
	r.t.Helper()
	msg.Header = nexo.Header{ProtocolVersion: "3.0", MessageClass: "Device", MessageType: nexo.TypeRequest, ServiceID: id, SaleID: "till1", POIID: poiid}
	switch {
	case msg.DisplayRequest != nil:
		msg.Header.MessageCategory = nexo.CategoryDisplay
	case msg.InputRequest != nil:
		msg.Header.MessageCategory = nexo.CategoryInput
	case msg.PrintRequest != nil:
		msg.Header.MessageCategory = nexo.CategoryPrint
	case msg.AbortRequest != nil:
		msg.Header.MessageCategory, msg.Header.MessageClass = nexo.CategoryAbort, "Service"
	}
	raw, err := json.Marshal(msg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeNexo, Nexo: raw}))
}

// answerTo is the last answer to a request, with how often it was given.
func (r *rig) answerTo(id string) (last nexo.Message, times int) {
	for _, m := range r.cloud.responses {
		if m.Header.ServiceID == id {
			last = m
			times++
		}
	}
	return last, times
}

func (r *rig) inputResult(id string) nexo.InputResult {
	r.t.Helper()
	m, n := r.answerTo(id)
	if n != 1 || m.InputResponse == nil || m.Header.MessageType != nexo.TypeResponse || m.Header.MessageClass != "Device" {
		r.t.Fatalf("%d answers to %s, the last %+v", n, id, m)
	}
	return m.InputResponse.InputResult
}

func text(lines ...string) nexo.OutputContent {
	c := nexo.OutputContent{OutputFormat: nexo.FormatText}
	for _, l := range lines {
		c.OutputText = append(c.OutputText, nexo.OutputText{Text: l})
	}
	return c
}

func show(c nexo.OutputContent, seconds int) nexo.Message {
	return nexo.Message{DisplayRequest: &nexo.DisplayRequest{DisplayOutput: []nexo.DisplayOutput{
		{Device: nexo.CustomerDisplay, InfoQualify: "Display", OutputContent: c, MinimumDisplayTime: seconds},
	}}}
}

// asking is an input under a predefined content.
func asking(reference string, in nexo.InputData, entries []string, lines ...string) nexo.Message {
	c := text(lines...)
	c.PredefinedContent = &nexo.PredefinedContent{ReferenceID: reference}
	in.Device, in.InfoQualify = nexo.CustomerInput, "Input"
	out := &nexo.DisplayOutput{Device: nexo.CustomerDisplay, InfoQualify: "Display", OutputContent: c}
	for _, e := range entries {
		out.MenuEntry = append(out.MenuEntry, nexo.MenuEntry{OutputFormat: nexo.FormatText, OutputText: []nexo.OutputText{{Text: e}}})
	}
	return nexo.Message{InputRequest: &nexo.InputRequest{DisplayOutput: out, InputData: in}}
}

func confirmation() nexo.Message {
	return asking("GetConfirmation", nexo.InputData{InputCommand: nexo.GetConfirmation}, nil, "Loyalty", "Join the club?", "Rather not", "Yes please")
}

func printing(mode string, c nexo.OutputContent) nexo.Message {
	return nexo.Message{PrintRequest: &nexo.PrintRequest{PrintOutput: nexo.PrintOutput{DocumentQualifier: "Document", ResponseMode: mode, OutputContent: c}}}
}

func (r *rig) screen() terminal.Screen { return r.m.Status().Screen }

func TestDisplayShowsAndIdles(t *testing.T) {
	r := ready(t)
	r.tell("D1", show(text("Your total", "EUR 12.34"), 0))
	r.wantScreen(terminal.ScreenDisplay)
	if got := r.screen().Lines; !slices.Equal(got, []string{"Your total", "EUR 12.34"}) {
		t.Errorf("lines %q", got)
	}
	m, n := r.answerTo("D1")
	if n != 1 || m.DisplayResponse == nil || len(m.DisplayResponse.OutputResult) != 1 || m.DisplayResponse.OutputResult[0].Response.Result != nexo.ResultSuccess {
		t.Fatalf("%d answers, %+v", n, m.DisplayResponse)
	}
	r.wait(time.Minute)
	r.wantScreen(terminal.ScreenDisplay) // until the register shows something else
	r.tell("D2", show(nexo.OutputContent{OutputFormat: nexo.FormatMessageRef, PredefinedContent: &nexo.PredefinedContent{ReferenceID: "AcceptedAnimated"}}, 0))
	if got := r.screen(); got.Picture != "AcceptedAnimated" || len(got.Lines) != 0 {
		t.Errorf("picture %q with %q", got.Picture, got.Lines)
	}
	r.tell("D3", show(nexo.OutputContent{OutputFormat: nexo.FormatMessageRef, PredefinedContent: &nexo.PredefinedContent{ReferenceID: "Idle"}}, 0))
	r.wantScreen(terminal.ScreenIdle)
	r.tell("D4", show(text("Bye"), 0))
	r.keys("1")
	r.wantScreen(terminal.ScreenDisplay)
	r.keys("stop")
	r.wantScreen(terminal.ScreenIdle)
}

func TestDisplayHasItsTime(t *testing.T) {
	r := ready(t)
	r.tell("D1", show(text("first"), 5))
	r.tell("D2", show(text("second"), 0))
	if _, n := r.answerTo("D2"); n != 0 || r.screen().Title != "first" {
		t.Fatalf("%d answers, screen %q", n, r.screen().Title)
	}
	r.wait(4 * time.Second)
	if r.screen().Title != "first" {
		t.Fatal("the first had not its time")
	}
	r.wait(time.Second)
	if _, n := r.answerTo("D2"); n != 1 || r.screen().Title != "second" {
		t.Fatalf("%d answers, screen %q", n, r.screen().Title)
	}
	r.tell("D3", show(text("third"), 900))
	r.deliver(r.cloud.pay("X1", 100, "coffee"))
	r.wantScreen(terminal.ScreenPresentCard) // a payment waits for no text
}

func TestConfirmation(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*rig)
		want *bool
		err  nexo.ErrorCondition
	}{
		"yes by the button": {func(r *rig) { r.do(terminal.Touched{Item: "yes"}) }, new(true), ""},
		"no by the button":  {func(r *rig) { r.do(terminal.Touched{Item: "no"}) }, new(false), ""},
		"yes by the key":    {func(r *rig) { r.keys("ok") }, new(true), ""},
		"cancelled":         {func(r *rig) { r.keys("stop") }, nil, nexo.ErrorCancel},
		"by the API":        {func(r *rig) { r.do(terminal.Answered{Confirm: new(false)}) }, new(false), ""},
		"nobody answers":    {func(r *rig) { r.wait(2 * time.Minute) }, nil, nexo.ErrorCancel},
		"aborted": {func(r *rig) {
			r.tell("A1", nexo.Message{AbortRequest: &nexo.AbortRequest{AbortReason: "MerchantAbort",
				MessageReference: nexo.MessageReference{MessageCategory: nexo.CategoryInput, ServiceID: "I1"}}})
		}, nil, nexo.ErrorAborted},
		"another request":    {func(r *rig) { r.tell("D1", show(text("other"), 0)) }, nil, nexo.ErrorAborted},
		"a payment":          {func(r *rig) { r.deliver(r.cloud.pay("X1", 100, "")) }, nil, nexo.ErrorAborted},
		"a power cut":        {func(r *rig) { r.restart() }, nil, nexo.ErrorAborted},
		"the power goes out": {func(r *rig) { r.do(terminal.PowerOff{}); r.do(terminal.PowerOn{}) }, nil, nexo.ErrorAborted},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.tell("I1", confirmation())
			r.wantScreen(terminal.ScreenInput)
			s := r.screen()
			if s.Title != "Loyalty" || !slices.Equal(s.Lines, []string{"Join the club?"}) || len(s.Items) != 2 ||
				s.Items[0].Label != "Rather not" || s.Items[1].Label != "Yes please" || s.Asked == nil || s.Asked.ServiceID != "I1" {
				t.Fatalf("screen %+v", s)
			}
			c.do(r)
			got := r.inputResult("I1")
			if c.err != "" {
				if got.Response.Result != nexo.ResultFailure || got.Response.ErrorCondition != c.err || got.Input != nil {
					t.Fatalf("%+v", got)
				}
			} else if got.Response.Result != nexo.ResultSuccess || got.Input == nil || got.Input.InputCommand != nexo.GetConfirmation || *got.Input.ConfirmedFlag != *c.want {
				t.Fatalf("%+v", got)
			}
			if r.screen().Name == terminal.ScreenInput {
				t.Error("the input is still on the screen")
			}
		})
	}
}

func TestInputs(t *testing.T) {
	digits := nexo.InputData{InputCommand: nexo.DigitString, MinLength: 2, MaxLength: 4}
	for name, c := range map[string]struct {
		ask  nexo.Message
		do   func(*rig)
		want nexo.Input
	}{
		"digits keep their zeros":  {asking("GetDigit", digits, nil, "Table"), func(r *rig) { r.keys("0 ok 0 7 ok") }, nexo.Input{DigitInput: "007"}},
		"digits have their most":   {asking("GetDigit", digits, nil, "Table"), func(r *rig) { r.keys("1 2 3 4 5 6 corr ok") }, nexo.Input{DigitInput: "123"}},
		"a default":                {asking("GetPhoneNumber", nexo.InputData{InputCommand: nexo.DigitString, DefaultInputString: "0031"}, nil, "Phone"), func(r *rig) { r.keys("6 ok") }, nexo.Input{DigitInput: "00316"}},
		"digits by the API":        {asking("GetDigit", digits, nil, "Table"), func(r *rig) { r.do(terminal.Answered{Digits: new("42")}) }, nexo.Input{DigitInput: "42"}},
		"a rating":                 {asking("GetRating", nexo.InputData{InputCommand: nexo.DigitString}, nil, "How was it?"), func(r *rig) { r.keys("1 1 0 ok") }, nexo.Input{DigitInput: "10"}},
		"a rating by touch":        {asking("GetRating", nexo.InputData{InputCommand: nexo.DigitString}, nil, "How?"), func(r *rig) { r.do(terminal.Touched{Item: "rate:7"}); r.keys("ok") }, nexo.Input{DigitInput: "7"}},
		"a rating with one key":    {asking("GetOneKeyRating", nexo.InputData{InputCommand: nexo.DigitString}, nil, "How?"), func(r *rig) { r.keys("4") }, nexo.Input{DigitInput: "4"}},
		"an amount":                {asking("GetAmount", nexo.InputData{InputCommand: nexo.DecimalString, MaxDecimalLength: 2}, nil, "Tip"), func(r *rig) { r.keys("5 ok corr 1 2 5 0 ok") }, nexo.Input{TextInput: "0.05"}},
		"an amount of some digits": {asking("GetAmount", nexo.InputData{InputCommand: nexo.DecimalString, MaxDecimalLength: 2}, nil, "Tip"), func(r *rig) { r.keys("1 2 5 0 ok") }, nexo.Input{TextInput: "12.50"}},
		"text":                     {asking("GetText", nexo.InputData{InputCommand: nexo.TextString, MaxLength: 30}, nil, "Name"), func(r *rig) { r.do(terminal.TextTyped{Text: "Zoë & Co"}); r.keys("ok") }, nexo.Input{TextInput: "Zoë & Co"}},
		"one of a menu":            {asking("MenuButtons", nexo.InputData{InputCommand: nexo.GetMenuEntry}, []string{"Tea", "Coffee"}, "Drink"), func(r *rig) { r.do(terminal.Touched{Item: "entry:2"}) }, nexo.Input{MenuEntryNumber: []int{0, 1}}},
		"one of a menu by its key": {asking("MenuButtons", nexo.InputData{InputCommand: nexo.GetMenuEntry}, []string{"Tea", "Coffee"}, "Drink"), func(r *rig) { r.keys("ok 1") }, nexo.Input{MenuEntryNumber: []int{1, 0}}},
		"some of a menu": {asking("MenuButtons", nexo.InputData{InputCommand: nexo.GetMenuEntry, MinLength: 2, MaxLength: 3}, []string{"A", "B", "C"}, "Which"), func(r *rig) {
			r.keys("1 ok") // too few
			r.wantScreen(terminal.ScreenInput)
			r.keys("2 2 3 ok")
		}, nexo.Input{MenuEntryNumber: []int{1, 0, 1}}},
		"some by the API": {asking("MenuButtons", nexo.InputData{InputCommand: nexo.GetMenuEntry, MaxLength: 3}, []string{"A", "B", "C"}, "Which"), func(r *rig) { r.do(terminal.Answered{Entries: []int{2, 3}}) }, nexo.Input{MenuEntryNumber: []int{0, 1, 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.tell("I1", c.ask)
			r.wantScreen(terminal.ScreenInput)
			c.do(r)
			got := r.inputResult("I1")
			c.want.InputCommand = c.ask.InputRequest.InputData.InputCommand
			if got.Input == nil || got.Response.Result != nexo.ResultSuccess {
				t.Fatalf("%+v", got)
			}
			if a, b := encoded(t, *got.Input), encoded(t, c.want); a != b {
				t.Errorf("%s, want %s", a, b)
			}
			r.wantScreen(terminal.ScreenIdle)
		})
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestHiddenAndMaskedInput(t *testing.T) {
	r := ready(t)
	r.tell("I1", asking("GetDigit", nexo.InputData{InputCommand: nexo.DigitString, MaskCharactersFlag: true, MaxLength: 6}, nil, "Code"))
	r.keys("9 8 7")
	for _, s := range r.screens {
		if strings.ContainsAny(encoded(t, s.Field), "987") {
			t.Fatalf("what is hidden is on the screen: %+v", s.Field)
		}
	}
	if f := r.screen().Field; f.Text != "•••" || !f.Hidden {
		t.Errorf("field %+v", f)
	}
	r.tell("I2", asking("GetDigit", nexo.InputData{InputCommand: nexo.DigitString, StringMask: "**/**", MaxLength: 4}, nil, "Until"))
	r.keys("1 2 3")
	if f := r.screen().Field; f.Text != "12/3_" {
		t.Errorf("mask %q", f.Text)
	}
}

func TestInputSignature(t *testing.T) {
	r := ready(t)
	ask := asking("GetSignature", nexo.InputData{InputCommand: nexo.GetConfirmation}, nil, "Sign", "for the hire of a bicycle")
	r.tell("I1", ask)
	r.keys("ok")
	r.wantScreen(terminal.ScreenInput)
	if r.screen().Error == "" {
		t.Error("nothing says that the signature is missing")
	}
	r.do(terminal.Answered{Strokes: [][][2]int{{{10, 20}, {30, 40}}}, More: true})
	r.do(terminal.Answered{Strokes: [][][2]int{{{255, 100}}}, More: true})
	if r.screen().Signature != "M10 20L30 40M255 100h1" {
		t.Errorf("drawn %q", r.screen().Signature)
	}
	r.do(terminal.Touched{Item: "yes"})
	got := r.inputResult("I1")
	data, err := url.ParseQuery(got.Response.AdditionalResponse)
	if err != nil || got.Input == nil || !*got.Input.ConfirmedFlag {
		t.Fatalf("%+v %v", got, err)
	}
	if d := data.Get("responseData"); d != `{"signature":{"x":["A","1E","FFFF","FF","FFFF"],"y":["14","28","FFFF","64","FFFF"]}}` {
		t.Errorf("signature %s", d)
	}
	r.tell("I2", ask)
	r.do(terminal.Answered{Text: new("Ada Lovelace")})
	if got := r.inputResult("I2"); got.Input == nil || strings.Count(got.Response.AdditionalResponse, "FFFF") != 4 {
		t.Errorf("typed: %+v", got)
	}
}

func TestDeviceRequestsAreTakenOnce(t *testing.T) {
	r := ready(t)
	r.tell("I1", confirmation())
	r.tell("I1", confirmation())
	if _, n := r.answerTo("I1"); n != 0 {
		t.Fatal("a repeat of an open input was answered")
	}
	r.keys("ok")
	r.restart()
	r.tell("I1", confirmation())
	r.wantScreen(terminal.ScreenIdle)
	m, n := r.answerTo("I1")
	if n != 2 || m.InputResponse == nil || !*m.InputResponse.InputResult.Input.ConfirmedFlag {
		t.Fatalf("%d answers, %+v", n, m)
	}
	r.tell("P1", printing("PrintEnd", text("once")))
	r.tell("P1", printing("PrintEnd", text("once")))
	if _, n := r.answerTo("P1"); n != 2 || len(r.paper) != 1 {
		t.Errorf("%d answers, %d papers", n, len(r.paper))
	}
}

func TestDeviceRequestsBesideOthers(t *testing.T) {
	busy := func(r *rig, id string) nexo.Response {
		r.t.Helper()
		r.tell(id, show(text("hello"), 0))
		m, _ := r.answerTo(id)
		if m.DisplayResponse == nil || len(m.DisplayResponse.OutputResult) != 1 {
			r.t.Fatalf("answer %+v", m)
		}
		return m.DisplayResponse.OutputResult[0].Response
	}
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 100, ""))
	got := busy(r, "D1")
	data, _ := url.ParseQuery(got.AdditionalResponse)
	if got.ErrorCondition != nexo.ErrorBusy || data.Get("serviceId") != "X1" || data.Get("message") == "" {
		t.Errorf("during a payment: %+v", got)
	}
	r.tell("P1", printing("PrintEnd", text("kitchen: two teas")))
	if len(r.paper) != 1 {
		t.Error("a payment keeps the printer from printing")
	}
	r.keys("stop")
	if got := busy(r, "D1"); got.Result != nexo.ResultSuccess { // Busy is no stored answer
		t.Errorf("after the payment: %+v", got)
	}
	r.keys("stop")
	r.do(terminal.LogoHeld{})
	if got := busy(r, "D2"); got.ErrorCondition != nexo.ErrorBusy || got.AdditionalResponse != "message=ADMIN_MENU" {
		t.Errorf("in the menus: %+v", got)
	}
}

func TestPrint(t *testing.T) {
	r := ready(t)
	flag := false
	c := nexo.OutputContent{OutputFormat: nexo.FormatText, OutputText: []nexo.OutputText{
		{Text: "Tea", Alignment: "Left", EndOfLineFlag: &flag}, {Text: "2.50", CharacterStyle: "Bold"}, {Text: "Thanks", CharacterHeight: "DoubleHeight"},
	}}
	r.tell("P1", printing("PrintEnd", c))
	if len(r.paper) != 1 || r.paper[0].Kind != terminal.PaperDocument || len(r.paper[0].Blocks) != 2 {
		t.Fatalf("paper %+v", r.paper)
	}
	first := r.paper[0].Blocks[0]
	if first.Align != "left" || len(first.Spans) != 2 || first.Spans[0].Text != "Tea" || !first.Spans[1].Bold || !r.paper[0].Blocks[1].Spans[0].Tall {
		t.Errorf("looks %+v", r.paper[0].Blocks)
	}
	code := nexo.OutputContent{OutputFormat: nexo.FormatBarCode, OutputBarcode: &nexo.OutputBarcode{BarcodeType: "QRCODE", BarcodeValue: "https://example.test/r/1"}}
	r.tell("P2", printing("Immediate", code))
	if p := r.paper[1].Blocks[0].Picture; p == nil || p.Kind != "QRCode" || p.Path == "" || p.Text != "https://example.test/r/1" {
		t.Errorf("code %+v", r.paper[1].Blocks)
	}
	if got := r.m.Status().Receipts; len(got) != 2 {
		t.Errorf("%d on the roll", len(got))
	}
	r.restart()
	if got := r.m.Status().Receipts; len(got) != 2 {
		t.Errorf("%d on the roll after a power cut", len(got))
	}
}

func TestPrintWithoutPaper(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultPaperOut})
	r.tell("P1", printing("PrintEnd", text("now or never")))
	m, _ := r.answerTo("P1")
	if m.PrintResponse == nil || m.PrintResponse.Response.ErrorCondition != nexo.ErrorDeviceOut {
		t.Errorf("PrintEnd: %+v", m.PrintResponse)
	}
	r.tell("P2", printing("Immediate", text("when there is paper")))
	if m, _ := r.answerTo("P2"); m.PrintResponse == nil || m.PrintResponse.Response.Result != nexo.ResultSuccess {
		t.Errorf("Immediate: %+v", m.PrintResponse)
	}
	if len(r.paper) != 0 {
		t.Fatal("there was no paper")
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultPaperOut})
	if len(r.paper) != 1 || r.paper[0].Blocks[0].Text() != "when there is paper" {
		t.Errorf("paper %+v", r.paper)
	}
}

func TestDeviceRequestsThatDoNotFit(t *testing.T) {
	display := func(c nexo.OutputContent) nexo.Message { return show(c, 0) }
	for name, c := range map[string]struct {
		ask  nexo.Message
		want string
	}{
		"no output":      {nexo.Message{DisplayRequest: &nexo.DisplayRequest{}}, "DisplayOutput"},
		"unknown format": {display(nexo.OutputContent{OutputFormat: "Smoke"}), "OutputFormat"},
		"unknown name":   {display(nexo.OutputContent{OutputFormat: nexo.FormatMessageRef, PredefinedContent: &nexo.PredefinedContent{ReferenceID: "Firework"}}), "ReferenceID"},
		"no text":        {display(nexo.OutputContent{OutputFormat: nexo.FormatText}), "OutputText"},
		"bad base64":     {display(nexo.OutputContent{OutputFormat: nexo.FormatXHTML, OutputXHTML: "%%"}), "OutputXHTML"},
		"bad bar code":   {display(nexo.OutputContent{OutputFormat: nexo.FormatBarCode, OutputBarcode: &nexo.OutputBarcode{BarcodeType: "EAN13", BarcodeValue: "abc"}}), "BarcodeValue"},
		"no entries":     {asking("MenuButtons", nexo.InputData{InputCommand: nexo.GetMenuEntry}, nil, "Which"), "MenuEntry"},
		"lengths":        {asking("GetText", nexo.InputData{InputCommand: nexo.TextString, MinLength: 5, MaxLength: 2}, nil, "x"), "MaxLength"},
		"a default":      {asking("GetDigit", nexo.InputData{InputCommand: nexo.DigitString, DefaultInputString: "abc"}, nil, "x"), "DefaultInputString"},
		"no document":    {nexo.Message{PrintRequest: &nexo.PrintRequest{}}, "DocumentQualifier"},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.tell("B1", c.ask)
			m, n := r.answerTo("B1")
			var got nexo.Response
			switch {
			case m.DisplayResponse != nil:
				got = m.DisplayResponse.OutputResult[0].Response
			case m.InputResponse != nil:
				got = m.InputResponse.InputResult.Response
			case m.PrintResponse != nil:
				got = m.PrintResponse.Response
			}
			data, _ := url.ParseQuery(got.AdditionalResponse)
			if n != 1 || got.ErrorCondition != nexo.ErrorMessageFormat || !strings.Contains(data.Get("errors"), c.want) {
				t.Errorf("%d answers: %+v", n, got)
			}
			r.wantScreen(terminal.ScreenIdle)
		})
	}
	r := ready(t)
	r.tell("B2", asking("", nexo.InputData{InputCommand: "GetAnyKey"}, nil, "x"))
	if got := r.inputResult("B2"); got.Response.ErrorCondition != nexo.ErrorUnavailableService {
		t.Errorf("GetAnyKey: %+v", got)
	}
}

func TestXHTMLIsDataAlone(t *testing.T) {
	const page = `<html><head><title>no</title><style>p{color:red}</style></head><body onload="x()"><h1>Ol&eacute;</h1>
	<p>one <b>two</b><br/>three</p><script>alert(1)</script><a href="javascript:x()">link</a>
	<img src="https://example.test/spy.png" alt="spy"/><img alt="dot" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"/></body></html>`
	r := ready(t)
	r.tell("D1", show(nexo.OutputContent{OutputFormat: nexo.FormatXHTML, OutputXHTML: base64.StdEncoding.EncodeToString([]byte(page))}, 0))
	s := r.screen()
	if !slices.Equal(s.Lines, []string{"Olé", "one two", "three", "link", "[picture spy]", "dot"}) {
		t.Errorf("lines %q", s.Lines)
	}
	raw := encoded(t, s)
	for _, bad := range []string{"alert", "javascript", "https://example.test", "color:red", "onload"} {
		if strings.Contains(raw, bad) {
			t.Errorf("%q came through", bad)
		}
	}
	if !strings.Contains(raw, `"data:image/gif;base64,`) {
		t.Error("the picture did not come through")
	}
}

// TestPowerCutAtEveryRecordOfARegister cuts the power before each record in turn while a register shows, asks and
// prints, and goes on from what was written: each request is answered in the end, always alike, and one paper
// comes out.
func TestPowerCutAtEveryRecordOfARegister(t *testing.T) {
	walk := func(r *rig) {
		r.configure(1, map[string]string{"localization.language": `"nl"`, "nexo.eventUrls": `["https://till.example"]`})
		r.tell("D1", show(text("hello"), 5))
		r.tell("D2", show(text("again"), 0))
		if !r.crashed {
			r.wait(5 * time.Second)
		}
		r.tell("I1", confirmation())
		if !r.crashed {
			r.keys("ok")
		}
		r.tell("P1", printing("PrintEnd", text("paper")))
		r.command("C1", poilink.CommandMessage, "read me")
		r.command("C2", poilink.CommandRestart, "")
	}
	whole := ready(t)
	walk(whole)
	first, last := len(ready(t).journal), len(whole.journal)
	if last-first < 15 {
		t.Fatalf("only %d records: the walk is too short to prove anything", last-first)
	}
	for n := first + 1; n <= last; n++ {
		r := ready(t)
		r.crashAt = n
		walk(r)
		if !r.crashed {
			t.Fatalf("%d: no crash", n)
		}
		r.restart()
		for range 6 {
			if r.screen().Name == terminal.ScreenInput {
				r.keys("ok")
			}
			r.wait(5 * time.Second)
		}
		answers := map[string]string{}
		for _, m := range r.cloud.responses {
			if m.EventNotification != nil {
				continue
			}
			raw := encoded(t, m)
			if was, ok := answers[m.Header.ServiceID]; ok && was != raw {
				t.Errorf("%d: two answers to %s:\n%s\n%s", n, m.Header.ServiceID, was, raw)
			}
			answers[m.Header.ServiceID] = raw
		}
		st := r.m.Status()
		if len(answers) != 4 || len(st.Receipts) != 1 || st.Unsent != 0 || st.Language != "nl" || !st.Online || st.Screen.Name != terminal.ScreenMessage {
			t.Errorf("%d: %d answers, %d papers, %d unsent, language %s, online %v, screen %s",
				n, len(answers), len(st.Receipts), st.Unsent, st.Language, st.Online, st.Screen.Name)
		}
	}
}
