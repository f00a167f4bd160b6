package poi

import (
	"time"

	"kassa"
	"kassa/estate"
	"kassa/poilink"
)

// LinkID tells the links of the process apart; it is never used again.
type LinkID uint64

// Input is what can happen to a POI. The set is closed.
type Input interface{ input() }

// Hello is the answer to the challenge with Nonce on a new link.
type Hello struct {
	Link  LinkID
	Nonce []byte
	Hello poilink.Hello
}

// Arrived is a frame after the hello.
type Arrived struct {
	Link  LinkID
	Frame poilink.Frame
}

// Malformed tells that what arrived is no frame; Text says why. Seq is its number if it has one.
type Malformed struct {
	Link LinkID
	Text string
	Seq  uint64
}

// Lost tells that a link's socket is gone. It is the last input of a link.
type Lost struct {
	Link   LinkID
	Reason string
}

// Pinned answers PinKey.
type Pinned struct {
	Link LinkID
	Err  error
}

// KeyMade answers MakeKey.
type KeyMade struct {
	Link LinkID
	Keys poilink.Keys
	Err  error
}

// KeysChecked answers CheckKeys.
type KeysChecked struct {
	Link LinkID
	Seq  uint64
	Err  error
}

// ActivationDecided answers DecideActivation.
type ActivationDecided struct {
	Link     LinkID
	Terminal estate.Terminal
	Group    estate.Group
	Refusal  estate.Refusal
	Err      error
}

// Asked answers Ask.
type Asked struct {
	Link   LinkID
	Seq    uint64
	Answer poilink.Frame
	Err    error
}

// Served answers Serve.
type Served struct {
	Link   LinkID
	Answer poilink.Serviced
}

// Settled tells that what a frame caused at the engine is durable.
type Settled struct{ Seq uint64 }

// Tell is an effect of an order.
type Tell struct {
	Order  kassa.NewOrder
	Effect kassa.Effect
}

// Shutdown ends all links in order; the POI comes back after RetryAfter.
type Shutdown struct{ RetryAfter time.Duration }

// Jumped tells that the test clock is about to be moved on: no terminal has been silent meanwhile.
type Jumped struct{ By time.Duration }

// Show gives a nexo request of the class Device, or an abort of one, to the POI until an instant.
type Show struct {
	Exchange string
	Request  []byte // the message as JSON
	Until    time.Time
}

// Do gives a command to the POI.
type Do struct {
	Command poilink.Command
	Until   time.Time
}

// Configure gives the settings that a terminal is to have.
type Configure struct {
	TID      string
	Settings poilink.Settings
}

// Applied answers Apply.
type Applied struct {
	Link LinkID
	Seq  uint64
	Err  error
}

// Refresh tells that the estate may have changed.
type Refresh struct{}

// Ponged is the answer to the Measure with that number.
type Ponged struct {
	Link   LinkID
	Number uint64
	RTT    time.Duration
}

// ProbeFailed tells that a probe that was sent at Since has got no answer over a link.
type ProbeFailed struct {
	Link  LinkID
	Since time.Time
}

// Tick tells that time has passed.
type Tick struct{}

func (Hello) input()             {}
func (Arrived) input()           {}
func (Malformed) input()         {}
func (Lost) input()              {}
func (Pinned) input()            {}
func (KeyMade) input()           {}
func (KeysChecked) input()       {}
func (ActivationDecided) input() {}
func (Asked) input()             {}
func (Served) input()            {}
func (Settled) input()           {}
func (Tell) input()              {}
func (Shutdown) input()          {}
func (Jumped) input()            {}
func (Show) input()              {}
func (Do) input()                {}
func (Configure) input()         {}
func (Applied) input()           {}
func (Refresh) input()           {}
func (Ponged) input()            {}
func (ProbeFailed) input()       {}
func (Tick) input()              {}

// Output is what follows from an input, to be done in order. The set is closed.
type Output interface{ output() }

// Send puts a frame on a link.
type Send struct {
	Link  LinkID
	Frame poilink.Frame
}

// Close ends a link: after what was sent on it, or at once.
type Close struct {
	Link LinkID
	Now  bool
}

