package terminal

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kassa/dukpt"
	"kassa/nexo"
	"kassa/poilink"
)

// Config is what makes one terminal this one.
type Config struct {
	POIID string // [model]-[serial]
	// Secret is the device's own: its identity and the key of its storage are derived from it.
	Secret [32]byte
	// ActivationCode, when set, is sent without a person as soon as the terminal can be activated.
	ActivationCode string
}

// Software is what hello says of the program in the device, oldSoftware what it said before.
const (
	Software    = "kassa virtual terminal 1"
	oldSoftware = "kassa virtual terminal 0.9"
)

// linkState is how far the link has come.
type linkState int

const (
	linkDown linkState = iota
	linkConnecting
	linkUp    // connected, no challenge answered yet
	linkHello // hello sent
	linkOpen  // welcomed
)

// stage is where the open exchange stands at the device.
type stage int

const (
	stageNone     stage = iota
	stagePresent        // a card may be presented
	stageInsert         // only a chip will do
	stagePIN            // the pad is up
	stageAsked          // the cloud owes an answer or a decision
	stageDeclined       // the decline is read, then stagePresent
	stageTip            // the customer may add a tip
	stageStarting       // an order is started here, and its payment has not come
	stageChoose         // the card's holder chooses an application
	stagePrompt         // a register asks the customer for something
)

// timer names one instant that the machine waits for.
type timer int

const (
	timerReconnect timer = iota
	timerHandshake
	timerPing
	timerKeys
	timerActivate
	timerPIN
	timerLost
	timerAgain
	timerScreen
	timerWish
	timerPlace
	timerPrompt
	timerHealth
	timerStands
	timerIdentify
	timerBoot
	timerFlap
	timerReboot
	timers
)

// held is a frame that the fault "delay" keeps back.
type held struct {
	due   time.Time
	frame poilink.Frame
}

// volatile is what a power cut takes away.
type volatile struct {
	on    bool
	since time.Time // when it was switched on
	link  linkState
	due   [timers]time.Time

	attempts   int
	challenge  []byte
	heartbeat  time.Duration
	unanswered int
	late       []held

	device     *dukpt.Device
	injection  *ecdh.PrivateKey
	keysNonce  []byte
	confirmed  bool
	activating bool
	codeNo     bool // the configured activation code was refused: a person must look

	screen  Screen
	stage   stage
	reading *reading
	choice  *choice
	pin     []byte
	// wishAgain is the time to the next repeat of the wishes; place is where in the menus somebody is.
	wishAgain time.Duration
	place     *place
	// trouble is the card that cannot be read, fallback the one whose stripe may be.
	trouble  trouble
	fallback string
	// before is the key device as it was before its last key, sealed.
	before []byte
	again  time.Duration
	lost   bool
	tip    tipping
	// prompt is what a register asks for, shown what it shows.
	prompt *prompt
	shown  *shown
	// healthSaid is what the cloud heard last of the device's health, healthAt when.
	healthSaid string
	healthAt   time.Time
	// screenSaid is the screen that it heard of last, screenSeen the one that may be told next.
	screenSaid, screenSeen ScreenName
	// failing counts the tries to connect that have failed since the last link, lastFailure those before it.
	failing, lastFailure *poilink.ConnectFailure
	// address is the terminal's own on its network; noNetwork tells that the cloud could not even be looked up
	// or reached. skew is how far its clock is from the cloud's.
	address   string
	noNetwork bool
	skew      time.Duration
	skewKnown bool
	tests     *Tests
	testing   bool
	// blocked is why the cloud refuses the terminal.
	blocked string
	restart bool // as soon as nobody pays
	// rekey tells that the cloud wants a new initial key as soon as nobody pays, injecting that one was asked for, and
	// injected how that ended for who looks.
	rekey     bool
	injecting bool
	injected  string
	// synced is when the fault slow-sync lets the device ask for its key.
	synced   time.Time
	identify bool
	// point and charge are what a driver looks at, driver the language that was chosen, said what stands under it.
	point, charge, driver, said string
	maintenance                 bool
}

// Machine is one terminal. Its methods are for one goroutine at a time.
type Machine struct {
	cfg      Config
	random   io.Reader
	identity ed25519.PrivateKey
	storage  cipher.AEAD

	now    time.Time
	d      durable
	v      volatile
	faults []Fault
	out    []Output
}

