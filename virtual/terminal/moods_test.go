package terminal_test

import (
	"strings"
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

// lastSent gives the newest frame of a type that the terminal sent.
func (r *rig) lastSent(kind poilink.Type) (last poilink.Frame) {
	for _, f := range r.sent {
		if f.Type == kind {
			last = f
		}
	}
	return last
}

func TestLinkThatDoesNotLast(t *testing.T) {
	r := ready(t)
	before := r.connect
	r.do(terminal.FaultSet{Fault: terminal.FaultFlap})
	r.wait(10 * time.Second)
	if broke := r.connect - before; broke < 5 {
		t.Fatalf("%d new links in 10 s", broke)
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultFlap})
	r.wait(5 * time.Second)
	before = r.connect
	r.wait(time.Minute)
	if !r.m.Status().Online || r.connect != before {
		t.Errorf("mended: online %v, %d new links", r.m.Status().Online, r.connect-before)
	}
}

func TestRestartsEveryDay(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultReboot})
	if bye := r.lastSent(poilink.TypeBye).Bye; bye == nil || bye.Reason != "restart" || r.m.Status().Powered {
		t.Fatalf("bye %+v, on %v", bye, r.m.Status().Powered)
	}
	r.wait(time.Minute)
	if !r.m.Status().Online {
		t.Fatal("not back")
	}
	r.sent = nil
	r.wait(23 * time.Hour)
	if bye := r.lastSent(poilink.TypeBye).Bye; bye != nil {
		t.Fatalf("too early: %+v", bye)
	}
	r.wait(2 * time.Hour)
	if bye := r.lastSent(poilink.TypeBye).Bye; bye == nil || bye.Reason != "restart" {
		t.Fatalf("a day later: %+v", bye)
	}
	if !r.m.Status().Online {
		t.Error("not back")
	}
}

func TestRestartWaitsForThePayment(t *testing.T) {
	r := paying(t, 1250)
	r.do(terminal.FaultSet{Fault: terminal.FaultReboot})
	if !r.m.Status().Powered {
		t.Fatal("it went off in the middle of a payment")
	}
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenApproved)
	r.wait(time.Minute)
	if bye := r.lastSent(poilink.TypeBye).Bye; bye == nil || bye.Reason != "restart" {
		t.Errorf("after it: %+v", bye)
	}
}

func TestActivatedTooEarly(t *testing.T) {
	r := newRigAs(t, "P3MIX-000001")
	r.do(terminal.FaultSet{Fault: terminal.FaultSlowSync})
	r.do(terminal.PowerOn{})
	r.wait(time.Minute)
	if r.m.Status().Configured {
		t.Fatal("it has its key already")
	}
	r.cloud.refusal = poilink.Refused{Code: poilink.RefusedIPEKMissing, Text: "IPEK not configured"}
	r.do(terminal.ActivateWith{Code: "0815"}) // this cloud refuses it as the true one does a device without a key
	if s := r.m.Status().Screen; s.Error != "Activation failed: Server error (10008)" {
		t.Fatalf("screen %+v", s)
	}
	r.wait(3 * time.Minute)
	if !r.m.Status().Configured {
		t.Fatal("three minutes later it has no key")
	}
	r.do(terminal.ActivateWith{Code: "4711"})
	r.wantScreen(terminal.ScreenIdle)
}

func TestProgramThatWasNeverUpdated(t *testing.T) {
	r := ready(t)
	current := r.lastSent(poilink.TypeHello).Hello.Software
	r.do(terminal.FaultSet{Fault: terminal.FaultOldSoftware})
	r.wait(time.Minute)
	if old := r.lastSent(poilink.TypeHello).Hello.Software; old == current || !strings.HasSuffix(old, " 0.9") {
		t.Fatalf("software %q", old)
	}
	r.deliver(poilink.Frame{Type: poilink.TypeProbe, Probe: &poilink.Probe{ID: "p1", Full: true}})
	if p := r.lastSent(poilink.TypeProbed).Probed; p == nil || p.ID != "p1" || len(p.Checks) != 0 || len(r.tests) != 0 {
		t.Fatalf("probed %+v, %d tests", p, len(r.tests))
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultOldSoftware})
	r.wait(time.Minute)
	if now := r.lastSent(poilink.TypeHello).Hello.Software; now != current {
		t.Errorf("updated: %q", now)
	}
}

func TestSwitchedOffByHand(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultSwitchOff})
	if bye := r.lastSent(poilink.TypeBye).Bye; bye == nil || bye.Reason != "shutdown" || r.m.Status().Powered {
		t.Fatalf("bye %+v, on %v", bye, r.m.Status().Powered)
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultSwitchOff})
	r.wait(10 * time.Second)
	if !r.m.Status().Online {
		t.Error("not back")
	}
}

func TestLinksThatLiveEquallyLong(t *testing.T) {
	r := ready(t)
	before := r.connect
	r.do(terminal.FaultSet{Fault: terminal.FaultIdleCut})
	r.wait(30 * time.Second)
	if broke := r.connect - before; broke < 4 || broke > 8 {
		t.Errorf("%d new links in 30 s", broke)
	}
}

func TestReportsOfAWrongClockAndAWeakNetwork(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultClock})
	r.do(terminal.FaultSet{Fault: terminal.FaultWeak})
	r.wait(10 * time.Second)
	said := r.lastSent(poilink.TypeReport).Report
	if said == nil || said.Health.Network.Signal > 20 || time.UnixMilli(said.TimeMS).Sub(r.now) < time.Hour {
		t.Errorf("said %+v", said)
	}
}

func TestATwinOpensASecondLink(t *testing.T) {
	r := ready(t)
	before := r.connect
	r.do(terminal.FaultSet{Fault: terminal.FaultTwin})
	r.wait(5 * time.Second)
	if r.connect-before != 1 || !r.m.Status().Online {
		t.Errorf("%d new links, online %v", r.connect-before, r.m.Status().Online)
	}
}
