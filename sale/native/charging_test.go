package native_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/journal"
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

// TestWhatIsShortIsCollectedOrWrittenOff: never more than is open, a repeat is harmless, and the list has what is left.
func TestWhatIsShortIsCollectedOrWrittenOff(t *testing.T) {
	w := newWorld(t)
	ref := w.charge("1", "100", "00000ABC", "REF1")
	s := w.charges.by[ref]
	s.State, s.Short = charging.Settled, 1000
	w.charges.by[ref] = s
	const path = "/api/v1/charging-sessions/REF1/"
	for _, c := range []struct {
		path, body string
		status     int
		open       float64
	}{
		{"collections", `{"ref":"a","amount":1001}`, 400, 0}, {"collections", `{"amount":1}`, 400, 0},
		{"collections", `{"ref":"a","amount":300,"how":"bank transfer"}`, 200, 700}, {"collections", `{"ref":"a","amount":300}`, 200, 700},
		{"collections", `{"ref":"a","amount":301}`, 400, 0}, {"write-off", `{}`, 400, 0}, {"write-off", `{"reason":"bankrupt"}`, 200, 0}, {"write-off", `{"reason":"again"}`, 409, 0},
	} {
		status, answer := w.call("POST", path+c.path, c.body)
		money, _ := answer["money"].(map[string]any)
		if open, _ := money["open"].(float64); status != c.status || status == 200 && open != c.open {
			t.Errorf("%s %s: %d %v", c.path, c.body, status, answer)
		}
	}
	s = w.charges.by[ref]
	s.Order.Captured = 5000
	w.charges.by[ref] = s
	for _, c := range []struct {
		body   string
		status int
	}{{`{"ref":"cb-1","amount":5001}`, 400}, {`{"amount":1}`, 400}, {`{"ref":"cb-1","amount":5000,"why":"not me"}`, 200}, {`{"ref":"cb-1","amount":5000}`, 200}, {`{"ref":"cb-2","amount":1}`, 400}} {
		if got, answer := w.call("POST", path+"disputes", c.body); got != c.status {
			t.Errorf("%s: %d %v", c.body, got, answer)
		}
	}
	w.receivables(700, 0, 500)
	for query, want := range map[string]string{"": "R2 R1 R0", "?open=true": "R2 R0", "?open=false": "R1", "?open=true&limit=1": "R2", "?open=true&before=R2": "R0"} {
		_, answer := w.call("GET", "/api/v1/charging-receivables"+query, "")
		var refs []string
		for _, one := range answer["data"].([]any) {
			refs = append(refs, fmt.Sprint(one.(map[string]any)["ref"]))
		}
		if got := strings.Join(refs, " "); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	if _, answer := w.call("GET", "/api/v1/charging-receivables", "", w.as("other")...); len(answer["data"].([]any)) != 0 {
		t.Errorf("another account sees %v", answer)
	}
}

// receivables keeps some, R0, R1 and so on, of which so much is open.
func (w *world) receivables(open ...int64) {
	w.t.Helper()
	for i, amount := range open {
		state, err := json.Marshal(charging.Receivable{Ref: fmt.Sprint("R", i), Account: "1", Group: "100", Short: 1000, Open: amount, Currency: "EUR"})
		if err != nil {
			w.t.Fatal(err)
		}
		done := make(chan error, 1)
		facts := []journal.Fact{{At: time.Now(), Kind: "ReceivableChanged", Scope: "100", Payload: state}}
		w.store.Submit(journal.Batch{{Stream: fmt.Sprint("receivable/R", i), State: state, Scope: "100", Facts: facts}}, func(_ journal.Receipt, err error) { done <- err })
		if err := <-done; err != nil {
			w.t.Fatal(err)
		}
	}
}
