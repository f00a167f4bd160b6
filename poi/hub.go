package poi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/poilink"
)

// Boarding changes the estate. What a method returned without an error is durable.
type Boarding interface {
	PinDeviceKey(now time.Time, poiid string, public []byte) error
	AllocateDeviceNumber(now time.Time, poiid string) (uint32, error)
	RecordInjection(now time.Time, poiid string, number uint32, ikid, kcv string) error
	ConfirmKeys(now time.Time, poiid, ikid, kcv string) error
	Activate(now time.Time, poiid, code string) (estate.Terminal, estate.Group, estate.Refusal, error)
}

// Notes keeps the coming and going of links.
type Notes interface {
	NoteLinkUp(now time.Time, up estate.LinkUp) error
	NoteLinkDown(now time.Time, down estate.LinkDown) error
	NoteClone(now time.Time, clone estate.CloneSuspected) error
	NoteNotActivated(now time.Time, poiid, code string, reason estate.RefusalCode) error
	// MarkTampered is durable when it returns without an error.
	MarkTampered(now time.Time, poiid, what string, number int) error
}

// Workshop is the work on devices. What a method returned without an error is durable.
type Workshop interface {
	// Serve answers a code that was typed in at a device; a "no" is in the answer, with a text for the screen.
	Serve(now time.Time, poiid string, s poilink.Servicing) (poilink.Serviced, error)
	// Recovered tells that a device stands without an alarm again.
	Recovered(now time.Time, poiid string) error
	// InDeveloperMode tells that a device says so of itself.
	InDeveloperMode(now time.Time, poiid string) error
	// KeyFailed tells why a device got no initial key, or did not take it.
	KeyFailed(now time.Time, poiid string, why estate.InjectionFailure) error
}

// Settings are what terminals are to be set to, and what they are set to.
type Settings interface {
	SettingOn(tid, name string) bool
	Desired(tid string) (version uint64, values map[string]json.RawMessage)
	Reported(tid string) (estate.Report, bool)
	// Applied is durable when it returns without an error.
	Applied(now time.Time, tid string, version uint64, values map[string]json.RawMessage, refused map[string]string) error
}

// Watcher tells that the estate has changed. Nudges may be missed.
type Watcher interface {
	Watch(ctx context.Context) <-chan estate.Change
	TerminalsUnder(o estate.Owner) []string
}

// Devices takes what terminals answer to Hub.Ask, and what they say without being asked. Its methods never
// block, and call settled from elsewhere, once what they were given is durable or is of no more use.
type Devices interface {
	// Answered gives the nexo response to an exchange of Ask; a repeat comes again.
	Answered(t estate.Terminal, exchange string, response json.RawMessage, settled func())
	// Notified gives a nexo EventNotification, which has no ServiceID; a repeat is the same text.
	Notified(t estate.Terminal, event json.RawMessage, settled func())
}

// Engine takes what terminals say. Its methods never block, and call back from elsewhere only.
type Engine interface {
	// FromPOI calls settled once what the input causes is durable.
	FromPOI(tid, order string, in kassa.Input, settled func())
	POIConnected(tid, poiid string, open []string)
	// POIMode tells whether the terminal shows only what is started on it.
	POIMode(tid string, own bool)
}

// Sales takes what people want at a terminal itself. What a method returned without an error is
// durable; a "no" is in the answer, with a text for the screen.
type Sales interface {
	Start(ctx context.Context, t estate.Terminal, s poilink.Start) (poilink.Started, error)
	Refund(ctx context.Context, t estate.Terminal, r poilink.Refund) (poilink.RefundAnswer, error)
	SendReceipt(ctx context.Context, t estate.Terminal, r poilink.Receipt) (poilink.ReceiptAnswer, error)
	Totals(ctx context.Context, t estate.Terminal, q poilink.Totals) (poilink.TotalsAnswer, error)
}

// Inject makes the initial key of a device number for the device that holds the private key of
// ephemeral; the secure module does.
type Inject func(ephemeral, nonce []byte, number uint32) (poilink.Keys, error)

