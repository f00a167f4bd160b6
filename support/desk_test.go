package support_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	"kassa/support"
)

func (w *world) askUnlock() support.TamperRequest {
	w.t.Helper()
	must(w.t, w.estate.MarkTampered(w.now, "P2-1", "0x10 the case was opened", 0))
	r, err := w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x10", Note: "it fell", Picture: picture(w.t), By: "key_shop"})
	must(w.t, err)
	return r
}

func (w *world) typed(code string) support.Verdict {
	w.t.Helper()
	v, err := w.Unlock("P2-1", code)
	must(w.t, err)
	return v
}

func TestAnAlarmIsUnlockedOnce(t *testing.T) {
	w := newWorld(t, estate.Test)
	_, err := w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x10", By: "key_shop"})
	wrong(t, "a request without an alarm", err, support.ErrState)
	r := w.askUnlock()
	if !r.Matches() || r.Suspected || r.State != support.TamperAsked || r.Picture != "image/png" || !strings.HasPrefix(r.ID, "tamper_test_") {
		t.Errorf("the request: %+v", r)
	}
	_, err = w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x10", By: "key_shop"})
	wrong(t, "a second request", err, support.ErrState)
	if v := w.typed("12345678"); v.Accepted || !strings.Contains(v.Text, "no unlock code") {
		t.Errorf("a code before there is one: %+v", v)
	}
	_, code, err := w.Approve(r.ID, "key_op", false)
	must(t, err)
	if v, err := w.Unlock("P2-2", code); err != nil || v.Accepted {
		t.Errorf("another device used the code: %+v %v", v, err)
	}
	must(t, w.Recovered("P2-1"))
	if w.device("P2-1").Tampered == nil {
		t.Fatal("the device is believed without its code")
	}
	if v := w.typed(other(code)); v.Accepted || v.Text != "Wrong unlock code" {
		t.Errorf("a wrong code: %+v", v)
	}
	for range 2 { // the first answer may be lost
		if v := w.typed(code); !v.Accepted {
			t.Errorf("the right code: %+v", v)
		}
		w.reopen()
	}
	if w.device("P2-1").Tampered == nil {
		t.Error("the alarm is over before the device has restarted")
	}
	must(t, w.Recovered("P2-1"))
	w.reopen()
	if d := w.device("P2-1"); d.Tampered != nil || d.Former == nil || d.Configured {
		t.Errorf("after the restart: %+v", d)
	}
	if got, _ := w.TamperRequest(r.ID); got.State != support.TamperCleared || got.CodeHash != "" || got.Wrong != 1 {
		t.Errorf("its request: %+v", got)
	}
	if v := w.typed(code); v.Accepted {
		t.Error("the code worked a second time")
	}
	w.noSecret(code)
}

// noSecret looks for a code and for the picture in all that is kept.
func (w *world) noSecret(code string) {
	w.t.Helper()
	entries, err := w.store.Entries(0, 1000)
	must(w.t, err)
	for _, e := range entries {
		if strings.Contains(string(e.Payload), `"`+code+`"`) {
			w.t.Errorf("%s holds the code: %s", e.Kind, e.Payload)
		}
	}
	for _, kind := range []string{"tamper", "tamperpicture", "devcode", "rma"} {
		list, err := w.store.Streams(kind, "", 1000)
		must(w.t, err)
		for _, s := range list {
			if strings.Contains(string(s.State), `"`+code+`"`) || bytes.Contains(s.State, []byte("iVBORw0KGgo")) {
				w.t.Errorf("%s holds the code or the picture in clear", s.ID)
			}
		}
	}
}

