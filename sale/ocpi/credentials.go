package ocpi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"

	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

func (h *Handler) base() string { return strings.TrimSuffix(h.BaseURL(), "/") }

func (h *Handler) versions(*request) reply {
	var list []ocpi.VersionLink
	for _, v := range ocpi.Versions() {
		list = append(list, ocpi.VersionLink{Version: v, URL: h.base() + "/ocpi/" + string(v)})
	}
	return reply{data: list}
}

// module is the base URL of one of our modules.
func (h *Handler) module(v ocpi.Version, name string) string {
	return h.base() + "/ocpi/ptp/" + string(v) + "/" + name
}

func (h *Handler) details(q *request) reply {
	d := ocpi.VersionDetails{Version: q.version, Endpoints: []ocpi.Endpoint{{
		Identifier: ocpi.ModuleCredentials, Role: ocpi.Sender, URL: h.base() + "/ocpi/" + string(q.version) + "/credentials",
	}}}
	for _, m := range []struct{ name, role string }{
		{ocpi.ModulePayments, ocpi.Sender},
		{ocpi.ModuleCommands, ocpi.Sender},
		{ocpi.ModuleLocations, ocpi.Receiver},
		{ocpi.ModuleTariffs, ocpi.Receiver},
		{ocpi.ModuleSessions, ocpi.Receiver},
		{ocpi.ModuleCDRs, ocpi.Receiver},
		{ocpi.ModuleTokens, ocpi.Sender},
	} {
		d.Endpoints = append(d.Endpoints, ocpi.Endpoint{Identifier: m.name, Role: m.role, URL: h.module(q.version, m.name)})
	}
	return reply{data: d}
}

// credentials is who we are towards a peer, with a token that opens our side.
func (h *Handler) credentials(p peers.Peer, v ocpi.Version, token string) ocpi.Credentials {
	return ocpi.Credentials{
		Token: token, URL: h.base() + "/ocpi/versions",
		Roles: []ocpi.CredentialsRole{{
			Role: cmp.Or(p.Quirks.Role, ocpi.RolePTP), CountryCode: h.Country, PartyID: h.PartyID,
			BusinessDetails: ocpi.BusinessDetails{Name: h.Name},
		}},
	}.For(v)
}

// getCredentials answers with what the caller used: its token is kept as a hash only.
func (h *Handler) getCredentials(q *request) reply {
	tokens := ocpi.TokensOf(q.Header.Get("Authorization"))
	for _, token := range tokens {
		if _, _, ok := h.peers.Identify([]string{token}); ok {
			return reply{data: h.credentials(q.peer, q.version, token)}
		}
	}
	return notFound("the token")
}

// turn gives one step about a thing after the other: a handshake with a peer, the word on a session.
func (h *Handler) turn(of string) (done func()) {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(of)) // it never fails
	m := &h.locks[sum.Sum32()%uint32(len(h.locks))]
	m.Lock()
	return m.Unlock
}

func (h *Handler) postCredentials(q *request) reply {
	if !q.registering {
		return reply{http: http.StatusMethodNotAllowed, status: ocpi.StatusClientError, message: "this connection is registered: PUT changes its credentials"}
	}
	return h.takeCredentials(q, "registered by the peer")
}

func (h *Handler) putCredentials(q *request) reply {
	if !q.peer.Registered() {
		return reply{http: http.StatusMethodNotAllowed, status: ocpi.StatusClientError, message: "this connection is not registered: POST registers it"}
	}
	return h.takeCredentials(q, "credentials changed by the peer")
}

func (h *Handler) takeCredentials(q *request, what string) reply {
	defer h.turn(q.peer.ID)()
	// Of two calls with the same token, the one that comes second finds it used.
	if _, registering, ok := h.peers.Identify(ocpi.TokensOf(q.Header.Get("Authorization"))); !ok || registering != q.registering {
		return reply{http: http.StatusUnauthorized, status: ocpi.StatusClientError, message: "the token has been used"}
	}
	var theirs ocpi.Credentials
	if err := ocpi.Read(q.body, &theirs); err != nil {
		return invalid(err)
	}
	if err := theirs.Check(); err != nil {
		return invalid(err)
	}
	if err := h.CheckURL(theirs.URL); err != nil {
		return invalid(&ocpi.Error{Field: "url", Rule: "may not be called: " + err.Error()})
	}
	details, refusal := h.discover(q.Context(), theirs.URL, theirs.Token, q.peer.Quirks.RawToken)
	if refusal != nil {
		return refused(refusal)
	}
	token, err := h.peers.NewToken()
	if err != nil {
		return failed(err)
	}
	p, err := h.peers.Change(h.Now(), q.peer.ID, what, "", func(p *peers.Peer) error {
		h.peers.Accept(p, token)
		return h.join(p, theirs, details)
	})
	if err == nil {
		err = h.refreshFrom(p)
	}
	if err != nil {
		return failed(err)
	}
	return reply{data: h.credentials(p, q.version, token)}
}

