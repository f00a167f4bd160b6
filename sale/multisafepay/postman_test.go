package multisafepay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	gocmp "github.com/google/go-cmp/cmp"
)

// The Postman collection (format 2.1) that is made from the document.
type (
	collection struct {
		About     about      `json:"info"`
		Auth      postAuth   `json:"auth"`
		Variables []variable `json:"variable"`
		Folders   []postman  `json:"item"`
	}
	about struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Schema      string `json:"schema"`
	}
	postAuth struct {
		Type   string     `json:"type"`
		APIKey []variable `json:"apikey"`
	}
	variable struct {
		Key      string `json:"key"`
		Value    string `json:"value"`
		Disabled bool   `json:"disabled,omitempty"`
	}
	// postman is a folder or a request.
	postman struct {
		Name    string       `json:"name"`
		Items   []postman    `json:"item,omitempty"`
		Request *postRequest `json:"request,omitempty"`
	}
	postRequest struct {
		Method      string     `json:"method"`
		Description string     `json:"description,omitempty"`
		Auth        *postAuth  `json:"auth,omitempty"`
		Header      []variable `json:"header,omitempty"`
		URL         postURL    `json:"url"`
		Body        *postBody  `json:"body,omitempty"`
	}
	postURL struct {
		Raw   string     `json:"raw"`
		Host  []string   `json:"host"`
		Path  []string   `json:"path"`
		Query []variable `json:"query,omitempty"`
	}
	postBody struct {
		Mode string `json:"mode"`
		Raw  string `json:"raw"`
	}
)

const collectionSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

// makeCollection makes a folder of each tag. Queries are there to be switched on.
func makeCollection(t *testing.T, d document) collection {
	t.Helper()
	c := collection{
		About: about{d.Info.Title, d.Info.Description, collectionSchema},
		Auth:  postAuth{"apikey", []variable{{Key: "key", Value: "api_key"}, {Key: "value", Value: "{{apiKey}}"}, {Key: "in", Value: "header"}}},
		Variables: []variable{
			{Key: "baseUrl", Value: "http://127.0.0.1:8080"}, {Key: "apiKey"}, {Key: "transactionId"}, {Key: "refundId"},
			{Key: "token"}, {Key: "eventsToken"},
		},
	}
	calls := slices.Clone(d.calls)
	slices.SortFunc(calls, func(a, b described) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	for _, tag := range d.Tags {
		folder := postman{Name: tag.Name}
		for _, call := range calls {
			if slices.Contains(call.Tags, tag.Name) && call.path != "/events/" { // Postman's collections have no WebSockets
				folder.Items = append(folder.Items, postman{Name: call.Summary, Request: makeRequest(t, call)})
			}
		}
		c.Folders = append(c.Folders, folder)
	}
	return c
}

func makeRequest(t *testing.T, call described) *postRequest {
	t.Helper()
	path := call.path
	r := &postRequest{Method: call.method, Description: call.Description}
	for _, p := range call.Parameters {
		switch p.Value.In {
		case openapi3.ParameterInPath:
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
		case openapi3.ParameterInQuery:
			r.URL.Query = append(r.URL.Query, variable{Key: p.Value.Name, Disabled: true})
		}
	}
	r.URL.Raw, r.URL.Host = "{{baseUrl}}"+path, []string{"{{baseUrl}}"}
	r.URL.Path = strings.Split(strings.TrimPrefix(path, "/"), "/")
	if call.RequestBody != nil {
		example, err := json.MarshalIndent(call.RequestBody.Value.Content.Get("application/json").Example, "", "  ")
		must(t, err)
		r.Body = &postBody{"raw", string(example)}
		r.Header = append(r.Header, variable{Key: "Content-Type", Value: "application/json"})
	}
	if strings.HasPrefix(path, "/events/") {
		r.Auth = &postAuth{Type: "noauth"}
		r.Header = append(r.Header, variable{Key: "Authorization", Value: "{{eventsToken}}"})
	}
	return r
}

// TestPostmanCollection: KASSA_GOLDEN=write makes the collection anew.
func TestPostmanCollection(t *testing.T) {
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	must(t, encoder.Encode(makeCollection(t, mustReadDocument(t))))
	path := filepath.Join("..", "..", "docs", "api", "multisafepay.postman_collection.json")
	if os.Getenv("KASSA_GOLDEN") == "write" {
		must(t, os.WriteFile(path, want.Bytes(), 0o644))
	}
	got, err := os.ReadFile(path)
	must(t, err)
	if diff := gocmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is not what the document makes; KASSA_GOLDEN=write go test -run %s ./sale/multisafepay\n%s", path, t.Name(), diff)
	}
}

// TestPostmanRequestsWork sends each request of the collection as it stands there, to an installation
// that has the terminal and the orders.
func TestPostmanRequestsWork(t *testing.T) {
	for _, folder := range makeCollection(t, mustReadDocument(t)).Folders {
		for _, item := range folder.Items {
			t.Run(item.Name, func(t *testing.T) {
				w := newWorld(t)
				fill := w.forPostman(item.Request.URL.Raw)
				var body string
				if item.Request.Body != nil {
					body = item.Request.Body.Raw
				}
				r := httptest.NewRequest(item.Request.Method, fill.Replace(item.Request.URL.Raw), strings.NewReader(body))
				if folder.Name == "Events" {
					r.Header.Set("Authorization", w.token("pos-2"))
					w.call("POST", "/v1/json/orders/pos-2/cancel", groupKey, "") // so that the stream ends
					recorder := httptest.NewRecorder()
					w.handler.ServeHTTP(recorder, r)
					if recorder.Code != 200 || !strings.Contains(recorder.Body.String(), "event: session.order") {
						t.Errorf("%d %s", recorder.Code, recorder.Body)
					}
					return
				}
				if strings.HasSuffix(r.URL.Path, "/openapi.json") {
					return // TestDocumentIsServed
				}
				r.Header.Set("api_key", accountKey)
				if got := w.send(r); got.Status != 200 {
					t.Errorf("%d %s", got.Status, got.Raw)
				}
			})
		}
	}
}

// forPostman makes the order held-1, whose money is held, a kept card of customer-1, and the order pos-1, paid unless it is to be
// cancelled and with a refund if that is; it gives what the collection's variables stand for.
func (w *world) forPostman(address string) *strings.Replacer {
	w.t.Helper()
	kept := w.mustCreate(direct("kept-1", `"recurring_model":"cardOnFile","customer":{"reference":"customer-1"},`))
	token := kept.Data["payment_details"].(map[string]any)["recurring_id"].(string)
	variables := []string{"{{baseUrl}}", "http://pos.example", "{{token}}", token}
	w.mustCreate(direct("held-1", `"capture":"manual",`))
	if strings.HasSuffix(address, "/cancel") {
		w.order("pos-1")
		return strings.NewReplacer(variables...)
	}
	w.pays("pos-1", terminalID, 1250)
	paid := w.get("orders/pos-1", groupKey).Data["transaction_id"]
	variables = append(variables, "{{transactionId}}", fmt.Sprintf("%.0f", paid))
	if strings.Contains(address, "{{refundId}}") {
		refund := w.call("POST", "/v1/json/orders/pos-1/refunds", groupKey, `{"currency":"EUR","amount":40}`).Data["refund_id"]
		variables = append(variables, "{{refundId}}", fmt.Sprintf("%.0f", refund))
	}
	return strings.NewReplacer(variables...)
}
