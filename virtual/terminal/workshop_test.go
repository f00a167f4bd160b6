package terminal_test

import (
	"strings"
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

// answer answers the service request that was sent last.
func (r *rig) answer(kind poilink.ServiceKind, accepted bool, text string) poilink.Servicing {
	r.t.Helper()
	f := r.lastSent(poilink.TypeService)
	if f.Service == nil || f.Service.Kind != kind {
		r.t.Fatalf("sent %+v", f.Service)
	}
	r.deliver(poilink.Frame{Type: poilink.TypeServiced, Serviced: &poilink.Serviced{ID: f.Service.ID, Kind: kind, Accepted: accepted, Text: text}})
	return *f.Service
}

func TestUnlockCodeIsTypedInAndRestartsTheDevice(t *testing.T) {
	for _, activated := range []bool{true, false} {
		r := newRig(t)
		if activated {
			r = ready(t)
		}
		r.do(terminal.PowerOn{})
		r.do(terminal.FaultSet{Fault: terminal.FaultTamper, Code: "0x11"})
		r.wait(time.Minute)
		s := r.screen()
		if s.Title != "Attacked! Please contact your service provider" || s.Error != "Error code 0x11" {
			t.Fatalf("screen %+v", s)
		}
		if h := r.m.Status(); !strings.HasPrefix(h.Alarm, "0x11 ") || h.Health.Tampered != h.Alarm {
			t.Errorf("alarm %q, health %q", h.Alarm, h.Health.Tampered)
		}
		r.touch("unlock")
		r.keys("1 2 3 4 5 6 7 8 ok")
		r.answer(poilink.ServiceUnlock, false, "Wrong unlock code")
		if s := r.wantPage("unlock"); s.Error != "Wrong unlock code" || s.Field.Text != "" {
			t.Errorf("after a wrong code: %+v", s)
		}
		r.restart() // which is no way out
		r.wantScreen(terminal.ScreenTampered)
		r.wait(time.Minute)
		r.do(terminal.KeyPressed{Key: terminal.KeyOK})
		r.keys("8 7 6 5 4 3 2 1 ok")
		if q := r.answer(poilink.ServiceUnlock, true, ""); q.Code != "87654321" {
			t.Errorf("it asked %+v", q)
		}
		r.wantScreen(terminal.ScreenOff)
		r.cloud.ikid[7]++
		r.wait(time.Minute)
		if s := r.m.Status(); !s.Configured || s.Alarm != "" || len(s.Faults) != 0 {
			t.Errorf("after the restart: %+v", s)
		}
		if h := r.cloud.hellos[len(r.cloud.hellos)-1]; h.Report.Health.Tampered != "" || !h.Report.Health.Security {
			t.Errorf("its hello: %+v", h.Report.Health)
		}
	}
}

func TestDeveloperModeIsEightPressesAndACode(t *testing.T) {
	r := ready(t)
	r.set("cloudMode", "off")
	r.touch("pin:settings")
	r.keys("1 3 2 4 ok")
	r.touch("page:system", "page:about")
	for range 7 {
		r.touch("do:serial")
	}
	r.wantPage("about")
	r.touch("do:serial")
	r.wantPage("developer")
	r.keys("4 3 2 1 ok")
	r.answer(poilink.ServiceDeveloper, false, "Wrong developer code")
	if r.m.Status().DeveloperMode {
		t.Fatal("a wrong code opened developer mode")
	}
	r.keys("1 2 3 4 ok")
	r.answer(poilink.ServiceDeveloper, true, "")
	if !r.m.Status().DeveloperMode {
		t.Fatal("it is not in developer mode")
	}
	r.deliver(poilink.Frame{Type: poilink.TypeActivated}) // whoever has it next has it as it is
	r.restart()
	r.wait(time.Minute)
	if h := r.cloud.hellos[len(r.cloud.hellos)-1]; !r.m.Status().DeveloperMode || !h.Report.DeveloperMode {
		t.Error("it forgot developer mode")
	}
}

func TestKeyInjectionAtTheDeviceAndFromTheCloud(t *testing.T) {
	r := ready(t)
	first := r.m.Status().IKID
	r.set("cloudMode", "off")
	r.touch("pin:settings")
	r.keys("1 3 2 4 ok")
	r.touch("page:advanced", "page:securityCenter", "page:keyInjection")
	if s := r.wantPage("keyInjection"); !strings.Contains(strings.Join(s.Lines, "|"), "KCV "+r.m.Status().KCV) {
		t.Errorf("lines %v", s.Lines)
	}
	r.cloud.ikid[7]++
	r.touch("do:inject")
	second := r.m.Status().IKID
	if s := r.wantPage("keyInjection"); second == first || !strings.Contains(strings.Join(s.Lines, "|"), "The key is injected") {
		t.Errorf("IKID %s after %s, lines %v", second, first, s.Lines)
	}
	r.cloud.ikid[7]++
	r.command("KEYS-1", poilink.CommandKeys, "")
	third := r.m.Status().IKID
	if third == second {
		t.Error("the cloud's wish gave no new key")
	}
	r.do(terminal.FaultSet{Fault: terminal.FaultNoIPEK})
	r.wait(time.Minute)
	r.command("KEYS-2", poilink.CommandKeys, "")
	if f := r.lastSent(poilink.TypeService); f.Service == nil || f.Service.Kind != poilink.ServiceKeyFailed {
		t.Errorf("it does not tell that it takes no key: %+v", f.Service)
	}
}

func TestAKeyThatIsWantedWaitsForThePayment(t *testing.T) {
	r := paying(t, 1250)
	before := r.m.Status().IKID
	r.cloud.ikid[7]++
	r.command("KEYS-1", poilink.CommandKeys, "")
	if r.m.Status().IKID != before {
		t.Fatal("the key changed in the middle of a payment")
	}
	r.present(terminal.Tap, "visa")
	r.wait(time.Minute)
	if r.m.Status().IKID == before {
		t.Error("the key never came")
	}
}

// TestARefusedCodeIsToldInTheLanguageOfTheDevice answers with each reason: no language shows the English of the cloud.
func TestARefusedCodeIsToldInTheLanguageOfTheDevice(t *testing.T) {
	wrong := map[string]string{"en": "Wrong code", "nl": "Onjuiste code", "fr": "Code faux", "it": "Codice errato", "es": "Código incorrecto"}
	for language, want := range wrong {
		r := ready(t)
		r.do(terminal.SettingChanged{ID: "language", Value: language})
		r.do(terminal.FaultSet{Fault: terminal.FaultTamper, Code: "0x11"})
		r.wait(time.Minute)
		r.touch("unlock")
		shown := map[string]bool{}
		for _, reason := range []poilink.ServiceReason{
			poilink.ServiceNoCode, poilink.ServiceWrong, poilink.ServiceLocked, poilink.ServiceVoid, poilink.ServiceExpired, poilink.ServiceLive,
		} {
			r.keys("1 2 3 4 5 6 7 8 ok")
			f := r.lastSent(poilink.TypeService)
			r.deliver(poilink.Frame{Type: poilink.TypeServiced, Serviced: &poilink.Serviced{
				ID: f.Service.ID, Kind: poilink.ServiceUnlock, Reason: reason, Text: "the cloud's own words",
			}})
			problem := r.wantPage("unlock").Error
			if problem == "" || problem == "the cloud's own words" || shown[problem] || reason == poilink.ServiceWrong && problem != want {
				t.Errorf("%s: %s is told as %q", language, reason, problem)
			}
			shown[problem] = true
		}
	}
}

// TestAlarmsAreCounted tells one alarm from the next, and not from another sensor under the same one.
func TestAlarmsAreCounted(t *testing.T) {
	r := ready(t)
	alarms := func() int { return r.m.Status().Health.Alarms }
	for want := 1; want <= 2; want++ {
		r.do(terminal.FaultSet{Fault: terminal.FaultTamper, Code: "0x11"})
		r.do(terminal.FaultSet{Fault: terminal.FaultTamper, Code: "0x12"})
		r.restart()
		r.wait(time.Minute)
		if got := alarms(); got != want {
			t.Errorf("%d alarms, want %d", got, want)
		}
		if h := r.cloud.hellos[len(r.cloud.hellos)-1]; h.Report.Health.Alarms != want {
			t.Errorf("its hello tells of %d alarms, want %d", h.Report.Health.Alarms, want)
		}
		r.do(terminal.FaultClear{Fault: terminal.FaultTamper})
		if got := alarms(); got != 0 {
			t.Errorf("without an alarm it tells of %d", got)
		}
	}
}
