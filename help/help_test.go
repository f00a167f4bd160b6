package help_test

import (
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/help"
)

func pages(t *testing.T) *help.Handler {
	t.Helper()
	words := doctor.Text{EN: "It lost its Wi-Fi", NL: "Hij is zijn wifi kwijt", FR: "Il a perdu le Wi-Fi", IT: "Ha perso il Wi-Fi", ES: "Perdió el wifi"}
	h, err := help.New(help.Config{
		Rules: rules(t), Contacts: map[doctor.Contact]string{doctor.PointOfSale: "+31 20 0000000", doctor.GeneralSupport: "help@shop.example"},
		Shared: func(token string) (doctor.Diagnosis, error) {
			switch token {
			case "found.sig":
				return doctor.Diagnosis{
					Subject: doctor.Subject{Kind: doctor.Terminal, ID: "…0ABC"}, At: time.Date(2026, 11, 25, 10, 12, 0, 0, time.UTC), Verdict: doctor.CauseFound,
					Findings: []doctor.Finding{{
						Code: "wifi_lost", Title: words, Shop: words, Fix: words, Who: doctor.Shop, Contact: doctor.PointOfSale,
						Evidence: []doctor.Evidence{{Says: "<b>signal</b> 4 %"}},
					}},
				}, nil
			case "nothing.sig":
				return doctor.Diagnosis{
					Subject: doctor.Subject{Kind: doctor.Installation}, Verdict: doctor.NothingWrong, Guided: []doctor.Guided{{Code: "g", Question: words, Fix: words}},
				}, nil
			}
			return doctor.Diagnosis{}, errors.New("forged")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(t *testing.T, h *help.Handler, path, languages string) (int, string) {
	t.Helper()
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", languages)
	h.ServeHTTP(rec, r)
	body := rec.Body.String()
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("%s has the policy %q", path, csp)
	}
	if strings.Contains(body, "<script") || strings.Contains(body, " style=") {
		t.Errorf("%s needs a script or styles of its own", path)
	}
	return rec.Code, html.UnescapeString(body)
}

func TestEveryCauseHasItsPage(t *testing.T) {
	h := pages(t)
	for _, r := range rules(t) {
		for _, lang := range doctor.Languages() {
			code, body := get(t, h, "/docs/causes/"+r.Code+"?lang="+lang, "")
			title := strings.NewReplacer("{", "‹", "}", "›").Replace(r.Says.Title.In(lang))
			if code != http.StatusOK || !strings.Contains(body, "<h1>"+title) || !strings.Contains(body, `<html lang="`+lang+`"`) {
				t.Errorf("%s in %s: %d %s", r.Code, lang, code, body)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	h := pages(t)
	for _, c := range []struct{ path, accepts, want string }{
		{"/docs/causes/", "fr-BE, nl;q=0.8", `<html lang="fr"`}, {"/docs/causes/", "de, it;q=0.5", `<html lang="it"`}, {"/docs/causes/", "de", `<html lang="en"`},
		{"/docs/causes/?lang=es", "fr", `<html lang="es"`}, {"/docs/causes/?lang=xx", "nl", `<html lang="nl"`},
	} {
		if _, body := get(t, h, c.path, c.accepts); !strings.Contains(body, c.want) {
			t.Errorf("%s for %q is not %s", c.path, c.accepts, c.want)
		}
	}
	if code, body := get(t, h, "/docs/causes/none", "nl"); code != http.StatusNotFound || !strings.Contains(body, "Zo'n oorzaak is er niet") {
		t.Errorf("%d %s", code, body)
	}
	if code, _ := get(t, h, "/docs/causes/CONN-01", ""); code != http.StatusFound {
		t.Errorf("a row's id: %d", code)
	}
	_, body := get(t, h, "/docs/causes/", "")
	if nine, ten := strings.Index(body, "<small>C9 "), strings.Index(body, "<small>C10 "); nine < 0 || ten < nine {
		t.Errorf("C9 is at %d and C10 at %d of the list", nine, ten)
	}
}

func TestSharedReport(t *testing.T) {
	h := pages(t)
	code, body := get(t, h, "/help/found.sig", "nl")
	for _, want := range []string{"Hij is zijn wifi kwijt", "Betaalterminal …0ABC", "2026-11-25 10:12 UTC", "+31 20 0000000", "Probeer opnieuw", "/docs/causes/wifi_lost?lang=nl", "waarschijnlijk"} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d: %q is not in %s", code, want, body)
		}
	}
	if _, body := get(t, h, "/help/nothing.sig", "en"); !strings.Contains(body, "Nothing wrong was found") || !strings.Contains(body, "help@shop.example") || !strings.Contains(body, "Please check") {
		t.Errorf("%s", body)
	}
	if code, body := get(t, h, "/help/forged", "es"); code != http.StatusNotFound || !strings.Contains(body, "Pida uno nuevo") {
		t.Errorf("%d %s", code, body)
	}
}

// TestEveryTextHasItsLanguages: each is written, and none is the English one again but where both languages say it so.
func TestEveryTextHasItsLanguages(t *testing.T) {
	for name, text := range help.Words() {
		seen := map[string]bool{}
		for _, lang := range doctor.Languages() {
			s := text.In(lang)
			if s == "" || lang != "en" && s == text.EN {
				t.Errorf("%s has no %s of its own: %q", name, lang, s)
			}
			seen[s] = true
		}
		if len(seen) < 3 {
			t.Errorf("%s is the same in most languages", name)
		}
	}
}
