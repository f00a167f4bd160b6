package terminal_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/emv"
	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// problem is what the card screen says is wrong.
func (r *rig) wantProblem(text string) {
	r.t.Helper()
	if got := r.m.Status().Screen.Error; got != text {
		r.t.Fatalf("the screen says %q, want %q", got, text)
	}
}

// tag is a tag of the last request for an authorisation, in hexadecimal.
func (r *rig) tag(tag emv.Tag) string {
	r.t.Helper()
	list, err := emv.Parse(r.cloud.asks[len(r.cloud.asks)-1].EMV)
	if err != nil {
		r.t.Fatal(err)
	}
	v, _ := list.Get(tag)
	return strings.ToUpper(hex.EncodeToString(v))
}

// wantAsked checks the last request: entry, verification, tag 9F34, and whether it brings a PIN.
func (r *rig) wantAsked(entry poilink.EntryMode, cvm poilink.CVM, results string, pin bool) {
	r.t.Helper()
	q := r.cloud.asks[len(r.cloud.asks)-1]
	if q.Entry != entry || q.Card.CVM != cvm || (q.pin != "") != pin {
		r.t.Fatalf("request by %s with %s, a PIN: %t", q.Entry, q.Card.CVM, q.pin != "")
	}
	if entry != poilink.EntryFallback && r.tag(0x9F34) != results {
		r.t.Fatalf("9F34 is %s, want %s", r.tag(0x9F34), results)
	}
}

func paying(t *testing.T, minor int64) *rig {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", minor, "coffee"))
	return r
}

func TestCardsThatTheTerminalItselfRefuses(t *testing.T) {
	for _, card := range []string{"visa:110", "bancontact:111"} {
		r := paying(t, 1250)
		for _, how := range []terminal.Entry{terminal.Tap, terminal.Insert} {
			r.present(how, card)
			r.wantProblem("Card not supported")
		}
		r.wantEnd(terminal.ResultDeclined)
		if len(r.cloud.asks) != 0 {
			t.Fatalf("%s asked the cloud", card)
		}
		r.present(terminal.Tap, "visa") // another card may pay
		r.wantScreen(terminal.ScreenApproved)
	}
}

func TestAnotherInterface(t *testing.T) {
	r := paying(t, 5001)
	r.present(terminal.Tap, "visa:112")
	r.wantScreen(terminal.ScreenInsertCard)
	r.present(terminal.Insert, "visa:112")
	r.keys("1 2 3 4 ok")
	r.wantScreen(terminal.ScreenApproved)
	r.wantAsked(poilink.EntryChip, poilink.CVMOnlinePIN, "420300", true)

	r = paying(t, 5000)
	r.present(terminal.Tap, "visa:112")
	r.wantScreen(terminal.ScreenApproved)

	r = paying(t, 1)
	r.present(terminal.Tap, "maestro:113")
	r.wantScreen(terminal.ScreenInsertCard)
}

func TestFallbackToTheStripe(t *testing.T) {
	r := paying(t, 1250)
	r.present(terminal.Swipe, "visa:114") // not before the chip has failed
	r.wantProblem("Insert chip")
	for range 2 {
		r.present(terminal.Insert, "visa:114")
		r.wantProblem("Chip not read, insert again")
	}
	r.present(terminal.Insert, "visa:114")
	r.wantScreen(terminal.ScreenUseMagstripe)
	r.present(terminal.Insert, "visa:114") // only the stripe will do
	r.present(terminal.Swipe, "mastercard")
	r.wantProblem("Insert chip") // another card's chip has not failed
	r.present(terminal.Swipe, "visa:114")
	r.keys("1 2 3 4 ok")
	r.wantScreen(terminal.ScreenApproved)
	r.wantAsked(poilink.EntryFallback, poilink.CVMOnlinePIN, "", true)

	r.deliver(r.cloud.pay("X2", 1250, "coffee")) // it is not remembered
	r.present(terminal.Swipe, "visa:114")
	r.wantProblem("Insert chip")

	r = paying(t, 1250)
	for range 3 {
		r.present(terminal.Insert, "vpay:114")
	}
	r.wantProblem("Card not supported")
	r.present(terminal.Swipe, "vpay:114")
	r.wantProblem("Card not supported")
}

