package native_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	gocmp "github.com/google/go-cmp/cmp"

	"kassa/estate"
	"kassa/sale/native"
)

// described is one call as the document describes it.
type described struct {
	method, path string
	form         *regexp.Regexp
	*openapi3.Operation
}

type document struct {
	*openapi3.T
	calls []described // those with more literal segments first
}

var readDocument = sync.OnceValues(func() (document, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return document{}, err
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return document{}, err
	}
	if err := doc.Validate(loader.Context); err != nil {
		return document{}, err
	}
	d := document{T: doc}
	for path, item := range doc.Paths.Map() {
		form := regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		for method, op := range item.Operations() {
			d.calls = append(d.calls, described{method, path, regexp.MustCompile("^" + form + "$"), op})
		}
	}
	slices.SortFunc(d.calls, func(a, b described) int { return strings.Count(a.path, "{") - strings.Count(b.path, "{") })
	return d, nil
})

func mustReadDocument(t *testing.T) document {
	t.Helper()
	d, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *document) find(r *http.Request) (described, bool) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, c := range d.calls {
		if c.method == method && c.form.MatchString(r.URL.EscapedPath()) {
			return c, true
		}
	}
	return described{}, false
}

// conforms holds an answer against the document: each one that the tests provoke comes through here.
func conforms(t *testing.T, r *http.Request, sent string, status int, kind string, body []byte) {
	t.Helper()
	d := mustReadDocument(t)
	what := fmt.Sprintf("%s %.100s (%d)", r.Method, r.URL, status)
	schema := d.Components.Schemas["Problem"].Value
	c, known := d.find(r)
	if status < 400 {
		if !known {
			t.Errorf("%s is not in the document", what)
			return
		}
		answer := c.Responses.Status(status)
		if answer == nil {
			t.Errorf("%s: the document has no such status", what)
			return
		}
		if status == http.StatusNoContent {
			return
		}
		kind, _, _ = strings.Cut(kind, ";")
		content := answer.Value.Content.Get(kind)
		if content == nil {
			t.Errorf("%s: the document has no %s", what, kind)
			return
		}
		schema = content.Schema.Value
		if c.RequestBody != nil && sent != "" {
			if json := c.RequestBody.Value.Content.Get("application/json"); json != nil {
				fits(t, what+": a body that was taken", json.Schema.Value, []byte(sent))
			}
		}
	}
	switch {
	case r.Method == http.MethodHead:
	case kind == "application/x-ndjson":
		for scan := bufio.NewScanner(bytes.NewReader(body)); scan.Scan(); {
			fits(t, what, schema, scan.Bytes())
		}
	case strings.HasSuffix(kind, "json"):
		fits(t, what, schema, body)
	}
}

func fits(t *testing.T, what string, schema *openapi3.Schema, text []byte) {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v: %.300s", what, err, text)
	}
	if err := schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		var plain []string
		for line := range strings.Lines(err.Error()) {
			if strings.Contains(line, "Error at") || strings.Contains(line, "doesn't match") || !strings.HasPrefix(line, " ") {
				plain = append(plain, strings.TrimSpace(line))
			}
		}
		t.Errorf("%s is not as the document says: %.600s\n%.600s", what, strings.Join(plain, " | "), text)
	}
}

// TestDocumentHasTheRoutes compares the document with the table of routes, both ways, with the parameters
// and with what each needs.
func TestDocumentHasTheRoutes(t *testing.T) {
	d := mustReadDocument(t)
	var documented, routes []string
	for _, c := range d.calls {
		line := c.method + " " + c.path
		names := []string{}
		for _, p := range c.Parameters {
			if p.Value.In == "query" {
				names = append(names, p.Value.Name)
			}
		}
		documented = append(documented, fmt.Sprint(line, " ", names))
		if c.OperationID == "" || c.Summary == "" || c.Security == nil || len(*c.Security) == 0 && c.path != "/api/v1/openapi.json" {
			t.Errorf("%s lacks its name, summary or key", line)
		}
	}
	for _, r := range native.Routes() {
		routes = append(routes, fmt.Sprint(r.Method, " ", r.Pattern, " ", r.Query))
		request, err := http.NewRequestWithContext(t.Context(), r.Method, inPath.ReplaceAllString(r.Pattern, "1"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := d.find(request); ok && !slices.Contains([]estate.Permission{"any key", "no key"}, r.Needs) && !strings.Contains(c.Description, "Needs `"+string(r.Needs)+"`") {
			t.Errorf("%s %s: the document does not say that it needs %s", r.Method, r.Pattern, r.Needs)
		}
	}
	slices.Sort(documented)
	slices.Sort(routes)
	if diff := gocmp.Diff(routes, documented); diff != "" {
		t.Errorf("the table of routes (-) and openapi.json (+):\n%s", diff)
	}
}

func TestDocumentIsServed(t *testing.T) {
	w := newWorld(t)
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/openapi.json", "/api/v1/openapi.json"} {
		if status, got := w.page(w.server.URL + path); status != 200 || got != string(want) {
			t.Errorf("%s: %d, %d bytes", path, status, len(got))
		}
	}
}
