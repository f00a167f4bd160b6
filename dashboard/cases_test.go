package dashboard_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kassa/dashboard"
	"kassa/doctor"
)

// folder is cases of paper, and what was done with them.
type folder struct {
	list   []dashboard.Case
	did    []string
	filter dashboard.CaseFilter
	broken error
}

func (f *folder) Open(about doctor.Subject, title, note string) (string, error) {
	f.did = append(f.did, fmt.Sprintf("open %s %s %q %q", about.Kind, about.ID, title, note))
	return "case_test_1", f.broken
}

func (f *folder) Find(id string) (dashboard.Case, error) {
	for _, c := range f.list {
		if c.ID == id {
			return c, f.broken
		}
	}
	return dashboard.Case{}, dashboard.ErrNoCase
}

func (f *folder) List(by dashboard.CaseFilter) ([]dashboard.Case, string, error) {
	f.filter = by
	return f.list, "17_case_test_2", f.broken
}

func (f *folder) Change(id string, by dashboard.CaseStep) error {
	f.did = append(f.did, fmt.Sprintf("change %s %+v", id, by))
	return f.broken
}

func (f *folder) Attach(id, name string, body []byte) error {
	f.did = append(f.did, fmt.Sprintf("attach %s %s %s", id, name, body))
	return f.broken
}

func (f *folder) File(id, file string) (string, []byte, error) {
	if file != "casefile_test_1" {
		return "", nil, dashboard.ErrNoCase
	}
	return "image/png", []byte("PNG of " + id), f.broken
}

func (f *folder) Bundle(id string, to io.Writer) error {
	_, err := io.WriteString(to, "PK "+id)
	return err
}

func shelf(now time.Time) []dashboard.Case {
	full := dashboard.Case{
		ID: "case_test_1", Title: "It says <b>no", State: "open", OpenedAt: now, ChangedAt: now, Account: "10000001", Group: "107265", Contact: "+31 20 1",
		About: doctor.Subject{Kind: "diagnosis", ID: "diag_test_1"},
		Facts: []dashboard.CaseFacts{{Account: "10000001", TID: bar, Serial: "P2-KS00000001", Diagnosis: "diag_test_1", Lines: []string{"wifi_lost: it lost 4761739001010010"}}},
		Notes: []dashboard.CaseNote{{At: now, By: "key_test_1", Text: "since this\nmorning"}},
		Files: []dashboard.CaseFile{{ID: "casefile_test_1", Name: "screen.png", Type: "image/png", At: now, Size: 1500}, {ID: "casefile_test_2", Name: "log.txt", Type: "text/plain"}},
	}
	return []dashboard.Case{
		full,
		{ID: "case_test_2", Title: "Another", State: "waiting", Account: "10000001", Group: "107265"},
		{ID: "case_test_3", Title: "Theirs", State: "closed", Account: "20000001"},
		{ID: "case_test_4", Title: "Gone", State: "closed", Account: "10000001", Group: "107265", Into: "case_test_1"},
	}
}

func TestCasePages(t *testing.T) {
	w := newWorld(t)
	w.get("/cases/", "None yet.")
	w.cases.list = shelf(w.now)
	w.get("/cases/?state=open&after=x", "It says <b>no", "Open", "Waiting", "Closed", "Merged", "1 note", "2 files", "diagnosis diag_test_1", "/cases/?after=17_case_test_2&state=open")
	if w.cases.filter.State != "open" || w.cases.filter.After != "x" {
		t.Errorf("%+v", w.cases.filter)
	}
	page := w.get("/cases/case_test_1", "+31 20 1", "/terminals/"+bar, "/diagnoses/diag_test_1", "since this\nmorning", "log.txt", "2 KiB",
		`<img src="/cases/case_test_1/attachments/casefile_test_1"`, "/cases/case_test_1/bundle", "Another (case_test_2)", "Close it")
	for _, hidden := range []string{"4761739001010010", "It says <b>no", "Theirs", "Gone", "Open it again", `<img src="/cases/case_test_1/attachments/casefile_test_2"`} {
		if strings.Contains(page, hidden) {
			t.Errorf("the page of a case holds %q", hidden)
		}
	}
	if page = w.get("/cases/case_test_4", "It is part of"); strings.Contains(page, "<textarea") || strings.Contains(page, "Close it") {
		t.Error("a case that is part of another takes steps")
	}
	w.answer(http.StatusNotFound, "/cases/nobody", "no such case")
	w.answer(http.StatusNotFound, "/cases/nobody/bundle", "no such case")
	w.answer(http.StatusNotFound, "/cases/case_test_1/attachments/none", "no such case")
	w.cases.broken = fmt.Errorf("%w: state must be open, waiting or closed", dashboard.ErrCaseRefused)
	w.answer(http.StatusUnprocessableEntity, "/cases/?state=lost", "state must be open")
	w.cases.broken = io.ErrUnexpectedEOF
	w.answer(http.StatusServiceUnavailable, "/cases/", "could not be read")
}

