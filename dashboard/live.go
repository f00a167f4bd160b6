package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kassa/journal"
)

// change is what a message of the live stream tells: which orders the facts since the last one are
// about, and whether there were other facts, or calls of the API. The page then asks for itself again.
type change struct {
	Orders []string `json:"orders,omitempty"`
	Others bool     `json:"others,omitempty"`
	Calls  bool     `json:"calls,omitempty"`
	// Whole tells that too much has happened to name it.
	Whole bool `json:"whole,omitempty"`
}

func (c change) empty() bool { return len(c.Orders) == 0 && !c.Others && !c.Calls }

// live is the stream of changes after a fact: the number in the query, or that of the last message
// which a browser that comes back has seen.
func (h *Handler) live(w http.ResponseWriter, r *http.Request) {
	after, err := cursor(r)
	if err != nil {
		http.Error(w, "after must be the number of a fact, as the page has it in data-seq", http.StatusBadRequest)
		return
	}
	if h.viewers.Add(1) > maxViewers {
		h.viewers.Add(-1)
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many pages are open; the page itself can still be loaded", http.StatusServiceUnavailable)
		return
	}
	defer h.viewers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	s := stream{w: w, flush: http.NewResponseController(w).Flush}
	if s.send(": follows the journal\n\n") == nil {
		h.follow(r.Context(), &s, after)
	}
}

func cursor(r *http.Request) (uint64, error) {
	given := r.URL.Query().Get("after")
	if last := r.Header.Get("Last-Event-Id"); last != "" {
		given = last
	}
	if given == "" {
		return 0, nil
	}
	return strconv.ParseUint(given, 10, 63)
}

type stream struct {
	w     http.ResponseWriter
	flush func() error
}

func (s *stream) send(text string) error {
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.flush()
}

// follow sends changes until the reader or the server goes. A reader that is far behind is not told of
// every order: it reads the whole page anyway.
func (h *Handler) follow(ctx context.Context, s *stream, after uint64) {
	facts, calls := h.Feed.Watch(ctx), h.Calls.Watch(ctx)
	poll, ping := time.NewTicker(pollEvery), time.NewTicker(pingEvery)
	defer poll.Stop()
	defer ping.Stop()
	var moves <-chan string
	if h.Moves != nil {
		moves = h.Moves(ctx)
	}
	called, moved := false, false
	after = min(after, h.Feed.Last()) // a page of another installation at the same address
	for ctx.Err() == nil {
		entries, err := h.Feed.Entries(after, entriesPage)
		if err != nil {
			return
		}
		c := changeOf(entries)
		c.Calls, called = called, false
		c.Others, moved = c.Others || moved, false
		if len(entries) > 0 {
			after = entries[len(entries)-1].Seq
		}
		if len(entries) == entriesPage {
			after, c = max(after, h.Feed.Last()), change{Others: true, Calls: true, Whole: true}
		}
		if !c.empty() && (s.send(message(after, c)) != nil || !calm(ctx)) {
			return
		}
		select {
		case <-ctx.Done():
		case _, ok := <-facts:
			if !ok {
				facts = nil
			}
		case <-calls:
			called = true
		case _, ok := <-moves:
			if moved = ok; !ok {
				moves = nil
			}
		case <-poll.C:
		case <-ping.C:
			if s.send(": still here\n\n") != nil {
				return
			}
		}
	}
}

// calm waits a moment: the facts of one payment come close together, and one look shows them all.
func calm(ctx context.Context) bool {
	t := time.NewTimer(calmFor)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func message(seq uint64, c change) string {
	data, err := json.Marshal(c)
	if err != nil {
		data = []byte(`{"others":true}`)
	}
	return fmt.Sprintf("id: %d\nevent: change\ndata: %s\n\n", seq, data)
}

func changeOf(entries []journal.Entry) (c change) {
	seen := make(map[string]bool)
	for _, e := range entries {
		id, ok := strings.CutPrefix(e.Stream, "order/")
		if !ok {
			var about struct {
				Order string `json:"order"` // a report of a webhook
			}
			if journal.Kind(e.Stream) == "webhook" && json.Unmarshal(e.Payload, &about) == nil {
				id, ok = strings.CutPrefix(about.Order, "order/")
			}
		}
		switch {
		case !ok:
			c.Others = true
		case !seen[id]:
			seen[id] = true
			c.Orders = append(c.Orders, id)
		}
	}
	return c
}
