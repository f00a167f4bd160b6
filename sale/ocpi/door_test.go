package ocpi_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	wire "kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
	"kassa/webhook"
)

func eachVersion(t *testing.T, f func(t *testing.T, v string)) {
	for _, v := range []string{"2.2.1", "2.3.0"} {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			f(t, v)
		})
	}
}

func (w *world) want(a answer, http, status int) {
	w.t.Helper()
	if a.http != http || a.Status != status {
		w.t.Errorf("got %s, want HTTP %d with %d", a, http, status)
	}
}

func TestTheOperatorRegisters(t *testing.T) {
	eachVersion(t, func(t *testing.T, v string) {
		w, o := newWorld(t), newOperator(t, v)
		_, tokenA, err := w.door.Peers().Make(w.now(), peers.Peer{Name: "Laadpunt", Account: "100"}, "")
		if err != nil {
			t.Fatal(err)
		}
		at := "/ocpi/" + v + "/credentials"
		w.want(w.ask("", "GET", "/ocpi/versions", ""), 401, 2000)
		w.want(w.ask(encoded("nobody"), "GET", "/ocpi/versions", ""), 401, 2000)
		w.want(w.ask(encoded(tokenA), "GET", "/ocpi/versions", ""), 200, 1000)
		w.want(w.ask(encoded(tokenA), "GET", "/ocpi/"+v, ""), 200, 1000)
		w.want(w.ask(encoded(tokenA), "GET", "/ocpi/ptp/"+v+"/payments/terminals", ""), 401, 2000)
		w.want(w.ask(encoded(tokenA), "PUT", at, o.credentials()), 405, 2000)
		w.want(w.ask(encoded(tokenA), "DELETE", at, ""), 405, 2000)
		first := w.ask(encoded(tokenA), "POST", at, o.credentials())
		w.want(first, 200, 1000)
		var c struct{ Token string }
		if err := json.Unmarshal(first.Data, &c); err != nil || c.Token == "" || !strings.Contains(string(first.Data), `"role":"PTP"`) {
			t.Fatalf("credentials: %s", first)
		}
		w.want(w.ask(encoded(tokenA), "GET", "/ocpi/versions", ""), 401, 2000)
		w.want(w.ask(encoded(c.Token), "POST", at, o.credentials()), 405, 2000)
		w.want(w.ask(encoded(c.Token), "GET", at, ""), 200, 1000)
		next := w.ask(encoded(c.Token), "PUT", at, o.credentials())
		w.want(next, 200, 1000)
		w.want(w.ask(encoded(c.Token), "GET", at, ""), 401, 2000)
		if err := json.Unmarshal(next.Data, &c); err != nil {
			t.Fatal(err)
		}
		w.want(w.ask(encoded(c.Token), "DELETE", at, ""), 200, 1000)
		w.want(w.ask(encoded(c.Token), "GET", at, ""), 401, 2000)
	})
}

func TestAHandshakeIsRefused(t *testing.T) {
	eachVersion(t, func(t *testing.T, v string) {
		w, o := newWorld(t), newOperator(t, v)
		_, tokenA, err := w.door.Peers().Make(w.now(), peers.Peer{Name: "Laadpunt", Account: "100"}, "")
		if err != nil {
			t.Fatal(err)
		}
		post := func(body string) answer { return w.ask(encoded(tokenA), "POST", "/ocpi/"+v+"/credentials", body) }
		w.want(post("{"), 400, 2000)
		if a := post(`{"token":"x","url":"https://x.example/","roles":[{"role":"CPO","country_code":"NL","party_id":"TOOLONG","business_details":{"name":"X"}}]}`); a.Status != 2001 || !strings.Contains(a.Message, "roles[0].party_id") {
			t.Errorf("a bad party id: %s", a)
		}
		w.want(post(strings.Replace(o.credentials(), o.token, "wrong", 1)), 200, 3001)
		o.drop = []string{"payments"}
		w.want(post(o.credentials()), 200, 3003)
		o.drop = nil
		o.fail["/ocpi/versions"] = `{"status_code":1000,"data":[{"version":"2.1.1","url":"` + o.url + `/x"}]}`
		w.want(post(o.credentials()), 200, 3002)
		delete(o.fail, "/ocpi/versions")
		w.check = func(url string) error { return webhook.CheckURL(estate.Live, url) } // 127.0.0.1
		if a := post(o.credentials()); a.Status != 2001 || !strings.HasPrefix(a.Message, "url ") {
			t.Errorf("a private address: %s", a)
		}
		w.check = func(string) error { return nil }
		w.want(post(o.credentials()), 200, 1000) // token A is good still
	})
}