func TestWrongUnlockCodesAreCountedAndLocked(t *testing.T) {
	w := newWorld(t, estate.Test)
	r := w.askUnlock()
	_, code, err := w.Approve(r.ID, "key_op", false)
	must(t, err)
	for range 4 {
		w.typed(other(code))
	}
	w.reopen()
	if v := w.typed(other(code)); v.RetryAfter != 15*time.Minute {
		t.Errorf("the fifth wrong code: %+v", v)
	}
	w.reopen()
	if v := w.typed(code); v.Accepted || v.RetryAfter != 15*time.Minute {
		t.Errorf("the right code while it is locked: %+v", v)
	}
	w.now = w.now.Add(15 * time.Minute)
	if v := w.typed(code); !v.Accepted {
		t.Errorf("the right code after the lock: %+v", v)
	}
}

func TestAnUnlockCodeExpires(t *testing.T) {
	w := newWorld(t, estate.Test)
	r := w.askUnlock()
	_, old, err := w.Approve(r.ID, "key_op", false)
	must(t, err)
	w.now = w.now.Add(24 * time.Hour)
	if v := w.typed(old); v.Accepted || !strings.Contains(v.Text, "expired") {
		t.Errorf("after 24 hours: %+v", v)
	}
	_, code, err := w.Approve(r.ID, "key_op", false)
	must(t, err)
	if v := w.typed(old); v.Accepted && old != code {
		t.Errorf("the former code: %+v", v)
	}
	if v := w.typed(code); !v.Accepted {
		t.Errorf("the new code: %+v", v)
	}
}

func TestASecondAlarmSpeaksAgainstTheSensor(t *testing.T) {
	w := newWorld(t, estate.Test)
	r := w.askUnlock()
	_, code, err := w.Approve(r.ID, "key_op", false)
	must(t, err)
	w.typed(code)
	must(t, w.Recovered("P2-1"))
	w.now = w.now.Add(29 * 24 * time.Hour)
	again := w.askUnlock()
	if !again.Suspected {
		t.Fatalf("the second alarm: %+v", again)
	}
	_, _, err = w.Approve(again.ID, "key_op", false)
	wrong(t, "an unlock code for a damaged sensor", err, support.ErrSensor)
	ask, ok := again.SuggestedReturn()
	if !ok || ask.Reason != "damage" || ask.Ticket != again.ID {
		t.Errorf("the return that is suggested: %+v", ask)
	}
	ask.Address, ask.By = address(), "key_shop"
	if _, err := w.AskReturn(ask); err != nil {
		t.Errorf("the suggested return is not taken: %v", err)
	}
	_, code, err = w.Approve(again.ID, "key_op", true)
	must(t, err)
	w.typed(code)
	must(t, w.Recovered("P2-1"))
	w.now = w.now.Add(31 * 24 * time.Hour)
	if third := w.askUnlock(); third.Suspected {
		t.Error("an alarm a month later is suspected")
	}
}

func TestAPictureIsSealedAndIsOne(t *testing.T) {
	w := newWorld(t, estate.Test)
	must(t, w.estate.MarkTampered(w.now, "P2-1", "0x10 the case was opened", 0))
	sent := picture(t)
	r, err := w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x10", Picture: sent})
	must(t, err)
	w.reopen()
	kind, got, err := w.TamperPicture(r.ID)
	if err != nil || len(sent) < 8<<10 || kind != "image/png" || !bytes.Equal(got, sent) {
		t.Errorf("the picture: %s %d bytes, %v", kind, len(got), err)
	}
	must(t, w.Inspected("P2-1", "key_op"))
	must(t, w.estate.MarkTampered(w.now, "P2-1", "0x11 the mesh is broken", 0))
	for name, bad := range map[string][]byte{"text": []byte("<svg>"), "too large": append(picture(t), make([]byte, support.MaxPicture)...)} {
		_, err := w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x11", Picture: bad})
		wrong(t, name, err, support.ErrInvalid)
	}
	_, err = w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "case"})
	wrong(t, "a code that is none", err, support.ErrInvalid)
	_, err = w.AskUnlock(support.TamperAsk{Device: "P2-9", Code: "0x11"})
	wrong(t, "a device that is none", err, support.ErrUnknown)
}

