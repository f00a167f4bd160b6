package terminalapi

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Additional is an AdditionalResponse, by its keys. Amounts in it are in minor units.
type Additional map[string]string

// ParseAdditional reads an AdditionalResponse in each of its forms: pairs as in a form, JSON in base64
// with the pairs in its additionalData, or a bare text, which becomes the message.
func ParseAdditional(text string) Additional {
	a := Additional{}
	if text == "" {
		return a
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) == nil {
			a.take(object)
			return a
		}
	}
	if !strings.Contains(text, "=") {
		a["message"] = text
		return a
	}
	for pair := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key = unescape(key); key != "" {
			a[key] = unescape(value)
		}
	}
	return a
}

// unescape leaves as it is what is not encoded well: one bad pair must not hide the others.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func (a Additional) take(object map[string]json.RawMessage) {
	for key, raw := range object {
		var inner map[string]json.RawMessage
		if key == "additionalData" && json.Unmarshal(raw, &inner) == nil {
			a.take(inner)
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		a[key] = text
	}
}

// form writes pairs as a form, in the order of their keys.
func form(pairs map[string]string) string {
	var keys []string
	for key := range pairs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var b strings.Builder
	for i, key := range keys {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(key) + "=" + url.QueryEscape(pairs[key]))
	}
	return b.String()
}
