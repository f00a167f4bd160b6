package poi

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"kassa/journal"
	"kassa/poilink"
)

// TelemetryReported is the kind of fact that tells how a device is; its payload is a Telemetry, and so is the
// state of its stream.
const TelemetryReported = "TelemetryReported"

// TelemetryKind is the kind of the streams of telemetry, one for each device: telemetry/POIID.
const TelemetryKind = "telemetry"

// Telemetry is how a device said that it is, as it is kept. Pointers are nil for what its model does not have.
type Telemetry struct {
	At         time.Time `json:"at"`
	POIID      string    `json:"poiid"`
	TID        string    `json:"tid,omitempty"`
	Model      string    `json:"model,omitempty"`
	Firmware   string    `json:"firmware,omitempty"`
	Software   string    `json:"software,omitempty"`
	Network    string    `json:"network,omitempty"` // wifi, ethernet or cellular
	SSID       string    `json:"ssid,omitempty"`
	Signal     int       `json:"signal,omitempty"`  // 1 to 100; 0 when it is not known
	Battery    *int      `json:"battery,omitempty"` // per cent
	Charging   bool      `json:"charging,omitempty"`
	Printer    string    `json:"printer,omitempty"`
	CardReader bool      `json:"cardReader"`
	PED        bool      `json:"ped"`
	Security   bool      `json:"security"`
	Tampered   string    `json:"tampered,omitempty"`
	IKID       string    `json:"ikid,omitempty"`
	KCV        string    `json:"kcv,omitempty"`
	// ClockSkewMS is how far its clock is ahead of the cloud's, in milliseconds.
	ClockSkewMS int64           `json:"clockSkewMS,omitempty"`
	CloudMode   bool            `json:"cloudMode"`
	ManualInput bool            `json:"manualInput"`
	APIEnabled  bool            `json:"apiEnabled"` // true when it was told nothing, as is the rule
	WSEnabled   bool            `json:"webSocketEnabled"`
	Screen      string          `json:"screen,omitempty"`
	LastFailure *ConnectFailure `json:"lastFailure,omitempty"`
	// Booted is when it was last switched on, by the cloud's clock; zero when it does not say.
	Booted time.Time `json:"booted,omitzero"`
	// CloseTimeout, in seconds, and AllowRefunds are settings of the device's own.
	CloseTimeout *int  `json:"closeTimeout,omitempty"`
	AllowRefunds *bool `json:"allowRefunds,omitempty"`
}

// ConnectFailure is how a device failed to connect before it succeeded.
type ConnectFailure struct {
	Step   string    `json:"step"`
	Times  int       `json:"times"`
	Since  time.Time `json:"since"`
	Detail string    `json:"detail,omitempty"`
}

// What is no news, so that a heartbeat more or a draught on the Wi-Fi fills no journal.
const (
	signalJitter  = 15
	batteryJitter = 5
	batteryLow    = 10
	clockJitter   = 5 * time.Second
	// screenPause is how soon after another entry a new screen alone makes one: during payments screens follow
	// each other, and the orders tell of them.
	screenPause = 30 * time.Second
)

// tellHow notes how the POI is.
func (m *Machine) tellHow(r poilink.Report) {
	h := r.Health
	if h == nil {
		h = &poilink.Health{CardReader: true, PED: true, Security: true}
	}
	t := Telemetry{
		At: m.now, POIID: m.poiid, TID: m.tid, Model: r.Model, Firmware: h.Firmware, Software: m.software,
		Network: h.Network.Kind, SSID: h.Network.Name, Signal: h.Network.Signal, Battery: h.Battery, Charging: h.Charging,
		Printer: string(h.Printer), CardReader: h.CardReader, PED: h.PED, Security: h.Security, Tampered: h.Tampered,
		IKID: r.IKID, KCV: r.KCV, CloudMode: r.CloudMode, ManualInput: r.ManualInput,
		APIEnabled: r.APIEnabled == nil || *r.APIEnabled, WSEnabled: r.WebSocketEnabled == nil || *r.WebSocketEnabled, Screen: r.Screen,
		CloseTimeout: r.CloseTimeout, AllowRefunds: r.AllowRefunds,
	}
	if r.UpMS > 0 {
		t.Booted = m.now.Add(-time.Duration(r.UpMS) * time.Millisecond).UTC()
	}
	var ahead time.Duration
	if r.TimeMS != 0 {
		wall := m.now
		if m.rules.Moved != nil {
			wall = wall.Add(-m.rules.Moved())
		}
		ahead = time.UnixMilli(r.TimeMS).Sub(wall)
		t.ClockSkewMS = ahead.Milliseconds()
	}
	if f := r.LastFailure; f != nil {
		// Said by its own clock, told by the cloud's.
		t.LastFailure = &ConnectFailure{Step: f.Step, Times: f.Times, Detail: f.Detail, Since: time.UnixMilli(f.SinceMS).Add(-ahead).UTC()}
		if r.TimeMS != 0 && m.rules.Moved != nil {
			t.LastFailure.Since = t.LastFailure.Since.Add(m.rules.Moved())
		}
	}
	m.emit(How{t})
}

