package terminallog

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors of what is asked for. Anything else is the store's.
var (
	// ErrUnknown tells that there is no such task, or no such device in it.
	ErrUnknown = errors.New("terminallog: unknown")
	// ErrInvalid tells that a value breaks a rule; the text names the field first.
	ErrInvalid = errors.New("terminallog: invalid")
	// ErrState tells that a task is not in the state that a step needs.
	ErrState = errors.New("terminallog: not in this state")
)

// Syslog is the type of log that there is.
const Syslog = "syslog"

// The kinds of window: one that is still to come, or the two hours before the release.
const (
	Recording = "recording"
	LastHours = "last_two_hours"
)

// State is how far a task, or a device in it, is.
type State string

// The states. A task goes draft → released → collecting → ready or failed → expired; a device has waiting in the place
// of released, and neither draft nor expired.
const (
	Draft      State = "draft"
	Released   State = "released"
	Waiting    State = "waiting"
	Collecting State = "collecting"
	Ready      State = "ready"
	Failed     State = "failed"
	Expired    State = "expired"
)

// Limits of tasks.
const (
	MaxDevices = 20
	// MaxWindow, MaxAhead and MaxLines bound what a task can grow to.
	MaxWindow = 24 * time.Hour
	MaxAhead  = 7 * 24 * time.Hour
	MaxLines  = 50_000 // of one device
	// MaxOpen is how many tasks of one account wait or run.
	MaxOpen = 20
	// Keep is how long a task is kept after its end, and a draft after it was made.
	Keep     = 7 * 24 * time.Hour
	lastSpan = 2 * time.Hour
	// patience is how long after the window a terminal may stay out of reach.
	patience = 24 * time.Hour
	maxTasks = 100_000
)

// Task is one task, the state of a stream "terminallog/ID".
type Task struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Kind       string    `json:"kind"`
	Account    string    `json:"account"`
	Group      string    `json:"group,omitempty"` // empty where its devices are of more than one
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	From       time.Time `json:"from,omitzero"`  // of the window, by the cloud's clock
	Until      time.Time `json:"until,omitzero"` // not part of it
	State      State     `json:"state"`
	Reason     string    `json:"reason,omitempty"` // why it failed
	ReleasedAt time.Time `json:"releasedAt,omitzero"`
	ReleasedBy string    `json:"releasedBy,omitempty"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	Devices    []Device  `json:"devices"`
}

// Device is how far a task is with one device.
type Device struct {
	Serial string `json:"serial"` // POIID
	TID    string `json:"tid"`
	Group  string `json:"group"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"` // why it failed, or what it waits for
	// After is the number of the last durable line; Lines, Gaps and Chunks count what is kept.
	After  uint64 `json:"after"`
	Lines  int    `json:"lines"`
	Gaps   int    `json:"gaps,omitempty"` // numbers between two lines that are missing
	Chunks int    `json:"chunks"`
	Left   int    `json:"left,omitempty"` // lines that the terminal still has
}

// over tells whether nothing more is collected.
func (d Device) over() bool { return d.State == Ready || d.State == Failed }

// Running tells whether the task was released and has no end.
func (t Task) Running() bool { return t.State == Released || t.State == Collecting }

// done tells whether nothing more is collected from any device, holds whether lines are kept.
func (t Task) done() bool {
	return !slices.ContainsFunc(t.Devices, func(d Device) bool { return !d.over() })
}

func (t Task) holds() bool {
	return slices.ContainsFunc(t.Devices, func(d Device) bool { return d.Chunks > 0 })
}

// copied is a task that shares nothing with what is kept.
func (t Task) copied() Task {
	t.Devices = append([]Device(nil), t.Devices...)
	return t
}

// Line is one line of a log.
type Line struct {
	N        uint64 `json:"n"`
	AtMS     int64  `json:"atMS"`
	Part     string `json:"part"`
	Text     string `json:"text"`
	Exchange string `json:"exchange,omitempty"` // the order that it belongs to
}

// At is the instant of a line.
func (l Line) At() time.Time { return time.UnixMilli(l.AtMS).UTC() }

// The facts about tasks.
type (
	// LogTaskMade is the first of a task.
	LogTaskMade struct {
		ID      string   `json:"id"`
		Kind    string   `json:"kind"`
		Devices []string `json:"devices"`
		By      string   `json:"by"`
	}
	// LogTaskReleased tells that a task may run.
	LogTaskReleased struct {
		ID string `json:"id"`
		By string `json:"by"`
	}
	// LogTaskEnded tells that a task is ready, failed or expired.
	LogTaskEnded struct {
		ID     string `json:"id"`
		State  State  `json:"state"`
		Reason string `json:"reason,omitempty"`
		Lines  int    `json:"lines,omitempty"`
	}
)

// Ask is a new task.
type Ask struct {
	Type, Kind  string
	Serials     []string // POIIDs
	From, Until time.Time
	By          string
}

// check looks at what does not depend on the devices.
func (a Ask) check(now time.Time) error {
	switch {
	case a.Type != Syslog:
		return invalid("type", "must be syslog")
	case len(a.Serials) < 1 || len(a.Serials) > MaxDevices:
		return invalid("serials", "must be 1 to %d devices", MaxDevices)
	case a.Kind == LastHours && !a.From.IsZero():
		return invalid("from", "does not go with last_two_hours, whose window ends with the release")
	case a.Kind == LastHours && !a.Until.IsZero():
		return invalid("until", "does not go with last_two_hours, whose window ends with the release")
	case a.Kind == LastHours:
		return nil
	case a.Kind != Recording:
		return invalid("kind", "must be recording or last_two_hours")
	case !a.From.After(now):
		return invalid("from", "must be later than now: for the past take last_two_hours")
	case a.From.After(now.Add(MaxAhead)):
		return invalid("from", "must be within 7 days")
	case !a.Until.After(a.From):
		return invalid("until", "must be later than from")
	case a.Until.Sub(a.From) > MaxWindow:
		return invalid("until", "must be at most 24 hours after from")
	}
	return nil
}

// invalid says which field breaks which rule.
func invalid(field, rule string, args ...any) error {
	return fmt.Errorf("%w: %s: "+rule, append([]any{ErrInvalid, field}, args...)...)
}
