package estate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mask stands where a secret was taken out.
const Mask = "***"

// Form is what the value of a setting is made of.
type Form string

// The forms.
const (
	FormBool Form = "bool"
	FormInt  Form = "int"
	FormEnum Form = "enum"
	FormText Form = "text"
	FormJSON Form = "json"
)

// Definition is one setting: "object.parameter", as Adyen's Management API names them, or of Kassa's
// own.
type Definition struct {
	Name     string
	Form     Form
	Min, Max int64    // of a FormInt; Max also the characters of a FormText and the bytes of a FormJSON
	Enum     []string // of a FormEnum
	Default  json.RawMessage
	// Secret tells that only who may handle secrets may set it.
	Secret bool
	// Hidden are the members of a FormJSON that are masked when it is shown, at any depth. A secret of
	// another form is masked whole.
	Hidden []string
	// By is the least mighty role that may set it: operator or admin.
	By Role
	// Pushed tells that the terminal itself gets it.
	Pushed bool
	// Levels are where it may be set; empty for everywhere.
	Levels []Level

	pattern *regexp.Regexp
	rule    string                       // in words, where the form does not say it
	check   func(json.RawMessage) string // the rule that a FormJSON breaks
}

func (d Definition) sealed() bool { return d.Secret || len(d.Hidden) > 0 }

// maySet: developers set up terminals too; who else may is for package auth to say.
func (d Definition) maySet(role Role) bool {
	if d.By == RoleOperator {
		return role == RoleOperator
	}
	return role == RoleOperator || role == RoleAdmin || role == RoleDeveloper
}

// Rule says in words what a value must be.
func (d Definition) Rule() string {
	if d.rule != "" {
		return d.rule
	}
	switch d.Form {
	case FormBool:
		return "true or false"
	case FormInt:
		return fmt.Sprintf("a whole number from %d to %d", d.Min, d.Max)
	case FormEnum:
		return "one of " + strings.Join(d.Enum, ", ")
	case FormText:
		return fmt.Sprintf("a text of up to %d characters", d.Max)
	}
	return fmt.Sprintf("JSON of up to %d bytes", d.Max)
}

// read checks a value and gives it in its shortest form, or the rule that it breaks. A null is taken.
func (d Definition) read(raw json.RawMessage) (json.RawMessage, string) {
	if d.Form == "" {
		return nil, "there is no such setting"
	}
	if len(raw) > maxSetting {
		return nil, d.Rule()
	}
	var short bytes.Buffer
	if !utf8.Valid(raw) || json.Compact(&short, raw) != nil {
		return nil, "it is not JSON"
	}
	value := json.RawMessage(short.Bytes())
	if string(value) == "null" {
		return value, ""
	}
	fits := false
	switch d.Form {
	case FormBool:
		fits = string(value) == "true" || string(value) == "false"
	case FormInt:
		n, err := strconv.ParseInt(string(value), 10, 64)
		fits = err == nil && n >= d.Min && n <= d.Max
	case FormEnum, FormText:
		var text string
		if json.Unmarshal(value, &text) != nil {
			return nil, d.Rule()
		}
		fits = d.Form == FormEnum && slices.Contains(d.Enum, text) ||
			d.Form == FormText && int64(utf8.RuneCountInString(text)) <= d.Max && (d.pattern == nil || d.pattern.MatchString(text))
	case FormJSON:
		if int64(len(value)) > d.Max {
			return nil, d.Rule()
		}
		if d.check != nil {
			return value, d.check(value)
		}
		fits = true
	}
	if !fits {
		return nil, d.Rule()
	}
	return value, ""
}

// mask gives a value without what is secret in it.
func (d Definition) mask(value json.RawMessage) json.RawMessage {
	switch {
	case !d.sealed() || value == nil:
		return value
	case len(d.Hidden) == 0:
		return json.RawMessage(strconv.Quote(Mask))
	}
	var v any
	in := json.NewDecoder(bytes.NewReader(value))
	in.UseNumber()
	if in.Decode(&v) != nil {
		return json.RawMessage(strconv.Quote(Mask))
	}
	hide(v, d.Hidden)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return json.RawMessage(strconv.Quote(Mask))
	}
	return bytes.TrimSpace(out.Bytes())
}

func hide(v any, members []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if text, ok := inner.(string); slices.Contains(members, name) && (!ok || text != "") {
				v[name] = Mask
				continue
			}
			hide(inner, members)
		}
	case []any:
		for _, inner := range v {
			hide(inner, members)
		}
	}
}

// Definitions lists the settings by name.
func Definitions() []Definition { return definitions() }

// DefinitionOf finds a setting.
func (r *Registry) DefinitionOf(name string) (Definition, bool) {
	i, ok := slices.BinarySearchFunc(r.definitions, name, func(d Definition, name string) int { return strings.Compare(d.Name, name) })
	if !ok {
		return Definition{}, false
	}
	return r.definitions[i], true
}
