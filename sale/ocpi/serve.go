package ocpi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

const maxBody = 1 << 20

// Owns tells whether a path is this door's.
func Owns(path string) bool { return path == "/ocpi" || strings.HasPrefix(path, "/ocpi/") }

// Refuse writes the front's errors as OCPI does, when the path is this door's.
func Refuse(w http.ResponseWriter, r *http.Request, status int, message string) bool {
	if !Owns(r.URL.EscapedPath()) {
		return false
	}
	code := ocpi.StatusClientError
	if status >= http.StatusInternalServerError {
		code = ocpi.StatusServerError
	}
	writeEnvelope(w, status, ocpi.Envelope{Status: code, Message: message})
	return true
}

// request is a call that was let in.
type request struct {
	*http.Request
	peer        peers.Peer
	registering bool // the token is a token A
	version     ocpi.Version
	args        []string
	body        []byte
}

// reply is what is answered; the zero value is HTTP 200 and status 1000 without data.
type reply struct {
	http    int
	status  ocpi.Status
	message string
	data    any
	header  map[string]string
}

func refused(r *ocpi.Refusal) reply { return reply{http: r.HTTP, status: r.Status, message: r.Message} }

// invalid is the answer to bad input: 2001, or HTTP 400 for what is not JSON.
func invalid(err error) reply {
	if errors.Is(err, ocpi.ErrNotJSON) {
		return reply{http: http.StatusBadRequest, status: ocpi.StatusClientError, message: err.Error()}
	}
	return reply{status: ocpi.StatusInvalid, message: err.Error()}
}

func notFound(what string) reply {
	return reply{http: http.StatusNotFound, status: ocpi.StatusClientError, message: what + " is not known"}
}

// failed is the answer when nobody knows whether it was stored: the caller may repeat it.
func failed(error) reply {
	return reply{http: http.StatusInternalServerError, status: ocpi.StatusServerError, message: "this could not be stored; repeat it"}
}

// route is one call that peers may make.
type route struct {
	method, pattern string
	// open tells that token A is enough; bare that no routing headers belong to it.
	open, bare bool
	serve      func(h *Handler, q *request) reply
}

// Routes lists the calls of this door: method and pattern.
func Routes() [][2]string {
	var all [][2]string
	for _, r := range routes() {
		all = append(all, [2]string{r.method, r.pattern})
	}
	return all
}

func routes() []route {
	const ptp = "/ocpi/ptp/{v}/"
	return slices.Concat([]route{
		{http.MethodGet, "/ocpi/versions", true, true, (*Handler).versions},
		{http.MethodGet, "/ocpi/{v}", true, true, (*Handler).details},
		{http.MethodGet, "/ocpi/{v}/credentials", true, true, (*Handler).getCredentials},
		{http.MethodPost, "/ocpi/{v}/credentials", true, true, (*Handler).postCredentials},
		{http.MethodPut, "/ocpi/{v}/credentials", false, true, (*Handler).putCredentials},
		{http.MethodDelete, "/ocpi/{v}/credentials", false, true, (*Handler).deleteCredentials},
		{http.MethodPost, ptp + "commands/{x}/{x}", false, false, (*Handler).commandResult},
		{http.MethodGet, ptp + "tokens", false, false, (*Handler).listTokens},
		{http.MethodPost, ptp + "tokens/{x}/authorize", false, false, (*Handler).authoriseToken},
	}, paymentRoutes(ptp+"payments/"), objectRoutes(ptp))
}

// match finds the route of a path and its arguments; wrong tells that the path is there with other methods.
func (h *Handler) match(method, path string) (found route, args []string, wrong bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, r := range h.routes {
		a, ok := fits(r.pattern, parts)
		if !ok {
			continue
		}
		if r.method == method {
			return r, a, false
		}
		wrong = true
	}
	return route{}, nil, wrong
}

func fits(pattern string, parts []string) (args []string, ok bool) {
	want := strings.Split(strings.Trim(pattern, "/"), "/")
	if len(want) != len(parts) {
		return nil, false
	}
	for i, w := range want {
		switch {
		case w == "{v}" && !slices.Contains(ocpi.Versions(), ocpi.Version(parts[i])):
			return nil, false
		case w[0] == '{':
			args = append(args, parts[i])
		case w != parts[i]:
			return nil, false
		}
	}
	return args, true
}