// New makes the terminal that its journal describes, switched off. It reads random for nonces,
// jitter and the unpredictable number.
func New(cfg Config, records []Record, random io.Reader) (*Machine, error) {
	if cfg.POIID == "" || random == nil {
		return nil, errors.New("terminal: POIID and random are required")
	}
	identity, storage, err := secrets(cfg)
	if err != nil {
		return nil, err
	}
	m := &Machine{cfg: cfg, random: random, identity: identity, storage: storage}
	for i, r := range records {
		if err := m.d.apply(r); err != nil {
			return nil, fmt.Errorf("journal record %d: %w", i+1, err)
		}
	}
	if _, err := m.loadDevice(); err != nil {
		return nil, err
	}
	m.v.screen = Screen{Name: ScreenOff}
	if m.d.Tampered {
		m.faults = []Fault{FaultTamper}
	}
	return m, nil
}

// Handle takes one input and says what must happen, in order.
func (m *Machine) Handle(now time.Time, in Input) []Output {
	m.now, m.out = now, nil
	switch in := in.(type) {
	case PowerOn:
		m.powerOn()
	case PowerOff:
		m.powerOff()
	case FaultSet:
		m.setFault(in.Fault, in.Code)
	case FaultClear:
		m.clearFault(in.Fault)
	default:
		m.handleRest(in)
	}
	if m.v.on {
		m.watchHealth()
		m.watchScreen()
	}
	return m.out
}

// handleRest is what a device may hear that is off: an order of its app, and that its time to start has come.
func (m *Machine) handleRest(in Input) {
	if m.v.on {
		m.handleOn(in)
		return
	}
	switch in := in.(type) {
	case StartOrder:
		m.start(in)
	case Tick:
		m.tick()
	}
}

func (m *Machine) handleOn(in Input) {
	switch in := in.(type) {
	case LinkUp:
		m.v.address = in.Address
		m.linkUp()
	case LinkDown:
		m.v.noNetwork = in.Step == "resolve" || in.Step == "connect"
		if m.v.link == linkConnecting || m.v.link == linkUp || m.v.link == linkHello {
			m.failedAt(in.Step, in.Why)
		}
		m.linkLost()
	case FrameReceived:
		if !m.has(FaultCutLink) && !m.has(FaultDeaf) {
			m.frame(in.Frame)
		}
	case CardPresented:
		m.present(in)
	case KeyPressed:
		m.key(in.Key)
	case ActivateWith:
		m.activate(in.Code)
	default:
		m.counter(in)
	case Tick:
		m.tick()
	}
}

// NextDue tells when Tick is wanted.
func (m *Machine) NextDue() (time.Time, bool) {
	var next time.Time
	earliest := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, t := range m.v.due {
		earliest(t)
	}
	if len(m.v.late) > 0 {
		earliest(m.v.late[0].due)
	}
	return next, !next.IsZero()
}

func (m *Machine) tick() {
	for len(m.v.late) > 0 && !m.now.Before(m.v.late[0].due) {
		m.emit(Send{m.v.late[0].frame})
		m.v.late = m.v.late[1:]
	}
	for t := range timers {
		due := m.v.due[t]
		if due.IsZero() || m.now.Before(due) {
			continue
		}
		m.v.due[t] = time.Time{}
		m.expired(t)
	}
}

func (m *Machine) expired(t timer) {
	switch t {
	case timerReconnect:
		m.connect()
	case timerHandshake:
		m.failedAt("", "no answer")
		m.dropLink()
	case timerPing:
		m.ping()
	case timerKeys, timerActivate:
		m.provision()
	case timerPIN:
		m.pinTimedOut()
	case timerLost:
		m.resultLost()
	case timerAgain:
		m.askAgain()
	case timerScreen:
		m.screenOver()
	case timerWish:
		m.wishesAgain()
	case timerPlace:
		m.placeOver()
	case timerPrompt:
		m.promptOver()
	case timerHealth, timerStands:
		m.tellReport()
	case timerIdentify:
		m.v.identify = false
	case timerBoot:
		m.powerOn()
	case timerFlap:
		m.dropLink()
	case timerReboot:
		m.reboot()
	}
}

