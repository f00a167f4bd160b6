package cpo

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"kassa/ocpi"
)

// maxBody is the longest body that is read, in bytes.
const maxBody = 1 << 20

// answer is what came back; http is 0 when nothing did.
type answer struct {
	http int
	ocpi.Envelope
}

func (a answer) err() error {
	if a.http == 0 {
		return fmt.Errorf("cpo: no answer: %s", a.Message)
	}
	if a.http != http.StatusOK && a.http != http.StatusCreated || !a.Status.OK() {
		return fmt.Errorf("cpo: HTTP %d, status %d: %s", a.http, a.Status, a.Message)
	}
	return nil
}

// call calls the other side with the token of the connection, and notes what came of it.
func (o *Operator) call(ctx context.Context, method, url string, body []byte, functional bool) answer {
	o.mu.Lock()
	token, array := o.s.Link.Outbound, o.s.Quirks[QuirkArrays]
	o.mu.Unlock()
	if array && functional && len(body) > 0 {
		body = append(append([]byte{'['}, body...), ']')
	}
	a := o.callWith(ctx, token, method, url, body, functional)
	path := url
	if i := strings.Index(url, "/ocpi/"); i >= 0 {
		path = url[i:]
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.s.Said = append(o.s.Said, Said{At: o.now(), What: method + " " + path, HTTP: a.http, Status: a.Status, Message: a.Message})
	o.s.Said = o.s.Said[max(0, len(o.s.Said)-maxSaid):]
	return a
}

func (o *Operator) callWith(ctx context.Context, token, method, url string, body []byte, functional bool) answer {
	q, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{Envelope: ocpi.Envelope{Message: err.Error()}}
	}
	if err := o.headers(q, token, functional); err != nil {
		return answer{Envelope: ocpi.Envelope{Message: err.Error()}}
	}
	r, err := o.client.Do(q)
	if err != nil {
		return answer{Envelope: ocpi.Envelope{Message: err.Error()}}
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	a := answer{http: r.StatusCode}
	if err != nil {
		return answer{Envelope: ocpi.Envelope{Message: err.Error()}}
	}
	if e, err := ocpi.ReadEnvelope(text); err == nil {
		a.Envelope = e
	} else {
		a.Message = err.Error()
	}
	return a
}

func (o *Operator) headers(q *http.Request, token string, functional bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	set := func(name, value string) {
		if o.s.Quirks[QuirkLowerHeaders] {
			q.Header[strings.ToLower(name)] = []string{value}
			return
		}
		q.Header.Set(name, value)
	}
	switch {
	case o.s.Quirks[QuirkRawToken]:
		token = "Token " + token
	case o.s.Quirks[QuirkNewline]:
		token = "Token " + base64.StdEncoding.EncodeToString([]byte(token+"\n"))
	default:
		token = ocpi.Authorization(token, true)
	}
	set("Authorization", token)
	set("Content-Type", "application/json")
	for _, name := range []string{"X-Request-ID", "X-Correlation-ID"} {
		id, err := o.secret()
		if err != nil {
			return err
		}
		set(name, id[:8]+"-"+id[8:12]+"-4"+id[13:16]+"-a"+id[17:20]+"-"+id[20:32])
	}
	if functional && !o.s.Quirks[QuirkNoRouting] {
		set("OCPI-from-country-code", country)
		set("OCPI-from-party-id", partyID)
		set("OCPI-to-country-code", o.s.Link.Country)
		set("OCPI-to-party-id", o.s.Link.PartyID)
	}
	return nil
}

// Register makes the handshake with the token A and the versions URL that the other side gave.
func (o *Operator) Register(ctx context.Context, versionsURL, tokenA string) error {
	return o.shake(ctx, http.MethodPost, versionsURL, tokenA)
}

// Rotate draws a new token for the other side and takes a new one from it.
func (o *Operator) Rotate(ctx context.Context) error {
	o.mu.Lock()
	link := o.s.Link
	o.mu.Unlock()
	if !link.Registered {
		return fmt.Errorf("cpo: it is not registered")
	}
	return o.shake(ctx, http.MethodPut, link.VersionsURL, link.Outbound)
}

// Unregister ends the connection.
func (o *Operator) Unregister(ctx context.Context) error {
	o.mu.Lock()
	link := o.s.Link
	o.mu.Unlock()
	to := ocpi.VersionDetails{Endpoints: link.Endpoints}.URL(ocpi.ModuleCredentials, "")
	if err := o.call(ctx, http.MethodDelete, to, nil, false).err(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.s.Link = Link{}
	return o.keep()
}

// shake asks for the versions, offers a token B and keeps token C.
func (o *Operator) shake(ctx context.Context, method, versionsURL, token string) error {
	details, err := o.discover(ctx, token, versionsURL)
	if err != nil {
		return err
	}
	ours, err := o.secret()
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.s.Link.Former, o.s.Link.Inbound = o.s.Link.Inbound, ours
	err = o.keep()
	body, encodeErr := json.Marshal(o.credentials(ours))
	o.mu.Unlock()
	if err != nil || encodeErr != nil {
		return fmt.Errorf("cpo: %w", firstOf(err, encodeErr))
	}
	a := o.callWith(ctx, token, method, details.URL(ocpi.ModuleCredentials, ""), body, false)
	if err := a.err(); err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if a.http != 0 { // a definite no: the former token is the one that counts
			o.s.Link.Inbound, o.s.Link.Former = o.s.Link.Former, ""
		}
		return err
	}
	var theirs ocpi.Credentials
	if err := ocpi.Read(a.Data, &theirs); err != nil {
		return fmt.Errorf("cpo: their credentials: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.s.Link.Former, o.s.Link.TokenA = "", ""
	return o.join(theirs, details)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// join keeps what a handshake found. The caller holds mu.
func (o *Operator) join(theirs ocpi.Credentials, d ocpi.VersionDetails) error {
	l := &o.s.Link
	l.Outbound, l.VersionsURL, l.Version, l.Endpoints, l.Registered = theirs.Token, theirs.URL, d.Version, d.Endpoints, true
	if len(theirs.Roles) > 0 {
		l.Country, l.PartyID = theirs.Roles[0].CountryCode, theirs.Roles[0].PartyID
	}
	return o.keep()
}

// discover finds the endpoints of the newest version that both speak.
func (o *Operator) discover(ctx context.Context, token, versionsURL string) (ocpi.VersionDetails, error) {
	var d ocpi.VersionDetails
	a := o.callWith(ctx, token, http.MethodGet, versionsURL, nil, false)
	if err := a.err(); err != nil {
		return d, err
	}
	links, err := ocpi.ReadList[ocpi.VersionLink](a.Data)
	if err != nil {
		return d, fmt.Errorf("cpo: their versions: %w", err)
	}
	for i := len(o.cfg.Versions) - 1; i >= 0; i-- {
		for _, l := range links {
			if l.Version != o.cfg.Versions[i] {
				continue
			}
			a = o.callWith(ctx, token, http.MethodGet, l.URL, nil, false)
			if err := a.err(); err != nil {
				return d, err
			}
			err := ocpi.Read(a.Data, &d)
			d.Version = l.Version
			return d, err
		}
	}
	return d, fmt.Errorf("cpo: no version in common")
}

// Activate lets a terminal sell all of the site; reference is its serial number.
func (o *Operator) Activate(ctx context.Context, reference string) error {
	return o.payments(ctx, http.MethodPost, "/terminals/activate", map[string]any{"reference": reference, "location_ids": []string{site}})
}

// Assign changes what a terminal sells. A list that is nil stays as it is.
func (o *Operator) Assign(ctx context.Context, terminal string, locations, evses []string) error {
	body := map[string]any{}
	if locations != nil {
		body["location_ids"] = locations
	}
	if evses != nil {
		body["evse_uids"] = evses
	}
	return o.payments(ctx, http.MethodPatch, "/terminals/"+terminal, body)
}

func (o *Operator) payments(ctx context.Context, method, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("cpo: %w", err)
	}
	o.mu.Lock()
	to := ocpi.VersionDetails{Endpoints: o.s.Link.Endpoints}.URL(ocpi.ModulePayments, ocpi.Sender)
	o.mu.Unlock()
	return o.call(ctx, method, strings.TrimSuffix(to, "/")+path, text, true).err()
}
