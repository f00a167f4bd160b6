package cpo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa/ocpi"
)

// OCPI serves the operator's side of OCPI.
func (o *Operator) OCPI() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, f func(http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, o.guard(f, true))
	}
	own := func(pattern string, f func(http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, o.guard(f, false))
	}
	open("GET /ocpi/versions", o.getVersions)
	open("GET /ocpi/{v}", o.getDetails)
	open("POST /ocpi/{v}/credentials", o.takeCredentials)
	own("PUT /ocpi/{v}/credentials", o.takeCredentials)
	own("GET /ocpi/{v}/credentials", o.getCredentials)
	own("DELETE /ocpi/{v}/credentials", o.deleteCredentials)
	own("GET /ocpi/{v}/locations", o.getLocations)
	own("GET /ocpi/{v}/locations/{location}", o.getLocations)
	own("GET /ocpi/{v}/locations/{location}/{evse}", o.getLocations)
	own("GET /ocpi/{v}/tariffs", o.getTariffs)
	own("GET /ocpi/{v}/sessions", o.getSessions)
	own("GET /ocpi/{v}/cdrs", o.getCDRs)
	own("POST /ocpi/{v}/commands/START_SESSION", o.start)
	own("POST /ocpi/{v}/commands/STOP_SESSION", o.stop)
	own("POST /ocpi/{v}/payments/terminals", o.takeTerminal)
	own("GET /ocpi/{v}/payments/terminals/{id}", o.getTerminal)
	own("POST /ocpi/{v}/payments/financial-advice-confirmations", o.takeConfirmation)
	own("GET /ocpi/{v}/payments/financial-advice-confirmations/{id}", o.getConfirmation)
	return mux
}

// guard lets in who has the token, and gives the ids of the request back.
func (o *Operator) guard(f func(http.ResponseWriter, *http.Request), registering bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"X-Request-ID", "X-Correlation-ID"} {
			if id := r.Header.Get(name); id != "" {
				w.Header().Set(name, id)
			}
		}
		o.mu.Lock()
		l, refuses := o.s.Link, o.fault(FaultToken, "") != nil
		o.mu.Unlock()
		good := !refuses && slices.ContainsFunc(ocpi.TokensOf(r.Header.Get("Authorization")), func(t string) bool {
			return t == l.Inbound || t == l.Former || registering && t == l.TokenA
		})
		if !good {
			o.say(w, http.StatusUnauthorized, ocpi.StatusClientError, "the token is not known", nil)
			return
		}
		f(w, r)
	}
}

