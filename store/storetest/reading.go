package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"kassa/journal"
)

// ids gives the ids of the open streams of a kind, in the order they come.
func (s *subject) openIDs(kind string) (ids []string) {
	s.t.Helper()
	err := s.OpenStreams(kind, func(stream journal.Stream) error {
		if !stream.Open {
			s.t.Errorf("%s is not open", stream.ID)
		}
		ids = append(ids, stream.ID)
		return nil
	})
	if err != nil {
		s.t.Fatalf("OpenStreams: %v", err)
	}
	return ids
}

func testOpenIndex(t *testing.T, s *subject) {
	s.commit(
		change("order/b", 0), change("order/a", 0), closing(change("order/c", 0)), change("order/a/2", 0),
		change("order-x/a", 0), change("orders/a", 0), change("orde/a", 0), change("order0/a", 0))
	check(t, "open", []string{"order/a", "order/a/2", "order/b"}, s.openIDs("order"))
	s.commit(closing(change("order/a", 1)), change("order/c", 1))
	check(t, "after changes", []string{"order/a/2", "order/b", "order/c"}, s.openIDs("order"))
	s.commit(change("order/c", 2))
	s.commit(closing(change("order/b", 1)))
	s.reopen()
	check(t, "after reopen", []string{"order/a/2", "order/c"}, s.openIDs("order"))
	check(t, "another kind", []string{"orders/a"}, s.openIDs("orders"))
	check(t, "no kind", []string(nil), s.openIDs("none"))
}

func testOpenStreamsReentrant(t *testing.T, s *subject) {
	const n = 600
	var made []<-chan result
	for i := range n {
		made = append(made, s.submit(change(fmt.Sprintf("order/%04d", i), 0)))
	}
	for _, m := range made {
		<-m
	}
	seen := 0
	err := s.OpenStreams("order", func(stream journal.Stream) error {
		seen++
		if got := s.load(stream.ID); got.Version != 1 {
			t.Errorf("%s is at version %d", stream.ID, got.Version)
		}
		s.commit(closing(change(stream.ID, stream.Version)))
		return nil
	})
	if err != nil || seen != n {
		t.Errorf("saw %d of %d, %v", seen, n, err)
	}
	check(t, "left open", []string(nil), s.openIDs("order"))
	s.commit(change("order/0000", 2), change("order/0001", 2))
	stop := errors.New("stop")
	seen = 0
	err = s.OpenStreams("order", func(journal.Stream) error { seen++; return stop })
	if !errors.Is(err, stop) || seen != 1 {
		t.Errorf("after an error of each: %d more calls, %v", seen-1, err)
	}
}

func testStreams(t *testing.T, s *subject) {
	var want []string
	for i := range 25 {
		id := fmt.Sprintf("order/%02d", i)
		want = append(want, id)
		s.commit(change(id, 0), change(fmt.Sprintf("poi/%02d", i), 0))
	}
	s.commit(change("order-/x", 0), change("order0/x", 0))
	for _, limit := range []int{1, 7, 25, 100} {
		var got []string
		for after := ""; ; {
			page, err := s.Streams("order", after, limit)
			if err != nil || len(page) > limit {
				t.Fatalf("Streams: %d of at most %d, %v", len(page), limit, err)
			}
			if len(page) == 0 {
				break
			}
			for _, stream := range page {
				got = append(got, stream.ID)
			}
			after = page[len(page)-1].ID
		}
		check(t, fmt.Sprintf("in pages of %d", limit), want, got)
	}
	page, err := s.Streams("order", "order/99", 10)
	if len(page) != 0 || err != nil {
		t.Errorf("beyond the end: %v, %v", page, err)
	}
	page, err = s.Streams("order", "order/24", 0)
	if len(page) != 0 || err != nil {
		t.Errorf("no limit, nothing: %v, %v", page, err)
	}
}

