package sim

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// scheduler is the clock and the order of everything that happens. What is due at the same instant
// happens in the order in which it was asked for.
type scheduler struct {
	now    time.Time
	chance *rand.Rand
	queue  eventHeap
	asked  uint64
	steps  int
	trace  trace
}

type event struct {
	at time.Time
	n  uint64
	do func()
}

// epochs are when a run may begin: on a plain morning, or a little before the end of a day, of a
// month that has a leap day, of a year, or of winter time.
func epochs() []time.Time {
	return []time.Time{
		time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 21, 23, 58, 30, 0, time.UTC), time.Date(2028, 2, 28, 23, 58, 30, 0, time.UTC),
		time.Date(2026, 12, 31, 23, 58, 30, 0, time.UTC), time.Date(2027, 3, 28, 0, 58, 30, 0, time.UTC),
	}
}

func newScheduler(seed uint64) *scheduler {
	s := &scheduler{chance: rand.New(rand.NewPCG(seed, 0x6b61737361))}
	s.now = epochs()[s.chance.IntN(len(epochs()))]
	s.trace = newTrace(s.now)
	return s
}

// after lets something happen later.
func (s *scheduler) after(d time.Duration, do func()) { s.at(s.now.Add(max(d, 0)), do) }

func (s *scheduler) at(t time.Time, do func()) {
	s.asked++
	heap.Push(&s.queue, event{at: t, n: s.asked, do: do})
}

// run lets everything happen that is due until an instant, at most so many steps. It is false when
// the steps were used up.
func (s *scheduler) run(until time.Time, steps int) bool {
	for len(s.queue) > 0 && !s.queue[0].at.After(until) {
		if steps--; steps < 0 {
			return false
		}
		e := heap.Pop(&s.queue).(event)
		s.now = e.at
		s.steps++
		e.do()
	}
	s.now = until
	return true
}

// between draws a duration.
func (s *scheduler) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.chance.Int64N(int64(most-least)+1))
}

// often is true with a probability.
func (s *scheduler) often(p float64) bool { return s.chance.Float64() < p }

// note writes a line of the trace.
func (s *scheduler) note(who, what, detail string) {
	s.trace.add(line{at: s.now.Sub(s.trace.begin), who: who, what: what, detail: detail})
}

// Read makes the chance a source of random bytes for keys, nonces and jitter.
func (s *scheduler) Read(p []byte) (int, error) {
	for i := 0; i < len(p); i += 8 {
		v := s.chance.Uint64()
		for j := i; j < min(i+8, len(p)); j++ {
			p[j] = byte(v)
			v >>= 8
		}
	}
	return len(p), nil
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].n < h[j].n
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = event{}
	*h = (*h)[:last]
	return e
}

// line is one thing that happened.
type line struct {
	at                time.Duration // since the beginning
	who, what, detail string
}

func (l line) String() string {
	return l.at.String() + " " + l.who + " " + l.what + " " + l.detail
}

// trace keeps the last lines, and a hash of them all, by which two runs are compared.
type trace struct {
	begin time.Time
	sum   uint64
	last  []line
	next  int
	each  func(string) // hears every line, when set
}

// keptLines is how many of the last lines a failure shows.
const keptLines = 50

func newTrace(begin time.Time) trace {
	h := fnv.New64a()
	return trace{begin: begin, sum: h.Sum64(), last: make([]line, 0, keptLines)}
}

const fnvPrime = 1099511628211

func (t *trace) add(l line) {
	for v := uint64(l.at); v > 0; v >>= 8 {
		t.sum = (t.sum ^ v&0xff) * fnvPrime
	}
	for _, s := range [...]string{l.who, l.what, l.detail} {
		for i := range len(s) {
			t.sum = (t.sum ^ uint64(s[i])) * fnvPrime
		}
	}
	if t.each != nil {
		t.each(l.String())
	}
	if len(t.last) < keptLines {
		t.last = append(t.last, l)
		return
	}
	t.last[t.next] = l
	t.next = (t.next + 1) % keptLines
}

// tail gives the last lines, oldest first.
func (t *trace) tail() []string {
	var out []string
	for _, l := range slices.Concat(t.last[t.next:], t.last[:t.next]) {
		out = append(out, l.String())
	}
	return out
}
