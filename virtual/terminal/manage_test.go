package terminal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// configure sends settings and gives the answer to them.
func (r *rig) configure(version uint64, values map[string]string) poilink.SettingsApplied {
	r.t.Helper()
	s := &poilink.Settings{Version: version, Values: map[string]json.RawMessage{}}
	for name, v := range values {
		s.Values[name] = json.RawMessage(v)
	}
	from := len(r.sent)
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeSettings, Settings: s}))
	for _, f := range r.sent[from:] {
		if f.SettingsApplied != nil {
			return *f.SettingsApplied
		}
	}
	return poilink.SettingsApplied{}
}

func (r *rig) command(id string, kind poilink.CommandKind, text string) {
	r.t.Helper()
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeCommand, Command: &poilink.Command{ID: id, Kind: kind, Text: text}}))
}

// frames are those of a type that were sent.
func (r *rig) frames(t poilink.Type) (list []poilink.Frame) {
	for _, f := range r.sent {
		if f.Type == t {
			list = append(list, f)
		}
	}
	return list
}

func (r *rig) events() (list []string) {
	for _, f := range r.frames(poilink.TypeNexo) {
		var m nexo.Message
		if json.Unmarshal(f.Nexo, &m) == nil && m.EventNotification != nil {
			list = append(list, strings.TrimSpace(m.EventNotification.EventToNotify+" "+m.EventNotification.EventDetails))
		}
	}
	return list
}

func TestSettingsOfTheCloud(t *testing.T) {
	r := ready(t)
	a := r.configure(3, map[string]string{
		"localization.language": `"nl-BE"`, "receiptOptions.headerLine1": `"Café"`, "moto.enableMoto": `true`,
		"cloud.webSocketEnabled": `true`, "passcodes.adminMenuPin": `"777777"`, "signature.deviceSlogan": `"Dag!"`,
	})
	if a.Version != 3 || len(a.Refused) != 1 || a.Refused["moto.enableMoto"] == "" || string(a.Values["localization.language"]) != `"nl-BE"` {
		t.Fatalf("applied %+v", a)
	}
	if strings.Contains(encoded(t, a), "777777") || strings.Contains(strings.Join(r.journal, ""), "777777") {
		t.Error("the PIN is in clear")
	}
	if s := r.m.Status(); s.Language != "nl" || !slices.Contains(s.Administered, "language") || s.SettingsVersion != 3 || !slices.Contains(s.Screen.Lines, "Dag!") {
		t.Errorf("status %+v", s)
	}
	if r.do(terminal.SettingChanged{ID: "language", Value: "fr"}); r.m.Status().Language != "nl" || r.said == "" {
		t.Error("a person changed what the administrator set")
	}
	again := r.configure(3, map[string]string{"localization.language": `"fr"`})
	if encoded(t, again) != encoded(t, a) {
		t.Errorf("a repeat got %+v", again)
	}
	if old := r.configure(2, nil); old.Version != 0 {
		t.Errorf("an older version was answered: %+v", old)
	}
	r.restart()
	if r.m.Status().Language != "nl" {
		t.Error("a power cut took the settings away")
	}
	a = r.configure(4, map[string]string{"localization.language": `"xx"`})
	if !strings.Contains(a.Refused["localization.language"], "xx") || string(a.Values["localization.language"]) != `"en"` {
		t.Errorf("applied %+v", a)
	}
	if s := r.m.Status(); s.Language != "en" || len(s.Administered) != 0 {
		t.Error("what is not set did not go back")
	}
}

func TestAdministeredPINOpensTheMenus(t *testing.T) {
	r := ready(t)
	r.configure(1, map[string]string{"passcodes.adminMenuPin": `"777777"`})
	r.do(terminal.LogoHeld{})
	r.keys("1 3 2 4 ok")
	r.wantScreen(terminal.ScreenManagerPIN)
	r.keys("7 7 7 7 7 7 ok")
	r.wantScreen(terminal.ScreenHome)
}

func TestCloudModeOfTheCloud(t *testing.T) {
	r := ready(t)
	r.configure(1, map[string]string{"device.cloudMode": `true`})
	r.do(terminal.SettingChanged{ID: "cloudMode", Value: "off"}) // the rule may be broken by who has the PIN
	r.wantScreen(terminal.ScreenHome)
	r.configure(2, map[string]string{"device.cloudMode": `false`})
	r.do(terminal.SettingChanged{ID: "cloudMode", Value: "on"})
	r.wantScreen(terminal.ScreenHome)
	r.configure(3, map[string]string{"device.cloudMode": `true`})
	r.wantScreen(terminal.ScreenIdle)
	if reports := r.cloud.counter.reports; len(reports) == 0 || !reports[len(reports)-1].CloudMode {
		t.Errorf("reports %+v", reports)
	}
}

