package acquirer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

func wantOutcomes(t *testing.T, got []acquirer.Output, want ...kassa.Input) {
	t.Helper()
	if diff := cmp.Diff(want, outcomes(got)); diff != "" {
		t.Error("outcomes (-want +got):", diff)
	}
}

func TestNothingLeavesBeforeSignOn(t *testing.T) {
	d := newDesk(t, nil)
	unreachable := kassa.HostRequestNotSent{Request: 1, Reason: kassa.AcquirerUnreachable}
	wantOutcomes(t, d.do(sale(1, "T1", d.now)), unreachable)

	ask := only[acquirer.Send](t, d.do(acquirer.LinkUp{Conn: 7}))
	m := d.message(ask)
	if m.MTI != "0800" || m.Get(70) != "001" || m.Get(7) != "0203220506" {
		t.Errorf("the first message is %s", m)
	}
	unreachable.Request = 2
	out := d.do(sale(2, "T1", d.now))
	wantOutcomes(t, out, unreachable)
	if len(all[acquirer.Send](out)) != 0 {
		t.Error("a sale left before the sign-on was answered")
	}
	out = d.do(d.reply(ask, nil))
	if got := only[acquirer.LinkChanged](t, out); got.State != acquirer.LinkSignedOn || d.m.SignedOn() != 1 {
		t.Errorf("after the sign-on: %+v", got)
	}
	only[acquirer.Send](t, d.do(sale(3, "T1", d.now)))
}

func TestSaleMessage(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	in := sale(42, "KASSA001", d.now)
	in.Effect.Auth.HasPIN, in.Effect.Auth.FollowUpOf = true, 41
	in.Effect.Sealed.PIN = []byte("0123456789abcdef")
	m := d.message(only[acquirer.Send](t, d.do(in)))
	got := map[int]string{}
	for _, de := range m.Fields() {
		got[de] = m.Get(de)
	}
	delete(got, 128)
	want := map[int]string{
		3: "000000", 4: "000000000150", 7: "0203220506", 11: "000042", 12: "230506", 13: "0203", 18: "5411",
		22: "071", 23: "000", 25: "00", 26: "12", 32: "123456", 35: track2, 37: "603422000042", 41: "KASSA001",
		42: "MERCHANT1      ", 43: fmt.Sprintf("%-40s", "Shop"), 48: "FU0011LI004LFMYST0011", 49: "978",
		55: "\x9f\x36\x02\x00\x01", 110: "0123456789abcdef",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for entry, de22 := range map[kassa.Entry]string{kassa.Chip: "051", kassa.Magstripe: "901", kassa.Fallback: "801"} {
		in := sale(43, "KASSA001", d.now)
		in.Effect.Auth.Entry, in.Effect.Auth.STAN = entry, de22+"000"
		in.Effect.Auth.Card.SingleTap = false
		m := d.message(only[acquirer.Send](t, d.do(in)))
		if m.Get(22) != de22 || m.Has(26) || m.Has(110) || !m.Has(64) || strings.Contains(m.Get(48), "ST") {
			t.Errorf("%s: %s", entry, m)
		}
	}
}

func TestApproved(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	answer := d.reply(s, func(m *iso8583.Message) { m.SetBytes(55, []byte{0x8A, 2, '0', '0'}) })
	out := d.do(answer)
	wantOutcomes(t, out, kassa.HostAnswered{
		Request: 1, ResponseCode: "00", AuthCode: "A1B2C3", EMV: []byte{0x8A, 2, '0', '0'},
		Approved: kassa.Money{Minor: 150, Currency: kassa.EUR},
	})
	if got := only[acquirer.Outcome](t, out).Order; got != order(1, "").ID() {
		t.Errorf("the outcome is for order %s", got)
	}
	wantOutcomes(t, d.do(answer, answer))
	wantOutcomes(t, d.pass(time.Minute))
}

func TestAnswersThatDoNotCount(t *testing.T) {
	tests := map[string]struct {
		change func(*iso8583.Message)
		spoil  func(acquirer.Frame) acquirer.Frame
		alarm  acquirer.AlarmKind
	}{
		"bad MAC":          {spoil: func(f acquirer.Frame) acquirer.Frame { f[len(f)-1] ^= 1; return f }, alarm: acquirer.AlarmBadMAC},
		"garbage":          {spoil: func(acquirer.Frame) acquirer.Frame { return acquirer.Frame("0210 garbage") }, alarm: acquirer.AlarmMalformed},
		"other STAN":       {change: set(11, "000009"), alarm: acquirer.AlarmUnmatched},
		"other terminal":   {change: set(41, "T9      "), alarm: acquirer.AlarmUnmatched},
		"other instant":    {change: set(7, "0203220507"), alarm: acquirer.AlarmUnmatched},
		"other class":      {change: func(m *iso8583.Message) { m.MTI = "0430" }, alarm: acquirer.AlarmUnmatched},
		"not an answer":    {change: func(m *iso8583.Message) { m.MTI = "0200" }, alarm: acquirer.AlarmUnmatched},
		"more money":       {change: set(4, "000000000151"), alarm: acquirer.AlarmMismatch},
		"less money":       {change: set(4, "000000000149"), alarm: acquirer.AlarmMismatch},
		"no money":         {change: set(4, ""), alarm: acquirer.AlarmMismatch},
		"other currency":   {change: set(49, "840"), alarm: acquirer.AlarmMismatch},
		"no response code": {change: set(39, ""), alarm: acquirer.AlarmMismatch},
		"a part that is all": {change: func(m *iso8583.Message) {
			m.Set(39, "10")
		}, alarm: acquirer.AlarmMismatch},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.up(1)
			s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
			bad := d.reply(s, tt.change)
			if tt.spoil != nil {
				bad.Frame = tt.spoil(bad.Frame)
			}
			out := d.do(bad, bad)
			wantOutcomes(t, out)
			if diff := cmp.Diff([]acquirer.AlarmKind{tt.alarm}, alarms(out)); diff != "" {
				t.Error(diff)
			}
			// A right answer still counts.
			if got := outcomes(d.do(d.reply(s, nil))); len(got) != 1 {
				t.Errorf("outcomes after the right answer: %v", got)
			}
		})
	}
}