func TestDeveloperModeIsForEver(t *testing.T) {
	w := newWorld(t, estate.Test)
	ask := support.CodeAsk{TUSN: "1", Reason: "an app of our own", By: "key_op"}
	_, _, err := w.AskDeveloperCode(ask)
	wrong(t, "not understood", err, support.ErrInvalid)
	ask.Understood = true
	_, _, err = w.AskDeveloperCode(support.CodeAsk{TUSN: "2", Reason: "x", Understood: true})
	wrong(t, "a serial of two models", err, support.ErrInvalid)
	first, void, err := w.AskDeveloperCode(ask)
	must(t, err)
	c, code, err := w.AskDeveloperCode(ask)
	must(t, err)
	if got, _ := w.DeveloperCode(first.ID); got.State != support.CodeVoid || len(code) != 4 || c.Device != "P2-1" {
		t.Errorf("the codes: %+v %+v %q", got, c, code)
	}
	typed := func(poiid, code string) support.Verdict {
		t.Helper()
		v, err := w.DeveloperMode(poiid, code)
		must(t, err)
		return v
	}
	if void != code && typed("P2-1", void).Accepted || typed("P2-2", code).Accepted {
		t.Error("a void code, or one of another device, works")
	}
	for range 2 {
		if v := typed("P2-1", code); !v.Accepted {
			t.Errorf("the code: %+v", v)
		}
		w.reopen()
	}
	term, _ := w.estate.Terminal(w.tid)
	if !term.Developer || !w.estate.InDeveloperMode("P2-1") {
		t.Error("the device is not in developer mode")
	}
	wrong(t, "switched off", w.estate.SetDeveloperMode(w.now, w.tid, false, "key_op"), estate.ErrState)
	_, _, err = w.AskDeveloperCode(ask)
	wrong(t, "a code for a device in developer mode", err, support.ErrState)
	_, err = w.estate.Unbind(w.now, w.tid, "key_op")
	must(t, err)
	w.reopen()
	if !w.estate.InDeveloperMode("P2-1") {
		t.Error("developer mode went with the terminal")
	}
	w.noSecret(code)
}

func TestADeveloperCodeIsVoidAfterFiveWrongOnes(t *testing.T) {
	w := newWorld(t, estate.Test)
	c, code, err := w.AskDeveloperCode(support.CodeAsk{TUSN: "P2-2", Reason: "x", Understood: true, By: "key_op"})
	must(t, err)
	for range 5 {
		_, err := w.DeveloperMode("P2-2", other(code))
		must(t, err)
	}
	if v, _ := w.DeveloperMode("P2-2", code); v.Accepted {
		t.Error("the sixth try was taken")
	}
	if got, _ := w.DeveloperCode(c.ID); got.State != support.CodeVoid || got.Wrong != 5 {
		t.Errorf("the code: %+v", got)
	}
	_, code, err = w.AskDeveloperCode(support.CodeAsk{TUSN: "P2-2", Reason: "x", Understood: true, By: "key_op"})
	must(t, err)
	w.now = w.now.Add(24 * time.Hour)
	if v, _ := w.DeveloperMode("P2-2", code); v.Accepted {
		t.Error("it worked after 24 hours")
	}
}

func TestThereIsNoDeveloperModeInLive(t *testing.T) {
	w := newWorld(t, estate.Live)
	_, _, err := w.AskDeveloperCode(support.CodeAsk{TUSN: "P2-1", Reason: "x", Understood: true})
	wrong(t, "a code in live", err, support.ErrLive)
	if v, _ := w.DeveloperMode("P2-1", "1234"); v.Accepted {
		t.Error("a device went into developer mode in live")
	}
	w.keyed("P2-2")
	must(t, w.estate.EnterDeveloperMode(w.now, "P2-2", "device"))
	if _, _, no, err := w.estate.Activate(w.now, "P2-2", w.code); err != nil || no.Code != estate.RefusedDeveloper {
		t.Errorf("a device in developer mode was activated in live: %v %v", no, err)
	}
	must(t, w.estate.SendBack(w.now, "P2-2", estate.Return{Case: "RMAL1"}))
	_, err = w.estate.BoardDevice(w.now, "P2-2")
	wrong(t, "boarded in live", err, estate.ErrState)
}