func testNewest(t *testing.T, s *subject) {
	scopes := []string{"a", "b", ""}
	want := map[string][]string{}
	for i := range 24 {
		c := change(fmt.Sprintf("order/%02d", i), 0)
		c.Scope = scopes[i%3]
		s.commit(c, change(fmt.Sprintf("poi/%02d", i), 0))
		want[c.Scope] = append([]string{c.Stream}, want[c.Scope]...)
		want["all"] = append([]string{c.Stream}, want["all"]...)
		if c.Scope != "" {
			want["a+b"] = append([]string{c.Stream}, want["a+b"]...)
		}
	}
	later := change("order/00", 1) // a scope is set once
	later.Scope = "b"
	s.commit(later)
	s.commit(change("order-/x", 0), change("order0/x", 0))
	for name, asked := range map[string][]string{"all": nil, "a": {"a"}, "b": {"b"}, "a+b": {"a", "b"}, "none": {"c"}, "nobody": {}} {
		for _, limit := range []int{1, 5, 100} {
			var got []string
			for before := ""; ; {
				page, err := s.Newest("order", asked, before, limit)
				if err != nil || len(page) > limit {
					t.Fatalf("Newest: %d of at most %d, %v", len(page), limit, err)
				}
				if len(page) == 0 {
					break
				}
				for _, stream := range page {
					got = append(got, stream.ID)
				}
				before = page[len(page)-1].ID
			}
			check(t, fmt.Sprintf("%s in pages of %d", name, limit), want[name], got)
		}
	}
}

func testEntries(t *testing.T, s *subject) {
	for i := range 20 {
		s.commit(change(fmt.Sprintf("order/%d", i), 0, "A", "B", "C"))
	}
	for _, test := range []struct {
		after       uint64
		limit       int
		first, want int
	}{
		{0, 1, 1, 1}, {0, 100, 1, 60}, {57, 2, 58, 2}, {58, 100, 59, 2}, {60, 10, 0, 0},
		{1 << 63, 10, 0, 0}, {0, 0, 0, 0},
	} {
		got, err := s.Entries(test.after, test.limit)
		if err != nil || len(got) != test.want || test.want > 0 && got[0].Seq != uint64(test.first) {
			t.Errorf("Entries(%d, %d): %d entries, %v", test.after, test.limit, len(got), err)
		}
	}
}

func testStreamEntries(t *testing.T, s *subject) {
	s.commit(change("order/a", 0, "A1"), change("order/b", 0, "B1"))
	s.commit(change("order/a", 1))
	s.commit(change("order/b", 1, "B2"), change("order/a", 2, "A3", "A3+"))
	s.commit(change("order/a", 3, "A4"))
	for upTo, want := range map[uint64][]string{
		0: {"A1", "A3", "A3+", "A4"}, 1: {"A1"}, 2: {"A1"}, 3: {"A1", "A3", "A3+"}, 9: {"A1", "A3", "A3+", "A4"},
	} {
		entries, err := s.StreamEntries("order/a", upTo)
		if err != nil {
			t.Fatalf("StreamEntries: %v", err)
		}
		var got []string
		for i, e := range entries {
			got = append(got, e.Kind)
			if e.Stream != "order/a" || i > 0 && e.Seq <= entries[i-1].Seq {
				t.Errorf("entry %+v does not belong here", e)
			}
		}
		check(t, fmt.Sprintf("up to %d", upTo), want, got)
	}
}

func testLarge(t *testing.T, s *subject) {
	large := change("order/a", 0, "Large")
	large.State = bytes.Repeat([]byte(`"0123456789abcdef",`), 4<<20/19)
	large.Facts[0].Payload = bytes.Repeat([]byte("p"), 1<<20)
	s.commit(large, change("order/b", 0, "Small"))
	s.commit(change("order/c", 0, "Small"))
	s.reopen()
	if !bytes.Equal(s.load("order/a").State, large.State) {
		t.Error("a large state is not read as it was written")
	}
	entries, err := s.Entries(0, 1)
	if err != nil || !bytes.Equal(entries[0].Payload, large.Facts[0].Payload) {
		t.Errorf("a large payload is not read as it was written: %v", err)
	}
	s.commit(change("order/a", 1))
	check(t, "small again", change("order/a", 1).State, s.load("order/a").State)
	s.gapFree(3)
}
