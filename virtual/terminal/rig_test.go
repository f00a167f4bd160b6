package terminal_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kassa/poilink"
	"kassa/virtual/deck"
	"kassa/virtual/terminal"
)

const poiid = "P2-000001"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig drives one machine against a scripted cloud, without a socket or a clock.
type rig struct {
	t       *testing.T
	id      string
	m       *terminal.Machine
	cloud   *cloud
	now     time.Time
	journal []string // records as they are written
	crashAt int      // stop before the record of this number; 0 never
	crashed bool
	up      bool
	wire    []poilink.Frame // to the terminal, not delivered yet
	screens []terminal.Screen
	ends    []terminal.Attempt
	orders  []terminal.Outcome
	said    string // the last objection
	paper   []terminal.Receipt
	tests   []terminal.Test
	sent    []poilink.Frame
	connect int
	noWay   string // the step at which connections fail
	atc     uint16
	random  *rand.ChaCha8
}

func newRig(t *testing.T) *rig {
	return newRigAs(t, poiid)
}

func newRigAs(t *testing.T, id string) *rig {
	r := &rig{t: t, id: id, cloud: newCloud(t), now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), random: rand.NewChaCha8([32]byte{7})}
	r.m = r.machine(nil)
	return r
}

// ready is a rig whose terminal is activated and idle.
func ready(t *testing.T) *rig { return readyAs(t, poiid) }

func readyAs(t *testing.T, id string) *rig {
	r := newRigAs(t, id)
	r.do(terminal.PowerOn{})
	r.do(terminal.ActivateWith{Code: "4711"})
	r.wantScreen(terminal.ScreenIdle)
	return r
}

func (r *rig) machine(lines []string) *terminal.Machine {
	r.t.Helper()
	var records []terminal.Record
	for _, l := range lines {
		var rec terminal.Record
		if err := json.Unmarshal([]byte(l), &rec); err != nil {
			r.t.Fatal(err)
		}
		records = append(records, rec)
	}
	m, err := terminal.New(terminal.Config{POIID: r.id, Secret: [32]byte{5}}, records, r.random)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// do gives an input and carries everything out until nothing moves.
func (r *rig) do(in terminal.Input) {
	r.t.Helper()
	r.step(in)
	for i := 0; len(r.wire) > 0 && !r.crashed; i++ {
		if i > 500 {
			r.t.Fatal("the two sides never stop talking")
		}
		f := r.wire[0]
		r.wire = r.wire[1:]
		r.step(terminal.FrameReceived{Frame: f})
	}
}

func (r *rig) step(in terminal.Input) {
	r.t.Helper()
	for _, o := range r.m.Handle(r.now, in) {
		if r.crashed {
			return
		}
		r.out(o)
	}
}

func (r *rig) out(o terminal.Output) {
	r.t.Helper()
	switch o := o.(type) {
	case terminal.Persist:
		if r.crashAt > 0 && len(r.journal)+1 >= r.crashAt {
			r.crashed = true
			return
		}
		line, err := json.Marshal(o.Record)
		if err != nil {
			r.t.Fatal(err)
		}
		r.journal = append(r.journal, string(line))
	case terminal.Send:
		r.sent = append(r.sent, o.Frame)
		if !r.up {
			r.t.Fatalf("frame %s on a link that is down", o.Frame.Type)
		}
		r.wire = append(r.wire, r.cloud.take(o.Frame)...)
	case terminal.Connect:
		r.connect++
		if r.noWay == "" {
			r.linkUp()
			return
		}
		for _, o := range r.m.Handle(r.now, terminal.LinkDown{Step: r.noWay}) {
			r.out(o)
		}
	case terminal.Disconnect:
		r.up, r.wire = false, nil
	case terminal.Show:
		r.screens = append(r.screens, o.Screen)
	case terminal.Print:
		r.paper = append(r.paper, o.Receipt)
	case terminal.Finished:
		r.ends = append(r.ends, o.Attempt)
	case terminal.Objection:
		r.said = o.Text
	case terminal.Test:
		r.tests = append(r.tests, o)
	case terminal.Ordered:
		r.orders = append(r.orders, o.Outcome)
	}
}

// linkUp answers Connect at once; the challenge follows.
func (r *rig) linkUp() {
	r.up = true
	for _, o := range r.m.Handle(r.now, terminal.LinkUp{}) {
		r.out(o)
	}
	r.wire = append(r.wire, r.cloud.challenge())
}

func (r *rig) deliver(frames ...poilink.Frame) {
	r.t.Helper()
	for _, f := range frames {
		r.do(terminal.FrameReceived{Frame: f})
	}
}

// wait moves the clock on, tick by tick.
func (r *rig) wait(d time.Duration) {
	r.t.Helper()
	end := r.now.Add(d)
	for i := 0; ; i++ {
		due, ok := r.m.NextDue()
		if !ok || due.After(end) || r.crashed {
			break
		}
		if i > 10_000 {
			r.t.Fatal("the timers do not move on")
		}
		if due.After(r.now) {
			r.now = due
		}
		r.do(terminal.Tick{})
	}
	r.now = end
}

// restart is a power cut: only the journal is left.
func (r *rig) restart() {
	r.t.Helper()
	r.crashed, r.crashAt, r.up, r.wire = false, 0, false, nil
	r.m = r.machine(r.journal)
	r.do(terminal.PowerOn{})
}

func (r *rig) present(e terminal.Entry, name string) {
	r.t.Helper()
	c, err := deck.Parse(name)
	if err != nil {
		r.t.Fatal(err)
	}
	r.atc++
	r.do(terminal.CardPresented{Entry: e, Card: c, ATC: r.atc})
}

func (r *rig) keys(keys string) {
	r.t.Helper()
	for k := range strings.FieldsSeq(keys) {
		r.do(terminal.KeyPressed{Key: terminal.Key(k)})
	}
}

func (r *rig) wantScreen(n terminal.ScreenName) {
	r.t.Helper()
	if got := r.m.Status().Screen; got.Name != n {
		r.t.Fatalf("screen %q (%s %v %s), want %q", got.Name, got.Title, got.Lines, got.Error, n)
	}
}

func (r *rig) wantEnd(want terminal.Result) terminal.Attempt {
	r.t.Helper()
	if len(r.ends) == 0 || r.ends[len(r.ends)-1].Result != want {
		r.t.Fatalf("ends %+v, want the last to be %s", r.ends, want)
	}
	return r.ends[len(r.ends)-1]
}
