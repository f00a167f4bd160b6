package estate

import (
	"context"
	"strings"
	"sync"
)

// Change tells what of the estate changed: the kind of thing, and its id. Kinds are account, group,
// shop, terminal, device, key, settings (whose id is an Owner's String), reported and wish.
type Change struct{ Kind, ID string }

// watchBuffer is how many changes may wait for a watcher before it misses some.
const watchBuffer = 256

// watchers are who wants to know of changes.
type watchers struct {
	mu  sync.Mutex
	all map[chan Change]bool
}

// Watch nudges after changes until ctx ends, and then closes the channel. A nudge is no message: who is
// slow misses some, and reads what is there.
func (r *Registry) Watch(ctx context.Context) <-chan Change {
	c := make(chan Change, watchBuffer)
	w := &r.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = make(map[chan Change]bool)
	}
	w.all[c] = true
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
		close(c)
	})
	return c
}

func (w *watchers) nudge(stream string) {
	kind, id, _ := strings.Cut(stream, "/")
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- Change{Kind: kind, ID: id}:
		default:
		}
	}
}
