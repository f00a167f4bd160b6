package native

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

// eventPage is a part of the journal; Next is the cursor of what follows, Last its newest fact.
type eventPage struct {
	Data    []Event `json:"data"`
	HasMore bool    `json:"has_more"`
	Next    string  `json:"next"`
	Last    uint64  `json:"last"`
}

// events gives the journal after a cursor: as a page, or as a stream that goes on.
func (h *Handler) events(w http.ResponseWriter, c *call) *problem {
	q := c.query
	limit, refused := limitOf(q, defaultEvents, maxEvents)
	if refused != nil {
		return refused
	}
	names := &namer{records: h.Records, known: make(map[string]string)}
	after, about, refused := h.cursor(c, q.Get("after"), q.Get("order"))
	if refused != nil {
		return refused
	}
	scopes := h.feed(c.caller)
	show := func(e journal.Entry) (any, bool, error) {
		if !within(scopes, e.Scope) {
			return nil, false, nil
		}
		event, err := names.name(h.describe(e))
		return event, err == nil && (about == "" || event.Order == about), err
	}
	if wantsStream(c) {
		return h.stream(w, c, after, show)
	}
	page, err := h.eventPage(after, limit, show)
	if err != nil {
		return unreadable("the journal could not be read")
	}
	return answer(w, http.StatusOK, page)
}

func (h *Handler) eventPage(after uint64, limit int, show shown) (eventPage, error) {
	page := eventPage{Data: []Event{}, Last: h.Feed.Last()}
	for scanned := 0; scanned < maxScan; {
		entries, err := h.Feed.Entries(after, maxPage)
		if err != nil {
			return page, err
		}
		for _, e := range entries {
			body, ok, err := show(e)
			if err != nil {
				return page, err
			}
			if event, is := body.(Event); ok && is {
				if len(page.Data) == limit {
					page.HasMore, page.Next = true, strconv.FormatUint(after, 10)
					return page, nil
				}
				page.Data = append(page.Data, event)
			}
			after = e.Seq
		}
		scanned += len(entries)
		if len(entries) < maxPage {
			page.Next = strconv.FormatUint(after, 10)
			return page, nil
		}
	}
	page.HasMore, page.Next = true, strconv.FormatUint(after, 10)
	return page, nil
}

// cursor tells after which fact to begin, and which order it is about, if it is about one. A page
// begins with the oldest fact (of the order), a stream with the next one.
func (h *Handler) cursor(c *call, given, order string) (after uint64, about string, refused *problem) {
	last := h.Feed.Last()
	stream := wantsStream(c)
	if stream {
		after = last
	}
	if order != "" {
		o, refused := h.find(c, order)
		if refused != nil {
			return 0, "", refused
		}
		about = o.ID()
		entries, err := h.Records.StreamEntries("order/"+about, 1)
		if err != nil || len(entries) == 0 {
			return 0, "", unreadable("the order could not be read")
		}
		after = entries[0].Seq - 1
	}
	if given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err == nil && n > last { // what a page has shown may be newer than what is counted so far
			if entries, failed := h.Feed.Entries(n-1, 1); failed == nil && len(entries) > 0 {
				last = n
			}
		}
		if err != nil || n > last {
			return 0, "", badInput(mistake{Parameter: "after", Detail: fmt.Sprintf("must be a sequence number from 0 to %d, the newest", last)})
		}
		after = n
	}
	// What a browser sends by itself when it comes back; beyond the newest when the data were reset.
	if n, err := strconv.ParseUint(strings.TrimSpace(c.Header.Get("Last-Event-ID")), 10, 64); err == nil && stream {
		after = min(n, last)
	}
	return after, about, nil
}

func wantsStream(c *call) bool {
	return c.Method == http.MethodGet && strings.Contains(c.Header.Get("Accept"), "text/event-stream")
}

// notices streams the webhooks that the dialects call for, whether or not anybody gave an address.
func (h *Handler) notices(w http.ResponseWriter, c *call) *problem {
	q := c.query
	if !wantsStream(c) {
		return fault("not_acceptable", "notices come as an event stream: send Accept: text/event-stream")
	}
	after, about, refused := h.cursor(c, q.Get("after"), q.Get("order"))
	if refused != nil {
		return refused
	}
	scopes := h.feed(c.caller)
	return h.stream(w, c, after, func(e journal.Entry) (any, bool, error) {
		if !within(scopes, e.Scope) {
			return nil, false, nil
		}
		if about != "" && e.Stream != "order/"+about {
			return nil, false, nil
		}
		n, ok, err := h.Notices.Notice(e, h.Now())
		if err != nil { // one that cannot be rendered must not stop all the others
			return Notice{Order: strings.TrimPrefix(e.Stream, "order/"), Failure: err.Error()}, true, nil
		}
		return n, ok, nil
	})
}

