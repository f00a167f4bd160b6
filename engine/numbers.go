package engine

import (
	"container/heap"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"kassa/journal"
)

// numbers gives every order, attempt and refund a number that is unique in the installation and
// rises: Unix microseconds, or one more than the last where the clock says less. A block of them is
// reserved durably, so that a clock that was set back over a restart repeats none.
type numbers struct {
	last    int64
	limit   int64 // durable, or on its way in a batch handed over before
	version uint64
	moved   bool
}

const numbersStream = "engine/numbers"

// numberBlock is what one reservation covers: ten seconds' worth of microseconds.
const numberBlock = 10_000_000

type numbersState struct {
	Limit int64 `json:"limit"`
}

func (n *numbers) load(store Reader) error {
	stream, ok, err := store.Load(numbersStream)
	if err != nil {
		return fmt.Errorf("engine: read numbers: %w", err)
	}
	if !ok {
		return nil
	}
	var s numbersState
	if err := json.Unmarshal(stream.State, &s); err != nil {
		return fmt.Errorf("engine: state of numbers: %w", err)
	}
	n.last, n.limit, n.version = s.Limit, s.Limit, stream.Version
	return nil
}

func (n *numbers) take(now time.Time) int64 {
	n.last = max(n.last+1, now.UnixMicro())
	if n.last > n.limit {
		n.limit = n.last + numberBlock
		n.moved = true
	}
	return n.last
}

// change gives the reservation that goes with the next batch, if one is due.
func (n *numbers) change() (journal.Change, bool) {
	if !n.moved {
		return journal.Change{}, false
	}
	n.moved = false
	state, err := json.Marshal(numbersState{Limit: n.limit})
	if err != nil {
		panic(err) // a struct of one integer
	}
	c := journal.Change{Stream: numbersStream, Expect: n.version, State: state}
	n.version++
	return c, true
}

// parseID is the inverse of kassa.FormatID.
func parseID(id string) (int64, bool) {
	n, err := strconv.ParseInt(id, 36, 64)
	return n, err == nil && n > 0
}

// dueHeap orders deadlines: one entry for each order that has one.
type dueHeap struct{ entries dueEntries }

type dueEntry struct {
	at    time.Time // zero while it is not in the heap
	id    string
	index int
}

// set moves an entry to an instant, or takes it out when that is zero.
func (h *dueHeap) set(e *dueEntry, at time.Time) {
	in := !e.at.IsZero()
	switch {
	case at.Equal(e.at):
	case at.IsZero():
		heap.Remove(&h.entries, e.index)
		e.at = at
	case in:
		e.at = at
		heap.Fix(&h.entries, e.index)
	default:
		e.at = at
		heap.Push(&h.entries, e)
	}
}

func (h *dueHeap) next() (time.Time, bool) {
	if len(h.entries) == 0 {
		return time.Time{}, false
	}
	return h.entries[0].at, true
}

func (h *dueHeap) pop(now time.Time) []string {
	var ids []string
	for len(h.entries) > 0 && !h.entries[0].at.After(now) {
		e := heap.Pop(&h.entries).(*dueEntry)
		e.at = time.Time{}
		ids = append(ids, e.id)
	}
	return ids
}

type dueEntries []*dueEntry

func (e dueEntries) Len() int { return len(e) }
func (e dueEntries) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].id < e[j].id
}
func (e dueEntries) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i, j
}
func (e *dueEntries) Push(x any) {
	entry := x.(*dueEntry)
	entry.index = len(*e)
	*e = append(*e, entry)
}
func (e *dueEntries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return x
}
