package multisafepay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	pathpkg "path"
	"regexp"
	"strings"
	"sync"

	"kassa/estate"
	"kassa/journal"
)

// Handler serves the dialect. It must be called for every request whose escaped path it [Owns],
// and not through a ServeMux: that one redirects paths with "//" and "..", which order ids may hold.
type Handler struct {
	config
	table      []route
	streams    streams
	closing    chan struct{}
	closeOnce  sync.Once
	sessionKey []byte

	orderIDForm *regexp.Regexp
	localeForm  *regexp.Regexp
}

// config hides the fields of Config, the secret above all, from who has a Handler.
type config = Config

// New makes a handler.
func New(c Config) (*Handler, error) {
	if c.Orders == nil || c.Changes == nil || c.Cards == nil || c.Write == nil || c.Records == nil || c.Feed == nil || c.Directory == nil || c.Estate == nil ||
		c.Presence == nil || c.Refusals == nil || c.CheckURL == nil || c.Now == nil {
		return nil, errors.New("multisafepay: a field of Config is missing")
	}
	if len(c.Secret) < 32 {
		return nil, errors.New("multisafepay: Secret must have at least 32 bytes")
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
			return nil, errors.New("multisafepay: Origin must be like https://host[:port]")
		}
		c.Origin = strings.TrimRight(c.Origin, "/")
	}
	return &Handler{
		config: c, table: sorted(routes()), closing: make(chan struct{}), sessionKey: mac(c.Secret, "session id"),
		streams:     streams{waiting: make(map[string]map[chan struct{}]bool)},
		orderIDForm: regexp.MustCompile(`^[A-Za-z0-9/_.-]{1,50}$`),
		localeForm:  regexp.MustCompile(`^[a-z]{2}_[A-Z]{2}$`),
	}, nil
}

// The path prefixes of the dialect.
const (
	prefixAPI    = "/v1/json/"
	prefixEvents = "/events/stream"
	prefixBus    = "/events/"
	prefixPage   = "/connect/"
)

// Owns tells whether an escaped path is the dialect's, or would be once it is cleaned: a ServeMux
// answers those with a redirect in HTML, which repeats the query and with it the key.
func Owns(path string) bool {
	return owns(path) || owns(pathpkg.Clean("/"+path))
}

func owns(path string) bool {
	path += "/"
	return strings.HasPrefix(path, prefixAPI) || strings.HasPrefix(path, prefixBus) || strings.HasPrefix(path, prefixPage)
}

// trimSlashes takes out the slashes that a client doubles when the address it was given ends in one.
func trimSlashes(path string) string { return "/" + strings.TrimLeft(path, "/") }

// Routes that are not in the table, as they are recorded.
const (
	routeEvents  = "GET events/stream"
	routeBus     = "GET events"
	routeUnknown = "unknown"
)

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	writeSecurityHeaders(w)
	path := trimSlashes(r.URL.EscapedPath())
	switch {
	case strings.HasPrefix(path, prefixPage):
		h.servePage(w, r, strings.Trim(strings.TrimPrefix(path, prefixPage), "/"))
	case path == prefixEvents || path == prefixEvents+"/":
		h.serveEvents(w, r)
	case path == prefixBus || path+"/" == prefixBus:
		h.serveBus(w, r)
	default:
		h.serveAPI(w, r, path)
	}
}

// call is one request to the API while it is served.
type call struct {
	*http.Request
	route    *route            // nil while none matches
	values   map[string]string // what stands in the path, by name
	id       string            // the order id in the path
	caller   Caller
	orderID  string // for the record of a refusal
	terminal string
}

func (c *call) routeName() string {
	if c.route == nil {
		return routeUnknown
	}
	return c.route.name()
}

func (h *Handler) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	c := &call{Request: r}
	refused := h.route(w, c, path)
	if refused != nil {
		h.record(c, c.routeName(), refused)
		writeRefusal(w, refused)
	}
}

func (h *Handler) route(w http.ResponseWriter, c *call, path string) *refusal {
	var allowed []string
	c.route, c.values, allowed = match(h.table, c.Method, path)
	if c.route == nil {
		if len(allowed) > 0 {
			list := strings.Join(allowed, ", ")
			w.Header().Set("Allow", list)
			return &refusal{http.StatusMethodNotAllowed, codeUnknown, "this path takes the method " + list + " only", causeRoute}
		}
		return &refusal{http.StatusNotFound, codeUnknown, "Not found: the API has no such path in this version", causeRoute}
	}
	c.id = c.values["order_id"]
	c.orderID = c.id
	if c.route.keys == noKey {
		return c.route.serve(h, w, c)
	}
	var refused *refusal
	if c.caller, refused = h.authenticate(c.Request); refused != nil {
		refused.status = c.route.refused
		return refused
	}
	if !c.route.keys.allows(c.caller) {
		return forbidden("this call takes the " + string(c.route.keys))
	}
	if !c.caller.can(c.route.needs) {
		return &refusal{
			http.StatusForbidden, codeKey,
			fmt.Sprintf("a key of the role %s may not do this: the call needs the permission %s", c.caller.Role, c.route.needs), causePermission,
		}
	}
	return c.route.serve(h, w, c)
}

