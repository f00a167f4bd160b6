package management

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"kassa/journal"
)

// Handler serves the API. It must be called for every request whose escaped path it [Owns].
type Handler struct {
	config
	table []Route

	mu      sync.Mutex
	pending map[string]action // by id
	running map[string]bool   // requests with an Idempotency-Key, by stream
}

// config hides the fields of Config from who has a Handler.
type config = Config

// New makes a handler.
func New(c Config) (*Handler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.Origin = strings.TrimRight(c.Origin, "/")
	return &Handler{config: c, table: Routes(), pending: make(map[string]action), running: make(map[string]bool)}, nil
}

// basePaths may stand before a path: clients keep the path of the address that they are given.
func basePaths() []string { return []string{"/adyen", "/tapi"} }

// plain is the path that the table knows. The Go library calls /v1/v1 when its address was not changed.
func plain(path string) string {
	path = "/" + strings.Trim(path, "/")
	for _, base := range basePaths() {
		if rest, ok := strings.CutPrefix(path, base+"/"); ok {
			path = "/" + rest
			break
		}
	}
	if rest, ok := strings.CutPrefix(path, "/v1/v1/"); ok {
		path = "/v1/" + rest
	}
	return path
}

// Owns tells whether an escaped path is this API's. Of /v1 it has the calls about connections only; the
// rest of the Cloud Device API and the Terminal API are another handler's.
func Owns(path string) bool {
	path = plain(path)
	if path == "/v3" || strings.HasPrefix(path, "/v3/") {
		return true
	}
	if path != "/connectedTerminals" && !strings.HasPrefix(path, "/v1/merchants/") {
		return false // asked of every request: the table is for few
	}
	segments := split(path)
	return slices.ContainsFunc(terminalRoutes(), func(r Route) bool {
		_, ok := r.values(segments)
		return ok
	})
}

// Refuse answers with an error that did not come from this handler, in its form, if the path is its own;
// false tells that it is not, and nothing was written.
func Refuse(w http.ResponseWriter, r *http.Request, status int, message string) bool {
	if !Owns(r.URL.EscapedPath()) {
		return false
	}
	f := &fault{status: status, detail: message}
	if plain(r.URL.EscapedPath()) == "/connectedTerminals" {
		f.beLegacy()
	}
	write(w, f.reply(r))
	return true
}

func split(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

// call is one request while it is served.
type call struct {
	*http.Request
	route  *Route
	values map[string]string // what stands in the path, by name
	caller Caller
}

// reply is an answer; a nil body is none.
type reply struct {
	status int
	body   any
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r}
	answer, no := h.serve(w, c)
	if no != nil {
		h.record(c, no)
		if c.route != nil && c.route.Legacy {
			no.beLegacy()
		}
		answer = no.reply(r)
	}
	write(w, answer)
}

// record keeps a refused call for diagnosis.
func (h *Handler) record(c *call, no *fault) {
	if h.Refused == nil {
		return
	}
	kept := journal.RefusedCall{
		At: h.Now(), Dialect: "adyen", Account: c.caller.Account, Scope: c.caller.Group, Route: "unknown",
		TerminalID: c.values["terminalId"], Status: no.status, ErrorInfo: no.detail,
	}
	if c.route != nil {
		kept.Route = c.route.Method + " " + c.route.Pattern
	}
	if len(no.fields) > 0 {
		kept.Field = no.fields[0].Name
	}
	switch {
	case no.status == http.StatusUnauthorized:
		kept.Reason = journal.ReasonKey
	case no.code == wrongMerchant:
		kept.Reason = "merchant_unknown"
	case no.status == http.StatusForbidden:
		kept.Reason = journal.ReasonForbidden
	case c.route == nil:
		kept.Reason = journal.ReasonRoute
	case no.status == http.StatusNotFound:
		kept.Reason = "not_found"
	case no.status >= http.StatusInternalServerError:
		kept.Reason = journal.ReasonWorld
	default:
		kept.Reason = journal.ReasonValidation
	}
	h.Refused(c.Request, kept)
}

func write(w http.ResponseWriter, answer reply) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(answer.status)
	if answer.body == nil {
		return
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(answer.body) // a client that went away is told nothing
}

func (h *Handler) serve(w http.ResponseWriter, c *call) (reply, *fault) {
	var allowed []string
	c.route, c.values, allowed = match(h.table, c.Method, plain(c.URL.EscapedPath()))
	if c.route == nil {
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			return reply{}, &fault{status: http.StatusMethodNotAllowed, detail: "this path takes " + strings.Join(allowed, ", ")}
		}
		return reply{}, notFound("Kassa's Management API has no such path; docs/divergences/adyen.md lists what it leaves out")
	}
	if no := h.identify(c); no != nil {
		return reply{}, no
	}
	if c.route.Permission != "" && !c.caller.May(c.route.Permission) {
		return reply{}, forbidden("the API key's role does not have the permission " + c.route.Permission)
	}
	if c.caller.Group != "" && c.route.Account {
		return reply{}, forbidden("this call takes a key of the account; this key is for one terminal group")
	}
	if name := c.Header.Get("Idempotency-Key"); name != "" && c.Method == http.MethodPost && !c.route.Legacy {
		return h.once(w, c, name)
	}
	return c.route.serve(h, w, c)
}

// identify takes the key from the header X-API-Key, or from the password of basic authentication.
func (h *Handler) identify(c *call) *fault {
	keys := slices.Clone(c.Header.Values("X-API-Key"))
	if _, password, ok := c.BasicAuth(); ok && !fromPage(c.Request) {
		keys = append(keys, password)
	}
	no := &fault{status: http.StatusUnauthorized, detail: "send an API key in one X-API-Key header"}
	if len(keys) != 1 || len(keys[0]) > maxKey || strings.TrimSpace(keys[0]) == "" {
		return no
	}
	var why string
	remote, _, err := net.SplitHostPort(c.RemoteAddr)
	if err != nil {
		remote = c.RemoteAddr
	}
	if c.caller, why = h.Keys.Identify(strings.TrimSpace(keys[0]), remote); why != "" {
		no.detail = why
		return no
	}
	return nil
}

// fromPage tells that a browser sent a request for a page. A browser adds the password that was typed for
// Kassa's own pages to what any other page sends here, so that it proves nothing.
func fromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") != "" || site != "" && site != "none"
}

// origin is what links in answers begin with.
func (h *Handler) origin(r *http.Request) string {
	switch {
	case h.Origin != "":
		return h.Origin
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// at is the link to a path of the Management API.
func (h *Handler) at(c *call, segments ...string) link {
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return link{h.origin(c.Request) + "/v3/" + strings.Join(segments, "/")}
}

func ok(body any) (reply, *fault) { return reply{http.StatusOK, body}, nil }
