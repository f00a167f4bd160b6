package poi_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"kassa/estate"
	"kassa/journal"
	"kassa/poi"
	"kassa/poilink"
)

// clock is one that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// stands waits until a terminal is where it should be.
func (c *cloud) stands(state poi.State, reason poi.Reason) poi.Reach {
	c.t.Helper()
	var r poi.Reach
	deadline := time.Now().Add(10 * time.Second)
	changes := c.changes()
	for {
		if r = c.hub.Reach(tid); r.State == state && r.Reason == reason {
			return r
		}
		select {
		case <-changes:
		case <-time.After(time.Until(deadline)):
			c.t.Fatalf("it is %s (%s), want %s (%s)", r.State, r.Reason, state, reason)
		}
	}
}

func (c *cloud) changes() <-chan string {
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Cleanup(cancel)
	return c.hub.Changes(ctx)
}

// states lists a history without its instants.
func states(list []poi.Transition) (out []string) {
	for _, tr := range list {
		out = append(out, strings.TrimSpace(string(tr.State)+" "+string(tr.Reason)))
	}
	return out
}

// ping shows that a link is alive.
func (s *script) ping() {
	s.t.Helper()
	s.write(poilink.Frame{Type: poilink.TypePing})
	if f := s.read(); f.Type != poilink.TypePong {
		s.t.Fatalf("a ping is answered with %+v", f)
	}
}

func (s *script) welcome() *poilink.Welcome {
	s.t.Helper()
	f := s.hello()
	if f.Welcome == nil {
		s.t.Fatalf("no welcome: %+v", f)
	}
	return f.Welcome
}

// TestReachFollowsALife goes through all that a terminal can be, and each change is nudged.
func TestReachFollowsALife(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	if r := c.hub.Reach("00000XYZ"); r.State != poi.Offline || r.Reason != poi.ReasonNotActivated {
		t.Errorf("a terminal that does not exist is %s (%s)", r.State, r.Reason)
	}
	s := c.board()
	r := c.stands(poi.Online, "")
	if !r.Enabled || !r.Linked || r.Epoch == 0 || r.Since.IsZero() || r.Opened.IsZero() || !strings.HasPrefix(r.Address, "127.0.0.1:") || r.TLS {
		t.Errorf("online: %+v", r)
	}
	s.ping() // and with it the WebSocket ping is answered
	until(t, func() bool { return c.hub.Reach(tid).RTT > 0 })
	must(t, s.conn.Close())
	if r = c.stands(poi.Offline, poi.ReasonLinkLost); r.Linked || r.Detail != "connection lost" || r.Disconnects24h != 1 || r.LastSeen.IsZero() {
		t.Errorf("lost: %+v", r)
	}
	s = c.dial(1)
	s.welcome()
	s.write(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "shutdown"}})
	if r = c.stands(poi.Offline, poi.ReasonShutDown); r.Disconnects24h != 2 {
		t.Errorf("shut down: %+v", r)
	}
	want := []string{"online", "offline link_lost", "online", "offline shut_down"}
	if diff := cmp.Diff(want, states(c.hub.History(tid))); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	must(t, c.estate.Block(noon, tid, "test", "stolen"))
	if r = c.stands(poi.Offline, poi.ReasonBlocked); !r.Since.Equal(noon) {
		t.Errorf("blocked: %+v", r)
	}
	must(t, c.estate.Unblock(noon, tid, "test", "found"))
	c.stands(poi.Offline, poi.ReasonShutDown)
	_, err := c.estate.Unbind(noon, tid, "test")
	must(t, err)
	c.stands(poi.Offline, poi.ReasonUnbound)
	must(t, c.estate.RetireTerminal(noon, tid))
	c.stands(poi.Offline, poi.ReasonRetired)
}