func TestReceiptSettingsOfTheCloud(t *testing.T) {
	pay := func(values map[string]string) *rig {
		r := ready(t)
		r.configure(1, values)
		r.deliver(r.cloud.pay("X1", 1000, ""))
		r.present(terminal.Tap, "visa")
		r.wantEnd(terminal.ResultApproved)
		return r
	}
	if r := pay(map[string]string{"receiptOptions.headerLine1": `"Olé"`, "receiptOptions.headerLine2": `"Bar"`}); len(r.paper) != 1 || !slices.Equal(r.paper[0].Header, []string{"Olé", "Bar"}) {
		t.Errorf("paper %+v", r.paper)
	}
	if r := pay(map[string]string{"receiptPrinting.merchantApproved": "false", "receiptPrinting.shopperApproved": "false"}); len(r.paper) != 0 {
		t.Error("a receipt that nobody wants was printed")
	}
	if r := pay(map[string]string{"receiptPrinting.shopperApproved": "true", "receiptPrinting.merchantApproved": "false"}); len(r.paper) != 1 {
		t.Error("no receipt")
	}
}

func TestGratuitiesOfTheCloud(t *testing.T) {
	r := ready(t)
	r.configure(1, map[string]string{"gratuities": `[{"currency":"EUR","usePredefinedTipEntries":true,"predefinedTipEntries":["5%","200"],"allowCustomAmount":true}]`})
	r.deliver(r.cloud.pay("X1", 1000, ""))
	r.wantScreen(terminal.ScreenTip)
	if items := r.screen().Items; items[0].Value != "EUR 0.50" || items[1].Value != "EUR 2.00" {
		t.Errorf("items %+v", items)
	}
}

func TestHealthIsReported(t *testing.T) {
	r := ready(t)
	h := r.cloud.hellos[len(r.cloud.hellos)-1].Report.Health
	if h == nil || h.Battery == nil || *h.Battery != 100 || h.Printer != poilink.PrinterOK || !h.CardReader || !h.PED || h.Network.Kind != "wifi" || h.Firmware == "" {
		t.Fatalf("hello says %+v", h)
	}
	r.wait(time.Minute) // the keys came after hello
	reports := func() []poilink.Report { return r.cloud.counter.reports }
	before := len(reports())
	if last := reports()[before-1].Health; !last.Security {
		t.Errorf("with keys: %+v", last)
	}
	r.do(terminal.FaultSet{Fault: terminal.FaultPaperOut})
	if n := len(reports()); n != before+1 || reports()[n-1].Health.Printer != poilink.PrinterNoPaper {
		t.Fatalf("%d reports more, the last %+v", n-before, reports()[n-1].Health)
	}
	for range 20 { // what flutters is not told each time
		r.do(terminal.FaultSet{Fault: terminal.FaultBattery})
		r.do(terminal.FaultClear{Fault: terminal.FaultBattery})
	}
	r.do(terminal.FaultSet{Fault: terminal.FaultBattery})
	r.wait(10 * time.Second)
	if n := len(reports()); n > before+3 || *reports()[n-1].Health.Battery > 10 {
		t.Errorf("%d reports more, the last %+v", n-before, reports()[n-1].Health)
	}
}

func TestProbe(t *testing.T) {
	r := ready(t)
	r.deliver(poilink.Frame{Type: poilink.TypeProbe, Probe: &poilink.Probe{ID: "7"}})
	p := r.frames(poilink.TypeProbed)
	if len(p) != 1 || p[0].Probed.ID != "7" || p[0].Probed.TimeMS != r.now.UnixMilli() || p[0].Probed.Report.Health == nil {
		t.Fatalf("probed %+v", p)
	}
	r.do(terminal.FaultSet{Fault: terminal.FaultNoTCP})
	r.do(terminal.FaultSet{Fault: terminal.FaultReader})
	r.deliver(poilink.Frame{Type: poilink.TypeProbe, Probe: &poilink.Probe{ID: "8", Full: true}})
	if len(r.tests) != 1 || r.tests[0].ID != "8" || !slices.Equal(r.tests[0].Broken, []terminal.Fault{terminal.FaultNoTCP}) {
		t.Fatalf("tests %+v", r.tests)
	}
	r.do(terminal.Tested{ID: "8", Checks: []poilink.Check{{Name: "resolve", Result: poilink.CheckPass}, {Name: "connect", Result: poilink.CheckFail, Detail: "no answer"}}})
	p = r.frames(poilink.TypeProbed)
	got := map[string]poilink.CheckResult{}
	for _, c := range p[len(p)-1].Probed.Checks {
		got[c.Name] = c.Result
	}
	want := map[string]poilink.CheckResult{
		"resolve": "pass", "connect": "fail", "clock": "pass", "disk": "pass", "battery": "pass", "printer": "pass", "cardReader": "fail", "security": "pass",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("checks %v, want %v", got, want)
	}
}

