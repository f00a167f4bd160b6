package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// LinkFact is the coming or going of a device's link, as the journal has it.
type LinkFact struct {
	At       time.Time
	Up       bool
	Software string
	Reason   string // why it went
}

// links remembers the newest link facts of each device. The journal keeps all devices' in one stream,
// which is too long to be read for one page.
type links struct {
	mu   sync.RWMutex
	by   map[string][]LinkFact // by POIID, oldest first
	from time.Time             // of the oldest fact that was looked at
}

// of gives a device's, newest first, and since when it knows.
func (l *links) of(poiid string) ([]LinkFact, time.Time) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	list := slices.Clone(l.by[poiid])
	slices.Reverse(list)
	return list, l.from
}

func (l *links) take(entries []journal.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		if l.from.IsZero() {
			l.from = e.At
		}
		f := LinkFact{At: e.At}
		var poiid string
		switch e.Kind {
		case "LinkUp":
			var up estate.LinkUp
			if json.Unmarshal(e.Payload, &up) != nil {
				continue // a note that nobody can read is left out; the link itself is shown anyway
			}
			poiid, f.Up, f.Software = up.POIID, true, up.Software
		case "LinkDown":
			var down estate.LinkDown
			if json.Unmarshal(e.Payload, &down) != nil {
				continue
			}
			poiid, f.Reason = down.POIID, down.Reason
		default:
			continue
		}
		if l.by == nil {
			l.by = make(map[string][]LinkFact)
		}
		list := append(l.by[poiid], f)
		l.by[poiid] = list[max(0, len(list)-maxLinks):]
	}
}

// Run follows the journal for the link history until ctx ends.
func (h *Handler) Run(ctx context.Context) error {
	nudges := h.Feed.Watch(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	after := uint64(0)
	if last := h.Feed.Last(); last > maxLinkFacts {
		after = last - maxLinkFacts
	}
	for {
		entries, err := h.Feed.Entries(after, entriesPage)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("dashboard: follow the journal: %w", err)
		}
		h.links.take(entries)
		if len(entries) > 0 {
			after = entries[len(entries)-1].Seq
		}
		if len(entries) == entriesPage && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-nudges:
			if !ok {
				nudges = nil
			}
		case <-poll.C:
		}
	}
}