// TestSilence: one heartbeat and a quarter make a link stale, two end it, and any frame makes it young.
func TestSilence(t *testing.T) {
	now := &clock{now: noon}
	c := newCloud(t, func(cfg *poi.Config) { cfg.Now = now.Now })
	c.run()
	s := c.board()
	now.pass(12 * time.Second)
	if r := c.hub.Reach(tid); r.State != poi.Online {
		t.Fatalf("a ping that is late by 2 s: %+v", r)
	}
	now.pass(time.Second)
	if r := c.hub.Reach(tid); r.State != poi.Stale || r.Reason != poi.ReasonSilent || !r.Linked {
		t.Fatalf("silent for 13 s: %+v", r)
	}
	until(t, func() bool { return len(c.hub.History(tid)) == 2 })
	s.ping()
	c.stands(poi.Online, "")
	now.pass(19 * time.Second)
	if r := c.hub.Reach(tid); r.State != poi.Stale || !c.hub.Online(tid) {
		t.Fatalf("silent for 19 s: %+v", r)
	}
	now.pass(time.Second)
	r := c.stands(poi.Offline, poi.ReasonLinkLost)
	if r.Detail != "no heartbeat" || !r.LastSeen.Equal(noon.Add(13*time.Second)) {
		t.Errorf("silent for two heartbeats: %+v", r)
	}
	if _, ok := s.tryRead(); ok {
		t.Error("the silent link goes on")
	}
	want := []string{"online", "stale silent", "online", "stale silent", "offline link_lost"}
	if diff := cmp.Diff(want, states(c.hub.History(tid))); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// TestARestartIsUnknownAtFirst: what had a link to the last process may come back until its silence and
// the longest pause are over. What had gone before is where it was.
func TestARestartIsUnknownAtFirst(t *testing.T) {
	now := &clock{now: noon}
	first := newCloud(t, func(cfg *poi.Config) { cfg.Now = now.Now })
	first.run()
	s := first.board()
	first.stands(poi.Online, "")
	until(t, func() bool { return strings.Contains(first.facts(), "LinkUp") })
	later := &clock{now: noon.Add(time.Hour)}
	next := func() *cloud {
		return newCloud(t, func(cfg *poi.Config) {
			cfg.Now, cfg.Directory, cfg.Boarding, cfg.Notes = later.Now, first.estate, first.estate, first.estate
			cfg.Settings, cfg.Watcher, cfg.Past = first.estate, first.estate, first.past
		})
	}
	c := next() // the first process is gone without a word
	if r := c.hub.Reach(tid); r.State != poi.Unknown || r.Reason != poi.ReasonRestarted || !r.LastSeen.Equal(noon) {
		t.Fatalf("after a restart: %+v", r)
	}
	later.pass(49 * time.Second)
	if r := c.hub.Reach(tid); r.State != poi.Unknown {
		t.Errorf("after 49 s: %+v", r)
	}
	c.run()
	later.pass(time.Second)
	if r := c.hub.Reach(tid); r.State != poi.Offline || r.Reason != poi.ReasonLinkLost {
		t.Errorf("after two heartbeats and 30 s: %+v", r)
	}
	c.stands(poi.Offline, poi.ReasonLinkLost)
	must(t, s.conn.Close())
	until(t, func() bool { return strings.Contains(first.facts(), "LinkDown") })
	again := first.dial(1)
	again.welcome()
	again.write(poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "shutdown"}})
	first.stands(poi.Offline, poi.ReasonShutDown)
	until(t, func() bool { return strings.Contains(first.facts(), "terminal: shutdown") })
	c = next()
	if r := c.hub.Reach(tid); r.State != poi.Offline || r.Reason != poi.ReasonShutDown || r.Disconnects24h != 2 {
		t.Errorf("what was switched off before the restart: %+v", r)
	}
	want := []string{"online", "offline link_lost", "online", "offline shut_down"}
	if diff := cmp.Diff(want, states(c.hub.History(tid))); diff != "" {
		t.Errorf("history after a restart (-want +got):\n%s", diff)
	}
}

// past is what the record has of the links.
func (c *cloud) past() ([]journal.Entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.disk.StreamEntries(estate.LinksStream, 0)
}

// TestHistoryEndsSomewhere keeps the last changes and counts all of a day.
func TestHistoryEndsSomewhere(t *testing.T) {
	now := &clock{now: noon}
	c := newCloud(t, func(cfg *poi.Config) { cfg.Now, cfg.HandshakesPerSecond = now.Now, 1000 })
	c.run()
	must(t, c.board().conn.Close())
	for range 40 {
		c.stands(poi.Offline, poi.ReasonLinkLost)
		now.pass(30 * time.Minute)
		s := c.dial(1)
		s.welcome()
		c.stands(poi.Online, "")
		must(t, s.conn.Close())
	}
	c.stands(poi.Offline, poi.ReasonLinkLost)
	if n := len(c.hub.History(tid)); n != 50 {
		t.Errorf("%d changes are kept", n)
	}
	if r := c.hub.Reach(tid); r.Disconnects24h != 41 {
		t.Errorf("%d disconnects within 20 hours, want 41", r.Disconnects24h)
	}
	now.pass(24 * time.Hour)
	if r := c.hub.Reach(tid); r.Disconnects24h != 0 {
		t.Errorf("a day later: %d", r.Disconnects24h)
	}
}

