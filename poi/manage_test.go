package poi_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
	"kassa/poi"
	"kassa/poilink"
)

// set changes a setting of the terminal, as the operator.
func (c *cloud) set(name, value string) {
	c.t.Helper()
	must(c.t, c.estate.ChangeSettings(noon, estate.Owner{Level: estate.LevelTerminal, ID: tid},
		map[string]json.RawMessage{name: json.RawMessage(value)}, nil, estate.Actor{Key: "test", Role: estate.RoleOperator}))
}

func (c *cloud) mode() poi.Mode {
	c.t.Helper()
	select {
	case m := <-c.modes:
		return m
	case <-time.After(10 * time.Second):
		c.t.Fatal("the engine hears of no mode")
		return poi.Mode{}
	}
}

func applied(seq uint64, a poilink.SettingsApplied) poilink.Frame {
	return poilink.Frame{Type: poilink.TypeSettingsApplied, Seq: seq, SettingsApplied: &a}
}

// acknowledged reads until the cloud has taken a frame over.
func (s *script) acknowledged(seq uint64) {
	s.t.Helper()
	for {
		f, ok := s.tryRead()
		if !ok {
			s.t.Fatalf("the link ends before %d is acknowledged", seq)
		}
		if f.Ack >= seq {
			return
		}
	}
}

// TestSettingsArePushedUntilTheyAreApplied: at the change, over the next link, and not once they are
// taken; what the terminal says of them is durable before it is acknowledged.
func TestSettingsArePushedUntilTheyAreApplied(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	c.set("localization.language", `"nl"`)
	f := s.read()
	if f.Type != poilink.TypeSettings || f.Seq == 0 || string(f.Settings.Values["localization.language"]) != `"nl"` {
		t.Fatalf("the terminal hears %+v", f)
	}
	first := f.Settings.Version
	if want, _ := c.estate.Desired(tid); first != want || first == 0 {
		t.Errorf("version %d, want %d", first, want)
	}
	must(t, s.conn.Close()) // neither taken over nor applied
	c.stands(poi.Offline, poi.ReasonLinkLost)
	c.set("localization.timezone", `"Europe/Amsterdam"`)
	s = c.dial(1)
	s.welcome()
	// What was not acknowledged may come again; the newest ends it.
	for f = s.read(); f.Settings.Version == first; f = s.read() {
	}
	if f.Type != poilink.TypeSettings || f.Settings.Version <= first || len(f.Settings.Values) < 2 {
		t.Fatalf("over the next link: %+v", f)
	}
	a := poilink.SettingsApplied{
		Version: f.Settings.Version, Values: map[string]json.RawMessage{"localization.language": json.RawMessage(`"nl"`)},
		Refused: map[string]string{"localization.timezone": "this clock knows no zones"},
	}
	taken := applied(2, a)
	taken.Ack = f.Seq
	s.write(taken)
	s.acknowledged(2)
	if !strings.Contains(c.facts(), "SettingsReported") {
		t.Error("acknowledged before it is durable")
	}
	report, ok := c.estate.Reported(tid)
	if diff := cmp.Diff(a.Refused, report.Refused); !ok || report.Version != a.Version || diff != "" {
		t.Errorf("reported: %+v %s", report, diff)
	}
	s.write(applied(3, poilink.SettingsApplied{Version: a.Version + 100})) // that was never sent
	s.acknowledged(3)
	if again, _ := c.estate.Reported(tid); again.Version != a.Version {
		t.Errorf("a version of its own making: %+v", again)
	}
	must(t, s.conn.Close())
	c.stands(poi.Offline, poi.ReasonLinkLost)
	s = c.dial(1)
	s.welcome()
	s.ping() // and no settings before the pong: it has them
}

