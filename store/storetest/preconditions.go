package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/journal"
)

func testEmpty(t *testing.T, s *subject) {
	s.gapFree(0)
	for name, read := range map[string]func(string) (journal.Stream, bool, error){
		"Load": s.Load, "Find": s.Find, "Holder": s.Holder,
	} {
		for _, key := range []string{"order/none", ""} {
			if _, found, err := read(key); found || err != nil {
				t.Errorf("%s(%q): found %v, %v", name, key, found, err)
			}
		}
	}
	entries, err := s.StreamEntries("order/none", 0)
	if len(entries) != 0 || err != nil {
		t.Errorf("StreamEntries: %v, %v", entries, err)
	}
}

func testWriteAndRead(t *testing.T, s *subject) {
	zone := time.FixedZone("CET", 3600)
	at := time.Date(2026, 11, 21, 10, 30, 0, 123456789, zone)
	s.commit(journal.Change{
		Stream: "order/a", State: []byte(`{"a":1}`), Open: true, Ref: "ref/ü", Holds: "poi/00000001",
		Facts: []journal.Fact{
			{At: at, Kind: "OrderMade", Scope: "group/7", Payload: []byte(`{"amount":1234}`)},
			{At: at.Add(time.Nanosecond), Kind: "Shown"},
		},
	})
	want := journal.Stream{ID: "order/a", Version: 1, State: []byte(`{"a":1}`), Open: true}
	for name, read := range map[string]func() (journal.Stream, bool, error){
		"Load":   func() (journal.Stream, bool, error) { return s.Load("order/a") },
		"Find":   func() (journal.Stream, bool, error) { return s.Find("ref/ü") },
		"Holder": func() (journal.Stream, bool, error) { return s.Holder("poi/00000001") },
	} {
		got, found, err := read()
		if !found || err != nil {
			t.Errorf("%s: found %v, %v", name, found, err)
		}
		check(t, name, want, got)
	}
	check(t, "Entries", []journal.Entry{
		{Seq: 1, Stream: "order/a", Version: 1, Fact: journal.Fact{
			At: at.UTC(), Kind: "OrderMade", Scope: "group/7", Payload: []byte(`{"amount":1234}`)}},
		{Seq: 2, Stream: "order/a", Version: 1, Fact: journal.Fact{At: at.Add(time.Nanosecond).UTC(), Kind: "Shown"}},
	}, s.all())
	if got := s.all()[0].At; got.Location() != time.UTC {
		t.Errorf("an instant is read in %v, not UTC", got.Location())
	}
}

func testReceipts(t *testing.T, s *subject) {
	check(t, "nothing yet", uint64(0), s.commit(change("order/a", 0)).Last)
	check(t, "two facts", uint64(2), s.commit(change("order/a", 1, "A", "B")).Last)
	check(t, "no fact", uint64(2), s.commit(change("order/a", 2)).Last)
	check(t, "two changes", uint64(5), s.commit(change("order/a", 3, "C"), change("order/b", 0, "D", "E")).Last)
	if r := <-s.submit(); r.err != nil || r.receipt.Last != 5 {
		t.Errorf("an empty batch: %+v", r)
	}
	var kinds []string
	for _, e := range s.all() {
		kinds = append(kinds, e.Kind)
	}
	check(t, "order of facts", []string{"A", "B", "C", "D", "E"}, kinds)
}

func testExpect(t *testing.T, s *subject) {
	s.refuse(journal.ErrConflict, change("order/a", 1, "X"))
	s.commit(change("order/a", 0, "A"))
	s.refuse(journal.ErrConflict, change("order/a", 0, "X"))
	s.refuse(journal.ErrConflict, change("order/a", 2, "X"))
	s.refuse(journal.ErrConflict, change("order/a", 1<<63, "X"))
	s.commit(change("order/a", 1, "B"))
	s.refuse(journal.ErrConflict, change("order/a", 1, "X"))
	check(t, "version", uint64(2), s.load("order/a").Version)
	s.gapFree(2)
}