// say answers with an envelope.
func (o *Operator) say(w http.ResponseWriter, status int, code ocpi.Status, message string, data any) {
	o.mu.Lock()
	null, now := o.s.Quirks[QuirkNullData], o.now()
	o.mu.Unlock()
	body := map[string]any{"status_code": code, "timestamp": ocpi.At(now)}
	if message != "" {
		body["status_message"] = message
	}
	if data != nil || null {
		body["data"] = data
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side may be gone
}

func (o *Operator) ok(w http.ResponseWriter, data any) {
	o.say(w, http.StatusOK, ocpi.StatusOK, "", data)
}

// read reads a body and holds its rules; it has answered when it gives false.
func read[T interface{ Check() error }](o *Operator, w http.ResponseWriter, r *http.Request) (v T, ok bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err == nil {
		err = ocpi.Read(body, &v)
	}
	if err == nil {
		err = v.Check()
	}
	if err != nil {
		o.say(w, http.StatusOK, ocpi.StatusInvalid, err.Error(), nil)
	}
	return v, err == nil
}

func (o *Operator) base() string { return strings.TrimSuffix(o.cfg.BaseURL, "/") }

func (o *Operator) getVersions(w http.ResponseWriter, _ *http.Request) {
	var list []ocpi.VersionLink
	for _, v := range o.cfg.Versions {
		list = append(list, ocpi.VersionLink{Version: v, URL: o.base() + "/ocpi/" + string(v)})
	}
	o.ok(w, list)
}

func (o *Operator) getDetails(w http.ResponseWriter, r *http.Request) {
	v := ocpi.Version(r.PathValue("v"))
	if !slices.Contains(o.cfg.Versions, v) {
		o.say(w, http.StatusNotFound, ocpi.StatusClientError, "there is no such version", nil)
		return
	}
	d := ocpi.VersionDetails{Version: v}
	for _, m := range [][2]string{
		{ocpi.ModuleCredentials, ocpi.Sender}, {ocpi.ModulePayments, ocpi.Receiver}, {ocpi.ModuleCommands, ocpi.Receiver},
		{ocpi.ModuleLocations, ocpi.Sender}, {ocpi.ModuleTariffs, ocpi.Sender}, {ocpi.ModuleSessions, ocpi.Sender}, {ocpi.ModuleCDRs, ocpi.Sender},
	} {
		d.Endpoints = append(d.Endpoints, ocpi.Endpoint{Identifier: m[0], Role: m[1], URL: o.base() + "/ocpi/" + string(v) + "/" + m[0]})
	}
	o.ok(w, d)
}

func (o *Operator) credentials(token string) ocpi.Credentials {
	return ocpi.Credentials{Token: token, URL: o.base() + "/ocpi/versions", Roles: []ocpi.CredentialsRole{{
		Role: ocpi.RoleCPO, CountryCode: country, PartyID: partyID, BusinessDetails: ocpi.BusinessDetails{Name: name},
	}}}
}

func (o *Operator) getCredentials(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	token := o.s.Link.Inbound
	o.mu.Unlock()
	o.ok(w, o.credentials(token))
}

// takeCredentials is the server's side of the handshake: it asks for the versions with token B before it answers.
func (o *Operator) takeCredentials(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	registered := o.s.Link.Registered
	o.mu.Unlock()
	if registered != (r.Method == http.MethodPut) {
		o.say(w, http.StatusMethodNotAllowed, ocpi.StatusClientError, "POST registers, PUT changes", nil)
		return
	}
	theirs, ok := read[ocpi.Credentials](o, w, r)
	if !ok {
		return
	}
	details, err := o.discover(r.Context(), theirs.Token, theirs.URL)
	if err != nil {
		o.say(w, http.StatusOK, ocpi.StatusUnusable, err.Error(), nil)
		return
	}
	ours, err := o.secret()
	if err == nil {
		o.mu.Lock()
		o.s.Link.Inbound, o.s.Link.Former, o.s.Link.TokenA = ours, "", ""
		err = o.join(theirs, details)
		o.mu.Unlock()
	}
	if err != nil {
		o.say(w, http.StatusInternalServerError, ocpi.StatusServerError, err.Error(), nil)
		return
	}
	o.ok(w, o.credentials(ours))
}

func (o *Operator) deleteCredentials(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	o.s.Link = Link{}
	err := o.keep()
	o.mu.Unlock()
	if err != nil {
		o.say(w, http.StatusInternalServerError, ocpi.StatusServerError, err.Error(), nil)
		return
	}
	o.ok(w, nil)
}

// page answers a list: what was changed from date_from to before date_to, in pages.
func page[T any](o *Operator, w http.ResponseWriter, r *http.Request, all []T, changed func(T) time.Time) {
	q := r.URL.Query()
	from, _ := ocpi.ParseDateTime(q.Get("date_from"))
	to, _ := ocpi.ParseDateTime(q.Get("date_to"))
	match := []T{}
	for _, x := range all {
		if at := changed(x); !(q.Get("date_from") != "" && at.Before(from.Time)) && !(q.Get("date_to") != "" && !at.Before(to.Time)) {
			match = append(match, x)
		}
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	offset = min(max(offset, 0), len(match))
	end := min(offset+pageSize, len(match))
	w.Header().Set("X-Total-Count", strconv.Itoa(len(match)))
	w.Header().Set("X-Limit", strconv.Itoa(pageSize))
	o.mu.Lock()
	foreign := o.s.Quirks[QuirkForeignLink]
	o.mu.Unlock()
	if end < len(match) || foreign {
		q.Set("offset", strconv.Itoa(end))
		host := o.base()
		if foreign {
			host = "http://127.0.0.1:9" // nobody answers at the discard port
		}
		w.Header().Set("Link", fmt.Sprintf("<%s%s?%s>; rel=%q", host, r.URL.EscapedPath(), q.Encode(), "next"))
	}
	o.ok(w, match[offset:end])
}

const pageSize = 50
