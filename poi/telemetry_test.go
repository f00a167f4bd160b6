package poi_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa/journal"
	"kassa/poi"
	"kassa/poilink"
	"kassa/sim/disk"
)

func healthy() poilink.Report {
	return poilink.Report{
		Model: "P2", CloudMode: true, TimeMS: noon.UnixMilli(), Screen: "idle", IKID: "0011223300000001", KCV: "A1B2C3D4E5",
		Health: &poilink.Health{
			Battery: new(82), Charging: true, Printer: poilink.PrinterOK, CardReader: true, PED: true, Security: true, Firmware: "1.0.0",
			Network: poilink.Network{Kind: "wifi", Name: "Bar", Signal: 71},
		},
	}
}

// shelf keeps the telemetry of a cloud.
type shelf struct {
	t    *testing.T
	mu   sync.Mutex
	disk *disk.Disk
}

func (s *shelf) Load(stream string) (journal.Stream, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disk.Load(stream)
}

func (s *shelf) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disk.Submit(b, done)
	s.disk.Flush(-1)
}

// kept gives the telemetry that was kept, in order.
func (s *shelf) kept() (list []poi.Telemetry) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := s.disk.Entries(0, 1000)
	must(s.t, err)
	for _, e := range entries {
		var t poi.Telemetry
		must(s.t, json.Unmarshal(e.Payload, &t))
		if e.Kind != poi.TelemetryReported || e.Stream != "telemetry/"+poiid || e.Scope == "" {
			s.t.Errorf("%s of %s and scope %q holds %s", e.Kind, e.Stream, e.Scope, e.Payload)
		}
		list = append(list, t)
	}
	return list
}

// TestHowADeviceSaysThatItIs: what it says is told whole, and by the cloud's clock, which may have been moved on
// by hand.
func TestHowADeviceSaysThatItIs(t *testing.T) {
	moved := time.Hour
	d := newDesk(t)
	rules := poi.Rules{Host: host, Heartbeat: 10 * time.Second, Directory: d.estate, Moved: func() time.Duration { return moved }}
	d.m = poi.NewMachine(rules, poiid)
	d.now = noon.Add(moved)
	how := func(outs []poi.Output) poi.Telemetry {
		t.Helper()
		list := all[poi.How](outs)
		if len(list) != 1 {
			t.Fatalf("%d times told how it is", len(list))
		}
		return list[0].Telemetry
	}
	first := healthy()
	got := how(d.hello(1, func(h *poilink.Hello) { h.Report, h.Software = &first, "till 7" }))
	want := poi.Telemetry{
		At: d.now, POIID: poiid, TID: tid, Model: "P2", Firmware: "1.0.0", Software: "till 7", Network: "wifi", SSID: "Bar", Signal: 71,
		Battery: new(82), Charging: true, Printer: "OK", CardReader: true, PED: true, Security: true, IKID: "0011223300000001",
		KCV: "A1B2C3D4E5", CloudMode: true, APIEnabled: true, WSEnabled: true, Screen: "idle",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d.frame(1, poilink.Frame{Type: poilink.TypePing})
	late := healthy()
	late.TimeMS += 90_000
	late.WebSocketEnabled = new(false)
	late.UpMS = 20_000
	late.LastFailure = &poilink.ConnectFailure{Step: "resolve", Times: 3, SinceMS: late.TimeMS - 60_000, Detail: "no such host"}
	got = how(d.frame(1, poilink.Frame{Type: poilink.TypeReport, Report: &late}))
	if got.ClockSkewMS != 90_000 || got.WSEnabled || got.LastFailure.Step != "resolve" || !got.LastFailure.Since.Equal(d.now.Add(-time.Minute)) ||
		!got.Booted.Equal(d.now.Add(-20*time.Second)) {
		t.Errorf("told %+v %+v", got, got.LastFailure)
	}
	if outs := d.frame(1, poilink.Frame{Type: poilink.TypeReport, Report: &poilink.Report{KCV: "4111111111111111x"}}); len(all[poi.How](outs)) > 0 {
		t.Error("what breaks the rules of the page is kept")
	}
}

// TestTimeThatADeviceIsOn: no device has been on for less than nothing, or since before there were any.
func TestTimeThatADeviceIsOn(t *testing.T) {
	for _, up := range []int64{-1, 1 << 60} {
		d := newDesk(t)
		r := healthy()
		r.UpMS = up
		if outs := d.hello(1, func(h *poilink.Hello) { h.Report = &r }); len(all[poi.How](outs)) > 0 {
			t.Errorf("%d ms are kept", up)
		}
	}
}

// TestTelemetryIsAFactWhenItIsNews: a change is a fact, a heartbeat or a draught on the Wi-Fi is none, and a new
// process goes on where the last one left off.
func TestTelemetryIsAFactWhenItIsNews(t *testing.T) {
	store := &shelf{t: t, disk: disk.New()}
	with := func(cfg *poi.Config) { cfg.Telemetry = store }
	c := newCloud(t, with)
	c.run()
	s := c.board()
	say := func(change func(*poilink.Report)) {
		r := healthy()
		r.TimeMS = time.Now().UnixMilli()
		change(&r)
		s.write(poilink.Frame{Type: poilink.TypeReport, Report: &r})
		s.ping() // so that it was looked at
	}
	count := func(what string, want int) {
		t.Helper()
		if got := store.kept(); len(got) != want {
			t.Fatalf("%s: %d facts, want %d: %+v", what, len(got), want, got)
		}
	}
	say(func(*poilink.Report) {})
	count("at first", 1)
	say(func(r *poilink.Report) {
		r.Health.Network.Signal, r.Health.Battery, r.Screen = 62, new(79), "presentCard"
	})
	count("jitter, and a screen", 1)
	say(func(r *poilink.Report) { r.Health.Network.Signal = 20 })
	count("a weak signal", 2)
	say(func(r *poilink.Report) { r.Health.Network.Signal, r.Health.Battery = 20, new(11) })
	say(func(r *poilink.Report) { r.Health.Network.Signal, r.Health.Battery = 20, new(9) })
	count("a low battery", 4)
	weak := func(r *poilink.Report) {
		r.Health.Network.Signal, r.Health.Battery = 20, new(9)
		r.TimeMS -= 300_000
	}
	say(weak)
	count("a clock", 5)
	if skew := store.kept()[4].ClockSkewMS; skew > -299_000 || skew < -310_000 {
		t.Errorf("its clock is %d ms ahead", skew)
	}
	state, ok, err := store.Load("telemetry/" + poiid)
	must(t, err)
	var last poi.Telemetry
	must(t, json.Unmarshal(state.State, &last))
	if !ok || state.Version != 5 || *last.Battery != 9 {
		t.Errorf("state %s at version %d", state.State, state.Version)
	}
	c.stop()
	c = newCloud(t, with)
	c.run()
	s = c.board()
	say(weak)
	count("the same in a new process", 5)
	say(func(*poilink.Report) {})
	count("and its end", 6)
}
