package adyen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/journal"
	"kassa/nexo"
)

// category is what the door does with the requests of one category.
//
// A recorded one is an exchange: check looks at the request before anything is stored, start does once
// what may be done once, and wait gives its end, in the process that began it and in every later one.
// The others have start only, which answers at once and changes nothing that would have to be kept.
type category struct {
	recorded bool
	// transaction tells that it is what a TransactionStatus without a MessageReference asks for.
	transaction bool
	// asksTerminal tells that it is refused at once while the terminal cannot be asked.
	asksTerminal bool
	// refunds tells that the key must be one that may give money back.
	refunds bool

	// patience is how long a call waits for the end; nil is the time-out of payments with its grace.
	patience func(h *Handler, x *exchange) time.Duration

	check func(h *Handler, q *request) (answer, bool)
	start func(h *Handler, ctx context.Context, x *exchange) (a answer, over bool)
	wait  func(h *Handler, ctx context.Context, x *exchange) (a answer, over bool)
	// abort ends it early, as far as it can: what it says goes into the header X-Kassa-Abort.
	abort func(h *Handler, ctx context.Context, x *exchange) string
}

// categories are those that this door serves, one a line. The others answer as a terminal that
// does not support them.
func categories() map[string]category {
	return map[string]category{
		"Payment": {
			recorded: true, transaction: true, asksTerminal: true,
			check: (*Handler).checkPayment, start: (*Handler).startPayment, wait: (*Handler).waitPayment, abort: (*Handler).abortPayment,
		},
		"Reversal": {
			recorded: true, transaction: true, refunds: true,
			check: (*Handler).checkReversal, start: (*Handler).startReversal, wait: (*Handler).waitReversal,
		},
		"Abort":             {start: (*Handler).serveAbort},
		"TransactionStatus": {start: (*Handler).serveStatus},
		"Display":           deviceCategory(),
		"Input":             deviceCategory(),
		"Print":             deviceCategory(),
		"Diagnosis":         {start: (*Handler).diagnose},
	}
}

// unsupported is the answer of a terminal that lacks a service.
func unsupported(category string) answer {
	return failure(nexo.ErrorUnavailableService, pairs{
		"message": "This terminal does not support " + category, keyReason: "category_not_supported",
	}.form())
}

// serve does what a message asks for.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, q *request) {
	if !q.caller.TakesPayments || q.category.refunds && !q.caller.Refunds {
		h.refuseCall(w, q, forbidden("the role of this API key does not allow "+q.header.category))
		return
	}
	if !q.category.recorded {
		a, _ := q.category.start(h, r.Context(), h.newExchange(Exchange{}, 0, q))
		h.write(w, q, a)
		return
	}
	resume := h.exchanges.still(q.header.poiid)
	x, err := h.prior(q)
	resume()
	if x == nil && err == nil {
		a, refused := h.refusal(q)
		if refused {
			h.write(w, q, a)
			return
		}
		var fresh bool
		if x, fresh, err = h.begin(r.Context(), q); fresh {
			h.spawn(x)
		}
	}
	switch {
	case errors.Is(err, errReused):
		h.write(w, q, failure(nexo.ErrorNotAllowed, pairs{"message": "ServiceID already used", keyReason: "service_id_reused"}.form()))
	case errors.Is(err, errTooMany):
		h.refuseCall(w, q, worldBusy())
	case err != nil:
		h.refuseCall(w, q, worldFailed())
	case q.async && x.record.Async:
		writeOK(w)
	case q.async:
		h.noNotification(w, q, x)
	default:
		h.hold(w, r, q, x)
	}
}

// refusal tells why a request may not begin: what is wrong with it, and a terminal that cannot be asked.
func (h *Handler) refusal(q *request) (answer, bool) {
	if a, refused := q.category.check(h, q); refused {
		return a, true
	}
	if !q.category.asksTerminal {
		return answer{}, false
	}
	if why := h.Terminals.Reach(q.terminal.TID); why != "" {
		return h.unreachable(q, why), true
	}
	return answer{}, false
}