// authenticate takes the key from exactly one of the three places that clients use.
func (h *Handler) authenticate(r *http.Request) (Caller, *refusal) {
	keys := append([]string(nil), r.URL.Query()["api_key"]...)
	keys = append(keys, r.Header.Values("api_key")...)
	for _, a := range r.Header.Values("Authorization") {
		if scheme, token, ok := strings.Cut(a, " "); ok && strings.EqualFold(scheme, "Bearer") {
			keys = append(keys, token)
		}
	}
	if len(keys) != 1 {
		return Caller{}, badKey()
	}
	key := strings.TrimSpace(keys[0])
	if key == "" || len(key) > maxKeyLength {
		return Caller{}, badKey()
	}
	if strings.HasPrefix(key, publicPrefix) {
		if caller, ok := h.openPublic(key); ok {
			return caller, nil
		}
		return Caller{}, badKey()
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	caller, problem := h.Directory.Identify(key, remote)
	switch {
	case problem != "":
		refused := badKey()
		refused.info = "Invalid API key: " + problem
		return Caller{}, refused
	case caller.Account == "": // the operator's key takes no payments
		return Caller{}, badKey()
	}
	return caller, nil
}

// body reads and decodes the request's body as JSON, whatever content type it claims. One that says
// that it is too long is not read at all.
func (h *Handler) body(w http.ResponseWriter, c *call) (object, *refusal) {
	tooLong := &refusal{
		http.StatusRequestEntityTooLarge, codeUnknown, fmt.Sprintf("the body may have %d bytes at most", maxBody), causeBody,
	}
	if c.ContentLength > maxBody {
		return nil, tooLong
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, c.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLong
		}
		return nil, &refusal{http.StatusBadRequest, codeUnknown, "the body could not be read to its end", causeBody}
	}
	o, err := decode(raw)
	if err != nil {
		code := codeUnknown
		if len(raw) == 0 {
			code = codeMissing
		}
		return nil, &refusal{http.StatusBadRequest, code, err.Error(), causeBody}
	}
	return o, nil
}

// record keeps a refused call for diagnosis.
func (h *Handler) record(c *call, route string, r *refusal) {
	call := h.recorded(c, route)
	call.Reason, call.Status, call.ErrorCode, call.ErrorInfo, call.Field = r.cause, r.status, r.code, maskDigits(r.info), r.field()
	h.Refusals.Record(c.Request, journal.CallRefused, call)
}

// recorded is what is kept of a call, whatever became of it.
func (h *Handler) recorded(c *call, route string) journal.RefusedCall {
	return journal.RefusedCall{
		At: h.Now(), Dialect: Dialect, Account: c.caller.Account, Scope: c.caller.Group, Route: route,
		OrderID: h.recordable(c.orderID), TerminalID: h.recordable(c.terminal),
	}
}

// recordable lets through what has the form of an id and not that of a key that somebody put in its place,
// and cuts what could be a card number.
func (h *Handler) recordable(id string) string {
	if !h.orderIDForm.MatchString(id) {
		return ""
	}
	if _, ours := estate.EnvironmentOf(id); ours && len(id) == keyLength {
		return ""
	}
	return maskDigits(id)
}

// maskDigits keeps the first six and last four of every run of 12 to 19 digits, which could be a
// card number that somebody put in the wrong field.
func maskDigits(s string) string {
	out := []byte(s)
	for i := 0; i < len(out); {
		end := i
		for end < len(out) && out[end] >= '0' && out[end] <= '9' {
			end++
		}
		if n := end - i; n >= 12 && n <= 19 {
			for j := i + 6; j < end-4; j++ {
				out[j] = '*'
			}
		}
		i = max(end, i+1)
	}
	return string(out)
}

// Routes lists the calls of the API, as "GET /v1/json/orders/{order_id}".
func (h *Handler) Routes() []string {
	list := make([]string, 0, len(h.table))
	for i := range h.table {
		method, path, _ := strings.Cut(h.table[i].name(), " ")
		list = append(list, method+" "+prefixAPI+path)
	}
	return list
}

// Run follows the journal for the event streams until ctx ends, and then ends those.
func (h *Handler) Run(ctx context.Context) error {
	defer h.closeOnce.Do(func() { close(h.closing) })
	return h.streams.follow(ctx, h.Feed)
}