func TestCommands(t *testing.T) {
	r := ready(t)
	r.command("C1", poilink.CommandMessage, "Please clean the reader")
	r.wantScreen(terminal.ScreenMessage)
	if s := r.screen(); s.Lines[0] != "Please clean the reader" || s.Items[0].ID != "read" {
		t.Errorf("screen %+v", s)
	}
	r.restart()
	r.wantScreen(terminal.ScreenMessage) // nobody has read it
	r.deliver(r.cloud.pay("X1", 100, ""))
	r.wantScreen(terminal.ScreenPresentCard)
	r.keys("stop")
	r.wait(10 * time.Second)
	r.keys("ok")
	r.wantScreen(terminal.ScreenIdle)
	r.command("C1", poilink.CommandMessage, "Please clean the reader")
	r.wantScreen(terminal.ScreenIdle)

	r.command("C2", poilink.CommandIdentify, "")
	if !r.m.Status().Identify {
		t.Error("it does not show who it is")
	}
	r.wait(10 * time.Second)
	if r.m.Status().Identify {
		t.Error("it shows who it is for ever")
	}
}

func TestRestartCommand(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 100, ""))
	r.command("C1", poilink.CommandRestart, "")
	r.wantScreen(terminal.ScreenPresentCard) // not while somebody pays
	r.keys("stop")
	connects := r.connect
	r.wait(7 * time.Second) // the result is read, then the power goes
	if byes := r.frames(poilink.TypeBye); len(byes) != 1 || byes[0].Bye.Reason != "restart" {
		t.Fatalf("byes %+v", byes)
	}
	r.wait(10 * time.Second)
	if !r.m.Status().Online || r.connect != connects+1 {
		t.Fatalf("online %v after %d connections", r.m.Status().Online, r.connect-connects)
	}
	r.command("C1", poilink.CommandRestart, "")
	r.wait(10 * time.Second)
	if r.connect != connects+1 {
		t.Error("the same command restarted it twice")
	}
}

func TestEventsAreToldWhereAsked(t *testing.T) {
	r := ready(t)
	r.do(terminal.LogoHeld{})
	r.keys("1 3 2 4 ok stop")
	if got := r.events(); len(got) != 0 {
		t.Fatalf("nobody asked for %v", got)
	}
	r = ready(t)
	r.configure(1, map[string]string{
		"nexo.eventUrls":    `{"eventPublicUrls":[{"url":"https://till.example"}]}`,
		"nexo.notification": `{"category":"SaleWakeUp","enabled":true,"showButton":true,"title":"Pay at table"}`,
	})
	if items := r.screen().Items; len(items) != 1 || items[0].Label != "Pay at table" {
		t.Fatalf("items %+v", items)
	}
	r.keys("9 8 7 6 ok")
	r.wantScreen(terminal.ScreenIdle)
	r.do(terminal.Touched{Item: "notify"})
	r.tell("D1", show(text("the register goes first"), 0)) // this is no admin menu
	r.wantScreen(terminal.ScreenDisplay)
	r.keys("stop")
	r.deliver(r.cloud.pay("X1", 1000, ""))
	r.present(terminal.Insert, "visa")
	r.keys("1 2 3 4 ok")
	r.wait(time.Minute)
	r.do(terminal.SettingChanged{ID: "cloudMode", Value: "off"})
	r.do(terminal.Touched{Item: "pin:settings"})
	r.keys("1 3 2 4 ok")
	r.keys("stop")
	r.do(terminal.PowerOff{})
	r.do(terminal.PowerOn{})
	want := []string{"SaleWakeUp reference_id=9876", "CardInserted", "CardRemoved", "BeginMaintenance", "EndMaintenance", "Initialised newstate=IDLE&oldstate=START"}
	if got := r.events(); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

func TestStepsAreToldWhereAsked(t *testing.T) {
	pay := func(values map[string]string) []poilink.Screen {
		r := ready(t)
		r.configure(1, values)
		r.deliver(r.cloud.pay("X1", 10_000, ""))
		r.present(terminal.Tap, "visa")
		r.keys("1 2 3 4 ok")
		r.wantEnd(terminal.ResultApproved)
		return r.cloud.progress
	}
	if got := pay(nil); !slices.Equal(got, []poilink.Screen{"presentCard", "pin", "processing"}) {
		t.Errorf("without: %q", got)
	}
	want := []poilink.Screen{"presentCard", "cardPresented", "pin", "pinEntered", "processing", "printReceipt", "receiptPrinted"}
	if got := pay(map[string]string{"nexo.displayUrls": `{"publicUrls":[{"url":"https://till.example"}]}`}); !slices.Equal(got, want) {
		t.Errorf("with: %q, want %q", got, want)
	}
}

func TestDiagnosticsOnTheScreen(t *testing.T) {
	for model, path := range map[string][]string{
		poiid:         {"pin:settings", "page:diagnostics", "page:terminalAPI"},
		"V400M-00001": {"pin:settings", "sub:network", "page:terminalAPI"},
	} {
		t.Run(model, func(t *testing.T) {
			r := readyAs(t, model)
			r.configure(1, map[string]string{"cloud.apiEnabled": "true", "cloud.webSocketEnabled": "false"})
			r.do(terminal.SettingChanged{ID: "cloudMode", Value: "off"})
			for _, item := range path {
				r.do(terminal.Touched{Item: item})
				if item == "pin:settings" {
					r.keys("1 3 2 4 ok")
				}
			}
			marks := func() (list []string) {
				for _, i := range r.screen().Items {
					if i.ID == "row" {
						list = append(list, i.Label+" "+i.Value)
					}
				}
				return list
			}
			if got := marks(); !slices.Equal(got, []string{"API enabled ✓", "WebSocket enabled ✗", "WebSocket connection ✓"}) {
				t.Fatalf("%q", got)
			}
			r.do(terminal.Touched{Item: "do:test"})
			r.do(terminal.Tested{Checks: []poilink.Check{{Name: "resolve", Result: poilink.CheckFail, Detail: "no such host"}, {Name: "connect", Result: poilink.CheckSkipped}}})
			if got := marks(); got[3] != "resolve no such host ✗" || got[4] != "connect –" || r.screen().Lines[0] != "It fails at: resolve" {
				t.Errorf("%q under %q", got, r.screen().Lines)
			}
		})
	}
}

func TestBlocked(t *testing.T) {
	r := ready(t)
	r.deliver(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "blocked"}})
	r.cloud.blocked = "Blocked by the operator: stolen"
	r.wait(5 * time.Second)
	r.wantScreen(terminal.ScreenBlocked)
	if s := r.m.Status(); s.Blocked != "Blocked by the operator: stolen" || s.Screen.Error != s.Blocked {
		t.Errorf("blocked %q, screen %+v", s.Blocked, s.Screen)
	}
	r.cloud.blocked = ""
	r.wait(2 * time.Minute)
	r.wantScreen(terminal.ScreenIdle)
}