// unreachable is the answer for a terminal that cannot be asked: nothing has happened.
func (h *Handler) unreachable(q *request, why Unreachable) answer {
	extra := "&" + pairs{keyReason: "terminal_" + string(why), keyAdvice: unreachableAdvice[why]}.form()
	a := failure(errorUnreachableHost, unreachableMsg+extra)
	a.reject = rejectNoLink + extra
	return h.withPaymentData(q, a)
}

// unreachableAdvice is what a cashier can do about a terminal that cannot be asked.
var unreachableAdvice = map[Unreachable]string{
	Offline:      "Switch the terminal on and check its network",
	NotEnabled:   "Ask the operator to enable cloud payments for this terminal",
	NotActivated: "Activate the terminal",
	CloudModeOff: "Switch cloud mode on in the terminal's settings",
	Tampered:     "Take another terminal: this one has raised a tamper alarm, and support unlocks it",
	NotInUse:     "Take another terminal: this one is blocked or not in use",
}

// spawn lets an exchange run to its end, whoever listens.
func (h *Handler) spawn(x *exchange) {
	h.background(func() {
		s := h.categories[x.record.Category]
		if x.request != nil {
			if a, over := s.start(h, h.work, x); over {
				h.finish(x, a, nil)
				return
			}
		}
		if s.wait == nil {
			return
		}
		if a, over := s.wait(h, h.work, x); over {
			h.finish(x, a, nil)
		}
	})
}

// background runs a part of the work that Run waits for; nothing once Run has ended.
func (h *Handler) background(f func()) {
	h.workMu.Lock()
	defer h.workMu.Unlock()
	if h.work.Err() == nil {
		h.workers.Go(f)
	}
}

// hold waits for the end of an exchange and answers with it. Meanwhile the client gets a byte of white
// space now and then: clients give up a connection that is silent (30 s in Adyen's Node library).
func (h *Handler) hold(w http.ResponseWriter, r *http.Request, q *request, x *exchange) {
	control := http.NewResponseController(w)
	beat, poll := time.NewTicker(h.Heartbeat), time.NewTicker(pollEvery)
	defer beat.Stop()
	defer poll.Stop()
	patience := h.Timeout + h.Grace
	if own := h.categories[x.record.Category].patience; own != nil {
		patience = own(h, x)
	}
	begun := false
	for {
		select {
		case <-x.done:
			h.conclude(w, q, x, begun)
			return
		case <-r.Context().Done():
			return // the exchange goes on
		case <-h.closing:
			h.silent(w, q, begun)
			return
		case <-beat.C:
			if !begun {
				begun = true
				w.Header().Set("Content-Type", jsonType)
				w.WriteHeader(http.StatusOK)
			}
			if _, err := w.Write([]byte(" ")); err != nil || control.Flush() != nil {
				return
			}
		case <-poll.C:
			if h.Now().Sub(x.record.At) >= patience {
				h.silent(w, q, begun)
				return
			}
		}
	}
}

// noNotification answers an asynchronous repeat of what was begun with /sync, of which no notification comes: with
// the answer, or with the advice to ask for it.
func (h *Handler) noNotification(w http.ResponseWriter, q *request, x *exchange) {
	select {
	case <-x.done:
		h.conclude(w, q, x, false)
	default:
		h.silent(w, q, false)
	}
}

const jsonType = "application/json"

// conclude sends the stored answer.
func (h *Handler) conclude(w http.ResponseWriter, q *request, x *exchange, begun bool) {
	e := x.answered
	a := answer{reject: e.Reject}
	if len(e.Response) > 0 {
		if body, err := decode(e.Response); err == nil {
			a.body = body
		}
	}
	h.writeAfter(w, q, a, begun)
}

// silent answers when the end is not known in time.
func (h *Handler) silent(w http.ResponseWriter, q *request, begun bool) {
	h.writeAfter(w, q, h.withPaymentData(q, silence()), begun)
}

