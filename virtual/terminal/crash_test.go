package terminal_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/deck"
	"kassa/virtual/terminal"
)

// soft asks a PIN for the tap, then wants the chip, then approves at the host: the longest way.
func soft(t *testing.T) func(asked) poilink.AuthorisationResponse {
	return func(a asked) poilink.AuthorisationResponse {
		switch {
		case a.Entry == poilink.EntryChip:
			return poilink.AuthorisationResponse{Verdict: poilink.VerdictHostApproved, EMV: issuerAnswer(t, a, false), RRN: "632502000009"}
		case a.FollowUpOf == 0:
			return poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Action: poilink.ActionPINRequest}
		}
		return poilink.AuthorisationResponse{Verdict: poilink.VerdictDeclined, Action: poilink.ActionFallForward}
	}
}

const scanPIN = "739204"

func typed(pin string) string { return strings.Join(strings.Split(pin, ""), " ") + " ok" }

// longWay boards the terminal and pays once, doing what each screen asks.
func longWay(r *rig) {
	r.do(terminal.PowerOn{})
	r.do(terminal.ActivateWith{Code: "4711"})
	if r.crashed {
		return
	}
	r.deliver(r.cloud.pay("X1", 1250, "2 coffees"))
	for range 12 {
		if r.crashed || len(r.ends) > 0 {
			return
		}
		r.react()
	}
}

// react does what a person would do in front of this screen.
func (r *rig) react() {
	s := r.m.Status().Screen
	switch {
	case s.Name == terminal.ScreenStart:
		r.do(terminal.ActivateWith{Code: "4711"})
	case s.Name.PINPad():
		r.keys(typed(scanPIN))
	case s.Name == terminal.ScreenInsertCard:
		r.present(terminal.Insert, "visa:072")
	case s.Name == terminal.ScreenPresentCard && len(s.Wants) > 0:
		r.present(terminal.Tap, "visa:072")
	default:
		r.wait(10 * time.Second)
	}
}

// TestPowerCutAtEveryRecord cuts the power before each record in turn, and goes on from what was
// written. The cloud's open() fails the test when a counter carries two ciphertexts.
func TestPowerCutAtEveryRecord(t *testing.T) {
	whole := newRig(t)
	whole.cloud.host = soft(t)
	longWay(whole)
	whole.wantEnd(terminal.ResultApproved)
	if len(whole.journal) < 20 {
		t.Fatalf("only %d records: the walk is too short to prove anything", len(whole.journal))
	}
	for n := range len(whole.journal) {
		t.Run(fmt.Sprint(n+1), func(t *testing.T) {
			r := newRig(t)
			r.cloud.host = soft(t)
			r.crashAt = n + 1
			longWay(r)
			if !r.crashed {
				t.Fatal("no crash")
			}
			r.restart()
			paid := false
			for range 40 {
				st := r.m.Status()
				if paid = len(r.cloud.settled) > 0 && st.Exchange == ""; paid {
					break
				}
				if r.cloud.down == 0 && st.Screen.Name == terminal.ScreenIdle {
					r.deliver(r.cloud.pay("X1", 1250, "2 coffees"))
				}
				r.react()
			}
			if !paid {
				t.Fatalf("the exchange never ends; screen %+v", r.m.Status().Screen)
			}
			approved := r.cloud.settled["X1"].Verdict == poilink.VerdictApproved
			shown := false
			for _, e := range r.ends {
				shown = shown || e.Result == terminal.ResultApproved
			}
			if shown && !approved {
				t.Fatal("APPROVED was shown and the cloud did not decide so")
			}
			if r.restart(); r.m.Status().Exchange != "" || r.m.Status().Unsent != 0 {
				t.Fatalf("something is left: %+v", r.m.Status())
			}
		})
	}
}

func TestSnapshotIsTheJournal(t *testing.T) {
	r := newRig(t)
	r.cloud.host = soft(t)
	longWay(r)
	before := r.m.Status()
	r.step(terminal.PowerOff{})
	r.m = func() *terminal.Machine {
		m, err := terminal.New(terminal.Config{POIID: poiid, Secret: [32]byte{5}}, []terminal.Record{r.m.Snapshot()}, r.random)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}()
	r.up = false
	r.do(terminal.PowerOn{})
	after := r.m.Status()
	if after.KCV != before.KCV || after.TID != before.TID || len(after.Receipts) != len(before.Receipts) {
		t.Fatalf("before %+v after %+v", before, after)
	}
	r.deliver(r.cloud.pay("X2", 900, ""))
	for range 12 {
		r.react()
	}
	if r.cloud.settled["X2"].Verdict != poilink.VerdictApproved {
		t.Fatal("no payment after compaction")
	}
}