func TestUnboundIsWiped(t *testing.T) {
	r := ready(t)
	r.configure(1, map[string]string{"localization.language": `"nl"`})
	r.deliver(r.cloud.pay("X1", 100, ""))
	r.present(terminal.Tap, "visa")
	r.tell("I1", confirmation())
	kcv := r.m.Status().KCV
	r.cloud.active = nil
	r.deliver(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "unbound"}})
	r.wait(5 * time.Second)
	r.wantScreen(terminal.ScreenStart)
	s := r.m.Status()
	if s.TID != "" || s.Merchant != "" || len(s.History)+len(s.Receipts)+len(s.Outcomes) != 0 || s.Language != "en" || s.SettingsVersion != 0 {
		t.Errorf("left: %+v", s)
	}
	if s.KCV != kcv || kcv == "" || !s.Online {
		t.Error("its keys are gone")
	}
	if got := r.inputResult("I1"); got.Response.ErrorCondition != nexo.ErrorAborted {
		t.Errorf("the open input: %+v", got)
	}
	r.do(terminal.ActivateWith{Code: "4711"})
	r.wantScreen(terminal.ScreenIdle)
}

func TestCutLinkIsMendedAtOnce(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultCutLink})
	r.wait(10 * time.Minute)
	if s := r.m.Status(); s.Online || s.Network != "up" {
		t.Errorf("cut: online %v, network %s", s.Online, s.Network)
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultCutLink})
	if !r.m.Status().Online { // without any waiting
		t.Error("not back")
	}
}

func TestSilenceOfOneSide(t *testing.T) {
	for _, f := range []terminal.Fault{terminal.FaultDeaf, terminal.FaultMute} {
		t.Run(string(f), func(t *testing.T) {
			r := ready(t)
			r.do(terminal.FaultSet{Fault: f})
			r.wait(2 * time.Minute)
			if r.m.Status().Online {
				t.Fatal("still online")
			}
			r.do(terminal.FaultClear{Fault: f})
			if !r.m.Status().Online {
				t.Error("not back")
			}
		})
	}
	r := ready(t)
	r.do(terminal.LinkDown{Step: "resolve"})
	if s := r.m.Status(); s.Network != "down" {
		t.Errorf("network %s", s.Network)
	}
}