func testRef(t *testing.T, s *subject) {
	s.commit(referring(change("order/a", 0), "shop-1"))
	s.refuse(journal.ErrTaken, referring(change("order/b", 0, "X"), "shop-1"))
	s.refuse(journal.ErrTaken, referring(change("order/b", 0), "shop-2"), referring(change("order/c", 0), "shop-2"))
	s.commit(change("order/b", 0), change("order/c", 0)) // none is not a reference
	s.commit(closing(change("order/a", 1)))
	s.refuse(journal.ErrTaken, referring(change("order/d", 0, "X"), "shop-1"))
	if _, found, _ := s.Load("order/d"); found {
		t.Error("a refused stream exists")
	}
	if _, found, _ := s.Find("shop-2"); found {
		t.Error("a refused reference exists")
	}
	s.gapFree(0)
}

func testRefIsImmutable(t *testing.T, s *subject) {
	s.commit(referring(change("order/a", 0), "first"), change("order/b", 0))
	s.commit(change("order/a", 1), referring(change("order/b", 1), "late"))
	s.commit(referring(change("order/a", 2), "second"))
	got, found, err := s.Find("first")
	if !found || err != nil || got.ID != "order/a" || got.Version != 3 {
		t.Errorf("Find(first): %+v, %v, %v", got, found, err)
	}
	for _, ref := range []string{"second", "late"} {
		if _, found, _ := s.Find(ref); found {
			t.Errorf("a later change has set the reference %q", ref)
		}
	}
	s.commit(referring(change("order/c", 0), "second"))
}

func testHolds(t *testing.T, s *subject) {
	holder := func(holds, want string) {
		t.Helper()
		got, found, err := s.Holder(holds)
		if err != nil || found != (want != "") || got.ID != want {
			t.Fatalf("Holder(%s): %q, %v, %v, want %q", holds, got.ID, found, err, want)
		}
	}
	s.commit(holding(change("order/a", 0), "poi-1"))
	s.refuse(journal.ErrHeld, holding(change("order/b", 0, "X"), "poi-1"))
	s.commit(change("order/b", 0)) // none is not held
	s.commit(change("order/c", 0))
	s.refuse(journal.ErrHeld, holding(change("order/b", 1, "X"), "poi-1"))
	s.commit(holding(change("order/a", 1), "poi-1")) // its own
	holder("poi-1", "order/a")
	s.commit(holding(change("order/a", 2), "poi-2")) // another one instead
	holder("poi-1", "")
	holder("poi-2", "order/a")
	s.commit(holding(change("order/b", 1), "poi-1"))
	s.commit(change("order/a", 3)) // still open, holds nothing
	holder("poi-2", "")
	s.refuse(journal.ErrHeld, holding(change("order/c", 1), "poi-2"), holding(change("order/d", 0), "poi-2"))
	holder("poi-2", "")
	s.gapFree(0)
}

func testHoldsInBatch(t *testing.T, s *subject) {
	s.commit(holding(change("order/a", 0), "poi"))
	// The changes of a batch happen in their order: taken before it is let go is taken.
	s.refuse(journal.ErrHeld, holding(change("order/b", 0), "poi"), change("order/a", 1))
	s.commit(closing(change("order/a", 1)), holding(change("order/b", 0), "poi"))
	got, _, err := s.Holder("poi")
	if err != nil || got.ID != "order/b" {
		t.Fatalf("Holder: %q, %v", got.ID, err)
	}
	s.commit(change("order/b", 1), holding(change("order/a", 2), "poi"))
	got, _, _ = s.Holder("poi")
	check(t, "holder", "order/a", got.ID)
}

func testHoldsInCommit(t *testing.T, s *subject) {
	s.commit(holding(change("order/a", 0), "poi"))
	results := s.together(
		journal.Batch{holding(change("order/b", 0, "B"), "poi")}, // too early
		journal.Batch{change("order/a", 1, "A")},
		journal.Batch{holding(change("order/c", 0, "C"), "poi")},
		journal.Batch{holding(change("order/d", 0, "D"), "poi")}, // too late
	)
	for i, want := range []error{journal.ErrHeld, nil, nil, journal.ErrHeld} {
		if !errors.Is(results[i].err, want) {
			t.Errorf("batch %d: got %v, want %v", i, results[i].err, want)
		}
	}
	got, _, _ := s.Holder("poi")
	check(t, "holder", "order/c", got.ID)
	s.gapFree(2)
}

