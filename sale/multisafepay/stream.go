package multisafepay

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/journal"
)

// streams knows which event streams wait for which stream of the journal. It only wakes them: what
// they send they read themselves, and they also look without being woken.
type streams struct {
	mu      sync.Mutex
	open    int
	waiting map[string]map[chan struct{}]bool
}

// join registers an event stream; ok is false at the limits.
func (s *streams) join(stream string) (wake chan struct{}, leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= maxStreams || len(s.waiting[stream]) >= maxOrderStreams {
		return nil, nil, false
	}
	wake = make(chan struct{}, 1)
	if s.waiting[stream] == nil {
		s.waiting[stream] = make(map[chan struct{}]bool)
	}
	s.waiting[stream][wake] = true
	s.open++
	return wake, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting[stream], wake)
		if len(s.waiting[stream]) == 0 {
			delete(s.waiting, stream)
		}
		s.open--
	}, true
}

func (s *streams) nudge(stream string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for wake := range s.waiting[stream] {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// follow reads the journal as it grows and wakes who waits.
func (s *streams) follow(ctx context.Context, feed Feed) error {
	const page = 500
	nudges := feed.Watch(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	after := feed.Last()
	for {
		entries, err := feed.Entries(after, page)
		if err != nil {
			return fmt.Errorf("multisafepay: follow the journal: %w", err)
		}
		for _, e := range entries {
			if showable(e.Kind) {
				s.nudge(e.Stream)
			}
			after = e.Seq
		}
		if len(entries) == page && ctx.Err() == nil {
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

// serveEvents is the event stream of one order (server-sent events).
func (h *Handler) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*") // the token is the permission, not a cookie
	switch r.Method {
	case http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", "GET")
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Cache-Control, Last-Event-ID")
		w.Header().Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodGet:
	default:
		w.Header().Set("Allow", "GET, OPTIONS")
		h.refuseEvents(w, r, &refusal{http.StatusMethodNotAllowed, codeUnknown, "the event stream takes the method GET only", causeRoute})
		return
	}
	o, session, refused := h.tokenOrder(r)
	if refused != nil {
		h.refuseEvents(w, r, refused)
		return
	}
	wake, leave, ok := h.streams.join(orderStream(o.Number))
	if !ok {
		h.refuseEvents(w, r, tooManyStreams())
		return
	}
	defer leave()
	e := &eventStream{w: w, control: http.NewResponseController(w), order: o, session: session, wake: wake}
	e.resume(r.Header.Get("Last-Event-ID"), h.Feed.Last())
	if h.runEvents(r.Context(), e) {
		h.recordLeft(o, "sse", e.last)
	}
}

// recordLeft keeps for diagnosis that a client left an order before its end.
func (h *Handler) recordLeft(o kassa.Order, transport, last string) {
	select {
	case <-h.closing: // Kassa left
		return
	default:
	}
	stands, ok, err := h.load(orderStream(o.Number))
	if !ok || err != nil || stands.Status.Final() {
		return
	}
	h.Refusals.Left(o.Scope, h.Now(), journal.LeftStream{
		Order: kassa.FormatID(o.Number), OrderID: o.Ref, Transport: transport, Last: last,
	})
}

func (h *Handler) refuseEvents(w http.ResponseWriter, r *http.Request, refused *refusal) {
	h.record(&call{Request: r}, routeEvents, refused)
	writeRefusal(w, refused)
}

func bearer(r *http.Request) string {
	token := strings.TrimSpace(r.Header.Get("Authorization"))
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	if token == "" {
		token = r.URL.Query().Get("token")
	}
	return token
}

// eventStream is one client's stream. It was joined to the order before anything was read, so that
// nothing falls between.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	order   kassa.Order
	session string
	wake    chan struct{}
	// sent is the journal's sequence number up to which the client has everything; resumed tells
	// that it said so itself.
	sent    uint64
	last    string // the status of the last event sent
	resumed bool
	started bool
}

func (e *eventStream) resume(lastEventID string, last uint64) {
	n, err := strconv.ParseUint(strings.TrimSpace(lastEventID), 10, 64)
	if err == nil && n > 0 && n <= last {
		e.sent, e.resumed = n, true
	}
}

// runEvents sends the current state first, or all since Last-Event-ID, then every change; after a
// final one it ends the stream. It tells whether the client left before.
func (h *Handler) runEvents(ctx context.Context, e *eventStream) (left bool) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		frames, final, err := readFrames(h.Records, orderStream(e.order.Number))
		if err != nil {
			return false
		}
		if sent := e.send(frames, final); !sent || final {
			return !final
		}
		select {
		case <-ctx.Done():
			return true
		case <-h.closing:
			return false
		case <-e.wake:
		case <-ping.C:
			if !e.write(": ping\n\n") {
				return true
			}
		}
	}
}

func (e *eventStream) send(frames []frame, final bool) bool {
	switch {
	case !e.started && e.resumed && final && (len(frames) == 0 || frames[len(frames)-1].seq <= e.sent):
		// The client has the end already. 204 keeps a browser's EventSource from coming back.
		e.w.WriteHeader(http.StatusNoContent)
		return false
	case !e.started:
		e.start()
		if !e.resumed && len(frames) > 1 {
			frames = frames[len(frames)-1:]
		}
	}
	for _, f := range frames {
		if f.seq > e.sent {
			if !e.write(f.text(e.order.Ref, e.session)) {
				return false
			}
			e.sent, e.last = f.seq, f.status
		}
	}
	return e.flush()
}

// start sends the headers at once: Python's urlopen waits for them.
func (e *eventStream) start() {
	e.started = true
	header := e.w.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("X-Accel-Buffering", "no")
	e.w.WriteHeader(http.StatusOK)
}

// write gives a client that does not read a limited time, since nothing else ends its stream.
func (e *eventStream) write(text string) bool {
	//nolint:errcheck // a writer without deadlines is a test's
	e.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return false
	}
	return e.flush()
}

func (e *eventStream) flush() bool { return e.control.Flush() == nil }

// frame is one event as the stream shows it.
type frame struct {
	seq         uint64
	status      string
	financial   any
	transaction any // a string on this wire
}

func (f frame) text(orderID, session string) string {
	data := encode(object{
		"financial_status": f.financial, "order_id": orderID, "session_id": session,
		"status": f.status, "transaction_id": f.transaction,
	})
	return fmt.Sprintf("id: %d\nevent: session.order\ndata: %s\n\n", f.seq, data)
}

// readFrames turns an order's facts into events. final tells that no more will come.
func readFrames(records Records, stream string) (frames []frame, final bool, err error) {
	entries, err := records.StreamEntries(stream, 0)
	if err != nil {
		return nil, false, err
	}
	var transaction any
	for _, entry := range entries {
		if !showable(entry.Kind) {
			continue
		}
		event, err := kassa.DecodeEvent(entry.Kind, entry.Payload)
		if err != nil {
			return nil, false, err
		}
		f, ok := frameOf(entry, event, transaction)
		if !ok {
			continue
		}
		transaction = f.transaction
		frames = append(frames, f)
		final = final || f.status == "completed" || f.status == "cancelled"
	}
	return frames, final, nil
}

// showable tells whether a kind of fact can become an event: most cannot, and an order in which
// only those happen wakes nobody and is not decoded.
func showable(kind string) bool {
	switch kind {
	case "AttemptOpened", "AttemptClosed", "OrderCompleted", "OrderCancelled", "OrderExpired":
		return true
	}
	return false
}

func frameOf(entry journal.Entry, event kassa.Event, transaction any) (frame, bool) {
	f := frame{seq: entry.Seq, transaction: transaction}
	switch event := event.(type) {
	case kassa.AttemptOpened:
		f.status, f.transaction = "initialized", strconv.FormatInt(event.Number, 10)
	case kassa.AttemptClosed:
		if event.Status != kassa.AttemptDeclined {
			return frame{}, false
		}
		f.status = "declined"
	case kassa.OrderCompleted:
		f.status = "completed"
	case kassa.OrderCancelled, kassa.OrderExpired:
		f.status = "cancelled"
	default:
		return frame{}, false
	}
	if f.transaction != nil {
		f.financial = f.status
	}
	return f, true
}
