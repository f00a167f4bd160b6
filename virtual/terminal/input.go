package terminal

import (
	"kassa/poilink"
	"kassa/virtual/deck"
)

// Input is what can happen to a terminal. It is a closed sum.
type Input interface{ input() }

// The inputs.
type (
	// PowerOn starts the device: the journal is its only memory.
	PowerOn struct{}
	// PowerOff takes the current away: everything but the journal is gone.
	PowerOff struct{}
	// LinkUp tells that the connection asked for by Connect stands.
	// Address is the terminal's own on its network.
	LinkUp struct{ Address string }
	// LinkDown tells that the connection broke or never came to be.
	// Step is the step of the way to the cloud that failed ("resolve", "connect", "tls"), where one did, and Why
	// how, in a few words.
	LinkDown struct{ Step, Why string }
	// FrameReceived is one frame from the cloud.
	FrameReceived struct{ Frame poilink.Frame }
	// CardPresented is a card at the reader. ATC is the application transaction counter that the
	// card uses for it: it belongs to the card, so whoever holds the cards keeps it.
	CardPresented struct {
		Entry Entry
		Card  deck.Card
		ATC   uint16
	}
	// KeyPressed is a key of the pad.
	KeyPressed struct{ Key Key }
	// ActivateWith is an activation code, scanned or typed elsewhere.
	ActivateWith struct{ Code string }
	// StartOrder starts an order on the terminal itself. Reference is its identity: a repeat starts no
	// second one. Ordered, with the same reference, is its end.
	StartOrder struct {
		Reference   string
		Origin      poilink.Origin
		Kind        poilink.StartKind
		AmountMinor int64
		Currency    string
		Description string
		// NotificationURL and SessionID are what the app has of its order, else empty.
		NotificationURL string
		SessionID       string
		// Tipping and Printing overrule the terminal's settings.
		Tipping  *bool
		Printing *bool
	}
	// Touched is an item of the screen, TextTyped the keyboard on it, Scanned what the camera reads, and
	// LogoHeld a long press on the logo, which leads out of cloud mode.
	Touched   struct{ Item string }
	TextTyped struct{ Text string }
	Scanned   struct{ Text string }
	LogoHeld  struct{}
	// SettingChanged, TipAdded, RefundAskedFor, ReceiptMailed, CopyPrinted and TotalsAsked are what the
	// control API does in one step where a person takes several screens. Objection or Took answers.
	SettingChanged struct{ ID, Value string }
	TipAdded       struct {
		AmountMinor int64
		EmployeeID  string
	}
	RefundAskedFor struct {
		Exchange    string
		AmountMinor int64
		PIN         string
	}
	ReceiptMailed struct{ Exchange, Address string }
	CopyPrinted   struct{ Exchange string }
	// ChargerChosen and ChargingStopped are a driver at an unattended terminal.
	ChargerChosen   struct{ EVSE, Connector, Language string }
	ChargingStopped struct{ Reference string }
	TotalsAsked     struct{ Totals poilink.Totals }
	// Answered is a customer's answer to what a register asks for. Entries are counted from 1. Strokes are lines
	// of a signature; with More others follow. Text is a signature that is typed, too.
	Answered struct {
		Confirm *bool
		Digits  *string
		Text    *string
		Entries []int
		Strokes [][][2]int
		More    bool
		Cancel  bool
	}
	// TestAsked is somebody at the device who wants to know whether its connection works. Tested is what a Test
	// came to.
	TestAsked struct{}
	Tested    struct {
		ID     string
		Checks []poilink.Check
	}
	// FaultSet makes something go wrong until FaultClear. Code is the sensor that a tamper is of.
	FaultSet struct {
		Fault Fault
		Code  string
	}
	// FaultClear mends a fault.
	FaultClear struct{ Fault Fault }
	// Tick tells that NextDue has come.
	Tick struct{}
)

