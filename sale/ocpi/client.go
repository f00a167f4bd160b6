package ocpi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

// target is how a peer is called on its functional modules.
func (h *Handler) target(p peers.Peer) (call.Target, error) {
	token, err := h.peers.Token(p)
	t := call.Target{Peer: p.ID, Token: token, Raw: p.Quirks.RawToken, Functional: true, From: call.Party{Country: h.Country, ID: h.PartyID}}
	for _, r := range p.Roles { // the operator of a platform that speaks for several is the first
		if r.Role == ocpi.RoleCPO || t.To == (call.Party{}) {
			t.To = call.Party{Country: r.CountryCode, ID: r.PartyID}
			if r.Role == ocpi.RoleCPO {
				break
			}
		}
	}
	return t, err
}

// at is the address of a path under a module of a peer. One that advertised a sub-path of payments
// itself is taken at its word (spec 1.12 Q3).
func at(p peers.Peer, module, role, path string) (string, error) {
	base := strings.TrimSuffix(p.URL(module, role), "/")
	if base == "" {
		return "", &call.Refused{Status: ocpi.StatusNoEndpoint, Message: p.Name + " has no " + module + " " + role}
	}
	if module == ocpi.ModulePayments {
		base = strings.TrimSuffix(strings.TrimSuffix(base, "/terminals"), "/"+pathFACs)
	}
	if path == "" {
		return base, nil
	}
	return base + "/" + path, nil
}

func (h *Handler) call(ctx context.Context, p peers.Peer, method, module, role, path string, body any) (json.RawMessage, error) {
	to, err := at(p, module, role, path)
	if err != nil {
		return nil, err
	}
	t, err := h.target(p)
	if err != nil {
		return nil, err
	}
	return h.caller.Do(ctx, t, method, to, body)
}

// registered finds a peer that can be called.
func (h *Handler) registered(peer string) (peers.Peer, error) {
	p, ok := h.peers.Peer(peer)
	if !ok {
		return p, peers.ErrUnknown
	}
	if !p.Registered() {
		return p, fmt.Errorf("%w: %s is not registered", peers.ErrState, p.Name)
	}
	return p, nil
}

func since[T any](ctx context.Context, h *Handler, p peers.Peer, module string, from time.Time) ([]T, error) {
	to, err := at(p, module, ocpi.Sender, "")
	if err != nil {
		return nil, err
	}
	t, err := h.target(p)
	if err != nil {
		return nil, err
	}
	if !from.IsZero() {
		to += "?date_from=" + url.QueryEscape(ocpi.At(from).String())
	}
	return call.All[T](ctx, h.caller, t, to)
}

// Sessions asks a peer for the sessions that changed since an instant.
func (h *Handler) Sessions(ctx context.Context, peer string, from time.Time) ([]ocpi.Session, error) {
	p, err := h.registered(peer)
	if err != nil {
		return nil, err
	}
	return since[ocpi.Session](ctx, h, p, ocpi.ModuleSessions, from)
}

// CDRs asks a peer for the CDRs that changed since an instant.
func (h *Handler) CDRs(ctx context.Context, peer string, from time.Time) ([]ocpi.CDR, error) {
	p, err := h.registered(peer)
	if err != nil {
		return nil, err
	}
	return since[ocpi.CDR](ctx, h, p, ocpi.ModuleCDRs, from)
}

// Refresh asks a peer for the locations and tariffs that changed since an instant, or all for the zero
// one, and keeps them.
func (h *Handler) Refresh(ctx context.Context, peer string, from time.Time) error {
	p, err := h.registered(peer)
	if err != nil {
		return err
	}
	var locations []ocpi.Location
	if p.URL(ocpi.ModuleLocations, ocpi.Sender) != "" {
		if locations, err = since[ocpi.Location](ctx, h, p, ocpi.ModuleLocations, from); err != nil {
			return err
		}
	}
	for _, l := range locations {
		if err := h.keepLocation(p, l); err != nil {
			return err
		}
	}
	return h.refreshTariffs(ctx, p, from)
}