// TestNotEnabled: the link stays for management, and takes no payments of cash registers.
func TestNotEnabled(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	if m := c.mode(); m.Own {
		t.Fatalf("at first: %+v", m)
	}
	if ok, why := c.hub.CloudPayments(tid); !ok {
		t.Errorf("at first: %s", why)
	}
	c.set("cloud.webSocketEnabled", "false")
	if m := c.mode(); !m.Own || m.TID != tid {
		t.Errorf("the engine hears %+v", m)
	}
	if ok, why := c.hub.CloudPayments(tid); ok || !strings.Contains(why, "not enabled") {
		t.Errorf("cloud payments: %v, %q", ok, why)
	}
	if r := c.hub.Reach(tid); r.State != poi.Offline || r.Reason != poi.ReasonNotEnabled || r.Enabled || !r.Linked {
		t.Errorf("reach: %+v", r)
	}
	if err := c.hub.Ask(tid, "X1", display(), time.Minute); !errors.Is(err, poi.ErrOffline) {
		t.Errorf("display: %v", err)
	}
	if f := s.read(); f.Type != poilink.TypeSettings || string(f.Settings.Values["cloud.webSocketEnabled"]) != "false" {
		t.Errorf("the terminal hears %+v", f)
	}
	must(t, c.hub.Command(tid, poilink.Command{ID: "C1", Kind: poilink.CommandIdentify}))
	if f := s.read(); f.Type != poilink.TypeCommand || f.Command.ID != "C1" || f.Seq == 0 {
		t.Errorf("a command: %+v", f)
	}
	must(t, s.conn.Close())
	until(t, func() bool { return !c.hub.Reach(tid).Linked })
	s = c.dial(1)
	s.welcome()
	if m := c.mode(); !m.Own {
		t.Errorf("over the next link the engine hears %+v", m)
	}
	c.set("cloud.webSocketEnabled", "true")
	if m := c.mode(); m.Own {
		t.Errorf("enabled again: %+v", m)
	}
	c.stands(poi.Online, "")
}

