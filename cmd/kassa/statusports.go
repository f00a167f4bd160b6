package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/dashboard"
	"kassa/estate"
	"kassa/journal"
	"kassa/poilink"
	"kassa/sale/native"
	"kassa/status"
)

// This file joins the service status with what it is measured from.

const (
	// lookEvery is how often the components are looked at.
	lookEvery = 5 * time.Second
	// acquirerLinks is how many links to the acquirer there should be: the link's default.
	acquirerLinks = 2
	// measuredFor is how long what happened counts.
	measuredFor = 5 * time.Minute
	// maxMeasured bounds what is held of one kind.
	maxMeasured = 20_000
)

// gauges measure the installation from what it does.
type gauges struct {
	c                           *cloud
	api, dashboard, feed, store status.Gauge

	mu      sync.Mutex
	asked   status.Gauge         // authorisations; those that failed have had no answer
	hosts   map[string]*hostTold // webhooks, by host
	dropped status.Drops         // terminals whose link was lost, by POIID
}

type hostTold struct{ good, bad time.Time } // when a call last succeeded, and failed

func newGauges(c *cloud) *gauges {
	return &gauges{c: c, hosts: make(map[string]*hostTold)}
}

// answered counts an answer over HTTP. How long those take that wait for people, or go on for as long as somebody
// listens, says nothing of the installation.
func (g *gauges) answered(path string, code int, took time.Duration, stream bool) {
	failed := code >= http.StatusInternalServerError
	switch {
	case strings.HasPrefix(path, "/v1/json/"), strings.HasPrefix(path, native.Prefix):
		if stream || strings.HasSuffix(path, "/test") {
			took = 0
		}
		g.api.Note(time.Now(), took, failed)
	case path == poilink.Path, slices.Contains([]string{"sim", "events", "status", "status.json"}, c0(path)):
	case path == "/", dashboardPath(path):
		if stream || strings.HasSuffix(path, "/test") {
			took = 0
		}
		g.dashboard.Note(time.Now(), took, failed)
	default: // Adyen's doors: a payment is answered when the customer has paid
		g.api.Note(time.Now(), 0, failed)
	}
}

// c0 is the first part of a path.
func c0(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// dashboardPath tells whether a path is one of the pages'.
func dashboardPath(path string) bool {
	return slices.ContainsFunc(dashboard.Paths(), func(known string) bool { return c0(path) == c0(known) })
}

// run follows the record: what happened to authorisations, webhooks and links, and how late it is heard of.
func (g *gauges) run(ctx context.Context) error {
	const page = 500
	changes := g.c.store.Watch(ctx)
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	after, ahead := g.c.store.Last(), g.c.clock.ahead.Load()
	for {
		entries, err := g.c.store.Entries(after, page)
		if err != nil {
			return err
		}
		at := g.c.now()
		moved := g.c.clock.ahead.Load() != ahead // what was stamped before is not late
		ahead = g.c.clock.ahead.Load()
		for _, e := range entries {
			g.take(e)
			if !moved {
				g.feed.Note(time.Now(), max(0, at.Sub(e.At)), false)
			}
			after = e.Seq
		}
		if len(entries) == page && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-changes:
			if !ok {
				changes = nil
			}
		case <-poll.C:
		}
	}
}

func (g *gauges) take(e journal.Entry) {
	now := time.Now()
	switch e.Kind {
	case "AuthorisationAnswered", "AuthorisationNotSent":
		g.asked.Note(now, 0, false)
	case "AuthorisationUnknown":
		g.asked.Note(now, 0, true)
	case "WebhookDelivered", "WebhookFailed":
		g.takeWebhook(e, now)
	case "LinkUp", "LinkDown":
		g.takeLink(e, now)
	}
}

func (g *gauges) takeWebhook(e journal.Entry, now time.Time) {
	var told struct {
		URL string `json:"url"`
	}
	if json.Unmarshal(e.Payload, &told) != nil {
		return
	}
	at, err := url.Parse(told.URL)
	if err != nil || at.Host == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[at.Host]
	if h == nil {
		if len(g.hosts) >= maxMeasured {
			return
		}
		h = &hostTold{}
		g.hosts[at.Host] = h
	}
	if e.Kind == "WebhookDelivered" {
		h.good = now
	} else {
		h.bad = now
	}
}

func (g *gauges) takeLink(e journal.Entry, now time.Time) {
	var link struct {
		POIID  string `json:"poiid"`
		Reason string `json:"reason"`
	}
	if json.Unmarshal(e.Payload, &link) != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped.Back(link.POIID)
	if slices.Contains([]string{"shutdown", "restart", "replaced", "unbound", "blocked"}, link.Reason) { // somebody wants it
		return
	}
	if e.Kind == "LinkDown" {
		g.dropped.Lost(link.POIID, now)
	}
}

