package support_test

import (
	"testing"
	"time"

	"kassa/estate"
	"kassa/support"
)

// TestAnUnlockCodeIsOfOneAlarm raises a second alarm before the cloud has heard that the first one is over, as a
// damaged sensor does at the restart: the code of the first is worth nothing.
func TestAnUnlockCodeIsOfOneAlarm(t *testing.T) {
	for _, used := range []bool{true, false} {
		w := newWorld(t, estate.Test)
		must(t, w.estate.MarkTampered(w.now, "P2-1", "0x10 the case was opened", 1))
		r := w.askUnlock()
		_, code, err := w.Approve(r.ID, "key_op", false)
		must(t, err)
		if used {
			w.typed(code)
		}
		w.now = w.now.Add(time.Minute)
		must(t, w.estate.MarkTampered(w.now, "P2-1", "0x10 the case was opened", 2))
		must(t, w.estate.MarkTampered(w.now, "P2-1", "0x10 the case was opened", 2)) // told again
		w.reopen()
		if v, err := w.Unlock("P2-1", code); err != nil || v.Accepted || v.Reason != support.NoCode {
			t.Errorf("the code of the former alarm: %+v, %v", v, err)
		}
		must(t, w.Recovered("P2-1"))
		if w.device("P2-1").Tampered == nil {
			t.Error("the former request has ended the second alarm")
		}
		if former, _ := w.TamperRequest(r.ID); former.State != support.TamperCleared {
			t.Errorf("the former request is %s", former.State)
		}
		_, _, err = w.Approve(r.ID, "key_op", true)
		wrong(t, "a code for an alarm that is over", err, support.ErrState)
		if again := w.askUnlock(); !again.Suspected || again.Alarm.Number != 2 {
			t.Errorf("the second request: %+v", again)
		}
	}
}

// TestARepairEndsTheRequest sends a device back whose code was never typed in: after the repair it is worth nothing.
func TestARepairEndsTheRequest(t *testing.T) {
	w := newWorld(t, estate.Test)
	must(t, w.estate.MarkTampered(w.now, "P2-1", "0x10 the case was opened", 1))
	r := w.askUnlock()
	_, code, err := w.Approve(r.ID, "key_op", false)
	must(t, err)
	back, err := w.TakeBack("P2-1", "key_op", "a sensor")
	must(t, err)
	for _, step := range []support.Step{support.StepReceive, support.StepTest, support.StepRepair} {
		_, err := w.Move(back.ID, support.ReturnDo{Step: step, By: "key_op"})
		must(t, err)
	}
	w.now = w.now.Add(time.Hour)
	must(t, w.estate.MarkTampered(w.now, "P2-1", "0x12 the keypad was lifted", 2))
	if v, err := w.Unlock("P2-1", code); err != nil || v.Accepted {
		t.Errorf("a code from before the repair: %+v, %v", v, err)
	}
	for _, listed := range w.TamperRequests() {
		if listed.ID == r.ID && listed.Open() {
			t.Errorf("the request from before the repair is %s", listed.State)
		}
	}
	if again, err := w.AskUnlock(support.TamperAsk{Device: "P2-1", Code: "0x12", By: "key_1"}); err != nil || again.State != support.TamperAsked {
		t.Errorf("a request after the repair: %+v, %v", again, err)
	}
}
