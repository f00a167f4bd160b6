// Package disk is a store for the simulation: the record (package journal) on a pretended disk.
//
// Submit only queues; the simulation decides with Flush when the next batches become durable, and
// with Crash that those which have not are lost. The same calls give the same results in the same
// order, always. It keeps the promises of package journal, and store/storetest proves them.
//
// It never calls back by itself, starts no goroutine, has no lock (one goroutine at a time) and
// does no I/O.
package disk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"kassa/journal"
)

// Limits of the queue and of an answer, those of store/sqlite.
const (
	maxQueueBatches = 4096
	maxRead         = 10_000
)

// ErrFull tells that too many batches wait for Flush, where a real store would block.
var ErrFull = errors.New("disk: too many batches wait for Flush")

// Disk is a store. The zero value is not ready; see New.
type Disk struct {
	durable *record
	waiting []request
	crashed bool
}

type request struct {
	batch journal.Batch
	done  func(journal.Receipt, error)
}

// record is what survives a crash.
type record struct {
	streams map[string]*stream
	ids     []string // sorted
	refs    map[string]string
	holders map[string]string
	entries []journal.Entry
}

type stream struct {
	journal.Stream
	ref, scope, holds string
	entries           []uint64 // their sequence numbers
}

// New makes an empty disk.
func New() *Disk {
	return &Disk{durable: &record{
		streams: make(map[string]*stream),
		refs:    make(map[string]string),
		holders: make(map[string]string),
	}}
}

// Submit queues a batch for Flush; it calls done itself only when too many wait already. After
// Crash it does nothing, like the process that has died. The batch must not be changed before done.
func (d *Disk) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	switch {
	case d.crashed:
	case len(d.waiting) >= maxQueueBatches:
		done(journal.Receipt{}, ErrFull)
	default:
		d.waiting = append(d.waiting, request{b, done})
	}
}

// Waiting is the number of batches that Flush has not reached.
func (d *Disk) Waiting() int { return len(d.waiting) }

// Flush makes the next n batches durable (all of them for a negative n) in one commit, and then
// calls their done in order. A done may submit more; that waits for the next Flush.
func (d *Disk) Flush(n int) {
	if n < 0 || n > len(d.waiting) {
		n = len(d.waiting)
	}
	group := slices.Clone(d.waiting[:n])
	d.waiting = slices.Delete(d.waiting, 0, n)
	receipts := make([]journal.Receipt, n)
	refusals := make([]error, n)
	for i, r := range group {
		receipts[i], refusals[i] = d.durable.apply(r.batch)
	}
	for i, r := range group {
		if d.crashed {
			return // a done before this one has crashed the disk
		}
		r.done(receipts[i], refusals[i])
	}
}

// Crash drops what has not been flushed, without a word to anyone, and returns the disk as it is
// found at the next start. The old one is dead: it takes nothing and finds nothing.
func (d *Disk) Crash() *Disk {
	next := &Disk{durable: d.durable}
	*d = Disk{durable: New().durable, crashed: true}
	return next
}

// apply writes a batch, or leaves no trace of it.
func (r *record) apply(b journal.Batch) (journal.Receipt, error) {
	if _, err := b.Check(); err != nil {
		return journal.Receipt{}, err
	}
	if err := r.precondition(b); err != nil {
		return journal.Receipt{}, err
	}
	for i := range b {
		r.change(&b[i])
	}
	for i := range b {
		r.append(&b[i])
	}
	return journal.Receipt{Last: uint64(len(r.entries))}, nil
}

// precondition goes through the changes in order; each one sees what those before it would do to
// the references and the holders.
func (r *record) precondition(b journal.Batch) error {
	refs := make(map[string]bool)      // set by an earlier change
	holders := make(map[string]string) // "" when an earlier change has let it go
	holder := func(holds string) string {
		if id, touched := holders[holds]; touched {
			return id
		}
		return r.holders[holds]
	}
	for i := range b {
		c := &b[i]
		was := r.streams[c.Stream]
		switch {
		case (was == nil) != (c.Expect == 0), was != nil && was.Version != c.Expect:
			return fmt.Errorf("stream %q: %w", c.Stream, journal.ErrConflict)
		case was == nil && c.Ref != "" && (refs[c.Ref] || r.refs[c.Ref] != ""):
			return fmt.Errorf("stream %q: %w", c.Stream, journal.ErrTaken)
		}
		if was == nil && c.Ref != "" {
			refs[c.Ref] = true
		}
		if c.Holds != "" {
			if id := holder(c.Holds); id != "" && id != c.Stream {
				return fmt.Errorf("stream %q: %w", c.Stream, journal.ErrHeld)
			}
		}
		if was != nil && was.holds != "" {
			holders[was.holds] = ""
		}
		if c.Holds != "" {
			holders[c.Holds] = c.Stream
		}
	}
	return nil
}

func (r *record) change(c *journal.Change) {
	s := r.streams[c.Stream]
	if s == nil {
		s = &stream{Stream: journal.Stream{ID: c.Stream}, ref: c.Ref, scope: c.Scope}
		r.streams[c.Stream] = s
		at, _ := slices.BinarySearch(r.ids, c.Stream)
		r.ids = slices.Insert(r.ids, at, c.Stream)
		if c.Ref != "" {
			r.refs[c.Ref] = c.Stream
		}
	}
	if s.holds != "" && r.holders[s.holds] == c.Stream { // not when an earlier change took it over
		delete(r.holders, s.holds)
	}
	if s.holds = c.Holds; c.Holds != "" {
		r.holders[c.Holds] = c.Stream
	}
	s.Version++
	s.Open = c.Open
	s.State = copyBytes(c.State)
}

func (r *record) append(c *journal.Change) {
	s := r.streams[c.Stream]
	for _, fact := range c.Facts {
		fact.At = fact.At.Round(0).UTC()
		fact.Payload = copyBytes(fact.Payload)
		seq := uint64(len(r.entries)) + 1
		r.entries = append(r.entries, journal.Entry{Seq: seq, Stream: c.Stream, Version: s.Version, Fact: fact})
		s.entries = append(s.entries, seq)
	}
}

// copyBytes makes a copy that nobody shares; nothing is always nil.
func copyBytes(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}