func TestWeRegisterAndRotate(t *testing.T) {
	eachVersion(t, func(t *testing.T, v string) {
		w, o := newWorld(t), newOperator(t, v)
		p, _, err := w.door.Peers().Make(w.now(), peers.Peer{Name: "Laadpunt", Account: "100", Quirks: peers.Quirks{RawToken: v == "2.2.1", Role: "OTHER"}}, "")
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		if _, err := w.door.Register(ctx, p.ID, o.url+"/ocpi/versions", "wrong"); err == nil {
			t.Error("a wrong token A registers")
		}
		if p, err = w.door.Register(ctx, p.ID, o.url+"/ocpi/versions", o.token); err != nil || !p.Registered() || string(p.Version) != v {
			t.Fatalf("register: %+v, %v", p, err)
		}
		var ours struct {
			Token string
			Roles []struct{ Role string }
		}
		read := func(text string) string {
			if err := json.Unmarshal([]byte(text), &ours); err != nil || ours.Roles[0].Role != "OTHER" {
				t.Fatalf("our credentials: %s", text)
			}
			return ours.Token
		}
		first := read(o.sent("POST /ocpi/"+v+"/credentials", 1)[0])
		w.want(w.ask(encoded(first), "GET", "/ocpi/ptp/"+v+"/tokens", ""), 200, 1000)
		if _, err := w.door.Rotate(ctx, p.ID); err != nil {
			t.Fatal(err)
		}
		second := read(o.sent("PUT /ocpi/"+v+"/credentials", 1)[0])
		w.want(w.ask(encoded(first), "GET", "/ocpi/ptp/"+v+"/tokens", ""), 401, 2000)
		w.want(w.ask(encoded(second), "GET", "/ocpi/ptp/"+v+"/tokens", ""), 200, 1000)
		if err := w.door.Unregister(ctx, p.ID); err != nil {
			t.Fatal(err)
		}
		w.want(w.ask(encoded(second), "GET", "/ocpi/ptp/"+v+"/tokens", ""), 401, 2000)
	})
}

