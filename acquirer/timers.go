package acquirer

import (
	"container/heap"
	"time"
)

// timer is one instant at which a job or a connection wants attention. It is stale when they have
// another one by now.
type timer struct {
	at   time.Time
	n    uint64 // first armed, first served
	job  *job
	link *connection
}

func (t timer) stale() bool {
	if t.job != nil {
		return t.job.state == jobDone || !t.job.due.Equal(t.at)
	}
	return !t.link.due.Equal(t.at)
}

// timers is a heap. A stale timer stays until it comes up; there are at most as many as requests
// within the longest time-out.
type timers struct {
	list timerList
	n    uint64
}

func (t *timers) add(x timer) {
	t.n++
	x.n = t.n
	heap.Push(&t.list, x)
}

func (t *timers) skipStale() {
	for len(t.list) > 0 && t.list[0].stale() {
		heap.Pop(&t.list)
	}
}

func (t *timers) next() (time.Time, bool) {
	t.skipStale()
	if len(t.list) == 0 {
		return time.Time{}, false
	}
	return t.list[0].at, true
}

// pop gives a timer whose instant has come.
func (t *timers) pop(now time.Time) (timer, bool) {
	t.skipStale()
	if len(t.list) == 0 || t.list[0].at.After(now) {
		return timer{}, false
	}
	return heap.Pop(&t.list).(timer), true
}

type timerList []timer

func (l timerList) Len() int { return len(l) }
func (l timerList) Less(a, b int) bool {
	if !l[a].at.Equal(l[b].at) {
		return l[a].at.Before(l[b].at)
	}
	return l[a].n < l[b].n
}
func (l timerList) Swap(a, b int) { l[a], l[b] = l[b], l[a] }
func (l *timerList) Push(x any)   { *l = append(*l, x.(timer)) }
func (l *timerList) Pop() any {
	last := (*l)[len(*l)-1]
	(*l)[len(*l)-1] = timer{}
	*l = (*l)[:len(*l)-1]
	return last
}
