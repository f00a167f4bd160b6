package cpo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/ocpi"
)

// Control is the operator's control interface over HTTP. Requests that a browser makes for another site
// are refused.
//
//	GET    /state        all that it knows: link (without tokens), chargers, charges, cdrs, confirmations, said
//	POST   /register     make the handshake: {"url":"…/ocpi/versions","token":"…"}
//	POST   /token        draw a token A for the other side: {"url":"…","token":"…"}
//	POST   /rotate       change the tokens of both sides
//	DELETE /register     end the connection
//	POST   /activate     let a terminal sell the site: {"reference":"[serial number]"}
//	POST   /assign       change what it sells: {"terminal":"…","locations":[…],"evses":[…]}
//	POST   /plug         plug a car in: {"evse":"EVSE-1","wh_per_second":50,"wants_wh":20000}
//	POST   /unplug       pull it out, which ends the charge: {"evse":"EVSE-1"}
//	POST   /skip         move its clock on: {"seconds":60}
//	POST   /tariff       change the price: {"per_kwh":50,"vat":21,"preauthorise":5000}
//	POST   /fault        set a fault: {"kind":"cdr-late","evse":"EVSE-1","seconds":3600}
//	DELETE /fault        clear all faults
//	POST   /quirk        switch a quirk: {"kind":"raw-token","on":true}
func (o *Operator) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", o.getState)
	mux.HandleFunc("POST /register", controlled(o, func(ctx context.Context, in struct{ URL, Token string }) error {
		return o.Register(ctx, in.URL, in.Token)
	}))
	mux.HandleFunc("POST /token", o.postToken)
	mux.HandleFunc("POST /rotate", controlled(o, func(ctx context.Context, _ struct{}) error { return o.Rotate(ctx) }))
	mux.HandleFunc("DELETE /register", controlled(o, func(ctx context.Context, _ struct{}) error { return o.Unregister(ctx) }))
	mux.HandleFunc("POST /activate", controlled(o, func(ctx context.Context, in struct{ Reference string }) error {
		return o.Activate(ctx, in.Reference)
	}))
	mux.HandleFunc("POST /assign", controlled(o, func(ctx context.Context, in assignment) error {
		return o.Assign(ctx, in.Terminal, in.Locations, in.EVSEs)
	}))
	mux.HandleFunc("POST /plug", controlled(o, o.plug))
	mux.HandleFunc("POST /unplug", controlled(o, o.unplug))
	mux.HandleFunc("POST /skip", controlled(o, o.skip))
	mux.HandleFunc("POST /tariff", controlled(o, o.setTariff))
	mux.HandleFunc("POST /fault", controlled(o, o.setFault))
	mux.HandleFunc("DELETE /fault", controlled(o, func(context.Context, struct{}) error {
		return o.change(func() error { o.s.Faults = nil; return nil })
	}))
	mux.HandleFunc("POST /quirk", controlled(o, o.setQuirk))
	return http.NewCrossOriginProtection().Handler(mux)
}

// errWrong is bad input; its text names the field and the rule.
var errWrong = errors.New("the request is wrong")

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errWrong}, args...)...)
}

