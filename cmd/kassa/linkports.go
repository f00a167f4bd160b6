package main

import (
	"context"
	"errors"
	"time"

	"kassa/auth"
	"kassa/estate"
	"kassa/poi"
	"kassa/sale/native"
)

// This file joins what Kassa's own API asks of keys and of links with who can tell.

// callers tells who holds a key.
type callers struct{ guard *auth.Guard }

func (c callers) Identify(key, remote string) (native.Caller, native.Stranger) {
	who, problem := c.guard.Identify(key, remote)
	if problem.Bad() {
		return native.Caller{}, stranger(problem)
	}
	found := native.Caller{Key: who.KeyID, Account: who.Account, Group: who.Group, Role: who.Role}
	for _, p := range auth.Permissions() {
		if who.Can(p) {
			found.May = append(found.May, p)
		}
	}
	return found, native.Stranger{}
}

func stranger(p auth.Problem) native.Stranger {
	s := native.Stranger{Code: "unauthorised", Text: p.Text() + "; send a key of this installation as Authorization: Bearer (the operator's is KASSA_TOKEN)"}
	switch p.Code {
	case estate.KeyRevokedAlready:
		s = native.Stranger{Code: "key_revoked", Text: p.Text()}
	case estate.KeyExpired:
		s = native.Stranger{Code: "key_expired", Text: p.Text()}
	case estate.KeyOtherEnvironment:
		s = native.Stranger{Code: "other_environment", Text: p.Text()}
	case estate.KeyOtherNetwork:
		s = native.Stranger{Code: "key_network", Text: p.Text()}
	}
	return s
}

func (callers) Permissions(role estate.Role) (list []estate.Permission) {
	for _, p := range auth.Permissions() {
		if auth.Allows(role, p) {
			list = append(list, p)
		}
	}
	return list
}

// links tells how terminals can be reached.
type links struct{ c *cloud }

func (l links) Reach(tid string) native.Reach {
	t, _ := l.c.registry.Terminal(tid)
	r := native.Reach{State: "offline", Reason: "never connected", Enabled: true}
	for _, p := range l.c.pois.List() {
		if p.POIID != t.POIID || t.POIID == "" {
			continue
		}
		r.Since, r.LastSeen, r.Reason = p.Since, p.LastSeen, p.Reason
		if p.Online {
			r.State = "online"
		}
	}
	return r
}

func (links) Changes(context.Context) <-chan string { return nil }

func (links) History(string) []native.Transition { return nil }

func (links) Probe(context.Context, string, bool) (native.Probed, error) {
	return native.Probed{}, errors.New("the link cannot be asked")
}

// heartbeatOrUsual is how often terminals are to be heard of.
func (o serveOptions) heartbeatOrUsual() time.Duration {
	if o.heartbeat > 0 {
		return o.heartbeat
	}
	return poi.DefaultHeartbeat
}
