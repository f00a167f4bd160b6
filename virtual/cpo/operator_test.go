package cpo_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/virtual/cpo"
)

// provider is a scripted Payment Terminal Provider: it shakes hands and notes what it is sent.
type provider struct {
	t       *testing.T
	version string
	url     string

	mu     sync.Mutex
	token  string // by which it is called
	theirs string // by which it calls
	got    []string
	fails  int // how many calls it answers with 500
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if want := "Token " + base64.StdEncoding.EncodeToString([]byte(p.token)); r.Header.Get("Authorization") != want {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	say := func(data string) {
		fmt.Fprintf(w, `{"status_code":1000,"timestamp":"2026-11-21T00:00:00Z","data":%s}`, data)
	}
	v := "/ocpi/" + p.version
	switch r.URL.Path {
	case "/ocpi/versions":
		say(`[{"version":"` + p.version + `","url":"` + p.url + v + `"}]`)
	case v:
		var list []string
		for _, m := range []string{"credentials SENDER", "payments SENDER", "sessions RECEIVER", "cdrs RECEIVER"} {
			name, role, _ := strings.Cut(m, " ")
			list = append(list, fmt.Sprintf(`{"identifier":%q,"role":%q,"url":%q}`, name, role, p.url+v+"/"+name))
		}
		say(`{"version":"` + p.version + `","endpoints":[` + strings.Join(list, ",") + `]}`)
	case v + "/credentials":
		var in struct{ Token string }
		if err := json.Unmarshal(body, &in); err != nil {
			p.t.Error(err)
		}
		p.theirs, p.token = in.Token, p.token+"+"
		say(p.credentials())
	default:
		if p.fails > 0 {
			p.fails--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		p.got = append(p.got, r.Method+" "+strings.TrimPrefix(r.URL.Path, v)+" "+string(body))
		say("null")
	}
}

func (p *provider) credentials() string {
	return fmt.Sprintf(`{"token":%q,"url":%q,"roles":[{"role":"PTP","country_code":"NL","party_id":"KAS","business_details":{"name":"Kassa"}}]}`, p.token, p.url+"/ocpi/versions")
}

// rig is an operator that is registered at a provider, with a clock that stands unless it is skipped.
type rig struct {
	*provider
	ocpi, control string
}

func newRig(t *testing.T, version string) *rig {
	p := &provider{t: t, version: version, token: "token-a"}
	their := httptest.NewServer(p)
	t.Cleanup(their.Close)
	p.url = their.URL
	var o *cpo.Operator
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.OCPI().ServeHTTP(w, r) }))
	t.Cleanup(door.Close)
	began := time.Now()
	o, err := cpo.Open(cpo.Config{
		Dir: t.TempDir(), BaseURL: door.URL, Now: func() time.Time { return began }, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	control := httptest.NewServer(o.Control())
	t.Cleanup(control.Close)
	done := make(chan error, 1)
	ctx := t.Context()
	go func() { done <- o.Run(ctx) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	r := &rig{provider: p, ocpi: door.URL, control: control.URL}
	r.ask("POST", "/register", `{"url":"`+p.url+`/ocpi/versions","token":"token-a"}`, 200)
	return r
}

// ask asks the control interface.
func (r *rig) ask(method, path, body string, want int) (s cpo.State) {
	r.t.Helper()
	text := r.do(method, r.control+path, body, "", want)
	if err := json.Unmarshal(text, &s); err != nil {
		r.t.Fatalf("%s: %s", err, text)
	}
	return s
}

// call calls the operator over OCPI and gives the data.
func (r *rig) call(method, path, body string, want int) json.RawMessage {
	r.t.Helper()
	r.mu.Lock()
	token := r.theirs
	r.mu.Unlock()
	var e struct {
		Status int `json:"status_code"`
		Data   json.RawMessage
	}
	text := r.do(method, r.ocpi+"/ocpi/"+r.version+path, body, "Token "+base64.StdEncoding.EncodeToString([]byte(token)), 200)
	if err := json.Unmarshal(text, &e); err != nil || e.Status != want {
		r.t.Fatalf("%s %s: %s", method, path, text)
	}
	return e.Data
}

func (r *rig) do(method, url, body, secret string, want int) []byte {
	r.t.Helper()
	q, err := http.NewRequest(method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Authorization", secret)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		r.t.Fatalf("%s %s: %s %s %v", method, url, answer.Status, text, err)
	}
	return text
}

// sent waits for a call that begins so and has all these words, and gives how many such there are.
func (r *rig) sent(begins string, words ...string) int {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		r.mu.Lock()
		n := 0
		for _, g := range r.got {
			fits := strings.HasPrefix(g, begins)
			for _, w := range words {
				fits = fits && strings.Contains(g, w)
			}
			if fits {
				n++
			}
		}
		all := strings.Join(r.got, "\n")
		r.mu.Unlock()
		if n > 0 {
			return n
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("there is no %s with %q in\n%s", begins, words, all)
		}
	}
}

func (r *rig) start(evse string) {
	r.t.Helper()
	answer := r.call("POST", "/commands/START_SESSION", `{"response_url":"`+r.url+`/result/`+evse+`","location_id":"LOC1","evse_uid":"`+evse+`","connector_id":"1",
		"authorization_reference":"REF-`+evse+`","token":{"country_code":"NL","party_id":"KAS","uid":"REF-`+evse+`","type":"AD_HOC_USER","contract_id":"X","issuer":"kassa",
		"valid":true,"whitelist":"NEVER","last_updated":"2026-11-21T00:00:00Z"}}`, 1000)
	if !strings.Contains(string(answer), `"ACCEPTED"`) {
		r.t.Fatalf("%s", answer)
	}
}

func TestASessionFromStartToConfirmation(t *testing.T) {
	for _, v := range []struct{ version, price string }{
		{"2.2.1", `"total_cost":{"excl_vat":35.02,"incl_vat":42.37}`},
		{"2.3.0", `"total_cost":{"before_taxes":35.02,"taxes":[{"name":"VAT","percentage":21,"amount":7.35}]}`},
	} {
		t.Run(v.version, func(t *testing.T) {
			r := newRig(t, v.version)
			r.start("EVSE-1")
			r.sent("POST /result/EVSE-1", `"ACCEPTED"`)
			r.sent("PUT /sessions/NL/LAD/", `"PENDING"`, `"authorization_reference":"REF-EVSE-1"`)
			r.ask("POST", "/plug", `{"evse":"EVSE-1","wh_per_second":100,"wants_wh":84740}`, 200)
			r.sent("PATCH /sessions/", `"ACTIVE"`)
			r.ask("POST", "/skip", `{"seconds":60}`, 200)
			r.sent("PATCH /sessions/", `"kwh":6`)
			r.ask("POST", "/skip", `{"seconds":3600}`, 200)
			r.sent("PUT /sessions/", `"COMPLETED"`, `"kwh":84.74`)
			if n := r.sent("POST /cdrs", v.price); n != 1 {
				t.Errorf("%d bills", n)
			}
			fac := `{"id":"F-1","authorization_reference":"REF-EVSE-1","total_costs":{"before_taxes":35.02},"currency":"EUR","eft_data":["VISA"],
				"capture_status_code":"SUCCESS","last_updated":"2026-11-21T00:00:00Z"}`
			r.call("POST", "/payments/financial-advice-confirmations", fac, 1000)
			r.call("POST", "/payments/financial-advice-confirmations", fac, 1000)
			if s := r.ask("GET", "/state", "", 200); len(s.Confirmations) != 1 || s.Confirmations[0].ID != "F-1" {
				t.Errorf("it keeps %+v", s.Confirmations)
			}
		})
	}
}

func TestTheDriverStopsAndTokensRotate(t *testing.T) {
	r := newRig(t, "2.3.0")
	r.ask("POST", "/plug", `{"evse":"EVSE-2","wh_per_second":10}`, 200)
	r.ask("POST", "/rotate", `{}`, 200)
	r.start("EVSE-2")
	r.sent("PATCH /sessions/", `"ACTIVE"`)
	r.ask("POST", "/skip", `{"seconds":100}`, 200)
	var sessions []struct{ ID, Status string }
	if err := json.Unmarshal(r.call("GET", "/sessions?date_from=2020-01-01T00:00:00Z", "", 1000), &sessions); err != nil || len(sessions) != 1 {
		t.Fatal(err, sessions)
	}
	r.call("POST", "/commands/STOP_SESSION", `{"response_url":"`+r.url+`/result/stop","session_id":"`+sessions[0].ID+`"}`, 1000)
	r.sent("PUT /sessions/", `"COMPLETED"`, `"kwh":1`)
	r.sent("POST /cdrs", `"total_energy":1`)
}

func TestFaultsOfTheOperator(t *testing.T) {
	r := newRig(t, "2.3.0")
	r.ask("POST", "/plug", `{"evse":"EVSE-1","wh_per_second":100,"wants_wh":10000}`, 200)
	for _, f := range []string{
		`{"kind":"price","price":0}`, `{"kind":"cdr-late","seconds":7200}`, `{"kind":"cdr-twice"}`, `{"kind":"cdr-currency"}`, `{"kind":"result-lost"}`,
	} {
		r.ask("POST", "/fault", f, 200)
	}
	r.mu.Lock()
	r.fails = 1 // what is not answered is sent again
	r.mu.Unlock()
	r.start("EVSE-1")
	for deadline := time.Now().Add(20 * time.Second); len(r.ask("GET", "/state", "", 200).Said) == 0; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the start of the session is not told")
		}
	}
	r.ask("POST", "/skip", `{"seconds":10}`, 200)
	r.sent("PUT /sessions/", `"PENDING"`)
	r.ask("POST", "/skip", `{"seconds":600}`, 200)
	r.sent("PUT /sessions/", `"COMPLETED"`)
	if s := r.ask("GET", "/state", "", 200); s.Owed != 2 {
		t.Errorf("%d calls are owed, want the two that are late", s.Owed)
	}
	r.ask("POST", "/skip", `{"seconds":7200}`, 200)
	r.sent("POST /cdrs", `"USD"`, `"before_taxes":0`)
	for deadline := time.Now().Add(20 * time.Second); r.sent("POST /cdrs") < 2; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the bill came once")
		}
	}
	r.ask("DELETE", "/fault", "", 200)
	r.do("POST", r.control+"/fault", `{"kind":"nonsense"}`, "", 422)
	r.do("POST", r.control+"/plug", `{"evse":"EVSE-9","wh_per_second":1}`, "", 422)
	r.do("POST", r.control+"/fault", `{"kind":"price","cost":3}`, "", 400)
}
