package estate_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/estate"

	"github.com/google/go-cmp/cmp"
)

func (w *world) endpoint(dialect, typ string) estate.Endpoint {
	w.t.Helper()
	password := "s3cret-of-basic"
	e, err := w.MakeEndpoint(noon, estate.Endpoint{
		Dialect: dialect, Account: w.group.Account, Type: typ, URL: "https://till.example/hook", Active: true,
		Username: "till", NewPassword: &password, Events: []string{"AUTHORISATION"},
		AdditionalSettings: json.RawMessage(`{"includeEventCodes":["AUTHORISATION"]}`),
	}, "key_test_1")
	must(w.t, err)
	return e
}

func TestEndpointsAreKept(t *testing.T) {
	w := newWorld(t)
	adyen, native := w.endpoint(estate.DialectAdyen, estate.EndpointStandard), w.endpoint(estate.DialectNative, estate.EndpointEvents)
	if !strings.HasPrefix(adyen.ID, "S2-T") || len(adyen.ID) != 23 || !strings.HasPrefix(native.ID, "wh_test_") || len(native.ID) != 28 {
		t.Errorf("ids %q and %q", adyen.ID, native.ID)
	}
	changed, err := w.ChangeEndpoint(noon, adyen.ID, "key_test_2", func(e *estate.Endpoint) {
		e.URL, e.ID, e.Account, e.CreatedAt = "https://till.example/other", "S2-X", "9", noon.Add(1)
	})
	must(t, err)
	want := adyen
	want.URL = "https://till.example/other"
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	must(t, w.DeleteEndpoint(noon, native.ID, ""))
	for range 2 { // before and after a restart
		if diff := cmp.Diff([]estate.Endpoint{want}, w.Endpoints(w.group.Account)); diff != "" {
			t.Errorf("endpoints (-want +got):\n%s", diff)
		}
		if _, ok := w.Endpoint(native.ID); ok {
			t.Error("a deleted endpoint is there")
		}
		if got, err := w.OpenPassword(adyen.ID); err != nil || got != "s3cret-of-basic" {
			t.Errorf("password %q, %v", got, err)
		}
		w.Registry = openOn(t, w.store)
	}
	empty := ""
	if e, err := w.ChangeEndpoint(noon, adyen.ID, "", func(e *estate.Endpoint) { e.NewPassword = &empty }); err != nil || e.HasPassword() {
		t.Errorf("the password stays: %v", err)
	}
	if err := w.DeleteEndpoint(noon, native.ID, ""); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("deleted twice: %v", err)
	}
	wantKinds := []string{"AccountMade", "GroupMade", "EndpointMade", "EndpointMade", "EndpointChanged", "EndpointDeleted", "EndpointChanged"}
	if diff := cmp.Diff(wantKinds, w.kinds()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestSecretsOfEndpointsRotate(t *testing.T) {
	w := newWorld(t)
	adyen, native := w.endpoint(estate.DialectAdyen, estate.EndpointStandard), w.endpoint(estate.DialectNative, estate.EndpointEvents)
	if none, err := w.OpenSecrets(noon, adyen.ID); err != nil || len(none) != 0 {
		t.Errorf("secrets before one was made: %v, %v", none, err)
	}
	_, first, err := w.NewSecret(noon, native.ID, 0, "")
	must(t, err)
	_, second, err := w.NewSecret(noon, native.ID, time.Hour, "")
	must(t, err)
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(first, "whsec_")); err != nil || len(raw) != 32 || !strings.HasPrefix(first, "whsec_") {
		t.Errorf("secret %q: %v", first, err)
	}
	w.Registry = openOn(t, w.store)
	for at, want := range map[time.Duration][]string{0: {second, first}, time.Hour - 1: {second, first}, time.Hour: {second}} {
		if got, err := w.OpenSecrets(noon.Add(at), native.ID); err != nil || !cmp.Equal(got, want) {
			t.Errorf("after %s: %v, %v", at, got, err)
		}
	}
	e, key, err := w.NewSecret(noon, adyen.ID, 0, "")
	must(t, err)
	if raw, err := hex.DecodeString(key); err != nil || len(raw) != 32 || strings.ToUpper(key) != key || len(e.Secrets[0].Check) != 6 {
		t.Errorf("HMAC key %q, check %q: %v", key, e.Secrets[0].Check, err)
	}
	for _, f := range w.facts() {
		for _, clear := range []string{first, second, key, "s3cret-of-basic", hex.EncodeToString([]byte("s3cret"))} {
			if strings.Contains(string(f.Payload), clear) || strings.Contains(string(f.Payload), "ealed") {
				t.Errorf("%s holds a secret: %s", f.Kind, f.Payload)
			}
		}
	}
}

