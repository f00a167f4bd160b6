package adyen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/journal"
	"kassa/nexo"
)

// Handler serves the dialect. It must be called for every request whose escaped path it [Owns].
type Handler struct {
	config
	categories map[string]category
	exchanges  *exchanges
	orders     nudges
	ring       keyring
	notices    *journal.Notebook
	progress   progress

	// work ends with Run: the goroutines of the exchanges that run.
	work      context.Context
	endWork   context.CancelFunc
	workMu    sync.Mutex
	workers   sync.WaitGroup
	closing   chan struct{}
	closeOnce sync.Once
}

// config hides the fields of Config, the secret above all, from who has a Handler.
type config = Config

// New makes a handler, and finds the exchanges that an earlier process has left open; they run on once
// Run is called.
func New(c Config) (*Handler, error) {
	if c.Orders == nil || c.Captures == nil || c.Records == nil || c.Feed == nil || c.Write == nil || c.Directory == nil || c.Terminals == nil ||
		c.Devices == nil || c.HostReachable == nil || c.Settings == nil || c.Zone == nil || c.Random == nil || c.Now == nil {
		return nil, errors.New("adyen: a field of Config is missing")
	}
	if len(c.Secret) < 32 {
		return nil, errors.New("adyen: Secret must have at least 32 bytes")
	}
	for _, d := range []struct {
		field *time.Duration
		or    time.Duration
	}{{&c.Timeout, defaultTimeout}, {&c.Grace, defaultGrace}, {&c.Heartbeat, defaultHeartbeat}} {
		if *d.field <= 0 {
			*d.field = d.or
		}
	}
	h := &Handler{
		config: c, categories: categories(), closing: make(chan struct{}),
		exchanges: newExchanges(),
		orders:    nudges{waiting: make(map[string]map[chan struct{}]bool)},
	}
	h.work, h.endWork = context.WithCancel(context.Background())
	said, _, err := c.Records.Load(notificationStream)
	if err != nil {
		return nil, fmt.Errorf("adyen: %s: %w", notificationStream, err)
	}
	h.notices = journal.NewNotebook(notificationStream, said.Version, c.Write)
	return h, h.takeUp()
}

// Run lets exchanges run until ctx ends. Calls that wait are answered then with what is known: nothing.
func (h *Handler) Run(ctx context.Context) error {
	h.exchanges.mu.Lock()
	for _, x := range h.exchanges.running {
		if x.request == nil {
			h.spawn(x)
		}
	}
	h.exchanges.mu.Unlock()
	h.resumeProgress(ctx)
	err := h.orders.follow(ctx, h.Feed, h.progressed)
	h.closeOnce.Do(func() { close(h.closing) })
	h.workMu.Lock()
	h.endWork()
	h.workMu.Unlock()
	h.workers.Wait()
	return err
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	at, ok := findTarget(r.URL.EscapedPath())
	q := &request{target: at, from: r}
	problem := h.admit(w, r, q, ok)
	if problem.problem() {
		h.refuseCall(w, q, problem)
		return
	}
	if q.modification != "" {
		h.modify(w, r, q)
		return
	}
	a, problem, done := h.read(q)
	switch {
	case problem.problem():
		h.refuseCall(w, q, problem)
	case done:
		h.write(w, q, a)
	default:
		h.serve(w, r, q)
	}
}

// admit takes the request in, if its key may send one.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, q *request, owned bool) problem {
	switch {
	case !owned:
		return problem{status: http.StatusNotFound, code: "000", kind: "validation", cause: journal.ReasonRoute, text: "there is nothing at this path"}
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return problem{status: http.StatusMethodNotAllowed, code: "000", kind: "validation", cause: journal.ReasonRoute, text: "this path takes the method POST only"}
	}
	var refused problem
	if q.caller, refused = h.authenticate(r); refused.problem() {
		return refused
	}
	if q.v1 && h.Directory.Merchant(q.caller.Account) != q.merchant {
		return wrongMerchant(q.merchant)
	}
	if r.ContentLength > maxBody {
		return tooLarge()
	}
	message, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge()
		}
		return malformed("the body could not be read to its end")
	}
	q.message = message
	return problem{}
}