// measure gives the figures of the last minutes.
func (g *gauges) measure() (f status.Figures) {
	now := time.Now()
	f.API.Answers, f.API.Failed, f.API.P95 = g.api.Read(now)
	f.Dashboard.Answers, f.Dashboard.Failed, f.Dashboard.P95 = g.dashboard.Read(now)
	f.Events.Heard, _, f.Events.P95 = g.feed.Read(now)
	var lost int
	f.Store.Commits, lost, f.Store.P95 = g.store.Read(now)
	select {
	case <-g.c.store.Failed():
		f.Store.Failed = true
	default:
		f.Store.Failed = lost > 0 && lost == f.Store.Commits
	}
	f.Acquirer.Links, f.Acquirer.SignedOn = acquirerLinks, g.c.acquirer.State()
	f.Acquirer.Asked, f.Acquirer.TimedOut, _ = g.asked.Read(now)
	online := g.c.pois.Count()
	g.mu.Lock()
	defer g.mu.Unlock()
	f.Terminals = g.dropped.Fleet(now, online)
	for host, told := range g.hosts {
		good, bad := now.Sub(told.good) <= measuredFor, now.Sub(told.bad) <= measuredFor
		switch {
		case !good && !bad:
			delete(g.hosts, host)
			continue
		case !good:
			f.Webhooks.Failing++
		}
		f.Webhooks.Hosts++
	}
	return f
}

// joinStatus makes the board and its page.
func (c *cloud) joinStatus() (err error) {
	c.gauges = newGauges(c)
	c.board, err = status.New(status.Config{
		Store: c.store, Submit: c.store.Submit, Measure: c.gauges.measure,
		Committed: func(took time.Duration, failed bool) { c.gauges.store.Note(time.Now(), took, failed) },
		Prefix:    "inc_" + string(cmp.Or(c.registry.Environment(), estate.Test)) + "_", Every: lookEvery, Now: c.now, Random: rand.Reader,
	})
	if err != nil {
		return err
	}
	c.statusPage, err = status.NewPage(c.board, string(c.registry.Environment()))
	return err
}

// boardPorts gives the native API the service status.
type boardPorts struct{ b *status.Board }

func (p boardPorts) Components() (list []native.Component) {
	for _, r := range p.b.Rows() {
		c := native.Component{Name: r.Name, Title: r.Title, State: string(r.State), Since: r.Since, Says: r.Says, Uptime: r.Uptime}
		for _, d := range r.Days {
			c.Days = append(c.Days, native.ComponentDay{Day: d.Day, Worst: string(d.Worst), Uptime: d.Uptime})
		}
		list = append(list, c)
	}
	return list
}

func (p boardPorts) Incidents(before string, limit int) []native.Incident {
	list := []native.Incident{}
	for _, i := range p.b.Incidents(before, limit) {
		list = append(list, shownIncident(i))
	}
	return list
}

func (p boardPorts) Incident(id string) (native.Incident, error) {
	i, err := p.b.Incident(id)
	return shownIncident(i), incidentError(err)
}

func (p boardPorts) Open(n native.NewIncident, by string) (native.Incident, error) {
	i, err := p.b.Open(status.NewIncident{Title: n.Title, Components: n.Components, Worst: status.State(n.State), Text: n.Text, By: by})
	return shownIncident(i), incidentError(err)
}

func (p boardPorts) Note(id, by, text string, resolves bool) (native.Incident, error) {
	i, err := p.b.Note(id, by, text, resolves)
	return shownIncident(i), incidentError(err)
}

// incidentError says in the API's words why an incident was not taken.
func incidentError(err error) error {
	switch {
	case errors.Is(err, status.ErrUnknown):
		return native.ErrNoIncident
	case errors.Is(err, status.ErrOver):
		return native.ErrIncidentOver
	case errors.Is(err, status.ErrInvalid):
		return native.InvalidIncident{Why: strings.TrimPrefix(err.Error(), status.ErrInvalid.Error()+": ")}
	}
	return err
}

func shownIncident(i status.Incident) native.Incident {
	shown := native.Incident{
		ID: i.ID, Title: i.Title, Components: i.Components, Worst: string(i.Worst), State: string(i.State), Opened: i.Opened, OpenedBy: i.OpenedBy,
		Resolved: i.Resolved, Notes: []native.IncidentNote{},
	}
	for _, n := range i.Notes {
		shown.Notes = append(shown.Notes, native.IncidentNote(n))
	}
	return shown
}
