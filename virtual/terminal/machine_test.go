package terminal_test

import (
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

func TestBoarding(t *testing.T) {
	r := newRig(t)
	r.do(terminal.PowerOn{})
	r.wantScreen(terminal.ScreenStart)
	if s := r.m.Status(); !s.Online || !s.Configured || s.KCV == "" || s.KCV != r.cloud.keyed {
		t.Fatalf("status %+v, cloud knows KCV %q", s, r.cloud.keyed)
	}
	if text := strings.Join(r.m.Status().Screen.Lines, "|"); !strings.Contains(text, "Configured: yes") || !strings.Contains(text, r.cloud.keyed) {
		t.Fatalf("start screen %q does not say what is configured", text)
	}
	r.keys("9 K corr Q stop") // codes have letters
	r.wantScreen(terminal.ScreenStart)
	r.keys("9 K corr Q")
	if code := r.m.Status().Screen.Code; code != "9Q" {
		t.Fatalf("code on the screen %q", code)
	}
	r.keys("ok")
	r.wantScreen(terminal.ScreenActivation)
	if e := r.m.Status().Screen.Error; e != "This activation code is not known" {
		t.Fatalf("error %q", e)
	}
	r.keys("4 7 1 1 ok")
	r.wantScreen(terminal.ScreenIdle)
	r.wait(16 * time.Second)
	if r.cloud.pings == 0 {
		t.Fatal("no heartbeat")
	}
	r.restart()
	r.wantScreen(terminal.ScreenIdle)
	h := r.cloud.hellos[len(r.cloud.hellos)-1]
	if h.KCV != r.cloud.keyed || h.Received != r.cloud.down {
		t.Fatalf("hello after restart %+v", h)
	}
}

func TestTapBelowTheLimit(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, "2 coffees"))
	r.wantScreen(terminal.ScreenPresentCard)
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenApproved)
	end := r.wantEnd(terminal.ResultApproved)
	if end.AuthCode != "705151" || end.Exchange != "X1" {
		t.Fatalf("end %+v", end)
	}
	q := r.cloud.asks[0]
	if q.pin != "" || q.Entry != poilink.EntryContactless || q.track[:16] != "4761739000000004" || !q.Card.SingleTap || q.Card.CVM != poilink.CVMNone {
		t.Fatalf("request %+v", q.AuthorisationRequest)
	}
	for _, tag := range []string{"9f2608", "9f3602", "9f3704", "9505", "9f02060000000012505"} {
		if !strings.Contains(hexOf(q.EMV), tag[:min(len(tag), 18)]) {
			t.Fatalf("DE55 %x has no %s", q.EMV, tag)
		}
	}
	p := r.paper[0]
	if p.Card != "**** **** **** 0004" || p.TID != "00000ABC" || p.AuthCode != "705151" || p.CVM != "No cardholder verification" || p.Amount != "EUR 12.50" {
		t.Fatalf("receipt %+v", p)
	}
	r.wait(10 * time.Second)
	r.wantScreen(terminal.ScreenIdle)
	if len(r.cloud.responses) != 0 {
		t.Fatalf("the cloud ended it and needs no response: %+v", r.cloud.responses)
	}
}

func TestTapAboveTheLimitAsksThePINFirst(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 5001, ""))
	r.present(terminal.Tap, "mastercard")
	r.wantScreen(terminal.ScreenPIN)
	if len(r.cloud.asks) != 0 {
		t.Fatal("asked before the PIN")
	}
	r.keys("1 Q 2 ok")
	r.wantScreen(terminal.ScreenPIN)
	r.keys("9 corr 3 4 ok")
	r.wantEnd(terminal.ResultApproved)
	if q := r.cloud.asks[0]; q.pin != "1234" || q.Card.CVM != poilink.CVMOnlinePIN {
		t.Fatalf("pin %q cvm %s", q.pin, q.Card.CVM)
	}
	if r.paper[0].CVM != "PIN verified" {
		t.Fatalf("receipt %+v", r.paper[0])
	}
}