func (w *world) askReturn() support.Return {
	w.t.Helper()
	r, err := w.AskReturn(support.ReturnAsk{Device: "P2-1", Reason: "printer", Ticket: "T-1", Address: address(), By: "key_shop"})
	must(w.t, err)
	return r
}

func (w *world) move(id string, steps ...support.Step) support.Return {
	w.t.Helper()
	var r support.Return
	for _, s := range steps {
		var err error
		r, err = w.Move(id, support.ReturnDo{Step: s, By: "key_op"})
		must(w.t, err)
	}
	return r
}

func toTested() []support.Step {
	return []support.Step{support.StepApprove, support.StepLabel, support.StepSend, support.StepReceive, support.StepTest}
}

func TestAReplacementTakesThePlace(t *testing.T) {
	w := newWorld(t, estate.Test)
	must(t, w.estate.ChangeSettings(w.now, estate.Owner{Level: estate.LevelTerminal, ID: w.tid},
		map[string]json.RawMessage{"localization.language": json.RawMessage(`"nl"`)}, nil, estate.Actor{Key: "key_op", Role: estate.RoleOperator}))
	before, _ := w.estate.Terminal(w.tid)
	r := w.askReturn()
	if d := w.device("P2-1"); d.TID != w.tid {
		t.Errorf("a device that may be returned is out of use: %+v", d)
	}
	_, err := w.AskReturn(support.ReturnAsk{Device: "P2-1", Reason: "damage", Ticket: "T-2", Address: address()})
	wrong(t, "a second return", err, support.ErrState)
	_, err = w.Move(r.ID, support.ReturnDo{Step: support.StepReceive, By: "key_op"})
	wrong(t, "received before it was sent", err, support.ErrState)
	r = w.move(r.ID, toTested()...)
	if d := w.device("P2-1"); d.Returned == nil || d.Returned.Case != r.Parcel || d.TID != "" {
		t.Errorf("sent: %+v", d)
	}
	for _, bad := range []string{"P2-1", "", "P2-7"} {
		if _, err := w.Move(r.ID, support.ReturnDo{Step: support.StepReplace, Device: bad, By: "key_op"}); err == nil {
			t.Errorf("replaced by %q", bad)
		}
	}
	r, err = w.Move(r.ID, support.ReturnDo{Step: support.StepReplace, Device: "P2-2", By: "key_op"})
	must(t, err)
	w.reopen()
	after, _ := w.estate.Terminal(w.tid)
	if after.POIID != "P2-2" || after.Name != before.Name || after.Group != before.Group || after.Shop != before.Shop {
		t.Errorf("the terminal: %+v", after)
	}
	if _, values := w.estate.Desired(w.tid); string(values["localization.language"]) != `"nl"` {
		t.Errorf("its settings: %s", values)
	}
	if _, known := w.estate.Device("P2-1"); known || r.State != support.ReturnReplaced || r.Open() {
		t.Errorf("the old device is known: %v; %+v", known, r)
	}
}

