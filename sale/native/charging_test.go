package native_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
)

// charges are sessions that a test puts there; each input goes through the machine.
type charges struct{ by map[string]charging.Session }

func (c *charges) Open() (refs []string) {
	for ref := range c.by {
		refs = append(refs, ref)
	}
	return refs
}

func (c *charges) Load(ref string) (charging.Session, bool, error) {
	s, ok := c.by[strings.ToUpper(ref)]
	return s, ok, nil
}

func (c *charges) Give(_ context.Context, ref string, in charging.Input) (charging.Session, error) {
	next, _, _, refused := c.by[ref].Step(time.Now(), in)
	if refused != nil {
		return next, refused
	}
	c.by[ref] = next
	return next, nil
}

// charge puts a session of a group there that charges since a while.
func (w *world) charge(account, group, tid, ref string) string {
	now := time.Now()
	w.charges.by[ref] = charging.Session{
		New: charging.New{
			Ref: ref, Peer: "P1", Account: account, Group: group, TerminalID: tid, POIID: "EV1-1", Location: "L", EVSE: "E1",
			Currency: "EUR", Hold: 5000, StartID: "SECRET1", StopID: "SECRET2",
		},
		State: charging.Charging, OpenedAt: now.Add(-time.Hour), Since: now.Add(-50 * time.Minute),
		Order: charging.HoldView{State: charging.HoldHeld, Amount: 5000, HeldAt: now.Add(-time.Hour), Expires: now.Add(48 * time.Hour)},
	}
	return ref
}

// TestOpenHoldsSayWhoIsWaitedFor: the list of open sessions has the oldest first, each with whom it waits for since and
// until when, and marks one that is beyond its time.
func TestOpenHoldsSayWhoIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.charge("1", "100", "00000ABC", "REF1")
	late := w.charge("1", "100", "00000ABC", "REF2")
	s := w.charges.by[late]
	s.OpenedAt, s.PlugBy = s.OpenedAt.Add(-time.Hour), time.Now().Add(-10*time.Minute)
	w.charges.by[late] = s
	status, answer := w.call("GET", "/api/v1/charging-sessions?open=true", "")
	list, _ := answer["data"].([]any)
	if status != 200 || len(list) != 2 {
		t.Fatalf("%d %v", status, answer)
	}
	first, second := list[0].(map[string]any), list[1].(map[string]any)
	wait := first["waits"].([]any)[0].(map[string]any)
	if first["reference"] != "REF2" || first["overdue"] != true || wait["for"] != "driver" || wait["what"] != "a car to be plugged in" || wait["overdue"] != true {
		t.Errorf("the late one: %v", first)
	}
	if second["overdue"] != nil || second["holding"] != true || second["money"].(map[string]any)["held"] != 5000.0 {
		t.Errorf("the other one: %v", second)
	}
	if text := fmt.Sprint(answer); strings.Contains(text, "SECRET") {
		t.Error("the secret name of a command is shown")
	}
	if _, answer := w.call("GET", "/api/v1/charging-sessions?open=true&limit=1", ""); answer["has_more"] != true {
		t.Errorf("more: %v", answer)
	} else if _, rest := w.call("GET", fmt.Sprint("/api/v1/charging-sessions?open=true&after=", answer["next"]), ""); rest["data"].([]any)[0].(map[string]any)["reference"] != "REF1" {
		t.Errorf("the rest: %v", rest)
	}
	if status, _ := w.call("GET", "/api/v1/charging-sessions?open=perhaps", ""); status != 400 {
		t.Errorf("open=perhaps: %d", status)
	}
}

// TestAHoldIsGivenBackByHand: and not once it is on its way back, or over.
func TestAHoldIsGivenBackByHand(t *testing.T) {
	w := newWorld(t)
	w.charge("1", "100", "00000ABC", "REF1")
	status, answer := w.call("POST", "/api/v1/charging-sessions/ref1/release", `{"why":"a complaint"}`)
	if status != 200 || answer["state"] != "releasing" || answer["why"] != "given back by hand: a complaint" {
		t.Errorf("%d %v", status, answer)
	}
	s := w.charges.by["REF1"]
	s.State = charging.Settled
	w.charges.by["REF1"] = s
	if status, answer := w.call("POST", "/api/v1/charging-sessions/REF1/release", `{}`); status != 409 || answer["code"] != "wrong_state" {
		t.Errorf("over: %d %v", status, answer)
	}
	if status, answer := w.call("POST", "/api/v1/charging-sessions/REF1/confirm", ``); status != 409 {
		t.Errorf("no confirmation: %d %v", status, answer)
	}
	if status, _ := w.call("GET", "/api/v1/charging-sessions/NONE", ""); status != 404 {
		t.Errorf("none: %d", status)
	}
}

// TestChargesOfOrders: the list of all has those whose orders are the newest first.
func TestChargesOfOrders(t *testing.T) {
	w := newWorld(t)
	for _, ref := range []string{"REF1", "REF2"} {
		w.charge("1", "100", "00000ABC", ref)
		o, reason, err := w.engine.Create(t.Context(), kassa.NewOrder{
			Dialect: charging.Dialect, Account: "1", Scope: "100", Ref: ref, Fingerprint: ref, TID: "00000ABC", Capture: kassa.CaptureLater,
			Amount: kassa.Money{Minor: 5000, Currency: "EUR"}, Lifetime: time.Minute, Inactivity: time.Minute, Environment: "test",
		})
		if err != nil || reason != kassa.None {
			t.Fatalf("%v %s %v", o, reason, err)
		}
	}
	_, answer := w.call("GET", "/api/v1/charging-sessions?terminal=00000ABC", "")
	list, _ := answer["data"].([]any)
	if len(list) != 2 || list[0].(map[string]any)["reference"] != "REF2" {
		t.Errorf("%v", answer)
	}
}