// join notes what a handshake found.
func (h *Handler) join(p *peers.Peer, theirs ocpi.Credentials, d ocpi.VersionDetails) error {
	p.VersionsURL, p.Roles, p.Version, p.Endpoints, p.RegisteredAt = theirs.URL, theirs.Roles, d.Version, d.Endpoints, h.Now()
	return h.peers.Seal(p, theirs.Token)
}

// discover asks a peer for its versions and the endpoints of the newest that we share.
func (h *Handler) discover(ctx context.Context, versionsURL, token string, raw bool) (ocpi.VersionDetails, *ocpi.Refusal) {
	t := call.Target{Token: token, Raw: raw}
	unusable := func(err error) *ocpi.Refusal {
		return ocpi.Refuse(ocpi.StatusUnusable, "your versions cannot be used: %s", err)
	}
	data, err := h.caller.Do(ctx, t, http.MethodGet, versionsURL, nil)
	if err != nil {
		return ocpi.VersionDetails{}, unusable(err)
	}
	links, err := ocpi.ReadList[ocpi.VersionLink](data)
	if err != nil {
		return ocpi.VersionDetails{}, unusable(err)
	}
	common, ok := peers.Common(links)
	if !ok {
		return ocpi.VersionDetails{}, ocpi.Refuse(ocpi.StatusNoVersion, "we share no version: ours are %v", ocpi.Versions())
	}
	if data, err = h.caller.Do(ctx, t, http.MethodGet, common.URL, nil); err != nil {
		return ocpi.VersionDetails{}, unusable(err)
	}
	var d ocpi.VersionDetails
	if err := ocpi.Read(data, &d); err != nil {
		return d, unusable(err)
	}
	if err := d.Check(); err != nil {
		return d, unusable(err)
	}
	d.Version = common.Version
	for _, e := range d.Endpoints {
		if err := h.CheckURL(e.URL); err != nil {
			return d, unusable(fmt.Errorf("the endpoint %s: %w", e.Identifier, err))
		}
	}
	for _, need := range []struct{ module, role string }{
		{ocpi.ModuleCredentials, ""},
		{ocpi.ModulePayments, ocpi.Receiver},
		{ocpi.ModuleCommands, ocpi.Receiver},
	} {
		if d.URL(need.module, need.role) == "" {
			return d, ocpi.Refuse(ocpi.StatusNoEndpoint, "the endpoint %s %s is needed and missing", need.module, need.role)
		}
	}
	return d, nil
}

func (h *Handler) deleteCredentials(q *request) reply {
	if !q.peer.Registered() {
		return reply{http: http.StatusMethodNotAllowed, status: ocpi.StatusClientError, message: "this connection is not registered"}
	}
	if err := h.end(q.peer.ID, "unregistered by the peer"); err != nil {
		return failed(err)
	}
	return reply{}
}

// end undoes a registration: neither side's token opens anything any more.
func (h *Handler) end(peer, what string) error {
	_, err := h.peers.Change(h.Now(), peer, what, "", func(p *peers.Peer) error {
		p.Inbound, p.Outbound, p.Endpoints, p.Roles = "", nil, nil, nil
		p.Offered, p.RegisteredAt = "", time.Time{}
		return nil
	})
	return err
}

// Register makes the handshake as a client: with the token A and the versions URL that the peer gave us.
func (h *Handler) Register(ctx context.Context, peer, versionsURL, tokenA string) (peers.Peer, error) {
	defer h.turn(peer)()
	p, ok := h.peers.Peer(peer)
	if !ok {
		return p, peers.ErrUnknown
	}
	if p.Registered() {
		return p, fmt.Errorf("%w: it is registered; rotate its tokens instead", peers.ErrState)
	}
	if !ocpi.ValidToken(tokenA) {
		return p, fmt.Errorf("%w: token must be 1 to 64 printable ASCII characters without spaces", peers.ErrInvalid)
	}
	if err := h.CheckURL(versionsURL); err != nil {
		return p, fmt.Errorf("%w: url may not be called: %w", peers.ErrInvalid, err)
	}
	details, refusal := h.discover(ctx, versionsURL, tokenA, p.Quirks.RawToken)
	if refusal != nil {
		return p, refusal
	}
	return h.exchange(ctx, p, http.MethodPost, tokenA, details)
}

