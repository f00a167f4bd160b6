package main

import (
	"context"
	"strings"
	"time"

	"kassa/auth"
	"kassa/doctor"
	"kassa/estate"
	"kassa/poi"
	"kassa/poilink"
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
	r := l.c.pois.Reach(tid)
	shown := native.Reach{
		State: string(r.State), Reason: string(r.Reason), Words: r.Reason.Text(), Since: r.Since, LastSeen: r.LastSeen, Enabled: r.Enabled,
		Linked: r.Linked, RTT: float64(r.RTT.Microseconds()) / 1000, Epoch: r.Epoch, Disconnects: r.Disconnects24h, Clone: r.CloneSuspected,
		Address: r.Address,
	}
	switch {
	case r.Address == "":
	case r.TLS:
		shown.Security = "TLS"
	default:
		shown.Security = "without TLS"
	}
	return shown
}

func (l links) Changes(ctx context.Context) <-chan string { return l.c.pois.Changes(ctx) }

func (l links) History(tid string) (list []native.Transition) {
	for _, t := range l.c.pois.History(tid) {
		list = append(list, native.Transition{At: t.At, State: string(t.State), Reason: string(t.Reason)})
	}
	return list
}

func (l links) Probe(ctx context.Context, tid string, full bool) (native.Probed, error) {
	p, took, err := l.c.pois.Probe(ctx, tid, full)
	if err != nil {
		return native.Probed{}, err
	}
	shown := native.Probed{Took: took, CloudMode: p.Report.CloudMode, Software: p.Report.Model}
	if health := p.Report.Health; health != nil && health.Firmware != "" {
		shown.Software = strings.TrimSpace(shown.Software + " " + health.Firmware)
	}
	for _, c := range p.Checks {
		if c.Result != poilink.CheckSkipped {
			shown.Checks = append(shown.Checks, doctor.Check{
				Name: c.Name, OK: c.Result == poilink.CheckPass, Took: time.Duration(c.TookMS) * time.Millisecond, Detail: c.Detail,
			})
		}
	}
	return shown, nil
}

// heartbeatOrUsual is how often terminals are to be heard of.
func (o serveOptions) heartbeatOrUsual() time.Duration {
	if o.heartbeat > 0 {
		return o.heartbeat
	}
	return poi.DefaultHeartbeat
}