func TestTheOtherEndsOfAReturn(t *testing.T) {
	for name, c := range map[string]struct {
		end   support.ReturnDo
		holds func(w *world) bool
	}{
		"repaired": {support.ReturnDo{Step: support.StepRepair}, func(w *world) bool {
			term, _ := w.estate.Terminal(w.tid)
			d := w.device("P2-1")
			return term.POIID == "P2-1" && d.Returned == nil && !d.Configured
		}},
		"account closed": {support.ReturnDo{Step: support.StepClose, Outcome: support.ClosedAccount}, func(w *world) bool {
			term, _ := w.estate.Terminal(w.tid)
			d := w.device("P2-1")
			return term.Retired && d.Account == "" && d.Returned == nil
		}},
		"wrong terminal": {support.ReturnDo{Step: support.StepClose, Outcome: support.ClosedWrong}, func(w *world) bool {
			term, _ := w.estate.Terminal(w.tid)
			return !term.Retired && term.POIID == "" && w.device("P2-1").Account == ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, estate.Test)
			r := w.askReturn()
			w.move(r.ID, toTested()...)
			c.end.By = "key_op"
			_, err := w.Move(r.ID, c.end)
			must(t, err)
			w.reopen()
			if !c.holds(w) {
				term, _ := w.estate.Terminal(w.tid)
				t.Errorf("device %+v, terminal %+v", w.device("P2-1"), term)
			}
		})
	}
	w := newWorld(t, estate.Test)
	r := w.askReturn()
	_, err := w.Move(r.ID, support.ReturnDo{Step: support.StepRefuse, By: "key_op"})
	wrong(t, "refused without a word", err, support.ErrInvalid)
	_, err = w.Move(r.ID, support.ReturnDo{Step: support.StepRefuse, Note: "it is fine", By: "key_op"})
	must(t, err)
	back, err := w.TakeBack("P2-1", "key_op", "display")
	must(t, err)
	if again, _ := w.TakeBack("P2-1", "key_op", "display"); again.ID != back.ID || !strings.HasPrefix(back.Parcel, "RMAT") {
		t.Errorf("taken back twice: %+v %+v", back, again)
	}
}

func TestAKeyIsAskedForAndTellsWhyNot(t *testing.T) {
	w := newWorld(t, estate.Test)
	ask := func() estate.Injection {
		t.Helper()
		i, err := w.InjectKeys("P2-1", "key_op")
		must(t, err)
		return i
	}
	if i := ask(); i.State != estate.InjectionFailed || i.Reason != estate.InjectionOffline {
		t.Errorf("offline: %+v", i)
	}
	w.links.online["P2-1"] = true
	for range 2 {
		if i := ask(); i.State != estate.InjectionAsked || len(w.links.told) != 1 {
			t.Errorf("asked: %+v, told %v", i, w.links.told)
		}
	}
	w.keyed("P2-1")
	w.reopen()
	if i := w.device("P2-1").Injection; i.State != estate.InjectionDone || i.KCV != "ABCDEF" || i.By != "key_op" {
		t.Errorf("done: %+v", i)
	}
	ask()
	n, err := w.estate.AllocateDeviceNumber(w.now, "P2-1")
	must(t, err)
	must(t, w.estate.RecordInjection(w.now, "P2-1", n, "00000000000000AC", "ABCDEF"))
	wrong(t, "another check value", w.estate.ConfirmKeys(w.now, "P2-1", "00000000000000AC", "000000"), estate.ErrMismatch)
	if i := w.device("P2-1").Injection; i.Reason != estate.InjectionMismatch {
		t.Errorf("mismatch: %+v", i)
	}
	ask()
	if i := w.device("P2-1").Injection.As(w.now.Add(3 * time.Minute)); i.Reason != estate.InjectionNoAnswer {
		t.Errorf("nothing was heard: %+v", i)
	}
	w.now = w.now.Add(time.Hour)
	must(t, w.estate.MarkTampered(w.now, "P2-1", "0x10", 0))
	if i := ask(); i.Reason != estate.InjectionTampered || i.Reason.Text() == "" {
		t.Errorf("tampered: %+v", i)
	}
}

// TestNoCrashPartsAJobFromItsDevice kills the process at every commit of a whole story, before it and after it, and
// looks whether jobs and devices agree, and whether the step can be done again.
func TestNoCrashPartsAJobFromItsDevice(t *testing.T) {
	for at := 1; ; at++ {
		done := false
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("commit %d, after %v", at, after), func(t *testing.T) {
				w := newWorld(t, estate.Test)
				w.store.commits, w.store.dieAt, w.store.after = 0, at, after
				done = !w.story()
				w.agree()
			})
		}
		if done {
			if at < 12 {
				t.Fatalf("the story has %d commits only", at)
			}
			return
		}
	}
}