// verdict judges a reply to a webhook as the delivery would.
func (h *Handler) verdict(w http.ResponseWriter, c *call) *problem {
	var reply struct {
		Dialect string `json:"dialect"`
		Status  int    `json:"status"`
		Body    string `json:"body"`
	}
	if refused := c.body(w, &reply); refused != nil {
		return refused
	}
	if reply.Status < 100 || reply.Status > 999 {
		return badInput(mistake{Pointer: "/status", Detail: "must be an HTTP status"})
	}
	if reply.Dialect == "" {
		reply.Dialect = h.Dialects[0]
	}
	failure := h.Notices.Judge(reply.Dialect, reply.Status, []byte(reply.Body[:min(len(reply.Body), maxReply)]))
	return answer(w, http.StatusOK, map[string]any{"acknowledged": failure == "", "failure": failure})
}

// shown gives what a stream shows of a fact; ok is false when that is nothing.
type shown func(e journal.Entry) (body any, ok bool, err error)

// stream sends what is shown of the facts after a cursor, and goes on until the client leaves, its key is
// over or the journal cannot be read. The id of each is its sequence number.
func (h *Handler) stream(w http.ResponseWriter, c *call, after uint64, show shown) *problem {
	if h.streams.Add(1) > maxStreams {
		h.streams.Add(-1)
		return tooManyStreams()
	}
	defer h.streams.Add(-1)
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	nudges := h.Feed.Watch(ctx) // before the first look, so that nothing falls between
	s := startStream(w)
	s.after = after
	if !s.mark() {
		return nil
	}
	ping, poll := time.NewTicker(pingEvery), time.NewTicker(pollEvery)
	defer ping.Stop()
	defer poll.Stop()
	for {
		for h.Feed.Last() > s.after {
			if ctx.Err() != nil || !h.forward(s, show) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-nudges:
			if !ok {
				nudges = nil
			}
		case <-poll.C:
			if h.over(c) {
				return nil
			}
		case <-ping.C:
			if !s.mark() {
				return nil
			}
		}
	}
}

// forward sends a page; it reports false when the stream has ended.
func (h *Handler) forward(s *eventStream, show shown) bool {
	entries, err := h.Feed.Entries(s.after, maxPage)
	if err != nil || len(entries) == 0 {
		return false
	}
	for _, e := range entries {
		body, ok, err := show(e)
		if err != nil {
			return false
		}
		s.after = e.Seq
		if ok && !s.send(body) {
			return false
		}
	}
	return true
}

// eventStream is one client's stream; it has everything up to after.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	after   uint64
}

func tooManyStreams() *problem {
	return fault("too_many_streams", fmt.Sprintf("%d event streams are open", maxStreams))
}

// startStream begins a stream of events.
func startStream(w http.ResponseWriter) *eventStream {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return &eventStream{w: w, control: http.NewResponseController(w)}
}

// event sends an event that has a name and no place in the journal.
func (s *eventStream) event(name string, body []byte) bool {
	return s.write("event: " + name + "\ndata: " + string(body) + "\n\n")
}

// mark tells the client how far it is, without an event: what it comes back with says nothing was
// missed meanwhile.
func (s *eventStream) mark() bool { return s.write(fmt.Sprintf("id: %d\n\n", s.after)) }

func (s *eventStream) send(body any) bool {
	text, err := json.Marshal(body)
	if err != nil {
		return false
	}
	return s.write(fmt.Sprintf("id: %d\ndata: %s\n\n", s.after, text))
}

func (s *eventStream) write(text string) bool {
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

// namer finds the merchant's references of orders.
type namer struct {
	records Records
	known   map[string]string
}

const maxNames = 1000

func (n *namer) name(e Event) (Event, error) {
	if e.Order == "" || e.Reference != "" {
		return e, nil
	}
	ref, ok := n.known[e.Order]
	if !ok {
		s, found, err := n.records.Load("order/" + e.Order)
		if err != nil {
			return e, err
		}
		if found {
			o, err := readOrder(s)
			if err != nil {
				return e, err
			}
			ref = o.Ref
		}
		if len(n.known) >= maxNames {
			clear(n.known)
		}
		n.known[e.Order] = ref
	}
	e.Reference = ref
	return e, nil
}
