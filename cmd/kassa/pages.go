package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"kassa"
	"kassa/auth"
	"kassa/dashboard"
	"kassa/doctor"
	"kassa/driver"
	"kassa/estate"
	"kassa/front"
	"kassa/help"
	"kassa/poi"
	"kassa/poilink"
	"kassa/receipt"
	"kassa/sale/native"
	"kassa/webhook"
)

// This file joins the pages that people read with what they show.

// joinPages makes the pages and what keeps the API's calls for them.
func (c *cloud) joinPages(o serveOptions) error {
	c.calls = dashboard.NewCalls(c.now, c.keyFacts)
	simulation := ""
	if o.simTerminal != "" {
		simulation = "/sim/terminals/"
	}
	var err error
	c.help, err = help.New(help.Config{Rules: c.clinic.Book.Rules(), Contacts: c.clinic.Contacts, Shared: func(token string) (doctor.Diagnosis, error) {
		kept, err := c.clinic.Shared(token)
		return kept.Diagnosis, err
	}})
	if err != nil {
		return err
	}
	c.pages, err = dashboard.New(dashboard.Config{
		Records: c.store, Feed: c.store, Estate: pagePorts{c}, Calls: c.calls, Webhooks: c.webhooksOf,
		Test: pagePorts{c}.Test, Service: pagePorts{c}.service, Logs: pageLogs{c}, Moves: c.pois.Changes, Doctor: pageDoctor{c.clinic}, Causes: pageDoctor{c.clinic}.causes(), Cases: pageCases{c.cases}, CaseFiles: pageCases{c.cases}, Simulation: simulation, Environment: string(c.registry.Environment()), Now: c.now,
		Receipt: func(o kassa.Order) (string, bool) {
			paper, ok := receiptPorts{c}.paper(&o, native.PaperOptions{})
			return paper.Text(receipt.Narrow), ok
		},
	})
	return err
}

// watched keeps the calls that pass to an API, in the test environment only.
func (c *cloud) watched(api http.Handler) http.Handler {
	if c.registry.Environment() != estate.Test {
		return api
	}
	kept := c.calls.Wrap(api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() == devAgent { // it asks a hundred times a second whether all is there
			api.ServeHTTP(w, r)
			return
		}
		kept.ServeHTTP(w, r)
	})
}

// guarded lets through who may see what is not an API: in the test environment this machine, without a
// token; from elsewhere it is needed. A wrong one is refused in any case. A browser shows it as the
// password of HTTP Basic, with any name.
func (c *cloud) guarded(what string, needs estate.Permission, next http.Handler) http.Handler {
	return front.SimGuard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := bearer(r)
		if _, password, ok := r.BasicAuth(); ok {
			shown = password
		}
		free := c.registry.Environment() == estate.Test && front.FromHere(r)
		caller, problem := c.identify(shown, r)
		switch {
		case shown == "" && free, shown != "" && !problem.Bad() && caller.Operator() && caller.Can(needs):
			next.ServeHTTP(w, r)
			return
		case strings.Contains(r.Header.Get("Accept"), "text/html"):
			w.Header().Set("WWW-Authenticate", `Basic realm="Kassa: any name, and the operator's token as password", charset="UTF-8"`)
		}
		message := "this is not the operator's token (KASSA_TOKEN) of this installation"
		switch {
		case problem.Bad() && problem.Code != estate.KeyUnknown:
			message += ": " + problem.Text()
		case shown == "":
			message = "from another machine " + what + " the operator's token (KASSA_TOKEN) as Authorization: Bearer"
		}
		front.Refuse(w, http.StatusUnauthorized, "unauthorised", message)
	}))
}

// identify tells who sends a request with a key.
func (c *cloud) identify(key string, r *http.Request) (auth.Caller, auth.Problem) {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	return c.guard.Identify(key, remote)
}

// mountPages puts the pages at their paths.
func (c *cloud) mountPages(mux *http.ServeMux) {
	for _, path := range help.Paths() { // what anybody may read
		mux.Handle(path, c.help)
	}
	mux.Handle(driver.Path, c.driver)
	pages := c.guarded("the pages need", auth.OrdersRead, c.pages)
	for _, path := range dashboard.Paths() {
		mux.Handle(path, pages)
	}
	mux.Handle("POST /diagnoses/", c.guarded("the doctor needs", auth.DiagnosesMake, c.pages))
	mux.Handle("POST /cases/", c.guarded("cases need", auth.CasesWrite, c.pages))
	mux.Handle("POST /terminals/{tid}/test", c.guarded("the test needs", auth.TerminalsTest, c.pages))
}

// keyFacts is what may be shown of a key.
func (c *cloud) keyFacts(key string) (dashboard.Key, bool) {
	k, ok := c.registry.FindKey(key)
	if !ok {
		return dashboard.Key{}, false
	}
	shown := dashboard.Key{Hint: k.Hint, Print: k.Hash[:min(8, len(k.Hash))], Group: k.Group, Variable: "KASSA_MSP_KEY"}
	switch {
	case k.Account == "":
		shown.Holder, shown.Variable = "the operator", "KASSA_TOKEN"
	case k.Group == "":
		a, _ := c.registry.Account(k.Account)
		shown.Holder, shown.Variable = "account "+a.Name, "KASSA_MSP_ACCOUNT_KEY"
	default:
		g, _ := c.registry.Group(k.Group)
		shown.Holder = "group " + g.Name
	}
	return shown, true
}

