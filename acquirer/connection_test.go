package acquirer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

func TestEchoAfterSilence(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	if out := d.pass(30*time.Second - 1); len(out) != 0 {
		t.Errorf("before the silence is long enough: %+v", out)
	}
	echo := only[acquirer.Send](t, d.pass(1))
	if m := d.message(echo); m.MTI != "0800" || m.Get(70) != "301" {
		t.Errorf("after 30 s: %s", m)
	}
	d.do(d.reply(echo, nil))
	// Traffic puts the next one off.
	d.pass(20 * time.Second)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	d.do(d.reply(s, nil))
	if out := d.pass(30*time.Second - 1); len(out) != 0 {
		t.Errorf("there was an echo without silence: %+v", out)
	}
	only[acquirer.Send](t, d.pass(1))
}

// A host that has signed a connection off refuses everything there and answers every echo. If its
// sign-off was lost, only what it refuses can tell.
func TestARefusalAsInoperativeAsksToSignOnAgain(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	undone := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
	out := d.do(d.reply(undone, set(39, "91")))
	wantOutcomes(t, out)
	signOn := only[acquirer.Send](t, out)
	if m := d.message(signOn); m.MTI != "0800" || m.Get(70) != "001" {
		t.Errorf("after 91: %s", m)
	}
	again := only[acquirer.Send](t, d.pass(5*time.Second))
	if out := d.do(d.reply(again, set(39, "91"))); len(all[acquirer.Send](out)) != 0 {
		t.Errorf("it asks twice: %+v", out)
	}
	d.do(d.reply(signOn, nil))
	if d.m.SignedOn() != 1 {
		t.Errorf("signed on %d times", d.m.SignedOn())
	}
	wantOutcomes(t, d.do(d.reply(again, nil)), kassa.ReversalAnswered{Request: 1, ResponseCode: "00"})
}

func TestTwoMissesKillAConnection(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	d.pass(25 * time.Second)
	d.do(sale(1, "T1", d.now)) // becomes unknown by its own time-out at 40 s
	d.pass(15 * time.Second)   // first miss, second echo
	d.do(sale(2, "T1", d.now))
	d.fresh()
	if out := d.pass(10*time.Second - 1); len(all[acquirer.CloseLink](out)) != 0 {
		t.Error("closed early")
	}
	out := d.pass(1)
	if only[acquirer.CloseLink](t, out).Conn != 1 {
		t.Error("not closed")
	}
	wantOutcomes(t, out, kassa.HostOutcomeUnknown{Request: 2, Reason: kassa.ReversalTimeout})
	if diff := cmp.Diff([]acquirer.AlarmKind{acquirer.AlarmSilent}, alarms(out)); diff != "" {
		t.Error(diff)
	}
	if d.m.SignedOn() != 0 {
		t.Error("it still counts as signed on")
	}
}

func TestAnEchoThatIsAnsweredOnceIsNoMiss(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	d.pass(30 * time.Second)
	second := only[acquirer.Send](t, d.pass(10*time.Second))
	d.do(d.reply(second, nil))
	for range 10 { // each time the first echo is lost
		d.pass(30 * time.Second)
		d.do(d.reply(only[acquirer.Send](t, d.pass(10*time.Second)), nil))
	}
	if d.m.SignedOn() != 1 {
		t.Error("the connection is gone")
	}
}

func TestSignOnThatFails(t *testing.T) {
	for name, answer := range map[string]func(*iso8583.Message){
		"refused": set(39, "91"), "no answer": nil, "to another": set(11, "000099"), "bad code": set(70, "301"),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			ask := only[acquirer.Send](t, d.do(acquirer.LinkUp{Conn: 1}))
			if answer != nil {
				d.do(d.reply(ask, answer))
			}
			d.pass(10 * time.Second)
			if only[acquirer.CloseLink](t, d.outputs).Conn != 1 || d.m.SignedOn() != 0 {
				t.Error("the connection stays")
			}
		})
	}
}

func TestTheHostAsks(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	host := func(code string) acquirer.FrameReceived {
		m := &iso8583.Message{MTI: "0800"}
		m.Set(7, "0203220506")
		m.Set(11, "000777")
		m.Set(70, code)
		frame, err := d.profile.PackMAC(m, module{}.MAC)
		if err != nil {
			t.Fatal(err)
		}
		return acquirer.FrameReceived{Conn: 1, Frame: frame}
	}
	for code, rc := range map[string]string{"301": "00", "161": "12"} {
		m := d.message(only[acquirer.Send](t, d.do(host(code))))
		if m.MTI != "0810" || m.Get(39) != rc || m.Get(11) != "000777" || m.Get(70) != code {
			t.Errorf("%s is answered with %s", code, m)
		}
	}
	flying := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	only[acquirer.Send](t, d.do(host("002")))
	if d.m.SignedOn() != 0 {
		t.Error("signed off, and it counts as signed on")
	}
	wantOutcomes(t, d.do(sale(2, "T1", d.now)), kassa.HostRequestNotSent{Request: 2, Reason: kassa.AcquirerUnreachable})
	if got := outcomes(d.do(d.reply(flying, nil))); len(got) != 1 {
		t.Errorf("what was in the air got %v", got)
	}
	again := only[acquirer.Send](t, d.pass(30*time.Second))
	d.do(d.reply(again, nil))
	if d.m.SignedOn() != 1 {
		t.Error("it did not sign on again")
	}
}

func TestUnreachableIsAFact(t *testing.T) {
	d := newDesk(t, nil)
	got := only[acquirer.LinkChanged](t, d.do(acquirer.DialFailed{Detail: "refused"}))
	if got.State != acquirer.LinkUnreachable || got.Detail != "refused" {
		t.Errorf("%+v", got)
	}
}
