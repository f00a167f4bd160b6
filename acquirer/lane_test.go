package acquirer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

func TestReversalMessage(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := sale(42, "T1", d.now)
	d.now = d.now.Add(20 * time.Second)
	in := undo(s)
	in.Effect.Auth.AuthCode = "A1B2C3"
	m := d.message(only[acquirer.Send](t, d.do(in)))
	got := map[int]string{}
	for _, de := range m.Fields() {
		got[de] = m.Get(de)
	}
	delete(got, 128)
	want := map[int]string{
		3: "000000", 4: "000000000150", 7: "0203220526", 11: "000042", 12: "230506", 13: "0203", 32: "123456",
		37: "603422000042", 38: "A1B2C3", 41: "T1      ", 42: "MERCHANT1      ", 48: "LI004LFMYRR0044021", 49: "978",
		90: "0200" + "000042" + "0203220506" + "0000000000000000000000",
	}
	if diff := cmp.Diff(want, got); diff != "" || m.MTI != "0420" {
		t.Error(m.MTI, diff)
	}
}

func TestAReversalRepeatsUntilAccepted(t *testing.T) {
	d := newDesk(t, func(c *acquirer.Config) { c.EchoAfter = 24 * time.Hour })
	d.up(1)
	first := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
	asked := d.message(first)
	want := []float64{5, 10, 20, 40, 80, 160, 300, 300, 300, 300}
	last, early := d.now, 0
	for i, seconds := range want {
		var again []acquirer.Send
		var out []acquirer.Output
		for len(again) == 0 {
			out = append(out, d.pass(100*time.Millisecond)...)
			again = all[acquirer.Send](out)
		}
		pause := d.now.Sub(last).Seconds()
		if last = d.now; pause > seconds+0.2 || pause < seconds*0.9-0.2 {
			t.Errorf("pause %d is %.1f s, want up to a tenth less than %.0f s", i+1, pause, seconds)
		}
		if seconds == 300 && pause < 299.5 {
			early++ // by the jitter
		}
		m := d.message(again[0])
		if m.MTI != "0421" {
			t.Errorf("repeat %d is %s", i+1, m.MTI)
		}
		for _, de := range asked.Fields() {
			if de != 128 && m.Get(de) != asked.Get(de) {
				t.Errorf("repeat %d has another DE%d", i+1, de)
			}
		}
		// The repeat after n tries is try n+1; alarms start when six have failed.
		if stuck := slices.Contains(alarms(out), acquirer.AlarmReversalStuck); stuck != (i+2 > 6) {
			t.Errorf("alarm at try %d: %v", i+2, stuck)
		}
		if i == 3 { // answers that do not accept it end nothing
			for _, rc := range []string{"96", "30", "12", "91"} {
				out := d.do(d.reply(again[0], set(39, rc)))
				wantOutcomes(t, out)
				for _, signOn := range all[acquirer.Send](out) {
					d.do(d.reply(signOn, nil))
				}
			}
		}
	}
	if early == 0 {
		t.Error("the pauses have no jitter")
	}
	answer := d.reply(first, nil) // to any of the tries
	wantOutcomes(t, d.do(answer, answer), kassa.ReversalAnswered{Request: 1, ResponseCode: "00"})
	if out := d.pass(time.Hour); len(all[acquirer.Send](out)) != 0 {
		t.Error("it is repeated after it was accepted")
	}
}

func TestAcceptingCodes(t *testing.T) {
	for _, rc := range []string{"00", "21", "25", "76"} {
		d := newDesk(t, nil)
		d.up(1)
		s := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
		out := d.do(d.reply(s, set(39, rc)))
		wantOutcomes(t, out, kassa.ReversalAnswered{Request: 1, ResponseCode: rc})
		if (len(alarms(out)) == 0) != (rc == "00") {
			t.Errorf("%s raises %v", rc, alarms(out))
		}
	}
}

func TestAReversalWaitsForALinkAndTakesAnyOne(t *testing.T) {
	d := newDesk(t, nil)
	in := undo(sale(1, "T1", d.now))
	if out := d.do(in, in); len(out) != 0 {
		t.Errorf("without a link: %+v", out)
	}
	d.pass(10 * time.Minute)
	d.up(1)
	first := all[acquirer.Send](d.outputs)[1]
	if m := d.message(first); m.MTI != "0420" {
		t.Errorf("the first try is %s", m.MTI)
	}
	d.fresh()
	d.do(acquirer.LinkDown{Conn: 1})
	d.up(2)
	d.fresh()
	again := only[acquirer.Send](t, d.pass(5*time.Second))
	if again.Conn != 2 || d.message(again).MTI != "0421" {
		t.Errorf("the repeat is %s over %d", d.message(again).MTI, again.Conn)
	}
	d.do(d.replyOver(2, first, nil)) // the answer to the first one, over the other connection
	if got := outcomes(d.outputs); len(got) != 1 {
		t.Errorf("outcomes: %v", got)
	}
}

