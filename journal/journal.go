// Package journal is the record: domain facts in one order, and the streams whose current state
// they add up to.
//
// A stream is one unit of append (an order with its attempts and refunds, a POI, a webhook
// delivery, …). A Change moves one stream from one version to the next and carries the facts, the
// new state and the index entries; the changes of one Batch become durable together or not at all.
// The stores in store/ keep these promises, and store/storetest proves them:
//
//   - A failed precondition (Expect, Ref, Holds) fails its own batch and never another one.
//   - An I/O error fails every batch that waits, and the store accepts nothing afterwards.
//   - A batch is visible to readers only after it is durable, and never partly.
//   - Sequence numbers become visible in order: who has read up to n never later meets n' < n.
//
// It decides nothing and does no I/O of its own.
package journal

import (
	"encoding/json"
	"errors"
	"time"
)

// Errors that a batch can fail with. Anything else is an I/O error: the store has stopped.
var (
	// ErrConflict tells that a stream was not at the expected version.
	ErrConflict = errors.New("journal: the stream is at another version")
	// ErrTaken tells that another stream already has this Ref.
	ErrTaken = errors.New("journal: the reference is taken")
	// ErrHeld tells that another stream already holds the same thing.
	ErrHeld = errors.New("journal: it is held by another stream")
	// ErrMalformed tells that a batch breaks a rule of Change or a limit.
	ErrMalformed = errors.New("journal: the batch is malformed")
	// ErrClosed tells that the store has been closed, or has stopped after an I/O error.
	ErrClosed = errors.New("journal: the store is closed")
)

// Change is one step of one stream.
type Change struct {
	// Stream is its id, "kind/…", for example "order/H4XQ3A2K10"; at most 200 bytes.
	Stream string
	// Expect is the version that the stream must have; 0 means it must not exist. The change
	// makes it Expect+1.
	Expect uint64
	// State is the whole state after the change (JSON).
	State []byte
	// Facts are appended to the journal in this order; a change may have none.
	Facts []Fact
	// Open tells that the stream still needs attention, so that it is found at restart.
	Open bool
	// Ref, when not empty, is the stream's unique outside reference. It is set when the stream is
	// made and never changes afterwards.
	Ref string
	// Scope, when not empty, is the terminal group or account whose data the stream is; lists are by
	// it. It is set when the stream is made and never changes afterwards.
	Scope string
	// Holds, when not empty, names a thing that one stream at most may hold (a POI, by its TID).
	// Each change sets it anew.
	Holds string
}

// Batch is a set of changes that become durable together. A stream occurs at most once in it.
type Batch []Change

// Fact is something that happened, in the past tense.
type Fact struct {
	// At is the instant at which Kassa took note of it.
	At time.Time
	// Kind names the type of fact, for example "AttemptOpened".
	Kind string
	// Scope is the terminal group or account whose data it is; readers filter by it.
	Scope string
	// Payload is the fact as JSON. Card data in it is truncated to first six and last four.
	Payload json.RawMessage
}

// Entry is a fact with its place in the record.
type Entry struct {
	// Seq is its place in the whole journal, from 1, rising, without gaps.
	Seq uint64
	// Stream and Version tell which stream it belongs to, and the version that its change made.
	Stream  string
	Version uint64
	Fact
}

// Stream is the current state of a stream.
type Stream struct {
	ID      string
	Version uint64
	State   []byte
	Open    bool
}

// Receipt tells where a batch ended up.
type Receipt struct {
	// Last is the sequence number of the batch's last fact; when it had none, of the last fact
	// of the journal.
	Last uint64
}

// Kind is the part of a stream id before the slash.
func Kind(stream string) string {
	for i := range len(stream) {
		if stream[i] == '/' {
			return stream[:i]
		}
	}
	return stream
}
