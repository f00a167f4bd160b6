// Package storetest proves of a store what package journal promises: every store runs it.
//
// The tests only use what the store shows to its callers, and compare with a model of their own.
// What takes a killed process or a broken disk is left to each store's own tests.
package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kassa/journal"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Writer is the side of a store that writes.
type Writer interface {
	// Submit queues a batch; done is called once it is durable or has failed, in the order of the
	// calls to Submit.
	Submit(b journal.Batch, done func(journal.Receipt, error))
	Close() error
}

// States reads the streams.
type States interface {
	Load(stream string) (journal.Stream, bool, error)
	Find(ref string) (journal.Stream, bool, error)
	Holder(holds string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
}

// Lists pages through the streams.
type Lists interface {
	Streams(kind, after string, limit int) ([]journal.Stream, error)
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
}

// Record reads the journal.
type Record interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	StreamEntries(stream string, upTo uint64) ([]journal.Entry, error)
	Last() uint64
}

// Store is what the suite runs against.
type Store interface {
	Writer
	States
	Lists
	Record
}

// Run runs the suite. Open opens the store whose files are in dir; after Close it is called again
// with the same dir, and then must find what was there.
func Run(t *testing.T, open func(t *testing.T, dir string) Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s *subject)
	}{
		{"Empty", testEmpty},
		{"WriteAndRead", testWriteAndRead},
		{"Receipts", testReceipts},
		{"Expect", testExpect},
		{"Ref", testRef},
		{"RefIsImmutable", testRefIsImmutable},
		{"Holds", testHolds},
		{"HoldsChangeHandsInOneBatch", testHoldsInBatch},
		{"HoldsChangeHandsInOneCommit", testHoldsInCommit},
		{"FirstPreconditionWins", testPrecedence},
		{"BatchIsAtomic", testAtomic},
		{"FailureIsIsolated", testIsolation},
		{"Malformed", testMalformed},
		{"OpenIndex", testOpenIndex},
		{"OpenStreamsMayUseTheStore", testOpenStreamsReentrant},
		{"StreamsInPages", testStreams},
		{"NewestByScope", testNewest},
		{"EntriesInPages", testEntries},
		{"StreamEntries", testStreamEntries},
		{"LargeStates", testLarge},
		{"DoneInOrder", testDoneOrder},
		{"DurableAfterReopen", testReopen},
		{"CloseFinishesWhatWaits", testCloseDrains},
		{"SubmitAfterClose", testSubmitAfterClose},
		{"ManySubmitters", testSubmitters},
		{"OneWinner", testOneWinner},
		{"NoGapIsFilledLater", testVisibility},
		{"Model", testModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &subject{t: t, dir: t.TempDir(), open: open}
			s.Store = open(t, s.dir)
			t.Cleanup(s.close)
			test.run(t, s)
		})
	}
}

// subject is the store under test with words for what the tests do.
type subject struct {
	Store
	t      *testing.T
	dir    string
	open   func(t *testing.T, dir string) Store
	closed bool
}

func (s *subject) close() {
	if s.closed {
		return
	}
	s.closed = true
	if err := s.Close(); err != nil {
		s.t.Errorf("Close: %v", err)
	}
}

func (s *subject) reopen() {
	s.t.Helper()
	s.close()
	s.Store, s.closed = s.open(s.t, s.dir), false
}

// result is what done was told.
type result struct {
	receipt journal.Receipt
	err     error
}

// submit gives the result as soon as it is there.
func (s *subject) submit(b ...journal.Change) <-chan result {
	results := make(chan result, 1)
	s.Submit(b, func(r journal.Receipt, err error) { results <- result{r, err} })
	return results
}

// commit waits, and wants success.
func (s *subject) commit(b ...journal.Change) journal.Receipt {
	s.t.Helper()
	r := <-s.submit(b...)
	if r.err != nil {
		s.t.Fatalf("commit of %s: %v", b[0].Stream, r.err)
	}
	return r.receipt
}

// refuse waits, and wants this error.
func (s *subject) refuse(want error, b ...journal.Change) {
	s.t.Helper()
	if r := <-s.submit(b...); !errors.Is(r.err, want) {
		s.t.Fatalf("commit of %s: got %v, want %v", b[0].Stream, r.err, want)
	}
}

// together makes the batches wait for one another, so that a store which groups commits has them
// all in one: the writer is kept busy with a done that waits.
func (s *subject) together(batches ...journal.Batch) []result {
	busy, release := make(chan struct{}), make(chan struct{})
	s.Submit(journal.Batch{}, func(journal.Receipt, error) { close(busy); <-release })
	<-busy
	var waiting []<-chan result
	for _, b := range batches {
		waiting = append(waiting, s.submit(b...))
	}
	close(release)
	var results []result
	for _, w := range waiting {
		results = append(results, <-w)
	}
	return results
}

// load wants the stream to be there.
func (s *subject) load(id string) journal.Stream {
	s.t.Helper()
	stream, found, err := s.Load(id)
	if err != nil || !found {
		s.t.Fatalf("Load(%s): found %v, %v", id, found, err)
	}
	return stream
}

// all reads the whole journal.
func (s *subject) all() []journal.Entry {
	s.t.Helper()
	var all []journal.Entry
	for {
		page, err := s.Entries(uint64(len(all)), 1000)
		if err != nil {
			s.t.Fatalf("Entries: %v", err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// gapFree wants the journal to be numbered from 1 without gaps, up to Last.
func (s *subject) gapFree(want int) {
	s.t.Helper()
	all := s.all()
	for i, e := range all {
		if e.Seq != uint64(i)+1 {
			s.t.Fatalf("entry %d has seq %d", i, e.Seq)
		}
	}
	if len(all) != want || s.Last() != uint64(want) {
		s.t.Fatalf("%d entries, Last %d, want %d", len(all), s.Last(), want)
	}
}

// check compares, where nil and empty are the same.
func check(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// change makes the step of a stream that follows a version, with the facts named.
func change(id string, expect uint64, kinds ...string) journal.Change {
	c := journal.Change{
		Stream: id, Expect: expect, Open: true,
		State: fmt.Appendf(nil, `{"id":%q,"step":%d}`, id, expect+1),
	}
	for i, kind := range kinds {
		c.Facts = append(c.Facts, journal.Fact{
			At:      time.Date(2026, 11, 21, 9, 30, int(expect%60), i+1, time.UTC),
			Kind:    kind,
			Scope:   "group/1",
			Payload: fmt.Appendf(nil, `{"of":%q}`, id),
		})
	}
	return c
}

// holding and referring make variants of a change.
func holding(c journal.Change, holds string) journal.Change { c.Holds = holds; return c }
func referring(c journal.Change, ref string) journal.Change { c.Ref = ref; return c }
func closing(c journal.Change) journal.Change               { c.Open = false; return c }