// Config is what a Hub works with. Heartbeat, MaxLinks and HandshakesPerSecond have defaults.
type Config struct {
	Host      string // the public host name of the cloud
	Directory Directory
	Boarding  Boarding
	Notes     Notes
	Inject    Inject
	Sales     Sales
	Devices   Devices
	Settings  Settings
	Watcher   Watcher
	// Service takes what the work on a device itself asks for; nil when nobody does.
	Service Workshop
	// Points are what unattended terminals sell; nil when none sells anything.
	Points Points
	// Telemetry keeps how devices are; nil when nothing is kept.
	Telemetry TelemetryStore
	// Moved is by how much the clock of Now was moved on by hand; nil when it never is.
	Moved func() time.Duration
	// Past gives what was last noted of the links (LinkUp, LinkDown, CloneSuspected), in order; nil when
	// nothing is kept.
	Past   func() ([]journal.Entry, error)
	Now    func() time.Time
	Random io.Reader // for challenges; safe for concurrent use
	Log    *slog.Logger

	Heartbeat           time.Duration
	MaxLinks            int
	HandshakesPerSecond int
}

// Hub is all links of a process. It is the engine's way to the terminals (Tell), and an HTTP handler
// for poilink.Path.
type Hub struct {
	cfg   Config
	rules Rules
	wg    sync.WaitGroup

	mu     sync.RWMutex
	engine Engine // nil until Run
	ended  bool   // Run ends: what arrives is still taken, newcomers are not
	units  map[string]*unit
	links  map[LinkID]*link
	last   LinkID
	gate   gate
	// settles is when a terminal that had a link to an earlier process should have come back.
	settles time.Time

	watchers watchers
	probes   probes
	charts   charts
}

// unit is a machine with the links that it speaks of.
type unit struct {
	poiid string

	mu      sync.Mutex
	machine *Machine
	links   []*link
}

// New makes a Hub. It takes links while Run runs.
func New(cfg Config) (*Hub, error) {
	if cfg.Host == "" || cfg.Directory == nil || cfg.Boarding == nil || cfg.Notes == nil || cfg.Inject == nil ||
		cfg.Sales == nil || cfg.Devices == nil || cfg.Settings == nil || cfg.Watcher == nil || cfg.Now == nil || cfg.Random == nil || cfg.Log == nil {
		return nil, errors.New("poi: a field of Config is missing")
	}
	if cfg.Heartbeat <= 0 {
		cfg.Heartbeat = DefaultHeartbeat
	}
	if cfg.MaxLinks <= 0 {
		cfg.MaxLinks = defaultMaxLinks
	}
	if cfg.HandshakesPerSecond <= 0 {
		cfg.HandshakesPerSecond = defaultHandshake
	}
	h := &Hub{
		cfg:   cfg,
		rules: Rules{Host: cfg.Host, Heartbeat: cfg.Heartbeat, Directory: cfg.Directory},
		units: make(map[string]*unit), links: make(map[LinkID]*link),
		gate: gate{perSecond: float64(cfg.HandshakesPerSecond)},
	}
	h.rules.Enabled, h.rules.Moved, h.charts.store = h.enabled, cfg.Moved, cfg.Telemetry
	h.settles = h.settledBy(cfg.Now())
	if cfg.Past != nil {
		past, err := cfg.Past()
		if err != nil {
			return nil, fmt.Errorf("poi: what was noted of the links: %w", err)
		}
		h.recall(cfg.Now(), past)
	}
	return h, nil
}

// Run takes links until ctx ends; then it says goodbye on each and waits for them.
func (h *Hub) Run(ctx context.Context, e Engine) error {
	h.mu.Lock()
	if h.engine != nil {
		h.mu.Unlock()
		return errors.New("poi: the hub runs already")
	}
	h.engine = e
	h.mu.Unlock()
	h.watch(ctx)
	h.shutdown()
	return nil
}

// shutdown spreads the return of the terminals, so that no more come back in a second than are admitted.
func (h *Hub) shutdown() {
	h.mu.Lock()
	h.ended = true
	units := make([]*unit, 0, len(h.units))
	for _, u := range h.units {
		units = append(units, u)
	}
	links := make([]*link, 0, len(h.links))
	for _, l := range h.links {
		links = append(links, l)
	}
	h.mu.Unlock()
	for i, u := range units {
		h.handle(u, Shutdown{RetryAfter: time.Second + time.Duration(i)*time.Second/time.Duration(h.cfg.HandshakesPerSecond)})
	}
	for _, l := range links {
		l.close(false)
	}
	h.wg.Wait()
}

