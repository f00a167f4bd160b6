package main

import (
	"context"
	"crypto/rand"

	"kassa/estate"
	"kassa/poilink"
	"kassa/sale/adyen/management"
)

// This file joins what Adyen's Management API asks for with who can give it.

type managementPorts struct{ c *cloud }

func (c *cloud) managementAPI() (*management.Handler, error) {
	p := managementPorts{c}
	return management.New(management.Config{
		Estate: c.registry, Keys: p, Presence: p, Actions: p, Webhooks: p, Records: c.store, Refused: c.refusals.refused, Now: c.now,
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
	r := p.c.pois.Reach(tid)
	return management.Reach{
		State: string(r.State), Reason: string(r.Reason), Text: r.Reason.Text(), Enabled: r.Enabled, Linked: r.Linked, Epoch: r.Epoch,
		Since: r.Since, LastSeen: r.LastSeen,
	}
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

func (p managementPorts) Restart(_ context.Context, tid, id string) error {
	return p.c.pois.Command(tid, poilink.Command{ID: id, Kind: poilink.CommandRestart})
}
