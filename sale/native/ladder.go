package native

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"kassa/doctor"
	"kassa/estate"
)

// probeTime bounds one question to a terminal; it answers within 2 s, or it does not answer.
const probeTime = 3 * time.Second

// pings is how many round trips are measured.
const pings = 3

// testTerminal climbs the ladder of the connection test, and sends each rung as it is known: one JSON
// object a line, or with Accept: text/event-stream one event each. The last is the verdict.
func (h *Handler) testTerminal(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	if h.tests.Add(1) > maxTests {
		h.tests.Add(-1)
		w.Header().Set("Retry-After", "3")
		return fault("too_many_tests", "as many connection tests are on the way as there can be")
	}
	defer h.tests.Add(-1)
	send := startLines(w, acceptsStream(c))
	if verdict, whole := h.Climb(c.Context(), c.caller, t, func(r doctor.Rung) bool { return send("rung", r) }); whole {
		send("verdict", verdict)
	}
	return nil
}

// Climb tests the connection of a terminal for somebody: each rung as it is known, and then the verdict. It ends early, and
// tells so, when each wants no more.
func (h *Handler) Climb(ctx context.Context, who Caller, t estate.Terminal, each func(doctor.Rung) bool) (v doctor.Verdict, whole bool) {
	facts := h.factsOf(t)
	var climbed []doctor.Rung
	for n := 1; n <= doctor.Rungs(); n++ {
		began := h.Wall()
		if !doctor.Failed(climbed) {
			h.look(ctx, who, n, &facts)
		}
		rung := doctor.Rise(n, facts, climbed)
		rung.MS = h.Wall().Sub(began).Milliseconds()
		climbed = append(climbed, rung)
		if !each(rung) {
			return v, false
		}
	}
	return doctor.Conclude(facts, climbed), true
}

// factsOf is what is known of a terminal without asking anybody.
func (h *Handler) factsOf(t estate.Terminal) doctor.Facts {
	g, _ := h.Registry.Group(t.Group)
	s, _ := h.Registry.Shop(t.Shop)
	d, _ := h.Registry.Device(t.POIID)
	f := doctor.Facts{
		Now: h.Now(), Environment: string(h.Environment), TID: t.TID, Found: true, RecordEnvironment: string(t.Environment),
		Life: string(t.Life()), Group: g.Name, Shop: s.Reference, POIID: t.POIID, Heartbeat: h.Heartbeat,
		Keys: d.Configured, KCV: d.KCV, CloudMode: true, WebSocket: true,
	}
	f.May, f.MayNot = t.May()
	return f
}

// look finds the facts that a rung looks at.
func (h *Handler) look(ctx context.Context, who Caller, n int, f *doctor.Facts) {
	switch n {
	case doctor.RungSocket, doctor.RungHeartbeat:
		r := h.Links.Reach(f.TID)
		f.Now, f.WebSocket = h.Now(), r.Enabled
		f.Link = doctor.Link{
			State: r.State, Linked: r.Linked, Reason: r.Reason, Words: r.Words, Since: r.Since, Seen: r.LastSeen, Address: r.Address, Security: r.Security, Lost: r.Disconnects,
		}
	case doctor.RungPing:
		for len(f.Pings) < pings {
			f.Pings = append(f.Pings, h.ping(ctx, f))
			if f.Pings[0].Failed != "" {
				break // who does not answer at all is not asked two more times
			}
		}
	case doctor.RungTerminal:
		ctx, cancel := context.WithTimeout(ctx, probeTime)
		defer cancel()
		p, err := h.Links.Probe(ctx, f.TID, true)
		if err != nil {
			f.Unanswered = unanswered(err)
			return
		}
		f.Checks, f.CloudMode, f.Software = p.Checks, p.CloudMode, p.Software
	case doctor.RungAcquirer:
		f.Acquirer = h.Parts.Acquirer().SignedOn
	case doctor.RungWebhook:
		t, _ := h.Registry.Terminal(f.TID)
		f.Endpoints = h.endpointHealth(who, t)
	}
}

func (h *Handler) ping(ctx context.Context, f *doctor.Facts) doctor.Ping {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p, err := h.Links.Probe(ctx, f.TID, false)
	if err != nil {
		return doctor.Ping{Failed: unanswered(err)}
	}
	f.CloudMode, f.Software = p.CloudMode, p.Software
	return doctor.Ping{Took: p.Took}
}

func unanswered(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within " + probeTime.String()
	}
	return err.Error()
}

// endpointHealth tells by the last deliveries how the endpoints are that hear of a terminal's orders.
// Nothing is sent for it. Endpoints that are not the caller's are left out.
func (h *Handler) endpointHealth(who Caller, t estate.Terminal) (list []doctor.Endpoint) {
	g, _ := h.Registry.Group(t.Group)
	seen := map[string]bool{}
	add := func(e doctor.Endpoint) {
		if e.URL != "" && !seen[e.URL] {
			seen[e.URL] = true
			list = append(list, e)
		}
	}
	streams, err := h.Records.Newest("webhook", nil, "", maxPage)
	if err != nil {
		streams = nil
	}
	for _, s := range streams {
		d, err := h.Deliveries.Read(s)
		if err != nil || d.Group != t.Group || len(d.Attempts) == 0 {
			continue
		}
		last := d.Attempts[len(d.Attempts)-1]
		add(doctor.Endpoint{URL: withoutQuery(d.URL), Good: last.Failure == "", Reason: last.Failure, At: last.At})
	}
	add(doctor.Endpoint{URL: withoutQuery(g.WebhookURL), Good: true})
	for _, e := range h.Registry.AllEndpoints() {
		mine := who.operator() || e.Account != "" && who.sees(e.Account, e.Group)
		if mine && e.Active && (e.Account == t.Account || e.Account == "" && e.Company == "") && (e.Group == "" || e.Group == t.Group) {
			add(doctor.Endpoint{URL: withoutQuery(e.URL), Good: true})
		}
	}
	return list
}

// withoutQuery leaves out what an address tells of one order.
func withoutQuery(url string) string {
	url, _, _ = strings.Cut(url, "?")
	return url
}

// acceptsStream tells whether the client asked for events.
func acceptsStream(c *call) bool {
	return strings.Contains(c.Header.Get("Accept"), "text/event-stream")
}

// startLines begins an answer that comes in parts, and gives what sends one: as an event, or as a line
// of JSON. It reports false when the client is gone.
func startLines(w http.ResponseWriter, events bool) func(name string, body any) bool {
	if events {
		out := startStream(w)
		return func(name string, body any) bool { return out.event(name, encoded(body)) }
	}
	out := &eventStream{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return func(_ string, body any) bool { return out.write(string(encoded(body)) + "\n") }
}
