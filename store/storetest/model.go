package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kassa/journal"
)

// model says what a store should hold, in the plainest way.
type model struct {
	streams []modelStream
	facts   []string
}

type modelStream struct {
	id, ref, holds string
	version        uint64
	open           bool
	state          string
}

func (m *model) find(match func(modelStream) bool) int { return slices.IndexFunc(m.streams, match) }

// apply gives the model after a batch, or the model as it was and an error.
func (m *model) apply(b journal.Batch) (*model, error) {
	next := &model{slices.Clone(m.streams), slices.Clone(m.facts)}
	for _, c := range b {
		i := next.find(func(s modelStream) bool { return s.id == c.Stream })
		if i < 0 {
			if c.Expect != 0 {
				return m, journal.ErrConflict
			}
			if c.Ref != "" && next.find(func(s modelStream) bool { return s.ref == c.Ref }) >= 0 {
				return m, journal.ErrTaken
			}
			i = len(next.streams)
			next.streams = append(next.streams, modelStream{id: c.Stream, ref: c.Ref})
		}
		s := &next.streams[i]
		if s.version != c.Expect {
			return m, journal.ErrConflict
		}
		if c.Holds != "" && next.find(func(o modelStream) bool { return o.holds == c.Holds && o.id != c.Stream }) >= 0 {
			return m, journal.ErrHeld
		}
		s.version, s.open, s.state, s.holds = s.version+1, c.Open, string(c.State), c.Holds
	}
	for _, c := range b {
		for _, f := range c.Facts {
			next.facts = append(next.facts, fmt.Sprintf("%d %s %d %s %s", len(next.facts)+1, c.Stream, c.Expect+1, f.Kind, f.Payload))
		}
	}
	return next, nil
}

// testModel compares the store with the model after random batches, several to a commit, and
// across restarts. A failure names its seed.
func testModel(t *testing.T, s *subject) {
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 1))
		kind := fmt.Sprintf("kind%d", seed)
		m := &model{}
		offset := s.Last()
		for range 30 {
			var batches []journal.Batch
			var wants []error
			for range 1 + random.IntN(12) {
				b := randomBatch(random, kind, m)
				next, want := m.apply(b)
				m = next
				batches, wants = append(batches, b), append(wants, want)
			}
			for i, r := range s.together(batches...) {
				if !errors.Is(r.err, wants[i]) {
					t.Fatalf("seed %d: batch %d: got %v, want %v", seed, i, r.err, wants[i])
				}
			}
		}
		s.reopen()
		compare(t, s, kind, m, offset)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func randomBatch(random *rand.Rand, kind string, m *model) journal.Batch {
	pick := func(prefix string, n int) string {
		if i := random.IntN(2 * n); i < n {
			return fmt.Sprintf("%s-%s-%d", kind, prefix, i)
		}
		return ""
	}
	var b journal.Batch
	for range 1 + random.IntN(3) {
		id := fmt.Sprintf("%s/%02d", kind, random.IntN(20))
		if slices.ContainsFunc(b, func(c journal.Change) bool { return c.Stream == id }) {
			continue
		}
		var expect uint64
		if i := m.find(func(s modelStream) bool { return s.id == id }); i >= 0 {
			expect = m.streams[i].version
		}
		if random.IntN(12) == 0 {
			expect = random.Uint64N(3)
		}
		kinds := []string{"A", "B", "C"}[:random.IntN(4)]
		c := holding(referring(change(id, expect, kinds...), pick("ref", 30)), pick("poi", 8))
		c.Open = random.IntN(2) == 0
		c.State = []byte(strings.Repeat("s", random.IntN(6000)))
		b = append(b, c)
	}
	return b
}

func compare(t *testing.T, s *subject, kind string, m *model, offset uint64) {
	t.Helper()
	want := slices.SortedFunc(slices.Values(m.streams), func(a, b modelStream) int { return strings.Compare(a.id, b.id) })
	streams, err := s.Streams(kind, "", 1000)
	if err != nil || len(streams) != len(want) {
		t.Fatalf("%d streams, want %d: %v", len(streams), len(want), err)
	}
	var open []string
	for i, w := range want {
		check(t, w.id, journal.Stream{ID: w.id, Version: w.version, Open: w.open, State: []byte(w.state)}, streams[i])
		if w.open {
			open = append(open, w.id)
		}
		if got, _, _ := s.Find(w.ref); w.ref != "" && got.ID != w.id {
			t.Errorf("Find(%s): %q, want %q", w.ref, got.ID, w.id)
		}
		if got, _, _ := s.Holder(w.holds); w.holds != "" && got.ID != w.id {
			t.Errorf("Holder(%s): %q, want %q", w.holds, got.ID, w.id)
		}
	}
	check(t, "open", open, s.openIDs(kind))
	for i := range 8 {
		holds := fmt.Sprintf("%s-poi-%d", kind, i)
		_, found, _ := s.Holder(holds)
		if held := m.find(func(o modelStream) bool { return o.holds == holds }) >= 0; found != held {
			t.Errorf("Holder(%s): found %v, want %v", holds, found, held)
		}
	}
	var facts []string
	for _, e := range s.all()[offset:] {
		facts = append(facts, fmt.Sprintf("%d %s %d %s %s", e.Seq-offset, e.Stream, e.Version, e.Kind, e.Payload))
	}
	check(t, "journal", m.facts, facts)
}