func TestBadAnswerOnlyIsUnknown(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	d.do(d.reply(s, set(4, "000000000151")))
	wantOutcomes(t, d.pass(15*time.Second-1))
	wantOutcomes(t, d.pass(1), kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalInvalidAnswer})
}

func TestSilenceAndLateAnswer(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	wantOutcomes(t, d.pass(15*time.Second-1))
	wantOutcomes(t, d.pass(1), kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalTimeout})
	late := d.reply(s, nil)
	wantOutcomes(t, d.do(late, late, late), kassa.LateAnswer{Request: 1, ResponseCode: "00", AuthCode: "A1B2C3", Approved: true})

	s = only[acquirer.Send](t, d.do(sale(2, "T1", d.now)))
	d.pass(15 * time.Second)
	declined := func(m *iso8583.Message) { m.Set(39, "51"); m.Set(38, "") }
	wantOutcomes(t, d.do(d.reply(s, declined)), kassa.LateAnswer{Request: 2, ResponseCode: "51"})
}

func TestLostLinkIsUnknownAndUnstartedIsNotSent(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	a := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	b := only[acquirer.Send](t, d.do(sale(2, "T2", d.now)))
	c := only[acquirer.Send](t, d.do(sale(3, "T3", d.now)))
	_ = a
	out := d.do(acquirer.NotStarted{Conn: 1, ID: b.ID}, acquirer.LinkDown{Conn: 1}, acquirer.LinkDown{Conn: 1}, acquirer.NotStarted{Conn: 1, ID: c.ID})
	wantOutcomes(t, out,
		kassa.HostRequestNotSent{Request: 2, Reason: kassa.AcquirerUnreachable},
		kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalTimeout},
		kassa.HostOutcomeUnknown{Request: 3, Reason: kassa.ReversalTimeout},
	)
	wantOutcomes(t, d.do(sale(4, "T1", d.now)), kassa.HostRequestNotSent{Request: 4, Reason: kassa.AcquirerUnreachable})
	wantOutcomes(t, d.pass(time.Hour))
}

