package journal

import "sync"

// Notebook appends facts that belong to no aggregate (refused calls, links that come and go) to one
// stream, in the order in which they are noted. It is safe for concurrent use.
type Notebook struct {
	stream string
	submit func(Batch, func(Receipt, error))

	mu      sync.Mutex
	version uint64
}

// NewNotebook continues the stream at the version that it has.
func NewNotebook(stream string, version uint64, submit func(Batch, func(Receipt, error))) *Notebook {
	return &Notebook{stream: stream, version: version, submit: submit}
}

// Note hands a fact to the store and returns; done, when not nil, hears how it ended. Stores make
// batches durable in the order of submission, so the versions follow each other without waiting.
func (n *Notebook) Note(f Fact, done func(Receipt, error)) {
	if done == nil {
		done = func(Receipt, error) {}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.submit(Batch{{Stream: n.stream, Expect: n.version, State: []byte("{}"), Facts: []Fact{f}}}, done)
	n.version++
}