func (m *Machine) after(t timer, d time.Duration) { m.v.due[t] = m.now.Add(d) }

func (m *Machine) stop(ts ...timer) {
	for _, t := range ts {
		m.v.due[t] = time.Time{}
	}
}

func (m *Machine) emit(o Output) { m.out = append(m.out, o) }

// persist is the only way to change the durable state. A record that apply refuses would be a bug
// of this package, and the fold after a restart would refuse it too: it is not written.
func (m *Machine) persist(r Record) {
	if err := m.d.apply(r); err != nil {
		return
	}
	m.emit(Persist{r})
}

func (m *Machine) powerOn() {
	if m.v.on || m.has(FaultPowerOff) || m.has(FaultUnplug) {
		return
	}
	m.v = volatile{on: true, since: m.now, heartbeat: defaultHeartbeat}
	if dev, err := m.loadDevice(); err == nil {
		m.v.device = dev
	}
	m.endAsked(nexo.ErrorAborted, "The terminal was restarted")
	m.rest()
	m.resume()
	m.paperIn()
	m.event("Initialised", "newstate=IDLE&oldstate=START")
	if m.has(FaultReboot) {
		m.after(timerReboot, rebootEvery)
	}
	if !m.has(FaultCutLink) {
		m.connect()
	}
}

func (m *Machine) powerOff() {
	m.stop(timerBoot)
	if !m.v.on {
		return
	}
	if m.v.link != linkDown {
		m.emit(Disconnect{})
	}
	m.v = volatile{}
	m.show(Screen{Name: ScreenOff})
}

func (m *Machine) has(f Fault) bool { return slices.Contains(m.faults, f) }

// setFault makes something go wrong; code is the sensor of a tamper.
func (m *Machine) setFault(f Fault, code string) {
	if !f.Known() || m.has(f) || f == FaultUnplug && !m.model().Cable {
		return
	}
	m.faults = append(m.faults, f)
	slices.Sort(m.faults)
	switch f {
	case FaultCutLink:
		if m.v.link == linkOpen || m.v.link == linkUp || m.v.link == linkHello {
			m.emit(Freeze{})
		}
		m.v.late = nil // what is sequenced is sent again over the next link
		m.stop(timerReconnect, timerHandshake)
	case FaultPowerOff, FaultUnplug:
		m.powerOff()
	case FaultSwitchOff:
		m.switchOff()
	case FaultTwin:
		m.twin()
	case FaultTamper:
		m.tamper(code)
	case FaultNoIPEK, FaultSlowSync:
		m.v.synced = time.Time{}
		m.loseKeys("")
	case FaultFlap, FaultIdleCut:
		m.flap()
	case FaultReboot, FaultOldSoftware:
		m.reboot()
	}
}

func (m *Machine) clearFault(f Fault) {
	if !m.has(f) {
		return
	}
	m.faults = slices.DeleteFunc(m.faults, func(o Fault) bool { return o == f })
	switch f {
	case FaultUnplug:
		m.powerOn()
	case FaultPowerOff, FaultSwitchOff:
		m.powerOn()
	case FaultTamper, FaultNoIPEK:
		m.inspected()
	case FaultSlowSync:
		m.provision()
	case FaultFlap, FaultIdleCut:
		m.stop(timerFlap)
	case FaultReboot:
		m.stop(timerReboot)
	case FaultOldSoftware:
		m.reboot()
	case FaultCutLink:
		if m.v.on {
			m.reconnectNow()
		}
	case FaultNoDNS, FaultNoTCP, FaultNoTLS, FaultMute, FaultDeaf:
		if m.v.on && m.v.link != linkOpen {
			m.reconnectNow()
		}
	case FaultPaperOut:
		m.paperIn()
	case FaultDelay:
		for _, h := range m.v.late {
			m.emit(Send{h.frame})
		}
		m.v.late = nil
	case FaultDropAnswer:
		if m.v.on && m.v.lost {
			m.after(timerAgain, 0)
		}
	}
}

// Snapshot is the journal so far as one record, for compaction.
func (m *Machine) Snapshot() Record {
	var copied durable
	// A durable state always encodes: it came from records that did.
	_ = copied.restore(&m.d)
	return Record{Kind: RecordSnapshot, Snapshot: &copied}
}