func TestATerminalIsActivatedAndAssigned(t *testing.T) {
	eachVersion(t, func(t *testing.T, v string) {
		w, o := newWorld(t), newOperator(t, v)
		peer, key := w.registered(o)
		base := "/ocpi/ptp/" + v + "/payments/terminals"
		for body, field := range map[string]string{
			`{"reference":"99999999"}`: "reference is not known",
			`{"reference":"20000001"}`: "reference is not known", // of another account
			`{"reference":"PROD1"}`:    "(R5)",
			`{}`:                       "reference is required",
			`{"reference":"10012345","invoice_base_url":"x"}`: "invoice_base_url must be",
			`{"terminal_id":"activate"}`:                      "terminal_id",
		} {
			if a := w.ask(key, "POST", base+"/activate", body); a.Status != 2001 || !strings.Contains(a.Message, field) {
				t.Errorf("activate %s: %s", body, a)
			}
		}
		if a := w.ask(key, "GET", base, ""); string(a.Data) != "[]" || a.header.Get("X-Total-Count") != "0" {
			t.Errorf("after refusals there are %s", a)
		}
		w.want(w.ask(key, "POST", base+"/activate/", `{"reference":"10012345","city":"Delft"}`), 200, 1000)
		if got := o.sent("POST /ocpi/"+v+"/payments/terminals", 1)[0]; !strings.Contains(got, `"terminal_id":"kA7xQ2bT"`) || !strings.Contains(got, `"customer_reference":"C-100"`) {
			t.Errorf("announced: %s", got)
		}
		one := base + "/kA7xQ2bT"
		w.want(w.ask(key, "PATCH", one, `{"location_ids":["LOC1"]}`), 200, 1000)
		w.want(w.ask(key, "PATCH", one, `{"evse_uids":["3256"]}`), 200, 1000)
		if a := w.ask(key, "GET", one, ""); !strings.Contains(string(a.Data), `"location_ids":["LOC1"],"evse_uids":["3256"]`) {
			t.Errorf("assigned: %s", a)
		}
		w.want(w.ask(key, "PATCH", one, `{"evse_uids":[]}`), 200, 1000)
		w.want(w.ask(key, "PUT", one, `{"address":"Markt 2"}`), 200, 1000) // no terminal_id: merged
		if a := w.ask(key, "GET", one, ""); !strings.Contains(string(a.Data), `"location_ids":["LOC1"],"evse_uids":[]`) || !strings.Contains(string(a.Data), "Markt 2") {
			t.Errorf("cleared and merged: %s", a)
		}
		w.want(w.ask(key, "PUT", one, `{"terminal_id":"kA7xQ2bT","reference":"other","location_ids":["LOC1"]}`), 200, 1000)
		if a := w.ask(key, "GET", one, ""); strings.Contains(string(a.Data), "Markt 2") || !strings.Contains(string(a.Data), `"reference":"10012345"`) {
			t.Errorf("replaced: %s", a)
		}
		if a := w.ask(key, "PATCH", one, `{"city":"X"}`); a.Status != 2001 || !strings.Contains(a.Message, "location_ids") {
			t.Errorf("a PATCH of nothing: %s", a)
		}
		if point, ok, err := w.door.Assigned("kA7xQ2bT"); err != nil || !ok || point.Peer != peer || !point.Active || point.LocationIDs[0] != "LOC1" {
			t.Errorf("assigned: %+v, %t, %v", point, ok, err)
		}
		w.want(w.ask(key, "POST", one+"/deactivate", ""), 200, 1000)
		w.want(w.ask(key, "GET", base+"/zz000001", ""), 404, 2000)
		if l, err := w.door.KeptTariffs(peer); err != nil || len(l) != 1 {
			o.sent("GET /ocpi/"+v+"/tariffs", 1)
		}
	})
}

