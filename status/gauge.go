package status

import (
	"sync"
	"time"
)

// The window over which gauges measure.
const (
	slotTime = 10 * time.Second
	slots    = 30
)

// bounds are the upper ends of the spans of time that a gauge tells apart.
var bounds = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
}

// Gauge counts things that take a time and may fail, over the last 5 minutes. Its methods take some
// nanoseconds and may be called from any goroutine.
type Gauge struct {
	mu    sync.Mutex
	slots [slots]slot
}

type slot struct {
	number        int64 // which span of slotTime since 1970
	count, failed int
	took          [len(bounds) + 1]int
}

// Note counts one.
func (g *Gauge) Note(now time.Time, took time.Duration, failed bool) {
	i := 0
	for i < len(bounds) && took > bounds[i] {
		i++
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	number := now.UnixNano() / int64(slotTime)
	s := &g.slots[int(number%slots+slots)%slots]
	if s.number != number {
		*s = slot{number: number}
	}
	s.count++
	s.took[i]++
	if failed {
		s.failed++
	}
}

// Read gives how many there were, how many failed, and the time within which 95 of 100 came; that is the upper end of a
// span, and 0 when there were none.
func (g *Gauge) Read(now time.Time) (count, failed int, p95 time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	number := now.UnixNano() / int64(slotTime)
	var took [len(bounds) + 1]int
	for _, s := range g.slots {
		if s.number <= number-slots || s.number > number {
			continue
		}
		count, failed = count+s.count, failed+s.failed
		for i, n := range s.took {
			took[i] += n
		}
	}
	if count == 0 {
		return 0, 0, 0
	}
	seen := 0
	for i, n := range took {
		if seen += n; seen*100 >= count*95 {
			return count, failed, bounds[min(i, len(bounds)-1)]
		}
	}
	return count, failed, bounds[len(bounds)-1]
}
