package journal

import (
	"fmt"
	"strings"
)

// Bounds of one batch; beyond them it fails with ErrMalformed.
const (
	maxChanges     = 2048
	maxFacts       = 1024 // of one change
	maxStreamBytes = 200  // Change
	maxNameBytes   = 512  // ref, holds, and a fact's kind and scope
	maxValueBytes  = 16 << 20
	// The years whose every instant a count of nanoseconds can hold.
	minYear = 1678
	maxYear = 2261
)

// Check tells how large a batch is, and whether it keeps the rules and limits. Stores ask it before
// they try a batch.
func (b Batch) Check() (size int, err error) {
	if len(b) > maxChanges {
		return 0, fmt.Errorf("%w: %d changes", ErrMalformed, len(b))
	}
	for i := range b {
		n, err := b[i].check()
		if err != nil {
			return 0, err
		}
		size += n
		for j := range i {
			if b[j].Stream == b[i].Stream {
				return 0, fmt.Errorf("%w: stream %q occurs twice", ErrMalformed, b[i].Stream)
			}
		}
	}
	return size, nil
}

func (c *Change) check() (size int, err error) {
	kind, id, _ := strings.Cut(c.Stream, "/")
	switch {
	case kind == "" || id == "" || len(c.Stream) > maxStreamBytes:
		return 0, fmt.Errorf("%w: stream %q is not kind/id of at most %d bytes", ErrMalformed, c.Stream, maxStreamBytes)
	case len(c.Ref) > maxNameBytes || len(c.Holds) > maxNameBytes || len(c.Scope) > maxNameBytes:
		return 0, fmt.Errorf("%w: stream %q: ref, scope or holds is too long", ErrMalformed, c.Stream)
	case len(c.State) > maxValueBytes:
		return 0, fmt.Errorf("%w: stream %q: state of %d bytes", ErrMalformed, c.Stream, len(c.State))
	case len(c.Facts) > maxFacts:
		return 0, fmt.Errorf("%w: stream %q: %d facts", ErrMalformed, c.Stream, len(c.Facts))
	}
	size = len(c.State)
	for i := range c.Facts {
		f := &c.Facts[i]
		switch {
		case len(f.Payload) > maxValueBytes:
			return 0, fmt.Errorf("%w: stream %q: payload of %d bytes", ErrMalformed, c.Stream, len(f.Payload))
		case len(f.Kind) > maxNameBytes || len(f.Scope) > maxNameBytes:
			return 0, fmt.Errorf("%w: stream %q: a fact's kind or scope is too long", ErrMalformed, c.Stream)
		case f.At.Year() < minYear || f.At.Year() > maxYear:
			return 0, fmt.Errorf("%w: stream %q: a fact at %v", ErrMalformed, c.Stream, f.At)
		}
		size += len(f.Payload)
	}
	return size, nil
}