func TestJournalHoldsNoCardData(t *testing.T) {
	r := newRig(t)
	r.cloud.host = soft(t)
	longWay(r)
	c, _ := deck.Parse("visa:072")
	all := strings.Join(r.journal, "\n")
	scan(t, all, c.PAN.Reveal(), "PAN")
	scan(t, all, c.Track2().Reveal(), "track 2")
	scan(t, all, scanPIN, "PIN")
	if !strings.Contains(all, `"last4":"`+c.PAN.Last4()+`"`) {
		t.Fatal("the scan looked at the wrong thing: no last4 in the journal")
	}
}

// scan looks for a secret in clear, in hex, packed (BCD) and in base64 at each of its three phases.
func scan(t *testing.T, all, secret, what string) {
	t.Helper()
	forms := []string{secret, hex.EncodeToString([]byte(secret))}
	raw := [][]byte{[]byte(secret)}
	if packed, err := hex.DecodeString(strings.TrimSuffix(secret+"F", map[bool]string{true: "F"}[len(secret)%2 == 0])); err == nil {
		raw = append(raw, packed)
	}
	for _, b := range raw {
		for phase := range 3 {
			enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, phase), b...))
			if from, to := []int{0, 2, 3}[phase], len(enc)-len(enc)%4; to-from >= 6 {
				forms = append(forms, enc[from:to])
			}
		}
	}
	low := strings.ToLower(all)
	for i, f := range forms {
		in := all
		if i < 2 {
			in, f = low, strings.ToLower(f)
		}
		if strings.Contains(in, f) {
			t.Fatalf("the journal holds the %s in form %d", what, i)
		}
	}
}

func TestFaultDropAnswer(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.do(terminal.FaultSet{Fault: terminal.FaultDropAnswer})
	r.present(terminal.Tap, "visa")
	r.wait(45 * time.Second)
	r.wantScreen(terminal.ScreenResultLost)
	if len(r.cloud.asks) < 3 {
		t.Fatalf("asked %d times", len(r.cloud.asks))
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultDropAnswer})
	r.wait(time.Second)
	r.wantEnd(terminal.ResultApproved)
}

func TestFaultCutLink(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, ""))
	links := r.connect
	r.do(terminal.FaultSet{Fault: terminal.FaultCutLink})
	sent := len(r.sent)
	r.present(terminal.Tap, "visa")
	r.wait(2 * time.Minute)
	r.wantScreen(terminal.ScreenResultLost)
	if len(r.sent) != sent || r.connect != links || r.m.Status().Online {
		t.Fatalf("%d frames, %d links, online %v with a cut link", len(r.sent)-sent, r.connect-links, r.m.Status().Online)
	}
	r.do(terminal.FaultClear{Fault: terminal.FaultCutLink})
	r.wantEnd(terminal.ResultApproved)
}

func TestFaultPowerOff(t *testing.T) {
	r := ready(t)
	r.cloud.silent = true
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.do(terminal.FaultSet{Fault: terminal.FaultPowerOff})
	r.wantScreen(terminal.ScreenOff)
	r.keys("stop 1")
	r.wait(time.Minute)
	r.cloud.silent = false
	r.do(terminal.FaultClear{Fault: terminal.FaultPowerOff})
	r.wait(40 * time.Second)
	r.wantEnd(terminal.ResultApproved)
}

func TestFaultDelay(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultDelay})
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.wait(9 * time.Second)
	if len(r.cloud.asks) != 0 {
		t.Fatal("not late")
	}
	r.wait(2 * time.Second)
	r.wantEnd(terminal.ResultApproved)
}

func TestFaultDoubleTap(t *testing.T) {
	r := ready(t)
	r.do(terminal.FaultSet{Fault: terminal.FaultDoubleTap})
	r.deliver(r.cloud.pay("X1", 1250, ""))
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
	if a := r.cloud.asks; len(a) != 2 || a[0].Request != a[1].Request || a[0].KSN != a[1].KSN {
		t.Fatalf("%d requests", len(a))
	}
	if len(r.ends) != 1 {
		t.Fatalf("ends %+v", r.ends)
	}
}

func TestAClockThatWasSetBackWhileOffDoesNotStopTheAsking(t *testing.T) {
	r := ready(t)
	r.cloud.silent = true
	r.deliver(r.cloud.pay("X1", 1250, "coffee"))
	r.present(terminal.Tap, "visa")
	r.wantScreen(terminal.ScreenProcessing)
	r.now = r.now.Add(-24 * time.Hour)
	r.restart()
	r.wait(20 * time.Second)
	r.wantScreen(terminal.ScreenResultLost)
}