// silence is the answer for a terminal that has not answered.
func silence() answer {
	extra := "&" + pairs{keyReason: "outcome_unknown", keyAdvice: "Ask for the TransactionStatus of this ServiceID before anything else"}.form()
	a := failure(errorUnreachableHost, rejectSilent+extra)
	a.reject = rejectSilent + extra
	return a
}

func (h *Handler) write(w http.ResponseWriter, q *request, a answer) { h.writeAfter(w, q, a, false) }

// writeAfter sends an answer, after the status and some white space when those have gone out.
func (h *Handler) writeAfter(w http.ResponseWriter, q *request, a answer, begun bool) {
	if a.ok != "" {
		w.Header().Set("X-Kassa-Abort", a.abort)
		writeOK(w)
		return
	}
	h.recordAnswer(q, a)
	message, err := h.render(q, a)
	switch {
	case err != nil && !begun:
		h.refuseCall(w, q, worldFailed())
	case err != nil:
	case begun:
		w.Write(message) //nolint:errcheck // the client is gone; nothing depends on it
	default:
		writeBytes(w, jsonType, http.StatusOK, message)
	}
}

func writeOK(w http.ResponseWriter) {
	writeBytes(w, "text/plain; charset=utf-8", http.StatusOK, []byte("ok"))
}

// render writes an answer as the path's API and the request's encryption want it.
func (h *Handler) render(q *request, a answer) ([]byte, error) {
	if a.reject != "" && (!q.v1 || a.body == nil) {
		return encode(rejectEnvelope(q.header, a.reject, q.message, h.Now())), nil
	}
	content := object{"MessageHeader": q.header.echo(), q.header.category + "Response": withWarnings(asCategory(q, a.body), q.warnings)}
	envelope := object{envelopeResponse: content}
	if q.key != nil {
		var err error
		if envelope, err = h.seal(q.key, envelopeResponse, content); err != nil {
			return nil, err
		}
	}
	return encode(envelope), nil
}

// withWarnings adds to a response what was accepted although it is wrong.
func withWarnings(body object, warnings []string) object {
	response := body.sub("Response")
	if len(warnings) == 0 || response == nil {
		return body
	}
	add := pairs{"warnings": "\n" + strings.Join(warnings, "\n")}.form()
	text := response.text("AdditionalResponse")
	switch {
	case text == "":
		text = add
	case strings.ContainsAny(text, "=&"):
		text += "&" + add
	default:
		return body // base64 has no place for it
	}
	changed, inner := object{}, object{}
	for k, v := range body {
		changed[k] = v
	}
	for k, v := range response {
		inner[k] = v
	}
	inner["AdditionalResponse"], changed["Response"] = text, inner
	return changed
}

// nudges know who waits for which stream of the journal. They only wake: who is woken reads for itself,
// and also looks without being woken.
type nudges struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool
}

func (n *nudges) join(stream string) (wake chan struct{}, leave func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	wake = make(chan struct{}, 1)
	if n.waiting[stream] == nil {
		n.waiting[stream] = make(map[chan struct{}]bool)
	}
	n.waiting[stream][wake] = true
	return wake, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.waiting[stream], wake)
		if len(n.waiting[stream]) == 0 {
			delete(n.waiting, stream)
		}
	}
}

func (n *nudges) nudge(stream string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for wake := range n.waiting[stream] {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// follow reads the journal as it grows and wakes who waits; also gets each fact of an order, in their order.
func (n *nudges) follow(ctx context.Context, feed Feed, also func(journal.Entry)) error {
	const page = 500
	changes := feed.Watch(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	after := feed.Last()
	for {
		entries, err := feed.Entries(after, page)
		if err != nil {
			return fmt.Errorf("adyen: follow the journal: %w", err)
		}
		for _, e := range entries {
			if journal.Kind(e.Stream) == "order" {
				n.nudge(e.Stream)
				also(e)
			}
			after = e.Seq
		}
		if len(entries) == page && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-changes:
			if !ok {
				changes = nil
			}
		case <-poll.C:
		}
	}
}

// orderStream is the stream of an order.
func orderStream(number int64) string { return "order/" + kassa.FormatID(number) }