// ToEngine is an input for the engine, from the frame Seq; Settled answers it.
type ToEngine struct {
	Seq   uint64
	TID   string
	Order string
	Input kassa.Input
}

// Mode tells the engine whether the POI shows only what is started on it.
type Mode struct {
	TID string
	Own bool
}

// Ask hands what somebody wants at the POI itself to the Sale System side; Asked answers it.
type Ask struct {
	Link  LinkID
	TID   string
	Frame poilink.Frame
}

// Connected tells the engine that an activated POI has a link, and which exchanges it has open.
type Connected struct {
	TID  string
	Open []string
}

// Up notes that the POI has a (new) link.
type Up struct {
	Epoch    uint64
	Software string
}

// Down notes that the POI has no link any more.
type Down struct {
	Epoch  uint64
	Reason string
}

// NotActivated notes an activation that the estate was not asked for.
type NotActivated struct {
	Code   string
	Reason estate.RefusalCode
}

// PinKey ties the POI to a public key, durably.
type PinKey struct {
	Link      LinkID
	PublicKey []byte
}

// MakeKey makes an initial key for the POI and records it.
type MakeKey struct {
	Link             LinkID
	Ephemeral, Nonce []byte
}

// CheckKeys compares what the POI loaded with what it was sent.
type CheckKeys struct {
	Link      LinkID
	Seq       uint64 // of the frame, for KeysChecked
	IKID, KCV string
}

// DecideActivation binds the POI to the terminal of an activation code, or says why not.
type DecideActivation struct {
	Link LinkID
	Code string
}

// Moved tells that the reach of the POI has changed; TID is empty before its activation.
type Moved struct{ TID string }

// Measure sends a WebSocket ping; Ponged answers it. Numbers rise from 1 on each link.
type Measure struct {
	Link   LinkID
	Number uint64
}

// Clone notes that two links of the POI were alive at once.
type Clone struct {
	Older, Newer      LinkID
	OlderEpoch, Epoch uint64
}

// Tampered notes that the device was opened, durably.
type Tampered struct {
	What   string
	Number int // of the alarm in the life of the device; 0 where it does not count them
}

// Serve does what somebody at the device asks for; Served answers it.
type Serve struct {
	Link    LinkID
	Service poilink.Servicing
}

// Recovered notes that the device says it has no alarm, where it had one, and Developer that it says it is in
// developer mode.
type (
	Recovered struct{}
	Developer struct{}
)

// ToDevices hands up what the POI answered to a Show, or with Event what it says without being asked,
// from the frame Seq; Settled answers it.
type ToDevices struct {
	Seq      uint64
	TID      string
	Exchange string
	Message  []byte // a nexo message as JSON
	Event    bool
}

// WantSettings asks for Configure when the terminal does not have the settings that it should have.
type WantSettings struct{ TID string }

// Apply records what the terminal is set to; Applied answers it.
type Apply struct {
	Link    LinkID
	Seq     uint64
	TID     string
	Applied poilink.SettingsApplied
}

// Answer is a POI's answer to a probe.
type Answer struct{ Probed poilink.Probed }

// How notes how the POI says that it is.
type How struct{ Telemetry Telemetry }

// Alert is something that people should look at.
type Alert struct{ Order, Text string }

func (Send) output()             {}
func (Close) output()            {}
func (ToEngine) output()         {}
func (Mode) output()             {}
func (Ask) output()              {}
func (Connected) output()        {}
func (Up) output()               {}
func (Down) output()             {}
func (PinKey) output()           {}
func (MakeKey) output()          {}
func (CheckKeys) output()        {}
func (DecideActivation) output() {}
func (Moved) output()            {}
func (Measure) output()          {}
func (Clone) output()            {}
func (Tampered) output()         {}
func (ToDevices) output()        {}
func (WantSettings) output()     {}
func (Apply) output()            {}
func (Answer) output()           {}
func (NotActivated) output()     {}
func (Alert) output()            {}
func (How) output()              {}
func (Serve) output()            {}
func (Recovered) output()        {}
func (Developer) output()        {}