// Rotate gives a peer a new token and takes a new one from it, with the endpoints that it has now.
func (h *Handler) Rotate(ctx context.Context, peer string) (peers.Peer, error) {
	defer h.turn(peer)()
	p, ok := h.peers.Peer(peer)
	if !ok {
		return p, peers.ErrUnknown
	}
	if !p.Registered() {
		return p, fmt.Errorf("%w: it is not registered", peers.ErrState)
	}
	token, err := h.peers.Token(p)
	if err != nil {
		return p, err
	}
	details, refusal := h.discover(ctx, p.VersionsURL, token, p.Quirks.RawToken)
	if refusal != nil {
		return p, refusal
	}
	return h.exchange(ctx, p, http.MethodPut, token, details)
}

// exchange sends our credentials with a new token B and keeps what comes back. Token B is good before
// it is sent, because the peer calls us with it before it answers; until then the former is good too.
func (h *Handler) exchange(ctx context.Context, p peers.Peer, method, token string, d ocpi.VersionDetails) (peers.Peer, error) {
	ours, err := h.peers.NewToken()
	if err != nil {
		return p, err
	}
	if p, err = h.peers.Change(h.Now(), p.ID, "token B drawn", "", func(p *peers.Peer) error {
		h.peers.Offer(p, ours)
		return nil
	}); err != nil {
		return p, err
	}
	data, err := h.caller.Do(ctx, call.Target{Token: token, Raw: p.Quirks.RawToken}, method, d.URL(ocpi.ModuleCredentials, ""), h.credentials(p, d.Version, ours))
	if err != nil {
		return p, h.withdraw(p, ours, err)
	}
	var theirs ocpi.Credentials
	if err := ocpi.Read(data, &theirs); err != nil {
		return p, fmt.Errorf("ocpi: the credentials of %s: %w", p.Name, err)
	}
	if err := theirs.Check(); err != nil {
		return p, fmt.Errorf("ocpi: the credentials of %s: %w", p.Name, err)
	}
	p, err = h.peers.Change(h.Now(), p.ID, "handshake done", "", func(p *peers.Peer) error {
		h.peers.Accept(p, ours)
		return h.join(p, theirs, d)
	})
	if err != nil {
		return p, err
	}
	return p, h.refreshFrom(p)
}

// refreshFrom has all locations and tariffs of a peer asked for, and from then on what changes.
func (h *Handler) refreshFrom(p peers.Peer) error {
	h.turns.Lock()
	defer h.turns.Unlock()
	c, err := h.owe(p, outRefresh, "")
	if err != nil {
		return err
	}
	return h.commitAndWake(c)
}

// withdraw takes token B back after a definite no. When nobody knows, it stays good: the peer may have it.
func (h *Handler) withdraw(p peers.Peer, ours string, why error) error {
	var no *call.Refused
	if !errors.As(why, &no) {
		return why
	}
	_, err := h.peers.Change(h.Now(), p.ID, "token B withdrawn", "", func(p *peers.Peer) error {
		h.peers.Withdraw(p, ours)
		return nil
	})
	return errors.Join(why, err)
}

// Unregister ends a registration from our side.
func (h *Handler) Unregister(ctx context.Context, peer string) error {
	defer h.turn(peer)()
	p, ok := h.peers.Peer(peer)
	if !ok {
		return peers.ErrUnknown
	}
	if token, err := h.peers.Token(p); err == nil && p.Registered() {
		t := call.Target{Token: token, Raw: p.Quirks.RawToken}
		if _, err := h.caller.Do(ctx, t, http.MethodDelete, p.URL(ocpi.ModuleCredentials, ""), nil); err != nil {
			return err
		}
	}
	return h.end(peer, "unregistered by us")
}

// readInto reads and checks an object.
func readInto[T interface{ Check() error }](body []byte) (T, error) {
	var v T
	if err := ocpi.Read(body, &v); err != nil {
		return v, err
	}
	return v, v.Check()
}

func fieldsOf(body []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	err := ocpi.Read(body, &fields)
	return fields, err
}