// Tell sends an effect to the terminal that an order is for. It never blocks: what cannot be
// delivered is dropped, and a terminal that does not read is cut.
func (h *Hub) Tell(o kassa.NewOrder, e kassa.Effect) {
	poiid := o.POIID
	if poiid == "" {
		t, _ := h.cfg.Directory.Terminal(o.TID)
		poiid = t.POIID
	}
	if u := h.unit(poiid); u != nil {
		h.handle(u, Tell{Order: o, Effect: e})
	}
}

// Online tells whether a terminal has a live link.
func (h *Hub) Online(tid string) bool {
	t, ok := h.cfg.Directory.Terminal(tid)
	if !ok || t.POIID == "" {
		return false
	}
	u := h.unit(t.POIID)
	if u == nil {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.machine.Online()
}

// Count gives how many terminals have a live link.
func (h *Hub) Count() (online int) {
	for _, u := range h.all() {
		u.mu.Lock()
		if u.machine.Online() {
			online++
		}
		u.mu.Unlock()
	}
	return online
}

// Jump tells that the test clock is about to be moved on.
func (h *Hub) Jump(by time.Duration) {
	h.mu.RLock()
	units := slices.Collect(maps.Values(h.units))
	h.mu.RUnlock()
	for _, u := range units {
		h.handle(u, Jumped{By: by})
	}
}

// CloudMode tells whether a terminal shows what cash registers send; true when it has not said.
func (h *Hub) CloudMode(tid string) bool {
	r, ok := h.Report(tid)
	return !ok || r.CloudMode && !r.ManualInput
}

// Report gives what a terminal last said of itself; ok is false when this process has heard nothing.
func (h *Hub) Report(tid string) (r poilink.Report, ok bool) {
	t, _ := h.cfg.Directory.Terminal(tid)
	u := h.unit(t.POIID)
	if t.POIID == "" || u == nil {
		return r, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if said := u.machine.said; said != nil {
		return *said, true
	}
	return r, false
}

// List tells of every POI that has had a link in the life of this process, by POIID.
func (h *Hub) List() []Presence {
	h.mu.RLock()
	units := make([]*unit, 0, len(h.units))
	for _, u := range h.units {
		units = append(units, u)
	}
	h.mu.RUnlock()
	out := make([]Presence, 0, len(units))
	for _, u := range units {
		u.mu.Lock()
		out = append(out, u.machine.Presence())
		u.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Presence) int { return strings.Compare(a.POIID, b.POIID) })
	return out
}

func (h *Hub) unit(poiid string) *unit {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.units[poiid]
}

// unitFor finds or makes the unit of a boarded device: there are no more of them than devices.
func (h *Hub) unitFor(poiid string) (*unit, bool) {
	if u := h.unit(poiid); u != nil {
		return u, true
	}
	if _, ok := h.cfg.Directory.Device(poiid); !ok {
		return nil, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	u, ok := h.units[poiid]
	if !ok {
		u = &unit{poiid: poiid, machine: NewMachine(h.rules, poiid)}
		h.units[poiid] = u
	}
	return u, true
}

// handle gives a machine an input, and does what follows without waiting. What has to wait for the
// disk or the secure module is returned: only the goroutine of a link may do that.
func (h *Hub) handle(u *unit, in Input) (slow []Output) {
	h.mu.RLock()
	engine := h.engine
	h.mu.RUnlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, out := range u.machine.Handle(h.cfg.Now(), in) {
		switch out := out.(type) {
		case Send:
			u.on(out.Link, func(l *link) { l.send(out.Frame) })
		case Close:
			u.on(out.Link, func(l *link) { l.close(out.Now) })
		case ToEngine:
			if engine != nil {
				engine.FromPOI(out.TID, out.Order, out.Input, func() { h.handle(u, Settled{out.Seq}) })
			}
		case Mode:
			if engine != nil {
				engine.POIMode(out.TID, out.Own)
			}
		case ToDevices:
			h.toDevices(u, out)
		case Measure:
			u.on(out.Link, func(l *link) { l.measure(out.Number) })
		case Moved:
			h.watchers.nudge(out.TID)
		case Answer:
			h.probes.answered(u.poiid, out.Probed)
		case Alert:
			h.cfg.Log.Warn("poi.alarm", "poiid", u.poiid, "order", out.Order, "alarm", out.Text)
		case Connected:
			if engine != nil {
				engine.POIConnected(out.TID, u.poiid, out.Open)
			}
		default:
			slow = append(slow, out)
		}
	}
	return slow
}

// settle handles an input and all that follows from it.
func (h *Hub) settle(u *unit, in Input) {
	work := h.handle(u, in)
	for len(work) > 0 {
		out := work[0]
		work = work[1:]
		if answer := h.do(u, out); answer != nil {
			work = append(work, h.handle(u, answer)...)
		}
	}
}

func (h *Hub) do(u *unit, out Output) Input {
	now := h.cfg.Now()
	switch out := out.(type) {
	case PinKey:
		return Pinned{out.Link, h.failed(u, "pin key", h.cfg.Boarding.PinDeviceKey(now, u.poiid, out.PublicKey))}
	case MakeKey:
		keys, err := h.makeKey(now, u, out)
		h.noKey(now, u, err)
		return KeyMade{out.Link, keys, h.failed(u, "make key", err)}
	case CheckKeys:
		return KeysChecked{out.Link, out.Seq, h.failed(u, "confirm keys", h.cfg.Boarding.ConfirmKeys(now, u.poiid, out.IKID, out.KCV))}
	case DecideActivation:
		t, g, no, err := h.cfg.Boarding.Activate(now, u.poiid, out.Code)
		return ActivationDecided{out.Link, t, g, no, h.failed(u, "activate", err)}
	case WantSettings:
		return h.configure(u, out.TID)
	case WantPoints:
		return h.points(u, out.TID)
	case Apply:
		return Applied{out.Link, out.Seq, h.failed(u, "settings", h.apply(now, out))}
	case Tampered:
		h.cfg.Log.Warn("poi.alarm", "poiid", u.poiid, "alarm", "tampered: "+out.What)
		_ = h.failed(u, "tamper alarm", h.cfg.Notes.MarkTampered(now, u.poiid, out.What, out.Number)) // it is reported again
		return Refresh{}
	case Clone:
		h.clone(now, u, out)
	case Ask:
		answer, err := h.ask(out)
		return Asked{out.Link, out.Frame.Seq, answer, h.failed(u, "ask "+string(out.Frame.Type), err)}
	case Up:
		up := estate.LinkUp{POIID: u.poiid, Epoch: out.Epoch, Software: out.Software}
		_ = h.failed(u, "note link", h.cfg.Notes.NoteLinkUp(now, up)) // a note: the link works without it
	case Down:
		down := estate.LinkDown{POIID: u.poiid, Epoch: out.Epoch, Reason: out.Reason}
		_ = h.failed(u, "note link", h.cfg.Notes.NoteLinkDown(now, down))
	case How:
		_ = h.failed(u, "note telemetry", h.charts.note(now, h.scopeOf(out.Telemetry.TID), out.Telemetry)) // it is told again
	case Serve:
		return Served{out.Link, h.serve(now, u, out.Service)}
	case Recovered:
		_ = h.failed(u, "recovered", h.service().Recovered(now, u.poiid)) // its next hello tells it again
		return Refresh{}
	case Developer:
		_ = h.failed(u, "developer mode", h.service().InDeveloperMode(now, u.poiid)) // its next hello tells it again
		return Refresh{}
	case NotActivated:
		_ = h.failed(u, "note refusal", h.cfg.Notes.NoteNotActivated(now, u.poiid, out.Code, out.Reason))
	}
	return nil
}

// askTime bounds a wish: longer than any commit takes.
const askTime = 10 * time.Second

func (h *Hub) ask(out Ask) (answer poilink.Frame, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	t, ok := h.cfg.Directory.Terminal(out.TID)
	if !ok {
		return answer, errors.New("the terminal is not in the estate")
	}
	f := out.Frame
	switch f.Type {
	case poilink.TypeStart:
		if ok, why := t.May(); !ok {
			a := poilink.Started{Reference: f.Start.Reference, Code: "refused", Text: why}
			return poilink.Frame{Type: poilink.TypeStarted, Started: &a}, nil
		}
		var a poilink.Started
		a, err = h.cfg.Sales.Start(ctx, t, *f.Start)
		return poilink.Frame{Type: poilink.TypeStarted, Started: &a}, err
	case poilink.TypeRefund:
		if why := withheld(t); why != "" {
			a := poilink.RefundAnswer{ID: f.Refund.ID, Exchange: f.Refund.Exchange, Text: why}
			return poilink.Frame{Type: poilink.TypeRefundAnswer, RefundAnswer: &a}, nil
		}
		var a poilink.RefundAnswer
		a, err = h.cfg.Sales.Refund(ctx, t, *f.Refund)
		return poilink.Frame{Type: poilink.TypeRefundAnswer, RefundAnswer: &a}, err
	case poilink.TypeReceipt:
		var a poilink.ReceiptAnswer
		a, err = h.cfg.Sales.SendReceipt(ctx, t, *f.Receipt)
		return poilink.Frame{Type: poilink.TypeReceiptAnswer, ReceiptAnswer: &a}, err
	case poilink.TypeChosen, poilink.TypeStop:
		return h.charge(ctx, t, f)
	case poilink.TypeTotals:
		var a poilink.TotalsAnswer
		a, err = h.cfg.Sales.Totals(ctx, t, *f.Totals)
		return poilink.Frame{Type: poilink.TypeTotalsAnswer, TotalsAnswer: &a}, err
	}
	return answer, fmt.Errorf("%s is nothing to ask", f.Type)
}

// withheld tells why no money is moved at a device itself, be it back; empty when it may be. Where only the place
// takes no new payments, such as in a shop that has closed, refunds go on.
func withheld(t estate.Terminal) string {
	if t.Blocked == nil && !t.Tampered && (!t.Developer || t.Environment != estate.Live) {
		return ""
	}
	_, why := t.May()
	return why
}

// makeKey spends a number first and sends the key last: a crash between wastes a number and never
// makes one key for two devices.
func (h *Hub) makeKey(now time.Time, u *unit, out MakeKey) (poilink.Keys, error) {
	number, err := h.cfg.Boarding.AllocateDeviceNumber(now, u.poiid)
	if err != nil {
		return poilink.Keys{}, fmt.Errorf("number: %w", err)
	}
	keys, err := h.cfg.Inject(out.Ephemeral, out.Nonce, number)
	if err != nil {
		return poilink.Keys{}, fmt.Errorf("inject: %w", err)
	}
	if err := h.cfg.Boarding.RecordInjection(now, u.poiid, number, keys.IKID, keys.KCV); err != nil {
		return poilink.Keys{}, fmt.Errorf("record: %w", err)
	}
	return keys, nil
}

// failed logs an error and hands it on.
func (h *Hub) failed(u *unit, what string, err error) error {
	if err != nil {
		h.cfg.Log.Warn("poi.failed", "poiid", u.poiid, "what", what, "error", err)
	}
	return err
}

func (u *unit) on(id LinkID, do func(*link)) {
	for _, l := range u.links {
		if l.id == id {
			do(l)
		}
	}
}

func (u *unit) add(l *link) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.links = append(u.links, l)
}

func (u *unit) remove(l *link) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.links = slices.DeleteFunc(u.links, func(x *link) bool { return x == l })
}

// gate admits so many handshakes a second, with a second's worth at once. Who is refused is given a slot of
// his own, so that those do not come back together either.
type gate struct {
	perSecond float64
	tokens    float64
	at        time.Time
	booked    time.Time // up to when slots are given
}

// maxRetry bounds how far ahead slots are given: some of those that have one never come.
const maxRetry = 30 * time.Second

func (g *gate) admit(now time.Time) bool {
	if g.at.IsZero() {
		g.tokens = g.perSecond
	} else {
		g.tokens = min(g.perSecond, g.tokens+max(0, now.Sub(g.at).Seconds())*g.perSecond)
	}
	g.at = now
	if g.tokens < 1 {
		return false
	}
	g.tokens--
	return true
}

// retry gives the next free slot, from a second on.
func (g *gate) retry(now time.Time) time.Duration {
	if from := now.Add(time.Second); g.booked.Before(from) || g.booked.Sub(now) > maxRetry {
		g.booked = from
	}
	wait := g.booked.Sub(now)
	g.booked = g.booked.Add(time.Duration(float64(time.Second) / g.perSecond))
	return wait
}
