package adyen

import (
	"context"
	"io"
	"net/http"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/nexo"
)

// Dialect is the name under which this door's orders are kept.
const Dialect = "adyen"

// Orders runs the language. An error tells that nobody knows whether the request was stored.
type Orders interface {
	// Create makes an order; with kassa.POIBusy it gives the order that has the terminal.
	Create(ctx context.Context, n kassa.NewOrder) (kassa.Order, kassa.Reason, error)
	Find(ctx context.Context, dialect, scope, ref string) (kassa.Order, bool, error)
	// Cancel waits for the winner while the host decides.
	Cancel(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error)
	Refund(ctx context.Context, dialect, scope, ref string, r kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error)
	Release(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error)
}

// Records reads streams of the journal.
type Records interface {
	Load(stream string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
}

// Feed reads the journal as a whole. Watch nudges after commits; nudges may be lost.
type Feed interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Last() uint64
	Watch(ctx context.Context) <-chan struct{}
}

// Directory knows keys, merchant accounts, terminals and groups.
type Directory interface {
	// Identify tells whose key it is, and from where it may be used. It takes the same time for every
	// unknown key.
	Identify(key, remote string) (Caller, Problem)
	TerminalByPOIID(poiid string) (estate.Terminal, bool)
	Group(id string) (estate.Group, bool)
	// Merchant is the merchantAccount code of an account.
	Merchant(account string) string
}

// Caller is who holds a key.
type Caller struct {
	Account string
	// Group is the terminal group of a group key; empty for an account key, which speaks for all groups
	// of the account.
	Group string
	// TakesPayments and Refunds tell what the key may do.
	TakesPayments, Refunds bool
}

// owns tells whether the caller may use a terminal.
func (c Caller) owns(t estate.Terminal) bool {
	return c.Account != "" && c.Account == t.Account && (c.Group == "" || c.Group == t.Group)
}

// Problem is why a key opens nothing; the zero value is none.
type Problem struct {
	// Code is unknown, revoked, expired, other_environment or network; Text says it to people.
	Code, Text string
}

// Terminals tells what stands between a request and a terminal's screen.
type Terminals interface {
	// Reach is empty when the terminal can be asked now, or why it cannot.
	Reach(tid string) Unreachable
}

// Devices are the terminals' links, as far as the class Device goes. What terminals say comes to Answered and
// Notified of the Handler.
type Devices interface {
	// Ask gives a terminal a request of class Device, or an Abort of one; exchange is its ServiceID on the
	// link. An error tells that it did not leave. What has not reached the terminal within validFor never does.
	Ask(tid, exchange string, request nexo.Message, validFor time.Duration) error
	// Probe asks a terminal how it is.
	Probe(ctx context.Context, tid string) (Condition, error)
	// WantsProgress tells whether somebody is to hear how far the payments of a terminal have come.
	WantsProgress(tid string) bool
}

// Unreachable is why a terminal cannot be asked.
type Unreachable string

// The reasons why a terminal cannot be asked.
const (
	Offline      Unreachable = "offline"        // no link
	NotEnabled   Unreachable = "not_enabled"    // WebSocket or cloud API is switched off for it
	NotActivated Unreachable = "not_activated"  // no device is bound to it
	CloudModeOff Unreachable = "cloud_mode_off" // it shows only what is started on it
	Tampered     Unreachable = "tampered"       // its device has raised a tamper alarm
	NotInUse     Unreachable = "not_in_use"     // blocked, in stock, or out of use
)

// Settings are the terminal settings that the door works with.
type Settings interface {
	// Setting is the effective value as JSON, nil when there is none.
	Setting(tid, name string) []byte
	// Keys are the keys with which messages to and from a terminal may be encrypted.
	Keys(tid string) ([]EncryptionKey, error)
}

// EncryptionKey is a key as the setting nexo.encryptionKey holds it.
type EncryptionKey struct {
	Identifier string
	Version    int64
	Passphrase string
}

// Config is what a Handler works with; every field is needed but Refused and the durations.
type Config struct {
	Orders   Orders
	Captures Captures
	Records  Records
	Feed     Feed
	// Write makes a batch of the journal durable and then calls done; it never blocks.
	Write     func(batch journal.Batch, done func(journal.Receipt, error))
	Directory Directory
	Terminals Terminals
	Devices   Devices
	Settings  Settings
	// Refused keeps a call that was refused for diagnosis, and reads in the request who sent it; nil when nobody
	// does. It does not wait.
	Refused func(r *http.Request, call journal.RefusedCall)
	// HostReachable tells whether the acquirer's host is signed on to.
	HostReachable func() bool
	// Secret keys the hashes of requests; at least 32 bytes, the same for ever.
	Secret []byte
	// Zone is where receipts are printed.
	Zone   *time.Location
	Random io.Reader
	Now    func() time.Time

	// Timeout is how long a payment may take before it is cancelled, by default 150 s; Grace how long
	// after that a call waits to hear how it ended, by default 20 s; Heartbeat how often a waiting call
	// gets a byte, by default 8 s.
	Timeout, Grace, Heartbeat time.Duration
}

// Times.
const (
	defaultTimeout   = 150 * time.Second
	defaultGrace     = 20 * time.Second
	defaultHeartbeat = 8 * time.Second
	pollEvery        = time.Second // when nudges are lost
	// maxUnshown is how long a payment waits for its terminal to show it. A terminal is asked only while it has a
	// link: one that is silent for so long has just lost it.
	maxUnshown = 30 * time.Second
	// keptFor is how long a ServiceID stays taken.
	keptFor = 48 * time.Hour
)

// Limits of the door as a whole and of what it takes.
const (
	maxRunning    = 20_000 // exchanges
	maxKeyLength  = 200
	maxIdentifier = 128 // characters of SaleID, ServiceID and POIID
)
