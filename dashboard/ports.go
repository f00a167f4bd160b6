package dashboard

import (
	"context"
	"errors"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/journal"
)

// Records reads streams of the journal.
type Records interface {
	Load(stream string) (journal.Stream, bool, error)
	// Holder reads the stream that holds a thing: the order on a terminal, by its TID.
	Holder(holds string) (journal.Stream, bool, error)
	StreamEntries(stream string, upTo uint64) ([]journal.Entry, error)
	// Newest lists the streams of a kind and of these scopes (nil: of all), newest first, those whose
	// id comes before the one given; "" is the newest.
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
}

// Feed reads the journal as a whole. Watch nudges after commits; nudges may be lost.
type Feed interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Last() uint64
	Watch(ctx context.Context) <-chan struct{}
}

// Estate knows the terminals, the devices, and what may be shown of a key.
type Estate interface {
	// Terminals lists all terminals.
	Terminals() []Terminal
	// Strays lists the boarded devices that are bound to no terminal.
	Strays() []Device
	// KeyHint is the end of a group's key, for people who look it up; empty when there is none.
	KeyHint(group string) string
}

// Device is a POI with its link.
type Device struct {
	POIID      string
	Configured bool // the initial key is loaded and confirmed
	KCV        string
	// Seen tells that it once had a link: its key is pinned.
	Seen   bool
	Online bool
	// State is online, stale, offline or unknown; empty for a device without a terminal.
	State string
	// Since is when it came to be in its state; zero when this process has never seen it.
	Since, LastSeen time.Time
	Reason          string // why it is not online
	// Disabled tells that it is connected and takes no cloud payments.
	Disabled bool
	// RoundTrip is the last one that was measured, Lost how often its link ended within 24 hours.
	RoundTrip time.Duration
	Lost      int
	// Clone is when two links with its key were last alive at once; zero when they never were.
	Clone time.Time
	// Health is what it says of itself, in words.
	Health string
}

// Terminal is a terminal with the device that is bound to it; POIID is empty before its activation.
type Terminal struct {
	TID, Name       string
	GroupID, Group  string
	Merchant, Place string
	// Shop is its shop's reference; empty without one.
	Shop               string
	CreatedAt, BoundAt time.Time
	// Life is where it stands in its life, and Barred why it may take no payments.
	Life, Barred string
	// Pending tells that it has not said yet that it has its newest settings.
	Pending bool
	Device
}

// Jobs is the work on the device of a terminal.
type Jobs struct {
	// Alarm is the code and the words of the tamper alarm that stands, Suspected that its sensor may be damaged.
	Alarm     string
	AlarmAt   time.Time
	Suspected bool
	// Developer tells that the device is in developer mode.
	Developer bool
	// Key says how the last injection of an initial key went; empty when that is nothing to look at.
	Key  string
	Jobs []Job
}

// Any tells whether there is anything to see.
func (j Jobs) Any() bool { return j.Alarm != "" || j.Developer || j.Key != "" || len(j.Jobs) > 0 }

// Job is a request for an unlock code, a developer code or a return.
type Job struct {
	Kind, ID, State string
	At              time.Time
	Says            string // what it is about
	Next            string // the command for what is to be done next; empty when it is over
	Over            bool
}

// Webhook is one webhook with its tries.
type Webhook struct {
	ID      string
	Event   string // what it tells
	Method  string
	URL     string
	Body    string
	Status  string // waiting, delivered, parked
	Created time.Time
	Due     time.Time // the next try; zero when there is none
	Tries   []WebhookTry
}

// WebhookTry is one try of a webhook.
type WebhookTry struct {
	At      time.Time
	Took    time.Duration
	Status  int // HTTP; 0 without a reply
	Reply   string
	Failure string // in words; empty when the receiver acknowledged
}

// Key is what may be shown of an API key.
type Key struct {
	// Hint is its last four characters, Print the beginning of its hash, Holder whose it is in words.
	Hint, Print, Holder string
	Group               string
	// Variable is the name under which the demo environment has such keys.
	Variable string
}

// Config is what a Handler works with; Receipt, Simulation, Test, Doctor, Causes, Cases, CaseFiles and Moves may be left out.
type Config struct {
	Records Records
	Feed    Feed
	Estate  Estate
	Calls   *Calls
	// Webhooks finds those that facts of these numbers called for.
	Webhooks func(facts []uint64) ([]Webhook, error)
	// Receipt renders an order's receipt as text; ok is false when it has none.
	Receipt func(o kassa.Order) (text string, ok bool)
	// Test tests the connection of a terminal, rung by rung; ok is false when there is none, or each wants no more.
	Test func(ctx context.Context, tid string, each func(doctor.Rung) bool) (v doctor.Verdict, ok bool)
	// Doctor says why something does not work; nil when there is none. Causes are what he knows.
	Doctor Doctor
	Causes Causes
	// Cases are what people ask support about, and CaseFiles what is attached; both or none.
	Cases     Cases
	CaseFiles CaseFiles
	// Service tells of the work on the device of a terminal, or on the one that it sent back; nil when there is none.
	Service func(tid string) Jobs
	// Charging are the charging sessions; nil where nobody charges.
	Charging Charging
	// Logs collects the logs of terminals; nil when nobody does.
	Logs Logs
	// Moves nudges when a terminal came or went without a fact of the journal.
	Moves func(ctx context.Context) <-chan string
	// Simulation is the path of the virtual terminals' pages, ending in a slash; empty in live.
	Simulation  string
	Environment string
	Now         func() time.Time
}

func (c Config) check() error {
	if c.Records == nil || c.Feed == nil || c.Estate == nil || c.Calls == nil || c.Webhooks == nil || c.Now == nil || (c.Cases == nil) != (c.CaseFiles == nil) {
		return errors.New("dashboard: a field of Config is missing")
	}
	return nil
}

// Limits of what one page or the package as a whole may use.
const (
	perPage      = 50
	scanPage     = 250
	maxScan      = 5000 // orders read for one page of a search; what follows is one click away
	maxCards     = 12   // terminals on the first page; the others are on their own
	maxQuery     = 100
	maxLinks     = 40     // link facts kept of a device
	maxLinkFacts = 20_000 // facts read back at the start to find them
	maxViewers   = 128    // open live streams
	maxCalls     = 500
	maxCallBytes = 4 << 20
	maxBody      = 16 << 10 // of a call, each way
	bodySlack    = 512      // read beyond it, so that a secret across the cut is seen whole
	maxText      = 2 << 10  // of a path, a query value or a header
	entriesPage  = 500
)

// Times of the live stream.
const (
	pollEvery = time.Second            // when nudges are lost
	calmFor   = 150 * time.Millisecond // what happens meanwhile is told at once
	pingEvery = 15 * time.Second
)
