package terminal_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// A terminal whose storage was set back stands on "present card" and knows nothing of its request.
func TestAFinalAnswerEndsItsExchangeWhateverWasAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		answer poilink.AuthorisationResponse
		end    terminal.Result
	}{
		"approved":      {poilink.AuthorisationResponse{Verdict: poilink.VerdictApproved, AuthCode: "A1B2C3"}, terminal.ResultApproved},
		"not completed": {poilink.AuthorisationResponse{Verdict: poilink.VerdictNotCompleted, Final: true}, terminal.ResultNotCompleted},
		"cancelled":     {poilink.AuthorisationResponse{Verdict: poilink.VerdictCancelled, Final: true}, terminal.ResultCancelled},
		"declined":      {poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Final: true}, terminal.ResultDeclined},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.deliver(r.cloud.pay("X1", 1250, ""))
			r.wantScreen(terminal.ScreenPresentCard)
			tc.answer.Exchange, tc.answer.Request = "X1", 3
			other := tc.answer
			other.Exchange = "X0"
			r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeAuthorisationResponse, AuthorisationResponse: &other}))
			r.wantScreen(terminal.ScreenPresentCard)
			r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeAuthorisationResponse, AuthorisationResponse: &tc.answer}))
			r.wantEnd(tc.end)
			r.wait(10 * time.Second)
			r.wantScreen(terminal.ScreenIdle)
			r.restart()
			r.wantScreen(terminal.ScreenIdle)
		})
	}
}

func TestALateAnswerThatIsNotFinalEndsNothing(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	for _, v := range []poilink.Verdict{poilink.VerdictDeclined, poilink.VerdictHostApproved} {
		r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeAuthorisationResponse,
			AuthorisationResponse: &poilink.AuthorisationResponse{Exchange: "X1", Request: 1, Verdict: v}}))
		r.wantScreen(terminal.ScreenPresentCard)
	}
}

func TestNotCompletedSaysThatNoMoneyWasTaken(t *testing.T) {
	for _, text := range []string{"", "Not completed", "No connection to the bank. Try again"} {
		r := ready(t)
		r.cloud.host = func(asked) poilink.AuthorisationResponse {
			return poilink.AuthorisationResponse{Verdict: poilink.VerdictNotCompleted, Text: text, Final: true}
		}
		r.deliver(r.cloud.pay("X1", 1250, ""))
		r.present(terminal.Tap, "visa")
		r.wantScreen(terminal.ScreenNotCompleted)
		got := r.m.Status().Screen.Lines
		if !slices.Contains(got, "No money was taken") || text != "" && !slices.Contains(got, text) {
			t.Errorf("text %q: lines %q", text, got)
		}
	}
}

// Busy says what is on the screen now; it must not end an exchange that never was there.
func TestBusyIsNoEndOfAnExchange(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""), r.cloud.pay("X2", 900, ""))
	if n := len(r.cloud.responses); n != 1 || r.cloud.responses[0].PaymentResponse.Response.ErrorCondition != nexo.ErrorBusy {
		t.Fatalf("responses %+v", r.cloud.responses)
	}
	r.keys("stop")
	r.wait(10 * time.Second)
	r.deliver(r.cloud.pay("X2", 900, ""))
	r.wantScreen(terminal.ScreenPresentCard)
	if got := r.m.Status().Exchange; got != "X2" {
		t.Errorf("exchange %q on the screen", got)
	}
}