func TestASessionAndItsBill(t *testing.T) {
	eachVersion(t, func(t *testing.T, v string) {
		w, o := newWorld(t), newOperator(t, v)
		peer, key := w.registered(o)
		base := "/ocpi/ptp/" + v
		id, err := w.door.NewCommandID()
		if err != nil {
			t.Fatal(err)
		}
		var start wire.StartSession
		if err := json.Unmarshal([]byte(golden(t, v, "start")), &start); err != nil {
			t.Fatal(err)
		}
		r, err := w.door.Start(context.Background(), peer, id, start)
		if err != nil || r.Timeout != 60 { // the operator says 0
			t.Fatalf("start: %+v, %v", r, err)
		}
		got := o.sent("POST /ocpi/"+v+"/commands/START_SESSION", 1)[0]
		var posted struct {
			ResponseURL string `json:"response_url"`
		}
		if err := json.Unmarshal([]byte(got), &posted); err != nil || !strings.HasSuffix(posted.ResponseURL, id) || !strings.Contains(got, `"type":"AD_HOC_USER"`) {
			t.Fatalf("start: %s", got)
		}
		_, other := w.registered(newOperator(t, v))
		w.want(w.ask(other, "POST", posted.ResponseURL, `{"result":"ACCEPTED"}`), 404, 2000)
		w.want(w.ask(key, "POST", posted.ResponseURL, `{"result":"ACCEPTED"}`), 200, 1000)
		w.want(w.ask(key, "POST", posted.ResponseURL, `{"result":"ACCEPTED"}`), 404, 2000)

		at := base + "/sessions/NL/CPO/S1"
		w.want(w.ask(key, "PATCH", at, `{"kwh":1}`), 404, 2000)
		w.want(w.ask(key, "PUT", at, golden(t, v, "session-pending")), 201, 1000)
		w.want(w.ask(key, "PUT", at, "["+golden(t, v, "session")+"]"), 200, 1000)
		w.want(w.ask(key, "PATCH", at, `{"status":"COMPLETED","last_updated":"2026-11-21T00:50:00Z","charging_periods":[{"start_date_time":"2026-11-21T00:40:00Z","dimensions":[{"type":"ENERGY","volume":1}]}]}`), 200, 1000)
		a := w.ask(key, "GET", at, "")
		var s wire.Session
		if err := json.Unmarshal(a.Data, &s); err != nil || s.Status != "COMPLETED" || len(s.ChargingPeriods) != 2 || s.KWh.String() != "12.345" {
			t.Errorf("the session: %s", a)
		}
		w.want(w.ask(key, "PUT", base+"/sessions/DE/ZZZ/S1", golden(t, v, "session")), 404, 2000)
		w.want(w.ask(key, "PUT", base+"/sessions/NL/CPO/S2", golden(t, v, "session")), 200, 2001)
		w.want(w.ask(other, "GET", at, ""), 404, 2000)

		cdr := golden(t, v, "cdr")
		first := w.ask(key, "POST", base+"/cdrs", cdr)
		w.want(first, 201, 1000)
		w.want(w.ask(key, "POST", base+"/cdrs", cdr), 200, 1000)
		w.want(w.ask(key, "POST", base+"/cdrs", strings.Replace(cdr, "62.5", "63", 1)), 200, 2001)
		w.want(w.ask(key, "POST", base+"/cdrs", strings.Replace(strings.Replace(cdr, "CDR1", "CDR2", 1), `"EUR"`, `"CHF"`, 1)), 200, 2001)
		w.want(w.ask(key, "POST", base+"/cdrs", strings.Replace(strings.Replace(cdr, "CDR1", "CDR3", 1), reference, "NOBODYS", -1)), 200, 2000)
		if len(w.charging.cdrs) != 1 {
			t.Errorf("%d CDRs were handed on, want 1", len(w.charging.cdrs))
		}
		w.want(w.ask(key, "GET", first.header.Get("Location"), ""), 200, 1000)
		w.want(w.ask(other, "GET", first.header.Get("Location"), ""), 404, 2000)
		w.want(w.ask(key, "POST", base+"/tokens/"+reference+"/authorize", ""), 200, 1000)
		w.want(w.ask(key, "POST", base+"/tokens/NOBODYS/authorize", ""), 200, 2004)
	})
}

func TestAConfirmationArrives(t *testing.T) {
	eachVersion(t, func(t *testing.T, v string) {
		w, o := newWorld(t), newOperator(t, v)
		peer, key := w.registered(o)
		path := "/ocpi/" + v + "/payments/financial-advice-confirmations"
		var f wire.FinancialAdviceConfirmation
		if err := json.Unmarshal([]byte(golden(t, v, "fac")), &f); err != nil {
			t.Fatal(err)
		}
		o.mu.Lock()
		o.fail[path] = `{"status_code":3000,"timestamp":"2026-11-21T00:48:00Z"}`
		o.mu.Unlock()
		if err := w.door.Confirm(context.Background(), peer, f); err == nil {
			t.Error("a failing operator has accepted a confirmation")
		}
		if a := w.ask(key, "GET", "/ocpi/ptp/"+v+"/payments/financial-advice-confirmations", ""); a.header.Get("X-Total-Count") != "1" {
			t.Errorf("it can be pulled meanwhile: %s", a)
		}
		o.mu.Lock()
		delete(o.fail, path)
		o.mu.Unlock()
		if got := o.sent("POST "+path, 2); got[0] != got[1] || !strings.Contains(got[1], golden(t, v, "fac")[1:20]) {
			t.Errorf("sent %s, then %s", got[0], got[1])
		}
		deadline := time.Now().Add(20 * time.Second)
		for err := w.door.Confirm(context.Background(), peer, f); err != nil; err = w.door.Confirm(context.Background(), peer, f) {
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
			<-time.After(20 * time.Millisecond)
		}
		f.ID = "another"
		o.mu.Lock()
		o.fail[path] = `{"status_code":2001,"status_message":"total_costs is wrong","timestamp":"2026-11-21T00:48:00Z"}`
		o.mu.Unlock()
		var no *call.Refused
		if err := w.door.Confirm(context.Background(), peer, f); !errors.As(err, &no) {
			t.Errorf("a definite no is %v", err)
		}
	})
}