func TestAReversalThatWasNotStartedIsTriedAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	d.up(2)
	first := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
	second := only[acquirer.Send](t, d.do(acquirer.NotStarted{Conn: first.Conn, ID: first.ID}))
	if second.Conn == first.Conn || d.message(second).MTI != "0420" {
		t.Errorf("%s over %d", d.message(second).MTI, second.Conn)
	}
}

func TestASaleWaitsForItsTerminalsReversal(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	r1 := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
	r2 := only[acquirer.Send](t, d.do(undo(sale(2, "T1", d.now))))
	if out := d.do(sale(3, "T1", d.now), payBack(sale(9, "T1", d.now), 4, d.now), sale(5, "T1", d.now)); len(out) != 0 {
		t.Errorf("while a reversal is outstanding: %+v", out)
	}
	only[acquirer.Send](t, d.do(sale(6, "T2", d.now))) // another terminal goes on
	if out := d.do(d.reply(r1, nil)); len(all[acquirer.Send](out)) != 0 {
		t.Error("it left while the second reversal was outstanding")
	}
	out := d.do(d.reply(r2, nil))
	var got []string
	for _, s := range all[acquirer.Send](out) {
		m := d.message(s)
		got = append(got, m.MTI+" "+m.Get(3)+" "+m.Get(11))
	}
	slices.Sort(got)
	want := []string{"0200 000000 000003", "0200 000000 000005", "0200 200000 000004"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASaleThatWaitsTooLongIsNotSent(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	r := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
	d.do(sale(2, "T1", d.now))
	out := d.pass(15 * time.Second)
	wantOutcomes(t, out, kassa.HostRequestNotSent{Request: 2, Reason: kassa.AcquirerUnreachable})
	out = d.do(d.reply(r, nil))
	if len(all[acquirer.Send](out)) != 0 {
		t.Error("it left after it had been reported as not sent")
	}
	only[acquirer.Send](t, d.do(sale(3, "T1", d.now)))
}

func TestTheLanesAreBounded(t *testing.T) {
	d := newDesk(t, func(c *acquirer.Config) { c.MaxWaiting = 2 })
	d.up(1)
	for range 3 { // what leaves a lane makes room
		r := only[acquirer.Send](t, d.do(undo(sale(1, "T1", d.now))))
		d.now = d.now.Add(time.Second)
		n := d.now.Unix() % 1000 * 10
		d.do(sale(n, "T1", d.now), sale(n+1, "T1", d.now))
		if sent := all[acquirer.Send](d.do(d.reply(r, nil))); len(sent) != 2 {
			t.Fatalf("%d sales left the lane", len(sent))
		}
	}
	d.do(undo(sale(1, "T1", d.now)), sale(2, "T1", d.now), sale(3, "T1", d.now))
	d.fresh()
	wantOutcomes(t, d.do(sale(4, "T1", d.now)), kassa.HostRequestNotSent{Request: 4, Reason: kassa.WorldBusy})
	d.pass(15 * time.Second) // they leave the lane, and there is room again
	wantOutcomes(t, d.do(sale(5, "T1", d.now)))
}

func TestTheLateAnswersApprovalCodeNamesWhatIsUndone(t *testing.T) {
	d := newDesk(t, func(c *acquirer.Config) { c.MaxInFlight = 1 })
	d.up(1)
	in := sale(1, "T1", d.now)
	s := only[acquirer.Send](t, d.do(in))
	d.pass(15 * time.Second)
	blocker := only[acquirer.Send](t, d.do(sale(2, "T2", d.now))) // takes the only place
	d.do(undo(in), d.reply(s, nil))
	d.fresh()
	r := only[acquirer.Send](t, d.do(d.reply(blocker, nil)))
	if got := d.message(r).Get(38); got != "A1B2C3" {
		t.Errorf("DE38 is %q", got)
	}
}

func TestALateApprovalAfterARestartIsHeard(t *testing.T) {
	before := newDesk(t, nil)
	before.up(1)
	in := sale(1, "T1", before.now)
	s := only[acquirer.Send](t, before.do(in))

	d := newDesk(t, nil) // the next process knows what it owes, and no more
	d.up(9)
	r := only[acquirer.Send](t, d.do(undo(in)))
	d.do(d.reply(r, nil))
	wantOutcomes(t, d.do(before.replyOver(9, s, nil)), kassa.LateAnswer{Request: 1, ResponseCode: "00", AuthCode: "A1B2C3", Approved: true})
	again := only[acquirer.Send](t, d.do(undo(in))) // the order owes another one
	if d.message(again).MTI != "0420" {
		t.Error("the second reversal was taken for the first")
	}
}

func TestRefund(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	paid := sale(1, "T1", d.now.Add(-time.Hour))
	in := payBack(paid, 77, d.now)
	d.now = d.now.Add(time.Second)
	first := d.message(only[acquirer.Send](t, d.do(in, in)))
	if first.MTI != "0200" || first.Get(3) != "200000" || first.Get(4) != "000000000050" || first.Get(7) != "0203220506" ||
		first.Get(48) != "LI004LFLTOR012"+paid.Effect.Auth.RRN || first.Get(90)[:20] != "02000000010203210506" || first.Has(35) {
		t.Errorf("the refund is %s", first)
	}
	again := only[acquirer.Send](t, d.pass(5*time.Second))
	m := d.message(again)
	if m.MTI != "0201" {
		t.Errorf("the repeat is %s", m.MTI)
	}
	for _, de := range first.Fields() {
		if de != 128 && m.Get(de) != first.Get(de) {
			t.Errorf("the repeat has another DE%d", de)
		}
	}
	for _, rc := range []string{"68", "94", "91", "96", "89"} { // these do not say what became of the first try
		wantOutcomes(t, d.do(d.reply(again, set(39, rc))))
	}
	answer := d.reply(again, nil)
	wantOutcomes(t, d.do(answer, answer), kassa.RefundAnswered{Number: 77, ResponseCode: "00"})
	if out := d.pass(25 * time.Second); len(all[acquirer.Send](out)) != 0 {
		t.Error("it is repeated after it was answered")
	}
}

func TestRefundsAreDeclinedAndGetStuck(t *testing.T) {
	for rc, reason := range map[string]kassa.Reason{
		"51": kassa.DeclinedFunds, "05": kassa.Declined, "40": kassa.Configuration, "65": kassa.DeclinedLimit, "55": kassa.Declined,
	} {
		d := newDesk(t, nil)
		d.up(1)
		s := only[acquirer.Send](t, d.do(payBack(sale(1, "T1", d.now), 2, d.now)))
		declined := func(m *iso8583.Message) { m.Set(39, rc); m.Set(38, "") }
		wantOutcomes(t, d.do(d.reply(s, declined)), kassa.RefundAnswered{Number: 2, Reason: reason, ResponseCode: rc})
	}
	d := newDesk(t, func(c *acquirer.Config) { c.EchoAfter = 24 * time.Hour })
	d.up(1)
	d.do(payBack(sale(1, "T1", d.now), 2, d.now))
	d.pass(6 * time.Minute)
	if !slices.Contains(alarms(d.outputs), acquirer.AlarmRefundStuck) {
		t.Error("no alarm")
	}
}

// A sale that comes while no connection carries traffic waits for one, but not long, and leaves once.
func TestASaleWaitsForAConnection(t *testing.T) {
	d := newDesk(t, func(c *acquirer.Config) { c.LinkPatience = 2 * time.Second; c.MaxWaiting = 2 })
	for n := range int64(2) {
		if out := all[acquirer.Outcome](d.do(sale(n+1, "T"+stan(n), d.now))); len(out) != 0 {
			t.Fatalf("settled at once: %+v", out)
		}
	}
	wantOutcomes(t, d.do(sale(3, "T3", d.now)), kassa.HostRequestNotSent{Request: 3, Reason: kassa.WorldBusy})
	wantOutcomes(t, d.pass(2*time.Second),
		kassa.HostRequestNotSent{Request: 1, Reason: kassa.AcquirerUnreachable},
		kassa.HostRequestNotSent{Request: 2, Reason: kassa.AcquirerUnreachable})

	waiting := sale(4, "T4", d.now)
	d.do(waiting)
	d.now = d.now.Add(time.Second)
	sent := all[acquirer.Send](d.up(1))
	if len(sent) == 0 || d.message(sent[len(sent)-1]).Get(11) != stan(4) {
		t.Fatalf("the sale did not leave with the connection: %+v", sent)
	}
	if out := all[acquirer.Outcome](d.pass(10 * time.Second)); len(out) != 0 {
		t.Errorf("settled before its time: %+v", out)
	}
	wantOutcomes(t, d.pass(5*time.Second), kassa.HostOutcomeUnknown{Request: 4, Reason: kassa.ReversalTimeout})
}

// An approval that answers a process which has died names its order; the order decides.
func TestAnApprovalForADeadProcessIsPassedOn(t *testing.T) {
	before := newDesk(t, nil)
	before.up(1)
	asked := only[acquirer.Send](t, before.do(sale(7, "T1", before.now)))
	echo := func(rc string) func(*iso8583.Message) {
		return func(m *iso8583.Message) {
			m.Set(39, rc)
			m.Set(38, "A1B2C3")
			m.Set(48, iso8583.Private{iso8583.TagLifecycle: order(7, "T1").ID()}.String())
		}
	}
	after := newDesk(t, nil)
	after.up(1)
	approval := before.reply(asked, echo("00"))
	wantOutcomes(t, after.do(approval), kassa.LateAnswer{STAN: stan(7), ResponseCode: "00", AuthCode: "A1B2C3", Approved: true})
	wantOutcomes(t, after.do(approval))

	again := newDesk(t, nil)
	again.up(1)
	wantOutcomes(t, again.do(before.reply(asked, echo("05"))))
}

// TestADuplicateIsAskedForItsAnswer: a host that has the sale already has an answer to it in store,
// and gives that to a repeat. One that says duplicate to the repeat too leaves nothing but a reversal.
func TestADuplicateIsAskedForItsAnswer(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	duplicate := func(m *iso8583.Message) { m.Set(39, "94"); m.Set(38, "") }
	out := d.do(d.reply(s, duplicate))
	wantOutcomes(t, out)
	again := only[acquirer.Send](t, out)
	first, repeat := d.message(s), d.message(again)
	if repeat.MTI != "0201" {
		t.Fatalf("it leaves as %s", repeat.MTI)
	}
	for _, de := range first.Fields() {
		if de != 64 && string(repeat.Bytes(de)) != string(first.Bytes(de)) {
			t.Errorf("the repeat has another DE%d", de)
		}
	}
	wantOutcomes(t, d.do(d.reply(again, nil)), kassa.HostAnswered{
		Request: 1, ResponseCode: "00", AuthCode: "A1B2C3", Approved: kassa.Money{Minor: 150, Currency: kassa.EUR},
	})

	unknown := kassa.HostOutcomeUnknown{Request: 2, Reason: kassa.ReversalInvalidAnswer}
	again = only[acquirer.Send](t, d.do(d.reply(only[acquirer.Send](t, d.do(sale(2, "T1", d.now))), duplicate)))
	wantOutcomes(t, d.do(d.reply(again, duplicate)), unknown)

	// What has left once is never said not to have been sent.
	again = only[acquirer.Send](t, d.do(d.reply(only[acquirer.Send](t, d.do(sale(3, "T1", d.now))), duplicate)))
	unknown = kassa.HostOutcomeUnknown{Request: 3, Reason: kassa.ReversalTimeout}
	wantOutcomes(t, d.do(acquirer.NotStarted{Conn: 1, ID: again.ID}), unknown)
	d.do(d.reply(only[acquirer.Send](t, d.do(sale(4, "T1", d.now))), duplicate))
	unknown.Request = 4
	wantOutcomes(t, d.pass(time.Minute), unknown)
}

// TestCodesThatRaiseAnAlert: whatever the host writes into DE44, an alert shows a number or nothing.
func TestCodesThatRaiseAnAlert(t *testing.T) {
	for _, tt := range []struct {
		rc, field string
		kind      acquirer.AlarmKind
		detail    string
	}{
		{"30", "048", acquirer.AlarmFormat, "response code 30, DE048"},
		{"30", "4761739000000004", acquirer.AlarmFormat, "response code 30, DE44 names no element"},
		{"82", "", acquirer.AlarmSecurity, "response code 82"},
	} {
		d := newDesk(t, nil)
		d.up(1)
		s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
		a := only[acquirer.Alarm](t, d.do(d.reply(s, func(m *iso8583.Message) { m.Set(39, tt.rc); m.Set(44, tt.field) })))
		if a.Kind != tt.kind || a.Detail != tt.detail || a.Order == "" {
			t.Errorf("%+v gives %+v", tt, a)
		}
	}
}