func TestSingleTapFollowUp(t *testing.T) {
	r := ready(t)
	actions := []poilink.Action{poilink.ActionPINRequest, poilink.ActionPINRetry, poilink.ActionPINLastTry}
	r.cloud.host = func(a asked) poilink.AuthorisationResponse {
		if a.Request <= len(actions) {
			return poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Action: actions[a.Request-1]}
		}
		return poilink.AuthorisationResponse{Verdict: poilink.VerdictApproved}
	}
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa:070")
	r.wantScreen(terminal.ScreenPIN)
	r.keys("1 1 1 1 ok")
	r.wantScreen(terminal.ScreenPINAgain)
	r.keys("2 2 2 2 ok")
	r.wantScreen(terminal.ScreenPINAgain)
	r.keys("1 2 3 4 ok")
	r.wantEnd(terminal.ResultApproved)
	first := r.cloud.asks[0]
	for i, q := range r.cloud.asks[1:] {
		if q.FollowUpOf != 1 || q.Request != i+2 || hexOf(q.EMV) != hexOf(first.EMV) || q.KSN == first.KSN {
			t.Fatalf("follow-up %d: %+v", i+2, q.AuthorisationRequest)
		}
	}
	if r.cloud.asks[3].pin != "1234" || len(r.ends) != 1 {
		t.Fatalf("ends %+v", r.ends)
	}
}

func TestFallForwardAndContact(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong  bool
		want   poilink.CardOutcome
		screen terminal.ScreenName
	}{
		"card approves":             {false, poilink.CardApproved, terminal.ScreenApproved},
		"card refuses a wrong ARPC": {true, poilink.CardRefused, terminal.ScreenNotCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.cloud.host = func(a asked) poilink.AuthorisationResponse {
				if a.Entry == poilink.EntryContactless {
					return poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Action: poilink.ActionFallForward}
				}
				return poilink.AuthorisationResponse{Verdict: poilink.VerdictHostApproved, EMV: issuerAnswer(t, a, tc.wrong)}
			}
			r.deliver(r.cloud.pay("X1", 1250, ""))
			r.present(terminal.Tap, "mastercard:066")
			r.wantScreen(terminal.ScreenInsertCard)
			r.present(terminal.Tap, "mastercard:066")
			r.wantScreen(terminal.ScreenInsertCard)
			r.present(terminal.Insert, "mastercard:066")
			r.keys("1 2 3 4 ok")
			r.wantScreen(tc.screen)
			if len(r.cloud.advices) != 1 || r.cloud.advices[0].Outcome != tc.want {
				t.Fatalf("advices %+v", r.cloud.advices)
			}
			if q := r.cloud.asks[1]; q.FollowUpOf != 0 || q.Request != 2 || hexOf(q.EMV) == hexOf(r.cloud.asks[0].EMV) {
				t.Fatalf("second request %+v", q.AuthorisationRequest)
			}
		})
	}
}

func TestAdviceIsRepeatedUntilADecision(t *testing.T) {
	r := ready(t)
	r.cloud.host = func(a asked) poilink.AuthorisationResponse {
		r.cloud.silent = true
		return poilink.AuthorisationResponse{Verdict: poilink.VerdictHostApproved, EMV: issuerAnswer(t, a, false)}
	}
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Insert, "visa")
	r.keys("1 2 3 4 ok")
	r.wantScreen(terminal.ScreenProcessing)
	r.wait(21 * time.Second)
	r.wantScreen(terminal.ScreenResultLost)
	if len(r.cloud.advices) < 2 {
		t.Fatal("the advice was not repeated")
	}
	r.cloud.silent = false
	r.wait(60 * time.Second)
	r.wantEnd(terminal.ResultApproved)
}

func TestDeclinedThenAnotherCard(t *testing.T) {
	r := ready(t)
	r.cloud.host = func(a asked) poilink.AuthorisationResponse {
		if a.Request == 1 {
			return poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Text: "1000 card declined"}
		}
		return poilink.AuthorisationResponse{Verdict: poilink.VerdictApproved}
	}
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa:005")
	r.wantScreen(terminal.ScreenDeclined)
	if got := r.wantEnd(terminal.ResultDeclined).Text; got != "1000 card declined" {
		t.Fatalf("text %q", got)
	}
	r.wait(3 * time.Second)
	r.wantScreen(terminal.ScreenPresentCard)
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
}