// TestARestart: tokens open, what is owed is sent, and a CDR that is known stays known.
func TestARestart(t *testing.T) {
	t.Parallel()
	const v = "2.3.0"
	w, o := newWorld(t), newOperator(t, v)
	peer, key := w.registered(o)
	cdr := golden(t, v, "cdr")
	w.want(w.ask(key, "POST", "/ocpi/ptp/"+v+"/cdrs", cdr), 201, 1000)
	path := "/ocpi/" + v + "/payments/financial-advice-confirmations"
	o.mu.Lock()
	o.fail[path] = "the operator is down"
	o.mu.Unlock()
	var f wire.FinancialAdviceConfirmation
	if err := json.Unmarshal([]byte(golden(t, v, "fac")), &f); err != nil {
		t.Fatal(err)
	}
	if err := w.door.Confirm(context.Background(), peer, f); err == nil {
		t.Error("an operator that is down has accepted a confirmation")
	}
	w.stop()
	o.mu.Lock()
	delete(o.fail, path)
	before := len(o.got["POST "+path])
	o.mu.Unlock()
	w.open()
	o.sent("POST "+path, before+1)
	w.want(w.ask(key, "POST", "/ocpi/ptp/"+v+"/cdrs", cdr), 200, 1000)
	if len(w.charging.cdrs) != 1 {
		t.Errorf("%d CDRs were handed on, want 1", len(w.charging.cdrs))
	}
}

func TestPagesOfConfirmations(t *testing.T) {
	t.Parallel()
	const v = "2.2.1"
	w, o := newWorld(t), newOperator(t, v)
	peer, key := w.registered(o)
	var f wire.FinancialAdviceConfirmation
	if err := json.Unmarshal([]byte(golden(t, v, "fac")), &f); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"F1", "F2", "F3"} {
		f.ID = id
		if err := w.door.Confirm(context.Background(), peer, f); err != nil {
			t.Fatal(err)
		}
	}
	at := "/ocpi/ptp/" + v + "/payments/financial-advice-confirmations"
	a := w.ask(key, "GET", at+"?limit=2&date_from=2026-11-21T00:48:00Z", "")
	if a.header.Get("X-Total-Count") != "3" || a.header.Get("X-Limit") != "100" {
		t.Errorf("headers %v", a.header)
	}
	next, ok := strings.CutSuffix(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
	if !ok || !strings.Contains(next, "date_from=") {
		t.Fatalf("Link is %q", a.header.Get("Link"))
	}
	if b := w.ask(key, "GET", next, ""); b.header.Get("Link") != "" || !strings.Contains(string(b.Data), `"F3"`) || strings.Contains(string(b.Data), `"F1"`) || !strings.Contains(string(b.Data), `"incl_vat":50`) {
		t.Errorf("the last page: %s", b)
	}
	if b := w.ask(key, "GET", at+"?date_to=2026-11-21T00:48:00Z", ""); string(b.Data) != "[]" {
		t.Errorf("date_to is exclusive: %s", b)
	}
	for query, field := range map[string]string{"limit=0": "limit", "offset=-1": "offset", "date_from=today": "date_from"} {
		if b := w.ask(key, "GET", at+"?"+query, ""); b.Status != 2001 || !strings.HasPrefix(b.Message, field) {
			t.Errorf("%s: %s", query, b)
		}
	}
}
