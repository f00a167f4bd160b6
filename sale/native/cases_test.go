package native_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"kassa/sale/native"
)

// folder is cases of paper: whose each is, and what happened to it.
type folder map[string][]string

func (f folder) of(who native.Caller, id string) (any, error) {
	if list, ok := f[id]; !ok || who.Account != "" && list[0] != who.Account || who.Group != "" && list[1] != who.Group {
		return nil, native.ErrNoCase
	}
	return map[string]any{"id": id, "title": strings.Join(f[id], ",")}, nil
}

func (f folder) did(who native.Caller, id, what string) (any, error) {
	if _, err := f.of(who, id); err != nil {
		return nil, err
	}
	f[id] = append(f[id], what)
	return f.of(who, id)
}

func (f folder) Open(who native.Caller, ask native.NewCase) (any, error) {
	switch {
	case ask.Title == "":
		return nil, fmt.Errorf("%w: title: must say what the case is about", native.ErrCaseInput)
	case ask.Kind != "":
		return nil, native.ErrNoCase
	}
	id := fmt.Sprintf("case_test_%d", len(f))
	f[id] = []string{who.Account, who.Group, ask.Title}
	return f.of(who, id)
}

func (f folder) List(who native.Caller, ask native.CaseFilter) (any, string, error) {
	if ask.State == "lost" {
		return nil, "", fmt.Errorf("%w: state: must be open, waiting or closed", native.ErrCaseInput)
	}
	list := []any{}
	for id := range f {
		if c, err := f.of(who, id); err == nil {
			list = append(list, c)
		}
	}
	return list[:min(len(list), ask.Limit)], ask.After + "x", nil
}

func (f folder) Find(who native.Caller, id string) (any, error) { return f.of(who, id) }

func (f folder) Change(who native.Caller, id string, by native.CaseChange) (any, error) {
	if by.State == "lost" {
		return nil, fmt.Errorf("%w: it is part of another", native.ErrCaseState)
	}
	return f.did(who, id, by.Note+by.State+by.Into)
}

func (f folder) Attach(who native.Caller, id, name string, body []byte) (any, error) {
	return f.did(who, id, fmt.Sprint(name, len(body)))
}

func (f folder) File(who native.Caller, id, _ string) (string, string, []byte, error) {
	_, err := f.of(who, id)
	return "image/png", "a\"b.png", []byte("PNG"), err
}

func (f folder) Bundle(who native.Caller, id string, to io.Writer) error {
	_, err := f.of(who, id)
	if err == nil {
		_, err = io.WriteString(to, "PK")
	}
	return err
}

// TestCases opens a case, writes in it, attaches what is larger than other bodies may be, and reads it all back.
func TestCases(t *testing.T) {
	w := newWorld(t)
	w.cases["case_test_x"] = []string{"", "", "mine"}
	for _, s := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "cases", `{"title":"Nothing works"}`, 201, "Nothing works"},
		{"POST", "cases", `{}`, 400, `"pointer":"/title"`},
		{"POST", "cases", `{"title":"x","subject":{"kind":"terminal","id":"1"}}`, 404, "case or subject"},
		{"GET", "cases?state=open", "", 200, "Nothing works"},
		{"GET", "cases?limit=1&after=1_c", "", 200, `"has_more":true,"next":"1_cx"`},
		{"GET", "cases?state=lost", "", 400, `"parameter":"state"`},
		{"GET", "cases?limit=0", "", 400, `"parameter":"limit"`},
		{"POST", "cases/case_test_x/notes", `{"text":"hello"}`, 200, "hello"},
		{"POST", "cases/case_test_x/notes", `{}`, 400, "/text"},
		{"PATCH", "cases/case_test_x", `{"state":"waiting"}`, 200, "waiting"},
		{"PATCH", "cases/case_test_x", `{"state":"lost"}`, 409, "part of another"},
		{"POST", "cases/case_test_x/merge", `{"into":"case_test_y"}`, 200, "case_test_y"},
		{"POST", "cases/case_test_x/merge", `{}`, 400, "/into"},
		{"POST", "cases/case_test_x/attachments?name=film", strings.Repeat("v", 1<<20), 201, "film1048576"},
		{"POST", "cases/case_test_x/attachments?name=film", strings.Repeat("v", 8<<20+1), 413, "8388608"},
		{"GET", "cases/case_test_x/attachments/f", "", 200, "PNG"},
		{"GET", "cases/case_test_x/bundle", "", 200, "PK"},
		{"GET", "cases/nobodys", "", 404, "case"},
	} {
		answer := w.request(s.method, native.Prefix+s.path, s.body, w.as("operator")...)
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != s.status || !strings.Contains(string(body), s.says) {
			t.Errorf("%s %s: %s %s", s.method, s.path, answer.Status, body)
		}
		if strings.HasSuffix(s.path, "attachments/f") && (answer.Header.Get("Content-Disposition") != `attachment; filename="a_b.png"` || answer.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%v", answer.Header)
		}
	}
}