func TestEveryPlaceInTheAirIsTaken(t *testing.T) {
	d := newDesk(t, func(c *acquirer.Config) { c.MaxInFlight = 2 })
	d.up(1)
	d.up(2)
	load := map[uint64]int{}
	var sends []acquirer.Send
	for n := range int64(4) {
		s := only[acquirer.Send](t, d.do(sale(n, "T1", d.now)))
		load[s.Conn]++
		sends = append(sends, s)
	}
	if load[1] != 2 || load[2] != 2 {
		t.Errorf("the load is %v", load)
	}
	wantOutcomes(t, d.do(sale(5, "T1", d.now)), kassa.HostRequestNotSent{Request: 5, Reason: kassa.WorldBusy})
	d.do(d.reply(sends[0], nil))
	only[acquirer.Send](t, d.do(sale(6, "T1", d.now)))
}

func TestTheSameSaleTwiceIsSentOnce(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	in := sale(1, "T1", d.now)
	s := only[acquirer.Send](t, d.do(in))
	for range 2 {
		out := d.do(in)
		wantOutcomes(t, out)
		if diff := cmp.Diff([]acquirer.AlarmKind{acquirer.AlarmTwice}, alarms(out)); diff != "" {
			t.Error(diff)
		}
		d.do(d.reply(s, nil))
	}
	if n := len(all[acquirer.Send](d.outputs)); n != 2 {
		t.Errorf("%d frames left, want the sign-on and one sale", n)
	}
}

func TestWhatCannotBeBuiltIsNotSent(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	in := sale(1, "T1", d.now)
	in.Effect.Sealed.Track2 = []byte("damaged")
	out := d.do(in)
	wantOutcomes(t, out, kassa.HostRequestNotSent{Request: 1, Reason: kassa.CardDataUnreadable})
	out = append(out, d.do(sale(2, "A TID TOO LONG", d.now))...)
	if len(all[acquirer.Send](out)) != 0 || len(outcomes(out)) != 2 {
		t.Errorf("%+v", out)
	}
}

func TestOutputsPrintNoCard(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	out := d.do(sale(1, "T1", d.now))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		text := fmt.Sprintf(verb, out)
		if strings.Contains(text, track2[:16]) || strings.Contains(text, fmt.Sprintf("%x", track2[:16])) {
			t.Errorf("%s prints the card", verb)
		}
	}
}

func TestStopResolvesAll(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	d.do(sale(1, "T1", d.now), undo(sale(2, "T2", d.now)), sale(3, "T2", d.now))
	d.fresh()
	out := d.do(acquirer.Stop{})
	wantOutcomes(t, out,
		kassa.HostRequestNotSent{Request: 3, Reason: kassa.AcquirerUnreachable},
		kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalTimeout},
	)
	if only[acquirer.CloseLink](t, out).Conn != 1 {
		t.Error("the connection stays")
	}
	wantOutcomes(t, d.do(sale(4, "T2", d.now)), kassa.HostRequestNotSent{Request: 4, Reason: kassa.AcquirerUnreachable})
	only[acquirer.CloseLink](t, d.do(acquirer.LinkUp{Conn: 2}))
}

func TestAFloodOfBadFramesIsAFewAlarms(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	n := 0
	for range 10_000 {
		n += len(d.do(acquirer.FrameReceived{Conn: 1, Frame: acquirer.Frame("x")}))
		d.now = d.now.Add(time.Millisecond)
	}
	if n > 11 {
		t.Errorf("%d alarms in ten seconds", n)
	}
	last := all[acquirer.Alarm](d.outputs)
	if got := last[len(last)-1].Suppressed; got < 900 {
		t.Errorf("the last alarm counts %d", got)
	}
}