func testPrecedence(t *testing.T, s *subject) {
	s.commit(holding(referring(change("order/a", 0), "ref"), "poi"))
	s.refuse(journal.ErrConflict, holding(referring(change("order/a", 0), "ref"), "poi"))
	s.refuse(journal.ErrTaken, holding(referring(change("order/b", 0), "ref"), "poi"))
	s.refuse(journal.ErrHeld, holding(referring(change("order/b", 0), "other"), "poi"))
	s.refuse(journal.ErrConflict, change("order/a", 7), holding(change("order/b", 0), "poi"))
	s.refuse(journal.ErrHeld, holding(change("order/b", 0), "poi"), change("order/a", 7))
}

func testAtomic(t *testing.T, s *subject) {
	s.commit(holding(change("order/a", 0, "A"), "poi"))
	for _, bad := range []struct {
		want error
		last journal.Change
	}{
		{journal.ErrConflict, change("order/z", 3, "X")},
		{journal.ErrTaken, referring(change("order/z", 0, "X"), "new")},
		{journal.ErrHeld, holding(change("order/z", 0, "X"), "kept")},
	} {
		s.refuse(bad.want,
			closing(change("order/a", 1, "X")),
			holding(referring(change("order/b", 0, "X"), "new"), "kept"),
			bad.last)
		check(t, "the first stream", journal.Stream{
			ID: "order/a", Version: 1, Open: true, State: change("order/a", 0).State}, s.load("order/a"))
		if got, _, _ := s.Holder("poi"); got.ID != "order/a" {
			t.Errorf("%v: the hold was let go", bad.want)
		}
		if _, found, _ := s.Find("new"); found {
			t.Errorf("%v: the reference of a refused batch is there", bad.want)
		}
		s.gapFree(1)
	}
}

func testIsolation(t *testing.T, s *subject) {
	s.commit(holding(referring(change("order/a", 0), "ref"), "poi"))
	var batches []journal.Batch
	var wants []error
	for i := range 60 {
		good := change(fmt.Sprintf("order/n%d", i), 0, "Good", "Good")
		b, want := journal.Batch{good}, error(nil)
		switch i % 6 {
		case 1:
			b, want = journal.Batch{good, change("order/a", 9, "X")}, journal.ErrConflict
		case 2:
			b, want = journal.Batch{referring(good, "ref")}, journal.ErrTaken
		case 3:
			b, want = journal.Batch{holding(good, "poi")}, journal.ErrHeld
		case 4:
			b, want = journal.Batch{change(fmt.Sprintf("order/n%d", i-4), 0, "X")}, journal.ErrConflict // made in the same commit
		case 5:
			b = journal.Batch{good, change(fmt.Sprintf("order/n%d", i-5), 1)} // the same, at its version
		}
		batches, wants = append(batches, b), append(wants, want)
	}
	last := uint64(0)
	for i, r := range s.together(batches...) {
		if !errors.Is(r.err, wants[i]) {
			t.Errorf("batch %d: got %v, want %v", i, r.err, wants[i])
		}
		if wants[i] == nil {
			last += 2
			check(t, fmt.Sprintf("receipt %d", i), last, r.receipt.Last)
		}
	}
	s.gapFree(40)
	for _, e := range s.all() {
		if e.Kind != "Good" {
			t.Errorf("entry %d is a refused batch's", e.Seq)
		}
	}
}

func testMalformed(t *testing.T, s *subject) {
	many := make(journal.Batch, 3000)
	for i := range many {
		many[i] = change(fmt.Sprintf("order/%d", i), 0)
	}
	future := change("order/a", 0, "X")
	future.Facts[0].At = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	big := change("order/a", 0)
	big.State = bytes.Repeat([]byte("x"), 17<<20)
	for name, b := range map[string]journal.Batch{
		"no stream":    {change("", 0, "X")},
		"no kind":      {change("/a", 0, "X")},
		"no id":        {change("order/", 0, "X")},
		"no slash":     {change("order", 0, "X")},
		"long stream":  {change("order/"+strings.Repeat("x", 200), 0, "X")},
		"twice":        {change("order/a", 0, "X"), change("order/a", 1, "X")},
		"long ref":     {referring(change("order/a", 0, "X"), strings.Repeat("x", 600))},
		"long holds":   {holding(change("order/a", 0, "X"), strings.Repeat("x", 600))},
		"many changes": many,
		"out of time":  {future},
		"too large":    {change("order/b", 0), big},
	} {
		r := <-s.submit(b...)
		if !errors.Is(r.err, journal.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, r.err)
		}
	}
	s.commit(change("order/"+strings.Repeat("x", 194), 0, "A"))
	s.gapFree(1)
}