func TestFinalAndUnhappyVerdicts(t *testing.T) {
	for name, tc := range map[string]struct {
		answer poilink.AuthorisationResponse
		screen terminal.ScreenName
	}{
		"final decline": {poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Final: true}, terminal.ScreenDeclined},
		"not completed": {poilink.AuthorisationResponse{Verdict: poilink.VerdictNotCompleted}, terminal.ScreenNotCompleted},
		"cancelled":     {poilink.AuthorisationResponse{Verdict: poilink.VerdictCancelled}, terminal.ScreenCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.cloud.host = func(asked) poilink.AuthorisationResponse { return tc.answer }
			r.deliver(r.cloud.pay("X1", 1250, ""))
			r.present(terminal.Tap, "visa")
			r.wantScreen(tc.screen)
			r.wait(10 * time.Second)
			r.wantScreen(terminal.ScreenIdle)
		})
	}
}

func TestEndsBeforeARequest(t *testing.T) {
	type tcase struct {
		do   func(*rig)
		want nexo.ErrorCondition
	}
	for name, tc := range map[string]tcase{
		"stop":        {func(r *rig) { r.keys("stop") }, nexo.ErrorCancel},
		"abort":       {func(r *rig) { r.deliver(r.cloud.abort("X1")) }, nexo.ErrorAborted},
		"PIN timeout": {func(r *rig) { r.present(terminal.Insert, "visa"); r.wait(31 * time.Second) }, nexo.ErrorCancel},
		"stop at PIN": {func(r *rig) { r.present(terminal.Insert, "visa"); r.keys("1 2 stop") }, nexo.ErrorCancel},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.deliver(r.cloud.pay("X1", 1250, ""))
			tc.do(r)
			r.wantEnd(terminal.ResultCancelled)
			if len(r.cloud.responses) != 1 || r.cloud.responses[0].PaymentResponse.Response.ErrorCondition != tc.want {
				t.Fatalf("responses %+v", r.cloud.responses)
			}
			r.deliver(r.cloud.pay("X1", 1250, "again"))
			if len(r.cloud.responses) != 2 || r.m.Status().Exchange != "" {
				t.Fatal("a repeat of an ended exchange gets the stored answer and no second screen")
			}
		})
	}
}

func TestNoCancelWithARequestOut(t *testing.T) {
	r := ready(t)
	r.cloud.silent = true
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.keys("stop")
	r.deliver(r.cloud.abort("X1"))
	r.wantScreen(terminal.ScreenProcessing)
	if len(r.cloud.responses) != 0 || len(r.ends) != 0 {
		t.Fatal("cancelled although money may move")
	}
}

func TestRefusals(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.deliver(r.cloud.pay("X1", 1250, "")) // a repeat of the open one
	r.deliver(r.cloud.pay("X2", 1250, ""))
	if len(r.cloud.responses) != 1 || r.cloud.responses[0].PaymentResponse.Response.ErrorCondition != nexo.ErrorBusy ||
		r.cloud.responses[0].Header.ServiceID != "X2" {
		t.Fatalf("responses %+v", r.cloud.responses)
	}
	r.keys("stop")
	r.deliver(r.cloud.pay("X3", 0, ""))
	if got := r.cloud.responses[2].PaymentResponse.Response.ErrorCondition; got != nexo.ErrorMessageFormat {
		t.Fatalf("no amount: %s", got)
	}
}

func TestExpiredAfterARestart(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.payFor("X1", 1250, "", 5_000))
	r.now = r.now.Add(6 * time.Second)
	r.restart()
	r.wantScreen(terminal.ScreenCancelled)
	if len(r.cloud.responses) != 1 || r.cloud.responses[0].PaymentResponse.Response.ErrorCondition != nexo.ErrorNotAllowed {
		t.Fatalf("responses %+v", r.cloud.responses)
	}
}

func TestSwipeOfAChipCard(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Swipe, "visa")
	r.wantScreen(terminal.ScreenPresentCard)
	if e := r.m.Status().Screen.Error; e != "Insert chip" {
		t.Fatalf("error %q", e)
	}
	r.present(terminal.Swipe, "vpay")
	r.wantEnd(terminal.ResultDeclined)
	if len(r.cloud.asks) != 0 {
		t.Fatal("asked for a stripe")
	}
}

func TestResultLost(t *testing.T) {
	r := ready(t)
	r.cloud.silent = true
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.wait(21 * time.Second)
	r.wantScreen(terminal.ScreenResultLost)
	r.wantEnd(terminal.ResultUnknown)
	r.restart()
	r.wantScreen(terminal.ScreenResultLost)
	r.cloud.silent = false
	r.wait(40 * time.Second)
	r.wantEnd(terminal.ResultApproved)
	for _, q := range r.cloud.asks {
		if q.Request != 1 || q.KSN != r.cloud.asks[0].KSN {
			t.Fatalf("asked with another request: %+v", q.AuthorisationRequest)
		}
	}
}

