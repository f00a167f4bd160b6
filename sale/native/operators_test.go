package native_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"kassa/operator"
)

// operators are the world's, in its store.
func (w *world) operators() *operator.Registry {
	w.t.Helper()
	r, err := operator.Open(operator.Config{
		Store: w.store, Now: time.Now, Pairings: operator.Pairings(), NewID: func() (string, error) { return rand.Text(), nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// put keeps a thing of account 1.
func (w *world) put(kind, id, body string) {
	w.t.Helper()
	if status, answer := w.call("PUT", "/api/v1/operator/"+kind+"/"+id+"?account=1", body); status != 201 && status != 200 {
		w.t.Fatalf("PUT %s %s: %d %v", kind, id, status, answer)
	}
}

// placed is a world in which terminal T-1 may be bound to charger S1: all in production.
func (w *world) placed() {
	w.put("environments", "acc", `{"platform":"Laadnet","name":"Acceptance","kind":"acceptance"}`)
	w.put("environments", "prod", `{"platform":"Laadnet","name":"Production","kind":"production"}`)
	w.put("providers", "payco", `{"name":"Payco","status_page":"https://status.payco.example/"}`)
	w.put("provider-environments", "pt", `{"provider":"payco","kind":"test","as":"laadnet"}`)
	w.put("provider-environments", "pp", `{"provider":"payco","kind":"production","as":"laadnet"}`)
	w.put("cpos", "cpo", `{"environment":"prod","external_id":"NL-LAA","name":"Laadnet Zuid"}`)
	w.put("contracts", "con", `{"cpo":"cpo","customer_reference":"C-7","contactless":"cpo"}`)
	w.put("setups", "set", `{"environment":"prod","cpo_external_id":"NL-LAA","merchant_id":"M1","currency":"EUR","status":"configured"}`)
	w.put("stations", "S1", `{"environment":"prod","cpo":"cpo","contract":"con","certified":true}`)
	w.put("terminals", "T1", `{"provider_env":"pp","serial":"T-1","activation":"activated","visible_to":["laadnet"],"managed_by":["laadnet"]}`)
}

// station makes a charger of an account, and gives its id.
func (w *world) station(account string) string {
	w.t.Helper()
	for _, thing := range []struct{ kind, body string }{
		{"environments", `{"platform":"P","name":"N","kind":"production"}`}, {"cpos", `{"environment":"X1","external_id":"E","name":"N"}`},
		{"stations", `{"environment":"X1","cpo":"X1"}`},
	} {
		if status, answer := w.call("PUT", "/api/v1/operator/"+thing.kind+"/X1?account="+account, thing.body); status != 201 {
			w.t.Fatalf("%v: %d %v", thing, status, answer)
		}
	}
	return "X1"
}

func verdicts(list any) map[string]string {
	all, _ := list.([]any)
	by := map[string]string{}
	for _, one := range all {
		f, _ := one.(map[string]any)
		by[fmt.Sprint(f["rule"])] = fmt.Sprint(f["verdict"])
	}
	return by
}

// TestABindingIsCheckedBeforeItIsKept: the checks run first, what they find is told, and nothing is kept until whoever
// binds has seen it.
func TestABindingIsCheckedBeforeItIsKept(t *testing.T) {
	w := newWorld(t)
	w.placed()
	const bindings, ok = "/api/v1/operator/bindings?account=1", `{"station":"S1","serial":"t1","provider":"payco"}`
	w.put("terminals", "T1", `{"provider_env":"pt","serial":"T-1","activation":"activated"}`)
	status, answer := w.call("POST", "/api/v1/operator/checks?account=1", ok)
	if status != 200 || answer["ready"] != false || verdicts(answer["findings"])["R6"] != "fail" {
		t.Errorf("the check: %d %v", status, answer)
	}
	status, answer = w.call("POST", bindings, ok)
	if status != 409 || answer["code"] != "binding_warned" || verdicts(answer["findings"])["R6"] != "fail" {
		t.Errorf("a test terminal on a production charger: %d %v", status, answer)
	}
	if _, list := w.call("GET", bindings, ""); len(list["data"].([]any)) != 0 {
		t.Errorf("it was kept: %v", list)
	}
	status, answer = w.call("POST", bindings, `{"station":"S1","serial":"t1","provider":"payco","despite":true}`)
	if status != 201 || answer["despite"] != true || verdicts(answer["findings"])["R6"] != "fail" {
		t.Errorf("despite it: %d %v", status, answer)
	}
	w.put("terminals", "T1", `{"provider_env":"pp","serial":"T-1","activation":"activated","managed_by":["laadnet"]}`)
	status, answer = w.call("POST", bindings, ok)
	if status != 201 || answer["despite"] != nil || answer["entered_serial"] != "t1" || answer["account"] != "acct_test_1" {
		t.Errorf("bound: %d %v", status, answer)
	}
	_, list := w.call("GET", "/api/v1/operator/standings?account=1&provider_env=pp", "")
	rows, _ := list["data"].([]any)
	if len(rows) != 1 {
		t.Fatalf("standings: %v", list)
	}
	row := rows[0].(map[string]any)
	if row["station"] != "S1" || row["ready"] != true || row["manageable"] != true || row["visible"] != false || row["setup"] != "configured" || row["activation"] != "activated" || row["kind"] != "production" {
		t.Errorf("standing: %v", row)
	}
	if _, list := w.call("GET", "/api/v1/operator/standings?account=1&provider_env=pt", ""); len(list["data"].([]any)) != 0 {
		t.Errorf("those of the test environment: %v", list)
	}
}

// TestARequestNamesTheEnvironment: and the CPO as the platform knows it, and the terminals.
func TestARequestNamesTheEnvironment(t *testing.T) {
	w := newWorld(t)
	w.placed()
	const requests = "/api/v1/operator/requests?account=1"
	status, answer := w.call("POST", requests, `{"provider_env":"pt","cpo":"cpo","serials":["T-1"],"asks":"activate"}`)
	if status != 400 || answer["errors"].([]any)[0].(map[string]any)["pointer"] != "/provider_env" {
		t.Errorf("the wrong environment: %d %v", status, answer)
	}
	status, answer = w.call("POST", requests, `{"provider_env":"pp","cpo":"cpo","serials":["T-1"],"asks":"activate"}`)
	want := "Environment: production\nPlatform: Laadnet, Production (production)\nCPO: Laadnet Zuid, external id NL-LAA\nOur account: laadnet\nTerminals: T-1\n\n" +
		"Please check that these terminals are activated and configured, and tell us when they are."
	if status != 201 || answer["text"] != want || answer["status"] != "open" {
		t.Fatalf("%d %v", status, answer)
	}
	status, answer = w.call("POST", fmt.Sprintf("/api/v1/operator/requests/%s/answer?account=1", answer["id"]), `{"answer":"done"}`)
	if status != 200 || answer["status"] != "answered" || answer["answer"] != "done" {
		t.Errorf("answered: %d %v", status, answer)
	}
}

// TestWhatIsWrongWithAThing: the answer names the field, and nothing is kept.
func TestWhatIsWrongWithAThing(t *testing.T) {
	w := newWorld(t)
	w.placed()
	before := w.store.Last()
	for _, c := range []struct{ path, body, pointer string }{
		{"stations/S2", `{"environment":"prod","cpo":"nobody"}`, "/cpo"},
		{"stations/S2", `{"environment":"acc","cpo":"cpo"}`, "/cpo"},
		{"stations/S2", `{"environment":"prod","cpo":"cpo","colour":"red"}`, "/colour"},
		{"stations/S2", `{"environment":7}`, "/environment"},
		{"stations/S2", `[]`, ""},
		{"stations/S2", ``, ""},
		{"stations/-x", `{"environment":"prod","cpo":"cpo"}`, "/id"},
		{"setups/x", `{"environment":"prod","cpo_external_id":"X","currency":"EUR","status":"configured"}`, "/merchant_id"},
		{"setups/x", `{"environment":"prod","cpo_external_id":"X","currency":"euro","status":"requested"}`, "/currency"},
		{"environments/x", `{"platform":"P","name":"N","kind":"test"}`, "/kind"},
		{"payments/x", `{"scope":"cpo","of":"prod"}`, "/of"},
		{"provider-environments/x", `{"provider":"payco","kind":"test","portal":"javascript:alert(1)"}`, "/portal"},
	} {
		status, answer := w.call("PUT", "/api/v1/operator/"+c.path+"?account=1", c.body)
		problems, _ := answer["errors"].([]any)
		if status != 400 || len(problems) != 1 {
			t.Errorf("%s %s: %d %v", c.path, c.body, status, answer)
			continue
		}
		if pointer, _ := problems[0].(map[string]any)["pointer"].(string); pointer != c.pointer {
			t.Errorf("%s %s: %v", c.path, c.body, problems)
		}
	}
	for _, path := range []string{"bindings/x", "requests/x", "nothing/x"} {
		if status, answer := w.call("PUT", "/api/v1/operator/"+path+"?account=1", `{}`); status != 404 {
			t.Errorf("PUT %s: %d %v", path, status, answer)
		}
	}
	if status, answer := w.call("GET", "/api/v1/operator/stations", ""); status != 400 {
		t.Errorf("nobody's world: %d %v", status, answer)
	}
	w.unchanged(before)
}

// TestOperatorsAreApart: an account's key sees and changes its own world only, under the same ids too, and a group's
// key sees none.
func TestOperatorsAreApart(t *testing.T) {
	w := newWorld(t)
	w.placed()
	if status, _ := w.call("PUT", "/api/v1/operator/environments/prod", `{"platform":"Mine","name":"Mine","kind":"production"}`, w.as("other")...); status != 201 {
		t.Errorf("its own: %d", status)
	}
	_, answer := w.call("GET", "/api/v1/operator/environments/prod?account=1", "")
	if text, _ := json.Marshal(answer); answer["platform"] != "Laadnet" {
		t.Errorf("another account changed it: %s", text)
	}
	for _, who := range []string{"other", "othergroup"} {
		for _, path := range []string{"environments/acc", "stations/S1", "environments/acc?account=1"} {
			if status, answer := w.call("GET", "/api/v1/operator/"+path, "", w.as(who)...); status != 404 {
				t.Errorf("%s with the key %q: %d %v", path, who, status, answer)
			}
		}
	}
	if status, _ := w.call("DELETE", "/api/v1/operator/stations/S1?account=1", ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, _ := w.call("GET", "/api/v1/operator/stations/S1?account=1", ""); status != 404 {
		t.Errorf("deleted: %d", status)
	}
}

// keyless knows which provider environments there are, and keeps no key.
type keyless struct{ *operator.Registry }

func (k keyless) SetKey(account, _, env, key string) error {
	if _, err := k.Get(account, "provider-environments", env); err != nil {
		return err
	}
	if key == "" {
		return fmt.Errorf("%w: key: must be given", operator.ErrInvalid)
	}
	return nil
}

// TestProviderKey: a key is taken, and neither given back nor taken from another account.
func TestProviderKey(t *testing.T) {
	w := newWorld(t)
	for _, put := range []struct{ path, body string }{
		{"providers/payco", `{"name":"Payco"}`}, {"provider-environments/pt", `{"provider":"payco","kind":"test","api_base":"https://api.example"}`},
	} {
		if status, answer := w.call("PUT", "/api/v1/operator/"+put.path+"?account=1", put.body); status != 201 {
			t.Fatalf("%d %v", status, answer)
		}
	}
	for _, c := range []struct {
		env, body string
		want      int
	}{{"pt", `{"key":"k"}`, 204}, {"pt", `{"key":""}`, 400}, {"pt", `{"kay":"k"}`, 400}, {"none", `{"key":"k"}`, 404}} {
		if status, answer := w.call("PUT", "/api/v1/operator/provider-environments/"+c.env+"/key?account=1", c.body); status != c.want {
			t.Errorf("%s %s: %d %v", c.env, c.body, status, answer)
		}
	}
}