func TestCommands(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	for name, bad := range map[string]poilink.Command{
		"kind": {ID: "1", Kind: "dance"}, "id": {Kind: poilink.CommandRestart},
		"text": {ID: "1", Kind: poilink.CommandMessage, Text: "a\x00b"},
	} {
		if err := c.hub.Command(tid, bad); !errors.Is(err, poi.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, c.hub.Command(tid, poilink.Command{ID: "1", Kind: poilink.CommandMessage, Text: "Close at six"}))
	if f := s.read(); f.Command == nil || f.Command.Text != "Close at six" {
		t.Errorf("the terminal hears %+v", f)
	}
	must(t, s.conn.Close())
	c.stands(poi.Offline, poi.ReasonLinkLost)
	if err := c.hub.Command(tid, poilink.Command{ID: "2", Kind: poilink.CommandRestart}); !errors.Is(err, poi.ErrOffline) {
		t.Errorf("offline: %v", err)
	}
}

func display() nexo.Message {
	return nexo.Message{
		Header: nexo.Header{MessageCategory: nexo.CategoryDisplay},
		DisplayRequest: &nexo.DisplayRequest{DisplayOutput: []nexo.DisplayOutput{{
			Device: nexo.CustomerDisplay, InfoQualify: "Display",
			OutputContent: nexo.OutputContent{OutputFormat: nexo.FormatText, OutputText: []nexo.OutputText{{Text: "Thank you"}}},
		}}},
	}
}

// answer makes a frame with a message of the POI.
func answer(t *testing.T, seq uint64, c nexo.Category, exchange string, change func(*nexo.Message)) poilink.Frame {
	t.Helper()
	m := nexo.Message{Header: nexo.Header{
		ProtocolVersion: "3.0", MessageClass: "Device", MessageCategory: c, MessageType: nexo.TypeResponse, ServiceID: exchange,
		SaleID: "kassa", POIID: poiid,
	}}
	change(&m)
	raw, err := json.Marshal(m)
	must(t, err)
	return poilink.Frame{Type: poilink.TypeNexo, Seq: seq, Nexo: raw}
}

func shown(m *nexo.Message) { m.DisplayResponse = &nexo.DisplayResponse{} }

func typed(digits string) func(*nexo.Message) {
	return func(m *nexo.Message) {
		m.InputResponse = &nexo.InputResponse{InputResult: nexo.InputResult{
			Device: nexo.CustomerInput, InfoQualify: "Input", Response: nexo.Response{Result: nexo.ResultSuccess},
			Input: &nexo.Input{InputCommand: nexo.DigitString, DigitInput: digits},
		}}
	}
}

func (c *cloud) device() poi.ToDevices {
	c.t.Helper()
	select {
	case d := <-c.devices:
		return d
	case <-time.After(10 * time.Second):
		c.t.Fatal("no answer is handed up")
		return poi.ToDevices{}
	}
}

// TestAnExchangeLivesThroughAReconnect, there and back, and ends at its time.
func TestAnExchangeLivesThroughAReconnect(t *testing.T) {
	now := &clock{now: noon}
	c := newCloud(t, func(cfg *poi.Config) { cfg.Now = now.Now })
	c.run()
	s := c.board()
	must(t, c.hub.Ask(tid, "X1", display(), time.Minute))
	must(t, c.hub.Ask(tid, "X1", display(), time.Minute)) // a repeat while the first is on its way
	must(t, c.hub.Ask(tid, "X2", display(), time.Hour))
	f := s.read()
	h := message(t, f).Header
	want := nexo.Header{
		ProtocolVersion: "3.0", MessageClass: "Device", MessageCategory: nexo.CategoryDisplay, MessageType: nexo.TypeRequest,
		ServiceID: "X1", SaleID: "kassa", POIID: poiid,
	}
	if diff := cmp.Diff(want, h); diff != "" || f.ValidForMS != 60_000 || f.Seq != 1 {
		t.Errorf("the terminal hears %+v (-want +got):\n%s", f, diff)
	}
	must(t, s.conn.Close()) // nothing was acknowledged
	c.stands(poi.Offline, poi.ReasonLinkLost)
	if err := c.hub.Ask(tid, "X3", display(), time.Minute); !errors.Is(err, poi.ErrOffline) {
		t.Errorf("offline: %v", err)
	}
	now.pass(time.Minute) // X1 is pointless by now
	s = c.dial(1)
	s.welcome()
	f = s.read()
	if message(t, f).Header.ServiceID != "X2" || f.ValidForMS != 59*60_000 || f.Seq != 1 {
		t.Errorf("after a reconnect: %+v", f)
	}
	s.write(answer(t, 2, nexo.CategoryDisplay, "X2", shown))
	if d := c.device(); d.TID != tid || d.Exchange != "X2" || d.Event || !strings.Contains(string(d.Message), "DisplayResponse") {
		t.Errorf("handed up: %+v", d)
	}
	s.acknowledged(2)
	event := answer(t, 3, nexo.CategoryEvent, "", func(m *nexo.Message) {
		m.Header.MessageType, m.Header.MessageClass = nexo.TypeNotification, "Event"
		m.EventNotification = &nexo.EventNotification{TimeStamp: "2026-11-21T12:00:00Z", EventToNotify: "CardInserted"}
	})
	s.write(event)
	if d := c.device(); !d.Event || !strings.Contains(string(d.Message), "CardInserted") {
		t.Errorf("a notification: %+v", d)
	}
	s.acknowledged(3)
	abort := nexo.Message{
		Header:       nexo.Header{MessageCategory: nexo.CategoryAbort},
		AbortRequest: &nexo.AbortRequest{MessageReference: nexo.MessageReference{MessageCategory: nexo.CategoryInput, ServiceID: "X4"}},
	}
	must(t, c.hub.Ask(tid, "X4", abort, time.Minute))
	if m := message(t, s.read()); m.AbortRequest == nil || m.Header.MessageClass != "Service" {
		t.Errorf("an abort: %+v", m)
	}
	payment := nexo.Message{Header: nexo.Header{MessageCategory: nexo.CategoryPayment}, PaymentRequest: &nexo.PaymentRequest{}}
	for name, err := range map[string]error{
		"payment": c.hub.Ask(tid, "X5", payment, time.Minute), "exchange": c.hub.Ask(tid, "x 5", display(), time.Minute),
		"time": c.hub.Ask(tid, "X5", display(), 0),
	} {
		if !errors.Is(err, poi.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnExchangeWhoseTimeIsOverGoes also while the link stays: it waits for nothing any more.
func TestAnExchangeWhoseTimeIsOverGoes(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.do(poi.Show{Exchange: "X1", Request: []byte(`{}`), Until: noon.Add(5 * time.Second)})
	d.now = noon.Add(5 * time.Second)
	if !d.m.Due(d.now) {
		t.Error("nothing is due")
	}
	d.do(poi.Tick{})
	for _, f := range sent(d.hello(2, nil), 2) {
		if f.Type == poilink.TypeNexo {
			t.Errorf("it comes again: %+v", f)
		}
	}
}

// TestWhatComesUpIsLookedAt: an input that looks like a card number is not passed on, and what breaks a
// rule ends the link.
func TestWhatComesUpIsLookedAt(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	got := all[poi.ToDevices](d.frame(1, answer(t, 1, nexo.CategoryInput, "X1", typed("0012"))))
	if len(got) != 1 || !strings.Contains(string(got[0].Message), `"DigitInput":"0012"`) {
		t.Errorf("an input: %+v", got)
	}
	got = all[poi.ToDevices](d.frame(1, answer(t, 2, nexo.CategoryInput, "X2", typed("4761730000000011"))))
	if len(got) != 1 || strings.Contains(string(got[0].Message), "47617") || !strings.Contains(string(got[0].Message), "NotAllowed") {
		t.Errorf("a card number: %s", got[0].Message)
	}
	drawn := "responseData=" + strings.Repeat("%221F%22%2C", 3000)
	got = all[poi.ToDevices](d.frame(1, answer(t, 3, nexo.CategoryInput, "X3", func(m *nexo.Message) {
		typed("")(m)
		m.InputResponse.InputResult.Response.AdditionalResponse = drawn
	})))
	if len(got) != 1 || !strings.Contains(string(got[0].Message), drawn) {
		t.Errorf("a signature is not handed up: %d", len(got))
	}
	for name, f := range map[string]poilink.Frame{
		"no response": answer(t, 3, nexo.CategoryDisplay, "X1", func(m *nexo.Message) { m.Header.MessageType = nexo.TypeRequest }),
		"other body":  answer(t, 3, nexo.CategoryPrint, "X1", shown),
		"exchange":    answer(t, 3, nexo.CategoryDisplay, "not one", shown),
		"named event": answer(t, 3, nexo.CategoryEvent, "E1", func(m *nexo.Message) {
			m.Header.MessageType, m.EventNotification = nexo.TypeNotification, &nexo.EventNotification{EventToNotify: "Shutdown"}
		}),
		"another POI": answer(t, 3, nexo.CategoryDisplay, "X1", func(m *nexo.Message) { shown(m); m.Header.POIID = "VT1-000009" }),
		"control": answer(t, 3, nexo.CategoryEvent, "", func(m *nexo.Message) {
			m.Header.MessageType, m.EventNotification = nexo.TypeNotification, &nexo.EventNotification{EventToNotify: "a\x01"}
		}),
		"number": answer(t, 3, nexo.CategoryEvent, "", func(m *nexo.Message) {
			m.Header.MessageType, m.EventNotification = nexo.TypeNotification, &nexo.EventNotification{EventDetails: "pan=4761730000000011"}
		}),
	} {
		d := newDesk(t)
		d.open(1)
		out := d.frame(1, f)
		if r := refusal(t, out, 1); r.Code != poilink.RefusedBadFrame || len(all[poi.ToDevices](out)) != 0 {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

// TestUnbindAndBlock end the live link in words, and the next hello is answered by what the estate says.
func TestUnbindAndBlock(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	must(t, c.estate.Block(noon, tid, "test", "reported stolen"))
	if b := s.read().Bye; b == nil || b.Reason != "blocked" {
		t.Fatalf("a blocked terminal hears %+v", b)
	}
	if r := c.dial(1).hello().Refused; r == nil || r.Code != poilink.RefusedBlocked || !strings.Contains(r.Text, "reported stolen") {
		t.Errorf("its next hello: %+v", r)
	}
	must(t, c.estate.Unblock(noon, tid, "test", "found"))
	s = c.dial(1)
	if w := s.welcome(); w.Activated == nil {
		t.Error("unblocked, and it is nobody")
	}
	must(t, c.hub.Ask(tid, "X1", display(), time.Minute)) // is not for whom it is next
	s.read()
	_, err := c.estate.Unbind(noon, tid, "test")
	must(t, err)
	if b := s.read().Bye; b == nil || b.Reason != "unbound" {
		t.Fatalf("an unbound terminal hears %+v", b)
	}
	until(t, func() bool { return strings.Contains(c.facts(), `"reason":"unbound"`) })
	s = c.dial(1)
	if w := s.welcome(); w.Activated != nil {
		t.Errorf("its next hello: %+v", w.Activated)
	}
	s.ping() // and nothing of its past came before
	must(t, s.conn.Close())
}

// TestAMoveIsTold: who a terminal is, it hears when that changes.
func TestAMoveIsTold(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	_, err := c.estate.ChangeGroup(noon, c.group, func(g *estate.Group) { g.Merchant.City = "Utrecht" })
	must(t, err)
	if a := s.read().Activated; a == nil || a.Merchant.City != "Utrecht" {
		t.Errorf("the terminal hears %+v", a)
	}
}

// TestATamperedDeviceTakesNoPayments: the alarm is written down, keys are not given, and an exchange ends
// before a card is read.
func TestATamperedDeviceTakesNoPayments(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	s.write(poilink.Frame{Type: poilink.TypeReport, Report: &poilink.Report{
		Model: "P2", CloudMode: true, Health: &poilink.Health{Tampered: "case opened"},
	}})
	until(t, func() bool { d, _ := c.estate.Device(poiid); return d.Tampered != nil })
	if facts := c.facts(); !strings.Contains(facts, "DeviceTampered") || !strings.Contains(facts, "case opened") {
		t.Errorf("facts: %s", facts)
	}
	if ok, why := c.hub.CloudPayments(tid); ok || !strings.Contains(why, "tamper") {
		t.Errorf("cloud payments: %v, %q", ok, why)
	}
	c.hub.Tell(order(1), kassa.Offer{})
	unable := poi.ToEngine{TID: tid, Order: order(1).ID(), Input: kassa.POIEnded{Reason: kassa.POIUnable}}
	if in := c.next(); in != any(unable) {
		t.Errorf("the engine hears %+v", in)
	}
	s.write(poilink.Frame{Type: poilink.TypeAuthorisationRequest, Seq: 2, AuthorisationRequest: request("A1", 1)})
	unable.Order = "A1"
	if in := c.next(); in != any(unable) {
		t.Errorf("the engine hears %+v", in)
	}
	s.write(manual(3, nil))
	for f := s.read(); ; f = s.read() {
		if f.Started != nil {
			if f.Started.Code != "refused" || !strings.Contains(f.Started.Text, "tamper") {
				t.Errorf("started there: %+v", f.Started)
			}
			break
		}
	}
	s.write(poilink.Frame{Type: poilink.TypeRefund, Seq: 4, Refund: &poilink.Refund{ID: "R1", Exchange: "X1", AmountMinor: 500}})
	for f := s.read(); ; f = s.read() {
		if f.RefundAnswer != nil {
			if f.RefundAnswer.Accepted || f.RefundAnswer.ID != "R1" || !strings.Contains(f.RefundAnswer.Text, "tamper") {
				t.Errorf("refunded there: %+v", f.RefundAnswer)
			}
			break
		}
	}
	in := &poilink.InjectKeys{Ephemeral: bytes.Repeat([]byte{5}, 32), Nonce: bytes.Repeat([]byte{6}, 16)}
	in.Signature = ed25519.Sign(s.key, poilink.InjectMessage(poiid, s.nonce, in.Ephemeral, in.Nonce))
	s.write(poilink.Frame{Type: poilink.TypeInjectKeys, InjectKeys: in})
	if r := s.read().Refused; r == nil || r.Code != poilink.RefusedBlocked {
		t.Errorf("new keys: %+v", r)
	}
}

// TestKeysGoneWithTheSecureElement are an alarm; keys gone alone are not, since a device may be given new
// ones.
func TestKeysGoneWithTheSecureElement(t *testing.T) {
	for _, security := range []bool{true, false} {
		d := newDesk(t)
		out := d.hello(1, func(h *poilink.Hello) {
			h.IKID, h.KCV, h.Report = "", "", &poilink.Report{CloudMode: true, Health: &poilink.Health{Security: security}}
		})
		if alarms := all[poi.Tampered](out); len(alarms) != 0 == security {
			t.Errorf("security %v: %+v", security, alarms)
		}
	}
}

// TestASecondAlarmUnderTheFirstIsAnother tells the alarm that stands from a new one by its number.
func TestASecondAlarmUnderTheFirstIsAnother(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	tell := func(number int) {
		s.write(poilink.Frame{Type: poilink.TypeReport, Report: &poilink.Report{
			Model: "P2", CloudMode: true, Health: &poilink.Health{Tampered: "0x10 the case was opened", Alarms: number},
		}})
	}
	device := func() estate.Device { d, _ := c.estate.Device(poiid); return d }
	tell(1)
	until(t, func() bool { return device().Tampered != nil })
	first := *device().Tampered
	tell(1)
	tell(2)
	until(t, func() bool { return device().Tampered.Number == 2 })
	if d := device(); !d.SensorSuspected() || d.Former == nil || d.Former.Number != 1 || !d.Former.At.Equal(first.At) {
		t.Errorf("after the second alarm: %+v, %+v", d.Tampered, d.Former)
	}
}
