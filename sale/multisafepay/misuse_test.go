package multisafepay_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// badBodies are no readable JSON object, whatever the call. GOOD stands for the fields of a good body.
var badBodies = map[string]string{
	"empty":              "",
	"spaces":             " \r\n\t",
	"a form":             "amount=100&currency=EUR",
	"XML":                "<amount>100</amount>",
	"an array":           "[{GOOD}]",
	"null":               "null",
	"a number":           "5",
	"a string":           `"GOOD"`,
	"cut short":          "{GOOD",
	"a comma too many":   "{GOOD,}",
	"a comment":          "{GOOD /* amount */}",
	"two objects":        "{GOOD}{GOOD}",
	"text behind":        "{GOOD} x",
	"NUL behind":         "{GOOD}\x00",
	"a key twice":        "{GOOD,GOOD}",
	"a nested key twice": `{GOOD,"x":{"a":1,"a":2}}`,
	"a byte order mark":  "\ufeff{GOOD}",
	"bad UTF-8":          "{GOOD,\"x\":\"\xff\"}",
	"a lone surrogate":   `{GOOD,"x":"\ud800"}`,
	"NaN":                `{GOOD,"x":NaN}`,
	"an endless number":  `{GOOD,"x":1e999}`,
	"a long number":      `{GOOD,"x":1` + strings.Repeat("0", 50) + `}`,
	"40 levels":          `{GOOD,"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}",
	"100000 levels":      `{GOOD,"x":` + strings.Repeat(`{"a":`, 100_000),
	"100000 values":      `{GOOD,"x":[` + strings.Repeat("1,", 100_000) + "1]}",
	"10 MB":              `{GOOD,"x":"` + strings.Repeat("x", 10<<20) + `"}`,
}

// badValues are put in the place of each field: those that the document does not allow there must be
// refused.
var badValues = []string{
	"null", "true", "false", "[]", "{}", `[{"a":[1]}]`, `""`, `" "`, `"x"`, `"ä"`, `"\u0000"`, `"a b"`, `"<b>"`, `"' OR 1=1 --"`,
	`"../../etc/passwd"`, `"https://user:secret@host/"`, `"javascript:alert(1)"`, `"file:///etc/passwd"`, `"12.50"`, `"-1"`, `"1e3"`,
	`"01"`, `"١٢"`, "0", "-0", "-1", "0.5", "12.50", "1e3", "1000000000000", "9007199254740993", "9223372036854775808",
	"-9223372036854775809", "18446744073709552866", `"` + strings.Repeat("x", 5000) + `"`,
}

// badIDs are put in the place of each id in a path.
var badIDs = []string{
	"%00", "%20", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1%20--", "%f0%9f%92%a9", "%ff", "%0d%0aSet-Cookie:x", "-1", "0",
	"9223372036854775808", "99999999999999999999", "null", "undefined", "{}", "%7B%7D", "pos-1%00", strings.Repeat("9", 5000),
}

// badQueries are put in the place of each parameter.
var badQueries = []string{
	"x", "-1", "0", "1.5", "1e3", "9223372036854775808", "%00", "%ff", "'", "%20", "..", "<script>", strings.Repeat("1", 5000), "1&NAME=2",
}

// misused is a world with a paid order and one that is not, where all that is tried must change nothing.
type misused struct {
	*world
	facts, places uint64
	d             document
	fill          *strings.Replacer // what the variables of the document's examples stand for
}

func newMisused(t *testing.T) *misused {
	w := &misused{world: newWorld(t), d: mustReadDocument(t)}
	w.fill = w.forPostman("/{{refundId}}")
	w.order("open-1")
	w.facts, w.places = w.record.Last(), w.placed.Last()
	return w
}

// refused sends what must be refused.
func (w *misused) refused(what, method, path, key, body string) {
	w.t.Helper()
	r := httptest.NewRequest(method, "http://pos.example/", strings.NewReader(body))
	address, query, _ := strings.Cut(path, "?")
	r.URL.RawPath, r.URL.RawQuery = address, query
	if plain, err := url.PathUnescape(address); err == nil {
		r.URL.Path = plain
	} else {
		r.URL.Path, r.URL.RawPath = address, ""
	}
	r.Header.Set("api_key", key)
	got := w.send(r)
	if strings.HasPrefix(path, "/v1/json/recurring/") && got.Raw == `{"data":{"tokens":[]},"success":true}` {
		w.unchanged(what)
		return // a customer's reference may be anything, and nobody has kept a card there
	}
	if got.Status < 400 || got.Status >= 500 || len(got.Raw) > 1000 {
		w.t.Errorf("%s %.80s, %s: %d %.300s", method, path, what, got.Status, got.Raw)
	}
	w.unchanged(what)
}

func (w *misused) unchanged(what string) {
	w.t.Helper()
	if facts, places := w.record.Last(), w.placed.Last(); facts != w.facts || places != w.places {
		w.t.Errorf("%s: facts were stored: %d orders', %d of the estate", what, facts-w.facts, places-w.places)
		w.facts, w.places = facts, places
	}
}

// filled has the ids of the document's examples in its path, one of them replaced.
func (w *misused) filled(c described, replace, by string) string {
	path := c.path
	for _, p := range c.Parameters {
		if p.Value.In != openapi3.ParameterInPath {
			continue
		}
		value := fmt.Sprint(p.Value.Example)
		if p.Value.Name == replace {
			value = by
		}
		path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", w.fill.Replace(value))
	}
	return path
}

// TestBadInput sends bad input to every call of the document: it gets the dialect's error, and changes
// nothing.
func TestBadInput(t *testing.T) {
	w := newMisused(t)
	for _, c := range w.d.calls {
		if !strings.HasPrefix(c.path, "/v1/json/") || c.path == "/v1/json/openapi.json" {
			continue
		}
		t.Run(c.OperationID, func(t *testing.T) {
			w.t = t
			path := w.filled(c, "", "")
			for _, key := range []string{"", "wrong-key", adminKey, longText(5000), "pub.v2.x.y", "'"} {
				w.refused("a wrong key", c.method, path, key, w.example(c))
			}
			for _, p := range c.Parameters {
				if p.Value.In == openapi3.ParameterInPath {
					for _, id := range badIDs {
						w.refused("a bad "+p.Value.Name, c.method, w.filled(c, p.Value.Name, id), accountKey, w.example(c))
					}
				}
			}
			w.badQueries(c, path)
			if c.RequestBody != nil {
				w.badBodies(c, path)
			}
		})
	}
	if got := w.get("orders/pos-1", groupKey); got.Data["status"] != "partial_refunded" || got.Data["amount_refunded"] != 40.0 {
		t.Errorf("after all of it: %s", got.Raw)
	}
}

func (w *misused) example(c described) string {
	w.t.Helper()
	if c.RequestBody == nil {
		return ""
	}
	text, err := json.Marshal(c.RequestBody.Value.Content.Get("application/json").Example)
	must(w.t, err)
	return string(text)
}

// badQueries: what the document does not allow must be refused; the rest is no server's fault either.
func (w *misused) badQueries(c described, path string) {
	for _, p := range c.Parameters {
		if p.Value.In != openapi3.ParameterInQuery {
			continue
		}
		for _, value := range badQueries {
			query := path + "?" + p.Value.Name + "=" + strings.ReplaceAll(value, "NAME", p.Value.Name)
			what := fmt.Sprintf("%s %.80s", c.method, query)
			if w.allows(p.Value.Schema.Value, value) {
				r := httptest.NewRequest(c.method, "http://pos.example"+strings.NewReplacer("'", "%27", "<", "%3C", ">", "%3E").Replace(query), nil)
				r.Header.Set("api_key", accountKey)
				if got := w.send(r); got.Status >= 500 {
					w.t.Errorf("%s: %d %s", what, got.Status, got.Raw)
				}
			} else {
				w.refused("a bad "+p.Value.Name, c.method, query, accountKey, "")
			}
			w.unchanged(what)
		}
	}
}

// allows reads a parameter as its schema has it: what is a number there must look like one.
func (w *misused) allows(schema *openapi3.Schema, value string) bool {
	text, err := url.QueryUnescape(value)
	if err != nil || strings.Contains(value, "&") {
		return schema.Type.Is("array")
	}
	var v any = text
	if schema.Type.Is("integer") {
		if len(text) > 15 || strings.ContainsAny(text, ".e") || json.Unmarshal([]byte(text), &v) != nil {
			return false
		}
	}
	return schema.Type.Is("array") || schema.VisitJSON(v) == nil
}

func (w *misused) badBodies(c described, path string) {
	good := w.example(c)
	for name, body := range badBodies {
		body = strings.ReplaceAll(body, "GOOD", strings.Trim(good, "{}")+"")
		if name == "a string" {
			body = `"x"`
		}
		w.refused(name, c.method, path, accountKey, body)
	}
	schema := c.RequestBody.Value.Content.Get("application/json").Schema.Value
	w.badFields(c, path, schema, func(fields map[string]json.RawMessage) map[string]json.RawMessage { return fields })
}

// badFields tries each bad value in each field that the document has, and in those of its objects.
func (w *misused) badFields(c described, path string, schema *openapi3.Schema, wrap func(map[string]json.RawMessage) map[string]json.RawMessage) {
	for name, property := range schema.Properties {
		for _, value := range badValues {
			w.badField(c, path, wrap(map[string]json.RawMessage{name: json.RawMessage(value)}), name+" "+value)
		}
		if inner := property.Value; len(inner.Properties) > 0 {
			w.badFields(c, path, inner, func(fields map[string]json.RawMessage) map[string]json.RawMessage {
				text, err := json.Marshal(fields)
				must(w.t, err)
				return wrap(map[string]json.RawMessage{name: text})
			})
		}
	}
	for _, name := range schema.Required {
		w.badField(c, path, wrap(map[string]json.RawMessage{name: nil}), "without "+name)
	}
}

func (w *misused) badField(c described, path string, change map[string]json.RawMessage, what string) {
	fields := map[string]json.RawMessage{}
	must(w.t, json.Unmarshal([]byte(w.example(c)), &fields))
	for name, value := range change {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	must(w.t, err)
	var value any
	must(w.t, json.Unmarshal(text, &value))
	if c.RequestBody.Value.Content.Get("application/json").Schema.Value.VisitJSON(value) != nil {
		w.refused(fmt.Sprintf("%.60s", what), c.method, path, accountKey, string(text))
	}
}
