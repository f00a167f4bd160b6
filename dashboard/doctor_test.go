package dashboard_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/dashboard"
	"kassa/doctor"
)

// practice is a doctor who keeps what he is told to find.
type practice struct {
	list   []dashboard.Diagnosis
	asked  []string
	filter dashboard.DiagnosisFilter
	broken error
}

func (p *practice) Diagnose(_ context.Context, s doctor.Subject, symptom string, probe bool) (string, bool, error) {
	p.asked = append(p.asked, string(s.Kind)+" "+s.ID+" "+symptom)
	if probe {
		p.asked = append(p.asked, "probe")
	}
	return "diag_test_1", s.ID != "nobody", p.broken
}

func (p *practice) Find(id string) (dashboard.Diagnosis, bool, error) {
	for _, d := range p.list {
		if d.ID == id {
			return d, true, p.broken
		}
	}
	return dashboard.Diagnosis{}, false, p.broken
}

func (p *practice) List(f dashboard.DiagnosisFilter) (list []dashboard.Diagnosis, more bool, err error) {
	p.filter = f
	for _, d := range p.list {
		if f.Subject.ID == "" || f.Subject == d.Found.Subject {
			list = append(list, d)
		}
	}
	return list, f.Code == "more", p.broken
}

func (p *practice) Feedback(_ context.Context, id, code string, yes bool) (bool, error) {
	if yes {
		code += " yes"
	}
	p.asked = append(p.asked, id+" "+code)
	return id == "diag_test_1", p.broken
}

func (p *practice) Share(id string, _ time.Time) (string, bool, error) {
	return "/help/token", id == "diag_test_1", p.broken
}

func words(en string) doctor.Text {
	return doctor.Text{EN: en, NL: "NL " + en, FR: "FR " + en, IT: "IT " + en, ES: "ES " + en}
}

// found is a diagnosis with all that one can have; a card number that somebody typed is among it.
func found(w *world, s doctor.Subject) dashboard.Diagnosis {
	f := doctor.Finding{
		ID: "NET-01", Code: "wifi_lost", Certain: true, Who: doctor.Shop, Contact: doctor.PointOfSale, Title: words("It lost its Wi-Fi"), Shop: words("Check the router, please."),
		Fix: words("Restart it."), Developer: "Orders wait.", Runbook: "See LinkDown.", Action: doctor.Action{Label: "Test it", Href: "/terminals/00000ABC"},
		Evidence: []doctor.Evidence{{At: w.now, Source: "link", Seq: 4711, Says: "closed <b> 4761739001010010"}},
	}
	also := f
	also.Code, also.Certain, also.Title = "no_paper", false, words("No paper")
	return dashboard.Diagnosis{ID: "diag_test_1", At: w.now, Trigger: "offline", Judged: map[string]bool{"no_paper": false}, Found: doctor.Diagnosis{
		Subject: s, Verdict: doctor.CauseFound, Findings: []doctor.Finding{f, also}, Hidden: []doctor.Finding{also}, RuledOut: []doctor.RuledOut{{Code: "dns_blocked", Because: "it resolved"}},
		Missing: []doctor.Missing{{Need: doctor.NeedProbe, Rules: []string{"a"}, Offer: words("Test the connection."), Href: "/terminals/00000ABC"}},
		Guided:  []doctor.Guided{{Code: "logo_cached", Question: words("Is the logo old?"), Fix: words("Restart twice.")}}, RulesVersion: "1",
	}}
}

func (w *world) post(path string, form url.Values, status int) (string, http.Header) {
	w.t.Helper()
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.pages.ServeHTTP(rec, r)
	if rec.Code != status {
		w.t.Fatalf("POST %s: %d %s", path, rec.Code, rec.Body)
	}
	return html.UnescapeString(rec.Body.String()), rec.Header()
}

func TestDiagnosisPage(t *testing.T) {
	w := newWorld(t)
	w.doctor.list = []dashboard.Diagnosis{found(w, doctor.Subject{Kind: doctor.Terminal, ID: bar})}
	page := w.get("/diagnoses/diag_test_1", "It lost its Wi-Fi", "Cause found", "Check the router, please.", "Restart it.", "+31 20 0000000", "Orders wait.", "See LinkDown.", "4711",
		"closed <b>", "Also: No paper", "Did this answer the question?", "Test the connection.", "Is the logo old?", "it resolved", "/docs/causes/wifi_lost?lang=en",
		`href="/terminals/00000ABC"`, "Share without login", "found by itself: offline", `value="no" aria-pressed="true"`)
	if strings.Contains(page, "4761739001010010") || strings.Contains(page, "closed <b>") {
		t.Error("evidence is shown as it came")
	}
	w.get("/diagnoses/diag_test_1?lang=nl", "NL Check the router, please.\nNL Restart it.", "NL Is the logo old?", `lang="nl"`)
	w.answer(http.StatusNotFound, "/diagnoses/none", "There is no diagnosis none")
	w.doctor.list[0].Found = doctor.Diagnosis{Subject: doctor.Subject{Kind: doctor.Installation}, Verdict: doctor.NothingWrong}
	w.get("/diagnoses/diag_test_1", "Nothing wrong was found", "All that Kassa can see is as it should be")
	w.doctor.broken = errors.New("disk")
	w.answer(http.StatusServiceUnavailable, "/diagnoses/diag_test_1", "could not be read")
}

