package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"kassa"
	"kassa/auth"
	"kassa/charging"
	"kassa/clinic"
	"kassa/doctor"
	"kassa/doctor/book"
	"kassa/estate"
	"kassa/sale/adyen"
	dialect "kassa/sale/multisafepay"
	"kassa/webhook"
)

// This file joins the doctor with the installation that he looks at.

// joinClinic makes the clinic.
func (c *cloud) joinClinic(o serveOptions, log *slog.Logger) error {
	rules, err := book.Whole()
	if err != nil {
		return err
	}
	c.clinic, err = clinic.New(clinic.Config{
		Book: rules, Records: c.store, Feed: c.store, World: ward{c}, Registry: c.registry, FindOrder: c.findOrder, Contacts: o.contacts(),
		Secret: []byte(c.secure.LookupHash([]byte("shared diagnoses"))), Heartbeat: o.heartbeatOrUsual(), OtherURL: o.otherURL,
		Random: rand.Reader, Now: c.now, Components: c.components, Charging: chargingFacts{c}, Operators: c.operators.World, Log: log,
	})
	return err
}

// findOrder finds an order by its reference, whatever the dialect.
func (c *cloud) findOrder(ctx context.Context, groups []string, ref string) (kassa.Order, bool, error) {
	for _, group := range groups {
		for _, name := range []string{dialect.Dialect, adyen.Dialect, charging.Dialect} {
			if o, ok, err := c.engine.Find(ctx, name, group, ref); err != nil || ok {
				return o, ok, err
			}
		}
	}
	return kassa.Order{}, false, nil
}

// components are the parts of the installation by the service status.
func (c *cloud) components() (list []doctor.Component, known bool) {
	if c.board == nil {
		return nil, false
	}
	for _, s := range c.board.Components() {
		list = append(list, doctor.Component{Name: s.Name, State: string(s.State), Since: s.Since, Says: s.Says})
	}
	return list, true
}

// probeTime bounds the terminal's answer about itself; it answers within 2 s, or not at all.
const probeTime = 3 * time.Second

// ward is what the doctor sees of what is in no record.
type ward struct{ c *cloud }

func (w ward) Link(tid string) doctor.Link {
	r := links(w).Reach(tid)
	return doctor.Link{
		State: r.State, Linked: r.Linked, Reason: r.Reason, Words: r.Words, Since: r.Since, Seen: r.LastSeen, Address: r.Address, Security: r.Security, Lost: r.Disconnects,
	}
}

func (w ward) Probe(ctx context.Context, tid string) doctor.Probe {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p, err := links(w).Probe(ctx, tid, true)
	if err != nil {
		return doctor.Probe{At: w.c.now(), Failed: err.Error()}
	}
	return doctor.Probe{At: w.c.now(), Checks: p.Checks}
}

func (w ward) SignedOn() int { return w.c.acquirer.State() }

func (w ward) CheckURL(url string) error { return webhook.CheckURL(w.c.registry.Environment(), url) }

func (w ward) May(k estate.Key) (list []string) {
	caller := auth.Caller{KeyID: k.ID, Account: k.Account, Group: k.Group, Role: k.Role, Only: k.Only}
	for _, p := range caller.May() {
		list = append(list, string(p))
	}
	return list
}

// contacts are whom people call, by what for.
func (o serveOptions) contacts() map[doctor.Contact]string {
	return map[doctor.Contact]string{doctor.PointOfSale: o.supportPOS, doctor.GeneralSupport: o.support}
}
