package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"kassa/journal"
)

func testDoneOrder(t *testing.T, s *subject) {
	const n = 500
	var got []int
	finished := make(chan struct{})
	for i := range n {
		b := journal.Batch{change(fmt.Sprintf("order/%d", i), 0, "A")}
		switch i % 5 {
		case 2:
			b[0].Expect = 7 // refused
		case 3:
			b = nil
		case 4:
			b[0].Stream = "malformed"
		}
		s.Submit(b, func(r journal.Receipt, err error) {
			if got = append(got, i); len(got) == n {
				close(finished)
			}
		})
	}
	<-finished
	for i := range got {
		if got[i] != i {
			t.Fatalf("done number %d was that of batch %d", i, got[i])
		}
	}
}

func testReopen(t *testing.T, s *subject) {
	s.commit(holding(referring(change("order/a", 0, "A1", "A2"), "ref"), "poi"), closing(change("order/b", 0, "B")))
	s.commit(holding(change("order/a", 1, "A3"), "poi"))
	before, journalBefore := s.load("order/a"), s.all()
	for range 3 {
		s.reopen()
		check(t, "stream", before, s.load("order/a"))
		check(t, "journal", journalBefore, s.all())
		s.refuse(journal.ErrConflict, change("order/a", 1, "X"))
		s.refuse(journal.ErrTaken, referring(change("order/c", 0, "X"), "ref"))
		s.refuse(journal.ErrHeld, holding(change("order/c", 0, "X"), "poi"))
	}
	check(t, "the next number", uint64(5), s.commit(change("order/c", 0, "C")).Last)
	s.gapFree(5)
}

func testCloseDrains(t *testing.T, s *subject) {
	const n = 300
	var results []<-chan result
	for i := range n {
		results = append(results, s.submit(change(fmt.Sprintf("order/%d", i), 0, "A")))
	}
	s.reopen()
	for i, r := range results {
		if got := <-r; got.err != nil {
			t.Fatalf("batch %d: %v", i, got.err)
		}
	}
	s.gapFree(n)
}

func testSubmitAfterClose(t *testing.T, s *subject) {
	s.commit(change("order/a", 0, "A"))
	s.close()
	s.refuse(journal.ErrClosed, change("order/b", 0, "B"))
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	s.reopen()
	s.gapFree(1)
}

func testSubmitters(t *testing.T, s *subject) {
	const submitters, steps = 64, 20
	var wg sync.WaitGroup
	for i := range submitters {
		wg.Go(func() {
			id := fmt.Sprintf("order/%02d", i)
			for v := range uint64(steps) {
				r := <-s.submit(change(id, v, "Step"))
				if r.err != nil {
					t.Errorf("%s: %v", id, r.err)
					return
				}
				// What is acknowledged is visible.
				if stream, found, err := s.Load(id); err != nil || !found || stream.Version != v+1 {
					t.Errorf("%s: version %d after the commit of %d, %v", id, stream.Version, v+1, err)
				}
				if s.Last() < r.receipt.Last {
					t.Errorf("Last is behind an acknowledged receipt")
				}
			}
		})
	}
	wg.Wait()
	s.reopen()
	s.gapFree(submitters * steps)
	versions := make(map[string]uint64)
	for _, e := range s.all() {
		if versions[e.Stream]++; e.Version != versions[e.Stream] {
			t.Fatalf("%s: version %d follows %d", e.Stream, e.Version, versions[e.Stream]-1)
		}
	}
}

func testOneWinner(t *testing.T, s *subject) {
	const submitters, rounds = 64, 10
	for round := range uint64(rounds) {
		var winners, losers atomic.Int32
		var wg sync.WaitGroup
		for i := range submitters {
			wg.Go(func() {
				poi := fmt.Sprintf("poi-%d", round)
				mine := holding(change(fmt.Sprintf("order/%d-%d", round, i), 0, "Mine"), poi)
				switch r := <-s.submit(change("order/shared", round, "Won"), mine); {
				case r.err == nil:
					winners.Add(1)
				case errors.Is(r.err, journal.ErrConflict):
					losers.Add(1)
				default:
					t.Errorf("round %d: %v", round, r.err)
				}
			})
		}
		wg.Wait()
		if winners.Load() != 1 || losers.Load() != submitters-1 {
			t.Fatalf("round %d: %d winners, %d losers", round, winners.Load(), losers.Load())
		}
	}
	s.gapFree(2 * rounds)
}

// testVisibility reads while many write. Each batch has three facts in two streams, so that a
// reader would see a part of one, or a gap, if there were any to see.
func testVisibility(t *testing.T, s *subject) {
	const writers, steps, readers = 8, 60, 3
	const total = writers * steps * 3
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for v := range uint64(steps) {
				a, b := fmt.Sprintf("order/%d", w), fmt.Sprintf("poi/%d", w)
				if r := <-s.submit(change(a, v, "First", "Second"), change(b, v, "Third")); r.err != nil {
					t.Errorf("%s: %v", a, r.err)
				}
			}
		})
	}
	for range readers {
		reading.Go(func() {
			for after := uint64(0); after < total && !t.Failed(); {
				last := s.Last()
				page, err := s.Entries(after, total)
				if err != nil {
					t.Errorf("Entries: %v", err)
					return
				}
				if uint64(len(page)) < last-min(last, after) {
					t.Errorf("after %d: %d entries, although Last was %d", after, len(page), last)
				}
				if len(page)%3 != 0 {
					t.Errorf("after %d: %d entries: a part of a batch", after, len(page))
				}
				for i, e := range page {
					if e.Seq != after+uint64(i)+1 {
						t.Errorf("after %d: entry %d has seq %d", after, i, e.Seq)
						return
					}
				}
				after += uint64(len(page))
				if len(page) > 0 {
					readStates(t, s, page)
				}
			}
		})
	}
	writing.Wait()
	reading.Wait()
	s.gapFree(total)
}

// readStates wants no state to be older than the facts that were read.
func readStates(t *testing.T, s *subject, page []journal.Entry) {
	e := page[len(page)-1]
	if stream, found, err := s.Load(e.Stream); err != nil || !found || stream.Version < e.Version {
		t.Errorf("%s is at version %d, behind its fact of version %d: %v", e.Stream, stream.Version, e.Version, err)
	}
}