func TestDoctorIsAskedFromPages(t *testing.T) {
	w := newWorld(t)
	_, head := w.post("/diagnoses/", url.Values{"type": {"terminal"}, "id": {" " + bar}, "symptom": {"dark"}, "probe": {"yes"}}, http.StatusSeeOther)
	if head.Get("Location") != "/diagnoses/diag_test_1" || strings.Join(w.doctor.asked, "|") != "terminal 00000ABC dark|probe" {
		t.Errorf("%s %q", head.Get("Location"), w.doctor.asked)
	}
	for _, form := range []url.Values{{"type": {"cat"}, "id": {"1"}}, {"type": {"order"}}, {"type": {"installation"}, "id": {"1"}}, {"type": {"order"}, "id": {"nobody"}}} {
		w.post("/diagnoses/", form, http.StatusNotFound)
	}
	w.doctor.list = []dashboard.Diagnosis{found(w, doctor.Subject{Kind: doctor.Terminal, ID: bar})}
	_, head = w.post("/diagnoses/diag_test_1/feedback", url.Values{"code": {"wifi_lost"}, "yes": {"yes"}, "lang": {"fr"}}, http.StatusSeeOther)
	if head.Get("Location") != "/diagnoses/diag_test_1?lang=fr" || w.doctor.asked[len(w.doctor.asked)-1] != "diag_test_1 wifi_lost yes" {
		t.Errorf("%s %q", head.Get("Location"), w.doctor.asked)
	}
	w.post("/diagnoses/none/feedback", url.Values{}, http.StatusNotFound)
	if page, _ := w.post("/diagnoses/diag_test_1/share", url.Values{"lang": {"es"}}, http.StatusOK); !strings.Contains(page, "http://example.com/help/token") || !strings.Contains(page, "ES Restart it.") {
		t.Errorf("%s", page)
	}
	w.post("/diagnoses/none/share", url.Values{}, http.StatusNotFound)
}

func TestWhyPanels(t *testing.T) {
	w := newWorld(t)
	stream := w.order("why-1", "")
	w.feed(stream, time.Second, kassa.Cancel{})
	w.get("/payments/"+id(stream), "Why?", "Ask the doctor", `value="`+id(stream)+`"`)
	w.doctor.list = []dashboard.Diagnosis{found(w, doctor.Subject{Kind: doctor.Order, ID: id(stream)}), found(w, doctor.Subject{Kind: doctor.Terminal, ID: bar})}
	w.get("/payments/"+id(stream), "It lost its Wi-Fi", "Check the router, please.", `href="/diagnoses/diag_test_1"`)
	w.get("/terminals/"+bar, "It lost its Wi-Fi", "Ask the doctor")
	paid := w.order("why-2", "")
	w.feed(paid, time.Second, kassa.ScreenShown{Screen: "presentCard"})
	w.feed(paid, time.Second, tap(1, "000001"))
	w.feed(paid, time.Second, approved(1))
	if page := w.get("/payments/" + id(paid)); strings.Contains(page, "Ask the doctor") {
		t.Error("a payment that is well has a doctor")
	}
	w.terminals[0].Online, w.terminals[0].State, w.terminals[0].Reason = false, "offline", "no answer"
	w.get("/", `href="/terminals/00000ABC#why"`)
}

func TestDiagnosesAndCauses(t *testing.T) {
	w := newWorld(t)
	w.get("/diagnoses/", "None yet.")
	w.get("/diagnoses/?code=x", "No diagnosis fits.")
	w.doctor.list = []dashboard.Diagnosis{found(w, doctor.Subject{Kind: doctor.Terminal, ID: bar})}
	w.get("/diagnoses/?type=terminal&code=more&trigger=offline", "It lost its Wi-Fi", "terminal 00000ABC", "before=diag_test_1&code=more&trigger=offline&type=terminal")
	if f := w.doctor.filter; f.Subject.Kind != doctor.Terminal || f.Code != "more" || f.Trigger != "offline" {
		t.Errorf("%+v", f)
	}
	w.get("/causes/", "It lost its Wi-Fi on ‹network›", "66 % ", "2, of which Kassa sees 1 by itself", "/docs/causes/wifi_lost")
}
