package terminal_test

import (
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

// reports gives what the cloud was told of the terminal since a frame, by hello or by report.
func (r *rig) reports(from int) (list []poilink.Report) {
	for _, f := range r.sent[from:] {
		switch {
		case f.Hello != nil:
			list = append(list, *f.Hello.Report)
		case f.Report != nil:
			list = append(list, *f.Report)
		}
	}
	return list
}

// TestFailuresAreToldWithTheNextLink: the tries that failed are counted, and told once there is a link again; the
// first link that comes at once ends that.
func TestFailuresAreToldWithTheNextLink(t *testing.T) {
	r := ready(t)
	if got := r.reports(0)[0].LastFailure; got != nil {
		t.Fatalf("at first: %+v", got)
	}
	r.noWay = "resolve"
	r.do(terminal.LinkDown{})
	lost, from := r.now, len(r.sent)
	r.wait(2 * time.Minute)
	if len(r.sent) != from || r.connect < 4 {
		t.Fatalf("%d tries", r.connect)
	}
	tries := r.connect - 1
	r.noWay = "connect"
	for failed := r.connect; r.connect == failed; {
		r.wait(time.Second)
	}
	r.noWay = ""
	r.wait(time.Minute)
	said := r.reports(from)
	if len(said) == 0 {
		t.Fatal("no link again")
	}
	f := said[0].LastFailure
	if f == nil || f.Step != "connect" || f.Times != tries+1 || f.SinceMS < lost.UnixMilli() || f.SinceMS > lost.Add(2*time.Second).UnixMilli() {
		t.Errorf("told %+v after %d tries since %d", f, tries+1, lost.UnixMilli())
	}
	r.wait(time.Minute)
	from = len(r.sent)
	r.do(terminal.LinkDown{})
	r.wait(time.Minute)
	if said = r.reports(from); len(said) == 0 || said[0].LastFailure != nil {
		t.Errorf("after a link that came at once: %+v", said)
	}
}

// TestSilenceIsAFailure: a link over which nothing comes is told by the step that the fault breaks.
func TestSilenceIsAFailure(t *testing.T) {
	for fault, step := range map[terminal.Fault]string{terminal.FaultDeaf: "read", terminal.FaultMute: "write"} {
		r := ready(t)
		r.do(terminal.FaultSet{Fault: fault})
		r.wait(2 * time.Minute)
		from := len(r.sent)
		r.do(terminal.FaultClear{Fault: fault})
		said := r.reports(from)
		if len(said) == 0 || said[0].LastFailure == nil || said[0].LastFailure.Step != step {
			t.Errorf("%s: %+v", fault, said)
		}
	}
}

// TestChangesAreReported: the cloud hears of what the administrator set, and of a screen that stands, but not of
// each that passes.
func TestChangesAreReported(t *testing.T) {
	r := ready(t)
	r.wait(20 * time.Second)
	from := len(r.sent)
	r.configure(1, map[string]string{"cloud.webSocketEnabled": "false", "cloud.apiEnabled": "true"})
	r.wait(6 * time.Second)
	said := r.reports(from)
	if len(said) != 1 || said[0].WebSocketEnabled == nil || *said[0].WebSocketEnabled || !*said[0].APIEnabled || said[0].TimeMS == 0 || said[0].KCV == "" {
		t.Fatalf("after the settings: %+v", said)
	}
	r.wait(20 * time.Second)
	from = len(r.sent)
	r.deliver(r.cloud.pay("X1", 100, ""))
	r.wait(5 * time.Second)
	if said = r.reports(from); len(said) != 0 {
		t.Errorf("a screen that passes: %+v", said)
	}
	r.wait(6 * time.Second)
	if said = r.reports(from); len(said) != 1 || said[0].Screen != string(terminal.ScreenPresentCard) {
		t.Errorf("a screen that stands: %+v", said)
	}
	r.wait(30 * time.Second)
	if said = r.reports(from); len(said) != 1 {
		t.Errorf("it is told %d times", len(said))
	}
}

// TestOwnSettingsAreReported: what somebody sets on the device reaches the cloud.
func TestOwnSettingsAreReported(t *testing.T) {
	r := ready(t)
	r.wait(20 * time.Second)
	if said := r.reports(0); *said[len(said)-1].CloseTimeout != 5 || *said[len(said)-1].AllowRefunds || said[len(said)-1].ManualInput {
		t.Fatalf("at first: %+v", said[len(said)-1])
	}
	r.set("closeTimeout", "0", "allowRefunds", "on", "manualInput", "on")
	r.wait(6 * time.Second)
	said := r.reports(0)
	if last := said[len(said)-1]; *last.CloseTimeout != 0 || !*last.AllowRefunds || !last.ManualInput {
		t.Errorf("afterwards: %+v", last)
	}
	from := len(r.sent)
	r.deliver(r.cloud.pay("X1", 100, ""))
	if got := r.screen().Name; got != terminal.ScreenHome {
		t.Errorf("with manual input on it shows %s", got)
	}
	if len(r.sent) == from {
		t.Error("the cloud hears nothing of an order that is not shown")
	}
}

// TestWhatTheTerminalSaysOfACard is told, since no host hears of it.
func TestWhatTheTerminalSaysOfACard(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 100, ""))
	from := len(r.sent)
	r.present(terminal.Tap, "visa:110")
	var screens []poilink.Screen
	for _, f := range r.sent[from:] {
		if f.Progress != nil {
			screens = append(screens, f.Progress.Screen)
		}
	}
	if len(screens) == 0 || screens[len(screens)-1] != poilink.ScreenNotSupported {
		t.Errorf("told %v", screens)
	}
}