func (PowerOn) input()         {}
func (PowerOff) input()        {}
func (LinkUp) input()          {}
func (LinkDown) input()        {}
func (FrameReceived) input()   {}
func (CardPresented) input()   {}
func (KeyPressed) input()      {}
func (ActivateWith) input()    {}
func (StartOrder) input()      {}
func (Touched) input()         {}
func (TextTyped) input()       {}
func (Scanned) input()         {}
func (LogoHeld) input()        {}
func (SettingChanged) input()  {}
func (TipAdded) input()        {}
func (RefundAskedFor) input()  {}
func (ReceiptMailed) input()   {}
func (CopyPrinted) input()     {}
func (TotalsAsked) input()     {}
func (ChargerChosen) input()   {}
func (ChargingStopped) input() {}
func (Answered) input()        {}
func (TestAsked) input()       {}
func (Tested) input()          {}
func (FaultSet) input()        {}
func (FaultClear) input()      {}
func (Tick) input()            {}

// Entry is how a card is presented.
type Entry string

// The entries.
const (
	Tap    Entry = "tap"
	Insert Entry = "insert"
	Swipe  Entry = "swipe"
)

// Key is a key of the PIN pad: a digit, or one of the three coloured keys. A capital letter is on the
// touch screen, which shows letters while an activation code is asked for.
type Key string

// The keys that are no digits or letters.
const (
	KeyOK   Key = "ok"
	KeyCorr Key = "corr"
	KeyStop Key = "stop"
)

// Valid tells whether k is on the pad or the touch screen.
func (k Key) Valid() bool {
	return k == KeyOK || k == KeyCorr || k == KeyStop || k.digit() || k.letter()
}

func (k Key) digit() bool { return len(k) == 1 && k[0] >= '0' && k[0] <= '9' }

func (k Key) letter() bool { return len(k) == 1 && k[0] >= 'A' && k[0] <= 'Z' }

// Fault names something that goes wrong on purpose.
type Fault string

// The faults.
const (
	// FaultCutLink leaves the connection open and neither reads nor writes it, and does not reconnect.
	FaultCutLink Fault = "cut-link"
	// FaultDropAnswer loses answers that approve, after they were taken over.
	FaultDropAnswer Fault = "drop-answer"
	// FaultPowerOff is a device without current.
	FaultPowerOff Fault = "power-off"
	// FaultDelay sends what belongs to an exchange 10 s late.
	FaultDelay Fault = "delay"
	// FaultDoubleTap presents each card twice and sends each first request twice.
	FaultDoubleTap Fault = "double-tap"
	// FaultNoIPEK takes the initial key away and asks for no other one.
	FaultNoIPEK Fault = "no-ipek"
	// FaultTamper is a device that was opened: its keys are gone, and it is locked until its unlock code was entered
	// or, where the fault is mended, until it has been in the workshop.
	FaultTamper Fault = "tamper"
	// FaultKeysUsedUp is a DUKPT counter at its end.
	FaultKeysUsedUp Fault = "keys-used-up"
	// FaultKeyReplay sets the DUKPT counter back by one before each payment.
	FaultKeyReplay Fault = "key-replay"
	// FaultPaperOut is a roll at its end.
	FaultPaperOut Fault = "paper-out"
	// FaultUnplug takes the cable away that gives a Smartpad its power and its network.
	FaultUnplug Fault = "unplug"
	// FaultNoDNS, FaultNoTCP and FaultNoTLS let a new connection fail at one step; a link that is open stays.
	FaultNoDNS Fault = "no-dns"
	FaultNoTCP Fault = "no-tcp"
	FaultNoTLS Fault = "no-tls"
	// FaultMute loses all that the terminal sends, FaultDeaf all that it is sent.
	FaultMute Fault = "mute"
	FaultDeaf Fault = "deaf"
	// FaultBattery is a battery that is nearly empty, FaultReader a card reader that is out of order.
	FaultBattery Fault = "battery-low"
	FaultReader  Fault = "reader-out"
	// FaultFlap breaks each link soon after it has opened.
	FaultFlap Fault = "flap"
	// FaultReboot restarts the device, and again every day, as the rules of the card schemes want it.
	FaultReboot Fault = "daily-reboot"
	// FaultSlowSync takes the initial key away, and asks for another one only after three minutes on the network.
	FaultSlowSync Fault = "slow-sync"
	// FaultSwitchOff is somebody who holds the power button: the device says goodbye.
	FaultSwitchOff Fault = "switched-off"
	// FaultWeak is a network that hardly reaches the device, FaultIdleCut a firewall that cuts each link after the
	// same time, FaultNoProbe one that lets no question to the device through.
	FaultWeak    Fault = "weak-signal"
	FaultIdleCut Fault = "idle-cut"
	FaultNoProbe Fault = "no-probe"
	// FaultTwin is a copy of the device that opens a link of its own, while the other one is alive.
	FaultTwin Fault = "twin"
	// FaultClock is a clock that is two hours ahead.
	FaultClock Fault = "clock-ahead"
	// FaultGarble spoils what the device sealed of a card.
	FaultGarble Fault = "garbled-card"
	// FaultOldSoftware is a device whose program was never updated: it knows no test of itself.
	FaultOldSoftware Fault = "old-software"
	// FaultFrozen is a payment program that hangs: the device is there, and shows no payment.
	FaultFrozen Fault = "app-frozen"
	// FaultNoProfile is a device whose list of accepted applications is gone: no card can be taken.
	FaultNoProfile Fault = "no-profile"
)

