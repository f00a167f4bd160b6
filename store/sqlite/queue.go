package sqlite

import (
	"sync"

	"kassa/journal"
)

// request is a batch that waits for the writer.
type request struct {
	batch journal.Batch
	done  func(journal.Receipt, error)
	size  int
	// err, when not nil, is why the batch is not even tried; it waits all the same, so that done
	// is called in order.
	err error
}

// queue holds what waits, in order, and within the limits.
type queue struct {
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	waiting  []request
	bytes    int
	closed   bool
}

func newQueue() *queue {
	q := &queue{}
	q.notEmpty.L = &q.mu
	q.notFull.L = &q.mu
	return q
}

// put waits for room and adds r; it reports false once the queue is closed.
func (q *queue) put(r request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.waiting) > 0 &&
		(len(q.waiting) >= maxQueueBatches || q.bytes+r.size > maxQueueBytes) {
		q.notFull.Wait()
	}
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, r)
	q.bytes += r.size
	if len(q.waiting) == 1 {
		q.notEmpty.Signal()
	}
	return true
}

// take waits for something and moves as much of it to group as one commit may hold. It reports
// false when the queue is closed and empty.
func (q *queue) take(group []request) ([]request, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return group, false
		}
		q.notEmpty.Wait()
	}
	n, size := 0, 0
	for n < len(q.waiting) && n < maxGroupBatches && (n == 0 || size+q.waiting[n].size <= maxGroupBytes) {
		size += q.waiting[n].size
		n++
	}
	group = append(group, q.waiting[:n]...)
	rest := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	q.bytes -= size
	q.notFull.Broadcast()
	return group, true
}

// close refuses what comes; what waits can still be taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.notEmpty.Broadcast()
	q.notFull.Broadcast()
}
