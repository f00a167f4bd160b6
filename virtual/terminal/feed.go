package terminal

import "sync"

// maxNotes is how far a listener may fall behind before it is let go.
const maxNotes = 256

// Note is something that a person in front of the terminal would see. One field is set.
type Note struct {
	Screen   *Screen
	Receipt  *Receipt
	Finished *Attempt
	Ordered  *Outcome
	Told     *Told
	Tests    *Tests
	Status   *Status
}

// feed tells listeners what happens, in order. One that does not listen is let go: its channel
// closes, and it may come back and read the present state.
type feed struct {
	mu        sync.Mutex
	listeners map[chan Note]struct{}
}

func newFeed() *feed { return &feed{listeners: map[chan Note]struct{}{}} }

func (f *feed) listen() (<-chan Note, func()) {
	ch := make(chan Note, maxNotes)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners[ch] = struct{}{}
	return ch, func() { f.drop(ch) }
}

func (f *feed) drop(ch chan Note) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.listeners[ch]; ok {
		delete(f.listeners, ch)
		close(ch)
	}
}

func (f *feed) tell(n Note) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ch := range f.listeners {
		select {
		case ch <- n:
		default:
			delete(f.listeners, ch)
			close(ch)
		}
	}
}
