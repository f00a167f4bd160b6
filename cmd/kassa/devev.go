package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"kassa/sale/native"
)

// The terminal that `kassa dev --ev` puts at the chargers.
const (
	evPOIID  = "EV1-KS00000001"
	evSerial = "KS00000001"
)

// startOperator starts the simulated charge point operator.
func (d *dev) startOperator(ctx context.Context) error {
	args := []string{"sim", "operator", "--data", d.sub("operator")}
	if d.ocpi != "" {
		args = append(args, "--ocpi", d.ocpi)
	}
	return d.spawn(ctx, &child{name: "operator", args: args})
}

// joinEV makes what is missing for charging: the unattended terminal, the connection with the operator, and
// the chargers that the terminal sells. It can be repeated.
func (d *dev) joinEV(ctx context.Context, f demoFacts) (tid string, err error) {
	steps := []func(context.Context, demoFacts) error{
		func(ctx context.Context, f demoFacts) error { tid, err = d.evTerminal(ctx, f); return err },
		d.evConnection,
		func(ctx context.Context, f demoFacts) error {
			return d.evPost(ctx, f, "/sim/operator/activate", map[string]string{"reference": evSerial}, nil)
		},
		d.evSells,
		d.evWorld,
	}
	for _, step := range steps {
		if err := d.patiently(ctx, func(ctx context.Context) error { return step(ctx, f) }); err != nil {
			return tid, err
		}
	}
	return tid, nil
}

// patiently repeats a step until it is done: the parts are not up at the same instant.
func (d *dev) patiently(ctx context.Context, step func(context.Context) error) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := step(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// evTerminal makes the terminal, its device, and activates it.
func (d *dev) evTerminal(ctx context.Context, f demoFacts) (tid string, err error) {
	var list struct{ Data []native.Terminal }
	if err := d.get(ctx, f.Token, "terminals", &list); err != nil {
		return "", err
	}
	for _, t := range list.Data {
		if t.POIID == evPOIID {
			tid = t.TID
			if t.Activated && t.Online {
				return tid, nil
			}
		}
	}
	if tid == "" {
		var made struct{ TID, Code string }
		ask := map[string]string{"group": f.Group, "name": "Chargers", "poiid": evPOIID}
		if err := d.evPost(ctx, f, native.Prefix+"terminals", ask, &made); err != nil {
			return "", err
		}
		tid = made.TID
		if err := d.evPost(ctx, f, "/sim/terminals/", map[string]string{"poiid": evPOIID, "name": "Chargers", "code": made.Code}, nil); err != nil {
			return "", err
		}
	}
	return tid, errors.New("the terminal at the chargers is not online")
}

// evConnection registers the operator with a new connection, where it is not registered.
func (d *dev) evConnection(ctx context.Context, f demoFacts) error {
	var state struct{ Registered bool }
	if err := d.evPost(ctx, f, "", nil, &state); err != nil || state.Registered {
		return err
	}
	var me struct{ Data []struct{ ID string } }
	if err := d.get(ctx, f.Token, "accounts", &me); err != nil {
		return err
	}
	if len(me.Data) == 0 {
		return errors.New("there is no account")
	}
	var made struct{ TokenA string }
	ask := map[string]string{"name": "Laadpunt", "account": me.Data[0].ID}
	if err := d.evPost(ctx, f, native.Prefix+"ocpi-connections", ask, &made); err != nil {
		return err
	}
	return d.evPost(ctx, f, "/sim/operator/register", map[string]string{"url": f.URL + "/ocpi/versions", "token": made.TokenA}, nil)
}

// evSells waits until the terminal shows the chargers.
func (d *dev) evSells(ctx context.Context, f demoFacts) error {
	var state struct {
		Sells *struct{ Points []json.RawMessage }
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.origin+"/sim/terminals/"+evPOIID+"/state", nil)
	if err != nil {
		return err
	}
	if err := d.call(r, f.Token, &state); err != nil {
		return err
	}
	if state.Sells == nil || len(state.Sells.Points) == 0 {
		return errors.New("the terminal at the chargers sells nothing yet")
	}
	return nil
}

// evPost posts to the installation; with neither path nor body it reads the operator's state.
func (d *dev) evPost(ctx context.Context, f demoFacts, path string, body, into any) error {
	method := http.MethodPost
	if path == "" {
		method, path = http.MethodGet, "/sim/operator/state"
	}
	return d.evCall(ctx, f, method, path, body, into)
}

// evCall calls the installation as its operator.
func (d *dev) evCall(ctx context.Context, f demoFacts, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, d.origin+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+f.Token)
	r.Header.Set("User-Agent", devAgent)
	resp, err := d.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s answered %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