// ServeHTTP answers a peer.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"X-Request-ID", "X-Correlation-ID"} {
		if id := r.Header.Get(name); id != "" && len(id) <= 100 {
			w.Header().Set(name, id)
		}
	}
	p, registering, known := h.peers.Identify(ocpi.TokensOf(r.Header.Get("Authorization")))
	if !known {
		h.write(w, reply{http: http.StatusUnauthorized, status: ocpi.StatusClientError, message: "the token is missing or unknown"})
		return
	}
	found, args, wrong := h.match(r.Method, r.URL.Path)
	switch {
	case found.serve == nil && wrong:
		h.write(w, reply{http: http.StatusMethodNotAllowed, status: ocpi.StatusClientError, message: r.Method + " is not a method of this path"})
		return
	case found.serve == nil:
		h.write(w, notFound("the path"))
		return
	case registering && !found.open:
		code := http.StatusUnauthorized
		if found.bare { // PUT and DELETE of credentials by who is not registered
			code = http.StatusMethodNotAllowed
		}
		h.write(w, reply{http: code, status: ocpi.StatusClientError, message: "the token is for registration only"})
		return
	}
	if !found.open && !found.bare && !p.Registered() {
		h.write(w, reply{http: http.StatusUnauthorized, status: ocpi.StatusClientError, message: "the handshake is not done"})
		return
	}
	q := &request{Request: r, peer: p, registering: registering, args: args}
	if strings.Contains(found.pattern, "{v}") {
		q.version, q.args = ocpi.Version(args[0]), args[1:]
	}
	var err error
	if q.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		h.write(w, reply{http: http.StatusRequestEntityTooLarge, status: ocpi.StatusClientError, message: "the body is larger than 1 MiB or broke off"})
		return
	}
	if !found.bare {
		if refusal := h.routing(w, q); refusal != nil {
			h.write(w, refused(refusal))
			return
		}
	}
	h.write(w, found.serve(h, q))
}

// routing reads the routing headers and writes those of the answer (transport chapter, message routing).
// On a link that speaks for one party they may be missing.
func (h *Handler) routing(w http.ResponseWriter, q *request) *ocpi.Refusal {
	get := q.Header.Get
	from := call.Party{Country: get("OCPI-from-country-code"), ID: get("OCPI-from-party-id")}
	to := call.Party{Country: get("OCPI-to-country-code"), ID: get("OCPI-to-party-id")}
	hub := slices.ContainsFunc(q.peer.Roles, func(r ocpi.CredentialsRole) bool { return r.Role == ocpi.RoleHUB })
	switch {
	case from == call.Party{} && len(q.peer.Roles) > 1:
		return ocpi.Refuse(ocpi.StatusInvalid, "OCPI-from-party-id is required: this connection speaks for %d parties", len(q.peer.Roles))
	case from == call.Party{} && len(q.peer.Roles) == 1:
		from = call.Party{Country: q.peer.Roles[0].CountryCode, ID: q.peer.Roles[0].PartyID}
	case !q.peer.Is(from.Country, from.ID) && !hub:
		return ocpi.Refuse(ocpi.StatusInvalid, "OCPI-from-party-id is not a party of this connection")
	}
	us := call.Party{Country: h.Country, ID: h.PartyID}
	if to != (call.Party{}) && (ocpi.Fold(to.Country) != ocpi.Fold(us.Country) || ocpi.Fold(to.ID) != ocpi.Fold(us.ID)) && !hub {
		return ocpi.Refuse(ocpi.StatusInvalid, "OCPI-to-party-id is not %s %s", us.Country, us.ID)
	}
	w.Header().Set("OCPI-to-country-code", from.Country)
	w.Header().Set("OCPI-to-party-id", from.ID)
	w.Header().Set("OCPI-from-country-code", us.Country)
	w.Header().Set("OCPI-from-party-id", us.ID)
	return nil
}

func (h *Handler) write(w http.ResponseWriter, a reply) {
	e := ocpi.Envelope{Status: a.status, Message: a.message, Timestamp: ocpi.At(h.Now())}
	if e.Status == 0 {
		e.Status = ocpi.StatusOK
	}
	if a.http == 0 {
		a.http = http.StatusOK
	}
	if a.data != nil {
		data, err := json.Marshal(a.data)
		if err != nil {
			a.http, e.Status, e.Message = http.StatusInternalServerError, ocpi.StatusServerError, "the answer cannot be written"
		}
		e.Data = data
	}
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	writeEnvelope(w, a.http, e)
}

func writeEnvelope(w http.ResponseWriter, status int, e ocpi.Envelope) {
	text, err := json.Marshal(e)
	if err != nil {
		text = []byte(`{"status_code":3000}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has gone away is no news
}
