package journal

import (
	"fmt"
	"time"

	"kassa"
)

// OrderAt folds an order up to one of its facts, without those that came with the same change after it; read
// gives the facts of a stream up to a version.
func OrderAt(read func(stream string, upTo uint64) ([]Entry, error), entry Entry) (kassa.Order, error) {
	entries, err := read(entry.Stream, entry.Version)
	if err != nil {
		return kassa.Order{}, fmt.Errorf("journal: read %s: %w", entry.Stream, err)
	}
	var at []time.Time
	var events []kassa.Event
	for _, e := range entries {
		if e.Seq > entry.Seq {
			break
		}
		event, err := kassa.DecodeEvent(e.Kind, e.Payload)
		if err != nil {
			return kassa.Order{}, fmt.Errorf("journal: read %s: %w", entry.Stream, err)
		}
		at, events = append(at, e.At), append(events, event)
	}
	if len(events) == 0 {
		return kassa.Order{}, fmt.Errorf("journal: %s has no facts", entry.Stream)
	}
	return kassa.Fold(at, events), nil
}
