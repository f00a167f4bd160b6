package status_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa/status"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// well are figures of an installation that works.
func well() status.Figures {
	return status.Figures{
		API: status.Traffic{Answers: 1000, Failed: 2, P95: 50 * time.Millisecond}, Dashboard: status.Traffic{Answers: 10, P95: 100 * time.Millisecond},
		Terminals: status.Fleet{Online: 500, Dropped: 4}, Acquirer: status.Line{Links: 2, SignedOn: 2, Asked: 300, TimedOut: 2},
		Webhooks: status.Post{Hosts: 40, Failing: 6}, Events: status.Delay{Heard: 900, P95: 10 * time.Millisecond},
		Store: status.Disk{Commits: 10, P95: 25 * time.Millisecond},
	}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*status.Figures)
		want   string // component and state, of those that are not operational
	}{
		"all is well":          {func(*status.Figures) {}, ""},
		"nothing happens":      {func(f *status.Figures) { *f = status.Figures{Acquirer: status.Line{Links: 2, SignedOn: 2}} }, ""},
		"some answers fail":    {func(f *status.Figures) { f.API = status.Traffic{Answers: 100, Failed: 6} }, "api degraded"},
		"most answers fail":    {func(f *status.Figures) { f.API = status.Traffic{Answers: 10, Failed: 7} }, "api down"},
		"two of a quiet night": {func(f *status.Figures) { f.API = status.Traffic{Answers: 2, Failed: 2} }, ""},
		"answers are slow":     {func(f *status.Figures) { f.API.P95 = 5 * time.Second }, "api degraded"},
		"pages fail":           {func(f *status.Figures) { f.Dashboard = status.Traffic{Answers: 9, Failed: 9} }, "dashboard down"},
		"terminals drop":       {func(f *status.Figures) { f.Terminals = status.Fleet{Online: 400, Dropped: 100} }, "terminals degraded"},
		"most terminals drop":  {func(f *status.Figures) { f.Terminals = status.Fleet{Online: 100, Dropped: 400} }, "terminals down"},
		"one shop drops":       {func(f *status.Figures) { f.Terminals = status.Fleet{Online: 0, Dropped: 2} }, ""},
		"one line":             {func(f *status.Figures) { f.Acquirer.SignedOn = 1 }, "acquirer degraded"},
		"no line":              {func(f *status.Figures) { f.Acquirer.SignedOn = 0 }, "acquirer down"},
		"some stay unanswered": {func(f *status.Figures) { f.Acquirer.TimedOut = 40 }, "acquirer degraded"},
		"most stay unanswered": {func(f *status.Figures) { f.Acquirer.TimedOut = 200 }, "acquirer down"},
		"receivers fail":       {func(f *status.Figures) { f.Webhooks.Failing = 22 }, "webhooks degraded"},
		"all receivers fail":   {func(f *status.Figures) { f.Webhooks.Failing = 40 }, "webhooks down"},
		"one receiver fails":   {func(f *status.Figures) { f.Webhooks = status.Post{Hosts: 1, Failing: 1} }, ""},
		"events are late":      {func(f *status.Figures) { f.Events.P95 = 5 * time.Second }, "events degraded"},
		"commits are slow":     {func(f *status.Figures) { f.Store.P95 = time.Second }, "store degraded"},
		"commits fail":         {func(f *status.Figures) { f.Store.Failed = true }, "store down"},
	} {
		f := well()
		c.change(&f)
		var got []string
		readings := status.Judge(f)
		for _, name := range status.Names() {
			if r := readings[name]; r.State != status.Operational {
				got = append(got, name+" "+string(r.State))
				if r.Says == "" {
					t.Errorf("%s: it does not say why", name)
				}
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// TestOneLookChangesNothing: it takes two looks in a row to fall, as far as the milder of them, and a minute to rise.
func TestOneLookChangesNothing(t *testing.T) {
	m := status.NewMachine(noon, nil)
	now := noon
	look := func(s status.State) (list []string) {
		now = now.Add(5 * time.Second)
		changes, _ := m.Look(now, map[string]status.Reading{status.API: {State: s, Says: string(s)}})
		for _, c := range changes {
			list = append(list, string(c.Former)+" to "+string(c.State))
			if !c.Since.Equal(now) || c.Name != status.API {
				t.Errorf("changed %+v", c)
			}
		}
		return list
	}
	const fine, slow, down = status.Operational, status.Degraded, status.Down
	var got []string
	for _, s := range []status.State{fine, down, fine, slow, fine, down, slow, down, down} {
		got = append(got, look(s)...)
	}
	if diff := cmp.Diff([]string{"operational to degraded", "degraded to down"}, got); diff != "" {
		t.Error(diff)
	}
	for range 11 {
		if got := look(fine); got != nil {
			t.Fatalf("it rises too soon: %v", got)
		}
	}
	if got := look(down); got != nil { // and begins anew
		t.Error(got)
	}
	for range 12 {
		if got := look(fine); got != nil {
			t.Fatalf("it rises too soon: %v", got)
		}
	}
	if got := look(slow); len(got) != 1 || got[0] != "down to degraded" {
		t.Errorf("after a minute that was no worse than slow: %v", got)
	}
	if c := m.Components()[0]; c.State != slow || len(m.Components()) != 7 {
		t.Errorf("components %+v", m.Components())
	}
	// A new process goes on from there; what nobody looked at stays as it was.
	again := status.NewMachine(now, m.Components())
	if diff := cmp.Diff(m.Components(), again.Components()); diff != "" {
		t.Error(diff)
	}
	if _, lasted := again.Look(now, nil); lasted != 0 {
		t.Error("the first look lasts")
	}
	if _, lasted := again.Look(now.Add(time.Hour), nil); lasted > time.Minute {
		t.Errorf("a look after a pause lasts %s", lasted)
	}
}

func TestGaugeForgets(t *testing.T) {
	var g status.Gauge
	if n, _, p := g.Read(noon); n != 0 || p != 0 {
		t.Error("something is there")
	}
	for i := range 100 {
		took := 3 * time.Millisecond
		if i >= 94 {
			took = 700 * time.Millisecond
		}
		g.Note(noon, took, i < 5)
	}
	if n, failed, p := g.Read(noon.Add(4 * time.Minute)); n != 100 || failed != 5 || p != time.Second {
		t.Errorf("%d, %d failed, 95 of 100 within %s", n, failed, p)
	}
	g.Note(noon.Add(4*time.Minute), time.Hour, true)
	if n, failed, p := g.Read(noon.Add(6 * time.Minute)); n != 1 || failed != 1 || p != 30*time.Second {
		t.Errorf("later: %d, %d failed, within %s", n, failed, p)
	}
	if n, _, _ := g.Read(noon.Add(time.Hour)); n != 0 {
		t.Errorf("an hour later there are %d", n)
	}
}

// TestTerminalsThatStayAwayCount: many that were lost at once count until they are back, one alone soon no more.
func TestTerminalsThatStayAwayCount(t *testing.T) {
	var d status.Drops
	d.Lost("alone", noon)
	if f := d.Fleet(noon, 50); f.Dropped != 1 || f.Online != 50 {
		t.Errorf("one: %+v", f)
	}
	if f := d.Fleet(noon.Add(2*time.Minute), 50); f.Dropped != 0 {
		t.Errorf("two minutes later: %+v", f)
	}
	now := noon.Add(time.Hour)
	for _, terminal := range []string{"a", "b", "c", "d"} {
		d.Lost(terminal, now)
	}
	if f := d.Fleet(now, 1); f.Dropped != 4 {
		t.Errorf("four: %+v", f)
	}
	d.Back("a")
	if f := d.Fleet(now.Add(10*time.Minute), 2); f.Dropped != 3 {
		t.Errorf("three have not come back: %+v", f)
	}
	if f := d.Fleet(now.Add(time.Hour), 2); f.Dropped != 0 {
		t.Errorf("an hour later: %+v", f)
	}
}
