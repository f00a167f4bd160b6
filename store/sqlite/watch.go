package sqlite

import (
	"context"
	"sync"
)

// watchers are the channels that a commit nudges.
type watchers struct {
	mu     sync.Mutex
	set    map[chan struct{}]func() bool // and what ends the wait for their context
	closed bool
}

func (w *watchers) add(ctx context.Context) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	nudges := make(chan struct{}, 1)
	if w.closed || len(w.set) >= maxWatchers {
		close(nudges)
		return nudges
	}
	if w.set == nil {
		w.set = make(map[chan struct{}]func() bool)
	}
	w.set[nudges] = context.AfterFunc(ctx, func() { w.remove(nudges) })
	return nudges
}

func (w *watchers) remove(nudges chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, found := w.set[nudges]; found {
		delete(w.set, nudges)
		close(nudges)
	}
}

func (w *watchers) nudge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for nudges := range w.set {
		select {
		case nudges <- struct{}{}:
		default:
		}
	}
}

func (w *watchers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for nudges, stop := range w.set {
		stop()
		close(nudges)
	}
	clear(w.set)
}