// Faults lists the faults with what each does, in the order in which people meet them.
func Faults() []FaultNote {
	return []FaultNote{
		{FaultCutLink, "Cut link", "TCP stays open, nothing is read or written, no reconnect"},
		{FaultDropAnswer, "Drop answer", "answers that approve are lost on the way in"},
		{FaultPowerOff, "Power off", "only the journal survives"},
		{FaultDelay, "Delay", "answers to the cloud leave 10 s late"},
		{FaultDoubleTap, "Double tap", "the card is read twice, the request leaves twice"},
		{FaultNoIPEK, "No initial key", "the IPEK is gone and none is injected: no activation, no payment"},
		{FaultTamper, "Tamper", "the keys are erased for good, every payment is refused until the unlock code is entered, or this is mended"},
		{FaultKeysUsedUp, "Keys used up", "no DUKPT key is left for a payment"},
		{FaultKeyReplay, "Key replay", "the last DUKPT key is used again, and the cloud refuses it"},
		{FaultPaperOut, "Paper out", "receipts wait for a new roll"},
		{FaultNoDNS, "No DNS", "the server's name is not found by a new connection"},
		{FaultNoTCP, "No TCP", "the server's port does not answer a new connection"},
		{FaultNoTLS, "No TLS", "a new connection fails at its encryption"},
		{FaultMute, "Mute", "what the terminal sends is lost"},
		{FaultDeaf, "Deaf", "what the server sends is lost"},
		{FaultBattery, "Battery low", "4 %, and no charger"},
		{FaultReader, "Reader out", "the card reader is out of order: no card is read"},
		{FaultUnplug, "Unplug", "the Smartpad's cable: no power, no network"},
		{FaultFlap, "Flapping link", "each link breaks a second after it has opened"},
		{FaultReboot, "Daily restart", "the device restarts now, and every 24 h from then on"},
		{FaultSlowSync, "Slow sync", "the initial key is gone, and comes after three minutes on the network: who activates before is refused"},
		{FaultSwitchOff, "Switched off", "somebody switched the device off: it says goodbye and is silent"},
		{FaultWeak, "Weak signal", "the network hardly reaches the device: 12 %"},
		{FaultIdleCut, "Idle cut", "each link is cut four seconds after it has opened"},
		{FaultNoProbe, "No probe", "what asks the device to answer at once is lost"},
		{FaultTwin, "Twin", "a copy of the device opens a link with its key, while its own is alive"},
		{FaultClock, "Clock ahead", "the clock is two hours ahead"},
		{FaultGarble, "Garbled card", "what the device sealed of a card is spoiled"},
		{FaultOldSoftware, "Old software", "an old program, which does not check itself when it is asked to"},
		{FaultFrozen, "App frozen", "the device is online, but its payment program hangs: no payment is shown"},
		{FaultNoProfile, "No profile", "the list of accepted applications is gone: every card ends in Configuration error"},
	}
}

// FaultNote describes a fault to a person.
type FaultNote struct {
	Name  Fault  `json:"name"`
	Title string `json:"title"`
	Does  string `json:"does"`
}

// Known tells whether f is a fault.
func (f Fault) Known() bool {
	for _, n := range Faults() {
		if n.Name == f {
			return true
		}
	}
	return false
}
