package main

import (
	"context"
	"crypto/rand"
	"errors"

	"kassa/estate"
	"kassa/sale/adyen/management"
)

// This file joins what Adyen's Management API asks for with who can give it.

type managementPorts struct{ c *cloud }

func (c *cloud) managementAPI() (*management.Handler, error) {
	p := managementPorts{c}
	return management.New(management.Config{
		Estate: c.registry, Keys: p, Presence: p, Actions: p, Webhooks: p, Records: c.store, Now: c.now,
		Random: func(b []byte) { _, _ = rand.Read(b) }, // never fails (package crypto/rand)
	})
}

func (p managementPorts) Identify(key, remote string) (management.Caller, string) {
	who, problem := p.c.guard.Identify(key, remote)
	return management.Caller{
		KeyID: who.KeyID, Account: who.Account, Group: who.Group, Role: who.Role,
		May: func(permission string) bool { return who.Can(estate.Permission(permission)) },
	}, problem.Text()
}

func (p managementPorts) Reach(tid string) management.Reach {
	t, _ := p.c.registry.Terminal(tid)
	r := management.Reach{State: "unknown", Reason: "not heard of since the start", Enabled: p.c.registry.SettingOn(tid, "cloud.webSocketEnabled")}
	for _, seen := range p.c.pois.List() {
		if t.POIID == "" || seen.POIID != t.POIID {
			continue
		}
		r.State, r.Since, r.LastSeen, r.Reason = "offline", seen.Since, seen.LastSeen, seen.Reason
		if seen.Online {
			r.State, r.Reason = "online", ""
		}
	}
	return r
}

func (p managementPorts) Report(tid string) (management.Report, bool) {
	said, ok := p.c.pois.Report(tid)
	if !ok || said.Health == nil {
		return management.Report{}, false
	}
	h := said.Health
	return management.Report{
		Firmware: h.Firmware, Battery: h.Battery, Network: h.Network.Kind, Address: h.Network.Address, Name: h.Network.Name,
	}, true
}

func (p managementPorts) Restart(context.Context, string, string) error {
	return errors.New("the link cannot be asked to restart a terminal")
}