// controlled reads the one JSON object of a request, does what it asks and answers with the state.
func controlled[T any](o *Operator, do func(context.Context, T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
		d.DisallowUnknownFields()
		err := d.Decode(&in)
		if errors.Is(err, io.EOF) {
			err = nil // no body at all
		}
		if err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": "the body: " + err.Error()})
			return
		}
		switch err := do(r.Context(), in); {
		case errors.Is(err, errWrong):
			reply(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		case err != nil:
			reply(w, http.StatusBadGateway, map[string]string{"error": err.Error()})
		default:
			o.getState(w, r)
		}
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// change makes a change durable. Pushes that it causes go with the next turn of Run.
func (o *Operator) change(f func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := f(); err != nil {
		return err
	}
	return o.keep()
}

// State is what the control interface shows; it holds no token.
type State struct {
	Now           time.Time                          `json:"now"`
	Registered    bool                               `json:"registered"`
	Version       ocpi.Version                       `json:"version,omitempty"`
	Tariff        Tariff                             `json:"tariff"`
	Chargers      []ChargerState                     `json:"chargers"`
	Charges       []ChargeState                      `json:"charges"`
	CDRs          []ocpi.CDR                         `json:"cdrs"`
	Terminals     []ocpi.Terminal                    `json:"terminals"`
	Confirmations []ocpi.FinancialAdviceConfirmation `json:"confirmations"`
	Faults        []Fault                            `json:"faults"`
	Quirks        []string                           `json:"quirks"`
	Owed          int                                `json:"owed"` // calls that are not answered yet
	Said          []Said                             `json:"said"`
}

// ChargerState is a charger with what it says of itself.
type ChargerState struct {
	EVSE   string `json:"evse"`
	Label  string `json:"label"`
	Status string `json:"status"`
	Car    *Car   `json:"car,omitempty"`
}

// ChargeState is a charge with its cost so far, gross in minor units.
type ChargeState struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	EVSE      string `json:"evse"`
	Status    string `json:"status"`
	Wh        int64  `json:"wh"`
	Cost      int64  `json:"cost"`
	Billed    bool   `json:"billed"`
}

func (o *Operator) getState(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	s := State{
		Now: o.now(), Registered: o.s.Link.Registered, Version: o.s.Link.Version, Tariff: o.s.Tariff, CDRs: slices.Clone(o.s.CDRs),
		Terminals: slices.Clone(o.s.Terminals), Confirmations: slices.Clone(o.s.Confirmations), Faults: slices.Clone(o.s.Faults),
		Owed: len(o.s.Owed), Said: slices.Clone(o.s.Said),
	}
	for _, c := range o.s.Chargers {
		s.Chargers = append(s.Chargers, ChargerState{EVSE: c.EVSE, Label: c.Label, Status: o.status(c), Car: c.Car})
	}
	for _, c := range o.s.Charges {
		s.Charges = append(s.Charges, ChargeState{c.ID, c.Reference, c.EVSE, c.Status, c.Wh, c.cost(), c.Billed})
	}
	for _, q := range Quirks() {
		if o.s.Quirks[q] {
			s.Quirks = append(s.Quirks, q)
		}
	}
	o.mu.Unlock()
	reply(w, http.StatusOK, s)
}

func (o *Operator) postToken(w http.ResponseWriter, _ *http.Request) {
	token, err := o.secret()
	if err == nil {
		err = o.change(func() error { o.s.Link.TokenA = token; return nil })
	}
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	reply(w, http.StatusOK, map[string]string{"url": o.base() + "/ocpi/versions", "token": token})
}

type assignment struct {
	Terminal         string
	Locations, EVSEs []string
}

type plugging struct {
	EVSE        string `json:"evse"`
	WhPerSecond int64  `json:"wh_per_second"`
	Wants       int64  `json:"wants_wh"`
}

func (o *Operator) plug(_ context.Context, in plugging) error {
	return o.change(func() error {
		c := o.charger(in.EVSE)
		switch {
		case c == nil:
			return wrong("evse is not known")
		case in.WhPerSecond < 1 || in.WhPerSecond > maxRate:
			return wrong("wh_per_second must be 1 to %d", maxRate)
		case in.Wants < 0 || in.Wants > maxWants:
			return wrong("wants_wh must be 0 to %d", maxWants)
		}
		c.Car = &Car{in.WhPerSecond, in.Wants}
		return nil
	})
}

func (o *Operator) unplug(_ context.Context, in struct{ EVSE string }) error {
	return o.change(func() error {
		c := o.charger(in.EVSE)
		if c == nil {
			return wrong("evse is not known")
		}
		if running := o.running(c.EVSE); running != nil {
			o.move(running)
			o.end(running)
		}
		c.Car = nil
		return nil
	})
}

func (o *Operator) skip(_ context.Context, in struct{ Seconds int64 }) error {
	return o.change(func() error {
		if in.Seconds < 0 || in.Seconds > maxSkip {
			return wrong("seconds must be 0 to %d", int64(maxSkip))
		}
		o.s.Ahead += time.Duration(in.Seconds) * time.Second
		return nil
	})
}

type pricing struct {
	PerKWh       int64 `json:"per_kwh"`
	VAT          int64 `json:"vat"`
	Preauthorise int64 `json:"preauthorise"`
}

func (o *Operator) setTariff(_ context.Context, in pricing) error {
	return o.change(func() error {
		if in.PerKWh < 0 || in.PerKWh > maxPrice || in.VAT < 0 || in.VAT > 100 || in.Preauthorise < 0 || in.Preauthorise > maxPrice {
			return wrong("per_kwh and preauthorise must be 0 to %d, vat 0 to 100", int64(maxPrice))
		}
		o.s.Tariff = Tariff{o.s.Tariff.ID, in.PerKWh, in.VAT, in.Preauthorise, o.now()}
		return nil
	})
}

func (o *Operator) setFault(_ context.Context, f Fault) error {
	return o.change(func() error {
		if err := f.Check(); err != nil {
			return wrong("%s", err)
		}
		if f.EVSE != "" && o.charger(f.EVSE) == nil {
			return wrong("evse is not known")
		}
		o.s.Faults = slices.DeleteFunc(o.s.Faults, func(k Fault) bool { return k.Kind == f.Kind && k.EVSE == f.EVSE })
		f.At = o.now()
		o.s.Faults = append(o.s.Faults, f)
		return nil
	})
}

func (o *Operator) setQuirk(_ context.Context, in struct {
	Kind string
	On   bool
}) error {
	return o.change(func() error {
		if !slices.Contains(Quirks(), in.Kind) {
			return wrong("kind must be one of %s", strings.Join(Quirks(), ", "))
		}
		o.s.Quirks[in.Kind] = in.On
		return nil
	})
}