func TestCaseDownloads(t *testing.T) {
	w := newWorld(t)
	w.cases.list = shelf(w.now)
	for path, want := range map[string][3]string{
		"/cases/case_test_1/attachments/casefile_test_1": {"image/png", "attachment", "PNG of case_test_1"},
		"/cases/case_test_1/bundle":                      {"application/zip", "attachment; filename=case_test_1.zip", "PK case_test_1"},
	} {
		rec := httptest.NewRecorder()
		w.pages.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		head := rec.Header()
		if got := [3]string{head.Get("Content-Type"), head.Get("Content-Disposition"), rec.Body.String()}; got != want || head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestCaseForms(t *testing.T) {
	w := newWorld(t)
	w.cases.list = shelf(w.now)
	w.doctor.list = []dashboard.Diagnosis{found(w, doctor.Subject{Kind: doctor.Terminal, ID: bar})}
	w.get("/diagnoses/diag_test_1", `<form method="post" action="/cases/"><input type="hidden" name="type" value="diagnosis"><input type="hidden" name="id" value="diag_test_1">`)
	w.get("/terminals/"+bar, `<form method="post" action="/cases/"><input type="hidden" name="type" value="terminal">`)
	var file bytes.Buffer
	parts := multipart.NewWriter(&file)
	part, err := parts.CreateFormFile("file", "screen.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("PNG"))
	_ = parts.Close()
	post := func(path, kind string, body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, body)
		r.Header.Set("Content-Type", kind)
		rec := httptest.NewRecorder()
		w.pages.ServeHTTP(rec, r)
		return rec
	}
	const plain = "application/x-www-form-urlencoded"
	for _, c := range []struct{ path, form, to, did string }{
		{"/cases/", "type=diagnosis&id=diag_test_1", "/cases/case_test_1", `open diagnosis diag_test_1 "" ""`},
		{"/cases/", "type=terminal&title=A+question&note=a%0D%0Ab", "/cases/case_test_1", `open   "A question" "a\nb"`},
		{"/cases/case_test_1", "note=hello", "/cases/case_test_1", "change case_test_1 {Note:hello State: Into:}"},
		{"/cases/case_test_1", "state=closed", "/cases/case_test_1", "change case_test_1 {Note: State:closed Into:}"},
		{"/cases/case_test_1", "into=case_test_2", "/cases/case_test_2", "change case_test_1 {Note: State: Into:case_test_2}"},
	} {
		rec := post(c.path, plain, strings.NewReader(c.form))
		if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != c.to || w.cases.did[len(w.cases.did)-1] != c.did {
			t.Errorf("%s %s: %d %s, did %q", c.path, c.form, rec.Code, rec.Header().Get("Location"), w.cases.did)
		}
	}
	if rec := post("/cases/case_test_1/attachments", parts.FormDataContentType(), &file); rec.Code != http.StatusSeeOther || w.cases.did[len(w.cases.did)-1] != "attach case_test_1 screen.png PNG" {
		t.Errorf("%d, did %q", rec.Code, w.cases.did)
	}
	done := len(w.cases.did)
	for path, body := range map[string]string{"/cases/case_test_1": "", "/cases/case_test_1/attachments": url.Values{"file": {"x"}}.Encode()} {
		if rec := post(path, plain, strings.NewReader(body)); rec.Code != http.StatusUnprocessableEntity || len(w.cases.did) != done {
			t.Errorf("%s: %d, did %q", path, rec.Code, w.cases.did[done:])
		}
	}
	w.cases.broken = fmt.Errorf("%w: note must not hold a card number", dashboard.ErrCaseRefused)
	if rec := post("/cases/case_test_1", plain, strings.NewReader("note=4761739001010010")); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "must not hold a card number") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