// authenticate takes the key from its header.
func (h *Handler) authenticate(r *http.Request) (Caller, problem) {
	keys := r.Header.Values("X-Api-Key")
	switch {
	case len(keys) == 0 && strings.HasPrefix(r.Header.Get("Authorization"), "Basic "):
		return Caller{}, unauthorised("user names with passwords are not supported; send an API key in the header X-API-Key")
	case len(keys) != 1 || strings.TrimSpace(keys[0]) == "" || len(keys[0]) > maxKeyLength:
		return Caller{}, unauthorised("send one API key in the header X-API-Key")
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	caller, wrong := h.Directory.Identify(strings.TrimSpace(keys[0]), remote)
	switch {
	case wrong.Code == "network":
		no := forbidden(wrong.Text)
		no.cause = journal.ReasonKey
		return Caller{}, no
	case wrong.Code != "":
		return Caller{}, unauthorised(wrong.Text)
	case caller.Account == "":
		return Caller{}, forbidden("this key takes no payments")
	}
	return caller, problem{}
}

// refuse answers a message that is not one, or that reaches no terminal: with a Reject.
func refuse(details string) (answer, problem, bool) { return answer{reject: details}, problem{}, true }

// read reads the envelope up to the category's own body; done tells that the answer is known already.
func (h *Handler) read(q *request) (a answer, p problem, done bool) {
	if len(bytes.TrimSpace(q.message)) == 0 {
		if q.v1 {
			return answer{}, malformed("the body is empty; it must be a Terminal API message"), false
		}
		return refuse(rejectEmpty)
	}
	message, err := decode(q.message)
	switch {
	case err != nil && q.v1:
		return answer{}, malformed(err.Error()), false
	case err != nil:
		return refuse(rejectNotJSON + "&detail=" + escape(err.Error()))
	}
	content := message.sub(envelopeRequest)
	q.header = readHeader(content.sub("MessageHeader"))
	if content == nil {
		missing := "At root, field " + envelopeRequest + ": Missing"
		if q.v1 {
			return answer{}, malformed(missing), false
		}
		return refuse(pairs{"errors": missing}.form())
	}
	if q.header.poiid != "" || q.v1 {
		if a, p, done := h.findTerminal(q); done || p.problem() {
			return a, p, done
		}
	}
	if isSecured(content) {
		if content, q.key, err = h.open(q.terminal.TID, envelopeRequest, content); err != nil {
			return refuse(rejectCrypto)
		}
	}
	return h.readCategory(q, content)
}

// The members of an envelope.
const (
	envelopeRequest  = "SaleToPOIRequest"
	envelopeResponse = "SaleToPOIResponse"
)

// findTerminal finds the terminal that the header names. Another account's is not told from none.
func (h *Handler) findTerminal(q *request) (a answer, p problem, done bool) {
	if q.v1 && q.device != q.header.poiid {
		p = malformed("the path's deviceId and MessageHeader.POIID must be the same")
		p.field, p.value = "deviceId", q.device
		return answer{}, p, false
	}
	t, ok := h.Directory.TerminalByPOIID(q.header.poiid)
	if !ok || !q.caller.owns(t) {
		if q.v1 {
			p = forbidden("no terminal of this API key has this deviceId")
			p.field, p.value, p.cause = "deviceId", q.device, string(kassa.TerminalUnknown)
			return answer{}, p, false
		}
		return refuse(rejectNoLink + "&" + pairs{keyReason: "terminal_unknown"}.form())
	}
	q.terminal = t
	q.group, _ = h.Directory.Group(t.Group)
	return answer{}, problem{}, false
}

// readCategory checks the header and finds the category's body.
func (h *Handler) readCategory(q *request, content object) (a answer, p problem, done bool) {
	head := content.sub("MessageHeader")
	f := q.header.check(head)
	if q.header.category == "" {
		q.header.category = categoryWithin(content)
	}
	if !plain(q.header.category) {
		return refuse(pairs{"errors": strings.Join(f, "\n"), "message": "The request is malformed", keyReason: "message_format"}.form())
	}
	body, ok := content[q.header.category+"Request"].(object)
	if !ok {
		f.missing("", q.header.category+"Request")
	}
	q.body = body
	q.category = h.categories[q.header.category]
	if a, bad := f.answer(); bad {
		return a, problem{}, true
	}
	if v := q.header.version; v != "" && v != nexo.ProtocolVersion {
		return failure(nexo.ErrorUnavailableService, pairs{
			"message": "Sale Protocol Version " + v + " mismatch: this is " + nexo.ProtocolVersion, keyReason: "protocol_version",
		}.form()), problem{}, true
	}
	if len(q.header.serviceID) > 10 {
		q.warnings = append(q.warnings, "At SaleToPOIRequest.MessageHeader, field 'ServiceID': Longer than 10 characters")
	}
	if q.category.start == nil {
		return unsupported(q.header.category), problem{}, true
	}
	q.hash = requestHash(h.Secret, q.header.category, q.body)
	return answer{}, problem{}, false
}

// categoryWithin is the category that a content without one must be of, "" when that is not clear.
func categoryWithin(content object) string {
	found := ""
	for _, k := range sortedKeys(content) {
		if category, ok := strings.CutSuffix(k, "Request"); ok {
			if _, known := classOf[category]; !known || found != "" {
				return ""
			}
			found = category
		}
	}
	return found
}

// plain tells whether a category can be the name of a response.
func plain(category string) bool {
	return category != "" && len(category) <= 40 && strings.Trim(category, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