// news tells whether it is worth an entry after what was kept last.
func (t Telemetry) news(last Telemetry) bool {
	same := t
	same.At, same.Signal, same.Battery, same.ClockSkewMS, same.LastFailure = last.At, last.Signal, last.Battery, last.ClockSkewMS, last.LastFailure
	same.Booted = last.Booted
	same.CloseTimeout, same.AllowRefunds = last.CloseTimeout, last.AllowRefunds
	if t.At.Sub(last.At) < screenPause {
		same.Screen = last.Screen
	}
	return same != last || apart(t.Signal, last.Signal, signalJitter) || charge(t.Battery, last.Battery) ||
		apart(t.ClockSkewMS, last.ClockSkewMS, clockJitter.Milliseconds()) || failures(t.LastFailure, last.LastFailure) ||
		apart(t.Booted.UnixMilli(), last.Booted.UnixMilli(), clockJitter.Milliseconds()) ||
		other(t.CloseTimeout, last.CloseTimeout) || other(t.AllowRefunds, last.AllowRefunds)
}

func apart[T int | int64](a, b, least T) bool { return a-b >= least || b-a >= least }

func other[T comparable](now, last *T) bool {
	if now == nil || last == nil {
		return now != last
	}
	return *now != *last
}

// charge tells whether a battery has moved, or is low now or is so no more.
func charge(now, last *int) bool {
	if now == nil || last == nil {
		return now != last
	}
	return apart(*now, *last, batteryJitter) || (*now < batteryLow) != (*last < batteryLow)
}

// failures tells whether it failed in another way or more often. That its clock gave another instant for the same
// is jitter.
func failures(now, last *ConnectFailure) bool {
	if now == nil || last == nil {
		return now != last
	}
	return now.Step != last.Step || now.Times != last.Times || now.Detail != last.Detail ||
		apart(now.Since.UnixMilli(), last.Since.UnixMilli(), clockJitter.Milliseconds())
}

// TelemetryStore keeps the telemetry.
type TelemetryStore interface {
	Load(stream string) (journal.Stream, bool, error)
	// Submit makes a batch durable and then calls done; it never blocks.
	Submit(batch journal.Batch, done func(journal.Receipt, error))
}

// charts know what was kept last of each device.
type charts struct {
	store TelemetryStore // nil when nothing is kept
	mu    sync.Mutex
	last  map[string]*chart // by POIID
}

type chart struct {
	mu      sync.Mutex
	read    bool
	version uint64
	last    Telemetry
}

func (c *charts) of(poiid string) *chart {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = make(map[string]*chart)
	}
	if c.last[poiid] == nil {
		c.last[poiid] = &chart{}
	}
	return c.last[poiid]
}

// note keeps what is news.
func (c *charts) note(now time.Time, scope string, t Telemetry) error {
	if c.store == nil {
		return nil
	}
	k := c.of(t.POIID)
	k.mu.Lock()
	defer k.mu.Unlock()
	stream := TelemetryKind + "/" + t.POIID
	if !k.read {
		s, ok, err := c.store.Load(stream)
		if err != nil {
			return err
		}
		if ok {
			if err := json.Unmarshal(s.State, &k.last); err != nil {
				return fmt.Errorf("poi: state of %s: %w", stream, err)
			}
			k.version = s.Version
		}
		k.read = true
	}
	if k.version > 0 && !t.news(k.last) {
		return nil
	}
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("poi: encode %s: %w", stream, err)
	}
	c.store.Submit(journal.Batch{{Stream: stream, Expect: k.version, State: body, Facts: []journal.Fact{
		{At: now, Kind: TelemetryReported, Scope: scope, Payload: body},
	}}}, func(journal.Receipt, error) {})
	k.last = t
	k.version++
	return nil
}

// scopeOf is whose telemetry a terminal's is; empty for a device that is nobody's yet.
func (h *Hub) scopeOf(tid string) string {
	t, _ := h.cfg.Directory.Terminal(tid)
	return t.Group
}
