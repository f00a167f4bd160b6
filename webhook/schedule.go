package webhook

import (
	"container/heap"
	"slices"
	"time"
)

// item is a delivery as the schedule knows it.
type item struct {
	id    string
	seq   uint64 // the journal's number of the fact that called for it
	queue string
	host  string
	due   time.Time
}

// schedule says which deliveries may be tried now: those that are due, first of their queue, while
// their host has a free lane. It is pure; everything about it comes from the journal.
type schedule struct {
	queues map[string][]item // oldest first; only the first may be tried
	hosts  map[string]*host
	ready  dueItems // first of their queue, neither tried now nor held back by their host
	inAir  int
	count  int
}

type host struct {
	inAir   int
	pending int
	held    []item // due, but all lanes of the host are taken
}

func newSchedule() *schedule {
	return &schedule{queues: make(map[string][]item), hosts: make(map[string]*host)}
}

// add takes a delivery. Those of a queue must be added oldest first. When it crowds its host, the first of
// its queue is due: it is parked untried, whenever its next try would have been.
func (s *schedule) add(it item) {
	s.count++
	if s.hosts[it.host] == nil {
		s.hosts[it.host] = &host{}
	}
	s.hosts[it.host].pending++
	s.queues[it.queue] = append(s.queues[it.queue], it)
	if len(s.queues[it.queue]) == 1 {
		heap.Push(&s.ready, it)
	} else if first := s.queues[it.queue][0]; s.crowded(it.host) && !first.due.IsZero() {
		s.hurry(first.id, time.Time{})
	}
}

// start gives the deliveries to try now, and counts them as in the air.
func (s *schedule) start(now time.Time) []item {
	var out []item
	for s.inAir < maxInAir && len(s.ready) > 0 && !s.ready[0].due.After(now) {
		it := heap.Pop(&s.ready).(item)
		h := s.hosts[it.host]
		if h.inAir >= perHost {
			h.held = append(h.held, it)
			continue
		}
		h.inAir++
		s.inAir++
		out = append(out, it)
	}
	return out
}

// again puts a delivery back that was tried, for another try.
func (s *schedule) again(it item, due time.Time) {
	s.land(it)
	it.due = due
	s.queues[it.queue][0] = it
	heap.Push(&s.ready, it)
}

// finish takes out a delivery that was tried for the last time.
func (s *schedule) finish(it item) {
	s.land(it)
	s.count--
	h := s.hosts[it.host]
	if h.pending--; h.pending == 0 {
		delete(s.hosts, it.host)
	}
	rest := s.queues[it.queue][1:]
	if len(rest) == 0 {
		delete(s.queues, it.queue)
		return
	}
	s.queues[it.queue] = rest
	heap.Push(&s.ready, rest[0])
}

func (s *schedule) land(it item) {
	h := s.hosts[it.host]
	h.inAir--
	s.inAir--
	if len(h.held) > 0 {
		heap.Push(&s.ready, h.held[0])
		h.held = h.held[1:]
	}
}

// hurry makes a delivery due now that waits for its next try at the head of its queue; ok is false when it
// does not.
func (s *schedule) hurry(id string, now time.Time) (ok bool) {
	i := slices.IndexFunc(s.ready, func(it item) bool { return it.id == id })
	if i < 0 {
		return false
	}
	s.ready[i].due = now
	s.queues[s.ready[i].queue][0].due = now
	heap.Fix(&s.ready, i)
	return true
}

// lift takes a delivery as if it were in the air, so that a person's word can be kept for it; ok is false
// when it is tried right now, or unknown here.
func (s *schedule) lift(id, queue string) (it item, ok bool) {
	i := slices.IndexFunc(s.ready, func(it item) bool { return it.id == id })
	if i >= 0 {
		it = s.ready[i]
		heap.Remove(&s.ready, i)
		s.hosts[it.host].inAir++
		s.inAir++
		return it, true
	}
	list := s.queues[queue]
	if i = slices.IndexFunc(list, func(it item) bool { return it.id == id }); i < 1 { // the first is in the air or held
		return item{}, false
	}
	it = list[i]
	s.queues[queue] = slices.Delete(list, i, i+1)
	it.queue += "/" + it.id
	s.queues[it.queue] = []item{it}
	s.hosts[it.host].inAir++
	s.inAir++
	return it, true
}

// next tells when start has something to give; ok is false while only a landing can change that.
func (s *schedule) next() (at time.Time, ok bool) {
	if len(s.ready) == 0 || s.inAir >= maxInAir {
		return time.Time{}, false
	}
	return s.ready[0].due, true
}

// crowded tells whether more deliveries wait for a host than may; the oldest are then parked
// untried, so that a dead receiver cannot use up what all share.
func (s *schedule) crowded(name string) bool {
	h := s.hosts[name]
	return h != nil && h.pending > maxHostQueue
}

type dueItems []item

func (d dueItems) Len() int { return len(d) }
func (d dueItems) Less(i, j int) bool {
	if !d[i].due.Equal(d[j].due) {
		return d[i].due.Before(d[j].due)
	}
	return d[i].seq < d[j].seq
}
func (d dueItems) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dueItems) Push(x any)   { *d = append(*d, x.(item)) }
func (d *dueItems) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	*d = (*d)[:last]
	return x
}
