package ocpi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	wire "kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

func rawOf(t *testing.T, w *world, peer, key string) string {
	t.Helper()
	tokens := wire.TokensOf(key)
	if p, _, ok := w.door.Peers().Identify(tokens[:1]); !ok || p.ID != peer {
		t.Fatalf("whose token is it? %v", p)
	}
	return tokens[0]
}

// TestQuirks holds the peer quirk checklist (unattended.md 7.2) and the readings of 1.12 that are the door's.
func TestQuirks(t *testing.T) {
	t.Parallel()
	const v = "2.3.0"
	w, o := newWorld(t), newOperator(t, v)
	peer, key := w.registered(o)
	token := rawOf(t, w, peer, key)
	base := "/ocpi/ptp/" + v

	t.Run("a token raw, or in base64 with a line end", func(t *testing.T) {
		w.want(w.ask("Token "+token, "GET", base+"/tokens", ""), 200, 1000)
		w.want(w.ask(encoded(token+"\n"), "GET", base+"/tokens", ""), 200, 1000)
	})
	t.Run("header names in small letters, ids echoed, routing turned round", func(t *testing.T) {
		a := w.ask(key, "GET", base+"/tokens", "", "x-request-id", "r-1", "x-correlation-id", "c-1",
			"ocpi-from-country-code", "nl", "ocpi-from-party-id", "cpo", "ocpi-to-country-code", "NL", "ocpi-to-party-id", "KAS")
		w.want(a, 200, 1000)
		for name, want := range map[string]string{
			"X-Request-Id": "r-1", "X-Correlation-Id": "c-1", "Ocpi-To-Party-Id": "cpo", "Ocpi-From-Party-Id": "KAS",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		w.want(w.ask(key, "GET", base+"/tokens", "", "Ocpi-From-Country-Code", "DE", "Ocpi-From-Party-Id", "ZZZ"), 200, 2001)
		w.want(w.ask(key, "GET", base+"/tokens", "", "Ocpi-To-Country-Code", "DE", "Ocpi-To-Party-Id", "ZZZ"), 200, 2001)
	})
	t.Run("routing headers are needed on a link of several parties", func(t *testing.T) {
		_, err := w.door.Peers().Change(w.now(), peer, "roles", "", func(p *peers.Peer) error {
			p.Roles = append(p.Roles, wire.CredentialsRole{Role: "EMSP", CountryCode: "NL", PartyID: "MSP"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.want(w.ask(key, "GET", base+"/tokens", ""), 200, 2001)
		w.want(w.ask(key, "GET", base+"/tokens", "", "Ocpi-From-Country-Code", "NL", "Ocpi-From-Party-Id", "MSP"), 200, 1000)
		if _, err := w.door.Peers().Change(w.now(), peer, "roles", "", func(p *peers.Peer) error {
			p.Roles = p.Roles[:1]
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestQuirksOfObjects is the rest of that list.
func TestQuirksOfObjects(t *testing.T) {
	t.Parallel()
	const v = "2.3.0"
	w, o := newWorld(t), newOperator(t, v)
	peer, key := w.registered(o)
	base := "/ocpi/ptp/" + v
	o.sent("GET /ocpi/"+v+"/tariffs", 1) // the locations have been loaded before
	t.Run("unknown words are kept", func(t *testing.T) {
		at := base + "/locations/NL/CPO/LOC1"
		w.want(w.ask(key, "PUT", at, strings.Replace(golden(t, v, "location"), "AVAILABLE", "DREAMING", 1)), 200, 1000)
		if a := w.ask(key, "GET", at+"/3256", ""); !strings.Contains(string(a.Data), "DREAMING") {
			t.Errorf("the EVSE: %s", a)
		}
		w.want(w.ask(key, "PATCH", at+"/3256", `{"status":"CHARGING"}`), 200, 1000)
		w.want(w.ask(key, "PATCH", at+"/3256/1", `{"tariff_ids":["T2"]}`), 200, 1000)
		if a := w.ask(key, "GET", at, ""); !strings.Contains(string(a.Data), "CHARGING") || !strings.Contains(string(a.Data), "T2") {
			t.Errorf("the location: %s", a)
		}
		w.want(w.ask(key, "PUT", base+"/locations/NL/CPO/NOWHERE/1", golden(t, v, "location")), 200, 2003)
		w.want(w.ask(key, "GET", at+"/none", ""), 404, 2000)
	})
	t.Run("a price in the shape of the other version is taken and flagged", func(t *testing.T) {
		a := w.ask(key, "POST", base+"/cdrs", golden(t, "2.2.1", "cdr"))
		w.want(a, 201, 1000)
		if !strings.Contains(a.Message, "total_cost") {
			t.Errorf("it is not flagged: %s", a)
		}
		if got := w.ask(key, "GET", a.header.Get("Location"), ""); !strings.Contains(string(got.Data), `"before_taxes":41.32`) {
			t.Errorf("it is not answered in the version's shape: %s", got)
		}
	})
	t.Run("a result long after the time-out finds nothing", func(t *testing.T) {
		id, err := w.door.NewCommandID()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.door.Stop(context.Background(), peer, id, "S1"); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.ahead += time.Hour
		w.mu.Unlock()
		w.want(w.ask(key, "POST", base+"/commands/STOP_SESSION/"+id, `{"result":"ACCEPTED"}`), 404, 2000)
	})
	t.Run("what is asked of a command and refused, and what nobody knows", func(t *testing.T) {
		var start wire.StartSession
		if err := json.Unmarshal([]byte(golden(t, v, "start")), &start); err != nil {
			t.Fatal(err)
		}
		for answer, definite := range map[string]bool{
			`{"status_code":1000,"data":{"result":"REJECTED"}}`:       true,
			`{"status_code":2000,"status_message":"no"}`:              true,
			`{"status_code":3000}`:                                    false,
			`{"status_code":1000,"data":{"result":"SOMETHING_ELSE"}}`: false,
			`oops`: false,
		} {
			o.mu.Lock()
			o.fail["/ocpi/"+v+"/commands/START_SESSION"] = answer
			o.mu.Unlock()
			id, _ := w.door.NewCommandID()
			_, err := w.door.Start(context.Background(), peer, id, start)
			var no *call.Refused
			if err == nil || errors.As(err, &no) != definite {
				t.Errorf("%s is %v, definite: want %t", answer, err, definite)
			}
		}
	})
}

// TestALinkToAnotherHost: credentials do not go there.
func TestALinkToAnotherHost(t *testing.T) {
	t.Parallel()
	w, o := newWorld(t), newOperator(t, "2.3.0")
	peer, _ := w.registered(o)
	asked := make(chan string, 10)
	stranger := listen(t, func(rw http.ResponseWriter, r *http.Request) { asked <- r.Header.Get("Authorization") })
	o.sent("GET /ocpi/2.3.0/tariffs", 1)
	server := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Link", "<"+stranger+"/next>; rel=\"next\"")
		_, _ = rw.Write([]byte(`{"status_code":1000,"data":[]}`))
	})
	_, err := w.door.Peers().Change(w.now(), peer, "endpoints", "", func(p *peers.Peer) error {
		p.Endpoints = []wire.Endpoint{{Identifier: "cdrs", Role: "SENDER", URL: server + "/cdrs"}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.door.CDRs(context.Background(), peer, time.Time{}); !errors.Is(err, call.ErrForbidden) {
		t.Errorf("a list that goes on at another host: %v", err)
	}
	select {
	case header := <-asked:
		t.Errorf("the stranger was asked, with %q", header)
	default:
	}
}

// TestPagesOfAList: a list of several pages at one host is read whole.
func TestPagesOfAList(t *testing.T) {
	t.Parallel()
	w, o := newWorld(t), newOperator(t, "2.3.0")
	peer, _ := w.registered(o)
	cdr := golden(t, "2.3.0", "cdr")
	server := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("offset") {
		case "":
			rw.Header().Set("Link", `</cdrs?offset=1>; rel="next"`)
			_, _ = rw.Write([]byte(`{"status_code":1000,"data":[` + cdr + `]}`))
		default:
			_, _ = rw.Write([]byte(`{"status_code":1000,"data":` + strings.Replace(cdr, "CDR1", "CDR2", 1) + `}`)) // not in a list
		}
	})
	if _, err := w.door.Peers().Change(w.now(), peer, "endpoints", "", func(p *peers.Peer) error {
		p.Endpoints = []wire.Endpoint{{Identifier: "cdrs", Role: "SENDER", URL: server + "/cdrs"}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	list, err := w.door.CDRs(context.Background(), peer, w.now().Add(-time.Hour))
	if err != nil || len(list) != 2 || list[1].ID != "CDR2" {
		t.Errorf("%d CDRs, %v", len(list), err)
	}
}

func TestAServerErrorOrARedirectIsNoAnswer(t *testing.T) {
	t.Parallel()
	w, o := newWorld(t), newOperator(t, "2.3.0")
	peer, _ := w.registered(o)
	for status, definite := range map[int]bool{302: true, 404: true, 500: false, 503: false} {
		server := listen(t, func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(status) })
		if _, err := w.door.Peers().Change(w.now(), peer, "endpoints", "", func(p *peers.Peer) error {
			p.Endpoints = []wire.Endpoint{{Identifier: "commands", Role: "RECEIVER", URL: server + "/commands"}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		id, _ := w.door.NewCommandID()
		_, err := w.door.Stop(context.Background(), peer, id, "S1")
		var no *call.Refused
		if err == nil || errors.As(err, &no) != definite {
			t.Errorf("HTTP %d is %v, definite: want %t", status, err, definite)
		}
	}
}