// webhooksOf finds the deliveries that facts called for: each has the number of its fact.
func (c *cloud) webhooksOf(facts []uint64) (list []dashboard.Webhook, err error) {
	for _, seq := range facts {
		streams, err := webhook.StreamsOf(seq, c.store.Streams)
		if err != nil {
			return nil, err
		}
		for _, name := range streams {
			stream, ok, err := c.store.Load(name)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			d, err := webhook.Read(stream)
			if err != nil {
				return nil, err
			}
			list = append(list, shownWebhook(d))
		}
	}
	return list, nil
}

func shownWebhook(d webhook.Delivery) dashboard.Webhook {
	shown := dashboard.Webhook{
		ID: d.ID, Event: d.Event, Method: d.Method, URL: d.URL, Body: d.Body, Status: string(d.Status), Created: d.CreatedAt, Due: d.Due,
	}
	for _, t := range d.Tries {
		shown.Tries = append(shown.Tries, dashboard.WebhookTry{
			At: t.At, Took: time.Duration(t.LatencyMS) * time.Millisecond, Status: t.Status, Reply: t.Reply, Failure: t.Failure,
		})
	}
	return shown
}

// pagePorts gives the pages the estate with its links.
type pagePorts struct{ c *cloud }

// Terminals lists the terminals by their groups.
func (p pagePorts) Terminals() (list []dashboard.Terminal) {
	present := p.present()
	for _, a := range p.c.registry.Accounts() {
		for _, g := range p.c.registry.Groups(a.ID) {
			for _, t := range p.c.registry.Terminals(g.ID) {
				list = append(list, p.terminal(t, g, present))
			}
		}
	}
	return list
}

func (p pagePorts) terminal(t estate.Terminal, g estate.Group, present map[string]poi.Presence) dashboard.Terminal {
	life, _ := p.c.registry.Life(t.TID)
	s, _ := p.c.registry.Shop(t.Shop)
	shown := dashboard.Terminal{
		TID: t.TID, Name: t.Name, GroupID: g.ID, Group: g.Name, Merchant: g.Merchant.Name, Place: g.Merchant.City, Shop: s.Reference,
		CreatedAt: t.CreatedAt, BoundAt: t.ActivatedAt, Life: string(life),
	}
	if may, why := t.May(); !may && t.POIID != "" {
		shown.Barred = why
	}
	d, ok := p.c.registry.Device(t.POIID)
	if !ok {
		return shown
	}
	shown.Device = device(d, present)
	r := p.c.pois.Reach(t.TID)
	shown.Online, shown.State, shown.Since, shown.Reason = r.State == poi.Online, string(r.State), r.Since, r.Reason.Text()
	shown.Disabled, shown.RoundTrip, shown.Lost, shown.Clone = r.Linked && !r.Enabled, r.RTT, r.Disconnects24h, r.CloneSuspected
	if !r.LastSeen.IsZero() {
		shown.LastSeen = r.LastSeen
	}
	if said, ok := p.c.pois.Report(t.TID); ok {
		shown.Health = healthOf(said)
	}
	wanted, _ := p.c.registry.Desired(t.TID)
	has, _ := p.c.registry.Reported(t.TID)
	shown.Pending = has.Version < wanted
	return shown
}

// healthOf says in a line how a device is.
func healthOf(r poilink.Report) string {
	h := r.Health
	if h == nil {
		return ""
	}
	var parts []string
	if h.Battery != nil {
		battery := fmt.Sprintf("battery %d %%", *h.Battery)
		if h.Charging {
			battery += ", charging"
		}
		parts = append(parts, battery)
	}
	switch h.Printer {
	case poilink.PrinterNoPaper:
		parts = append(parts, "out of paper")
	case poilink.PrinterPaperLow:
		parts = append(parts, "paper is low")
	}
	for _, broken := range []struct {
		works bool
		what  string
	}{{h.CardReader, "card reader"}, {h.PED, "PIN pad"}, {h.Security, "secure element"}} {
		if !broken.works {
			parts = append(parts, broken.what+" out of order")
		}
	}
	if h.Tampered != "" {
		parts = append(parts, "tampered")
	}
	if h.Network.Kind != "" {
		parts = append(parts, h.Network.Kind)
	}
	return strings.Join(parts, " · ")
}

// Test climbs the ladder of the connection test.
func (p pagePorts) Test(ctx context.Context, tid string, each func(doctor.Rung) bool) (doctor.Verdict, bool) {
	t, ok := p.c.registry.Terminal(tid)
	if !ok {
		return doctor.Verdict{}, false
	}
	return p.c.native.Climb(ctx, native.Caller{Role: estate.RoleOperator}, t, each)
}

// Strays lists the devices that are bound to no terminal.
func (p pagePorts) Strays() (list []dashboard.Device) {
	present := p.present()
	for _, d := range p.c.registry.Devices() {
		if d.TID == "" {
			list = append(list, device(d, present))
		}
	}
	return list
}

func (p pagePorts) present() map[string]poi.Presence {
	present := make(map[string]poi.Presence)
	for _, x := range p.c.pois.List() {
		present[x.POIID] = x
	}
	return present
}

func device(d estate.Device, present map[string]poi.Presence) dashboard.Device {
	x := present[d.POIID]
	return dashboard.Device{
		POIID: d.POIID, Configured: d.Configured, KCV: d.KCV, Seen: len(d.PublicKey) > 0,
		Online: x.Online, Since: x.Since, LastSeen: x.LastSeen, Reason: x.Reason,
	}
}

// KeyHint is the end of a group's newest key.
func (p pagePorts) KeyHint(group string) string {
	key, err := p.c.registry.OpenKeyOf(p.c.now(), group)
	if err != nil || len(key) < 8 {
		return ""
	}
	return key[len(key)-4:]
}