func (h *Handler) refreshTariffs(ctx context.Context, p peers.Peer, from time.Time) error {
	if p.URL(ocpi.ModuleTariffs, ocpi.Sender) == "" {
		return nil
	}
	tariffs, err := since[ocpi.Tariff](ctx, h, p, ocpi.ModuleTariffs, from)
	if err != nil {
		return err
	}
	for _, t := range tariffs {
		if t.Check() != nil || !p.Is(t.CountryCode, t.PartyID) {
			continue // what cannot be sold by is not kept
		}
		if _, err := keepObject(h, p, streamOf(kindTariff, p.ID, t.CountryCode, t.PartyID, t.ID), t, nil); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handler) keepLocation(p peers.Peer, l ocpi.Location) error {
	if l.Check() != nil || !p.Is(l.CountryCode, l.PartyID) {
		return nil // what cannot be sold at is not kept
	}
	_, err := keepObject(h, p, streamOf(kindLocation, p.ID, l.CountryCode, l.PartyID, l.ID), l, nil)
	return err
}

// Location asks a peer for one location as it is now, and keeps it.
func (h *Handler) Location(ctx context.Context, peer, id string) (ocpi.Location, error) {
	p, err := h.registered(peer)
	if err != nil {
		return ocpi.Location{}, err
	}
	data, err := h.call(ctx, p, http.MethodGet, ocpi.ModuleLocations, ocpi.Sender, url.PathEscape(id), nil)
	if err != nil {
		return ocpi.Location{}, err
	}
	l, err := readInto[ocpi.Location](data)
	if err != nil {
		return l, fmt.Errorf("ocpi: location %s: %w", id, err)
	}
	if ocpi.Fold(l.ID) != ocpi.Fold(id) {
		return l, fmt.Errorf("ocpi: location %s: the peer answers with %s", id, l.ID)
	}
	return l, h.keepLocation(p, l)
}

// EVSE asks a peer for one EVSE as it is now, and keeps its status where that is another than was kept.
func (h *Handler) EVSE(ctx context.Context, peer, location, uid string) (ocpi.EVSE, error) {
	p, err := h.registered(peer)
	if err != nil {
		return ocpi.EVSE{}, err
	}
	data, err := h.call(ctx, p, http.MethodGet, ocpi.ModuleLocations, ocpi.Sender, url.PathEscape(location)+"/"+url.PathEscape(uid), nil)
	if err != nil {
		return ocpi.EVSE{}, err
	}
	e, err := readInto[ocpi.EVSE](data)
	if err != nil {
		return e, err
	}
	return e, h.hear(p, location, e)
}

// KeptLocations are the locations of a peer as it last said.
func (h *Handler) KeptLocations(peer string) ([]ocpi.Location, error) {
	return objects[ocpi.Location](h, kindLocation, peer)
}

// KeptTariffs are the tariffs of a peer as it last said.
func (h *Handler) KeptTariffs(peer string) ([]ocpi.Tariff, error) {
	return objects[ocpi.Tariff](h, kindTariff, peer)
}

func objects[T any](h *Handler, kind, peer string) ([]T, error) {
	all, err := list[T](h, kind, peer)
	if err != nil {
		return nil, err
	}
	var out []T
	for _, k := range all {
		out = append(out, k.Object)
	}
	return out, nil
}

// loadAssigned asks for the locations that a terminal is assigned to, and for the tariffs.
func (h *Handler) loadAssigned(ctx context.Context, p peers.Peer, tid string) error {
	k, ok, err := h.owned(p, tid)
	if err != nil || !ok || len(k.Object.LocationIDs)+len(k.Object.EVSEUIDs) == 0 || p.URL(ocpi.ModuleLocations, ocpi.Sender) == "" {
		return err
	}
	if len(k.Object.EVSEUIDs) > 0 { // whose location they are at is not said
		return h.Refresh(ctx, p.ID, time.Time{})
	}
	for _, id := range k.Object.LocationIDs {
		var no *call.Refused
		if _, err := h.Location(ctx, p.ID, id); err != nil && !errors.As(err, &no) {
			return err
		}
	}
	return h.refreshTariffs(ctx, p, time.Time{})
}