func TestDecisionAfterReconnect(t *testing.T) {
	r := ready(t)
	r.cloud.silent = true
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.cloud.settled["X1"] = poilink.Decision{Exchange: "X1", Request: 1, Verdict: poilink.VerdictNotCompleted, Text: "Not completed"}
	r.up = false
	r.do(terminal.LinkDown{})
	r.wait(time.Minute)
	r.wantEnd(terminal.ResultNotCompleted)
}

func TestReconnectBacksOff(t *testing.T) {
	r := ready(t)
	before := r.connect
	due := []time.Duration{}
	r.up = false
	for range 8 {
		r.step(terminal.LinkDown{})
		at, ok := r.m.NextDue()
		if !ok {
			t.Fatal("no reconnect is due")
		}
		due = append(due, at.Sub(r.now))
		r.now = at
		for _, o := range r.m.Handle(r.now, terminal.Tick{}) {
			if _, ok := o.(terminal.Connect); ok {
				before++
			}
		}
	}
	if due[7] < 15*time.Second || due[7] > 30*time.Second || due[0] > time.Second || before < 8 {
		t.Fatalf("waits %v", due)
	}
}

func TestUnbound(t *testing.T) {
	r := ready(t)
	r.cloud.active = nil
	r.deliver(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "unbound"}})
	r.wantScreen(terminal.ScreenStart)
	r.wait(time.Minute)
	if !r.m.Status().Online {
		t.Fatal("did not come back")
	}
}

func TestNextPaymentWhileAResultShows(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenApproved)
	r.wait(time.Second)
	r.deliver(r.cloud.pay("X2", 1250, ""))
	r.wait(30 * time.Second)
	r.wantScreen(terminal.ScreenPresentCard)
}

func TestOfflineTerminalTakesNoCard(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.up = false
	r.step(terminal.LinkDown{})
	r.present(terminal.Tap, "visa")
	if s := r.m.Status().Screen; s.Name != terminal.ScreenPresentCard || s.TakesCard() || s.Error == "" {
		t.Fatalf("screen %+v", s)
	}
	r.wait(time.Minute)
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
}

func TestGapInTheNumbersReconnects(t *testing.T) {
	r := ready(t)
	lost := r.cloud.pay("X1", 1250, "")
	links := r.connect
	r.step(terminal.FrameReceived{Frame: r.cloud.abort("none")}) // number 2 before number 1
	if r.up {
		t.Fatal("the link stands")
	}
	r.wait(time.Minute)
	if r.connect == links || r.m.Status().Exchange != "X1" {
		t.Fatalf("frame %d was not made good: %+v", lost.Seq, r.m.Status())
	}
}

func TestConfiguredCodeIsTriedOnce(t *testing.T) {
	c := newCloud(t)
	m, err := terminal.New(terminal.Config{POIID: poiid, Secret: [32]byte{5}, ActivationCode: "999"}, nil, newRig(t).random)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.m, r.cloud = m, c
	r.do(terminal.PowerOn{})
	for range 3 {
		r.up = false
		r.do(terminal.LinkDown{})
		r.wait(time.Minute)
	}
	tries := 0
	for _, f := range r.sent {
		if f.Type == poilink.TypeActivate {
			tries++
		}
	}
	if tries != 1 {
		t.Fatalf("%d tries with a wrong code", tries)
	}
}

func TestRefusedHello(t *testing.T) {
	r := newRig(t)
	r.step(terminal.PowerOn{})
	r.wire = nil
	r.step(terminal.FrameReceived{Frame: r.cloud.challenge()})
	r.wire = nil
	r.step(terminal.FrameReceived{Frame: poilink.Frame{Type: poilink.TypeRefused,
		Refused: &poilink.Refused{Code: poilink.RefusedUnknownPOI, Text: "This serial is not boarded", RetryAfterMS: 60_000}}})
	if s := r.m.Status().Screen; s.Name != terminal.ScreenStart || s.Error != "This serial is not boarded" {
		t.Fatalf("screen %+v", s)
	}
	if due, _ := r.m.NextDue(); due.Sub(r.now) < time.Minute {
		t.Fatal("came back too soon")
	}
}