func TestACutLinkStaysOpenWhereverItWasCut(t *testing.T) {
	for name, until := range map[string]poilink.Type{"while it is connected": "", "before the challenge": poilink.TypeChallenge, "before the welcome": poilink.TypeWelcome} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.up, r.wire = false, nil
			r.m.Handle(r.now, terminal.LinkDown{})
			due, _ := r.m.NextDue()
			r.now = due
			r.m.Handle(r.now, terminal.Tick{}) // Connect
			cut := func() []terminal.Output {
				return r.m.Handle(r.now, terminal.FaultSet{Fault: terminal.FaultCutLink})
			}
			var out []terminal.Output
			if until == "" {
				out = cut()
			}
			out = append(out, r.m.Handle(r.now, terminal.LinkUp{})...)
			if until == poilink.TypeChallenge {
				out = append(out, cut()...)
			}
			if until == poilink.TypeWelcome {
				r.m.Handle(r.now, terminal.FrameReceived{Frame: r.cloud.challenge()})
				out = append(out, cut()...)
			}
			for range 20 {
				r.now = r.now.Add(10 * time.Second)
				out = append(out, r.m.Handle(r.now, terminal.Tick{})...)
			}
			frozen := 0
			for _, o := range out {
				switch o.(type) {
				case terminal.Freeze:
					frozen++
				case terminal.Send, terminal.Disconnect, terminal.Connect:
					t.Errorf("%T with a cut link", o)
				}
			}
			if frozen != 1 {
				t.Errorf("frozen %d times", frozen)
			}
			r.up = true
			r.do(terminal.FaultClear{Fault: terminal.FaultCutLink})
			if !r.m.Status().Online {
				t.Error("no link after the fault")
			}
		})
	}
}

func TestNothingThatIsLateLeavesOverACutLink(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultDelay})
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.do(terminal.FaultSet{Fault: terminal.FaultCutLink})
	sent := len(r.sent)
	r.wait(15 * time.Second)
	r.do(terminal.FaultClear{Fault: terminal.FaultDelay})
	if len(r.sent) != sent {
		t.Errorf("%d frames over a cut link", len(r.sent)-sent)
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultCutLink})
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
}

func TestAFrameThatTheCloudCallsBadIsNoReasonToHurry(t *testing.T) {
	r := ready(t)
	for range 3 {
		r.do(terminal.FrameReceived{Frame: poilink.Frame{Type: poilink.TypeRefused,
			Refused: &poilink.Refused{Code: poilink.RefusedBadFrame, Text: "frame: no"}}})
		r.wait(time.Second)
		if r.m.Status().Online {
			t.Fatal("it came back at once, to say the same again")
		}
		r.wait(time.Minute)
	}
	r.wantScreen(terminal.ScreenIdle)
}

func TestAConfiguredCodeIsTriedAgainWhenTheCloudCouldNot(t *testing.T) {
	r := newRig(t)
	m, err := terminal.New(terminal.Config{POIID: poiid, Secret: [32]byte{5}, ActivationCode: "4711"}, nil, r.random)
	if err != nil {
		t.Fatal(err)
	}
	r.m = m
	code := r.cloud.code
	r.cloud.code = "" // every code is refused, in the words below
	r.cloud.refusal = poilink.Refused{Code: poilink.RefusedOverloaded, Text: "The server cannot store this now. Try again"}
	r.do(terminal.PowerOn{})
	r.wait(5 * time.Second)
	r.cloud.code = code
	r.wait(time.Minute)
	r.wantScreen(terminal.ScreenIdle)
}

func TestTheScreenSaysWhyTheCloudAborted(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	abort := nexo.Message{
		Header: nexo.Header{ProtocolVersion: "3.0", MessageClass: "Service", MessageCategory: nexo.CategoryAbort,
			MessageType: nexo.TypeRequest, ServiceID: "X1", SaleID: "kassa", POIID: poiid},
		AbortRequest: &nexo.AbortRequest{AbortReason: "Cancelled: nobody paid in time",
			MessageReference: nexo.MessageReference{MessageCategory: nexo.CategoryPayment, ServiceID: "X1", SaleID: "kassa"}},
	}
	raw, err := json.Marshal(abort)
	if err != nil {
		t.Fatal(err)
	}
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeNexo, Nexo: raw}))
	r.wantScreen(terminal.ScreenCancelled)
	if got := r.m.Status().Screen.Lines; !slices.Contains(got, "Cancelled: nobody paid in time") {
		t.Errorf("lines %q", got)
	}
}