// TestProbe is answered at once, and says so when it is not: the link is stale, and then given up.
func TestProbe(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	type outcome struct {
		probed poilink.Probed
		took   time.Duration
		err    error
	}
	probe := func() <-chan outcome {
		out := make(chan outcome, 1)
		go func() {
			p, took, err := c.hub.Probe(context.Background(), tid, true)
			out <- outcome{p, took, err}
		}()
		return out
	}
	got := probe()
	f := s.read()
	if f.Type != poilink.TypeProbe || !f.Probe.Full || f.Probe.ID == "" {
		t.Fatalf("the terminal hears %+v", f)
	}
	s.write(poilink.Frame{Type: poilink.TypeProbed, Probed: &poilink.Probed{ID: "999"}}) // of nobody
	s.write(poilink.Frame{Type: poilink.TypeProbed, Probed: &poilink.Probed{
		ID: f.Probe.ID, TimeMS: 42, Report: poilink.Report{Model: "P2", CloudMode: true, Health: &poilink.Health{Security: true}},
		Checks: []poilink.Check{{Name: "resolve", Result: poilink.CheckPass, TookMS: 3}},
	}})
	if o := <-got; o.err != nil || o.probed.TimeMS != 42 || len(o.probed.Checks) != 1 || o.took <= 0 {
		t.Errorf("probe: %+v", o)
	}
	if r, ok := c.hub.Report(tid); !ok || r.Model != "P2" || r.Health == nil {
		t.Errorf("the report that came with it: %+v", r)
	}
	got = probe()
	if o := <-got; !errors.Is(o.err, poi.ErrNoAnswer) || o.took >= 3*time.Second {
		t.Errorf("no answer: %+v", o)
	}
	c.stands(poi.Stale, poi.ReasonSilent)
	got = probe()
	if o := <-got; !errors.Is(o.err, poi.ErrNoAnswer) {
		t.Errorf("no answer again: %+v", o)
	}
	if r := c.stands(poi.Offline, poi.ReasonLinkLost); r.Detail != "no answer to a probe" {
		t.Errorf("after two: %+v", r)
	}
	if o := <-probe(); !errors.Is(o.err, poi.ErrOffline) {
		t.Errorf("offline: %+v", o)
	}
}

// TestAProbeWithNonsenseEndsTheLink, as all else that breaks a rule.
func TestAProbeWithNonsenseEndsTheLink(t *testing.T) {
	for name, p := range map[string]poilink.Probed{
		"result":      {Checks: []poilink.Check{{Name: "tls", Result: "maybe"}}},
		"card number": {Checks: []poilink.Check{{Name: "tls", Result: poilink.CheckPass, Detail: "4761 7300 0000 0011"}}},
		"battery":     {Report: poilink.Report{Health: &poilink.Health{Battery: new(int)}}},
	} {
		d := newDesk(t)
		d.open(1)
		if name == "battery" {
			*p.Report.Health.Battery = 101
		}
		out := d.frame(1, poilink.Frame{Type: poilink.TypeProbed, Probed: &p})
		if r := refusal(t, out, 1); r.Code != poilink.RefusedBadFrame {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

// TestAClone: the key of a terminal at two places raises an alarm, which is written down.
func TestAClone(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	old := c.board()
	s := c.dial(1)
	s.welcome()
	if b := old.read().Bye; b == nil || b.Reason != "replaced" { // old answers the ping that came before
		t.Fatalf("the old link: %+v", b)
	}
	until(t, func() bool { return strings.Contains(c.facts(), "CloneSuspected") })
	if facts := c.facts(); strings.Count(facts, `CloneSuspected{"poiid":"`+poiid+`"`) != 1 || strings.Count(facts, `ddress":"127.0.0.1:`) != 2 {
		t.Errorf("facts: %s", facts)
	}
	if r := c.hub.Reach(tid); r.CloneSuspected.IsZero() || r.State != poi.Online {
		t.Errorf("reach: %+v", r)
	}
	want := []string{"online", "online replaced", "online clone_suspected"}
	if diff := cmp.Diff(want, states(c.hub.History(tid))); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// TestAReconnectIsNoClone, however often it happens and however late the cloud notices: a socket that its
// holder has left answers nothing.
func TestAReconnectIsNoClone(t *testing.T) {
	c := newCloud(t, func(cfg *poi.Config) { cfg.HandshakesPerSecond = 1000 })
	c.run()
	s := c.board()
	s.ping()
	for i := range 10 {
		next := c.dial(1)
		if i%2 == 0 {
			// The network has lost the old link, and neither end has heard so yet: what the cloud sends on it
			// is read by nobody.
			next.welcome()
			next.ping()
			must(t, s.conn.Close())
		} else {
			must(t, s.conn.Close())
			next.welcome()
			next.ping()
		}
		s = next
	}
	until(t, func() bool { return len(c.hub.History(tid)) >= 11 })
	// A pong that answers an earlier ping, or none, proves nothing.
	next := c.dial(1)
	next.welcome()
	s.raw(ws.NewPongFrame([]byte("0")))
	next.ping()
	must(t, s.conn.Close())
	must(t, next.conn.Close())
	c.stands(poi.Offline, poi.ReasonLinkLost)
	if r := c.hub.Reach(tid); !r.CloneSuspected.IsZero() || strings.Contains(c.facts(), "CloneSuspected") {
		t.Errorf("a false alarm: %+v %s", r, c.facts())
	}
}