func TestTapsThatAreTooShort(t *testing.T) {
	r := paying(t, 1250)
	for range 2 {
		r.present(terminal.Tap, "visa:116")
		r.wantProblem("Present card again")
	}
	r.present(terminal.Tap, "mastercard:116") // another card has tries of its own
	r.wantProblem("Present card again")
	for range 2 {
		r.present(terminal.Tap, "visa:116")
		r.wantProblem("Present card again")
	}
	r.present(terminal.Tap, "visa:116")
	r.wantScreen(terminal.ScreenInsertCard)
}

func TestOfflinePIN(t *testing.T) {
	r := paying(t, 1250)
	r.present(terminal.Insert, "visa:120")
	r.keys("9 9 9 9 ok")
	r.wantScreen(terminal.ScreenPINAgain)
	r.wantProblem("PIN wrong, try again")
	r.keys("9 9 9 9 ok")
	r.wantProblem("PIN wrong, last try")
	r.keys("1 2 3 4 ok")
	r.wantScreen(terminal.ScreenApproved)
	r.wantAsked(poilink.EntryChip, poilink.CVMOfflinePIN, "440302", false)
	if len(r.cloud.asks) != 1 {
		t.Fatalf("%d requests", len(r.cloud.asks))
	}

	r = paying(t, 1250)
	r.present(terminal.Insert, "visa:121") // says no twice to the right one
	r.keys("1 2 3 4 ok 1 2 3 4 ok")
	r.wantScreen(terminal.ScreenPINAgain)
	r.keys("1 2 3 4 ok")
	r.wantScreen(terminal.ScreenApproved)

	for _, card := range []string{"visa:120", "visa:122"} {
		r = paying(t, 1250)
		r.present(terminal.Insert, card)
		if card == "visa:120" {
			r.keys("9 9 9 9 ok 9 9 9 9 ok 9 9 9 9 ok")
		}
		r.wantScreen(terminal.ScreenDeclined)
		if end := r.wantEnd(terminal.ResultDeclined); end.Text != "1000 card declined" || len(r.cloud.asks) != 0 {
			t.Fatalf("%s: %+v, %d requests", card, end, len(r.cloud.asks))
		}
		r.wait(4 * time.Second)
		r.wantScreen(terminal.ScreenPresentCard)
	}
}

func TestSignatureAndPhone(t *testing.T) {
	r := paying(t, 9999)
	r.present(terminal.Insert, "visa:123")
	r.wantScreen(terminal.ScreenApproved)
	r.wantAsked(poilink.EntryChip, poilink.CVMSignature, "5E0300", false)

	for card, want := range map[string][2]string{"visa:124": {"1F0302", "238C0000"}, "mastercard:124": {"010002", "05280000303100"}} {
		r = paying(t, 50_000)
		r.present(terminal.Insert, card)
		r.wantProblem("Card not supported")
		r.present(terminal.Tap, card)
		r.wantScreen(terminal.ScreenApproved)
		r.wantAsked(poilink.EntryContactless, poilink.CVMDevice, want[0], false)
		if r.tag(0x9F6E) != want[1] {
			t.Fatalf("9F6E is %s", r.tag(0x9F6E))
		}
	}
}

func TestTheHolderChoosesTheApplication(t *testing.T) {
	for keys, want := range map[string]string{"1": "D056000666111010", "2": "A0000000043060", "ok": "D056000666111010", "0 3 9 corr 2": "A0000000043060"} {
		r := paying(t, 1250)
		r.present(terminal.Tap, "bancontact:190")
		r.wantScreen(terminal.ScreenChoose)
		if s := r.m.Status().Screen; !slices.Equal(s.Lines, []string{"1 BANCONTACT", "2 MAESTRO"}) || len(s.Wants) != 0 {
			t.Fatalf("screen %+v", s)
		}
		r.keys(keys)
		r.wantScreen(terminal.ScreenApproved)
		if q := r.cloud.asks[0]; q.Card.AID != want || r.paper[0].AID != want || r.tag(0x84) != want {
			t.Fatalf("%q takes %s, receipt %s, tag 84 %s", keys, q.Card.AID, r.paper[0].AID, r.tag(0x84))
		}
	}
	r := paying(t, 1250)
	r.present(terminal.Insert, "bancontact:190")
	r.deliver(r.cloud.abort("X1"))
	r.wantEnd(terminal.ResultCancelled)
	r.keys("1")
	if len(r.cloud.asks) != 0 {
		t.Fatal("a choice that came too late was taken")
	}
}

