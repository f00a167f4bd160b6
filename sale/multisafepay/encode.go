package multisafepay

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object on its way out, or as it came in. Its values are nil, bool, string, int,
// int64, number, object and []any.
type object map[string]any

// number is a JSON number as its sender wrote it.
type number string

// encode writes compact JSON with keys in order. What it writes is a fixed point of Python's
// json.dumps(json.loads(x), ensure_ascii=False, separators=(",", ":")), because MultiSafepay's
// Python SDK verifies a webhook's signature over that instead of over the body that it received.
func encode(v any) []byte { return appendValue(make([]byte, 0, encodeRoom), v) }

// encodeRoom spares most of what is encoded the copies of a slice that grows.
const encodeRoom = 512

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case number:
		return appendNumber(dst, string(v))
	case string:
		return appendString(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, e)
		}
		return append(dst, ']')
	case object:
		return appendObject(dst, v)
	}
	return append(dst, "null"...)
}

func appendObject(dst []byte, o object) []byte {
	dst = append(dst, '{')
	for i, k := range sortedKeys(o) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, k)
		dst = append(dst, ':')
		dst = appendValue(dst, o[k])
	}
	return append(dst, '}')
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// appendString escapes what Python escapes and nothing else: U+2028, "<" and "/" stay as they are.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c < 0x20:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendNumber writes a number as Python's repr does: integers as they are, others as the shortest
// decimal that reads back, with an exponent below 1e-4 and from 1e16.
func appendNumber(dst []byte, literal string) []byte {
	if !strings.ContainsAny(literal, ".eE") {
		if literal == "-0" {
			return append(dst, '0')
		}
		return append(dst, literal...)
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) {
		return append(dst, "null"...) // decode lets none in
	}
	scientific := strconv.FormatFloat(f, 'e', -1, 64)
	at := strings.IndexByte(scientific, 'e')
	exponent, err := strconv.Atoi(scientific[at+1:])
	if err != nil || exponent < -4 || exponent >= 16 {
		return append(dst, scientific...)
	}
	fixed := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(fixed, ".") {
		fixed += ".0"
	}
	return append(dst, fixed...)
}
