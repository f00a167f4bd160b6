package adyen

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// acquirerWords is a SaleToAcquirerData: what a Sale System says to the platform rather than to the terminal.
// Names are dotted, as in the form ("metadata.orderId").
type acquirerWords struct {
	values map[string]string
	// json tells that it came as base64 of JSON; AdditionalResponse answers in the same form.
	json bool
}

// readAcquirerWords reads both forms: base64 of a JSON object, or form-encoded pairs. A pair that is not one
// has no value.
func readAcquirerWords(s string) acquirerWords {
	d := acquirerWords{values: map[string]string{}}
	if s == "" {
		return d
	}
	if text, err := base64.StdEncoding.DecodeString(s); err == nil && strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		if o, err := decode(text); err == nil {
			d.json = true
			d.flatten("", o)
			return d
		}
	}
	for _, pair := range strings.Split(s, "&") {
		k, v, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err == nil && err2 == nil && key != "" {
			d.values[key] = value
		}
	}
	return d
}

func (d acquirerWords) flatten(prefix string, o object) {
	for k, v := range o {
		switch v := v.(type) {
		case object:
			d.flatten(prefix+k+".", v)
		case string:
			d.values[prefix+k] = v
		case number:
			d.values[prefix+k] = string(v)
		case bool:
			d.values[prefix+k] = string(encode(v))
		}
	}
}

// get is the value of a name; those of additionalData may stand without the word in front.
func (d acquirerWords) get(name string) string {
	if v, ok := d.values[name]; ok {
		return v
	}
	return d.values["additionalData."+name]
}

// options are the values of tenderOption.
func (d acquirerWords) options() []string {
	var list []string
	for _, o := range strings.Split(d.get("tenderOption"), ",") {
		if o = strings.TrimSpace(o); o != "" {
			list = append(list, o)
		}
	}
	return list
}

func (d acquirerWords) has(option string) bool { return slices.Contains(d.options(), option) }

// metadata is what the Sale System wants to be kept.
func (d acquirerWords) metadata() map[string]string {
	kept := map[string]string{}
	for _, k := range sortedKeys(d.values) {
		if name, ok := strings.CutPrefix(k, "metadata."); ok && len(kept) < maxMetadata && len(name) <= maxMetadataText {
			kept[name] = clipped(d.values[k], maxMetadataText)
		}
	}
	return kept
}

// Limits of what is kept of a sale.
const (
	maxMetadata     = 20
	maxMetadataText = 80
	maxReference    = 80
	maxText         = 200
)

// clipped cuts a text to so many bytes, between characters.
func clipped(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most]
}
