package main

import (
	"context"
	"errors"
	"strings"

	"kassa/estate"
	"kassa/ocpi"
	"kassa/sale/native"
	ocpidoor "kassa/sale/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

// connectionPorts lets the native API make and end the connections of the OCPI door.
type connectionPorts struct {
	door   *ocpidoor.Handler
	estate *estate.Registry
}

func (p connectionPorts) Connections() (list []native.Connection) {
	for _, peer := range p.door.Peers().All() {
		list = append(list, p.shown(peer))
	}
	return list
}

func (p connectionPorts) shown(peer peers.Peer) native.Connection {
	c := native.Connection{
		ID: peer.ID, Name: peer.Name, Account: peer.Account, Contracts: peer.Contracts, Version: string(peer.Version), Registered: peer.RegisteredAt,
	}
	for _, r := range peer.Roles {
		c.Parties = append(c.Parties, r.Role+" "+r.CountryCode+" "+r.PartyID)
	}
	if owed, err := p.door.Owed(peer.ID); err == nil {
		c.Owed = len(owed)
	}
	return c
}

func (p connectionPorts) Make(n native.NewConnection, by string) (native.Connection, string, error) {
	if n.Price != "" && n.Price != string(ocpi.V221) && n.Price != string(ocpi.V230) {
		return native.Connection{}, "", native.InvalidConnection{Why: "price must be 2.2.1 or 2.3.0"}
	}
	if _, known := p.estate.Account(n.Account); !known {
		return native.Connection{}, "", native.InvalidConnection{Why: "account is not known"}
	}
	made, token, err := p.door.Peers().Make(p.door.Now(), peers.Peer{
		Name: n.Name, Account: n.Account, Contracts: n.Contracts,
		Quirks: peers.Quirks{RawToken: n.RawToken, Role: n.Role, Price: ocpi.Version(n.Price), FACOnVoid: n.FACOnVoid},
	}, by)
	if err != nil {
		return native.Connection{}, "", connectionError(err)
	}
	return p.shown(made), token, nil
}

func (p connectionPorts) Register(ctx context.Context, id, url, token string) (native.Connection, error) {
	var peer peers.Peer
	var err error
	if url == "" && token == "" {
		peer, err = p.door.Rotate(ctx, id)
	} else {
		peer, err = p.door.Register(ctx, id, url, token)
	}
	if err != nil {
		return native.Connection{}, connectionError(err)
	}
	return p.shown(peer), nil
}

func (p connectionPorts) End(ctx context.Context, id, by string) error {
	if err := p.door.Unregister(ctx, id); err != nil {
		return connectionError(err)
	}
	_, err := p.door.Peers().Change(p.door.Now(), id, "deleted", by, func(p *peers.Peer) error {
		p.Deleted, p.Registering = true, ""
		return nil
	})
	return connectionError(err)
}

func connectionError(err error) error {
	var refusal *ocpi.Refusal
	var refused *call.Refused
	var unsure *call.Unsure
	switch {
	case err == nil:
		return nil
	case errors.Is(err, peers.ErrUnknown):
		return native.ErrNoConnection
	case errors.Is(err, peers.ErrState):
		return native.ErrConnectionState
	case errors.Is(err, peers.ErrInvalid):
		return native.InvalidConnection{Why: strings.TrimPrefix(err.Error(), peers.ErrInvalid.Error()+": ")}
	case errors.As(err, &refusal), errors.As(err, &refused), errors.As(err, &unsure), errors.Is(err, call.ErrForbidden):
		return native.PeerFailed{Why: err.Error()}
	}
	return err
}
