package poilink

import "encoding/json"

// What the cloud wants of a POI beside payments, and what the POI says of itself.

// Health is how the device is. What a model does not have is absent.
type Health struct {
	// Battery is the charge in per cent; nil on a device without one.
	Battery  *int    `json:"battery,omitempty"`
	Charging bool    `json:"charging,omitempty"`
	Printer  Printer `json:"printer,omitempty"`
	// CardReader, PED (the PIN pad) and Security (the secure element, untampered) tell whether they work.
	CardReader bool `json:"cardReader"`
	PED        bool `json:"ped"`
	Security   bool `json:"security"`
	// Tampered is the code and the words of the alarm that the device has raised; empty while there is none.
	Tampered string `json:"tampered,omitempty"`
	// Alarms counts the alarms of the device's whole life, so that a new one is told from the one that stands; 0 where it
	// does not count them.
	Alarms  int     `json:"alarms,omitempty"`
	Network Network `json:"network,omitzero"`
	// Firmware is the version of the device's own software.
	Firmware string `json:"firmware,omitempty"`
	// Unsent is how many frames wait for the cloud.
	Unsent int `json:"unsent,omitempty"`
}

// Printer is the state of a printer (nexo PrinterStatus); empty on a device without one.
type Printer string

// The states of a printer.
const (
	PrinterOK       Printer = "OK"
	PrinterNoPaper  Printer = "NoPaper"
	PrinterPaperLow Printer = "PaperLow"
)

// Network is how the device reaches the cloud.
type Network struct {
	Kind    string `json:"kind,omitempty"` // "wifi", "ethernet" or "cellular"
	Address string `json:"address,omitempty"`
	Name    string `json:"name,omitempty"`   // the SSID or the operator
	Signal  int    `json:"signal,omitempty"` // 1 to 100; 0 when it is not known
}

// Settings is what a POI is to be set to, whole: what is not in Values goes back to its default. Version
// rises with every change. The POI writes them down before it answers, and answers a repeat alike.
type Settings struct {
	Version uint64                     `json:"version"`
	Values  map[string]json.RawMessage `json:"values"`
}

// SettingsApplied tells what the POI is set to now, and in words why it did not take a value.
type SettingsApplied struct {
	Version uint64                     `json:"version"`
	Values  map[string]json.RawMessage `json:"values"`
	Refused map[string]string          `json:"refused,omitempty"`
}

// Probe asks the POI to answer at once. With Full it also looks at itself and at its way to the cloud.
type Probe struct {
	ID   string `json:"id"`
	Full bool   `json:"full,omitempty"`
}

// Probed answers a probe, within 2 s.
type Probed struct {
	ID string `json:"id"`
	// TimeMS is the POI's clock in Unix milliseconds.
	TimeMS int64   `json:"timeMS"`
	Report Report  `json:"report"`
	Checks []Check `json:"checks,omitempty"` // with Full, in the order of dependency
}

// Check is one thing that a POI looked at. Names are "resolve", "connect", "tls", "write", "read" (its way
// to the cloud), "clock", "disk", "battery", "printer", "cardReader", "security".
type Check struct {
	Name   string      `json:"name"`
	Result CheckResult `json:"result"`
	TookMS int64       `json:"tookMS,omitempty"`
	Detail string      `json:"detail,omitempty"`
}

// CheckResult is how a check ended.
type CheckResult string

// The results. What depends on a failed check is skipped.
const (
	CheckPass    CheckResult = "pass"
	CheckFail    CheckResult = "fail"
	CheckSkipped CheckResult = "skipped"
)

// Command is something to do. ID is its identity: a repeat does nothing.
type Command struct {
	ID   string      `json:"id"`
	Kind CommandKind `json:"kind"`
	// Text goes with CommandMessage.
	Text string `json:"text,omitempty"`
}

// CommandKind is what a command does.
type CommandKind string

// The commands.
const (
	CommandRestart  CommandKind = "restart"  // switch off and on again
	CommandIdentify CommandKind = "identify" // show and sound who it is
	CommandMessage  CommandKind = "message"  // show a text to the staff
	CommandKeys     CommandKind = "keys"     // ask for a new initial key, as soon as nobody pays
)

// Servicing is what the work on the device itself asks for. ID tells one request from another.
type Servicing struct {
	ID   string      `json:"id"`
	Kind ServiceKind `json:"kind"`
	// Code was typed in, for ServiceUnlock and ServiceDeveloper.
	Code string `json:"code,omitempty"`
}

// ServiceKind is what a service request is about.
type ServiceKind string

// The services.
const (
	ServiceUnlock    ServiceKind = "unlock"     // the unlock code of a tamper alarm
	ServiceDeveloper ServiceKind = "developer"  // the code of developer mode
	ServiceKeyFailed ServiceKind = "keyRefused" // the device did not take an initial key; nothing is asked
)

// Serviced answers a service request. Accepted is durable before it is said, and a code that was accepted is
// accepted again from the same device until it has done what the code is for.
type Serviced struct {
	ID       string      `json:"id"`
	Kind     ServiceKind `json:"kind"`
	Accepted bool        `json:"accepted"`
	// Reason says why not in a word that the POI has its own languages for, Text in English.
	Reason       ServiceReason `json:"reason,omitempty"`
	Text         string        `json:"text,omitempty"`
	RetryAfterMS int64         `json:"retryAfterMS,omitempty"`
}

// ServiceReason is why a code was not accepted.
type ServiceReason string

// The reasons.
const (
	ServiceNoCode  ServiceReason = "noCode"  // there is none for this device
	ServiceWrong   ServiceReason = "wrong"   // another one was typed in
	ServiceLocked  ServiceReason = "locked"  // too many wrong ones: the next is looked at after RetryAfterMS
	ServiceVoid    ServiceReason = "void"    // too many wrong ones: it is worth nothing any more
	ServiceExpired ServiceReason = "expired" // its time is over
	ServiceLive    ServiceReason = "live"    // developer mode, in the live environment
)