// story tells an alarm, developer mode and a return with a replacement; each step is done until it is done. It is
// false when nobody died.
func (w *world) story() (died bool) {
	w.t.Helper()
	step := func(name string, isDone func() bool, do func() error) {
		w.t.Helper()
		for try := 0; !isDone(); try++ {
			if try > 2 {
				w.t.Fatalf("%s cannot be done again", name)
			}
			if err := do(); err != nil {
				if !w.store.dead {
					w.t.Fatalf("%s: %v", name, err)
				}
				died = true
				w.reopen()
				w.agree()
			}
		}
	}
	var code string
	request := func() (r support.TamperRequest) {
		if list := w.TamperRequests(); len(list) > 0 {
			r = list[0]
		}
		return r
	}
	step("alarm", func() bool { return w.device("P2-1").Tampered != nil }, func() error { return w.estate.MarkTampered(w.now, "P2-1", "0x10 x", 0) })
	step("request", func() bool { return request().ID != "" }, func() error {
		_, err := w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x10", Picture: picture(w.t)})
		return err
	})
	step("approval", func() bool { return code != "" }, func() (err error) {
		_, code, err = w.Approve(request().ID, "op", false)
		if err != nil {
			code = "" // nobody has heard it
		}
		return err
	})
	step("code", func() bool { return request().State == support.TamperUnlocked }, func() error { _, err := w.Unlock("P2-1", code); return err })
	step("restart", func() bool { return w.device("P2-1").Tampered == nil }, func() error { return w.Recovered("P2-1") })
	step("developer", func() bool { return w.estate.InDeveloperMode("P2-1") }, func() error {
		_, code, err := w.AskDeveloperCode(support.CodeAsk{TUSN: "1", Reason: "x", Understood: true})
		if err != nil {
			return err
		}
		_, err = w.DeveloperMode("P2-1", code)
		return err
	})
	back := func() (r support.Return) {
		if list := w.Returns(); len(list) > 0 {
			r = list[0]
		}
		return r
	}
	step("return", func() bool { return back().ID != "" }, func() error {
		_, err := w.AskReturn(support.ReturnAsk{Device: "P2-1", Reason: "damage", Ticket: "1", Address: address()})
		return err
	})
	for i, s := range append(toTested(), support.StepReplace) {
		step(string(s), func() bool { return len(back().Steps) > i+1 }, func() error {
			do := support.ReturnDo{Step: s, By: "op"}
			if s == support.StepReplace {
				do.Device = "P2-2"
			}
			_, err := w.Move(back().ID, do)
			return err
		})
	}
	return died
}

// agree tells whether jobs and devices say the same.
func (w *world) agree() {
	w.t.Helper()
	d, known := w.estate.Device("P2-1")
	term, _ := w.estate.Terminal(w.tid)
	for _, r := range w.TamperRequests() {
		if cleared := r.State == support.TamperCleared; cleared != (d.Tampered == nil) && known {
			w.t.Errorf("the request is %s, the device %+v", r.State, d)
		}
	}
	for _, c := range w.DeveloperCodes() {
		if c.State == support.CodeUsed && known && !w.estate.InDeveloperMode("P2-1") {
			w.t.Errorf("the code is %s, and the device not in developer mode", c.State)
		}
	}
	for _, r := range w.Returns() {
		out := r.State == support.ReturnTransit || r.State == support.ReturnReceived || r.State == support.ReturnTested
		replaced := r.State == support.ReturnReplaced
		if replaced != (term.POIID == "P2-2") || replaced == known || out != (known && d.Returned != nil && term.POIID == "") {
			w.t.Errorf("the return is %s, the device %v %+v, the terminal %+v", r.State, known, d, term)
		}
	}
}
