package multisafepay_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	gocmp "github.com/google/go-cmp/cmp"
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
	fault *openapi3.Schema
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
	d := document{T: doc, fault: doc.Components.Schemas["Error"].Value}
	for path, item := range doc.Paths.Map() {
		form := regexp.QuoteMeta(path)
		form = strings.ReplaceAll(form, `\{order_id\}`, `.+`)
		form = regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(form, `[^/]+`)
		for method, op := range item.Operations() {
			d.calls = append(d.calls, described{method, path, regexp.MustCompile("^" + form + "/?$"), op})
		}
	}
	literals := func(c described) int { return strings.Count(c.path, "/") - strings.Count(c.path, "{") }
	slices.SortFunc(d.calls, func(a, b described) int {
		return cmp.Or(literals(b)-literals(a), strings.Compare(a.path+a.method, b.path+b.method))
	})
	return d, nil
})

func mustReadDocument(t *testing.T) document {
	t.Helper()
	d, err := readDocument()
	must(t, err)
	return d
}

// find gives the call that a request is, and whether there is one.
func (d *document) find(r *http.Request) (described, bool) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path := "/" + strings.TrimLeft(r.URL.EscapedPath(), "/")
	path = strings.Replace(path, "/v1/json//", "/v1/json/", 1)
	for _, c := range d.calls {
		if c.method == method && c.form.MatchString(path) {
			return c, true
		}
	}
	return described{}, false
}

// conforms holds an answer against the document: each one that the tests provoke comes through here.
func conforms(t *testing.T, r *http.Request, body []byte, got reply) {
	t.Helper()
	d := mustReadDocument(t)
	if got.Status == 200 {
		d.request(t, r, body)
	}
	schema := d.fault
	if c, ok := d.find(r); ok {
		answer := c.Responses.Status(got.Status)
		if answer == nil {
			answer = c.Responses.Default()
		}
		schema = answer.Value.Content.Get("application/json").Schema.Value
		if got.Status != 200 && schema != d.fault {
			t.Errorf("%s %s: the document has another form for errors", r.Method, r.URL)
		}
	} else if got.Status == 200 {
		t.Errorf("%s %s is not in the document", r.Method, r.URL)
	}
	fits(t, fmt.Sprintf("%s %s: the answer (%d)", r.Method, r.URL, got.Status), schema, got.Raw)
}

func fits(t *testing.T, what string, schema *openapi3.Schema, text string) {
	t.Helper()
	var value any
	must(t, json.Unmarshal([]byte(text), &value))
	if err := schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		var plain []string
		for line := range strings.Lines(err.Error()) {
			if strings.Contains(line, "Error at") || strings.Contains(line, "doesn't match") || !strings.HasPrefix(line, " ") {
				plain = append(plain, strings.TrimSpace(line))
			}
		}
		t.Errorf("%s is not as the document says: %.1000s\n%.600s", what, strings.Join(plain, " | "), text)
	}
}

func TestDocumentHasTheRoutes(t *testing.T) {
	d := mustReadDocument(t)
	var documented []string
	for _, c := range d.calls {
		if strings.HasPrefix(c.path, "/v1/json/") {
			documented = append(documented, c.method+" "+c.path)
		}
		if c.OperationID == "" || c.Summary == "" || c.Security == nil && c.path != "/v1/json/openapi.json" {
			t.Errorf("%s %s lacks its name, summary or keys", c.method, c.path)
		}
	}
	routes := newWorld(t).handler.Routes()
	slices.Sort(documented)
	slices.Sort(routes)
	if diff := gocmp.Diff(routes, documented); diff != "" {
		t.Errorf("the table of routes (-) and openapi.json (+):\n%s", diff)
	}
}

func TestDocumentIsServed(t *testing.T) {
	w := newWorld(t)
	want, err := os.ReadFile("openapi.json")
	must(t, err)
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/v1/json/openapi.json", nil))
	if recorder.Code != 200 || !bytes.Equal(recorder.Body.Bytes(), want) || recorder.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v, %d bytes", recorder.Code, recorder.Header(), recorder.Body.Len())
	}
}

// request holds a body that was taken against the document.
func (d *document) request(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	if c, ok := d.find(r); ok && c.RequestBody != nil && len(body) > 0 {
		schema := c.RequestBody.Value.Content.Get("application/json").Schema.Value
		fits(t, fmt.Sprintf("%s %s: a body that was taken", r.Method, r.URL), schema, string(body))
	}
}