func TestExpiredCardSaysSo(t *testing.T) {
	r := paying(t, 1250)
	r.present(terminal.Tap, "visa:054")
	if got := r.tag(0x95); got != "8040000800" {
		t.Fatalf("TVR %s", got)
	}
}

// TestTamper: the keys are gone for good, whatever the power does, until the fault is mended.
func TestTamper(t *testing.T) {
	r := paying(t, 1250)
	r.do(terminal.FaultSet{Fault: terminal.FaultTamper})
	r.wantEnd(terminal.ResultCancelled)
	r.wait(10 * time.Second)
	r.wantScreen(terminal.ScreenTampered)
	r.restart()
	r.wantScreen(terminal.ScreenTampered)
	if s := r.m.Status(); s.Configured || !slices.Equal(s.Faults, []terminal.Fault{terminal.FaultTamper}) {
		t.Fatalf("status %+v", s)
	}
	if h := r.cloud.hellos[len(r.cloud.hellos)-1]; h.IKID != "" || h.KCV != "" {
		t.Fatalf("hello %+v", h)
	}
	r.deliver(r.cloud.pay("X2", 1250, "coffee"))
	last := r.cloud.responses[len(r.cloud.responses)-1].PaymentResponse
	if last.Response.ErrorCondition != nexo.ErrorDeviceOut {
		t.Fatalf("response %+v", last)
	}
	r.cloud.ikid[7]++
	r.do(terminal.FaultClear{Fault: terminal.FaultTamper})
	r.wantScreen(terminal.ScreenIdle)
	if s := r.m.Status(); !s.Configured || s.KCV != r.cloud.keyed {
		t.Fatalf("status %+v", s)
	}
	r.deliver(r.cloud.pay("X3", 1250, "coffee"))
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenApproved)
}

func TestWithoutAnInitialKey(t *testing.T) {
	r := newRig(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultNoIPEK})
	r.do(terminal.PowerOn{})
	if s := r.m.Status(); s.Configured || !strings.Contains(strings.Join(s.Screen.Lines, "|"), "IPEK not configured") {
		t.Fatalf("status %+v", s)
	}
	r.wait(time.Minute)
	if r.cloud.keyed != "" {
		t.Fatal("it got a key")
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultNoIPEK})
	r.wait(time.Minute)
	if !r.m.Status().Configured {
		t.Fatal("it got no key")
	}
}

func TestNoKeyForThePayment(t *testing.T) {
	r := paying(t, 1250)
	r.do(terminal.FaultSet{Fault: terminal.FaultKeysUsedUp})
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenNotCompleted)
	if s := r.m.Status().Screen; s.Lines[0] != "Configuration error. Try again" || len(r.cloud.asks) != 0 {
		t.Fatalf("screen %+v, %d requests", s, len(r.cloud.asks))
	}
}

// TestKeyReplay: each payment under the fault comes with the key of the one before it.
func TestKeyReplay(t *testing.T) {
	r := paying(t, 1250)
	r.cloud.replays = true
	r.present(terminal.Tap, "visa")
	r.do(terminal.FaultSet{Fault: terminal.FaultKeyReplay})
	for _, id := range []string{"X2", "X3"} {
		r.deliver(r.cloud.pay(id, 1250, "coffee"))
		r.present(terminal.Tap, "visa")
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultKeyReplay})
	r.deliver(r.cloud.pay("X4", 1250, "coffee"))
	r.present(terminal.Tap, "visa")
	var used []string
	for _, q := range r.cloud.asks {
		used = append(used, q.KSN)
	}
	if len(used) != 4 || used[1] != used[0] || used[2] != used[0] || used[3] == used[0] {
		t.Fatalf("keys %v", used)
	}
}
