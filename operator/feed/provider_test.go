package feed_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/operator"
	"kassa/virtual/provider"
)

// control asks the simulated provider for a step.
func control(t *testing.T, url, method, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if w.StatusCode != 200 {
		t.Fatalf("%s %s: %s", method, path, w.Status)
	}
}

// simulated is a place with a simulated provider.
type simulated struct {
	*place
	api, steers string
}

func newSimulated(t *testing.T) simulated {
	p := newPlace(t)
	sim, err := provider.Open(provider.Config{Now: func() time.Time { return p.at }, Terminals: []provider.Terminal{{
		Serial: "P-100", Model: "Apollo", Family: "apollo", Activation: "activated", Owner: "volt", VisibleTo: []string{"us"}, ManagedBy: []string{"us"}, Online: true, State: "IDLE",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	api, steers := httptest.NewServer(sim.API()), httptest.NewServer(sim.Control())
	t.Cleanup(api.Close)
	t.Cleanup(steers.Close)
	p.world(api.URL)
	p.put("provider-environments", "pt", `{"provider":"payco","kind":"test","api_base":"`+api.URL+`/test/","as":"us"}`)
	p.put("provider-environments", "pp", `{"provider":"payco","kind":"production","api_base":"`+api.URL+`/production"}`)
	return simulated{p, api.URL, steers.URL}
}

// do has the provider do something, and reads what it says a minute later.
func (p simulated) do(method, path, body string) {
	p.Helper()
	control(p.T, p.steers, method, path, body)
	p.at = p.at.Add(time.Minute)
	p.reader.Turn(p.Context())
}

func (p simulated) key(env, key string) {
	p.Helper()
	if err := p.reader.SetKey(account, "ann", env, key); err != nil {
		p.Fatal(err)
	}
	p.reader.Turn(p.Context())
}

func (p simulated) env(id string) operator.ProviderEnvironment {
	e, _ := p.r.World(account).ProviderEnv(id)
	return e
}

func (p simulated) terminal() operator.Terminal {
	p.Helper()
	list := p.r.World(account).Terminals
	if len(list) != 1 {
		p.Fatalf("terminals %+v", list)
	}
	return list[0]
}

func (p simulated) is(what string, ok bool) {
	p.Helper()
	if !ok {
		p.Errorf("%s: %+v %+v", what, p.env("pt"), p.r.World(account).Terminals)
	}
}

// TestProvider lives through what a provider does, over HTTP, and reads what the checks and the registry come to.
func TestProvider(t *testing.T) {
	p := newSimulated(t)
	p.reader.Turn(t.Context())
	p.is("without a key nobody asks", p.env("pt").Answered == 0 && len(p.r.World(account).Terminals) == 0 && p.finds("R7").Verdict == operator.Fail)
	p.key("pt", provider.FirstKey("test"))
	p.is("the key opens", p.env("pt").Answered == 200 && p.env("pt").KeyOf == "pt" && p.finds("R7").Verdict == operator.Pass && p.finds("R11").Verdict == operator.Pass)
	p.is("all that it tells", p.terminal().Family == "apollo" && *p.terminal().Online && slices.Equal(p.terminal().ManagedBy, []string{"us"}) && p.terminal().StateAt.Equal(p.at))
	before := p.store.Last()
	p.do("PUT", "/test/terminals/P-100", `{}`)
	p.is("an unchanged list is not written again", p.store.Last() == before)
	p.do("PUT", "/test/terminals/P-100", `{"activation":"registered","online":false,"owner":"other","managed_by":[]}`)
	p.is("it is taken over", p.terminal().Owner == "other" && len(p.terminal().ManagedBy) == 0 && !*p.terminal().Online && p.terminal().LastSeen.Equal(p.at.Add(-time.Minute)) &&
		p.terminal().ActivationAt.Equal(p.at) && p.finds("R11").Verdict == operator.Fail)

	p.do("POST", "/statuspage", `{"on":true}`)
	p.do("POST", "/incidents", `{"title":"no traffic"}`)
	p.is("an incident", p.finds("R1").Verdict == operator.Fail && strings.Contains(p.finds("R1").Fix, "https://status.example/incident-1"))
	p.do("DELETE", "/incidents/incident-1", ``)
	p.is("it ends", p.finds("R1").Verdict == operator.Pass)
	p.do("POST", "/silent", `{"on":true}`)
	since := p.at
	p.do("POST", "/silent", `{"on":true}`)
	p.is("silence is unknown", p.finds("R1").Verdict == operator.Unknown && p.env("pt").SilentSince.Equal(since) && p.terminal().Owner == "other")
	p.do("POST", "/silent", `{}`)
	p.is("it speaks again", p.finds("R1").Verdict == operator.Pass && p.env("pt").SilentSince.IsZero())
}

// TestKeys: a key opens one environment at one place, and what is refused is noted.
func TestKeys(t *testing.T) {
	p := newSimulated(t)
	p.key("pt", provider.FirstKey("test"))
	p.do("POST", "/test/key", ``)
	p.is("a rotated key is refused", p.env("pt").Answered == 401 && p.terminal().Owner == "volt" && p.finds("R1").Verdict == operator.Unknown && p.finds("R1").Owner == operator.ByOperator)
	p.key("pp", provider.FirstKey("test"))
	p.is("a key of the other environment", p.env("pp").KeyOf == "pt" && p.env("pp").Answered == 401)
	p.key("pt", "sim-provider-test-key-1")
	p.is("the new key opens", p.env("pt").Answered == 200)
	p.do("DELETE", "/test/terminals/P-100", ``)
	p.is("it left", len(p.terminal().VisibleTo) == 0 && p.terminal().Activation == operator.ActivationUnknown && p.terminal().Online == nil && p.finds("R11").Verdict == operator.Unknown)

	p.put("provider-environments", "pt", `{"provider":"payco","kind":"test","api_base":"http://127.0.0.1:1/test","as":"us"}`)
	p.reader.Turn(t.Context())
	p.is("a key goes nowhere but where it was given for", p.env("pt").SilentSince.IsZero() && p.env("pt").Answered == 0)
	for id, bad := range map[string]string{"pt": `quo"te`, "pp": ""} {
		if err := p.reader.SetKey(account, "ann", id, bad); !errors.Is(err, operator.ErrInvalid) {
			t.Errorf("key %q: %v", bad, err)
		}
	}
	if err := p.reader.SetKey("10000002", "eve", "pt", "k"); !errors.Is(err, operator.ErrUnknown) {
		t.Errorf("another account's: %v", err)
	}
}
