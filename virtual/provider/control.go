package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// Control is the provider's control interface over HTTP. Requests that a browser makes for another site are refused.
//
//	GET    /state                  all that it has, its keys too
//	POST   /incidents              open one: {"title":"no traffic","kind":"test"}
//	DELETE /incidents/{id}         end one
//	PUT    /{environment}/terminals/{serial}  change a terminal, or make one: {"activation":"registered","online":false,
//	                               "state":"READY","owner":"other","visible_to":[],"managed_by":[],"merchant_id":"M1"}
//	DELETE /{environment}/terminals/{serial}  take one out of the list
//	POST   /{environment}/key      rotate the key; the state has the new one
//	POST   /silent                 answer no more, or again: {"on":true}
//	POST   /statuspage             give the feed the form of Statuspage: {"on":true}
func (p *Provider) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", controlled(p, func(*http.Request, struct{}) error { return nil }))
	mux.HandleFunc("POST /incidents", controlled(p, p.openIncident))
	mux.HandleFunc("DELETE /incidents/{id}", controlled(p, p.endIncident))
	mux.HandleFunc("PUT /{environment}/terminals/{serial}", controlled(p, p.putTerminal))
	mux.HandleFunc("DELETE /{environment}/terminals/{serial}", controlled(p, p.takeTerminal))
	mux.HandleFunc("POST /{environment}/key", controlled(p, p.rotate))
	mux.HandleFunc("POST /silent", controlled(p, func(_ *http.Request, in struct{ On bool }) error { p.s.Silent = in.On; return nil }))
	mux.HandleFunc("POST /statuspage", controlled(p, func(_ *http.Request, in struct{ On bool }) error { p.s.Statuspage = in.On; return nil }))
	return http.NewCrossOriginProtection().Handler(mux)
}

// errUnknown is something that is not there, errWrong bad input; the texts name it.
var (
	errUnknown = errors.New("there is no such")
	errWrong   = errors.New("the request is wrong")
)

// controlled reads the one JSON object of a request, does what it asks while nobody else changes anything, and answers
// with the state.
func controlled[T any](p *Provider, do func(*http.Request, T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			reply(w, http.StatusBadRequest, map[string]string{"error": "the body: " + err.Error()})
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		err := do(r, in)
		if err == nil && p.keep != nil && r.Method != http.MethodGet {
			state, _ := json.Marshal(p.s) // it was made of JSON
			err = p.keep(state)
		}
		switch {
		case errors.Is(err, errUnknown):
			reply(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		case err != nil:
			reply(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		default:
			reply(w, http.StatusOK, p.s)
		}
	}
}

func (p *Provider) openIncident(_ *http.Request, in struct{ Title, Kind string }) error {
	if in.Title == "" || !slices.Contains([]string{"", "test", "production"}, in.Kind) {
		return fmt.Errorf("%w: title must be given, and kind be test, production or empty", errWrong)
	}
	id := p.draw("incident")
	p.s.Incidents = append(p.s.Incidents, Incident{ID: id, Title: in.Title, Kind: in.Kind, Began: p.now().UTC().Truncate(time.Second), Link: "https://status.example/" + id})
	return nil
}

func (p *Provider) endIncident(r *http.Request, _ struct{}) error {
	i := slices.IndexFunc(p.s.Incidents, func(i Incident) bool { return i.ID == r.PathValue("id") })
	if i < 0 {
		return fmt.Errorf("%w incident", errUnknown)
	}
	at := p.now().UTC().Truncate(time.Second)
	p.s.Incidents[i].Ended = &at
	return nil
}

// changed is what a terminal is to be; what is left out stays.
type changed struct {
	Model      *string   `json:"model"`
	Family     *string   `json:"family"`
	Activation *string   `json:"activation"`
	Owner      *string   `json:"owner"`
	VisibleTo  *[]string `json:"visible_to"`
	ManagedBy  *[]string `json:"managed_by"`
	Online     *bool     `json:"online"`
	State      *string   `json:"state"`
	MerchantID *string   `json:"merchant_id"`
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (p *Provider) terminal(r *http.Request) (e *Environment, at int, err error) {
	if e = p.s.Environments[r.PathValue("environment")]; e == nil {
		return nil, -1, fmt.Errorf("%w environment", errUnknown)
	}
	return e, slices.IndexFunc(e.Terminals, func(t Terminal) bool { return t.Serial == r.PathValue("serial") }), nil
}

func (p *Provider) putTerminal(r *http.Request, in changed) error {
	e, i, err := p.terminal(r)
	if err != nil {
		return err
	}
	if in.Activation != nil && !slices.Contains([]string{"shipped", "registered", "activated", "deactivated"}, *in.Activation) {
		return fmt.Errorf("%w: activation must be shipped, registered, activated or deactivated", errWrong)
	}
	if i < 0 {
		e.Terminals, i = append(e.Terminals, Terminal{Serial: r.PathValue("serial"), Activation: "shipped", State: "IDLE"}), len(e.Terminals)
	}
	t := &e.Terminals[i]
	if in.Online != nil && t.Online && !*in.Online {
		t.LastSeen = p.now().UTC()
	}
	set(&t.Model, in.Model)
	set(&t.Family, in.Family)
	set(&t.Activation, in.Activation)
	set(&t.Owner, in.Owner)
	set(&t.VisibleTo, in.VisibleTo)
	set(&t.ManagedBy, in.ManagedBy)
	set(&t.Online, in.Online)
	set(&t.State, in.State)
	set(&t.MerchantID, in.MerchantID)
	return nil
}

func (p *Provider) takeTerminal(r *http.Request, _ struct{}) error {
	e, i, err := p.terminal(r)
	if err != nil {
		return err
	}
	if i < 0 {
		return fmt.Errorf("%w terminal", errUnknown)
	}
	e.Terminals = slices.Delete(e.Terminals, i, i+1)
	return nil
}

func (p *Provider) rotate(r *http.Request, _ struct{}) error {
	e, _, err := p.terminal(r)
	if err != nil {
		return err
	}
	e.Key = p.draw("sim-provider-" + r.PathValue("environment") + "-key")
	return nil
}
