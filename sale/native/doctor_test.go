package native_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/sale/native"
)

// practice is a doctor who finds the same of everything, for whoever may see terminal 00000ABC of account 1.
type practice struct {
	made map[string]native.Diagnosis
}

func sees(who native.Caller, account string) bool {
	return who.Account == "" || who.Account == account && (who.Group == "" || who.Group == "100")
}

func (p *practice) Diagnose(_ context.Context, who native.Caller, q native.Question) (native.Diagnosis, error) {
	if !sees(who, "1") || q.Subject.ID == "nobody" {
		return native.Diagnosis{}, native.ErrNoSubject
	}
	words := doctor.Text{EN: "Off", NL: "Uit", FR: "Éteint", IT: "Spento", ES: "Apagado"}
	found := doctor.Finding{
		ID: "T-1", Code: "off", Source: doctor.FromKassa, Certain: true, Who: doctor.Shop, Contact: doctor.PointOfSale, Title: words, Shop: words, Fix: words,
		Evidence: []doctor.Evidence{{At: noon, Source: "link", Seq: 7, Says: "closed by the terminal"}}, Action: doctor.Action{Label: "Show it", Href: "/terminals/1"},
	}
	also := found
	also.ID, also.Code, also.Certain = "T-2", "also", false
	d := native.Diagnosis{ID: "diag_test_1", At: noon, Account: "1", Trigger: "asked", Symptom: q.Symptom, Found: doctor.Diagnosis{
		Subject: q.Subject, At: noon, Verdict: doctor.CauseFound, Findings: []doctor.Finding{found, also}, Hidden: []doctor.Finding{also},
		RuledOut: []doctor.RuledOut{{ID: "T-3", Code: "other", Because: "it is not"}}, RulesVersion: "1",
		Missing: []doctor.Missing{{Need: doctor.NeedProbe, Rules: []string{"dns"}, Offer: words}}, Guided: []doctor.Guided{{ID: "T-4", Code: "g", Title: words, Question: words, Fix: words}},
	}}
	p.made[d.ID] = d
	return d, nil
}

func (p *practice) Find(who native.Caller, id string) (native.Diagnosis, error) {
	d, ok := p.made[id]
	if !ok || !sees(who, d.Account) {
		return d, native.ErrNoSubject
	}
	return d, nil
}

func (p *practice) List(who native.Caller, _ native.DiagnosisFilter) (list []native.Diagnosis, more bool, err error) {
	for _, d := range p.made {
		if sees(who, d.Account) {
			list = append(list, d)
		}
	}
	return list, len(list) > 0, nil
}

func (p *practice) Feedback(_ context.Context, who native.Caller, id, code string, yes bool) (native.Diagnosis, error) {
	d, err := p.Find(who, id)
	d.Judged = map[string]bool{code: yes}
	return d, err
}

func (p *practice) Share(who native.Caller, id string, _ time.Time) (string, error) {
	_, err := p.Find(who, id)
	return "/help/token", err
}

func (p *practice) rules() native.Rules {
	words := doctor.Text{EN: "Off since {when}", NL: "Uit", FR: "Éteint", IT: "Spento", ES: "Apagado"}
	return native.Rules{
		List: func() []doctor.Rule {
			return []doctor.Rule{{ID: "T-1", Code: "off", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal}, Who: doctor.Shop, Contact: doctor.PointOfSale, Says: doctor.Says{Title: words, Fix: words}}}
		},
		Hits: func(string) native.Hits { return native.Hits{Found: 3, Yes: 2} }, Contacts: map[doctor.Contact]string{doctor.PointOfSale: "+31 20 0000000"},
	}
}

// TestTheDoctor asks, reads, judges and shares.
func TestTheDoctor(t *testing.T) {
	w := newWorld(t)
	d := w.ok("POST", "diagnoses", `{"subject":{"type":"terminal","id":"term_test_00000ABC"},"symptom":"offline","probe":true}`, w.as("account")...)
	cause, fix := d["cause"].(object), d["fix"].([]any)[0].(object)
	if cause["code"] != "off" || cause["doc"] != "/docs/causes/off" || d["confidence"] != "certain" || fix["contact"] != "+31 20 0000000" || d["subject"].(object)["id"] != "00000ABC" {
		t.Errorf("%v", d)
	}
	if len(d["also"].([]any)) != 1 || len(d["checks"].([]any)) != 5 || d["shop"].(object)["nl"] != "Uit" {
		t.Errorf("%v", d)
	}
	id := d["id"].(string)
	if d := w.ok("GET", "diagnoses/"+id+"?lang=nl", ""); d["cause"].(object)["title"] != "Uit" {
		t.Errorf("%v", d["cause"])
	}
	if l := w.ok("GET", "diagnoses?subject_type=terminal&limit=1", ""); len(l["data"].([]any)) != 1 || l["next"] != id {
		t.Errorf("%v", l)
	}
	if d := w.ok("POST", "diagnoses/"+id+"/feedback", `{"code":"off","yes":true}`); d["judged"].(object)["off"] != true {
		t.Errorf("%v", d["judged"])
	}
	if s := w.ok("POST", "diagnoses/"+id+"/share", `{"hours":1}`); !strings.HasSuffix(s["url"].(string), "/help/token") {
		t.Errorf("%v", s)
	}
	if l := w.ok("GET", "rules", ""); l["data"].([]any)[0].(object)["title"] != "Off since ‹when›" {
		t.Errorf("%v", l)
	}
	if r := w.ok("GET", "rules/T-1", ""); r["code"] != "off" || r["observable"] != false {
		t.Errorf("%v", r)
	}
	for _, bad := range []struct{ method, path, body, code, says string }{
		{"POST", "diagnoses", `{"subject":{"type":"cat","id":"1"}}`, "invalid_input", "/subject/type"},
		{"POST", "diagnoses", `{"subject":{"type":"order"}}`, "invalid_input", "/subject/id"},
		{"POST", "diagnoses", `{"subject":{"type":"installation","id":"1"}}`, "invalid_input", "/subject/id"},
		{"POST", "diagnoses", `{"subject":{"type":"order","id":"1"},"symptom":"` + strings.Repeat("x", 201) + `"}`, "invalid_input", "/symptom"},
		{"POST", "diagnoses", `{"subject":{"type":"order","id":"nobody"}}`, "not_found", "order"},
		{"POST", "diagnoses", `{"subject":{"type":"terminal","id":"term_live_1"}}`, "id_of_other_environment", "live"},
		{"GET", "diagnoses/" + id + "?lang=xx", "", "invalid_input", "lang"},
		{"GET", "diagnoses?subject_type=cat", "", "invalid_input", "subject_type"},
		{"GET", "diagnoses/none", "", "not_found", "diagnosis"},
		{"POST", "diagnoses/" + id + "/feedback", `{"code":"off"}`, "invalid_input", "/yes"},
		{"POST", "diagnoses/" + id + "/feedback", `{"yes":true}`, "invalid_input", "/code"},
		{"POST", "diagnoses/" + id + "/share", `{"hours":721}`, "invalid_input", "/hours"},
		{"GET", "rules/none", "", "not_found", "rule"},
	} {
		w.refused(bad.method, bad.path, bad.body, bad.code, bad.says)
	}
}