func TestRefusedEndpoints(t *testing.T) {
	w := newWorld(t)
	good := estate.Endpoint{Dialect: estate.DialectAdyen, Account: w.group.Account, Type: estate.EndpointStandard, URL: "https://till.example/hook"}
	long := strings.Repeat("x", 201)
	for name, test := range map[string]struct {
		spoil func(*estate.Endpoint)
		want  error
	}{
		"dialect":            {func(e *estate.Endpoint) { e.Dialect = "multisafepay" }, estate.ErrInvalid},
		"account":            {func(e *estate.Endpoint) { e.Account = "9" }, estate.ErrUnknown},
		"no account":         {func(e *estate.Endpoint) { e.Account = "" }, estate.ErrUnknown},
		"group":              {func(e *estate.Endpoint) { e.Group = "9" }, estate.ErrUnknown},
		"company's account":  {func(e *estate.Endpoint) { e.Company = "Kassa" }, estate.ErrInvalid},
		"filter":             {func(e *estate.Endpoint) { e.Filter = estate.AllAccounts }, estate.ErrInvalid},
		"type":               {func(e *estate.Endpoint) { e.Type = "" }, estate.ErrInvalid},
		"url":                {func(e *estate.Endpoint) { e.URL = "" }, estate.ErrInvalid},
		"url with a space":   {func(e *estate.Endpoint) { e.URL = "https://till.example/a b" }, estate.ErrInvalid},
		"format":             {func(e *estate.Endpoint) { e.Format = "soap" }, estate.ErrInvalid},
		"user with a colon":  {func(e *estate.Endpoint) { e.Username = "a:b" }, estate.ErrInvalid},
		"long password":      {func(e *estate.Endpoint) { e.NewPassword = &long }, estate.ErrInvalid},
		"encryption":         {func(e *estate.Endpoint) { e.Encryption = "SSLv3" }, estate.ErrInvalid},
		"network":            {func(e *estate.Endpoint) { e.NetworkType = "moon" }, estate.ErrInvalid},
		"event":              {func(e *estate.Endpoint) { e.Events = []string{""} }, estate.ErrInvalid},
		"additionalSettings": {func(e *estate.Endpoint) { e.AdditionalSettings = json.RawMessage(`{`) }, estate.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			test.spoil(&e)
			if _, err := w.MakeEndpoint(noon, e, ""); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if list := w.AllEndpoints(); len(list) != 0 {
		t.Errorf("refused endpoints are there: %+v", list)
	}
	for i := range 51 {
		if _, err := w.MakeEndpoint(noon, good, ""); (i == 50) != errors.Is(err, estate.ErrFull) {
			t.Fatalf("endpoint %d: %v", i+1, err)
		}
	}
}

func TestEndpointsThatHear(t *testing.T) {
	w := newWorld(t)
	other, err := w.MakeAccount(noon, estate.Account{Name: "Thee BV"})
	must(t, err)
	a, _ := w.Account(w.group.Account)
	endpoint := func(e estate.Endpoint) string {
		t.Helper()
		if e.Dialect == "" {
			e.Dialect = estate.DialectAdyen
		}
		e.Type, e.URL, e.Active = estate.EndpointEvents, "https://till.example/hook", true
		made, err := w.MakeEndpoint(noon, e, "")
		must(t, err)
		return made.ID
	}
	names := map[string]string{
		endpoint(estate.Endpoint{Account: a.ID}):                                                                       "account",
		endpoint(estate.Endpoint{Account: a.ID, Group: w.group.ID}):                                                    "group",
		endpoint(estate.Endpoint{Account: other.ID}):                                                                   "other",
		endpoint(estate.Endpoint{Company: a.Company}):                                                                  "company",
		endpoint(estate.Endpoint{Company: a.Company, Filter: estate.IncludeAccounts, Merchants: []string{a.Merchant}}): "included",
		endpoint(estate.Endpoint{Company: a.Company, Filter: estate.ExcludeAccounts, Merchants: []string{a.Merchant}}): "not excluded",
		endpoint(estate.Endpoint{Company: "Another"}):                                                                  "another company",
		endpoint(estate.Endpoint{Dialect: estate.DialectNative}):                                                       "installation",
		endpoint(estate.Endpoint{Dialect: estate.DialectNative, Account: a.ID}):                                        "native",
	}
	off := endpoint(estate.Endpoint{Account: a.ID})
	_, err = w.ChangeEndpoint(noon, off, "", func(e *estate.Endpoint) { e.Active = false })
	must(t, err)
	must(t, w.DeleteEndpoint(noon, endpoint(estate.Endpoint{Account: a.ID}), ""))
	for range 2 { // before and after a restart
		for call, want := range map[[3]string][]string{
			{"adyen", a.ID, w.group.ID}:  {"account", "company", "group", "included"},
			{"adyen", a.ID, ""}:          {"account", "company", "included"},
			{"adyen", other.ID, ""}:      {"company", "not excluded", "other"},
			{"adyen", "", ""}:            nil,
			{"native", "", ""}:           {"installation"},
			{"native", a.ID, w.group.ID}: {"installation", "native"},
		} {
			var got []string
			for _, e := range w.EndpointsFor(call[0], call[1], call[2]) {
				got = append(got, names[e.ID])
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v (-want +got):\n%s", call, diff)
			}
		}
		w.Registry = openOn(t, w.store)
	}
}
